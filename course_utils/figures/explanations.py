"""Figures of lesson 11: how well the units of several codes are explained."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
import torch
from jaxtyping import Float
from plotly.subplots import make_subplots
from torch import Tensor

from course_utils.figures import theme

DASHES = ("solid", "dash", "dot", "dashdot")


def scores_by_rank(
    panels: Mapping[str, Mapping[str, Float[Tensor, "unit"]]], y_title: str, points: int = 41
) -> go.Figure:
    """For each code its units' scores from the best to the worst, a line each; panels side by side.

    A point (x, y) says that a share x of the units score above y.
    """
    fig = make_subplots(cols=len(panels), subplot_titles=list(panels), shared_yaxes=True)
    shares = torch.linspace(0, 1, points)
    for column, rows in enumerate(panels.values(), 1):
        for i, (name, scores) in enumerate(rows.items()):
            fig.add_scatter(
                x=[round(share, 3) for share in shares.tolist()],
                y=[round(score, 3) for score in scores.quantile(1 - shares).tolist()],
                name=name,
                mode="lines",
                line={"color": theme.COLOURS[i], "dash": DASHES[i % 4], "width": 3},
                legendgroup=name,
                showlegend=column == 1,
                row=1,
                col=column,
            )
    fig.update_xaxes(title="share of the units", tickformat=".0%")
    fig.update_yaxes(title=y_title, col=1)
    return fig.update_layout(template="course", legend={"orientation": "h", "y": -0.25, "x": 0})
