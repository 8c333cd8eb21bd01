"""A kernel to run a submission in, with limits on time, memory and output."""

from __future__ import annotations

import contextlib
import os
import queue
from time import monotonic
from typing import NamedTuple

import psutil
from nbformat import NotebookNode
from nbformat.v4 import new_output, output_from_msg

from course_utils.kit import CourseError, sandbox, sockets

GRACE = 5  # seconds in which an interrupted cell has to end
PREPARE = """
import os, sys

sys.path[:] = [place for place in sys.path if place not in ("", os.getcwd())]  # no file there hides the kit
from course_utils.kit.marking import prepare

prepare({gigabytes}, {processes})
"""


class Limits(NamedTuple):
    """What a submission may take."""

    seconds: float
    """How long a cell may run."""
    gigabytes: float
    """Memory, on Linux: of each of its processes, and of all together."""
    characters: int
    """How much is kept of what a cell shows."""
    disk: float = 0.5
    """Gigabytes of files of its own, behind a wall."""


class Stopped(Exception):
    """A cell ended its kernel, or could not be ended itself. Says which."""


class Manager(sockets.Manager):
    """Starts a kernel, behind a wall if there is one."""

    def __init__(self, name: str, wall: str, folder: str, disk: float):
        super().__init__(kernel_name=name)
        self.wall, self.folder, self.disk = wall, folder, int(disk * 2**30)
        if wall != sandbox.TRUST:
            self.kernel_spec.interrupt_mode = "message"  # a signal would end the wall, and the kernel with it
            self.write_connection_file()
            sandbox.open_to_kernel(self.shared, self.connection_file)

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        own = super().format_kernel_cmd(extra_arguments)
        return sandbox.behind(self.wall, own, self.folder, self.shared, self.disk)


class Kernel:
    """A kernel of kind `name` behind `wall` (see `sandbox`), at work in `folder`, with COURSE_HOME `home`.

    CourseError if it has no kit.
    """

    def __init__(self, limits: Limits, name: str, folder: str, home: str, wall: str = sandbox.TRUST):
        self.limits = limits
        self.manager = Manager(name, wall, folder, limits.disk)
        arguments = ["--InteractiveShellApp.ignore_cwd=True", "--log-level=CRITICAL"]
        environment = os.environ | {"COURSE_HOME": home, "CUDA_VISIBLE_DEVICES": ""}
        self.manager.start_kernel(extra_arguments=arguments, cwd=folder, env=environment)
        self.client = self.manager.client()
        self.client.start_channels()
        try:
            self.client.wait_for_ready(timeout=180)
        except RuntimeError as error:
            self.close()
            raise CourseError(f"the kernel {name!r} doesn't start ({wall}): {error}") from None
        processes = None if wall == sandbox.TRUST else sandbox.PROCESSES
        prepare = PREPARE.format(gigabytes=limits.gigabytes, processes=processes)
        shown, _ = self.run_apart(prepare, seconds=120)
        if any(output.output_type == "error" for output in shown):
            self.close()
            raise CourseError(
                f"the kernel {name!r} can't use the course: {shown[-1].ename}: {shown[-1].evalue}"
            )

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run_apart(self, code: str, seconds: float | None = None) -> tuple[list[NotebookNode], bool]:
        """As `run`, but it leaves no name behind; the cells' own names are in its `namespace`."""
        return self.run(f'exec({code!r}, {{"namespace": globals()}})', seconds)

    def run(self, code: str, seconds: float | None = None) -> tuple[list[NotebookNode], bool]:
        """What `code` shows, and whether it had to be interrupted. Raises Stopped where the kernel ends."""
        asked = self.client.execute(code, allow_stdin=False, stop_on_error=False)
        seconds = seconds or self.limits.seconds
        end, interrupted = monotonic() + seconds, False
        shown, size = [], 0
        while True:
            message = self._next_message()
            self._expect_memory()
            if monotonic() > end:
                if interrupted:
                    raise Stopped(f"it did not end in {seconds} s and could not be interrupted")
                self.manager.interrupt_kernel()
                interrupted, end = True, monotonic() + GRACE
            if message is None or message["parent_header"].get("msg_id") != asked:
                continue
            if message["content"].get("execution_state") == "idle":
                break
            if message["msg_type"] in ("stream", "display_data", "execute_result", "error"):
                size += len(str(message["content"]))
                if size <= self.limits.characters or message["msg_type"] == "error":
                    _append(shown, output_from_msg(message), self.limits.characters)
        self._expect_no_exit(asked)
        if size > self.limits.characters:
            cut = f"[what came after the first {self.limits.characters:,} characters was cut]\n"
            shown.append(new_output("stream", text=cut))
        return shown, interrupted

    def _next_message(self) -> dict | None:
        """What the kernel sent, None if it sent nothing for a second. Raises Stopped when it is dead."""
        with contextlib.suppress(queue.Empty):
            return self.client.get_iopub_msg(timeout=1)
        if not self.manager.is_alive():
            raise Stopped("it ended the kernel")
        return None

    def _expect_memory(self) -> None:
        """Raise Stopped if all processes of the kernel together take more than they may."""
        allowed = self.limits.gigabytes * 2**30
        if self._memory("rss") > allowed and self._memory("uss") > allowed:
            raise Stopped(f"it took more than {self.limits.gigabytes:g} GB of memory")

    def _memory(self, kind: str) -> int:
        """Bytes that its processes take. "rss" is quick, and counts what they share once for each."""
        taken = 0
        with contextlib.suppress(psutil.Error):
            kernel = psutil.Process(self.manager.provisioner.pid)
            for process in [kernel, *kernel.children(recursive=True)]:
                with contextlib.suppress(psutil.Error):
                    look = process.memory_info if kind == "rss" else process.memory_full_info
                    taken += getattr(look(), kind)
        return taken

    def _expect_no_exit(self, asked: str) -> None:
        """Raise Stopped if the cell asked the kernel to exit, as `exit()` does."""
        with contextlib.suppress(queue.Empty):
            while (reply := self.client.get_shell_msg(timeout=GRACE))["parent_header"].get("msg_id") != asked:
                pass
            if not any(part["source"] == "ask_exit" for part in reply["content"].get("payload", [])):
                return
        raise Stopped("it ended the kernel")


def _append(shown: list[NotebookNode], output: NotebookNode, characters: int) -> None:
    """Add an output: text joins the text before it, progress bars go, a long error is cut."""
    last = shown[-1] if shown else {}
    if output.output_type == "stream" and last.get("name") == output.name:
        last.text += output.text
    elif output.output_type == "error":
        output.evalue = output.evalue[:characters]
        output.traceback = [line[:characters] for line in output.traceback[-100:]]
        shown.append(output)
    elif output.get("metadata", {}).get("course") != "progress":
        shown.append(output)
