"""The maker of tables: resumed after a kill it gives the same table, and rows of other code don't count."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from course_utils import assets
from course_utils.kit import CourseError, cli, fingerprint, reseed, sweep, tables

ROOT = Path(__file__).parents[1]
FUNCTION = """\
from pathlib import Path

import torch

CALLS = Path(__file__).with_name("calls")


def measure(seed, width=1, kind="plain"):
    CALLS.open("a").write(f"{seed} {width} {kind}\\n")
    if CALLS.with_name("bomb").exists() and len(CALLS.read_text().splitlines()) == 2:
        import os

        os._exit(9)
    return {"drawn": torch.rand(1).item(), "area": seed * width**2, "lost": float("nan")}
"""
SMALL = """\
# %% parameters
SEED = 0
LIMIT = 3

# %%
import course_utils
lesson = course_utils.start("00", scale="lesson", seed=SEED)
lesson.claim("small.seed", SEED, at_most=LIMIT)

# %% check="0.1"
lesson.check("0.1", None)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A course with a lesson of one claim, and a module with a function to measure."""
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "42_small.py").write_text(SMALL, encoding="utf-8")
    (tmp_path / "measures").mkdir()
    (tmp_path / "measures" / "small.py").write_text(FUNCTION, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in ("measures", "measures.small"):
        sys.modules.pop(name, None)


def course(folder, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "course_utils.kit.cli", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def table(folder, name: str) -> dict:
    return json.loads((folder / "benchmarks" / "results" / name).read_text(encoding="utf-8"))


def test_a_sweep_killed_in_a_run_goes_on_to_the_same_table(folder):
    asked = ("sweep", "measures.small:measure", "--seeds", "2", "--set", "width=2,3")
    whole = course(folder, *asked)
    assert whole.returncode == 0, whole.stderr
    written = table(folder, "measures.small.measure_width.json")
    (folder / "build" / "sweeps.sqlite").unlink()
    (folder / "measures" / "calls").unlink()
    (folder / "measures" / "bomb").touch()
    assert course(folder, *asked).returncode == 9  # in the second run
    (folder / "measures" / "bomb").unlink()
    (folder / "measures" / "calls").unlink()
    (folder / "benchmarks" / "results" / "measures.small.measure_width.json").unlink()
    again = course(folder, *asked)
    assert again.returncode == 0, again.stderr
    assert "1 of 4 runs are done already." in again.stdout
    assert len((folder / "measures" / "calls").read_text(encoding="utf-8").splitlines()) == 3
    assert table(folder, "measures.small.measure_width.json") == written


def test_table_says_how_to_make_it_again(folder, capsys):
    assert cli.main(["sweep", "measures.small:measure", "--seeds", "2", "--set", "width=2,3"]) == 0
    told = capsys.readouterr().out
    assert "seed 0, width 2: " in told and "1 of 4, about" in told and "left" in told
    made = table(folder, "measures.small.measure_width.json")
    assert made["command"] == "course sweep measures.small:measure --seeds 2 --set width=2,3"
    assert made["processor"] == fingerprint.processor() and made["versions"] == fingerprint.versions()
    assert {"Python", "torch", "numpy"} <= made["versions"].keys()
    assert [(row["seed"], row["width"]) for row in made["rows"]] == [(0, 2), (1, 2), (0, 3), (1, 3)]
    assert [row["measured"]["area"] for row in made["rows"]] == [0, 4, 0, 9]
    assert {row["measured"]["lost"] for row in made["rows"]} == {None}
    first, second, third, _ = (row["measured"]["drawn"] for row in made["rows"])
    assert first == third != second  # torch's own generator is seeded for each run


def test_rows_of_other_code_do_not_count(folder, capsys):
    assert cli.main(["sweep", "42", "--seeds", "2"]) == 0
    source = folder / "solutions" / "42_small.py"
    source.write_text(SMALL.replace("SEED, at_most", "SEED + 10, at_most"), encoding="utf-8")
    capsys.readouterr()
    assert cli.main(["sweep", "42", "--seeds", "3"]) == 0
    assert "2 rows of other code, versions or another processor don't count." in capsys.readouterr().out
    made = table(folder, "seeds_42.json")
    assert [row["measured"]["small.seed"] for row in made["rows"]] == [10, 11, 12]
    source.write_text(SMALL, encoding="utf-8")
    assert cli.main(["sweep", "42", "--seeds", "3"]) == 0  # the first two are there, and count again
    assert "2 of 3 runs are done already." in capsys.readouterr().out
    assert table(folder, "seeds_42.json")["code"] != made["code"]


def test_rows_of_another_processor_do_not_count(folder, capsys, monkeypatch):
    assert cli.main(["sweep", "42", "--seeds", "1"]) == 0
    monkeypatch.setattr(fingerprint, "processor", lambda: "an abacus")
    assert cli.main(["sweep", "42", "--seeds", "1"]) == 0
    assert "1 rows of other code" in capsys.readouterr().out
    assert table(folder, "seeds_42.json")["processor"] == "an abacus"


def test_claims_of_a_lesson_over_seeds_and_settings(folder, capsys):
    assert cli.main(["sweep", "42", "--seeds", "5"]) == 0
    assert "seed 4: 0 s; fails: small.seed; 5 of 5" in capsys.readouterr().out
    made = table(folder, "seeds_42.json")
    assert made["holds"] == {"small.seed": 4}
    assert made["rows"][4] == {"seed": 4, "fails": ["small.seed"], "measured": {"small.seed": 4.0}}
    assert cli.main(["sweep", "42", "--seeds", "2", "--set", "LIMIT=0,9"]) == 0
    made = table(folder, "seeds_42_LIMIT.json")
    assert [(row["LIMIT"], row["fails"]) for row in made["rows"]] == [
        (0, []),
        (0, ["small.seed"]),
        (9, []),
        (9, []),
    ]


def test_a_claim_that_is_not_made_does_not_hold(folder):
    source = folder / "solutions" / "42_small.py"
    source.write_text(
        SMALL + '\n# %%\nif SEED:\n    lesson.claim("small.rare", 1, at_least=0)\n', encoding="utf-8"
    )
    assert cli.main(["sweep", "42", "--seeds", "3"]) == 0
    assert table(folder, "seeds_42.json")["holds"] == {"small.seed": 3, "small.rare": 2}


def test_a_run_that_fails_is_shown_and_keeps_the_others(folder, capsys):
    source = folder / "solutions" / "42_small.py"
    source.write_text(SMALL + "\n# %%\n1 / (1 - SEED)\n", encoding="utf-8")
    assert cli.main(["sweep", "42", "--seeds", "3"]) == 1
    shown = capsys.readouterr().err
    assert "42 failed with {'seed': 1}" in shown and "ZeroDivisionError" in shown
    assert not (folder / "benchmarks").exists()
    assert cli.main(["sweep", "42", "--seeds", "1"]) == 0
    assert "1 of 1 runs are done already." in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["7"], "There is no lesson '7'"),
        (["measures.small:none"], "names no function"),
        (["measures.none:measure"], "names no function"),
        (["42", "--set", "NONE=1"], "0 lines begin with `NONE = `"),
        (["42", "--set", "SEED=1"], "not NAME=VALUE"),
        (["42", "--set", "LIMIT=1,,2"], "not NAME=VALUE"),
        (["42", "--seeds", "0"], "not a whole number above 0"),
    ],
)
def test_what_cannot_be_swept(folder, capsys, arguments, message):
    try:
        assert cli.main(["sweep", *arguments]) == 1
    except SystemExit as stopped:  # argparse says it
        assert stopped.code == 2
    assert message in capsys.readouterr().err


def test_a_lesson_that_claims_nothing(folder):
    (folder / "solutions" / "42_small.py").write_text("# %% parameters\nSEED = 0\n", encoding="utf-8")
    with pytest.raises(CourseError, match="claims nothing"):
        reseed.claims_of(folder / "solutions" / "42_small.py", 0, {})


def test_each_seed_gets_an_sae_of_its_own(folder, monkeypatch):
    """Where the lesson loads the shipped one; elsewhere and afterwards that stays what is loaded."""

    asked, load = [], assets.load_sae
    monkeypatch.setattr(reseed, "train_sae", lambda name, seed: asked.append((name, seed)))
    source = folder / "solutions" / "42_small.py"
    source.write_text(
        SMALL + '\n# %%\nfrom course_utils import assets\n\nassets.load_sae("sae-4x")\n', encoding="utf-8"
    )
    for seed in (3, 4):
        reseed.claims_of(source, seed, {})
    assert asked == [("sae-4x", 3), ("sae-4x", 4)] and assets.load_sae is load


def test_table_of_a_function_of_the_package_goes_where_lessons_read_it(tmp_path, monkeypatch):
    work = sweep.Work("course_utils.interp.some:measure", "", lambda seed, settings: ({"a": 2.0}, []), False)
    (tmp_path / "solutions").mkdir()
    path = sweep.sweep(work, 2, {"width": [4]}, tmp_path, print)
    assert path == tmp_path / "course_utils" / "assets" / "tables" / "measure.json"
    monkeypatch.setattr(assets, "FOLDER", tmp_path / "course_utils" / "assets")
    assert assets.table("measure") == [{"seed": seed, "width": 4, "a": 2.0} for seed in (0, 1)]


def test_a_table_counts_for_the_lessons_that_read_it_not_for_another_table():
    assert fingerprint.of("x") != fingerprint.of("x", tables=False)
    assert fingerprint.of("x", tables=False) == fingerprint.of("x", tables=False)


@pytest.mark.parametrize("path", sorted((ROOT / "course_utils" / "assets" / "tables").glob("*.json")))
def test_shipped_tables_are_whole(path):
    made = json.loads(path.read_text(encoding="utf-8"))
    assert {"command", "processor", "versions", "code", "rows"} <= made.keys()
    assert path.stem in made["command"] and len(made["rows"]) >= 2
    columns: dict[tuple, set] = {}  # all seeds of one setting measure the same
    for row in made["rows"]:
        setting = tuple(value for name, value in row.items() if name not in ("seed", "measured"))
        assert set(row["measured"]) == columns.setdefault(setting, set(row["measured"]))


@pytest.mark.parametrize(
    "path", sorted(set((ROOT / "benchmarks" / "results").glob("*.json")) - {ROOT / tables.SPEED})
)
def test_committed_tables_are_whole(path):
    made = json.loads(path.read_text(encoding="utf-8"))
    assert {"command", "processor", "versions", "code", "rows"} <= made.keys()
    seeds = [row["seed"] for row in made["rows"]]
    asked = re.search(r"--seeds (\d+)", made["command"])  # a lesson has twenty seeds
    least = int(asked[1]) if asked and not path.stem.startswith("seeds_") else 20
    assert seeds[:least] == list(range(least)), path.name
    for name, count in made.get("holds", {}).items():
        held = [name in row["measured"] and name not in row["fails"] for row in made["rows"]]
        assert sum(held) == count, name
