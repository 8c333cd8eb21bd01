"""Exercises of lesson 09, The Base64 feature."""

from __future__ import annotations

import re

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from course_utils.checks.registry import exercise
from course_utils.checks.values import describe
from course_utils.interp import effects, measures, proxies
from course_utils.sae.model import SparseAutoencoder

# --- 9.1 ---

likelihood = exercise(
    "9.1",
    proxies.log_likelihood_ratio,
    title="A score without labels",
    points=2,
    hints=(
        "Each token has its own ratio, log p(t | class) − log p(t | corpus). Then add up over the window.",
        "A sum over a window is a difference of two running sums. `cumsum(-1)` gives the running sum.",
        "`total = (log_p_class - log_p_corpus).cumsum(-1)`; the window's sum at i is `total[:, i] - "
        "total[:, i - window]`, and just `total[:, i]` while `i < window`.",
    ),
)


def window_by_window(log_p_class, log_p_corpus, window):
    ratio = log_p_class - log_p_corpus
    sums = [ratio[:, max(i + 1 - window, 0) : i + 1].sum(1) for i in range(ratio.shape[1])]
    return torch.stack(sums, 1)


RATIO = "log_p_class - log_p_corpus"
BEGIN = "max(i + 1 - window, 0)"
WINDOW = f"{BEGIN} : i + 1"
STACKED = "torch.stack(sums, 1)"
EMPTY_START = (
    "near the start, sum the tokens that there are, instead of leaving 0. (A slice counts a start below 0 "
    "from the end, and is empty.)"
)

likelihood.edits(
    {
        "the ratio is upside down: the class comes first, the corpus is taken off": (
            RATIO,
            "log_p_corpus - log_p_class",
        ),
        "you divided two log probabilities: the log of a ratio is their difference": (
            RATIO,
            "log_p_class / log_p_corpus",
        ),
        "you multiplied the probabilities": (RATIO, "log_p_class + log_p_corpus"),
        "you took log p for p: both inputs are logs already": (
            RATIO,
            "log_p_class.exp() - log_p_corpus.exp()",
        ),
        "you left out the window: your sum runs from the start of the sequence": (BEGIN, "0"),
        "your window looks ahead: it must end at the token itself": (WINDOW, "i : i + window"),
        "your window ends one token early: it must hold token i itself": (WINDOW, "max(i - window, 0) : i"),
        "your window runs over the sequences: it must run along the positions, the last dimension": [
            (RATIO, f"({RATIO}).T"),
            (STACKED, "torch.stack(sums)"),
        ],
        "your window holds one token too many": (BEGIN, "max(i - window, 0)"),
        "your window holds one token too few": (BEGIN, "max(i + 2 - window, 0)"),
        "you averaged over the window: the ratio of a text is the sum over its tokens": (
            ".sum(1)",
            ".mean(1)",
        ),
        "you averaged over the window: a sum is asked for, also at the start": (
            STACKED,
            f"{STACKED} / window",
        ),
        "your window runs from one sequence into the next": [
            (RATIO, f"({RATIO}).reshape(1, -1)"),
            (STACKED, f"{STACKED}.reshape(log_p_class.shape)"),
        ],
        EMPTY_START: (BEGIN, "i + 1 - window"),
    },
    of=window_by_window,
)
likelihood.edits(
    {EMPTY_START: (STACKED, f"{STACKED} * (torch.arange(ratio.shape[1]) >= window - 1)")},
    of=window_by_window,
)
likelihood.variants({"you gave each token's own ratio, with no sum": lambda window: 1})

LOG_P = (
    torch.tensor([[-1.0, -2, -3, -1, -4], [-2, -2, -1, -1, -1]]),
    torch.tensor([[-2.0, -4, -2, -3, -4], [-1, -2, -4, -3, -2]]),
)  # the first less the second: 1 2 −1 2 0 and −1 0 3 2 1


@likelihood.part("one token at a time")
def one_token(attempt):
    attempt.gives(torch.tensor([[1.0, 2, -1, 2, 0], [-1, 0, 3, 2, 1]]), *LOG_P, 1)


@likelihood.part("the window")
def three_tokens(attempt):
    attempt.gives(torch.tensor([[1.0, 3, 2, 3, 1], [-1, -1, 2, 5, 6]]), *LOG_P, 3)


@likelihood.part("random text, several windows")
def random_text(attempt):
    for sequences, positions, window in ((4, 13, 3), (4, 13, 13), (1, 13, 20), (3, 1, 2)):
        a, b = (attempt.rand(sequences, positions, low=-6, high=0) for _ in range(2))
        sums = torch.zeros(sequences, positions)
        for i in range(positions):
            for j in range(max(i + 1 - window, 0), i + 1):
                sums[:, i] += a[:, j] - b[:, j]
        attempt.gives(sums, a, b, window, atol=1e-4)


likelihood.contract(lambda attempt: (-attempt.rand(2, 7), -attempt.rand(2, 7), 3))


# --- 9.2 ---

correlated = exercise(
    "9.2",
    measures.correlation,
    title="Every latent against one target",
    points=2,
    hints=(
        "Centre first: take off each column's mean, and the target's.",
        "All the numerators at once: each column times the target, token by token, then the sum over tokens. "
        "Then divide by both lengths.",
        "`c = acts - acts.mean(0)`, `t = target - target.mean()`, `length = (c.square().sum(0) * "
        "t.square().sum()).sqrt()`; then `(c * t[:, None]).sum(0) / length`, and 0 where `length` is 0 "
        "(`torch.where`, or `length.clamp_min(1e-9)`).",
    ),
)


