"""One look for all figures: a white card that reads on light and dark pages, colour-blind-safe.

Importing this module makes the theme Plotly's default. Colours: Okabe & Ito, "Color Universal Design" (2008).
"""

from __future__ import annotations

import plotly.graph_objects as go
import plotly.io as pio

from course_utils.display import show_figure as show  # noqa: F401 (for the lessons: theme.show)

BLUE, ORANGE, GREEN, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, YELLOW, BLACK, GREY = "#56B4E9", "#CC79A7", "#F0E442", "#000000", "#999999"
COLOURS = [BLUE, ORANGE, GREEN, VERMILLION, SKY, PURPLE, YELLOW, BLACK]

SEQUENTIAL = "Cividis"  # for amounts
DIVERGING = [[0.0, BLUE], [0.5, "#FFFFFF"], [1.0, VERMILLION]]  # for signed values: set zmid=0

ABOVE = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
"""A legend above the plot, which grows upwards: on a narrow page it has several lines."""

_AXIS = {
    "showgrid": True,
    "gridcolor": "#E5E5E5",
    "zeroline": False,
    "showline": True,
    "linecolor": "#444444",
    "ticks": "outside",
    "automargin": True,
}

pio.templates["course"] = go.layout.Template(
    layout={
        "colorway": COLOURS,
        "font": {"size": 14, "color": "#222222", "family": "Open Sans, Verdana, Arial, sans-serif"},
        "title": {"x": 0.02, "xanchor": "left", "font": {"size": 16}},
        "paper_bgcolor": "#FFFFFF",
        "plot_bgcolor": "#FFFFFF",
        "height": 420,
        "margin": {"l": 64, "r": 24, "t": 56, "b": 56},
        "xaxis": _AXIS,
        "yaxis": _AXIS,
        "colorscale": {"sequential": SEQUENTIAL, "sequentialminus": SEQUENTIAL, "diverging": DIVERGING},
        "legend": {"bgcolor": "rgba(255,255,255,0.7)"},
        "hoverlabel": {"font": {"size": 13}},
    }
)
pio.templates.default = "course"


def in_words(fig: go.Figure, alt: str, table: dict | None = None) -> go.Figure:
    """The figure, with the words and the table for those who can't see it: `lesson.show` reads its meta."""
    return fig.update_layout(meta={"alt": alt} | ({"table": table} if table else {}))


def figure(**layout) -> go.Figure:
    """An empty figure in the theme; give `title`, `xaxis_title` and `yaxis_title` with units."""
    return go.Figure().update_layout(template="course", **layout)
