"""A single notebook in Colab: simulated by a kernel that has `google.colab`, in an empty folder."""

import contextlib
import importlib.metadata
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import ipywidgets
import nbformat
import pytest

from course_utils.figures import controls
from course_utils.kit import execute, links, outputs
from course_utils.kit.lessons import find_lessons

ROOT = Path(__file__).parents[1]


LESSONS = {lesson.number: lesson for lesson in find_lessons(ROOT)}
# In Colab's own environment (`make test-matrix`) every lesson runs, elsewhere the first.
RUN = LESSONS if os.environ.get("COURSE_MATRIX") == "colab" else ["00"]


@pytest.fixture
def colab(tmp_path, monkeypatch) -> Path:
    """An empty folder, and a `google.colab` and a pip that only speaks for the kernels started now."""
    fake = tmp_path / "fake"
    for module in ("google/colab", "pip"):
        (fake / module).mkdir(parents=True)
        (fake / module / "__init__.py").touch()
    (fake / "pip" / "__main__.py").write_text(
        "import sys\n\nprint('pip was asked to', *sys.argv[1:])\n", encoding="utf-8"
    )
    (fake / "sitecustomize.py").write_text("import google.colab\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(fake))
    (tmp_path / "content").mkdir()
    return tmp_path / "content"


@pytest.mark.parametrize("version", ["student", "solution"])
@pytest.mark.parametrize("number", RUN)
def test_lone_notebook_runs_in_colab(colab, number, version):
    """Its set-up cell asks pip for this version of the package, and the rest runs, without live controls."""
    notebook = getattr(LESSONS[number], version)
    shutil.copy(notebook, colab)
    nb = execute.execute(nbformat.read(colab / notebook.name, as_version=4), colab, "smoke")
    asked = "".join(output.text for output in nb.cells[1].outputs if output.output_type == "stream")
    assert f"pip was asked to install -q superposition_course-{links.version()}-py3-none-any.whl" in asked
    assert [path.name for path in colab.iterdir()] == [notebook.name]

    shown = [output for cell in nb.cells for output in cell.get("outputs", [])]
    assert any("Plotly.newPlot" in str(output) for output in shown), "Colab draws figures from HTML"
    for cell in nb.cells:
        if "interact(" in cell.source and cell.cell_type == "code":
            assert "Colab draws no figure inside live controls" in str(cell.outputs), cell.id
            assert not any(outputs.WIDGET in output.get("data", {}) for output in cell.outputs), cell.id
        elif any(outputs.WIDGET in output.get("data", {}) for output in cell.get("outputs", [])):
            assert "Plotly" not in str(cell.outputs), f"cell {cell.id}: a figure inside a widget"


@pytest.mark.parametrize("number", LESSONS)
def test_live_controls_have_an_equivalent(number):
    """In the section of each cell that needs a live kernel, another cell shows a figure, a page or a text."""
    nb = nbformat.read(LESSONS[number].solution, as_version=4)
    sections: list[list] = [[]]
    for cell in nb.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            sections.append([])
        sections[-1].append(cell)
    for section in sections:
        live = [cell for cell in section if "play" in cell.metadata.get("tags", [])]
        kept = [c for c in section if c not in live and c.get("outputs") and "check" not in c.metadata]
        assert kept or not live, f"cell {live[0].id}: nothing here shows the same without a live kernel"


def test_controls_become_one_call():
    """Each kind of control that `interact` takes gives its first value, and is said in words."""
    calls = []

    def look(n: int, p: float, kind: str, text: str, depth: int = 5):
        calls.append((n, p, kind, text, depth))

    with contextlib.redirect_stdout(io.StringIO()) as said:
        controls.once(
            look,
            n=ipywidgets.IntSlider(3, min=2, max=9),
            p=ipywidgets.FloatLogSlider(0.1, base=10, min=-2, max=0),
            kind=["pentagon", "digon"],
            text="abc",
            depth=(1, 12),
        )
    assert calls == [(3, 0.1, "pentagon", "abc", 5)]
    assert "look(n=3, p=0.1, kind='pentagon', text='abc', depth=5)" in said.getvalue()
    assert (
        "n from 2 to 9; p from 0.01 to 1; kind one of 'pentagon', 'digon'; text any; depth from 1 to 12"
        in said.getvalue()
    )


def setuptools_version() -> int:
    """0 without setuptools: a new environment of Python 3.12 or newer has none."""
    if importlib.util.find_spec("setuptools") is None:
        return 0
    return int(importlib.metadata.version("setuptools").partition(".")[0])


@pytest.mark.skipif(setuptools_version() < 77, reason="building a wheel needs setuptools, 77 or newer")
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
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == there
