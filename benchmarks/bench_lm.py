"""Speed of lesson 07's transformer: training, beside a loop of PyTorch's own parts; making the corpus.

`python -m benchmarks.table lm` prints the rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.table import Row
from course_utils import assets
from course_utils.checkpoint import batch_rows
from course_utils.lm import baselines, data, train
from course_utils.lm.model import Transformer, TransformerConfig, loss_per_token

SEEDS = range(3)
GAIN = 0.85
"""Nats a token below the bigram, on held-out text: what both trainings are asked for."""


class Plain(nn.Module):
    """The same sizes from PyTorch's own parts, as one would write it first."""

    def __init__(self, cfg: TransformerConfig):
        super().__init__()
        self.embed, self.pos = nn.Embedding(cfg.d_vocab, cfg.d_model), nn.Embedding(cfg.n_ctx, cfg.d_model)
        self.block = nn.TransformerEncoderLayer(
            cfg.d_model, cfg.n_heads, cfg.d_mlp, dropout=0.0, batch_first=True, norm_first=True
        )
        self.norm, self.out = nn.LayerNorm(cfg.d_model), nn.Linear(cfg.d_model, cfg.d_vocab)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(cfg.n_ctx))

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embed(tokens) + self.pos.weight[: tokens.shape[1]]
        return self.out(self.norm(self.block(x, src_mask=self.mask, is_causal=True)))


@dataclass(frozen=True)
class PlainConfig:
    """AdamW's settings for `Plain`, and the tokens that it then needs for `GAIN`: the best of those tried.

    Gains that others reached, seed 0. Batches of 16: 2 million tokens at a rate of 6e-3 .60, 2e-2 .83, 2.2
    million at 2e-2 .87. Batches of 64: 3 million at 1e-2 .66, 4 million at 3e-2 .96.
    """

    training_tokens: int = 2_150_000
    batch_size: int = 16
    lr: float = 2e-2
    warm_up_steps: int = 50


def plain_training(model: Plain, tokens: Tensor, cfg: PlainConfig) -> None:
    """The same schedule as ours: a warm-up, then linearly down to 0."""
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.95), weight_decay=0.01)
    n_steps = cfg.training_tokens // (cfg.batch_size * tokens.shape[1])
    for step in range(n_steps):
        for group in optimizer.param_groups:
            group["lr"] = cfg.lr * train.schedule(step, n_steps, cfg.warm_up_steps)
        batch = tokens[batch_rows(step, len(tokens), cfg.batch_size, seed=0)]
        logits = model(batch)
        loss = F.cross_entropy(logits[:, :-1].flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def rows() -> list[Row]:
    tokenizer = assets.load_tokenizer()
    n_bytes = 8_000_000
    making = seconds(lambda: data.load("train", n_bytes, tokenizer))
    tokens = data.load("train", n_bytes, tokenizer).tokens
    held_out = data.load("held_out", 1_200_000, tokenizer).tokens
    bigram = baselines.bigram(tokens, TransformerConfig().d_vocab)
    bigram_loss = baselines.bigram_loss(bigram, held_out).mean().item()

    @torch.no_grad()
    def gain(model: nn.Module) -> float:
        losses = [loss_per_token(model(part), part) for part in held_out.split(256)]
        return bigram_loss - torch.cat(losses).mean().item()

    found, ours, plain = [], [], PlainConfig()
    for seed in SEEDS:
        model, cfg = Transformer(seed=seed), train.TrainingConfig(seed=seed)
        ours.append((seconds(lambda m=model, c=cfg: train.train(m, tokens, c)), gain(model)))
    torch.manual_seed(0)
    model = Plain(TransformerConfig())
    its_seconds, its_gain = seconds(lambda: plain_training(model, tokens, plain)), gain(model.eval())
    baseline = f"PyTorch's parts, AdamW: {its_gain:.2f} nats"
    for seed, (took, reached) in zip(SEEDS, ours, strict=True):
        work = f"transformer to {GAIN} nats below the bigram, seed {seed}: {reached:.2f} nats"
        found.append(Row(work, took, "s", baseline, its_seconds, its_seconds / took, "≤ 30 s, ≥ 3 ×"))
    speeds = cfg.training_tokens / ours[-1][0], plain.training_tokens / its_seconds
    found.append(
        Row(
            "transformer training",
            speeds[0],
            "tokens/s",
            "PyTorch's parts",
            speeds[1],
            speeds[0] / speeds[1],
            "",
        )
    )
    found.append(Row("corpus, text to tokens", tokens.numel() / making, "tokens/s", "", None, None, ""))
    return found
