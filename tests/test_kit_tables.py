"""The documents: their tables are what the lessons give, and their links lead somewhere."""

import json
import re
from pathlib import Path

import pytest

from course_utils.kit import cli, tables

ROOT = Path(__file__).parents[1]
MARKS = (
    "# A course\n\n<!-- lessons: written by `course build` -->\nold\n<!-- end of lessons -->\n\n"
    "<!-- seconds: measured by `make bench` -->\nold\n<!-- end of seconds -->\n\nafter\n"
)


@pytest.mark.parametrize("name", tables.TABLES)
def test_tables_are_up_to_date(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert all(f"<!-- {mark} -->" in text for mark in tables.TABLES[name])
    assert tables.drift(ROOT) == []


@pytest.mark.parametrize("name", ["README.md", "INSTRUCTORS.md", "CONTRIBUTING.md"])
def test_local_links_and_commands_of_the_documents_exist(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    local = [link for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith("http")]
    assert [link for link in local if not (ROOT / link.partition("#")[0]).exists()] == []
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"`make ([\w-]+)`", text)
    assert all(f"\n{target}:" in makefile for target in targets), targets
    parser = cli._parser()
    commands = set(re.findall(r"`course (\w+)", text))
    assert commands and commands <= set(parser._subparsers._group_actions[0].choices), commands


def test_table_is_written_between_its_marks_and_drift_is_seen(course, capsys):
    for name, row in {
        "README.md": "[42 · A lesson for tests](notebooks/42_double.ipynb)",
        "INSTRUCTORS.md": "[42 · A lesson for tests](solutions/42_double.ipynb) | 1 | — | 1 |",
    }.items():
        path = course / name
        path.write_text(MARKS, encoding="utf-8")
        [problem] = tables.drift(course)
        assert name in problem and "Run `course build`" in problem
        assert cli.main(["build", "--check"]) == 1
        assert "a table in it" in capsys.readouterr().err
        tables.write(course)
        text = path.read_text(encoding="utf-8")
        assert tables.drift(course) == [] and row in text
        assert text.count("old") == len(MARKS.split("old")) - 1 - len(tables.TABLES[name])
        assert text.startswith("# A course\n") and text.endswith("\nafter\n")


def test_a_document_without_marks_is_left_alone(course):
    path = course / "README.md"
    path.write_text("mine\n", encoding="utf-8")
    tables.write(course)
    assert tables.drift(course) == [] and path.read_text(encoding="utf-8") == "mine\n"


def test_seconds_are_those_that_were_measured_last(course):
    lesson = {"work": "lesson 42", "figure": 12.4}
    made = {
        "processor": "A B 1/2",
        "versions": {"torch": "2.5"},
        "rows": [lesson, {"work": "x", "figure": 9}],
    }
    path = course / tables.SPEED
    path.parent.mkdir(parents=True)
    path.write_text(
        json.dumps({"AVX2": {"kit": made, "sae": made}, "AVX512": {"sae": made}}), encoding="utf-8"
    )
    assert tables.seconds(course).splitlines() == [
        "| instructions | 42 | all |",
        "|---|---|---|",
        "| AVX2 | 12 s | 0.2 min |",
        "",
        "- AVX2: A B 1/2, torch 2.5",
    ]
