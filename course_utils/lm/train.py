"""Training: AdamW, a warm-up and a cosine decay; a run that is stopped goes on from its last checkpoint, bit
for bit.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from jaxtyping import Float, Int
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

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


@lru_cache(maxsize=1)
def shuffled(n: int, seed: int) -> Int[Tensor, "n"]:
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))


def batch_rows(step: int, n_rows: int, batch_size: int, seed: int) -> Int[Tensor, "batch"]:
    """The rows of a step's batch. Every epoch is a new shuffle, drawn from the seed and the epoch."""
    epoch, position = divmod(step, n_rows // batch_size)
    order = shuffled(n_rows, seed * 1_000_003 + epoch)
    return order[position * batch_size : (position + 1) * batch_size]


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
    """Train `model` in place; the loss of every step, in nats a token.

    With a `checkpoint` path the state is saved there every `checkpoint_every` steps, and a run that finds one
    goes on from it. `progress` wraps the range of steps (a progress bar, or an early end).
    """
    device = next(model.parameters()).device
    tokens, n_steps = tokens.to(device), cfg.training_tokens // (cfg.batch_size * tokens.shape[1])
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=cfg.lr, betas=(0.9, 0.95), weight_decay=cfg.weight_decay, fused=True
    )
    losses, first = torch.zeros(n_steps, device=device), 0
    if checkpoint is not None and checkpoint.exists():
        first = restore(checkpoint, model, optimizer, losses, cfg)
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
            save(checkpoint, model, optimizer, losses, step + 1, cfg)
    return losses.cpu()


def save(
    path: Path,
    model: Transformer,
    optimizer: torch.optim.Optimizer,
    losses: Tensor,
    step: int,
    cfg: TrainingConfig,
) -> None:
    """Weights, Adam's moments, losses so far and the next step, written beside and then moved into place."""
    state = {"losses": losses, "step": torch.tensor(step)}
    for name, parameter in model.named_parameters():
        state[f"weight/{name}"] = parameter.detach()
        for key, value in optimizer.state[parameter].items():
            state[f"{key}/{name}"] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, temporary, {"config": repr(cfg)})
    os.replace(temporary, path)


def restore(
    path: Path, model: Transformer, optimizer: torch.optim.Optimizer, losses: Tensor, cfg: TrainingConfig
) -> int:
    """Put a saved state back; the step to go on with. ValueError when it was saved by a run with other
    settings.
    """
    with safe_open(path, "pt") as file:
        saved = (file.metadata() or {}).get("config")
        if saved != repr(cfg):
            raise ValueError(
                f"{path} is the checkpoint of another run ({saved}, not {cfg}): remove it to begin anew"
            )
        state = {name: file.get_tensor(name) for name in file.keys()}
    losses.copy_(state["losses"])
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(state[f"weight/{name}"])
            moments = {
                key: state[f"{key}/{name}"].to(parameter.device) for key in ("exp_avg", "exp_avg_sq", "step")
            }
            optimizer.state[parameter] = moments
    return int(state["step"])
