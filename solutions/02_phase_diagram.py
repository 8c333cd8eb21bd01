# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# course:
#   number: "02"
#   title: The phase diagram
#   minutes: 100
#   needs: ["01"]
#   papers: ["TM: Superposition as a Phase Change"]
# ---

# %% [markdown]
# # 02 · The phase diagram
#
# A model has one hidden number and two features to store in it. It can keep one feature and drop the other,
# or squeeze both in, back to back. Which of these is best depends on two things only: how important the
# second feature is, and how often features occur. Draw that as a map and you get the picture below: regions
# with borders between them, like ice, water and steam. The left half of it needs only a pen. The right half
# is 25,000 small models, trained in seconds. In this lesson you make both, and find out where and why they
# differ.
#
# - **Time:** about 100 minutes; the cells themselves run in about one.
# - **Needs:** lesson 01 (what superposition is). Every term is defined again here.
# - **Rebuilds:** *Toy Models of Superposition* (TM), section
#   [Superposition as a Phase Change](https://transformer-circuits.pub/2022/toy_model/index.html#phase-change):
#   theory and training, for 2 features in 1 dimension and for 3 features in 2 dimensions.
#
# **Words.** A *feature* is one quantity $x_i$ that a model may store. Its *density* $p$ is the probability
# that it is on; the paper writes $S = 1 - p$ and calls that sparsity. Its *importance* $I_i$ is its weight
# in the loss. *Superposition* is storing more features than there are dimensions. A *phase* is a region of
# the map in which the best model has the same structure. Two features are *antipodal* when they lie at
# opposite ends of one line.
#
# The words below each figure fit `SCALE = "lesson"`. At `"smoke"` the maps are too coarse for all of them.

# %% [markdown]
# ## Recall
#
# <details>
# <summary>Lesson 01: what can a model with a ReLU do that a linear one can't, and when does it pay?</summary>
#
# It stores more features than it has dimensions, since the ReLU cuts off what a feature puts on the opposite
# side of another. It pays when features are rare. A linear model keeps the $m$ most important ones at any
# density, as PCA does.
#
# </details>
#
# <details>
# <summary>Lesson 01: two features are opposites on one line. In which inputs is there a price?</summary>
#
# Only where both are on, a share of $p^2$. With one on, the other reads a negative number, and the ReLU makes
# 0 of it, which is right.
#
# </details>

# %% tags=["parameters"]
SCALE = "lesson"
SEED = 0

# %%
from itertools import product

import ipywidgets as widgets
import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

import course_utils
from course_utils import toy
from course_utils.figures import drawings, grouped_bars, lines, theme
from course_utils.figures import toy as figures

lesson = course_utils.start("02", scale=SCALE, seed=SEED)

# %% [markdown]
# ## The picture
#
# The cell below makes it with the kit's own code. By the end you will have written the parts that matter
# yourself. On a grid of cells, each with its own importance $r$ of the second feature and its own density
# $p$, it trains 10 models from random starts and keeps the one with the lowest loss. In all maps $r$ goes
# from 0.1 to 10, to the right, and $p$ from 0.01 to 1, upwards, in equal ratios.

# %%
CELLS = lesson.pick(smoke=8, lesson=50, full=100)  # the map has CELLS × CELLS cells
STARTS = lesson.pick(smoke=4, lesson=10, full=20)  # random starts in each cell

grid = toy.phases.cells(CELLS)
generator = torch.Generator().manual_seed(SEED)
trained2 = toy.phases.train_cells(2, grid, STARTS, generator, lambda it: lesson.progress(it, "2 features"))

theory2 = toy.theory.theory_phase(2, grid.r, grid.p)

# %% fold="The maps"
panels = {"theory": theory2, "trained": toy.phases.phase_of(toy.best_models(trained2).W)}
lesson.show(
    figures.phase_diagrams(2, grid, panels),
    see="each of the three regions is one way to use the only hidden dimension. Rare features (low on the "
    "map) share it. Of frequent ones (high up) the less important is dropped.",
)

# %% [markdown]
# ## The model
#
# Feature $i$ is on with probability $p$, and then $x_i$ is uniform on $[0, 1]$. Otherwise $x_i = 0$. The
# features are independent. The model compresses $n$ features into $m$ hidden numbers and unpacks them with
# the same weights:
#
# $$h = Wx, \qquad x' = \mathrm{ReLU}(W^\top h + b), \qquad
# L = \mathbb{E}\,\sum_i I_i\,(x_i - x'_i)^2 .$$
#
# The *bias* $b$ is one number for each output, trained like $W$. The ReLU turns what is negative into 0.
#
# Here $n = 2$ and $m = 1$, so $W = [w_1, w_2]$ is a row of two numbers. The first feature, the *unit*
# feature, has importance 1. The second, the *varied* feature, has importance $r$. What can the model do?
# The theory looks at three *candidates*:
#
# | candidate | $W$ | the model |
# |---|---|---|
# | varied feature dropped | $[1, 0]$ | returns $x_1$ exactly and guesses $x_2$ |
# | unit feature dropped | $[0, 1]$ | returns $x_2$ exactly and guesses $x_1$ |
# | antipodal pair | $[1, -1]$ | stores both, in opposite directions: superposition |
#
# Work out what each costs. That is the theory half of the map.

# %%
drawings.show("candidate_arrangements")

# %% [markdown]
# ## Exercise 2.1 · The price of dropping a feature
# *Difficulty 2/5 · about 8 minutes*
#
# If $w_i = 0$, output $i$ is $\mathrm{ReLU}(b_i)$: the same number for every input. Training chooses the
# best one. What loss is left for a feature of importance $I$ and density $p$?
#
# $$L_\text{drop} = I\,\min_c\, \mathbb{E}\,(x - c)^2$$
#
# Find the closed form. Your function gets numbers, or tensors of one shape.


# %% exercise="2.1"
def drop_loss(importance, p):
    """Expected loss of a feature that is not stored, its bias being the best there is.

    importance, p: numbers, or tensors of one shape. Returns the same.
    """
    ### BEGIN SOLUTION
    mean, mean_square = p / 2, p / 3
    return importance * (mean_square - mean**2)
    ### END SOLUTION


# %% check="2.1"
lesson.check("2.1", drop_loss)

# %% [markdown]
# ## Exercise 2.2 · The price of sharing a direction
# *Difficulty 3/5 · about 12 minutes*
#
# Take $W = [1, -1]$ and $b = 0$. The hidden number is $h = x_1 - x_2$, and the outputs are
# $\mathrm{ReLU}(h)$ and $\mathrm{ReLU}(-h)$. Go through the four on/off patterns of the two features. What
# comes out, and how wrong is it? Average:
#
# $$L_\text{pair} = \mathbb{E}\left[ I_1 (x_1 - \mathrm{ReLU}(x_1 - x_2))^2
# + I_2 (x_2 - \mathrm{ReLU}(x_2 - x_1))^2 \right]$$
#
# Find the closed form for importances `first` and `second`.


# %% exercise="2.2"
def antipodal_loss(first, second, p):
    """Expected loss of two features of importance `first` and `second`, stored as W = [1, −1] with b = 0.

    first, second, p: numbers, or tensors of one shape. Returns the same.
    """
    ### BEGIN SOLUTION
    both_on = p**2
    smaller_squared = 1 / 6  # E min(x, y)² over the unit square
    return (first + second) * both_on * smaller_squared
    ### END SOLUTION


