"""Checks of lesson 07: the parts of a transformer, the baseline to beat, and what drives a neuron."""

from __future__ import annotations

import itertools
import math

import torch

from course_utils.checks.engine import exercise
from course_utils.lm import baselines, model, neurons

TITLE = "A toy transformer"


def _expect_gradient(attempt, inputs, *rest):
    """The function, called with the named tensors and `rest`, must be trainable through each of them."""
    leaves = [value.requires_grad_() for value in inputs.values()]
    got = attempt.call(*leaves, *rest, finite=False)
    reached = [None] * len(leaves)
    if torch.is_tensor(got) and got.requires_grad:
        reached = torch.autograd.grad(got.square().sum(), leaves, allow_unused=True)
    cut = [name for name, grad in zip(inputs, reached, strict=True) if grad is None]
    attempt.expect(
        not cut,
        expected=f"a result that can be differentiated by {', '.join(inputs)}",
        got=f"no gradient reaches {', '.join(cut)}",
        mistake="`.item()`, `.detach()` or `torch.no_grad()` cuts it off, and training needs it",
    )


# --- 7.1 ---


def _bigram_by_counting(tokens, d_vocab, prior, unigram=None, borders=False, floor=1.0):
    """The formula pair by pair. `borders` and `floor` make the usual mistakes."""
    rows = [tokens.flatten().tolist()] if borders else tokens.tolist()
    seen = torch.full((d_vocab,), floor).double()
    pairs = torch.zeros(d_vocab, d_vocab).double()
    for row in rows:
        for token in row:
            seen[token] += 1
        for a, b in itertools.pairwise(row):
            pairs[a, b] += 1
    p = seen / seen.sum() if unigram is None else unigram
    return (pairs + prior * p) / (pairs.sum(1, keepdim=True) + prior)


def _bigram_mistakes(tokens, d_vocab, prior):
    right = _bigram_by_counting(tokens, d_vocab, prior)
    flat = torch.full((d_vocab,), 1 / d_vocab).double()
    counts = right * 0
    for row in tokens.tolist():
        for a, b in itertools.pairwise(row):
            counts[a, b] += 1
    p = (torch.bincount(tokens.flatten(), minlength=d_vocab) + 1).double()
    p = p / p.sum()
    n_a = torch.bincount(tokens.flatten(), minlength=d_vocab)[:, None]
    once = counts.clamp(max=1)
    n_b = counts.T.sum(1, keepdim=True)
    row_sum = counts.sum(1, keepdim=True)

    def unigram_of(part):
        seen = torch.bincount(part.flatten(), minlength=d_vocab) + 1
        return (counts + prior * seen.double() / seen.sum()) / (row_sum + prior)

    return {
        "the unigram counts all tokens: you left out the last of each sequence": unigram_of(tokens[:, :-1]),
        "the unigram counts all tokens: you left out the first of each sequence": unigram_of(tokens[:, 1:]),
        "the unigram is divided by the sum of n_b: divide by the sum of n_b + 1": (
            counts + prior * p * (1 + d_vocab / tokens.numel())
        )
        / (row_sum + prior),
        "each row has its own n_a: `counts.sum(1, keepdim=True)`, else the columns are divided": (
            counts + prior * p
        )
        / (counts.sum(1) + prior),
        "s is missing below: each row is divided by n_a + s": (counts + prior * p) / row_sum,
        "you divided by n_a + s · `d_vocab`: the P(b) sum to 1, so a row gets s in all": (counts + prior * p)
        / (row_sum + prior * d_vocab),
        "the counts are transposed: n_ab has a, the earlier token, in its row": (counts.T + prior * p)
        / (n_b + prior),
        "each row gets `prior` in full for every b: multiply it by P(b)": (counts + prior)
        / (counts.sum(1, keepdim=True) + prior),
        "P(b) runs along the rows: it belongs to the column b": (counts + prior * p[:, None])
        / (counts.sum(1, keepdim=True) + prior),
        "the table is transposed: row a holds P(b | a), so rows sum to 1": right.T,
        "you counted pairs across the border of two sequences": _bigram_by_counting(
            tokens, d_vocab, prior, unigram=p, borders=True
        ),
        "every row falls back on the uniform distribution, not on P(b), the unigram": _bigram_by_counting(
            tokens, d_vocab, prior, unigram=flat
        ),
        "the unigram lacks its + 1: a token that was never seen has probability 0": _bigram_by_counting(
            tokens, d_vocab, prior, floor=0.0
        ),
        "a pair that comes twice was counted once: `counts[a, b] += 1` with index tensors keeps one": (
            once + prior * p
        )
        / (once.sum(1, keepdim=True) + prior),
        "n_a counts the pairs that begin with a, not all tokens a: a sequence's last token begins none": (
            counts + prior * p
        )
        / (n_a + prior),
        "the prior is missing: rows of rare tokens are not smoothed": counts
        / counts.sum(1, keepdim=True).clamp(min=1),
        "the prior is added to every entry: it is shared out by P(b)": (counts + prior)
        / (counts.sum(1, keepdim=True) + prior * d_vocab),
        "you returned counts: divide by n_a + s": counts + prior * p,
        "you returned log probabilities": right.log(),
    }


