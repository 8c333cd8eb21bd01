"""Exercises of lesson 02, The phase diagram."""

import math
from itertools import product

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from course_utils import toy
from course_utils.checks.registry import edited, exercise

EXACT = {"rtol": 1e-4, "atol": 1e-9}  # losses fall to 1e-5 at low density: no absolute slack


def first_of_all(v: Float[Tensor, "inst ..."]) -> Float[Tensor, "inst ..."]:
    """The first model's for every model."""
    return v[:1].expand_as(v)


# --- 2.1 ---

drop = exercise(
    "2.1",
    toy.theory.drop_loss,
    title="The price of dropping a feature",
    hints=(
        "If the model does not store x, its output for x is the same number c whatever comes in. Which c "
        "is best?",
        "E(x − c)² is least at c = E x, and is then the variance, E x² − (E x)². Both averages are p times "
        "an "
        "integral over [0, 1].",
        "E x = p/2 and E x² = p/3. Subtract the square of the first from the second, then multiply by the "
        "importance.",
    ),
)

DROP = "importance * (p / 3 - p**2 / 4)"

drop.edits(
    {
        "you left the output at 0; the bias is free, so the model guesses the mean p/2": (
            DROP,
            "importance * p / 3",
        ),
        "you forgot the importance": (DROP, "p / 3 - p**2 / 4"),
        "importance weighs the squared error once; you used its square": ("importance *", "importance**2 *"),
        "that is the variance while the feature is on, times p: the jump between off and on counts too": (
            DROP,
            "importance * p / 12",
        ),
        "you subtracted E x, not its square": ("p**2 / 4", "p / 2"),
        "you subtracted the square of 1/2, not of p/2": ("p**2 / 4", "1 / 4"),
        "you guessed 1/2, the mean while the feature is on: the mean over all inputs is p/2": (
            DROP,
            "importance * ((1 - p) / 4 + p / 12)",
        ),
        "that is the variance of on/off: while on, x is uniform on [0, 1], not 1": (
            DROP,
            "importance * p * (1 - p)",
        ),
        "the average of x² is p/3, not p/2": ("(p / 3", "(p / 2"),
        "importance weighs the whole error; you weighed one term only": (
            DROP,
            "importance * p / 3 - p**2 / 4",
        ),
    }
)
drop.variants({"you swapped p and 1 − p: the density p is how often the feature is on": lambda p: 1 - p})


@drop.part("now and then, and rarely")
def sometimes_on(attempt):  # first: every mistake gives another number here
    attempt.gives(14 / 75, 2.0, 0.4, **EXACT)
    attempt.gives(0.0016541667, 0.5, 0.01, **EXACT)


@drop.part("always on (p = 1)")
def always_on(attempt):
    attempt.gives(5 / 12, 5.0, 1.0, **EXACT)
    attempt.gives(1 / 12, 1.0, 1.0, **EXACT)


@drop.part("tensors of many importances and densities")
def many_drops(attempt):
    importance, p = attempt.rand(7, low=0.1, high=10), attempt.rand(7, low=0.01)
    pairs = zip(importance.tolist(), p.tolist(), strict=True)
    attempt.gives(torch.tensor([i * (q / 3 - q * q / 4) for i, q in pairs]), importance, p, **EXACT)


drop.contract(lambda attempt: (attempt.rand(5, low=0.1, high=10), attempt.rand(5, low=0.01)))


# --- 2.2 ---

pair = exercise(
    "2.2",
    toy.theory.antipodal_loss,
    title="The price of sharing a direction",
    hints=(
        "Go through the four on/off patterns. In three of them the model makes no error at all. Which one "
        "is left?",
        "With both on and x > y, the hidden number is x − y. The first output is x − y: off by y. The "
        "second is "
        "ReLU(y − x) = 0: off by y as well.",
        "Both outputs are off by min(x, y), with probability p². E min(x, y)² over the unit square is 1/6.",
    ),
)

PAIR = "(first + second) * p**2 / 6"

pair.edits(
    {
        "you forgot that both must be on: the probability is p²": ("p**2", "1"),
        "both are on with probability p², not p": ("p**2 / 6", "p / 6"),
        "exactly one on costs nothing: the pattern that costs is both on": (
            "p**2 / 6",
            "2 * p * (1 - p) / 6",
        ),
        "you counted the error of the first feature only; both outputs are wrong": (
            "(first + second)",
            "first",
        ),
        "you counted the error of the second feature only; both outputs are wrong": (
            "(first + second)",
            "second",
        ),
        "you took the error to be the larger of the two; the ReLU returns the difference, so the error is "
        "the smaller": ("p**2 / 6", "p**2 / 2"),
        "you squared the average of min(x, y); average the square": ("p**2 / 6", "p**2 / 9"),
        "each output is off by min(x, y), squared: 1/3 is the average of min(x, y) without the square, "
        "and of x², as if nothing came through": ("p**2 / 6", "p**2 / 3"),
        "you forgot the ReLU: it cuts off the negative copy of a feature that is on alone": (
            "p**2 / 6",
            "p / 3",
        ),
        "that is half of it: both outputs are off, and the loss is their sum, not their average": (
            "p**2 / 6",
            "p**2 / 12",
        ),
        "importance weighs the square of the error; you weighed the error": (
            "(first + second)",
            "(first**2 + second**2)",
        ),
        "you averaged x·y; each output is off by the smaller of the two, squared": ("p**2 / 6", "p**2 / 4"),
        "you multiplied the importances; each output has its own error and they add up": (
            "(first + second)",
            "first * second",
        ),
        "you forgot the importances": (PAIR, "p**2 / 3"),
        "you averaged x·y, and forgot the importances": (PAIR, "p**2 / 4"),
    }
)


