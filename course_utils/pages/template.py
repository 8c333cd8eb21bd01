"""One HTML file from a template, its scripts and its data: it needs no network and no other file."""

from __future__ import annotations

import json
import re
from pathlib import Path

HERE = Path(__file__).parent


def fill(name: str, data: dict, **parts: str) -> str:
    """The template `name` with each {{file.js}} replaced by that file's text, {{data}} by the data as JSON.

    `parts` are other texts, by the name that stands in the template. `<` can't end the element that holds
    the data, whatever the data are. Raises KeyError for a place that nothing fills.
    """
    parts |= {path.name: path.read_text(encoding="utf-8") for path in HERE.glob("*.js")}
    parts["data"] = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    template = (HERE / name).read_text(encoding="utf-8")
    return re.sub(r"{{([\w.]+)}}", lambda match: parts[match[1]], template)


def write(path: str | Path, text: str) -> Path:
    """Write the file, and the folder that it lies in."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
