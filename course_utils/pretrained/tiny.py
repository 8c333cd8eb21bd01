"""A tiny random model of the Llama kind, written as a GGUF file: for exercises and tests, with no download.

It has the real one's parts, formats and layout: Q4_1 for matrices, Q8_0 for the embedding, else floats.
"""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from course_utils.lm.tokenizer import byte_of
from course_utils.pretrained.gguf import ARRAY, BLOCK, MAGIC, STRING
from course_utils.pretrained.llama import NAMES, Llama, load

D_MODEL, D_MLP, LAYERS, HEADS, GROUPS, D_HEAD = 32, 64, 3, 4, 2, 8
CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
ALIGNMENT = 32


def write(path: Path, seed: int = 0) -> Path:
    """Write the model; its tokens are three control tokens and the 256 bytes, its merges 'h e' and 'Ġ t'."""
    merges = ["h e", "Ġ t"]
    tokens = [*CONTROL, *byte_of(), *(pair.replace(" ", "") for pair in merges)]
    metadata = {
        "general.architecture": "llama",
        "llama.block_count": LAYERS,
        "llama.context_length": 128,
        "llama.embedding_length": D_MODEL,
        "llama.feed_forward_length": D_MLP,
        "llama.attention.head_count": HEADS,
        "llama.attention.head_count_kv": GROUPS,
        "llama.rope.freq_base": 10_000.0,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "smollm",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [3 if token in CONTROL else 1 for token in tokens],
        "tokenizer.ggml.merges": merges,
    }
    generator = torch.Generator().manual_seed(seed)
    sizes = {"W_Q": (HEADS * D_HEAD, D_MODEL), "W_K": (GROUPS * D_HEAD, D_MODEL)}
    sizes |= {"W_V": sizes["W_K"], "W_O": (D_MODEL, HEADS * D_HEAD), "ln1": (D_MODEL,), "ln2": (D_MODEL,)}
    sizes |= {"W_gate": (D_MLP, D_MODEL), "W_in": (D_MLP, D_MODEL), "W_out": (D_MODEL, D_MLP)}

    def drawn(*shape: int) -> Tensor:
        x = torch.randn(*shape, generator=generator)
        return 1 + x / 10 if len(shape) == 1 else x / shape[-1] ** 0.5

    tensors = {
        "token_embd.weight": (8, drawn(len(tokens), D_MODEL)),
        "output_norm.weight": (0, drawn(D_MODEL)),
    }
    for layer in range(LAYERS):
        for name, shape in sizes.items():
            tensors[f"blk.{layer}.{NAMES[name]}.weight"] = (0 if len(shape) == 1 else 3, drawn(*shape))
    path.write_bytes(encoded(metadata, tensors))
    return path


def model(seed: int = 0) -> Llama:
    """The model itself, by way of such a file."""
    with tempfile.TemporaryDirectory() as folder:
        return load(write(Path(folder) / "tiny.gguf", seed))


def encoded(metadata: dict[str, object], tensors: dict[str, tuple[int, Tensor]]) -> bytes:
    """The bytes of a GGUF file. A tensor comes with the number of its format, a key of `gguf.FORMATS`."""
    header = MAGIC + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    for key, value in metadata.items():
        header += _text(key) + _value(value)
    data = b""
    for name, (number, tensor) in tensors.items():
        shape = tensor.shape[::-1]
        header += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, number, len(data))
        data += _padded(ENCODE[number](tensor.numpy().astype(np.float32)))
    return _padded(header) + data


def _q8_0(weights: np.ndarray) -> bytes:
    blocks = weights.reshape(-1, BLOCK)
    d = (np.abs(blocks).max(1, keepdims=True) / 127).astype(np.float16)
    q = np.round(blocks / np.maximum(d.astype(np.float32), 1e-12)).clip(-128, 127).astype(np.int8)
    return np.concatenate([d.view(np.uint8), q.view(np.uint8)], axis=1).tobytes()


def _q4_1(weights: np.ndarray) -> bytes:
    blocks = weights.reshape(-1, BLOCK)
    low = blocks.min(1, keepdims=True).astype(np.float16)
    d = ((blocks.max(1, keepdims=True) - low) / 15).astype(np.float16)
    q = np.round((blocks - low) / np.maximum(d.astype(np.float32), 1e-12)).clip(0, 15).astype(np.uint8)
    halves = q[:, : BLOCK // 2] | q[:, BLOCK // 2 :] << 4
    return np.concatenate([d.view(np.uint8), low.view(np.uint8), halves], axis=1).tobytes()


ENCODE = {0: np.ndarray.tobytes, 1: lambda w: w.astype(np.float16).tobytes(), 3: _q4_1, 8: _q8_0}
"""From float32 weights to the bytes of each format of `gguf.FORMATS`."""


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % ALIGNMENT)


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _value(value: object) -> bytes:
    kinds = {str: STRING, float: 6, int: 4}
    if isinstance(value, list):
        items = b"".join(_value(item)[4:] for item in value)
        return struct.pack("<IIQ", ARRAY, kinds[type(value[0])], len(value)) + items
    kind = struct.pack("<I", kinds[type(value)])
    return kind + (
        _text(value)
        if isinstance(value, str)
        else struct.pack("<f" if kinds[type(value)] == 6 else "<I", value)
    )
