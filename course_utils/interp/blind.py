"""Blind scoring: units without their names, a form of M's rubric, and how far luck could have come.

M, "Manual human analysis": 412 units of both kinds, scored 0 to 14 by one author who couldn't see which was
which; the questions are in its appendix "Feature interpretability rubric".
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils.interp import dashboard, text

RUBRIC = {
    "how sure are you of your name for it?": 3,
    "how well do the examples, strong and weak, follow the name?": 5,
    "how well do the tokens that it raises follow the name?": 3,
    "how specific is the name?": 3,
}
"""Each question with its most points: 14 in all."""


class Unit(NamedTuple):
    """A unit that is to be scored."""

    is_latent: bool
    number: int


def shuffled_units(latents: int, neurons: int, each: int, generator: torch.Generator) -> list[Unit]:
    """`each` latents and as many neurons, drawn and mixed at random."""
    kinds = [Unit(True, i) for i in torch.randperm(latents, generator=generator)[:each].tolist()]
    kinds += [Unit(False, i) for i in torch.randperm(neurons, generator=generator)[:each].tolist()]
    return [kinds[i] for i in torch.randperm(len(kinds), generator=generator).tolist()]


def card(
    letter: str,
    tokens: Int[Tensor, "seq pos"],
    acts: Float[Tensor, "seq pos"],
    weights: Float[Tensor, "vocab"],
    vocab: Sequence[bytes],
) -> dashboard.Page:
    """A unit's examples from every level of activation, and the tokens that it raises; no name, no number.

    Activations are shown as shares of the unit's maximum, and how often it fires isn't: both would tell a
    latent from a neuron.
    """
    acts = acts / acts.max().clamp_min(1e-9)
    kinds = torch.zeros_like(tokens)
    lines = []
    for low, high, count in ((0.9, 1.0, 4), (0.6, 0.9, 3), (0.3, 0.6, 3), (0.05, 0.3, 2)):
        for one in dashboard.examples(tokens, acts, kinds, [""], low, high, count, around=12):
            lines.append(dashboard.lit_text(one.tokens, one.acts, vocab, 1.0, f"up to {high:.0%}"))
    raised = [text.token_label(i, vocab) for i in weights.topk(10).indices.tolist()]
    parts = [f"<h3>Unit {letter}</h3>", *lines, dashboard.table(["raises"], [[dashboard.codes(raised)]])]
    return dashboard.page(*parts, alt=f"Unit {letter}: {len(lines)} examples; raises {' '.join(raised)}")


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
