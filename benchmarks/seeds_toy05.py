"""The claims of lesson 05 over 20 seeds: writes benchmarks/results/seeds_toy05.json.

Run: python benchmarks/seeds_toy05.py (about eight minutes)
"""

import json
import time
from pathlib import Path

import torch

from course_utils import toy

SEEDS = 20
FLOORS = {
    "privileged.monosemantic": 0.9,
    "privileged.price_sparse": 2,
    "abs.pairs": 0.9,
    "abs.linear_hidden_left": 0.45,
    "abs.monosemantic_dense": 0.9,
    "motif.networks_with_one": 0.1,
    "motif.large_leak_braked": 0.9,
    "onehot.trained_two_share": 0.6,
}
CEILINGS = {
    "privileged.monosemantic_sparse": 0.3,
    "privileged.linear_monosemantic": 0.1,
    "privileged.always_on_monosemantic": 0.5,
    "abs.loss_sparse": 0.8,
    "abs.monosemantic_sparse": 0.1,
    "abs.trained_sparse": 0.1,
    "motif.small_leak_braked": 0.3,
    "motif.shuffled": 0.2,
    "onehot.trained": 0.7,
}
RESULT = Path(__file__).parent / "results" / "seeds_toy05.json"


def share(W: torch.Tensor) -> float:
    return toy.monosemantic(W).double().mean().item()


def privileged(generator: torch.Generator) -> dict[str, float]:
    """n = 10, m = 5 at p = 1, 0.5 and 0.1: 20 starts with a hidden ReLU, and 20 without."""
    levels, starts, importance = torch.tensor([1, 0.5, 0.1]), 20, 0.75 ** torch.arange(10)
    p, trained = levels.repeat_interleave(starts), {}
    for forward in (toy.neuron_forward, toy.forward):

        def loss(W, b, batch=64, forward=forward):
            x = toy.sample(p, 10, batch, generator)
            return ((x - forward(W, b, x)) ** 2 * importance).sum(-1).mean(-1)

        W, b = toy.adam(toy.random_starts(len(p), 10, 5, generator), loss, 1000, lr=0.02, decay=True)
        final = torch.stack([loss(W, b, 1000) for _ in range(8)]).mean(0)
        trained[forward] = W.unflatten(0, (3, starts)), final.unflatten(0, (3, starts))
    W, loss = trained[toy.neuron_forward]
    W_linear, loss_linear = trained[toy.forward]
    best = toy.best_of(loss, W)
    return {
        "privileged.monosemantic": share(best[1]),
        "privileged.monosemantic_sparse": share(best[2]),
        "privileged.always_on_monosemantic": share(W[0]),
        "privileged.linear_monosemantic": share(W_linear[1]),
        "privileged.price_sparse": (loss[2].min() / loss_linear[2].min()).item(),
    }


def pairs(generator: torch.Generator) -> dict[str, float]:
    """n = 3, m = 6 at three densities: are there pairs of neurons, and what can a linear layer do?"""
    levels, starts = torch.tensor([1, 0.3, 0.1]), 20
    p = levels.repeat_interleave(starts)
    nets = toy.train_abs(p, 6, torch.ones(3), generator, steps=500)
    W1 = toy.best_of(nets.loss.unflatten(0, (3, starts)), nets.W1.unflatten(0, (3, starts)))
    top = W1.abs().argmax(-1)
    serves = (2 * top + (W1.gather(-1, top[..., None])[..., 0] > 0)).sort(-1).values
    paired = (serves == torch.arange(6)).all(-1) & toy.monosemantic(W1).all(-1)

    def linear_loss(W1, W2, b, batch=64):
        x = toy.sample_signed(p, 3, batch, generator)
        y = (x @ W1.transpose(1, 2) @ W2.transpose(1, 2) + b[:, None]).relu()
        return ((x.abs() - y) ** 2).sum(-1).mean(-1)

    W1, W2 = (0.3 * torch.randn(len(p), *shape, generator=generator) for shape in ((6, 3), (3, 6)))
    linear = toy.adam((W1, W2, torch.zeros(len(p), 3)), linear_loss, 500, lr=0.02, decay=True)
    left = linear_loss(*linear, batch=16_000).unflatten(0, (3, starts)).amin(1) / (
        3 * toy.drop_loss(1, levels)
    )
    return {"abs.pairs": paired.double().mean().item(), "abs.linear_hidden_left": left.min().item()}


