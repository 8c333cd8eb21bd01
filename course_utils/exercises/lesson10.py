"""Exercises of lesson 10, Features against neurons; splitting; the feature lottery."""

from __future__ import annotations

import itertools
import math

import torch

from course_utils.checks.registry import exercise
from course_utils.interp import blind, comparing, matching, measures, splitting
from course_utils.sae import hierarchy

# --- 10.1 ---

area = exercise(
    "10.1",
    measures.auroc,
    title="Who stands above whom",
    points=2,
    hints=(
        "A token's rank is the number of scores below it, plus half of those that equal it (itself too), "
        "plus ½. Comparing every pair takes too long: sort once.",
        "`score.unique(return_inverse=True, return_counts=True)` gives the values in order, each token's "
        "place among them, and how many tokens have each. A value's mean rank is "
        "`counts.cumsum(0) - (counts - 1) / 2`.",
        "With `rank = mean_rank[place]`, n members and m others: `(rank[in_class].sum() - n * (n + 1) / 2) / "
        "(n * m)`, and 0.5 where n or m is 0.",
    ),
)


def by_ranks(score, in_class):
    _, place, counts = score.unique(return_inverse=True, return_counts=True)
    rank = (counts.cumsum(0) - (counts - 1) / 2)[place].double()
    n, m = in_class.sum().item(), (~in_class).sum().item()
    if not n or not m:
        return 0.5
    return (rank[in_class].sum().item() - n * (n + 1) / 2) / (n * m)


MEAN_RANK, LEAST_SUM = "counts.cumsum(0) - (counts - 1) / 2", "n * (n + 1) / 2"

area.edits(
    {
        "you counted the pairs in which the other token is above: the class has to be": (
            "rank[in_class]",
            "(len(rank) + 1 - rank)[in_class]",
        ),
        "tokens of the same score share their ranks: give them the mean, not the highest": (
            MEAN_RANK,
            "counts.cumsum(0)",
        ),
        "tokens of the same score share their ranks: give them the mean, not the lowest": (
            MEAN_RANK,
            "counts.cumsum(0) - (counts - 1)",
        ),
        "you broke ties by the order of the tokens: a tie counts one half": (
            f"({MEAN_RANK})[place].double()",
            "(score.argsort(stable=True).argsort() + 1).double()",
        ),
        "you ranked the different values and not the tokens: each value counts as often as it occurs": (
            f"({MEAN_RANK})[place]",
            "(place + 1)",
        ),
        "you left out n (n + 1) / 2: the members also outrank one another": (f" - {LEAST_SUM}", ""),
        "ranks begin at 1: with 0 as the first, take off n (n − 1) / 2": (LEAST_SUM, "n * (n + 3) / 2"),
        "you divided by all tokens: there are n times m pairs": ("(n * m)", "(n * (n + m))"),
        "where the class, or its complement, is empty the answer is one half": (
            "return 0.5",
            "return 0.0",
        ),
    },
    of=by_ranks,
)
area.variants(
    {
        "you made the score yes or no: its order counts": lambda score: (score > 0).float(),
        "you took the size of the score: below 0 is below": lambda score: score.abs(),
        "you gave it as a number from −1 to 1: chance is one half": lambda result: 2 * result - 1,
    },
    of=by_ranks,
)


@area.part("a case by hand")
def five_tokens(attempt):
    score, in_class = torch.tensor([3.0, 1.0, 2.0, -4.0, 0.5]), torch.tensor([True, False, True, False, True])
    attempt.gives(5 / 6, score, in_class)


@area.part("ties count one half")
def with_ties(attempt):
    # 1 beats two zeros and ties with none; the two zeros of the class tie with both
    score = torch.tensor([0.0, 0.0, 1.0, 0.0, 0.0])
    attempt.gives(4 / 6, score, torch.tensor([True, False, True, False, True]))
    attempt.gives(0.5, torch.full((6,), 2.0), torch.arange(6) < 2)


@area.part("pair by pair")
def pair_by_pair(attempt):
    for tokens in (7, 40, 200):
        in_class = torch.arange(tokens) % 3 == 0
        score = (attempt.randn(tokens) + in_class).round(decimals=1)
        above = score[in_class][:, None] - score[~in_class][None]
        attempt.gives(((above > 0).double() + (above == 0).double() / 2).mean().item(), score, in_class)


@area.part("nothing to compare")
def one_kind(attempt):
    attempt.gives(0.5, attempt.randn(5), torch.zeros(5, dtype=torch.bool))
    attempt.gives(0.5, attempt.randn(5), torch.ones(5, dtype=torch.bool))


# --- 10.2 ---

