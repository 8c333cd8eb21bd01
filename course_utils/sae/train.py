"""Training sparse autoencoders, by one loop for all recipes and variants.

Nearly all the time goes into the gradients, which `gradients.py` has: written by hand where the loss allows
it, else autograd's.
"""

import json
import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.checkpoint import batch_rows, resume, save
from course_utils.sae import gradients
from course_utils.sae.config import TrainingConfig
from course_utils.sae.model import SparseAutoencoder, folded
from course_utils.sae.steps import normalise_decoder, remove_parallel_gradient, resample_dead

RESAMPLE_POOL = 16_384
"""Inputs among which resampling looks for badly reconstructed ones (the paper: 819 200)."""
LOG_EVERY = 20
"""Steps between two entries of the log."""


class Log(NamedTuple):
    """How a training went: one entry each `LOG_EVERY` steps."""

    step: list[float]
    mse: list[float]
    """‖x − x̂‖² per token, on the activations as they are trained on."""
    l0: list[float]
    dead: list[float]
    """Share of latents that fired in none of the last `dead_feature_window` steps."""


class Trained(NamedTuple):
    sae: SparseAutoencoder
    """Takes unscaled activations; decoder rows have norm 1. In `eval()` mode."""
    log: Log


def train(
    activations: Float[Tensor, "tokens d_in"],
    cfg: TrainingConfig,
    make: Callable[[torch.Generator], SparseAutoencoder] | None = None,
    progress: Callable = iter,
    checkpoint: str | Path | None = None,
    checkpoint_every: int = 500,
    device: str | torch.device = "cpu",
    stop_after: int | None = None,
) -> Trained:
    """Train a sparse autoencoder on a table of activations.

    The same seed gives the same SAE on the same machine, and leaves the global generator alone.

    Args:
        make: a new SAE from a generator, e.g. `lambda generator: TopK(d_in, d_sae, k, generator)`. Without
            it, the ReLU of the paper. A class with a `loss(x)` of its own is trained on that, and
            `cfg.l1_coefficient` doesn't matter.
        progress: wraps the steps' iterable, e.g. `lambda steps: lesson.progress(steps, "SAE")`.
        checkpoint: a file, written each `checkpoint_every` steps. Where it exists already, training goes
            on from it and ends at the same weights, bit for bit.
        stop_after: stop early, after this many steps in all.

    Raises:
        ValueError: activations of another width than `cfg.d_in`, fewer of them than a batch has, or some that
            are not finite; a checkpoint of another training, or in a folder that doesn't exist; `stop_after`
            below 1. All before the first step.
    """
    norms = check_activations(activations, cfg)
    if stop_after is not None and stop_after < 1:
        raise ValueError(f"stop_after={stop_after} would train nothing: leave it out to train to the end")
    scale = math.sqrt(cfg.d_in) / norms.mean().item() if cfg.recipe.scaled else 1.0
    run = Run(cfg, scale, device, make)
    if cfg.recipe.centred:
        run.sae.b_dec.data.copy_(activations.mean(dim=0) * scale)
    checkpoint = Path(checkpoint) if checkpoint is not None else None
    run.load(checkpoint)
    last = min(cfg.steps, stop_after or cfg.steps)
    for _ in progress(range(run.step, last)):
        rows = run.next_rows(len(activations))
        run.advance(activations[rows].to(device) * scale)
        if run.step in cfg.resample_steps:
            generator = torch.Generator().manual_seed(1_000_003 * (cfg.seed + 1) + run.step)
            rows = torch.randint(len(activations), (RESAMPLE_POOL,), generator=generator)
            run.resample(activations[rows].to(device) * scale, generator)
        if checkpoint is not None and (run.step % checkpoint_every == 0 or run.step == last):
            run.save(checkpoint)
    return Trained(folded(run.sae.eval(), scale), run.log)


