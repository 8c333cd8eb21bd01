"""Right and wrong answers to lesson 01."""

# ruff: noqa: F401

import math

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from tests.answers import right, wrong

# --- 1.1 forward ---


@right("1.1")
def einsum_model(W, b, x):
    h = torch.einsum("amn,akn->akm", W, x)
    return F.relu(torch.einsum("amn,akm->akn", W, h) + b.unsqueeze(1))


@right("1.1")
def gram_model(W, b, x):
    return (x @ (W.mT @ W) + b[:, None]).clamp(min=0)


@right("1.1")
def one_by_one(W, b, x):
    return torch.stack([torch.relu(x[a] @ W[a].T @ W[a] + b[a]) for a in range(len(W))])


@wrong("1.1", says="you forgot the ReLU")
def no_relu(W, b, x):
    return x @ W.transpose(1, 2) @ W + b[:, None]


@wrong("1.1", says="you forgot the bias")
def no_bias(W, b, x):
    return torch.relu(x @ W.transpose(1, 2) @ W)


@wrong("1.1", says="it goes inside")
def bias_after(W, b, x):
    return torch.relu(x @ W.transpose(1, 2) @ W) + b[:, None]


@wrong("1.1", says="h = Wx has none")
def relu_on_hidden(W, b, x):
    return torch.relu(torch.relu(x @ W.transpose(1, 2)) @ W + b[:, None])


@wrong("1.1", says="the same for its whole batch")
def bias_of_batch(W, b, x):
    return torch.relu(x @ W.transpose(1, 2) @ W + (b if x.shape[1] == len(b) else b[:, None]))


@wrong("1.1", says="first model's bias")
def first_bias(W, b, x):
    return torch.relu(x @ W.transpose(1, 2) @ W + b[0])


@wrong("1.1", says="first model's W")
def first_matrix(W, b, x):
    return torch.relu(x @ W[0].T @ W[0] + b[:, None])


@wrong("1.1", says="your function changed `x`")
def in_place(W, b, x):
    out = x @ W.transpose(1, 2) @ W + b[:, None]
    x[out < 0] = 0
    return out.relu()


@wrong("1.1", says="shape")
def hidden_only(W, b, x):
    return torch.relu(x @ W.transpose(1, 2))


@wrong("1.1", says="no gradient")
def cut_off(W, b, x):
    return torch.relu(x @ W.transpose(1, 2) @ W + b[:, None]).detach()


@wrong("1.1", says="you subtracted the bias")
def minus_bias(W, b, x):
    return torch.relu(x @ W.transpose(1, 2) @ W - b[:, None])


# --- 1.2 weighted_loss ---


@right("1.2")
def einsum_loss(x, out, importance):
    return torch.einsum("akn,an->a", (x - out) ** 2, importance) / x.shape[1]


@right("1.2")
def mean_first(x, out, importance):
    return ((x - out).square().mean(1) * importance).sum(1)


@right("1.2")
def scaled_errors(x, out, importance):
    return ((out - x) * importance.sqrt()[:, None]).norm(dim=2).pow(2).mean(1)


@wrong("1.2", says="you forgot the importance")
def unweighted(x, out, importance):
    return ((x - out) ** 2).sum(2).mean(1)


@wrong("1.2", says="averaged over the features")
def mean_of_all(x, out, importance):
    return ((x - out) ** 2 * importance[:, None]).mean((1, 2))


@wrong("1.2", says="summed over the batch")
def sum_of_all(x, out, importance):
    return ((x - out) ** 2 * importance[:, None]).sum((1, 2))


@wrong("1.2", says="forgot the square")
def unsquared(x, out, importance):
    return ((x - out) * importance[:, None]).sum(2).mean(1)


@wrong("1.2", says="absolute values")
def absolute(x, out, importance):
    return ((x - out).abs() * importance[:, None]).sum(2).mean(1)


@wrong("1.2", says="you used its square")
def importance_inside(x, out, importance):
    return (((x - out) * importance[:, None]) ** 2).sum(2).mean(1)