# %% check="2.2"
lesson.check("2.2", antipodal_loss)

# %% [markdown]
# <details>
# <summary>Where does the factor come from, once you have yours?</summary>
#
# Of the four patterns only one costs: both on, with probability $p^2$. The larger of the two comes out as the
# difference, the smaller as 0, so either output is off by the smaller of the two. For two numbers drawn
# uniformly from $[0, 1]$, the smaller has the probability density $2(1 - t)$, so the mean of its square is
# $\int_0^1 t^2 \cdot 2(1 - t)\,dt = \tfrac23 - \tfrac12 = \tfrac16$. Hence
# $L_\text{pair} = (I_1 + I_2)\,p^2/6$.
#
# </details>
#
# <details>
# <summary>Objection: is a pair of opposites not simply one feature with a sign?</summary>
#
# As long as they are never on together, yes, and then the pair costs nothing: in lesson 03 features that
# exclude each other come to lie on one line. Here they are independent, so now and then both are on, and one
# number can't say so.
#
# </details>

# %% [markdown]
# ## Predict: rarer and rarer
#
# Dropping one of two equally important features costs `drop_loss(1, p)`; pairing them costs
# `antipodal_loss(1, 1, p)`. At low density, make the features ten times rarer: $p \to p/10$. Dropping then
# costs nearly ten times less. By what factor does the pair get cheaper?
#
# (a) 10, as well (b) 100 (c) 1000

# %% tags=["predict"]
prediction_rarer = None  # your answer: "a", "b" or "c"

# %%
density = torch.logspace(-2, 0, 25, dtype=torch.float64)
one = torch.ones_like(density)
drop, pair = lesson.use.drop_loss(one, density), lesson.use.antipodal_loss(one, one, density)
prices = {"drop one": drop.tolist(), "antipodal pair": pair.tolist()}
cheaper = {"drop": drop[12] / drop[0], "pair": pair[12] / pair[0]}  # from p = 0.1 to p = 0.01

# %% fold="The two prices"
from_p, to_p = density[(pair < drop).nonzero().max()], density[(pair > drop).nonzero().min()]
lesson.show(
    lines(density.tolist(), prices, x_title="density p", y_title="expected loss", log="xy"),
    see=f"at low density the pair's slope is {cheaper['pair'].log10():.2f}, the other's "
    f"{cheaper['drop'].log10():.2f}. They cross between p = {from_p:.2f} and {to_p:.2f}.",
)

# %% tags=["nbval-check-output"]
answer_rarer = "a" if cheaper["pair"] < 30 else "b" if cheaper["pair"] < 300 else "c"
lesson.reveal(
    prediction_rarer, answer_rarer,
    f"{cheaper['pair']:.0f} times. A dropped feature is missed whenever it is on: p. A pair fails only "
    "when both are on: p². Rare features almost never meet, so sharing is almost free.",
)  # fmt: skip

# %% [markdown]
# That is the whole reason for the map. Dropping a feature costs in proportion to $p$, because it is missed
# whenever it is on. Sharing costs in proportion to $p^2$, because it fails only when two things happen at
# once. Halve the density, and the one price falls to a half, the other to a quarter; so whatever the
# constants are, sharing wins once features are rare enough. (At high density the first of these laws fails: a
# feature that is nearly always on is easier to guess, so the price of dropping it bends down.) But the pair
# pays with both importances and the drop only with the smaller one. Therefore the more the two differ, the
# rarer they have to be: at $r = 0.1$ a drop costs a tenth of what it does at $r = 1$, the pair about half.

# %% [markdown]
# ## Exercise 2.3 · The phase boundary
# *Difficulty 2/5 · about 10 minutes*
#
# The pair competes with the cheaper of the two drops. They cost the same at one density above 0,
# $p^*(r)$: below it the pair wins.
#
# $$L_\text{pair}(p^*) = \min(L_\text{drop varied}(p^*),\ L_\text{drop unit}(p^*))$$
#
# Solve for $p^*$. Which drop is cheaper depends on $r$, so you need both sides of $r = 1$.


# %% exercise="2.3"
def boundary(r: Float[Tensor, "points"]) -> Float[Tensor, "points"]:
    """Density p* at which the antipodal pair costs as much as dropping the less important feature."""
    ### BEGIN SOLUTION
    below = 4 * r / (2 + 5 * r)
    above = 4 / (2 * r + 5)
    return torch.where(r <= 1, below, above)
    ### END SOLUTION


# %% check="2.3"
lesson.check("2.3", boundary)

# %% [markdown]
# Your three formulas are the theory half of the map. In each cell, name the candidate with the lowest loss.
# In the code a phase is a number, its place in the kit's list `toy.theory.STRUCTURES[2]`: 0 drops the varied
# feature, 1 the unit one, and 2 is the pair. (3 is no candidate. You meet it later.)

# %%
names2 = [s.name for s in toy.theory.STRUCTURES[2]]
PAIR, SAME_SIDE = names2.index("antipodal pair"), names2.index("same side")
unit = torch.ones_like(grid.r)  # the unit feature's importance, in every cell
candidates2 = torch.stack(
    [
        lesson.use.drop_loss(grid.r, grid.p),
        lesson.use.drop_loss(unit, grid.p),
        lesson.use.antipodal_loss(unit, grid.r, grid.p),
    ],
    dim=1,
)
your_theory2 = candidates2.argmin(1)
line = lesson.use.boundary(grid.importance)

# %% fold="Your map"
lesson.show(
    figures.phase_diagrams(2, grid, {"theory": your_theory2}, line=line),
    see="the white line is p*(r). It is highest, 4/7, where both features are equally important: there three "
    "regions meet. The more the importances differ, the rarer the features must be.",
)

# %% [markdown]
# ## The expected loss, without sampling
#
# Now the trained half. The paper trains on random batches. That is noisy, and for a map of 2500 cells it is
# slow. But we know the distribution of the inputs, so the average can be *computed*.
#
# One feature: with probability $1 - p$ it is 0, else uniform. A uniform average is an integral, and a
# **Gauss–Legendre rule** replaces it by a sum over a few *nodes* $t_q$ with *weights* $v_q$. With $Q$ nodes
# it is exact for every polynomial of degree up to $2Q - 1$:
#
# $$\mathbb{E} f(x) = (1 - p)\,f(0) + p \int_0^1 f(x)\,dx
# \;\approx\; (1 - p)\,f(0) + p \sum_{q=1}^{Q} v_q\, f(t_q) .$$
#
# The $\approx$ is there for the ReLU: with its kink, the loss isn't one polynomial from 0 to 1.
#
# So one feature needs $Q + 1$ points: 0 and the nodes. Several independent features need every combination,
# $(Q + 1)^n$ points; the weight of a combination is the product of its parts.

# %%
drawings.show("quadrature_points")

# %% [markdown]
# <details>
# <summary>Why are Q nodes enough for degree 2Q − 1?</summary>
#
# $Q$ nodes with $Q$ weights are $2Q$ numbers that one may choose, and a polynomial of degree $2Q - 1$ has
# $2Q$ coefficients. So there are as many wishes (integrate $1, t, t^2, \dots, t^{2Q-1}$ exactly) as there is
# freedom. Gauss found that they can all be granted: the nodes are the zeros of the Legendre polynomial of
# degree $Q$. Equally spaced nodes use up half of that freedom, and get only about half as far.
#
# </details>

