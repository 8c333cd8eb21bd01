"""Right and wrong answers to lesson 03."""

# ruff: noqa: F401

import math

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from tests.answers import right, wrong

# --- 3.1 dimensions_per_feature ---


@right("3.1")
def with_the_norm(W):
    return W.shape[1] / torch.linalg.matrix_norm(W) ** 2


@right("3.1")
def model_by_model(W):
    return torch.stack([w.shape[0] / torch.trace(w @ w.T) for w in W])


@right("3.1")
def with_einsum(W):
    _, m, _ = W.shape
    return m / torch.einsum("amn,amn->a", W, W)


@wrong("3.1", says="you used the number of features")
def features_for_dimensions(W):
    return W.shape[2] / (W**2).sum((1, 2))


@wrong("3.1", says="you used the number of models")
def models_for_dimensions(W):
    return W.shape[0] / (W**2).sum((1, 2))


@wrong("3.1", says="the other way up")
def features_per_dimension(W):
    return (W**2).sum((1, 2)) / W.shape[1]


@wrong("3.1", says="forgot the factor m")
def no_m(W):
    return 1 / (W**2).sum((1, 2))


@wrong("3.1", says="the square of the norm")
def norm_not_squared(W):
    return W.shape[1] / W.flatten(1).norm(dim=1)


@wrong("3.1", says="without squaring")
def not_squared(W):
    return W.shape[1] / W.sum((1, 2))


@wrong("3.1", says="columns' lengths, not the squares")
def sum_of_lengths(W):
    return W.shape[1] / W.norm(dim=1).sum(1)


@wrong("3.1", says="longer than ½")
def count_of_stored(W):
    return W.shape[1] / (W.norm(dim=1) > 0.5).sum(1).clamp_min(1)


@wrong("3.1", says="the spectral norm")
def spectral_norm(W):
    return W.shape[1] / torch.linalg.matrix_norm(W, ord=2) ** 2


@wrong("3.1", says="shape")
def one_for_all(W):
    return W.shape[1] / (W**2).sum()


# --- 3.2 feature_dimensionality ---


@right("3.2")
def with_hats(W):
    hat = F.normalize(W, dim=1)
    shares = (W**2).sum(1) / (torch.einsum("ami,amj->aij", hat, W) ** 2).sum(2)
    return shares.nan_to_num(0.0)


@right("3.2")
def with_loops(W):
    D = torch.zeros(W.shape[0], W.shape[2])
    for a, w in enumerate(W):
        for i, column in enumerate(w.T):
            if column.norm() > 0:
                D[a, i] = column.norm() ** 2 / ((column / column.norm() @ w) ** 2).sum()
    return D


@right("3.2")
def with_a_small_number(W):
    hat = W / (W.norm(dim=1, keepdim=True) + 1e-9)
    return W.norm(dim=1) ** 2 / ((hat.mT @ W).square().sum(-1) + 1e-9)


@wrong("3.2", says="you left j = i out")
def others_only(W):
    hat = F.normalize(W, dim=1)
    overlap = (hat.transpose(1, 2) @ W) ** 2
    others = overlap.sum(2) - overlap.diagonal(dim1=1, dim2=2)
    return torch.where(others > 0, (W**2).sum(1) / others, 0.0)


@wrong("3.2", says="where the formula has Ŵᵢ")
def no_hat(W):
    return torch.nan_to_num((W**2).sum(1) / ((W.transpose(1, 2) @ W) ** 2).sum(2))


@wrong("3.2", says="only Ŵᵢ has a hat")
def two_hats(W):
    hat = F.normalize(W, dim=1)
    return torch.nan_to_num((W**2).sum(1) / ((hat.transpose(1, 2) @ hat) ** 2).sum(2))


@wrong("3.2", says="directions only")
def angles_only(W):
    hat = F.normalize(W, dim=1)
    shares = 1 / ((hat.transpose(1, 2) @ hat) ** 2).sum(2)
    return torch.where(W.norm(dim=1) > 0, shares, 0.0)


@wrong("3.2", says="summed over i where the formula sums over j")
def sum_over_the_wrong_index(W):
    hat = F.normalize(W, dim=1)
    return torch.nan_to_num((W**2).sum(1) / ((hat.transpose(1, 2) @ W) ** 2).sum(1))


@wrong("3.2", says="a short one has a share too")
def long_columns_only(W):
    hat = F.normalize(W, dim=1)
    shares = (W**2).sum(1) / ((hat.transpose(1, 2) @ W) ** 2).sum(2)
    return torch.where(W.norm(dim=1) > 0.5, shares, 0.0)


