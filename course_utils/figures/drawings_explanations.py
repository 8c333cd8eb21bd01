"""Drawings of how an explanation is judged: as a prediction, and against look-alikes."""

from __future__ import annotations

from course_utils.figures.svg import BLUE, GREEN, GREY, ORANGE, RED, Canvas, Drawing

ACTS = (0, 0, 62, 30, 0, 8, 0, 55)
SAYS = (0, 0, 1, 1, 0, 0, 1, 1)
TEXT = ("the", " key", "3f", "9a", " is", " 12", "be", "77")


def rule_as_prediction() -> Drawing:
    """A text, a unit's activations over it, and below what a rule says of the same tokens."""
    c = Canvas(680, 262)
    for i, (token, act, says) in enumerate(zip(TEXT, ACTS, SAYS, strict=True)):
        x = 150 + 66 * i
        c.bar(x - 16, 92, 32, act, colour=ORANGE)
        c.line(x - 24, 92, x + 24, 92, colour=GREY, width=1)
        c.label(x, 120, token)
        c.bar(x - 16, 190, 32, 44 if says else 6, colour=BLUE)
        c.line(x - 24, 190, x + 24, 190, colour=GREY, width=1)
    c.label(8, 66, "activation", colour=RED, anchor="start")
    c.label(8, 120, "text", anchor="start")
    c.label(8, 160, "the rule's", colour=BLUE, anchor="start")
    c.label(8, 178, "forecast", colour=BLUE, anchor="start")
    c.label(150 + 66 * 6, 208, "a false alarm", size=12, colour=GREY)
    c.label(340, 245, "the rule: “hex digits, and no space before”. Its score: how well blue follows orange")
    return c.drawing(
        "An explanation is a forecast",
        "Eight tokens of a text. Above each a bar of the unit's activation: high on 3f and 77, lower on 9a, "
        "faint on 12, else zero. Below each what the rule “hex digits, and no space before” forecasts: a "
        "high level on 3f, 9a, be and 77, a low one on the others. On be the rule is wrong. The score is the "
        "correlation of the two rows of bars.",
    )


def lookalikes() -> Drawing:
    """Firing tokens, quiet ones drawn at random, and quiet ones that are the same token."""
    c = Canvas(680, 238)
    columns = (
        (110, "fires", ("20:5", "08:5", "3a:f"), ORANGE),
        (340, "quiet, any", ("the dog", "import", "שלום"), GREY),
        (570, "quiet look-alikes", ("in 1955", "page 5", "half"), BLUE),
    )
    for x, title, examples, colour in columns:
        c.label(x, 28, title, colour=RED if colour == ORANGE else colour)
        for k, example in enumerate(examples):
            c.box(x - 85, 42 + 40 * k, 170, 32, example)
    c.arrow(200, 178, 250, 178, colour=GREY)
    c.label(340, 183, "easy: the token tells", colour=GREY)
    c.arrow(430, 178, 470, 178, colour=GREY)
    c.label(572, 183, "hard: only context tells", colour=GREEN)
    c.label(340, 222, "against look-alikes a rule that names tokens, and nothing else, scores exactly ½")
    return c.drawing(
        "Two kinds of quiet tokens",
        "Three columns. Left, tokens on which a unit fires: the 5 in 20:5, the 5 in 08:5, the f in 3a:f. "
        "Middle, quiet tokens of any kind: the dog, import, a Hebrew word; to tell these from the left ones "
        "the token is enough. Right, quiet look-alikes, the same tokens elsewhere: the 5 in 1955, the 5 in "
        "page 5, the f in half; to tell these only context helps. A rule that only names tokens scores one "
        "half there.",
    )
