"""How well does one unit (a latent or a neuron) match one property of tokens?

Three measures of M, section "Arabic script feature": correlation, specificity and sensitivity. Units are
always columns, tokens always rows, so a neuron is measured with the same code as a latent.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def correlation(acts: Float[Tensor, "token unit"], target: Float[Tensor, "token"]) -> Float[Tensor, "unit"]:
    """Pearson correlation of every unit with one target, over tokens.

    A unit (or a target) that never changes has no correlation; it gets 0 rather than NaN.
    """
    return correlations(acts, target[:, None])[:, 0]


def correlations(
    acts: Float[Tensor, "token unit"], targets: Float[Tensor, "token target"]
) -> Float[Tensor, "unit target"]:
    """Pearson correlation of every unit with every target.

    The sums are taken a few thousand tokens at a time and added up in float64: a table of many gigabytes
    needs no copy of itself, and rounding leaves no trace in the digits that one reads.
    """
    varies = (acts.amax(0) > acts.amin(0))[:, None] & (targets.amax(0) > targets.amin(0))
    mean_a, mean_t = acts.mean(0), targets.mean(0)
    products = torch.zeros(acts.shape[1], targets.shape[1], dtype=torch.float64)
    squares_a, squares_t = torch.zeros_like(products[:, 0]), torch.zeros_like(products[0])
    for a, t in zip(acts.split(4096), targets.split(4096), strict=True):
        a, t = a - mean_a, t - mean_t
        products += a.T @ t
        squares_a += a.square().sum(0)
        squares_t += t.square().sum(0)
    lengths = squares_a.sqrt()[:, None] * squares_t.sqrt()
    return torch.where(varies, products / lengths, 0.0).float()


def sensitivity_specificity(
    acts: Float[Tensor, "token"], in_class: Bool[Tensor, "token"], threshold: float | Float[Tensor, ""]
) -> tuple[float, float]:
    """(sensitivity, specificity) of "the unit is above the threshold" as a detector of the class.

    sensitivity: of the tokens in the class, the share where the unit fires (recall).
    specificity, in the sense of M: of the tokens where it fires, the share in the class. Statistics books
    call this precision. Where there is nothing to divide by, the share is 0.
    """
    fires = acts > threshold
    hits = (fires & in_class).sum().item()
    return hits / max(in_class.sum().item(), 1), hits / max(fires.sum().item(), 1)


def choose_threshold(acts: Float[Tensor, "token"], in_class: Bool[Tensor, "token"]) -> float:
    """The threshold where the smaller of sensitivity and specificity is largest.

    It is one of 40 steps, up to 80 % of the maximum. Measure the result on other tokens: on these the
    threshold has seen the answers.
    """
    steps = torch.linspace(0, 0.8, 41)[1:] * acts.max()
    above = torch.bucketize(acts, steps)  # how many of the steps each activation is above

    def at_each_step(places: Int[Tensor, "_"]) -> Int[Tensor, "step"]:
        return torch.bincount(places, minlength=41).flip(0).cumsum(0).flip(0)[1:]

    hits, fires = at_each_step(above[in_class]), at_each_step(above)
    worse = torch.minimum(hits / in_class.sum().clamp_min(1), hits / fires.clamp_min(1))
    return steps[worse.argmax()].item()


def auroc(score: Float[Tensor, "token"], in_class: Bool[Tensor, "token"]) -> float:
    """Probability that a random token of the class scores above a random other one; ties count one half.

    One half too where either kind is absent.
    """
    _, place, counts = score.unique(return_inverse=True, return_counts=True)
    rank = counts.cumsum(0) - (counts - 1) / 2  # the mean rank of each value, from 1
    n, others = in_class.sum().item(), (~in_class).sum().item()
    if not n or not others:
        return 0.5
    return (rank[place][in_class].double().sum().item() - n * (n + 1) / 2) / (n * others)


class BestMatch(NamedTuple):
    """For each target, the unit that matches it best."""

    unit: Int[Tensor, "target"]  # index of the unit, chosen on the first half
    correlation: Float[Tensor, "target"]  # its correlation on the second half


def best_matches(
    acts: Sequence[Float[Tensor, "_ unit"]],
    targets: Sequence[Float[Tensor, "_ target"]],
) -> BestMatch:
    """Choose each target's best unit on the first part of the data, and measure it on the second.

    The largest of hundreds of noisy correlations is too large; choosing and measuring on different tokens
    removes that luck, which would otherwise favour whoever has more units.
    """
    unit = correlations(acts[0], targets[0]).argmax(0)
    chosen, place = unit.unique(return_inverse=True)  # the others need not be measured
    measured = correlations(acts[1][:, chosen], targets[1])
    return BestMatch(unit, measured[place, torch.arange(len(unit))])


def best_unit(
    search: Float[Tensor, "token unit"],
    search_target: Float[Tensor, "token"],
    test: Float[Tensor, "token_ unit"],
    test_target: Float[Tensor, "token_"],
) -> float:
    """`best_matches` for one target: the correlation, on the test pile, of the search pile's best unit."""
    targets = search_target[:, None], test_target[:, None]
    return best_matches((search, test), targets).correlation.item()


def gap_at_equal(coordinate: Float[Tensor, "point"], value: Float[Tensor, "point"], factor: float) -> float:
    """How far the values of two points are apart whose coordinates agree within a factor: the mean over all
    such pairs. NaN where there is none.
    """
    log = coordinate.log()
    near = (log[:, None] - log).abs() <= math.log(factor) + 1e-6
    gaps = (value[:, None] - value).abs()
    return gaps[near.triu(1)].mean().item()


def groups_served(acts: Float[Tensor, "token unit"], group: Int[Tensor, "token"]) -> Float[Tensor, "unit"]:
    """How many groups of tokens a unit serves: 1 / Σ p², p its mean activation in each, scaled to sum 1.

    A unit that fires in one group alone gets 1, one that treats k of them alike and is silent elsewhere k.
    Weak activations count as well as strong ones, each by its size, and a large group counts no more than a
    small one. `group` numbers each token's; a unit that never fires gets NaN.
    """
    member = torch.nn.functional.one_hot(group).to(acts)
    member = member[:, member.any(0)]
    mean = acts.T @ (member / member.sum(0))
    return 1 / (mean / mean.sum(1, keepdim=True)).square().sum(1)


def kurtosis(x: Float[Tensor, "unit value"]) -> Float[Tensor, "unit"]:
    """Fourth moment of each row about its mean, in units of its variance squared: 3 for a bell curve.

    A row with a few values far out has more. One that never changes gets 0.
    """
    square = (x - x.mean(-1, keepdim=True)).square()
    variance = square.mean(-1)
    return torch.where(variance > 0, square.square().mean(-1) / variance.square(), 0.0)
