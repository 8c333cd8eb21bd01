"""Exercises of lesson 00: four small ones that show how all the others work."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils.checks.registry import exercise

MANY = 20_000  # samples: a share of .5 is then known to ± .0035, and .03 is more than 8 times that


def draw_features(
    samples: int, density: Float[Tensor, "n"], generator: torch.Generator
) -> Float[Tensor, "samples n"]:
    """Feature i of each sample is active with probability `density[i]`, then uniform on [0, 1), else 0."""
    active = torch.rand(samples, len(density), generator=generator) < density
    return active * torch.rand(samples, len(density), generator=generator)


def cosine_similarities(W: Float[Tensor, "m n"]) -> Float[Tensor, "n n"]:
    """Cosine of the angle between each two columns of `W`; 0 where a column is zero."""
    lengths = W.norm(dim=0)
    directions = W / torch.where(lengths > 0, lengths, 1)
    return directions.T @ directions


def read_back(
    W: Float[Tensor, "m n"], b: Float[Tensor, "n"], x: Float[Tensor, "samples n"]
) -> Float[Tensor, "samples n"]:
    """What one model makes of its inputs: squeezed into the hidden numbers, then read back."""
    h = x @ W.T
    return (h @ W + b).relu()


def keep_two_loss(n: int, p: float) -> float:
    """Expected loss of keeping two of n features without error and guessing the mean of the others."""
    variance = p / 3 - (p / 2) ** 2
    return (n - 2) * variance


# --- 0.1 ---

drawing = exercise(
    "0.1",
    draw_features,
    title="Draw sparse features",
    points=2,
    hints=(
        "You need two draws for each entry: one decides whether it is active, the other gives its value.",
        "`torch.rand(samples, n, generator=generator)` is a table of uniform numbers. A uniform number lies "
        "below p with probability p: compare one such table with `density` to get the mask.",
        "`active = torch.rand(samples, n, generator=generator) < density`, with `n = len(density)`. Return "
        "`active` times a second table of uniform numbers.",
    ),
)

MASK = "torch.rand(samples, len(density), generator=generator) < density"
VALUES = "active * torch.rand(samples, len(density), generator=generator)"

drawing.edits(
    {
        "you returned the mask: multiply it by a second table of uniform numbers": (VALUES, "active"),
        "active features are all 1: you returned the mask": (VALUES, "active.float()"),
        "you drew one mask and used it for all samples": (
            MASK,
            "torch.rand(len(density), generator=generator) < density",
        ),
        "all features of a sample share one mask: draw one for each feature": (
            MASK,
            "torch.rand(samples, 1, generator=generator) < density",
        ),
        "you swapped active and inactive: a uniform number is *below* p with probability p": (
            "< density",
            "> density",
        ),
        "no entry is active": ("active * ", "0 * "),
        "every entry is active: the mask is missing": ("active * ", ""),
        "every feature of density above 0 is always active": (MASK, "density > 0"),
        "you scaled the values by the density: every entry is active. Density is how often, not how large": (
            "active * ",
            "density * ",
        ),
        "all features have one density: use `density[i]` for feature i": ("< density", "< density.mean()"),
        "all features have the density of the first: use `density[i]` for feature i": (
            "< density",
            "< density[0]",
        ),
        "the values are not uniform on [0, 1): `torch.randn` is the normal distribution": (
            "active * torch.rand(",
            "active * torch.randn(",
        ),
        "all features of a sample share one value: draw one for each": (
            VALUES,
            "active * torch.rand(samples, 1, generator=generator)",
        ),
        "all samples share one row of values: draw one for each": (
            VALUES,
            "active * torch.rand(len(density), generator=generator)",
        ),
    }
)
drawing.edits({"every entry is active: the mask is missing": ("active * ", "density.clamp_min(0.001) * ")})
drawing.edits(
    {
        "the values are not uniform on [0, 1): `torch.randn` is the normal distribution": (
            VALUES,
            f"{VALUES.replace('torch.rand', 'torch.randn')}.abs()",
        )
    }
)


SCALED = (
    "no active value exceeds the density: are mask and value the same random numbers, or the values scaled?"
)
drawing.edits({SCALED: ("active * ", "active * density * ")})


@drawing.mistake(SCALED)
def one_table(samples, density, generator):
    table = torch.rand(samples, len(density), generator=generator)
    return (table < density) * table


@drawing.mistake("no active value is small: are mask and value the same random numbers?")
def one_table_swapped(samples, density, generator):
    table = torch.rand(samples, len(density), generator=generator)
    return (table > 1 - density) * table


@drawing.mistake("you fixed the number of active features: each one is drawn by itself")
def fixed_number(samples, density, generator):
    order = torch.rand(samples, len(density), generator=generator).argsort(1)
    return (order < density.sum().round()) * torch.rand(samples, len(density), generator=generator)


@drawing.mistake("samples share their draws: each row of the tables is drawn by itself")
def samples_in_pairs(samples, density, generator):
    half = (samples + 1) // 2, len(density)
    x = (torch.rand(half, generator=generator) < density) * torch.rand(half, generator=generator)
    return x.repeat_interleave(2, dim=0)[:samples]


@drawing.mistake("some features share a mask: draw a table of uniform numbers with a column for each feature")
def masks_twice(samples, density, generator):
    n = len(density)
    mask = torch.rand(samples, (n + 1) // 2, generator=generator).repeat(1, 2)[:, :n] < density
    return mask * torch.rand(samples, n, generator=generator)


@drawing.mistake("a sample's mask is made of the numbers that are its neighbour's values: draw two tables")
def neighbours_numbers(samples, density, generator):
    u = torch.rand(samples, len(density), generator=generator)
    return u * (u.roll(1, dims=0) < density)


def draw(attempt, density, samples=MANY):
    return attempt.call(samples, torch.tensor(density), attempt.generator)


@drawing.part("one row for each sample, one column for each feature")
def shapes(attempt):
    got = draw(attempt, [0.5, 0.5, 0.5], 4)
    is_mask = torch.is_tensor(got) and got.dtype == torch.bool
    attempt.expect(not is_mask, expected="numbers from 0 to 1", got=got)
    for samples, density in [(7, [0.5, 0.5, 0.5]), (1, [0.2, 0.9]), (4, [0.3])]:
        got = draw(attempt, density, samples)
        one_row = torch.is_tensor(got) and tuple(got.shape) == (len(density),)
        mistake = "you drew one row: there is one for each sample" if one_row else ""
        attempt.expect_shape(got, (samples, len(density)), mistake=mistake)
    got = draw(attempt, [0.9] * 5, 100)
    spread = f"values from {got.min():.3g} to {got.max():.3g}"
    attempt.expect(got.min() >= 0 and got.max() <= 1, expected="all values from 0 to 1", got=spread)


@drawing.part("how often each feature is active")
def how_often(attempt):
    density = [0.1, 0.0, 0.3, 0.8, 1.0]
    active = (draw(attempt, density) > 0).float()
    changes = (active[:, [0, 2, 3]] != active[0, [0, 2, 3]]).any()
    always = active[0].all() or not active.any() or torch.equal(active[0], torch.tensor(density).sign())
    attempt.expect(
        changes or always,
        expected="different active features from sample to sample",
        got="all samples have the same active features",
    )
    shares = f"share of samples in which each feature is active, density {density}"
    attempt.expect_close(active.mean(0), torch.tensor(density), tried=shares, atol=0.03)


@drawing.part("features are active independently of each other")
def independent(attempt):
    active = (draw(attempt, [0.5, 0.5, 0.5, 0.5]) > 0).float()
    count = active.sum(1)
    attempt.expect(
        count.min() != count.max(),
        expected="sometimes few active features, sometimes many",
        got=f"exactly {count[0]:g} active features in every sample",
        mistake="you fixed the number of active features: each one is drawn by itself",
    )
    together, half = active.T @ active / MANY, torch.full((4, 4), 0.25).fill_diagonal_(0.5)
    both = "share of samples in which features i and j are both active, density 0.5 each"
    attempt.expect_close(together, half, tried=both, atol=0.03)
    for step in (1, 2, 3):
        later = (active[step:].T @ active[:-step]) / (MANY - step)
        tried = f"share in which feature i is active in a sample and j is {step} further on, density 0.5"
        attempt.expect_close(later, torch.full((4, 4), 0.25), tried=tried, atol=0.03)


@drawing.part("values of active features")
def uniform(attempt):
    x = draw(attempt, [0.6, 0.6])
    pairs = x[(x > 0).all(1)]
    attempt.expect(not (x[x > 0] == 1).all(), expected="values from 0 to 1", got="all are 1")
    attempt.expect(
        len(x[:100, 0].unique()) > 20,
        expected="other values from sample to sample",
        got="the same few values in all samples",
    )
    later = x[: MANY // 2] * x[MANY // 2 :]  # two samples' values of one feature
    attempt.expect_close(x[x > 0].mean(), 0.5, tried="mean of the active values, density 0.6", atol=0.03)
    attempt.expect_close(
        pairs.prod(1).mean(), 0.25, tried="mean of x_0 · x_1 where both are active", atol=0.03
    )
    apart = [x[:, 0][x[:, 0] * (x[:, 1] > 0) > 0].mean(), x[:, 0][x[:, 0] * (x[:, 1] == 0) > 0].mean()]
    with_and_without = "mean of an active feature's values where the other is active, and where it is not"
    attempt.expect_close(torch.stack(apart), torch.tensor([0.5, 0.5]), tried=with_and_without, atol=0.03)
    attempt.expect_close((x[x > 0] ** 2).mean(), 1 / 3, tried="mean square of active values", atol=0.03)
    both = (x[1:] > 0) & (x[:-1] > 0)
    beside = torch.stack([x[1:][both].mean(), x[:-1][both].mean()])
    neighbours = "mean of a feature's values in two samples in a row, where it is active in both"
    attempt.expect_close(beside, torch.tensor([0.5, 0.5]), tried=neighbours, atol=0.03)
    across = "mean product of one feature's values in two samples where it is active"
    attempt.expect_close(later[later > 0].mean(), 0.25, tried=across, atol=0.03)


@drawing.part("each call draws anew")
def anew(attempt):
    first, second = draw(attempt, [0.5] * 8, 50), draw(attempt, [0.5] * 8, 50)
    attempt.expect(
        not torch.equal(first, second),
        expected="two calls in a row give different samples",
        got="the same samples twice",
        mistake="you seed a generator inside the function: use the given one as it is",
    )


@drawing.part("how many entries are active is left to chance")
def chance(attempt):
    counts = {int((draw(attempt, [0.5] * 8, 50) > 0).sum()) for _ in range(10)}
    attempt.expect(
        len(counts) > 1,  # ten equal counts of 400 fair coins: less than once in 10^12
        tried="the number of active entries in ten calls, density 0.5, 50 samples of 8 features",
        expected="not always the same number",
        got=f"{min(counts)} in each call",
        mistake="you fixed how many entries are active: each is drawn by itself, with probability "
        "`density[i]`",
    )


# --- 0.2 ---

overlap = exercise(
    "0.2",
    cosine_similarities,
    title="How much do directions overlap?",
    points=2,
    hints=(
        "All dot products of columns at once are one matrix product.",
        "Divide each column by its length first: then the dot product *is* the cosine. "
        "`W.norm(dim=0)` gives the lengths of the columns.",
        "`lengths = W.norm(dim=0)`; put 1 where a length is 0, `torch.where(lengths > 0, lengths, 1)`; "
        "divide `W` by that; the answer is `directions.T @ directions`.",
    ),
)

LENGTHS = "torch.where(lengths > 0, lengths, 1)"

overlap.edits(
    {
        "you forgot to divide by the lengths": (f"W / {LENGTHS}", "W"),
        "you divided by one length only: a cosine divides by both": (
            "directions.T @ directions",
            "W.T @ directions",
        ),
        "you divided by one length only, the row's: a cosine divides by both": (
            "directions.T @ directions",
            "directions.T @ W",
        ),
        "you divided by the squared lengths": (LENGTHS, f"{LENGTHS} ** 2"),
        "you divided by the length of the whole matrix: each column has its own": (
            f"W / {LENGTHS}",
            "W / W.norm()",
        ),
        "you normalised the rows: features are the columns of `W`": (
            f"W / {LENGTHS}",
            "torch.nn.functional.normalize(W, dim=1)",
        ),
        "a zero column gives 0/0: divide by 1 where the length is 0": (LENGTHS, "lengths"),
    }
)
overlap.variants(
    {
        "you took the absolute value: the sign says whether features push together or apart": lambda result: (
            result.abs()
        ),
        "you returned the angle, not its cosine": lambda result: result.clamp(-1, 1).arccos(),
        "you set the diagonal to 0: a direction has cosine 1 with itself": lambda result: (
            result.fill_diagonal_(0)
        ),
        "the similarity of a zero column with itself is 0 here, too": lambda result: result.fill_diagonal_(1),
        "you subtracted the mean: that is a correlation": lambda W: W - W.mean(0),
        "you compared the rows: features are the columns of `W`": lambda W: W.T,
    }
)


@overlap.part("three directions by hand")
def by_hand(attempt):
    half = math.sqrt(0.5)
    want = torch.tensor([[1, 0, -half], [0, 1, half], [-half, half, 1]])
    attempt.gives(want, torch.tensor([[1.0, 0.0, -2.0], [0.0, 3.0, 2.0]]), atol=1e-3)


@overlap.part("any angles and lengths")
def angles(attempt):
    angles, lengths = attempt.rand(6, high=2 * math.pi), attempt.rand(6, low=0.1, high=3.0)
    W = lengths * torch.stack([angles.cos(), angles.sin()])
    want = (angles[:, None] - angles).cos()
    attempt.gives(want, W, atol=1e-4)
    turn = torch.linalg.qr(attempt.randn(7, 7)).Q[:, :2]  # the same directions, in a plane of 7 dimensions
    attempt.gives(want, turn @ W, atol=1e-4)
    attempt.gives(torch.ones(1, 1), W[:, :1], atol=1e-4)


@overlap.part("very short directions")
def short(attempt):
    felt = "you added something to the lengths, or took short ones for 0: a short direction feels it"
    for length in (1e-3, 1e-4):
        attempt.gives(torch.eye(4), length * torch.eye(4), atol=1e-3, mistake=felt)


@overlap.part("a feature without a direction")
def zero(attempt):
    want = torch.tensor([[1.0, 0.0, 0.8], [0.0, 0.0, 0.0], [0.8, 0.0, 1.0]])
    attempt.gives(want, torch.tensor([[3.0, 0.0, 0.0], [4.0, 0.0, 5.0]]))


overlap.contract(lambda attempt: (attempt.randn(3, 5),))


# --- 0.3 ---

reading = exercise(
    "0.3",
    read_back,
    title="Squeeze and read back",
    points=2,
    hints=(
        "Inputs are rows here, so h = Wx for all of them at once is `x @ W.T`, of shape (samples, m).",
        "The way back, Wᵀh for each row, is `h @ W`. The bias has one number for each feature: `+ b` adds it "
        "to every row.",
        "`h = x @ W.T`, then `torch.relu(h @ W + b)`.",
    ),
)

BACK = "(h @ W + b).relu()"

reading.edits(
    {
        "you forgot the ReLU": (".relu()", ""),
        "you forgot the bias": (" + b)", ")"),
        "you added the bias after the ReLU; it goes inside": (BACK, "(h @ W).relu() + b"),
        "you subtracted the bias": ("+ b)", "- b)"),
        "you took the absolute value: the ReLU makes negative numbers 0": (".relu()", ".abs()"),
        "you used GELU: the ReLU makes negative numbers 0 and leaves the others as they are": (
            BACK,
            "torch.nn.functional.gelu(h @ W + b)",
        ),
        "you cut off what is above 1 as well: the ReLU only cuts below 0": (".relu()", ".clamp(0, 1)"),
        "you put a ReLU on the hidden numbers; h = Wx has none": ("h @ W", "h.relu() @ W"),
        "you stopped at the hidden numbers; the way back is Wᵀh": (BACK, "h"),
        "you made the columns of W 1 long; the model uses W as it is": (
            BACK,
            "(h @ W / W.norm(dim=0).clamp_min(1e-9) ** 2 + b).relu()",
        ),
        "you left out a feature's own column: it is read back through it, too": (
            "h @ W",
            "h @ W - x * (W**2).sum(0)",
        ),
        "you gave back the input plus what was read": (BACK, f"x + {BACK}"),
        "you detached W on the way back: half of its gradient is missing": ("h @ W", "h @ W.detach()"),
        "you detached W on the way in: half of its gradient is missing": ("x @ W.T", "x @ W.detach().T"),
        "you multiplied by W twice; the way back is Wᵀ": ("h @ W", "h @ W.T"),
        "you swapped W and Wᵀ: h = Wx, then Wᵀh": [("x @ W.T", "x @ W"), ("h @ W", "h @ W.T")],
    }
)


def one_by_one(W, b, x):
    """One input after the other, with columns."""
    return torch.stack([(W.T @ (W @ row) + b).clamp(min=0) for row in x])


@reading.part("three inputs to two features in two dimensions, by hand")
def read_by_hand(attempt):
    W, b = torch.tensor([[1.0, -1.0], [-0.5, 1.2]]), torch.tensor([0.1, -0.2])  # WᵀW = 1.25 −1.6; −1.6 2.44
    x = torch.tensor([[0.9, 0.0], [0.0, 0.6], [0.8, 0.5], [-0.8, 0.0]])
    attempt.gives(torch.tensor([[1.225, 0.0], [0.0, 1.264], [0.3, 0.0], [0.0, 1.08]]), W, b, x)


@reading.part("other numbers of features, dimensions and inputs")
def read_sizes(attempt):
    for m, n, samples in [(2, 5, 3), (3, 3, 4), (1, 4, 1), (5, 2, 6), (1, 1, 2)]:
        W, b, x = attempt.randn(m, n), attempt.randn(n), attempt.rand(samples, n)
        attempt.gives(one_by_one(W, b, x), W, b, x, rtol=1e-3, atol=1e-5)


@reading.part("no dimension but one is used; a feature without a direction")
def read_zero(attempt):
    W, b = torch.tensor([[0.0, 2.0, 0.0], [0.0, 0.0, 0.0]]), torch.tensor([0.3, -1.0, -0.4])
    attempt.gives(torch.tensor([[0.3, 1.0, 0.0]]), W, b, torch.tensor([[0.7, 0.5, 0.9]]))


reading.contract(lambda attempt: (attempt.randn(2, 4), attempt.randn(4), attempt.rand(3, 4)), wrt=("W", "b"))


# --- 0.4 ---

keeping = exercise(
    "0.4",
    keep_two_loss,
    title="The baseline, by hand",
    hints=(
        "What you guess for a dropped feature is always the same number. The mean is the best, and then the "
        "mean squared error is the variance.",
        "A variance is E x² − (E x)². Both are averages over active (probability p) and inactive (x = 0): "
        "E x = p · ½.",
        "For a uniform u, E u² = ⅓, so E x² = p/3. One dropped feature costs p/3 − (p/2)², and n − 2 are "
        "dropped.",
    ),
)

VARIANCE = "p / 3 - (p / 2) ** 2"

keeping.edits(
    {
        "you forgot to subtract the squared mean: guessing it saves p²/4": (VARIANCE, "p / 3"),
        "you subtracted p²/2: the mean is p/2, its square p²/4": (VARIANCE, "p / 3 - p**2 / 2"),
        "you subtracted the mean itself: square it first": (VARIANCE, "p / 3 - p / 2"),
        "you used p/3 − p/4 = p/12, the variance of an active feature: being active or not varies, too": (
            VARIANCE,
            "p / 12",
        ),
        "you used the variance of being active, p(1 − p): an active feature is uniform, not 1": (
            VARIANCE,
            "p * (1 - p)",
        ),
        "you used E x for E x²: the mean square of a uniform number is ⅓": (VARIANCE, "p / 2 - (p / 2) ** 2"),
        "you gave the standard deviation: the loss is squared": (VARIANCE, "(p / 3 - (p / 2) ** 2) ** 0.5"),
        "all n are counted: two are kept and cost nothing": ("(n - 2) *", "n *"),
        "you counted one feature: n − 2 are dropped": ("(n - 2) *", "1 *"),
        "you averaged over the features: the loss is their sum": ("(n - 2) *", "(n - 2) / n *"),
    }
)


@keeping.part("five features at density ½, six at ¾, by hand")
def keeping_by_hand(attempt):
    attempt.gives(0.3125, 5, 0.5)  # 3 · (1/6 − 1/16)
    attempt.gives(0.4375, 6, 0.75)  # 4 · (1/4 − 9/64)


@keeping.part("any number of features, any density")
def keeping_any(attempt):
    for n in (3, 8, 40):
        p = attempt.rand(1, low=0.01).item()
        attempt.gives((n - 2) * p * (4 - 3 * p) / 12, n, p)


@keeping.part("nothing to drop; nothing ever active")
def keeping_none(attempt):
    attempt.gives(0.0, 2, 0.3)
    attempt.gives(0.0, 7, 0.0)


@keeping.part("what sampling gives")
def keeping_sampled(attempt):
    x = draw_features(400_000, torch.tensor([0.3]), attempt.generator)
    attempt.gives(4 * x.var().item(), 6, 0.3, rtol=0.05)
