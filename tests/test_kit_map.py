"""The map of the kit is what the imports say, and the committed one is up to date."""

import ast
from pathlib import Path

import pytest

from course_utils.kit import links, source
from course_utils.kit import map as maps
from course_utils.kit.lessons import find_lessons

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "course_utils"
FILES = {
    "toy/__init__.py": '"""Toys. More."""\nfrom course_utils.toy.games import play\n',
    "toy/games.py": '"""Games,\nof which `play` is one. More."""\n'
    "from course_utils import display\ndef play(): ...\n",
    "toy/dolls.py": '"""Dolls"""\nfrom course_utils.toy.games import play\ndef dress(): ...\n',
    "sae/__init__.py": '"""Encoders."""\n',
    "sae/model.py": '"""A model?"""\nfrom course_utils.toy import play\n',
    "kit/__init__.py": '"""Makes."""\n',
    "kit/build.py": '"""Builds."""\nfrom course_utils import display\nfrom course_utils.sae import model\n',
    "display.py": '"""Shows."""\n',
}


@pytest.fixture
def small(tmp_path):
    """A package of a few modules."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return maps.Kit(tmp_path)


def used(kit, code):
    return kit.used_by(ast.parse(code))


def test_the_committed_map_is_what_the_code_makes(tmp_path):
    (tmp_path / "docs").mkdir()
    for name in ("course_utils", "solutions"):
        (tmp_path / name).symlink_to(ROOT / name)
    for made in maps.write(tmp_path):
        committed = ROOT / "docs" / made.name
        assert committed.read_text(encoding="utf-8") == made.read_text(encoding="utf-8"), (
            "python -m course_utils.kit.map"
        )


def test_every_module_is_on_the_map():
    text = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    files = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "environment", "home"}
    assert rooms | files == set(maps.PLACES), "a room without a place"
    for room in rooms - {"exercises"}:
        for path in (PACKAGE / room).glob("*.py"):
            assert path.stem == "__init__" or f"| `{room}.{path.stem}` | " in text, path


def test_a_module_takes_from_those_whose_names_it_uses(small):
    assert small.imports["toy.games"] == {"display"}
    assert small.imports["sae.model"] == {"toy.games"}, "through the room's face"
    assert small.modules["toy.games"].says == "Games, of which `play` is one."
    assert used(small, "from course_utils import toy\ntoy.play()") == {"toy.games"}
    assert used(small, "from course_utils import toy as t\nt.dolls.dress()") == {"toy.dolls"}
    assert used(small, "from course_utils.toy import dolls as figures") == {"toy.dolls"}
    assert used(small, "from course_utils.toy.dolls import dress") == {"toy.dolls"}
    assert used(small, "lesson.use.dress(1)") == {"toy.dolls"}
    assert used(small, "from course_utils import toy\nfrom math import pi\nlesson.use.other()") == set()


def test_reading_order_and_arrows(small):
    seen = set()
    assert small.in_order({"toy.dolls"}, seen, maps.SUBJECT) == ["display", "toy.games", "toy.dolls"]
    assert small.in_order({"sae.model", "toy.games", "kit.build"}, seen, maps.SUBJECT) == ["sae.model"]
    assert small.arrows() == [("kit", "sae"), ("sae", "toy"), ("toy", "display")], "kit → display follows"


def test_the_text_says_which_lesson_uses_what(small):
    text = maps.text(small, {"00_first": {"toy.games"}, "01_next": {"toy.games"}})
    assert "| [00](../notebooks/00_first.ipynb) | `display`, `toy.games` | 10 |" in text
    assert "| [01](../notebooks/01_next.ipynb) | none that is new | 0 |" in text
    assert "| `toy.games` | Games, of which `play` is one | 00, 01 |" in text
    assert "| `display` | Shows | by `kit.build`, `toy.games` |" in text


def test_an_arrow_against_the_order_stands_out(small):
    assert "#D55E00" not in maps.picture(small)
    small.imports["display"] = {"kit.build"}
    assert "#D55E00" in maps.picture(small)


@pytest.mark.parametrize("lesson", find_lessons(ROOT), ids=lambda lesson: lesson.number)
def test_each_lesson_ends_with_the_way_to_the_map(lesson):
    *_, words, summary = source.read(lesson).cells
    assert summary.source == "lesson.summary()"
    assert words.source.splitlines()[-1].count(f"({links.docs()}map.md)") == 1
