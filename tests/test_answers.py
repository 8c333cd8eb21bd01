"""Every check against its mistakes and its bank: right answers pass, wrong ones get the intended words."""

import collections

import numpy as np
import pytest
import torch

from course_utils.checks import registry
from course_utils.checks.run import run_check
from course_utils.kit.outputs import nearly
from tests import answers

EXERCISES = {e.number: e for lesson in registry.lesson_numbers() for e in registry.exercises(lesson).values()}
MISTAKES = [
    pytest.param(e, name, function, id=f"{e.number}-{place}")
    for e in EXERCISES.values()
    for place, (name, function) in enumerate(e.mistakes)
]
ANSWERS = answers.load()
RIGHT = [a for a in ANSWERS if a.says is None]
WRONG = [a for a in ANSWERS if a.says is not None]
SEEDS = (1, 2, 3)
PAGE = answers.PAGE.read_text(encoding="utf-8").splitlines()


NONSENSE = {
    "None": None,
    "a number": 1.5,
    "a text": "x",
    "an array": np.ones(3),
    "a list": [1.0, "x"],
    "a tuple": (torch.ones(2), None),
    "NaN": torch.full((2, 2), torch.nan),
    "no entries": torch.zeros(0),
    "whole numbers": torch.zeros(3, dtype=torch.long),
    "no data": torch.zeros(3, device="meta"),
    "a function": len,
}


def ids(answer):
    return answer.id


@pytest.mark.parametrize("number", EXERCISES)
def test_bank_is_large_enough(number):
    right = sum(a.exercise == number for a in RIGHT)
    wrong = sum(a.exercise == number for a in WRONG)
    assert right >= 2, "an exercise needs two differently written right answers"
    assert wrong + len(EXERCISES[number].mistakes) >= 5, "an exercise needs five plausible wrong answers"


def test_answers_belong_to_exercises():
    assert {a.exercise for a in ANSWERS} <= set(EXERCISES)
    assert max(collections.Counter(a.id for a in ANSWERS).values()) == 1, "two answers share a name"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("number", EXERCISES)
def test_kit_passes_its_own_check(number, seed):
    exercise = EXERCISES[number]
    verdict = run_check(exercise, exercise.kit, seed)
    assert verdict.points == exercise.points, verdict.text()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("answer", RIGHT, ids=ids)
def test_right_answer_passes(answer, seed):
    verdict = run_check(EXERCISES[answer.exercise], answer.function, seed)
    assert verdict.state == "passed", verdict.text()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("exercise", "name", "function"), MISTAKES)
def test_mistake_is_refused_and_named_as_itself(exercise, name, function, seed):
    verdict = run_check(exercise, function, seed)
    assert verdict.state == "not right yet" and verdict.points < exercise.points
    assert verdict.explained.problem.mistake == name, verdict.text()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("answer", WRONG, ids=ids)
def test_wrong_answer_is_explained(answer, seed):
    verdict = run_check(EXERCISES[answer.exercise], answer.function, seed)
    assert verdict.state == "not right yet"
    assert verdict.points < EXERCISES[answer.exercise].points
    assert answer.says in verdict.text(), verdict.text()
    if seed == answers.SEED:
        row = answers.row(answer, verdict)
        written = [line for line in PAGE if line.startswith(row.split("|")[1].join("||"))]
        assert any(nearly(line, row) for line in written), "run `make build` and commit docs/"


def test_page_of_wrong_answers_has_these_and_no_others():
    assert sum(line.startswith("| ") for line in PAGE) == len(WRONG) + len(EXERCISES), "run `make build`"
    headings = [line for line in PAGE if line.startswith("## ")]
    assert headings == [f"## {e.number} · {e.title} (`{e.name}`)" for e in EXERCISES.values()]
    names = [f"- {name}" for e in EXERCISES.values() for name in dict.fromkeys(n for n, _ in e.mistakes)]
    assert names == [line for line in PAGE if line.startswith("- ")]


@pytest.mark.parametrize("value", NONSENSE.values(), ids=NONSENSE)
@pytest.mark.parametrize("number", EXERCISES)
def test_nonsense_gets_a_verdict(number, value):
    """Whatever comes out of a student's function, the notebook goes on, with a text that one can read."""

    def nonsense(*args, **kwargs):
        return value

    verdict = run_check(EXERCISES[number], nonsense, seed=1)
    assert verdict.state == "not right yet" and verdict.points < verdict.of
    assert verdict.explained.problem.got and len(verdict.text()) < 4000


@pytest.mark.parametrize("answer", ANSWERS, ids=ids)
def test_answer_stands_alone(answer):
    """Its source runs under the exercise's name with nothing but the usual imports."""
    scope = {}
    exec(answers.IMPORTS + answer.source(EXERCISES[answer.exercise].name), scope)
    verdict = run_check(EXERCISES[answer.exercise], scope[EXERCISES[answer.exercise].name], seed=1)
    assert (verdict.state == "passed") == (answer.says is None), verdict.text()
