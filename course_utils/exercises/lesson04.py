"""Checks of lesson 04, Dynamics and consequences."""

from __future__ import annotations

import torch

from course_utils import toy
from course_utils.checks.engine import Attempt, exercise

CLOSE = {"rtol": 1e-3, "atol": 1e-5}


@exercise(
    "4.1",
    "suddenness",
    title="A sudden fall",
    kit=toy.dynamics.suddenness,
    hints=(
        "First the falls of all windows: `fall = loss[:-window] - loss[window:]`. How long is it?",
        "The window before the one that starts at t starts at t − window, the one after at t + window. Three "
        "slices of `fall`, of one length, shifted against each other.",
        "`fall[window:-window]`, `fall[: -2 * window]` and `fall[2 * window :]`. From the first subtract "
        "`torch.maximum` of the others.",
    ),
)
def _(attempt: Attempt):
    def by_hand(loss, window):
        values = loss.tolist()

        def fall(t):
            return values[t] - values[t + window]

        places = range(window, len(values) - 2 * window)
        return [(fall(t), fall(t - window), fall(t + window)) for t in places]

    def compare(loss, window):
        got = attempt.call(loss, window)
        here, before, after = torch.tensor(by_hand(loss, window)).to(loss).T
        attempt.expect_shape(
            got,
            (len(loss) - 3 * window,),
            mistake="a window needs a whole window on either side: 3 · window records in all"
            if torch.is_tensor(got) and got.ndim == 1
            else "",
        )
        attempt.expect_close(
            got,
            here - torch.maximum(before, after),
            mistakes={
                "that is the fall alone; subtract what the neighbouring windows have": here,
                "subtract the larger of the two neighbours, not the smaller": here
                - torch.minimum(before, after),
                "subtract the larger of the two neighbours, not their mean": here - (before + after) / 2,
                "subtract the larger of the two neighbours, not their sum": here - before - after,
                "you compared with the window before only": here - before,
                "you compared with the window after only": here - after,
                "the sign: a fall is loss at the start minus loss at the end": torch.minimum(before, after)
                - here,
                "the neighbour's fall may be negative: don't clamp it at 0": here
                - torch.maximum(before, after).clamp(min=0),
                "you compared rises, not falls: a rise before makes a fall no less sudden": here
                - torch.maximum(before.abs(), after.abs()),
            },
            **CLOSE,
        )

    with attempt.part("a loss with one step, by hand"):
        compare(torch.tensor([9.0, 8.0, 7.5, 7.4, 3.4, 3.2, 3.1, 3.05]), 1)
    with attempt.part("random losses, several windows"):
        for length, window in ((12, 1), (17, 2), (30, 5)):
            compare(attempt.randn(length), window)
    with attempt.part("the shortest loss that has an answer"):
        compare(attempt.rand(7), 2)


