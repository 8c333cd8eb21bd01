"""One source gives two notebooks; a committed one that isn't what its source gives is found."""

import json

import nbformat
import pytest
from nbformat import v4

from course_utils.kit import CourseError, build, outputs, run, source
from course_utils.kit.run import Result
from tests.conftest import LESSON


def read(path):
    return nbformat.read(path, as_version=4)


def claims_of(nb):
    return [claim for cell in nb.cells for claim in outputs.claims(cell.get("outputs", []))]


def by_id(nb):
    return {cell.id: cell for cell in nb.cells}


def test_both_versions_hold_the_same_cells(built, lesson):
    solution, student = read(lesson.solution), read(lesson.student)
    assert (student.nbformat, student.nbformat_minor) == (4, 5)
    assert [cell.id for cell in solution.cells] == [cell.id for cell in student.cells]
    assert student.cells[1].id == "setup"
    changed = {a.id for a, b in zip(solution.cells, student.cells, strict=True) if a.source != b.source}
    assert changed == {"exercise-42-1-double_1"}


def test_student_version_has_a_stub_and_no_outputs(built, lesson):
    cells = by_id(read(lesson.student))
    assert cells["exercise-42-1-double_1"].source == (
        'def double(x):\n    """Twice x."""\n    ...  # your code here'
    )
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells.values())
    text = lesson.student.read_text(encoding="utf-8")
    assert "SOLUTION" not in text and "2 * x" not in text


def test_metadata_is_what_nbgrader_takes(built, lesson):
    cells = by_id(read(lesson.student))
    exercise, check = cells["exercise-42-1-double_1"].metadata, cells["exercise-42-1-double_2"].metadata
    assert (
        exercise.nbgrader.items()
        >= {
            "grade": False,
            "solution": True,
            "locked": False,
            "grade_id": "exercise-42-1",
            "schema_version": 3,
        }.items()
    )
    assert (
        check.nbgrader.items()
        >= {
            "grade": True,
            "solution": False,
            "locked": True,
            "grade_id": "check-42-1",
            "schema_version": 3,
            "points": 2,
        }.items()
    )
    assert exercise.nbgrader.checksum and check.nbgrader.checksum
    assert not check.editable and not exercise.deletable
    assert "editable" not in exercise


def test_solution_holds_what_lasts(built, lesson):
    nb = read(lesson.solution)
    text = lesson.solution.read_text(encoding="utf-8")
    assert "widgets" not in nb.metadata and "papermill" not in text and "iopub" not in text
    assert "a warning" not in json.dumps([cell.get("outputs") for cell in nb.cells])
    assert "counting" not in json.dumps([cell.get("outputs") for cell in nb.cells])
    assert [claim["name"] for claim in claims_of(nb)] == ["fixture.double"]
    assert nb.cells[-1].outputs == []


def test_building_again_changes_nothing(built, lesson):
    before = {path: path.read_bytes() for path in (lesson.solution, lesson.student)}
    assert build.build(run.run_lesson(lesson)) == []
    for kept in built.glob("build/run/*/*"):
        kept.unlink()
    again = run.run_lesson(lesson)
    assert not again.kept
    assert build.build(again) == []
    assert before == {path: path.read_bytes() for path in (lesson.solution, lesson.student)}


def test_other_points_in_a_figure_are_no_change_but_another_number_is(built, lesson):
    result = run.run_lesson(lesson)
    (built / "tests").mkdir(exist_ok=True)
    committed = outputs.text(by_id(result.nb)["result_1"].outputs)
    spread = [0.1, 0.1, *[0] * (len(outputs.numbers(committed)) - 2)]
    entries = {lesson.stem: {"numbers": {"result_1": outputs.entry(committed, spread)}}}
    (built / outputs.SPREAD).write_text(json.dumps(entries), encoding="utf-8")
    cells = by_id(result.nb)
    cells["result_1"].outputs[0].text = "twice 1.5 is 3.01\n"
    assert build.build(result) == []
    cells["result_1"].outputs[0].text = "twice 1.5 is 3.5\n"
    assert build.build(result) == [lesson.solution]


