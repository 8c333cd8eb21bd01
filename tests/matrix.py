"""The tests with other versions than the pinned ones: `make test-matrix`, or `python -m tests.matrix NAME`.

floors  the oldest Python, and each package at the least version that pyproject.toml allows
newest  the newest Python, and the newest version of each package
colab   Colab's Python, and the versions that Colab ships (tests/colab.txt)

Each is an environment in build/matrix/, made once for a list of packages. It runs the fast tests, and lessons
02 and 09 at lesson scale with every claim. This module needs nothing but Python's own library.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = {"floors": "3.10", "newest": "3.13", "colab": "3.13"}
COLAB = ROOT / "tests" / "colab.txt"
SLOW = ("browser", "browser_lab", "notebooks", "notebooks_nbval", "reliability")
NOT_IN_COLAB = {"superposition-course", "nbgrader", "ruff"}  # nbgrader needs a newer IPython
NEEDS_NBGRADER = (
    "drawings",
    "teaching",
    "nbgrader_course",
    "kit_build",
    "kit_cluster",
    "kit_collect",
    "kit_contributing",
    "kit_feedback",
    "kit_links",
    "kit_marks",
    "kit_release",
    "kit_report",
    "kit_run",
    "kit_site",
    "kit_worlds",
)


def requirements(*extras: str) -> list[str]:
    """Lists of pyproject.toml as written there: `dependencies`, or an extra."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    blocks = [re.search(rf"^{extra} = \[(.*?)\]$", text, re.MULTILINE | re.DOTALL)[1] for extra in extras]
    return [requirement for block in blocks for requirement in re.findall(r'"([^"]+)"', block)]


def floors() -> list[str]:
    """Each package of the run-time, lab, scale and dev lists at its least version."""
    listed = requirements("dependencies", "lab", "scale", "dev")
    return [requirement.replace(">=", "==") for requirement in listed if ">=" in requirement]


def find_python(version: str) -> str:
    """An interpreter of this version, on the PATH or from pyenv. Exits when there is none."""
    pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    found = shutil.which(f"python{version}")
    if found and subprocess.run([found, "--version"], capture_output=True).returncode == 0:  # no pyenv shim
        return found
    if pyenv:
        return str(pyenv[-1])
    sys.exit(f"tests.matrix: there is no python{version}. Install it, or run the other environments by name.")


def run(*command: str | Path, **environment: str) -> None:
    """Run a command in the repository, showing what it prints. Raises CalledProcessError when it fails."""
    print("$", *command, flush=True)
    subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=True)


def frozen(python: Path) -> dict[str, str]:
    """What is installed: name and version."""
    listed = subprocess.run([python, "-m", "pip", "list", "--format=freeze"], capture_output=True, text=True)
    return dict(line.split("==", 1) for line in listed.stdout.split())


def prepare(name: str) -> Path:
    """Make the environment, unless it is there with these packages; returns its Python."""
    folder = ROOT / "build" / "matrix" / name
    python, ready = folder / "bin" / "python", folder / "ready"
    tools = [r for r in requirements("dev") if re.match(r"[\w-]+", r)[0] not in NOT_IN_COLAB]
    wanted = {
        "floors": [*floors(), "--editable", ".[dev]"],
        "newest": ["--editable", ".[dev]"],
        "colab": ["--requirement", str(COLAB)],
    }[name]
    state = "\n".join(
        [*wanted, *requirements("dependencies", "lab", "scale", "dev"), COLAB.read_text(encoding="utf-8")]
    )
    if not ready.exists() or ready.read_text(encoding="utf-8") != state:
        run(find_python(PYTHON[name]), "-m", "venv", "--clear", folder)
        run(python, "-m", "pip", "install", "--quiet", "--upgrade", "pip")
        run(python, "-m", "pip", "install", "--quiet", *wanted)
        if name == "colab":
            install_as_colab_does(python, folder)
            run(python, "-m", "pip", "install", "--quiet", "--constraint", COLAB, *tools)
        ready.write_text(state, encoding="utf-8")
    elif name == "newest":
        run(python, "-m", "pip", "install", "--quiet", "--upgrade", "--upgrade-strategy", "eager", *wanted)
    elif name == "colab":
        install_as_colab_does(python, folder)
    return python


def install_as_colab_does(python: Path, folder: Path) -> None:
    """Install the package as a wheel. Exits when that changes anything that Colab ships."""
    before = frozen(python)
    shutil.rmtree(folder / "wheel", ignore_errors=True)
    run(python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder / "wheel", ".")
    [wheel] = (folder / "wheel").iterdir()
    run(python, "-m", "pip", "uninstall", "--quiet", "--yes", "superposition-course")
    run(python, "-m", "pip", "install", "--quiet", wheel)
    after = frozen(python)
    changed = [f"{n} {v} -> {after.get(n)}" for n, v in before.items() if after.get(n) != v]
    if changed:
        sys.exit(f"tests.matrix: installing the course changes what Colab ships: {', '.join(changed)}")
    print("new in Colab:", *sorted(after.keys() - before.keys()))


def test(name: str) -> None:
    """Run the tests of one environment. Raises CalledProcessError when one fails."""
    python = prepare(name)
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    ignored = SLOW + (NEEDS_NBGRADER if name == "colab" else ())
    skipped = [f"--ignore=tests/test_{module}.py" for module in ignored]
    if name == "colab":  # which has no ruff
        skipped.append("--deselect=tests/test_environment.py::test_ruff_finds_nothing")
    lessons = [next((ROOT / "solutions").glob(f"{number}_*.ipynb")) for number in ("02", "09")]
    pytest = (python, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    run(*pytest, "tests", *skipped, *lessons, PATH=path, COURSE_MATRIX=name)
    if name != "colab":
        run(*pytest, "tests/test_notebooks.py", "-k", "02 or 09", PATH=path, COURSE_MATRIX=name)


def main() -> None:
    names = sys.argv[1:] or list(PYTHON)
    if unknown := set(names) - set(PYTHON):
        sys.exit(
            f"tests.matrix: no environment {', '.join(sorted(unknown))}. There are: {', '.join(PYTHON)}."
        )
    failed = []
    for name in names:
        try:
            test(name)
        except subprocess.CalledProcessError:
            failed.append(name)
    if failed:
        sys.exit(f"tests.matrix: failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