@exercise(
    "4.2",
    "peaks",
    title="Peaks",
    kit=toy.dynamics.peaks,
    hints=(
        "Place i is a peak if no entry from i − apart to i + apart is higher, and curve[i] ≥ least.",
        "Near the ends there are fewer neighbours: `curve[max(0, i - apart) : i + apart + 1]`.",
        "`[i for i in range(len(curve)) if curve[i] >= least and curve[i] == "
        "curve[max(0, i - apart) : i + apart + 1].max()]`, as a tensor of whole numbers.",
    ),
)
def _(attempt: Attempt):
    def by_hand(curve, apart, least):
        values = curve.tolist()
        found = []
        for i, v in enumerate(values):
            if v >= least and v == max(values[max(0, i - apart) : i + apart + 1]):
                found.append(i)
        return found

    def compare(curve, apart, least):
        got = attempt.call(curve, apart, least)
        want = torch.tensor(by_hand(curve, apart, least), dtype=torch.long)
        values = curve.tolist()
        inner = [i for i in want.tolist() if apart <= i < len(values) - apart]
        wrapped = [i for i in want.tolist() if i >= apart]  # values[-1:3] is empty
        mistakes = {
            "you returned the heights; the places are asked for": curve[want],
            "a peak has to be at least `least` high": torch.tensor(by_hand(curve, apart, -9e9)),
            "a peak must top all entries within `apart`, not only its two neighbours": torch.tensor(
                by_hand(curve, 1, least)
            ),
            "you returned every place above `least`": (curve >= least).nonzero()[:, 0],
            "the ends count too: there the neighbourhood is cut short": torch.tensor(inner, dtype=torch.long),
            "a slice that starts below 0 counts from the end: start it at `max(0, i - apart)`": torch.tensor(
                wrapped, dtype=torch.long
            ),
            "a peak of exactly `least` counts as well": want[curve[want] > least],
            "in order of place, please, not of height": want[curve[want].argsort(descending=True)],
            "that is the highest peak only": want[curve[want].argmax()].view(1) if len(want) else want,
            "the neighbourhood reaches `apart` entries on both sides, the last one included": torch.tensor(
                by_hand(curve, apart - 1, least)
            ),
        }
        attempt.expect(
            torch.is_tensor(got) and got.ndim == 1,
            expected="a tensor with one dimension: the places",
            got=got,
            mistake="`nonzero()` gives a column: take `[:, 0]`"
            if torch.is_tensor(got) and got.ndim == 2
            else "",
        )
        if got.dtype == torch.bool:
            attempt.fail(expected="places, whole numbers", got=got, mistake="`.nonzero()[:, 0]` of that mask")
        named = [
            name
            for name, value in mistakes.items()
            if got.tolist() == value.tolist() and value.tolist() != want.tolist()
        ]
        attempt.expect(
            got.tolist() == want.tolist(),
            expected=f"{want.tolist()}",
            got=f"{[round(v, 4) for v in got.tolist()][:12]}",
            mistake=named[0] if len(named) == 1 else "",
        )
        attempt.expect(
            not got.is_floating_point(),
            expected="whole numbers",
            got=f"dtype {got.dtype}",
            mistake="the dtype: an empty list makes a tensor of floats unless you say `dtype=torch.long`"
            if len(got) == 0
            else "the dtype: `dtype=torch.long`",
        )

    with attempt.part("by hand"):
        start = [0.0, 0.1, 0.7, 0.2, 0.5, 0.3, 0.1, 0.8, 0.2, 0.05, 0.55]
        end = [0.1, 0.1, 0.05, 0.15, 0.02, 0.05, 0.1, 0.75, 0.3, 0.1, 0.0, 0.05, 0.25, 0.1]
        compare(torch.tensor([*start, *end]), 3, 0.25)
    with attempt.part("a peak at either end"):
        compare(torch.tensor([0.8, 0.1, 0.3, 0.2, 0.1, 0.7]), 2, 0.25)
    with attempt.part("random curves"):
        for length, apart in ((30, 1), (40, 4), (25, 3)):
            compare(attempt.randn(length), apart, 0.3)
    with attempt.part("nothing high enough"):
        compare(attempt.rand(9), 2, 2.0)


@exercise(
    "4.3",
    "alignment",
    title="Do they meet?",
    kit=toy.dynamics.alignment,
    hints=(
        "For each drop: how far is the nearest jump?",
        "`(drops[:, None] - jumps).abs()` holds all distances, one row for each drop.",
        "The share of rows whose least entry is at most `within`: `(distance.amin(1) <= within)`, as floats, "
        "and its mean. `amin` of an empty row raises: no jumps, no match.",
    ),
)
def _(attempt: Attempt):
    def share(drops, jumps, within):
        hits = [any(abs(d - j) <= within for j in jumps) for d in drops]
        return sum(hits) / len(hits)

    def compare(drops, jumps, within):
        got = attempt.call(torch.tensor(drops), torch.tensor(jumps), within)
        pairs = [abs(d - j) <= within for d in drops for j in jumps]
        mistakes = {
            "you took the share of jumps near a drop; it is the other way round": share(jumps, drops, within)
            if jumps
            else None,
            "you counted pairs; a drop counts once, however many jumps are near": sum(pairs) / len(pairs)
            if pairs
            else None,
            "a drop counts once, however many jumps are near it": sum(pairs) / len(drops),
            "at most `within`: a jump exactly that far away counts": sum(
                any(abs(d - j) < within for j in jumps) for d in drops
            )
            / len(drops),
            "that is the number of drops, not their share": share(drops, jumps, within) * len(drops),
            "a jump before the drop counts as well as one after: take the distance's size": sum(
                any(0 <= j - d <= within for j in jumps) for d in drops
            )
            / len(drops),
            "a jump after the drop counts as well as one before: take the distance's size": sum(
                any(0 <= d - j <= within for j in jumps) for d in drops
            )
            / len(drops),
            "that is the share of drops with no jump near": 1 - share(drops, jumps, within),
            "drops and jumps don't belong together by their order: look for the nearest jump": sum(
                abs(d - j) <= within
                for d, j in zip(drops, jumps)  # noqa: B905
            )
            / len(drops),
        }
        attempt.expect_close(
            got, share(drops, jumps, within), mistakes={k: v for k, v in mistakes.items() if v is not None}
        )

    with attempt.part("by hand"):
        drops = [10.0, 50.0, 90.0, 130.0, 200.0, 300.0, 380.0, 420.0, 460.0]
        compare(drops, [500.0, 127.0, 12.0, 88.0, 49.0, 52.0, 53.0], 5.0)
    with attempt.part("exactly `within` away counts"):
        compare([20.0, 40.0, 60.0, 80.0], [25.0, 34.0, 55.0, 75.0], 5.0)
    with attempt.part("random times"):
        drops, jumps = attempt.rand(7, high=100).tolist(), attempt.rand(9, high=100).tolist()
        compare(drops, jumps, 4.0)
    with attempt.part("no jumps at all"):
        got = attempt.call(torch.tensor([3.0, 5.0]), torch.zeros(0), 2.0)
        attempt.expect_close(got, 0.0)


