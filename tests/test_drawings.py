"""Drawings say what they show, load nothing, and stand in the student's notebook before anything runs."""

import base64
import re
import xml.etree.ElementTree as xml

import pytest
import torch

from course_utils import toy
from course_utils.figures import drawings, drawings_phases, svg
from course_utils.kit import CourseError, build, render, source
from course_utils.kit.lessons import find_lessons
from tests.conftest import LESSON
from tests.test_kit_report import Loads

NAMES = sorted(drawings.every())


@pytest.mark.parametrize("name", NAMES)
def test_a_drawing_is_safe_and_says_what_it_shows(name):
    drawing = drawings.find(name)
    root = xml.fromstring(drawing.svg)
    tags = {element.tag.split("}")[1] for element in root.iter()}
    assert tags <= {"svg", "title", "style", "rect", "text", "line", "polygon", "circle", "path", "g"}
    assert root.get("role") == "img" and root.find("{*}title").text.strip()
    assert len(drawing.alt.split()) >= 15
    assert "url(" not in drawing.svg and drawing.svg.count("http") == 1, "it loads nothing"
    assert len(drawing.svg) < 20_000 and drawing.width <= 720
    colours = set(re.findall(r"#[0-9A-Fa-f]{3,6}", drawing.svg.replace(svg.STYLE, "")))
    assert not colours, "colours are the variables of svg.py, which have dark twins"


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_drawn_outside_of_the_card(name):
    root = xml.fromstring(drawings.find(name).svg)
    width, height = (float(root.get(side)) for side in ("width", "height"))
    for element in root.iter():
        for key, most in (
            ("x", width),
            ("y", height),
            ("x1", width),
            ("x2", width),
            ("cx", width),
            ("cy", height),
        ):
            assert 0 <= float(element.get(key, 0)) <= most, xml.tostring(element)
        if element.tag.endswith("text"):  # about 0.55 of its size a letter
            size = float(re.search(r"font-size:(\d+)", element.get("style"))[1])
            long, x = 0.55 * size * len(element.text), float(element.get("x"))
            before = {"start": 0, "middle": 0.5, "end": 1}[element.get("text-anchor")]
            assert x - before * long >= 0 and x + (1 - before) * long <= width, element.text


def test_primitives_and_what_they_refuse():
    canvas = svg.Canvas(100, 80)
    canvas.box(1, 2, 30, 20, "a <b>\nc")
    canvas.arrow(0, 0, 50, 0)
    canvas.bar(60, 70, 5, 30)
    canvas.dots(10, 50, [[True, False]])
    with pytest.raises(ValueError, match="alt text"):
        canvas.drawing("a title", " ")
    drawing = canvas.drawing("a & b", 'it "shows" a box')
    root = xml.fromstring(drawing.svg)
    assert [t.text for t in root.findall("{*}text")] == ["a <b>", "c"]
    assert root.find("{*}polygon").get("points").startswith("50.0,0.0 ")
    bar = root.findall("{*}rect")[-1]
    assert (bar.get("y"), bar.get("height")) == ("40", "30"), "it stands on its base line"
    full, empty = root.findall("{*}circle")
    assert svg.BLUE in full.get("style") and f"fill:{svg.CARD}" in empty.get("style")
    image = drawing.html()
    assert 'alt="it &quot;shows&quot; a box"' in image
    assert base64.b64decode(re.search(r"base64,([^\"]+)", image)[1]).decode() == drawing.svg


SHOWN = LESSON.replace(
    "# %% [markdown]\n# ## Result",
    '# %%\nfrom course_utils.figures import drawings\n\n# %%\ndrawings.show("toy_model")\n\n'
    "# %% [markdown]\n# ## Result",
)


def test_a_drawing_stands_in_the_untouched_notebook(lesson):
    lesson.source.write_text(SHOWN, encoding="utf-8")
    solution = source.read(lesson)
    [cell] = [cell for cell in build.student_version(lesson, solution).cells if cell.get("outputs")]
    assert cell.source == '# @title Drawing\ndrawings.show("toy_model")'
    assert cell.metadata.jupyter.source_hidden and cell.metadata.cellView == "form"
    data = cell.outputs[0].data
    assert data["text/plain"] == drawings.find("toy_model").alt
    assert set(Loads(data["text/html"]).loads) == {re.search('src="([^"]+)"', data["text/html"])[1]}
    assert data["text/html"].count("src=") == 1 and 'src="data:image/svg+xml;base64,' in data["text/html"]
    assert "data:image/svg" in render.shown(cell, iter([1]))


def test_a_drawing_by_a_wrong_name_or_in_a_wrong_place_is_refused(course):
    [lesson] = find_lessons(course)
    lesson.source.write_text(SHOWN.replace('"toy_model"', '"toy_modle"'), encoding="utf-8")
    with pytest.raises(CourseError, match=r"no drawing 'toy_modle'; drawings: .*toy_model"):
        source.read(lesson)
    lesson.source.write_text(SHOWN.replace("drawings.show(", "x = 1\ndrawings.show("), encoding="utf-8")
    with pytest.raises(CourseError, match="a cell of its own"):
        source.read(lesson)


@pytest.mark.parametrize("importance", drawings_phases.RIDGE)
def test_the_ridge_is_the_models(importance):
    """Two features in one dimension, p = 0.1, the second's weight held: the rest trained from two starts."""
    losses = torch.tensor([int(n) / 1000 for n in drawings_phases.RIDGE[importance].split()]).double()
    held = -1.2 + 0.08 * torch.arange(len(losses), dtype=torch.float64)
    weights = torch.tensor([[1.0, importance]]).double().expand(len(held), 2)
    p = torch.full((len(held),), 0.1, dtype=torch.float64)
    found = []
    for bias in (0.0, -0.2):
        free = torch.full((len(held), 3), bias, dtype=torch.float64)
        free[:, 0] = 1.0
        free.requires_grad_()
        best = torch.optim.LBFGS([free], max_iter=200, line_search_fn="strong_wolfe")

        def loss(free=free):
            W = torch.stack([free[:, 0], held], dim=1)[:, None]
            return toy.expected_loss(W, free[:, 1:], weights, p)

        def closure(best=best, loss=loss):
            best.zero_grad()
            total = loss().sum()
            total.backward()
            return total

        best.step(closure)
        found.append(loss().detach())
    lowest = torch.minimum(*found) / (importance * 0.1 / 3)
    assert (lowest - losses).abs().max() < 0.01
