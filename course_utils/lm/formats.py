"""TransformerLens' state dict: the same names and shapes as the kit's own, so a copy goes either way.

`HookedTransformer(cfg).load_state_dict(export(model), strict=False)` then lacks only its buffers `mask` and
`IGNORE`.
"""

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from course_utils.files import read_tensors
from course_utils.lm.model import Transformer, TransformerConfig

BUFFERS = ("blocks.0.attn.mask", "blocks.0.attn.IGNORE")  # TransformerLens keeps these beside the weights


def transformer_lens_config(cfg: TransformerConfig) -> dict:
    """Arguments for `HookedTransformerConfig` that describe this model."""
    return {
        "n_layers": 1,
        "d_model": cfg.d_model,
        "n_ctx": cfg.n_ctx,
        "d_head": cfg.d_head,
        "n_heads": cfg.n_heads,
        "d_mlp": cfg.d_mlp,
        "d_vocab": cfg.d_vocab,
        "act_fn": "relu",
        "normalization_type": "LN",
        "eps": 1e-5,
    }


def export(model: Transformer) -> dict[str, Tensor]:
    """The weights under TransformerLens' names: copies, on the CPU."""
    return {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}


def import_(state: Mapping[str, Tensor]) -> Transformer:
    """A model from a TransformerLens state dict of one layer; its sizes are read off the tensors.

    Raises ValueError when a tensor is missing, unknown or of another size.
    """
    state = {name: tensor for name, tensor in state.items() if name not in BUFFERS}
    try:
        d_vocab, d_model = state["embed.W_E"].shape
        n_heads, _, d_head = state["blocks.0.attn.W_Q"].shape
        cfg = TransformerConfig(
            d_vocab,
            state["pos_embed.W_pos"].shape[0],
            d_model,
            n_heads,
            d_head,
            state["blocks.0.mlp.b_in"].shape[0],
        )
        model = Transformer(cfg)
        model.load_state_dict(state)
    except (KeyError, RuntimeError) as error:
        raise ValueError(f"not the weights of a one-layer transformer: {error}") from error
    return model


def save_transformer(model: Transformer, path: Path) -> None:
    save_file({name: tensor.contiguous() for name, tensor in export(model).items()}, path)


def load_transformer(path: Path) -> Transformer:
    """Frozen, in evaluation mode. Raises ValueError for a file that holds something else."""
    return import_(read_tensors(path)[0]).eval().requires_grad_(False)