@wrong("1.2", says="one loss a model")
def one_number(x, out, importance):
    return ((x - out) ** 2 * importance[:, None]).sum(2).mean()


@wrong("1.2", says="weigh each feature by its own")
def mean_importance(x, out, importance):
    return ((x - out) ** 2).sum(2).mean(1) * importance.mean(1)


@wrong("1.2", says="first model's importance")
def first_importance(x, out, importance):
    return ((x - out) ** 2 * importance[0]).sum(2).mean(1)


@wrong("1.2", says="for its whole batch")
def importance_of_row(x, out, importance):
    weight = importance if x.shape[0] == x.shape[1] else importance[:, None]
    return ((x - out) ** 2 * weight).sum(2).mean(1)


@wrong("1.2", says="take the mean over it")
def a_loss_each_row(x, out, importance):
    return ((x - out) ** 2 * importance[:, None]).sum(2)


@wrong("1.2", says="total importance")
def weighted_mean(x, out, importance):
    return ((x - out) ** 2 * importance[:, None]).sum(2).mean(1) / importance.sum(1)


# --- 1.3 stored ---


@right("1.3")
def by_squares(W):
    return ((W**2).sum(1) > 0.25).sum(1)


@right("1.3")
def by_gram(W):
    square = (W.transpose(1, 2) @ W).diagonal(dim1=1, dim2=2)
    return torch.count_nonzero(square.sqrt() > 1 / 2, dim=-1)


@right("1.3")
def by_loop(W):
    return torch.tensor([sum(int(w[:, i].norm() > 0.5) for i in range(w.shape[1])) for w in W])


@wrong("1.3", says="a feature is a column")
def count_rows(W):
    return (W.norm(dim=2) > 0.5).sum(1)


@wrong("1.3", says="squared length")
def squared_length(W):
    return ((W**2).sum(1) > 0.5).sum(1)


@wrong("1.3", says="single weights")
def single_weights(W):
    return (W.abs() > 0.5).sum((1, 2))


@wrong("1.3", says="largest weight")
def largest_weight(W):
    return (W.abs().amax(1) > 0.5).sum(1)


@wrong("1.3", says="one count a model")
def over_all_models(W):
    return (W.norm(dim=1) > 0.5).sum()


@wrong("1.3", says="count them")
def not_counted(W):
    return W.norm(dim=1) > 0.5


@wrong("1.3", says="shorter")
def count_short(W):
    return (W.norm(dim=1) < 0.5).sum(1)


@wrong("1.3", says="expected")
def other_limit(W):
    return (W.norm(dim=1) > 0.6).sum(1)


# --- 1.4 interference ---


@right("1.4")
def by_gram_matrix(W):
    gram = W.transpose(1, 2) @ W
    square = gram.diagonal(dim1=1, dim2=2)
    total = (gram**2).sum(2) - square**2
    return torch.where(square > 0, total / square.clamp_min(1e-30), 0.0)


@right("1.4")
def by_mask(W):
    directions = F.normalize(W, dim=1)
    overlap = torch.einsum("ami,amj->aij", directions, W).square()
    return overlap.masked_fill(torch.eye(W.shape[2], dtype=torch.bool), 0).sum(-1)


@right("1.4")
def clamped_length(W):
    directions = W / W.norm(dim=1, keepdim=True).clamp(min=1e-9)
    overlap = (directions.mT @ W) ** 2
    return (overlap * (1 - torch.eye(W.shape[2]))).sum(2)


@wrong("1.4", says="NaN")
def divides_by_zero(W):
    directions = W / W.norm(dim=1, keepdim=True)
    overlap = (directions.transpose(1, 2) @ W) ** 2
    return overlap.sum(2) - overlap.diagonal(dim1=1, dim2=2)


@wrong("1.4", says="you counted j = i as well")
def with_itself(W):
    return ((F.normalize(W, dim=1).transpose(1, 2) @ W) ** 2).sum(2)


