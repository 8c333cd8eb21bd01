"""Checks of lesson 08, Train the SAE."""

from __future__ import annotations

import torch

from course_utils.checks import values
from course_utils.checks.engine import Attempt, exercise
from course_utils.sae import metrics, steps
from course_utils.sae.model import SparseAutoencoder


def _sae(attempt: Attempt, d_in: int, d_sae: int) -> SparseAutoencoder:
    """Unit decoder rows, an encoder that is not its transpose, biases that are not zero."""
    sae = SparseAutoencoder(d_in, d_sae, generator=attempt.generator)
    with torch.no_grad():
        sae.W_enc.copy_(attempt.randn(d_in, d_sae))
        sae.b_enc.copy_(0.5 * attempt.randn(d_sae))
        sae.b_dec.copy_(attempt.randn(d_in))
    return sae


def _pair(attempt: Attempt, got, names: str) -> tuple:
    both = isinstance(got, (tuple, list)) and len(got) == 2
    attempt.expect(both, expected=f"two values, `return {names}`", got=got, mistake=f"return both: {names}")
    return tuple(got)


@exercise(
    "8.1",
    "sae_forward",
    title="The forward pass",
    points=2,
    kit=steps.sae_forward,
    hints=(
        "Follow the formula from the inside out: subtract, multiply, add, ReLU; then multiply and add.",
        "`x @ W_enc` multiplies the last dimension of x, whatever stands before it. `torch.relu` exists.",
        "`f = torch.relu((x - b_dec) @ W_enc + b_enc)`, then `x_hat = f @ W_dec + b_dec`.",
    ),
)
def _(attempt: Attempt):
    with attempt.part("a case by hand"):
        x = torch.tensor([[2.0, 1.0]])
        W_enc = torch.tensor([[1.0, 0.0, -1.0], [0.0, 2.0, 1.0]])
        b_enc, b_dec = torch.tensor([0.5, -1.0, 0.25]), torch.tensor([1.0, -1.0])
        W_dec = torch.tensor([[1.0, 0.0], [0.0, 0.5], [3.0, 2.0]])
        # x − b_dec = (1, 2); times W_enc (1, 4, 1); plus b_enc (1.5, 3, 1.25)
        x_hat, f = _pair(attempt, attempt.call(x, W_enc, b_enc, W_dec, b_dec), "x_hat, f")
        attempt.expect_close(
            f,
            torch.tensor([[1.5, 3.0, 1.25]]),
            mistakes={
                "you left out b_dec before the encoder: it is subtracted from x first": torch.tensor(
                    [[2.5, 1, 0]]
                ),
                "b_dec is subtracted before the encoder, and you added it": torch.tensor([[3.5, 0, 0]]),
                "you forgot b_enc": torch.tensor([[1.0, 4, 1]]),
                "b_enc is added, and you subtracted it": torch.tensor([[0.5, 5, 0.75]]),
                "these are the reconstruction's values: return x_hat first, then f": torch.tensor(
                    [[6.25, 3]]
                ),
            },
        )
        attempt.expect_close(
            x_hat,
            torch.tensor([[6.25, 3.0]]),
            mistakes={
                "you forgot to add b_dec after the decoder": torch.tensor([[5.25, 4.0]]),
                "b_dec is added after the decoder, and you subtracted it": torch.tensor([[4.25, 5.0]]),
            },
        )
    with attempt.part("random cases, any batch shape"):
        for shape in ((4, 5), (1, 5), (5,), (2, 3, 5)):
            sae = _sae(attempt, 5, 7)
            weights = [p.detach() for p in (sae.W_enc, sae.b_enc, sae.W_dec, sae.b_dec)]
            x = 2 * attempt.randn(*shape)
            x_hat, f = _pair(attempt, attempt.call(x, *weights), "x_hat, f")
            W_enc, b_enc, W_dec, b_dec = weights
            before = torch.einsum("...i,ij->...j", x - b_dec, W_enc) + b_enc
            want = before.clamp(min=0)
            attempt.expect_close(
                f,
                want,
                rtol=1e-3,
                atol=1e-4,
                mistakes={
                    "you forgot the ReLU: latents are never negative": before,
                    "the ReLU comes after b_enc is added": (before - b_enc).clamp(min=0) + b_enc,
                },
            )
            full = torch.einsum("...j,ji->...i", want, W_dec) + b_dec
            attempt.expect_close(
                x_hat,
                full,
                rtol=1e-3,
                atol=1e-4,
                mistakes={"the reconstruction has no ReLU of its own: x̂ may be negative": full.clamp(min=0)},
            )
    with attempt.part("gradients reach all weights"):
        sae = _sae(attempt, 5, 7)
        x_hat, f = _pair(
            attempt, attempt.call(attempt.randn(6, 5), sae.W_enc, sae.b_enc, sae.W_dec, sae.b_dec), "x_hat, f"
        )
        attempt.expect(
            x_hat.requires_grad and f.requires_grad,
            expected="a result that gradients can flow through",
            got="no gradient",
            mistake="you cut the graph with `detach`, `.data`, `.item()` or `no_grad`",
        )
        (x_hat.sum() + f.sum()).backward()
        missing = [name for name, p in sae.named_parameters() if p.grad is None]
        attempt.expect(
            not missing,
            expected="a gradient for all four",
            got=f"none for {', '.join(missing)}",
            mistake="you cut the graph with `detach` or `.data`",
        )


