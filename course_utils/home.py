"""The folder for what is yours: COURSE_HOME, else this platform's place for a program's own data."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

NAME = "superposition-course"


def folder() -> Path:
    """The folder, which need not be there yet. A temporary one where the system names none: see `lasting`."""
    try:
        return _own()
    except RuntimeError:
        user = os.getuid() if hasattr(os, "getuid") else "user"
        return Path(tempfile.gettempdir()) / f"{NAME}-{user}"


def lasting() -> bool:
    """Whether there is such a folder: in a container a user may have neither a home nor a name."""
    try:
        _own()
    except RuntimeError:
        return False
    return True


def _own() -> Path:
    """Raises RuntimeError, as `Path.home` does, for a user of whom the system knows no home."""
    if home := os.environ.get("COURSE_HOME"):
        return Path(home).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / NAME
