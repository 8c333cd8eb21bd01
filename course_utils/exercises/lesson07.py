"""Exercises of lesson 07: the parts of a transformer, the baseline to beat, and what drives a neuron."""

from __future__ import annotations

import itertools
import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.checks.registry import exercise
from course_utils.lm import baselines, model, neurons

TITLE = "A toy transformer"

# --- 7.1 ---

last_token = exercise(
    "7.1",
    baselines.bigram,
    title="A baseline that looks one token back",
    points=2,
    hints=(
        "Three steps: the unigram P(b) from all tokens, the table of pair counts, the formula. The pairs of "
        "a sequence are `tokens[:, :-1]` and `tokens[:, 1:]`.",
        "`torch.bincount` counts whole numbers. Make each pair one whole number, `a * d_vocab + b`, count "
        "with `minlength=d_vocab**2`, and make a table of it with `.view(d_vocab, d_vocab)`.",
        "`p = torch.bincount(tokens.flatten(), minlength=d_vocab) + 1`, divided by its sum; `counts` as "
        "above; return `(counts + prior * p) / (counts.sum(1, keepdim=True) + prior)`.",
    ),
)


def plain_bigram(tokens, d_vocab, prior):
    """The formula in one function, for edits."""
    p = torch.bincount(tokens.flatten(), minlength=d_vocab) + 1
    p = p / p.sum()
    pairs = tokens[:, :-1] * d_vocab + tokens[:, 1:]
    counts = torch.bincount(pairs.flatten(), minlength=d_vocab**2).view(d_vocab, d_vocab)
    return (counts + prior * p) / (counts.sum(1, keepdim=True) + prior)


N_A = "counts.sum(1, keepdim=True)"

last_token.edits(
    {
        "the unigram counts all tokens: you left out the last of each sequence": (
            "tokens.flatten()",
            "tokens[:, :-1].flatten()",
        ),
        "the unigram counts all tokens: you left out the first of each sequence": (
            "tokens.flatten()",
            "tokens[:, 1:].flatten()",
        ),
        "the unigram is divided by the sum of n_b: divide by the sum of n_b + 1": (
            "p / p.sum()",
            "p / tokens.numel()",
        ),
        "each row has its own n_a: `counts.sum(1, keepdim=True)`, else the columns are divided": (
            N_A,
            "counts.sum(1)",
        ),
        "s is missing below: each row is divided by n_a + s": (f"({N_A} + prior)", N_A),
        "you divided by n_a + s · `d_vocab`: the P(b) sum to 1, so a row gets s in all": (
            f"{N_A} + prior",
            f"{N_A} + prior * d_vocab",
        ),
        "the counts are transposed: n_ab has a, the earlier token, in its row": (
            ".view(d_vocab, d_vocab)",
            ".view(d_vocab, d_vocab).T",
        ),
        "each row gets `prior` in full for every b: multiply it by P(b)": ("prior * p", "prior"),
        "P(b) runs along the rows: it belongs to the column b": ("prior * p", "prior * p[:, None]"),
        "you counted pairs across the border of two sequences": (
            "tokens[:, :-1] * d_vocab + tokens[:, 1:]",
            "tokens.flatten()[:-1] * d_vocab + tokens.flatten()[1:]",
        ),
        "every row falls back on the uniform distribution, not on P(b), the unigram": (
            "p / p.sum()",
            "1 / d_vocab",
        ),
        "the unigram lacks its + 1: a token that was never seen has probability 0": (
            "minlength=d_vocab) + 1",
            "minlength=d_vocab)",
        ),
        "a pair that comes twice was counted once: `counts[a, b] += 1` with index tensors keeps one": (
            ".view(d_vocab, d_vocab)",
            ".view(d_vocab, d_vocab).clamp(max=1)",
        ),
        "n_a counts the pairs that begin with a, not all tokens a: a sequence's last token begins none": (
            N_A,
            "torch.bincount(tokens.flatten(), minlength=d_vocab)[:, None]",
        ),
        "the prior is missing: rows of rare tokens are not smoothed": [
            ("prior * p", "0"),
            (f"({N_A} + prior)", N_A),
        ],
        "the prior is added to every entry: it is shared out by P(b)": [
            ("prior * p", "prior"),
            (f"{N_A} + prior", f"{N_A} + prior * d_vocab"),
        ],
        "you added 1 to each pair as well: only the unigram has a + 1": (
            "minlength=d_vocab**2).view(d_vocab, d_vocab)",
            "minlength=d_vocab**2).view(d_vocab, d_vocab) + 1",
        ),
        "you returned counts: divide by n_a + s": (f" / ({N_A} + prior)", ""),
    },
    of=plain_bigram,
)
last_token.variants(
    {
        "the table is transposed: row a holds P(b | a), so rows sum to 1": lambda result: result.T,
        "you returned log probabilities": lambda result: result.log(),
    }
)


def expect_bigram(attempt, tokens: Int[Tensor, "seq pos"], d_vocab: int, prior: float) -> None:
    """Hold a bigram against the formula, worked out token by token and pair by pair."""
    seen, pairs = torch.ones(d_vocab), torch.zeros(d_vocab, d_vocab)
    for row in tokens.tolist():
        for token in row:
            seen[token] += 1
        for a, b in itertools.pairwise(row):
            pairs[a, b] += 1
    shared_out = prior * seen / seen.sum()
    want = [(pairs[a] + shared_out) / (pairs[a].sum() + prior) for a in range(d_vocab)]
    attempt.gives(torch.stack(want), tokens, d_vocab, prior)


@last_token.part("two sequences by hand")
def bigram_by_hand(attempt):
    tokens = torch.tensor([[0, 1, 1, 0, 1], [0, 1, 1, 1, 1]])  # pairs 00: 0, 01: 3, 10: 1, 11: 4
    p = torch.tensor([4 / 12, 8 / 12])
    want = torch.stack([(torch.tensor([0, 3]) + 2 * p) / 5, (torch.tensor([1, 4]) + 2 * p) / 7])
    attempt.gives(want, tokens, 2, 2.0)


@last_token.part("a token that was never seen")
def never_seen(attempt):
    expect_bigram(attempt, torch.tensor([[0, 1, 1, 2], [2, 0, 1, 0]]), 5, 3.0)


@last_token.part("random sequences, another prior")
def random_sequences(attempt):
    expect_bigram(attempt, attempt.randint(0, 6, (5, 9)), 7, 0.5)
    expect_bigram(attempt, attempt.randint(0, 4, (1, 30)), 4, 20.0)


class Watched(torch.Tensor):
    """A tensor that notes how large a tensor is made of it."""

    largest = 0

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        result = super().__torch_function__(function, types, args, kwargs or {})
        if isinstance(result, Tensor):
            Watched.largest = max(Watched.largest, result.nelement())
        return result


