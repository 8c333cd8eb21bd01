"""Stating what must come out of a student's function."""

from __future__ import annotations

import numpy as np
import torch

from course_utils.checks import values
from course_utils.checks.verdict import Problem

CUT = "you cut the graph with `detach`, `.data`, `.item()` or `no_grad`"


def _to_a_tensor(got) -> str:
    """What to do with a result that is no tensor where one is asked for."""
    if isinstance(got, (int, float)):
        return "did you call `.item()` or `float()`?"
    if isinstance(got, list):
        return "make a tensor of it: `torch.stack(...)` of tensors, `torch.tensor(...)` of numbers"
    if isinstance(got, tuple) and hasattr(got, "indices"):
        return "`max`, `sort` and `topk` return values and places: take `.values`"
    return ""


class Wrong(Exception):
    """The answer is not right; ends the part it is raised in."""

    def __init__(self, problem: Problem):
        super().__init__(problem.got)
        self.problem = problem


class Expectations:
    """The half of an Attempt that compares. Each method fails the part it stands in, with words.

    `tried` is the last call unless given. `mistake` is what is said where none of the exercise's mistakes
    does what the answer did.
    """

    def note(self, value, rtol: float = 1e-3, atol: float = 1e-5) -> None:
        """Record what the answer gave here: a registered mistake is named if it gives the same everywhere."""
        raise NotImplementedError

    def _problem(self, **fields) -> Problem:
        raise NotImplementedError

    def fail(self, *, tried: str = "", expected="", got="", mistake: str | None = ""):
        """Fail this part. `expected` and `got` are any values."""
        expected, got = (v if isinstance(v, str) else values.describe(v) for v in (expected, got))
        raise Wrong(self._problem(tried=tried, expected=expected, got=got, mistake=mistake or ""))

    def expect(self, condition, *, tried: str = "", expected, got, mistake: str = ""):
        """Fail this part unless `condition`."""
        self.note(bool(condition))
        if not condition:
            self.fail(tried=tried, expected=expected, got=got, mistake=mistake)

    def expect_close(
        self, got, want, *, tried: str = "", mistake: str = "", rtol: float = 1e-4, atol: float = 1e-6
    ):
        """Fail unless `got` is `want` within |got − want| ≤ atol + rtol |want|, entry by entry.

        A tensor `want` asks for a tensor of that shape and kind (float, integer, boolean); a number takes
        a number or a tensor without dimensions.
        """
        self.note(got, max(rtol, 1e-4), max(atol, 1e-6))
        if isinstance(want, torch.Tensor):
            self._expect_tensor_like(got, want, tried, mistake)
        elif values.as_tensor(got) is None:
            shown = f"{values.describe(got)} ({values.kind(got)})"
            self.fail(tried=tried, expected=values.describe(want), got=shown, mistake=mistake)
        elif values.as_tensor(got).shape != values.as_tensor(want).shape:
            expected = f"one number, {values.describe(want)}" if np.ndim(want) == 0 else values.describe(want)
            self.fail(tried=tried, expected=expected, got=got, mistake=mistake)
        if values.distance(got, want, rtol, atol) <= 1:
            return
        shown = values.describe(got)
        if np.ndim(want):
            shown += f"\n{values.largest_difference(got, want)}"
        mistake = mistake or values.pattern(got, want, rtol, atol)
        self.fail(tried=tried, expected=values.describe(want), got=shown, mistake=mistake)

    def _expect_tensor_like(self, got, want, tried, mistake):
        if not isinstance(got, torch.Tensor):
            self.fail(
                tried=tried,
                expected=values.describe(want),
                got=f"{values.describe(got)} ({values.kind(got)}, no tensor)",
                mistake=mistake or _to_a_tensor(got),
            )
        if got.shape != want.shape:
            self._fail_shape(got, tuple(want.shape), tried, mistake)
        if got.device != want.device:
            on = [f"a tensor on the device `{t.device}`" for t in (want, got)]
            made = "a tensor made inside the function has its own device: take it from the input"
            self.fail(tried=tried, expected=on[0], got=on[1], mistake=made)
        kinds = [values.dtype_kind(t.dtype) for t in (got, want)]
        if kinds[0] != kinds[1]:
            right = values.distance(got, want, rtol=1e-4, atol=1e-6) <= 1
            self.fail(
                tried=tried,
                expected=f"{kinds[1]} entries: {values.describe(want)}",
                got=got,
                mistake=mistake or ("the numbers are right, their dtype is not" if right else ""),
            )

    def expect_shape(self, got, shape: tuple[int, ...], *, tried: str = "", mistake: str = ""):
        """Fail unless `got` is a tensor of this shape."""
        self.note(tuple(got.shape) if isinstance(got, torch.Tensor) else None)
        if not isinstance(got, torch.Tensor):
            shown = f"{values.describe(got)} ({values.kind(got)})"
            expected = f"a tensor of shape {tuple(shape)}"
            self.fail(tried=tried, expected=expected, got=shown, mistake=_to_a_tensor(got))
        if tuple(got.shape) != tuple(shape):
            self._fail_shape(got, tuple(shape), tried, mistake)

    def _fail_shape(self, got, shape, tried, mistake):
        if not mistake and len(shape) > 1 and tuple(got.shape) == shape[::-1]:
            mistake = "your result is transposed"
        self.fail(tried=tried, expected=f"shape {shape}", got=f"shape {tuple(got.shape)}", mistake=mistake)

    def expect_dtype(self, got, dtype: torch.dtype, *, tried: str = "", mistake: str = ""):
        """Fail unless `got` is a tensor of this dtype: the inputs' dtype must reach the result."""
        have = got.dtype if isinstance(got, torch.Tensor) else values.kind(got)
        if have != dtype:
            advice = mistake or "a tensor made inside the function has its own dtype: take it from the input"
            self.fail(tried=tried, expected=f"dtype {dtype}", got=f"dtype {have}", mistake=advice)

    def expect_members(self, got, count: int, names: str) -> tuple:
        """Fail unless `got` is a tuple or list of so many results; return it as a tuple."""
        both = isinstance(got, (tuple, list)) and len(got) == count
        number = {2: "two", 3: "three", 4: "four"}.get(count, str(count))
        all_of = "both" if count == 2 else f"all {number}"
        self.expect(
            both, expected=f"{number} values, `return {names}`", got=got, mistake=f"return {all_of}: {names}"
        )
        return tuple(got)

    def expect_gradient(self, got, want, leaves: dict[str, torch.Tensor], tried: str = "the result"):
        """Fail unless the gradients of `got` by each of `leaves` are those of `want`, entry by entry.

        `got` and `want` are tensors of one shape with graphs to `leaves`; a fixed random direction stands
        for the loss.
        """
        follows = isinstance(got, torch.Tensor) and got.requires_grad
        self.expect(
            follows,
            tried=tried,
            expected="a result that gradients can flow through",
            got="no gradient",
            mistake=CUT,
        )
        direction = torch.randn(want.shape, generator=torch.Generator().manual_seed(7)).to(want)
        every = list(leaves.values())
        wanted = torch.autograd.grad(want, every, direction, retain_graph=True, allow_unused=True)
        came = torch.autograd.grad(got, every, direction.to(got), retain_graph=True, allow_unused=True)
        for name, right, mine in zip(leaves, wanted, came, strict=True):
            right = torch.zeros_like(leaves[name]) if right is None else right
            self.expect(
                mine is not None or not right.any(),
                tried=tried,
                expected=f"a gradient with respect to {name}",
                got="none",
                mistake=f"you cut {name} off with `detach` or `.data`, or compared it (`{name} > 0` has no "
                "gradient)",
            )
            mine = torch.zeros_like(right) if mine is None else mine
            self.expect_close(
                mine, right, tried=f"the gradient of {tried} with respect to {name}", rtol=1e-3, atol=1e-5
            )
