"""What a check passes, the lesson can use: a student's results, made the kind that the kit's own have."""

from __future__ import annotations

import functools
import typing
from collections.abc import Callable

import numpy as np
import torch


def fitted(function: Callable, kit: Callable) -> Callable:
    """`function`, its results given the kind that `kit` has, the values as they are.

    A number comes as a Python number where the kit's annotation says so, a list as a tuple; a tensor has the
    inputs' float dtype (float32 without any), int64 for whole numbers, and is no inference tensor.
    """
    result = typing.get_type_hints(kit).get("return")
    several = typing.get_origin(result) is tuple or hasattr(result, "_fields")
    kinds = typing.get_args(result) if typing.get_origin(result) is tuple else ()

    @functools.wraps(function)
    def fits(*args, **kwargs):
        given = [value for value in (*args, *kwargs.values()) if isinstance(value, torch.Tensor)]
        floats = [value.dtype for value in given if value.is_floating_point()]
        dtype = functools.reduce(torch.promote_types, floats) if floats else torch.get_default_dtype()
        value = function(*args, **kwargs)
        if not (several and isinstance(value, (tuple, list))):
            return _fit(value, result, dtype)
        wanted = kinds if len(kinds) == len(value) else [None] * len(value)
        members = [_fit(member, kind, dtype) for member, kind in zip(value, wanted, strict=True)]
        return type(value)(*members) if hasattr(value, "_fields") else tuple(members)

    return fits


def _fit(value, kind, dtype: torch.dtype):
    if kind in (float, int) and isinstance(value, (torch.Tensor, np.generic)):
        return kind(value)
    if not isinstance(value, torch.Tensor):
        return value
    if value.is_inference():
        value = value.clone()
    if value.is_floating_point():
        return value.to(dtype)
    return value if value.is_complex() or value.dtype == torch.bool else value.long()
