"""Exercises: what is asked, how an answer is checked, and the mistakes that are known, all in one place.

    double = exercise("2.1", kit.double, title="Double", points=2, hints=("What is x plus x?",))

    double.edits({"you squared": ("2 * x", "x * x"), "you forgot the factor": ("2 * x", "x")})

    @double.mistake("you added 2")
    def adds(x):
        return x + 2

    @double.part("a case by hand")
    def by_hand(attempt):
        attempt.gives(6.0, 3.0)  # double(3.0) has to give 6.0

A mistake is a wrong function, registered once. When an answer fails, the mistakes run on the same inputs, and
the one that does what the answer did is named. A check states closed forms, hand-computed cases, invariances.
Any course may register exercises: one module a lesson, `lessonNN`, in a package that `PLACES` names.
"""

from __future__ import annotations
import __future__

import ast
import importlib
import importlib.util
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from course_utils.checks.attempt import Attempt

PLACES = ["course_utils.exercises"]
"""The packages in which `lesson_numbers` and `exercises` look for modules `lessonNN`."""


@dataclass
class Exercise:
    """One exercise. Made by `exercise`; parts and mistakes are added to it by its methods."""

    number: str  # "2.1"
    kit: Callable  # the kit's own implementation: stands in until the student's passes
    title: str
    points: float
    hints: tuple[str, ...]
    returns: str = ""  # names of the results, "x_hat, f", where there are several
    parts: dict[str, Callable[[Attempt], None]] = field(default_factory=dict)
    mistakes: list[tuple[str, Callable]] = field(default_factory=list)  # (its name, a wrong answer)

    @property
    def name(self) -> str:
        """The student's function goes by the name of the kit's."""
        return self.kit.__name__

    @property
    def lesson(self) -> str:
        return f"{int(self.number.split('.')[0]):02d}"

    def part(self, name: str):
        """Add the decorated function of an Attempt as the next part of the check. Parts share the points."""

        def add(function):
            if name in self.parts:
                raise ValueError(f"exercise {self.number} has the part {name!r} twice")
            self.parts[name] = function
            return function

        return add

    def mistake(self, name: str):
        """Register the decorated wrong answer. `name` is worded to the student: "you forgot the bias".

        Several ways of making one mistake share its name.
        """

        def add(function):
            self.mistakes.append((name, function))
            return function

        return add

    def edits(self, mistakes: dict[str, tuple[str, str] | list[tuple[str, str]]], of: Callable | None = None):
        """Register mistakes that are small edits of a right answer's source: name -> (old, new), or several.

        `of` is that answer, the kit's unless given. Raises ValueError where `old` does not stand in it once.
        """
        for name, edit in mistakes.items():
            try:
                self.mistake(name)(edited(of or self.kit, edit if isinstance(edit, list) else [edit]))
            except (ValueError, SyntaxError) as error:
                raise ValueError(f"exercise {self.number}, {name!r}: {error}") from None

    def variants(self, mistakes: dict[str, Callable], of: Callable | None = None):
        """Register mistakes that are the right answer on other inputs, or its result changed.

        A changed input is named by a parameter of the answer: `lambda x: -x` acts on the input `x`,
        `lambda x, k: (-x, k + 1)` on two of them; a function of `result` acts on what the answer returns.
        """
        for name, change in mistakes.items():
            self.mistake(name)(varied(of or self.kit, change))

    def contract(
        self, inputs: Callable[[Attempt], tuple], wrt: tuple[str, ...] = (), of: Callable | None = None
    ):
        """Add the parts that exercises of formulas share: gradients by value, and the caller's dtype.

        `inputs` draws the arguments; `wrt` names those whose gradients are compared with the gradients of
        `of`, the kit's function unless given (its values are held to closed forms by the other parts).
        """
        reference = of or self.kit
        if wrt:
            self.part("its gradients")(lambda attempt: attempt.same_gradients(reference, inputs, wrt))
        self.part("float64 stays float64")(lambda attempt: attempt.keeps_dtype(reference, inputs))


EXERCISES: dict[str, Exercise] = {}


def exercise(
    number: str, kit: Callable, *, title: str, hints: tuple[str, ...], points: float = 1, returns: str = ""
) -> Exercise:
    """Register exercise `number`: write the function `kit`. See `Exercise` for the other arguments.

    Raises ValueError for a malformed number, no hints, or a number or name that its lesson has already.
    """
    if not re.fullmatch(r"\d{1,2}\.\d{1,2}", number):
        raise ValueError(f'an exercise number looks like "2.1", not {number!r}')
    if isinstance(hints, str) or not hints:
        raise ValueError(f"exercise {number} needs a tuple of at least one hint")
    new = Exercise(number, kit, title, points, tuple(hints), returns)
    for old in EXERCISES.values():
        same = (old.number == number) + (old.lesson == new.lesson and old.name == new.name)
        if same == 1:  # both alike: its module is loaded again
            raise ValueError(
                f"two exercises of one number or name: {old.number} {old.name}, {number} {new.name}"
            )
    EXERCISES[number] = new
    return new


def lesson_numbers() -> list[str]:
    """The lessons that have exercises: `["00", "02", ...]`."""
    found = {
        module.name.removeprefix("lesson")
        for place in PLACES
        for module in pkgutil.iter_modules(importlib.import_module(place).__path__)
        if re.fullmatch(r"lesson\d\d", module.name)
    }
    return sorted(found)


def exercises(lesson: str) -> dict[str, Exercise]:
    """The exercises of one lesson, in order."""
    for place in PLACES:
        if importlib.util.find_spec(f"{place}.lesson{lesson}"):
            importlib.import_module(f"{place}.lesson{lesson}")
    own = [e for e in EXERCISES.values() if e.lesson == lesson]
    return {e.number: e for e in sorted(own, key=lambda e: [int(n) for n in e.number.split(".")])}


# --- makers of mistakes ---


def edited(function: Callable, edits: list[tuple[str, str]]) -> Callable:
    """`function` with its source changed: each old text made the new one.

    Raises ValueError where an old text does not stand there exactly once.
    """
    source = textwrap.dedent(inspect.getsource(function))
    definition = ast.parse(source).body[0]
    source = "".join(source.splitlines(keepends=True)[definition.lineno - 1 :])  # without decorators
    for old, new in edits:
        if source.count(old) != 1:
            raise ValueError(f"{old!r} stands {source.count(old)} times in `{function.__name__}`, not once")
        source = source.replace(old, new)
    scope = dict(inspect.unwrap(function).__globals__)  # not those of a decorator
    flags = __future__.annotations.compiler_flag
    exec(compile(source, f"<a mistake in {function.__name__}>", "exec", flags), scope)
    return scope[function.__name__]


def varied(function: Callable, change: Callable) -> Callable:
    """`function` on changed inputs, or with a changed result; see `Exercise.variants`."""
    takes = list(inspect.signature(change).parameters)
    own = list(inspect.signature(function).parameters)

    def mistaken(*args, **kwargs):
        if takes == ["result"]:
            return change(function(*args, **kwargs))
        given = dict(zip(own, args, strict=False)) | kwargs
        new = change(*(given[name] for name in takes))
        return function(**(given | dict(zip(takes, new if len(takes) > 1 else [new], strict=True))))

    if takes != ["result"] and not set(takes) <= set(own):
        raise ValueError(f"`{function.__name__}` has no parameters {sorted(set(takes) - set(own))}")
    return mistaken
