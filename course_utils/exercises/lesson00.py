"""Checks of lesson 00: two tiny exercises that show how all the others work."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils.checks.engine import exercise

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


@exercise(
    "0.1",
    "draw_features",
    title="Draw sparse features",
    points=2,
    kit=draw_features,
    hints=(
        "You need two draws for each entry: one decides whether it is active, the other gives its value.",
        "`torch.rand(samples, n, generator=generator)` is a table of uniform numbers. A uniform number lies "
        "below p with probability p: compare one such table with `density` to get the mask.",
        "`active = torch.rand(samples, n, generator=generator) < density`, with `n = len(density)`. Return "
        "`active` times a second table of uniform numbers.",
    ),
)
def _(attempt):
    def draw(density, samples=MANY):
        return attempt.call(samples, torch.tensor(density), attempt.generator)

    with attempt.part("one row for each sample, one column for each feature"):
        got = draw([0.5, 0.5, 0.5], 4)
        is_mask = torch.is_tensor(got) and got.dtype == torch.bool
        attempt.expect(
            not is_mask,
            expected="numbers from 0 to 1",
            got=got,
            mistake="you returned the mask: multiply it by a second table of uniform numbers",
        )
        for samples, density in [(7, [0.5, 0.5, 0.5]), (1, [0.2, 0.9]), (4, [0.3])]:
            got = draw(density, samples)
            one_row = torch.is_tensor(got) and tuple(got.shape) == (len(density),)
            mistake = "you drew one row: there is one for each sample" if one_row else ""
            attempt.expect_shape(got, (samples, len(density)), mistake=mistake)
        got = draw([0.9] * 5, 100)
        attempt.expect(
            got.min() >= 0 and got.max() <= 1,
            expected="all values from 0 to 1",
            got=f"values from {got.min():.3g} to {got.max():.3g}",
            mistake="the values are not uniform on [0, 1): `torch.randn` is the normal distribution",
        )

    with attempt.part("how often each feature is active"):
        density = [0.1, 0.0, 0.3, 0.8, 1.0]
        p = torch.tensor(density)
        x = draw(density)
        active = x > 0
        always = p > 0  # what is active where nothing was left to chance
        attempt.expect(
            not (active == active[0]).all()
            or active[0].all()
            or not active.any()
            or torch.equal(active[0], always),
            expected="different active features from sample to sample",
            got="all samples have the same active features",
            mistake="you drew one mask and used it for all samples",
        )
        scaled = (
            "you scaled the values by the density: every entry is active. Density is how often, not how large"
        )
        attempt.expect_close(
            active.float().mean(0),
            p,
            tried=f"share of samples in which each feature is active, density {density}",
            mistakes={
                "you swapped active and inactive: a uniform number is *below* p with probability p": 1 - p,
                "every entry is active: the mask is missing": torch.ones(5),
                scaled if (x <= p).all() else "every feature of density above 0 is always active": (
                    always.float()
                ),
                "no entry is active": torch.zeros(5),
                "all features have one density: use `density[i]` for feature i": p.mean().expand(5),
                "all features have the density of the first: use `density[i]` for feature i": p[0].expand(5),
            },
            atol=0.03,
        )

    with attempt.part("features are active independently of each other"):
        active = (draw([0.5, 0.5, 0.5, 0.5]) > 0).float()
        count = active.sum(1)
        attempt.expect(
            count.min() != count.max(),
            expected="sometimes few active features, sometimes many",
            got=f"exactly {count[0]:g} active features in every sample",
            mistake="you fixed the number of active features: each one is drawn by itself",
        )
        attempt.expect_close(
            (active[:, 0] * active[:, 1]).mean(),
            0.25,
            tried="share of samples in which features 0 and 1 are both active, density 0.5 each",
            mistakes={"all features of a sample share one mask: draw one for each feature": 0.5},
            atol=0.03,
        )

    with attempt.part("values of active features"):
        x = draw([0.6, 0.6])
        attempt.expect_close(
            x[x > 0].mean(),
            0.5,
            tried="mean of the active values, density 0.6",
            mistakes={
                "no active value exceeds the density: are mask and value the same random numbers?": 0.3,
                "no active value is small: are mask and value the same random numbers?": 0.7,
                "active features are all 1: you returned the mask": 1.0,
            },
            atol=0.03,
        )
        both = x[(x > 0).all(1)]
        attempt.expect_close(
            both.prod(1).mean(),
            0.25,
            tried="mean of x_0 · x_1 where both are active",
            mistakes={"all features of a sample share one value: draw one for each": 1 / 3},
            atol=0.03,
        )
        attempt.expect_close((x[x > 0] ** 2).mean(), 1 / 3, tried="mean square of active values", atol=0.03)

    with attempt.part("random numbers come from the given generator"):
        first, second = draw([0.5] * 8, 50), draw([0.5] * 8, 50)
        attempt.expect_own_generator()
        attempt.expect(
            not torch.equal(first, second),
            expected="two calls in a row give different samples",
            got="the same samples twice",
            mistake="you seed a generator inside the function: use the given one as it is",
        )

    with attempt.part("how many entries are active is left to chance"):
        counts = {int((draw([0.5] * 8, 50) > 0).sum()) for _ in range(10)}
        attempt.expect(
            len(counts) > 1,  # ten equal counts of 400 fair coins: less than once in 10^12
            tried="the number of active entries in ten calls, density 0.5, 50 samples of 8 features",
            expected="not always the same number",
            got=f"{min(counts)} in each call",
            mistake="you fixed how many entries are active: each is drawn by itself, with probability "
            "`density[i]`",
        )


def _from_angles(angles, lengths):
    """Columns of given directions and lengths in the plane: the cosine of two is that of their angle."""
    return lengths * torch.stack([angles.cos(), angles.sin()])


@exercise(
    "0.2",
    "cosine_similarities",
    title="How much do directions overlap?",
    points=2,
    kit=cosine_similarities,
    hints=(
        "All dot products of columns at once are one matrix product.",
        "Divide each column by its length first: then the dot product *is* the cosine. "
        "`W.norm(dim=0)` gives the lengths of the columns.",
        "`lengths = W.norm(dim=0)`; put 1 where a length is 0, `torch.where(lengths > 0, lengths, 1)`; "
        "divide `W` by that; the answer is `directions.T @ directions`.",
    ),
)
def _(attempt):
    with attempt.part("three directions by hand"):
        W = torch.tensor([[1.0, 0.0, -2.0], [0.0, 3.0, 2.0]])
        half = math.sqrt(0.5)
        want = torch.tensor([[1, 0, -half], [0, 1, half], [-half, half, 1]])
        attempt.expect_close(attempt.call(W), want, atol=1e-3, mistakes=_mistakes(W, want))

    with attempt.part("any angles and lengths"):
        angles, lengths = attempt.rand(6, high=2 * math.pi), attempt.rand(6, low=0.1, high=3.0)
        W = _from_angles(angles, lengths)
        want = (angles[:, None] - angles).cos()
        attempt.expect_close(attempt.call(W), want, atol=1e-4, mistakes=_mistakes(W, want))
        turn = torch.linalg.qr(attempt.randn(7, 7)).Q[
            :, :2
        ]  # the same directions, in a plane of 7 dimensions
        attempt.expect_close(attempt.call(turn @ W), want, atol=1e-4, mistakes=_mistakes(turn @ W, want))
        attempt.expect_close(attempt.call(W[:, :1]), torch.ones(1, 1), atol=1e-4)

    with attempt.part("very short directions"):
        got = attempt.call(1e-3 * torch.eye(4))
        attempt.expect(
            got.diagonal().min() > 0.999,
            expected="1 on the diagonal",
            got=got,
            mistake="you added something to the lengths: a short direction feels it",
        )

    with attempt.part("a feature without a direction"):
        W = torch.tensor([[3.0, 0.0, 0.0], [4.0, 0.0, 5.0]])
        want = torch.tensor([[1.0, 0.0, 0.8], [0.0, 0.0, 0.0], [0.8, 0.0, 1.0]])
        mistakes = {
            "the similarity of a zero column with itself is 0 here, too": want + torch.diag(Tensor([0, 1, 0]))
        }
        got = attempt.call(W, finite=False)
        attempt.expect(
            got.isfinite().all(),
            expected=want,
            got=got,
            mistake="a zero column gives 0/0: divide by 1 where the length is 0",
        )
        attempt.expect_close(got, want, mistakes=mistakes)

    with attempt.part("float64 stays float64"):
        got = attempt.call(torch.eye(3, dtype=torch.float64))
        attempt.expect_dtype(got, torch.float64)
        attempt.expect_close(got, torch.eye(3, dtype=torch.float64), rtol=1e-6)


def _mistakes(W, want):
    """What the usual mistakes give for `W`."""
    lengths = W.norm(dim=0)
    rows = W / W.norm(dim=1, keepdim=True)
    centred = W - W.mean(0)
    centred = centred / centred.norm(dim=0).clamp_min(1e-12)
    return {
        "you forgot to divide by the lengths": W.T @ W,
        "you divided by one length only: a cosine divides by both": W.T @ W / lengths,
        "you divided by one length only, the row's: a cosine divides by both": W.T @ W / lengths[:, None],
        "you divided by the squared lengths": (W / lengths**2).T @ (W / lengths**2),
        "you divided by the length of the whole matrix: each column has its own": W.T @ W / W.square().sum(),
        "you compared the rows: features are the columns of `W`": rows @ rows.T,
        "you normalised the rows: features are the columns of `W`": rows.T @ rows,
        "you took the absolute value: the sign says whether features push together or apart": want.abs(),
        "you returned the angle, not its cosine": want.clamp(-1, 1).arccos(),
        "you subtracted the mean: that is a correlation": centred.T @ centred,
        "you set the diagonal to 0: a direction has cosine 1 with itself": want - torch.eye(len(want)),
    }
