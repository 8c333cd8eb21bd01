"""What an executed notebook's outputs say: which are kept, which claims they carry, when two agree."""

import json
import re
import sys
import tempfile
from pathlib import Path

from nbformat import NotebookNode

CLAIM = "application/vnd.course.claim+json"
MARK = "application/vnd.course.mark+json"
PLOTLY = "application/vnd.plotly.v1+json"
WIDGET = "application/vnd.jupyter.widget-view+json"
CHECKED = "nbval-check-output"

SPREAD = Path("tests") / "spread.json"
"""How far each compared number moves from one machine to another; see `course_utils.kit.worlds`."""
MARGIN = 3
"""A number may move by this many times the largest distance that was measured."""
PLAIN = 0.02
"""Relative tolerance of the numbers that are not compared one by one, such as a figure's axes."""

_NUMBER = re.compile(r"(?<![\w.])[-+−]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_WHOLE = re.compile(r"[-+−]?\d+")


def lasting(cell: NotebookNode) -> list[NotebookNode]:
    """The outputs of a code cell that a committed notebook holds: none of a cell tagged `volatile`.

    Where a progress bar stood between two pieces of printed text, they become one, as without the bar.
    """
    kept = []
    for output in cell.outputs if "volatile" not in cell.metadata.get("tags", []) else []:
        if passing(output):
            continue
        if output.output_type == "stream" and kept and kept[-1].get("name") == output.name:
            kept[-1] = NotebookNode(kept[-1], text=kept[-1].text + output.text)
        else:
            kept.append(output)
    return kept


def passing(output: NotebookNode) -> bool:
    """Whether an output belongs to this one run: stderr, live widgets, progress bars."""
    return (
        output.get("name") == "stderr"
        or WIDGET in output.get("data", {})
        or output.get("metadata", {}).get("course") == "progress"
    )


def machine_path(cell: NotebookNode, root: Path) -> str | None:
    """The first folder of this machine that the cell's outputs mention, if any."""
    text = json.dumps(cell.get("outputs", []))
    places = {str(root), sys.prefix, str(Path.home()), tempfile.gettempdir()} - {"/"}
    return next((place for place in sorted(places) if re.search(re.escape(place) + r"[/\\\"]", text)), None)


def claims(outputs: list[NotebookNode]) -> list[dict]:
    """The claims that these outputs carry, in order."""
    return [output.data[CLAIM] for output in outputs if CLAIM in output.get("data", {})]


def text(cell_outputs: list[NotebookNode]) -> str:
    """The plain text of a cell's outputs: what is compared where the cell is tagged so."""
    return "\n".join(o.get("text") or o.get("data", {}).get("text/plain", "") for o in cell_outputs)


def numbers(text: str) -> list[str]:
    """The numbers in a text, as they are compared."""
    return _NUMBER.findall(text)


def distances(committed: str, other: str) -> list[float] | None:
    """How far each number of one text lies from the other's; None when the words aren't the same."""
    mine, theirs = numbers(committed), numbers(other)
    if len(mine) != len(theirs) or _words(committed) != _words(other):
        return None
    return [abs(_value(a) - _value(b)) for a, b in zip(mine, theirs, strict=True)]


def entry(committed: str, spread: list[float]) -> str:
    """A compared text's numbers, each with its spread where it moved: `12 0.591±0.003`."""
    found = zip(numbers(committed), spread, strict=True)
    return " ".join(f"{number}±{moved:.3g}" if moved else number for number, moved in found)


def measured(committed: str, entry: str | None) -> list[float] | None:
    """The spread of each number of a text by its `entry`; None when that is missing or of other numbers."""
    pairs = [pair.partition("±") for pair in (entry or "").split()]
    if entry is None or [number for number, _, _ in pairs] != numbers(committed):
        return None
    return [float(spread or 0) for _, _, spread in pairs]


def allowed(a: str, b: str, spread: float) -> float:
    """How far two printed numbers may lie apart: 3 × spread, and decimals one unit of the last digit more.

    Where one has more decimals than the other, it is the unit of its last digit: `1` may stand for 1.000.
    """
    whole = _WHOLE.fullmatch(a) and _WHOLE.fullmatch(b)
    return 1.001 * (MARGIN * spread + (0 if whole else min(_unit(a), _unit(b))))


def disagreement(committed: str, fresh: str, entry: str | None, again: str = "course worlds NN") -> str:
    """Why the text of a compared cell doesn't agree with the committed one; empty when it does.

    Args:
        entry: what `tests/spread.json` says of the cell, if anything.
        again: the command that measures the spread, for the message.
    """
    moved = distances(committed, fresh)
    if moved is None:
        return f"committed {committed!r}, now {fresh!r}"
    if not any(moved):
        return ""
    spread = measured(committed, entry)
    if spread is None:
        return f"committed {committed!r}, now {fresh!r}. How far these numbers move isn't measured: `{again}`"
    found = []
    for at, b, distance, one in zip(_NUMBER.finditer(committed), numbers(fresh), moved, spread, strict=True):
        limit = allowed(at[0], b, one)
        if distance > limit:
            line = committed[committed.rfind("\n", 0, at.start()) + 1 :].partition("\n")[0]
            found.append(f"{at[0]} in the line {line!r} is now {b}, and may move by {limit:.2g}")
    return "; ".join(found)


def spreads(notebook: Path) -> dict[str, str]:
    """The entry of each compared cell of a committed solution, by its id; {} where none is measured."""
    file = notebook.parent.parent / SPREAD
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return known.get(notebook.stem, {}).get("numbers", {})


def _words(text: str) -> list[str]:
    return _NUMBER.sub("#", text).split()


def _value(number: str) -> float:
    return float(number.replace("−", "-"))


def _unit(number: str) -> float:
    """One unit of the last digit printed: 0.01 for 3.14, 0.001 for 0.50e-1."""
    mantissa, _, exponent = number.lower().partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def nearly(a: str, b: str) -> bool:
    """Whether two texts have the same words and whole numbers, and decimals within 2 % or one unit."""
    if (moved := distances(a, b)) is None:
        return False
    for x, y, distance in zip(numbers(a), numbers(b), moved, strict=True):
        whole = _WHOLE.fullmatch(x) and _WHOLE.fullmatch(y)
        if distance > (0 if whole else 1.001 * max(PLAIN * abs(_value(x)), _unit(x), _unit(y))):
            return False
    return True


def same(ours: NotebookNode, theirs: NotebookNode, spread: dict[str, str]) -> bool:
    """Whether an executed notebook says what the committed one, `ours`, does.

    Sources are equal; compared cells agree as `disagreement` has it, with `spread` their entries; all else
    agrees `nearly`. The long arrays of a figure count by their length: training on another processor moves
    every point a little.
    """
    return (
        len(ours.cells) == len(theirs.cells)
        and without_version(ours) == without_version(theirs)
        and all(
            (a.id, a.source, a.metadata) == (b.id, b.source, b.metadata) and _same_outputs(a, b, spread)
            for a, b in zip(ours.cells, theirs.cells, strict=True)
        )
    )


def _same_outputs(ours: NotebookNode, theirs: NotebookNode, spread: dict[str, str]) -> bool:
    a, b = ours.get("outputs", []), theirs.get("outputs", [])
    if CHECKED not in ours.metadata.get("tags", []):
        return nearly(_skeleton(a), _skeleton(b))
    figures = [[o.data[PLOTLY] for o in found if PLOTLY in o.get("data", {})] for found in (a, b)]
    return not disagreement(text(a), text(b), spread.get(ours.id)) and nearly(*map(_skeleton, figures))


def without_version(nb: NotebookNode) -> dict:
    """A notebook's metadata, but for the Python that its outputs were made with."""
    language = {key: key == "version" or value for key, value in nb.metadata.language_info.items()}
    return {**nb.metadata, "language_info": language}


def _skeleton(found: list) -> str:
    def shorten(value: object) -> object:
        if isinstance(value, dict):
            if "bdata" in value:
                return f"array of {len(value['bdata'])} {value['dtype']}"
            return {key: shorten(entry) for key, entry in value.items()}
        if isinstance(value, list):
            if len(value) > 8 and not any(isinstance(entry, dict) for entry in value):
                return f"array of {len(value)}"
            return [shorten(entry) for entry in value]
        return value

    kept = [{key: value for key, value in output.items() if key != "execution_count"} for output in found]
    return json.dumps(shorten(kept), sort_keys=True, ensure_ascii=False)
