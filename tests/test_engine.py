"""The exercise engine: each guard is shown the thing that it guards against."""

# ruff: noqa: NPY002 (students do use numpy's global generator)

import _thread
import signal
import sys
import threading
import warnings

import numpy as np
import pytest
import torch

from course_utils.checks import engine, guard, values
from course_utils.checks.engine import EXERCISES, Exercise, exercise, is_empty, run_check


def make(check, kit=lambda x: x, points=2, name="double"):
    return Exercise("99.1", name, "Double it", points, kit, ("a hint",), check)


def doubles(attempt):
    """A check as a lesson has them."""
    with attempt.part("by hand"):
        attempt.expect_close(
            attempt.call(torch.tensor([1.0, -2.0])),
            torch.tensor([2.0, -4.0]),
            mistakes={"you squared": torch.tensor([1.0, 4.0]), "you halved": torch.tensor([0.5, -1.0])},
        )
    with attempt.part("random"):
        x = attempt.randn(3, 4)
        attempt.expect_close(attempt.call(x), x + x)


def verdict(function, check=doubles, seconds=5.0, seed=None, **more):
    return run_check(make(check, **more), function, seed, seconds)


def returning(value):
    """The verdict's text on a function that returns `value` for a check that wants [1., 2., 3.]."""

    def check(attempt):
        with attempt.part("one"):
            attempt.expect_close(attempt.call(torch.zeros(3)), torch.tensor([1.0, 2.0, 3.0]))

    return verdict(lambda x: value, check).text()


# --- right, wrong, partly right ---


def test_right_answer_gets_all_points():
    result = verdict(lambda x: 2 * x)
    assert (result.state, result.points) == ("passed", 2.0)
    assert "seed" not in result.text()


def test_parts_share_the_points_and_only_the_first_failure_is_explained():
    def right_for_vectors(x):
        return 2 * x if x.ndim == 1 else x

    result = verdict(right_for_vectors)
    assert (result.state, result.points) == ("not right yet", 1.0)
    assert result.text().count("tried:") == 1
    assert verdict(lambda x: x).text().count("tried:") == 1  # both parts fail


def test_failure_says_what_was_tried_expected_and_came_out():
    text = verdict(lambda x: x * x).text()
    assert "tried: double(x=tensor of shape (2,), float32: [1, -2])" in text
    assert "expected: tensor of shape (2,), float32: [2, -4]" in text
    assert "float32: [1, 4]" in text
    assert "largest difference at [1]: 4 came out, -4 expected" in text
    assert "likely mistake: you squared" in text


def test_seed_is_shown_and_repeats_the_inputs():
    seen = []

    def fails_at_random(x):
        seen.append(x)
        return 2 * x if x.ndim == 1 else x

    text = verdict(fails_at_random, seed=123).text()
    assert 'lesson.check("99.1", double, seed=123)' in text
    verdict(fails_at_random, seed=123)
    verdict(fails_at_random)
    assert torch.equal(seen[1], seen[3])
    assert not torch.equal(seen[1], seen[5])


# --- naming the mistake ---


def test_no_mistake_is_named_when_none_fits():
    assert "likely mistake" not in verdict(lambda x: x + 5).text()


def test_no_mistake_is_named_when_two_fit_alike():
    want = torch.tensor([4.0])
    twins = {"first": torch.tensor([2.0]), "second": torch.tensor([2.0])}
    assert values.likely_mistake(torch.tensor([2.0]), want, twins, 1e-4, 1e-6) is None


def test_the_nearer_of_two_close_mistakes_is_named():
    close = {"near": torch.tensor([2.0]), "far": torch.tensor([2.001])}
    assert values.likely_mistake(torch.tensor([2.0]), torch.tensor([4.0]), close, 1e-2, 0) == "near"


def test_a_mistake_that_does_not_show_here_is_not_named():
    want = torch.tensor([4.0])
    assert values.likely_mistake(torch.tensor([4.0003]), want, {"hidden": want}, 1e-3, 0) is None


