"""What runs beside a student's code, in the kernel of a submission. `grading` sends it there."""

from __future__ import annotations

import sys

from course_utils.checks import registry
from course_utils.checks.run import run_check
from course_utils.checks.verdict import Verdict
from course_utils.display import show
from course_utils.kit import outputs


def prepare(gigabytes: float, processes: int | None) -> None:
    """Limit memory and number of processes (on Linux), and let files beside the notebook hide no library."""
    sys.path.append("")
    try:
        import resource
    except ImportError:  # Windows
        return
    limit = int(gigabytes * 2**30)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    if processes:
        resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))


def mark(number: str, namespace: dict, token: str) -> None:
    """Check the function of exercise `number` in `namespace`; show the verdict, send a record of it.

    The record carries `token`, which only the sender knew: outputs that claim to be a mark don't count.
    """
    exercise = registry.exercises(f"{int(number.split('.')[0]):02d}")[number]
    if exercise.name in namespace:
        verdict = run_check(exercise, namespace[exercise.name])
    else:
        missing = f"No cell that ran defines `{exercise.name}`."
        title = f"Exercise {number} · {exercise.title}"
        verdict = Verdict(title, "not checked", 0.0, exercise.points, message=missing)
    show(verdict.text(), verdict.html())
    record = {"token": token, "points": verdict.points, "of": verdict.of, "remark": remark(verdict)}
    show("", **{outputs.MARK: record})


def remark(verdict: Verdict) -> str:
    """The verdict in a line, for the instructor's list; empty for one that passed."""
    if verdict.state == "passed":
        return ""
    if verdict.explained is None:
        return verdict.message if verdict.state == "not checked" else verdict.state
    problem = verdict.explained.problem
    raised = problem.traceback.strip().split("\n")[-1]
    reason = problem.mistake or raised or f"expected {problem.expected}, came out {problem.got}"
    return " ".join(f"{verdict.state}, {verdict.explained.name}: {reason}".split())[:300]