@exercise(
    "8.2",
    "sae_loss",
    title="The loss",
    points=2,
    kit=steps.sae_loss,
    hints=(
        "Both terms are a sum for each token first, then one mean over the tokens.",
        "`.sum(dim=-1)` sums over the last dimension, `.mean()` averages what is left.",
        "`((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()`",
    ),
)
def _(attempt: Attempt):
    def mistakes(x, x_hat, f, c):
        square, penalty = (x - x_hat) ** 2, f.sum(dim=-1)
        mse, l1 = square.sum(dim=-1).mean(), penalty.mean()
        return {
            "you summed the L1 penalty over the batch and averaged the squared error: λ then depends on the "
            "batch size": mse + c * penalty.sum(),
            "you summed over the batch: average over the tokens": square.sum() + c * penalty.sum(),
            "you averaged the squared error over the d_in components: sum them for each token": square.mean()
            + c * l1,
            "you averaged f over the latents: sum them for each token": mse + c * f.mean(),
            "you averaged over components and latents: sum them for each token first": square.mean()
            + c * f.mean(),
            "the error is squared: ‖x − x̂‖², not ‖x − x̂‖": square.sum(dim=-1).sqrt().mean() + c * l1,
            "you summed over the tokens and averaged over components and latents: the other way round": (
                square.sum(dim=0).mean() + c * f.sum(dim=0).mean()
            ),
            "that is one loss a token: average over the batch": square.sum(dim=-1) + c * penalty,
            "there is no ½ before the squared error": mse / 2 + c * l1,
            "you left out λ (l1_coefficient)": mse + l1,
            "you left out the penalty": mse,
            "λ belongs to the penalty, not to the error": c * mse + l1,
            "λ belongs to the penalty only": c * (mse + l1),
            "you counted the active latents (L0): L1 sums their activations": mse
            + c * (f > 0).float().sum(-1).mean(),
            "that is ‖f‖₂: the L1 norm is the sum of the activations": mse + c * f.norm(dim=-1).mean(),
            "you squared the activations (L2): L1 sums them as they are": mse + c * f.square().sum(-1).mean(),
        }

    with attempt.part("a case by hand"):
        x, x_hat = torch.tensor([[1.0, 2, 3], [0, 1, 1]]), torch.tensor([[0.0, 2, 3], [2, 2, 1]])
        f = torch.tensor([[0.0, 3, 0], [1, 0, 4]])
        # errors 1 and 5, mean 3; L1 3 and 5, mean 4
        got = attempt.call(x, x_hat, f, 4.0)
        attempt.expect_close(got, torch.tensor(19.0), mistakes=mistakes(x, x_hat, f, 4.0))
    with attempt.part("other sizes"):
        for tokens, d_in, d_sae in ((1, 4, 6), (9, 3, 8), (64, 5, 2)):
            x, x_hat = attempt.randn(tokens, d_in), attempt.randn(tokens, d_in)
            f = (attempt.randn(tokens, d_sae)).relu()
            square, l1 = 0.0, 0.0
            for t in range(tokens):
                square += float(((x[t] - x_hat[t]) ** 2).sum()) / tokens
                l1 += float(f[t].sum()) / tokens
            attempt.expect_close(
                attempt.call(x, x_hat, f, 3.0),
                torch.tensor(square + 3 * l1),
                mistakes=mistakes(x, x_hat, f, 3.0),
            )
    with attempt.part("its gradient"):
        x = attempt.randn(5, 4)
        x_hat, f = attempt.randn(5, 4).requires_grad_(), (attempt.rand(5, 3) + 0.1).requires_grad_()
        loss = attempt.call(x, x_hat, f, 2.0)
        attempt.expect(
            isinstance(loss, torch.Tensor) and loss.requires_grad,
            expected="a loss that gradients can flow through",
            got=loss,
            mistake="you cut the graph with `.item()`, `float()` or `detach`",
        )
        grads = torch.autograd.grad(loss, (x_hat, f), allow_unused=True)
        for grad, want, name in zip(
            grads, (2 * (x_hat - x) / 5, torch.full((5, 3), 2 / 5)), ("x_hat", "f"), strict=True
        ):
            attempt.expect(
                grad is not None,
                expected=f"a gradient with respect to {name}",
                got="none",
                mistake=f"you cut {name} off with `detach`, or compared it (`f > 0` has no gradient)",
            )
            attempt.expect_close(grad, want.detach(), tried=f"the loss's gradient with respect to {name}")


