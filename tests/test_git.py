"""What git brings to another machine: the same bytes, whatever its settings there."""

import shutil
import subprocess
from pathlib import Path

import pytest

from course_utils import assets

ROOT = Path(__file__).parents[1]
NAMES = {"user.name": "a test", "user.email": "test@example.org"}
pytestmark = pytest.mark.skipif(
    shutil.which("git") is None or not (ROOT / ".git").exists(), reason="no clone of the course"
)


def git(folder: Path, *arguments: str, **settings: str) -> bytes:
    """What a git command prints, run in `folder` with these settings."""
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return subprocess.run(["git", *options, *arguments], cwd=folder, check=True, capture_output=True).stdout


def clone(origin: Path, folder: Path) -> Path:
    """A clone as git for Windows makes it, with its line ends."""
    git(
        origin,
        "clone",
        "--quiet",
        "-c",
        "core.autocrlf=true",
        "-c",
        "core.eol=crlf",
        str(origin),
        str(folder),
    )
    return folder


def altered(origin: Path, folder: Path) -> set[str]:
    """The files in a clone that differ from what was committed."""
    listed = [line.split(maxsplit=3) for line in git(origin, "ls-tree", "-r", "HEAD").decode().splitlines()]
    hashed = git(folder, "hash-object", "--no-filters", *(name for *_, name in listed)).decode().split()
    return {name for (_, _, blob, name), came in zip(listed, hashed, strict=True) if blob != came}


def test_every_file_comes_out_as_it_was_committed(tmp_path):
    copy = clone(ROOT, tmp_path / "copy")
    assert altered(ROOT, copy) == set()
    folder = copy / "course_utils" / "assets"
    listed = assets.manifest(folder)
    assert all(assets.path(name, folder).exists() for name in listed)  # with the sha256 of the manifest
    assert list(copy.glob("notebooks/*.ipynb")) and list(copy.glob("solutions/*.py"))


def test_without_the_attributes_git_alters_them(tmp_path):
    """The test above can fail: a clone with no .gitattributes isn't what was committed."""
    bare = clone(ROOT, tmp_path / "bare")
    git(bare, "rm", "--quiet", ".gitattributes")
    git(bare, "commit", "--quiet", "--message", "no attributes", **NAMES)
    copy = clone(bare, tmp_path / "copy")
    assert {"course_utils/assets/tokenizer.json", "notebooks/00_start_here.ipynb"} <= altered(bare, copy)
    with pytest.raises(assets.AssetError, match="altered"):
        assets.path("tokenizer", copy / "course_utils" / "assets")