# %% [markdown]
# ## Exercise 2.4 · A rule that averages over all inputs
# *Difficulty 4/5 · about 15 minutes*
#
# Write the rule for $n$ features. The points are the same for every density; the weights are not, so there is
# one row of weights for each model: `inst` in the stub is the number of models, or *instances*, each with its
# own density; `pts` is the number of points. `np.polynomial.legendre.leggauss(nodes)` gives nodes and weights
# for the interval $[-1, 1]$; you need them for $[0, 1]$. `product`, imported above, lists all combinations.
# The order of the points does not matter.


# %% exercise="2.4"
def quadrature(
    n: int, p: Float[Tensor, "inst"], nodes: int
) -> tuple[Float[Tensor, "pts n"], Float[Tensor, "inst pts"]]:
    """Points and weights that average over n independent features, for each of several densities p.

    pts is (nodes + 1)ⁿ. Each row of weights adds up to 1. Both have the dtype of p.
    """
    ### BEGIN SOLUTION
    t, v = np.polynomial.legendre.leggauss(nodes)
    values = torch.tensor([0.0, *(t + 1) / 2], dtype=p.dtype)
    on = torch.tensor(v / 2, dtype=p.dtype)
    single = torch.cat([1 - p[:, None], p[:, None] * on], dim=1)  # "inst nodes+1"
    index = torch.tensor(list(product(range(nodes + 1), repeat=n)))  # "pts n"
    return values[index], single[:, index].prod(-1)
    ### END SOLUTION


# %% check="2.4"
lesson.check("2.4", quadrature)

# %% [markdown]
# ## Exercise 2.5 · The expected loss of many models at once
# *Difficulty 3/5 · about 12 minutes*
#
# A model here has four parameters. Training one such model on its own wastes the machine: nearly all the
# time goes into starting operations. So put *instances* first: `W` holds all the models, with shape `(inst,
# m, n)`, and each operation serves thousands of them.
#
# $$L_a = \sum_s \omega_{as} \sum_i I_{ai}
# \left( x_{si} - \mathrm{ReLU}(W_a^\top W_a x_s + b_a)_i \right)^2 .$$
#
# Here $a$ counts the models, $s$ the points, and $\omega_{as}$ is model $a$'s weight of point $s$. If that is
# one dimension too many, write it for one model first, with `W.T @ W`, then put the instances in front.


# %% exercise="2.5"
def grid_loss(
    W: Float[Tensor, "inst m n"],
    b: Float[Tensor, "inst n"],
    importance: Float[Tensor, "inst n"],
    points: Float[Tensor, "pts n"],
    weights: Float[Tensor, "inst pts"],
) -> Float[Tensor, "inst"]:
    """Loss of each model, averaged over the points with that model's own weights. Differentiable."""
    ### BEGIN SOLUTION
    gram = W.transpose(1, 2) @ W
    out = (points @ gram + b[:, None, :]).relu()
    error = ((points - out) ** 2 * importance[:, None, :]).sum(-1)
    return (error * weights).sum(-1)
    ### END SOLUTION


# %% check="2.5"
lesson.check("2.5", grid_loss)

# %% [markdown]
# ### Is it right? Compare with sampling
#
# A random model, and its loss in two ways: as the mean over $N$ random inputs, and by the rule. The
# reference is the kit's `expected_loss`: it splits the integral where the ReLU kinks, so it is exact to
# many more digits.

# %%
one_model = torch.tensor([[[0.9, -0.7]]]), torch.tensor([[0.05, 0.1]]), torch.tensor([[1.0, 0.5]])
one_model, p_one = [x.double() for x in one_model], torch.tensor([0.3]).double()
exact = toy.expected_loss(*one_model, p_one, nodes=64)

draws = torch.Generator().manual_seed(SEED)
by_samples, by_nodes = {}, {}  # inputs evaluated: relative error of the loss
for samples in [10, 100, 1000, 10_000, 100_000]:
    tries = [toy.sampled_loss(*one_model, toy.sample(p_one, 2, samples, draws)) for _ in range(20)]
    by_samples[samples] = (torch.stack(tries) / exact - 1).square().mean().sqrt().item()
for nodes in [2, 4, 8, 16, 32]:
    value = lesson.use.grid_loss(*one_model, *lesson.use.quadrature(2, p_one, nodes))
    by_nodes[(nodes + 1) ** 2] = (value / exact - 1).abs().item()

# %% fold="The two errors" tags=["nbval-check-output"]
lesson.table({"inputs": [100, 81], "relative error": [by_samples[100], by_nodes[81]]}, digits=4)
millions = round(1e-6 * 100 * (by_samples[100] / by_nodes[81]) ** 2)
lesson.show(
    figures.error_by_points({"random samples": by_samples, "Gauss–Legendre": by_nodes}),
    see="sampling needs 100 times the inputs for one more digit. To match the rule's 81 points it would need "
    f"some {millions:,} million. Without the ReLU's kink the rule would be exact with 2 nodes.",
)

# %% [markdown]
# ## Train thousands of models
#
# `toy.adam` is a plain loop: your loss, summed over the models, `backward()`, one Adam step. The models
# share no parameter, so the gradient of the sum trains each on its own. The starts are random: $W$
# Xavier-normal as in the paper, that is, normal with standard deviation $\sqrt{2/(n+m)}$, and $b = 0$. No
# start knows anything about the candidates. Adam is slow, so this map is coarser than the first, and it
# trains on a rule with four nodes (25 points; the last figure shows its error). The losses that you compare
# afterwards are exact.

# %%
coarse = toy.phases.cells(lesson.pick(smoke=6, lesson=16, full=50))
r, p = (x.repeat_interleave(STARTS) for x in (coarse.r, coarse.p))  # every cell, STARTS times
importance = toy.phases.importances(2, r)
points, weights = lesson.use.quadrature(2, p, 4)
W0, b0 = toy.random_starts(len(r), n=2, m=1, generator=generator)
ADAM_STEPS = lesson.pick(smoke=30, lesson=300, full=1000)
loss_fn = lesson.use.grid_loss
W, b = toy.adam(
    (W0, b0),
    lambda W, b: loss_fn(W, b, importance, points, weights),
    ADAM_STEPS,
    progress=lambda steps: lesson.progress(steps, "Adam"),
)

final = toy.expected_loss(W.double(), b.double(), importance.double(), p.double())
final, W, b = (x.unflatten(0, (len(coarse.r), STARTS)) for x in (final, W, b))  # "cell start ..."

# %% [markdown]
# Every cell now has several trained models. They do not agree: where a model ends depends on where it
# started.

# %% [markdown]
# ## Predict: how many starts get there?
#
# Look at the cells where the pair is best. Of ten random starts in such a cell, how many end within 1 % of
# the lowest loss among them?
#
# (a) nearly all (b) about half (c) about one

# %% tags=["predict"]
prediction_starts = None  # your answer: "a", "b" or "c"

# %% tags=["nbval-check-output"]
shared = toy.theory.theory_phase(2, coarse.r, coarse.p) == PAIR
arrived = final <= 1.01 * final.amin(1, keepdim=True)
ends = toy.phases.phase_of(W.flatten(0, 1)).view(arrived.shape)  # the nearest structure: exercise 2.7
missed = {
    "with one feature dropped": (ends != PAIR) & (ends != SAME_SIDE) & ~arrived,
    "on the same side": (ends == SAME_SIDE) & ~arrived,
    "as a pair, higher up": (ends == PAIR) & ~arrived,
}
shares = {name: where[shared].double().mean().item() for name, where in missed.items()}
success = 1 - sum(shares.values())
lesson.table({"end": ["within 1 % of the lowest loss", *shares], "share": [success, *shares.values()]})
print(f"at this rate all {STARTS} starts of a cell fail with probability {(1 - success) ** STARTS:.1g}")

