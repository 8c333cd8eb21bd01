"""The commands around grading: what brings hand-ins in, and marks out."""

import argparse
import sys
from pathlib import Path

FOLDER = "what `course nbgrader` laid out"


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Give the `course` command these commands too."""
    collect = commands.add_parser(
        "collect", help="put a platform's export of hand-ins where grading finds them"
    )
    collect.add_argument("archive", type=Path, metavar="ZIP", help="as Moodle, Canvas and others give it")
    collect.add_argument("folder", type=Path, metavar="DIR", help=FOLDER)
    collect.set_defaults(command=_collect)

    overview = commands.add_parser("class", help="a page on the class: which mistakes, how often, where")
    overview.add_argument("folder", type=Path, metavar="DIR", help=FOLDER)
    overview.set_defaults(command=_class)

    marks = commands.add_parser("marks", help="write the marks as a learning platform takes them")
    marks.add_argument("folder", type=Path, metavar="DIR", help=FOLDER)
    marks.add_argument("--for", required=True, choices=("gradescope", "canvas", "moodle"), dest="platform")
    marks.set_defaults(command=_marks)


def _class(options: argparse.Namespace) -> int:
    from course_utils.kit import class_page

    print(f"The class, for a browser: {class_page.write(options.folder)}")
    return 0


def _collect(options: argparse.Namespace) -> int:
    from course_utils.kit import collect

    problems = collect.collect(options.archive, options.folder)
    print(f"The same as a table: {options.folder / 'collected.csv'}. Next: course grade {options.folder}")
    return _tell(problems)


def _marks(options: argparse.Namespace) -> int:
    from course_utils.kit import marks

    files, problems = marks.write(options.folder, options.platform)
    print(*(f"wrote {file}" for file in files), sep="\n")
    return _tell(problems)


def _tell(problems: list[str]) -> int:
    for problem in problems:
        print(f"course: {problem}", file=sys.stderr)
    return bool(problems)
