# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# course:
#   number: "00"
#   title: Start here
#   minutes: 25
#   needs: []
#   papers: ["TM: Demonstrating superposition (a first look)"]
# ---

# %% [markdown]
# # 00 · Start here
#
# A neural network seems to know more things than it has neurons. In this course you rebuild, on your own
# computer, the two papers that explain how that can be and how to read such a network: *Toy Models of
# Superposition* (TM) and *Towards Monosemanticity* (M). You write the few lines that matter. A check tells
# you at once whether they are right, and if not, why.
#
# In this first lesson you learn how the notebooks work, on two exercises of a few lines each. At the end you
# have a picture with the idea of the whole course in it: five things stored in a space of two dimensions,
# and when that pays.
#
# - **Time:** about 25 minutes; the cells themselves run in seconds.
# - **Needs:** some Python with numpy, and what a matrix product, a cosine and a variance are. PyTorch is used
#   like numpy: `dim=0` is numpy's `axis=0`. You need not have read the papers.
# - **Rebuilds:** a first look at TM's [Demonstrating
#   Superposition](https://transformer-circuits.pub/2022/toy_model#demonstrating), with no training.
#
# Run a cell with Shift+Enter. The cell below prepares the kit.

# %% tags=["parameters"]
SCALE = "lesson"
SEED = 0

# %%
import math

import ipywidgets
import torch
from IPython.display import HTML
from jaxtyping import Float
from torch import Tensor

import course_utils
from course_utils import environment
from course_utils.figures import start as figures

lesson = course_utils.start("00", scale=SCALE, seed=SEED)

# %% [markdown]
# ## Your machine
#
# The next cell says what you run on, and gives advice if something is off. A laptop with two cores is enough
# for every lesson. Nothing in the course needs a network or a GPU.

# %% tags=["volatile"]
environment.report()

# %% [markdown]
# ## How a lesson works
#
# - **Exercises.** You replace `...` by your own lines, run that cell, and run the check below it. As long as
#   you have not, the rest of the notebook uses the kit's own version and says so. You can always run on and
#   come back.
#   Once a check has passed, the notebook uses your function, as it was when it passed: if you change it,
#   run the check again.
# - **Checks.** A check tries your function on cases with a known answer, many of them drawn anew each time.
#   If something is off it says what was tried, what was expected, what came out, and which mistake that
#   looks like.
# - **Hints.** `lesson.hint("0.1")` in a cell of its own gives a nudge. Run it again for the next, stronger
#   hint.
# - **Predictions.** Before a result you say what you expect. Only then the measured answer means something
#   to you.
# - **Claims.** At the end, the lesson's main results are held against what your run measured.
# - **Shapes.** `Float[Tensor, "samples n"]` in a function's first line says: a tensor of numbers with one row
#   for each sample and one column for each of n features. It is a note to the reader; nothing enforces it.
# - **Scale.** `SCALE` near the top is `"lesson"`: sized for two cores. `"smoke"` runs everything in a few
#   seconds, too small to show anything; `"full"` takes longer: more models, longer training.
#   `lesson.pick(smoke=…, lesson=…, full=…)` in a cell picks the size.
#
# This is how a check looks when an answer is wrong. It is the check of the first exercise, further down: the
# function below was asked for several rows and gives one. (`seed=0` makes the check draw the same cases each
# time. You can leave it out.)


# %%
def one_row(samples, density, generator):
    return torch.rand(len(density))


lesson.check("0.1", one_row, seed=0)

# %% [markdown]
# Read it from the top. Each part that passes earns its share of the points. Of the parts that failed only
# the first is explained: repair that one first. The bare number under the box is your points.

# %% [markdown]
# ## Exercise 0.1 · Draw sparse features
# *Difficulty 1/5 · about 4 minutes*
#
# A **feature** is a thing that an input can have: "is a question", "mentions Paris". Most features are
# absent from most inputs. The course's toy data has just that and nothing else: an input is a row of $n$
# numbers, one for each feature. (Each row is one *sample*; the papers speak of sparsity, $1 - p$.)
# Feature $i$ is *active* with probability $p_i$, its **density**, whatever the others do. An active feature
# has a value, uniform on $[0, 1)$; an inactive one is 0:
#
# $$x_i = m_i\,u_i, \qquad P(m_i = 1) = p_i, \quad P(m_i = 0) = 1 - p_i, \qquad u_i \sim U[0, 1).$$
#
# Write `draw_features`. Take all random numbers from the given `generator`, so that a result can be
# repeated: `torch.rand(2, 3, generator=generator)` is a table of 2 × 3 uniform numbers.


