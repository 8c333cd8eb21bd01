"""Right and wrong answers to lesson 02."""

# ruff: noqa: B905, F401

import math

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
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


@wrong("2.1", says="the model guesses the mean")
def no_bias(importance, p):
    return importance * p / 3


@wrong("2.1", says="forgot the importance")
def unweighted(importance, p):
    return p / 3 - p**2 / 4


@wrong("2.1", says="the jump between off and on counts too")
def only_while_on(importance, p):
    return importance * p / 12


@wrong("2.1", says="not its square")
def unsquared_mean(importance, p):
    return importance * (p / 3 - p / 2)


@wrong("2.1", says="not of p/2")
def mean_of_uniform(importance, p):
    return importance * (p / 3 - 1 / 4)


@wrong("2.1", says="expected: 0.186667")
def close_but_no(importance, p):
    return importance * (p / 3 - 0.245 * p**2)


@wrong("2.1", says="importance weighs the squared error once")
def importance_squared(importance, p):
    return importance**2 * (p / 3 - p**2 / 4)


@wrong("2.1", says="you guessed 1/2")
def guess_one_half(importance, p):
    return importance * ((1 - p) / 4 + p / 12)


@wrong("2.1", says="the variance of on/off")
def on_off_variance(importance, p):
    return importance * p * (1 - p)


@wrong("2.1", says="you swapped p and 1 − p")
def density_is_sparsity(importance, p):
    p = 1 - p
    return importance * (p / 3 - p**2 / 4)


@wrong("2.1", says="the average of x² is p/3")
def mean_for_mean_square(importance, p):
    return importance * (p / 2 - p**2 / 4)


@wrong("2.1", says="you weighed one term only")
def importance_of_one_term(importance, p):
    return importance * p / 3 - p**2 / 4


# --- 2.2 antipodal_loss ---


@right("2.2")
def product(first, second, p):
    return (first + second) * p * p / 6


@right("2.2")
def by_integral(first, second, p):
    smaller_squared = 2 * (1 / 3 - 1 / 4)  # ∫ t² · 2(1 − t) dt, min(x, y) having density 2(1 − t)
    return p**2 * (first * smaller_squared + second * smaller_squared)


@wrong("2.2", says="the probability is p²")
def always_both(first, second, p):
    return (first + second) / 6 + 0 * p


@wrong("2.2", says="with probability p², not p")
def p_once(first, second, p):
    return (first + second) * p / 6


@wrong("2.2", says="exactly one on costs nothing")
def exactly_one(first, second, p):
    return (first + second) * 2 * p * (1 - p) / 6


@wrong("2.2", says="the first feature only")
def first_only(first, second, p):
    return first * p**2 / 6


@wrong("2.2", says="the second feature only")
def second_only(first, second, p):
    return second * p**2 / 6


@wrong("2.2", says="the error is the smaller")
def larger(first, second, p):
    return (first + second) * p**2 / 2


@wrong("2.2", says="average the square")
def square_of_mean(first, second, p):
    return (first + second) * p**2 / 9


@wrong("2.2", says="forgot the ReLU")
def linear(first, second, p):
    return (first + second) * p / 3


@wrong("2.2", says="the loss is their sum, not their average")
def averaged(first, second, p):
    return (first + second) * p**2 / 12


@wrong("2.2", says="you weighed the error")
def importance_inside(first, second, p):
    return (first**2 + second**2) * p**2 / 6


@wrong("2.2", says="you averaged x·y")
def product_of_values(first, second, p):
    return (first + second) * p**2 / 4


@wrong("2.2", says="forgot the importances")
def quarter(first, second, p):
    return p**2 / 4 + 0 * first


@wrong("2.2", says="multiplied the importances")
def importances_multiplied(first, second, p):
    return first * second * p**2 / 6


@wrong("2.2", says="the average of min(x, y) without the square")
def unsquared_smaller(first, second, p):
    return (first + second) * p**2 / 3


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


@wrong("2.3", says="dropped the varied feature for every r")
def one_side(r: Float[Tensor, "points"]) -> Float[Tensor, "points"]:
    return 4 * r / (2 + 5 * r)


@wrong("2.3", says="dropped the unit feature for every r")
def other_side(r: Float[Tensor, "points"]) -> Float[Tensor, "points"]:
    return 4 / (2 * r + 5)


@wrong("2.3", says="the dearer of the two drops")
def sides_swapped(r: Float[Tensor, "points"]) -> Float[Tensor, "points"]:
    return torch.where(r > 1, 4 * r / (2 + 5 * r), 4 / (2 * r + 5))


