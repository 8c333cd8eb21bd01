"""Does an automaton run? Pins on one token, with controls, in texts of a kind and after a neutral prompt.

M, section "Finite State Automata". In a model with one layer a latent acts on the next position through one
thing only: the token that it makes the model write.
"""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils.interp import effects
from course_utils.lm import hooks
from course_utils.lm.model import NEURONS, Transformer
from course_utils.sae.model import SparseAutoencoder

Change = Callable[[Float[Tensor, "text d_mlp"]], Float[Tensor, "text d_mlp"]]


def texts_ending(
    tokens: Int[Tensor, "seq pos"],
    there: Bool[Tensor, "seq pos"],
    count: int,
    length: int,
    generator: torch.Generator,
) -> Int[Tensor, "text length"]:
    """Up to `count` texts of `length` tokens, each from one sequence, that end where `there` is true."""
    there = there.clone()
    there[:, : length - 1] = False
    places = there.nonzero()
    places = places[torch.randperm(len(places), generator=generator)[:count]]
    return tokens[places[:, :1], places[:, 1:] + torch.arange(1 - length, 1)]


@torch.no_grad()
def next_fires(
    model: Transformer,
    sae: SparseAutoencoder,
    texts: Int[Tensor, "text pos"],
    generator: torch.Generator,
    change: Change | None = None,
) -> Float[Tensor, "latent"]:
    """Share of the texts after which each latent fires: on one token that the model writes there.

    `change` acts on the neurons of the text's last token only.
    """

    def last(acts: Tensor) -> Tensor:
        return torch.cat([acts[:, :-1], change(acts[:, -1])[:, None]], dim=1)

    own = {NEURONS: last} if change else {}
    logits = model(texts, hooks=own | {hooks.LAST: lambda x: x[:, -1:]})[:, 0]
    written = torch.multinomial(logits.softmax(-1), 1, generator=generator)
    acts = hooks.activations(model, torch.cat([texts, written], dim=1), texts.shape[1])
    return (sae.encode(acts) > 0).float().mean(0)


def pins(
    sae: SparseAutoencoder, latent: int, value: float, texts: int, generator: torch.Generator
) -> dict[str, Change | None]:
    """The pin of a latent, and three controls: no pin, another latent at that value, a random direction.

    The other latent and the direction are drawn anew for each of so many texts.
    """
    others = torch.randint(0, sae.d_sae, (texts, 1), generator=generator)
    push = torch.nn.functional.normalize(torch.randn(texts, sae.d_in, generator=generator), dim=1)

    def another(acts: Tensor) -> Tensor:
        return acts + (value - sae.encode(acts).gather(1, others)) * sae.W_dec[others[:, 0]]

    return {
        "pinned": lambda acts: effects.pin(acts, sae, latent, value),
        "no pin": None,
        "another latent": another,
        "random direction": lambda acts: acts + value * push,
    }


@torch.no_grad()
def fires_later(
    model: Transformer,
    sae: SparseAutoencoder,
    prompt: Int[Tensor, "pos"],
    samples: int,
    ahead: int,
    members: Sequence[int],
    generator: torch.Generator,
    change: Change | None = None,
) -> Float[Tensor, "ahead"]:
    """Share of samples in which any of `members` fires, by the number of tokens after the prompt.

    `change` acts on the neurons of the prompt's last token only; the model writes on freely.
    """
    end = len(prompt)

    def once(acts: Tensor) -> Tensor:
        return torch.cat([acts[:, : end - 1], change(acts[:, end - 1])[:, None], acts[:, end:]], dim=1)

    written = hooks.sample(model, prompt, samples, ahead, generator, once if change else None)
    whole = torch.cat([prompt.expand(samples, -1), written], dim=1)
    acts = sae.encode(hooks.activations(model, whole, end)).view(samples, ahead, -1)
    return (acts[:, :, list(members)] > 0).any(-1).float().mean(0)
