"""Cells of lesson 13 where the model's file isn't there: they say so, and the notebook runs on."""

from __future__ import annotations

from course_utils.pretrained import file

MARK = "# with the model"
"""A line of a cell that needs the file."""
SENTENCE = f"This cell needs the model's file. To get it, once, with the network: {file.COMMAND}"


def need_the_file() -> None:
    """From now on, where the file isn't there, a cell with the line MARK prints SENTENCE and does no more."""
    from IPython import get_ipython

    if shell := get_ipython():
        transforms = shell.input_transformers_cleanup
        transforms[:] = [f for f in transforms if f is not spoken] + [spoken] * (not file.is_there())


def spoken(lines: list[str]) -> list[str]:
    """A cell's lines, or one that prints SENTENCE in their place. IPython asks for this shape."""
    return [f"print({SENTENCE!r})\n"] if MARK in map(str.strip, lines) else lines
