"""The claims of lesson 01 over 20 seeds: writes benchmarks/results/seeds_toy01.json.

Runs the lesson's own source, with other seeds and without its figures, and collects what it claims.
Run: python benchmarks/seeds_toy01.py (about fifteen minutes)
"""

import contextlib
import io
import json
import re
import time
from pathlib import Path

from course_utils.checks.lesson import Lesson

SEEDS = 20
ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "solutions" / "01_superposition.py"
RESULT = Path(__file__).parent / "results" / "seeds_toy01.json"
SKIPPED = re.compile(r'check=|tags=\["play"\]')  # cells that need a student, or a kernel


def claims_of(seed: int) -> dict[str, tuple[float, bool]]:
    """Name of each claim: what this seed measures, and whether the claim holds."""
    cells = SOURCE.read_text().split("\n# %%")
    code = "\n# %%".join(cell for cell in cells if not SKIPPED.search(cell.partition("\n")[0]))
    code = code.replace("\nSEED = 0\n", f"\nSEED = {seed}\n")
    found, original = {}, Lesson.claim

    def claim(lesson, name, value, **bounds):
        found[name] = (float(value), original(lesson, name, value, **bounds))

    Lesson.claim, Lesson.show = claim, lambda *_, **__: None
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(code, str(SOURCE), "exec"), {"__name__": "lesson"})
    finally:
        Lesson.claim = original
    return found


def main() -> None:
    runs = []
    for seed in range(SEEDS):
        start = time.process_time()
        runs.append(claims_of(seed))
        print(seed, {name: round(value, 4) for name, (value, _) in runs[-1].items()}, flush=True)
        print(
            f"{time.process_time() - start:.0f} s of CPU time; fail:",
            [n for n, c in runs[-1].items() if not c[1]],
        )
    holds = {name: sum(run[name][1] for run in runs) for name in runs[0]}
    print("seeds of", SEEDS, "in which each claim holds:", holds)
    values = [{name: round(value, 4) for name, (value, _) in run.items()} for run in runs]
    RESULT.write_text(json.dumps({"holds": holds, "runs": values}, indent=1) + "\n")


if __name__ == "__main__":
    main()