@last_token.part("many tokens fit into the memory")
def fits_into_memory(attempt):
    tokens, d_vocab = attempt.randint(0, 50, (30, 100)), 50
    Watched.largest = 0
    attempt.call(tokens.as_subclass(Watched), d_vocab, 20.0)
    attempt.expect(
        Watched.largest <= 10 * (tokens.numel() + d_vocab**2),
        expected=f"from {tokens.numel()} tokens of {d_vocab} kinds, tables of a few thousand numbers",
        got=f"one of {Watched.largest} numbers",
        mistake="you made a vector of length `d_vocab` for each token: with millions of tokens that is more "
        "than the memory holds. Count with `torch.bincount`",
    )


# --- 7.2 ---

norm = exercise(
    "7.2",
    model.layer_norm,
    title="Layer norm",
    points=1,
    hints=(
        "Mean and variance are taken over the last dimension only: `x.mean(-1, keepdim=True)` keeps a "
        "dimension of size 1 there, so that it broadcasts against `x`.",
        "Subtract the mean first. The variance is then the mean of the squares of what is left.",
        "`x = x - x.mean(-1, keepdim=True)`; `variance = x.pow(2).mean(-1, keepdim=True)`; return "
        "`x / (variance + eps).sqrt() * w + b`.",
    ),
)


def plain_norm(x, w, b, eps):
    """The formula, for edits."""
    x = x - x.mean(-1, keepdim=True)
    variance = x.pow(2).mean(-1, keepdim=True)
    return x / (variance + eps).sqrt() * w + b


CENTRED = "x = x - x.mean(-1, keepdim=True)"
VARIANCE = "x.pow(2).mean(-1, keepdim=True)"
ROOT = "(variance + eps).sqrt()"
NO_EPS = "ε is missing, or isn't the argument `eps`"
NOT_LENGTH = "you divided by the vector's length: the variance is the *mean* of the squares, over d"

norm.edits(
    {
        "the variance divides by d, not by d − 1: `unbiased=False`": (VARIANCE, "x.var(-1, keepdim=True)"),
        "you forgot to subtract the mean": (CENTRED, ""),
        "the mean is subtracted for the variance but not from x": [
            (CENTRED, "centred = x - x.mean(-1, keepdim=True)"),
            ("x.pow(2)", "centred.pow(2)"),
        ],
        "ε stands under the root, beside the variance": (ROOT, "(variance.sqrt() + eps)"),
        "two mistakes: the variance divides by d, not by d − 1, and ε stands under the root": [
            (VARIANCE, "x.var(-1, keepdim=True)"),
            (ROOT, "(variance.sqrt() + eps)"),
        ],
        NO_EPS: (" + eps", ""),
        "you divided by the variance, not by its root": (ROOT, "(variance + eps)"),
        "you forgot b": (" + b", ""),
        "you forgot w": (" * w", ""),
        "you forgot w and b": (" * w + b", ""),
        "b is added before multiplying by w": (
            f"x / {ROOT} * w + b",
            f"(x / {ROOT} + b) * w",
        ),
        "you averaged over the batch: each vector is normalised by itself, over its last dimension": [
            (CENTRED, "x = x - x.mean(0)"),
            (VARIANCE, "x.pow(2).mean(0)"),
        ],
        "you averaged over the whole tensor: each vector is normalised by itself": [
            (CENTRED, "x = x - x.mean()"),
            (VARIANCE, "x.pow(2).mean()"),
        ],
        "the variance moves with x, and so does its gradient: you detached it": (
            ROOT,
            "(variance.detach() + eps).sqrt()",
        ),
        "mean and variance move with x, and so do their gradients: you detached them": [
            (CENTRED, "x = x - x.mean(-1, keepdim=True).detach()"),
            (ROOT, "(variance.detach() + eps).sqrt()"),
        ],
        "the variance is that of x minus its mean: you squared x itself": [
            (CENTRED, "mean = x.mean(-1, keepdim=True)"),
            ("return x /", "return (x - mean) /"),
        ],
        NOT_LENGTH: (VARIANCE, "x.pow(2).sum(-1, keepdim=True)"),
    },
    of=plain_norm,
)
norm.edits(
    {NO_EPS: (" + eps", " + 1e-5"), NOT_LENGTH: (ROOT, "(x.norm(dim=-1, keepdim=True) + eps)")}, of=plain_norm
)


@norm.part("by hand")
def norm_by_hand(attempt):
    w, b = torch.tensor([1.0, 2, 3, 4]), torch.tensor([0.5, 0, 0, -1])
    # mean 3, differences −2, −1, 0, 3, variance 3.5; with ε = 0.5 the root is 2
    attempt.gives(torch.tensor([-0.5, -1, 0, 5]), torch.tensor([1.0, 2, 3, 6]), w, b, 0.5)
    # the second has mean 0 and variance 8.5, so its root is 3
    x = torch.tensor([[1.0, 2, 3, 6], [5, -2, -2, -1]])
    attempt.gives(torch.tensor([[-0.5, -1, 0, 5], [13 / 6, -4 / 3, -2, -7 / 3]]), x, w, b, 0.5)


@norm.part("a batch of sequences")
def norm_of_a_batch(attempt):
    for shape, eps in (((3, 4, 6), 0.3), ((5, 3), 1e-5), ((1, 2), 0.1)):
        x, w, b = 3 * attempt.randn(*shape) + 2, attempt.randn(shape[-1]), attempt.randn(shape[-1])
        rows = []
        for row in x.flatten(0, -2):
            mean = row.sum() / len(row)
            rows.append((row - mean) / (((row - mean) ** 2).sum() / len(row) + eps) ** 0.5 * w + b)
        attempt.gives(torch.stack(rows).view(shape), x, w, b, eps, rtol=1e-3, atol=1e-5)


@norm.part("a vector without variance")
def norm_without_variance(attempt):
    b = torch.tensor([1.0, -2.0, 3.0])
    got = attempt.call(torch.full((2, 3), 7.0), torch.ones(3), b, 1e-5, finite=False)
    attempt.expect(got.isfinite().all(), expected=f"b = {b.tolist()}", got=got, mistake="you forgot ε: 0/0")
    attempt.expect_close(got, b.expand(2, 3), atol=1e-4)


norm.contract(
    lambda attempt: (attempt.randn(2, 3, 4), attempt.randn(4), attempt.randn(4), 0.1), wrt=("x", "w", "b")
)


# --- 7.3 ---

who = exercise(
    "7.3",
    model.attention_pattern,
    title="Who attends to whom",
    points=3,
    hints=(
        "First the scores: the dot product of each query with each key of the same sequence and head. "
        '`torch.einsum` says it in one line: `"bqhd,bkhd->bhqk"`.',
        "Then the mask: `torch.ones(n, n, dtype=torch.bool).triu(1)` is true where the key comes after the "
        "query. Set those scores to `-torch.inf` with `masked_fill`, before the softmax.",
        "`scores = torch.einsum(...) / q.shape[-1] ** 0.5`; return "
        "`scores.masked_fill(future, -torch.inf).softmax(-1)`. The mask must be on `q.device`.",
    ),
)


def plain_pattern(q, k):
    """The formula, for edits."""
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return scores.masked_fill(future, -torch.inf).softmax(-1)


