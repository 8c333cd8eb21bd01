"""Exercises and their checks.

A check is a function of one `Attempt`. It calls the student's function on cases and states what must come
out; the attempt turns every way of failing into words. A check never compares with an imported solution: it
tests closed forms, hand-computed cases, invariances, shapes and dtypes.

    @exercise("2.1", "pair_loss", title="Loss of an antipodal pair", kit=theory.pair_loss, hints=("...",))
    def _(attempt):
        with attempt.part("hand-computed cases"):
            got = attempt.call(1.0, 0.5)
            attempt.expect_close(got, 2 * 0.25 / 6, mistakes={"you forgot the factor 1 + r": 0.25 / 6})
"""

from __future__ import annotations

import contextlib
import copy
import dis
import importlib
import inspect
import io
import pkgutil
import random
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from course_utils.checks import guard, values
from course_utils.checks.verdict import Part, Problem, Verdict


@dataclass(frozen=True)
class Exercise:
    """One exercise: what the student writes, how it is checked, and what stands in for it meanwhile."""

    number: str  # "2.1"
    name: str  # of the student's function
    title: str
    points: float
    kit: Callable  # the kit's own implementation
    hints: tuple[str, ...]
    check: Callable[[Attempt], None]

    @property
    def lesson(self) -> str:
        return f"{int(self.number.split('.')[0]):02d}"


EXERCISES: dict[str, Exercise] = {}


def exercise(number: str, name: str, *, title: str, kit: Callable, hints: tuple[str, ...], points: float = 1):
    """Register the decorated function as the check of exercise `number`.

    Raises ValueError for a malformed number, no hints, or a number or name that its lesson has already.
    """
    if not re.fullmatch(r"\d{1,2}\.\d{1,2}", number):
        raise ValueError(f'an exercise number looks like "2.1", not {number!r}')
    if isinstance(hints, str) or not hints:
        raise ValueError(f"exercise {number} needs a tuple of at least one hint")

    def register(check):
        new = Exercise(number, name, title, points, kit, tuple(hints), check)
        for old in EXERCISES.values():
            reloaded = old.check.__code__.co_filename == check.__code__.co_filename and old.number == number
            same = old.number == number or (old.lesson == new.lesson and old.name == name)
            if same and not (reloaded and old.name == name):
                raise ValueError(
                    f"two exercises of one number or name: {old.number} {old.name}, {number} {name}"
                )
        EXERCISES[number] = new
        return check

    return register


def lesson_numbers() -> list[str]:
    """The lessons that have checks: `["00", "02", ...]`."""
    package = importlib.import_module("course_utils.exercises")

    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    return sorted(name.removeprefix("lesson") for name in names if re.fullmatch(r"lesson\d\d", name))


def exercises(lesson: str) -> dict[str, Exercise]:
    """The exercises of one lesson, in order."""
    importlib.import_module(f"course_utils.exercises.lesson{lesson}")
    own = [e for e in EXERCISES.values() if e.lesson == lesson]
    return {e.number: e for e in sorted(own, key=lambda e: [int(n) for n in e.number.split(".")])}


class Wrong(Exception):
    """The answer is not right; ends the part it is raised in."""

    def __init__(self, problem: Problem):
        super().__init__(problem.got)
        self.problem = problem


