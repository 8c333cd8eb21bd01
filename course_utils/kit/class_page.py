"""A page on the class, from remarks.csv: `course class DIR`. Which mistakes, and what takes most tries."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from pathlib import Path
from statistics import mean, median

from course_utils.kit import marks, render
from course_utils.kit.repair import LOOK, WRONG_TRIES

NAMED = 8
"""Students that are named beside a mistake; more are counted."""
Row = dict[str, str]


def write(folder: Path) -> Path:
    """Write class/index.html into an nbgrader course's folder. Raises CourseError where nothing is graded."""
    assignments: dict[str, list[Row]] = defaultdict(list)
    for row in marks.table(folder / "remarks.csv"):
        assignments[row["assignment"]].append(row)
    students = {row["student_id"] for rows in assignments.values() for row in rows}
    body = f"<h1>The class</h1>\n<p>{len(students)} students handed in something.</p>\n"
    body += "\n".join(_assignment(name, rows) for name, rows in assignments.items())
    page = folder / "class" / "index.html"
    render.write_style(page.parent)
    page.write_text(render.page("The class", body), encoding="utf-8")
    return page


def _assignment(name: str, rows: list[Row]) -> str:
    look = [row for row in rows if row["severity"] == "look"]
    to_read = sum(row["exercise"] == "experiment" for row in look)
    look = [row for row in look if row["exercise"] != "experiment"]
    unread = {row["student_id"] for row in rows if row["remark"].startswith(marks.NOT_GRADED)}
    graded = [row for row in rows if row["student_id"] not in unread]
    parts = [f"<h2>{html.escape(name)}</h2>"]
    told = f"{len({row['student_id'] for row in graded})} graded{_names('; not readable', sorted(unread))}."
    waiting = f" Open experiments to be read: {to_read}." if to_read else ""
    parts.append(f"<p>{told}{waiting}{_hardest(graded)}</p>")
    parts.append(_exercises(graded))
    mistakes = _mistakes(graded)
    if mistakes:
        shown = [(_text(number), _text(what), _who(who)) for (number, what), who in mistakes]
        parts.append(f"<h3>What went wrong</h3>\n{render.table(('exercise', 'what', 'students'), shown)}")
    if look:
        shown = [tuple(_text(row[key]) for key in ("student_id", "exercise", "remark")) for row in look]
        heads = ("student", "exercise", "remark")
        parts.append(f"<h3>To be looked at</h3>\n{render.table(heads, shown)}")
    return "\n".join(parts)


def _exercises(rows: list[Row]) -> str:
    """How each exercise went."""
    shown = []
    for number, own in _by_exercise(rows).items():
        shares = [float(row["points"]) / float(row["max_points"]) for row in own]
        tries = [_tries(row) for row in own]
        counts = [sum(share == 1 for share in shares), sum(0 < share < 1 for share in shares)]
        counts.append(sum(share == 0 for share in shares))
        untouched = sum("not attempted" in row["remark"].splitlines() for row in own)
        shown.append((_text(number), *map(str, counts), str(untouched), f"{mean(shares):.0%}"))
        shown[-1] += (f"{median(tries):g}, at most {max(tries)}",)
    heads = (
        "exercise",
        "all points",
        "some",
        "none",
        "not attempted",
        "points on average",
        "wrong tries (median)",
    )
    return render.table(heads, shown)


def _hardest(rows: list[Row]) -> str:
    """Which exercise cost most tries; in words, empty where none was counted."""
    tries = {number: mean(map(_tries, own)) for number, own in _by_exercise(rows).items()}
    hardest = max(tries, key=tries.__getitem__, default="")
    if not hardest or not tries[hardest]:
        return ""
    return f" Most tries: exercise {html.escape(hardest)}, {tries[hardest]:.1f} wrong ones a student."


def _mistakes(rows: list[Row]) -> list[tuple[tuple[str, str], list[str]]]:
    """((exercise, what went wrong), who), the most frequent first."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in (row for own in _by_exercise(rows).values() for row in own):
        for line in row["remark"].splitlines():
            if not line.startswith((LOOK, WRONG_TRIES, "not attempted")):
                # of what came out, each student has other numbers
                what = re.sub(r": expected .*, came out .*", ": another result than expected", line)
                found[row["exercise"], what.removeprefix("not right yet, ")].append(row["student_id"])
    return sorted(found.items(), key=lambda one: (-len(one[1]), one[0]))


def _by_exercise(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["exercise"] != "experiment":  # graded by a person, some time
            found[row["exercise"]].append(row)
    return found


def _tries(row: Row) -> int:
    counted = re.search(rf"^{WRONG_TRIES} (\d+)$", row["remark"], re.MULTILINE)
    return int(counted[1]) if counted else 0


def _who(students: list[str]) -> str:
    more = f" and {len(students) - NAMED} more" if len(students) > NAMED else ""
    return f"<b>{len(students)}</b>: {_text(', '.join(students[:NAMED]))}{more}"


def _names(label: str, names: list[str]) -> str:
    return html.escape(f"{label}: {', '.join(names)}") if names else ""


def _text(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")
