"""The exercise engine: each guard is shown the thing that it guards against."""

# ruff: noqa: NPY002 (students do use numpy's global generator)

import _thread
import random
import signal
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
import torch

from course_utils.checks import guard, registry, run, values, world
from course_utils.checks.registry import EXERCISES, Exercise, exercise
from course_utils.checks.run import is_empty, run_check


def double(x): ...


def made(*parts, kit=double, mistakes=(), returns="", **named):
    """An exercise of these parts; `mistakes` are (name, function)."""
    new = Exercise("99.1", kit, "Double it", 2, ("a hint",), returns)
    for number, part in enumerate(parts):
        new.part(f"part {number}")(part)
    new.mistakes += mistakes
    return new


def by_hand(attempt):
    attempt.gives(torch.tensor([2.0, -4.0]), torch.tensor([1.0, -2.0]))


def at_random(attempt):
    x = attempt.randn(3, 4)
    attempt.gives(x + x, x)


SQUARED, HALVED = ("you squared", lambda x: x * x), ("you halved", lambda x: x / 2)


def verdict(function, *parts, seconds=5.0, seed=None, **more):
    if not parts:
        parts, more = (by_hand, at_random), {"mistakes": [SQUARED, HALVED], **more}
    return run_check(made(*parts, **more), function, seed, seconds)


def returning(value):
    """The verdict's text on a function that returns `value` for a check that wants [1., 2., 3.]."""
    return verdict(
        lambda x: value, lambda attempt: attempt.gives(torch.tensor([1.0, 2.0, 3.0]), torch.zeros(3))
    ).text()


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
    two = [("you added two", lambda x: x + 2), ("you squared", lambda x: x * x)]
    assert "likely mistake" not in verdict(lambda x: x + 2.0, shifted_from_two, mistakes=two).text()
    assert "you added two" in verdict(lambda x: x + 2.0, shifted_from_two, at_random, mistakes=two).text()


def shifted_from_two(attempt):
    attempt.gives(torch.tensor([5.0]), torch.tensor([2.0]))


def test_two_ways_of_one_mistake_share_its_name():
    two = [("you squared", lambda x: x**2), ("you squared", lambda x: x * x)]
    assert "you squared" in verdict(lambda x: x.square(), by_hand, mistakes=two).text()


def test_a_mistake_has_to_do_the_same_on_every_input_that_was_tried():
    def clamps(x):
        return (2 * x).clamp(min=0)

    def clamps_and_more(x):
        return (2 * x).clamp(min=0) if x.ndim == 1 else x + 7

    named = {"mistakes": [("you clamped", clamps)]}
    assert "you clamped" in verdict(clamps, by_hand, at_random, **named).text()
    assert "you clamped" not in verdict(clamps_and_more, by_hand, at_random, **named).text()


def test_a_mistake_that_fails_elsewhere_is_not_named():
    """It gives what came out in the part that is explained, but passes it further than the answer did."""

    def part(attempt):
        attempt.gives(torch.tensor([2.0]), torch.tensor([1.0]))
        attempt.gives(torch.tensor([0.0]), torch.tensor([0.0]))

    mistakes = [("you added at 0", lambda x: 2 * x + (x == 0))]
    assert "likely mistake" not in verdict(lambda x: x + 2, part, mistakes=mistakes).text()


def test_a_mistake_of_another_shape_is_named():
    def part(attempt):
        x = torch.ones(2, 3)
        attempt.gives(x.mean(1), x)

    rows = [("you averaged over rows", lambda x: x.mean(0))]
    assert "you averaged over rows" in verdict(lambda x: x.mean(0), part, mistakes=rows).text()


def test_a_list_is_not_taken_for_the_mistake_of_its_numbers():
    """What is wrong with it is said: no tensor. The same numbers in a tensor are the mistake."""
    for answer, words in [
        (lambda x: (x * x).tolist(), "make a tensor of it"),
        (lambda x: x * x, "you squared"),
    ]:
        assert words in verdict(answer, mistakes=[SQUARED]).explained.problem.mistake


def test_a_list_where_a_shape_is_asked_for_is_told():
    def shape(attempt):
        attempt.expect_shape(attempt.call(torch.zeros(3)), (3,))

    assert "make a tensor of it" in verdict(lambda x: x.tolist(), shape).explained.problem.mistake
    assert "`.item()`" in verdict(lambda x: 1.5, shape).explained.problem.mistake


