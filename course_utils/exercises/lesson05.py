"""Checks of lesson 05, Computing in superposition; neurons."""

from __future__ import annotations

import math

import torch

from course_utils import toy
from course_utils.checks.engine import Attempt, exercise

EXACT = {"rtol": 1e-3, "atol": 1e-6}


@exercise(
    "5.1",
    "neuron_forward",
    title="Give the hidden units a ReLU",
    kit=toy.neurons.neuron_forward,
    hints=(
        "Two layers: first h = ReLU(Wx), then x' = ReLU(Wᵀh + b). Work through the shapes from the right.",
        "`x @ W.transpose(1, 2)` has shape (inst, batch, m): that is Wx for each input. `hidden @ W` is Wᵀh.",
        "`hidden = (x @ W.transpose(1, 2)).relu()`, then `(hidden @ W + b[:, None, :]).relu()`.",
    ),
)
def _(attempt: Attempt):
    def model(W, b, x, hidden=torch.relu, out=torch.relu):
        pre = torch.einsum("amn,apn->apm", W, x)
        return out(torch.einsum("amn,apm->apn", W, hidden(pre)) + b[:, None])

    def mistakes(W, b, x):
        return {
            "the hidden layer has no ReLU: this is the linear model of lesson 01": model(
                W, b, x, lambda h: h
            ),
            "the output has no ReLU": model(W, b, x, out=lambda y: y),
            "you left out the bias": model(W, torch.zeros_like(b), x),
            "the bias goes inside the output's ReLU": model(W, torch.zeros_like(b), x) + b[:, None],
            "you subtracted the bias": model(W, -b, x),
            "you used the first model's weights for all": model(W[:1].expand_as(W), b, x),
            "you used the first model's bias for all": model(W, b[:1].expand_as(b), x),
        }

    with attempt.part("one model, by hand"):
        W = torch.tensor([[[1.0, -2.0], [0.0, 1.0]]])
        b, x = torch.tensor([[0.5, -0.25]]), torch.tensor([[[1.0, 1.0], [1.0, 0.0]]])
        got = attempt.call(W, b, x)  # h = (0, 1) and (1, 0)
        want = torch.tensor([[[0.5, 0.75], [1.5, 0.0]]])
        attempt.expect_close(got, want, mistakes=mistakes(W, b, x), **EXACT)
    with attempt.part("many models, each with its own batch"):
        for inst, m, n, batch in [(3, 2, 5, 4), (2, 4, 3, 7), (2, 3, 4, 1)]:
            W, b, x = attempt.randn(inst, m, n), attempt.randn(inst, n), attempt.rand(inst, batch, n)
            got = attempt.call(W, b, x)
            attempt.expect_shape(got, (inst, batch, n))
            attempt.expect_close(got, model(W, b, x), mistakes=mistakes(W, b, x), **EXACT)
    with attempt.part("the hidden ReLU gets a gradient"):
        W, b, x = attempt.randn(2, 3, 4).requires_grad_(), attempt.randn(2, 4), attempt.rand(2, 5, 4)
        got = attempt.call(W, b, x)
        attempt.expect(
            got.requires_grad, expected="a result that W can be trained through", got="no gradient reaches W",
            mistake="`.detach()`, `.item()` or `torch.no_grad()` cuts the gradient",
        )  # fmt: skip


