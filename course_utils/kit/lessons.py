"""Which lessons there are, and where the three files of each lie."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from course_utils.kit import CourseError
from course_utils.pretrained import file


@dataclass(frozen=True)
class LessonFiles:
    """One lesson of the course: its number, and where its three files lie."""

    number: str
    root: Path
    stem: str

    @property
    def source(self) -> Path:
        return self.root / "solutions" / f"{self.stem}.py"

    @property
    def solution(self) -> Path:
        return self.root / "solutions" / f"{self.stem}.ipynb"

    @property
    def student(self) -> Path:
        return self.root / "notebooks" / f"{self.stem}.ipynb"

    @property
    def lacks(self) -> str:
        """What it needs and isn't here, in one sentence; empty for a lesson that can run."""
        needed = re.search(r"^#   model: (.*)$", self.source.read_text(encoding="utf-8-sig"), re.MULTILINE)
        return without(self.number) if needed and not file.is_there() else ""


def without(number: str) -> str:
    """The sentence in place of a run of lesson `number`, where the model's file isn't here."""
    return f"lesson {number} is skipped: the file of its model isn't here. To get it: {file.COMMAND}"


def that_can_run(lessons: list[LessonFiles], say: Callable[[str], None] = print) -> list[LessonFiles]:
    """These lessons without those that lack a model's file; `say` is told of each, in a line."""
    for lesson in lessons:
        if lesson.lacks:
            say(lesson.lacks)
    return [lesson for lesson in lessons if not lesson.lacks]


def find_root(start: Path) -> Path:
    """The course's folder: `start` or the nearest folder above it that holds `solutions/`.

    Raises CourseError when there is none.
    """
    for folder in (start, *start.parents):
        if (folder / "solutions").is_dir():
            return folder
    raise CourseError(
        f"{start}: no course here. Run this inside the course's folder (the one with solutions/)."
    )


def find_lessons(root: Path, numbers: list[str] | None = None) -> list[LessonFiles]:
    """The lessons in `root/solutions`, in order; only those of `numbers` ("2" or "02") where given.

    Raises CourseError for a number without a lesson, a number used twice, a file name without a number, and a
    folder without lessons.
    """
    lessons: dict[str, LessonFiles] = {}
    for path in sorted((root / "solutions").glob("*.py")):
        if not re.fullmatch(r"\d\d_\w+", path.stem):
            raise CourseError(
                f"{path}: a lesson's file is named NN_name.py, such as 02_phase_diagram.py. Rename it."
            )
        number = path.stem[:2]
        if number in lessons:
            raise CourseError(
                f"{path}: lesson {number} exists twice, also as {lessons[number].source.name}. Renumber one."
            )
        lessons[number] = LessonFiles(number, root, path.stem)
    if not lessons:
        raise CourseError(f"{root / 'solutions'} holds no lesson, NN_name.py. Go into a clone of the course.")
    if not numbers:
        return list(lessons.values())
    asked = {number: f"{number:0>2}" if number else "" for number in numbers}
    for number, padded in asked.items():
        if padded not in lessons:
            raise CourseError(f"There is no lesson {number!r}. The lessons here: {', '.join(lessons)}.")
    return [lesson for number, lesson in lessons.items() if number in asked.values()]
