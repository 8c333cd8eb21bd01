"""How far the printed numbers move is measured, kept, written down; every compared number has a measure."""

import json
import re
import sys

import nbformat
import pytest
import torch
from nbformat import v4

from course_utils.kit import CourseError, build, cli, fingerprint, outputs, run, worlds
from course_utils.kit.lessons import find_lessons
from course_utils.kit.worlds import World
from tests.conftest import LESSON
from tests.test_notebooks import LESSONS, every_lesson

# --- a world ---


@pytest.fixture
def nudged(monkeypatch):
    monkeypatch.setattr(torch, "randn", torch.randn)  # put back afterwards

    def draws(draw):
        torch.randn = plain
        if draw:
            worlds.nudge(draw)
        generator = torch.Generator().manual_seed(0)
        return torch.randn(50, 4, generator=generator), torch.rand(50, generator=generator)

    plain = torch.randn
    return draws


def test_nudge_moves_normal_draws_by_a_last_bit(nudged):
    (w, x), (w1, x1), (w2, _), (again, _) = (nudged(draw) for draw in (None, 1, 2, 1))
    assert torch.equal(x, x1) and torch.equal(w1, again)
    assert not torch.equal(w, w1) and not torch.equal(w1, w2)
    moved = ((w1 - w) / w).abs()
    assert 1e-8 < moved.mean() < 2e-7 and moved.max() < 1e-6


def test_worlds_that_the_processor_has_not_are_passed_over():
    def names(capability):
        return {world.name for world in worlds.WORLDS if worlds.possible(world, capability)}

    assert names("AVX512") == {world.name for world in worlds.WORLDS}
    assert names("AVX512") - names("AVX2") == {"avx512"}
    assert names("AVX2") - names("DEFAULT") == {"avx2"}
    assert len([name for name in names("DEFAULT") if "nudge" in name]) >= 3


# --- measuring ---


@pytest.fixture
def moving(built, monkeypatch):
    """The course of one lesson, built, in which a number depends on the world; and two worlds."""
    line = 'print("twice 1.5 is", three)'
    moved = line.replace("three)", "f\"{three + float(os.environ.get('MOVED', 0)):.2f}\")")
    assert line in LESSON
    [lesson] = find_lessons(built)
    imports = "import os\n\nimport course_utils\n"
    lesson.source.write_text(
        LESSON.replace(line, moved).replace("import course_utils\n", imports, 1), encoding="utf-8"
    )
    build.build(run.run_lesson(lesson))
    (built / "tests").mkdir(exist_ok=True)
    monkeypatch.setattr(worlds, "WORLDS", [World("here"), World("there", {"MOVED": "-0.25"})])
    return lesson


