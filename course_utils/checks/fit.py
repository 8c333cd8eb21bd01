"""What a check passes, the lesson can use: a student's results, made the kind that the kit's own have."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable

import numpy as np
import torch


def fitted(function: Callable, kit: Callable) -> Callable:
    """`function`, its results given the kind that `kit` has, the values as they are.

    A number comes as a Python number where the kit's annotation says so, a list as a tuple; a tensor has the
    inputs' float dtype (float32 without any), int64 for whole numbers, and is no inference tensor.
    """
    result = inspect.signature(kit).return_annotation
    name = result if isinstance(result, str) else getattr(result, "__name__", str(result))
    several = name.startswith("tuple") or typing.get_origin(result) is tuple

    @functools.wraps(function)
    def fits(*args, **kwargs):
        floats = [
            value.dtype
            for value in (*args, *kwargs.values())
            if isinstance(value, torch.Tensor) and value.is_floating_point()
        ]
        dtype = functools.reduce(torch.promote_types, floats) if floats else torch.get_default_dtype()

        def fit(value, kind: str = ""):
            if kind in ("float", "int") and isinstance(value, (torch.Tensor, np.generic)):
                return (float if kind == "float" else int)(value)
            if isinstance(value, torch.Tensor):
                if value.is_inference():
                    value = value.clone()
                whole = not value.is_floating_point() and not value.is_complex() and value.dtype != torch.bool
                return (
                    value.to(torch.long) if whole else value.to(dtype) if value.is_floating_point() else value
                )
            return value

        value = function(*args, **kwargs)
        if several and isinstance(value, (tuple, list)):
            members = map(fit, value)
            return type(value)(*members) if hasattr(value, "_fields") else tuple(members)
        return fit(value, name)

    return fits
