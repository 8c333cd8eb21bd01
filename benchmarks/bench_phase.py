"""Time of the phase diagrams beside training the same cells on samples, as the paper does.

The sampling baseline trains every cell and start in one batched tensor too (Adam, 1024 inputs a step, 10,000
steps): a few steps are timed and the rest is extrapolated.
"""

import time

import torch

from benchmarks.table import Row
from course_utils import toy

CELLS, STARTS, SEED = 50, 10, 0
BATCH, PAPER_STEPS = 1024, 10_000
SHARE, TIMED_STEPS = 10, 2  # the baseline is timed on every tenth model: all at once fill the memory


def ours(n: int) -> tuple[float, float]:
    """Seconds for the map, and its agreement with theory."""
    grid = toy.phases.cells(CELLS)
    start = time.perf_counter()
    best = toy.best_models(toy.phases.train_cells(n, grid, STARTS, torch.Generator().manual_seed(SEED)))
    phase = toy.phases.phase_of(best.W)
    return time.perf_counter() - start, toy.phases.agreement(
        phase, toy.theory.theory_phase(n, grid.r, grid.p)
    )


def by_sampling(n: int) -> float:
    """Seconds for the same map on random batches, extrapolated from TIMED_STEPS on 1 in SHARE models."""
    grid = toy.phases.cells(CELLS)
    generator = torch.Generator().manual_seed(SEED)
    r, p = (x.repeat_interleave(STARTS)[::SHARE] for x in (grid.r, grid.p))
    W, b = toy.random_starts(len(r), n, n - 1, generator)
    importance = toy.phases.importances(n, r)

    def loss(W, b):
        return toy.sampled_loss(W, b, importance, toy.sample(p, n, BATCH, generator))

    toy.adam((W, b), loss, steps=1)
    start = time.perf_counter()
    toy.adam((W, b), loss, steps=TIMED_STEPS)
    return (time.perf_counter() - start) / TIMED_STEPS * SHARE * PAPER_STEPS


def rows() -> list[Row]:
    """One row a map, and one for its agreement with theory."""
    result = []
    for n, target in ((2, "≤ 1.5 s"), (3, "≤ 5 s")):
        seconds, agreement = ours(n)
        baseline = by_sampling(n)
        work = f"phase diagram n={n}, m={n - 1}, {CELLS}×{CELLS}×{STARTS}"
        how = f"sampling, {PAPER_STEPS} Adam steps (extrapolated from {TIMED_STEPS})"
        result.append(Row(work, seconds, "s", how, baseline, baseline / seconds, target))
        floor = {2: "≥ 0.97", 3: "≥ 0.95"}[n]
        result.append(Row(f"  its agreement with theory, n={n}", agreement, "share", "", None, None, floor))
    return result