@exercise(
    "7.1",
    "bigram",
    title="A baseline that looks one token back",
    points=2,
    kit=baselines.bigram,
    hints=(
        "Three steps: the unigram P(b) from all tokens, the table of pair counts, the formula. The pairs of "
        "a sequence are `tokens[:, :-1]` and `tokens[:, 1:]`.",
        "`torch.bincount` counts whole numbers. Make each pair one whole number, `a * d_vocab + b`, count "
        "with `minlength=d_vocab**2`, and make a table of it with `.view(d_vocab, d_vocab)`.",
        "`p = torch.bincount(tokens.flatten(), minlength=d_vocab) + 1`, divided by its sum; `counts` as "
        "above; return `(counts + prior * p) / (counts.sum(1, keepdim=True) + prior)`.",
    ),
)
def _(attempt):
    def check(tokens, d_vocab, prior):
        want = _bigram_by_counting(tokens, d_vocab, prior)
        got = attempt.call(tokens, d_vocab, prior)
        attempt.expect_shape(got, (d_vocab, d_vocab))
        attempt.expect_close(got.double(), want, mistakes=_bigram_mistakes(tokens, d_vocab, prior))

    with attempt.part("two sequences by hand"):
        check(torch.tensor([[0, 1, 1, 0, 1], [0, 1, 1, 1, 1]]), 2, 1.0)

    with attempt.part("a token that was never seen"):
        check(torch.tensor([[0, 1, 1, 2], [2, 0, 1, 0]]), 5, 3.0)

    with attempt.part("random sequences, another prior"):
        check(attempt.randint(0, 6, (5, 9)), 7, 0.5)
        check(attempt.randint(0, 4, (1, 30)), 4, 20.0)

    with attempt.part("every row is a distribution"):
        got = attempt.call(attempt.randint(0, 9, (4, 12)), 11, 5.0)
        attempt.expect_close(
            got.double().sum(1),
            torch.ones(11).double(),
            tried="sums of the rows",
            mistakes={"the columns sum to 1: the table is transposed": got.double().sum(0)},
        )


# --- 7.2 ---


def _layer_norm_mistakes(x, w, b, eps):
    centred = x - x.mean(-1, keepdim=True)
    var = centred.pow(2).mean(-1, keepdim=True)
    found = {
        "the variance divides by d, not by d − 1: `unbiased=False`": centred
        / (x.var(-1, keepdim=True) + eps).sqrt()
        * w
        + b,
        "you forgot to subtract the mean": x / (x.pow(2).mean(-1, keepdim=True) + eps).sqrt() * w + b,
        "the mean is subtracted for the variance but not from x": x / (var + eps).sqrt() * w + b,
        "ε stands under the root, beside the variance": centred / (var.sqrt() + eps) * w + b,
        "two mistakes: the variance divides by d, not by d − 1, and ε stands under the root": centred
        / (x.std(-1, keepdim=True) + eps)
        * w
        + b,
        "ε is missing, or isn't the argument `eps`": centred / var.sqrt() * w + b,
        "you divided by the variance, not by its root": centred / (var + eps) * w + b,
        "you forgot b": centred / (var + eps).sqrt() * w,
        "you forgot w": centred / (var + eps).sqrt() + b,
        "you forgot w and b": centred / (var + eps).sqrt(),
        "b is added before multiplying by w": (centred / (var + eps).sqrt() + b) * w,
    }
    if x.ndim > 1 and x.shape[0] > 1:
        wrong = x - x.mean(0)
        found["you averaged over the batch: each vector is normalised by itself, over its last dimension"] = (
            wrong / (wrong.pow(2).mean(0) + eps).sqrt() * w + b
        )
        whole = x - x.mean()
        found["you averaged over the whole tensor: each vector is normalised by itself"] = (
            whole / (whole.pow(2).mean() + eps).sqrt() * w + b
        )
    return found


