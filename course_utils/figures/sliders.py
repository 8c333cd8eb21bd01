"""Plotly's own slider under a figure: it works in a page, with no kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

AT_ONCE = {"mode": "immediate", "frame": {"redraw": True}}


def choose_data(
    fig: go.Figure,
    data: Mapping[str, Sequence[BaseTraceType]],
    prefix: str,
    below: int,
    traces: list[int] | None = None,
    options: Mapping = AT_ONCE,
    **place,
) -> go.Figure:
    """Let a slider choose what stands in the place of the figure's `traces` (their numbers; by default all).

    `data`: label of a step -> its traces. `prefix` stands before the label, `below` is the room above the
    slider in pixels, `options` are those of Plotly's animate, `place` says where the slider is.
    """
    fig.frames = [go.Frame(name=label, data=list(new), traces=traces) for label, new in data.items()]
    steps = {label: [[label], options] for label in data}
    return fig.update_layout(sliders=[_slider("animate", steps, prefix, below) | place])


def choose_properties(
    fig: go.Figure, changes: Mapping[str, list], prefix: str, below: int, active: int
) -> go.Figure:
    """Let a slider change properties of traces, as in Plotly's restyle. `active`: the step shown at first."""
    return fig.update_layout(sliders=[_slider("restyle", changes, prefix, below) | {"active": active}])


def _slider(method: str, steps: Mapping[str, list], prefix: str, below: int) -> dict:
    buttons = [{"label": label, "method": method, "args": args} for label, args in steps.items()]
    return {"steps": buttons, "currentvalue": {"prefix": prefix}, "pad": {"t": below}}
