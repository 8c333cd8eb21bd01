"""From a lesson's source, `solutions/NN_name.py`, to a notebook without outputs.

The source is jupytext's py:percent format. Here it gets what should not be written by hand: the set-up cell,
the links under the title, cell ids, nbgrader's metadata.
"""

import ast
import platform
import re

import jupytext
import nbformat
import yaml
from nbformat import NotebookNode

from course_utils.checks import registry
from course_utils.kit import CourseError, links, rules
from course_utils.kit.lessons import LessonFiles

EXPERIMENT_POINTS = 4
"""Points of an open experiment: one for each line of the rubric in INSTRUCTORS.md."""


def read(lesson: LessonFiles) -> NotebookNode:
    """The solution notebook that the source gives, without outputs.

    Raises one CourseError for a source that breaks rules in CONTRIBUTING.md: a line for each, with its place.
    """
    try:
        text = lesson.source.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CourseError(f"{lesson.source}: not UTF-8 ({error.reason}). Save it as UTF-8.") from None
    nb = jupytext.reads(text, fmt="py:percent")
    header = _header(lesson, nb)
    cells = rules.cells_of(nb, _first_lines(lesson, text, len(nb.cells)))
    if problems := rules.broken(lesson.number, header, cells):
        raise CourseError("\n".join(f"{lesson.source}:{line}: {what}" for line, what in problems))

    for cell in cells:
        _tag(cell)
        _add_nbgrader(cell, lesson.number)
    nb.cells[0].source = links.under_title(nb.cells[0].source, lesson.solution)
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace("](../docs/", f"]({links.docs()}")
    nb.cells.insert(1, nbformat.v4.new_code_cell(links.setup_source(), metadata={"tags": ["setup"]}))
    _number_cells(nb)
    nb.metadata = nbformat.from_dict(
        {
            "course": header,
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python", "version": platform.python_version()},
        }
    )
    nb.nbformat, nb.nbformat_minor = 4, 5
    return nb


def _header(lesson: LessonFiles, nb: NotebookNode) -> dict:
    """The `course:` part of the YAML header, which jupytext leaves as a first raw cell; empty without one."""
    raw = nb.cells.pop(0).source if nb.cells and nb.cells[0].cell_type == "raw" else ""
    try:
        header = yaml.safe_load(raw.strip().strip("-"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = 2 + mark.line if mark else 1
        raise CourseError(f"{lesson.source}:{line}: the header isn't YAML: {error}") from None
    course = header.get("course") if isinstance(header, dict) else None
    return course if isinstance(course, dict) else {}


def _first_lines(lesson: LessonFiles, text: str, cells: int) -> list[int]:
    """The line of each cell's `# %%`."""
    lines = [n for n, line in enumerate(text.splitlines(), 1) if re.match(r"# %%( |$)", line)]
    if len(lines) != cells:
        raise CourseError(
            f"{lesson.source}:1: begin each cell with a `# %%` line; text stands outside of the cells."
        )
    return lines


def _tag(cell: rules.Cell) -> None:
    """Say in the metadata which cells need a kernel, speak of their reader, or give an answer away."""
    metadata = cell.node.metadata
    metadata.pop("lines_to_next_cell", None)
    if metadata.get("title") == "play":  # `# %% play`: a cell that only a live kernel shows in full
        del metadata["title"]
        metadata.setdefault("tags", []).append("play")
    if cell.node.source == "lesson.summary()":  # it speaks of the reader's progress, and of every lesson
        metadata.setdefault("tags", []).append("volatile")
    if title := _folded(cell):
        metadata["fold"] = title
        metadata["jupyter"], metadata["cellView"] = {"source_hidden": True}, "form"  # JupyterLab, Colab
        cell.node.source = f"# @title {title}\n{cell.node.source}"


def _folded(cell: rules.Cell) -> str:
    """The title that a folded cell has instead of its code; empty where the code is shown.

    A drawing folds by itself, and so does a reveal, whose text is the answer to the question above it.
    """
    if rules.drawing_of(cell.node):
        return "Drawing"
    return cell.node.metadata.get("fold") or ("The answer" if _only_reveals(cell.body) else "")


def _only_reveals(body: list[ast.stmt] | None) -> bool:
    """Whether a cell does no more than show the answer to a prediction."""
    *before, last = body or [None]
    return (
        isinstance(last, ast.Expr)
        and ast.unparse(last).startswith("lesson.reveal(")
        and all(isinstance(statement, ast.Assign) for statement in before)
    )


def _add_nbgrader(cell: rules.Cell, number: str) -> None:
    """nbgrader's metadata of an exercise and of its check, with the points that the checks state.

    The answer of an experiment is what a person grades, by the rubric in INSTRUCTORS.md.
    """
    metadata = cell.node.metadata
    for kind in ("exercise", "check"):
        if name := metadata.get(kind):
            metadata["nbgrader"] = {
                "grade": kind == "check",
                "grade_id": f"{kind}-{name.replace('.', '-')}",
                "locked": kind == "check",
                "schema_version": 3,
                "solution": kind == "exercise",
                "task": False,
            } | ({"points": registry.exercises(number)[name].points} if kind == "check" else {})
    if part := metadata.get("experiment"):
        metadata["nbgrader"] = {
            "grade": part == "answer",
            "grade_id": f"experiment-{part}",
            "locked": False,
            "schema_version": 3,
            "solution": True,
            "task": False,
        } | ({"points": EXPERIMENT_POINTS} if part == "answer" else {})


def _number_cells(nb: NotebookNode) -> None:
    """Ids that stay when a lesson grows: the heading above the cell, and how many cells below it this is."""
    slug, below, used = "top", 0, {"setup"}
    for cell in nb.cells:
        heading = re.match(r"#+ (.+)", cell.source) if cell.cell_type == "markdown" else None
        if heading:
            base = slug = re.sub(r"[^a-z0-9]+", "-", heading[1].lower()).strip("-")[:48] or "cell"
            n = 2
            while slug in used:
                slug, n = f"{base}-{n}", n + 1
            used.add(slug)
            below = 0
        cell.id = (
            "setup" if "setup" in cell.metadata.get("tags", []) else slug + (f"_{below}" if below else "")
        )
        below += 1
