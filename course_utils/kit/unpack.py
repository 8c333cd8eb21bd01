"""Take strangers' zip files apart: zips in zips too, within limits, and nothing outside the folder given.

What isn't taken is named with a reason, and the rest goes on.
"""

from __future__ import annotations

import re
import shutil
import stat
import sys
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path, PurePosixPath

from course_utils.kit import CourseError

FILE = 50_000_000
"""Bytes of one file."""
WITHIN = 200_000_000
"""Bytes of all that is in one zip within the export, zips in it included."""
FILES = 1000
"""Files in one zip within the export."""
DEPTH = 3
"""Zips within zips within the export."""
HIDDEN = ("__MACOSX", ".ipynb_checkpoints", "__pycache__", "Thumbs.db")
OTHERS = (".rar", ".7z", ".tar", ".gz", ".tgz", ".xz")


@dataclass(frozen=True)
class Entry:
    """One file of an export."""

    path: PurePosixPath  # a zip on the way counts as a folder
    file: Path  # its content, on disk
    when: tuple[int, ...]  # its date, by the zip: year, month, … second
    zips: int  # how many zips it lay in, beside the export itself


@dataclass
class Room:
    """What one zip within an export may still unpack to, the zips in it included."""

    size: int = WITHIN
    files: int = FILES

    def take(self, infos: list[zipfile.ZipInfo]) -> bool:
        """Whether these files fit; then there is so much less room."""
        size = self.size - sum(info.file_size for info in infos)
        files = self.files - len(infos)
        if size < 0 or files < 0:
            return False
        self.size, self.files = size, files
        return True


@dataclass
class Unpacked:
    """What came out of an export, into the folder `into`; `refused` holds a sentence for each that didn't."""

    into: Path
    entries: list[Entry] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    _names: Iterator[int] = field(default_factory=count)

    def take(self, archive: Path) -> None:
        """Take all files of an export. Raises CourseError where it is no zip."""
        if not zipfile.is_zipfile(archive):
            raise CourseError(f"{archive} is no zip file")
        self._open(archive, PurePosixPath(), 0, Room(sys.maxsize, sys.maxsize))

    def _open(self, archive: Path, above: PurePosixPath, zips: int, room: Room) -> None:
        try:
            with zipfile.ZipFile(archive) as opened:
                files = [one for one in opened.infolist() if not one.is_dir() and not _hidden(one.filename)]
                if not room.take(files):
                    size = sum(info.file_size for info in files) / 1e6
                    told = f"a zip that unpacks to {size:,.0f} MB in {len(files)} files isn't unpacked"
                    self.refused.append(f"{above}: {told}")
                    return
                for info in files:
                    self._take(opened, info, above, zips, room)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            self.refused.append(f"{above}: can't be read as a zip ({error})")

    def _take(self, opened: zipfile.ZipFile, info: zipfile.ZipInfo, above, zips: int, room: Room) -> None:
        path = above / info.filename
        if reason := _reason(info):
            self.refused.append(f"{path}: {reason}")
            return
        file = self.into / str(next(self._names))
        try:
            with opened.open(info) as source, file.open("wb") as target:
                shutil.copyfileobj(source, target)  # it ends at the size that the zip tells: see _reason
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            self.refused.append(f"{path}: damaged, or locked by a password ({error})")
            return
        if path.suffix.lower() != ".zip":
            self.entries.append(Entry(path, file, info.date_time, zips))
        elif zips == DEPTH:
            self.refused.append(f"{path}: a zip in a zip, {DEPTH} deep, isn't unpacked")
        else:
            self._open(file, path.with_suffix(""), zips + 1, room if zips else Room())
            file.unlink()


def _hidden(name: str) -> bool:
    """Whether a file is one that systems leave behind."""
    parts = PurePosixPath(name).parts
    return any(part in HIDDEN or part.startswith("._") or part == ".DS_Store" for part in parts)


def _reason(info: zipfile.ZipInfo) -> str:
    """Why a file isn't taken; empty for one that is."""
    name = info.filename
    if re.match(r"/|\w:", name) or "\\" in name or ".." in name.split("/") or not PurePosixPath(name).parts:
        return "its path leads out of the folder"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "a link, not a file"
    if info.file_size > FILE:
        return f"{info.file_size / 1e6:,.0f} MB; at most {FILE / 1e6:,.0f} MB are taken"
    if name.lower().endswith(OTHERS):
        return "only zips are unpacked: unpack it yourself, and zip what is in it"
    return ""
