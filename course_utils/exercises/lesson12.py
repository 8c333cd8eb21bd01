"""Exercises of lesson 12, A phase change in a language model; what SAEs can't do."""

from __future__ import annotations

import math

import torch

from course_utils.checks.registry import exercise
from course_utils.interp import measures, share_map
from course_utils.toy import theory

# --- 12.1 ---

arrangements = exercise(
    "12.1",
    theory.arrangement_losses,
    title="Three arrangements, two densities",
    points=2,
    hints=(
        "Lesson 02 has all three prices for one density: I p/3 − I p²/4 for a dropped feature, and (I₁ + I₂) "
        "p²/6 for a pair. Where does each p come from?",
        "A dropped feature costs by its own density and its own importance. A pair costs only where both "
        "are on: how often is that, when their densities differ?",
        "Dropped: `r * (q / 3 - q**2 / 4)`. Pair: `(1 + r) * p * q / 6`. Alone: `p / 3 - p**2 / 4`. "
        "`torch.broadcast_tensors` makes them one shape, `torch.stack` one tensor.",
    ),
)


def three_prices(r, q, p):
    r, q, p = torch.broadcast_tensors(*map(torch.as_tensor, (r, q, p)))
    dropped = r * (q / 3 - q**2 / 4)
    pair = (1 + r) * p * q / 6
    alone = p / 3 - p**2 / 4
    return torch.stack([dropped, pair, alone])


PAIR, ALONE = "(1 + r) * p * q / 6", "p / 3 - p**2 / 4"
arrangements.edits(
    {
        "a pair fails where both are on, and that is p q: the two densities differ": (
            PAIR,
            "(1 + r) * q**2 / 6",
        ),
        "a pair fails where both are on: you took the other feature's density twice": (
            PAIR,
            "(1 + r) * p**2 / 6",
        ),
        "in a pair both are off by the smaller one, each with its own importance: 1 + r": (
            PAIR,
            "r * p * q / 6",
        ),
        "in a pair each is off by the smaller of the two, whose mean square is 1/6": (
            PAIR,
            "(1 + r) * p * q / 3",
        ),
        "a dropped feature is guessed by its mean, not by 0: the variance is left": (
            "r * (q / 3 - q**2 / 4)",
            "r * q / 3",
        ),
        "the feature that is dropped for the varied one is guessed by its mean, not by 0": (ALONE, "p / 3"),
        "alone, it is the other feature that is dropped: importance 1, density p": (
            ALONE,
            "r * (p / 3 - p**2 / 4)",
        ),
        "you swapped the first and the last: first the varied feature is dropped": (
            "[dropped, pair, alone]",
            "[alone, pair, dropped]",
        ),
    },
    of=three_prices,
)


@arrangements.part("a case by hand")
def one_point(attempt):
    want = torch.tensor([2 * (0.3 / 3 - 0.09 / 4), 3 * 0.06 / 6, 0.2 / 3 - 0.01], dtype=torch.float64)
    r, q, p = (torch.tensor(v, dtype=torch.float64) for v in (2.0, 0.3, 0.2))
    attempt.gives(want, r, q, p)


@arrangements.part("equal densities: lesson 02's prices")
def as_before(attempt):
    r, p = attempt.rand(6, low=0.2, high=9), attempt.rand(6, low=0.01)
    pair = theory.antipodal_loss(1, r, p)
    attempt.gives(torch.stack([theory.drop_loss(r, p), pair, theory.drop_loss(1, p)]), r, p, p)


@arrangements.part("by sampling")
def by_sampling(attempt):
    r, q, p = attempt.rand(3, low=1, high=5), attempt.rand(3, low=0.1), attempt.rand(3, low=0.1)
    x, y = attempt.rand(40_000, 1), attempt.rand(40_000, 1)
    both = torch.minimum(x, y).square().mean() * p * q
    want = torch.stack([r * q / 3 - r * q**2 / 4, (1 + r) * both, p / 3 - p**2 / 4])
    attempt.gives(want, r, q, p, rtol=0.05)


@arrangements.part("a grid")
def on_a_grid(attempt):
    r, q, p = attempt.rand(3, 1, low=1, high=16), attempt.rand(5, low=0.01), attempt.rand(1, low=0.01)
    got = attempt.gives(three_prices(r, q, p), r, q, p)
    attempt.note(got)


# --- 12.2 ---

weighted = exercise(
    "12.2",
    share_map.weighted_loss,
    title="Importance, in a language model",
    points=2,
    hints=(
        "Entry i of `losses` is the cost of token i + 1. Whose type decides its weight?",
        "`content_types[:, 1:]` are the types of the tokens that are predicted: as many as there are losses.",
        "`torch.where(content_types[:, 1:] == kind, importance, 1.0) * losses`",
    ),
)

