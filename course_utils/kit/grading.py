"""Grading with nbgrader: what a submission needs to be run to its end and to get the marks it deserves.

nbgrader runs a submission as the student left it, in one kernel, and reads the points from each check cell's
output. Students split, copy, delete and move cells; their code may end the kernel or change the checks. So
three steps of nbgrader's own autograding are replaced (`course nbgrader` writes the configuration):

- `Repair` puts the cells back into the order they were handed out in. Check cells and missing cells are those
  that were handed out; of several answers to an exercise the last one counts; the student's own cells stay.
- `RunSubmission` runs it at smoke scale on the CPU, with limits on time, memory and output. A cell that ends
  the kernel is left out and the rest is run again. Each check is run by a fresh copy of the checks, and its
  points come back with a token made for it, so neither a changed `lesson` nor a printed number counts.
- `SaveRemarks` writes into nbgrader's comments why points are missing and what was repaired.

What this can't do: a student's code and its check share a process. Who changes torch itself, or reads the
kernel's memory for the token, can still fool it, and each exercise's solution is in the installed package
anyway. Marks show what an honest student can do; read the short answers of those that matter. And a
submission runs with your rights, on your files: grade strangers' work in a container or another account.
"""

from __future__ import annotations

import contextlib
import csv
import os
import queue
import re
import secrets
import tempfile
from pathlib import Path
from time import monotonic

import nbformat
from jupyter_client.manager import start_new_kernel
from nbformat import NotebookNode
from nbformat.v4 import new_output, output_from_msg
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Float, Integer

from course_utils.kit import CourseError, outputs

KEY = "course_grading"  # in a notebook's metadata: what one step tells the next
WHOLE = ""  # remarks on no exercise in particular
LOOK = "LOOK:"  # begins a remark that somebody should act on
GRACE = 5  # seconds in which an interrupted cell has to end

IN_KERNEL = 'exec({code!r}, {{"namespace": globals()}})'  # leaves no name behind
PREPARE = """
import os, sys

sys.path[:] = [place for place in sys.path if place not in ("", os.getcwd())]  # no file there hides the kit
from course_utils.kit.marking import prepare

prepare({gigabytes})
"""
MARK = """
import sys

rooms = ("course_utils.checks", "course_utils.exercises", "course_utils.kit")
for name in [name for name in sys.modules if name.startswith(rooms)]:
    del sys.modules[name]  # what a cell may have changed is loaded anew
from course_utils.kit.marking import mark

mark("{number}", namespace, "{token}")
"""


class Repair(NbGraderPreprocessor):
    """Put a submission back into the order it was handed out in; see `repair`."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        names, course = resources["nbgrader"], self.parent.parent.coursedir
        folder = course.format_path(course.release_directory, ".", names["assignment"])
        path = Path(folder) / f"{names['notebook']}.ipynb"
        if not path.exists():
            again = f"Run `nbgrader generate_assignment {names['assignment']}` first."
            raise CourseError(f"{path}: the notebook as it was handed out is missing. {again}")
        return repair(nb, nbformat.read(path, as_version=4)), resources


def repair(submitted: NotebookNode, released: NotebookNode) -> NotebookNode:
    """The submission as a notebook that nbgrader can grade, with remarks on what was mended.

    A cell of the lesson is known by nbgrader's id, its own id, its text, or the function it defines.
    """
    functions = {c.metadata["check"]: _function(c) for c in released.cells if "check" in c.metadata}
    groups = _in_released_order(submitted, released, functions)
    remarks: dict[str, list[str]] = {}
    cells: list[NotebookNode] = []
    for given, group in zip(released.cells, groups, strict=True):
        cells += _restored(given, group, remarks)
    for number, function in functions.items():
        cells = _place_check(cells, number, function, released, remarks)
    for n, cell in enumerate(cells):
        cell.setdefault("id", f"own-{n}")
    nb = nbformat.from_dict({**released, "cells": cells})
    nb.metadata[KEY] = {"remarks": remarks}
    return nb


def _function(check: NotebookNode) -> str:
    """The name of the function that a check cell checks."""
    return re.search(r"(\w+)\)$", check.source)[1]


def _defines(cell: NotebookNode, function: str) -> bool:
    """Whether a cell defines or imports the function. By text: the cell may hold a syntax error."""
    value = rf"{function}\s*(:[^=\n]+)?="
    ways = rf"(async )?(def|class)\s+{function}\b|{value}\s*lambda\b|(from|import)\b.*\b{function}\b"
    return cell.cell_type == "code" and bool(re.search(rf"^({ways})", cell.source, re.MULTILINE))


def _assigns(cell: NotebookNode, function: str) -> bool:
    """Whether a cell gives the function's name a value."""
    value = rf"^{function}\s*(:[^=\n]+)?=(?!=)"
    return cell.cell_type == "code" and bool(re.search(value, cell.source, re.MULTILINE))


