"""Exercises of lesson 05, Computing in superposition; neurons."""

import math

import torch

from course_utils import toy
from course_utils.checks.attempt import Attempt
from course_utils.checks.registry import exercise

EXACT = {"rtol": 1e-3, "atol": 1e-6}

# --- 5.1 ---

forward = exercise(
    "5.1",
    toy.neurons.neuron_forward,
    title="Give the hidden units a ReLU",
    hints=(
        "Two layers: first h = ReLU(Wx), then x' = ReLU(Wᵀh + b). Work through the shapes from the right.",
        "`x @ W.transpose(1, 2)` has shape (inst, batch, m): that is Wx for each input. `hidden @ W` is Wᵀh.",
        "`hidden = (x @ W.transpose(1, 2)).relu()`, then `(hidden @ W + b[:, None, :]).relu()`.",
    ),
)


forward.edits(
    {
        "the hidden layer has no ReLU: this is the linear model of lesson 01": (
            "W.transpose(1, 2)).relu()",
            "W.transpose(1, 2))",
        ),
        "the output has no ReLU": ("b[:, None, :]).relu()", "b[:, None, :])"),
        "you left out the bias": (" + b[:, None, :]", ""),
        "the bias goes inside the output's ReLU": (
            "(hidden @ W + b[:, None, :]).relu()",
            "(hidden @ W).relu() + b[:, None, :]",
        ),
        "you used the first model's bias for all": ("b[:, None, :]", "b[0]"),
        "the hidden layer takes sizes, not a ReLU: a negative sum gives 0": (
            "W.transpose(1, 2)).relu()",
            "W.transpose(1, 2)).abs()",
        ),
        "the hidden function is smooth (GELU, SiLU, softplus); a ReLU has a kink": (
            "(x @ W.transpose(1, 2)).relu()",
            "torch.nn.functional.gelu(x @ W.transpose(1, 2))",
        ),
        "you cut the hidden layer off at 1; a ReLU lets any positive number through": (
            "W.transpose(1, 2)).relu()",
            "W.transpose(1, 2)).clamp(0, 1)",
        ),
        "the output takes sizes, not a ReLU: a negative sum gives 0": (
            "b[:, None, :]).relu()",
            "b[:, None, :]).abs()",
        ),
        "the output's function is smooth (GELU, SiLU, softplus); a ReLU has a kink": (
            "(hidden @ W + b[:, None, :]).relu()",
            "torch.nn.functional.gelu(hidden @ W + b[:, None, :])",
        ),
        "the outputs don't share a sum of 1: a ReLU for each, no softmax": (
            "b[:, None, :]).relu()",
            "b[:, None, :]).softmax(-1)",
        ),
        "you cut the output off at 1; a ReLU lets any positive number through": (
            "b[:, None, :]).relu()",
            "b[:, None, :]).clamp(0, 1)",
        ),
        "the way back is cut: W gets its gradient through the hidden layer only": (
            "hidden @ W",
            "hidden @ W.detach()",
        ),
        "the hidden layer is cut off: W gets its gradient through the way back only": (
            "return (hidden",
            "return (hidden.detach()",
        ),
    }
)
forward.variants(
    {
        "you subtracted the bias": lambda b: -b,
        "you used the first model's weights for all": lambda W: W[:1].expand_as(W),
    }
)


@forward.part("one model, by hand")
def one_model(attempt: Attempt):
    W = torch.tensor([[[1.0, -2.0], [0.0, 1.0]]])
    b, x = torch.tensor([[0.5, -0.25]]), torch.tensor([[[1.0, 1.0], [1.0, 0.0]]])
    attempt.gives(torch.tensor([[[0.5, 0.75], [1.5, 0.0]]]), W, b, x, **EXACT)  # h = (0, 1) and (1, 0)


@forward.part("many models, each with its own batch")
def many_models(attempt: Attempt):
    for inst, m, n, batch in [(3, 2, 5, 4), (2, 4, 3, 7), (2, 3, 4, 1), (3, 3, 3, 3)]:
        W, b, x = attempt.randn(inst, m, n), attempt.randn(inst, n), 2 * attempt.rand(inst, batch, n) - 0.5
        hidden = torch.einsum("amn,apn->apm", W, x).clamp(min=0)
        attempt.gives((torch.einsum("amn,apm->apn", W, hidden) + b[:, None]).clamp(min=0), W, b, x, **EXACT)


forward.contract(lambda a: (a.randn(2, 3, 4), a.randn(2, 4), a.rand(2, 5, 4)), wrt=("W", "b", "x"))

# --- 5.2 ---

one_feature = exercise(
    "5.2",
    toy.neurons.monosemantic,
    title="When is a neuron monosemantic?",
    hints=(
        "For each row you need its largest and its second-largest size. Which dimension do the rows run "
        "along?",
        "`W.abs().topk(2, dim=-1).values` holds both, the largest first. Sorting does it as well.",
        "`largest, second = W.abs().topk(2, dim=-1).values.unbind(-1)`, then `second < 0.3 * largest`. "
        "For a row "
        "of zeros that is 0 < 0: False, as it should be.",
    ),
)


