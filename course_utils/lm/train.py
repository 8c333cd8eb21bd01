"""Training: AdamW, a warm-up and a cosine decay; a run that is stopped goes on from its last checkpoint, bit
for bit.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.checkpoint import batch_rows, resume, save
from course_utils.lm.model import Transformer, loss_per_token


@dataclass(frozen=True)
class TrainingConfig:
    training_tokens: int = 4_000_000
    batch_size: int = 64  # sequences
    lr: float = 9e-3
    warm_up_steps: int = 100
    weight_decay: float = 0.01
    checkpoint_every: int = 200  # steps
    seed: int = 0


def learning_rate(step: int, n_steps: int, cfg: TrainingConfig) -> float:
    """Linear from 0 over the warm-up, then half a cosine down to a tenth."""
    warm = min(1.0, (step + 1) / cfg.warm_up_steps)
    return cfg.lr * warm * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * step / n_steps)))


def train(
    model: Transformer,
    tokens: Int[Tensor, "seq pos"],
    cfg: TrainingConfig,
    checkpoint: Path | None = None,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
    loss_fn: Callable[[Tensor, Tensor], Tensor] = loss_per_token,
) -> Float[Tensor, "step"]:
    """Train `model` in place; the loss of every step, in nats per token.

    With a `checkpoint` path the state is saved there every `checkpoint_every` steps, and a run that finds one
    goes on from it. `progress` wraps the range of steps (a progress bar, or an early end).

    Raises:
        ValueError: too few tokens for one step, fewer sequences than a batch has, a checkpoint of another
            training, or one in a folder that doesn't exist. All before the first step.
    """
    device = next(model.parameters()).device
    tokens, n_steps = tokens.to(device), cfg.training_tokens // (cfg.batch_size * tokens.shape[1])
    if n_steps < 1:
        raise ValueError(
            f"training_tokens={cfg.training_tokens} is less than one batch, {cfg.batch_size} sequences of "
            f"{tokens.shape[1]} tokens: nothing would be trained"
        )
    batch_rows(0, len(tokens), cfg.batch_size, cfg.seed)  # are there enough?
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=cfg.lr, betas=(0.9, 0.95), weight_decay=cfg.weight_decay, fused=True
    )
    settings = f"{cfg}, {model.cfg}"
    saved = resume(checkpoint, model, optimizer, settings)
    losses = saved.get("losses", torch.zeros(n_steps)).to(device)
    first = int(saved.get("step", 0))
    for step in progress(range(first, n_steps)):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, n_steps, cfg)
        batch = tokens[batch_rows(step, len(tokens), cfg.batch_size, cfg.seed).to(device)]
        loss = loss_fn(model(batch), batch).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses[step] = loss.detach()
        if checkpoint is not None and (step + 1) % cfg.checkpoint_every == 0:
            extras = {"losses": losses, "step": torch.tensor(step + 1)}
            save(checkpoint, model, optimizer, extras, settings)
    return losses.cpu()
