"""The two recipes' parts, written to be read: losses, one training step, resampling.

`gradients.py` computes the same gradients by hand, several times faster; a test holds the two together.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from course_utils.sae.model import SparseAutoencoder


def sae_forward(
    x: Float[Tensor, "*batch d_in"],
    W_enc: Float[Tensor, "d_in d_sae"],
    b_enc: Float[Tensor, "d_sae"],
    W_dec: Float[Tensor, "d_sae d_in"],
    b_dec: Float[Tensor, "d_in"],
) -> tuple[Float[Tensor, "*batch d_in"], Float[Tensor, "*batch d_sae"]]:
    """The reconstruction x̂ = f W_dec + b_dec and the latents f = ReLU((x − b_dec) W_enc + b_enc)."""
    f = torch.relu((x - b_dec) @ W_enc + b_enc)
    return f @ W_dec + b_dec, f


def sae_loss(
    x: Float[Tensor, "batch d_in"],
    x_hat: Float[Tensor, "batch d_in"],
    f: Float[Tensor, "batch d_sae"],
    l1_coefficient: float,
) -> Float[Tensor, ""]:
    """‖x − x̂‖² + λ‖f‖₁, averaged over the batch: both terms are a sum per token, then one mean."""
    return ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()


def weighted_l1(
    f: Float[Tensor, "batch d_sae"], W_dec: Float[Tensor, "d_sae d_in"], l1_coefficient: float
) -> Float[Tensor, ""]:
    """λ Σᵢ fᵢ‖W_dec,i‖, averaged over the batch: the standard recipe's penalty.

    Halving f and doubling W_dec leaves it as it is, so the decoder needs no constraint.
    """
    return l1_coefficient * (f * W_dec.norm(dim=1)).sum(dim=-1).mean()


@torch.no_grad()
def remove_parallel_gradient(sae: SparseAutoencoder) -> None:
    """Take out of each decoder row's gradient the part along the row, which only changes its norm."""
    rows = sae.W_dec / sae.W_dec.norm(dim=1, keepdim=True)
    grad = sae.W_dec.grad
    grad -= (grad * rows).sum(dim=1, keepdim=True) * rows


@torch.no_grad()
def normalise_decoder(sae: SparseAutoencoder) -> None:
    """Make each decoder row's norm 1 again."""
    sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)


def training_step(
    sae: SparseAutoencoder,
    optimizer: torch.optim.Optimizer,
    x: Float[Tensor, "batch d_in"],
    l1_coefficient: float,
) -> float:
    """One step of the paper's recipe; returns the loss before it.

    The order matters: gradient, its parallel part removed, optimiser step, decoder normalised.
    """
    optimizer.zero_grad()
    x_hat, f = sae(x)
    loss = sae_loss(x, x_hat, f, l1_coefficient)
    loss.backward()
    remove_parallel_gradient(sae)
    optimizer.step()
    normalise_decoder(sae)
    return loss.item()


@torch.no_grad()
def resample_dead(
    sae: SparseAutoencoder,
    optimizer: torch.optim.Optimizer,
    dead: Bool[Tensor, "d_sae"],
    x: Float[Tensor, "tokens d_in"],
    generator: torch.Generator | None = None,
) -> None:
    """Point each dead latent at an input that the SAE reconstructs badly. Paper: "Neuron Resampling".

    Inputs are drawn with probability ∝ loss². Decoder row: the input at norm 1. Encoder column: the
    same direction at 0.2 × the mean norm of the live columns. Bias 0. Adam's moments of all three: 0.
    `optimizer` holds the SAE's own parameters; one that has not stepped yet has no moments to reset.
    An input of norm 0 has no direction, so where one is drawn, others are drawn in its place.
    """
    if not dead.any():
        return
    # torch.multinomial takes at most 2^24 choices; a few thousand inputs are plenty.
    weight = ((x - sae(x).x_hat) ** 2).sum(dim=1).cpu() ** 2
    norms = x.norm(dim=1).cpu()
    if not weight[norms > 0].any():
        return  # all are reconstructed exactly, or have no direction
    drawn = torch.multinomial(weight, int(dead.sum()), replacement=True, generator=generator)
    if not norms[drawn].all():
        again = torch.multinomial(weight * (norms > 0), len(drawn), replacement=True, generator=generator)
        drawn = torch.where(norms[drawn] > 0, drawn, again)
    rows = x[drawn.to(x.device)]
    rows = rows / rows.norm(dim=1, keepdim=True)
    live = sae.W_enc[:, ~dead].norm(dim=0)
    sae.W_dec[dead] = rows
    sae.W_enc[:, dead] = 0.2 * (live.mean() if len(live) else 1.0) * rows.T
    sae.b_enc[dead] = 0
    for parameter, index in ((sae.W_dec, dead), (sae.W_enc, (slice(None), dead)), (sae.b_enc, dead)):
        for moment in ("exp_avg", "exp_avg_sq"):
            if moment in optimizer.state.get(parameter, {}):
                optimizer.state[parameter][moment][index] = 0
