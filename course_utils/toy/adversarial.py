"""Attacks on a toy model, and what it would cost to do without superposition (TM, "Relationship to
Adversarial Robustness").

Students write `attacks`, `vulnerability`, `seen` and `equal_width` in lesson 04.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils.toy.data import forward
from course_utils.toy.theory import drop_loss


def attacks(W: Float[Tensor, "inst m n"]) -> Float[Tensor, "inst n n"]:
    """Row i: the direction of length 1 that moves output i most, (WᵀW)ᵢ / ‖(WᵀW)ᵢ‖; 0 if Wᵢ = 0."""
    return torch.nn.functional.normalize(W.transpose(1, 2) @ W, dim=2)


def vulnerability(
    W: Float[Tensor, "inst m n"],
    b: Float[Tensor, "inst n"],
    x: Float[Tensor, "inst batch n"],
    directions: Float[Tensor, "inst attack n"],
    size: Float[Tensor, "inst"],
) -> Float[Tensor, "inst"]:
    """How much the loss Σᵢ(xᵢ − x'ᵢ)² rises when each input meets the direction that is worst for it.

    The attacked input is x + size · direction; the target stays x. Averaged over the batch. No attack at all
    is always an option, so the rise of an input is never negative.
    """
    clean = ((x - forward(W, b, x)) ** 2).sum(-1)
    worst = clean
    for k in range(directions.shape[1]):
        attacked = x + (size[:, None] * directions[:, k])[:, None]
        worst = torch.maximum(worst, ((x - forward(W, b, attacked)) ** 2).sum(-1))
    return (worst - clean).mean(1)


def seen(
    W: Float[Tensor, "inst m n"], directions: Float[Tensor, "inst attack n"]
) -> Float[Tensor, "inst attack"]:
    """The length of each direction's part within the rows of W: all of it that reaches h = Wx.

    W has full rank. A random direction of length 1 keeps √(m/n) on average (root mean square).
    """
    basis = torch.linalg.qr(W.transpose(1, 2)).Q  # "inst n m": m directions at right angles, the same space
    return (directions @ basis).norm(dim=2)


def dedicated(
    n: int, m: int, p: Float[Tensor, "inst"]
) -> tuple[Float[Tensor, "inst m n"], Float[Tensor, "inst n"]]:
    """W and b of the models without superposition: m features with a dimension each, the others guessed."""
    W = torch.eye(m, n).expand(len(p), m, n)
    return W, torch.where(torch.arange(n) < m, 0.0, p[:, None] / 2)


def equal_width(loss: Float[Tensor, "inst"], n: int, p: Float[Tensor, "inst"]) -> Float[Tensor, "inst"]:
    """Hidden dimensions that a monosemantic model needs for this loss, features of importance 1.

    With k dimensions it returns k features exactly and guesses n − k, at drop_loss(1, p) each.
    """
    return n - loss / drop_loss(1, p)
