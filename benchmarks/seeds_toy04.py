"""The claims of lesson 04 over several seeds: writes benchmarks/results/seeds_toy04.json.

Runs the lesson's own source at lesson scale, once for each seed. Run: python benchmarks/seeds_toy04.py
(about a minute a seed)
"""

import contextlib
import io
import json
import time
from collections import Counter
from pathlib import Path

import course_utils
from course_utils.checks.lesson import Lesson

SEEDS = 20
ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "seeds_toy04.json"


def claims(seed: int) -> dict[str, tuple[float, bool]]:
    """Each claim of the lesson: what this seed measures, and whether it holds."""
    source = (ROOT / "solutions" / "04_dynamics.py").read_text().replace("\nSEED = 0\n", f"\nSEED = {seed}\n")
    found, claim = {}, Lesson.claim

    def keep(lesson, name, value, **bounds):
        found[name] = (float(value), claim(lesson, name, value, **bounds))
        return found[name][1]

    Lesson.claim = keep
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            course_utils.setup()
            exec(compile(source, "04_dynamics.py", "exec"), {"__name__": "lesson"})
    finally:
        Lesson.claim = claim
    return found


def main() -> None:
    runs, holds = [], Counter()
    for seed in range(SEEDS):
        start = time.process_time()
        found = claims(seed)
        seconds = round(time.process_time() - start)
        runs.append({"seed": seed, "cpu_seconds": seconds} | {n: round(v, 4) for n, (v, _) in found.items()})
        holds.update({name: int(held) for name, (_, held) in found.items()})
        print(
            f"seed {seed}, {seconds} s; fails: {[n for n, (_, held) in found.items() if not held]}",
            flush=True,
        )
        RESULT.write_text(json.dumps({"seeds": len(runs), "holds": holds, "runs": runs}, indent=1) + "\n")


if __name__ == "__main__":
    main()
