"""Speed of an SAE training step beside a plain PyTorch loop and, where it is installed, SAELens' own step.

All three start from the same weights, see the same batches and end at the same held-out loss, which is a
row of its own. `python -m benchmarks.bench_sae` prints the rows.
"""

from __future__ import annotations

import time

import torch

from benchmarks.table import Row
from course_utils.sae import SparseAutoencoder, standard
from course_utils.sae.steps import sae_loss, weighted_l1
from course_utils.sae.train import Run, matmul_dtype

BATCH, L1, LR = 4096, 5.0, 1e-3


def sparse_data(n: int, d_in: int) -> torch.Tensor:
    """Sparse sums of 2 d_in random directions, mean norm about √d_in: activations with known features."""
    g = torch.Generator().manual_seed(0)
    directions = torch.nn.functional.normalize(torch.randn(2 * d_in, d_in, generator=g), dim=1)
    active = torch.rand(n, 2 * d_in, generator=g) * (torch.rand(n, 2 * d_in, generator=g) < 8 / d_in)
    x = active @ directions
    return x * (d_in**0.5 / x.norm(dim=1).mean())


def ours(d_in: int, d_sae: int, steps: int):
    run = Run(standard(d_in, d_sae, steps * BATCH, L1, LR, BATCH), scale=1.0, device="cpu")
    dtype = matmul_dtype()
    return run.sae, lambda x: run.advance(x, dtype)


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


@torch.no_grad()
def held_out_loss(sae, x: torch.Tensor) -> float:
    copy = SparseAutoencoder(*sae.W_enc.shape)
    copy.load_state_dict({name: sae.state_dict()[name] for name in ("W_enc", "b_enc", "W_dec", "b_dec")})
    x_hat, f = copy(x)
    return (sae_loss(x, x_hat, f, 0.0) + weighted_l1(f, copy.W_dec, L1)).item()


def measure(make, d_in: int, d_sae: int, steps: int) -> tuple[float, float] | None:
    """Activations a second over all steps but the first three, and the held-out loss at the end."""
    made = make(d_in, d_sae, steps)
    if made is None:
        return None
    sae, step = made
    data = sparse_data(8 * BATCH, d_in)
    batches = data.split(BATCH)[:7]
    for i in range(steps):
        if i == 3:
            start = time.perf_counter()
        step(batches[i % 7])
    speed = (steps - 3) * BATCH / (time.perf_counter() - start)
    return speed, held_out_loss(sae, data[7 * BATCH :])


def rows() -> list[Row]:
    out = []
    for d_in, d_sae, steps in ((128, 1024, 100), (512, 4096, 20)):
        work = f"SAE training step, {d_in} → {d_sae}"
        speed, loss = measure(ours, d_in, d_sae, steps)
        for name, make, target in (("plain PyTorch", plain, ""), ("SAELens", saelens, "≥ 2.5 ×")):
            theirs = measure(make, d_in, d_sae, steps)
            if theirs is None:
                out.append(Row(work, speed, "activations/s", f"{name} (not installed)", None, None, target))
                continue
            out.append(Row(work, speed, "activations/s", name, theirs[0], speed / theirs[0], target))
            work_loss = f"SAE loss after {steps} equal steps, {d_in} → {d_sae}"
            out.append(Row(work_loss, loss, "held-out loss", name, theirs[1], loss / theirs[1], "1 ± 0.02"))
    return out


if __name__ == "__main__":
    for row in rows():
        print(row)
