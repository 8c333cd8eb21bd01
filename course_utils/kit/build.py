"""Make a lesson's two notebooks from its source, and find where the committed ones have drifted from it."""

import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode, ValidationError

from course_utils.figures import drawings
from course_utils.kit import CourseError, links, outputs, rules, source
from course_utils.kit.lessons import LessonFiles, find_lessons
from course_utils.kit.run import Result

LIMIT = 1_000_000
STUB = "...  # your code here"
ANSWER = "*What I changed, what I expected, what I saw, and in two sentences what follows:*"


def student_version(lesson: LessonFiles, solution: NotebookNode) -> NotebookNode:
    """What a student gets: nbgrader's own preprocessors, in the order of its `generate_assignment`."""
    from nbgrader import preprocessors as nbgrader

    nb = nbformat.from_dict(solution)
    nb.metadata.language_info = {"name": "python"}
    nb.cells[0].source = nb.cells[0].source.replace(links.colab(lesson.solution), links.colab(lesson.student))
    for step in (
        nbgrader.LockCells(),
        nbgrader.ClearSolutions(code_stub={"python": STUB}, text_stub=ANSWER),
        nbgrader.ClearOutput(),
        nbgrader.CheckCellMetadata(),
        nbgrader.ComputeChecksums(),
        nbgrader.ClearHiddenTests(),
        nbgrader.ClearMarkScheme(),
        nbgrader.ComputeChecksums(),
        nbgrader.CheckCellMetadata(),
    ):
        nb, _ = step.preprocess(nb, {})
    for cell in nb.cells:
        if name := rules.drawing_of(cell):  # a drawing is there before anything has run
            drawing = drawings.find(name)
            data = {"text/html": drawing.html(), "text/plain": drawing.alt}
            cell.outputs = [nbformat.v4.new_output("display_data", data)]
    return nb


def build(result: Result) -> list[Path]:
    """Write both notebooks of a lesson that ran; returns those that changed.

    The committed solution stays when it says the same as the new one: another processor is no change.
    Raises CourseError when the lesson failed, prints a path of this machine, or gives too large a notebook.
    """
    lesson = result.lesson
    if result.error:
        raise CourseError(
            f"{lesson.source}: cell `{result.failed_cell}`: {result.error}\n{error_text(result.nb)}"
        )
    for cell in result.nb.cells:
        place = outputs.machine_path(cell, lesson.root)
        if place:
            raise CourseError(
                f"{lesson.source}: the output of cell `{cell.id}` holds a path of this machine ({place}). "
                'Print a name without its folder, or tag the cell "volatile".'
            )
    try:
        old = _read(lesson.solution)
    except CourseError:  # a merge's conflict, or another accident: it is made anew
        old = None
    solution = (
        old
        if old is not None and outputs.same(old, result.nb, outputs.spreads(lesson.solution))
        else result.nb
    )
    student = student_version(lesson, source.read(lesson))
    return [path for path, nb in ((lesson.solution, solution), (lesson.student, student)) if _write(path, nb)]


def drift(lesson: LessonFiles) -> list[str]:
    """How the committed notebooks differ from what the source gives, found without running anything."""
    expected = source.read(lesson)
    again = f"Run `course build {lesson.number}` and commit both notebooks."
    try:
        old, student = _read(lesson.solution), _read(lesson.student)
    except CourseError as error:
        return [str(error)]
    found = []
    if old is None:
        found.append(f"{lesson.solution}: missing. {again}")
    elif _without_outputs(old) != _without_outputs(expected):
        found.append(f"{lesson.solution}: {_first_difference(_without_outputs(old), expected)} {again}")
    elif any(cell.outputs and cell.execution_count is None for cell in old.cells if cell.cell_type == "code"):
        found.append(f"{lesson.solution}: outputs without a run. {again}")
    if student is None:
        found.append(f"{lesson.student}: missing. {again}")
    elif student != (wanted := student_version(lesson, expected)):
        found.append(f"{lesson.student}: {_first_difference(student, wanted)} {again}")
    return found