MINE = "content_types[:, 1:] == kind"
weighted.edits(
    {
        "loss i is that of token i + 1: you took the type of the token before it": (
            "content_types[:, 1:]",
            "content_types[:, :-1]",
        ),
        "you weighted all the other tokens": (MINE, "content_types[:, 1:] != kind"),
        "every other token keeps its loss, with weight 1: you took it out": (
            "importance, 1.0)",
            "importance, 0.0)",
        ),
        "you added the importance: it is a factor": (
            "torch.where(content_types[:, 1:] == kind, importance, 1.0) * losses",
            "torch.where(content_types[:, 1:] == kind, importance, 0.0) + losses",
        ),
        "you added importance times the loss to a loss that was there already: the weight is 1 + importance "
        "then": ("importance, 1.0)", "1.0 + importance, 1.0)"),
        "a sequence may hold more than one type: each token has its own weight": (
            MINE,
            "(content_types[:, 1:] == kind).any(1, keepdim=True)",
        ),
    }
)
weighted.variants(
    {
        "you divided by the sum of the weights: the other tokens' loss would get smaller": lambda result: (
            result / result.sum().clamp_min(1e-9)
        ),
        "the importance has no root: lesson 02 multiplies with it as it is": lambda importance: (
            importance**0.5
        ),
    }
)


@weighted.part("a case by hand")
def one_sequence(attempt):
    losses, types = torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[5, 5, 2, 5]])
    attempt.gives(torch.tensor([[4.0, 2.0, 12.0]]), losses, types, 5, 4.0)


@weighted.part("random batches")
def batches(attempt):
    for rows, length, importance in ((1, 9, 16.0), (6, 12, 0.5), (3, 2, 3.0)):
        losses, types = attempt.rand(rows, length - 1, low=0.1), attempt.randint(0, 3, (rows, length))
        types[0, -1] = 1
        want = torch.tensor(
            [
                [loss * (importance if kind == 1 else 1) for loss, kind in zip(row, kinds[1:], strict=True)]
                for row, kinds in zip(losses.tolist(), types.tolist(), strict=True)
            ]
        )
        attempt.gives(want, losses, types, 1, importance)


@weighted.part("importance 1, or none of the type")
def nothing_changes(attempt):
    losses, types = attempt.rand(4, 7), attempt.randint(0, 3, (4, 8))
    attempt.gives(losses, losses, types, 1, 1.0)
    attempt.gives(losses, losses, types, 9, 8.0)


def loss_inputs(attempt):
    return attempt.rand(3, 5, low=0.1), attempt.randint(0, 2, (3, 6)), 1, 4.0


weighted.contract(loss_inputs, wrt=("losses",))


# --- 12.3 ---

chosen = exercise(
    "12.3",
    measures.best_unit,
    title="Chosen here, measured there",
    points=2,
    hints=(
        "Two piles, two jobs. Which of them may say which unit it is, and which how good it is?",
        "`measures.correlation(acts, target)` gives each unit's correlation. Its `argmax` on the search pile "
        "is the unit.",
        "`best = correlation(search, search_target).argmax()`, then `correlation(test, test_target)[best]` "
        "as a number.",
    ),
)


def two_piles(search, search_target, test, test_target):
    best = measures.correlation(search, search_target).argmax()
    return measures.correlation(test, test_target)[best].item()


CHOICE, RESULT = "measures.correlation(search, search_target).argmax()", "[best].item()"
chosen.edits(
    {
        "you chose on the test pile as well: the largest of many is too large there": (
            "measures.correlation(search, search_target).argmax()",
            "measures.correlation(test, test_target).argmax()",
        ),
        "you measured on the search pile, where the unit was chosen": (
            "measures.correlation(test, test_target)[best]",
            "measures.correlation(search, search_target)[best]",
        ),
        "you chose by the size of the correlation: a unit that falls silent doesn't stand for it": (
            CHOICE,
            "measures.correlation(search, search_target).abs().argmax()",
        ),
        "you took the size of the result: a correlation has a sign": (RESULT, "[best].abs().item()"),
        "you took the least correlated unit": (CHOICE, CHOICE.replace("argmax", "argmin")),
        "you returned the unit's number: its correlation is asked for": (
            "measures.correlation(test, test_target)[best].item()",
            "float(best)",
        ),
        "you averaged over the units: one unit is chosen": (
            "measures.correlation(test, test_target)[best].item()",
            "measures.correlation(test, test_target).mean().item()",
        ),
        "you chose the unit that is most active on the type: a unit that is active everywhere wins that": (
            CHOICE,
            "(search * search_target[:, None]).sum(0).argmax()",
        ),
    },
    of=two_piles,
)


@chosen.part("luck on one pile")
def luck(attempt):
    target = torch.tensor([1.0, 1.0, 0.0, 0.0])
    search = torch.stack([target, torch.tensor([1.0, 0.0, 0.0, 1.0]), 1 - target], 1)
    test = torch.stack([torch.tensor([2.0, 0.0, 0.0, 0.0]), target, target], 1)
    attempt.gives(1 / math.sqrt(3), search, target, test, target)


