"""Student notebooks in a real JupyterLab: run to the end, widgets moved, keyboard only, nothing loaded.

Screenshots of every lesson go to build/screens/, to be looked at.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course_utils.kit import source
from course_utils.kit.lessons import find_lessons, that_can_run

playwright = pytest.importorskip("playwright.sync_api")
pytest.importorskip("jupyterlab")

ROOT = Path(__file__).parents[1]
SCREENS = ROOT / "build" / "screens"
LESSONS = {lesson.number: lesson for lesson in find_lessons(ROOT)}
WIDTH, HEIGHT = 1200, 1600
READY = """async () => {
    const wait = ms => new Promise(resolve => setTimeout(resolve, ms));
    let panel;
    while (!(panel = window.jupyterapp?.shell.currentWidget)?.context) await wait(100);
    await panel.context.ready; await panel.sessionContext.ready;
    while (!panel.sessionContext.session?.kernel) await wait(100);
    await panel.sessionContext.session.kernel.info;
}"""
RUN_ALL = "async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells') }"
CELLS = "() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells.map(c => c.toJSON())"
COUNTED = "(n) => window.jupyterapp.shell.currentWidget.content.model.cells.get(n).executionCount > 0"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of a JupyterLab of its own, on a copy of the student notebooks at smoke scale."""
    folder = tmp_path_factory.mktemp("lab")
    work = folder / "notebooks"
    shutil.copytree(ROOT / "notebooks", work, ignore=shutil.ignore_patterns(".*"))
    for path in work.glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(r"SCALE = \"lesson\"", r"SCALE = \"smoke\""), encoding="utf-8")
    settings = folder / "settings" / "@jupyterlab"
    for name, text in {
        "notebook-extension/tracker": '{"windowingMode": "none"}',
        "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
    }.items():
        (settings / name).parent.mkdir(parents=True)
        (settings / f"{name}.jupyterlab-settings").write_text(text, encoding="utf-8")
    env = os.environ | {
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "COURSE_HOME": str(folder / "home"),
        "OMP_NUM_THREADS": "1",
    }
    options = ["--no-browser", "--allow-root", "--port=0", "--LabApp.expose_app_in_browser=True"]
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        *options,
        "--IdentityProvider.token=x",
        f"--notebook-dir={work}",
    ]
    with (folder / "log").open("w", encoding="utf-8") as log:
        running = subprocess.Popen(command, cwd=work, env=env, stdout=log, stderr=log)
    try:
        yield _address(running, folder / "log")
    finally:
        running.terminate()
        running.wait(20)


def _address(running: subprocess.Popen, log: Path) -> str:
    """What the server says it listens on."""
    for _ in range(600):
        if found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text(encoding="utf-8")):
            return found[0]
        try:
            running.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        break
    raise RuntimeError(f"JupyterLab didn't start:\n{log.read_text(encoding='utf-8')}")


@pytest.fixture
def page(chromium, server):
    """An empty page; in the end it has asked only the local server, and raised nothing."""
    page = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.set_default_timeout(120_000)
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert [url for url in asked if not url.startswith((server, "data:", "blob:"))] == []
    assert errors == []


def opened(page, server: str, number: str):
    """The student's notebook of a lesson, with its kernel ready; the locator of its cells."""
    page.goto(f"{server}/lab/tree/{LESSONS[number].student.name}?token=x&reset")
    page.evaluate(READY)
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    return page.locator(".jp-Notebook > .jp-WindowedPanel-outer .jp-Cell, .jp-Notebook > .jp-Cell")


def photograph(page, number: str) -> None:
    """Screenshots of a whole notebook, one a screenful."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    for old in SCREENS.glob(f"{number}_*.png"):
        old.unlink()
    scroll = "y => { const e = document.querySelector('.jp-WindowedPanel-outer') ?? document.querySelector("
    scroll += "'.jp-Notebook'); e.scrollTop = y; return e.scrollHeight; }"
    height, step, k = 1, HEIGHT - 150, 0
    while k * step < height:
        height = page.evaluate(scroll, k * step)
        page.wait_for_timeout(300)
        page.screenshot(path=SCREENS / f"{number}_{k:02d}.png")
        k += 1


@pytest.mark.parametrize("number", LESSONS)
def test_notebook_runs_to_its_end(page, server, number):
    cells = opened(page, server, number)
    page.evaluate(RUN_ALL)
    found = page.evaluate(CELLS)
    outputs = [output for cell in found for output in cell.get("outputs", [])]
    assert [output for output in outputs if output["output_type"] == "error"] == []
    assert all(cell["execution_count"] for cell in found if cell["cell_type"] == "code" and cell["source"])
    figures = sum("application/vnd.plotly.v1+json" in output.get("data", {}) for output in outputs)
    assert figures >= 1
    page.wait_for_function(
        "n => document.querySelectorAll('.js-plotly-plot .main-svg').length >= n", arg=figures
    )
    photograph(page, number)
    played = [k for k, cell in enumerate(found) if "play" in cell["metadata"].get("tags", [])]
    if not that_can_run([LESSONS[number]]):
        played = []  # without its model's file the cell says how to get it
    still = [k for k in played if not move(page, cells.nth(k))]
    assert still == [], "a widget changed nothing that one can see"


def move(page, cell) -> bool:
    """Move the cell's first slider, number, list or text by keyboard; whether what it shows changed."""
    shown = cell.locator(".jupyter-widgets .jp-OutputArea, .widget-output, .widget-html-content").last
    button = cell.locator("button", has_text="Run Interact")  # of `interact_manual`: it waits to be pressed
    shown.wait_for(state="attached")
    manual = button.count() > 0
    if manual:
        button.click()
    shown.wait_for()
    before = ""
    while shown.inner_html() != before:  # its first drawing has to come to rest
        before = shown.inner_html()
        cell.page.wait_for_timeout(500)
    keys = {
        ".noUi-handle": "ArrowRight",
        "input[type=number]": "ArrowUp",
        "select": "ArrowDown",
        "input[type=text]": "x",
    }
    control = next(control for control in keys if cell.locator(control).count())
    cell.locator(control).first.focus()
    for _ in range(3):
        page.keyboard.press(keys[control])
    if manual:
        button.click()
    for _ in range(1200):
        if shown.inner_html() != before:
            return True
        page.wait_for_timeout(100)
    return False


def test_exercise_by_keyboard_alone(page, server):
    """Shift+Enter through lesson 00 to its first exercise, type the answer, and see the check pass."""
    opened(page, server, "00")
    found = page.evaluate(CELLS)
    exercise = next(k for k, cell in enumerate(found) if cell["metadata"].get("exercise"))
    solution = source.read(LESSONS["00"]).cells[exercise].source
    page.keyboard.press("Escape")
    page.keyboard.press("Home")
    for k in range(exercise):
        page.keyboard.press("Shift+Enter")
        if found[k]["cell_type"] == "code":
            page.wait_for_function(COUNTED, arg=k)
    page.keyboard.press("Enter")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(solution)
    check = page.locator(".jp-Cell").nth(exercise + 1)
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    playwright.expect(check.locator(".jp-OutputArea")).to_contain_text("passed", timeout=120_000)
