"""Detectors of a class of text, by the number of labels, and the three places to try them (lesson 12).

A detector is a direction: on the neurons, or on an SAE's latents. Where it was chosen says little about where
it will be used, so each is tried on ordinary text, inside other formats, and against text that looks alike.
Kantamneni et al. (2025), "Are sparse autoencoders useful?", https://arxiv.org/abs/2502.16681.
"""

import json
import random
import urllib.parse
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils.interp import probe
from course_utils.lm import corpus
from course_utils.lm.tokenizer import SEPARATOR

LOOKALIKES = {
    "base64": ("hex", "alphanumeric", "uuid", "rot13", "iban"),
    "hex": ("base64", "alphanumeric", "uuid", "binary", "dna"),
    "legal": ("english", "docstring"),
}
"""For each class, types of text that are easily taken for it."""
PENALTY = 1e-2
"""Of every probe here: with eight labels, weights need to be held."""


def class_gap(
    acts: Float[Tensor, "label unit"], in_class: Bool[Tensor, "label"], spread: Float[Tensor, "unit"]
) -> Float[Tensor, "unit"]:
    """How far each unit tells the labelled tokens apart: (mean in the class − mean outside) / spread.

    `spread` is the unit's standard deviation over text without labels, of which there is plenty. A unit
    without spread gets 0.
    """
    gap = acts[in_class].mean(0) - acts[~in_class].mean(0)
    return torch.where(spread > 0, gap / spread.clamp_min(1e-12), 0.0)


def sparse_probe(
    acts: Float[Tensor, "label unit"], in_class: Bool[Tensor, "label"], gap: Float[Tensor, "unit"], k: int
) -> Float[Tensor, "unit"]:
    """A logistic regression on the k units of the largest gap; 0 for all others.

    Gurnee et al. (2023), "Finding neurons in a haystack", https://arxiv.org/abs/2305.01610.
    """
    chosen = gap.topk(k).indices
    direction = torch.zeros_like(gap)
    direction[chosen] = probe.fit_probe(acts[:, chosen], in_class, PENALTY).direction
    return direction


def labelled(
    in_class: Bool[Tensor, "token"], count: int, generator: torch.Generator
) -> tuple[Int[Tensor, "label"], Bool[Tensor, "label"]]:
    """`count` tokens drawn at random, half of them of the class, and their labels."""
    halves = (in_class.nonzero()[:, 0], (~in_class).nonzero()[:, 0])
    drawn = [part[torch.randperm(len(part), generator=generator)[: count // 2]] for part in halves]
    return torch.cat(drawn), torch.arange(sum(map(len, drawn))) < len(drawn[0])


class Carried(NamedTuple):
    """Text of a class, and other text, as values inside JSON objects and URLs: one object a sequence."""

    tokens: Int[Tensor, "seq pos"]
    inside: Bool[Tensor, "seq pos"]
    """The token overlaps a value of the class."""
    counted: Bool[Tensor, "seq pos"]
    """Not padding."""


def carried(name: str, count: int, tokenizer, seed: int, n_bytes: int = 600_000, n_ctx: int = 64) -> Carried:
    """`count` JSON objects and URLs that hold 60 characters of the type, and as many that hold another."""
    rng, texts = random.Random(f"{seed}/{name}"), {}
    for document in corpus.documents(n_bytes, "held_out", seed):
        texts.setdefault(document.content_type, []).append(document.text)
    others = sorted(set(texts) - {name})
    rows = []
    for k in range(2 * count):
        ours = k % 2 == 0
        text = rng.choice(texts[name if ours else rng.choice(others)])
        begin = rng.randrange(max(len(text) - 60, 1))
        before, value, after = carrier(" ".join(text[begin : begin + 60].split()), k % 4 < 2, rng)
        encoded = tokenizer.encode(before + value + after)
        edge = len(before) + len(value)
        inside = [ours and a < edge and b > len(before) for a, b in encoded.offsets]
        ids = [tokenizer.token_to_id(SEPARATOR), *encoded.ids][:n_ctx]
        padding = n_ctx - len(ids)
        rows.append((
            ids + [0] * padding,
            [False, *inside][:n_ctx] + [False] * padding,
            [True] * len(ids) + [False] * padding,
        ))  # fmt: skip
    return Carried(*(torch.tensor(part) for part in zip(*rows, strict=True)))


def carrier(piece: str, as_json: bool, rng: random.Random) -> tuple[str, str, str]:
    """What stands before a value, the value as that format writes it, what stands after."""
    if as_json:
        before = json.dumps({"id": rng.randrange(10_000), "name": rng.choice("ABCDE")})[:-1] + ', "value": "'
        return before, json.dumps(piece, ensure_ascii=False)[1:-1], '", "ok": true}'
    before = f"https://{rng.choice(['api.', 'www.', ''])}example.org/{rng.choice(['get', 'item', 'v2/q'])}?q="
    value = urllib.parse.quote_plus(piece, safe="+/=") if piece.isascii() else piece.replace(" ", "+")
    return before, value, f"&page={rng.randrange(99)}"


def caught(target: Float[Tensor, "_"], text: Float[Tensor, "token"], false_alarms: float) -> float:
    """Share of the target's scores above a threshold that lets no more than this share of the text through.

    With n = ⌊false_alarms · tokens⌋ alarms allowed, the threshold is the (n + 1)-th largest score of the
    text; a score has to lie above it.
    """
    allowed = int(false_alarms * len(text) + 1e-9)
    threshold = text.topk(allowed + 1).values[-1]
    return (target > threshold).float().mean().item()


def error_part(
    direction: Float[Tensor, "d_in"],
    ours: Float[Tensor, "token d_in"],
    others: Float[Tensor, "token2 d_in"],
    sae,
) -> float:
    """What share of the gap between two means, along a direction, lies in x − x̂: where no latent is.

    x = x̂ + error, so the gap is a sum of two, and the share may be negative or above 1.
    """
    gap = (ours.mean(0) - others.mean(0)) @ direction
    ours, others = (sae.decode(sae.encode(x)) for x in (ours, others))
    explained = (ours.mean(0) - others.mean(0)) @ direction
    return (1 - explained / gap).item()
