"""What an executed notebook's outputs say: which are kept, which claims they carry, and when two agree."""

import json
import math
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

RTOL = 0.02
"""Two decimals agree within 2 %, or one unit of the last digit: other processors sum in another order."""

_NUMBER = re.compile(r"(?<![\w.])[-+−]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


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


class Approximate(str):
    """A text that equals another when the words are the same and the numbers agree.

    Whole numbers agree when they are the same, decimals within RTOL or one unit of the coarser last digit.
    """

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, str):
            return NotImplemented
        mine, theirs = _NUMBER.findall(self), _NUMBER.findall(other)
        return (
            len(mine) == len(theirs)
            and _NUMBER.sub("#", self).split() == _NUMBER.sub("#", other).split()
            and all(map(_agree, mine, theirs))
        )

    def __ne__(self, other: object) -> bool:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    __hash__ = None


def numbers(text: str) -> list[str]:
    """The numbers in a text, as they are compared."""
    return _NUMBER.findall(text)


def _agree(a: str, b: str) -> bool:
    if a == b:
        return True
    if re.fullmatch(r"[-+−]?\d+", a) and re.fullmatch(r"[-+−]?\d+", b):
        return int(a.replace("−", "-")) == int(b.replace("−", "-"))
    x, y = (float(number.replace("−", "-")) for number in (a, b))
    return math.isclose(x, y, rel_tol=RTOL, abs_tol=1.001 * max(_unit(a), _unit(b)))


def _unit(number: str) -> float:
    """One unit of the last digit printed: 0.01 for 3.14, 0.001 for 0.50e-1."""
    mantissa, _, exponent = number.lower().partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def same(ours: NotebookNode, theirs: NotebookNode) -> bool:
    """Whether two executed notebooks say the same: equal cells, outputs that agree.

    The long arrays of a figure count by their length: training on another processor moves every point a
    little, and the numbers that matter stand in the text.
    """
    return (
        len(ours.cells) == len(theirs.cells)
        and without_version(ours) == without_version(theirs)
        and all(
            (a.id, a.source, a.metadata) == (b.id, b.source, b.metadata)
            and Approximate(_skeleton(a.get("outputs", []))) == _skeleton(b.get("outputs", []))
            for a, b in zip(ours.cells, theirs.cells, strict=True)
        )
    )


def without_version(nb: NotebookNode) -> dict:
    """A notebook's metadata, but for the Python that its outputs were made with."""
    language = {key: key == "version" or value for key, value in nb.metadata.language_info.items()}
    return {**nb.metadata, "language_info": language}


def _skeleton(outputs: list) -> str:
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

    kept = [{key: value for key, value in output.items() if key != "execution_count"} for output in outputs]
    return json.dumps(shorten(kept), sort_keys=True, ensure_ascii=False)
