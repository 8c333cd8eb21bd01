"""nbval, with numbers compared as numbers; and a progress file that isn't the developer's own."""

import os
import platform
import tempfile
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbval.plugin import IPyNbCell

from course_utils.kit import outputs
from course_utils.kit.lessons import without
from course_utils.pretrained import file

if workers := os.environ.get("PYTEST_XDIST_WORKER_COUNT"):
    # Files run side by side: each process, and the kernels that it starts, takes its share of the cores.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // int(workers))))

home = tempfile.TemporaryDirectory(prefix="course-home-")
os.environ["COURSE_HOME"] = home.name


def pytest_report_header():
    return f"nbval: compares numbers of notebooks made with Python {platform.python_version()}, claims of all"


def pytest_collection_modifyitems(items):
    """Skip the cells of a notebook whose model isn't here, in one line of the report."""
    if file.is_there():
        return
    for item in items:
        if isinstance(item, IPyNbCell) and "model" in (course := item.parent.nb.metadata.get("course", {})):
            item.add_marker(pytest.mark.skip(reason=without(course.number)))


def compare(cell, fresh, committed, skip_compare=None):
    """Compare the plain text of what `course build` keeps: the numbers that matter stand there.

    Where another Python made the committed outputs, hold the claims against their thresholds, and no more:
    the lessons on language read text that Python itself ships, so each version gives somewhat other numbers.
    """
    ran = outputs.lasting(NotebookNode(cell.cell, outputs=fresh))
    if cell.parent.nb.metadata.language_info.version == platform.python_version():
        notebook = Path(cell.parent.path)
        differs = outputs.disagreement(
            outputs.text(committed),
            outputs.text(ran),
            outputs.spreads(notebook).get(cell.cell.id),
            f"course worlds {notebook.stem[:2]}",
        )
        cell.comparison_traceback = [differs]
        return not differs
    broken = [claim["name"] for claim in outputs.claims(ran) if not claim["holds"]]
    cell.comparison_traceback = [f"claim {name} fails" for name in broken]
    return not broken


IPyNbCell.compare_outputs = compare