@chosen.part("many units, little text")
def noise(attempt):
    for tokens, units in ((40, 60), (90, 7)):
        a, b = attempt.randn(tokens, units), attempt.randn(tokens + 10, units)
        s, t = (torch.arange(n) % 4 == 0 for n in (tokens, tokens + 10))
        a[:, 2] += 0.5 * s
        b[:, 2] += 0.5 * t
        a[:, 1] += 3
        b[:, 1] += 3
        attempt.gives(by_hand(a, s.float(), b, t.float()), a, s.float(), b, t.float())


def by_hand(search, s, test, t):
    def corr(x, y):
        x, y = x.double() - x.double().mean(), y.double() - y.double().mean()
        return float((x * y).sum() / (x.square().sum() * y.square().sum()).sqrt())

    best = max(range(search.shape[1]), key=lambda u: corr(search[:, u], s))
    return corr(test[:, best], t)


@chosen.part("a unit that turns round")
def turned(attempt):
    target = torch.tensor([0.0, 1.0, 0.0, 1.0, 0.0])
    weak = torch.tensor([0.0, 1.0, 0.5, 1.0, 0.0])
    search, weaker = torch.stack([weak, -3 * target], 1), torch.stack([-weak, target], 1)
    attempt.gives(by_hand(search, target, weaker, target), search, target, weaker, target)
    attempt.gives(1.0, search, target, torch.stack([target, -weak], 1), target)


# --- 12.4 ---

gap = exercise(
    "12.4",
    measures.gap_at_equal,
    title="Do equal products make equal models?",
    points=2,
    hints=(
        "All pairs at once: `x[:, None] - x` is a table of differences. Within a factor means: near in the "
        "logarithm, whichever of the two is larger.",
        "`near = (log[:, None] - log).abs() <= math.log(factor)` holds every pair twice, and each point with "
        "itself. `triu(1)` keeps what is above the diagonal.",
        "`gaps = (value[:, None] - value).abs()`; return `gaps[near.triu(1)].mean()` as a number. A grain of "
        "rounding, 1e-6, on the factor's side.",
    ),
)


def pair_by_pair(coordinate, value, factor):
    gaps = []
    for i in range(len(value)):
        for j in range(i):
            ratio = coordinate[i] / coordinate[j]
            if 1 / factor * 0.999999 <= ratio <= factor * 1.000001:
                gaps.append((value[i] - value[j]).abs())
    return torch.stack(gaps).mean().item() if gaps else math.nan


NEAR, DIFFERENCE = "1 / factor * 0.999999 <= ratio <= factor * 1.000001", "(value[i] - value[j]).abs()"
gap.edits(
    {
        "a point is no partner of its own: those gaps are 0": ("range(i)", "range(i + 1)"),
        "within a factor goes both ways: the first may be the smaller one, too": (
            NEAR,
            "1 <= ratio <= factor * 1.000001",
        ),
        "you took pairs whose coordinates differ by more than the factor": (NEAR, f"not ({NEAR})"),
        "you took all pairs: only those count whose coordinates agree": (NEAR, "True"),
        "a gap has no sign: two that point opposite ways don't cancel": (
            DIFFERENCE,
            "(value[i] - value[j])",
        ),
        "you squared the gaps": (DIFFERENCE, "(value[i] - value[j]).square()"),
        "you compared the difference of the coordinates with the factor: take their ratio": (
            "coordinate[i] / coordinate[j]",
            "1 + (coordinate[i] - coordinate[j]).abs()",
        ),
        "you summed the gaps: the mean is asked for": (".mean()", ".sum()"),
        "you took the largest gap: the mean is asked for": (".mean()", ".max()"),
        "you compared the values' ratio as well: values are compared by their difference": (
            DIFFERENCE,
            "(value[i] / value[j]).log().abs()",
        ),
    },
    of=pair_by_pair,
)


@gap.part("a case by hand")
def four_points(attempt):
    coordinate, value = torch.tensor([8.0, 1.0, 10.0, 1.2]), torch.tensor([0.5, 0.1, 0.9, 0.3])
    attempt.gives(0.3, coordinate, value, 1.3)


@gap.part("an exact factor")
def exact_factor(attempt):
    coordinate, value = torch.tensor([3.0, 6.0, 100.0]), torch.tensor([0.25, 1.0, 7.0])
    attempt.gives(0.75, coordinate, value, 2.0)


@gap.part("random points")
def random_points(attempt):
    for points, factor in ((12, 1.5), (30, 1.1), (7, 1000.0)):
        coordinate, value = attempt.rand(points, low=0.01), attempt.rand(points, low=0.1)
        coordinate[1], coordinate[4] = coordinate[0] * 1.05, coordinate[3] * 0.96
        attempt.gives(pair_by_pair(coordinate, value, factor), coordinate, value, factor)
