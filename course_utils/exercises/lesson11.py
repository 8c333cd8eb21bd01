"""Exercises of lesson 11, Circuits and automated interpretability."""

from __future__ import annotations

import torch

from course_utils.checks.registry import exercise
from course_utils.interp import circuits, interference

# --- 11.1 ---

apart = exercise(
    "11.1",
    circuits.contributions,
    title="Take a latent apart",
    points=2,
    hints=(
        "There is one scale per token: that of the whole residual stream, `parts.sum(0)`. Every part is "
        "divided by the same one.",
        "Each part loses its own mean: the means of the parts add up to the mean of the sum.",
        "`scale = (parts.sum(0).var(-1, correction=0) + 1e-5).sqrt()`, then `normed = (parts - "
        "parts.mean(-1, keepdim=True)) / scale[:, None] * ln_w`, and `(normed @ W_in * on) @ reads`.",
    ),
)


def part_by_part(parts, ln_w, W_in, on, reads):
    whole = parts.sum(0)
    scale = (whole.var(-1, correction=0) + 1e-5).sqrt()
    shifted = parts - parts.mean(-1, keepdim=True)
    normed = shifted / scale[:, None] * ln_w
    return (normed @ W_in * on) @ reads


apart.edits(
    {
        "each part was divided by its own scale: freeze the scale of the whole, one per token": (
            "scale[:, None]",
            "(parts.var(-1, correction=0, keepdim=True) + 1e-5).sqrt()",
        ),
        "you took no mean off: the LayerNorm shifts to mean 0": (
            "parts - parts.mean(-1, keepdim=True)",
            "parts",
        ),
        "you took the mean over the parts: LayerNorm's mean is over d_model": (
            "parts.mean(-1, keepdim=True)",
            "parts.mean(0)",
        ),
        "you took the mean of the whole off every part: each part loses its own": (
            "parts.mean(-1, keepdim=True)",
            "whole.mean(-1, keepdim=True)",
        ),
        "you divided by the variance: divide by its root": (".sqrt()", ""),
        "the variance divides by d, not by d − 1: `correction=0`": ("correction=0", "correction=1"),
        "the 1e-5 under the root is missing": (" + 1e-5", ""),
        "you didn't divide by the scale": (" / scale[:, None]", ""),
        "one scale for all tokens: each token has its own": (
            "whole.var(-1, correction=0)",
            "whole.var(-1, correction=0).mean().expand(len(whole))",
        ),
        "the LayerNorm's weight ln_w is missing": (" * ln_w", ""),
        "you divided by the LayerNorm's weight: it multiplies": ("* ln_w", "/ ln_w"),
        "you counted every neuron: those that are off pass nothing on": (" * on", ""),
        "you counted the neurons that are off: it is those that are on that pass things on": (
            "* on",
            "* ~on",
        ),
        "you applied the ReLU to each part: it is frozen, on or off as it was for the whole": (
            "normed @ W_in * on",
            "(normed @ W_in).relu()",
        ),
        "you applied the ReLU to each part as well: frozen means on or off, and negative parts count": (
            "normed @ W_in * on",
            "(normed @ W_in).relu() * on",
        ),
    },
    of=part_by_part,
)
apart.variants(
    {
        "the sign is turned round": lambda result: -result,
        "you took sizes: a part may speak against the latent": lambda result: result.abs(),
        "that is each part's share of the sum: give the contributions themselves": lambda result: (
            result / result.sum(0)
        ),
        "you took the size of the latent's weights: their signs count": lambda reads: reads.abs(),
    },
    of=part_by_part,
)


@apart.part("a case by hand")
def two_parts(attempt):
    # parts (4, 0), (0, 2) sum to (4, 2): variance 1; less their means (2, −2), (−1, 1); times (1, 2): (2,
    # −4), (−1, 2). W_in makes (2, −4, −2) and (−1, 2, 1); neurons 0 and 2 are on, the latent reads (1, 5, 3)
    parts = torch.tensor([[[4.0, 0]], [[0, 2]]])
    W_in = torch.tensor([[1.0, 0, 1], [0, 1, 1]])
    on, reads = torch.tensor([[True, False, True]]), torch.tensor([1.0, 5, 3])
    attempt.gives(
        torch.tensor([[-4.0], [2.0]]), parts, torch.tensor([1.0, 2]), W_in, on, reads, rtol=1e-3, atol=1e-3
    )


