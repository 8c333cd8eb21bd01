# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# course:
#   number: "00"
#   title: Start here
#   minutes: 45
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
# In this first lesson you learn how the notebooks work, on four exercises of a few lines each. At the end
# you have a picture with the idea of the whole course in it: five things stored in a space of two
# dimensions, when that pays, and what makes it cheap.
#
# - **Time:** about 45 minutes; the cells themselves run in seconds.
# - **Needs:** some Python with numpy, and what a matrix product, a cosine and a variance are. PyTorch is
#   used like numpy: `dim=0` is numpy's `axis=0`. You need not have read the papers.
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
from course_utils import environment, toy
from course_utils.figures import drawings
from course_utils.figures import start as figures

lesson = course_utils.start("00", scale=SCALE, seed=SEED)

# %% [markdown]
# ## Your machine
#
# The next cell says what you run on, and gives advice if something is off. A laptop with two cores is
# enough for every lesson. Nothing in the course needs a network or a GPU. (One elective, lesson 13, reads a
# model that other people trained: its file has to be fetched once.)

# %% tags=["volatile"]
environment.report()

# %% [markdown]
# ## How a lesson works
#
# - **Exercises.** You replace `...` by your own lines, run that cell, and run the check below it. As long
#   as you have not, the rest of the notebook uses the kit's own version and says so. You can always run on
#   and come back. Once a check has passed, the notebook uses your function, as it was when it passed: if
#   you change it, run the check again.
# - **Checks.** A check tries your function on cases with a known answer, many of them drawn anew each time.
#   If something is off it says what was tried, what was expected, what came out, and which mistake that
#   looks like.
# - **Hints.** `lesson.hint("0.1")` in a cell of its own gives a nudge. Run it again for the next, stronger
#   hint.
# - **Predictions.** Before a result you say what you expect. Only then the measured answer means something
#   to you.
# - **Folded cells.** Cells that only report, and answers to predictions, have their code folded away. Run
#   them like any other; click to see the code. A triangle in the text opens what you may skip, and the one
#   under a figure opens its numbers.
# - **Claims.** At the end, the lesson's main results are held against what your run measured.
# - **Shapes.** `Float[Tensor, "samples n"]` in a function's first line says: a tensor of numbers with one
#   row for each sample and one column for each of n features. It is a note to the reader; nothing enforces
#   it.
# - **Scale.** `SCALE` near the top is `"lesson"`: sized for two cores. `"smoke"` runs everything in a few
#   seconds, too small to show anything; `"full"` takes longer: more models, longer training.
#   `lesson.pick(smoke=…, lesson=…, full=…)` in a cell picks the size.
#
# This is how a check looks when an answer is wrong. It is the check of the first exercise, further down:
# the function below was asked for several rows and gives one. (`seed=0` makes the check draw the same cases
# each time. You can leave it out.)


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
x = lesson.use.draw_features(samples, torch.full((5,), 0.1), generator)
silent = (x == 0).all(dim=1).float().mean().item()

one_mask = (torch.rand(samples, 1, generator=generator) < 0.1).expand(-1, 5)  # the control: all or nothing
silent_control = (~one_mask).all(dim=1).float().mean().item()
print(f"active entries: {(x > 0).float().mean():.3f}, with one mask for all: {one_mask.float().mean():.3f}")
print(f"silent inputs:  {silent:.3f}, with one mask for all: {silent_control:.3f}")

# %%
lesson.reveal(
    prediction_a, "b",
    f"All five are silent with probability 0.9^5 = {0.9**5:.3f}; here it was {silent:.3f}. With one mask for "
    f"all, each is active as often, but {silent_control:.3f} of the inputs are silent. Density is not "
    "everything: independence matters as much.",
)  # fmt: skip

# %%
drawings.show("sparse_inputs")

# %% [markdown]
# The second number of each line is a **negative control**: the same numbers without the property that the
# result should hang on. Each result of this course stands beside a baseline or a control.
#
# <details>
# <summary>Are features of real text independent?</summary>
#
# No. "Is French" and "is a question" nearly are, "is French" and "mentions Paris" are not. Independence is
# what makes the toy world simple enough to compute with. Lesson 03 drops it, and features that come
# together then keep out of each other's way.
#
# </details>

