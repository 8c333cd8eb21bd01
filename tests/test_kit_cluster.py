"""Work spread over processes: workers that die, alone or with what they run; grading on a cluster."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from course_utils.kit import CourseError, cli, cluster, grade, handout, sandbox
from course_utils.kit.cluster import HERE, Task, Workers
from course_utils.kit.lessons import find_lessons
from tests.conftest import HEADER

needs_dask = pytest.mark.skipif(find_spec("distributed") is None, reason="distributed isn't installed")
ONE, TWO = Workers(count=1), Workers(count=2)

# --- tasks ---


def ignore(line: str) -> None:
    pass


@pytest.mark.parametrize("workers", [HERE, pytest.param(TWO, marks=needs_dask)], ids=["here", "two workers"])
def test_each_task_has_one_result_whatever_becomes_of_the_others(workers):
    def work(x: int) -> int:
        if x == 3:
            raise ValueError("three")
        if x == 1 and os.getpid() != here:
            os._exit(1)
        return x * x

    here, said = os.getpid(), []
    tasks = (Task(f"task {x}", (x,)) for x in range(8))
    results = list(cluster.each(work, tasks, workers, said.append))
    assert sorted(name for name, _ in results) == [f"task {x}" for x in range(8)]
    found = dict(results)
    assert isinstance(found.pop("task 3"), ValueError)
    if workers == TWO:
        assert cluster.BLAMED in str(found.pop("task 1"))
    assert found == {f"task {x}": x * x for x in range(8) if f"task {x}" in found}


@needs_dask
def test_a_scheduler_that_does_not_answer_is_named():
    with pytest.raises(CourseError, match="no Dask scheduler answers at nowhere://x"):
        list(cluster.each(abs, [Task("a", (1,))], Workers(address="nowhere://x"), ignore))


def test_workers_and_a_cluster_exclude_each_other(capsys):
    with pytest.raises(SystemExit):
        cli.main(["grade", "class", "--workers", "2", "--cluster", "tcp://x"])
    assert "not allowed with argument" in capsys.readouterr().err


@pytest.fixture
def start(tmp_path):
    """Starts a scheduler and workers, each a process of its own that nobody starts again: its address."""
    here = str(Path(cluster.__file__).parents[2])
    path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    processes = []

    def run(name: str, *arguments: str) -> None:
        command = [sys.executable, "-m", f"distributed.cli.dask_{name}", "--no-dashboard", *arguments]
        environment = os.environ | {"PYTHONPATH": path}
        processes.append(subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL))

    def start(workers: int, port: str = "0") -> str:
        file = tmp_path / "scheduler.json"
        file.unlink(missing_ok=True)
        run("scheduler", "--host", "127.0.0.1", "--port", port, "--scheduler-file", str(file))
        wait_for(file.exists)
        address = json.loads(file.read_text(encoding="utf-8"))["address"]
        for _ in range(workers):
            run("worker", address, "--no-nanny", "--nthreads", "1", "--local-directory", str(tmp_path))
        return address

    def stop() -> None:
        while processes:
            process = processes.pop()
            process.kill()
            process.wait()

    start.stop = stop
    yield start
    stop()


def wait_for(condition, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.1)


@needs_dask
def test_a_scheduler_that_is_started_again_gets_what_is_missing(start, tmp_path):
    def work(x: int) -> int:
        Path(tmp_path, f"begun-{x}").touch()
        while x and not Path(tmp_path, "go").exists():
            time.sleep(0.1)
        return x * x

    tasks = [Task(x, (x,)) for x in range(4)]
    address = start(workers=1)
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(lambda: list(cluster.each(work, tasks, Workers(address=address), ignore)))
        try:
            wait_for(lambda: working.done() or Path(tmp_path, "begun-1").exists())
            start.stop()
            start(workers=1, port=address.rpartition(":")[2])
        finally:
            Path(tmp_path, "go").touch()
        assert sorted(working.result()) == [(x, x * x) for x in range(4)]


# --- grading: a lesson of one exercise, three students ---

TINY = (
    HEADER.replace("NN", "00")
    + '''\
# %%
import course_utils

lesson = course_utils.start("00", scale=SCALE, seed=SEED)

# %% [markdown]
# ## Exercise 0.2 · Cosines


# %% exercise="0.2"
def cosine_similarities(W):
    """Cosines of all pairs of columns."""
    ### BEGIN SOLUTION
    lengths = W.norm(dim=0)
    directions = W / lengths.where(lengths > 0, 1)
    return directions.T @ directions
    ### END SOLUTION


# %% check="0.2"
lesson.check("0.2", cosine_similarities)
'''
)
RIGHT = TINY.partition("### BEGIN SOLUTION")[2].partition("### END SOLUTION")[0]
RIGHT = "def cosine_similarities(W):" + RIGHT
WRONG = "def cosine_similarities(W):\n    return W.T @ W"
KILLER = f"import os\n\nos.kill(os.getppid(), 9)\n\n\n{RIGHT}"
PATIENT = """
from pathlib import Path
import os, time