def stream_case(attempt, parts, tokens, d_model, d_mlp):
    return (
        attempt.randn(parts, tokens, d_model) + 0.5,
        attempt.randn(d_model) + 1,
        attempt.randn(d_model, d_mlp),
        attempt.rand(tokens, d_mlp) < 0.4,
        attempt.randn(d_mlp),
    )


@apart.part("the parts add up")
def adds_up(attempt):
    """The sum over parts is what the LayerNorm, W_in and the switches make of the whole."""
    for sizes in ((5, 7, 6, 9), (3, 1, 8, 8), (2, 4, 4, 4)):
        parts, ln_w, W_in, on, reads = stream_case(attempt, *sizes)
        normed = torch.nn.functional.layer_norm(parts.sum(0), ln_w.shape, ln_w)
        want = ((normed @ W_in) * on) @ reads
        got = attempt.call(parts, ln_w, W_in, on, reads)
        attempt.expect_shape(got, tuple(parts.shape[:2]))
        attempt.expect_close(
            got.sum(0), want, tried="the sum of the contributions over the parts", rtol=1e-3, atol=1e-4
        )


@apart.part("each part by itself")
def each_part(attempt):
    parts, ln_w, W_in, on, reads = stream_case(attempt, 4, 3, 6, 5)
    scale = (parts.sum(0).var(-1, correction=0) + 1e-5).sqrt()
    want = torch.zeros(4, 3)
    for k in range(4):
        for t in range(3):
            r = (parts[k, t] - parts[k, t].mean()) / scale[t] * ln_w
            want[k, t] = sum(reads[n] * (r @ W_in[:, n]) for n in range(5) if on[t, n])
    attempt.gives(want, parts, ln_w, W_in, on, reads, rtol=1e-3, atol=1e-4)


@apart.part("a quiet token")
def small_stream(attempt):
    parts, ln_w, W_in, on, reads = stream_case(attempt, 3, 4, 6, 5)
    parts = parts / 300  # here the 1e-5 counts
    normed = torch.nn.functional.layer_norm(parts.sum(0), ln_w.shape, ln_w)
    got = attempt.call(parts, ln_w, W_in, on, reads)
    want = ((normed @ W_in) * on) @ reads
    attempt.expect_close(got.sum(0), want, tried="the sum over the parts", rtol=1e-3, atol=1e-4)


apart.contract(lambda attempt: stream_case(attempt, 3, 2, 5, 4))


# --- 11.2 ---

virtual = exercise(
    "11.2",
    circuits.virtual_weights,
    title="A table from tokens to latents",
    points=2,
    hints=(
        "Go backwards from a latent: which direction of the residual stream raises it? Start with its column "
        "of W_enc, weighted by the slopes.",
        "`(slopes * W_enc.T) @ W_in.T` has a row for each latent, in d_model. Then the LayerNorm's weight, "
        "and its mean.",
        "`slope = ((slopes * W_enc.T) @ W_in.T) * ln_w`, then `embedded @ (slope - slope.mean(-1, "
        "keepdim=True)).T`.",
    ),
)


def tokens_forward(embedded, ln_w, W_in, slopes, W_enc):
    shifted = embedded - embedded.mean(-1, keepdim=True)
    neurons = (shifted * ln_w) @ W_in
    return neurons @ (slopes.T * W_enc)