class Attempt:
    """One run of one check on one student's function."""

    def __init__(self, exercise: Exercise, function: Callable, seed: int, seconds: float):
        self.seed = seed
        self.generator = torch.Generator().manual_seed(seed)
        self.parts: list[Part] = []
        self._exercise, self._function, self._seconds = exercise, function, seconds
        self._start = self.generator.get_state()
        self._tried = self._printed = ""
        self._got = None  # what the last call returned
        self._touched_global_rng = False
        self._abandoned = False

    # --- inputs drawn anew each time; the verdict names the seed that repeats them ---

    def rand(self, *shape: int, low: float = 0.0, high: float = 1.0) -> torch.Tensor:
        """Uniform on [low, high)."""
        return low + (high - low) * torch.rand(*shape, generator=self.generator)

    def randn(self, *shape: int) -> torch.Tensor:
        """Standard normal."""
        return torch.randn(*shape, generator=self.generator)

    def randint(self, low: int, high: int, shape: tuple[int, ...] = ()) -> torch.Tensor:
        """Integers from low to high − 1."""
        return torch.randint(low, high, shape, generator=self.generator)

    # --- running ---

    @contextlib.contextmanager
    def part(self, name: str):
        """One part of the check. The parts share the points; a failed part does not stop the later ones."""
        part = Part(name)
        self.parts.append(part)
        self._tried = self._printed = ""
        try:
            yield
        except Wrong as wrong:
            part.problem = wrong.problem
        except Exception as error:
            part.problem = self._broken(error)

    def call(self, *args, allow_none: bool = False, finite: bool = True, **kwargs):
        """Run the student's function on copies of the inputs and return what it returns.

        Fails the part when the function raises, runs too long, changes its inputs, returns None (unless
        `allow_none`), returns NaN or infinity (while `finite`), or returns numpy for tensors.
        Gradients flow through the copies to the check's own tensors. Modules, parameters, generators and
        other objects are handed over as they are, and may be changed.
        """
        given = [*zip(self._names(len(args)), args, strict=True), *kwargs.items()]
        shown = ", ".join(f"{name}={values.describe(value, 6)}" for name, value in given)
        self._tried, self._printed = f"{self._exercise.name}({shown})", ""
        if self._abandoned:
            self.fail(got="not run: an earlier call ran too long")
        given_args, given_kwargs = _copy(args), _copy(kwargs)
        before = _global_rng()
        outcome = guard.run(self._function, given_args, given_kwargs, self._seconds)
        self._touched_global_rng = _global_rng_moved(before)
        self._printed = outcome.printed
        if outcome.timed_out:
            self._abandoned = True
            end = "goes on in the background: restart the kernel" if outcome.still_running else "was stopped"
            self.fail(
                expected=f"a result within {self._seconds:g} seconds",
                got=f"it was still running after {self._seconds:g} seconds and {end}",
                mistake="an endless loop (a `while` whose condition never changes), or a loop over single "
                "numbers where one tensor operation would do",
            )
        if outcome.error is not None:
            told = {"traceback": guard.own_traceback(outcome.error), "mistake": guard.advice(outcome.error)}
            raise Wrong(self._problem(**told))
        self._expect_inputs_unchanged(args, kwargs, given_args, given_kwargs)
        got = self._got = outcome.value
        if got is None and not allow_none:
            self.fail(expected="a value", got="None", mistake="did you forget `return`?")
        if inspect.isgenerator(got) or inspect.iscoroutine(got):
            self.fail(
                expected="a value", got=f"a {type(got).__name__}", mistake="you wrote `yield` or `async`"
            )
        tensors_in = any(isinstance(a, torch.Tensor) for a in [*args, *kwargs.values()])
        if tensors_in and isinstance(got, np.ndarray):
            self.fail(
                expected="a torch tensor",
                got=values.describe(got),
                mistake="you returned a numpy array: stay in torch, or end with `torch.from_numpy(...)`",
            )
        if finite and (bad := values.not_finite(got)):
            self.fail(
                expected="finite numbers",
                got=f"{bad}. {values.describe(got)}",
                mistake="a division by zero, or the log or root of something not positive",
            )
        return got

    def _names(self, count: int) -> list[str]:
        """The names of the first `count` parameters, as in the exercise's stub."""
        return [*inspect.signature(self._exercise.kit).parameters, *["input"] * count][:count]

    def _expect_inputs_unchanged(self, args, kwargs, given_args, given_kwargs):
        cases = zip(self._names(len(args)), args, given_args, strict=True)
        for name, before, after in [*cases, *((k, kwargs[k], given_kwargs[k]) for k in kwargs)]:
            if not _same(before, after):
                self.fail(
                    expected=f"the input `{name}` as it was: {values.describe(before, 6)}",
                    got=f"your function changed `{name}`: {values.describe(after, 6)}",
                    mistake=f"you edited the caller's `{name}` in place (`-=`, `x[mask] = 0`, a method whose "
                    "name ends in `_`): make a new value instead",
                )

    # --- stating what must come out ---

    def fail(self, *, tried: str = "", expected="", got="", mistake: str | None = ""):
        """Fail this part. `expected` and `got` are any values; `tried` is the last call unless given."""
        expected, got = (v if isinstance(v, str) else values.describe(v) for v in (expected, got))
        raise Wrong(self._problem(tried=tried, expected=expected, got=got, mistake=mistake or ""))

    def expect(self, condition, *, tried: str = "", expected, got, mistake: str = ""):
        """Fail this part unless `condition`."""
        if not condition:
            self.fail(tried=tried, expected=expected, got=got, mistake=mistake)

    def expect_close(
        self,
        got,
        want,
        *,
        tried: str = "",
        mistakes: dict | None = None,
        rtol: float = 1e-4,
        atol: float = 1e-6,
    ):
        """Fail unless `got` is `want` within |got − want| ≤ atol + rtol |want|, entry by entry.

        A tensor `want` asks for a tensor of that shape and kind (float, integer, boolean); a number takes
        a number or a tensor without dimensions. `mistakes` maps the name of a mistake, worded to the
        student ("you forgot the bias"), to the value that it gives; the one that fits what came out is named,
        none if two fit alike.
        """
        named = values.likely_mistake(got, want, mistakes or {}, rtol, atol)
        if isinstance(want, torch.Tensor):
            self._expect_tensor_like(got, want, tried, named)
        elif values.as_tensor(got) is None:
            self.fail(
                tried=tried, expected=values.describe(want), got=f"{values.describe(got)} ({_kind(got)})"
            )
        elif values.as_tensor(got).shape != values.as_tensor(want).shape:
            expected = f"one number, {values.describe(want)}" if np.ndim(want) == 0 else values.describe(want)
            self.fail(tried=tried, expected=expected, got=got, mistake=named)
        if values.distance(got, want, rtol, atol) <= 1:
            return
        shown = values.describe(got)
        if np.ndim(want):
            shown += f"\n{values.largest_difference(got, want)}"
        named = named or values.pattern(got, want, rtol, atol)
        self.fail(tried=tried, expected=values.describe(want), got=shown, mistake=named)

    def _expect_tensor_like(self, got, want, tried, named):
        if not isinstance(got, torch.Tensor):
            advice = ""
            if isinstance(got, (int, float)):
                advice = "did you call `.item()` or `float()`?"
            elif isinstance(got, list):
                advice = "make a tensor of it: `torch.stack(...)` of tensors, `torch.tensor(...)` of numbers"
            elif isinstance(got, tuple) and hasattr(got, "indices"):
                advice = "`max`, `sort` and `topk` return values and places: take `.values`"
            self.fail(
                tried=tried,
                expected=values.describe(want),
                got=f"{values.describe(got)} ({_kind(got)}, no tensor)",
                mistake=named or advice,
            )
        if got.shape != want.shape:
            self.expect_shape(got, tuple(want.shape), tried=tried, mistake=named or "")
        if got.device != want.device:
            on = [f"a tensor on the device `{t.device}`" for t in (want, got)]
            made = "a tensor made inside the function has its own device: take it from the input"
            self.fail(tried=tried, expected=on[0], got=on[1], mistake=made)
        kinds = [_dtype_kind(t.dtype) for t in (got, want)]
        if kinds[0] != kinds[1]:
            same = values.distance(got, want, rtol=1e-4, atol=1e-6) <= 1
            self.fail(
                tried=tried,
                expected=f"{kinds[1]} entries: {values.describe(want)}",
                got=got,
                mistake=named or ("the numbers are right, their dtype is not" if same else ""),
            )

    def expect_shape(self, got, shape: tuple[int, ...], *, tried: str = "", mistake: str = ""):
        """Fail unless `got` is a tensor of this shape."""
        shape = tuple(shape)
        if not isinstance(got, torch.Tensor):
            self.fail(
                tried=tried,
                expected=f"a tensor of shape {shape}",
                got=f"{values.describe(got)} ({_kind(got)})",
            )
        if tuple(got.shape) != shape:
            if not mistake and len(shape) > 1 and tuple(got.shape) == shape[::-1]:
                mistake = "your result is transposed"
            self.fail(
                tried=tried, expected=f"shape {shape}", got=f"shape {tuple(got.shape)}", mistake=mistake
            )

    def expect_dtype(self, got, dtype: torch.dtype, *, tried: str = "", mistake: str = ""):
        """Fail unless `got` is a tensor of this dtype: the inputs' dtype must reach the result."""
        have = got.dtype if isinstance(got, torch.Tensor) else _kind(got)
        advice = mistake or "a tensor made inside the function has its own dtype: take it from the input"
        self.expect(
            have == dtype, tried=tried, expected=f"dtype {dtype}", got=f"dtype {have}", mistake=advice
        )

    def expect_own_generator(self, *, tried: str = ""):
        """Fail if the last call drew from the global random generator instead of the one it was given."""
        self.expect(
            not self._touched_global_rng,
            tried=tried,
            expected="random numbers from the `generator` that the function is given",
            got="the global random generator was used",
            mistake="you left out `generator=generator` in a call that draws random numbers",
        )

    def _broken(self, error: Exception) -> Problem:
        """The check itself stumbled, most often over a value that it did not expect."""
        reason = f"{type(error).__name__}: {error}".split("\n")[0][:200]
        try:
            shown = f"{values.describe(self._got)} ({_kind(self._got)})"
        except Exception:  # such as a list that holds itself
            shown = f"{_kind(self._got)} that can't be shown"
        return self._problem(
            got=f"{shown}\nThe check stopped there: {reason}",
            mistake="a value of another kind than asked for. If yours is right, please report this check",
        )

    def _problem(self, **fields) -> Problem:
        fields["tried"] = fields.get("tried") or self._tried
        repeat = ""
        if not torch.equal(self._start, self.generator.get_state()):
            number, name = self._exercise.number, self._exercise.name
            repeat = f'seed {self.seed}; lesson.check("{number}", {name}, seed={self.seed}) repeats them'
        printed = self._printed.strip()
        if len(printed) > 600 or printed.count("\n") > 12:
            start = "\n".join(printed[:600].splitlines()[:12])
            printed = f"{start}\n... ({len(printed)} characters in all)"
        return Problem(**fields, printed=printed, repeat=repeat)


