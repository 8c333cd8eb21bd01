"""Which exercises are done: a small JSON file in the folder of `home`."""

from __future__ import annotations

import json
import math

from course_utils import home
from course_utils.checks import registry
from course_utils.files import replacing


class Progress:
    """Best points for each exercise, `{"2.1": 2.0}`, and how often its check said "not right yet".

    `notices` are sentences for the user.
    """

    def __init__(self):
        self.file = home.folder() / "progress.json"
        self.points: dict[str, float] = {}
        self.wrong: dict[str, int] = {}
        self.notices: list[str] = []
        self._said: set[str] = set()
        self.read()

    def read(self) -> None:
        """Take over what other notebooks have saved. A damaged file is put aside: never lost, never fatal."""
        try:
            saved_file = json.loads(self.file.read_text(encoding="utf-8"))
            saved = {str(number): float(points) for number, points in saved_file["points"].items()}
            wrong = {str(number): int(times) for number, times in saved_file.get("wrong", {}).items()}
            if not all(_possible(number, points) for number, points in saved.items()):
                raise ValueError("points that no exercise gives")
        except FileNotFoundError:
            return
        except OSError as error:
            self._notice(f"Your progress cannot be read ({error.strerror}: {self.file}).")
            return
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            self._put_aside()
            return
        for number, points in saved.items():
            self.points[number] = max(points, self.points.get(number, 0.0))
        for number, times in wrong.items():
            self.wrong[number] = max(times, self.wrong.get(number, 0))

    def overview(self) -> list[tuple[str, str]]:
        """(lesson number, what is done and left in it), for every lesson."""
        self.read()
        found = []
        for number in registry.lesson_numbers():
            own = registry.exercises(number).values()
            left = [e.number for e in own if self.points.get(e.number, 0.0) < e.points]
            points = sum(self.points.get(e.number, 0.0) for e in own)
            text = f"Lesson {number}: {len(own) - len(left)} of {len(own)} exercises"
            text += f", {points:g} of {sum(e.points for e in own):g} points"
            found.append((number, text + (f". Left: {', '.join(left)}" if left else ". Done.")))
        return found

    def record(self, number: str, points: float, passed: bool) -> None:
        """Keep the best points of an exercise, and count a try that didn't pass.

        The file is replaced as a whole, never half written.
        """
        self.read()
        if points:
            self.points[number] = max(points, self.points.get(number, 0.0))
        if not passed:
            self.wrong[number] = self.wrong.get(number, 0) + 1
        text = json.dumps({"version": 1, "points": self.points, "wrong": self.wrong}, indent=1)
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self.file) as file:
                file.write_text(text, encoding="utf-8")
        except OSError as error:
            self._notice(
                f"Your progress cannot be saved ({error.strerror}: {self.file}). It lasts until this kernel "
                "ends. To keep it, set the environment variable COURSE_HOME to a folder of yours."
            )
            return
        if not home.lasting():
            self._notice(
                f"You have no home folder here: your progress is kept in {self.file}, a temporary place. To "
                "keep it, set the environment variable COURSE_HOME to a folder that stays."
            )

    def _put_aside(self) -> None:
        aside = self.file.with_suffix(".damaged.json")
        try:
            self.file.replace(aside)
            self._notice(
                f"The file with your progress was damaged. It is kept as {aside}; a new one is begun."
            )
        except OSError:
            self._notice(f"The file with your progress is damaged: move {self.file} away to begin a new one.")

    def _notice(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self.notices.append(text)


def _possible(number: str, points: float) -> bool:
    """Whether an exercise can have given these points. One that isn't known is of another version's."""
    lesson = f"{number.split('.')[0]:0>2}"
    known = registry.exercises(lesson) if lesson in registry.lesson_numbers() else {}
    most = known[number].points if number in known else math.inf
    return math.isfinite(points) and 0 <= points <= most
