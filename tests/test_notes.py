"""Each thought of the reading notes has its place: docs/notes.md names lessons and headings that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "notes.md"


def rows(page: str) -> list[list[str]]:
    """The cells of each row of the page's tables, heads and rules left out."""
    lines = [line for line in page.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] != "thought" and set(row[0]) != {"-"}]


def wrong(row: list[str], solutions: Path) -> str:
    """What is wrong with a row; nothing if its lesson has its heading."""
    if len(row) != 4:
        return f"{row}: thought, kind, lesson and heading are wanted"
    thought, kind, lesson, heading = row
    if not kind or not set(kind.split()) <= {"E", "Q", "C"}:
        return f"{thought}: the kind is E, Q or C, or several of them"
    headings = [
        line.removeprefix("# ").lstrip("#").strip()
        for path in solutions.glob(f"{lesson}_*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.match(r"# ##+ ", line)
    ]
    if heading not in headings:
        return f"{thought}: lesson {lesson} has no heading {heading!r}"
    return ""


def test_every_row_has_its_place():
    found = rows(PAGE.read_text(encoding="utf-8"))
    assert len(found) >= 40, "rows went missing"
    assert [said for row in found if (said := wrong(row, ROOT / "solutions"))] == []


@pytest.mark.parametrize(
    "row, said",
    [
        (["a thought", "E", "01", "No such heading"], "has no heading"),
        (["a thought", "E", "99", "Discussion"], "has no heading"),
        (["a thought", "E", "0", "Discussion"], "has no heading"),
        (["a thought", "E", "01", ""], "has no heading"),
        (["a thought", "?", "01", "Discussion"], "the kind is"),
        (["a thought", "E", "01"], "are wanted"),
    ],
)
def test_a_bad_row_is_found(row, said):
    assert said in wrong(row, ROOT / "solutions")


def test_a_good_row_is_good():
    assert wrong(["a thought", "E Q", "01", "Discussion"], ROOT / "solutions") == ""
