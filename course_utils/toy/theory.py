"""Closed forms of the phase diagram (TM, "Superposition as a Phase Change").

All features have density p and importance 1, but the last one, the varied feature, has importance r. There
is one hidden dimension too few, so something has to give. A candidate is one way to arrange the features, of
unit length and bias zero (a dropped feature has its best bias). Losses are E Σᵢ Iᵢ(xᵢ − x'ᵢ)².
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

    Alone, each is returned exactly: the ReLU cuts the other's negative copy off. Both on (probability
    p²), the larger comes out as the difference and the smaller as 0. Either is off by the smaller one, and
    E min(x, y)² = 1/6.
    """
    return (first + second) * p**2 / 6


def same_side_loss(first, second, p):
    """Both features on the same side of one direction: W = (√½, √½), no ReLU cut-off, b = 0.

    Either comes out as the mean of the two, off by (x − y)/2: half of one feature's variance.
    """
    return (first + second) * drop_loss(1.0, p) / 2


def arrangement_losses(r, q, p):
    """Two features of densities of their own in one dimension: r and q are the varied one's importance and
    density, p the other's density. Losses of three arrangements, in the first axis: the varied feature
    dropped, the antipodal pair, the varied feature alone.
    """
    r, q, p = torch.broadcast_tensors(*map(torch.as_tensor, (r, q, p)))
    return torch.stack([drop_loss(r, q), (1 + r) * p * q / 6, drop_loss(1, p)])


def boundary(r):
    """The density p* below which the antipodal pair beats dropping the less important of the two features."""
    r = torch.as_tensor(r, dtype=torch.get_default_dtype()) if not isinstance(r, Tensor) else r
    return 4 * r.clamp(max=1) / (2 * (1 + r) + 3 * r.clamp(max=1))


class Structure(NamedTuple):
    """One way to arrange n features in n − 1 dimensions."""

    name: str
    W: list
    """W, or several that differ by which of the unit features plays which part"""
    loss: Callable | None = None
    """(r, p) -> closed form; None: the theory leaves this one out"""


S, H = 0.5**0.5, 0.75**0.5  # sin 45° and sin 60°

STRUCTURES = {
    2: [
        Structure("varied feature dropped", [[[1, 0]]], lambda r, p: drop_loss(r, p)),
        Structure("unit feature dropped", [[[0, 1]]], lambda r, p: drop_loss(1, p)),
        Structure("antipodal pair", [[[1, -1]]], lambda r, p: antipodal_loss(1, r, p)),
        Structure("same side", [[[S, S]]]),
    ],
    3: [
        Structure("varied feature dropped", [[[1, 0, 0], [0, 1, 0]]], lambda r, p: drop_loss(r, p)),
        Structure(
            "unit feature dropped",
            [[[0, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 0, 1]]],
            lambda r, p: drop_loss(1, p),
        ),
        Structure(
            "varied and unit antipodal",
            [[[1, 0, -1], [0, 1, 0]], [[0, 1, -1], [1, 0, 0]]],
            lambda r, p: antipodal_loss(1, r, p),
        ),
        Structure("units antipodal", [[[1, -1, 0], [0, 0, 1]]], lambda r, p: antipodal_loss(1, 1, p)),
        Structure("same side", [[[S, S, 0], [0, 0, 1]], [[S, 0, S], [0, 1, 0]], [[0, S, S], [1, 0, 0]]]),
        Structure("triangle", [[[1, -0.5, -0.5], [0, H, -H]]]),
    ],
}
"""What a W may be called; the last feature is the varied one. The theory's candidates have a loss."""


def candidate_losses(
    n: int, r: Float[Tensor, "cell"], p: Float[Tensor, "cell"]
) -> Float[Tensor, "cell candidate"]:
    """Closed-form loss of each of the theory's candidates, in the order of STRUCTURES[n]."""
    losses = [s.loss(r, p) for s in STRUCTURES[n] if s.loss]
    return torch.stack(torch.broadcast_tensors(*losses), 1)


def theory_phase(n: int, r: Float[Tensor, "cell"], p: Float[Tensor, "cell"]) -> Int[Tensor, "cell"]:
    """The candidate of the lowest loss, as its place in STRUCTURES[n]."""
    return candidate_losses(n, r, p).argmin(1)


def named_losses(n: int, r: float, p: float) -> dict[str, float]:
    """The closed-form losses of the theory's candidates by name, for one importance r and density p."""
    one = torch.ones(1, dtype=torch.float64)
    names = [s.name for s in STRUCTURES[n] if s.loss]
    return dict(zip(names, candidate_losses(n, r * one, p * one)[0].tolist(), strict=True))
