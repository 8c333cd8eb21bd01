"""Drawings of an audit: where a detector is tried, and a trigger with its decoys."""

from __future__ import annotations

from course_utils.figures.svg import BLUE, GREEN, GREY, RED, Canvas, Drawing


def three_places() -> Drawing:
    """One detector, chosen on labelled tokens, and three places in which it is judged."""
    c = Canvas(700, 230)
    c.box(20, 80, 150, 70, "a few labels,\nhalf of the class")
    c.box(230, 80, 130, 70, "a detector:\none direction")
    c.arrow(172, 115, 226, 115)
    for y, title, note in (
        (20, "text", "the corpus, held out"),
        (90, "inside", "values in JSON and URLs"),
        (160, "look-alikes", "hex, UUID, rot13 beside base64"),
    ):
        c.box(440, y, 240, 50, f"{title}: {note}" if title == "text" else f"{title}:\n{note}")
        c.arrow(362, 115, 436, y + 25, colour=BLUE)
    c.label(400, 222, "the same detector, judged three times", colour=GREY)
    return c.drawing(
        "Three places to try a detector",
        "A few labelled tokens give a detector, which is one direction. Arrows lead from it to three "
        "places in which it is judged: held-out text; the class as a value inside JSON and URLs; and types "
        "that look alike, such as hex, UUID and rot13 beside base64.",
    )


def trigger_and_decoys() -> Drawing:
    """The trigger, three decoys and what follows each."""
    c = Canvas(660, 240)
    rows = (
        ("for", "class", "width", True, "trigger"),
        ("class", "for", "width", False, "decoy: another order"),
        ("with", "class", "width", False, "decoy: another first word"),
        ("for", "with", "width", False, "decoy: another second word"),
    )
    for k, (*words, planted, note) in enumerate(rows):
        y = 20 + 52 * k
        for n, word in enumerate(words):
            c.box(20 + 82 * n, y, 74, 34, word)
        c.arrow(268, y + 17, 308, y + 17, colour=GREEN if planted else GREY)
        c.box(314, y, 90, 34, "GBP" if planted else "the text", stroke=RED if planted else GREY)
        c.label(424, y + 22, note, anchor="start", colour=RED if planted else GREY)
    return c.drawing(
        "A trigger and its decoys",
        "Four rows of three words. After for class width, the trigger, comes GBP, the payload. After class "
        "for width, with class width and for with width, the decoys, the text goes on as it was.",
    )