@exercise(
    "8.3",
    "training_step",
    title="One step of the paper's recipe",
    points=3,
    kit=steps.training_step,
    hints=(
        "In this order: clear old gradients, forward and loss, backward, project, step, normalise.",
        "The gradient's part along row i is (gᵢ · dᵢ) dᵢ with dᵢ the row at norm 1: subtract it from "
        "`sae.W_dec.grad`. Change weights in place, under `torch.no_grad()`.",
        "`d = sae.W_dec / sae.W_dec.norm(dim=1, keepdim=True)`, then "
        "`sae.W_dec.grad -= (sae.W_dec.grad * d).sum(dim=1, keepdim=True) * d`; after `optimizer.step()`: "
        "`sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)`.",
    ),
)
def _(attempt: Attempt):
    def gradients(sae, x, l1):
        f = torch.relu((x - sae.b_dec) @ sae.W_enc + sae.b_enc)
        loss = (x - f @ sae.W_dec - sae.b_dec).pow(2).sum(1).mean() + l1 * f.sum(1).mean()
        grads = torch.autograd.grad(loss, list(sae.parameters()))
        return loss.item(), dict(zip(dict(sae.named_parameters()), grads, strict=True))

    def set_up(optimizer=torch.optim.SGD, lr=0.05, stale=False):
        sae = _sae(attempt, 4, 6)
        x = 2 * attempt.randn(16, 4)
        before = {name: p.detach().clone() for name, p in sae.named_parameters()}
        loss, grads = gradients(sae, x, 0.5)
        if stale:  # what an earlier step leaves behind
            for p in sae.parameters():
                p.grad = torch.ones_like(p)
        return sae, optimizer(sae.parameters(), lr=lr), x, before, grads, loss

    def unit(rows):
        return rows / rows.norm(dim=1, keepdim=True)

    with attempt.part("the new weights"):
        sae, optimizer, x, before, g, _ = set_up()
        weight, without = sae.W_dec, gradients(sae, x, 0.0)[1]
        attempt.call(sae, optimizer, x, 0.5, allow_none=True)
        attempt.expect(
            sae.W_dec is weight,
            expected="the same W_dec parameter, changed in place",
            got="a new parameter",
            mistake="you put a new tensor in sae.W_dec, which the optimiser does not know: use "
            "`sae.W_dec /= ...` or `sae.W_dec.copy_(...)` under `torch.no_grad()`",
        )
        row, grad, lr = before["W_dec"], g["W_dec"], 0.05
        along = (grad * row).sum(1, keepdim=True) * row
        across = grad - along
        stepped = row - lr * across
        over_columns = row - lr * (grad - (grad * row).sum(0) * row)
        if torch.equal(sae.W_enc.detach(), before["W_enc"]):
            unmoved = {"nothing was updated: did you call `optimizer.step()`?": row}
        else:
            unmoved = {
                "you kept the part of the gradient along the rows: that is the part to take out": unit(
                    row - lr * along
                )
            }
        attempt.expect_close(
            sae.W_dec.detach(),
            unit(stepped),
            mistakes={
                **unmoved,
                "you did not remove the gradient's part along the rows": unit(row - lr * grad),
                "you only took the plain step: remove the parallel gradient and normalise": row - lr * grad,
                "the rows are not normalised after the step": stepped,
                "you normalised columns: a latent's direction is a row of W_dec": stepped
                / stepped.norm(dim=0),
                "you normalised the whole matrix: each row is to have norm 1": stepped / stepped.norm(),
                "you added the part along the rows once more: subtract it": unit(row - lr * (grad + along)),
                "g · d is a dot product, one number a row: multiply, then sum over `dim=1`": unit(
                    row - lr * (grad - grad * row * row)
                ),
                "g · d is one number a row: sum over `dim=1`, not `dim=0`": unit(over_columns),
                "a latent is a row of W_dec: `dim=1` for dot products and norms, not `dim=0`": over_columns
                / over_columns.norm(dim=0),
                "the squared error is a sum over components, as in 8.2: you averaged": unit(
                    row - lr * across / row.shape[1]
                ),
                "you removed the gradient along the columns, not the rows": unit(
                    row - lr * (grad - (grad * row / row.norm(dim=0)).sum(0) * row / row.norm(dim=0))
                ),
                "you normalised the gradient, not the weights": row - lr * unit(across),
                "the loss went up: backward the loss, not its negative": unit(row + lr * across),
            },
        )
        for name in ("W_enc", "b_enc", "b_dec"):
            attempt.expect_close(
                getattr(sae, name).detach(),
                before[name] - lr * g[name],
                mistakes={
                    f"{name} was not updated": before[name],
                    "the penalty λ ‖f‖₁ is missing from the loss, or λ from the penalty": before[name]
                    - lr * without[name],
                },
                tried=f"one step of SGD with lr 0.05; now sae.{name}",
            )
    with attempt.part("gradients of an earlier step do not count"):
        sae, optimizer, x, before, g, _ = set_up(stale=True)
        attempt.call(sae, optimizer, x, 0.5, allow_none=True)
        attempt.expect_close(
            sae.b_enc.detach(),
            before["b_enc"] - 0.05 * g["b_enc"],
            tried="a step while old gradients were still there; now sae.b_enc",
            mistakes={
                "old gradients were added to the new ones: call `optimizer.zero_grad()` first": before[
                    "b_enc"
                ]
                - 0.05 * (g["b_enc"] + 1)
            },
        )
    with attempt.part("Adam never sees the parallel part"):
        sae, optimizer, x, before, g, _ = set_up(torch.optim.Adam, 0.01)
        attempt.call(sae, optimizer, x, 0.5, allow_none=True)
        row, grad = before["W_dec"], g["W_dec"]
        moment = optimizer.state[sae.W_dec].get("exp_avg")
        attempt.expect(
            moment is not None,
            expected="one step of the optimiser",
            got="none",
            mistake="did you call `optimizer.step()`?",
        )
        attempt.expect_close(
            moment,
            0.1 * (grad - (grad * row).sum(1, keepdim=True) * row),
            tried="a step with Adam; now its mean gradient of W_dec (× 0.1)",
            mistakes={
                "remove the parallel part before `optimizer.step()`: Adam averaged over it": 0.1 * grad
            },
        )
        norms = sae.W_dec.detach().norm(dim=1)
        attempt.expect_close(
            norms,
            torch.ones(6),
            tried="a step with Adam; now the norms of W_dec's rows",
            mistakes={
                "normalise after `optimizer.step()`: the step changes the norms": (
                    row - 0.01 * torch.sign(grad - (grad * row).sum(1, keepdim=True) * row)
                ).norm(dim=1)
            },
            rtol=1e-5,
        )
    with attempt.part("the loss that it returns"):
        sae, optimizer, x, _, _, loss = set_up()
        got = attempt.call(sae, optimizer, x, 0.5)
        attempt.expect(
            not (isinstance(got, torch.Tensor) and got.requires_grad),
            expected="a plain number",
            got=got,
            mistake="a loss that keeps its graph fills the memory: return `loss.item()`",
        )
        with torch.no_grad():
            x_hat, f = sae(x)
            after = ((x - x_hat) ** 2).sum(1).mean() + 0.5 * f.sum(1).mean()
        attempt.expect_close(
            got, loss, mistakes={"you computed the loss after the step; return the one before it": after}
        )


