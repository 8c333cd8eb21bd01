"""The README: its table is what the lessons give, and its links lead somewhere."""

import re
from pathlib import Path

from course_utils.kit import cli, readme

ROOT = Path(__file__).parents[1]
MARKS = f"# A course\n\n{readme.BEGIN}\nold\n{readme.END}\n\nafter\n"


def test_readme_is_up_to_date():
    assert readme.BEGIN in (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.drift(ROOT) == []


def test_local_links_and_commands_of_the_readme_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    local = [link for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith("http")]
    assert len(local) > 5
    assert [link for link in local if not (ROOT / link).exists()] == []
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"`make (\w+)`", text)
    assert len(targets) >= 4 and all(f"\n{target}:" in makefile for target in targets)


def test_table_is_written_between_its_marks_and_drift_is_seen(course, capsys):
    path = course / "README.md"
    path.write_text(MARKS, encoding="utf-8")
    [problem] = readme.drift(course)
    assert "Run `course build`" in problem
    assert cli.main(["build", "--check"]) == 1
    assert "table of lessons" in capsys.readouterr().err
    readme.write(course)
    text = path.read_text(encoding="utf-8")
    assert readme.drift(course) == [] and "old" not in text
    assert text.startswith("# A course\n") and text.endswith("\nafter\n")
    assert "[42 · A lesson for tests](notebooks/42_double.ipynb)" in text
    assert readme.BADGE in text and "/notebooks/42_double.ipynb)" in text


def test_a_readme_without_marks_is_left_alone(course):
    path = course / "README.md"
    path.write_text("mine\n", encoding="utf-8")
    readme.write(course)
    assert readme.drift(course) == [] and path.read_text(encoding="utf-8") == "mine\n"
