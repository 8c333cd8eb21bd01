"""A one-layer transformer, to be read from top to bottom.

Tensors and hook points have the names of TransformerLens (`blocks.0.attn.W_Q`, `blocks.0.mlp.hook_post`), so
what you learn here carries over. The paper's model (*Towards Monosemanticity*, "The transformer") has the
same parts, at twice the residual width and four times the neurons.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

Hook = Callable[[Tensor], Tensor]
"""From the activations at a hook point to those that the model goes on with, of the same shape."""
NEURONS = "blocks.0.mlp.hook_post"
"""The MLP's neurons after their ReLU."""
HOOK_NAMES = (
    "hook_embed",
    "hook_pos_embed",
    "blocks.0.hook_resid_pre",
    "blocks.0.attn.hook_q",
    "blocks.0.attn.hook_k",
    "blocks.0.attn.hook_v",
    "blocks.0.attn.hook_pattern",
    "blocks.0.hook_attn_out",
    "blocks.0.hook_resid_mid",
    NEURONS,
    "blocks.0.hook_mlp_out",
    "blocks.0.hook_resid_post",
)


@dataclass(frozen=True)
class TransformerConfig:
    """Sizes, under TransformerLens' names."""

    d_vocab: int = 1024
    n_ctx: int = 64
    d_model: int = 64
    n_heads: int = 4
    d_head: int = 16
    d_mlp: int = 128


def layer_norm(
    x: Float[Tensor, "*batch d"], w: Float[Tensor, "d"], b: Float[Tensor, "d"], eps: float = 1e-5
) -> Float[Tensor, "*batch d"]:
    """Each vector shifted to mean 0 and scaled to variance 1, then w * x + b. The variance divides by d, not
    d - 1.
    """
    return F.layer_norm(x, x.shape[-1:], w, b, eps)


def attention_pattern(
    q: Float[Tensor, "batch pos head d_head"], k: Float[Tensor, "batch pos head d_head"]
) -> Float[Tensor, "batch head query key"]:
    """How much each position (query) attends to itself and to each before it (key): every row sums to 1."""
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / math.sqrt(q.shape[-1])
    future = torch.full(scores.shape[-2:], -torch.inf, device=q.device).triu(1)
    return (scores + future).softmax(-1)


def attention_out(
    pattern: Float[Tensor, "batch head query key"],
    v: Float[Tensor, "batch pos head d_head"],
    W_O: Float[Tensor, "head d_head d_model"],
    b_O: Float[Tensor, "d_model"],
) -> Float[Tensor, "batch pos d_model"]:
    """Each head averages the values by its pattern and writes to the residual stream; the heads' outputs add
    up.
    """
    z = torch.einsum("bhqk,bkhd->bqhd", pattern, v)
    return torch.einsum("bqhd,hdm->bqm", z, W_O) + b_O


def mlp(
    x: Float[Tensor, "batch pos d_model"],
    W_in: Float[Tensor, "d_model d_mlp"],
    b_in: Float[Tensor, "d_mlp"],
    W_out: Float[Tensor, "d_mlp d_model"],
    b_out: Float[Tensor, "d_model"],
    hook_post: Hook,
) -> Float[Tensor, "batch pos d_model"]:
    """Neurons are ReLU(x W_in + b_in). What `hook_post` makes of them is what goes on to W_out."""
    return hook_post((x @ W_in + b_in).relu()) @ W_out + b_out


def loss_per_token(
    logits: Float[Tensor, "batch pos d_vocab"], tokens: Int[Tensor, "batch pos"]
) -> Float[Tensor, "batch pos-1"]:
    """Nats: entry i is the cost of token i + 1, predicted from the tokens up to i."""
    targets = tokens.roll(
        -1, dims=1
    )  # the last column has no target and is dropped below: cheaper than copying logits
    losses = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return losses.view_as(tokens)[:, :-1]