@wrong("3.2", says="you used the length")
def length_on_top(W):
    hat = F.normalize(W, dim=1)
    return torch.nan_to_num(W.norm(dim=1) / ((hat.transpose(1, 2) @ W) ** 2).sum(2))


@wrong("3.2", says="absolute values")
def absolute_values(W):
    hat = F.normalize(W, dim=1)
    return torch.nan_to_num((W**2).sum(1) / (hat.transpose(1, 2) @ W).abs().sum(2))


@wrong("3.2", says="squared the sum")
def square_of_the_sum(W):
    hat = F.normalize(W, dim=1)
    return torch.nan_to_num((W**2).sum(1) / (hat.transpose(1, 2) @ W).sum(2) ** 2)


@wrong("3.2", says="the other way up")
def upside_down(W):
    hat = F.normalize(W, dim=1)
    square = (W**2).sum(1)
    return torch.where(square > 0, ((hat.transpose(1, 2) @ W) ** 2).sum(2) / square, 0.0)


@wrong("3.2", says="interference")
def interference_instead(W):
    hat = F.normalize(W, dim=1)
    overlap = (hat.transpose(1, 2) @ W) ** 2
    return overlap.sum(2) - overlap.diagonal(dim1=1, dim2=2)


@wrong("3.2", says="a zero column has no direction")
def nan_for_zero(W):
    hat = W / W.norm(dim=1, keepdim=True)
    return (W**2).sum(1) / ((hat.transpose(1, 2) @ W) ** 2).sum(2)


@wrong("3.2", says="shape")
def summed_over_models(W):
    gram = W.transpose(1, 2) @ W
    return ((W**2).sum(1) ** 2 / (gram**2).sum(2)).nan_to_num().mean(0)


# --- 3.3 local_excess ---


@right("3.3")
def with_means(D, target, half_width=0.015, neighbourhood=0.1):
    distance = abs(D - target)
    around = distance[distance < neighbourhood]
    if len(around) == 0:
        return 0
    return (around < half_width).double().mean() * neighbourhood / half_width


@right("3.3")
def with_a_loop(D, target, half_width=0.015, neighbourhood=0.1):
    near = around = 0
    for d in D.tolist():
        near += abs(d - target) <= half_width
        around += abs(d - target) <= neighbourhood
    return near / (around * half_width / neighbourhood) if around else 0.0


@wrong("3.3", says="compared with all features")
def of_all_features(D, target, half_width=0.015, neighbourhood=0.1):
    near = ((D - target).abs() <= half_width).sum().item()
    return near / (len(D) * half_width / neighbourhood)


@wrong("3.3", says="that is the share near the line")
def share_of_those_around(D, target, half_width=0.015, neighbourhood=0.1):
    distance = (D - target).abs()
    around = (distance <= neighbourhood).sum().item()
    return (distance <= half_width).sum().item() / around if around else 0.0


@wrong("3.3", says="you left the near ones out")
def ring_only(D, target, half_width=0.015, neighbourhood=0.1):
    distance = (D - target).abs()
    near = (distance <= half_width).sum().item()
    ring = (distance <= neighbourhood).sum().item() - near
    return near / (ring * half_width / neighbourhood) if ring else 0.0


@wrong("3.3", says="you multiplied by it")
def brackets_forgotten(D, target, half_width=0.015, neighbourhood=0.1):
    distance = (D - target).abs()
    near, around = (distance <= half_width).sum().item(), (distance <= neighbourhood).sum().item()
    return near / around * half_width / neighbourhood if around else 0.0


@wrong("3.3", says="not compared with anything")
def count_only(D, target, half_width=0.015, neighbourhood=0.1):
    return float(((D - target).abs() <= half_width).sum())


@wrong("3.3", says="division by zero")
def none_around(D, target, half_width=0.015, neighbourhood=0.1):
    distance = (D - target).abs()
    near, around = (distance <= half_width).sum().item(), (distance <= neighbourhood).sum().item()
    return near / (around * half_width / neighbourhood)


@wrong("3.3", says="whatever the caller asks for")
def fixed_windows(D, target, half_width=0.015, neighbourhood=0.1):
    distance = (D - target).abs()
    around = (distance <= 0.1).sum().item()
    return (distance <= 0.015).sum().item() / (around * 0.15) if around else 0.0


@wrong("3.3", says="a distance has no sign")
def signed(D, target, half_width=0.015, neighbourhood=0.1):
    near, around = ((D - target) <= half_width).sum().item(), ((D - target) <= neighbourhood).sum().item()
    return near / (around * half_width / neighbourhood) if around else 0.0


