"""Checks of lesson 06, Sparse autoencoders, where the truth is known."""

from __future__ import annotations

from itertools import accumulate, pairwise

import torch

from course_utils.checks.engine import Attempt, exercise
from course_utils.sae import recovery, variants

CUT = "you cut the graph with `detach`, `.data`, `.item()` or `no_grad`"


@exercise(
    "6.1",
    "best_cosines",
    title="How well is each feature recovered?",
    points=2,
    kit=recovery.best_cosines,
    hints=(
        "A cosine is an inner product of two vectors of norm 1. So bring all rows to norm 1 first.",
        "All cosines at once are one matrix product, truth against dictionary: shape (n, d_sae). Which "
        "dimension belongs to the dictionary?",
        "`F.normalize(truth, dim=1) @ F.normalize(dictionary, dim=1).T`, then `.amax(dim=1)`.",
    ),
)
def _(attempt: Attempt):
    def unit(rows):
        return rows / rows.square().sum(1, keepdim=True).sqrt()

    def mistakes(truth, dictionary):
        cosines = unit(truth) @ unit(dictionary).T
        return {
            "you did not bring the dictionary's rows to norm 1": (unit(truth) @ dictionary.T).amax(1),
            "you did not bring the true directions to norm 1": (truth @ unit(dictionary).T).amax(1),
            "these are inner products: bring both to norm 1": (truth @ dictionary.T).amax(1),
            "you took the best feature for each row of the dictionary: wanted is the best row for each "
            "feature": cosines.amax(0),
            "a latent that points the other way is no match: take the cosine as it is": cosines.abs().amax(1),
            "you averaged over the dictionary: take the largest": cosines.mean(1),
            "you took the smallest cosine": cosines.amin(1),
            "you averaged over the features: return one number for each": cosines.amax(1).mean(),
            "you squared the cosines": cosines.square().amax(1),
            "you divided by the whole matrix's norm: each row has its own": (
                truth / truth.norm() @ (dictionary / dictionary.norm()).T
            ).amax(1),
            "you normalised the columns (`dim=0`): a direction is a row": (
                unit(truth.T).T @ unit(dictionary.T)
            ).amax(1),
            "you divided by the squared norms": (
                truth @ dictionary.T / truth.square().sum(1, keepdim=True) / dictionary.square().sum(1)
            ).amax(1),
            "you took the row with the largest inner product: a long row isn't nearer, so normalise first": (
                cosines.gather(1, (truth @ dictionary.T).argmax(1, keepdim=True))[:, 0]
            ),
            "a best cosine may be negative: don't cut it at 0": cosines.amax(1).clamp(min=0),
            "you returned the best rows' numbers: take the cosine (`max`, not `argmax`)": cosines.argmax(1),
        }

    with attempt.part("a case by hand"):
        truth = torch.tensor([[2.0, 0.0], [0.0, 0.5], [-1.0, -1.0]])
        dictionary = torch.tensor([[3.0, 4.0], [0.0, -2.0]])
        # cosines: (.6, 0), (.8, −1), (−.99, .71)
        got = attempt.call(truth, dictionary)
        attempt.expect_close(
            got, torch.tensor([0.6, 0.8, 0.5**0.5]), mistakes=mistakes(truth, dictionary), rtol=1e-3
        )
    with attempt.part("other sizes"):
        for n, k, m in ((7, 12, 4), (5, 1, 3), (1, 6, 2), (6, 6, 6)):
            truth, dictionary = attempt.randn(n, m), 3 * attempt.randn(k, m)
            want = torch.stack(
                [
                    max((a @ b) / ((a @ a) * (b @ b)).sqrt() for b in dictionary)  # one pair at a time
                    for a in truth
                ]
            )
            attempt.expect_close(
                attempt.call(truth, dictionary),
                want,
                mistakes=mistakes(truth, dictionary),
                rtol=1e-3,
                atol=1e-5,
            )
    with attempt.part("a dictionary that holds the truth"):
        truth = attempt.randn(5, 4)
        dictionary = torch.cat([attempt.randn(3, 4), 7 * truth[[4, 2, 0, 1, 3]]])
        attempt.expect_close(
            attempt.call(truth, dictionary),
            torch.ones(5),
            mistakes=mistakes(truth, dictionary),
            rtol=1e-3,
        )


