"""A lesson whose model has to be fetched: without the file it is skipped, and named, wherever lessons run."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat import v4

from course_utils.kit import cli, lessons
from course_utils.kit.execute import execute
from course_utils.pretrained import cells, file
from tests.conftest import plain_lesson

ROOT = Path(__file__).parents[1]
SKIPPED = "lesson 43 is skipped: the file of its model isn't here. To get it: course model smollm2"


@pytest.fixture
def two(tmp_path, monkeypatch) -> Path:
    """A course of lesson 42, which needs nothing, and lesson 43, which needs the model."""
    for folder in ("solutions", "notebooks"):
        (tmp_path / folder).mkdir()
    plain = plain_lesson("42", 'print("ran", 0.5)')
    (tmp_path / "solutions" / "42_plain.py").write_text(plain, encoding="utf-8")
    needs = plain_lesson("43", 'print("ran", 0.5)').replace("course:\n", "course:\n#   model: smollm2\n")
    (tmp_path / "solutions" / "43_needs.py").write_text(needs, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path / "models"))
    return tmp_path


def built(folder: Path, monkeypatch) -> None:
    """Build both, as if the file were there."""
    with monkeypatch.context() as there:
        there.setattr(file, "is_there", lambda: True)
        assert cli.main(["build"]) == 0


def test_only_a_lesson_that_says_so_needs_a_file(two, monkeypatch):
    plain, needs = lessons.find_lessons(two)
    assert (plain.lacks, needs.lacks) == ("", SKIPPED)
    monkeypatch.setattr(file, "is_there", lambda: True)
    assert needs.lacks == ""


def test_building_and_running_skip_it_by_name(two, monkeypatch, capsys):
    built(two, monkeypatch)
    wrote = (two / "solutions" / "43_needs.ipynb").read_bytes()
    shutil.rmtree(two / "build")
    capsys.readouterr()
    for arguments in (["build"], ["build", "--check"], ["run"]):
        assert cli.main(arguments) == 0
        shown = capsys.readouterr().out
        assert shown.count(SKIPPED) == 1 and "42_plain: " in shown and "43_needs: " not in shown
    assert "1 of 1 lessons ran to their end" in shown
    assert (two / "solutions" / "43_needs.ipynb").read_bytes() == wrote
    assert cli.main(["run", "43"]) == 0
    assert "0 of 0 lessons ran to their end" in capsys.readouterr().out


def test_what_needs_no_run_is_checked_all_the_same(two, monkeypatch, capsys):
    built(two, monkeypatch)
    source = two / "solutions" / "43_needs.py"
    source.write_text(source.read_text(encoding="utf-8").replace('"ran"', '"went"'), encoding="utf-8")
    assert cli.main(["build", "--check"]) == 1
    assert "43_needs.ipynb: cell `work_1` isn't what the source gives" in capsys.readouterr().err


def test_a_sweep_says_what_it_lacks(two, capsys):
    assert cli.main(["sweep", "43"]) == 1
    assert SKIPPED in capsys.readouterr().err


def test_nbval_skips_it_by_name(two, monkeypatch):
    built(two, monkeypatch)
    shutil.copy(ROOT / "conftest.py", two)
    (two / "tests").mkdir()
    (two / "tests" / "spread.json").write_text("{}", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-rs", "-c", "/dev/null", "--rootdir", ".", "--nbval-lax"]
    done = subprocess.run([*command, "--nbval-current-env", "solutions"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(SKIPPED) == 1 and " passed" in done.stdout


@pytest.mark.parametrize("there", [False, True])
def test_a_cell_that_needs_the_file_says_so_and_the_notebook_runs_on(tmp_path, monkeypatch, there):
    """With and without it; `file.is_there` is that of the kernel's process."""
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path))
    begin = "from course_utils.pretrained import cells, file\n"
    begin += "file.is_there = lambda: True\n" * there + "cells.need_the_file()\ncells.need_the_file()"
    code = [begin, f"# @title A figure\n{cells.MARK}\n1 / {int(there)}", "print('further')"]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nb = execute(v4.new_notebook(cells=[v4.new_code_cell(text) for text in code], metadata=kernel), tmp_path)
    _, needs, after = ("".join(str(o.get("text", "")) for o in cell.outputs) for cell in nb.cells)
    assert needs == ("" if there else cells.SENTENCE + "\n")
    assert after == "further\n"
