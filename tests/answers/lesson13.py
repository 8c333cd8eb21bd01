"""Right and wrong answers to lesson 13."""

import math

import torch
import torch.nn.functional as F

from tests.answers import right, wrong

# --- 13.1 rms_norm ---


@right("13.1")
def by_the_formula(x, w, eps):
    return w * x / (x.pow(2).mean(-1, keepdim=True) + eps).sqrt()


@right("13.1")
def torchs_own(x, w, eps):
    return F.rms_norm(x, x.shape[-1:], w, eps)


@right("13.1")
def with_the_length(x, w, eps):
    return x * torch.rsqrt(torch.linalg.vecdot(x, x)[..., None] / x.shape[-1] + eps) * w


@wrong("13.1", says="you subtracted the mean")
def layer_norm(x, w, eps):
    return F.layer_norm(x, x.shape[-1:], w, None, eps)


@wrong("13.1", says="changed `x`")
def in_place(x, w, eps):
    x /= (x.square().mean(-1, keepdim=True) + eps).sqrt()
    return w * x


# --- 13.2 rotate ---


@right("13.2")
def as_complex_numbers(x, first, base):
    d_head = x.shape[-1]
    i = torch.arange(d_head // 2, device=x.device, dtype=x.dtype)
    angles = torch.arange(first, first + x.shape[1])[:, None] * base ** (-2 * i / d_head)
    turns = torch.polar(torch.ones_like(angles), angles)
    points = torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(points * turns[:, None]).flatten(-2)


@right("13.2")
def pair_by_pair(x, first, base):
    out = torch.empty_like(x)
    d_head = x.shape[-1]
    positions = torch.arange(x.shape[1], device=x.device, dtype=x.dtype) + first
    for i in range(d_head // 2):
        frequency = base ** (-2 * i / d_head)
        angle = (positions * frequency)[:, None]
        a, b = x[..., 2 * i], x[..., 2 * i + 1]
        out[..., 2 * i] = a * angle.cos() - b * angle.sin()
        out[..., 2 * i + 1] = a * angle.sin() + b * angle.cos()
    return out


@wrong("13.2", says="shape")
def no_head_dimension(x, first, base):
    frequencies = base ** (-torch.arange(0, x.shape[-1], 2) / x.shape[-1])
    angles = torch.arange(first, first + x.shape[1])[:, None] * frequencies
    even, odd = x[:, :, 0, 0::2], x[:, :, 0, 1::2]
    return torch.stack(
        (even * angles.cos() - odd * angles.sin(), even * angles.sin() + odd * angles.cos()), -1
    )


@wrong("13.2", says="expected")
def added_like_lesson_07(x, first, base):
    positions = torch.arange(first, first + x.shape[1])
    return x + positions[:, None, None].cos()


# --- 13.3 grouped_attention ---


@right("13.3")
def copies_and_a_mask(q, k, v):
    size = q.shape[2] // k.shape[2]
    k, v = k.repeat_interleave(size, 2), v.repeat_interleave(size, 2)
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / math.sqrt(q.shape[-1])
    queries, keys = scores.shape[-2:]
    future = torch.ones(queries, keys, dtype=torch.bool, device=q.device).triu(1 + keys - queries)
    return torch.einsum("bhqk,bkhd->bqhd", scores.masked_fill(future, -torch.inf).softmax(-1), v)


@right("13.3")
def groups_as_a_dimension(q, k, v):
    q = q.unflatten(2, (k.shape[2], -1))
    scores = torch.einsum("bqgsd,bkgd->bgsqk", q, k) / q.shape[-1] ** 0.5
    places = torch.arange(k.shape[1], device=q.device)
    seen = places <= places[-q.shape[1] :, None]
    pattern = torch.where(seen, scores, -1e9).softmax(-1)
    return torch.einsum("bgsqk,bkgd->bqgsd", pattern, v).flatten(2, 3)


@right("13.3")
def torchs_own_attention(q, k, v):
    size = q.shape[2] // k.shape[2]
    q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
    mask = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool, device=q.device)
    mask = mask.tril(k.shape[2] - q.shape[2])
    k, v = k.repeat_interleave(size, 1), v.repeat_interleave(size, 1)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2)


@wrong("13.3", says="Error")
def as_in_lesson_07(q, k, v):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return torch.einsum("bhqk,bkhd->bqhd", scores.masked_fill(future, -torch.inf).softmax(-1), v)


# --- 13.4 gated_neurons ---


@right("13.4")
def with_silu(x, W_gate, W_in):
    return F.silu(x @ W_gate) * (x @ W_in)


@right("13.4")
def written_out(x, W_gate, W_in):
    a, b = torch.einsum("...d,dm->...m", x, W_gate), torch.einsum("...d,dm->...m", x, W_in)
    return a * torch.sigmoid(a) * b


@wrong("13.4", says="shape")
def readings_side_by_side(x, W_gate, W_in):
    return torch.cat([F.silu(x @ W_gate), x @ W_in], dim=-1)


# --- 13.5 ordinary ---


@right("13.5")
def lengths_and_median(x, factor):
    lengths = x.norm(dim=-1)
    return lengths <= factor * lengths.median()


@right("13.5")
def squares_on_both_sides(x, factor):
    squares = x.square().sum(-1)
    return squares.sqrt() / squares.sqrt().flatten().sort().values[(squares.numel() - 1) // 2] <= factor


@wrong("13.5", says="shape")
def entries(x, factor):
    return x.abs() <= factor * x.abs().median()


# --- 13.6 difference_of_means ---


@right("13.6")
def two_means(x, in_class):
    d = x[in_class].mean(0) - x[~in_class].mean(0)
    return d / d.norm()


@right("13.6")
def weighted(x, in_class):
    w = in_class.to(x.dtype)
    d = w @ x / w.sum() - (1 - w) @ x / (1 - w).sum()
    return F.normalize(d, dim=0)


@wrong("13.6", says="shape")
def one_for_each_token(x, in_class):
    return F.normalize(x - x[in_class].mean(0), dim=-1)
