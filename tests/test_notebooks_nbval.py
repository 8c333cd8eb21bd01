"""nbval really compares: a number that moved too far fails, and only such."""

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


def test_perturbed_number_fails(tmp_path):
    cells = []
    for text, point, _ in COMPARED.values():
        plot = v4.new_output("display_data", {"text/plain": "a figure", outputs.PLOTLY: {"data": [point]}})
        committed = [v4.new_output("stream", text=text + "\n"), plot] if text else []
        tags = {"tags": [outputs.CHECKED]}
        cells.append(v4.new_code_cell(CODE, execution_count=1, outputs=committed, metadata=tags))
    nbformat.write(v4.new_notebook(cells=cells), tmp_path / "one.ipynb")
    shutil.copy(ROOT / "conftest.py", tmp_path)
    options = [
        f"--nbval-sanitize-with={ROOT / 'tests' / 'sanitize.cfg'}",
        "--nbval-lax",
        "--nbval-current-env",
    ]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-rA",
        "-c",
        "/dev/null",
        "--rootdir",
        ".",
        *options,
        "one.ipynb",
    ]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
    for k, (case, (_, _, agrees)) in enumerate(COMPARED.items()):
        assert f"{'PASSED' if agrees else 'FAILED'} one.ipynb::Cell {k}" in shown, f"{case}: {shown}"
    assert shown.count("Cell outputs differ") == sum(not agrees for _, _, agrees in COMPARED.values())