def plain(W):
    largest, second = W.abs().topk(2, dim=-1).values.unbind(-1)
    return second < 0.3 * largest


one_feature.edits(
    {
        "you compared signed weights: a large negative weight counts as well": ("W.abs()", "W"),
        "you compared the second with a fixed number, not with 30 % of the largest": (" * largest", ""),
        "you compared the two smallest sizes: `sort` puts the smallest first": (
            "topk(2, dim=-1)",
            "topk(2, dim=-1, largest=False)",
        ),
        "that is True where the neuron is polysemantic": ("second < 0.3", "second > 0.3"),
        "you compared with the sum of all weights, not with the second-largest": (
            "second <",
            "W.abs().sum(-1) - largest <",
        ),
        "you compared squares: 30 % of the size is 9 % of the square": (
            "second < 0.3 * largest",
            "second**2 < 0.3 * largest**2",
        ),
        "the second must be below 30 % of the largest, not 30 % below it": (
            "second < 0.3 * largest",
            "largest - second > 0.3 * largest",
        ),
        "the limit is 30 % of the largest, not a third of it": ("second < 0.3 *", "3 * second <"),
        "a neuron without weights counts as not monosemantic": ("second < 0.3", "second <= 0.3"),
        "you compared along the neurons: each neuron is a row, its weights in the last dimension": (
            "topk(2, dim=-1).values.unbind(-1)",
            "topk(2, dim=-2).values.unbind(-2)",
        ),
    },
    of=plain,
)
one_feature.edits(
    {
        "you compared the two smallest sizes: `sort` puts the smallest first": (
            "largest, second = W.abs().topk(2, dim=-1).values.unbind(-1)",
            "largest, second = W.abs().sort(-1).values[..., :2].unbind(-1)",
        ),
        "a neuron without weights counts as not monosemantic": (
            "second < 0.3 * largest",
            "~(second / largest >= 0.3)",
        ),
    },
    of=plain,
)


@one_feature.part("seven neurons, by hand")
def seven_neurons(attempt: Attempt):  # every mistake gives another list here
    W = torch.tensor(
        [[1, -0.9, 0.1], [1, 0.25, 0.2], [0.2, 0.1, 0], [10, 4, 1], [-5, 1, 0.2], [3, 1.8, 1], [2, 0, 0.64]]
    )
    attempt.gives(torch.tensor([False, True, False, False, True, False, False]), W)


@one_feature.part("ties, and a neuron without weights")
def ties(attempt: Attempt):
    W = torch.tensor([[0.0, 0.0, 0.0], [0.2, 0.2, 0.0], [0.0, 0.0, -0.4]])
    attempt.gives(torch.tensor([False, False, True]), W)


@one_feature.part("many networks at once")
def many_networks(attempt: Attempt):
    for shape in [(6, 9), (2, 4, 6), (2, 3, 5, 4), (1, 1, 3)]:
        W = attempt.randn(*shape) ** 3
        second, largest = W.abs().sort(-1).values[..., -2:].unbind(-1)
        got = attempt.call(W)
        attempt.expect_shape(got, shape[:-1], mistake="one answer for each neuron, none for the features")
        attempt.expect_close(got, second / largest < 0.3)


# --- 5.3 ---

pairs = exercise(
    "5.3",
    toy.neurons.two_neurons_each,
    title="By hand",
    returns="W1, W2, b",
    hints=(
        "Neurons 2i and 2i + 1 serve feature i: one is active for x > 0, the other for x < 0.",
        "W1[2i, i] = 1 and W1[2i + 1, i] = −1. Both write output i with plus: W2[i, 2i] = W2[i, 2i + 1] = 1.",
        "Start from `torch.zeros(m, n)` and `torch.zeros(n, m)`, loop over `range(min(m // 2, n))`, and "
        "return "
        "W1, W2, torch.zeros(n).",
    ),
)


ONLY_PLUS = (
    "only x > 0 comes through: one neuron of a pair must read with minus, and both must write with plus"
)
pairs.edits(
    {
        ONLY_PLUS: [
            ("= 1.0, -1.0", "= 1.0, 1.0"),
            ("W2[i, 2 * i + 1] = 1.0", "W2[i, 2 * i + 1] = 0.5"),
        ],
        "only x < 0 comes through: one neuron of a pair must read with plus": [
            ("= 1.0, -1.0", "= -1.0, -1.0"),
            ("W2[i, 2 * i + 1] = 1.0", "W2[i, 2 * i + 1] = 0.5"),
        ],
        "the outputs are twice the right size": ("W2[i, 2 * i + 1] = 1.0", "W2[i, 2 * i + 1] = 2.0"),
        "the outputs are half the right size": ("W2[i, 2 * i + 1] = 1.0", "W2[i, 2 * i + 1] = 0.5"),
        "the features after the first m // 2 should give 0: there is no pair of neurons for them": (
            "W2, torch.zeros(n)",
            "W2, 0.5 * (torch.arange(n) >= m // 2)",
        ),
    }
)


@pairs.mistake("the last features are computed, not the first")
def last_features(n, m):
    W1, W2, b = toy.neurons.two_neurons_each(n, m)
    return W1.flip(1), W2.flip(0), b


