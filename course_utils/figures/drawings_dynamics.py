"""Drawings of training and attacks: a sudden fall, runs at equal time, what the model sees of a step."""

from __future__ import annotations

from itertools import pairwise

from course_utils.figures.svg import BLUE, GREEN, GREY, INK, ORANGE, RED, Canvas, Drawing


def sudden_fall() -> Drawing:
    """A loss curve, three windows, and the fall within each."""
    c = Canvas(640, 250)
    marks = [(50, 40), (150, 100), (250, 125), (350, 185), (450, 200), (590, 208)]
    for (x1, y1), (x2, y2) in pairwise(marks):
        c.line(x1, y1, x2, y2, colour=BLUE, width=3)
    for x in (150, 250, 350, 450):
        c.line(x, 30, x, 218, colour=GREY, width=1, dashed=True)
    columns = ((200, 100, 125, "before", GREY), (300, 125, 185, "here", RED), (400, 185, 200, "after", GREY))
    for middle, high, low, name, colour in columns:
        c.line(middle + 35, high, middle + 35, low, colour=colour, width=8)
        c.label(middle, 238, name, colour=colour)
    c.label(60, 210, "loss", colour=BLUE, anchor="start")
    c.label(480, 70, "s = fall here − the larger", anchor="start", size=13)
    c.label(480, 90, "of before and after", anchor="start", size=13)
    c.label(480, 115, "60 − max(25, 15) = 35", anchor="start", size=13, colour=RED)
    return c.drawing(
        "A sudden fall",
        "A loss curve over three windows of equal width. It falls by 25 in the window before, by 60 in the "
        "window in the middle and by 15 in the window after. The fall in the middle is sudden: 60 minus the "
        "larger of 25 and 15 is 35. Further left the curve is steep, too, but there the windows are alike.",
    )


def equal_time() -> Drawing:
    """Four runs as rows of activity: a drop is compared along its row, or down its column."""
    c = Canvas(640, 250)
    heights = (
        (34, 22, 10, 5, 4, 3, 3, 3),
        (34, 28, 30, 8, 4, 3, 4, 3),
        (34, 20, 9, 6, 5, 4, 3, 3),
        (34, 24, 12, 6, 4, 3, 3, 4),
    )
    for r, row in enumerate(heights):
        y = 80 + 44 * r
        c.label(60, y - 8, f"run {r + 1}", colour=RED if r == 1 else INK)
        for k, height in enumerate(row):
            c.bar(100 + 48 * k, y, 26, height, colour=RED if (r, k) == (1, 2) else BLUE)
    c.line(190, 40, 228, 40, colour=GREEN)
    c.line(190, 40, 190, 222, colour=GREEN)
    c.line(228, 40, 228, 222, colour=GREEN)
    c.line(190, 222, 228, 222, colour=GREEN)
    c.label(209, 32, "the same moment", colour=GREEN)
    c.arrow(490, 116, 448, 116, colour=ORANGE)
    c.label(498, 112, "its own other moments:", anchor="start", size=13)
    c.label(498, 130, "nearly all are later", anchor="start", size=13)
    c.label(300, 244, "training time →", colour=GREY)
    return c.drawing(
        "Compared at equal time",
        "Four runs, each a row of bars: how much its features move, large at first in every run and small "
        "later. Run 2 has its drop at the third moment, where it moves most of the four. Along its own row "
        "that bar stands out from the later ones, as any early bar would. Down the column, against the other "
        "runs at the same moment, being early is no help.",
    )


def seen_step() -> Drawing:
    """A step in the space of inputs, its part that reaches h, and an attack of the same length."""
    c = Canvas(640, 240)
    c.line(60, 190, 580, 190, colour=BLUE, width=3)
    c.label(575, 215, "the rows of W: all that h = Wx sees (m dimensions)", colour=BLUE, anchor="end")
    c.arrow(140, 190, 190, 61, colour=ORANGE, width=3)
    c.line(190, 61, 190, 190, colour=GREY, dashed=True)
    c.line(140, 184, 190, 184, colour=GREEN, width=6)
    c.label(205, 66, "a random step of length 1", anchor="start")
    c.label(205, 86, "seen: √(m/n) of it", anchor="start", colour=GREEN)
    c.label(205, 130, "the rest changes no h", anchor="start", colour=GREY)
    c.arrow(400, 184, 538, 184, colour=RED, width=4)
    c.label(470, 165, "an attack: all of it seen", colour=RED)
    return c.drawing(
        "What the model sees of a step",
        "The space of inputs, drawn as a plane; the rows of W span a line in it, the only part that reaches "
        "h = W x. A random step of length 1 stands steeply on that line: its part along the line is only the "
        "root of m over n long, and the rest changes no h. An attack of the same length lies in the line, so "
        "all of it is seen.",
    )
