"""Exercises of lesson 04, Dynamics and consequences."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import normalize

from course_utils import toy
from course_utils.checks.registry import exercise

MANY = 20_000  # draws: a share of .5 is then known to ± .0035, and .03 is more than 8 times that

# --- 4.1 ---

falls = exercise(
    "4.1",
    toy.dynamics.suddenness,
    title="A sudden fall",
    hints=(
        "First the falls of all windows: `fall = loss[:-window] - loss[window:]`. How long is it?",
        "The window before the one that starts at t starts at t − window, the one after at t + window. Three "
        "slices of `fall`, of one length, shifted against each other.",
        "`fall[window:-window]`, `fall[: -2 * window]` and `fall[2 * window :]`. From the first subtract "
        "`torch.maximum` of the others.",
    ),
)

LARGER = "torch.maximum(before, after)"

falls.edits(
    {
        "that is the fall alone; subtract what the neighbouring windows have": (f" - {LARGER}", ""),
        "subtract the larger of the two neighbours, not the smaller": ("maximum", "minimum"),
        "subtract the larger of the two neighbours, not their mean": (LARGER, "(before + after) / 2"),
        "subtract the larger of the two neighbours, not their sum": (LARGER, "(before + after)"),
        "you compared with the window before only": (LARGER, "before"),
        "you compared with the window after only": (LARGER, "after"),
        "the neighbour's fall may be negative: don't clamp it at 0": (LARGER, f"{LARGER}.clamp(min=0)"),
        "you compared rises, not falls: a rise before makes a fall no less sudden": (
            LARGER,
            "torch.maximum(before.abs(), after.abs())",
        ),
        "a window needs a whole window on either side: you compared with those one record away": (
            "fall[window:-window], fall[: -2 * window], fall[2 * window :]",
            "fall[1:-1], fall[:-2], fall[2:]",
        ),
    }
)
falls.variants({"the sign: a fall is loss at the start minus loss at the end": lambda loss: -loss})


def hold_falls(attempt, loss, window):
    values = loss.tolist()
    fall = [start - end for start, end in zip(values, values[window:], strict=False)]
    places = range(window, len(values) - 2 * window)
    want = [fall[t] - max(fall[t - window], fall[t + window]) for t in places]
    got = attempt.call(loss, window)
    whole = "a window needs a whole window on either side: 3 · window records in all"
    attempt.expect_shape(got, (len(want),), mistake=whole if torch.is_tensor(got) and got.ndim == 1 else "")
    attempt.expect_close(got, torch.tensor(want), atol=1e-5)


@falls.part("a loss with one step")
def one_step(attempt):
    hold_falls(attempt, torch.tensor([9.0, 8.0, 7.5, 7.4, 3.4, 3.2, 3.1, 3.05]), 1)


@falls.part("a loss that rises at times, windows of two")
def rises_at_times(attempt):
    hold_falls(attempt, torch.tensor([5.0, 7.0, 6.0, 3.0, 9.0, 2.0, 4.0, 8.0, 1.0, 0.5, 3.0]), 2)


@falls.part("random losses, several windows")
def random_losses(attempt):
    for length, window in ((12, 1), (17, 2), (30, 5)):
        hold_falls(attempt, attempt.randn(length), window)


@falls.part("the shortest loss that has an answer")
def shortest(attempt):
    hold_falls(attempt, attempt.rand(7), 2)


falls.contract(lambda attempt: (attempt.randn(14), 3))

# --- 4.2 ---

tops = exercise(
    "4.2",
    toy.dynamics.peaks,
    title="Peaks",
    hints=(
        "Place i is a peak if no entry from i − apart to i + apart is higher, and curve[i] ≥ least.",
        "Near the ends there are fewer neighbours: `curve[max(0, i - apart) : i + apart + 1]`.",
        "`[i for i in range(len(curve)) if curve[i] >= least and curve[i] == "
        "curve[max(0, i - apart) : i + apart + 1].max()]`, as a tensor of whole numbers.",
    ),
)


def place_by_place(curve: Float[Tensor, "T"], apart: int, least: float) -> Int[Tensor, "peak"]:
    """Each place held against its neighbourhood."""
    c, found = curve.tolist(), []
    for i in range(len(c)):
        if c[i] >= least and c[i] == max(c[max(0, i - apart) : i + apart + 1]):
            found.append(i)
    return torch.tensor(found, dtype=torch.long)


TOP = "c[i] == max(c[max(0, i - apart) : i + apart + 1])"
FOUND = "torch.tensor(found, dtype=torch.long)"
SIDES = "the neighbourhood reaches `apart` entries on both sides, the last one included"
TIES = "of equal tops within reach each is a peak: none is higher than the other"
DTYPE = "places are whole numbers: `dtype=torch.long` (an empty list makes a tensor of floats)"

tops.edits(
    {
        "you returned the heights; the places are asked for": (FOUND, "curve[found]"),
        "you returned every place above `least`": (f" and {TOP}", ""),
        "a peak must top all entries within `apart`, not only its two neighbours": (
            "max(0, i - apart) : i + apart + 1",
            "max(0, i - 1) : i + 2",
        ),
        "the ends count too: there the neighbourhood is cut short": (
            "range(len(c))",
            "range(apart, len(c) - apart)",
        ),
        "a slice that starts below 0 counts from the end: start it at `max(0, i - apart)`": (
            "max(c[max(0, i - apart) : i + apart + 1])",
            "max(c[i - apart : i + apart + 1], default=None)",
        ),
        "a peak of exactly `least` counts as well": (">= least", "> least"),
        "in order of place, please, not of height": (
            FOUND,
            "torch.tensor(sorted(found, key=lambda i: -c[i]), dtype=torch.long)",
        ),
        "that is the highest peak only": (
            FOUND,
            "torch.tensor(sorted(found, key=lambda i: -c[i])[:1], dtype=torch.long)",
        ),
        SIDES: ("i + apart + 1", "i + apart"),
        TIES: (TOP, "all(c[i] > c[j] for j in range(len(c)) if 0 < abs(i - j) <= apart)"),
        DTYPE: (", dtype=torch.long", ""),
    },
    of=place_by_place,
)
tops.edits({SIDES: ("i - apart", "i - apart + 1")}, of=place_by_place)
tops.edits({TIES: (TOP, f"{TOP} and c[i] not in c[max(0, i - apart) : i]")}, of=place_by_place)
tops.edits({TIES: (TOP, f"{TOP} and c[i] not in c[i + 1 : i + apart + 1]")}, of=place_by_place)
tops.edits(
    {
        "`nonzero()` gives a column: take `[:, 0]`": ("[:, 0]", ""),
        "`squeeze()` makes a number of a single place: take `[:, 0]`": ("[:, 0]", ".squeeze()"),
        "places are asked for: take `.nonzero()[:, 0]` of that mask": (".nonzero()[:, 0]", ""),
    }
)
tops.variants(
    {
        "a peak has to be at least `least` high": lambda least: -math.inf,
        SIDES: lambda apart: apart - 1,
        DTYPE: lambda result: result.float(),
    },
    of=place_by_place,
)


@tops.part("by hand")
def peaks_by_hand(attempt):
    # two peaks just far enough apart, and one of exactly `least`
    start = [0.0, 0.1, 0.2, 0.7, 0.5, 0.3, 0.1, 0.8, 0.2, 0.05, 0.55]
    end = [0.1, 0.1, 0.05, 0.15, 0.4, 0.05, 0.1, 0.75, 0.2, 0.1, 0.0, 0.05, 0.25, 0.1]
    attempt.gives(torch.tensor([3, 7, 18, 23]), torch.tensor([*start, *end]), 3, 0.25)


@tops.part("a peak at either end")
def at_either_end(attempt):
    attempt.gives(torch.tensor([0, 5]), torch.tensor([0.8, 0.1, 0.3, 0.2, 0.1, 0.7]), 2, 0.25)


@tops.part("a single peak")
def single_peak(attempt):
    attempt.gives(torch.tensor([2]), torch.tensor([0.2, 0.1, 0.8, 0.3, 0.4, 0.1]), 2, 0.25)


@tops.part("two equal tops")
def equal_tops(attempt):
    curve = torch.tensor([0.1, 0.5, 0.5, 0.2, 0.1, 0.0, 0.4, 0.3, 0.4, 0.1])
    attempt.gives(torch.tensor([1, 2, 6, 8]), curve, 2, 0.25)


@tops.part("random curves")
def random_curves(attempt):
    for length, apart in ((30, 1), (40, 4), (25, 3), (4, 6)):
        curve = attempt.randn(length)
        gap = (torch.arange(length)[:, None] - torch.arange(length)).abs()
        higher = (curve[None] > curve[:, None]) & (gap <= apart)
        want = [i for i in range(length) if curve[i] >= 0.3 and not higher[i].any()]
        attempt.gives(torch.tensor(want, dtype=torch.long), curve, apart, 0.3)


@tops.part("nothing high enough")
def nothing_high(attempt):
    attempt.gives(torch.zeros(0, dtype=torch.long), attempt.rand(9), 2, 2.0)


# --- 4.3 ---

meeting = exercise(
    "4.3",
    toy.dynamics.alignment,
    title="Do they meet?",
    hints=(
        "For each drop: how far is the nearest jump?",
        "`(drops[:, None] - jumps).abs()` holds all distances, one row for each drop.",
        "The share of rows whose least entry is at most `within`: `(distance.amin(1) <= within)`, as floats, "
        "and its mean. `amin` of an empty row raises: no jumps, no match.",
    ),
)

GAP = "(drops[:, None] - jumps).abs()"
MISSED = "that is the share of drops with no jump near"

meeting.edits(
    {
        "you took the share of jumps near a drop; it is the other way round": ("amin(1)", "amin(0)"),
        "you counted pairs; a drop counts once, however many jumps are near": (".amin(1)", ""),
        "a drop counts once, however many jumps are near it": [
            (".amin(1)", ""),
            (".mean()", ".sum(1).mean()"),
        ],
        "at most `within`: a jump exactly that far away counts": ("<=", "<"),
        "that is the number of drops, not their share": (".mean()", ".sum()"),
        "a jump before the drop counts as well as one after: take the distance's size": (
            GAP,
            "torch.where(jumps >= drops[:, None], jumps - drops[:, None], torch.inf)",
        ),
        "a jump after the drop counts as well as one before: take the distance's size": (
            GAP,
            "torch.where(jumps <= drops[:, None], drops[:, None] - jumps, torch.inf)",
        ),
        MISSED: ("<=", ">"),
    }
)
meeting.variants({MISSED: lambda result: 1 - result})


@meeting.mistake("drops and jumps don't belong together by their order: look for the nearest jump")
def by_order(drops, jumps, within):
    near = [abs(d - j) <= within for d, j in zip(drops.tolist(), jumps.tolist(), strict=False)]
    return sum(near) / len(drops)


@meeting.mistake("a jump may be near several drops, and each of them counts")
def one_to_one(drops, jumps, within):
    left, found = jumps.tolist(), 0
    for drop in drops.tolist():
        near = [jump for jump in left if abs(drop - jump) <= within]
        if near:
            left.remove(min(near, key=lambda jump: abs(drop - jump)))
            found += 1
    return found / len(drops)


@meeting.part("by hand")
def nine_drops(attempt):
    drops = torch.tensor([10.0, 50.0, 90.0, 130.0, 200.0, 300.0, 380.0, 420.0, 460.0])
    attempt.gives(4 / 9, drops, torch.tensor([500.0, 127.0, 12.0, 88.0, 49.0, 52.0, 53.0]), 5.0)


@meeting.part("exactly `within` away counts")
def exactly_within(attempt):
    drops, jumps = torch.tensor([20.0, 40.0, 60.0, 80.0]), torch.tensor([25.0, 34.0, 55.0, 75.0])
    attempt.gives(3 / 4, drops, jumps, 5.0)


@meeting.part("one jump between two drops")
def between_two(attempt):
    attempt.gives(2 / 3, torch.tensor([10.0, 14.0, 60.0]), torch.tensor([40.0, 12.0]), 5.0)


@meeting.part("random times")
def random_times(attempt):
    drops, jumps = 12 * torch.arange(7.0) + attempt.rand(7), attempt.rand(9, high=80)
    near = [any(abs(d - j) <= 4 for j in jumps.tolist()) for d in drops.tolist()]
    attempt.gives(sum(near) / 7, drops, jumps, 4.0)


@meeting.part("no jumps at all")
def no_jumps(attempt):
    attempt.gives(0.0, torch.tensor([3.0, 5.0]), torch.zeros(0), 2.0)


# --- 4.4 ---

chance = exercise(
    "4.4",
    toy.dynamics.shifted,
    title="What chance would give",
    hints=(
        "One random number for each draw, from 0 to `length`: `torch.rand(draws, 1, generator=generator) * "
        "length`.",
        "Add it to all jumps: shape (draws, 1) plus shape (jump,) gives (draws, jump).",
        "What leaves at the end comes back at the start: `% length`.",
    ),
)

WRAPPED = "(jumps + shift) % length"
UNIFORM = "shifts are uniform from 0 to `length`"

chance.edits(
    {
        "what leaves at the end comes back at the start: `% length`": (WRAPPED, "jumps + shift"),
        "a time beyond the end comes back at the start; don't stop it there": (
            WRAPPED,
            "(jumps + shift).clamp(max=length)",
        ),
        "a time beyond the end goes on from the start; yours turns back at the end": (
            WRAPPED,
            "length - (length - jumps - shift).abs()",
        ),
        "one random shift for each draw, shared by all its jumps: `torch.rand(draws, 1, ...)`": (
            "torch.rand(draws, 1",
            "torch.rand(draws, len(jumps)",
        ),
        "you sorted each row; column j belongs to jump j": (WRAPPED, f"({WRAPPED}).sort(1).values"),
        "one random shift for each draw: `torch.rand(draws, 1, ...)`": (
            "torch.rand(draws, 1, generator=generator)",
            "torch.rand(1, 1, generator=generator).expand(draws, 1)",
        ),
        UNIFORM: (" * length", ""),
        "you seed a generator inside the function: use the given one as it is": (
            "=generator)",
            "=torch.Generator().manual_seed(0))",
        ),
    }
)


def draw(attempt, jumps, length, draws=MANY):
    got = attempt.call(torch.tensor(jumps), length, draws, attempt.generator)
    attempt.expect_shape(got, (draws, len(jumps)))
    return got


@chance.part("times stay in the run")
def in_the_run(attempt):
    draw(attempt, [3.0], 10, 1)
    got = draw(attempt, [1.0, 20.0, 70.0, 99.0], 100, 400)
    span = f"times from {got.min():.1f} to {got.max():.1f}"
    attempt.expect(got.min() >= 0 and got.max() <= 100, expected="times from 0 to 100", got=span)
    attempt.expect(
        (got == 100).sum() < 20,
        expected="times spread over the run",
        got=f"{(got == 100).sum()} of {got.numel()} times are the end itself",
    )


@chance.part("all jumps of a draw move together")
def move_together(attempt):
    jumps = [30.0, 10.0, 45.0, 20.0, 5.0]
    got = draw(attempt, jumps, 90)
    attempt.expect(
        not torch.equal(got, got.sort(1).values),
        expected="column j for jump j, whatever its place in the run",
        got="rows in order",
    )
    gap = (got - got[:, :1] - (torch.tensor(jumps) - jumps[0])) % 90
    gap = torch.minimum(gap, 90 - gap).amax(1)
    attempt.note(gap.mean(), atol=0.5)  # a run turned round changes distances, too, but not at random
    tried = "share of draws in which the distances between the jumps are as they were, around the end"
    attempt.expect_close((gap < 1e-2).float().mean(), 1.0, tried=tried, atol=0.03)
    most = f"distances that differ by up to {gap.max():.3g}"
    attempt.expect(gap.max() < 1e-2, expected="the distances as they were, in every draw", got=most)


@chance.part("every shift is as likely as any other")
def any_shift(attempt):
    got = draw(attempt, [30.0], 200)[:, 0]
    attempt.note(len(got.unique()) == 1)
    attempt.expect(
        len(got.unique()) > 100,
        expected="another shift in each draw",
        got=f"{len(got.unique())} different shifts in {MANY} draws",
    )
    shares = torch.histc(got, bins=10, min=0, max=200) / MANY
    tried = "share of the shifted times in each tenth of the run"
    attempt.expect_close(shares, torch.full((10,), 0.1), tried=tried, mistake=UNIFORM, atol=0.02)
    for name, places in {"the next draw": 1, "the draw half way on": MANY // 2}.items():
        gap = (got - got.roll(places)).abs()
        gap = torch.minimum(gap, 200 - gap).mean() / 200
        tried = (
            f"mean distance between the times of a draw and of {name}, around the end, as a share of the run"
        )
        own = "each draw has a shift of its own"
        attempt.expect_close(gap, 0.25, tried=tried, mistake=own, atol=0.02)


@chance.part("each call draws anew")
def anew(attempt):
    first, second = draw(attempt, [30.0, 60.0], 100, 50), draw(attempt, [30.0, 60.0], 100, 50)
    attempt.expect(
        not torch.equal(first, second),
        expected="two calls in a row give different times",
        got="the same times twice",
    )


# --- 4.5 ---

steps = exercise(
    "4.5",
    toy.adversarial.attacks,
    title="The direction that hurts",
    hints=(
        "Output i before its bias is Σⱼ (WᵀW)ᵢⱼ xⱼ. Of all steps of length 1, which one raises it most?",
        "A step along its gradient: row i of WᵀW, divided by its length.",
        "`G = W.transpose(1, 2) @ W`, then `torch.nn.functional.normalize(G, dim=2)`: it leaves a row of "
        "zeros as it is.",
    ),
)


def rows_of_length_1(W: Float[Tensor, "inst m n"]) -> Float[Tensor, "inst n n"]:
    """The rows of WᵀW, each divided by its length."""
    gram = W.transpose(1, 2) @ W
    length = gram.norm(dim=2, keepdim=True)
    return gram / torch.where(length > 0, length, 1)


LENGTH = "gram.norm(dim=2, keepdim=True)"
DIVISOR = "torch.where(length > 0, length, 1)"

steps.edits(
    {
        "you left out the division by the length": (f" / {DIVISOR}", ""),
        "divide by the length once, not by its square": (DIVISOR, f"{DIVISOR} ** 2"),
        "you divided by the sum of sizes; the length is the root of the sum of squares": (
            LENGTH,
            "gram.abs().sum(2, keepdim=True)",
        ),
        "you divided by the largest entry; the length is the root of the sum of squares": (
            LENGTH,
            "gram.abs().amax(2, keepdim=True)",
        ),
        "divide each row by its own length, not by that of the whole matrix": (
            LENGTH,
            "gram.norm(dim=(1, 2), keepdim=True)",
        ),
        "one length for each row, not for each column": ("dim=2", "dim=1"),
        "entry i belongs to row i as well: keep the diagonal": (
            "@ W",
            "@ W * ~torch.eye(W.shape[2], dtype=bool)",
        ),
        "a feature that isn't stored gives 0/0: leave its row 0": (DIVISOR, "length"),
    },
    of=rows_of_length_1,
)
steps.edits(
    {"divide each row by its own length, not by that of the whole matrix": (LENGTH, "gram.norm()")},
    of=rows_of_length_1,
)
steps.variants(
    {
        "the sign: this step lowers the output": lambda result: -result,
        "lengths count: take row i of WᵀW, not of the cosines": lambda W: normalize(W, dim=1),
        "a step along xᵢ alone ignores what the other features do to output i": lambda W: torch.eye(
            W.shape[2]
        ).repeat(len(W), 1, 1),
    }
)


@steps.mistake("those are cosines between the columns of W; take row i of WᵀW, and divide by its length")
def cosines(W):
    directions = normalize(W, dim=1)
    return directions.transpose(1, 2) @ directions


@steps.part("an antipodal pair, and a feature alone")
def pair_and_one(attempt):
    a, b = 2 / math.sqrt(5), 1 / math.sqrt(5)
    want = torch.tensor([[[a, -b, 0.0], [-a, b, 0.0], [0.0, 0.0, 1.0]]])
    W = torch.tensor([[[2.0, -1.0, 0.0], [0.0, 0.0, 3.0]]])
    attempt.gives(want, W)
    felt = "you added something to the length, or took a short one for 0: a short row feels it"
    attempt.gives(want, 0.01 * W, rtol=1e-3, mistake=felt)


@steps.part("a feature that is not stored")
def not_stored(attempt):
    a, b = 2 / math.sqrt(5), 1 / math.sqrt(5)
    want = torch.zeros(2, 3, 3)
    want[0, 0], want[0, 2] = torch.tensor([a, 0, -b]), torch.tensor([-a, 0, b])
    want[1, 1:] = torch.tensor([0, 0.6, 0.8])
    attempt.gives(want, torch.tensor([[[1.0, 0.0, -0.5]], [[0.0, 0.3, 0.4]]]))


@steps.part("random models")
def random_models(attempt):
    for count, m, n in [(1, 2, 5), (3, 3, 4)]:
        W = attempt.randn(count, m, n)
        want = torch.zeros(count, n, n)
        for a in range(count):
            for i in range(n):
                row = torch.stack([W[a, :, i] @ W[a, :, j] for j in range(n)])
                want[a, i] = row / row.square().sum().sqrt()
        attempt.gives(want, W)


# long rows, which don't feel 1e-8 added to a length
steps.contract(lambda attempt: (100 * attempt.randn(2, 2, 3),))

# --- 4.6 ---

worst_case = exercise(
    "4.6",
    toy.adversarial.vulnerability,
    title="The worst case",
    points=2,
    hints=(
        "The loss of one input: `((x - toy.forward(W, b, x)) ** 2).sum(-1)`, of shape (inst, batch). Compute "
        "it for the clean inputs first.",
        "Loop over the directions. For each, the loss of x + size · direction, the target still x; keep the "
        "larger with `torch.maximum`.",
        "`attacked = x + (size[:, None] * directions[:, k])[:, None]`. Start `worst` at the clean loss. At "
        "the end, the mean over the batch of worst − clean.",
    ),
)


def all_attacks_at_once(
    W: Float[Tensor, "inst m n"],
    b: Float[Tensor, "inst n"],
    x: Float[Tensor, "inst batch n"],
    directions: Float[Tensor, "inst attack n"],
    size: Float[Tensor, "inst"],
) -> Float[Tensor, "inst"]:
    """The rise of every input's loss by every attack; then the worst for each."""

    def loss(z: Float[Tensor, "inst attack batch n"]) -> Float[Tensor, "inst attack batch"]:
        output = (z @ W[:, None].mT @ W[:, None] + b[:, None, None]).relu()
        return ((x[:, None] - output) ** 2).sum(-1)

    step = size[:, None, None] * directions
    rise = loss(x[:, None] + step[:, :, None]) - loss(x[:, None])
    return rise.amax(1).clamp(min=0).mean(1)