@exercise(
    "4.4",
    "shifted",
    title="What chance would give",
    kit=toy.dynamics.shifted,
    hints=(
        "One random number for each draw, from 0 to `length`: `torch.rand(draws, 1, generator=generator) * "
        "length`.",
        "Add it to all jumps: shape (draws, 1) plus shape (jump,) gives (draws, jump).",
        "What leaves at the end comes back at the start: `% length`.",
    ),
)
def _(attempt: Attempt):
    def draw(jumps, length, draws):
        got = attempt.call(jumps, length, draws, attempt.generator)
        attempt.expect_own_generator()
        attempt.expect_shape(got, (draws, len(jumps)))
        return got

    with attempt.part("times stay in the run"):
        jumps = torch.tensor([1.0, 20.0, 70.0, 99.0])
        got = draw(jumps, 100, 400)
        attempt.expect(
            got.min() >= 0 and got.max() <= 100,
            expected="times from 0 to 100",
            got=f"times from {got.min():.1f} to {got.max():.1f}",
            mistake="what leaves at the end comes back at the start: `% length`",
        )
        attempt.expect(
            (got == 100).sum() < 20,
            expected="times spread over the run",
            got=f"{(got == 100).sum()} of {got.numel()} times are the end itself",
            mistake="a time beyond the end comes back at the start; don't stop it there",
        )
    with attempt.part("all jumps of a draw move together"):
        jumps = 90 * attempt.rand(5)
        got = draw(jumps, 90, 50)
        ordered = torch.equal(got, got.sort(1).values)
        gap = (got - got[:, :1] - (jumps - jumps[0])) % 90
        gap = torch.minimum(gap, 90 - gap).max().item()
        attempt.expect(
            gap < 1e-2,
            expected="the distances between the jumps as they were, around the end",
            got=f"distances that differ by up to {gap:.3g}",
            mistake="you sorted each row; column j belongs to jump j"
            if ordered
            else "one random shift for each draw, shared by all its jumps: `torch.rand(draws, 1, ...)`",
        )
    with attempt.part("every shift is as likely as any other"):
        got = draw(torch.tensor([30.0]), 200, 4000)[:, 0]
        attempt.expect(
            len(got.unique()) > 100,
            expected="another shift in each draw",
            got=f"{len(got.unique())} different shifts in 4000 draws",
            mistake="one random shift for each draw: `torch.rand(draws, 1, ...)`",
        )
        counts = torch.histc(got, bins=10, min=0, max=200)
        attempt.expect(
            counts.min() > 300 and counts.max() < 500,
            expected="about 400 of 4000 shifted times in each tenth of the run",
            got=f"between {int(counts.min())} and {int(counts.max())}",
            mistake="shifts are uniform from 0 to `length`",
        )