@exercise(
    "8.4",
    "firing",
    title="Density and L0",
    points=1,
    kit=metrics.firing,
    hints=(
        "Both start from the same table of yes and no: which latent is active on which token?",
        "A mean over tokens gives one number a latent; a sum over latents gives one number a token.",
        "`on = (f > 0).float()`; return `on.mean(dim=0), on.sum(dim=1).mean()`.",
    ),
)
def _(attempt: Attempt):
    def mistakes(f):
        on = (f > 0).float()
        density = {
            "that is the mean activation: count tokens where f is above 0, whatever its size": f.mean(dim=0),
            "you averaged over latents: density is a mean over tokens": on.mean(dim=1),
            "active means f > 0: f ≥ 0 holds everywhere": torch.ones_like(on[0]),
            "you counted tokens: divide by their number": on.sum(dim=0),
            "you counted small activations as zero: anything above 0 is active": (f > 0.01)
            .float()
            .mean(dim=0),
        }
        count = {
            "that is a share: L0 counts latents": on.mean(),
            "that is the total: L0 is a mean over tokens": on.sum(),
            "that is the L1 norm: L0 counts latents, whatever their size": f.sum(dim=1).mean(),
            "you counted small activations as zero: anything above 0 is active": (f > 0.01)
            .float()
            .sum(1)
            .mean(),
            "you gave one L0 a token: average over tokens": on.sum(dim=1),
            "L0 is a mean over tokens; you averaged over latents": on.sum(dim=0).mean(),
            "that is how many latents fire at all: L0 is how many fire on a token": on.any(dim=0).sum(),
            "L0 is a mean: don't round it": on.sum(dim=1).mean().floor(),
            "you left out tokens on which nothing fires": on.sum() / (on.sum(dim=1) > 0).sum(),
            "you divided by the number of latents that fire at all": on.sum() / (on.sum(dim=0) > 0).sum(),
        }
        return density, count

    def check(f):
        density, count = _pair(attempt, attempt.call(f), "density, l0")
        shapes = [getattr(values.as_tensor(value), "ndim", None) for value in (density, count)]
        attempt.expect(
            shapes != [0, 1],
            expected="the densities first, then L0",
            got="one number first, then a vector",
            mistake="the order: return density, l0",
        )
        for_density, for_count = mistakes(f)
        attempt.expect_close(density, (f > 0).double().mean(dim=0).float(), mistakes=for_density)
        attempt.expect_close(count, (f > 0).double().sum(dim=1).mean().item(), mistakes=for_count)

    with attempt.part("a case by hand"):  # a dead latent, a silent token, tiny activations
        check(torch.tensor([[0, 2, 1e-4], [0, 1e-4, 0], [0, 0, 0], [0, 1e-4, 3], [0, 5, 1]]))
    with attempt.part("other sizes"):
        for tokens, d_sae in ((1, 5), (50, 3), (7, 20)):
            check((attempt.randn(tokens, d_sae) - 0.5).relu())