@exercise(
    "6.2",
    "shrunk",
    title="What the L1 penalty does to a size",
    kit=recovery.shrunk,
    hints=(
        "For f > 0 the loss is a parabola in f. Where is its slope 0? Then remember that f may not be "
        "negative.",
        "d/df of (a − f)² + λf is −2(a − f) + λ. It is 0 at f = a − λ/2.",
        "`(a - l1_coefficient / 2).clamp(min=0)`",
    ),
)
def _(attempt: Attempt):
    def mistakes(a, c):
        return {
            "the penalty pulls by λ/2, not λ: the square's slope is −2(a − f)": (a - c).clamp(min=0),
            "f may not be negative: a size below λ/2 becomes 0": a - c / 2,
            "you forgot the penalty: f = a is best only at λ = 0": a.clamp(min=0),
            "that is what λf² (L2) does: it divides, L1 subtracts": (a / (1 + c)).clamp(min=0),
            "the penalty makes f smaller, not larger": (a + c / 2).clamp(min=0),
            "sizes below λ/2 become 0, but those above it shrink as well": torch.where(a > c / 2, a, 0.0),
            "f is never negative: there is no second, negative branch": a.sign()
            * (a.abs() - c / 2).clamp(min=0),
            "L1 subtracts λ/2, whatever the size: it doesn't scale a": (a * (1 - c / 2)).clamp(min=0),
            "the square's slope has a factor 2: divide by it": (2 * a - c).clamp(min=0),
            "sizes are cut off below λ/2, not below λ": torch.where(a > c, a - c / 2, 0.0),
            "that is the least loss; wanted is the f that gives it": torch.where(
                a > c / 2, c * a - c * c / 4, a * a
            ),
        }

    cases = [
        ("sizes by hand", [1.0, 0.2, 0.5, 3.0, 0.0], 1.2, [0.4, 0.0, 0.0, 2.4, 0.0]),
        ("another λ", [0.4, 1.0, 2.0], 0.6, [0.1, 0.7, 1.7]),
        ("a negative a", [-2.0, -0.1, 1.0], 0.4, [0.0, 0.0, 0.8]),
        ("no penalty", [-1.0, 0.3, 2.0], 0.0, [0.0, 0.3, 2.0]),
    ]
    for name, a, c, want in cases:
        with attempt.part(name):
            a = torch.tensor(a)
            attempt.expect_close(attempt.call(a, c), torch.tensor(want), mistakes=mistakes(a, c), rtol=1e-3)
    with attempt.part("no other f is better"):
        a, c = 2 * attempt.randn(4, 3), float(attempt.rand(1, low=0.2, high=2))
        f = attempt.call(a, c)
        attempt.expect_shape(f, (4, 3))
        attempt.expect((f >= 0).all(), expected="f ≥ 0", got=f, mistake="f may not be negative")
        others = torch.linspace(0, 6, 601)[:, None, None]
        loss, best = (a - f) ** 2 + c * f, ((a - others) ** 2 + c * others).amin(0)
        worst = (loss - best).max().item()
        attempt.expect(
            worst < 1e-3,
            expected=f"the least (a − f)² + λf, with λ = {c:.3g}",
            got=f"for one a, another f has a loss lower by {worst:.3g}",
        )


