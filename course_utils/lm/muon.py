"""Muon: momentum, made orthogonal. An optimizer for matrices.

A gradient's few largest singular values drown the rest, so a plain step follows a few directions only. Muon
sets all singular values of the step to about 1: every direction that the gradient knows moves alike.
Source: Jordan, Jin, Boza, You, Cesista, Newhouse and Bernstein, *Muon: An optimizer for hidden layers in
neural networks* (2024).
"""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor

COEFFICIENTS = 3.4445, -4.7750, 2.0315
"""The authors': they lift small singular values fastest, and settle near 1, not at it."""


def orthogonal(G: Float[Tensor, "*batch row column"], steps: int = 5) -> Float[Tensor, "*batch row column"]:
    """U Vᵀ of G = U S Vᵀ, nearly: singular values end between 0.7 and 1.2, unless they were tiny beside the
    largest.

    X ← a X + b X (XᵀX) + c X (XᵀX)² makes each singular value s into a s + b s³ + c s⁵, and leaves U and V as
    they are. It takes matrix products alone, which are fast where an SVD is slow.
    """
    a, b, c = COEFFICIENTS
    X = G / (G.norm(dim=(-2, -1), keepdim=True) + 1e-7)  # now no singular value is above 1
    for _ in range(steps):
        A = X.mT @ X
        X = a * X + X @ (b * A + c * A @ A)
    return X


class Muon(torch.optim.Optimizer):
    """W ← W − lr · orthogonal(g + μ m), where m ← μ m + g sums the gradients g up (Nesterov's momentum).

    It is made for the matrices of a transformer's blocks. A weight that *reads* from the residual stream is
    (d_model, inner), one that *writes* to it (inner, d_model). Weights of many heads have these in front, and
    are taken together: one matrix with a row for each inner unit of each head.
    """

    def __init__(
        self, reading: Iterable[Tensor], writing: Iterable[Tensor], lr: float, momentum: float = 0.95
    ):
        groups = [{"params": list(reading), "reads": True}, {"params": list(writing), "reads": False}]
        super().__init__(groups, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self) -> None:
        of_shape: dict[torch.Size, list] = {}  # matrices of one shape are made orthogonal in one go
        for group in self.param_groups:
            mu = group["momentum"]
            for W in group["params"]:
                state = self.state[W]
                if not state:
                    state["momentum"] = torch.zeros_like(W)
                m = state["momentum"].mul_(mu).add_(W.grad)
                update = W.grad + mu * m
                W, update = (W.mT, update.mT) if group["reads"] else (W, update)
                matrix = update.flatten(0, -2)  # a row for each inner unit
                of_shape.setdefault(matrix.shape, []).append((W, matrix, group["lr"]))
        for entries in of_shape.values():
            weights, matrices, rates = zip(*entries, strict=True)
            for W, update, lr in zip(weights, orthogonal(torch.stack(matrices)), rates, strict=True):
                W.sub_(lr * update.view(W.shape))
