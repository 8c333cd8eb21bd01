"""The rules of a lesson's source: each is a function that yields every place where the source breaks it.

A source that breaks one would give a broken notebook, or one that a student can't work with. The rules are
told in CONTRIBUTING.md.
"""

import ast
import importlib.util
import re
import threading
from collections.abc import Iterator
from typing import NamedTuple

from nbformat import NotebookNode

from course_utils.checks import registry
from course_utils.figures import drawings

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
PARAMETERS = 'SCALE = "lesson"\nSEED = 0'
HEADER = {"number": str, "title": str, "minutes": int, "needs": list, "papers": list}

PARSING = threading.Lock()
"""In Python 3.11 two threads that parse at once can both fail: https://github.com/python/cpython/issues/106905"""


def parsed(code: str) -> list[ast.stmt]:
    """The statements of `code`. Raises SyntaxError."""
    with PARSING:
        return ast.parse(code).body


class Problem(NamedTuple):
    """A line of the source, and what to do about it."""

    line: int
    text: str


class Cell(NamedTuple):
    """A cell of the source: the line of its `# %%`, the notebook's cell, and its code as Python reads it."""

    line: int
    node: NotebookNode
    body: list[ast.stmt] | None
    """Its statements; None for prose and for what is not Python."""

    @property
    def function(self) -> str | None:
        """The function that an exercise cell defines; None where there is none."""
        one = self.body is not None and len(self.body) == 1 and isinstance(self.body[0], ast.FunctionDef)
        return self.body[0].name if one else None


def cells_of(nb: NotebookNode, lines: list[int]) -> list[Cell]:
    """The cells of a notebook that begin in these lines of its source."""
    return [Cell(line, node, _parsed(node)) for node, line in zip(nb.cells, lines, strict=True)]


def _parsed(node: NotebookNode) -> list[ast.stmt] | None:
    if node.cell_type != "code":
        return None
    try:
        return parsed(node.source)
    except SyntaxError:
        return None


def broken(number: str, header: dict, cells: list[Cell]) -> list[Problem]:
    """Every rule that the source of lesson `number` breaks, in the order of its lines."""
    problems = [*_header(number, header), *_title(header, cells), *_parameters(cells)]
    for cell in cells:
        problems += [
            *_markers(cell),
            *_python(cell),
            *_numbers(number, cell),
            *_exercise(cell),
            *_check(cell),
        ]
        problems += [*_foldouts(cell), *_drawing(cell)]
    problems += [*_pairs(number, cells), *_experiment(cells)]
    return sorted(set(problems), key=lambda problem: problem.line)


def _header(number: str, header: dict) -> Iterator[Problem]:
    for key, kind in HEADER.items():
        if not isinstance(header.get(key), kind):
            yield Problem(1, f"the header's `course:` needs `{key}` ({kind.__name__}).")
    if isinstance(header.get("number"), str) and header["number"] != number:
        yield Problem(
            1, f"the header says lesson {header['number']!r}, the file's name {number!r}. Make them the same."
        )


def _title(header: dict, cells: list[Cell]) -> Iterator[Problem]:
    title = f"# {header.get('number')} · {header.get('title')}"
    first = cells[0].node if cells else None
    if first is None or first.cell_type != "markdown" or first.source.split("\n")[0] != title:
        line = cells[0].line if cells else 1
        yield Problem(line, f"begin the first cell, in markdown, with the title in the header: `{title}`.")


def _parameters(cells: list[Cell]) -> Iterator[Problem]:
    found = [cell for cell in cells if "parameters" in cell.node.metadata.get("tags", [])]
    if [cell.node.source for cell in found] != [PARAMETERS]:
        line = found[-1].line if found else 1
        yield Problem(
            line, f'a lesson has one parameters cell, `# %% tags=["parameters"]`, with exactly\n{PARAMETERS}'
        )


def _python(cell: Cell) -> Iterator[Problem]:
    if cell.node.cell_type == "code" and cell.body is None:
        try:
            parsed(cell.node.source)
        except SyntaxError as error:
            yield Problem(cell.line, f"line {error.lineno} of this cell is not Python: {error.msg}.")


