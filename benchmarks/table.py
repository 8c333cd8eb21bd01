"""All benchmarks as one table: `make bench`, or `python -m benchmarks.table sae` for one of them.

A benchmark is a module `bench_NAME.py` with a function `rows() -> list[Row]`, which measures each figure and
its baseline in the same run.
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
from pathlib import Path
from typing import NamedTuple

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


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; print the table."""
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    if unknown := set(names) - set(NAMES):
        print(f"No benchmark {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}.", file=sys.stderr)
        return 1
    rows = []
    for name in names or NAMES:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"benchmarks.bench_{name}").rows()
    print(f"{machine}, Python {platform.python_version()}")
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
