"""Interference weights: which of the model's virtual weights do anything, and whether what they do helps.

A virtual weight w goes from a unit with activation a (a latent, or the current token: 1) to a logit; it adds
a w to it. Take it away, and the logit falls by a w. *Effectiveness* is how far that moves the prediction, in
nats: KL(before ‖ after). *Helpfulness* is how much it raises the loss. Both to second order in the change, as
means over tokens; both have closed forms, so a million weights take one product of matrices.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils import assets
from course_utils.interp import circuits
from course_utils.lm import data, hooks
from course_utils.lm.model import NEURONS, Transformer
from course_utils.sae.model import SparseAutoencoder

FIRST = 4  # the first tokens of a sequence have little before them


class Reading(NamedTuple):
    """What the virtual weights meet on a text, token by token."""

    logits: Float[Tensor, "token vocab"]
    following: Int[Tensor, "token"]
    """The token that came next."""
    acts: dict[str, Float[Tensor, "token unit"]]
    """By kind of weight, each unit's activation over the scale of the last LayerNorm."""


@torch.no_grad()
def read(model: Transformer, sae: SparseAutoencoder, tokens: Int[Tensor, "seq pos"]) -> Reading:
    """Run the model; the units are the current token ("token → logit") and the latents ("latent → logit")."""
    kept = {}

    def keep(name):
        def hook(acts: Tensor) -> Tensor:
            kept[name] = acts[:, FIRST:-1].flatten(0, 1)
            return acts

        return hook

    logits = model(tokens, hooks={name: keep(name) for name in (NEURONS, hooks.LAST)})
    scale = (kept[hooks.LAST].var(-1, correction=0, keepdim=True) + circuits.EPS).sqrt()
    current = torch.nn.functional.one_hot(tokens[:, FIRST:-1].flatten(), model.cfg.d_vocab).float()
    acts = {"token → logit": current / scale, "latent → logit": sae.encode(kept[NEURONS]) / scale}
    return Reading(logits[:, FIRST:-1].flatten(0, 1), tokens[:, FIRST + 1 :].flatten(), acts)


def to_logits(model: Transformer, sae: SparseAutoencoder) -> dict[str, Float[Tensor, "unit vocab"]]:
    """The virtual weights of both kinds, less each unit's mean over the vocabulary: the softmax ignores it."""
    rows = {
        "token → logit": model.embed["W_E"],
        "latent → logit": sae.W_dec @ model.blocks[0]["mlp"]["W_out"],
    }
    weights = {name: circuits.direct_logits(model, vectors) for name, vectors in rows.items()}
    return {name: w - w.mean(-1, keepdim=True) for name, w in weights.items()}


def effectiveness(
    weights: Float[Tensor, "unit vocab"],
    acts: Float[Tensor, "token unit"],
    p: Float[Tensor, "token vocab"],
) -> Float[Tensor, "unit vocab"]:
    """½ w² · mean over tokens of a² p (1 − p): KL in nats a token, to second order, when w alone goes."""
    return weights.square() / 2 * (acts.square().T @ (p * (1 - p))) / len(p)


def helpfulness(
    weights: Float[Tensor, "unit vocab"],
    acts: Float[Tensor, "token unit"],
    p: Float[Tensor, "token vocab"],
    following: Int[Tensor, "token"],
) -> Float[Tensor, "unit vocab"]:
    """Rise of the loss in nats a token, to second order, when w alone goes: positive where w helps."""
    came = torch.nn.functional.one_hot(following, p.shape[1]).to(p)
    return weights * (acts.T @ (came - p)) / len(p) + effectiveness(weights, acts, p)


def kl_without(weight: float, acts: Float[Tensor, "token"], p: Float[Tensor, "token"]) -> float:
    """KL(before ‖ after) in nats a token when one weight goes, with no approximation: `p` is its token's."""
    change = -weight * acts.double()
    return ((1 + p.double() * change.expm1()).log() - p.double() * change).mean().item()


