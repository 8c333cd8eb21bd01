"""Helper package of the course: rebuild two papers on superposition and sparse autoencoders on a laptop."""

import os
import sys

if sys.version_info < (3, 10):  # noqa: UP036 (a copy of the folder may be imported by any Python)
    raise ImportError("the course needs Python 3.10 or newer; this is Python " + sys.version.split()[0])

# Before torch is there: its threads, waiting for each other, soon go to sleep. By default they spin for long,
# and on a busy machine keep the one that they wait for from its core (CONTRIBUTING.md, "Threads").
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")

from course_utils.checks import SCALES

__all__ = ["SCALES", "setup", "start"]
__version__ = "0.1.0"


def setup() -> None:
    """Prepare this kernel for the course: the figures' theme and how this front end shows them.

    Raises ImportError, with what to do, where a package is missing.
    """
    from course_utils import environment

    environment.require_packages()
    from course_utils.figures import frontend

    frontend.prepare()
    print("The course kit is ready.")


def start(number: str, scale: str = "lesson", seed: int = 0):
    """Begin lesson `number` ("00") at `scale` "smoke", "lesson" or "full", and return its `Lesson`.

    Raises ValueError, listing what there is, for an unknown lesson or scale.
    """
    from course_utils.checks.lesson import Lesson

    return Lesson.begin(number, scale, seed)
