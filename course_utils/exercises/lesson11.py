"""Exercises of lesson 11, Circuits and automated interpretability."""

from __future__ import annotations

import torch

from course_utils.checks.registry import exercise
from course_utils.interp import circuits, explanations, interference

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


def mean_of_products(weights, acts, p):
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
    of=mean_of_products,
)

FOUR_TOKENS = (
    torch.tensor([[2.0, -1, 0], [4, 0, 1]]),
    torch.tensor([[1.0, 0], [0, 2], [3, 0], [0, 0]]),
    torch.tensor([[0.5, 0.5, 0], [0.5, 0.25, 0.25], [0.2, 0.8, 0], [1, 0, 0]]),
)


@effective.part("a case by hand")
def effect_by_hand(attempt):
    # means over four tokens of a² p (1 − p): unit 0 (.25 + 9 × .16) / 4 for logits 0 and 1, 0 for logit 2;
    # unit 1: 4 × .25 / 4, 4 × .1875 / 4, 4 × .1875 / 4
    want = torch.tensor([[2 * 0.4225, 0.4225 / 2, 0], [8 * 0.25, 0, 0.1875 / 2]])
    attempt.gives(want, *FOUR_TOKENS)


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


# --- 11.5 ---

from_sums = exercise(
    "11.5",
    explanations.correlation_from_sums,
    title="A correlation from two sums",
    points=2,
    hints=(
        "Let y be 1 where the statement holds, else 0. Write the covariance as the mean of a·y less the "
        "product of the means. Which of your two sums is Σ a y, and which is Σ y?",
        "The mean of y is count / n, and as y² = y its variance is share (1 − share). Divide the covariance "
        "by both standard deviations.",
        "`share = count / len(acts)`; numerator `total / len(acts) - share * acts.mean(0)[:, None]`; "
        "denominator `acts.std(0, correction=0)[:, None] * (share * (1 - share)).sqrt()`; 0 where that is 0.",
    ),
)


def covariance_over_lengths(acts, total, count):
    n, mean, spread = len(acts), acts.mean(0)[:, None], acts.std(0, correction=0)[:, None]
    share = count / n
    lengths = spread * (share * (1 - share)).sqrt()
    covariance = total / n - share * mean
    return torch.where(lengths > 1e-9, covariance / lengths.clamp_min(1e-9), 0.0)


from_sums.edits(
    {
        "you left out the mean: the covariance is the mean of a·y less share × mean": (" - share * mean", ""),
        "you took off the mean once: only the share of the tokens where the statement holds brings it in": (
            "share * mean",
            "mean",
        ),
        "you divided by the variance of the statement: divide by its root": (".sqrt()", ""),
        "you left out the statement's standard deviation": (
            "spread * (share * (1 - share)).sqrt()",
            "spread * (share > 0) * (share < 1)",
        ),
        "you left out the unit's standard deviation": ("lengths = spread * ", "lengths = (spread > 0) * "),
        "the variance of a yes-or-no statement is share × (1 − share): (1 − share) is missing": (
            "share * (1 - share)",
            "share * (share < 1)",
        ),
        "you divided by the unit's variance: divide by its standard deviation": (
            "lengths = spread * ",
            "lengths = spread**2 * ",
        ),
        "std divides by n − 1 unless told otherwise: use correction=0, as the rest divides by n": (
            ", correction=0",
            "",
        ),
        "you took one mean over all units: each unit has its own": ("acts.mean(0)[:, None]", "acts.mean()"),
        "you took one standard deviation for all units": (
            "acts.std(0, correction=0)[:, None]",
            "acts.std(correction=0) * (acts.std(0, correction=0)[:, None] > 0)",
        ),
        "a statement that always or never holds, or a unit that never changes, gets 0: you divided by 0": (
            "torch.where(lengths > 1e-9, covariance / lengths.clamp_min(1e-9), 0.0)",
            "covariance / lengths",
        ),
        "total / count is the mean where it holds; the covariance needs the mean over all tokens": (
            "total / n - share * mean",
            "(total / count.clamp_min(1) - mean) * (count > 0)",
        ),
    },
    of=covariance_over_lengths,
)
from_sums.variants(
    {
        "you took the absolute value: the sign says whether the unit fires where the statement holds": (
            lambda result: result.abs()
        ),
        "you squared the correlation": lambda result: result**2,
    },
    of=covariance_over_lengths,
)

