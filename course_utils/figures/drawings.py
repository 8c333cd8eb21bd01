"""Schematic drawings of the lessons: `show("toy_model")`. Each is a function of a module `drawings_….py`.

A drawing takes no arguments and shows no result of a run: it explains. Plots of results are Plotly's.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

from course_utils.display import show as display
from course_utils.figures.svg import Drawing

MODULES = sorted(path.stem for path in Path(__file__).parent.glob("drawings_*.py"))


def every() -> dict[str, Callable[[], Drawing]]:
    """All drawings, by name."""
    found = {}
    for module in MODULES:
        for name, part in vars(importlib.import_module(f"course_utils.figures.{module}")).items():
            if getattr(part, "__module__", "").endswith(f".{module}") and not name.startswith("_"):
                found[name] = part
    return found


def find(name: str) -> Drawing:
    """The drawing of that name. Raises ValueError, listing what there is, for an unknown one."""
    known = every()
    if name not in known:
        raise ValueError(f"there is no drawing {name!r}; drawings: {', '.join(sorted(known))}")
    return known[name]()


def show(name: str) -> None:
    """Show a drawing; its alt text where none can be drawn."""
    drawing = find(name)
    display(drawing.alt, drawing.html())
