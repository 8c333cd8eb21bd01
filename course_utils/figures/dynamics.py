"""Figures of training: feature dimensionality over time, a null distribution, an arrangement that moves."""

from __future__ import annotations

import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots
from torch import Tensor

from course_utils.figures import sliders, theme

SET_COLOURS = [theme.BLUE, theme.VERMILLION]
EDGE = 1.25  # axes of the three-dimensional pictures reach this far


def dimensionality_by_step(
    steps: list[int],
    D: Float[Tensor, "T n"],
    loss: Float[Tensor, "T"],
    moving: list[int],
    drop: float | None = None,
) -> go.Figure:
    """Every feature's dimensionality over training, and the loss under it. `moving` features stand out.

    `drop` marks a step in both panels. The loss panel leaves out the first twentieth, the steep start.
    """
    fig = make_subplots(rows=2, shared_xaxes=True, row_heights=[0.6, 0.4], vertical_spacing=0.05)
    thinned = {"x0": 0, "dx": 2 * (steps[1] - steps[0])}  # every second record: a notebook stays small
    for i, curve in enumerate(D[::2].T.tolist()):
        fig.add_scatter(
            **thinned,
            y=[round(v, 3) for v in curve],
            mode="lines",
            line={"color": theme.VERMILLION if i in moving else theme.SKY, "width": 3 if i in moving else 1},
            showlegend=False,
            row=1,
            col=1,
        )
    start = len(steps) // 20
    values = [round(v, 5) for v in loss[start:].tolist()]
    fig.add_scatter(
        x=steps[start:], y=values, mode="lines", line_color=theme.BLACK, showlegend=False, row=2, col=1
    )
    if drop is not None:
        for row in (1, 2):
            fig.add_vline(x=drop, line={"color": theme.GREY, "dash": "dash", "width": 2}, row=row, col=1)
    fig.update_yaxes(title="dimensionality D", row=1, col=1)
    fig.update_yaxes(title="loss", row=2, col=1)
    fig.update_xaxes(title="training step", row=2, col=1)
    return fig.update_layout(template="course", height=540, margin={"t": 20})


def run_table(steps: list[int], D: Float[Tensor, "T n"], loss: Float[Tensor, "T"]) -> dict[str, list]:
    """`dimensionality_by_step` as a table of ten rows."""
    tenth = len(steps) // 10
    rows = range(0, 10 * tenth, tenth)
    changes = [(D[min(k + tenth, len(D) - 1)] - D[k]).abs().max().item() for k in rows]
    return {
        "step": [steps[k] for k in rows],
        "loss": [round(loss[k].item(), 4) for k in rows],
        "features with D above ¼": [(D[k] > 0.25).sum().item() for k in rows],
        "largest change of a D until the next row": [round(change, 2) for change in changes],
    }


def null_histogram(measured: float, null: list[float], x_title: str, width: float = 0.02) -> go.Figure:
    """Where the measured number lies among those that chance gives, in bins of this width."""
    fig = theme.figure(xaxis_title=x_title, yaxis_title="share of draws")
    bins = [round(value / width) for value in null]
    places = sorted(set(bins))
    fig.add_bar(
        x=[round(width * k, 4) for k in places],
        y=[bins.count(k) / len(bins) for k in places],
        name="shuffled",
        marker_color=theme.SKY,
    )
    fig.add_vline(x=measured, line={"color": theme.BLACK, "width": 3})
    fig.add_annotation(
        x=measured, y=1, yref="paper", text="measured", showarrow=False, yanchor="bottom", xanchor="center"
    )
    return fig.update_xaxes(range=[0, 1])