even = exercise(
    "10.2",
    comparing.break_even,
    title="Where the two ways to be wrong are equal",
    points=2,
    hints=(
        "Sensitivity is hits / n, specificity hits / k, k being the number of tokens that fire. When are "
        "they equal?",
        "At k = n. So let the n strongest tokens fire, and count how many of them are in the class.",
        "`top = acts.topk(n)`; hits are those of `in_class[top.indices]` whose `top.values` are above 0; "
        "divide by n, or by 1 where n is 0.",
    ),
)

HIT, POSITIVE = "in_class[strongest.indices]", " & (strongest.values > 0)"
even.edits(
    {
        "you let every token above 0 fire, however many there are: let n through, the size of the class": (
            "acts.topk(n)",
            "acts.topk(int((acts > 0).sum()))",
        ),
        "a token at 0 doesn't fire, though it is among the n strongest": (POSITIVE, ""),
        "you took the weakest tokens": ("topk(n)", "topk(n, largest=False)"),
        "your threshold is the n-th activation and lets n − 1 tokens through: that token has to fire too": (
            "(strongest.values > 0)",
            "(strongest.values > strongest.values[-1:]) & (strongest.values > 0)",
        ),
        "you divided by all tokens: divide by the size of the class": ("/ max(n, 1)", "/ len(acts)"),
        "you counted the tokens that fire, in the class or not": (HIT, f"({HIT} | ~{HIT})"),
        "you counted the tokens outside the class": (HIT, f"~{HIT}"),
    }
)
even.variants(
    {
        "you took sizes: a negative activation is below 0": lambda acts: acts.abs(),
        "give a share between 0 and 1, not per cent": lambda result: 100 * result,
        "half of the tokens fire, whatever the class: let n through, the size of the class": lambda result: (
            result / 2
        ),
    }
)


@even.part("a case by hand")
def six_tokens(attempt):
    acts = torch.tensor([5.0, 4.0, 3.0, 2.0, 1.0, 0.0])
    attempt.gives(2 / 3, acts, torch.tensor([True, False, True, False, True, False]))


@even.part("fewer fire than are in the class")
def few_fire(attempt):
    acts = torch.tensor([0.0, 0.0, 7.0, 0.0, 2.0, 0.0])
    attempt.gives(1 / 4, acts, torch.tensor([True, True, True, True, False, False]))
    attempt.gives(0.0, torch.zeros(4), torch.tensor([True, True, False, False]))
    attempt.gives(0.0, torch.tensor([-3.0, -1.0, -2.0]), torch.tensor([True, True, False]))


@even.part("random cases")
def random_classes(attempt):
    for tokens, share in ((50, 0.2), (300, 0.05), (300, 0.6)):
        in_class = torch.arange(tokens) < round(share * tokens)
        acts = (attempt.randn(tokens) + 0.8 * in_class).relu()
        cut = sorted(acts.tolist(), reverse=True)[int(in_class.sum()) - 1]
        hits = sum(a >= cut and a > 0 and c for a, c in zip(acts.tolist(), in_class.tolist(), strict=True))
        attempt.gives(hits / int(in_class.sum()), acts, in_class)


@even.part("an empty class")
def empty_class(attempt):
    attempt.gives(0.0, attempt.rand(6), torch.zeros(6, dtype=torch.bool))


# --- 10.3 ---

rest = exercise(
    "10.3",
    comparing.context_part,
    title="What the token can't tell",
    points=2,
    hints=(
        "Each token of the vocabulary has a mean activation, over all the places where it stands. Every "
        "place loses the mean of its own token.",
        "`tokens.unique(return_inverse=True, return_counts=True)` numbers the different tokens. "
        "`index_add_` adds each row to the sum of its token.",
        "`_, which, count = tokens.unique(...)`; `sums = acts.new_zeros(len(count), acts.shape[1])"
        ".index_add_(0, which, acts)`; return `acts - (sums / count[:, None])[which]`.",
    ),
)


def one_token_at_a_time(acts, tokens):
    out = acts.clone()
    for token in tokens.unique():
        here = tokens == token
        out[here] = acts[here] - acts[here].mean(0)
    return out


