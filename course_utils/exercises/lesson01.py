"""Exercises of lesson 01, Superposition as compression."""

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils import toy
from course_utils.checks.registry import exercise


def models(attempt, inst: int, m: int, n: int, batch: int = 1) -> tuple[Tensor, ...]:
    """Random W, b, importance (another for each model and feature) and sparse inputs."""
    x = attempt.rand(inst, batch, n) * (attempt.rand(inst, batch, n) < 0.7)
    importance = attempt.rand(inst, n, low=0.2, high=3)
    return attempt.randn(inst, m, n), 0.5 * attempt.randn(inst, n), importance, x


def one_loss_each(attempt, want: Float[Tensor, "inst"], *args):
    """Hold the call's result against one loss a model."""
    got = attempt.call(*args)
    ndim = got.ndim if torch.is_tensor(got) else 1
    advice = "" if ndim == 1 else "you left a dimension in: one loss a model"
    advice = (
        "one loss a model, also where there is one model: were the models joined (`.mean()`, `.sum()`), or "
        "their dimension dropped (`.squeeze()`)?"
        if ndim == 0
        else advice
    )
    attempt.expect_shape(got, tuple(want.shape), mistake=advice)
    attempt.expect_close(got, want, rtol=1e-3)


def first_of_all(v: Float[Tensor, "inst ..."]) -> Float[Tensor, "inst ..."]:
    """The first model's for every model."""
    return v[:1].expand_as(v)


# --- 1.1 ---

model = exercise(
    "1.1",
    toy.forward,
    title="The model",
    points=2,
    hints=(
        "Inputs are rows here. For one model, h = Wx for all rows is `x @ W.T`. For many models "
        "the transpose is `W.transpose(1, 2)`.",
        "`h = x @ W.transpose(1, 2)` has shape (inst, batch, m). Going back, W.T @ h for a row is `h @ W`.",
        "The bias has shape (inst, n); `b[:, None, :]` gives it a dimension for the batch. Add it, then take "
        "`torch.relu`.",
    ),
)

model.edits(
    {
        "you forgot the ReLU": (".relu()", ""),
        "you forgot the bias": (" + b[:, None, :]", ""),
        "you added the bias after the ReLU; it goes inside": (
            "(hidden @ W + b[:, None, :]).relu()",
            "(hidden @ W).relu() + b[:, None, :]",
        ),
        "you subtracted the bias": ("+ b[", "- b["),
        "you put a ReLU on the hidden numbers; h = Wx has none": ("hidden @ W", "hidden.relu() @ W"),
        "you used WᵀW without its diagonal: a feature is read back through its own column, too": (
            "hidden @ W",
            "hidden @ W - x * (W**2).sum(1)[:, None]",
        ),
        "each model has its own bias, the same for its whole batch: `b[:, None, :]`": ("b[:, None, :]", "b"),
        "you multiplied by W twice; the way back is Wᵀ": ("hidden @ W", "hidden @ W.transpose(1, 2)"),
        "you swapped W and Wᵀ: h = Wx, then Wᵀh": [
            ("x @ W.transpose(1, 2)", "x @ W"),
            ("hidden @ W", "hidden @ W.transpose(1, 2)"),
        ],
        "you stopped at the hidden numbers; the way back is Wᵀh": (
            "(hidden @ W + b[:, None, :]).relu()",
            "hidden.relu()",
        ),
        "you detached W on the way back: half of its gradient is missing": (
            "hidden @ W",
            "hidden @ W.detach()",
        ),
        "you detached W on the way in: half of its gradient is missing": (
            "x @ W.transpose(1, 2)",
            "x @ W.detach().transpose(1, 2)",
        ),
    }
)
model.variants(
    {
        "you used the first model's W for all of them": lambda W: first_of_all(W),
        "you used the first model's bias for all of them": lambda b: first_of_all(b),
        "you used the first model's inputs for all of them": lambda x: first_of_all(x),
    }
)


def output(W, b, x):
    """One model after the other, one input after the other."""
    rows = [
        [(w.T @ (w @ row) + c).clamp(min=0) for row in batch] for w, c, batch in zip(W, b, x, strict=True)
    ]
    return torch.stack([torch.stack(batch) for batch in rows])


@model.part("two features in two dimensions, and two opposite ones in one, by hand")
def model_by_hand(attempt):
    W, b = torch.tensor([[[1.0, -1.0], [-0.5, 0.2]]]), torch.tensor([[0.1, -0.2]])
    x = torch.tensor([[[0.9, 0.0], [0.0, 0.6], [0.8, 0.3]]])
    attempt.gives(torch.tensor([[[1.225, 0], [0, 0.424], [0.77, 0]]]), W, b, x)  # WᵀW = 1.25 −1.1; −1.1 1.04
    x = torch.tensor([[[0.8, 0.0], [0.0, 0.5], [0.8, 0.5]]])
    attempt.gives(torch.tensor([[[0.9, 0], [0, 0.3], [0.4, 0]]]), W[:, :1], b, x)