RISE = "rise.amax(1).clamp(min=0).mean(1)"
NO_ATTACK = "no attack is an option too, for each input: its rise is at least 0, before the mean"
AVERAGED = "you averaged over the attacks; the attacker takes the worst"

worst_case.edits(
    {
        "one direction for all inputs; each input has its own worst one": (
            RISE,
            "rise.mean(2).amax(1).clamp(min=0)",
        ),
        NO_ATTACK: (".clamp(min=0)", ""),
        "that is the attacked loss; subtract the clean one": (
            RISE,
            f"{RISE} + loss(x[:, None]).mean((1, 2))",
        ),
        AVERAGED: (".amax(1).clamp(min=0)", ".mean(1)"),
        "a mean over the attacks; the attacker takes the worst": (".amax(", ".mean("),
        "you summed over the attacks; the attacker takes one, the worst": (
            RISE,
            "rise.clamp(min=0).sum(1).mean(1)",
        ),
        "that is the worst input; average over the batch": (".mean(1)", ".amax(1)"),
        "you summed over the batch; average": (".mean(1)", ".sum(1)"),
        "one number for each model: average over the batch only": (".mean(1)", ".mean()"),
        "the target stays the clean x: only what the model sees is attacked": ("x[:, None] -", "z -"),
        "you forgot the ReLU": (".relu()", ""),
        "you averaged over the features; the loss is the sum over them": (".sum(-1)", ".mean(-1)"),
    },
    of=all_attacks_at_once,
)
worst_case.edits({NO_ATTACK: (RISE, "rise.amax(1).mean(1).clamp(min=0)")}, of=all_attacks_at_once)
worst_case.edits({AVERAGED: (RISE, "rise.clamp(min=0).mean((1, 2))")}, of=all_attacks_at_once)
worst_case.variants(
    {
        "you forgot `size`: the directions have length 1": lambda size: torch.ones_like(size),
        "you used the first model's size for all": lambda size: size[:1].expand(len(size)),
        "you used the first model's directions for all": lambda directions: directions[:1].expand_as(
            directions
        ),
        "you forgot the bias": lambda b: 0 * b,
        "a direction is a row, `directions[:, k]`, not a column": lambda directions: directions.mT,
    }
)


