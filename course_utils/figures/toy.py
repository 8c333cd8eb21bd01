"""Figures of the toy models: phase diagrams, losses, and the inside of one cell."""

from __future__ import annotations

import math

import plotly.graph_objects as go
import torch
from jaxtyping import Float, Int
from plotly.subplots import make_subplots
from torch import Tensor

from course_utils.figures import sliders, theme
from course_utils.toy.phases import Cells
from course_utils.toy.theory import STRUCTURES

PHASE_COLOURS = {
    "varied feature dropped": theme.SKY,
    "unit feature dropped": theme.ORANGE,
    "antipodal pair": theme.PURPLE,
    "varied and unit antipodal": theme.PURPLE,
    "units antipodal": theme.GREEN,
    "same side": theme.BLACK,
    "triangle": theme.VERMILLION,
}
FEATURE_MARKS = [
    (theme.BLUE, "circle"),
    (theme.GREEN, "square"),
    (theme.VERMILLION, "diamond"),
]  # varied: last


def feature_names(n: int) -> list[str]:
    return [*(f"unit {i + 1}" if n > 2 else "unit" for i in range(n - 1)), "varied"]


def phase_diagrams(
    n: int,
    grid: Cells,
    panels: dict[str, Int[Tensor, "cell"]],
    line: Tensor | None = None,
    dots: dict | None = None,
) -> go.Figure:
    """One map a panel: which structure (a place in STRUCTURES[n]) each cell has.

    `line`: a density for each importance, drawn on every panel. `dots`: panel title -> cells to mark.
    """
    fig = make_subplots(
        cols=len(panels), subplot_titles=list(panels), shared_yaxes=True, horizontal_spacing=0.03
    )
    names = [s.name for s in STRUCTURES[n]]
    colours = [PHASE_COLOURS[name] for name in names]
    steps = [[(i + j) / len(names), c] for i, c in enumerate(colours) for j in (0, 1)]
    x, y = _log10(grid.importance), _log10(grid.density)
    for col, (title, phases) in enumerate(panels.items(), 1):
        z = phases.view(len(x), len(y)).T.tolist()
        fig.add_heatmap(
            x=x,
            y=y,
            z=z,
            zmin=-0.5,
            zmax=len(names) - 0.5,
            colorscale=steps,
            showscale=False,
            row=1,
            col=col,
            hoverinfo="skip",
        )
        if line is not None:
            fig.add_scatter(
                x=x,
                y=_log10(line),
                mode="lines",
                line={"color": "#FFFFFF", "width": 3},
                row=1,
                col=col,
                name="boundary p*(r)",
                showlegend=False,
                hoverinfo="skip",
            )
        marked = (dots or {}).get(title)
        if marked is not None:
            fig.add_scatter(
                x=_log10(grid.r[marked]),
                y=_log10(grid.p[marked]),
                mode="markers",
                row=1,
                col=col,
                marker={"size": 3, "color": theme.BLACK},
                showlegend=False,
                hoverinfo="skip",
            )
    present = {i for phases in panels.values() for i in phases.unique().tolist()}
    for i in sorted(present):
        fig.add_scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=names[i],
            marker={"size": 12, "symbol": "square", "color": colours[i]},
        )
    ticks = [0.1, 0.2, 0.5, 1, 2, 5, 10]
    fig.update_xaxes(_log_ticks(ticks), title="importance of the varied feature, r")
    fig.update_yaxes(_log_ticks([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]))
    fig.update_yaxes(title="density p", col=1)
    fig.update_layout(
        template="course",
        height=480,
        legend={"orientation": "h", "x": 0.5, "y": -0.26, "xanchor": "center", "yanchor": "top"},
    )
    alt = f"Maps over importance and density, a colour for each arrangement of {n} features: "
    return theme.in_words(fig, alt + ", ".join(panels) + ".", phase_table(n, grid, panels))


def phase_table(n: int, grid: Cells, panels: dict[str, Int[Tensor, "cell"]]) -> dict[str, list]:
    """`phase_diagrams` as a table: the structure at a few importances r and densities p, map by map."""
    count = len(grid.density)
    down, across = (sorted({round(k * (count - 1) / parts) for k in range(parts + 1)}) for parts in (6, 4))
    names = [s.name for s in STRUCTURES[n]]
    places = [(title, row) for title in panels for row in reversed(down)]
    table = {
        "map": [title for title, _ in places],
        "density p": [f"{grid.density[row]:.2g}" for _, row in places],
    }
    for column in across:
        cells = [int(panels[title][column * count + row]) for title, row in places]
        table[f"r = {grid.importance[column]:.2g}"] = [names[cell] for cell in cells]
    return table


def error_by_points(methods: dict[str, dict[int, float]]) -> go.Figure:
    """The relative error of an average over the number of inputs that it takes, a line for each method."""
    fig = theme.figure(xaxis_title="inputs evaluated", yaxis_title="relative error of the loss")
    for method, errors in methods.items():
        fig.add_scatter(x=list(errors), y=list(errors.values()), name=method, mode="lines+markers")
    fig.update_xaxes(type="log").update_yaxes(type="log", exponentformat="power")
    return theme.in_words(fig, f"Relative error over inputs evaluated, log-log: {', '.join(methods)}.")


