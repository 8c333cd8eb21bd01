"""Right and wrong answers to lesson 02."""

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from course_utils import toy
from tests.answers import right, wrong

# --- 2.1 drop_loss ---


@right("2.1")
def mean_and_variance(importance, p):
    mean = p / 2
    return importance * (p / 3 - mean * mean)


@right("2.1")
def one_fraction(importance, p):
    return importance * p * (4 - 3 * p) / 12


@right("2.1")
def value_and_switch(importance, p):
    """Law of total variance: spread while on, and the switch itself."""
    return importance * (p / 12 + p * (1 - p) / 4)


@wrong("2.1", says="expected: 0.186667")
def close_but_no(importance, p):
    return importance * (p / 3 - 0.245 * p**2)


@wrong("2.1", says="did you forget `return`?")
def no_return(importance, p):
    importance * (p / 3 - p**2 / 4)


# --- 2.2 antipodal_loss ---


@right("2.2")
def product(first, second, p):
    return (first + second) * p * p / 6


@right("2.2")
def by_integral(first, second, p):
    smaller_squared = 2 * (1 / 3 - 1 / 4)  # ∫ t² · 2(1 − t) dt, min(x, y) having density 2(1 − t)
    return p**2 * (first * smaller_squared + second * smaller_squared)


@wrong("2.2", says="expected: 0.105")
def too_cheap(first, second, p):
    return (first + second) * p**2 / 7


@wrong("2.2", says="ambiguous")
def branches(first, second, p):
    return (first + second) * p**2 / 6 if p < 1 else (first + second) / 6


# --- 2.3 boundary ---


@right("2.3")
def clamp(r: Float[Tensor, "points"]) -> Float[Tensor, "points"]:
    s = r.clamp(max=1)
    return (s / 3) / (s / 4 + (1 + r) / 6)


@right("2.3")
def symmetric(r: Float[Tensor, "points"]) -> Float[Tensor, "points"]:
    """Only the ratio of the two importances matters, so r and 1/r have the same boundary."""
    ratio = torch.minimum(r, 1 / r)
    return 4 * ratio / (2 + 5 * ratio)


@right("2.3")
def loop(r: Float[Tensor, "points"]) -> Float[Tensor, "points"]:
    return torch.tensor([4 * x / (2 + 5 * x) if x <= 1 else 4 / (2 * x + 5) for x in r.tolist()])


@wrong("2.3", says="largest difference")
def triple_point_everywhere(r: Float[Tensor, "points"]) -> Float[Tensor, "points"]:
    return torch.full_like(r, 4 / 7)


@wrong("2.3", says="at most 1")
def more_than_one(r: Float[Tensor, "points"]) -> Float[Tensor, "points"]:
    return 2 + 5 * r


@wrong("2.3", says="you edited the caller's `r` in place")
def clamped_in_place(r):
    total = 2 * (1 + r)
    r.clamp_(max=1)
    return 4 * r / (3 * r + total)


# --- 2.4 quadrature ---


@right("2.4")
def with_loops(n, p, nodes):
    t, v = np.polynomial.legendre.leggauss(nodes)
    points, weights = torch.zeros(1, 0, dtype=p.dtype), torch.ones(len(p), 1, dtype=p.dtype)
    for _ in range(n):
        more_points, more_weights = [], []
        for value, weight in [(0.0, None), *zip((t + 1) / 2, v / 2, strict=True)]:
            column = torch.full((len(points), 1), float(value), dtype=p.dtype)
            more_points.append(torch.cat([points, column], dim=1))
            factor = 1 - p if weight is None else p * float(weight)
            more_weights.append(weights * factor[:, None])
        points, weights = torch.cat(more_points), torch.cat(more_weights, dim=1)
    return points, weights


@right("2.4")
def with_cartesian_prod(n, p, nodes):
    t, v = np.polynomial.legendre.leggauss(nodes)
    values = torch.cat([torch.zeros(1), torch.tensor(t / 2 + 0.5)]).to(p.dtype)
    points = torch.stack(torch.meshgrid(*[values] * n, indexing="ij"), dim=-1).reshape(-1, n)
    v = torch.tensor(v, dtype=p.dtype) / 2
    rows = []
    for q in p:
        single = torch.cat([(1 - q)[None], q * v])
        row = torch.ones(1, dtype=p.dtype)
        for _ in range(n):
            row = (row[:, None] * single).flatten()
        rows.append(row)
    return points, torch.stack(rows)


@wrong("2.4", says="float64")
def always_float32(n, p, nodes):
    from itertools import product

    t, v = np.polynomial.legendre.leggauss(nodes)
    values = torch.tensor([0.0, *(t + 1) / 2], dtype=torch.float32)
    single = torch.cat([1 - p[:, None], p[:, None] * torch.tensor(v / 2)], dim=1).float()
    index = torch.tensor(list(product(range(nodes + 1), repeat=n)))
    return values[index], single[:, index].prod(-1)


