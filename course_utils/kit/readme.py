"""The README's table of lessons, made from the lessons' headers and the repository's one address."""

from pathlib import Path

from course_utils.kit import source

BEGIN, END = "<!-- lessons: written by `course build` -->", "<!-- end of lessons -->"
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"


def table(root: Path) -> str:
    """A row a lesson: its notebook, what it rebuilds, a student's minutes, a badge for Colab."""
    rows = ["| lesson | rebuilds | minutes | |", "|---|---|---|---|"]
    for lesson in source.find_lessons(root):
        course = source.read(lesson).metadata.course
        name = f"[{course.number} · {course.title}]({lesson.student.relative_to(root).as_posix()})"
        badge = source.colab_link(lesson.student).replace("[Open in Colab]", f"[![Open in Colab]({BADGE})]")
        rows.append(f"| {name} | {'; '.join(course.papers)} | {course.minutes} | {badge} |")
    return "\n".join(rows)


def write(root: Path) -> None:
    """Bring the table up to date; a README without the two marks stays as it is."""
    path = root / "README.md"
    if path.exists() and (text := _renewed(path, root)) != path.read_text(encoding="utf-8"):
        path.write_text(text, encoding="utf-8")


def drift(root: Path) -> list[str]:
    """A sentence when the committed table isn't what the lessons give."""
    path = root / "README.md"
    if not path.exists() or _renewed(path, root) == path.read_text(encoding="utf-8"):
        return []
    return [f"{path}: its table of lessons isn't what the sources give. Run `course build` and commit it."]


def _renewed(path: Path, root: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        return text
    before, rest = text.split(BEGIN, 1)
    return f"{before}{BEGIN}\n{table(root)}\n{END}{rest.split(END, 1)[1]}"
