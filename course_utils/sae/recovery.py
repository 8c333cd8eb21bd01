"""Worlds whose features are known, how well a dictionary recovers them, and the older ways to find one.

A world is the hidden state h = Wx of a trained toy model (course_utils.toy). Column i of W is the direction
of feature i: the truth that a dictionary is compared with.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from course_utils import toy


class World(NamedTuple):
    """Hidden states, scaled to a mean norm of √m, and what they are made of: h = x @ truth."""

    h: Float[Tensor, "tokens m"]
    x: Float[Tensor, "tokens n"]
    truth: Float[Tensor, "n m"]


def worlds(
    n: int,
    m: int,
    p: Float[Tensor, "inst"],
    tokens: int,
    generator: torch.Generator,
    steps: int = 600,
    batch: int = 256,
    progress: Callable[[Iterable], Iterable] = iter,
) -> list[World]:
    """Train one toy model at each density p (equal importances) and draw `tokens` inputs from its world."""
    ones = torch.ones(len(p), n)
    W, b = toy.random_starts(len(p), n, m, generator)
    with toy.one_thread():
        W, _ = toy.adam(
            (W, b),
            lambda W, b: toy.sampled_loss(W, b, ones, toy.sample(p, n, batch, generator)),
            steps,
            lr=0.02,
            decay=True,
            progress=progress,
        )
    drawn = (toy.sample(q[None], n, tokens, generator)[0] for q in p)
    return [scaled(x, W_one.T) for W_one, x in zip(W, drawn, strict=True)]


def families(
    parents: int,
    children: int,
    m: int,
    tokens: int,
    generator: torch.Generator,
    p: float = 0.1,
    q: float = 0.8,
) -> World:
    """A world of features that contain one another, as "a bird" contains "a robin".

    A parent is on with probability p. With probability q one of its own children is on as well, else none;
    without its parent a child is never on. Values are uniform on [½, 1]. Columns of x: the parents, then the
    children of the first, of the second, … The true directions are drawn, not trained, all of one length.
    """
    on = torch.rand(tokens, parents, generator=generator) < p
    which = (torch.rand(tokens, parents, 1, generator=generator) * children / q).floor()
    child = on[..., None] & (which == torch.arange(children))
    on = torch.cat([on, child.flatten(1)], dim=1)
    x = on * (0.5 + 0.5 * torch.rand(on.shape, generator=generator))
    return scaled(x, F.normalize(torch.randn(x.shape[1], m, generator=generator), dim=1))


def scaled(x: Float[Tensor, "tokens n"], truth: Float[Tensor, "n m"]) -> World:
    """The world of these features and directions, its hidden states at a mean norm of √m."""
    truth = truth * truth.shape[1] ** 0.5 / (x @ truth).norm(dim=1).mean()
    return World(x @ truth, x, truth)


def best_cosines(truth: Float[Tensor, "n m"], dictionary: Float[Tensor, "d_sae m"]) -> Float[Tensor, "n"]:
    """For each true direction, the largest cosine with any row of the dictionary. Length does not matter."""
    return (F.normalize(truth, dim=1) @ F.normalize(dictionary, dim=1).T).amax(dim=1)


def mmcs(truth: Float[Tensor, "n m"], dictionary: Float[Tensor, "d_sae m"]) -> float:
    """Mean max cosine similarity: `best_cosines`, averaged over the true directions."""
    return best_cosines(truth, dictionary).mean().item()


def precision(
    truth: Float[Tensor, "n m"], dictionary: Float[Tensor, "d_sae m"], f: Float[Tensor, "tokens d_sae"]
) -> float:
    """Of all activations above 0, the share that belong to latents with a feature: those whose row of the
    dictionary has a cosine above 0.9 (lies within 26°) with some true direction.
    """
    near = best_cosines(dictionary, truth) > 0.9
    active = f > 0
    return (active[:, near].sum() / active.sum()).item()


def both_ways(directions: Float[Tensor, "k m"]) -> Float[Tensor, "two_k m"]:
    """Axes without a sign, as PCA and ICA give them, count in both directions."""
    return torch.cat([directions, -directions])


def principal_axes(h: Float[Tensor, "tokens m"]) -> Float[Tensor, "m m"]:
    """PCA: the principal axes, one per row."""
    return torch.linalg.eigh(torch.cov(h.T)).eigenvectors.T


def fast_ica(
    h: Float[Tensor, "tokens m"], generator: torch.Generator, steps: int = 100
) -> Float[Tensor, "m m"]:
    """Independent component analysis: the mixing directions, one per row.

    Whitened data z, then the fixed point b ← E[z tanh(bᵀz)] − E[1 − tanh²(bᵀz)] b for all m components at
    once, made orthogonal after each step. Source: Hyvärinen (1999), "Fast and robust fixed-point algorithms
    for independent component analysis".
    """
    variance, axes = torch.linalg.eigh(torch.cov(h.T))
    z = (h - h.mean(dim=0)) @ axes / variance.sqrt()
    b = torch.linalg.qr(torch.randn(len(axes), len(axes), generator=generator).to(h)).Q
    for _ in range(steps):
        t = torch.tanh(z @ b)
        b = z.T @ t / len(z) - b * (1 - t**2).mean(dim=0)
        u, _, v = torch.linalg.svd(b)
        b = u @ v
    return (axes * variance.sqrt() @ b).T


def k_means(
    h: Float[Tensor, "tokens m"], k: int, generator: torch.Generator, steps: int = 30
) -> Float[Tensor, "k m"]:
    """Spherical k-means: clusters of directions; the centres, at norm 1. It starts at k of the inputs.

    Directions suit the question: plain k-means, which also clusters by length, does a little worse here.
    """
    directions = F.normalize(h[h.norm(dim=1) > 1e-6], dim=1)
    centres = directions[torch.randperm(len(directions), generator=generator)[:k]]
    for _ in range(steps):
        nearest = (directions @ centres.T).argmax(dim=1)
        centres = F.normalize(torch.zeros_like(centres).index_add_(0, nearest, directions), dim=1)
    return centres


def gaussian_like(h: Float[Tensor, "tokens m"], generator: torch.Generator) -> Float[Tensor, "tokens m"]:
    """As many inputs with the mean and covariance of h, and nothing else of it: no sparse features."""
    variance, axes = torch.linalg.eigh(torch.cov(h.T))
    noise = torch.randn(h.shape, generator=generator)
    return h.mean(dim=0) + noise * variance.sqrt() @ axes.T


def shrunk(a: Float[Tensor, "*any"], l1_coefficient: float) -> Float[Tensor, "*any"]:
    """The f ≥ 0 with the least (a − f)² + λf: a feature of size a, alone, as an L1 penalty leaves it."""
    return (a - l1_coefficient / 2).clamp(min=0)


def stretch(
    x: Float[Tensor, "tokens d_in"], x_hat: Float[Tensor, "tokens d_in"], b_dec: Float[Tensor, "d_in"]
) -> float:
    """The one factor that brings x̂ − b_dec nearest to x − b_dec. Above 1: the reconstruction is too small.

    It is 1/γ, γ the "relative reconstruction bias" of Rajamanoharan et al. (2024),
    https://arxiv.org/abs/2404.16014
    """
    target, reconstruction = x - b_dec, x_hat - b_dec
    return ((target * reconstruction).sum() / reconstruction.square().sum()).item()


def sparse_code(
    h: Float[Tensor, "tokens m"], W_dec: Float[Tensor, "d_sae m"], l1_coefficient: float, steps: int = 100
) -> Float[Tensor, "tokens d_sae"]:
    """The f ≥ 0 with the least ‖h − f W_dec‖² + λ‖f‖₁, approached in `steps` steps from f = 0.

    Each is a step down the error's slope, then the penalty's pull: iterative soft thresholding (ISTA),
    Daubechies et al. (2004), https://arxiv.org/abs/math/0307152. The step is as long as is safe:
    η = 1/‖W_dec‖², by the largest singular value.
    """
    eta = 1 / torch.linalg.matrix_norm(W_dec, 2).item() ** 2
    f = h.new_zeros(len(h), len(W_dec))
    for _ in range(steps):
        f = shrunk(f + eta * (h - f @ W_dec) @ W_dec.T, eta * l1_coefficient)
    return f


def found_sizes(
    truth: Float[Tensor, "n m"], dictionary: Float[Tensor, "d_sae m"], f: Float[Tensor, "tokens d_sae"]
) -> Float[Tensor, "tokens n"]:
    """Each feature's size as the latents give it: the sum of f over the latents that are its own.

    Its own are those within 26° of it (cosine above 0.9) and nearer to it than to any other feature: it may
    have several, or none.
    """
    cosines = F.normalize(truth, dim=1) @ F.normalize(dictionary, dim=1).T
    own = (cosines > 0.9) & (cosines == cosines.amax(dim=0))
    return f @ own.to(f).T


def correlation(x: Float[Tensor, "tokens n"], found: Float[Tensor, "tokens n"]) -> float:
    """Pearson's correlation of each feature with its found size (0 where that is constant), mean over all."""
    x, found = x - x.mean(dim=0), found - found.mean(dim=0)
    return F.cosine_similarity(x, found, dim=0).mean().item()