def by_loops(W, b, x, directions, size):
    """The same one input and one direction at a time."""
    means = []
    for a in range(len(W)):

        def loss(seen, target, a=a):
            return (target - (W[a].T @ (W[a] @ seen) + b[a]).clamp(min=0)).square().sum()

        rises = [max([loss(y + size[a] * d, y) - loss(y, y) for d in directions[a]] + [0]) for y in x[a]]
        means.append(sum(rises) / len(rises))
    return torch.tensor(means)


@worst_case.part("three inputs of an antipodal pair: both attacks help the first")
def antipodal(attempt):
    x = torch.tensor([[[0.3, 0.2], [0.5, 0.0], [0.0, 0.3]]])
    directions = torch.tensor([[[1.0, 0.0], [0.8, -0.6]]])
    # the rises: −.03 and −.036, .01 and .0196, .01 and .0196
    attempt.gives(
        torch.tensor([2 * 0.0196 / 3]),
        torch.tensor([[[1.0, -1.0]]]),
        torch.zeros(1, 2),
        x,
        directions,
        torch.tensor([0.1]),
    )


@worst_case.part("one feature alone: the rise is the square of the step")
def alone(attempt):
    one = torch.ones(1, 1, 1)
    attempt.gives(
        torch.tensor([0.04]), one, torch.zeros(1, 1), 0.5 * torch.ones(1, 2, 1), one, torch.tensor([0.2])
    )


