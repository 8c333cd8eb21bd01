"""What a lesson gives its student beside exercises, counted: `python -m course_utils.kit.teaching [NN…]`.

Lines of code are those that aren't empty and aren't only a comment. *Shown* are the lines of cells that are
not folded; an experiment's sample is not, as the student's notebook has none. *Report-only* are lines that
print, claim, reveal, or put words under a figure.
"""

from __future__ import annotations

import ast
import math
import re
import sys
from pathlib import Path

from nbformat import NotebookNode

from course_utils.kit import rules, source
from course_utils.kit.lessons import find_lessons, find_root

WANTED = {
    "drawings": (2, math.inf),
    "why-paragraphs": (2, math.inf),
    "fold-outs": (4, math.inf),
    "recall": (2, math.inf),
    "can now say": (4, 6),
    "readings": (3, 3),
    "experiments": (1, 1),
    "exercises": (1, 9),
    "% written": (10, 100),
    "% report-only": (0, 8),
    "% folded": (0, 30),
}
"""Least and most of each measure in a lesson of the second edition."""
RECALL, SAY, READINGS = "Recall", "What you can now say", "Three readings"
REPORTS = ("print", "lesson.claim", "lesson.reveal", "lesson.table")
WORDS = ("see", "alt", "table")


def measure(nb: NotebookNode) -> dict[str, float]:
    """Each measure of a lesson, given as the notebook that its source gives (`source.read`)."""
    prose = [c.source for c in nb.cells if c.cell_type == "markdown" and "experiment" not in c.metadata]
    code = [cell for cell in nb.cells if cell.cell_type == "code" and not _furniture(cell)]
    folded = sum(len(_lines(cell.source)) for cell in code if "fold" in cell.metadata)
    visible = [cell for cell in code if "fold" not in cell.metadata]
    shown = sum(len(_lines(cell.source)) for cell in visible)
    report = sum(len(_report_only(cell.source)) for cell in visible)
    exercises = [cell for cell in code if "exercise" in cell.metadata]
    text = "\n\n".join(prose)
    return {
        "drawings": sum(bool(rules.drawing_of(cell)) for cell in nb.cells),
        "why-paragraphs": sum(_is_why(part) for part in re.split(r"\n\s*\n", text)),
        "fold-outs": text.count("<details>"),
        "recall": _section(text, RECALL).count("<details>"),
        "can now say": len(re.findall(r"^[-*\d]", _section(text, SAY), re.MULTILINE)),
        "readings": len(
            re.findall(r"^\d\..*?\bminutes\b", _section(text, READINGS), re.MULTILINE | re.DOTALL)
        ),
        "experiments": sum(cell.metadata.get("experiment") == "answer" for cell in nb.cells),
        "exercises": len(exercises),
        "% written": 100 * sum(map(_written, exercises)) / max(shown, 1),
        "% report-only": 100 * report / max(shown + folded, 1),
        "% folded": 100 * folded / max(shown + folded, 1),
    }


def short(nb: NotebookNode) -> list[str]:
    """A sentence for each measure that isn't as wanted. Nothing is recalled where no lesson came before."""
    first = not nb.metadata.course.needs
    return [
        f"{name}: {value:.3g}, wanted {_range(name)}"
        for name, value in measure(nb).items()
        if not (first and name == "recall") and not WANTED[name][0] <= value <= WANTED[name][1]
    ]


def table(root: Path, numbers: list[str] | None = None) -> str:
    """The measures of these lessons, a row each, below what is wanted."""
    rows = [["", *WANTED], ["wanted", *map(_range, WANTED)]]
    for lesson in find_lessons(root, numbers):
        found = measure(source.read(lesson))
        rows.append([lesson.number, *(f"{found[name]:.3g}" for name in WANTED)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in rows)


def _range(name: str) -> str:
    low, high = WANTED[name]
    return (
        f"{low}"
        if low == high
        else f"≤ {high}"
        if low <= 1
        else f"≥ {low}"
        if high >= 100
        else f"{low}–{high}"
    )


def _furniture(cell: NotebookNode) -> bool:
    """Whether a cell is the kit's, a drawing or a sample: no code of the lesson."""
    kits = "setup" in cell.metadata.get("tags", [])
    return kits or "experiment" in cell.metadata or bool(rules.drawing_of(cell))


def _lines(code: str) -> list[int]:
    return [n for n, line in enumerate(code.splitlines(), 1) if line.strip() and line.strip()[0] != "#"]


def _written(cell: NotebookNode) -> int:
    """The lines between an exercise's markers: what a student writes."""
    return len(_lines(cell.source.split(rules.BEGIN)[1].split(rules.END)[0]))


def _report_only(code: str) -> set[int]:
    """The lines of a cell that only report."""
    found = set().union(*map(_reported, ast.parse(code).body), set())
    return found & set(_lines(code))


def _reported(node: ast.stmt) -> set[int]:
    whole = set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        called = ast.unparse(node.value.func)
        if called in REPORTS:
            return whole
        words = [word for word in node.value.keywords if called == "lesson.show" and word.arg in WORDS]
        return {n for word in words for n in range(word.value.lineno, word.value.end_lineno + 1)}
    if isinstance(node, ast.For | ast.If | ast.With):
        parts = [_reported(part) for part in node.body + getattr(node, "orelse", [])]
        return whole if all(parts) else set().union(*parts)
    if isinstance(node, ast.Assign) and any(isinstance(part, ast.JoinedStr) for part in _outer(node.value)):
        return whole
    return set()


def _outer(value: ast.expr) -> list[ast.expr]:
    """A value, and what a `join` puts together."""
    joined = (
        isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "join"
    )
    return [value, *(getattr(part, "elt", part) for part in value.args)] if joined else [value]


def _is_why(paragraph: str) -> bool:
    """Four to eight sentences of prose that go together, with a number in them."""
    text = " ".join(paragraph.split())
    sentences = len(re.findall(r"[.?!:](?= [A-Z$*`*(]|$)", text))
    connected = re.search(r"\b([Bb]ecause|[Ss]o|[Bb]ut|[Tt]herefore|[Ss]ince|[Ww]hile)\b", text)
    return 4 <= sentences <= 9 and bool(connected) and bool(re.search(r"\d", text)) and len(text) > 300


def _section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next of any level."""
    found = re.search(rf"^##+ {heading}$(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


if __name__ == "__main__":
    print(table(find_root(Path.cwd()), sys.argv[1:]))
