"""How this front end shows figures and controls."""

from __future__ import annotations

import ipywidgets
import plotly.io as pio

from course_utils import environment
from course_utils.figures import controls, theme  # noqa: F401 (importing the theme makes it the default)


def prepare() -> None:
    """Choose the renderer of figures, and the controls, that work here."""
    pio.renderers.default = "colab" if environment.in_colab() else "plotly_mimetype"
    if environment.in_colab():
        ipywidgets.interact = controls.once
