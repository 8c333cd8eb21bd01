"""Units of one code against units of another: three statistics that disagree, and what isn't the token's.

A *code* is a table of activations, [token, unit]: latents, neurons, or a control that nobody trained.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils.interp import measures

Piles = tuple[Tensor, Tensor]  # the same thing on the tokens to choose on, and on those to measure on


def break_even(acts: Float[Tensor, "token"], in_class: Bool[Tensor, "token"]) -> float:
    """Sensitivity where it equals specificity: the share of the class among as many of the strongest tokens.

    A threshold that lets n tokens through, n the size of the class, has the same denominator in both. Where
    fewer than n are above 0, only those count as firing. 0 for an empty class.
    """
    n = int(in_class.sum())
    strongest = acts.topk(n)
    return (in_class[strongest.indices] & (strongest.values > 0)).sum().item() / max(n, 1)


class Scores(NamedTuple):
    """The best unit's three statistics, one entry for each content type."""

    unit: Int[Tensor, "type"]
    """Chosen by its correlation on the first pile; all else is measured on the second."""
    correlation: Float[Tensor, "type"]
    break_even: Float[Tensor, "type"]
    auroc: Float[Tensor, "type"]


def best_units(
    code: Piles,
    targets: Piles,
    even: Callable[[Tensor, Tensor], float] = break_even,
    area: Callable[[Tensor, Tensor], float] = measures.auroc,
    every: int = 4,
) -> Scores:
    """Each target's best unit by three statistics; AUROC on every fourth token, because it has to sort."""
    unit, correlation = measures.best_matches(code, targets)
    here = targets[1].bool()
    columns = [(code[1][:, u].contiguous(), here[:, k].contiguous()) for k, u in enumerate(unit.tolist())]
    return Scores(
        unit,
        correlation,
        torch.tensor([float(even(acts, mask)) for acts, mask in columns]),
        torch.tensor([float(area(acts[::every], mask[::every])) for acts, mask in columns]),
    )


def share_above(ours: Float[Tensor, "type"], theirs: Float[Tensor, "type"]) -> float:
    """Share of the types on which `ours` is larger."""
    return (ours > theirs).float().mean().item()


def as_lines(rows: Mapping[str, Mapping[str, float]], form: str = ".2f") -> str:
    """A line of text for each code: its numbers by name."""
    numbers = {
        name: "   ".join(f"{what} {v:{form}}" for what, v in row.items()) for name, row in rows.items()
    }
    return "\n".join(f"{name:21} {line}" for name, line in numbers.items())


# --- codes that nobody trained ---


def untrained(neurons: Piles, units: int, generator: torch.Generator, density: float | None = None) -> Piles:
    """Random directions through the mean of the neurons, with a ReLU: an SAE before its first step.

    Half of the tokens make such a unit fire. With a `density` each is cut off where that share does; the cut
    is chosen on the first pile.
    """
    directions = F.normalize(torch.randn(neurons[0].shape[1], units, generator=generator), dim=0)
    codes = [(acts - neurons[0].mean(0)) @ directions for acts in neurons]
    if density is not None:
        cut = codes[0][::8].sort(0, descending=True).values[int(density * len(codes[0][::8]))]
        codes = [code - cut for code in codes]
    return codes[0].relu_(), codes[1].relu_()


def rotated(neurons: Piles, generator: torch.Generator) -> Piles:
    """As many random orthogonal directions as there are neurons, with a ReLU."""
    n = neurons[0].shape[1]
    turn = torch.linalg.qr(torch.randn(n, n, generator=generator)).Q
    return (neurons[0] @ turn).relu_(), (neurons[1] @ turn).relu_()


# --- units and predicates ---


def best_by_kind(code: Piles, holds: Piles, kinds: Sequence[str]) -> dict[str, float]:
    """For each kind of predicate the best unit's correlation, median over the predicates of that kind."""
    found = measures.best_matches(code, holds).correlation
    rows = {kind: [i for i, one in enumerate(kinds) if one == kind] for kind in dict.fromkeys(kinds)}
    return {kind: found[row].median().item() for kind, row in rows.items()}


def context_part(
    acts: Float[Tensor, "token unit"], tokens: Int[Tensor, "token"]
) -> Float[Tensor, "token unit"]:
    """Activations less their mean over all places where the same token stands: what the token can't tell."""
    _, which, count = tokens.unique(return_inverse=True, return_counts=True)
    means = acts.new_zeros(len(count), acts.shape[1]).index_add_(0, which, acts) / count[:, None]
    return acts - means[which]


def nearest(acts: Float[Tensor, "token unit"], others: Float[Tensor, "token other"]) -> Float[Tensor, "unit"]:
    """Each unit's largest correlation with any of the others; where these are the same units, of another."""
    found = measures.correlations(acts, others)
    if acts is others:
        found.fill_diagonal_(-1)
    return found.amax(1)


class Named(NamedTuple):
    """For each unit the statement that fits best: chosen on the first pile, judged on the second."""

    statement: Int[Tensor, "unit"]
    correlation: Float[Tensor, "unit"]


def best_names(codes: Piles, holds: Piles) -> Named:
    """The statement that each unit follows best, and how well on tokens that had no say in the choice."""
    statement = measures.correlations(codes[0], holds[0]).argmax(1)
    return Named(statement, measures.correlations(codes[1], holds[1]).gather(1, statement[:, None])[:, 0])


def invisible_and_named(
    near: Float[Tensor, "unit"], named: Float[Tensor, "unit"], far: float, well: float
) -> dict[str, float]:
    """Shares of the units whose nearest neuron is below `far`, that have a name above `well`, and both."""
    invisible, has_name = near < far, named > well
    masks = {"invisible": invisible, "named": has_name, "both": invisible & has_name}
    return {what: mask.float().mean().item() for what, mask in masks.items()}
