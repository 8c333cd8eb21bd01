"""Figures of arrangements: polytopes in space, dimensionality over density, features in the plane."""

from __future__ import annotations

from fractions import Fraction

import plotly.graph_objects as go
import torch
from jaxtyping import Float
from plotly.subplots import make_subplots
from torch import Tensor
from torch.nn.functional import normalize

from course_utils.figures import sliders, theme

SHAPES = {
    "tetrahedron": Fraction(3, 4),
    "triangle": Fraction(2, 3),
    "digon": Fraction(1, 2),
    "pentagon": Fraction(2, 5),
    "square antiprism": Fraction(3, 8),
}
"""dimensions / features of the shapes that features settle into"""

SET_COLOURS = [theme.BLUE, theme.ORANGE, theme.GREEN]


def polytopes(models: dict[str, Float[Tensor, "3 n"]]) -> go.Figure:
    """One scene for each model: its features as points in space, and the solid they span. Turn it by hand."""
    rows = (len(models) + 1) // 2
    columns = min(len(models), 2)
    fig = make_subplots(
        rows=rows,
        cols=columns,
        specs=[[{"type": "scene"}] * columns] * rows,
        subplot_titles=list(models),
        horizontal_spacing=0.02,
        vertical_spacing=0.06,
    )
    for place, W in enumerate(models.values()):
        for trace in _solid(W):
            fig.add_trace(trace, row=place // columns + 1, col=place % columns + 1)
    axis = {"range": [-1.3, 1.3], "showticklabels": False, "title": ""}
    fig.update_scenes(
        xaxis=axis,
        yaxis=axis,
        zaxis=axis,
        aspectmode="cube",
        camera={"eye": {"x": 1.1, "y": 1.2, "z": 0.7}},
    )
    fig.update_layout(
        template="course", height=60 + 320 * rows, margin={"l": 8, "r": 8, "t": 40, "b": 8}, showlegend=False
    )
    return theme.in_words(fig, f"Solids in space whose corners are trained features: {'; '.join(models)}.")


def _solid(W: Float[Tensor, "3 n"]) -> list[go.Mesh3d | go.Scatter3d]:
    """The convex hull of the features, its edges (each feature to those nearest), and a dot a feature."""
    x, y, z = (_round(row) for row in W)
    hull = go.Mesh3d(
        x=x, y=y, z=z, alphahull=0, opacity=0.25, color=theme.SKY, hoverinfo="skip", flatshading=True
    )
    distance = torch.cdist(W.T, W.T) + 9 * torch.eye(W.shape[1])
    near = distance < 1.25 * distance.amin(1, keepdim=True)
    edges = [[], [], []]
    for i, j in (near | near.T).triu().nonzero().tolist():
        for line, values in zip(edges, (x, y, z), strict=True):
            line += [values[i], values[j], None]
    edge = go.Scatter3d(
        x=edges[0], y=edges[1], z=edges[2], mode="lines", hoverinfo="skip",
        line={"color": theme.BLUE, "width": 4},
    )  # fmt: skip
    dots = go.Scatter3d(
        x=x, y=y, z=z, mode="markers", marker={"size": 5, "color": theme.VERMILLION},
        text=[f"feature {i + 1}" for i in range(len(x))], hoverinfo="text",
    )  # fmt: skip
    return [hull, edge, dots]


def dimensionality_by_density(density: Float[Tensor, "level"], D: list[Float[Tensor, "stored"]]) -> go.Figure:
    """The dimensionality of every stored feature over the density at which its model was trained."""
    fig = theme.figure(
        xaxis_title="density p (rare features on the right)", yaxis_title="feature dimensionality D"
    )
    for name, value in SHAPES.items():
        fig.add_hline(
            y=float(value), line={"color": theme.GREY, "width": 1},
            annotation={"text": f"{name} {value}", "font": {"size": 12}},
            annotation_position="bottom right" if name == "square antiprism" else "top right",
        )  # fmt: skip
    levels = [round(p, 4) for p, d in zip(density.tolist(), D, strict=True) for _ in d]
    fig.add_scatter(
        x=levels, y=_round(torch.cat(D)), mode="markers", showlegend=False,
        marker={"size": 9, "color": theme.BLUE, "opacity": 0.35},
    )  # fmt: skip
    _from_dense_to_rare(fig).update_layout(yaxis_range=[0, 1.05], height=520, margin={"r": 40})
    table = {
        "p": density.tolist(),
        "stored": [len(d) for d in D],
        **{
            name: [round(v, 2) for v in values]
            for name, values in {
                "least D": [d.min().item() if len(d) else 0.0 for d in D],
                "median D": [d.median().item() if len(d) else 0.0 for d in D],
                "largest D": [d.max().item() if len(d) else 0.0 for d in D],
            }.items()
        },
    }
    alt = "Dots of feature dimensionality over density, with level lines at the fractions of shapes."
    return theme.in_words(fig, alt, table)


def lines_by_density(
    density: Float[Tensor, "level"],
    series: dict[str, Float[Tensor, "level"]],
    y_title: str,
    ticks: list[float],
) -> go.Figure:
    """Lines over the density, both axes logarithmic. `ticks`: the numbers on the upright axis."""
    fig = theme.figure(xaxis_title="density p (rare features on the right)", yaxis_title=y_title)
    for (name, values), symbol in zip(series.items(), ["circle", "square", "diamond", "cross"]):  # noqa: B905
        fig.add_scatter(
            x=_round(density), y=_round(values), name=name, mode="lines+markers", marker_symbol=symbol
        )
    fig.update_yaxes(type="log", tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks])
    return theme.in_words(_from_dense_to_rare(fig), f"Lines of {y_title} over density: {', '.join(series)}.")