@pair.part("on 3 times in 10")
def often_on(attempt):  # every mistake gives another number here
    attempt.gives(0.105, 4.0, 3.0, 0.3, **EXACT)


@pair.part("both features always on (p = 1)")
def both_always_on(attempt):
    attempt.gives(1 / 3, 1.0, 1.0, 1.0, **EXACT)
    attempt.gives(1.0, 5.0, 1.0, 1.0, **EXACT)


@pair.part("rarely on")
def rarely_on(attempt):
    attempt.gives(0.00002, 1.0, 0.2, 0.01, **EXACT)


def pair_inputs(attempt):
    return *(attempt.rand(7, low=0.1, high=10) for _ in range(2)), attempt.rand(7, low=0.01)


@pair.part("tensors")
def many_pairs(attempt):
    first, second, p = pair_inputs(attempt)
    want = torch.stack([(first[i] + second[i]) * p[i] * p[i] / 6 for i in range(7)])
    attempt.gives(want, first, second, p, **EXACT)


pair.contract(pair_inputs)


# --- 2.3 ---

border = exercise(
    "2.3",
    toy.theory.boundary,
    title="The phase boundary",
    hints=(
        "The pair's rival is the cheaper of the two drops: the varied feature where r ≤ 1, the other "
        "where r ≥ 1.",
        "Set min(r, 1)(p/3 − p²/4) equal to (1 + r)p²/6, divide by p, and solve for p.",
        "With s = min(r, 1): s/3 = p(s/4 + (1 + r)/6), so p* = 4s / (3s + 2(1 + r)). `r.clamp(max=1)` is "
        "min(r, 1).",
    ),
)


def plain_boundary(r):
    s = r.clamp(max=1)
    return 4 * s / (3 * s + 2 * (1 + r))


border.edits(
    {
        "you dropped the varied feature for every r; above r = 1 the model drops the other one": (
            "r.clamp(max=1)",
            "r",
        ),
        "you dropped the unit feature for every r; below r = 1 the model drops the varied one": (
            "r.clamp(max=1)",
            "1",
        ),
        "you took the dearer of the two drops; the rival is the cheaper one": ("max=1", "min=1"),
        "you left out the − p²/4 of the drop": ("3 * s + ", ""),
        "you left out the factor 1 + r of the pair": ("2 * (1 + r)", "2"),
        "that is the other way up: p* = numerator / denominator": (
            "4 * s / (3 * s + 2 * (1 + r))",
            "(3 * s + 2 * (1 + r)) / (4 * s)",
        ),
        "a sign is wrong: the drop's − p²/4 changes sign when it goes to the pair's side": (
            "3 * s + 2",
            "-3 * s + 2",
        ),
        "that is the sparsity, 1 − p*: the density p* is asked for": ("return 4", "return 1 - 4"),
        "you left the importances out of the pair, 1 for one feature and r for the other": (
            "2 * (1 + r)",
            "4",
        ),
    },
    of=plain_boundary,
)


def borders(attempt, r, want):
    got, want = attempt.call(torch.tensor(r)), torch.tensor(want)
    too_large = torch.is_tensor(got) and got.shape == want.shape and got.max() > 1
    attempt.expect_close(
        got, want, mistake="a density is a probability, so at most 1" if too_large else "", **EXACT
    )


@border.part("below, at and above r = 1")
def all_sides(attempt):
    borders(attempt, [0.5, 1.0, 2.0, 10.0], [4 / 9, 4 / 7, 4 / 9, 0.16])


@border.part("a less important feature (r < 1)")
def below_one(attempt):
    borders(attempt, [0.1, 0.8], [0.16, 8 / 15])


@border.part("equal importance (r = 1)")
def at_one(attempt):
    borders(attempt, [1.0], [4 / 7])


@border.part("a more important feature (r > 1)")
def above_one(attempt):
    borders(attempt, [1.25, 10.0], [8 / 15, 0.16])


@border.part("the two losses are equal on it")
def equal_losses(attempt):
    r = 10 ** attempt.rand(9, low=-1, high=1)
    p = attempt.call(r)
    attempt.expect_shape(p, (9,))
    cheaper_drop, both = r.clamp(max=1) * (p / 3 - p**2 / 4), (1 + r) * p**2 / 6
    gap = ((cheaper_drop - both).abs() / both.abs().clamp_min(1e-12)).max().item()
    attempt.expect(
        gap < 1e-4,
        expected="at p = boundary(r), dropping the less important feature costs what the pair costs",
        got=f"the two losses differ by up to {gap:.2%}",
    )


# --- 2.4 ---

quadrature = exercise(
    "2.4",
    toy.losses.quadrature,
    title="A rule that averages over all inputs",
    points=2,
    returns="points, weights",
    hints=(
        "First one feature: the points are 0 and the nodes, the weights 1 − p and p times the nodes' "
        "weights. "
        "`leggauss` works on [−1, 1]: shift its nodes to [0, 1] and halve its weights.",
        "Two features are independent: a point is any value of the first with any value of the second, and "
        "its "
        "weight is the product. `itertools.product(range(nodes + 1), repeat=n)` lists all the combinations.",
        "`index = torch.tensor(list(product(range(nodes + 1), repeat=n)))` has shape (pts, n). "
        "`values[index]` are "
        "the points. With `single` of shape (inst, nodes + 1), the weights are `single[:, index].prod(-1)`.",
    ),
)


