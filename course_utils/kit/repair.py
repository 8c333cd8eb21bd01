"""A submission's cells, back in the order that they were handed out in.

Students split, copy, delete and move cells, and save them with tools that lose ids and metadata. Check cells
and missing cells are those that were handed out; of several answers to an exercise the last one counts; the
student's own cells stay. A cell keeps all that grading has no say in: pasted pictures, tags, what any tool
has noted in its metadata.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import nbformat
from nbformat import NotebookNode
from nbformat.validator import ValidationError

from course_utils.checks.lesson import WRONG_MIME

KEY = "course_grading"  # in a notebook's metadata: what one step of grading tells the next
WHOLE = ""  # remarks on no exercise in particular
LOOK = "LOOK:"  # begins a remark that somebody should act on
WRONG_TRIES = "wrong tries before:"  # begins the remark that counts them
OURS = (
    "nbgrader",
    "exercise",
    "check",
    "experiment",
)  # metadata by which cells are graded: only the lesson gives them


def repair(submitted: NotebookNode, released: NotebookNode) -> NotebookNode:
    """The submission as a notebook that nbgrader can grade, with remarks on what was mended.

    A cell of the lesson is known by nbgrader's id, its own id, its text, or the function it defines.
    """
    for cell in submitted.cells:
        cell.source = cell.source.replace("\r\n", "\n")
    functions = {c.metadata["check"]: _function(c) for c in released.cells if "check" in c.metadata}
    groups = _in_released_order(submitted, released, functions)
    remarks: dict[str, list[str]] = {}
    cells: list[NotebookNode] = []
    for given, group in zip(released.cells, groups, strict=True):
        cells += _restored(given, group, remarks)
    for number, function in functions.items():
        cells = _place_check(cells, number, function, released, remarks)
    for n, cell in enumerate(cells):
        cell.setdefault("id", f"own-{n}")
    for number, times in _wrong_tries(submitted, functions).items():
        add_remark(remarks, number, f"{WRONG_TRIES} {times}")
    nb = nbformat.from_dict({**released, "cells": cells})
    nb.metadata[KEY] = {"remarks": remarks}
    return nb


def _wrong_tries(submitted: NotebookNode, numbers: Iterable[str]) -> dict[str, int]:
    """How often the student's checks said "not right yet". Nobody vouches for it: these are their outputs."""
    found: dict[str, int] = {}
    for output in (output for cell in submitted.cells for output in cell.get("outputs", [])):
        told = output.get("data", {}).get(WRONG_MIME)
        number, times = (told.get("exercise"), told.get("times")) if isinstance(told, dict) else (None, None)
        if isinstance(number, str) and number in numbers and isinstance(times, int):
            found[number] = max(times, found.get(number, 0))
    return {number: times for number, times in found.items() if times > 0}


def _function(check: NotebookNode) -> str:
    """The name of the function that a check cell checks."""
    return re.search(r"(\w+)\)$", check.source)[1]


def _defines(cell: NotebookNode, function: str) -> bool:
    """Whether a cell defines or imports the function. By text: the cell may hold a syntax error."""
    value = rf"{function}\s*(:[^=\n]+)?="
    ways = rf"(async )?(def|class)\s+{function}\b|{value}\s*lambda\b|(from|import)\b.*\b{function}\b"
    return cell.cell_type == "code" and bool(re.search(rf"^({ways})", cell.source, re.MULTILINE))


def _assigns(cell: NotebookNode, function: str) -> bool:
    """Whether a cell gives the function's name a value."""
    value = rf"^{function}\s*(:[^=\n]+)?=(?!=)"
    return cell.cell_type == "code" and bool(re.search(value, cell.source, re.MULTILINE))


def _answers(cells: list[NotebookNode], function: str, released: NotebookNode) -> list[NotebookNode]:
    """The cells that answer an exercise. Where one defines the function, `double = double(3)` is none."""
    given = {cell.source for cell in released.cells}
    own = [cell for cell in cells if cell.source.strip() not in given]
    return [c for c in own if _defines(c, function)] or [c for c in own if _assigns(c, function)]


def _in_released_order(submitted, released, functions) -> list[list[NotebookNode]]:
    """For each released cell, what was handed in of it (with its id), and the own cells that followed."""
    places: dict[tuple[str, str], int] = {}
    for place, cell in enumerate(released.cells):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        places |= {("grade_id", grade_id): place, ("id", cell.id): place, ("text", cell.source): place}
    exercises = {
        cell.metadata["exercise"]: n for n, cell in enumerate(released.cells) if "exercise" in cell.metadata
    }

    answers = {n: _answers(submitted.cells, function, released) for n, function in functions.items()}

    def find(cell: NotebookNode) -> int | None:
        told = cell.metadata.get("nbgrader")
        grade_id = told.get("grade_id") if isinstance(told, dict) else None
        for key in (("grade_id", grade_id), ("id", cell.get("id")), ("text", cell.source.strip())):
            place = places.get(key) if key[1] and isinstance(key[1], str) else None
            if place in exercises.values():
                return place
            if place is not None and released.cells[place].cell_type == cell.cell_type:
                return place
        return next((exercises[n] for n, own in answers.items() if any(cell is one for one in own)), None)

    groups: list[list[NotebookNode]] = [[] for _ in released.cells]
    place = 0
    for cell in submitted.cells:
        found = find(cell)
        place = place if found is None else found
        kind = cell.cell_type if found is None else released.cells[found].cell_type
        kept = _as_left(cell, kind)
        kept |= {} if found is None else {"id": released.cells[found].id}
        groups[place].append(kept)
    return groups


