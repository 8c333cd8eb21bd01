"""What schematic drawings are made of: boxes, arrows, labels, bars and dots, as one SVG without scripts.

A drawing carries its own card and colours: light ones, and dark ones where the browser asks for dark. So it
reads on any page. Orange is too pale for text. Lengths are in SVG units, about one pixel each; y grows
downwards.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from typing import NamedTuple

INK, CARD, SOFT, GREY = "var(--ink)", "var(--card)", "var(--soft)", "var(--grey)"
BLUE, ORANGE, GREEN, RED = "var(--blue)", "var(--orange)", "var(--green)", "var(--red)"
STYLE = """\
:root{--ink:#222;--card:#fff;--soft:#eaf3f9;--grey:#6b6b6b;--blue:#0072B2;\
--orange:#E69F00;--green:#00795A;--red:#B84E00}
@media (prefers-color-scheme:dark){:root{--ink:#eee;--card:#1c1c1c;--soft:#24343f;--grey:#aaa;--blue:#56B4E9;\
--green:#3CCB9E;--red:#FF9055}}
text{font-family:"Open Sans",Verdana,Arial,sans-serif;fill:var(--ink)}"""


class Drawing(NamedTuple):
    """A finished drawing."""

    svg: str
    alt: str
    """What it shows, in words: what a reader gets who can't see it."""
    width: int

    def html(self) -> str:
        """An image of it: notebooks drop `<svg>` from pages that they don't trust, and keep an image."""
        data = base64.b64encode(self.svg.encode()).decode()
        alt = html.escape(self.alt, quote=True)
        size = f'width="{self.width}" style="max-width:100%;height:auto"'
        return f'<img alt="{alt}" {size} src="data:image/svg+xml;base64,{data}">'


class Canvas:
    """A card of `width` × `height` to draw on. Each method adds one thing; `drawing` ends it."""

    def __init__(self, width: int, height: int):
        self.width, self.height, self.parts = width, height, []

    def label(
        self, x: float, y: float, text: str, *, size: int = 14, anchor: str = "middle", colour: str = INK
    ) -> None:
        """Text whose middle (or "start", "end") is at x, on the base line y."""
        style = f"font-size:{size}px;fill:{colour}"
        self._add(
            f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" style="{style}">{html.escape(text)}</text>'
        )

    def box(
        self, x: float, y: float, width: float, height: float, text: str = "", *,
        fill: str = SOFT, stroke: str = GREY,
    ) -> None:  # fmt: skip
        """A box from its upper left corner, its lines of text in the middle."""
        place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5"'
        self._add(f'<rect {place} style="fill:{fill};stroke:{stroke}"/>')
        lines = text.split("\n") if text else []
        for k, line in enumerate(lines):
            self.label(x + width / 2, y + height / 2 + 5 + 18 * (k - (len(lines) - 1) / 2), line)

    def bar(self, x: float, y: float, width: float, height: float, *, colour: str = BLUE) -> None:
        """A bar that stands on the base line y."""
        place = f'x="{x:g}" y="{y - height:g}" width="{width:g}" height="{height:g}"'
        self._add(f'<rect {place} style="fill:{colour}"/>')

    def line(
        self, x1: float, y1: float, x2: float, y2: float, *,
        colour: str = INK, width: float = 2, dashed: bool = False,
    ) -> None:  # fmt: skip
        """A line, without a head."""
        style = f"stroke:{colour};stroke-width:{width:g}" + (";stroke-dasharray:5 4" if dashed else "")
        self._add(f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" style="{style}"/>')

    def arrow(
        self, x1: float, y1: float, x2: float, y2: float, *, colour: str = INK, width: float = 2
    ) -> None:
        """A line with a head at its end."""
        length = max(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, 1e-9)
        along, across = ((x2 - x1) / length, (y2 - y1) / length), 4.5
        back = [x2 - 10 * along[0], y2 - 10 * along[1]]
        wings = [(back[0] + s * across * along[1], back[1] - s * across * along[0]) for s in (1, -1)]
        self.line(x1, y1, *back, colour=colour, width=width)
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in [(x2, y2), *wings])
        self._add(f'<polygon points="{points}" style="fill:{colour}"/>')

    def dot(self, x: float, y: float, *, radius: float = 6, colour: str = BLUE, on: bool = True) -> None:
        """A full circle; where `on` is False an empty one."""
        style = f"fill:{colour if on else CARD};stroke:{colour if on else GREY};stroke-width:1.5"
        self._add(f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" style="{style}"/>')

    def dots(
        self, x: float, y: float, rows: Sequence[Sequence[bool]], *, step: float = 20, colour: str = BLUE
    ) -> None:
        """A grid of dots, the first in its upper left corner at x, y: full where a row's entry is true."""
        for r, row in enumerate(rows):
            for c, on in enumerate(row):
                self.dot(x + c * step, y + r * step, colour=colour, on=bool(on))

    def drawing(self, title: str, alt: str) -> Drawing:
        """The drawing, with a `title` for the SVG and `alt` for those who can't see it.

        Raises ValueError where either has no words.
        """
        if not title.strip() or not alt.strip():
            raise ValueError("a drawing needs a title and an alt text: say what it shows")
        frame = f'viewBox="0 0 {self.width} {self.height}" width="{self.width}" height="{self.height}"'
        card = f'<rect width="{self.width}" height="{self.height}" rx="6" style="fill:{CARD}"/>'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {frame} role="img">'
        body = "\n".join([head, f"<title>{html.escape(title)}</title>", f"<style>{STYLE}</style>", card])
        return Drawing("\n".join([body, *self.parts, "</svg>"]), alt, self.width)

    def _add(self, part: str) -> None:
        self.parts.append(part)
