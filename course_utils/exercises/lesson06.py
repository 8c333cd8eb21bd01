"""Exercises of lesson 06, Sparse autoencoders, where the truth is known."""

from __future__ import annotations

from itertools import accumulate

import torch

from course_utils.checks.registry import exercise
from course_utils.checks.values import describe
from course_utils.sae import recovery, variants

# --- 6.1 ---

recovered = exercise(
    "6.1",
    recovery.best_cosines,
    title="How well is each feature recovered?",
    points=2,
    hints=(
        "A cosine is an inner product of two vectors of norm 1. So bring all rows to norm 1 first.",
        "All cosines at once are one matrix product, truth against dictionary: shape (n, d_sae). Which "
        "dimension belongs to the dictionary?",
        "`F.normalize(truth, dim=1) @ F.normalize(dictionary, dim=1).T`, then `.amax(dim=1)`.",
    ),
)

TRUTH, DICTIONARY = "F.normalize(truth, dim=1)", "F.normalize(dictionary, dim=1)"

recovered.edits(
    {
        "you did not bring the dictionary's rows to norm 1": (DICTIONARY, "dictionary"),
        "you did not bring the true directions to norm 1": (TRUTH, "truth"),
        "these are inner products: bring both to norm 1": [(DICTIONARY, "dictionary"), (TRUTH, "truth")],
        "you took the best feature for each row of the dictionary: wanted is the best row for each feature": (
            "amax(dim=1)",
            "amax(dim=0)",
        ),
        "a latent that points the other way is no match: take the cosine as it is": (
            ".amax",
            ".abs().amax",
        ),
        "you averaged over the dictionary: take the largest": (".amax", ".mean"),
        "you took the smallest cosine": (".amax", ".amin"),
        "you squared the cosines": (".amax", ".square().amax"),
        "you divided by the whole matrix's norm: each row has its own": [
            (DICTIONARY, "(dictionary / dictionary.norm())"),
            (TRUTH, "truth / truth.norm()"),
        ],
        "you normalised the columns (`dim=0`): a direction is a row": [
            (DICTIONARY, "F.normalize(dictionary, dim=0)"),
            (TRUTH, "F.normalize(truth, dim=0)"),
        ],
        "you divided by the squared norms": [
            (DICTIONARY, "(dictionary / dictionary.square().sum(1, keepdim=True))"),
            (TRUTH, "truth / truth.square().sum(1, keepdim=True)"),
        ],
        "you returned the best rows' numbers: take the cosine (`max`, not `argmax`)": (".amax", ".argmax"),
    }
)
recovered.variants(
    {
        "you averaged over the features: return one number for each": lambda result: result.mean(),
        "a best cosine may be negative: don't cut it at 0": lambda result: result.clamp(min=0),
    }
)


@recovered.mistake(
    "you took the row with the largest inner product: a long row isn't nearer, so normalise first"
)
def longest_row(truth, dictionary):
    nearest = dictionary[(truth @ dictionary.T).argmax(1)]
    return torch.nn.functional.cosine_similarity(truth, nearest)


@recovered.part("a case by hand")
def cosines_by_hand(attempt):
    # cosines: (.6, 0), (.8, −1), (−.99, .71)
    truth = torch.tensor([[2.0, 0.0], [0.0, 0.5], [-1.0, -1.0]])
    attempt.gives(torch.tensor([0.6, 0.8, 0.5**0.5]), truth, torch.tensor([[3.0, 4.0], [0.0, -2.0]]))


@recovered.part("a dictionary of long rows, short rows, or only one")
def lengths_of_rows(attempt):
    # the long row (6, 8) has the larger inner product with (2, 0), the short row (1, 0) the same direction
    truth, dictionary = torch.tensor([[2.0, 0], [1, 1]]), torch.tensor([[6.0, 8], [1, 0], [-3, 0]])
    attempt.gives(torch.tensor([1.0, 0.98**0.5]), truth, dictionary)
    attempt.gives(torch.tensor([-0.6, -(0.98**0.5)]), truth, torch.tensor([[-3.0, -4]]))


@recovered.part("other sizes")
def cosines_one_by_one(attempt):
    for n, k, m in ((7, 12, 4), (5, 1, 3), (1, 6, 2), (6, 6, 6)):
        truth, dictionary = attempt.randn(n, m), 3 * attempt.randn(k, m)
        want = [max((a @ b) / ((a @ a) * (b @ b)).sqrt() for b in dictionary) for a in truth]
        attempt.gives(torch.stack(want), truth, dictionary, rtol=1e-3, atol=1e-5)


@recovered.part("a dictionary that holds the truth")
def truth_held(attempt):
    truth = attempt.randn(5, 4)
    dictionary = torch.cat([attempt.randn(3, 4), 7 * truth[[4, 2, 0, 1, 3]]])
    attempt.gives(torch.ones(5), truth, dictionary, rtol=1e-3)


# --- 6.2 ---

precise = exercise(
    "6.2",
    recovery.precision,
    title="Is what fires really there?",
    points=2,
    hints=(
        "First decide for each latent whether it is near a feature. Then count activations, its own and all.",
        "`best_cosines(dictionary, truth)` asks from the latents' side: each latent's largest cosine with "
        "any feature. `f > 0` has one entry for each input and latent.",
        "`near = best_cosines(dictionary, truth) > 0.9`, then "
        "`((f > 0)[:, near].sum() / (f > 0).sum()).item()`.",
    ),
)

NEAR_LATENT, ALL_OVER = "best_cosines(dictionary, truth) > 0.9", "active[:, near].sum() / active.sum()"

