"""The claims of lesson 06 over seeds of worlds, data and SAEs: writes benchmarks/results/seeds_toy06.json.

Run: python benchmarks/seeds_toy06.py [SEEDS] (about half a minute a seed; delete the result to begin anew).
Sizes and recipes are the lesson's.
"""

import json
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from course_utils import sae, toy
from course_utils.sae import recovery

N, M, D_SAE, STEPS, BATCH, TRAIN, TEST = 128, 40, 256, 1500, 256, 16_000, 4000
DENSITY = torch.tensor([0.015, 0.05, 0.1, 0.15])
CLAIMS = {  # name: (low, high)
    "sae_toy.mmcs": (0.9, None),
    "sae_toy.margin": (0.1, None),
    "sae_toy.kmeans_rare": (0.95, None),
    "sae_toy.control": (None, 0.05),
    "sae_toy.seeds_agree": (0.85, None),
    "sae_toy.seeds_agree_noise": (None, 0.55),
    "sae_toy.shrinkage_over_formula": (1.0, 1.3),
    "sae_toy.stretch_r2": (0.05, None),
    "sae_toy.resampling_mmcs": (0.01, None),
    "sae_toy.equal_l0_mmcs": (0.9, None),
    "sae_toy.equal_l0_gain": (0.1, None),
    "sae_toy.l0_spread": (None, 1.15),
}
OUT = Path(__file__).parent / "results" / "seeds_toy06.json"


def train_sae(h: torch.Tensor, l1: float, seed: int) -> sae.SparseAutoencoder:
    return sae.train(h, sae.standard(M, D_SAE, STEPS * BATCH, l1, lr=5e-3, batch=BATCH, seed=seed)).sae


@torch.no_grad()
def size_gap(trained: sae.SparseAutoencoder, world: recovery.World) -> float:
    """How much too small the largest features are found, as in the lesson."""
    cosines = F.normalize(world.truth, dim=1) @ F.normalize(trained.W_dec, dim=1).T
    own = (cosines > 0.9) & (cosines == cosines.amax(dim=0))
    true = world.x[TRAIN:] * world.truth.norm(dim=1)
    found = trained.encode(world.h[TRAIN:]) @ own.float().T
    unit = world.truth.norm(dim=1).mean()
    return 0.95 * unit.item() - found[(true >= 0.9 * unit) & (true < unit)].median().item()


def measure(seed: int) -> dict[str, float]:
    generator = torch.Generator().manual_seed(seed)
    worlds = recovery.worlds(N, M, DENSITY, TRAIN + TEST, generator, STEPS)
    rare, sparse, crowded = worlds[0], worlds[1], worlds[3]
    h, test_h, result = sparse.h[:TRAIN], sparse.h[TRAIN:], {}

    def score(world, dictionary) -> float:
        return recovery.mmcs(world.truth, dictionary.detach())

    older = {
        "k-means": recovery.k_means(crowded.h[:TRAIN], D_SAE, generator),
        "ICA": recovery.both_ways(recovery.fast_ica(crowded.h[:TRAIN], generator)),
        "PCA": recovery.both_ways(recovery.principal_axes(crowded.h[:TRAIN])),
        "random": torch.randn(D_SAE, M, generator=generator),
    }
    result |= {f"baseline.{name}": score(crowded, found) for name, found in older.items()}
    result["sae_toy.mmcs"] = score(crowded, train_sae(crowded.h[:TRAIN], 1.0, seed).W_dec)
    result["sae_toy.margin"] = result["sae_toy.mmcs"] - max(score(crowded, found) for found in older.values())
    result["sae_toy.kmeans_rare"] = score(rare, recovery.k_means(rare.h[:TRAIN], D_SAE, generator))

    noise = recovery.gaussian_like(sparse.h, generator)[:TRAIN]
    for name, data in {"seeds_agree": h, "seeds_agree_noise": noise}.items():
        one, other = (train_sae(data, 1.0, seed + k).W_dec.detach() for k in range(2))
        result[f"sae_toy.{name}"] = recovery.mmcs(one, other)
    result["sae_toy.control"] = score(sparse, one) - score(sparse, older["random"])

    l1 = train_sae(h, 3.0, seed)
    with torch.no_grad():
        h_hat = l1(test_h).x_hat
    factor = recovery.stretch(test_h, h_hat, l1.b_dec)
    stretched = sae.r_squared(test_h, l1.b_dec + factor * (h_hat - l1.b_dec))
    result["sae_toy.shrinkage_over_formula"] = size_gap(l1, sparse) / 1.5
    result["sae_toy.stretch_r2"] = stretched - sae.r_squared(test_h, h_hat)

    recovered = []
    for resample in (False, True):
        config = sae.paper(M, N, STEPS * BATCH, 3.0, lr=3e-2, batch=BATCH, resample=resample, seed=seed)
        recovered.append(score(sparse, sae.train(h, config).sae.W_dec))
    result["sae_toy.resampling_mmcs"] = recovered[1] - recovered[0]

    k = round(sae.evaluate(l1, test_h).l0)
    five, prefixes = [l1], (D_SAE // 4, D_SAE // 2, D_SAE)
    for kind, more in (
        (sae.TopK, ()),
        (sae.BatchTopK, ()),
        (sae.JumpReLU, ()),
        (sae.Matryoshka, (prefixes,)),
    ):
        draws = torch.Generator().manual_seed(seed)
        one = kind(M, D_SAE, k, *more, generator=draws)
        five.append(sae.train_variant(one, h, STEPS, draws, lr=5e-3, batch=BATCH))
    scores = [sae.evaluate(one, test_h) for one in five]
    result["sae_toy.equal_l0_mmcs"] = min(score(sparse, one.W_dec) for one in five)
    result["sae_toy.equal_l0_gain"] = min(s.r2 for s in scores[1:]) - scores[0].r2
    result["sae_toy.l0_spread"] = max(s.l0 for s in scores) / min(s.l0 for s in scores)
    return result


def main(seeds: int = 20) -> None:
    runs = json.loads(OUT.read_text())["runs"] if OUT.exists() else []  # go on where it stopped
    for seed in range(len(runs), seeds):
        start = time.process_time()
        with toy.one_thread():
            runs.append({"seed": seed} | {key: round(value, 4) for key, value in measure(seed).items()})
        runs[-1]["cpu_seconds"] = round(time.process_time() - start, 1)
        print(runs[-1], flush=True)
        holds = {
            name: sum(
                (low is None or run[name] >= low) and (high is None or run[name] <= high) for run in runs
            )
            for name, (low, high) in CLAIMS.items()
        }
        OUT.parent.mkdir(exist_ok=True)
        OUT.write_text(json.dumps({"claims": CLAIMS, "holds": holds, "runs": runs}, indent=1) + "\n")
    print("seeds of", seeds, "in which each claim holds:", holds)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