def plain_rule(n, p, nodes):
    t, v = np.polynomial.legendre.leggauss(nodes)
    values = torch.tensor([0.0, *((t + 1) / 2)], dtype=p.dtype)
    on = torch.tensor(v / 2, dtype=p.dtype)
    single = torch.cat([1 - p[:, None], p[:, None] * on], dim=1)
    index = torch.tensor(list(product(range(nodes + 1), repeat=n)))
    return values[index], single[:, index].prod(-1)


ORDERS = {  # the order of the points is free: each mistake comes in the likely ones
    "as above": [],
    "0 last": [
        ("[0.0, *((t + 1) / 2)]", "[*((t + 1) / 2), 0.0]"),
        ("[1 - p[:, None], p[:, None] * on]", "[p[:, None] * on, 1 - p[:, None]]"),
    ],
    "the first feature changes fastest": [("repeat=n)))", "repeat=n))).flip(1)")],
}
NOT_SHIFTED = "`leggauss` gives nodes on [−1, 1]: map t to (t + 1)/2"
NEVER_OFF = "the pattern with a feature off is missing: its value 0 is one more point"

edits = {
    NOT_SHIFTED: [("((t + 1) / 2)", "t")],
    "the weights of `leggauss` add up to 2, the length of [−1, 1]: halve them": [("v / 2", "v")],
    "you forgot that the feature is on with probability p only": [
        ("p[:, None] * on", "on.expand(len(p), nodes)")
    ],
    "you weighted every pattern alike: the pattern with k features on has p^k(1 − p)^(n − k)": [
        ("1 - p[:, None]", "torch.ones_like(p)[:, None]"),
        ("p[:, None] * on", "on.expand(len(p), nodes)"),
    ],
    "you added the features' weights: multiply, don't add": [("prod(-1)", "sum(-1)")],
    "your nodes are equally spaced: use those of `leggauss`": [
        ("(t + 1) / 2", "(np.arange(nodes) + 0.5) / nodes"),
        ("v / 2", "np.full(nodes, 1 / nodes)"),
    ],
    "every feature has the same value in a point: all combinations are needed": [
        ("values[index]", "values[:, None].expand(-1, n)"),
        ("[:, index].prod(-1)", ""),
    ],
}
for order in ORDERS.values():
    quadrature.edits({name: order + edit for name, edit in edits.items()}, of=plain_rule)
    quadrature.variants(
        {
            "you swapped p and 1 − p": lambda p: 1 - p,
            "you used the first density for all models": lambda p: first_of_all(p),
            "this averages over a feature that is always on": lambda p: torch.ones_like(p),
            "you swapped the two: return points, weights": lambda result: result[::-1],
            "for n = 1, too, the points have two dimensions; `torch.cartesian_prod` of one list gives one: "
            "`.reshape(-1, n)`": lambda result: (result[0].squeeze(1), result[1]),
        },
        of=edited(plain_rule, order),
    )


@quadrature.mistake(NEVER_OFF)
def never_off(n, p, nodes):
    points, weights = plain_rule(n, p, nodes)
    on = (points > 0).all(1)
    return points[on], weights[:, on]


@quadrature.mistake("the features share one on/off switch: they are independent")
def one_switch(n, p, nodes):
    points, weights = plain_rule(n, torch.ones_like(p), nodes)
    return points, p[:, None] * weights + (1 - p[:, None]) * (points == 0).all(1)


def points_and_weights(attempt, n, p, nodes):
    """Call the quadrature and hold its shapes. The order of the points is free."""
    got = attempt.call(n, p, nodes)
    points, weights = attempt.expect_members(got, 2, "points, weights")
    count, tried = (nodes + 1) ** n, f"quadrature({n}, p, {nodes})"
    without_zero = torch.is_tensor(points) and tuple(points.shape) == (nodes**n, n)
    attempt.expect_shape(
        points, (count, n), tried=f"the points of {tried}", mistake=NEVER_OFF if without_zero else ""
    )
    one_row = torch.is_tensor(weights) and tuple(weights.shape) in ((count,), (1, count))
    attempt.expect_shape(
        weights,
        (len(p), count),
        tried=f"the weights of {tried} for {len(p)} densities",
        mistake="one row of weights for each density" if one_row else "",
    )
    attempt.expect(
        points.min() >= 0 and points.max() <= 1,
        expected="points from 0 to 1",
        got=f"points from {points.min():.3g} to {points.max():.3g}",
        mistake=NOT_SHIFTED,
    )
    return points, weights


@quadrature.part("one feature")
def one_feature(attempt):
    points, weights = points_and_weights(attempt, 1, torch.tensor([0.25, 1.0]), 1)
    order = points[:, 0].argsort()
    attempt.expect_close(points[order], torch.tensor([[0.0], [0.5]]))
    attempt.expect_close(weights[:, order], torch.tensor([[0.75, 0.25], [0.0, 1.0]]))


