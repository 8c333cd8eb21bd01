"""When two outputs agree, and what a committed notebook leaves out."""

import nbformat
import pytest
from nbformat import v4

from course_utils.kit import outputs

# committed, now, the spread of each number, agrees
COMPARED = [
    ("loss 0.1234", "loss 0.1234", [0], True),
    ("loss 0.1234", "loss 0.1235", [0], True),  # one unit of the last digit
    ("loss 0.1234", "loss 0.1236", [0], False),
    ("loss 0.1234", "loss 0.1264", [0.001], True),  # three times the spread
    ("loss 0.1234", "loss 0.1266", [0.001], False),
    ("loss 0.12", "loss 0.1201", [0], True),  # 0.12 may be 0.1200 without its zeros
    ("loss 0.12", "loss 0.1202", [0], False),
    ("share 1", "share 0.90", [0.02], False),
    ("share 1", "share 2", [0.02], False),
    ("3.00e-07", "3.01e-07", [0], True),
    ("3.00e-07", "3.02e-07", [0], False),
    ("12 of 50", "12 of 50", [0, 0], True),
    ("12 of 50", "13 of 50", [0, 0], False),
    ("12 of 50", "15 of 50", [1, 0], True),
    ("12 of 50", "12 of 51", [1, 0], False),
    ("97 %", "98 %", [0], False),
    ("−0.50", "-0.50", [0], True),
    ("0.50", "-0.50", [0], False),
    ("a  0.5\nb 1.5 ", "a 0.5 b 1.5", [0, 0], True),
    ("x holds 0.5", "x FAILS 0.5", [9], False),
    ("0.5 0.5", "0.5", [9, 9], False),
    ("", "0.5", [], False),
]


@pytest.mark.parametrize(("committed", "now", "spread", "agrees"), COMPARED)
def test_how_far_a_number_may_move(committed, now, spread, agrees):
    differs = outputs.disagreement(committed, now, outputs.entry(committed, spread))
    assert (differs == "") == agrees, differs


def test_a_number_that_moved_is_named():
    differs = outputs.disagreement("0.50\n7 and 0.50\n8", "0.50\n7 and 0.60\n8", "0.50 7 0.50±0.01 8")
    assert differs == "0.50 in the line '7 and 0.50' is now 0.60, and may move by 0.04"


@pytest.mark.parametrize("entry", [None, "0.40±0.01", "0.50±0.01 7"])
def test_without_a_measured_spread_no_number_may_move(entry):
    assert outputs.disagreement("loss 0.50", "loss 0.50", entry, "course worlds 03") == ""
    assert "`course worlds 03`" in outputs.disagreement("loss 0.50", "loss 0.51", entry, "course worlds 03")


def test_entry_says_each_number_and_how_far_it_moved():
    entry = outputs.entry("12 of 50, loss 0.591", [0, 1, 0.75 - 0.72])
    assert entry == "12 50±1 0.591±0.03"
    assert outputs.measured("12 of 50, loss 0.591", entry) == [0, 1, 0.03]
    assert outputs.measured("12 of 50, loss 0.592", entry) is None


@pytest.mark.parametrize(
    ("a", "b", "near"),
    [
        ("1.00 of 5", "1.02 of 5", True),
        ("0.3", "0.4", True),
        ("1.00 of 5", "1.03 of 5", False),
        ("100 of 5", "101 of 5", False),
        ("1.00 of 5", "1.00 in 5", False),
    ],
)
def test_what_is_not_compared_number_by_number(a, b, near):
    assert outputs.nearly(a, b) == near


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
    assert outputs.same(old, notebook_with(figure([0.3 * k for k in range(20)])), {})
    assert not outputs.same(old, notebook_with(figure([0.1 * k for k in range(21)])), {})
    assert not outputs.same(old, notebook_with(figure([0.1 * k for k in range(20)], title="u")), {})
    assert not outputs.same(old, notebook_with(), {})
    other = notebook_with(figure([0.1 * k for k in range(20)]))
    other.metadata.language_info.version = "3.12.0"
    assert outputs.same(old, other, {})
    other.metadata.kernelspec = {"name": "python3"}
    assert not outputs.same(old, other, {})


def test_same_lets_a_compared_number_move_as_far_as_it_did():
    def notebook(text, height=400):
        said = v4.new_output("stream", name="stdout", text=text)
        drawn = v4.new_output("display_data", {outputs.PLOTLY: {"layout": {"height": height}}})
        nb = notebook_with(said, drawn)
        nb.cells[0].metadata["tags"] = [outputs.CHECKED]
        return nb

    old, moved = notebook("loss 0.50"), notebook("loss 0.60")
    assert outputs.same(old, moved, {"a": "0.50±0.05"})
    assert not outputs.same(old, moved, {"a": "0.50±0.01"})
    assert not outputs.same(old, moved, {})
    assert not outputs.same(old, notebook("loss 0.50", height=300), {"a": "0.50±0.05"})


def test_machine_path(tmp_path):
    cell = v4.new_code_cell(
        "1", outputs=[v4.new_output("stream", name="stdout", text=f"in {tmp_path}/build\n")]
    )
    assert outputs.machine_path(cell, tmp_path)
    cell.outputs[0].text = "in build/report\n"
    assert outputs.machine_path(cell, tmp_path) is None