def test_a_mistake_seen_in_the_gradient_only_is_named():
    def right(x):
        return (x * x).sum()

    exercise = made(kit=right)
    exercise.contract(lambda attempt: (attempt.randn(3),), wrt=("x",))
    exercise.edits({"you detached one factor": ("x * x", "x * x.detach()")})
    assert run_check(exercise, right).state == "passed"
    text = run_check(exercise, lambda x: (x.detach() * x).sum()).text()
    assert "the gradient of the result with respect to x" in text and "you detached one factor" in text
    assert "you cut the graph" in run_check(exercise, lambda x: (x * x).sum().detach()).text()


def test_inputs_and_global_numbers_are_the_same_for_the_answer_and_the_mistakes():
    def noisy(x, generator):
        return x + torch.rand(3, generator=generator)

    def part(attempt):
        got = attempt.call(attempt.rand(3), attempt.generator)
        attempt.expect_close(got, torch.zeros(3))
        attempt.call(attempt.rand(3), attempt.generator)

    exercise = made(part, kit=noisy, mistakes=[("you added noise", noisy)])
    assert "you added noise" in run_check(exercise, lambda x, generator: noisy(x, generator), 3).text()


def test_state_that_a_call_leaves_behind_is_compared_and_named():
    """A training step: the parameters, and all that the optimiser keeps."""

    def step(model, optimizer, x):
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()

    def inputs(attempt):
        model = torch.nn.Linear(2, 1)
        torch.nn.init.constant_(model.weight, 0.5)
        torch.nn.init.constant_(model.bias, 0.1)
        return model, torch.optim.Adam(model.parameters(), lr=0.1), attempt.randn(4, 2)

    exercise = made(lambda attempt: attempt.same_effect(step, inputs), kit=step)
    exercise.edits({"you stepped twice": ("optimizer.step()", "optimizer.step(); optimizer.step()")}, of=step)
    assert run_check(exercise, step).state == "passed"

    def twice(model, optimizer, x):
        step(model, optimizer, x)
        optimizer.step()

    def forgets_a_moment(model, optimizer, x):
        step(model, optimizer, x)
        optimizer.state[model.bias]["exp_avg_sq"] *= 2

    def new_parameter(model, optimizer, x):
        step(model, optimizer, x)
        model.bias = torch.nn.Parameter(model.bias.detach().clone())

    assert "you stepped twice" in run_check(exercise, twice).text()
    for seed in range(40):  # with some inputs the averages of squared gradients lie below `atol`
        said = run_check(exercise, forgets_a_moment, seed).text()
        assert "now optimizer's exp_avg_sq of model.bias" in said
    assert "the optimiser does not know" in run_check(exercise, new_parameter).text()


# --- makers of mistakes ---


def affine(x, k=1):
    return 2 * x + k


OFFSET = 1


def affected(x):
    return x + OFFSET


def test_edits_and_variants_make_wrong_functions():
    new = made(kit=affine)
    new.edits({"no k": (" + k", ""), "both": [("2 * x", "x"), ("+ k", "- k")]})
    new.variants(
        {"sign": lambda x: -x, "two": lambda x, k: (x + 1, k + 1), "half": lambda result: result / 2}
    )
    assert [function(3, 5) for _, function in new.mistakes] == [6, -2, -1, 14, 5.5]
    assert [name for name, _ in new.mistakes] == ["no k", "both", "sign", "two", "half"]
    assert affine(3, 5) == 11


def test_an_edit_of_a_decorated_answer_sees_the_names_of_its_own_module():
    new = made(kit=torch.no_grad()(affected))
    new.edits({"no k": (" + OFFSET", " - OFFSET")})
    assert new.mistakes[0][1](3) == 2


@pytest.mark.parametrize("edit", [("3 * x", "x"), ("x", "y"), ("2 * x", "2 * (")])
def test_an_edit_that_does_not_fit_its_source_is_refused(edit):
    with pytest.raises(ValueError, match=r"exercise 99\.1, 'wrong'"):
        made(kit=affine).edits({"wrong": edit})


def test_a_variant_of_a_parameter_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="has no parameters"):
        made(kit=affine).variants({"wrong": lambda y: y})


def test_a_part_is_there_once():
    with pytest.raises(ValueError, match="twice"):
        made(by_hand).part("part 0")(by_hand)


# --- general words ---


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: -2 * x, "the sign is flipped"),
        (lambda x: 3 * x, "every entry is 1.5 times the expected one"),
    ],
)
def test_general_patterns(function, words):
    assert words in verdict(function, at_random).text()


