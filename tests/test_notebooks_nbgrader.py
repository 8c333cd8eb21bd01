"""An instructor's nbgrader takes the notebooks as they are: hands out, collects, grades."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from course_utils.checks import engine
from course_utils.kit import source

ROOT = Path(__file__).parents[1]


def test_nbgrader_hands_out_and_grades(tmp_path):
    [lesson] = source.find_lessons(ROOT, ["00"])
    for folder in ("source/intro", "submitted/solved/intro", "submitted/untouched/intro"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(lesson.solution, tmp_path / "source" / "intro")
    shutil.copy(lesson.solution, tmp_path / "submitted" / "solved" / "intro")
    shutil.copy(lesson.student, tmp_path / "submitted" / "untouched" / "intro")
    # nbgrader calls other commands of its environment by name
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for step in (["generate_assignment", "intro"], ["autograde", "intro"], ["export"]):
        subprocess.run(["nbgrader", *step], cwd=tmp_path, env=environment, check=True, capture_output=True)

    released = nbformat.read(tmp_path / "release" / "intro" / lesson.student.name, as_version=4)
    ours = nbformat.read(lesson.student, as_version=4)
    assert [cell.id for cell in released.cells] == [cell.id for cell in ours.cells]
    with open(tmp_path / "grades.csv") as grades:
        points = {row["student_id"]: float(row["raw_score"]) for row in csv.DictReader(grades)}
    assert points == {"solved": sum(e.points for e in engine.exercises("00").values()), "untouched": 0}