@quadrature.part("the weights are those of the on/off patterns")
def patterns(attempt):
    p = attempt.rand(4, low=0.05, high=0.95)
    for n, nodes in [(2, 3), (3, 2)]:
        points, weights = points_and_weights(attempt, n, p, nodes)
        tried = f"quadrature({n}, p, {nodes})"
        attempt.expect_close(weights.sum(1), torch.ones(4), tried=f"weights.sum(1) of {tried}")
        off = (weights * (points == 0).all(1)).sum(1)
        attempt.expect_close(off, (1 - p) ** n, tried=f"the weight of 'all features off' in {tried}")


def averages(attempt, n, p, nodes, cases):
    """Hold the averages of functions of x: (in words, the function, its average)."""
    points, weights = points_and_weights(attempt, n, p, nodes)
    for words, function, want in cases:
        attempt.expect_close(
            (weights.double() * function(points.double())).sum(1),
            want.double(),
            tried=f"average of {words} by quadrature({n}, p, {nodes})",
            atol=1e-7,
        )


@quadrature.part("averages of one feature, exact to degree 2·nodes − 1")
def one_average(attempt):
    p = attempt.rand(3, low=0.05, high=0.95)
    for n, nodes in [(2, 4), (3, 2)]:
        degrees = (1, 2, 2 * nodes - 1)
        cases = [(f"x{n}^{d}", lambda x, d=d: x[:, -1] ** d, p / (d + 1)) for d in degrees]
        averages(attempt, n, p, nodes, cases)


@quadrature.part("averages of several features at once")
def joint_averages(attempt):
    p = attempt.rand(3, low=0.05, high=0.95)
    cases = [
        ("x1·x2", lambda x: x[:, 0] * x[:, 1], p**2 / 4),
        ("x1²·x3", lambda x: x[:, 0] ** 2 * x[:, 2], p**2 / 6),
        ("x1·x2·x3", lambda x: x.prod(1), p**3 / 8),
    ]
    averages(attempt, 3, p, 3, cases)


@quadrature.part("the caller's dtype")
def caller_dtype(attempt):
    for dtype in (torch.float64, torch.float32):
        members = points_and_weights(attempt, 2, torch.tensor([0.3], dtype=dtype), 2)
        for name, member in zip(("points", "weights"), members, strict=True):
            attempt.expect_dtype(member, dtype, tried=f"the {name}, p being {dtype}")
        if dtype == torch.float64:
            points, weights = members
            moments = torch.stack([weights @ points, weights @ points**2])[:, 0, 0]
            attempt.expect_close(
                moments,
                torch.tensor([0.15, 0.1], dtype=dtype),
                tried="the averages of x1 and x1², p being 0.3 in float64",
                mistake="the result is float64, its digits are float32's: take the dtype from p",
                rtol=1e-9,
                atol=1e-10,
            )


# --- 2.5 ---

expected = exercise(
    "2.5",
    toy.losses.grid_loss,
    title="The expected loss of many models at once",
    points=2,
    hints=(
        "`points @ A` with A of shape (inst, n, n) gives (inst, pts, n): each model sees the same points.",
        "The Gram matrices of all models: `W.transpose(1, 2) @ W`. A bias of shape (inst, n) needs a "
        "dimension for "
        "the points before you add it: `b[:, None, :]`.",
        "Error squared, times `importance[:, None, :]`, summed over the features; times `weights`, summed "
        "over the "
        "points. Divide by nothing: the weights already add up to 1.",
    ),
)


def plain_grid_loss(W, b, importance, points, weights):
    out = (points @ (W.transpose(1, 2) @ W) + b[:, None, :]).relu()
    error = ((points - out) ** 2 * importance[:, None, :]).sum(2)
    return (error * weights).sum(1)


EACH = "each model has its own {}, the same for all points: `{}[:, None, :]`"
HALF = "you detached W on one of its two sides: half of its gradient is missing"

expected.edits(
    {
        "you forgot the bias": (" + b[:, None, :]", ""),
        "you forgot the ReLU": (".relu()", ""),
        "the outputs pass through a ReLU: you took their size": (".relu()", ".abs()"),
        "the outputs pass through a ReLU, which has a kink; yours is smooth (GELU, SiLU, softplus)": (
            "(points @ (W.transpose(1, 2) @ W) + b[:, None, :]).relu()",
            "torch.nn.functional.gelu(points @ (W.transpose(1, 2) @ W) + b[:, None, :])",
        ),
        "you cut the output off at 1; a ReLU lets any positive number through": (
            ".relu()",
            ".clamp(0, 1)",
        ),
        "the hidden numbers have no ReLU, only the outputs do": (
            "points @ (W.transpose(1, 2) @ W)",
            "(points @ W.transpose(1, 2)).relu() @ W",
        ),
        "an error counts by its square: you took its size": (") ** 2 *", ").abs() *"),
        "you weighed the points by the square of their weights": ("* weights)", "* weights**2)"),
        "you averaged over the features; the loss is the sum over them": (".sum(2)", ".mean(2)"),
        "you averaged over the points, besides weighting them: the weights already add up to 1": (
            ".sum(1)",
            ".mean(1)",
        ),
        "you gave every point the same weight: use `weights`": ("(error * weights).sum(1)", "error.mean(1)"),
        "you added the bias after the ReLU; it goes inside": (
            " + b[:, None, :]).relu()",
            ").relu() + b[:, None, :]",
        ),
        EACH.format("bias", "b"): ("b[:, None, :]", "b"),
        EACH.format("importance", "importance"): ("importance[:, None, :]", "importance"),
        EACH.format("bias and importance", "b") + " and `importance[:, None, :]`": [
            ("b[:, None, :]", "b"),
            ("importance[:, None, :]", "importance"),
        ],
        HALF: ("(W.transpose(1, 2) @ W)", "(W.transpose(1, 2) @ W.detach())"),
        "the gradient of your loss with respect to b is missing: you cut b off with `detach` or `.data`": (
            "b[:, None, :]",
            "b[:, None, :].detach()",
        ),
    },
    of=plain_grid_loss,
)
expected.edits({HALF: ("W.transpose(1, 2)", "W.detach().transpose(1, 2)")}, of=plain_grid_loss)
expected.variants(
    {
        "you forgot the importance": lambda importance: torch.ones_like(importance),
        "you squared the importance: it weighs the squared error": lambda importance: importance**2,
        "you used the first model's weights for all of them": lambda weights: first_of_all(weights),
        "you used the first model's importance for all of them": lambda importance: first_of_all(importance),
        "you summed over the features after averaging the importance: weigh each feature by its own": (
            lambda importance: importance.mean(1, keepdim=True).expand_as(importance)
        ),
        "you summed over the models too: one loss a model": lambda result: result.sum(),
        "`.detach()`, `.item()`, `.data` or `torch.no_grad()` cuts the gradient off, or "
        "`torch.tensor([...])` of losses: use `torch.stack`": lambda result: result.detach(),
    }
)