def _markers(cell: Cell) -> Iterator[Problem]:
    """Solution markers come in pairs, inside an exercise cell, and nbgrader's spelling is the only one."""
    start = 0
    for line, text in enumerate(cell.node.source.splitlines(), cell.line + 1):
        if not re.search(r"\b(BEGIN|END) SOLUTION\b", text):
            continue
        if not {"exercise", "experiment"} & set(cell.node.metadata):
            yield Problem(
                line,
                "a solution marker outside of an exercise cell. "
                'Begin the cell with `# %% exercise="2.1"`, or remove the marker.',
            )
        elif text.strip() not in (BEGIN, END):
            yield Problem(line, f"write the marker as `{BEGIN}` or `{END}`, alone on its line.")
        elif text.strip() == BEGIN:
            if start:
                yield Problem(line, f"`{BEGIN}` again, before the one in line {start} is closed by `{END}`.")
            start = line
        else:
            if not start:
                yield Problem(line, f"`{END}` without a `{BEGIN}` before it.")
            start = 0
    if start:
        yield Problem(start, f"`{BEGIN}` is never closed. Add `{END}` after the solution's last line.")


def drawing_of(node: NotebookNode) -> str:
    """The name of the drawing that a cell shows and nothing else; empty where it does not."""
    shown = re.fullmatch(r'(?:# @title .*\n)?drawings\.show\("(\w+)"\)', node.source)
    return shown[1] if shown else ""


def _drawing(cell: Cell) -> Iterator[Problem]:
    """A drawing has a cell of its own, so that the student's notebook can hold it before it is run."""
    name = drawing_of(cell.node)
    if name:
        try:
            drawings.find(name)
        except ValueError as error:
            yield Problem(cell.line, f"{error}.")
    elif cell.node.cell_type == "code" and "drawings.show(" in cell.node.source:
        yield Problem(cell.line, 'a drawing has a cell of its own, with exactly `drawings.show("name")`.')


def _foldouts(cell: Cell) -> Iterator[Problem]:
    """A fold-out is `<details>`, its question as `<summary>`, and Markdown between empty lines."""
    if cell.node.cell_type != "markdown" or "details>" not in cell.node.source:
        return
    blocks = re.findall(r"^<details>$.*?^</details>$", cell.node.source, re.MULTILINE | re.DOTALL)
    form = r"<details>\n<summary>[^\n]+</summary>\n\n.+\n\n</details>"
    if not len(blocks) == cell.node.source.count("<details") == cell.node.source.count(
        "</details"
    ) or not all(re.fullmatch(form, block, re.DOTALL) for block in blocks):
        yield Problem(
            cell.line,
            "a fold-out is `<details>`, `<summary>the question</summary>` in the next line, an empty line, "
            "its text, an empty line, `</details>`; without the empty lines its formulas stay as typed.",
        )


def _experiment(cells: list[Cell]) -> Iterator[Problem]:
    """An open experiment is a code cell with a sample between markers, then an answer in Markdown."""
    found = [
        (n, cell, part) for n, cell in enumerate(cells) if (part := cell.node.metadata.get("experiment"))
    ]
    if not found:
        return
    kinds = [(part, cell.node.cell_type) for _, cell, part in found]
    if kinds != [("code", "code"), ("answer", "markdown")] or found[1][0] != found[0][0] + 1:
        yield Problem(
            found[0][1].line,
            'a lesson has one open experiment: `# %% experiment="code"`, and in the next cell '
            '`# %% [markdown] experiment="answer"`.',
        )
    elif not found[0][1].node.source.startswith(BEGIN) or not found[0][1].node.source.endswith(END):
        yield Problem(found[0][1].line, f"the experiment's code is all between `{BEGIN}` and `{END}`.")


def _numbers(number: str, cell: Cell) -> Iterator[Problem]:
    name = cell.node.metadata.get("exercise") or cell.node.metadata.get("check")
    if name and not re.fullmatch(rf"{int(number)}\.\d+", name):
        yield Problem(
            cell.line, f"an exercise of lesson {number} is named like {int(number)}.1, not {name!r}."
        )


