"""Figures of lesson 12's first part: maps over share and importance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from jaxtyping import Float, Int
from plotly.subplots import make_subplots
from torch import Tensor

from course_utils.figures import theme

REGIONS = ("dropped", "pair", "alone")


def shares_in_words(shares: Sequence[float]) -> list[str]:
    return [f"{100 * share:g} %" for share in shares]


def regions(
    q: Float[Tensor, "density"], r: Float[Tensor, "importance"], cheapest: Int[Tensor, "importance density"]
) -> go.Figure:
    """Which of `REGIONS` is cheapest at each density q and importance r; both axes logarithmic."""
    colours = [theme.GREY, theme.SKY, theme.ORANGE]
    scale = [[edge, colour] for k, colour in enumerate(colours) for edge in (k / 3, (k + 1) / 3)]
    fig = theme.figure(xaxis_title="density q of the varied feature", yaxis_title="its importance r")
    fig.add_heatmap(
        x=q.tolist(), y=r.tolist(), z=cheapest.tolist(), zmin=-0.5, zmax=2.5, colorscale=scale,
        showscale=False, hoverinfo="skip",
    )  # fmt: skip
    for k, name in enumerate(REGIONS):
        if (cheapest == k).any():
            fig.add_scatter(x=[None], y=[None], mode="markers", name=name, marker_color=colours[k])
    fig.update_xaxes(type="log").update_yaxes(type="log").update_layout(legend=theme.ABOVE)
    rows, columns = (range(0, size, max(size // 5, 1)) for size in cheapest.shape)
    table = {"importance r": [f"{r[i]:.2g}" for i in rows]} | {
        f"q = {q[j]:.2g}": [REGIONS[cheapest[i, j]] for i in rows] for j in columns
    }
    return theme.in_words(fig, "A map of regions over density and importance of one feature.", table)


def maps(
    shares: Sequence[float],
    importances: Sequence[float],
    panels: Mapping[str, Float[Tensor, "importance share"]],
) -> go.Figure:
    """Signed numbers over share and importance, on one colour scale: red above 0, blue below."""
    x, y = shares_in_words(shares), [f"× {importance:g}" for importance in importances]
    fig = make_subplots(cols=len(panels), subplot_titles=list(panels), shared_yaxes=True)
    for col, values in enumerate(panels.values(), 1):
        z = [[round(v, 2) for v in row] for row in values.tolist()]
        fig.add_heatmap(x=x, y=y, z=z, texttemplate="%{z:.2f}", coloraxis="coloraxis", row=1, col=col)
    limit = max(values.abs().max().item() for values in panels.values())
    colours = {"colorscale": theme.DIVERGING, "cmin": -limit, "cmax": limit, "colorbar": {"thickness": 14}}
    fig.update_xaxes(type="category", title="base64's share of the documents", showgrid=False)
    fig.update_yaxes(type="category", showgrid=False).update_yaxes(title="weight in the loss", col=1)
    fig.update_layout(template="course", coloraxis=colours, height=340)
    alt = f"Maps over share and importance, a number in each cell: {', '.join(panels)}."
    places = [(name, place) for name in panels for place in range(len(y))]
    table = {"map": [name for name, _ in places], "weight": [y[place] for _, place in places]}
    for column, share in enumerate(x):
        table[share] = [round(panels[name][place, column].item(), 2) for name, place in places]
    return theme.in_words(fig, alt, table)


def over_product(
    share: Float[Tensor, "point"],
    importance: Float[Tensor, "point"],
    series: Mapping[str, Float[Tensor, "point"]],
) -> go.Figure:
    """Values over share × importance, a colour for each series and a symbol for each importance."""
    fig = theme.figure(xaxis_title="share × importance, % of the documents", yaxis_title="lead, correlation")
    for (name, values), colour in zip(series.items(), theme.COLOURS, strict=False):
        for factor, symbol in zip(importance.unique(), ("circle", "diamond", "cross"), strict=False):
            mine = importance == factor
            fig.add_scatter(
                x=(100 * share * importance)[mine].tolist(), y=values[mine].tolist(), mode="markers",
                name=f"{name}, × {factor:g}", marker={"symbol": symbol, "color": colour, "size": 10},
            )  # fmt: skip
    fig.add_hline(y=0, line_color=theme.GREY)
    fig.update_xaxes(type="log").update_layout(legend=theme.ABOVE)
    order = (share * importance).argsort().tolist()
    table = {"share, %": [f"{100 * share[k]:g}" for k in order]}
    table |= {"importance": [f"{importance[k]:g}" for k in order]}
    table |= {name: [round(values[k].item(), 2) for k in order] for name, values in series.items()}
    return theme.in_words(fig, f"Points over share times importance: {', '.join(series)}.", table)
