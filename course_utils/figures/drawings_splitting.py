"""Drawings of lesson 10: one latent becomes several; hedging and absorption as arrows."""

from __future__ import annotations

from course_utils.figures.svg import BLUE, GREEN, GREY, ORANGE, RED, Canvas, Drawing


def splitting() -> Drawing:
    """A latent for base64 in a narrow dictionary, its children in a wider one, two of them by character."""
    c = Canvas(680, 270)
    c.label(90, 30, "256 latents", colour=GREY)
    c.label(340, 30, "512", colour=GREY)
    c.label(590, 30, "1024", colour=GREY)
    c.dot(90, 140, radius=14)
    c.label(90, 178, "base64")
    middle = ((76, "all of it", BLUE), (140, "capitals", ORANGE), (204, "small, digits", GREEN))
    for y, text, colour in middle:
        c.line(106, 140, 326, y, colour=GREY, width=3 if colour == BLUE else 1.5)
        c.dot(340, y, radius=11, colour=colour)
        c.label(340, y + 30, text)
    right = {56: (76, 140), 98: (140,), 140: (76, 140, 204), 182: (204,), 224: (204,)}
    for y, parents in right.items():
        for parent in parents:
            c.line(354, parent, 580, y, colour=GREY, width=1.5)
        c.dot(590, y, radius=8, colour=BLUE if len(parents) > 1 else GREY)
    c.label(560, 258, "some with several parents", colour=GREY)
    return c.drawing(
        "A latent splits",
        "Three columns. In a dictionary of 256 latents one latent is for base64. In one of 512 it has three "
        "children: one for all of base64, one for its capitals, one for small letters and digits. In one of "
        "1024 there are more again, and some have two or three parents: a graph, not a tree.",
    )


def hedging_and_absorption() -> Drawing:
    """Parent and child as arrows at right angles; where the rows of one latent, and of two, lie."""
    c = Canvas(700, 250)
    panels = (
        (30, "too narrow: hedging", ((128, 30, RED, "13°: a bit of both"),)),
        (265, "wide, with L1: absorption", ((130, 0, BLUE, ""), (92, 92, RED, "45°: child and parent"))),
        (500, "honest", ((130, 0, BLUE, ""), (0, 120, GREEN, ""))),
    )
    for x0, title, rows in panels:
        c.label(x0 + 80, 26, title)
        x, y = x0 + 10, 200
        c.line(x, y, x + 150, y, colour=GREY, width=1, dashed=True)
        c.line(x, y, x, y - 145, colour=GREY, width=1, dashed=True)
        c.label(x + 140, y + 20, "parent", colour=GREY)
        c.label(x + 8, y - 136, "child", anchor="start", colour=GREY)
        for right, up, colour, text in rows:
            c.arrow(x, y, x + right, y - up, colour=colour, width=3)
            if text:
                c.label(x + 36, y - up - 12, text, anchor="start", size=13, colour=colour)
    c.label(345, 242, "one latent's row, or two, in the plane of the two features", colour=ORANGE)
    return c.drawing(
        "Hedging and absorption",
        "Three planes with the parent feature to the right and the child feature upwards. With a single "
        "latent its row leans 13 degrees from the parent towards the child: hedging. With two latents and an "
        "L1 penalty one row is the parent and the other lies at 45 degrees, child and parent in one: "
        "absorption. Honest would be one row along each axis.",
    )