precise.edits(
    {
        "you asked for each feature's nearest latent: ask for each latent's nearest feature": (
            "(dictionary, truth)",
            "(truth, dictionary)",
        ),
        "you counted latents, whether they fire or not: count activations above 0": (
            ALL_OVER,
            "near.float().mean()",
        ),
        "you counted the latents that ever fire: count their activations": (
            ALL_OVER,
            "near[active.any(dim=0)].float().mean()",
        ),
        "you summed the sizes: each activation above 0 counts once": (ALL_OVER, "f[:, near].sum() / f.sum()"),
        "that is the share of the others: wanted is that of latents near a feature": (
            ALL_OVER,
            f"1 - {ALL_OVER}",
        ),
        "you averaged each input's share: divide the sums over all inputs": (
            ALL_OVER,
            "(active[:, near].sum(dim=1) / active.sum(dim=1)).mean()",
        ),
        "you averaged over latents: divide the sums over all of them": (
            ALL_OVER,
            "(active * near).float().sum(dim=0).mean() / active.float().sum(dim=0).amax()",
        ),
        "you divided by the number of inputs: divide by that of activations": (
            "/ active.sum()",
            "/ len(f)",
        ),
        "you divided by all entries of f: divide by those above 0": ("/ active.sum()", "/ f.numel()"),
        "you counted activations and forgot to divide": (" / active.sum()", ""),
        "that is the share of inputs in which some latent near a feature fires: count activations": (
            ALL_OVER,
            "active[:, near].any(dim=1).float().mean()",
        ),
        "a latent that points the other way isn't near: take the cosine as it is": (
            NEAR_LATENT,
            "torch.maximum(best_cosines(dictionary, truth), best_cosines(dictionary, -truth)) > 0.9",
        ),
        "near is a cosine above 0.9, not 0.8": ("> 0.9", "> 0.8"),
        "near is a cosine above 0.9, not 0.95": ("> 0.9", "> 0.95"),
        "these are inner products: a latent is near by its cosine": (
            NEAR_LATENT,
            "(dictionary @ truth.T).amax(dim=1) > 0.9",
        ),
        "you did not bring the true directions to norm 1: a latent is near by its cosine": (
            NEAR_LATENT,
            "(torch.nn.functional.normalize(dictionary, dim=1) @ truth.T).amax(dim=1) > 0.9",
        ),
    }
)

# cosines of the latents with their nearest feature: .97, .60, .85, .92, -.01 (opposite to one), 1, 1
PRECISE_TRUTH = torch.tensor([[2.0, 0], [0, 0.5], [-0.7, 0.7], [4.0, 0.1], [0, 3], [0.3, 0], [5, 0.25]])
PRECISE_DICTIONARY = torch.tensor(
    [[3.0, 0.9], [0.6, -0.8], [0.5, -0.3], [0.1, 0.235], [-0.02, -2], [0, 0.2], [1, 0]]
)
PRECISE_F = torch.tensor(
    [
        [2.0, 0, 0.5, 1, 0, 0, 0],
        [0, 3.0, 0, 0, 0.1, 0, 0],
        [1.5, 0.2, 0.1, 0, 4, 0.3, 0],
        [0, 0, 0, 0.2, 0, 0, 0],
        [0.7, 0.1, 0, 0, 0.2, 0, 0],
    ]
)


@precise.part("a case by hand")
def activations_by_hand(attempt):
    # near are the first, fourth, sixth and last: 3 + 2 + 1 + 0 of 14 activations
    attempt.gives(6 / 14, PRECISE_TRUTH, PRECISE_DICTIONARY, PRECISE_F)


@precise.part("more latents than features, and fewer")
def other_numbers_of_latents(attempt):
    attempt.gives(6 / 14, PRECISE_TRUTH[:3], PRECISE_DICTIONARY, PRECISE_F)
    attempt.gives(5 / 10, PRECISE_TRUTH, PRECISE_DICTIONARY[:4], PRECISE_F[:, :4])


@precise.part("all near, and none")
def all_or_none(attempt):
    truth, f = attempt.randn(3, 5), attempt.rand(7, 3)
    attempt.gives(1.0, truth, 3 * truth[[2, 0, 1]], f)
    attempt.gives(0.0, truth[:1], -truth[[0, 0, 0]], f)


@precise.part("other sizes")
def counted_one_by_one(attempt):
    for n, d_sae, m, tokens in ((3, 8, 2, 20), (9, 4, 3, 6), (5, 5, 2, 1)):
        truth, dictionary = 3 * attempt.randn(n, m), 0.3 * attempt.randn(d_sae, m)
        f = attempt.randn(tokens, d_sae).relu()
        f[0, 0] = 1.0
        hits = total = 0
        for j, row in enumerate(dictionary):
            near = any(float(row @ w) > 0.9 * float(row.norm() * w.norm()) for w in truth)
            hits, total = hits + near * int((f[:, j] > 0).sum()), total + int((f[:, j] > 0).sum())
        attempt.gives(hits / total, truth, dictionary, f)


# --- 6.3 ---

shrinkage = exercise(
    "6.3",
    recovery.shrunk,
    title="What the L1 penalty does to a size",
    hints=(
        "For f > 0 the loss is a parabola in f. Where is its slope 0? Then remember that f may not be "
        "negative.",
        "d/df of (a − f)² + λf is −2(a − f) + λ. It is 0 at f = a − λ/2.",
        "`(a - l1_coefficient / 2).clamp(min=0)`",
    ),
)

SHRUNK = "(a - l1_coefficient / 2).clamp(min=0)"

