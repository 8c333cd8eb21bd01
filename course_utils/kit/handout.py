"""Lay out an nbgrader course from the lessons' sources: `course nbgrader DIR`."""

from pathlib import Path

import nbformat

from course_utils.environment import DISTRIBUTION
from course_utils.kit import CourseError, links, source
from course_utils.kit.build import ANSWER, STUB
from course_utils.kit.lessons import LessonFiles

CONFIG = f'''\
# An nbgrader course, laid out by `course nbgrader`. What grading does, and what it can't do, is said in
# course_utils/kit/grading.py.
c = get_config()  # noqa: F821 (nbgrader provides it)

c.CourseDirectory.course_id = "{DISTRIBUTION}"
c.ClearSolutions.code_stub = {{"python": "{STUB}"}}  # a lesson handed out runs from top to bottom
c.ClearSolutions.text_stub = "{ANSWER}"

# The limits of a submission. They are generous: at the smoke scale of grading a whole lesson takes seconds.
c.RunSubmission.seconds = 60  # a cell is interrupted then
c.RunSubmission.gigabytes = 4.0  # on Linux; elsewhere memory isn't limited
c.RunSubmission.characters = 1_000_000  # what is kept of a cell's output
c.RunSubmission.kernels = 4  # how many kernels a submission may end
c.RunSubmission.disk = 0.5  # gigabytes of files of its own
c.RunSubmission.wall = "trust"  # none; `course grade` has "bubblewrap": course_utils/kit/sandbox.py

c.Autograde.sanitize_preprocessors = [
    "course_utils.kit.grading.Repair",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "course_utils.kit.grading.RunSubmission",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "course_utils.kit.grading.SaveRemarks",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.GenerateFeedback.exporter_class = "course_utils.kit.feedback.Feedback"  # safe to open
c.ExportApp.plugin_class = "course_utils.kit.grading.Export"
'''

NEXT = """\
{folder} holds an nbgrader course of {count}. What comes next, in that folder, with this environment active
(nbgrader calls other commands by name):

  nbgrader generate_assignment {first}
      writes release/{first}/, which is what students get
  put what comes back into submitted/STUDENT/{first}/{first}.ipynb,
      or let `course collect EXPORT.zip {folder}` do it
  nbgrader autograde {first}
      (a second hand-in without timestamp.txt needs --force)
  nbgrader generate_feedback {first}
      writes feedback/STUDENT/{first}/, a page for each student
  nbgrader export
      writes grades.csv, and remarks.csv with a line for each exercise: its points, and why some are missing

Better than these last three: `course grade {folder}` grades all that is new, each submission behind a wall
(no network, none of your files), writes the feedback and both tables. `nbgrader autograde` runs submissions
with your rights on this machine: with it, grade strangers' work in a container.

The limits of a submission (time, memory, output) are in nbgrader_config.py. Its code shares a process with
the checks, and the solutions are in the installed package, so marks can be had by cheating: read the answers
that matter, first those marked "look" in remarks.csv."""


def lay_out(lessons: list[LessonFiles], folder: Path) -> str:
    """Write `folder`: a source notebook for each lesson, and nbgrader's configuration. Say what comes next.

    Raises CourseError for a folder that holds anything, and for one that can't be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CourseError(
            f"{folder} is there already, and may hold grades. Name a new folder. To hand out changed "
            "lessons, copy them over from the new folder's source/. Once hand-ins of a lesson are graded, "
            "nbgrader adds no exercise to it, and removes its release/ if told to: give it a new name."
        )
    notebooks = {lesson: source.read(lesson) for lesson in lessons}
    try:
        for lesson, nb in notebooks.items():
            place = folder / "source" / lesson.stem
            place.mkdir(parents=True)
            to_solution, to_student = links.colab(lesson.solution), links.colab(lesson.student)
            nb.cells[0].source = nb.cells[0].source.replace(to_solution, to_student)
            nbformat.write(nb, place / f"{lesson.stem}.ipynb")
        (folder / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    except OSError as error:
        raise CourseError(f"{folder} can't be written ({error.strerror}). Name another folder.") from None
    count = "1 assignment" if len(lessons) == 1 else f"{len(lessons)} assignments"
    return NEXT.format(folder=folder, count=count, first=lessons[0].stem)