# %% exercise="0.1"
def draw_features(
    samples: int, density: Float[Tensor, "n"], generator: torch.Generator
) -> Float[Tensor, "samples n"]:
    """Each entry is active with its feature's density, independently, then uniform on [0, 1); else 0."""
    ### BEGIN SOLUTION
    n = len(density)
    active = torch.rand(samples, n, generator=generator) < density
    return active * torch.rand(samples, n, generator=generator)
    ### END SOLUTION


# %% check="0.1"
lesson.check("0.1", draw_features)

# %% [markdown]
# Before you go on, break your function on purpose and run the check again: leave out `return`, or use one
# mask for all features, or write `while True: pass` (it is stopped after ten seconds). Then put your lines
# back and run the check once more, so that the notebook uses them.

# %% [markdown]
# ## Predict: silent inputs
#
# Five features, each active in one input out of ten. In which share of the inputs is *no* feature active?
#
# - (a) about 0.1
# - (b) about 0.6
# - (c) about 0.9

# %% tags=["predict"]
prediction_a = None  # your answer: "a", "b" or "c"

# %% tags=["nbval-check-output"]
samples = lesson.pick(smoke=2_000, lesson=100_000, full=1_000_000)
generator = torch.Generator().manual_seed(SEED)
density = torch.full((5,), 0.1)
x = lesson.use.draw_features(samples, density, generator)
silent = (x == 0).all(dim=1).float().mean().item()

one_mask = (torch.rand(samples, 1, generator=generator) < 0.1).expand(-1, 5)  # the control: all or nothing
silent_control = (~one_mask).all(dim=1).float().mean().item()
print(f"active entries: {(x > 0).float().mean():.3f}, with one mask for all: {one_mask.float().mean():.3f}")
print(f"silent inputs:  {silent:.3f}, with one mask for all: {silent_control:.3f}")

# %%
lesson.reveal(
    prediction_a,
    "b",
    f"Five features are all silent with probability 0.9^5 = {0.9**5:.3f}; here it was {silent:.3f}. If they "
    "shared one mask, each would still be active in a tenth of the inputs, but "
    f"{silent_control:.3f} of the inputs would be silent. Density is not everything: independence "
    "matters as much.",
)

# %% [markdown]
# The second number of each line is a **negative control**: the same numbers without the property that the
# result should hang on. Each result of this course stands beside a baseline or a control.

# %% [markdown]
# ## Exercise 0.2 · How much do directions overlap?
# *Difficulty 1/5 · about 4 minutes*
#
# A network stores feature $i$ as a direction: column $W_i$ of a matrix $W$ with $m$ rows, one for each
# dimension, and $n$ columns, one for each feature. With $n > m$ the directions cannot all be at right
# angles. How much two of them overlap is the cosine of their angle:
#
# $$C_{ij} = \frac{W_i \cdot W_j}{\lVert W_i \rVert\,\lVert W_j \rVert}, \qquad C_{ij} = 0 \text{ if } W_i = 0
# \text{ or } W_j = 0.$$
#
# The second case matters: a network can drop a feature, and then its column is zero. Write
# `cosine_similarities` for all pairs at once, with numbers of the type that $W$ has (float32 or float64).
# `W.norm(dim=0)` gives the lengths of the columns.


# %% exercise="0.2"
def cosine_similarities(W: Float[Tensor, "m n"]) -> Float[Tensor, "n n"]:
    """Cosine of the angle between each two columns of W, in W's dtype; 0 where a column is zero."""
    ### BEGIN SOLUTION
    lengths = W.norm(dim=0)
    directions = W / torch.where(lengths > 0, lengths, 1)
    return directions.T @ directions
    ### END SOLUTION


# %% check="0.2"
lesson.check("0.2", cosine_similarities)

# %% [markdown]
# ## Five features in two dimensions
#
# Put five directions into the plane, evenly around the circle: a pentagon.