virtual.edits(
    {
        "you took no mean off: the LayerNorm shifts each token's vector to mean 0": (
            "embedded - embedded.mean(-1, keepdim=True)",
            "embedded",
        ),
        "you took off the mean over the vocabulary: the LayerNorm's mean is over d_model": (
            "embedded.mean(-1, keepdim=True)",
            "embedded.mean(0)",
        ),
        "the LayerNorm's weight ln_w is missing": (" * ln_w", ""),
        "the slopes are missing: a neuron that is off where the latent fires passes nothing on": (
            "slopes.T * W_enc",
            "W_enc",
        ),
        "you turned the slopes into yes or no: they hold the LayerNorm's scale as well": (
            "slopes.T",
            "(slopes.T > 0)",
        ),
        "one slope for all latents: each has its own": (
            "slopes.T",
            "slopes.T.mean(1, keepdim=True)",
        ),
        "you put a ReLU in: the slopes stand for it": (
            "(shifted * ln_w) @ W_in",
            "((shifted * ln_w) @ W_in).relu()",
        ),
        "the result is transposed: a row for each token, a column for each latent": (
            "neurons @ (slopes.T * W_enc)",
            "(neurons @ (slopes.T * W_enc)).T",
        ),
    },
    of=tokens_forward,
)
virtual.variants(
    {
        "the sign is turned round": lambda result: -result,
        "you dropped what is negative: a token may speak against a latent": lambda result: result.relu(),
        "you took off each latent's mean over the tokens: the formula leaves it in": lambda result: (
            result - result.mean(0)
        ),
        "you made the embeddings unit vectors: they count at their own length": lambda embedded: (
            torch.nn.functional.normalize(embedded, dim=-1)
        ),
    },
    of=tokens_forward,
)


@virtual.part("a case by hand")
def table_by_hand(attempt):
    # less their means (1, −1), (−2, 2); times (1, 3): (1, −3), (−2, 6); W_in makes (1, −3, −2), (−2, 6, 4);
    # slopes times W_enc: (2, 0, 3) for latent 0, (0, 1, −1) for latent 1
    embedded, ln_w = torch.tensor([[2.0, 0], [1, 5]]), torch.tensor([1.0, 3])
    W_in = torch.tensor([[1.0, 0, 1], [0, 1, 1]])
    slopes = torch.tensor([[2.0, 0, 1], [0, 0.5, 1]])
    W_enc = torch.tensor([[1.0, 7], [4, 2], [3, -1]])
    attempt.gives(torch.tensor([[-4.0, -1], [8, 2]]), embedded, ln_w, W_in, slopes, W_enc)


def table_case(attempt, vocab, d_model, d_mlp, latents):
    return (
        attempt.randn(vocab, d_model) + 0.3,
        attempt.randn(d_model),
        attempt.randn(d_model, d_mlp),
        attempt.rand(latents, d_mlp),
        attempt.randn(d_mlp, latents),
    )


@virtual.part("any sizes")
def any_sizes(attempt):
    for sizes in ((9, 4, 6, 3), (5, 5, 5, 5), (3, 6, 2, 7)):
        embedded, ln_w, W_in, slopes, W_enc = table_case(attempt, *sizes)
        want = torch.einsum(
            "vd,d,dn,ln,nl->vl", embedded - embedded.mean(1, keepdim=True), ln_w, W_in, slopes, W_enc
        )
        attempt.gives(want, embedded, ln_w, W_in, slopes, W_enc, rtol=1e-3, atol=1e-4)


@virtual.part("what is added to every coordinate changes nothing")
def shift(attempt):
    embedded, ln_w, W_in, slopes, W_enc = table_case(attempt, 4, 5, 6, 3)
    first = attempt.call(embedded, ln_w, W_in, slopes, W_enc)
    moved = attempt.call(embedded + 2, ln_w, W_in, slopes, W_enc)
    attempt.expect_close(moved, first, rtol=1e-3, atol=1e-3)


virtual.contract(lambda attempt: table_case(attempt, 4, 5, 6, 3))


# --- 11.3 ---

counted = exercise(
    "11.3",
    circuits.transitions,
    title="Who fires next?",
    points=2,
    returns="share, lift",
    hints=(
        "Line up each token with the next one: `fires[:, :-1]` and `fires[:, 1:]`, then tokens in one row.",
        "A product of matrices counts all pairs at once: `now.T @ following`, as floats.",
        "`share = now.T @ following / now.sum(0).clamp_min(1)[:, None]`; `lift = share / following.mean(0)`, "
        "and 0 where that mean is 0.",
    ),
)


def pairs(fires):
    now, following = fires[:, :-1].flatten(0, 1).float(), fires[:, 1:].flatten(0, 1).float()
    both = now.T @ following
    share = both / now.sum(0).clamp_min(1)[:, None]
    everywhere = following.mean(0)
    return share, torch.where(everywhere > 0, share / everywhere.clamp_min(1e-9), 0.0)


