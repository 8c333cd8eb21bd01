"""The report opens from disk: it loads nothing from a network; figures and formulas are there."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Whitespace

from course_utils.kit import render, report, run
from tests.accessible import barriers

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
    assert 'role="figure" aria-label="a line, &quot;double&quot;"' in page
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_it(chromium, pages, built, scheme):
    """In light and in dark, on a telephone, where more has to scroll."""
    page = chromium.new_page(viewport={"width": 400, "height": 800}, color_scheme=scheme)
    for name in ("42_double.html", "index.html"):
        page.goto((built / "build" / "report" / name).as_uri())
        assert barriers(page) == [], name
        bright = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert bright == (scheme == "light")
    page.close()


def test_a_page_that_not_everybody_can_read_is_found(chromium):
    page = chromium.new_page()
    page.set_content(
        '<html lang="en"><title>A page</title><h1>One</h1><h3>Three</h3><p style="color:#aaa">pale words</p>'
        '<img src="data:,"><div style="overflow:auto;height:20px"><p>1</p><p>2</p><p>3</p></div>'
    )
    found = {barrier.split(":")[0] for barrier in barriers(page)}
    assert found == {"color-contrast", "heading-order", "image-alt", "scrollable-region-focusable"}
    page.close()


def contrast(one: str, other: str) -> float:
    """The ratio of two colours "rrggbb", as WCAG 2.1 defines it: from 1 to 21."""
    levels = [[int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)] for colour in (one, other)]
    linear = [
        [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in level] for level in levels
    ]
    low, high = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in linear)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_of_code_stands_out(scheme):
    css = (ROOT / "course_utils" / "kit" / "report.css").read_text(encoding="utf-8")
    light, dark = re.findall(r"--code: #(\w{6})", css)
    style = get_style_by_name(render.CODE_STYLES[scheme])
    colours = {
        kind: style.style_for_token(kind)["color"] for kind in STANDARD_TYPES if kind not in Whitespace
    }
    assert len({*colours.values()}) > 4
    for kind, colour in colours.items():
        if colour:
            assert contrast(colour, light if scheme == "light" else dark) >= 4.5, kind
