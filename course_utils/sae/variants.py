"""Four later ways to make a code sparse: TopK, BatchTopK, JumpReLU and Matryoshka, a short class each.

The first way, a ReLU and an L1 penalty, is `SparseAutoencoder` trained by `train`. These share its tensors
and its training loop, with the recipe `variant`. They differ in which activations survive (`activate`) and in
what is minimised (`loss`).

- TopK: Gao et al. (2024), https://arxiv.org/abs/2406.04093 (without its extra loss for dead latents)
- BatchTopK: Bussmann et al. (2024), https://arxiv.org/abs/2412.06410
- JumpReLU: Rajamanoharan et al. (2024), https://arxiv.org/abs/2407.14435
- Matryoshka: Bussmann et al. (2025), https://arxiv.org/abs/2503.17547
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_utils.sae.metrics import top_k
from course_utils.sae.model import SparseAutoencoder, squared_error


class Variant(SparseAutoencoder):
    """f = activate((x − b_dec) W_enc + b_enc),  x̂ = f W_dec + b_dec; rows of W_dec have norm 1.

    `k` is the L0 that is wanted: active latents per input. A class that passes on what it keeps as it is,
    f = z or 0, needs no `loss`: its gradients are known. Any other has one of its own, for autograd.
    """

    def __init__(self, d_in: int, d_sae: int, k: int, generator: torch.Generator | None = None):
        super().__init__(d_in, d_sae, generator=generator)
        self.k = k

    def settings(self) -> dict:
        return {"k": self.k}

    @torch.no_grad()
    def fold(self, scale: float | Float[Tensor, ""]) -> None:
        """Latents are chosen by size, so all of them may change by one factor only."""
        off = (self.W_dec.norm(dim=1) - 1).abs().max().item()
        if off > 1e-3:
            raise ValueError(
                f"decoder rows have norms up to {off:.3g} away from 1; making them 1 would change which "
                f"latents a {type(self).__name__} chooses. Train with a recipe of unit rows"
            )
        self.b_enc /= scale
        self.b_dec /= scale

    def activate(self, z: Float[Tensor, "*batch d_sae"]) -> Float[Tensor, "*batch d_sae"]:
        """From pre-activations to the latents' activations."""
        raise NotImplementedError

    def encode(self, x: Float[Tensor, "*batch d_in"]) -> Float[Tensor, "*batch d_sae"]:
        return self.activate((x - self.b_dec) @ self.W_enc + self.b_enc)


def keep_k(z: Float[Tensor, "*batch d_sae"], k: int) -> Float[Tensor, "*batch d_sae"]:
    """Each input keeps its k largest pre-activations, those of them that are positive."""
    return top_k(z.relu(), k)


class TopK(Variant):
    """At most k latents per input, no penalty."""

    def activate(self, z):
        return keep_k(z, self.k)


def keep_batch_k(z: Float[Tensor, "*batch d_sae"], k: int) -> Float[Tensor, "*batch d_sae"]:
    """The batch keeps its k·batch largest pre-activations, wherever they are, those that are positive.

    All dimensions but the last count as the batch.
    """
    inputs = z.numel() // z.shape[-1]
    return top_k(z.relu().flatten(), k * inputs).view_as(z)


class BatchTopK(Variant):
    """k latents per input on average: one input may use more than another.

    What an input keeps must not depend on its neighbours once training is over. So in `eval()` mode there
    is one threshold for all: a running mean, over the last 100 batches or so, of the smallest activation that
    a batch kept.
    """

    def __init__(self, d_in: int, d_sae: int, k: int, generator: torch.Generator | None = None):
        super().__init__(d_in, d_sae, k, generator)
        self.register_buffer("threshold", torch.tensor(-1.0))  # below 0: no batch seen yet

    @torch.no_grad()
    def fold(self, scale: float | Float[Tensor, ""]) -> None:
        super().fold(scale)
        self.threshold /= scale

    def select(self, z):
        return keep_batch_k(z, self.k)

    def activate(self, z):
        if not self.training:
            return z * (z > self.threshold.clamp(min=0))
        f = self.select(z)
        if (f > 0).any():
            smallest = f[f > 0].min().detach()
            self.threshold.copy_(smallest if self.threshold < 0 else self.threshold.lerp(smallest, 0.01))
        return f


