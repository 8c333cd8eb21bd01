"""Blind scoring: units without their names, a form of M's rubric, and how far luck could have come.

M, "Manual Human Analysis": one author, who couldn't see which was which, scored 412 intervals of 162 units.
"""

import html
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils.interp import dashboard, text


class Unit(NamedTuple):
    """A unit that is to be scored."""

    is_latent: bool
    number: int


def mixed(latents: int, neurons: int, each: int, generator: torch.Generator) -> list[Unit]:
    """`each` of so many latents and as many of the neurons, drawn and mixed at random."""
    units = [Unit(True, i) for i in torch.randperm(latents, generator=generator)[:each].tolist()]
    units += [Unit(False, i) for i in torch.randperm(neurons, generator=generator)[:each].tolist()]
    return [units[i] for i in torch.randperm(len(units), generator=generator).tolist()]


def card(
    letter: str,
    tokens: Int[Tensor, "seq pos"],
    acts: Float[Tensor, "seq pos"],
    weights: Float[Tensor, "vocab"],
    vocab: Sequence[bytes],
) -> str:
    """A unit's examples at several strengths, and the tokens that it raises, as HTML; no name, no number.

    Colours are shares of the unit's maximum, and how often it fires isn't shown: both would tell a latent
    from a neuron.
    """
    acts = acts / acts.max().clamp_min(1e-9)
    lines = []
    for low, high, count in ((0.8, 1.0, 4), (0.5, 0.8, 3), (0.2, 0.5, 3)):
        found = dashboard.examples(tokens, acts, torch.zeros_like(tokens), [""], low, high, count, around=12)
        note = f"{low:.0%} to {high:.0%}"
        lines += [dashboard.lit_text(one.tokens, one.acts, vocab, 1.0, note) for one in found]
    raised = [html.escape(text.token_label(i, vocab)) for i in weights.topk(10).indices.tolist()]
    listed = " ".join(f"<code>{label}</code>" for label in raised)
    return "".join([f"<h3>Unit {letter}</h3>", *lines, f"<div>raises {listed}</div>"])


def form(cards: Sequence[str]) -> dashboard.Page:
    """All cards on one page."""
    return dashboard.page(*cards, alt=f"{len(cards)} cards: examples of units without their names.")


def chance_of_gap(scores: Float[Tensor, "unit"], is_latent: Bool[Tensor, "unit"]) -> float:
    """How often luck alone does as well: the share of all ways to call as many units latents whose gap
    between the means is at least the one found.

    A permutation test of all permutations, so it needs no assumption about the scores. Ten units, five of
    them latents, have 252 ways.
    """
    scores = scores.double()
    found = scores[is_latent].mean() - scores[~is_latent].mean()
    gaps = []
    for chosen in itertools.combinations(range(len(scores)), int(is_latent.sum())):
        mask = torch.zeros(len(scores), dtype=torch.bool)
        mask[list(chosen)] = True
        gaps.append(scores[mask].mean() - scores[~mask].mean())
    return (torch.stack(gaps) >= found - 1e-9).double().mean().item()
