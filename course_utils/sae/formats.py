"""SAEs on disk: one safetensors file for the kit, SAELens' folder for the field's tools.

SAELens reads a folder with `cfg.json` beside `sae_weights.safetensors`; the tensors are the same.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from course_utils.files import read_tensors
from course_utils.lm.model import NEURONS
from course_utils.sae.model import SparseAutoencoder
from course_utils.sae.variants import BatchTopK, JumpReLU, Matryoshka, TopK

CLASSES = {cls.__name__: cls for cls in (SparseAutoencoder, TopK, BatchTopK, Matryoshka, JumpReLU)}
TENSORS = ("W_enc", "W_dec", "b_enc", "b_dec")
READ = {  # settings of SAELens' cfg.json, and the values that `load_saelens` understands; None: not there
    "architecture": ("standard", "topk", "jumprelu"),
    "normalize_activations": ("none", None),
    "rescale_acts_by_decoder_norm": (False, None),
}


def save_sae(sae: SparseAutoencoder, path: str | Path) -> None:
    """Write the tensors, and of a variant its name and settings as the file's notes.

    ValueError for a class that isn't the kit's: a file can't hold what sets it apart.
    """
    check_class(sae)
    notes = {"class": type(sae).__name__, "settings": json.dumps(sae.settings())}
    save_file(on_disk(sae.state_dict()), path, None if type(sae) is SparseAutoencoder else notes)


def load_sae(path: str | Path) -> SparseAutoencoder:
    """Read what `save_sae` wrote. The SAE is frozen, in `eval()` mode, on the CPU.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a folder, a file of another format, or one with other tensors.
    """
    if (Path(path) / "cfg.json").exists():
        raise ValueError(f"{path} is a folder in SAELens' layout: read it with load_saelens")
    tensors, notes = read_tensors(path)
    name = notes.get("class", "SparseAutoencoder")
    if name not in CLASSES:
        raise ValueError(f"{path} holds a {name}, which is none of {', '.join(CLASSES)}")
    return build(CLASSES[name], tensors, json.loads(notes.get("settings", "{}")), path)


def save_saelens(
    sae: SparseAutoencoder,
    folder: str | Path,
    model_name: str = "course-one-layer",
    hook_name: str = NEURONS,
    context_size: int = 64,
    prepend_bos: bool = False,
) -> None:
    """Write an SAE that takes unscaled activations (see `folded`) in SAELens 6's layout.

    There a trained BatchTopK (a Matryoshka too) is a JumpReLU, with the same threshold for each latent: so
    says SAELens itself. ValueError for a class that isn't the kit's.
    """
    check_class(sae)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: getattr(sae, name) for name in TENSORS}
    cfg: dict = {"architecture": "standard"}
    if isinstance(sae, TopK):
        cfg = {"architecture": "topk", "k": sae.k}
    elif isinstance(sae, JumpReLU):
        cfg, tensors["threshold"] = {"architecture": "jumprelu"}, sae.log_threshold.exp()
    elif isinstance(sae, BatchTopK):
        cfg = {"architecture": "jumprelu"}
        tensors["threshold"] = sae.threshold.clamp(min=0).expand(sae.d_sae)
    cfg |= {
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
    (folder / "cfg.json").write_text(json.dumps(cfg, indent=2) + "\n", encoding="utf-8")
    save_file(on_disk(tensors), folder / "sae_weights.safetensors")


def load_saelens(folder: str | Path) -> SparseAutoencoder:
    """Read a "standard", "topk" or "jumprelu" SAE from a folder in SAELens' layout.

    It is frozen, in `eval()` mode, on the CPU. The k of a JumpReLU, which only training asks for, is 1.

    Raises:
        ValueError: a file is missing, cannot be read, or describes an SAE that no class here is.
    """
    folder = Path(folder)
    try:
        cfg = json.loads((folder / "cfg.json").read_text(encoding="utf-8"))
        tensors, _ = read_tensors(folder / "sae_weights.safetensors")
    except (OSError, ValueError) as error:
        raise ValueError(f"{folder} holds no readable SAE: {error}") from error
    if not isinstance(cfg, dict):
        raise ValueError(f"{folder}: cfg.json holds no settings")
    for setting, known in READ.items():
        if cfg.get(setting) not in known:
            raise ValueError(f"{folder}: {setting} is {cfg.get(setting)!r}, only {known} are read here")
    if cfg["architecture"] == "topk":
        if not isinstance(cfg.get("k"), int):
            raise ValueError(f"{folder}: cfg.json gives a topk SAE no k")
        sae = build(TopK, tensors, {"k": cfg["k"]}, folder)
    elif cfg["architecture"] == "jumprelu":
        if "threshold" in tensors:
            tensors["log_threshold"] = tensors.pop("threshold").log()
        sae = build(JumpReLU, tensors, {"k": 1}, folder)
    else:
        sae = build(SparseAutoencoder, tensors, {}, folder)
    if not cfg.get("apply_b_dec_to_input", True):  # f = ReLU(x W_enc + b_enc): move b_dec into the bias
        sae.b_enc += sae.b_dec @ sae.W_enc
    return sae


def check_class(sae: SparseAutoencoder) -> None:
    """ValueError unless the SAE's class is one that can be made again from `CLASSES`."""
    if type(sae) not in CLASSES.values():
        raise ValueError(
            f"a file can't hold what sets your class {type(sae).__name__} apart: copy its state_dict() into "
            f"one of {', '.join(CLASSES)}, and save that"
        )


def on_disk(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def build(cls: type, tensors: dict[str, Tensor], settings: dict, where: str | Path) -> SparseAutoencoder:
    """An SAE of these tensors, frozen; ValueError, naming `where`, if they aren't what the class needs."""
    d_in, d_sae = tensors["W_enc"].shape if tensors.get("W_enc", torch.empty(0)).ndim == 2 else (1, 1)
    sae = cls(d_in, d_sae, generator=torch.Generator(), **settings)
    have = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    need = {name: tuple(tensor.shape) for name, tensor in sae.state_dict().items()}
    if have != need:
        names = [f"{name} {shape}" for name, shape in sorted(have.items())]
        names[8:] = [f"{len(names) - 8} more"] if len(names) > 8 else []
        layout = "W_enc (d_in, d_sae), W_dec (d_sae, d_in), b_enc (d_sae), b_dec (d_in)"
        others = "".join(f", {name} {shape}" for name, shape in need.items() if name not in TENSORS)
        raise ValueError(
            f"{where} holds the tensors {', '.join(names)}; a {cls.__name__} has {layout}{others}. Tools "
            "that keep encoder.weight and decoder.weight have W_enc and W_dec transposed"
        )
    sae.load_state_dict(tensors)
    return sae.eval().requires_grad_(False)