FIVE = torch.tensor([[1.0, 0, 4], [1, 0, 4], [0, 3, 4], [0, 1, 4]])  # a detector, its rival, a constant


@from_sums.part("a case by hand")
def by_hand(attempt):
    # statements: the first two tokens; the third alone. Unit 1 less its mean: −1 −1 2 0, length √6.
    total = torch.tensor([[2.0, 0], [0, 3], [8, 4]])
    count = torch.tensor([[2.0, 1]]).expand(3, 2)
    want = torch.tensor([[1.0, -(3**-0.5)], [-2 / 6**0.5, 2 / (6 * 0.75) ** 0.5], [0, 0]])
    attempt.gives(want, FIVE, total, count)


@from_sums.part("the correlation of random statements")
def random_statements(attempt):
    for tokens, units, statements in ((8, 3, 5), (200, 1, 7), (60, 6, 2)):
        says = (attempt.rand(tokens, statements) < 0.3).float()
        says[0], says[1] = 1, 0
        acts = (attempt.randn(tokens, units) + says[:, :1] + attempt.rand(units)).relu() * (
            1 + 3 * attempt.rand(units)
        )
        acts[0] += 1
        both = torch.cat([acts.T, says.T]).double()
        want = torch.corrcoef(both)[:units, units:].float()
        attempt.gives(want, acts, acts.T @ says, says.sum(0).expand(units, -1).clone(), rtol=1e-3, atol=1e-4)


@from_sums.part("nothing to follow")
def never_and_always(attempt):
    acts = attempt.rand(6, 2)
    total = torch.stack([torch.zeros(2), acts.sum(0)], dim=1)
    attempt.gives(torch.zeros(2, 2), acts, total, torch.tensor([[0.0, 6], [0, 6]]), atol=1e-3)


# --- 11.6 ---

sums = exercise(
    "11.6",
    explanations.conjunction_sums,
    title="All candidates in one product",
    points=2,
    returns="total, count",
    hints=(
        "Take one unit and one predicate first: `(acts[:, u] * rule[:, u] * holds[p]).sum()`. A sum over "
        "tokens of a product is an entry of a matrix product.",
        "`holds` is predicates × tokens, `acts * rule` is tokens × units. Their product has all the totals, "
        "turned round. And what is in the rule is either where the predicate holds or where it doesn't.",
        "`inside = acts * rule`, `total = (holds @ inside).T`, `count = (holds @ rule).T`; for the negations "
        "`inside.sum(0)[:, None] - total` and `rule.sum(0)[:, None] - count`; then `torch.cat(..., dim=1)`.",
    ),
)


def with_einsum(acts, rule, holds):
    inside = acts * rule
    total = torch.einsum("tu,pt->up", inside, holds)
    count = torch.einsum("tu,pt->up", rule, holds)
    no_total, no_count = inside.sum(0)[:, None] - total, rule.sum(0)[:, None] - count
    return torch.cat([total, no_total], dim=1), torch.cat([count, no_count], dim=1)


sums.edits(
    {
        "the rule so far is missing in the totals: a candidate is the rule *and* one more condition": (
            "inside = acts * rule",
            "inside = acts",
        ),
        "the rule so far is missing in the counts": (
            '"tu,pt->up", rule',
            '"tu,pt->up", torch.ones_like(rule)',
        ),
        "the negations come after the predicates: yours come first": [
            ("[total, no_total]", "[no_total, total]"),
            ("[count, no_count]", "[no_count, count]"),
        ],
        "“and not” stays inside the rule: you took what is left of all tokens": [
            ("inside.sum(0)", "acts.sum(0)"),
            ("rule.sum(0)[:, None]", "len(rule)"),
        ],
        "the negations' totals stay inside the rule: take off from the rule's total": (
            "inside.sum(0)",
            "acts.sum(0)",
        ),
        "the negations' counts stay inside the rule": ("rule.sum(0)[:, None]", "len(rule)"),
        "the negations are missing": [("[total, no_total]", "[total]"), ("[count, no_count]", "[count]")],
        "the second half is “and not”: yours repeats the first": [
            ("[total, no_total]", "[total, total]"),
            ("[count, no_count]", "[count, count]"),
        ],
        "total and count are swapped": (
            "torch.cat([total, no_total], dim=1), torch.cat([count, no_count], dim=1)",
            "torch.cat([count, no_count], dim=1), torch.cat([total, no_total], dim=1)",
        ),
        "you averaged where a sum is asked for": (
            "return torch.cat([total",
            "return torch.cat([total / len(acts)",
        ),
        "the counts count tokens, whatever the activation": (
            '"tu,pt->up", rule',
            '"tu,pt->up", (inside > 0).to(acts)',
        ),
    },
    of=with_einsum,
)


