"""Describe values in a few words, and say how far two of them are apart."""

from __future__ import annotations

import math
import numbers

import numpy as np
import torch


def describe(value, entries: int = 12) -> str:
    """A short text for `value`: numbers to 6 digits; of a tensor its shape, dtype and first entries."""
    if isinstance(value, (bool, np.bool_)) or value is None:
        return str(value)
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if isinstance(value, numbers.Real):
        return f"{float(value):.6g}"
    if isinstance(value, torch.Tensor):
        return _describe_array(value, "tensor", str(value.dtype).removeprefix("torch."), entries)
    if isinstance(value, np.ndarray):
        return _describe_array(value, "numpy array", str(value.dtype), entries)
    if isinstance(value, dict):
        return _join([f"{k!r}: {describe(v, 4)}" for k, v in list(value.items())[:5]], len(value), "{}")
    if isinstance(value, (tuple, list)):
        brackets = "()" if isinstance(value, tuple) else "[]"
        return _join([describe(v, 4) for v in value[:5]], len(value), brackets)
    if isinstance(value, (torch.nn.Module, torch.Generator, torch.optim.Optimizer)) or callable(value):
        return getattr(value, "__name__", type(value).__name__)
    try:
        text = repr(value)
    except Exception:
        text = f"a {type(value).__name__}"
    return text if len(text) <= 200 else f"{text[:200]}... ({len(text)} characters)"


def _describe_array(value, kind: str, dtype: str, entries: int) -> str:
    shape = tuple(value.shape)
    if getattr(value, "is_sparse", False):
        value = value.to_dense()
    head = f"{kind} of shape {shape}, {dtype}"
    size = math.prod(shape)
    if not shape and not getattr(value, "is_meta", False):
        return f"{describe(value.item())} (one number in a {kind}, {dtype})"
    if size == 0 or entries == 0 or getattr(value, "is_meta", False):
        return head
    if size <= entries:
        return f"{head}: {_nested(value.tolist())}"
    first = value.reshape(-1)[: min(entries, 6)].tolist()
    return f"{head}: [{', '.join(describe(v) for v in first)}, ...]"


def _nested(value) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_nested(v) for v in value) + "]"
    return describe(value)


def _join(texts: list[str], total: int, brackets: str) -> str:
    more = [f"... {total} in all"] if total > len(texts) else []
    return brackets[0] + ", ".join([*texts, *more]) + brackets[1]


def as_tensor(value) -> torch.Tensor | None:
    """`value` as a float64 tensor on the CPU, or None if it holds no real numbers."""
    if isinstance(value, (tuple, list)):
        value = [v.detach() if isinstance(v, torch.Tensor) else v for v in value]
    if isinstance(value, float):
        value = np.float64(value)  # of a plain float torch would keep seven digits
    try:
        value = torch.as_tensor(value).detach().cpu().to_dense()
        return (torch.view_as_real(value) if value.is_complex() else value).to(torch.float64)
    except (TypeError, ValueError, RuntimeError, NotImplementedError):
        return None


def distance(got, want, rtol: float, atol: float) -> float:
    """Largest |got − want| in units of the tolerance: at most 1 means close; inf if they do not compare."""
    got, want = as_tensor(got), as_tensor(want)
    if got is None or want is None or got.shape != want.shape:
        return math.inf
    if got.numel() == 0:
        return 0.0
    same = (got == want) | (got.isnan() & want.isnan())
    gap = torch.where(same, 0.0, (got - want).abs() / (atol + rtol * want.abs()))
    return gap.nan_to_num(nan=math.inf, posinf=math.inf).max().item()


def alike(mine, other, rtol: float, atol: float) -> bool:
    """Whether two results are the same in numbers and in build: tuples and dicts member by member."""
    if isinstance(mine, dict) and isinstance(other, dict):
        return mine.keys() == other.keys() and all(alike(mine[k], other[k], rtol, atol) for k in mine)
    if any(isinstance(value, str) or value is None for value in (mine, other)):
        return type(mine) is type(other) and mine == other
    first, second = as_tensor(mine), as_tensor(other)
    if isinstance(mine, list) and isinstance(other, torch.Tensor):
        return False  # whatever its numbers: a tensor is to be made of it first
    if first is not None and second is not None:
        return distance(first, second, rtol, atol) <= 1
    if isinstance(mine, (tuple, list)) and isinstance(other, (tuple, list)):
        pairs = zip(mine, other, strict=False)
        return len(mine) == len(other) and all(alike(a, b, rtol, atol) for a, b in pairs)
    return type(mine) is type(other)


def pattern(got, want, rtol: float, atol: float) -> str | None:
    """What `got` is to `want` in general: transposed, the sign flipped, a constant factor off."""
    got, want = as_tensor(got), as_tensor(want)
    if got is None or want is None:
        return None
    if want.ndim == 2 and got.ndim == 2 and distance(got.T, want, rtol, atol) <= 1:
        return "your result is transposed"
    if got.shape != want.shape or not want.count_nonzero():
        return None
    if distance(-got, want, rtol, atol) <= 1:
        return "the sign is flipped"
    factor = ((got * want).sum() / (want * want).sum()).item()
    enough = want.count_nonzero() >= 3 and want.std() > 0.01 * want.abs().max()
    if enough and factor and distance(got, factor * want, rtol, atol) <= 1:
        return f"every entry is {factor:.4g} times the expected one"
    return None


def largest_difference(got, want) -> str:
    """Where two arrays of one shape differ most: `at [1, 2]: 0.3 came out, 0.5 expected`."""
    got, want = as_tensor(got), as_tensor(want)
    gap = (got - want).abs().nan_to_num(nan=math.inf)
    place = [int(i) for i in np.unravel_index(int(gap.argmax()), tuple(gap.shape))]
    wrong = f"largest difference at {place}: {describe(got[tuple(place)].item())} came out"
    return f"{wrong}, {describe(want[tuple(place)].item())} expected"


def not_finite(value) -> str | None:
    """A sentence when `value` (or a member of it) holds NaN or infinity, else None."""
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, (tuple, list)) and as_tensor(value) is None:
        return next(filter(None, map(not_finite, value)), None)
    numbers_in = None if isinstance(value, str) else as_tensor(value)
    if numbers_in is None or numbers_in.isfinite().all():
        return None
    bad = (~numbers_in.isfinite()).nonzero()
    what = "NaN" if numbers_in.isnan().any() else "infinite"
    if numbers_in.ndim == 0:
        return f"the value is {what}"
    return f"{len(bad)} of {numbers_in.numel()} entries are {what}, the first at {bad[0].tolist()}"


def kind(value) -> str:
    """The type in words: "a float", "an int"."""
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def dtype_kind(dtype: torch.dtype) -> str:
    """boolean, integer, float or complex."""
    if dtype == torch.bool:
        return "boolean"
    if dtype.is_complex:
        return "complex"
    return "float" if dtype.is_floating_point else "integer"


def message(error: BaseException) -> str:
    """What an exception says, also where its own `__str__` fails."""
    try:
        return str(error)
    except Exception:
        return "(its message can't be shown)"