def model_sizes(attempt, sizes):
    for size in sizes:
        W, b, _, x = models(attempt, *size)
        attempt.gives(output(W, b, x), W, b, x, rtol=1e-3, atol=1e-5)


@model.part("several models, each with its own W, b and inputs")
def several_models(attempt):
    model_sizes(attempt, [(3, 2, 5, 3), (4, 3, 4, 6)])  # first as many models as inputs: shapes never clash


@model.part("a single model and input, one hidden number, as many as features")
def small_models(attempt):
    model_sizes(attempt, [(1, 1, 3, 1), (2, 3, 3, 4), (2, 1, 1, 3)])


def model_inputs(attempt):
    W, b, _, x = models(attempt, 2, 2, 4, 3)
    return W, b, x


model.contract(model_inputs, wrt=("W", "b"))


# --- 1.2 ---

loss = exercise(
    "1.2",
    toy.compression.weighted_loss,
    title="What counts as an error",
    hints=(
        "`(x - out) ** 2` has shape (inst, batch, n). Which dimension do you sum over, and which do you "
        "average?",
        "The importance has shape (inst, n). `importance[:, None, :]` gives it a dimension for the batch.",
        "Multiply first, then `.sum(dim=2)` over the features and `.mean(dim=1)` over the batch.",
    ),
)

SPREAD = "importance[:, None, :]"

loss.edits(
    {
        "you forgot the importance": (f" * {SPREAD}", ""),
        "you averaged over the features; the loss is the sum over them": (".sum(-1)", ".mean(-1)"),
        "you summed over the batch; take its mean": (".mean(-1)", ".sum(-1)"),
        "you averaged over the batch twice": (".mean(-1)", ".mean(-1) / x.shape[1]"),
        "you forgot the square": (" ** 2", ""),
        "you took absolute values, not squares": ("(x - out) ** 2", "(x - out).abs()"),
        "you divided by the total importance; the loss is a plain weighted sum": (
            ".mean(-1)",
            ".mean(-1) / importance.sum(1)",
        ),
        "a model has one importance for its whole batch: `importance[:, None, :]`": (SPREAD, "importance"),
        "you left the batch in: take the mean over it": (".mean(-1)", ""),
        "you left the features in: take the sum over them": (".sum(-1).mean(-1)", ".mean(1)"),
    }
)
loss.variants(
    {
        "importance weighs the squared error once; you used its square": lambda importance: importance**2,
        "you used the first model's importance for all of them": lambda importance: first_of_all(importance),
        "you averaged the importance first: weigh each feature by its own": lambda importance: (
            importance.mean(1, keepdim=True).expand_as(importance)
        ),
        "you summed the importance first: weigh each feature by its own": lambda importance: importance.sum(
            1, keepdim=True
        ).expand_as(importance),
        "you took the root": lambda result: result.sqrt(),
    }
)


def mean_error(x, out, importance):
    """One model after the other, one input after the other."""
    losses = []
    for inputs, outputs, weight in zip(x, out, importance, strict=True):
        rows = [(weight * (row - o) ** 2).sum() for row, o in zip(inputs, outputs, strict=True)]
        losses.append(sum(rows) / len(rows))
    return torch.stack(losses)


def outputs(attempt, inst, batch, n):
    return attempt.rand(inst, batch, n), attempt.rand(inst, batch, n), attempt.rand(inst, n, low=0.2, high=3)


@loss.part("one model, two inputs, by hand")
def loss_by_hand(attempt):
    x = torch.tensor([[[1.0, 0.0, 0.5], [0.0, 0.4, 0.0]]])
    out = torch.tensor([[[0.5, 0.2, 0.5], [0.0, 0.0, 0.3]]])
    want = torch.tensor([0.745])  # (1 + 0.08 + 0 + 0.32 + 0.09) / 2
    one_loss_each(attempt, want, x, out, torch.tensor([[4.0, 2.0, 1.0]]))


def loss_sizes(attempt, sizes):
    for size in sizes:
        args = outputs(attempt, *size)
        one_loss_each(attempt, mean_error(*args), *args)


@loss.part("several models of other sizes")
def several_losses(attempt):
    loss_sizes(attempt, [(3, 3, 4), (2, 5, 3), (4, 2, 6)])


@loss.part("a batch of one, a single feature")
def small_losses(attempt):
    loss_sizes(attempt, [(1, 1, 3), (3, 4, 1), (1, 1, 1)])


loss.contract(lambda attempt: outputs(attempt, 2, 3, 4), wrt=("out",))


# --- 1.3 ---