def small_case():
    acts = torch.tensor([[1.0, 0], [2, 5], [4, 0], [8, 7]])
    rule = torch.tensor([[1.0, 1], [1, 0], [0, 1], [1, 1]])
    holds = torch.tensor([[1.0, 1, 0, 0], [0, 1, 1, 1], [0, 0, 0, 0]])
    return acts, rule, holds


@sums.part("a case by hand")
def four_tokens(attempt):
    total = torch.tensor([[3.0, 10, 0, 8, 1, 11], [0, 7, 0, 7, 0, 7]])
    count = torch.tensor([[2.0, 2, 0, 1, 1, 3], [1, 2, 0, 2, 1, 3]])
    attempt.gives((total, count), *small_case())


@sums.part("one by one")
def one_by_one(attempt):
    for tokens, units, statements in ((30, 2, 4), (7, 5, 1), (12, 1, 3)):
        acts = attempt.rand(tokens, units)
        rule = (attempt.rand(tokens, units) < 0.6).float()
        holds = (attempt.rand(statements, tokens) < 0.4).float()
        total, count = torch.zeros(units, 2 * statements), torch.zeros(units, 2 * statements)
        for u in range(units):
            for p in range(statements):
                yes, no = rule[:, u] * holds[p], rule[:, u] * (1 - holds[p])
                total[u, p], count[u, p] = (acts[:, u] * yes).sum(), yes.sum()
                total[u, statements + p], count[u, statements + p] = (acts[:, u] * no).sum(), no.sum()
        attempt.gives((total, count), acts, rule, holds, atol=1e-4)


# --- 11.7 ---

detector = exercise(
    "11.7",
    explanations.detection,
    title="Told apart from look-alikes",
    points=2,
    returns="random, lookalike",
    hints=(
        "Both numbers have the same first half: the share of the firing tokens where the rule says yes.",
        "For the second: count, for each token of the vocabulary, how often it fires and how often it is "
        "quiet (`bincount`). A quiet token weighs firing / quiet of its own kind, a firing one 0.",
        "`weight = (firing / quiet.clamp_min(1))[tokens] * ~fires`; then `(weight * ~says).sum() / "
        "weight.sum()` is the weighted share of quiet tokens where it says no; half the sum with the hits.",
    ),
)


def by_bincount(says, fires, tokens):
    size = int(tokens.max()) + 1
    firing, quiet = tokens[fires].bincount(minlength=size), tokens[~fires].bincount(minlength=size)
    weight = (firing / quiet.clamp_min(1))[tokens]
    weight = weight * ~fires
    hits = says[fires].float().mean()
    random = (~says[~fires]).float().mean()
    lookalike = (weight * ~says).sum() / weight.sum().clamp_min(1e-9)
    return ((hits + random) / 2).item(), ((hits + lookalike) / 2).item()


