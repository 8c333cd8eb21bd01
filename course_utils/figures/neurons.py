"""Figures of neurons: what each one reads, how monosemantic it is, and signed matrices side by side."""

from __future__ import annotations

import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots
from torch import Tensor

from course_utils.figures import lines, matrices, sliders, theme
from course_utils.toy.geometry import interference
from course_utils.toy.neurons import SECOND_LIMIT, features_read, monosemantic


def by_feature(W: Float[Tensor, "neuron n"]) -> Float[Tensor, "neuron n"]:
    """Neurons in the order of the feature that drives them most."""
    return W[W.abs().argmax(1).argsort()]


def _scaled(W: Float[Tensor, "neuron n"]) -> Float[Tensor, "neuron n"]:
    """In the order of `by_feature`, each neuron's weights as shares of its largest."""
    W = by_feature(W)
    return W / W.abs().amax(1, keepdim=True).clamp_min(1e-9)


def _stack_bars(W: Float[Tensor, "neuron n"]) -> list[go.Bar]:
    """For each feature one bar a neuron, in the colour of the feature's superposition."""
    W = _scaled(W)
    superposition = [round(v, 2) for v in interference(W).tolist()]
    return [
        go.Bar(
            x=list(range(1, len(W) + 1)),
            y=[round(v, 2) for v in W[:, i].tolist()],
            name=f"x{i + 1}",
            text=[f"{i + 1}" if abs(v) > 0.15 else "" for v in W[:, i].tolist()],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            hovertemplate=f"neuron %{{x}}, feature {i + 1}: %{{y}}<br>superposition {value:g}<extra></extra>",
            marker={
                "color": [value] * len(W),
                "coloraxis": "coloraxis",
                "line": {"color": "#FFFFFF", "width": 0.5},
            },
            showlegend=False,
        )
        for i, value in enumerate(superposition)
    ]


def neuron_stacks(panels: dict[str, Float[Tensor, "neuron n"]]) -> go.Figure:
    """Each neuron's weights, stacked: positive ones upwards, negative ones down. One panel a network.

    The number in a box is its feature, the colour that feature's superposition (TM): Σ (ŵᵢ·wⱼ)² over all
    other features j, where wᵢ are the weights with which the neurons read i, each neuron's scaled to a
    largest of 1. It is 0 for a feature whose neurons read nothing else. Colours end at 1.
    """
    fig = make_subplots(
        cols=len(panels), subplot_titles=list(panels), shared_yaxes=True, horizontal_spacing=0.03
    )
    for col, W in enumerate(panels.values(), 1):
        for bar in _stack_bars(W):
            fig.add_trace(bar, row=1, col=col)
    fig.update_xaxes(title="neuron", dtick=1)
    fig.update_yaxes(title="weight / the neuron's largest", col=1)
    bar = {"title": "feature's<br>superposition", "thickness": 14}
    colours = {"colorscale": theme.SEQUENTIAL, "cmin": 0, "cmax": 1, "colorbar": bar}
    fig.update_layout(template="course", barmode="relative", coloraxis=colours)
    alt = f"Stacked bars of what each neuron reads, a box a feature: {', '.join(panels)}."
    return theme.in_words(fig, alt, stack_table(panels))


def stack_table(panels: dict[str, Float[Tensor, "neuron n"]]) -> dict[str, list]:
    """`neuron_stacks` as a table: the features whose weight is 30 % or more of the neuron's largest."""
    rows = [
        (name, k + 1, ", ".join(f"{'+' if W[k, i] > 0 else '−'}x{i + 1}" for i in strong), len(strong))
        for name, W in ((name, _scaled(W)) for name, W in panels.items())
        for k in range(len(W))
        for strong in [(W[k].abs() >= SECOND_LIMIT).nonzero()[:, 0].tolist()]
    ]
    return dict(
        zip(("network", "neuron", "reads", "features"), map(list, zip(*rows, strict=True)), strict=True)
    )


