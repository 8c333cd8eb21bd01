"""What this machine offers, and advice when something is off."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import sys
from typing import NamedTuple

NEEDED = {  # import name: what to install
    "torch": "torch",
    "numpy": "numpy",
    "plotly": "plotly",
    "ipywidgets": "ipywidgets",
    "safetensors": "safetensors",
    "tokenizers": "tokenizers",
    "faker": "Faker",
    "tqdm": "tqdm",
    "jaxtyping": "jaxtyping",
}


class Fact(NamedTuple):
    """One line of the report."""

    what: str
    value: str
    advice: str = ""  # empty: all is well


def in_colab() -> bool:
    return "google.colab" in sys.modules


def prepare() -> None:
    """Set how figures are shown here. Raises ImportError, with the way to install it, for what is missing."""
    missing = [package for module, package in NEEDED.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise ImportError(
            f"not installed: {', '.join(missing)}. Run: {sys.executable} -m pip install {' '.join(missing)}"
        )
    import plotly.io as pio

    from course_utils.figures import theme  # noqa: F401 (makes the theme the default)

    pio.renderers.default = "colab" if in_colab() else "plotly_mimetype"


def facts() -> list[Fact]:
    """The report: versions, device, threads, where the notebook runs, where progress is kept."""
    import torch

    from course_utils.checks.progress import folder

    cores = os.cpu_count() or 1
    threads = torch.get_num_threads()
    home = folder()
    parent = next(p for p in [home, *home.parents] if p.exists())
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else ""
    return [
        Fact("Python", platform.python_version()),
        *[Fact(p, importlib.metadata.version(p)) for p in ("torch", "numpy", "plotly", "ipywidgets")],
        Fact(
            "runs in", "Colab" if in_colab() else "Jupyter" if "ipykernel" in sys.modules else "plain Python"
        ),
        Fact("device", f"GPU: {gpu}" if gpu else "CPU: enough for every lesson"),
        Fact(
            "threads",
            f"{threads} of {cores} cores",
            "One thread makes the lessons slower. Unset OMP_NUM_THREADS and restart the kernel."
            if threads == 1 and cores > 1
            else "",
        ),
        Fact(
            "progress",
            str(home),
            ""
            if os.access(parent, os.W_OK)
            else "Not writable: set COURSE_HOME to a folder of yours to keep progress.",
        ),
    ]


def report() -> None:
    """Show the report, with advice where something is off."""
    import html

    from course_utils.checks.verdict import COLOURS, card, show

    rows = facts()
    off = [fact for fact in rows if fact.advice]
    heading = f"{len(off)} thing{'s' * (len(off) > 1)} to look at" if off else "All is well"
    text = [heading] + [f"  {f.what}: {f.value}" + (f"  ! {f.advice}" if f.advice else "") for f in rows]
    cells = "".join(
        "<tr>" + "".join(f'<td style="text-align:left">{html.escape(text)}</td>' for text in fact) + "</tr>"
        for fact in rows
    )
    colour = COLOURS["not checked" if off else "passed"]
    show("\n".join(text), card(f"<b>{heading}</b>", f"<table>{cells}</table>", colour))