# %%
lesson.reveal(
    prediction_starts, "a" if success > 0.75 else "b" if success > 0.25 else "c",
    f"{success:.0%}. Half of all random starts give the two features weights of the same sign. From there, "
    "the way to the opposite side is flat, or leads over a ridge of higher loss: one feature goes first. "
    f"{shares['with one feature dropped']:.0%} of all starts end there, with one feature given up.",
)  # fmt: skip

# %%
drawings.show("ridge_between_starts")

# %% [markdown]
# Many of those ends are *local minima*: no small step improves the model, yet a better one exists. Why do
# they stay there? A start with weights of one sign stores the sum of the two features, and from the sum each
# is read wrongly nearly always. So one of them grows and the other shrinks. How far depends on $r$. Near
# $r = 1$ it stops short of 0, where a little of it still pays, with a negative bias for the stronger feature.
# That is a true local minimum: on the way to the opposite side lies $w = 0$, and there the loss is higher.
# (The drawing is a sketch: in these models the ridge is low, and its top is at $w = 0$.) Far from $r = 1$ the
# weight shrinks to 0 itself. Mostly no ridge is left then, but hardly any push either: a tiny negative weight
# gains in proportion to its square, and at $w = 0$ there is no slope to follow. So the 50 % of starts that
# begin with the wrong sign often end with one feature. Theory speaks of the best model; therefore the
# statistic to compare with it is the **lowest loss among k starts**. That all starts of a cell fail is rare,
# as the line printed under the table says.

# %% [markdown]
# ## Exercise 2.6 · The lowest loss of k starts
# *Difficulty 2/5 · about 6 minutes*
#
# Keep from each cell what belongs to the start with the lowest loss. `x` may be anything that has one entry
# for each start: the losses themselves, `b`, or `W`.


# %% exercise="2.6"
def best_of(
    loss: Float[Tensor, "cell start"], x: Shaped[Tensor, "cell start *rest"]
) -> Shaped[Tensor, "cell *rest"]:
    """In each cell, the entry of x that belongs to the start with the lowest loss."""
    ### BEGIN SOLUTION
    cell = torch.arange(len(x))
    winner = loss.argmin(dim=1)
    return x[cell, winner]
    ### END SOLUTION


# %% check="2.6"
lesson.check("2.6", best_of)

# %% [markdown]
# ## Exercise 2.7 · Name the phase
# *Difficulty 3/5 · about 12 minutes*
#
# A trained $W$ is never exactly $[1, -1]$. It may be $[-0.97, 1.03]$. What do we call it? The sign of the
# hidden number is a matter of taste, as is any rotation of a hidden plane: the output depends on $W$ only
# through the matrix $G = W^\top W$, the *Gram matrix* (squared lengths of the features' columns on its
# diagonal, inner products beside it). So compare Gram matrices: give a model the name of the nearest one
# among those of the candidates,
#
# $$\arg\min_u \sum_{ij} \left(G_{ij} - G^{(u)}_{ij}\right)^2 .$$
#
# One structure may have several *variants* $u$. With three features, for instance, either of two unit
# features may be dropped. `names` says which structure a variant belongs to.


# %% exercise="2.7"
def classify(
    W: Float[Tensor, "inst m n"], grams: Float[Tensor, "variant n n"], names: Int[Tensor, "variant"]
) -> Int[Tensor, "inst"]:
    """The name of the variant whose Gram matrix is nearest to WᵀW, for each model."""
    ### BEGIN SOLUTION
    gram = W.transpose(1, 2) @ W
    distance = ((gram[:, None] - grams) ** 2).sum(dim=(2, 3))
    return names[distance.argmin(dim=1)]
    ### END SOLUTION


# %% check="2.7"
lesson.check("2.7", classify)

# %% [markdown]
# ## Theory beside your models
#
# The kit's list of structures holds the candidates, and arrangements that the theory leaves out: for $n =
# 2$ "same side", $W = [\sqrt{½}, \sqrt{½}]$. A model that ends nearest to one of those counts as a
# disagreement. *Agreement* is the share of **all** cells where both maps give the same name, borders
# included.

# %%
grams, names = toy.phases.structure_grams(2)
adam_phase = lesson.use.classify(lesson.use.best_of(final, W), grams, names)
adam_theory = toy.theory.theory_phase(2, coarse.r, coarse.p)
adam_agreement = toy.phases.agreement(adam_phase, adam_theory)

# %% fold="Theory and Adam"
lesson.show(
    figures.phase_diagrams(2, coarse, {"theory": adam_theory, "trained by Adam": adam_phase}),
    see=f"the same regions: {adam_agreement:.1%} of the {len(coarse.r)} cells agree.",
)

# %% [markdown]
# ### A faster way down
#
# Adam takes hundreds of small steps, and needs most of them at low density: there the loss is a sum of a term
# in $p$ and a much smaller one in $p^2$, and once a pair has brought the first near 0, only the second is
# left to follow. But a model with four parameters can afford better. `toy.train` solves for the whole step:
# near the minimum the loss is almost a parabola, and the bottom of a parabola is found in one go
# (Levenberg–Marquardt, a damped Gauss–Newton method; open `course_utils/toy/training.py`). It uses the exact
# loss. It made the first picture, from random starts drawn in the same way. Here is that map again, now with
# your `best_of` and `classify`.
#
# <details>
# <summary>Does another optimiser not change the result?</summary>
#
# Not the loss surface, so not the minima: what is lowest is lowest for both. It changes which minimum a start
# rolls into, and so how often the lowest is found. Both shares are printed below; you come back to them when
# you compare statistics.
#
# </details>

# %%
best2 = toy.Models(*(lesson.use.best_of(trained2.loss, x) for x in trained2))
phase2 = lesson.use.classify(best2.W, grams, names)
agreement2 = toy.phases.agreement(phase2, theory2)
ratio2 = toy.phases.loss_ratio(best2, 2, grid)  # trained loss / best candidate's
not_worse2 = (ratio2 <= 1.01).double().mean().item()
beats2 = (ratio2 < 0.9999).double().mean().item()
arrived2 = trained2.loss <= 1.01 * trained2.loss.amin(1, keepdim=True)
reached = arrived2[theory2 == PAIR].double().mean().item()
differ2 = phase2 != theory2
above = (grid.p / toy.theory.boundary(grid.r))[differ2]  # density as a multiple of the boundary's
in_band = ((above >= 1) & (above < 1.3)).sum().item()

# %% fold="How well they agree" tags=["nbval-check-output"]
found2 = {
    "cells where theory and training agree": agreement2,
    "starts within 1 % of the best, in the pair's cells": reached,
    "the same for Adam, on the coarser map": success,
    "cells with a loss of at most 1.01 × the best candidate's": not_worse2,
    "cells with a loss below every candidate's": beats2,
}
lesson.table({"of the second-order method": list(found2), "share": list(found2.values())}, digits=3)

# %% fold="The cells that differ" tags=["nbval-check-output"]
maps2 = figures.phase_diagrams(
    2,
    grid,
    {"theory": theory2, "trained": phase2},
    toy.theory.boundary(grid.importance),
    {"trained": differ2},
)
print(f"cells in which all {STARTS} starts missed: {int((ratio2 > 1.01).sum())} (loss above 1.01 × theory's)")
lesson.show(
    maps2,
    see=f"the two maps agree in {agreement2:.1%} of all cells. {in_band} of the {len(above)} cells that "
    f"differ (black dots) lie just above the boundary p*(r), in white: at {above.median():.2f} p* (median).",
)

