"""Drawings of neurons: |x| by two of them, the asymmetric motif, and what one bit tells of four features."""

from __future__ import annotations

from course_utils.figures.svg import BLUE, GREEN, GREY, ORANGE, RED, Canvas, Drawing


def two_neurons_for_abs() -> Drawing:
    """|x| as the sum of two ReLUs: each neuron answers to one sign of the feature."""
    c = Canvas(680, 230)
    for x0, title, left, right, colour in (
        (110, "reads +x", False, True, BLUE),
        (330, "reads −x", True, False, ORANGE),
        (560, "written with plus: |x|", True, True, GREEN),
    ):
        c.label(x0, 30, title)
        c.line(x0 - 85, 170, x0 + 85, 170, colour=GREY, width=1)
        c.line(x0, 60, x0, 178, colour=GREY, width=1)
        c.line(x0 - 80, 90 if left else 170, x0, 170, colour=colour, width=4)
        c.line(x0, 170, x0 + 80, 90 if right else 170, colour=colour, width=4)
        c.label(x0 - 80, 190, "−1", size=12)
        c.label(x0 + 80, 190, "+1", size=12)
    c.label(220, 130, "+", size=26)
    c.label(445, 130, "=", size=26)
    c.label(110, 216, "ReLU(x)")
    c.label(330, 216, "ReLU(−x)")
    c.label(560, 216, "no sign is lost")
    return c.drawing(
        "Two neurons compute |x|",
        "Three curves over x from -1 to 1. The first neuron is 0 on the left and rises on the right, "
        "ReLU(x). "
        "The second falls on the left and is 0 on the right, ReLU(-x). Their sum is a V: the absolute value.",
    )


def asymmetric_leak() -> Drawing:
    """The asymmetric motif with t = 2 while x0 alone is on: what leaks, and what takes it back."""
    c = Canvas(680, 290)
    c.dot(70, 90, radius=17)
    c.dot(70, 210, radius=17, on=False)
    c.label(70, 60, "x₀ = 1")
    c.label(70, 250, "x₁ = 0")
    c.box(280, 62, 120, 56, "neuron\nactive: 2")
    c.box(280, 182, 120, 56, "brake\nactive: 1")
    c.arrow(90, 90, 278, 90, colour=BLUE, width=6)
    c.label(180, 80, "reads 2", colour=BLUE)
    c.arrow(84, 200, 278, 106, colour=GREY, width=1.5)
    c.label(120, 150, "−½", colour=GREY)
    c.arrow(86, 98, 278, 204, colour=BLUE, width=3)
    c.label(238, 168, "1", colour=BLUE)
    c.arrow(402, 90, 556, 90, colour=BLUE, width=1.5)
    c.label(478, 80, "writes ½", colour=BLUE)
    c.arrow(402, 100, 556, 200, colour=RED, width=6)
    c.label(520, 150, "writes 2", colour=RED)
    c.arrow(402, 212, 556, 212, colour=GREEN, width=6)
    c.label(478, 236, "writes −4", colour=GREEN)
    c.label(600, 85, "output 0")
    c.label(600, 105, "2 · ½ = 1")
    c.label(612, 200, "output 1")
    c.label(612, 220, "2 · 2 − 1 · 4 = 0")
    c.label(340, 278, "the leak of 4 into output 1 is braked; x₁ alone leaks only ¼ into output 0")
    return c.drawing(
        "The asymmetric motif with its brake",
        "Feature x0 is on, x1 is off. A neuron reads x0 with weight 2 and x1 with minus a half; it "
        "writes output "
        "0 with a half, which gives the right 1, and output 1 with 2, a leak of 4. A second neuron, "
        "the brake, "
        "reads x0 with 1 and writes output 1 with minus 4, so output 1 gets 0.",
    )


def one_bit_of_four() -> Drawing:
    """Four exclusive features and a neuron that fires or not: fire for one, or fire for two?"""
    c = Canvas(640, 220)
    for x0, fires, title, left, right in (
        (60, 1, "fires for one", "silent: 3 candidates", "fires: 1"),
        (370, 2, "fires for two", "silent: 2 candidates", "fires: 2"),
    ):
        c.label(x0 + 105, 30, title)
        for k in range(4):
            c.dot(x0 + 70 * k, 90, radius=20, on=k >= 4 - fires, colour=ORANGE)
        cut = x0 + 70 * (4 - fires) - 35
        c.line(cut, 55, cut, 130, colour=GREY, dashed=True)
        c.label((x0 - 20 + cut) / 2, 150, left, size=13)
        c.label((cut + x0 + 230) / 2, 150, right, size=13)
    c.label(165, 190, "¾ ln 3 + ¼ ln 1 = 0.82 nats", colour=RED)
    c.label(475, 190, "½ ln 2 + ½ ln 2 = 0.69 nats", colour=GREEN)
    return c.drawing(
        "One neuron, four features that exclude each other",
        "Four circles, one a feature. On the left the neuron fires for one of them: when it is silent three "
        "candidates are left, when it fires one; the cost is three quarters of ln 3, 0.82 nats. On the "
        "right it "
        "fires for two: two candidates are left either way; the cost is ln 2, 0.69 nats.",
    )
