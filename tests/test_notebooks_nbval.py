"""nbval really compares: a number that moved too far fails, and only such."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat import v4

from course_utils.kit import outputs

ROOT = Path(__file__).parents[1]
CODE = """\
import sys
from IPython.display import display

print("loss 0.5000 after 100 steps")
print("a warning", file=sys.stderr)
display({"text/plain": "bar", "text/html": "<progress>"}, raw=True, metadata={"course": "progress"})
display({"text/plain": "a figure", "application/vnd.plotly.v1+json": {"data": [0.1]}}, raw=True)"""

# what is committed: a line of text, a point of the figure; and whether nbval has to pass
COMPARED = {
    "as it was": ("loss 0.5000 after 100 steps", 0.1, True),
    "another processor": ("loss 0.5004 after 100 steps", 0.2, True),
    "another loss": ("loss 0.5200 after 100 steps", 0.1, False),
    "another count": ("loss 0.5000 after 101 steps", 0.1, False),
    "another word": ("gain 0.5000 after 100 steps", 0.1, False),
    "no output": (None, 0.1, False),
}


def nbval(folder: Path, cells: list, version: str) -> str:
    """Validate a notebook of these cells, made with Python `version`; what pytest prints."""
    nb = v4.new_notebook(cells=cells, metadata={"language_info": {"name": "python", "version": version}})
    nbformat.write(nb, folder / "one.ipynb")
    shutil.copy(ROOT / "conftest.py", folder)
    options = [
        "--nbval-lax",
        "--nbval-current-env",
        f"--nbval-sanitize-with={ROOT / 'tests' / 'sanitize.cfg'}",
    ]
    command = [sys.executable, "-m", "pytest", "-rA", "-c", "/dev/null", "--rootdir", ".", *options]
    env = {name: value for name, value in os.environ.items() if name not in ("CI", "BUILD_NUMBER")}
    return subprocess.run([*command, "one.ipynb"], cwd=folder, env=env, capture_output=True, text=True).stdout


def test_perturbed_number_fails(tmp_path):
    cells = []
    for text, point, _ in COMPARED.values():
        plot = v4.new_output("display_data", {"text/plain": "a figure", outputs.PLOTLY: {"data": [point]}})
        committed = [v4.new_output("stream", text=text + "\n"), plot] if text else []
        tags = {"tags": [outputs.CHECKED]}
        cells.append(v4.new_code_cell(CODE, execution_count=1, outputs=committed, metadata=tags))
    shown = nbval(tmp_path, cells, platform.python_version())
    for k, (case, (_, _, agrees)) in enumerate(COMPARED.items()):
        assert f"{'PASSED' if agrees else 'FAILED'} one.ipynb::Cell {k}" in shown, f"{case}: {shown}"
    assert shown.count("Cell outputs differ") == sum(not agrees for _, _, agrees in COMPARED.values())


def test_under_another_python_claims_have_to_hold(tmp_path):
    cells = []
    for holds in (True, False):
        claim = {"text/plain": f"claim: {holds}", outputs.CLAIM: {"name": "a", "value": 0.5, "holds": holds}}
        code = f"from IPython.display import display\n\nprint(0.5)\ndisplay({claim}, raw=True)"
        committed = [v4.new_output("stream", text="0.7\n"), v4.new_output("display_data", claim)]
        tags = {"tags": [outputs.CHECKED]}
        cells.append(v4.new_code_cell(code, execution_count=1, outputs=committed, metadata=tags))
    shown = nbval(tmp_path, cells, "3.9.1")
    assert "PASSED one.ipynb::Cell 0" in shown and "FAILED one.ipynb::Cell 1" in shown, shown
    assert "claim a fails" in shown
