"""Figures of lesson 08: what a sparse autoencoder finds, how its training goes, and what sparsity costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import torch
from jaxtyping import Float
from plotly.subplots import make_subplots
from torch import Tensor

from course_utils.figures import sliders, theme
from course_utils.sae.train import Log

DASHES = ("solid", "dash", "dot", "dashdot")


def neurons_and_latents(
    labels: Sequence[str], x: Float[Tensor, "token d_in"], f: Float[Tensor, "token d_sae"]
) -> go.Figure:
    """Two heatmaps over the same tokens: all neurons, and the latents that fire on any of them.

    Activations come as shares of each unit's largest. Latents are in the order of their peaks.
    """
    f = f[:, f.amax(dim=0) > 0]
    f = f[:, f.argmax(dim=0).argsort(stable=True)]
    fig = make_subplots(rows=1, cols=2, shared_yaxes=True, horizontal_spacing=0.03)
    names = [f"{i}: {label}" for i, label in enumerate(labels)]  # Plotly merges equal labels
    for column, (unit, acts) in enumerate((("neuron", x), ("latent", f)), start=1):
        fig.add_heatmap(
            z=acts.clamp(max=1).tolist(),
            y=names,
            zmin=0,
            zmax=1,
            colorscale=[[0, "#FFFFFF"], [1, theme.BLUE]],
            showscale=column == 2,
            colorbar_title="share of<br>the unit's<br>largest",
            hovertemplate=f"{unit} %{{x}}<br>%{{y}}<br>%{{z:.2f}}<extra></extra>",
            row=1,
            col=column,
        )
        fig.update_xaxes(title=f"{acts.shape[1]} {unit}s", showgrid=False, row=1, col=column)
    fig.update_yaxes(autorange="reversed", showgrid=False, tickfont_size=11, dtick=1)
    return fig.update_layout(template="course", height=120 + 20 * len(labels))


def dead_by_step(logs: Mapping[str, Log]) -> go.Figure:
    """Share of dead latents and squared error over training, one line a recipe."""
    fig = make_subplots(rows=1, cols=2, horizontal_spacing=0.12)
    for i, (name, log) in enumerate(logs.items()):
        line = {"color": theme.COLOURS[i], "dash": DASHES[i % 4]}
        for column, values in ((1, log.dead), (2, log.mse)):
            fig.add_scatter(
                x=log.step, y=values, name=name, line=line, showlegend=column == 1, row=1, col=column
            )
    fig.update_xaxes(title="training step")
    fig.update_yaxes(title="share of latents dead", tickformat=".0%", rangemode="tozero", row=1, col=1)
    fig.update_yaxes(title="squared error a token (scaled)", type="log", dtick=0.30103, row=1, col=2)
    return fig.update_layout(template="course", legend=theme.ABOVE)


def density_histogram(found: Mapping[str, Float[Tensor, "d_sae"]], tokens: int) -> go.Figure:
    """Histogram of log10 density, one trace an SAE, dead latents in a bar of their own at the left; a line at
    1 %, above which the paper would have few latents.
    """
    low = math.floor(math.log10(1 / tokens))
    fig = theme.figure(
        xaxis_title="density: share of tokens on which the latent is active",
        yaxis_title="latents",
        barmode="group",
        bargap=0.02,
    )
    bins = 24
    edges = torch.linspace(low, 0, bins + 1)
    centres = ((edges[1:] + edges[:-1]) / 2).tolist()
    for name, density in found.items():
        alive = density[density > 0].log10()
        counts = torch.histc(alive, bins, low, 0).tolist()
        fig.add_bar(x=[low - 0.5, *centres], y=[int((density == 0).sum()), *counts], name=name)
    powers = list(range(low, 1))
    fig.update_xaxes(
        tickvals=[low - 0.5, *powers],
        ticktext=["never", *(f"10<sup>{p}</sup>" if p else "1" for p in powers)],
    )
    fig.add_vline(x=-2, line_dash="dot", line_color=theme.GREY, annotation_text="1 %")
    return fig.update_layout(legend=theme.ABOVE)


def r_squared_by_numbers(
    lines: Mapping[str, Sequence[tuple[float, float, str]]], marked: Mapping[str, tuple[float, float]]
) -> go.Figure:
    """R² against how many numbers describe a token. `lines`: (count, R², label) points; `marked`: stars."""
    fig = theme.figure(
        xaxis_title="numbers that describe a token (log scale)", yaxis_title="R²: variance explained"
    )
    for i, (name, points) in enumerate(lines.items()):
        x, y, labels = zip(*points, strict=True)
        fig.add_scatter(
            x=list(x),
            y=list(y),
            text=list(labels),
            name=name,
            mode="lines+markers" + ("+text" if i == 0 else ""),
            textposition="bottom right",
            line_dash=DASHES[i % 4],
            hovertemplate="%{text}<br>%{x:.1f} numbers<br>R² %{y:.3f}<extra></extra>",
        )
    for name, (x, y) in marked.items():
        fig.add_scatter(
            x=[x],
            y=[y],
            name=name,
            mode="markers",
            marker={"symbol": "star", "size": 16, "color": theme.VERMILLION},
        )
    fig.update_xaxes(type="log", tickvals=[1, 2, 5, 10, 20, 50, 100])
    return fig.update_yaxes(range=[0, 1.05]).update_layout(legend=theme.ABOVE)


def measures_by_sparsity(lambdas: Sequence[float], measures: Mapping[str, Sequence[float]]) -> go.Figure:
    """Several measures of the same SAEs against λ, each with a star where it is largest."""
    fig = theme.figure(xaxis_title="λ (log scale)", yaxis_title="0 to 1")
    for i, (name, values) in enumerate(measures.items()):
        best = max(range(len(values)), key=values.__getitem__)
        fig.add_scatter(
            x=list(lambdas),
            y=list(values),
            name=name,
            mode="lines+markers",
            line_dash=DASHES[i % 4],
            marker={
                "symbol": ["star" if k == best else "circle" for k in range(len(values))],
                "size": [15 if k == best else 6 for k in range(len(values))],
            },
        )
    fig.update_xaxes(type="log", tickvals=list(lambdas))
    return fig.update_yaxes(range=[0, 1.05]).update_layout(legend=theme.ABOVE)


def recovered_bars(table: Mapping[str, tuple[float, float]]) -> go.Figure:
    """Loss recovered, against zero and against mean ablation, for each thing put in the neurons' place."""
    fig = theme.figure(xaxis_title="loss recovered", barmode="group", height=130 + 52 * len(table))
    names = list(table)
    for i, against in enumerate(("zero ablation", "mean ablation")):
        values = [table[name][i] for name in names]
        fig.add_bar(
            y=names,
            x=values,
            orientation="h",
            name=f"against {against}",
            text=[f"{v:.3f}" for v in values],
            textposition="auto",
        )
    fig.update_yaxes(autorange="reversed")  # the first on top, as in the legend
    fig.update_xaxes(range=[min(0.0, *(v for pair in table.values() for v in pair)) * 1.1, 1.02])
    return fig.update_layout(legend=theme.ABOVE | {"traceorder": "normal"})