MEAN = "acts[here].mean(0)"
rest.edits(
    {
        "you took off the mean over all tokens: each token has a mean of its own": (MEAN, "acts.mean(0)"),
        "you returned the means: take them off": (f"acts[here] - {MEAN}", MEAN),
        "you took the mean over the units: the mean is over the places, each unit's own": (
            MEAN,
            "acts[here].mean(1, keepdim=True)",
        ),
        "you took one mean over all units: each unit has its own": (MEAN, "acts[here].mean()"),
        "you took off the sum: divide it by the number of places": (MEAN, "acts[here].sum(0)"),
        "you divided by the number of all tokens: a token's mean is over its own places": (
            MEAN,
            "acts[here].sum(0) / len(acts)",
        ),
        "you put the overall mean back: the result has mean 0 at every token": (
            MEAN,
            f"{MEAN} + acts.mean(0)",
        ),
        "you took off the median: a latent is 0 on most places, and its median says nothing": (
            MEAN,
            "acts[here].quantile(0.5, dim=0)",
        ),
        "you divided by the standard deviation as well: only the mean goes": (
            f"acts[here] - {MEAN}",
            f"(acts[here] - {MEAN}) / acts[here].std(0, correction=0).clamp_min(1e-6)",
        ),
    },
    of=one_token_at_a_time,
)
rest.mistake("you averaged over neighbours of the same token: all its places count, wherever they are")(
    lambda acts, tokens: one_token_at_a_time(acts, tokens.unique_consecutive(return_inverse=True)[1])
)


@rest.part("a case by hand")
def five_places(attempt):
    acts = torch.tensor([[1.0, 0], [4, 2], [3, 0], [8, 9], [8, 1]])
    want = torch.tensor([[-1.0, 0], [-2, -1], [1, 0], [0, 0], [2, 1]])
    want[[1, 4]] = torch.tensor([[-2.0, 0.5], [2.0, -0.5]])
    attempt.gives(want, acts, torch.tensor([7, 3, 7, 900, 3]))


@rest.part("nothing is left of a unit that reads the token alone")
def reads_the_token(attempt):
    tokens = attempt.randint(0, 9, (60,))
    attempt.gives(torch.zeros(60, 3), attempt.randn(9, 3)[tokens], tokens, atol=1e-5)


@rest.part("random cases")
def random_places(attempt):
    for places, units, vocab in ((80, 3, 5), (40, 1, 30), (7, 6, 2)):
        tokens, acts = attempt.randint(0, vocab, (places,)), attempt.randn(places, units) + 2
        same = (tokens[:, None] == tokens[None]).float()
        attempt.gives(acts - (same / same.sum(1, keepdim=True)) @ acts, acts, tokens, atol=1e-4)


rest.contract(lambda attempt: (attempt.randn(12, 3), attempt.randint(0, 4, (12,))))


# --- 10.4 ---

luck = exercise(
    "10.4",
    blind.chance_of_gap,
    title="How far luck could have come",
    points=2,
    hints=(
        "If the labels meant nothing, any other choice of as many units would be as good. Try them all.",
        "`itertools.combinations(range(len(scores)), k)` gives every choice of k units; k is the number of "
        "latents. For each compute the mean of the chosen less the mean of the others.",
        "Count the choices whose gap is at least the one found (`>= found - 1e-9`, so that rounding doesn't "
        "exclude the choice that you made), and divide by the number of choices.",
    ),
)


def every_choice(scores, is_latent):
    scores, mine = scores.double(), is_latent.nonzero()[:, 0].tolist()

    def gap(chosen):
        others = [i for i in range(len(scores)) if i not in chosen]
        return (scores[list(chosen)].mean() - scores[others].mean()).item()

    choices = list(itertools.combinations(range(len(scores)), len(mine)))
    return sum(gap(chosen) >= gap(mine) - 1e-9 for chosen in choices) / len(choices)


luck.edits(
    {
        "you left out the choice that was made, and all that do as well: at least, not more than": (
            "gap(mine) - 1e-9",
            "gap(mine) + 1e-9",
        ),
        "you counted the choices that do worse or as well: count those that do at least as well": (
            ">= gap(mine) - 1e-9",
            "<= gap(mine) + 1e-9",
        ),
        "you counted gaps of that size in either direction: the question is whether latents score higher": (
            "gap(chosen) >= gap(mine)",
            "abs(gap(chosen)) >= abs(gap(mine))",
        ),
        "you compared medians: compare means": [
            ("scores[list(chosen)].mean()", "scores[list(chosen)].quantile(0.5)"),
            ("scores[others].mean()", "scores[others].quantile(0.5)"),
        ],
        "you always chose half of the units: choose as many as there are latents": (
            "len(mine)))",
            "len(scores) // 2))",
        ),
        "you added one above and below the line, as one does with random shuffles: here none is missing": [
            ("return sum(", "return (1 + sum("),
            (") / len(choices)", ")) / (1 + len(choices))"),
        ],
        "you gave the number of choices: divide by how many there are": (" / len(choices)", ""),
    },
    of=every_choice,
)
luck.variants(
    {
        "you gave the share that does worse: give the share that does as well": lambda result: 1 - result,
    },
    of=every_choice,
)