@exercise(
    "6.3",
    "stretch",
    title="Undo it with one number",
    points=2,
    kit=recovery.stretch,
    hints=(
        "Write u = x − b_dec and v = x̂ − b_dec. The sum of ‖u − s v‖² over all tokens is a parabola in s.",
        "Its slope is −2 Σ u·v + 2 s Σ ‖v‖². Set it to 0.",
        "`((x - b_dec) * (x_hat - b_dec)).sum() / ((x_hat - b_dec) ** 2).sum()`, then `.item()`.",
    ),
)
def _(attempt: Attempt):
    def mistakes(x, x_hat, b):
        u, v = x - b, x_hat - b
        return {
            "you forgot to subtract b_dec: only the latents' part is stretched": (x * x_hat).sum()
            / x_hat.square().sum(),
            "upside down: divide by Σ‖x̂ − b_dec‖²": v.square().sum() / (u * v).sum(),
            "you divided by Σ‖x − b_dec‖²: that is the factor from x to x̂": (u * v).sum() / u.square().sum(),
            "that is the ratio of the norms: it would count noise in x as size": (
                u.square().sum() / v.square().sum()
            ).sqrt(),
            "you averaged one factor for each token: there is one for all, from sums over all tokens": (
                (u * v).sum(1) / v.square().sum(1)
            ).mean(),
            "a factor for each token: there is one for all, from sums over all tokens": (u * v).sum(1)
            / v.square().sum(1),
            "a factor for each dimension: there is one for all": (u * v).sum(0) / v.square().sum(0),
            "you averaged the ratios entry by entry": (u / v).mean(),
            "you subtracted the means: subtract b_dec": ((x - x.mean(0)) * (x_hat - x_hat.mean(0))).sum()
            / (x_hat - x_hat.mean(0)).square().sum(),
            "that is the ratio of the mean norms: it would count noise in x as size": u.norm(dim=1).mean()
            / v.norm(dim=1).mean(),
            "you forgot to divide by Σ‖x̂ − b_dec‖²": (u * v).sum(),
            "you subtracted b_dec from x only": (u * x_hat).sum() / x_hat.square().sum(),
            "you subtracted b_dec from x̂ only": (x * v).sum() / v.square().sum(),
            "that is the cosine: divide by Σ‖x̂ − b_dec‖², not by both lengths": (u * v).sum()
            / (u.norm() * v.norm()),
        }

    with attempt.part("a case by hand"):
        x = torch.tensor([[3.0, 1.0], [1.0, 4.0]])
        x_hat, b = torch.tensor([[2.0, 1.0], [2.0, 3.0]]), torch.tensor([1.0, 0.0])
        # u = (2, 1), (0, 4); v = (1, 1), (1, 3): u·v = 3 + 12, ‖v‖² = 2 + 10
        attempt.expect_close(attempt.call(x, x_hat, b), 15 / 12, mistakes=mistakes(x, x_hat, b), rtol=1e-3)
    with attempt.part("a reconstruction that is too small"):
        x, b = attempt.randn(30, 4), attempt.randn(4)
        x_hat = b + (x - b) / 1.6
        attempt.expect_close(attempt.call(x, x_hat, b), 1.6, mistakes=mistakes(x, x_hat, b), rtol=1e-3)
    with attempt.part("no other factor is better"):
        for tokens, d in ((20, 5), (1, 3)):
            x, b = attempt.randn(tokens, d), attempt.randn(d)
            x_hat = b + 0.7 * (x - b) + 0.4 * attempt.randn(tokens, d)
            # the slope of the error at the right factor is 0: solve it with lstsq
            want = torch.linalg.lstsq((x_hat - b).reshape(-1, 1), (x - b).reshape(-1, 1)).solution.item()
            attempt.expect_close(attempt.call(x, x_hat, b), want, mistakes=mistakes(x, x_hat, b), rtol=1e-3)