def _as_left(cell: NotebookNode, kind: str) -> NotebookNode:
    """A cell as the student left it, without what an earlier run or grading put there, as a cell of `kind`.

    Fields that a cell of this kind can't have go: no tool could read the notebook with them.
    """
    own = {key: value for key, value in cell.items() if key not in ("id", "outputs", "execution_count")}
    own["cell_type"] = kind
    own["metadata"] = {key: value for key, value in cell.metadata.items() if key not in OURS}
    bare = {"cell_type": kind, "metadata": {}, "source": cell.source}
    if kind == "code":
        own |= {"outputs": [], "execution_count": None}
        bare |= {"outputs": [], "execution_count": None}
    if not _valid(own):
        own["metadata"] = {k: v for k, v in own["metadata"].items() if _valid({**bare, "metadata": {k: v}})}
        own = {k: v for k, v in own.items() if k in bare or _valid({**bare, k: v})}
    own = nbformat.from_dict(own)
    own.source = _without_lost_pictures(own)
    if kind == "code":
        own.source = re.sub(
            r"^SCALE\s*=(?!=).*$", 'SCALE = "smoke"  # as it is graded', own.source, flags=re.MULTILINE
        )
        own.source = re.sub(
            r"(course_utils\.start\(.*)\bscale\s*=\s*[\"']\w+[\"']", r"\1scale=SCALE", own.source
        )
    return own


def _valid(cell: dict) -> bool:
    """Whether the notebook format allows such a cell."""
    try:
        nbformat.validate({**cell, "id": "any"}, ref=f"{cell['cell_type']}_cell", version=4, version_minor=5)
    except ValidationError:
        return False
    return True


def _without_lost_pictures(cell: NotebookNode) -> str:
    """The source, which asks for no picture that isn't in the cell: no feedback could be made with it."""
    there = cell.get("attachments", {})
    return re.sub(
        r"attachment:([^)\s\"']+)", lambda match: match[0] if match[1] in there else match[1], cell.source
    )


def _restored(given: NotebookNode, group: list[NotebookNode], remarks: dict) -> list[NotebookNode]:
    """One released cell, as handed out or as the student left it, and the own cells that followed."""
    known = [cell for cell in group if cell.get("id") == given.id]
    number = given.metadata.get("check")
    if number and not known:
        add_remark(remarks, number, "the check cell was missing, and was put back")
    if number and any(cell.source.strip() != given.source for cell in known):
        add_remark(remarks, number, "the check cell had been changed, and was restored")
    if number or "parameters" in given.metadata.get("tags", []):
        original = nbformat.from_dict(given)
        original.source = original.source.replace('SCALE = "lesson"', 'SCALE = "smoke"')
        return [original, *(cell for cell in group if cell.get("id") != given.id)]
    if not known and given.cell_type == "code" and "experiment" not in given.metadata:
        about = given.metadata.get("exercise", WHOLE)
        add_remark(remarks, about, f"a cell of the lesson was missing, and was put back: {first_line(given)}")
        group = [nbformat.from_dict(given), *group]
    if "experiment" in given.metadata:
        if not known:
            group = [nbformat.from_dict(given), *group]
        for cell in known[:1]:
            cell.metadata = nbformat.from_dict({**cell.metadata, **given.metadata})
    for copy in known[1:]:
        del copy["id"]
    return group


def _place_check(
    cells, number: str, function: str, released: NotebookNode, remarks: dict
) -> list[NotebookNode]:
    """Let the last answer to an exercise count: copies of the stub go, the check comes after it."""
    stub = next(cell for cell in released.cells if cell.metadata.get("exercise") == number)
    answers = _answers(cells, function, released)
    if answers:
        cells = [cell for cell in cells if cell.source.strip() != stub.source]
    answer = answers[-1] if answers else next(cell for cell in cells if cell.get("id") == stub.id)
    answer.metadata = nbformat.from_dict({**answer.metadata, **stub.metadata})
    if len(answers) > 1:
        add_remark(remarks, number, f"{function} is defined {len(answers)} times; the last one counts")
    names = "|".join(_kit_names([*released.cells, *cells]))
    ways = (
        rf"\b({names})\.(\w+\.)*{function}\b",
        rf"from course_utils\b.*\b{function}\b",
        r"lesson\.exercises|course_utils\.checks|\.kit\b",
    )
    kit = "|".join(ways)
    if any(re.search(kit, cell.source) for cell in answers):
        add_remark(remarks, number, f"{LOOK} the answer mentions the kit's own implementation")
    check = next(cell for cell in cells if cell.metadata.get("check") == number)
    before, after = (next(n for n, cell in enumerate(cells) if cell is one) for one in (check, answer))
    if before < after:
        cells.insert(after + 1, check)
        del cells[before]
    return cells


def _kit_names(cells: Iterable[NotebookNode]) -> set[str]:
    """The names under which these cells have the kit's modules and functions. By text: some may not parse."""
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    imported = re.findall(r"^\s*from course_utils[\w.]* import (\([^)]*\)|.*)", code, re.MULTILINE)
    imported += re.findall(r"^\s*import .*?\b(course_utils[^,\n]*)", code, re.MULTILINE)
    parts = [part.strip("() \n") for names in imported for part in names.split(",")]
    names = {re.split(r"\bas\b|\.", part)[-1].strip() for part in parts}
    return {"use", "course_utils"} | {name for name in names if name.isidentifier()}


def add_remark(remarks: dict[str, list[str]], about: str, text: str) -> None:
    """Note `text` about an exercise, or about the WHOLE."""
    remarks.setdefault(about, []).append(text)


def first_line(cell: NotebookNode) -> str:
    """How a cell begins, to name it in a remark."""
    return cell.source.strip().split("\n")[0][:60]