def loss_without(reading: Reading, kind: str, gone: Float[Tensor, "unit vocab"]) -> float:
    """Mean loss in nats with the weights `gone` (0 where one stays) taken away, LayerNorm's scale frozen."""
    total = 0.0
    parts = zip(
        *(x.split(2048) for x in (reading.logits, reading.acts[kind], reading.following)), strict=True
    )
    for logits, acts, following in parts:
        total += torch.nn.functional.cross_entropy(logits - acts @ gone, following, reduction="sum").item()
    return total / len(reading.following)


def pruned(
    weights: Float[Tensor, "unit vocab"], order: Int[Tensor, "weight"], share: float
) -> Float[Tensor, "unit vocab"]:
    """The first `share` of the weights in this order (places in the flattened matrix), 0 elsewhere."""
    chosen = torch.zeros_like(weights).flatten()
    places = order[: round(share * len(order))]
    chosen[places] = weights.flatten()[places]
    return chosen.view_as(weights)


def rises(
    weights: Float[Tensor, "unit vocab"],
    effective: Float[Tensor, "unit vocab"],
    measured_on: Reading,
    kind: str,
    shares: Sequence[float],
    generator: torch.Generator,
) -> dict[str, list[float]]:
    """By name of an order, the rise of the loss in nats a token when these shares of the weights go."""
    size = weights.abs().flatten()
    orders = {
        "least effective first": effective.flatten().argsort(),
        "smallest first": size.argsort(),
        "at random": torch.randperm(len(size), generator=generator),
    }
    whole = loss_without(measured_on, kind, torch.zeros_like(weights))
    return {
        name: [loss_without(measured_on, kind, pruned(weights, order, share)) - whole for share in shares]
        for name, order in orders.items()
    }


def most_effective(effective: Float[Tensor, "unit vocab"], share: float) -> Bool[Tensor, "unit vocab"]:
    """Which weights are this share of all, the most effective ones."""
    chosen = torch.zeros(effective.numel(), dtype=torch.bool)
    chosen[effective.flatten().topk(round(share * effective.numel())).indices] = True
    return chosen.view_as(effective)


def share_that_helps(helps: Float[Tensor, "unit vocab"], effective: Float[Tensor, "unit vocab"]) -> float:
    """Of the weights that were met at all, the share whose loss would rise without them."""
    return (helps[effective > 0] > 0).float().mean().item()


@torch.no_grad()
def pruning(seed: int, tokens: int = 60_000) -> dict[str, float]:
    """Both kinds of weight on more text than the lesson takes, for `course sweep` to make a table of."""
    tokenizer, model, sae = assets.load_tokenizer(), assets.load_transformer(), assets.load_sae()
    chosen_on, measured_on = (
        read(model, sae, data.load("held_out", 2 * tokens, tokenizer, seed=seed + 1000 * k).tokens)
        for k in (1, 2)
    )
    p, p_after = chosen_on.logits.softmax(-1), measured_on.logits.softmax(-1)
    generator, found = torch.Generator().manual_seed(seed), {}
    for kind, weights in to_logits(model, sae).items():
        effective = effectiveness(weights, chosen_on.acts[kind], p)
        acts = measured_on.acts[kind]
        helps = helpfulness(weights, acts, p_after, measured_on.following)
        met = effectiveness(weights, acts, p_after)
        top = most_effective(effective, 0.01)
        found[f"{kind}: share that helps"] = share_that_helps(helps, met)
        found[f"{kind}: share that helps, of the 1 % most effective"] = share_that_helps(helps, met * top)
        shares = [0.5, 0.7, 0.85, 0.95, 1.0]
        for name, cost in rises(weights, effective, measured_on, kind, shares, generator).items():
            found |= {f"{kind}: {name}, {s:.0%}": rise for s, rise in zip(shares, cost, strict=True)}
    return found