RETURNED = "((hits + random) / 2).item(), ((hits + lookalike) / 2).item()"
detector.edits(
    {
        "the two are swapped: all quiet tokens first, look-alikes second": (
            RETURNED,
            "((hits + lookalike) / 2).item(), ((hits + random) / 2).item()",
        ),
        "that is plain accuracy: balanced accuracy gives firing and quiet tokens the same say": (
            "((hits + random) / 2).item(), ",
            "(says == fires).float().mean().item(), ",
        ),
        "a look-alike weighs firing / quiet of its token: you gave all of them the same weight": (
            "(firing / quiet.clamp_min(1))[tokens]",
            "(firing > 0)[tokens]",
        ),
        "the firing tokens of each kind share their weight among its quiet ones: divide by their number": (
            "firing / quiet.clamp_min(1)",
            "firing * 1.0",
        ),
        "only quiet tokens are look-alikes: firing ones weigh 0": (
            "weight = weight * ~fires",
            "weight = weight",
        ),
        "you turned quiet / firing round": (
            "firing / quiet.clamp_min(1)",
            "(firing > 0) * quiet / firing.clamp_min(1)",
        ),
        "among the quiet tokens a rule is right where it says *no*": [
            ("(~says[~fires])", "(says[~fires])"),
            ("weight * ~says", "weight * says"),
        ],
        "among the look-alikes a rule is right where it says *no*": ("weight * ~says", "weight * says"),
        "the share of hits is of the firing tokens; you took the share of the yeses that are right": (
            "says[fires].float().mean()",
            "fires[says].float().mean().nan_to_num(0)",
        ),
        "take the half of each sum": (
            RETURNED,
            "(hits + random).item(), (hits + lookalike).item()",
        ),
        "against look-alikes the hits count as well": (
            "((hits + lookalike) / 2).item()",
            "lookalike.item()",
        ),
    },
    of=by_bincount,
)


def say(attempt, random, lookalike, says, fires, tokens):
    got = attempt.call(says, fires, tokens)
    both = list(got) if isinstance(got, torch.Tensor) and got.ndim else got  # a tensor of two unpacks as well
    got = attempt.expect_members(both, 2, "random, lookalike")
    attempt.expect_close(got[0], random, tried="the rule against all quiet tokens", atol=1e-4)
    attempt.expect_close(got[1], lookalike, tried="the rule against look-alikes", atol=1e-4)


TOKENS = torch.tensor([5, 5, 5, 5, 2, 2, 2, 0, 0, 7])
FIRES = torch.tensor([1, 1, 0, 0, 1, 0, 0, 0, 0, 0]).bool()


@detector.part("a rule that looks at the token alone")
def token_alone(attempt):
    # 2 of 3 firing are a 5; of 7 quiet ones 2 are. Look-alikes: two 5s of weight 1, two 2s of weight ½.
    say(attempt, (2 / 3 + 5 / 7) / 2, 0.5, TOKENS == 5, FIRES, TOKENS)


@detector.part("a rule that sees more")
def sees_more(attempt):
    says = torch.tensor([1, 1, 1, 0, 0, 0, 0, 1, 1, 0]).bool()
    # quiet: a 5 of weight 1 and two 0s of weight 0 are wrongly said
    say(attempt, (2 / 3 + 4 / 7) / 2, (2 / 3 + 2 / 3) / 2, says, FIRES, TOKENS)


detector.edits(
    {
        "a token that never stands quiet has no look-alikes: divide by the weights' own sum": (
            "weight.sum().clamp_min(1e-9)",
            "fires.sum().clamp_min(1)",
        )
    }
)


@detector.part("a token that always fires")
def always_fires(attempt):
    tokens = torch.tensor([4, 4, 1, 1, 1, 3])
    fires = torch.tensor([1, 1, 1, 0, 0, 0]).bool()
    says = torch.tensor([1, 0, 1, 1, 0, 0]).bool()
    # 2 of 3 firing have a yes; of 3 quiet ones 2 have a no, of the look-alikes (both are a 1) one
    say(attempt, 2 / 3, (2 / 3 + 1 / 2) / 2, says, fires, tokens)


@detector.part("random cases")
def random_rules(attempt):
    for size, n in ((6, 400), (3, 60)):
        tokens = attempt.randint(0, size, (n,))
        fires = attempt.rand(n) < 0.05 + 0.1 * tokens
        fires[:2], tokens[:2] = torch.tensor([True, False]), 1
        says = attempt.rand(n) < 0.2 + 0.5 * fires
        hits = says[fires].sum().item() / fires.sum().item()
        no = (~says & ~fires).sum().item() / (~fires).sum().item()
        right = every = 0.0
        for token in range(size):
            here = tokens == token
            quiet = (here & ~fires).sum().item()
            if quiet:
                firing = (here & fires).sum().item()
                every += firing
                right += firing * (here & ~fires & ~says).sum().item() / quiet
        say(attempt, (hits + no) / 2, (hits + right / every) / 2, says, fires, tokens)


