"""`course release`: each thing that isn't ready is named, and a release is the commit's wheel and a tag."""

import importlib.metadata
import re
import shutil
import subprocess
import zipfile

import pytest

from course_utils.kit import build, cli, links, release, run

ADDRESS = "https://github.com/somebody/a-course"
VERSION = links.version()
FILES = {
    "pyproject.toml": f"""\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "a-course"
dynamic = ["version"]

[project.urls]
Repository = "{ADDRESS}"

[tool.setuptools]
packages = ["course_utils"]
dynamic = {{version = {{attr = "course_utils.__version__"}}}}
""",
    "course_utils/__init__.py": f'__version__ = "{VERSION}"\n',
    "CHANGELOG.md": f"# Changes\n\n## {VERSION}, 2030-01-31\n\nAll new.\n",
    "CITATION.cff": f"title: A course\nversion: {VERSION}\n",
    "README.md": f"[A lesson]({ADDRESS}/blob/v{VERSION}/notebooks/42_double.ipynb)\n",
    "docs/glossary.md": "# Glossary\n",
    "docs/map.md": "# Map\n",
    ".gitignore": "build/\ndist/\n",
}
pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")


def git(root, *arguments):
    done = subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def released_once(tmp_path_factory):
    return tmp_path_factory.mktemp("released") / "course"


@pytest.fixture
def ready(course, lesson, monkeypatch, released_once):
    """A committed course of one lesson that could be released, with an address; built once for all tests."""
    told = type("Metadata", (), {"get_all": lambda self, key: [f"Repository, {ADDRESS}"]})()
    monkeypatch.setattr(importlib.metadata, "metadata", lambda name: told)
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "a test")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "test@example.org")
    if released_once.exists():
        shutil.copytree(released_once, course, dirs_exist_ok=True)
        return course
    build.build(run.run_lesson(lesson))
    for name, text in FILES.items():
        (course / name).parent.mkdir(exist_ok=True)
        (course / name).write_text(text, encoding="utf-8")
    git(course, "init", "--quiet")
    git(course, "add", ".")
    git(course, "commit", "--quiet", "--message", "a course")
    shutil.copytree(course, released_once)
    return course


def test_ready(ready, capsys):
    assert release.check(ready) == []
    assert cli.main(["release", "--check"]) == 0
    assert f"v{VERSION} is ready" in capsys.readouterr().out
    assert git(ready, "tag") == "" and not (ready / "dist").exists()


@pytest.mark.parametrize(
    "file, old, new, says",
    [
        ("pyproject.toml", "/somebody/", "/OWNER/", "Repository isn't set"),
        ("pyproject.toml", "/somebody/", "/another/", "doesn't know https://github.com/another/a-course yet"),
        ("course_utils/__init__.py", VERSION, f"{VERSION}.1", f"version {VERSION} is installed, not"),
        ("CHANGELOG.md", f"## {VERSION},", f"## {VERSION}1,", f"there is no `## {VERSION}`"),
        ("CHANGELOG.md", "2030-01-31", "not released yet", "Put the day of the release there"),
        ("CITATION.cff", VERSION, "0.0.1", "it cites version 0.0.1"),
        ("solutions/42_double.py", "It doubles.", "It triples.", "isn't what the source gives"),
        ("README.md", f"blob/v{VERSION}", "blob/v0.0.1", "README.md: it points to v0.0.1"),
        ("README.md", "42_double", "42_gone", "it points to notebooks/42_gone.ipynb, which isn't committed"),
        ("notebooks/42_double.ipynb", f"course@v{VERSION}", "course@main", "it points to main"),
        (
            "notebooks/42_double.ipynb",
            "notebooks/42_",
            "notebooks/43_",
            "points to notebooks/43_double.ipynb",
        ),
    ],
)
def test_what_is_not_ready_is_named(ready, capsys, file, old, new, says):
    change(ready / file, old, new)
    git(ready, "commit", "--quiet", "--all", "--message", "a slip")
    assert cli.main(["release"]) == 1
    said = capsys.readouterr().err
    assert says in said and "not committed" not in said
    assert git(ready, "tag") == "" and not (ready / "dist").exists()


def test_a_changed_file_and_a_tag_that_is_there(ready, capsys):
    (ready / "notes.txt").write_text("mine", encoding="utf-8")
    git(ready, "tag", f"v{VERSION}")
    assert cli.main(["release"]) == 1
    said = capsys.readouterr().err
    assert "not committed: notes.txt" in said and f"v{VERSION} is tagged already" in said


def test_a_folder_that_is_no_clone(ready, capsys):
    shutil.rmtree(ready / ".git")
    assert cli.main(["release", "--check"]) == 1
    assert "git tag: " in capsys.readouterr().err


def test_a_wheel_of_the_commit_and_a_tag(ready, capsys, monkeypatch):
    pytest.importorskip("setuptools", "77")
    monkeypatch.setenv("PIP_NO_BUILD_ISOLATION", "0")  # pip reads it as the value of "isolation": none
    (ready / "build").mkdir(exist_ok=True)
    (ready / "build" / "left.py").write_text("ignored by git", encoding="utf-8")
    assert cli.main(["release"]) == 0
    assert f"git push origin HEAD v{VERSION}" in capsys.readouterr().out
    [wheel] = (ready / "dist").iterdir()
    assert wheel.name == f"a_course-{VERSION}-py3-none-any.whl"
    held = [name for name in zipfile.ZipFile(wheel).namelist() if "dist-info" not in name]
    assert held == ["course_utils/__init__.py"]
    assert git(ready, "rev-parse", f"v{VERSION}^{{commit}}") == git(ready, "rev-parse", "HEAD")
    assert git(ready, "status", "--porcelain") == ""
    assert cli.main(["release", "--check"]) == 1, "it is released now"


def test_a_wheel_that_cannot_be_built_leaves_no_tag(ready, capsys, monkeypatch):
    monkeypatch.setenv("PIP_NO_BUILD_ISOLATION", "0")
    change(ready / "pyproject.toml", 'name = "a-course"', "name = 3")
    git(ready, "commit", "--quiet", "--all", "--message", "a slip")
    assert cli.main(["release"]) == 1
    assert re.search("can't be built", capsys.readouterr().err)
    assert git(ready, "tag") == "" and not (ready / "dist").exists()