# %% [markdown]
# ## Why the band?
#
# The dots lie on one side: trained models keep using the pair where theory has given it up. The reason is in
# the candidates, which are *frozen*: what they store has length one, and a pair has no bias. A trained pair
# may shrink one arm, stretch the other and add a little bias, and so get cheaper. A model that drops a
# feature gains less by such freedom: the dropped feature has its best bias already. To test this explanation,
# set the candidates free: start at each structure, minimise, and keep the lowest loss. If the explanation is
# right, this *relaxed theory* removes the band. But any method that minimises well would remove it, whatever
# the reason. It says more to free one thing at a time. In the cells of the band, let first only the biases
# move, then only the lengths, then both.

# %% tags=["nbval-check-output"]
relaxed2 = toy.phases.relax_candidates(2, grid, generator, lambda it: lesson.progress(it, "relaxed theory"))
relaxed_agreement2 = toy.phases.agreement(phase2, toy.phases.phase_of(relaxed2.W))
print(f"agreement with frozen candidates {agreement2:.3f}, with relaxed ones {relaxed_agreement2:.3f}")
one_dropped2 = (phase2 != PAIR) & (phase2 != SAME_SIDE)
for name, cells in {"pair": phase2 == PAIR, "one feature dropped": one_dropped2}.items():
    print(f"{name}: trained at most {1 - ratio2[cells].min().item():.1%} below the best frozen candidate")

# %%
variants = torch.stack([torch.tensor(W) for s in toy.theory.STRUCTURES[2] for W in s.W]).float()
r_band, p_band = (x[differ2].repeat_interleave(len(variants)) for x in (grid.r, grid.p))
W_band = variants.repeat(int(differ2.sum()), 1, 1)
b_band = torch.where(W_band[:, 0] == 0, p_band[:, None] / 2, 0.0)  # the best bias of a dropped feature
importance_band = toy.phases.importances(2, r_band)


def loss_band(W, b):
    return toy.expected_loss(W, b, importance_band, p_band, nodes=8)


def closed(W, b) -> float:
    """Share of the band's cells whose best candidate is now what training found."""
    losses = loss_band(W, b).view(-1, len(variants))
    best = toy.best_of(losses, W.unflatten(0, (-1, len(variants))))
    return (toy.phases.phase_of(best) == phase2[differ2]).double().mean().item()


# %% tags=["nbval-check-output"]
[b_free] = toy.adam((b_band,), lambda b: loss_band(W_band, b), 300, decay=True)
[W_free] = toy.adam((W_band,), lambda W: loss_band(W, b_band), 300, decay=True)
by_bias, by_lengths = closed(W_band, b_free), closed(W_free, b_band)
by_both = closed(*toy.adam((W_band, b_band), loss_band, 300, decay=True))
print(f"of the band, free biases close {by_bias:.0%}, free lengths {by_lengths:.0%}, both {by_both:.0%}")

# %% [markdown]
# Neither does it alone: each closes less than half of the band. Together they close
# nearly all of it, more than the sum of both, because a shorter arm pays more once the bias can make up for
# what the output loses.
#
# So much for where the border is. Is it sharp? Follow the relaxed theory across it, at several importances,
# and watch the length of the less important arm. Along the axis is the density as a multiple of $p^*(r)$.

# %%
multiple, arms, steepest = torch.linspace(0.9, 1.6, 29), {}, {}
for r_arm in (0.4, 0.6, 0.8, 0.95):
    p_across = multiple * toy.theory.boundary(r_arm)
    across = toy.phases.Cells(torch.tensor([r_arm]), p_across, torch.full_like(p_across, r_arm), p_across)
    relaxed_arm = toy.phases.relax_candidates(2, across, torch.Generator().manual_seed(SEED))
    arms[f"r = {r_arm:g}"] = relaxed_arm.W[:, 0, 1].abs()
    fall = (-relaxed_arm.W[:, 0, 1].abs().diff()).argmax()  # just before the greatest
    steepest[r_arm] = [multiple[fall], *relaxed_arm.W[fall : fall + 2, 0, 1].abs(), *relaxed_arm.b[fall]]

# %% fold="Across the border" tags=["nbval-check-output"]
heads = ["density / p*", "arm before the greatest fall", "arm after", "b1", "b2"]
columns_across = torch.tensor(list(steepest.values())).T.tolist()
lesson.table({"r": list(steepest)} | dict(zip(heads, columns_across, strict=True)))
lesson.show(
    lines(
        multiple.tolist(), {name: arm.tolist() for name, arm in arms.items()},
        x_title="density / p*(r)", y_title="length of the less important arm",
    ),
    see="each arm is already shorter than 1 at p*, and both biases are positive. For r = 0.4 and 0.6 it then "
    "vanishes all at once. Nearer to r = 1 it shrinks over a wide range of densities.",
)  # fmt: skip

# %% [markdown]
# A border at which the best model *jumps*, because two different models cost the same there, is called
# *first-order*, as in physics: ice does not soften into water. Far from $r = 1$ the arm jumps to 0, so the
# border is sharp; it sits a little above the line. Near $r = 1$ the change is mostly gradual, and where the
# map changes colour depends on how you name what is left.
#
# <details>
# <summary>Why does it jump far from r = 1, and glide near it?</summary>
#
# Look at the loss along the length of the less important arm, all else being adjusted to it. Far from $r = 1$
# it has two valleys at the border, one at a long arm (the pair) and one at 0 (the drop), and every length
# between them is worse than both. Where the one valley becomes lower than the other, the best model is
# suddenly another. Near $r = 1$ there is one valley, and as the density rises, its lowest point moves from a
# long arm to a short one.
#
# </details>

# %% [markdown]
# ## Controls: is it the statistic, or the ReLU?
#
# You kept the lowest loss. Others take a *vote*: the phase that most starts of a cell end in. The paper does
# something else again: it trains ten models, drops the worst and averages the rest. What is there to average?
# Not $W$: $[1, -1]$ and $[-1, 1]$ are one model, and their mean is nothing. So average the Gram matrices, and
# name the mean.

# %% [markdown]
# ## Exercise 2.8 · Drop the worst, average the rest
# *Difficulty 2/5 · about 6 minutes*
#
# In each cell leave out the start with the highest loss, and average `x` over the others. `x` may be anything
# that has one entry for each start. If two starts share the highest loss, leave out one of them.


# %% exercise="2.8"
def mean_without_worst(
    loss: Float[Tensor, "cell start"], x: Float[Tensor, "cell start *rest"]
) -> Float[Tensor, "cell *rest"]:
    """In each cell, the mean of x over all starts but the one with the highest loss."""
    ### BEGIN SOLUTION
    cells, starts = loss.shape
    worst = x[torch.arange(cells), loss.argmax(dim=1)]
    return (x.sum(dim=1) - worst) / (starts - 1)
    ### END SOLUTION


# %% check="2.8"
lesson.check("2.8", mean_without_worst)

# %% [markdown]
# ## Predict: a vote
#
# In the pair's cells more than half of Adam's starts end in the lowest minimum. You take nine starts, and let
# them vote. What does that do to the agreement with theory, which is near 98 % for the lowest loss?
#
# (a) nothing: a majority is right nearly everywhere (b) it falls by 5 to 30 points (c) it falls to about half