SCALE = "/ q.shape[-1] ** 0.5"
MASKED = "scores.masked_fill(future, -torch.inf)"
OVER_OTHERS = "the softmax runs over the heads or the batch: it runs over the keys"

who.edits(
    {
        "you forgot to divide the scores by √d_head": (SCALE, ""),
        "you divided by d_head, not by its root": (SCALE, "/ q.shape[-1]"),
        "you divided by the root of d_model: each head has its own d_head": (
            SCALE,
            "/ (q.shape[-1] * q.shape[-2]) ** 0.5",
        ),
        "you divided by the root of the number of positions": (SCALE, "/ q.shape[1] ** 0.5"),
        "you divided by the root of the number of heads: it is the size of a head, d_head": (
            SCALE,
            "/ q.shape[2] ** 0.5",
        ),
        "no mask: every position sees the whole sequence": (MASKED, "scores"),
        "the mask is off by one: each position sees the next token, the one it must predict": (
            "triu(1)",
            "triu(2)",
        ),
        "a row is masked from end to end, so its softmax is 0/0: a position must see itself": (
            "triu(1)",
            "triu(0)",
        ),
        "the mask is the wrong way round: it hides the past": ("triu(1)", "tril(-1)"),
        "the mask is inverted: it hides what a position may see": ("triu(1)", "tril()"),
        "the softmax runs over the queries: each query's row sums to 1, over the keys": (
            "softmax(-1)",
            "softmax(-2)",
        ),
        OVER_OTHERS: ("softmax(-1)", "softmax(1)"),
        "you masked after the softmax: what is left of a row no longer sums to 1": (
            f"{MASKED}.softmax(-1)",
            "scores.softmax(-1).tril()",
        ),
        "you masked with 0 before the softmax, and exp(0) = 1: mask with −∞": ("-torch.inf", "0"),
        "you subtracted the mask's ones instead of −∞": (MASKED, "(scores - future.float())"),
        "0 · (−∞) is NaN: set the future's scores to −∞ with `masked_fill`, and only the future's": (
            MASKED,
            "(scores + future * -torch.inf)",
        ),
        "you stopped at the scores, masked with 0: the softmax is missing": (
            "-torch.inf).softmax(-1)",
            "0)",
        ),
        "you stopped at the masked scores: the softmax is missing": (".softmax(-1)", ""),
        "you detached the queries, or the keys: training needs the gradient of both": (
            'hqk", q,',
            'hqk", q.detach(),',
        ),
    },
    of=plain_pattern,
)
who.edits(
    {
        OVER_OTHERS: ("softmax(-1)", "softmax(0)"),
        "you detached the queries, or the keys: training needs the gradient of both": (
            "q, k) /",
            "q, k.detach()) /",
        ),
    },
    of=plain_pattern,
)
who.variants(
    {
        "queries and keys are swapped": lambda q, k: (k, q),
        "the pattern is transposed: its last dimension is the key": lambda result: result.mT,
        "the heads come before the positions in the result: [batch, head, query, key]": lambda result: (
            result.transpose(1, 2)
        ),
        "the head is the last axis: move it before the query, [batch, head, query, key]": lambda result: (
            result.permute(0, 2, 3, 1)
        ),
    }
)


@who.mistake("each position compares its heads with one another: move the head before the position first")
def heads_compared(q, k):
    scores = q @ k.mT / q.shape[-1] ** 0.5
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return scores.masked_fill(future, -torch.inf).softmax(-1)


@who.mistake("a position may see itself: yours is hidden from it, wherever there is an earlier one")
def itself_hidden(q, k):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    hidden = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(0)
    hidden[0, 0] = False
    return scores.masked_fill(hidden, -torch.inf).softmax(-1)


def pattern_by_loops(
    q: Float[Tensor, "batch pos head d_head"], k: Float[Tensor, "batch pos head d_head"]
) -> Float[Tensor, "batch head query key"]:
    """One query at a time."""
    batch, n, heads, d_head = q.shape
    want = torch.zeros(batch, heads, n, n)
    for s, h, i in itertools.product(range(batch), range(heads), range(n)):
        scores = k[s, : i + 1, h] @ q[s, i, h] / math.sqrt(d_head)
        want[s, h, i, : i + 1] = scores.softmax(0)
    return want


@who.part("by hand")
def pattern_by_hand(attempt):
    # two positions, three heads of four numbers; with √4 below, the second row's scores are 0 and log 3
    q, k = torch.zeros(1, 2, 3, 4), torch.zeros(1, 2, 3, 4)
    q[0, :, 0, 0] = torch.tensor([4.0, 2.0])
    k[0, :, 0, 0] = torch.tensor([0.0, math.log(3)])
    want = torch.tensor([[1.0, 0.0], [0.5, 0.5]]).repeat(1, 3, 1, 1)
    want[0, 0, 1] = torch.tensor([0.25, 0.75])
    attempt.gives(want, q, k, atol=1e-5)
    # three positions: the last row's scores are −log 2, −log 4, −log 2
    q, k = torch.tensor([1.0, 2.0, -1.0]), torch.tensor([2.0, 4.0, 2.0]).log()
    want = torch.tensor([[1.0, 0, 0], [0.2, 0.8, 0], [0.4, 0.2, 0.4]])
    attempt.gives(want[None, None], q.view(1, 3, 1, 1), k.view(1, 3, 1, 1), atol=1e-5)


@who.part("several sequences and heads")
def pattern_of_several(attempt):
    for shape in ((2, 5, 3, 4), (3, 4, 2, 7)):
        q, k = attempt.randn(*shape), attempt.randn(*shape)
        attempt.gives(pattern_by_loops(q, k), q, k, atol=1e-5)


@who.part("one position, one head")
def one_position(attempt):
    attempt.gives(torch.ones(2, 1, 1, 1), attempt.randn(2, 1, 1, 3), attempt.randn(2, 1, 1, 3))


@who.part("the future does not matter")
def future_does_not_matter(attempt):
    q, k = attempt.randn(1, 6, 2, 3), attempt.randn(1, 6, 2, 3)
    later = k.clone()
    later[:, 4:] = attempt.randn(1, 2, 2, 3)
    before, after = (attempt.call(q, keys)[:, :, :4] for keys in (k, later))
    attempt.expect(
        torch.allclose(before, after, rtol=0, atol=1e-6),
        tried="new keys at positions 4 and 5",
        expected="rows 0 to 3 as before",
        got=f"they moved by up to {(before - after).abs().max():.3g}",
        mistake="a position sees keys that come after it",
    )


@who.part("very low scores for the past")
def low_scores(attempt):
    q, k = torch.ones(1, 3, 1, 1), torch.tensor([-2e6, -2e6, 0.0]).view(1, 3, 1, 1)
    want = torch.tensor([[1.0, 0, 0], [0.5, 0.5, 0], [0, 0, 1]])[None, None]
    got = attempt.call(q, k, finite=False)
    attempt.expect(
        got.isfinite().all(),
        expected=want,
        got=got,
        mistake="`exp` of scores so low rounds to 0, so their row is 0/0: mask with −∞ first, then take "
        "the `softmax`, which subtracts the largest score that is left",
    )
    attempt.expect(
        not got.triu(1).any(),
        expected=want,
        got=got,
        mistake="a finite mask such as −100 is not low enough for these scores: mask with −∞",
    )
    attempt.expect_close(got, want)


