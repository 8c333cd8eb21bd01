"""Grade what was handed in: `course grade DIR`, around nbgrader's own steps and its database.

Running a submission takes nearly all of the time, and needs nothing but what was handed in: it is a task that
any process can do, behind a wall (see `sandbox`), here or on a cluster (see `cluster`). What comes back is
booked by this process alone. What is graded is kept in `graded.json`, by a hash of what was handed in and of
what had been handed out: started again, only what is new or has changed is graded.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.utils import find_all_files
from traitlets.config import Config
from traitlets.config.loader import ConfigFileNotFound, PyFileConfigLoader

from course_utils.files import replacing
from course_utils.kit import CourseError, cluster, collect, fingerprint, grading, sandbox
from course_utils.kit.repair import KEY, repair

KEPT = "graded.json"


def grade(
    folder: Path,
    wall: str,
    workers: cluster.Workers = cluster.HERE,
    say: Callable[[str], None] = print,
) -> list[str]:
    """Grade all that is new in the nbgrader course in `folder`, write feedback, grades.csv and remarks.csv.

    Marks don't depend on `workers`. Returns a sentence for each submission that couldn't be graded. Raises
    CourseError where `folder` is no course, and where the wall or the cluster can't be had.
    """
    ran: dict[str, NotebookNode] = {}
    api = _api(folder, wall, ran)
    if not workers.address:  # else it is theirs that counts
        sandbox.expect(wall)
    kept, wanted = _kept(folder), {}
    misplaced = collect.misplaced(folder)
    for release in sorted((folder / "release").glob("*")):
        students = sorted(
            s for s in api.get_submitted_students(release.name) if (s, release.name) not in misplaced
        )
        hashes = {
            (release.name, one): _hash(folder / "submitted" / one / release.name, release) for one in students
        }
        new = {at: hashed for at, hashed in hashes.items() if kept.get("/".join(at)) != hashed}
        say(f"{release.name}: {len(students)} handed in, {len(new)} to grade")
        wanted |= new
    with Gradebook(api.coursedir.db_url) as gradebook:
        for _, student in wanted:  # which is their order in grades.csv, whoever is graded first
            gradebook.update_or_create_student(student)
    problems, began = list(misplaced.values()), time.monotonic()
    tasks = (cluster.Task(at, _arguments(folder, api, *at)) for at in wanted)
    for count, (at, outcome) in enumerate(cluster.each(grading.run_apart, tasks, workers, say), 1):
        if problem := _book(api, *at, outcome, ran):
            problems.append(f"{', '.join(at)}: not graded. {problem}")
            told = "not graded"
        else:
            kept["/".join(at)] = wanted[at]
            with replacing(folder / KEPT) as file:
                file.write_text(json.dumps(kept, indent=1), encoding="utf-8")
            told = _points(api, *at)
        left = cluster.time_left(began, count, len(wanted))
        say(f"  {count} of {len(wanted)}: {', '.join(at)}: {told}; {left}")
    with Gradebook(api.coursedir.db_url) as gradebook:
        export = grading.Export(parent=api)
        export.to = str(folder / "grades.csv")
        export.export(gradebook)
    return problems


def find_commands() -> None:
    """Let nbgrader find the commands that it runs (alembic), also where this environment isn't activated."""
    here, path = str(Path(sys.executable).parent), os.environ.get("PATH", "")
    if here not in path.split(os.pathsep):
        os.environ["PATH"] = f"{here}{os.pathsep}{path}"


def _api(folder: Path, wall: str, ran: dict[str, NotebookNode]) -> NbGraderAPI:
    """nbgrader, set up to find what has been run in `ran` when it comes to the step that would run it."""
    find_commands()
    try:
        config = PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()
    except ConfigFileNotFound:
        raise CourseError(
            f"{folder} holds no nbgrader course (no nbgrader_config.py). `course nbgrader` lays one out."
        ) from None
    if not (folder / "release").is_dir():
        raise CourseError(f"{folder} has handed out nothing yet: run `nbgrader generate_assignment` there.")

    def put_in(nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        done = ran[resources["nbgrader"]["notebook"]]
        if [cell.source for cell in nb.cells] != [cell.source for cell in done.cells]:
            raise CourseError("release/ isn't what the gradebook holds: `nbgrader generate_assignment` again")
        for cell, run in zip(nb.cells, done.cells, strict=True):
            cell |= {"outputs": run.outputs} if cell.cell_type == "code" else {}
        nb.metadata[KEY] = done.metadata[KEY]
        return nb, resources

    runs = f"{grading.__name__}.{grading.RunSubmission.__name__}"
    steps = config.Autograde.autograde_preprocessors
    if runs not in steps:
        raise CourseError(f"{folder}/nbgrader_config.py doesn't run submissions by {runs}")
    config.Autograde.autograde_preprocessors = [put_in if step == runs else step for step in steps]
    config.merge(Config({"CourseDirectory": {"root": str(folder.resolve())}}))
    config.RunSubmission.wall = wall
    return NbGraderAPI(config=config)


def _arguments(folder: Path, api: NbGraderAPI, assignment: str, student: str) -> tuple:
    """What `run_apart` takes for this submission. A notebook that can't be read is left to nbgrader."""
    submitted, release = folder / "submitted" / student / assignment, folder / "release" / assignment
    notebooks = {}
    for path in release.glob("*.ipynb"):
        with contextlib.suppress(Exception):  # booking meets it again, and says what it is
            nb = repair(nbformat.read(submitted / path.name, 4), nbformat.read(path, 4))
            notebooks[path.stem] = nbformat.writes(nb)
    files = {}
    for place in (submitted, release):
        paths = map(Path, find_all_files(str(place), [*api.coursedir.ignore, "*.ipynb"]))
        files |= {str(path.relative_to(place)): path.read_bytes() for path in paths}
    run = grading.RunSubmission(parent=api)
    options = {name: getattr(run, name) for name in run.trait_names(config=True)}
    return notebooks, files, options, fingerprint.of()


def _book(api: NbGraderAPI, assignment: str, student: str, outcome, ran: dict) -> str:
    """Let nbgrader book what was run, and write the feedback. Returns what went wrong."""
    if isinstance(outcome, Exception):
        return str(outcome)
    ran.clear()
    ran.update({name: nbformat.reads(text, as_version=4) for name, text in outcome.items()})
    done = api.autograde(assignment, student) and api.generate_feedback(assignment, student)
    if student in api.get_autograded_students(assignment):
        return ""
    log = str(done.get("log") or done.get("error") or "").strip().splitlines()
    return log[-1] if log else "nbgrader doesn't say why"


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


def _points(api: NbGraderAPI, assignment: str, student: str) -> str:
    found = api.get_submission(assignment, student)
    look = ", to be looked at" if found["needs_manual_grade"] else ""
    return f"{found['score']:g} of {found['max_score']:g}{look}"
