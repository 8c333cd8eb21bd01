"""A kernel is prepared, and the report says what is off: packages, threads, where progress is kept."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from packaging.specifiers import SpecifierSet

import course_utils
from course_utils import environment, home
from course_utils.figures import frontend

ROOT = Path(__file__).parents[1]


def test_setup_prints_one_stable_line(capsys):
    course_utils.setup()
    assert capsys.readouterr().out == "The course kit is ready.\n"


def test_setup_names_what_is_missing(monkeypatch):
    monkeypatch.setattr(environment, "needed", lambda: {"some-package": SpecifierSet(">=1")})
    with pytest.raises(ImportError, match=r"not installed: some-package.*pip install some-package"):
        course_utils.setup()


def test_renderer_fits_the_front_end(monkeypatch):
    import plotly.io as pio

    frontend.prepare()
    assert pio.renderers.default == "plotly_mimetype"
    monkeypatch.setitem(sys.modules, "google.colab", object())
    frontend.prepare()
    assert pio.renderers.default == "colab"
    monkeypatch.undo()
    frontend.prepare()


def test_needed_is_the_packages_own_list():
    assert environment.needed()["torch"] == SpecifierSet(">=2.4") and "pytest" not in environment.needed()


def test_needed_knows_every_form_of_a_requirement(monkeypatch):
    listed = {
        "plain": "",
        "capped>=2.4,<3": "<3,>=2.4",
        "compatible~=1.4.2": "~=1.4.2",
        "with-extra[fast]>=1": ">=1",
        "spaced >= 1.0": ">=1.0",
        "dotted.name_2!=1.5": "!=1.5",
        'always>=1; python_version >= "3.8"': ">=1",
    }
    left_out = ['other-python>=1; python_version < "3"', 'a-tool>=1; extra == "dev"']
    monkeypatch.setattr(environment.metadata, "requires", lambda name: [*listed, *left_out])
    names = ["plain", "capped", "compatible", "with-extra", "spaced", "dotted.name_2", "always"]
    assert environment.needed() == {n: SpecifierSet(s) for n, s in zip(names, listed.values(), strict=True)}
    monkeypatch.setattr(environment.metadata, "requires", lambda name: None)
    assert environment.needed() == {}


@pytest.mark.parametrize(
    ("version", "wanted", "fits"),
    [
        ("2.13.0+cpu", ">=2.4", True),
        ("2.4", ">=2.4", True),
        ("2.3.9", ">=2.4", False),
        ("1.26.4", ">=2.0", False),
        ("25.1rc1", ">=25", True),
        ("25.0rc1", ">=25", False),
        ("3.0", ">=2.4,<3", False),
        ("1.5", "!=1.5", False),
        ("anything", "", True),
        ("unknown-build", ">=1", True),
    ],
)
def test_which_versions_fit(version, wanted, fits):
    assert environment.fits(version, SpecifierSet(wanted)) is fits


def test_report_names_an_old_package(monkeypatch, capsys):
    monkeypatch.setattr(environment, "needed", lambda: {"torch": SpecifierSet(">=99.0")})
    environment.report()
    assert 'Needs >=99.0. Run: pip install --upgrade "torch>=99.0"' in capsys.readouterr().out


HOMELESS = """
import pwd
def unknown(uid): raise KeyError(f"getpwuid(): uid not found: {uid}")
pwd.getpwuid = unknown
import course_utils
from course_utils import environment, home
assert not home.lasting()
course_utils.setup()
lesson = course_utils.start("00")
environment.report()
lesson.check("0.2", lesson.use.cosine_similarities)
lesson.summary()
print("kept in", home.folder())
"""


WATCH_TORCH = """
import os
import sys


class Watch:
    def find_spec(self, name, *_):
        if name == "torch":
            print(os.environ.get("GOMP_SPINCOUNT"))


sys.meta_path.insert(0, Watch())
import course_utils
import torch
"""


@pytest.mark.parametrize(
    ("users", "spins"),
    [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "active"}, "None")],
)
def test_threads_are_told_to_sleep_soon_before_torch_is_imported(users, spins):
    names = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
    others = {name: value for name, value in os.environ.items() if name not in names}
    env = others | users | {"PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-c", WATCH_TORCH], env=env, capture_output=True, text=True)
    assert run.stdout.split() == [spins], run.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no list of users to be missing from")
def test_a_user_without_a_home_or_a_name(tmp_path):
    """As in a container that runs under a bare number: nothing raises, and it is said where progress goes."""
    kept = {
        name: value for name, value in os.environ.items() if not re.match("HOME$|COURSE_HOME$|XDG_", name)
    }
    run = subprocess.run(
        [sys.executable, "-c", HOMELESS],
        env=kept | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert "A temporary folder, for you have no home here. Set COURSE_HOME" in run.stdout
    assert "Lesson 00: 1 of 4 exercises" in run.stdout
    assert run.stdout.count("You have no home folder here: your progress is kept in") == 1
    [folder] = re.findall("^kept in (.*)$", run.stdout, re.MULTILINE)
    assert json.loads((Path(folder) / "progress.json").read_text(encoding="utf-8"))["points"] == {"0.2": 2.0}
    assert Path(folder).parent == tmp_path


def test_an_unknown_home_in_course_home_is_no_error(monkeypatch):
    monkeypatch.setenv("COURSE_HOME", "~no-such-user/course")
    assert not home.lasting() and "superposition-course" in home.folder().name


def test_report_advises_when_something_is_off(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    environment.report()
    text = capsys.readouterr().out
    version = torch.__version__.split("+")[0]  # of the wheel; which build it is needn't be said
    assert text.startswith("1 thing to look at") and "OMP_NUM_THREADS" in text and f"torch: {version}" in text
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    environment.report()
    assert capsys.readouterr().out.startswith("All is well")
    monkeypatch.setattr(os, "access", lambda *_: False)
    environment.report()
    assert "Not writable. Set COURSE_HOME" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows doesn't say")
def test_the_most_memory_that_was_held_is_said():
    say = "print(environment.peak_memory())"
    code = f"from course_utils import environment; {say}; b'1' * 10**9; {say}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, after = map(float, re.findall(r"at most (.*) GB of memory", done.stdout))
    assert 0 <= before < 0.8 and 1 <= after <= before + 1.1