@who.part("large scores")
def large_scores(attempt):
    q = 300 * attempt.randn(1, 4, 1, 8)
    got = attempt.call(q, q, finite=False)
    attempt.expect(
        got.isfinite().all(),
        expected="finite numbers",
        got=got,
        mistake="`exp` of a large score overflows: `softmax` subtracts the largest score first",
    )
    attempt.expect_close(got, pattern_by_loops(q, q), atol=1e-4)


who.contract(lambda attempt: (attempt.randn(2, 3, 2, 4), attempt.randn(2, 3, 2, 4)), wrt=("q", "k"))


# --- 7.4 ---

moving = exercise(
    "7.4",
    model.attention_out,
    title="Move information, and add the heads up",
    points=2,
    hints=(
        "Two sums. The first runs over the keys: position q of head h gets the sum of pattern[q, k] · v[k]. "
        "The second runs over the heads and their d_head numbers.",
        'Einsum for the first: `z = torch.einsum("bhqk,bkhd->bqhd", pattern, v)`. For the second, `h` and '
        "`d` must both disappear.",
        '`torch.einsum("bqhd,hdm->bqm", z, W_O) + b_O`: one bias for all heads together.',
    ),
)

ADDED_UP = 'torch.einsum("bqhd,hdm->bqm", z, W_O)'

moving.edits(
    {
        "you forgot b_O": (" + b_O", ""),
        "b_O was added once for every head: add it after the sum": (" + b_O", " + len(W_O) * b_O"),
        "you averaged the heads: their outputs add up": (ADDED_UP, f"{ADDED_UP} / len(W_O)"),
        "the pattern is transposed: its last dimension, the key, meets the position of v": (
            "bhqk,bkhd->bqhd",
            "bhkq,bkhd->bqhd",
        ),
        "the heads are joined in another order than W_O's: head first, then d_head": (
            ADDED_UP,
            "z.mT.flatten(2) @ W_O.flatten(0, 1)",
        ),
        "you did not sum over the heads": ("hdm->bqm", "hdm->bqhm"),
        "every head uses the first head's W_O": (ADDED_UP, 'torch.einsum("bqhd,dm->bqm", z, W_O[0])'),
        "the heads were not moved back behind the positions before they were joined": (
            ADDED_UP,
            "z.transpose(1, 2).reshape(len(v), v.shape[1], -1) @ W_O.flatten(0, 1)",
        ),
        "the heads were added up before W_O: each has its own": (
            ADDED_UP,
            'torch.einsum("bqd,hdm->bqm", z.sum(2), W_O)',
        ),
        "you only took the first head": (ADDED_UP, "z[:, :, 0] @ W_O[0]"),
        "you only took the last head": (ADDED_UP, "z[:, :, -1] @ W_O[-1]"),
        "the heads are in reverse order": (ADDED_UP, ADDED_UP.replace(" z,", " z.flip(2),")),
    }
)
moving.variants(
    {
        "the pattern is not used: each position only gets its own values": lambda pattern: torch.eye(
            pattern.shape[-1]
        ).expand_as(pattern),
        "every head uses the mean pattern of all heads": lambda pattern: pattern.mean(
            1, keepdim=True
        ).expand_as(pattern),
    }
)


def random_heads(attempt, batch: int, pos: int, heads: int, d_head: int, d_model: int) -> tuple[Tensor, ...]:
    """A pattern without future, v, W_O, b_O."""
    pattern = attempt.rand(batch, heads, pos, pos, low=0.1).tril()
    v, W_O = attempt.randn(batch, pos, heads, d_head), attempt.randn(heads, d_head, d_model)
    return pattern / pattern.sum(-1, keepdim=True), v, W_O, attempt.randn(d_model)


@moving.part("one head that looks one token back")
def looks_back(attempt):
    pattern = torch.tensor([[1.0, 0, 0], [1, 0, 0], [0, 1, 0]])[None, None]
    v, W_O = torch.tensor([1.0, 2.0, 4.0]).view(1, 3, 1, 1), torch.tensor([[[1.0, 10.0]]])
    want = torch.tensor([[1.5, 10], [1.5, 10], [2.5, 20]])[None]
    attempt.gives(want, pattern, v, W_O, torch.tensor([0.5, 0.0]))


@moving.part("two heads by hand")
def two_heads(attempt):
    pattern = torch.tensor([[[1.0, 0], [1, 0]], [[1, 0], [0.5, 0.5]]])[None]  # looks back; averages
    v = torch.tensor([[[1.0, 2], [2, 4]], [[3, 4], [4, 8]]])[None]  # [batch, pos, head, d_head]
    W_O = torch.tensor([[1.0, 10], [100, 1000]])[..., None] * torch.tensor([1.0, -1.0])
    # z: heads (1, 2), (2, 4) at the first position, (1, 2), (3, 6) at the second; W_O makes digits of them
    want = torch.tensor([[4221.0, -4221], [6321, -6321]]) + torch.tensor([-3000.0, 500])
    attempt.gives(want[None], pattern, v, W_O, torch.tensor([-3000.0, 500]))


@moving.part("several heads, random weights")
def several_heads(attempt):
    for sizes in ((2, 5, 3, 4, 6), (1, 3, 2, 2, 5), (2, 1, 2, 3, 4)):
        pattern, v, W_O, b_O = random_heads(attempt, *sizes)
        want = b_O + sum(pattern[:, h] @ v[:, :, h] @ W_O[h] for h in range(len(W_O)))
        attempt.gives(want, pattern, v, W_O, b_O, atol=1e-4)


@moving.part("its gradients")
def gradients_of_heads(attempt):
    pattern, *others = (t.requires_grad_() for t in random_heads(attempt, 2, 3, 2, 4, 5))
    past = pattern.tril()  # an answer may leave the future out: it is 0
    leaves = dict(zip(("pattern", "v", "W_O", "b_O"), (pattern, *others), strict=True))
    attempt.expect_gradient(attempt.call(past, *others), model.attention_out(past, *others), leaves)


moving.contract(lambda attempt: random_heads(attempt, 2, 3, 2, 4, 5))


# --- 7.5 ---

hooked = exercise(
    "7.5",
    model.mlp,
    title="The neurons, with a hook",
    points=2,
    hints=(
        "Write it without the hook first: a matrix product and a bias, a ReLU, a matrix product and a bias.",
        "A hook is a function. Give it the activations after the ReLU, and go on with *what it returns*.",
        "`hidden = hook_post((x @ W_in + b_in).relu())`; return `hidden @ W_out + b_out`.",
    ),
)

NEURONS = "(x @ W_in + b_in).relu()"

