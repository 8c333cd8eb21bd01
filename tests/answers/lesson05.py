"""Right and wrong answers to lesson 05."""

# ruff: noqa: F401

import math

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from tests.answers import right, wrong

# --- 5.1 neuron_forward ---


@right("5.1")
def by_einsum(W, b, x):
    h = F.relu(torch.einsum("imn,ibn->ibm", W, x))
    return F.relu(torch.einsum("imn,ibm->ibn", W, h) + b.unsqueeze(1))


@right("5.1")
def by_bmm(W, b, x):
    h = torch.bmm(x, W.mT).clamp(min=0)
    return torch.baddbmm(b[:, None, :], h, W).clamp(min=0)


@right("5.1")
def one_by_one(W, b, x):
    return torch.stack([((x[i] @ W[i].T).relu() @ W[i] + b[i]).relu() for i in range(len(W))])


@wrong("5.1", says="the hidden layer has no ReLU")
def linear_hidden(W, b, x):
    return (x @ W.transpose(1, 2) @ W + b[:, None, :]).relu()


@wrong("5.1", says="the output has no ReLU")
def linear_output(W, b, x):
    return (x @ W.transpose(1, 2)).relu() @ W + b[:, None, :]


@wrong("5.1", says="you left out the bias")
def no_bias(W, b, x):
    return ((x @ W.transpose(1, 2)).relu() @ W).relu()


@wrong("5.1", says="the bias goes inside the output's ReLU")
def bias_outside(W, b, x):
    return ((x @ W.transpose(1, 2)).relu() @ W).relu() + b[:, None, :]


@wrong("5.1", says="you subtracted the bias")
def minus_bias(W, b, x):
    return ((x @ W.transpose(1, 2)).relu() @ W - b[:, None, :]).relu()


@wrong("5.1", says="the first model's weights for all")
def first_weights(W, b, x):
    return ((x @ W[0].T).relu() @ W[0] + b[:, None, :]).relu()


@wrong("5.1", says="the first model's bias for all")
def first_bias(W, b, x):
    return ((x @ W.transpose(1, 2)).relu() @ W + b[0]).relu()


@wrong("5.1", says="cuts the gradient")
def detached(W, b, x):
    h = (x @ W.transpose(1, 2)).relu()
    return (h @ W + b[:, None, :]).relu().detach()


# --- 5.2 monosemantic ---


@right("5.2")
def by_sorting(W):
    sizes = W.abs().sort(dim=-1).values
    return sizes[..., -2] < 0.3 * sizes[..., -1]


@right("5.2")
def by_counting(W):
    """Nothing but the largest reaches 30 % of it. In a row of zeros everything does."""
    size = W.abs()
    return (size >= 0.3 * size.amax(-1, keepdim=True)).sum(-1) == 1


@wrong("5.2", says="you compared signed weights")
def signed(W):
    top = W.topk(2, dim=-1).values
    return top[..., 1] < 0.3 * top[..., 0]


@wrong("5.2", says="`sort` puts the smallest first")
def smallest_first(W):
    sizes = W.abs().sort(dim=-1).values
    return sizes[..., 1] < 0.3 * sizes[..., 0]


@wrong("5.2", says="a fixed number")
def fixed_limit(W):
    return W.abs().topk(2, dim=-1).values[..., 1] < 0.3


@wrong("5.2", says="True where the neuron is polysemantic")
def the_other_way(W):
    top = W.abs().topk(2, dim=-1).values
    return top[..., 1] > 0.3 * top[..., 0]


@wrong("5.2", says="the sum of all weights")
def sum_of_others(W):
    size = W.abs()
    return size.sum(-1) - size.amax(-1) < 0.3 * size.amax(-1)


@wrong("5.2", says="you compared squares")
def squares(W):
    top = (W**2).topk(2, dim=-1).values
    return top[..., 1] < 0.3 * top[..., 0]


@wrong("5.2", says="a neuron without weights counts as not monosemantic")
def dead_included(W):
    top = W.abs().topk(2, dim=-1).values
    return top[..., 1] <= 0.3 * top[..., 0]


@wrong("5.2", says="you compared along the neurons")
def along_neurons(W):
    top = W.abs().topk(2, dim=-2).values
    return top[..., 1, :] < 0.3 * top[..., 0, :]


@wrong("5.2", says="expected")
def division_by_zero(W):
    """0/0 is NaN, and NaN < 0.3 is False; but then `not ≥` turns it round."""
    top = W.abs().topk(2, dim=-1).values
    return ~(top[..., 1] / top[..., 0] >= 0.3)


# --- 5.3 two_neurons_each ---


@right("5.3")
def halves(n, m):
    """All plus neurons first, then all minus neurons, read twice as strongly, written half."""
    half = m // 2
    eye = torch.eye(half, n)
    rest = torch.zeros(m - 2 * half, n)
    return torch.cat([2 * eye, -2 * eye, rest]), torch.cat([eye, eye, rest]).T / 2, torch.zeros(n)