@wrong("2.3", says="left out the − p²/4")
def low_density_only(r: Float[Tensor, "points"]) -> Float[Tensor, "points"]:
    return 2 * r.clamp(max=1) / (1 + r)


@wrong("2.3", says="left out the factor 1 + r")
def pair_of_units(r: Float[Tensor, "points"]) -> Float[Tensor, "points"]:
    s = r.clamp(max=1)
    return 4 * s / (3 * s + 2)


@wrong("2.3", says="the other way up")
def upside_down(r: Float[Tensor, "points"]) -> Float[Tensor, "points"]:
    s = r.clamp(max=1)
    return (3 * s + 2 * (1 + r)) / (4 * s)


@wrong("2.3", says="largest difference")
def triple_point_everywhere(r: Float[Tensor, "points"]) -> Float[Tensor, "points"]:
    return torch.full_like(r, 4 / 7)


@wrong("2.3", says="a sign is wrong")
def sign_kept(r: Float[Tensor, "points"]) -> Float[Tensor, "points"]:
    s = r.clamp(max=1)
    return 4 * s / (2 * (1 + r) - 3 * s)


@wrong("2.3", says="that is the sparsity")
def sparsity(r: Float[Tensor, "points"]) -> Float[Tensor, "points"]:
    s = r.clamp(max=1)
    return 1 - 4 * s / (3 * s + 2 * (1 + r))


@wrong("2.3", says="left the importances out of the pair")
def unweighted_pair(r: Float[Tensor, "points"]) -> Float[Tensor, "points"]:
    s = r.clamp(max=1)
    return 4 * s / (3 * s + 4)


@wrong("2.3", says="at most 1")
def more_than_one(r: Float[Tensor, "points"]) -> Float[Tensor, "points"]:
    return 2 + 5 * r


# --- 2.4 rule ---


@right("2.4")
def with_loops(n, p, nodes):
    t, v = np.polynomial.legendre.leggauss(nodes)
    points, weights = torch.zeros(1, 0, dtype=p.dtype), torch.ones(len(p), 1, dtype=p.dtype)
    for _ in range(n):
        more_points, more_weights = [], []
        for value, weight in [(0.0, None), *zip((t + 1) / 2, v / 2)]:
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


@wrong("2.4", says="map t to (t + 1)/2")
def nodes_not_shifted(n, p, nodes):
    from itertools import product

    t, v = np.polynomial.legendre.leggauss(nodes)
    values = torch.tensor([0.0, *t], dtype=p.dtype)
    single = torch.cat([1 - p[:, None], p[:, None] * torch.tensor(v / 2, dtype=p.dtype)], dim=1)
    index = torch.tensor(list(product(range(nodes + 1), repeat=n)))
    return values[index], single[:, index].prod(-1)


@wrong("2.4", says="halve them")
def weights_not_halved(n, p, nodes):
    from itertools import product

    t, v = np.polynomial.legendre.leggauss(nodes)
    values = torch.tensor([0.0, *(t + 1) / 2], dtype=p.dtype)
    single = torch.cat([1 - p[:, None], p[:, None] * torch.tensor(v, dtype=p.dtype)], dim=1)
    index = torch.tensor(list(product(range(nodes + 1), repeat=n)))
    return values[index], single[:, index].prod(-1)


@wrong("2.4", says="on with probability p only")
def density_forgotten(n, p, nodes):
    from itertools import product

    t, v = np.polynomial.legendre.leggauss(nodes)
    values = torch.tensor([0.0, *(t + 1) / 2], dtype=p.dtype)
    v = torch.tensor(v / 2, dtype=p.dtype).expand(len(p), nodes)
    single = torch.cat([1 - p[:, None], v], dim=1)
    index = torch.tensor(list(product(range(nodes + 1), repeat=n)))
    return values[index], single[:, index].prod(-1)


@wrong("2.4", says="swapped p and 1 − p")
def sparsity_for_density(n, p, nodes):
    from itertools import product

    t, v = np.polynomial.legendre.leggauss(nodes)
    values = torch.tensor([0.0, *(t + 1) / 2], dtype=p.dtype)
    single = torch.cat([p[:, None], (1 - p[:, None]) * torch.tensor(v / 2, dtype=p.dtype)], dim=1)
    index = torch.tensor(list(product(range(nodes + 1), repeat=n)))
    return values[index], single[:, index].prod(-1)


@wrong("2.4", says="the pattern with a feature off is missing")
def never_off(n, p, nodes):
    from itertools import product

    t, v = np.polynomial.legendre.leggauss(nodes)
    index = torch.tensor(list(product(range(nodes), repeat=n)))
    values, v = torch.tensor((t + 1) / 2, dtype=p.dtype), torch.tensor(v / 2, dtype=p.dtype)
    return values[index], (p[:, None] ** n) * v[index].prod(-1)