@exercise(
    "7.2",
    "layer_norm",
    title="Layer norm",
    points=1,
    kit=model.layer_norm,
    hints=(
        "Mean and variance are taken over the last dimension only: `x.mean(-1, keepdim=True)` keeps a "
        "dimension of size 1 there, so that it broadcasts against `x`.",
        "Subtract the mean first. The variance is then the mean of the squares of what is left.",
        "`x = x - x.mean(-1, keepdim=True)`; `variance = x.pow(2).mean(-1, keepdim=True)`; return "
        "`x / (variance + eps).sqrt() * w + b`.",
    ),
)
def _(attempt):
    def check(x, w, b, eps):
        want = (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True, unbiased=False) + eps).sqrt() * w + b
        got = attempt.call(x, w, b, eps)
        attempt.expect_close(got, want, rtol=1e-3, atol=1e-5, mistakes=_layer_norm_mistakes(x, w, b, eps))

    with attempt.part("one vector by hand"):
        check(
            torch.tensor([1.0, 2.0, 3.0, 6.0]),
            torch.tensor([1.0, 2, 3, 4]),
            torch.tensor([0.5, 0, 0, -1]),
            0.5,
        )

    with attempt.part("a batch of sequences"):
        check(2 + 3 * attempt.randn(3, 4, 6), attempt.randn(6), attempt.randn(6), 0.3)
        check(attempt.randn(5, 3) - 1, attempt.randn(3), attempt.randn(3), 1e-5)

    with attempt.part("a vector without variance"):
        b = torch.tensor([1.0, -2.0, 3.0])
        got = attempt.call(torch.full((2, 3), 7.0), torch.ones(3), b, 1e-5, finite=False)
        attempt.expect(
            got.isfinite().all(), expected=f"b = {b.tolist()}", got=got, mistake="you forgot ε: 0/0"
        )
        attempt.expect_close(got, b.expand(2, 3), atol=1e-4, mistakes={"you forgot b": torch.zeros(2, 3)})

    with attempt.part("the gradient passes through"):
        _expect_gradient(
            attempt, {"x": attempt.randn(2, 3, 4), "w": attempt.randn(4), "b": attempt.randn(4)}, 1e-5
        )


# --- 7.3 ---


def _pattern(q, k, scale=None, mask="right", softmax=-1):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) * (1 / math.sqrt(q.shape[-1]) if scale is None else scale)
    n = q.shape[1]
    future = {
        "right": torch.ones(n, n).triu(1),
        "none": torch.zeros(n, n),
        "one too many": torch.ones(n, n).triu(2),
        "past": torch.ones(n, n).tril(-1),
        "inverted": torch.ones(n, n).tril(),
    }[mask].bool()
    return scores.masked_fill(future, -torch.inf).softmax(softmax)


def _pattern_mistakes(q, k):
    n, d_head = q.shape[1], q.shape[-1]
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / math.sqrt(d_head)
    allowed = torch.ones(n, n).tril()
    after = scores.softmax(-1) * allowed
    right = _pattern(q, k)
    return {
        "you forgot to divide the scores by √d_head": _pattern(q, k, scale=1.0),
        "you divided by d_head, not by its root": _pattern(q, k, scale=1 / d_head),
        "you divided by the root of d_model: each head has its own d_head": _pattern(
            q, k, scale=1 / math.sqrt(d_head * q.shape[2])
        ),
        "you divided by the root of the number of positions": _pattern(q, k, scale=1 / math.sqrt(n)),
        "no mask: every position sees the whole sequence": _pattern(q, k, mask="none"),
        "the mask is off by one: each position sees the next token, the one it must predict": _pattern(
            q, k, mask="one too many"
        ),
        "the mask is the wrong way round: it hides the past": _pattern(q, k, mask="past"),
        "the softmax runs over the queries: each query's row sums to 1, over the keys": _pattern(
            q, k, softmax=-2
        ),
        "you masked after the softmax: what is left of a row no longer sums to 1": after,
        "you masked with 0 before the softmax, and exp(0) = 1: mask with −∞": (scores * allowed).softmax(-1),
        "queries and keys are swapped": _pattern(k, q),
        "the pattern is transposed: its last dimension is the key": right.mT,
        "you stopped at the scores, masked with 0: the softmax is missing": scores.masked_fill(
            allowed == 0, 0
        ),
        "you divided by the root of the number of heads: it is the size of a head, d_head": _pattern(
            q, k, scale=1 / math.sqrt(q.shape[2])
        ),
        "you subtracted the mask's ones instead of −∞": (scores - (1 - allowed)).softmax(-1),
        "the heads come before the positions in the result: [batch, head, query, key]": right.transpose(1, 2),
    }