def test_a_mistake_of_another_shape_is_named():
    def check(attempt):
        with attempt.part("one"):
            x = torch.ones(2, 3)
            attempt.expect_close(attempt.call(x), x.mean(1), mistakes={"you averaged over rows": x.mean(0)})

    assert "you averaged over rows" in verdict(lambda x: x.mean(0), check).text()


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: -2 * x, "the sign is flipped"),
        (lambda x: 3 * x, "every entry is 1.5 times the expected one"),
    ],
)
def test_general_patterns(function, words):
    def check(attempt):
        with attempt.part("random"):
            x = attempt.randn(3, 4)
            attempt.expect_close(attempt.call(x), 2 * x)

    assert words in verdict(function, check).text()


def test_transposed_result():
    def check(attempt):
        with attempt.part("square"):
            x = torch.arange(9.0).reshape(3, 3)
            attempt.expect_close(attempt.call(x), x)

    assert "your result is transposed" in verdict(lambda x: x.T.clone(), check).text()


# --- values of the wrong kind ---


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "did you forget `return`?"),
        (np.ones(3), "you returned a numpy array"),
        (torch.ones(2), "shape (2,)"),
        (torch.ones(3, 1), "shape (3, 1)"),
        (torch.tensor([1, 2, 3]), "float entries"),
        (torch.tensor([1.0, torch.nan, 3.0]), "1 of 3 entries are NaN, the first at [1]"),
        (torch.tensor([1.0, 2.0, torch.inf]), "1 of 3 entries are infinite, the first at [2]"),
        (1.5, "did you call `.item()`"),
        ("text", "no tensor"),
        ((torch.ones(3), torch.ones(3)), "no tensor"),
        (iter([1]), "no tensor"),
        ({"a": torch.tensor(torch.nan)}, "entries are NaN"),
        (torch.tensor(torch.inf), "the value is infinite"),
    ],
    ids=str,
)
def test_wrong_kinds_are_named(value, words):
    assert words in returning(value)


def test_generator_function():
    def yields(x):
        yield x

    assert "you wrote `yield`" in verdict(yields).text()


def test_number_takes_number_or_scalar_tensor():
    def check(attempt):
        with attempt.part("one"):
            attempt.expect_close(attempt.call(1.0), 2.0)

    for value in (2.0, 2, np.float64(2), torch.tensor(2.0), torch.tensor(2.0, dtype=torch.float64)):
        assert verdict(lambda x, value=value: value, check).state == "passed"
    assert "one number" in verdict(lambda x: torch.tensor([2.0]), check).text()
    assert "a str" in verdict(lambda x: "2", check).text()


def test_dtype():
    def check(attempt):
        with attempt.part("float64"):
            attempt.expect_dtype(attempt.call(torch.ones(2, dtype=torch.float64)), torch.float64)

    assert verdict(lambda x: x, check).state == "passed"
    assert "dtype torch.float32" in verdict(lambda x: x.float(), check).text()


def test_device():
    def check(attempt):
        with attempt.part("meta"):
            attempt.expect_close(attempt.call(torch.ones(2)), torch.ones(2))

    assert "on the device `meta`" in verdict(lambda x: torch.ones(2, device="meta"), check).text()


@pytest.mark.parametrize("value", [torch.eye(3).to_sparse(), torch.ones(3, dtype=torch.complex64)])
def test_rare_tensors_are_described(value):
    text = returning(value)
    assert "came out" in text and "The check stopped" not in text


def test_a_check_that_breaks_on_a_strange_value_says_so():
    def check(attempt):
        with attempt.part("one"):
            attempt.expect_close(attempt.call(torch.ones(2)).sum(), 2.0)

    result = verdict(lambda x: "strange", check)
    assert result.state == "not right yet"
    assert "'strange' (a str)" in result.text() and "AttributeError" in result.text()


# --- what the function does ---


def test_exception_shows_the_students_lines_only():
    def helper(x):
        return x @ torch.ones(7, 7)

    def student(x):
        return helper(x) + 1

    text = verdict(student).text()
    assert "in student\n" in text and "return helper(x) + 1" in text
    assert "in helper\n" in text and "return x @ torch.ones(7, 7)" in text
    assert "RuntimeError" in text
    assert "guard.py" not in text and "in work" not in text and "in call" not in text