shrinkage.edits(
    {
        "the penalty pulls by λ/2, not λ: the square's slope is −2(a − f)": (" / 2", ""),
        "f may not be negative: a size below λ/2 becomes 0": (".clamp(min=0)", ""),
        "you forgot the penalty: f = a is best only at λ = 0": (" - l1_coefficient / 2", ""),
        "`//` rounds down: divide with `/`": (" / 2", " // 2"),
        "that is what λf² (L2) does: it divides, L1 subtracts": (
            "a - l1_coefficient / 2",
            "a / (1 + l1_coefficient)",
        ),
        "the penalty makes f smaller, not larger": ("a - l1", "a + l1"),
        "sizes below λ/2 become 0, but those above it shrink as well": (
            SHRUNK,
            "torch.where(a > l1_coefficient / 2, a, 0.0)",
        ),
        "f is never negative: there is no second, negative branch": (
            SHRUNK,
            "a.sign() * (a.abs() - l1_coefficient / 2).clamp(min=0)",
        ),
        "L1 subtracts λ/2, whatever the size: it doesn't scale a": (
            "a - l1_coefficient / 2",
            "a * (1 - l1_coefficient / 2)",
        ),
        "the square's slope has a factor 2: divide by it": (
            "a - l1_coefficient / 2",
            "2 * a - l1_coefficient",
        ),
        "sizes are cut off below λ/2, not below λ": (
            SHRUNK,
            f"torch.where(a > l1_coefficient, {SHRUNK}, 0.0)",
        ),
        "that is the least loss; wanted is the f that gives it": (
            SHRUNK,
            f"(f := {SHRUNK}) * l1_coefficient + (a - f) ** 2",
        ),
    }
)


@shrinkage.part("sizes by hand")
def sizes_by_hand(attempt):
    attempt.gives(torch.tensor([0.5, 0, 2.5]), torch.tensor([2.0, 1.0, 4.0]), 3.0)
    attempt.gives(torch.tensor([0.4, 0, 0, 2.4, 0]), torch.tensor([1.0, 0.2, 0.5, 3.0, 0.0]), 1.2)


@shrinkage.part("another λ")
def another_coefficient(attempt):
    attempt.gives(torch.tensor([0.1, 0.7, 1.7]), torch.tensor([0.4, 1.0, 2.0]), 0.6)


@shrinkage.part("a negative a")
def negative(attempt):
    attempt.gives(torch.tensor([0.0, 0.0, 0.8]), torch.tensor([-2.0, -0.1, 1.0]), 0.4)


@shrinkage.part("no penalty")
def no_penalty(attempt):
    attempt.gives(torch.tensor([0.0, 0.3, 2.0]), torch.tensor([-1.0, 0.3, 2.0]), 0.0)


@shrinkage.part("no other f is better")
def least_loss(attempt):
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


shrinkage.contract(lambda attempt: (attempt.randn(5), 0.7))


# --- 6.4 ---

stretching = exercise(
    "6.4",
    recovery.stretch,
    title="Undo it with one number",
    points=2,
    hints=(
        "Write u = x − b_dec and v = x̂ − b_dec. The sum of ‖u − s v‖² over all tokens is a parabola in s.",
        "Its slope is −2 Σ u·v + 2 s Σ ‖v‖². Set it to 0.",
        "`((x - b_dec) * (x_hat - b_dec)).sum() / ((x_hat - b_dec) ** 2).sum()`, then `.item()`.",
    ),
)

PARTS = "x - b_dec, x_hat - b_dec"
PRODUCTS, SQUARES = "(target * reconstruction).sum()", "reconstruction.square().sum()"
FACTOR = f"({PRODUCTS} / {SQUARES}).item()"

stretching.edits(
    {
        "you forgot to subtract b_dec: only the latents' part is stretched": (PARTS, "x, x_hat"),
        "upside down: divide by Σ‖x̂ − b_dec‖²": (f"{PRODUCTS} / {SQUARES}", f"{SQUARES} / {PRODUCTS}"),
        "you divided by Σ‖x − b_dec‖²: that is the factor from x to x̂": (
            "reconstruction.square",
            "target.square",
        ),
        "that is the ratio of the norms: it would count noise in x as size": (
            FACTOR,
            "(target.norm() / reconstruction.norm()).item()",
        ),
        "you averaged one factor for each token: there is one for all, from sums over all tokens": (
            FACTOR,
            "((target * reconstruction).sum(1) / reconstruction.square().sum(1)).mean().item()",
        ),
        "a factor for each token: there is one for all, from sums over all tokens": (
            FACTOR,
            "(target * reconstruction).sum(1) / reconstruction.square().sum(1)",
        ),
        "a factor for each dimension: there is one for all": (
            FACTOR,
            "(target * reconstruction).sum(0) / reconstruction.square().sum(0)",
        ),
        "you averaged the ratios entry by entry": (FACTOR, "(target / reconstruction).mean().item()"),
        "you subtracted the means: subtract b_dec": (PARTS, "x - x.mean(0), x_hat - x_hat.mean(0)"),
        "that is the ratio of the mean norms: it would count noise in x as size": (
            FACTOR,
            "(target.norm(dim=1).mean() / reconstruction.norm(dim=1).mean()).item()",
        ),
        "you forgot to divide by Σ‖x̂ − b_dec‖²": (f" / {SQUARES}", ""),
        "you subtracted b_dec from x only": ("x_hat - b_dec", "x_hat"),
        "you subtracted b_dec from x̂ only": ("= x - b_dec", "= x"),
        "that is the cosine: divide by Σ‖x̂ − b_dec‖², not by both lengths": (
            SQUARES,
            "(target.norm() * reconstruction.norm())",
        ),
    }
)


@stretching.part("a case by hand")
def factor_by_hand(attempt):
    # x − b_dec = (2, 1), (0, 4), x̂ − b_dec = (1, 1), (1, 3): products 3 + 12, squares 2 + 10
    x, x_hat = torch.tensor([[3.0, 1.0], [1.0, 4.0]]), torch.tensor([[2.0, 1.0], [2.0, 3.0]])
    attempt.gives(15 / 12, x, x_hat, torch.tensor([1.0, 0.0]))


@stretching.part("a reconstruction that is too small")
def too_small(attempt):
    x, b_dec = attempt.randn(30, 4), attempt.randn(4)
    attempt.gives(1.6, x, b_dec + (x - b_dec) / 1.6, b_dec, rtol=1e-3)


