"""A world so small that an SAE's loss can be written down: a parent feature, and a child that needs it.

Both are directions of length 1 at right angles to each other. There are only three inputs: nothing, the
parent, and the parent with its child. So nothing is sampled: a loss is a sum over the inputs, each with its
probability.

- Absorption: Chanin et al. (2024), https://arxiv.org/abs/2409.14507
- Hedging: Chanin, Dulka and Garriga-Alonso (2025), https://arxiv.org/abs/2505.11756
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


class Inputs(NamedTuple):
    """The inputs there are. Dimension 0 is the parent, dimension 1 the child, the others stay empty."""

    x: Float[Tensor, "input d"]
    probability: Float[Tensor, "input"]


NAMES = ("nothing", "the parent", "parent and child", "the child")


def parent_and_child(p: float = 0.25, q: float = 0.2, d: int = 50) -> Inputs:
    """The parent is on with probability p, its child then with probability q, and never without it."""
    return inputs([1 - p, p * (1 - q), p * q, 0.0], d)


def unrelated(p: float = 0.25, q: float = 0.2, d: int = 50) -> Inputs:
    """The control: each is on as often as in `parent_and_child`, whatever the other does."""
    child = p * q
    return inputs([(1 - p) * (1 - child), p * (1 - child), p * child, (1 - p) * child], d)


def inputs(probability: Sequence[float], d: int) -> Inputs:
    x = torch.zeros(4, d)
    x[[1, 2], 0] = x[[2, 3], 1] = 1
    return Inputs(x, torch.tensor(probability))


def hedged_angle(q: float) -> float:
    """The angle, in radians, from the parent to the best direction of a single latent (no penalty).

    At an angle θ it leaves sin² θ of the parent alone, and 1 − sin 2θ of parent and child. Weighed with 1 − q
    and q, the sum is least where tan 2θ = 2q / (1 − q).
    """
    return math.atan2(2 * q, 1 - q) / 2


def absorbed_loss(angle: float, l1_coefficient: float) -> float:
    """The least ‖x − f W_dec‖² + λ(f_p + f_c), both ≥ 0, on x = parent and child.

    The rows of W_dec are the parent p and cos θ c + sin θ p: at θ = 0 the child c, at 45° the sum of both.
    θ is the `angle`, in radians, 0 ≤ θ < π/2, and 0 ≤ λ < 2.
    """
    half, sine, both = l1_coefficient / 2, math.sin(angle), math.cos(angle) + math.sin(angle)
    f_parent = 1 - math.tan(angle) - half / (1 + sine)  # where the slopes in f_p and in f_c vanish
    f_child = 1 / math.cos(angle) - half / (1 + sine)
    if f_parent < 0:  # the child's latent is better alone
        f_parent, f_child = 0.0, both - half
    return 2 - f_parent * (1 - half) - f_child * (both - half)


class Fit(NamedTuple):
    """SAEs trained side by side, each with rows of length 1."""

    rows: Float[Tensor, "inst latent d"]
    f: Float[Tensor, "inst input latent"]
    """The latents' activations on each input."""
    loss: Float[Tensor, "inst"]


@torch.enable_grad()
def fit(
    world: Inputs,
    rows: Float[Tensor, "inst latent d"],
    l1_coefficient: float,
    steps: int = 500,
    lr: float = 0.02,
    tied: bool = False,
    prefixes: Sequence[int] = (),
    hold_rows: bool = False,
) -> Fit:
    """Train SAEs from these decoder rows, each encoder first their transpose.

    The loss is Σ probability × (‖x − f W_dec‖² + λ‖f‖₁), over the inputs.

    Args:
        tied: the encoder stays the decoder's transpose; only its bias is free.
        prefixes: of how many latents each error is taken, and added up (Matryoshka). Without: of all.
        hold_rows: only the encoder learns.
    """
    prefixes = prefixes or (rows.shape[1],)
    rows = F.normalize(rows, dim=-1)
    W_enc, b = rows.transpose(1, 2).clone(), torch.zeros(rows.shape[:2])
    free = [b] + ([] if tied else [W_enc]) + ([] if hold_rows else [rows])
    optimizer = torch.optim.Adam([tensor.requires_grad_() for tensor in free], lr=lr)

    def forward() -> Fit:
        unit = F.normalize(rows, dim=-1)
        f = (world.x @ (unit.transpose(1, 2) if tied else W_enc) + b[:, None]).relu()
        errors = [(world.x - f[..., :m] @ unit[:, :m]).square().sum(-1) for m in prefixes]
        loss = (sum(errors) + l1_coefficient * f.sum(-1)) @ world.probability
        return Fit(unit, f, loss)

    for step in range(steps):
        optimizer.param_groups[0]["lr"] = lr * min(1, 2 * (1 - step / steps))
        optimizer.zero_grad()
        forward().loss.sum().backward()
        optimizer.step()
    return Fit(*(tensor.detach() for tensor in forward()))
