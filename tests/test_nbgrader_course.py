"""An nbgrader course, laid out and graded with nbgrader's own commands, with what students really hand in."""

import csv
import html
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from course_utils.checks import registry
from course_utils.kit import cli, grading, repair, sandbox
from course_utils.kit.lessons import find_lessons
from tests import answers
from tests.conftest import HEADER

ROOT = Path(__file__).parents[1]
TINY = (
    HEADER.replace("NN", "42")
    + '''\
# %%
import math

import course_utils

lesson = course_utils.start("42", scale=SCALE, seed=SEED)

# %% [markdown]
# ## Exercise 42.1 · Double


# %% exercise="42.1"
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


# %% check="42.1"
lesson.check("42.1", double)

# %% [markdown]
# ## Exercise 42.2 · Area


# %% exercise="42.2"
def area(radius):
    """Area of a circle."""
    ### BEGIN SOLUTION
    return math.pi * radius**2
    ### END SOLUTION


# %% check="42.2"
lesson.check("42.2", area)

# %% [markdown]
# ## Claims

# %% tags=["nbval-check-output"]
lesson.claim("tiny.area", lesson.use.area(1.0), at_least=3)

# %%
lesson.summary()
'''
)
CHECKS = '''\
"""Checks of lesson 42."""

from course_utils.checks.registry import exercise


def double(x):
    return 2 * x


def area(radius):
    return 3.14159265 * radius**2


doubling = exercise("42.1", double, title="Double", points=2, hints=("add x to itself",))
doubling.variants({"you dropped the sign": lambda result: abs(result)})


@doubling.part("a positive number")
def positive(attempt):
    attempt.gives(6.0, 3.0)


@doubling.part("a negative number")
def negative(attempt):
    attempt.gives(-6.0, -3.0)


circle = exercise("42.2", area, title="Area", points=3, hints=("pi",))


@circle.part("one radius")
def one_radius(attempt):
    attempt.gives(12.566, 2.0, rtol=1e-3)
'''
PICTURE = {"image/png": "iVBORw0KGgo="}
DOUBLE = 'def double(x):\n    """Twice x."""\n    return 2 * x'
AREA = 'def area(radius):\n    """Area of a circle."""\n    return math.pi * radius**2'


def run(folder: Path, *command: str, fails: bool = False, **environment: str) -> str:
    """Run one command of the instructor's; returns what it logged."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=folder, env=os.environ | {"PATH": path} | environment, capture_output=True, text=True
    )
    assert bool(done.returncode) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def tiny_course(place: Path) -> dict[str, str]:
    """A course of one tiny lesson in `place`; the environment in which commands work with it."""
    ignored = shutil.ignore_patterns("__pycache__", "*.safetensors", "lesson[0-9][0-9].py")
    shutil.copytree(ROOT / "course_utils", place / "course_utils", ignore=ignored)
    (place / "course_utils" / "exercises" / "lesson42.py").write_text(CHECKS, encoding="utf-8")
    (place / "solutions").mkdir()
    (place / "solutions" / "42_tiny.py").write_text(TINY, encoding="utf-8")
    return {"PYTHONPATH": str(place), "COURSE_HOME": str(place / "home")}


def table(path: Path) -> list[dict]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def submit(folder: Path, student: str, name: str, text: str) -> Path:
    place = folder / "submitted" / student / name
    place.mkdir(parents=True)
    (place / f"{name}.ipynb").write_text(text, encoding="utf-8")
    return place


def cell_of(nb, key: str, number: str):
    return next(cell for cell in nb.cells if cell.metadata.get(key) == number)


def filled(nb, double: str | None = DOUBLE, area: str | None = AREA):
    """A submission with these answers; None leaves the stub."""
    nb = nbformat.from_dict(nb)
    for number, code in (("42.1", double), ("42.2", area)):
        if code is not None:
            cell_of(nb, "exercise", number).source = code
    return nb


def with_cell(nb, code: str, place: int | None = None):
    """`nb` with a cell of the student's own: before the first exercise, unless it says where."""
    first = nb.cells.index(cell_of(nb, "exercise", "42.1"))
    nb.cells.insert(first if place is None else place, new_code_cell(code))
    return nb


# --- what students hand in ---


