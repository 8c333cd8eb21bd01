"""Running a `Llama` with hooks: its activations, losses, text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.lm.model import Hook, loss_per_token
from course_utils.pretrained.llama import Llama

CHUNK = 8  # sequences at once: with a vocabulary of 49 152, logits are large


def residual_stream(
    model: Llama,
    tokens: Int[Tensor, "seq pos"],
    layer: int,
    progress: Callable[[Iterable], Iterable] = iter,
) -> Float[Tensor, "seq pos d_model"]:
    """The residual stream after `layer`, the first being 0."""
    parts = tokens.split(CHUNK)
    return torch.cat([model(part, stop_at_layer=layer + 1) for part in progress(parts)])


def loss_from(
    model: Llama,
    resid: Float[Tensor, "seq pos d_model"],
    tokens: Int[Tensor, "seq pos"],
    layer: int,
) -> Float[Tensor, "seq pos-1"]:
    """Loss of each next token, in nats, when the residual stream after `layer` is `resid`."""
    parts = zip(resid.split(CHUNK), tokens.split(CHUNK), strict=True)
    return torch.cat([loss_per_token(model(x, start_at_layer=layer + 1), part) for x, part in parts])


def sample(
    model: Llama,
    prompt: Int[Tensor, "pos"],
    samples: int,
    length: int,
    generator: torch.Generator,
    hooks: Mapping[str, Hook] | None = None,
) -> Int[Tensor, "sample length"]:
    """`length` tokens after the prompt, drawn from the model's own probabilities, `samples` times.

    Keys and values are kept, so a hook sees the prompt first, and then one new position at a time.
    """
    kept, new, drawn = [], prompt.repeat(samples, 1), []
    for _ in range(length):
        logits = model(new, hooks, kept=kept)[:, -1]
        new = torch.multinomial(logits.softmax(-1), 1, generator=generator)
        drawn.append(new)
    return torch.cat(drawn, dim=1)
