"""Plotly figures in one theme. The general ones are here; each lesson's own are in a module of their own.

A figure's name says what it shows, and no name stands twice in the package:
    y_by_x — one quantity over another: `loss_by_step`, `mmcs_by_l0`
    a plural — a panel, a row or a bar for each thing: `phase_diagrams`, `polytopes`, `recovered_bars`
    a singular — one thing: `cell`, `logit_histogram`
    …_slider — the same, with Plotly's slider to choose one: `cell_slider`

theme — the look of all figures; `theme.show` shows one, with the words that stand in for it
general — lines, bars, matrices: they draw whatever they are given
sliders — Plotly's slider under a figure
controls — live controls where they work
drawings — schematic drawings by name; `svg` is what they are made of, `drawings_…` hold them
start, compression, toy, geometry, dynamics, neurons, recovery, lm, sae, interp — lessons 00 to 09
"""

from course_utils.figures.general import bars, grouped_bars, lines, matrices

__all__ = ["bars", "grouped_bars", "lines", "matrices"]