def dimensions_per_feature(density: Float[Tensor, "level"], series: dict) -> go.Figure:
    """D* over the density, with a line at ½, where two features share each dimension."""
    fig = lines_by_density(density, series, "dimensions per feature D*", [1, 0.5, 0.2, 0.1])
    return fig.add_hline(y=0.5, line={"color": theme.GREY, "dash": "dot"})


def features_by_density(density: Float[Tensor, "level"], series: dict) -> go.Figure:
    """Features per dimension over the density: what was measured, and laws beside it."""
    return lines_by_density(density, series, "features per dimension", [1, 2, 5, 10])


def losses_of_rivals(
    q: Float[Tensor, "points"],
    pentagon: Float[Tensor, "points"],
    digons: Float[Tensor, "points"],
    best: Float[Tensor, "points"],
    crossing: float,
) -> go.Figure:
    """The losses of a pentagon with one rarer feature and of its rival, two digons, over how rare that is."""
    curves = {
        "pentagon, followed from q = 1": (pentagon, "lines"),
        "two digons (your formula)": (digons, "lines"),
        "best of many starts": (best, "markers"),
    }
    fig = theme.figure(xaxis_title="relative density q of the rare feature", yaxis_title="expected loss")
    for name, (loss, mode) in curves.items():
        fig.add_scatter(x=_round(q), y=[round(v, 7) for v in loss.tolist()], mode=mode, name=name)
    fig.update_layout(xaxis_range=[0, 0.62], yaxis_range=[0.002, 0.012], legend={"x": 0.02, "y": 0.98})
    fig.add_vline(x=crossing, line={"color": theme.GREY, "dash": "dot"})
    alt = "Loss over relative density: the pentagon's curve crosses the digons'; the best lies on the lower."
    return theme.in_words(fig, alt)


def _from_dense_to_rare(fig: go.Figure) -> go.Figure:
    ticks = [1, 0.5, 0.2, 0.1, 0.05, 0.02]
    return fig.update_xaxes(
        type="log", autorange="reversed", tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks]
    )


def dimensionality_histograms(series: dict[str, Float[Tensor, "features"]]) -> go.Figure:
    """Shares of features over D, one row for each series, with vertical lines at the shapes."""
    fig = make_subplots(
        rows=len(series), shared_xaxes=True, subplot_titles=list(series), vertical_spacing=0.1
    )
    edges = torch.linspace(0, 1, 101)
    for row, values in enumerate(series.values(), 1):
        share = torch.histc(values.clamp(0, 0.9999), 100, 0, 1) / len(values)
        colour = theme.COLOURS[row - 1]
        fig.add_bar(
            x=_round(edges[:-1] + 0.005),
            y=_round(share),
            marker_color=colour,
            row=row,
            col=1,
            showlegend=False,
        )
        for value in SHAPES.values():
            fig.add_vline(x=float(value), line={"color": theme.GREY, "dash": "dot"}, row=row, col=1)
    fig.update_xaxes(range=[0, 1.02], dtick=0.1)
    fig.update_xaxes(title="feature dimensionality D", row=len(series), col=1)
    fig.update_yaxes(title="share", rangemode="tozero")
    fig.update_layout(template="course", height=120 + 150 * len(series), bargap=0)
    near = [round(((D - 2 / 3).abs() < 0.015).double().mean().item(), 2) for D in series.values()]
    half = [round(((D - 1 / 2).abs() < 0.015).double().mean().item(), 2) for D in series.values()]
    alt = f"Histograms of feature dimensionality, a row each: {', '.join(series)}."
    return theme.in_words(fig, alt, {"": list(series), "share at ⅔": near, "share at ½": half})


