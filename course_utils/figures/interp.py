"""Figures of lesson 09: one unit against a property of tokens, and what the unit does.

Token text is escaped before Plotly sees it: Plotly reads <b>, <a> and others in labels as markup.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import torch
from jaxtyping import Bool, Float, Int
from plotly.subplots import make_subplots
from torch import Tensor

from course_utils.figures import theme


def label_by_proxy(
    by_proxy: Float[Tensor, "unit"], by_label: Float[Tensor, "unit"], unit: str = "latent"
) -> go.Figure:
    """Each unit's correlation with a proxy (x) and with the label (y): do both name the same unit?"""
    best = int(by_proxy.argmax())
    rest = [i for i in range(len(by_proxy)) if i != best]
    fig = theme.figure(xaxis_title="correlation with the proxy", yaxis_title="correlation with the label")
    for name, units, size in ((f"other {unit}s", rest, 6), (f"{unit} {best}", [best], 12)):
        fig.add_scatter(
            x=by_proxy[units].tolist(),
            y=by_label[units].tolist(),
            mode="markers",
            name=name,
            marker_size=size,
            text=[f"{unit} {i}" for i in units],
            hovertemplate="%{text}<br>proxy %{x:.2f}<br>label %{y:.2f}<extra></extra>",
        )
    return fig


def types_by_activation(
    acts: Float[Tensor, "token"],
    kinds: Int[Tensor, "token"],
    names: Sequence[str],
    shown: Sequence[str],
    bins: int = 40,
) -> go.Figure:
    """What types the tokens at each level of activation are: shares, stacked; types not shown are "other"."""
    fig = theme.figure(
        xaxis_title="activation",
        yaxis_title="share of the tokens, %",
        barmode="stack",
        barnorm="percent",
    )
    largest = acts.max().item()
    centres = ((torch.arange(bins) + 0.5) * largest / bins).tolist()
    wanted = [names.index(name) for name in shown]
    groups = [(name, kinds == k) for name, k in zip(shown, wanted, strict=True)]
    other = torch.ones_like(kinds, dtype=torch.bool)
    for k in wanted:
        other &= kinds != k
    for name, mask in [*groups, ("other", other)]:
        counts = torch.histc(acts[mask & (acts > 0)], bins, 0, largest).tolist()
        fig.add_bar(
            x=centres,
            y=counts,
            name=html.escape(name),
            width=largest / bins,
            customdata=counts,
            hovertemplate="%{x:.2f}: %{y:.0f} %, %{customdata} tokens",
        )
    return fig


def mass_by_activation(
    acts: Float[Tensor, "token"], in_class: Bool[Tensor, "token"], inside: str, bins: int = 25
) -> go.Figure:
    """How often a unit has each activation, and how much of its total that makes: for a class and the rest.

    The lower panel is M's "expected value": the count of each bin times its activation.
    """
    largest = acts.max().item()
    centres = (torch.arange(bins) + 0.5) * largest / bins
    fig = make_subplots(
        rows=2, shared_xaxes=True, subplot_titles=["tokens", "tokens × activation"], vertical_spacing=0.12
    )
    for name, mask, colour in ((inside, in_class, theme.BLUE), ("all else", ~in_class, theme.ORANGE)):
        counts = torch.histc(acts[mask & (acts > 0)], bins, 0, largest)
        for row, y in ((1, counts), (2, counts * centres)):
            fig.add_bar(
                x=[round(x, 3) for x in centres.tolist()],
                y=[round(v, 1) for v in y.tolist()],
                name=html.escape(name if row == 1 else f"{name} × activation"),
                marker_color=colour,
                showlegend=row == 1,
                row=row,
                col=1,
            )
    fig.update_xaxes(title="activation", row=2)
    return fig.update_layout(template="course", barmode="stack", height=460)


def specificity_by_sensitivity(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], marked: tuple[float, float] | None = None
) -> go.Figure:
    """Sensitivity against specificity as the threshold moves, one line a unit; `marked` is a chosen point."""
    fig = theme.figure(
        xaxis_title="sensitivity: share of base64 tokens where it fires",
        yaxis_title="specificity: firing that is base64",
        xaxis_range=[0, 1.02],
        yaxis_range=[0, 1.02],
    )
    for name, (sensitivity, specificity) in curves.items():
        fig.add_scatter(x=list(sensitivity), y=list(specificity), mode="lines+markers", name=name)
    if marked:
        fig.add_scatter(
            x=[marked[0]],
            y=[marked[1]],
            mode="markers",
            name="chosen threshold",
            marker=dict(size=14, symbol="x", color="black"),
        )
    return fig


def logit_histogram(
    weights: Float[Tensor, "vocab"], in_class: Bool[Tensor, "vocab"], inside: str, outside: str
) -> go.Figure:
    """Distribution of a unit's logit weights over the vocabulary, for two groups of tokens."""
    fig = theme.figure(xaxis_title="logit weight, median 0", yaxis_title="tokens", barmode="overlay")
    edges = dict(start=weights.min().item(), end=weights.max().item() + 1e-6)
    edges["size"] = (edges["end"] - edges["start"]) / 60
    for name, mask in ((outside, ~in_class), (inside, in_class)):
        fig.add_histogram(x=weights[mask].tolist(), xbins=edges, name=name, opacity=0.7)
    return fig


def latent_by_neuron(
    latent: Float[Tensor, "type"],
    neuron: Float[Tensor, "type"],
    names: Sequence[str],
    labelled: Sequence[str] = (),
) -> go.Figure:
    """One point a content type: its best neuron's correlation (x) and its best latent's (y)."""
    fig = theme.figure(
        xaxis_title="best neuron's correlation with the type",
        yaxis_title="best latent's correlation",
        xaxis_range=[0, 1],
        yaxis_range=[0, 1.05],
        height=520,
    )
    named = [i for i in latent.argsort().tolist() if names[i] in labelled]
    side = {i: ("middle right", "middle left")[k % 2] for k, i in enumerate(named)}  # neighbours apart
    fig.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="equal", line=dict(dash="dot", color="grey"), hoverinfo="skip"
    )
    for title, inside in (
        ("the latent is better", latent > neuron),
        ("the neuron is as good or better", latent <= neuron),
    ):
        which = inside.nonzero()[:, 0].tolist()
        fig.add_scatter(
            x=neuron[inside].tolist(),
            y=latent[inside].tolist(),
            mode="markers+text",
            name=f"{title} ({len(which)} types)",
            text=[names[i] if names[i] in labelled else "" for i in which],
            textposition=[side.get(i, "middle right") for i in which],
            hovertext=[names[i] for i in which],
            hovertemplate="%{hovertext}<br>neuron %{x:.2f}<br>latent %{y:.2f}<extra></extra>",
        )
    return fig
