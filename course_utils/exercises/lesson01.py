"""Checks of lesson 01, Superposition as compression."""

from __future__ import annotations

import torch

from course_utils import toy
from course_utils.checks.engine import Attempt, exercise


def draw_models(attempt: Attempt, inst: int, m: int, n: int, batch: int) -> tuple:
    """Random W, b, importance (another for each model and feature) and sparse inputs."""
    x = attempt.rand(inst, batch, n) * (attempt.rand(inst, batch, n) < 0.7)
    importance = attempt.rand(inst, n, low=0.2, high=3)
    return attempt.randn(inst, m, n), 0.5 * attempt.randn(inst, n), importance, x


def output(W, b, x, relu=True):
    """One model after the other, one input after the other."""
    rows = [torch.stack([w.T @ (w @ row) + c for row in batch]) for w, c, batch in zip(W, b, x, strict=True)]
    out = torch.stack(rows)
    return out.clamp(min=0) if relu else out


@exercise(
    "1.1",
    "forward",
    title="The model",
    points=2,
    kit=toy.forward,
    hints=(
        "Inputs are rows here. For one model, h = Wx for all rows is `x @ W.T`. For many models "
        "the transpose is `W.transpose(1, 2)`.",
        "`h = x @ W.transpose(1, 2)` has shape (inst, batch, m). Going back, W.T @ h for a row is `h @ W`.",
        "The bias has shape (inst, n); `b[:, None, :]` gives it a dimension for the batch. Add it, then take "
        "`torch.relu`.",
    ),
)
def _(attempt: Attempt):
    def compare(W, b, x, tried=""):
        got = attempt.call(W, b, x)
        gram = W.transpose(1, 2) @ W
        mistakes = {
            "you forgot the ReLU": output(W, b, x, relu=False),
            "you forgot the bias": output(W, 0 * b, x),
            "you added the bias after the ReLU; it goes inside": output(W, 0 * b, x) + b[:, None],
            "you subtracted the bias": output(W, -b, x),
            "you put a ReLU on the hidden numbers; h = Wx has none": (
                (x @ W.transpose(1, 2)).relu() @ W + b[:, None]
            ).relu(),
            "you used the first model's W for all of them": output(W[:1].expand_as(W), b, x),
            "you used the first model's bias for all of them": output(W, b[:1].expand_as(b), x),
            "you used the first model's inputs for all of them": output(W, b, x[:1].expand_as(x)),
            "you used WᵀW without its diagonal: a feature is read back through its own column, too": (
                x @ (gram - torch.diag_embed(gram.diagonal(dim1=1, dim2=2))) + b[:, None]
            ).relu(),
        }
        if x.shape[0] == x.shape[1]:
            mistakes["each model has its own bias, the same for its whole batch: `b[:, None, :]`"] = (
                x @ gram + b
            ).relu()
        if W.shape[1] == W.shape[2]:
            mistakes["you multiplied by W twice; the way back is Wᵀ"] = (
                x @ (W @ W).transpose(1, 2) + b[:, None]
            ).relu()
            mistakes["you swapped W and Wᵀ: h = Wx, then Wᵀh"] = (
                x @ W @ W.transpose(1, 2) + b[:, None]
            ).relu()
        attempt.expect_shape(got, tuple(x.shape), tried=tried)
        attempt.expect_close(got, output(W, b, x), tried=tried, mistakes=mistakes, rtol=1e-3, atol=1e-5)

    with attempt.part("two opposite features, by hand"):
        W, b = torch.tensor([[[1.0, -1.0]]]), torch.tensor([[0.1, -0.2]])
        x = torch.tensor([[[0.8, 0.0], [0.0, 0.5], [0.8, 0.5]]])
        compare(W, b, x)  # 0.9, 0; 0, 0.3; 0.4, 0
    with attempt.part("several models, each with its own W, b and inputs"):
        for inst, m, n, batch in [(3, 2, 5, 3), (4, 3, 4, 6)]:
            W, b, _, x = draw_models(attempt, inst, m, n, batch)
            compare(W, b, x, f"{inst} random models, n={n}, m={m}, batches of {batch}")
    with attempt.part("a single model and input, one hidden number, as many as features"):
        for inst, m, n, batch in [(1, 1, 3, 1), (2, 3, 3, 4), (2, 1, 1, 3)]:
            W, b, _, x = draw_models(attempt, inst, m, n, batch)
            compare(W, b, x, f"{inst} random models, n={n}, m={m}, batches of {batch}")
    with attempt.part("float64 stays float64, and gradients reach W and b"):
        W, b, _, x = (v.double() for v in draw_models(attempt, 2, 2, 4, 3))
        W.requires_grad_(), b.requires_grad_()
        got = attempt.call(W, b, x)
        attempt.expect_dtype(got, torch.float64, tried="the outputs, W, b and x being float64")
        check_gradient(attempt, got, output(W, b, x), {"W": W, "b": b})