count = exercise(
    "1.3",
    toy.compression.stored,
    title="Which features are stored?",
    hints=(
        "Feature i is column i of W: m numbers. In shape (inst, m, n) they lie along dimension 1.",
        "`W.norm(dim=1)` gives all lengths, with shape (inst, n). Compare with ½.",
        "`(W.norm(dim=1) > 0.5).sum(dim=1)`",
    ),
)

LONGER = "W.norm(dim=1) > 0.5"
SHORTER = "you counted the columns that are shorter"

count.edits(
    {
        "you counted rows of W; a feature is a column": ("norm(dim=1)", "norm(dim=2)"),
        "you compared the squared length with ½": (LONGER, "(W**2).sum(1) > 0.5"),
        "you counted single weights; a column's length counts all of them": (
            f"({LONGER}).sum(1)",
            "(W.abs() > 0.5).sum((1, 2))",
        ),
        "you took the largest weight of a column, not its length": (LONGER, "W.abs().amax(1) > 0.5"),
        "you took the sum of a column's weights, not its length": (LONGER, "W.abs().sum(1) > 0.5"),
        SHORTER: ("> 0.5", "<= 0.5"),
        "a column exactly ½ long is not stored: it has to be longer": ("> 0.5", ">= 0.5"),
        "you rounded the lengths and added them up: a long column counts once, too": (
            LONGER,
            "W.norm(dim=1).round()",
        ),
        "you say for each feature whether it is stored: count them": (".sum(1)", ""),
    }
)
count.edits({SHORTER: ("> 0.5", "< 0.5")})


def one_count_each(attempt, W, want):
    got = attempt.call(W)
    joined = torch.is_tensor(got) and got.ndim == 0
    one = "you counted over all models: one count a model"
    if len(W) == 1:
        one = "one count a model, also where there is one: did `.squeeze()` drop the models' dimension?"
    attempt.expect_shape(got, (len(W),), mistake=one if joined else "")
    attempt.expect_close(got.double(), want.double())  # counted as integers or as floats


@count.part("four models by hand")
def count_by_hand(attempt):
    W = torch.zeros(4, 2, 4)
    W[0] = torch.tensor([[0.3, 1.0, 0.0, 0.3], [0.3, 1.0, 0.0, 0.0]])
    W[1] = torch.tensor([[-0.4, 0.0, 0.0, 0.0], [0.45, -0.7, 1.0, 0.65]])
    W[2] = torch.tensor([[0.5, 0.0, 0.5, 0.0], [0.0, 3.0, 0.5, 0.0]])  # the first is just ½ long
    one_count_each(attempt, W, torch.tensor([1, 4, 2, 0]))


@count.part("random models of several sizes")
def count_sizes(attempt):
    # first 5 hidden numbers: with 2, the root of the mean square is above ½ where the square is
    for inst, m, n in [(30, 5, 3), (40, 2, 5), (20, 1, 6), (1, 3, 4)]:
        directions = torch.nn.functional.normalize(attempt.randn(inst, m, n), dim=1)
        lengths = attempt.rand(inst, n, low=0.05, high=1.9)
        lengths = torch.where((lengths - 0.5).abs() < 0.02, 0.4, lengths)  # away from the limit
        one_count_each(attempt, directions * lengths[:, None], (lengths > 0.5).sum(1))


# --- 1.4 ---

crowding = exercise(
    "1.4",
    toy.geometry.interference,
    title="Who is in the way?",
    points=2,
    hints=(
        "First the directions: W divided by its columns' lengths, `W.norm(dim=1, keepdim=True)`. Don't "
        "divide by a length of 0: put 1 in its place with `torch.where`.",
        "`directions.transpose(1, 2) @ W` has shape (inst, n, n), with Ŵᵢ·Wⱼ in row i, column j. Square it.",
        "Sum over j, that is `.sum(dim=2)`, and leave out j = i: subtract "
        "`overlap.diagonal(dim1=1, dim2=2)` of the squares.",
    ),
)


def plain_interference(W):
    length = W.norm(dim=1, keepdim=True)
    unit = W / torch.where(length > 0, length, 1)
    overlap = unit.transpose(1, 2) @ W
    others = 1 - torch.eye(W.shape[2], dtype=W.dtype)
    return (overlap**2 * others).sum(2)


SQUARES = "overlap**2 * others"