@luck.part("three against two, by hand")
def ten_choices(attempt):
    # 5 + 4 + 1 = 10; of the ten sums of three, 5 + 4 + 2, 5 + 4 + 3, 5 + 4 + 1 and 5 + 3 + 2 reach it
    scores, is_latent = torch.tensor([5.0, 4, 1, 3, 2]), torch.tensor([True, True, True, False, False])
    attempt.gives(0.4, scores, is_latent)


@luck.part("the best choice, and the worst")
def the_extremes(attempt):
    scores, is_latent = torch.arange(6.0), torch.arange(6) >= 4
    attempt.gives(1 / 15, scores, is_latent)
    attempt.gives(1.0, -scores, is_latent)


@luck.part("no differences, no evidence")
def all_alike(attempt):
    attempt.gives(1.0, torch.full((7,), 9.0), torch.arange(7) < 3)


@luck.part("random scores")
def random_scores(attempt):
    for units, latents in ((8, 4), (7, 2), (9, 6)):
        scores = attempt.randint(0, 15, (units,)).float()
        is_latent = torch.arange(units) < latents
        sums = [sum(c) for c in itertools.combinations(scores.tolist(), latents)]
        mine = scores[is_latent].sum().item()
        attempt.gives(sum(s >= mine - 1e-6 for s in sums) / len(sums), scores, is_latent)


# --- 10.5 ---

masked = exercise(
    "10.5",
    splitting.masked_cosine,
    title="Who became whom",
    points=2,
    hints=(
        "Where the narrow latent is silent, its product with anything is 0. So the numerator is one "
        "matrix product of the two tables; only the *length of the wide latent* must leave out tokens.",
        "The wide latent's squared length over the tokens where the narrow one fires is a matrix product "
        "too: of the 0-1 table `narrow > 0` with the squares of `wide`.",
        "`lengths = (narrow.square().sum(0)[:, None] * ((narrow > 0).to(wide).T @ wide.square())).sqrt()`; "
        "then `narrow.T @ wide / lengths`, and 0 where `lengths` is 0.",
    ),
)


def one_pair_at_a_time(narrow, wide):
    rows = []
    for a in narrow.T:
        fires = a > 0
        lengths = (a[fires].norm() * wide[fires].norm(dim=0)).clamp_min(1e-12)
        rows.append(a[fires] @ wide[fires] / lengths)
    return torch.stack(rows)


PAIR = "a[fires] @ wide[fires] / lengths"

masked.edits(
    {
        "you took all tokens: the wide latent's length counts only where the narrow one fires": (
            "wide[fires].norm(dim=0)",
            "wide.norm(dim=0)",
        ),
        "the mask is the narrow latent's: you kept the tokens where it is silent": ("a > 0", "a <= 0"),
        "the cosine isn't centred: you took off the means, which makes it a correlation": [
            (PAIR, "(a[fires] - a[fires].mean()) @ (wide[fires] - wide[fires].mean(0)) / lengths"),
            ("a[fires].norm()", "(a[fires] - a[fires].mean()).norm()"),
            ("wide[fires].norm(dim=0)", "(wide[fires] - wide[fires].mean(0)).norm(dim=0)"),
        ],
        "you took whether it fires for how much: the sizes count": (
            "rows.append(a[fires]",
            "rows.append(fires[fires].to(a)",
        ),
        "you stopped at the inner product: divide by both lengths": (" / lengths", ""),
        "you stopped at the mean product: divide by both lengths": (
            " / lengths",
            " / fires.sum().clamp_min(1)",
        ),
        "divide by the wide latent's length as well": (" * wide[fires].norm(dim=0)", ""),
        "divide by the narrow latent's length as well": ("a[fires].norm() * ", ""),
        "you divided by the squared lengths: take their roots": (
            "(a[fires].norm() * wide[fires].norm(dim=0))",
            "(a[fires].norm() * wide[fires].norm(dim=0)).square()",
        ),
        "you gave NaN where one of the two is silent: give 0": (".clamp_min(1e-12)", ""),
        "one length for all wide latents: each column has its own": (
            "wide[fires].norm(dim=0)",
            "wide[fires].norm()",
        ),
    },
    of=one_pair_at_a_time,
)
masked.variants(
    {"you turned the activations into yes or no: their size counts": lambda wide: (wide > 0).to(wide)}
)
masked.variants({"you squared the cosine": lambda result: result.square()})


@masked.mistake("the mask is the narrow latent's, not the wide one's")
def masked_by_the_wide(narrow, wide):
    return one_pair_at_a_time(wide, narrow).T


