"""Figures of lesson 11: parts of a latent, latents that make each other fire, and pruned weights.

Labels are token text: they are escaped before Plotly sees them.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from jaxtyping import Float
from torch import Tensor

from course_utils.figures import theme

Edge = tuple[int, int, float]
"""From a latent, to a latent, and the share of the first's tokens after which the second fires."""


def stacked(values: Mapping[str, Mapping[str, float]], title: str) -> go.Figure:
    """One bar a case, made of the same parts in every case; a negative part stands left of 0."""
    fig = theme.figure(xaxis_title=title, barmode="relative")
    for part in next(iter(values.values())):
        fig.add_bar(
            x=[round(row[part], 3) for row in values.values()],
            y=[html.escape(name) for name in values],
            orientation="h",
            name=part,
        )
    return fig.update_yaxes(autorange="reversed", automargin=True)


def automata(
    edges: Sequence[Edge], labels: Mapping[int, str], groups: Mapping[str, Sequence[int]]
) -> go.Figure:
    """Latents as points, in a ring for each group, and an arrow for each edge; a self-loop is a thick rim.

    `labels` says in a few tokens what a latent fires on.
    """
    columns = 3
    fig = theme.figure(height=300 * math.ceil(len(groups) / columns), showlegend=False)
    place, loops = {}, {a for a, b, _ in edges if a == b}
    for k, (group, members) in enumerate(groups.items()):
        x0, y0 = 3.2 * (k % columns), -3.2 * (k // columns)
        fig.add_annotation(x=x0, y=y0 + 1.5, text=f"<b>{html.escape(group)}</b>", showarrow=False)
        for n, latent in enumerate(members):
            angle = 2 * math.pi * n / len(members) + 0.5
            place[latent] = x0 + 0.85 * math.cos(angle), y0 + 0.85 * math.sin(angle)
    for a, b, share in edges:
        if a != b and a in place and b in place:
            fig.add_annotation(
                **dict(zip(("ax", "ay", "x", "y"), (*place[a], *place[b]), strict=True)),
                axref="x", ayref="y", xref="x", yref="y", text="", arrowhead=2, arrowcolor=theme.GREY,
                arrowwidth=1 + 3 * (share - 0.4), standoff=9, startstandoff=7,
            )  # fmt: skip
    fig.add_scatter(
        x=[x for x, _ in place.values()],
        y=[y for _, y in place.values()],
        mode="markers+text",
        marker=dict(
            size=13,
            color=theme.SKY,
            line=dict(color=theme.VERMILLION, width=[4 if latent in loops else 0 for latent in place]),
        ),
        text=[f"{latent}<br>{html.escape(labels[latent])}" for latent in place],
        textfont_size=10,
        textposition="top center",
        hovertext=[f"latent {latent}: {html.escape(labels[latent])}" for latent in place],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    fig.update_xaxes(visible=False, range=[-1.7, 8.1])
    return fig.update_yaxes(visible=False, range=[-3.2 * ((len(groups) - 1) // columns) - 1.5, 1.8])


def neighbours(
    latent: int, share: Float[Tensor, "latent latent"], labels: Mapping[int, str], count: int = 5
) -> go.Figure:
    """One latent in the middle, those that it follows most often on the left, its successors on the right."""
    fig = theme.figure(height=90 + 62 * count, showlegend=False)
    before = [i for i in share[:, latent].argsort(descending=True).tolist() if i != latent][:count]
    after = [i for i in share[latent].argsort(descending=True).tolist() if i != latent][:count]
    sides = [(before, 0.0, lambda i: share[i, latent]), (after, 2.0, lambda i: share[latent, i])]
    dots = [(1.0, 0.0, latent, share[latent, latent].item(), "again")]
    for side, x, of in sides:
        for n, other in enumerate(side):
            y, value = (count - 1) / 2 - n, of(other).item()
            dots.append((x, y, other, value, "it comes next" if x == 0 else "next"))
            ends = dict(ax=x + 0.28, ay=y, x=0.86, y=0) if x == 0 else dict(ax=1.14, ay=0, x=1.72, y=y)
            fig.add_annotation(
                **ends, axref="x", ayref="y", xref="x", yref="y", text="", arrowhead=2,
                arrowwidth=0.5 + 5 * value, arrowcolor=theme.GREY,
            )  # fmt: skip
    fig.add_scatter(
        x=[x for x, *_ in dots],
        y=[y for _, y, *_ in dots],
        mode="text",
        text=[f"<b>{i}</b> {html.escape(labels[i])}<br>{value:.0%} {word}" for _, _, i, value, word in dots],
        textfont_size=12,
        hoverinfo="skip",
    )
    fig.update_xaxes(visible=False, range=[-0.45, 2.45])
    return fig.update_yaxes(visible=False, range=[-count / 2, count / 2])


def weights_against_counts(
    predicted: Float[Tensor, "pair"], counted: Float[Tensor, "pair"], shuffled: Float[Tensor, "pair"]
) -> go.Figure:
    """Medians of the counted lift over twenty groups of pairs, in order of the lift that weights predict."""
    fig = theme.figure(
        xaxis_title="pairs of latents, in order of the predicted lift, %", yaxis_title="counted lift, median"
    )
    for name, by in (("from weights", predicted), ("rows shuffled", shuffled)):
        groups = counted[by.argsort(stable=True)].tensor_split(20)
        middle = [round(group.median().item(), 3) for group in groups]
        fig.add_scatter(x=[5 * n + 2.5 for n in range(20)], y=middle, mode="lines+markers", name=name)
    return fig