def test_exception_deep_in_a_library_ends_at_the_students_line():
    def student(x):
        return torch.nn.functional.cross_entropy(x, "nonsense")

    text = verdict(student).text()
    assert "in student" in text and "in cross_entropy" not in text and "TypeError" in text


def test_lines_without_a_file_are_the_students():
    scope = {}
    exec(compile("def student(x):\n    return x.nonsense", "<ipython-input-3-0a1b>", "exec"), scope)
    assert "line 2, in student" in verdict(scope["student"]).text()


def test_endless_recursion_is_cut_short():
    def student(x):
        return student(x)

    text = verdict(student).text()
    assert "RecursionError" in text and "more calls" in text and len(text) < 2000


def test_system_exit_and_a_raised_interrupt_do_not_end_the_notebook():
    def leaves(x):
        raise SystemExit(3)

    def interrupts(x):
        raise KeyboardInterrupt

    assert "SystemExit: 3" in verdict(leaves).text()
    assert "KeyboardInterrupt" in verdict(interrupts).text()


def spins(x):
    while True:
        pass


def swallows(x):
    while True:
        try:
            x.sum()
        except:  # noqa: E722
            pass


def swallows_in_a_tight_loop(x):
    n = 0
    while True:
        try:
            n += 1
        except BaseException:
            continue


def loops_in_a_generator(x):
    return sum(1 for _ in iter(int, 1))


not_before_311 = pytest.mark.skipif(
    sys.version_info < (3, 11),
    reason="Python 3.10 delivers an exception inside the `try` only: the loop goes on, as the verdict says",
)


@pytest.mark.parametrize(
    "function",
    [
        spins,
        pytest.param(swallows, marks=not_before_311),
        pytest.param(swallows_in_a_tight_loop, marks=not_before_311),
        loops_in_a_generator,
    ],
)
def test_endless_loop_is_stopped(function):
    before = threading.active_count()
    result = verdict(function, seconds=0.2)
    assert "still running after 0.2 seconds and was stopped" in result.text()
    assert "an endless loop" in result.text()
    assert result.points == 0
    assert threading.active_count() == before


def test_errors_that_torch_words_for_experts_get_advice():
    def decides(x):
        return 2 * max(x, 0)

    def fails(x):
        return x.nonsense

    assert "`torch.where`" in verdict(decides).text()
    assert "a power is `**`" in verdict(lambda x: x ^ 2).text()
    assert "`keepdim=True`" in verdict(lambda x: x + torch.ones(7)).text()
    assert "likely mistake" not in verdict(fails).text()


def test_a_list_and_a_dtype_are_told():
    assert "make a tensor of it" in verdict(lambda x: [2 * v for v in x]).text()
    assert "their dtype is not" in verdict(lambda x: (2 * x).int()).text()
    assert "dtype" not in verdict(lambda x: (7 * x).int()).text()


def test_settings_of_the_notebook_are_left_as_they_were():
    def sets_a_dtype(x):
        torch.set_default_dtype(torch.float64)
        return 2 * x

    assert verdict(sets_a_dtype).state == "passed"
    assert torch.get_default_dtype() == torch.float32


def test_a_loop_that_cannot_be_stopped_does_not_hold_the_notebook(capfd):
    release, workers = threading.Event(), []

    def sleeps(x):
        workers.append(threading.current_thread())
        release.wait()  # like time.sleep(1000): no exception gets in before it ends

    result = verdict(sleeps, seconds=0.2)
    assert "goes on in the background: restart the kernel" in result.text()
    release.set()
    workers[0].join(60)
    assert not workers[0].is_alive()
    assert capfd.readouterr().err == ""


def test_after_an_endless_loop_nothing_more_is_run():
    calls = []

    def student(x):
        calls.append(x)
        spins(x)

    verdict(student, seconds=0.2)
    assert len(calls) == 1


def test_the_users_stop_button_works_while_student_code_runs():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background SIGINT is ignored
    timer = threading.Timer(0.3, _thread.interrupt_main)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            verdict(spins, seconds=60)
        timer.join()
    finally:
        signal.signal(signal.SIGINT, before)
    assert verdict(lambda x: 2 * x).state == "passed"


