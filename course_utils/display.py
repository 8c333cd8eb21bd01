"""Text, cards and figures in a notebook, plain text everywhere else: the ground floor, for all to use."""

from __future__ import annotations

import html
import re

COLOURS = {
    "passed": "#009E73",
    "not right yet": "#D55E00",
    "not attempted": "#999999",
    "not checked": "#E69F00",
}


def prose(text: str) -> str:
    """`text` as HTML, escaped, with `code` between backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def card(heading: str, body: str, colour: str) -> str:
    """A box with a coloured edge. Text keeps the page's own colour, so it reads on light and on dark."""
    return (
        f'<div style="border-left:5px solid {colour};padding:4px 12px;margin:4px 0;line-height:1.5">'
        f"<div>{heading}</div>{body}</div>"
    )


def show(text: str, html_text: str | None = None, **more) -> None:
    """Display `text` (and its HTML form, and further MIME types) once; outside a notebook print it."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        get_ipython = lambda: None  # noqa: E731
    if get_ipython() is None:
        print(text)
        return
    data = {"text/plain": text, **more}
    if html_text is not None:
        data["text/html"] = html_text
    display(data, raw=True)


def show_figure(fig, alt: str) -> None:
    """Display a Plotly figure; where none can be drawn, `alt` stands in. Outside a notebook print `alt`.

    Raises ValueError for a figure without words.
    """
    import plotly.io as pio

    if not alt.strip():
        raise ValueError("a figure needs an alt text: say what it shows")
    data, bundle = fig.to_dict(), {}
    data["layout"].pop("meta", None)  # its words, shown beside it
    for name in filter(None, pio.renderers.default.split("+")):
        renderer = pio.renderers[name]
        if hasattr(renderer, "to_mimebundle"):
            bundle.update(renderer.to_mimebundle(data))
    show(alt, **{mime: data for mime, data in bundle.items() if mime != "text/plain"})