@masked.mistake("the mask is the narrow latent's alone: where the wide one is silent counts as well")
def masked_by_both(narrow, wide):
    rows = []
    for a in narrow.T:
        row = []
        for b in wide.T:
            both = (a > 0) & (b > 0)
            row.append(a[both] @ b[both] / (a[both].norm() * b[both].norm()).clamp_min(1e-12))
        rows.append(torch.stack(row))
    return torch.stack(rows)


@masked.mistake("a row is a narrow latent, a column a wide one: yours is turned")
def turned(narrow, wide):
    return one_pair_at_a_time(narrow, wide).T


NARROW = torch.tensor([[3.0, 0.0], [4.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
WIDE = torch.tensor([[3.0, 0.0, 4.0], [4.0, 0.0, 0.0], [9.0, 5.0, 0.0], [7.0, 5.0, 0.0]])


@masked.part("a hand-computed case")
def pairs_by_hand(attempt):
    # the first narrow latent fires on two tokens: the same there, silent there, 12 / (5 · 4)
    attempt.gives(torch.tensor([[1.0, 0.0, 0.6], [1.0, 1.0, 0.0]]), NARROW, WIDE)


@masked.part("random latents, of two widths")
def random_latents(attempt):
    for tokens, a, b in ((40, 3, 5), (60, 4, 4), (30, 5, 2)):
        narrow, wide = ((attempt.randn(tokens, n) - 0.3).relu() for n in (a, b))
        want = torch.empty(a, b)
        for i in range(a):
            on = [t for t in range(tokens) if narrow[t, i] > 0]
            for j in range(b):
                top = sum(narrow[t, i].item() * wide[t, j].item() for t in on)
                first, second = (sum(x[t, k].item() ** 2 for t in on) for x, k in ((narrow, i), (wide, j)))
                want[i, j] = top / math.sqrt(first * second) if first * second else 0.0
        attempt.gives(want, narrow, wide, rtol=1e-3, atol=1e-4)


@masked.part("latents that are silent")
def silent_latents(attempt):
    narrow = torch.tensor([[0.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
    wide = torch.tensor([[0.0, 1.0], [0.0, 1.0], [2.0, 2.0]])
    attempt.gives(torch.tensor([[0.0, 0.0], [0.0, 1.0]]), narrow, wide)


masked.contract(lambda attempt: (attempt.rand(9, 3), attempt.rand(9, 4)))

# --- 10.6 ---

stitched = exercise(
    "10.6",
    splitting.stitching_effect,
    title="New, or a replacement?",
    points=2,
    hints=(
        "For one token and one latent: ‖r − f d‖² − ‖r‖². Multiply out. What is left when ‖r‖² cancels?",
        "f²‖d‖² − 2 f d·r, and then the mean over tokens. The first term needs the mean of f² and the row's "
        "squared length; for the second, the mean of f r over tokens is one matrix product.",
        "`f.square().mean(0) * W_dec.square().sum(1) - 2 * (f.T @ residual * W_dec).sum(1) / len(f)`.",
    ),
)

SIZES, OVERLAP = "f.square().mean(0) * W_dec.square().sum(1)", "(f.T @ residual * W_dec).sum(1) / len(f)"

stitched.edits(
    {
        "the mixed term comes twice: (a − b)² = a² − 2ab + b²": ("2 * overlap", "overlap"),
        "the newcomer's part is taken off the residual: the mixed term has a minus": (
            "sizes - 2",
            "sizes + 2",
        ),
        "you left out what the newcomer adds by its own size": ("sizes - 2", "-2"),
        "you left out the mixed term: how far the newcomer points along the residual": (" - 2 * overlap", ""),
        "the sign is turned round: below 0 the error falls": (
            "return sizes - 2 * overlap",
            "return 2 * overlap - sizes",
        ),
        "the rows' lengths count: W_dec need not have rows of length 1": (" * W_dec.square().sum(1)", ""),
        "the rows' squared lengths count: you took the lengths": (
            "W_dec.square().sum(1)",
            "W_dec.norm(dim=1)",
        ),
        "you took the square of the mean activation: take the mean of the squares": (
            "f.square().mean(0)",
            "f.mean(0).square()",
        ),
        "the mean over tokens is missing in the mixed term": (" / len(f)", ""),
        "the activation is missing in the mixed term: f times d·residual": (
            "f.T @",
            "torch.ones_like(f).T @",
        ),
        "you summed over tokens: a mean is asked for": (
            "return sizes - 2 * overlap",
            "return (sizes - 2 * overlap) * len(f)",
        ),
        "you took a mean over the dimensions as well: a squared error is their sum": (
            "return sizes - 2 * overlap",
            "return (sizes - 2 * overlap) / W_dec.shape[1]",
        ),
        "you took the size of the overlap: a newcomer that points against the residual does harm": (
            "2 * overlap",
            "2 * overlap.abs()",
        ),
    }
)


@stitched.mistake("you put all newcomers in at once: each is tried alone")
def all_at_once(residual, f, W_dec):
    change = (residual - f @ W_dec).square().sum(1).mean() - residual.square().sum(1).mean()
    return change.expand(len(W_dec)).clone()


@stitched.mistake("give the change of the error, not the error itself")
def whole_error(residual, f, W_dec):
    return splitting.stitching_effect(residual, f, W_dec) + residual.square().sum(1).mean()


@stitched.part("a hand-computed case")
def stitches_by_hand(attempt):
    # 1 fits the first residual whole and leaves the second: −4 / 2. 2 doubles an error: (9 − 1) / 2.
    residual = torch.tensor([[2.0, 0.0], [0.0, -1.0]])
    f, W_dec = torch.tensor([[2.0, 0.0], [0.0, 1.0]]), torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    attempt.gives(torch.tensor([-2.0, 4.0]), residual, f, W_dec)


@stitched.part("random newcomers")
def random_newcomers(attempt):
    for tokens, latents, d in ((30, 4, 3), (12, 5, 5), (7, 1, 6), (1, 3, 2)):
        residual, W_dec = attempt.randn(tokens, d), attempt.randn(latents, d)
        f = (attempt.randn(tokens, latents) + residual @ W_dec.T / 4).relu()
        errors = [
            sum(((residual[t] - f[t, i] * W_dec[i]) ** 2).sum().item() for t in range(tokens)) / tokens
            for i in range(latents)
        ]
        before = residual.square().sum().item() / tokens
        attempt.gives(torch.tensor(errors) - before, residual, f, W_dec, rtol=1e-3, atol=1e-4)


stitched.contract(lambda attempt: (attempt.randn(8, 3), attempt.rand(8, 4), attempt.randn(4, 3)))

# --- 10.7 ---

hedged = exercise(
    "10.7",
    hierarchy.hedged_angle,
    title="One latent for two features",
    points=2,
    hints=(
        "The latent can't do better on an input x than its projection, so it leaves ‖x‖² − (x·u)². What is "
        "x·u for the parent, and for parent and child? Weigh the two with 1 − q and q.",
        "(1 − q) sin²θ + q (1 − sin 2θ). Differentiate in θ: the derivative of sin²θ is sin 2θ.",
        "(1 − q) sin 2θ = 2q cos 2θ, so `math.atan2(2 * q, 1 - q) / 2`.",
    ),
)

hedged.edits(
    {
        "that is 2θ: halve it": (" / 2", ""),
        "you gave degrees: radians are asked for": (" / 2", " / 2 * 180 / math.pi"),
        "the fraction is upside down: with q = 0 the latent lies along the parent": (
            "2 * q, 1 - q",
            "1 - q, 2 * q",
        ),
        "the 2 is missing: sin 2θ has the derivative 2 cos 2θ": ("2 * q, 1", "q, 1"),
        "you weighed the parent with 1: alone it comes with 1 − q": ("1 - q)", "1)"),
        "the parent's part grows with q: alone it comes with 1 − q": ("1 - q)", "1 + q)"),
        "you took the sine for the tangent": (
            "math.atan2(2 * q, 1 - q)",
            "math.asin(min(1, 2 * q / max(1 - q, 2 * q)))",
        ),
    }
)
hedged.mistake("that is the direction of the mean input: the squared error asks for another")(
    lambda q: math.atan2(q, 1)
)
hedged.mistake("you found the larger error: the derivative vanishes there too, a right angle away")(
    lambda q: math.atan2(2 * q, 1 - q) / 2 + math.pi / 2
)
hedged.mistake("the angle is the child's: measure from the parent")(
    lambda q: math.pi / 2 - math.atan2(2 * q, 1 - q) / 2
)


def expect_angle(attempt, want, q):
    attempt.gives(want, q, rtol=1e-3, atol=1e-4)


@hedged.part("angles that are known")
def known_angles(attempt):
    # without children 0; always together 45°; tan 2θ = 1 at q = 1/3
    for q, degrees in ((0.0, 0.0), (1.0, 45.0), (1 / 3, 22.5)):
        expect_angle(attempt, math.radians(degrees), q)


@hedged.part("least among all angles")
def least_of_all(attempt):
    grid = torch.linspace(-math.pi / 2, math.pi / 2, 200_001, dtype=torch.float64)
    for q in (0.05, 0.2, 0.5, 0.8):
        error = (1 - q) * (1 - grid.cos() ** 2) + q * (2 - (grid.cos() + grid.sin()) ** 2)
        expect_angle(attempt, grid[error.argmin()].item(), q)


# --- 10.8 ---

absorbed = exercise(
    "10.8",
    hierarchy.absorbed_loss,
    title="The price of being honest",
    points=3,
    hints=(
        "Write x − f W_dec in its two components: parent 1 − f_p − f_c sin θ, child 1 − f_c cos θ. Square, "
        "add, add λ(f_p + f_c). Then set both slopes to 0.",
        "The slopes give f_p = 1 − tan θ − (λ/2)/(1 + sin θ) and f_c = 1/cos θ − (λ/2)/(1 + sin θ). From "
        "some angle on f_p comes out below 0. Which f_c is best when f_p is 0? (Lesson 06: size less λ/2.)",
        "If f_p < 0: f_p = 0, f_c = cos θ + sin θ − λ/2. Then put both into "
        "`(1 - f_p - f_c * sin) ** 2 + (1 - f_c * cos) ** 2 + l1_coefficient * (f_p + f_c)`.",
    ),
)


def by_components(angle, l1_coefficient):
    sine, cosine, pull = math.sin(angle), math.cos(angle), l1_coefficient / 2
    parent = 1 - sine / cosine - pull / (1 + sine)
    child = 1 / cosine - pull / (1 + sine)
    if parent < 0:
        parent, child = 0.0, cosine + sine - pull
    error = (1 - parent - child * sine) ** 2 + (1 - child * cosine) ** 2
    return error + l1_coefficient * (parent + child)


PULLED = "the penalty pulls each activation by λ/2: neither by λ, nor by nothing"

absorbed.edits({PULLED: ("l1_coefficient / 2", "0.0")}, of=by_components)
absorbed.edits(
    {
        PULLED: ("l1_coefficient / 2", "l1_coefficient"),
        "an activation can't be negative: from some angle on the child's latent works alone": (
            "parent < 0",
            "False",
        ),
        "the penalty itself is missing from the loss": (" + l1_coefficient * (parent + child)", ""),
        "the penalty counts both activations: you left out the parent's": ("(parent + child)", "child"),
        "the penalty counts both activations: you left out the child's": ("(parent + child)", "parent"),
        "you set the negative activation to 0 and kept the other: alone, the child's has another best": (
            "parent, child = 0.0, cosine + sine - pull",
            "parent = 0.0",
        ),
        "alone, the child's latent is pulled by λ/2 too": ("cosine + sine - pull", "cosine + sine"),
        "sine and cosine are swapped: at 0 the second row is the child": (
            "math.sin(angle), math.cos(angle)",
            "math.cos(angle), math.sin(angle) + 1e-9",
        ),
        "the angle is in radians": (
            "math.sin(angle), math.cos(angle)",
            "math.sin(math.radians(angle)), math.cos(math.radians(angle))",
        ),
        "the two rows aren't at right angles: the pulls are (λ/2)/(1 + sin θ)": [
            ("1 - sine / cosine - pull / (1 + sine)", "1 - sine / cosine - pull"),
            ("1 / cosine - pull / (1 + sine)", "1 / cosine - pull"),
        ],
        "the parent's latent must give way: the child's row already holds some of the parent": (
            "1 - sine / cosine - pull / (1 + sine)",
            "1 - pull",
        ),
        "the error is a sum of two squares: the child's component is missing": (
            " + (1 - child * cosine) ** 2",
            "",
        ),
    },
    of=by_components,
)


def expect_loss(attempt, want, degrees, l1_coefficient):
    attempt.gives(want, math.radians(degrees), l1_coefficient, rtol=1e-4, atol=1e-5)


@absorbed.part("the child's row is the child")
def honest(attempt):
    # two latents at right angles, each as in lesson 06: 1 − (1 − λ/2)²
    for l1 in (0.0, 0.2, 1.0):
        expect_loss(attempt, 2 * (1 - (1 - l1 / 2) ** 2), 0, l1)


@absorbed.part("the child's row is the sum")
def all_absorbed(attempt):
    # one latent along x, whose length is √2: 2 − (√2 − λ/2)²
    for l1 in (0.1, 0.2, 1.0):
        expect_loss(attempt, 2 - (math.sqrt(2) - l1 / 2) ** 2, 45, l1)


def least_by_search(degrees: float, l1_coefficient: float) -> float:
    """Coordinate by coordinate, in float64, from 0: each step is the best for one of the two."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    f_parent = f_child = 0.0
    for _ in range(20_000):
        f_parent = max(1 - f_child * sine - l1_coefficient / 2, 0.0)
        f_child = max((1 - f_parent) * sine + cosine - l1_coefficient / 2, 0.0)
    error = (1 - f_parent - f_child * sine) ** 2 + (1 - f_child * cosine) ** 2
    return error + l1_coefficient * (f_parent + f_child)


@absorbed.part("between them, and beyond")
def other_angles(attempt):
    for degrees, l1 in ((20, 0.1), (35, 0.5), (43, 0.2), (60, 0.2), (75, 0.05)):
        expect_loss(attempt, least_by_search(degrees, l1), degrees, l1)


# --- 10.9 ---

mutual = exercise(
    "10.9",
    matching.mutual_matches,
    title="Who chooses whom back",
    points=2,
    returns="a, b",
    hints=(
        "Each row has a favourite column (`argmax(1)`), each column a favourite row (`argmax(0)`).",
        "Row i is chosen back where `back[partner[i]] == i`.",
        "`chosen = back[partner] == torch.arange(len(partner))`, then "
        "`a = (chosen & (similarity.amax(1) > least)).nonzero()[:, 0]`, and b is `partner[a]`.",
    ),
)

CHOSEN, BACK = "back[partner] == torch.arange(len(partner))", "similarity.argmax(1), similarity.argmax(0)"
mutual.edits(
    {
        "you asked for a favourite only: it has to choose back": (CHOSEN, "partner >= 0"),
        "you compared a row's number with a column's: the column's favourite is a row, compare it with i": (
            CHOSEN,
            "back[partner] == partner",
        ),
        "the similarity has to be above `least` as well": (" & (similarity.amax(1) > least)", ""),
        "a similarity of just `least` isn't above it: use >": ("> least", ">= least"),
        "give the partners' own numbers in B: you gave the rows' numbers twice": ("partner[a]", "a"),
        "you gave the first columns, not the chosen rows' partners": ("partner[a]", "partner[: len(a)]"),
        "0.7 is written into your function: use `least`": ("> least", "> 0.7"),
        "you chose the least similar": (BACK, "similarity.argmin(1), similarity.argmin(0)"),
        "units of two dictionaries don't share their numbers: unit 3 of A may match unit 8 of B": (
            CHOSEN,
            "partner == torch.arange(len(partner))",
        ),
    }
)
mutual.variants(
    {
        "you took sizes: two latents that are opposite don't match": lambda similarity: similarity.abs(),
        "you gave all pairs above `least`: each unit belongs to one pair at most": lambda result: (
            result[0].repeat(2),
            result[1].repeat(2),
        ),
        "first the numbers in A, then those in B": lambda result: (result[1], result[0]),
    }
)


@mutual.mistake("you gave all pairs above `least`: each unit belongs to one pair at most")
def all_pairs(similarity, least=0.7):
    return tuple((similarity > least).nonzero().T)


SIMILAR = torch.tensor([[0.2, 0.9, 0.1, 0.75], [0.95, 0.3, 0.6, 0.1], [0.8, 0.85, 0.2, -0.99]])


@mutual.part("a case by hand")
def three_and_four(attempt):
    attempt.gives((torch.tensor([0, 1]), torch.tensor([1, 0])), SIMILAR, 0.7)


@mutual.part("the least similarity")
def at_the_least(attempt):
    attempt.gives((torch.tensor([1]), torch.tensor([0])), SIMILAR, 0.92)
    attempt.gives((torch.tensor([1]), torch.tensor([2])), torch.tensor([[0.5, 0, 0], [0, 0, 0.6]]), 0.5)
    attempt.gives((torch.tensor([0, 1]), torch.tensor([0, 1])), torch.tensor([[0.5, 0.1], [0.2, 0.4]]), 0.3)


@mutual.part("random cases")
def random_tables(attempt):
    for a, b, least in ((6, 6, 0.4), (5, 9, 0.2), (9, 4, 0.0), (12, 12, 0.6)):
        table = 2 * attempt.rand(a, b) - 1
        pairs = [
            (i, j)
            for i, j in itertools.product(range(a), range(b))
            if table[i, j] == table[i].max() == table[:, j].max() and table[i, j] > least
        ]
        rows, columns = (torch.tensor([p[k] for p in pairs], dtype=torch.long) for k in (0, 1))
        attempt.gives((rows, columns), table, least)


@mutual.part("nobody is chosen back")
def nobody(attempt):
    none = torch.zeros(0, dtype=torch.long)
    attempt.gives((none, none), torch.full((2, 3), -0.5), 0.7)
