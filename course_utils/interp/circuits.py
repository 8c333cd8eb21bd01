"""Circuits of a one-layer transformer: what makes a latent fire, and who makes whom fire next.

M, section "Finite State Automata". Between the embedding and a latent stand two things that aren't linear:
the LayerNorm's division by a scale, and the neurons' ReLU. Freeze both at what they were (divide by the
number that it was, keep the neurons on that were on), and a latent's pre-activation is a sum, exactly.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils.lm import hooks
from course_utils.lm.model import NEURONS, Transformer, layer_norm
from course_utils.sae.model import SparseAutoencoder

EPS = 1e-5  # of the LayerNorm


class Stream(NamedTuple):
    """The residual stream before the MLP as a sum of parts, and the neurons that it switches on."""

    names: tuple[str, ...]
    parts: Float[Tensor, "part seq pos d_model"]
    neurons: Float[Tensor, "seq pos d_mlp"]


def stream(model: Transformer, tokens: Int[Tensor, "seq pos"]) -> Stream:
    """The parts: the token's embedding, its position, attention to itself and to earlier tokens, the bias."""
    cache = model.run_with_cache(tokens)[1]
    attn, pattern = model.blocks[0]["attn"], cache["blocks.0.attn.hook_pattern"]
    own = pattern.diagonal(dim1=2, dim2=3).transpose(1, 2)  # each head's attention to the token itself
    itself = torch.einsum("bqh,bqhd,hdm->bqm", own, cache["blocks.0.attn.hook_v"], attn["W_O"])
    bias = attn["b_O"].expand_as(itself)
    earlier = cache["blocks.0.hook_attn_out"] - itself - bias
    parts = [cache["hook_embed"], cache["hook_pos_embed"], itself, earlier, bias]
    names = "token", "position", "attention to itself", "attention to earlier tokens", "attention's bias"
    return Stream(names, torch.stack(parts), cache[NEURONS])


def contributions(
    parts: Float[Tensor, "part token d_model"],
    ln_w: Float[Tensor, "d_model"],
    W_in: Float[Tensor, "d_model d_mlp"],
    on: Bool[Tensor, "token d_mlp"],
    reads: Float[Tensor, "d_mlp"],
) -> Float[Tensor, "part token"]:
    """What each part of the residual stream adds to a latent's pre-activation, scale and ReLU frozen.

    `ln_w` is the LayerNorm's weight, `on` the neurons that are on, `reads` the latent's column of W_enc. What
    depends on no part (the biases; `constant`) is left out.
    """
    slope = ((on * reads) @ W_in.T) * ln_w
    slope = slope - slope.mean(-1, keepdim=True)  # LayerNorm takes off the mean
    scale = (parts.sum(0).var(-1, correction=0) + EPS).sqrt()
    return (parts * slope).sum(-1) / scale


def constant(
    model: Transformer, sae: SparseAutoencoder, on: Bool[Tensor, "token d_mlp"], latent: int
) -> Float[Tensor, "token"]:
    """What biases alone add to a latent's pre-activation, on tokens where these neurons are on."""
    mlp, reads = model.blocks[0]["mlp"], sae.W_enc[:, latent]
    biases = model.blocks[0]["ln2"]["b"] @ mlp["W_in"] + mlp["b_in"]
    return on.to(reads) @ (biases * reads) - sae.b_dec @ reads + sae.b_enc[latent]


def by_source(model: Transformer, tokens: Int[Tensor, "pos"], at: int) -> Float[Tensor, "source d_model"]:
    """What attention at position `at` brings from each token up to it."""
    cache = model.run_with_cache(tokens[None])[1]
    pattern, v = cache["blocks.0.attn.hook_pattern"][0, :, at], cache["blocks.0.attn.hook_v"][0]
    return torch.einsum("hk,khd,hdm->km", pattern, v, model.blocks[0]["attn"]["W_O"])[: at + 1]


class Activity(NamedTuple):
    """What the linearised model needs of a text."""

    neurons: Float[Tensor, "seq pos d_mlp"]
    scale: Float[Tensor, "seq pos"]
    """What the LayerNorm before the MLP divides by."""
    own: Float[Tensor, "head"]
    """Each head's mean attention to the token itself, without the first positions."""