@wrong("2.4", says="independent")
def one_switch_for_all(n, p, nodes):
    """Marginals right, joint wrong: all features are on together or off together."""
    from itertools import product

    t, v = np.polynomial.legendre.leggauss(nodes)
    values = torch.tensor([0.0, *(t + 1) / 2], dtype=p.dtype)
    v = torch.tensor([0.0, *v / 2], dtype=p.dtype)
    index = torch.tensor(list(product(range(nodes + 1), repeat=n)))
    on = p[:, None] * v[index].prod(-1)
    off = (index == 0).all(1).to(p.dtype)
    return values[index], on + (1 - p[:, None]) * off


@wrong("2.4", says="degree 2·nodes − 1")
def midpoints(n, p, nodes):
    """Equally spaced nodes: right weights, right mean, wrong square."""
    from itertools import product

    values = torch.tensor([0.0, *((np.arange(nodes) + 0.5) / nodes)], dtype=p.dtype)
    v = torch.full((nodes,), 1 / nodes, dtype=p.dtype)
    single = torch.cat([1 - p[:, None], p[:, None] * v], dim=1)
    index = torch.tensor(list(product(range(nodes + 1), repeat=n)))
    return values[index], single[:, index].prod(-1)


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


@wrong("2.4", says="first density for all models")
def first_density_for_all(n, p, nodes):
    from itertools import product

    t, v = np.polynomial.legendre.leggauss(nodes)
    values = torch.tensor([0.0, *(t + 1) / 2], dtype=p.dtype)
    q = p[:1].expand_as(p)
    single = torch.cat([1 - q[:, None], q[:, None] * torch.tensor(v / 2, dtype=p.dtype)], dim=1)
    index = torch.tensor(list(product(range(nodes + 1), repeat=n)))
    return values[index], single[:, index].prod(-1)


@wrong("2.4", says="your result is transposed")
def transposed_points(n, p, nodes):
    points, weights = toy.losses.quadrature(n, p, nodes)
    return points.T, weights


@wrong("2.4", says="you swapped the two")
def weights_first(n, p, nodes):
    points, weights = toy.losses.quadrature(n, p, nodes)
    return weights, points


@wrong("2.4", says="`.reshape(-1, n)`")
def cartesian_prod_of_one(n, p, nodes):
    t, v = np.polynomial.legendre.leggauss(nodes)
    values = torch.tensor([0.0, *(t + 1) / 2], dtype=p.dtype)
    single = torch.cat([1 - p[:, None], p[:, None] * torch.tensor(v / 2, dtype=p.dtype)], dim=1)
    weights = torch.stack([torch.cartesian_prod(*[row] * n).reshape(-1, n).prod(1) for row in single])
    return torch.cartesian_prod(*[values] * n), weights


@wrong("2.4", says="multiply, don't add")
def weights_added(n, p, nodes):
    from itertools import product

    t, v = np.polynomial.legendre.leggauss(nodes)
    values = torch.tensor([0.0, *(t + 1) / 2], dtype=p.dtype)
    single = torch.cat([1 - p[:, None], p[:, None] * torch.tensor(v / 2, dtype=p.dtype)], dim=1)
    index = torch.tensor(list(product(range(nodes + 1), repeat=n)))
    return values[index], single[:, index].sum(-1)


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


@wrong("2.5", says="forgot the bias")
def no_bias_(W, b, importance, points, weights):
    out = (points @ (W.transpose(1, 2) @ W)).relu()
    return (((points - out) ** 2 * importance[:, None]).sum(-1) * weights).sum(-1)


@wrong("2.5", says="forgot the ReLU")
def no_relu(W, b, importance, points, weights):
    out = points @ (W.transpose(1, 2) @ W) + b[:, None]
    return (((points - out) ** 2 * importance[:, None]).sum(-1) * weights).sum(-1)


@wrong("2.5", says="importance")
def no_importance(W, b, importance, points, weights):
    out = (points @ (W.transpose(1, 2) @ W) + b[:, None]).relu()
    return (((points - out) ** 2).sum(-1) * weights).sum(-1)


@wrong("2.5", says="squared the importance")
def importance_in_the_square(W, b, importance, points, weights):
    out = (points @ (W.transpose(1, 2) @ W) + b[:, None]).relu()
    return (((importance[:, None] * (points - out)) ** 2).sum(-1) * weights).sum(-1)