hooked.edits(
    {
        "you forgot b_in": ("@ W_in + b_in", "@ W_in"),
        "you forgot b_out": ("W_out + b_out", "W_out"),
        "you forgot both biases": [("@ W_in + b_in", "@ W_in"), ("W_out + b_out", "W_out")],
        "the ReLU is missing: without it two matrix products are one": (".relu()", ""),
        "the ReLU comes before b_in is added": (NEURONS, "(x @ W_in).relu() + b_in"),
        "the ReLU acts on the output: it belongs on the neurons": (
            f"hook_post({NEURONS}) @ W_out + b_out",
            "(hook_post(x @ W_in + b_in) @ W_out + b_out).relu()",
        ),
        "there is a second ReLU on the output": (
            f"hook_post({NEURONS}) @ W_out + b_out",
            f"(hook_post({NEURONS}) @ W_out + b_out).relu()",
        ),
        "there is a second ReLU, on what the hook returned: go on with that as it is": (
            f"hook_post({NEURONS})",
            f"hook_post({NEURONS}).relu()",
        ),
        "you added x: the residual connection is outside of this function": ("return ", "return x + "),
        "this is GELU, not ReLU": (NEURONS, "F.gelu(x @ W_in + b_in)"),
        "a neuron below 0 is off: you took the absolute value": (NEURONS, "(x @ W_in + b_in).abs()"),
        "this is a leaky ReLU: below 0 it gives 0": (NEURONS, "F.leaky_relu(x @ W_in + b_in)"),
        "what the hook returns is not used: go on with it": (
            "return hook_post(",
            "hook_post((x @ W_in + b_in).relu())\n    return (",
        ),
        "the hook sees the activations before the ReLU: it belongs after it": (
            f"hook_post({NEURONS})",
            "hook_post(x @ W_in + b_in).relu()",
        ),
        "the hook sees the MLP's output: it belongs on the neurons, before W_out": (
            f"hook_post({NEURONS}) @ W_out + b_out",
            f"hook_post({NEURONS} @ W_out + b_out)",
        ),
        "the hook is called twice": (f"hook_post({NEURONS})", f"hook_post(hook_post({NEURONS}))"),
    }
)


def identity(acts):
    return acts


def by_hand() -> tuple[Tensor, ...]:
    """x, W_in, b_in, W_out, b_out. The neurons are relu(1, −1, 2) = 1, 0, 2 and relu(0, 1, 3) = 0, 1, 3."""
    x = torch.tensor([[[1.0, -2.0], [0.0, 0.0]]])
    W_in, b_in = torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]), torch.tensor([0.0, 1.0, 3.0])
    W_out, b_out = torch.tensor([[1.0, 0.0], [5.0, 5.0], [0.0, 2.0]]), torch.tensor([0.1, -9.0])
    return x, W_in, b_in, W_out, b_out


def random_weights(attempt, batch: int = 2, pos: int = 3, d_model: int = 4, d_mlp: int = 6):
    """x, W_in, b_in, W_out, b_out."""
    return (
        attempt.randn(batch, pos, d_model),
        attempt.randn(d_model, d_mlp),
        attempt.randn(d_mlp),
        attempt.randn(d_mlp, d_model),
        attempt.randn(d_model),
    )


@hooked.part("by hand, the hook changing nothing")
def mlp_by_hand(attempt):
    attempt.gives(torch.tensor([[[1.1, -5.0], [5.1, 2.0]]]), *by_hand(), identity)


@hooked.part("random weights")
def mlp_random(attempt):
    for sizes in ((2, 3, 4, 6), (1, 1, 4, 6), (2, 3, 5, 3)):
        x, W_in, b_in, W_out, b_out = random_weights(attempt, *sizes)
        post = (torch.einsum("bpm,mn->bpn", x, W_in) + b_in).clamp(min=0)
        want = torch.einsum("bpn,nm->bpm", post, W_out) + b_out
        attempt.gives(want, x, W_in, b_in, W_out, b_out, identity, atol=1e-4)


@hooked.part("the hook sees the neurons, once")
def hook_sees(attempt):
    seen = []

    def keep(acts):
        seen.append(acts.clone())
        return acts

    inputs = by_hand()
    attempt.call(*inputs, keep)
    attempt.expect(
        len(seen) == 1,
        expected="the hook is called once",
        got=f"it was called {len(seen)} times",
        mistake="call it once, and use what it returned"
        if seen
        else "call `hook_post` with the activations after the ReLU",
    )
    mistake = "the hook sees [batch, pos, d_mlp]"
    attempt.expect_shape(seen[0], (1, 2, 3), tried="what the hook was called with", mistake=mistake)
    neurons_there = torch.tensor([[[1.0, 0, 2], [0, 1, 3]]])
    attempt.expect_close(seen[0], neurons_there, tried="what the hook was called with")


@hooked.part("the hook replaces activations")
def hook_replaces(attempt):
    first_off = torch.tensor([0.0, 1.0, 1.0])
    attempt.gives(torch.tensor([[[0.1, -5.0], [5.1, 2.0]]]), *by_hand(), lambda acts: acts * first_off)
    # 1 − 2 · neurons: (−1, 1, −3) and (1, −1, −5)
    attempt.gives(torch.tensor([[[4.1, -10.0], [-3.9, -24.0]]]), *by_hand(), lambda acts: 1 - 2 * acts)
    x, W_in, b_in, W_out, b_out = random_weights(attempt)
    want = (2 * (x @ W_in + b_in).clamp(min=0) + 1) @ W_out + b_out
    attempt.gives(want, x, W_in, b_in, W_out, b_out, lambda acts: 2 * acts + 1, atol=1e-4)


hooked.contract(
    lambda attempt: (*random_weights(attempt), lambda acts: 2 * acts + 1),
    wrt=("x", "W_in", "b_in", "W_out", "b_out"),
)


# --- 7.6 ---

cost = exercise(
    "7.6",
    model.loss_per_token,
    title="What the next token costs",
    points=2,
    hints=(
        "The logits at position i are a guess at token i + 1. So the last logits have no target, and the "
        "first token has no guess: cut one off each.",
        "`logits.log_softmax(-1)` gives log probabilities over the vocabulary. `gather` picks one of them a "
        "position; its index needs the same number of dimensions: `tokens[:, 1:, None]`. (Or "
        "`F.cross_entropy`, which wants the vocabulary in dimension 1: `logits.mT`.)",
        "`logp = logits[:, :-1].log_softmax(-1)`; return "
        "`-logp.gather(-1, tokens[:, 1:, None]).squeeze(-1)`.",
    ),
)


def plain_loss(logits, tokens):
    """The formula, for edits."""
    logp = logits.log_softmax(-1)
    return -logp[:, :-1].gather(-1, tokens[:, 1:, None])[..., 0]


GUESSES, TARGETS = "logp[:, :-1]", "tokens[:, 1:, None]"

