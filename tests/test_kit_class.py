"""The page on a class, and the tries that it counts: from the student's checks to the instructor's table."""

import csv

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_utils.checks.lesson import WRONG_MIME
from course_utils.kit import cli, grading, repair

LOOK = "LOOK: the answer mentions the kit's own implementation"
ROWS = [
    # student, exercise, points, of, severity, remark
    ("ada", "42.1", 2, 2, "note", "wrong tries before: 5"),
    ("ada", "42.2", 1, 3, "points", "not right yet, one radius: you forgot π\nwrong tries before: 12"),
    ("bob", "42.1", 2, 2, "", ""),
    ("bob", "42.2", 0, 3, "points", "not right yet, one radius: you forgot π"),
    ("<b>eve</b>", "42.1", 1, 2, "look", f"{LOOK}\nnot right yet, any: expected 3.1, came out 4"),
    ("<b>eve</b>", "42.2", 0, 3, "points", "not attempted"),
    ("fay", "42.1", 1, 2, "points", "not right yet, any: expected 2, came out <i>5</i>"),
    ("fay", "42.2", 3, 3, "note", "the check cell was missing, and was put back"),
    ("gus", "42.1", 0, 2, "look", "not graded: the notebook could not be read"),
    ("ada", "experiment", 0, 4, "look", "to be read: the rubric is in INSTRUCTORS.md"),
]


@pytest.fixture
def page(tmp_path, capsys):
    with (tmp_path / "remarks.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([grading.REMARKS, *(("42_tiny", *row) for row in ROWS)])
    assert cli.main(["class", str(tmp_path)]) == 0
    assert str(tmp_path / "class" / "index.html") in capsys.readouterr().out
    assert (tmp_path / "class" / "report.css").exists()
    return (tmp_path / "class" / "index.html").read_text(encoding="utf-8")


def table(page: str, heading: str) -> list[list[str]]:
    """The cells of the table below a heading."""
    rows = page.split(heading, 1)[1].split("<tbody>")[1].split("</tbody>")[0].strip().split("\n")
    return [
        [cell.split(">", 1)[1].removesuffix("</tr>").removesuffix("</td>") for cell in row.split("<td")[1:]]
        for row in rows
    ]


def test_how_each_exercise_went(page):
    assert table(page, "<h2>42_tiny</h2>") == [
        ["42.1", "2", "2", "0", "0", "75%", "0, at most 5"],
        ["42.2", "1", "1", "2", "1", "33%", "0, at most 12"],
    ]
    assert (
        "4 graded; not readable: gus. Open experiments to be read: 1. Most tries: exercise 42.2, 3.0" in page
    )


def test_which_mistakes_and_whose(page):
    assert table(page, "What went wrong") == [
        ["42.1", "any: another result than expected", "<b>2</b>: &lt;b&gt;eve&lt;/b&gt;, fay"],
        ["42.2", "one radius: you forgot π", "<b>2</b>: ada, bob"],
        ["42.2", "the check cell was missing, and was put back", "<b>1</b>: fay"],
    ]
    looked_at = [row[0] for row in table(page, "To be looked at")]
    assert looked_at == ["&lt;b&gt;eve&lt;/b&gt;", "gus"]
    assert "<b>eve" not in page and "<i>5" not in page


def test_nothing_graded_yet(tmp_path, capsys):
    assert cli.main(["class", str(tmp_path)]) == 1
    assert "run `course grade" in capsys.readouterr().err


@pytest.mark.parametrize(
    "told, counted",
    [
        ({"exercise": "42.1", "times": 3}, {"42.1": 3}),
        ({"exercise": "42.1", "times": 0}, {}),
        ({"exercise": "99.1", "times": 3}, {}),
        ({"exercise": ["42.1"], "times": 3}, {}),
        ({"exercise": "42.1", "times": "many"}, {}),
        ("3", {}),
    ],
)
def test_wrong_tries_are_read_off_the_outputs(told, counted):
    shown = [new_output("display_data", {WRONG_MIME: told, "text/plain": "not right yet"})]
    shown += [new_output("stream", text="x"), new_output("display_data", {"text/plain": "y"})]
    nb = new_notebook(cells=[new_code_cell("x", outputs=shown), new_markdown_cell("")])
    assert repair._wrong_tries(nb, {"42.1": "double"}) == counted
