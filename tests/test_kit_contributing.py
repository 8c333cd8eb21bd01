"""The worked example of CONTRIBUTING.md is a lesson that builds, with a check that works."""

import re
import sys
from pathlib import Path

import pytest

import course_utils.exercises
from course_utils.checks import registry
from course_utils.checks.run import run_check
from course_utils.kit import build, source
from course_utils.kit.lessons import find_lessons
from tests import answers

TEXT = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.fixture
def example(tmp_path, monkeypatch):
    """The example's three files, written where it says; the lesson's checks are found."""
    lesson, checks, bank = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "98_doubling.py").write_text(lesson, encoding="utf-8")
    (tmp_path / "lesson98.py").write_text(checks, encoding="utf-8")
    monkeypatch.setattr(course_utils.exercises, "__path__", [*course_utils.exercises.__path__, str(tmp_path)])
    monkeypatch.setattr(answers, "ANSWERS", [])
    (tmp_path / "answers98.py").write_text(bank, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield find_lessons(tmp_path)[0]
    registry.EXERCISES.pop("98.1", None)
    for module in ("answers98", "course_utils.exercises.lesson98"):
        sys.modules.pop(module, None)


def test_example_builds(example):
    nb = source.read(example)
    student = build.student_version(example, nb)
    [exercise] = [cell.source for cell in student.cells if "exercise" in cell.metadata]
    assert (
        exercise
        == 'def double(x: float) -> float:\n    """Return 2 x. Lesson 98."""\n    ...  # your code here'
    )


def test_example_checks_tell_right_from_wrong(example):
    exercise = registry.exercises("98")["98.1"]
    __import__("answers98")
    assert len(answers.ANSWERS) == 2
    for answer in answers.ANSWERS:
        verdict = run_check(exercise, answer.function)
        assert (verdict.state == "passed") == (answer.says is None), verdict.text()
        assert answer.says is None or answer.says in verdict.text()
