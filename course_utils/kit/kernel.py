"""A kernel to run a submission in, with limits on time, memory and output."""

from __future__ import annotations

import contextlib
import os
import queue
from time import monotonic
from typing import NamedTuple

from jupyter_client.manager import start_new_kernel
from nbformat import NotebookNode
from nbformat.v4 import new_output, output_from_msg

from course_utils.kit import CourseError

GRACE = 5  # seconds in which an interrupted cell has to end
PREPARE = """
import os, sys

sys.path[:] = [place for place in sys.path if place not in ("", os.getcwd())]  # no file there hides the kit
from course_utils.kit.marking import prepare

prepare({gigabytes})
"""


class Limits(NamedTuple):
    """What a submission may take."""

    seconds: float
    """How long a cell may run."""
    gigabytes: float
    """Memory, on Linux."""
    characters: int
    """How much is kept of what a cell shows."""


class Stopped(Exception):
    """A cell ended its kernel, or could not be ended itself. Says which."""


class Kernel:
    """A kernel of kind `name`, at work in `folder`, with COURSE_HOME `home`. CourseError if it has no kit."""

    def __init__(self, limits: Limits, name: str, folder: str, home: str):
        self.limits = limits
        self.manager, self.client = start_new_kernel(
            startup_timeout=180,
            kernel_name=name,
            extra_arguments=["--InteractiveShellApp.ignore_cwd=True", "--log-level=CRITICAL"],
            cwd=folder,
            env=os.environ | {"COURSE_HOME": home, "CUDA_VISIBLE_DEVICES": ""},
        )
        shown, _ = self.run_apart(PREPARE.format(gigabytes=limits.gigabytes), seconds=120)
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