cost.edits(
    {
        "nothing is shifted: you scored each token by the logits that have already seen it": [
            (GUESSES, "logp"),
            (TARGETS, "tokens[..., None]"),
        ],
        "logits and tokens are cut alike: logits[:, :-1] predict tokens[:, 1:]": (
            TARGETS,
            "tokens[:, :-1, None]",
        ),
        "logits and tokens are cut alike, at the start: logits[:, :-1] predict tokens[:, 1:]": (
            GUESSES,
            "logp[:, 1:]",
        ),
        "the shift is the wrong way round: the logits at i predict token i + 1, not i − 1": [
            (GUESSES, "logp[:, 1:]"),
            (TARGETS, "tokens[:, :-1, None]"),
        ],
        "the last position was scored against the first token: leave it out": [
            (GUESSES, "logp"),
            (TARGETS, "tokens.roll(-1, 1)[..., None]"),
        ],
        "there is one dimension too many: `squeeze(-1)` after `gather`": ("[..., 0]", ""),
        "the softmax runs over the positions: it belongs over the vocabulary": ("softmax(-1)", "softmax(1)"),
        "the softmax is missing: logits are no log probabilities": (".log_softmax(-1)", ""),
    },
    of=plain_loss,
)
cost.variants(
    {
        "the last logits have no target: there is one loss less than tokens": (
            lambda result: F.pad(result, (0, 1))
        ),
        "you averaged: return one loss for each token": lambda result: result.mean(),
        "you summed: return one loss for each token": lambda result: result.sum(),
        "you averaged over the sequences: return one loss for each token": lambda result: result.mean(0),
        "you averaged over the positions: return one loss for each token": lambda result: result.mean(1),
        "the result is one flat list: keep the shape [batch, pos-1]": lambda result: result.flatten(),
        "the sign: a loss is −log of the probability": lambda result: -result,
        "you returned the probability, not −log of it": lambda result: (-result).exp(),
        "that is in bits: use the natural logarithm": lambda result: result / math.log(2),
        "you forgot the log: that is minus the probability": lambda result: -(-result).exp(),
        "that is one minus the probability: the loss is −log of it": lambda result: 1 - (-result).exp(),
        "the softmax is applied twice: `cross_entropy` and `log_softmax` take logits": lambda logits: (
            logits.softmax(-1)
        ),
    }
)


@cost.part("by hand")
def cost_by_hand(attempt):
    guesses = torch.tensor(
        [
            [[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.3, 0.3, 0.4]],
            [[0.2, 0.7, 0.1], [0.8, 0.1, 0.1], [0.5, 0.1, 0.4]],
        ]
    )
    tokens = torch.tensor([[0, 2, 1], [1, 1, 0]])
    want = -torch.tensor([[0.2, 0.6], [0.7, 0.8]]).log()
    attempt.gives(want, guesses.log() + torch.tensor([[[3.0], [2.0], [1.0]]]), tokens, atol=1e-5)


@cost.part("several sequences")
def cost_of_several(attempt):
    for batch, pos, d_vocab in ((3, 5, 7), (4, 4, 4), (1, 2, 9)):
        logits, tokens = 2 * attempt.randn(batch, pos, d_vocab), attempt.randint(0, d_vocab, (batch, pos))
        want = torch.zeros(batch, pos - 1)
        for s, i in itertools.product(range(batch), range(pos - 1)):
            want[s, i] = logits[s, i].exp().sum().log() - logits[s, i, tokens[s, i + 1]]
        attempt.gives(want, logits, tokens, atol=1e-5)


@cost.part("a token that the model thought impossible")
def impossible_token(attempt):
    logits = torch.tensor([[[200.0, 0.0, -200.0], [0.0, 0.0, 0.0]]])
    got = attempt.call(logits, torch.tensor([[0, 2]]), finite=False)
    attempt.expect(
        got.isfinite().all(),
        expected="a loss of 400 nats",
        got=got,
        mistake="the probability rounds to 0, and its log is −∞: use `log_softmax`",
    )
    attempt.expect(
        got.shape != (1, 1) or not 5 < got.item() < 150,
        expected="a loss of 400 nats",
        got=got,
        mistake="a floor under the probability (`+ 1e-10`, `clamp`) caps the loss: use `log_softmax`",
    )
    attempt.expect_close(got, torch.tensor([[400.0]]))


cost.contract(lambda attempt: (attempt.randn(2, 3, 4), attempt.randint(0, 4, (2, 3))), wrt=("logits",))


# --- 7.7 ---

by_type = exercise(
    "7.7",
    baselines.loss_by_type,
    title="What each type costs",
    points=2,
    hints=(
        "The loss at position i is the cost of token i + 1. So the types that belong to the losses are "
        "`content_types[:, 1:]`.",
        "`torch.bincount(types, weights=numbers, minlength=n)` adds up the numbers of each type; without "
        "`weights` it counts. Both want one flat row.",
        "`target = content_types[:, 1:].flatten()`; the sums are `torch.bincount(target, "
        "weights=losses.flatten(), minlength=n_types)`; divide by the counts, `.clamp(min=1)`.",
    ),
)

TARGET, COUNTED = "content_types[:, 1:].flatten()", "torch.bincount(target, minlength=n_types).clamp(min=1)"

by_type.edits(
    {
        "loss i belongs to the token that came, i + 1: you took the type of the one before": (
            TARGET,
            "content_types[:, :-1].flatten()",
        ),
        "you divided by all tokens of the type: the first of a sequence has no loss": (
            COUNTED,
            "torch.bincount(content_types.flatten(), minlength=n_types).clamp(min=1)",
        ),
        "you added the losses up: divide by the number of tokens of the type": (
            f"total / {COUNTED}",
            "total",
        ),
        "you divided by the number of all losses: divide by that of the type's": (COUNTED, "losses.numel()"),
        "you divided by the number of types: divide by the number of the type's tokens": (COUNTED, "n_types"),
        "a type without tokens has loss 0, not 0 / 0": (".clamp(min=1)", ""),
        "you added 1 to each count: that is right for none but the types without tokens": (
            COUNTED,
            "(torch.bincount(target, minlength=n_types) + 1)",
        ),
        "you counted the tokens of each type: average their losses": (
            f"total / {COUNTED}",
            "torch.bincount(target, minlength=n_types).float()",
        ),
    }
)
by_type.variants(
    {
        "that is the negative: a loss is not below 0": lambda result: -result,
        "you subtracted the mean over all types: give each type's own": lambda result: result - result.mean(),
    }
)


@by_type.mistake(
    "you averaged in each sequence first: a token counts as much in a short stretch as in a long one"
)
def mean_of_means(losses, content_types, n_types):
    rows = torch.stack(
        [
            baselines.loss_by_type(a[None], b[None], n_types)
            for a, b in zip(losses, content_types, strict=True)
        ]
    )
    present = torch.stack([F.one_hot(b[1:], n_types).any(0) for b in content_types])
    return rows.sum(0) / present.sum(0).clamp(min=1)


@by_type.mistake("there is an entry for each of the `n_types`, also for types that have no token")
def types_that_occur(losses, content_types, n_types):
    result = baselines.loss_by_type(losses, content_types, n_types)
    return result[: int(content_types.max()) + 1]


