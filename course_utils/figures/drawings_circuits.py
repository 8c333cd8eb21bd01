"""Drawings of a latent taken apart, and of the way from latent to latent through a token."""

from __future__ import annotations

from course_utils.figures.svg import BLUE, GREEN, GREY, ORANGE, RED, Canvas, Drawing


def taken_apart() -> Drawing:
    """The residual stream as a sum of parts, and what is frozen on the way to one latent."""
    c = Canvas(720, 250)
    names = ("token", "position", "attention to itself", "attention to earlier", "biases")
    for k, name in enumerate(names):
        c.box(16, 14 + 44 * k, 160, 34, name)
        c.arrow(176, 31 + 44 * k, 236, 119, colour=BLUE, width=1.5)
    c.label(246, 124, "+", size=22)
    c.box(290, 94, 96, 50, "LayerNorm\n÷ scale")
    c.box(424, 94, 56, 50, "W_in")
    c.box(518, 94, 64, 50, "ReLU\non or off")
    c.box(620, 94, 84, 50, "W_enc\nlatent i")
    for x1, x2 in ((258, 288), (386, 422), (480, 516), (582, 618)):
        c.arrow(x1, 119, x2, 119)
    for x in (338, 550):
        c.line(x, 150, x, 186, colour=RED, dashed=True)
    c.line(338, 186, 550, 186, colour=RED, dashed=True)
    c.label(444, 208, "frozen at what they were: then all of it is a sum", colour=RED)
    c.label(500, 60, "each part's own way to the latent", colour=BLUE)
    return c.drawing(
        "A latent taken apart",
        "Five parts add up to the residual stream: the token's embedding, its position, attention to itself, "
        "attention to earlier tokens, and biases. The sum passes the LayerNorm, which divides by a scale, "
        "W_in, the neurons' ReLU, which is on or off, and latent i's column of W_enc. With the scale and the "
        "ReLU frozen at what they were, each part has a way of its own to the latent and these add up.",
    )


def latent_token_latent() -> Drawing:
    """One step of an automaton: a latent argues for tokens, one is written, and it fires the next latent."""
    c = Canvas(720, 210)
    c.label(170, 26, "position p", colour=GREY)
    c.label(550, 26, "position p + 1", colour=GREY)
    c.line(360, 12, 360, 182, colour=GREY, width=1, dashed=True)
    c.box(24, 60, 110, 44, "latent i fires")
    c.box(210, 60, 110, 44, "logits")
    c.box(404, 60, 100, 44, "a token")
    c.box(582, 60, 114, 44, "latent j fires")
    c.arrow(134, 82, 208, 82, colour=RED)
    c.label(172, 124, "writes: dᵢ W_out W_U", colour=RED)
    c.arrow(320, 82, 402, 82, colour=ORANGE)
    c.label(322, 124, "sampled", colour=GREY)
    c.arrow(504, 82, 580, 82, colour=BLUE)
    c.label(550, 124, "reads: W_E … W_in W_enc", colour=BLUE)
    c.label(360, 200, "two tables of weights make a third: latent → latent, through the text", colour=GREEN)
    return c.drawing(
        "From latent to latent through a token",
        "At position p latent i fires and writes to the logits. A token is sampled and becomes the token at "
        "position p plus 1. There it is read: through the embedding, W_in and W_enc it fires latent j. Two "
        "tables of weights, latent to token and token to latent, make a third one from latent to latent.",
    )
