"""The trained phase diagram: a grid of cells, many starts per cell, the lowest loss kept, its W named."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from course_utils.toy.theory import STRUCTURES, candidate_losses
from course_utils.toy.training import Models, random_starts, train


class Cells(NamedTuple):
    """A log-spaced grid, flattened: cell = column · len(density) + row."""

    importance: Float[Tensor, "column"]
    density: Float[Tensor, "row"]
    r: Float[Tensor, "cell"]
    p: Float[Tensor, "cell"]


def cells(count: int = 50) -> Cells:
    """count × count cells: the varied feature's importance r in [0.1, 10], the density p in [0.01, 1]."""
    importance, density = torch.logspace(-1, 1, count), torch.logspace(-2, 0, count)
    r, p = torch.meshgrid(importance, density, indexing="ij")
    return Cells(importance, density, r.flatten(), p.flatten())


def importances(n: int, r: Float[Tensor, "inst"]) -> Float[Tensor, "inst n"]:
    """Importance 1 for all features but the last, which has r."""
    return torch.cat([r.new_ones(len(r), n - 1), r[:, None]], 1)


def train_cells(
    n: int,
    grid: Cells,
    starts: int,
    generator: torch.Generator,
    progress: Callable[[Iterable], Iterable] = iter,
) -> Models:
    """Train `starts` models of n features in n − 1 dimensions in every cell. Returns "cell start"."""
    r, p = (x.to(generator.device).repeat_interleave(starts) for x in (grid.r, grid.p))
    W, b = random_starts(len(r), n, n - 1, generator)
    models = train(W, b, importances(n, r), p, progress=progress)
    return Models(*(x.unflatten(0, (len(grid.r), starts)) for x in models))


def best_of(
    loss: Float[Tensor, "cell start"], x: Shaped[Tensor, "cell start *rest"]
) -> Shaped[Tensor, "cell *rest"]:
    """In each cell, the entry of x that belongs to the start with the lowest loss."""
    return x[torch.arange(len(x), device=x.device), loss.argmin(1)]


def best_models(models: Models) -> Models:
    """In each cell, the model of the lowest loss: "cell start" in, "cell" out."""
    return Models(*(best_of(models.loss, x) for x in models))


def mean_without_worst(
    loss: Float[Tensor, "cell start"], x: Float[Tensor, "cell start *rest"]
) -> Float[Tensor, "cell *rest"]:
    """In each cell, the mean of x over all starts but the one of the highest loss: TM's statistic."""
    worst = best_of(-loss, x)
    return (x.sum(1) - worst) / (loss.shape[1] - 1)


def classify(
    W: Float[Tensor, "inst m n"], grams: Float[Tensor, "variant n n"], names: Int[Tensor, "variant"]
) -> Int[Tensor, "inst"]:
    """Name each W by the Gram matrix that is nearest to its own, WᵀW (sum of squared differences).

    WᵀW is all that the model's output depends on: turning or mirroring the hidden space leaves it as it is.
    """
    return nearest(W.transpose(1, 2) @ W, grams, names)


def nearest(
    gram: Float[Tensor, "inst n n"], grams: Float[Tensor, "variant n n"], names: Int[Tensor, "variant"]
) -> Int[Tensor, "inst"]:
    """The name of the variant whose Gram matrix is nearest to `gram` (sum of squared differences)."""
    distance = ((gram[:, None] - grams.to(gram)) ** 2).sum((2, 3))
    return names.to(gram.device)[distance.argmin(1)]


def phase_of(W: Float[Tensor, "inst m n"]) -> Int[Tensor, "inst"]:
    """`classify` among the structures of theory.STRUCTURES[n]: returns places in that list."""
    return classify(W, *structure_grams(W.shape[2]))


def structure_grams(n: int) -> tuple[Float[Tensor, "variant n n"], Int[Tensor, "variant"]]:
    """The Gram matrix of every variant of every structure, and the structure it belongs to."""
    variants = [(torch.tensor(W, dtype=torch.float32), i) for i, s in enumerate(STRUCTURES[n]) for W in s.W]
    return torch.stack([W.T @ W for W, _ in variants]), torch.tensor([i for _, i in variants])


def agreement(trained: Int[Tensor, "cell"], theory: Int[Tensor, "cell"]) -> float:
    """Share of all cells where both name the same structure."""
    return (trained == theory).double().mean().item()


def disagreements(n: int, trained: Int[Tensor, "cell"], theory: Int[Tensor, "cell"]) -> dict[str, list]:
    """A table of the cells that differ: the structure in theory, the trained one, and how many cells."""
    both = torch.stack([theory, trained], 1)[trained != theory]
    pairs, counts = both.unique(dim=0, return_counts=True)
    names = [s.name for s in STRUCTURES[n]]
    theories, found = ([names[place] for place in column] for column in pairs.T.tolist())
    return {"theory": theories, "trained": found, "cells": counts.tolist()}


def loss_ratio(best: Models, n: int, grid: Cells) -> Float[Tensor, "cell"]:
    """Trained loss divided by the best candidate's: below 1 the trained model beats every candidate."""
    theory = candidate_losses(n, grid.r.double(), grid.p.double()).min(1).values
    return best.loss / theory.to(best.loss.device)


def relax_candidates(
    n: int,
    grid: Cells,
    generator: torch.Generator,
    progress: Callable[[Iterable], Iterable] = iter,
) -> Models:
    """The theory with its numbers set free: minimise from every structure, keep the lowest loss. "cell"."""
    starts = [torch.tensor(W, dtype=torch.float32) for s in STRUCTURES[n] for W in s.W]
    count = len(starts)
    r, p = (x.to(generator.device).repeat_interleave(count) for x in (grid.r, grid.p))
    W = torch.stack(starts).to(r).repeat(len(grid.r), 1, 1)
    W = W + 1e-3 * torch.randn(W.shape, generator=generator, device=W.device)  # off the saddles
    models = train(W, W.new_zeros(len(W), n), importances(n, r), p, progress=progress)
    return best_models(Models(*(x.unflatten(0, (len(grid.r), count)) for x in models)))