crowding.edits(
    {
        "you counted j = i as well": (SQUARES, "overlap**2"),
        "you forgot the square": (SQUARES, "overlap * others"),
        "you took absolute values, not squares": (SQUARES, "overlap.abs() * others"),
        "you summed first and squared then": (f"({SQUARES}).sum(2)", "(overlap * others).sum(2) ** 2"),
        "you made both columns 1 long; only Wᵢ is": ("2) @ W", "2) @ unit"),
        "you left Wᵢ at its own length; it has to be 1 long": ("unit.transpose", "W.transpose"),
        "you made Wⱼ 1 long, not Wᵢ; or summed over the wrong index": (".sum(2)", ".sum(1)"),
        "you averaged over the other features; F is their sum": (
            ".sum(2)",
            ".sum(2) / max(W.shape[2] - 1, 1)",
        ),
        "you averaged over the features; F is a sum": (".sum(2)", ".mean(2)"),
        "you took the root": (".sum(2)", ".sum(2).sqrt()"),
        "you divided by the squared length: Ŵᵢ is Wᵢ divided by its length": ("0, length,", "0, length**2,"),
        "you subtracted ‖Wᵢ‖; the term with j = i is its square": (
            f"({SQUARES}).sum(2)",
            "(overlap**2).sum(2) - length[:, 0]",
        ),
        "you subtracted 1 for j = i; that term is ‖Wᵢ‖²": (
            f"({SQUARES}).sum(2)",
            "(overlap**2).sum(2) - 1",
        ),
        "a zero column gives 0/0: divide by 1 where the length is 0": (
            "torch.where(length > 0, length, 1)",
            "length",
        ),
    },
    of=plain_interference,
)


def pair_by_pair(W):
    F = W.new_zeros(W.shape[0], W.shape[2])
    for a, w in enumerate(W):
        for i, length in enumerate(w.norm(dim=0)):
            others = [j for j in range(W.shape[2]) if j != i and length > 0]
            F[a, i] = sum((w[:, i] @ w[:, j] / length) ** 2 for j in others)
    return F


def crowds(attempt, *Ws):
    for W in Ws:
        attempt.gives(pair_by_pair(W), W, rtol=1e-3, atol=1e-4)


@crowding.part("two in the plane, and a pair of opposites, by hand")
def crowding_by_hand(attempt):
    W = torch.tensor([[[2.0, 1.0], [0.0, 1.0]], [[1.0, -0.5], [0.0, 0.0]]])
    attempt.gives(torch.tensor([[1.0, 2.0], [0.25, 1.0]]), W, atol=1e-4)


@crowding.part("random models of several sizes")
def crowding_sizes(attempt):
    crowds(attempt, attempt.randn(3, 2, 5), attempt.randn(2, 5, 3), attempt.randn(2, 4, 4))


@crowding.part("columns that are zero")
def zero_columns(attempt):
    W = attempt.randn(2, 2, 4)
    W[0, :, 1] = 0
    W[1] = 0
    crowds(attempt, W)


@crowding.part("a single hidden number, a single feature, tiny columns")
def small_crowds(attempt):
    tiny = torch.tensor([1e-4, 1, 1])
    crowds(attempt, attempt.randn(2, 1, 3), attempt.randn(1, 3, 1), tiny * attempt.randn(1, 2, 3))


crowding.contract(lambda attempt: (attempt.randn(2, 3, 4),), wrt=("W",))


# --- 1.5 ---

terms = exercise(
    "1.5",
    toy.compression.linear_terms,
    title="The linear model's loss, by hand",
    points=2,
    returns="lost, interference",
    hints=(
        "Both terms are in the matrix WᵀW of each model: ‖Wᵢ‖² on its diagonal, Wᵢ·Wⱼ beside it.",
        "`gram = W.transpose(1, 2) @ W` and `own = gram.diagonal(dim1=1, dim2=2)`, of shape (inst, n). "
        "For the second term, sum `gram ** 2` over j and subtract `own ** 2`.",
        "Weigh each row i by Iᵢ and sum over i: `V * (importance * (1 - own) ** 2).sum(dim=1)` is the first "
        "term, V = p/3 − p²/4.",
    ),
)

VARIANCE = "p / 3 - p**2 / 4"
OTHERS = "others.sum(2)"

terms.edits(
    {
        "you forgot the factor V": (VARIANCE, "1"),
        "you used the mean square p/3; the best bias removes the mean, V is the variance": (
            VARIANCE,
            "p / 3",
        ),
        "V is p/3 − p²/4: you subtracted the mean p/2 without squaring it": (VARIANCE, "p / 3 - p / 2"),
        "you used p in place of V": (VARIANCE, "p"),
        "you used p/12; being on or off makes a feature vary, too: V is p/3 − p²/4": (VARIANCE, "p / 12"),
        "you averaged over the features; the loss is the sum over them": [
            ("** 2).sum(1)", "** 2).mean(1)"),
            (f"{OTHERS}).sum(1)", f"{OTHERS}).mean(1)"),
        ],
        "you used the length, not its square: what comes back of a feature is ‖Wᵢ‖² times it": (
            "(1 - own)",
            "(1 - W.norm(dim=1))",
        ),
        "you forgot the square of (1 − ‖Wᵢ‖²)": ("(1 - own) ** 2", "(1 - own)"),
        "you counted j = i as well": (OTHERS, "(gram**2).sum(2)"),
        "you counted each pair once; each of the two outputs is disturbed": (OTHERS, "others.triu().sum(2)"),
        "you forgot the square of Wᵢ·Wⱼ": (OTHERS, "(gram.sum(2) - own)"),
        "you summed before squaring": (OTHERS, "(gram.sum(2) - own) ** 2"),
        "you made Wᵢ 1 long, as in the interference of exercise 1.4; here both columns count as they are": (
            OTHERS,
            f"{OTHERS} / own.clamp_min(1e-12)",
        ),
        "you subtracted ‖Wᵢ‖² for j = i; that term is its square": (OTHERS, "((gram**2).sum(2) - own)"),
    }
)
terms.variants(
    {
        "you forgot the importance": lambda importance: torch.ones_like(importance),
        "you used the first model's importance for all of them": lambda importance: first_of_all(importance),
        "you returned the interference first": lambda result: result[::-1],
        "you added the two terms; return them apart": lambda result: result[0] + result[1],
        "you summed over the models too: two numbers a model": lambda result: tuple(t.sum() for t in result),
        "you put the two terms into one tensor: `return lost, interference` gives two": lambda result: (
            torch.stack(result)
        ),
    }
)


