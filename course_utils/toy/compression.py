"""Compressing n features into m hidden numbers: losses and baselines (TM, "Demonstrating Superposition").

Students write all of it in lesson 01.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.toy.data import sampled_loss


def weighted_loss(
    x: Float[Tensor, "inst batch n"], out: Float[Tensor, "inst batch n"], importance: Float[Tensor, "inst n"]
) -> Float[Tensor, "inst"]:
    """Σᵢ Iᵢ (xᵢ − x'ᵢ)², averaged over the batch: one loss per model."""
    return ((x - out) ** 2 * importance[:, None, :]).sum(-1).mean(-1)


def stored(W: Float[Tensor, "inst m n"]) -> Int[Tensor, "inst"]:
    """How many features each model stores: columns of W longer than ½."""
    return (W.norm(dim=1) > 0.5).sum(1)


def linear_terms(
    W: Float[Tensor, "inst m n"], importance: Float[Tensor, "inst n"], p: Float[Tensor, "inst"]
) -> tuple[Float[Tensor, "inst"], Float[Tensor, "inst"]]:
    """The expected loss of x' = WᵀWx + b with its best b, in two terms: (features lost, interference).

    V Σᵢ Iᵢ (1 − ‖Wᵢ‖²)² and V Σᵢ Iᵢ Σⱼ≠ᵢ (Wᵢ·Wⱼ)², V = p/3 − p²/4 the variance of a feature.
    """
    gram = W.transpose(1, 2) @ W
    own = gram.diagonal(dim1=1, dim2=2)
    others = gram**2 * (1 - torch.eye(W.shape[2], dtype=W.dtype, device=W.device))
    variance = p / 3 - p**2 / 4
    lost = (importance * (1 - own) ** 2).sum(1)
    return variance * lost, variance * (importance * others.sum(2)).sum(1)


def pca_loss(x: Float[Tensor, "batch n"], importance: Float[Tensor, "n"], m: int) -> Float[Tensor, ""]:
    """Weighted error left by the first m principal components of √I·x: its n − m smallest variances."""
    scaled = (x - x.mean(0)) * importance.sqrt()
    variances = torch.linalg.eigvalsh(scaled.T @ scaled / len(x))  # ascending
    return variances[: x.shape[1] - m].sum()


def leak(slope: Float[Tensor, "*any"], bias: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Mean of ReLU(slope · u + bias)² over a uniform u: what an output reads of another feature that is on.

    With R(z) = ReLU(z), R(slope · u + bias)³ / (3 slope) has this square as its derivative, so the mean is
    (R(slope + bias)³ − R(bias)³) / (3 slope); R(bias)² where the slope is 0.
    """
    flat = slope == 0
    by_parts = ((slope + bias).relu() ** 3 - bias.relu() ** 3) / (3 * torch.where(flat, 1, slope))
    return torch.where(flat, bias.relu() ** 2, by_parts)


def l1_loss(
    W: Float[Tensor, "inst m n"],
    b: Float[Tensor, "inst n"],
    importance: Float[Tensor, "inst n"],
    x: Float[Tensor, "inst batch n"],
    strength: Float[Tensor, "inst"],
) -> Float[Tensor, "inst"]:
    """The ReLU model's loss plus strength · ‖h‖₁, a mean over the batch (TM, "Strategic Picture")."""
    penalty = (x @ W.transpose(1, 2)).abs().sum(-1).mean(-1)
    return sampled_loss(W, b, importance, x) + strength * penalty