def _answers(cells: list[NotebookNode], function: str, released: NotebookNode) -> list[NotebookNode]:
    """The cells that answer an exercise. Where one defines the function, `double = double(3)` is none."""
    given = {cell.source for cell in released.cells}
    own = [cell for cell in cells if cell.source.strip() not in given]
    return [c for c in own if _defines(c, function)] or [c for c in own if _assigns(c, function)]


def _in_released_order(submitted, released, functions) -> list[list[NotebookNode]]:
    """For each released cell, what was handed in of it (with its id), and the own cells that followed."""
    places: dict[tuple[str, str], int] = {}
    for place, cell in enumerate(released.cells):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        places |= {("grade_id", grade_id): place, ("id", cell.id): place, ("text", cell.source): place}
    exercises = {
        cell.metadata["exercise"]: n for n, cell in enumerate(released.cells) if "exercise" in cell.metadata
    }

    answers = {n: _answers(submitted.cells, function, released) for n, function in functions.items()}

    def find(cell: NotebookNode) -> int | None:
        told = cell.metadata.get("nbgrader")
        grade_id = told.get("grade_id") if isinstance(told, dict) else None
        for key in (("grade_id", grade_id), ("id", cell.get("id")), ("text", cell.source.strip())):
            place = places.get(key) if key[1] and isinstance(key[1], str) else None
            if place in exercises.values():
                return place
            if place is not None and released.cells[place].cell_type == cell.cell_type:
                return place
        return next((exercises[n] for n, own in answers.items() if any(cell is one for one in own)), None)

    groups: list[list[NotebookNode]] = [[] for _ in released.cells]
    place = 0
    for cell in submitted.cells:
        found = find(cell)
        place = place if found is None else found
        kind = cell.cell_type if found is None else released.cells[found].cell_type
        kept = {"cell_type": kind, "metadata": {}, "source": cell.source}
        kept |= {"outputs": [], "execution_count": None} if kind == "code" else {}
        kept |= {} if found is None else {"id": released.cells[found].id}
        groups[place].append(nbformat.from_dict(kept))
    return groups


def _restored(given: NotebookNode, group: list[NotebookNode], remarks: dict) -> list[NotebookNode]:
    """One released cell, as handed out or as the student left it, and the own cells that followed."""
    known = [cell for cell in group if cell.get("id") == given.id]
    number = given.metadata.get("check")
    if number and not known:
        _add(remarks, number, "the check cell was missing, and was put back")
    if number and any(cell.source.strip() != given.source for cell in known):
        _add(remarks, number, "the check cell had been changed, and was restored")
    if number or "parameters" in given.metadata.get("tags", []):
        original = nbformat.from_dict(given)
        original.source = original.source.replace('SCALE = "lesson"', 'SCALE = "smoke"')
        return [original, *(cell for cell in group if cell.get("id") != given.id)]
    if not known and given.cell_type == "code":
        about = given.metadata.get("exercise", WHOLE)
        _add(remarks, about, f"a cell of the lesson was missing, and was put back: {_first_line(given)}")
        group = [nbformat.from_dict(given), *group]
    for copy in known[1:]:
        del copy["id"]
    return group