@stretching.part("no other factor is better")
def least_squares(attempt):
    for tokens, d_in in ((20, 5), (1, 3)):
        x, b_dec = attempt.randn(tokens, d_in), attempt.randn(d_in)
        x_hat = b_dec + 0.7 * (x - b_dec) + 0.4 * attempt.randn(tokens, d_in)
        want = torch.linalg.lstsq((x_hat - b_dec).reshape(-1, 1), (x - b_dec).reshape(-1, 1)).solution.item()
        attempt.gives(want, x, x_hat, b_dec, rtol=1e-3)


# --- 6.5 ---

coding = exercise(
    "6.5",
    recovery.sparse_code,
    title="Solve it",
    points=3,
    hints=(
        "Two numbers stay the same all along: η, and the price ηλ that `shrunk` gets. Then repeat one line "
        "`steps` times, from f = 0 with one row for each row of h.",
        "The error of the moment is `h - f @ W_dec`. Times `W_dec.T` it says, for each latent, how much more "
        "of it the error would like.",
        "`eta = 1 / torch.linalg.matrix_norm(W_dec, 2).item() ** 2`, then in the loop "
        "`f = shrunk(f + eta * (h - f @ W_dec) @ W_dec.T, eta * l1_coefficient)`.",
    ),
)

UPDATE = "shrunk(f + eta * (h - f @ W_dec) @ W_dec.T, eta * l1_coefficient)"
UPHILL = "f + eta * (h - f @ W_dec) @ W_dec.T"
ETA = "1 / torch.linalg.matrix_norm(W_dec, 2).item() ** 2"

coding.edits(
    {
        "the pull is part of the step, so η scales it too: `shrunk(…, η λ)`": (
            "eta * l1_coefficient",
            "l1_coefficient",
        ),
        "you forgot the penalty: after each step comes `shrunk`": (UPDATE, f"({UPHILL}).relu()"),
        "`shrunk` takes half of what you give it: hand it η λ": (
            "eta * l1_coefficient",
            "eta * l1_coefficient / 2",
        ),
        "the pull is ηλ/2, which `shrunk` makes of ηλ": ("eta * l1_coefficient", "2 * eta * l1_coefficient"),
        "η is one over the *squared* norm": (" ** 2", ""),
        "η is the norm's square upside down": (ETA, "torch.linalg.matrix_norm(W_dec, 2).item() ** 2"),
        "that is the norm over all entries: take the largest singular value, `matrix_norm(W_dec, 2)`": (
            "torch.linalg.matrix_norm(W_dec, 2)",
            "W_dec.norm()",
        ),
        "that is the largest row's norm: take the largest singular value, `matrix_norm(W_dec, 2)`": (
            "torch.linalg.matrix_norm(W_dec, 2)",
            "W_dec.norm(dim=1).amax()",
        ),
        "the step is twice too long: the formula has η alone": ("eta * (h", "2 * eta * (h"),
        "you forgot η in front of the error": ("eta * (h - f", "(h - f"),
        "the sign: the error h − f W_dec pulls f up": ("f + eta", "f - eta"),
        "the step starts from f: add it to the activations so far": ("f + eta * (h", "eta * (h"),
        "the error is what is left, h − f W_dec: you used h itself each time": ("(h - f @ W_dec)", "h"),
        "one step too many": ("range(steps)", "range(steps + 1)"),
        "one step too few": ("range(steps)", "range(steps - 1)"),
        "you took a single step: repeat it `steps` times": ("range(steps)", "range(1)"),
        "start at f = 0": ("h.new_zeros(len(h), len(W_dec))", "h @ W_dec.T"),
        "f may not be negative": (UPDATE, f"{UPHILL} - eta * l1_coefficient / 2"),
        "`shrunk` belongs into the loop, after each step": (
            f"f = {UPDATE}",
            f"f = {UPHILL}\n    f = shrunk(f, eta * l1_coefficient)",
        ),
        "you took the step after the pull: first the step, then `shrunk`": (
            UPDATE,
            "shrunk(f, eta * l1_coefficient) + eta * (h - f @ W_dec) @ W_dec.T",
        ),
        "f is never negative: `shrunk`, not a threshold on both sides": (
            UPDATE,
            f"torch.nn.functional.softshrink({UPHILL}, eta * l1_coefficient / 2)",
        ),
        "you returned the reconstruction: wanted is f": ("return f", "return f @ W_dec"),
    }
)
coding.variants(
    {"rows of W_dec keep their length here": lambda W_dec: W_dec / W_dec.norm(dim=1, keepdim=True)}
)

CODE_W, CODE_H = torch.tensor([[2.0, 0], [0, 1], [0.6, 0.8]]), torch.tensor([[2.0, 1], [-1, 2], [0.5, -3]])


def coded_one_by_one(h, W_dec, l1_coefficient, steps):
    eta = 1 / torch.linalg.eigvalsh(W_dec @ W_dec.T)[-1].item()
    rows = []
    for x in h:
        f = [0.0] * len(W_dec)
        for _ in range(steps):
            error = x - sum(a * row for a, row in zip(f, W_dec, strict=True))
            f = [
                max(0.0, a + eta * (float(error @ row) - l1_coefficient / 2))
                for a, row in zip(f, W_dec, strict=True)
            ]
        rows.append(f)
    return torch.tensor(rows)


