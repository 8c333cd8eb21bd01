"""Reading GGUF, the file format of llama.cpp: a header of names and numbers, then the weights of each tensor.

Most weights are quantised: 32 of them share a scale, and each is a small whole number. Two ways occur in the
file of lesson 13, and they are all that is read here beside plain floats:

    Q8_0   w = d q          q in -128 ... 127, d in float16: 34 bytes for 32 weights
    Q4_1   w = d q + m      q in 0 ... 15, d and m in float16: 20 bytes for 32 weights

https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. The package `gguf` reads many more; a reader for
this one file is short enough to be read.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

MAGIC = b"GGUF"
BLOCK = 32  # weights that share a scale
STRING, ARRAY = 8, 9
NUMBERS = dict(enumerate("B b H h I i f ?".split())) | {10: "Q", 11: "q", 12: "d"}
"""Types of the header's values, as `struct` spells them."""


class Format(NamedTuple):
    """How weights lie in the file."""

    name: str
    block: int
    """Weights in a block."""
    bytes: int
    """Bytes in a block."""
    decode: Callable[[np.ndarray], np.ndarray]
    """From bytes, [blocks, bytes], to float32, [blocks, weights]."""


def _halves(raw: np.ndarray) -> np.ndarray:
    return raw.copy().view(np.float16).astype(np.float32)


def _q8_0(raw: np.ndarray) -> np.ndarray:
    return _halves(raw[:, :2]) * raw[:, 2:].view(np.int8)


def _q4_1(raw: np.ndarray) -> np.ndarray:
    q = np.concatenate([raw[:, 4:] & 15, raw[:, 4:] >> 4], axis=1)  # low halves of the bytes, then the high
    return _halves(raw[:, :2]) * q + _halves(raw[:, 2:4])


FORMATS = {
    0: Format("F32", 1, 4, lambda raw: raw.copy().view(np.float32)),
    1: Format("F16", 1, 2, _halves),
    3: Format("Q4_1", BLOCK, 20, _q4_1),
    8: Format("Q8_0", BLOCK, 34, _q8_0),
}
"""By the number that stands in the file."""


class GGUF:
    """An open file: its `metadata` by key, and the shapes of its tensors by name.

    Raises ValueError for a file of another format, of a version other than 2 or 3, and one that ends early.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self._raw = np.memmap(self.path, np.uint8, "r") if self.path.stat().st_size else np.zeros(0, np.uint8)
        if bytes(self._raw[:4]) != MAGIC:
            raise ValueError(f"{self.path} is no GGUF file: it begins with {bytes(self._raw[:16])!r}")
        self._at = 4
        try:
            self._read_header()
        except (struct.error, UnicodeDecodeError, KeyError, MemoryError) as error:
            raise ValueError(f"the header of {self.path} is damaged or ends early: {error}") from None

    def _read_header(self) -> None:
        version, tensors, keys = self._numbers("IQQ")
        if version not in (2, 3):
            raise ValueError(f"{self.path} is GGUF version {version}; versions 2 and 3 are read")
        self.metadata = {self._text(): self._value(*self._numbers("I")) for _ in range(keys)}
        self.shapes: dict[str, tuple[int, ...]] = {}
        self._places: dict[str, tuple[int, int]] = {}
        for _ in range(tensors):
            name, (dimensions,) = self._text(), self._numbers("I")
            self.shapes[name] = self._numbers(f"{dimensions}Q")[::-1]  # the file has the last axis first
            self._places[name] = self._numbers("IQ")
        alignment = self.metadata.get("general.alignment", 32)
        self._data = math.ceil(self._at / alignment) * alignment

    def tensor(self, name: str) -> Tensor:
        """A tensor in float32. KeyError if there is none of this name, ValueError if it can't be read."""
        shape, (number, offset) = self.shapes[name], self._places[name]
        if number not in FORMATS:
            known = ", ".join(known.name for known in FORMATS.values())
            raise ValueError(f"{name} in {self.path} is in format {number} of GGUF; read are {known}")
        weights = FORMATS[number]
        size = math.prod(shape) // weights.block * weights.bytes
        raw = self._raw[self._data + offset :][:size]
        if len(raw) < size:
            raise ValueError(f"{self.path} ends within {name}: it is {len(self._raw):,} bytes long")
        return torch.from_numpy(weights.decode(raw.reshape(-1, weights.bytes)).reshape(shape))

    def _numbers(self, form: str) -> tuple:
        values = struct.unpack_from(f"<{form}", self._raw, self._at)
        self._at += struct.calcsize(f"<{form}")
        return values

    def _text(self) -> str:
        (length,) = self._numbers("Q")
        (text,) = self._numbers(f"{length}s") if length <= len(self._raw) else (b"\xff",)
        return text.decode("utf-8")

    def _value(self, kind: int) -> object:
        if kind == STRING:
            return self._text()
        if kind == ARRAY:
            kind, length = self._numbers("IQ")
            return [self._value(kind) for _ in range(length)]
        return self._numbers(NUMBERS[kind])[0]
