"""Banks of answers beside the registered mistakes: what students write, kept so that the checks stay sharp.

One module per lesson: right answers, written differently, and wrong ones that raise, misbehave or break a
property, which the engine explains by itself. Each is a plain function that stands alone, given the imports
that a lesson has.

    @right("2.1")
    def vectorised(r, p): ...

    @wrong("2.1", says="forgot the factor")     # what the verdict's plain text must contain
    def no_factor(r, p): ...
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from course_utils.checks.registry import Exercise
from course_utils.checks.run import run_check
from course_utils.checks.verdict import Verdict

PAGE = Path(__file__).parents[2] / "docs" / "wrong_answers.md"
SEED = 1  # of the inputs that checks draw, for the page

IMPORTS = """\
import math
import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils import toy
"""


@dataclass(frozen=True)
class Answer:
    """One answer to one exercise; ``says`` is None for a right one."""

    exercise: str
    function: Callable
    says: str | None

    @property
    def id(self) -> str:
        return f"{self.exercise}-{self.function.__name__}"

    def source(self, name: str) -> str:
        """The answer as a student would write it: without the decorator, under the exercise's ``name``."""
        tree = ast.parse(textwrap.dedent(inspect.getsource(self.function)))
        definition = tree.body[0]
        definition.decorator_list = []
        definition.name = name
        return ast.unparse(tree)


ANSWERS: list[Answer] = []


def right(exercise: str):
    """Register an answer that must get full points."""
    return _register(exercise, None)


def wrong(exercise: str, *, says: str):
    """Register an answer that must fail, with ``says`` in the verdict's text."""
    return _register(exercise, says)


def _register(exercise: str, says: str | None):
    def keep(function):
        ANSWERS.append(Answer(exercise, function, says))
        return function

    return keep


def load() -> list[Answer]:
    """All answers of all lessons' banks."""
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("lesson"):
            importlib.import_module(f"{__name__}.{module.name}")
    return ANSWERS


def row(answer: Answer, verdict: Verdict) -> str:
    """A wrong answer's line in the page: what was done, and what the kit says."""
    problem = verdict.explained.problem
    if problem.mistake:
        said = problem.mistake
    elif problem.traceback:  # the message itself is worded otherwise by other versions
        error = re.search(r"^(\w+Error)\b", problem.traceback, re.MULTILINE)[1]
        said = f"the {error} that it raised, and in which line"
    else:
        said = f"expected {problem.expected}; came out {problem.got}"
    cells = answer.function.__name__.strip("_").replace("_", " "), " ".join(said.split())
    return "| {} | {} |".format(*(text.replace("|", "\\|") for text in cells))


def page(exercises: dict[str, dict[str, Exercise]]) -> str:
    """All lessons' mistakes and wrong answers, in Markdown. `exercises`: lesson -> number -> exercise."""
    lines = [
        "# Wrong answers, and what the kit says",
        "",
        "Written by `make build` from `course_utils/exercises/` and the banks in `tests/answers/`. A mistake",
        "is a function that a test runs as a student's answer: the kit names it, in these words. The tables",
        "have other wrong answers; where no mistake is named, the kit shows what was expected and what came",
        "out.",
    ]
    for lesson in exercises.values():
        for exercise in lesson.values():
            lines += ["", f"## {exercise.number} · {exercise.title} (`{exercise.name}`)", ""]
            lines += [f"- {name}" for name in dict.fromkeys(name for name, _ in exercise.mistakes)]
            lines += ["", "| wrong answer | the kit says |", "|---|---|"]
            for answer in load():
                if answer.exercise == exercise.number and answer.says is not None:
                    lines.append(row(answer, run_check(exercise, answer.function, SEED)))
    return "\n".join(lines) + "\n"
