"""Training sparse autoencoders quickly: the gradients by hand, in bfloat16 where the processor has it.

Nearly all the time goes into five matrix products, (batch, d_in) by (d_in, d_sae) and back. Writing the
gradients out keeps everything between them in the short number format and saves autograd's copies.
Weights and Adam's moments stay float32: a bfloat16 moment could not move by 0.1 %.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from course_utils.sae.config import TrainConfig
from course_utils.sae.model import SparseAutoencoder, folded
from course_utils.sae.steps import normalise_decoder, remove_parallel_gradient, resample_dead

RESAMPLE_POOL = 16_384
"""Inputs among which resampling looks for badly reconstructed ones (the paper: 819 200)."""
LOG_EVERY = 20
"""Steps between two entries of the log."""


def matmul_dtype(device: str | torch.device = "cpu") -> torch.dtype:
    """bfloat16 where the hardware multiplies it natively, else float32. The one place that decides.

    With COURSE_BFLOAT16=0 in the environment it is float32 everywhere.
    """
    if os.environ.get("COURSE_BFLOAT16") == "0":
        return torch.float32
    if torch.device(device).type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    # Emulated bfloat16 (any CPU without these units) is slower than float32.
    has_units = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return torch.bfloat16 if torch.device(device).type == "cpu" and has_units() else torch.float32


class Step(NamedTuple):
    """What one pass over a batch found out."""

    mse: Float[Tensor, ""]
    """‖x − x̂‖², mean over the batch."""
    f_mean: Float[Tensor, "d_sae"]
    """Mean activation of each latent; 0 exactly where it did not fire."""
    l0: Float[Tensor, ""]
    """Latents that fire, mean over the batch."""


@torch.no_grad()
def gradients(
    sae: SparseAutoencoder,
    x: Float[Tensor, "batch d_in"],
    l1_coefficient: float,
    dtype: torch.dtype = torch.float32,
) -> Step:
    """Set `.grad` of all parameters for the loss ‖x − x̂‖² + λ Σ fᵢ‖W_dec,i‖, mean over the batch.

    On unit rows this is the paper's loss too: the penalty's gradient in W_dec then lies along the rows,
    and `remove_parallel_gradient` takes it out.
    """
    batch = len(x)
    norms = sae.W_dec.norm(dim=1)
    # F.linear wants (out, in); laid out so, the bias is added inside the product.
    W_enc_T = sae.W_enc.to(dtype).T.contiguous()
    W_dec = sae.W_dec.to(dtype)

    x = (x - sae.b_dec).to(dtype)
    f = F.linear(x, W_enc_T, sae.b_enc.to(dtype)).relu_()
    error = F.linear(f, W_dec.T.contiguous()) - x

    d_x_hat = error * (2 / batch)
    d_f = F.linear(d_x_hat, W_dec, (l1_coefficient / batch * norms).to(dtype))
    d_f = torch.ops.aten.threshold_backward(d_f, f, 0)  # no gradient where the ReLU gave 0

    f_mean = f.sum(dim=0, dtype=torch.float32) / batch
    sae.W_dec.grad = (f.T @ d_x_hat).float() + (l1_coefficient * f_mean / norms)[:, None] * sae.W_dec
    sae.W_enc.grad = (x.T @ d_f).float()
    sae.b_enc.grad = d_f.sum(dim=0, dtype=torch.float32)
    # b_dec acts twice: added to the reconstruction, subtracted from the input.
    sae.b_dec.grad = d_x_hat.sum(dim=0, dtype=torch.float32) - sae.W_enc @ sae.b_enc.grad
    return Step(error.float().square().sum() / batch, f_mean, f.count_nonzero() / batch)


class Log(NamedTuple):
    """How a training went: one entry each `LOG_EVERY` steps."""

    step: list[float]
    mse: list[float]
    """‖x − x̂‖² per token, on activations scaled to mean norm √d_in."""
    l0: list[float]
    dead: list[float]
    """Share of latents that fired in none of the last `dead_feature_window` steps."""


class Trained(NamedTuple):
    sae: SparseAutoencoder
    """Takes unscaled activations; decoder rows have norm 1."""
    log: Log


def train(
    activations: Float[Tensor, "tokens d_in"],
    cfg: TrainConfig,
    progress: Callable = iter,
    checkpoint: str | Path | None = None,
    checkpoint_every: int = 500,
    device: str | torch.device = "cpu",
    stop_after: int | None = None,
) -> Trained:
    """Train a sparse autoencoder on a table of activations, shuffled anew each time it is used up.

    The same seed gives the same SAE on the same machine, and leaves the global generator alone.

    Args:
        progress: wraps the steps' iterable, e.g. `lambda steps: lesson.progress(steps, "SAE")`.
        checkpoint: a file, written each `checkpoint_every` steps. Where it exists already, training goes
            on from it and ends at the same weights, bit for bit.
        stop_after: stop early, after this many steps in all.

    Raises:
        ValueError: activations of another width than `cfg.d_in`, or a checkpoint of another training.
    """
    if activations.ndim != 2 or activations.shape[1] != cfg.d_in:
        raise ValueError(f"activations have shape {tuple(activations.shape)}, wanted (tokens, {cfg.d_in})")
    scale = math.sqrt(cfg.d_in) / activations.norm(dim=1).mean().item()
    run = Run(cfg, scale, device)
    if cfg.recipe == "paper":  # centred from the start; the standard recipe starts at 0
        run.sae.b_dec.data.copy_(activations.mean(dim=0) * scale)
    if checkpoint is not None and Path(checkpoint).exists():
        run.load(Path(checkpoint))
    dtype = matmul_dtype(device)
    last = min(cfg.steps, stop_after or cfg.steps)
    for step in progress(range(run.step, last)):
        rows = _batch(step, len(activations), cfg.train_batch_size_tokens, cfg.seed)
        run.advance(activations[rows].to(device) * scale, dtype)
        if run.step in cfg.resample_steps:
            generator = torch.Generator().manual_seed(1_000_003 * (cfg.seed + 1) + run.step)
            rows = torch.randint(len(activations), (RESAMPLE_POOL,), generator=generator)
            run.resample(activations[rows].to(device) * scale, generator)
        if checkpoint is not None and (run.step % checkpoint_every == 0 or run.step == last):
            run.save(Path(checkpoint))
    return Trained(folded(run.sae, scale), run.log)


@lru_cache(maxsize=1)
def _order(n: int, epoch: int, seed: int) -> Int[Tensor, "n"]:
    """This epoch's shuffle. A function of its arguments alone, so a resumed run needs no saved state."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(1_000_003 * seed + epoch))