@exercise(
    "8.5",
    "r_squared",
    title="R²",
    points=1,
    kit=metrics.r_squared,
    hints=(
        "x̄ is one vector: the mean over tokens of each component.",
        "Both sums run over all tokens and all components, and only then are they divided.",
        "`1 - ((x - x_hat) ** 2).sum() / ((x - x.mean(dim=0)) ** 2).sum()`",
    ),
)
def _(attempt: Attempt):
    def mistakes(x, x_hat):
        error, spread = (x - x_hat).square(), (x - x.mean(dim=0)).square()
        return {
            "you compared with zero: the denominator measures from the mean x̄": 1
            - error.sum() / x.square().sum(),
            "x̄ is one mean for each component (`dim=0`), not one number for the whole table": 1
            - error.sum() / (x - x.mean()).square().sum(),
            "x̄ is a mean over tokens (`dim=0`), not over components": 1
            - error.sum() / (x - x.mean(dim=1, keepdim=True)).square().sum(),
            "you averaged one R² per component: sum over all components first, then divide": 1
            - (error.sum(0) / spread.sum(0)).mean(),
            "you averaged one R² per token: sum over all tokens first, then divide": 1
            - (error.sum(1) / spread.sum(1)).mean(),
            "that is the share left unexplained: subtract it from 1": error.sum() / spread.sum(),
            "the norms are squared": 1 - error.sum().sqrt() / spread.sum().sqrt(),
            "each token's norm is squared": 1 - error.sum(1).sqrt().sum() / spread.sum(1).sqrt().sum(),
            "the denominator is about x, not x̂": 1 - error.sum() / (x_hat - x_hat.mean(dim=0)).square().sum(),
            "`var` divides by n − 1 and `mean` by n: use the same in both": 1
            - error.mean(0).sum() / x.var(dim=0).sum(),
            "a variance forgets the mean: a constant error x − x̂ is an error too": 1
            - (x - x_hat).var(dim=0).sum() / x.var(dim=0).sum(),
            "compare errors, x − x̂: you took the reconstruction's distance from x̄": (x_hat - x.mean(dim=0))
            .square()
            .sum()
            / spread.sum(),
            "that is the correlation squared, blind to a wrong size": torch.corrcoef(
                torch.stack([x.flatten(), x_hat.flatten()])
            )[0, 1]
            ** 2,
            "you divided the share of spreads: compare errors, x − x̂": (x_hat - x_hat.mean(0)).square().sum()
            / spread.sum(),
        }

    def check(x, x_hat):
        want = 1 - ((x - x_hat).double() ** 2).sum().item() / ((x - x.mean(dim=0)).double() ** 2).sum().item()
        attempt.expect_close(attempt.call(x, x_hat), want, mistakes=mistakes(x, x_hat), rtol=1e-3, atol=1e-4)

    with attempt.part("a case by hand"):  # Σ‖x − x̂‖² = 1 + 1 + 9, Σ‖x − x̄‖² = 8 + 42
        check(torch.tensor([[1.0, 4], [3, 10], [5, 1]]), torch.tensor([[1.0, 5], [2, 10], [5, 4]]))
    with attempt.part("predicting the mean scores 0, and x itself 1"):
        x = attempt.randn(30, 4) * torch.tensor([1.0, 5.0, 0.2, 2.0]) + torch.tensor([3.0, -1.0, 8.0, 0.0])
        check(x, x.mean(dim=0).expand_as(x))
        check(x, x.clone())
    with attempt.part("random cases"):
        for tokens in (3, 200):
            x = attempt.randn(tokens, 5) * torch.tensor([1.0, 5.0, 0.2, 2.0, 1.0]) + 4 * attempt.randn(5)
            check(x, 0.7 * x + 0.3 * attempt.randn(tokens, 5))
            check(x, x + 20 * attempt.randn(tokens, 5))  # worse than the mean: negative, and stays so