counted.edits(
    {
        "you paired a sequence's last token with the next sequence's first: pair within each sequence": (
            "fires[:, :-1].flatten(0, 1).float(), fires[:, 1:].flatten(0, 1).float()",
            "fires.flatten(0, 1)[:-1].float(), fires.flatten(0, 1)[1:].float()",
        ),
        "you counted latents that fire on the same token: compare with the next one": (
            "fires[:, 1:].flatten(0, 1)",
            "fires[:, :-1].flatten(0, 1)",
        ),
        "the direction is turned round: rows come first, columns next": (
            "now.T @ following",
            "following.T @ now",
        ),
        "you divided by how often the column's latent fires: the share is of the row's tokens": (
            "now.sum(0).clamp_min(1)[:, None]",
            "following.sum(0).clamp_min(1)",
        ),
        "you divided by all tokens: the share is of those where the row's latent fires": (
            "now.sum(0).clamp_min(1)[:, None]",
            "len(now)",
        ),
        "you divided along the wrong dimension: each row by its own count": ("[:, None]", ""),
        "that is a count, not a share": (" / now.sum(0).clamp_min(1)[:, None]", ""),
        "lift divides by how often the column's latent fires anywhere, not the row's": (
            "everywhere = following.mean(0)",
            "everywhere = now.mean(0)[:, None]",
        ),
        "lift is a ratio, not a difference": (
            "share / everywhere.clamp_min(1e-9), 0.0)",
            "share - everywhere, 0.0)",
        ),
        "you divided by 0: a latent that never fires has share 0": (".clamp_min(1)", ""),
        "you divided by 0: where column's latent never fires, lift is 0": (
            "torch.where(everywhere > 0, share / everywhere.clamp_min(1e-9), 0.0)",
            "share / everywhere",
        ),
        "lift is a ratio: you took its logarithm": (
            "share / everywhere.clamp_min(1e-9), 0.0)",
            "(share / everywhere.clamp_min(1e-9) + 1e-9).log(), 0.0)",
        ),
    },
    of=pairs,
)
counted.variants(
    {
        "share and lift are swapped": lambda result: (result[1], result[0]),
        "a latent may follow itself: you set the diagonal to 0": lambda result: tuple(
            x - x.diag().diag() for x in result
        ),
    },
    of=pairs,
)

ONE, TWO = [[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 1, 0]], [[1, 1, 0], [0, 0, 0], [0, 0, 0], [1, 0, 0]]


@counted.part("a case by hand")
def transitions_by_hand(attempt):
    # latent 0 fires on three tokens that have a next one; latent 1 follows two of them. Latent 2 never fires.
    # Next tokens: six, latent 0 on two of them, latent 1 on three.
    share = torch.tensor([[0, 2 / 3, 0], [1 / 3, 2 / 3, 0], [0, 0, 0]])
    lift = torch.tensor([[0, 4 / 3, 0], [1, 4 / 3, 0], [0, 0, 0]])
    attempt.gives((share, lift), torch.tensor([ONE, TWO]).bool())


@counted.part("random firing")
def random_firing(attempt):
    for sequences, positions, latents in ((3, 9, 4), (1, 12, 5), (6, 2, 3), (4, 5, 5)):
        often = attempt.rand(latents, low=0.2, high=0.8)
        fires = attempt.rand(sequences, positions, latents) < often
        share, lift = torch.zeros(latents, latents), torch.zeros(latents, latents)
        for i in range(latents):
            for j in range(latents):
                n = sum(fires[s, p, i].item() for s in range(sequences) for p in range(positions - 1))
                both = sum(
                    (fires[s, p, i] & fires[s, p + 1, j]).item()
                    for s in range(sequences)
                    for p in range(positions - 1)
                )
                everywhere = fires[:, 1:, j].float().mean().item()
                share[i, j] = both / max(n, 1)
                lift[i, j] = share[i, j] / everywhere if everywhere else 0
        attempt.gives((share, lift), fires, rtol=1e-3, atol=1e-5)


# --- 11.4 ---

effective = exercise(
    "11.4",
    interference.effectiveness,
    title="Does the weight do anything?",
    points=2,
    hints=(
        "The weight's own part, w²/2, stands outside the mean. Inside is a sum over tokens of a²(token, "
        "unit) times p(1 − p)(token, logit).",
        "A sum over tokens of one factor by unit and one by logit is a product of matrices.",
        "`weights.square() / 2 * (acts.square().T @ (p * (1 - p))) / len(p)`.",
    ),
)


