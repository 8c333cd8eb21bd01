"""Figures of lesson 01: where a model keeps its features, how long each column is, and who is in its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from jaxtyping import Float
from plotly.colors import sample_colorscale
from plotly.subplots import make_subplots
from torch import Tensor

from course_utils.figures import sliders, theme
from course_utils.toy.geometry import interference

COLOURBAR = {"title": "interference", "thickness": 14, "tickvals": [0, 1, 2], "ticktext": ["0", "1", "≥ 2"]}
LENGTH = "length ‖Wᵢ‖"


def _rounded(values: Tensor) -> list:
    return [round(v, 3) for v in values.tolist()]


def _bars(W: Float[Tensor, "m n"], **extra) -> go.Bar:
    """Length of each feature's column, coloured by its interference. The first feature is number 1."""
    scale = {"colorscale": theme.SEQUENTIAL, "cmin": 0, "cmax": 2, "line": {"width": 0}}
    marker = {"color": _rounded(interference(W)), **scale, **extra.pop("marker", {})}
    numbers = list(range(1, W.shape[1] + 1))
    hover = "feature %{x}<br>length %{y:.2f}<br>interference %{marker.color:.2f}<extra></extra>"
    return go.Bar(
        x=numbers, y=_rounded(W.norm(dim=0)), marker=marker, showlegend=False, hovertemplate=hover, **extra
    )


def _gram(W: Float[Tensor, "m n"], b: Float[Tensor, "n"]) -> go.Heatmap:
    """WᵀW, and beside it b in a column of its own, as TM draws them."""
    n, gram = W.shape[1], (W.T @ W).tolist()
    z = [
        [*(round(v, 2) for v in row), None, round(own, 2)] for row, own in zip(gram, b.tolist(), strict=True)
    ]
    style = {"colorscale": theme.DIVERGING, "zmin": -1, "zmax": 1, "showscale": False}
    place = {"x": list(range(1, n + 3)), "y": list(range(1, n + 1))}
    return go.Heatmap(**place, z=z, hovertemplate="%{y}, %{x}: %{z}<extra></extra>", **style)


def _arrows(W: Float[Tensor, "2 n"]) -> list[go.Scatter]:
    """Each column as a line from the origin, coloured by its interference and numbered at its tip."""
    colours = sample_colorscale(theme.SEQUENTIAL, (interference(W) / 2).clamp(0, 1).tolist())
    traces = []
    for i, (x, y) in enumerate(W.T.tolist()):
        short = x * x + y * y < 0.01  # not stored: no number on top of the others
        reach = 1 + 0.2 / max((x * x + y * y) ** 0.5, 0.1)
        arrow = {"mode": "lines+text", "line": {"color": colours[i], "width": 5}, "textfont": {"size": 15}}
        points = {
            "x": [0, x, None, x * reach],
            "y": [0, y, None, y * reach],
            "text": ["", "", "", "" if short else str(i + 1)],
        }
        traces.append(go.Scatter(**points, **arrow, showlegend=False, hoverinfo="skip"))
    return traces


def model_planes(models: Mapping[str, Float[Tensor, "2 n"]]) -> go.Figure:
    """For each model with two hidden dimensions: the columns of W in the plane, their lengths under it."""
    count = len(models)
    fig = make_subplots(
        2, count, subplot_titles=list(models), row_heights=[0.6, 0.4], vertical_spacing=0.14,
        horizontal_spacing=0.03,
    )  # fmt: skip
    for col, W in enumerate(models.values(), 1):
        fig.add_traces(_arrows(W), rows=1, cols=col)
        last = {"marker": {"colorbar": COLOURBAR, "showscale": True}} if col == count else {}
        fig.add_trace(_bars(W, **last), row=2, col=col)
        side = {"range": [-1.5, 1.5], "row": 1, "col": col, "constrain": "domain", "showgrid": False}
        fig.update_xaxes(title="h₁", showticklabels=False, ticks="", **side)
        x_axis = "x" if col == 1 else f"x{col}"
        fig.update_yaxes(scaleanchor=x_axis, showticklabels=False, ticks="", **side)
        fig.update_xaxes(title="feature", dtick=1, row=2, col=col)
        fig.update_yaxes(range=[0, 1.3], dtick=0.5, showticklabels=col == 1, row=2, col=col)
    fig.update_yaxes(title="h₂", row=1, col=1).update_yaxes(title=LENGTH, row=2, col=1)
    return fig.update_layout(template="course", height=470, margin={"r": 10})


def lengths_table(models: Mapping[str, Float[Tensor, "m n"]]) -> dict[str, list]:
    """The length of each feature's column in each model, for the table under a figure."""
    n = max(W.shape[1] for W in models.values())
    return {"feature": list(range(1, n + 1))} | {name: _rounded(W.norm(dim=0)) for name, W in models.items()}


