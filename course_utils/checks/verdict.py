"""What a check says: one object, shown as HTML in a notebook and as plain text everywhere else."""

from __future__ import annotations

import html
import textwrap
from dataclasses import dataclass, field

from course_utils.display import COLOURS, card, prose

SIGNS = {"passed": "✓", "not right yet": "✗", "not attempted": "○", "not checked": "!"}

LABELS = {
    "tried": "tried",
    "expected": "expected",
    "got": "came out",
    "mistake": "likely mistake",
    "traceback": "your code raised",
    "printed": "your code printed",
    "repeat": "random inputs",
}

TABLE = "margin:4px 0 6px 20px;border:0;font-size:inherit;color:inherit"


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
    plain: bool = False  # says all there is to say: no mistake is looked for

    def lines(self) -> list[tuple[str, str]]:
        """(label, value) of what is known."""
        return [(label, getattr(self, key)) for key, label in LABELS.items() if getattr(self, key)]


@dataclass
class Part:
    """One part of a check, with its problem if it failed."""

    name: str
    problem: Problem | None = None


@dataclass
class Verdict:
    """The outcome of one check. `state` is one of the keys of `SIGNS`."""

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
        return f"{self.title} · {self.state}{score}"

    @property
    def explained(self) -> Part | None:
        """The first part that failed: the one told in full."""
        return next((part for part in self.parts if part.problem), None)

    def text(self) -> str:
        out = [f"{SIGNS[self.state]} {self.heading}"]
        for part in self.parts:
            out.append(f"  {SIGNS[_state(part)]} {part.name}")
            if part is self.explained:
                out += [_indented(label, value) for label, value in part.problem.lines()]
        out += [f"  {line}" for line in (self.message, self.hint) if line]
        return "\n".join(out)

    def html(self) -> str:
        body = []
        for part in self.parts:
            body.append(f"<div>{_sign(_state(part))} {prose(part.name)}</div>")
            if part is self.explained:
                rows = [_row(label, value) for label, value in part.problem.lines()]
                body.append(f'<table style="{TABLE}">{"".join(rows)}</table>')
        lines = [prose(line) for line in (self.message, self.hint) if line]
        body += [f'<div style="margin-top:4px">{line}</div>' for line in lines]
        heading = f"{_sign(self.state)} <b>{html.escape(self.heading)}</b>"
        return card(heading, "".join(body), COLOURS[self.state])


def _state(part: Part) -> str:
    return "not right yet" if part.problem else "passed"


def _indented(label: str, value: str) -> str:
    if "\n" not in value:
        return f"      {label}: {value}"
    return f"      {label}:\n" + textwrap.indent(value, " " * 8)


def _row(label: str, value: str) -> str:
    left = "text-align:left;vertical-align:top;padding:2px 12px 2px 0"
    code = "white-space:pre-wrap;overflow-wrap:anywhere;background:none;color:inherit"
    if label.startswith("your code"):
        style = "margin:0;white-space:pre-wrap;background:rgba(127,127,127,.12);color:inherit;padding:4px 8px"
        shown = f'<pre style="{style}">{html.escape(value)}</pre>'
    elif label == "likely mistake":
        shown = prose(value)
    else:
        shown = f'<code style="{code}">{html.escape(value)}</code>'
    return f'<tr><th style="{left};white-space:nowrap">{label}</th><td style="{left}">{shown}</td></tr>'


def _sign(state: str) -> str:
    return f'<span style="color:{COLOURS[state]};font-weight:bold">{SIGNS[state]}</span>'
