"""From a lesson's source, `solutions/NN_name.py`, to a notebook without outputs.

The source is jupytext's py:percent format. This module adds what should not be written by hand (the set-up
cell, the Colab link, cell ids, nbgrader's metadata) and refuses a source that would give a broken notebook.
"""

import ast
import importlib.util
import platform
import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import jupytext
import nbformat
import yaml
from nbformat import NotebookNode

from course_utils.kit import CourseError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
DISTRIBUTION = "superposition-course"
PARAMETERS = {"SCALE": "lesson", "SEED": 0}


@dataclass(frozen=True)
class Lesson:
    """One lesson of the course: its number, and where its three files lie."""

    number: str
    root: Path
    stem: str

    @property
    def source(self) -> Path:
        return self.root / "solutions" / f"{self.stem}.py"

    @property
    def solution(self) -> Path:
        return self.root / "solutions" / f"{self.stem}.ipynb"

    @property
    def student(self) -> Path:
        return self.root / "notebooks" / f"{self.stem}.ipynb"


def find_root(start: Path) -> Path:
    """The course's folder: `start` or the nearest folder above it that holds `solutions/`."""
    for folder in (start, *start.parents):
        if (folder / "solutions").is_dir():
            return folder
    raise CourseError(
        f"{start}: no course here. Run this inside the course's folder (the one with solutions/)."
    )


def find_lessons(root: Path, numbers: list[str] | None = None) -> list[Lesson]:
    """The lessons in `root/solutions`, in order; only those of `numbers` ("2" or "02") where given.

    Raises CourseError for a number without a lesson, a number used twice, a file name without a number, and a
    folder without lessons.
    """
    lessons: dict[str, Lesson] = {}
    for path in sorted((root / "solutions").glob("*.py")):
        if not re.fullmatch(r"\d\d_\w+", path.stem):
            raise CourseError(
                f"{path}: a lesson's file is named NN_name.py, such as 02_phase_diagram.py. Rename it."
            )
        number = path.stem[:2]
        if number in lessons:
            raise CourseError(
                f"{path}: lesson {number} exists twice, also as {lessons[number].source.name}. Renumber one."
            )
        lessons[number] = Lesson(number, root, path.stem)
    if not lessons:
        raise CourseError(f"{root / 'solutions'} holds no lesson, NN_name.py. Go into a clone of the course.")
    if not numbers:
        return list(lessons.values())
    for number in numbers:
        if number.zfill(2) not in lessons:
            raise CourseError(f"There is no lesson {number!r}. The lessons here: {', '.join(lessons)}.")
    return [lesson for number, lesson in lessons.items() if number in {n.zfill(2) for n in numbers}]


def read(lesson: Lesson) -> NotebookNode:
    """The solution notebook that the source gives, without outputs.

    Raises CourseError, with file and line, for a source that breaks one of the rules in CONTRIBUTING.md.
    """
    text = lesson.source.read_text(encoding="utf-8")
    nb = jupytext.reads(text, fmt="py:percent")
    lines = [n for n, line in enumerate(text.splitlines(), 1) if re.match(r"# %%( |$)", line)]
    header = _header(lesson, nb)
    if len(nb.cells) != len(lines):
        raise CourseError(
            f"{lesson.source}:1: begin each cell with a `# %%` line; text stands outside of the cells."
        )

    for cell, line in zip(nb.cells, lines, strict=True):
        cell.metadata.pop("lines_to_next_cell", None)
        if cell.metadata.get("title") == "play":  # `# %% play`: a cell that only a live kernel shows in full
            del cell.metadata["title"]
            cell.metadata.setdefault("tags", []).append("play")
        if (
            cell.source == "lesson.summary()"
        ):  # it speaks of the reader's progress, and of every lesson there is
            cell.metadata.setdefault("tags", []).append("volatile")
        _check_cell(cell, f"{lesson.source}:{line}", header["number"])
        if _only_reveals(cell):  # folded: its text is the answer to the question above it
            cell.metadata["jupyter"] = {"source_hidden": True}
    _check_title(lesson, nb, lines, header)
    _check_parameters(lesson, nb, lines)
    _number_exercises(lesson, nb, lines)

    nb.cells[0].source = _with_link(nb.cells[0].source, lesson.solution)
    nb.cells.insert(1, nbformat.v4.new_code_cell(setup_source(), metadata={"tags": ["setup"]}))
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


def repository() -> str:
    """The repository's address, from pyproject.toml's `Repository`."""
    urls = dict(entry.split(", ", 1) for entry in metadata.metadata(DISTRIBUTION).get_all("Project-URL"))
    return urls["Repository"]


def setup_source() -> str:
    """The set-up cell: on Colab it installs this version of the package; elsewhere it only imports it."""
    package = f"{DISTRIBUTION} @ git+{repository()}@v{metadata.version(DISTRIBUTION)}"
    return (
        "import sys\n\n"
        'if "google.colab" in sys.modules:\n'
        f'    %pip install -q "{package}"\n\n'
        "import course_utils\n\n"
        "course_utils.setup()"
    )


