"""The figures' names follow the rule of the package, and their sliders do what they say."""

import ast
import re
from collections import Counter
from pathlib import Path

import nbformat
import plotly.graph_objects as go
import pytest

from course_utils import figures
from course_utils.figures import sliders

ROOT = Path(__file__).parents[1]
FOLDER = Path(figures.__file__).parent
SOURCES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.py"))}


def against_the_rule(sources):
    """Names of figures that stand twice, or that say "slider" where there is none, or the reverse."""
    found, names = [], Counter()
    for module, text in sources.items():
        for part in ast.parse(text).body:
            if not isinstance(part, ast.FunctionDef) or part.name.startswith("_") or module == "sliders":
                continue
            names[part.name] += 1
            slides = re.search(r"\bsliders\.|_slider\(", "".join(ast.unparse(line) for line in part.body))
            if bool(slides) != part.name.endswith("_slider"):
                found.append(part.name)
    return found + [name for name, count in names.items() if count > 1]


def test_figures_are_named_by_the_rule():
    assert against_the_rule(SOURCES) == []
    again = "def cell(W):\n    return W\n"
    assert against_the_rule(SOURCES | {"more": again}) == ["cell"]
    unsaid = "def planets(W):\n    return sliders.choose_data(W)\n"
    assert against_the_rule(SOURCES | {"more": unsaid}) == ["planets"]
    assert against_the_rule(SOURCES | {"more": "def moon_slider(W):\n    return W\n"}) == ["moon_slider"]


def test_a_slider_chooses_the_data():
    first, second = go.Scatter(y=[1.0]), go.Scatter(y=[2.0])
    fig = sliders.choose_data(go.Figure(first), {"a": [first], "b": [second]}, "step ", below=40)
    assert [(frame.name, frame.data[0].y) for frame in fig.frames] == [("a", (1.0,)), ("b", (2.0,))]
    [slider] = fig.layout.sliders
    assert [step.args[0][0] for step in slider.steps] == [step.label for step in slider.steps] == ["a", "b"]
    assert {step.method for step in slider.steps} == {"animate"} and slider.currentvalue.prefix == "step "


def test_a_slider_changes_properties():
    changes = {"on": [{"visible": True}], "off": [{"visible": False}]}
    fig = sliders.choose_properties(go.Figure(go.Scatter(y=[1.0])), changes, "it is ", below=40, active=1)
    [slider] = fig.layout.sliders
    assert slider.active == 1 and slider.steps[1].args[0] == {"visible": False} and not fig.frames
    assert {step.method for step in slider.steps} == {"restyle"}


@pytest.mark.parametrize("path", sorted((ROOT / "solutions").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_legend_above_a_plot_grows_upwards(path):
    """Hung at its top, it would cover the plot as soon as a narrow page breaks it into lines."""
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            layout = output.get("data", {}).get("application/vnd.plotly.v1+json", {}).get("layout", {})
            legend = layout.get("legend", {})
            if legend.get("y", 0) > 1:
                assert legend.get("yanchor") == "bottom", f"cell {cell.id}"
