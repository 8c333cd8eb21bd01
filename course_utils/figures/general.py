"""Figures that draw whatever they are given: lines, bars, matrices."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle

import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots
from torch import Tensor

from course_utils.figures import theme


def lines(
    x: list[float], series: dict[str, list[float]], *, x_title: str, y_title: str, log: str = "", **layout
) -> go.Figure:
    """Lines with markers over one x. `log` names the logarithmic axes: "", "x", "y" or "xy"."""
    fig = theme.figure(xaxis_title=x_title, yaxis_title=y_title, **layout)
    symbols = ["circle", "square", "diamond", "cross", "triangle-up"]
    for (name, values), symbol in zip(series.items(), cycle(symbols)):
        fig.add_scatter(x=x, y=values, name=name, mode="lines+markers", marker_symbol=symbol)
    if "x" in log:
        fig.update_xaxes(type="log")
    if "y" in log:
        drawn = [value for values in series.values() for value in values if value > 0]
        # Over few decades Plotly writes every digit, one over another; "D2" is 1, 2 and 5.
        few_decades = drawn and max(drawn) < 100 * min(drawn)
        fig.update_yaxes(type="log", exponentformat="power", dtick="D2" if few_decades else None)
    return theme.in_words(fig, f"Lines of {y_title} over {x_title}: {', '.join(series)}.")


def bars(values: Mapping[str, float], title: str, format: str = ".2f") -> go.Figure:
    """One labelled bar a case, in the order given."""
    fig = theme.figure(xaxis_title=title)
    fig.add_bar(
        x=list(values.values()),
        y=list(values),
        orientation="h",
        text=[f"{v:{format}}" for v in values.values()],
        textposition="outside",
        cliponaxis=False,
    )
    fig.update_yaxes(autorange="reversed", automargin=True)
    return fig


def grouped_bars(values: Mapping[str, Mapping[str, float]], title: str) -> go.Figure:
    """For each case a few bars side by side, the same ones in every case."""
    fig = theme.figure(xaxis_title=title, barmode="group")
    for name in next(iter(values.values())):
        amounts = [row[name] for row in values.values()]
        fig.add_bar(
            x=amounts,
            y=list(values),
            orientation="h",
            name=name,
            text=[f"{v:.3f}" for v in amounts],
            textposition="outside",
            cliponaxis=False,
        )
    fig.update_yaxes(autorange="reversed", automargin=True)
    return theme.in_words(
        fig, f"Bars of {title}: {', '.join(next(iter(values.values())))}; {', '.join(values)}."
    )


def matrices(
    panels: dict[str, Float[Tensor, "row column"]],
    *,
    x_title: str,
    y_title: str,
    rows: list[str] | None = None,
    height: int = 360,
) -> go.Figure:
    """Signed matrices side by side on one colour scale: blue below zero, white at zero, red above.

    `rows`: names of the rows, shared by all panels; their entries are then written into the cells.
    """
    fig = make_subplots(
        cols=len(panels), subplot_titles=list(panels), shared_yaxes=True, horizontal_spacing=0.04
    )
    for col, matrix in enumerate(panels.values(), 1):
        z = [[round(v, 2) for v in row] for row in matrix.tolist()]
        fig.add_heatmap(
            x=list(range(1, matrix.shape[1] + 1)),
            y=rows or list(range(1, len(matrix) + 1)),
            z=z,
            coloraxis="coloraxis",
            texttemplate="%{z:.1f}" if rows else None,
            row=1,
            col=col,
        )
    limit = max(matrix.abs().max().item() for matrix in panels.values())
    colours = {"colorscale": theme.DIVERGING, "cmin": -limit, "cmax": limit, "colorbar": {"thickness": 14}}
    narrow = sum(matrix.shape[1] for matrix in panels.values()) > 30
    fig.update_xaxes(title=x_title, tick0=1, dtick=3 if narrow else 1, showgrid=False)
    fig.update_yaxes(autorange="reversed", showgrid=False).update_yaxes(title=y_title, col=1)
    if not rows:
        fig.update_yaxes(dtick=1)
    fig.update_layout(template="course", coloraxis=colours, height=height)
    return theme.in_words(
        fig,
        f"Matrices of signed numbers, {x_title} across, {y_title or 'a row each'} down: {', '.join(panels)}.",
    )
