"""Cells as HTML that opens from disk and loads nothing from a network: what the report and the site share."""

import html
import json
import re
from itertools import count
from pathlib import Path

import latex2mathml.converter
from markdown_it import MarkdownIt
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat import NotebookNode
from plotly.offline import get_plotlyjs
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from course_utils.kit import outputs
from course_utils.kit.run import Result

DRAW = """
for (const figure of document.querySelectorAll(".figure")) {
  const {data, layout, frames, config} = JSON.parse(figure.nextElementSibling.textContent);
  delete layout.width;
  layout.autosize = true;
  figure.style.height = (layout.height ?? layout.template?.layout?.height ?? 450) + "px";
  Plotly.newPlot(figure, {data, layout, frames, config: {...config, responsive: true}});
}
"""
# what is wider than its place scrolls; with the keyboard only where it can have the focus
REACH = """
const reach = new ResizeObserver((seen) => {
  for (const {target} of seen) {
    const over = target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight;
    if (over) target.setAttribute("tabindex", "0");
    else target.removeAttribute("tabindex");
  }
});
for (const box of document.querySelectorAll("section, pre, div.math, .html")) reach.observe(box);
"""
# what latex2mathml doesn't know: what it knows
UNKNOWN_LATEX = {
    r"\begin{aligned}": r"\begin{align*}",
    r"\end{aligned}": r"\end{align*}",
    r"\arg": r"\operatorname{arg}",
}
CODE = HtmlFormatter(cssclass="code")
CODE_STYLES = {"light": "xcode", "dark": "github-dark"}  # each reads well (4.5 to 1) on its own page


def write_shared(folder: Path) -> None:
    """Write what every page of a folder uses: the style, and Plotly's script."""
    write_style(folder)
    (folder / "plotly.min.js").write_text(get_plotlyjs(), encoding="utf-8")


def write_style(folder: Path) -> None:
    """Write the style alone, for pages without figures."""
    folder.mkdir(parents=True, exist_ok=True)
    style = Path(__file__).with_name("report.css").read_text(encoding="utf-8")
    for scheme, name in CODE_STYLES.items():
        colours = HtmlFormatter(style=name).get_style_defs(".code")
        style += f"@media (prefers-color-scheme: {scheme}) {{\n{colours}\n}}\n"
    (folder / "report.css").write_text(style, encoding="utf-8")


def page(title: str, body: str) -> str:
    """A whole page; it draws the figures that `body` holds."""
    draw = (
        f'<script src="plotly.min.js"></script>\n<script>{DRAW}</script>' if 'class="figure"' in body else ""
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n"
        '<link rel="icon" href="data:,">\n<link rel="stylesheet" href="report.css">\n</head>\n'
        f"<body>\n<main>\n{body}\n</main>\n{draw}\n<script>{REACH}</script>\n</body>\n</html>\n"
    )


def code(source: str) -> str:
    """Python, coloured."""
    return highlight(source, PythonLexer(), CODE)


def shown(cell: NotebookNode, figures: count) -> str:
    """The outputs of a code cell. `figures` numbers the page's figures."""
    return "\n".join(_output(output, figures) for output in cell.outputs)


def _output(output: NotebookNode, figures: count) -> str:
    """The richest form of an output that a page can show."""
    if output.output_type == "stream":
        return f"<pre>{html.escape(output.text)}</pre>"
    if output.output_type == "error":
        text = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(output.traceback))
        return f'<pre class="bad">{html.escape(text)}</pre>'
    data = output.data
    if outputs.PLOTLY in data:
        alt = html.escape(data.get("text/plain", "figure"), quote=True)
        # "<" can't end the script element, whatever a figure's text holds
        figure = json.dumps(data[outputs.PLOTLY]).replace("<", "\\u003c")
        return (
            f'<div class="figure" id="figure-{next(figures)}" role="figure" aria-label="{alt}"></div>'
            f'<script type="application/json">{figure}</script>'
        )
    if "text/html" in data:
        return f'<div class="html">{data["text/html"]}</div>'
    if "text/markdown" in data:
        return markdown(data["text/markdown"])
    if "image/png" in data:
        alt = html.escape(data.get("text/plain", ""), quote=True)
        return f'<img alt="{alt}" src="data:image/png;base64,{data["image/png"].strip()}">'
    return f"<pre>{html.escape(data.get('text/plain', ''))}</pre>"


def markdown(text: str) -> str:
    """HTML of a markdown cell, its LaTeX as MathML."""
    return _MARKDOWN.render(text)


def _mathml(latex: str, options: dict) -> str:
    display = "block" if options.get("display_mode") else "inline"
    for unknown, known in UNKNOWN_LATEX.items():
        latex = latex.replace(unknown, known)
    try:
        return latex2mathml.converter.convert(latex, display=display)
    except Exception:  # the formula itself is the best that can be shown
        return f"<code>{html.escape(latex)}</code>"


_MARKDOWN = (
    MarkdownIt("commonmark", {"html": True})
    .enable("table")
    .use(dollarmath_plugin, renderer=_mathml, double_inline=True)
    .use(amsmath_plugin, renderer=lambda latex: _mathml(latex, {"display_mode": True}))
)


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Cells are HTML already. Each carries its column's name, for windows too narrow for a table."""
    top = "".join(f"<th>{head}</th>" for head in heads)
    body = "\n".join(
        "<tr>" + "".join(f'<td data-head="{h}">{c}</td>' for h, c in zip(heads, row, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<table class="run">\n<thead><tr>{top}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>'


def file(result: Result) -> str:
    """The name of a lesson's page."""
    return f"{result.lesson.stem}.html"


def link(result: Result, text: str | None = None) -> str:
    """To a lesson's page; its number and title where no text is given."""
    text = text or f"{result.lesson.number} · {result.nb.metadata.course['title']}"
    return f'<a href="{file(result)}">{html.escape(text)}</a>'


def claims_table(results: list[Result]) -> str:
    """Every claim of these lessons."""
    rows = [
        (
            f"<code>{html.escape(claim['name'])}</code>",
            link(result, result.lesson.number),
            _number(claim["value"]),
            _threshold(claim),
            _verdict(claim, result.scale),
            html.escape(claim["paper"] or "–"),
        )
        for result in results
        for claim in result.claims
    ]
    heads = ("claim", "lesson", "measured", "must be", "verdict", "the paper")
    return table(heads, rows) if rows else "<p>None in these lessons.</p>"


def _number(value: float | None) -> str:
    return "not a number" if value is None else f"{value:.4g}"


def _threshold(claim: dict) -> str:
    if "between" in claim:
        low, high = claim["between"]
        return f"between {low:g} and {high:g}"
    kind = "at_least" if "at_least" in claim else "at_most"
    return f"{kind.replace('_', ' ')} {claim[kind]:g}"


def _verdict(claim: dict, scale: str) -> str:
    if scale == "smoke":
        return "not enforced"
    return '<span class="good">holds</span>' if claim["holds"] else '<span class="bad">fails</span>'