# %% [markdown]
# ## Exercise 0.2 · How much do directions overlap?
# *Difficulty 1/5 · about 4 minutes*
#
# A network stores feature $i$ as a direction: column $W_i$ of a matrix $W$ with $m$ rows, one for each
# dimension, and $n$ columns, one for each feature. With $n > m$ the directions cannot all be at right
# angles. How much two of them overlap is the cosine of their angle:
#
# $$C_{ij} = \frac{W_i \cdot W_j}{\lVert W_i \rVert\,\lVert W_j \rVert}, \qquad C_{ij} = 0 \text{ if } W_i =
# 0 \text{ or } W_j = 0.$$
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


# %%
def ring(n: int) -> Float[Tensor, "2 n"]:
    """n directions of length 1, evenly around the circle."""
    angles = 2 * math.pi * torch.arange(n) / n
    return torch.stack([angles.cos(), angles.sin()])


# %% tags=["nbval-check-output"]
C = lesson.use.cosine_similarities(ring(5))
print("feature 0 overlaps with features 0 to 4:", "  ".join(f"{c:.3f}" for c in C[0]))

# %% [markdown]
# To store an input, add up the directions of its active features: $h = Wx$, five numbers squeezed into two.
# To read feature $i$ back, look how far $h$ reaches along its direction: $W_i \cdot h$. If only feature $j$
# is active, $h$ lies along $W_j$, and feature $i$ reads the overlap of the two although it is not there.
# That is **interference**, and it comes in two kinds.

# %%
drawings.show("interference_projection")

# %% [markdown]
# A network has a cheap way to be rid of one kind. The function $\text{ReLU}(z) = \max(0, z)$ cuts off what
# is negative, so an overlap below zero does no harm as long as the features are active one at a time. Add a
# **bias** $b_i$ before the cut, one number for each feature, and you have the model of the first five
# lessons.

# %%
drawings.show("toy_model")

# %% [markdown]
# ## Exercise 0.3 · Squeeze and read back
# *Difficulty 1/5 · about 4 minutes*
#
# Write what the model makes of each input, a row of `x`:
#
# $$x' = \text{ReLU}(W^\top h + b), \qquad h = W x.$$
#
# The formula has $x$ as a column, the code has it as a row, so $Wx$ for all inputs at once is `x @ W.T`.


# %% exercise="0.3"
def read_back(
    W: Float[Tensor, "m n"], b: Float[Tensor, "n"], x: Float[Tensor, "samples n"]
) -> Float[Tensor, "samples n"]:
    """What one model with weights W and biases b makes of each input, a row of x."""
    ### BEGIN SOLUTION
    h = x @ W.T  # "samples m"
    return torch.relu(h @ W + b)
    ### END SOLUTION


# %% check="0.3"
lesson.check("0.3", read_back)

# %% [markdown]
# How good is that? The loss is the squared error, summed over the features, averaged over inputs:
#
# $$L = \text{mean over inputs of } \sum_i (x_i - x'_i)^2.$$
#
# It needs a **baseline** to be held against. Two dimensions can hold two features at right angles with no
# error at all. So keep two, drop the other $n - 2$, and guess one number for each of these, the best there
# is.

# %% [markdown]
# ## Exercise 0.4 · The baseline, by hand
# *Difficulty 2/5 · about 6 minutes*
#
# What is the expected loss of that? Nobody gives you the formula: you need what is guessed for a dropped
# feature, and the mean of $(x_i - \text{guess})^2$ for a feature of density $p$ from exercise 0.1. Paper
# helps.


# %% exercise="0.4"
def keep_two_loss(n: int, p: float) -> float:
    """Expected loss of keeping two of n features of density p exactly, and guessing the others."""
    ### BEGIN SOLUTION
    variance = p / 3 - (p / 2) ** 2
    return (n - 2) * variance
    ### END SOLUTION


# %% check="0.4"
lesson.check("0.4", keep_two_loss)

# %% [markdown]
# <details>
# <summary>The formula, and where it comes from</summary>
#
# The best single number to guess is the mean, because of all constants it has the least squared error; what
# is left is the variance. The mean of $x_i$ is $p \cdot \tfrac12$, since it is active with probability $p$
# and then ½ on average. In the same way the mean of $x_i^2$ is $p \cdot \tfrac13$. A variance is the mean
# square minus the squared mean, so keeping two costs $(n - 2)\,(p/3 - p^2/4)$.
#
# </details>


# %%
def loss(W: Float[Tensor, "2 n"], b: float, x: Float[Tensor, "samples n"]) -> float:
    """Squared error of a model with the same bias for all features."""
    out = lesson.use.read_back(W, torch.full((len(x.T),), b), x)
    return (x - out).square().sum(dim=1).mean().item()