@wrong("2.5", says="the loss is the sum over them")
def mean_over_features(W, b, importance, points, weights):
    out = (points @ (W.transpose(1, 2) @ W) + b[:, None]).relu()
    return (((points - out) ** 2 * importance[:, None]).mean(-1) * weights).sum(-1)


@wrong("2.5", says="the weights already add up to 1")
def mean_over_points(W, b, importance, points, weights):
    out = (points @ (W.transpose(1, 2) @ W) + b[:, None]).relu()
    return (((points - out) ** 2 * importance[:, None]).sum(-1) * weights).mean(-1)


@wrong("2.5", says="use `weights`")
def plain_mean(W, b, importance, points, weights):
    out = (points @ (W.transpose(1, 2) @ W) + b[:, None]).relu()
    return ((points - out) ** 2 * importance[:, None]).sum(-1).mean(-1)


@wrong("2.5", says="one loss a model")
def summed_over_models(W, b, importance, points, weights):
    out = (points @ (W.transpose(1, 2) @ W) + b[:, None]).relu()
    return (((points - out) ** 2 * importance[:, None]).sum(-1) * weights).sum()


@wrong("2.5", says="first model's weights")
def shared_weights(W, b, importance, points, weights):
    out = (points @ (W.transpose(1, 2) @ W) + b[:, None]).relu()
    return (((points - out) ** 2 * importance[:, None]).sum(-1) * weights[0]).sum(-1)


@wrong("2.5", says="bias after the ReLU")
def bias_outside(W, b, importance, points, weights):
    out = (points @ (W.transpose(1, 2) @ W)).relu() + b[:, None]
    return (((points - out) ** 2 * importance[:, None]).sum(-1) * weights).sum(-1)


@wrong("2.5", says="the same for all points")
def bias_not_spread(W, b, importance, points, weights):
    out = (points @ (W.transpose(1, 2) @ W) + b).relu()
    return (((points - out) ** 2 * importance[:, None]).sum(-1) * weights).sum(-1)


@wrong("2.5", says="cuts the gradient off")
def detached(W, b, importance, points, weights):
    W, b = W.detach(), b.detach()
    out = (points @ (W.transpose(1, 2) @ W) + b[:, None]).relu()
    return (((points - out) ** 2 * importance[:, None]).sum(-1) * weights).sum(-1)


@wrong("2.5", says="gradient of your loss with respect to b")
def bias_detached(W, b, importance, points, weights):
    out = (points @ (W.transpose(1, 2) @ W) + b[:, None].data).relu()
    return (((points - out) ** 2 * importance[:, None]).sum(-1) * weights).sum(-1)


@wrong("2.5", says="each model has its own importance")
def importance_not_spread(W, b, importance, points, weights):
    out = (points @ (W.transpose(1, 2) @ W) + b[:, None]).relu()
    return (((points - out) ** 2 * importance).sum(-1) * weights).sum(-1)


@wrong("2.5", says="each model has its own bias and importance")
def neither_spread(W, b, importance, points, weights):
    out = (points @ (W.transpose(1, 2) @ W) + b).relu()
    return (((points - out) ** 2 * importance).sum(-1) * weights).sum(-1)


@wrong("2.5", says="use `torch.stack`")
def tensor_of_losses(W, b, importance, points, weights):
    losses = []
    for i in range(len(W)):
        out = F.relu(points @ W[i].T @ W[i] + b[i])
        losses.append(weights[i] @ ((points - out) ** 2 @ importance[i]))
    return torch.tensor(losses)


# --- 2.6 best_of ---


@right("2.6")
def two_indices(loss, x):
    return x[torch.arange(loss.shape[0]), torch.argmin(loss, dim=1)]


@right("2.6")
def loop_over_cells(loss, x):
    return torch.stack([x[i, loss[i].argmin()] for i in range(len(x))])


@right("2.6")
def by_sorting(loss, x):
    return torch.stack([starts[order[0]] for starts, order in zip(x, loss.argsort(1))])


@wrong("2.6", says="highest loss")
def worst_of(loss, x):
    return x[torch.arange(len(x)), loss.argmax(1)]


@wrong("2.6", says="each cell has its own winner")
def one_start_for_all(loss, x):
    return x[:, loss.sum(0).argmin()]


@wrong("2.6", says="averaged over the starts")
def average(loss, x):
    return x.double().mean(1).to(x.dtype)


@wrong("2.6", says="not the entry with the least loss")
def least_entry(loss, x):
    return x.amin(1)


@wrong("2.6", says="the first start")
def first_start(loss, x):
    return x[:, 0]


@wrong("2.6", says="shape")
def wrong_axis(loss, x):
    return x[loss.argmin(0), torch.arange(loss.shape[1])]


