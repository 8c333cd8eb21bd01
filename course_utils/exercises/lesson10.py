"""Exercises of lesson 10: splitting, hedging, absorption."""

from __future__ import annotations

import math

import torch

from course_utils.checks.registry import exercise
from course_utils.interp import splitting
from course_utils.sae import hierarchy

# --- 10.5 ---

masked = exercise(
    "10.5",
    splitting.masked_cosine,
    title="Who became whom",
    points=2,
    hints=(
        "Where the narrow latent is silent, its product with anything is 0. So the numerator is one "
        "matrix product of the two tables; only the *length of the wide latent* must leave out tokens.",
        "The wide latent's squared length over the tokens where the narrow one fires is a matrix product "
        "too: of the 0-1 table `narrow > 0` with the squares of `wide`.",
        "`lengths = (narrow.square().sum(0)[:, None] * ((narrow > 0).to(wide).T @ wide.square())).sqrt()`; "
        "then `narrow.T @ wide / lengths`, and 0 where `lengths` is 0.",
    ),
)


def one_pair_at_a_time(narrow, wide):
    rows = []
    for a in narrow.T:
        fires = a > 0
        lengths = (a[fires].norm() * wide[fires].norm(dim=0)).clamp_min(1e-12)
        rows.append(a[fires] @ wide[fires] / lengths)
    return torch.stack(rows)


PAIR = "a[fires] @ wide[fires] / lengths"

masked.edits(
    {
        "you took all tokens: the wide latent's length counts only where the narrow one fires": (
            "wide[fires].norm(dim=0)",
            "wide.norm(dim=0)",
        ),
        "the mask is the narrow latent's: you kept the tokens where it is silent": ("a > 0", "a <= 0"),
        "the cosine isn't centred: you took off the means, which makes it a correlation": [
            (PAIR, "(a[fires] - a[fires].mean()) @ (wide[fires] - wide[fires].mean(0)) / lengths"),
            ("a[fires].norm()", "(a[fires] - a[fires].mean()).norm()"),
            ("wide[fires].norm(dim=0)", "(wide[fires] - wide[fires].mean(0)).norm(dim=0)"),
        ],
        "you took whether it fires for how much: the sizes count": (
            "rows.append(a[fires]",
            "rows.append(fires[fires].to(a)",
        ),
        "you stopped at the inner product: divide by both lengths": (" / lengths", ""),
        "you stopped at the mean product: divide by both lengths": (
            " / lengths",
            " / fires.sum().clamp_min(1)",
        ),
        "divide by the wide latent's length as well": (" * wide[fires].norm(dim=0)", ""),
        "divide by the narrow latent's length as well": ("a[fires].norm() * ", ""),
        "you divided by the squared lengths: take their roots": (
            "(a[fires].norm() * wide[fires].norm(dim=0))",
            "(a[fires].norm() * wide[fires].norm(dim=0)).square()",
        ),
        "you gave NaN where one of the two is silent: give 0": (".clamp_min(1e-12)", ""),
        "one length for all wide latents: each column has its own": (
            "wide[fires].norm(dim=0)",
            "wide[fires].norm()",
        ),
    },
    of=one_pair_at_a_time,
)
masked.variants(
    {"you turned the activations into yes or no: their size counts": lambda wide: (wide > 0).to(wide)}
)
masked.variants({"you squared the cosine": lambda result: result.square()})


@masked.mistake("the mask is the narrow latent's, not the wide one's")
def masked_by_the_wide(narrow, wide):
    return one_pair_at_a_time(wide, narrow).T


@masked.mistake("the mask is the narrow latent's alone: where the wide one is silent counts as well")
def masked_by_both(narrow, wide):
    rows = []
    for a in narrow.T:
        row = []
        for b in wide.T:
            both = (a > 0) & (b > 0)
            row.append(a[both] @ b[both] / (a[both].norm() * b[both].norm()).clamp_min(1e-12))
        rows.append(torch.stack(row))
    return torch.stack(rows)


@masked.mistake("a row is a narrow latent, a column a wide one: yours is turned")
def turned(narrow, wide):
    return one_pair_at_a_time(narrow, wide).T