@coding.part("a case by hand")
def two_latents(attempt):
    # η = ¼. From 0: (¼·4 − ¼, ¼·1 − ¼) = (.75, 0); then the error is (.5, 1): (.75 + .25 − .25, .25 − .25)
    h, W_dec = torch.tensor([[2.0, 1.0]]), torch.tensor([[2.0, 0], [0, 1]])
    attempt.gives(torch.tensor([[0.75, 0.0]]), h, W_dec, 2.0, 1)
    attempt.gives(torch.tensor([[0.75, 0.0]]), h, W_dec, 2.0, 2)
    # λ = 1: (1 − ⅛, ¼ − ⅛), then the error is (.25, .875): (.875 + ⅛ − ⅛, ⅛ + .21875 − ⅛)
    attempt.gives(torch.tensor([[0.875, 0.21875]]), h, W_dec, 1.0, 2)


@coding.part("one step, and three")
def few_steps(attempt):
    for steps in (1, 3):
        attempt.gives(coded_one_by_one(CODE_H, CODE_W, 0.6, steps), CODE_H, CODE_W, 0.6, steps, rtol=1e-3)


@coding.part("directions at right angles")
def right_angles(attempt):
    W_dec = torch.linalg.qr(attempt.randn(4, 4)).Q
    a = 2 * attempt.randn(6, 4)
    attempt.gives((a - 0.35).clamp(min=0), a @ W_dec, W_dec, 0.7, 1, rtol=1e-3, atol=1e-5)


@coding.part("other sizes")
def other_sizes(attempt):
    for tokens, d_sae, m in ((5, 7, 3), (1, 2, 4), (3, 1, 2)):
        h, W_dec = 2 * attempt.randn(tokens, m), attempt.randn(d_sae, m)
        attempt.gives(coded_one_by_one(h, W_dec, 0.4, 8), h, W_dec, 0.4, 8, rtol=1e-3, atol=1e-4)


@coding.part("no other f is better")
def least_after_many(attempt):
    h, W_dec = attempt.randn(4, 3), attempt.randn(5, 3)
    f = attempt.call(h, W_dec, 0.5, 3000)
    attempt.expect_shape(f, (4, 5))
    pull = 2 * (h - f @ W_dec) @ W_dec.T - 0.5  # downhill; 0 where f > 0, else not above 0
    worst = torch.where(f > 0, pull.abs(), pull.relu()).max().item()
    attempt.expect(
        worst < 1e-2,
        expected="after 3000 steps the least loss: no slope left where f > 0, none downhill where f = 0",
        got=f"a slope of {worst:.3g}",
    )


coding.contract(lambda attempt: (attempt.randn(5, 3), attempt.randn(4, 3), 0.3, 4))


# --- 6.6 ---

top = exercise(
    "6.6",
    variants.keep_k,
    title="TopK",
    points=2,
    hints=(
        "`z.topk(k, dim=-1)` gives the values and their places. The result has zeros everywhere else.",
        "`torch.zeros_like(z).scatter(-1, places, values)` puts the values back. Negative ones stay out: "
        "take the ReLU.",
        "`values, places = z.relu().topk(k, dim=-1)`, then "
        "`torch.zeros_like(z).scatter(-1, places, values)`.",
    ),
)


def scattered(z, k):
    values, places = z.relu().topk(k, dim=-1)
    return torch.zeros_like(z).scatter(-1, places, values)


NO_RELU = "you forgot the ReLU: a negative pre-activation is not kept"
ABSOLUTE = "you ranked by absolute value: negative ones took places"
ONES = "kept activations keep their value; you returned 1 for them"
MASK = "kept activations keep their value: multiply your mask by z"
LEAK = "the gradient reaches latents that were dropped"
LEAKS = "z + ({} - z).detach()", "{} + z - z.detach()"
KEPT = "torch.zeros_like(z).scatter(-1, places, values)"
KEPT_FLAT = "torch.zeros_like(z).flatten().scatter(0, places, values).view_as(z)"
WHOLE_BATCH = [
    ("z.relu()", "z.relu().flatten()"),
    ("_like(z)", "_like(z.flatten())"),
    ("values)", "values).view_as(z)"),
]

top.edits(
    {
        NO_RELU: ("z.relu()", "z"),
        "you ranked by absolute value: a large negative pre-activation is not kept": [
            ("z.relu()", "z.abs()"),
            ("places, values", "places, z.gather(-1, places)"),
        ],
        ABSOLUTE: [("z.relu()", "z.abs()"), ("places, values", "places, z.gather(-1, places).relu()")],
        "each input has its own k-th largest: you cut all of them at the least of these": (
            KEPT,
            "z.relu() * (z >= values.min())",
        ),
        "you kept the k smallest": ("dim=-1", "dim=-1, largest=False"),
        "you kept k for the whole batch: each input keeps k": WHOLE_BATCH,
        "you kept k·batch over the whole batch; here each input keeps its own k": [
            *WHOLE_BATCH,
            ("topk(k", "topk(k * len(z)"),
        ],
        ONES: ("places, values", "places, (values > 0).to(z.dtype)"),
        MASK: ("places, values", "places, 1.0"),
        "these are the k values without their places: put them back among zeros": (
            KEPT,
            "values",
        ),
        "these are the k values without their places, and without the ReLU": [
            (KEPT, "values"),
            ("z.relu()", "z"),
        ],
        "the k-th largest itself is missing: `>` in place of `>=`?": ("topk(k", "topk(k - 1"),
        "you ranked along the batch (`dim=0`): rank each input's latents": [
            ("dim=-1", "dim=0"),
            ("scatter(-1", "scatter(0"),
        ],
    },
    of=scattered,
)
top.variants({"you kept all positive ones: only the k largest stay": lambda z, k: (z, z.shape[1])})


@top.mistake("you shifted the kept ones: they keep their value")
def shifted(z, k):
    return (z - z.topk(min(k + 1, z.shape[1]), dim=1).values[:, -1:]).relu()


top.edits({MASK: [("z.relu()", "z"), ("places, values", "places, 1.0")]}, of=scattered)
for leak in LEAKS:
    top.edits({LEAK: (KEPT, leak.format(KEPT))}, of=scattered)


