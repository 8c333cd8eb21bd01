"""SAEs on disk: one safetensors file for the kit, SAELens' folder for the field's tools.

SAELens reads a folder with `cfg.json` beside `sae_weights.safetensors`; the tensors are the same.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from course_utils.lm.model import NEURONS
from course_utils.sae.model import SparseAutoencoder

TENSORS = ("W_enc", "W_dec", "b_enc", "b_dec")


def save_sae(sae: SparseAutoencoder, path: str | Path) -> None:
    """Write the four tensors."""
    save_file({name: getattr(sae, name).detach().cpu().contiguous() for name in TENSORS}, path)


def load_sae(path: str | Path) -> SparseAutoencoder:
    """Read what `save_sae` wrote. The SAE is frozen, on the CPU."""
    tensors = load_file(path)
    d_in, d_sae = tensors["W_enc"].shape
    sae = SparseAutoencoder(d_in, d_sae, generator=torch.Generator())
    sae.load_state_dict(tensors)
    return sae.requires_grad_(False)


def save_saelens(
    sae: SparseAutoencoder,
    folder: str | Path,
    model_name: str = "course-one-layer",
    hook_name: str = NEURONS,
    context_size: int = 64,
    prepend_bos: bool = False,
) -> None:
    """Write an SAE that takes unscaled activations (see `folded`) in SAELens 6's "standard" layout."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    cfg = {
        "architecture": "standard",
        "d_in": sae.d_in,
        "d_sae": sae.d_sae,
        "dtype": "float32",
        "device": "cpu",
        "apply_b_dec_to_input": True,
        "normalize_activations": "none",
        "reshape_activations": "none",
        "metadata": {
            "sae_lens_version": "6.54.0",  # below 6 SAELens drops all metadata
            "model_name": model_name,
            "hook_name": hook_name,
            "context_size": context_size,
            "prepend_bos": prepend_bos,
        },
    }
    (folder / "cfg.json").write_text(json.dumps(cfg, indent=2) + "\n")
    save_sae(sae, folder / "sae_weights.safetensors")


def load_saelens(folder: str | Path) -> SparseAutoencoder:
    """Read a "standard" SAE from a folder in SAELens' layout.

    Raises:
        ValueError: a file is missing, cannot be read, or describes an SAE that this class is not.
    """
    folder = Path(folder)
    try:
        cfg = json.loads((folder / "cfg.json").read_text())
        tensors = load_file(folder / "sae_weights.safetensors")
    except (OSError, json.JSONDecodeError, SafetensorError) as error:
        raise ValueError(f"{folder} holds no readable SAE: {error}") from error
    if not isinstance(cfg, dict):
        raise ValueError(f"{folder}: cfg.json holds no settings")
    if cfg.get("architecture") != "standard" or cfg.get("normalize_activations", "none") != "none":
        raise ValueError(
            f"{folder} holds a {cfg.get('architecture')!r} SAE with normalize_activations="
            f"{cfg.get('normalize_activations')!r}; only 'standard' and 'none' are read here"
        )
    if set(tensors) != set(TENSORS) or tensors["W_enc"].ndim != 2:
        raise ValueError(f"{folder} holds the tensors {sorted(tensors)}, wanted {sorted(TENSORS)}")
    sae = SparseAutoencoder(*tensors["W_enc"].shape, generator=torch.Generator())
    with torch.no_grad():
        for name, tensor in tensors.items():
            target = getattr(sae, name)
            if target.shape != tensor.shape:
                wanted = tuple(target.shape)
                raise ValueError(f"{folder}: {name} has shape {tuple(tensor.shape)}, wanted {wanted}")
            target.copy_(tensor)
        if not cfg.get("apply_b_dec_to_input", True):  # f = ReLU(x W_enc + b_enc): move b_dec into the bias
            sae.b_enc += sae.b_dec @ sae.W_enc
    return sae
