# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# course:
#   number: "01"
#   title: Superposition as compression
#   minutes: 100
#   needs: ["00"]
#   papers: ["TM: Demonstrating Superposition"]
# ---

# %% [markdown]
# # 01 · Superposition as compression
#
# Five features, two hidden numbers. A model has to squeeze the five through the two and get them back. If all
# five are always there, it keeps two and gives the others up. If they are rare, it keeps four, and if they
# are rarer still, all five, arranged as a pentagon. That is the picture below, and nobody drew it: training
# did. In this lesson you write the model and its loss, train a few hundred of them, find out which of their
# parts makes the difference, and then switch it off again, at a price.
#
# - **Time:** about 100 minutes; the cells themselves run in about one.
# - **Needs:** lesson 00 (how checks and predictions work). Every term is defined again here.
# - **Rebuilds:** *Toy Models of Superposition* (TM), section
#   [Demonstrating Superposition](https://transformer-circuits.pub/2022/toy_model/index.html#demonstrating),
#   and what the paper says about removing superposition in
#   [The Strategic Picture of
#   Superposition](https://transformer-circuits.pub/2022/toy_model/index.html#strategic).
#
# The words below each figure fit `SCALE = "lesson"`. At `"smoke"` the models are barely trained.

# %% tags=["parameters"]
SCALE = "lesson"
SEED = 0

# %%
from collections.abc import Callable

import ipywidgets as widgets
import torch
from jaxtyping import Float, Int
from torch import Tensor

import course_utils
from course_utils import toy
from course_utils.figures import compression as figures
from course_utils.figures import lines, theme

lesson = course_utils.start("01", scale=SCALE, seed=SEED)

# %% [markdown]
# ## The picture
#
# The cell below makes it with the kit's own code. By the end you will have made it with yours. Each panel is
# the best of 16 models. A line from the centre is the direction in which the model keeps one feature, and a
# bar is the length of that line. What the colours say, you will learn in exercise 1.4.

# %%
DENSITIES5 = torch.tensor([1.0, 0.2, 0.1])
importance5 = 0.9 ** torch.arange(5.0)

p = DENSITIES5.repeat_interleave(16)  # 16 random starts at each density
W_start, b = toy.random_starts(len(p), n=5, m=2, generator=torch.Generator().manual_seed(SEED))
exact = toy.train(W_start, b, importance5.expand(len(p), 5), p, nodes=3)
exact = toy.best_models(toy.Models(*(x.unflatten(0, (3, 16)) for x in exact)))
lesson.show(
    figures.model_planes({f"p = {p:g}": W for p, W in zip(DENSITIES5.tolist(), exact.W, strict=True)}),
    see="From left to right the five features get rarer. The model keeps two at right angles; then four, as "
    "two pairs of opposites; then five, evenly spread.",
    alt="Three planes. At density 1 two lines at right angles; at 0.2 four lines, a cross; at 0.1 five "
    "lines, a pentagon. Under each, bars of the lengths: two, four, five of them about 1 long.",
)

# %% [markdown]
# ## A world of features
#
# A **feature** is a property of the input that a model might want to know about: "there is a curve here",
# "this is a question", "the text is French". Nobody can list the features that a real network uses. So we
# make a world in which we know them. Its inputs are rows of $n$ numbers, and number $i$, $x_i$, *is* feature
# $i$: 0 if the feature is absent, else how strongly it is there. Three things describe this world.
#
# - **Density** $p$: how often a feature is there. It is *on* with probability $p$, whatever the others do,
#   and then uniform on $[0, 1]$; else it is 0. The paper speaks of *sparsity* $S = 1 - p$. Most features of
#   our world are sparse: most texts are not in French, and few are about whales.
# - **Importance** $I_i$: how much it matters to get feature $i$ right. It is a weight in the loss. We let it
#   fall, $I_i = 0.9^{\,i-1}$ for the picture above: feature 1 matters most.
# - **Number** $n$: there are more features than the model has room for.
#
# In lesson 00 you wrote the function that draws such inputs. The kit's is called `toy.sample`. Here are four
# inputs at two densities:

# %% tags=["nbval-check-output"]
for p_rows in (1.0, 0.2):
    rows = toy.sample(torch.tensor([p_rows]), n=5, batch=4, generator=torch.Generator().manual_seed(SEED))
    print(f"p = {p_rows:g}")
    for row in rows[0]:
        print("   ", "  ".join(f"{v:.2f}" if v else "  . " for v in row))

# %% [markdown]
# ## A model that has to squeeze
#
# The model compresses an input $x$ of $n$ numbers into $m < n$ hidden numbers $h$, and unpacks them again:
#
# $$h = W x, \qquad x' = \mathrm{ReLU}(W^\top h + b) .$$
#
# $W$ has $m$ rows and $n$ columns. Column $W_i$ is a point in the hidden space: where the model puts feature
# $i$. If only feature $i$ is on, $h = x_i W_i$ lies on the line through that point. To read feature $i$, the
# model looks how far $h$ reaches along $W_i$: entry $i$ of $W^\top h$ is $W_i \cdot h$. The bias $b_i$ shifts
# the reading, and $\mathrm{ReLU}(z) = \max(0, z)$ cuts off what is negative.
#
# With $m = n$ the model could copy everything. With $m < n$ it can keep $m$ features in directions at right
# angles, and nothing else. Or it keeps more than $m$ in directions that overlap. That is **superposition**:
# *storing more features than there are dimensions.*