def run_check(exercise: Exercise, function, seed: int | None = None, seconds: float = 10.0) -> Verdict:
    """Check `function` against `exercise`. Never raises for anything that the function is or does.

    `seconds` is the time limit of one call. The notebook's global random generators and default dtype are
    left as they were.
    """
    title = f"Exercise {exercise.number} · {exercise.title}"
    if complaint := _not_usable(exercise, function):
        return Verdict(title, "not checked", 0.0, exercise.points, message=complaint)
    if is_empty(function):
        todo = "Write your code in place of `...`, run that cell, then run this one again."
        return Verdict(title, "not attempted", 0.0, exercise.points, message=todo)
    seed = random.SystemRandom().randrange(100_000) if seed is None else int(seed)
    attempt = Attempt(exercise, function, seed, seconds)
    before, dtype = _global_rng(), torch.get_default_dtype()
    try:
        # not the given generator's numbers: who draws from both must not see twins
        torch.default_generator.manual_seed(seed + 1)
        np.random.seed(seed)  # noqa: NPY002
        random.seed(seed)
        with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nbgrader gives a cell with any stderr no points
            exercise.check(attempt)
    except Exception as error:  # outside any part: counts as a part of its own
        problem = error.problem if isinstance(error, Wrong) else attempt._broken(error)
        attempt.parts.append(Part("before the parts", problem))
    finally:
        torch.set_rng_state(before[0])
        np.random.set_state(before[1])  # noqa: NPY002
        random.setstate(before[2])
        torch.set_default_dtype(dtype)
    if not attempt.parts:
        raise ValueError(f"the check of exercise {exercise.number} has no parts")
    passed = sum(part.problem is None for part in attempt.parts)
    state = "passed" if passed == len(attempt.parts) else "not right yet"
    points = exercise.points * passed / len(attempt.parts)
    return Verdict(title, state, float(round(points, 2)), exercise.points, attempt.parts)


