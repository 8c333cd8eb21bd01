"""Below each figure stand its data, as a table of at most 30 rows."""

import numpy as np
import plotly.graph_objects as go
import pytest

from course_utils.checks import figure_table
from course_utils.checks.lesson import Lesson
from course_utils.figures import lines, theme


def test_lines_over_one_axis_are_columns():
    fig = lines([1, 2, 3], {"a": [0.5, 0.25, 0.125], "b": [1.0, 2.0, 3.0]}, x_title="p", y_title="loss")
    [table] = figure_table.tables(fig)
    assert table.heads == ["p", "a", "b"]
    assert table.rows == [[1, 0.5, 1.0], [2, 0.25, 2.0], [3, 0.125, 3.0]]


def test_long_curves_keep_their_ends():
    x = np.arange(1000.0)
    [table] = figure_table.tables(go.Figure(go.Scatter(x=x, y=x**2)))
    assert len(table.rows) == figure_table.ROWS
    assert table.rows[0] == [0.0, 0.0] and table.rows[-1] == [999.0, 998001.0]


def test_curves_over_different_axes_stand_below_each_other():
    fig = theme.figure(xaxis_title="step").add_scatter(x=[1, 2], y=[3, 4], name="a")
    fig.add_scatter(x=[5, None, 6], y=[7, None, 8], name="b").add_scatter(
        x=[0, 1], y=[1, 1], hoverinfo="skip"
    )
    [table] = figure_table.tables(fig)
    assert table.heads[:2] == ["series", "step"]
    assert table.rows == [["a", 1, 3], ["a", 2, 4], ["b", 5, 7], ["b", 6, 8]]


def test_what_is_hidden_has_no_row():
    fig = go.Figure([go.Scatter(y=[1, 2], visible=False), go.Scatter(y=[3, 4])])
    assert figure_table.tables(fig)[0].rows == [[0, 3], [1, 4]]
    assert figure_table.tables(go.Figure()) == [] and figure_table.fold([]) == ""


def test_heat_maps_are_coarse():
    z = np.arange(2500).reshape(50, 50)
    [table] = figure_table.tables(go.Figure(go.Heatmap(z=z)))
    assert len(table.rows) == 30 and len(table.heads) == figure_table.COLUMNS
    assert table.rows[0][:2] == [0, 0] and table.rows[-1][-1] == 2499
    many = go.Figure([go.Heatmap(z=z) for _ in range(7)] + [go.Bar(y=[1, 2])])
    assert sum(len(table.rows) for table in figure_table.tables(many)) <= 30


def test_other_kinds_of_traces():
    [histogram] = figure_table.tables(go.Figure(go.Histogram(x=[0, 0, 0, 10])))
    assert [row[1] for row in histogram.rows] == [3, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    [box] = figure_table.tables(go.Figure(go.Box(y=[5, 1, 2, 3, 4])))
    assert [row[1] for row in box.rows] == [1, 2, 3, 4, 5]
    [flat] = figure_table.tables(go.Figure(go.Bar(x=[3, 1], y=["a", "b"], orientation="h")))
    assert flat.rows == [["a", 3], ["b", 1]]
    [space] = figure_table.tables(go.Figure(go.Scatter3d(x=[1], y=[2], z=[3])))
    assert space.heads == ["x", "y", "z"] and space.rows == [[1, 2, 3]]


def test_a_table_given_by_the_lesson():
    table = figure_table.given({"feature": [1, 2], "length": [1.0, 0.98765]})
    assert table.rows == [[1, 1.0], [2, 0.98765]]
    with pytest.raises(ValueError, match="at most 30"):
        figure_table.given({"x": range(31)})
    with pytest.raises(ValueError, match="one length"):
        figure_table.given({"x": [1], "y": [1, 2]})


def test_names_are_escaped_and_numbers_short():
    page = figure_table.fold([figure_table.given({"<b>a</b> & <script>": [1 / 3], "b": [float("nan")]})])
    assert "<script>" not in page and "&lt;script&gt;" in page and "<td>0.333</td>" in page
    assert "\n\n" not in page and page.startswith("<details><summary>")


def test_show_puts_the_table_below_the_words(monkeypatch):
    shown = []
    monkeypatch.setattr("course_utils.checks.lesson.show", lambda text, **more: shown.append((text, more)))
    monkeypatch.setattr("course_utils.checks.lesson.show_figure", lambda fig, alt: None)
    lesson = Lesson("00", "smoke", 0)
    lesson.show(go.Figure(go.Scatter(y=[0.5])), see="a dot.", alt="a dot")
    lesson.show(go.Figure(), see="none.", alt="none", table={"n": [7]})
    (plain, more), (_, given) = shown
    assert plain == "**What to see:** a dot.", "compared numbers are those of the text alone"
    assert (
        more["text/markdown"].startswith(plain + "\n\n<details>") and "<td>0.5</td>" in more["text/markdown"]
    )
    assert "<td>7</td>" in given["text/markdown"]


def test_a_figure_brings_its_own_words_and_table_and_keeps_them_out_of_the_page(monkeypatch, capsys):
    shown = []
    monkeypatch.setattr("course_utils.checks.lesson.show", lambda text, **more: shown.append(more))
    fig = theme.in_words(go.Figure(go.Scatter(y=[0.5])), "a dot of its own", {"n": [7]})
    Lesson("00", "smoke", 0).show(fig, see="a dot.")
    assert capsys.readouterr().out == "a dot of its own\n"
    assert "<td>7</td>" in shown[0]["text/markdown"] and "<td>0.5</td>" not in shown[0]["text/markdown"]
    Lesson("00", "smoke", 0).show(fig, see="a dot.", alt="the lesson's words", table={"n": [8]})
    assert capsys.readouterr().out == "the lesson's words\n" and "<td>8</td>" in shown[1]["text/markdown"]
    bundles = []
    monkeypatch.setattr("course_utils.display.show", lambda text, **more: bundles.append(more))
    theme.show(fig, "a dot")
    assert "of its own" not in str(bundles), "what is shown beside the figure isn't stored in it again"


def test_a_lessons_table_has_even_decimals_and_flush_columns(monkeypatch):
    shown = []
    monkeypatch.setattr("course_utils.checks.lesson.show", lambda text, page: shown.append((text, page)))
    lesson = Lesson("00", "smoke", 0)
    lesson.table({"p": np.array([0.5, 0.125]), "finds": [10, 3], "": ["a", "bc"]})
    lesson.table({"p": [1e-4]}, digits=4)
    assert shown[0][0] == "   p  finds    \n0.50     10   a\n0.12      3  bc"
    assert "<td>0.50</td><td>10</td><td>a</td>" in shown[0][1] and shown[1][0] == "     p\n0.0001"
    with pytest.raises(ValueError, match="one length"):
        lesson.table({"p": [1], "q": [1, 2]})