def check_gradient(attempt: Attempt, got, want, leaves: dict) -> None:
    """`got` must have the gradients of `want`: a function of parameters that is trained on."""
    attempt.expect(
        torch.is_tensor(got) and got.requires_grad,
        tried="the gradient of your result",
        expected="a result that can be differentiated",
        got="no gradient",
        mistake="`.detach()`, `.item()`, `.data` or `torch.no_grad()` cuts the gradient off, or "
        "`torch.tensor([...])` of results: use `torch.stack`",
    )
    attempt.expect_shape(got, tuple(want.shape), tried="the gradient of your result")
    have = torch.autograd.grad(got.square().sum(), list(leaves.values()), allow_unused=True)
    theirs = torch.autograd.grad(want.square().sum(), list(leaves.values()))
    for name, mine, right in zip(leaves, have, theirs, strict=True):
        mine = torch.zeros_like(right) if mine is None else mine
        attempt.expect_close(
            mine, right, tried=f"the gradient of your result by {name}", rtol=1e-3, atol=1e-5
        )


@exercise(
    "1.2",
    "weighted_loss",
    title="What counts as an error",
    kit=toy.compression.weighted_loss,
    hints=(
        "`(x - out) ** 2` has shape (inst, batch, n). Which dimension do you sum over, and which do you "
        "average?",
        "The importance has shape (inst, n). `importance[:, None, :]` gives it a dimension for the batch.",
        "Multiply first, then `.sum(dim=2)` over the features and `.mean(dim=1)` over the batch.",
    ),
)
def _(attempt: Attempt):
    def by_hand(x, out, importance, power=1):
        losses = []
        for a in range(len(x)):
            rows = [
                (importance[a] ** power * (row - o) ** 2).sum() for row, o in zip(x[a], out[a], strict=True)
            ]
            losses.append(sum(rows) / len(rows))
        return torch.stack(losses)

    def compare(x, out, importance, tried=""):
        got = attempt.call(x, out, importance)
        want, (_, batch, n) = by_hand(x, out, importance), x.shape
        squares = (x - out) ** 2
        mistakes = {
            "you forgot the importance": by_hand(x, out, torch.ones_like(importance)),
            "you averaged over the features; the loss is the sum over them": want / n,
            "you summed over the batch; take its mean": want * batch,
            "you averaged over the batch twice": want / batch,
            "you forgot the square": ((x - out) * importance[:, None]).sum(2).mean(1),
            "you took absolute values, not squares": ((x - out).abs() * importance[:, None]).sum(2).mean(1),
            "importance weighs the squared error once; you used its square": by_hand(x, out, importance, 2),
            "you used the first model's importance for all of them": by_hand(
                x, out, importance[:1].expand_as(importance)
            ),
            "you averaged the importance first: weigh each feature by its own": squares.sum(2).mean(1)
            * importance.mean(1),
            "you summed the importance first: weigh each feature by its own": squares.sum(2).mean(1)
            * importance.sum(1),
            "you divided by the total importance; the loss is a plain weighted sum": want / importance.sum(1),
            "you took the root": want.sqrt(),
        }
        if batch == len(x):
            mistakes["a model has one importance for its whole batch: `importance[:, None, :]`"] = (
                (squares * importance).sum(2).mean(1)
            )
        summed = torch.is_tensor(got) and got.ndim == 0
        advice = "you joined the models too: one loss a model" if summed else ""
        if torch.is_tensor(got) and tuple(got.shape) == (len(x), batch):
            advice = "you left the batch in: take the mean over it"
        if torch.is_tensor(got) and tuple(got.shape) == (len(x), n) != (len(x), batch):
            advice = "you left the features in: take the sum over them"
        attempt.expect_shape(got, (len(x),), tried=tried, mistake=advice)
        attempt.expect_close(got, want, tried=tried, mistakes=mistakes, rtol=1e-3, atol=1e-6)

    with attempt.part("one model, two inputs, by hand"):
        x = torch.tensor([[[1.0, 0.0, 0.5], [0.0, 0.4, 0.0]]])
        out = torch.tensor([[[0.5, 0.2, 0.5], [0.0, 0.0, 0.3]]])
        compare(x, out, torch.tensor([[4.0, 2.0, 1.0]]))  # (1 + 0.08 + 0 + 0.32 + 0.09) / 2
    with attempt.part("several models of other sizes"):
        for inst, batch, n in [(3, 3, 4), (2, 5, 3), (4, 2, 6)]:
            x, out = attempt.rand(inst, batch, n), attempt.rand(inst, batch, n)
            importance = attempt.rand(inst, n, low=0.2, high=3)
            compare(x, out, importance, f"{inst} models, batches of {batch}, n={n}")
    with attempt.part("a batch of one, a single feature"):
        for inst, batch, n in [(2, 1, 3), (3, 4, 1), (1, 1, 1)]:
            x, out = attempt.rand(inst, batch, n), attempt.rand(inst, batch, n)
            importance = attempt.rand(inst, n, low=0.2, high=3)
            compare(x, out, importance, f"{inst} models, batches of {batch}, n={n}")
    with attempt.part("gradients reach the outputs, in float64"):
        x, out = attempt.rand(2, 3, 4).double(), attempt.rand(2, 3, 4).double().requires_grad_()
        importance = attempt.rand(2, 4, low=0.2, high=3).double()
        got = attempt.call(x, out, importance)
        attempt.expect_dtype(got, torch.float64, tried="the loss, all inputs being float64")
        check_gradient(attempt, got, by_hand(x, out, importance), {"out": out})