def _why_nan(got, q, k):
    """What makes attention weights NaN, by where they are."""
    n, nan = q.shape[1], got.isnan()
    if n > 1 and nan.all():
        return "0 · (−∞) is NaN: set the future's scores to −∞ with `masked_fill`, and only the future's"
    if n > 1 and torch.equal(nan, torch.ones(n, n).triu(1).bool().expand_as(nan)):
        return "the softmax runs over the heads or the batch: it runs over the keys"
    if n > 1 and torch.allclose(got.double(), _pattern(q, k, mask="inverted").double(), equal_nan=True):
        return "the mask is inverted: it hides what a position may see"
    return "a row is masked from end to end, so its softmax is 0/0: a position must see itself"


@exercise(
    "7.3",
    "attention_pattern",
    title="Who attends to whom",
    points=3,
    kit=model.attention_pattern,
    hints=(
        "First the scores: the dot product of each query with each key of the same sequence and head. "
        '`torch.einsum` says it in one line: `"bqhd,bkhd->bhqk"`.',
        "Then the mask: `torch.ones(n, n, dtype=torch.bool).triu(1)` is true where the key comes after the "
        "query. Set those scores to `-torch.inf` with `masked_fill`, before the softmax.",
        "`scores = torch.einsum(...) / q.shape[-1] ** 0.5`; return "
        "`scores.masked_fill(future, -torch.inf).softmax(-1)`. The mask must be on `q.device`.",
    ),
)
def _(attempt):
    def check(q, k):
        got = attempt.call(q, k, finite=False)
        batch, n, heads, _ = q.shape
        axes = ""
        if got.shape == (batch, n, n, heads):
            axes = "the head is the last axis: move it before the query, [batch, head, query, key]"
        elif got.shape == (batch, n, heads, heads):
            axes = (
                "each position compares its heads with one another: move the head before the position first"
            )
        attempt.expect_shape(got, (batch, heads, n, n), mistake=axes)
        attempt.expect(
            not got.isinf().any(),
            expected="rows that sum to 1",
            got=got,
            mistake="you stopped at the masked scores: the softmax is missing",
        )
        attempt.expect(
            not got.isnan().any(),
            expected="finite numbers",
            got=got,
            mistake=_why_nan(got, q, k),
        )
        attempt.expect_close(got, _pattern(q, k), mistakes=_pattern_mistakes(q, k), atol=1e-5)

    with attempt.part("three positions by hand"):
        q, k = torch.tensor([1.0, 2.0, -1.0]), torch.tensor([1.0, 3.0, 2.0])
        check(q.view(1, 3, 1, 1), k.view(1, 3, 1, 1))  # second row: scores 2 and 6

    with attempt.part("several sequences and heads"):
        check(attempt.randn(2, 5, 3, 4), attempt.randn(2, 5, 3, 4))
        check(attempt.randn(3, 4, 2, 7), attempt.randn(3, 4, 2, 7))

    with attempt.part("one position, one head"):
        check(attempt.randn(2, 1, 1, 3), attempt.randn(2, 1, 1, 3))

    with attempt.part("the future does not matter"):
        q, k = attempt.randn(1, 6, 2, 3), attempt.randn(1, 6, 2, 3)
        later = k.clone()
        later[:, 4:] = attempt.randn(1, 2, 2, 3)
        before, after = (attempt.call(q, keys, finite=False)[:, :, :4] for keys in (k, later))
        attempt.expect(
            torch.allclose(before, after, rtol=0, atol=1e-6, equal_nan=True),
            tried="new keys at positions 4 and 5",
            expected="rows 0 to 3 as before",
            got=f"they moved by up to {(before - after).abs().max():.3g}",
            mistake="a position sees keys that come after it",
        )

    with attempt.part("very low scores for the past"):
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
        finite = torch.tensor([[0, 0.5, 0.5], [0, 0, 1], [0, 0, 1]])[None, None]
        attempt.expect_close(
            got,
            want,
            mistakes={"a finite mask such as −100 is not low enough for these scores: mask with −∞": finite},
        )

    with attempt.part("large scores"):
        q = 300 * attempt.randn(1, 4, 1, 8)
        got = attempt.call(q, q, finite=False)
        attempt.expect(
            got.isfinite().all(),
            expected="finite numbers",
            got=got,
            mistake="`exp` of a large score overflows: `softmax` subtracts the largest score first",
        )
        attempt.expect_close(got, _pattern(q, q), atol=1e-4)

    with attempt.part("float64 stays float64"):
        q = attempt.randn(1, 3, 2, 4).double()
        attempt.expect_dtype(attempt.call(q, q), torch.float64)

    with attempt.part("the gradient passes through"):
        _expect_gradient(attempt, {"q": attempt.randn(2, 3, 2, 4), "k": attempt.randn(2, 3, 2, 4)})


# --- 7.4 ---