def _place_check(
    cells, number: str, function: str, released: NotebookNode, remarks: dict
) -> list[NotebookNode]:
    """Let the last answer to an exercise count: copies of the stub go, the check comes after it."""
    stub = next(cell for cell in released.cells if cell.metadata.get("exercise") == number)
    answers = _answers(cells, function, released)
    if answers:
        cells = [cell for cell in cells if cell.source.strip() != stub.source]
    answer = answers[-1] if answers else next(cell for cell in cells if cell.get("id") == stub.id)
    answer.metadata = nbformat.from_dict(stub.metadata)
    if len(answers) > 1:
        _add(remarks, number, f"{function} is defined {len(answers)} times; the last one counts")
    ways = (
        rf"\b(?!F\.|functional\.)\w+\.{function}\b",
        rf"from course_utils\b.*\b{function}\b",
        r"lesson\.exercises|course_utils\.checks|\.kit\b",
    )
    kit = "|".join(ways)
    if any(re.search(kit, cell.source) for cell in answers):
        _add(remarks, number, f"{LOOK} the answer mentions the kit's own implementation")
    check = next(cell for cell in cells if cell.metadata.get("check") == number)
    before, after = (next(n for n, cell in enumerate(cells) if cell is one) for one in (check, answer))
    if before < after:
        cells.insert(after + 1, check)
        del cells[before]
    return cells


def _add(remarks: dict, about: str, text: str) -> None:
    remarks.setdefault(about, []).append(text)


def _first_line(cell: NotebookNode) -> str:
    return cell.source.strip().split("\n")[0][:60]


