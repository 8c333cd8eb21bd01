"""Run a student's function so that nothing it does can hurt the notebook.

The function runs in a thread of its own. A thread can be left behind, so an endless loop, a long sleep or a
loop that swallows every exception ends in a clear word on every platform, and the Stop button still works.
"""

from __future__ import annotations

import contextlib
import contextvars
import ctypes
import io
import sysconfig
import threading
import time
import traceback
import warnings
from pathlib import Path
from typing import NamedTuple

import torch

from course_utils.checks import values

LIBRARIES = tuple(
    str(Path(path).resolve())
    for path in {sysconfig.get_path(key) for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    | {Path(__file__).parents[1]}
)


class TimeLimit(SystemExit):
    """Thrown into a function that ran too long. A SystemExit, because a thread ends on it in silence."""


class Outcome(NamedTuple):
    """What a guarded call did."""

    value: object  # what it returned; None if it did not get that far
    error: BaseException | None  # what it raised
    timed_out: bool
    still_running: bool  # it swallowed every attempt to stop it
    printed: str  # stdout, stderr and warnings, in this order of arrival


def run(function, args=(), kwargs=None, seconds: float = 10.0) -> Outcome:
    """Call `function` for at most `seconds`, keeping what it prints, warns and raises."""
    result: dict = {}
    done = threading.Event()
    context, grad = contextvars.copy_context(), torch.is_grad_enabled()

    def work():
        try:
            with torch.set_grad_enabled(grad):  # this setting is one of the thread
                result["value"] = context.run(function, *args, **(kwargs or {}))
        except BaseException as error:
            result["error"] = error
        finally:
            done.set()

    worker = threading.Thread(target=work, daemon=True)
    printed = io.StringIO()
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        worker.start()
        try:
            timed_out = not _wait(done, seconds)
            still_running = timed_out and not _stop(worker)
        except KeyboardInterrupt:  # the user's own Stop button
            _stop(worker)
            raise
    text = printed.getvalue() + "".join(sorted({f"{w.category.__name__}: {w.message}\n" for w in caught}))
    error = None if timed_out else result.get("error")
    return Outcome(result.get("value"), error, timed_out, still_running, text)


def _wait(done: threading.Event, seconds: float) -> bool:
    """Wait in short slices: on Windows a long wait cannot be interrupted."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if done.wait(min(left, 0.05)):
            return True
    return done.is_set()


def _stop(worker: threading.Thread, seconds: float = 2.0) -> bool:
    """Throw TimeLimit into the thread, for so long, until it ends.

    Once is not enough against a bare `except:`: most throws arrive inside its `try`, so make many. Python
    3.10 delivers them only there, so with it a loop around a bare `except:` goes on.
    """
    end = time.monotonic() + seconds
    while worker.is_alive() and time.monotonic() < end:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(worker.ident), ctypes.py_object(TimeLimit))
        worker.join(0.001)
    return not worker.is_alive()


ADVICE = {
    "Boolean value of Tensor with more than one value": "`if`, `and`, `or`, `min(...)` and `max(...)` decide "
    "about one number; for whole tensors there are `torch.where`, `&`, `|`, `torch.minimum`, `torch.maximum` "
    "and `clamp`",
    "for ^": "a power is `**`",
    "bitwise_xor": "a power is `**`",
    "could not infer output dtype": "whole numbers have no mean: `.float()` first",
    "Index tensor must have the same number of dimensions": "`gather` wants an index with as many dimensions "
    "as the tensor itself: `index[..., None]` adds one",
    "Expected target size": "`cross_entropy` wants the classes in dimension 1, behind the batch",
    "must match the size of tensor b": "two shapes that don't fit: print both. Often a dimension of size 1 "
    "is missing, from `keepdim=True` or `x[:, None]`",
}


def advice(error: BaseException) -> str:
    """What to do about an error that torch words for experts; empty where its own words will do."""
    return next((words for part, words in ADVICE.items() if part in values.message(error)), "")


def own_traceback(error: BaseException) -> str:
    """The traceback of `error` with the student's own lines only: no frame of the kit or of a library."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not _is_library(f.filename)]
    lines = [f"  line {f.lineno}, in {f.name}\n    {f.line}" for f in frames]
    if len(lines) > 6:
        lines = [*lines[:3], f"  ... {len(lines) - 6} more calls ...", *lines[-3:]]
    message = "".join(traceback.format_exception_only(type(error), error)).strip()
    return "\n".join([*lines, message if len(message) < 1000 else message[:1000] + " ..."])


def _is_library(filename: str) -> bool:
    if filename.startswith("<"):  # no file: a cell in older kernels, or frozen library code
        return filename.startswith("<frozen")
    return str(Path(filename).resolve()).startswith(LIBRARIES)