def _attention_mistakes(pattern, v, W_O, b_O):
    z = torch.einsum("bhqk,bkhd->bqhd", pattern, v)
    back = torch.einsum("bhqk,bqhd->bkhd", pattern, v)
    out = torch.einsum("bqhd,hdm->bqm", z, W_O)
    heads, d_head, _ = W_O.shape
    mixed_up = z.transpose(2, 3).flatten(2) @ W_O.flatten(0, 1)  # d_head first, then heads
    found = {
        "you forgot b_O": out,
        "b_O was added once for every head: add it after the sum": out + heads * b_O,
        "you averaged the heads: their outputs add up": out / heads + b_O,
        "the pattern is transposed: its last dimension, the key, meets the position of v": torch.einsum(
            "bqhd,hdm->bqm", back, W_O
        )
        + b_O,
        "the heads are joined in another order than W_O's: head first, then d_head": mixed_up + b_O,
        "you did not sum over the heads": torch.einsum("bqhd,hdm->bqhm", z, W_O) + b_O,
        "every head uses the first head's W_O": torch.einsum("bqhd,dm->bqm", z, W_O[0]) + b_O,
        "every head uses the mean pattern of all heads": torch.einsum(
            "bqk,bkhd,hdm->bqm", pattern.mean(1), v, W_O
        )
        + b_O,
        "the heads were not moved back behind the positions before they were joined": (
            pattern @ v.transpose(1, 2)
        ).reshape(len(v), v.shape[1], -1)
        @ W_O.flatten(0, 1)
        + b_O,
        "the heads were added up before W_O: each has its own": torch.einsum("bqd,hdm->bqm", z.sum(2), W_O)
        + b_O,
        "you only took the first head": z[:, :, 0] @ W_O[0] + b_O,
        "the heads are in reverse order": torch.einsum("bqhd,hdm->bqm", z.flip(2), W_O) + b_O,
        "you only took the last head": torch.einsum("bqd,dm->bqm", z[:, :, -1], W_O[-1]) + b_O,
    }
    if heads == pattern.shape[1] and d_head == heads:
        found["W_O's dimensions are [head, d_head, d_model]: you swapped the first two"] = (
            torch.einsum("bqhd,dhm->bqm", z, W_O) + b_O
        )
    return found


@exercise(
    "7.4",
    "attention_out",
    title="Move information, and add the heads up",
    points=2,
    kit=model.attention_out,
    hints=(
        "Two sums. The first runs over the keys: position q of head h gets the sum of pattern[q, k] · v[k]. "
        "The second runs over the heads and their d_head numbers.",
        'Einsum for the first: `z = torch.einsum("bhqk,bkhd->bqhd", pattern, v)`. For the second, `h` and '
        "`d` must both disappear.",
        '`torch.einsum("bqhd,hdm->bqm", z, W_O) + b_O`: one bias for all heads together.',
    ),
)
def _(attempt):
    def check(pattern, v, W_O, b_O):
        want = b_O + sum(pattern[:, h] @ v[:, :, h] @ W_O[h] for h in range(len(W_O)))
        got = attempt.call(pattern, v, W_O, b_O)
        attempt.expect_close(got, want, atol=1e-4, mistakes=_attention_mistakes(pattern, v, W_O, b_O))

    def random(batch, pos, heads, d_head, d_model):
        pattern = attempt.randn(batch, heads, pos, pos).softmax(-1).tril()
        pattern = pattern / pattern.sum(-1, keepdim=True)
        v, W_O = attempt.randn(batch, pos, heads, d_head), attempt.randn(heads, d_head, d_model)
        return pattern, v, W_O, attempt.randn(d_model)

    with attempt.part("one head that looks one token back"):
        pattern = torch.tensor([[1.0, 0, 0], [1, 0, 0], [0, 1, 0]])[None, None]
        v, W_O = torch.tensor([1.0, 2.0, 4.0]).view(1, 3, 1, 1), torch.tensor([[[1.0, 10.0]]])
        check(pattern, v, W_O, torch.tensor([0.5, 0.0]))

    with attempt.part("several heads, random weights"):
        check(*random(2, 5, 3, 4, 6))
        check(*random(1, 3, 2, 2, 5))

    with attempt.part("as many heads as numbers a head"):
        check(*random(3, 4, 4, 4, 8))

    with attempt.part("one position"):
        check(*random(2, 1, 2, 3, 4))

    with attempt.part("the gradient passes through"):
        names = ("pattern", "v", "W_O", "b_O")
        _expect_gradient(attempt, dict(zip(names, random(2, 3, 2, 4, 5), strict=True)))


# --- 7.5 ---


def _identity(acts):
    return acts


