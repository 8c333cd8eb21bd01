"""Put what a learning platform's export holds into nbgrader's submitted/: `course collect ZIP DIR`.

Which lesson a notebook answers is read in it: `course_utils.start("02", …)`; its name counts only where that
is gone. Who handed it in is read in its path, which each platform writes its own way.
"""

from __future__ import annotations

import csv
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import nbformat
from nbgrader.utils import parse_utc

from course_utils.kit import CourseError
from course_utils.kit.unpack import Entry, Unpacked

MOODLE = r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_[a-z]+_?(?P<late>)(?P<file>.*)"
CANVAS = r"(?P<name>[^_]+)(?P<late>_LATE)?_(?P<number>\d+)_\d+_(?P<file>.+)"
STAMP = "timestamp.txt"
"""Where nbgrader reads when something was handed in."""


@dataclass(frozen=True)
class Found:
    """A file of a student's: `path` is within what that student handed in."""

    student: str
    path: PurePosixPath
    entry: Entry
    late: bool = False


def collect(archive: Path, folder: Path, say: Callable[[str], None] = print) -> list[str]:
    """Put an export's notebooks into the nbgrader course in `folder`, and say what was done to each.

    A notebook goes to submitted/STUDENT/LESSON/LESSON.ipynb with the files beside it, in place of what the
    student had handed in before. The same is written to collected.csv. Returns a sentence for each file and
    each student that nothing could be done with. Raises CourseError for no zip, and for no course.
    """
    lessons = lessons_of(folder)
    with tempfile.TemporaryDirectory(prefix="course-collect-") as into:
        unpacked = Unpacked(Path(into))
        unpacked.take(archive)
        problems, report = unpacked.refused, []
        found = _by_student(unpacked.entries, archive.stem, lessons, problems)
        for student, files in sorted(found.items()):
            notebooks = [one for one in files if one.path.suffix.lower() == ".ipynb"]
            answers: dict[str, list[Found]] = {}
            for one in notebooks:
                answers.setdefault(_lesson(one, lessons), []).append(one)
            problems += [
                f"{student}: {one.path} is none of the lessons handed out" for one in answers.pop("", [])
            ]
            if not notebooks:
                names = ", ".join(str(one.path) for one in files[:5])
                problems.append(f"{student}: no notebook, only {names}")
            for lesson, several in sorted(answers.items()):
                one = max(several, key=_latest)
                done = _done(one, several, lesson)
                beside = [f for f in files if f not in notebooks and f.path.is_relative_to(one.path.parent)]
                try:
                    done += _put(folder / "submitted" / student / lesson, one, beside, Path(into) / "new")
                except OSError as error:
                    problems.append(f"{student}, {lesson}: can't be written ({error})")
                    continue
                report.append((student, lesson, str(one.entry.path), "; ".join(done)))
                say(f"{student}, {lesson}: {'; '.join(done)}")
    with (folder / "collected.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("student_id", "assignment", "found", "done"), *report])
    return problems


def lessons_of(folder: Path) -> list[str]:
    """The assignments that a course has handed out. Raises CourseError where there are none."""
    lessons = sorted(path.name for path in (folder / "release").glob("*") if path.is_dir())
    if not lessons:
        raise CourseError(f"{folder} has handed out nothing yet: run `nbgrader generate_assignment` there.")
    return lessons


def misplaced(folder: Path) -> dict[tuple[str, str], str]:
    """(student, folder) of each hand-in that grading would pass over or fail on, and why."""
    lessons, problems = lessons_of(folder), {}
    for path in sorted((folder / "submitted").glob("*/*")):
        wanted, why = path / f"{path.name}.ipynb", ""
        if path.name not in lessons or not path.is_dir():
            why = f"no lesson of this name is in {folder / 'release'}"
        elif not wanted.exists():
            there = ", ".join(sorted(one.name for one in path.iterdir())[:5]) or "nothing"
            why = f"it holds {there} and no {wanted.name}"
        elif not _is_date(path / STAMP):
            why = f"its {STAMP} holds no date. Mend or delete it"
        if why:
            problems[path.parent.name, path.name] = f"{path.relative_to(folder)}: not graded, for {why}"
    return problems


def _by_student(entries: list[Entry], stem: str, lessons: list[str], problems: list[str]) -> dict:
    """The files of each student, by the name that their folder gets."""
    found: dict[str, list[Found]] = {}
    outer = _outer([e.path for e in entries if e.path.suffix.lower() == ".ipynb"], stem, lessons)
    for entry in entries:
        path = entry.path.relative_to(outer) if entry.path.is_relative_to(outer) else entry.path
        inside = len(path.parts) > 1 and path.parts[0] in lessons
        first, *rest = path.parts[1:] if inside else path.parts
        if match := _platform(first):
            parts = ([match["file"]] if match["file"] else []) + rest
            own = Found(
                _name(f"{match['name']}_{match['number']}"), PurePosixPath(*parts), entry, bool(match["late"])
            )
        elif rest:
            own = Found(_name(first), PurePosixPath(*rest), entry)
        else:
            if path.suffix.lower() == ".ipynb":
                problems.append(f"{entry.path}: whose it is can't be told from its path")
            continue
        found.setdefault(own.student, []).append(own)
    return found


def _platform(part: str) -> re.Match | None:
    return re.fullmatch(MOODLE, part) or re.fullmatch(CANVAS, part)


def _outer(notebooks: list[PurePosixPath], stem: str, lessons: list[str]) -> PurePosixPath:
    """The folders around all students' folders, or around their files where the platform makes no folders."""
    common: list[str] = []
    for parts in zip(*(path.parent.parts for path in notebooks), strict=False):
        if len(set(parts)) > 1 or _platform(parts[0]):
            break
        common.append(parts[0])
    below = {path.parts[len(common)] for path in notebooks}
    folders = all(len(path.parts) > len(common) + 1 for path in notebooks)
    if any(_platform(part) for part in below) or (folders and len(below) > 1 and not below <= set(lessons)):
        return PurePosixPath(*common)
    if below <= set(lessons):  # all is one student's
        return PurePosixPath(*common[:-1])
    return PurePosixPath(*common[: len(common) > 1 and common[0] in (stem, "submitted")])


def _name(text: str) -> str:
    """A student's folder: no character that a path, nbgrader or a table of commas stumbles over."""
    kept = re.sub(r"[^\w .'-]+", " ", unicodedata.normalize("NFC", text))
    return " ".join(kept.split()).strip(" .") or "unnamed"


def _lesson(one: Found, lessons: list[str]) -> str:
    """The assignment that a notebook answers; empty for none."""
    text = one.entry.file.read_text(encoding="utf-8", errors="replace")
    started = re.search(r"course_utils\.start\(\\?[\"'](\d+)", text)
    if started:
        return next((lesson for lesson in lessons if lesson.startswith(f"{started[1]}_")), "")
    return next((lesson for lesson in lessons if lesson in one.path.name), "")


def _latest(one: Found) -> tuple:
    """The larger, the later it was handed in; of one moment, the copy with the higher number."""
    copy = re.search(r"(\d+)\)?$", one.path.stem)
    return one.entry.when, int(copy[1]) if copy else 0, str(one.path)


def _done(one: Found, several: list[Found], lesson: str) -> list[str]:
    """What there is to say about the way from the export to the student's folder."""
    done = ["handed in late, says the export"] if one.late else []
    done += ["taken out of a zip"] if one.entry.zips else []
    folders = [part for part in one.path.parent.parts if part != lesson]
    done += [f"taken out of the folder {'/'.join(folders)}"] if folders else []
    done += [f"renamed from {one.path.name}"] if one.path.name != f"{lesson}.ipynb" else []
    left = ", ".join(str(other.path) for other in several if other is not one)
    return done + ([f"the latest of {len(several)}; left: {left}"] if left else [])


def _put(place: Path, one: Found, beside: list[Found], new: Path) -> list[str]:
    """Write the submission in place of what was there; returns what there is to say about that.

    It is put together in `new`, so a name that can't be written loses nothing.
    """
    shutil.rmtree(new, ignore_errors=True)
    name, done = f"{place.name}.ipynb", []
    files = {name: one.entry.file}
    for other in beside:
        path = other.path.relative_to(one.path.parent).as_posix()
        if path == STAMP and not _is_date(other.entry.file):
            done.append(f"without its {STAMP}, which holds no date")
        else:
            files[path] = other.entry.file
    for path, file in files.items():
        (new / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, new / path)
    done += [f"with {', '.join(sorted(set(files) - {name})[:5])}"] if len(files) > 1 else []
    if _contents(place) == _contents(new):
        return [*done, "as it was already"]
    done.append("in place of what was there" if place.exists() else "new")
    shutil.rmtree(place, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(new, place)
    try:
        nbformat.read(place / name, as_version=4)
    except Exception:  # nbformat raises whatever a damaged file makes it stumble over
        done.append("DAMAGED: no notebook can be read from it. Ask for it again")
    return done


def _contents(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _is_date(stamp: Path) -> bool:
    """Whether nbgrader can read this timestamp.txt, which need not be there."""
    if not stamp.exists():
        return True
    text = stamp.read_text(encoding="utf-8", errors="replace").strip()
    try:
        return not text or parse_utc(text) is not None
    except (ValueError, OverflowError):
        return False
