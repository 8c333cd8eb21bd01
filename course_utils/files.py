"""Files that are never half written, and tensors that are read with an error that says what the file is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open

if TYPE_CHECKING:
    from torch import Tensor


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` to write into; it takes `path`'s place when the block ends.

    A process that dies meanwhile, or an error in the block, leaves `path` as it was.
    """
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield beside
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def read_tensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a safetensors file, by name, on the CPU; and the notes that it carries.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is a folder, or a file of another format.
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder, wanted one safetensors file")
    try:
        with safe_open(path, "pt") as file:
            # copies: what the library gives lies in the file itself, and Windows replaces none that is in use
            return {name: file.get_tensor(name).clone() for name in file.keys()}, file.metadata() or {}
    except SafetensorError as error:
        if path.read_bytes()[:2] in (b"PK", b"\x80\x02"):  # a zip, or the bare pickle of older versions
            raise ValueError(
                f"{path} was written by torch.save and may run code when it is opened, so it isn't: load its "
                "tensors yourself, with torch.load(..., weights_only=True), and write them with "
                "safetensors.torch.save_file"
            ) from error
        raise ValueError(f"{path} is no safetensors file: {error}") from error