# %% tags=["predict"]
prediction_vote = None  # your answer: "a", "b" or "c"


# %%
def agreements(loss: Float[Tensor, "cell start"], W: Float[Tensor, "cell start m n"], theory) -> dict:
    """Agreement with theory, by what is made of the starts of a cell."""
    each = toy.phases.phase_of(W.flatten(0, 1)).view(loss.shape)
    mean_gram = lesson.use.mean_without_worst(loss, W.transpose(2, 3) @ W)
    named = {
        "one start": each[:, 0],
        "vote of nine": each[:, :9].mode(dim=1).values,  # an odd number: ties are rare
        "worst dropped, rest averaged": toy.phases.nearest(mean_gram, grams, names),
        "lowest loss": lesson.use.best_of(loss, each),
    }
    return {how: toy.phases.agreement(phase, theory) for how, phase in named.items()}


by_optimiser = {
    "Adam": agreements(final, W, adam_theory),
    "second-order": agreements(trained2.loss, trained2.W, theory2),
}
by_adam, by_second_order = by_optimiser.values()
fallen = by_adam["lowest loss"] - by_adam["vote of nine"]
alike = (ends == PAIR)[shared & (coarse.r > 0.5) & (coarse.r < 2)]

# %%
lesson.reveal(
    prediction_vote, "a" if fallen < 0.05 else "b" if fallen < 0.3 else "c",
    f"From {by_adam['lowest loss']:.1%} to {by_adam['vote of nine']:.1%}. In the pair's cells between r = ½ "
    f"and 2 only {alike.double().mean():.0%} of the starts end as a pair: where both features matter alike, "
    "either is easily given up. With a majority that narrow, nine starts are often outvoted by chance.",
)  # fmt: skip

# %% fold="Four statistics, two optimisers" tags=["nbval-check-output"]
agreement_by = {name: list(v.values()) for name, v in by_optimiser.items()}
lesson.table({"agreement": list(by_adam), **agreement_by}, digits=3)
per_statistic = {how: {name: v[how] for name, v in by_optimiser.items()} for how in by_adam}
lesson.show(
    grouped_bars(per_statistic, "agreement with theory"),
    see=f"the lowest loss agrees in {by_adam['lowest loss']:.1%} and {by_second_order['lowest loss']:.1%} of "
    f"the cells, whatever the optimiser. A vote gets {by_adam['vote of nine']:.0%} with Adam and "
    f"{by_second_order['vote of nine']:.0%} with the other method.",
)

# %% [markdown]
# A vote asks which minimum has the widest *basin*, that is, draws the most starts. So does an average. The
# answer depends on the optimiser, because an optimiser decides where a start rolls: with Adam, which the
# paper uses, it is off by some 15 points, with our second-order method by more than twice that. What is
# lowest doesn't depend on it. So a replication that takes the majority over seeds can miss much of this
# diagram although its models are trained well, and how much depends on a choice that it may not even report.
#
# **No ReLU.** A linear model has the same dimensions and the same training. Can it use superposition?


# %% tags=["nbval-check-output"]
def linear_loss(W: Float[Tensor, "inst m n"], b: Float[Tensor, "inst n"]) -> Float[Tensor, "inst"]:
    out = points @ (W.transpose(1, 2) @ W) + b[:, None, :]
    return torch.einsum("apn,an,ap->a", (points - out) ** 2, importance, weights)


W_linear, b_linear = toy.adam(
    (W0, b0), linear_loss, ADAM_STEPS, progress=lambda steps: lesson.progress(steps, "linear model")
)
by_cell = (len(coarse.r), STARTS)
linear_W = toy.best_of(linear_loss(W_linear, b_linear).view(by_cell), W_linear.view(*by_cell, 1, 2))
linear_phase = toy.phases.phase_of(linear_W)
linear_superposed = (linear_phase >= 2).double().mean().item()
adam_superposed = (adam_phase >= 2).double().mean().item()
print(f"cells in superposition: linear model {linear_superposed:.3f}, with ReLU {adam_superposed:.3f}")

# %% [markdown]
# The linear model never uses it. At every density it keeps the more important feature and drops the other:
# it does what principal component analysis (PCA) does. Without a ReLU, the negative copy of a feature that
# is on alone does not get cut off, so every meeting **and** every solo costs something. The nonlinearity is
# what makes superposition pay.

# %% [markdown]
# ## The fourth arrangement: both on the same side
#
# Why is $W = [\sqrt{½}, \sqrt{½}]$ not among the candidates? It stores the sum. Its Gram matrix has ½
# everywhere, so either output is the mean of the two features.

# %% [markdown]
# ## Exercise 2.9 · The price of storing a sum
# *Difficulty 3/5 · about 6 minutes*
#
# This time the average isn't written out for you. Both outputs are $(x_1 + x_2)/2$, which is never negative,
# and $b = 0$. By how much is each output off? The features are independent, of one density $p$. Average the
# square, weigh it with each importance, and find the closed form.


# %% exercise="2.9"
def same_side_loss(first, second, p):
    """Expected loss of two features of importance `first` and `second`, stored as W = [√½, √½] with b = 0.

    first, second, p: numbers, or tensors of one shape. Returns the same.
    """
    ### BEGIN SOLUTION
    variance = p / 3 - p**2 / 4  # of one feature; a difference of two independent ones has twice that
    half_difference_squared = 2 * variance / 4
    return (first + second) * half_difference_squared
    ### END SOLUTION


# %% check="2.9"
lesson.check("2.9", same_side_loss)

# %% tags=["nbval-check-output"]
same = toy.phases.phase_of(trained2.W.flatten(0, 1)).view(arrived2.shape) == SAME_SIDE
at_one = same[(grid.r > 0.9) & (grid.r < 1.1)].double().mean().nan_to_num()
frozen = lesson.use.same_side_loss(unit, grid.r, grid.p) / candidates2.amin(1)
print(f"starts that end on the same side: {same.double().mean():.3f}, where 0.9 < r < 1.1 {at_one:.3f}")
wins = (phase2 == SAME_SIDE).double().mean().item()
print(f"cells where that is the best: {wins:.3f}; its price is at least {frozen.min():.3f} × the best one's")

# %% [markdown]
# Each output is off by half the difference, so a sum costs $(1 + r)\,V/2$, where $V = p/3 - p^2/4$ is the
# price of dropping a unit feature. ($V$ is the variance of one feature, so the difference of two has $2V$,
# and half the difference a quarter of that.) That is the mean of the two drops, $V$ and $rV$, and a mean is
# never below the smaller of the two. So this arrangement never beats both drops. It ties with them at
# $r = 1$ exactly, where no cell of this grid lies, since the number of columns is even. But starts do get
# stuck there.
#
# ## Three features, two dimensions
#
# Now $n = 3$ and $m = 2$: two unit features and a varied one, in a plane. There is room for two of them at
# right angles. (Others have trained this map too: [a
# reproduction](https://github.com/ymgw55/repro-superposition) has code for three features, and the paper's
# comments tell of more.)
#
# The candidates are the same in kind. Price them with your formulas; the prices stand under the answer.
#
# | candidate | where the features lie |
# |---|---|
# | varied feature dropped | the two unit features at right angles |
# | unit feature dropped | the varied and the other unit feature at right angles |
# | varied and unit antipodal | these two on one line, the other unit feature at right angles to it |
# | units antipodal | the two unit features on one line, the varied one at right angles to it |
#
# ## Predict: the important newcomer
#
# Features are rare, and the varied one is *more* important than the two others ($r > 1$). What does the
# best model do?
#
# (a) it pairs the varied feature with a unit one: important features are stored together
# (b) it gives the varied feature a direction of its own and makes the two others share
# (c) it drops one of the unit features