@top.part("a case by hand")
def two_kept(attempt):
    attempt.gives(torch.tensor([[3.0, 0, 0], [0, 0, 6]]), torch.tensor([[3.0, 1, 2], [4, 5, 6]]), 1)
    z = torch.tensor([[3.0, -4, 1, 2], [1, 0.5, -2, -3], [5, 6, 7, 8], [-1, -2, -3, 0.5]])
    attempt.gives(torch.tensor([[3.0, 0, 0, 2], [1, 0.5, 0, 0], [0, 0, 7, 8], [0, 0, 0, 0.5]]), z, 2)


@top.part("other sizes")
def rows_in_order(attempt):
    for batch, width, k in ((6, 9, 3), (1, 5, 1), (4, 4, 4), (3, 12, 1)):
        z = attempt.randn(batch, width)
        want = torch.zeros(batch, width)
        for row in range(batch):
            for i in sorted(range(width), key=lambda i: -z[row, i].item())[:k]:
                want[row, i] = max(z[row, i].item(), 0.0)
        attempt.gives(want, z, k)


top.contract(lambda attempt: (attempt.randn(5, 8), 3), wrt=("z",), of=scattered)


# --- 6.7 ---

batch_top = exercise(
    "6.7",
    variants.keep_batch_k,
    title="BatchTopK",
    points=2,
    hints=(
        "It is TopK on the whole batch as if it were one long input. How many does it keep?",
        "`z.flatten()` makes one row of it, `.view_as(z)` or `.view(z.shape)` puts it back. Keep "
        "`k * len(z)`.",
        "`keep_k(z.reshape(1, -1), k * len(z)).view_as(z)`, with your own `keep_k`.",
    ),
)


def scattered_flat(z, k):
    values, places = z.relu().flatten().topk(k * len(z))
    return torch.zeros_like(z).flatten().scatter(0, places, values).view_as(z)


batch_top.mistake("each input kept k of its own: that is TopK. Rank the whole batch together")(scattered)
batch_top.edits(
    {
        NO_RELU: ("z.relu()", "z"),
        "you kept k in the whole batch: it is k for each input, k·batch in all": ("k * len(z)", "k"),
        ONES: ("places, values", "places, (values > 0).to(z.dtype)"),
        "the smallest that should stay is missing: `>` in place of `>=`?": ("len(z)", "len(z) - 1"),
        "you kept one too many: k·batch in all": ("k * len(z)", "min(k * len(z) + 1, z.numel())"),
        ABSOLUTE: [("z.relu()", "z.abs()"), ("places, values", "places, z.flatten()[places].relu()")],
        "the result is still flat: give it z's shape": (".view_as(z)", ""),
        "the places got mixed up on the way back: `.view_as(z)`": (".view_as(z)", ".view(*z.T.shape).T"),
        "the factor is the batch's size, not the number of latents": (
            "k * len(z)",
            "min(k * z.shape[1], z.numel())",
        ),
    },
    of=scattered_flat,
)
for leak in LEAKS:
    batch_top.edits({LEAK: (KEPT_FLAT, leak.format(KEPT_FLAT))}, of=scattered_flat)
batch_top.edits(
    {
        "you ranked each latent over the batch (`dim=0`): rank the whole batch together": [
            ("k, dim=-1", "min(k, len(z)), dim=0"),
            ("scatter(-1", "scatter(0"),
        ]
    },
    of=scattered,
)
batch_top.variants({"you kept all positive ones": lambda z, k: (z, z.shape[1])})


@batch_top.part("a case by hand")
def batch_by_hand(attempt):
    z = torch.tensor([[3.0, 9, 1, 8, 2.5], [-1, 0.5, 2, -3, -2], [-9.5, -10, -11, 4, -8]])
    attempt.gives(torch.tensor([[0.0, 9, 0, 8, 0], [0, 0, 0, 0, 0], [0, 0, 0, 4, 0]]), z, 1)
    attempt.gives(torch.tensor([[3.0, 9, 0, 8, 2.5], [0, 0, 2, 0, 0], [0, 0, 0, 4, 0]]), z, 2)


@batch_top.part("fewer positive ones than places")
def few_positive(attempt):
    z = torch.tensor([[-1.0, 2, -3], [-4, -5, -6]])
    attempt.gives(torch.tensor([[0.0, 2, 0], [0, 0, 0]]), z, 2)


@batch_top.part("other sizes")
def batch_in_order(attempt):
    for batch, width, k in ((6, 9, 3), (1, 5, 2), (7, 4, 1), (3, 11, 2)):
        z = attempt.randn(batch, width)
        cut = sorted(z.flatten().tolist(), reverse=True)[k * batch - 1]
        want = [[max(v, 0.0) * (v >= cut) for v in row] for row in z.tolist()]
        attempt.gives(torch.tensor(want), z, k)


batch_top.contract(lambda attempt: (attempt.randn(5, 8), 2), wrt=("z",), of=scattered_flat)


# --- 6.8 ---

