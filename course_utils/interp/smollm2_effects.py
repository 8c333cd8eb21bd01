"""What base64's latent does in SmolLM2, beside many directions: tables of lesson 13, by `course sweep`."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils.assets import make_smollm2
from course_utils.interp import effects, proxies, smollm2, text
from course_utils.lm.corpus import CONTENT_TYPES
from course_utils.lm.tokenizer import token_bytes
from course_utils.pretrained import directions, running

PROMPTS = ("1, 2, 3, 4,", "Hello, my name is")
STRENGTH = 3.0
"""A direction is held on at so many times the latent's largest activation."""
TOP = 20


def pushed(x: Float[Tensor, "seq pos d_model"], d: Float[Tensor, "*seq d_model"]) -> Tensor:
    """The stream with `d`, one for all sequences or one for each, added at every ordinary position."""
    return x + directions.ordinary(x, make_smollm2.FACTOR)[..., None] * d.unsqueeze(-2)


def top_in_alphabet(logits: Float[Tensor, "vocab"], alphabet: Bool[Tensor, "vocab"]) -> float:
    """The share of base64's alphabet among the TOP tokens that are raised most."""
    return alphabet[logits.topk(TOP).indices].float().mean().item()


def random_directions(count: int, d_model: int, seed: int) -> Float[Tensor, "count d_model"]:
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(count, d_model, generator=generator), dim=1)


def samples_with(
    model, words, prompt: str, d: Float[Tensor, "sample d_model"], generator: torch.Generator
) -> list[str]:
    """A text of 40 tokens for each direction in `d`, sampled while it is added to the stream."""
    ids = torch.tensor(words.encode(prompt).ids)
    hooks = {make_smollm2.HOOK: lambda x: pushed(x, d)}
    return [words.decode(row) for row in running.sample(model, ids, len(d), 40, generator, hooks).tolist()]


def share_of_runs(texts: list[str]) -> float:
    """The share of texts with a base64 run, by lesson 09's rule."""
    return sum(map(proxies.has_base64_run, texts)) / len(texts)


@torch.no_grad()
def smollm2_ablated(seed: int, count: int = 20, sequences: int = 3) -> dict[str, float]:
    """The latent of this seed's SAE taken off and put in twice, beside `count` random directions.

    On the sequences of the test pile that hold most base64. "odd" is what of the change of loss turns round
    with the sign, in nats a token; "elsewhere" is that in as many sequences without base64. "by weights" and
    "by effect": the share of base64's alphabet among the TOP tokens, by the direction's logit weights and by
    what the output does when it is held on.
    """
    model, words = make_smollm2.load()
    sae = make_smollm2.of_seed(seed)
    latent, largest = smollm2.find(sae, smollm2.read(model, words, "search"))
    text_, x = make_smollm2.stream(model, words, "test")
    x = x.float()
    ordinary = directions.ordinary(x, make_smollm2.FACTOR)
    inside = smollm2.is_type(text_.content_types, "base64") & ordinary
    order = inside.sum(1).argsort(descending=True, stable=True)

    def odd(d: Float[Tensor, "d_model"], rows: Int[Tensor, "row"], where: Bool[Tensor, "seq pos"]) -> float:
        part = sae.encode(x[rows])[..., [latent]] * d * ordinary[rows][..., None]

        def loss(hook) -> float:
            seen = running.loss_from(model, hook(x[rows]), text_.tokens[rows], make_smollm2.LAYER)
            return seen[where[rows, 1:]].mean().item()

        return effects.odd_part(loss, lambda _: part)

    alphabet = text.tokens_in_alphabet(token_bytes(words), proxies.BASE64_ALPHABET)
    stream = running.residual_stream(model, torch.tensor([words.encode(PROMPTS[0]).ids]), make_smollm2.LAYER)
    plain = model(stream, start_at_layer=make_smollm2.LAYER + 1)[0, -1]

    def says(d: Float[Tensor, "d_model"]) -> tuple[float, float]:
        held = pushed(stream, STRENGTH * largest * d)
        effect = model(held, start_at_layer=make_smollm2.LAYER + 1)[0, -1] - plain
        weights = (d * model.ln_final) @ model.W_E.T
        return top_in_alphabet(weights, alphabet), top_in_alphabet(effect, alphabet)

    d, others = sae.W_dec[latent], random_directions(count, sae.d_in, seed)
    most, none = order[:sequences], order[-sequences:]
    row = {"odd": odd(d, most, inside), "odd elsewhere": odd(d, none, ordinary & ~inside)}
    row["by weights"], row["by effect"] = says(d)
    found = torch.tensor([[odd(other, most, inside), *says(other)] for other in others])
    for column, name in zip(found.T, ("odd", "by weights", "by effect"), strict=True):
        row[f"random, {name}"], row[f"random, {name}, largest"] = column.mean().item(), column.max().item()
    row["random, odd, deviation"] = found[:, 0].std().item()
    row["z"] = (row["odd"] - row["random, odd"]) / row["random, odd, deviation"]
    return row | {"latent": latent, "tokens": int(inside[most].sum())}


@torch.no_grad()
def smollm2_pinned(seed: int, strength: float = STRENGTH, samples: int = 12) -> dict[str, float]:
    """Directions held on at `strength` times the latent's largest activation: shares of samples with a run.

    The latent of this seed's SAE, the difference of means, the layer's neuron that follows base64 best, and
    20 random directions, a sample each; after both PROMPTS, so that there are 2 × `samples`, and 40.
    """
    model, words = make_smollm2.load()
    sae = make_smollm2.of_seed(seed)
    pile = smollm2.read(model, words, "search")
    latent, largest = smollm2.find(sae, pile)
    tokens, types = (part[::8] for part in make_smollm2.text(words, "search"))
    layer, base64 = make_smollm2.LAYER, CONTENT_TYPES.index("base64")
    [neurons], _ = smollm2.streamed(model, sae, tokens, types, [layer])
    neuron = int(neurons[:, base64].argmax())
    pins = {
        "latent": sae.W_dec[[latent]].expand(samples, -1),
        "means": directions.difference_of_means(pile.x, smollm2.is_type(pile.types, "base64")).expand(
            samples, -1
        ),
        "neuron": F.normalize(model.blocks[layer].W_out[[neuron]], dim=1).expand(samples, -1),
        "random": random_directions(20, sae.d_in, seed),
    }
    d, row = strength * largest * torch.cat(list(pins.values())), {}
    for k, prompt in enumerate(PROMPTS, 1):
        texts = samples_with(model, words, prompt, d, torch.Generator().manual_seed(1000 * seed + k))
        for name, held in pins.items():
            row[f"{name}, prompt {k}"] = share_of_runs(texts[: len(held)])
            texts = texts[len(held) :]
    return row | {name: (row[f"{name}, prompt 1"] + row[f"{name}, prompt 2"]) / 2 for name in pins}
