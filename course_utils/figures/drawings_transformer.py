"""Drawings of the transformer: the residual stream with its hooks, who attends to whom."""

from __future__ import annotations

from course_utils.figures.svg import BLUE, GREEN, GREY, INK, RED, Canvas, Drawing


def residual_stream() -> Drawing:
    """One vector a token; attention and the MLP read from it and add to it."""
    c = Canvas(715, 270)
    c.box(14, 180, 96, 46, "embedding\n+ position")
    c.arrow(110, 203, 590, 203, colour=BLUE, width=4)
    c.box(592, 180, 94, 46, "ln, W_U\n→ logits")
    c.label(350, 232, "residual stream: one vector of 64 numbers a token", colour=BLUE)
    for x, lines, moves in (
        (160, "attention\n4 heads", "brings from earlier tokens"),
        (370, "MLP\n128 neurons", "computes from this token's vector"),
    ):
        c.box(x + 20, 70, 130, 56, lines)
        c.arrow(x + 40, 200, x + 40, 128, colour=GREY)
        c.arrow(x + 130, 128, x + 130, 196, colour=GREEN)
        c.label(x + 28, 168, "ln, read", anchor="end", colour=GREY)
        c.label(x + 140, 168, "add", anchor="start", colour=GREEN)
        c.label(x + 85, 56, moves, colour=INK)
    c.dot(520, 98, radius=6, colour=RED)
    c.label(534, 94, "hook: see the neurons,", anchor="start", colour=RED)
    c.label(534, 112, "or change them", anchor="start", colour=RED)
    c.label(350, 258, "nothing is overwritten: every part adds its vector to what is there", colour=GREY)
    return c.drawing(
        "The residual stream",
        "A transformer with one layer, from left to right. Embedding plus position begin a thick line, the "
        "residual stream: one vector of 64 numbers a token. Attention with 4 heads reads it through a layer "
        "norm and adds what it brings from earlier tokens. The MLP with 128 neurons reads it through a layer "
        "norm and adds what it computes from this token's vector; a hook sits at the neurons. At the end "
        "stand a layer norm, W_U and the logits.",
    )


def causal_attention() -> Drawing:
    """The pattern of one head: rows of queries, columns of keys, the future empty."""
    words = ("the", "cat", "sat", "on", "the")
    weights = ((1.0,), (0.7, 0.3), (0.2, 0.7, 0.1), (0.1, 0.2, 0.5, 0.2), (0.5, 0.1, 0.1, 0.2, 0.1))
    c, step, x0, y0 = Canvas(670, 290), 42, 130, 60
    c.label(x0 + 2.5 * step, 22, "key: where from", colour=GREY)
    for k, word in enumerate(words):
        c.label(x0 + (k + 0.5) * step, y0 - 12, word)
        c.label(x0 - 14, y0 + (k + 0.6) * step, word, anchor="end")
        for j in range(len(words)):
            x, y = x0 + j * step, y0 + k * step
            if j <= k:
                c.box(x + 2, y + 2, step - 4, step - 4, f"{weights[k][j]:.1f}".lstrip("0"))
            else:
                c.label(x + step / 2, y + step / 2 + 5, "0", colour=GREY)
    c.label(56, y0 + 2.6 * step, "query:", colour=GREY)
    c.label(56, y0 + 2.6 * step + 18, "for whom", colour=GREY)
    c.label(370, 96, "each row sums to 1", anchor="start")
    c.label(370, 122, "above the diagonal is the future: 0", anchor="start", colour=RED)
    c.label(370, 176, "what \u201csat\u201d gets from this head:", anchor="start")
    c.label(370, 202, ".2 v(the) + .7 v(cat) + .1 v(sat)", anchor="start", colour=BLUE)
    c.label(370, 228, "times the head\u2019s W_O, into the stream", anchor="start")
    return c.drawing(
        "Who attends to whom",
        "A table of five rows and five columns for the words the, cat, sat, on, the. A row is a query, a "
        "column a key. Each row holds weights that sum to 1, and zeros above the diagonal, where the key is "
        "in the future. The row of sat holds .2, .7 and .1, so it gets .2 v(the) + .7 v(cat) + .1 v(sat), "
        "times the head's W_O.",
    )
