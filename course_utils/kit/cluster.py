"""Tasks done here one after the other, by processes of this machine, or by any Dask cluster.

https://distributed.dask.org
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from typing import Any, NamedTuple

from course_utils.kit import CourseError

PAUSE = 0.1  # seconds between two looks at what has come back
PATIENCE = 30  # seconds without a result after which it is said that there is no worker
BLAMED = "the process that ran it died, with nothing else on it"
DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"  # for workers: Ctrl-C is the command's


class Workers(NamedTuple):
    """Who does the work: nobody else, unless one of these is given."""

    count: int | None = None
    """So many processes of this machine, started for it."""
    address: str | None = None
    """Where a Dask scheduler listens."""


HERE = Workers()


class Task(NamedTuple):
    name: Any
    arguments: tuple


def each(
    function: Callable, tasks: Iterable[Task], workers: Workers, say: Callable[[str], None]
) -> Iterator[tuple[Any, Any]]:
    """`function` of each task's arguments with the task's name, as they come; an exception is a result too.

    Every task has one result. One that was on a worker that died is done again, at last with nothing beside
    it: so none is blamed for what another has done. Where the scheduler was started again, it gets what is
    missing. Tasks are taken as they are needed. Raises CourseError where there is no scheduler, or no more.
    """
    if workers == HERE:
        for name, arguments in tasks:
            try:
                result = function(*arguments)
            except Exception as error:
                result = error
            yield name, result
        return
    from distributed import KilledWorker

    with _client(workers) as client:
        suspects = []
        for task, result in _at_once(client, function, tasks, say):
            if isinstance(result, KilledWorker):
                suspects.append(task)
            else:
                yield task.name, result
        for suspect in suspects:
            for task, result in _at_once(client, function, [suspect], say):
                yield task.name, CourseError(BLAMED) if isinstance(result, KilledWorker) else result


def time_left(began: float, done: int, of: int) -> str:
    """ "about 3 min left", where `done` of all tasks took the time since `began` (time.monotonic)."""
    seconds = (time.monotonic() - began) / done * (of - done)
    return f"about {seconds:.0f} s left" if seconds < 90 else f"about {seconds / 60:.0f} min left"


def _at_once(client, function: Callable, tasks: Iterable[Task], say) -> Iterator[tuple[Task, Any]]:
    """Each task with its result, two for each thread of the cluster at a time."""
    waiting, running, last = iter(tasks), {}, time.monotonic()
    while True:
        if client.status == "closed":
            raise CourseError("the Dask scheduler is gone. What was done is kept; run it again to go on")
        room = max(2, 2 * _threads(client)) - len(running)
        for task in itertools.islice(waiting, max(0, room)):
            running[client.submit(function, *task.arguments, pure=False)] = task
        if not running:
            return
        done = [future for future in running if future.done()]
        if not done:
            time.sleep(PAUSE)
            if time.monotonic() > last + PATIENCE:
                last = time.monotonic()
                if not _threads(client):
                    say("No worker is there: waiting for one.")
        for future in done:
            task, last = running.pop(future), time.monotonic()
            try:
                result = future.exception() or future.result()
            except CancelledError as error:
                result = error
            if isinstance(result, CancelledError):  # by a scheduler that went, and may come again
                waiting = itertools.chain([task], waiting)
            else:
                yield task, result


def _threads(client) -> int:
    """How many tasks the cluster can do at a time; 0 while its scheduler doesn't answer."""
    with contextlib.suppress(OSError, AttributeError):  # a client that has given up has no scheduler at all
        return sum(client.nthreads().values())
    return 0


@contextlib.contextmanager
def _client(workers: Workers) -> Iterator[Any]:
    import dask
    from distributed import Client, LocalCluster

    with contextlib.ExitStack() as open_:
        scheduler = workers.address
        if workers.count:
            open_.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": 0}))
            options = {
                "threads_per_worker": 1,
                "dashboard_address": None,
                "memory_limit": 0,
                "preload": [DEAF],
            }
            scheduler = LocalCluster(workers.count, **options, silence_logs=logging.CRITICAL)
            open_.enter_context(scheduler)
        try:
            client = Client(scheduler)
        except (OSError, ValueError) as error:
            raise CourseError(f"no Dask scheduler answers at {workers.address}: {error}") from None
        yield open_.enter_context(client)