@exercise(
    "1.3",
    "stored",
    title="Which features are stored?",
    kit=toy.compression.stored,
    hints=(
        "Feature i is column i of W: m numbers. In shape (inst, m, n) they lie along dimension 1.",
        "`W.norm(dim=1)` gives all lengths, with shape (inst, n). Compare with ½.",
        "`(W.norm(dim=1) > 0.5).sum(dim=1)`",
    ),
)
def _(attempt: Attempt):
    def count(lengths):
        return (lengths > 0.5).sum(-1)

    def compare(W, tried=""):
        got = attempt.call(W)
        lengths = W.norm(dim=1)
        mistakes = {
            "you counted rows of W; a feature is a column": count(W.norm(dim=2)),
            "you compared the squared length with ½": count(lengths**2),
            "you counted single weights; a column's length counts all of them": (W.abs() > 0.5).sum((1, 2)),
            "you took the largest weight of a column, not its length": count(W.abs().amax(1)),
            "you took the sum of a column's weights, not its length": count(W.abs().sum(1)),
            "you counted the columns that are shorter": (lengths <= 0.5).sum(-1),
        }
        one_number = torch.is_tensor(got) and got.ndim == 0
        lengths_left = torch.is_tensor(got) and tuple(got.shape) == tuple(lengths.shape)
        advice = "you counted over all models: one count a model" if one_number else ""
        advice = "you say for each feature whether it is stored: count them" if lengths_left else advice
        attempt.expect_shape(got, (len(W),), tried=tried, mistake=advice)
        attempt.expect_close(got.to(torch.long), count(lengths), tried=tried, mistakes=mistakes)

    with attempt.part("three models by hand"):
        W = torch.zeros(3, 2, 4)
        W[0] = torch.tensor([[0.3, 1.0, 0.0, 0.3], [0.3, 1.0, 0.0, 0.0]])
        W[1] = torch.tensor([[-0.4, 0.0, 0.0, 0.0], [0.45, -0.7, 1.0, 0.65]])
        compare(W)  # 1, 4, 0
    with attempt.part("random models of several sizes"):
        for inst, m, n in [(40, 2, 5), (30, 5, 3), (20, 1, 6), (1, 3, 4)]:
            directions = torch.nn.functional.normalize(attempt.randn(inst, m, n), dim=1)
            lengths = attempt.rand(inst, n, low=0.05, high=0.95)
            lengths = torch.where((lengths - 0.5).abs() < 0.02, 0.4, lengths)  # away from the limit
            compare(directions * lengths[:, None], f"{inst} random models, n={n}, m={m}")


