"""Exercises of lesson 12, A phase change in a language model; what SAEs can't do."""

from __future__ import annotations

import torch

from course_utils.checks.registry import exercise
from course_utils.interp import auditing, probe
from course_utils.sae import SparseAutoencoder

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
