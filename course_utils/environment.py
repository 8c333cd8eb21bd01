"""What this machine offers, and advice when something is off."""

from __future__ import annotations

import html
import os
import platform
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from course_utils import home
from course_utils.display import COLOURS, card, show

DISTRIBUTION = "superposition-course"


class Fact(NamedTuple):
    """One line of the report."""

    what: str
    value: str
    advice: str = ""  # empty: all is well


def needed() -> dict[str, SpecifierSet]:
    """What the kit needs at run time, and which versions of each: the package's own list."""
    listed = map(Requirement, metadata.requires(DISTRIBUTION) or [])
    return {
        one.name: one.specifier
        for one in listed
        if one.marker is None or one.marker.evaluate({"extra": ""})  # this Python's, and of no extra
    }


def installed(name: str) -> str | None:
    """The version of a package, None if it is not there."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def fits(version: str, wanted: SpecifierSet) -> bool:
    """Whether `version` ("2.13.0+cpu", "3.0rc1") is one of those wanted (">=2.4,<4").

    A version that is no version, as some builds of a distribution have it, is taken to fit.
    """
    try:
        return wanted.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return True


def peak_memory() -> str:
    """The most memory that this process has held so far, in words."""
    if sys.platform == "win32":
        return "Windows doesn't say how much memory this took"
    status = Path("/proc/self/status")  # getrusage counts what the parent held when it started this process
    if status.exists() and (most := re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="utf-8"))):
        return f"at most {int(most[1]) * 1024 / 1e9:.1f} GB of memory"
    import resource

    unit = 1 if sys.platform == "darwin" else 1024  # bytes on a Mac, else kilobytes
    return f"at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9:.1f} GB of memory"


def in_colab() -> bool:
    return "google.colab" in sys.modules


def require_packages() -> None:
    """Raises ImportError, with the command that installs them, where packages are missing."""
    missing = [name for name in needed() if installed(name) is None]
    if missing:
        names = " ".join(missing)
        raise ImportError(f"not installed: {names}. Run: {sys.executable} -m pip install {names}")


def facts() -> list[Fact]:
    """The report: versions, device, threads, where the notebook runs, where progress is kept."""
    place = "Colab" if in_colab() else "Jupyter" if "ipykernel" in sys.modules else "plain Python"
    versions = [
        Fact(name, have, "" if fits(have, wanted) else _install(name, wanted))
        for name, wanted in needed().items()
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


def _install(name: str, wanted: SpecifierSet) -> str:
    return f'Needs {wanted}. Run: pip install --upgrade "{name}{wanted}"'


def _home() -> Fact:
    place = home.folder()
    nearest = next(path for path in [place, *place.parents] if path.exists())
    advice = "" if os.access(nearest, os.W_OK) else "Not writable. Set COURSE_HOME to a folder of yours."
    if not home.lasting():
        advice = "A temporary folder, for you have no home here. Set COURSE_HOME to a folder that stays."
    return Fact("progress is kept in", str(place), advice)


def report() -> None:
    """Show the report, with advice where something is off."""
    rows = facts()
    off = sum(bool(fact.advice) for fact in rows)
    heading = f"{off} thing{'s' * (off > 1)} to look at" if off else "All is well"
    lines = [f"  {fact.what}: {fact.value}" + (f"  ! {fact.advice}" if fact.advice else "") for fact in rows]
    cell = '<td style="text-align:left">{}</td>'
    table = "".join(f"<tr>{''.join(cell.format(html.escape(text)) for text in fact)}</tr>" for fact in rows)
    colour = COLOURS["not checked" if off else "passed"]
    show("\n".join([heading, *lines]), card(f"<b>{heading}</b>", f"<table>{table}</table>", colour))
