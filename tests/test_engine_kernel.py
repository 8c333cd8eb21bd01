"""The engine in a real Jupyter kernel: what a graded cell leaves behind, endless loops, the Stop button."""

import nbformat
import pytest
from nbclient import NotebookClient

from course_utils.checks.lesson import WRONG_MIME

SETUP = """\
import time, warnings, sys
import torch
import course_utils
course_utils.setup()
lesson = course_utils.start("00", scale="smoke", seed=0)
from course_utils.checks import lesson as module
run_check = module.run_check
module.run_check = lambda e, f, seed: run_check(e, f, seed, seconds=SECONDS)
SECONDS = 60
"""
CHECK = '\nlesson.check("0.2", cosine_similarities)'
RIGHT = """\
def cosine_similarities(W):
    print("look")
    warnings.warn("careful")
    print("an error", file=sys.stderr)
    return torch.nn.functional.normalize(W, dim=0).T @ torch.nn.functional.normalize(W, dim=0)
"""
LOOPS = {
    "busy": "while True: pass",
    "asleep": "time.sleep(1000)",
    "swallows every exception": """while True:
        try:
            torch.ones(3).sum()
        except:
            pass""",
}


STOP = """\
import os, signal, threading
SECONDS = 60
threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
"""
CELLS = {
    "setup": SETUP,
    "right": RIGHT + CHECK,
    "stub": "def cosine_similarities(W): ...\n" + CHECK,
    "raises": "def cosine_similarities(W):\n    return W.nonsense\n" + CHECK,
    **{
        name: f"SECONDS = 0.3\ndef cosine_similarities(W):\n    {loop}\n{CHECK}"
        for name, loop in LOOPS.items()
    },
    "stopped": STOP + f"def cosine_similarities(W):\n    {LOOPS['busy']}\n{CHECK}",
    "after": "2 + 2",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Each cell's outputs, from one run of all cells in a fresh kernel."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_HOME", str(tmp_path_factory.mktemp("home")))
        cells = [nbformat.v4.new_code_cell(source) for source in CELLS.values()]
        notebook = nbformat.v4.new_notebook(cells=cells)
        NotebookClient(notebook, kernel_name="python3", timeout=120, allow_errors=True).execute()
    return {name: cell.outputs for name, cell in zip(CELLS, cells, strict=True)}


@pytest.mark.parametrize(
    ("name", "points"), [("right", "2.0"), ("stub", "0.0"), *[(name, "0.0") for name in LOOPS]]
)
def test_a_graded_cell_holds_one_verdict_and_a_bare_number(outputs, name, points):
    verdict, value = outputs[name]
    assert (verdict.output_type, value.output_type) == ("display_data", "execute_result")
    assert set(verdict.data) - {WRONG_MIME} == {"text/plain", "text/html"}
    assert value.data == {"text/plain": points}


def test_an_exception_shows_the_cells_own_lines(outputs):
    text = outputs["raises"][0].data["text/plain"]
    assert "line 2, in cosine_similarities\n" in text and "return W.nonsense" in text
    assert "AttributeError" in text and "guard.py" not in text and "ipykernel" not in text


@pytest.mark.parametrize("name", LOOPS)
def test_endless_loops_do_not_hang_the_kernel(outputs, name):
    assert "an endless loop" in outputs[name][0].data["text/plain"]


def test_the_stop_button_interrupts_a_check_and_the_kernel_lives(outputs):
    assert outputs["stopped"][-1].ename == "KeyboardInterrupt"
    assert outputs["after"][0].data["text/plain"] == "4"