@wrong("1.4", says="you forgot the square")
def not_squared(W):
    off = 1 - torch.eye(W.shape[2])
    return (F.normalize(W, dim=1).transpose(1, 2) @ W * off).sum(2)


@wrong("1.4", says="you made both columns 1 long")
def cosines(W):
    unit = F.normalize(W, dim=1)
    return ((unit.transpose(1, 2) @ unit) ** 2 * (1 - torch.eye(W.shape[2]))).sum(2)


@wrong("1.4", says="left Wᵢ at its own length")
def plain_products(W):
    return ((W.transpose(1, 2) @ W) ** 2 * (1 - torch.eye(W.shape[2]))).sum(2)


@wrong("1.4", says="not Wᵢ")
def other_index(W):
    return ((F.normalize(W, dim=1).transpose(1, 2) @ W) ** 2 * (1 - torch.eye(W.shape[2]))).sum(1)


@wrong("1.4", says="summed first and squared then")
def squared_sum(W):
    return (F.normalize(W, dim=1).transpose(1, 2) @ W * (1 - torch.eye(W.shape[2]))).sum(2) ** 2


@wrong("1.4", says="F is their sum")
def mean_over_others(W):
    overlap = (F.normalize(W, dim=1).transpose(1, 2) @ W) ** 2 * (1 - torch.eye(W.shape[2]))
    return overlap.sum(2) / max(W.shape[2] - 1, 1)


@wrong("1.4", says="subtracted 1")
def minus_one(W):
    return ((F.normalize(W, dim=1).transpose(1, 2) @ W) ** 2).sum(2) - 1


@wrong("1.4", says="shape")
def rows_of_W(W):
    return ((F.normalize(W, dim=2) @ W.transpose(1, 2)) ** 2 * (1 - torch.eye(W.shape[1]))).sum(2)


@wrong("1.4", says="expected")
def softened(W):
    directions = W / (W.norm(dim=1, keepdim=True) + 0.02)
    return ((directions.transpose(1, 2) @ W) ** 2 * (1 - torch.eye(W.shape[2]))).sum(2)


# --- 1.5 linear_terms ---


@right("1.5")
def whole_and_part(W, importance, p):
    V = (p / 3 - p**2 / 4)[:, None]
    error = torch.eye(W.shape[2], dtype=W.dtype) - W.transpose(1, 2) @ W
    everything = (V * importance * (error**2).sum(2)).sum(1)
    lost = (V * importance * error.diagonal(dim1=1, dim2=2) ** 2).sum(1)
    return lost, everything - lost


@right("1.5")
def with_einsum(W, importance, p):
    V = p * (4 - 3 * p) / 12
    gram = torch.einsum("ami,amj->aij", W, W)
    own = torch.einsum("aii->ai", gram)
    off = gram - torch.diag_embed(own)
    return V * torch.einsum("ai,ai->a", importance, (1 - own) ** 2), V * torch.einsum(
        "ai,aij->a", importance, off**2
    )


@right("1.5")
def by_other_index(W, importance, p):
    """(Wᵢ·Wⱼ)² is the same for i, j and j, i, so it may be weighed by either importance."""
    V, gram = p / 3 - p**2 / 4, W.transpose(1, 2) @ W
    own = (W**2).sum(1)
    off = (gram**2).sum(1) - own**2
    return V * (importance * (own - 1) ** 2).sum(1), V * (importance * off).sum(1)


@wrong("1.5", says="you forgot the factor V")
def without_variance(W, importance, p):
    gram = W.transpose(1, 2) @ W
    own = gram.diagonal(dim1=1, dim2=2)
    off = (gram**2).sum(2) - own**2
    return (importance * (1 - own) ** 2).sum(1), (importance * off).sum(1)


@wrong("1.5", says="V is the variance")
def mean_square(W, importance, p):
    gram = W.transpose(1, 2) @ W
    own = gram.diagonal(dim1=1, dim2=2)
    off = (gram**2).sum(2) - own**2
    return p / 3 * (importance * (1 - own) ** 2).sum(1), p / 3 * (importance * off).sum(1)


