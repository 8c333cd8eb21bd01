"""Checks of lesson 03, Geometry."""

from __future__ import annotations

import torch

from course_utils import toy
from course_utils.checks.engine import Attempt, exercise
from course_utils.toy import geometry

CLOSE = {"rtol": 1e-3, "atol": 1e-7}


@exercise(
    "3.1",
    "dimensions_per_feature",
    title="Dimensions per feature",
    kit=toy.geometry.dimensions_per_feature,
    hints=(
        "W has shape (inst, m, n). m is `W.shape[1]`. One number for each model means: sum over the other "
        "two dimensions.",
        "The squared Frobenius norm is the sum of the squares of all entries: `(W**2).sum(dim=(1, 2))`.",
        "`return W.shape[1] / (W**2).sum(dim=(1, 2))`",
    ),
)
def _(attempt: Attempt):
    def mistakes(W):
        count, m, n = W.shape
        squares = (W**2).sum((1, 2))
        return {
            "m, the number of hidden dimensions, is `W.shape[1]`; you used the number of features": n
            / squares,
            "m, the number of hidden dimensions, is `W.shape[1]`; you used the number of models": count
            / squares,
            "that is features per dimension, the other way up": squares / m,
            "you forgot the factor m": 1 / squares,
            "the formula has the square of the norm; you divided by the norm": m / squares.sqrt(),
            "you added up the entries without squaring them": m / W.sum((1, 2)),
            "you added up the entries' sizes, not their squares": m / W.abs().sum((1, 2)),
            "you added up the columns' lengths, not the squares of the lengths": m / W.norm(dim=1).sum(1),
            "you counted the columns longer than ½; the formula adds up squared lengths": m
            / (W.norm(dim=1) > 0.5).sum(1).clamp_min(1),
            "that is the spectral norm, the largest singular value; the Frobenius norm has all entries": m
            / torch.linalg.matrix_norm(W, 2) ** 2,
            "each model has its own sum; you added up all models": (m / squares.sum()).expand(count),
        }

    with attempt.part("four models by hand"):
        W = torch.tensor([[[1.0, 0.0, -2.0], [0.0, 3.0, 0.5]], [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]])
        W = torch.cat([W, 2 * W])
        want = torch.tensor([2 / 14.25, 2 / 0.91, 2 / 57, 2 / 3.64])
        attempt.expect_close(attempt.call(W), want, mistakes=mistakes(W), **CLOSE)
    with attempt.part("one model: four features, one dimension each"):
        W = torch.eye(4)[None]
        attempt.expect_close(attempt.call(W), torch.ones(1), mistakes=mistakes(W), **CLOSE)
    with attempt.part("other sizes"):
        W = attempt.randn(5, 3, 7)
        got = attempt.call(W)
        want = torch.stack([3 / sum(w.square().sum() for w in model) for model in W])
        attempt.expect_close(got, want, mistakes=mistakes(W), **CLOSE)