@exercise(
    "1.4",
    "interference",
    title="Who is in the way?",
    points=2,
    kit=toy.geometry.interference,
    hints=(
        "First the directions: W divided by its columns' lengths, `W.norm(dim=1, keepdim=True)`. Don't "
        "divide by a length of 0: put 1 in its place with `torch.where`.",
        "`directions.transpose(1, 2) @ W` has shape (inst, n, n), with Ŵᵢ·Wⱼ in row i, column j. Square it.",
        "Sum over j, that is `.sum(dim=2)`, and leave out j = i: subtract "
        "`overlap.diagonal(dim1=1, dim2=2)` of the squares.",
    ),
)
def _(attempt: Attempt):
    def by_hand(W):
        inst, _, n = W.shape
        F = W.new_zeros(inst, n)
        for a in range(inst):
            for i in range(n):
                length = W[a, :, i].norm()
                for j in range(n):
                    if j != i and length > 0:
                        F[a, i] += (W[a, :, i] @ W[a, :, j] / length) ** 2
        return F

    def compare(W, tried="", rtol=1e-3):
        got = attempt.call(W)
        unit = torch.nn.functional.normalize(W, dim=1)
        gram, cos, half = W.transpose(1, 2) @ W, unit.transpose(1, 2) @ unit, unit.transpose(1, 2) @ W
        off = 1 - torch.eye(W.shape[2], dtype=W.dtype)
        mistakes = {
            "you counted j = i as well": (half**2).sum(2),
            "you forgot the square": (half * off).sum(2),
            "you took absolute values, not squares": (half.abs() * off).sum(2),
            "you summed first and squared then": (half * off).sum(2) ** 2,
            "you made both columns 1 long; only Wᵢ is": (cos**2 * off).sum(2),
            "you left Wᵢ at its own length; it has to be 1 long": (gram**2 * off).sum(2),
            "you made Wⱼ 1 long, not Wᵢ; or summed over the wrong index": (half**2 * off).sum(1),
            "you averaged over the other features; F is their sum": by_hand(W) / max(W.shape[2] - 1, 1),
            "you averaged over the features; F is a sum": by_hand(W) / W.shape[2],
            "you took the root": by_hand(W).sqrt(),
            "you divided by the squared length: Ŵᵢ is Wᵢ divided by its length": (
                (gram / gram.diagonal(dim1=1, dim2=2)[:, :, None].clamp_min(1e-12)) ** 2 * off
            ).sum(2),
            "you subtracted ‖Wᵢ‖; the term with j = i is its square": (half**2).sum(2) - W.norm(dim=1),
            "you subtracted 1 for j = i; that term is ‖Wᵢ‖²": (half**2).sum(2) - 1,
        }
        attempt.expect_shape(got, (W.shape[0], W.shape[2]), tried=tried)
        attempt.expect_close(got, by_hand(W), tried=tried, mistakes=mistakes, rtol=rtol, atol=1e-4)

    with attempt.part("two in the plane, and a pair of opposites, by hand"):
        W = torch.tensor([[[2.0, 1.0], [0.0, 1.0]], [[1.0, -0.5], [0.0, 0.0]]])
        compare(W)  # (1, 2) and (0.25, 1)
    with attempt.part("random models of several sizes"):
        for inst, m, n in [(3, 2, 5), (2, 5, 3), (2, 4, 4)]:
            compare(attempt.randn(inst, m, n), f"{inst} random models, n={n}, m={m}")
    with attempt.part("columns that are zero"):
        W = attempt.randn(2, 2, 4)
        W[0, :, 1] = 0
        W[1] = 0
        compare(W, "a model whose column 1 is zero, and a model whose W is zero")
    with attempt.part("a single hidden number, a single feature, tiny columns"):
        compare(attempt.randn(2, 1, 3), "2 random models, n=3, m=1")
        compare(attempt.randn(1, 3, 1), "a model of one feature")
        W = attempt.randn(1, 2, 3)
        W[:, :, 0] *= 1e-4
        compare(W, "a model whose column 0 is 10,000 times shorter than the others")