def check_activations(activations: Tensor, cfg: TrainingConfig) -> Float[Tensor, "tokens"]:
    """The norm of each activation; ValueError if `cfg` can't be trained on them."""
    if activations.ndim != 2 or activations.shape[1] != cfg.d_in:
        raise ValueError(f"activations have shape {tuple(activations.shape)}, wanted (tokens, {cfg.d_in})")
    if len(activations) < cfg.train_batch_size_tokens:
        raise ValueError(
            f"{len(activations)} activations are fewer than a batch of {cfg.train_batch_size_tokens}: "
            "give more, or lower train_batch_size_tokens"
        )
    norms = activations.norm(dim=1)
    if not norms.isfinite().all():
        rows = (~norms.isfinite()).nonzero()[:, 0]
        raise ValueError(
            f"{len(rows)} of {len(norms)} activations are not finite (NaN or infinity), the first in row "
            f"{rows[0]}: find out why, or train on x[x.isfinite().all(dim=1)]"
        )
    if not norms.any():
        raise ValueError("all activations are 0: there is nothing to reconstruct")
    return norms


class Run:
    """All that changes during a training, so that it can be saved and taken up again."""

    def __init__(
        self,
        cfg: TrainingConfig,
        scale: float,
        device: str | torch.device,
        make: Callable[[torch.Generator], SparseAutoencoder] | None = None,
    ):
        self.cfg, self.scale = cfg, scale
        self.generator = torch.Generator().manual_seed(cfg.seed)
        if make is None:
            sae = SparseAutoencoder(cfg.d_in, cfg.d_sae, cfg.recipe.decoder_norm, self.generator)
        else:
            sae = make(self.generator)
        self.sae = sae.to(device).train()
        self.optimizer = torch.optim.Adam(self.sae.parameters(), lr=cfg.lr, fused=True)
        self.silent_for = torch.zeros(cfg.d_sae, dtype=torch.int64, device=device)
        self.step = 0
        self.log = Log([], [], [], [])

    def next_rows(self, n: int) -> Int[Tensor, "batch"]:
        """Which of n activations the next step sees."""
        size = self.cfg.train_batch_size_tokens
        if self.cfg.recipe.with_replacement:
            return torch.randint(n, (size,), generator=self.generator)
        return batch_rows(self.step, n, size, self.cfg.seed)

    def advance(self, x: Float[Tensor, "batch d_in"]) -> None:
        cfg, recipe = self.cfg, self.cfg.recipe
        warm_up = min(1.0, (self.step + 1) / max(1, cfg.l1_warm_up_steps))
        decay = min(1.0, (cfg.steps - self.step) / max(1, cfg.lr_decay_steps))
        for group in self.optimizer.param_groups:
            group["lr"] = cfg.lr * decay
        if type(self.sae).loss is SparseAutoencoder.loss:
            step = gradients.by_hand(self.sae, x, cfg.l1_coefficient * warm_up)
        else:
            step = gradients.by_autograd(self.sae, x)
        if recipe.unit_rows:
            remove_parallel_gradient(self.sae)
        if recipe.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(self.sae.parameters(), recipe.clip_norm)
        self.optimizer.step()
        if recipe.unit_rows:
            normalise_decoder(self.sae)
        self.silent_for = torch.where(step.f_mean > 0, 0, self.silent_for + 1)
        self.step += 1
        if self.step % LOG_EVERY == 0:  # seldom: reading a number makes a GPU wait
            dead = (self.silent_for >= cfg.dead_feature_window).float().mean()
            for entries, value in zip(self.log, (self.step, step.mse, step.l0, dead), strict=True):
                entries.append(float(value))

    def resample(self, x: Float[Tensor, "tokens d_in"], generator: torch.Generator) -> None:
        dead = self.silent_for >= self.cfg.dead_feature_window
        resample_dead(self.sae, self.optimizer, dead, x, generator)
        self.silent_for[dead] = 0

    def _settings(self) -> str:
        sae = {"sae": type(self.sae).__name__, **self.sae.settings()}
        return json.dumps({**asdict(self.cfg), "scale": self.scale, **sae})

    def save(self, path: Path) -> None:
        extras = {f"log.{k}": torch.tensor(v, dtype=torch.float64) for k, v in self.log._asdict().items()}
        extras |= {"silent_for": self.silent_for, "step": torch.tensor(self.step)}
        extras["generator"] = self.generator.get_state()
        save(path, self.sae, [self.optimizer], extras, self._settings())

    def load(self, path: Path | None) -> None:
        if not (extras := resume(path, self.sae, [self.optimizer], self._settings())):
            return
        self.log = Log(*(extras[f"log.{k}"].tolist() for k in Log._fields))
        self.silent_for = extras["silent_for"].to(self.silent_for.device)
        self.step = int(extras["step"])
        self.generator.set_state(extras["generator"])
