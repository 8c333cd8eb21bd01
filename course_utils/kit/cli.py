"""The `course` command: build, run, progress, assets."""

import argparse
import sys
import time
from pathlib import Path

from course_utils.kit import CourseError


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit status: 0 done, 1 something to mend, 130 interrupted."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except CourseError as error:
        print(f"course: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("course: interrupted. What was done is kept; run it again to go on.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="course", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    build = commands.add_parser("build", help="make the notebooks from solutions/NN_name.py")
    build.add_argument("numbers", nargs="*", metavar="NN", help="lessons; all by default")
    build.add_argument(
        "--check", action="store_true", help="write nothing; fail where a notebook has drifted"
    )
    build.set_defaults(command=_build)
    return parser


def _build(options: argparse.Namespace) -> int:
    from course_utils.kit import build, source

    root = source.find_root(Path.cwd())
    lessons = source.find_lessons(root, options.numbers)
    if options.check:
        return _check(root, lessons, build)
    for lesson in lessons:
        began = time.monotonic()
        changed = build.build(lesson, _show(lesson.number))
        seconds = time.monotonic() - began
        print(f"\r{lesson.number}: {', '.join(changed) or 'nothing changed'} ({seconds:.0f} s)\033[K")
    return 0


def _check(root, lessons, build) -> int:
    found = build.orphans(root) + [problem for lesson in lessons for problem in build.drift(lesson)]
    if not found:  # running takes minutes: only when the static part holds
        found = [
            problem for lesson in lessons for problem in build.output_drift(lesson, _show(lesson.number))
        ]
    print(*found or [f"\r{len(lessons)} lessons: the notebooks are what their sources give.\033[K"], sep="\n")
    return bool(found)


def _show(number: str):
    """A progress line for one lesson, on a terminal only."""

    def show(cell: int, cells: int) -> None:
        if sys.stdout.isatty():
            print(f"\r{number}: cell {cell}/{cells}\033[K", end="", flush=True)

    return show