@torch.no_grad()
def activity(model: Transformer, tokens: Int[Tensor, "seq pos"], first: int) -> Activity:
    """Run the model up to its neurons; `first` is the number of positions that the mean leaves out."""
    kept: dict[str, list[Tensor]] = {name: [] for name in ("neurons", "scale", "own")}

    def keep(name: str, of: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        def hook(acts: Tensor) -> Tensor:
            kept[name].append(of(acts))
            return acts

        return hook

    points = {
        NEURONS: keep("neurons", lambda acts: acts),
        "blocks.0.hook_resid_mid": keep("scale", lambda x: (x.var(-1, correction=0) + EPS).sqrt()),
        "blocks.0.attn.hook_pattern": keep("own", lambda p: p.diagonal(dim1=2, dim2=3)[..., first:].mean(-1)),
        hooks.LAST: lambda x: x[:, :0],
    }
    for part in tokens.split(hooks.CHUNK):
        model(part, hooks=points)
    neurons, scale, own = (torch.cat(rows) for rows in kept.values())
    return Activity(neurons, scale, own.mean(0))


# --- from weights: latent -> token -> latent ---


def mean_slopes(
    fires: Bool[Tensor, "token latent"],
    neurons: Float[Tensor, "token d_mlp"],
    scale: Float[Tensor, "token"],
) -> Float[Tensor, "latent d_mlp"]:
    """How steeply each neuron follows the residual stream, on average where the latent fires.

    That is 1 / scale where the neuron is on and 0 where it is off. A latent that never fires gets 0.
    """
    member = fires.to(neurons)
    return member.T @ ((neurons > 0) / scale[:, None]) / member.sum(0).clamp_min(1)[:, None]


def virtual_weights(
    embedded: Float[Tensor, "vocab d_model"],
    ln_w: Float[Tensor, "d_model"],
    W_in: Float[Tensor, "d_model d_mlp"],
    slopes: Float[Tensor, "latent d_mlp"],
    W_enc: Float[Tensor, "d_mlp latent"],
) -> Float[Tensor, "vocab latent"]:
    """What each token, as the current one, adds to each latent's pre-activation: products of weights."""
    slope = ((slopes * W_enc.T) @ W_in.T) * ln_w
    return embedded @ (slope - slope.mean(-1, keepdim=True)).T


def token_vectors(
    model: Transformer, own: Float[Tensor, "head"], first: int
) -> Float[Tensor, "vocab d_model"]:
    """Each token's embedding, and what attention to itself adds to it: `own` is each head's mean attention.

    The value is read at the mean position from `first` on.
    """
    block, W_E = model.blocks[0], model.embed["W_E"]
    here = W_E + model.pos_embed["W_pos"][first:].mean(0)
    normed = layer_norm(here, block["ln1"]["w"], block["ln1"]["b"])
    values = torch.einsum("tm,hmd->thd", normed, block["attn"]["W_V"])
    return W_E + torch.einsum("thd,h,hdm->tm", values, own, block["attn"]["W_O"])


def direct_logits(model: Transformer, vectors: Float[Tensor, "unit d_model"]) -> Float[Tensor, "unit vocab"]:
    """What vectors in the residual stream add to each logit, times the last LayerNorm's scale."""
    centred = vectors - vectors.mean(-1, keepdim=True)
    return (centred * model.ln_final["w"]) @ model.unembed["W_U"]


def predicted_lift(
    said: Float[Tensor, "latent vocab"],
    p_corpus: Float[Tensor, "vocab"],
    weights: Float[Tensor, "vocab latent"],
    cut: float = 2.0,
) -> Float[Tensor, "latent latent"]:
    """From weights alone: how many times likelier row's latent makes the next token one of column's tokens.

    `said` is what the latent adds to the logits, here to those of the corpus as a whole. Column's tokens are
    those whose virtual weight stands `cut` standard deviations above the mean. 1 where it has none.
    """
    centred = weights - p_corpus @ weights
    member = (centred > cut * (p_corpus @ centred.square()).sqrt()).to(weights)
    before, after = p_corpus @ member, (p_corpus.log() + said).softmax(-1) @ member
    return torch.where(before > 0, after / before.clamp_min(1e-12), 1.0)


# --- counted in text ---


def transitions(
    fires: Bool[Tensor, "seq pos latent"],
) -> tuple[Float[Tensor, "latent latent"], Float[Tensor, "latent latent"]]:
    """Share and lift. Share: of the tokens where row's latent fires, those with column's on the next token.

    Lift is that share over column's share of all tokens that follow another. A sequence's last token has no
    next one. 0 where row's latent, or column's, never fires.
    """
    now, following = (part.flatten(0, 1).float() for part in (fires[:, :-1], fires[:, 1:]))
    share = now.T @ following / now.sum(0).clamp_min(1)[:, None]
    everywhere = following.mean(0)
    return share, torch.where(everywhere > 0, share / everywhere.clamp_min(1e-12), 0.0)


def spearman(a: Float[Tensor, "*n"], b: Float[Tensor, "*n"]) -> float:
    """The correlation of ranks. Ties are broken by place."""
    ranks = [x.flatten().argsort(stable=True).argsort().double() for x in (a, b)]
    return torch.corrcoef(torch.stack(ranks))[0, 1].item()