@exercise(
    "7.5",
    "mlp",
    title="The neurons, with a hook",
    points=2,
    kit=model.mlp,
    hints=(
        "Write it without the hook first: a matrix product and a bias, a ReLU, a matrix product and a bias.",
        "A hook is a function. Give it the activations after the ReLU, and go on with *what it returns*.",
        "`hidden = hook_post((x @ W_in + b_in).relu())`; return `hidden @ W_out + b_out`.",
    ),
)
def _(attempt):
    def draw(batch=2, pos=3, d_model=4, d_mlp=6):
        return (
            attempt.randn(batch, pos, d_model),
            attempt.randn(d_model, d_mlp),
            attempt.randn(d_mlp),
            attempt.randn(d_mlp, d_model),
            attempt.randn(d_model),
        )

    def mistakes(x, W_in, b_in, W_out, b_out, hook=_identity):
        pre = x @ W_in + b_in
        post = pre.relu()
        return {
            "you forgot b_in": hook((x @ W_in).relu()) @ W_out + b_out,
            "you forgot b_out": hook(post) @ W_out,
            "you forgot both biases": hook((x @ W_in).relu()) @ W_out,
            "the ReLU is missing: without it two matrix products are one": hook(pre) @ W_out + b_out,
            "the ReLU comes before b_in is added": hook((x @ W_in).relu() + b_in) @ W_out + b_out,
            "the ReLU acts on the output: it belongs on the neurons": (hook(pre) @ W_out + b_out).relu(),
            "there is a second ReLU on the output": (hook(post) @ W_out + b_out).relu(),
            "there is a second ReLU, on what the hook returned: go on with that as it is": hook(post).relu()
            @ W_out
            + b_out,
            "you added x: the residual connection is outside of this function": x
            + hook(post) @ W_out
            + b_out,
            "this is GELU, not ReLU": hook(torch.nn.functional.gelu(pre)) @ W_out + b_out,
        }

    def with_hook(hook):
        inputs = draw()
        x, W_in, b_in, W_out, b_out = inputs
        pre = x @ W_in + b_in
        got = attempt.call(*inputs, hook)
        want = hook(pre.relu()) @ W_out + b_out
        attempt.expect_close(
            got,
            want,
            atol=1e-4,
            mistakes={
                "what the hook returns is not used: go on with it": pre.relu() @ W_out + b_out,
                "the hook sees the activations before the ReLU: it belongs after it": hook(pre).relu() @ W_out
                + b_out,
                "the hook sees the output: it belongs on the neurons": hook(pre.relu() @ W_out + b_out),
                "the hook is called twice": hook(hook(pre.relu())) @ W_out + b_out,
                **mistakes(*inputs, hook),
            },
        )

    with attempt.part("by hand, the hook changing nothing"):
        x = torch.tensor([[[1.0, -2.0]]])
        W_in, b_in = torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]), torch.tensor([0.0, 1.0, 3.0])
        W_out, b_out = torch.tensor([[1.0, 0.0], [5.0, 5.0], [0.0, 2.0]]), torch.tensor([0.1, -9.0])
        # neurons: relu(1, −1, 2) = 1, 0, 2
        want = torch.tensor([[[1.1, -5.0]]])
        got = attempt.call(x, W_in, b_in, W_out, b_out, _identity)
        attempt.expect_close(got, want, mistakes=mistakes(x, W_in, b_in, W_out, b_out))

    with attempt.part("random weights"):
        for inputs in (draw(), draw(batch=1, pos=1), draw(d_model=5, d_mlp=3)):
            x, W_in, b_in, W_out, b_out = inputs
            want = torch.clamp(x @ W_in + b_in, min=0) @ W_out + b_out
            attempt.expect_close(
                attempt.call(*inputs, _identity), want, atol=1e-4, mistakes=mistakes(*inputs)
            )

    with attempt.part("the hook sees the neurons, once"):
        seen, inputs = [], draw()

        def keep(acts):
            seen.append(acts.clone())
            return acts

        attempt.call(*inputs, keep)
        attempt.expect(
            len(seen) == 1,
            expected="the hook is called once",
            got=f"it was called {len(seen)} times",
            mistake="call it once, and use what it returned"
            if seen
            else "call `hook_post` with the activations after the ReLU",
        )
        attempt.expect_shape(
            seen[0],
            (*inputs[0].shape[:-1], len(inputs[2])),
            tried="what the hook was called with",
            mistake="the hook sees the MLP's output: it belongs on the neurons, before W_out"
            if seen[0].shape == inputs[0].shape
            else "the hook sees [batch, pos, d_mlp]",
        )
        x, W_in, b_in, *_ = inputs
        attempt.expect_close(
            seen[0],
            (x @ W_in + b_in).relu(),
            tried="what the hook was called with",
            atol=1e-4,
            mistakes={
                "the hook sees the activations before the ReLU: it belongs after it": x @ W_in + b_in,
                "you forgot b_in": (x @ W_in).relu(),
            },
        )

    with attempt.part("the hook replaces activations"):

        def one_neuron_off(acts):
            return torch.cat([torch.zeros_like(acts[..., :1]), acts[..., 1:]], -1)

        with_hook(one_neuron_off)
        with_hook(lambda acts: 2 * acts + 1)
        with_hook(lambda acts: 1 - 2 * acts)

    with attempt.part("the gradient passes through"):
        names = ("x", "W_in", "b_in", "W_out", "b_out")
        _expect_gradient(attempt, dict(zip(names, draw(), strict=True)), _identity)


