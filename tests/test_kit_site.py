"""The static site: every link leads somewhere, solutions wait behind a click, nothing is from outside."""

import functools
import http.server
import threading
from pathlib import Path

import pytest

from course_utils import pages
from course_utils.kit import CourseError, site
from course_utils.kit.cli import main
from course_utils.kit.lessons import find_lessons
from tests.accessible import barriers
from tests.test_kit_report import Loads

ROOT = Path(__file__).parents[1]


@pytest.fixture
def quick(monkeypatch):
    """Stand-ins for the feature browser and the explorer, which have tests of their own and take a while."""

    def write(folder):
        for name in ("browser.html", "explorer.html"):
            (folder / name).write_text("<!DOCTYPE html><title>a page</title>", encoding="utf-8")

    monkeypatch.setattr(pages, "write", write)


@pytest.fixture
def small(built, quick):
    """The site of the course of one small lesson."""
    (built / "docs").mkdir(exist_ok=True)
    (built / "docs" / "glossary.md").write_text(
        "# Glossary\n\n**Double** (42). [Twice](../solutions/42_double.ipynb).\n", encoding="utf-8"
    )
    (built / "docs" / "twice.png").write_bytes(b"\x89PNG")
    (built / "README.md").write_text(
        "# A course\n\nIt doubles. ![twice](docs/twice.png)\n\n## Start\n\nmake\n", encoding="utf-8"
    )
    assert main(["site", "out/of/the/way"]) == 0
    return built / "out" / "of" / "the" / "way"


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The site of this course, from the notebooks as they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            pages,
            "write",
            lambda folder: [(folder / name).write_text("<p>", encoding="utf-8") for name in site.PAGES],
        )
        return site.write(ROOT, tmp_path_factory.mktemp("site")).parent


def every_link_resolves(folder):
    found = {path.name: Loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.html")}
    for name, page in found.items():
        for address in page.loads + page.links:
            if not address.startswith(("https://", "data:")):
                file, _, anchor = address.partition("#")
                assert (folder / (file or name)).exists(), f"{name}: {address}"
                assert not anchor or anchor in found[file or name].ids, f"{name}: {address}"
        assert all(not address.startswith("http") for address in page.loads), name
    return found


def test_links_of_a_small_site(small):
    found = every_link_resolves(small)
    assert set(found) == {
        "index.html",
        "42_double.html",
        "claims.html",
        "glossary.html",
        "browser.html",
        "explorer.html",
    }
    assert "42_double.html" in found["glossary.html"].links and "twice.png" in found["index.html"].loads
    assert (small / ".nojekyll").exists()


def test_links_of_this_site(real):
    found = every_link_resolves(real)
    assert len(found) == len(find_lessons(ROOT)) + 6
    assert "map.svg" in found["map.html"].loads
    for lesson in find_lessons(ROOT):
        assert f"{lesson.stem}.html" in found["index.html"].links


def test_a_solution_waits_behind_a_click(small):
    page = (small / "42_double.html").read_text(encoding="utf-8")
    before, rest = page.split("<details><summary>A solution of exercise 42.1</summary>")
    assert "your code here" in before and "return" not in before.split("def")[1]
    assert "return" in rest.split("</details>")[0]
    assert "SOLUTION" not in page and "%pip" not in page
    assert "passed · 2 of 2 points" in page and "<pre>2.0</pre>" not in page


def test_the_claims_are_listed(small):
    page = (small / "claims.html").read_text(encoding="utf-8")
    assert "fixture.double" in page and "at least 2.5" in page and "3 &lt;b&gt;" in page


def test_a_lesson_that_is_not_built_is_named(course, quick):
    with pytest.raises(CourseError, match="course build 42"):
        site.write(course, course / "site")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_every_page_in_a_browser(chromium, real):
    """Below an address, as a project's page is, and from disk: figures are drawn, nothing is from outside."""
    handler = functools.partial(Quiet, directory=real.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        here = f"http://127.0.0.1:{server.server_port}/{real.name}/"
        page, went_wrong = chromium.new_page(viewport={"width": 400, "height": 800}), []
        page.on("pageerror", lambda error: went_wrong.append(error))
        page.on(
            "request",
            lambda r: r.url.startswith((here, "data:", "blob:", "file:")) or went_wrong.append(r.url),
        )
        page.on("response", lambda r: r.status < 400 or went_wrong.append(r.url))
        for path in sorted(real.glob("*.html")):
            page.goto(here + path.name)
            figures = page.locator(".figure").count()
            assert page.locator(".figure.js-plotly-plot").count() == figures, path.name
            assert page.evaluate("document.documentElement.scrollWidth") <= 400, path.name
        server.shutdown()
    page.goto((real / "index.html").as_uri())
    page.click("text=02 · The phase diagram")
    page.wait_for_selector(".figure.js-plotly-plot")
    page.close()
    assert not went_wrong


def test_a_site_overwrites_nothing_else_and_leaves_no_old_page(built, small, capsys):
    (small / "CNAME").write_text("a.example", encoding="utf-8")
    before = {path.name for path in small.iterdir()}
    for path in (*built.glob("solutions/42_*"), *built.glob("notebooks/42_*")):
        path.rename(path.with_name(path.name.replace("double", "twice")))
    assert main(["site", str(small)]) == 0
    after = {path.name for path in small.iterdir()}
    assert before - after == {"42_double.html"} and after - before == {"42_twice.html"}

    mine = built / "mine"
    mine.mkdir()
    (mine / "index.html").write_text("my page", encoding="utf-8")
    capsys.readouterr()
    for place, told in ((mine, "that aren't this site's"), (built / "README.md", "is a file")):
        assert main(["site", str(place)]) == 1
        assert told in capsys.readouterr().err
    assert (mine / "index.html").read_text(encoding="utf-8") == "my page"
    assert [path.name for path in mine.iterdir()] == ["index.html"]


def test_a_damaged_notebook_is_named(built, quick, capsys):
    (built / "solutions" / "42_double.ipynb").write_text("<<<<<<< HEAD", encoding="utf-8")
    assert main(["site", "a-site"]) == 1
    assert "42_double.ipynb: no notebook can be read from it" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_named(tmp_path, capsys, monkeypatch):
    (tmp_path / "README.md").write_text("", encoding="utf-8")
    monkeypatch.setattr(pages, "write", lambda folder: folder.mkdir(parents=True))
    assert main(["pages", str(tmp_path / "README.md")]) == 1
    assert "README.md: File exists. Name another place." in capsys.readouterr().err


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_the_small_site(chromium, small, scheme):
    page = chromium.new_page(viewport={"width": 1100, "height": 800}, color_scheme=scheme)
    for name in ("index.html", "42_double.html", "claims.html", "glossary.html"):
        page.goto((small / name).as_uri())
        assert barriers(page) == [], name
    page.close()


def test_everybody_can_read_this_site(chromium, real):
    """Contrast takes long on a page with thousands of coloured words: it is looked at in one lesson."""
    page = chromium.new_page(viewport={"width": 400, "height": 800}, color_scheme="dark")
    page.route("**/plotly.min.js", lambda route: route.abort())  # what it draws isn't ours
    found = {}
    for path in sorted(real.glob("*.html")):
        if path.name not in site.PAGES:
            page.goto(path.as_uri())
            found[path.name] = barriers(page, *([] if path.name.startswith("00_") else ["color-contrast"]))
    page.close()
    assert {name: barriers for name, barriers in found.items() if barriers} == {}
    assert len(found) == len(find_lessons(ROOT)) + 4