def inputs(n: int, p: float, seed: int, count: int = samples) -> Float[Tensor, "samples n"]:
    return lesson.use.draw_features(count, torch.full((n,), p), torch.Generator().manual_seed(seed))


def loss_ratio(W: Float[Tensor, "2 n"], b: float, p: float) -> float:
    """Loss of storing all n features, relative to keeping two."""
    n = len(W.T)
    return loss(W, b, inputs(n, p, SEED)) / lesson.use.keep_two_loss(n, p)


# %% [markdown]
# ## Predict: when does the pentagon pay?
#
# Directions of length 1, bias 0. At which densities does the pentagon have a lower loss than keeping two
# features?
#
# - (a) at all densities
# - (b) only below about one half
# - (c) only below about one in fifty

# %% tags=["predict"]
prediction_b = None  # your answer: "a", "b" or "c"

# %%
densities = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0]
pentagon = [loss_ratio(ring(5), 0.0, p) for p in densities]

random_W = torch.randn(20, 2, 5, generator=generator)  # the control: random directions, 20 times
random_W = random_W / random_W.norm(dim=1, keepdim=True)
by_frame = [
    [loss_ratio(W, 0.0, p) for W in random_W] for p in lesson.progress(densities, "random directions")
]
at_random = [sum(ratios) / 20 for ratios in by_frame]
crossing = max(p for p, ratio in zip(densities, pentagon, strict=True) if ratio < 1)

# %%
lesson.reveal(
    prediction_b, "a" if crossing == 1 else "b" if crossing >= 0.1 else "c",
    f"The pentagon has the lower loss up to p = {crossing}. A dropped feature costs whenever it is active; "
    "most interference needs two active features, and when features are rare that is rarer still.",
)  # fmt: skip

# %% fold="The figure"
lesson.show(
    figures.loss_ratio_by_density(densities, {"pentagon": pentagon, "five random directions": at_random}),
    see=f"below the dashed line five features beat two. The pentagon has {pentagon[2]:.2f} at p = 0.05 "
    f"and {pentagon[-1]:.1f} at 1. Random directions (mean of 20 draws) cost {min(at_random):.1f} at best.",
    alt=f"Loss ratio over density. The pentagon rises from {pentagon[0]:.2f} and crosses 1 after {crossing}.",
)

# %% [markdown]
# This is **superposition**: more features than dimensions, paid for with interference.
#
# Why should it pay when features are rare? Follow a single feature. If you drop it, you are wrong whenever
# it is active, and that happens with probability $p$. If you store it and something else is in its way,
# most of the harm is done when the two are active together, and because they are independent, that happens
# with probability $p^2$. At $p = 0.1$ the first is one input in ten, the second one in a hundred. So the
# rarer features are, the cheaper it is to let them share, while the price of dropping one stays what it
# was. What is left is the harm that a feature does alone, to those that it points a little towards.
#
# <details>
# <summary>Objection: nobody will guess a pentagon. Why should a network find one?</summary>
#
# It does not have to guess. In lesson 01 you start from random directions and follow the gradient of the
# loss. Directions that overlap too much push each other away, and five that push each other end up evenly
# spread.
#
# </details>

# %% [markdown]
# ## What length and bias buy
#
# So far every direction had length 1 and every bias was 0. Both are free, and a network would use them.
# With a negative bias, a reading has to reach a threshold before anything comes out.

# %%
drawings.show("bias_threshold")

# %% [markdown]
# Look at what that does. Two neighbours of the pentagon overlap by 0.31, so a feature of value 1 makes each
# neighbour read 0.31, and without a bias that is the error. A bias of −0.25 swallows most of it, because
# 0.31 − 0.25 is only 0.06. But it takes 0.25 off the feature's own reading too. A longer column gives that
# back, since a feature is read with its length squared: at length 1.12 it reads 1.25, and 1.25 − 0.25 is 1.
# So the two belong together. Their price is that small values drown: below the threshold nothing comes out.
#
# How much is it worth? The next cell tries lengths and biases for rings of 3 to 8 features. It chooses on
# one set of inputs and measures on another, so that luck in choosing does not count as skill.

# %%
LENGTHS = (0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4)
BIASES = (0.1, 0.0, -0.1, -0.2, -0.3, -0.45, -0.6, -0.8)