# --- 7.6 ---


def _loss_mistakes(logits, tokens):
    logp = logits.log_softmax(-1)
    right = -logp[:, :-1].gather(-1, tokens[:, 1:, None])[..., 0]
    all_positions = -logp.gather(-1, tokens[..., None])[..., 0]
    backwards = -logp[:, 1:].gather(-1, tokens[:, :-1, None])[..., 0]
    wrapped = -logp.gather(-1, tokens.roll(-1, 1)[..., None])[..., 0]
    over_positions = -logits.log_softmax(1)[:, :-1].gather(-1, tokens[:, 1:, None])[..., 0]
    found = {
        "nothing is shifted: you scored each token by the logits that have already seen it": all_positions,
        "logits and tokens are cut alike: logits[:, :-1] predict tokens[:, 1:]": all_positions[:, :-1],
        "logits and tokens are cut alike, at the start: logits[:, :-1] predict tokens[:, 1:]": all_positions[
            :, 1:
        ],
        "the shift is the wrong way round: the logits at i predict token i + 1, not i − 1": backwards,
        "the last position was scored against the first token: leave it out": wrapped,
        "you averaged: return one loss for each token": right.mean(),
        "you summed: return one loss for each token": right.sum(),
        "you averaged over the sequences: return one loss for each token": right.mean(0),
        "the result is one flat list: keep the shape [batch, pos-1]": right.flatten(),
        "there is one dimension too many: `squeeze(-1)` after `gather`": right[..., None],
        "you averaged over the positions: return one loss for each token": right.mean(1),
        "the sign: a loss is −log of the probability": -right,
        "you returned the probability, not −log of it": (-right).exp(),
        "that is in bits: use the natural logarithm": right / math.log(2),
        "the softmax runs over the positions: it belongs over the vocabulary": over_positions,
        "the softmax is missing: logits are no log probabilities": -logits[:, :-1].gather(
            -1, tokens[:, 1:, None]
        )[..., 0],
        "you forgot the log: that is minus the probability": -(-right).exp(),
    }
    if len(tokens) == 1:  # the mean over one sequence is no other than a flat result
        del found["you averaged over the sequences: return one loss for each token"]
    return found