def model_loss(W, b, importance, points, weights):
    """One model after the other, one point after the other."""
    losses = []
    for w, c, I, row in zip(W, b, importance, weights, strict=True):
        outs = [(w.T @ (w @ x) + c).clamp(min=0) for x in points]
        each = [omega * (I * (x - out) ** 2).sum() for omega, x, out in zip(row, points, outs, strict=True)]
        losses.append(sum(each))
    return torch.stack(losses)


def grids(attempt, inst, m, n, pts):
    weights = attempt.rand(inst, pts, low=0.1)
    return (
        attempt.randn(inst, m, n),
        0.5 * attempt.randn(inst, n),
        attempt.rand(inst, n, low=0.1, high=3),
        attempt.rand(pts, n),
        weights / weights.sum(1, keepdim=True),
    )


def grid_sizes(attempt, sizes):
    for size in sizes:
        args = grids(attempt, *size)
        attempt.gives(model_loss(*args), *args, atol=1e-7)


@expected.part("an antipodal pair by hand")
def antipodal_pair(attempt):
    points = torch.tensor([[0.8, 0.0], [0.8, 0.3], [0.0, 0.5]])
    weights, importance = torch.tensor([[0.5, 0.2, 0.3]]), torch.tensor([[1.0, 4.0]])
    W = torch.tensor([[[1.0, -1.0]]])  # the second point alone is wrong: 0.2 · (1 + 4) · 0.3²
    attempt.gives(torch.tensor([0.09]), W, torch.zeros(1, 2), importance, points, weights)


@expected.part("one model, a bias, an importance for each feature")
def one_model(attempt):
    grid_sizes(attempt, [(1, 1, 2, 5)])


@expected.part("several models of other sizes")
def several_models(attempt):
    grid_sizes(attempt, [(3, 3, 3, 3), (4, 2, 3, 6), (2, 2, 5, 7)])  # first: shapes never clash


expected.contract(lambda attempt: grids(attempt, 3, 1, 2, 4), wrt=("W", "b"))


# --- 2.6 ---

winner = exercise(
    "2.6",
    toy.best_of,
    title="The lowest loss of k starts",
    hints=(
        "`loss.argmin(1)` says for each cell which start won.",
        "Pick entry [0, winner of cell 0], [1, winner of cell 1], ... of x: index with two tensors at once.",
        "`x[torch.arange(len(x)), loss.argmin(1)]`",
    ),
)


def plain_best_of(loss, x):
    return x[torch.arange(len(x)), loss.argmin(1)]


PICKED = "x[torch.arange(len(x)), loss.argmin(1)]"

winner.edits(
    {
        "you took the start with the highest loss": ("argmin", "argmax"),
        "you took one start for all cells; each cell has its own winner": (
            "loss.argmin(1)",
            "loss.sum(0).argmin()",
        ),
        "you averaged over the starts": (PICKED, "x.double().mean(1).to(x.dtype)"),
        "you took the least entry of x, not the entry with the least loss": (PICKED, "x.amin(1)"),
        "you took the first start, whatever its loss": (PICKED, "x[:, 0]"),
        "you took the last start, whatever its loss": (PICKED, "x[:, -1]"),
        "you returned the lowest loss: return x's entry at that start": (PICKED, "loss.amin(1)"),
        "that is the number of the winning start: pick x there": (PICKED, "loss.argmin(1)"),
        "`x[:, winner]` takes every winner in every cell; index the cells too": ("torch.arange(len(x))", ":"),
        "`x[winner]` picks cells, the first dimension of x, by the number of a start": (
            "torch.arange(len(x)), ",
            "",
        ),
        "`argmin(0)` compares cells with each other; you want to compare the starts of a cell": (
            PICKED,
            "x[loss.argmin(0), torch.arange(loss.shape[1])]",
        ),
        "keep the cells' dimension": (PICKED, f"{PICKED}.squeeze(0)"),
    },
    of=plain_best_of,
)