def products_over_lengths(acts, target):
    a, t = acts - acts.mean(0), target - target.mean()
    lengths = (a.square().sum(0) * t.square().sum()).sqrt()
    return (a * t[:, None]).sum(0) / lengths.clamp_min(1e-9)


LENGTHS, SUMS, ROOT = "lengths.clamp_min(1e-9)", "(a * t[:, None]).sum(0)", " / lengths.clamp_min(1e-9)"

correlated.edits(
    {
        "you didn't take off the means: that is the cosine": (
            "acts - acts.mean(0), target - target.mean()",
            "acts, target",
        ),
        "you took off the target's mean only: take off each unit's as well": (" - acts.mean(0)", ""),
        "you took off the units' means only: take off the target's as well": (" - target.mean()", ""),
        "you took one mean over all units: each column has its own": ("acts.mean(0)", "acts.mean()"),
        "you stopped at the covariance: divide by both standard deviations": (LENGTHS, "len(t)"),
        "you stopped at the covariance: divide by the standard deviations": (LENGTHS, "(len(t) - 1)"),
        "you stopped at the sum of products: divide by both lengths": (f" / {LENGTHS}", ""),
        "the covariance divides by n and the standard deviations by n − 1: use one of them throughout": (
            SUMS,
            f"{SUMS} * (len(t) - 1) / len(t)",
        ),
        "the covariance divides by n − 1 and the standard deviations by n: use one of them throughout": (
            SUMS,
            f"{SUMS} * len(t) / (len(t) - 1)",
        ),
        "the sum of products is divided by the standard deviations: divide it by n as well": (
            SUMS,
            f"{SUMS} * len(t)",
        ),
        "you divided by the variances: divide by their roots": (".sqrt()", ""),
        "you divided by the variances: divide by the standard deviations": (".sqrt()", " / len(t)"),
        "you divided by the variances, n − 1 in each: divide by the standard deviations": (
            ".sqrt()",
            " / (len(t) - 1)",
        ),
        "you divided by a length of 0: a unit that never changes must get 0, not NaN or infinity": (
            LENGTHS,
            "lengths",
        ),
    },
    of=products_over_lengths,
)
correlated.variants(
    {
        "you took the absolute value: the sign says whether the unit fires for the class": lambda result: (
            result.abs()
        ),
        "you squared the correlation": lambda result: result**2,
        "you turned the target into yes or no: it is any number, and its size counts": lambda target: (
            target > 0
        ).float(),
        "you turned the activations into yes or no: their size counts": lambda acts: (acts > 0).float(),
    },
    of=products_over_lengths,
)


@correlated.part("hand-computed cases")
def correlations_by_hand(attempt):
    # the target moved and stretched, its opposite, and one that is off at the last token only
    acts = torch.tensor([[1.0, 5, 1], [1, 5, 1], [3, 1, 1], [3, 1, 0]])
    attempt.gives(torch.tensor([1.0, -1.0, -(3**-0.5)]), acts, torch.tensor([0.0, 0, 1, 1]))


@correlated.part("a target of any numbers")
def any_target(attempt):
    # less their means: −2 −1 −1 0 4 against −1 −1 −1 −1 4, 2 −1 1 −1 −1 and twice itself
    acts = torch.tensor([[0.0, 3, 1], [0, 0, 3], [0, 2, 3], [0, 0, 5], [5, 0, 13]])
    want = torch.tensor([20 / 440**0.5, -8 / 176**0.5, 1.0])
    attempt.gives(want, acts, torch.tensor([-1.0, 0, 0, 1, 5]))


@correlated.part("random cases")
def random_units(attempt):
    for tokens, units in ((7, 4), (300, 9), (5, 1), (6, 20)):
        target = attempt.randn(tokens) - 0.5
        acts = (2 + 3 * attempt.rand(tokens, units) + target[:, None] * torch.arange(units)).relu()
        both = torch.cat([acts.T, target[None]]).double()
        attempt.gives(torch.corrcoef(both)[:-1, -1].float(), acts, target, rtol=2e-3, atol=1e-4)


@correlated.part("a unit that never changes")
def constant_units(attempt):
    target = torch.tensor([0.0, 1, 0, 1, 0, 1])
    acts = torch.stack([torch.zeros(6), target, torch.full((6,), 4.0)], 1)
    attempt.gives(torch.tensor([0.0, 1, 0]), acts, target, atol=1e-3)


# --- 9.3 ---

shares = exercise(
    "9.3",
    measures.sensitivity_specificity,
    title="Two ways to be wrong",
    points=2,
    hints=(
        "Both shares have the same numerator: tokens that are in the class *and* above the threshold.",
        "Sensitivity divides by the tokens in the class; specificity by the tokens that fire.",
        "`fires = acts > threshold`, `hits = (fires & in_class).sum()`, then `hits / in_class.sum()` and "
        "`hits / fires.sum()`, with `max(..., 1)` below so that nothing is divided by 0.",
    ),
)