@exercise(
    "1.5",
    "linear_terms",
    title="The linear model's loss, by hand",
    points=2,
    kit=toy.compression.linear_terms,
    hints=(
        "Both terms are in the matrix WᵀW of each model: ‖Wᵢ‖² on its diagonal, Wᵢ·Wⱼ beside it.",
        "`gram = W.transpose(1, 2) @ W` and `own = gram.diagonal(dim1=1, dim2=2)`, of shape (inst, n). "
        "For the second term, sum `gram ** 2` over j and subtract `own ** 2`.",
        "Weigh each row i by Iᵢ and sum over i: `V * (importance * (1 - own) ** 2).sum(dim=1)` is the first "
        "term, V = p/3 − p²/4.",
    ),
)
def _(attempt: Attempt):
    def by_hand(W, importance, p):
        lost, disturbed = [], []
        for w, weight, q in zip(W, importance, p, strict=True):
            V, n = q / 3 - q * q / 4, w.shape[1]
            lost.append(V * sum(weight[i] * (1 - w[:, i] @ w[:, i]) ** 2 for i in range(n)))
            pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
            disturbed.append(V * sum((weight[i] * (w[:, i] @ w[:, j]) ** 2 for i, j in pairs), start=0 * q))
        return torch.stack(lost), torch.stack(disturbed)

    def compare(W, importance, p, tried=""):
        got = attempt.call(W, importance, p)
        advice = "you added the two terms; return them apart" if torch.is_tensor(got) else ""
        if torch.is_tensor(got) and got.ndim == 2:
            advice = "you put the two terms into one tensor: `return lost, interference` gives two"
        attempt.expect(
            isinstance(got, (tuple, list)) and len(got) == 2,
            tried=tried,
            expected="two tensors: the features lost, and the interference",
            got=got,
            mistake=advice,
        )
        lost, disturbed = by_hand(W, importance, p)
        gram = W.transpose(1, 2) @ W
        own = gram.diagonal(dim1=1, dim2=2)
        squares = gram**2 * (1 - torch.eye(W.shape[2], dtype=W.dtype))
        V, n = p / 3 - p**2 / 4, W.shape[2]
        common = {
            "you forgot the factor V": 1 / V,
            "you used the mean square p/3; the best bias removes the mean, V is the variance": (p / 3) / V,
            "V is p/3 − p²/4: you subtracted the mean p/2 without squaring it": (p / 3 - p / 2) / V,
            "you used p in place of V": p / V,
            "you used p/12; being on or off makes a feature vary, too: V is p/3 − p²/4": (p / 12) / V,
            "you averaged over the features; the loss is the sum over them": torch.ones_like(p) / n,
        }
        ones = torch.ones_like(importance)
        first = {
            "you forgot the importance": by_hand(W, ones, p)[0],
            "you used the length, not its square: what comes back of a feature is ‖Wᵢ‖² times it": V
            * (importance * (1 - own.clamp_min(0).sqrt()) ** 2).sum(1),
            "you forgot the square of (1 − ‖Wᵢ‖²)": V * (importance * (1 - own)).sum(1),
            "you used the first model's importance for all of them": by_hand(
                W, importance[:1].expand_as(importance), p
            )[0],
            "you returned the interference first": disturbed,
        }
        second = {
            "you forgot the importance": by_hand(W, ones, p)[1],
            "you counted j = i as well": V * (importance * (gram**2).sum(2)).sum(1),
            "you counted each pair once; each of the two outputs is disturbed": V
            * (importance * squares.triu().sum(2)).sum(1),
            "you forgot the square of Wᵢ·Wⱼ": V * (importance * (gram - torch.diag_embed(own)).sum(2)).sum(1),
            "you summed before squaring": V * (importance * (gram.sum(2) - own) ** 2).sum(1),
            "you made Wᵢ 1 long, as in the interference of exercise 1.4; here both columns count as they "
            "are": V * (importance * toy.geometry.interference(W)).sum(1),
            "you subtracted ‖Wᵢ‖² for j = i; that term is its square": V
            * (importance * ((gram**2).sum(2) - own)).sum(1),
        }
        for name, mine, want, mistakes in [
            ("the features lost (the first you return)", got[0], lost, first),
            ("the interference (the second)", got[1], disturbed, second),
        ]:
            mistakes = mistakes | {text: want * factor for text, factor in common.items()}
            attempt.expect_shape(mine, (len(W),), tried=f"{name}: {tried}", mistake="one number a model")
            attempt.expect_close(
                mine, want, tried=f"{name}: {tried}", mistakes=mistakes, rtol=1e-3, atol=1e-7
            )

    with attempt.part("four features in two dimensions, by hand"):
        W = torch.tensor([[[1.0, 0, 0, 0], [0, 1, 0, 0]], [[1.0, 0, -0.5, 0], [0, 1, 0, -1]]])
        importance = torch.tensor([[1.0, 2.0, 4.0, 8.0], [1.0, 2.0, 4.0, 8.0]])
        compare(W, importance, torch.tensor([1.0, 0.4]), "keep two of four; and two pairs of opposites")
    with attempt.part("random models, each with its own importance and density"):
        for inst, m, n in [(4, 2, 5), (3, 5, 3), (5, 3, 5)]:
            W, _, importance, _ = draw_models(attempt, inst, m, n, 1)
            compare(W, importance, attempt.rand(inst, low=0.05), f"{inst} random models, n={n}, m={m}")
    with attempt.part("one model, one hidden number, one feature, W = 0"):
        for inst, m, n in [(1, 1, 3), (2, 2, 1)]:
            W, _, importance, _ = draw_models(attempt, inst, m, n, 1)
            compare(W, importance, attempt.rand(inst, low=0.05), f"{inst} random models, n={n}, m={m}")
        compare(torch.zeros(1, 2, 3), torch.tensor([[3.0, 2.0, 1.0]]), torch.tensor([0.5]), "W = 0")
    with attempt.part("float64 stays float64"):
        W, _, importance, _ = (v.double() for v in draw_models(attempt, 2, 2, 4, 1))
        p = attempt.rand(2, low=0.05).double()
        compare(W, importance, p, "2 random models in float64")
        for term in attempt.call(W, importance, p):
            attempt.expect_dtype(term, torch.float64, tried="your two terms, all inputs being float64")