def test_transposed_result():
    def part(attempt):
        x = torch.arange(9.0).reshape(3, 3)
        attempt.gives(x, x)

    assert "your result is transposed" in verdict(lambda x: x.T.clone(), part).text()


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
    ids=lambda value: "an iterator" if type(value).__name__ == "list_iterator" else str(value),
)
def test_wrong_kinds_are_named(value, words):
    assert words in returning(value)


def test_generator_function():
    def yields(x):
        yield x

    assert "you wrote `yield`" in verdict(yields).text()


def test_number_takes_number_or_scalar_tensor():
    def check(attempt):
        attempt.expect_close(attempt.call(1.0), 2.0)

    for value in (2.0, 2, np.float64(2), torch.tensor(2.0), torch.tensor(2.0, dtype=torch.float64)):
        assert verdict(lambda x, value=value: value, check).state == "passed"
    assert "one number" in verdict(lambda x: torch.tensor([2.0]), check).text()
    assert "a str" in verdict(lambda x: "2", check).text()


def test_dtype():
    def check(attempt):
        attempt.expect_dtype(attempt.call(torch.ones(2, dtype=torch.float64)), torch.float64)

    assert verdict(lambda x: x, check).state == "passed"
    assert "dtype torch.float32" in verdict(lambda x: x.float(), check).text()


def test_device():
    def check(attempt):
        attempt.expect_close(attempt.call(torch.ones(2)), torch.ones(2))

    assert "on the device `meta`" in verdict(lambda x: torch.ones(2, device="meta"), check).text()


@pytest.mark.parametrize("value", [torch.eye(3).to_sparse(), torch.ones(3, dtype=torch.complex64)])
def test_rare_tensors_are_described(value):
    text = returning(value)
    assert "came out" in text and "The check stopped" not in text


def test_a_check_that_breaks_on_a_strange_value_says_so():
    def check(attempt):
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
        attempt.call(given)

    assert "you edited the caller's `x` in place" in verdict(function, check).text()
    assert len(given) == 1 and torch.equal(given[0], torch.ones(2))


def empties_a_place(xs):
    xs[0] = None
    return torch.ones(())


@pytest.mark.parametrize("given", [[torch.ones(2)], [3.0, float("nan")], {0: 2}])
def test_another_value_inside_a_list_is_seen(given):
    def check(attempt):
        attempt.call(given)

    assert "you edited the caller's `x` in place" in verdict(empties_a_place, check).text()
    assert "in place" not in verdict(lambda x: torch.ones(()), check).text()


def test_numpy_inputs_are_guarded_too():
    def check(attempt):
        attempt.call(np.ones(3))

    assert "in place" in verdict(in_place, check).text()
    assert verdict(lambda x: 2 * x, check).state == "passed"


def test_gradients_reach_the_inputs():
    def check(attempt):
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


def noise(n, generator): ...


def draws(attempt):
    attempt.call(3, attempt.generator)


@pytest.mark.parametrize(
    "draw",
    [
        lambda n, generator: torch.rand(n),
        lambda n, generator: np.random.rand(n),
        lambda n, generator: random.random(),
        lambda n, generator: torch.manual_seed(0) and torch.rand(n, generator=generator),
    ],
)
def test_use_of_a_global_generator_is_seen(draw):
    result = verdict(draw, draws, kit=noise)
    assert "generator=generator" in result.text() and result.points == 1
    assert (
        "nothing is to be drawn or seeded" in verdict(lambda x: draw(3, torch.Generator()), draws_none).text()
    )


def draws_none(attempt):
    attempt.call(3)


def test_use_of_the_given_generator_passes():
    assert verdict(lambda n, g: torch.rand(n, generator=g), draws, kit=noise).state == "passed"


def test_how_much_a_function_draws_does_not_move_the_checks_own_inputs():
    seen = []

    def part(attempt):
        attempt.call(3, attempt.generator)
        seen.append(attempt.rand(1).item())

    for count in (1, 2, 9):
        verdict(lambda n, g, count=count: torch.rand(count, generator=g), part, kit=noise, seed=4)
    assert seen[0] == seen[1] == seen[2]


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
        (lambda: 1, "The stub's first line is `double(x)`; yours is `double()`"),
        (lambda x, y: 1, "yours is `double(x, y)`"),
        (lambda *, x: 1, "yours is `double(*, x)`"),
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
        run_check(made(), lambda x: x)