# --- 11.8 ---

by_token = exercise(
    "11.8",
    explanations.token_means,
    title="Take the token off",
    points=2,
    hints=(
        "You need, for every token of the vocabulary, a sum over the rows of `acts` at which it stands, and "
        "how often it stands there.",
        "`torch.zeros(d_vocab, units).index_add(0, tokens, acts)` adds row t of `acts` to row `tokens[t]`. "
        "`tokens.bincount(minlength=d_vocab)` counts.",
        "`torch.where(count[:, None] > 0, total / count[:, None].clamp_min(1), acts.mean(0))`.",
    ),
)


def one_hot_product(acts, tokens, d_vocab):
    member = torch.nn.functional.one_hot(tokens, d_vocab).to(acts)
    total, count = member.T @ acts, member.sum(0)[:, None]
    everywhere = acts.mean(0)
    return torch.where(count > 0, total / count.clamp_min(1), everywhere)


by_token.edits(
    {
        "a token that doesn't occur gets the unit's mean over all tokens, not 0": ("everywhere)", "0.0)"),
        "that mean is each unit's own: you took one for all": ("acts.mean(0)", "acts.mean()"),
        "you stopped at the sum: divide by how often the token occurs": (
            "total / count.clamp_min(1)",
            "total",
        ),
        "divide by how often the token occurs, not by the number of all tokens": (
            "count.clamp_min(1)",
            "len(acts)",
        ),
        "you divided by 0: a token that doesn't occur has no mean of its own": (
            "torch.where(count > 0, total / count.clamp_min(1), everywhere)",
            "total / count",
        ),
        "you averaged over the tokens where the unit fires: silent ones count as well": (
            "member.sum(0)[:, None]",
            "(member.T @ (acts > 0).to(acts))",
        ),
        "return the table of means, one row a token of the vocabulary: you gave each token's": (
            "return torch.where(count > 0, total / count.clamp_min(1), everywhere)",
            "return torch.where(count > 0, total / count.clamp_min(1), everywhere)[tokens]",
        ),
        "return the means: taking them off comes after": (
            "return torch.where(count > 0, total / count.clamp_min(1), everywhere)",
            "return acts - torch.where(count > 0, total / count.clamp_min(1), everywhere)[tokens]",
        ),
        "the mean over all is over tokens as they occur, not over the vocabulary's means": (
            "acts.mean(0)",
            "(total / count.clamp_min(1))[count[:, 0] > 0].mean(0)",
        ),
    },
    of=one_hot_product,
)
by_token.variants(
    {
        "you took the activations as yes or no: their size counts": lambda acts: (acts > 0).to(acts),
        "you made negative values 0: what is given need not be an activation": lambda acts: acts.relu(),
    },
    of=one_hot_product,
)


@by_token.part("a case by hand")
def three_kinds(attempt):
    acts = torch.tensor([[1.0, 0], [3, 0], [2, 6], [0, -2]])
    tokens = torch.tensor([4, 4, 1, 4])
    want = torch.tensor([[1.5, 1], [2, 6], [1.5, 1], [1.5, 1], [4 / 3, -2 / 3], [1.5, 1]])
    attempt.gives(want, acts, tokens, 6)


@by_token.part("random tokens")
def random_tokens(attempt):
    for n, units, size in ((50, 3, 9), (5, 1, 12), (40, 2, 40)):
        acts, tokens = attempt.randn(n, units) + 0.5, attempt.randint(0, size, (n,))
        rows = [
            acts[tokens == token].mean(0) if (tokens == token).any() else acts.mean(0)
            for token in range(size)
        ]
        attempt.gives(torch.stack(rows), acts, tokens, size, atol=1e-5)


by_token.contract(lambda attempt: (attempt.randn(20, 2), attempt.randint(0, 5, (20,)), 7))