@exercise(
    "1.6",
    "pca_loss",
    title="The baseline: principal components",
    points=2,
    kit=toy.compression.pca_loss,
    hints=(
        "First z: subtract each column's mean, `x.mean(dim=0)`, then multiply column i by √Iᵢ.",
        "C has one row and one column for each feature: `z.T @ z / len(x)`.",
        "`torch.linalg.eigvalsh(C)` is in ascending order, so the n − m smallest come first: "
        "`[: n - m].sum()`, with n = x.shape[1].",
    ),
)
def _(attempt: Attempt):
    def by_hand(x, importance, m):
        """Project on the kept components and measure what is missing."""
        z = (x - x.mean(0)).double() * importance.double().sqrt()
        _, _, axes = torch.linalg.svd(z, full_matrices=False)
        back = z @ axes[:m].T @ axes[:m]
        return ((z - back) ** 2).sum(1).mean().to(x.dtype)

    def smallest(z, count, by):
        return torch.linalg.eigvalsh(z.T @ z / by)[:count].sum()

    def compare(x, importance, m, tried=""):
        got = attempt.call(x, importance, m)
        samples, n = x.shape
        centred, root = x - x.mean(0), importance.sqrt()
        z = centred * root
        values = torch.linalg.eigvalsh(z.T @ z / samples)
        mistakes = {
            "you did not subtract the mean": smallest(x * root, n - m, samples),
            "you subtracted each row's mean; the mean is over the rows, one for each feature": smallest(
                (x - x.mean(1, keepdim=True)) * root, n - m, samples
            ),
            "you subtracted one mean for all features": smallest((x - x.mean()) * root, n - m, samples),
            "you forgot the importance": smallest(centred, n - m, samples),
            "you scaled by the importance; it weighs squares, so scale by its root": smallest(
                centred * importance, n - m, samples
            ),
            "you divided by the root of the importance": smallest(centred / root, n - m, samples),
            "you summed the largest eigenvalues: those are kept, not lost": values[m:].sum(),
            "you summed the m largest eigenvalues: that is what is kept": values[n - m :].sum(),
            "you summed the m smallest eigenvalues; n − m components are lost": values[:m].sum(),
            "you left out one component too few": values[: n - m + 1].sum(),
            "you left out one component too many": values[: max(n - m - 1, 0)].sum(),
            "you forgot to divide by the number of rows": values[: n - m].sum() * samples,
            "you divided by K − 1; the error is a mean over the K rows": values[: n - m].sum()
            * samples
            / (samples - 1),
            "you averaged the lost variances; the error is their sum": values[: n - m].mean(),
            "you took eigenvalues of z, not of C; or forgot to square singular values": values[: n - m]
            .clamp(min=0)
            .sqrt()
            .sum(),
            "you kept the m features of largest variance; PCA's directions may mix features": z.var(
                0, unbiased=False
            )
            .sort()
            .values[: n - m]
            .sum(),
            "you scaled C by the importance after PCA's directions were chosen": unweighted_directions(
                centred, importance, m
            ),
        }
        attempt.expect_shape(got, (), tried=tried, mistake="one number")
        attempt.expect_close(
            got, by_hand(x, importance, m), tried=tried, mistakes=mistakes, rtol=2e-3, atol=1e-5
        )

    def unweighted_directions(centred, importance, m):
        _, axes = torch.linalg.eigh(centred.T @ centred)
        kept = axes[:, -m:]
        return ((centred - centred @ kept @ kept.T) ** 2 * importance).sum(1).mean()

    def mixed(samples, n):
        """Inputs whose features depend on each other, with other means and spreads."""
        return attempt.rand(samples, n) @ attempt.randn(n, n) + 3 * attempt.randn(n)

    with attempt.part("five independent features, by hand"):
        corners = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * 5)  # variance 1 each
        x = 10 + corners * torch.tensor([1.0, 2.0, 0.5, 3.0, 1.5])
        compare(x, torch.tensor([5.0, 1.0, 8.0, 0.4, 3.0]), 1)  # 5, 4, 2, 3.6, 6.75: the last is kept
    with attempt.part("features that depend on each other, several m"):
        for n, m in [(4, 1), (4, 2), (6, 4), (5, 4)]:
            x, importance = mixed(3000, n), attempt.rand(n, low=0.2, high=3)
            compare(x, importance, m, f"3000 inputs of {n} dependent features, m={m}")
    with attempt.part("points on a line"):
        t = torch.linspace(-1, 1, 2001)
        line = torch.stack([1 + t, 2 - 2 * t, torch.zeros_like(t)], 1)
        compare(line, torch.tensor([1.0, 2.0, 3.0]), 1, "points on a line, m=1: nothing is lost")
    with attempt.part("the features of the lesson"):
        x = toy.sample(torch.tensor([0.3]), 8, 4000, attempt.generator)[0]
        compare(x, 0.7 ** torch.arange(8.0), 3, "4000 inputs of 8 features, p=0.3, I = 0.7^i, m=3")
    with attempt.part("all components kept: nothing is lost"):
        got = attempt.call(mixed(2000, 3), attempt.rand(3, low=0.2), 3)
        attempt.expect_shape(got, (), mistake="one number")
        attempt.expect_close(got, torch.tensor(0.0), atol=1e-4)


