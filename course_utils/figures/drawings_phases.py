"""Drawings of the phase diagram: its candidates, the ridge between starts, and the points of a rule."""

from __future__ import annotations

import itertools
import math

from course_utils.figures.svg import BLUE, GREEN, GREY, ORANGE, RED, Canvas, Drawing


def candidate_arrangements() -> Drawing:
    """The three ways to use one hidden number for two features."""
    c = Canvas(660, 200)
    for x, name, W, ends, costs in (
        (115, "varied dropped", "W = [1, 0]", ((75, "unit", BLUE),), "x₂ is guessed: costs ∝ p"),
        (330, "unit dropped", "W = [0, 1]", ((75, "varied", ORANGE),), "x₁ is guessed: costs ∝ p"),
        (
            545,
            "antipodal pair",
            "W = [1, −1]",
            ((75, "unit", BLUE), (-75, "varied", ORANGE)),
            "both, unless both are on",
        ),
    ):
        c.label(x, 30, name)
        c.line(x - 95, 100, x + 95, 100, colour=GREY, width=1)
        for along, feature, colour in ends:
            c.arrow(x, 100, x + along, 100, colour=colour, width=5)
            c.label(x + along, 82, feature, size=13)
        c.dot(x, 100, radius=4, colour=GREY)
        c.label(x, 150, W)
        c.label(x, 180, costs, size=13, colour=GREY)
    return c.drawing(
        "Three ways to use one hidden number",
        "Three lines, each the only hidden dimension. Varied feature dropped: one arrow, the unit feature, "
        "to the right; the other is guessed. Unit feature dropped: one arrow, the varied feature. Antipodal "
        "pair: the unit feature to the right, the varied one to the left; both are stored, unless both are "
        "on at once.",
    )


def ridge_between_starts() -> Drawing:
    """The loss over the weight of one feature, with a higher and a lower valley, and where starts roll."""
    c = Canvas(660, 270)
    left, right, bottom, top = 60, 600, 210, 50

    def place(w: float) -> tuple[float, float]:
        """A made-up loss with its lowest point at w = −1 and a shallow one at 0."""
        height = (
            0.16 * w**2
            + 0.42 * math.exp(-(((w + 0.33) / 0.17) ** 2))
            - 0.55 * math.exp(-((w + 1) ** 2) / 0.16)
        )
        return left + (w + 1.5) / 3 * (right - left), bottom - 25 - (height + 0.35) * (
            bottom - top - 20
        ) / 0.85

    path = [place(-1.5 + 3 * k / 90) for k in range(91)]
    for one, other in itertools.pairwise(path):
        c.line(*one, *other, colour=BLUE, width=3)
    c.line(left - 10, bottom + 12, right + 10, bottom + 12, colour=GREY, width=1)
    for w, text in ((-1, "−1"), (0, "0"), (1, "1")):
        c.label(place(w)[0], bottom + 32, text, size=13)
    c.label(330, 262, "weight of the second feature, the first being 1", colour=GREY)
    for w, colour in ((-0.97, GREEN), (0.02, RED)):
        x, y = place(w)
        c.dot(x, y - 8, radius=7, colour=colour)
    c.label(place(-0.97)[0], 155, "the pair", colour=GREEN)
    c.label(place(0.1)[0], 155, "one dropped", colour=RED)
    c.label(place(-0.36)[0], 40, "ridge", colour=GREY)
    x, y = place(0.9)
    c.arrow(x, y - 22, place(0.35)[0], place(0.35)[1] - 22, colour=ORANGE, width=3)
    c.label(x - 10, y - 44, "a start with the same sign")
    return c.drawing(
        "Why half of the starts end elsewhere",
        "A sketch of the loss over the weight of the second feature. A deep valley at minus 1, the "
        "antipodal pair; a shallow one at 0, where that feature is dropped; a ridge between them. A start on "
        "the right, with weights of the same sign, rolls down to 0 and stays there.",
    )


def quadrature_points() -> Drawing:
    """The rule for one feature and for two: 0 and three nodes, and all their combinations."""
    c = Canvas(660, 300)
    nodes = (0.1127, 0.5, 0.8873)
    weights = (0.7, 0.0833, 0.1333, 0.0833)  # at p = 0.3
    c.label(150, 30, "one feature: 0 and Q = 3 nodes")
    c.line(40, 170, 270, 170, colour=GREY, width=1)
    for value, weight in zip((0.0, *nodes), weights, strict=True):
        c.bar(50 + 210 * value - 5, 170, 10, 110 * weight / 0.7, colour=ORANGE if value == 0 else BLUE)
    c.label(50, 192, "0")
    c.label(260, 192, "1")
    c.label(165, 218, "x₁", colour=GREY)
    c.label(85, 110, "1 − p", anchor="start")
    c.label(205, 130, "p times the weights", size=13)
    c.label(490, 30, "two features: 4² points")
    c.line(380, 250, 620, 250, colour=GREY, width=1)
    c.line(380, 250, 380, 50, colour=GREY, width=1)
    for x, wx in zip((0.0, *nodes), weights, strict=True):
        for y, wy in zip((0.0, *nodes), weights, strict=True):
            off = x == 0 or y == 0
            c.dot(
                380 + 225 * x, 250 - 185 * y, radius=2.5 + 16 * wx * wy / 0.49, colour=ORANGE if off else BLUE
            )
    c.label(500, 285, "x₁", colour=GREY)
    c.label(350, 150, "x₂", colour=GREY)
    return c.drawing(
        "The points of the rule",
        "Left: the rule for one feature at density 0.3. A tall bar at 0 with weight 1 minus p, and three "
        "short bars at the nodes between 0 and 1 that share the weight p. Right: the rule for two features, "
        "a grid of four times four dots. The dot where both are off is by far the largest; those with both "
        "on are small.",
    )
