"""A transformer of the Llama kind, to be read beside `lm.model`.

The same residual stream, and four parts that are others: RMSNorm for LayerNorm, positions as rotations of
queries and keys, several query heads to one key head, and neurons that multiply two readings. Hook points
have the names of TransformerLens. SmolLM2-135M has 30 such layers: https://arxiv.org/abs/2502.02737.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.lm.model import Hook
from course_utils.pretrained.gguf import GGUF

HOOKS = ("hook_resid_pre", "attn.hook_z", "hook_resid_mid", "mlp.hook_post", "hook_resid_post")
"""Of each layer: its names begin with "blocks.LAYER."."""


@dataclass(frozen=True)
class LlamaConfig:
    """Sizes, under TransformerLens' names."""

    d_vocab: int
    n_layers: int
    d_model: int
    n_heads: int
    n_key_value_heads: int
    d_head: int
    d_mlp: int
    n_ctx: int
    rotary_base: float
    eps: float


def rms_norm(x: Float[Tensor, "*batch d"], w: Float[Tensor, "d"], eps: float) -> Float[Tensor, "*batch d"]:
    """w * x / √(mean(x²) + eps): a LayerNorm that shifts nothing (arXiv 1910.07467)."""
    return w * x * (x.square().mean(-1, keepdim=True) + eps).rsqrt()


def rotate(
    x: Float[Tensor, "batch pos head d_head"], first: int, base: float
) -> Float[Tensor, "batch pos head d_head"]:
    """Rotary positions (arXiv 2104.09864): entries 2i and 2i + 1 are a point in a plane, turned by an angle.

    At position p the angle is p base^(-2i / d_head); `first` is the first row's position.
    """
    d_head = x.shape[-1]
    frequencies = base ** (-torch.arange(0, d_head, 2, device=x.device, dtype=x.dtype) / d_head)
    positions = torch.arange(first, first + x.shape[1], device=x.device)
    angles = (positions[:, None] * frequencies)[:, None, :]  # [pos, 1, d_head / 2]
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = even * angles.cos() - odd * angles.sin(), even * angles.sin() + odd * angles.cos()
    return torch.stack(turned, dim=-1).flatten(-2)


