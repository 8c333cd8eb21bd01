"""What a check says: one object, shown as HTML in a notebook and as plain text everywhere else."""

from __future__ import annotations

import html
from dataclasses import dataclass, field

COLOURS = {"passed": "#009E73", "failed": "#D55E00", "not attempted": "#999999", "unclear": "#E69F00"}
SIGNS = {"passed": "✓", "failed": "✗", "not attempted": "○", "unclear": "!"}


@dataclass
class Problem:
    """Why a part failed. Empty fields are not shown."""

    tried: str = ""
    expected: str = ""
    got: str = ""
    mistake: str = ""
    traceback: str = ""
    printed: str = ""
    repeat: str = ""

    def lines(self) -> list[tuple[str, str]]:
        labels = {
            "tried": "tried",
            "expected": "expected",
            "got": "came out",
            "mistake": "likely mistake",
            "traceback": "your code raised",
            "printed": "your code printed",
            "repeat": "random inputs",
        }
        return [(label, getattr(self, key)) for key, label in labels.items() if getattr(self, key)]


@dataclass
class Part:
    """One part of a check, with its problem if it failed."""

    name: str
    problem: Problem | None = None


@dataclass
class Verdict:
    """The outcome of one check. ``state`` is one of the keys of ``SIGNS``."""

    title: str
    state: str
    points: float = 0.0
    of: float = 0.0
    parts: list[Part] = field(default_factory=list)
    message: str = ""
    hint: str = ""

    @property
    def heading(self) -> str:
        score = f" · {self.points:g} of {self.of:g} points" if self.of else ""
        return f"{self.title}: {self.state}{score}"

    def text(self) -> str:
        out = [f"{SIGNS[self.state]} {self.heading}"]
        explained = False
        for part in self.parts:
            out.append(f"  {SIGNS['failed' if part.problem else 'passed']} {part.name}")
            if part.problem and not explained:
                explained = True
                for label, value in part.problem.lines():
                    first, *rest = value.splitlines()
                    gap = "\n" + " " * 6
                    out.append(
                        f"      {label}: {first}"
                        if not rest
                        else f"      {label}:{gap}{gap.join(value.splitlines())}"
                    )
        out += [f"  {line}" for line in (self.message, self.hint) if line]
        return "\n".join(out)

    def html(self) -> str:
        esc = html.escape
        body = []
        explained = False
        for part in self.parts:
            state = "failed" if part.problem else "passed"
            body.append(f"<div>{_sign(state)} {esc(part.name)}</div>")
            if part.problem and not explained:
                explained = True
                rows = "".join(
                    f'<tr><th style="text-align:left;vertical-align:top;white-space:nowrap;padding:2px 12px 2px 0;font-weight:600">'
                    f'{esc(label)}</th><td style="text-align:left;padding:2px 0">{_value(label, value)}</td></tr>'
                    for label, value in part.problem.lines()
                )
                body.append(f'<table style="margin:4px 0 6px 20px;border:0">{rows}</table>')
        body += [
            f'<div style="margin-top:4px">{esc(line)}</div>' for line in (self.message, self.hint) if line
        ]
        return card(f"{_sign(self.state)} <b>{esc(self.heading)}</b>", "".join(body), COLOURS[self.state])


def card(heading: str, body: str, colour: str) -> str:
    """A box with a coloured edge. Text keeps the page's own colour, so it reads on light and on dark."""
    return (
        f'<div style="border-left:5px solid {colour};padding:4px 12px;margin:4px 0;line-height:1.5">'
        f"<div>{heading}</div>{body}</div>"
    )


def _sign(state: str) -> str:
    return f'<span style="color:{COLOURS[state]};font-weight:bold">{SIGNS[state]}</span>'


def _value(label: str, value: str) -> str:
    if label.startswith("your code"):
        style = "margin:0;white-space:pre-wrap;background:rgba(127,127,127,.12);padding:4px 8px"
        return f'<pre style="{style}">{html.escape(value)}</pre>'
    return html.escape(value).replace("\n", "<br>")


def show(text: str, html_text: str | None = None, **more) -> None:
    """Display ``text`` (and its HTML form, and further MIME types) once; outside a notebook print it."""
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