# %% tags=["nbval-check-output"]
def polygon(n: int) -> Float[Tensor, "2 n"]:
    """n directions of length 1, evenly around the circle."""
    angles = 2 * math.pi * torch.arange(n) / n
    return torch.stack([angles.cos(), angles.sin()])


C = lesson.use.cosine_similarities(polygon(5))
print("feature 0 overlaps with features 0 to 4:", "  ".join(f"{c:.3f}" for c in C[0]))

# %% [markdown]
# To store an input, add up the directions of its active features: $h = Wx$, five numbers squeezed into two.
# To read feature $i$ back, look how far $h$ goes in its direction and drop what is negative: $x' =
# \text{ReLU}(W^T h)$. The columns have length 1, so $W^T W$ is your matrix $C$, and
#
# $$x' = \text{ReLU}(C x), \qquad L = \text{mean over inputs of } \sum_i (x_i - x'_i)^2.$$
#
# If one feature is active, its two neighbours see it as well, a little; if two are active, those that point
# away from each other also weaken each other. Both are **interference**. The alternative is the **baseline**:
# keep two features at right angles, with no error at all, drop the other three, and guess their mean $p/2$.
# A dropped feature then costs its variance. `loss_ratio` below has the formula; in lesson 02 you derive it.

# %% [markdown]
# ## Predict: when does the pentagon pay?
#
# At which densities does the pentagon have a lower loss than keeping two features?
#
# - (a) at all densities
# - (b) only below about one half
# - (c) only below about one in fifty

# %% tags=["predict"]
prediction_b = None  # your answer: "a", "b" or "c"


# %%
def loss(C: Float[Tensor, "n n"], x: Float[Tensor, "samples n"]) -> float:
    return (x - torch.relu(x @ C)).square().sum(dim=1).mean().item()


def loss_ratio(C: Float[Tensor, "n n"], p: float, samples: int = samples) -> float:
    """Loss of storing all n features, relative to keeping two and guessing the mean of the rest."""
    n = len(C)
    x = lesson.use.draw_features(samples, torch.full((n,), p), torch.Generator().manual_seed(SEED))
    return loss(C, x) / ((n - 2) * (p / 3 - p**2 / 4))


densities = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0]
pentagon = [loss_ratio(C, p) for p in lesson.progress(densities, "pentagon")]

