"""The maker of tables: a lesson, or a function, over seeds and settings; a row for each run that finished.

Rows are kept in `build/sweeps.sqlite` as soon as they are measured, so a sweep that is killed goes on where
it stopped. A row counts only for the code, versions and processor that measured it. A finished table is
written to `benchmarks/results/`, with all that it takes to make it again; that of a function of the package
goes into the package, where a lesson reads it with `assets.table`.
"""

import importlib
import inspect
import itertools
import json
import math
import shlex
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import torch

from course_utils.kit import CourseError, cluster, fingerprint, reseed
from course_utils.kit.lessons import find_lessons
from course_utils.kit.run import build_folder

ROWS = """
CREATE TABLE IF NOT EXISTS rows (
    work TEXT, fingerprint TEXT, run TEXT, measured TEXT, fails TEXT, seconds REAL,
    PRIMARY KEY (work, fingerprint, run)
)"""
DIGITS = 5  # significant digits kept of a number


@dataclass(frozen=True)
class Work:
    """What a sweep measures."""

    name: str
    """"05" for a lesson, "module:function" for a function."""
    code: str
    """The source: rows of other code don't count."""
    measure: Callable[[int, dict], tuple[dict[str, float | None], list[str]]]
    """Of a seed and settings: the numbers by name, and which claims fail."""
    claims: bool
    """Whether the numbers are claims, which hold or fail."""

    def file(self, settings: dict[str, list]) -> Path:
        """Where the committed table lies, from the repository's root."""
        if self.name.startswith("course_utils."):
            return Path("course_utils", "assets", "tables", self.name.partition(":")[2] + ".json")
        stem = f"seeds_{self.name}" if self.claims else self.name.replace(":", ".")
        return Path("benchmarks", "results", "_".join([stem, *settings]) + ".json")


def find(target: str, root: Path) -> Work:
    """The lesson or function that `target` names. Raises CourseError where there is none."""
    return _function(target, root) if ":" in target else _lesson(target, root)


def _lesson(number: str, root: Path) -> Work:
    [lesson] = find_lessons(root, [number])
    if lesson.lacks:
        raise CourseError(lesson.lacks)

    def measure(seed: int, settings: dict) -> tuple[dict[str, float | None], list[str]]:
        claims = reseed.claims_of(lesson.source, seed, settings)
        values = {name: claim["value"] for name, claim in claims.items()}
        return values, [name for name, claim in claims.items() if not claim["holds"]]

    return Work(lesson.number, lesson.source.read_text(encoding="utf-8"), measure, claims=True)


def _function(target: str, root: Path) -> Work:
    """`module:function`. It takes `seed` and the settings by name; it returns a number, or some by name."""
    module, _, name = target.partition(":")
    sys.path.insert(0, str(root))  # a benchmark is no part of the installed package
    try:
        function = getattr(importlib.import_module(module), name)
        file = Path(inspect.getfile(function))
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise CourseError(
            f"{target!r} names no function ({error}). Give a lesson, or MODULE:FUNCTION."
        ) from None
    finally:
        sys.path.remove(str(root))

    def measure(seed: int, settings: dict) -> tuple[dict[str, float | None], list[str]]:
        torch.manual_seed(seed)
        found = function(seed=seed, **settings)
        return (found if isinstance(found, dict) else {name: found}), []

    beside = sorted(file.parent.glob("*.py"))  # it may use what lies beside it
    return Work(target, "".join(path.read_text(encoding="utf-8") for path in beside), measure, claims=False)