def with_einsum(weights, acts, p):
    spread = p * (1 - p)
    mean = torch.einsum("tu,tv->uv", acts**2, spread) / len(p)
    return weights**2 * mean / 2


effective.edits(
    {
        "the ½ is missing": (" / 2", ""),
        "the weight counts squared": ("weights**2", "weights.abs()"),
        "the weight counts squared, and its sign goes": ("weights**2", "weights"),
        "the activation counts squared, token by token": ("acts**2", "acts"),
        "you averaged the activation before squaring: square token by token": (
            "acts**2",
            "acts.mean(0).expand_as(acts) ** 2",
        ),
        "the spread of one logit is p (1 − p): you took p": ("p * (1 - p)", "p"),
        "the spread of one logit is p (1 − p): you took p²": ("p * (1 - p)", "p**2"),
        "the spread of one logit is p (1 − p): you took 1 − p": ("p * (1 - p)", "1 - p"),
        "the spread is a variance: you took its root": ("p * (1 - p)", "(p * (1 - p)).sqrt()"),
        "you averaged p before taking p (1 − p): take it token by token": (
            "p * (1 - p)",
            "p.mean(0).expand_as(p) * (1 - p.mean(0))",
        ),
        "you averaged activations and spread apart: they belong together, token by token": (
            'torch.einsum("tu,tv->uv", acts**2, spread) / len(p)',
            "(acts**2).mean(0)[:, None] * spread.mean(0)",
        ),
        "that is the sum over tokens: give the mean": (" / len(p)", ""),
        "you divided by the tokens where the unit is on: the mean is over all tokens": (
            "/ len(p)",
            "/ (acts != 0).sum(0).clamp_min(1)[:, None]",
        ),
    },
    of=with_einsum,
)

TOKENS = (
    torch.tensor([[2.0, -1, 0], [4, 0, 1]]),
    torch.tensor([[1.0, 0], [0, 2], [3, 0], [0, 0]]),
    torch.tensor([[0.5, 0.5, 0], [0.5, 0.25, 0.25], [0.2, 0.8, 0], [1, 0, 0]]),
)


@effective.part("a case by hand")
def effect_by_hand(attempt):
    # means over four tokens of a² p (1 − p): unit 0 (.25 + 9 × .16) / 4 for logits 0 and 1, 0 for logit 2;
    # unit 1: 4 × .25 / 4, 4 × .1875 / 4, 4 × .1875 / 4
    want = torch.tensor([[2 * 0.4225, 0.4225 / 2, 0], [8 * 0.25, 0, 0.1875 / 2]])
    attempt.gives(want, *TOKENS)


def effect_case(attempt, units, tokens, vocab):
    p = (2 * attempt.randn(tokens, vocab)).softmax(-1)
    return attempt.randn(units, vocab), attempt.randn(tokens, units).relu(), p


@effective.part("any sizes")
def effect_any(attempt):
    for sizes in ((3, 11, 5), (6, 4, 6), (5, 5, 5), (1, 7, 2)):
        weights, acts, p = effect_case(attempt, *sizes)
        want = torch.zeros_like(weights)
        for t in range(len(p)):
            want += acts[t].square()[:, None] * (p[t] - p[t].square()) / len(p)
        attempt.gives(want * weights.square() / 2, weights, acts, p, rtol=1e-3, atol=1e-6)


@effective.part("it is the KL of a small change")
def effect_small(attempt):
    """Against the divergence itself, where the weight is small."""
    weights, acts, p = effect_case(attempt, 2, 9, 4)
    weights, p = weights.double() / 100, p.double()
    p = p / p.sum(-1, keepdim=True)
    want = torch.zeros(2, 4, dtype=torch.float64)
    for u in range(2):
        for v in range(4):
            change = -acts[:, u].double() * weights[u, v]
            want[u, v] = ((p[:, v] * change.expm1()).log1p() - p[:, v] * change).mean()
    attempt.gives(want, weights, acts.double(), p, rtol=0.05, atol=1e-12)


effective.contract(lambda attempt: effect_case(attempt, 3, 5, 4))
