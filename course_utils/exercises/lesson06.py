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

shrinkage = exercise(
    "6.2",
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


# --- 6.3 ---

stretching = exercise(
    "6.3",
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


# --- 6.4 ---

top = exercise(
    "6.4",
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


# --- 6.5 ---

batch_top = exercise(
    "6.5",
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


# --- 6.6 ---

nested = exercise(
    "6.6",
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


# --- 6.7 ---

jumping = exercise(
    "6.7",
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