def colab_link(notebook: Path) -> str:
    """The link that opens this very notebook, in this version, in Colab. No image: it loads nothing."""
    tree = repository().removeprefix("https://github.com/")
    address = f"{tree}/blob/v{metadata.version(DISTRIBUTION)}/{notebook.parent.name}/{notebook.name}"
    return f"[Open in Colab](https://colab.research.google.com/github/{address})"


def glossary_link() -> str:
    """The link to the glossary of this version: a notebook may lie in a folder of its own."""
    return f"[Glossary]({repository()}/blob/v{metadata.version(DISTRIBUTION)}/docs/glossary.md)"


def _with_link(markdown: str, notebook: Path) -> str:
    title, _, rest = markdown.partition("\n")
    return f"{title}\n\n{colab_link(notebook)} · {glossary_link()}\n\n{rest.lstrip()}".rstrip()


def _header(lesson: Lesson, nb: NotebookNode) -> dict:
    """The `course:` part of the YAML header, which jupytext leaves as a first raw cell."""
    raw = nb.cells.pop(0).source if nb.cells and nb.cells[0].cell_type == "raw" else ""
    header = (yaml.safe_load(raw.strip().strip("-")) or {}).get("course", {})
    for key, kind in {"number": str, "title": str, "minutes": int, "needs": list, "papers": list}.items():
        if not isinstance(header.get(key), kind):
            raise CourseError(f"{lesson.source}:1: the header's `course:` needs `{key}` ({kind.__name__}).")
    if header["number"] != lesson.number:
        raise CourseError(
            f"{lesson.source}:1: the header says lesson {header['number']!r}, the file's name "
            f"{lesson.number!r}. Make them the same."
        )
    return header


def _check_cell(cell: NotebookNode, where: str, number: str) -> None:
    """The rules that one cell can break by itself."""
    _check_markers(cell, where)
    if cell.cell_type != "code":
        return
    try:
        body = ast.parse(cell.source).body
    except SyntaxError as error:
        raise CourseError(f"{where}: line {error.lineno} of this cell is not Python: {error.msg}.") from None
    name = cell.metadata.get("exercise") or cell.metadata.get("check")
    if name and not re.fullmatch(rf"{int(number)}\.\d+", name):
        raise CourseError(
            f"{where}: an exercise of lesson {number} is named like {int(number)}.1, not {name!r}."
        )
    if "exercise" in cell.metadata:
        _check_exercise(cell, body, where)
    if "check" in cell.metadata and not re.fullmatch(rf'lesson\.check\("{name}", \w+\)', cell.source):
        raise CourseError(
            f'{where}: this check cell has to be exactly `lesson.check("{name}", function_name)`.'
        )


def _check_markers(cell: NotebookNode, where: str) -> None:
    """Solution markers come in pairs, inside an exercise cell, and nbgrader's spelling is the only one."""
    start = 0
    first, offset = where.rsplit(":", 1)
    for n, line in enumerate(cell.source.splitlines(), 1):
        if not re.search(r"\b(BEGIN|END) SOLUTION\b", line):
            continue
        here = f"{first}:{int(offset) + n}"
        if "exercise" not in cell.metadata:
            raise CourseError(
                f"{here}: a solution marker outside of an exercise cell. "
                'Begin the cell with `# %% exercise="2.1"`, or remove the marker.'
            )
        if line.strip() not in (BEGIN, END):
            raise CourseError(f"{here}: write the marker as `{BEGIN}` or `{END}`, alone on its line.")
        if line.strip() == BEGIN and start:
            raise CourseError(
                f"{here}: `{BEGIN}` again, before the one in line {start} is closed by `{END}`."
            )
        if line.strip() == END and not start:
            raise CourseError(f"{here}: `{END}` without a `{BEGIN}` before it.")
        start = int(offset) + n if line.strip() == BEGIN else 0
    if start:
        raise CourseError(
            f"{first}:{start}: `{BEGIN}` is never closed. Add `{END}` after the solution's last line."
        )


def _check_exercise(cell: NotebookNode, body: list[ast.stmt], where: str) -> None:
    """An exercise is one function; in its body stand a docstring and the solution, no given lines."""
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef):
        raise CourseError(
            f"{where}: an exercise cell holds one `def` and nothing else. Move the rest to a cell above."
        )
    if not ast.get_docstring(body[0]):
        raise CourseError(
            f"{where}: give `{body[0].name}` a docstring with the shapes; it is what the student sees."
        )
    lines = cell.source.splitlines()
    if BEGIN not in map(str.strip, lines):
        raise CourseError(
            f"{where}: `{body[0].name}` has no `{BEGIN}` ... `{END}`: nothing is left to the student."
        )
    begin, end = (
        next(n for n, line in enumerate(lines, 1) if line.strip() == marker) for marker in (BEGIN, END)
    )
    for statement in body[0].body[1:]:
        if not begin < statement.lineno <= (statement.end_lineno or 0) < end:
            first, offset = where.rsplit(":", 1)
            raise CourseError(
                f"{first}:{int(offset) + statement.lineno}: a given line in the body of `{body[0].name}`. "
                f"An exercise's body is its docstring and one `{BEGIN}` ... `{END}`; the rest stays empty."
            )