@exercise(
    "3.2",
    "feature_dimensionality",
    title="Feature dimensionality",
    points=2,
    kit=toy.geometry.feature_dimensionality,
    hints=(
        "All inner products Wᵢ · Wⱼ at once are the Gram matrices `W.transpose(1, 2) @ W`, of shape (inst, "
        "n, n). Divide row i by the length of Wᵢ and you have Ŵᵢ · Wⱼ.",
        "Multiply numerator and denominator by ‖Wᵢ‖²: Dᵢ = ‖Wᵢ‖⁴ / Σⱼ (Wᵢ · Wⱼ)². So no Ŵ is needed. For a "
        "zero column that is 0/0.",
        "`square = (W**2).sum(1)`, `shares = square**2 / ((W.transpose(1, 2) @ W) ** 2).sum(2)`, and "
        "`torch.where(square > 0, shares, 0.0)`.",
    ),
)
def _(attempt: Attempt):
    def mistakes(W):
        gram = W.transpose(1, 2) @ W
        square = gram.diagonal(dim1=1, dim2=2)
        length = square.sqrt().clamp_min(1e-20)
        row, cosine = gram / length[:, :, None], gram / length[:, :, None] / length[:, None, :]
        values = {
            "you left j = i out of the sum": square / ((row**2).sum(2) - square),
            "you used Wᵢ where the formula has Ŵᵢ, of length 1": square / (gram**2).sum(2),
            "you scaled Wⱼ to length 1 as well; only Ŵᵢ has a hat": square / (cosine**2).sum(2),
            "the lengths dropped out: directions only, or summed over i where the formula sums over j": 1
            / (cosine**2).sum(2),
            "the numerator is the length squared; you used the length": length / (row**2).sum(2),
            "you squared nothing in the sum": square / row.sum(2),
            "the sum is over squares; you used absolute values": square / row.abs().sum(2),
            "you squared the sum; the formula sums squares": square / row.sum(2) ** 2,
            "only a column that is exactly 0 gets D = 0; a short one has a share too": torch.where(
                length > 0.5, square / (row**2).sum(2), 0.0
            ),
            "that is the other way up": (row**2).sum(2) / square,
            "that is the denominator, without ‖Wᵢ‖²": (row**2).sum(2),
            "that is the numerator only": square,
            "that is the interference Σ over j ≠ i, not the share": (row**2).sum(2) - square,
            "Ŵᵢ is Wᵢ divided by its length; you divided by the square of its length": square
            / ((gram / square[:, :, None]) ** 2).sum(2),
        }
        return {name: torch.where(square > 0, value, 0.0) for name, value in values.items()}

    with attempt.part("two models by hand"):
        W = torch.tensor([[[2.0, 1.0, 0.0], [0.0, 1.0, 1.0]], [[0.5, -2.0, 1.0], [0.0, 0.0, 1.0]]])
        want = torch.tensor([[4 / 5, 2 / 4.5, 1 / 2], [0.25 / 5.25, 4 / 5.25, 2 / 4.125]])
        attempt.expect_close(attempt.call(W), want, mistakes=mistakes(W), **CLOSE)
    with attempt.part("regular shapes, of any length"):
        for k, length in [(5, 1.0), (3, 0.2), (7, 2.0)]:
            angle = torch.arange(k) * 2 * torch.pi / k
            W = length * torch.stack([angle.cos(), angle.sin()])[None]
            got = attempt.call(W)
            attempt.expect_close(got, torch.full((1, k), 2 / k), mistakes=mistakes(W), **CLOSE)
    with attempt.part("a feature that is not stored"):
        W = torch.tensor([[[1.0, 0.0, -0.5], [0.0, 0.0, 0.0]]])
        got = attempt.call(W, finite=False)
        attempt.expect(
            not got.isnan().any() if torch.is_tensor(got) else True,
            expected=torch.tensor([[0.8, 0.0, 0.2]]),
            got=got,
            mistake="0 / 0: a zero column has no direction. Give it D = 0, with `torch.where`",
        )
        attempt.expect_close(got, torch.tensor([[0.8, 0.0, 0.2]]), mistakes=mistakes(W), **CLOSE)
    with attempt.part("other sizes"):
        W = attempt.randn(4, 3, 6)
        got = attempt.call(W)
        want = torch.zeros(4, 6)
        for a in range(4):
            for i in range(6):
                hat = W[a, :, i] / W[a, :, i].norm()
                want[a, i] = W[a, :, i] @ W[a, :, i] / sum((hat @ W[a, :, j]) ** 2 for j in range(6))
        attempt.expect_close(got, want, mistakes=mistakes(W), **CLOSE)


