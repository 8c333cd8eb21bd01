"""Figures of lesson 07: a training run, loss by content type, and what drives each neuron."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.figures import sliders, theme


def loss_by_tokens(
    losses: Float[Tensor, "step"], tokens_a_step: int, levels: Mapping[str, float], smooth: int = 12
) -> go.Figure:
    """Training loss over tokens seen, with a running mean, and horizontal lines at the given losses."""
    seen = (torch.arange(1, len(losses) + 1) * tokens_a_step / 1e6).tolist()
    running = [losses[max(0, i - smooth) : i + smooth].mean().item() for i in range(len(losses))]
    fig = theme.figure(xaxis_title="training tokens (millions)", yaxis_title="loss (nats a token)")
    fig.add_scatter(
        x=seen, y=losses.tolist(), name="each step", line={"color": theme.SKY, "width": 1}, opacity=0.5
    )
    fig.add_scatter(x=seen, y=running, name="running mean", line={"color": theme.BLUE, "width": 2.5})
    for (name, level), colour in zip(
        levels.items(), (theme.GREY, theme.ORANGE, theme.VERMILLION), strict=False
    ):
        fig.add_scatter(
            x=[seen[0], seen[-1]],
            y=[level, level],
            name=name,
            mode="lines",
            line={"color": colour, "dash": "dash"},
        )
    return fig


def loss_by_type(
    names: Sequence[str], before: Float[Tensor, "kind"], after: Float[Tensor, "kind"], labels: tuple[str, str]
) -> go.Figure:
    """Two losses of every content type, joined by a line, the largest difference on top."""
    order = (before - after).argsort().tolist()
    rows = [names[i] for i in order]
    fig = theme.figure(
        xaxis_title="held-out loss (nats a token)", height=130 + 14 * len(rows), margin={"l": 120, "t": 40}
    )
    joined = [x for i in order for x in (before[i].item(), after[i].item(), None)]
    fig.add_scatter(
        x=joined,
        y=[row for row in rows for _ in range(3)],
        mode="lines",
        line={"color": "#BBBBBB", "width": 1.5},
        showlegend=False,
        hoverinfo="skip",
    )
    for values, label, colour in ((before, labels[0], theme.ORANGE), (after, labels[1], theme.BLUE)):
        fig.add_scatter(
            x=values[order].tolist(), y=rows, mode="markers", name=label, marker={"color": colour, "size": 7}
        )
    fig.update_yaxes(tickfont={"size": 11}, dtick=1, range=[-1, len(rows)])
    fig.update_layout(legend=theme.ABOVE)
    return fig


def families_by_neuron(by_family: Float[Tensor, "family unit"], names: Sequence[str]) -> go.Figure:
    """One bar a unit: how its strongest tokens divide among families, units ordered by their largest one."""
    shares, which = by_family.sort(dim=0, descending=True)
    units = shares[0].argsort(descending=True)
    fig = theme.figure(
        xaxis_title="neurons, ordered by the share of their largest family",
        yaxis_title="share of the strongest tokens",
        barmode="stack",
        bargap=0.1,
    )
    ranks = (
        ("largest family", theme.BLUE),
        ("second", theme.ORANGE),
        ("third", theme.GREEN),
        ("fourth", theme.PURPLE),
    )
    for rank, (label, colour) in enumerate(ranks):
        fig.add_bar(
            y=shares[rank, units].tolist(),
            x=list(range(len(units))),
            name=label,
            marker={"color": colour, "line": {"width": 0}},
            text=[f"neuron {unit}: {names[which[rank, unit]]}" for unit in units.tolist()],
            textposition="none",
            hovertemplate="%{text}, %{y:.0%}<extra></extra>",
        )
    rest = 1 - shares[: len(ranks), units].sum(0)
    fig.add_bar(y=rest.tolist(), x=list(range(len(units))), name="all others", marker={"color": "#DDDDDD"})
    fig.update_yaxes(tickformat=".0%", range=[0, 1])
    fig.update_xaxes(showgrid=False)
    fig.update_layout(legend=theme.ABOVE | {"traceorder": "normal"})
    return fig


def family_count_histogram(counts: Mapping[str, Int[Tensor, "unit"]]) -> go.Figure:
    """How many families drive a unit: one group of bars a number, one bar in it a set of units."""
    largest = max(int(c.max()) for c in counts.values())
    fig = theme.figure(
        xaxis_title="families that drive the unit", yaxis_title="share of the units", barmode="group"
    )
    for name, c in counts.items():
        share = torch.bincount(c, minlength=largest + 1) / len(c)
        fig.add_bar(x=list(range(largest + 1)), y=share.tolist(), name=name)
    fig.update_yaxes(tickformat=".0%")
    fig.update_xaxes(dtick=1)
    fig.update_layout(legend=theme.ABOVE)
    return fig


def own_family_by_level(medians: Mapping[str, Float[Tensor, "level"]]) -> go.Figure:
    """The median unit's share of its own family at each level of its activation, a line per set of units."""
    fig = theme.figure(
        xaxis_title="level of activation, as a share of the unit's maximum",
        yaxis_title="share of the unit's own family",
    )
    for name, shares in medians.items():
        middle = [(k + 0.5) / len(shares) for k in range(len(shares))]
        fig.add_scatter(x=middle, y=shares.tolist(), name=name, mode="lines+markers")
    fig.update_yaxes(tickformat=".0%", range=[0, 1.05])
    fig.update_xaxes(tickformat=".0%", range=[0, 1])
    return fig


def neuron_type_slider(
    by_kind: Float[Tensor, "kind unit"], names: Sequence[str], start: int, shown: int = 8
) -> go.Figure:
    """What types a unit's strongest tokens are of; a slider, first at `start`, chooses. Needs no kernel."""
    shares, which = by_kind.topk(shown, dim=0)
    fig = theme.figure(
        xaxis_title="share of the neuron's strongest tokens",
        yaxis={"autorange": "reversed"},
        margin={"l": 130},
    )

    def bars(unit: int) -> dict:
        return {"x": [shares[:, unit].tolist()], "y": [[names[k] for k in which[:, unit].tolist()]]}

    first = bars(start)
    fig.add_bar(x=first["x"][0], y=first["y"][0], orientation="h")
    changes = {str(unit): [bars(unit)] for unit in range(by_kind.shape[1])}
    sliders.choose_properties(fig, changes, "neuron ", below=40, active=start)
    fig.update_xaxes(tickformat=".0%", range=[0, 1])
    return fig
