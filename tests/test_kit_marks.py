"""Marks for learning platforms, read back the way that each platform's importer reads them."""

import csv
import json
import re

import pytest

from course_utils.kit import cli

GRADES = (
    "assignment duedate timestamp student_id last_name first_name email raw_score late_submission_penalty"
)
GRADES = [*GRADES.split(), "score", "max_score"]
REMARKS = ["assignment", "student_id", "exercise", "points", "max_points", "severity", "remark"]
LOOK = "LOOK: the answer mentions the kit's own implementation"
WRONG = "partly right, a negative number: x < 0, and\nthe check cell was missing, and was put back"
# student, assignment → score, and the rows of remarks.csv
GRADED = {
    ("Ada Lovelace_71", "42_tiny"): (
        4.5,
        [("42.1", 2, 2, "", ""), ("42.2", 2.5, 3, "look", f"{LOOK}\n{WRONG}")],
    ),
    ("Ada Lovelace_71", "43_more"): (1.0, [("43.1", 1, 1, "", "")]),
    ("Žofia O'Neil_9", "42_tiny"): (
        1.0,
        [("42.1", 2, 2, "", ""), ("42.2", 0, 3, "", "not attempted")],
    ),  # late
}
UNREAD = "not graded: the notebook could not be read. The log of `nbgrader autograde` says why"


def write(path, columns, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])


@pytest.fixture
def course(tmp_path):
    """A course in which two students were graded, one handed in what can't be read, one nothing."""
    grades, remarks = [], []
    for student in ("Ada Lovelace_71", "Žofia O'Neil_9", "broken_5", "nobody_6"):
        for assignment, most in (("42_tiny", 5.0), ("43_more", 1.0)):
            score, rows = GRADED.get((student, assignment), (0.0, []))
            grades.append([assignment, "", "", student, "", "", "", score, 0, score, most])
            remarks += [[assignment, student, *row] for row in rows]
    remarks.append(["42_tiny", "broken_5", "42.1", 0, 2, "look", UNREAD])
    write(tmp_path / "grades.csv", GRADES, grades)
    write(tmp_path / "remarks.csv", REMARKS, remarks)
    return tmp_path


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def read_canvas(path):
    """What lib/gradebook_importer.rb takes out of a file: (student's ID or login, assignment) → score."""
    header, *rows = rows_of(path)
    assert "Student" in header[0] and "ID" in header[1] and len(header) > 3
    assert re.search(r"SIS\s+User\s+ID", header[2]) and re.search(r"SIS\s+Login\s+ID", header[3])
    assert "Section" in header[4]  # the last column about the student
    assert "Points Possible" in rows[0][0]
    most = dict(zip(header[5:], map(float, rows[0][5:]), strict=True))
    scores = {}
    for row in rows[1:]:
        found = dict(zip(header[5:], row[5:], strict=True))
        scores |= {(row[1] or row[3], name): float(score) for name, score in found.items() if score}
    return most, scores


def read_moodle(path):
    """What mod/assign/feedback/offline takes: participant's number → (grade, comments)."""
    header, *rows = rows_of(path)
    number, grade, modified = map(header.index, ("Identifier", "Grade", "Last modified (grade)"))
    comments = header.index("Feedback comments")
    assert comments > 0  # the importer takes a first column for none
    assert all(row[modified] == "" for row in rows)  # else a later grade of Moodle's would win
    return {row[number].removeprefix("Participant "): (float(row[grade]), row[comments]) for row in rows}


def test_gradescope(course, capsys):
    assert cli.main(["marks", str(course), "--for", "gradescope"]) == 1  # for one couldn't be graded
    assert "42_tiny, broken_5: not graded, so no mark" in capsys.readouterr().err
    found = {}
    for path in (course / "gradescope").rglob("results.json"):
        results = json.loads(path.read_text(encoding="utf-8"))
        *_, student, assignment, _ = path.parts
        found[student, assignment] = results["score"]
        for test, row in zip(results["tests"], GRADED[student, assignment][1], strict=True):
            assert (test["name"], test["score"], test["max_score"]) == row[:3]
            assert test["output"] == row[4].replace(f"{LOOK}\n", "")
    assert found == {key: score for key, (score, _) in GRADED.items()}


def test_canvas(course):
    cli.main(["marks", str(course), "--for", "canvas"])
    most, scores = read_canvas(course / "canvas.csv")
    assert most == {"42_tiny": 5, "43_more": 1}
    assert scores == {(s.split("_")[1], a): score for (s, a), (score, _) in GRADED.items()}


def test_moodle(course):
    cli.main(["marks", str(course), "--for", "moodle"])
    tiny = read_moodle(course / "moodle" / "42_tiny.csv")
    assert {number: grade for number, (grade, _) in tiny.items()} == {"71": 4.5, "9": 1.0}
    assert tiny["71"][1].startswith("42.2: partly right, a negative number: x &lt; 0, and<br>the check cell")
    assert tiny["9"][1] == "42.2: not attempted"
    assert read_moodle(course / "moodle" / "43_more.csv") == {"71": (1.0, "")}


def test_a_student_without_a_number(course, capsys):
    for name in ("grades.csv", "remarks.csv"):
        text = (course / name).read_text(encoding="utf-8")
        (course / name).write_text(text.replace("Ada Lovelace_71", "ada"), encoding="utf-8")
    cli.main(["marks", str(course), "--for", "canvas"])
    _, scores = read_canvas(course / "canvas.csv")
    assert scores["ada", "42_tiny"] == 4.5
    capsys.readouterr()
    assert cli.main(["marks", str(course), "--for", "moodle"]) == 1
    assert "42_tiny, ada: left out, for Moodle knows students by number" in capsys.readouterr().err
    assert set(read_moodle(course / "moodle" / "42_tiny.csv")) == {"9"}


def test_tables_that_are_missing_or_damaged_are_named(course, capsys):
    text = (course / "grades.csv").read_text(encoding="utf-8")
    (course / "grades.csv").write_text(text.replace("nobody_6", "Body, No"), encoding="utf-8")
    assert cli.main(["marks", str(course), "--for", "canvas"]) == 1
    assert "a comma in its name" in capsys.readouterr().err
    (course / "remarks.csv").unlink()
    assert cli.main(["marks", str(course), "--for", "canvas"]) == 1
    assert "remarks.csv isn't there: run `course grade" in capsys.readouterr().err