# %% [markdown]
# ## Exercise 1.1 · The model
# *Difficulty 2/5 · about 8 minutes*
#
# Write it for many models at once. They are *instances*, the first dimension of every tensor: model $a$ has
# its own $W_a$, its own bias and its own inputs, which are the rows of `x[a]`.
#
# $$x'_{ak} = \mathrm{ReLU}(W_a^\top W_a\, x_{ak} + b_a) \qquad \text{for row } k \text{ of the batch.}$$
#
# `A @ B` multiplies the matrices of each instance if `A` has shape `(inst, r, s)` and `B` has `(inst, s, t)`.
# `W.transpose(1, 2)` turns each instance's matrix over. Mind that the formula has columns, $W_a x_{ak}$, and
# the code has inputs as rows.


# %% exercise="1.1"
def forward(
    W: Float[Tensor, "inst m n"], b: Float[Tensor, "inst n"], x: Float[Tensor, "inst batch n"]
) -> Float[Tensor, "inst batch n"]:
    """The outputs x' = ReLU(WᵀWx + b) of each model for its own batch of inputs."""
    ### BEGIN SOLUTION
    h = x @ W.transpose(1, 2)  # "inst batch m"
    return torch.relu(h @ W + b[:, None, :])
    ### END SOLUTION


# %% check="1.1"
lesson.check("1.1", forward)

# %% [markdown]
# ## Exercise 1.2 · What counts as an error
# *Difficulty 1/5 · about 6 minutes*
#
# Each output should equal its input. An error counts by its square, times the importance of its feature. Sum
# over the features, then take the mean over the batch:
#
# $$L_a = \frac1K \sum_{k=1}^{K} \sum_i I_{ai}\, (x_{aki} - x'_{aki})^2 .$$
#
# One loss for each model; $K$ is the number of rows of a batch.


# %% exercise="1.2"
def weighted_loss(
    x: Float[Tensor, "inst batch n"], out: Float[Tensor, "inst batch n"], importance: Float[Tensor, "inst n"]
) -> Float[Tensor, "inst"]:
    """The squared errors of `out`, weighted by importance, summed over features, averaged over the batch."""
    ### BEGIN SOLUTION
    error = (x - out) ** 2 * importance[:, None, :]
    return error.sum(dim=2).mean(dim=1)
    ### END SOLUTION


# %% check="1.2"
lesson.check("1.2", weighted_loss)

# %% [markdown]
# ## Train many models
#
# All experiments of this lesson use the function below. It gets an *objective* (what to minimise, one number
# a model) and one importance and density for each *level* of the experiment. At each level it trains models
# from several random starts: $W$ normal with standard deviation $\sqrt{2/(n+m)}$, $b = 0$. `toy.adam` is a
# plain loop: the objective on newly drawn inputs, `backward()`, one step of Adam (gradient descent that finds
# a step size for each parameter), with a learning rate that falls to 0. The models share no parameter, so
# they train side by side as one tensor. A rare feature seldom causes an error, so losses fall with $p$;
# dividing by $p$ gives all levels the same scale and changes no minimum.
#
# Then it measures each model on fresh inputs that it was not trained on. These are the same for all models
# of a level, and for all experiments with the same $n$ and $p$.

# %%
STEPS = lesson.pick(smoke=40, lesson=800, full=5000)
BATCH = lesson.pick(smoke=64, lesson=256, full=1024)
TEST = lesson.pick(smoke=10_000, lesson=1_000_000, full=4_000_000)  # numbers for each level
generator = torch.Generator().manual_seed(SEED)
Objective = Callable[..., Float[Tensor, "inst"]]  # of W, b, importance and x