random_W = torch.randn(20, 2, 5, generator=generator)  # the control: 20 times five random directions
random_C = [lesson.use.cosine_similarities(W) for W in random_W]
at_random = [
    sum(loss_ratio(R, p, samples // 10) for R in random_C) / 20
    for p in lesson.progress(densities, "random directions")
]

# %% tags=["nbval-check-output"]
crossing = max(p for p, ratio in zip(densities, pentagon, strict=True) if ratio < 1)
for p, a, b in zip(densities, pentagon, at_random, strict=True):
    print(f"p = {p:4.2f}   pentagon {a:5.2f}   random directions {b:5.2f}")
print(f"of these densities, the pentagon wins up to p = {crossing}")

# %%
answer = "a" if crossing == 1 else "b" if crossing >= 0.1 else "c"
lesson.reveal(
    prediction_b,
    answer,
    f"The pentagon has the lower loss up to p = {crossing}. When features are rare, two of them are seldom "
    "active at once, so interference is rare. A dropped feature costs whenever it is active.",
)

# %%
lesson.show(
    figures.loss_ratio_by_density(densities, {"pentagon": pentagon, "five random directions": at_random}),
    see="below the dashed line, five features in two dimensions beat two. At density 0.05 the pentagon's "
    f"loss is {pentagon[2]:.2f} of the baseline's, at density 1 it is {pentagon[-1]:.1f} times as large. "
    f"Five random directions (mean of 20 draws) cost {min(at_random):.1f} of the baseline at their best "
    "density. It is not enough to squeeze features in, they have to stay out of each other's way.",
    alt="Loss relative to keeping two features, over density. The pentagon's curve rises from "
    f"{pentagon[0]:.2f} and crosses 1 after density {crossing}; random directions never go below "
    f"{min(at_random):.1f}.",
)

# %% [markdown]
# This is **superposition**: more features than dimensions, paid for with interference, and worth it when
# features are sparse. Nobody trained anything here. In lesson 01 you train such models, and they find such
# arrangements by themselves.

# %% [markdown]
# ## Play: how many features fit?
#
# Move the slider under the figure. Which number of features has the lowest ratio at density 0.1? From which
# number on does storing all of them never pay? Look before you read on: the answers stand under the figure.
# (The baseline moves along: with $n$ features it drops $n - 2$.)

# %%
ns = range(3, 9)
overlaps = {n: lesson.use.cosine_similarities(polygon(n)) for n in ns}
ratios = {n: [loss_ratio(overlaps[n], p, samples // 10) for p in densities] for n in ns}
lesson.show(
    figures.polygon_slider(densities, {n: polygon(n) for n in ns}, ratios),
    see=f"at density 0.01, four features cost {ratios[4][0]:.2f} of the baseline's loss, five "
    f"{ratios[5][0]:.2f}, eight {ratios[8][0]:.2f}. At density 0.1 the lowest ratio is that of "
    f"{min(ns, key=lambda n: ratios[n][densities.index(0.1)])} features. From "
    f"{max(n for n in ns if min(ratios[n]) < 1) + 1} features on, storing all of them never pays. "
    "With three or four, no two directions are closer than a right angle: an active feature shows in no "
    "other, because the overlap is zero or negative and the ReLU removes what is negative. Only two active "
    "opposites weaken each other, and that is rare. From five on, neighbours overlap, "
    "and the more there are, the closer they come.",
    alt="Six steps, for 3 to 8 features: directions evenly around a circle, and the loss ratio over density.",
)

# %% [markdown]
# The same, computed live for any density. (This one needs a running kernel; the slider above does not.)


# %% play
def play(n: int = 5, p: float = 0.05):
    ratio = loss_ratio(lesson.use.cosine_similarities(polygon(n)), p, samples=10_000)
    verdict = "storing all pays" if ratio < 1 else "keeping two is better"
    return HTML(f"{figures.directions_svg(polygon(n))}<div>loss ratio {ratio:.2f}: {verdict}</div>")


_ = ipywidgets.interact(play, n=(3, 12), p=(0.01, 1.0, 0.01))
# %% [markdown]
# ## Claims
#
# What this lesson said, held against what your run measured. A claim that fails says FAILS. If you see one,
# something changed: your code, the kit or a library.

# %% tags=["nbval-check-output"]
x_rare = lesson.use.draw_features(samples, torch.full((5,), 0.05), generator)
better = sum(loss(R, x_rare) < loss(C, x_rare) for R in random_C) / len(random_C)

lesson.claim("start.silent_inputs", silent, between=(0.58, 0.60))
lesson.claim("start.silent_inputs_one_mask", silent_control, at_least=0.89)
lesson.claim("start.pentagon_sparse", pentagon[2], at_most=0.5, paper="superposition when sparse")
lesson.claim("start.pentagon_dense", pentagon[-1], at_least=1.0, paper="no superposition when dense")
lesson.claim("start.random_directions_best", min(at_random), at_least=1.0)
lesson.claim("start.random_beats_pentagon", better, at_most=0.0)
lesson.claim("start.four_sparse", ratios[4][0], at_most=0.2)
lesson.claim("start.eight_sparse", ratios[8][0], at_least=1.0)

# %% [markdown]
# **Where this departs from the paper.** The paper trains $W$ and a bias; here both are fixed, the bias at 0.
# The pentagon would do better with a trained bias, so read the density where the curves cross as a first
# guess only.

# %% [markdown]
# ## Discussion
#
# 1. A sparse world lets a network store more features than it has dimensions. Would you expect a larger
#    network to have *less* superposition, or the same with more features?
# 2. You could forbid superposition: one feature, one dimension. What would that cost at density 0.05, by the
#    figure? And what would you gain, if you want to read the network?
# 3. Brains have many neurons, but there are more things to know than neurons. What would you look for in
#    recordings of neurons if brains used superposition too?

# %% [markdown]
# ## Done
#
# The last cell of each lesson shows where you stand. Next: lesson 01, where you train models that
# find superposition by themselves, and see when they do without it.
#
# [The map](../docs/map.md) shows the kit's modules, and which to read with which lesson.

# %%
lesson.summary()
