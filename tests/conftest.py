"""A course of one small lesson, for the tests of the kit."""

import itertools
import os
import shutil
import sys
from pathlib import Path

import jaxtyping
import nbval.kernel
import pytest
from packaging.version import Version

from tests import typecheck

# Before anything of the science is imported: while tests run, its annotations are held to be true. An older
# jaxtyping loses the place of a function's source, which the mistakes of exercises are made from.
if Version(jaxtyping.__version__) >= Version("0.3"):
    jaxtyping.install_import_hook(
        [f"course_utils.{room}" for room in ("toy", "lm", "sae", "interp")], f"{typecheck.__name__}.checked"
    )


import course_utils.exercises
from course_utils.checks import registry
from course_utils.checks import run as check_run
from course_utils.kit import build, run
from course_utils.kit.lessons import LessonFiles, find_lessons
from course_utils.kit.sockets import Manager

nbval.kernel.KernelManager = Manager  # notebooks that are compared side by side take no port from each other

HEADER = """\
# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# course:
#   number: "NN"
#   title: A lesson for tests
#   minutes: 1
#   needs: []
#   papers: []
# ---

# %% [markdown]
# # NN · A lesson for tests
#
# It doubles.

# %% tags=["parameters"]
SCALE = "lesson"
SEED = 0

"""
LESSON = (
    HEADER.replace("NN", "42")
    + '''\
# %%
import plotly.graph_objects as go

import course_utils
import course_utils.exercises

course_utils.exercises.__path__.append("../checks")
lesson = course_utils.start("42", scale=SCALE, seed=SEED)

# %% [markdown]
# ## Exercise 42.1 · Double
#
# $$y = 2 x \\qquad \\begin{aligned} a &= b \\\\ c &= d \\end{aligned}$$

# %% exercise="42.1"
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


# %% check="42.1"
lesson.check("42.1", double)

# %% [markdown]
# ## Result

# %% tags=["nbval-check-output"]
three = lesson.use.double(1.5)
print("twice 1.5 is", three)
lesson.claim("fixture.double", three, at_least=2.5, paper="3 <b>")

# %%
figure = go.Figure(go.Scatter(x=[1.0, 2.0], y=[2.0, 4.0], name="</script>"))
lesson.show(figure, see=f"the line ends at {4.0:.1f}.", alt='a line, "double"')

# %%
import sys

list(lesson.progress(range(3), "counting"))
print("a warning", file=sys.stderr)

# %%
lesson.summary()
'''
)
MARKED_EXPERIMENT = """
# %% [markdown]
# ## Your experiment · Longer

# %% experiment="code"
### BEGIN SOLUTION
longer = [lesson.use.double(n) for n in range(9)]
longer[-1]
### END SOLUTION

# %% [markdown] experiment="answer"
# I doubled up to 8. I expected 16, and saw it. So it doubles.
"""
CHECKS = """\
from course_utils.checks.registry import exercise


def double(x):
    return 2 * x


double = exercise("42.1", double, title="Double", points=2, hints=("add x to itself",))


@double.part("one number")
def one(attempt):
    attempt.gives(6.0, 3.0)
"""


def plain_lesson(number: str, code: str) -> str:
    """A lesson without exercises whose one own cell is `code`."""
    return (
        HEADER.replace("NN", number)
        + f'# %% [markdown]\n# ## Work\n\n# %% tags=["nbval-check-output"]\n{code}\n'
    )


@pytest.fixture(autouse=True)
def seeds_in_order(monkeypatch):
    """A check that isn't given a seed takes 0, then 1, ... in each test: no test depends on luck."""
    seeds = itertools.count()
    monkeypatch.setattr(check_run, "fresh_seed", lambda: next(seeds))


@pytest.fixture
def checks_of_42(monkeypatch, tmp_path):
    """Let this process find the checks of lesson 42, and forget them afterwards."""
    folder = tmp_path / "checks-of-42"
    folder.mkdir()
    (folder / "lesson42.py").write_text(CHECKS, encoding="utf-8")
    monkeypatch.setattr(course_utils.exercises, "__path__", [*course_utils.exercises.__path__, str(folder)])
    yield
    registry.EXERCISES.pop("42.1", None)
    sys.modules.pop("course_utils.exercises.lesson42", None)


@pytest.fixture
def course(tmp_path, monkeypatch, checks_of_42) -> Path:
    """A folder with the source of lesson 42, not built; the working folder of the test."""
    for folder in ("solutions", "notebooks", "checks"):
        (tmp_path / "course" / folder).mkdir(parents=True)
    (tmp_path / "course" / "solutions" / "42_double.py").write_text(LESSON, encoding="utf-8")
    (tmp_path / "course" / "checks" / "lesson42.py").write_text(CHECKS, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "course")
    return tmp_path / "course"


@pytest.fixture(scope="session")
def built_once(tmp_path_factory):
    return tmp_path_factory.mktemp("built") / "course"


@pytest.fixture
def built(course, built_once) -> Path:
    """The same course, built: executed once for all tests."""
    if not built_once.exists():
        [lesson] = find_lessons(course)
        build.build(run.run_lesson(lesson))
        shutil.copytree(course, built_once)
    else:
        shutil.copytree(built_once, course, dirs_exist_ok=True)
    return course


@pytest.fixture
def lesson(course) -> LessonFiles:
    [lesson] = find_lessons(course)
    return lesson


@pytest.fixture(scope="module")
def chromium():
    """The system's Chromium, else playwright's, else a reason to skip. One a module: two can't run at once"""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as run_browser:
        try:
            opened = run_browser.chromium.launch(
                executable_path=shutil.which("chromium"),
                args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
            )
        except playwright.Error as error:
            if os.environ.get("COURSE_NEEDS_BROWSER"):
                raise
            pytest.skip(f"no browser: {error}")
        yield opened
        opened.close()
