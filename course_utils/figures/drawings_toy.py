"""Drawings of the toy models: the model, interference as a projection, the patterns that cost."""

from __future__ import annotations

import math

from course_utils.figures.svg import BLUE, GREEN, GREY, INK, ORANGE, RED, Canvas, Drawing


def sparse_inputs() -> Drawing:
    """Inputs as rows of dots: each feature by itself, and all features behind one mask."""
    c = Canvas(640, 270)
    alone = [{1}, set(), {4}, set(), {0, 3}, {2}, set(), {5}]
    for x0, rows, title in (
        (90, alone, "each feature by itself"),
        (400, [{0, 1, 2, 3, 4, 5} if k == 3 else set() for k in range(8)], "one mask for all"),
    ):
        c.label(x0 + 60, 28, title)
        c.dots(x0, 60, [[f in on for f in range(6)] for on in rows], step=24)
    c.label(60, 150, "inputs", anchor="end", colour=GREY)
    c.label(150, 258, "features", colour=GREY)
    c.label(460, 258, "features", colour=GREY)
    return c.drawing(
        "Sparse inputs",
        "Two grids of dots, a row for each of eight inputs, a column for each of six features; a full dot is "
        "a feature that is on. On the left each feature is on by itself: six dots are full, strewn over five "
        "rows. On the right all features share one mask: the same number of dots is full, all in one row.",
    )


def toy_model() -> Drawing:
    """Five features through two hidden numbers and back."""
    c = Canvas(640, 250)
    for column, title in ((90, "input x"), (320, "hidden h"), (550, "output x′")):
        c.label(column, 28, title)
    ins = [(90, 55 + 36 * k) for k in range(5)]
    hidden = [(320, 105), (320, 149)]
    outs = [(550, y) for _, y in ins]
    for x1, y1 in ins:
        for x2, y2 in hidden:
            c.line(x1, y1, x2, y2, colour=GREY, width=1)
    for x1, y1 in hidden:
        for x2, y2 in outs:
            c.line(x1, y1, x2, y2, colour=GREY, width=1)
    for k, ((x, y), (x_out, _)) in enumerate(zip(ins, outs, strict=True)):
        on = k == 1
        c.dot(x, y, radius=11, on=on)
        c.dot(x_out, y, radius=11, on=on)
        c.label(x - 30, y + 5, f"x{'₁₂₃₄₅'[k]}")
        c.label(x_out + 34, y + 5, f"x′{'₁₂₃₄₅'[k]}")
    for k, (x, y) in enumerate(hidden):
        c.dot(x, y, radius=13, colour=ORANGE)
        c.label(x, y - 19 if k == 0 else y + 31, f"h{'₁₂'[k]}")
    c.label(205, 238, "h = W x")
    c.label(435, 238, "x′ = ReLU(Wᵀh + b)")
    return c.drawing(
        "The toy model",
        "The toy model. On the left five features x1 to x5, one of them on; lines from each to two hidden "
        "numbers h1 and h2 in the middle, h = W x; lines from these to five outputs on the right, "
        "x' = ReLU(W transposed times h, plus b). Each output should equal its input.",
    )


def interference_projection() -> Drawing:
    """One feature on: what another reads is the projection of h on its own direction."""
    c = Canvas(640, 250)
    for x0, y0, degrees, reads in ((90, 195, 72, "+0.31"), (470, 160, 144, "−0.81")):
        across, up = (150 * f(math.radians(degrees)) for f in (math.cos, math.sin))
        c.line(x0 + across, y0 - up, x0 + across, y0, colour=GREY, dashed=True)
        c.line(x0, y0 + 8, x0 + across, y0 + 8, colour=RED if across > 0 else GREEN, width=6)
        c.arrow(x0, y0, x0 + 150, y0, colour=BLUE, width=3)
        c.arrow(x0, y0, x0 + across, y0 - up, colour=ORANGE, width=3)
        c.label(x0 + 150, y0 - 10, "Wᵢ")
        c.label(x0 + across + 10, y0 - up - 6, "h = Wⱼ", anchor="start")
        c.label(x0 + 60, y0 + 36, f"{degrees}° apart: i reads {reads}")
    c.label(160, 28, "positive: stays after the ReLU", colour=RED)
    c.label(470, 28, "negative: the ReLU removes it", colour=GREEN)
    return c.drawing(
        "Interference is a projection",
        "Feature j alone is on, so h is its direction. What feature i reads is how far h reaches along its "
        "own direction: drop a perpendicular from the tip of h. On the left the two are 72 degrees apart and "
        "i reads +0.31, which stays after the ReLU. On the right they are 144 degrees apart and i reads "
        "-0.81, which the ReLU removes.",
    )