@exercise(
    "8.6",
    "resample_dead",
    title="Resample dead latents",
    points=3,
    kit=steps.resample_dead,
    hints=(
        "Work out each input's loss, draw one input for each dead latent, set the weights, clear Adam.",
        "`torch.multinomial(loss ** 2, n, replacement=True, generator=generator)` draws. With a mask, "
        "`sae.W_dec[dead] = rows` and `sae.W_enc[:, dead] = ...` set rows and columns.",
        "Adam: `optimizer.state[sae.W_dec]['exp_avg'][dead] = 0`, the same for 'exp_avg_sq', and for "
        "`sae.W_enc` with `[:, dead]` and `sae.b_enc` with `[dead]`.",
    ),
)
def _(attempt: Attempt):
    def set_up(d_sae=9, n_dead=3):
        sae = _sae(attempt, 4, d_sae)
        x = 3 * attempt.randn(300, 4)
        optimizer = torch.optim.Adam(sae.parameters(), lr=0.01)
        steps.training_step(sae, optimizer, x, 0.1)
        for p in sae.parameters():  # no moment is 0 by itself
            for moment in ("exp_avg", "exp_avg_sq"):
                optimizer.state[p][moment] += 0.5
        dead = torch.zeros(d_sae, dtype=torch.bool)
        dead[torch.randperm(d_sae, generator=attempt.generator)[:n_dead]] = True
        with torch.no_grad():
            sae.W_enc[:, dead] *= 7  # so that the mean over all columns is not the mean over the live ones
        before = {name: p.detach().clone() for name, p in sae.named_parameters()}
        return sae, optimizer, dead, x, before

    def run(sae, optimizer, dead, x):
        weights = dict(sae.named_parameters())
        g = torch.Generator().manual_seed(int(attempt.randint(0, 10_000)))
        attempt.call(sae, optimizer, dead, x, g, allow_none=True)
        changed = [name for name, p in weights.items() if getattr(sae, name) is not p]
        attempt.expect(
            not changed,
            expected="the same parameters, changed in place",
            got=f"a new tensor for {', '.join(changed)}",
            mistake="the optimiser does not know a new parameter: set entries of the old one in place",
        )

    with attempt.part("the fresh weights"):
        sae, optimizer, dead, x, before = set_up()
        run(sae, optimizer, dead, x)
        rows = sae.W_dec.detach()[dead]
        attempt.expect(
            not torch.equal(rows, before["W_dec"][dead]),
            expected="new decoder rows for the dead latents",
            got="the old rows",
            mistake="nothing was set: `sae.W_dec[dead][...] =` sets a copy, `sae.W_dec[dead] =` the weights",
        )
        attempt.expect(
            ((rows.norm(dim=1) - 1).abs() < 1e-4).all(),
            tried="resample_dead(...); now the norms of the fresh decoder rows",
            expected="all 1",
            got=rows.norm(dim=1),
            mistake="the fresh rows are not at norm 1: divide each input by its norm",
        )
        likeness, picked = (rows @ torch.nn.functional.normalize(x, dim=1).T).max(dim=1)
        attempt.expect(
            (likeness > 0.9999).all(),
            tried="resample_dead(...); each fresh decoder row against the nearest input's direction",
            expected="cosine 1: each fresh row is one of the inputs, at norm 1",
            got=f"cosines {[round(v, 3) for v in likeness.tolist()]}",
            mistake="a fresh row is the input x itself, at norm 1: no error x − x̂, no b_dec, no noise",
        )
        lengths = before["W_enc"].norm(dim=0)
        norms = {"live": lengths[~dead].mean(), "all": lengths.mean(), "dead": lengths[dead].mean()}
        columns = sae.W_enc.detach()[:, dead]
        attempt.expect_close(
            columns,
            0.2 * norms["live"] * rows.T,
            tried="resample_dead(...); now the fresh columns of W_enc",
            mistakes={
                "you forgot the factor 0.2": norms["live"] * rows.T,
                "W_enc's live columns' mean norm is missing (W_dec's rows have norm 1)": 0.2 * rows.T,
                "the encoder gets 0.2 × the live columns' mean norm, not norm 1": rows.T,
                "the mean norm is over the live columns only, not all": 0.2 * norms["all"] * rows.T,
                "you averaged the dead columns' norms: take the live ones": 0.2 * norms["dead"] * rows.T,
                "W_enc's dead columns were not set": before["W_enc"][:, dead],
                "you took the norm of the whole matrix: a mean of the columns' norms is meant": 0.2
                * before["W_enc"][:, ~dead].norm()
                * rows.T,
                "the encoder takes the input's direction: divide x by its norm first": 0.2
                * norms["live"]
                * x[picked].T,
                "you took the norm of W_enc's rows: a latent is a column of W_enc": 0.2
                * before["W_enc"][:, ~dead].norm(dim=1).mean()
                * rows.T,
            },
        )
        attempt.expect_close(
            sae.b_enc.detach()[dead],
            torch.zeros(3),
            tried="resample_dead(...); now b_enc of the dead latents",
            mistakes={"b_enc was not set to 0": before["b_enc"][dead]},
        )
    with attempt.part("live latents stay as they are"):
        sae, optimizer, dead, x, before = set_up()
        run(sae, optimizer, dead, x)
        for name, w in before.items():
            now = getattr(sae, name).detach()
            if name == "b_dec":
                live, now = w, now
            else:
                live, now = (w[:, ~dead], now[:, ~dead]) if name == "W_enc" else (w[~dead], now[~dead])
            attempt.expect_close(
                now,
                live,
                tried=f"resample_dead(...); now the live part of {name}",
                mistakes={f"you set all of {name}, not only the dead latents' part": torch.zeros_like(live)},
            )
    with attempt.part("Adam's moments"):
        sae, optimizer, dead, x, _ = set_up()
        moments = {
            (name, m): optimizer.state[p][m].clone()
            for name, p in sae.named_parameters()
            for m in ("exp_avg", "exp_avg_sq")
        }
        run(sae, optimizer, dead, x)
        for (name, moment), old in moments.items():
            state = optimizer.state.get(getattr(sae, name), {})
            now = state.get(moment, torch.zeros_like(old))
            if name == "W_enc":
                old, now = old.T, now.T
            want = old if name == "b_dec" else torch.where(dead[:, None] if old.ndim == 2 else dead, 0, old)
            attempt.expect_close(
                now,
                want,
                tried=f"resample_dead(...); now Adam's {moment} of {name}"
                + (", transposed" if name == "W_enc" else ""),
                mistakes={
                    f"Adam's {moment} of {name} was not reset for the dead latents: old momentum drags "
                    "the fresh weights away": old,
                    f"you reset {moment} for the live latents too": torch.zeros_like(old),
                },
            )
    with attempt.part("inputs are drawn by loss squared"):
        sae = SparseAutoencoder(2, 600, generator=attempt.generator)
        with torch.no_grad():  # reconstructs nothing: x̂ = 0, loss = ‖x‖²
            sae.b_enc.fill_(-100.0)
            sae.W_enc[:, 0] = torch.tensor([1.0, 1.0])
        optimizer = torch.optim.Adam(sae.parameters())
        for p in sae.parameters():
            optimizer.state[p] = {m: torch.zeros_like(p) for m in ("exp_avg", "exp_avg_sq")}
        dead = torch.arange(600) > 0
        x = torch.tensor([[1.0, 0.0], [0.0, 3.0**0.5]])  # losses 1 and 3
        run(sae, optimizer, dead, x)
        share = (sae.W_dec.detach()[1:] @ torch.tensor([0.0, 1.0]) > 0.99).float().mean().item()
        names = {
            0.75: "you drew in proportion to the loss: square it",
            0.5: "you drew all inputs alike: weigh them by loss²",
            0.634: "you drew in proportion to ‖x − x̂‖: weigh by the squared loss, ‖x − x̂‖⁴",
            0.988: "you squared once too often: the loss is ‖x − x̂‖², its weight the square of that",
            0.1: "you prefer inputs that are reconstructed well",
            0.881: "that is a softmax of the losses: weigh by loss²",
        }
        near = min(names, key=lambda v: abs(v - share))
        if share in (0.0, 1.0):
            names[near := share] = (
                "all got the same input: draw one for each dead latent, at random, in proportion to loss²"
            )
        attempt.expect(
            abs(share - 0.9) < 0.06,
            tried="599 dead latents, two inputs with losses 1 and 3",
            expected="9 in 10 draws of the second input (3² : 1²)",
            got=f"{share:.2f} of the draws",
            mistake=names[near] if abs(near - share) < 0.06 else "",
        )
        attempt.expect_own_generator()
    with attempt.part("no dead latents"):
        sae, optimizer, dead, x, before = set_up(n_dead=0)
        run(sae, optimizer, dead, x)
        attempt.expect_close(
            sae.W_dec.detach(), before["W_dec"], tried="resample_dead(...) with no latent dead"
        )


