"""Exercises of lesson 03, Geometry."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

from course_utils import toy
from course_utils.checks.attempt import Attempt
from course_utils.checks.registry import Exercise, exercise
from course_utils.toy import geometry

MANY = 20_000  # inputs: a share of .5 is then known to ± .0035, and .03 is more than 8 times that

# --- 3.1 ---

per_feature = exercise(
    "3.1",
    toy.geometry.dimensions_per_feature,
    title="Dimensions per feature",
    hints=(
        "W has shape (inst, m, n). m is `W.shape[1]`. One number for each model means: sum over the other "
        "two dimensions.",
        "The squared Frobenius norm is the sum of the squares of all entries: `(W**2).sum(dim=(1, 2))`.",
        "`return W.shape[1] / (W**2).sum(dim=(1, 2))`",
    ),
)

SQUARES = "(W**2).sum((-2, -1))"

per_feature.edits(
    {
        "m, the number of hidden dimensions, is `W.shape[1]`; you used the number of features": (
            "W.shape[-2]",
            "W.shape[-1]",
        ),
        "m, the number of hidden dimensions, is `W.shape[1]`; you used the number of models": (
            "W.shape[-2]",
            "len(W)",
        ),
        "you forgot the factor m": ("W.shape[-2]", "1"),
        "the formula has the square of the norm; you divided by the norm": (SQUARES, f"{SQUARES}.sqrt()"),
        "you added up the entries without squaring them": ("(W**2)", "W"),
        "you added up the entries' sizes, not their squares": ("(W**2)", "W.abs()"),
        "you averaged the squares; the squared norm adds them up": (".sum(", ".mean("),
        "you added up the columns' lengths, not the squares of the lengths": (
            SQUARES,
            "W.norm(dim=1).sum(1)",
        ),
        "you counted the columns longer than ½; the formula adds up squared lengths": (
            SQUARES,
            "(W.norm(dim=1) > 0.5).sum(1).clamp_min(1)",
        ),
        "that is the spectral norm, the largest singular value; the Frobenius norm has all entries": (
            SQUARES,
            "torch.linalg.matrix_norm(W, 2) ** 2",
        ),
        "each model has its own sum; you added up all models": (SQUARES, "(W**2).sum()"),
    }
)
per_feature.edits(
    {"each model has its own sum; you added up all models": (SQUARES, "(W**2).sum().expand(len(W))")}
)
per_feature.variants({"that is features per dimension, the other way up": lambda result: 1 / result})


@per_feature.part("four models by hand")
def four_models(attempt):
    W = torch.tensor([[[1.0, 0.0, -2.0], [0.0, 3.0, 0.5]], [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]])
    attempt.gives(torch.tensor([2 / 14.25, 2 / 0.91, 2 / 57, 2 / 3.64]), torch.cat([W, 2 * W]))


@per_feature.part("one model: four features, one dimension each")
def one_each(attempt):
    attempt.gives(torch.ones(1), torch.eye(4)[None])


@per_feature.part("other sizes")
def other_sizes(attempt):
    W = attempt.randn(5, 3, 7)
    attempt.gives(torch.stack([3 / sum(w.square().sum() for w in model) for model in W]), W)


per_feature.contract(lambda attempt: (attempt.randn(2, 3, 5),))

# --- 3.2 ---

shares = exercise(
    "3.2",
    toy.geometry.feature_dimensionality,
    title="Feature dimensionality",
    points=2,
    hints=(
        "All inner products Wᵢ · Wⱼ at once are the Gram matrices `W.transpose(1, 2) @ W`, of shape (inst, "
        "n, n). Divide row i by the length of Wᵢ and you have Ŵᵢ · Wⱼ.",
        "Multiply numerator and denominator by ‖Wᵢ‖²: Dᵢ = ‖Wᵢ‖⁴ / Σⱼ (Wᵢ · Wⱼ)². So no Ŵ is needed. For a "
        "zero column that is 0/0.",
        "`square = (W**2).sum(1)`, `shares = square**2 / ((W.transpose(1, 2) @ W) ** 2).sum(2)`, and "
        "`torch.where(square > 0, shares, 0.0)`.",
    ),
)


def share_of_a_dimension(W: Float[Tensor, "inst m n"]) -> Float[Tensor, "inst n"]:
    """Dᵢ as the formula has it."""
    hat = normalize(W, dim=1)
    overlap = hat.transpose(1, 2) @ W  # row i: Ŵᵢ · Wⱼ
    square = (W**2).sum(1)
    return torch.where(square > 0, square / (overlap**2).sum(2), 0.0)


SHARE = "square / (overlap**2).sum(2)"

shares.edits(
    {
        "you left j = i out of the sum": (SHARE, "square / ((overlap**2).sum(2) - square)"),
        "you used Wᵢ where the formula has Ŵᵢ, of length 1": ("hat.transpose", "W.transpose"),
        "you scaled Wⱼ to length 1 as well; only Ŵᵢ has a hat": ("@ W", "@ hat"),
        "the lengths dropped out: directions only, or summed over i where the formula sums over j": (
            ".sum(2)",
            ".sum(1)",
        ),
        "the numerator is the length squared; you used the length": ("square / (", "square.sqrt() / ("),
        "you squared nothing in the sum": ("(overlap**2)", "overlap"),
        "the sum is over squares; you used absolute values": ("(overlap**2)", "overlap.abs()"),
        "you squared the sum; the formula sums squares": (SHARE, "square / overlap.sum(2) ** 2"),
        "only a column that is exactly 0 gets D = 0; a short one has a share too": ("> 0", "> 0.25"),
        "that is the other way up": (SHARE, "(overlap**2).sum(2) / square"),
        "that is the denominator, without ‖Wᵢ‖²": (SHARE, "(overlap**2).sum(2)"),
        "that is the numerator only": (SHARE, "square"),
        "that is the interference Σ over j ≠ i, not the share": (SHARE, "(overlap**2).sum(2) - square"),
        "Ŵᵢ is Wᵢ divided by its length; you divided by the square of its length": (
            "normalize(W, dim=1)",
            "W / (W**2).sum(1, keepdim=True).clamp_min(1e-20)",
        ),
        "you scaled the rows of W to length 1: a feature is a column": ("dim=1", "dim=2"),
        "0 / 0: a zero column has no direction. Give it D = 0, with `torch.where`": (
            f"torch.where(square > 0, {SHARE}, 0.0)",
            SHARE,
        ),
    },
    of=share_of_a_dimension,
)


@shares.part("two models by hand")
def two_models(attempt):
    W = torch.tensor([[[2.0, 1.0, 0.0], [0.0, 1.0, 1.0]], [[0.5, -2.0, 1.0], [0.0, 0.0, 1.0]]])
    want = torch.tensor([[4 / 5, 2 / 4.5, 1 / 2], [0.25 / 5.25, 4 / 5.25, 2 / 4.125]])
    attempt.gives(want, W)


@shares.part("regular shapes, of any length")
def regular(attempt):
    for k, length in [(5, 1.0), (3, 0.02), (7, 2.0)]:
        angle = (
            torch.arange(k) * torch.pi / k
        )  # a k-gon with some columns turned round: the squares are alike
        attempt.gives(torch.full((1, k), 2 / k), length * torch.stack([angle.cos(), angle.sin()])[None])


@shares.part("a feature that is not stored")
def not_stored(attempt):
    W = torch.tensor([[[1.0, 0.0, -0.5], [0.0, 0.0, 0.0]]])
    attempt.gives(torch.tensor([[0.8, 0.0, 0.2]]), W)


@shares.part("other sizes")
def by_loops(attempt):
    W = attempt.randn(4, 3, 6)
    want = torch.zeros(4, 6)
    for a in range(4):
        for i in range(6):
            hat = W[a, :, i] / W[a, :, i].norm()
            want[a, i] = W[a, :, i] @ W[a, :, i] / sum((hat @ W[a, :, j]) ** 2 for j in range(6))
    attempt.gives(want, W)


# --- 3.3 ---

excess = exercise(
    "3.3",
    geometry.local_excess,
    title="The local excess",
    hints=(
        "`(D - target).abs()` is each feature's distance from the line. `(distance <= half_width).sum()` "
        "counts.",
        "An even spread over ± neighbourhood puts the share half_width / neighbourhood of the features "
        "around into the narrow window.",
        "`near / (around * half_width / neighbourhood)`, and 0 first of all if `around` is 0.",
    ),
)

EXCESS = "inside / (around * half_width / neighbourhood)"
AROUND = "(distance <= neighbourhood).sum().item()"

excess.edits(
    {
        "you compared with all features, not with those around the target": ("(around *", "(len(D) *"),
        "that is the share near the line; divide by w / a, the share that an even spread puts there": (
            EXCESS,
            "inside / around",
        ),
        "you left the near ones out of the count around; it counts all within `neighbourhood`": (
            AROUND,
            f"{AROUND} - inside",
        ),
        "w / a belongs in the denominator, with the number around: you multiplied by it": (
            EXCESS,
            "inside / around * half_width / neighbourhood",
        ),
        "that is the other way up": (EXCESS, "around * half_width / neighbourhood / inside"),
        "that is the share of all features near the line": (EXCESS, "inside / len(D)"),
        "that is the count near the line, not compared with anything": (EXCESS, "float(inside)"),
        "a distance has no sign: use `.abs()`": (".abs()", ""),
        "the windows reach to either side of the target: ± half_width, not half of it": (
            "= (D - target).abs()",
            "= 2 * (D - target).abs()",
        ),
        "you used 0.015 and 0.1 whatever the caller asks for": (
            "distance = ",
            "half_width, neighbourhood = 0.015, 0.1\n    distance = ",
        ),
    }
)


@excess.part("two near, five around, three far away")
def two_near(attempt):
    D = torch.tensor([0.66, 0.678, 0.6, 0.75, 0.2, 0.7, 0.9, 0.05])
    attempt.gives(2 / 0.75, D, 2 / 3)


@excess.part("all on the line")
def all_on_the_line(attempt):
    attempt.gives(1 / 0.15, torch.full((7,), 0.5), 0.5)


@excess.part("none on the line, and none around it")
def none_near(attempt):
    attempt.gives(0.0, torch.tensor([0.1, 0.45, 0.57]), 0.5)
    attempt.gives(0.0, torch.tensor([0.1, 0.9]), 0.5)


@excess.part("other windows")
def other_windows(attempt):
    D = torch.tensor([0.5, 0.53, 0.44, 0.41, 0.66, 0.35, 0.9])  # 2 within .05 of .5, 6 within .2
    attempt.gives(2 / (6 / 4), D, 0.5, half_width=0.05, neighbourhood=0.2)
    for target, w, a in [(0.5, 0.05, 0.2), (0.4, 0.02, 0.3)]:
        D = target + (attempt.rand(40) - 0.5) * torch.tensor([0.05, 0.3, 0.5, 0.9]).repeat(10)
        D = torch.cat([D, torch.tensor([target + 0.3 * w, target - 0.9 * a])])
        near, around = ((D - target).abs() <= w).sum(), ((D - target).abs() <= a).sum()
        attempt.gives((near / around * a / w).item(), D, target, half_width=w, neighbourhood=a)


# --- 3.4 ---

rival = exercise(
    "3.4",
    geometry.digons_loss,
    title="The rival",
    hints=(
        "Three things add up: two antipodal pairs and one dropped feature.",
        "A pair costs p²/3, both of its features together. The dropped feature has density d = q·p.",
        "`2 * p**2 / 3 + q * p / 3 - (q * p) ** 2 / 4`",
    ),
)


def two_digons(q: Float[Tensor, "points"], p: float) -> Float[Tensor, "points"]:
    """The loss, term by term."""
    d = q * p
    return 2 * p**2 / 3 + d / 3 - d**2 / 4


DROPPED = "d / 3 - d**2 / 4"

rival.edits(
    {
        "there are two pairs, p²/3 each": ("2 * p**2", "p**2"),
        "p²/3 is the cost of a whole pair, of which there are two": ("2 * p**2", "4 * p**2"),
        "the dropped feature has density q·p, not p": ("q * p", "torch.full_like(q, p)"),
        "the dropped feature has density q·p, not q": ("q * p", "q"),
        "the dropped feature's output is its mean, not 0: subtract (q·p)²/4": (" - d**2 / 4", ""),
        "you forgot the dropped feature": (DROPPED, "0 * q"),
        "you forgot the pairs": ("2 * p**2 / 3 + ", ""),
        "the pairs' features have density p, not q·p": ("2 * p**2", "2 * d**2"),
        "q makes the feature rarer, it doesn't weigh its loss: (q·p)², not q·p²": (
            DROPPED,
            "q * (p / 3 - p**2 / 4)",
        ),
    },
    of=two_digons,
)


@rival.part("by hand")
def digons_by_hand(attempt):
    want = torch.tensor([0.5 / 3 + 1 / 6 - 1 / 16, 0.5 / 3 + 1 / 12 - 1 / 64, 0.5 / 3])
    attempt.gives(want, torch.tensor([1.0, 0.5, 0.0]), 0.5)


@rival.part("rare features")
def rare(attempt):
    want = torch.tensor([0.0033270833, 0.0066104167, 0.0177083333])
    attempt.gives(want, torch.tensor([0.1, 0.3, 1.0]), 0.05)


@rival.part("any density")
def any_density(attempt):
    q, p = attempt.rand(6), attempt.rand(1, low=0.05).item()
    attempt.gives(torch.tensor([2 * p * p / 3 + x * p / 3 - x * x * p * p / 4 for x in q.tolist()]), q, p)


rival.contract(lambda attempt: (attempt.rand(4), 0.3))

# --- 3.5 and 3.6: samplers ---


def draw(attempt: Attempt, p: list[float], sets: int, size: int, batch: int = MANY):
    """What a sampler gives, "inst batch sets size"."""
    x = attempt.call(torch.tensor(p), sets, size, batch, attempt.generator)
    attempt.expect_shape(x, (len(p), batch, sets * size))
    attempt.expect(x.is_floating_point(), expected="numbers from 0 to 1", got=x)
    return x.unflatten(2, (sets, size))


def draw_inputs(attempt: Attempt, p: list[float], sets: int, size: int):
    """The same, and which features are on, held to what every statement on shares takes for granted."""
    x = draw(attempt, p, sets, size)
    span = f"from {x.min():.3g} to {x.max():.3g}"
    attempt.note((x[x != 0] ** 2).mean(), atol=0.1)  # tells one wrong distribution from another
    attempt.expect(x.min() >= 0 and x.max() <= 1, expected="values from 0 to 1", got=span)
    on = x > 0
    attempt.expect(
        (on != on[:, :1]).any(),
        expected="inputs that differ in which features are on",
        got="the same features are on in all inputs",
    )
    return x, on.float()


def sampler_parts(
    sampler: Exercise, p: list[float], together: Callable[[float], float], even: float, uneven: str
):
    """The parts of both checks.

    `p` is the density by model; two features of a set are both on with probability `together(p)`. At density
    `even` a set of two is on half of the time. `uneven` is said where features of a model differ in density.
    """

    @sampler.part("the shape")
    def shape(attempt):
        for sets, size, batch in [(2, 3, 4), (1, 2, 1), (3, 2, 5)]:
            draw(attempt, p, sets, size, batch)

    @sampler.part("the density of each feature")
    def density(attempt):
        for sets, size in [(2, 3), (1, 2)]:
            each = draw_inputs(attempt, p, sets, size)[1].mean(1).flatten(1)
            tried = f"mean density of the features, by model, p being {p}"
            attempt.expect_close(each.mean(1), torch.tensor(p), tried=tried, atol=0.03)
            want = torch.tensor(p)[:, None].expand(-1, sets * size)
            tried = f"density of each feature, one row for each model, p being {p}"
            mistake = uneven if each.all() else "some features are never on"
            attempt.expect_close(each, want, tried=tried, atol=0.03, mistake=mistake)

    @sampler.part("which features are on together")
    def pairs(attempt):
        for sets, size in [(2, 3), (3, 2)]:
            _, on = draw_inputs(attempt, p, sets, size)
            for a, density in enumerate(p):
                one_set = torch.full((size, size), together(density)).fill_diagonal_(density)
                want = torch.where(
                    torch.eye(sets).bool().repeat_interleave(size, 0).repeat_interleave(size, 1),
                    one_set.repeat(sets, sets),
                    density**2,
                )
                flat = on[a].flatten(1)
                tried = f"share of inputs with features i and j both on, sets of {size}, p being {density}"
                attempt.expect_close(flat.T @ flat / MANY, want, tried=tried, atol=0.03)
        if not together(1):
            most = int(on.sum(3).max())
            tried = "how many features of one set are on at once, at most"
            attempt.expect(most <= 1, tried=tried, expected="1", got=str(most))

    @sampler.part("the sets don't know of each other, nor do inputs and models")
    def independent(attempt):
        _, on = draw_inputs(attempt, [even, even], 2, 2)
        on = torch.cat([on, on.amax(3, keepdim=True)], 3)  # feature 0, feature 1, any of the set
        alone = torch.tensor([even, even, 0.5])
        first = on[0, :, 0]
        for name, other in {
            "those of the next set": on[0, :, 1],
            "the same ones of the next model": on[1, :, 0],
            "the same ones in the next input": first.roll(1, 0),
            "the same ones half a batch later": first.roll(MANY // 2, 0),
        }.items():
            tried = f"share in which feature 0, feature 1, any of set 0 are on at once with {name}"
            attempt.expect_close(first.T @ other / MANY, torch.outer(alone, alone), tried=tried, atol=0.03)

    @sampler.part("a value of its own for each feature that is on")
    def values(attempt):
        x, _ = draw_inputs(attempt, [even, even], 2, 2)
        on = x[x > 0]
        attempt.expect(
            len(on.unique()) > 100 or (on == 1).all(),
            expected="values that differ from input to input",
            got=f"{len(on.unique())} different values in {MANY} inputs",
        )
        moments = torch.stack([on.mean(), (on**2).mean()])
        tried = "mean and mean square of the values on"
        attempt.expect_close(moments, torch.tensor([1 / 2, 1 / 3]), tried=tried, atol=0.03)
        pairs = {
            "in both models": (x[0], x[1]),
            "in both sets": (x[:, :, 0], x[:, :, 1]),
            "in an input and in the next": (x, x.roll(1, 1)),
            "in an input and half a batch later": (x, x.roll(MANY // 2, 1)),
        }
        if together(1):
            pairs["of one set"] = (x[..., 0], x[..., 1])
        for name, (one, other) in pairs.items():
            gap = (one - other).abs()[(one > 0) & (other > 0)].mean()
            tried = f"mean difference between two values that are on at once: {name}"
            attempt.expect_close(gap, 1 / 3, tried=tried, atol=0.03)

    @sampler.part("each call draws anew")
    def anew(attempt):
        calls = [draw(attempt, [even, even], 2, 2, 50) for _ in range(10)]
        attempt.expect(
            not torch.equal(calls[0], calls[1]),
            expected="two calls in a row give different inputs",
            got="the same inputs twice",
        )
        counts = {int((x > 0).sum()) for x in calls}
        attempt.expect(
            len(counts) > 1,  # ten equal counts of 200 fair coins: less than once in 10^10
            tried="the number of features on in ten calls of 50 inputs",
            expected="not always the same number",
            got=f"{min(counts)} in each call",
            mistake="you fixed how many are on: each set is drawn by itself, in each input",
        )


SWITCH = "torch.rand(len(p), batch, sets, 1, generator=generator)"
VALUES = "torch.rand(len(p), batch, sets, size, generator=generator)"
CHOICE = "torch.randint(size, (len(p), batch, sets, 1), generator=generator)"
ALWAYS_1 = "a feature that is on is uniform on [0, 1]; yours is always 1"
NORMAL = "the values are uniform on [0, 1]: `torch.randn` is the normal distribution"
ORDER = "the order of the features: flatten (sets, size), not (size, sets)"
SEEDED = "you seed a generator inside the function: use the given one as it is"


def sampler_mistakes(sampler: Exercise, plain: Callable, what: str, draws: list[str]):
    """The mistakes that both samplers share, as edits of `plain`.

    `what` is the word for what decides which features are on, `draws` the calls that draw it.
    """

    def one_for_all(axis: str, draws=draws) -> list[tuple[str, str]]:
        return [(call, call.replace(axis, "1")) for call in draws]

    sampler.edits(
        {
            "all inputs share one draw of the values: draw for each input": one_for_all("batch", [VALUES]),
            "all models share one draw of the values: draw for each model": one_for_all("len(p)", [VALUES]),
            "all sets share one draw of the values: draw for each set": one_for_all("sets", [VALUES]),
            "all inputs share one draw of what is on: draw for each input": one_for_all("batch"),
        },
        of=plain,
    )
    for some in dict.fromkeys([tuple(draws), *((call,) for call in draws)]):  # all of the draws, or one
        sampler.edits(
            {
                f"all sets share one {what}; each needs its own": one_for_all("sets", some),
                f"all models share one {what}: draw one for each model": one_for_all("len(p)", some),
            },
            of=plain,
        )
    sampler.edits(
        {
            ALWAYS_1: (VALUES, "torch.ones(size)"),
            NORMAL: (VALUES, VALUES.replace("rand", "randn")),
            ORDER: (".flatten(2)", ".transpose(2, 3).flatten(2)"),
        },
        of=plain,
    )
    sampler.variants(
        {
            ALWAYS_1: lambda result: result > 0,
            "you used the first density for all models": lambda p: p[:1].expand(len(p)),
            SEEDED: lambda generator: torch.Generator().manual_seed(0),
        },
        of=plain,
    )


# --- 3.5 ---

together = exercise(
    "3.5",
    toy.correlated.sample_correlated,
    title="On together",
    hints=(
        "Two draws: one number for each set that says whether it is on, and one for each feature, its value.",
        "Draw the switch with shape (inst, batch, sets, 1), the values with shape (inst, batch, sets, "
        "size): broadcasting gives all features of a set the same switch. `.flatten(2)` joins the last two "
        "dimensions.",
        "`on = torch.rand(len(p), batch, sets, 1, generator=generator) < p[:, None, None, None]`, then "
        "`torch.where(on, value, 0.0).flatten(2)`.",
    ),
)


def on_together(
    p: Float[Tensor, "inst"], sets: int, size: int, batch: int, generator: torch.Generator
) -> Float[Tensor, "inst batch sets*size"]:
    """One switch for each set."""
    on = torch.rand(len(p), batch, sets, 1, generator=generator) < p[:, None, None, None]
    value = torch.rand(len(p), batch, sets, size, generator=generator)
    return torch.where(on, value, 0.0).flatten(2)


sampler_mistakes(together, on_together, "switch", [SWITCH])
together.edits(
    {
        "you swapped p and 1 − p": ("< p", "> p"),
        "the features were switched twice": (
            "torch.where(on",
            f"torch.where(on & ({VALUES} < p[:, None, None, None])",
        ),
        "each feature has a switch of its own; there must be one for the whole set": (
            SWITCH,
            SWITCH.replace("1", "size"),
        ),
        "the features of a set are never on together": (
            "torch.where(on",
            "torch.where(on & (value == value.amax(3, keepdim=True))",
        ),
        "all features of a set have the same value; only the switch is shared": (
            VALUES,
            f"{SWITCH}.expand(-1, -1, -1, size)",
        ),
        "the value is the number that switched the set: draw another for each feature": [
            (SWITCH, f"(u := {SWITCH})"),
            (VALUES, "u.expand(-1, -1, -1, size)"),
        ],
    },
    of=on_together,
)
together.variants(
    {
        "each feature needs to be on with probability p; yours is on with probability p / size": (
            lambda p, size: (p / size, size)
        )
    }
)

sampler_parts(
    together,
    p=[0.2, 0.7],
    together=lambda p: p,
    even=0.5,
    uneven="all features of a model have the same density",
)

# --- 3.6 ---

apart = exercise(
    "3.6",
    toy.correlated.sample_anticorrelated,
    title="One at a time",
    points=2,
    hints=(
        "A set is on with probability size · p. If it is, one of its features is chosen, all equally "
        "likely. Then each has density p.",
        "One number u, uniform on [0, 1), is enough for a set: feature k is on if u lies in [k p, (k + 1) "
        "p). So `(u / p).floor()` is the place of the feature that is on; if that isn't below `size`, none "
        "is.",
        "`on = (u / p[:, None, None, None]).floor() == torch.arange(size)` with u of shape (inst, batch, "
        "sets, 1), then as in 3.5.",
    ),
)


def one_at_a_time(
    p: Float[Tensor, "inst"], sets: int, size: int, batch: int, generator: torch.Generator
) -> Float[Tensor, "inst batch sets*size"]:
    """A switch for each set, and a choice."""
    on = torch.rand(len(p), batch, sets, 1, generator=generator) < size * p[:, None, None, None]
    which = torch.randint(size, (len(p), batch, sets, 1), generator=generator)
    value = torch.rand(len(p), batch, sets, size, generator=generator)
    return torch.where(on & (which == torch.arange(size)), value, 0.0).flatten(2)


CHOSEN = "on & (which == torch.arange(size))"
EACH_ON = f"{VALUES} < p[:, None, None, None]"
UNEVEN = "the features of a set are equally likely: choose among them evenly"
RARE = (
    "a set is on too rarely, as if you had switched each feature by itself and then kept one of those on: "
    "it is on with probability size · p"
)

sampler_mistakes(apart, one_at_a_time, "choice", [SWITCH, CHOICE])
apart.edits(
    {
        "each feature needs density p: the set as a whole is then on with probability size · p": (
            "< size * p",
            "< p",
        ),
        "exactly one feature is on at every moment; a set may also be all off": (CHOSEN, CHOSEN[5:]),
        UNEVEN: (CHOICE, f"(size * {SWITCH} ** 2).floor()"),
        "the features of a set have separate switches; one draw must decide which of them is on": (
            CHOSEN,
            EACH_ON,
        ),
        "the features of a set are on together: that is 3.5": [("< size * p", "< p"), (CHOSEN, "on")],
        "the one that is on has the largest value; choose it apart from the values": (
            "which == torch.arange(size)",
            "value == value.amax(3, keepdim=True)",
        ),
    },
    of=one_at_a_time,
)
apart.edits({UNEVEN: ("torch.randint(size", "torch.randint(size - 1")}, of=one_at_a_time)
apart.edits(
    {
        "feature 0 is never on: `ceil` begins with 1": (".floor()", ".ceil()"),
        "the value is the number that chose the feature: draw another": (
            "_rand(p, batch, sets, size, generator=generator)",
            "which * p[:, None, None, None]",
        ),
    }
)


@apart.mistake(RARE)
def largest_of_those_on(p, sets, size, batch, generator):
    shape = (len(p), batch, sets, size)
    on = torch.rand(shape, generator=generator) < p[:, None, None, None]
    x = on * torch.rand(shape, generator=generator)
    return torch.where(x == x.amax(3, keepdim=True), x, 0.0).flatten(2)


@apart.mistake(RARE)
def first_of_those_on(p, sets, size, batch, generator):
    shape = (len(p), batch, sets, size)
    on = torch.rand(shape, generator=generator) < p[:, None, None, None]
    kept = on & (on.cumsum(3) == 1)
    return (kept * torch.rand(shape, generator=generator)).flatten(2)


@apart.mistake(RARE)
def any_of_those_on(p, sets, size, batch, generator):
    shape = (len(p), batch, sets, size)
    on = torch.rand(shape, generator=generator) < p[:, None, None, None]
    lot = on * torch.rand(shape, generator=generator)
    kept = on & (lot == lot.amax(3, keepdim=True))
    return (kept * torch.rand(shape, generator=generator)).flatten(2)


sampler_parts(apart, p=[0.1, 0.3], together=lambda p: 0.0, even=0.25, uneven=UNEVEN)

# --- 3.7 ---

bound = exercise(
    "3.7",
    geometry.sensing_bound,
    title="The bound of compressed sensing",
    hints=(
        "Write the bound with =, and divide both sides until n / m stands alone.",
        "n / m = 1 / (C p ln(1/p)). `torch.log` is the natural logarithm.",
        "`return 1 / (constant * p * torch.log(1 / p))`",
    ),
)

bound.edits(
    {
        "that is m / n without the constant, the other way up": ("1 / (constant * p", "(p"),
        "ln p is negative for p < 1: the bound has ln(1/p)": ("log(1 / p)", "log(p)"),
        "you forgot the constant": ("constant * p", "p"),
        "the constant belongs in the denominator: a larger C allows fewer features": (
            "1 / (constant * p",
            "constant / (p",
        ),
        "you forgot the factor p": ("constant * p", "constant"),
        "you forgot the logarithm": (" * torch.log(1 / p)", ""),
        "ln is the natural logarithm; you used base 10": ("log(", "log10("),
        "ln is the natural logarithm; you used base 2": ("log(", "log2("),
    }
)
bound.variants(
    {
        "that is m / n, the other way up": lambda result: 1 / result,
        "p is the density; you used the sparsity 1 − p": lambda p: 1 - p,
    }
)


@bound.part("by hand")
def bound_by_hand(attempt):
    for c in (2.5, 1.0):
        attempt.gives(torch.tensor([21.714724, 4.3429448, 2.7686095]) / c, torch.tensor([0.01, 0.1, 0.3]), c)


@bound.part("any density and constant")
def any_constant(attempt):
    p, c = attempt.rand(6, low=0.001, high=0.6), attempt.rand(1, low=0.2, high=4.0).item()
    attempt.gives(torch.tensor([1 / (c * q * -math.log(q)) for q in p.tolist()]), p, c)


# --- 3.8 ---

fingerprint = exercise(
    "3.8",
    geometry.sorted_cosines,
    title="The fingerprint of a shape",
    hints=(
        "Divide each column by its length. The inner products of what is left are the cosines.",
        "`cosines = unit.T @ unit` has each pair twice and each column with itself on the diagonal. You need "
        "what lies above the diagonal.",
        "`i, j = torch.triu_indices(n, n, offset=1)`, then `cosines[i, j].sort().values`.",
    ),
)


def of_pairs(W: Float[Tensor, "m n"]) -> Float[Tensor, "pairs"]:
    """Each pair once, the smallest cosine first."""
    unit = W / W.norm(dim=0)
    i, j = torch.triu_indices(W.shape[1], W.shape[1], offset=1)
    return (unit.T @ unit)[i, j].sort().values


fingerprint.edits(
    {
        "you left the columns as long as they are: cosines are inner products at length 1": (
            "W / W.norm(dim=0)",
            "W",
        ),
        "you divided by the square of the length": ("W.norm(dim=0)", "(W**2).sum(0)"),
        "you scaled the rows to length 1; the features are the columns": (
            "W.norm(dim=0)",
            "W.norm(dim=1, keepdim=True)",
        ),
        "you divided all columns by one length; each has its own": ("W.norm(dim=0)", "W.norm()"),
        "you took each column with itself as well: those cosines are 1 and say nothing": (
            "offset=1",
            "offset=0",
        ),
        "each pair once, without the columns themselves: you have the whole matrix": (
            "(unit.T @ unit)[i, j]",
            "(unit.T @ unit).flatten()",
        ),
        "the order of the features mustn't matter: sort": (".sort().values", ""),
        "the smallest first": (".sort()", ".sort(descending=True)"),
        "those are the angles; the cosines are asked for": ("[i, j]", "[i, j].clamp(-1, 1).acos()"),
        "a cosine has a sign: opposite columns have −1": ("[i, j]", "[i, j].abs()"),
        "you squared the cosines: opposite columns then look like the same one": (
            "(unit.T @ unit)",
            "((unit.T @ unit) ** 2)",
        ),
        "that is the nearest neighbour of each column; all pairs are asked for": (
            "(unit.T @ unit)[i, j]",
            "(unit.T @ unit).fill_diagonal_(-1).amax(1)",
        ),
        "each pair once: you have each of them twice": (
            "(unit.T @ unit)[i, j]",
            "(unit.T @ unit)[torch.cat([i, j]), torch.cat([j, i])]",
        ),
        "WWᵀ compares the hidden dimensions; the columns' inner products are WᵀW": [
            ("W.shape[1], W.shape[1]", "W.shape[0], W.shape[0]"),
            ("unit.T @ unit", "unit @ unit.T"),
        ],
    },
    of=of_pairs,
)


@fingerprint.part("four columns by hand")
def four_columns(attempt):
    W = torch.tensor([[2.0, 0.0, -3.0, 3.0], [0.0, 0.5, 0.0, 4.0]])  # the last one has length 5
    attempt.gives(torch.tensor([-1.0, -0.6, 0.0, 0.0, 0.6, 0.8]), W)


@fingerprint.part("a shape, turned, mirrored, and its corners in another order")
def turned_shape(attempt):
    W = attempt.randn(3, 6)
    want = [W[:, a] @ W[:, b] / (W[:, a].norm() * W[:, b].norm()) for a in range(6) for b in range(a)]
    want = torch.stack(want).sort().values
    turn = torch.linalg.qr(attempt.randn(3, 3)).Q
    attempt.gives(want, W)
    attempt.gives(want, 2.5 * turn @ W[:, [3, 0, 5, 1, 4, 2]])


@fingerprint.part("other dimensions, and two columns")
def other_dimensions(attempt):
    for m, n in [(2, 5), (5, 4), (3, 3), (4, 2)]:
        W = attempt.randn(m, n)
        cosines = [torch.cosine_similarity(W[:, a], W[:, b], dim=0) for b in range(n) for a in range(b)]
        attempt.gives(torch.stack(cosines).sort().values, W, atol=1e-5)


fingerprint.contract(lambda attempt: (attempt.randn(3, 5),))