@right("5.3")
def interleaved(n, m):
    W1 = torch.eye(m // 2, n).repeat_interleave(2, dim=0)
    W2 = W1.T.clone()
    W1[1::2] *= -1
    return W1, W2, torch.zeros(n)


@wrong("5.3", says="one neuron of a pair must read with minus")
def both_plus(n, m):
    W1 = torch.eye(m // 2, n).repeat_interleave(2, dim=0)
    return W1, W1.T / 2, torch.zeros(n)


@wrong("5.3", says="only x > 0 comes through")
def writes_with_sign(n, m):
    W1 = torch.eye(m // 2, n).repeat_interleave(2, dim=0)
    W1[1::2] *= -1
    return W1, W1.T.clone(), torch.zeros(n)


@wrong("5.3", says="half the right size")
def halved(n, m):
    W1 = torch.eye(m // 2, n).repeat_interleave(2, dim=0)
    W2 = W1.T / 2
    W1[1::2] *= -1
    return W1, W2, torch.zeros(n)


@wrong("5.3", says="the last features are computed")
def last_ones(n, m):
    W1 = torch.eye(m // 2, n).flip(1).repeat_interleave(2, dim=0)
    W2 = W1.T.clone()
    W1[1::2] *= -1
    return W1, W2, torch.zeros(n)


@wrong("5.3", says="there is no pair of neurons for them")
def guesses_the_rest(n, m):
    W1 = torch.eye(m // 2, n).repeat_interleave(2, dim=0)
    W2 = W1.T.clone()
    W1[1::2] *= -1
    b = torch.zeros(n)
    b[m // 2 :] = 0.5
    return W1, W2, b


@wrong("5.3", says="shape")
def transposed(n, m):
    W1 = torch.eye(m // 2, n).repeat_interleave(2, dim=0)
    W2 = W1.clone()
    W1[1::2] *= -1
    return W1, W2, torch.zeros(n)


@wrong("5.3", says="Error")
def no_spare_neurons(n, m):
    W1, W2 = torch.zeros(m, n), torch.zeros(n, m)
    for i in range(m // 2):
        W1[2 * i, i], W1[2 * i + 1, i] = 1, -1
        W2[i, 2 * i], W2[i, 2 * i + 1] = 1, 1
    return W1, W2, torch.zeros(n)


# --- 5.4 without_superposition ---


@right("5.4")
def by_topk(importance, p, m):
    computed = importance.topk(min(m // 2, len(importance))).values.sum()
    return (importance.sum() - computed) * (p / 3 - p * p / 4)


@right("5.4")
def by_argsort(importance, p, m):
    order = (-importance).argsort()
    variance = p / 3 - (p / 2) ** 2
    return (importance[order][m // 2 :, None] * variance).sum(0)


@wrong("5.4", says="compute the most important ones")
def in_given_order(importance, p, m):
    return importance[m // 2 :].sum() * (p / 3 - p**2 / 4)


@wrong("5.4", says="m neurons compute m // 2 features")
def one_neuron_each(importance, p, m):
    return importance.sort(descending=True).values[m:].sum() * (p / 3 - p**2 / 4)


@wrong("5.4", says="you computed the least important features")
def ascending(importance, p, m):
    return importance.sort().values[m // 2 :].sum() * (p / 3 - p**2 / 4)


@wrong("5.4", says="the best constant is the mean")
def guess_zero(importance, p, m):
    return importance.sort(descending=True).values[m // 2 :].sum() * p / 3


@wrong("5.4", says="left out their importance")
def unweighted(importance, p, m):
    return max(len(importance) - m // 2, 0) * (p / 3 - p**2 / 4)


@wrong("5.4", says="those cost nothing")
def computed_ones(importance, p, m):
    return importance.sort(descending=True).values[: m // 2].sum() * (p / 3 - p**2 / 4)


@wrong("5.4", says="you averaged over the features left over")
def mean_of_rest(importance, p, m):
    rest = importance.sort(descending=True).values[m // 2 :]
    return rest.sum() / max(len(rest), 1) * (p / 3 - p**2 / 4)


@wrong("5.4", says="you averaged over the features;")
def mean_of_all(importance, p, m):
    rest = importance.sort(descending=True).values[m // 2 :]
    return rest.sum() / len(importance) * (p / 3 - p**2 / 4)


@wrong("5.4", says="in place")
def sorts_the_callers(importance, p, m):
    importance[:] = importance.sort(descending=True).values
    return importance[m // 2 :].sum() * (p / 3 - p**2 / 4)


# --- 5.5 responses ---


@right("5.5")
def loops(W1, W2, b):
    n = W1.shape[1]
    R = torch.zeros(2, n, n, dtype=W1.dtype)
    for s, sign in enumerate((1, -1)):
        for i in range(n):
            R[s, i] = (W2 @ (sign * W1[:, i]).relu() + b).relu() - b.relu()
    return R


@right("5.5")
def by_columns(W1, W2, b):
    """Feature i alone at ±1 makes the hidden layer ReLU(±W1[:, i])."""
    hidden = torch.stack([W1.T, -W1.T]).relu()
    return (torch.einsum("sim,jm->sij", hidden, W2) + b).relu() - b.clamp(min=0)


@right("5.5")
def with_zero_in_the_batch(W1, W2, b):
    n = W1.shape[1]
    x = torch.cat([torch.eye(n), -torch.eye(n), torch.zeros(1, n)])
    y = ((x @ W1.T).relu() @ W2.T + b).relu()
    return (y[:-1] - y[-1]).view(2, n, n)


@wrong("5.5", says="subtract the output for x = 0")
def outputs(W1, W2, b):
    hidden = torch.stack([W1.T, -W1.T]).relu()
    return (hidden @ W2.T + b).relu()


@wrong("5.5", says="your matrices are transposed")
def columns_are_features(W1, W2, b):
    hidden = torch.stack([W1, -W1]).relu()
    return (W2 @ hidden + b[:, None]).relu() - b.relu()[:, None]


@wrong("5.5", says="the order is +1 first")
def minus_first(W1, W2, b):
    hidden = torch.stack([-W1.T, W1.T]).relu()
    return (hidden @ W2.T + b).relu() - b.relu()


@wrong("5.5", says="you left out the bias")
def without_bias(W1, W2, b):
    hidden = torch.stack([W1.T, -W1.T]).relu()
    return (hidden @ W2.T).relu()


@wrong("5.5", says="is ReLU(b), not b")
def minus_b(W1, W2, b):
    hidden = torch.stack([W1.T, -W1.T]).relu()
    return (hidden @ W2.T + b).relu() - b


@wrong("5.5", says="the hidden layer has no ReLU")
def no_hidden_relu(W1, W2, b):
    hidden = torch.stack([W1.T, -W1.T])
    return (hidden @ W2.T + b).relu() - b.relu()


@wrong("5.5", says="the output has no ReLU")
def no_output_relu(W1, W2, b):
    hidden = torch.stack([W1.T, -W1.T]).relu()
    return hidden @ W2.T


@wrong("5.5", says="both matrices are for +1")
def plus_twice(W1, W2, b):
    plus = (W1.T.relu() @ W2.T + b).relu() - b.relu()
    return torch.stack([plus, plus])


@wrong("5.5", says="not minus the answer to +1")
def sign_of_the_answer(W1, W2, b):
    plus = (W1.T.relu() @ W2.T + b).relu() - b.relu()
    return torch.stack([plus, -plus])


# --- 5.6 asymmetric_motif ---


@right("5.6")
def strong_brake(t):
    """The brake reads t and writes −t."""
    return torch.tensor([[t, -1 / t], [t, 0.0]]), torch.tensor([[1 / t, 0.0], [t, -t]])


@right("5.6")
def by_filling(t):
    W1, W2 = torch.zeros(2, 2), torch.zeros(2, 2)
    W1[0, 0], W1[0, 1], W1[1, 0] = t, -1 / t, 0.5
    W2[0, 0], W2[1, 0], W2[1, 1] = 1 / t, t, -2 * t * t
    return W1, W2


@wrong("5.6", says="there is no brake")
def no_brake(t):
    return torch.tensor([[t, -1 / t], [0.0, 0.0]]), torch.tensor([[1 / t, 0.0], [t, 0.0]])


@wrong("5.6", says="the brake is silent for x0 > 0")
def brake_for_the_wrong_sign(t):
    return torch.tensor([[t, -1 / t], [-t, 0.0]]), torch.tensor([[1 / t, 0.0], [t, t]])


@wrong("5.6", says="the brake writes with plus")
def accelerator(t):
    return torch.tensor([[t, -1 / t], [1.0, 0.0]]), torch.tensor([[1 / t, 0.0], [t, t**2]])


@wrong("5.6", says="the brake takes t away")
def weak_brake(t):
    return torch.tensor([[t, -1 / t], [1.0, 0.0]]), torch.tensor([[1 / t, 0.0], [t, -t]])


@wrong("5.6", says="the brake takes 1 away")
def unit_brake(t):
    return torch.tensor([[t, -1 / t], [1.0, 0.0]]), torch.tensor([[1 / t, 0.0], [t, -1.0]])


@wrong("5.6", says="takes away more than there is")
def too_strong(t):
    return torch.tensor([[t, -1 / t], [t, 0.0]]), torch.tensor([[1 / t, 0.0], [t, -(t**2)]])


@wrong("5.6", says="the second needs a minus")
def reads_both_with_plus(t):
    return torch.tensor([[t, 1 / t], [1.0, 0.0]]), torch.tensor([[1 / t, 0.0], [t, -(t**2)]])


@wrong("5.6", says="reading and writing weights are swapped")
def swapped(t):
    return torch.tensor([[1 / t, -t], [1.0, 0.0]]), torch.tensor([[t, 0.0], [1 / t, -1.0]])


@wrong("5.6", says="the brake should read x0 with plus, and nothing else")
def brake_reads_x1(t):
    return torch.tensor([[t, -1 / t], [1.0, -0.5]]), torch.tensor([[1 / t, 0.0], [t, -(t**2)]])


@wrong("5.6", says="the brake also writes output 0")
def brake_writes_both(t):
    return torch.tensor([[t, -1 / t], [1.0, 0.0]]), torch.tensor([[1 / t, -0.25], [t, -(t**2)]])


@wrong("5.6", says="W2 has one column for each neuron")
def rows_of_W2(t):
    return torch.tensor([[t, -1 / t], [1.0, 0.0]]), torch.tensor([[1 / t, t], [0.0, -(t**2)]])


# --- 5.7 code_loss ---


@right("5.7")
def by_one_hot(state, prob):
    Z = F.one_hot(state, int(state.max()) + 1).to(prob)  # inst n states
    mass = (prob[:, None] * Z).sum(1)
    return -(prob * (prob / mass.gather(1, state)).log()).sum(-1)


@right("5.7")
def entropies(state, prob):
    """H(feature | state) = H(feature) − H(state)."""
    out = []
    for row in state:
        mass = torch.stack([prob[row == s].sum() for s in row.unique()])
        out.append(-(prob * prob.log()).sum() + (mass * mass.log()).sum())
    return torch.stack(out)


@wrong("5.7", says="natural logarithms")
def bits(state, prob):
    same = state[:, :, None] == state[:, None, :]
    return -(prob * (prob / (same * prob).sum(-1)).log2()).sum(-1)


@wrong("5.7", says="you lost the minus sign")
def no_minus(state, prob):
    same = state[:, :, None] == state[:, None, :]
    return (prob * (prob / (same * prob).sum(-1)).log()).sum(-1)


@wrong("5.7", says="you averaged over the features")
def mean_cost(state, prob):
    same = state[:, :, None] == state[:, None, :]
    return -(prob / (same * prob).sum(-1)).log().mean(-1)


@wrong("5.7", says="you added up the features' costs")
def sum_of_costs(state, prob):
    same = state[:, :, None] == state[:, None, :]
    return -(prob / (same * prob).sum(-1)).log().sum(-1)


@wrong("5.7", says="you guessed uniformly within a state")
def uniform_guess(state, prob):
    same = state[:, :, None] == state[:, None, :]
    return (prob * same.sum(-1).to(prob).log()).sum(-1)


@wrong("5.7", says="the entropy of the state")
def what_it_tells(state, prob):
    same = state[:, :, None] == state[:, None, :]
    return -(prob * (same * prob).sum(-1).log()).sum(-1)


@wrong("5.7", says="a guess that ignores the state")
def no_state(state, prob):
    return -(prob * prob.log()).sum().expand(len(state))


@wrong("5.7", says="the squared error")
def squared(state, prob):
    same = state[:, :, None] == state[:, None, :]
    return 1 - (prob**2 / (same * prob).sum(-1)).sum(-1)


@wrong("5.7", says="you left out the features in the others")
def states_0_and_1(state, prob):
    loss = torch.zeros(len(state))
    for s in (0, 1):
        inside = (state == s) * prob
        share = inside / inside.sum(-1, keepdim=True).clamp_min(1e-9)
        loss -= (inside * share.clamp_min(1e-9).log()).sum(-1)
    return loss


@wrong("5.7", says="a state's number is only a name")
def as_many_states_as_features(state, prob):
    loss = torch.zeros(len(state))
    for s in range(len(prob)):
        inside = (state == s) * prob
        share = inside / inside.sum(-1, keepdim=True).clamp_min(1e-9)
        loss -= (inside * share.clamp_min(1e-9).log()).sum(-1)
    return loss


@wrong("5.7", says="you took all but state 0 for one")
def silent_or_not(state, prob):
    silent = (prob * (state == 0)).sum(-1, keepdim=True)
    in_state = torch.where(state == 0, silent, 1 - silent)
    return -(prob * (prob / in_state).log()).sum(-1)


@wrong("5.7", says="you took all but state 1 for one")
def only_two_states(state, prob):
    fires = (prob * (state == 1)).sum(-1, keepdim=True)
    in_state = torch.where(state == 1, fires, 1 - fires)
    return -(prob * (prob / in_state).log()).sum(-1)
