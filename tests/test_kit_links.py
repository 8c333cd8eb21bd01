"""The repository's address: nothing points to it before it is set, and one line sets it."""

import importlib.metadata
from pathlib import Path

from course_utils.kit import build, links, source, tables
from course_utils.kit.lessons import find_lessons

ROOT = Path(__file__).parents[1]
LESSONS = {lesson.number: lesson for lesson in find_lessons(ROOT)}
ADDRESS = "https://github.com/somebody/superposition-course"


def test_one_line_sets_the_address(monkeypatch):
    """With the placeholder in pyproject.toml nothing points outside; with an address, all of it does."""
    lesson, tagged = LESSONS["00"], f"blob/v{links.version()}"
    badge, install = "colab.research.google.com", f'"superposition-course @ git+{ADDRESS}@v{links.version()}"'
    placeholder = "https://github.com/OWNER/superposition-course"
    for address, is_set in ((placeholder, False), (ADDRESS, True)):
        entries = [f"Repository, {address}"]
        told = type("Metadata", (), {"get_all": lambda self, key, entries=entries: entries})()
        monkeypatch.setattr(importlib.metadata, "metadata", lambda name, told=told: told)
        nb = source.read(lesson)
        student = build.student_version(lesson, nb)
        title, setup = student.cells[0].source, student.cells[1].source
        assert (install in setup) == is_set and ("py3-none-any.whl" in setup) != is_set
        assert (f"{tagged}/notebooks/00_start_here.ipynb" in title) == is_set
        assert (f"{tagged}/solutions/00_start_here.ipynb" in nb.cells[0].source) == is_set
        assert (f"({ADDRESS}/{tagged}/docs/glossary.md)" in title) == is_set
        assert ("(../docs/glossary.md)" in title) != is_set
        for text in (tables.lessons(ROOT), title):
            assert (badge in text) == is_set and "OWNER" not in text
        assert {row.count("|") for row in tables.lessons(ROOT).splitlines()} == {5 if is_set else 4}


def test_no_page_points_to_an_address_that_is_not_set():
    pages = [ROOT / "README.md", ROOT / "INSTRUCTORS.md", *(ROOT / "docs").glob("*.md")]
    pages += [lesson.student for lesson in LESSONS.values()] + [
        lesson.solution for lesson in LESSONS.values()
    ]
    assert [page.name for page in pages if "OWNER" in page.read_text(encoding="utf-8")] == []
