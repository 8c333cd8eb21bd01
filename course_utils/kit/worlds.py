"""How far the lessons' printed numbers move from one machine to another: `course worlds`.

Another processor adds in another order, and a chaotic training turns the last bit of a sum into a digit of a
table. How far a number may move is therefore measured: every solution runs in several *worlds*, each in a
fresh process with these environment variables.

OMP_NUM_THREADS       one thread, or two: sums are cut in other places
ATEN_CPU_CAPABILITY   the vector instructions that PyTorch uses: avx512, avx2, default (no wide ones)
ONEDNN_MAX_CPU_ISA, MKL_ENABLE_INSTRUCTIONS    the same for the libraries that multiply matrices for it
COURSE_NUDGE          k: every normal draw is multiplied by 1 + 1e-7 · noise, the k-th noise (see `nudge`)

`--python PATH` adds a world with another environment's Python, packages and torch. What a world printed is
kept in build/worlds.jsonl, one line a lesson and world, so a killed command goes on where it stopped.
`tests/spread.json` holds what came of it: beside each compared number the largest distance from it that any
world gave, and the worlds.
"""

import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

import nbformat
import torch
from nbformat import NotebookNode

import course_utils
from course_utils.kit import CourseError, build, fingerprint, outputs, run, source
from course_utils.kit.execute import LessonFailed, execute
from course_utils.kit.lessons import LessonFiles

NUDGE = 1e-7


@dataclass(frozen=True)
class World:
    """One way to run a lesson: its name, environment variables, and the Python that runs it."""

    name: str
    environment: dict[str, str] = field(default_factory=dict)
    python: str = sys.executable
    version: str = platform.python_version()


def _isa(aten: str, onednn: str, mkl: str) -> dict[str, str]:
    return {
        "ATEN_CPU_CAPABILITY": aten,
        "ONEDNN_MAX_CPU_ISA": onednn,
        "MKL_ENABLE_INSTRUCTIONS": mkl,
    }


AVX2 = _isa("avx2", "AVX2", "AVX2")
"""As an old laptop or a free cloud machine: no wider vectors, no short numbers. Read when torch is loaded."""
WORLDS = [
    World("one thread"),
    World("avx2", AVX2),
    World("nudge 1", {"COURSE_NUDGE": "1"}),
    World("default", _isa("default", "SSE41", "SSE4_2")),
    World("avx512", _isa("avx512", "AVX512_CORE", "AVX512")),
    World("nudge 2", {"COURSE_NUDGE": "2"}),
    World("two threads", {"OMP_NUM_THREADS": "2"}),
    World("nudge 3", {"COURSE_NUDGE": "3"}),
]
"""In the order in which they run."""


def possible(world: World, capability: str) -> bool:
    """Whether a processor of this `capability` (torch's word: DEFAULT, AVX2, AVX512) can be in this world."""
    order = ["default", "avx2", "avx512"]
    wanted = world.environment.get("ATEN_CPU_CAPABILITY", "default")
    return order.index(wanted) <= (order.index(capability.lower()) if capability.lower() in order else 0)


def nudge(draw: int) -> None:
    """From now on `torch.randn` gives numbers that differ by one part in ten million, others for each `draw`.

    All starting weights of the course are normal draws, and its inputs are uniform ones. So this moves where
    a training starts by the last bit or two of a float32, as another processor's first steps would.
    """
    generator = torch.Generator().manual_seed(draw)
    drawn = torch.randn

    def randn(*size, **options):
        x = drawn(*size, **options)
        noise = drawn(x.shape, generator=generator, dtype=torch.float64).to(x.device)
        with torch.no_grad():
            return x.copy_(x * (1 + NUDGE * noise)) if x.is_floating_point() else x

    torch.randn = randn


def measure(
    lessons: list[LessonFiles],
    jobs: int = 1,
    python: str | None = None,
    only: list[str] | None = None,
    say: Callable[[str], None] = print,
) -> list[str]:
    """Run each lesson in each world that isn't done, `jobs` at a time, and write `tests/spread.json`.

    Returns problems: a lesson that failed in a world, a cell whose words differ there. Raises CourseError for
    an unknown world, a Python that can't run the course, a `build/` that can't be written.
    """
    root = lessons[0].root
    worlds = [_another(python)] if python else WORLDS
    if only:
        if unknown := sorted(set(only) - {world.name for world in worlds}):
            raise CourseError(
                f"There is no world {', '.join(unknown)}. The worlds: {', '.join(w.name for w in worlds)}."
            )
        worlds = [world for world in worlds if world.name in only]
    capability = torch.backends.cpu.get_cpu_capability()
    for world in [world for world in worlds if not possible(world, capability)]:
        say(f"{world.name}: not on this processor ({capability})")

    kept = run.build_folder(root) / "worlds.jsonl"
    notebooks = {lesson: source.read(lesson) for lesson in lessons}
    keys = {lesson: run.key(nb, "lesson") for lesson, nb in notebooks.items()}
    done = {(row["lesson"], row["world"], row["key"]) for row in rows(kept)}
    todo = [
        (lesson, world)
        for world in worlds
        if possible(world, capability)
        for lesson in lessons
        if (lesson.stem, world.name, keys[lesson]) not in done
        if not _reads_other_texts(lesson, world, say)
    ]
    problems, running = [], []
    pool = ThreadPoolExecutor(jobs)
    pending = {
        pool.submit(_in_world, lesson, notebooks[lesson], world, running): (lesson, world)
        for lesson, world in todo
    }
    try:
        for future in as_completed(pending):
            lesson, world = pending[future]
            row = future.result()
            if row["error"]:
                problems.append(f"{lesson.source}: in the world {world.name}: {row['error']}")
            else:
                with kept.open("a", encoding="utf-8") as file:
                    line = json.dumps(row | {"key": keys[lesson]}, ensure_ascii=False)
                    file.write(f"\n{line}\n")  # the line before may be cut off
            say(f"{lesson.stem}, {world.name}: {row['error'] or 'done'} ({row['seconds']:.0f} s)")
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in running:
            process.terminate()
        raise
    fresh = [row for row in rows(kept) if row["key"] in keys.values()]
    for lesson in lessons:
        problems += write(lesson, [row for row in fresh if row["lesson"] == lesson.stem])
    return problems


