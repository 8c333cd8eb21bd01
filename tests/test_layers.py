"""The contract on imports in pyproject.toml: it holds, and an import that points up breaks it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"


def lint(folder: Path) -> subprocess.CompletedProcess:
    """import-linter's word on the package in `folder`."""
    environment = os.environ | {"PYTHONPATH": str(folder), "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-c", LINT], cwd=folder, env=environment, capture_output=True, text=True
    )


@pytest.fixture
def copy(tmp_path):
    """A copy of the package, to plant imports in."""
    ignored = shutil.ignore_patterns("__pycache__", "*.safetensors", "*.json", "*.html")
    shutil.copytree(ROOT / "course_utils", tmp_path / "course_utils", ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_point_down(copy):
    linted = lint(copy)
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert "2 kept, 0 broken" in linted.stdout


@pytest.mark.parametrize(
    "module, room",
    [
        ("display", "figures"),
        ("home", "environment"),
        ("environment", "figures"),
        ("environment", "checks"),
        ("toy.data", "lm"),
        ("toy.data", "sae"),
        ("lm.data", "assets"),
        ("interp.text", "figures"),
        ("figures.theme", "checks"),
        ("checks.lesson", "sae"),
        ("checks.lesson", "figures"),
        ("checks.lesson", "exercises"),
        ("exercises.lesson00", "kit"),
    ],
)
@pytest.mark.parametrize("lazily", [False, True])
def test_an_import_that_points_up_is_caught(copy, module, room, lazily):
    planted = f"import course_utils.{room}"
    path = copy / "course_utils" / f"{module.replace('.', '/')}.py"
    code = f"\n\ndef planted():\n    {planted}\n" if lazily else f"\n\n{planted}\n"
    path.write_text(path.read_text(encoding="utf-8") + code, encoding="utf-8")
    linted = lint(copy)
    assert linted.returncode == 1, linted.stdout + linted.stderr
    assert f"course_utils.{module} -> course_utils.{room}" in linted.stdout, linted.stdout


def test_the_package_itself_is_above_its_rooms(copy):
    """What `course_utils/__init__.py` hands on is taken from where it lies: else all hangs together."""
    path = copy / "course_utils" / "checks" / "lesson.py"
    path.write_text(
        path.read_text(encoding="utf-8") + "\nfrom course_utils import SCALES\n", encoding="utf-8"
    )
    linted = lint(copy)
    assert linted.returncode == 1 and "course_utils.checks.lesson -> course_utils" in linted.stdout


def test_a_new_room_has_to_be_given_its_floor(copy):
    (copy / "course_utils" / "attic").mkdir()
    (copy / "course_utils" / "attic" / "__init__.py").touch()
    linted = lint(copy)
    assert linted.returncode == 1 and "attic" in linted.stdout


def test_pages_have_a_floor_when_they_are_there(copy):
    (copy / "course_utils" / "pages").mkdir(exist_ok=True)
    page = copy / "course_utils" / "pages" / "planted.py"
    (copy / "course_utils" / "pages" / "__init__.py").touch()
    page.write_text(
        "from course_utils import assets\nfrom course_utils.figures import theme\n", encoding="utf-8"
    )
    assert lint(copy).returncode == 0
    page.write_text("from course_utils.kit import run\n", encoding="utf-8")
    linted = lint(copy)
    assert linted.returncode == 1 and "course_utils.pages.planted -> course_utils.kit.run" in linted.stdout
