"""Closed forms of the phase diagram (TM, "Superposition as a Phase Change").

All features have density p and importance 1, but the last one, the varied feature, has importance r. There is one
hidden dimension too few, so something has to give: a candidate is one way to arrange the features, with unit
vectors and the best bias (zero, but for a dropped feature). Losses are E Σᵢ Iᵢ(xᵢ − x'ᵢ)², in the paper's units.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor


def drop_loss(importance, p):
    """A feature that is not stored. The best constant guess is its mean p/2; what remains is its variance."""
    return importance * (p / 3 - p**2 / 4)


def antipodal_loss(first, second, p):
    """Features of importance `first` and `second` at opposite ends of one direction.

    Alone, each is returned exactly: the ReLU cuts the other's negative copy off. Both on (probability p²), the larger
    comes out as the difference and the smaller as 0, so either is off by the smaller one: E min(x, y)² = 1/6.
    """
    return (first + second) * p**2 / 6


def same_side_loss(first, second, p):
    """Both features on one direction, each at (½, ½)·√2, with the best bias: x' is their mean, plus a constant.

    The error of either is (x − y)/2 minus its mean, half of one feature's variance, wherever the ReLU is on.
    """
    return (first + second) * drop_loss(1.0, p) / 2


def boundary(r):
    """The density p* below which the antipodal pair beats dropping the less important of the two features."""
    r = torch.as_tensor(r, dtype=torch.get_default_dtype()) if not isinstance(r, Tensor) else r
    return 4 * r.clamp(max=1) / (2 * (1 + r) + 3 * r.clamp(max=1))


class Structure(NamedTuple):
    """One way to arrange n features in n − 1 dimensions."""

    name: str
    W: list
    """the candidate W, or several that differ by which of the unit features plays which part"""
    loss: Callable | None
    """(r, p) -> closed-form loss; None: not one of the theory's candidates"""


_HALF, _HEIGHT = 0.5**0.5, 0.75**0.5

STRUCTURES = {
    2: [
        Structure("varied feature dropped", [[[1, 0]]], lambda r, p: drop_loss(r, p)),
        Structure("unit feature dropped", [[[0, 1]]], lambda r, p: drop_loss(1, p) + 0 * r),
        Structure("antipodal pair", [[[1, -1]]], lambda r, p: antipodal_loss(1, r, p)),
        Structure("same side", [[[_HALF, _HALF]]], None),
    ],
    3: [
        Structure("varied feature dropped", [[[1, 0, 0], [0, 1, 0]]], lambda r, p: drop_loss(r, p)),
        Structure(
            "unit feature dropped", [[[0, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 0, 1]]],
            lambda r, p: drop_loss(1, p) + 0 * r,
        ),
        Structure(
            "varied and unit antipodal", [[[1, 0, -1], [0, 1, 0]], [[0, 1, -1], [1, 0, 0]]],
            lambda r, p: antipodal_loss(1, r, p),
        ),
        Structure("two units antipodal", [[[1, -1, 0], [0, 0, 1]]], lambda r, p: antipodal_loss(1, 1, p) + 0 * r),
        Structure(
            "same side", [[[_HALF, _HALF, 0], [0, 0, 1]], [[_HALF, 0, _HALF], [0, 1, 0]], [[0, _HALF, _HALF], [1, 0, 0]]],
            None,
        ),
        Structure("triangle", [[[1, -0.5, -0.5], [0, _HEIGHT, -_HEIGHT]]], None),
    ],
}  # fmt: skip
"""What a trained W may be called. The first three (n=2) or four (n=3) are the theory's candidates."""


def candidate_losses(
    n: int, r: Float[Tensor, "cell"], p: Float[Tensor, "cell"]
) -> Float[Tensor, "cell candidate"]:
    """Closed-form loss of each of the theory's candidates, in the order of STRUCTURES[n]."""
    return torch.stack([s.loss(r, p) for s in STRUCTURES[n] if s.loss], 1)


def theory_phase(n: int, r: Float[Tensor, "cell"], p: Float[Tensor, "cell"]) -> Int[Tensor, "cell"]:
    """The candidate of the lowest loss, as its place in STRUCTURES[n]."""
    return candidate_losses(n, r, p).argmin(1)