def _only_reveals(cell: NotebookNode) -> bool:
    """Whether a cell does no more than show the answer to a prediction."""
    if cell.cell_type != "code":
        return False
    *before, last = ast.parse(cell.source).body or [None]
    return (
        isinstance(last, ast.Expr)
        and ast.unparse(last).startswith("lesson.reveal(")
        and all(isinstance(statement, ast.Assign) for statement in before)
    )


def _check_title(lesson: Lesson, nb: NotebookNode, lines: list[int], header: dict) -> None:
    title = f"# {header['number']} · {header['title']}"
    if not nb.cells or nb.cells[0].cell_type != "markdown" or nb.cells[0].source.split("\n")[0] != title:
        raise CourseError(
            f"{lesson.source}:{lines[0] if lines else 1}: begin the first cell, in markdown, with the title "
            f"in the header: `{title}`."
        )


def _check_parameters(lesson: Lesson, nb: NotebookNode, lines: list[int]) -> None:
    wanted = "\n".join(f"{name} = {value!r}" for name, value in PARAMETERS.items()).replace("'", '"')
    cells = [
        (cell, line)
        for cell, line in zip(nb.cells, lines, strict=True)
        if "parameters" in cell.metadata.get("tags", [])
    ]
    if len(cells) != 1 or cells[0][0].source != wanted:
        line = cells[-1][1] if cells else 1
        raise CourseError(
            f'{lesson.source}:{line}: a lesson has one parameters cell, `# %% tags=["parameters"]`, '
            f"with exactly\n{wanted}"
        )


def _number_exercises(lesson: Lesson, nb: NotebookNode, lines: list[int]) -> None:
    """Pair exercises with checks, and write nbgrader's metadata with the points that the checks state."""
    seen: dict[tuple[str, str], int] = {}
    functions: dict[str, str] = {}
    registered = _registered(lesson) if any("check" in cell.metadata for cell in nb.cells) else {}
    for cell, line in zip(nb.cells, lines, strict=True):
        kind = next((kind for kind in ("exercise", "check") if kind in cell.metadata), None)
        if kind is None:
            continue
        name, where = cell.metadata[kind], f"{lesson.source}:{line}"
        if (kind, name) in seen:
            raise CourseError(
                f"{where}: {kind} {name} exists twice, also in line {seen[kind, name]}. Renumber one."
            )
        seen[kind, name] = line
        if kind == "exercise":
            functions[name] = ast.parse(cell.source).body[0].name
        elif name not in functions:
            raise CourseError(
                f'{where}: a check for {name}, but no cell before it is `# %% exercise="{name}"`.'
            )
        elif not cell.source.endswith(f" {functions[name]})"):
            raise CourseError(f"{where}: the check of {name} has to be given `{functions[name]}`.")
        elif name not in registered:
            raise CourseError(
                f"{where}: course_utils/exercises/lesson{lesson.number}.py has no "
                f'`@exercise("{name}", ...)`. Write it, or correct the number.'
            )
        elif registered[name].name != functions[name]:
            raise CourseError(
                f"{where}: lesson{lesson.number}.py in exercises/ calls {name} `{registered[name].name}`, "
                f"the notebook `{functions[name]}`. Make them the same."
            )
        cell.metadata["nbgrader"] = {
            "grade": kind == "check",
            "grade_id": f"{kind}-{name.replace('.', '-')}",
            "locked": kind == "check",
            "schema_version": 3,
            "solution": kind == "exercise",
            "task": False,
        } | ({"points": registered[name].points} if kind == "check" else {})
    for name in functions:
        if ("check", name) not in seen:
            raise CourseError(
                f"{lesson.source}:{seen['exercise', name]}: exercise {name} has no check. Add a cell "
                f'`# %% check="{name}"` with `lesson.check("{name}", {functions[name]})`.'
            )


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


def _registered(lesson: Lesson) -> dict:
    """The exercises that the lesson's checks define, by number."""
    from course_utils.checks import registry

    module = f"course_utils.exercises.lesson{lesson.number}"
    if importlib.util.find_spec(module) is None:
        raise CourseError(
            f"{lesson.source}:1: its checks are missing. Write them in {module.replace('.', '/')}.py."
        )
    return registry.exercises(lesson.number)