@exercise(
    "4.5",
    "attacks",
    title="The direction that hurts",
    kit=toy.adversarial.attacks,
    hints=(
        "Output i before its bias is Σⱼ (WᵀW)ᵢⱼ xⱼ. Of all steps of length 1, which one raises it most?",
        "A step along its gradient: row i of WᵀW, divided by its length.",
        "`G = W.transpose(1, 2) @ W`, then `torch.nn.functional.normalize(G, dim=2)`: it leaves a row of "
        "zeros as it is.",
    ),
)
def _(attempt: Attempt):
    def compare(W):
        got = attempt.call(W)
        count, _, n = W.shape
        want = torch.zeros(count, n, n, dtype=W.dtype)
        raw = torch.zeros(count, n, n, dtype=W.dtype)
        for a in range(count):
            for i in range(n):
                row = torch.stack([W[a, :, i] @ W[a, :, j] for j in range(n)])
                raw[a, i] = row
                want[a, i] = row / row.norm() if row.norm() > 0 else row
        columns = torch.nn.functional.normalize(W, dim=1)
        cosine = columns.transpose(1, 2) @ columns
        mistakes = {
            "you left out the division by the length": raw,
            "divide by the length once, not by its square": torch.nan_to_num(
                raw / (raw**2).sum(2, keepdim=True)
            ),
            "you divided by the sum of sizes; the length is the root of the sum of squares": torch.nan_to_num(
                raw / raw.abs().sum(2, keepdim=True)
            ),
            "divide each row by its own length, not by that of the whole matrix": raw
            / raw.flatten(1).norm(dim=1)[:, None, None],
            "one length for each row, not for each column": torch.nan_to_num(
                raw / raw.norm(dim=1, keepdim=True)
            ),
            "the sign: this step lowers the output": -want,
            "those are cosines between the columns of W; take row i of WᵀW, and divide by its length": cosine,
            "lengths count: take row i of WᵀW, not of the cosines": torch.nn.functional.normalize(
                cosine, dim=2
            ),
            "entry i belongs to row i as well: keep the diagonal": torch.nn.functional.normalize(
                raw - torch.diag_embed(raw.diagonal(dim1=1, dim2=2)), dim=2
            ),
            "a step along xᵢ alone ignores what the other features do to output i": torch.eye(n)
            .to(W)
            .expand(count, n, n),
        }
        attempt.expect_close(got, want, mistakes=mistakes, **CLOSE)
        attempt.expect_dtype(got, W.dtype)

    with attempt.part("an antipodal pair, and a feature alone"):
        compare(torch.tensor([[[1.0, -1.0, 0.0], [0.0, 0.0, 2.0]]]))
    with attempt.part("a feature that is not stored"):
        compare(torch.tensor([[[1.0, 0.0, -0.5]], [[0.0, 0.3, 0.4]]]))
    with attempt.part("random models"):
        compare(attempt.randn(1, 2, 5))
        compare(attempt.randn(3, 3, 4))
        compare(attempt.randn(2, 2, 2).double())


