"""Tables in README.md and INSTRUCTORS.md: made from the lessons' sources, and from measured speeds."""

import json
from pathlib import Path

from course_utils.kit import links, source
from course_utils.kit.lessons import find_lessons

SPEED = "benchmarks/results/speed.json"
"""What `make bench` measured last: instructions → benchmark → processor, versions, rows."""
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"


def lessons(root: Path) -> str:
    """For README.md, a row a lesson: its notebook, what it rebuilds, minutes; once published, a badge."""
    rows = ["| lesson | rebuilds | minutes |", "|---|---|---|"]
    if links.repository():
        rows = [f"{row} {cell} |" for row, cell in zip(rows, ("", "---"), strict=True)]
    for lesson in find_lessons(root):
        course = source.read(lesson).metadata.course
        name = f"[{course.number} · {course.title}]({lesson.student.relative_to(root).as_posix()})"
        badge = links.colab(lesson.student).replace("[Open in Colab]", f"[![Open in Colab]({BADGE})]")
        row = f"| {name} | {'; '.join(course.papers)} | {course.minutes} |"
        rows.append(f"{row} {badge} |" if badge else row)
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


def seconds(root: Path) -> str:
    """For INSTRUCTORS.md, how long each lesson took by `make bench`: a row for each kind of processor."""
    file = root / SPEED
    kinds = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    numbers = [lesson.number for lesson in find_lessons(root)]
    rows = [f"| instructions | {' | '.join(numbers)} | all |", "|---" * (len(numbers) + 2) + "|"]
    notes = []
    for kind, made in kinds.items():
        if "kit" not in made:
            continue
        taken = {row["work"].removeprefix("lesson "): row["figure"] for row in made["kit"]["rows"]}
        here = [taken.get(number) for number in numbers]
        cells = ["—" if one is None else f"{one:.0f} s" for one in here]
        rows.append(f"| {kind} | {' | '.join(cells)} | {sum(filter(None, here)) / 60:.1f} min |")
        notes.append(f"- {kind}: {made['kit']['processor']}, torch {made['kit']['versions']['torch']}")
    return "\n".join([*rows, "", *notes])


TABLES = {
    "README.md": {"lessons: written by `course build`": lessons},
    "INSTRUCTORS.md": {
        "lessons: written by `course build`": plan,
        "seconds: measured by `make bench`": seconds,
    },
}
"""File → what its table begins with, as a comment → what makes it. `<!-- end of ... -->` ends it."""


def write(root: Path) -> None:
    """Bring the tables up to date; a file without a table's two marks stays as it is."""
    for path, text in _renewed(root).items():
        path.write_text(text, encoding="utf-8")


def drift(root: Path) -> list[str]:
    """A sentence for each file with a table that isn't what the lessons and the measured speeds give."""
    return [
        f"{path}: a table in it isn't what lessons and measurements give. Run `course build` and commit it."
        for path in _renewed(root)
    ]


def _renewed(root: Path) -> dict[Path, str]:
    """The files whose tables are out of date, with their new text."""
    renewed = {}
    for name, marks in TABLES.items():
        path = root / name
        old = new = path.read_text(encoding="utf-8") if path.exists() else ""
        for mark, table in marks.items():
            begin, end = f"<!-- {mark} -->", f"<!-- end of {mark.split(':')[0]} -->"
            if begin in new and end in new:
                before, rest = new.split(begin, 1)
                new = f"{before}{begin}\n{table(root)}\n{end}{rest.split(end, 1)[1]}"
        if new != old:
            renewed[path] = new
    return renewed