@exercise(
    "1.7",
    "l1_loss",
    title="The L1 penalty",
    kit=toy.compression.l1_loss,
    hints=(
        "The first part is the loss of exercise 1.2 for the outputs of exercise 1.1.",
        "The hidden numbers are `h = x @ W.transpose(1, 2)`, of shape (inst, batch, m). They have "
        "no ReLU and may be negative, so take `h.abs()`.",
        "`h.abs().sum(dim=2).mean(dim=1)` has shape (inst,): multiply by strength and add it to the loss.",
    ),
)
def _(attempt: Attempt):
    def plain(W, b, importance, x):
        return ((x - output(W, b, x)) ** 2 * importance[:, None]).sum(2).mean(1)

    def hidden(W, x):
        return torch.stack([torch.stack([w @ row for row in batch]) for w, batch in zip(W, x, strict=True)])

    def compare(W, b, importance, x, strength, tried=""):
        got = attempt.call(W, b, importance, x, strength)
        loss, h = plain(W, b, importance, x), hidden(W, x)
        want = loss + strength * h.abs().sum(2).mean(1)
        n = W.shape[2]
        mistakes = {
            "you forgot the penalty": loss,
            "you forgot the strength": loss + h.abs().sum(2).mean(1),
            "you returned the penalty without the loss": strength * h.abs().sum(2).mean(1),
            "you summed the penalty over the batch while the loss is a mean": loss
            + strength * h.abs().sum((1, 2)),
            "you averaged |h| over the hidden numbers; the penalty is their sum": loss
            + strength * h.abs().mean((1, 2)),
            "you forgot the absolute value": loss + strength * h.sum(2).mean(1),
            "you added up the hidden numbers before taking the absolute value": loss
            + strength * h.sum(2).abs().mean(1),
            "you squared h; an L1 penalty takes absolute values": loss + strength * (h**2).sum(2).mean(1),
            "you took the length of h; an L1 penalty adds up absolute values": loss
            + strength * h.norm(dim=2).mean(1),
            "you put a ReLU on h: negative hidden numbers cost as much": loss
            + strength * h.clamp(min=0).sum(2).mean(1),
            "you penalised the outputs; the penalty is on h": loss
            + strength * output(W, b, x).abs().sum(2).mean(1),
            "you penalised the weights; the penalty is on h": loss + strength * W.abs().sum((1, 2)),
            "you penalised h before averaging: |mean of h| lets opposite signs cancel": loss
            + strength * h.mean(1).abs().sum(1),
            "you subtracted the penalty": loss - strength * h.abs().sum(2).mean(1),
            "you used the first model's strength for all of them": loss
            + strength[0] * h.abs().sum(2).mean(1),
            "you forgot the importance": plain(W, b, torch.ones_like(importance), x)
            + strength * h.abs().sum(2).mean(1),
            "you averaged the errors over the features; the loss is their sum": loss / n
            + strength * h.abs().sum(2).mean(1),
        }
        one_number = torch.is_tensor(got) and got.ndim == 0
        left = torch.is_tensor(got) and got.ndim == 2
        advice = "you joined the models too: one loss a model" if one_number else ""
        advice = "you left a dimension in: one loss a model" if left else advice
        attempt.expect_shape(got, (len(W),), tried=tried, mistake=advice)
        attempt.expect_close(got, want, tried=tried, mistakes=mistakes, rtol=1e-3, atol=1e-6)

    def draw(inst, m, n, batch):
        return *draw_models(attempt, inst, m, n, batch), attempt.rand(inst, low=0.2, high=2)

    with attempt.part("two features in two dimensions, by hand"):
        W, b = torch.tensor([[[1.0, -1.0], [-0.5, 0.2]]]), torch.tensor([[0.1, -0.2]])
        x = torch.tensor([[[0.9, 0.0], [0.0, 0.6], [0.8, 0.3]]])
        compare(W, b, torch.tensor([[2.0, 1.0]]), x, torch.tensor([0.5]))
    with attempt.part("several models, each with its own strength"):
        for inst, m, n, batch in [(3, 2, 5, 4), (4, 3, 4, 4), (2, 3, 6, 3)]:
            compare(*draw(inst, m, n, batch), f"{inst} random models, n={n}, m={m}, batches of {batch}")
    with attempt.part("a single model, input, hidden number; strength 0"):
        compare(*draw(1, 1, 3, 1), "one random model, n=3, m=1, a batch of one")
        W, b, importance, x, _ = draw(2, 2, 4, 3)
        compare(W, b, importance, x, torch.zeros(2), "2 random models, strength 0")
    with attempt.part("gradients reach W and b"):
        W, b, importance, x, strength = draw(2, 2, 4, 3)
        W.requires_grad_(), b.requires_grad_()
        got = attempt.call(W, b, importance, x, strength)
        want = plain(W, b, importance, x) + strength * hidden(W, x).abs().sum(2).mean(1)
        check_gradient(attempt, got, want, {"W": W, "b": b})
