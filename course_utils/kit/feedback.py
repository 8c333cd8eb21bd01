"""Feedback pages that are safe to open and whole without a network: nbgrader's page, with two walls in it.

A student's HTML (in Markdown, in outputs, in a remark that quotes it) goes through bleach, on which nbconvert
itself relies, so it is there wherever nbgrader is. What it lets by, if anything, the browser stops: a policy
at the page's top allows no script but the two written here, and nothing from outside. Formulas are MathML,
and figures are drawn by Plotly's script, which lies beside the page.
"""

from __future__ import annotations

import html
import json
import re
import secrets
from collections.abc import Iterator

import bleach
import nbformat
from bleach.css_sanitizer import ALLOWED_CSS_PROPERTIES, CSSSanitizer
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_output
from plotly.offline import get_plotlyjs

from course_utils.kit import outputs, render

TAGS = "a abbr b blockquote br code dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img"
TAGS += " kbd li ol p pre s small span strong sub summary sup table tbody td tfoot th thead tr u ul"
MATHML = (
    "math menclose merror mfrac mi mn mo mover mpadded mphantom mroot mrow mspace msqrt mstyle msub msubsup"
)
MATHML += " msup mtable mtd mtext mtr munder munderover"
LOOKS = "accent columnalign columnspacing depth display displaystyle fence form height linethickness lspace"
LOOKS += " mathsize mathvariant maxsize minsize movablelimits notation rowspacing rspace scriptlevel stretchy"
LOOKS += " width xmlns"
HREF = r"(https?:|mailto:|#).*"
STYLES = [
    *ALLOWED_CSS_PROPERTIES,
    "border",
    "border-left",
    "border-spacing",
    "padding",
    "margin",
    "margin-top",
]
PICTURE = r"data:image/(png|jpeg|gif|webp);base64,[\w+/=\s]*"
POLICY = "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'"
FOLD = "<style>summary { display: list-item; cursor: pointer; }</style>\n"  # nbgrader's style hides the sign
SCRIPT = "plotly.min.js"
DRAW = """
for (const {place, data, layout, frames} of JSON.parse(document.getElementById("NONCE").textContent)) {
  const figure = document.getElementById(place);
  delete layout.width;
  layout.autosize = true;
  Plotly.newPlot(figure, {data, layout, frames, config: {responsive: true}});
}
"""


def clean(text: str) -> str:
    """HTML without anything that runs, loads, or lies over the rest of a page. It shows what it bars."""
    attributes = {name: LOOKS.split() for name in MATHML.split()}
    attributes |= {"*": ["class", "style", "title", "role", "aria-label"], "a": _of_link, "img": _of_picture}
    attributes |= {"td": ["colspan", "rowspan"], "th": ["colspan", "rowspan", "scope"], "details": ["open"]}
    return bleach.clean(
        text,
        tags={*TAGS.split(), *MATHML.split()},
        attributes=attributes,
        protocols={"http", "https", "mailto", "data"},
        css_sanitizer=CSSSanitizer(allowed_css_properties=STYLES),
    )


def _of_link(tag: str, name: str, value: str) -> bool:
    return name == "href" and bool(re.fullmatch(HREF, value.strip(), re.DOTALL))


def _of_picture(tag: str, name: str, value: str) -> bool:
    return name in ("alt", "width", "height") or (name == "src" and bool(re.fullmatch(PICTURE, value)))


class Feedback(HTMLExporter):
    """What nbgrader makes feedback with (`c.GenerateFeedback.export_class`)."""

    def default_filters(self) -> Iterator:
        yield from super().default_filters()
        yield "clean_html", clean
        yield "markdown2html", _markdown

    def from_notebook_node(self, nb: NotebookNode, resources: dict | None = None, **kw) -> tuple[str, dict]:
        """The page, and what has to lie beside it."""
        self.sanitize_html = True  # nbconvert's templates then leave out scripts, and use our clean_html
        nonce, figures = secrets.token_urlsafe(16), []
        nb = nbformat.from_dict(nb)
        nb.metadata.pop("widgets", None)  # they need a kernel
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs = [_drawn(output, nonce, figures) for output in cell.outputs]
        page, resources = super().from_notebook_node(nb, resources, **kw)
        page = re.sub(r"<script\b.*?</script>", "", page, flags=re.DOTALL)  # the template's, for MathJax
        for place, alt in ((figure["place"], figure.pop("alt")) for figure in figures):
            words = html.escape(alt, quote=True)
            page = page.replace(place, f'<div id="{place}" role="img" aria-label="{words}"></div>', 1)
        policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY.format(nonce=nonce)}">'
        page = page.replace("<head>", f"<head>\n{policy}", 1).replace("</head>", f"{FOLD}</head>", 1)
        if figures:
            resources.setdefault("outputs", {})[SCRIPT] = get_plotlyjs().encode()
            data = json.dumps(figures).replace("<", "\\u003c")
            scripts = f'<script nonce="{nonce}" src="{SCRIPT}"></script>\n'
            scripts += f'<script type="application/json" id="{nonce}">{data}</script>\n'
            scripts += f'<script nonce="{nonce}">{DRAW.replace("NONCE", nonce)}</script>\n'
            before, end, after = page.rpartition("</body>")
            page = f"{before}{scripts}{end}{after}"
        return page, resources


def _drawn(output: NotebookNode, nonce: str, figures: list[dict]) -> NotebookNode:
    """An output as the page shows it: of a figure, the place where it will be drawn."""
    figure = output.get("data", {}).get(outputs.PLOTLY)
    if not isinstance(figure, dict):
        output.get("metadata", {}).pop("text/html", None)  # it may ask for a frame
        return output
    place = f"figure-{nonce}-{len(figures)}"
    known = {"data": figure.get("data", []), "layout": figure.get("layout", {})}
    known |= {"frames": figure.get("frames", []), "alt": str(output.data.get("text/plain", "figure"))}
    figures.append({"place": place, **known})
    return new_output("display_data", {"text/html": place})


@pass_context
def _markdown(context, source: str) -> str:
    """A Markdown cell or a remark, its formulas as MathML and its pasted pictures in it."""
    pasted = context.get("cell", {}).get("attachments", {})
    for name, picture in pasted.items():
        for kind, content in picture.items():
            source = source.replace(f"attachment:{name}", f"data:{kind};base64,{content}")
    return clean(render.markdown(source))