@wrong("3.3", says="to either side")
def half_the_window(D, target, half_width=0.015, neighbourhood=0.1):
    distance = (D - target).abs()
    near, around = (distance <= half_width / 2).sum().item(), (distance <= neighbourhood / 2).sum().item()
    return near / (around * half_width / neighbourhood) if around else 0.0


# --- 3.4 digons_loss ---


@right("3.4")
def from_the_parts(q, p):
    pair = (1 + 1) * p**2 / 6
    density = q * p
    return pair + pair + density / 3 - density**2 / 4


@right("3.4")
def point_by_point(q, p):
    return torch.stack([2 / 3 * p * p + x * p * (1 / 3 - x * p / 4) for x in q])


@wrong("3.4", says="there are two pairs")
def one_pair(q, p):
    return p**2 / 3 + q * p / 3 - (q * p) ** 2 / 4


@wrong("3.4", says="the cost of a whole pair")
def four_times(q, p):
    return 4 * p**2 / 3 + q * p / 3 - (q * p) ** 2 / 4


@wrong("3.4", says="has density q·p, not p")
def not_rarer(q, p):
    return 2 * p**2 / 3 + (p / 3 - p**2 / 4) * torch.ones_like(q)


@wrong("3.4", says="has density q·p, not q")
def relative_for_absolute(q, p):
    return 2 * p**2 / 3 + q / 3 - q**2 / 4


@wrong("3.4", says="its mean, not 0")
def no_bias(q, p):
    return 2 * p**2 / 3 + q * p / 3


@wrong("3.4", says="forgot the dropped feature")
def pairs_only(q, p):
    return 2 * p**2 / 3 * torch.ones_like(q)


@wrong("3.4", says="forgot the pairs")
def dropped_only(q, p):
    return q * p / 3 - (q * p) ** 2 / 4


@wrong("3.4", says="doesn't weigh its loss")
def weighted(q, p):
    return 2 * p**2 / 3 + q * (p / 3 - p**2 / 4)


# --- 3.5 sample_correlated ---


@right("3.5")
def product_with_the_switch(p, sets, size, batch, generator=None):
    on = torch.rand((len(p), batch, sets), generator=generator) < p.view(-1, 1, 1)
    x = torch.rand((len(p), batch, sets * size), generator=generator)
    return x * on.repeat_interleave(size, dim=2)


@right("3.5")
def set_by_set(p, sets, size, batch, generator=None):
    blocks = []
    for _ in range(sets):
        on = torch.bernoulli(p[:, None].expand(-1, batch), generator=generator)
        blocks.append(on[..., None] * torch.rand(len(p), batch, size, generator=generator))
    return torch.cat(blocks, dim=2)


@wrong("3.5", says="a switch of its own")
def independent(p, sets, size, batch, generator=None):
    shape = (len(p), batch, sets * size)
    on = torch.rand(shape, generator=generator) < p[:, None, None]
    return torch.where(on, torch.rand(shape, generator=generator), 0.0)


@wrong("3.5", says="all sets share one switch")
def one_switch(p, sets, size, batch, generator=None):
    on = torch.rand(len(p), batch, 1, generator=generator) < p[:, None, None]
    return torch.where(on, torch.rand(len(p), batch, sets * size, generator=generator), 0.0)


@wrong("3.5", says="all inputs share one draw")
def one_switch_for_the_batch(p, sets, size, batch, generator=None):
    on = torch.rand(len(p), 1, sets, 1, generator=generator) < p[:, None, None, None]
    return torch.where(on, torch.rand(len(p), batch, sets, size, generator=generator), 0.0).flatten(2)


@wrong("3.5", says="all models share one switch")
def one_switch_for_the_models(p, sets, size, batch, generator=None):
    on = torch.rand(1, batch, sets, 1, generator=generator) < p[:, None, None, None]
    return torch.where(on, torch.rand(len(p), batch, sets, size, generator=generator), 0.0).flatten(2)


@wrong("3.5", says="have the same value")
def one_value(p, sets, size, batch, generator=None):
    on = torch.rand(len(p), batch, sets, 1, generator=generator) < p[:, None, None, None]
    value = torch.rand(len(p), batch, sets, 1, generator=generator)
    return torch.where(on, value, 0.0).expand(-1, -1, -1, size).flatten(2)


@wrong("3.5", says="all models share one draw of the values")
def one_value_for_the_models(p, sets, size, batch, generator=None):
    on = torch.rand(len(p), batch, sets, 1, generator=generator) < p[:, None, None, None]
    return (on * torch.rand(batch, sets, size, generator=generator)).flatten(2)