jumping = exercise(
    "6.8",
    variants.jump,
    title="JumpReLU, and a slope where there is none",
    points=3,
    returns="f, on",
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

NO_SLOPE = "a comparison has no gradient: add the term that is 0 and has the slope wanted"
SMOOTH = "you smoothed the step: its value is 0 or 1"
ADDED = "you added the slope to the value: multiply it by `threshold.detach() - threshold`, which is 0"
ZERO = "(threshold.detach() - threshold)"
TERM = "threshold.detach() * slope"
NEAR = "((z - threshold).abs() < bandwidth / 2)"
IN_Z = "(z - z.detach())"


@jumping.mistake(NO_SLOPE)
def values_only(z, threshold, bandwidth):
    on = (z > threshold).to(z.dtype)
    return z * on, on


for right_values in (variants.jump, values_only):  # with the slopes, or without
    jumping.edits(
        {
            "the step is at the threshold, not at 0": ("z > threshold", "z > 0"),
            "upside down: 1 above the threshold": ("z > threshold", "z < threshold"),
            "at the threshold itself the step is 0: use >, not >=": ("z > threshold", "z >= threshold"),
            SMOOTH: ("(z > threshold).to(z.dtype)", "torch.sigmoid((z - threshold) / bandwidth)"),
            f"{SMOOTH}. Only the slope is an estimate": (
                "(z > threshold).to(z.dtype)",
                "((z - threshold) / bandwidth + 0.5).clamp(0, 1)",
            ),
            "you subtracted the threshold: a latent above it keeps its full size": (
                "z * on",
                "(z - threshold).relu()",
            ),
            "that is a ReLU: below its threshold a latent is 0": ("z * on", "z.relu()"),
            "these are 0 or 1: f is z times the step": ("z * on", "on"),
        },
        of=right_values,
    )
    jumping.variants(
        {
            "these are the activations: return f first, then the step": lambda result: result[::-1],
            "that is each input's L0: return the step itself, for each latent": lambda result: (
                result[0],
                result[1].sum(1),
            ),
        },
        of=right_values,
    )
for term in ("threshold * slope", TERM):
    jumping.edits({ADDED: [(ZERO, "-1"), (TERM, term)]})
jumping.edits(
    {
        "the sign: a higher threshold switches latents off": (ZERO, "(threshold - threshold.detach())"),
        "you forgot to divide by the bandwidth": (") / bandwidth", ")"),
        "you multiplied by the bandwidth: divide": ("/ bandwidth", "* bandwidth"),
        "the window is half a bandwidth to each side": ("bandwidth / 2", "bandwidth"),
        "the slope acts near the threshold only": (NEAR, "1"),
        "that is f's slope, θ/ε: the step's is 1/ε": ("on + slope", f"on + {TERM}"),
        "the window lies on both sides of the threshold, not only above": (
            NEAR,
            f"({NEAR} & (z > threshold))",
        ),
        "the step has a slope in the threshold only: you gave it one in z as well": (
            ZERO,
            f"({IN_Z} + threshold.detach() - threshold)",
        ),
        "no gradient reaches the threshold through the step": ("on + slope", "on"),
        "no gradient reaches the threshold through f": (f" + {TERM}", ""),
        "you used z where the formula has θ": (TERM, "z * slope"),
        "you forgot the factor θ": (TERM, "slope"),
        "one slope too many: in `z - threshold` the threshold has a slope of its own": (
            f"z * on + {TERM}",
            "(z - threshold).relu() + threshold.detach() * (on + slope)",
        ),
        "in z the slope is 1 above the threshold, 0 below; yours has one term more near it": (
            TERM,
            f"threshold.detach() * (slope + near * {IN_Z})",
        ),
        "in z the slope is 1 above the threshold, 0 below; you gave z the estimate": (
            TERM,
            f"(threshold.detach() * slope + z * near * {IN_Z})",
        ),
        "no gradient reaches z": ("z * on", "z.detach() * on"),
        "you let z's gradient through everywhere: below the threshold it is 0": (
            "z * on",
            "z + (z * on - z).detach()",
        ),
    }
)


@jumping.part("the values")
def jumps_by_hand(attempt):
    z, threshold = torch.tensor([[0.3, 1.2, -1], [0.5, 0.9, 3], [0.8, 1, 0.2]]), torch.tensor([0.5, 1, 0.1])
    f, on = (
        torch.tensor([[0, 1.2, 0], [0, 0, 3], [0.8, 0, 0.2]]),
        torch.tensor([[0.0, 1, 0], [0, 0, 1], [1, 0, 1]]),
    )
    attempt.gives((f, on), z, threshold, 0.5)


# half a bandwidth is .2: near are .55 and .4 (θ = .5), 1.45 and 1.4 (θ = 1.5)
Z, THRESHOLD = torch.tensor([[0.55, 2.0], [0.4, 1.45], [0.8, 1.4], [-3.0, 0.2]]), torch.tensor([0.5, 1.5])
WEIGHTS = torch.tensor([[1.0, 2], [3, 5], [7, 11], [13, 17]])


def expect_slopes(attempt, which: int, name: str, by_threshold, by_z):
    """Hold the gradients of Σ w · (one result) in the threshold and in z, with the weights w above."""
    z, threshold = Z.clone().requires_grad_(), THRESHOLD.clone().requires_grad_()
    value = attempt.expect_members(attempt.call(z, threshold, 0.4), 2, "f, on")[which]
    given = f"z={describe(Z)}, threshold={describe(THRESHOLD)}, bandwidth=0.4, weights w={describe(WEIGHTS)}"
    attempt.expect(
        isinstance(value, torch.Tensor) and value.requires_grad,
        tried=f"{given}: the gradient of {name}",
        expected="a result that gradients flow through",
        got="no gradient",
        mistake=NO_SLOPE,
    )
    came = torch.autograd.grad((WEIGHTS * value).sum(), (threshold, z), allow_unused=True)
    leaves = ((threshold, "the threshold", by_threshold), (z, "z", by_z))
    for mine, (leaf, leaf_name, want) in zip(came, leaves, strict=True):
        tried = f"{given}: the gradient of Σ w · {name} in {leaf_name}"
        mine = torch.zeros_like(leaf) if mine is None else mine
        attempt.expect_close(mine, torch.tensor(want), tried=tried, rtol=1e-3, atol=1e-5)


@jumping.part("the step's slope")
def step_slope(attempt):
    # −(1 + 3) / .4 and −(5 + 11) / .4
    expect_slopes(attempt, 1, "step", [-10.0, -40.0], [[0.0, 0], [0, 0], [0, 0], [0, 0]])


@jumping.part("f's slope")
def slope_of_f(attempt):
    # those times θ; in z the weights of what is on
    expect_slopes(attempt, 0, "f", [-5.0, -60.0], [[1.0, 2], [0, 0], [7, 0], [0, 0]])


jumping.contract(
    lambda attempt: (attempt.randn(20, 3), attempt.rand(3, low=0.3), 0.8), wrt=("z", "threshold")
)


# --- 6.9 ---

nested = exercise(
    "6.9",
    variants.nested_loss,
    title="Matryoshka",
    points=2,
    hints=(
        "For each m in `prefixes`: reconstruct with the first m latents only, and take the squared error.",
        "The first m latents are `f[:, :m]`, their rows `W_dec[:m]`. `b_dec` is added in each.",
        "`sum(((x - f[:, :m] @ W_dec[:m] - b_dec) ** 2).sum(dim=-1).mean() for m in prefixes)`",
    ),
)


def sum_of_errors(x, f, W_dec, b_dec, prefixes):
    return sum(((x - f[:, :m] @ W_dec[:m] - b_dec) ** 2).sum(dim=-1).mean() for m in prefixes)


PREFIX = "f[:, :m] @ W_dec[:m]"
EARLY = "({0} if m == prefixes[-1] else {0}.detach())"

nested.edits(
    {
        "you averaged over the prefixes: sum their errors": ("in prefixes)", "in prefixes) / len(prefixes)"),
        "you left out b_dec": (" - b_dec", ""),
        "each prefix starts at the first latent; you used blocks that do not overlap": [
            (PREFIX, "f[:, i:m] @ W_dec[i:m]"),
            ("for m in prefixes", "for i, m in zip((0, *prefixes), prefixes)"),
        ],
        "you used the last m latents: a prefix is the first m": (PREFIX, "f[:, -m:] @ W_dec[-m:]"),
        "you used all latents each time: cut f and W_dec to the first m": (PREFIX, "f @ W_dec"),
        "you summed over the batch: average over it": (".mean()", ".sum()"),
        "you averaged the squares over the components: sum them": (".sum(dim=-1)", ""),
        "the error is squared: ‖·‖², not ‖·‖": ("** 2).sum(dim=-1)", "** 2).sum(dim=-1).sqrt()"),
        "you multiplied the errors: sum them": [
            ("return sum(", "return torch.stack(tuple("),
            ("in prefixes)", "in prefixes)).prod()"),
        ],
        "you subtracted b_dec twice": ("- b_dec", "- 2 * b_dec"),
        "you cut the batch: `f[:, :m]` cuts the latents": (
            f"(x - {PREFIX} - b_dec)",
            "(x - f @ W_dec - b_dec)[:m]",
        ),
        "one loss for each input: take the mean over the batch": (".mean()", ""),
        "a prefix must not be detached: early latents learn from every prefix": (
            "f[:, :m]",
            EARLY.format("f[:, :m]"),
        ),
        "a prefix must not be detached: the decoder's rows learn from every prefix": (
            "W_dec[:m]",
            EARLY.format("W_dec[:m]"),
        ),
        "a prefix must not be detached: b_dec learns from every prefix": (
            "- b_dec",
            f"- {EARLY.format('b_dec')}",
        ),
    },
    of=sum_of_errors,
)
nested.edits(
    {
        "a prefix must not be detached: early latents learn from every prefix": (
            PREFIX,
            EARLY.format(f"({PREFIX})"),
        )
    },
    of=sum_of_errors,
)
nested.variants(
    {
        "you took the last prefix only": lambda prefixes: prefixes[-1:],
        "you took the first prefix only": lambda prefixes: prefixes[:1],
        "one latent too many: `[:m]` holds m": lambda prefixes: [m + 1 for m in prefixes],
        "one latent too few: `[:m]` holds m": lambda prefixes: [m - 1 for m in prefixes],
        "a prefix's number is its length from the first latent; you added them up": lambda prefixes: list(
            accumulate(prefixes)
        ),
    }
)


@nested.mistake("you added up the reconstructions: each prefix reconstructs x alone")
def one_reconstruction(x, f, W_dec, b_dec, prefixes):
    return (x - sum(f[:, :m] @ W_dec[:m] for m in prefixes) - b_dec).square().sum(1).mean()


@nested.part("a case by hand")
def errors_by_hand(attempt):
    # mean errors: first latent (10 + 4)/2, first two (5 + 0)/2, all three (5 + 2)/2
    x, f = torch.tensor([[3.0, 2.0], [1.0, 1.0]]), torch.tensor([[1.0, 1.0, 0.0], [0.0, 2.0, 1.0]])
    W_dec, b_dec = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), torch.tensor([1.0, -1.0])
    attempt.gives(torch.tensor(13.0), x, f, W_dec, b_dec, (1, 2, 3))


@nested.part("other sizes")
def errors_one_by_one(attempt):
    for tokens, d_in, d_sae, prefixes in ((6, 3, 8, (2, 5, 8)), (1, 4, 6, (6,)), (9, 5, 4, (1, 2, 3, 4))):
        x, b_dec = attempt.randn(tokens, d_in), attempt.randn(d_in)
        f, W_dec = attempt.randn(tokens, d_sae).relu(), attempt.randn(d_sae, d_in)
        want = 0.0
        for m in prefixes:
            for t in range(tokens):
                left = x[t] - b_dec - sum(f[t, i] * W_dec[i] for i in range(m))
                want += float(left @ left) / tokens
        attempt.gives(torch.tensor(want), x, f, W_dec, b_dec, prefixes, rtol=1e-3)


nested.contract(
    lambda attempt: (
        attempt.randn(5, 3),
        attempt.rand(5, 4),
        attempt.randn(4, 3),
        attempt.randn(3),
        (1, 2, 4),
    ),
    wrt=("f", "W_dec", "b_dec"),
    of=sum_of_errors,
)
