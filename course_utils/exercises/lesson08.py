"""Exercises of lesson 08, Train the SAE."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from course_utils.checks.attempt import Attempt
from course_utils.checks.registry import exercise
from course_utils.sae import metrics, steps
from course_utils.sae.model import SparseAutoencoder


def random_sae(attempt: Attempt, d_in: int, d_sae: int) -> SparseAutoencoder:
    """Unit decoder rows, an encoder that is not its transpose, biases that are not zero."""
    sae = SparseAutoencoder(d_in, d_sae, generator=attempt.generator)
    with torch.no_grad():
        sae.W_enc.copy_(attempt.randn(d_in, d_sae))
        sae.b_enc.copy_(0.5 * attempt.randn(d_sae))
        sae.b_dec.copy_(attempt.randn(d_in))
    return sae


# --- 8.1 ---

forward_pass = exercise(
    "8.1",
    steps.sae_forward,
    title="The forward pass",
    points=2,
    returns="x_hat, f",
    hints=(
        "Follow the formula from the inside out: subtract, multiply, add, ReLU; then multiply and add.",
        "`x @ W_enc` multiplies the last dimension of x, whatever stands before it. `torch.relu` exists.",
        "`f = torch.relu((x - b_dec) @ W_enc + b_enc)`, then `x_hat = f @ W_dec + b_dec`.",
    ),
)

LATENTS = "torch.relu((x - b_dec) @ W_enc + b_enc)"

forward_pass.edits(
    {
        "you left out b_dec before the encoder: it is subtracted from x first": ("(x - b_dec)", "x"),
        "b_dec is subtracted before the encoder, and you added it": ("(x - b_dec)", "(x + b_dec)"),
        "you forgot b_enc": ("@ W_enc + b_enc", "@ W_enc"),
        "b_enc is added, and you subtracted it": ("@ W_enc + b_enc", "@ W_enc - b_enc"),
        "you forgot to add b_dec after the decoder": ("f @ W_dec + b_dec,", "f @ W_dec,"),
        "b_dec is added after the decoder, and you subtracted it": ("W_dec + b_dec,", "W_dec - b_dec,"),
        "you forgot the ReLU: latents are never negative": (LATENTS, "(x - b_dec) @ W_enc + b_enc"),
        "the ReLU comes after b_enc is added": (LATENTS, "torch.relu((x - b_dec) @ W_enc) + b_enc"),
        "the reconstruction has no ReLU of its own: x̂ may be negative": (
            "f @ W_dec + b_dec,",
            "torch.relu(f @ W_dec + b_dec),",
        ),
        "you cut the graph at f with `detach`: no gradient reaches the encoder": (
            LATENTS,
            f"{LATENTS}.detach()",
        ),
        "a latent below 0 is off: you took the absolute value": (
            LATENTS,
            "((x - b_dec) @ W_enc + b_enc).abs()",
        ),
        "this is GELU, not ReLU": (LATENTS, "torch.nn.functional.gelu((x - b_dec) @ W_enc + b_enc)"),
        "a latent has no upper limit: you clamped it at 1": (
            LATENTS,
            "((x - b_dec) @ W_enc + b_enc).clamp(0, 1)",
        ),
        "the decoder has its own weights, `W_dec`: you used the encoder's, transposed": (
            "f @ W_dec + b_dec,",
            "f @ W_enc.T + b_dec,",
        ),
        "the encoder has its own weights, `W_enc`: you used the decoder's, transposed": (
            "(x - b_dec) @ W_enc",
            "(x - b_dec) @ W_dec.T",
        ),
    }
)
forward_pass.variants(
    {"these are the reconstruction's values: return x_hat first, then f": lambda result: result[::-1]}
)


@forward_pass.part("a case by hand")
def forward_by_hand(attempt):
    x = torch.tensor([[2.0, 1.0], [-1.0, 0.0], [1.0, -1.0]])
    W_enc = torch.tensor([[1.0, 0.0, -1.0], [0.0, 2.0, 1.0]])
    b_enc, b_dec = torch.tensor([0.5, -1.0, 0.25]), torch.tensor([1.0, -1.0])
    W_dec = torch.tensor([[1.0, 0.0], [0.0, 0.5], [3.0, 2.0]])
    # x − b_dec = (1, 2), (−2, 1), (0, 0); times W_enc (1, 4, 1), (−2, 2, 3), (0, 0, 0); plus b_enc; ReLU
    f = torch.tensor([[1.5, 3.0, 1.25], [0.0, 1.0, 3.25], [0.5, 0.0, 0.25]])
    x_hat = torch.tensor([[6.25, 3.0], [10.75, 6.0], [2.25, -0.5]])
    attempt.gives((x_hat, f), x, W_enc, b_enc, W_dec, b_dec)


@forward_pass.part("random cases, any batch shape")
def forward_any_batch(attempt):
    for shape in ((4, 5), (1, 5), (5,), (2, 3, 5)):
        sae = random_sae(attempt, 5, 7)
        W_enc, b_enc, W_dec, b_dec = (p.detach() for p in (sae.W_enc, sae.b_enc, sae.W_dec, sae.b_dec))
        x = 2 * attempt.randn(*shape)
        f = (torch.einsum("...i,ij->...j", x - b_dec, W_enc) + b_enc).clamp(min=0)
        x_hat = torch.einsum("...j,ji->...i", f, W_dec) + b_dec
        attempt.gives((x_hat, f), x, W_enc, b_enc, W_dec, b_dec, rtol=1e-3, atol=1e-4)


forward_pass.contract(
    lambda attempt: (
        attempt.randn(6, 5),
        attempt.randn(5, 7),
        attempt.randn(7),
        attempt.randn(7, 5),
        attempt.randn(5),
    ),
    wrt=("x", "W_enc", "b_enc", "W_dec", "b_dec"),
)


# --- 8.2 ---

objective = exercise(
    "8.2",
    steps.sae_loss,
    title="The loss",
    points=2,
    hints=(
        "Both terms are a sum for each token first, then one mean over the tokens.",
        "`.sum(dim=-1)` sums over the last dimension, `.mean()` averages what is left.",
        "`((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()`",
    ),
)

ERROR = "((x - x_hat) ** 2).sum(dim=-1).mean()"
PENALTY = "l1_coefficient * f.sum(dim=-1).mean()"

objective.edits(
    {
        "you summed the L1 penalty over the batch and averaged the squared error: λ then depends on the "
        "batch size": (PENALTY, "l1_coefficient * f.sum()"),
        "you summed over the batch: average over the tokens": [
            (ERROR, "((x - x_hat) ** 2).sum()"),
            (PENALTY, "l1_coefficient * f.sum()"),
        ],
        "you averaged the squared error over the d_in components: sum them for each token": (
            ERROR,
            "((x - x_hat) ** 2).mean()",
        ),
        "you averaged f over the latents: sum them for each token": (PENALTY, "l1_coefficient * f.mean()"),
        "you averaged over components and latents: sum them for each token first": [
            (ERROR, "((x - x_hat) ** 2).mean()"),
            (PENALTY, "l1_coefficient * f.mean()"),
        ],
        "the error is squared: ‖x − x̂‖², not ‖x − x̂‖": (ERROR, "(x - x_hat).norm(dim=-1).mean()"),
        "the error is squared: you added up its absolute values": (
            ERROR,
            "(x - x_hat).abs().sum(dim=-1).mean()",
        ),
        "λ is squared": (PENALTY, f"l1_coefficient * {PENALTY}"),
        "you summed over the tokens and averaged over components and latents: the other way round": [
            (ERROR, "((x - x_hat) ** 2).sum(dim=0).mean()"),
            (PENALTY, "l1_coefficient * f.sum(dim=0).mean()"),
        ],
        "that is one loss a token: average over the batch": [
            (ERROR, "((x - x_hat) ** 2).sum(dim=-1)"),
            (PENALTY, "l1_coefficient * f.sum(dim=-1)"),
        ],
        "there is no ½ before the squared error": (ERROR, f"{ERROR} / 2"),
        "you left out λ (l1_coefficient)": ("l1_coefficient * ", ""),
        "you left out the penalty": (f" + {PENALTY}", ""),
        "λ belongs to the penalty, not to the error": [
            ("l1_coefficient * ", ""),
            (ERROR, f"l1_coefficient * {ERROR}"),
        ],
        "λ belongs to the penalty only": (ERROR, f"l1_coefficient * {ERROR}"),
        "you counted the active latents (L0): L1 sums their activations": (
            PENALTY,
            "l1_coefficient * (f > 0).float().sum(dim=-1).mean()",
        ),
        "that is ‖f‖₂: the L1 norm is the sum of the activations": (
            PENALTY,
            "l1_coefficient * f.norm(dim=-1).mean()",
        ),
        "you squared the activations (L2): L1 sums them as they are": (
            PENALTY,
            "l1_coefficient * (f**2).sum(dim=-1).mean()",
        ),
    }
)


@objective.part("a case by hand")
def loss_by_hand(attempt):
    x, x_hat = torch.tensor([[1.0, 2, 3], [0, 1, 1]]), torch.tensor([[0.0, 2, 3], [2, 2, 1]])
    f = torch.tensor([[0.0, 3, 0], [1, 0, 4]])
    attempt.gives(torch.tensor(19.0), x, x_hat, f, 4.0)  # errors 1 and 5, mean 3; L1 3 and 5, mean 4


@objective.part("other sizes")
def loss_of_other_sizes(attempt):
    for tokens, d_in, d_sae in ((1, 4, 6), (9, 3, 8), (64, 5, 2)):
        x, x_hat = attempt.randn(tokens, d_in), attempt.randn(tokens, d_in)
        f = attempt.randn(tokens, d_sae).relu()
        want = 0.0
        for t in range(tokens):
            want += (float(((x[t] - x_hat[t]) ** 2).sum()) + 3 * float(f[t].sum())) / tokens
        attempt.gives(torch.tensor(want), x, x_hat, f, 3.0)


# activations above 0: at 0, |f| has no gradient and f has one
objective.contract(
    lambda attempt: (attempt.randn(5, 4), attempt.randn(5, 4), attempt.rand(5, 3) + 0.1, 2.0),
    wrt=("x", "x_hat", "f"),
)


# --- 8.3 ---

one_step = exercise(
    "8.3",
    steps.training_step,
    title="One step of the paper's recipe",
    points=3,
    hints=(
        "In this order: clear old gradients, forward and loss, backward, project, step, normalise.",
        "The gradient's part along row i is (gᵢ · dᵢ) dᵢ with dᵢ the row at norm 1: subtract it from "
        "`sae.W_dec.grad`. Change weights in place, under `torch.no_grad()`.",
        "`d = sae.W_dec / sae.W_dec.norm(dim=1, keepdim=True)`, then "
        "`sae.W_dec.grad -= (sae.W_dec.grad * d).sum(dim=1, keepdim=True) * d`; after `optimizer.step()`: "
        "`sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)`.",
    ),
)


def plain_step(sae, optimizer, x, l1_coefficient):
    """The whole step in one function, for edits."""
    optimizer.zero_grad()
    x_hat, f = sae(x)
    loss = ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()
    loss.backward()
    rows = sae.W_dec.detach() / sae.W_dec.detach().norm(dim=1, keepdim=True)
    sae.W_dec.grad -= (sae.W_dec.grad * rows).sum(dim=1, keepdim=True) * rows
    optimizer.step()
    with torch.no_grad():
        sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)
    return loss.item()


UNIT_ROWS = "rows = sae.W_dec.detach() / sae.W_dec.detach().norm(dim=1, keepdim=True)"
UNIT_COLUMNS = "rows = sae.W_dec.detach() / sae.W_dec.detach().norm(dim=0)"
ALONG = "(sae.W_dec.grad * rows).sum(dim=1, keepdim=True) * rows"
REMOVE = f"sae.W_dec.grad -= {ALONG}"
OVER_COLUMNS = (REMOVE, "sae.W_dec.grad -= (sae.W_dec.grad * rows).sum(dim=0) * rows")
NORMALISE = "sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)"
NOT_NORMALISED = (NORMALISE, "pass")
BY_COLUMNS = (NORMALISE, "sae.W_dec /= sae.W_dec.norm(dim=0)")
STEP = "optimizer.step()"

one_step.edits(
    {
        "nothing was updated: did you call `optimizer.step()`?": (STEP, ""),
        "you kept the part of the gradient along the rows: that is the part to take out": (
            REMOVE,
            f"sae.W_dec.grad = {ALONG}",
        ),
        "you did not remove the gradient's part along the rows": (REMOVE, ""),
        "you only took the plain step: remove the parallel gradient and normalise": [
            (REMOVE, ""),
            NOT_NORMALISED,
        ],
        "the rows are not normalised after the step": NOT_NORMALISED,
        "you normalised columns: a latent's direction is a row of W_dec": BY_COLUMNS,
        "you normalised the whole matrix: each row is to have norm 1": (
            NORMALISE,
            "sae.W_dec /= sae.W_dec.norm()",
        ),
        "you added the part along the rows once more: subtract it": (REMOVE, f"sae.W_dec.grad += {ALONG}"),
        "g · d is a dot product, one number a row: multiply, then sum over `dim=1`": (
            REMOVE,
            "sae.W_dec.grad -= sae.W_dec.grad * rows * rows",
        ),
        "g · d is one number a row: sum over `dim=1`, not `dim=0`": OVER_COLUMNS,
        "a latent is a row of W_dec: `dim=1` for dot products and norms, not `dim=0`": [
            OVER_COLUMNS,
            BY_COLUMNS,
        ],
        "you removed the gradient along the columns, not the rows": [(UNIT_ROWS, UNIT_COLUMNS), OVER_COLUMNS],
        "the squared error is a sum over components, as in 8.2: you averaged": (
            "((x - x_hat) ** 2).sum(dim=-1).mean()",
            "((x - x_hat) ** 2).mean()",
        ),
        "you normalised the gradient, not the weights": [
            (STEP, f"sae.W_dec.grad /= sae.W_dec.grad.norm(dim=1, keepdim=True)\n    {STEP}"),
            NOT_NORMALISED,
        ],
        "the loss went up: backward the loss, not its negative": ("loss.backward()", "(-loss).backward()"),
        "the penalty λ ‖f‖₁ is missing from the loss, or λ from the penalty": (
            " + l1_coefficient * f.sum(dim=-1).mean()",
            "",
        ),
        "old gradients were added to the new ones: call `optimizer.zero_grad()` first": (
            "optimizer.zero_grad()",
            "",
        ),
        "you computed the loss after the step; return the one before it": (
            "return loss.item()",
            "return steps.sae_loss(x, *sae(x), l1_coefficient).item()",
        ),
    }
    | {
        f"{name} was not updated": (STEP, f"sae.{name}.grad = None\n    {STEP}")
        for name in ("W_enc", "b_enc", "b_dec")
    },
    of=plain_step,
)
one_step.edits(
    {
        "the penalty λ ‖f‖₁ is missing from the loss, or λ from the penalty": ("l1_coefficient * ", ""),
        "a latent is a row of W_dec: `dim=1` for dot products and norms, not `dim=0`": [
            (UNIT_ROWS, UNIT_COLUMNS),
            OVER_COLUMNS,
            BY_COLUMNS,
        ],
    },
    of=plain_step,
)


@one_step.mistake("remove the parallel part before `optimizer.step()`: Adam averaged over it")
def removed_from_the_move(sae, optimizer, x, l1_coefficient):
    optimizer.zero_grad()
    loss = steps.sae_loss(x, *sae(x), l1_coefficient)
    loss.backward()
    old = sae.W_dec.detach().clone()
    optimizer.step()
    with torch.no_grad():
        move = sae.W_dec - old
        sae.W_dec -= (move * old).sum(dim=1, keepdim=True) * old
        sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)
    return loss.item()


def loss_and_gradients(
    sae: SparseAutoencoder, x: Float[Tensor, "batch d_in"], l1: float
) -> tuple[float, dict[str, Tensor]]:
    """The loss written out, and its gradients by the names of the parameters."""
    f = torch.relu((x - sae.b_dec) @ sae.W_enc + sae.b_enc)
    loss = (x - f @ sae.W_dec - sae.b_dec).pow(2).sum(1).mean() + l1 * f.sum(1).mean()
    grads = torch.autograd.grad(loss, list(sae.parameters()))
    return loss.item(), dict(zip(dict(sae.named_parameters()), grads, strict=True))


def without_parallel(grad: Float[Tensor, "n d"], rows: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
    """What is left of `grad` without its part along unit `rows`, one row at a time."""
    return torch.stack([g - (g @ row) * row for g, row in zip(grad, rows, strict=True)])


def sgd(attempt, batch=16):
    """An SAE, SGD with lr 0.05, inputs, λ = 0.5."""
    sae = random_sae(attempt, 4, 6)
    return sae, torch.optim.SGD(sae.parameters(), lr=0.05), 2 * attempt.randn(batch, 4), 0.5


@one_step.part("the new weights")
def new_weights(attempt):
    sae, optimizer, x, l1 = sgd(attempt)
    before = {name: p.detach().clone() for name, p in sae.named_parameters()}
    _, g = loss_and_gradients(sae, x, l1)
    attempt.call(sae, optimizer, x, l1, allow_none=True)
    across = without_parallel(g["W_dec"], before["W_dec"])
    want = {name: before[name] - 0.05 * g[name] for name in ("W_enc", "b_enc", "b_dec")}
    want["W_dec"] = F.normalize(before["W_dec"] - 0.05 * across, dim=1)
    for name in ("W_dec", "W_enc", "b_enc", "b_dec"):
        tried = f"one step of SGD with lr 0.05; now sae.{name}"
        attempt.expect_close(getattr(sae, name).detach(), want[name], tried=tried)


@one_step.part("gradients of an earlier step do not count")
def stale_gradients(attempt):
    sae, optimizer, x, l1 = sgd(attempt, batch=1)
    want = sae.b_dec.detach() - 0.05 * loss_and_gradients(sae, x, l1)[1]["b_dec"]
    for p in sae.parameters():  # what an earlier step leaves behind
        p.grad = torch.ones_like(p)
    attempt.call(sae, optimizer, x, l1, allow_none=True)
    tried = "a step while old gradients were still there; now sae.b_dec"
    attempt.expect_close(sae.b_dec.detach(), want, tried=tried)


@one_step.part("Adam never sees the parallel part")
def adams_mean(attempt):
    sae, _, x, l1 = sgd(attempt)
    optimizer, weight = torch.optim.Adam(sae.parameters(), lr=0.01), sae.W_dec
    want = 0.1 * without_parallel(loss_and_gradients(sae, x, l1)[1]["W_dec"], weight.detach())
    attempt.call(sae, optimizer, x, l1, allow_none=True)
    stepped = "exp_avg" in optimizer.state.get(weight, {})
    attempt.expect(stepped, expected="one step of the optimiser", got="none")
    moment = "a step with Adam; now its mean gradient of W_dec (× 0.1)"
    attempt.expect_close(optimizer.state[weight]["exp_avg"], want, tried=moment)
    attempt.expect_close(
        sae.W_dec.detach().norm(dim=1),
        torch.ones(6),
        tried="a step with Adam; now the norms of W_dec's rows",
        mistake="normalise after `optimizer.step()`: the step changes the norms",
        rtol=1e-5,
    )


@one_step.part("the loss that it returns")
def loss_before(attempt):
    sae, optimizer, x, l1 = sgd(attempt)
    want, _ = loss_and_gradients(sae, x, l1)
    got = attempt.call(sae, optimizer, x, l1)
    attempt.expect(
        not (isinstance(got, torch.Tensor) and got.requires_grad),
        expected="a plain number",
        got=got,
        mistake="a loss that keeps its graph fills the memory: return `loss.item()`",
    )
    attempt.expect_close(got, want)


def in_the_middle_of_training(attempt):
    """Adam that has stepped, with the gradients of its last step still there."""
    sae = random_sae(attempt, 3, 8)
    optimizer = torch.optim.Adam(sae.parameters(), lr=0.01)
    for _ in range(2):
        steps.training_step(sae, optimizer, 2 * attempt.randn(16, 3), 0.5)
    return sae, optimizer, 2 * attempt.randn(5, 3), 0.2


@one_step.part("all that a step with Adam changes")
def all_changes(attempt):
    attempt.same_effect(steps.training_step, in_the_middle_of_training)


# --- 8.4 ---

how_often = exercise(
    "8.4",
    metrics.firing,
    title="Density and L0",
    points=1,
    returns="density, l0",
    hints=(
        "Both start from the same table of yes and no: which latent is active on which token?",
        "A mean over tokens gives one number a latent; a sum over latents gives one number a token.",
        "`on = (f > 0).float()`; return `on.mean(dim=0), on.sum(dim=1).mean()`.",
    ),
)

DENSITY, L0 = "on.mean(dim=0), ", "on.sum(dim=1).mean().item()"

how_often.edits(
    {
        "that is the mean activation: count tokens where f is above 0, whatever its size": (
            DENSITY,
            "f.mean(dim=0), ",
        ),
        "you averaged over latents: density is a mean over tokens": (DENSITY, "on.mean(dim=1), "),
        "active means f > 0: f ≥ 0 holds everywhere": ("f > 0", "f >= 0"),
        "you counted tokens: divide by their number": (DENSITY, "on.sum(dim=0), "),
        "you counted small activations as zero: anything above 0 is active": ("f > 0", "f > 0.01"),
        "that is a share: L0 counts latents": (L0, "on.mean()"),
        "that is the total: L0 is a mean over tokens": (L0, "on.sum()"),
        "that is the L1 norm: L0 counts latents, whatever their size": (L0, "f.sum(dim=1).mean()"),
        "you gave one L0 a token: average over tokens": (L0, "on.sum(dim=1)"),
        "L0 is a mean over tokens; you averaged over latents": (L0, "on.sum(dim=0).mean()"),
        "that is how many latents fire at all: L0 is how many fire on a token": (L0, "on.any(dim=0).sum()"),
        "that is the most that fire on one token: L0 is a mean over tokens": (L0, "on.sum(dim=1).max()"),
        "L0 is a mean: don't round it": (L0, "on.sum(dim=1).mean().floor()"),
        "you left out tokens on which nothing fires": (L0, "on.sum() / on.any(dim=1).sum()"),
        "you divided by the number of latents that fire at all": (L0, "on.sum() / on.any(dim=0).sum()"),
    }
)
how_often.edits({"L0 is a mean: don't round it": (L0, "on.sum(dim=1).mean().round()")})
how_often.variants({"the order: return density, l0": lambda result: result[::-1]})


@how_often.part("a case by hand")
def firing_by_hand(attempt):  # a dead latent, a silent token, tiny activations
    f = torch.zeros(6, 5)
    f[0, 1], f[0, 2], f[1, 1], f[3, 1], f[3, 4], f[4, 1], f[4, 2] = 2, 1e-4, 1e-4, 1e-4, 3, 5, 1
    attempt.gives((torch.tensor([0, 4, 2, 0, 1]) / 6, 7 / 6), f)


@how_often.part("other sizes")
def firing_of_other_sizes(attempt):
    for tokens, d_sae in ((1, 5), (50, 3), (7, 20)):
        f = attempt.rand(tokens, d_sae, low=0.1) * (attempt.rand(tokens, d_sae) < 0.4)
        active = [[value > 0 for value in row] for row in f.tolist()]
        density = torch.tensor([sum(column) / tokens for column in zip(*active, strict=True)])
        attempt.gives((density, sum(map(sum, active)) / tokens), f)


# --- 8.5 ---

explained = exercise(
    "8.5",
    metrics.r_squared,
    title="R²",
    points=1,
    hints=(
        "x̄ is one vector: the mean over tokens of each component.",
        "Both sums run over all tokens and all components, and only then are they divided.",
        "`1 - ((x - x_hat) ** 2).sum() / ((x - x.mean(dim=0)) ** 2).sum()`",
    ),
)

RESIDUAL, SPREAD = "(x - x_hat).square().sum()", "(x - x.mean(dim=0)).square().sum()"

explained.edits(
    {
        "you compared with zero: the denominator measures from the mean x̄": (SPREAD, "x.square().sum()"),
        "x̄ is one mean for each component (`dim=0`), not one number for the whole table": (
            "x.mean(dim=0)",
            "x.mean()",
        ),
        "x̄ is a mean over tokens (`dim=0`), not over components": (
            "x.mean(dim=0)",
            "x.mean(dim=1, keepdim=True)",
        ),
        "you averaged one R² per component: sum over all components first, then divide": (
            f"{RESIDUAL} / {SPREAD}",
            "((x - x_hat).square().sum(0) / (x - x.mean(dim=0)).square().sum(0)).mean()",
        ),
        "you averaged one R² per token: sum over all tokens first, then divide": (
            f"{RESIDUAL} / {SPREAD}",
            "((x - x_hat).square().sum(1) / (x - x.mean(dim=0)).square().sum(1)).mean()",
        ),
        "the norms are squared": (f"{RESIDUAL} / {SPREAD}", f"({RESIDUAL} / {SPREAD}).sqrt()"),
        "each token's norm is squared": (
            f"{RESIDUAL} / {SPREAD}",
            "(x - x_hat).norm(dim=1).sum() / (x - x.mean(dim=0)).norm(dim=1).sum()",
        ),
        "the denominator is about x, not x̂": (SPREAD, "(x_hat - x_hat.mean(dim=0)).square().sum()"),
        "`var` divides by n − 1 and `mean` by n: use the same in both": (
            f"{RESIDUAL} / {SPREAD}",
            "(x - x_hat).square().mean(0).sum() / x.var(dim=0).sum()",
        ),
        "a variance forgets the mean: a constant error x − x̂ is an error too": (
            f"{RESIDUAL} / {SPREAD}",
            "(x - x_hat).var(dim=0).sum() / x.var(dim=0).sum()",
        ),
        "compare errors, x − x̂: you took the reconstruction's distance from x̄": (
            f"1 - {RESIDUAL}",
            "(x_hat - x.mean(dim=0)).square().sum()",
        ),
        "you divided the share of spreads: compare errors, x − x̂": (
            f"1 - {RESIDUAL}",
            "(x_hat - x_hat.mean(dim=0)).square().sum()",
        ),
    }
)
explained.variants(
    {
        "that is the share left unexplained: subtract it from 1": lambda result: 1 - result,
        "you clipped it: worse than the mean must show as negative": lambda result: max(result, 0.0),
    }
)


@explained.mistake("that is the correlation squared, blind to a wrong size")
def correlation_squared(x, x_hat):
    return torch.corrcoef(torch.stack([x.flatten(), x_hat.flatten()]))[0, 1] ** 2


@explained.part("a case by hand")
def r_squared_by_hand(attempt):
    x = torch.tensor([[1.0, 4], [3, 10], [5, 1]])
    attempt.gives(0.78, x, torch.tensor([[1.0, 5], [2, 10], [5, 4]]))  # 1 + 1 + 9 of 8 + 42
    attempt.gives(-1.0, x, x + torch.tensor([[5.0, 0], [0, 5], [5, 5]]))  # 25 + 25 + 50: worse than the mean


@explained.part("predicting the mean scores 0, and x itself 1")
def zero_and_one(attempt):
    x = attempt.randn(30, 4) * torch.tensor([1.0, 5.0, 0.2, 0.0]) + torch.tensor([3.0, -1.0, 8.0, 2.0])
    attempt.gives(0.0, x, x.mean(dim=0).expand_as(x), atol=1e-4)
    attempt.gives(1.0, x, x.clone(), atol=1e-4)


@explained.part("random cases")
def random_r_squared(attempt):
    for tokens in (3, 200):
        x = attempt.randn(tokens, 5) * torch.tensor([1.0, 5.0, 0.2, 2.0, 1.0]) + 4 * attempt.randn(5)
        for x_hat in (0.7 * x + 0.3 * attempt.randn(tokens, 5), x + 20 * attempt.randn(tokens, 5)):
            mean = [sum(column) / tokens for column in x.double().T.tolist()]
            left = sum(error**2 for error in (x - x_hat).flatten().tolist())
            total = sum((a - m) ** 2 for row in x.tolist() for a, m in zip(row, mean, strict=True))
            attempt.gives(1 - left / total, x, x_hat, rtol=1e-3, atol=1e-4)


explained.contract(lambda attempt: (attempt.randn(9, 4), attempt.randn(9, 4)))


# --- 8.6 ---

resampling = exercise(
    "8.6",
    steps.resample_dead,
    title="Resample dead latents",
    points=3,
    hints=(
        "Work out each input's loss, draw one input for each dead latent, set the weights, clear Adam.",
        "`torch.multinomial(loss ** 2, n, replacement=True, generator=generator)` draws. With a mask, "
        "`sae.W_dec[dead] = rows` and `sae.W_enc[:, dead] = ...` set rows and columns.",
        "Adam: `optimizer.state[sae.W_dec]['exp_avg'][dead] = 0`, the same for 'exp_avg_sq', and for "
        "`sae.W_enc` with `[:, dead]` and `sae.b_enc` with `[dead]`.",
    ),
)


def plain_resampling(sae, optimizer, dead, x, generator=None):
    """What the text asks for and no more, for edits."""
    if not dead.any():
        return
    with torch.no_grad():
        loss = ((x - sae(x).x_hat) ** 2).sum(dim=1)
        inputs = x[torch.multinomial(loss**2, int(dead.sum()), replacement=True, generator=generator)]
        rows = inputs / inputs.norm(dim=1, keepdim=True)
        norms = sae.W_enc[:, ~dead].norm(dim=0)
        sae.W_dec[dead] = rows
        sae.W_enc[:, dead] = 0.2 * norms.mean() * rows.T
        sae.b_enc[dead] = 0
    for moment in ("exp_avg", "exp_avg_sq"):
        optimizer.state[sae.W_dec][moment][dead] = 0
        optimizer.state[sae.W_enc][moment][:, dead] = 0
        optimizer.state[sae.b_enc][moment][dead] = 0


LOSS = "loss = ((x - sae(x).x_hat) ** 2).sum(dim=1)"
ROWS = "sae.W_dec[dead] = rows"
COLUMNS = "sae.W_enc[:, dead] = 0.2 * norms.mean() * rows.T"
NORMS = "sae.W_enc[:, ~dead].norm(dim=0)"
A_COPY = "nothing was set: `sae.W_dec[dead][...] =` sets a copy, `sae.W_dec[dead] =` the weights"
THE_INPUT = "a fresh row is the input x itself, at norm 1: no error x − x̂, no b_dec, no noise"

resampling.edits(
    {
        "you drew in proportion to the loss: square it": ("loss**2", "loss"),
        "you drew all inputs alike: weigh them by loss²": ("loss**2", "torch.ones_like(loss)"),
        "you drew in proportion to ‖x − x̂‖: weigh by the squared loss, ‖x − x̂‖⁴": ("loss**2", "loss**0.5"),
        "you squared once too often: the loss is ‖x − x̂‖², its weight the square of that": (
            "loss**2",
            "loss**4",
        ),
        "you prefer inputs that are reconstructed well": ("loss**2", "1 / loss**2"),
        "that is a softmax of the losses: weigh by loss²": ("loss**2", "loss.softmax(0)"),
        "an input's loss is its distance from its own x̂: you took the distance from b_dec": (
            LOSS,
            "loss = ((x - sae.b_dec) ** 2).sum(dim=1)",
        ),
        "an input's loss is ‖x − x̂‖²: you took the length of x": (LOSS, "loss = (x**2).sum(dim=1)"),
        "all got the same input: draw one for each dead latent, at random, in proportion to loss²": (
            "torch.multinomial(loss**2, int(dead.sum()), replacement=True, generator=generator)",
            "torch.multinomial(loss**2, 1, generator=generator).expand(int(dead.sum()))",
        ),
        A_COPY: (ROWS, "sae.W_dec[dead][:] = rows"),
        "the fresh rows are not at norm 1: divide each input by its norm": (ROWS, "sae.W_dec[dead] = inputs"),
        THE_INPUT: ("rows = inputs /", "inputs = inputs - sae(inputs).x_hat\n        rows = inputs /"),
        "you forgot the factor 0.2": ("0.2 * norms", "norms"),
        "W_enc's live columns' mean norm is missing (W_dec's rows have norm 1)": ("norms.mean() * ", ""),
        "the encoder gets 0.2 × the live columns' mean norm, not norm 1": ("0.2 * norms.mean() * ", ""),
        "the mean norm is over the live columns only, not all": (NORMS, "sae.W_enc.norm(dim=0)"),
        "you averaged the dead columns' norms: take the live ones": (NORMS, "sae.W_enc[:, dead].norm(dim=0)"),
        "W_enc's dead columns were not set": (COLUMNS, "pass"),
        "you took the norm of the whole matrix: a mean of the columns' norms is meant": (
            NORMS,
            "sae.W_enc[:, ~dead].norm()",
        ),
        "you took the norm of W_enc's rows: a latent is a column of W_enc": (
            NORMS,
            "sae.W_enc[:, ~dead].norm(dim=1)",
        ),
        "the encoder takes the input's direction: divide x by its norm first": ("rows.T", "inputs.T"),
        "b_enc was not set to 0": ("sae.b_enc[dead] = 0", "pass"),
        "you set all of b_enc, not only the dead latents' part": ("sae.b_enc[dead] = 0", "sae.b_enc[:] = 0"),
    },
    of=plain_resampling,
)
resampling.edits(
    {
        A_COPY: [
            (ROWS, "sae.W_dec[dead][:] = rows"),
            (COLUMNS, COLUMNS.replace("[:, dead]", "[:, dead][:]")),
            ("sae.b_enc[dead] = 0", "sae.b_enc[dead][:] = 0"),
        ],
        THE_INPUT: ("rows = inputs /", "inputs = inputs - sae.b_dec\n        rows = inputs /"),
    },
    of=plain_resampling,
)
resampling.variants(
    {"`dead` marks the latents to set: you set the others": lambda dead: ~dead}, of=plain_resampling
)


def stepped_adam(sae: SparseAutoencoder) -> torch.optim.Adam:
    """Adam after a step that changed no weight: the moments are 0.1 and 0.001."""
    optimizer = torch.optim.Adam(sae.parameters(), lr=0.0)
    for p in sae.parameters():
        p.grad = torch.ones_like(p)
    optimizer.step()
    return optimizer


def one_bad_input(attempt: Attempt, dead: list[int] = (1, 4, 5)):
    """An SAE of seven latents whose weights can be worked out: the draws have only one outcome.

    Latent 0 reconstructs all inputs but one, to a millionth. That one, nearer to b_dec than the others, is
    left with the error (0, 0, 8). The live latents 2, 3 and 6 are as silent as the dead ones.
    """
    sae = SparseAutoencoder(3, 7, generator=attempt.generator)
    with torch.no_grad():
        sae.W_dec[0] = torch.tensor([1.0, 0.0, 0.0])
        sae.W_enc.zero_()
        columns = [
            (0, 1),
            (1, 8),
            (1, 2),
            (2, -5),
            (1, 9),
            (1, 7),
            (2, -4),
        ]  # the one component that is not 0
        for latent, (component, value) in enumerate(columns):
            sae.W_enc[component, latent] = value
        sae.b_enc.copy_(-torch.tensor([0.0, 1, 2, 3, 4, 5, 6]))
        sae.b_dec.copy_(torch.tensor([0.0, 6, 0]))
    x = torch.tensor([0.0, 6, 1e-6]).repeat(400, 1)
    x[:, 0] = torch.arange(400) + 10.0
    x[123] = torch.tensor([0.0, 6, 8])
    mask = torch.zeros(7, dtype=torch.bool)
    mask[list(dead)] = True
    return sae, stepped_adam(sae), mask, x, attempt.generator


def of_latents(name: str, values: Tensor, which: Bool[Tensor, "d_sae"]) -> Tensor:
    """The entries of a parameter, or of its moments, that belong to some latents."""
    return values[:, which] if name == "W_enc" else values[which]


@resampling.part("the fresh weights")
def fresh_weights(attempt):
    sae, optimizer, dead, x, generator = one_bad_input(attempt)
    old = sae.W_dec.detach()[dead]
    attempt.call(sae, optimizer, dead, x, generator, allow_none=True)
    rows = sae.W_dec.detach()[dead]
    are_new = not torch.equal(rows, old)
    attempt.note(int((rows[:, 0].abs() < 1e-3).sum()))
    attempt.expect(are_new, expected="new decoder rows for the dead latents", got="the old rows")
    attempt.expect(
        bool((rows[:, 0].abs() < 1e-3).all()),
        tried="resample_dead(...), where one input is reconstructed badly, all others well",
        expected="all draws are that one input, x[123]",
        got=f"decoder rows {rows.tolist()}",
    )
    attempt.expect_close(
        rows,
        torch.tensor([0.0, 0.6, 0.8]).repeat(3, 1),
        tried="resample_dead(...), all draws are (0, 6, 8); now the fresh rows of W_dec",
    )
    attempt.expect_close(
        sae.W_enc.detach()[:, dead],
        0.2 * 3 * torch.tensor([0.0, 0.6, 0.8]).repeat(3, 1).T,  # live norms 1, 2, 5, 4
        tried="resample_dead(...), live columns' norms 1, 2, 5, 4; now the fresh columns of W_enc",
    )
    attempt.expect_close(
        sae.b_enc.detach()[dead], torch.zeros(3), tried="resample_dead(...); now b_enc of the dead latents"
    )


@resampling.part("live latents stay as they are")
def live_latents(attempt):
    sae, optimizer, dead, x, generator = one_bad_input(attempt)
    before = {name: p.detach().clone() for name, p in sae.named_parameters()}
    attempt.call(sae, optimizer, dead, x, generator, allow_none=True)
    for name, was in before.items():
        live = ~dead if name != "b_dec" else torch.ones(3, dtype=torch.bool)
        now, was = (of_latents(name, values, live) for values in (getattr(sae, name).detach(), was))
        attempt.expect_close(now, was, tried=f"resample_dead(...); now the live part of {name}")


@resampling.part("Adam's moments")
def adams_moments(attempt):
    sae, optimizer, dead, x, generator = one_bad_input(attempt)
    parameters = dict(sae.named_parameters())
    attempt.call(sae, optimizer, dead, x, generator, allow_none=True)
    for name, p in parameters.items():
        for moment, was in (("exp_avg", 0.1), ("exp_avg_sq", 0.001)):
            now = optimizer.state.get(p, {}).get(moment, torch.zeros_like(p))
            if name != "b_dec":
                reset = of_latents(name, now, dead)
                attempt.expect(
                    not reset.any(),
                    tried=f"resample_dead(...); now Adam's {moment} of {name}, of the dead latents",
                    expected="all 0",
                    got=reset,
                    mistake=f"Adam's {moment} of {name} was not reset for the dead latents: old momentum "
                    "drags the fresh weights away",
                )
                now = of_latents(name, now, ~dead)
            attempt.expect_close(
                now,
                torch.full_like(now, was),
                tried=f"resample_dead(...); now Adam's {moment} of {name}, of the live latents",
                mistake=f"you reset {moment} for the live latents too" if not now.any() else "",
            )


@resampling.part("inputs are drawn by loss squared")
def by_loss_squared(attempt):
    draws, losses = 4000, torch.tensor([3.0, 6.0, 12.0])  # powers and a softmax give other shares each
    sae = SparseAutoencoder(4, draws + 1, generator=attempt.generator)
    along = torch.tensor([0.0, 0.0, 0.0, 1.0])
    with torch.no_grad():  # latent 0 reconstructs the last component, from b_dec on; no other fires
        sae.W_enc[:, 0], sae.W_dec[0] = along, along
        sae.b_enc[1:] = -100.0
        sae.b_dec.copy_(torch.tensor([0.5, 2.0, 0.0, 0.0]))
    x = sae.b_dec.detach() + F.pad(losses.sqrt().diag(), (0, 1)) + torch.tensor([[5.0], [0.0], [1.0]]) * along
    dead = torch.arange(draws + 1) > 0
    attempt.call(sae, stepped_adam(sae), dead, x, attempt.generator, allow_none=True)
    cosines = sae.W_dec.detach()[1:] @ F.normalize(x, dim=1).T
    share = F.one_hot(cosines.argmax(1), 3).float().mean(0)
    attempt.expect(
        share.max() < 1,
        tried="4000 dead latents, three inputs with losses 3, 6 and 12",
        expected="each of the inputs is drawn for some of the latents",
        got="all latents got one and the same input",
    )
    attempt.expect_close(
        share,
        losses**2 / 189,
        tried="4000 dead latents, three inputs with losses 3, 6 and 12; now the shares of the draws",
        atol=0.04,  # a share of 0.76 comes out as ± 0.007
    )


@resampling.part("no dead latents")
def none_dead(attempt):
    attempt.same_effect(steps.resample_dead, lambda attempt: one_bad_input(attempt, []))


@resampling.part("one dead latent, and nothing else changes")
def one_dead(attempt):
    def one_input(attempt):
        sae, optimizer, dead, x, generator = one_bad_input(attempt, [5])
        return sae, optimizer, dead, x[123:124], generator

    attempt.same_effect(steps.resample_dead, one_input)


# --- 8.7 ---

no_cheating = exercise(
    "8.7",
    steps.weighted_l1,
    title="A penalty that the decoder cannot cheat",
    points=2,
    hints=(
        "Like the L1 penalty, but each latent's activation counts as often as its decoder row is long.",
        "`W_dec.norm(dim=1)` has one norm a latent; it multiplies f's last dimension.",
        "`l1_coefficient * (f * W_dec.norm(dim=1)).sum(dim=-1).mean()`",
    ),
)

WEIGHTED = "(f * W_dec.norm(dim=1)).sum(dim=-1).mean()"
ROW_NORMS = "W_dec.norm(dim=1)"


no_cheating.edits(
    {
        "you left out the decoder norms: that is the plain L1 penalty": (f"(f * {ROW_NORMS})", "f"),
        "you squared the norms": (ROW_NORMS, f"{ROW_NORMS} ** 2"),
        "that is ‖W_dec,i‖₁: the norm is the length, a root of squares": (
            ROW_NORMS,
            "W_dec.abs().sum(dim=1)",
        ),
        "that is each row's largest entry: the norm is the length, a root of squares": (
            ROW_NORMS,
            "W_dec.abs().amax(dim=1)",
        ),
        "you averaged over latents: sum them for each token": (".sum(dim=-1).mean()", ".mean()"),
        "you summed over the batch: average over tokens": (".sum(dim=-1).mean()", ".sum()"),
        "you left out λ (l1_coefficient)": ("return l1_coefficient * ", "return "),
        "you used one norm for all: each latent has its own": (ROW_NORMS, f"{ROW_NORMS}.mean()"),
        "that is the norm of the whole matrix: each latent has its own": (ROW_NORMS, "W_dec.norm()"),
        "that is the norm of the sum of rows: weigh each activation by its own row's norm": (
            WEIGHTED,
            "(f @ W_dec).norm(dim=-1).mean()",
        ),
        "you divided by the norms: multiply": ("f * W_dec", "f / W_dec"),
        "you took the norms of columns (`dim=0`): a latent is a row": (ROW_NORMS, "W_dec.norm(dim=0)"),
        "you detached the norms: the decoder then grows for nothing, as before": (
            ROW_NORMS,
            "W_dec.detach().norm(dim=1)",
        ),
        "you detached f": ("(f * ", "(f.detach() * "),
    }
)


@no_cheating.part("a case by hand")
def weighted_by_hand(attempt):
    f, W_dec = torch.tensor([[1.0, 2.0], [0.0, 4.0]]), torch.tensor([[3.0, 4.0], [0.0, 2.0]])
    attempt.gives(torch.tensor(25.5), f, W_dec, 3.0)  # norms 5 and 2: tokens cost 9 and 8


@no_cheating.part("random cases")
def random_weighted(attempt):
    for tokens, d_in, d_sae in ((1, 3, 5), (8, 6, 6), (20, 7, 2)):
        f, W_dec = attempt.randn(tokens, d_sae).relu(), 2 * attempt.randn(d_sae, d_in)
        want = 3.0 * sum(
            float(f[t, i]) * float(W_dec[i].square().sum()) ** 0.5
            for t in range(tokens)
            for i in range(d_sae)
        )
        attempt.gives(torch.tensor(want / tokens), f, W_dec, 3.0)


no_cheating.contract(lambda attempt: (attempt.rand(5, 4) + 0.1, attempt.randn(4, 3), 2.0), wrt=("f", "W_dec"))


# --- 8.8 ---

recovered = exercise(
    "8.8",
    metrics.loss_recovered,
    title="Loss recovered",
    points=2,
    hints=(
        "You need three losses: untouched, with the reconstruction, and ablated. `loss` gives each of them.",
        "Ablation is a replacement too: a function that returns `fill`, in its activations' shape.",
        "`ablated = loss(lambda acts: fill.expand_as(acts))`, then "
        "`(ablated - loss(reconstruct)) / (ablated - loss(None))`.",
    ),
)

COST, REGAINED = "(ablated - loss(None))", "(ablated - loss(reconstruct))"

recovered.edits(
    {
        "you ablated to zero: put `fill` in place of the activations": (
            "fill.expand_as(acts)",
            "torch.zeros_like(acts)",
        ),
        "you ablated to the mean of `acts`: put `fill` in its place": (
            "fill.expand_as(acts)",
            "acts.reshape(-1, acts.shape[-1]).mean(dim=0).expand_as(acts)",
        ),
        "that is the loss recovered in nats: divide by what ablation costs": (f" / {COST}", ""),
        "that is how much the loss rises: compare it with what ablation costs": (
            f"{REGAINED} / {COST}",
            "loss(reconstruct) - loss(None)",
        ),
        "the denominator is what ablation costs, ablated − untouched": (COST, "ablated"),
        "that compares with a loss of 0: what can be recovered is ablated − untouched": (
            f"{REGAINED} / {COST}",
            "loss(None) / loss(reconstruct)",
        ),
        "upside down: divide by what ablation costs": (f"{REGAINED} / {COST}", f"{COST} / {REGAINED}"),
    }
)
recovered.variants(
    {
        "a share is asked for, not per cent": lambda result: 100 * result,
        "that is the share lost: 1 minus it is recovered": lambda result: 1 - result,
        "the sign: ablation raises the loss, the reconstruction lowers it again": lambda result: -result,
        "you clipped it: worse than ablation must show as negative": lambda result: min(max(result, 0), 1),
    }
)


def stand_in(acts: Float[Tensor, "*batch d_in"], cost):
    """A stand-in for a language model: `cost` of its activations, beside the true ones, is its loss."""

    def loss(replace=None):
        if replace is not None and not callable(replace):
            raise TypeError("`loss` takes a function of the activations, or None")
        used = acts.clone() if replace is None else replace(acts.clone())
        if not isinstance(used, torch.Tensor) or used.shape != acts.shape:
            shape = tuple(used.shape) if isinstance(used, torch.Tensor) else type(used).__name__
            raise ValueError(
                f"the replacement gave {shape}, the model needs {tuple(acts.shape)}: expand `fill`"
            )
        return cost(used).item()

    return loss


def square_model():
    """1.5 nats for the activations (1, 3) and (3, 5), and the squared distance from them more for others."""
    acts = torch.tensor([[1.0, 3.0], [3.0, 5.0]])
    return stand_in(acts, lambda used: 1.5 + (used - acts).square().sum())


@recovered.part("against zero, by hand")
def against_zero(attempt):
    loss = square_model()
    # ablated to zero: 1.5 + 44; half of each activation: 1.5 + 11
    attempt.gives(0.75, loss, lambda a: a / 2, torch.zeros(2))


@recovered.part("against other activations, by hand")
def against_others(attempt):
    loss = square_model()
    # ablated to the mean: 1.5 + 4; to (1, 1): 1.5 + 0 + 4 + 4 + 16
    attempt.gives(0.5, loss, lambda a: a + torch.tensor([1.0, 0.0]), torch.tensor([2.0, 4.0]))
    attempt.gives(0.75, loss, lambda a: a + 1.5**0.5, torch.ones(2))  # 4 · 1.5 of 24


@recovered.part("all, nothing, and worse than nothing")
def all_and_nothing(attempt):
    loss = square_model()
    fill = torch.tensor([2.0, 4.0])
    attempt.gives(1.0, loss, lambda a: a, fill)
    attempt.gives(0.0, loss, lambda a: fill.expand_as(a), fill)
    attempt.gives(-43.0, loss, lambda a: -a, fill)  # 1.5 + 4 · 44, ablated 1.5 + 4


def curved_model(acts: Float[Tensor, "*batch d_in"], weight: Float[Tensor, "d_in"]):
    """A loss that is no plain square."""
    return stand_in(acts, lambda used: 1.5 + ((torch.sin(used) - torch.sin(acts)) @ weight).square().mean())


@recovered.part("any shape of activations")
def any_shape(attempt):
    for shape in ((4, 6, 5), (7, 5), (1, 1, 5), (2, 3, 2, 5)):
        acts, fill = 1 + attempt.randn(*shape), attempt.randn(5)
        loss = curved_model(acts, attempt.randn(5))
        clean, patched = loss(lambda a: a), loss(lambda a: 0.8 * a)
        ablated = loss(lambda a, fill=fill: torch.zeros_like(a) + fill)
        want = (ablated - patched) / (ablated - clean)
        attempt.gives(want, loss, lambda a: 0.8 * a, fill, rtol=1e-3, atol=1e-4)
