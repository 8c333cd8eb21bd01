"""Exercises of lesson 13, A model that nobody here trained."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from course_utils.checks.registry import exercise
from course_utils.pretrained import directions, llama

# --- 13.1 ---

norm = exercise(
    "13.1",
    llama.rms_norm,
    title="RMSNorm",
    points=1,
    hints=(
        "Take lesson 07's layer norm, and leave out the mean: what is it divided by?",
        "The mean of the squares over the last dimension: `x.square().mean(-1, keepdim=True)`. Then ε, then "
        "the root.",
        "`return w * x / (x.square().mean(-1, keepdim=True) + eps).sqrt()`",
    ),
)


def plain_norm(x, w, eps):
    """The formula, for edits."""
    size = (x.square().mean(-1, keepdim=True) + eps).sqrt()
    return w * x / size


MEAN = "x.square().mean(-1, keepdim=True)"

norm.edits(
    {
        "you subtracted the mean: an RMSNorm shifts nothing": (
            "    size",
            "    x = x - x.mean(-1, keepdim=True)\n    size",
        ),
        "you divided by the standard deviation: the mean of the squares is taken about 0": (
            MEAN,
            "x.var(-1, keepdim=True, correction=0)",
        ),
        "you divided by the vector's length: it is the *mean* of the squares, over d": (
            ".mean(-1, keepdim=True)",
            ".sum(-1, keepdim=True)",
        ),
        "ε stands under the root, beside the mean square": (
            f"({MEAN} + eps).sqrt()",
            f"({MEAN}.sqrt() + eps)",
        ),
        "ε is missing, or isn't the argument `eps`": (" + eps", ""),
        "you divided by the mean square, not by its root": (".sqrt()", ""),
        "you forgot w": ("w * x", "x"),
        "w is divided by: it multiplies": ("w * x", "x / w"),
        "you averaged over the batch: each vector is normalised by itself": (
            ".mean(-1, keepdim=True)",
            ".mean(0)",
        ),
        "you averaged over the whole tensor: each vector is normalised by itself": (
            ".mean(-1, keepdim=True)",
            ".mean()",
        ),
        "the root moves with x, and so does its gradient: you detached it": ("/ size", "/ size.detach()"),
    },
    of=plain_norm,
)


@norm.part("by hand")
def norm_by_hand(attempt):
    # squares 1, 4, 9, 36 have the mean 12.5; with ε = 3.5 the root is 4
    w = torch.tensor([1.0, 2, 4, 8])
    attempt.gives(torch.tensor([0.25, 1, 3, 12]), torch.tensor([1.0, 2, 3, 6]), w, 3.5)


@norm.part("a batch of sequences")
def norm_of_a_batch(attempt):
    for shape, eps in (((3, 4, 6), 0.3), ((5, 3), 1e-5), ((1, 2), 0.1)):
        x, w = 3 * attempt.randn(*shape) + 2, attempt.randn(shape[-1]) + 2
        rows = [w * row / ((row * row).sum() / len(row) + eps) ** 0.5 for row in x.flatten(0, -2)]
        attempt.gives(torch.stack(rows).view(shape), x, w, eps, rtol=1e-3, atol=1e-5)


@norm.part("a vector of zeros")
def norm_of_zeros(attempt):
    got = attempt.call(torch.zeros(2, 3), torch.ones(3), 1e-5, finite=False)
    attempt.expect(got.isfinite().all(), expected="zeros", got=got, mistake="you forgot ε: 0/0")
    attempt.expect_close(got, torch.zeros(2, 3))


norm.contract(lambda attempt: (attempt.randn(2, 3, 4) + 1, attempt.randn(4) + 2, 0.1), wrt=("x", "w"))


# --- 13.2 ---

rotation = exercise(
    "13.2",
    llama.rotate,
    title="Positions as rotations",
    points=3,
    hints=(
        "Three steps: a frequency for each pair of entries, an angle for each position and pair, and the "
        "rotation of a point in a plane.",
        "`frequencies = base ** (-torch.arange(0, d_head, 2, dtype=x.dtype) / d_head)`; the angles are "
        "positions times frequencies, `[pos, d_head / 2]`, and need a dimension for the heads: "
        "`angles[:, None, :]`.",
        "`even, odd = x[..., 0::2], x[..., 1::2]`. Turned they are `even * cos - odd * sin` and "
        "`even * sin + odd * cos`; `torch.stack((a, b), dim=-1).flatten(-2)` puts them side by side again.",
    ),
)


def plain_rotate(x, first, base):
    """The formula, for edits."""
    d_head = x.shape[-1]
    frequencies = base ** (-torch.arange(0, d_head, 2, dtype=x.dtype) / d_head)
    positions = torch.arange(first, first + x.shape[1])
    angles = (positions[:, None] * frequencies)[:, None, :]
    even, odd = x[..., 0::2], x[..., 1::2]
    cos, sin = angles.cos(), angles.sin()
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


TURNED = "torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)"
HALVES = "entries 2i and 2i + 1 are a pair: you paired i with i + d_head / 2, as other programs do"

rotation.edits(
    {
        "the turn goes the other way: the angle's sign": (
            TURNED,
            "torch.stack((even * cos + odd * sin, odd * cos - even * sin), dim=-1).flatten(-2)",
        ),
        HALVES: [
            ("x[..., 0::2], x[..., 1::2]", "x[..., : d_head // 2], x[..., d_head // 2 :]"),
            (TURNED, "torch.cat((even * cos - odd * sin, even * sin + odd * cos), dim=-1)"),
        ],
        "the turned pairs are not put side by side again: stack them in a last dimension and flatten": (
            TURNED,
            "torch.cat((even * cos - odd * sin, even * sin + odd * cos), dim=-1)",
        ),
        "positions begin at `first`, not at 0": ("first, first + x.shape[1]", "x.shape[1]"),
        "positions begin at `first`, not at `first` + 1": (
            "first, first + x.shape[1]",
            "first + 1, first + x.shape[1] + 1",
        ),
        "the exponent is −2i / d_head: you left out the 2": (
            "torch.arange(0, d_head, 2, dtype=x.dtype)",
            "torch.arange(d_head // 2, dtype=x.dtype)",
        ),
        "the exponent divides by d_head, not by d_head / 2": ("/ d_head)", "/ (d_head // 2))"),
        "the exponent is negative: later pairs turn more slowly": ("(-torch", "(torch"),
        "all pairs turn alike: each pair has a frequency of its own": (
            "base ** (-torch.arange(0, d_head, 2, dtype=x.dtype) / d_head)",
            "torch.ones(d_head // 2, dtype=x.dtype)",
        ),
        "you turned by the head's number: the angle is the position's": (
            "    positions = torch.arange(first, first + x.shape[1])\n"
            "    angles = (positions[:, None] * frequencies)[:, None, :]",
            "    positions = torch.arange(first, first + x.shape[2])\n"
            "    angles = (positions[:, None] * frequencies)",
        ),
        "one of the two signs is wrong: the result is longer or shorter than x": (
            "even * sin + odd * cos",
            "even * sin - odd * cos",
        ),
        "you multiplied by the cosine alone: a rotation mixes the two": (
            "(even * cos - odd * sin, even * sin + odd * cos)",
            "(even * cos, odd * cos)",
        ),
        "sine and cosine are exchanged": ("angles.cos(), angles.sin()", "angles.sin(), angles.cos()"),
    },
    of=plain_rotate,
)


@rotation.part("a quarter turn by hand")
def quarter_turn(attempt):
    # d_head 4 and base (π/2)^-2: the second pair turns by base^(-1/2) = π/2 a position, the first by 1
    x = torch.tensor([[[[1.0, 0, 1, 0]], [[1.0, 0, 1, 0]], [[1.0, 0, 0, 1]]]])
    rows = [[1.0, 0, 1, 0], [math.cos(1), math.sin(1), 0, 1], [math.cos(2), math.sin(2), 0, -1]]
    attempt.gives(torch.tensor(rows).view(1, 3, 1, 4), x, 0, (math.pi / 2) ** -2, rtol=1e-3, atol=1e-5)


def expect_rotated(attempt, batch, pos, heads, d_head, first, base):
    """Hold against complex numbers: a pair is one, and a turn is a product."""
    x = attempt.randn(batch, pos, heads, d_head)
    want = torch.empty_like(x)
    for p in range(pos):
        for i in range(d_head // 2):
            angle = torch.tensor((first + p) * base ** (-2 * i / d_head))
            point = torch.view_as_complex(x[:, p, :, 2 * i : 2 * i + 2].contiguous())
            want[:, p, :, 2 * i : 2 * i + 2] = torch.view_as_real(
                point * torch.polar(torch.tensor(1.0), angle)
            )
    attempt.gives(want, x, first, base, rtol=1e-3, atol=1e-4)


@rotation.part("several heads and sizes")
def several_heads(attempt):
    expect_rotated(attempt, 2, 5, 3, 8, 0, 100.0)
    expect_rotated(attempt, 1, 4, 4, 6, 0, 10.0)


@rotation.part("the first row is position `first`")
def from_the_middle(attempt):
    expect_rotated(attempt, 2, 3, 2, 4, 7, 50.0)
    expect_rotated(attempt, 1, 1, 1, 6, 3, 10_000.0)


rotation.contract(lambda attempt: (attempt.randn(1, 3, 2, 4), 2, 7.0), wrt=("x",))


# --- 13.3 ---

groups = exercise(
    "13.3",
    llama.grouped_attention,
    title="Heads that share their keys",
    points=3,
    hints=(
        "Bring it back to lesson 07: give each query head a copy of its group's keys and values. Which "
        "copies stand next to each other?",
        "`k.repeat_interleave(heads // groups, dim=2)` gives heads 0, 1, 2 the first group, 3, 4, 5 the "
        "second. `repeat` would deal them out in turn.",
        "Where there are more keys than queries, the last query sees all keys: the mask is "
        "`torch.ones(queries, keys).triu(1 + keys - queries)`. Then the softmax over keys, and "
        '`torch.einsum("bhqk,bkhd->bqhd", pattern, v)`.',
    ),
)


def plain_grouped(q, k, v):
    """The formula, for edits."""
    size = q.shape[2] // k.shape[2]
    k = k.repeat_interleave(size, dim=2)
    v = v.repeat_interleave(size, dim=2)
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    queries, keys = scores.shape[-2:]
    future = torch.ones(queries, keys, dtype=torch.bool).triu(1 + keys - queries)
    pattern = scores.masked_fill(future, -torch.inf).softmax(-1)
    return torch.einsum("bhqk,bkhd->bqhd", pattern, v)


SHARED_K = "k = k.repeat_interleave(size, dim=2)"
SHARED_V = "v = v.repeat_interleave(size, dim=2)"

groups.edits(
    {
        "heads of one group stand next to each other: `repeat_interleave`, not `repeat`": [
            (SHARED_K, "k = k.repeat(1, 1, size, 1)"),
            (SHARED_V, "v = v.repeat(1, 1, size, 1)"),
        ],
        "the keys are dealt out in another order than the values": (SHARED_K, "k = k.repeat(1, 1, size, 1)"),
        "the values are dealt out in another order than the keys": (SHARED_V, "v = v.repeat(1, 1, size, 1)"),
        "all heads share the first group's keys and values": [
            (SHARED_K, "k = k[:, :, :1].repeat(1, 1, q.shape[2], 1)"),
            (SHARED_V, "v = v[:, :, :1].repeat(1, 1, q.shape[2], 1)"),
        ],
        "all heads share the mean of the groups: each has its own group": [
            (SHARED_K, "k = k.mean(2, keepdim=True).repeat(1, 1, q.shape[2], 1)"),
            (SHARED_V, "v = v.mean(2, keepdim=True).repeat(1, 1, q.shape[2], 1)"),
        ],
        "you forgot to divide the scores by √d_head": (" / q.shape[-1] ** 0.5", ""),
        "you divided by d_head, not by its root": (" ** 0.5", ""),
        "no mask: every position sees the whole sequence": (".masked_fill(future, -torch.inf)", ""),
        "the queries are those of the *last* positions: with more keys the mask moves by keys − queries": (
            "triu(1 + keys - queries)",
            "triu(1)",
        ),
        "the mask is off by one: each position sees the next": (
            "triu(1 + keys - queries)",
            "triu(2 + keys - queries)",
        ),
        "the softmax runs over the queries: each query's row sums to 1, over the keys": (
            "softmax(-1)",
            "softmax(-2)",
        ),
        "the softmax runs over the heads: it runs over the keys": ("softmax(-1)", "softmax(1)"),
        "you stopped at the pattern's scores: the softmax is missing": (
            "-torch.inf).softmax(-1)",
            "0)",
        ),
        "you took the values of the query's own position, not the pattern's mixture": (
            'torch.einsum("bhqk,bkhd->bqhd", pattern, v)',
            "v[:, -q.shape[1] :]",
        ),
    },
    of=plain_grouped,
)


def expect_grouped(attempt, batch, queries, keys, heads, shared, d_head):
    q = attempt.randn(batch, queries, heads, d_head)
    k, v = attempt.randn(batch, keys, shared, d_head), attempt.randn(batch, keys, shared, d_head)
    want = torch.empty_like(q)
    for b in range(batch):
        for head in range(heads):
            group = head * shared // heads
            for place in range(queries):
                seen = keys - queries + place + 1
                scores = k[b, :seen, group] @ q[b, place, head] / math.sqrt(d_head)
                want[b, place, head] = scores.softmax(0) @ v[b, :seen, group]
    attempt.gives(want, q, k, v, rtol=1e-3, atol=1e-5)


@groups.part("two heads to a group")
def two_to_a_group(attempt):
    expect_grouped(attempt, 2, 4, 4, 4, 2, 3)


@groups.part("three heads to a group")
def three_to_a_group(attempt):
    expect_grouped(attempt, 1, 5, 5, 9, 3, 4)


@groups.part("a head of its own, and one group for all")
def extremes(attempt):
    expect_grouped(attempt, 2, 3, 3, 2, 2, 5)
    expect_grouped(attempt, 1, 3, 3, 3, 1, 2)


@groups.part("keys kept from before")
def keys_from_before(attempt):
    expect_grouped(attempt, 2, 2, 5, 4, 2, 3)
    expect_grouped(attempt, 1, 1, 6, 6, 2, 4)


groups.contract(
    lambda attempt: (attempt.randn(1, 3, 4, 2), attempt.randn(1, 3, 2, 2), attempt.randn(1, 3, 2, 2)),
    wrt=("q", "k", "v"),
)


# --- 13.4 ---

gate = exercise(
    "13.4",
    llama.gated_neurons,
    title="Neurons that multiply",
    points=1,
    hints=(
        "Each neuron reads the residual stream twice: `x @ W_gate` and `x @ W_in`. The first goes "
        "through silu.",
        "silu(a) = a · sigmoid(a); torch has it as `F.silu`.",
        "`return F.silu(x @ W_gate) * (x @ W_in)`",
    ),
)


def plain_gate(x, W_gate, W_in):
    """The formula, for edits."""
    return F.silu(x @ W_gate) * (x @ W_in)


gate.edits(
    {
        "gate and input are exchanged: silu is for the gate's reading": (
            "F.silu(x @ W_gate) * (x @ W_in)",
            "F.silu(x @ W_in) * (x @ W_gate)",
        ),
        "that is a sigmoid: silu(a) is a times sigmoid(a)": ("F.silu(x @ W_gate)", "(x @ W_gate).sigmoid()"),
        "that is a ReLU: silu(a) is a times sigmoid(a)": ("F.silu(x @ W_gate)", "F.relu(x @ W_gate)"),
        "that is a GELU: silu(a) is a times sigmoid(a)": ("F.silu(x @ W_gate)", "F.gelu(x @ W_gate)"),
        "the two readings are multiplied, not added": (") * (", ") + ("),
        "silu goes around the whole product: it is for the gate alone": (
            "F.silu(x @ W_gate) * (x @ W_in)",
            "F.silu((x @ W_gate) * (x @ W_in))",
        ),
        "silu goes around both readings: it is for the gate alone": ("(x @ W_in)", "F.silu(x @ W_in)"),
        "you left out the gate's reading: lesson 07's neurons": (
            "F.silu(x @ W_gate) * (x @ W_in)",
            "F.silu(x @ W_in)",
        ),
        "you left out the second reading": (" * (x @ W_in)", ""),
        "the gate lacks its silu": ("F.silu(x @ W_gate)", "(x @ W_gate)"),
        "the sigmoid's sign is turned round: silu(a) = a / (1 + exp(−a))": (
            "F.silu(x @ W_gate)",
            "(x @ W_gate / (1 + (x @ W_gate).exp()))",
        ),
    },
    of=plain_gate,
)


@gate.part("one neuron by hand")
def one_neuron(attempt):
    # readings log 3 and 2: silu(log 3) = log 3 · 3/4; then 0 and 5, then −log 3 and 1
    x = torch.tensor([[math.log(3), 2.0], [0.0, 5.0], [-math.log(3), 1.0]])
    want = torch.tensor([[1.5 * math.log(3)], [0.0], [-math.log(3) / 4]])
    attempt.gives(want, x, torch.tensor([[1.0], [0.0]]), torch.tensor([[0.0], [1.0]]))


@gate.part("any sizes")
def any_sizes(attempt):
    for batch, d_model, d_mlp in (((2, 3), 4, 6), ((5,), 3, 3), ((1, 1), 2, 5)):
        x, W_gate = attempt.randn(*batch, d_model), attempt.randn(d_model, d_mlp)
        W_in = attempt.randn(d_model, d_mlp)
        a, b = (torch.einsum("...d,dm->...m", x, W) for W in (W_gate, W_in))
        attempt.gives(a * b / (1 + torch.exp(-a)), x, W_gate, W_in, rtol=1e-3, atol=1e-5)


gate.contract(
    lambda attempt: (attempt.randn(2, 3), attempt.randn(3, 4), attempt.randn(3, 4)),
    wrt=("x", "W_gate", "W_in"),
)


# --- 13.5 ---

outliers = exercise(
    "13.5",
    directions.ordinary,
    title="Positions that are out of all proportion",
    points=1,
    hints=(
        "The length of each position's vector: `x.norm(dim=-1)`. One median, over all positions.",
        "`lengths.median()` without a dimension runs over all entries.",
        "`lengths = x.norm(dim=-1)`; `return lengths <= factor * lengths.median()`",
    ),
)


def plain_ordinary(x, factor):
    """The formula, for edits."""
    lengths = x.norm(dim=-1)
    middle = lengths.median()
    return lengths <= factor * middle


outliers.edits(
    {
        "you compared with the mean: a few huge lengths move the mean, the median stays": (
            ".median()",
            ".mean()",
        ),
        "you took a median for each sequence: one, over all positions": (
            "lengths.median()",
            "lengths.median(-1, keepdim=True).values",
        ),
        "`factor` is missing: half of all positions are above the median": ("factor * middle", "middle"),
        "you gave the positions that are out of proportion: the ordinary ones are wanted": ("<=", ">"),
        "the length is the root of the sum of squares: you took the square": (
            "x.norm(dim=-1)",
            "x.square().sum(-1)",
        ),
        "the length is the root of the sum of squares: you took the largest entry": (
            "x.norm(dim=-1)",
            "x.abs().amax(-1)",
        ),
        "the length is the root of the sum of squares: you summed the sizes of the entries": (
            "x.norm(dim=-1)",
            "x.abs().sum(-1)",
        ),
        "you centred x first: what counts is the length from 0": (
            "x.norm(dim=-1)",
            "(x - x.flatten(0, -2).mean(0)).norm(dim=-1)",
        ),
        "at exactly `factor` times the median a position is still ordinary: <=": ("<=", "<"),
    },
    of=plain_ordinary,
)


@outliers.part("by hand")
def lengths_by_hand(attempt):
    x = torch.tensor(
        [[3.0, 4], [6, 8], [0, 5], [16, 12], [0, 21]]
    )  # lengths 5, 10, 5, 20, 21: the median is 10
    attempt.gives(torch.tensor([True, True, True, True, False]), x, 2.0)
    attempt.gives(torch.tensor([True, True, True, False, False]), x, 1.5)


@outliers.part("two sequences")
def two_sequences(attempt):
    for factor in (1.5, 3.0):
        scales = torch.tensor([[1.0, 2, 3, 4, 100], [10, 20, 5, 6, 200]])
        unit = F.normalize(attempt.randn(2, 5, 4) + 1, dim=-1)
        middle = sorted(scales.flatten().tolist())[4]
        attempt.gives(scales <= factor * middle, unit * scales[..., None], factor)


@outliers.part("random vectors")
def random_lengths(attempt):
    for shape in ((3, 7, 5), (33, 3)):
        x = attempt.randn(*shape) * (1 + attempt.rand(*shape[:-1], 1) * 3) + 1
        lengths = sorted((sum(v * v for v in row) ** 0.5) for row in x.flatten(0, -2).tolist())
        middle = lengths[(len(lengths) - 1) // 2]
        want = torch.tensor(
            [sum(v * v for v in row) ** 0.5 <= 1.3 * middle for row in x.flatten(0, -2).tolist()]
        )
        attempt.gives(want.view(shape[:-1]), x, 1.3)


# --- 13.6 ---

means = exercise(
    "13.6",
    directions.difference_of_means,
    title="From one mean to another",
    points=1,
    hints=(
        "Two means: of the rows where `in_class` is true, and of the others. A boolean tensor picks rows: "
        "`x[in_class]`.",
        "Their difference, class minus the rest, divided by its own length.",
        "`d = x[in_class].mean(0) - x[~in_class].mean(0)`; `return d / d.norm()`",
    ),
)


def plain_means(x, in_class):
    """The formula, for edits."""
    d = x[in_class].mean(0) - x[~in_class].mean(0)
    return d / d.norm()


OTHERS = "x[~in_class].mean(0)"

means.edits(
    {
        "the direction points away from the class: class minus the rest": (
            f"x[in_class].mean(0) - {OTHERS}",
            f"{OTHERS} - x[in_class].mean(0)",
        ),
        "you subtracted nothing: the mean of the class holds what all tokens share": (f" - {OTHERS}", ""),
        "you divided by the length squared": ("d.norm()", "d.square().sum()"),
        "its length should be 1": (" / d.norm()", ""),
        "you summed instead of averaging: the larger class wins": [
            ("x[in_class].mean(0)", "x[in_class].sum(0)"),
            (OTHERS, "x[~in_class].sum(0)"),
        ],
        "each mean was scaled to length 1 before the difference": [
            ("x[in_class].mean(0)", "F.normalize(x[in_class].mean(0), dim=0)"),
            (OTHERS, "F.normalize(x[~in_class].mean(0), dim=0)"),
        ],
        "each token was scaled to length 1 before the mean": [
            ("x[in_class].mean(0)", "F.normalize(x, dim=-1)[in_class].mean(0)"),
            (OTHERS, "F.normalize(x, dim=-1)[~in_class].mean(0)"),
        ],
        "you divided by the largest entry: the length is the root of the sum of squares": (
            "d.norm()",
            "d.abs().max()",
        ),
        "you took medians": [
            ("x[in_class].mean(0)", "x[in_class].median(0).values"),
            (OTHERS, "x[~in_class].median(0).values"),
        ],
        "you dropped what is negative: it counts": ("d / d.norm()", "d.relu() / d.relu().norm()"),
    },
    of=plain_means,
)


@means.part("by hand")
def means_by_hand(attempt):
    x = torch.tensor([[4.0, 1], [2, 3], [0, 6], [0, 6], [0, 6]])  # means (3, 2) and (0, 6)
    attempt.gives(torch.tensor([0.6, -0.8]), x, torch.tensor([True, True, False, False, False]))


@means.part("random tokens")
def random_tokens(attempt):
    for tokens, d_model in ((20, 5), (7, 3)):
        x = attempt.randn(tokens, d_model) * 2 + attempt.randn(d_model)
        in_class = torch.arange(tokens) % 3 == 1
        inside, outside = x[1::3], torch.stack([row for t, row in enumerate(x) if t % 3 != 1])
        d = inside.sum(0) / len(inside) - outside.sum(0) / len(outside)
        attempt.gives(d / (d * d).sum() ** 0.5, x, in_class, rtol=1e-3, atol=1e-5)


means.contract(lambda attempt: (attempt.randn(9, 4), torch.arange(9) % 2 == 0), wrt=("x",))