@winner.part("four cells of three starts")
def four_cells(attempt):  # start 1 has the lowest sum, so it is neither the first nor the last
    loss = torch.tensor([[0.3, 0.1, 0.5], [0.2, 0.5, 0.4], [0.9, 0.4, 0.6], [0.7, 0.3, 0.1]])
    x = torch.tensor([[7.0, 2, 4], [5, 1, 6], [3, 8, 9], [0, 12, 11]])
    attempt.gives(torch.tensor([2.0, 5, 8, 11]), loss, x)


@winner.part("matrices W, one for each start")
def matrices(attempt):
    for cells, starts, m, n in [(6, 4, 1, 2), (5, 5, 2, 3)]:
        loss, x = attempt.rand(cells, starts), attempt.randn(cells, starts, m, n)
        best = [min(range(starts), key=losses.__getitem__) for losses in loss.tolist()]
        attempt.gives(torch.stack([x[c, start] for c, start in enumerate(best)]), loss, x)


@winner.part("a single cell, and a single start")
def single(attempt):
    loss, x = attempt.rand(1, 5), attempt.randn(1, 5, 3)
    attempt.gives(x[:, int(loss[0].argmin())], loss, x)
    x = attempt.randn(5, 1, 2)
    attempt.gives(x[:, 0], attempt.rand(5, 1), x)


@winner.mistake("where starts tie for the lowest loss you added them all up: keep one of them")
def all_that_tie(loss, x):
    lowest = (loss == loss.amin(1, keepdim=True)).view(*loss.shape, *[1] * (x.dim() - 2))
    return (lowest * x).sum(1)


@winner.part("starts that tie")
def ties(attempt):  # they have one x, as starts that ended in the same place do
    loss = torch.tensor([[0.2, 0.5, 0.2], [0.4, 0.3, 0.3]])
    attempt.gives(torch.tensor([7.0, 3.0]), loss, torch.tensor([[7.0, 1.0, 7.0], [5.0, 3.0, 3.0]]))


# --- 2.7 ---

phase = exercise(
    "2.7",
    toy.phases.classify,
    title="Name the phase",
    points=2,
    hints=(
        "Compare what the output depends on: the matrix WᵀW. Two W that differ by a turn or a flip of the "
        "hidden "
        "space have the same one.",
        "`(WᵀW)[:, None] - grams` has shape (inst, variant, n, n). Square it and sum over the last two "
        "dimensions.",
        "`argmin(1)` of that gives the nearest variant. A structure may have several: return "
        "`names[nearest]`.",
    ),
)


def plain_classify(W, grams, names):
    gram = W.transpose(1, 2) @ W
    d = gram[:, None] - grams
    return names[(d**2).sum((2, 3)).argmin(1)]


LENGTHS = "you compared the lengths only: the inner products between features count, too"
SUM = "(d**2).sum((2, 3))"

phase.edits(
    {
        "you returned the place of the variant, not `names` at that place": (
            f"names[{SUM}.argmin(1)]",
            f"{SUM}.argmin(1)",
        ),
        "you took the farthest one": ("argmin", "argmax"),
        "you summed absolute differences; the text asks for squares": ("(d**2)", "d.abs()"),
        "you summed the differences without squaring them": ("(d**2)", "d"),
        "you took the absolute value of the summed differences": (SUM, "d.sum((2, 3)).abs()"),
        "you compared by inner product: that favours long candidates": [
            ("[:, None] - grams", "[:, None] * grams"),
            (f"{SUM}.argmin", "d.sum((2, 3)).argmax"),
        ],
        "you counted each inner product once; the sum has G_ij and G_ji": ("(d**2)", "(d**2).triu()"),
        "you took the largest single difference, not their sum of squares": (SUM, "d.abs().amax((2, 3))"),
        LENGTHS: (SUM, "(d**2).diagonal(dim1=2, dim2=3).sum(2)"),
        "you compared the inner products between features only: their lengths count, too": (
            "(d**2)",
            "(d**2 * (1 - torch.eye(W.shape[2])))",
        ),
        "WWᵀ compares hidden dimensions (m × m); the features' inner products are WᵀW": (
            "W.transpose(1, 2) @ W",
            "W @ W.transpose(1, 2)",
        ),
        "you compared W itself: compare its Gram matrix, WᵀW, with `grams`": (
            "W.transpose(1, 2) @ W",
            "W",
        ),
    },
    of=plain_classify,
)
phase.variants(
    {
        "you scaled the columns of W to length 1: how long a feature is says whether it is stored": (
            lambda W: torch.nn.functional.normalize(W, dim=1)
        )
    }
)


@phase.mistake(LENGTHS)
def stored_or_not(W, grams, names):
    of_variants = grams.diagonal(dim1=1, dim2=2) > 0.25
    return names[((W.norm(dim=1) > 0.5)[:, None] != of_variants).sum(2).argmin(1)]


def grams_of(*Ws):
    return torch.stack([W.T @ W for W in map(torch.tensor, Ws)])


TWO = grams_of([[1.0, 0.0]], [[0.0, 1.0]], [[1.0, -1.0]])


@phase.part("six clear cases")
def clear_cases(attempt):
    W = torch.tensor([[0.9, 0.1], [0.1, 1.1], [0.9, -1.0], [1.0, -0.05], [0.6, 0.05], [1.0, 0.75]])
    attempt.gives(torch.tensor([0, 1, 2, 0, 0, 0]), W[:, None], TWO, torch.tensor([0, 1, 2]))