@exercise(
    "6.4",
    "keep_k",
    title="TopK",
    points=2,
    kit=variants.keep_k,
    hints=(
        "`z.topk(k, dim=-1)` gives the values and their places. The result has zeros everywhere else.",
        "`torch.zeros_like(z).scatter(-1, places, values)` puts the values back. Negative ones stay out: "
        "take the ReLU.",
        "`values, places = z.relu().topk(k, dim=-1)`, then "
        "`torch.zeros_like(z).scatter(-1, places, values)`.",
    ),
)
def _(attempt: Attempt):
    def mistakes(z, k):
        def top(v, k, size):
            kept = size.topk(k, dim=-1).indices
            return torch.zeros_like(v).scatter(-1, kept, v.gather(-1, kept))

        found = {
            "you forgot the ReLU: a negative pre-activation is not kept": top(z, k, z),
            "you ranked by absolute value: a large negative pre-activation is not kept": top(z, k, z.abs()),
            "you ranked by absolute value: negative ones took places": top(z, k, z.abs()).relu(),
            "you kept the k smallest": top(z.relu(), k, -z),
            "you kept k for the whole batch: each input keeps k": variants.top_k(
                z.relu().flatten(), k
            ).view_as(z),
            "you kept k·batch over the whole batch; here each input keeps its own k": variants.top_k(
                z.relu().flatten(), k * len(z)
            ).view_as(z),
            "kept activations keep their value; you returned 1 for them": (top(z.relu(), k, z) > 0).to(
                z.dtype
            ),
            "kept activations keep their value: multiply your mask by z": top(torch.ones_like(z), k, z),
            "these are the k values without their places: put them back among zeros": z.topk(k).values.relu(),
            "these are the k values without their places, and without the ReLU": z.topk(k).values,
            "the k-th largest itself is missing: `>` in place of `>=`?": top(z.relu(), k - 1, z),
            "you kept all positive ones: only the k largest stay": z.relu(),
            "you shifted the kept ones: they keep their value": (
                z - z.topk(min(k + 1, z.shape[-1]), dim=-1).values[..., -1:]
            ).relu(),
        }
        if len(z) >= k:
            found["you ranked along the batch (`dim=0`): rank each input's latents"] = torch.zeros_like(
                z
            ).scatter(0, z.topk(k, dim=0).indices, z.relu().topk(k, dim=0).values)
        return found

    with attempt.part("a case by hand"):
        z = torch.tensor(
            [[3.0, -4.0, 1.0, 2.0], [1.0, 0.5, -2.0, -3.0], [5.0, 6.0, 7.0, 8.0], [-1.0, -2.0, -3.0, 0.5]]
        )
        want = torch.tensor([[3.0, 0, 0, 2], [1, 0.5, 0, 0], [0, 0, 7, 8], [0, 0, 0, 0.5]])
        attempt.expect_close(attempt.call(z, 2), want, mistakes=mistakes(z, 2))
    with attempt.part("other sizes"):
        for batch, width, k in ((6, 9, 3), (1, 5, 1), (4, 4, 4), (3, 12, 1)):
            z = attempt.randn(batch, width)
            want = torch.zeros(batch, width)
            for row in range(batch):
                order = sorted(range(width), key=lambda i: -z[row, i].item())
                for i in order[:k]:
                    want[row, i] = max(z[row, i].item(), 0.0)
            attempt.expect_close(attempt.call(z, k), want, mistakes=mistakes(z, k))
    with attempt.part("its gradient"):
        z = attempt.randn(5, 8).requires_grad_()
        f = attempt.call(z, 3)
        attempt.expect(f.requires_grad, expected="a result that gradients flow through", got=f, mistake=CUT)
        grad = torch.autograd.grad(f.sum(), z)[0]
        attempt.expect_close(
            grad,
            (f > 0).float().detach(),
            tried="the gradient of keep_k(z, 3).sum()",
            mistakes={"the gradient reaches latents that were dropped": torch.ones(5, 8)},
        )


