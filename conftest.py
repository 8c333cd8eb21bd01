"""nbval, with numbers compared as numbers; and a progress file that isn't the developer's own."""

import os
import platform
import tempfile

from nbval.plugin import IPyNbCell, IPyNbFile

from course_utils.kit import outputs

home = tempfile.TemporaryDirectory(prefix="course-home-")
os.environ["COURSE_HOME"] = home.name


def pytest_report_header():
    return f"nbval: compares numbers of notebooks made with Python {platform.python_version()}, claims of all"


sanitize, compare_outputs, setup = IPyNbCell.sanitize, IPyNbCell.compare_outputs, IPyNbFile.setup


def compare_lasting(cell, test, ref, skip_compare=None):
    """Compare only what `course build` keeps: no stderr, no live widgets.

    Where another Python made the committed outputs, hold the claims against their thresholds, and no more:
    the lessons on language read text that Python itself ships, so each version gives somewhat other numbers.
    """
    lasting = [output for output in test if not outputs.passing(output)]
    if cell.parent.nb.metadata.language_info.version == platform.python_version():
        return compare_outputs(cell, lasting, ref, skip_compare)
    broken = [claim["name"] for claim in outputs.claims(lasting) if not claim["holds"]]
    cell.comparison_traceback = [f"claim {name} fails" for name in broken]
    return not broken


def skip_pictures(file):
    """Figures and HTML aren't compared: the numbers that matter stand in the text."""
    file.skip_compare += (outputs.PLOTLY, outputs.CLAIM, "text/html")
    setup(file)


IPyNbCell.sanitize = lambda cell, text: (
    outputs.Approximate(sanitize(cell, text)) if isinstance(text, str) else text
)
IPyNbCell.compare_outputs = compare_lasting
IPyNbFile.setup = skip_pictures