def _log10(values: Tensor) -> list[float]:
    return [round(v, 3) for v in values.log10().tolist()]


def _log_ticks(values: list[float]) -> dict:
    """An axis of log10 values (a heat map's cells stay even) with plain numbers on it."""
    exponents = torch.tensor(values).log10().tolist()
    step = (exponents[-1] - exponents[0]) / 100
    return {
        "tickvals": exponents,
        "ticktext": [f"{v:g}" for v in values],
        "range": [exponents[0] - step, exponents[-1] + step],
        "showgrid": False,
    }


def _arrows(W: Float[Tensor, "m n"]) -> list[go.Scatter]:
    """Each feature's column of W as a line from the origin; one hidden dimension is drawn along x."""
    m, n = W.shape
    flat = torch.cat([W, W.new_zeros(2 - m, n)]).cpu()
    traces = []
    for i, name in enumerate(feature_names(n)):
        colour, symbol = FEATURE_MARKS[i if i < n - 1 else -1]
        traces.append(
            go.Scatter(
                x=[0.0, flat[0, i].item()],
                y=[0.0, flat[1, i].item()],
                mode="lines+markers",
                name=name,
                line={"color": colour, "width": 4},
                marker={"size": [0, 12], "symbol": symbol, "color": colour},
            )
        )
    return traces


def _loss_dots(losses: dict[str, float]) -> go.Scatter:
    """One dot for each way to arrange the features, and one for the trained model."""
    colours = [PHASE_COLOURS.get(name, theme.BLACK) for name in losses]
    return go.Scatter(
        x=list(losses.values()),
        y=list(losses),
        mode="markers+text",
        marker={"size": 14, "color": colours, "symbol": ["x", *["circle"] * (len(losses) - 1)]},
        text=[f"  {value:.3g}" for value in losses.values()],
        textposition="middle right",  # clear of the axis
        showlegend=False,
        cliponaxis=False,
    )


def cell(W: Float[Tensor, "m n"], losses: dict[str, float], title: str) -> go.Figure:
    """One cell: the columns of the trained W, and its loss beside the candidates'."""
    fig = _cell_axes(title)
    for trace in _arrows(W):
        fig.add_trace(trace, row=1, col=1)
    fig.add_trace(_loss_dots(losses), row=1, col=2)
    fig.update_yaxes(range=[len(losses) - 0.5, -0.8], row=1, col=2)  # the trained model on top
    return fig


def cell_slider(
    frames: dict[str, tuple[Float[Tensor, "m n"], dict[str, float]]], title: str, prefix: str
) -> go.Figure:
    """`cell` for several cells, with Plotly's own slider: needs no kernel. frames: label -> (W, losses)."""
    first = next(iter(frames.values()))
    fig = cell(*first, title)
    data = {label: [*_arrows(W), _loss_dots(losses)] for label, (W, losses) in frames.items()}
    sliders.choose_data(fig, data, prefix, below=70, traces=list(range(len(fig.data)))).update_layout(
        height=580
    )
    every = [math.log10(loss) for _, losses in frames.values() for loss in losses.values()]
    fig.update_xaxes(range=[min(every) - 0.2, max(every) + 0.2], row=1, col=2)  # frames don't move it
    shortest = [round(W.norm(dim=0).min().item(), 2) for W, _ in frames.values()]
    table = {prefix.strip(" ="): list(frames), "shortest column of W": shortest}
    return theme.in_words(
        fig, "Columns of W beside the candidates' losses, a dot each, with a slider.", table
    )


def _cell_axes(title: str) -> go.Figure:
    fig = make_subplots(
        cols=2,
        subplot_titles=["columns of W", "loss of the model and the candidates"],
        horizontal_spacing=0.34,
    )
    fig.update_xaxes(range=[-1.4, 1.4], title="hidden 1", row=1, col=1)
    fig.update_yaxes(range=[-1.4, 1.4], title="hidden 2 (none for n = 2)", row=1, col=1)
    fig.update_xaxes(type="log", exponentformat="power", dtick=1, title="expected loss", row=1, col=2)
    fig.update_layout(
        template="course",
        title={"text": title, "y": 0.97, "yanchor": "top"},
        legend={"orientation": "h", "x": 0, "y": 1.12, "yanchor": "bottom"},
        margin={"t": 130, "r": 90, "b": 70},
        height=460,
    )
    return fig


def loss_by_step(curves: Float[Tensor, "step start"], candidates: dict[str, float], title: str) -> go.Figure:
    """Loss of several starts of one cell during training, with the candidates' losses as level lines."""
    fig = theme.figure(title=title, xaxis_title="Adam step", yaxis_title="expected loss")
    every = 4  # thinned: a notebook stays small
    for i, curve in enumerate(curves[::every].T.tolist()):
        fig.add_scatter(
            x=list(range(0, len(curves), every)),
            y=[float(f"{v:.4g}") for v in curve],
            mode="lines",
            line={"color": theme.GREY, "width": 1.5},
            name="one start",
            showlegend=i == 0,
        )
    for name, value in candidates.items():
        fig.add_scatter(
            x=[0, len(curves) - 1],
            y=[value, value],
            mode="lines",
            name=name,
            line={"color": PHASE_COLOURS[name], "dash": "dash", "width": 3},
        )
    fig.update_yaxes(type="log", exponentformat="power")
    return fig