@wrong("1.5", says="you forgot the importance")
def equal_importance(W, importance, p):
    gram, V = W.transpose(1, 2) @ W, p / 3 - p**2 / 4
    own = gram.diagonal(dim1=1, dim2=2)
    return V * ((1 - own) ** 2).sum(1), V * ((gram**2).sum(2) - own**2).sum(1)


@wrong("1.5", says="you used the length, not its square")
def length_not_square(W, importance, p):
    gram, V = W.transpose(1, 2) @ W, p / 3 - p**2 / 4
    own = gram.diagonal(dim1=1, dim2=2)
    off = (gram**2).sum(2) - own**2
    return V * (importance * (1 - W.norm(dim=1)) ** 2).sum(1), V * (importance * off).sum(1)


@wrong("1.5", says="you counted j = i as well")
def diagonal_too(W, importance, p):
    gram, V = W.transpose(1, 2) @ W, p / 3 - p**2 / 4
    own = gram.diagonal(dim1=1, dim2=2)
    return V * (importance * (1 - own) ** 2).sum(1), V * (importance * (gram**2).sum(2)).sum(1)


@wrong("1.5", says="return them apart")
def added_up(W, importance, p):
    gram, V = W.transpose(1, 2) @ W, p / 3 - p**2 / 4
    return V * (importance * ((torch.eye(W.shape[2]) - gram) ** 2).sum(2)).sum(1)


@wrong("1.5", says="returned the interference first")
def swapped(W, importance, p):
    gram, V = W.transpose(1, 2) @ W, p / 3 - p**2 / 4
    own = gram.diagonal(dim1=1, dim2=2)
    off = (gram**2).sum(2) - own**2
    return V * (importance * off).sum(1), V * (importance * (1 - own) ** 2).sum(1)


@wrong("1.5", says="exercise 1.4")
def one_long(W, importance, p):
    gram, V = W.transpose(1, 2) @ W, p / 3 - p**2 / 4
    own = gram.diagonal(dim1=1, dim2=2)
    off = ((gram**2).sum(2) - own**2) / own.clamp_min(1e-12)
    return V * (importance * (1 - own) ** 2).sum(1), V * (importance * off).sum(1)


@wrong("1.5", says="each of the two outputs is disturbed")
def each_pair_once(W, importance, p):
    gram, V = W.transpose(1, 2) @ W, p / 3 - p**2 / 4
    own = gram.diagonal(dim1=1, dim2=2)
    off = (gram**2).triu(1).sum(2)
    return V * (importance * (1 - own) ** 2).sum(1), V * (importance * off).sum(1)


@wrong("1.5", says="the loss is the sum over them")
def mean_over_features(W, importance, p):
    gram, V = W.transpose(1, 2) @ W, p / 3 - p**2 / 4
    own = gram.diagonal(dim1=1, dim2=2)
    off = (gram**2).sum(2) - own**2
    return V * (importance * (1 - own) ** 2).mean(1), V * (importance * off).mean(1)


@wrong("1.5", says="into one tensor")
def stacked(W, importance, p):
    gram, V = W.transpose(1, 2) @ W, p / 3 - p**2 / 4
    own = gram.diagonal(dim1=1, dim2=2)
    off = (gram**2).sum(2) - own**2
    return torch.stack([V * (importance * (1 - own) ** 2).sum(1), V * (importance * off).sum(1)])


@wrong("1.5", says="you used p/12")
def variance_when_on(W, importance, p):
    gram, V = W.transpose(1, 2) @ W, p / 12
    own = gram.diagonal(dim1=1, dim2=2)
    off = (gram**2).sum(2) - own**2
    return V * (importance * (1 - own) ** 2).sum(1), V * (importance * off).sum(1)


# --- 1.6 pca_loss ---


@right("1.6")
def by_svd(x, importance, m):
    z = (x - x.mean(0)) * importance.sqrt()
    return (torch.linalg.svdvals(z)[m:] ** 2).sum() / len(x)