@by_type.mistake("that is the dearest token of each type: average over all of them")
def dearest(losses, content_types, n_types):
    target = content_types[:, 1:].flatten()
    return torch.zeros(n_types).scatter_reduce(0, target, losses.flatten(), "amax", include_self=False)


@by_type.part("by hand")
def type_by_hand(attempt):
    # the types of the tokens that came: 1, 1, 0 and 2, 1, 1
    losses = torch.tensor([[1.0, 2.0, 7.0], [4.0, 6.0, 9.5]])
    content_types = torch.tensor([[0, 1, 1, 0], [1, 2, 1, 1]])
    attempt.gives(torch.tensor([7.0, 4.625, 4.0, 0.0, 0.0]), losses, content_types, 5)


@by_type.part("random losses")
def random_losses(attempt):
    for seqs, pos, n_types in ((3, 6, 4), (1, 9, 2), (8, 2, 3), (5, 5, 30)):
        losses, content_types = 3 * attempt.rand(seqs, pos - 1), attempt.randint(0, n_types, (seqs, pos))
        sums, counts = [0.0] * n_types, [0] * n_types
        for s, i in itertools.product(range(seqs), range(pos - 1)):
            kind = int(content_types[s, i + 1])
            sums[kind] += float(losses[s, i])
            counts[kind] += 1
        want = torch.tensor([a / max(n, 1) for a, n in zip(sums, counts, strict=True)])
        attempt.gives(want, losses, content_types, n_types, atol=1e-5)


# --- 7.8 ---

drivers = exercise(
    "7.8",
    neurons.content_types_of_strongest,
    title="Which types drive a neuron?",
    points=2,
    hints=(
        "`acts.topk(top, dim=0).indices` gives, for each neuron, the numbers of its strongest tokens: shape "
        "[top, neuron].",
        "Indexing does the rest: `content_types[indices]` are their types. Count each type in each column, "
        "and divide by `top`.",
        "`strongest = content_types[acts.topk(top, dim=0).indices]`; then "
        "`torch.nn.functional.one_hot(strongest, n_types)` has shape [top, neuron, type]. It holds integers, "
        "which have no mean: `.float()` it, average over the first dimension and transpose.",
    ),
)

MEAN = ".float().mean(0)"

drivers.edits(
    {
        "you ranked by size without the sign: −9 is a weak activation, not a strong one": (
            "acts.topk",
            "acts.abs().topk",
        ),
        "you returned counts: divide by `top`": (MEAN, ".sum(0)"),
        "these are the weakest tokens: sort the other way round": ("dim=0)", "dim=0, largest=False)"),
        "you divided by the size of each type: the share is *of the strongest tokens*": (
            MEAN,
            ".sum(0).div(torch.bincount(content_types, minlength=n_types).clamp(min=1))",
        ),
        "you divided by all tokens: divide by `top`": (MEAN, ".sum(0).div(len(content_types))"),
        "you divided by the number of types: divide by `top`": (MEAN, ".sum(0).div(n_types)"),
        "you marked types that occur at all: count them": (MEAN, ".amax(0).float()"),
        "`topk` ranked the neurons of each token; with `dim=0`, each neuron's tokens": (", dim=0", ""),
    }
)
drivers.variants(
    {
        "the result is transposed: one row a type, one column a neuron": lambda result: result.T,
        "one list for all neurons: each neuron has its own strongest tokens": lambda acts: acts.sum(
            1, keepdim=True
        ).expand_as(acts),
    }
)


def marked_by_type(
    mark: Float[Tensor, "token unit"], content_types: Int[Tensor, "token"], n_types: int
) -> Float[Tensor, "k unit"]:
    """The marks of each type's tokens added up."""
    return torch.stack([mark[content_types == k].sum(0) for k in range(n_types)])


@drivers.mistake("tokens that tie with the last one are counted too: take exactly `top`")
def ties_counted(acts, content_types, n_types, top):
    return marked_by_type((acts >= acts.topk(top, dim=0).values[-1]).float(), content_types, n_types) / top


@drivers.mistake("`>` leaves out the weakest of the strongest: take exactly `top`")
def weakest_left_out(acts, content_types, n_types, top):
    return marked_by_type((acts > acts.topk(top, dim=0).values[-1]).float(), content_types, n_types) / top


@drivers.mistake("one ranking for all neurons: rank each neuron's tokens by themselves")
def one_ranking(acts, content_types, n_types, top):
    least = acts.flatten().topk(top * acts.shape[1]).values[-1]
    return marked_by_type((acts >= least).float(), content_types, n_types) / top


@drivers.mistake("you weighted the tokens by their activation: count each once")
def weighted(acts, content_types, n_types, top):
    strongest = torch.zeros_like(acts).scatter(0, *acts.topk(top, dim=0)[::-1])
    return marked_by_type(strongest, content_types, n_types) / strongest.sum(0)


@drivers.mistake("you cut at 0 first: where few activations are positive, the strongest are negative too")
def cut_at_zero(acts, content_types, n_types, top):
    strongest = acts.relu().topk(top, dim=0).indices
    return F.one_hot(content_types[strongest], n_types).float().mean(0).T


@drivers.mistake("you divided by the type's share of all tokens: the share is of the strongest, as it is")
def enrichment(acts, content_types, n_types, top):
    shares = F.one_hot(content_types[acts.topk(top, dim=0).indices], n_types).float().mean(0).T
    of_all = torch.bincount(content_types, minlength=n_types) / len(content_types)
    return shares / of_all.clamp(min=1e-9)[:, None]


@drivers.mistake(
    "there is a row for each of the `n_types`, also for types that drive nothing: tell `one_hot`"
)
def types_from_the_data(acts, content_types, n_types, top):
    return F.one_hot(content_types[acts.topk(top, dim=0).indices]).float().mean(0).T


@drivers.mistake("you took one token too many: exactly `top`")
def one_too_many(acts, content_types, n_types, top):
    strongest = acts.topk(min(top + 1, len(acts)), dim=0).indices
    return F.one_hot(content_types[strongest], n_types).float().mean(0).T


@drivers.mistake("you added up activations: count the strongest tokens")
def activations_added_up(acts, content_types, n_types, top):
    return marked_by_type(acts, content_types, n_types) / acts.sum(0)


@drivers.mistake("you ranked the neurons of each token: rank the tokens of each neuron, dim=0")
def neurons_ranked(acts, content_types, n_types, top):
    strong = F.one_hot(acts.topk(top, dim=1).indices, acts.shape[1]).sum(1).float()
    return marked_by_type(strong, content_types, n_types) / top


@drivers.part("three tokens, two neurons, by hand")
def three_tokens(attempt):
    want = torch.tensor([[0.5, 0.0], [0.5, 1.0], [0.0, 0.0], [0.0, 0.0]])
    acts = torch.tensor([[3.0, 0.5], [2.0, 1.0], [1.0, 4.0]])
    attempt.gives(want, acts, torch.tensor([0, 1, 1]), 4, 2)


