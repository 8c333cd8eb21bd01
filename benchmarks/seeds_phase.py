"""The claims of lesson 02 over 20 seeds of the random starts: writes benchmarks/results/seeds_phase.json.

Run: python benchmarks/seeds_phase.py (about five minutes)
"""

import json
import time
from pathlib import Path

import torch

from course_utils import toy

SEEDS, CELLS, STARTS = 20, 50, 10
FLOORS = {
    "phase.n2.agreement": 0.97,
    "phase.n3.agreement": 0.95,
    "phase.n2.not_worse_than_theory": 0.99,
    "phase.n3.not_worse_than_theory": 0.97,
    "phase.n2.agreement_relaxed": 0.99,
    "phase.n3.agreement_relaxed": 0.98,
    "phase.n2.best_over_vote": 0.2,
}
CEILINGS = {"phase.n2.vote_agreement": 0.7}
VOTERS = STARTS - 1  # an odd number
RESULT = Path(__file__).parent / "results" / "seeds_phase.json"


def measure(n: int, grid: toy.Cells, relaxed: torch.Tensor, seed: int) -> dict[str, float]:
    """Agreement, shares and seconds of one map of n features."""
    start = time.perf_counter()
    trained = toy.train_cells(n, grid, STARTS, torch.Generator().manual_seed(seed))
    best = toy.best_models(trained)
    phase = toy.phase_of(best.W)
    seconds = time.perf_counter() - start
    ratio = toy.loss_ratio(best, n, grid)
    first = toy.phase_of(trained.W[:, 0])
    theory = toy.theory_phase(n, grid.r, grid.p)
    vote = toy.phase_of(trained.W[:, :VOTERS].flatten(0, 1)).view(-1, VOTERS).mode(1).values
    best_of_voters = toy.best_models(toy.Models(*(x[:, :VOTERS] for x in trained)))
    over_vote = toy.agreement(toy.phase_of(best_of_voters.W), theory) - toy.agreement(vote, theory)
    return {
        f"phase.n{n}.agreement": toy.agreement(phase, theory),
        f"phase.n{n}.agreement_relaxed": toy.agreement(phase, relaxed),
        f"phase.n{n}.not_worse_than_theory": (ratio <= 1.01).double().mean().item(),
        f"phase.n{n}.beats_every_candidate": (ratio < 0.9999).double().mean().item(),
        f"phase.n{n}.worst_ratio": ratio.max().item(),
        f"phase.n{n}.agreement_of_one_start": toy.agreement(first, theory),
        f"phase.n{n}.vote_agreement": toy.agreement(vote, theory),
        f"phase.n{n}.best_over_vote": over_vote,
        f"phase.n{n}.seconds": seconds,
    }


def main() -> None:
    grid = toy.cells(CELLS)
    generator = torch.Generator().manual_seed(1000)
    relaxed = {n: toy.phase_of(toy.relax_candidates(n, grid, generator).W) for n in (2, 3)}
    runs = []
    for seed in range(SEEDS):
        runs.append({"seed": seed} | measure(2, grid, relaxed[2], seed) | measure(3, grid, relaxed[3], seed))
        print({name: round(value, 4) for name, value in runs[-1].items()}, flush=True)
    holds = {name: sum(run[name] >= floor for run in runs) for name, floor in FLOORS.items()}
    holds |= {name: sum(run[name] <= ceiling for run in runs) for name, ceiling in CEILINGS.items()}
    print("seeds of", SEEDS, "in which each claim holds:", holds)
    RESULT.parent.mkdir(exist_ok=True)
    runs = [{name: round(value, 4) for name, value in run.items()} for run in runs]
    RESULT.write_text(
        json.dumps({"floors": FLOORS, "ceilings": CEILINGS, "holds": holds, "runs": runs}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