@phase.part("a mirrored or turned hidden space changes nothing")
def turned(attempt):
    angle = attempt.rand(1, low=0.5, high=2.5).item()
    turn = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    pairs = torch.tensor([[[0.9, -0.1]], [[0.95, -0.9]], [[0.0, 1.0]]])
    three = torch.tensor([[[1.0, 0, 0], [0, 1, 0]], [[1.0, 0, -1], [0, 1, 0]], [[1.1, -1.1, 0], [0, 0, 1.1]]])
    names = torch.tensor([0, 1, 2])
    cases = [
        (pairs, -torch.eye(1), TWO, [0, 2, 1], "three W, mirrored"),
        (three, turn, three.transpose(1, 2) @ three, [0, 1, 2], f"three structures, turned by {angle:.2f}"),
    ]
    for W, move, grams, want, tried in cases:
        before, got = attempt.call(W, grams, names), attempt.call(move @ W, grams, names)
        attempt.expect_shape(got, (3,), tried=tried)
        same = torch.is_tensor(before) and torch.equal(before, got)
        other = "" if same else "compare WᵀW, not W: a mirrored or turned hidden space gives the same model"
        attempt.expect_close(got, torch.tensor(want), tried=tried, mistake=other)


@phase.part("several variants of one name")
def variants(attempt):
    Ws = [
        [[0.0, 1, 0], [0, 0, 1]],
        [[1.0, 0, 0], [0, 0, 1]],
        [[1.0, 0, -1], [0, 1, 0]],
        [[0.0, 1, -1], [1, 0, 0]],
        [[1.0, -1, 0], [0, 0, 1]],
    ]
    names = torch.tensor([1, 1, 4, 4, 2])
    attempt.gives(names, torch.tensor(Ws) + 0.1 * attempt.randn(5, 2, 3), grams_of(*Ws), names)


@phase.part("models between structures, and a single model")
def between(attempt):
    six = attempt.randn(6, 2, 3)
    cases = [  # first the one in which no two mistakes look alike
        (six.transpose(1, 2) @ six, torch.tensor([5, 3, 8, 0, 3, 1]), attempt.randn(200, 2, 3)),
        (TWO, torch.tensor([5, 3, 8]), 0.8 * attempt.randn(60, 1, 2)),
    ]
    for grams, names, W in cases:
        apart = torch.stack([torch.stack([((w.T @ w - g) ** 2).sum() for g in grams]) for w in W])
        nearest = apart.topk(2, largest=False)
        clear = nearest.values[:, 1] - nearest.values[:, 0] > 0.02  # leave out what rounding may decide
        W, want = W[clear], names[nearest.indices[clear, 0]]
        attempt.gives(want, W, grams, names)
        attempt.gives(want[:1], W[:1], grams, names)


# --- 2.8 ---

averaged = exercise(
    "2.8",
    toy.phases.mean_without_worst,
    title="Drop the worst, average the rest",
    hints=(
        "`loss.argmax(dim=1)` says for each cell which start is the worst. Exercise 2.6 shows how to pick "
        "its entry of x.",
        "The sum over all starts, minus the worst one's entry, is the sum over the rest. How many are left?",
        "`worst = x[torch.arange(len(x)), loss.argmax(dim=1)]`, then "
        "`(x.sum(dim=1) - worst) / (loss.shape[1] - 1)`.",
    ),
)


def plain_average(loss, x):
    worst = x[torch.arange(len(x)), loss.argmax(1)]
    return (x.sum(1) - worst) / (loss.shape[1] - 1)


averaged.edits(
    {
        "you left out the best start, not the worst": ("argmax", "argmin"),
        "you averaged over all starts: leave out the worst": (
            "(x.sum(1) - worst) / (loss.shape[1] - 1)",
            "x.mean(1)",
        ),
        "one start is left out, so divide by one less": ("(loss.shape[1] - 1)", "loss.shape[1]"),
        "that is the sum over the rest: divide by how many there are": (" / (loss.shape[1] - 1)", ""),
        "you divided by the number of cells, not of starts": ("loss.shape[1] - 1", "len(loss) - 1"),
        "you subtracted the worst from the mean: subtract it from the sum": (
            "(x.sum(1) - worst) / (loss.shape[1] - 1)",
            "x.mean(1) - worst",
        ),
        "you left the same start out in every cell; each has its own worst": (
            "loss.argmax(1)",
            "loss.sum(0).argmax()",
        ),
        "you left out the largest entry of x, not the entry of the start with the highest loss": (
            "worst = x[torch.arange(len(x)), loss.argmax(1)]",
            "worst = x.amax(1)",
        ),
        "that is the worst start's entry: it is the one to leave out": (
            "(x.sum(1) - worst) / (loss.shape[1] - 1)",
            "worst",
        ),
        "you kept the best only: that is 2.6": (
            "(x.sum(1) - worst) / (loss.shape[1] - 1)",
            "x[torch.arange(len(x)), loss.argmin(1)]",
        ),
        "you took the median of the starts": (
            "(x.sum(1) - worst) / (loss.shape[1] - 1)",
            "x.median(1).values",
        ),
        "you weighed the starts by their losses": (
            "(x.sum(1) - worst) / (loss.shape[1] - 1)",
            "torch.einsum('cs,cs...->c...', loss, x) / loss.sum(1).view(-1, *[1] * (x.ndim - 2))",
        ),
        "keep the cells: you averaged over them": (
            "(x.sum(1) - worst) / (loss.shape[1] - 1)",
            "((x.sum(1) - worst) / (loss.shape[1] - 1)).mean(0)",
        ),
    },
    of=plain_average,
)


