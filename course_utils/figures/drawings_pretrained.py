"""Drawings of a deep model: one layer of a Llama, and how far a latent in its middle is from the logits."""

from __future__ import annotations

from course_utils.figures.svg import BLUE, GREEN, GREY, RED, Canvas, Drawing


def llama_layer() -> Drawing:
    """One of thirty layers, with the four parts that lesson 07's model has in another way."""
    c = Canvas(720, 270)
    c.arrow(20, 206, 690, 206, colour=BLUE, width=4)
    c.label(350, 236, "residual stream: 576 numbers a token", colour=BLUE)
    for x, lines, part in (
        (70, "9 query heads,\n3 key heads", "keys and queries turned"),
        (390, "1536 neurons:\nsilu(a) · b", "a, b: two readings"),
    ):
        c.box(x + 70, 70, 150, 56, lines)
        c.label(x + 145, 54, part, colour=RED)
        c.arrow(x + 90, 203, x + 90, 128, colour=GREY)
        c.arrow(x + 200, 128, x + 200, 199, colour=GREEN)
        c.label(x + 80, 168, "RMSNorm", anchor="end", colour=RED)
        c.label(x + 210, 168, "add", anchor="start", colour=GREEN)
    c.label(350, 260, "red: what lesson 07's model does in another way", colour=RED)
    c.label(350, 24, "one of 30 layers", colour=GREY)
    return c.drawing(
        "A layer of a Llama",
        "One of 30 layers. Along the bottom runs the residual stream, 576 numbers a token. Attention reads "
        "it through an RMSNorm, with 9 query heads and 3 key heads, keys and queries turned by position, "
        "and adds to it. Then the MLP reads it through an RMSNorm: 1536 neurons, each the product of two "
        "readings, silu(a) times b. It adds to the stream as well.",
    )


def far_from_the_logits() -> Drawing:
    """A direction written after layer 8 passes 21 layers before it is read out."""
    c = Canvas(720, 200)
    c.arrow(20, 110, 640, 110, colour=BLUE, width=4)
    for k in range(30):
        x = 40 + 19 * k
        c.box(x, 84, 14, 52, fill="var(--card)" if k > 8 else "var(--soft)")
    c.box(650, 88, 58, 44, "logits")
    c.arrow(211, 52, 211, 82, colour=RED)
    c.label(211, 40, "latent i writes fᵢ dᵢ after layer 8", colour=RED)
    c.line(230, 156, 608, 156, colour=GREY)
    c.label(420, 178, "21 layers read it, and answer with directions of their own", colour=GREY)
    c.line(222, 66, 640, 66, colour=GREY, dashed=True)
    c.label(470, 58, "lesson 09's shortcut: dᵢ straight to the logits", colour=GREY)
    return c.drawing(
        "Far from the logits",
        "Thirty layers in a row, and the logits at the end. A latent writes its direction after layer 8. "
        "Twenty-one layers read it and answer with directions of their own. A dashed line goes past them, "
        "straight to the logits: that is the shortcut of lesson 09.",
    )
