"""Figures of lesson 12: detectors by the number of labels, in several places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from course_utils.figures import theme

COLOURS = ("#0072B2", "#009E73", "#D55E00", "#CC79A7", "#6b6b6b", "#56B4E9")
SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "x")


def auroc_by_labels(panels: Mapping[str, Mapping[str, Sequence[float]]], counts: Sequence[int]) -> go.Figure:
    """A panel for each place: AUROC over the number of labels, a line for each detector."""
    fig = make_subplots(
        cols=len(panels), subplot_titles=list(panels), shared_yaxes=True, horizontal_spacing=0.03
    )
    for col, rows in enumerate(panels.values(), 1):
        for (name, values), colour, symbol in zip(rows.items(), COLOURS, SYMBOLS, strict=True):
            fig.add_scatter(
                x=list(counts), y=[round(v, 3) for v in values], name=name, mode="lines+markers",
                marker_symbol=symbol, line_color=colour, legendgroup=name, showlegend=col == 1,
                row=1, col=col,
            )  # fmt: skip
    fig.update_xaxes(type="log", title="labels", tickvals=list(counts), ticktext=[str(n) for n in counts])
    fig.update_yaxes(title="AUROC", col=1)
    fig.update_layout(template="course", height=380, legend={"orientation": "h", "y": -0.25})
    columns = {"labels": list(counts)}
    for place, rows in panels.items():
        columns |= {f"{name}, {place}": [round(v, 3) for v in values] for name, values in rows.items()}
    return theme.in_words(fig, f"AUROC over labels in {', '.join(panels)}.", columns)
