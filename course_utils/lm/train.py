"""Training: Muon for the block's matrices and Adam for the rest, a warm-up and a linear decay. A run that is
stopped goes on from its last checkpoint, bit for bit.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.checkpoint import batch_rows, resume, save
from course_utils.lm.model import Transformer, loss_per_token
from course_utils.lm.muon import Muon


@dataclass(frozen=True)
class TrainingConfig:
    training_tokens: int = 1_200_000
    batch_size: int = 16  # sequences
    muon_lr: float = 0.03
    adam_lr: float = 0.05
    warm_up_steps: int = 50
    checkpoint_every: int = 500  # steps
    seed: int = 0


def optimizers_for(model: Transformer, cfg: TrainingConfig) -> tuple[Muon, torch.optim.Adam]:
    """Muon for attention's and the MLP's matrices; Adam for embeddings, unembedding, biases, layer norms."""
    attn, mlp = model.blocks[0]["attn"], model.blocks[0]["mlp"]
    reading = [attn["W_Q"], attn["W_K"], attn["W_V"], mlp["W_in"]]
    writing = [attn["W_O"], mlp["W_out"]]
    matrices = {id(W) for W in reading + writing}
    rest = [parameter for parameter in model.parameters() if id(parameter) not in matrices]
    adam = torch.optim.Adam(rest, lr=cfg.adam_lr, betas=(0.9, 0.95), fused=True)
    return Muon(reading, writing, lr=cfg.muon_lr), adam


def schedule(step: int, n_steps: int, warm_up_steps: int) -> float:
    """What learning rates are multiplied with: up to 1 over the warm-up, and linearly down to 0 over all
    steps.
    """
    return min(1.0, (step + 1) / warm_up_steps) * (1 - step / n_steps)


def train(
    model: Transformer,
    tokens: Int[Tensor, "seq pos"],
    cfg: TrainingConfig,
    checkpoint: Path | None = None,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
    loss_fn: Callable[..., Tensor] = loss_per_token,
    content_types: Int[Tensor, "seq pos"] | None = None,
) -> Float[Tensor, "step"]:
    """Train `model` in place; the loss of every step, in nats per token.

    With a `checkpoint` path the state is saved there every `checkpoint_every` steps, and a run that finds one
    goes on from it. `progress` wraps the range of steps (a progress bar, or an early end). The step's loss is
    the mean of `loss_fn(logits, tokens)`; where `content_types` are given it takes the batch's as well.

    Raises:
        ValueError: too few tokens for one step, fewer sequences than a batch has, a checkpoint of another
            training, or one in a folder that doesn't exist. All before the first step.
    """
    device = next(model.parameters()).device
    content_types = None if content_types is None else content_types.to(device)
    tokens, n_steps = tokens.to(device), cfg.training_tokens // (cfg.batch_size * tokens.shape[1])
    if n_steps < 1:
        raise ValueError(
            f"training_tokens={cfg.training_tokens} is less than one batch, {cfg.batch_size} sequences of "
            f"{tokens.shape[1]} tokens: nothing would be trained"
        )
    batch_rows(0, len(tokens), cfg.batch_size, cfg.seed)  # are there enough?
    optimizers = optimizers_for(model, cfg)
    settings = f"{cfg}, {model.cfg}"
    saved = resume(checkpoint, model, optimizers, settings)
    losses = saved.get("losses", torch.zeros(n_steps)).to(device)
    first = int(saved.get("step", 0))
    for step in progress(range(first, n_steps)):
        for optimizer, lr in zip(optimizers, (cfg.muon_lr, cfg.adam_lr), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = lr * schedule(step, n_steps, cfg.warm_up_steps)
        rows = batch_rows(step, len(tokens), cfg.batch_size, cfg.seed).to(device)
        batch = tokens[rows]
        of_type = () if content_types is None else (content_types[rows],)
        loss = loss_fn(model(batch), batch, *of_type).mean()
        model.zero_grad()
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        losses[step] = loss.detach()
        if checkpoint is not None and (step + 1) % cfg.checkpoint_every == 0:
            extras = {"losses": losses, "step": torch.tensor(step + 1)}
            save(checkpoint, model, optimizers, extras, settings)
    return losses.cpu()