@worst_case.part("two models, each with inputs, directions and a size of its own")
def two_models(attempt):
    W = torch.tensor([[[1.0, -0.5, 0.3], [0.2, 0.8, -0.6]], [[0.5, 1.0, -0.2], [-0.7, 0.4, 0.9]]])
    b = torch.tensor([[-0.1, 0.2, 0.05], [0.1, -0.2, 0.15]])
    x = torch.tensor([[[0.9, 0.0, 0.4], [0.1, 0.7, 0.2]], [[0.3, 0.8, 0.0], [0.6, 0.1, 0.5]]])
    directions = torch.tensor(
        [[[0.6, 0.8, 0], [0, 0, -1], [0, 0, 0]], [[0, 1, 0], [-0.8, 0, 0.6], [1, 0, 0]]]
    )
    size = torch.tensor([0.5, 0.3])
    attempt.gives(by_loops(W, b, x, directions, size), W, b, x, directions, size)


def model(attempt, inst, m, n, batch, count):
    W, b = attempt.randn(inst, m, n), 0.3 * attempt.randn(inst, n)
    x, directions = attempt.rand(inst, batch, n), normalize(attempt.randn(inst, count, n), dim=2)
    return W, b, x, directions, attempt.rand(inst, low=0.2, high=0.9)


