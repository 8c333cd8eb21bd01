"""Do the claims of a toy-model lesson hold over its seeds?

Runs the lesson's own source at lesson scale, once for each seed and without its figures, and collects what it
claims in benchmarks/results/seeds_toyNN.json. `python -m benchmarks.seeds_toy NN [SEEDS]`, for lessons
01, 03, 04 and 06; about a minute a seed. It goes on where it stopped: delete the result after a
change of the lesson.
"""

import contextlib
import io
import json
import re
import sys
import time
from pathlib import Path

from course_utils.checks import lesson

ROOT = Path(__file__).parents[1]
SKIPPED = re.compile(r'check=|tags=\["play"\]')  # cells that need a student, or a kernel


def claims_of(source: Path, seed: int) -> dict[str, tuple[float, bool]]:
    """Name of each claim: what this seed measures, and whether the claim holds."""
    cells = source.read_text(encoding="utf-8").split("\n# %%")
    code = "\n# %%".join(cell for cell in cells if not SKIPPED.search(cell.partition("\n")[0]))
    assert "\nSEED = 0\n" in code
    code = code.replace("\nSEED = 0\n", f"\nSEED = {seed}\n")
    found, shown, figure = {}, lesson.show, lesson.Lesson.show

    def collect(text: str, html: str = "", **data) -> None:
        if record := data.get(lesson.CLAIM_MIME):
            value = float("nan") if record["value"] is None else record["value"]
            found[record["name"]] = value, record["holds"]

    lesson.show, lesson.Lesson.show = collect, lambda *_, **__: None
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(code, str(source), "exec"), {"__name__": "lesson"})
    finally:
        lesson.show, lesson.Lesson.show = shown, figure
    assert found, f"{source} claims nothing"
    return found


def main(number: str, seeds: int = 20) -> None:
    [source] = (ROOT / "solutions").glob(f"{number}_*.py")
    result = ROOT / "benchmarks" / "results" / f"seeds_toy{number}.json"
    runs = json.loads(result.read_text())["runs"] if result.exists() else []
    for seed in range(len(runs), seeds):
        start = time.process_time()
        found = claims_of(source, seed)
        fails = [name for name, (_, holds) in found.items() if not holds]
        runs.append({"seed": seed, "fails": fails} | {name: round(v, 4) for name, (v, _) in found.items()})
        print(f"seed {seed}, {time.process_time() - start:.0f} s of CPU time; fails: {fails}", flush=True)
        holds = {name: sum(name not in run["fails"] for run in runs) for name in found}
        result.write_text(json.dumps({"seeds": len(runs), "holds": holds, "runs": runs}, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
