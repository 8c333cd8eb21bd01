"""Drawings of lesson 12's first part: the two axes in text, and two ways to be as important."""

from __future__ import annotations

from course_utils.figures.svg import BLUE, GREY, ORANGE, Canvas, Drawing


def two_axes_in_text() -> Drawing:
    """Rows of text in which one type is rare or frequent, its loss light or heavy."""
    c = Canvas(700, 260)
    for y, title, every, radius in (
        (60, "as it is", 16, 6),
        (120, "more frequent", 4, 6),
        (180, "more important", 16, 13),
    ):
        c.label(20, y + 5, title, anchor="start")
        for k in range(24):
            mine = k % every == 3
            c.dot(160 + 22 * k, y, radius=radius if mine else 6, colour=ORANGE if mine else BLUE, on=mine)
    c.label(160, 225, "full: a token of base64; empty: any other", anchor="start", colour=GREY)
    c.label(160, 247, "size: what its loss counts for in training", anchor="start", colour=GREY)
    return c.drawing(
        "Two ways to make a content type count for more",
        "Three rows of dots, each a stretch of training text. As it is: two dots of 24 are base64. More "
        "frequent: six of them are, no larger than the others. More important: two again, but each is "
        "drawn much larger, because its loss is multiplied.",
    )


def weight_or_repeat() -> Drawing:
    """Bars of base64's part in each batch's loss: rare and tall, or even and low. The same sum."""
    c = Canvas(700, 250)
    tall = {2, 9, 14}
    for x0, title in ((30, "loss weighted × 16"), (370, "sequences repeated × 16")):
        c.label(x0 + 150, 32, title)
        c.line(x0, 190, x0 + 300, 190, colour=GREY, width=1)
        for k in range(16):
            height = (128 if k in tall else 0) if x0 == 30 else 16 + 8 * ((k * 5) % 4)
            if height:
                c.bar(x0 + 6 + 18 * k, 190, 12, height, colour=ORANGE)
        c.label(x0 + 150, 215, "batches, one after another", colour=GREY)
    c.label(350, 240, "base64's part in the loss of each batch; in the long run the same", colour=GREY)
    return c.drawing(
        "Weighted or repeated",
        "Two rows of sixteen batches with bars for base64's part in each batch's loss. Weighted: three tall "
        "bars, thirteen empty batches. Repeated: a low bar in every batch. Both rows add up to about the "
        "same.",
    )
