"""Time to import the package, and to run every lesson."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

import nbformat

from benchmarks.table import Row
from course_utils.kit import run
from course_utils.kit.execute import execute
from course_utils.kit.lessons import find_lessons

ROOT = Path(__file__).parents[1]


def seconds(code: str, times: int = 5) -> float:
    """Median time of a fresh interpreter that runs `code`."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def rows() -> list[Row]:
    """Import time beyond an empty interpreter; every lesson. Kept runs count as they were timed."""
    empty, ours, torch = seconds("pass"), seconds("import course_utils"), seconds("import torch")
    imported = Row(
        "import course_utils",
        ours - empty,
        "s",
        "import torch",
        torch - empty,
        None,
        "at most 0.5 s beyond torch",
    )
    lessons = find_lessons(ROOT)
    results = run.run(lessons, "lesson", 1, *[lambda *_: None] * 3)
    began = time.perf_counter()
    for lesson in lessons:
        execute(nbformat.read(lesson.student, as_version=4), lesson.student.parent, "smoke")
    untouched = time.perf_counter() - began
    total = sum(result.seconds for result in results)
    count = len(lessons)
    return [
        imported,
        Row(f"{count} solutions, lesson scale", total / 60, "min", "", None, None, "at most 15 for 13"),
        Row(f"{count} untouched, smoke scale", untouched / 60, "min", "", None, None, "at most 3 for 13"),
    ]
