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


@wrong("5.1", says="cut the graph")
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


@wrong("5.6", says="the brake should read x0 with plus, and nothing else")
def brake_reads_x1(t):
    return torch.tensor([[t, -1 / t], [1.0, -0.5]]), torch.tensor([[1 / t, 0.0], [t, -(t**2)]])


# --- 5.7 find_motifs ---


@right("5.7")
def by_einsum_like_views(W1, W2, uneven=2.0):
    inst, m, n = W1.shape
    found = torch.zeros(inst, m, n, n, dtype=torch.bool)
    for i in range(n):
        for j in range(n):
            if i == j:
                continue
            ri, rj = W1[:, :, i].abs(), W1[:, :, j].abs()
            wi, wj = W2[:, i, :], W2[:, j, :]
            found[:, :, i, j] = (
                (ri * wi >= 0.5) & (rj * wj >= 0.5) & (ri >= uneven * rj) & (wj >= uneven * wi)
            )
    return found


@right("5.7")
def by_unsqueeze(W1, W2, uneven=2.0):
    r, w = W1.abs(), W2.transpose(1, 2)
    s = (r * w) >= 0.5
    pair = s.unsqueeze(-1) * s.unsqueeze(-2)
    off = 1 - torch.eye(W1.size(-1))
    lopsided = (r.unsqueeze(-1) >= uneven * r.unsqueeze(-2)) * (w.unsqueeze(-2) >= uneven * w.unsqueeze(-1))
    return pair * lopsided * off.bool()


@wrong("5.7", says="shape")
def a_list_of_finds(W1, W2, uneven=2.0):
    r, w = W1.abs(), W2.mT
    s = r * w >= 0.5
    mask = s[..., :, None] & s[..., None, :] & (r[..., :, None] >= uneven * r[..., None, :])
    return mask.nonzero()


@wrong("5.7", says="Error")
def forgot_to_transpose(W1, W2, uneven=2.0):
    serves = W1.abs() * W2 >= 0.5
    return serves[..., :, None] & serves[..., None, :]


# --- 5.8 brakes ---


@right("5.8")
def one_find_at_a_time(W1, W2, finds):
    out = []
    for a, k, i, j in finds.tolist():
        x = torch.zeros(W1.shape[2]).to(W1)
        x[i] = W1[a, k, i].sign()
        into_j = (W1[a] @ x).relu() * W2[a, j]
        out.append(into_j[into_j < 0].abs().sum() / into_j[into_j > 0].sum())
    return torch.stack(out) if out else torch.zeros(0)


@right("5.8")
def by_clamps(W1, W2, finds):
    a, k, i, j = finds.T
    column = W1[a, :, i]
    sign = torch.where(W1[a, k, i] > 0, 1, -1)
    into_j = (column * sign[:, None]).clamp(min=0) * W2[a, j, :]
    return into_j.clamp(max=0).sum(-1).neg() / into_j.clamp(min=0).sum(-1)


@wrong("5.8", says="cut the graph")
def detached_share(W1, W2, finds):
    a, k, i, j = finds.unbind(1)
    written = (W1[a, k, i].sign()[:, None] * W1[a, :, i]).relu() * W2[a, j]
    return ((-written).relu().sum(1) / written.relu().sum(1)).detach()


# --- 5.9 code_loss ---


@right("5.9")
def by_one_hot(state, prob):
    Z = F.one_hot(state, int(state.max()) + 1).to(prob)  # inst n states
    mass = (prob[:, None] * Z).sum(1)
    return -(prob * (prob / mass.gather(1, state)).log()).sum(-1)


@right("5.9")
def entropies(state, prob):
    """H(feature | state) = H(feature) − H(state)."""
    out = []
    for row in state:
        mass = torch.stack([prob[row == s].sum() for s in row.unique()])
        out.append(-(prob * prob.log()).sum() + (mass * mass.log()).sum())
    return torch.stack(out)


@wrong("5.6", says="make a tensor of it")
def lists(t):
    return [[t, -1 / t], [1.0, 0.0]], [[1 / t, 0.0], [t, -(t**2)]]