def grouped_attention(
    q: Float[Tensor, "batch query head d_head"],
    k: Float[Tensor, "batch key group d_head"],
    v: Float[Tensor, "batch key group d_head"],
) -> Float[Tensor, "batch query head d_head"]:
    """Causal attention in which head / group heads, one after the other, share keys and values.

    The queries are those of the last positions: where keys are kept from before, there are more keys.
    """
    k, v = (kept.repeat_interleave(q.shape[2] // k.shape[2], dim=2) for kept in (k, v))
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / math.sqrt(q.shape[-1])
    queries, keys = scores.shape[-2:]
    future = torch.full((queries, keys), -torch.inf, device=q.device, dtype=q.dtype).triu(1 + keys - queries)
    return torch.einsum("bhqk,bkhd->bqhd", (scores + future).softmax(-1), v)


def gated_neurons(
    x: Float[Tensor, "*batch d_model"],
    W_gate: Float[Tensor, "d_model d_mlp"],
    W_in: Float[Tensor, "d_model d_mlp"],
) -> Float[Tensor, "*batch d_mlp"]:
    """silu(x W_gate) * (x W_in), with silu(a) = a / (1 + exp(-a)). No biases (SwiGLU, arXiv 2002.05202)."""
    return F.silu(x @ W_gate) * (x @ W_in)


class Block(NamedTuple):
    """The weights of one layer."""

    ln1: Float[Tensor, "d_model"]
    W_Q: Float[Tensor, "d_model head*d_head"]
    W_K: Float[Tensor, "d_model group*d_head"]
    W_V: Float[Tensor, "d_model group*d_head"]
    W_O: Float[Tensor, "head*d_head d_model"]
    ln2: Float[Tensor, "d_model"]
    W_gate: Float[Tensor, "d_model d_mlp"]
    W_in: Float[Tensor, "d_model d_mlp"]
    W_out: Float[Tensor, "d_mlp d_model"]


NAMES = {
    "ln1": "attn_norm",
    "W_Q": "attn_q",
    "W_K": "attn_k",
    "W_V": "attn_v",
    "W_O": "attn_output",
    "ln2": "ffn_norm",
    "W_gate": "ffn_gate",
    "W_in": "ffn_up",
    "W_out": "ffn_down",
}
"""What the weights are called in a GGUF file."""
KeysAndValues = list[tuple[Tensor, Tensor]]


class Llama:
    """logits = W_E rms_norm(x): the same matrix reads the residual stream that wrote to it.

    The parts are functions, so that a subclass can put another one in place.
    """

    rms_norm = staticmethod(rms_norm)
    rotate = staticmethod(rotate)
    grouped_attention = staticmethod(grouped_attention)
    gated_neurons = staticmethod(gated_neurons)

    def __init__(self, cfg: LlamaConfig, W_E: Tensor, blocks: list[Block], ln_final: Tensor):
        self.cfg, self.W_E, self.blocks, self.ln_final = cfg, W_E, blocks, ln_final

    @torch.no_grad()
    def __call__(
        self,
        x: Int[Tensor, "batch pos"] | Float[Tensor, "batch pos d_model"],
        hooks: Mapping[str, Hook] | None = None,
        start_at_layer: int = 0,
        stop_at_layer: int | None = None,
        kept: KeysAndValues | None = None,
    ) -> Float[Tensor, "batch pos _"]:
        """Next-token logits; with `stop_at_layer`, the residual stream before that layer instead.

        With `start_at_layer` above 0, `x` is the residual stream before that layer; else it is tokens. `kept`
        holds keys and values of the positions before `x`, and those of `x` are put into it: an empty list
        begins. Raises ValueError for a hook whose name is none of this model's.
        """
        hooks, stop = hooks or {}, self.cfg.n_layers if stop_at_layer is None else stop_at_layer
        known = [f"blocks.{layer}.{name}" for layer in range(self.cfg.n_layers) for name in HOOKS]
        if unknown := sorted(set(hooks) - set(known)):
            raise ValueError(
                f"no hook point called {', '.join(unknown)}; there are {', '.join(known[:5])} ..."
            )
        if start_at_layer == 0:
            x = F.embedding(x, self.W_E)
        for layer in range(start_at_layer, stop):
            x = self._layer(layer, x, hooks, kept)
        if stop_at_layer is not None:
            return x
        return self.rms_norm(x, self.ln_final, self.cfg.eps) @ self.W_E.T

    def _layer(
        self,
        layer: int,
        x: Float[Tensor, "batch pos d_model"],
        hooks: Mapping[str, Hook],
        kept: KeysAndValues | None,
    ) -> Float[Tensor, "batch pos d_model"]:
        cfg, block = self.cfg, self.blocks[layer]

        def at(name: str, activations: Tensor) -> Tensor:
            name = f"blocks.{layer}.{name}"
            return hooks[name](activations) if name in hooks else activations

        x = at("hook_resid_pre", x)
        normed = self.rms_norm(x, block.ln1, cfg.eps)
        q, k, v = ((normed @ W).unflatten(-1, (-1, cfg.d_head)) for W in (block.W_Q, block.W_K, block.W_V))
        before = kept[layer] if kept and layer < len(kept) else None
        first = before[0].shape[1] if before else 0
        q, k = self.rotate(q, first, cfg.rotary_base), self.rotate(k, first, cfg.rotary_base)
        if before:
            k, v = torch.cat([before[0], k], dim=1), torch.cat([before[1], v], dim=1)
        if kept is not None:
            kept[layer : layer + 1] = [(k, v)]
        z = at("attn.hook_z", self.grouped_attention(q, k, v))
        x = at("hook_resid_mid", x + z.flatten(-2) @ block.W_O)

        normed = self.rms_norm(x, block.ln2, cfg.eps)
        neurons = at("mlp.hook_post", self.gated_neurons(normed, block.W_gate, block.W_in))
        return at("hook_resid_post", x + neurons @ block.W_out)


def load(path: str | Path | GGUF) -> Llama:
    """A model from a GGUF file, in float32: four bytes a weight.

    llama.cpp stores W_Q and W_K so that the two entries of a plane lie side by side, as `rotate` has them.
    Raises ValueError for another architecture, and for a file that lacks a weight.
    """
    file = path if isinstance(path, GGUF) else GGUF(path)
    kind, meta = file.metadata.get("general.architecture"), file.metadata
    if kind != "llama":
        raise ValueError(f"{file.path} holds a model of the kind {kind!r}; llama is read")
    try:
        heads, d_model = meta["llama.attention.head_count"], meta["llama.embedding_length"]
        cfg = LlamaConfig(
            d_vocab=file.shapes["token_embd.weight"][0],
            n_layers=meta["llama.block_count"],
            d_model=d_model,
            n_heads=heads,
            n_key_value_heads=meta.get("llama.attention.head_count_kv", heads),
            d_head=meta.get("llama.rope.dimension_count", d_model // heads),
            d_mlp=meta["llama.feed_forward_length"],
            n_ctx=meta["llama.context_length"],
            rotary_base=meta.get("llama.rope.freq_base", 10_000.0),
            eps=meta["llama.attention.layer_norm_rms_epsilon"],
        )
        if "output.weight" in file.shapes:
            raise ValueError(f"{file.path} has an unembedding of its own; read is a model that shares W_E")
        blocks = [
            Block(*(_reading(file.tensor(f"blk.{layer}.{NAMES[name]}.weight")) for name in Block._fields))
            for layer in range(cfg.n_layers)
        ]
        return Llama(cfg, file.tensor("token_embd.weight"), blocks, file.tensor("output_norm.weight"))
    except KeyError as error:
        raise ValueError(f"{file.path} lacks {error.args[0]}") from None


def _reading(weights: Tensor) -> Tensor:
    """A matrix as x @ W has it: the file has the outputs first."""
    return weights.T if weights.ndim == 2 else weights
