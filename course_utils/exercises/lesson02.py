"""Checks of lesson 02, The phase diagram."""

from __future__ import annotations

import math

import torch

from course_utils import toy
from course_utils.checks import values
from course_utils.checks.engine import Attempt, exercise

EXACT = {"rtol": 1e-4, "atol": 1e-9}  # losses fall to 1e-5 at low density: no absolute slack


@exercise(
    "2.1",
    "drop_loss",
    title="The price of dropping a feature",
    kit=toy.theory.drop_loss,
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
def _(attempt: Attempt):
    def mistakes(importance, p):
        return {
            "you left the output at 0; the bias is free, so the model guesses the mean p/2": importance
            * p
            / 3,
            "you forgot the importance": p / 3 - p**2 / 4,
            "importance weighs the squared error once; you used its square": importance**2
            * (p / 3 - p**2 / 4),
            "that is the variance while the feature is on, times p: the jump between off and "
            "on counts too": importance * p / 12,
            "you subtracted E x, not its square": importance * (p / 3 - p / 2),
            "you subtracted the square of 1/2, not of p/2": importance * (p / 3 - 1 / 4),
            "you guessed 1/2, the mean while the feature is on: the mean over all inputs is p/2": importance
            * ((1 - p) / 4 + p / 12),
            "that is the variance of on/off: while on, x is uniform on [0, 1], not 1": importance
            * p
            * (1 - p),
            "you swapped p and 1 − p: the density p is how often the feature is on": importance
            * ((1 - p) / 3 - (1 - p) ** 2 / 4),
            "the average of x² is p/3, not p/2": importance * (p / 2 - p**2 / 4),
            "importance weighs the whole error; you weighed one term only": importance * p / 3 - p**2 / 4,
        }

    with attempt.part("now and then, and rarely"):  # first: every mistake gives another number here
        for importance, p, want in [(2.0, 0.4, 14 / 75), (0.5, 0.01, 0.0016541667)]:
            got = attempt.call(importance, p)
            attempt.expect_close(got, want, mistakes=mistakes(importance, p), **EXACT)
    with attempt.part("always on (p = 1)"):
        for importance in (5.0, 1.0):
            got = attempt.call(importance, 1.0)
            attempt.expect_close(got, importance / 12, mistakes=mistakes(importance, 1.0), **EXACT)
    with attempt.part("tensors of many importances and densities"):
        importance, p = attempt.rand(7, low=0.1, high=10), attempt.rand(7, low=0.01)
        got = attempt.call(importance, p)
        want = torch.tensor([i * (q / 3 - q * q / 4) for i, q in zip(importance.tolist(), p.tolist())])  # noqa: B905
        attempt.expect_close(got, want, mistakes=mistakes(importance, p), **EXACT)


@exercise(
    "2.2",
    "antipodal_loss",
    title="The price of sharing a direction",
    kit=toy.theory.antipodal_loss,
    hints=(
        "Go through the four on/off patterns. In three of them the model makes no error at all. Which one "
        "is left?",
        "With both on and x > y, the hidden number is x − y. The first output is x − y: off by y. The "
        "second is "
        "ReLU(y − x) = 0: off by y as well.",
        "Both outputs are off by min(x, y), with probability p². E min(x, y)² over the unit square is 1/6.",
    ),
)
def _(attempt: Attempt):
    def mistakes(first, second, p):
        both = first + second
        return {
            "you forgot that both must be on: the probability is p²": both / 6,
            "both are on with probability p², not p": both * p / 6,
            "exactly one on costs nothing: the pattern that costs is both on": both * 2 * p * (1 - p) / 6,
            "you counted the error of the first feature only; both outputs are wrong": first * p**2 / 6,
            "you counted the error of the second feature only; both outputs are wrong": second * p**2 / 6,
            "you took the error to be the larger of the two; the ReLU returns the difference, so the error "
            "is "
            "the smaller": both * p**2 / 2,
            "you squared the average of min(x, y); average the square": both * p**2 / 9,
            "each output is off by min(x, y), squared: 1/3 is the average of min(x, y) without the square, "
            "and of x², as if nothing came through": both * p**2 / 3,
            "you forgot the ReLU: it cuts off the negative copy of a feature that is on alone": both * p / 3,
            "that is half of it: both outputs are off, and the loss is their sum, not their average": both
            * p**2
            / 12,
            "importance weighs the square of the error; you weighed the error": (first**2 + second**2)
            * p**2
            / 6,
            "you averaged x·y; each output is off by the smaller of the two, squared": both * p**2 / 4,
            "you multiplied the importances; each output has its own error and they add up": first
            * second
            * p**2
            / 6,
            "you forgot the importances": p**2 / 3,
            "you averaged x·y, and forgot the importances": p**2 / 4,
        }

    cases = [
        ("on 3 times in 10", [(4.0, 3.0, 0.3, 0.105)]),  # every mistake gives another number here
        ("both features always on (p = 1)", [(1.0, 1.0, 1.0, 1 / 3), (5.0, 1.0, 1.0, 1.0)]),
        ("rarely on", [(1.0, 0.2, 0.01, 0.00002)]),
    ]
    for name, numbers in cases:
        with attempt.part(name):
            for first, second, p, want in numbers:
                got = attempt.call(first, second, p)
                attempt.expect_close(got, want, mistakes=mistakes(first, second, p), **EXACT)
    with attempt.part("tensors"):
        first, second = attempt.rand(7, low=0.1, high=10), attempt.rand(7, low=0.1, high=10)
        p = attempt.rand(7, low=0.01)
        got = attempt.call(first, second, p)
        want = torch.stack([(first[i] + second[i]) * p[i] * p[i] / 6 for i in range(7)])
        attempt.expect_close(got, want, mistakes=mistakes(first, second, p), **EXACT)


@exercise(
    "2.3",
    "boundary",
    title="The phase boundary",
    kit=toy.theory.boundary,
    hints=(
        "The pair's rival is the cheaper of the two drops: the varied feature where r ≤ 1, the other "
        "where r ≥ 1.",
        "Set min(r, 1)(p/3 − p²/4) equal to (1 + r)p²/6, divide by p, and solve for p.",
        "With s = min(r, 1): s/3 = p(s/4 + (1 + r)/6), so p* = 4s / (3s + 2(1 + r)). `r.clamp(max=1)` is "
        "min(r, 1).",
    ),
)
def _(attempt: Attempt):
    def mistakes(r):
        s = r.clamp(max=1)
        return {
            "you dropped the varied feature for every r; above r = 1 the model drops the other one": 4
            * r
            / (2 + 5 * r),
            "you dropped the unit feature for every r; below r = 1 the model drops the varied one": 4
            / (2 * r + 5),
            "you took the dearer of the two drops; the rival is the cheaper one": 4
            * r.clamp(min=1)
            / (2 * (1 + r) + 3 * r.clamp(min=1)),
            "you left out the − p²/4 of the drop": 2 * s / (1 + r),
            "you left out the factor 1 + r of the pair": 4 * s / (3 * s + 2),
            "that is the other way up: p* = numerator / denominator": (3 * s + 2 * (1 + r)) / (4 * s),
            "a sign is wrong: the drop's − p²/4 changes sign when it goes to the pair's side": 4
            * s
            / (2 * (1 + r) - 3 * s),
            "that is the sparsity, 1 − p*: the density p* is asked for": 1 - 4 * s / (3 * s + 2 * (1 + r)),
            "you left the importances out of the pair, 1 for one feature and r for the other": 4
            * s
            / (3 * s + 4),
        }

    cases = [
        ("below, at and above r = 1", [0.5, 1.0, 2.0, 10.0], [4 / 9, 4 / 7, 4 / 9, 0.16]),
        ("a less important feature (r < 1)", [0.1, 0.8], [0.16, 8 / 15]),
        ("equal importance (r = 1)", [1.0], [4 / 7]),
        ("a more important feature (r > 1)", [1.25, 10.0], [8 / 15, 0.16]),
    ]
    for name, r, want in cases:
        with attempt.part(name):
            got, want, named = attempt.call(torch.tensor(r)), torch.tensor(want), mistakes(torch.tensor(r))
            too_large = torch.is_tensor(got) and got.shape == want.shape and got.max() > 1
            if too_large and not values.likely_mistake(got, want, named, **EXACT):
                named = {"a density is a probability, so at most 1": got}
            attempt.expect_close(got, want, mistakes=named, **EXACT)
    with attempt.part("the two losses are equal on it"):
        r = 10 ** attempt.rand(9, low=-1, high=1)
        p = attempt.call(r)
        attempt.expect_shape(p, (9,))
        cheaper_drop, pair = r.clamp(max=1) * (p / 3 - p**2 / 4), (1 + r) * p**2 / 6
        gap = ((cheaper_drop - pair).abs() / pair.abs().clamp_min(1e-12)).max().item()
        attempt.expect(
            gap < 1e-4,
            expected="at p = boundary(r), dropping the less important feature costs what the pair costs",
            got=f"the two losses differ by up to {gap:.2%}",
        )


@exercise(
    "2.4",
    "rule",
    title="A rule that averages over all inputs",
    points=2,
    kit=toy.losses.quadrature,
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
def _(attempt: Attempt):
    def rule(n, p, nodes):
        got = attempt.call(n, p, nodes)
        attempt.expect(
            isinstance(got, (tuple, list)) and len(got) == 2,
            expected="two tensors: return points, weights",
            got=got,
        )
        points, weights = got
        count = (nodes + 1) ** n
        shapes = [tuple(x.shape) if torch.is_tensor(x) else None for x in got]
        mistake = ""
        if shapes == [(len(p), count), (count, n)]:
            mistake = "you swapped the two: return points, weights"
        elif shapes[0] == (nodes**n, n):
            mistake = "the pattern with a feature off is missing: its value 0 is one more point"
        elif n == 1 and shapes[0] == (count,):
            mistake = (
                "for n = 1, too, the points have two dimensions; `torch.cartesian_prod` of one list gives "
                "one: `.reshape(-1, n)`"
            )
        attempt.expect_shape(
            points, (count, n), tried=f"the points of rule({n}, p, {nodes})", mistake=mistake
        )
        attempt.expect_shape(
            weights,
            (len(p), count),
            tried=f"the weights of rule({n}, p, {nodes}) for {len(p)} densities",
            mistake="one row of weights for each density"
            if torch.is_tensor(weights) and weights.numel() == count
            else "",
        )
        attempt.expect(
            points.min() >= 0 and points.max() <= 1,
            expected="points from 0 to 1",
            got=f"points from {points.min():.3g} to {points.max():.3g}",
            mistake="`leggauss` gives nodes on [−1, 1]: map t to (t + 1)/2",
        )
        return points, weights

    def average(points, weights, function):
        return (weights.double() * function(points.double())).sum(1)

    with attempt.part("one feature"):
        p = torch.tensor([0.25, 1.0])
        points, weights = rule(1, p, 1)
        order = points[:, 0].argsort()
        attempt.expect_close(
            points[order],
            torch.tensor([[0.0], [0.5]]),
            mistakes={"`leggauss` gives nodes on [−1, 1]: map t to (t + 1)/2": torch.zeros(2, 1)},
        )
        attempt.expect_close(
            weights[:, order],
            torch.tensor([[0.75, 0.25], [0.0, 1.0]]),
            mistakes={
                "the weights of `leggauss` add up to 2, the length of [−1, 1]: halve them": torch.tensor(
                    [[0.75, 0.5], [0.0, 2.0]]
                ),
                "you forgot that the feature is on with probability p only": torch.tensor(
                    [[0.75, 1.0], [0.0, 1.0]]
                ),
                "you swapped p and 1 − p": torch.tensor([[0.25, 0.75], [1.0, 0.0]]),
                "you used the first density for all models": torch.tensor([[0.75, 0.25], [0.75, 0.25]]),
            },
        )
    with attempt.part("the weights are those of the on/off patterns"):
        p = attempt.rand(4, low=0.05, high=0.95)
        for n, nodes in [(2, 3), (3, 2)]:
            points, weights = rule(n, p, nodes)
            attempt.expect_close(
                weights.sum(1),
                torch.ones(4),
                tried=f"weights.sum(1) of rule({n}, p, {nodes})",
                mistakes={
                    "the weights of `leggauss` add up to 2: halve them": (1 + p) ** n,
                    "you weighted every pattern alike: the pattern with k features on has "
                    "p^k(1 − p)^(n − k)": torch.full((4,), 2.0**n),
                    "you added the features' weights: multiply, don't add": torch.full(
                        (4,), float(n * (nodes + 1) ** (n - 1))
                    ),
                },
            )
            off = (points == 0).all(1)
            attempt.expect_close(
                (weights * off).sum(1),
                (1 - p) ** n,
                tried=f"the weight of 'all features off' in rule({n}, p, {nodes})",
                mistakes={
                    "the features share one on/off switch: they are independent": 1 - p,
                    "you swapped p and 1 − p": p**n,
                },
            )
    with attempt.part("averages of one feature, exact to degree 2·nodes − 1"):
        p = attempt.rand(3, low=0.05, high=0.95)
        for n, nodes in [(2, 4), (3, 2)]:
            points, weights = rule(n, p, nodes)
            for degree in (1, 2, 2 * nodes - 1):
                got = average(points, weights, lambda x, d=degree: x[:, -1] ** d)
                attempt.expect_close(
                    got,
                    p.double() / (degree + 1),
                    tried=f"average of x{n}^{degree} by rule({n}, p, {nodes})",
                    mistakes={
                        "this averages over a feature that is always on": torch.full_like(
                            got, 1 / (degree + 1)
                        )
                    },
                    rtol=1e-4,
                    atol=1e-7,
                )
    with attempt.part("averages of several features at once"):
        p = attempt.rand(3, low=0.05, high=0.95)
        points, weights = rule(3, p, 3)
        cases = [
            ("x1·x2", lambda x: x[:, 0] * x[:, 1], p**2 / 4, p / 3),
            ("x1²·x3", lambda x: x[:, 0] ** 2 * x[:, 2], p**2 / 6, p / 4),
            ("x1·x2·x3", lambda x: x.prod(1), p**3 / 8, p / 4),
        ]
        for name, function, want, together in cases:
            attempt.expect_close(
                average(points, weights, function),
                want.double(),
                tried=f"average of {name} by rule(3, p, 3)",
                mistakes={
                    "every feature has the same value in a point: all combinations are "
                    "needed": together.double()
                },
                rtol=1e-4,
                atol=1e-7,
            )
    with attempt.part("the caller's dtype"):
        for dtype in (torch.float64, torch.float32):
            points, weights = rule(2, torch.tensor([0.3], dtype=dtype), 2)
            attempt.expect_dtype(points, dtype, tried=f"the points, p being {dtype}")
            attempt.expect_dtype(weights, dtype, tried=f"the weights, p being {dtype}")


@exercise(
    "2.5",
    "grid_loss",
    title="The expected loss of many models at once",
    points=2,
    kit=toy.losses.grid_loss,
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
def _(attempt: Attempt):
    def model_loss(W, b, importance, points, weights, relu=True):
        """One model after the other, one point after the other."""
        losses = []
        for i in range(len(W)):
            total = torch.zeros(())
            for x, weight in zip(points, weights[i]):  # noqa: B905
                out = W[i].T @ (W[i] @ x) + b[i]
                total = (
                    total + weight * (importance[i] * (x - (out.clamp(min=0) if relu else out)) ** 2).sum()
                )
            losses.append(total)
        return torch.stack(losses)

    def compare(inputs, said):
        W, b, importance, points, weights = inputs
        got = attempt.call(*inputs)
        ones = torch.ones_like
        n = W.shape[2]
        squares = (points - (points @ (W.transpose(1, 2) @ W) + b[:, None]).clamp(min=0)) ** 2
        mistakes = {
            "you forgot the bias": model_loss(W, 0 * b, importance, points, weights),
            "you forgot the ReLU": model_loss(W, b, importance, points, weights, relu=False),
            "you forgot the importance": model_loss(W, b, ones(importance), points, weights),
            "you squared the importance: it weighs the squared error": model_loss(
                W, b, importance**2, points, weights
            ),
            "you averaged over the features; the loss is the sum over them": model_loss(*inputs) / n,
            "you averaged over the points, besides weighting them: the weights already add up "
            "to 1": model_loss(*inputs) / len(points),
            "you gave every point the same weight: use `weights`": model_loss(
                W, b, importance, points, ones(weights)
            )
            / len(points),
            "you used the first model's weights for all of them": model_loss(
                W, b, importance, points, weights[:1].expand_as(weights)
            ),
            "you used the first model's importance for all of them": model_loss(
                W, b, importance[:1].expand_as(importance), points, weights
            ),
            "you added the bias after the ReLU; it goes inside": torch.einsum(
                "ipn,in,ip->i",
                (points - (points @ (W.transpose(1, 2) @ W)).clamp(min=0) - b[:, None]) ** 2,
                importance,
                weights,
            ),
            "you summed over the features after averaging the importance: weigh each feature by its own": (
                squares.sum(2) * weights
            ).sum(1)
            * importance.mean(1),
        }
        if len(W) == len(points):
            out = (points @ (W.transpose(1, 2) @ W) + b).clamp(min=0)
            each = "each model has its own {}, the same for all points: `{}[:, None, :]`"
            mistakes[each.format("bias", "b")] = (
                ((points - out) ** 2 * importance[:, None]).sum(2) * weights
            ).sum(1)
            mistakes[each.format("importance", "importance")] = ((squares * importance).sum(2) * weights).sum(
                1
            )
            mistakes[each.format("bias and importance", "b") + " and `importance[:, None, :]`"] = (
                ((points - out) ** 2 * importance).sum(2) * weights
            ).sum(1)
        want = model_loss(*inputs)
        one_number = torch.is_tensor(got) and got.ndim == 0
        attempt.expect_shape(
            got,
            (len(W),),
            tried=said,
            mistake="you summed over the models too: one loss a model" if one_number else "",
        )
        attempt.expect_close(got, want, tried=said, mistakes=mistakes, rtol=1e-4, atol=1e-7)

    def draw(inst, m, n, pts):
        weights = attempt.rand(inst, pts, low=0.1)
        return (
            attempt.randn(inst, m, n),
            0.5 * attempt.randn(inst, n),
            attempt.rand(inst, n, low=0.1, high=3),
            attempt.rand(pts, n),
            weights / weights.sum(1, keepdim=True),
        )

    with attempt.part("an antipodal pair by hand"):
        points = torch.tensor([[0.8, 0.0], [0.8, 0.3], [0.0, 0.5]])
        weights, importance = torch.tensor([[0.5, 0.2, 0.3]]), torch.tensor([[1.0, 4.0]])
        said = "W = [1, −1] on x = (0.8, 0), (0.8, 0.3), (0, 0.5), weights 0.5, 0.2, 0.3, importance 1 and 4"
        compare((torch.tensor([[[1.0, -1.0]]]), torch.zeros(1, 2), importance, points, weights), said)
    with attempt.part("one model, a bias, an importance for each feature"):
        compare(draw(1, 1, 2, 5), "one random model, n=2, m=1, on 5 points")
    with attempt.part("several models of other sizes"):
        compare(draw(3, 3, 3, 3), "3 random models, n=3, m=3, on 3 points")  # first: shapes never clash
        compare(draw(4, 2, 3, 6), "4 random models, n=3, m=2, on 6 points")
        compare(draw(2, 2, 5, 7), "2 random models, n=5, m=2, on 7 points")
    with attempt.part("gradients reach W and b"):
        W, b, *rest = draw(3, 1, 2, 4)
        W.requires_grad_()
        b.requires_grad_()
        got = attempt.call(W, b, *rest)
        flows = torch.is_tensor(got) and got.requires_grad
        attempt.expect(
            flows,
            tried="the gradient of your loss with respect to W and b",
            expected="a loss that can be differentiated",
            got="no gradient",
            mistake="`.detach()`, `.item()`, `.data` or `torch.no_grad()` cuts the gradient off, or "
            "`torch.tensor([...])` of losses: use `torch.stack`",
        )
        want = torch.autograd.grad(model_loss(W, b, *rest).sum(), (W, b))
        have = torch.autograd.grad(got.sum(), (W, b), allow_unused=True)
        for name, mine, theirs in zip(("W", "b"), have, want):  # noqa: B905
            mine = torch.zeros_like(theirs) if mine is None else mine
            attempt.expect_close(mine, theirs, tried=f"the gradient of your loss with respect to {name}")


@exercise(
    "2.6",
    "best_of",
    title="The lowest loss of k starts",
    kit=toy.best_of,
    hints=(
        "`loss.argmin(1)` says for each cell which start won.",
        "Pick entry [0, winner of cell 0], [1, winner of cell 1], ... of x: index with two tensors at once.",
        "`x[torch.arange(len(x)), loss.argmin(1)]`",
    ),
)
def _(attempt: Attempt):
    def mistakes(loss, x):
        cells = torch.arange(len(x))
        overall = int(loss.sum(0).argmin())
        wrong = {
            "you took the start with the highest loss": x[cells, loss.argmax(1)],
            "you took one start for all cells; each cell has its own winner": x[:, overall],
            "you averaged over the starts": x.double().mean(1).to(x.dtype),
            "you took the least entry of x, not the entry with the least loss": x.amin(1),
            "you took the first start, whatever its loss": x[:, 0],
            "you returned the lowest loss: return x's entry at that start": loss.amin(1),
            "that is the number of the winning start: pick x there": loss.argmin(1),
            "`x[:, winner]` takes every winner in every cell; index the cells too": x[:, loss.argmin(1)],
        }
        if len(x) >= loss.shape[1]:
            wrong["`x[winner]` picks cells, the first dimension of x, by the number of a start"] = x[
                loss.argmin(1)
            ]
        if len(loss) >= loss.shape[1]:
            wrong["`argmin(0)` compares cells with each other; you want to compare the starts of a cell"] = x[
                loss.argmin(0), torch.arange(loss.shape[1])
            ]
        return wrong

    with attempt.part("three cells of two starts"):
        loss = torch.tensor([[0.3, 0.1], [0.2, 0.5], [0.9, 0.4]])
        x = torch.tensor([[7.0, 2], [5, 1], [3, 8]])
        attempt.expect_close(attempt.call(loss, x), torch.tensor([2.0, 5, 8]), mistakes=mistakes(loss, x))
    with attempt.part("matrices W, one for each start"):
        for cells, starts, m, n in [(6, 4, 1, 2), (5, 5, 2, 3)]:
            loss, x = attempt.rand(cells, starts), attempt.randn(cells, starts, m, n)
            got = attempt.call(loss, x)
            tried = f"{cells} cells of {starts} starts, each with a W of shape ({m}, {n})"
            want = torch.stack(
                [x[c, min(range(starts), key=loss[c].tolist().__getitem__)] for c in range(cells)]
            )
            attempt.expect_shape(got, (cells, m, n), tried=tried)
            attempt.expect_close(got, want, tried=tried, mistakes=mistakes(loss, x))
    with attempt.part("a single cell, and a single start"):
        loss, x = attempt.rand(1, 5), attempt.randn(1, 5, 3)
        got = attempt.call(loss, x)
        attempt.expect_shape(
            got, (1, 3), tried="one cell of five starts", mistake="keep the cells' dimension"
        )
        attempt.expect_close(got, x[:, int(loss[0].argmin())], mistakes=mistakes(loss, x))
        loss, x = attempt.rand(5, 1), attempt.randn(5, 1, 2)
        got = attempt.call(loss, x)
        attempt.expect_shape(got, (5, 2), tried="five cells of one start")
        attempt.expect_close(got, x[:, 0])


@exercise(
    "2.7",
    "classify",
    title="Name the phase",
    points=2,
    kit=toy.phases.classify,
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
def _(attempt: Attempt):
    def distances(W, grams, gram=lambda W: W.transpose(1, 2) @ W):
        return (gram(W)[:, None] - grams).flatten(2)

    def unit(W):
        return W / W.norm(dim=1, keepdim=True).clamp_min(1e-9)

    def mistakes(W, grams, names):
        d = distances(W, grams)
        of_units = distances(unit(W), grams)
        inner = ((W.transpose(1, 2) @ W)[:, None] * grams).flatten(2).sum(2)
        on_diagonal = torch.eye(W.shape[2], dtype=torch.bool).flatten()
        named = {
            "you returned the place of the variant, not `names` at that place": d.square().sum(2).argmin(1),
            "you took the farthest one": names[d.square().sum(2).argmax(1)],
            "you summed absolute differences; the text asks for squares": names[d.abs().sum(2).argmin(1)],
            "you summed the differences without squaring them": names[d.sum(2).argmin(1)],
            "you took the absolute value of the summed differences": names[d.sum(2).abs().argmin(1)],
            "you scaled the columns of W to length 1: how long a feature is says whether it is stored": names[
                of_units.square().sum(2).argmin(1)
            ],
            "you compared by inner product: that favours long candidates": names[inner.argmax(1)],
            "you took the largest single difference, not their sum of squares": names[
                d.abs().amax(2).argmin(1)
            ],
            "you compared the lengths only: the inner products between features count, too": names[
                d[..., on_diagonal].square().sum(2).argmin(1)
            ],
            "you compared the inner products between features only: their lengths count, too": names[
                d[..., ~on_diagonal].square().sum(2).argmin(1)
            ],
        }
        if W.shape[1] == 1:  # broadcasts
            outer = distances(W, grams, lambda W: W @ W.transpose(1, 2))
            named["WWᵀ compares hidden dimensions (m × m); the features' inner products are WᵀW"] = names[
                outer.square().sum(2).argmin(1)
            ]
            named["you compared W itself: compare its Gram matrix, WᵀW, with `grams`"] = names[
                (W[:, None] - grams).flatten(2).square().sum(2).argmin(1)
            ]
        return named

    def grams_of(*Ws):
        Ws = [torch.tensor(W) for W in Ws]
        return torch.stack([W.T @ W for W in Ws])

    two = grams_of([[1.0, 0.0]], [[0.0, 1.0]], [[1.0, -1.0]])
    with attempt.part("six clear cases"):
        W = torch.tensor([[0.9, 0.1], [0.1, 1.1], [0.9, -1.0], [1.0, -0.05], [0.6, 0.05], [1.0, 0.75]])[
            :, None
        ]
        names = torch.tensor([0, 1, 2])
        got = attempt.call(W, two, names)
        attempt.expect_shape(got, (6,))
        attempt.expect_close(got, torch.tensor([0, 1, 2, 0, 0, 0]), mistakes=mistakes(W, two, names))
    with attempt.part("a mirrored or turned hidden space changes nothing"):
        angle = attempt.rand(1, low=0.5, high=2.5).item()
        turn = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        pairs = torch.tensor([[[0.9, -0.1]], [[0.95, -0.9]], [[0.0, 1.0]]])
        three = torch.tensor(
            [[[1.0, 0, 0], [0, 1, 0]], [[1.0, 0, -1], [0, 1, 0]], [[1.1, -1.1, 0], [0, 0, 1.1]]]
        )
        cases = [
            (pairs, -torch.eye(1), two, [0, 2, 1], "three W"),
            (three, turn, three.transpose(1, 2) @ three, [0, 1, 2], "the three structures themselves"),
        ]
        for W, move, grams, want, said in cases:
            before = attempt.call(W, grams, torch.tensor([0, 1, 2]))
            got = attempt.call(move @ W, grams, torch.tensor([0, 1, 2]))
            tried = f"{said}, {'mirrored' if move is not turn else f'turned by {angle:.2f} radians'}"
            attempt.expect_shape(got, (3,), tried=tried)
            named = mistakes(move @ W, grams, torch.tensor([0, 1, 2]))
            if torch.is_tensor(before) and not torch.equal(before, got):
                named = {"compare WᵀW, not W: a mirrored or turned hidden space gives the same model": got}
            attempt.expect_close(got, torch.tensor(want), tried=tried, mistakes=named)
    with attempt.part("several variants of one name"):
        variants = [
            [[0.0, 1, 0], [0, 0, 1]],
            [[1.0, 0, 0], [0, 0, 1]],
            [[1.0, 0, -1], [0, 1, 0]],
            [[0.0, 1, -1], [1, 0, 0]],
            [[1.0, -1, 0], [0, 0, 1]],
        ]
        grams, names = grams_of(*variants), torch.tensor([1, 1, 4, 4, 2])
        W = torch.tensor(variants) + 0.1 * attempt.randn(5, 2, 3)
        got = attempt.call(W, grams, names)
        attempt.expect_shape(got, (5,))
        attempt.expect_close(got, names, mistakes=mistakes(W, grams, names))
    with attempt.part("models between structures, and a single model"):
        six = attempt.randn(6, 2, 3)
        cases = [
            (two, torch.tensor([5, 3, 8]), 0.8 * attempt.randn(60, 1, 2)),
            (six.transpose(1, 2) @ six, torch.tensor([5, 3, 8, 0, 3, 1]), attempt.randn(200, 2, 3)),
        ]
        for grams, names, W in cases:
            nearest = distances(W, grams).square().sum(2).topk(2, largest=False)
            clear = nearest.values[:, 1] - nearest.values[:, 0] > 0.02  # leave out what rounding may decide
            W, want = W[clear], names[nearest.indices[clear, 0]]
            for part in (slice(None), slice(1)):
                got = attempt.call(W[part], grams, names)
                tried = (
                    f"{len(W[part])} random models and {len(grams)} variants with the names {names.tolist()}"
                )
                attempt.expect_shape(got, (len(W[part]),), tried=tried)
                attempt.expect_close(got, want[part], tried=tried, mistakes=mistakes(W[part], grams, names))