Path({place!r}, f"begun-{{os.getppid()}}").touch()
while not Path({place!r}, "go").exists():
    time.sleep(0.1)
"""
MARKS = ("grades.csv", "remarks.csv")
WALL = sandbox.TRUST if sandbox.missing() else sandbox.BUBBLEWRAP


def hand_in(course: Path, student: str, answer: str | None, before: str = "") -> None:
    """A submission with this answer; None cuts the file off."""
    nb = nbformat.read(course / "release" / "00_tiny" / "00_tiny.ipynb", as_version=4)
    [cell] = [cell for cell in nb.cells if "exercise" in cell.metadata]
    cell.source = answer or ""
    nb.cells.insert(1, new_code_cell(before))
    place = course / "submitted" / student / "00_tiny"
    place.mkdir(parents=True, exist_ok=True)
    text = nbformat.writes(nb)
    (place / "00_tiny.ipynb").write_text(text if answer else text[:300], encoding="utf-8")


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """A course that is handed out and handed in, not graded."""
    root = tmp_path_factory.mktemp("lesson")
    (root / "solutions").mkdir()
    (root / "solutions" / "00_tiny.py").write_text(TINY, encoding="utf-8")
    course = root / "class"
    handout.lay_out(find_lessons(root), course)
    config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    config.merge(Config({"CourseDirectory": {"root": str(course)}}))
    grade.find_commands()
    assert NbGraderAPI(config=config).generate_assignment("00_tiny")["success"]
    hand_in(course, "ada", RIGHT)
    hand_in(course, "bob", WRONG)
    hand_in(course, "eve", None)
    return course


@pytest.fixture
def course(handed_in, tmp_path):
    """A copy to grade."""
    return Path(shutil.copytree(handed_in, tmp_path / "class"))


@pytest.fixture(scope="module")
def marks(handed_in, tmp_path_factory):
    """grades.csv and remarks.csv of grading one after the other."""
    place = Path(shutil.copytree(handed_in, tmp_path_factory.mktemp("alone") / "class"))
    problems = grade.grade(place, WALL, HERE, ignore)
    assert len(problems) == 1 and problems[0].startswith("00_tiny, eve: not graded.")
    found = [(place / name).read_bytes() for name in MARKS]
    assert b"ada,,,,2.0" in found[0] and b"you forgot to divide by the lengths" in found[1]
    return found


@needs_dask
def test_an_interrupted_grading_goes_on(course, marks):
    said = []

    def interrupt(line: str) -> None:
        said.append(line)
        if re.search("of 3: 00_tiny, (ada|bob)", line):  # eve's is never graded
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade.grade(course, WALL, ONE, interrupt)
    assert re.fullmatch(r"  [12] of 3: 00_tiny, \w+: \S+ of 2; about \d+ (s|min) left", said[-1])
    assert not (course / "grades.csv").exists()
    grade.grade(course, WALL, HERE, said.append)
    assert "00_tiny: 3 handed in, 2 to grade" in said
    assert [(course / name).read_bytes() for name in MARKS] == marks


@needs_dask
def test_a_submission_that_kills_its_worker_stops_no_other(course):
    """Bob's, which waits on that worker, is lost with it, and run again."""
    hand_in(course, "ada", KILLER)
    hand_in(course, "bob", RIGHT)
    said = []
    killer, unreadable = sorted(grade.grade(course, sandbox.TRUST, ONE, said.append))
    assert killer == f"00_tiny, ada: not graded. {cluster.BLAMED}"
    assert unreadable.startswith("00_tiny, eve: not graded.")
    assert sum(" of 3: 00_tiny, " in line for line in said) == 3
    assert sum(" of 3: 00_tiny, bob: 2 of 2" in line for line in said) == 1


@needs_dask
def test_a_worker_killed_in_the_middle_loses_nothing(course, marks, start, tmp_path):
    gate = tmp_path / "gate"
    gate.mkdir()
    hand_in(course, "ada", RIGHT, PATIENT.format(place=str(gate)))
    said, cluster_of_two = [], Workers(address=start(workers=2))
    with ThreadPoolExecutor(1) as pool:
        grading = pool.submit(grade.grade, course, sandbox.TRUST, cluster_of_two, said.append)
        try:
            wait_for(lambda: grading.done() or list(gate.glob("begun-*")))
            [begun] = gate.glob("begun-*")
            psutil.Process(int(begun.name.removeprefix("begun-"))).kill()
        finally:
            (gate / "go").touch()
        [problem] = grading.result()
    assert problem.startswith("00_tiny, eve: not graded.")
    assert len(list(gate.glob("begun-*"))) == 2  # it was begun again, elsewhere
    assert sum(", ada: 2 of 2" in line for line in said) == 1
    assert [(course / name).read_bytes() for name in MARKS] == marks