def orphans(root: Path) -> list[str]:
    """Notebooks that no source gives."""
    lessons = find_lessons(root)
    known = {path for lesson in lessons for path in (lesson.solution, lesson.student)}
    return [
        f"{path}: no source gives this notebook. Remove it."
        for folder in ("solutions", "notebooks")
        for path in sorted((root / folder).glob("*.ipynb"))
        if path not in known
    ]


def output_drift(result: Result) -> list[str]:
    """Where a new run gives other checked numbers than the committed solution holds."""
    lesson = result.lesson
    if result.error:
        return [f"{lesson.source}: cell `{result.failed_cell}`: {result.error}"]
    fresh = {cell.id: cell for cell in result.nb.cells}
    spread = outputs.spreads(lesson.solution)
    return [
        f"{lesson.solution}: cell `{cell.id}`: {differs}. Find out why, then `course build {lesson.number}`."
        for cell in _read(lesson.solution).cells
        if outputs.CHECKED in cell.metadata.get("tags", [])
        and (
            differs := outputs.disagreement(
                outputs.text(cell.outputs),
                outputs.text(fresh[cell.id].outputs),
                spread.get(cell.id),
                f"course worlds {lesson.number}",
            )
        )
    ]


def error_text(nb: NotebookNode) -> str:
    """The traceback of the cell that failed, without colours; empty when no cell holds one."""
    errors = (
        output for cell in nb.cells for output in cell.get("outputs", []) if output.output_type == "error"
    )
    return next(("\n".join(re.sub(r"\x1b\[[\d;]*m", "", line) for line in e.traceback) for e in errors), "")


def read(path: Path) -> NotebookNode:
    """A committed notebook. Raises CourseError, with its name, for a file that is none."""
    try:
        nb = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        nbformat.validate(nb)
    except (OSError, ValueError, AttributeError, KeyError, ValidationError) as error:
        reason = str(error).strip().split("\n")[0][:200]
        number = path.name.split("_")[0]
        raise CourseError(
            f"{path}: no notebook can be read from it ({reason}). Run: course build {number}"
        ) from None
    nb.metadata.setdefault("language_info", {})  # some tools leave it out
    return nb


def _read(path: Path) -> NotebookNode | None:
    return read(path) if path.exists() else None


def _write(path: Path, nb: NotebookNode) -> bool:
    """Write a notebook unless the file says just that already; returns whether it wrote."""
    nbformat.validate(nb)
    text = nbformat.writes(nb) + "\n"
    size = len(text.encode())
    if size > LIMIT:
        heaviest, most = max(
            ((cell.id, len(str(cell.get("outputs", "")))) for cell in nb.cells), key=lambda pair: pair[1]
        )
        raise CourseError(
            f"{path} would be {size / 1e6:.2f} MB, and 1 MB is the limit. The largest "
            f"output is that of cell `{heaviest}` ({most / 1e6:.2f} MB): thin its figure."
        )
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True


def _without_outputs(nb: NotebookNode) -> NotebookNode:
    nb = nbformat.from_dict(nb)
    nb.metadata = outputs.without_version(nb)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return nb


def _first_difference(old: NotebookNode, new: NotebookNode) -> str:
    """Which cell differs first, in a sentence."""
    for a, b in zip(old.cells, new.cells, strict=False):
        if a.id != b.id:
            return f"it has cell `{a.id}` where the source gives `{b.id}`."
        if a.source != b.source:
            return f"cell `{a.id}` isn't what the source gives."
        if a.metadata != b.metadata:
            return f"cell `{a.id}` has other metadata than the source gives."
        if a.get("outputs") and not b.get("outputs"):
            return f"cell `{a.id}` holds outputs."
    if len(old.cells) != len(new.cells):
        return f"{len(old.cells)} cells, and the source gives {len(new.cells)}."
    return "its metadata isn't what the source gives."