def term_by_term(W, importance, p):
    lost, disturbed = [], []
    for w, weight, q in zip(W, importance, p, strict=True):
        V, n = q / 3 - q * q / 4, w.shape[1]
        lost.append(V * sum(weight[i] * (1 - w[:, i] @ w[:, i]) ** 2 for i in range(n)))
        pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
        disturbed.append(V * sum((weight[i] * (w[:, i] @ w[:, j]) ** 2 for i, j in pairs), start=0 * q))
    return torch.stack(lost), torch.stack(disturbed)


def term_inputs(attempt, inst, m, n):
    W, _, importance, _ = models(attempt, inst, m, n)
    return W, importance, attempt.rand(inst, low=0.05)


def term_sizes(attempt, sizes):
    for size in sizes:
        args = term_inputs(attempt, *size)
        attempt.gives(term_by_term(*args), *args, rtol=1e-3, atol=1e-7)


@terms.part("four features in two dimensions, by hand")
def terms_by_hand(attempt):
    """Two of four kept, at p = 1; two pairs of opposites, at p = 0.4."""
    W = torch.tensor([[[1.0, 0, 0, 0], [0, 1, 0, 0]], [[1.0, 0, -0.5, 0], [0, 1, 0, -1]]])
    importance, p = torch.tensor([[1.0, 2.0, 4.0, 8.0]]).repeat(2, 1), torch.tensor([1.0, 0.4])
    V = [1 / 12, 7 / 75]
    lost = torch.tensor([V[0] * (4 + 8), V[1] * 4 * 0.75**2])
    attempt.gives((lost, torch.tensor([0, V[1] * (0.25 * (1 + 4) + 2 + 8)])), W, importance, p, rtol=1e-3)


@terms.part("random models, each with its own importance and density")
def several_terms(attempt):
    term_sizes(attempt, [(4, 2, 5), (3, 5, 3), (5, 3, 5)])


@terms.part("one model, one hidden number, one feature, W = 0")
def small_terms(attempt):
    term_sizes(attempt, [(1, 1, 3), (2, 2, 1)])
    V = 0.5 / 3 - 0.25 / 4
    want = torch.tensor([6 * V]), torch.zeros(1)
    attempt.gives(want, torch.zeros(1, 2, 3), torch.tensor([[3.0, 2.0, 1.0]]), torch.tensor([0.5]), rtol=1e-3)


terms.contract(lambda attempt: term_inputs(attempt, 2, 2, 4), wrt=("W",))


# --- 1.6 ---

components = exercise(
    "1.6",
    toy.compression.pca_loss,
    title="The baseline: principal components",
    points=2,
    hints=(
        "First z: subtract each column's mean, `x.mean(dim=0)`, then multiply column i by √Iᵢ.",
        "C has one row and one column for each feature: `z.T @ z / len(x)`.",
        "`torch.linalg.eigvalsh(C)` is in ascending order, so the n − m smallest come first: "
        "`[: n - m].sum()`, with n = x.shape[1].",
    ),
)

SMALLEST = "[: x.shape[1] - m]"
AVERAGED = "you averaged the lost variances; the error is their sum"