def on_off_patterns() -> Drawing:
    """The four patterns of two opposite features at p = 0.1, and which of them costs."""
    c = Canvas(640, 240)
    columns = (70, 195, 320, 440, 560)
    for x, head in zip(
        columns, ("x₁, x₂", "how often", "h = x₁ − x₂", "x′₁, x′₂", "what it costs"), strict=True
    ):
        c.label(x, 30, head, colour=GREY)
    c.line(30, 42, 610, 42, colour=GREY, width=1)
    rows = (
        ((False, False), 81, "0", "0, 0"),
        ((True, False), 9, "x₁", "x₁, 0"),
        ((False, True), 9, "−x₂", "0, x₂"),
        ((True, True), 1, "x₁ − x₂", "|h|, 0 or 0, |h|"),
    )
    for k, (on, share, h, out) in enumerate(rows):
        y = 70 + 45 * k
        c.dots(columns[0] - 14, y, [on], step=28)
        c.bar(columns[1] - 50, y + 8, 60 * share / 81, 16)
        c.label(columns[1] + 38, y + 5, f"{share} %")
        c.label(columns[2], y + 5, h)
        c.label(columns[3], y + 5, out)
        c.label(columns[4], y + 5, "both are wrong" if all(on) else "nothing", colour=RED if all(on) else INK)
    return c.drawing(
        "Two opposite features on one hidden number",
        "Two opposite features share one hidden number h = x1 - x2, each is on one time in ten. Both off: 81 "
        "percent of inputs, costs nothing. The first alone: 9 percent, h is x1, the ReLU removes what the "
        "second reads, costs nothing. The second alone: 9 percent, costs nothing. Both on: 1 percent, h is "
        "their difference, both come out wrong: the only pattern that costs.",
    )


def feature_ladder() -> Drawing:
    """What one may mean by a feature's representation, each step narrower than the one before."""
    c = Canvas(640, 215)
    steps = (
        ("decomposable", (), "there are parts"),
        ("linear", (20, 75, 140), "parts are directions"),
        ("no superposition", (25, 115), "at right angles"),
        ("basis-aligned", (0, 90), "one neuron each"),
    )
    for k, (name, angles, says) in enumerate(steps):
        x, y = 85 + 157 * k, 135
        c.label(x, 28, name)
        c.line(x - 55, y, x + 55, y, colour=GREY, width=1)
        c.line(x, y + 25, x, y - 70, colour=GREY, width=1)
        for angle in angles:
            c.arrow(
                x,
                y,
                x + 55 * math.cos(math.radians(angle)),
                y - 55 * math.sin(math.radians(angle)),
                colour=BLUE,
            )
        if not angles:
            for dx, dy in ((-32, -38), (18, -52), (35, -14), (-20, 12)):
                c.dot(x + dx, y + dy, radius=8)
        c.label(x, 195, says, colour=GREY)
        if k:
            c.arrow(x - 90, 23, x - 70, 23, colour=GREY)
    return c.drawing(
        "Four steps, each asks for more",
        "Four planes with two neurons as axes. Decomposable: separate dots, there are parts. Linear: three "
        "arrows at any angles, parts are directions; three in two dimensions are in superposition. No "
        "superposition: two arrows at right angles, turned against the axes. Basis-aligned: two arrows along "
        "the axes, one neuron for each feature.",
    )


def bias_threshold() -> Drawing:
    """What a neighbour reads of a feature, without and with a negative bias."""
    c = Canvas(640, 250)
    for x0, bias, title in ((60, 0.0, "bias 0"), (370, -0.25, "bias −0.25")):
        c.label(x0 + 105, 28, title)
        c.arrow(x0, 210, x0 + 220, 210, colour=GREY, width=1)
        c.arrow(x0, 210, x0, 45, colour=GREY, width=1)
        c.label(x0 + 195, 232, "value u", colour=GREY)
        for slope, colour in ((1.25, BLUE), (0.39, RED)):
            zero = -bias / slope
            end = slope + bias
            c.line(x0, 210, x0 + 200 * zero, 210, colour=colour, width=4)
            c.line(x0 + 200 * zero, 210, x0 + 200, 210 - 130 * end, colour=colour, width=4)
        c.label(x0 + 90, 92 if bias == 0 else 118, "itself", colour=BLUE, anchor="end")
        c.label(x0 + 205, 210 - 130 * (0.39 + bias) - 8, "neighbour", colour=RED, anchor="end")
    return c.drawing(
        "A negative bias is a threshold",
        "Two plots of what is read over the value u of the one feature that is on. Bias 0: the feature "
        "itself rises steeply, and its neighbour rises too, at about a third of the slope. Bias minus 0.25: "
        "both lines stay at zero first; the feature itself still gets to its value, of the neighbour's line "
        "little is left.",
    )
