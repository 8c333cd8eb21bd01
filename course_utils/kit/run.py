"""Run lessons. What ran is kept in `build/run`, so an interrupted run goes on where it stopped."""

import json
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_utils.files import replacing
from course_utils.kit import CourseError, fingerprint, outputs, source
from course_utils.kit.execute import CourseEngine, LessonFailed, execute
from course_utils.kit.lessons import LessonFiles


@dataclass(frozen=True)
class Result:
    """What came of running one lesson."""

    lesson: LessonFiles
    scale: str
    nb: NotebookNode
    """The solution notebook with the run's outputs; up to the cell that failed, where one did."""
    seconds: float
    error: str = ""
    """One line that says what went wrong; empty when the lesson ran to its end."""
    failed_cell: str = ""
    """Id of the cell that failed."""
    kept: bool = False
    """Whether these are the outputs of an earlier run."""

    @property
    def claims(self) -> list[dict]:
        """The lesson's claims, in order. See `course_utils.checks`."""
        number = {"lesson": self.lesson.number}
        return [number | claim for cell in self.nb.cells for claim in outputs.claims(cell.get("outputs", []))]

    @property
    def broken_claims(self) -> list[dict]:
        """The claims that don't hold. At smoke scale none is enforced: it proves only the mechanics."""
        return [] if self.scale == "smoke" else [claim for claim in self.claims if not claim["holds"]]


def run_lesson(
    lesson: LessonFiles,
    scale: str = "lesson",
    on_cell: Callable[[int, int], None] = lambda cell, cells: None,
    threads: int | None = None,
) -> Result:
    """Run one solution, or take the last run's outputs if no code has changed. A failure is a Result too.

    Raises CourseError for a source that can't be read and for a `build/` that can't be written.
    """
    nb = source.read(lesson)
    kept = build_folder(lesson.root) / "run" / scale / f"{lesson.stem}.json"
    known = key(nb, scale)
    if kept.exists():
        old = json.loads(kept.read_text(encoding="utf-8"))
        if old["key"] == known:
            return Result(lesson, scale, _with_outputs(nb, old["cells"]), old["seconds"], kept=True)

    began = time.monotonic()
    try:
        done = execute(nb, lesson.source.parent, scale, on_cell, threads)
    except LessonFailed as failed:
        seconds = time.monotonic() - began
        return Result(lesson, scale, _with_outputs(nb, _code(failed.nb)), seconds, str(failed), failed.cell)
    seconds = time.monotonic() - began
    cells = _code(done)
    kept.parent.mkdir(parents=True, exist_ok=True)
    with replacing(kept) as file:
        file.write_text(json.dumps({"key": known, "seconds": seconds, "cells": cells}), encoding="utf-8")
    return Result(lesson, scale, _with_outputs(nb, cells), seconds)


def run(
    lessons: list[LessonFiles],
    scale: str,
    jobs: int,
    on_cell: Callable[[LessonFiles, int, int], None],
    on_done: Callable[[Result], None],
    on_tick: Callable[[], None],
) -> list[Result]:
    """Run lessons, `jobs` at a time; one that fails doesn't stop the others. `on_tick` comes every second.

    An interrupt (Ctrl-C) ends the kernels and is passed on; finished lessons are kept. Raises CourseError,
    before anything runs, for a source that can't be read.
    """
    for lesson in lessons:
        source.read(lesson)
    threads = max(1, (os.cpu_count() or 1) // jobs) if jobs > 1 else None
    results = {}
    CourseEngine.stopping = False
    with ThreadPoolExecutor(jobs) as pool:
        pending = {
            pool.submit(run_lesson, lesson, scale, lambda *at, lesson=lesson: on_cell(lesson, *at), threads)
            for lesson in lessons
        }
        try:
            while pending:
                done, pending = wait(pending, timeout=1, return_when=FIRST_COMPLETED)
                for future in done:
                    result = future.result()
                    results[result.lesson] = result
                    on_done(result)
                on_tick()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            CourseEngine.stop()
            raise
    return [results[lesson] for lesson in lessons]


def write_claims(results: list[Result], root: Path) -> Path:
    """Write `build/claims.json`: an array of objects, one a claim, in the order of the lessons."""
    path = build_folder(root) / "claims.json"
    claims = [claim for result in results for claim in result.claims]
    path.write_text(json.dumps(claims, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def build_folder(root: Path) -> Path:
    """`build/`, made if it isn't there. Raises CourseError when it can't be written."""
    folder = root / "build"
    try:
        folder.mkdir(exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()  # of a name of its own: lessons may begin at once
    except OSError as error:
        raise CourseError(
            f"{folder} can't be written ({error.strerror}). Get the right to write there, or move it away."
        ) from None
    return folder


def key(nb: NotebookNode, scale: str) -> str:
    """A hash of all that decides the outputs: scale, code, and what any result depends on."""
    code = [json.dumps([cell.source, cell.metadata]) for cell in nb.cells if cell.cell_type == "code"]
    return fingerprint.of(scale, *code)


def _code(nb: NotebookNode) -> list[dict]:
    """The lasting outputs of the code cells, in order, without the cell that papermill adds for the scale."""
    return [
        {"outputs": outputs.lasting(cell), "execution_count": cell.execution_count}
        for cell in nb.cells
        if cell.cell_type == "code" and "injected-parameters" not in cell.metadata.get("tags", [])
    ]


def _with_outputs(nb: NotebookNode, cells: list[dict]) -> NotebookNode:
    """`nb` with these outputs: prose may have changed since they were made, code has not."""
    code = (cell for cell in nb.cells if cell.cell_type == "code")
    for cell, done in zip(code, cells, strict=True):
        cell.update(nbformat.from_dict(done))
    return nb
