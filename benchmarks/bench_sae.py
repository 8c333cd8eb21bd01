"""Speed of an SAE training step beside a plain PyTorch loop and, where it is installed, SAELens' own step.

All three start from the same weights, see the same batches and end at the same held-out loss, which is a
row of its own. In a training's first steps many latents are active, later few, and then our step is a sparse
one; so both halves of a training have a row, the first without the steps that warm up, and L0 stands beside
the second. `python -m benchmarks.bench_sae` prints the rows.
"""

from __future__ import annotations

import time
from typing import NamedTuple

import torch

from benchmarks.table import Row
from course_utils.sae import SparseAutoencoder, standard
from course_utils.sae.steps import sae_loss, weighted_l1
from course_utils.sae.train import Run

BATCH, STEPS, L1, LR = 4096, 300, 5.0, 1e-3
SIZES = {(128, 1024): "≥ 3.5 ×", (512, 4096): "≥ 5 ×"}
"""(d_in, d_sae), and the target for the last half beside SAELens."""


def sparse_data(n: int, d_in: int) -> torch.Tensor:
    """Sparse sums of 2 d_in random directions, mean norm about √d_in: activations with known features."""
    g = torch.Generator().manual_seed(0)
    directions = torch.nn.functional.normalize(torch.randn(2 * d_in, d_in, generator=g), dim=1)
    active = torch.rand(n, 2 * d_in, generator=g) * (torch.rand(n, 2 * d_in, generator=g) < 8 / d_in)
    x = active @ directions
    return x * (d_in**0.5 / x.norm(dim=1).mean())


def ours(d_in: int, d_sae: int, steps: int):
    run = Run(standard(d_in, d_sae, steps * BATCH, L1, LR, BATCH), scale=1.0, device="cpu")
    return run.sae, run.advance


def plain(d_in: int, d_sae: int, steps: int):
    """The loop that one writes first: autograd, float32, Adam as it comes, the loss printed at each step."""
    sae = SparseAutoencoder(d_in, d_sae, 0.1, torch.Generator().manual_seed(0))
    optimizer = torch.optim.Adam(sae.parameters(), lr=LR)
    done = 0

    def step(x):
        nonlocal done
        for group in optimizer.param_groups:
            group["lr"] = LR * min(1.0, (steps - done) / max(1, steps // 5))
        warm_up = min(1.0, (done + 1) / max(1, steps // 20))
        x_hat, f = sae(x)
        loss = sae_loss(x, x_hat, f, 0.0) + weighted_l1(f, sae.W_dec, L1 * warm_up)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(sae.parameters(), 1.0)
        optimizer.step()
        loss.item()
        done += 1

    return sae, step


def saelens(d_in: int, d_sae: int, steps: int):
    """SAELens' trainer with the same recipe; None where it is not installed."""
    try:
        from sae_lens import StandardTrainingSAE, StandardTrainingSAEConfig
        from sae_lens.config import LoggingConfig, SAETrainerConfig
        from sae_lens.training.sae_trainer import SAETrainer
    except ImportError:
        return None
    cfg = StandardTrainingSAEConfig(
        d_in=d_in,
        d_sae=d_sae,
        apply_b_dec_to_input=True,
        l1_coefficient=L1,
        l1_warm_up_steps=steps // 20,
    )
    theirs = StandardTrainingSAE(cfg)
    start = SparseAutoencoder(d_in, d_sae, 0.1, torch.Generator().manual_seed(0))
    theirs.load_state_dict(start.state_dict())
    trainer = SAETrainer(
        SAETrainerConfig(
            total_training_samples=steps * BATCH,
            train_batch_size_samples=BATCH,
            lr=LR,
            lr_end=0.0,
            lr_decay_steps=steps // 5,
            logger=LoggingConfig(log_to_wandb=False),
        ),
        theirs,
        iter(()),
    )

    def step(x):
        trainer.step(x)
        trainer.n_training_steps += 1

    return theirs, step


class Measured(NamedTuple):
    first: float
    """Activations a second, over the first half but for its first ten steps."""
    last: float
    """The same over the last half."""
    loss: float
    """On held-out activations, at the end."""
    l0: float
    """There too."""


@torch.no_grad()
def held_out(sae, x: torch.Tensor) -> tuple[float, float]:
    """Loss and L0."""
    copy = SparseAutoencoder(*sae.W_enc.shape)
    copy.load_state_dict({name: sae.state_dict()[name] for name in ("W_enc", "b_enc", "W_dec", "b_dec")})
    x_hat, f = copy(x)
    loss = sae_loss(x, x_hat, f, 0.0) + weighted_l1(f, copy.W_dec, L1)
    return loss.item(), f.count_nonzero().item() / len(x)


def measure(make, d_in: int, d_sae: int, steps: int) -> Measured | None:
    """None for a library that isn't there."""
    made = make(d_in, d_sae, steps)
    if made is None:
        return None
    sae, step = made
    data = sparse_data(16 * BATCH, d_in)
    batches = data.split(BATCH)[:15]
    clock = {}
    for i in range(steps):
        clock[i] = time.perf_counter()
        step(batches[i % 15])
    end, warm, half = time.perf_counter(), min(10, steps // 4), steps // 2
    first = (half - warm) * BATCH / (clock[half] - clock[warm])
    return Measured(first, (steps - half) * BATCH / (end - clock[half]), *held_out(sae, data[15 * BATCH :]))


def rows(steps: int = STEPS) -> list[Row]:
    out = []
    for (d_in, d_sae), target in SIZES.items():
        size = f"{d_in} → {d_sae}"
        us = measure(ours, d_in, d_sae, steps)
        for name, make in (("plain PyTorch", plain), ("SAELens", saelens)):
            them = measure(make, d_in, d_sae, steps)
            wanted = target if make is saelens else ""
            first, last = f"SAE step, {size}, first half", f"SAE step, {size}, last half, L0 {us.l0:.0f}"
            if them is None:
                absent = f"{name} (not installed)"
                out.append(Row(first, us.first, "activations/s", absent, None, None, ""))
                out.append(Row(last, us.last, "activations/s", absent, None, None, wanted))
                continue
            out.append(Row(first, us.first, "activations/s", name, them.first, us.first / them.first, ""))
            out.append(Row(last, us.last, "activations/s", name, them.last, us.last / them.last, wanted))
            work = f"SAE loss after {steps} equal steps, {size}"
            out.append(
                Row(
                    work,
                    us.loss,
                    f"held-out, L0 {them.l0:.0f}",
                    name,
                    them.loss,
                    us.loss / them.loss,
                    "1 ± 0.02",
                )
            )
    return out


if __name__ == "__main__":
    from benchmarks.table import table

    print(table(rows()))
