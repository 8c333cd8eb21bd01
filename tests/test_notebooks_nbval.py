"""nbval really compares: a number that moved too far fails, and only such."""

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat import v4

from course_utils.kit import outputs

CODE = """\
import sys
from IPython.display import display

print("loss 0.5000 after 100 steps")
print("a warning", file=sys.stderr)
display({"text/plain": "bar", "text/html": "<progress>"}, raw=True, metadata={"course": "progress"})
display({"text/plain": "a figure", "application/vnd.plotly.v1+json": {"data": [0.1]}}, raw=True)"""

# what is committed: a line of text, a point of the figure; the spread of the text's first number, None where
# nothing is measured; and whether nbval has to pass
COMPARED = {
    "as it was": ("loss 0.5000 after 100 steps", 0.1, 0, True),
    "the last digit": ("loss 0.5001 after 100 steps", 0.1, 0, True),
    "another processor": ("loss 0.5150 after 100 steps", 0.2, 0.005, True),
    "another loss": ("loss 0.5152 after 100 steps", 0.1, 0.005, False),
    "another count": ("loss 0.5000 after 101 steps", 0.1, 0.005, False),
    "another word": ("gain 0.5000 after 100 steps", 0.1, 0.005, False),
    "nothing measured": ("loss 0.5001 after 100 steps", 0.1, None, False),
    "no output": (None, 0.1, 0, False),
}


def nbval(folder: Path, cells: list, version: str, spread: dict[str, str]) -> str:
    """Validate a notebook of these cells, made with Python `version`; what pytest prints."""
    (folder / "solutions").mkdir()
    (folder / "tests").mkdir()
    (folder / outputs.SPREAD).write_text(json.dumps({"07_one": {"numbers": spread}}), encoding="utf-8")
    nb = v4.new_notebook(cells=cells, metadata={"language_info": {"name": "python", "version": version}})
    nbformat.write(nb, folder / "solutions" / "07_one.ipynb")
    shutil.copy(Path(__file__).parents[1] / "conftest.py", folder)
    options = ["-rA", "-c", "/dev/null", "--rootdir", ".", "--nbval-lax", "--nbval-current-env"]
    command = [sys.executable, "-m", "pytest", *options, "solutions/07_one.ipynb"]
    env = {name: value for name, value in os.environ.items() if name not in ("CI", "BUILD_NUMBER")}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True).stdout


def test_perturbed_number_fails(tmp_path):
    cells, spread = [], {}
    for text, point, moved, _ in COMPARED.values():
        plot = v4.new_output("display_data", {"text/plain": "a figure", outputs.PLOTLY: {"data": [point]}})
        committed = [v4.new_output("stream", text=text + "\n"), plot] if text else []
        tags = {"tags": [outputs.CHECKED]}
        cells.append(v4.new_code_cell(CODE, execution_count=1, outputs=committed, metadata=tags))
        if moved is not None:
            spread[cells[-1].id] = outputs.entry(text or "", [moved, 0] if text else [])
    shown = nbval(tmp_path, cells, platform.python_version(), spread)
    for k, (case, (*_, agrees)) in enumerate(COMPARED.items()):
        assert f"{'PASSED' if agrees else 'FAILED'} solutions/07_one.ipynb::Cell {k}" in shown, (
            f"{case}: {shown}"
        )
    assert shown.count("Cell outputs differ") == sum(not agrees for *_, agrees in COMPARED.values())
    assert "0.5152 in the line" in shown and shown.count("`course worlds 07`") == 1


def test_under_another_python_claims_have_to_hold(tmp_path):
    cells = []
    for holds in (True, False):
        claim = {"text/plain": f"claim: {holds}", outputs.CLAIM: {"name": "a", "value": 0.5, "holds": holds}}
        code = f"from IPython.display import display\n\nprint(0.5)\ndisplay({claim}, raw=True)"
        committed = [v4.new_output("stream", text="0.7\n"), v4.new_output("display_data", claim)]
        tags = {"tags": [outputs.CHECKED]}
        cells.append(v4.new_code_cell(code, execution_count=1, outputs=committed, metadata=tags))
    shown = nbval(tmp_path, cells, "3.9.1", {})
    assert "PASSED solutions/07_one.ipynb::Cell 0" in shown, shown
    assert "FAILED solutions/07_one.ipynb::Cell 1" in shown, shown
    assert "claim a fails" in shown
