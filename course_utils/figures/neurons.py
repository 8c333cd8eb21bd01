"""Figures of neurons: what each one reads, how monosemantic it is, and signed matrices side by side."""

from __future__ import annotations

import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots
from torch import Tensor

from course_utils.figures import sliders, theme
from course_utils.toy.neurons import SECOND_LIMIT


def _feature_colours(n: int) -> list[str]:
    """One colour a feature; after the theme's colours have run out, grey."""
    return [*theme.COLOURS, *[theme.GREY] * n][:n]


def by_feature(W: Float[Tensor, "neuron n"]) -> Float[Tensor, "neuron n"]:
    """Neurons in the order of the feature that drives them most."""
    return W[W.abs().argmax(1).argsort()]


def _stack_bars(W: Float[Tensor, "neuron n"], legend: bool) -> list[go.Bar]:
    """For each feature one bar a neuron: its weight as a share of the neuron's largest."""
    W = by_feature(W)
    W = W / W.abs().amax(1, keepdim=True).clamp_min(1e-9)
    return [
        go.Bar(
            x=list(range(1, len(W) + 1)),
            y=[round(v, 2) for v in W[:, i].tolist()],
            name=f"x{i + 1}",
            marker={"color": colour, "line": {"color": "#FFFFFF", "width": 0.5}},
            showlegend=legend,
            legendgroup=str(i),
        )
        for i, colour in enumerate(_feature_colours(W.shape[1]))
    ]


def neuron_stacks(panels: dict[str, Float[Tensor, "neuron n"]]) -> go.Figure:
    """Each neuron's weights, stacked: positive ones upwards, negative ones down. One panel a network."""
    fig = make_subplots(
        cols=len(panels), subplot_titles=list(panels), shared_yaxes=True, horizontal_spacing=0.03
    )
    for col, W in enumerate(panels.values(), 1):
        for bar in _stack_bars(W, legend=col == 1):
            fig.add_trace(bar, row=1, col=col)
    fig.update_xaxes(title="neuron", dtick=1)
    fig.update_yaxes(title="weight / the neuron's largest", col=1)
    return fig.update_layout(
        template="course", barmode="relative", legend={"title": "feature", "traceorder": "normal"}
    )


def neuron_stack_slider(frames: dict[str, Float[Tensor, "neuron n"]], prefix: str) -> go.Figure:
    """`neuron_stacks` for one network at a time, with Plotly's own slider: needs no kernel."""
    fig = neuron_stacks({"": next(iter(frames.values()))})
    most = max(
        (W / W.abs().amax(1, keepdim=True).clamp_min(1e-9)).abs().sum(1).max().item() for W in frames.values()
    )
    fig.update_yaxes(range=[-most, most])
    data = {label: _stack_bars(W, legend=True) for label, W in frames.items()}
    sliders.choose_data(fig, data, prefix, below=60, traces=list(range(len(fig.data))))
    return fig.update_layout(height=520)


def second_weight_by_density(networks: dict[str, Float[Tensor, "neuron n"]]) -> go.Figure:
    """One dot a neuron: its second-largest weight as a share of its largest. One column a network."""
    fig = theme.figure(xaxis_title="density p", yaxis_title="second weight / largest weight")
    for place, W in enumerate(networks.values()):
        largest, second = W.abs().topk(2, dim=1).values.unbind(1)
        share = (second / largest.clamp_min(1e-9)).sort().values
        spread = [place + 0.6 * (k / max(len(share) - 1, 1) - 0.5) for k in range(len(share))]
        fig.add_scatter(
            x=spread,
            y=[round(v, 3) for v in share.tolist()],
            mode="markers",
            marker={
                "size": 6,
                "color": [theme.BLUE if v < SECOND_LIMIT else theme.VERMILLION for v in share.tolist()],
            },
            showlegend=False,
        )
    fig.add_hline(y=SECOND_LIMIT, line={"dash": "dash", "color": theme.GREY})
    for name, colour in {"monosemantic": theme.BLUE, "polysemantic": theme.VERMILLION}.items():
        fig.add_scatter(x=[None], y=[None], mode="markers", name=name, marker={"size": 8, "color": colour})
    fig.update_xaxes(tickvals=list(range(len(networks))), ticktext=list(networks))
    fig.update_yaxes(range=[-0.04, 1.04])
    return fig.update_layout(legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"})
