"""Drawings of what a latent does: its way to the logits, and what pulling and pushing it tells."""

from __future__ import annotations

from course_utils.figures.svg import BLUE, GREEN, GREY, ORANGE, RED, Canvas, Drawing


def latent_to_logits() -> Drawing:
    """From the neurons through one latent to the logits, and where a hook acts."""
    c = Canvas(720, 230)
    c.box(16, 90, 96, 50, "neurons x\n(after ReLU)")
    c.box(250, 20, 120, 44, "latent i: fᵢ ≥ 0")
    c.box(250, 90, 120, 50, "x′ = x − fᵢ dᵢ\nor x + (v − fᵢ) dᵢ")
    c.box(432, 90, 64, 50, "W_out")
    c.box(548, 90, 70, 50, "LayerNorm\n⊙ w")
    c.box(656, 90, 50, 50, "W_U")
    c.arrow(112, 115, 248, 115)
    c.arrow(64, 90, 248, 42, colour=BLUE)
    c.label(140, 54, "reads: W_enc", colour=BLUE)
    c.arrow(310, 64, 310, 88, colour=RED)
    c.label(322, 81, "writes: dᵢ = row i of W_dec", colour=RED, anchor="start")
    c.arrow(370, 115, 430, 115)
    c.arrow(496, 115, 546, 115)
    c.arrow(618, 115, 654, 115)
    c.arrow(681, 140, 681, 172)
    c.label(664, 190, "logits")
    c.line(522, 176, 522, 117, colour=GREY, dashed=True)
    c.label(522, 193, "+ residual stream", colour=GREY)
    c.label(310, 160, "the hook acts here:", colour=GREY)
    c.label(310, 178, "the rest of x stays as it was", colour=GREY)
    c.label(360, 218, "what it reads and what it writes are two things, and you test each")
    return c.drawing(
        "A latent's way to the logits",
        "The neurons x go to the right through W_out, are added to the residual stream, pass the LayerNorm "
        "with its weight w, and W_U makes logits of them. Above, latent i reads x through W_enc and gives "
        "f_i. Between the neurons and W_out a hook takes f_i times the latent's row d_i of W_dec off, or "
        "puts v in place of f_i. All the rest of x stays as it was.",
    )


def pull_and_push() -> Drawing:
    """The loss when a part is taken off, left and doubled: for a latent, and for a random direction."""
    c = Canvas(640, 250)
    panels = (
        (40, "a random direction", (150, 172, 150), "even: both do harm", GREY),
        (360, "the latent's own", (70, 172, 148), "odd: taking off is worse", RED),
    )
    for x0, title, heights, verdict, colour in panels:
        c.label(x0 + 120, 26, title)
        c.line(x0, 185, x0 + 240, 185, colour=GREY, width=1)
        places = [x0 + 30, x0 + 120, x0 + 210]
        for (x1, y1), (x2, y2) in zip(
            zip(places, heights, strict=True), zip(places[1:], heights[1:], strict=True), strict=False
        ):
            c.line(x1, y1, x2, y2, colour=colour)
        for x, y, name in zip(places, heights, ("x − f d", "x", "x + f d"), strict=True):
            c.dot(x, y, colour=BLUE if name == "x" else ORANGE)
            c.label(x, 206, name)
        c.label(x0 + 120, 236, verdict, colour=RED if colour == RED else GREEN)
        c.label(x0 + 4, 52, "loss", size=12, colour=GREY, anchor="start")
    return c.drawing(
        "Taken off, left, and added once more",
        "Two sketches of the loss at x minus f d, at x, and at x plus f d. For a random direction both "
        "changes raise the loss alike: a change that is even. For the latent's own direction taking it off "
        "raises the loss much more than adding it once more: half of that difference is the odd part.",
    )
