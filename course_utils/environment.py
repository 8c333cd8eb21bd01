"""What this machine offers, and advice when something is off."""

from __future__ import annotations

import html
import os
import platform
import re
import sys
from importlib import metadata
from typing import NamedTuple

DISTRIBUTION = "superposition-course"


class Fact(NamedTuple):
    """One line of the report."""

    what: str
    value: str
    advice: str = ""  # empty: all is well


def needed() -> dict[str, str]:
    """What the kit needs at run time, and the least version of each: the package's own list."""
    found = [re.fullmatch(r"([\w-]+)>=([\d.]+)", line) for line in metadata.requires(DISTRIBUTION) or []]
    return {match[1]: match[2] for match in found if match}


def installed(name: str) -> str | None:
    """The version of a package, None if it is not there."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def older(version: str, floor: str) -> bool:
    """Whether `version` ("2.13.0+cpu") comes before `floor` ("2.4")."""
    have, least = ([int(n) for n in re.findall(r"\d+", v.split("+")[0])] for v in (version, floor))
    return have < least


def in_colab() -> bool:
    return "google.colab" in sys.modules


def prepare() -> None:
    """Set how figures and controls are shown here. Raises ImportError where a package is missing."""
    missing = [name for name in needed() if installed(name) is None]
    if missing:
        names = " ".join(missing)
        raise ImportError(f"not installed: {names}. Run: {sys.executable} -m pip install {names}")
    import plotly.io as pio

    from course_utils.figures import theme  # noqa: F401 (makes the theme the default)

    pio.renderers.default = "colab" if in_colab() else "plotly_mimetype"
    if in_colab():
        import ipywidgets

        from course_utils.figures import controls

        ipywidgets.interact = controls.once


def facts() -> list[Fact]:
    """The report: versions, device, threads, where the notebook runs, where progress is kept."""
    place = "Colab" if in_colab() else "Jupyter" if "ipykernel" in sys.modules else "plain Python"
    versions = [
        Fact(name, have, f"Needs {floor}. Run: pip install --upgrade {name}" if older(have, floor) else "")
        for name, floor in needed().items()
        if (have := installed(name))
    ]
    return [
        Fact("Python", platform.python_version()),
        Fact("runs in", place),
        *versions,
        *_hardware(),
        _home(),
    ]


def _hardware() -> list[Fact]:
    import torch

    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else ""
    cores, threads = os.cpu_count() or 1, torch.get_num_threads()
    slow = "One thread makes the lessons slower. Unset OMP_NUM_THREADS and restart the kernel."
    return [
        Fact("device", f"GPU: {gpu}" if gpu else "CPU: enough for every lesson"),
        Fact("threads", f"{threads} of {cores} cores", slow if threads == 1 and cores > 1 else ""),
    ]


def _home() -> Fact:
    from course_utils.checks.progress import folder

    home = folder()
    nearest = next(path for path in [home, *home.parents] if path.exists())
    advice = "" if os.access(nearest, os.W_OK) else "Not writable. Set COURSE_HOME to a folder of yours."
    return Fact("progress is kept in", str(home), advice)


def report() -> None:
    """Show the report, with advice where something is off."""
    from course_utils.display import COLOURS, card, show

    rows = facts()
    off = sum(bool(fact.advice) for fact in rows)
    heading = f"{off} thing{'s' * (off > 1)} to look at" if off else "All is well"
    lines = [f"  {fact.what}: {fact.value}" + (f"  ! {fact.advice}" if fact.advice else "") for fact in rows]
    cell = '<td style="text-align:left">{}</td>'
    table = "".join(f"<tr>{''.join(cell.format(html.escape(text)) for text in fact)}</tr>" for fact in rows)
    colour = COLOURS["not checked" if off else "passed"]
    show("\n".join([heading, *lines]), card(f"<b>{heading}</b>", f"<table>{table}</table>", colour))
