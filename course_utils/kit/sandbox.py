"""A wall around the kernel in which a submission runs: bubblewrap, or a container of the instructor's.

Behind it a student's code sees the system, Python, this package and the files that were handed in, all
read-only; a temporary folder of limited size is its own. There is no network, no home folder, no environment
variable, no other process. What kernel and grader say to each other goes through sockets in one shared
folder. Time, memory and the number of processes are limited by `kernel` and `marking`.

https://github.com/containers/bubblewrap
"""

from __future__ import annotations

import functools
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import course_utils
from course_utils.kit import CourseError

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/localtime")
PROCESSOR = "/sys/devices/system/cpu"  # how many cores there are
SUBMISSION = "/submission"  # where the kernel works
NOBODY = 65534
PROCESSES = 128
"""Processes and threads that a submission may have at once."""
BUBBLEWRAP, TRUST = "bubblewrap", "trust"
SIGNS = {
    r"Read-only file system|Permission denied": "it tried to write to, or to read, what isn't its own",
    r"Network is unreachable|Connection refused|name resolution|not known": "it asked the network",
    r"No space left on device": "its files took more than its disk",
    r"Resource temporarily unavailable|can't start new thread": "it started too many processes or threads",
    r"MemoryError|Cannot allocate memory|can't allocate memory": "it asked for more memory than it may have",
}
"""What a wall's doing looks like in an error → what is said of it."""


def acted(errors: str) -> list[str]:
    """What the walls did, by the errors that a cell showed."""
    return [what for sign, what in SIGNS.items() if re.search(sign, errors)]


@functools.cache
def missing() -> str:
    """Why bubblewrap can't be used here; empty where it can."""
    if not sys.platform.startswith("linux"):
        return "bubblewrap is for Linux only"
    if not shutil.which("bwrap"):
        return "bubblewrap isn't installed (its command is bwrap)"
    with tempfile.TemporaryDirectory() as empty:
        tried = subprocess.run([*_walls(empty, empty, 2**20), "true"], capture_output=True, text=True)
    return f"bubblewrap doesn't work here: {tried.stderr.strip()}" if tried.returncode else ""


def expect(wall: str) -> None:
    """Raise CourseError if this wall can't be had."""
    if wall == BUBBLEWRAP and (reason := missing()):
        raise CourseError(
            f"submissions aren't run: {reason}. Install it (Debian, Ubuntu: apt install bubblewrap), or name "
            "a container's command with --container, or, where you trust who handed in, say --trust: their "
            "code then runs with your rights, on your files"
        )


def behind(wall: str, kernel: list[str], folder: str, shared: str, disk: int) -> list[str]:
    """The command that starts `kernel` (its own command) behind a wall.

    `wall` is "bubblewrap", "trust" (none), or a container's command, in which {shared} and {folder} stand for
    the folder of the sockets and for what was handed in; the container has its own Python, with the course.
    `disk` is in bytes.
    """
    if wall == TRUST:
        return kernel
    if wall == BUBBLEWRAP:
        return _walls(folder, shared, disk) + kernel
    container = [part.format(shared=shared, folder=folder) for part in shlex.split(wall)]
    return [*container, "python", *kernel[1:]]


def _walls(folder: str, shared: str, disk: int) -> list[str]:
    """Bubblewrap's command line, up to the command that runs inside."""
    package = Path(course_utils.__file__).parent
    seen = [*SYSTEM, PROCESSOR, sys.base_prefix, sys.prefix, str(package)]
    own = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", "CUDA_VISIBLE_DEVICES": ""}
    own |= {"PYTHONPATH": str(package.parent), "COURSE_HOME": "/tmp/course", "OMP_NUM_THREADS": "1"}
    arguments = ["bwrap", "--die-with-parent", "--clearenv"]
    arguments += [f"--unshare-{what}" for what in ("pid", "net", "ipc", "uts", "cgroup-try")]
    for name, value in own.items():
        arguments += ["--setenv", name, value]
    arguments += ["--proc", "/proc", "--dev", "/dev"]
    for place in ("/tmp", SUBMISSION):
        arguments += ["--perms", "1777", "--size", str(disk), "--tmpfs", place]
    for path in seen:
        arguments += [*_folders_above(path), "--ro-bind-try", path, path]
    for path in sorted(Path(folder).resolve().iterdir()):
        arguments += ["--ro-bind", str(path), f"{SUBMISSION}/{path.name}"]
    shared = str(Path(shared).resolve())
    arguments += [*_folders_above(shared), "--bind", shared, shared, "--chdir", SUBMISSION]
    if os.geteuid() != 0:
        return [*arguments, "--unshare-user"]
    # For root no limit on processes holds, so the kernel becomes nobody.
    drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs"]
    return [*arguments, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", *drop]


def _folders_above(path: str) -> list[str]:
    """Arguments that make the folders above `path`, for bubblewrap would make them for their owner alone."""
    above = [str(parent) for parent in reversed(Path(path).parents)][1:]
    return [word for parent in above for word in ("--perms", "0755", "--dir", parent)]


def open_to_kernel(*paths: str) -> None:
    """Give what lies in the shared folder to whom the kernel will run as."""
    if os.geteuid() == 0:
        for path in paths:
            os.chown(path, NOBODY, NOBODY)
