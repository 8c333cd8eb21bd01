"""A Plotly figure as small tables: for who can't see it, and for who wants the number.

A figure of thousands of points becomes at most 30 rows: points are left out at equal distances, and of a
heat map every k-th row and column is kept. Where that doesn't carry the figure's message, a lesson gives the
table itself.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

ROWS, COLUMNS = 30, 12
"""A figure's tables have at most so many rows, all together, and each so many columns."""
BINS = 10


class Table(NamedTuple):
    """Heads of the columns, and rows of what stands in them."""

    heads: list[str]
    rows: list[list]


def given(columns: Mapping[str, Sequence]) -> Table:
    """A table by its columns. Raises ValueError where they differ in length or have more than 30 rows."""
    columns = {name: _list(values) for name, values in columns.items()}
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1 or max(lengths) > ROWS:
        raise ValueError(f"a figure's table has columns of one length, at most {ROWS}, not {sorted(lengths)}")
    return Table(list(columns), [list(row) for row in zip(*columns.values(), strict=True)])


def rounded(table: Table, digits: int) -> Table:
    """The table with its decimal fractions as words of so many decimals."""
    words = [[f"{v:.{digits}f}" if isinstance(v, float) else v for v in row] for row in table.rows]
    return Table(table.heads, words)


def tables(fig) -> list[Table]:
    """What a figure shows: one table of its lines and bars, and one of each heat map; 30 rows in all."""
    traces = [t for t in fig.data if t.visible in (None, True) and t.hoverinfo != "skip"]
    grids = [trace for trace in traces if trace.type == "heatmap"]
    series = [s for trace in traces if trace.type != "heatmap" for s in _series(trace, fig)]
    share = ROWS // (len(grids[:5]) + bool(series) or 1)
    found = [_grid(grid, fig, share) for grid in grids[:5]]
    if series:
        together = _together(series, share)
        found.insert(0, together or _one_by_one(series, share))
    return [table for table in found if table.rows]


def fold(found: list[Table]) -> str:
    """The tables behind a click, as HTML; empty where there is none. Without blank lines, for Markdown."""
    body = "".join(as_html(table) for table in found)
    return f"<details><summary>The figure as a table</summary>{body}</details>" if body else ""


class _Series(NamedTuple):
    """The points of one trace: its name, the names of its coordinates, and their values."""

    name: str
    axes: tuple[str, ...]
    points: list[tuple]


def _series(trace, fig) -> Iterator[_Series]:
    x_name, y_name = (_axis(trace, fig, letter) for letter in "xy")
    name = _plain(trace.name or "")
    if trace.type == "histogram":
        values = [v for v in _list(trace.x) if _number(v)]
        if values:
            yield _Series(name, (x_name, "count"), _counts(values))
    elif trace.type == "box":
        values = sorted(v for v in _list(trace.y) if _number(v))
        if values:
            at = {"least": 0, "lower quarter": 0.25, "median": 0.5, "upper quarter": 0.75, "largest": 1}
            points = [(label, values[round(q * (len(values) - 1))]) for label, q in at.items()]
            yield _Series(name, ("", y_name), points)
    elif trace.type == "scatter3d":
        coordinates = zip(_list(trace.x), _list(trace.y), _list(trace.z), strict=False)
        yield _Series(name, ("x", "y", "z"), [p for p in coordinates if None not in p])
    elif trace.y is not None:
        y = _list(trace.y)
        x = _list(trace.x) if trace.x is not None else list(range(len(y)))
        if getattr(trace, "orientation", None) == "h":
            x, y, x_name, y_name = y, x, y_name, x_name
        points = [p for p in zip(x, y, strict=False) if None not in p]
        if points:
            yield _Series(name, (x_name, y_name), points)


def _together(series: list[_Series], rows: int) -> Table | None:
    """One column for each trace, where all have the same x; else None."""
    first = [point[0] for point in series[0].points]
    same = all(len(s.axes) == 2 and [p[0] for p in s.points] == first for s in series)
    if not same or len(set(first)) < len(first) or len(series) >= COLUMNS:
        return None
    heads = [series[0].axes[0] or "x", *(s.name or s.axes[1] or "y" for s in series)]
    every = [[x, *(s.points[k][1] for s in series)] for k, x in enumerate(first)]
    return Table(heads, _thinned(every, rows))


def _one_by_one(series: list[_Series], rows: int) -> Table:
    """The points of one trace below those of another."""
    series = _thinned(series, rows)
    width = max(len(s.axes) for s in series)
    named = any(s.name for s in series)
    heads = ["series"] * named + [axis or letter for axis, letter in zip(series[0].axes, "xyz", strict=False)]
    heads += [""] * (width + named - len(heads))
    each = max(1, rows // len(series))
    lines = [[s.name] * named + list(p) for s in series for p in _thinned(s.points, each)]
    return Table(heads, [line + [""] * (len(heads) - len(line)) for line in lines])


def _grid(trace, fig, rows: int) -> Table:
    """Every k-th row and column of a heat map."""
    z = [_list(row) for row in trace.z]
    x = _list(trace.x) if trace.x is not None else list(range(len(z[0])))
    y = _list(trace.y) if trace.y is not None else list(range(len(z)))
    across = _thinned(list(range(len(z[0]))), COLUMNS - 1)
    names = [_axis(trace, fig, letter) or letter for letter in "yx"]
    heads = [" \\ ".join(names), *(_text(x[c]) for c in across)]
    return Table(heads, [[y[r], *(z[r][c] for c in across)] for r in _thinned(list(range(len(z))), rows)])


def _thinned(values: list, most: int) -> list:
    """At most so many of the values, at equal distances, the first and the last among them."""
    if len(values) <= most:
        return values
    if most == 1:
        return values[-1:]
    return [values[round(k * (len(values) - 1) / (most - 1))] for k in range(most)]


def _counts(values: list[float]) -> list[tuple]:
    low, high = min(values), max(values)
    width = (high - low) / BINS or 1.0
    bins = [0] * BINS
    for value in values:
        bins[min(int((value - low) / width), BINS - 1)] += 1
    return [(f"{low + k * width:.3g} to {low + (k + 1) * width:.3g}", n) for k, n in enumerate(bins)]


def _axis(trace, fig, letter: str) -> str:
    """The title of a trace's x or y axis; empty without one."""
    which = getattr(trace, f"{letter}axis", None) or letter
    axis = getattr(fig.layout, f"{letter}axis{which[1:]}", None)
    return _plain(axis.title.text or "") if axis is not None else ""


def _list(values) -> list:
    """A trace's numbers, whatever holds them; what isn't a number on purpose is a gap."""
    if values is None:
        return []
    values = values.tolist() if hasattr(values, "tolist") else list(values)
    return [None if isinstance(v, float) and math.isnan(v) else v for v in values]


def _number(value) -> bool:
    return isinstance(value, (int, float))


def _plain(text: str) -> str:
    """A title without its mark-up."""
    for mark in ("<br>", "<b>", "</b>", "<i>", "</i>"):
        text = text.replace(mark, " " if mark == "<br>" else "")
    return text


def _text(value) -> str:
    return f"{value:.3g}" if isinstance(value, float) else "" if value is None else str(value)


def as_text(table: Table) -> str:
    """The table as lines of text, its columns flush right."""
    cells = [[str(head) for head in table.heads], *([_text(value) for value in row] for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in cells)


def as_html(table: Table) -> str:
    """The table as HTML, without blank lines."""
    head = "".join(f'<th scope="col">{html.escape(_plain(str(name)))}</th>' for name in table.heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_text(value))}</td>" for value in row) + "</tr>"
        for row in table.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