NARROW = torch.tensor([[3.0, 0.0], [4.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
WIDE = torch.tensor([[3.0, 0.0, 4.0], [4.0, 0.0, 0.0], [9.0, 5.0, 0.0], [7.0, 5.0, 0.0]])


@masked.part("a hand-computed case")
def pairs_by_hand(attempt):
    # the first narrow latent fires on two tokens: the same there, silent there, 12 / (5 · 4)
    attempt.gives(torch.tensor([[1.0, 0.0, 0.6], [1.0, 1.0, 0.0]]), NARROW, WIDE)


@masked.part("random latents, of two widths")
def random_latents(attempt):
    for tokens, a, b in ((40, 3, 5), (60, 4, 4), (30, 5, 2)):
        narrow, wide = ((attempt.randn(tokens, n) - 0.3).relu() for n in (a, b))
        want = torch.empty(a, b)
        for i in range(a):
            on = [t for t in range(tokens) if narrow[t, i] > 0]
            for j in range(b):
                top = sum(narrow[t, i].item() * wide[t, j].item() for t in on)
                first, second = (sum(x[t, k].item() ** 2 for t in on) for x, k in ((narrow, i), (wide, j)))
                want[i, j] = top / math.sqrt(first * second) if first * second else 0.0
        attempt.gives(want, narrow, wide, rtol=1e-3, atol=1e-4)


@masked.part("latents that are silent")
def silent_latents(attempt):
    narrow = torch.tensor([[0.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
    wide = torch.tensor([[0.0, 1.0], [0.0, 1.0], [2.0, 2.0]])
    attempt.gives(torch.tensor([[0.0, 0.0], [0.0, 1.0]]), narrow, wide)


masked.contract(lambda attempt: (attempt.rand(9, 3), attempt.rand(9, 4)))

# --- 10.6 ---

stitched = exercise(
    "10.6",
    splitting.stitching_effect,
    title="New, or a replacement?",
    points=2,
    hints=(
        "For one token and one latent: ‖r − f d‖² − ‖r‖². Multiply out. What is left when ‖r‖² cancels?",
        "f²‖d‖² − 2 f d·r, and then the mean over tokens. The first term needs the mean of f² and the row's "
        "squared length; for the second, the mean of f r over tokens is one matrix product.",
        "`f.square().mean(0) * W_dec.square().sum(1) - 2 * (f.T @ residual * W_dec).sum(1) / len(f)`.",
    ),
)

SIZES, OVERLAP = "f.square().mean(0) * W_dec.square().sum(1)", "(f.T @ residual * W_dec).sum(1) / len(f)"

stitched.edits(
    {
        "the mixed term comes twice: (a − b)² = a² − 2ab + b²": ("2 * overlap", "overlap"),
        "the newcomer's part is taken off the residual: the mixed term has a minus": (
            "sizes - 2",
            "sizes + 2",
        ),
        "you left out what the newcomer adds by its own size": ("sizes - 2", "-2"),
        "you left out the mixed term: how far the newcomer points along the residual": (" - 2 * overlap", ""),
        "the sign is turned round: below 0 the error falls": (
            "return sizes - 2 * overlap",
            "return 2 * overlap - sizes",
        ),
        "the rows' lengths count: W_dec need not have rows of length 1": (" * W_dec.square().sum(1)", ""),
        "the rows' squared lengths count: you took the lengths": (
            "W_dec.square().sum(1)",
            "W_dec.norm(dim=1)",
        ),
        "you took the square of the mean activation: take the mean of the squares": (
            "f.square().mean(0)",
            "f.mean(0).square()",
        ),
        "the mean over tokens is missing in the mixed term": (" / len(f)", ""),
        "the activation is missing in the mixed term: f times d·residual": (
            "f.T @",
            "torch.ones_like(f).T @",
        ),
        "you summed over tokens: a mean is asked for": (
            "return sizes - 2 * overlap",
            "return (sizes - 2 * overlap) * len(f)",
        ),
        "you took a mean over the dimensions as well: a squared error is their sum": (
            "return sizes - 2 * overlap",
            "return (sizes - 2 * overlap) / W_dec.shape[1]",
        ),
        "you took the size of the overlap: a newcomer that points against the residual does harm": (
            "2 * overlap",
            "2 * overlap.abs()",
        ),
    }
)


@stitched.mistake("you put all newcomers in at once: each is tried alone")
def all_at_once(residual, f, W_dec):
    change = (residual - f @ W_dec).square().sum(1).mean() - residual.square().sum(1).mean()
    return change.expand(len(W_dec)).clone()


@stitched.mistake("give the change of the error, not the error itself")
def whole_error(residual, f, W_dec):
    return splitting.stitching_effect(residual, f, W_dec) + residual.square().sum(1).mean()


@stitched.part("a hand-computed case")
def stitches_by_hand(attempt):
    # 1 fits the first residual whole and leaves the second: −4 / 2. 2 doubles an error: (9 − 1) / 2.
    residual = torch.tensor([[2.0, 0.0], [0.0, -1.0]])
    f, W_dec = torch.tensor([[2.0, 0.0], [0.0, 1.0]]), torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    attempt.gives(torch.tensor([-2.0, 4.0]), residual, f, W_dec)


@stitched.part("random newcomers")
def random_newcomers(attempt):
    for tokens, latents, d in ((30, 4, 3), (12, 5, 5), (7, 1, 6), (1, 3, 2)):
        residual, W_dec = attempt.randn(tokens, d), attempt.randn(latents, d)
        f = (attempt.randn(tokens, latents) + residual @ W_dec.T / 4).relu()
        errors = [
            sum(((residual[t] - f[t, i] * W_dec[i]) ** 2).sum().item() for t in range(tokens)) / tokens
            for i in range(latents)
        ]
        before = residual.square().sum().item() / tokens
        attempt.gives(torch.tensor(errors) - before, residual, f, W_dec, rtol=1e-3, atol=1e-4)


stitched.contract(lambda attempt: (attempt.randn(8, 3), attempt.rand(8, 4), attempt.randn(4, 3)))

# --- 10.7 ---

hedged = exercise(
    "10.7",
    hierarchy.hedged_angle,
    title="One latent for two features",
    points=2,
    hints=(
        "The latent can't do better on an input x than its projection, so it leaves ‖x‖² − (x·u)². What is "
        "x·u for the parent, and for parent and child? Weigh the two with 1 − q and q.",
        "(1 − q) sin²θ + q (1 − sin 2θ). Differentiate in θ: the derivative of sin²θ is sin 2θ.",
        "(1 − q) sin 2θ = 2q cos 2θ, so `math.atan2(2 * q, 1 - q) / 2`.",
    ),
)

hedged.edits(
    {
        "that is 2θ: halve it": (" / 2", ""),
        "you gave degrees: radians are asked for": (" / 2", " / 2 * 180 / math.pi"),
        "the fraction is upside down: with q = 0 the latent lies along the parent": (
            "2 * q, 1 - q",
            "1 - q, 2 * q",
        ),
        "the 2 is missing: sin 2θ has the derivative 2 cos 2θ": ("2 * q, 1", "q, 1"),
        "you weighed the parent with 1: alone it comes with 1 − q": ("1 - q)", "1)"),
        "the parent's part grows with q: alone it comes with 1 − q": ("1 - q)", "1 + q)"),
        "you took the sine for the tangent": (
            "math.atan2(2 * q, 1 - q)",
            "math.asin(min(1, 2 * q / max(1 - q, 2 * q)))",
        ),
    }
)
hedged.mistake("that is the direction of the mean input: the squared error asks for another")(
    lambda q: math.atan2(q, 1)
)
hedged.mistake("you found the larger error: the derivative vanishes there too, a right angle away")(
    lambda q: math.atan2(2 * q, 1 - q) / 2 + math.pi / 2
)
hedged.mistake("the angle is the child's: measure from the parent")(
    lambda q: math.pi / 2 - math.atan2(2 * q, 1 - q) / 2
)


def expect_angle(attempt, want, q):
    attempt.gives(want, q, rtol=1e-3, atol=1e-4)


@hedged.part("angles that are known")
def known_angles(attempt):
    # without children 0; always together 45°; tan 2θ = 1 at q = 1/3
    for q, degrees in ((0.0, 0.0), (1.0, 45.0), (1 / 3, 22.5)):
        expect_angle(attempt, math.radians(degrees), q)


@hedged.part("least among all angles")
def least_of_all(attempt):
    grid = torch.linspace(-math.pi / 2, math.pi / 2, 200_001, dtype=torch.float64)
    for q in (0.05, 0.2, 0.5, 0.8):
        error = (1 - q) * (1 - grid.cos() ** 2) + q * (2 - (grid.cos() + grid.sin()) ** 2)
        expect_angle(attempt, grid[error.argmin()].item(), q)


# --- 10.8 ---

absorbed = exercise(
    "10.8",
    hierarchy.absorbed_loss,
    title="The price of being honest",
    points=3,
    hints=(
        "Write x − f W_dec in its two components: parent 1 − f_p − f_c sin θ, child 1 − f_c cos θ. Square, "
        "add, add λ(f_p + f_c). Then set both slopes to 0.",
        "The slopes give f_p = 1 − tan θ − (λ/2)/(1 + sin θ) and f_c = 1/cos θ − (λ/2)/(1 + sin θ). From "
        "some angle on f_p comes out below 0. Which f_c is best when f_p is 0? (Lesson 06: size less λ/2.)",
        "If f_p < 0: f_p = 0, f_c = cos θ + sin θ − λ/2. Then put both into "
        "`(1 - f_p - f_c * sin) ** 2 + (1 - f_c * cos) ** 2 + l1_coefficient * (f_p + f_c)`.",
    ),
)


def by_components(angle, l1_coefficient):
    sine, cosine, pull = math.sin(angle), math.cos(angle), l1_coefficient / 2
    parent = 1 - sine / cosine - pull / (1 + sine)
    child = 1 / cosine - pull / (1 + sine)
    if parent < 0:
        parent, child = 0.0, cosine + sine - pull
    error = (1 - parent - child * sine) ** 2 + (1 - child * cosine) ** 2
    return error + l1_coefficient * (parent + child)


PULLED = "the penalty pulls each activation by λ/2: neither by λ, nor by nothing"

absorbed.edits({PULLED: ("l1_coefficient / 2", "0.0")}, of=by_components)
absorbed.edits(
    {
        PULLED: ("l1_coefficient / 2", "l1_coefficient"),
        "an activation can't be negative: from some angle on the child's latent works alone": (
            "parent < 0",
            "False",
        ),
        "the penalty itself is missing from the loss": (" + l1_coefficient * (parent + child)", ""),
        "the penalty counts both activations: you left out the parent's": ("(parent + child)", "child"),
        "the penalty counts both activations: you left out the child's": ("(parent + child)", "parent"),
        "you set the negative activation to 0 and kept the other: alone, the child's has another best": (
            "parent, child = 0.0, cosine + sine - pull",
            "parent = 0.0",
        ),
        "alone, the child's latent is pulled by λ/2 too": ("cosine + sine - pull", "cosine + sine"),
        "sine and cosine are swapped: at 0 the second row is the child": (
            "math.sin(angle), math.cos(angle)",
            "math.cos(angle), math.sin(angle) + 1e-9",
        ),
        "the angle is in radians": (
            "math.sin(angle), math.cos(angle)",
            "math.sin(math.radians(angle)), math.cos(math.radians(angle))",
        ),
        "the two rows aren't at right angles: the pulls are (λ/2)/(1 + sin θ)": [
            ("1 - sine / cosine - pull / (1 + sine)", "1 - sine / cosine - pull"),
            ("1 / cosine - pull / (1 + sine)", "1 / cosine - pull"),
        ],
        "the parent's latent must give way: the child's row already holds some of the parent": (
            "1 - sine / cosine - pull / (1 + sine)",
            "1 - pull",
        ),
        "the error is a sum of two squares: the child's component is missing": (
            " + (1 - child * cosine) ** 2",
            "",
        ),
    },
    of=by_components,
)


def expect_loss(attempt, want, degrees, l1_coefficient):
    attempt.gives(want, math.radians(degrees), l1_coefficient, rtol=1e-4, atol=1e-5)


@absorbed.part("the child's row is the child")
def honest(attempt):
    # two latents at right angles, each as in lesson 06: 1 − (1 − λ/2)²
    for l1 in (0.0, 0.2, 1.0):
        expect_loss(attempt, 2 * (1 - (1 - l1 / 2) ** 2), 0, l1)


@absorbed.part("the child's row is the sum")
def all_absorbed(attempt):
    # one latent along x, whose length is √2: 2 − (√2 − λ/2)²
    for l1 in (0.1, 0.2, 1.0):
        expect_loss(attempt, 2 - (math.sqrt(2) - l1 / 2) ** 2, 45, l1)


def least_by_search(degrees: float, l1_coefficient: float) -> float:
    """Coordinate by coordinate, in float64, from 0: each step is the best for one of the two."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    f_parent = f_child = 0.0
    for _ in range(20_000):
        f_parent = max(1 - f_child * sine - l1_coefficient / 2, 0.0)
        f_child = max((1 - f_parent) * sine + cosine - l1_coefficient / 2, 0.0)
    error = (1 - f_parent - f_child * sine) ** 2 + (1 - f_child * cosine) ** 2
    return error + l1_coefficient * (f_parent + f_child)


@absorbed.part("between them, and beyond")
def other_angles(attempt):
    for degrees, l1 in ((20, 0.1), (35, 0.5), (43, 0.2), (60, 0.2), (75, 0.05)):
        expect_loss(attempt, least_by_search(degrees, l1), degrees, l1)