@wrong("2.6", says="keep the cells' dimension")
def squeezed(loss, x):
    return x[torch.arange(len(x)), loss.argmin(1)].squeeze(0)


@wrong("2.6", says="picks cells")
def start_as_cell(loss, x):
    return x[loss.argmin(1)]


@wrong("2.6", says="every winner in every cell")
def all_pairs(loss, x):
    """`x[:, winner]` picks every winner in every cell."""
    return x[:, loss.argmin(1)]


@right("2.6")
def filled_in(loss, x):
    out = torch.zeros(len(x), *x.shape[2:])
    for i in range(len(x)):
        out[i] = x[i, loss[i].argmin()]
    return out


@wrong("2.6", says="you returned the lowest loss")
def lowest_loss(loss, x):
    return loss.min(1).values


@wrong("2.6", says="the number of the winning start")
def place_of_lowest(loss, x):
    return loss.argmin(1)


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


@wrong("2.7", says="not `names` at that place")
def place_not_name(W, grams, names):
    return ((W.transpose(1, 2) @ W)[:, None] - grams).square().sum((2, 3)).argmin(1)


@wrong("2.7", says="the farthest one")
def farthest(W, grams, names):
    return names[((W.transpose(1, 2) @ W)[:, None] - grams).square().sum((2, 3)).argmax(1)]


@wrong("2.7", says="without squaring")
def not_squared(W, grams, names):
    return names[((W.transpose(1, 2) @ W)[:, None] - grams).sum((2, 3)).argmin(1)]


@wrong("2.7", says="asks for squares")
def absolute(W, grams, names):
    return names[((W.transpose(1, 2) @ W)[:, None] - grams).abs().sum((2, 3)).argmin(1)]


@wrong("2.7", says="scaled the columns of W to length 1")
def unit_columns(W, grams, names):
    W = W / W.norm(dim=1, keepdim=True).clamp_min(1e-9)
    return names[((W.transpose(1, 2) @ W)[:, None] - grams).square().sum((2, 3)).argmin(1)]


@wrong("2.7", says="favours long candidates")
def inner_product(W, grams, names):
    return names[((W.transpose(1, 2) @ W)[:, None] * grams).sum((2, 3)).argmax(1)]


@wrong("2.7", says="compare WᵀW, not W")
def compares_W(W, grams, names):
    """Rebuilds a W from each Gram matrix (its first row, rescaled) and compares that with W."""
    root = torch.linalg.eigh(grams)
    candidates = root.eigenvectors[:, :, -W.shape[1] :] * root.eigenvalues[:, None, -W.shape[1] :].sqrt()
    candidates = candidates.transpose(1, 2)
    first = candidates.flatten(1).abs().argmax(1)
    sign = candidates.flatten(1)[torch.arange(len(grams)), first].sign()
    return names[((W[:, None] - sign[:, None, None] * candidates) ** 2).sum((2, 3)).argmin(1)]


@wrong("2.7", says="the features' inner products are WᵀW")
def outer_product(W, grams, names):
    return names[((W @ W.transpose(1, 2))[:, None] - grams).square().sum((2, 3)).argmin(1)]


@wrong("2.7", says="shape")
def one_name(W, grams, names):
    return names[((W.transpose(1, 2) @ W)[:, None] - grams).square().sum((2, 3)).argmin()]


@wrong("2.7", says="you compared the lengths only")
def diagonals(W, grams, names):
    lengths = (W**2).sum(1)
    return names[((lengths[:, None] - grams.diagonal(dim1=1, dim2=2)) ** 2).sum(2).argmin(1)]


@wrong("2.7", says="you compared the inner products between features only")
def off_diagonal(W, grams, names):
    d = (W.transpose(1, 2) @ W)[:, None] - grams
    d = d * (1 - torch.eye(W.shape[2]))
    return names[(d**2).sum((2, 3)).argmin(1)]


@wrong("2.7", says="you took the absolute value of the summed differences")
def absolute_sum(W, grams, names):
    return names[((W.transpose(1, 2) @ W)[:, None] - grams).sum((2, 3)).abs().argmin(1)]


@wrong("2.7", says="you compared W itself")
def W_with_grams(W, grams, names):
    return names[((W[:, None] - grams) ** 2).sum((2, 3)).argmin(1)]


@wrong("2.7", says="you compared the lengths only")
def lengths_above_a_threshold(W, grams, names):
    stored = W.norm(dim=1) > 0.5
    of_variants = grams.diagonal(dim1=1, dim2=2) > 0.25
    return names[(stored[:, None] != of_variants).sum(2).argmin(1)]
