"""The expected loss, without sampling (TM trains on samples; here the average is computed).

An input is a pattern of features that are on, times uniform values. So the average over all inputs is a sum
over patterns of integrals over [0, 1]. A Gauss-Legendre rule does such integrals to rounding, except where
the ReLU kinks. Two forms:

- `quadrature` + `grid_loss`: one shared set of points, the plain version. Students write it in lesson 02.
- `moments` + `expected_loss`: the same average with the kink of each output split off. `train` uses it.
"""

from functools import lru_cache
from itertools import product

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.toy.data import check_density


@lru_cache
def _nodes(n: int, nodes: int) -> tuple[np.ndarray, np.ndarray, list]:
    """Nodes and weights on [0, 1], and all combinations of n places in (off, node 1, node 2, ...)."""
    t, w = np.polynomial.legendre.leggauss(nodes)
    return (t + 1) / 2, w / 2, list(product(range(nodes + 1), repeat=n))


def quadrature(
    n: int, p: Float[Tensor, "inst"] | Float[Tensor, "inst n"], nodes: int
) -> tuple[Float[Tensor, "pts n"], Float[Tensor, "inst pts"]]:
    """Points and weights that average any smooth function over n independent features of density p.

    p is one density for all features of a model, or one for each feature.
    One feature is 0 with weight 1 − p, or sits at a Gauss-Legendre node t of [0, 1] with weight p·w(t).
    n features are the product of n such rules: (nodes + 1)ⁿ points. Each row of weights sums to 1.
    ValueError for a p outside [0, 1].
    """
    check_density(p)
    t, w, combinations = _nodes(n, nodes)
    values = torch.tensor([0.0, *t], dtype=p.dtype, device=p.device)
    on_weights = torch.tensor([0.0, *w], dtype=p.dtype, device=p.device)
    single = p[..., None] * on_weights  # "inst nodes+1", or "inst n nodes+1"
    single[..., 0] = 1 - p
    weights = p.new_ones(len(p), 1)
    for feature in range(n):  # the last feature's place changes fastest, as in `combinations`
        one = single if p.ndim == 1 else single[:, feature]
        weights = (weights[:, :, None] * one[:, None, :]).flatten(1)
    return values[torch.tensor(combinations, device=p.device)], weights


def grid_loss(
    W: Float[Tensor, "inst m n"],
    b: Float[Tensor, "inst n"],
    importance: Float[Tensor, "inst n"],
    points: Float[Tensor, "pts n"],
    weights: Float[Tensor, "inst pts"],
) -> Float[Tensor, "inst"]:
    """Expected loss of many models on the shared points of `quadrature`: exact but for the ReLU's kinks."""
    out = (points @ (W.transpose(1, 2) @ W) + b[:, None, :]).relu()
    return torch.einsum("ipn,in,ip->i", (points - out) ** 2, importance, weights)


def by_feature(p: Float[Tensor, "inst"] | Float[Tensor, "inst n"]) -> Float[Tensor, "inst _"]:
    """A column for each feature's density, or one that all features share."""
    return p if p.ndim == 2 else p[:, None]


def own_first(n: int, device=None) -> Int[Tensor, "n n"]:
    """Row i lists feature i first, then the others: the order of φ for output i (see `moments`)."""
    return torch.tensor([[i, *(j for j in range(n) if j != i)] for i in range(n)], device=device)


def coefficients(W: Float[Tensor, "inst m n"], b: Float[Tensor, "inst n"]) -> Float[Tensor, "inst n n+1"]:
    """u: before its ReLU output i is uᵢ·φ. Row i of WᵀW, feature i first, then the others; then bᵢ."""
    n = W.shape[2]
    gram = W.transpose(1, 2) @ W
    return torch.cat([gram.gather(2, own_first(n, W.device).expand(len(W), n, n)), b[:, :, None]], 2)


def moments(
    u: Float[Tensor, "inst n n+1"], p: Float[Tensor, "inst"] | Float[Tensor, "inst n"], nodes: int
) -> Float[Tensor, "inst n n+1 n+1"]:
    """M = E[onᵢ φφᵀ] for each output i, where φ = (xᵢ, ψ) with ψ = (the other x, 1), and onᵢ says that output
    i is above zero. In blocks, each an average over ψ of a moment of xᵢ:

        ( E second      E first ψᵀ  )        kth = E[onᵢ xᵢᵏ given ψ]
        ( E first ψ     E zeroth ψψᵀ )

    Along xᵢ itself the slope is ‖Wᵢ‖² ≥ 0, so output i is on from some t upwards: the integral over xᵢ runs
    from t to 1 and is done by hand. Only the other n − 1 features need a quadrature, (nodes + 1)ⁿ⁻¹ points.
    """
    n = u.shape[1]
    if p.ndim == 1:
        points, weights = quadrature(n - 1, p, nodes)
        weights = weights[:, None, :]
    else:  # each output has other densities around it
        points, weights = quadrature(n - 1, p[:, own_first(n, p.device)[:, 1:]].flatten(0, 1), nodes)
        weights = weights.unflatten(0, p.shape)
    p = by_feature(p)[:, :, None]
    on, off = p * weights, (1 - p) * weights  # xᵢ is on, or is 0
    psi = torch.cat([points, points.new_ones(len(points), 1)], 1)
    base = u[:, :, 1:] @ psi.T  # pre-activation when xᵢ = 0: "inst n pts"
    t = (-base / u[:, :, :1].clamp_min(1e-12)).clamp(0, 1)
    square = t * t
    zeroth = torch.where(base > 0, off, 0) + on * (1 - t)  # xᵢ may be 0, and output i on all the same
    first, second = on * (1 - square), on * (1 - square * t)
    first_psi = first @ psi / 2
    zeroth_psi_psi = (zeroth @ (psi[:, :, None] * psi[:, None, :]).flatten(1)).unflatten(2, (n, n))
    top = torch.cat([second.sum(2, keepdim=True) / 3, first_psi], 2)
    return torch.cat([top[:, :, None, :], torch.cat([first_psi[..., None], zeroth_psi_psi], 3)], 2)


def expected_loss(
    W: Float[Tensor, "inst m n"],
    b: Float[Tensor, "inst n"],
    importance: Float[Tensor, "inst n"],
    p: Float[Tensor, "inst"] | Float[Tensor, "inst n"],
    nodes: int = 16,
) -> Float[Tensor, "inst"]:
    """E Σᵢ Iᵢ(xᵢ − ReLU(WᵀWx + b)ᵢ)², in the paper's units (no division by n). Differentiable.

    Where output i is on it equals uᵢ·φ, so E(xᵢ − x'ᵢ)² = E xᵢ² − 2 uᵢ·Mᵢ[0] + uᵢᵀMᵢuᵢ with M = moments.
    For n = 2 and 16 nodes it is exact to about 1e-6 of its value. ValueError for a p outside [0, 1].
    """
    u = coefficients(W, b)
    M = moments(u, p, nodes)
    square = (u[:, :, None, :] @ (M @ u[..., None] - 2 * M[:, :, 0, :, None]))[..., 0, 0]
    return (importance * (square + by_feature(p) / 3)).sum(-1)