def fresh_inputs(n: int, p: Float[Tensor, "level"]) -> Float[Tensor, "level test n"]:
    return toy.sample(p, n, TEST // n, torch.Generator().manual_seed(SEED + 1))


# %%
def train(
    objective: Objective, m: int, importance: Float[Tensor, "level n"], p: Float[Tensor, "level"], starts: int
) -> toy.Models:
    """Train `starts` models at each level; return them ("level start") with their loss on fresh inputs."""
    I, P = (v.repeat_interleave(starts, dim=0) for v in (importance, p))
    levels, n = importance.shape

    def loss(W, b):
        return objective(W, b, I, toy.sample(P, n, BATCH, generator)) / P

    with toy.one_thread():
        start = toy.random_starts(len(P), n, m, generator)
        bar = lambda steps: lesson.progress(steps, f"{len(P)} models, {n} features")  # noqa: E731
        W, b = toy.adam(start, loss, STEPS, decay=True, progress=bar)
    W, b = (v.unflatten(0, (levels, starts)) for v in (W, b))
    x = fresh_inputs(n, p)
    final = [objective(W[:, k], b[:, k], importance, x) for k in range(starts)]
    return toy.Models(W, b, torch.stack(final, dim=1))


# %% [markdown]
# Five features, two hidden numbers, three densities, 16 starts: 48 models, with your functions:
# `lesson.use.forward` is yours if it has passed its check, else the kit's.


# %%
def relu_objective(W, b, importance, x):
    return lesson.use.weighted_loss(x, lesson.use.forward(W, b, x), importance)


intro = train(relu_objective, 2, importance5.expand(3, 5), DENSITIES5, starts=16)
best_intro = toy.best_models(intro)  # of each density, the model with the lowest loss
reached = (intro.loss <= 1.01 * intro.loss.amin(1, keepdim=True)).sum(1)
for p_reached, within in zip(DENSITIES5.tolist(), reached.tolist(), strict=True):
    print(f"p = {p_reached:g}: {within} of 16 starts end within 1 % of the lowest loss")

# %% [markdown]
# Why the lowest loss of 16? The question is what the *best* model does, and not every start leads there.
# Lesson 02 looks into this.

# %% [markdown]
# ## Exercise 1.3 · Which features are stored?
# *Difficulty 1/5 · about 4 minutes*
#
# A feature that the model gives up has a column near zero: $h$ does not depend on it. One that it keeps has a
# column of length about 1, so that $W_i \cdot h = \lVert W_i \rVert^2 x_i \approx x_i$ if it alone is on.
# Call a feature *stored* if $\lVert W_i \rVert > \tfrac12$, and count the stored features of each model.


# %% exercise="1.3"
def stored(W: Float[Tensor, "inst m n"]) -> Int[Tensor, "inst"]:
    """How many columns of each W are longer than ½."""
    ### BEGIN SOLUTION
    return (W.norm(dim=1) > 0.5).sum(dim=1)
    ### END SOLUTION


# %% check="1.3"
lesson.check("1.3", stored)

# %% tags=["nbval-check-output"]
count_intro = lesson.use.stored(best_intro.W).tolist()
for density, count, W in zip(DENSITIES5.tolist(), count_intro, best_intro.W, strict=True):
    lengths = "  ".join(f"{v:.1f}" for v in W.norm(dim=0))
    print(f"p = {density:g}: the best model stores {count} features; lengths {lengths}")
for limit in (0.25, 0.75):
    print(f"counted as longer than {limit}:", (best_intro.W.norm(dim=1) > limit).sum(dim=1).tolist())

# %% [markdown]
# Two, four, five: with your code the same as in the picture, which the kit made by another method (it
# averages over all inputs where you draw some). Where the count is above $m = 2$ the model uses
# superposition.
#
# Is the limit of ½ a choice that matters? The last two lines count with others.

# %% [markdown]
# ## Exercise 1.4 · Who is in the way?
# *Difficulty 3/5 · about 10 minutes*
#
# If columns overlap, features disturb each other. Suppose only feature $j$ is on, with value 1: then
# $h = W_j$. How far does that reach along the direction of feature $i$? $\hat W_i \cdot W_j$, where
# $\hat W_i = W_i / \lVert W_i \rVert$ is the column made 1 long. Square it and add up over all the other
# features. That is the **interference** on feature $i$:
#
# $$F_i = \sum_{j \ne i} (\hat W_i \cdot W_j)^2, \qquad F_i = 0 \text{ if } W_i = 0 .$$
#
# 0 means that feature $i$ has its direction to itself. 1 is what one opposite feature of length 1 gives. The
# paper colours its figures by it, and so does the picture above: dark blue is 0, yellow is 2 or more.


# %% exercise="1.4"
def interference(W: Float[Tensor, "inst m n"]) -> Float[Tensor, "inst n"]:
    """F_i: what the other features put on the direction of feature i. 0 where column i is zero."""
    ### BEGIN SOLUTION
    length = W.norm(dim=1, keepdim=True)
    directions = W / torch.where(length > 0, length, 1.0)
    overlap = (directions.transpose(1, 2) @ W) ** 2  # row i, column j
    return overlap.sum(dim=2) - overlap.diagonal(dim1=1, dim2=2)
    ### END SOLUTION


# %% check="1.4"
lesson.check("1.4", interference)

# %% tags=["nbval-check-output"]
in_the_way = lesson.use.interference(best_intro.W)
for p_felt, felt, W_at in zip(DENSITIES5.tolist(), in_the_way, best_intro.W, strict=True):
    kept = W_at.norm(dim=0) > 0.5
    print(f"p = {p_felt:g}: interference on the stored features " + "  ".join(f"{v:.1f}" for v in felt[kept]))
length = best_intro.W[2].norm(dim=0).mean()
around = sum(torch.tensor(72.0 * k).deg2rad().cos() ** 2 for k in range(1, 5))
print(f"a pair of opposites of length 1 has 1, a regular pentagon of length {length:.2f} has", end=" ")
print(f"{around * length**2:.1f}")

# %% [markdown]
# Superposition is lossy compression: a model that stores four features in two numbers gets them back with
# errors, and interference says from where. When does that pay, and what makes it possible? Take the model
# apart.

# %% [markdown]
# ## Predict: without the ReLU
#
# Drop the ReLU, and the model is *linear*: $x' = W^\top W x + b$. Train it on 20 features in 5 dimensions, at
# densities from 1 down to 0.01. How many features does the linear model store when they are rarest?
#
# (a) more than 5 (b) 5 (c) fewer than 5

# %% tags=["predict"]
prediction_linear = None  # your answer: "a", "b" or "c"

# %%
DENSITIES = torch.tensor([1.0, 0.3, 0.1, 0.03, 0.01])
importance20 = 0.7 ** torch.arange(20.0)


def linear_objective(W, b, importance, x):
    return lesson.use.weighted_loss(x, x @ W.transpose(1, 2) @ W + b[:, None, :], importance)


linear = toy.best_models(train(linear_objective, 5, importance20.expand(5, 20), DENSITIES, starts=4))

# %% tags=["nbval-check-output"]
count_linear = lesson.use.stored(linear.W).tolist()
at = [f"p = {p:g}" for p in DENSITIES.tolist()]
print("features stored by the linear model:", dict(zip(at, count_linear, strict=True)))
which = (linear.W[-1].norm(dim=0) > 0.5).nonzero()[:, 0] + 1
print(f"at {at[-1]} these are features", which.tolist())

# %%
lesson.reveal(
    prediction_linear, "a" if count_linear[-1] > 5 else "b" if count_linear[-1] == 5 else "c",
    f"{count_linear[-1]}, at the lowest density as at the highest. How rare features are makes no difference "
    "to a linear model. The next exercise says why.",
)  # fmt: skip

# %% [markdown]
# ## Exercise 1.5 · The linear model's loss, by hand
# *Difficulty 3/5 · about 12 minutes*
#
# The linear model is simple enough to average by hand. The best bias makes all errors 0 on average. Features
# are independent, so the variances of their contributions add up. Each has the variance $V = p/3 - p^2/4$
# (lesson 00). Output $i$ should be $x_i$. Apart from the bias it is $\sum_j (W_i \cdot W_j)\, x_j$, where
# $j = i$ gives back $\lVert W_i \rVert^2 x_i$. So
#
# $$L = \underbrace{V \sum_i I_i \left(1 - \lVert W_i \rVert^2\right)^2}_{\text{features lost}}
# \;+\; \underbrace{V \sum_i I_i \sum_{j \ne i} (W_i \cdot W_j)^2}_{\text{interference}} .$$
#
# The first term asks for long columns, the second for right angles, and $m$ dimensions hold only $m$ columns
# at right angles. Compute both terms, for many models.


# %% exercise="1.5"
def linear_terms(
    W: Float[Tensor, "inst m n"], importance: Float[Tensor, "inst n"], p: Float[Tensor, "inst"]
) -> tuple[Float[Tensor, "inst"], Float[Tensor, "inst"]]:
    """The two terms of the linear model's expected loss: (features lost, interference)."""
    ### BEGIN SOLUTION
    gram = W.transpose(1, 2) @ W
    own = gram.diagonal(dim1=1, dim2=2)
    others = (gram**2).sum(dim=2) - own**2
    V = p / 3 - p**2 / 4
    return V * (importance * (1 - own) ** 2).sum(dim=1), V * (importance * others).sum(dim=1)
    ### END SOLUTION


# %% check="1.5"
lesson.check("1.5", linear_terms)

# %% tags=["nbval-check-output"]
lost, disturbed = lesson.use.linear_terms(linear.W, importance20.expand(5, 20), DENSITIES)
for name, a, c, measured in zip(at, lost, disturbed, linear.loss, strict=True):
    print(f"{name:8s}  lost {a:.5f} + interference {c:.5f}; on fresh inputs {measured:.4f}")

square = torch.tensor([[[1.0, 0, -1, 0], [0, 1, 0, -1]]])  # four features in two dimensions
for name, by_hand in {"keep two of four": torch.eye(2, 4)[None], "two pairs of opposites": square}.items():
    a, c = lesson.use.linear_terms(by_hand, torch.ones(1, 4), torch.ones(1))
    print(f"{name}: lost {a.item() * 12:.0f} V + interference {c.item() * 12:.0f} V")

# %% [markdown]
# $p$ sits only in the common factor $V$. It scales the whole landscape, so the best $W$ is the same at all
# densities. And superposition does not pay: four equally important features as two pairs of opposites lose
# nothing, but the interference costs twice as much as dropping two of them. (Shorter columns soften that. The
# best length is $\sqrt{1/2}$, and there the pairs cost as much as dropping two, never less.) A linear model
# has nothing that could tell an interference from a feature.

# %% [markdown]
# ## Exercise 1.6 · The baseline: principal components
# *Difficulty 4/5 · about 15 minutes*
#
# A linear model that squeezes and unpacks: statistics has had one for a century. *Principal component
# analysis* (PCA) keeps the $m$ directions in which the data vary most; among all linear ways through $m$
# numbers it has the least squared error. To count errors by importance, scale feature $i$ by $\sqrt{I_i}$
# first. Then
#
# $$z_{ki} = \sqrt{I_i}\,(x_{ki} - \bar x_i), \qquad C = \frac1K \sum_k z_k z_k^\top, \qquad
# L_\text{PCA} = \sum_{\text{the } n - m \text{ smallest}} \lambda(C) ,$$
#
# with $\bar x$ the mean over the $K$ rows, and $\lambda(C)$ the eigenvalues of $C$: the variances along the
# principal components. The components that are not kept are lost, with all their variance.
# `torch.linalg.eigvalsh(C)` gives the eigenvalues of a symmetric matrix, the smallest first.


# %% exercise="1.6"
def pca_loss(x: Float[Tensor, "batch n"], importance: Float[Tensor, "n"], m: int) -> Float[Tensor, ""]:
    """Weighted squared error (a mean over the batch) that is left when m principal components are kept."""
    ### BEGIN SOLUTION
    z = (x - x.mean(dim=0)) * importance.sqrt()
    variances = torch.linalg.eigvalsh(z.T @ z / len(x))
    return variances[: x.shape[1] - m].sum()
    ### END SOLUTION


# %% check="1.6"
lesson.check("1.6", pca_loss)

# %% tags=["nbval-check-output"]
x20 = fresh_inputs(20, DENSITIES)  # the inputs that the models were measured on
pca20 = torch.stack([lesson.use.pca_loss(x, importance20, 5) for x in x20])
linear_over_pca = linear.loss / pca20
for label, over_pca in zip(at, linear_over_pca, strict=True):
    print(f"{label:8s}  loss of the linear model / PCA's: {over_pca:.3f}")

# %% [markdown]
# The trained linear model *is* PCA, up to what training has not settled. Here the principal components are
# the five most important features themselves, because features are independent. So PCA is our baseline: what
# can be had without superposition. Does the ReLU beat it?

# %% [markdown]
# ## Predict: with the ReLU
#
# The same 20 features in 5 dimensions, now with the ReLU. First: how many does the model store at $p = 0.01$?
#
# (a) 5 (b) 6 to 9 (c) 10 or more
#
# Second: at $p = 0.3$ features are common, and the model stores a few more than 5. So some have to share a
# dimension. Which?
#
# (a) all a little (b) the most important ones (c) the least important of those that are stored

# %% tags=["predict"]
prediction_count = None  # your answer: "a", "b" or "c"
prediction_share = None  # your answer: "a", "b" or "c"

# %%
relu20 = toy.best_models(train(relu_objective, 5, importance20.expand(5, 20), DENSITIES, starts=4))

# %% tags=["nbval-check-output"]
count_relu = lesson.use.stored(relu20.W).tolist()
print("features stored:", dict(zip(at, count_relu, strict=True)))
for cut in (0.25, 0.75):
    print(f"counted as longer than {cut} instead of 0.5:", (relu20.W.norm(dim=1) > cut).sum(1).tolist())

# %%
lesson.reveal(
    prediction_count, "a" if count_relu[-1] <= 5 else "b" if count_relu[-1] < 10 else "c",
    f"{count_relu[-1]} features in 5 dimensions, where a linear model stores {count_linear[-1]}.",
)  # fmt: skip

# %% tags=["nbval-check-output"]
felt20 = lesson.use.interference(relu20.W)
undisturbed = ((relu20.W.norm(dim=1) > 0.5) & (felt20 < 0.1)).sum(1).tolist()
print("stored features with interference below 0.1:", dict(zip(at, undisturbed, strict=True)))
kept20 = relu20.W[1].norm(dim=0) > 0.5
alone, shared = ((kept20 & near).nonzero()[:, 0] + 1 for near in (felt20[1] < 0.1, felt20[1] >= 0.1))
print(f"at p = 0.3: features {alone.tolist()} alone (interference below 0.1), {shared.tolist()} share")
orderly = len(alone) and len(shared) and alone.max() < shared.min()
upside_down = len(alone) and len(shared) and shared.max() < alone.min()

# %%
lesson.reveal(
    prediction_share, "c" if orderly else "b" if upside_down else "a",
    "An error on an important feature costs more. So the most important features get a dimension each, and "
    f"the {len(shared)} least important of the stored ones share what is left.",
)  # fmt: skip

# %%
lesson.show(
    figures.model_grams(dict(zip(at, relu20.W, strict=True))),
    see="Above, WᵀW: each stored feature is a red square on the diagonal, and what one puts on another lies "
    "beside it, blue if they point away from each other. Below, under each column, its length; dark means "
    f"no interference. At {at[0]} the first {count_relu[0]} features have a dimension each, as in PCA. Then, "
    f"step by step, {', '.join(map(str, count_relu[1:-1]))} and {count_relu[-1]} are stored, and the dark "
    f"bars go: {', '.join(map(str, undisturbed))} features have a dimension to themselves.",
    alt="Five matrices with bars below, from dense to sparse. The number of long bars grows from "
    f"{count_relu[0]} to {count_relu[-1]}, and they turn from dark to light: from alone to shared.",
)

# %% [markdown]
# ### Why the ReLU makes the difference
#
# Look at the colours beside the diagonal: nearly all blue. Blue means that the reading of a feature gets a
# *negative* disturbance from the other, and the ReLU cuts that off. If only one of two opposites is on,
# nothing goes wrong at all. A linear model would have to live with it. To count this, add up
# $(W_i \cdot W_j)^2$ over all pairs of stored features, and ask which share comes from negative
# $W_i \cdot W_j$. The control keeps every column's length and draws its direction at random.


# %% tags=["nbval-check-output"]
def negative_share(W: Float[Tensor, "inst m n"]) -> Float[Tensor, "inst"]:
    """Of all (Wᵢ·Wⱼ)² between different stored features, the part with Wᵢ·Wⱼ < 0."""
    W = W * (W.norm(dim=1, keepdim=True) > 0.5)
    gram = W.transpose(1, 2) @ W * (1 - torch.eye(W.shape[2]))
    return gram.clamp(max=0).square().sum((1, 2)) / gram.square().sum((1, 2))


directions = torch.randn(100, 5, 20, generator=generator)
directions = directions / directions.norm(dim=1, keepdim=True)
of_trained = negative_share(relu20.W)[1:]  # at p = 1 there is none
at_random = [negative_share(directions * W.norm(dim=0)).mean().item() for W in relu20.W[1:]]
for label20, trained, control in zip(at[1:], of_trained, at_random, strict=True):
    print(f"{label20:8s}  negative share of the interference: trained {trained:.2f}, random {control:.2f}")

# %% [markdown]
# ### What it buys

# %% tags=["nbval-check-output"]
relu_over_pca = relu20.loss / pca20
print("ReLU model / PCA:", "  ".join(f"{name}: {r:.2f}" for name, r in zip(at, relu_over_pca, strict=True)))
lesson.show(
    lines(
        DENSITIES.tolist(), {"linear": linear_over_pca.tolist(), "ReLU": relu_over_pca.tolist()},
        x_title="density p", y_title="loss / PCA's loss", log="x",
    ).update_yaxes(range=[0, 1.1]),
    see=f"The linear model sits at 1: it is PCA. The ReLU model starts there too, at p = 1. At {at[-1]} it "
    f"has {relu_over_pca[-1]:.2f} of PCA's loss, with as many hidden numbers.",
    alt="Loss relative to PCA over density: the linear model stays at 1, the ReLU model falls steadily as "
    "density falls.",
)  # fmt: skip

# %% [markdown]
# ### The same, four times larger
#
# $n = 80$ features, $m = 20$ dimensions, importance $0.9^{\,i-1}$. Three starts for each density.

# %% tags=["nbval-check-output"]
importance80 = 0.9 ** torch.arange(80.0)
relu80 = toy.best_models(train(relu_objective, 20, importance80.expand(5, 80), DENSITIES, starts=3))
count80 = lesson.use.stored(relu80.W).tolist()
print("features stored in 20 dimensions:", dict(zip(at, count80, strict=True)))
lesson.show(
    figures.model_grams({at[k]: relu80.W[k] for k in (0, 2, 4)}),
    see=f"The same story: from {count80[0]} features in 20 dimensions to {count80[-1]}. Per dimension "
    f"that is {count80[-1] / 20:.1f} features, where the smaller model has {count_relu[-1] / 5:.1f}.",
    alt=f"As before with 80 features: the number of long bars grows from {count80[0]} to {count80[-1]}.",
)

# %% [markdown]
# ## Can you train superposition away?
#
# Superposition makes networks hard to read: each hidden number takes part in several features, and their
# directions overlap. TM notes that in this world it is easy to get rid of: add a penalty on the absolute
# values of the hidden numbers, an **L1 penalty**. Every feature has to pay for the hidden numbers that it
# uses.

# %% [markdown]
# ## Exercise 1.7 · The L1 penalty
# *Difficulty 2/5 · about 8 minutes*
#
# $$L_a = \frac1K \sum_k \left( \sum_i I_{ai}\,(x_{aki} - x'_{aki})^2 \;+\; \lambda_a \sum_{d=1}^{m}
# \lvert h_{akd} \rvert \right), \qquad h_{ak} = W_a x_{ak} .$$
#
# Each model has its own strength $\lambda_a$; in the code it is `strength`. You may call `forward` and
# `weighted_loss`, as `lesson.use.forward(...)` and `lesson.use.weighted_loss(...)`.


# %% exercise="1.7"
def l1_loss(
    W: Float[Tensor, "inst m n"],
    b: Float[Tensor, "inst n"],
    importance: Float[Tensor, "inst n"],
    x: Float[Tensor, "inst batch n"],
    strength: Float[Tensor, "inst"],
) -> Float[Tensor, "inst"]:
    """The ReLU model's loss plus strength times the sum of |h|, averaged over the batch."""
    ### BEGIN SOLUTION
    h = x @ W.transpose(1, 2)
    loss = lesson.use.weighted_loss(x, lesson.use.forward(W, b, x), importance)
    return loss + strength * h.abs().sum(dim=2).mean(dim=1)
    ### END SOLUTION


# %% check="1.7"
lesson.check("1.7", l1_loss)

# %% [markdown]
# ## Predict: the price
#
# Five features in two dimensions, importance $0.65^{\,i-1}$, $p = 0.03$. Raise $\lambda$ until no
# interference is left. The model then stores the two most important features, at right angles, as PCA does.
# How does its loss, without the penalty, compare with PCA's?
#
# (a) lower: it still has the ReLU (b) the same, within 2 % (c) higher

# %% tags=["predict"]
prediction_price = None  # your answer: "a", "b" or "c"

# %% [markdown]
# To keep the noise of samples out, both losses are computed, not sampled. (The kit's `toy.expected_loss`
# averages over all inputs; you build one in lesson 02.) The control is an L2 penalty of the same strengths,
# $\lambda \sum_d h_d^2$: it asks for small hidden numbers too, but does not care which of them a feature
# uses. So how its models lie to the axes is left to chance.

# %%
STRENGTHS = torch.tensor([0.0, 0.01, 0.03, 0.1, 0.2, 0.25, 0.33])
importance_l1 = (0.65 ** torch.arange(5.0)).expand(7, 5)
p_l1 = torch.full((7,), 0.03)


def l1_objective(W, b, importance, x):
    return lesson.use.l1_loss(W, b, importance, x, STRENGTHS.repeat_interleave(len(W) // 7))


def l2_objective(W, b, importance, x):
    penalty = (x @ W.transpose(1, 2)).square().sum(-1).mean(-1)
    return relu_objective(W, b, importance, x) + STRENGTHS.repeat_interleave(len(W) // 7) * penalty


with_l1 = toy.best_models(train(l1_objective, 2, importance_l1, p_l1, starts=24))
with_l2 = toy.best_models(train(l2_objective, 2, importance_l1, p_l1, starts=24))


# %%
def mean_interference(W: Float[Tensor, "level m n"]) -> Float[Tensor, "level"]:
    """Mean interference on the stored features."""
    kept = W.norm(dim=1) > 0.5
    return (lesson.use.interference(W) * kept).sum(1) / kept.sum(1)


def on_one_axis(W: Float[Tensor, "level m n"]) -> Float[Tensor, "level"]:
    """How much of a stored column's squared length lies on a single hidden number: 1 is all of it."""
    kept, square = W.norm(dim=1) > 0.5, W**2
    return (square.amax(1) / square.sum(1).clamp(min=1e-12) * kept).sum(1) / kept.sum(1)


# %% tags=["nbval-check-output"]
keep_two = torch.eye(2, 5)[None]  # what PCA does; all of its loss is features lost
pca5 = sum(lesson.use.linear_terms(keep_two, importance_l1[:1], p_l1[:1]))
price, felt_mean = {}, {}
for norm, models in {"L1": with_l1, "L2": with_l2}.items():
    price[norm] = toy.expected_loss(models.W, models.b, importance_l1, p_l1, nodes=6) / pca5
    felt_mean[norm] = mean_interference(models.W)
    print(f"{norm}:")
    print("    features stored  ", "  ".join(f"{v:4d}" for v in lesson.use.stored(models.W).tolist()))
    print("    mean interference", "  ".join(f"{v:.2f}" for v in felt_mean[norm]))
    print("    loss / PCA's loss", "  ".join(f"{v:.2f}" for v in price[norm]))
    print("    on one axis      ", "  ".join(f"{v:.2f}" for v in on_one_axis(models.W)))

# %% tags=["nbval-check-output"]
last = with_l1.W[-1].norm(dim=0)
last_lengths = ", ".join(f"{v:.2f}" for v in last[last > 0.5])
lesson.reveal(
    prediction_price, "a" if price["L1"][-1] < 0.98 else "c" if price["L1"][-1] > 1.02 else "b",
    f"{price['L1'][-1]:.3f} times PCA's loss. The penalty drops features, and it shrinks what it keeps: the "
    f"columns that are left have lengths {last_lengths}. Beside the unpenalised model's loss the price is a "
    f"factor of {price['L1'][-1] / price['L1'][0]:.1f}.",
)  # fmt: skip

# %%
shown = [0, 2, 4, 6]
lesson.show(
    figures.model_planes({f"λ = {STRENGTHS[k]:g}": with_l1.W[k] for k in shown}),
    see="First the least important feature goes, and the other four turn onto the axes: two pairs of "
    "opposites, each pair on one hidden number. That is still superposition. Then one more feature goes at "
    "a time, until each axis has one.",
    alt="Four planes with rising penalty: a pentagon; two pairs of opposites on the axes; three features on "
    "the axes; two features, one on each axis.",
)

# %%
fig = theme.figure(xaxis_title="strength λ", yaxis_title="mean interference, or loss / PCA's loss")
for what, values, dash in (("interference", felt_mean, "solid"), ("loss / PCA's", price, "dot")):
    for kind, colour in {"L1": theme.BLUE, "L2": theme.ORANGE}.items():
        style = {"name": f"{kind}: {what}", "line": {"color": colour, "dash": dash}}
        fig.add_scatter(x=STRENGTHS.tolist(), y=values[kind].tolist(), mode="lines+markers", **style)
lesson.show(
    fig,
    see=f"L1: interference falls from {felt_mean['L1'][0]:.2f} to {felt_mean['L1'][-1]:.2f} and the loss "
    f"rises from {price['L1'][0]:.2f} to {price['L1'][-1]:.2f} of PCA's. L2 of the same strength leaves "
    f"{felt_mean['L2'][-1]:.2f} of interference.",
    alt="Over the penalty's strength: with L1, interference falls to 0 while the loss rises above PCA's; "
    "with L2, interference stays well above 0.",
)

# %% [markdown]
# ## Play: your own world
#
# First without widgets. The slider under the figure changes how fast importance falls, at $n = 20$, $m = 5$,
# $p = 0.1$: $I_i = d^{\,i-1}$.

# %%
DECAYS = torch.tensor([0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
by_decay = DECAYS[:, None] ** torch.arange(20.0)
played = toy.best_models(train(relu_objective, 5, by_decay, torch.full((6,), 0.1), starts=2))
count_played = lesson.use.stored(played.W).tolist()
frames = {f"{d:g}": W for d, W in zip(DECAYS.tolist(), played.W, strict=True)}
lesson.show(
    figures.model_gram_slider(frames, "n = 20, m = 5, p = 0.1", "importance decay d = "),
    see=f"The slower importance falls, the more features are worth storing: {count_played[0]} at d = 0.5, "
    f"{count_played[-1]} where all are equally important.",
    alt="WᵀW and the lengths of the columns, with a slider over the decay of importance.",
)

# %% [markdown]
# Now live. Each change trains four models from new random starts, and shows the best.


# %%
def look(n: int, m: int, p: float, decay: float) -> None:
    """Train four models with Adam and draw the one with the lowest loss."""
    importance, P = (decay ** torch.arange(float(n))).expand(4, n), torch.full((4,), p)

    def loss(W, b):
        return relu_objective(W, b, importance, toy.sample(P, n, 256, generator)) / P

    with toy.one_thread():
        W, b = toy.adam(toy.random_starts(4, n, m, generator), loss, 300, decay=True)
    x = toy.sample(P[:1], n, 5000, generator).expand(4, -1, -1)
    best = W[relu_objective(W, b, importance, x).argmin()]
    title = f"n = {n}, m = {m}, p = {p:.3g}, decay {decay:g}: {lesson.use.stored(best[None]).item()} stored"
    theme.show(figures.model_planes({title: best}) if m == 2 else figures.model_gram(best, title), title)


look(n=6, m=2, p=0.05, decay=1.0)

# %% tags=["play"]
_ = widgets.interact(
    look,
    n=widgets.IntSlider(12, min=2, max=30, continuous_update=False),
    m=widgets.IntSlider(3, min=1, max=8, continuous_update=False),
    p=widgets.FloatLogSlider(0.1, base=10, min=-2, max=0, step=0.1, continuous_update=False),
    decay=widgets.FloatSlider(0.9, min=0.5, max=1, step=0.05, continuous_update=False),
)

# %% [markdown]
# Things to try: $m = 2$, all importances equal, and one feature more at a time: up to which $n$ do they all
# fit? $m = 1$: how many fit on a line, and does density matter? $m = n$.

# %% [markdown]
# ## Claims

# %% tags=["nbval-check-output"]
figure_only = "a figure to read off, no number"
for level, found, want in zip(("dense", "middle", "sparse"), count_intro, (2, 4, 5), strict=True):
    lesson.claim(f"compression.intro_features.{level}", found, between=(want, want), paper=f"{want}")
lesson.claim("compression.linear_features", count_linear[-1], between=(5, 5), paper="the top m")
lesson.claim("compression.linear_over_pca", linear_over_pca.max(), at_most=1.02, paper="the same features")
lesson.claim("compression.relu_features", count_relu[-1], at_least=10, paper=figure_only)
lesson.claim("compression.relu_over_pca", relu_over_pca[-1], at_most=0.3)
lesson.claim("compression.top_two_alone", round(felt20[1, :2].max().item(), 4), at_most=0.1)
lesson.claim("compression.negative_share", of_trained[1], at_least=0.9)
ratio = (felt_mean["L1"][-1] / felt_mean["L1"][0]).item()
lesson.claim("compression.l1_interference_ratio", round(ratio, 6), at_most=0.05, paper="none left")
lesson.claim("compression.l1_features", lesson.use.stored(with_l1.W)[-1], between=(2, 2))
lesson.claim("compression.l1_price", price["L1"][-1] / price["L1"][0], at_least=3, paper="a higher loss")
lesson.claim("compression.l1_on_one_axis", on_one_axis(with_l1.W)[3], at_least=0.99)
lesson.claim("compression.l2_interference", felt_mean["L2"][-1], at_least=0.3)

# %% [markdown]
# ### Where this departs from the paper
#
# - We train for fewer steps, on smaller batches, with a learning rate that falls to 0. The paper's notebook
#   runs AdamW for 10,000 steps on batches of 1024; `SCALE = "full"` goes half of that way.
# - Our rarest features have $p = 0.01$. The paper's figures go on to $p = 0.001$. A loss there hangs on few
#   inputs, so measuring it takes far more of them.
# - We keep the best of 4 to 24 starts, of the largest model the best of 3 only.
# - "Stored" is a length above ½, and our interference colours are cut at 2. The paper shows the lengths, and
#   does not count.
# - The paper has no figure of the L1 experiment: it says that the penalty removes superposition and raises
#   the loss. That this goes in steps, onto the axes and then feature by feature, is what we saw.
# - Our features are independent, and we know them. In a real network neither holds.
#
# ## Discussion
#
# 1. **Compression or bug?** Superposition looks like lossy compression: `.jpg` for features. Which of the
#    things that you would ask of an image format (what is lost first? when does it break?) can you answer
#    for these models, with numbers from this lesson? Lesson 02 draws the borders.
# 2. **Is superposition unavoidable?** You removed it in two ways: without the ReLU, and with an L1 penalty.
#    Both gave up features. Is there a way that does not? A common summary says that sparse activations do
#    not help, since even with one-hot activations a neuron can mean several things. That is an argument of
#    the second paper (*Towards Monosemanticity*), about another cause than superposition: lesson 05 runs it.
# 3. **What does readability cost?** At the strength where L1 leaves one feature on each axis, the model is
#    easy to read and worse than PCA. How many hidden numbers would it need to be as good as the superposed
#    model? Is that a price that you would pay for a model in use? Lesson 04 measures this *interpretability
#    tax*.
# 4. **More penalty.** Let two opposite features on one axis be on at the same time. What is $|h|$,
#    compared with the sum of what each would give alone? What does that do to your penalty, and which
#    arrangement could a strong one prefer? Try it: replace the last of `STRENGTHS` by 0.4. And by 0.5?
#
# The kit's modules behind this lesson, in reading order: [the map](../docs/map.md).

# %%
lesson.summary()