@drivers.part("random activations, of any sign")
def random_activations(attempt):
    for tokens, units, n_types, top in ((60, 5, 4, 10), (40, 3, 6, 7), (9, 4, 3, 1), (8, 1, 2, 8)):
        acts, content_types = 3 * attempt.randn(tokens, units), attempt.randint(0, n_types, (tokens,))
        want = torch.zeros(n_types, units)
        for unit in range(units):
            ranked = sorted(range(tokens), key=acts[:, unit].tolist().__getitem__, reverse=True)
            for token in ranked[:top]:
                want[content_types[token], unit] += 1 / top
        attempt.gives(want, acts, content_types, n_types, top)


@drivers.part("large negative values")
def negative_values(attempt):
    acts = torch.tensor([[-9.0, 1.0], [3.0, -7.0], [1.0, 2.0], [2.0, -8.0]])
    attempt.gives(torch.tensor([[0.0, 1.0], [1.0, 0.0]]), acts, torch.tensor([0, 1, 0, 1]), 2, 2)
    # all but the first are negative, so the second strongest is −1, and stands elsewhere in each column
    acts = torch.tensor([[3.0, 4, 2], [-1, -6, -7], [-4, -5, -9], [-8, -1, -3], [-5, -7, -4], [-9, -2, -1]])
    want = torch.zeros(6, 3)
    want[[0, 0, 0, 1, 3, 5], [0, 1, 2, 0, 1, 2]] = 0.5
    attempt.gives(want, acts, torch.arange(6), 6, 2)


@drivers.part("ties at the cut")
def ties(attempt):
    acts, content_types = torch.tensor([[3.0, 1, 1, 1, 0], [0, 2, 5, 1, 4]]).T, torch.tensor([1, 0, 0, 0, 2])
    attempt.gives(torch.tensor([[0.5, 0.5], [0.5, 0.0], [0.0, 0.5]]), acts, content_types, 3, 2)


@drivers.part("a type without tokens")
def type_without_tokens(attempt):
    acts, content_types = attempt.rand(20, 4), attempt.randint(0, 3, (20,))
    got = attempt.call(acts, content_types, 5, 4)
    attempt.expect_shape(got, (5, 4))
    attempt.expect_close(got.float().sum(0), torch.ones(4), tried="sums of the columns")


# --- 7.9 ---

mixture = exercise(
    "7.9",
    neurons.families_that_drive,
    title="How many families?",
    points=2,
    hints=(
        "First which types drive which unit: a table of yes and no, as large as `shares`. Then a family "
        "drives a unit if any of its types does.",
        "`F.one_hot(family)` has a row for each type and a column for each family. Transposed, and times the "
        "table of yes and no, it counts for each family and unit the types that drive.",
        "`drives = shares >= least`; `torch.nn.functional.one_hot(family).T @ drives.long()` counts; then "
        "`(... > 0).sum(0)`.",
    ),
)


def plain_families(shares, family, least):
    """In one function, for edits."""
    drives = shares >= least
    by_family = F.one_hot(family).T @ drives.long()
    return (by_family > 0).sum(0)


mixture.edits(
    {
        "you counted types: two types of one family are one family": ("(by_family > 0)", "drives"),
        "you added up the shares of a family: one type alone has to hold `least`": (
            "by_family = F.one_hot(family).T @ drives.long()",
            "by_family = F.one_hot(family).T.to(shares) @ shares >= least",
        ),
        "a type that holds exactly `least` drives the unit: ≥, not >": ("shares >= least", "shares > least"),
        "those are the families with no more than `least`: the other way round": (
            "shares >= least",
            "shares <= least",
        ),
        "one type is enough for a family to drive: you asked for two": ("by_family > 0", "by_family > 1"),
        "you asked whether any family drives: count them": (
            "(by_family > 0).sum(0)",
            "(by_family > 0).any(0)",
        ),
        "you counted units for each family: one number a unit, sum over dim=0": (
            "(by_family > 0).sum(0)",
            "(by_family > 0).sum(1)",
        ),
        "`least` is given: 10 % is only one value of it": ("shares >= least", "shares >= 0.1"),
        "you counted families that do not drive": ("by_family > 0", "by_family == 0"),
        "that is the table of families and units: count over the families": (
            "(by_family > 0).sum(0)",
            "by_family > 0",
        ),
    },
    of=plain_families,
)


@mixture.mistake("one type of a family is enough: you asked that all of them hold `least`")
def whole_families(shares, family, least):
    held = [(shares[family == f] >= least).all(0) for f in range(int(family.max()) + 1)]
    return torch.stack(held).sum(0)


@mixture.mistake("one type alone has to hold `least`: you averaged the shares of a family")
def mean_of_family(shares, family, least):
    means = [shares[family == f].mean(0) for f in range(int(family.max()) + 1)]
    return (torch.stack(means) >= least).sum(0)


@mixture.mistake("neighbours are not enough: types of one family need not stand next to each other")
def neighbours_only(shares, family, least):
    counts = []
    for column in (shares >= least).T:
        counts.append(len(torch.unique_consecutive(family[column])))
    return torch.tensor(counts)


@mixture.part("by hand")
def families_by_hand(attempt):
    family = torch.tensor([0, 1, 0, 2, 1])
    shares = torch.tensor(
        [
            [0.5, 0.125, 0.25, 0.0625, 0.25],
            [0.25, 0.125, 0.0, 0.125, 0.0],
            [0.25, 0.125, 0.75, 0.0625, 0.25],
            [0.0, 0.125, 0.0, 0.25, 0.25],
            [0.0, 0.5, 0.0, 0.125, 0.25],
        ]
    )
    # at .25: types 0 1 2 / 4 / 0 2 / 3 / 0 2 3 4
    attempt.gives(torch.tensor([2, 1, 1, 1, 3]), shares, family, 0.25)
    # at .125, three more types in the second column and two in the fourth
    attempt.gives(torch.tensor([2, 3, 1, 2, 3]), shares, family, 0.125)


@mixture.part("random shares")
def random_shares(attempt):
    for types, units, families, least in ((8, 5, 3, 0.2), (20, 7, 6, 0.08), (4, 3, 4, 0.3), (6, 4, 1, 0.15)):
        shares = attempt.rand(types, units)
        shares = shares / shares.sum(0)
        family = torch.cat([torch.arange(families), attempt.randint(0, families, (types - families,))])
        family = family[torch.randperm(types, generator=attempt.generator)]
        want = torch.zeros(units, dtype=torch.long)
        for unit in range(units):
            driving = [int(family[k]) for k in range(types) if float(shares[k, unit]) >= least]
            want[unit] = len(set(driving))
        attempt.gives(want, shares, family, least)


@mixture.part("no type drives anything, or all do")
def none_or_all(attempt):
    family = torch.tensor([1, 0, 2, 1])
    shares = torch.tensor([[0.25], [0.25], [0.25], [0.25]]).repeat(1, 3)
    attempt.gives(torch.zeros(3, dtype=torch.long), shares, family, 0.5)
    attempt.gives(torch.full((3,), 3), shares, family, 0.125)
