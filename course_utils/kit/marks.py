"""Marks as a learning platform takes them: `course marks DIR`, from grades.csv and remarks.csv.

A student is known there by a number, which `course collect` keeps at the end of a folder's name: NAME_12345.
Who handed in nothing, or something that couldn't be graded, gets no mark: a person decides what that means.

Formats: https://gradescope-autograders.readthedocs.io/en/latest/specs/ (Gradescope);
lib/gradebook_importer.rb in https://github.com/instructure/canvas-lms (Canvas);
mod/assign/feedback/offline/importgradeslib.php in https://github.com/moodle/moodle (Moodle).
"""

from __future__ import annotations

import csv
import html
import json
import re
from dataclasses import dataclass
from pathlib import Path

from course_utils.files import replacing
from course_utils.kit import CourseError
from course_utils.kit.repair import LOOK

CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MOODLE = ("Identifier", "Full name", "Status", "Grade", "Maximum Grade", "Grade can be changed")
MOODLE += ("Last modified (grade)", "Feedback comments")
NOT_GRADED = "not graded"
"""How the remark begins on a submission that could not be read."""


@dataclass(frozen=True)
class Mark:
    """What one student has for one assignment. `exercises` are the rows of remarks.csv."""

    assignment: str
    student: str
    score: float
    most: float
    exercises: list[dict[str, str]]

    @property
    def name(self) -> str:
        """The student's folder without the platform's number."""
        return re.sub(r"_\d+$", "", self.student)

    @property
    def number(self) -> str:
        """The platform's number; empty where the folder's name has none."""
        found = re.search(r"_(\d+)$", self.student)
        return found[1] if found else ""


def write(folder: Path, platform: str) -> tuple[list[Path], list[str]]:
    """Write the marks of the nbgrader course in `folder` as `platform` takes them.

    Returns the files, and a sentence for each mark that couldn't be given. Raises CourseError where nothing
    has been graded, and where a table can't be read.
    """
    marks, problems = read(folder)
    files, more = {"gradescope": _gradescope, "canvas": _canvas, "moodle": _moodle}[platform](marks, folder)
    return files, problems + more


def read(folder: Path) -> tuple[list[Mark], list[str]]:
    """All marks of a course, and a sentence for each submission that couldn't be graded."""
    exercises: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in table(folder / "remarks.csv"):
        exercises.setdefault((row["assignment"], row["student_id"]), []).append(row)
    marks, problems = [], []
    for row in table(folder / "grades.csv"):
        key = row["assignment"], row["student_id"]
        own = exercises.get(key, [])
        if any(one["remark"].startswith(NOT_GRADED) for one in own):
            problems.append(f"{', '.join(key)}: not graded, so no mark")
        elif own:
            marks.append(Mark(*key, float(row["score"]), float(row["max_score"]), own))
    return marks, problems


def table(path: Path) -> list[dict[str, str]]:
    """The rows of one of the tables that grading writes."""
    if not path.exists():
        raise CourseError(f"{path} isn't there: run `course grade {path.parent}` first")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if any(None in row or None in row.values() for row in rows):
        raise CourseError(f"{path} has a row of another length: a student's folder with a comma in its name?")
    return rows


def for_student(remark: str) -> str:
    """A remark without the lines that are for the instructor alone."""
    return "\n".join(line for line in remark.splitlines() if not line.startswith(LOOK))


def _gradescope(marks: list[Mark], folder: Path) -> tuple[list[Path], list[str]]:
    """A results.json for each submission, with a test for each exercise."""
    files = []
    for mark in marks:
        tests = [
            {
                "name": row["exercise"],
                "score": float(row["points"]),
                "max_score": float(row["max_points"]),
                "output": for_student(row["remark"]),
            }
            for row in mark.exercises
        ]
        file = folder / "gradescope" / mark.student / mark.assignment / "results.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        results = {"score": mark.score, "tests": tests}  # the score counts: it may be less, for being late
        with replacing(file) as part:
            part.write_text(json.dumps(results, indent=1, ensure_ascii=False), encoding="utf-8")
        files.append(file)
    return files, []


def _canvas(marks: list[Mark], folder: Path) -> tuple[list[Path], list[str]]:
    """One table for the gradebook. Where a name has no number, it is taken as the login."""
    most = {mark.assignment: f"{mark.most:g}" for mark in marks}
    students: dict[str, dict[str, str]] = {}
    for mark in marks:
        known = {"ID": mark.number} if mark.number else {"SIS Login ID": mark.student}
        row = students.setdefault(mark.student, {"Student": mark.name, **known})
        row[mark.assignment] = f"{mark.score:g}"
    rows = [{"Student": "    Points Possible", **most}, *students.values()]
    return [_csv(folder / "canvas.csv", [*CANVAS, *most], rows)], []


def _moodle(marks: list[Mark], folder: Path) -> tuple[list[Path], list[str]]:
    """A grading worksheet for each assignment, with the remarks as feedback."""
    sheets: dict[str, list[dict[str, str]]] = {}
    problems = []
    for mark in marks:
        if not mark.number:
            where = f"{mark.assignment}, {mark.student}"
            problems.append(f"{where}: left out, for Moodle knows students by number: NAME_12345")
            continue
        told = [(row["exercise"], for_student(row["remark"])) for row in mark.exercises]
        lines = [f"{number}: {text}" for number, text in told if text]
        row = {"Identifier": f"Participant {mark.number}", "Full name": mark.name}
        row |= {"Grade": f"{mark.score:g}", "Maximum Grade": f"{mark.most:g}", "Grade can be changed": "Yes"}
        comments = "<br>".join(html.escape(line).replace("\n", "<br>") for line in lines)
        sheets.setdefault(mark.assignment, []).append({**row, "Feedback comments": comments})
    files = [
        _csv(folder / "moodle" / f"{assignment}.csv", list(MOODLE), rows)
        for assignment, rows in sheets.items()
    ]
    return files, problems


def _csv(path: Path, columns: list[str], rows: list[dict[str, str]]) -> Path:
    path.parent.mkdir(exist_ok=True)
    with replacing(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path