@right("1.6")
def by_reconstruction(x, importance, m):
    root = importance.sqrt()
    z = (x - x.mean(0)) * root
    _, axes = torch.linalg.eigh(z.T @ z)
    kept = axes[:, x.shape[1] - m :]
    return ((z - z @ kept @ kept.T) ** 2).sum(1).mean()


@right("1.6")
def by_cov(x, importance, m):
    C = torch.cov((x * importance.sqrt()).T, correction=0)
    return C.trace() - torch.linalg.eigvalsh(C).flip(0)[:m].sum()


@wrong("1.6", says="did not subtract the mean")
def not_centred(x, importance, m):
    z = x * importance.sqrt()
    return torch.linalg.eigvalsh(z.T @ z / len(x))[: x.shape[1] - m].sum()


@wrong("1.6", says="forgot the importance")
def plain_pca(x, importance, m):
    z = x - x.mean(0)
    return torch.linalg.eigvalsh(z.T @ z / len(x))[: x.shape[1] - m].sum()


@wrong("1.6", says="scale by its root")
def importance_itself(x, importance, m):
    z = (x - x.mean(0)) * importance
    return torch.linalg.eigvalsh(z.T @ z / len(x))[: x.shape[1] - m].sum()


@wrong("1.6", says="that is what is kept")
def kept_variance(x, importance, m):
    z = (x - x.mean(0)) * importance.sqrt()
    return torch.linalg.eigvalsh(z.T @ z / len(x))[x.shape[1] - m :].sum()


@wrong("1.6", says="n − m components are lost")
def m_smallest(x, importance, m):
    z = (x - x.mean(0)) * importance.sqrt()
    return torch.linalg.eigvalsh(z.T @ z / len(x))[:m].sum()


@wrong("1.6", says="forgot to divide by the number of rows")
def undivided(x, importance, m):
    z = (x - x.mean(0)) * importance.sqrt()
    return torch.linalg.eigvalsh(z.T @ z)[: x.shape[1] - m].sum()


@wrong("1.6", says="divided by K − 1")
def by_default_cov(x, importance, m):
    return torch.linalg.eigvalsh(torch.cov((x * importance.sqrt()).T))[: x.shape[1] - m].sum()


@wrong("1.6", says="the error is their sum")
def mean_variance(x, importance, m):
    z = (x - x.mean(0)) * importance.sqrt()
    return torch.linalg.eigvalsh(z.T @ z / len(x))[: x.shape[1] - m].sum() / max(x.shape[1] - m, 1)


@wrong("1.6", says="directions may mix features")
def keep_features(x, importance, m):
    variance = ((x - x.mean(0)) ** 2).mean(0) * importance
    return variance.sort().values[: x.shape[1] - m].sum()


@wrong("1.6", says="forgot to square singular values")
def singular_values(x, importance, m):
    z = (x - x.mean(0)) * importance.sqrt()
    return (torch.linalg.svdvals(z)[m:] / len(x) ** 0.5).sum()


@wrong("1.6", says="largest eigenvalues")
def from_m_on(x, importance, m):
    z = (x - x.mean(0)) * importance.sqrt()
    return torch.linalg.eigvalsh(z.T @ z / len(x))[m:].sum()


@wrong("1.6", says="after PCA's directions were chosen")
def weighted_later(x, importance, m):
    z = x - x.mean(0)
    _, axes = torch.linalg.eigh(z.T @ z)
    kept = axes[:, x.shape[1] - m :]
    return ((z - z @ kept @ kept.T) ** 2 * importance).sum(1).mean()


# --- 1.7 l1_loss ---


@right("1.7")
def all_in_one(W, b, importance, x, strength):
    h = x @ W.transpose(1, 2)
    out = (h @ W + b[:, None]).relu()
    each = ((x - out) ** 2 * importance[:, None]).sum(2) + strength[:, None] * h.abs().sum(2)
    return each.mean(1)


@right("1.7")
def by_einsum(W, b, importance, x, strength):
    h = torch.einsum("amn,akn->akm", W, x)
    out = F.relu(torch.einsum("amn,akm->akn", W, h) + b.unsqueeze(1))
    loss = torch.einsum("akn,an->a", (x - out) ** 2, importance) / x.shape[1]
    return loss + strength * h.norm(p=1, dim=2).mean(1)


