"""Drawings of the phase diagram: its candidates, the ridge between starts, and the points of a rule."""

from __future__ import annotations

import itertools

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


RIDGE = {
    1.0: "139 117 102 106 146 214 300 397 499 599 692 773 840 889 918 925 922 914 903 894 889 891 901 916 "
    "925 919 907 895 889 897 925",
    0.3: "274 245 222 216 246 301 375 460 550 638 720 793 851 895 920 925 927 935 953 984 1035 1111 1219",
}
"""The lowest loss of two features in one dimension, p = 0.1, by the weight of the second, from −1.2 on in
steps of 0.08, for two importances of it. In thousandths of what it costs if its output is 0. A test ties it
to `toy.expected_loss`."""


def ridge_between_starts() -> Drawing:
    """The loss over the weight of one feature, all else at its best, for two importances of that feature."""
    c = Canvas(660, 300)

    def place(w: float, loss: float) -> tuple[float, float]:
        return 75 + (w + 1.2) / 2.4 * 540, 235 - 165 * loss

    c.line(*place(-1.2, 0), *place(1.2, 0), colour=GREY, width=1)
    c.line(*place(0, 0), *place(0, 1.25), colour=GREY, width=1)
    for w, text in ((-1, "−1"), (0, "0"), (1, "1")):
        c.label(place(w, 0)[0], 255, text, size=13)
    for loss in (0, 1):
        c.label(55, place(0, loss)[1] + 4, str(loss), size=13)
    for (importance, losses), colour in zip(RIDGE.items(), (BLUE, ORANGE), strict=True):
        path = [place(-1.2 + 0.08 * k, int(loss) / 1000) for k, loss in enumerate(losses.split())]
        for one, other in itertools.pairwise(path):
            c.line(*one, *other, colour=colour, width=3)
        c.label(85, 40 + 20 * (importance < 1), f"importance {importance:g}", anchor="start", colour=colour)
    for w, loss, colour in ((-1.04, 0.102, GREEN), (0.4, 0.889, RED), (0.0, 0.925, RED)):
        x, y = place(w, loss)
        c.dot(x, y, radius=6, colour=colour)
    c.label(place(-0.66, 0)[0], place(0, 0.07)[1], "the pair", colour=GREEN)
    c.label(place(0.42, 0)[0], place(0, 0.7)[1], "a valley of its own", colour=BLUE)
    c.label(place(-0.28, 0)[0], place(0, 1.08)[1], "flat at 0", colour=ORANGE)
    c.label(345, 290, "weight of the second feature, all else at its best", colour=GREY)
    return c.drawing(
        "Why half of the starts end elsewhere",
        "The lowest loss by the weight of the second feature, in units of what dropping it costs. Both "
        "curves have a deep valley at minus 1, the antipodal pair. At importance 1 the right side has a "
        "shallow valley of its own, at 0.4 and 0.89, behind a ridge of 0.925 at 0. At importance 0.3 it "
        "falls steadily from the right, and is flat at 0.",
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