def model_grams(models: Mapping[str, tuple[Float[Tensor, "m n"], Float[Tensor, "n"]]]) -> go.Figure:
    """For each model (W, b) the matrix WᵀW with b beside it; under each column its length as a bar."""
    count = len(models)
    fig = make_subplots(
        2, count, subplot_titles=list(models), row_heights=[0.52, 0.48], vertical_spacing=0.06,
        horizontal_spacing=0.02, shared_xaxes=True,
    )  # fmt: skip
    for col, (W, b) in enumerate(models.values(), 1):
        fig.add_trace(_gram(W, b), row=1, col=col)
        last = {"marker": {"colorbar": COLOURBAR, "showscale": True}} if col == count else {}
        fig.add_trace(_bars(W, **last), row=2, col=col)
        n = W.shape[1]
        fig.update_yaxes(range=[n + 0.5, 0.5], showticklabels=col == 1, row=1, col=col)
        ticks = {"tickvals": [1, n // 2, n, n + 2], "ticktext": ["1", f"{n // 2}", f"{n}", "b"]}
        fig.update_xaxes(title="feature", range=[0.5, n + 2.5], **ticks, row=2, col=col)
        fig.update_yaxes(range=[0, 1.3], dtick=0.5, showticklabels=col == 1, row=2, col=col)
    fig.update_xaxes(showgrid=False).update_yaxes(title="row of WᵀW", showgrid=False, row=1, col=1)
    fig.update_yaxes(title=LENGTH, row=2, col=1)
    return fig.update_layout(template="course", height=430, bargap=0.1, margin={"r": 10})


def model_gram(W: Float[Tensor, "m n"], b: Float[Tensor, "n"], title: str) -> go.Figure:
    """One model: WᵀW and b on the left, its features' lengths and interference on the right."""
    titles = ("WᵀW and b (blue −1, white 0, red 1)", LENGTH)
    fig = make_subplots(1, 2, subplot_titles=titles, column_widths=[0.42, 0.58], horizontal_spacing=0.1)
    fig.add_trace(_gram(W, b), row=1, col=1)
    fig.add_trace(_bars(W, marker={"colorbar": COLOURBAR, "showscale": True}), row=1, col=2)
    n = W.shape[1]
    fig.update_xaxes(title="feature", range=[0.5, n + 0.5], row=1, col=2)
    ticks = {"tickvals": [1, n // 2, n, n + 2], "ticktext": ["1", f"{n // 2}", f"{n}", "b"]}
    fig.update_xaxes(title="feature", range=[0.5, n + 2.5], **ticks, row=1, col=1)
    fig.update_yaxes(title="feature", range=[n + 0.5, 0.5], showgrid=False, row=1, col=1)
    fig.update_xaxes(showgrid=False, row=1, col=1).update_yaxes(range=[0, 1.3], dtick=0.5, row=1, col=2)
    layout = {"title": {"text": title, "y": 0.97, "yanchor": "top"}, "margin": {"t": 90, "r": 10}}
    return fig.update_layout(template="course", height=400, **layout)


def model_gram_slider(
    frames: Mapping[str, tuple[Float[Tensor, "m n"], Float[Tensor, "n"]]], title: str, prefix: str
) -> go.Figure:
    """`model_gram` for several models of one shape, with Plotly's own slider: needs no kernel."""
    fig = model_gram(*next(iter(frames.values())), title)
    bar = {"marker": {"colorbar": COLOURBAR, "showscale": True}}
    data = {label: [_gram(W, b), _bars(W, **bar)] for label, (W, b) in frames.items()}
    return sliders.choose_data(fig, data, prefix, below=60, traces=[0, 1]).update_layout(height=500)


def training_slider(steps: Mapping[int, Float[Tensor, "2 n"]]) -> go.Figure:
    """One model while it trains: the columns of W in the plane, with a slider over the training step."""
    fig = theme.figure(xaxis_title="h₁", yaxis_title="h₂")
    data = {str(step): _arrows(W) for step, W in steps.items()}
    first = next(iter(data.values()))
    fig.add_traces(first)
    fig.update_xaxes(range=[-1.5, 1.5], constrain="domain").update_yaxes(range=[-1.5, 1.5], scaleanchor="x")
    traces = list(range(len(first)))
    return sliders.choose_data(fig, data, "step ", below=60, traces=traces).update_layout(height=520)


def two_forces(biases: Sequence[float], lost: Sequence[float], leaked: Sequence[float]) -> go.Figure:
    """Over the bias: what a feature loses of itself, what leaks into the others, and the sum."""
    fig = theme.figure(xaxis_title="bias b", yaxis_title="mean squared error, one feature on")
    total = [a + c for a, c in zip(lost, leaked, strict=True)]
    for name, values, colour in (("its own", lost, theme.BLUE), ("the others'", leaked, theme.VERMILLION)):
        fig.add_scatter(x=list(biases), y=list(values), name=name, line={"color": colour})
    fig.add_scatter(x=list(biases), y=total, name="sum", line={"color": theme.BLACK, "width": 3})
    return fig


def price_of_removal(
    strengths: Sequence[float], felt: Mapping[str, Sequence[float]], price: Mapping[str, Sequence[float]]
) -> go.Figure:
    """For each kind of penalty over its strength: mean interference (solid), loss over PCA's (dotted)."""
    fig = theme.figure(xaxis_title="strength λ", yaxis_title="mean interference, or loss / PCA's loss")
    for what, values, dash in (("interference", felt, "solid"), ("loss / PCA's", price, "dot")):
        for kind, colour in zip(values, (theme.BLUE, theme.ORANGE), strict=True):
            line = {"color": colour, "dash": dash}
            y = [float(v) for v in values[kind]]
            fig.add_scatter(x=list(strengths), y=y, name=f"{kind}: {what}", mode="lines+markers", line=line)
    return fig