def test_measuring(moving, monkeypatch):
    said = []
    assert worlds.measure([moving], jobs=2, say=said.append) == []
    known = json.loads((moving.root / outputs.SPREAD).read_text(encoding="utf-8"))[moving.stem]
    assert [world.partition(":")[0] for world in known["worlds"]] == ["here", "there"]
    assert torch.__version__ in known["worlds"][0] and fingerprint.processor_name() in known["worlds"][0]
    assert known["numbers"]["result_1"].startswith("1.5 3.00±0.25 ")
    assert sum("done" in line for line in said) == 2

    monkeypatch.setattr(worlds, "_in_world", lambda *_: pytest.fail("ran again"))
    with (moving.root / "build" / "worlds.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"lesson": "cut o')  # killed while it wrote
    assert worlds.measure([moving], say=said.append) == []


def test_a_lesson_that_fails_in_a_world_is_a_problem(moving, monkeypatch):
    monkeypatch.setattr(worlds, "WORLDS", [World("here"), World("there", {"MOVED": "much"})])
    [problem] = worlds.measure([moving], say=lambda _: None)
    assert "in the world there" in problem and "result_1" in problem and "'much'" in problem
    assert len(worlds.rows(moving.root / "build" / "worlds.jsonl")) == 1


@pytest.mark.parametrize(
    "code", ["import os, signal; os.kill(os.getpid(), 9)", "raise SystemExit('no torch')"]
)
def test_a_world_that_ends_before_it_measured_is_a_problem(moving, monkeypatch, tmp_path, code):
    """Killed for want of memory, a process says nothing."""
    python = tmp_path / "python"
    python.write_text(f"#!{sys.executable}\n{code}\n", encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.setattr(worlds, "WORLDS", [World("there", {}, str(python))])
    [problem] = worlds.measure([moving], say=lambda _: None)
    assert "in the world there: its process ended with" in problem
    assert worlds.rows(moving.root / "build" / "worlds.jsonl") == []


def test_unknown_world_and_unfit_python(lesson):
    with pytest.raises(CourseError, match=r"no world mars\. The worlds: one thread, avx2"):
        worlds.measure([lesson], only=["mars"])
    with pytest.raises(CourseError, match="Name a Python with the course"):
        worlds.measure([lesson], python="/no/python")


def test_command_shows_problems_and_fails_with_them(course, monkeypatch, capsys):
    monkeypatch.chdir(course)
    asked = []
    monkeypatch.setattr(worlds, "measure", lambda *arguments: asked.append(arguments) or ["cell `a` moved"])
    assert cli.main(["worlds", "42", "--jobs", "2", "--only", "avx2", "nudge 1"]) == 1
    assert capsys.readouterr().err == "course: cell `a` moved\n"
    [(lessons, *options)] = asked
    assert [lesson.number for lesson in lessons] == ["42"] and options == [2, None, ["avx2", "nudge 1"]]


def test_a_lesson_that_reads_what_python_ships_stays_with_its_python(moving, monkeypatch):
    monkeypatch.setattr(worlds, "WORLDS", [World("older", version="3.9.1")])
    monkeypatch.setattr(worlds, "_in_world", lambda *_: pytest.fail("ran"))
    moving.source.write_text(
        moving.source.read_text(encoding="utf-8") + "\nimport course_utils.lm\n", encoding="utf-8"
    )
    said = []
    assert worlds.measure([moving], say=said.append) == []
    assert "and this is 3.9.1" in said[-1]


# --- what is written ---


@pytest.fixture
def committed(course, lesson):
    """A function that commits a solution with one compared cell, and merges what worlds printed there."""
    (course / "tests").mkdir()

    def merge(text, *there, machine="m"):
        cell = v4.new_code_cell(
            "1",
            id="a",
            execution_count=1,
            outputs=[v4.new_output("stream", text=text)],
            metadata={"tags": [outputs.CHECKED]},
        )
        lesson.solution.parent.mkdir(exist_ok=True)
        nbformat.write(v4.new_notebook(cells=[cell]), lesson.solution)
        rows = [{"world": f"w{k}", "machine": machine, "texts": {"a": t}} for k, t in enumerate(there)]
        problems = worlds.write(lesson, rows)
        return problems, json.loads((course / outputs.SPREAD).read_text(encoding="utf-8"))[lesson.stem]

    return merge


def test_the_largest_distance_is_kept_and_never_shrinks(committed):
    assert committed("loss 0.50, 3 found", "loss 0.52, 3 found", "loss 0.45, 4 found")[1] == {
        "worlds": ["w0: m", "w1: m"],
        "numbers": {"a": "0.50±0.05 3±1"},
    }
    _, known = committed("loss 0.50, 3 found", "loss 0.40, 3 found", machine="another")
    assert known == {"worlds": ["w0: another", "w0: m", "w1: m"], "numbers": {"a": "0.50±0.1 3±1"}}


def test_another_committed_number_is_measured_anew(committed):
    committed("loss 0.50, 3 found", "loss 0.52, 3 found", "loss 0.45, 4 found")
    _, known = committed("loss 0.60, 3 found", "loss 0.61, 3 found")
    assert known == {"worlds": ["w0: m"], "numbers": {"a": "0.60±0.01 3"}}


def test_other_words_in_a_world_are_a_problem(committed):
    [problem], known = committed("loss 0.50\nall found", "loss 0.51\nall found", "loss 0.50\nnone found")
    assert "cell `a` says something else in the world w1 (m)" in problem
    assert "'all found' -> 'none found'" in problem and "loss" not in problem
    assert known["numbers"] == {"a": "0.50±0.01"}


# --- the committed lessons ---


def compared(number):
    """Each compared cell of a lesson's committed solution: its id, its text, its entry."""
    spread = outputs.spreads(LESSONS[number].solution)
    for cell in nbformat.read(LESSONS[number].solution, as_version=4).cells:
        if outputs.CHECKED in cell.metadata.get("tags", []):
            yield cell.id, outputs.text(cell.outputs), spread.get(cell.id)


@every_lesson
def test_every_compared_number_has_a_measured_spread(number):
    for cell, text, entry in compared(number):
        assert outputs.measured(text, entry) is not None, f"{cell}: run `course worlds {number}`"
    known = json.loads((LESSONS[number].root / outputs.SPREAD).read_text(encoding="utf-8"))[
        LESSONS[number].stem
    ]
    assert known["numbers"].keys() == {cell for cell, _, _ in compared(number)}
    kinds = {
        re.match(r"avx2|nudge", world)[0] for world in known["worlds"] if world[:5] in ("avx2:", "nudge")
    }
    assert kinds == {"avx2", "nudge"}, f"run `course worlds {number}`"


@every_lesson
def test_a_number_that_moves_further_is_caught(number):
    """Each compared number in turn, moved by a little more than it may."""
    for cell, text, entry in compared(number):
        for match, spread in zip(outputs._NUMBER.finditer(text), outputs.measured(text, entry), strict=True):
            one = match[0]
            decimals = len(re.split("[eE]", one)[0].partition(".")[2])
            exponent = re.sub(r"^[^eE]*", "", one)
            value = outputs._value(one) + 1.1 * outputs.allowed(one, one, spread) + outputs._unit(one)
            scale = 10.0 ** int(exponent[1:] or 0)
            moved = text[: match.start()] + f"{value / scale:.{decimals}f}{exponent}" + text[match.end() :]
            assert outputs.disagreement(text, moved, entry), f"{cell}: {one} -> {value}"


@every_lesson
def test_no_number_moves_by_more_than_its_sentence_can_bear(number):
    """One that may move by a fifth says little: make it steadier, round it, or claim it within bounds.

    A count can't move by less than one.
    """
    for cell, text, entry in compared(number):
        spread = iter(outputs.measured(text, entry))
        for line in text.splitlines():
            for one, moved in zip(outputs.numbers(line), spread, strict=False):
                limit = outputs.MARGIN * (moved if moved != 1 or "." in one else 0)
                assert line.startswith("claim ") or limit <= 0.2 * abs(outputs._value(one)), f"{cell}: {line}"
