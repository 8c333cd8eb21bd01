"""Which registered mistake does what the student's answer did?

Each mistake runs through the same parts, with the same inputs and random numbers. It fits if the part that
is explained ends at the same point after the same values, and if nothing that came out elsewhere differs.
"""

from __future__ import annotations

from course_utils.checks import values
from course_utils.checks.attempt import REFUSED, Attempt, Note
from course_utils.checks.registry import Exercise


def name_mistake(exercise: Exercise, attempt: Attempt) -> None:
    """Put the name of the one mistake that fits into the problem that the verdict explains.

    None fits, or two do: the problem keeps what it says already.
    """
    explained = next((part for part in attempt.parts if part.problem), None)
    if explained is None or explained.problem.plain or explained.name not in exercise.parts:
        return
    fitting = []
    for name, mistake in exercise.mistakes:
        [twin] = replay(exercise, mistake, attempt.seed, [explained.name])
        if twin.parts[-1].problem and _same_end(attempt.notes, twin.notes, explained.name):
            fitting.append((name, mistake))
    others = [part.name for part in attempt.parts if part.name in exercise.parts and part is not explained]
    names = {
        name
        for name, mistake in fitting
        if all(
            _agree(attempt.notes[part], twin.notes[part])
            for part, twin in zip(others, replay(exercise, mistake, attempt.seed, others), strict=True)
        )
    }
    if len(names) == 1:
        explained.problem.mistake = names.pop()


def replay(exercise: Exercise, function, seed: int, parts: list[str]) -> list[Attempt]:
    """One attempt of `function` for each of the named parts, with the inputs that the part always has."""
    attempts = []
    for name in parts:
        attempt = Attempt(exercise, function, seed, None)
        run_part(exercise, attempt, name)
        attempts.append(attempt)
    return attempts


def run_part(exercise: Exercise, attempt: Attempt, name: str) -> None:
    """Run one part of the check."""
    with attempt.part(name, list(exercise.parts).index(name)):
        exercise.parts[name](attempt)


def _same_end(ours: dict[str, list[Note]], theirs: dict[str, list[Note]], part: str) -> bool:
    return len(ours[part]) == len(theirs[part]) and _agree(ours[part], theirs[part])


def _agree(ours: list[Note], theirs: list[Note]) -> bool:
    """Whether the values are alike as far as both go. What raised or was refused says nothing more."""
    for (mine, rtol, atol), (other, _, _) in zip(ours, theirs, strict=False):
        if any(isinstance(value, str) and value == REFUSED for value in (mine, other)):
            return True
        if not values.alike(mine, other, rtol, atol):
            return False
    return True