components.edits(
    {
        "you did not subtract the mean": ("(x - x.mean(0))", "x"),
        "you subtracted each row's mean; the mean is over the rows, one for each feature": (
            "x.mean(0)",
            "x.mean(1, keepdim=True)",
        ),
        "you subtracted one mean for all features": ("x.mean(0)", "x.mean()"),
        "you forgot the importance": (" * importance.sqrt()", ""),
        "you scaled by the importance; it weighs squares, so scale by its root": (
            "importance.sqrt()",
            "importance",
        ),
        "you divided by the root of the importance": ("* importance.sqrt()", "/ importance.sqrt()"),
        "you summed the largest eigenvalues: those are kept, not lost": (SMALLEST, "[m:]"),
        "you summed the m largest eigenvalues: that is what is kept": (SMALLEST, "[x.shape[1] - m :]"),
        "you summed the m smallest eigenvalues; n − m components are lost": (SMALLEST, "[:m]"),
        "you left out one component too few": (SMALLEST, "[: x.shape[1] - m + 1]"),
        "you left out one component too many": (SMALLEST, "[: max(x.shape[1] - m - 1, 0)]"),
        "you forgot to divide by the number of rows": (" / len(x)", ""),
        "you divided by K − 1; the error is a mean over the K rows": ("len(x)", "(len(x) - 1)"),
        AVERAGED: (".sum()", ".mean()"),
        "you took eigenvalues of z, not of C; or forgot to square singular values": (
            f"variances{SMALLEST}",
            f"variances.clamp(min=0).sqrt(){SMALLEST}",
        ),
        "you kept the m features of largest variance; PCA's directions may mix features": (
            "torch.linalg.eigvalsh(scaled.T @ scaled / len(x))",
            "(scaled**2).mean(0).sort().values",
        ),
    }
)
components.edits({AVERAGED: (".sum()", ".sum() / max(x.shape[1] - m, 1)")})  # 0 where nothing is lost


@components.mistake("you scaled C by the importance after PCA's directions were chosen")
def scaled_later(x, importance, m):
    centred = x - x.mean(0)
    lost = torch.linalg.eigh(centred.T @ centred).eigenvectors[:, : x.shape[1] - m]
    return ((centred @ lost @ lost.T) ** 2 * importance).sum(1).mean()


def missing(x, importance, m):
    """Project on the kept components and measure what is missing."""
    z = (x - x.mean(0)).double() * importance.double().sqrt()
    axes = torch.linalg.svd(z, full_matrices=False).Vh
    return ((z - z @ axes[:m].T @ axes[:m]) ** 2).sum(1).mean().to(x.dtype)


def mixed(attempt, samples, n):
    """Inputs whose features depend on each other, with other means and spreads."""
    return attempt.rand(samples, n) @ attempt.randn(n, n) + 3 * attempt.randn(n)


def loses(attempt, want, *args):
    got = attempt.call(*args)
    attempt.expect_shape(got, (), mistake="one number")
    attempt.expect_close(got, want, rtol=2e-3, atol=1e-4)


@components.part("five independent features, by hand")
def components_by_hand(attempt):
    corners = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * 5)  # variance 1 each
    x = 10 + corners * torch.tensor([1.0, 2.0, 0.5, 3.0, 1.5])
    importance = torch.tensor([5.0, 1.0, 8.0, 0.4, 3.0])  # 5, 4, 2, 3.6, 6.75: the last is kept
    loses(attempt, torch.tensor(14.6), x, importance, 1)


@components.part("features that depend on each other, several m")
def dependent(attempt):
    for n, m in [(4, 1), (4, 2), (6, 4), (5, 4)]:
        args = mixed(attempt, 3000, n), attempt.rand(n, low=0.2, high=3), m
        loses(attempt, missing(*args), *args)


@components.part("points on a line")
def line(attempt):
    t = torch.linspace(-1, 1, 2001, dtype=torch.float64)
    x = torch.stack([1 + t, 2 - 2 * t, torch.zeros_like(t)], 1)
    loses(attempt, t.new_tensor(0), x, t.new_tensor([1, 2, 3]), 1)


@components.part("the features of the lesson")
def sparse_features(attempt):
    x = toy.sample(torch.tensor([0.3]), 8, 4000, attempt.generator)[0]
    args = x, 0.7 ** torch.arange(8.0), 3
    loses(attempt, missing(*args), *args)


@components.part("all components kept: nothing is lost")
def all_kept(attempt):
    loses(attempt, torch.tensor(0.0), mixed(attempt, 2000, 3), attempt.rand(3, low=0.2), 3)


components.contract(lambda attempt: (mixed(attempt, 50, 4), attempt.rand(4, low=0.2, high=3), 2))


# --- 1.7 ---

leaking = exercise(
    "1.7",
    toy.compression.leak,
    title="What an overlap costs",
    points=2,
    hints=(
        "The mean over u is the integral of R(su + b)² from 0 to 1, with R the ReLU. Without the R: which "
        "function of u has (su + b)² as its derivative?",
        "(su + b)³ / (3s). With the R it is R(su + b)³ / (3s): where su + b is negative both sides are 0. "
        "Take it at u = 1 minus at u = 0.",
        "`((slope + bias).relu() ** 3 - bias.relu() ** 3) / (3 * slope)`, and `bias.relu() ** 2` where the "
        "slope is 0: use `torch.where` twice, so that nothing is divided by 0.",
    ),
)