@averaged.part("three cells of four starts")
def three_cells(attempt):  # every mistake gives another list here
    loss = torch.tensor([[0.3, 0.1, 0.9, 0.2], [0.2, 0.8, 0.4, 0.35], [0.5, 0.55, 0.15, 0.45]])
    x = torch.tensor([[7.0, -2, 4, 1], [5, 1, 6, -14], [3, 8, 1, 11]])
    attempt.gives(torch.tensor([2.0, -1, 5]), loss, x)


@averaged.part("Gram matrices, one for each start")
def of_matrices(attempt):
    for cells, starts, n in [(5, 4, 2), (3, 3, 3), (2, 10, 2)]:
        loss, x = attempt.rand(cells, starts), attempt.randn(cells, starts, n, n)
        want = []
        for losses, of_starts in zip(loss.tolist(), x, strict=True):
            worst = max(range(starts), key=losses.__getitem__)
            want.append(sum(entry for k, entry in enumerate(of_starts) if k != worst) / (starts - 1))
        attempt.gives(torch.stack(want), loss, x)


@averaged.part("two starts: the better one is left; two that are equally bad")
def two_starts(attempt):
    loss, x = attempt.rand(4, 2), attempt.randn(4, 2, 3)
    attempt.gives(torch.stack([x[c, int(loss[c].argmin())] for c in range(4)]), loss, x)
    tied = torch.tensor([[0.7, 0.2, 0.7]])
    attempt.gives(torch.tensor([3.5]), tied, torch.tensor([[4.0, 3.0, 4.0]]))


averaged.contract(lambda attempt: (attempt.rand(3, 4), attempt.randn(3, 4, 2)), wrt=("x",))


# --- 2.9 ---

summed = exercise(
    "2.9",
    toy.theory.same_side_loss,
    title="The price of storing a sum",
    hints=(
        "The first output is (x₁ + x₂)/2. What is x₁ minus that? And for the second?",
        "Both are off by half the difference, (x₁ − x₂)/2. The difference has mean 0, so its mean square is "
        "its variance.",
        "Variances of independent features add up: the difference has 2(p/3 − p²/4). Divide by 4, and weigh "
        "it by both importances.",
    ),
)

SUMMED = "(first + second) * drop_loss(1.0, p) / 2"
VARIANCE = "(p / 3 - p**2 / 4)"

summed.edits(
    {
        "you forgot the half: each output is off by half the difference": (
            SUMMED,
            f"(first + second) * 2 * {VARIANCE}",
        ),
        "a half, squared, is a quarter: you divided the difference's variance by 2": (
            SUMMED,
            f"(first + second) * {VARIANCE}",
        ),
        "the difference of two features has twice the variance of one": (
            SUMMED,
            f"(first + second) * {VARIANCE} / 4",
        ),
        "the two can be on at once: E x₁x₂ is p²/4, not 0": (SUMMED, "(first + second) * p / 6"),
        "one feature on alone costs as well: you counted only both on": (
            SUMMED,
            "(first + second) * p**2 / 24",
        ),
        "that is the antipodal pair's price": (SUMMED, "(first + second) * p**2 / 6"),
        "both on costs as well, as they differ then: you counted only one on alone": (
            SUMMED,
            "(first + second) * p * (1 - p) / 6",
        ),
        "you counted the first output only; both are off": (SUMMED, f"first * {VARIANCE} / 2"),
        "you counted the second output only; both are off": (SUMMED, f"second * {VARIANCE} / 2"),
        "you forgot the importances": (SUMMED, VARIANCE),
        "each output has its own importance and they add up; you multiplied them": (
            SUMMED,
            f"first * second * {VARIANCE} / 2",
        ),
        "importance weighs the square of the error; you squared it as well": (
            SUMMED,
            f"(first**2 + second**2) * {VARIANCE} / 2",
        ),
        "that is the variance while both are always on; being off or on varies too": (
            SUMMED,
            "(first + second) / 24",
        ),
        "you took the size of the error, not its square": (
            SUMMED,
            "(first + second) * (p * (1 - p) / 2 + p**2 / 6)",
        ),
    }
)
summed.variants({"you swapped p and 1 − p: the density p is how often a feature is on": lambda p: 1 - p})


@summed.part("on 4 times in 10")
def often_on_together(attempt):  # every mistake gives another number here
    attempt.gives(0.28, 2.0, 4.0, 0.4, **EXACT)


@summed.part("always on, and rarely on")
def always_and_rarely(attempt):
    attempt.gives(1 / 12, 1.0, 1.0, 1.0, **EXACT)
    attempt.gives(0.00198500, 1.0, 0.2, 0.01, **EXACT)


@summed.part("the mean of the two drops, for tensors")
def mean_of_drops(attempt):
    first, second, p = pair_inputs(attempt)
    want = torch.stack([(first[i] + second[i]) * p[i] * (4 - 3 * p[i]) / 24 for i in range(7)])
    attempt.gives(want, first, second, p, **EXACT)


summed.contract(pair_inputs)
