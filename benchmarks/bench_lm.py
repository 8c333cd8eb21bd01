"""Speed of lesson 07's transformer: training, beside a loop of PyTorch's own parts; making the corpus.

`python -m benchmarks.table lm` prints the rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.table import Row
from course_utils import assets
from course_utils.lm import data, train
from course_utils.lm.model import Transformer, TransformerConfig

BATCH, STEPS = 64, 60


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


def plain_training(tokens: Tensor) -> None:
    model = Plain(TransformerConfig())
    optimizer = torch.optim.AdamW(model.parameters())
    for batch in tokens[: BATCH * STEPS].split(BATCH):
        logits = model(batch)
        loss = F.cross_entropy(logits[:, :-1].flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()


def our_training(tokens: Tensor) -> None:
    cfg = train.TrainingConfig(training_tokens=BATCH * STEPS * tokens.shape[1], batch_size=BATCH)
    train.train(Transformer(), tokens, cfg)


def seconds(work: Callable[[], object]) -> float:
    """The better of two runs: the first one also warms up."""
    times = []
    for _ in range(2):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def rows() -> list[Row]:
    tokenizer = assets.load_tokenizer()
    n_bytes = 1_000_000
    making = seconds(lambda: data.load("train", n_bytes, tokenizer))
    tokens = data.load("train", n_bytes, tokenizer).tokens
    trained = BATCH * STEPS * tokens.shape[1]
    ours, plain = (trained / seconds(lambda f=f: f(tokens)) for f in (our_training, plain_training))
    return [
        Row("transformer training", ours, "tokens/s", "PyTorch's parts", plain, ours / plain, "≥ 100,000"),
        Row("corpus, text to tokens", tokens.numel() / making, "tokens/s", "", None, None, ""),
    ]
