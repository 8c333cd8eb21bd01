"""Drawings of arrangements: how features share dimensions, and what it means that they come in sets."""

from __future__ import annotations

import math

from course_utils.figures.svg import BLUE, GREEN, GREY, ORANGE, RED, Canvas, Drawing


def shares_of_a_dimension() -> Drawing:
    """A digon, a triangle and a pentagon, and the share of a dimension that each of their features has."""
    c = Canvas(660, 250)
    shapes = (
        (115, 2, "digon", "1 : 2", "½"),
        (330, 3, "triangle", "2 : 3", "⅔"),
        (545, 5, "pentagon", "2 : 5", "⅖"),
    )
    for x, corners, name, ratio, share in shapes:
        y = 125
        for k in range(corners):
            turn = math.radians(90 + 360 * k / corners)
            colour = ORANGE if k == 0 else BLUE
            c.arrow(x, y, x + 75 * math.cos(turn), y - 75 * math.sin(turn), colour=colour, width=3)
        c.label(x, 30, name)
        c.label(x, 222, f"dimensions : features = {ratio}")
        c.label(x, 242, f"each has D = {share}")
    return c.drawing(
        "How features share dimensions",
        "Three arrangements of arrows from one point. A digon: two arrows, opposite on a line; one "
        "dimension for two features, D is one half each. A triangle: three arrows in a plane, D is two "
        "thirds each. A pentagon: five arrows in a plane, D is two fifths each.",
    )


def features_in_sets() -> Drawing:
    """Two sets of two features over six inputs: correlated, anticorrelated and independent."""
    c = Canvas(660, 250)
    inputs = {
        "correlated": ["1100", "0000", "0011", "1111", "0000", "1100"],
        "anticorrelated": ["1000", "0010", "0101", "0000", "0110", "0001"],
        "independent": ["1000", "0110", "1100", "0001", "0000", "1010"],
    }
    notes = {
        "correlated": ("on together or not at all", GREY),
        "anticorrelated": ("never both at once", GREEN),
        "independent": ("both at once by chance", RED),
    }
    for k, (world, rows) in enumerate(inputs.items()):
        x = 75 + 220 * k
        c.label(x + 43, 28, world)
        for at, size_text in ((x + 10, "set 1"), (x + 78, "set 2")):
            c.label(at, 56, size_text, size=12, colour=GREY)
        for r, row in enumerate(rows):
            on = [sign == "1" for sign in row]
            c.dots(x, 76 + 24 * r, [on[:2]], step=20)
            c.dots(x + 68, 76 + 24 * r, [on[2:]], step=20)
        c.label(x + 43, 236, notes[world][0], colour=notes[world][1])
    return c.drawing(
        "Features that come in sets",
        "Six inputs, one a row, four features, full dots where a feature is on. Correlated: the two features "
        "of a set are on together or both off. Anticorrelated: of a set at most one is on. Independent: each "
        "is on or off by itself, so that both of a set are on now and then by chance.",
    )