@exercise(
    "4.6",
    "vulnerability",
    title="The worst case",
    points=2,
    kit=toy.adversarial.vulnerability,
    hints=(
        "The loss of one input: `((x - toy.forward(W, b, x)) ** 2).sum(-1)`, of shape (inst, batch). Compute "
        "it for the clean inputs first.",
        "Loop over the directions. For each, the loss of x + size · direction, the target still x; keep the "
        "larger with `torch.maximum`.",
        "`attacked = x + (size[:, None] * directions[:, k])[:, None]`. Start `worst` at the clean loss. At "
        "the end, the mean over the batch of worst − clean.",
    ),
)
def _(attempt: Attempt):
    def pieces(W, b, x, directions, size, target_moves=False, relu=True):
        """Rise of each input for each direction: "inst attack batch", and the clean loss."""
        rises, cleans = [], []
        for a in range(len(W)):

            def loss(inputs, a=a, moved=None):
                out = inputs @ W[a].T @ W[a] + b[a]
                out = out.clamp(min=0) if relu else out
                return (((inputs if target_moves else x[a]) - out) ** 2).sum(1)

            cleans.append(loss(x[a]))
            rises.append(torch.stack([loss(x[a] + size[a] * d) - cleans[-1] for d in directions[a]]))
        return torch.stack(rises), torch.stack(cleans)

    def compare(*inputs):
        got = attempt.call(*inputs)
        W, b, x, directions, size = inputs
        rise, clean = pieces(*inputs)
        want = rise.amax(1).clamp(min=0).mean(1)
        forced = rise.amax(1).mean(1)
        unit = pieces(W, b, x, directions, torch.ones_like(size))[0]
        first = pieces(W, b, x, directions, size[:1].expand_as(size))[0]
        moved = pieces(*inputs, target_moves=True)[0]
        mistakes = {
            "one direction for all inputs; each input has its own worst one": rise.mean(2)
            .amax(1)
            .clamp(min=0),
            "no attack is an option too, for each input: its rise is at least 0, before the mean": forced,
            "that is the attacked loss; subtract the clean one": want + clean.mean(1),
            "you averaged over the attacks; the attacker takes the worst": rise.mean(1).mean(1),
            "a mean over the attacks; the attacker takes the worst": rise.mean(1).clamp(min=0).mean(1),
            "you summed over the attacks; the attacker takes one, the worst": rise.clamp(min=0)
            .sum(1)
            .mean(1),
            "that is the worst input; average over the batch": rise.amax(1).clamp(min=0).amax(1),
            "you summed over the batch; average": rise.amax(1).clamp(min=0).sum(1),
            "the target stays the clean x: only what the model sees is attacked": moved.amax(1)
            .clamp(min=0)
            .mean(1),
            "you forgot `size`: the directions have length 1": unit.amax(1).clamp(min=0).mean(1),
            "you used the first model's size for all": first.amax(1).clamp(min=0).mean(1),
            "you forgot the bias": pieces(W, 0 * b, x, directions, size)[0].amax(1).clamp(min=0).mean(1),
            "you forgot the ReLU": pieces(*inputs, relu=False)[0].amax(1).clamp(min=0).mean(1),
            "you averaged over the features; the loss is the sum over them": want / x.shape[2],
        }
        if directions.shape[1] == directions.shape[2]:
            turned = pieces(W, b, x, directions.transpose(1, 2), size)[0]
            name = "a direction is a row, `directions[:, k]`, not a column"
            mistakes[name] = turned.amax(1).clamp(min=0).mean(1)
        scalar = torch.is_tensor(got) and got.ndim == 0
        advice = "one number for each model: average over the batch only" if scalar else ""
        attempt.expect_shape(got, (len(W),), mistake=advice)
        attempt.expect_close(got, want, mistakes=mistakes, **CLOSE)

    def model(inst, m, n, batch, count):
        W, b = attempt.randn(inst, m, n), 0.3 * attempt.randn(inst, n)
        x = attempt.rand(inst, batch, n)
        directions = torch.nn.functional.normalize(attempt.randn(inst, count, n), dim=2)
        return W, b, x, directions, attempt.rand(inst, low=0.2, high=0.9)

    with attempt.part("three inputs of an antipodal pair: both attacks help the first"):
        W, x = torch.tensor([[[1.0, -1.0]]]), torch.tensor([[[0.3, 0.2], [0.5, 0.0], [0.0, 0.3]]])
        directions = torch.tensor([[[1.0, 0.0], [0.8, -0.6]]])
        compare(W, torch.zeros(1, 2), x, directions, torch.tensor([0.1]))
    with attempt.part("one feature alone: the rise is the square of the step"):
        compare(
            torch.ones(1, 1, 1), torch.zeros(1, 1), torch.full((1, 2, 1), 0.5), torch.ones(1, 1, 1),
            torch.tensor([0.2]),
        )  # fmt: skip
    with attempt.part("random models"):
        compare(*model(3, 2, 5, 7, 4))
        compare(*model(2, 3, 4, 5, 6))
    with attempt.part("one model, one input"):
        compare(*model(1, 2, 3, 1, 5))


@exercise(
    "4.7",
    "equal_width",
    title="The width that one feature a dimension would need",
    kit=toy.adversarial.equal_width,
    hints=(
        "With k dimensions, k features come out exactly and cost nothing. What do the other n − k cost?",
        "Each of them costs p/3 − p²/4 (lesson 02), so L = (n − k)(p/3 − p²/4).",
        "k = n − L / (p/3 − p²/4). A fraction is fine.",
    ),
)
def _(attempt: Attempt):
    def compare(loss, n, p):
        got = attempt.call(loss, n, p)
        variance = p / 3 - p**2 / 4
        attempt.expect_close(
            got,
            n - loss / variance,
            mistakes={
                "that is the number of features that are not stored: n − k": loss / variance,
                "a feature that is not stored is guessed at its mean: it costs p/3 − p²/4": n
                - loss / (p / 3),
                "that is the variance of a feature that is always on": n - loss / (1 / 12),
                "that is the share of the features, k/n": 1 - loss / variance / n,
                "you left out the division by what one feature costs": n - loss,
                "you multiplied where you should divide: L = (n − k)(p/3 − p²/4)": n - loss * variance,
                "you rounded: a fraction is fine": (n - loss / variance).round(),
                "you rounded up: a fraction is fine": (n - loss / variance).ceil(),
            },
            **CLOSE,
        )

    with attempt.part("by hand"):
        compare(torch.tensor([1.5, 0.5]), 20, torch.tensor([1.0, 1.0]))  # a feature costs 1/12
        compare(torch.tensor([7 / 60, 77 / 300]), 5, torch.tensor([0.4, 0.4]))  # 7/75 a feature
    with attempt.part("all kept, none kept"):
        p = torch.tensor([0.2, 0.6])
        compare(torch.zeros(2), 8, p)
        compare(8 * (p / 3 - p**2 / 4), 8, p)
    with attempt.part("random losses"):
        compare(attempt.rand(6, high=0.3), 30, attempt.rand(6, low=0.05))
