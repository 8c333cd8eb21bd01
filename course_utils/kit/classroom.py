"""The commands around a class: what hands lessons out, brings them in, grades them, and brings marks out."""

import argparse
import sys
from pathlib import Path

from course_utils.kit.cluster import HERE, Workers

FOLDER = "what `course nbgrader` laid out"


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Give the `course` command these commands too."""
    handout = commands.add_parser("nbgrader", help="lay out an nbgrader course: hand out, collect, grade")
    handout.add_argument("folder", type=Path, metavar="DIR", help="a new folder")
    handout.add_argument("numbers", nargs="*", metavar="NN", help="lessons; all by default")
    handout.set_defaults(command=_nbgrader)

    grader = commands.add_parser("grade", help="grade an nbgrader course; each submission runs behind a wall")
    grader.add_argument("folder", type=Path, metavar="DIR", help=FOLDER)
    wall = grader.add_mutually_exclusive_group()
    wall.add_argument("--trust", action="store_const", const="trust", dest="wall", help="no wall at all")
    wall.add_argument(
        "--container",
        dest="wall",
        metavar="COMMAND",
        help="a container instead of bubblewrap: the command that runs one, with {shared} and {folder}",
    )
    _add_workers(grader)
    grader.set_defaults(command=_grade, wall="bubblewrap")

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


def _add_workers(parser: argparse.ArgumentParser) -> None:
    where = parser.add_mutually_exclusive_group()
    count, address = lambda text: Workers(count=positive(text)), lambda text: Workers(address=text)
    where.add_argument("--workers", type=count, default=HERE, metavar="N", help="N at a time, here")
    there = "where the workers of this Dask scheduler are"
    where.add_argument("--cluster", type=address, dest="workers", metavar="ADDRESS", help=there)


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _nbgrader(options: argparse.Namespace) -> int:
    from course_utils.kit import handout
    from course_utils.kit.lessons import find_lessons, find_root

    lessons = find_lessons(find_root(Path.cwd()), options.numbers)
    print(handout.lay_out(lessons, options.folder))
    return 0


def _grade(options: argparse.Namespace) -> int:
    from course_utils.kit import grade

    problems = grade.grade(options.folder, options.wall, options.workers)
    told = _tell(problems)
    print(f"Marks: {options.folder / 'grades.csv'}; why points are missing: {options.folder / 'remarks.csv'}")
    return told


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
