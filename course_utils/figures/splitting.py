"""Figures of lesson 10 on splitting and absorption: which latents become which, a map, loss by angle."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from jaxtyping import Float
from torch import Tensor

from course_utils.figures import theme


def refinement_graph(
    steps: Sequence[Sequence[tuple[int, int, float]]],
    columns: Sequence[str],
    shade: Sequence[Mapping[int, float]],
    shade_title: str,
) -> go.Figure:
    """Latents of wider and wider dictionaries in columns, an edge from each to what it became.

    `steps` are `splitting.refinement`'s edges, thicker for a larger cosine; `shade`: for each column,
    latent -> a value between 0 and 1 that colours it.
    """
    levels = [sorted({a for a, _, _ in steps[0]}, key=lambda i: -shade[0][i])]
    levels += [
        sorted({b for _, b, _ in step}, key=lambda i, k=k: -shade[k][i]) for k, step in enumerate(steps, 1)
    ]
    place = [{u: (i + 0.5) / len(level) for i, u in enumerate(level)} for level in levels]
    fig = theme.figure(height=520, showlegend=False)
    for width, least, most in ((1, 0.0, 0.7), (2.5, 0.7, 0.85), (5, 0.85, 2.0)):
        xs, ys = [], []
        for k, step in enumerate(steps):
            for a, b, cosine in step:
                if least <= cosine < most:
                    xs += [k, k + 1, None]
                    ys += [place[k][a], place[k + 1][b], None]
        fig.add_scatter(x=xs, y=ys, mode="lines", line={"width": width, "color": "#9AA5AD"}, hoverinfo="skip")
    values = [shade[k][u] for k, level in enumerate(levels) for u in level]
    fig.add_scatter(
        x=[k for k, level in enumerate(levels) for _ in level],
        y=[place[k][u] for k, level in enumerate(levels) for u in level],
        mode="markers+text",
        text=[str(u) for level in levels for u in level],
        textposition="middle right",
        textfont_size=11,
        marker={
            "size": 15,
            "color": [round(v, 2) for v in values],
            "cmin": 0,
            "cmax": 1,
            "colorscale": theme.SEQUENTIAL,
            "colorbar": {"title": shade_title, "thickness": 14},
            "line": {"width": 1, "color": "#444444"},
        },
        hovertemplate="latent %{text}: %{marker.color:.2f}<extra></extra>",
    )
    fig.update_xaxes(
        tickvals=list(range(len(columns))),
        ticktext=list(columns),
        range=[-0.3, len(columns) - 0.5],
        showgrid=False,
    )
    return fig.update_yaxes(visible=False, autorange="reversed")


def direction_map(
    places: Float[Tensor, "n 2"], groups: Mapping[str, Sequence[int]], lit: Mapping[str, Sequence[int]]
) -> go.Figure:
    """A map of decoder rows. `groups`: two names -> points, drawn small; `lit`: those that stand out."""
    fig = theme.figure(height=520)
    places = [[round(v, 1) for v in row] for row in places.tolist()]
    looks = (
        {"size": 9, "symbol": "circle-open", "color": "#777777"},
        {"size": 4, "symbol": "circle", "color": theme.BLUE},
    )
    for (name, points), marker in zip(groups.items(), looks, strict=True):
        x, y = zip(*(places[i] for i in points), strict=True)
        fig.add_scatter(x=x, y=y, name=name, mode="markers", marker=marker, hoverinfo="name")
    symbols = ("star", "diamond", "square", "cross")
    for k, (name, points) in enumerate(lit.items()):
        x, y = zip(*(places[i] for i in points), strict=True)
        marker = {"size": 11, "color": theme.COLOURS[(3, 2, 5, 0)[k]], "symbol": symbols[k]}
        marker["line"] = {"width": 1, "color": "#222222"}
        fig.add_scatter(x=x, y=y, name=name, mode="markers", marker=marker, hoverinfo="name")
    fig.update_xaxes(visible=False).update_yaxes(visible=False, scaleanchor="x")
    return fig.update_layout(legend=theme.ABOVE, margin={"l": 10, "r": 10, "b": 10})


def loss_by_angle(
    angles: Sequence[float], curves: Mapping[str, Sequence[float]], trained: Mapping[str, Sequence[float]]
) -> go.Figure:
    """Loss against the angle of the child's row (radians). `curves`: the closed form; `trained`: points."""
    fig = theme.figure(
        xaxis_title="angle of the child's row towards the parent, degrees",
        yaxis_title="loss",
    )
    degrees = [round(math.degrees(a), 1) for a in angles]
    for k, (name, values) in enumerate(curves.items()):
        fig.add_scatter(x=degrees, y=[round(v, 5) for v in values], name=name, mode="lines", line_width=3)
        if name in trained:
            fig.add_scatter(
                x=degrees,
                y=[round(v, 5) for v in trained[name]],
                name=f"{name}, trained",
                mode="markers",
                marker={"size": 8, "symbol": "circle-open", "color": theme.COLOURS[k], "line_width": 2},
            )
    fig.add_vline(x=45, line={"color": theme.GREY, "dash": "dash"})
    fig.add_annotation(x=45, y=1, yref="y domain", text=" the sum of both", showarrow=False, xanchor="left")
    return fig


def cosine_and_error_by_k(
    k: Sequence[float], true: float, cosine: Sequence[float], error: Mapping[str, Sequence[float]]
) -> go.Figure:
    """Two panels over k: mean |cosine| between rows, and the error of dictionaries. `true`: features on."""
    from plotly.subplots import make_subplots

    fig = make_subplots(
        cols=2, subplot_titles=["mean |cosine| between rows", "error"], horizontal_spacing=0.12
    )
    fig.add_scatter(
        x=list(k),
        y=[round(v, 4) for v in cosine],
        mode="lines+markers",
        name="trained from chance",
        row=1,
        col=1,
    )
    for i, (name, values) in enumerate(error.items(), 1):
        fig.add_scatter(
            x=list(k),
            y=[round(v, 4) for v in values],
            mode="lines+markers",
            name=name,
            line={"color": theme.COLOURS[i], "dash": "dot" if i > 1 else "solid"},
            row=1,
            col=2,
        )
    for column in (1, 2):
        fig.add_vline(x=true, line={"color": theme.GREY, "dash": "dash"}, row=1, col=column)
    fig.update_xaxes(title="k, latents allowed per input")
    return fig.update_layout(template="course", legend={"orientation": "h", "y": -0.25, "x": 0})