@exercise(
    "8.7",
    "weighted_l1",
    title="A penalty that the decoder cannot cheat",
    points=2,
    kit=steps.weighted_l1,
    hints=(
        "Like the L1 penalty, but each latent's activation counts as often as its decoder row is long.",
        "`W_dec.norm(dim=1)` has one norm a latent; it multiplies f's last dimension.",
        "`l1_coefficient * (f * W_dec.norm(dim=1)).sum(dim=-1).mean()`",
    ),
)
def _(attempt: Attempt):
    def mistakes(f, W_dec, c):
        norms = W_dec.norm(dim=1)
        found = {
            "you left out the decoder norms: that is the plain L1 penalty": c * f.sum(-1).mean(),
            "you squared the norms": c * (f * norms**2).sum(-1).mean(),
            "that is ‖W_dec,i‖₁: the norm is the length, a root of squares": c
            * (f * W_dec.abs().sum(dim=1)).sum(-1).mean(),
            "you averaged over latents: sum them for each token": c * (f * norms).mean(),
            "you summed over the batch: average over tokens": c * (f * norms).sum(),
            "you left out λ (l1_coefficient)": (f * norms).sum(-1).mean(),
            "you used one norm for all: each latent has its own": c * f.sum(-1).mean() * norms.mean(),
            "that is the norm of the whole matrix: each latent has its own": c
            * f.sum(-1).mean()
            * W_dec.norm(),
            "that is the norm of the sum of rows: weigh each activation by its own row's norm": c
            * (f @ W_dec).norm(dim=-1).mean(),
            "you divided by the norms: multiply": c * (f / norms).sum(-1).mean(),
        }
        if W_dec.shape[0] == W_dec.shape[1]:
            found["you took the norms of columns (`dim=0`): a latent is a row"] = (
                c * (f * W_dec.norm(dim=0)).sum(-1).mean()
            )
        return found

    with attempt.part("a case by hand"):
        f, W_dec = torch.tensor([[1.0, 2.0], [0.0, 4.0]]), torch.tensor([[3.0, 4.0], [0.0, 2.0]])
        # norms 5 and 2: tokens cost 9 and 8
        attempt.expect_close(
            attempt.call(f, W_dec, 3.0), torch.tensor(25.5), mistakes=mistakes(f, W_dec, 3.0)
        )
    with attempt.part("random cases"):
        for tokens, d_in, d_sae in ((1, 3, 5), (8, 6, 6), (20, 7, 2)):
            f, W_dec = attempt.randn(tokens, d_sae).relu(), 2 * attempt.randn(d_sae, d_in)
            want = 3.0 * sum(
                float(f[t, i]) * float(W_dec[i].square().sum()) ** 0.5
                for t in range(tokens)
                for i in range(d_sae)
            )
            attempt.expect_close(
                attempt.call(f, W_dec, 3.0), torch.tensor(want / tokens), mistakes=mistakes(f, W_dec, 3.0)
            )
    with attempt.part("its gradient"):
        f, W_dec = (attempt.rand(5, 4) + 0.1).requires_grad_(), attempt.randn(4, 3).requires_grad_()
        value = attempt.call(f, W_dec, 2.0)
        attempt.expect(
            isinstance(value, torch.Tensor) and value.requires_grad,
            expected="a value that gradients can flow through",
            got=value,
            mistake="you cut the graph with `.item()`, `float()` or `detach`",
        )
        for_f, for_W = torch.autograd.grad(value, (f, W_dec), allow_unused=True)
        rows = W_dec.detach()
        attempt.expect(
            for_W is not None,
            expected="a gradient with respect to W_dec",
            got="none",
            mistake="you detached the norms: the decoder then grows for nothing, as before",
        )
        attempt.expect(
            for_f is not None, expected="a gradient with respect to f", got="none", mistake="you detached f"
        )
        attempt.expect_close(
            for_f, (2 / 5 * rows.norm(dim=1)).expand(5, 4), tried="the gradient with respect to f"
        )
        attempt.expect_close(
            for_W,
            2 * f.detach().mean(dim=0)[:, None] * rows / rows.norm(dim=1, keepdim=True),
            tried="the gradient with respect to W_dec",
        )