def threshold_slider(points: Sequence[tuple[float, float, float, float]], at: int) -> go.Figure:
    """L0, R² and loss recovered as latents below a threshold are dropped: (threshold, L0, R², recovered).

    `at` is the marked point. Plotly's own slider moves the mark, so the figure works with no kernel.
    """
    t, l0, r2, recovered = map(list, zip(*points, strict=True))
    fig = make_subplots(rows=1, cols=2, horizontal_spacing=0.14)
    panels = (
        (1, l0, "L0", theme.BLUE),
        (2, r2, "R²", theme.GREEN),
        (2, recovered, "loss recovered", theme.ORANGE),
    )
    for column, values, name, colour in panels:
        fig.add_scatter(x=t, y=values, name=name, line_color=colour, row=1, col=column)
    mark = {"mode": "markers", "showlegend": False, "marker": {"size": 13, "color": theme.VERMILLION}}
    for column, values, name, _ in panels:
        fig.add_scatter(x=[t[at]], y=[values[at]], name=name, **mark, row=1, col=column)
    fig.update_xaxes(title="threshold on f")
    fig.update_yaxes(title="L0: active latents a token", rangemode="tozero", row=1, col=1)
    fig.update_yaxes(title="share", row=1, col=2)
    changes = {
        f"{t[i]:.2f}": [{"x": [[t[i]]] * 3, "y": [[values[i]] for _, values, _, _ in panels]}, [3, 4, 5]]
        for i in range(len(t))
    }
    sliders.choose_properties(fig, changes, "threshold ", below=76, active=at)
    return fig.update_layout(template="course", height=510, legend=theme.ABOVE)