SHARE = "hits / max(in_class.sum().item(), 1)"
OF_FIRING = "hits / max(fires.sum().item(), 1)"

shares.edits(
    {
        "sensitivity and specificity are swapped": (f"{SHARE}, {OF_FIRING}", f"{OF_FIRING}, {SHARE}"),
        "that is the statistics books' specificity (of the tokens not in the class, the share where it "
        "is quiet); the paper's asks what share of the firing tokens is in the class": (
            OF_FIRING,
            "(~fires)[~in_class].float().mean().item()",
        ),
        "specificity divides by the tokens that fire: you divided by all tokens": (
            OF_FIRING,
            "hits / len(acts)",
        ),
        "you divided both by all tokens": (f"{SHARE}, {OF_FIRING}", "hits / len(acts), hits / len(acts)"),
        "a token exactly at the threshold doesn't fire: use >, not >=": ("acts >", "acts >="),
        "you counted how often the unit agrees with the label": (
            OF_FIRING,
            "(fires == in_class).float().mean().item()",
        ),
        "the threshold is missing: you counted every token above 0": ("> threshold", "> 0"),
        "you counted the tokens that fire *or* are in the class: count those that do both": ("&", "|"),
        "you divided by 0: where no token fires, specificity is 0": (
            OF_FIRING,
            "(hits / fires.sum()).item()",
        ),
        "where nothing fires, specificity is 0 here, not 1": (
            OF_FIRING,
            f"{OF_FIRING} if fires.any() else 1.0",
        ),
    }
)
shares.variants(
    {"give shares between 0 and 1, not per cent": lambda result: (100 * result[0], 100 * result[1])}
)

ACTS = torch.tensor([0.0, 1, 2, 3, 2, 0, 0, 0, 1, 0])
FIRST_FOUR = torch.arange(10) < 4


def expect_shares(attempt, sensitivity, specificity, acts, in_class, threshold):
    got = attempt.call(acts, in_class, threshold)
    both = list(got) if isinstance(got, torch.Tensor) and got.ndim else got  # a tensor of two unpacks as well
    members = attempt.expect_members(both, 2, "sensitivity, specificity")
    given = f"acts={describe(acts)}, in_class={describe(in_class)}, threshold={threshold:g}"
    attempt.expect_close(members[0], sensitivity, tried=f"{given}; now sensitivity")
    attempt.expect_close(members[1], specificity, tried=f"{given}; now specificity")


@shares.part("hand-computed cases")
def five_fire(attempt):
    expect_shares(attempt, 3 / 4, 3 / 5, ACTS, FIRST_FOUR, 0.5)


@shares.part("at the threshold")
def one_fires(attempt):
    expect_shares(attempt, 1 / 4, 1.0, ACTS, FIRST_FOUR, 2.0)


@shares.part("random cases")
def random_tokens(attempt):
    for threshold in (0.125, 0.25, 0.375):
        acts = attempt.rand(500) * (attempt.rand(500) < 0.4)
        in_class = (attempt.rand(500) + acts) > 1.1
        pairs = [(a > threshold, label) for a, label in zip(acts.tolist(), in_class.tolist(), strict=True)]
        hits = pairs.count((True, True))
        missed, false = pairs.count((False, True)), pairs.count((True, False))
        expect_shares(attempt, hits / (hits + missed), hits / (hits + false), acts, in_class, threshold)


@shares.part("nothing fires")
def none_fires(attempt):
    expect_shares(attempt, 0.0, 0.0, ACTS, FIRST_FOUR, 3.5)


# --- 9.4 ---

logits = exercise(
    "9.4",
    effects.logit_weights,
    title="What a latent says",
    points=2,
    hints=(
        "Follow one unit of the direction: through W_out into the residual stream, times the LayerNorm's "
        "weight, through W_U to the logits.",
        "Every row (every latent) loses its own median over the vocabulary, the last dimension.",
        "`weights = (directions @ W_out * ln_w) @ W_U`, then "
        "`weights - weights.median(-1, keepdim=True).values`.",
    ),
)

MEDIAN = "weights.median(-1, keepdim=True).values"

logits.edits(
    {
        "you didn't take off the median": (f" - {MEDIAN}", ""),
        "you took off the mean: a few large weights move the mean, the median stays": (
            MEDIAN,
            "weights.mean(-1, keepdim=True)",
        ),
        "you took the median over latents: each latent loses its own, over the vocabulary": (
            MEDIAN,
            "weights.median(0).values",
        ),
        "you took one median for all latents: each latent loses its own": (MEDIAN, "weights.median()"),
        "the LayerNorm's weight ln_w is missing": (" * ln_w", ""),
        "you divided by the LayerNorm's weight: it multiplies": ("* ln_w", "/ ln_w"),
        "you took off the mean over d_model, as the LayerNorm does. A centred version is fine in principle, "
        "but the formula here leaves the mean in": (
            "directions @ W_out",
            "(directions @ W_out - (directions @ W_out).mean(-1, keepdim=True))",
        ),
    }
)


def turned_if_square(matrix: Float[Tensor, "n m"]) -> Float[Tensor, "n m"]:
    return matrix.T if matrix.shape[0] == matrix.shape[1] else matrix