def test_prints_and_warnings_are_kept_and_shown(capfd):
    def student(x):
        print("look at <x>")
        warnings.warn("careful", stacklevel=1)
        print("an error", file=__import__("sys").stderr)
        return x

    result = verdict(student)
    assert "look at <x>" in result.text() and "careful" in result.text() and "an error" in result.text()
    assert "look at &lt;x&gt;" in result.html()
    assert capfd.readouterr() == ("", "")


def test_a_warning_in_the_check_itself_stays_off_stderr(capfd):
    def check(attempt):
        with attempt.part("one"):
            warnings.warn("from the check", stacklevel=1)

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        verdict(lambda x: x + 1, check)
    assert capfd.readouterr().err == ""


def test_much_print_is_cut():
    def student(x):
        print("x" * 100_000)

    assert len(verdict(student).text()) < 2000


def in_place(x):
    x *= 2
    return x


def in_place_within_a_list(xs):
    xs[0] *= 2
    return xs[0]


def grows_a_list(xs):
    xs.append(1)
    return xs[0]


def test_changes_of_the_callers_tensor_are_seen():
    text = verdict(in_place).text()
    assert "you edited the caller's `x` in place" in text


@pytest.mark.parametrize("function", [in_place_within_a_list, grows_a_list])
def test_changes_inside_a_list_are_seen(function):
    given = [torch.ones(2)]

    def check(attempt):
        with attempt.part("one"):
            attempt.call(given)

    assert "you edited the caller's `x` in place" in verdict(function, check).text()
    assert len(given) == 1 and torch.equal(given[0], torch.ones(2))


def test_numpy_inputs_are_guarded_too():
    def check(attempt):
        with attempt.part("one"):
            attempt.call(np.ones(3))

    assert "in place" in verdict(in_place, check).text()
    assert verdict(lambda x: 2 * x, check).state == "passed"


def test_gradients_reach_the_inputs():
    def check(attempt):
        with attempt.part("one"):
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            attempt.call(x).sum().backward()
            attempt.expect_close(x.grad, torch.tensor([2.0, 2.0]))

    assert verdict(lambda x: 2 * x, check).state == "passed"
    assert verdict(lambda x: 2 * x.detach() + 0 * x, check).state == "not right yet"


def test_grad_mode_reaches_the_function():
    def check(attempt):
        with attempt.part("one"), torch.no_grad():
            attempt.expect(not attempt.call(torch.ones(1)), expected=False, got=True)

    assert verdict(lambda x: torch.is_grad_enabled(), check).state == "passed"


# --- random numbers ---


def draws(attempt):
    with attempt.part("one"):
        attempt.call(3, attempt.generator)
        attempt.expect_own_generator()


@pytest.mark.parametrize(
    "draw",
    [lambda n, g: torch.rand(n), lambda n, g: np.random.rand(n), lambda n, g: __import__("random").random()],
)
def test_use_of_a_global_generator_is_seen(draw):
    text = verdict(draw, draws, kit=lambda n, g: n).text()
    assert "generator=generator" in text


def test_use_of_the_given_generator_passes():
    assert verdict(lambda n, g: torch.rand(n, generator=g), draws, kit=lambda n, g: n).state == "passed"


def test_a_check_leaves_the_global_generators_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    verdict(lambda x: 2 * x + torch.rand(1) + np.random.rand())
    assert torch.equal(before[0], torch.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])


# --- stubs ---


def with_docstring(x):
    """Only this."""
    ...


def with_pass(x):
    pass


def returns_none(x):
    return None


def closure():
    y = 1

    def inner(x): ...

    def uses(x):
        return y

    return inner, uses


@pytest.mark.parametrize("stub", [with_docstring, with_pass, returns_none, lambda x: None, closure()[0]])
def test_stub_is_not_attempted(stub):
    assert is_empty(stub)
    result = verdict(stub)
    assert (result.state, result.points) == ("not attempted", 0.0)


def prints(x):
    print(x)


def returns_zero(x):
    return 0


def generates(x):
    yield


@pytest.mark.parametrize("attempted", [prints, returns_zero, generates, closure()[1], lambda x: x, np.sum])
def test_anything_else_is_an_attempt(attempted):
    assert not is_empty(attempted)


