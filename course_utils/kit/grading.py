"""Grading with nbgrader: what a submission needs to be run to its end and to get the marks it deserves.

nbgrader runs a submission as the student left it, in one kernel, and reads the points from each check cell's
output. Students split, copy, delete and move cells; their code may end the kernel or change the checks. So
three steps of nbgrader's own autograding are replaced (`course nbgrader` writes the configuration; repair.py
and kernel.py do the work):

- `Repair` puts the cells back into the order they were handed out in. Check cells and missing cells are those
  that were handed out; of several answers to an exercise the last one counts; the student's own cells stay.
- `RunSubmission` runs it at smoke scale on the CPU, with limits on time, memory and output. A cell that ends
  the kernel is left out and the rest is run again. Each check is run by a fresh copy of the checks, and its
  points come back with a token made for it, so neither a changed `lesson` nor a printed number counts.
- `SaveRemarks` writes into nbgrader's comments why points are missing and what was repaired.

What this can't do: a student's code and its check share a process. Who changes torch or the kit's science, or
reads the kernel's memory for the token, can still fool it, and each exercise's solution is in the installed
package anyway. Marks show what an honest student can do; read the short answers of those that matter. What
it can't reach is your machine: the kernel runs behind a wall (`sandbox`).
"""

from __future__ import annotations

import contextlib
import csv
import platform
import secrets
import tempfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Float, Integer, Unicode

from course_utils.kit import CourseError, fingerprint, outputs, sandbox
from course_utils.kit.kernel import Kernel, Limits, Stopped
from course_utils.kit.repair import KEY, LOOK, WHOLE, add_remark, first_line, repair

REMARKS = ("assignment", "student_id", "exercise", "points", "max_points", "severity", "remark")
"""The columns of remarks.csv."""
MARK = """
import sys

rooms = ("course_utils.checks", "course_utils.display", "course_utils.exercises", "course_utils.kit")
for name in [name for name in sys.modules if name.startswith(rooms)]:
    del sys.modules[name]  # what a cell may have changed is loaded anew
from course_utils.kit.marking import mark

mark("{number}", namespace, "{token}")
"""


class Repair(NbGraderPreprocessor):
    """Put a submission back into the order it was handed out in; see `repair.py`."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        names, course = resources["nbgrader"], self.parent.parent.coursedir
        folder = course.format_path(course.release_directory, ".", names["assignment"])
        path = Path(folder) / f"{names['notebook']}.ipynb"
        if not path.exists():
            again = f"With source/{names['assignment']}/ as it was then, run `nbgrader generate_assignment`"
            raise CourseError(f"{path}: the notebook as it was handed out is missing. {again} --force.")
        return repair(nb, nbformat.read(path, as_version=4)), resources


class RunSubmission(NbGraderPreprocessor):
    """Run every cell within limits, and put the points of each check where nbgrader reads them."""

    seconds = Integer(60, help="How long a cell may run.").tag(config=True)
    gigabytes = Float(4.0, help="Memory that a submission may take, on Linux.").tag(config=True)
    characters = Integer(1_000_000, help="How much is kept of what a cell shows.").tag(config=True)
    disk = Float(0.5, help="Gigabytes of files of its own, behind a wall.").tag(config=True)
    wall = Unicode(
        sandbox.TRUST, help="bubblewrap, a container's command, or trust: no wall. See sandbox.py."
    ).tag(config=True)
    kernels = Integer(4, help="How many kernels a submission may end.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        sandbox.expect(self.wall)
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
                add_remark(nb.metadata[KEY]["remarks"], about, note)
        return nb, resources

    def _run(self, nb: NotebookNode, folder: str, left_out: list[int], notes: dict[int, list[str]]) -> bool:
        """Run the cells in a new kernel. When one ends it, say so, add it to `left_out`, return True."""
        with tempfile.TemporaryDirectory(prefix="course-home-") as home:
            limits = Limits(self.seconds, self.gigabytes, self.characters, self.disk)
            name = nb.metadata.kernelspec.name
            with contextlib.closing(Kernel(limits, name, folder, home, self.wall)) as kernel:
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
        late = [f"interrupted after {self.seconds} s: {first_line(cell)}"] if interrupted else []
        late += [f"{what}: {first_line(cell)}" for what in sandbox.acted(_errors(cell.outputs))]
        if "exercise" in cell.metadata and not interrupted and (stopped := _errors(cell.outputs)):
            late.append(f"the answer's cell stopped: {' '.join(stopped.split())[:200]}")
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
        shown, _ = kernel.run_apart(MARK.format(number=number, token=token))
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
        return [f"a cell was left out, because {reason}: {first_line(cell)}"]


def run_apart(
    notebooks: dict[str, str], files: dict[str, bytes], options: dict[str, object], kit: str
) -> dict[str, str]:
    """A submission's repaired notebooks by name, run beside its files by `RunSubmission` with these options.

    It needs no course folder and no gradebook, so any process of any machine can do it. Raises CourseError
    where the course isn't the one of this `fingerprint`: marks are to come from one edition.
    """
    if fingerprint.of() != kit:
        raise CourseError(f"{platform.node()} has another edition of the course, or another Python")
    with tempfile.TemporaryDirectory(prefix="course-submission-") as folder:
        for name, content in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        run, resources = RunSubmission(**options), {"metadata": {"path": folder}}
        read = {name: nbformat.reads(text, as_version=4) for name, text in notebooks.items()}
        return {name: nbformat.writes(run.preprocess(nb, resources)[0]) for name, nb in read.items()}


def _error(text: str) -> NotebookNode:
    return new_output("error", ename="Grading", evalue=text, traceback=[text])


def _errors(shown: list[NotebookNode]) -> str:
    """What went wrong in a cell. A magic that isn't there is told on stderr alone."""
    raised = [f"{o.ename}: {o.evalue}" for o in shown if o.output_type == "error"]
    streams = [o.text for o in shown if o.get("name") == "stderr"]
    return "\n".join(raised + [text for text in streams if text.startswith("UsageError")])


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
    """`nbgrader export`: its own grades.csv, and beside it remarks.csv with a line for each exercise.

    A line's severity: "look" where somebody has to, "points" where some are missing, "note" where something
    was mended or counted, else empty.
    """

    def export(self, gradebook: Gradebook) -> None:
        super().export(gradebook)
        path = Path(self.to or "grades.csv").with_name("remarks.csv")
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(REMARKS)
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
        graded = grade.auto_score is not None or grade.manual_score is not None
        if number == "experiment-answer":
            exercise, remark = "experiment", "" if graded else "to be read: the rubric is in INSTRUCTORS.md"
        else:
            exercise, remark = number.replace("-", "."), comments.get(number, "") if graded else unread
        if not graded or (grade.needs_manual_grade and exercise != "experiment"):
            severity = "look"
        else:
            severity = "points" if grade.score < grade.max_score else "note" if remark else ""
        rows.append([assignment, student, exercise, grade.score, grade.max_score, severity, remark])
    return rows