def split(nb):
    """The answer needs a helper that now stands in a cell before it, with the same metadata."""
    nb = filled(nb, "def double(x):\n    return twice(x)")
    answer = cell_of(nb, "exercise", "42.1")
    helper = new_code_cell("def twice(x):\n    return 2 * x", metadata=answer.metadata)
    nb.cells.insert(nb.cells.index(answer), helper)
    return nb


def duplicated(nb):
    """A first try, its copy made right below the check, copies of the check, a copy of an empty stub."""
    stub = cell_of(nb, "exercise", "42.2")
    nb = filled(nb, "def double(x):\n    return x")
    check = cell_of(nb, "check", "42.1")
    place = nb.cells.index(check) + 1
    metadata = cell_of(nb, "exercise", "42.1").metadata
    nb.cells[place:place] = [new_code_cell(DOUBLE, metadata=metadata)]
    nb.cells += [new_code_cell(cell.source, metadata=cell.metadata) for cell in (check, stub, check)]
    return nb


def deleted(nb):
    """Without the cell of the imports, one check and one exercise."""
    nb = filled(nb)
    gone = (
        cell_of(nb, "check", "42.1"),
        cell_of(nb, "exercise", "42.2"),
        next(cell for cell in nb.cells if cell.source.startswith("import math")),
    )
    nb.cells = [cell for cell in nb.cells if cell not in gone]
    return nb


def backwards(nb):
    nb = filled(nb)
    nb.cells.reverse()
    return nb


def other_tool(nb):
    """Saved by a tool that keeps neither ids nor metadata."""
    nb = filled(nb)
    nb.metadata, nb.nbformat_minor = {}, 4
    for cell in nb.cells:
        cell.metadata = {}
        del cell["id"]
    return nb


def pasted(nb):
    """An answer in words, with a picture pasted into its cell."""
    nb = filled(nb)
    nb.cells.append(new_markdown_cell("![](attachment:mine.png)", attachments={"mine.png": PICTURE}))
    return nb


def edited_checks(nb):
    """Check cells that say what one would like to hear, worth more; and a graded cell of one's own."""
    nb = filled(nb, None, AREA)
    check = cell_of(nb, "check", "42.1")
    check.source, check.metadata.nbgrader.points = "100.0", 100
    bonus = {"grade": True, "grade_id": "bonus", "locked": False, "solution": False, "points": 50}
    nb.cells.append(new_code_cell("50.0", metadata={"nbgrader": {**bonus, "schema_version": 1}}))
    return nb


FAKE = (
    "class Fake:\n    def __getattr__(self, name):\n        return lambda *a, **k: 5.0\n\n\nlesson = Fake()"
)
PATCHED = """\
from course_utils.checks import attempt, lesson as lessons, run, verdict
passed = lambda *a, **k: verdict.Verdict("", "passed", 2.0, 2.0)
run.run_check = lessons.run_check = passed
lessons.Lesson.check = lambda *a, **k: 2.0
attempt.Attempt.expect_close = lambda *a, **k: None
"""
SHOWN = """\
from course_utils import display
show = display.show
def better(text, html=None, **more):
    for record in more.values():
        if "points" in record:
            record["points"] = record["of"]
    show(text, html, **more)
display.show = better
"""
FORGED = """\
def double(x):
    from IPython.display import display
    display({"application/vnd.course.mark+json": {"points": 2.0, "of": 2.0, "remark": ""}}, raw=True)
"""
NOISY = """\
def double(x):
    import logging, os, sys, warnings
    logging.warning("noise")
    warnings.warn("more noise")
    print("noise", file=sys.stderr)
    os.write(2, b"noise below Python")
    return 2 * x
"""
COPIED = 'def double(x):\n    return lesson.exercises["42.1"].kit(x)'
KILLED = "def double(x):\n    import os, signal\n    os.kill(os.getpid(), signal.SIGKILL)"
LOOP = "import time\n\nwhile True:\n    time.sleep(0.1)"
DEAF = """\
import time
while True:
    try:
        time.sleep(100)
    except BaseException:
        pass
"""
HUNGRY = """\
import torch
try:
    torch.ones(10 * 2**28)
except RuntimeError as error:
    print(error)
bytearray(10 * 2**30)
"""
LOUD = """\
for _ in range(3):
    print("x" * 10_000_000)
for n in range(20_000):
    print("line", n)
"""
PUBLISHED = "def double(x):\n    import sys\n\n    sys.displayhook(2.0)\n    return x"
AT_ONCE = "import os\n\nos._exit(0)"