class Transformer(nn.Module):
    """logits = unembed(ln_final(x + mlp(ln2(x)))), with x = e + attention(ln1(e)) and e = embedding +
    position.

    The parts are functions, so that a subclass can put another one in place: that is how lesson 07 trains
    yours.
    """

    layer_norm = staticmethod(layer_norm)
    attention_pattern = staticmethod(attention_pattern)
    attention_out = staticmethod(attention_out)
    mlp = staticmethod(mlp)

    def __init__(self, cfg: TransformerConfig | None = None, seed: int = 0):
        super().__init__()
        self.cfg = cfg = cfg or TransformerConfig()
        d, heads, d_head, d_mlp = cfg.d_model, cfg.n_heads, cfg.d_head, cfg.d_mlp
        generator = torch.Generator().manual_seed(seed)

        def normal(*shape: int, fan_in: int) -> nn.Parameter:
            return nn.Parameter(torch.randn(*shape, generator=generator) / math.sqrt(fan_in))

        def zeros(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.zeros(*shape))

        def norm() -> nn.ParameterDict:
            return nn.ParameterDict({"w": nn.Parameter(torch.ones(d)), "b": zeros(d)})

        self.embed = nn.ParameterDict({"W_E": normal(cfg.d_vocab, d, fan_in=d)})
        self.pos_embed = nn.ParameterDict({"W_pos": normal(cfg.n_ctx, d, fan_in=d)})
        attn = {f"W_{name}": normal(heads, d, d_head, fan_in=d) for name in "QKV"}
        attn |= {"W_O": normal(heads, d_head, d, fan_in=heads * d_head)}
        attn |= {f"b_{name}": zeros(heads, d_head) for name in "QKV"} | {"b_O": zeros(d)}
        mlp_ = {"W_in": normal(d, d_mlp, fan_in=d), "b_in": zeros(d_mlp)}
        mlp_ |= {"W_out": normal(d_mlp, d, fan_in=d_mlp), "b_out": zeros(d)}
        block = {"ln1": norm(), "attn": nn.ParameterDict(attn), "ln2": norm(), "mlp": nn.ParameterDict(mlp_)}
        self.blocks = nn.ModuleList([nn.ModuleDict(block)])
        self.ln_final = norm()
        self.unembed = nn.ParameterDict({"W_U": normal(d, cfg.d_vocab, fan_in=d), "b_U": zeros(cfg.d_vocab)})

    def forward(
        self, tokens: Int[Tensor, "batch pos"], hooks: Mapping[str, Hook] | None = None
    ) -> Float[Tensor, "batch _ d_vocab"]:
        """Next-token logits. A hook is called with the activations at its name, and returns those to go on
        with: at "blocks.0.hook_resid_post" it may leave out positions whose logits nobody asks for.

        Raises ValueError for a hook whose name is none of `HOOK_NAMES`: it would never be called.
        """
        hooks = hooks or {}
        if unknown := sorted(set(hooks) - set(HOOK_NAMES)):
            raise ValueError(f"no hook point called {', '.join(unknown)}; there are {', '.join(HOOK_NAMES)}")

        def at(name: str, activations: Tensor) -> Tensor:
            return hooks[name](activations) if name in hooks else activations

        block = self.blocks[0]
        ln1, attn, ln2, mlp = block["ln1"], block["attn"], block["ln2"], block["mlp"]

        embedded = at("hook_embed", F.embedding(tokens, self.embed["W_E"]))
        positions = at("hook_pos_embed", self.pos_embed["W_pos"][: tokens.shape[1]].expand_as(embedded))
        x = at("blocks.0.hook_resid_pre", embedded + positions)

        normed = self.layer_norm(x, ln1["w"], ln1["b"])
        q, k, v = (
            at(
                f"blocks.0.attn.hook_{n.lower()}",
                torch.einsum("bpm,hmd->bphd", normed, attn[f"W_{n}"]) + attn[f"b_{n}"],
            )
            for n in "QKV"
        )
        pattern = at("blocks.0.attn.hook_pattern", self.attention_pattern(q, k))
        attn_out = self.attention_out(pattern, v, attn["W_O"], attn["b_O"])
        x = at("blocks.0.hook_resid_mid", x + at("blocks.0.hook_attn_out", attn_out))

        normed = self.layer_norm(x, ln2["w"], ln2["b"])
        neurons = lambda activations: at(NEURONS, activations)  # noqa: E731
        mlp_out = self.mlp(normed, mlp["W_in"], mlp["b_in"], mlp["W_out"], mlp["b_out"], neurons)
        x = at("blocks.0.hook_resid_post", x + at("blocks.0.hook_mlp_out", mlp_out))

        normed = self.layer_norm(x, self.ln_final["w"], self.ln_final["b"])
        return F.linear(normed, self.unembed["W_U"].T, self.unembed["b_U"])  # normed @ W_U + b_U

    def run_with_cache(self, tokens: Int[Tensor, "batch pos"]) -> tuple[Tensor, dict[str, Tensor]]:
        """The logits, and the activations at every hook point by name."""
        cache: dict[str, Tensor] = {}

        def keep(name: str) -> Hook:
            def hook(activations: Tensor) -> Tensor:
                cache[name] = activations
                return activations

            return hook

        return self(tokens, {name: keep(name) for name in HOOK_NAMES}), cache
