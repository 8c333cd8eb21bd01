"""All benchmarks as one table: `make bench`, or `python -m benchmarks.table sae` for one of them.

A benchmark is a module `bench_NAME.py` with a function `rows() -> list[Row]`, which measures each figure and
its baseline in the same run. The last table of each kind of processor is kept in `benchmarks/results/`. With
`--laptop` the processor is told to do without all that is newer than AVX2, as old laptops and free cloud
machines do: it then multiplies as they do, but still at its own clock.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from course_utils.files import replacing
from course_utils.kit import fingerprint, tables, worlds

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / tables.SPEED
NAMES = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))


class Row(NamedTuple):
    """One figure beside its baseline."""

    work: str
    figure: float
    unit: str
    baseline: str
    """What it is compared with; empty where there is nothing to compare with."""
    baseline_figure: float | None
    ratio: float | None
    """How many times better than the baseline."""
    target: str


def table(rows: list[Row]) -> str:
    """The rows in aligned columns."""
    cells = [("work", "figure", "unit", "baseline", "its figure", "ratio", "target")]
    for row in rows:
        figure, baseline, ratio = map(_shown, (row.figure, row.baseline_figure, row.ratio))
        cells.append((row.work, figure, row.unit, row.baseline or "–", baseline, ratio, row.target))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)


def _shown(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def keep(name: str, rows: list[Row], results: Path = RESULTS) -> None:
    """Put the rows of one benchmark in the place of its last ones on this kind of processor."""
    kept = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    kind = kept.setdefault(fingerprint.instructions(), {})
    kind[name] = {
        "processor": fingerprint.processor(),
        "versions": fingerprint.versions(),
        "rows": [row._asdict() for row in rows],
    }
    with replacing(results) as file:
        file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all; print the table and keep it."""
    names = [name for name in arguments if name != "--laptop"]
    if unknown := set(names) - set(NAMES):
        print(f"No benchmark {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}.", file=sys.stderr)
        return 1
    if "--laptop" in arguments:  # torch reads these when it is loaded
        command = [sys.executable, "-m", "benchmarks.table", *names]
        return subprocess.run(command, env=os.environ | worlds.AVX2).returncode
    rows = []
    for name in names or NAMES:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        new = importlib.import_module(f"benchmarks.bench_{name}").rows()
        keep(name, new)
        rows += new
    tables.write(ROOT)
    print(f"{fingerprint.processor()}, torch {fingerprint.versions()['torch']}")
    print(table(rows), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
