"""Running lessons: failures that don't stop the others, claims that fail, interrupts, bad input."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from course_utils.kit import CourseError, cli, execute, run, source
from course_utils.kit.lessons import LessonFiles, find_lessons
from course_utils.kit.terminal import Terminal
from tests.conftest import LESSON, plain_lesson

CLAIM = """\
from IPython.display import display

claim = {{"name": "fixture.{name}", "value": {value}, "at_least": 1.0, "holds": {holds}, "paper": None}}
display({{"text/plain": "claim {value:.1f}", "application/vnd.course.claim+json": claim}}, raw=True)"""


@pytest.fixture
def plain(tmp_path, monkeypatch):
    """An empty course; calling it adds a lesson of one cell."""
    (tmp_path / "solutions").mkdir()
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path)

    def add(number: str, code: str) -> Path:
        (tmp_path / "solutions" / f"{number}_plain.py").write_text(
            plain_lesson(number, code), encoding="utf-8"
        )
        return tmp_path

    return add


def claims_in(folder: Path) -> list[dict]:
    return json.loads((folder / "build" / "claims.json").read_text(encoding="utf-8"))


def test_run_collects_claims_and_writes_the_report(built, capsys):
    assert cli.main(["run"]) == 0
    shown = capsys.readouterr().out
    assert "1 of 1 lessons ran to their end at lesson scale." in shown and "1 of 1 claims hold." in shown
    [claim] = claims_in(built)
    assert (
        claim.items()
        >= {
            "lesson": "42",
            "name": "fixture.double",
            "value": 3.0,
            "at_least": 2.5,
            "holds": True,
            "paper": "3 <b>",
        }.items()
    )
    assert (built / "build" / "report" / "index.html").exists()


def test_build_folder_may_be_asked_for_by_many_at_a_time(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(run.build_folder, [tmp_path] * 2000))
    assert set(found) == {tmp_path / "build"}


def test_failing_lessons_do_not_stop_the_others(plain, capsys):
    plain("01", "1 / 0")
    plain("02", "import os\n\nos._exit(1)")
    folder = plain("03", CLAIM.format(name="good", value=2.0, holds=True))
    assert cli.main(["run", "--jobs", "2"]) == 1
    shown = capsys.readouterr().out
    assert "01_plain: FAILED in cell work_1: ZeroDivisionError: division by zero" in shown
    assert "02_plain: FAILED in cell work_1: the kernel died" in shown
    assert "1 of 3 lessons ran to their end" in shown
    assert [claim["lesson"] for claim in claims_in(folder)] == ["03"]
    page = (folder / "build" / "report" / "01_plain.html").read_text(encoding="utf-8")
    assert "Traceback" in page and "ZeroDivisionError" in page
    index = (folder / "build" / "report" / "index.html").read_text(encoding="utf-8")
    assert 'href="01_plain.html#work_1"' in index and 'id="work_1"' in page


def test_a_kernel_that_does_not_start_stops_no_other_lesson(plain, capsys, monkeypatch):
    plain("01", "print(1)")
    plain("02", "print(2)")
    begun = []

    def start(client, **_):
        begun.append(client)
        raise RuntimeError("Kernel didn't respond in 180 seconds")

    monkeypatch.setattr(execute.Client, "execute", start)
    assert cli.main(["run"]) == 1
    shown = capsys.readouterr().out
    assert len(begun) == 2
    first = source.read(find_lessons(Path.cwd(), ["02"])[0]).cells[0].id
    assert f"02_plain: FAILED in cell {first}: its kernel did not start" in shown
    assert "Kernel didn't respond in 180 seconds" in shown
    assert "did not start" in Path("build/report/02_plain.html").read_text(encoding="utf-8")


def test_an_interrupted_run_starts_no_more_kernels(plain, monkeypatch):
    [lesson] = find_lessons(plain("01", "print(1)"))
    monkeypatch.setattr(execute.Client, "execute", lambda *_, **__: pytest.fail("a kernel was started"))
    monkeypatch.setattr(execute.CourseEngine, "stopping", False)
    execute.CourseEngine.stop()
    assert run.run_lesson(lesson).error


def test_lessons_come_to_a_cell_while_the_line_is_drawn(plain, capsys):
    shown, lessons = Terminal(), [LessonFiles("01", Path(), f"{n}_plain") for n in range(2000)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(1) as pool:
            coming = pool.submit(lambda: [shown.cell(lesson, 1, 2) for lesson in lessons])
            while not coming.done():
                shown.tick()
    finally:
        sys.setswitchinterval(before)
    assert len(coming.result()) == len(lessons)


def test_failing_claim_fails_the_run_and_is_named(plain, capsys):
    plain("01", CLAIM.format(name="good", value=2.0, holds=True))
    folder = plain("02", CLAIM.format(name="bad", value=0.5, holds=False))
    assert cli.main(["run"]) == 1
    shown = capsys.readouterr().out
    assert "02_plain: claim fixture.bad fails" in shown
    assert "1 of 2 claims hold. Failing: fixture.bad" in shown
    assert [claim["holds"] for claim in claims_in(folder)] == [True, False]
    assert cli.main(["run", "--scale", "smoke", "2"]) == 0  # there it is shown, not enforced


def test_scale_reaches_the_lesson(plain):
    folder = plain("01", "print(SCALE, SEED)")
    [lesson] = find_lessons(folder)
    for scale in ("lesson", "smoke", "full"):
        result = run.run_lesson(lesson, scale)
        assert not result.error
        assert result.nb.cells[-1].outputs[0].text == f"{scale} 0\n"
        assert len(result.nb.cells) == len(source.read(lesson).cells)


def test_unchanged_code_is_not_run_again(plain):
    code = "import time\n\nprint(time.time_ns())"
    folder = plain("01", code)
    [lesson] = find_lessons(folder)
    first, again = run.run_lesson(lesson), run.run_lesson(lesson)
    assert (first.kept, again.kept) == (False, True)
    assert first.nb == again.nb
    plain("01", code + "  # changed")
    assert not run.run_lesson(lesson).kept


def test_failed_lesson_is_run_again(plain):
    folder = plain("01", "1 / 0")
    [lesson] = find_lessons(folder)
    assert run.run_lesson(lesson).error
    assert not run.run_lesson(lesson).kept


def test_progress_of_the_reader_is_untouched(built, tmp_path, monkeypatch, lesson):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    for kept in built.glob("build/run/*/*"):
        kept.unlink()
    assert not run.run_lesson(lesson).error
    assert not (tmp_path / "home").exists()


def test_interrupted_run_goes_on_where_it_stopped(plain):
    plain("01", "print(1)")
    folder = plain("02", "import time\nfrom pathlib import Path\n\nPath('begun').touch()\ntime.sleep(600)")
    course = [
        sys.executable,
        "-c",
        "import sys; from course_utils.kit.cli import main; sys.exit(main())",
        "run",
    ]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background SIGINT is ignored
    process = subprocess.Popen(course, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    signal.signal(signal.SIGINT, before)
    kernels = []
    try:
        wait_for((folder / "solutions" / "begun").exists)
        kernels = children(process.pid)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    finally:
        if process.poll() is None:
            for left in (process, *kernels):
                left.kill()
    assert process.returncode == 130
    assert errors.startswith("course: interrupted. What was done is kept") and "Traceback" not in errors
    wait_for(lambda: not any(kernel.is_running() for kernel in kernels))

    plain("02", "print(2)")
    first, second = run.run(find_lessons(folder), "lesson", 1, *[lambda *_: None] * 3)
    assert (first.kept, second.kept) == (True, False)


def children(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def wait_for(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "7"], "There is no lesson '7'. The lessons here: 42."),
        (["build", "x"], "There is no lesson 'x'. The lessons here: 42."),
        (["run", ""], "There is no lesson ''. The lessons here: 42."),
        (["assets", "unknown"], "There is no asset called unknown"),
    ],
)
def test_bad_input_is_named(course, capsys, arguments, message):
    assert cli.main(arguments) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--scale", "huge"], "invalid choice: 'huge' (choose from"),
        (["run", "--jobs", "0"], "'0' is not a whole number above 0"),
        (["fly"], "invalid choice: 'fly'"),
        ([], "COMMAND"),
    ],
)
def test_bad_option_is_named(course, capsys, arguments, message):
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


def test_unwritable_build_folder(course, capsys):
    (course / "build").write_text("a file", encoding="utf-8")
    assert cli.main(["run"]) == 1
    assert f"{course}/build can't be written" in capsys.readouterr().err


def test_broken_source_is_named_before_anything_runs(plain, capsys, monkeypatch):
    monkeypatch.setattr(run, "execute", lambda *_: pytest.fail("ran"))
    plain("01", "print(1)")
    plain("02", "### BEGIN SOLUTION")
    assert cli.main(["run"]) == 1
    assert "02_plain.py:" in capsys.readouterr().err


def test_build_goes_on_after_a_lesson_that_fails(plain, capsys):
    plain("01", "1 / 0")
    folder = plain("02", "print(0.25)")
    assert cli.main(["build"]) == 1
    shown = capsys.readouterr()
    assert "01_plain: not built" in shown.out and "ZeroDivisionError" in shown.err
    assert "wrote solutions/02_plain.ipynb and notebooks/02_plain.ipynb" in shown.out
    assert cli.main(["build", "2"]) == 0
    assert "nothing changed" in capsys.readouterr().out
    (folder / "solutions" / "01_plain.py").unlink()
    assert cli.main(["build", "--check"]) == 0
    (folder / "notebooks" / "02_plain.ipynb").unlink()
    assert cli.main(["build", "--check"]) == 1


def test_progress_is_shown(course, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    assert cli.main(["progress"]) == 0
    assert "Lesson 42: 0 of 1 exercises, 0 of 2 points. Left: 42.1" in capsys.readouterr().out
    (tmp_path / "progress.json").write_text(
        json.dumps({"version": 1, "points": {"42.1": 2.0}}), encoding="utf-8"
    )
    assert cli.main(["progress"]) == 0
    assert "Lesson 42: 1 of 1 exercises, 2 of 2 points. Done." in capsys.readouterr().out
    (tmp_path / "progress.json").write_text("{", encoding="utf-8")
    assert cli.main(["progress"]) == 0
    assert "progress.json" in capsys.readouterr().out and not (tmp_path / "progress.json").exists()


def test_students_need_no_authors_packages(tmp_path):
    """With `.[lab]` alone all but the kit can be imported, `course progress` works, and a command that needs
    more says what to install.
    """
    code = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in ("jupytext", "papermill", "nbgrader", "nbval", "pytest", "ruff", "yaml", "hypothesis",
                    "markdown_it", "mdit_py_plugins", "latex2mathml", "beartype", "sklearn", "importlinter"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
import importlib, pkgutil, course_utils
for module in pkgutil.walk_packages(course_utils.__path__, "course_utils."):
    if not module.name.startswith("course_utils.kit."):
        importlib.import_module(module.name)
from course_utils.kit.cli import main
sys.exit(main(sys.argv[1:]))
"""
    environment = os.environ | {"COURSE_HOME": str(tmp_path)}

    def course(*arguments):
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    done = course("progress")
    assert done.returncode == 0, done.stderr
    assert "Lesson 00: 0 of 4 exercises" in done.stdout
    done = course("run", "00")
    assert done.returncode == 1
    assert 'is missing): in a clone of the course, run pip install -e ".[dev]"' in done.stderr


def test_jobs_share_the_cores(plain, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "to be restored")
    del os.environ["OMP_NUM_THREADS"]
    folder = plain("01", 'import os\n\nprint(os.environ["OMP_NUM_THREADS"])')
    [result] = run.run(find_lessons(folder), "lesson", 2, *[lambda *_: None] * 3)
    assert result.nb.cells[-1].outputs[0].text == f"{max(1, os.cpu_count() // 2)}\n"
    assert "OMP_NUM_THREADS" not in os.environ


def test_claims_of_a_notebook_name_their_lesson(built, lesson):
    assert LESSON.count("lesson.claim") == len(run.run_lesson(lesson).claims)
    assert run.run_lesson(lesson).claims[0]["lesson"] == "42"
    with pytest.raises(CourseError):
        find_lessons(built, ["1"])
