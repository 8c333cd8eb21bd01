"""When two outputs agree, and what a committed notebook leaves out."""

import nbformat
import pytest
from nbformat import v4

from course_utils.kit import outputs

AGREE = [
    ("loss 0.1234", "loss 0.1240"),
    ("loss 0.123", "loss 0.124"),
    ("3.00e-07", "3.01e-07"),
    ("12 of 50", "12 of 50"),
    ("−0.50", "-0.50"),
    ("a  0.5\nb 1.5 ", "a 0.5 b 1.5"),
    ("claim x: measured 0.9761, at least 0.97: holds", "claim x: measured 0.9790, at least 0.97: holds"),
]
DIFFER = [
    ("loss 0.1234", "loss 0.1270"),
    ("12 of 50", "13 of 50"),
    ("97 %", "98 %"),
    ("3.00e-07", "3.20e-07"),
    ("0.50", "-0.50"),
    ("x holds 0.5", "x FAILS 0.5"),
    ("0.5 0.5", "0.5"),
    ("", "0.5"),
]


@pytest.mark.parametrize(("a", "b"), AGREE)
def test_agree(a, b):
    assert outputs.Approximate(a) == b
    assert not outputs.Approximate(a) != b


@pytest.mark.parametrize(("a", "b"), DIFFER)
def test_differ(a, b):
    assert outputs.Approximate(a) != b
    assert outputs.Approximate(b) != a


def test_what_lasts():
    kept = v4.new_output("stream", name="stdout", text="0.5\n")
    passing = [
        v4.new_output("stream", name="stderr", text="warning"),
        v4.new_output("display_data", {outputs.WIDGET: {}, "text/plain": "IntSlider()"}),
        v4.new_output("display_data", {"text/plain": ""}, metadata={"course": "progress"}),
    ]
    assert outputs.lasting(v4.new_code_cell("1", outputs=[*passing, kept])) == [kept]
    assert outputs.lasting(v4.new_code_cell("1", outputs=[kept], metadata={"tags": ["volatile"]})) == []


def test_text_is_one_piece_whether_or_not_a_bar_came_between():
    bar = v4.new_output("display_data", {"text/plain": ""}, metadata={"course": "progress"})
    first, second = (v4.new_output("stream", name="stdout", text=text) for text in ("0.5\n", "0.6\n"))
    shown = v4.new_output("display_data", {"text/plain": "a figure"})
    split = v4.new_code_cell("1", outputs=[first, bar, second, shown, first])
    assert [output.get("text") for output in outputs.lasting(split)] == ["0.5\n0.6\n", None, "0.5\n"]


def notebook_with(*found):
    cell = nbformat.from_dict({**v4.new_code_cell("1", outputs=list(found)), "id": "a"})
    return v4.new_notebook(
        cells=[cell], metadata=nbformat.from_dict({"language_info": {"name": "python", "version": "3.11.7"}})
    )


def figure(y, title="t"):
    data = {"data": [{"type": "scatter", "y": y}], "layout": {"title": title, "height": 400}}
    return v4.new_output("display_data", {outputs.PLOTLY: data})


def test_same_forgives_the_points_of_a_figure_and_nothing_else():
    old = notebook_with(figure([0.1 * k for k in range(20)]))
    assert outputs.same(old, notebook_with(figure([0.3 * k for k in range(20)])))
    assert not outputs.same(old, notebook_with(figure([0.1 * k for k in range(21)])))
    assert not outputs.same(old, notebook_with(figure([0.1 * k for k in range(20)], title="u")))
    assert not outputs.same(old, notebook_with())
    other = notebook_with(figure([0.1 * k for k in range(20)]))
    other.metadata.language_info.version = "3.12.0"
    assert outputs.same(old, other)
    other.metadata.kernelspec = {"name": "python3"}
    assert not outputs.same(old, other)


def test_machine_path(tmp_path):
    cell = v4.new_code_cell(
        "1", outputs=[v4.new_output("stream", name="stdout", text=f"in {tmp_path}/build\n")]
    )
    assert outputs.machine_path(cell, tmp_path)
    cell.outputs[0].text = "in build/report\n"
    assert outputs.machine_path(cell, tmp_path) is None
