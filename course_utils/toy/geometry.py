"""How much of the hidden space each feature has to itself (TM, "The Geometry of Superposition").

Wᵢ is feature i's column of W; Ŵᵢ is that column at length 1, and 0 if the column is 0.
"""

from itertools import product

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils.toy.theory import antipodal_loss, drop_loss


def directions(W: Float[Tensor, "... m n"]) -> Float[Tensor, "... m n"]:
    """The columns of W at length 1. A zero column stays zero."""
    return torch.nn.functional.normalize(W, dim=-2)


def overlaps(W: Float[Tensor, "... m n"]) -> Float[Tensor, "... n n"]:
    """(Ŵᵢ·Wⱼ)² in row i, column j: how strongly feature j shows along feature i's direction."""
    return (directions(W).transpose(-1, -2) @ W) ** 2


def feature_dimensionality(W: Float[Tensor, "... m n"]) -> Float[Tensor, "... n"]:
    """Dᵢ = ‖Wᵢ‖² / Σⱼ (Ŵᵢ·Wⱼ)²: the share of a dimension that feature i has.

    1 at right angles to all other features, ½ for each of two equal and opposite ones. The sum runs over all
    j, i included. A feature that is not stored (Wᵢ = 0) has Dᵢ = 0.
    """
    square = (W**2).sum(-2)
    return torch.where(square > 0, square / overlaps(W).sum(-1), 0.0)


def interference(W: Float[Tensor, "... m n"]) -> Float[Tensor, "... n"]:
    """Σⱼ≠ᵢ (Ŵᵢ·Wⱼ)²: what the other features put on feature i's direction. 0 where Wᵢ = 0."""
    others = ~torch.eye(W.shape[-1], dtype=torch.bool, device=W.device)
    return (overlaps(W) * others).sum(-1)


def dimensions_per_feature(W: Float[Tensor, "... m n"]) -> Float[Tensor, "..."]:
    """D* = m / ‖W‖²_F. A stored feature has a column of length about 1, so ‖W‖²_F counts the stored ones."""
    return W.shape[-2] / (W**2).sum((-2, -1))


def local_excess(
    D: Float[Tensor, "features"], target: float, half_width: float = 0.015, neighbourhood: float = 0.1
) -> float:
    """How many times more of the D lie within half_width of the target than if its neighbourhood were even.

    The count within half_width, over what it would be if all those within `neighbourhood` of the target were
    spread evenly there: 1 for no structure, neighbourhood / half_width if all sit on the target, 0 if none is
    near.
    """
    distance = (D - target).abs()
    inside = (distance <= half_width).sum().item()
    around = (distance <= neighbourhood).sum().item()
    return inside / (around * half_width / neighbourhood) if around else 0.0


def digons_loss(q, p):
    """Loss of five features in a plane: four of density p as two antipodal pairs, the fifth, q·p, dropped.

    The pairs are at right angles and don't interfere: 2 × antipodal_loss(1, 1, p). The fifth leaves its
    variance. Columns have length 1 and the pairs no bias, as in lesson 02.
    """
    return 2 * antipodal_loss(1, 1, p) + drop_loss(1, q * p)


def sensing_bound(p, constant):
    """Features per dimension n/m that compressed sensing's bound m ≥ C n p ln(1/p) allows, C the constant.

    TM, "Superposition as a compressed sensing problem": m = Ω(−n(1 − S) ln(1 − S)), with 1 − S = p. Ω leaves
    C open. The bound is about rare features: above p = 1/e it turns round.
    """
    return 1 / (constant * p * torch.log(1 / p))


def _signs(x: float, y: float, z: float) -> list[tuple[float, float, float]]:
    """The point and its mirror images in the three coordinate planes."""
    return sorted({(a * x, b * y, c * z) for a, b, c in product((1, -1), repeat=3)})


_GOLDEN = (1 + 5**0.5) / 2
_HALF = 2**-1.25  # half the height of an antiprism whose edges all have length 1
SOLIDS = {
    "tetrahedron": [(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)],
    "octahedron": _signs(1, 0, 0) + _signs(0, 1, 0) + _signs(0, 0, 1),
    "square antiprism": [(x, y, _HALF) for x, y, _ in _signs(0.5, 0.5, 0)]
    + [(0.5**0.5 * x, 0.5**0.5 * y, -_HALF) for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1))],
    "cube": _signs(1, 1, 1),
    "icosahedron": _signs(0, 1, _GOLDEN) + _signs(1, _GOLDEN, 0) + _signs(_GOLDEN, 0, 1),
    "cuboctahedron": _signs(1, 1, 0) + _signs(1, 0, 1) + _signs(0, 1, 1),
}
"""corners of solids whose centre is the origin"""


def sorted_cosines(W: Float[Tensor, "m n"]) -> Float[Tensor, "pairs"]:
    """The cosines of the angles between all pairs of columns, in ascending order."""
    i, j = torch.triu_indices(W.shape[1], W.shape[1], offset=1, device=W.device)
    unit = directions(W)
    return (unit.T @ unit)[i, j].sort().values


def distance_to(solid: str, W: Float[Tensor, "3 n"]) -> float:
    """The largest difference between the sorted cosines of W's columns and those of a solid of SOLIDS.

    0 for the solid itself, however it is turned and whatever its size. Even shares D say less: a cube's are
    as even as a square antiprism's.
    """
    corners = torch.tensor(SOLIDS[solid], dtype=W.dtype, device=W.device).T
    return (sorted_cosines(W) - sorted_cosines(corners)).abs().max().item()
