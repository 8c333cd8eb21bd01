"""A single notebook in Colab: simulated by a kernel that has `google.colab`, in an empty folder."""

import importlib.util
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from course_utils.kit import execute, source

ROOT = Path(__file__).parents[1]


def test_lone_notebook_runs_in_colab(tmp_path, monkeypatch):
    """Its set-up cell asks pip for this version of the package, and the rest runs."""
    fake = tmp_path / "fake"
    for module in ("google/colab", "pip"):
        (fake / module).mkdir(parents=True)
        (fake / module / "__init__.py").touch()
    (fake / "pip" / "__main__.py").write_text("import sys\n\nprint('pip was asked to', *sys.argv[1:])\n")
    (fake / "sitecustomize.py").write_text("import google.colab\n")
    monkeypatch.setenv("PYTHONPATH", str(fake))
    [lesson] = source.find_lessons(ROOT, ["00"])
    folder = tmp_path / "content"
    folder.mkdir()
    shutil.copy(lesson.student, folder)
    nb = execute.execute(nbformat.read(folder / lesson.student.name, as_version=4), folder, "smoke")
    asked = "".join(output.text for output in nb.cells[1].outputs if output.output_type == "stream")
    assert "pip was asked to install -q superposition-course @ git+https://" in asked
    assert f"@v{source.metadata.version(source.DISTRIBUTION)}" in asked
    assert [path.name for path in folder.iterdir()] == [lesson.student.name]


@pytest.mark.skipif(
    importlib.util.find_spec("setuptools") is None, reason="building a wheel needs setuptools"
)
def test_wheel_holds_what_the_lessons_need(tmp_path):
    """What Colab installs has the assets in it, and nothing that only the repository needs."""
    for name in ("course_utils", "pyproject.toml", "README.md"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet", "."]
    subprocess.run(build, cwd=tmp_path, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if "dist-info" not in name}
    there = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "course_utils").rglob("*")
        if path.suffix in (".py", ".css", ".json", ".safetensors")
    }
    assert held == there
