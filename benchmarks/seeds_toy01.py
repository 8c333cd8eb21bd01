"""The claims of lesson 01 over 20 seeds: writes benchmarks/results/seeds_toy01.json.

Runs the lesson's own source, with other seeds and without its figures, and collects what it claims.
Run: python benchmarks/seeds_toy01.py (about fifteen minutes). It goes on where it stopped; after a change of
the lesson, delete its result first.
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
    runs = json.loads(RESULT.read_text())["runs"] if RESULT.exists() else []
    for seed in range(len(runs), SEEDS):
        start = time.process_time()
        found = claims_of(seed)
        fails = [name for name, (_, holds) in found.items() if not holds]
        runs.append({"seed": seed, "fails": fails} | {name: round(v, 4) for name, (v, _) in found.items()})
        print(runs[-1], f"{time.process_time() - start:.0f} s of CPU time", flush=True)
        holds = {name: sum(name not in run["fails"] for run in runs) for name in found}
        RESULT.write_text(json.dumps({"seeds": len(runs), "holds": holds, "runs": runs}, indent=1) + "\n")


if __name__ == "__main__":
    main()
