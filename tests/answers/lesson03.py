"""Right and wrong answers to the exercises of lesson 03."""

import math

import torch
import torch.nn.functional as F

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


@wrong("3.1", says="take it from the input")
def always_float32(W):
    return W.shape[1] / (W.float() ** 2).sum((1, 2))


@wrong("3.1", says="you edited the caller's `W` in place")
def squared_in_place(W):
    return W.shape[1] / W.square_().sum((1, 2))


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


@wrong("3.2", says="shape")
def summed_over_models(W):
    gram = W.transpose(1, 2) @ W
    return ((W**2).sum(1) ** 2 / (gram**2).sum(2)).nan_to_num().mean(0)


@wrong("3.2", says="you edited the caller's `W` in place")
def scaled_in_place(W):
    square = (W**2).sum(1)
    W /= W.norm(dim=1, keepdim=True).clamp_min(1e-20)
    return torch.where(square > 0, 1 / ((W.mT @ W) ** 2).sum(2), 0.0)


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


@wrong("3.3", says="division by zero")
def none_around(D, target, half_width=0.015, neighbourhood=0.1):
    distance = (D - target).abs()
    near, around = (distance <= half_width).sum().item(), (distance <= neighbourhood).sum().item()
    return near / (around * half_width / neighbourhood)


@wrong("3.3", says="one number")
def feature_by_feature(D, target, half_width=0.015, neighbourhood=0.1):
    return ((D - target).abs() <= half_width) / 0.15


# --- 3.4 digons_loss ---


@right("3.4")
def from_the_parts(q, p):
    pair = (1 + 1) * p**2 / 6
    density = q * p
    return pair + pair + density / 3 - density**2 / 4


@right("3.4")
def point_by_point(q, p):
    return torch.stack([2 / 3 * p * p + x * p * (1 / 3 - x * p / 4) for x in q])


@wrong("3.4", says="take it from the input")
def rounded_to_float32(q, p):
    return torch.tensor([2 / 3 * p * p + x * p / 3 - (x * p) ** 2 / 4 for x in q.tolist()])


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


@wrong("3.5", says="you left out `generator=generator`")
def global_generator(p, sets, size, batch, generator=None):
    on = torch.rand(len(p), batch, sets, 1) < p[:, None, None, None]
    return torch.where(on, torch.rand(len(p), batch, sets, size, generator=generator), 0.0).flatten(2)


@wrong("3.5", says="shape")
def not_flattened(p, sets, size, batch, generator=None):
    on = torch.rand(len(p), batch, sets, 1, generator=generator) < p[:, None, None, None]
    return torch.where(on, torch.rand(len(p), batch, sets, size, generator=generator), 0.0)


@wrong("3.5", says="all features of a model have the same density")
def last_feature_more_often(p, sets, size, batch, generator=None):
    u = torch.rand(len(p), batch, sets, 1, generator=generator)
    on = u < p[:, None, None, None] * torch.linspace(0.85, 1.15, size)
    return torch.where(on, torch.rand(on.shape, generator=generator), 0.0).flatten(2)


@wrong("3.5", says="you fixed how many are on")
def as_many_in_each_batch(p, sets, size, batch, generator=None):
    on = torch.zeros(len(p), batch, sets, 1, dtype=torch.bool)
    for a, density in enumerate(p.tolist()):
        for s in range(sets):
            on[a, torch.randperm(batch, generator=generator)[: round(batch * density)], s] = True
    return torch.where(on, torch.rand(len(p), batch, sets, size, generator=generator), 0.0).flatten(2)


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


@wrong("3.6", says="you left out `generator=generator`")
def own_randomness(p, sets, size, batch, generator=None):
    u = torch.rand(len(p), batch, sets, 1) / p[:, None, None, None]
    value = torch.rand(len(p), batch, sets, size)
    return torch.where(u.floor() == torch.arange(size), value, 0.0).flatten(2)


@right("3.6")
def one_value_for_each_set(p, sets, size, batch, generator=None):
    u = torch.rand(len(p), batch, sets, generator=generator)
    place = (u / p[:, None, None]).long()
    value = torch.rand(u.shape, generator=generator)
    return (F.one_hot(place.clamp(max=size), size + 1)[..., :size] * value[..., None]).flatten(2)


@wrong("3.6", says="how many features of one set are on at once")
def intervals_that_overlap(p, sets, size, batch, generator=None):
    u = torch.rand(len(p), batch, sets, 1, generator=generator)
    start = p[:, None, None, None] * torch.arange(size)
    on = (u >= start) & (u < start + p[:, None, None, None] + 0.002)
    return torch.where(on, torch.rand(on.shape, generator=generator), 0.0).flatten(2)


# --- 3.7 sensing_bound ---


@right("3.7")
def with_minus(p, constant):
    return -1 / (constant * p * p.log())


@right("3.7")
def point_by_point_(p, constant):
    return torch.tensor([1 / (constant * q * math.log(1 / q)) for q in p.tolist()])


@wrong("3.7", says="make a tensor of it")
def a_list(p, constant):
    return [1 / (constant * q * math.log(1 / q)) for q in p.tolist()]


@right("3.5")
def in_float64(p, sets, size, batch, generator):
    on = torch.rand(len(p), batch, sets, 1, generator=generator) < p[:, None, None, None]
    value = torch.rand(len(p), batch, sets, size, generator=generator, dtype=torch.float64)
    return (on * value).flatten(2)


@wrong("3.6", says="expected: values from 0 to 1")
def twice_too_large(p, sets, size, batch, generator):
    on = torch.rand(len(p), batch, sets, 1, generator=generator) < size * p[:, None, None, None]
    which = torch.randint(size, (len(p), batch, sets, 1), generator=generator)
    value = 2 * torch.rand(len(p), batch, sets, size, generator=generator)
    return torch.where(on & (which == torch.arange(size)), value, 0.0).flatten(2)


# --- 3.8 sorted_cosines ---


@right("3.8")
def with_a_loop_over_pairs(W):
    unit = F.normalize(W, dim=0)
    found = [unit[:, a] @ unit[:, b] for a in range(W.shape[1]) for b in range(a + 1, W.shape[1])]
    return torch.stack(found).sort().values


@right("3.8")
def with_a_mask(W):
    unit = W / W.norm(dim=0, keepdim=True)
    above = torch.ones(W.shape[1], W.shape[1], dtype=torch.bool).triu(1)
    return torch.einsum("ma,mb->ab", unit, unit)[above].sort()[0]


@right("3.8")
def every_second_of_the_sorted(W):
    """Each pair stands twice beside the diagonal, so in sorted order every second one is left."""
    unit = W / W.norm(dim=0)
    both = (unit.T @ unit)[~torch.eye(W.shape[1], dtype=torch.bool)]
    return both.sort().values[::2]


@wrong("3.8", says="shape")
def a_matrix(W):
    unit = W / W.norm(dim=0)
    return (unit.T @ unit).sort(dim=1).values


@wrong("3.8", says="you edited the caller's `W` in place")
def scaled_columns_in_place(W):
    W /= W.norm(dim=0)
    i, j = torch.triu_indices(W.shape[1], W.shape[1], offset=1)
    return (W.T @ W)[i, j].sort().values