@exercise(
    "5.2",
    "monosemantic",
    title="When is a neuron monosemantic?",
    kit=toy.neurons.monosemantic,
    hints=(
        "For each row you need its largest and its second-largest size. Which dimension do the rows run "
        "along?",
        "`W.abs().topk(2, dim=-1).values` holds both, the largest first. Sorting does it as well.",
        "`largest, second = W.abs().topk(2, dim=-1).values.unbind(-1)`, then `second < 0.3 * largest`. "
        "For a row "
        "of zeros that is 0 < 0: False, as it should be.",
    ),
)
def _(attempt: Attempt):
    def mistakes(W):
        top = W.abs().topk(2, dim=-1).values
        rising = W.abs().sort(-1).values
        signed = W.topk(2, dim=-1).values
        total = W.abs().sum(-1)
        reads = {
            "you compared signed weights: a large negative weight counts as well": signed[..., 1]
            < 0.3 * signed[..., 0],
            "you compared the second with a fixed number, not with 30 % of the largest": top[..., 1] < 0.3,
            "you compared the two smallest sizes: `sort` puts the smallest first": rising[..., 1]
            < 0.3 * rising[..., 0],
            "that is True where the neuron is polysemantic": top[..., 1] > 0.3 * top[..., 0],
            "you compared with the sum of all weights, not with the second-largest": total - top[..., 0]
            < 0.3 * top[..., 0],
            "you compared squares: 30 % of the size is 9 % of the square": top[..., 1] ** 2
            < 0.3 * top[..., 0] ** 2,
            "a neuron without weights counts as not monosemantic": top[..., 1] <= 0.3 * top[..., 0],
        }
        if W.shape[-2] >= 2:
            down = W.abs().topk(2, dim=-2).values
            along = "you compared along the neurons: each neuron is a row, its weights in the last dimension"
            reads[along] = down[..., 1, :] < 0.3 * down[..., 0, :]
        return reads

    with attempt.part("five neurons, by hand"):  # every mistake gives another list here
        W = torch.tensor([[1, -0.9, 0.1], [1, 0.25, 0.2], [0.2, 0.1, 0], [10, 4, 1], [-5, 1, 0.2]])
        want = torch.tensor([False, True, False, False, True])
        attempt.expect_close(attempt.call(W), want, mistakes=mistakes(W))
    with attempt.part("ties, and a neuron without weights"):
        W = torch.tensor([[0.0, 0.0, 0.0], [0.2, 0.2, 0.0], [0.0, 0.0, -0.4]])
        attempt.expect_close(attempt.call(W), torch.tensor([False, False, True]), mistakes=mistakes(W))
    with attempt.part("many networks at once"):
        for shape in [(6, 9), (2, 4, 6), (2, 3, 5, 4), (1, 1, 3)]:
            W = attempt.randn(*shape[:-1], shape[-1]) ** 3
            second, largest = W.abs().sort(-1).values[..., -2:].unbind(-1)
            got = attempt.call(W)
            attempt.expect_shape(got, shape[:-1], mistake="one answer for each neuron, none for the features")
            attempt.expect_close(got, second / largest < 0.3, mistakes=mistakes(W))


@exercise(
    "5.3",
    "two_neurons_each",
    title="By hand",
    kit=toy.neurons.two_neurons_each,
    hints=(
        "Neurons 2i and 2i + 1 serve feature i: one is active for x > 0, the other for x < 0.",
        "W1[2i, i] = 1 and W1[2i + 1, i] = −1. Both write output i with plus: W2[i, 2i] = W2[i, 2i + 1] = 1.",
        "Start from `torch.zeros(m, n)` and `torch.zeros(n, m)`, loop over `range(min(m // 2, n))`, and "
        "return "
        "W1, W2, torch.zeros(n).",
    ),
)
def _(attempt: Attempt):
    def build(n, m):
        got = attempt.call(n, m)
        attempt.expect(
            isinstance(got, (tuple, list)) and len(got) == 3,
            expected="three tensors: return W1, W2, b",
            got=got,
        )
        W1, W2, b = got
        for tensor, shape, name in [(W1, (m, n), "W1"), (W2, (n, m), "W2"), (b, (n,), "b")]:
            attempt.expect_shape(tensor, shape, tried=f"{name} of two_neurons_each({n}, {m})")
        return W1.float(), W2.float(), b.float()

    def check(n, m):
        W1, W2, b = build(n, m)
        x = 4 * attempt.rand(40, n) - 2
        computed = torch.arange(n) < m // 2
        want = x.abs() * computed
        got = toy.neurons.abs_forward(W1[None], W2[None], b[None], x)[0]
        beyond = "the features after the first m // 2 should give 0: there is no pair of neurons for them"
        mistakes = {
            "only x > 0 comes through: one neuron of a pair must read with minus, and both must write with "
            "plus": x.relu() * computed,
            "only x < 0 comes through: one neuron of a pair must read with plus": (-x).relu() * computed,
            "the outputs are twice the right size": 2 * want,
            "the outputs are half the right size": want / 2,
            "the last features are computed, not the first": x.abs() * computed.flip(0),
            beyond: torch.where(computed, want, got),
        }
        tried = f"the outputs of two_neurons_each({n}, {m}) for random x"
        attempt.expect_close(got, want, tried=tried, mistakes=mistakes, **EXACT)

    with attempt.part("room for all (n = 3, m = 6)"):
        check(3, 6)
    with attempt.part("more features than pairs"):
        for n, m in [(5, 4), (10, 6), (4, 2)]:
            check(n, m)
    with attempt.part("more neurons than needed"):
        for n, m in [(2, 8), (1, 4)]:
            check(n, m)


