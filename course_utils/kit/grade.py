"""Grade what was handed in: `course grade DIR`, around nbgrader's own steps and its database.

Each submission runs behind a wall (see `sandbox`). What is graded is kept in `graded.json`, by a hash of what
was handed in and of what had been handed out: started again, only what is new or has changed is graded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config
from traitlets.config.loader import ConfigFileNotFound, PyFileConfigLoader

from course_utils.files import replacing
from course_utils.kit import CourseError, collect, sandbox
from course_utils.kit.grading import Export

KEPT = "graded.json"


def grade(folder: Path, wall: str, say: Callable[[str], None] = print) -> list[str]:
    """Grade all that is new in the nbgrader course in `folder`, write feedback, grades.csv and remarks.csv.

    Returns a sentence for each submission that couldn't be graded. Raises CourseError where `folder` is no
    course, and where the wall can't be had.
    """
    api = _api(folder, wall)
    kept, misplaced = _kept(folder), collect.misplaced(folder)
    problems = list(misplaced.values())
    for release in sorted((folder / "release").glob("*")):
        students = sorted(
            s for s in api.get_submitted_students(release.name) if (s, release.name) not in misplaced
        )
        wanted = {
            student: _hash(folder / "submitted" / student / release.name, release) for student in students
        }
        new = [student for student in students if kept.get(f"{release.name}/{student}") != wanted[student]]
        say(f"{release.name}: {len(students)} handed in, {len(new)} to grade")
        for count, student in enumerate(new, 1):
            done = api.autograde(release.name, student) and api.generate_feedback(release.name, student)
            at = f"  {count} of {len(new)}: {student}"
            if not _is_graded(api, release.name, student):
                log = str(done.get("log") or done.get("error") or "").strip().splitlines()
                problems.append(f"{release.name}, {student}: not graded. {log[-1] if log else ''}")
                say(f"{at}: not graded")
                continue
            kept[f"{release.name}/{student}"] = wanted[student]
            with replacing(folder / KEPT) as file:
                file.write_text(json.dumps(kept, indent=1), encoding="utf-8")
            say(f"{at}: {_points(api, release.name, student)}")
    with Gradebook(api.coursedir.db_url) as gradebook:
        export = Export(parent=api)
        export.to = str(folder / "grades.csv")
        export.export(gradebook)
    return problems


def _api(folder: Path, wall: str) -> NbGraderAPI:
    try:
        config = PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()
    except ConfigFileNotFound:
        raise CourseError(
            f"{folder} holds no nbgrader course (no nbgrader_config.py). `course nbgrader` lays one out."
        ) from None
    config.merge(Config({"CourseDirectory": {"root": str(folder.resolve())}}))
    config.RunSubmission.wall = wall
    sandbox.expect(wall)
    return NbGraderAPI(config=config)


def _kept(folder: Path) -> dict[str, str]:
    file = folder / KEPT
    try:
        return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    except ValueError:
        raise CourseError(f"{file} is damaged. Delete it: everything is then graded again.") from None


def _hash(*folders: Path) -> str:
    """Of names and contents of all files in these folders."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(folder)} {content}\n".encode())
    return digest.hexdigest()


def _is_graded(api: NbGraderAPI, assignment: str, student: str) -> bool:
    return student in api.get_autograded_students(assignment)


def _points(api: NbGraderAPI, assignment: str, student: str) -> str:
    found = api.get_submission(assignment, student)
    look = ", to be looked at" if found["needs_manual_grade"] else ""
    return f"{found['score']:g} of {found['max_score']:g}{look}"