@wrong("3.5", says="all sets share one draw of the values")
def one_value_for_the_sets(p, sets, size, batch, generator=None):
    on = torch.rand(len(p), batch, sets, 1, generator=generator) < p[:, None, None, None]
    return (on * torch.rand(len(p), batch, 1, size, generator=generator)).flatten(2)


@wrong("3.5", says="all inputs share one draw of the values")
def one_value_for_the_batch(p, sets, size, batch, generator=None):
    on = torch.rand(len(p), batch, sets, 1, generator=generator) < p[:, None, None, None]
    return (on * torch.rand(len(p), 1, sets, size, generator=generator)).flatten(2)


@wrong("3.5", says="yours is always 1")
def switch_only(p, sets, size, batch, generator=None):
    on = torch.rand(len(p), batch, sets, 1, generator=generator) < p[:, None, None, None]
    return on.float().expand(-1, -1, -1, size).flatten(2)


@wrong("3.5", says="swapped p and 1 − p")
def sparsity(p, sets, size, batch, generator=None):
    on = torch.rand(len(p), batch, sets, 1, generator=generator) > p[:, None, None, None]
    return torch.where(on, torch.rand(len(p), batch, sets, size, generator=generator), 0.0).flatten(2)


@wrong("3.5", says="you left out `generator=generator`")
def global_generator(p, sets, size, batch, generator=None):
    on = torch.rand(len(p), batch, sets, 1) < p[:, None, None, None]
    return torch.where(on, torch.rand(len(p), batch, sets, size, generator=generator), 0.0).flatten(2)


@wrong("3.5", says="flatten (sets, size)")
def interleaved(p, sets, size, batch, generator=None):
    on = torch.rand(len(p), batch, 1, sets, generator=generator) < p[:, None, None, None]
    return torch.where(on, torch.rand(len(p), batch, size, sets, generator=generator), 0.0).flatten(2)


@wrong("3.5", says="shape")
def not_flattened(p, sets, size, batch, generator=None):
    on = torch.rand(len(p), batch, sets, 1, generator=generator) < p[:, None, None, None]
    return torch.where(on, torch.rand(len(p), batch, sets, size, generator=generator), 0.0)


# --- 3.6 sample_anticorrelated ---


@right("3.6")
def switch_and_choice(p, sets, size, batch, generator=None):
    on = torch.rand(len(p), batch, sets, 1, generator=generator) < size * p[:, None, None, None]
    chosen = torch.randint(size, (len(p), batch, sets, 1), generator=generator)
    value = torch.rand(len(p), batch, sets, size, generator=generator)
    return torch.where(on & (chosen == torch.arange(size)), value, 0.0).flatten(2)


@right("3.6")
def with_intervals(p, sets, size, batch, generator=None):
    u = torch.rand(len(p), batch, sets, generator=generator)
    x = torch.zeros(len(p), batch, sets, size)
    for k in range(size):
        inside = (u >= k * p[:, None, None]) & (u < (k + 1) * p[:, None, None])
        x[..., k] = inside * torch.rand(u.shape, generator=generator)
    return x.reshape(len(p), batch, -1)


@wrong("3.6", says="with probability size · p")
def set_with_probability_p(p, sets, size, batch, generator=None):
    on = torch.rand(len(p), batch, sets, 1, generator=generator) < p[:, None, None, None]
    chosen = torch.randint(size, (len(p), batch, sets, 1), generator=generator)
    value = torch.rand(len(p), batch, sets, size, generator=generator)
    return torch.where(on & (chosen == torch.arange(size)), value, 0.0).flatten(2)


@wrong("3.6", says="may also be all off")
def always_one(p, sets, size, batch, generator=None):
    chosen = torch.randint(size, (len(p), batch, sets, 1), generator=generator)
    value = torch.rand(len(p), batch, sets, size, generator=generator)
    return torch.where(chosen == torch.arange(size), value, 0.0).flatten(2)


@wrong("3.6", says="separate switches")
def independent_features(p, sets, size, batch, generator=None):
    shape = (len(p), batch, sets * size)
    on = torch.rand(shape, generator=generator) < p[:, None, None]
    return torch.where(on, torch.rand(shape, generator=generator), 0.0)


@wrong("3.6", says="that is 3.5")
def correlated(p, sets, size, batch, generator=None):
    on = torch.rand(len(p), batch, sets, 1, generator=generator) < p[:, None, None, None]
    return torch.where(on, torch.rand(len(p), batch, sets, size, generator=generator), 0.0).flatten(2)


