"""Figures of lesson 10: units of several codes compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from course_utils.figures import theme


def codes_by_kind(values: Mapping[str, Mapping[str, float]], kinds: Sequence[str]) -> go.Figure:
    """For each kind of predicate a group of bars, one a code. `values`: of each code, its number by kind."""
    fig = theme.figure(
        yaxis_title="best unit's correlation, median over predicates",
        barmode="group",
        yaxis_range=[0, 1],
    )
    for name, row in values.items():
        numbers = [row[kind] for kind in kinds]
        fig.add_bar(x=list(kinds), y=numbers, name=name, hovertemplate="%{x}: %{y:.2f}")
    return fig