def _batch(step: int, n: int, batch: int, seed: int) -> Int[Tensor, "batch"]:
    """Rows of the batch at `step`; the remainder of an epoch that fills no batch is left out."""
    epoch, i = divmod(step, max(1, n // batch))
    return _order(n, epoch, seed)[i * batch : (i + 1) * batch]


class Run:
    """All that changes during a training, so that it can be saved and taken up again."""

    def __init__(self, cfg: TrainConfig, scale: float, device: str | torch.device):
        self.cfg, self.scale = cfg, scale
        generator = torch.Generator().manual_seed(cfg.seed)
        norm = 1.0 if cfg.recipe == "paper" else 0.1
        self.sae = SparseAutoencoder(cfg.d_in, cfg.d_sae, norm, generator).to(device)
        self.optimizer = torch.optim.Adam(self.sae.parameters(), lr=cfg.lr, fused=True)
        self.silent_for = torch.zeros(cfg.d_sae, dtype=torch.int64, device=device)
        self.step = 0
        self.log = Log([], [], [], [])

    def advance(self, x: Float[Tensor, "batch d_in"], dtype: torch.dtype) -> None:
        cfg = self.cfg
        warm_up = min(1.0, (self.step + 1) / max(1, cfg.l1_warm_up_steps))
        decay = min(1.0, (cfg.steps - self.step) / max(1, cfg.lr_decay_steps))
        for group in self.optimizer.param_groups:
            group["lr"] = cfg.lr * decay
        found = gradients(self.sae, x, cfg.l1_coefficient * warm_up, dtype)
        if cfg.recipe == "paper":
            remove_parallel_gradient(self.sae)
            self.optimizer.step()
            normalise_decoder(self.sae)
        else:
            torch.nn.utils.clip_grad_norm_(self.sae.parameters(), 1.0)
            self.optimizer.step()
        self.silent_for = torch.where(found.f_mean > 0, 0, self.silent_for + 1)
        self.step += 1
        if self.step % LOG_EVERY == 0:  # seldom: reading a number makes a GPU wait
            dead = (self.silent_for >= cfg.dead_feature_window).float().mean()
            for entries, value in zip(self.log, (self.step, found.mse, found.l0, dead), strict=True):
                entries.append(float(value))

    def resample(self, x: Float[Tensor, "tokens d_in"], generator: torch.Generator) -> None:
        dead = self.silent_for >= self.cfg.dead_feature_window
        resample_dead(self.sae, self.optimizer, dead, x, generator)
        self.silent_for[dead] = 0

    def _about(self) -> str:
        return json.dumps({**asdict(self.cfg), "scale": self.scale})

    def save(self, path: Path) -> None:
        tensors = {f"sae.{name}": p.data for name, p in self.sae.named_parameters()}
        for name, p in self.sae.named_parameters():
            tensors |= {f"adam.{name}.{k}": v for k, v in self.optimizer.state[p].items()}
        tensors |= {f"log.{k}": torch.tensor(v, dtype=torch.float64) for k, v in self.log._asdict().items()}
        tensors |= {"silent_for": self.silent_for, "step": torch.tensor(self.step)}
        # Written beside and moved into place: a run killed while it writes loses nothing.
        beside = path.with_name(path.name + ".part")
        save_file({k: v.contiguous() for k, v in tensors.items()}, beside, {"training": self._about()})
        os.replace(beside, path)

    def load(self, path: Path) -> None:
        with safe_open(path, "pt", device=str(self.sae.W_dec.device)) as file:
            if (file.metadata() or {}).get("training") != self._about():
                raise ValueError(f"{path} belongs to another training: delete it or name another file")
            for name, p in self.sae.named_parameters():
                p.data.copy_(file.get_tensor(f"sae.{name}"))
                self.optimizer.state[p] = {
                    k: file.get_tensor(f"adam.{name}.{k}") for k in ("step", "exp_avg", "exp_avg_sq")
                }
            self.log = Log(*(file.get_tensor(f"log.{k}").tolist() for k in Log._fields))
            self.silent_for = file.get_tensor("silent_for")
            self.step = int(file.get_tensor("step"))
