"""The tables of lessons in README.md and INSTRUCTORS.md, made from the lessons' sources."""

from pathlib import Path

from course_utils.kit import links, source
from course_utils.kit.lessons import find_lessons

BEGIN, END = "<!-- lessons: written by `course build` -->", "<!-- end of lessons -->"
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"


def lessons(root: Path) -> str:
    """For README.md, a row a lesson: its notebook, what it rebuilds, minutes, a badge for Colab."""
    rows = ["| lesson | rebuilds | minutes | |", "|---|---|---|---|"]
    for lesson in find_lessons(root):
        course = source.read(lesson).metadata.course
        name = f"[{course.number} · {course.title}]({lesson.student.relative_to(root).as_posix()})"
        badge = links.colab(lesson.student).replace("[Open in Colab]", f"[![Open in Colab]({BADGE})]")
        rows.append(f"| {name} | {'; '.join(course.papers)} | {course.minutes} | {badge} |")
    return "\n".join(rows)


def plan(root: Path) -> str:
    """For INSTRUCTORS.md, a row a lesson: solution, minutes, lessons needed, exercises, nbgrader's points."""
    rows = ["| lesson | minutes | needs | exercises | points |", "|---|---|---|---|---|"]
    for lesson in find_lessons(root):
        nb = source.read(lesson)
        course = nb.metadata.course
        name = f"[{course.number} · {course.title}]({lesson.solution.relative_to(root).as_posix()})"
        points = [cell.metadata.nbgrader.points for cell in nb.cells if "check" in cell.metadata]
        needs = ", ".join(course.needs) or "—"
        rows.append(f"| {name} | {course.minutes} | {needs} | {len(points)} | {sum(points):g} |")
    return "\n".join(rows)


TABLES = {"README.md": lessons, "INSTRUCTORS.md": plan}


def write(root: Path) -> None:
    """Bring the tables up to date; a file without the two marks stays as it is."""
    for path, text in _renewed(root).items():
        path.write_text(text, encoding="utf-8")


def drift(root: Path) -> list[str]:
    """A sentence for each committed table that isn't what the lessons give."""
    return [
        f"{path}: its table of lessons isn't what the sources give. Run `course build` and commit it."
        for path in _renewed(root)
    ]


def _renewed(root: Path) -> dict[Path, str]:
    """The files whose table is out of date, with their new text."""
    renewed = {}
    for name, table in TABLES.items():
        path = root / name
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if BEGIN in text and END in text:
            before, rest = text.split(BEGIN, 1)
            new = f"{before}{BEGIN}\n{table(root)}\n{END}{rest.split(END, 1)[1]}"
            if new != text:
                renewed[path] = new
    return renewed