def plain_leak(slope, bias):
    safe = torch.where(slope == 0, 1, slope)
    parts = ((slope + bias).relu() ** 3 - bias.relu() ** 3) / (3 * safe)
    return torch.where(slope == 0, bias.relu() ** 2, parts)


ENDS = "(slope + bias).relu() ** 3 - bias.relu() ** 3"

leaking.edits(
    {
        "you forgot the square: this is the mean of the ReLU itself": [
            (f"({ENDS}) / (3 * safe)", "((slope + bias).relu() ** 2 - bias.relu() ** 2) / (2 * safe)"),
            ("bias.relu() ** 2, parts", "bias.relu(), parts"),
        ],
        "you forgot the ReLU: what is negative costs nothing": [
            (ENDS, "(slope + bias) ** 3 - bias**3"),
            ("bias.relu() ** 2, parts", "bias**2, parts"),
        ],
        "you forgot the lower end, u = 0: with a positive bias something is read there, too": (
            " - bias.relu() ** 3",
            "",
        ),
        "you added the lower end: an integral is upper end minus lower end": (
            " - bias.relu() ** 3",
            " + bias.relu() ** 3",
        ),
        "you forgot to divide by the slope: the derivative of (su + b)³ has a factor s": ("(3 * safe)", "3"),
        "you forgot the factor 3": ("(3 * safe)", "safe"),
        "you divided by |slope|: where it is negative, both signs turn": ("(3 * safe)", "(3 * safe.abs())"),
        "a negative slope isn't always free: with a positive bias it is read for small u": (
            "bias.relu() ** 2, parts)",
            "bias.relu() ** 2, parts) * (slope >= 0)",
        ),
        "you took the value at u = 1: it is the mean over all u": (
            f"({ENDS}) / (3 * safe)",
            "(slope + bias).relu() ** 2",
        ),
        "you took the value at u = ½, the mean of u: the mean of a square is more than that": (
            f"({ENDS}) / (3 * safe)",
            "(slope / 2 + bias).relu() ** 2",
        ),
        "slope 0 is left out: ReLU(b)² is read whatever u is": ("bias.relu() ** 2, parts", "0.0, parts"),
        "you ignored the bias": (f"({ENDS}) / (3 * safe)", "slope.relu() ** 2 / 3"),
        "you subtracted the bias after squaring": (
            f"({ENDS}) / (3 * safe)",
            "slope.relu() ** 2 / 3 + bias",
        ),
    },
    of=plain_leak,
)
leaking.variants(
    {
        "you used one bias for all": lambda bias: first_of_all(bias),
        "you used one slope for all": lambda slope: first_of_all(slope),
        "you averaged over the entries: one number for each": lambda result: result.mean().expand_as(result),
    }
)


def averaged(slope, bias):
    """The mean over 4000 values of u."""
    u = (torch.arange(4000, dtype=torch.float64) + 0.5) / 4000
    reads = (slope.double()[..., None] * u + bias.double()[..., None]).relu()
    return (reads**2).mean(-1).to(slope.dtype)


@leaking.part("seven overlaps by hand")
def leak_by_hand(attempt):
    slope = torch.tensor([1.0, 1.0, 1.0, -1.0, -1.0, 2.0, 0.5])
    bias = torch.tensor([0.0, -0.5, 0.5, 0.5, -0.2, -0.8, -0.9])
    want = torch.tensor([1 / 3, 0.125 / 3, 3.25 / 3, 0.125 / 3, 0.0, 1.728 / 6, 0.0])
    attempt.gives(want, slope, bias)


@leaking.part("any slopes and biases, of any shape")
def leak_any(attempt):
    for shape in [(40,), (3, 5), (2, 3, 2), (1,)]:
        slope, bias = 1.5 * attempt.randn(*shape), attempt.randn(*shape)
        slope = torch.where(slope.abs() < 0.05, 0.05, slope)
        attempt.gives(averaged(slope, bias), slope, bias, rtol=1e-3, atol=1e-5)


@leaking.part("no overlap: slope 0")
def leak_flat(attempt):
    slope, bias = torch.tensor([0.0, 0.0, 0.6]), torch.tensor([0.4, -0.4, 0.0])
    attempt.gives(torch.tensor([0.16, 0.0, 0.12]), slope, bias)


leaking.contract(
    lambda attempt: (
        attempt.rand(6, low=0.2, high=2) * torch.tensor([1, -1, 1, -1, 1, -1]),
        attempt.randn(6),
    ),
    wrt=("slope", "bias"),
)


# --- 1.8 ---

penalised = exercise(
    "1.8",
    toy.compression.l1_loss,
    title="The L1 penalty",
    hints=(
        "The first part is the loss of exercise 1.2 for the outputs of exercise 1.1.",
        "The hidden numbers are `h = x @ W.transpose(1, 2)`, of shape (inst, batch, m). They have "
        "no ReLU and may be negative, so take `h.abs()`.",
        "`h.abs().sum(dim=2).mean(dim=1)` has shape (inst,): multiply by strength and add it to the loss.",
    ),
)


