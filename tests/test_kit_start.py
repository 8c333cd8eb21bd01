"""The wheel holds what lessons need, and the lessons; `course start` lays them out, over nothing."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import course_utils
from course_utils.kit import CourseError, cli, start
from course_utils.kit.lessons import find_lessons

ROOT = Path(__file__).parents[1]
FILES = {f"notebooks/{lesson.stem}.ipynb" for lesson in find_lessons(ROOT)}
FILES |= {"docs/glossary.md", "docs/map.md", "docs/map.svg"}


def setuptools_version() -> int:
    """0 without setuptools: a new environment of Python 3.12 or newer has none."""
    if importlib.util.find_spec("setuptools") is None:
        return 0
    return int(importlib.metadata.version("setuptools").partition(".")[0])


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The package's wheel, built from what it is made of and no more."""
    if setuptools_version() < 77:
        pytest.skip("building a wheel needs setuptools, 77 or newer")
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("course_utils", "notebooks", "docs", "pyproject.toml", "README.md"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet", "."]
    subprocess.run(build, cwd=folder, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    return wheel


def test_wheel_holds_what_the_lessons_need(wheel):
    """The assets, the notebooks, what they link to; and nothing that only the repository needs."""
    held = {name for name in zipfile.ZipFile(wheel).namelist() if "dist-info" not in name}
    there = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "course_utils").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    data = wheel.name.split("-py3")[0] + ".data/data/" + start.SHARE
    assert held == there | {data + name for name in FILES}


def links_within(folder: Path):
    """(file, address) of each link in the notebooks and pages that isn't to the web."""
    for path in sorted(folder.rglob("*.*")):
        for address in re.findall(r"\]\(([^)\s]+\.(?:md|ipynb|svg))", path.read_text(encoding="utf-8")):
            if not address.startswith("https://"):
                yield path, address


def test_start_with_nothing_but_the_wheel(wheel, tmp_path):
    """From the wheel alone, in an empty folder far from any clone: all is there, and every link leads on."""
    prefix, here = tmp_path / "prefix", tmp_path / "empty"
    here.mkdir()
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--prefix", prefix]
    # else pip takes the copy that this environment itself has away
    subprocess.run([*pip, "--ignore-installed", wheel], check=True, capture_output=True, cwd=here)
    [package] = prefix.rglob("course_utils/__init__.py")
    environment = os.environ | {"PYTHONPATH": str(package.parents[1])}
    command = [sys.executable, "-m", "course_utils.kit.cli", "start", "mine"]
    done = subprocess.run(command, cwd=here, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and f"{len(FILES)} files laid out in mine" in done.stdout, done.stderr
    for name in FILES:
        assert (here / "mine" / name).read_bytes() == (ROOT / name).read_bytes(), name
    followed = [path.parent.joinpath(address) for path, address in links_within(here / "mine")]
    assert len(followed) > 2 * len(find_lessons(ROOT)) and all(place.exists() for place in followed)


def test_nothing_is_laid_over_a_file_that_is_there(tmp_path, capsys):
    mine = tmp_path / "mine" / "notebooks" / "00_start_here.ipynb"
    mine.parent.mkdir(parents=True)
    mine.write_text("my answers", encoding="utf-8")
    assert cli.main(["start", str(tmp_path / "mine")]) == 0
    said = capsys.readouterr().out
    assert f"left as it is: {mine}" in said and f"{len(FILES) - 1} files laid out" in said
    assert mine.read_text(encoding="utf-8") == "my answers"
    made, kept = start.lay_out(tmp_path / "mine")
    assert made == [] and set(kept) == FILES


def test_a_place_that_is_no_folder_is_named(tmp_path, capsys):
    (tmp_path / "mine").write_text("a file", encoding="utf-8")
    assert cli.main(["start", str(tmp_path / "mine")]) == 1
    assert "can't be written" in capsys.readouterr().err
    assert (tmp_path / "mine").read_text(encoding="utf-8") == "a file"


def test_an_installation_without_notebooks_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(course_utils, "__file__", str(tmp_path / "course_utils" / "__init__.py"))
    monkeypatch.setattr(start.metadata, "files", lambda name: None)
    with pytest.raises(CourseError, match="carries no notebooks"):
        start.carried()
