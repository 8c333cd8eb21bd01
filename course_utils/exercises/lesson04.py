"""Exercises of lesson 04, Dynamics and consequences."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

from course_utils import toy
from course_utils.checks.registry import exercise

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

moves = exercise(
    "4.2",
    toy.dynamics.activity,
    title="How much moves",
    hints=(
        "How much did each feature change from record t to record t + window? One subtraction of two slices.",
        "`D[window:] - D[:-window]` has one row for each t. Up or down, a move counts: take its size.",
        "`(D[window:] - D[:-window]).abs().sum(1)`: the sum runs over the features.",
    ),
)

CHANGE = "(D[window:] - D[:-window])"

moves.edits(
    {
        "a move counts up or down: take each feature's size before the sum": (".abs()", ""),
        "take the size of each feature's move, then the sum; features must not cancel": (
            ".abs().sum(1)",
            ".sum(1).abs()",
        ),
        "you averaged over the features; add them up": (".sum(1)", ".mean(1)"),
        "you took the feature that moves most; add them all up": (".sum(1)", ".amax(1)"),
        "you squared the moves; their sizes are asked for": (".abs()", ".square()"),
        "that is the root of the sum of squares; add the sizes up": (".abs().sum(1)", ".norm(dim=1)"),
        "the sum runs over the features: one number for each record": (".sum(1)", ".sum(0)"),
        "one number for each record: the sum runs over the features only": (".sum(1)", ".sum()"),
        "that is one number a record and feature: add up over the features": (".sum(1)", ""),
        "compare with the record a whole window later, not with the next one": (
            CHANGE,
            "(D[1:] - D[:-1])[: len(D) - window]",
        ),
        "the change from start to end of the window, not all the way in between": (
            f"{CHANGE}.abs().sum(1)",
            "(D[1:] - D[:-1]).abs().sum(1).unfold(0, window, 1).sum(1)",
        ),
        "you counted the features that move; add up how far": (
            f"{CHANGE}.abs()",
            f"({CHANGE} != 0).to(D.dtype)",
        ),
        "only rises: a feature that loses its place moves too": (".abs()", ".clamp(min=0)"),
        "only falls: a feature that gains a place moves too": (
            f"{CHANGE}.abs()",
            f"(-{CHANGE}).clamp(min=0)",
        ),
        "divided by the window: the change itself is asked for": (".sum(1)", ".sum(1) / window"),
    }
)
moves.variants({"off by one: record t goes with record t + window": lambda window: window + 1})


def hold_moves(attempt, D, window):
    rows = D.tolist()
    want = [
        sum(abs(b - a) for a, b in zip(start, end, strict=True))
        for start, end in zip(rows, rows[window:], strict=False)
    ]
    attempt.gives(torch.tensor(want), D, window, atol=1e-5)


@moves.part("by hand: one rises, one falls, one comes back")
def moves_by_hand(attempt):
    D = torch.tensor([[0.0, 0.5, 0.1], [0.2, 0.4, 0.4], [0.5, 0.1, 0.1], [0.5, 0.0, 0.2], [0.45, 0.1, 0.2]])
    hold_moves(attempt, D, 2)


@moves.part("random runs, several windows")
def random_runs(attempt):
    for T, n, window in ((9, 4, 1), (14, 3, 5), (7, 1, 3), (5, 6, 4)):
        hold_moves(attempt, attempt.rand(T, n), window)


moves.contract(lambda attempt: (attempt.rand(12, 5), 3))

# --- 4.3 ---

ranks = exercise(
    "4.3",
    toy.dynamics.percentiles,
    title="Against the other runs",
    hints=(
        "Compare all with all: `values[None] < values[:, None]` is true in row r, column s "
        "if run s is lower.",
        "Row sums count the lower runs. Equal ones count half, but a run is equal to itself: take that away.",
        "`lower = (values[None] < values[:, None]).sum(1)`, "
        "`equal = (values[None] == values[:, None]).sum(1) - 1`; then `(lower + equal / 2) "
        "/ (len(values) - 1)`.",
    ),
)


def run_by_run(values: Float[Tensor, "run"]) -> Float[Tensor, "run"]:
    """Each run held against every other."""
    v, found = values.tolist(), []
    for r in range(len(v)):
        others = v[:r] + v[r + 1 :]
        found.append(sum((o < v[r]) + (o == v[r]) / 2 for o in others) / len(others))
    return torch.tensor(found)


HALF = "(o < v[r]) + (o == v[r]) / 2"
OTHERS = "v[:r] + v[r + 1 :]"

ranks.edits(
    {
        "equal values count half: you left them out": (HALF, "(o < v[r])"),
        "equal values count half, not whole": (HALF, "(o <= v[r])"),
        "the run itself isn't one of the others: it is equal to itself, and no comparison": (OTHERS, "v"),
        "of the other runs: divide by one less than there are": ("/ len(others)", "/ len(v)"),
        "that is the share of the runs that are higher": ("o < v[r]", "o > v[r]"),
        "that is how many are lower, not which share": (" / len(others)", ""),
        "a share between 0 and 1, not percent": ("/ len(others)", "/ len(others) * 100"),
    },
    of=run_by_run,
)
ranks.edits(
    {"the run itself isn't one of the others: leave it out": [(OTHERS, "v"), (HALF, "(o <= v[r])")]},
    of=run_by_run,
)
ranks.edits(
    {
        "the run itself isn't one of the others: divide by one less, and take its own comparison away": [
            (OTHERS, "v"),
            ("/ len(others)", "/ (len(v) - 1)"),
        ]
    },
    of=run_by_run,
)


@ranks.mistake("the share of runs, not how far the value lies between the lowest and the highest")
def between_the_ends(values):
    return (values - values.min()) / (values.max() - values.min()).clamp_min(1e-9)


@ranks.mistake("column r, not the sorted order: entry r belongs to run r")
def in_order(values):
    return toy.dynamics.percentiles(values).sort().values


@ranks.mistake("`argsort` once gives the order of the runs, not each run's place in it")
def argsort_once(values):
    return values.argsort() / (len(values) - 1)


@ranks.mistake("equal values count half: sorting gives each a place of its own")
def argsort_twice(values):
    return values.argsort(stable=True).argsort() / (len(values) - 1)


@ranks.mistake("that is whether a run is above the mean of the others, not above how many of them")
def above_the_mean(values):
    return (values > values.mean()).float()


@ranks.part("five runs by hand")
def five_runs(attempt):
    attempt.gives(torch.tensor([0.5, 0.0, 1.0, 0.75, 0.25]), torch.tensor([3.0, -1.0, 10.0, 4.0, 2.0]))


@ranks.part("equal values count half")
def ties(attempt):
    attempt.gives(torch.tensor([0.5, 0.0, 0.5, 1.0]), torch.tensor([2.0, 1.0, 2.0, 7.0]))
    attempt.gives(torch.tensor([0.5, 0.5, 0.5]), torch.tensor([0.25, 0.25, 0.25]))


@ranks.part("random runs, some of them equal")
def random_ranks(attempt):
    for runs in (2, 7, 12):
        values = attempt.randint(0, 6, (runs,)).float() / 4
        attempt.gives(run_by_run(values), values)


# --- 4.4 ---

chance = exercise(
    "4.4",
    toy.dynamics.shuffled,
    title="What chance would give",
    hints=(
        "One draw: a random order of the columns, `torch.randperm(runs, generator=generator)`. Row r takes "
        "the entry in its r-th place.",
        "`table[torch.arange(runs), order]` picks one entry a row, no column twice. Their mean is the draw.",
        "`draws` of them: a loop and `torch.stack`, or all at once with the orders "
        "`torch.rand(draws, runs, generator=generator).argsort(1)`.",
    ),
)


def all_draws_at_once(
    table: Float[Tensor, "run run"], draws: int, generator: torch.Generator
) -> Float[Tensor, "draws"]:
    """A random order of the columns for each draw."""
    runs, rows = len(table), torch.arange(len(table))
    columns = torch.rand(draws, runs, generator=generator).argsort(1)
    return table[rows, columns].mean(1)


ORDERS = "torch.rand(draws, runs, generator=generator).argsort(1)"
PICK = "table[rows, columns]"

chance.edits(
    {
        "no column twice: shuffle the columns, don't draw each row's on its own": (
            ORDERS,
            "torch.randint(runs, (draws, runs), generator=generator)",
        ),
        "the columns are shuffled against the rows; you shuffled both alike, which changes no mean": (
            PICK,
            "table.diagonal()[columns]",
        ),
        "that is the sum; a draw is the mean": (".mean(1)", ".sum(1)"),
        "a shift round the circle is one kind of order; there are far more": (
            ORDERS,
            "(rows + torch.randint(runs, (draws, 1), generator=generator)) % runs",
        ),
        "a shuffle may leave a row its own column: chance does that too": [
            ("rand(draws, runs", "rand(20 * draws, runs"),
            ("    return", "    columns = columns[(columns != rows).all(1)][:draws]\n    return"),
        ],
        "each draw has an order of its own": (ORDERS, f"{ORDERS}[:1].expand(draws, runs)"),
        "you seed a generator inside the function: use the given one as it is": (
            "generator=generator",
            "generator=torch.Generator().manual_seed(0)",
        ),
        "one number for each draw: the mean runs over the rows of the table": (
            ".mean(1)",
            ".mean(0).repeat(draws)[:draws]",
        ),
    },
    of=all_draws_at_once,
)

MANY = 6_000  # draws: a share of ⅙ is then known to ± .005, and .03 is six times that


def draw(attempt, table, draws=MANY):
    got = attempt.call(table, draws, attempt.generator)
    attempt.expect_shape(got, (draws,))
    return got


@chance.part("three runs: six orders, each as likely")
def six_orders(attempt):
    table = torch.tensor([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0], [64.0, 128.0, 256.0]])
    orders = {
        (0, 1, 2): 273, (0, 2, 1): 161, (1, 0, 2): 266, (1, 2, 0): 98, (2, 0, 1): 140, (2, 1, 0): 84,
    }  # fmt: skip
    got = 3 * draw(attempt, table)
    shares = torch.tensor([((got - total).abs() < 0.01).float().mean() for total in orders.values()])
    tried = (
        "share of the draws that is the mean over each of the six ways to give every row a column of its own"
    )
    attempt.note(shares, atol=0.02)
    attempt.expect_close(shares, torch.full((6,), 1 / 6), tried=tried, atol=0.03)


@chance.part("a table by hand: the mean and how far draws lie apart")
def mean_and_spread(attempt):
    table = attempt.rand(6, 6)
    got = draw(attempt, table)
    centred = table - table.mean(0) - table.mean(1, keepdim=True) + table.mean()
    spread = (centred.square().sum() / 5).sqrt() / 6  # exact, for random orders
    attempt.expect_close(got.mean(), table.mean(), tried="the mean of the draws", atol=0.01)
    attempt.expect_close(
        got.std(), spread, tried="the standard deviation of the draws", rtol=0.05, atol=0.001
    )


@chance.part("draws don't depend on each other")
def own_orders(attempt):
    table = attempt.rand(7, 7)
    got = draw(attempt, table)
    attempt.note(len(got.unique()) == 1)
    own = "each draw has an order of its own"
    for name, places in {"the next one": 1, "the one half way on": MANY // 2}.items():
        pair = torch.corrcoef(torch.stack([got, got.roll(places)]))[0, 1].nan_to_num(1.0)
        tried = f"correlation of a draw with {name}"
        attempt.expect_close(pair, 0.0, tried=tried, mistake=own, atol=0.05)


@chance.part("each call draws anew")
def anew(attempt):
    table = attempt.rand(5, 5)
    first, second = draw(attempt, table, 50), draw(attempt, table, 50)
    attempt.expect(
        not torch.equal(first, second),
        expected="two calls in a row give different draws",
        got="the same draws twice",
    )


# --- 4.5 ---

late = exercise(
    "4.5",
    toy.dynamics.late_share,
    title="The share that comes late",
    hints=(
        "When is 90 % of the training loss's fall done? At the first record with `train <= train[0] - 0.9 * "
        "(train[0] - train[-1])`. `.int().argmax()` of such a mask is its first true place.",
        "From there on, `test[first:]`: how far does it still fall, from where it stands to its lowest?",
        "`(later[0] - later.min()) / (test[0] - test.min())`, with `later = test[first:]`; 0 if the test "
        "loss is never lower than at the start.",
    ),
)


def by_places(train: Float[Tensor, "T"], test: Float[Tensor, "T"]) -> float:
    """The first late record, then the two falls."""
    goal = train[0] - 0.9 * (train[0] - train[-1])
    first = int((train <= goal).int().argmax())
    later = test[first:]
    fall = later[0] - later.min()
    whole = test[0] - test.min()
    return float(fall / whole) if whole > 0 else 0.0


GOAL = "train[0] - 0.9 * (train[0] - train[-1])"

late.edits(
    {
        "90 % of the fall, not down to 90 % of the loss": (GOAL, "0.9 * train[0]"),
        "90 % of the fall from the first to the last training loss, which needn't end at 0": (
            GOAL,
            "0.1 * train[0]",
        ),
        "90 % of the fall is done, not 10 %": ("0.9", "0.1"),
        "the fall of the training loss goes to its last value": ("train[-1]", "train.min()"),
        "the first record at which it is done, not the last one at which it isn't": (
            "int((train <= goal).int().argmax())",
            "int((train > goal).nonzero()[-1])",
        ),
        "late begins when the *training* loss is done, not the test loss": (
            "(train <= goal)",
            "(test <= test[0] - 0.9 * (test[0] - test[-1]))",
        ),
        "down to the lowest test loss from there on, not to the last": ("later.min()", "later[-1]"),
        "down to the lowest test loss from there on: before that it may have been lower": (
            "later[0] - later.min()",
            "later[0] - test.min()",
        ),
        "what is still to come is the fall from there on; you took what was done before": (
            "later[0] - later.min()",
            "test[0] - later[0]",
        ),
        "divide by the whole fall of the test loss": (" / whole", ""),
        "the whole fall of the test loss goes to its lowest value": (
            "test[0] - test.min()",
            "test[0] - test[-1]",
        ),
        "divide by the fall of the test loss, not by the loss": ("test[0] - test.min()", "test[0]"),
        "divide by the test loss's fall, not by the training loss's": (
            "test[0] - test.min()",
            "train[0] - train.min()",
        ),
        "a test loss that never falls gives 0: don't divide by 0": (" if whole > 0 else 0.0", ""),
    },
    of=by_places,
)
late.variants(
    {
        "that is the share that comes early": lambda result: 1 - result,
        "test and training loss are mixed up": lambda train, test: (test, train),
        "a share between 0 and 1, not percent": lambda result: 100 * result,
    },
    of=by_places,
)


@late.part("by hand")
def late_by_hand(attempt):
    train = torch.tensor([10.0, 9.1, 8.2, 4.0, 2.7, 2.9, 2.1, 1.8, 2.0])  # 90 % of the fall of 8: at 2.8
    test = torch.tensor([11.0, 10.0, 9.0, 4.5, 8.0, 7.5, 3.0, 6.0, 5.0])
    attempt.gives(5 / 8, train, test)


@late.part("a test loss that was lower before")
def lower_before(attempt):
    train = torch.tensor([5.0, 3.0, 1.2, 1.0])  # done at 1.4
    attempt.gives(0.25, train, torch.tensor([6.0, 2.0, 4.0, 3.0]))


@late.part("a test loss that never falls")
def never_falls(attempt):
    attempt.gives(0.0, torch.tensor([3.0, 1.0, 0.5]), torch.tensor([2.0, 4.0, 5.0]))
    attempt.gives(0.0, torch.tensor([3.0, 1.0, 0.5, 0.4]), torch.tensor([2.0, 4.0, 5.0, 3.0]))


@late.part("grokking, planted")
def planted(attempt):
    t = torch.arange(60.0)
    train, test = torch.exp(-t / 4), 2 - 1.5 * torch.sigmoid(t - 40)
    attempt.gives(by_places(train, test), train, test, atol=1e-4)
    attempt.gives(by_places(train, train), train, train, atol=1e-4)


@late.part("random losses")
def random_losses_late(attempt):
    for T in (6, 15, 30):
        train = attempt.rand(T).sort(descending=True).values + 0.3 * attempt.rand(T)
        train[0], test = 3.0, attempt.rand(T) + 0.5
        test[0] = 1.5
        attempt.gives(by_places(train, test), train, test, atol=1e-4)


# --- 4.6 ---

steps = exercise(
    "4.6",
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

# --- 4.7 ---

worst_case = exercise(
    "4.7",
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

# --- 4.8 ---

visible = exercise(
    "4.8",
    toy.adversarial.seen,
    title="What the model sees of a step",
    hints=(
        "h = Wx changes only by the part of the step within the space that the m rows of W span. Take m "
        "directions of length 1 at right angles that span the same space.",
        "`torch.linalg.qr(W.transpose(1, 2)).Q` has them as its columns: `(inst, n, m)`.",
        "The coordinates of each step along these are `directions @ Q`; their length, `.norm(dim=2)`, is "
        "what is asked for.",
    ),
)

LENGTHS = ".norm(dim=2)"

visible.edits(
    {
        "that is the square of the length": (LENGTHS, ".square().sum(2)"),
        "the length is the root of the sum of squares, not the sum of sizes": (LENGTHS, ".abs().sum(2)"),
        "one number for each direction: the length runs over the last dimension": (LENGTHS, ".norm(dim=1)"),
        "rows of length 1 aren't enough: they have to stand at right angles too": (
            "torch.linalg.qr(W.transpose(1, 2)).Q",
            "torch.nn.functional.normalize(W, dim=2).transpose(1, 2)",
        ),
        "that is each direction's largest coordinate; its length is asked for": (LENGTHS, ".abs().amax(2)"),
        "you averaged over the directions: one number for each": (
            LENGTHS,
            ".norm(dim=2).mean(1, keepdim=True).expand(directions.shape[:2])",
        ),
    }
)
visible.variants(
    {
        "that is the part that the model doesn't see": lambda W, directions: (
            W,
            directions - directions @ torch.linalg.pinv(W) @ W,
        ),
        "the length of the part, not its share: don't divide by the step's own length": lambda directions: (
            normalize(directions, dim=2)
        ),
        "each model has rows of its own: you used the first model's W for all": lambda W: W[:1].expand_as(W),
        "each model has directions of its own: you used the first model's for all": lambda directions: (
            directions[:1].expand_as(directions)
        ),
    }
)


@visible.mistake("√(m/n) is what a random direction gives on average; each has a length of its own")
def by_the_formula(W, directions):
    return torch.full(directions.shape[:2], (W.shape[1] / W.shape[2]) ** 0.5, dtype=W.dtype)


@visible.mistake("that is how far h moves: the rows of W aren't of length 1, nor at right angles")
def how_far_h_moves(W, directions):
    return (directions @ W.mT).norm(dim=2)


@visible.mistake("that is how far the output moves; how long is the part of the step that moves it?")
def how_far_the_output_moves(W, directions):
    return (directions @ W.mT @ W).norm(dim=2)


@visible.part("two rows by hand: along one, across, half way")
def seen_by_hand(attempt):
    W = torch.tensor(
        [[[2.0, 0.0, 0.0, 0.0], [3.0, 0.5, 0.0, 0.0]]]
    )  # sees the first two, whatever its lengths
    steps = torch.tensor([[[1.0, 0, 0, 0], [0, 0, 0, 2.0], [0, 3.0, 4.0, 0], [1.0, 2.0, 2.0, 0]]])
    attempt.gives(torch.tensor([[1.0, 0.0, 3.0, 5**0.5]]), W, steps, atol=1e-5)


@visible.part("the rows themselves are seen whole")
def rows_seen_whole(attempt):
    W = attempt.randn(2, 3, 6)
    attempt.gives(W.norm(dim=2), W, W, atol=1e-5)


@visible.part("steps that leave h as it is")
def unseen(attempt):
    W = attempt.randn(2, 2, 5)
    steps = attempt.randn(2, 4, 5)
    across = steps - steps @ torch.linalg.pinv(W) @ W
    attempt.gives(torch.zeros(2, 4), W, across, atol=1e-4)


@visible.part("random models and steps")
def random_steps(attempt):
    for inst, m, n, count in [(1, 1, 4, 2), (3, 2, 5, 6), (2, 4, 4, 3)]:
        W, steps = attempt.randn(inst, m, n), attempt.randn(inst, count, n)
        inside = steps @ torch.linalg.pinv(W) @ W
        attempt.gives(inside.norm(dim=2), W, steps, rtol=1e-3, atol=1e-4)


visible.contract(lambda attempt: (attempt.randn(2, 2, 5), attempt.randn(2, 3, 5)))

# --- 4.9 ---

width = exercise(
    "4.9",
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
