"""Drawings of lesson 06: an SAE as a code, what the penalty does to a size, absorption."""

from __future__ import annotations

from course_utils.figures.svg import BLUE, GREEN, GREY, ORANGE, RED, SOFT, Canvas, Drawing


def sae_as_code() -> Drawing:
    """A hidden state, many latents of which two are active, and the sum of their two rows."""
    c = Canvas(680, 270)
    top, step = 48, 22
    active = {2: 58, 6: 30}
    for k in range(4):
        c.box(40, 74 + 34 * k, 26, 26, fill=SOFT)
        c.box(606, 74 + 34 * k, 26, 26, fill=SOFT)
    c.label(53, 60, "h")
    c.label(619, 60, "ĥ")
    c.label(53, 236, "40 numbers", colour=GREY)
    c.label(619, 236, "40 numbers", colour=GREY)
    for k in range(9):
        y = top + step * k
        c.line(72, 141, 254, y, colour=GREY, width=0.7)
        c.dot(262, y, radius=7, on=k in active)
        if k in active:
            c.line(290, y, 290 + active[k], y, colour=BLUE, width=8)
            c.arrow(300 + active[k], y, 594, 141, colour=BLUE)
    c.label(310, 20, "f: 256 latents, most of them 0")
    c.label(120, 34, "encode: guess f", colour=GREY)
    c.label(524, 34, "decode: add rows", colour=GREY)
    c.label(450, 78, "0.9 × row 3", colour=BLUE)
    c.label(450, 214, "0.4 × row 7", colour=BLUE)
    c.label(340, 262, "few terms (the penalty), and a sum near h (the error)", colour=GREY)
    return c.drawing(
        "A sparse autoencoder",
        "A sparse autoencoder. On the left the hidden state h, 40 numbers. Lines lead from it to a column of "
        "latents, 256 in truth, nine drawn, of which only two are active. Each of the two sends its row of "
        "the decoder, times its activation, to the reconstruction of h on the right. The penalty asks for "
        "few terms, the error for a sum near h.",
    )


def soft_threshold() -> Drawing:
    """The best activation against the size: 0 up to λ/2, then a line λ/2 below the diagonal."""
    c = Canvas(640, 270)
    x0, y0, unit = 90, 230, 46
    c.arrow(x0 - 20, y0, x0 + 6 * unit, y0)
    c.arrow(x0, y0 + 10, x0, 20)
    c.label(x0 + 6 * unit - 4, y0 + 26, "true size a")
    c.label(x0 - 14, 34, "f*", anchor="end")
    c.line(x0, y0, x0 + 4.3 * unit, y0 - 4.3 * unit, colour=GREY, dashed=True)
    c.label(x0 + 3.3 * unit, y0 - 4.1 * unit, "f = a", colour=GREY)
    half = 1.4 * unit
    c.line(x0, y0, x0 + half, y0, colour=BLUE, width=5)
    c.line(x0 + half, y0, x0 + 5.6 * unit, y0 - 4.2 * unit, colour=BLUE, width=4)
    c.label(x0 + half, y0 + 20, "λ/2")
    x = x0 + 4 * unit
    c.line(x, y0 - 4 * unit, x, y0 - 2.6 * unit, colour=RED, width=4)
    c.label(x - 10, y0 - 3.2 * unit + 4, "λ/2", anchor="end", colour=RED)
    c.label(420, 92, "every size above λ/2", anchor="start")
    c.label(420, 112, "comes out λ/2 too small", anchor="start", colour=RED)
    c.label(420, 172, "every size below λ/2", anchor="start")
    c.label(420, 192, "comes out as 0", anchor="start", colour=BLUE)
    return c.drawing(
        "What an L1 penalty does to a size",
        "The best activation f* against the true size a. Up to a size of lambda/2 it is 0; from there it is "
        "a line parallel to the diagonal, lambda/2 below it: every larger size comes out lambda/2 too small.",
    )


def absorption() -> Drawing:
    """Parent and child told with two latents, or with one whose row is their sum."""
    c = Canvas(680, 250)
    for x0, title, colour in ((30, "two latents", GREEN), (370, "one latent: absorbed", RED)):
        c.label(x0 + 130, 30, title, colour=colour)
        c.arrow(x0 + 30, 190, x0 + 150, 190, colour=BLUE if colour == GREEN else GREY, width=3)
        c.label(x0 + 92, 212, "“a bird”", colour=BLUE if colour == GREEN else GREY)
    c.arrow(180, 190, 180, 80, colour=ORANGE, width=3)
    c.label(190, 140, "“a robin”", anchor="start")
    c.line(62, 182, 176, 80, colour=GREY, dashed=True)
    c.label(92, 112, "h", colour=GREY)
    c.arrow(400, 186, 520, 80, colour=ORANGE, width=3)
    c.label(516, 66, "“a robin, so a bird”")
    c.label(522, 166, "the parent's latent", anchor="start", colour=GREY)
    c.label(522, 186, "stays silent", anchor="start", colour=GREY)
    c.label(160, 240, "L0 = 2", colour=GREY)
    c.label(500, 240, "L0 = 1", colour=GREY)
    return c.drawing(
        "Absorption",
        "An input that holds a bird and a robin. On the left it is told with two latents, one along 'a bird' "
        "and one along 'a robin': two activations. On the right one latent points along the sum, 'a robin, "
        "so a bird': one activation, and the latent of 'a bird' stays silent although a bird is there.",
    )