def rows(kept: Path) -> list[dict]:
    """What is kept of earlier runs. A line that a killed command left unfinished is passed over."""
    found = []
    for line in kept.read_text(encoding="utf-8").splitlines() if kept.exists() else []:
        with contextlib.suppress(ValueError):
            found.append(json.loads(line))
    return found


def write(lesson: LessonFiles, rows: list[dict]) -> list[str]:
    """Merge what the worlds printed into `tests/spread.json`; returns which cells say something else there.

    A spread never gets smaller while the cell's committed numbers stay what they are. Where they have
    changed, what was measured for the old ones is dropped.
    """
    file = lesson.root / outputs.SPREAD
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    old = known.get(lesson.stem, {"worlds": [], "numbers": {}})
    problems, measured, changed = [], {}, False
    for cell in build.read(lesson.solution).cells:
        if outputs.CHECKED not in cell.metadata.get("tags", []):
            continue
        committed = outputs.text(cell.outputs)
        spread = outputs.measured(committed, old["numbers"].get(cell.id))
        if spread is None:
            changed = changed or cell.id in old["numbers"]
            spread = [0.0] * len(outputs.numbers(committed))
        for row in rows:
            there = row["texts"].get(cell.id, "")
            distances = outputs.distances(committed, there)
            if distances is None:
                problems.append(
                    f"{lesson.source}: cell `{cell.id}` says something else in the world {row['world']} "
                    f"({row['machine']}). Don't compare its words, or make what it tells steadier.\n"
                    + "\n".join(_other_lines(committed, there))
                )
            else:
                spread = list(map(max, spread, distances))
        measured[cell.id] = outputs.entry(committed, spread)
    where = {f"{row['world']}: {row['machine']}" for row in rows} | set([] if changed else old["worlds"])
    if where:
        known[lesson.stem] = {"worlds": sorted(where), "numbers": measured}
        text = json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False)
        file.write_text(text + "\n", encoding="utf-8")
    return problems


def _other_lines(committed: str, there: str) -> list[str]:
    """The lines whose words differ, committed beside measured."""
    pairs = zip_longest(committed.splitlines(), there.splitlines(), fillvalue="")
    return [f"  {a!r} -> {b!r}" for a, b in pairs if outputs.distances(a, b) is None]


def _another(python: str) -> World:
    """The world of another environment's Python. Raises CourseError."""
    code = "import platform, torch; print(platform.python_version(), torch.__version__)"
    try:
        said = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise CourseError(f"{python} can't import torch ({error}). Name a Python with the course.") from None
    version, torchs = said.split()
    return World(f"torch {torchs}", {}, python, version)


def _reads_other_texts(lesson: LessonFiles, world: World, say: Callable[[str], None]) -> bool:
    """Whether a lesson's corpus is another one in this world: it is made from what each Python ships."""
    made_with = build.read(lesson.solution).metadata.language_info.get("version")
    other = world.version != made_with and "course_utils.lm" in lesson.source.read_text(encoding="utf-8")
    if other:
        say(f"{lesson.stem}, {world.name}: reads what Python {made_with} ships, and this is {world.version}")
    return other


def _in_world(lesson: LessonFiles, nb: NotebookNode, world: World, running: list[subprocess.Popen]) -> dict:
    """Run a lesson in a world, in a process of its own; what `main` found there."""
    paths = [str(Path(course_utils.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "OMP_NUM_THREADS": "1",
        **world.environment,
    }
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        given, row = Path(folder) / "given.ipynb", Path(folder) / "row.json"
        nbformat.write(nb, given)
        command = [world.python, "-m", "course_utils.kit.worlds", given, lesson.source.parent, row]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        running.append(process)
        _, complaint = process.communicate()
        if row.exists():
            found = json.loads(row.read_text(encoding="utf-8"))
        else:  # killed, it may be without a word
            found = {"error": f"its process ended with {process.returncode}. {complaint[-500:]}".strip()}
    return {"lesson": lesson.stem, "world": world.name, "seconds": time.monotonic() - began, **found}


def main(given: str, folder: str, row: str) -> None:
    """Run a notebook with this process's Python and environment; write what compared cells say to `row`."""
    nb = nbformat.read(given, as_version=4)
    if draw := os.environ.get("COURSE_NUDGE"):
        code = f"from course_utils.kit import worlds\n\nworlds.nudge({draw})"
        nb.cells.insert(0, nbformat.v4.new_code_cell(code))
    found = {"error": ""}
    try:
        done = execute(nb, Path(folder))
    except LessonFailed as failed:
        found["error"] = f"cell `{failed.cell}`: {failed}"
    else:
        found["texts"] = {
            cell.id: outputs.text(outputs.lasting(cell))
            for cell in done.cells
            if outputs.CHECKED in cell.metadata.get("tags", [])
        }
        versions = f"torch {torch.__version__}, Python {platform.python_version()}"
        found["machine"] = f"{fingerprint.processor_name()}, {versions}"
    Path(row).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