@wrong("3.6", says="equally likely")
def first_more_often(p, sets, size, batch, generator=None):
    on = torch.rand(len(p), batch, sets, 1, generator=generator) < size * p[:, None, None, None]
    skewed = torch.rand(len(p), batch, sets, 1, generator=generator) ** 2
    chosen = (skewed * size).floor()
    value = torch.rand(len(p), batch, sets, size, generator=generator)
    return torch.where(on & (chosen == torch.arange(size)), value, 0.0).flatten(2)


@wrong("3.6", says="all sets share one choice")
def one_choice(p, sets, size, batch, generator=None):
    u = torch.rand(len(p), batch, 1, 1, generator=generator) / p[:, None, None, None]
    value = torch.rand(len(p), batch, sets, size, generator=generator)
    return torch.where(u.floor() == torch.arange(size), value, 0.0).flatten(2)


@wrong("3.6", says="you left out `generator=generator`")
def own_randomness(p, sets, size, batch, generator=None):
    u = torch.rand(len(p), batch, sets, 1) / p[:, None, None, None]
    value = torch.rand(len(p), batch, sets, size)
    return torch.where(u.floor() == torch.arange(size), value, 0.0).flatten(2)


@wrong("3.6", says="flatten (sets, size)")
def order_of_features(p, sets, size, batch, generator=None):
    u = torch.rand(len(p), batch, 1, sets, generator=generator) / p[:, None, None, None]
    value = torch.rand(len(p), batch, size, sets, generator=generator)
    return torch.where(u.floor() == torch.arange(size)[:, None], value, 0.0).flatten(2)


@wrong("3.6", says="then kept one of those on")
def largest_of_those_on(p, sets, size, batch, generator=None):
    shape = (len(p), batch, sets, size)
    on = torch.rand(shape, generator=generator) < p[:, None, None, None]
    x = torch.where(on, torch.rand(shape, generator=generator), 0.0)
    return torch.where(x == x.amax(3, keepdim=True), x, 0.0).flatten(2)


@wrong("3.6", says="choose it apart from the values")
def largest_value(p, sets, size, batch, generator=None):
    on = torch.rand(len(p), batch, sets, 1, generator=generator) < size * p[:, None, None, None]
    x = torch.rand(len(p), batch, sets, size, generator=generator)
    return torch.where(on & (x == x.amax(3, keepdim=True)), x, 0.0).flatten(2)


@wrong("3.6", says="all models share one draw of the values")
def values_for_all_models(p, sets, size, batch, generator=None):
    u = torch.rand(len(p), batch, sets, 1, generator=generator) / p[:, None, None, None]
    value = torch.rand(batch, sets, size, generator=generator)
    return torch.where(u.floor() == torch.arange(size), value, 0.0).flatten(2)


@wrong("3.6", says="yours is always 1")
def without_values(p, sets, size, batch, generator=None):
    u = torch.rand(len(p), batch, sets, 1, generator=generator) / p[:, None, None, None]
    return (u.floor() == torch.arange(size)).float().flatten(2)


# --- 3.7 sensing_bound ---


@right("3.7")
def with_minus(p, constant):
    return -1 / (constant * p * p.log())


@right("3.7")
def point_by_point_(p, constant):
    return torch.tensor([1 / (constant * q * math.log(1 / q)) for q in p.tolist()])


@wrong("3.7", says="that is m / n, the other way up")
def dimensions_per_feature_(p, constant):
    return constant * p * torch.log(1 / p)


@wrong("3.7", says="ln p is negative")
def no_minus(p, constant):
    return 1 / (constant * p * p.log())


@wrong("3.7", says="forgot the constant")
def no_constant(p, constant):
    return 1 / (p * torch.log(1 / p))


@wrong("3.7", says="belongs in the denominator")
def constant_on_top(p, constant):
    return constant / (p * torch.log(1 / p))


@wrong("3.7", says="forgot the factor p")
def no_p(p, constant):
    return 1 / (constant * torch.log(1 / p))


@wrong("3.7", says="forgot the logarithm")
def no_logarithm(p, constant):
    return 1 / (constant * p)


@wrong("3.7", says="base 10")
def decimal(p, constant):
    return 1 / (constant * p * torch.log10(1 / p))


@wrong("3.7", says="base 2")
def binary(p, constant):
    return 1 / (constant * p * torch.log2(1 / p))


@wrong("3.7", says="the sparsity 1 − p")
def sparsity_for_density(p, constant):
    return -1 / (constant * (1 - p) * torch.log(1 - p))