@pytest.fixture
def no_others():
    """The registry, emptied for one test."""
    before = dict(EXERCISES)
    EXERCISES.clear()
    yield
    EXERCISES.clear()
    EXERCISES.update(before)


def f(x): ...


def g(x): ...


def test_two_exercises_of_one_number_or_name_are_refused(no_others):
    exercise("99.1", f, title="t", hints=("h",))
    exercise("99.1", f, title="its module is loaded again", hints=("h",))
    with pytest.raises(ValueError, match=r"99\.1"):
        exercise("99.1", g, title="t", hints=("h",))
    with pytest.raises(ValueError, match="two exercises"):
        exercise("99.2", f, title="t", hints=("h",))


@pytest.mark.parametrize("bad", [{"number": "2"}, {"number": "2.x"}, {"hints": ()}, {"hints": "one text"}])
def test_malformed_exercise_is_refused(no_others, bad):
    with pytest.raises(ValueError):
        exercise(bad.get("number", "99.9"), f, title="t", hints=bad.get("hints", ("h",)))


OTHER_COURSE = """\
from course_utils.checks.registry import exercise


def area(side):
    return side * side


square = exercise("7.1", area, title="Area", hints=("length times width",))
square.edits({"you added the sides": ("side * side", "side + side")})


@square.part("a square of side 3")
def three(attempt):
    attempt.gives(9.0, 3.0)
"""


def test_another_course_registers_its_exercises(no_others, tmp_path, monkeypatch):
    """A package of its own, nothing of this course: found, checked, its mistake named."""
    (tmp_path / "geometry").mkdir()
    (tmp_path / "geometry" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "geometry" / "lesson07.py").write_text(OTHER_COURSE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "PLACES", ["geometry"])
    assert registry.lesson_numbers() == ["07"]
    [area] = registry.exercises("07").values()
    assert run_check(area, lambda side: side**2).state == "passed"
    assert "you added the sides" in run_check(area, lambda side: 2 * side).text()
    sys.modules.pop("geometry.lesson07")


def test_the_engine_knows_nothing_of_the_science():
    """In an interpreter of its own, the engine loads without anything of this course."""
    code = (
        "import sys, course_utils.checks.run, course_utils.checks.registry as r; r.PLACES.clear(); "
        "print([m for m in sys.modules if m.startswith('course_utils.') and '.checks' not in m])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['course_utils.display']"


# --- the world of a check ---


@pytest.fixture
def settings():
    """Puts back what a test leaves on."""
    run._SAID.clear()
    yield
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)
    torch.set_default_device("cpu")


def grows(attempt):
    x = attempt.rand(3).requires_grad_()
    attempt.call(x).sum().backward()
    attempt.expect_close(x.grad, torch.full((3,), 2.0))
    attempt.gives(torch.zeros(2), torch.zeros(2))


@pytest.mark.parametrize(
    ("leave_on", "words"),
    [
        (lambda: torch.set_grad_enabled(False), "gradients are switched off"),
        (lambda: torch.set_default_dtype(torch.float64), "new tensors are float64"),
        (lambda: torch.set_default_device("meta"), "made on `meta`"),
    ],
)
def test_a_setting_that_a_cell_left_on_costs_nothing_and_is_named_once(settings, leave_on, words):
    leave_on()
    before = torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_default_device()
    first, second = (run_check(made(grows), lambda x: 2 * x) for _ in range(2))
    assert first.state == second.state == "passed"
    assert words in first.text() and words not in second.text()
    assert before == (torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_default_device())


def test_gradients_that_the_lesson_itself_switched_off_are_no_slip(settings, monkeypatch):
    monkeypatch.setattr(world.Lesson, "gradients", True)
    world.switch_gradients_off()
    verdict = run_check(made(grows), lambda x: 2 * x)
    assert verdict.state == "passed" and "switched off" not in verdict.text()


def test_inference_mode_around_a_check_costs_nothing(settings):
    with torch.inference_mode():
        assert run_check(made(grows), lambda x: 2 * x).state == "passed"
        assert torch.is_inference_mode_enabled()


def test_an_exception_whose_words_fail_is_shown_all_the_same():
    class Mute(Exception):
        def __str__(self):
            raise ValueError

    def raises(x):
        raise Mute

    assert "Mute" in verdict(raises).text() and "report this check" not in verdict(raises).text()


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
    assert "00" in registry.lesson_numbers()
    assert list(registry.exercises("00")) == ["0.1", "0.2", "0.3", "0.4"]