@wrong("1.7", says="you forgot the penalty")
def no_penalty(W, b, importance, x, strength):
    out = (x @ W.transpose(1, 2) @ W + b[:, None]).relu()
    return ((x - out) ** 2 * importance[:, None]).sum(2).mean(1)


@wrong("1.7", says="summed the penalty over the batch")
def batch_sum(W, b, importance, x, strength):
    h = x @ W.transpose(1, 2)
    out = (h @ W + b[:, None]).relu()
    return ((x - out) ** 2 * importance[:, None]).sum(2).mean(1) + strength * h.abs().sum((1, 2))


@wrong("1.7", says="averaged |h| over the hidden numbers")
def hidden_mean(W, b, importance, x, strength):
    h = x @ W.transpose(1, 2)
    out = (h @ W + b[:, None]).relu()
    return ((x - out) ** 2 * importance[:, None]).sum(2).mean(1) + strength * h.abs().mean((1, 2))


@wrong("1.7", says="forgot the absolute value")
def signed(W, b, importance, x, strength):
    h = x @ W.transpose(1, 2)
    out = (h @ W + b[:, None]).relu()
    return ((x - out) ** 2 * importance[:, None]).sum(2).mean(1) + strength * h.sum(2).mean(1)


@wrong("1.7", says="before taking the absolute value")
def absolute_sum(W, b, importance, x, strength):
    h = x @ W.transpose(1, 2)
    out = (h @ W + b[:, None]).relu()
    return ((x - out) ** 2 * importance[:, None]).sum(2).mean(1) + strength * h.sum(2).abs().mean(1)


@wrong("1.7", says="you squared h")
def l2_penalty(W, b, importance, x, strength):
    h = x @ W.transpose(1, 2)
    out = (h @ W + b[:, None]).relu()
    return ((x - out) ** 2 * importance[:, None]).sum(2).mean(1) + strength * (h**2).sum(2).mean(1)


@wrong("1.7", says="you took the length of h")
def length_penalty(W, b, importance, x, strength):
    h = x @ W.transpose(1, 2)
    out = (h @ W + b[:, None]).relu()
    return ((x - out) ** 2 * importance[:, None]).sum(2).mean(1) + strength * h.norm(dim=2).mean(1)


@wrong("1.7", says="negative hidden numbers cost as much")
def relu_penalty(W, b, importance, x, strength):
    h = x @ W.transpose(1, 2)
    out = (h @ W + b[:, None]).relu()
    return ((x - out) ** 2 * importance[:, None]).sum(2).mean(1) + strength * h.relu().sum(2).mean(1)


@wrong("1.7", says="you penalised the weights")
def weight_penalty(W, b, importance, x, strength):
    out = (x @ W.transpose(1, 2) @ W + b[:, None]).relu()
    return ((x - out) ** 2 * importance[:, None]).sum(2).mean(1) + strength * W.abs().sum((1, 2))


@wrong("1.7", says="first model's strength")
def first_strength(W, b, importance, x, strength):
    h = x @ W.transpose(1, 2)
    out = (h @ W + b[:, None]).relu()
    return ((x - out) ** 2 * importance[:, None]).sum(2).mean(1) + strength[0] * h.abs().sum(2).mean(1)


@wrong("1.7", says="you penalised the outputs")
def output_penalty(W, b, importance, x, strength):
    out = (x @ W.transpose(1, 2) @ W + b[:, None]).relu()
    return ((x - out) ** 2 * importance[:, None]).sum(2).mean(1) + strength * out.sum(2).mean(1)


@wrong("1.7", says="one loss a model")
def all_models(W, b, importance, x, strength):
    h = x @ W.transpose(1, 2)
    out = (h @ W + b[:, None]).relu()
    return (((x - out) ** 2 * importance[:, None]).sum(2).mean(1) + strength * h.abs().sum(2).mean(1)).sum()