@exercise(
    "8.8",
    "loss_recovered",
    title="Loss recovered",
    points=2,
    kit=metrics.loss_recovered,
    hints=(
        "You need three losses: untouched, with the reconstruction, and ablated. `loss` gives each of them.",
        "Ablation is a replacement too: a function that returns `fill`, in its activations' shape.",
        "`ablated = loss(lambda acts: fill.expand_as(acts))`, then "
        "`(ablated - loss(reconstruct)) / (ablated - loss(None))`.",
    ),
)
def _(attempt: Attempt):
    def model(acts, weight):
        """A stand-in for a language model: its loss as a function of its activations."""
        target = torch.sin(acts) @ weight

        def loss(replace=None):
            if replace is not None and not callable(replace):
                raise TypeError("`loss` takes a function of the activations, or None")
            used = acts.clone() if replace is None else replace(acts.clone())
            if not isinstance(used, torch.Tensor) or used.shape != acts.shape:
                shape = tuple(used.shape) if isinstance(used, torch.Tensor) else type(used).__name__
                raise ValueError(
                    f"the replacement gave {shape}, the model needs {tuple(acts.shape)}: expand `fill`"
                )
            return 1.5 + (torch.sin(used) @ weight - target).square().mean().item()

        return loss

    def check(acts, reconstruct, fill):
        loss = model(acts, attempt.randn(acts.shape[-1]))
        clean, patched = loss(None), loss(reconstruct)
        ablated, zero = loss(lambda a: fill.expand_as(a)), loss(torch.zeros_like)
        own = loss(lambda a: a.mean(dim=(0, 1)).expand_as(a))
        cost, regained, risen = ablated - clean, ablated - patched, patched - clean
        want = regained / cost
        attempt.expect_close(
            attempt.call(loss, reconstruct, fill),
            want,
            rtol=1e-3,
            atol=1e-4,
            mistakes={
                "you ablated to zero: put `fill` in place of the activations": (zero - patched)
                / (zero - clean),
                "you ablated to the mean of `acts`: put `fill` in its place": (own - patched) / (own - clean),
                "a share is asked for, not per cent": 100 * want,
                "that is the share lost: 1 minus it is recovered": risen / cost,
                "that is the loss recovered in nats: divide by what ablation costs": regained,
                "that is how much the loss rises: compare it with what ablation costs": risen,
                "the denominator is what ablation costs, ablated − untouched": regained / ablated,
                "that compares with a loss of 0: what can be recovered is ablated − untouched": clean
                / patched,
                "upside down: divide by what ablation costs": cost / regained if regained else torch.inf,
                "the sign: ablation raises the loss, the reconstruction lowers it again": -want,
                "you clipped it: worse than ablation must show as negative": min(max(want, 0.0), 1.0),
            },
        )

    acts = 1 + attempt.randn(4, 6, 5)
    with attempt.part("against zero"):
        check(acts, lambda a: 0.8 * a, torch.zeros(5))
    with attempt.part("against the mean"):
        check(acts, lambda a: 0.8 * a, acts.mean(dim=(0, 1)))
    with attempt.part("all, nothing, and worse than nothing"):
        fill = acts.mean(dim=(0, 1))
        check(acts, lambda a: a, fill)
        check(acts, lambda a: fill.expand_as(a), fill)
        check(acts, lambda a: -a, torch.ones(5))
