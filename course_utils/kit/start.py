"""Lay out the lessons in a folder of one's own: `course start FOLDER`, which needs no git and no network."""

import argparse
from importlib import metadata
from pathlib import Path

import course_utils
from course_utils.environment import DISTRIBUTION
from course_utils.kit import CourseError

CARRIED = ("notebooks/*.ipynb", "docs/glossary.md", "docs/map.md", "docs/map.svg")
"""What is laid out: the lessons, and what they link to. The wheel has it as data (pyproject.toml)."""
SHARE = f"share/{DISTRIBUTION}/"
"""Where the wheel puts it, below the environment's own folder."""


def add(commands) -> None:
    """Add the command to the parser of `course`."""
    parser = commands.add_parser("start", help="lay out the lessons in a folder of yours")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new one, or one with some of them")
    parser.set_defaults(command=_start)


def _start(options: argparse.Namespace) -> int:
    made, kept = lay_out(options.folder)
    for path in kept:
        print(f"There already, and left as it is: {options.folder / path}")
    if kept:
        print("To get one of these anew, move yours away and run this again.")
    print(f"{len(made)} files laid out in {options.folder}. Begin with:")
    print(f"  jupyter lab {options.folder / 'notebooks' / '00_start_here.ipynb'}")
    return 0


def carried() -> dict[str, Path]:
    """The files by their names ("notebooks/00_start_here.ipynb"): a clone's own, else those of the wheel.

    Raises CourseError where there are none.
    """
    clone = Path(course_utils.__file__).parents[1]
    if (clone / "pyproject.toml").exists():
        found = [path for pattern in CARRIED for path in sorted(clone.glob(pattern))]
        return {path.relative_to(clone).as_posix(): path for path in found}
    listed = {file.as_posix(): Path(file.locate()) for file in metadata.files(DISTRIBUTION) or []}
    files = {name.partition(SHARE)[2]: path for name, path in listed.items() if SHARE in name}
    if not files:
        raise CourseError(f"this installation carries no notebooks. Install the wheel of {DISTRIBUTION}.")
    return files


def lay_out(folder: Path) -> tuple[list[str], list[str]]:
    """Copy what `folder` doesn't hold yet; returns the names of the files made, and of those left alone.

    Raises CourseError for a folder that can't be written.
    """
    made, kept = [], []
    try:
        for name, path in carried().items():
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                with place.open("xb") as file:  # refuses a file that is there
                    file.write(path.read_bytes())
            except FileExistsError:
                kept.append(name)
            else:
                made.append(name)
    except OSError as error:
        raise CourseError(f"{folder} can't be written ({error.strerror}). Name another folder.") from None
    return made, kept
