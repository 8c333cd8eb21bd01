"""Run one notebook in a fresh kernel, with papermill."""

import contextlib
import os
import queue
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import papermill
from jupyter_client.kernelspec import NoSuchKernel
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import remove_error_markers

from course_utils.kit.sockets import AsyncManager


class LessonFailed(Exception):
    """A lesson did not run to its end. `nb` holds what it did, `cell` the id of the cell that failed."""

    def __init__(self, nb: NotebookNode, cell: str, reason: str):
        super().__init__(reason)
        self.nb, self.cell = nb, cell


class Client(PapermillNotebookClient):
    """papermill's client, which does not wait for ever where a cell fills an Output widget.

    There nbclient sends the widget's state on the socket on which it waits for the cell's reply. zmq may then
    not notice that the reply came, so ask again every second.
    """

    def start_new_kernel_client(self, **arguments):
        client = super().start_new_kernel_client(**arguments)
        get_msg = client.shell_channel.get_msg

        async def asking_again(timeout=None):
            while timeout is None:
                with contextlib.suppress(queue.Empty):
                    return await get_msg(timeout=1)
            return await get_msg(timeout=timeout)

        client.shell_channel.get_msg = asking_again
        return client


class CourseEngine(Engine):
    """papermill's engine, with a folder and an environment for the kernel, and a way to stop all kernels."""

    running: ClassVar[set[Client]] = set()
    stopping: ClassVar[bool] = False

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, *, started, on_cell, folder, environment, **_):
        started.append(nb_man.nb)
        client = Client(
            nb_man,
            kernel_name=kernel_name,
            kernel_manager_class=AsyncManager,
            startup_timeout=180,
            on_cell_start=on_cell,
            # else each kernel writes to the terminal, advice at its start and the interrupt at its end
            extra_arguments=["--log-level=CRITICAL"],
        )
        if cls.stopping:
            raise DeadKernelError("interrupted")
        cls.running.add(client)
        try:
            client.execute(env=environment, cwd=str(folder))
        finally:
            cls.running.discard(client)

    @classmethod
    def stop(cls) -> None:
        """Kill every kernel that runs, and start none; whoever waits for one gets a LessonFailed."""
        cls.stopping = True
        for client in list(cls.running):
            provisioner = client.km.provisioner if client.km is not None else None
            if provisioner is not None and provisioner.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(provisioner.pid, signal.SIGTERM)


papermill_engines.register("course", CourseEngine)


def execute(
    nb: NotebookNode,
    folder: Path,
    scale: str = "lesson",
    on_cell: Callable[[int, int], None] = lambda cell, cells: None,
    threads: int | None = None,
) -> NotebookNode:
    """Run `nb` from top to bottom in `folder`, in a fresh kernel; returns the executed copy.

    `scale` is injected after the parameters cell unless it is the source's own, "lesson". `on_cell(k, n)` is
    told before cell k of n. `threads` is what the kernel may take when several run at once, unless the user
    has set OMP_NUM_THREADS. The kernel's COURSE_HOME is a fresh folder, so the reader's own progress isn't
    touched and the summary is the same everywhere. Raises LessonFailed.
    """
    started: list[NotebookNode] = []
    current = nb.cells[0].id

    def start(cell: NotebookNode, cell_index: int) -> None:
        nonlocal current
        current = cell.id
        if CourseEngine.stopping:  # its kernel was just starting when the others were killed
            raise DeadKernelError("interrupted")
        on_cell(cell_index + 1, len(started[0].cells))

    limit = {"OMP_NUM_THREADS": str(threads)} if threads else {}
    with tempfile.TemporaryDirectory(prefix="course-home-") as home:
        try:
            return papermill.execute_notebook(
                nb,
                None,
                parameters={} if scale == "lesson" else {"SCALE": scale},
                engine_name="course",
                progress_bar=False,
                started=started,
                on_cell=start,
                folder=folder,
                environment=limit | os.environ | {"COURSE_HOME": home},
            )
        except PapermillExecutionError as error:
            raise LessonFailed(
                remove_error_markers(started[0]), current, f"{error.ename}: {error.evalue}"
            ) from None
        except DeadKernelError:
            reason = (
                "the kernel died, perhaps for want of memory. Close other programs, or run one job at a time."
            )
            raise LessonFailed(started[0], current, reason) from None
        except (RuntimeError, NoSuchKernel) as error:
            raise LessonFailed(
                started[0], current, f"its kernel did not start, or stopped answering: {error}"
            ) from None