def points_beside_features(
    panels: dict[str, tuple[Float[Tensor, "points 2"], Float[Tensor, "2 n"]]],
) -> go.Figure:
    """In the plane of h: a line from the origin to each feature's column of W, a dot at each training input's
    h (Henighan et al. 2023). One panel for each set of training inputs.
    """
    fig = make_subplots(cols=len(panels), subplot_titles=list(panels), horizontal_spacing=0.04)
    for col, (h, W) in enumerate(panels.values(), 1):
        x, y = ([v for end in W[axis].tolist() for v in (0, round(end, 3), None)] for axis in (0, 1))
        fig.add_scatter(
            x=x, y=y, mode="lines", line={"color": theme.SKY, "width": 2}, name="features: columns of W",
            showlegend=col == 1, row=1, col=col,
        )  # fmt: skip
        fig.add_scatter(
            x=[round(v, 3) for v in h[:, 0].tolist()], y=[round(v, 3) for v in h[:, 1].tolist()],
            mode="markers", marker={"color": theme.VERMILLION, "size": 7}, name="training inputs: their h",
            showlegend=col == 1, row=1, col=col,
        )  # fmt: skip
        axis = "" if col == 1 else str(col)
        reach = 1.1 * max(h.abs().max().item(), W.abs().max().item())
        fig.update_xaxes(range=[-reach, reach], showticklabels=False, row=1, col=col)
        fig.update_yaxes(range=[-reach, reach], showticklabels=False, scaleanchor=f"x{axis}", row=1, col=col)
    return fig.update_layout(
        template="course", height=330, margin={"l": 10, "r": 10, "t": 60, "b": 10},
        legend={"orientation": "h", "x": 0, "y": 1.14, "yanchor": "bottom"},
    )  # fmt: skip


def transformation_slider(
    steps: list[int], W: Float[Tensor, "T 3 6"], loss: Float[Tensor, "T"], frames: list[int]
) -> go.Figure:
    """Two sets of three features in space, moving; beside them the loss. Plotly's slider: needs no kernel."""
    fig = make_subplots(
        cols=2,
        specs=[[{"type": "scene"}, {"type": "xy"}]],
        column_widths=[0.62, 0.38],
        horizontal_spacing=0.12,
    )
    for trace in _sets(W[frames[0]]):
        fig.add_trace(trace, row=1, col=1)
    fig.add_scatter(
        x=steps,
        y=[float(f"{v:.4g}") for v in loss.tolist()],
        mode="lines",
        line_color=theme.BLACK,
        showlegend=False,
        row=1,
        col=2,
    )
    fig.add_trace(_now(steps, loss, frames[0]), row=1, col=2)
    options = {"mode": "immediate", "frame": {"redraw": True, "duration": 80}, "transition": {"duration": 0}}
    sliders.choose_data(
        fig,
        {str(steps[k]): [*_sets(W[k]), _now(steps, loss, k)] for k in frames},
        "training step ",
        below=40,
        traces=[0, 1, 3],
        options=options,
        x=0.12,
        len=0.88,
    )
    play = {
        "type": "buttons",
        "buttons": [{"label": "▶", "method": "animate", "args": [None, {**options, "fromcurrent": True}]}],
        "x": 0,
        "y": 0,
        "xanchor": "left",
        "yanchor": "top",
        "pad": {"t": 62},
    }
    axis = {"range": [-EDGE, EDGE], "title": "", "showticklabels": False}
    fig.update_scenes(xaxis=axis, yaxis=axis, zaxis=axis, aspectmode="cube")
    fig.update_xaxes(title="training step")
    fig.update_yaxes(title="loss", type="log", exponentformat="power")
    return fig.update_layout(
        template="course",
        height=560,
        updatemenus=[play],
        margin={"l": 8, "r": 16, "t": 40, "b": 130},
        legend=theme.ABOVE,
    )


def _sets(W: Float[Tensor, "3 6"]) -> list[go.Scatter3d]:
    """A line from the origin to each feature, one trace and colour for each set of three."""
    traces = []
    for k, colour in enumerate(SET_COLOURS):
        columns = W[:, 3 * k : 3 * k + 3].T.tolist()
        x, y, z = ([v for column in columns for v in (0, round(column[axis], 3), None)] for axis in range(3))
        traces.append(
            go.Scatter3d(
                x=x,
                y=y,
                z=z,
                mode="lines+markers",
                name=f"set {k + 1}",
                line={"color": colour, "width": 7},
                marker={"size": [0, 6, 0] * 3, "color": colour},
                hoverinfo="skip",
            )
        )
    return traces


def _now(steps: list[int], loss: Float[Tensor, "T"], k: int) -> go.Scatter:
    return go.Scatter(
        x=[steps[k]],
        y=[loss[k].item()],
        mode="markers",
        marker={"size": 11, "color": theme.ORANGE, "line": {"color": theme.BLACK, "width": 1}},
        showlegend=False,
    )
