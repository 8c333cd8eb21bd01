"""One run of one check on one function: draws inputs, calls the function, keeps what it did."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable

import numpy as np
import torch

from course_utils.checks import guard, values, world
from course_utils.checks.expect import Expectations, Wrong
from course_utils.checks.registry import Exercise
from course_utils.checks.verdict import Part, Problem

REFUSED = "refused"  # in place of a value: the call failed for a reason that has words of its own
Note = tuple[object, float, float]  # what an answer gave at one point, and how near another has to come


class Attempt(Expectations):
    """What a part of a check gets. `seconds` limits one call; None runs the kit's own code without a guard.

    Each part begins with random numbers of its own, so it draws the same inputs whatever the function did
    in the parts before.
    """

    def __init__(self, exercise: Exercise, function: Callable, seed: int, seconds: float | None):
        self.seed = seed
        self.generator = torch.Generator()
        self.parts: list[Part] = []
        self.notes: dict[str, list[Note]] = {}  # part -> what came out, in order
        self.global_draws = ""  # the first call that moved a global random generator
        self._exercise, self._function, self._seconds = exercise, function, seconds
        self._start = self.generator.get_state()
        self._tried = self._printed = ""
        self._got = None  # what the last call returned
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
    def part(self, name: str, place: int = 99):
        """The check's part at `place`. A failed part does not stop the later ones."""
        part = Part(name)
        self.parts.append(part)
        self.notes[name] = []
        seed = self.seed * 1000 + 2 * place
        self._start = self.generator.manual_seed(seed).get_state()
        world.seed_all(seed + 1)  # not the given generator's numbers: who draws from both must not see twins
        self._tried = self._printed = ""
        try:
            yield
        except Wrong as wrong:
            part.problem = wrong.problem
        except Exception as error:
            part.problem = self._broken(error)

    def note(self, value, rtol: float = 1e-3, atol: float = 1e-5) -> None:
        self.notes[self.parts[-1].name].append((_kept(value), rtol, atol))

    def call(self, *args, allow_none: bool = False, finite: bool = True, free: bool = False, **kwargs):
        """Run the student's function on copies of the inputs and return what it returns.

        Fails the part when the function raises, runs too long, changes its inputs, returns None (unless
        `allow_none`), returns NaN or infinity (while `finite`), or returns numpy for tensors.
        `free`: there are many right results, so mistakes are compared in what is stated of them only.
        Gradients flow through the copies to the check's own tensors. Modules, parameters and other objects
        are handed over as they are, and may be changed. For the attempt's own generator it gets a twin.
        """
        given = [*zip(self.names(len(args)), args, strict=True), *kwargs.items()]
        shown = ", ".join(f"{name}={values.describe(value, 6)}" for name, value in given)
        self._tried, self._printed = f"{self._exercise.name}({shown})", ""
        if self._abandoned:
            self._refuse(got="not run: an earlier call ran too long")
        given_args, given_kwargs = world.copied(self._forked(args)), world.copied(self._forked(kwargs))
        outcome = self._run(given_args, given_kwargs)
        if outcome.timed_out:
            self._abandoned = True
            end = "goes on in the background: restart the kernel" if outcome.still_running else "was stopped"
            self._refuse(
                expected=f"a result within {self._seconds:g} seconds",
                got=f"it was still running after {self._seconds:g} seconds and {end}",
                mistake="an endless loop (a `while` whose condition never changes), or a loop over single "
                "numbers where one tensor operation would do. If it was only slow to begin, as under "
                "`torch.compile`, run the check again",
            )
        if outcome.error is not None:
            self._refuse(traceback=guard.own_traceback(outcome.error), mistake=guard.advice(outcome.error))
        self._expect_inputs_unchanged(args, kwargs, given_args, given_kwargs)
        self._expect_generator_unset((*given_args, *given_kwargs.values()))
        got = self._got = outcome.value
        by_chance = any(isinstance(value, torch.Generator) for _, value in given)
        self.note(None if free or by_chance else got)
        if got is None and not allow_none:
            self._refuse(expected="a value", got="None", mistake="did you forget `return`?")
        if inspect.isgenerator(got) or inspect.iscoroutine(got):
            self._refuse(
                expected="a value", got=f"a {type(got).__name__}", mistake="you wrote `yield` or `async`"
            )
        tensors_in = any(isinstance(value, torch.Tensor) for _, value in given)
        if tensors_in and isinstance(got, np.ndarray):
            way = "stay in torch, or end with `torch.from_numpy(...)`" if got.ndim else "end with `.item()`"
            self._refuse(
                expected="a torch tensor" if got.ndim else "a number, or a torch tensor",
                got=values.describe(got),
                mistake=f"you returned a numpy array: {way}",
            )
        if finite and (bad := values.not_finite(got)):
            self.fail(
                expected="finite numbers",
                got=f"{bad}. {values.describe(got)}",
                mistake="a division by zero, or the log or root of something not positive",
            )
        return got

    def gives(self, want, *args, rtol: float = 1e-4, atol: float = 1e-6, mistake: str = "", **kwargs):
        """Call the function and hold what it returns against `want`; return it.

        A tuple `want` asks for as many results, named by the exercise's `returns`.
        """
        got = self.call(*args, **kwargs)
        if not isinstance(want, tuple):
            self.expect_close(got, want, rtol=rtol, atol=atol, mistake=mistake)
            return got
        names = self._exercise.returns.split(", ")
        members = self.expect_members(got, len(want), self._exercise.returns)
        for name, mine, right in zip(names, members, want, strict=True):
            tried = f"{self._tried}; now {name}"
            self.expect_close(mine, right, rtol=rtol, atol=atol, mistake=mistake, tried=tried)
        return members

    # --- what every exercise needs ---

    def same_gradients(self, of: Callable, inputs: Callable, wrt: tuple[str, ...]) -> None:
        """Hold the gradient of each result by each input in `wrt` against that of `of` at the same place.

        `inputs(attempt)` draws the arguments. A module in `wrt` stands for its parameters.
        """
        args = list(inputs(self))
        leaves = {}
        for place, name in enumerate(self.names(len(args))):
            if name in wrt and isinstance(args[place], torch.nn.Module):
                leaves |= {f"{name}.{key}": p for key, p in args[place].named_parameters()}
            elif name in wrt:
                leaves[name] = args[place] = args[place].detach().requires_grad_()
        got, want = self.call(*args), of(*self._forked(args))
        if not isinstance(want, tuple):
            return self.expect_gradient(got, want, leaves)
        members = self.expect_members(got, len(want), self._exercise.returns)
        for name, mine, right in zip(self._exercise.returns.split(", "), members, want, strict=True):
            self.expect_gradient(mine, right, leaves, name)

    def keeps_dtype(self, of: Callable, inputs: Callable) -> None:
        """Hold what float64 inputs give against `of`: results that are floats have to be float64."""
        floats = lambda v: isinstance(v, torch.Tensor) and v.is_floating_point()  # noqa: E731
        args = [value.double() if floats(value) else value for value in inputs(self)]
        got, want = self.call(*args), of(*self._forked(args))
        if isinstance(want, tuple):
            got = self.expect_members(got, len(want), self._exercise.returns)
        else:
            got, want = (got,), (want,)
        for mine, right in zip(got, want, strict=True):
            if floats(right):
                self.expect_dtype(mine, right.dtype)
            rounded = _ROUNDED if values.distance(mine, right, rtol=1e-3, atol=1e-4) <= 1 else ""
            self.expect_close(mine, right, rtol=3e-8, atol=1e-9, mistake=rounded)

    def same_effect(
        self, of: Callable, inputs: Callable, *, rtol: float = 1e-3, atol: float = 1e-5, finite: bool = True
    ) -> None:
        """Hold all that the call leaves behind against what `of` leaves behind in the same situation.

        That is: what it returns, the parameters and buffers of modules (the same objects as before), and
        the whole state of optimisers. `inputs(attempt)` makes the arguments anew each time.
        """
        start = self.generator.get_state()
        args = inputs(self)
        self.generator.set_state(start)
        twins = inputs(self)
        names = self.names(len(args))
        before = [id(p) for a in args if isinstance(a, torch.nn.Module) for p in a.parameters()]
        got, want = self.call(*args, allow_none=True, finite=finite), of(*self._forked(twins))
        after = [id(p) for a in args if isinstance(a, torch.nn.Module) for p in a.parameters()]
        self.expect(
            before == after,
            expected="the same parameters, changed in place",
            got="a new parameter",
            mistake="you put a new tensor in the place of a parameter, which the optimiser does not know: "
            "change the old one in place under `torch.no_grad()`",
        )
        came, right = world.state(names, args), world.state(names, twins)
        for name in right:
            near = atol
            if "'s " in name:  # an optimiser's averages of squared gradients may all lie below `atol`
                near = min(atol, max(rtol * right[name].abs().max().item(), 1e-9))
            self.expect(name in came, tried=self._tried, expected=f"{name} is there", got="it is gone")
            self.expect_close(
                came[name], right[name], tried=f"{self._tried}; now {name}", rtol=rtol, atol=near
            )
        if want is not None:
            self.expect_close(got, want, rtol=rtol, atol=atol)

    def names(self, count: int) -> list[str]:
        """The names of the first `count` parameters, as in the exercise's stub."""
        return [*inspect.signature(self._exercise.kit).parameters, *["input"] * count][:count]

    # --- inside ---

    def _run(self, args, kwargs) -> guard.Outcome:
        before = world.random_state()
        if self._seconds is None:
            try:
                outcome = guard.Outcome(self._function(*args, **kwargs), None, False, False, "")
            except Exception as error:
                outcome = guard.Outcome(None, error, False, False, "")
        else:
            outcome = guard.run(self._function, args, kwargs, self._seconds)
        if not self.global_draws and world.random_state_moved(before):
            self.global_draws = self._tried
        self._printed = outcome.printed
        return outcome

    def _forked(self, given):
        """The same arguments, with a twin of the attempt's own generator: the check's draws stay its own."""

        def twin(value):
            if value is not self.generator:
                return value
            seed = int(torch.randint(2**62, (), generator=self.generator))
            return world.Given.seeded(seed)

        if isinstance(given, dict):
            return {name: twin(value) for name, value in given.items()}
        return tuple(map(twin, given))

    def _expect_inputs_unchanged(self, args, kwargs, given_args, given_kwargs):
        cases = zip(self.names(len(args)), args, given_args, strict=True)
        for name, before, after in [*cases, *((k, kwargs[k], given_kwargs[k]) for k in kwargs)]:
            if not world.same(before, after):
                self._refuse(
                    expected=f"the input `{name}` as it was: {values.describe(before, 6)}",
                    got=f"your function changed `{name}`: {values.describe(after, 6)}",
                    mistake=f"you edited the caller's `{name}` in place (`-=`, `x[mask] = 0`, a method whose "
                    "name ends in `_`): make a new value instead",
                )

    def _expect_generator_unset(self, given):
        if any(isinstance(value, world.Given) and value.was_set for value in given):
            self._refuse(
                expected="random numbers from the `generator` as it is given",
                got="your function seeded it, or set its state",
                mistake="each call would draw the same: leave `manual_seed` and `set_state` to the caller",
            )

    def _refuse(self, **fields):
        """Fail this part for something that has words of its own, so that no mistake need be looked for."""
        self.note(REFUSED)
        raise Wrong(self._problem(**fields, plain=True))

    def _broken(self, error: Exception) -> Problem:
        """The check itself stumbled, most often over a value that it did not expect."""
        reason = f"{type(error).__name__}: {values.message(error)}".split("\n")[0][:200]
        try:
            shown = f"{values.describe(self._got)} ({values.kind(self._got)})"
        except Exception:  # such as a list that holds itself
            shown = f"{values.kind(self._got)} that can't be shown"
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


_ROUNDED = (
    "the result is float64, its digits are float32's: a tensor made inside the function, or a cast, rounded "
    "it. Take the dtype from the input"
)


def _kept(value):
    """`value` as it is now, whatever the function does to it later."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {k: _kept(v) for k, v in value.items()}
    return type(value)(map(_kept, value)) if type(value) in (tuple, list) else value
