"""Exercises of lesson 12, A phase change in a language model; what SAEs can't do."""

from __future__ import annotations

import math

import torch

from course_utils.checks.registry import exercise
from course_utils.interp import auditing, measures, probe, share_map
from course_utils.sae import SparseAutoencoder
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

equal = exercise(
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
equal.edits(
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


@equal.part("a case by hand")
def four_points(attempt):
    coordinate, value = torch.tensor([8.0, 1.0, 10.0, 1.2]), torch.tensor([0.5, 0.1, 0.9, 0.3])
    attempt.gives(0.3, coordinate, value, 1.3)


@equal.part("an exact factor")
def exact_factor(attempt):
    coordinate, value = torch.tensor([3.0, 6.0, 100.0]), torch.tensor([0.25, 1.0, 7.0])
    attempt.gives(0.75, coordinate, value, 2.0)


@equal.part("random points")
def random_points(attempt):
    for points, factor in ((12, 1.5), (30, 1.1), (7, 1000.0)):
        coordinate, value = attempt.rand(points, low=0.01), attempt.rand(points, low=0.1)
        coordinate[1], coordinate[4] = coordinate[0] * 1.05, coordinate[3] * 0.96
        attempt.gives(pair_by_pair(coordinate, value, factor), coordinate, value, factor)


# --- 12.5 ---

gap = exercise(
    "12.5",
    auditing.class_gap,
    title="Choosing units with few labels",
    points=1,
    hints=(
        "`in_class` picks rows: `acts[in_class]` are the labelled tokens of the class.",
        "`acts[in_class].mean(0) - acts[~in_class].mean(0)`, then divide by `spread`.",
        "`torch.where(spread > 0, gap / spread.clamp_min(1e-12), 0.0)` gives 0 to a unit without spread.",
    ),
)
INSIDE, OUTSIDE = "acts[in_class].mean(0)", "acts[~in_class].mean(0)"
SAFE = "torch.where(spread > 0, gap / spread.clamp_min(1e-12), 0.0)"
gap.edits(
    {
        "you took outside minus inside: a unit of the class gets a positive gap": (
            f"{INSIDE} - {OUTSIDE}",
            f"{OUTSIDE} - {INSIDE}",
        ),
        "you compared with all labelled tokens: compare the class with the others": (
            OUTSIDE,
            "acts.mean(0)",
        ),
        "you compared sums: each kind has its own number of tokens": [
            (INSIDE, "acts[in_class].sum(0)"),
            (OUTSIDE, "acts[~in_class].sum(0)"),
        ],
        "you compared maxima: one odd token would decide": [
            (INSIDE, "acts[in_class].amax(0)"),
            (OUTSIDE, "acts[~in_class].amax(0)"),
        ],
        "you didn't divide by the spread: a loud unit would win by being loud": (SAFE, "gap"),
        "you divided by the spread of the labelled tokens, which are few and chosen: take `spread`": (
            SAFE,
            "gap / acts.std(0).clamp_min(1e-12)",
        ),
        "you divided by the spread squared": ("gap / spread.clamp_min(1e-12)", "gap / spread.square()"),
        "you took the size of the gap: a unit that falls silent in the class has a negative one": (
            SAFE,
            f"{SAFE}.abs()",
        ),
    }
)


@gap.part("a case by hand")
def four_tokens(attempt):
    acts = torch.tensor([[2.0, 0, 5], [4, 1, 1], [1, 3, 1], [0, 1, 1], [2, 2, 4]])
    in_class = torch.tensor([True, True, False, False, False])
    attempt.gives(torch.tensor([2.0, -0.75, 0.5]), acts, in_class, torch.tensor([1.0, 2, 2]))


@gap.part("a unit without spread")
def no_spread(attempt):
    acts = torch.tensor([[2.0, 0, 1], [2, 1, 0]])
    attempt.gives(
        torch.tensor([0.0, -2, 4]), acts, torch.tensor([True, False]), torch.tensor([0.0, 0.5, 0.25])
    )


@gap.part("the scale of a unit doesn't matter")
def scaled(attempt):
    acts, spread, scale = attempt.randn(9, 4), attempt.rand(4) + 0.5, attempt.rand(4) * 9 + 1
    in_class = torch.arange(9) % 3 == 0
    means = [
        torch.stack([row for row, c in zip(acts, in_class, strict=True) if c == k]).mean(0) for k in (1, 0)
    ]
    want = (means[0] - means[1]) / spread
    attempt.gives(want, acts, in_class, spread)
    attempt.gives(want, acts * scale, in_class, spread * scale)


gap.contract(
    lambda attempt: (attempt.randn(8, 3), torch.arange(8) < 3, attempt.rand(3) + 0.5),
)

# --- 12.6 ---

few = exercise(
    "12.6",
    auditing.sparse_probe,
    title="A probe that may use k latents",
    points=2,
    hints=(
        "`gap.topk(k).indices` are the columns that the regression may see.",
        "`probe.fit_probe(acts[:, chosen], in_class, 0.01).direction` has k entries. The answer has one for "
        "every unit.",
        "`direction = torch.zeros_like(gap)`, then `direction[chosen] = …`.",
    ),
)


def k_columns(acts, in_class, gap, k):
    chosen = gap.topk(k).indices
    direction = torch.zeros_like(gap)
    direction[chosen] = probe.fit_probe(acts[:, chosen], in_class, auditing.PENALTY).direction
    return direction


FIT = "probe.fit_probe(acts[:, chosen], in_class, auditing.PENALTY).direction"
few.edits(
    {
        "you fitted all units and kept k of the weights: the regression may see k columns only": (
            FIT,
            "probe.fit_probe(acts, in_class, auditing.PENALTY).direction[chosen]",
        ),
        "you took the first k units: take those of the largest gap": (
            "gap.topk(k).indices",
            "torch.arange(k)",
        ),
        "you took the k smallest gaps": ("gap.topk(k).indices", "gap.topk(k, largest=False).indices"),
        "you took the largest sizes: a unit that falls silent in the class isn't wanted here": (
            "gap.topk(k).indices",
            "gap.abs().topk(k).indices",
        ),
        "you used one unit more": ("gap.topk(k)", "gap.topk(k + 1)"),
        "you used the gap as the weight: let the regression weigh the units": (FIT, "gap[chosen]"),
        "you weighed the chosen units alike": (FIT, "1.0"),
        "you left the chosen columns in their old order: entry i of the fit belongs to `chosen[i]`": (
            "direction[chosen] =",
            "direction[chosen.sort().values] =",
        ),
        "your labels are turned round: the direction points away from the class": (
            "in_class, auditing",
            "~in_class, auditing",
        ),
        "the penalty is 0.01": ("auditing.PENALTY", "1e-4"),
    },
    of=k_columns,
)


def _noisy(attempt, tokens=40, units=7):
    in_class = torch.arange(tokens) < tokens // 2
    acts = attempt.randn(tokens, units)
    acts[:, 2] += 1.5 * in_class
    acts[:, 5] += in_class
    acts[:, 3] -= 3 * in_class
    order = torch.tensor([0.1, -0.2, 0.8, -3.0, 0.3, 1.4, 0.2])
    return acts, in_class, order[:units]


@few.part("k of them, the others 0")
def others_are_zero(attempt):
    acts, in_class, order = _noisy(attempt)
    for k in (1, 2, 3):
        columns = sorted(range(7), key=lambda i: -order[i].item())[:k]
        want = torch.zeros(7)
        for place, weight in zip(
            columns, probe.fit_probe(acts[:, columns], in_class, 0.01).direction.tolist(), strict=True
        ):
            want[place] = weight
        attempt.gives(want, acts, in_class, order, k, atol=1e-4)


@few.part("two tokens, two units")
def two_by_two(attempt):
    acts = torch.tensor([[1.0, 0, 3], [0, 1, 3]])
    direction = attempt.call(acts, torch.tensor([True, False]), torch.tensor([2.0, -2, 0]), 1)
    attempt.expect(
        direction[0] > 0 and direction[1] == 0 and direction[2] == 0,
        expected="a positive weight for the first unit, 0 for the others",
        got=str(direction.tolist()),
    )


@few.part("all of them: the plain probe")
def all_units(attempt):
    acts, in_class, order = _noisy(attempt, 30)
    attempt.gives(probe.fit_probe(acts, in_class, 0.01).direction, acts, in_class, order, 7, atol=1e-3)


# --- 12.7 ---

share = exercise(
    "12.7",
    auditing.caught,
    title="What is caught when alarms are dear",
    points=2,
    hints=(
        "Allowed alarms: `int(false_alarms * len(text))`, call it n. Which score of the text is the smallest "
        "threshold that lets no more than n through?",
        "The (n + 1)-th largest: `text.topk(n + 1).values[-1]`. What lies above it is at most n tokens.",
        "`(target > threshold).float().mean().item()`.",
    ),
)


def by_sorting(target, text, false_alarms):
    allowed = int(false_alarms * len(text) + 1e-9)
    threshold = text.sort(descending=True).values[allowed]
    return (target > threshold).float().mean().item()


share.edits(
    {
        "your threshold is the n-th largest: n − 1 alarms are fewer than allowed": (
            "values[allowed]",
            "values[max(allowed - 1, 0)]",
        ),
        "you let one alarm too many through: the threshold is the (n + 1)-th largest": (
            "values[allowed]",
            "values[min(allowed + 1, len(text) - 1)]",
        ),
        "a score at the threshold is no alarm: it has to lie above": (
            "target > threshold",
            "target >= threshold",
        ),
        "you counted what isn't caught": ("target > threshold", "target <= threshold"),
        "you took the smallest scores of the text as its alarms": ("descending=True", "descending=False"),
        "false alarms are a share of the text's tokens, not of the target's": (
            "false_alarms * len(text)",
            "false_alarms * len(target)",
        ),
        "you took the quantile of both together: the threshold is the text's": (
            "text.sort(descending=True).values[allowed]",
            "torch.cat([target, text]).sort(descending=True).values[allowed]",
        ),
        "you allowed no alarm at all: n of them are allowed": ("values[allowed]", "values[0]"),
        "you gave the number that is caught: give their share": (".float().mean()", ".float().sum()"),
    },
    of=by_sorting,
)


@share.part("a case by hand")
def ten_tokens(attempt):
    text = torch.tensor([0.1, 0.9, 0.3, 0.2, 0.5, 0.4, 0.8, 0.0, 0.6, 0.7])
    target = torch.tensor([0.95, 0.85, 0.75, 0.65, 0.05])
    for allowed, want in ((0.0, 1 / 5), (0.1, 2 / 5), (0.2, 3 / 5), (0.3, 4 / 5), (0.25, 3 / 5)):
        attempt.gives(want, target, text, allowed)


@share.part("forty tokens")
def forty_tokens(attempt):
    target = torch.tensor([28.5, 29.5, 30.5, 36.5, 37.5, 38.5, 39.5, 1.5])
    attempt.gives(6 / 8, target, torch.arange(40.0), 0.25)


@share.part("at the threshold is not above it")
def with_ties(attempt):
    text = torch.tensor([0.0, 0, 0, 0, 0, 0, 0, 2, 1, 0])
    attempt.gives(1 / 4, torch.tensor([3.0, 0, 1, 0]), text, 0.1)
    attempt.gives(0.5, torch.tensor([3.0, 0, 1, 0]), text, 0.2)


@share.part("random scores")
def random_scores(attempt):
    for tokens, rate in ((50, 0.1), (201, 0.02), (33, 0.5)):
        text, target = attempt.randn(tokens), attempt.randn(17) + 1
        allowed = int(rate * tokens + 1e-9)
        want = sum(int((text >= t).sum()) <= allowed for t in target) / 17
        attempt.gives(want, target, text, rate)


# --- 12.8 ---

hidden = exercise(
    "12.8",
    auditing.error_part,
    title="What lies in the error",
    points=2,
    hints=(
        "The gap along a direction: `(ours.mean(0) - others.mean(0)) @ direction`. The same for the "
        "reconstructions, `sae.decode(sae.encode(x))`.",
        "x = x̂ + error, so the error's gap is the whole less the reconstructions'. Divide it by the whole.",
        "`1 - explained / gap`, as a number: `.item()`.",
    ),
)


def part_of_gap(direction, ours, others, sae):
    ours_left = ours - sae.decode(sae.encode(ours))
    others_left = others - sae.decode(sae.encode(others))
    left = (ours_left.mean(0) - others_left.mean(0)) @ direction
    return (left / ((ours.mean(0) - others.mean(0)) @ direction)).item()


hidden.edits(
    {
        "you gave the latents' share: the error's is the rest": ("(left /", "(1 - left /"),
        "you divided by what the latents have: divide by the whole gap": (
            "((ours.mean(0) - others.mean(0)) @ direction)",
            "((ours.mean(0) - others.mean(0)) @ direction - left)",
        ),
        "you looked at one kind only: the gap is between two": (
            "(ours_left.mean(0) - others_left.mean(0)) @ direction",
            "ours_left.mean(0) @ direction",
        ),
        "you took the length of the errors: along the direction they may cancel": (
            "(ours_left.mean(0) - others_left.mean(0)) @ direction",
            "ours_left.norm(dim=1).mean() - others_left.norm(dim=1).mean()",
        ),
        "you took sizes: a share may be negative": ("(left /", "abs(left /"),
        "you cut the share off at 0 and 1: it may lie outside": (
            "(left / ((ours.mean(0) - others.mean(0)) @ direction))",
            "(left / ((ours.mean(0) - others.mean(0)) @ direction)).clamp(0, 1)",
        ),
        "you took sums: the two kinds needn't have as many tokens": [
            ("ours_left.mean(0)", "ours_left.sum(0)"),
            ("others_left.mean(0)", "others_left.sum(0)"),
        ],
        "you encoded the mean: the code isn't linear, so encode each token": [
            ("ours - sae.decode(sae.encode(ours))", "ours - sae.decode(sae.encode(ours.mean(0)))"),
            ("others - sae.decode(sae.encode(others))", "others - sae.decode(sae.encode(others.mean(0)))"),
        ],
        "you left out b_dec, or the code itself: x̂ is `sae.decode(sae.encode(x))`": [
            ("ours - sae.decode(sae.encode(ours))", "ours - sae.encode(ours) @ sae.W_dec * 0.5"),
            ("others - sae.decode(sae.encode(others))", "others - sae.encode(others) @ sae.W_dec * 0.5"),
        ],
    },
    of=part_of_gap,
)


def _small(attempt, latents=6):
    sae = SparseAutoencoder(4, latents, 1.0, torch.Generator().manual_seed(latents))
    with torch.no_grad():
        sae.b_dec += 0.3
        sae.b_enc -= 0.2
    return sae.requires_grad_(False)


def _perfect(scale):
    """An SAE of four latents that gives back `scale` times any positive x."""
    sae = SparseAutoencoder(4, 4, 1.0, torch.Generator().manual_seed(0))
    with torch.no_grad():
        sae.W_enc.copy_(torch.eye(4))
        sae.W_dec.copy_(scale * torch.eye(4))
        sae.b_enc.zero_()
        sae.b_dec.zero_()
    return sae.requires_grad_(False)


@hidden.part("a dictionary that misses a known share")
def known_share(attempt):
    ours, others, direction = attempt.rand(5, 4) + 1, attempt.rand(8, 4), torch.tensor([1.0, 2, 0.5, 1])
    for kept, want in ((1.0, 0.0), (0.75, 0.25), (1.25, -0.25), (0.0, 1.0), (-0.5, 1.5)):
        attempt.gives(want, direction, ours, others, _perfect(kept), atol=1e-4)


@hidden.part("random dictionaries")
def random_dictionaries(attempt):
    for latents in (3, 6, 9):
        sae, direction = _small(attempt, latents), attempt.rand(4) + 0.5
        ours, others = attempt.rand(7, 4) + 1.5, attempt.rand(5, 4)
        kept = [torch.cat([sae.decode(sae.encode(row[None])) for row in x]) for x in (ours, others)]
        whole = (direction * ours).sum() / 7 - (direction * others).sum() / 5
        left = whole - (direction * kept[0]).sum() / 7 + (direction * kept[1]).sum() / 5
        attempt.gives((left / whole).item(), direction, ours, others, sae, rtol=1e-3, atol=1e-4)
