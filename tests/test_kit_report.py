"""The report opens from disk: it loads nothing from a network; figures and formulas are there."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from course_utils.kit import render, report, run

ROOT = Path(__file__).parents[1]

LOADING = {"src", "srcset", "data", "poster", "action", "background"}


@pytest.fixture
def pages(built, lesson):
    result = run.run_lesson(lesson)
    folder = report.write([result, result], built).parent
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


class Loads(HTMLParser):
    """Collects what a page would fetch, and where its links lead."""

    def __init__(self, page):
        super().__init__()
        self.loads, self.links, self.ids = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.loads += [value for name, value in attributes.items() if name in LOADING]
        if "href" in attributes:
            (self.links if tag == "a" else self.loads).append(attributes["href"])
        self.ids += [attributes["id"]] if "id" in attributes else []


def test_nothing_is_loaded_from_elsewhere(pages):
    for name, page in pages.items():
        if name.endswith(".html"):
            loads = Loads(page).loads
            assert set(loads) <= {"plotly.min.js", "report.css", "data:,"}, name
        if not name.endswith(".js"):
            assert not re.search(r"url\(|@import|import\(", page), name


def test_links_lead_somewhere(pages):
    for name, page in pages.items():
        if name.endswith(".html"):
            for link in Loads(page).links:
                file, _, anchor = link.partition("#")
                if file.startswith("../../docs/"):
                    assert (ROOT / file.removeprefix("../../")).exists(), link
                elif not link.startswith("https://"):
                    assert file in pages, link
                    assert not anchor or anchor in Loads(pages[file]).ids, link


def test_figures_are_alive(pages):
    page = pages["42_double.html"]
    assert page.count('class="figure"') == 1
    assert 'role="img" aria-label="a line, &quot;double&quot;"' in page
    assert '"type": "scatter"' in page and "Plotly.newPlot" in page
    assert len(pages["plotly.min.js"]) > 1_000_000
    assert "</script>" not in re.search(r'<script type="application/json">(.*?\})</script>', page)[1]


def test_formulas_are_mathml(pages):
    page = pages["42_double.html"]
    assert page.count("<math") == 1 and 'display="block"' in page
    assert "$$" not in page and "<mi>&</mi>" not in page and "\\begin" not in page


def test_text_of_a_lesson_is_escaped(pages):
    assert "3 &lt;b&gt;" in pages["index.html"] and "3 <b>" not in pages["index.html"]


def test_index_lists_lessons_times_and_claims(pages):
    index = pages["index.html"]
    assert "42 · A lesson for tests" in index and re.search(r"\d+ s</td>", index)
    assert "fixture.double" in index and "at least 2.5" in index and "holds" in index


def test_formula_that_cannot_be_converted_is_shown_as_it_stands():
    assert "<code>\\frac{1</code>" in render.markdown("$\\frac{1$") or "<math" in render.markdown(
        "$\\frac{1$"
    )


def test_browser_draws_the_figures(chromium, pages, built):
    """In a real browser, with no network, at a laptop's and a telephone's width."""
    requests, errors = [], []
    for width in (1100, 380):
        page = chromium.new_page(viewport={"width": width, "height": 800})
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: errors.append(error))
        for name in ("42_double.html", "index.html"):
            page.goto((built / "build" / "report" / name).as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            if name == "42_double.html":
                page.wait_for_selector(".js-plotly-plot .main-svg")
                assert page.locator(".figure").bounding_box()["height"] > 300
        page.close()
    assert not errors
    assert all(url.startswith(("file:", "data:")) for url in requests)
