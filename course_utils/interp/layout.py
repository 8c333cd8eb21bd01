"""A map of many directions in the plane: neighbours stay neighbours, long distances mean nothing.

t-SNE in its plainest form, every pair computed: van der Maaten and Hinton (2008). Good for 2000 points.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def principal(rows: Float[Tensor, "n d"], k: int = 2) -> Float[Tensor, "n k"]:
    """The rows in the k directions in which they vary most; each direction's largest entry is positive."""
    centred = rows - rows.mean(0)
    axes = torch.linalg.svd(centred, full_matrices=False).Vh[:k]
    signs = axes.gather(1, axes.abs().argmax(1, keepdim=True)).sign()
    return centred @ (axes * signs).T


def neighbour_odds(squared: Float[Tensor, "n n"], perplexity: float) -> Float[Tensor, "n n"]:
    """Each row: how likely its point calls another its neighbour, ∝ exp(−β distance²). β is set, by halving
    an interval, so that the row's entropy is that of `perplexity` equally likely neighbours.
    """
    n = len(squared)
    squared = squared / squared.mean() + torch.diag(torch.full((n,), torch.inf).to(squared))
    low, high = torch.full((n, 1), -7.0), torch.full((n, 1), 14.0)  # of log β
    for _ in range(30):
        middle = (low + high) / 2
        odds = (-squared * middle.exp()).softmax(1)
        too_wide = torch.special.entr(odds).sum(1, keepdim=True) > math.log(perplexity)
        low, high = torch.where(too_wide, middle, low), torch.where(too_wide, high, middle)
    return odds


@torch.no_grad()
def tsne(rows: Float[Tensor, "n d"], perplexity: float = 15.0, steps: int = 300) -> Float[Tensor, "n 2"]:
    """A map of the rows' directions (their lengths don't matter). It begins at `principal`: nothing is drawn.

    Points that call one another neighbours attract, all others repel, by how near they lie in the map.
    """
    rows = F.normalize(rows, dim=1)
    odds = neighbour_odds(torch.cdist(rows, rows).square(), perplexity)
    wanted = (odds + odds.T) / (2 * len(rows))
    y = principal(rows)
    y = 1e-4 * y / y.std()
    speed, rate = torch.zeros_like(y), max(len(rows) / 12, 50)
    for step in range(steps):
        near = 1 / (1 + torch.cdist(y, y).square())
        near.fill_diagonal_(0)
        early = 12 if step < steps // 4 else 1  # first pull clusters together, then spread them out
        pull = (early * wanted - near / near.sum()) * near
        gradient = 4 * (pull.sum(1, keepdim=True) * y - pull @ y)
        speed = (0.5 if step < steps // 4 else 0.8) * speed - rate * gradient
        y = y + speed
        y = y - y.mean(0)
    return y


def neighbours_kept(rows: Float[Tensor, "n d"], y: Float[Tensor, "n 2"], k: int = 10) -> float:
    """Of each direction's k nearest, the share that is among its k nearest in the map; mean over all."""
    cosines = F.normalize(rows, dim=1) @ F.normalize(rows, dim=1).T
    there, here = cosines, -torch.cdist(y, y)
    near = [part.fill_diagonal_(-torch.inf).topk(k, dim=1).indices for part in (there, here)]
    member = [torch.zeros_like(cosines).scatter_(1, one, 1.0) for one in near]
    return ((member[0] * member[1]).sum() / (k * len(rows))).item()
