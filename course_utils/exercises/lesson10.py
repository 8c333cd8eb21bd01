"""Exercises of lesson 10, Features against neurons; splitting; the feature lottery."""

from __future__ import annotations

import itertools

import torch

from course_utils.checks.registry import exercise
from course_utils.interp import blind, comparing, matching, measures

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


# --- 10.8 ---

mutual = exercise(
    "10.8",
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
