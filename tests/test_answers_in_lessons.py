"""What a check passes, the lesson can use: each lesson, all its answers giving another kind of result."""

import functools
import gc
from pathlib import Path

import numpy as np
import pytest
import torch

from course_utils.checks import lesson as lessons
from course_utils.checks import registry, world
from course_utils.checks.fit import fitted
from course_utils.kit.lessons import find_lessons

ROOT = Path(__file__).parents[1]


def each(change):
    """A wrapping of functions that changes each result, member by member."""

    def wrap(function):
        @functools.wraps(function)
        def wrapped(*args, **kwargs):
            result = function(*args, **kwargs)
            if isinstance(result, tuple):
                return [change(member) for member in result]
            return change(result)

        return wrapped

    return wrap


def number_to(kind):
    return lambda value: kind(value) if isinstance(value, float) else value


def in_inference_mode(function):
    @functools.wraps(function)
    def wrapped(*args, **kwargs):
        with torch.inference_mode():
            return function(*args, **kwargs)

    return wrapped


def tensor_to(dtype, whole):
    def change(value):
        fits = isinstance(value, torch.Tensor) and value.dtype == (torch.long if whole else torch.float32)
        return value.to(dtype) if fits else value

    return change


WRAPPINGS = {
    "tensors for numbers": each(number_to(torch.tensor)),
    "numpy numbers": each(number_to(np.float64)),
    "float64": each(tensor_to(torch.float64, whole=False)),
    "int32": each(tensor_to(torch.int32, whole=True)),
    "inference tensors": in_inference_mode,
}


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS)
@pytest.mark.parametrize("number", [lesson.number for lesson in find_lessons(ROOT)])
def test_lesson_runs_with_what_its_checks_pass(number, wrap, monkeypatch, tmp_path):
    """At smoke scale, without the cells that need a live kernel. A check may refuse, but says why."""
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    monkeypatch.setattr(lessons, "show", lambda *args, **data: None)
    monkeypatch.setattr(world.Lesson, "gradients", True)
    check, state = lessons.Lesson.check, torch.get_rng_state()

    def check_wrapped(self, number, function, **more):
        checked.append(number)
        return check(self, number, wrap(function), **more)

    checked = []
    monkeypatch.setattr(lessons.Lesson, "check", check_wrapped)
    [found] = find_lessons(ROOT, [number])
    if found.lacks:
        pytest.skip(found.lacks)
    path = found.source
    cells = path.read_text(encoding="utf-8").split("\n# %%")
    code = "\n# %%".join(cell for cell in cells if not cell.startswith((" play", " [markdown]")))
    scope = {"__name__": "lesson"}
    try:
        exec(compile(code.replace('SCALE = "lesson"', 'SCALE = "smoke"'), path.name, "exec"), scope)
    finally:
        torch.set_rng_state(state)
        torch.set_grad_enabled(True)  # lesson 09 switches it off
        scope.clear()  # its functions hold it, and it holds gigabytes
        gc.collect()
    assert set(checked) == set(registry.exercises(number))


def result_of(function, kit, *args):
    return fitted(function, kit)(*args)


def as_number(x) -> float:
    return float(x.sum())


def as_pair(x) -> tuple[torch.Tensor, torch.Tensor]:
    return x, 2 * x


def as_tensor(x) -> torch.Tensor:
    return 2 * x


def as_tensor_and_number(x) -> tuple[torch.Tensor, float]:
    return x, 1.0


X = torch.ones(3)


@pytest.mark.parametrize("value", [torch.tensor(3.0), np.float64(3), torch.tensor(3.0, dtype=torch.float64)])
def test_a_number_is_a_number(value):
    assert type(result_of(lambda x: value, as_number, X)) is float


def test_a_number_beside_a_tensor_is_a_number():
    tensor, number = result_of(lambda x: [x, x.sum()], as_tensor_and_number, X)
    assert type(tensor) is torch.Tensor and type(number) is float


def test_tensors_take_the_inputs_dtype():
    assert result_of(lambda x: 2 * x.double(), as_tensor, X).dtype == torch.float32
    assert result_of(lambda x: 2 * x, as_tensor, X.double()).dtype == torch.float64
    assert result_of(lambda x: x.argsort().int(), as_tensor, X).dtype == torch.long
    assert result_of(lambda x: x > 0, as_tensor, X).dtype == torch.bool
    assert all(type(v) is torch.Tensor for v in result_of(lambda x: [x, x], as_pair, X))
    assert type(result_of(lambda x: [x, x], as_pair, X)) is tuple


def test_an_inference_tensor_becomes_one_that_can_be_trained_with():
    with torch.inference_mode():
        made = torch.full((3,), 2.0)
    x = X.clone().requires_grad_()
    (result_of(lambda x: made, as_tensor, X) * x).sum().backward()
    assert torch.equal(x.grad, made)


def test_gradients_pass():
    x = X.clone().requires_grad_()
    result_of(lambda x: 2 * x.double(), as_tensor, x).sum().backward()
    assert torch.equal(x.grad, torch.full((3,), 2.0))
