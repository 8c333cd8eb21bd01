"""Shipped tokenizer and weights. Nothing is loaded before its sha256 agrees with `manifest.json`.

The manifest says of each file how it was made: the command, seed, versions and what was measured.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from course_utils.lm.model import Transformer
    from course_utils.sae.model import SparseAutoencoder

FOLDER = Path(__file__).parent


class AssetError(RuntimeError):
    """An asset is missing, truncated or altered; the message says how to get it back."""


def way_back(name: str) -> str:
    return (
        "Get it back from the repository (`git checkout -- course_utils/assets`, or install the package "
        f"again), or make it again with: course assets {name}"
    )


def manifest(folder: Path = FOLDER) -> dict[str, dict]:
    """What is shipped, by name. AssetError when the manifest cannot be read."""
    path = folder / "manifest.json"
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        for entry in entries.values():
            entry["file"], entry["sha256"], int(entry["bytes"])
        return entries
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise AssetError(
            f"The list of assets, {path}, cannot be read ({error}). {way_back('')}".strip()
        ) from error


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def path(name: str, folder: Path = FOLDER) -> Path:
    """The file of an asset, its size and sha256 checked against the manifest. AssetError when they differ."""
    entries = manifest(folder)
    if name not in entries:
        raise AssetError(f"There is no asset called {name!r}; there are: {', '.join(entries)}.")
    entry, file = entries[name], folder / entries[name]["file"]
    if not file.exists():
        raise AssetError(f"The asset {name!r} is missing: {file} does not exist. {way_back(name)}")
    if (size := file.stat().st_size) < entry["bytes"]:
        raise AssetError(
            f"The asset {name!r} is truncated: {file} has {size} of {entry['bytes']} bytes. {way_back(name)}"
        )
    if sha256(file) != entry["sha256"]:
        raise AssetError(
            f"The asset {name!r} was altered: the sha256 of {file} is not the manifest's. {way_back(name)}"
        )
    return file


def load_tokenizer(folder: Path = FOLDER) -> Tokenizer:
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(path("tokenizer", folder)))


def load_transformer(name: str = "transformer", folder: Path = FOLDER) -> Transformer:
    """A shipped one-layer transformer, frozen, on the CPU. "transformer-b" was trained from another seed."""
    from course_utils.lm import formats

    return formats.load_transformer(path(name, folder))


def load_sae(name: str = "sae-4x", folder: Path = FOLDER) -> SparseAutoencoder:
    """A shipped sparse autoencoder, frozen, on the CPU. `make.SAES` says of each what it was trained on."""
    from course_utils.sae.formats import load_sae

    return load_sae(path(name, folder))


def table(name: str) -> list[dict]:
    """The rows of a shipped table: what `course sweep` measured, by name, with the settings of each run.

    For what takes longer than a lesson may. The file beside says which command makes it again.
    """
    made = json.loads((FOLDER / "tables" / f"{name}.json").read_text(encoding="utf-8"))
    return [row | row.pop("measured") for row in made["rows"]]