logits.variants(
    {
        "the sign is turned round": lambda result: -result,
        "W_U is transposed": lambda W_U: turned_if_square(W_U),
        "W_out is transposed": lambda W_out: turned_if_square(W_out),
        "you took the sizes of the directions: their signs count": lambda directions: directions.abs(),
        "you dropped what is negative in the directions: it counts": lambda directions: directions.relu(),
        "you took the size of ln_w: its signs count": lambda ln_w: ln_w.abs(),
    }
)


@logits.part("a hand-computed case")
def weights_by_hand(attempt):
    # d W_out = (2, 2) and (1, 4), times ln_w (6, −2) and (3, −4), logits (6, −2, −8) and (3, −4, −7)
    directions, W_out = torch.tensor([[1.0, 1], [-1, 2]]), torch.tensor([[1.0, 0], [1, 2]])
    ln_w, W_U = torch.tensor([3.0, -1]), torch.tensor([[1.0, 0, -1], [0, 1, 1]])
    attempt.gives(torch.tensor([[8.0, 0, -6], [7, 0, -3]]), directions, W_out, ln_w, W_U)


def expect_weights(attempt, units, d_mlp, d_model, vocab):
    directions, W_out = attempt.randn(units, d_mlp), attempt.randn(d_mlp, d_model)
    ln_w, W_U = attempt.randn(d_model), attempt.randn(d_model, vocab)
    weights = torch.einsum("um,md,d,dv->uv", directions, W_out, ln_w, W_U)
    middle = weights.sort(dim=1).values[:, vocab // 2, None]  # of an odd number of tokens
    attempt.gives(weights - middle, directions, W_out, ln_w, W_U, atol=1e-3)


@logits.part("several latents")
def several_latents(attempt):
    expect_weights(attempt, 4, 7, 5, 11)


@logits.part("square matrices")
def square_matrices(attempt):
    expect_weights(attempt, 5, 5, 5, 5)


@logits.part("one latent")
def one_latent(attempt):
    expect_weights(attempt, 1, 3, 6, 9)


logits.contract(
    lambda attempt: (attempt.randn(2, 4), attempt.randn(4, 3), attempt.randn(3), attempt.randn(3, 7))
)


# --- 9.5 ---

ablation = exercise(
    "9.5",
    effects.ablate,
    title="Switch latents off",
    points=2,
    hints=(
        "You don't need the whole reconstruction. What does the latent add to it?",
        "Latent i adds f_i · W_dec[i]. Take just that off `acts`; all else stays, the SAE's error too.",
        "`f = sae.encode(acts)[..., latents]`, then `return acts - f @ sae.W_dec[latents]`.",
    ),
)

LOST_ERROR = "you lost what the SAE doesn't explain (x − x̂): change only the latent's part, don't return x̂"
FORGOT_B_DEC = "you forgot b_dec before encoding: f is ReLU((x − b_dec) W_enc + b_enc); `sae.encode` does it"
ENCODER = "you moved along the encoder's direction: a latent writes along its row of W_dec"
PROJECTION = "you took off the projection: the latent's part is f_i W_dec[i]"
LESS_PART = "acts - f @ sae.W_dec[latents]"

ablation.edits(
    {
        LOST_ERROR: (LESS_PART, "sae(acts).x_hat - f @ sae.W_dec[latents]"),
        "you took off the whole reconstruction: only the latent's part goes": (
            LESS_PART,
            "acts - sae(acts).x_hat",
        ),
        "you took off all latents but this one": (
            LESS_PART,
            "acts - sae(acts).x_hat + sae.b_dec + f @ sae.W_dec[latents]",
        ),
        "you kept only the latent's part: it is what should go": ("acts - f", "f"),
        "you added the latent's part instead of taking it off": ("acts - f", "acts + f"),
        "b_dec went as well: it belongs to no latent": (LESS_PART, f"{LESS_PART} - sae.b_dec"),
        FORGOT_B_DEC: ("sae.encode(acts)", "sae.encode(acts + sae.b_dec)"),
        "the ReLU is missing: a latent below 0 is off and adds nothing": (
            "sae.encode(acts)",
            "((acts - sae.b_dec) @ sae.W_enc + sae.b_enc)",
        ),
        PROJECTION: (
            LESS_PART,
            "acts - acts @ (rows := sae.W_dec[latents] / sae.W_dec[latents].norm(dim=1)[:, None]).T @ rows",
        ),
        ENCODER: ("sae.W_dec[latents]", "sae.W_enc.T[latents]"),
        "f_i is missing: the latent's part is f_i W_dec[i], not the row alone": (
            LESS_PART,
            "acts - sae.W_dec[latents].sum(0)",
        ),
        "nothing changed": (LESS_PART, "acts"),
    }
)
ablation.variants(
    {
        "you switched off just the first latent of the list": lambda latents: latents[:1],
        "you switched off just the last latent of the list": lambda latents: latents[-1:],
    }
)


@ablation.mistake(PROJECTION)
def one_projection_after_another(acts, sae, latents):
    for row in torch.nn.functional.normalize(sae.W_dec[latents], dim=1):
        acts = acts - (acts @ row)[..., None] * row
    return acts


@ablation.mistake("you set a neuron to 0: a latent is a direction, not a neuron")
def set_neurons(acts, sae, latents, value=0.0):
    out = acts.clone()
    out[..., [i for i in latents if i < acts.shape[-1]]] = value
    return out


def hand_sae() -> SparseAutoencoder:
    """Latent 0 reads coordinate 0 and writes (1, 1, 0); latent 1 reads 1 and writes (0, 0, 2)."""
    sae = SparseAutoencoder(3, 2)
    with torch.no_grad():
        sae.W_enc.copy_(torch.tensor([[1.0, 0], [0, 1], [0, 0]]))
        sae.W_dec.copy_(torch.tensor([[1.0, 1, 0], [0, 0, 2]]))
        sae.b_dec.copy_(torch.tensor([1.0, 0, 5]))
        sae.b_enc.zero_()
    return sae.requires_grad_(False)


def random_case(attempt, *shape: int, d_sae: int = 8):
    """Activations, an SAE with biases and rows of any norm, and its latents, the most active first."""
    sae = SparseAutoencoder(shape[-1], d_sae, generator=attempt.generator)
    with torch.no_grad():
        for weight in sae.parameters():
            weight.copy_(attempt.rand(*weight.shape) - 0.35)
        sae.b_dec.add_(0.8)
    acts = attempt.rand(*shape) * 4
    order = sae.encode(acts).flatten(0, -2).mean(0).argsort(descending=True)
    return acts, sae.requires_grad_(False), order.tolist()


TWO_TOKENS = torch.tensor([[3.0, 4, 7], [0, 1, -2]])  # less b_dec 2 4 2 and −1 1 −7: f = (2, 4) and (0, 1)


@ablation.part("a hand-computed case")
def ablated_by_hand(attempt):
    attempt.gives(torch.tensor([[1.0, 2, 7], [0, 1, -2]]), TWO_TOKENS, hand_sae(), [0])


def expect_ablation(attempt, count, *shape):
    acts, sae, order = random_case(attempt, *shape)
    want, f = acts.clone(), sae.encode(acts)
    for i in order[:count]:
        want -= f[..., i : i + 1] * sae.W_dec[i]
    attempt.gives(want, acts, sae, order[:count], atol=1e-4)


@ablation.part("one latent")
def one_off(attempt):
    for shape in ((6, 5), (2, 3, 5)):
        expect_ablation(attempt, 1, *shape)


@ablation.part("several latents")
def several_off(attempt):
    attempt.gives(torch.tensor([[1.0, 2, -1], [0, 1, -4]]), TWO_TOKENS, hand_sae(), [0, 1])
    expect_ablation(attempt, 3, 4, 3, 5)


@ablation.part("the SAE stays as it was")
def sae_kept(attempt):
    attempt.same_effect(effects.ablate, lambda attempt: (TWO_TOKENS, hand_sae(), [0, 1]))


ablation.contract(lambda attempt: (TWO_TOKENS, hand_sae().double(), [0, 1]))


# --- 9.6 ---

pulled = exercise(
    "9.6",
    effects.odd_part,
    title="Pull and push",
    points=2,
    hints=(
        "Call the change of the loss E + O when the part is taken off, and E − O when it is added. How do "
        "you get O from the two losses?",
        "`loss` takes a hook, a function of the activations: `lambda acts: acts - part(acts)` is one.",
        "`off = loss(lambda acts: acts - part(acts))`, `twice = loss(lambda acts: acts + part(acts))`, then "
        "`(off - twice) / 2`.",
    ),
)

OFF, TWICE = "loss(lambda acts: acts - part(acts))", "loss(lambda acts: acts + part(acts))"
LEFT = "loss(lambda acts: acts)"
HALVED = f"({OFF} - {TWICE}) / 2"

pulled.edits(
    {
        "the sign is turned round: where taking off does more harm than adding, the odd part is positive": (
            HALVED,
            f"({TWICE} - {OFF}) / 2",
        ),
        "halve the difference: it holds the odd part twice": (HALVED, f"({OFF} - {TWICE})"),
        "that is the even part, the harm that both do alike": (HALVED, f"({OFF} + {TWICE}) / 2 - {LEFT}"),
        "you added the two losses: the odd part is half of their difference": (
            HALVED,
            f"({OFF} + {TWICE}) / 2",
        ),
        "that is the rise when the part is taken off: it holds the even part too": (
            HALVED,
            f"{OFF} - {LEFT}",
        ),
        "you compared taking off with leaving alone: compare it with adding once more": (TWICE, LEFT),
        "you compared leaving alone with adding: compare taking off with adding": (OFF, LEFT),
        "that is the rise when the part is added: it holds the even part too": (HALVED, f"{TWICE} - {LEFT}"),
        "both hooks take the part off: one must add it": (TWICE, OFF),
        "your hook returns the part alone: the rest of the activations stays": (
            "acts - part(acts)",
            "part(acts)",
        ),
        "your second hook sends the part alone: it is added to the activations": (
            "acts + part(acts)",
            "part(acts)",
        ),
        "your second hook leaves the activations without the part twice over": (
            "acts + part(acts)",
            "acts - 2 * part(acts)",
        ),
        "you added the part twice: once more is enough": ("acts + part(acts)", "acts + 2 * part(acts)"),
        "give nats, not a share of the loss": (HALVED, f"{HALVED} / {LEFT}"),
        "give nats, not a share of the rise": (HALVED, f"{HALVED} / ({OFF} - {LEFT} + 1e-9)"),
    }
)
pulled.variants(
    {
        "you took the size: the sign says which way the part argues": lambda result: abs(result),
        "you cut it off at 0: a part may argue the wrong way": lambda result: max(result, 0.0),
    }
)


def loss_of(acts: Float[Tensor, "*batch d_mlp"], cost):
    """A stand-in for the loss of a language model: `cost` of the activations that a hook returns."""

    def loss(hook):
        if not callable(hook):
            raise TypeError(
                "`loss` takes a hook: a function that is given the activations and returns others"
            )
        used = hook(acts.clone())
        if not isinstance(used, torch.Tensor) or used.shape != acts.shape:
            raise ValueError(f"the hook must return activations of shape {tuple(acts.shape)}")
        return cost(used).item()

    return loss


FOUR = torch.tensor([[1.0, 2], [1, 0]])  # their sum is 4


@pulled.part("a case by hand")
def pulled_by_hand(attempt):
    # half of each goes or is added: the sums are 2 and 6, the losses 2 + 36 and 2 + 4; untouched 2 + 16
    loss = loss_of(FOUR, lambda used: 2 + (8 - used.sum()).square())
    attempt.gives(16.0, loss, lambda a: a / 2)


@pulled.part("a part that argues the wrong way")
def the_wrong_way(attempt):
    # the first column goes or is added: the sums are 2 and 6, the losses 1 and 25; untouched 9
    loss = loss_of(FOUR, lambda used: (1 - used.sum()).square())
    attempt.gives(-12.0, loss, lambda a: a * torch.tensor([1.0, 0]))


@pulled.part("a part of no meaning")
def no_meaning(attempt):
    loss = loss_of(FOUR, lambda used: 1.5 + (used - FOUR).square().sum())
    attempt.gives(0.0, loss, lambda a: a / 2)  # both ways it does harm, and the same
    attempt.gives(0.0, loss, lambda a: 0 * a)


@pulled.part("any loss, any shape")
def any_loss(attempt):
    for shape in ((5,), (4, 6), (2, 3, 7)):
        acts, weight, part = attempt.randn(*shape), attempt.randn(*shape), attempt.randn(*shape)
        loss = loss_of(acts, lambda used, weight=weight: (3 * torch.sin(used) * weight).sum().exp().log1p())
        want = (loss(lambda a, p=part: a - p) - loss(lambda a, p=part: a + p)) / 2
        attempt.gives(want, loss, lambda a, p=part: p, rtol=1e-3, atol=1e-4)


@pulled.mistake("you worked the part out once: the hook is called for other activations, too")
def worked_out_once(loss, part):
    known = []

    def fixed(acts):
        known.append(known[0] if known else part(acts))
        return known[0]

    return (loss(lambda acts: acts - fixed(acts)) - loss(lambda acts: acts + fixed(acts))) / 2


@pulled.part("a loss over two batches")
def two_batches(attempt):
    first, second = attempt.randn(3, 4), attempt.randn(3, 4)
    cost = lambda used: (used.sum(1) + 1).square().sum()  # noqa: E731

    def loss(hook):
        return (loss_of(first, cost)(hook) + loss_of(second, cost)(hook)) / 2

    want = (loss(lambda a: a - a.sin()) - loss(lambda a: a + a.sin())) / 2
    attempt.gives(want, loss, lambda a: a.sin(), rtol=1e-3, atol=1e-4)


# --- 9.7 ---

pinning = exercise(
    "9.7",
    effects.pin,
    title="Hold a latent on",
    points=2,
    hints=(
        "By how much must the latent's activation change to become `value`?",
        "It moves from f_i to `value`, so `acts` moves by (value − f_i) along W_dec[latent], at every token.",
        "`f = sae.encode(acts)[..., latent]`, then `acts + (value - f)[..., None] * sae.W_dec[latent]`.",
    ),
)

pinning.edits(
    {
        LOST_ERROR: ("acts + (value", "sae(acts).x_hat + (value"),
        "you added the whole reconstruction: only the latent's part changes": (
            "acts + (value",
            "acts + sae(acts).x_hat + (value",
        ),
        "you added value · W_dec[latent] to what the latent gives already: take f_i off": (
            "(value - f)[..., None]",
            "value",
        ),
        "you pinned it only where it fires: hold it everywhere": ("(value - f)", "((value - f) * (f > 0))"),
        "you multiplied the activation by value: it must become value": ("value - f", "value * f - f"),
        "the sign is turned round: the change is value − f_i": ("value - f", "f - value"),
        FORGOT_B_DEC: ("sae.encode(acts)", "sae.encode(acts + sae.b_dec)"),
        ENCODER: ("sae.W_dec[latent]", "sae.W_enc[:, latent]"),
        "you switched the latent off and didn't switch it on again": ("value - f", "-f"),
        "you only raised it: where f_i is above `value` it must come down": (
            "(value - f)",
            "(value - f).relu()",
        ),
        "you added f_i instead of taking it off: the change is value − f_i": ("value - f", "value + f"),
        "you made the row of W_dec a unit vector: it counts at its own length": (
            "sae.W_dec[latent]",
            "sae.W_dec[latent] / sae.W_dec[latent].norm()",
        ),
        "nothing changed": ("acts + (value - f)[..., None] * sae.W_dec[latent]", "acts"),
    }
)


@pinning.mistake("you changed the last token only: hold the latent on at every token")
def last_token_only(acts, sae, latent, value):
    return torch.cat([acts[..., :-1, :], effects.pin(acts, sae, latent, value)[..., -1:, :]], dim=-2)


@pinning.mistake("you set a neuron to value: a latent is a direction, not a neuron")
def set_neuron(acts, sae, latent, value):
    return set_neurons(acts, sae, [latent], value)


@pinning.part("a hand-computed case")
def pinned_by_hand(attempt):
    attempt.gives(torch.tensor([[11.0, 12, 7], [10, 11, -2]]), TWO_TOKENS, hand_sae(), 0, 10.0)
    attempt.gives(torch.tensor([[1.0, 2, -2], [2, 3, 7]]), TWO_TOKENS.flip(0), hand_sae(), 0, 1.0)


def expect_pinned(attempt, *shape):
    acts, sae, [latent, *_] = random_case(attempt, *shape)
    for value in (2.5, 0.0):
        want, f = acts.clone(), sae.encode(acts)
        for i in range(shape[-1]):
            want[..., i] += (value - f[..., latent]) * sae.W_dec[latent, i]
        attempt.gives(want, acts, sae, latent, value, atol=1e-4)


@pinning.part("one sequence")
def one_sequence(attempt):
    expect_pinned(attempt, 6, 5)


@pinning.part("a batch of sequences")
def a_batch(attempt):
    expect_pinned(attempt, 2, 3, 5)


@pinning.part("the SAE stays as it was")
def sae_kept_when_pinned(attempt):
    attempt.same_effect(effects.pin, lambda attempt: (TWO_TOKENS, hand_sae(), 0, 2.5))


pinning.contract(lambda attempt: (TWO_TOKENS, hand_sae().double(), 0, 1.5))


# --- 9.8 ---

base64_run = exercise(
    "9.8",
    proxies.has_base64_run,
    title="Is there base64 in this sample?",
    points=2,
    hints=(
        "Cut the text into runs of allowed characters first, then look at each run.",
        "`re.findall(r'[A-Za-z0-9+/]+', text)` gives the runs; a run must be long enough and mixed.",
        "A run passes when `len(run) >= least`, and `any(c.isupper() for c in run)`, and the same with "
        "`islower` and `isdigit`. Return whether any run passes.",
    ),
)


def with_a_regex(text, least=24):
    runs = re.findall(r"[A-Za-z0-9+/]+", text)
    kinds = "[A-Z]", "[a-z]", "[0-9]"
    return any(len(run) >= least and all(re.search(kind, run) for kind in kinds) for run in runs)


LONG = "aGVsbG8gd29ybGQhIGhlbGxv"  # 24 characters
HALF, OTHER_HALF = LONG[:12], LONG[12:]
RUNS, RUN = 're.findall(r"[A-Za-z0-9+/]+", text)', 'r"[A-Za-z0-9+/]+"'
FIXED = "you wrote 24 into the function: the run must have `least` characters"
PADDING = "`=` is not in the alphabet here: it ends a run and doesn't count in its length"

# what a text shows, an edit of `with_a_regex` that goes against it, `least`, the texts
HELD = [
    (
        "look at every run: the first one is no base64, the next is",
        (RUNS, f"{RUNS}[:1]"),
        24,
        f"data: {LONG}K and more",
    ),
    (
        "look at every run, not only at the first ones",
        (RUNS, f"{RUNS}[:2]"),
        24,
        f"one two {LONG[:10]} three: {LONG}K\n",
    ),
    (
        "a longer run after the mixed one changes nothing",
        (RUNS, f"[max({RUNS}, key=len, default='')]"),
        24,
        f"{LONG} {'x' * 40}",
    ),
    (
        "the first long run need not be the mixed one",
        (RUNS, f"[run for run in {RUNS} if len(run) >= least][:1]"),
        24,
        f"{'x' * 30} {LONG}",
    ),
    (
        "the run may stand on any line of the text",
        ('+", text', "+\", text.split('\\n')[0]"),
        24,
        f"12 ab\n{LONG}K",
    ),
    ("a run of exactly `least` characters is long enough", (">=", ">"), 24, LONG),
    (
        "you cut a long run into pieces of `least` characters: look at the whole run, {m,} instead of {m}",
        (RUN, 'f"[A-Za-z0-9+/]{{{least}}}"'),
        24,
        "x" * 24 + "A1B2C3D4",
    ),
    (
        "mixed is a run as a whole: its capital and its digit may stand more than `least` characters apart",
        (RUN, 'f"(?=([A-Za-z0-9+/]{{{least}}}))"'),
        24,
        "AB" + "x" * 30 + "12",
    ),
    (FIXED, (">= least", ">= max(least, 24)"), 8, "ab12CD34"),
    (
        "a run need not stand between spaces: the quotes end it",
        (RUNS, '[word for word in text.split() if re.fullmatch("[A-Za-z0-9+/]+", word)]'),
        8,
        "x = 'ab12CD34'",
    ),
    ("+ and / belong to the alphabet", ("0-9+/", "0-9"), 8, "x = 'abc+/DE94'"),
    ("a run may begin with + or /", ('r"[', r'r"\b['), 24, f"+{LONG[:-1]}"),
    ("a run may end with + or /", (']+"', r']+\b"'), 24, f"{LONG[:-1]}/ is it"),
]
TOO_SHORT = [
    ("a run one character short of `least` must not count", (">= least", ">= least - 1"), 24, LONG[:-1]),
    ("< and > end a run and don't count in its length", (RUNS, "text.split()"), 24, f"<{LONG[:-1]}>"),
    (PADDING, ("+/", "+/="), 24, f"{LONG[:-1]}="),
    (
        "a space ends a run: you counted characters of the whole text",
        (RUNS, f'["".join({RUNS})]'),
        24,
        f"{HALF} {OTHER_HALF}",
    ),
    ("a line break ends a run", ('+", text', "+\", text.replace('\\n', '')"), 24, f"{HALF}\n{OTHER_HALF}"),
    ("a character outside the alphabet ends a run", ("+/", "+/-"), 24, f"{HALF}-{OTHER_HALF}"),
    (
        "between Z and a stand six other characters: write A-Z and a-z, not A-z",
        ("A-Za-z", "A-z"),
        24,
        *(f"{HALF}{c}{OTHER_HALF}" for c in "[\\]^`"),
    ),
    ("`_` is not in the alphabet: it ends a run", ("A-Za-z0-9", r"\w"), 24, f"{HALF}_{OTHER_HALF}"),
    (PADDING, (']+"', ']+={0,2}"'), 24, f"{HALF}={OTHER_HALF}"),
    (
        "letters of other scripts are not in the alphabet",
        (RUN, r'r"(?:[^\W_]|[+/])+"'),
        24,
        f"{LONG[:11]}שלום{LONG[11:22]}",
    ),
    (FIXED, (">= least", ">= 24"), 30, LONG),
    ("an empty text holds no run", ("any(", "not runs or any("), 24, ""),
]
NOT_MIXED = [
    ("hex has no capitals: ask for a mixed run", ('"[A-Z]", ', ""), 24, "0123456789abcdef0123456789abcdef"),
    ("no small letters here: ask for a mixed run", ('"[a-z]", ', ""), 24, "0123456789ABCDEF0123456789ABCDEF"),
    ("no digit here: ask for a digit as well", (', "[0-9]"', ""), 24, "Internationalisation" * 2),
    (
        "capitals elsewhere in the text don't count: look inside the run",
        ("kind, run", "kind, text"),
        24,
        f"AB {'a1' * 15} XYZ",
    ),
    (
        "capitals after the run don't count: look inside the run",
        ("kind, run", "kind, text[text.index(run) :].split()[0]"),
        24,
        "a1" * 15 + ",XYZ",
    ),
]
for fact, edit, *_ in HELD + TOO_SHORT + NOT_MIXED:
    base64_run.edits({fact: edit}, of=with_a_regex)
base64_run.edits(
    {
        "you missed a run that ends with the text: no character comes after it to end it": (
            RUN,
            'r"([A-Za-z0-9+/]+)[^A-Za-z0-9+/]"',
        ),
        "the run may stand anywhere in the text": (RUN, r'r"^[A-Za-z0-9+/]+\Z"'),
        "True and False are turned round": ("return any(", "return not any("),
        "a run of any length from `least` on counts: it need not be a multiple of four": (
            ">= least",
            ">= least and len(run) % 4 == 0",
        ),
        "you found no run here: was the text made lower case (then it has no capitals), or did you return "
        "False before the last run?": ('+", text', '+", text.lower()'),
        "hex has no capitals: ask for a mixed run": ('"[A-Z]", "[a-z]", "[0-9]"', "()"),
    },
    of=with_a_regex,
)


def holds_run(attempt, text: str, least: int) -> bool:
    """What the answer says of a text, or a word about what came instead of True or False."""
    got = attempt.call(text, least, allow_none=True)
    if not isinstance(got, (bool, np.bool_)):
        advice = "return True or False: `bool(...)` or `any(...)` makes one"
        if got is None:
            advice += ". None is what a function without `return`, or `match and ...`, gives"
        attempt.fail(expected="True or False", got=got, mistake=advice)
    return bool(got)


@base64_run.part("the text is a run, or begins with one")
def one_run(attempt):
    alone, followed = (holds_run(attempt, text, 24) for text in (f"{LONG}K", f"{LONG}K and more"))
    attempt.expect(
        alone and followed,
        tried=f"has_base64_run({LONG + 'K'!r}, 24), and the same with {' and more'!r} after it",
        expected="True and True",
        got=f"{alone} and {followed}",
    )


@base64_run.part("a run of any length from `least` on")
def any_length(attempt):
    for length in range(24, 31):
        text = (LONG + "K" * 6)[:length]
        got = holds_run(attempt, text, 24)
        attempt.expect(got, expected="True", got=got)


def expect_each(attempt, cases, want: bool):
    for fact, _, least, *texts in cases:
        for text in texts:
            got = holds_run(attempt, text, least)
            tried = f"has_base64_run({text!r}, {least})"
            attempt.expect(got is want, tried=tried, expected=str(want), got=got, mistake=fact)


@base64_run.part("a run inside a text")
def held(attempt):
    expect_each(attempt, HELD, True)


@base64_run.part("too short")
def too_short(attempt):
    expect_each(attempt, TOO_SHORT, False)


@base64_run.part("long, but not mixed")
def not_mixed(attempt):
    expect_each(attempt, NOT_MIXED, False)