class RunSubmission(NbGraderPreprocessor):
    """Run every cell within limits, and put the points of each check where nbgrader reads them."""

    seconds = Integer(60, help="How long a cell may run.").tag(config=True)
    gigabytes = Float(4.0, help="Memory that a submission may take, on Linux.").tag(config=True)
    characters = Integer(1_000_000, help="How much is kept of what a cell shows.").tag(config=True)
    kernels = Integer(4, help="How many kernels a submission may end.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        notes: dict[int, list[str]] = {}
        left_out: list[int] = []
        while len(left_out) < self.kernels and self._run(nb, resources["metadata"]["path"], left_out, notes):
            pass
        if len(left_out) == self.kernels:
            for index in range(left_out[-1] + 1, len(nb.cells)):
                notes[index] = self._leave_out(nb.cells[index], f"{self.kernels} cells ended their kernels")
        for index, cell in enumerate(nb.cells):
            about = cell.metadata.get("check") or cell.metadata.get("exercise") or WHOLE
            for note in notes.get(index, []):
                _add(nb.metadata[KEY]["remarks"], about, note)
        return nb, resources

    def _run(self, nb: NotebookNode, folder: str, left_out: list[int], notes: dict[int, list[str]]) -> bool:
        """Run the cells in a new kernel. When one ends it, say so, add it to `left_out`, return True."""
        with tempfile.TemporaryDirectory(prefix="course-home-") as home:
            with contextlib.closing(Kernel(self, nb.metadata.kernelspec.name, folder, home)) as kernel:
                for index, cell in enumerate(nb.cells):
                    if cell.cell_type != "code" or index in left_out:
                        continue
                    try:
                        notes[index] = self._run_cell(kernel, cell)
                    except Stopped as stopped:
                        notes[index] = self._leave_out(cell, str(stopped))
                        left_out.append(index)
                        return True
        return False

    def _run_cell(self, kernel: Kernel, cell: NotebookNode) -> list[str]:
        """Run one cell, and return what there is to say about it."""
        cell.outputs, interrupted = kernel.run(cell.source)
        late = [f"interrupted after {self.seconds} s: {_first_line(cell)}"] if interrupted else []
        if "check" not in cell.metadata:
            return late
        claimed = _points_shown(cell.outputs)
        shown, record = self._mark(kernel, cell.metadata.check)
        cell.outputs = [output for output in shown if output.output_type != "execute_result"]
        left_out = len(cell.outputs) < len(shown)
        if record is None:
            cell.outputs.append(_error("The check did not come to its end."))
            return [*late, "the check did not come to its end"]
        points = cell.metadata.nbgrader.points * record["points"] / record["of"]
        cell.outputs.append(new_output("execute_result", {"text/plain": repr(points)}, execution_count=1))
        notes = [*late, record["remark"]] if record["remark"] else late
        if claimed > record["points"]:
            by_itself = f"run by itself {record['points']:g}"
            notes.append(f"{LOOK} in the notebook this check gives {claimed:g} points, {by_itself}")
        if left_out:
            notes.append(f"{LOOK} while it was checked the answer showed a result of its own: left out")
        return notes

    def _mark(self, kernel: Kernel, number: str) -> tuple[list[NotebookNode], dict | None]:
        """Check one exercise by a fresh copy of the checks: what that shows, and its record."""
        token = secrets.token_hex(16)
        code = MARK.format(number=number, token=token)
        shown, _ = kernel.run(IN_KERNEL.format(code=code))
        records = [output.data[outputs.MARK] for output in shown if outputs.MARK in output.get("data", {})]
        genuine = [one for one in records if isinstance(one, dict) and one.get("token") == token]
        shown = [output for output in shown if outputs.MARK not in output.get("data", {})]
        for output in shown:  # nbgrader gives a cell with any stderr no points
            if output.get("name") == "stderr":
                output.name = "stdout"
        return shown, genuine[0] if genuine else None

    def _leave_out(self, cell: NotebookNode, reason: str) -> list[str]:
        if cell.cell_type != "code":
            return []
        cell.outputs = [_error(f"This cell was left out: {reason}.")]
        return [f"a cell was left out, because {reason}: {_first_line(cell)}"]


class Stopped(Exception):
    """A cell ended its kernel, or could not be ended itself. Says which."""


class Kernel:
    """A kernel to run a submission's cells in."""

    def __init__(self, limits: RunSubmission, name: str, folder: str, home: str):
        self.limits = limits
        self.manager, self.client = start_new_kernel(
            startup_timeout=180,
            kernel_name=name,
            extra_arguments=["--InteractiveShellApp.ignore_cwd=True", "--log-level=CRITICAL"],
            cwd=folder,
            env=os.environ | {"COURSE_HOME": home, "CUDA_VISIBLE_DEVICES": ""},
        )
        shown, _ = self.run(IN_KERNEL.format(code=PREPARE.format(gigabytes=limits.gigabytes)), seconds=120)
        if any(output.output_type == "error" for output in shown):
            self.close()
            raise CourseError(
                f"the kernel {name!r} can't use the course: {shown[-1].ename}: {shown[-1].evalue}"
            )

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, code: str, seconds: float | None = None) -> tuple[list[NotebookNode], bool]:
        """What `code` shows, and whether it had to be interrupted. Raises Stopped."""
        asked = self.client.execute(code, allow_stdin=False, stop_on_error=False)
        seconds = seconds or self.limits.seconds
        end, interrupted = monotonic() + seconds, False
        shown, size = [], 0
        while True:
            message = self._next_message()
            if monotonic() > end:
                if interrupted:
                    raise Stopped(f"it did not end in {seconds} s and could not be interrupted")
                self.manager.interrupt_kernel()
                interrupted, end = True, monotonic() + GRACE
            if message is None or message["parent_header"].get("msg_id") != asked:
                continue
            if message["content"].get("execution_state") == "idle":
                break
            if message["msg_type"] in ("stream", "display_data", "execute_result", "error"):
                size += len(str(message["content"]))
                if size <= self.limits.characters or message["msg_type"] == "error":
                    _append(shown, output_from_msg(message), self.limits.characters)
        self._expect_no_exit(asked)
        if size > self.limits.characters:
            cut = f"[what came after the first {self.limits.characters:,} characters was cut]\n"
            shown.append(new_output("stream", text=cut))
        return shown, interrupted

    def _next_message(self) -> dict | None:
        """What the kernel sent, None if it sent nothing for a second. Raises Stopped when it is dead."""
        with contextlib.suppress(queue.Empty):
            return self.client.get_iopub_msg(timeout=1)
        if not self.manager.is_alive():
            raise Stopped("it ended the kernel")
        return None

    def _expect_no_exit(self, asked: str) -> None:
        """Raise Stopped if the cell asked the kernel to exit, as `exit()` does."""
        with contextlib.suppress(queue.Empty):
            while (reply := self.client.get_shell_msg(timeout=GRACE))["parent_header"].get("msg_id") != asked:
                pass
            if not any(part["source"] == "ask_exit" for part in reply["content"].get("payload", [])):
                return
        raise Stopped("it ended the kernel")


