"""How good is a sparse autoencoder? Sparsity, reconstruction, and what the model makes of it.

Paper: "How much of the model does our interpretation explain?" and the appendix on feature density.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils.sae.model import SparseAutoencoder

Replace = Callable[[Float[Tensor, "*batch d_in"]], Float[Tensor, "*batch d_in"]]
"""A function from activations to activations, to be used in the model in place of its own."""


def firing(f: Float[Tensor, "tokens d_sae"]) -> tuple[Float[Tensor, "d_sae"], float]:
    """Density: the share of tokens on which each latent is active (above 0). L0: active latents per token."""
    on = (f > 0).float()
    return on.mean(dim=0), on.sum(dim=1).mean().item()


def r_squared(x: Float[Tensor, "tokens d_in"], x_hat: Float[Tensor, "tokens d_in"]) -> float:
    """1 − Σ‖x − x̂‖² / Σ‖x − x̄‖²: share of the variance explained. Always answering x̄ scores 0."""
    return (1 - (x - x_hat).square().sum() / (x - x.mean(dim=0)).square().sum()).item()


class Evaluation(NamedTuple):
    r2: float
    l0: float
    density: Float[Tensor, "d_sae"]
    dead_fraction: float
    """Share of latents that fired on none of the tokens."""


@torch.no_grad()
def evaluate(sae: SparseAutoencoder, x: Float[Tensor, "tokens d_in"], chunk: int = 16_384) -> Evaluation:
    """R², L0, density and dead latents on a table of activations, a chunk at a time."""
    fired = torch.zeros(sae.d_sae, device=x.device)
    residual = 0.0
    for part in x.split(chunk):
        x_hat, f = sae(part)
        fired += f.count_nonzero(dim=0)
        residual += (part - x_hat).square().sum().item()
    return Evaluation(
        r2=1 - residual / (x - x.mean(dim=0)).square().sum().item(),
        l0=fired.sum().item() / len(x),
        density=fired / len(x),
        dead_fraction=(fired == 0).float().mean().item(),
    )


def loss_recovered(loss: Callable[[Replace | None], float], reconstruct: Replace, fill: Tensor) -> float:
    """How much of the loss that ablation costs does the reconstruction win back? 1 is all, 0 nothing.

    Args:
        loss: gives the model's loss with its activations replaced; `loss(None)` leaves them alone.
        reconstruct: what stands in for the activations, e.g. `lambda acts: sae(acts).x_hat`.
        fill: what ablation puts in every token's place: zeros (d_in,), or the mean activation.
    """
    ablated = loss(lambda acts: fill.expand_as(acts))
    return (ablated - loss(reconstruct)) / (ablated - loss(None))


def top_k(x: Float[Tensor, "*batch d_in"], k: int) -> Float[Tensor, "*batch d_in"]:
    """Keep each token's k largest activations, zero the others: k-sparse in the basis of neurons."""
    values, index = x.topk(k, dim=-1, sorted=False)
    return torch.zeros_like(x).scatter(-1, index, values)


def pca(x: Float[Tensor, "tokens d_in"], k: int) -> Replace:
    """The best linear reconstruction from k numbers: projection on the first k principal components."""
    mean = x.mean(dim=0)
    directions = torch.linalg.eigh((x - mean).T @ (x - mean)).eigenvectors[:, -k:]
    return lambda acts: (acts - mean) @ directions @ directions.T + mean