def neuron_stack_slider(frames: dict[str, Float[Tensor, "neuron n"]], prefix: str) -> go.Figure:
    """`neuron_stacks` for one network at a time, with Plotly's own slider: needs no kernel."""
    fig = neuron_stacks({"": next(iter(frames.values()))})
    most = max(_scaled(W).abs().sum(1).max().item() for W in frames.values())
    fig.update_yaxes(range=[-most, most])
    data = {label: _stack_bars(W) for label, W in frames.items()}
    sliders.choose_data(fig, data, prefix, below=60, traces=list(range(len(fig.data))))
    table = {
        prefix.strip(" ="): list(frames),
        "monosemantic": [round(monosemantic(W).double().mean().item(), 2) for W in frames.values()],
        "features a neuron reads": [round(features_read(W).mean().item(), 1) for W in frames.values()],
    }
    alt = "Stacked bars of what each neuron reads, a box a feature, with a slider."
    return theme.in_words(fig.update_layout(height=520), alt, table)


def reads_and_writes(W1: Float[Tensor, "neuron n"], W2: Float[Tensor, "n neuron"]) -> go.Figure:
    """What each neuron reads and what it writes, as two signed matrices with a row a neuron."""
    return matrices(
        {"reads (W1)": W1, "writes (W2, transposed)": W2.T},
        x_title="feature", y_title="", rows=[f"neuron {k + 1}" for k in range(len(W1))],
        height=90 + 40 * len(W1),
    )  # fmt: skip


def response_matrices(responses: dict[str, Float[Tensor, "2 n n"]]) -> go.Figure:
    """How each output changes when one feature alone is on, at +1 and at −1: two matrices a network."""
    panels = {f"{name}, x = {x}": R[k] for name, R in responses.items() for k, x in enumerate(("+1", "−1"))}
    fig = matrices(panels, x_title="output", y_title="feature that is on", height=330)
    own = {name: R.diagonal(dim1=1, dim2=2).mean(0) for name, R in responses.items()}
    table = {f"its answer, {name}": [round(v, 2) for v in answers.tolist()] for name, answers in own.items()}
    count = len(next(iter(own.values())))
    return theme.in_words(fig, fig.layout.meta["alt"], {"feature": list(range(1, count + 1)), **table})


def shares_by_density(density: list[float], shares: dict[str, list[float]]) -> go.Figure:
    """Shares and ratios over the density, on a logarithmic axis that names each density."""
    fig = lines(density, shares, x_title="density p", y_title="share, ratio", log="x")
    return fig.update_xaxes(tickvals=density, ticktext=[f"{p:g}" for p in density])


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
    fig.update_layout(legend=theme.ABOVE)
    mono = [round(monosemantic(W).double().mean().item(), 2) for W in networks.values()]
    alt = "A dot a neuron: its second weight as a share of its largest; a column a density, a line at 0.3."
    return theme.in_words(fig, alt, {"p": list(networks), "share of dots below 0.3": mono})


def brake_shares(groups: dict[str, list[float]]) -> go.Figure:
    """How much of each leak is braked: one histogram a group, as shares of the group. 1 is an exact brake."""
    fig = theme.figure(
        xaxis_title="taken off / leaked (1: an exact brake)",
        yaxis_title="share of the leaks",
        barmode="overlay",
    )
    edges = [0.05 * k for k in range(31)]
    for (name, values), colour in zip(groups.items(), theme.COLOURS, strict=False):
        places = [min(int(max(v, 0) / 0.05), len(edges) - 1) for v in values]
        shares = [round(places.count(k) / max(len(values), 1), 3) for k in range(len(edges))]
        middles = [round(edge + 0.025, 3) for edge in edges]
        fig.add_bar(x=middles, y=shares, width=0.05, name=name, opacity=0.7, marker_color=colour)
    fig.add_vline(x=1, line={"dash": "dash", "color": theme.GREY})
    fig.update_layout(legend=theme.ABOVE)
    table = {"taken off": ["less than 0.95", "0.95 to 1.05", "more than 1.05"]}
    for name, values in groups.items():
        counts = [sum(v < 0.95 for v in values), 0, sum(v > 1.05 for v in values)]
        counts[1] = len(values) - sum(counts)
        table[name] = [round(n / max(len(values), 1), 2) for n in counts]
    return theme.in_words(
        fig, f"Histograms of the share of a leak that is taken off: {', '.join(groups)}.", table
    )