# student: what they hand in, the points of both exercises, and what the instructor is told (a regex)
SUBMISSIONS: dict[str, tuple[Callable, tuple[float, float], str]] = {
    "right": (filled, (2, 3), "^$"),
    "untouched": (lambda nb: filled(nb, None, None), (0, 0), "not attempted"),
    "half": (lambda nb: filled(nb, area=None), (2, 0), "not attempted"),
    "partial": (lambda nb: filled(nb, "def double(x):\n    return abs(2 * x)"), (1, 3), "dropped the sign"),
    "scratch": (lambda nb: with_cell(filled(nb), "double = double(3.0)", len(nb.cells)), (2, 3), "^$"),
    "assigned": (
        lambda nb: with_cell(filled(nb, None), "def twice(x):\n    return 2 * x\n\n\ndouble = twice"),
        (2, 3),
        "^$",
    ),
    "typo": (lambda nb: filled(nb, "def double(x)\n    return 2 * x"), (0, 3), "No cell that ran defines"),
    "split": (split, (2, 3), "double is defined|^$"),
    "duplicated": (duplicated, (2, 3), "defined 2 times; the last one counts"),
    "deleted": (deleted, (2, 0), "put back"),
    "backwards": (backwards, (2, 3), "^$"),
    "other_tool": (other_tool, (2, 3), "^$"),
    "loop": (lambda nb: with_cell(filled(nb), LOOP), (2, 3), "interrupted after 8 s"),
    "deaf_loop": (lambda nb: with_cell(filled(nb), DEAF), (2, 3), "could not be interrupted"),
    "sys_exit": (lambda nb: with_cell(filled(nb), "import sys\n\nsys.exit()"), (2, 3), "^$"),
    "exit": (lambda nb: with_cell(filled(nb), "exit()"), (2, 3), "it ended the kernel: exit"),
    "os_exit": (lambda nb: with_cell(filled(nb), AT_ONCE), (2, 3), "it ended the kernel: import os"),
    "killed": (lambda nb: filled(nb, KILLED), (0, 3), "it ended the kernel: lesson.check"),
    "killed_often": (
        lambda nb: with_cell(with_cell(filled(nb), AT_ONCE, 0), AT_ONCE, 0),
        (0, 0),
        "2 cells ended their kernels",
    ),
    "hungry": (
        lambda nb: with_cell(filled(nb), HUNGRY),
        (2, 3),
        "more memory than it may have: import torch",
    ),
    "loud": (lambda nb: with_cell(filled(nb), LOUD), (2, 3), "^$"),
    "noisy": (lambda nb: filled(nb, NOISY), (2, 3), "^$"),
    "own_check": (
        lambda nb: with_cell(filled(nb, None, AREA), "lesson.check = lambda *a: 5.0"),
        (0, 3),
        "LOOK: in the notebook this check gives 5 points, run by itself 0",
    ),
    "own_lesson": (lambda nb: with_cell(filled(nb, None), FAKE), (0, 3), "LOOK: .* gives 5 points"),
    "own_claim": (
        lambda nb: with_cell(filled(nb, None), "lesson.claim = lambda *a, **k: True"),
        (0, 3),
        "not attempted",
    ),
    "patched": (
        lambda nb: with_cell(filled(nb, "def double(x):\n    return x"), PATCHED),
        (0, 3),
        "LOOK: .* gives 2 points",
    ),
    "shown": (
        lambda nb: with_cell(filled(nb, "def double(x):\n    return x"), SHOWN),
        (0, 3),
        "expected 6, came out 3",
    ),
    "published": (
        lambda nb: filled(nb, PUBLISHED),
        (0, 3),
        "LOOK: while it was checked the answer showed a result of its own",
    ),
    "forged": (lambda nb: filled(nb, FORGED), (0, 3), "did you forget `return`"),
    "edited_checks": (edited_checks, (0, 3), "check cell had been changed, and was restored"),
    "copied": (
        lambda nb: filled(nb, COPIED),
        (2, 3),
        "LOOK: the answer mentions the kit's own",
    ),
    "pasted": (pasted, (2, 3), "^$"),
    "files": (lambda nb: filled(nb, "from helpers import double"), (2, 3), "^$"),
    "truncated": (None, (0, 0), "not graded: the notebook could not be read"),
}

