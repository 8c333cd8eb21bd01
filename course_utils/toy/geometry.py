"""How much of the hidden space each feature has to itself (TM, "The Geometry of Superposition").

Wᵢ is feature i's column of W; Ŵᵢ is that column at length 1, and 0 if the column is 0.
"""

import torch
from jaxtyping import Float
from torch import Tensor


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