@wrong("2.4", says="float32")
def always_float64(n, p, nodes):
    from itertools import product

    t, v = np.polynomial.legendre.leggauss(nodes)
    values = torch.tensor([0.0, *(t + 1) / 2], dtype=torch.float64)
    single = torch.cat([1 - p[:, None], p[:, None] * torch.tensor(v / 2)], dim=1)
    index = torch.tensor(list(product(range(nodes + 1), repeat=n)))
    return values[index], single[:, index].prod(-1)


@wrong("2.4", says="one row of weights for each density")
def one_row(n, p, nodes):
    from itertools import product

    t, v = np.polynomial.legendre.leggauss(nodes)
    values = torch.tensor([0.0, *(t + 1) / 2], dtype=p.dtype)
    single = torch.cat([1 - p[:1], p[0] * torch.tensor(v / 2, dtype=p.dtype)])
    index = torch.tensor(list(product(range(nodes + 1), repeat=n)))
    return values[index], single[index].prod(-1)


@wrong("2.4", says="your result is transposed")
def transposed_points(n, p, nodes):
    points, weights = toy.losses.quadrature(n, p, nodes)
    return points.T, weights


@wrong("2.4", says="halve them")
def loops_not_halved(n, p, nodes):
    """Its points come in another order: the first feature changes fastest."""
    t, v = np.polynomial.legendre.leggauss(nodes)
    points, weights = torch.zeros(1, 0, dtype=p.dtype), torch.ones(len(p), 1, dtype=p.dtype)
    for _ in range(n):
        more_points, more_weights = [], []
        for value, weight in [(0.0, 1 - p), *((u, p * w) for u, w in zip((t + 1) / 2, v, strict=True))]:
            column = torch.full((len(points), 1), float(value), dtype=p.dtype)
            more_points.append(torch.cat([points, column], dim=1))
            more_weights.append(weights * weight[:, None])
        points, weights = torch.cat(more_points), torch.cat(more_weights, dim=1)
    return points, weights


@wrong("2.4", says="the pattern with a feature off is missing")
def backwards_without_zero(n, p, nodes):
    t, v = np.polynomial.legendre.leggauss(nodes)
    points = torch.cartesian_prod(*[torch.tensor((1 - t) / 2, dtype=p.dtype)] * n).reshape(-1, n)
    weights = torch.cartesian_prod(*[torch.tensor(v / 2, dtype=p.dtype)] * n).reshape(-1, n).prod(1)
    return points.flip(0), p[:, None] ** n * weights.flip(0)


@wrong("2.4", says="its digits are float32's")
def rounded_nodes(n, p, nodes):
    t, v = np.polynomial.legendre.leggauss(nodes)
    values = torch.tensor([0.0, *(t + 1) / 2], dtype=torch.float32)
    single = torch.cat([1 - p[:, None], p[:, None] * torch.tensor(v / 2, dtype=p.dtype)], dim=1)
    index = torch.cartesian_prod(*[torch.arange(nodes + 1)] * n).reshape(-1, n)
    return values[index].to(p.dtype), single[:, index].prod(-1)


# --- 2.5 grid_loss ---


@right("2.5")
def one_einsum(W, b, importance, points, weights):
    hidden = torch.einsum("amn,kn->akm", W, points)
    out = torch.relu(torch.einsum("amn,akm->akn", W, hidden) + b.unsqueeze(1))
    return torch.einsum("akn,an,ak->a", (points - out).square(), importance, weights)


@right("2.5")
def model_by_model(W, b, importance, points, weights):
    losses = []
    for i in range(len(W)):
        out = F.relu(points @ W[i].T @ W[i] + b[i])
        losses.append(weights[i] @ ((points - out) ** 2 @ importance[i]))
    return torch.stack(losses)


@right("2.5")
def points_first(W, b, importance, points, weights):
    x = points[:, None, :]  # "pts 1 n"
    pre = (x[:, :, None, :] * (W.mT @ W)).sum(-1) + b
    per_point = ((x - pre.clamp(min=0)) ** 2 * importance).sum(-1)  # "pts inst"
    return (per_point.T * weights).sum(1)


@wrong("2.5", says="use `torch.stack`")
def tensor_of_losses(W, b, importance, points, weights):
    losses = []
    for i in range(len(W)):
        out = F.relu(points @ W[i].T @ W[i] + b[i])
        losses.append(weights[i] @ ((points - out) ** 2 @ importance[i]))
    return torch.tensor(losses)


@wrong("2.5", says="you cut W off with `detach`")
def matrix_detached(W, b, importance, points, weights):
    W = W.detach()
    out = (points @ (W.transpose(1, 2) @ W) + b[:, None]).relu()
    return (((points - out) ** 2 * importance[:, None]).sum(-1) * weights).sum(-1)


# --- 2.6 best_of ---


@right("2.6")
def two_indices(loss, x):
    return x[torch.arange(loss.shape[0]), torch.argmin(loss, dim=1)]