@worst_case.part("random models")
def worst_of_random_models(attempt):
    for sizes in [(3, 2, 5, 7, 4), (2, 3, 4, 5, 6), (1, 2, 3, 1, 5)]:  # the last: one model, one input
        inputs = model(attempt, *sizes)
        attempt.gives(by_loops(*inputs), *inputs, atol=1e-5)


worst_case.contract(lambda attempt: model(attempt, 2, 2, 3, 4, 3))

# --- 4.7 ---

width = exercise(
    "4.7",
    toy.adversarial.equal_width,
    title="The width that one feature a dimension would need",
    hints=(
        "With k dimensions, k features come out exactly and cost nothing. What do the other n − k cost?",
        "Each of them costs p/3 − p²/4 (lesson 02), so L = (n − k)(p/3 − p²/4).",
        "k = n − L / (p/3 − p²/4). A fraction is fine.",
    ),
)


def stored(loss: Float[Tensor, "inst"], n: int, p: Float[Tensor, "inst"]) -> Float[Tensor, "inst"]:
    """n less the number of features that are guessed."""
    cost = p / 3 - p**2 / 4
    return n - loss / cost


width.edits(
    {
        "that is the number of features that are not stored: n − k": ("n - loss", "loss"),
        "a feature that is not stored is guessed at its mean: it costs p/3 − p²/4": (" - p**2 / 4", ""),
        "that is the variance of a feature that is always on": ("p / 3 - p**2 / 4", "1 / 12"),
        "that is the share of the features, k/n": ("n - loss / cost", "1 - loss / cost / n"),
        "you left out the division by what one feature costs": (" / cost", ""),
        "you multiplied where you should divide: L = (n − k)(p/3 − p²/4)": ("/ cost", "* cost"),
    },
    of=stored,
)
width.variants(
    {
        "you rounded: a fraction is fine": lambda result: result.round(),
        "you rounded up: a fraction is fine": lambda result: result.ceil(),
        "you rounded down: a fraction is fine": lambda result: result.floor(),
    }
)


@width.part("by hand")
def width_by_hand(attempt):
    attempt.gives(torch.tensor([3.75, 2.25]), torch.tensor([7 / 60, 77 / 300]), 5, torch.tensor([0.4, 0.4]))
    attempt.gives(torch.tensor([1.4, 14.6]), torch.tensor([1.55, 0.45]), 20, torch.ones(2))  # 1/12 a feature


@width.part("all kept, none kept")
def all_or_none(attempt):
    p = torch.tensor([0.2, 0.6])
    attempt.gives(torch.full((2,), 8.0), torch.zeros(2), 8, p)
    attempt.gives(torch.zeros(2), 8 * (p / 3 - p**2 / 4), 8, p, atol=1e-5)


@width.part("random losses")
def random_losses_(attempt):
    loss, p = attempt.rand(6, high=0.3), attempt.rand(6, low=0.05)
    want = [30 - one / (q / 3 - q * q / 4) for one, q in zip(loss.tolist(), p.tolist(), strict=True)]
    attempt.gives(torch.tensor(want), loss, 30, p)


width.contract(lambda attempt: (attempt.rand(4, high=0.3), 12, attempt.rand(4, low=0.05)))