def sweep(work: Work, seeds: int, settings: dict[str, list], root: Path, say: Callable[[str], None]) -> Path:
    """Measure every seed with every combination of settings, as far as that isn't done; write the table.

    `say` is told each row and the time left. Returns the table's file. Raises CourseError
    for a run that fails; the rows before it are kept.
    """
    settings = dict(sorted(settings.items()))
    combinations = [
        dict(zip(settings, values, strict=True)) for values in itertools.product(*settings.values())
    ]
    runs = [{"seed": seed, **chosen} for chosen in combinations for seed in range(seeds)]
    made_with = {"processor": fingerprint.processor(), "versions": fingerprint.versions()}
    key = fingerprint.of(work.code, json.dumps(made_with), tables=work.claims)
    with closing(sqlite3.connect(build_folder(root) / "sweeps.sqlite")) as database:
        database.execute(ROWS)
        done = _rows(database, work, key)
        [(others,)] = database.execute("SELECT COUNT(*) FROM rows WHERE work = ?", [work.name])
        if others > len(done):
            say(f"{others - len(done)} rows of other code, versions or another processor don't count.")
        missing = [run for run in runs if json.dumps(run) not in done]
        if len(missing) < len(runs):
            say(f"{len(runs) - len(missing)} of {len(runs)} runs are done already.")
        began = time.monotonic()
        for count, run in enumerate(missing, 1):
            row = _measured(work, run)
            values = work.name, key, json.dumps(run), json.dumps(row["measured"]), json.dumps(row["fails"])
            with database:
                database.execute(
                    "INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?, ?)", [*values, row["seconds"]]
                )
            left = cluster.time_left(began, count, len(missing))
            say(f"{_told(run, row)}; {count} of {len(missing)}, {left}")
        done = _rows(database, work, key)
    return _export(work, settings, seeds, made_with, [done[json.dumps(run)] for run in runs], root)


def _measured(work: Work, run: dict) -> dict:
    """One row. Raises CourseError, with the traceback, for a run that fails or measures no numbers."""
    settings = {name: value for name, value in run.items() if name != "seed"}
    began = time.monotonic()
    try:
        found, fails = work.measure(run["seed"], settings)
        measured = {name: _number(value) for name, value in found.items()}
    except CourseError:
        raise
    except Exception:
        raise CourseError(f"{work.name} failed with {run}:\n{traceback.format_exc()}") from None
    return {"measured": measured, "fails": fails, "seconds": time.monotonic() - began}


def _number(value) -> float | None:
    """A number as JSON can hold it: None for what isn't finite."""
    return None if value is None or not math.isfinite(value) else float(f"{float(value):.{DIGITS}g}")


def _rows(database: sqlite3.Connection, work: Work, key: str) -> dict[str, dict]:
    """The finished rows that count, by run."""
    found = database.execute(
        "SELECT run, measured, fails FROM rows WHERE work = ? AND fingerprint = ?", [work.name, key]
    )
    return {
        run: {**json.loads(run), "fails": json.loads(fails), "measured": json.loads(measured)}
        for run, measured, fails in found
    }


def _export(work: Work, settings: dict, seeds: int, made_with: dict, rows: list[dict], root: Path) -> Path:
    """Write the table that is committed: nothing in it depends on when or how often it was stopped."""
    chosen = [f"--set {name}={','.join(map(str, values))}" for name, values in settings.items()]
    command = " ".join(["course sweep", shlex.quote(work.name), f"--seeds {seeds}", *chosen])
    table = {"command": command, **made_with, "code": fingerprint.of(work.code, tables=work.claims)}
    if work.claims:
        names = dict.fromkeys(name for row in rows for name in row["measured"])
        table["holds"] = {name: sum(_holds(row, name) for row in rows) for name in names}
    else:
        rows = [{name: value for name, value in row.items() if name != "fails"} for row in rows]
    path = root / work.file(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(table | {"rows": rows}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _holds(row: dict, claim: str) -> bool:
    return claim in row["measured"] and claim not in row["fails"]


def _told(run: dict, row: dict) -> str:
    what = ", ".join(f"{name} {value}" for name, value in run.items())
    fails = f"; fails: {', '.join(row['fails'])}" if row["fails"] else ""
    return f"{what}: {row['seconds']:.0f} s{fails}"