def _append(shown: list[NotebookNode], output: NotebookNode, characters: int) -> None:
    """Add an output: text joins the text before it, progress bars go, a long error is cut."""
    last = shown[-1] if shown else {}
    if output.output_type == "stream" and last.get("name") == output.name:
        last.text += output.text
    elif output.output_type == "error":
        output.evalue = output.evalue[:characters]
        output.traceback = [line[:characters] for line in output.traceback[-100:]]
        shown.append(output)
    elif output.get("metadata", {}).get("course") != "progress":
        shown.append(output)


def _error(text: str) -> NotebookNode:
    return new_output("error", ename="Grading", evalue=text, traceback=[text])


def _points_shown(shown: list[NotebookNode]) -> float:
    """What nbgrader would read as the points of these outputs; -1 where there is no number."""
    result = next((o.data.get("text/plain", "") for o in shown if o.output_type == "execute_result"), "")
    try:
        return float(result)
    except ValueError:
        return -1.0


class SaveRemarks(NbGraderPreprocessor):
    """Write the remarks on each exercise into nbgrader's comment on it: feedback and formgrader show it."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        names = resources["nbgrader"]
        where = names["notebook"], names["assignment"], names["student"]
        remarks = nb.metadata.pop(KEY)["remarks"]
        on_the_whole = remarks.pop(WHOLE, [])
        with Gradebook(names["db_url"]) as gradebook:
            for cell in nb.cells:
                if "exercise" in cell.metadata:
                    own = [*on_the_whole, *remarks.get(cell.metadata.exercise, [])]
                    on_the_whole = []  # said once, with the first exercise
                    comment = gradebook.find_comment(cell.metadata.nbgrader.grade_id, *where)
                    comment.auto_comment = "\n".join(own) or None
                elif "check" in cell.metadata:
                    grade = gradebook.find_grade(cell.metadata.nbgrader.grade_id, *where)
                    told = remarks.get(cell.metadata.check, [])
                    grade.needs_manual_grade |= any(remark.startswith(LOOK) for remark in told)
            gradebook.db.commit()
        return nb, resources


class Export(CsvExportPlugin):
    """`nbgrader export`: its own grades.csv, and beside it remarks.csv with a line for each exercise."""

    def export(self, gradebook: Gradebook) -> None:
        super().export(gradebook)
        path = Path(self.to or "grades.csv").with_name("remarks.csv")
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(
                ["assignment", "student_id", "exercise", "points", "max_points", "look", "remark"]
            )
            for assignment in gradebook.assignments:
                for submission in sorted(assignment.submissions, key=lambda one: one.student.id):
                    for notebook in submission.notebooks:
                        writer.writerows(_rows(assignment.name, submission.student.id, notebook))


def _rows(assignment: str, student: str, notebook) -> list[list]:
    comments = {
        comment.name.removeprefix("exercise-"): comment.comment or "" for comment in notebook.comments
    }
    unread = "not graded: the notebook could not be read. The log of `nbgrader autograde` says why"
    rows = []
    for grade in sorted(notebook.grades, key=lambda grade: grade.name):
        number = grade.name.removeprefix("check-")
        graded = grade.auto_score is not None
        remark = comments.get(number, "") if graded else unread
        look = "yes" if grade.needs_manual_grade or not graded else ""
        exercise = number.replace("-", ".")
        rows.append([assignment, student, exercise, grade.score, grade.max_score, look, remark])
    return rows