# --- not a usable function ---


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (torch.ones(2), "Did you call `double(...)`?"),
        (None, "You passed a value, None"),
        ("double", "without brackets or quotes"),
        (torch.nn.Linear, "You passed a class"),
        (lambda: 1, "takes the parameters (x); yours takes ()"),
        (lambda x, y: 1, "yours takes (x, y)"),
    ],
)
def test_what_is_no_usable_function(thing, words):
    result = verdict(thing)
    assert (result.state, result.points) == ("not checked", 0.0)
    assert words in result.text()


def test_parameters_with_defaults_may_be_left_out_or_added():
    def kit(x, extra=1): ...

    assert verdict(lambda x: 2 * x, kit=kit).state == "passed"
    assert verdict(lambda x, extra=1: 2 * x, kit=kit).state == "passed"
    assert verdict(lambda x, own=1: 2 * x).state == "passed"


# --- registering ---


def test_a_check_never_raises_whatever_breaks_in_it():
    def no_part(attempt):
        attempt.expect_close(attempt.call(torch.ones(1)), torch.zeros(1))

    def breaks(attempt):
        attempt.call(torch.ones(1)).nonsense()

    def wraps_itself(x):
        return 2 * x

    holds_itself = []
    holds_itself.append(holds_itself)
    wraps_itself.__wrapped__ = wraps_itself
    assert "a list that can't be shown" in verdict(lambda x: holds_itself).text()
    assert verdict(wraps_itself).state == "passed"
    assert "expected" in verdict(lambda x: x, no_part).text()
    assert "AttributeError" in verdict(lambda x: x, breaks).text()


def test_a_check_without_parts_is_refused():
    with pytest.raises(ValueError, match="no parts"):
        verdict(lambda x: x, lambda attempt: None)


@pytest.fixture
def registry():
    before = dict(EXERCISES)
    yield
    EXERCISES.clear()
    EXERCISES.update(before)


def test_two_exercises_of_one_number_or_name_are_refused(registry):
    exercise("99.1", "f", title="t", kit=abs, hints=("h",))(lambda attempt: None)
    with pytest.raises(ValueError, match=r"99\.1"):
        exercise("99.1", "g", title="t", kit=abs, hints=("h",))(lambda attempt: None)
    with pytest.raises(ValueError, match="two exercises"):
        exercise("99.2", "f", title="t", kit=abs, hints=("h",))(lambda attempt: None)


@pytest.mark.parametrize("bad", [{"number": "2"}, {"number": "2.x"}, {"hints": ()}, {"hints": "one text"}])
def test_malformed_exercise_is_refused(registry, bad):
    with pytest.raises(ValueError):
        exercise(bad.get("number", "99.9"), "f", title="t", kit=abs, hints=bad.get("hints", ("h",)))


# --- describing values ---


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1 / 3, "0.333333"),
        (torch.tensor(2.0), "2 (one number in a tensor, float32)"),
        (torch.zeros(0, 3), "tensor of shape (0, 3), float32"),
        (torch.zeros(4, 4, device="meta"), "tensor of shape (4, 4), float32"),
        (np.arange(3), "numpy array of shape (3,), int64: [0, 1, 2]"),
        (torch.Generator(), "Generator"),
        ([1.0] * 100, "[1, 1, 1, 1, 1, ... 100 in all]"),
    ],
)
def test_describe(value, text):
    assert values.describe(value) == text


def test_describe_is_short_whatever_comes():
    class Rude:
        def __repr__(self):
            raise ValueError

    for value in (torch.rand(100, 100), "x" * 10_000, Rude(), {i: torch.rand(50) for i in range(50)}):
        assert len(values.describe(value)) < 1000


def test_html_is_escaped():
    result = verdict(lambda x: "<script>alert(1)</script>")
    assert "<script>" not in result.html()
    assert "<script>" in result.text()


def test_guard_returns_what_the_function_returns():
    assert guard.run(lambda a, b=1: a + b, (1,), {"b": 5}).value == 6


def test_lessons_are_found():
    assert "00" in engine.lesson_numbers()
    assert list(engine.exercises("00")) == ["0.1", "0.2"]