def tuned(W: Float[Tensor, "2 n"], p: float) -> tuple[float, float]:
    """The length and bias with the lowest loss of those above, on inputs used for nothing else."""
    trial = inputs(len(W.T), p, SEED + 1, samples // 20)
    return min((loss(a * W, b, trial), a, b) for a in LENGTHS for b in BIASES)[1:]


def tuned_ratio(W: Float[Tensor, "2 n"], p: float) -> float:
    length, bias = tuned(W, p)
    return loss_ratio(length * W, bias, p)


ns = range(3, 9)
plain = {n: [loss_ratio(ring(n), 0.0, p) for p in densities] for n in ns}
with toy.one_thread():
    best = {n: [tuned_ratio(ring(n), p) for p in densities] for n in lesson.progress(ns, "rings")}
    random_best = [tuned_ratio(W, 0.05) for W in lesson.progress(random_W[:10], "random directions")]

# %% fold="The table" tags=["nbval-check-output"]
print("loss ratio at p = 0.01, plain:", "  ".join(f"{n}: {plain[n][0]:.2f}" for n in ns))
print("                        tuned:", "  ".join(f"{n}: {best[n][0]:.2f}" for n in ns))
print(f"tuned, p = 0.05: pentagon {best[5][2]:.2f}, the best of ten random frames {min(random_best):.2f}")

# %% [markdown]
# ## Play: how many features fit?
#
# Move the slider under the figure. From which number on does storing all of them never pay, with length 1
# and bias 0? And with both tuned? Look before you read on: the answers stand under the figure. (The
# baseline moves along: with $n$ features it drops $n - 2$.)

# %% fold="The figure"
kinds = {"length 1, bias 0": plain, "tuned": best}
lesson.show(
    figures.polygon_slider(densities, {n: ring(n) for n in ns}, kinds),
    see=f"with length 1 and bias 0, {max(n for n in ns if min(plain[n]) < 1)} is the most that pays. Tuned, "
    f"even eight cost only {best[8][0]:.2f} at density 0.01: a threshold swallows small overlaps.",
    alt="For 3 to 8 features: directions around a circle, and the loss ratio over density, plain and tuned.",
    table={"features": list(ns)}
    | {f"{k}, p = {densities[d]}": [of[n][d] for n in ns] for d in (0, 3) for k, of in kinds.items()},
)

# %% [markdown]
# <details>
# <summary>Why are three or four almost free?</summary>
#
# With three or four no two directions are closer than a right angle, so every overlap is zero or negative
# and the ReLU removes it. Only opposites that are active together do harm. Four are two pairs of opposites.
# Of a pair with values $u$ and $v$, both active, the larger comes out as $u - v$ and the other as 0, so
# both are off by the smaller value. Its mean square is ⅙. That makes $2 \cdot p^2 \cdot 2 \cdot \tfrac16 =
# \tfrac23 p^2$ for two pairs, and keeping two costs $2\,(p/3 - p^2/4)$. The ratio is exactly $p / (1 -
# \tfrac34 p)$.
#
# </details>
#
# The same, live, for any density, length and bias. (This one needs a running kernel; the slider above does
# not.) Set n = 5 and p = 0.01, and find the length and bias with the lowest ratio.


# %% play
def play(n: int = 5, p: float = 0.05, length: float = 1.0, bias: float = 0.0):
    W = length * ring(n)
    ratio = loss_ratio(W, bias, p)
    verdict = "storing all pays" if ratio < 1 else "keeping two is better"
    return HTML(f"{figures.directions_svg(W)}<div>loss ratio {ratio:.2f}: {verdict}</div>")


_ = ipywidgets.interact(play, n=(3, 12), p=(0.01, 1.0, 0.01), length=(0.5, 1.5, 0.05), bias=(-1.0, 0.5, 0.05))

# %% [markdown]
# ## Your experiment · Another world
# *about 10 minutes*
#
# Nobody can check this one for you, and it is what people remember of a course. Pick one change of the
# world, say what it will do to the pentagon's crossing (the largest density at which it still pays), try
# it, and write down what you saw. Each lesson has one such experiment.
#
# - Active features are always 1, instead of uniform on $[0, 1)$. (What does a dropped feature cost then?)
# - Features 0 and 1 are always active together. Or never.
# - One of the five directions is turned by 20 degrees. Or one is a little longer.


# %% experiment="code"
### BEGIN SOLUTION
def ratio_of_ones(p: float) -> float:
    """The pentagon's loss ratio where active features are 1; a dropped one then costs p − p²."""
    return loss(ring(5), 0.0, inputs(5, p, SEED).ceil()) / (3 * (p - p**2))


print("uniform:", "  ".join(f"{loss_ratio(ring(5), 0.0, p):.2f}" for p in densities[:-1]))
print("ones:   ", "  ".join(f"{ratio_of_ones(p):.2f}" for p in densities[:-1]))
### END SOLUTION

# %% [markdown] experiment="answer"
# I made active features 1 instead of uniform, and left everything else. I expected the pentagon to win up
# to a higher density, because a dropped feature costs $p - p^2$ now, three times as much where it is rare.
# At 0.01 the ratio is nearly the same, since interference grew by the same factor. At higher densities it
# is larger, and the crossing comes earlier: $p - p^2$ falls again above ½, because always 1 is easy to
# guess. So what counts is the ratio of harm to cost, not the cost alone. I did not tune the bias, which
# might change that.

# %% [markdown]
# ## Claims
#
# What this lesson said, held against what your run measured. A claim that fails says FAILS. If you see one,
# something changed: your code, the kit or a library. The loss of four features is computed over all inputs,
# not sampled (you build such a function in lesson 02), so that claim is tight.


# %% fold="The claims" tags=["nbval-check-output"]
lesson.claim("start.silent_inputs", silent, between=(0.58, 0.60))
lesson.claim("start.silent_inputs_one_mask", silent_control, at_least=0.89)
lesson.claim("start.pentagon_sparse", pentagon[2], at_most=0.5, paper="superposition when sparse")
lesson.claim("start.pentagon_dense", pentagon[-1], at_least=1.0, paper="no superposition when dense")
four = toy.expected_loss(ring(4)[None], torch.zeros(1, 4), torch.ones(1, 4), torch.tensor([0.01])).item()
lesson.claim("start.four_exact", four / lesson.use.keep_two_loss(4, 0.01), between=(0.01007, 0.01008))
lesson.claim("start.random_directions_best", min(at_random), at_least=1.0)
lesson.claim("start.pentagon_tuned", best[5][0], at_most=0.15)
lesson.claim("start.eight_plain", plain[8][0], at_least=1.0)
lesson.claim("start.eight_tuned", best[8][0], at_most=0.7)
lesson.claim("start.random_tuned_over_pentagon", min(random_best) / best[5][2], at_least=1.0)

# %% [markdown]
# **Where this departs from the paper.** The paper trains $W$ and $b$. Here the directions are given, and
# one length and one bias serve all features, the best of a few. In lesson 01 you train both.

# %% [markdown]
# ## Discussion
#
# 1. A sparse world lets a network store more features than it has dimensions. Would you expect a larger
#    network to have *less* superposition, or the same with more features?
# 2. You could forbid superposition: one feature, one dimension. What would that cost at density 0.05, by
#    the figure? And what would you gain, if you want to read the network?
# 3. Brains have many neurons, but there are more things to know than neurons. What would you look for in
#    recordings of neurons if brains used superposition too?
#
# ## What you can now say
#
# - A feature's density is how often it is active; in a sparse world most features are silent in most
#   inputs.
# - Five directions fit into two dimensions if you accept that they overlap. Reading one back then picks up
#   something of the others: interference.
# - Superposition pays when features are rare, because dropping a feature costs in a share $p$ of the inputs
#   and most interference needs two at once, a share of $p^2$.
# - The ReLU makes negative overlaps free, and a negative bias swallows small positive ones.
# - A number means little without its baseline and its control.
#
# ### Three readings
#
# 1. TM, [the introduction](https://transformer-circuits.pub/2022/toy_model/index.html) up to "Definitions
#    and Motivation": the pentagon is its first figure. 10 minutes.
# 2. TM, [Demonstrating
#    Superposition](https://transformer-circuits.pub/2022/toy_model/index.html#demonstrating), the set-up
#    only: what you build in lesson 01. 10 minutes.
# 3. M, [the summary of results](https://transformer-circuits.pub/2023/monosemantic-features/index.html):
#    where the course is going. 5 minutes.
#
# ## Done
#
# The last cell of each lesson shows where you stand. Next: lesson 01, where you train models that
# find superposition by themselves, and see when they do without it.
#
# [The map](../docs/map.md) shows the kit's modules, and which to read with which lesson.

# %%
lesson.summary()