# %% tags=["predict"]
prediction_three = None  # your answer: "a", "b" or "c"

# %% tags=["nbval-check-output"]
trained3 = toy.phases.train_cells(3, grid, STARTS, generator, lambda it: lesson.progress(it, "3 features"))
best3 = toy.Models(*(lesson.use.best_of(trained3.loss, x) for x in trained3))
phase3 = lesson.use.classify(best3.W, *toy.phases.structure_grams(3))

theory3 = toy.theory.theory_phase(3, grid.r, grid.p)
agreement3 = toy.phases.agreement(phase3, theory3)
ratio3 = toy.phases.loss_ratio(best3, 3, grid)
not_worse3 = (ratio3 <= 1.01).double().mean().item()
beats3 = (ratio3 < 0.9999).double().mean().item()
corner = (grid.r > 1.5) & (grid.p < 0.2)
counts = phase3[corner].bincount(minlength=6)
print(f"agreement {agreement3:.3f}, not worse than theory {not_worse3:.3f}, below it {beats3:.3f}")
structures = [s.name for s in toy.theory.STRUCTURES[3]]
lesson.table({"in the corner": structures, "cells": counts})

# %%
answer_three = {2: "a", 3: "b"}.get(counts.argmax().item(), "c")  # places in the list of structures
lesson.reveal(
    prediction_three, answer_three,
    f"{counts[3] / counts.sum():.0%} of these cells. Sharing costs each partner the same error, times its "
    "importance. So the two least important features share, and nothing interferes with the important one.",
)  # fmt: skip

# %% fold="Three features: theory and training"
lesson.table(toy.phases.disagreements(3, phase3, theory3))
late = int(((phase3 == 3) & (theory3 == 1)).sum())  # units antipodal, where theory has dropped one
triangles, missed3 = int((phase3 == 5).sum()), int((ratio3 > 1.01).sum())
maps3 = {"theory": theory3, "trained": phase3}
lesson.show(
    figures.phase_diagrams(3, grid, maps3, dots={"trained": phase3 != theory3}),
    see=f"agreement {agreement3:.1%}. Theory's border on the right is flat at 4/7. The trained one is flat "
    f"too, but higher: the {late} cells between them are pairs of unit features that shrank and took a bias, "
    f"the band that you know. Where all regions meet are {triangles} triangles. In {missed3} cells all "
    "starts missed.",
)

# %% [markdown]
# ### A triangle where all four regions meet
#
# At $r = 1$, $p = 4/7$ all four candidates cost the same. All three features are equally important there, so
# why should two of them share and one be alone? The next cell prints the angles between the columns of $W$.
#
# The prices, in the order of the table: `drop_loss(r, p)`, `drop_loss(1, p)`, `antipodal_loss(1, r, p)` and
# `antipodal_loss(1, 1, p)`. The second and the fourth don't depend on $r$. They are equal at $p = 4/7$, as
# for two features at $r = 1$. So for $r > 1$ theory's border is flat.

# %% tags=["nbval-check-output"]
middle = (grid.r.log() ** 2 + (grid.p / 0.6).log() ** 2).argmin()
columns = best3.W[middle] / best3.W[middle].norm(dim=0)
angles = (columns.T @ columns).clamp(-1, 1).acos().rad2deg()
relaxed3 = toy.phases.relax_candidates(3, grid, generator, lambda it: lesson.progress(it, "relaxed theory"))
print(
    f"r = {grid.r[middle]:.2f}, p = {grid.p[middle]:.2f}: angles",
    (angles[[0, 0, 1], [1, 2, 2]]).round().tolist(),
)
print(f"loss {best3.loss[middle]:.4f}, the best candidate's {best3.loss[middle] / ratio3[middle]:.4f}")
relaxed_agreement3 = toy.phases.agreement(phase3, toy.phases.phase_of(relaxed3.W))
print(f"agreement with frozen candidates {agreement3:.3f}, with relaxed ones {relaxed_agreement3:.3f}")

# %% [markdown]
# The columns stand about 120° apart: an equilateral triangle, the first of the regular shapes of lesson 03.
# And high up, most of them right of $r = 1$, are the cells on the *same side*. There the two unit features
# are equally important, so by the formula above, mixing them costs what dropping one costs: a tie, which the
# ReLU breaks by a hair. With lengths and biases free, and these structures allowed, theory and training give
# nearly one map.

# %% [markdown]
# ## Play: open a cell
#
# First without widgets: the slider under the figure moves through densities at fixed importance $r$. It
# works anywhere, also with no kernel.

# %%
column = int((grid.importance < 2).sum())
rows = [column * CELLS + int(k) for k in torch.linspace(0, CELLS - 1, min(CELLS, 13))]
frames = {}
for row in rows:
    candidates_there = toy.theory.named_losses(3, grid.r[row].item(), grid.p[row].item())
    frames[f"{grid.p[row]:.2g}"] = best3.W[row], {"trained": best3.loss[row].item(), **candidates_there}

# %% fold="Cells of one column"
lesson.show(
    figures.cell_slider(frames, f"three features, r = {grid.importance[column]:.2f}", "density p = "),
    see=f"slide from rare to frequent. At p = {grid.p[rows[0]]:.2g} the two unit features point in "
    "opposite directions. On the way to p = 1 the shortest column shrinks, as the table says.",
)

# %% [markdown]
# Now live. Choose a cell. The function below trains ten models in it from new random starts, while you
# wait, and draws on which level each one ends: the dashed lines are the candidates' losses. (`course pages`
# writes a page for a browser in which you only point at the map, and which can train all of it while you
# watch.)


# %%
def look(n: int, log10_r: float, p: float) -> None:
    """Train ten models with Adam in one cell; show their losses on the way and the winner's W."""
    importance, curve = toy.phases.importances(n, torch.full((10,), 10.0**log10_r)), []

    def loss(W, b):
        curve.append(toy.expected_loss(W, b, importance, torch.full((10,), p), nodes=4))
        return curve[-1]

    W, _ = toy.adam(toy.random_starts(10, n, n - 1, generator), loss, steps=200)
    losses, candidates = torch.stack(curve).detach(), toy.theory.named_losses(n, 10.0**log10_r, p)
    winner = losses[-1].argmin()
    name = toy.theory.STRUCTURES[n][toy.phases.phase_of(W)[winner]].name
    title = f"n = {n}, r = {10.0**log10_r:.2f}, p = {p:.3g}: {name}"
    theme.show(figures.loss_by_step(losses, candidates, title), f"Ten loss curves. {title}")
    theme.show(figures.cell(W[winner], {"trained": losses[-1, winner].item(), **candidates}, title), title)


look(n=2, log10_r=0.0, p=0.1)

# %% tags=["play"]
r_slider = widgets.FloatSlider(0.5, min=-1, max=1, step=0.05, description="log10 r", continuous_update=False)
p_slider = widgets.FloatLogSlider(0.2, min=-2, max=0, step=0.05, description="p", continuous_update=False)
_ = widgets.interact(look, n=widgets.Dropdown(options=[2, 3]), log10_r=r_slider, p=p_slider)

