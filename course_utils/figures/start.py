"""Figures of lesson 00: directions in the plane, and what storing features there costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots
from torch import Tensor

from course_utils.figures import sliders, theme

RATIO = "loss / loss of keeping two"
BASELINE = {"color": theme.GREY, "dash": "dash"}
TICKS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10]


def loss_ratio_by_density(densities: Sequence[float], curves: Mapping[str, Sequence[float]]) -> go.Figure:
    """Loss of each arrangement over density, relative to keeping two features (the line at 1)."""
    fig = theme.figure(xaxis_title="density p (log scale)", yaxis_title=f"{RATIO} (log scale)")
    fig.update_layout(xaxis_type="log", xaxis_tickvals=TICKS, yaxis_type="log", yaxis_tickvals=TICKS)
    fig.add_scatter(
        x=list(densities),
        y=[1] * len(densities),
        mode="lines",
        line=BASELINE,
        name="keep two",
        hoverinfo="skip",
    )
    for name, ratios in curves.items():
        fig.add_scatter(x=list(densities), y=list(ratios), name=name, mode="lines+markers")
    return fig


def polygon_slider(
    densities: Sequence[float],
    directions: Mapping[int, Float[Tensor, "2 n"]],
    ratios: Mapping[str, Mapping[int, Sequence[float]]],
) -> go.Figure:
    """One slider step for each number of features: its directions (left), its loss ratios by name (right)."""
    fig = make_subplots(
        1, 2, subplot_titles=("directions in the plane", f"{RATIO} (log scale)"), column_widths=[0.4, 0.6]
    )
    for n, W in directions.items():
        lines = {"showlegend": False, "hoverinfo": "skip", "line": {"color": theme.BLUE}}
        x = [v for column in W.T.tolist() for v in (0, column[0], None)]  # from the origin to each tip
        y = [v for column in W.T.tolist() for v in (0, column[1], None)]
        fig.add_scatter(x=x, y=y, mode="lines+markers", visible=n == 5, row=1, col=1, **lines)
        for (name, of), colour in zip(ratios.items(), (theme.BLUE, theme.ORANGE), strict=True):
            style = {"name": name, "visible": n == 5, "line": {"color": colour}, "mode": "lines+markers"}
            fig.add_scatter(x=list(densities), y=list(of[n]), row=1, col=2, **style)
    changes = {str(n): [{"visible": [m == n for m in directions for _ in "123"]}] for n in directions}
    sliders.choose_properties(fig, changes, "features n = ", below=50, active=list(directions).index(5))
    fig.update_layout(template="course", height=460, legend=theme.ABOVE | {"x": 0.42, "y": 1.1})
    fig.update_xaxes(range=[-1.2, 1.2], row=1, col=1)
    fig.update_yaxes(range=[-1.2, 1.2], scaleanchor="x", row=1, col=1)
    fig.update_xaxes(type="log", tickvals=TICKS, title_text="density p (log scale)", row=1, col=2)
    every = [math.log10(v) for of in ratios.values() for values in of.values() for v in values if v > 0]
    low = max(min(every), math.log10(TICKS[0]))  # a few samples may give a loss of nearly nothing
    fig.update_yaxes(type="log", tickvals=TICKS, range=[low - 0.1, max(every) + 0.1], row=1, col=2)
    fig.add_hline(y=1, line=BASELINE, row=1, col=2)
    return fig


def directions_svg(W: Float[Tensor, "2 n"], size: int = 220) -> str:
    """The columns of `W` as lines from the centre, as an SVG: the quickest picture to redraw."""
    half = size / 2
    tips = [(half + 0.85 * half * x, half - 0.85 * half * y) for x, y in W.T.tolist()]
    lines = [
        f'<line x1="{half}" y1="{half}" x2="{x:.1f}" y2="{y:.1f}" stroke="{theme.BLUE}" stroke-width="3"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{theme.BLUE}"/>'
        for x, y in tips
    ]
    frame = f'<svg width="{size}" height="{size}" role="img" aria-label="{len(tips)} directions">'
    return f"{frame}{''.join(lines)}</svg>"
