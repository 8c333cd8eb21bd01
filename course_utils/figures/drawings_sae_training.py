"""Drawings of lesson 08: the autoencoder, a row's gradient, and where a reconstruction goes."""

from __future__ import annotations

from course_utils.figures.svg import BLUE, GREEN, GREY, ORANGE, RED, Canvas, Drawing


def overcomplete_autoencoder() -> Drawing:
    """A few numbers to many latents, few of them on, and back."""
    c = Canvas(680, 290)
    neurons, latents = [70 + 34 * k for k in range(5)], [44 + 20 * k for k in range(11)]
    on = {2, 7}
    for k, y in enumerate(latents):
        for end in neurons:
            colour, width = (ORANGE, 2) if k in on else (GREY, 0.4)
            c.line(90, end, 330, y, colour=GREY, width=0.4)
            c.line(330, y, 570, end, colour=colour, width=width)
    for y in neurons:
        c.dot(90, y, radius=10)
        c.dot(570, y, radius=10)
    for k, y in enumerate(latents):
        c.dot(330, y, radius=7, colour=ORANGE, on=k in on)
    for x, text in ((90, "x: 128 neurons"), (330, "f: 512 latents, few on"), (570, "x̂: a sum of few rows")):
        c.label(x, 24, text)
    c.label(210, 280, "encode: − b_dec, W_enc, b_enc, ReLU")
    c.label(470, 280, "decode: W_dec, + b_dec")
    return c.drawing(
        "A sparse autoencoder",
        "A sparse autoencoder. Left, the neurons x, all of them on; middle, more latents f than there are "
        "neurons, two of them on; right, the reconstruction. Thick lines run from the two latents on to "
        "all components of the reconstruction: it is the sum of their two decoder rows.",
    )


def row_gradient() -> Drawing:
    """A row's gradient split into a part along it and a part across."""
    c = Canvas(680, 230)
    c.arrow(90, 185, 290, 185, colour=BLUE, width=3)
    c.label(190, 208, "row d, norm 1")
    c.arrow(290, 185, 400, 105, colour=GREY, width=3)
    c.label(335, 132, "−g", anchor="end")
    c.arrow(290, 185, 400, 185, colour=RED, width=4)
    c.label(412, 182, "along: would only make the row", anchor="start", colour=RED)
    c.label(412, 200, "longer. Taken out", anchor="start", colour=RED)
    c.line(400, 105, 400, 185, colour=GREY, dashed=True)
    c.arrow(290, 185, 290, 105, colour=GREEN, width=4)
    c.label(290, 88, "across: turns the row. Kept", colour=GREEN)
    c.arrow(90, 185, 290, 105, colour=ORANGE, width=2)
    c.label(30, 122, "the row after the step: longer", anchor="start")
    c.label(30, 140, "than 1, so set to 1 again", anchor="start")
    c.label(340, 32, "The step −g of one decoder row")
    return c.drawing(
        "A row's gradient, along and across",
        "A decoder row drawn as an arrow of length 1, and at its tip the step against its gradient, split in "
        "two. The part along the row would only make it longer and is taken out. The part across turns the "
        "row; it is kept. After it the row is a little longer than 1, so it is set to length 1 again.",
    )


def spliced_reconstruction() -> Drawing:
    """Where x̂ goes in x's place, inside the transformer."""
    c = Canvas(680, 220)
    for x, text in (
        (20, "tokens,\nattention"),
        (160, "MLP:\nneurons x"),
        (430, "W_out,\nunembed"),
        (570, "logits,\nloss"),
    ):
        c.box(x, 120, 100, 64, text)
    c.arrow(120, 152, 160, 152)
    c.line(260, 152, 330, 152, colour=GREY, dashed=True)
    c.line(360, 152, 430, 152, colour=GREY, dashed=True)
    c.label(345, 158, "✕", colour=RED)
    c.arrow(530, 152, 570, 152)
    c.box(290, 30, 110, 44, "SAE")
    c.arrow(210, 120, 290, 56, colour=BLUE)
    c.arrow(400, 56, 470, 120, colour=ORANGE)
    c.label(235, 80, "x", anchor="end")
    c.label(450, 80, "x̂, or a fixed vector", anchor="start")
    c.label(345, 205, "the only way on is through what stands in x's place")
    return c.drawing(
        "A reconstruction in the neurons' place",
        "The transformer from tokens through attention and MLP to logits and loss. Between the MLP's neurons "
        "and its output matrix the direct way is cut; the activations go through the autoencoder, and the "
        "reconstruction, or for ablation one fixed vector, takes their place.",
    )