def sweep(generator: torch.Generator) -> dict[str, float]:
    """n = 10, m = 6 at seven densities, 40 starts each: the loss, and the search for the motif."""
    density, importance = torch.tensor([1, 0.5, 0.3, 0.2, 0.1, 0.05, 0.03]), 0.8 ** torch.arange(10)
    nets = toy.train_abs(density.repeat_interleave(40), 6, importance, generator, steps=500)
    lowest = nets.loss.unflatten(0, (7, 40)).amin(1)
    found, brake = toy.find_motifs(nets.W1, nets.W2)
    with_one = torch.bincount(found[:, 0].unique() // 40, minlength=7) / 40
    braked = (brake >= 0.8).double().mean(0).tolist() if len(found) else [0.0, 1.0]
    shuffled = 0
    for _ in range(20):
        order = torch.rand(nets.W1.shape, generator=generator).argsort(-1)
        shuffled += len(toy.find_motifs(nets.W1.gather(-1, order), nets.W2)[0]) / 20
    return {
        "abs.loss_sparse": (lowest / toy.without_superposition(importance, density, 6))[-1].item(),
        "motif.networks_with_one": with_one[-2:].mean().item(),
        "motif.large_leak_braked": braked[0],
        "motif.small_leak_braked": braked[1],
        "motif.shuffled": shuffled / max(len(found), 1),
    }


def hundred(generator: torch.Generator) -> dict[str, float]:
    """n = 100, m = 40 at both ends of the density scale."""
    importance = 0.8 ** torch.arange(100)
    dense, sparse = (
        toy.train_abs(torch.tensor([p]), 40, importance, generator, steps=3000, batch=batch, lr=lr)
        for p, batch, lr in ((1.0, 128, 0.02), (0.003, 512, 0.01))
    )
    return {
        "abs.monosemantic_dense": share(dense.W1),
        "abs.monosemantic_sparse": share(sparse.W1),
        "abs.trained_sparse": (sparse.loss / toy.drop_loss(importance.sum(), torch.tensor(0.003))).item(),
    }


def one_hot(generator: torch.Generator) -> dict[str, float]:
    """400 random binary neurons that tell four features apart, trained on the cross-entropy."""

    def loss(w, on, off):
        fires = w.sigmoid()
        return -(0.25 * (fires * on.log_softmax(-1) + (1 - fires) * off.log_softmax(-1))).sum(-1)

    starts = [0.1 * torch.randn(400, 4, generator=generator) for _ in range(3)]
    params = toy.adam(starts, loss, 600, lr=0.05)
    fires = (params[0] > 0).sum(1)
    return {
        "onehot.trained": loss(*params).min().item(),
        "onehot.trained_two_share": (fires == 2).double().mean().item(),
    }


def main() -> None:
    runs = []
    for seed in range(SEEDS):
        generator, start = torch.Generator().manual_seed(seed), time.process_time()
        run = {"seed": seed}
        with toy.one_thread():
            for part in (sweep, privileged, pairs, hundred, one_hot):
                run |= part(generator)
        runs.append(run | {"seconds": time.process_time() - start})
        print({name: round(value, 4) for name, value in runs[-1].items()}, flush=True)
    holds = {name: sum(run[name] >= floor for run in runs) for name, floor in FLOORS.items()}
    holds |= {name: sum(run[name] <= ceiling for run in runs) for name, ceiling in CEILINGS.items()}
    print("seeds of", SEEDS, "in which each claim holds:", holds)
    runs = [{name: round(value, 4) for name, value in run.items()} for run in runs]
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(
        json.dumps({"floors": FLOORS, "ceilings": CEILINGS, "holds": holds, "runs": runs}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