def _exercise(cell: Cell) -> Iterator[Problem]:
    """An exercise is one function; in its body stand a docstring and the solution, no given lines."""
    if "exercise" not in cell.node.metadata or cell.body is None:
        return
    if cell.function is None:
        yield Problem(
            cell.line, "an exercise cell holds one `def` and nothing else. Move the rest to a cell above."
        )
        return
    [function] = cell.body
    if not ast.get_docstring(function):
        yield Problem(
            cell.line, f"give `{function.name}` a docstring with the shapes; it is what the student sees."
        )
    lines = [line.strip() for line in cell.node.source.splitlines()]
    if BEGIN not in lines:
        yield Problem(
            cell.line, f"`{function.name}` has no `{BEGIN}` ... `{END}`: nothing is left to the student."
        )
        return
    if END not in lines:  # an open marker, which is said already
        return
    begin, end = lines.index(BEGIN) + 1, lines.index(END) + 1
    for statement in function.body[1 if ast.get_docstring(function) else 0 :]:
        if not begin < statement.lineno <= (statement.end_lineno or 0) < end:
            yield Problem(
                cell.line + statement.lineno,
                f"a given line in the body of `{function.name}`. An exercise's body is its docstring and one "
                f"`{BEGIN}` ... `{END}`; the rest stays empty.",
            )


def _check(cell: Cell) -> Iterator[Problem]:
    name = cell.node.metadata.get("check")
    if name and not re.fullmatch(rf'lesson\.check\("{re.escape(name)}", \w+\)', cell.node.source):
        yield Problem(
            cell.line, f'this check cell has to be exactly `lesson.check("{name}", function_name)`.'
        )


def _pairs(number: str, cells: list[Cell]) -> Iterator[Problem]:
    """Each exercise stands once and has a check below it, which the lesson's checks know by that name."""
    exercises: dict[str, Cell] = {}
    checks: dict[str, Cell] = {}
    for cell in cells:
        for kind, seen in (("exercise", exercises), ("check", checks)):
            name = cell.node.metadata.get(kind)
            if name is None:
                continue
            if name in seen:
                other = seen[name].line
                yield Problem(cell.line, f"{kind} {name} exists twice, also in line {other}. Renumber one.")
            elif kind == "check" and name not in exercises:
                yield Problem(
                    cell.line, f'a check for {name}, but no cell before it is `# %% exercise="{name}"`.'
                )
            seen.setdefault(name, cell)
    for name, cell in exercises.items():
        if name not in checks:
            function = cell.function or "function_name"
            yield Problem(
                cell.line,
                f'exercise {name} has no check. Add a cell `# %% check="{name}"` with '
                f'`lesson.check("{name}", {function})`.',
            )
    yield from _registered(number, exercises, checks)


def _registered(number: str, exercises: dict[str, Cell], checks: dict[str, Cell]) -> Iterator[Problem]:
    """What the notebook calls an exercise's function is what its check is given, and what the checks say."""
    if not checks:
        return
    module = f"course_utils.exercises.lesson{number}"
    if importlib.util.find_spec(module) is None:
        yield Problem(1, f"its checks are missing. Write them in {module.replace('.', '/')}.py.")
        return
    registered = registry.exercises(number)
    for name in checks.keys() & exercises.keys():
        line, function = checks[name].line, exercises[name].function
        if function is None:
            continue
        if not checks[name].node.source.endswith(f" {function})"):
            yield Problem(line, f"the check of {name} has to be given `{function}`.")
        if name not in registered:
            yield Problem(
                line,
                f'course_utils/exercises/lesson{number}.py has no `exercise("{name}", ...)`. '
                "Write it, or correct the number.",
            )
        elif registered[name].name != function:
            yield Problem(
                line,
                f"lesson{number}.py in exercises/ calls {name} `{registered[name].name}`, the notebook "
                f"`{function}`. Make them the same.",
            )
