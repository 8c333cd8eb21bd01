"""Figures of lesson 06: how well dictionaries recover features that are known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots
from torch import Tensor

from course_utils.figures import theme
from course_utils.figures.sae import DASHES


def cosine_by_rank(found: Mapping[str, Float[Tensor, "n"]], title: str = "") -> go.Figure:
    """Best cosine of each true feature, from the best recovered to the worst, one line a dictionary."""
    fig = theme.figure(
        title=title,
        xaxis_title="true features, best recovered first",
        yaxis_title="largest cosine with a dictionary entry",
    )
    for i, (name, cosines) in enumerate(found.items()):
        ordered = cosines.sort(descending=True).values
        fig.add_scatter(
            x=list(range(1, len(ordered) + 1)),
            y=[round(v, 3) for v in ordered.tolist()],
            name=name,
            mode="lines",
            line={"width": 3, "color": theme.COLOURS[i % 8], "dash": DASHES[i % 4]},
        )
    # the legend stands at the bottom: even random directions stay well above 0
    legend = {"orientation": "h", "x": 0.02, "y": 0.02, "yanchor": "bottom"}
    return fig.update_yaxes(range=[0, 1.03]).update_layout(legend=legend)


def by_features_on(
    on_at_once: Sequence[float], found: Mapping[str, Sequence[float]], measure: str
) -> go.Figure:
    """A measure between 0 and 1 against the number of features on at once, one line a method."""
    fig = theme.figure(xaxis_title="features on at once, n·p (log scale)", yaxis_title=measure)
    for i, (name, values) in enumerate(found.items()):
        fig.add_scatter(
            x=list(on_at_once),
            y=[round(v, 3) for v in values],
            name=name,
            mode="lines+markers",
            line={"width": 3, "color": theme.COLOURS[i % 8], "dash": DASHES[i % 4]},
            marker_size=9,
        )
    fig.update_xaxes(type="log", tickvals=list(on_at_once), ticktext=[f"{v:.3g}" for v in on_at_once])
    return fig.update_yaxes(range=[0, 1.03]).update_layout(legend=theme.ABOVE)


def size_by_true_size(true: Sequence[float], found: Mapping[str, Sequence[float]]) -> go.Figure:
    """Size that the latents give a feature against its true size, one line an SAE, and the diagonal."""
    fig = theme.figure(xaxis_title="true size of the feature in h", yaxis_title="size found (median)")
    top = max(true)
    fig.add_scatter(
        x=[0, top], y=[0, top], name="no shrinkage", mode="lines", line={"color": theme.GREY, "dash": "dash"}
    )
    for i, (name, values) in enumerate(found.items()):
        fig.add_scatter(
            x=list(true),
            y=[round(v, 3) for v in values],
            name=name,
            mode="lines+markers",
            line_color=theme.COLOURS[i % 8],
        )
    return fig.update_layout(legend=theme.ABOVE)


def measure_bars(table: Mapping[str, Mapping[str, float]]) -> go.Figure:
    """One panel a measure, one bar an SAE. `table`: name of the SAE -> measure -> value."""
    measures = list(next(iter(table.values())))
    fig = make_subplots(rows=1, cols=len(measures), subplot_titles=measures, shared_yaxes=True)
    names = list(table)[::-1]
    for column, measure in enumerate(measures, start=1):
        values = [table[name][measure] for name in names]
        fig.add_bar(
            y=names,
            x=values,
            orientation="h",
            text=[f"{v:.2f}" for v in values],
            textposition="auto",
            marker_color=theme.COLOURS[column - 1],
            showlegend=False,
            row=1,
            col=column,
        )
        fig.update_xaxes(range=[0, 1.05], row=1, col=column)
    return fig.update_layout(template="course", height=120 + 46 * len(names))


def mmcs_by_l0(
    lines: Mapping[str, tuple[Sequence[float], Sequence[float], Sequence[float]]], true_l0: float
) -> go.Figure:
    """MMCS (solid) and R² (dotted) against L0. `lines`: name -> (L0, MMCS, R²)."""
    fig = theme.figure(xaxis_title="L0: active latents an input (log scale)", yaxis_title="MMCS, and R²")
    for i, (name, (l0, cosine, r2)) in enumerate(lines.items()):
        for values, label, dash, symbol in (
            (cosine, "MMCS", "solid", "circle"),
            (r2, "R²", "dot", "square"),
        ):
            fig.add_scatter(
                x=[round(v, 2) for v in l0],
                y=[round(v, 3) for v in values],
                name=f"{name}: {label}",
                mode="lines+markers",
                line={"color": theme.COLOURS[i], "dash": dash},
                marker_symbol=symbol,
            )
    fig.add_vline(x=true_l0, line={"color": theme.GREY, "dash": "dash"})
    fig.add_annotation(
        x=math.log10(true_l0), y=0.04, yref="y domain", showarrow=False, xanchor="left",
        text=f" {true_l0:.3g} features are on", font_color="#555555",
    )  # fmt: skip
    fig.update_xaxes(type="log", tickvals=[1, 2, 5, 10, 20, 50, 100])
    return fig.update_yaxes(range=[0, 1.03]).update_layout(legend=theme.ABOVE)