# %% [markdown]
# Things to try: $n = 2$, $r = 1$ and $p = 0.56$ or $0.63$, the slider's places on either side of $4/7$. A
# cell on the border: two levels almost meet, and starts end on both. $n = 3$, $r = 1$, $p = 0.56$: the
# triangle has the lowest loss, but only one or two starts in ten find it. Between the slider's places call
# the function yourself: `look(3, 0.0, 0.6)`.

# %% [markdown]
# ## Your experiment · Move a border
# *about 10 minutes*
#
# Theory's map follows from three things: how the features are spread, what an error costs, what the model can
# do. What training makes of it depends on starts and statistic too. Change one of these, say first which
# border moves and in which direction, run it, and write two sentences.
#
# - **The function**: another one in place of the ReLU, such as the absolute value or GELU.
# - **The bias**: keep it at 0. Which candidates can't do without theirs?
# - **The start**: half the standard deviation, or weights of opposite signs only. What moves, the lowest loss
#   or the vote?
# - **The statistic**: the lowest of 2 or 3 starts. How many are enough?
#
# `points`, `weights`, `importance` and `W0, b0` of the Adam map are still there. Keep the map as it was
# beside yours.


# %% experiment="code"
### BEGIN SOLUTION
def without_bias(W, b):
    return loss_fn(W, 0 * b, importance, points, weights)


W_no, b_no = toy.adam((W0, b0), without_bias, ADAM_STEPS)
loss_no = without_bias(W_no, b_no).view(final.shape)
phase_no = toy.phases.phase_of(toy.best_of(loss_no, W_no.view(W.shape)))
for which_map, phases_of_map in {"with a bias": adam_phase, "without": phase_no}.items():
    print(f"{which_map}: share of cells with the pair {(phases_of_map == PAIR).double().mean():.2f}")
### END SOLUTION

# %% [markdown] experiment="answer"
# I kept the bias at 0 and left all else. I expected the pair's region to grow, because a dropped feature
# can't guess its mean any more, while the frozen pair needs no bias. The pair wins in a few more cells, not
# in many. So most of the map doesn't hang on the bias. I hadn't thought of the other side: the trained pairs
# just above the border lose a bias too. It doesn't show which border moved; for that I would draw both maps.
# I tried one size and one optimiser.

# %% [markdown]
# ## Claims

# %% fold="The claims" tags=["nbval-check-output"]
no_number = "maps to compare by eye, no number"
lesson.claim("phase.n2.agreement", agreement2, at_least=0.97, paper=no_number)
lesson.claim("phase.n3.agreement", agreement3, at_least=0.95, paper=no_number)
lesson.claim("phase.n2.not_worse_than_theory", not_worse2, at_least=0.99)
lesson.claim("phase.n3.not_worse_than_theory", not_worse3, at_least=0.97)
lesson.claim("phase.n2.band_closed_by_bias", by_bias, between=(0.3, 0.43))
lesson.claim("phase.n2.band_closed_by_lengths", by_lengths, between=(0.36, 0.5))
lesson.claim("phase.n2.adam_lowest", by_adam["lowest loss"], at_least=0.97)
lesson.claim("phase.n2.adam_over_vote", fallen, at_least=0.08)
over_papers = by_adam["lowest loss"] - by_adam["worst dropped, rest averaged"]
lesson.claim("phase.n2.adam_over_papers_statistic", over_papers, at_least=0.1)
over_vote2 = by_second_order["lowest loss"] - by_second_order["vote of nine"]
lesson.claim("phase.n2.second_order_over_vote", over_vote2, at_least=0.2)
lesson.claim("phase.n2.linear_superposed", linear_superposed, at_most=0.01)

# %% [markdown]
# ### Where this departs from the paper
#
# - We minimise the expected loss itself, without sampling noise, by a second-order method. The paper runs
#   Adam on random batches. The minima are the same. From a single start Adam reaches the lowest one more
#   often (both shares are printed above); ours takes far fewer steps, and ends on the minimum, not near it.
# - The paper colours a cell by how long the varied feature's column is and how much others overlap it. We
#   name the nearest structure, and count each disagreement.
# - With three features we distinguish four structures and name two more. Seen from the varied feature
#   alone, as in the paper, there are three: dropped, shared, a direction of its own.
# - Theory's border is a little too low (by how much stands under the map with dots): its candidates are
#   frozen. The relaxed theory is ours. The triangle isn't: the paper names that solution,
#   $W \perp [1, 1, 1]$, and leaves it out of its theory. Nor are the same-side phase, the exact loss for two
#   features (without bias) and the gradual change near $r = 1$: they are in a comment by McGrath that stands
#   in the paper.
# - The paper trains ten models a cell, drops the worst and averages the rest. We keep the lowest loss, for
#   what is averaged are models in different minima; beside it we show what that statistic gives here. It
#   averages the colours of its map, we average Gram matrices.
#
# ## Discussion
#
# 1. **Is superposition unavoidable?** The map says: for rare features it is the *best* solution, not a
#    failure of training. What would you have to change about the model, the data or the loss to make the
#    pair's region vanish? (The linear model is one answer. What did it cost? Lesson 04 has another.)
# 2. **Neurons do not choose.** Whether a hidden dimension is *monosemantic* (one feature) or *polysemantic*
#    (several) followed, for two features and one dimension, from $r$ and $p$ alone. If you could count how
#    often concepts occur in a text, could you predict which of them get a neuron of their own? Lesson 09
#    looks at one such concept.
# 3. **Phase changes and grokking.** Training on more data can make a feature effectively more important or
#    less rare. *Grokking* is a model that fits its training data early and starts to generalise suddenly,
#    much later. Could such a jump of ability be a border being crossed? For: far from $r = 1$ the best model
#    jumps when the border is crossed. Against: near $r = 1$ much of the change is gradual, and this is the
#    best model as a function of $p$, not a model as a function of time. Lesson 04 looks at time.
# 4. **Reading a failed replication.** Two studies of one diagram disagree completely. What would you ask
#    first: about the model, the training, or the statistic?
#
# ## What you can now say
#
# - At low density, dropping a feature costs in proportion to $p$, sharing a direction in proportion to $p^2$;
#   so for rare features sharing wins, and theory's border is $p^* = 4/7$ where both matter equally.
# - Where features are frequent, or one matters much more, the best model drops the less important one.
# - Trained models agree with this theory nearly everywhere; where they don't, they have bent a pair's lengths
#   and biases, which the frozen candidates can't.
# - Far from $r = 1$ the best model jumps at the border; near it the change is gradual.
# - What starts do is another question than what is best: one start is little better than a toss of a coin,
#   and a vote or an average over starts depends on the optimiser.
# - Without the ReLU there is no superposition at any density.
#
# ### Three readings
#
# 1. TM, [Superposition as a Phase
#    Change](https://transformer-circuits.pub/2022/toy_model/index.html#phase-change): the maps that you
#    rebuilt, and the candidates in words. 15 minutes.
# 2. TM, [the comments](https://transformer-circuits.pub/2022/toy_model/index.html#comments) by McGrath on the
#    exact loss and by others who replicated the maps: 15 minutes.
# 3. Adam Scherlis and others, [Polysemanticity and Capacity in Neural
#    Networks](https://arxiv.org/abs/2210.01892): another phase diagram, worked out by hand. 20 minutes.
#
# The kit's modules behind this lesson, in reading order: [the map](../docs/map.md).

# %%
lesson.summary()