def _arrows(W: Float[Tensor, "2 n"], size: int = 1) -> list[go.Scatter]:
    """Each feature as a line from the origin. Features of one set, `size` of them, share a colour."""
    traces = []
    for i, (x, y) in enumerate(zip(_round(W[0]), _round(W[1]), strict=True)):
        colour = SET_COLOURS[i // size % len(SET_COLOURS)]
        symbol = ["circle", "square", "diamond"][i % size]
        traces.append(
            go.Scatter(
                x=[0, x],
                y=[0, y],
                mode="lines+markers",
                showlegend=False,
                hoverinfo="text",
                line={"color": colour, "width": 3},
                text=f"feature {i + 1}",
                marker={"size": [0, 12], "symbol": symbol, "color": colour},
            )
        )
    return traces


def set_planes(models: dict[str, Float[Tensor, "2 n"]], size: int) -> go.Figure:
    """One plane for each model, its features as arrows, coloured by set."""
    fig = make_subplots(cols=len(models), subplot_titles=list(models), horizontal_spacing=0.03)
    for column, W in enumerate(models.values(), 1):
        for trace in _arrows(W, size):
            fig.add_trace(trace, row=1, col=column)
        fig.update_yaxes(scaleanchor=f"x{column if column > 1 else ''}", row=1, col=column)
    fig.update_xaxes(range=[-1.25, 1.25], showticklabels=False, title="hidden 1")
    fig.update_yaxes(range=[-1.25, 1.25], showticklabels=False)
    fig.update_yaxes(title="hidden 2", col=1)
    fig.update_layout(template="course", height=130 + 640 // len(models))
    return theme.in_words(fig, f"Planes with the features as arrows, a colour a set: {', '.join(models)}.")


def plane_slider(frames: dict[str, Float[Tensor, "2 n"]], prefix: str) -> go.Figure:
    """One plane with Plotly's own slider: needs no kernel. The first feature is the odd one out.

    Each plane is turned so that this feature, or where it isn't stored the next one, points up.
    """
    frames = {label: _upright(W) for label, W in frames.items()}
    fig = theme.figure(xaxis_title="hidden 1", yaxis_title="hidden 2")
    fig.add_traces(_one_and_the_rest(next(iter(frames.values()))))
    sliders.choose_data(fig, {label: _one_and_the_rest(W) for label, W in frames.items()}, prefix, below=60)
    fig.update_xaxes(range=[-1.4, 1.4])
    fig.update_yaxes(range=[-1.4, 1.4], scaleanchor="x")
    fig.update_layout(height=600, legend={"x": 0.01, "y": 0.99})
    turns = [normalize(W[:, :1], dim=0).T @ normalize(W[:, 1:], dim=0) for W in frames.values()]
    table = {
        prefix.strip(" ="): list(frames),
        "length of the odd one": [round(W[:, 0].norm().item(), 2) for W in frames.values()],
        "degrees to its neighbour": [round(turn.max().acos().rad2deg().item()) for turn in turns],
    }
    return theme.in_words(
        fig, "Features as arrows in a plane, one of them the odd one, with a slider.", table
    )


def _upright(W: Float[Tensor, "2 n"]) -> Float[Tensor, "2 n"]:
    column = W[:, 0] if W[:, 0].norm() > 0.5 else W[:, 1]
    up = column / column.norm()
    return torch.stack([torch.stack([up[1], -up[0]]), up]) @ W


def _one_and_the_rest(W: Float[Tensor, "2 n"]) -> list[go.Scatter]:
    traces = _arrows(W)
    for i, trace in enumerate(traces):
        trace.line.color = trace.marker.color = theme.VERMILLION if i == 0 else theme.BLUE
        trace.name, trace.showlegend = ("the rare feature" if i == 0 else "the others"), i < 2
    return traces


def _round(values: Tensor) -> list[float]:
    return [round(v, 4) for v in values.tolist()]
