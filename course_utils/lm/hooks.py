"""Running the transformer with hooks: collect its activations, put others in their place, let it write.

A hook is a function of the activations at a named point (`model.HOOK_NAMES`). The model calls it with them
and goes on with what it returns. Everything here hooks the MLP's neurons, after their ReLU.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.lm.model import NEURONS, Hook, Transformer, loss_per_token

CHUNK = 256  # sequences that go through the model at once
LAST = "blocks.0.hook_resid_post"  # what a hook leaves out here costs no logits, which are most of the work


@torch.no_grad()
def activations(
    model: Transformer, tokens: Int[Tensor, "seq pos"], first_position: int = 0
) -> Float[Tensor, "token d_mlp"]:
    """The neurons' activations on all tokens from `first_position` on, one row per token."""
    rows = []

    def keep(acts: Tensor) -> Tensor:
        rows.append(acts[:, first_position:].flatten(0, 1))
        return acts

    for part in tokens.split(CHUNK):
        model(part, hooks={NEURONS: keep, LAST: lambda x: x[:, :0]})
    return torch.cat(rows)


@torch.no_grad()
def loss_with(
    model: Transformer, tokens: Int[Tensor, "seq pos"], hook: Hook | None = None
) -> Float[Tensor, "seq pos-1"]:
    """Loss of each next token, in nats, with the neurons' activations passed through `hook`."""
    hooks = {NEURONS: hook} if hook else {}
    return torch.cat([loss_per_token(model(part, hooks=hooks), part) for part in tokens.split(CHUNK)])


@torch.no_grad()
def sample(
    model: Transformer,
    prompt: Int[Tensor, "pos"],
    samples: int,
    length: int,
    generator: torch.Generator,
    hook: Hook | None = None,
) -> Int[Tensor, "sample length"]:
    """`length` tokens after the prompt, drawn from the model's own probabilities, `samples` times.

    `hook` changes the neurons' activations at every position, the prompt's included.
    """
    hooks = {NEURONS: hook} if hook else {}
    hooks[LAST] = lambda x: x[:, -1:]
    tokens = prompt.repeat(samples, 1)
    for _ in range(length):
        logits = model(tokens[:, -model.cfg.n_ctx :], hooks=hooks)[:, -1]
        drawn = torch.multinomial(logits.softmax(-1), 1, generator=generator)
        tokens = torch.cat([tokens, drawn], dim=1)
    return tokens[:, len(prompt) :]
