"""Five features, as many latents, and a BatchTopK that may use too few of them, or too many.

Chanin and Garriga-Alonso (2025), "Sparse but Wrong", https://arxiv.org/abs/2508.16560
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

P = 0.4  # each feature is on with this probability


def draw(
    shape: tuple[int, ...], n: int, together: float, generator: torch.Generator
) -> Float[Tensor, "*shape n"]:
    """Sizes of n features, about 1 where a feature is on, else 0.

    A bell-shaped number decides on each feature; `together` is the correlation of these numbers.
    """
    shared = torch.randn(*shape, 1, generator=generator)
    own = torch.randn(*shape, n, generator=generator)
    on = together**0.5 * shared + (1 - together) ** 0.5 * own > torch.special.ndtri(torch.tensor(1 - P))
    return on * (1 + 0.15 * torch.randn(*shape, n, generator=generator))


class Fit(NamedTuple):
    rows: Float[Tensor, "inst latent d"]
    """Of length 1."""
    error: Float[Tensor, "inst"]
    """‖x − x̂‖², mean over inputs that weren't trained on."""
    start_error: Float[Tensor, "inst"]
    """The same before the first step."""


@torch.enable_grad()
def fit(
    truth: Float[Tensor, "n d"],
    start: Float[Tensor, "inst n d"],
    k: Float[Tensor, "inst"],
    generator: torch.Generator,
    together: float = 0.3,
    steps: int = 700,
    batch: int = 64,
    lr: float = 0.01,
) -> Fit:
    """Train BatchTopK SAEs side by side, each with its own k: how many latents an input may use on average.

    Rows begin at `start`, the encoder as their transpose.
    """
    instances, n, _ = start.shape
    rows, b_dec = F.normalize(start, dim=-1).clone(), torch.zeros(instances, 1, truth.shape[1])
    W_enc, b_enc = rows.transpose(1, 2).clone(), torch.zeros(instances, 1, n)
    parameters = [tensor.requires_grad_() for tensor in (rows, W_enc, b_enc, b_dec)]
    optimizer = torch.optim.Adam(parameters, lr=lr)

    def error(x: Float[Tensor, "inst batch d"]) -> Float[Tensor, "inst"]:
        z = ((x - b_dec) @ W_enc + b_enc).relu()
        kept = (k * x.shape[1]).round().long()[:, None]
        smallest = z.flatten(1).sort(1, descending=True).values.gather(1, kept - 1)
        f = z * (z >= smallest[..., None])
        return (x - f @ F.normalize(rows, dim=-1) - b_dec).square().sum(-1).mean(1)

    fresh = draw((instances, 2000), n, together, generator) @ truth
    before = error(fresh).detach()
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = lr * min(1, 2 * (1 - step / steps))
        optimizer.zero_grad()
        error(draw((instances, batch), n, together, generator) @ truth).sum().backward()
        optimizer.step()
    return Fit(F.normalize(rows, dim=-1).detach(), error(fresh).detach(), before)


def mean_cosine(rows: Float[Tensor, "*inst latent d"]) -> Float[Tensor, "*inst"]:
    """The mean |cosine| between two different rows. It needs no truth: that is what makes it a detector."""
    n = rows.shape[-2]
    cosines = F.normalize(rows, dim=-1) @ F.normalize(rows, dim=-1).mT
    return (cosines.abs().sum((-1, -2)) - n) / (n * (n - 1))
