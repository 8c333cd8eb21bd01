"""The toy model's world: features that are mostly off (TM, "Demonstrating superposition")."""

import torch
from jaxtyping import Float
from torch import Tensor


def check_density(p: Float[Tensor, "*any"]) -> None:
    """ValueError unless all densities are probabilities."""
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"densities lie between 0 and 1, these from {p.min():g} to {p.max():g}")


def sample(
    p: Float[Tensor, "inst"], n: int, batch: int, generator: torch.Generator | None = None
) -> Float[Tensor, "inst batch n"]:
    """Draw inputs: each feature is on with probability p (its density), then uniform on [0, 1], else 0."""
    check_density(p)
    shape = (len(p), batch, n)
    value = torch.rand(shape, generator=generator, dtype=p.dtype, device=p.device)
    on = torch.rand(shape, generator=generator, dtype=p.dtype, device=p.device) < p[:, None, None]
    return torch.where(on, value, 0.0)


def forward(
    W: Float[Tensor, "inst m n"], b: Float[Tensor, "inst n"], x: Float[Tensor, "... batch n"]
) -> Float[Tensor, "inst batch n"]:
    """The model x' = ReLU(WᵀWx + b), for many models at once. `x` may also be "batch n", shared by all."""
    hidden = x @ W.transpose(1, 2)
    return (hidden @ W + b[:, None, :]).relu()


def sampled_loss(
    W: Float[Tensor, "inst m n"],
    b: Float[Tensor, "inst n"],
    importance: Float[Tensor, "inst n"],
    x: Float[Tensor, "... batch n"],
) -> Float[Tensor, "inst"]:
    """Mean over a batch of Σᵢ Iᵢ(xᵢ − x'ᵢ)²: what the paper trains on. Sampling makes it noisy."""
    return ((x - forward(W, b, x)) ** 2 * importance[:, None, :]).sum(-1).mean(-1)