@exercise(
    "6.5",
    "keep_batch_k",
    title="BatchTopK",
    points=2,
    kit=variants.keep_batch_k,
    hints=(
        "It is TopK on the whole batch as if it were one long input. How many does it keep?",
        "`z.flatten()` makes one row of it, `.view_as(z)` or `.view(z.shape)` puts it back. Keep "
        "`k * len(z)`.",
        "`keep_k(z.reshape(1, -1), k * len(z)).view_as(z)`, with your own `keep_k`.",
    ),
)
def _(attempt: Attempt):
    def mistakes(z, k):
        flat, total = z.flatten(), k * len(z)
        kept = flat.topk(min(total, flat.numel()))
        signed = torch.zeros_like(flat).scatter(0, kept.indices, kept.values).view_as(z)
        found = {
            "each input kept k of its own: that is TopK. Rank the whole batch together": variants.top_k(
                z.relu(), k
            ),
            "you forgot the ReLU: a negative pre-activation is not kept": signed,
            "you kept k in the whole batch: it is k for each input, k·batch in all": variants.top_k(
                z.relu().flatten(), k
            ).view_as(z),
            "you kept all positive ones": z.relu(),
            "kept activations keep their value; you returned 1 for them": (signed > 0).to(z.dtype),
            "the smallest that should stay is missing: `>` in place of `>=`?": signed.relu()
            * (signed > kept.values.min()),
            "you ranked by absolute value: negative ones took places": torch.zeros_like(flat)
            .scatter(0, flat.abs().topk(min(total, flat.numel())).indices, 1.0)
            .mul(flat.relu())
            .view_as(z),
            "the result is still flat: give it z's shape": signed.relu().flatten(),
            "the places got mixed up on the way back: `.view_as(z)`": signed.relu().view(*z.T.shape).T,
        }
        if k * z.shape[1] <= flat.numel():
            found["the factor is the batch's size, not the number of latents"] = variants.top_k(
                z.relu().flatten(), k * z.shape[1]
            ).view_as(z)
        if k <= len(z):
            found["you ranked each latent over the batch (`dim=0`): rank the whole batch together"] = (
                torch.zeros_like(z).scatter(0, z.topk(k, dim=0).indices, z.relu().topk(k, dim=0).values)
            )
        return found

    with attempt.part("a case by hand"):
        z = torch.tensor([[3.0, 9.0, 1.0, 8.0], [-1.0, 0.5, 2.0, -3.0], [-9.5, -10.0, -11.0, 4.0]])
        want = torch.tensor([[0.0, 9, 0, 8], [0, 0, 0, 0], [0, 0, 0, 4]])
        attempt.expect_close(attempt.call(z, 1), want, mistakes=mistakes(z, 1))
        want = torch.tensor([[3.0, 9, 1, 8], [0, 0, 2, 0], [0, 0, 0, 4]])
        attempt.expect_close(attempt.call(z, 2), want, mistakes=mistakes(z, 2))
    with attempt.part("fewer positive ones than places"):
        z = torch.tensor([[-1.0, 2.0, -3.0], [-4.0, -5.0, -6.0]])
        want = torch.tensor([[0.0, 2, 0], [0, 0, 0]])
        attempt.expect_close(attempt.call(z, 2), want, mistakes=mistakes(z, 2))
    with attempt.part("other sizes"):
        for batch, width, k in ((6, 9, 3), (1, 5, 2), (7, 4, 1), (3, 11, 2)):
            z = attempt.randn(batch, width)
            cut = sorted(z.flatten().tolist(), reverse=True)[k * batch - 1]
            want = torch.tensor([[max(v, 0.0) * (v >= cut) for v in row] for row in z.tolist()])
            attempt.expect_close(attempt.call(z, k), want, mistakes=mistakes(z, k))
    with attempt.part("its gradient"):
        z = attempt.randn(5, 8).requires_grad_()
        f = attempt.call(z, 2)
        attempt.expect(f.requires_grad, expected="a result that gradients flow through", got=f, mistake=CUT)
        grad = torch.autograd.grad(f.sum(), z)[0]
        attempt.expect_close(grad, (f > 0).float().detach(), tried="the gradient of keep_batch_k(z, 2).sum()")