def plain_l1_loss(W, b, importance, x, strength):
    h = x @ W.transpose(1, 2)
    out = (h @ W + b[:, None]).relu()
    error = ((x - out) ** 2 * importance[:, None]).sum(2).mean(1)
    return error + strength * h.abs().sum(2).mean(1)


PENALTY = "h.abs().sum(2).mean(1)"

penalised.edits(
    {
        "you forgot the penalty": (f" + strength * {PENALTY}", ""),
        "you forgot the strength": ("strength * h", "h"),
        "you returned the penalty without the loss": ("error + ", ""),
        "you summed the penalty over the batch while the loss is a mean": (PENALTY, "h.abs().sum((1, 2))"),
        "you averaged |h| over the hidden numbers; the penalty is their sum": (
            PENALTY,
            "h.abs().mean((1, 2))",
        ),
        "you forgot the absolute value": (PENALTY, "h.sum(2).mean(1)"),
        "you added up the hidden numbers before taking the absolute value": (
            PENALTY,
            "h.sum(2).abs().mean(1)",
        ),
        "you squared h; an L1 penalty takes absolute values": (PENALTY, "(h**2).sum(2).mean(1)"),
        "you took the length of h; an L1 penalty adds up absolute values": (PENALTY, "h.norm(dim=2).mean(1)"),
        "you put a ReLU on h: negative hidden numbers cost as much": (PENALTY, "h.relu().sum(2).mean(1)"),
        "you penalised the outputs; the penalty is on h": (PENALTY, "out.sum(2).mean(1)"),
        "you penalised the weights; the penalty is on h": (PENALTY, "W.abs().sum((1, 2))"),
        "you penalised h before averaging: |mean of h| lets opposite signs cancel": (
            PENALTY,
            "h.mean(1).abs().sum(1)",
        ),
        "you subtracted the penalty": ("error + ", "error - "),
        "the strength weighs the penalty alone: you multiplied the errors by it, too": (
            f"error + strength * {PENALTY}",
            f"strength * (error + {PENALTY})",
        ),
        "you averaged the errors over the features; the loss is their sum": (
            "importance[:, None]).sum(2)",
            "importance[:, None]).mean(2)",
        ),
        "the penalty has no gradient: you cut h off with `detach`, `.data` or `no_grad`": (
            "h.abs()",
            "h.detach().abs()",
        ),
        "you detached W on the way back: half of its gradient is missing": ("h @ W", "h @ W.detach()"),
    },
    of=plain_l1_loss,
)
penalised.variants(
    {
        "you used the first model's strength for all of them": lambda strength: first_of_all(strength),
        "you forgot the importance": lambda importance: torch.ones_like(importance),
    }
)


def penalised_inputs(attempt, inst, m, n, batch):
    return *models(attempt, inst, m, n, batch), attempt.rand(inst, low=0.2, high=2)


def costs(attempt, W, b, importance, x, strength):
    h = [[(w @ row).abs().sum() for row in batch] for w, batch in zip(W, x, strict=True)]
    penalty = torch.stack([sum(sizes) / len(sizes) for sizes in h])
    want = mean_error(x, output(W, b, x), importance) + strength * penalty
    one_loss_each(attempt, want, W, b, importance, x, strength)


@penalised.part("two features in two dimensions, by hand")
def penalty_by_hand(attempt):
    W, b = torch.tensor([[[1.0, -1.0], [-0.5, 0.2]]]), torch.tensor([[0.1, -0.2]])
    x = torch.tensor([[[0.9, 0.0], [0.0, 0.6], [0.8, 0.3]]])  # out 1.225, 0; 0, 0.424; 0.77, 0
    errors = (2 * 0.325**2 + 0.176**2 + 2 * 0.03**2 + 0.3**2) / 3
    penalty = (0.9 + 0.45 + 0.6 + 0.12 + 0.5 + 0.34) / 3
    want = torch.tensor([errors + 0.7 * penalty])
    one_loss_each(attempt, want, W, b, torch.tensor([[2.0, 1.0]]), x, torch.tensor([0.7]))


@penalised.part("several models, each with its own strength")
def several_strengths(attempt):
    for size in [(3, 2, 5, 4), (4, 3, 4, 4), (2, 3, 6, 3)]:
        costs(attempt, *penalised_inputs(attempt, *size))


@penalised.part("a single model, input, hidden number; strength 0")
def small_penalties(attempt):
    costs(attempt, *penalised_inputs(attempt, 1, 1, 3, 1))
    costs(attempt, *models(attempt, 2, 2, 4, 3), torch.zeros(2))


penalised.contract(lambda attempt: penalised_inputs(attempt, 2, 2, 4, 3), wrt=("W", "b"))
