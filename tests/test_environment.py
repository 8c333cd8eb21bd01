"""What is installed, from one list: pip, conda, the tested versions, Colab, and Python itself."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jupyter_client.kernelspec import KernelSpecManager
from packaging.requirements import Requirement

import course_utils
from tests.matrix import COLAB, NEEDS_NBGRADER, PYTHON, SLOW, floors, requirements

ROOT = Path(__file__).parents[1]
TESTS = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "tests").glob("test_*.py"))
    if path.name != Path(__file__).name
}


def test_conda_installs_the_same_list():
    """One list there is: conda brings Python and pip, and pip what pyproject.toml lists."""
    conda = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    assert conda == [f"python>={PYTHON['floors']}", "pip", {"pip": ["--editable .[dev]"]}]
    assert "superposition-course[lab]" in requirements("dev")


def test_tested_versions_admit_the_list():
    lines = [
        line
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    ]
    pins = {pin.name.lower(): pin for pin in map(Requirement, lines)}
    for requirement in map(Requirement, requirements("dependencies", "lab", "dev")):
        if requirement.name != "superposition-course":
            [version] = pins[requirement.name.lower()].specifier
            assert version.operator == "==" and requirement.specifier.contains(version.version), requirement
    assert "/" not in "".join(lines) and "+" not in "".join(lines)


def test_colab_keeps_what_it_ships():
    """Replacing a package that Colab ships breaks its kernel."""
    ours = {r.name: r.specifier for r in map(Requirement, requirements("dependencies"))}
    shipped = [line for line in COLAB.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    for name, version in (line.split("==") for line in shipped):
        assert name not in ours or ours[name].contains(version), f"{name} {version} would be replaced"
    assert {"torch", "numpy", "plotly", "ipywidgets"} <= {line.split("==")[0] for line in shipped}


def test_matrix_covers_what_is_promised():
    """The floors are tested on the oldest Python allowed, and every package has one."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'requires-python = ">={PYTHON["floors"]}"' in text
    listed = requirements("dependencies", "lab", "dev")
    assert len(floors()) == len(listed) - 1  # all but the package itself
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))
    tested = workflow["jobs"]["matrix"]["strategy"]["matrix"]["include"]
    assert {row["name"]: row["python"] for row in tested} == PYTHON


def test_workflow_may_only_read_and_tries_each_system_that_is_promised():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"]["cancel-in-progress"] is True
    jobs = workflow["jobs"].values()
    systems = {job["runs-on"] for job in jobs} | set(workflow["jobs"]["pinned"]["strategy"]["matrix"]["os"])
    assert {"ubuntu-latest", "macos-latest", "windows-latest"} <= systems
    fast = workflow["jobs"]["windows"]["steps"][-1]["run"]
    assert re.findall(r"--ignore=tests/test_(\w+)\.py", fast) == list(SLOW)


@pytest.mark.parametrize(
    "job, needs",
    [
        ("exports", r'importorskip\("(sae|transformer)_lens'),
        ("browser", r"^def .*\(.*\bchromium\b|sync_playwright\(|importorskip\(\"playwright"),
    ],
)
def test_workflow_runs_what_needs_more_packages(job, needs):
    """Elsewhere these tests are skipped."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))
    [command] = [step["run"] for step in workflow["jobs"][job]["steps"] if "pytest" in step.get("run", "")]
    named = re.findall(r"tests/(\w+)\.py", command)
    assert named == [name for name, text in TESTS.items() if re.search(needs, text, re.MULTILINE)]


def test_matrix_leaves_out_what_colab_cannot_run():
    """What builds a notebook, or imports a test that does, needs nbgrader."""
    needs = (
        r"^def .*\(.*\bbuilt\b|^from tests\.test_notebooks\b|\bnbgrader\b|build\.(build|student_version)\("
    )
    need = {
        name.removeprefix("test_") for name, text in TESTS.items() if re.search(needs, text, re.MULTILINE)
    }
    assert need - set(SLOW) == set(NEEDS_NBGRADER)


def test_kernel_is_this_interpreter():
    """`python3`, the kernel that every notebook names, runs in the environment that the tests run in."""
    # Jupyter puts its own interpreter where a kernel's list says only "python".
    assert KernelSpecManager().get_kernel_spec("python3").argv[0] in (sys.executable, "python")


@pytest.mark.skipif(shutil.which("make") is None, reason="no make")
def test_make_refuses_an_old_python(tmp_path):
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    old = tmp_path / "python3.9"
    old.write_text(
        '#!/bin/sh\ncase "$1" in --version) echo Python 3.9.18;; *) exit 1;; esac\n', encoding="utf-8"
    )
    old.chmod(0o755)
    made = subprocess.run(["make", "test", f"PYTHON={old}"], cwd=tmp_path, capture_output=True, text=True)
    assert made.returncode != 0
    assert "needs Python 3.10 or newer" in made.stderr and "Python 3.9.18" in made.stderr
    assert not (tmp_path / ".venv").exists()


def test_importing_the_package_loads_no_torch_and_no_plotly():
    code = (
        "import sys, course_utils; print([m for m in ('torch', 'plotly', 'ipywidgets') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"


@pytest.mark.parametrize("arguments", [["check"], ["format", "--check"]])
def test_ruff_finds_nothing(arguments):
    ruff = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments, "."], cwd=ROOT, capture_output=True, text=True
    )
    assert ruff.returncode == 0, ruff.stdout


@pytest.mark.parametrize("folder", ["course_utils", "tests", "benchmarks"])
def test_text_files_name_their_encoding(folder):
    """On Windows it isn't UTF-8 by itself."""
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                named = len(node.args) > 1 or any(word.arg == "encoding" for word in node.keywords)
                text = node.func.attr in ("read_text", "write_text")
                assert named or not text or "utf-8" in ast.unparse(node), f"{path}:{node.lineno}"


@pytest.mark.parametrize("package", ["toy", "lm", "sae"])
def test_science_imports_no_plotting(package):
    for path in (ROOT / "course_utils" / package).glob("*.py"):
        assert not re.search(
            r"^\s*(import|from) (plotly|ipywidgets|IPython)", path.read_text(encoding="utf-8"), re.MULTILINE
        ), path


def test_nothing_imports_kit():
    for path in (ROOT / "course_utils").rglob("*.py"):
        if path.parent.name != "kit":
            assert "course_utils.kit" not in path.read_text(encoding="utf-8"), path


def test_the_citation_and_the_changes_are_of_this_version():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == course_utils.__version__
    assert f"\n## {course_utils.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_hook_before_a_commit_runs_a_test_that_exists():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][1][
        "hooks"
    ]
    for hook in hooks:
        *_, file, _, name = hook["entry"].split()
        assert name in (ROOT / file).read_text(encoding="utf-8")
