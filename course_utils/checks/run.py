"""Check a student's function against an exercise: the one way in."""

from __future__ import annotations

import contextlib
import dis
import inspect
import io
import random
import warnings

from course_utils.checks import naming, values, world
from course_utils.checks.attempt import Attempt
from course_utils.checks.registry import EXERCISES, Exercise
from course_utils.checks.verdict import Verdict

SECONDS = 10.0
"""How long one call may take."""


def run_check(exercise: Exercise, function, seed: int | None = None, seconds: float = SECONDS) -> Verdict:
    """Check `function` against `exercise`. Never raises for anything that the function is or does.

    `seconds` is the time limit of one call. A check has a world of its own (gradients on, float32, CPU, its
    own random numbers); the notebook's is put back, and a setting there that changes every cell is named.
    """
    title = f"Exercise {exercise.number} · {exercise.title}"
    if not exercise.parts:
        raise ValueError(f"the check of exercise {exercise.number} has no parts")
    if complaint := _not_usable(exercise, function):
        return Verdict(title, "not checked", 0.0, exercise.points, message=complaint)
    if is_empty(function):
        todo = "Write your code in place of `...`, run that cell, then run this one again."
        return Verdict(title, "not attempted", 0.0, exercise.points, message=todo)
    seed = fresh_seed() if seed is None else int(seed)
    attempt = Attempt(exercise, function, seed, seconds)
    settings = world.leaked()
    with world.own(), contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbgrader gives a cell with any stderr no points
        for name in exercise.parts:
            naming.run_part(exercise, attempt, name)
        _hold_global_generators(exercise, attempt)
        naming.name_mistake(exercise, attempt)
    passed = sum(part.problem is None for part in attempt.parts)
    state = "passed" if passed == len(attempt.parts) else "not right yet"
    points = exercise.points * passed / len(attempt.parts)
    return Verdict(title, state, float(round(points, 2)), exercise.points, attempt.parts, _told(settings))


def fresh_seed() -> int:
    """A seed that nobody can foresee, so that no answer is made for one input."""
    return random.SystemRandom().randrange(100_000)


_SAID: set[str] = set()


def _told(settings: list[str]) -> str:
    """A sentence on each setting that a cell left on, the first time it is seen."""
    new = [setting for setting in settings if setting not in _SAID]
    _SAID.update(new)
    return " ".join(f"In this notebook {setting}. The check put it right for itself." for setting in new)


def _hold_global_generators(exercise: Exercise, attempt: Attempt) -> None:
    """A part more, where a call drew from a global random generator or seeded one."""
    if not attempt.global_draws:
        return
    given = "generator" in inspect.signature(exercise.kit).parameters
    with attempt.part("global random generators stay as they are"):
        attempt.fail(
            tried=attempt.global_draws,
            expected="random numbers from the `generator` that the function is given"
            if given
            else "global random generators as they were",
            got="a global random generator was used or seeded",
            mistake="you left out `generator=generator` in a call that draws random numbers"
            if given
            else "nothing is to be drawn or seeded here: other cells' random numbers change with it",
        )


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
        value = f"{values.describe(function)} ({values.kind(function)})"
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
        first = "Restore the stub's first line."
        return f"The stub's first line is `{name}{_bare(ours)}`; yours is `{name}{_bare(theirs)}`. {first}"
    return None


def _bare(signature: inspect.Signature) -> str:
    """The parameters without annotations, with every `*` and default: `(x, *, k=1)`."""
    parameters = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return str(signature.replace(parameters=parameters, return_annotation=signature.empty))


def _fits(theirs: inspect.Signature, ours: inspect.Signature, required_only: bool) -> bool:
    parameters = [p for p in ours.parameters.values() if not required_only or p.default is p.empty]
    keyword = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    try:
        theirs.bind(*positional, **dict.fromkeys(keyword))
    except TypeError:
        return False
    return True