LINUX = sys.platform == "linux"  # elsewhere nothing limits a kernel's memory: keep the machine alive


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course of one tiny lesson, handed out, handed in, graded, fed back and exported."""
    course = tmp_path_factory.mktemp("tiny")
    environment = tiny_course(course)

    def grade(name: str, students: list[str]) -> SimpleNamespace:
        told = run(course, "course", "nbgrader", name, **environment)
        folder = course / name
        with (folder / "nbgrader_config.py").open("a", encoding="utf-8") as config:
            config.write("c.RunSubmission.seconds = 8\nc.RunSubmission.kernels = 2\n")
        run(folder, "nbgrader", "generate_assignment", "42_tiny", **environment)
        released = nbformat.read(folder / "release" / "42_tiny" / "42_tiny.ipynb", as_version=4)
        for student in students:
            hand_in = SUBMISSIONS[student][0]
            text = nbformat.writes(hand_in(released) if hand_in else released)
            place = submit(folder, student, "42_tiny", text if hand_in else text[: len(text) // 2])
            if student == "files":
                (place / "helpers.py").write_text(DOUBLE, encoding="utf-8")
                (place / "course_utils.py").write_text(
                    "raise ImportError('hidden by a file of the student')", encoding="utf-8"
                )
        log = run(folder, "nbgrader", "autograde", "42_tiny", fails="truncated" in students, **environment)
        run(folder, "nbgrader", "generate_feedback", "42_tiny", **environment)
        run(folder, "nbgrader", "export", **environment)
        remarks: dict[str, dict[str, dict]] = {}
        for row in table(folder / "remarks.csv"):
            remarks.setdefault(row["student_id"], {})[row["exercise"]] = row
        scores = {row["student_id"]: row for row in table(folder / "grades.csv")}
        return SimpleNamespace(folder=folder, told=told, log=log, remarks=remarks, scores=scores)

    students = [student for student in SUBMISSIONS if student != "hungry" or LINUX]
    with ThreadPoolExecutor(2) as pool:
        groups = list(pool.map(grade, ("one", "two"), (students[::2], students[1::2])))
    assert not (course / "home").exists(), "grading has touched the instructor's own progress"
    return {student: group for group in groups for student in group.remarks}


def notebook(graded, student: str) -> Path:
    return graded[student].folder / "autograded" / student / "42_tiny" / "42_tiny.ipynb"


@pytest.mark.parametrize("student", SUBMISSIONS)
def test_each_gets_the_marks_it_deserves(graded, student):
    if student not in graded:
        pytest.skip("memory is limited on Linux only")
    _, points, told = SUBMISSIONS[student]
    rows = graded[student].remarks[student]
    assert tuple(float(rows[number]["points"]) for number in ("42.1", "42.2")) == points, rows
    remark = "\n".join(row["remark"] for row in rows.values() if row["remark"])
    assert re.search(told, remark), remark
    looked_at = [number for number, row in rows.items() if row["severity"] == "look"]
    assert bool(looked_at) == ("LOOK" in told or student == "truncated"), looked_at
    grade = graded[student].scores[student]
    assert float(grade["raw_score"]) == sum(points) and float(grade["max_score"]) == 5


def test_one_submission_stops_no_other(graded):
    assert set(SUBMISSIONS) - set(graded) == (set() if LINUX else {"hungry"})
    logs = "".join({group.log for group in graded.values()})
    failed = re.findall(r"error processing assignment '42_tiny' for student '(\w+)'", logs)
    assert failed == ["truncated"]


def test_students_see_why(graded):
    def page(student: str) -> str:
        folder = graded[student].folder / "feedback" / student / "42_tiny"
        return html.unescape((folder / "42_tiny.html").read_text(encoding="utf-8"))

    assert "you dropped the sign" in page("partial")
    assert PICTURE["image/png"] in page("pasted")
    assert "the last one counts" in page("duplicated")
    assert "This cell was left out: it ended the kernel." in page("os_exit")
    assert "the check cell had been changed, and was restored" in page("edited_checks")


def test_output_is_cut(graded):
    assert notebook(graded, "loud").stat().st_size < 2_000_000
    assert "1,000,000 characters was cut" in notebook(graded, "loud").read_text(encoding="utf-8")


@pytest.mark.skipif(not LINUX, reason="memory is limited on Linux only")
def test_memory_is_limited(graded):
    cells = nbformat.read(notebook(graded, "hungry"), as_version=4).cells
    [cell] = [cell for cell in cells if cell.source == HUNGRY]
    assert cell.outputs[-1].ename == "MemoryError", cell.outputs
    assert "allocate" in cell.outputs[0].text


@pytest.mark.parametrize("wall", ["bubblewrap", "trust"])
def test_course_grade_grades_what_is_new_and_keeps_what_is_done(tmp_path, wall):
    if wall == "bubblewrap" and sandbox.missing() and not os.environ.get("COURSE_NEEDS_SANDBOX"):
        pytest.skip(sandbox.missing())
    environment = tiny_course(tmp_path)
    run(tmp_path, "course", "nbgrader", "class", **environment)
    folder, more = tmp_path / "class", ["--trust"] if wall == "trust" else []
    told = run(tmp_path, "course", "grade", "class", *more, fails=True, **environment)
    assert "handed out nothing yet" in told
    run(folder, "nbgrader", "generate_assignment", "42_tiny", **environment)
    released = nbformat.read(folder / "release" / "42_tiny" / "42_tiny.ipynb", as_version=4)
    first = submit(folder, "ada", "42_tiny", nbformat.writes(filled(released, area=None)))
    submit(folder, "bob", "42_tiny", nbformat.writes(with_cell(filled(released), AT_ONCE)))
    submit(folder, "eve", "42_tiny", nbformat.writes(released)[:300])
    renamed = submit(folder, "dan", "42_tiny", nbformat.writes(filled(released)))
    (renamed / "42_tiny.ipynb").rename(renamed / "42_tiny (1).ipynb")

    def scores() -> dict[str, float]:
        return {row["student_id"]: float(row["raw_score"]) for row in table(folder / "grades.csv")}

    told = run(tmp_path, "course", "grade", "class", *more, fails=True, **environment)
    assert "3 handed in, 3 to grade" in told and "1 of 3: 42_tiny, ada: 2 of 5" in told
    assert "42_tiny, eve: not graded" in told
    assert "it holds 42_tiny (1).ipynb and no 42_tiny.ipynb" in told
    assert scores()["ada"] == 2 and scores()["bob"] == 5
    (first / "42_tiny.ipynb").write_text(nbformat.writes(filled(released)), encoding="utf-8")
    told = run(tmp_path, "course", "grade", "class", *more, fails=True, **environment)
    assert "3 handed in, 2 to grade" in told and scores()["ada"] == 5  # the one that changed, and eve's
    page = (folder / "feedback" / "ada" / "42_tiny" / "42_tiny.html").read_text(encoding="utf-8")
    assert "Content-Security-Policy" in page and "<script" not in page  # our own exporter made it
    assert "Exercise 42.1" in page
    run(tmp_path, "course", "class", "class", **environment)
    assert "3 students handed in something" in (folder / "class" / "index.html").read_text(encoding="utf-8")
    assert "eve: not graded" in run(
        tmp_path, "course", "marks", "class", "--for", "canvas", fails=True, **environment
    )
    marks = {row["SIS Login ID"]: row["42_tiny"] for row in table(folder / "canvas.csv")}
    assert marks == {"": "5", "ada": "5", "bob": "5"}  # the first row holds the points possible


def test_command_says_what_comes_next(graded):
    assert "nbgrader generate_assignment 42_tiny" in graded["right"].told
    assert "grade strangers' work in a container" in graded["right"].told


def test_a_folder_that_is_there_is_not_overwritten(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    (tmp_path / "gradebook.db").touch()
    assert cli.main(["nbgrader", str(tmp_path)]) == 1
    assert "may hold grades" in capsys.readouterr().err
    assert cli.main(["nbgrader", str(tmp_path / "gradebook.db" / "course"), "00"]) == 1
    assert "can't be written" in capsys.readouterr().err


def test_a_real_lesson_makes_the_round_trip(tmp_path):
    """Lesson 00: solved, untouched, and a selection of the banked wrong answers."""
    name, folder = "00_start_here", tmp_path / "class"
    run(ROOT, "course", "nbgrader", str(folder), "00")
    run(folder, "nbgrader", "generate_assignment", name)
    [lesson] = find_lessons(ROOT, ["00"])
    released = nbformat.read(folder / "release" / name / f"{name}.ipynb", as_version=4)
    ours = nbformat.read(lesson.student, as_version=4)
    assert [(c.id, c.source) for c in released.cells] == [(c.id, c.source) for c in ours.cells]

    submit(folder, "solved", name, lesson.solution.read_text(encoding="utf-8"))
    submit(folder, "untouched", name, nbformat.writes(released))
    exercises = registry.exercises("00")
    says: dict[str, dict[str, str]] = {}
    for student, place in (("first", 0), ("middle", 0.5), ("last", 1)):
        nb, says[student] = nbformat.from_dict(released), {}
        for number, exercise in exercises.items():
            bank = [a for a in answers.load() if a.exercise == number and a.says is not None]
            answer = bank[round(place * (len(bank) - 1))]
            cell_of(nb, "exercise", number).source = answers.IMPORTS + answer.source(exercise.name)
            says[student][number] = answer.says
        submit(folder, student, name, nbformat.writes(nb))
    run(folder, "nbgrader", "autograde", name)
    run(folder, "nbgrader", "export")

    for row in table(folder / "remarks.csv"):
        if row["exercise"] == "experiment":  # for a person to grade
            continue
        points, most = float(row["points"]), exercises[row["exercise"]].points
        assert points == most if row["student_id"] == "solved" else points < most, row
        assert row["severity"] != "look", row
        if row["student_id"] in says:
            graded = folder / "autograded" / row["student_id"] / name / f"{name}.ipynb"
            shown = str(cell_of(nbformat.read(graded, as_version=4), "check", row["exercise"]).outputs)
            assert says[row["student_id"]][row["exercise"]] in shown.replace("\\'", "'")
        if row["student_id"] == "untouched":
            assert row["remark"] == "not attempted" and points == 0


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_order_of_cells_can_be_graded(data):
    """Cells moved, copied, lost, with ids and metadata lost or damaged: what comes out is a lesson again."""
    [lesson] = find_lessons(ROOT, ["00"])
    released, nb = nbformat.read(lesson.student, as_version=4), nbformat.read(lesson.solution, as_version=4)
    places = data.draw(st.lists(st.integers(0, len(nb.cells) - 1), max_size=60))
    nb.cells = [nbformat.from_dict(nb.cells[place]) for place in places]
    for cell in nb.cells:
        damage = data.draw(st.sampled_from(["none", "no id", "no metadata", "damaged", "raw"]))
        if damage == "no id":
            cell.pop("id", None)
        elif damage == "no metadata":
            cell.metadata = {}
        elif damage == "damaged":
            cell.metadata.nbgrader = data.draw(st.sampled_from(["x", None, {}, {"grade_id": ["x"]}]))
        elif damage == "raw":
            cell.cell_type = "raw"
    repaired = repair.repair(nb, released)
    nbformat.validate(repaired)
    assert len({cell.id for cell in repaired.cells}) == len(repaired.cells)
    for number in registry.exercises("00"):
        graded = [cell.metadata.get("check") or cell.metadata.get("exercise") for cell in repaired.cells]
        assert [n for n in graded if n == number] == [number] * 2
        answer, check = (cell_of(repaired, kind, number) for kind in ("exercise", "check"))
        assert repaired.cells.index(answer) < repaired.cells.index(check)
        assert check == cell_of(released, "check", number)
        given_stub = cell_of(released, "exercise", number).source
        handed_in = cell_of(nbformat.read(lesson.solution, as_version=4), "exercise", number).source
        found = any(cell.source == handed_in for cell in nb.cells)
        assert answer.source == (handed_in if found else given_stub)


# what a tool or a student may have put into a cell, and into which kinds of cell
KEPT = {
    "attachments": (PICTURE, ("markdown", "raw")),
    "tags": (["mine", "remove-output"], ("markdown", "raw", "code")),
    "collapsed": (True, ("code",)),
    "jupyter": ({"source_hidden": True}, ("markdown", "raw", "code")),
    "vscode": ({"languageId": "python"}, ("markdown", "raw", "code")),
    "a tool of tomorrow": ([{"x": None}, 1.5], ("markdown", "raw", "code")),
}


def with_extras(cell):
    """The cell with all that KEPT has for its kind."""
    for key, (value, kinds) in KEPT.items():
        if cell.cell_type in kinds and key == "attachments":
            cell.attachments = {"picture.png": value}
            cell.source += "\n![mine](attachment:picture.png)"
        elif cell.cell_type in kinds:
            cell.metadata[key] = value
    return nbformat.from_dict(cell)


@pytest.mark.parametrize("own", [False, True], ids=["a cell of the lesson", "an own cell"])
@pytest.mark.parametrize("kind", ["markdown", "raw", "code"])
def test_repair_keeps_what_it_does_not_know_of_a_cell(kind, own):
    [lesson] = find_lessons(ROOT, ["00"])
    released = nbformat.read(lesson.student, as_version=4)
    nb = nbformat.from_dict(released)
    if own or kind == "raw":
        bare = {"cell_type": kind, "metadata": {}, "source": "mine", "id": "mine"}
        nb.cells.insert(3, nbformat.from_dict(bare | ({"outputs": []} if kind == "code" else {})))
        place = 3
    else:
        place = next(n for n, cell in enumerate(nb.cells) if cell.cell_type == kind and n > 3)
    left = with_extras(nb.cells[place])
    if kind == "code":
        left.outputs = [nbformat.v4.new_output("stream", text="of an earlier run")]
    nb.cells[place] = left
    repaired = repair.repair(nb, released)
    nbformat.validate(repaired)
    [cell] = [cell for cell in repaired.cells if cell.source == left.source]
    assert cell.metadata == left.metadata and cell.metadata["a tool of tomorrow"] == [{"x": None}, 1.5]
    assert cell.get("attachments") == left.get("attachments")
    assert cell.get("outputs", []) == []  # it is run again


def test_repair_lets_no_metadata_of_a_student_steer_the_grading():
    [lesson] = find_lessons(ROOT, ["00"])
    released = nbformat.read(lesson.student, as_version=4)
    nb = nbformat.from_dict(released)
    theirs = with_extras(cell_of(nb, "exercise", "0.2"))
    theirs.metadata.nbgrader = {"grade": True, "points": 100}
    copy = nbformat.from_dict({**cell_of(nb, "check", "0.2"), "source": "1.0"})
    nb.cells.append(new_code_cell("2.0", metadata={"check": "0.2", "nbgrader": {"grade": True}}))
    nb.cells += [copy]
    repaired = repair.repair(nb, released)
    for key in ("exercise", "check"):
        ours = [cell.metadata.nbgrader for cell in released.cells if key in cell.metadata]
        assert [cell.metadata.nbgrader for cell in repaired.cells if key in cell.metadata] == ours
    assert all(
        {"exercise", "check", "experiment"} & c.metadata.keys()
        for c in repaired.cells
        if "nbgrader" in c.metadata
    )


def test_repair_drops_what_no_tool_could_read():
    [lesson] = find_lessons(ROOT, ["00"])
    released = nbformat.read(lesson.student, as_version=4)
    nb = nbformat.from_dict(released)
    damaged = {"tags": "no list", "mine": 1, "jupyter": 3}
    nb.cells[0].metadata = nbformat.from_dict(damaged)
    nb.cells[0].unheard_of = "x"
    repaired = repair.repair(nb, released)
    nbformat.validate(repaired)
    assert repaired.cells[0].metadata == {"mine": 1} and "unheard_of" not in repaired.cells[0]


def test_feedback_can_be_made_of_pasted_pictures():
    """Also where one got lost on its way, as when text is copied from another notebook."""
    [lesson] = find_lessons(ROOT, ["00"])
    released = nbformat.read(lesson.student, as_version=4)
    nb = nbformat.from_dict(released)
    text = "![kept](attachment:kept.png) and ![lost](attachment:lost.png)"
    nb.cells.append(new_markdown_cell(text, attachments={"kept.png": PICTURE}))
    with pytest.raises(Exception, match=r"missing attachment: lost\.png"):
        HTMLExporter().from_notebook_node(nb)
    page, _ = HTMLExporter().from_notebook_node(repair.repair(nb, released))
    assert f'src="data:image/png;base64,{PICTURE["image/png"]}"' in page and 'src="lost.png"' in page


@pytest.mark.parametrize(
    "answer, look",
    [
        ("lesson.use.cosine_similarities(W)", True),
        ("toy.cosine_similarities(W)", True),
        ("twice(W)\n\nfrom course_utils.toy.geometry import cosine_similarities as twice", True),
        ("toy.forward(W)\n\nfrom course_utils import toy", False),
        ("F.cosine_similarities(W) + torch.nn.functional.cosine_similarities(W)", False),
        ("F.cosine_similarity(W, W)", False),
        ("helpers.cosine_similarities(W)", False),
        ("course_utils.toy.geometry.cosine_similarities(W)", True),
        ("mine.cosine_similarities(W)\n\nfrom course_utils import (\n    lm,\n    toy as mine,\n)", True),
        ("mine.cosine_similarities(W)\n\nimport math, course_utils.toy as mine", True),
    ],
)
def test_an_answer_that_mentions_the_kit_is_looked_at(answer, look):
    [lesson] = find_lessons(ROOT, ["00"])
    released = nbformat.read(lesson.student, as_version=4)
    nb = nbformat.from_dict(released)
    cell_of(nb, "exercise", "0.2").source = f"def cosine_similarities(W):\n    return {answer}"
    told = repair.repair(nb, released).metadata[repair.KEY]["remarks"].get("0.2", [])
    assert any(remark.startswith(repair.LOOK) for remark in told) is look, told


def test_repair_lets_no_cell_choose_the_scale():
    [lesson] = find_lessons(ROOT, ["00"])
    released = nbformat.read(lesson.student, as_version=4)
    nb = nbformat.from_dict(released)
    start = next(cell for cell in nb.cells if "course_utils.start(" in cell.source)
    start.source = start.source.replace("scale=SCALE", "scale = 'full'")
    nb.cells.append(new_code_cell('if SCALE == "full":\n    pass\nSCALE = "full"\nscale = "mine"'))
    repaired = repair.repair(nb, released)
    assert "scale=SCALE" in next(cell.source for cell in repaired.cells if cell.id == start.id)
    own = repaired.cells[-1].source
    assert own == 'if SCALE == "full":\n    pass\nSCALE = "smoke"  # as it is graded\nscale = "mine"'


def test_repair_knows_cells_by_their_text_whatever_their_line_ends():
    [lesson] = find_lessons(ROOT, ["00"])
    released = nbformat.read(lesson.student, as_version=4)
    nb = nbformat.from_dict(released)
    for cell in nb.cells:
        cell.source, cell.metadata = cell.source.replace("\n", "\r\n"), {}
        del cell["id"]
    repaired = repair.repair(nb, released)
    same = [cell.source.replace('"lesson"', '"smoke"') for cell in released.cells]
    assert [cell.source.replace('"lesson"', '"smoke"') for cell in repaired.cells] == same


@pytest.mark.parametrize(
    "shown, told",
    [
        ([new_output("error", ename="AssertionError", evalue="", traceback=[])], ["AssertionError:"]),
        ([new_output("error", ename="E", evalue="two\nlines", traceback=[])], ["E: two lines"]),
        (
            [new_output("stream", name="stderr", text="UsageError: no such magic")],
            ["UsageError: no such magic"],
        ),
        ([new_output("stream", name="stderr", text="a warning")], []),
        ([], []),
    ],
)
def test_what_stopped_an_answers_cell_is_told(shown, told):
    kernel = SimpleNamespace(run=lambda source: (shown, False))
    cell = new_code_cell(DOUBLE, metadata={"exercise": "42.1"})
    notes = grading.RunSubmission()._run_cell(kernel, cell)
    assert notes == [f"the answer's cell stopped: {one}" for one in told]
    assert grading.RunSubmission()._run_cell(kernel, new_code_cell(DOUBLE)) == []  # an own cell's is its own


@pytest.mark.parametrize(
    "code, defines, assigns",
    [
        ("def double(x):\n    return x", True, False),
        ("def double(x)\n    return x", True, False),
        ("double = lambda x: 2 * x", True, True),
        ("from helpers import double", True, False),
        ("double = compiled", False, True),
        ("double: object = double(3)", False, True),
        ("def double_all(x):\n    return double(x)", False, False),
        ("double(3) == 6", False, False),
        ("    double = 3", False, False),
        ("double == 3", False, False),
    ],
)
def test_which_cell_is_an_answer(code, defines, assigns):
    cell = new_code_cell(code)
    assert (repair._defines(cell, "double"), repair._assigns(cell, "double")) == (defines, assigns)
