"""Progress on the terminal: which lesson, which cell, how long."""

import shutil
import sys
import time

from course_utils.kit.lessons import LessonFiles
from course_utils.kit.run import Result


class Terminal:
    """One line that is redrawn on a terminal; in a log, a line now and then."""

    def __init__(self) -> None:
        self._at: dict[LessonFiles, tuple[float, int, int]] = {}
        self._live = sys.stdout.isatty()
        self._last = time.monotonic()

    def cell(self, lesson: LessonFiles, cell: int, cells: int) -> None:
        """A lesson has come to a cell."""
        began = self._at[lesson][0] if lesson in self._at else time.monotonic()
        self._at[lesson] = began, cell, cells

    def tick(self) -> None:
        """Show where everything is."""
        now = time.monotonic()
        at = list(self._at.items())  # a copy: lessons that run come to a cell meanwhile
        states = [f"{lesson.stem}: cell {k}/{n}, {now - began:.0f} s" for lesson, (began, k, n) in at]
        if self._live:
            line = "  ".join(states)[: shutil.get_terminal_size().columns - 1]
            print(f"\r{line}\033[K", end="", flush=True)
        elif states and now - self._last >= 15:
            self._last = now
            print(*states, sep="  ", flush=True)

    def done(self, result: Result, verdict: str) -> None:
        """A lesson has ended."""
        self._at.pop(result.lesson, None)
        when = ", kept from an earlier run" if result.kept else ""
        line = f"{result.lesson.stem}: {verdict} ({result.seconds:.0f} s{when})"
        print(f"\r{line}\033[K" if self._live else line, flush=True)