@exercise(
    "5.4",
    "without_superposition",
    title="The best network without superposition",
    kit=toy.neurons.without_superposition,
    hints=(
        "Which features are left over once the m // 2 most important ones are computed? The order given "
        "is no help.",
        "Sort the importances, the largest first, and add up those from place m // 2 on.",
        "`rest = importance.sort(descending=True).values[m // 2:].sum()`, then `rest * (p / 3 - p**2 / 4)`.",
    ),
)
def _(attempt: Attempt):
    def mistakes(importance, p, m):
        ordered, price = importance.sort(descending=True).values, p / 3 - p**2 / 4
        rest = ordered[m // 2 :].sum()
        return {
            "you took the features in the order given; compute the most important ones": importance[
                m // 2 :
            ].sum()
            * price,
            "two neurons for each feature: m neurons compute m // 2 features": ordered[m:].sum() * price,
            "you computed the least important features": ordered.flip(0)[m // 2 :].sum() * price,
            "that is the loss of the features that are computed; those cost nothing": ordered[: m // 2].sum()
            * price,
            "you guessed 0; the best constant is the mean, p/2": rest * p / 3,
            "you counted features and left out their importance": max(len(importance) - m // 2, 0) * price,
            "you averaged over the features; the loss is a sum": rest * price / len(importance),
            "you averaged over the features left over; the loss is a sum": rest
            * price
            / max(len(importance) - m // 2, 1),
            "that is the loss when no feature is computed": ordered.sum() * price,
        }

    def case(importance, p, m, want):
        got = attempt.call(importance, p, m)
        attempt.expect_close(got, want, mistakes=mistakes(importance, p, m), rtol=1e-3, atol=1e-9)

    with attempt.part("by hand"):
        case(
            torch.tensor([1.0, 0.5, 0.3, 0.1, 0.05]),
            torch.tensor([1.0, 0.5]),
            4,
            torch.tensor([0.0375, 0.046875]),
        )
    with attempt.part("importances in any order"):
        importance, p = torch.tensor([0.4, 2.0, 0.2, 1.0]), torch.tensor([0.3, 0.01, 1.0])
        case(importance, p, 2, torch.tensor([0.124, 0.00529333, 0.13333333]))
    with attempt.part("one density; room for all features"):
        case(torch.tensor([1.0, 3.0, 2.0]), torch.tensor([0.2]), 2, torch.tensor([0.17]))
        case(torch.tensor([1.0, 3.0]), torch.tensor([0.2, 0.7]), 6, torch.zeros(2))
    with attempt.part("many features"):
        importance, p = attempt.rand(12, low=0.1, high=2), attempt.rand(5, low=0.01)
        rest = sum(sorted(importance.tolist())[:7])
        case(importance, p, 10, torch.tensor([rest * (q / 3 - q * q / 4) for q in p.tolist()]))


@exercise(
    "5.5",
    "responses",
    title="One feature at a time",
    kit=toy.neurons.responses,
    hints=(
        "The inputs that you need are the rows of an identity matrix, and the same with minus.",
        "A batch x of shape (n, n) goes through the network as `((x @ W1.T).relu() @ W2.T + b).relu()`. "
        "Row i of the result belongs to feature i. For x = 0 the hidden layer is 0 and the output ReLU(b).",
        "`plus = torch.eye(W1.shape[1])`, `x = torch.stack([plus, -plus])`, the line of hint 2, minus "
        "`b.relu()`.",
    ),
)
def _(attempt: Attempt):
    def run(W1, W2, b, x, hidden=torch.relu, out=torch.relu):
        return out(hidden(x @ W1.T) @ W2.T + b)

    def mistakes(W1, W2, b):
        eye = torch.eye(W1.shape[1])
        both = torch.stack([eye, -eye])
        rest, none = torch.relu(b), torch.zeros_like(b)
        answers = run(W1, W2, b, both)
        right = answers - rest
        return {
            "you returned the outputs; subtract the output for x = 0": answers,
            "your matrices are transposed: rows are the features that are on, columns the outputs": right.mT,
            "the order is +1 first, then −1": right.flip(0),
            "you left out the bias": run(W1, W2, none, both),
            "the output for x = 0 is ReLU(b), not b": answers - b,
            "the hidden layer has no ReLU": run(W1, W2, b, both, hidden=lambda h: h) - rest,
            "the output has no ReLU": run(W1, W2, b, both, out=lambda y: y) - b,
            "both matrices are for +1": right[:1].expand(2, -1, -1),
            "the answer to −1 is not minus the answer to +1: run the network again": torch.stack(
                [right[0], -right[0]]
            ),
        }

    with attempt.part("two features, two neurons, by hand"):
        W1, W2 = torch.tensor([[2.0, -1.0], [0.0, 3.0]]), torch.tensor([[1.0, -1.0], [0.5, 2.0]])
        b = torch.tensor([0.25, -0.5])
        want = torch.tensor([[[2.0, 0.5], [-0.25, 5.5]], [[0.0, 0.0], [1.0, 0.0]]])
        attempt.expect_close(attempt.call(W1, W2, b), want, mistakes=mistakes(W1, W2, b), **EXACT)
    with attempt.part("an exact |x| answers with two identities"):
        W1 = torch.tensor([[0.5, 0, 0], [-1, 0, 0], [0, 2, 0], [0, -1, 0], [0, 0, 1], [0, 0, -4]])
        W2 = torch.zeros(3, 6)
        W2[0, :2], W2[1, 2:4], W2[2, 4:] = (
            torch.tensor([2, 1.0]),
            torch.tensor([0.5, 1]),
            torch.tensor([1, 0.25]),
        )
        got = attempt.call(W1, W2, torch.zeros(3))
        attempt.expect_close(
            got, torch.eye(3).expand(2, 3, 3), mistakes=mistakes(W1, W2, torch.zeros(3)), **EXACT
        )
    with attempt.part("random networks of several sizes"):
        for m, n in [(3, 5), (6, 4), (1, 3), (4, 1)]:
            W1, W2, b = attempt.randn(m, n), attempt.randn(n, m), attempt.randn(n)
            got = attempt.call(W1, W2, b)
            attempt.expect_shape(got, (2, n, n))
            for i in range(n):
                for s, value in enumerate((1.0, -1.0)):
                    x = torch.zeros(n)
                    x[i] = value
                    want = torch.relu(W2 @ torch.relu(W1 @ x) + b) - torch.relu(b)
                    attempt.expect_close(
                        got[s, i], want, tried=f"row [{s}, {i}]: feature {i} at {value:+.0f}, m={m}, n={n}",
                        mistakes={name: value[s, i] for name, value in mistakes(W1, W2, b).items()}, **EXACT,
                    )  # fmt: skip


@exercise(
    "5.6",
    "asymmetric_motif",
    title="The asymmetric motif",
    kit=toy.neurons.asymmetric_motif,
    hints=(
        "Follow x0 = +1 through neuron 0: the neuron's value is t, and output 1 gets t times its "
        "writing weight t.",
        "The brake must not see x1, so that it is active for x0 > 0 only: it reads (1, 0), say. What "
        "must it write "
        "to output 1 to take t² away, and what to output 0?",
        "W1 = [[t, −1/t], [1, 0]], and column 1 of W2 is the brake: W2 = [[1/t, 0], [t, −t²]].",
    ),
)
def _(attempt: Attempt):
    def build(t):
        got = attempt.call(t)
        attempt.expect(
            isinstance(got, (tuple, list)) and len(got) == 2, expected="two tensors: return W1, W2", got=got
        )
        for tensor, name in zip(got, ("W1", "W2"), strict=True):
            attempt.expect_shape(tensor, (2, 2), tried=f"{name} of asymmetric_motif({t:g})")
        return [tensor.float() for tensor in got]

    def before_relu(W1, W2, x):
        return (torch.tensor(x) @ W1.T).relu() @ W2.T

    with attempt.part("neuron 0 reads (t, −1/t) and writes (1/t, t)"):
        for t in (2.0, 3.0):
            W1, W2 = build(t)
            reads, writes = torch.tensor([t, -1 / t]), torch.tensor([1 / t, t])
            attempt.expect_close(
                W1[0], reads, tried=f"row 0 of W1, t = {t:g}", **EXACT,
                mistakes={
                    "both features are read with plus; the second needs a minus": torch.tensor([t, 1 / t]),
                    "reading and writing weights are swapped": torch.tensor([1 / t, -t]),
                    "W1 has one row for each neuron; yours is "
                    "transposed": W1[0] if torch.allclose(W1[:, 0], reads) else W1[0] + 1,
                },
            )  # fmt: skip
            attempt.expect_close(
                W2[:, 0], writes, tried=f"column 0 of W2, t = {t:g}", **EXACT,
                mistakes={
                    "reading and writing weights are swapped": torch.tensor([t, 1 / t]),
                    "neuron 0 writes both with plus": torch.tensor([1 / t, -t]),
                    "W2 has one column for each neuron; yours is "
                    "transposed": W2[:, 0] if torch.allclose(W2[0], writes) else W2[:, 0] + 1,
                },
            )  # fmt: skip
    with attempt.part("the brake stops the leak"):
        for t in (2.0, 1.5, 4.0):
            W1, W2 = build(t)
            for size in (1.0, 0.3):
                out = before_relu(W1, W2, [size, 0.0])
                leak = t**2 * size
                untouched = "there is no brake: the leak t² comes through"
                if W1[1, 0] < 0 and W2[1, 1] != 0:
                    untouched = "the brake is silent for x0 > 0: it should read x0 with plus"
                tried = f"the outputs before their ReLU for x0 = {size:g}, t = {t:g}"
                attempt.expect_close(
                    out[1], torch.tensor(0.0), tried=tried, rtol=0, atol=1e-3 * leak,
                    mistakes={
                        untouched: torch.tensor(leak),
                        "the brake writes with plus: it must take away": torch.tensor(2 * leak),
                        "the brake takes t away; the leak is t · t": torch.tensor(leak - t * size),
                        "the brake takes 1/t² away; the leak into output 1 is "
                        "t²": torch.tensor(leak - size / t**2),
                        "the brake takes 1 away; the leak is t²": torch.tensor(leak - size),
                        "the brake takes away more than there is: the leak is "
                        "t²": torch.tensor(leak - t * leak),
                    },
                )  # fmt: skip
                attempt.expect_close(
                    out[0], torch.tensor(size), tried=tried, rtol=1e-3, atol=1e-6,
                    mistakes={"the brake also writes output 0: leave that alone": out[0]},
                )  # fmt: skip
    with attempt.part("the brake is active for x0 > 0 only"):
        for t in (2.0, 3.0):
            W1, W2 = build(t)
            for x, name in [([0.0, -1.0], "x1 = −1"), ([0.0, 1.0], "x1 = +1"), ([-1.0, 0.0], "x0 = −1")]:
                active = (W1[1] * torch.tensor(x)).sum().relu().item()
                attempt.expect(
                    active < 1e-6, tried=f"the brake (neuron 1) for {name} alone, t = {t:g}",
                    expected="0: it is silent", got=f"{active:.3g}",
                    mistake="the brake should read x0 with plus, and nothing else",
                )  # fmt: skip
            out = before_relu(W1, W2, [0.0, -1.0])
            attempt.expect_close(
                out, torch.tensor([1 / t**2, 1.0]), tried=f"the outputs for x1 = −1, t = {t:g}", **EXACT
            )
            both = before_relu(W1, W2, [0.7, -0.4])
            attempt.expect_close(
                both[1], torch.tensor(0.4), tried=f"output 1 for x = (0.7, −0.4), t = {t:g}", **EXACT
            )


@exercise(
    "5.7",
    "code_loss",
    title="What a code costs",
    kit=toy.neurons.code_loss,
    hints=(
        "For each feature you need the total probability of the features in its state, itself included.",
        "`state[:, :, None] == state[:, None, :]` says which features share a state: (inst, n, n). "
        "Times `prob` and "
        "summed over the last dimension, it is the denominator.",
        "`in_state = (same * prob).sum(-1)`, then `-(prob * (prob / in_state).log()).sum(-1)`.",
    ),
)
def _(attempt: Attempt):
    def in_state(state, prob):
        return torch.stack(
            [torch.stack([prob[row == s].sum() for s in row]) for row in state]
        )  # "inst n", by loops

    def two_states(state, prob):
        mass = in_state((state == 1).long(), prob)
        return -(prob * (prob / mass).log()).sum(-1)

    def mistakes(state, prob):
        mass = in_state(state, prob)
        guess = prob / mass
        uniform = 1 / torch.stack([(row[:, None] == row).sum(1).to(prob) for row in state])
        return {
            "logarithms to base 2 give bits; nats are natural logarithms": -(prob * guess.log2()).sum(-1),
            "you lost the minus sign": (prob * guess.log()).sum(-1),
            "you averaged over the features; weigh each by its probability": -guess.log().mean(-1),
            "you added up the features' costs; weigh each by its probability": -guess.log().sum(-1),
            "you guessed uniformly within a state; the better guess is in proportion to the probabilities": -(
                prob * uniform.log()
            ).sum(-1),
            "that is the entropy of the state, what it tells; the loss is what stays unknown": -(
                prob * mass.log()
            ).sum(-1),
            "that is the cost of a guess that ignores the state": (-(prob * prob.log()).sum(-1)).expand(
                len(state)
            ),
            "you weighed each state by its share of the features, not by their probability": -(
                guess * guess.log()
            ).sum(-1)
            / len(prob),
            "you weighed by the guess; weigh by the feature's probability": -(guess * guess.log()).sum(-1),
            "that is the squared error, 1 − Σ π q": 1 - (prob * guess).sum(-1),
            "there may be more than two states: you left out the features in the others": -(
                (state <= 1) * prob * guess.log()
            ).sum(-1),
            "a state's number is only a name and may be large: you left out some": -(
                (state < len(prob)) * prob * guess.log()
            ).sum(-1),
            "there may be more than two states: you took all but state 1 for one": two_states(state, prob),
            "there may be more than two states: you took all but state 0 for one": two_states(
                (state > 0).long(), prob
            ),
        }

    def case(state, prob, want=None):
        if want is None:
            want = torch.stack(
                [
                    -sum(q * (q / prob[row == s].sum()).log() for q, s in zip(prob, row, strict=True))
                    for row in state
                ]
            )
        got = attempt.call(state, prob)
        attempt.expect_shape(got, (len(state),), mistake="one loss for each code")
        attempt.expect_close(got, want, mistakes=mistakes(state, prob), **EXACT)

    with attempt.part("one neuron, unequal features, by hand"):
        prob = torch.tensor([0.5, 0.25, 0.125, 0.125])
        state = torch.tensor([[1, 0, 0, 0], [0, 0, 0, 0], [1, 0, 1, 1]])
        three_together = -(0.5 * math.log(0.5 / 0.75) + 0.25 * math.log(0.125 / 0.75))
        case(state, prob, torch.tensor([0.75 * math.log(2), 1.75 * math.log(2), three_together]))
    with attempt.part("four equal features"):
        state = torch.tensor([[0, 1, 0, 0], [1, 1, 1, 1], [1, 1, 1, 0]])
        case(
            state, torch.full((4,), 0.25), torch.tensor([0.75 * math.log(3), math.log(4), 0.75 * math.log(3)])
        )
    with attempt.part("more than two states"):
        case(torch.tensor([[0, 1, 2, 3], [0, 3, 3, 0]]), torch.tensor([0.1, 0.2, 0.3, 0.4]))
        case(torch.tensor([[5, 2, 2, 5, 7]]), torch.tensor([0.3, 0.1, 0.2, 0.15, 0.25]))
    with attempt.part("random codes"):
        prob = attempt.rand(6, low=0.05)
        case(attempt.randint(0, 3, (9, 6)), prob / prob.sum())