@exercise(
    "3.3",
    "local_excess",
    title="The local excess",
    kit=geometry.local_excess,
    hints=(
        "`(D - target).abs()` is each feature's distance from the line. `(distance <= half_width).sum()` "
        "counts.",
        "An even spread over ± neighbourhood puts the share half_width / neighbourhood of the features "
        "around into the narrow window.",
        "`near / (around * half_width / neighbourhood)`, and 0 first of all if `around` is 0.",
    ),
)
def _(attempt: Attempt):
    def mistakes(D, target, w, a):
        signed = D - target
        near, around = (signed.abs() <= w).sum().item(), (signed.abs() <= a).sum().item()
        ring, every = around - near, len(D)
        values = {
            "you compared with all features, not with those around the target": (near * a, every * w),
            "that is the share near the line; divide by w / a, the share that an even spread puts there": (
                near,
                around,
            ),
            "you left the near ones out of the count around; it counts all within `neighbourhood`": (
                near * a,
                ring * w,
            ),
            "w / a belongs in the denominator, with the number around: you multiplied by it": (
                near * w,
                around * a,
            ),
            "that is the other way up": (around * w, near * a),
            "that is the share of all features near the line": (near, every),
            "that is the count near the line, not compared with anything": (near, 1),
            "a distance has no sign: use `.abs()`": ((signed <= w).sum().item() * a, (signed <= a).sum() * w),
            "the windows reach to either side of the target: ± half_width, not half of it": (
                (signed.abs() <= w / 2).sum().item() * a,
                (signed.abs() <= a / 2).sum().item() * w,
            ),
        }
        return {name: float(top / bottom) for name, (top, bottom) in values.items() if bottom}

    D = torch.tensor([0.66, 0.678, 0.6, 0.75, 0.2, 0.7, 0.9, 0.05])
    with attempt.part("two near, five around, three far away"):
        got = attempt.call(D, 2 / 3)
        attempt.expect_close(got, 2 / 0.75, mistakes=mistakes(D, 2 / 3, 0.015, 0.1), **CLOSE)
    with attempt.part("all on the line"):
        D_on = torch.full((7,), 0.5)
        attempt.expect_close(
            attempt.call(D_on, 0.5), 1 / 0.15, mistakes=mistakes(D_on, 0.5, 0.015, 0.1), **CLOSE
        )
    with attempt.part("none on the line, and none around it"):
        for D_off in ([0.1, 0.45, 0.57], [0.1, 0.9]):
            attempt.expect_close(attempt.call(torch.tensor(D_off), 0.5), 0.0, **CLOSE)
    with attempt.part("other windows"):
        for target, w, a in [(0.5, 0.05, 0.2), (0.4, 0.02, 0.3)]:
            D = target + (attempt.rand(40) - 0.5) * torch.tensor([0.05, 0.3, 0.5, 0.9]).repeat(10)
            D = torch.cat([D, torch.tensor([target + 0.3 * w, target - 0.9 * a])])
            got = attempt.call(D, target, half_width=w, neighbourhood=a)
            near, around = ((D - target).abs() <= w).sum(), ((D - target).abs() <= a).sum()
            wrong = mistakes(D, target, w, a) | {
                "you used 0.015 and 0.1 whatever the caller asks for": geometry.local_excess(D, target)
            }
            attempt.expect_close(got, (near / around * a / w).item(), mistakes=wrong, **CLOSE)


@exercise(
    "3.4",
    "digons_loss",
    title="The rival",
    kit=geometry.digons_loss,
    hints=(
        "Three things add up: two antipodal pairs and one dropped feature.",
        "A pair costs p²/3, both of its features together. The dropped feature has density d = q·p.",
        "`2 * p**2 / 3 + q * p / 3 - (q * p) ** 2 / 4`",
    ),
)
def _(attempt: Attempt):
    def mistakes(q, p):
        pair, d = p**2 / 3, q * p
        drop = d / 3 - d**2 / 4
        return {
            "there are two pairs": pair + drop,
            "p²/3 is the cost of a whole pair, of which there are two": 4 * pair + drop,
            "the dropped feature has density q·p, not p": 2 * pair + (p / 3 - p**2 / 4) * torch.ones_like(q),
            "the dropped feature has density q·p, not q": 2 * pair + q / 3 - q**2 / 4,
            "the dropped feature's output is its mean, not 0: subtract (q·p)²/4": 2 * pair + d / 3,
            "you forgot the dropped feature": 2 * pair * torch.ones_like(q),
            "you forgot the pairs": drop,
            "the pairs' features have density p, not q·p": 2 * d**2 / 3 + drop,
            "q makes the feature rarer, it doesn't weigh its loss: (q·p)², not q·p²": 2 * pair
            + q * (p / 3 - p**2 / 4),
        }

    with attempt.part("by hand"):
        q = torch.tensor([1.0, 0.5, 0.0])
        want = torch.tensor([0.5 / 3 + 1 / 6 - 1 / 16, 0.5 / 3 + 1 / 12 - 1 / 64, 0.5 / 3])
        attempt.expect_close(attempt.call(q, 0.5), want, mistakes=mistakes(q, 0.5), **CLOSE)
    with attempt.part("rare features"):
        q = torch.tensor([0.1, 0.3, 1.0])
        want = torch.tensor([0.0033270833, 0.0066104167, 0.0177083333])
        attempt.expect_close(attempt.call(q, 0.05), want, mistakes=mistakes(q, 0.05), **CLOSE)
    with attempt.part("any density"):
        q, p = attempt.rand(6), attempt.rand(1, low=0.05).item()
        want = torch.tensor([2 * p * p / 3 + x * p / 3 - x * x * p * p / 4 for x in q.tolist()])
        attempt.expect_close(attempt.call(q, p), want, mistakes=mistakes(q, p), **CLOSE)