@exercise(
    "6.6",
    "nested_loss",
    title="Matryoshka",
    points=2,
    kit=variants.nested_loss,
    hints=(
        "For each m in `prefixes`: reconstruct with the first m latents only, and take the squared error.",
        "The first m latents are `f[:, :m]`, their rows `W_dec[:m]`. `b_dec` is added in each.",
        "`sum(((x - f[:, :m] @ W_dec[:m] - b_dec) ** 2).sum(dim=-1).mean() for m in prefixes)`",
    ),
)
def _(attempt: Attempt):
    def mistakes(x, f, W, b, prefixes):
        def error(x_hat):
            return (x - x_hat).square().sum(1).mean()

        def total(lengths):
            return sum(error(f[:, :m] @ W[:m] + b) for m in lengths)

        each = [error(f[:, :m] @ W[:m] + b) for m in prefixes]
        blocks = [0, *prefixes]
        return {
            "you averaged over the prefixes: sum their errors": sum(each) / len(each),
            "you left out b_dec": sum(error(f[:, :m] @ W[:m]) for m in prefixes),
            "you took the last prefix only": each[-1],
            "you took the first prefix only": each[0],
            "each prefix starts at the first latent; you used blocks that do not overlap": sum(
                error(f[:, i:j] @ W[i:j] + b) for i, j in pairwise(blocks)
            ),
            "you used the last m latents: a prefix is the first m": sum(
                error(f[:, -m:] @ W[-m:] + b) for m in prefixes
            ),
            "you used all latents each time: cut f and W_dec to the first m": len(prefixes)
            * error(f @ W + b),
            "you summed over the batch: average over it": sum(each) * len(x),
            "you averaged the squares over the components: sum them": sum(each) / x.shape[1],
            "the error is squared: ‖·‖², not ‖·‖": sum(
                (x - f[:, :m] @ W[:m] - b).norm(dim=1).mean() for m in prefixes
            ),
            "you added up the reconstructions: each prefix reconstructs x alone": error(
                sum(f[:, :m] @ W[:m] for m in prefixes) + b
            ),
            "you multiplied the errors: sum them": torch.stack(each).prod(),
            "one latent too many: `[:m]` holds m": total(m + 1 for m in prefixes),
            "one latent too few: `[:m]` holds m": total(m - 1 for m in prefixes),
            "a prefix's number is its length from the first latent; you added them up": total(
                accumulate(prefixes)
            ),
            "you subtracted b_dec twice": sum(error(f[:, :m] @ W[:m] + 2 * b) for m in prefixes),
            "you cut the batch: `f[:, :m]` cuts the latents": sum(
                (x - f @ W - b)[:m].square().sum(1).mean() for m in prefixes
            ),
            "one loss for each input: take the mean over the batch": sum(
                (x - f[:, :m] @ W[:m] - b).square().sum(1) for m in prefixes
            ),
        }

    with attempt.part("a case by hand"):
        x, f = torch.tensor([[3.0, 2.0], [1.0, 1.0]]), torch.tensor([[1.0, 1.0, 0.0], [0.0, 2.0, 1.0]])
        W, b = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), torch.tensor([1.0, -1.0])
        # mean errors: first latent (10 + 4)/2, first two (5 + 0)/2, all three (5 + 2)/2
        args = x, f, W, b, (1, 2, 3)
        attempt.expect_close(attempt.call(*args), torch.tensor(13.0), mistakes=mistakes(*args))
    with attempt.part("other sizes"):
        for tokens, d_in, d_sae, prefixes in ((6, 3, 8, (2, 5, 8)), (1, 4, 6, (6,)), (9, 5, 4, (1, 2, 3, 4))):
            x, b = attempt.randn(tokens, d_in), attempt.randn(d_in)
            f, W = attempt.randn(tokens, d_sae).relu(), attempt.randn(d_sae, d_in)
            want = 0.0
            for m in prefixes:
                for t in range(tokens):
                    left = x[t] - b - sum(f[t, i] * W[i] for i in range(m))
                    want += float(left @ left) / tokens
            args = x, f, W, b, prefixes
            attempt.expect_close(attempt.call(*args), torch.tensor(want), mistakes=mistakes(*args), rtol=1e-3)
    with attempt.part("its gradient"):
        f, W = attempt.rand(5, 4).requires_grad_(), attempt.randn(4, 3).requires_grad_()
        x, b = attempt.randn(5, 3), attempt.randn(3)
        loss = attempt.call(x, f, W, b, (2, 4))
        attempt.expect(
            isinstance(loss, torch.Tensor) and loss.requires_grad,
            expected="a loss that gradients flow through",
            got=loss,
            mistake=CUT,
        )
        grad = torch.autograd.grad(loss, f)[0]
        with torch.no_grad():
            short, full = (x - f[:, :m] @ W[:m] - b for m in (2, 4))
            want = -2 / 5 * full @ W.T
            want[:, :2] += -2 / 5 * short @ W[:2].T
        attempt.expect_close(
            grad,
            want,
            tried="the loss's gradient with respect to f, prefixes 2 and 4",
            rtol=1e-3,
            atol=1e-5,
            mistakes={
                "a prefix must not be detached: early latents learn from every prefix": -2 / 5 * full @ W.T
            },
        )