def is_empty(function) -> bool:
    """Whether the body does nothing: only a docstring, `...`, `pass` or `return None`."""
    try:
        code = getattr(inspect.unwrap(function), "__code__", None)
    except ValueError:  # it wraps itself
        return False
    if code is None:
        return False
    nothing = {"RESUME", "NOP", "CACHE", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST", "NOT_TAKEN"}
    steps = list(dis.get_instructions(code))
    constants = [step.argval for step in steps if step.opname in ("LOAD_CONST", "RETURN_CONST")]
    return all(step.opname in nothing for step in steps) and constants == [None]


def _not_usable(exercise: Exercise, function) -> str | None:
    """Say what to do when what was passed cannot be checked at all."""
    name = exercise.name
    how = f'Write lesson.check("{exercise.number}", {name}), the function\'s name without brackets or quotes.'
    if inspect.isclass(function):
        return f"You passed a class; the exercise asks for the function `{name}`. {how}"
    if not callable(function):
        value = f"{values.describe(function)} ({_kind(function)})"
        return f"You passed a value, {value}, not a function. Did you call `{name}(...)`? {how}"
    own_name = getattr(function, "__name__", "")
    named = [e.number for e in EXERCISES.values() if e.lesson == exercise.lesson and e.name == own_name]
    other = named[0] if named else exercise.number
    if other != exercise.number:
        return f"You passed `{own_name}`, which is exercise {other}. {how}"
    try:
        theirs, ours = inspect.signature(function), inspect.signature(exercise.kit)
    except (TypeError, ValueError):
        return None
    if not (_fits(theirs, ours, required_only=True) or _fits(theirs, ours, required_only=False)):
        want = ", ".join(ours.parameters)
        have = ", ".join(theirs.parameters)
        return f"`{name}` takes the parameters ({want}); yours takes ({have}). Restore the stub's first line."
    return None


def _fits(theirs: inspect.Signature, ours: inspect.Signature, required_only: bool) -> bool:
    parameters = [p for p in ours.parameters.values() if not required_only or p.default is p.empty]
    keyword = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    try:
        theirs.bind(*positional, **dict.fromkeys(keyword))
    except TypeError:
        return False
    return True


def _kind(value) -> str:
    kind = type(value).__name__
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"


def _dtype_kind(dtype: torch.dtype) -> str:
    if dtype == torch.bool:
        return "boolean"
    if dtype.is_complex:
        return "complex"
    return "float" if dtype.is_floating_point else "integer"


def _global_rng() -> tuple:
    """The states of the global generators of torch, numpy and Python."""
    return torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002


def _global_rng_moved(before: tuple) -> bool:
    now = _global_rng()
    numpy_moved = any(not np.array_equal(a, b) for a, b in zip(before[1], now[1], strict=True))
    return numpy_moved or not torch.equal(before[0], now[0]) or before[2] != now[2]


def _copy(value):
    """A copy that the student may do with as they like; gradients still flow to the original."""
    if isinstance(value, torch.Tensor):
        return value.clone() if not isinstance(value, torch.nn.Parameter) else value
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {k: _copy(v) for k, v in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(_copy, value))
    if isinstance(value, (tuple, list)):
        return type(value)(map(_copy, value))
    return copy.copy(value) if isinstance(value, set) else value


def _same(before, after) -> bool:
    if isinstance(before, torch.Tensor):
        if before.shape != after.shape or before.is_meta:
            return before.shape == after.shape
        return torch.equal(before.nan_to_num() if before.is_floating_point() else before,
                           after.nan_to_num() if after.is_floating_point() else after)  # fmt: skip
    if isinstance(before, np.ndarray):
        return before.shape == after.shape and before.tobytes() == after.tobytes()
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(_same(before[k], after[k]) for k in before)
    if isinstance(before, (tuple, list)):
        return len(before) == len(after) and all(map(_same, before, after))
    return not isinstance(before, set) or before == after