def test_prose_is_rebuilt_without_running(built, lesson, monkeypatch):
    monkeypatch.setattr(run, "execute", lambda *_: pytest.fail("ran again"))
    lesson.source.write_text(LESSON.replace("It doubles.", "It doubles numbers."), encoding="utf-8")
    assert build.build(run.run_lesson(lesson)) == [lesson.solution, lesson.student]
    assert "doubles numbers" in lesson.solution.read_text(
        encoding="utf-8"
    ) and "doubles numbers" in lesson.student.read_text(encoding="utf-8")
    assert build.drift(lesson) == []


def test_no_drift(built, lesson):
    assert build.drift(lesson) == []
    assert build.orphans(built) == []
    assert build.output_drift(run.run_lesson(lesson)) == []


def edit(path, change):
    nb = read(path)
    change(nb)
    nbformat.write(nb, path)


DRIFT = {
    "prose of the source": lambda lesson: lesson.source.write_text(
        LESSON.replace("It doubles.", "It halves."), encoding="utf-8"
    ),
    "code of the source": lambda lesson: lesson.source.write_text(
        LESSON.replace("three)", "three + 0)"), encoding="utf-8"
    ),
    "solution in the source": lambda lesson: lesson.source.write_text(
        LESSON.replace("2 * x", "x + x"), encoding="utf-8"
    ),
    "cell of the solution": lambda lesson: edit(
        lesson.solution, lambda nb: nb.cells[2].update(source="SCALE = 1")
    ),
    "cell of the student's": lambda lesson: edit(
        lesson.student, lambda nb: nb.cells[2].update(source="SCALE = 1")
    ),
    "cell too many": lambda lesson: edit(lesson.student, lambda nb: nb.cells.append(v4.new_code_cell("1"))),
    "cell too few": lambda lesson: edit(lesson.solution, lambda nb: nb.cells.pop()),
    "stub solved": lambda lesson: edit(
        lesson.student,
        lambda nb: nb.cells[5].update(source=nb.cells[5].source.replace("...", "return 2 * x")),
    ),
    "points": lambda lesson: edit(lesson.student, lambda nb: nb.cells[6].metadata.nbgrader.update(points=3)),
    "output in the student's": lambda lesson: edit(
        lesson.student, lambda nb: nb.cells[3].outputs.append(v4.new_output("stream", text="x"))
    ),
    "outputs without a run": lambda lesson: edit(
        lesson.solution, lambda nb: nb.cells[8].update(execution_count=None)
    ),
    "notebook's metadata": lambda lesson: edit(lesson.student, lambda nb: nb.metadata.update(kernelspec={})),
    "missing solution": lambda lesson: lesson.solution.unlink(),
    "missing student's": lambda lesson: lesson.student.unlink(),
}


@pytest.mark.parametrize("kind", DRIFT)
def test_drift_is_found(built, lesson, kind):
    DRIFT[kind](lesson)
    assert build.drift(lesson), kind


def test_orphan_is_found(built):
    (built / "notebooks" / "41_gone.ipynb").write_text("{}", encoding="utf-8")
    assert build.orphans(built) == [
        f"{built}/notebooks/41_gone.ipynb: no source gives this notebook. Remove it."
    ]


def test_changed_number_is_drift(built, lesson):
    edit(lesson.solution, lambda nb: nb.cells[8].outputs[0].update(text="twice 1.5 is 3.5\n"))
    assert build.drift(lesson) == []
    [problem] = build.output_drift(run.run_lesson(lesson))
    assert "cell `result_1`: committed 'twice 1.5 is 3.5" in problem


def result_with(lesson, text):
    nb = source.read(lesson)
    nb.cells[8].update(execution_count=1, outputs=[v4.new_output("stream", name="stdout", text=text)])
    return Result(lesson, "lesson", nb, 1.0)


def test_large_notebook_is_refused(lesson):
    with pytest.raises(
        CourseError, match=r"1\.\d\d MB, and 1 MB is the limit. The .* `result_1` \(1\.00 MB\)"
    ):
        build.build(result_with(lesson, "x" * 1_000_000))
    assert not lesson.solution.exists() and not lesson.student.exists()


def test_path_of_this_machine_is_refused(lesson):
    with pytest.raises(CourseError, match="`result_1` holds a path of this machine"):
        build.build(result_with(lesson, f"loaded {lesson.root}/x.safetensors"))


def test_failed_lesson_is_not_built(lesson):
    failed = Result(lesson, "lesson", source.read(lesson), 1.0, "ValueError: no", "result_1")
    with pytest.raises(CourseError, match="cell `result_1`: ValueError: no"):
        build.build(failed)