@exercise(
    "7.6",
    "loss_per_token",
    title="What the next token costs",
    points=2,
    kit=model.loss_per_token,
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
def _(attempt):
    def check(logits, tokens):
        logp = logits[:, :-1].log_softmax(-1)
        b, p = torch.meshgrid(torch.arange(len(tokens)), torch.arange(tokens.shape[1] - 1), indexing="ij")
        want = -logp[b, p, tokens[:, 1:]]
        got = attempt.call(logits, tokens)
        attempt.expect_close(got, want, mistakes=_loss_mistakes(logits, tokens), atol=1e-5)

    with attempt.part("three tokens by hand"):
        guesses = torch.tensor([[[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.3, 0.3, 0.4]]])
        check(guesses.log() + 3, torch.tensor([[0, 2, 1]]))  # −log 0.2, −log 0.6

    with attempt.part("several sequences"):
        check(2 * attempt.randn(3, 5, 7), attempt.randint(0, 7, (3, 5)))
        check(2 * attempt.randn(4, 4, 4), attempt.randint(0, 4, (4, 4)))
        check(attempt.randn(1, 2, 9), attempt.randint(0, 9, (1, 2)))

    with attempt.part("a token that the model thought impossible"):
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
        attempt.expect_close(
            got, torch.tensor([[400.0]]), mistakes=_loss_mistakes(logits, torch.tensor([[0, 2]]))
        )

    with attempt.part("the gradient reaches the logits"):
        _expect_gradient(attempt, {"logits": attempt.randn(2, 3, 4)}, attempt.randint(0, 4, (2, 3)))


# --- 7.7 ---


def _strongest_types(acts, content_types, n_types, top):
    """Each type's count among each unit's `top` strongest tokens, one unit at a time."""
    counts = torch.zeros(n_types, acts.shape[1])
    for unit in range(acts.shape[1]):
        for token in acts[:, unit].argsort(descending=True)[:top].tolist():
            counts[content_types[token], unit] += 1
    return counts


@exercise(
    "7.7",
    "content_types_of_strongest",
    title="Which types drive a neuron?",
    points=2,
    kit=neurons.content_types_of_strongest,
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
def _(attempt):
    def check(acts, content_types, n_types, top):
        counts = _strongest_types(acts, content_types, n_types, top)
        weakest = _strongest_types(-acts, content_types, n_types, top)
        size = torch.bincount(content_types, minlength=n_types)[:, None].clamp(min=1)
        total = acts.sum(1, keepdim=True).expand_as(acts)
        sums = torch.stack([acts[content_types == k].sum(0) for k in range(n_types)])
        per_row = torch.zeros(n_types, acts.shape[1])
        of_neurons = torch.zeros(n_types, top)
        if top <= acts.shape[1]:
            found = torch.nn.functional.one_hot(acts.topk(top, dim=1).indices, acts.shape[1]).sum(1).float()
            per_row = torch.stack([found[content_types == k].sum(0) for k in range(n_types)]) / top
            order = acts.topk(top).indices
            of_neurons = torch.nn.functional.one_hot(content_types[order], n_types).float().mean(0).T
        by_size = _strongest_types(acts.abs(), content_types, n_types, top) / top
        cut = acts.sort(dim=0, descending=True).values[top - 1]
        reached, above, overall = (acts >= cut).float(), (acts > cut).float(), acts.flatten()
        one_cut = (acts >= overall.sort(descending=True).values[top * acts.shape[1] - 1]).float()
        reached, above, one_cut, weight = (
            torch.stack([mark[content_types == k].sum(0) for k in range(n_types)])
            for mark in (reached, above, one_cut, acts * reached)
        )
        got = attempt.call(acts, content_types, n_types, top)
        attempt.expect_close(
            got,
            counts / top,
            mistakes={
                "you ranked by size without the sign: −9 is a weak activation, not a strong one": by_size,
                "tokens that tie with the last one are counted too: take exactly `top`": reached / top,
                "`>` leaves out the weakest of the strongest: take exactly `top`": above / top,
                "one ranking for all neurons: rank each neuron's tokens by themselves": one_cut / top,
                "you weighted the tokens by their activation: count each once": weight / weight.sum(0),
                "you returned counts: divide by `top`": counts,
                "the result is transposed: one row a type, one column a neuron": (counts / top).T,
                "these are the weakest tokens: sort the other way round": weakest / top,
                "you divided by the size of each type: the share is *of the strongest tokens*": counts / size,
                "one list for all neurons: each neuron has its own strongest tokens": _strongest_types(
                    total, content_types, n_types, top
                )
                / top,
                "you added up activations: count the strongest tokens": sums / sums.sum(0),
                "you divided by all tokens: divide by `top`": counts / len(content_types),
                "you divided by the number of types: divide by `top`": counts / n_types,
                "you marked types that occur at all: count them": (counts > 0).float(),
                "you ranked the neurons of each token: rank the tokens of each neuron, dim=0": per_row,
                "`topk` ranked the neurons of each token; with `dim=0`, each neuron's tokens": of_neurons,
            },
        )

    with attempt.part("three tokens, two neurons, by hand"):
        check(torch.tensor([[3.0, 0.5], [2.0, 1.0], [1.0, 4.0]]), torch.tensor([0, 1, 1]), 4, 2)

    with attempt.part("random activations"):
        acts = attempt.rand(60, 5)
        check(acts, attempt.randint(0, 4, (60,)), 4, 10)
        check(attempt.rand(40, 3), attempt.randint(0, 6, (40,)), 6, 7)

    with attempt.part("large negative values"):
        check(3 * attempt.randn(40, 3), attempt.randint(0, 4, (40,)), 4, 6)

    with attempt.part("ties at the cut"):
        check(torch.tensor([[3.0, 1, 1, 1, 0], [0, 2, 5, 1, 4]]).T, torch.tensor([1, 0, 0, 0, 2]), 3, 2)

    with attempt.part("a type without tokens"):
        check(attempt.rand(20, 4), attempt.randint(0, 3, (20,)), 5, 4)

    with attempt.part("every column sums to 1"):
        got = attempt.call(attempt.rand(50, 6), attempt.randint(0, 4, (50,)), 4, 8)
        attempt.expect_close(got.float().sum(0), torch.ones(6), tried="sums of the columns")