@right("2.6")
def loop_over_cells(loss, x):
    return torch.stack([x[i, loss[i].argmin()] for i in range(len(x))])


@right("2.6")
def by_sorting(loss, x):
    return torch.stack([starts[order[0]] for starts, order in zip(x, loss.argsort(1), strict=True)])


@right("2.6")
def filled_in(loss, x):
    out = torch.zeros(len(x), *x.shape[2:])
    for i in range(len(x)):
        out[i] = x[i, loss[i].argmin()]
    return out


@wrong("2.6", says="make a tensor of it")
def list_of_winners(loss, x):
    return [x[i, loss[i].argmin()] for i in range(len(x))]


@wrong("2.6", says="you edited the caller's `loss` in place")
def sorted_in_place(loss, x):
    places = torch.arange(len(x)), loss.argmin(1)
    loss[:] = loss.sort(1).values
    return x[places]


# --- 2.7 classify ---


@right("2.7")
def with_cdist(W, grams, names):
    gram = torch.einsum("amn,amk->ank", W, W)
    return names[torch.cdist(gram.flatten(1), grams.flatten(1)).argmin(1)]


@right("2.7")
def loop_over_models(W, grams, names):
    found = []
    for w in W:
        distances = [((w.T @ w - gram) ** 2).sum() for gram in grams]
        found.append(names[int(torch.stack(distances).argmin())])
    return torch.stack(found)


@wrong("2.7", says="compare WᵀW, not W")
def compares_W(W, grams, names):
    """Rebuilds a W from each Gram matrix (its first row, rescaled) and compares that with W."""
    root = torch.linalg.eigh(grams)
    candidates = root.eigenvectors[:, :, -W.shape[1] :] * root.eigenvalues[:, None, -W.shape[1] :].sqrt()
    candidates = candidates.transpose(1, 2)
    first = candidates.flatten(1).abs().argmax(1)
    sign = candidates.flatten(1)[torch.arange(len(grams)), first].sign()
    return names[((W[:, None] - sign[:, None, None] * candidates) ** 2).sum((2, 3)).argmin(1)]


@wrong("2.7", says="shape")
def one_name(W, grams, names):
    return names[((W.transpose(1, 2) @ W)[:, None] - grams).square().sum((2, 3)).argmin()]


@wrong("2.7", says="you edited the caller's `grams` in place")
def grams_in_place(W, grams, names):
    grams -= 0.5 * torch.eye(W.shape[2])
    return names[((W.transpose(1, 2) @ W)[:, None] - grams).square().sum((2, 3)).argmin(1)]


# --- 2.8 mean_without_worst ---


@right("2.8")
def sum_minus_worst(loss, x):
    return (x.sum(1) - x[torch.arange(len(x)), loss.argmax(1)]) / (x.shape[1] - 1)


@right("2.8")
def cell_by_cell(loss, x):
    return torch.stack(
        [of_starts[losses.argsort()[:-1]].mean(0) for losses, of_starts in zip(loss, x, strict=True)]
    )


@right("2.8")
def with_a_mask(loss, x):
    kept = torch.ones_like(loss).scatter(1, loss.argmax(1, keepdim=True), 0.0)
    kept = kept.reshape(*loss.shape, *[1] * (x.dim() - 2))
    return (kept * x).sum(1) / kept.sum(1)


@right("2.8")
def with_nan(loss, x):
    x = x.clone()
    x[torch.arange(len(x)), loss.argmax(1)] = float("nan")
    return x.nanmean(1)


@wrong("2.8", says="two that are equally bad")
def all_of_the_worst(loss, x):
    kept = (loss < loss.amax(1, keepdim=True)).float().reshape(*loss.shape, *[1] * (x.dim() - 2))
    return (kept * x).sum(1) / kept.sum(1)


@wrong("2.8", says="you edited the caller's `x` in place")
def blanked_in_place(loss, x):
    x[torch.arange(len(x)), loss.argmax(1)] = 0
    return x.sum(1) / (loss.shape[1] - 1)


@wrong("2.8", says="shape")
def averaged_over_all(loss, x):
    return x.reshape(-1)[loss.reshape(-1).argsort()[: -len(loss)]].mean()


# --- 2.9 same_side_loss ---


@right("2.9")
def half_differences(first, second, p):
    each = p / 3 - p * p / 4
    return (first + second) * (each + each) / 4


@right("2.9")
def by_patterns(first, second, p):
    one_on, both_on = 2 * p * (1 - p) * (1 / 3) / 4, p**2 * (1 / 6) / 4  # E x² = 1/3, E (x − y)² = 1/6
    return first * (one_on + both_on) + second * (one_on + both_on)


@wrong("2.9", says="expected: 0.28")
def a_bit_less(first, second, p):
    return (first + second) * (p / 6 - 0.13 * p**2)


@wrong("2.9", says="did you forget `return`?")
def nothing_returned(first, second, p):
    (first + second) * (p / 3 - p**2 / 4) / 2