def nested_loss(
    x: Float[Tensor, "*batch d_in"],
    f: Float[Tensor, "*batch d_sae"],
    W_dec: Float[Tensor, "d_sae d_in"],
    b_dec: Float[Tensor, "d_in"],
    prefixes: Sequence[int],
) -> Float[Tensor, ""]:
    """Σ over prefixes m of ‖x − x̂₁..ₘ‖², mean over the batch; x̂₁..ₘ uses the first m latents only."""
    return sum(squared_error(x, f[..., :m] @ W_dec[:m] + b_dec) for m in prefixes)


class Matryoshka(BatchTopK):
    """BatchTopK whose first latents must do without the later ones: a dictionary in each dictionary."""

    def __init__(
        self,
        d_in: int,
        d_sae: int,
        k: int,
        prefixes: Sequence[int],
        generator: torch.Generator | None = None,
    ):
        super().__init__(d_in, d_sae, k, generator)
        self.prefixes = tuple(prefixes)

    def settings(self) -> dict:
        return {"k": self.k, "prefixes": self.prefixes}

    def loss(self, x):
        return nested_loss(x, self.encode(x), self.W_dec, self.b_dec, self.prefixes)


def jump(
    z: Float[Tensor, "*batch d_sae"], threshold: Float[Tensor, "d_sae"], bandwidth: float
) -> tuple[Float[Tensor, "*batch d_sae"], Float[Tensor, "*batch d_sae"]]:
    """f = z·H(z − θ) and H(z − θ), the step H being 1 above 0, else 0. θ > 0.

    A step has no slope, so θ would never learn. Straight-through estimate: within half a bandwidth ε of the
    step, ∂f/∂θ = −θ/ε and ∂H/∂θ = −1/ε; elsewhere 0. In z the derivatives are the true ones, H and 0.
    Paper: section 3, "JumpReLU SAEs".
    """
    on = (z > threshold).to(z.dtype)
    near = ((z - threshold).abs() < bandwidth / 2) / bandwidth
    slope = near * (threshold.detach() - threshold)  # its value is 0, its derivative in θ is −near
    return z * on + threshold.detach() * slope, on + slope


class JumpReLU(Variant):
    """A learned threshold for each latent, and a count in place of L1: no pull on what is active.

    The loss is ‖x − x̂‖² + λ(L0/k − 1)², the paper's form for a wanted L0 of k (its appendix on target
    sparsity).
    """

    def __init__(
        self,
        d_in: int,
        d_sae: int,
        k: int,
        generator: torch.Generator | None = None,
        l0_coefficient: float = 20.0,
        bandwidth: float = 0.5,
    ):
        super().__init__(d_in, d_sae, k, generator)
        self.l0_coefficient, self.bandwidth = l0_coefficient, bandwidth
        self.log_threshold = nn.Parameter(torch.full((d_sae,), 0.5).log())

    def settings(self) -> dict:
        return {"k": self.k, "l0_coefficient": self.l0_coefficient, "bandwidth": self.bandwidth}

    @torch.no_grad()
    def fold(self, scale: float | Float[Tensor, ""]) -> None:
        super().fold(scale)
        self.log_threshold -= math.log(scale)
        self.bandwidth /= scale

    def step(self, z):
        return jump(z, self.log_threshold.exp(), self.bandwidth)

    def activate(self, z):
        return self.step(z)[0]

    def loss(self, x):
        f, on = self.step((x - self.b_dec) @ self.W_enc + self.b_enc)
        l0 = on.sum(dim=-1).mean()
        return squared_error(x, self.decode(f)) + self.l0_coefficient * (l0 / self.k - 1) ** 2