def outputs_of(attempt: Attempt, n: int, m: int):
    """Hold the network that was built for n features and m neurons against |x|, on random inputs."""
    got = attempt.expect_members(attempt.call(n, m, free=True), 3, "W1, W2, b")
    for tensor, shape, name in zip(got, [(m, n), (n, m), (n,)], ("W1", "W2", "b"), strict=True):
        attempt.expect_shape(tensor, shape, tried=f"{name} of two_neurons_each({n}, {m})")
    W1, W2, b = (tensor.float() for tensor in got)
    x = 4 * attempt.rand(40, n) - 2
    want = x.abs() * (torch.arange(n) < m // 2)
    y = (W2 @ (W1 @ x.T).relu() + b[:, None]).relu().T
    attempt.expect_close(y, want, tried=f"the outputs of two_neurons_each({n}, {m}) for random x", **EXACT)


@pairs.part("room for all (n = 3, m = 6)")
def room(attempt: Attempt):
    outputs_of(attempt, 3, 6)


@pairs.part("more features than pairs")
def more_features(attempt: Attempt):
    for n, m in [(5, 4), (10, 6), (4, 2)]:
        outputs_of(attempt, n, m)


@pairs.part("more neurons than needed")
def more_neurons(attempt: Attempt):
    for n, m in [(2, 8), (1, 4)]:
        outputs_of(attempt, n, m)


# --- 5.4 ---

least = exercise(
    "5.4",
    toy.neurons.without_superposition,
    title="The best network without superposition",
    hints=(
        "Which features are left over once the m // 2 most important ones are computed? The order given "
        "is no help.",
        "Sort the importances, the largest first, and add up those from place m // 2 on.",
        "`rest = importance.sort(descending=True).values[m // 2:].sum()`, then `rest * (p / 3 - p**2 / 4)`.",
    ),
)


def by_sorting(importance, p, m):
    rest = importance.sort(descending=True).values[m // 2 :].sum()
    return rest * (p / 3 - p**2 / 4)


least.edits(
    {
        "you took the features in the order given; compute the most important ones": (
            ".sort(descending=True).values",
            "",
        ),
        "two neurons for each feature: m neurons compute m // 2 features": ("[m // 2 :]", "[m:]"),
        "one neuron computes no feature: of an odd m the last is of no use, `m // 2`": (
            "[m // 2 :]",
            "[(m + 1) // 2 :]",
        ),
        "you computed the least important features": ("(descending=True)", "()"),
        "that is the loss of the features that are computed; those cost nothing": (
            "[m // 2 :]",
            "[: m // 2]",
        ),
        "you guessed 0; the best constant is the mean, p/2": (" - p**2 / 4", ""),
        "that is the variance of |x| while it is on; when it is off it is 0, and that varies too": (
            "(p / 3 - p**2 / 4)",
            "(p / 12)",
        ),
        "you took the root: the loss is a mean square": (
            "(p / 3 - p**2 / 4)",
            "(p / 3 - p**2 / 4).sqrt()",
        ),
        "each importance stands once in the loss, unsquared": (
            "rest = importance.sort(descending=True).values[m // 2 :].sum()",
            "rest = (importance.sort(descending=True).values[m // 2 :] ** 2).sum()",
        ),
        "you counted features and left out their importance": ("[m // 2 :].sum()", "[m // 2 :].numel()"),
        "you averaged over the features; the loss is a sum": (
            "[m // 2 :].sum()",
            "[m // 2 :].sum() / len(importance)",
        ),
        "you averaged over the features left over; the loss is a sum": (
            "[m // 2 :].sum()",
            "[m // 2 :].sum() / max(len(importance) - m // 2, 1)",
        ),
        "that is the loss when no feature is computed": ("[m // 2 :]", ""),
    },
    of=by_sorting,
)


@least.part("by hand")
def five_features(attempt: Attempt):
    importance = torch.tensor([1.0, 0.5, 0.3, 0.1, 0.05])
    want = torch.tensor([0.0375, 0.046875])
    attempt.gives(want, importance, torch.tensor([1.0, 0.5]), 4, rtol=1e-3, atol=1e-9)


@least.part("importances in any order")
def any_order(attempt: Attempt):
    importance, p = torch.tensor([0.4, 2.0, 0.2, 1.0]), torch.tensor([0.3, 0.01, 1.0])
    attempt.gives(torch.tensor([0.124, 0.00529333, 0.13333333]), importance, p, 2, rtol=1e-3, atol=1e-9)


@least.part("one density; room for all features")
def one_density(attempt: Attempt):
    three, two = torch.tensor([1.0, 3.0, 2.0]), torch.tensor([1.0, 3.0])
    for m in (2, 3):  # the third neuron is alone
        attempt.gives(torch.tensor([0.17]), three, torch.tensor([0.2]), m, rtol=1e-3, atol=1e-9)
    attempt.gives(torch.zeros(2), two, torch.tensor([0.2, 0.7]), 6, rtol=1e-3, atol=1e-9)


@least.part("many features")
def many_features(attempt: Attempt):
    importance, p = attempt.rand(12, low=0.1, high=2), attempt.rand(5, low=0.01)
    rest = sum(sorted(importance.tolist())[:7])
    want = torch.tensor([rest * (q / 3 - q * q / 4) for q in p.tolist()])
    attempt.gives(want, importance, p, 10, rtol=1e-3, atol=1e-9)


least.contract(lambda a: (a.rand(7), a.rand(3), 4), wrt=("p",))  # importances are given, never trained

# --- 5.5 ---

alone = exercise(
    "5.5",
    toy.neurons.responses,
    title="One feature at a time",
    hints=(
        "The inputs that you need are the rows of an identity matrix, and the same with minus.",
        "A batch x of shape (n, n) goes through the network as `((x @ W1.T).relu() @ W2.T + b).relu()`. "
        "Row i of the result belongs to feature i. For x = 0 the hidden layer is 0 and the output ReLU(b).",
        "`plus = torch.eye(W1.shape[1])`, `x = torch.stack([plus, -plus])`, the line of hint 2, minus "
        "`b.relu()`.",
    ),
)


def by_batches(W1, W2, b):
    plus = torch.eye(W1.shape[1], dtype=W1.dtype)
    x = torch.stack([plus, -plus])
    y = ((x @ W1.T).relu() @ W2.T + b).relu()
    return y - b.relu()


alone.edits(
    {
        "you returned the outputs; subtract the output for x = 0": (" - b.relu()", ""),
        "the order is +1 first, then −1": ("[plus, -plus]", "[-plus, plus]"),
        "you left out the bias": [(" + b).relu()", ").relu()"), (" - b.relu()", "")],
        "the output for x = 0 is ReLU(b), not b": (" - b.relu()", " - b"),
        "the hidden layer has no ReLU": ("W1.T).relu()", "W1.T)"),
        "the output has no ReLU": [("W2.T + b).relu()", "W2.T + b)"), (" - b.relu()", " - b")],
        "both matrices are for +1": ("[plus, -plus]", "[plus, plus]"),
    },
    of=by_batches,
)
swapped = lambda result: result.mT  # noqa: E731
alone.variants(
    {
        "your matrices are transposed: rows are the features that are on, columns the outputs": swapped,
        "the answer to −1 is not minus the answer to +1: run the network again": lambda result: torch.stack(
            [result[0], -result[0]]
        ),
    },
    of=by_batches,
)


@alone.part("two features, two neurons, by hand")
def two_features(attempt: Attempt):
    W1, W2 = torch.tensor([[2.0, -1.0], [0.0, 3.0]]), torch.tensor([[1.0, -1.0], [0.5, 2.0]])
    want = torch.tensor([[[2.0, 0.5], [-0.25, 5.5]], [[0.0, 0.0], [1.0, 0.0]]])
    attempt.gives(want, W1, W2, torch.tensor([0.25, -0.5]), **EXACT)


@alone.part("an exact |x| answers with two identities")
def identities(attempt: Attempt):
    W1 = torch.tensor([[0.5, 0, 0], [-1, 0, 0], [0, 2, 0], [0, -1, 0], [0, 0, 1], [0, 0, -4]])
    W2 = torch.tensor([[2, 1, 0, 0, 0, 0], [0, 0, 0.5, 1, 0, 0], [0, 0, 0, 0, 1, 0.25]])
    attempt.gives(torch.eye(3).repeat(2, 1, 1), W1, W2, torch.zeros(3), **EXACT)


@alone.part("random networks of several sizes")
def several_sizes(attempt: Attempt):
    for m, n in [(3, 5), (6, 4), (1, 3), (4, 1)]:
        W1, W2, b = attempt.randn(m, n), attempt.randn(n, m), attempt.randn(n)
        want = torch.zeros(2, n, n)
        for i in range(n):
            for s, sign in enumerate((1.0, -1.0)):
                want[s, i] = torch.relu(W2 @ torch.relu(sign * W1[:, i]) + b) - torch.relu(b)
        attempt.gives(want, W1, W2, b, **EXACT)


# --- 5.6 ---

motif = exercise(
    "5.6",
    toy.neurons.asymmetric_motif,
    title="The asymmetric motif",
    returns="W1, W2",
    hints=(
        "Follow x0 = +1 through neuron 0: the neuron's value is t, and output 1 gets t times its "
        "writing weight t.",
        "The brake must not see x1, so that it is active for x0 > 0 only: it reads (1, 0), say. What "
        "must it write "
        "to output 1 to take t² away, and what to output 0?",
        "W1 = [[t, −1/t], [1, 0]], and column 1 of W2 is the brake: W2 = [[1/t, 0], [t, −t²]].",
    ),
)


READS, WRITES, BRAKE = "[[t, -1 / t], [1.0, 0.0]]", "[[1 / t, 0.0], [t, -(t**2)]]", "-(t**2)"
motif.edits(
    {
        "both features are read with plus; the second needs a minus": ("-1 / t", "1 / t"),
        "reading and writing weights are swapped": [
            (READS, "[[1 / t, -t], [1.0, 0.0]]"),
            (WRITES, "[[t, 0.0], [1 / t, -1.0]]"),
        ],
        "W1 has one row for each neuron; yours is transposed": (READS, "[[t, 1.0], [-1 / t, 0.0]]"),
        "neuron 0 writes both with plus": ("[1 / t, 0.0]", "[-1 / t, 0.0]"),
        "W2 has one column for each neuron; yours is transposed": (WRITES, "[[1 / t, t], [0.0, -(t**2)]]"),
        "there is no brake: the leak t² comes through": (BRAKE, "0.0"),
        "the brake is silent for x0 > 0: it should read x0 with plus": ("[1.0, 0.0]", "[-1.0, 0.0]"),
        "the brake writes with plus: it must take away": (BRAKE, "t**2"),
        "the brake takes t away; the leak is t · t": (BRAKE, "-t"),
        "the brake takes 1/t² away; the leak into output 1 is t²": (BRAKE, "-1 / t**2"),
        "the brake takes 1 away; the leak is t²": (BRAKE, "-1.0"),
        "the brake takes away more than there is: the leak is t²": (BRAKE, "-(t**3)"),
        "the brake also writes output 0: leave that alone": ("[1 / t, 0.0]", "[1 / t, -0.25]"),
    }
)


def build(attempt: Attempt, t: float) -> list[torch.Tensor]:
    got = attempt.expect_members(attempt.call(t, free=True), 2, "W1, W2")
    for tensor, name in zip(got, ("W1", "W2"), strict=True):
        attempt.expect_shape(tensor, (2, 2), tried=f"{name} of asymmetric_motif({t:g})")
    return [tensor.float() for tensor in got]


def before_relu(W1, W2, *x):
    return (torch.tensor(x) @ W1.T).relu() @ W2.T


@motif.part("neuron 0 reads (t, −1/t) and writes (1/t, t)")
def neuron_0(attempt: Attempt):
    for t in (2.0, 3.0):
        W1, W2 = build(attempt, t)
        attempt.expect_close(W1[0], torch.tensor([t, -1 / t]), tried=f"row 0 of W1, t = {t:g}", **EXACT)
        attempt.expect_close(W2[:, 0], torch.tensor([1 / t, t]), tried=f"column 0 of W2, t = {t:g}", **EXACT)


@motif.part("the brake stops the leak")
def leak(attempt: Attempt):
    for t in (2.0, 1.5, 4.0):
        W1, W2 = build(attempt, t)
        for size in (1.0, 0.3):
            out = before_relu(W1, W2, size, 0.0)
            tried = f"the outputs before their ReLU for x0 = {size:g}, t = {t:g}"
            attempt.expect_close(out[1], torch.tensor(0.0), tried=tried, rtol=0, atol=1e-3 * t**2 * size)
            attempt.expect_close(out[0], torch.tensor(size), tried=tried, rtol=1e-3, atol=1e-6)


@motif.part("the brake is active for x0 > 0 only")
def silent(attempt: Attempt):
    for t in (2.0, 3.0):
        W1, W2 = build(attempt, t)
        for x, name in [([0.0, -1.0], "x1 = −1"), ([0.0, 1.0], "x1 = +1"), ([-1.0, 0.0], "x0 = −1")]:
            active = (W1[1] * torch.tensor(x)).sum().relu().item()
            attempt.expect(
                active < 1e-6,
                tried=f"the brake (neuron 1) for {name} alone, t = {t:g}",
                expected="0: it is silent",
                got=f"{active:.3g}",
                mistake="the brake should read x0 with plus, and nothing else",
            )
        small = f"the outputs for x1 = −1, t = {t:g}"
        attempt.expect_close(
            before_relu(W1, W2, 0.0, -1.0), torch.tensor([1 / t**2, 1.0]), tried=small, **EXACT
        )
        both = f"output 1 for x = (0.7, −0.4), t = {t:g}"
        attempt.expect_close(before_relu(W1, W2, 0.7, -0.4)[1], torch.tensor(0.4), tried=both, **EXACT)


# --- 5.7 ---

search = exercise(
    "5.7",
    toy.neurons.find_motifs,
    title="Search for it",
    hints=(
        "Two matrices of the same shape (inst, m, n) hold all that you need: how strongly neuron k "
        "reads each "
        "feature, and how strongly it writes each. `W2.mT` is the second. Compare each with itself.",
        "`read[..., :, None]` belongs to i and `read[..., None, :]` to j. So "
        "`read[..., :, None] >= uneven * read[..., None, :]` has shape (inst, m, n, n). The writing weights "
        "go the other way round.",
        "`serves = read * write >= 0.5`, then `serves[..., :, None] & serves[..., None, :]`, both "
        "comparisons, and `~torch.eye(n, dtype=torch.bool)`: four conditions joined by `&`.",
    ),
)

search.edits(
    {
        "a find serves both features, not only i": (
            "serves[..., :, None] & serves[..., None, :]",
            "serves[..., :, None]",
        ),
        "a find serves both features, not only j": (
            "serves[..., :, None] & serves[..., None, :]",
            "serves[..., None, :]",
        ),
        "a find serves both features, not only one of them": (
            "serves[..., :, None] & serves[..., None, :]",
            "serves[..., :, None] | serves[..., None, :]",
        ),
        "the sign of a reading weight doesn't matter: take its size": ("W1.abs()", "W1"),
        "a writing weight must be positive to help: don't take its size": ("W2.mT  #", "W2.mT.abs()  #"),
        "how well a neuron serves a feature is reading *times* writing weight": (
            "read * write >= 0.5",
            "read + write >= 0.5",
        ),
        "at least ½ includes ½": ("read * write >= 0.5", "read * write > 0.5"),
        "at least twice includes exactly twice": ("write[..., None, :] >=", "write[..., None, :] >"),
        "i is read more strongly, but j is written more strongly": (
            "write[..., None, :] >= uneven * write[..., :, None]",
            "write[..., :, None] >= uneven * write[..., None, :]",
        ),
        "the writing weights must be uneven as well": (" & writes_j", ""),
        "the reading weights must be uneven as well": (" & reads_i", ""),
        "you left `uneven` out of the writing weights": (">= uneven * write", ">= write"),
        "you left `uneven` out of the reading weights": (">= uneven * read", ">= read"),
        "a find has two different features": (
            " & ~torch.eye(W1.shape[-1], dtype=torch.bool, device=W1.device)",
            "",
        ),
        "`uneven` is the limit of each ratio by itself, not of the two multiplied": (
            "both & reads_i & writes_j",
            "both & (read[..., :, None] * write[..., None, :] >= uneven**2 * read[..., None, :] * "
            "write[..., :, None])",
        ),
    }
)
search.edits(
    {"at least twice includes exactly twice": ("read[..., :, None] >=", "read[..., :, None] >")},
)
search.variants({"i comes before j: yours has them the other way round": lambda result: result.mT})


def planted(*rows: tuple[list[float], list[float]]) -> tuple[torch.Tensor, torch.Tensor]:
    """A network of one neuron for each (reads, writes)."""
    reads, writes = zip(*rows, strict=True)
    return torch.tensor(reads), torch.tensor(writes).T


@search.part("seven neurons, by hand")
def neurons_by_hand(attempt: Attempt):
    W1, W2 = planted(
        ([-2.0, 0.5, 0.0], [0.5, 2.0, 0.0]),  # TM's, i = 0 and j = 1
        ([0.0, 1.0, 2.0], [0.0, 2.0, 1.0]),  # exactly twice: i = 2 and j = 1
        ([4.0, 1.0, 0.0], [0.125, 0.5, 0.0]),  # exactly ½: i = 0 and j = 1
        ([2.0, 0.0, 1.0], [-0.5, 0.0, 2.0]),  # writes 0 with minus: serves one only
        ([2.0, 0.0, 0.1], [0.25, 0.0, 1.0]),  # serves 0, but hardly 2
        ([1.0, 0.5, 0.0], [0.1, 1.0, 0.0]),  # serves 1, but hardly 0
        ([3.0, 1.0, 1.9], [2.0, 3.0, 1.0]),  # uneven in reading or in writing, not in both
    )
    want = torch.zeros(1, 7, 3, 3, dtype=torch.bool)
    want[0, 0, 0, 1] = want[0, 1, 2, 1] = want[0, 2, 0, 1] = True
    attempt.gives(want, W1[None], W2[None])


@search.part("another limit")
def another_limit(attempt: Attempt):
    W1, W2 = planted(
        ([3.0, 1.0, -1.0], [1.0, 3.0, 2.0]),  # i = 0: j = 1 and 2 at limit 2, j = 1 at 3
        ([1.0, 1.0, 0.5], [1.0, 1.0, 0.25]),  # even: both ways round at limit 1
        ([1.0, 4.0, 0.0], [4.0, 3.0, 0.0]),  # 4 times in reading, 4/3 in writing
    )
    for uneven, found in [
        (3.0, [(0, 0, 1)]),
        (2.0, [(0, 0, 1), (0, 0, 2)]),
        (1.0, [(0, 0, 1), (0, 0, 2), (0, 2, 1), (1, 0, 1), (1, 1, 0), (2, 1, 0)]),
    ]:
        want = torch.zeros(1, 3, 3, 3, dtype=torch.bool)
        for place in found:
            want[(0, *place)] = True
        attempt.gives(want, W1[None], W2[None], uneven)


@search.part("many networks at once")
def search_many(attempt: Attempt):
    for inst, m, n in [(3, 4, 5), (2, 6, 3), (1, 4, 4)]:
        W1, W2 = 2 * attempt.randn(inst, m, n), 2 * attempt.randn(inst, n, m)
        want = torch.zeros(inst, m, n, n, dtype=torch.bool)
        for a, k, i, j in want.logical_not().nonzero().tolist():
            (read_i, read_j), (write_i, write_j) = W1[a, k, [i, j]].abs(), W2[a, [i, j], k]
            serves = read_i * write_i >= 0.5 and read_j * write_j >= 0.5
            want[a, k, i, j] = i != j and serves and read_i >= 1.5 * read_j and write_j >= 1.5 * write_i
        attempt.gives(want, W1, W2, 1.5)


# --- 5.8 ---

braking = exercise(
    "5.8",
    toy.neurons.brakes,
    title="How much of a leak is taken back?",
    hints=(
        "First the hidden layer when feature i alone is on: one number for each neuron of the find's "
        "network. "
        "Which sign must feature i have, so that neuron k is active?",
        "`a, k, i, j = finds.unbind(1)`. `W1[a, :, i]` has a row of m numbers for each find, and "
        "`W2[a, j]` has what each neuron writes to output j.",
        "`hidden = (W1[a, k, i].sign()[:, None] * W1[a, :, i]).relu()`, `written = hidden * W2[a, j]`; "
        "then minus the sum of its negative entries, divided by the sum of its positive ones.",
    ),
)

braking.edits(
    {
        "the input must have the sign that switches neuron k on: that of its reading weight": (
            "W1[a, k, i].sign()[:, None] * ",
            "",
        ),
        "the hidden layer has no ReLU": ("W1[a, :, i]).relu()", "W1[a, :, i])"),
        "the feature that is on is i; it leaks into output j": [
            ("W1[a, k, i].sign()", "W1[a, k, j].sign()"),
            ("W1[a, :, i]", "W1[a, :, j]"),
        ],
        "that is output i; the leak goes into output j": ("W2[a, j]", "W2[a, i]"),
        "that is what is left of the leak; the brake is what is taken off": (
            "(-written).relu().sum(1) /",
            "written.sum(1) /",
        ),
        "you divided the leak by the brake": (
            "(-written).relu().sum(1) / written.relu().sum(1)",
            "written.relu().sum(1) / (-written).relu().sum(1).clamp_min(1e-6)",
        ),
        "all neurons that write output j with plus leak into it, not only k": (
            "written.relu().sum(1)",
            "written[torch.arange(len(k)), k]",
        ),
        "all neurons that write output j with minus brake, not only the strongest": (
            "(-written).relu().sum(1)",
            "(-written).relu().amax(1)",
        ),
        "you counted neurons; add up what they write": (
            "(-written).relu().sum(1) / written.relu().sum(1)",
            "(written < 0).sum(1) / (written > 0).sum(1)",
        ),
        "you lost the minus sign: a brake counts as positive": ("(-written).relu()", "-(-written).relu()"),
        "a share of the leak, not of all that is written": (
            "/ written.relu().sum(1)",
            "/ written.abs().sum(1)",
        ),
        "what a neuron writes is its value times its weight: the hidden values count too": (
            "hidden * W2[a, j]",
            "(hidden > 0) * W2[a, j]",
        ),
    }
)


def some_finds(attempt: Attempt, count: int = 6, inst: int = 3, m: int = 4, n: int = 5):
    """Random networks, and finds in them: neuron k writes output j with plus."""
    W1, W2 = attempt.randn(inst, m, n), attempt.randn(inst, n, m)
    a, k = attempt.randint(0, inst, (count,)), attempt.randint(0, m, (count,))
    i = attempt.randint(0, n, (count,))
    j = (i + attempt.randint(1, n, (count,))) % n
    W2[a, j, k] = W2[a, j, k].abs() + 0.2
    return W1, W2, torch.stack([a, k, i, j], 1)


@braking.part("three finds, by hand")
def three_finds(attempt: Attempt):
    W1, W2 = torch.zeros(2, 4, 3), torch.zeros(2, 3, 4)
    W1[0] = torch.tensor([[2.0, -0.5, 0.0], [1.0, 0.0, 0.0], [0.5, 0.0, 1.0], [-1.0, 1.0, 0.0]])
    W2[0, 1] = torch.tensor([2.0, -3.0, 1.0, -5.0])  # x0 = +1: writes 4, −3, 0.5, and 0
    W1[1] = torch.tensor([[-2.0, 0.0, 0.5], [-1.0, 0.0, 0.0], [-3.0, 2.0, 0.0], [1.0, 0.0, 1.0]])
    W2[1, 2] = torch.tensor([1.0, -1.5, -1.0, 4.0])  # x0 = −1: writes 2, −1.5, −3, and 0
    W2[1, 0] = torch.tensor([2.0, 1.0, 0.0, 0.0])  # x2 = +1: writes 1 and no brake
    finds = torch.tensor([[0, 0, 0, 1], [1, 0, 0, 2], [1, 0, 2, 0]])
    attempt.gives(torch.tensor([3 / 4.5, 2.25, 0.0]), W1, W2, finds, **EXACT)


@braking.part("the asymmetric motif, and finds in many networks")
def many_finds(attempt: Attempt):
    W1, W2 = toy.neurons.asymmetric_motif(2.0)
    attempt.gives(torch.tensor([1.0, 0.0]), W1[None], W2[None], torch.tensor([[0, 0, 0, 1], [0, 0, 1, 0]]))
    W1, W2, finds = some_finds(attempt, 9)
    want = []
    for a, k, i, j in finds.tolist():
        x = torch.zeros(5)
        x[i] = 1.0 if W1[a, k, i] > 0 else -1.0
        written = (W1[a] @ x).clamp(min=0) * W2[a, j]
        want.append(-written[written < 0].sum() / written[written > 0].sum())
    attempt.gives(torch.stack(want), W1, W2, finds, **EXACT)
    attempt.gives(torch.zeros(0), W1, W2, finds[:0])


braking.contract(some_finds, wrt=("W1", "W2"))

# --- 5.9 ---

coding = exercise(
    "5.9",
    toy.neurons.code_loss,
    title="What a code costs",
    hints=(
        "For each feature you need the total probability of the features in its state, itself included.",
        "`state[:, :, None] == state[:, None, :]` says which features share a state: (inst, n, n). "
        "Times `prob` and "
        "summed over the last dimension, it is the denominator.",
        "`in_state = (same * prob).sum(-1)`, then `-(prob * (prob / in_state).log()).sum(-1)`.",
    ),
)


SAME, GUESS = "state[:, :, None] == state[:, None, :]", "(prob * (prob / (same * prob).sum(-1)).log())"
coding.edits(
    {
        "logarithms to base 2 give bits; nats are natural logarithms": (".log()", ".log2()"),
        "you lost the minus sign": ("-(prob * (prob", "(prob * (prob"),
        "you averaged over the features; weigh each by its probability": (
            f"{GUESS}.sum(-1)",
            "(prob / (same * prob).sum(-1)).log().mean(-1)",
        ),
        "you added up the features' costs; weigh each by its probability": (
            f"{GUESS}.sum(-1)",
            "(prob / (same * prob).sum(-1)).log().sum(-1)",
        ),
        "you guessed uniformly within a state; the better guess is in proportion to the probabilities": (
            "(prob / (same * prob).sum(-1))",
            "(1 / same.sum(-1).to(prob))",
        ),
        "that is the entropy of the state, what it tells; the loss is what stays unknown": (
            "(prob / (same * prob).sum(-1))",
            "(same * prob).sum(-1)",
        ),
        "that is the cost of a guess that ignores the state": (SAME, "torch.ones(len(state), 1, len(prob))"),
        "you weighed each state by its share of the features, not by their probability": (
            f"{GUESS}.sum(-1)",
            "(prob / (same * prob).sum(-1) * (prob / (same * prob).sum(-1)).log()).sum(-1) / len(prob)",
        ),
        "you weighed by the guess; weigh by the feature's probability": (
            f"{GUESS}.sum(-1)",
            "(prob / (same * prob).sum(-1) * (prob / (same * prob).sum(-1)).log()).sum(-1)",
        ),
        "that is the squared error, 1 − Σ π q": (
            f"-{GUESS}.sum(-1)",
            "1 - (prob**2 / (same * prob).sum(-1)).sum(-1)",
        ),
        "there may be more than two states: you left out the features in the others": (
            "-(prob *",
            "-((state <= 1) * prob *",
        ),
        "a state's number is only a name and may be large: you left out some": (
            "-(prob *",
            "-((state < len(prob)) * prob *",
        ),
        "there may be more than two states: you took all but state 1 for one": (
            SAME,
            "(state == 1)[:, :, None] == (state == 1)[:, None, :]",
        ),
        "there may be more than two states: you took all but state 0 for one": (
            SAME,
            "(state > 0)[:, :, None] == (state > 0)[:, None, :]",
        ),
    }
)


def costs(attempt: Attempt, state, prob, want=None):
    if want is None:
        by_loops = [
            -sum(q * (q / prob[row == s].sum()).log() for q, s in zip(prob, row, strict=True))
            for row in state
        ]
        want = torch.stack(by_loops)
    got = attempt.call(state, prob)
    attempt.expect_shape(got, (len(state),), mistake="one loss for each code")
    attempt.expect_close(got, want, **EXACT)


@coding.part("one neuron, unequal features, by hand")
def unequal(attempt: Attempt):
    prob = torch.tensor([0.5, 0.25, 0.125, 0.125])
    state = torch.tensor([[1, 0, 0, 0], [0, 0, 0, 0], [1, 0, 1, 1]])
    three_together = -(0.5 * math.log(0.5 / 0.75) + 0.25 * math.log(0.125 / 0.75))
    costs(attempt, state, prob, torch.tensor([0.75 * math.log(2), 1.75 * math.log(2), three_together]))


@coding.part("four equal features")
def equal(attempt: Attempt):
    state = torch.tensor([[0, 1, 0, 0], [1, 1, 1, 1], [1, 1, 1, 0]])
    want = torch.tensor([0.75 * math.log(3), math.log(4), 0.75 * math.log(3)])
    costs(attempt, state, torch.full((4,), 0.25), want)


@coding.part("more than two states")
def many_states(attempt: Attempt):
    costs(attempt, torch.tensor([[0, 1, 2, 3], [0, 3, 3, 0]]), torch.tensor([0.1, 0.2, 0.3, 0.4]))
    costs(attempt, torch.tensor([[5, 2, 2, 5, 7]]), torch.tensor([0.3, 0.1, 0.2, 0.15, 0.25]))


@coding.part("random codes")
def random_codes(attempt: Attempt):
    prob = attempt.rand(6, low=0.05)
    costs(attempt, attempt.randint(0, 3, (9, 6)), prob / prob.sum())


def five_features_in_states(attempt: Attempt):
    prob = attempt.rand(5, low=0.1)
    return attempt.randint(0, 3, (4, 5)), prob / prob.sum()


coding.contract(five_features_in_states)
