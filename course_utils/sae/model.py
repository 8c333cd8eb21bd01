"""The sparse autoencoder of Towards Monosemanticity: one hidden layer, wider than its input.

The model itself is 20 lines. How it is trained is in `train.py`, how it is judged in `metrics.py`.
"""

import copy
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class SAEOutput(NamedTuple):
    """What a forward pass gives."""

    x_hat: Float[Tensor, "*batch d_in"]
    """The reconstruction."""
    f: Float[Tensor, "*batch d_sae"]
    """The latents' activations, never negative, mostly zero."""


class SparseAutoencoder(nn.Module):
    """f = ReLU((x − b_dec) W_enc + b_enc),  x̂ = f W_dec + b_dec.

    Each row of `W_dec` is one latent's direction in the space of activations; the row's entry in `f`
    says how much of it the input holds. Paper: "Sparse Autoencoder Setup". Tensor names and shapes are
    the field's (SAELens).

    A new one has random decoder rows of norm `decoder_norm`, the encoder its transpose, zero biases.
    """

    def __init__(
        self, d_in: int, d_sae: int, decoder_norm: float = 1.0, generator: torch.Generator | None = None
    ):
        super().__init__()
        rows = torch.randn(d_sae, d_in, generator=generator)
        rows *= decoder_norm / rows.norm(dim=1, keepdim=True)
        self.W_enc = nn.Parameter(rows.T.clone(memory_format=torch.contiguous_format))
        self.b_enc = nn.Parameter(torch.zeros(d_sae))
        self.W_dec = nn.Parameter(rows)
        self.b_dec = nn.Parameter(torch.zeros(d_in))

    @property
    def d_in(self) -> int:
        return self.W_dec.shape[1]

    @property
    def d_sae(self) -> int:
        return self.W_dec.shape[0]

    def encode(self, x: Float[Tensor, "*batch d_in"]) -> Float[Tensor, "*batch d_sae"]:
        # F.linear wants (out, in), and adds the bias inside the product; in place, one array less is filled.
        return F.linear(x - self.b_dec, self.W_enc.T, self.b_enc).relu_()

    def decode(self, f: Float[Tensor, "*batch d_sae"]) -> Float[Tensor, "*batch d_in"]:
        return f @ self.W_dec + self.b_dec

    def forward(self, x: Float[Tensor, "*batch d_in"]) -> SAEOutput:
        f = self.encode(x)
        return SAEOutput(self.decode(f), f)

    def loss(self, x: Float[Tensor, "*batch d_in"]) -> Float[Tensor, ""]:
        """What training minimises, apart from the L1 penalty of its configuration."""
        return squared_error(x, self(x).x_hat)

    def settings(self) -> dict:
        """What one must know, beside the tensors, to make this SAE again. Of a ReLU: nothing."""
        return {}

    @torch.no_grad()
    def fold(self, scale: float | Float[Tensor, ""]) -> None:
        """Change the weights as `folded` says."""
        norms = self.W_dec.norm(dim=1)
        self.W_enc.copy_(self.W_enc * norms)
        self.b_enc.copy_(self.b_enc * norms / scale)
        self.W_dec.copy_(self.W_dec / norms[:, None].clamp_min(1e-12))
        self.b_dec.copy_(self.b_dec / scale)


def squared_error(x: Float[Tensor, "*batch d_in"], x_hat: Float[Tensor, "*batch d_in"]) -> Float[Tensor, ""]:
    """‖x − x̂‖², mean over the batch."""
    return (x - x_hat).square().sum(dim=-1).mean()


def folded(sae: SparseAutoencoder, scale: float | Float[Tensor, ""]) -> SparseAutoencoder:
    """The same function for inputs that were not scaled, with decoder rows of norm 1.

    `sae` was trained on `scale * x`. The result takes x itself and reconstructs x; its latents measure
    length along unit rows, so latents of different SAEs can be compared. ValueError for a variant whose rows
    do not have norm 1 already.
    """
    out = copy.deepcopy(sae)
    out.fold(scale)
    return out
