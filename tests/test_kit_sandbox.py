"""Hostile submissions: each wall around a kernel is tried, and stands. Skipped where there is no wall."""

import os
import sys
from pathlib import Path

import pytest

from course_utils.kit import CourseError, sandbox
from course_utils.kit.kernel import Kernel, Limits, Stopped

ROOT = Path(__file__).parents[1]
needs_wall = pytest.mark.skipif(
    bool(sandbox.missing()) and not os.environ.get("COURSE_NEEDS_SANDBOX"), reason=sandbox.missing()
)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """A kernel behind the wall, beside what it must not reach."""
    place = tmp_path_factory.mktemp("class")
    (place / "gradebook.db").write_text("all marks", encoding="utf-8")
    mine, other = place / "submitted" / "mine", place / "submitted" / "other"
    for folder in (mine, other):
        folder.mkdir(parents=True)
        (folder / "data.txt").write_text(f"of {folder.name}", encoding="utf-8")
    os.environ["SECRET_OF_THE_INSTRUCTOR"] = "42"
    opened = Kernel(Limits(8, 1.5, 100_000, 0.1), "python3", str(mine), str(mine), sandbox.BUBBLEWRAP)
    del os.environ["SECRET_OF_THE_INSTRUCTOR"]
    opened.place = place
    yield opened
    opened.close()


def said(kernel: Kernel, code: str) -> str:
    """Printed text and errors of a cell, in one string."""
    shown, _ = kernel.run(code)
    texts = [output.get("text") or f"{output.get('ename')}: {output.get('evalue')}" for output in shown]
    return "\n".join(texts)


@needs_wall
def test_a_submission_sees_its_own_files_and_the_kit(kernel):
    assert "of mine" in said(kernel, "print(open('data.txt').read())")
    assert "7" in said(kernel, "open('own.txt', 'w').write('7')\nprint(open('own.txt').read())")
    assert "tensor" in said(kernel, "import course_utils, torch\nprint(torch.ones(1))")


@needs_wall
def test_nothing_else_is_there(kernel):
    for path in (
        kernel.place / "gradebook.db",
        kernel.place / "submitted" / "other" / "data.txt",
        ROOT / "solutions",
        ROOT / "tests",
        Path.home() / ".ssh",
        Path.home() / ".bashrc",
        "/etc/passwd",
        "/var",
    ):
        assert said(kernel, f"import os\nprint(os.path.exists({str(path)!r}))").strip() == "False", path
    assert said(kernel, "print(os.environ.get('SECRET_OF_THE_INSTRUCTOR'))").strip() == "None"
    others = said(kernel, "print([p for p in os.listdir('/proc') if p.isdigit()])")
    assert str(os.getpid()) not in others.split("'")


@needs_wall
@pytest.mark.parametrize(
    "code, what",
    [
        ("open('data.txt', 'w')", "what isn't its own"),
        ("import course_utils.checks as c\nopen(c.__file__, 'a')", "what isn't its own"),
        ("import torch\nopen(torch.__file__, 'a')", "what isn't its own"),
        ("open('/usr/evil', 'w')", "what isn't its own"),
        ("import socket\nsocket.create_connection(('1.1.1.1', 80), 2)", "the network"),
        ("open('/tmp/big', 'wb').write(bytes(2**28))", "more than its disk"),
        ("x = bytearray(2 * 2**30)", "more memory"),
    ],
)
def test_a_wall_stands_and_says_so(kernel, code, what):
    (told,) = sandbox.acted(said(kernel, code))
    assert what in told
    said(kernel, "import os\nif os.path.exists('/tmp/big'): os.remove('/tmp/big')")


@needs_wall
def test_an_endless_cell_is_interrupted(kernel):
    shown, interrupted = kernel.run("while True:\n    pass", seconds=2)
    assert interrupted and shown[-1].ename == "KeyboardInterrupt"


FORKS = """
import os, time
children = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(600)
            os._exit(0)
        children += 1
finally:
    print(children)
"""
MANY = """
import os, time
for _ in range(6):
    if os.fork() == 0:
        hoard = b"1" * (400 * 2**20)
        time.sleep(60)
        os._exit(0)
time.sleep(60)
"""
LEFT_BEHIND = """
import os, time
if os.fork() == 0:
    os.setsid()
    while True:
        open("/tmp/alive", "w").write(str(time.time()))
        time.sleep(0.1)
"""


@pytest.fixture
def other_kernel(tmp_path):
    opened = Kernel(
        Limits(120, 1.5, 100_000, 0.1), "python3", str(tmp_path), str(tmp_path), sandbox.BUBBLEWRAP
    )
    yield opened
    opened.close()


@needs_wall
def test_processes_without_end_come_to_an_end(other_kernel):
    text = said(other_kernel, FORKS)
    [told] = sandbox.acted(text)
    assert "too many processes" in told and 0 < int(text.split()[0]) <= sandbox.PROCESSES


@needs_wall
def test_memory_is_counted_over_all_processes(other_kernel):
    with pytest.raises(Stopped, match=r"more than 1.5 GB of memory"):
        other_kernel.run(MANY)


@needs_wall
def test_nothing_is_left_behind(other_kernel):
    import psutil

    other_kernel.run(LEFT_BEHIND)
    inside = psutil.Process(other_kernel.manager.provisioner.pid).children(recursive=True)
    assert len(inside) >= 2
    other_kernel.close()
    _, alive = psutil.wait_procs(inside, timeout=30)
    assert alive == []


@needs_wall
def test_what_started_it_cannot_be_killed(kernel):
    for pid in ("1", "os.getppid()"):
        said(kernel, f"import os\nos.kill({pid}, 9)")
    assert "still here" in said(kernel, "print('still here')")


def test_without_a_wall_nothing_runs_and_the_reason_is_given(monkeypatch):
    monkeypatch.setattr(sandbox, "missing", lambda: "bubblewrap isn't installed (its command is bwrap)")
    with pytest.raises(CourseError, match=r"isn't installed .*--container.*--trust"):
        sandbox.expect(sandbox.BUBBLEWRAP)
    sandbox.expect(sandbox.TRUST)


def test_a_containers_command_is_used_as_given(tmp_path):
    """Here a shell stands for the container: it starts the kernel with the Python that it finds."""
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\n: > {tmp_path}/started\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    wall = f"env PATH={python.parent} FOLDER={{folder}} SHARED={{shared}}"
    opened = Kernel(Limits(8, 4, 10_000), "python3", str(tmp_path), str(tmp_path), wall)
    try:
        assert (tmp_path / "started").exists()
        assert str(tmp_path) in said(opened, "import os\nprint(os.environ['FOLDER'])")
    finally:
        opened.close()