@exercise(
    "6.7",
    "jump",
    title="JumpReLU, and a slope where there is none",
    points=3,
    kit=variants.jump,
    hints=(
        "First the values: `on = (z > threshold).to(z.dtype)` and `z * on`. They are right, but no gradient "
        "reaches the threshold.",
        "`threshold.detach() - threshold` is 0, and its slope in the threshold is −1. Whatever you multiply "
        "it by is the slope that you want.",
        "`near = ((z - threshold).abs() < bandwidth / 2) / bandwidth`, "
        "`slope = near * (threshold.detach() - threshold)`; return `z * on + threshold.detach() * slope, "
        "on + slope`.",
    ),
)
def _(attempt: Attempt):
    def both(z, threshold, bandwidth):
        got = attempt.call(z, threshold, bandwidth)
        two = isinstance(got, (tuple, list)) and len(got) == 2
        attempt.expect(two, expected="two values: `return f, on`", got=got, mistake="return both: f, on")
        return tuple(got)

    with attempt.part("the values"):
        z = torch.tensor([[0.3, 1.2, -1.0], [0.8, 0.9, 3.0]])
        threshold = torch.tensor([0.5, 1.0, 0.1])
        f, on = both(z, threshold, 0.5)
        tried = "jump(z = [[0.3, 1.2, −1], [0.8, 0.9, 3]], threshold = [0.5, 1, 0.1], bandwidth = 0.5)"
        want = torch.tensor([[0.0, 1, 0], [1, 0, 1]])
        near = torch.tensor([[1.0, 1, 0], [0, 1, 0]])
        added = (
            "you added the slope to the value: multiply it by `threshold.detach() - threshold`, which is 0"
        )
        attempt.expect_close(
            on,
            want,
            tried=f"the second value, the step, of {tried}",
            mistakes={
                "these are the activations: return f first, then the step": want * z,
                "the step is at the threshold, not at 0": (z > 0).float(),
                "upside down: 1 above the threshold": 1 - want,
                added: want - near / 0.5,
                "that is each input's L0: return the step itself, for each latent": want.sum(1),
                "you smoothed the step: its value is 0 or 1": torch.sigmoid((z - threshold) / 0.5),
                "you smoothed the step: its value is 0 or 1. Only the slope is an estimate": (
                    (z - threshold) / 0.5 + 0.5
                ).clamp(0, 1),
            },
        )
        attempt.expect_close(
            f,
            want * z,
            tried=f"the first value, f, of {tried}",
            mistakes={
                added: want * z - threshold * near / 0.5,
                "you subtracted the threshold: a latent above it keeps its full size": (z - threshold).relu(),
                "that is a ReLU: below its threshold a latent is 0": z.relu(),
                "these are 0 or 1: f is z times the step": want,
            },
        )
    z, threshold = torch.tensor([[0.55, 2.0], [0.4, 1.45], [0.9, 1.4], [-3.0, 0.2]]), torch.tensor([0.5, 1.5])
    given = "z = [[0.55, 2], [0.4, 1.45], [0.9, 1.4], [−3, 0.2]], threshold = [0.5, 1.5], bandwidth = 0.4"
    # half a bandwidth is 0.2: near are 0.55 and 0.4 (θ = 0.5), 1.45 and 1.4 (θ = 1.5)
    near = torch.tensor([[1.0, 0], [1, 1], [0, 1], [0, 0]])
    weights = 1 + attempt.rand(4, 2)

    def gradients(which, name):
        z_, threshold_ = z.clone().requires_grad_(), threshold.clone().requires_grad_()
        value = both(z_, threshold_, 0.4)[which]
        attempt.expect(
            value.requires_grad,
            tried=f"{given}: the gradient of {name}",
            expected="a result that gradients flow through",
            got="no gradient",
            mistake="a comparison has no gradient: add the term that is 0 and has the slope wanted",
        )
        for_z, for_threshold = torch.autograd.grad(
            (weights * value).sum(), (z_, threshold_), allow_unused=True
        )
        zero = torch.zeros_like
        return zero(z) if for_z is None else for_z, zero(
            threshold
        ) if for_threshold is None else for_threshold

    with attempt.part("the step's slope"):
        for_z, for_threshold = gradients(1, "the step")
        sums = (weights * near).sum(0)
        attempt.expect_close(
            for_threshold,
            -sums / 0.4,
            tried=f"{given}: the gradient of Σ w·step in the threshold, with random weights w",
            rtol=1e-3,
            mistakes={
                "no gradient reaches the threshold through the step": torch.zeros(2),
                "the sign: a higher threshold switches latents off": sums / 0.4,
                "you forgot to divide by the bandwidth": -sums,
                "you multiplied by the bandwidth: divide": -sums * 0.4,
                "the window is half a bandwidth to each side": -(weights * ((z - threshold).abs() < 0.4)).sum(
                    0
                )
                / 0.4,
                "the slope acts near the threshold only": -weights.sum(0) / 0.4,
                "that is f's slope, θ/ε: the step's is 1/ε": -threshold * sums / 0.4,
                "the window lies on both sides of the threshold, not only above": -(
                    weights * near * (z > threshold)
                ).sum(0)
                / 0.4,
            },
        )
        attempt.expect_close(
            for_z,
            torch.zeros(4, 2),
            tried=f"{given}: the gradient of Σ w·step in z, with random weights w",
            atol=1e-5,
            mistakes={
                "the step has a slope in the threshold only: you gave it one in z as well": weights
                * near
                / 0.4
            },
        )
    with attempt.part("f's slope"):
        for_z, for_threshold = gradients(0, "f")
        sums = (weights * near).sum(0)
        attempt.expect_close(
            for_threshold,
            -threshold * sums / 0.4,
            tried=f"{given}: the gradient of Σ w·f in the threshold, with random weights w",
            rtol=1e-3,
            mistakes={
                "no gradient reaches the threshold through f": torch.zeros(2),
                "you used z where the formula has θ": -(weights * near * z).sum(0) / 0.4,
                "you forgot the factor θ": -sums / 0.4,
                "one slope too many: in `z - threshold` the threshold has a slope of its own": -threshold
                * sums
                / 0.4
                - (weights * (z > threshold)).sum(0),
                "you forgot to divide by the bandwidth": -threshold * sums,
                "the sign: a higher threshold switches latents off": threshold * sums / 0.4,
                "the window is half a bandwidth to each side": -threshold
                * (weights * ((z - threshold).abs() < 0.4)).sum(0)
                / 0.4,
            },
        )
        on = (z > threshold).float()
        attempt.expect_close(
            for_z,
            weights * on,
            tried=f"{given}: the gradient of Σ w·f in z, with random weights w",
            rtol=1e-3,
            mistakes={
                "in z the slope is 1 above the threshold, 0 below; yours has one term more near it": weights
                * (on + near * threshold / 0.4),
                "in z the slope is 1 above the threshold, 0 below; you gave z the estimate": weights
                * (on + near * z / 0.4),
                "no gradient reaches z": torch.zeros(4, 2),
                "you let z's gradient through everywhere: below the threshold it is 0": weights,
            },
        )