def sampled(attempt: Attempt, p, sets: int, size: int, batch: int):
    """Call a sampler and check what every sampler must do: shape, dtype, range, generator, own draws."""
    x = attempt.call(p, sets, size, batch, attempt.generator)
    attempt.expect_shape(x, (len(p), batch, sets * size))
    attempt.expect_dtype(x, p.dtype)
    attempt.expect_own_generator()
    attempt.expect(
        x.min() >= 0 and x.max() <= 1,
        expected="values from 0 to 1",
        got=f"from {x.min():.3g} to {x.max():.3g}",
    )
    on = (x > 0).unflatten(2, (sets, size)).double()
    attempt.expect(
        (on != on[:, :1]).any(),
        expected="inputs that differ in which features are on",
        got="the same features are on in all inputs",
        mistake="all inputs share one draw of what is on: draw for each input",
    )
    return x.unflatten(2, (sets, size)), on


def expect_share(attempt: Attempt, got, want, tried: str, mistakes: dict, batch: int):
    """`expect_close` for shares of `batch` draws: five standard deviations of slack."""
    slack = 5 * (0.25 / batch) ** 0.5
    attempt.expect_close(got, want, tried=tried, mistakes=mistakes, rtol=0, atol=slack)


def expect_independent(attempt: Attempt, what: str, batch: int) -> None:
    """At p = ½, sets, inputs and models share nothing; `what` names the random thing in the verdict."""
    p_same = torch.tensor([0.5, 0.5])
    _, on = sampled(attempt, p_same, 2, 2, batch)
    tests = {
        "the first features of both sets": (
            on[:, :, 0, 0] * on[:, :, 1, 0],
            f"all sets share one {what}; each needs its own",
        ),
        "feature 0 in an input and in the next one": (
            on[:, 1:, 0, 0] * on[:, :-1, 0, 0],
            f"all inputs share one {what}: draw one for each input",
        ),
        "feature 0 in both models": (
            (on[0] * on[1])[None, :, 0, 0],
            f"all models share one {what}: draw one for each model",
        ),
    }
    for name, (both, mistake) in tests.items():
        got = both.mean().item()
        tried = f"share in which these are on at once, p being 0.5: {name}"
        expect_share(attempt, got, 0.25, tried, {mistake: 0.5}, batch // 4)


def expect_uniform(attempt: Attempt, x, on, mistakes: dict | None = None):
    """Values of features that are on: mean ½, mean square ⅓, drawn anew for each input."""
    values = x[on > 0].double()
    if not len(values):
        attempt.fail(expected="features that are on now and then", got="all zeros")
    attempt.expect(
        len(values.unique()) > len(values) / 100 or (values == 1).all(),
        expected="values that differ from input to input",
        got=f"{len(values.unique())} different values in {x.shape[1]} inputs",
        mistake="all inputs share one draw of the values: draw for each input",
    )
    moments = torch.tensor([values.mean(), (values**2).mean()]).double()
    wrong = {"a feature that is on is uniform on [0, 1]; yours is always 1": torch.ones(2)} | (mistakes or {})
    attempt.expect_close(
        moments, torch.tensor([1 / 2, 1 / 3]).double(), tried="mean and mean square of the values on",
        mistakes=_double(wrong), rtol=0, atol=0.03,
    )  # fmt: skip


def expect_own_values(attempt: Attempt, x, on):
    """Values of one feature in two models, and in two sets: independent ones differ by ⅓ in the mean."""
    tests = {
        "feature 0 in both models": (
            x[0, :, 0, 0] - x[1, :, 0, 0],
            on[0, :, 0, 0] * on[1, :, 0, 0],
            "all models share one draw of the values: draw for each model",
        ),
        "the first features of both sets": (
            x[:, :, 0, 0] - x[:, :, 1, 0],
            on[:, :, 0, 0] * on[:, :, 1, 0],
            "all sets share one draw of the values: draw for each set",
        ),
    }
    for name, (difference, both, mistake) in tests.items():
        if both.any():
            attempt.expect_close(
                difference[both > 0].abs().mean().item(), 1 / 3,
                tried=f"mean difference between two values that are on at once: {name}",
                mistakes={mistake: 0.0}, rtol=0, atol=0.05,
            )  # fmt: skip


@exercise(
    "3.5",
    "sample_correlated",
    title="On together",
    kit=toy.correlated.sample_correlated,
    hints=(
        "Two draws: one number for each set that says whether it is on, and one for each feature, its value.",
        "Draw the switch with shape (inst, batch, sets, 1), the values with shape (inst, batch, sets, "
        "size): broadcasting gives all features of a set the same switch. `.flatten(2)` joins the last two "
        "dimensions.",
        "`on = torch.rand(len(p), batch, sets, 1, generator=generator) < p[:, None, None, None]`, then "
        "`torch.where(on, value, 0.0).flatten(2)`.",
    ),
)
def _(attempt: Attempt):
    batch = 20_000
    p = torch.tensor([0.2, 0.7])
    with attempt.part("shape, and the density of each feature"):
        for sets, size in [(2, 3), (1, 2)]:
            _, on = sampled(attempt, p, sets, size, batch)
            wrong = {
                "you swapped p and 1 − p": 1 - p,
                "each feature needs to be on with probability p; yours is on with probability p / size": p
                / size,
                "you used the first density for all models": p[:1].expand(2),
                "the features were switched twice": p**2,
            }
            got, want = on.mean((1, 2, 3)), p.double()
            expect_share(attempt, got, want, "density of the features, by model", _double(wrong), batch)
    with attempt.part("the features of a set are on together"):
        for sets, size in [(2, 3), (3, 2)]:
            _, on = sampled(attempt, p, sets, size, batch)
            both = (on[..., 0] * on[..., 1]).mean((1, 2))
            wrong = {
                "each feature has a switch of its own; there must be one for the whole set": p**2,
                "the features of a set are never on together": torch.zeros(2),
            }
            flat = on.flatten(2)
            across = (flat[:, :, 0] * flat[:, :, sets]).mean(1)  # one set's, if the order were (size, sets)
            if ((across - p).abs() < 0.03).all() and not ((both - p).abs() < 0.03).all():
                attempt.fail(
                    expected="features 0 … size − 1 on together, then the next `size`, and so on",
                    got=f"feature 0 is on together with feature {sets}, not with feature 1",
                    mistake="the order of the features: flatten (sets, size), not (size, sets)",
                )
            expect_share(
                attempt,
                both,
                p.double(),
                "share of inputs with features 0 and 1 both on",
                _double(wrong),
                batch,
            )
    with attempt.part("the sets don't know of each other, nor do inputs and models"):
        expect_independent(attempt, "switch", batch)
    with attempt.part("a value of its own for each feature that is on"):
        x, on = sampled(attempt, torch.tensor([0.5, 0.5]), 2, 3, batch)
        expect_uniform(attempt, x, on)
        pairs = x[0, :, 0, :2][on[0, :, 0, 0] > 0].double()
        got = torch.corrcoef(pairs.T)[0, 1].item()
        attempt.expect_close(
            got, 0.0, tried="correlation of two features' values while their set is on",
            mistakes={"all features of a set have the same value; only the switch is shared": 1.0},
            rtol=0, atol=0.06,
        )  # fmt: skip
        expect_own_values(attempt, x, on)


@exercise(
    "3.6",
    "sample_anticorrelated",
    title="One at a time",
    points=2,
    kit=toy.correlated.sample_anticorrelated,
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
def _(attempt: Attempt):
    batch = 20_000
    p = torch.tensor([0.1, 0.3])
    with attempt.part("shape, and the density of each feature"):
        for sets, size in [(2, 3), (1, 2)]:
            _, on = sampled(attempt, p, sets, size, batch)
            wrong = {
                "each feature needs density p: the set as a whole is then on with probability size · p": p
                / size,
                "exactly one feature is on at every moment; a set may also be all off": torch.full(
                    (2,), 1 / size
                ),
                "you switched each feature by itself and then kept one of those on: a set is then on too "
                "rarely": (1 - (1 - p) ** size) / size,
                "you used the first density for all models": p[:1].expand(2),
            }
            got, want = on.mean((1, 2, 3)), p.double()
            expect_share(attempt, got, want, "mean density of the features, by model", _double(wrong), batch)
            each = on.mean(1).flatten(1)
            spread = (each.amax(1) - each.amin(1)).max().item()
            attempt.expect(
                spread < 0.05,
                tried="density of each single feature",
                expected="the same for all features of a model",
                got=each[1].float(),
                mistake="the features of a set are equally likely: choose among them evenly",
            )
    with attempt.part("at most one of a set is on"):
        for sets, size in [(2, 3), (3, 2)]:
            _, on = sampled(attempt, p, sets, size, batch)
            most = int(on.sum(3).max())
            first_two = (on[..., 0] * on[..., 1]).mean().item()
            across = on.flatten(2).unflatten(2, (size, sets)).sum(2).max() <= 1
            together = abs(first_two - on[..., 0].mean().item()) < 0.02
            attempt.expect(
                most <= 1,
                tried=f"sets of {size}: how many features of one set are on at once, at most",
                expected="1",
                got=str(most),
                mistake="the order of the features: flatten (sets, size), not (size, sets)"
                if across
                else "the features of a set are on together: that is 3.5"
                if together
                else "the features of a set have separate switches; one draw must decide which of them is on",
            )
    with attempt.part("the sets don't know of each other, nor do inputs and models"):
        expect_independent(attempt, "choice", batch)
    with attempt.part("values uniform on [0, 1]"):
        x, on = sampled(attempt, torch.tensor([0.25, 0.25]), 2, 3, batch)
        largest = {
            "the one that is on has the largest value; choose it apart from the values": torch.tensor(
                [3 / 4, 3 / 5]
            )
        }
        expect_uniform(attempt, x, on, largest)
        expect_own_values(attempt, x, on)


def _double(mistakes: dict) -> dict:
    return {name: value.double() for name, value in mistakes.items()}


@exercise(
    "3.7",
    "sensing_bound",
    title="The bound of compressed sensing",
    kit=geometry.sensing_bound,
    hints=(
        "Write the bound with =, and divide both sides until n / m stands alone.",
        "n / m = 1 / (C p ln(1/p)). `torch.log` is the natural logarithm.",
        "`return 1 / (constant * p * torch.log(1 / p))`",
    ),
)
def _(attempt: Attempt):
    def mistakes(p, c):
        log = torch.log(1 / p)
        return {
            "that is m / n, the other way up": c * p * log,
            "that is m / n without the constant, the other way up": p * log,
            "ln p is negative for p < 1: the bound has ln(1/p)": -1 / (c * p * log),
            "you forgot the constant": 1 / (p * log),
            "the constant belongs in the denominator: a larger C allows fewer features": c / (p * log),
            "you forgot the factor p": 1 / (c * log),
            "you forgot the logarithm": 1 / (c * p),
            "ln is the natural logarithm; you used base 10": 1 / (c * p * torch.log10(1 / p)),
            "ln is the natural logarithm; you used base 2": 1 / (c * p * torch.log2(1 / p)),
            "p is the density; you used the sparsity 1 − p": -1 / (c * (1 - p) * torch.log(1 - p)),
        }

    with attempt.part("by hand"):
        p = torch.tensor([0.01, 0.1, 0.3])
        for c in (2.5, 1.0):
            want = torch.tensor([21.714724, 4.3429448, 2.7686095]) / c
            attempt.expect_close(attempt.call(p, c), want, mistakes=mistakes(p, c), **CLOSE)
    with attempt.part("any density and constant"):
        p, c = attempt.rand(6, low=0.001, high=0.6), attempt.rand(1, low=0.2, high=4.0).item()
        got = attempt.call(p, c)
        want = torch.tensor([1 / (c * q * -torch.tensor(q).log().item()) for q in p.tolist()])
        attempt.expect_close(got, want, mistakes=mistakes(p, c), **CLOSE)
