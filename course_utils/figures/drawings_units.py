"""Drawings of units compared: what two statistics look at, and who chooses whom back."""

from __future__ import annotations

from course_utils.figures.svg import BLUE, GREEN, GREY, RED, Canvas, Drawing


def order_and_top() -> Drawing:
    """Twenty tokens in the order of two units: one clean at the top and silent, one ordered throughout."""
    c = Canvas(700, 250)
    sparse, dense = {0, 1, 2, 9, 17}, {1, 4, 5, 7, 8}
    for y, title, members, silent in ((80, "latent", sparse, 4), (180, "neuron", dense, 20)):
        c.label(20, y + 5, title, anchor="start")
        for k in range(20):
            c.dot(110 + 28 * k, y, radius=9, colour=BLUE if k in members else GREY, on=k in members)
        if silent < 20:
            c.line(96 + 28 * silent, y + 22, 670, y + 22, colour=GREY, dashed=True)
            c.label(110 + 28 * 12, y + 42, "silent: all of these are 0, in no order", colour=GREY)
    for y in (52, 152):
        c.line(96, y, 236, y, colour=GREEN, width=4)
    c.label(166, 40, "the 5 strongest: 3 hits", colour=GREEN)
    c.label(166, 140, "the 5 strongest: 2 hits", colour=GREEN)
    c.line(96, 212, 656, 212, colour=RED, width=4)
    c.label(376, 238, "AUROC looks at the whole order", colour=RED)
    c.label(654, 40, "strongest first; full dots: the class", anchor="end", colour=GREY)
    return c.drawing(
        "What two statistics look at",
        "Twenty tokens in a row, twice, strongest first; five of them belong to the class. In the latent's "
        "order three of the first four that fire are in the class, and the other two lie somewhere among the "
        "sixteen on which it is silent, which are in no order. In the neuron's order only two of the first "
        "five are in the class, but all five lie in the first half. Break-even looks at the five strongest, "
        "AUROC at the whole order.",
    )


def who_chooses_back() -> Drawing:
    """Two dictionaries; arrows to each unit's favourite, and the pairs in which both agree."""
    c = Canvas(620, 260)
    left, right = {k: 60 + 50 * k for k in range(4)}, {k: 60 + 50 * k for k in range(4)}
    c.label(150, 30, "dictionary A")
    c.label(470, 30, "dictionary B")
    for a, b, mutual in ((0, 1, True), (1, 1, False), (2, 3, True), (3, 3, False)):
        c.arrow(168, left[a] - 3, 452, right[b] - 3, colour=GREEN if mutual else GREY, width=3)
    for b, a, mutual in ((1, 0, True), (3, 2, True), (0, 1, False), (2, 2, False)):
        c.arrow(452, right[b] + 4, 168, left[a] + 4, colour=GREEN if mutual else GREY, width=3)
    for side, x in ((left, 150), (right, 470)):
        for y in side.values():
            c.dot(x, y, radius=12)
    c.label(310, 248, "green: both choose each other; grey: chosen, and chooses another", colour=GREY)
    return c.drawing(
        "Who chooses whom back",
        "Two columns of four units. From each unit an arrow leads to its favourite in the other column. In "
        "two pairs, drawn in green, each is the other's favourite. Other units choose one of these as well, "
        "in grey, but are not chosen back.",
    )
