"""Interference weights: which of the model's virtual weights do anything, and whether what they do helps.

A virtual weight w goes from a unit with activation a (a latent, or the current token: 1) to a logit; it adds
a w to it. Take it away, and the logit falls by a w. *Effectiveness* is how far that moves the prediction, in
nats: KL(before ‖ after). *Helpfulness* is how much it raises the loss. Both to second order in the change, as
means over tokens; both have closed forms, so a million weights take one product of matrices.
"""

from collections.abc import Callable, Sequence
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
    current: Int[Tensor, "token"]
    following: Int[Tensor, "token"]
    """The token that stands there, and the one that came next."""
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
    here, following = tokens[:, FIRST:-1].flatten(), tokens[:, FIRST + 1 :].flatten()
    return Reading(logits[:, FIRST:-1].flatten(0, 1), here, following, acts)


def to_logits(model: Transformer, sae: SparseAutoencoder) -> dict[str, Float[Tensor, "unit vocab"]]:
    """The virtual weights of both kinds, less each unit's mean over logits: the softmax ignores it."""
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
    return loss_after(reading, lambda part: reading.acts[kind][part] @ gone)


def loss_after(reading: Reading, change: Callable[[slice], Float[Tensor, "_ vocab"]]) -> float:
    """Mean loss in nats with `change` of these tokens taken off their logits."""
    total = 0.0
    for start in range(0, len(reading.following), 2048):
        part = slice(start, start + 2048)
        logits = reading.logits[part] - change(part)
        total += torch.nn.functional.cross_entropy(logits, reading.following[part], reduction="sum").item()
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
    weights: Float[Tensor, "unit target"],
    effective: Float[Tensor, "unit target"],
    loss: Callable[[Float[Tensor, "unit target"]], float],
    shares: Sequence[float],
    generator: torch.Generator,
) -> dict[str, list[float]]:
    """By name of an order, the rise of the loss in nats a token when these shares of the weights go.

    `loss` takes the weights that go.
    """
    size = weights.abs().flatten()
    orders = {
        "least effective first": effective.flatten().argsort(),
        "smallest first": size.argsort(),
        "at random": torch.randperm(len(size), generator=generator),
    }
    whole = loss(torch.zeros_like(weights))
    return {
        name: [loss(pruned(weights, order, share)) - whole for share in shares]
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


# --- token → latent: the change passes through the latent on its way to the logits ---


def reading_weights(
    model: Transformer, sae: SparseAutoencoder, tokens: Int[Tensor, "seq pos"]
) -> Float[Tensor, "vocab latent"]:
    """The virtual weights from the current token's embedding to each latent, with mean slopes."""
    seen = circuits.activity(model, tokens, FIRST)
    neurons, scale = seen.neurons[:, FIRST:].flatten(0, 1), seen.scale[:, FIRST:].flatten()
    slopes = circuits.mean_slopes(sae.encode(neurons) > 0, neurons, scale)
    block = model.blocks[0]
    return circuits.virtual_weights(
        model.embed["W_E"], block["ln2"]["w"], block["mlp"]["W_in"], slopes, sae.W_enc
    )


def reading_effects(
    weights: Float[Tensor, "vocab latent"], reading: Reading, writes: Float[Tensor, "latent vocab"]
) -> tuple[Float[Tensor, "vocab latent"], Float[Tensor, "vocab latent"]]:
    """Effectiveness and helpfulness of each, where the latent fires; `writes` are its weights to the logits.

    The spread of one logit, p (1 − p), becomes that of a whole row of them: the row's variance under p.
    """
    p, scaled = reading.logits.softmax(-1), reading.acts["latent → logit"]
    fires, scale = (scaled > 0).float(), 1 / reading.acts["token → logit"].amax(1, keepdim=True)
    mean = p @ writes.T
    variance = p @ writes.square().T - mean.square()
    gain = writes.T[reading.following] - mean

    def by_token(x: Float[Tensor, "token latent"]) -> Float[Tensor, "vocab latent"]:
        return torch.zeros_like(weights).index_add_(0, reading.current, x) / len(p)

    effective = weights.square() / 2 * by_token(fires * variance / scale**2)
    return effective, weights * by_token(fires * gain / scale) + effective


def loss_without_reading(
    reading: Reading, gone: Float[Tensor, "vocab latent"], writes: Float[Tensor, "latent vocab"]
) -> float:
    """Mean loss in nats with these taken off the latents that fire; none goes below 0."""

    def change(part: slice) -> Float[Tensor, "_ vocab"]:
        scaled, per_scale = (
            reading.acts["latent → logit"][part],
            reading.acts["token → logit"][part].amax(1, keepdim=True),
        )
        off = torch.minimum(gone[reading.current[part]] * per_scale, scaled)  # a silent latent stays silent
        return off * (scaled > 0) @ writes

    return loss_after(reading, change)


@torch.no_grad()
def pruning(seed: int, tokens: int = 40_000) -> dict[str, float]:
    """All three kinds of weight on more text than the lesson takes, for `course sweep` to make a table of."""
    tokenizer, model, sae = assets.load_tokenizer(), assets.load_transformer(), assets.load_sae()
    text = [data.load("held_out", 2 * tokens, tokenizer, seed=seed + 1000 * k).tokens for k in (1, 2)]
    chosen_on, measured_on = (read(model, sae, part) for part in text)
    generator, found = torch.Generator().manual_seed(seed), {}
    kinds = to_logits(model, sae)
    writes = kinds["latent → logit"]

    def effects(kind: str, w: Tensor, reading: Reading) -> tuple[Tensor, Tensor]:
        if kind == "token → latent":
            return reading_effects(w, reading, writes)
        p, acts = reading.logits.softmax(-1), reading.acts[kind]
        return effectiveness(w, acts, p), helpfulness(w, acts, p, reading.following)

    for kind, w in (kinds | {"token → latent": reading_weights(model, sae, text[0])}).items():
        effective, (met, helps) = effects(kind, w, chosen_on)[0], effects(kind, w, measured_on)
        top = most_effective(effective, 0.01)
        found[f"{kind}: share that helps"] = share_that_helps(helps, met)
        found[f"{kind}: share that helps, top 1 %"] = share_that_helps(helps, met * top)

        def loss(gone: Tensor, kind: str = kind) -> float:
            if kind == "token → latent":
                return loss_without_reading(measured_on, gone, writes)
            return loss_without(measured_on, kind, gone)

        shares = [0.5, 0.7, 0.85, 0.95, 1.0]
        for name, cost in rises(w, effective, loss, shares, generator).items():
            found |= {f"{kind}: {name}, {s:.0%}": rise for s, rise in zip(shares, cost, strict=True)}
    return found
