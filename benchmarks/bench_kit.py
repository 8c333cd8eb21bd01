"""Time to import the package, and to run every lesson."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

import nbformat

from benchmarks.table import Row
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


def running(notebook: Path, scale: str) -> float:
    """Seconds of a notebook in a fresh kernel, at `scale`."""
    nb = nbformat.read(notebook, as_version=4)
    began = time.perf_counter()
    execute(nb, notebook.parent, scale)
    return time.perf_counter() - began


def rows() -> list[Row]:
    """Import time beyond torch, beside torch's own; every solution; every untouched student notebook."""
    empty, ours, torch = seconds("pass"), seconds("import torch, course_utils"), seconds("import torch")
    beyond = Row(
        "import course_utils", ours - torch, "s", "import torch", torch - empty, None, "≤ 0.5 s beyond torch"
    )
    lessons = find_lessons(ROOT)
    taken = {lesson.number: running(lesson.solution, "lesson") for lesson in lessons}
    untouched = [running(lesson.student, "smoke") for lesson in lessons]
    none, count = (None, None), len(lessons)
    return [
        beyond,
        *[Row(f"lesson {number}", s, "s", "", *none, "≤ 90 s on AVX2") for number, s in taken.items()],
        Row(f"{count} solutions, lesson scale", sum(taken.values()) / 60, "min", "", *none, "≤ 9 on AVX2"),
        Row(f"{count} untouched, smoke scale", sum(untouched) / 60, "min", "", *none, "≤ 2 on AVX2"),
    ]
