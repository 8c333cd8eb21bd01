# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# course:
#   number: "05"
#   title: Computing in superposition; neurons
#   minutes: 100
#   needs: ["01", "02"]
#   papers: ["TM: Superposition in a Privileged Basis; Computation in Superposition", "M: architecture"]
# ---

# %% [markdown]
# # 05 · Computing in superposition; neurons
#
# So far, hidden dimensions only stored things. Neurons do more: they compute. In this lesson you train small
# networks to return the absolute value of each of their inputs. When inputs are on all the time, you can
# read the trained network like a circuit diagram: this neuron serves this input, and no other. When inputs
# are rare, every neuron serves several. The picture below shows both. Why does training do that, and does
# the network compute better or worse for it? At the end you meet a neuron for which superposition is ruled
# out, and see whether that is enough to make it readable.
#
# - **Time:** about 100 minutes; the cells themselves run in about one.
# - **Needs:** lessons 01 and 02. Every term is defined again here.
# - **Rebuilds:** *Toy Models of Superposition* (TM), sections [Superposition in a Privileged
#   Basis](https://transformer-circuits.pub/2022/toy_model/index.html#privileged-basis) and [Computation in
#   Superposition](https://transformer-circuits.pub/2022/toy_model/index.html#computation); from [*Towards
#   Monosemanticity*](https://transformer-circuits.pub/2023/monosemantic-features) (M), the argument about
#   architectures that rule superposition out.
#
# **Words.** A *feature* is one quantity $x_i$ of the input. Its *density* $p$ is the probability that it is
# on, that is, not zero. Its *importance* $I_i$ is its weight in the loss. A *neuron* is a hidden unit with a
# nonlinearity of its own, here a ReLU. It is *monosemantic* if one feature drives it and *polysemantic* if
# several do. *Superposition* is storing or computing more features than there is room for one by one, so
# that features that are on together disturb each other. What one feature does to another's output is
# *interference*.
#
# ## Recall
#
# <details>
# <summary>One feature is on in lesson 01. Which interference is free, which can the bias buy off?</summary>
#
# Negative interference is free: it pushes an output that should be 0 below 0, and the ReLU returns 0. A
# small positive one can be bought off by a negative bias, which also takes something from every right answer.
#
# </details>
#
# <details>
# <summary>A feature is on with probability p, then uniform on [0, 1]. What does a guess cost?</summary>
#
# The best constant is the mean, $p/2$, and what is left is the variance: $p/3 - p^2/4$ for importance 1.
#
# </details>

# %% tags=["parameters"]
SCALE = "lesson"
SEED = 0

# %%
import itertools
import math

import ipywidgets as widgets
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

import course_utils
from course_utils import toy
from course_utils.figures import drawings, lines, theme
from course_utils.figures import neurons as figures

lesson = course_utils.start("05", scale=SCALE, seed=SEED)
generator = torch.Generator().manual_seed(SEED)

# %% [markdown]
# ## The picture
#
# The cell below trains networks of 6 neurons that should return $|x_i|$ for 10 features, with importance
# $0.8^i$, at seven densities. Each density gets many random starts, and the start with the lowest loss wins.
# (Its loss is then measured on new inputs: the lowest of 40 measured losses is lower than it should be,
# because luck helped to choose it.) The picture shows the winners at two of the densities. Each bar is a
# neuron, and each box in it a weight with which it reads a feature, divided by the neuron's largest.


# %%
def train(p: Float[Tensor, "level"], starts, m, importance, forward=toy.neurons.abs_forward, **how):
    """Many networks of m neurons for each density, and each density's best, its loss measured again."""
    p_each = p.repeat_interleave(starts)
    nets = toy.neurons.train_abs(p_each, m, importance, generator, forward=forward, **how)
    nets = toy.neurons.by_level(nets, len(p))  # "level start ..."
    return nets, toy.neurons.winners(nets, p, importance, generator, forward)


STARTS = lesson.pick(smoke=4, lesson=40, full=200)
STEPS = lesson.pick(smoke=60, lesson=500, full=3000)
density = torch.tensor([1, 0.5, 0.3, 0.2, 0.1, 0.05, 0.03])
importance = 0.8 ** torch.arange(10)
nets, best = train(
    density, STARTS, 6, importance, steps=STEPS,
    progress=lambda steps: lesson.progress(steps, "10 features, 6 neurons"),
)  # fmt: skip
names = [f"p = {p:g}" for p in density.tolist()]

# %% fold="The picture"
readers = toy.neurons.features_read(best.W1).mean(-1)
lesson.show(
    figures.neuron_stacks({names[0]: best.W1[0], names[-2]: best.W1[-2]}),
    see=f"the numbers name the features. On the left each neuron reads {readers[0]:.1f} features on average, "
    f"on the right {readers[-2]:.1f} (weights above 30 % of the neuron's largest). The colour is the "
    "feature's superposition: dark where its neurons read nothing else.",
)

# %% [markdown]
# # Part 1: what makes a neuron special?
#
# In the model of lessons 01 and 02 the hidden layer is linear: $h = Wx$. Its axes mean nothing. Turn the
# hidden space by any rotation $R$: then $W$ becomes $RW$, the output uses $(RW)^\top RW = W^\top W$, and
# nothing has changed. A basis that the model itself cannot tell from a turned one is not *privileged*.
#
# Now give the hidden units a ReLU each:
#
# $$h = \mathrm{ReLU}(Wx), \qquad x' = \mathrm{ReLU}(W^\top h + b), \qquad
# L = \mathbb{E} \sum_i I_i (x_i - x'_i)^2 .$$
#
# A ReLU acts on each axis by itself. So the axes are special, and hidden units earn the name neurons.

# %% [markdown]
# ## Exercise 5.1 · Give the hidden units a ReLU
# *Difficulty 1/5 · about 5 minutes*
#
# Write the model above for many models at once (`inst`, instances, come first), each with a batch of inputs
# of its own. If that is one dimension too many, write it for one model with `W.T` first, then put the
# instances in front.


# %% exercise="5.1"
def neuron_forward(
    W: Float[Tensor, "inst m n"], b: Float[Tensor, "inst n"], x: Float[Tensor, "inst batch n"]
) -> Float[Tensor, "inst batch n"]:
    """x' = ReLU(Wᵀ ReLU(Wx) + b)."""
    ### BEGIN SOLUTION
    hidden = (x @ W.transpose(1, 2)).relu()
    return (hidden @ W + b[:, None, :]).relu()
    ### END SOLUTION


# %% check="5.1"
lesson.check("5.1", neuron_forward)

# %% [markdown]
# ## Exercise 5.2 · When is a neuron monosemantic?
# *Difficulty 2/5 · about 6 minutes*
#
# Row $k$ of $W$ holds the weights with which neuron $k$ reads the features. Sort their sizes (absolute
# values): $|w|_{(1)} \ge |w|_{(2)} \ge \dots$ Call the neuron monosemantic if
#
# $$|w|_{(2)} < 0.3\,|w|_{(1)} .$$
#
# A neuron whose weights are all zero reads nothing. It counts as not monosemantic. There may be any number
# of dimensions before the last two.


# %% exercise="5.2"
def monosemantic(W: Float[Tensor, "... neuron n"]) -> Bool[Tensor, "... neuron"]:
    """Whether each neuron's second-largest weight is below 30 % of its largest, both by size."""
    ### BEGIN SOLUTION
    largest, second = W.abs().topk(2, dim=-1).values.unbind(-1)
    return second < 0.3 * largest
    ### END SOLUTION


# %% check="5.2"
lesson.check("5.2", monosemantic)

# %% [markdown]
# ## Predict: take the ReLU away
#
# You train the model with $n = 10$ features, $m = 5$ hidden units, $I_i = 0.75^i$ and $x_i$ uniform on
# $[0, 1]$ when on, at density $p = 0.5$. With the hidden ReLU, the best model's units are nearly all
# monosemantic. (You check that in a minute.) Without it, in the linear model of lesson 01, what share of
# the hidden units is monosemantic, on average over many starts?
#
# (a) nearly all: the stored features still get directions of their own
# (b) about half
# (c) nearly none

# %% tags=["predict"]
prediction_linear = None  # your answer: "a", "b" or "c"

# %%
levels10 = torch.tensor([1, 0.7, 0.5, 0.3, 0.1, 0.03])
importance10 = 0.75 ** torch.arange(10)
starts10 = lesson.pick(smoke=4, lesson=20, full=200)
steps10 = lesson.pick(smoke=60, lesson=1000, full=5000)


def train_store(forward, name: str) -> tuple[Float[Tensor, "level start m n"], ...]:
    """Train autoencoders by Adam on fresh samples: all W, each level's best W, and its loss anew."""
    p = levels10.repeat_interleave(starts10)

    def loss(W, b, p=p, batch=64):
        x = toy.sample(p, 10, batch, generator)
        return ((x - forward(W, b, x)) ** 2 * importance10).sum(-1).mean(-1)

    with toy.one_thread():
        start, bar = toy.random_starts(len(p), 10, 5, generator), lambda steps: lesson.progress(steps, name)
        W, b = toy.adam(start, loss, steps10, lr=0.02, decay=True, progress=bar)
        chosen = torch.stack([loss(W, b, batch=1000) for _ in range(8)]).mean(0).unflatten(0, (-1, starts10))
        W, b = (x.unflatten(0, (-1, starts10)) for x in (W, b))
        W_best, b_best = (toy.best_of(chosen, x) for x in (W, b))
        return W, W_best, loss(W_best, b_best, levels10, batch=50_000)


W_relu, best_relu, loss_relu = train_store(lesson.use.neuron_forward, "with ReLU")
W_linear, best_linear, loss_linear = train_store(toy.forward, "linear")

# %% tags=["nbval-check-output"]
is_mono = lesson.use.monosemantic
mono_best = is_mono(best_relu).double().mean(-1)
mono_relu, mono_linear = (is_mono(W).double().mean((-2, -1)) for W in (W_relu, W_linear))
mono_random = is_mono(torch.randn(2000, 10, generator=generator)).double().mean().item()
at_half = mono_linear[2].item()
columns10 = {"ReLU, best start": mono_best, "ReLU, all starts": mono_relu, "linear, all starts": mono_linear}
lesson.table({"p": levels10, **columns10})
print(f"untrained, random weights: {mono_random:.2f}")

# %%
lesson.reveal(
    prediction_linear, "a" if at_half > 0.75 else "b" if at_half > 0.25 else "c",
    f"{at_half:.0%}, about as for random weights ({mono_random:.0%}). The stored features do get "
    "directions at right angles. But nothing ties those directions to the axes: each start ends in "
    "another rotation.",
)  # fmt: skip

# %% fold="The weights"
panels = {"ReLU, p = 0.5": best_relu[2], "linear, p = 0.5": best_linear[2], "ReLU, p = 0.1": best_relu[4]}
read = "; ".join(f"{name}: {toy.neurons.features_read(W).mean():.1f}" for name, W in panels.items())
lesson.show(
    figures.neuron_stacks(panels),
    see=f"features that a hidden unit reads, on average: {read}. Only in the first panel can you say which "
    "unit is which feature. Many of the linear boxes are dark: that model keeps its features at right "
    "angles, and mixes them only because its axes mean nothing. On the right they really overlap.",
)

# %% [markdown]
# ### Turn the hidden space
#
# The definition says: a privileged basis is one that the model can tell from a turned one. So turn it.
# Take the model that stores the first five features on the five axes, and turn two of the axes by an angle
# $\theta$. No training is needed.

# %%
angle = torch.linspace(0, math.pi / 4, 10)
turn = torch.eye(5).repeat(len(angle), 1, 1)
turn[:, 0, 0], turn[:, 0, 1] = angle.cos(), -angle.sin()
turn[:, 1, 0], turn[:, 1, 1] = angle.sin(), angle.cos()
turned = turn @ torch.eye(5, 10)  # the first five features on the five axes
models, rise = {"ReLU": lesson.use.neuron_forward, "linear": toy.forward}, {}
for (model_name, forward), p_turned in itertools.product(models.items(), (1.0, 0.5)):
    x = toy.sample(torch.tensor([p_turned]), 10, 20_000, torch.Generator().manual_seed(SEED))
    b = torch.zeros(len(angle), 10)
    b[:, 5:] = p_turned / 2  # the best guess for what is not stored
    error = (x - forward(turned, b, x.expand(len(angle), -1, -1))) ** 2
    loss = (error * importance10).sum(-1).mean(-1)
    rise[f"{model_name}, p = {p_turned:g}"] = (loss / loss[0]).tolist()

# %% fold="Loss by angle"
degrees = angle.rad2deg().tolist()
extra = {name: values[1] - 1 for name, values in rise.items()}
lesson.show(
    lines(degrees, rise, x_title="angle by which two axes are turned (degrees)", y_title="loss / loss at 0°"),
    see=f"the linear model's lines are flat. With a ReLU, {degrees[1]:.0f}° cost "
    f"{extra['ReLU, p = 0.5']:.2%} at p = 0.5, and {extra['ReLU, p = 1']:.2%} at p = 1.",
)

# %% [markdown]
# This also explains an oddity in the table, and a place where we depart from TM: at $p = 1$ the ReLU's units
# are *less* monosemantic than at $p = 0.5$, where TM has them monosemantic for all densities above ½. Count
# features from 0. After a small turn the first unit reads $\cos\theta\,x_0 - \sin\theta\,x_1$, and its ReLU
# changes something only when that is negative. At $p = 1$ both features are on, and $x_0$ is seldom so small
# beside $x_1$. At $p = 0.5$ it happens whenever $x_1$ is on and $x_0$ is not. A ReLU that hardly ever cuts
# leaves the basis hardly privileged.
#
# Towards small $p$ something else happens: neurons read several features again, but now because features
# share them. That is superposition, in a privileged basis. And the table has a price tag that it does not
# show: at small $p$ the hidden ReLU makes storing dearer.

# %% tags=["nbval-check-output"]
price = loss_relu / loss_linear
lesson.table({"p": levels10, "lowest loss, hidden ReLU / none": price})

# %% [markdown]
# A ReLU discards half of each axis. For storing, that is a waste. The next part gives it a use.
#
# <details>
# <summary>Then why does the model not get round its ReLU?</summary>
#
# It does when it can, and TM counts that against this first model. Give the hidden layer a bias, and training
# makes it positive: all units then work where a ReLU is a straight line. Leave the bias out but have enough
# features, and their average serves as one. A nonlinearity that the task has no use for is only in the way.
# So the next task needs it.
#
# </details>

# %% [markdown]
# # Part 2: computing |x|
#
# Now features have a sign: when on, $x_i$ is uniform on $[-1, 1]$. The network has separate weights for
# reading and for writing, and should return absolute values:
#
# $$h = \mathrm{ReLU}(W_1 x), \qquad y = \mathrm{ReLU}(W_2 h + b), \qquad
# L = \mathbb{E} \sum_i I_i \left(|x_i| - y_i\right)^2 .$$
#
# Neuron $k$ *reads* with row $k$ of $W_1$ (shape $m \times n$) and *writes* with column $k$ of $W_2$ (shape
# $n \times m$). The kit has this network as `toy.neurons.abs_forward(W1, W2, b, x)`.
#
# Why this task? Because no linear layer can do it. A line through the origin that is right for $x > 0$ is
# wrong for $x < 0$, so somebody has to bend it. An output has a ReLU of its own, but that bends only once,
# and half of the V is lost. One neuron answers to one sign of a feature and is silent for the other; two of
# them, one for each sign, make the V of the drawing. So a feature costs 2 neurons, and now we can count
# what a network without superposition is able to do: with 6 neurons it computes 3 features, and not one
# more.

# %%
drawings.show("two_neurons_for_abs")

# %% [markdown]
# ## Exercise 5.3 · By hand
# *Difficulty 2/5 · about 8 minutes*
#
# One neuron can't compute $|x|$, but two can:
#
# $$|x| = \mathrm{ReLU}(x) + \mathrm{ReLU}(-x) .$$
#
# Build a network with $m$ neurons ($m$ even) for $n$ features that returns $|x_i|$ exactly for the first
# $m/2$ features, and 0 for all others. If there are more neurons than you need, let the rest do nothing.


# %% exercise="5.3"
def two_neurons_each(n: int, m: int) -> tuple[Float[Tensor, "m n"], Float[Tensor, "n m"], Float[Tensor, "n"]]:
    """W1, W2 and b of a network that computes |x| for the first m // 2 features, and 0 for the others."""
    ### BEGIN SOLUTION
    W1, W2 = torch.zeros(m, n), torch.zeros(n, m)
    for i in range(min(m // 2, n)):
        W1[2 * i, i], W1[2 * i + 1, i] = 1, -1
        W2[i, 2 * i], W2[i, 2 * i + 1] = 1, 1
    return W1, W2, torch.zeros(n)
    ### END SOLUTION


# %% check="5.3"
lesson.check("5.3", two_neurons_each)

# %% [markdown]
# ### Does training find it?
#
# First with room for all: $n = 3$ features of importance 1, $m = 6$ neurons. Many starts a density, the
# lowest loss kept. The yardstick is the loss of a constant guess, the best output that does not look at the
# input. The control is a hidden layer without ReLU. With room for all, the best that it can do for each
# feature is $\mathrm{ReLU}(a x + b)$, so no training is needed: try all $a$ and $b$ on a grid.

# %%
levels3, equal = torch.tensor([1, 0.3, 0.1]), torch.ones(3)
how3 = {"steps": lesson.pick(smoke=60, lesson=800, full=3000), "batch": 128}
_, best3 = train(levels3, lesson.pick(smoke=4, lesson=20, full=100), 6, equal, **how3)

slope, shift = torch.linspace(0, 1.5, 61), torch.linspace(-0.5, 0.5, 101)
value = (torch.arange(400) + 0.5) / 200 - 1  # of a feature that is on
bent = (slope[:, None, None] * value + shift[:, None]).relu()  # "slope shift value"
error_on, error_off = ((value.abs() - bent) ** 2).mean(-1), shift.relu() ** 2
linear3 = torch.stack([(p * error_on + (1 - p) * error_off).min() for p in levels3])  # each feature's loss

top = best3.W1.abs().argmax(-1)  # the feature that each neuron reads most: "level neuron"
plus = best3.W1.gather(-1, top[..., None])[..., 0] > 0
serves = (2 * top + plus).sort(-1).values
pairs = (serves == torch.arange(6)).all(-1) & is_mono(best3.W1).all(-1)
pair_share = pairs.double().mean().item()
guess = toy.theory.drop_loss(1, levels3)  # the best constant output, for one feature
left, left_linear = best3.loss / (3 * guess), linear3 / guess

# %% fold="Trained against built" tags=["nbval-check-output"]
print(f"densities at which each feature has one neuron for x > 0 and one for x < 0: {pair_share:.2f}")
lesson.table({"p": levels3, "share of a guess's loss left": left, "linear hidden layer": left_linear})
lesson.show(
    figures.reads_and_writes(best3.W1[0], best3.W2[0]),
    see="your hand-made network, up to order and scale: for each feature, one neuron reads it with plus and "
    "one with minus, and both write it with plus. (If a neuron reads twice as strongly and writes half as "
    "strongly, nothing changes.)",
)

# %% [markdown]
# A linear hidden layer leaves half of the guess's loss or more. Only the outputs' own ReLU can bend then, so
# each output can follow one sign of its feature.

# %% [markdown]
# ## Exercise 5.4 · The best network without superposition
# *Difficulty 3/5 · about 8 minutes*
#
# When there are more features than pairs of neurons, what can a network without superposition do? It
# computes the $m/2$ *most important* features exactly. For each of the others it returns the best constant.
# Here is no formula to type: find it. What does the best constant leave of one feature, whose $|x_i|$ is 0
# with probability $1 - p$ and else uniform on $[0, 1]$? Then add up, each feature with its importance, and
# call the sum $L_0(p)$.
#
# The importances come in any order. There is one result for each density. Two neurons make a pair, so of an
# odd $m$ one is left over. If there are pairs for all features, the loss is 0.


# %% exercise="5.4"
def without_superposition(
    importance: Float[Tensor, "n"], p: Float[Tensor, "inst"], m: int
) -> Float[Tensor, "inst"]:
    """Loss of |x| when m neurons compute the m // 2 most important features and the rest is guessed."""
    ### BEGIN SOLUTION
    rest = importance.sort(descending=True).values[m // 2 :]
    mean_square, mean = p / 3, p / 2  # of |x|
    return rest.sum() * (mean_square - mean**2)
    ### END SOLUTION


# %% check="5.4"
lesson.check("5.4", without_superposition)

# %% [markdown]
# <details>
# <summary>The formula, when you have yours</summary>
#
# The best constant is the mean of $|x_i|$, and it leaves the variance. The mean square is
# $p \int_0^1 x^2\,dx = p/3$ and the mean $p/2$, so
#
# $$L_0(p) = \sum_{i \text{ not computed}} I_i \left(\frac{p}{3} - \frac{p^2}{4}\right).$$
#
# </details>
#
# ## Predict: rarer features, six neurons
#
# Back to the networks of the first picture: 10 features, 6 neurons. Losses at different densities can't be
# compared: rare features cost less, whatever the network does. So divide each loss by $L_0(p)$, that of the
# best network without superposition at that density. As features get rarer, from $p = 1$ to $p = 0.03$, the
# neurons become polysemantic. What happens to this ratio?
#
# (a) it rises above 1: polysemantic neurons compute badly
# (b) it stays within 10 % of 1: three features are computed, one way or the other
# (c) it falls below 0.9: more than three features are computed

# %% tags=["predict"]
prediction_ratio = None  # your answer: "a", "b" or "c"

# %%
ratio = best.loss / lesson.use.without_superposition(importance, density, 6)
share, share_all = is_mono(best.W1).double().mean(-1), is_mono(nets.W1).double().mean((1, 2))
rare = ratio[-1].item()

# %%
lesson.reveal(
    prediction_ratio, "a" if rare > 1.1 else "b" if rare > 0.9 else "c",
    f"{rare:.2f} at p = {density[-1]:g}. With the same six neurons, sharing leaves {1 - rare:.0%} less "
    "loss than serving three features one by one.",
)  # fmt: skip

# %% fold="The two lines"
two_lines = {"monosemantic neurons (share)": share_all.tolist(), "loss / L0": ratio.tolist()}
lesson.show(
    figures.shares_by_density(density.tolist(), two_lines),
    see=f"from right to left: the share of monosemantic neurons (all starts) falls from {share_all[0]:.2f} "
    f"to {share_all[-1]:.2f}, and the lowest loss from {ratio[0]:.2f} to {ratio[-1]:.2f} of that without "
    "superposition.",
)

# %% [markdown]
# Why does sharing pay only when features are rare? Let two features share a neuron, both with probability
# $p$. A collision, both on at once, has probability $p^2$; that a feature of yours is on at all has
# probability $p$. What you win by computing a further feature grows with $p$, and what collisions cost you
# with $p^2$, so at $p = 0.03$ a collision is 33 times rarer than the event that you win by. At $p = 1$ every
# input is a collision, and therefore each neuron serves one feature. That is lesson 01's argument once more.
# What is new is that the shared thing is a computation: the interference goes *through a ReLU*, where the
# network can do something about it. Part 3 shows what.

# %% [markdown]
# ## Exercise 5.5 · One feature at a time
# *Difficulty 3/5 · about 8 minutes*
#
# What does a network compute? Switch on one feature alone, at $+1$ and then at $-1$, and see how each output
# changes. Entry $[s, i, j]$ of the result is the change of output $j$ when feature $i$ alone goes from 0 to
# $+1$ ($s = 0$) or to $-1$ ($s = 1$):
#
# $$R_{sij} = y_j(\pm e_i) - y_j(0), \qquad y(x) = \mathrm{ReLU}(W_2\,\mathrm{ReLU}(W_1 x) + b),$$
#
# where $e_i$ has a 1 in place $i$ and zeros elsewhere. For exact $|x|$ both matrices are the identity.
# Entries off the diagonal are *interference*: they answer to the wrong feature.


# %% exercise="5.5"
def responses(
    W1: Float[Tensor, "m n"], W2: Float[Tensor, "n m"], b: Float[Tensor, "n"]
) -> Float[Tensor, "2 n n"]:
    """Change of output j when feature i alone is on: entry [0, i, j] for xᵢ = +1, [1, i, j] for xᵢ = −1."""
    ### BEGIN SOLUTION
    plus = torch.eye(W1.shape[1])
    x = torch.stack([plus, -plus])  # "sign feature n"
    return ((x @ W1.T).relu() @ W2.T + b).relu() - b.relu()
    ### END SOLUTION


# %% check="5.5"
lesson.check("5.5", responses)

# %%
both = {names[k]: lesson.use.responses(best.W1[k], best.W2[k], best.b[k]) for k in (0, -2)}  # p = 1 and 0.05
own = {p: R.diagonal(dim1=1, dim2=2) for p, R in both.items()}  # |x| = 1 should give 1
off = [(R - torch.diag_embed(own[p])).abs().max().item() for p, R in both.items()]
computed = [int((d.mean(0) > 0.5).sum()) for d in own.values()]

# %% fold="The responses" tags=["nbval-check-output"]
lesson.table({"": list(both), "answered with more than ½": computed, "largest interference": off})
lesson.show(
    figures.response_matrices(both),
    see=f"with 6 neurons, {computed[0]} features are answered with more than half of the right 1 at p = 1, "
    f"and {computed[1]} at {names[-2]}, with interference of up to {off[1]:.2f} beside the diagonal.",
)

# %% [markdown]
# ## A larger world, and a larger network in it
#
# Thirty features, twelve neurons, $I_i = 0.8^i$. TM goes up to a hundred features and forty neurons;
# networks of that size don't converge in the half minute that we have, and a network that computes *worse*
# than the one without superposition tells you nothing about superposition. So here both numbers are asked
# for: how many neurons are monosemantic, and whether the loss is below $L_0$.

# %%
levels30 = torch.tensor([1, 0.3, 0.1, 0.03, 0.01])
importance30 = 0.8 ** torch.arange(30)
nets30, best30 = train(
    levels30, lesson.pick(smoke=2, lesson=8, full=40), 12, importance30, batch=256,
    steps=lesson.pick(smoke=40, lesson=1000, full=5000),
    progress=lambda steps: lesson.progress(steps, "30 features, 12 neurons"),
)  # fmt: skip
ratio30 = best30.loss / lesson.use.without_superposition(importance30, levels30, 12)
share30 = is_mono(nets30.W1).double().mean((1, 2))  # all starts

# How many neurons would a network without superposition need for this loss?
sizes = range(0, 61, 2)
without = torch.stack([lesson.use.without_superposition(importance30, levels30, m) for m in sizes])
needed = 2 * (without > best30.loss).sum(0)

columns_p = [f"{p:g}" for p in levels30.tolist()]
random30 = is_mono(torch.randn(2000, 30, generator=generator)).double().mean().item()

# %% fold="Thirty features" tags=["nbval-check-output"]
columns30 = {"monosemantic": share30, "loss / L0, best": ratio30, "neurons needed without": needed}
lesson.table({"p": levels30, **columns30})
print(f"random weights: {random30:.2f} monosemantic")
lesson.show(
    figures.second_weight_by_density(dict(zip(columns_p, nets30.W1.flatten(1, 2), strict=True))),
    see=f"each dot is a neuron. Below the dashed line it is monosemantic: {share30[1]:.0%} at p = 0.3, "
    f"{share30[2]:.0%} at p = 0.1, {share30[-1]:.0%} at p = 0.01.",
)

# %% [markdown]
# Random weights are not monosemantic either, so a small share alone proves nothing. It counts because the
# loss is small as well. And now read the last column: how many neurons a network without superposition would
# need for this loss. TM says that a network in superposition *noisily simulates* a larger, sparser one. At
# $p = 0.01$ your twelve neurons do the work of the number printed there.
#
# ### Where is the noise?
#
# A simulation that is as good *on average* may still fail on some inputs. Which ones? Give the network inputs
# with exactly $k$ features on, and measure which share of the signal it loses,
# $\mathbb{E}\sum_i I_i(|x_i| - y_i)^2 \,/\, \mathbb{E}\sum_i I_i x_i^2$. The control is your hand-made
# network of exercise 5.3, which computes six features and drops the rest.


# %%
def lost(net, k: int) -> float:
    """Share of the weighted signal that the network gets wrong when exactly k features are on."""
    x = toy.neurons.sample_exactly(k, 30, 4000, generator)
    y = toy.neurons.abs_forward(*(part[None] for part in net), x)[0]
    return ((importance30 * (x.abs() - y) ** 2).sum() / (importance30 * x**2).sum()).item()


counts = list(range(1, 13))
rivals = {
    "in superposition (trained at p = 0.01)": (best30.W1[-1], best30.W2[-1], best30.b[-1]),
    "without (by hand)": lesson.use.two_neurons_each(30, 12),
}
noise = {name: [lost(net, k) for k in counts] for name, net in rivals.items()}
sharing, separate = noise.values()
worse = next((k for k, a, b in zip(counts, sharing, separate, strict=True) if a > b), 0)

# %% fold="Noise by the number of features that are on" tags=["nbval-check-output"]
print(f"superposition is the worse from {worse} features on")
lesson.show(
    lines(counts, noise, x_title="features on at once (of 30)", y_title="share of the signal lost"),
    see=f"without superposition the same {separate[0]:.0%} or so are lost however many features are on. In "
    f"superposition {sharing[0]:.0%} are lost when one is on alone, and {sharing[7]:.0%} when eight are.",
)

# %% [markdown]
# So the network has not become better; it has bet. Inputs of one or two features are what it sees when
# $p = 0.01$: with 30 features, 0.3 are on at a time, and three at once come in less than one input in 200. On
# those it does better than any network without superposition can, because nothing collides. It pays on inputs
# that hardly ever come. But an adversary, or a change in the world, can make them come; lesson 04 is about
# that.

# %% [markdown]
# # Part 3: a circuit within the superposition
#
# Suppose that one neuron should help with two features: with $|x_0|$ when $x_0 > 0$, and with $|x_1|$ when
# $x_1 < 0$. It reads $x_0$ with plus and $x_1$ with minus, and writes both. Whenever $x_0 > 0$, output 1
# gets something that it should not get: a *leak*. And whenever $x_1 < 0$, output 0 does.
#
# TM found neurons that do this unevenly. They read $(2, -½)$ and write $(½, 2)$. Both features still get
# their right size, $2 \cdot ½ = 1$. But the leak into output 1 is now $2 \cdot 2 = 4$, that into output 0
# $½ \cdot ½ = ¼$. And a large leak can be stopped by a *brake*: a second neuron that reads $x_0$ and writes
# output 1 with minus. Call this the *asymmetric motif*.

# %% [markdown]
# ## Exercise 5.6 · The asymmetric motif
# *Difficulty 3/5 · about 10 minutes*
#
# Build it, with 2 features and 2 neurons, no bias, and any asymmetry $t > 1$ (TM has $t = 2$). Neuron 0
# reads $(t, -1/t)$ and writes $(1/t, t)$. Neuron 1 is the brake: whatever $x_1$ is, it should be active only
# for $x_0 > 0$. When $x_0$ alone is on, it should cancel neuron 0's leak into output 1 exactly, however large
# $x_0$ is. How you split its strength between reading and writing is up to you.


# %% exercise="5.6"
def asymmetric_motif(t: float) -> tuple[Float[Tensor, "2 2"], Float[Tensor, "2 2"]]:
    """W1 (neuron, feature) and W2 (feature, neuron) of a neuron with asymmetry t, and its brake."""
    ### BEGIN SOLUTION
    W1 = torch.tensor([[t, -1 / t], [1, 0]])
    W2 = torch.tensor([[1 / t, 0], [t, -(t**2)]])
    return W1, W2
    ### END SOLUTION


# %% check="5.6"
lesson.check("5.6", asymmetric_motif)

# %%
drawings.show("asymmetric_leak")

# %% [markdown]
# Why uneven? A neuron that serves two features leaks twice, once each way, and a leak of size $\ell$ costs
# $\ell^2$. With $t = 1$ both leaks are 1 and each needs a brake of its own. With $t = 2$ one of them has
# shrunk to ¼, which costs a sixteenth, and a negative bias can buy off what is left of it. The other has
# grown to 4, but it needs one brake, whatever its size. And the brake need not be exact: if it takes off
# too much, the output goes below 0, and the output's ReLU makes 0 of that, which is the right answer. So
# the motif stands on the same leg as superposition itself: negative interference is free.
#
# That is an argument, and it makes two predictions. Trained networks should have such neurons, with brakes
# that take off *too much*, and the bias on the small leak. And without a ReLU at the output all of it
# should go.
#
# ### The smallest world: three features, four neurons
#
# Without superposition four neurons compute two features. Train them for three, each of importance 1. The
# control is the same network without the ReLU at its outputs.


# %%
def no_output_relu(W1, W2, b, x):
    """The control: a hidden ReLU, but none at the outputs, where negative interference now costs."""
    return (x @ W1.mT).relu() @ W2.mT + b[:, None]


rare3 = torch.tensor([0.1, 0.03])
how4 = {"steps": lesson.pick(smoke=60, lesson=1500, full=5000), "batch": 128}
_, small_best = train(rare3, STARTS, 4, equal, **how4)
_, small_linear = train(rare3, STARTS, 4, equal, forward=no_output_relu, **how4)

alone3 = lesson.use.without_superposition(equal, rare3, 4)
small_ratio, linear_ratio = small_best.loss / alone3, small_linear.loss / alone3

# %% fold="Three features in four neurons" tags=["nbval-check-output"]
lesson.table({"p": rare3, "loss / L0": small_ratio, "without the outputs' ReLU": linear_ratio})
lesson.show(
    figures.reads_and_writes(small_best.W1[-1], small_best.W2[-1]),
    see=f"at p = 0.03 four neurons compute three features with {small_ratio[-1]:.0%} of the loss of "
    "computing two. One feature is read by all four neurons, strongly, and written weakly. Each of the "
    "others has two neurons of its own, one a sign, and these are also the brakes of the other.",
)

# %% [markdown]
# <details>
# <summary>Can you build this network by hand, exact whenever one feature is on?</summary>
#
# Nearly. Let features $a$ and $b$ have two neurons each, one a sign, and let feature $c$ switch on one neuron
# of each: the neurons read $(1, 0, t)$, $(0, 1, t)$, $(-1, 0, -t)$ and $(0, -1, -t)$. The $a$ neurons write
# $(1, -1, \tfrac{1}{2t})$, the $b$ neurons $(-1, 1, \tfrac{1}{2t})$. If $c = 1$ alone, one of each fires with
# $t$: output $a$ gets $t - t = 0$, so does $b$, and $c$ gets $2 t \cdot \tfrac{1}{2t} = 1$. If $a = 1$ alone,
# its neuron writes 1 to $a$, $-1$ to $b$ (the ReLU makes 0 of it), and $\tfrac{1}{2t}$ to $c$: one small
# leak, which shrinks as $t$ grows. Compare this with the matrices above: training came to the same.
#
# </details>

# %% [markdown]
# ## Exercise 5.7 · Search for it
# *Difficulty 4/5 · about 12 minutes*
#
# Now in the networks of the first picture, 6 neurons for 10 features, where nobody knows the answer. That
# is a search, and it may fail. Say that neuron $k$ of a network *serves* feature $i$ if the size of its
# reading weight times its writing weight, $|W_{1,ki}|\, W_{2,ik}$, is at least ½. The neuron is a *find*,
# with features $i \ne j$, if
#
# - it serves both,
# - it reads $i$ at least `uneven` times as strongly as $j$, by size,
# - it writes $j$ at least `uneven` times as strongly as $i$.
#
# (TM's neuron reads its two features with opposite signs. That is a matter of names: call $-x_j$ a feature
# instead of $x_j$, and its absolute value is the same.) Return a mask with one entry for each network,
# neuron,
# $i$ and $j$. Nothing here asks for a brake.


# %% exercise="5.7"
def find_motifs(
    W1: Float[Tensor, "inst m n"], W2: Float[Tensor, "inst n m"], uneven: float = 2.0
) -> Bool[Tensor, "inst m n n"]:
    """Whether neuron k of network a serves features i and j unevenly: entry [a, k, i, j]."""
    ### BEGIN SOLUTION
    read, write = W1.abs(), W2.mT  # both "inst m n"
    serves = read * write >= 0.5
    both = serves[..., :, None] & serves[..., None, :]
    reads_i = read[..., :, None] >= uneven * read[..., None, :]
    writes_j = write[..., None, :] >= uneven * write[..., :, None]
    return both & reads_i & writes_j & ~torch.eye(W1.shape[-1], dtype=torch.bool)
    ### END SOLUTION


# %% check="5.7"
lesson.check("5.7", find_motifs)

# %% [markdown]
# ## Exercise 5.8 · How much of a leak is taken back?
# *Difficulty 3/5 · about 8 minutes*
#
# For each find $(a, k, i, j)$ switch on feature $i$ alone in network $a$, with the sign that makes neuron $k$
# active. Then each neuron writes something to output $j$: its activation times its writing weight. What is
# written with plus leaks, and what is written with minus brakes. Return
#
# $$\frac{\text{sum of the sizes of all that is written to } j \text{ with minus}}
# {\text{sum of all that is written to } j \text{ with plus}}$$
#
# for each find: 0 means no brake, 1 an exact one, and more than 1 that output $j$ ends below 0.


# %% exercise="5.8"
def brakes(
    W1: Float[Tensor, "inst m n"], W2: Float[Tensor, "inst n m"], finds: Int[Tensor, "find 4"]
) -> Float[Tensor, "find"]:
    """Which share of what leaks into output j is taken off it when feature i alone is on. Rows: a, k, "
    "i, j."""
    ### BEGIN SOLUTION
    a, k, i, j = finds.unbind(1)
    hidden = (W1[a, k, i].sign()[:, None] * W1[a, :, i]).relu()  # "find m"
    written = hidden * W2[a, j]
    return (-written).relu().sum(1) / written.relu().sum(1)
    ### END SOLUTION


# %% check="5.8"
lesson.check("5.8", brakes)

# %% [markdown]
# ## Predict: the brakes
#
# If it cost as much to take off too much as to take off too little, brakes would lie around 1, as many above
# as below. What will you find? Count the brakes that take off at least 5 % too much, and those that take off
# at least 5 % too little.
#
# (a) about as many of the one as of the other
# (b) far more that take off too little
# (c) far more that take off too much

# %% tags=["predict"]
prediction_brakes = None  # your answer: "a", "b" or "c"

# %%
W1_all, W2_all, b_all = (x.flatten(0, 1) for x in nets[:3])
finds = lesson.use.find_motifs(W1_all, W2_all).nonzero()
brake = lesson.use.brakes(W1_all, W2_all, finds)

linear_nets, _ = train(density[-3:], STARTS, 6, importance, forward=no_output_relu, steps=STEPS)
W1_linear, W2_linear = (x.flatten(0, 1) for x in linear_nets[:2])
linear_finds = lesson.use.find_motifs(W1_linear, W2_linear).nonzero()
shared = lesson.use.find_motifs(
    W1_linear, W2_linear, 1.0
).nonzero()  # the control has few finds: even ones too
brake_linear = lesson.use.brakes(W1_linear, W2_linear, shared)

over, under, over_linear, under_linear = (
    (test(share)).double().mean().nan_to_num().item()
    for share in (brake, brake_linear)
    for test in (lambda s: s > 1.05, lambda s: s < 0.95)
)
too_much = over / max(over + under, 1e-9)  # of the brakes that aren't exact; ½ if both cost the same
too_much_linear = over_linear / max(over_linear + under_linear, 1e-9)
# %%
lesson.reveal(
    prediction_brakes, "c" if over > 2 * under else "b" if under > 2 * over else "a",
    f"{over:.0%} take off at least 5 % too much, {under:.0%} at least 5 % too little. In the control, "
    f"without the outputs' ReLU, it is {over_linear:.0%} and {under_linear:.0%}.",
)  # fmt: skip

# %%
with_one = torch.bincount(finds[:, 0].unique() // STARTS, minlength=len(density)) / STARTS
at_rare = (finds[:, 0] // STARTS >= len(density) - 3).sum().item()  # where the control was trained, too
linear_share = len(linear_finds) / max(at_rare, 1)


def shuffle(W: Float[Tensor, "inst m n"]) -> Float[Tensor, "inst m n"]:
    """Each neuron's weights in a random order."""
    return W.gather(-1, torch.rand(W.shape, generator=generator).argsort(-1))


shuffled = [lesson.use.find_motifs(shuffle(W1_all), W2_all).sum().item() for _ in range(20)]
control = sum(shuffled) / 20 / max(len(finds), 1)

net, neuron, first, second = lesson.use.find_motifs(W1_all, W2_all, 0.0).nonzero().unbind(1)  # any two served
apart = (W1_all[net, neuron, first] / W1_all[net, neuron, second]).abs().log2().abs() >= 1
by_chance = torch.randn(100_000, 2, generator=generator).abs().log2().diff(dim=1).abs() >= 1
apart, by_chance = apart.double().mean(), by_chance.double().mean()

# The small leaks: j is on and leaks into output i
a, k, i, j = finds.unbind(1)
small_brake = lesson.use.brakes(W1_all, W2_all, finds[:, [0, 1, 3, 2]])
small_braked = (small_brake >= 0.8).double().mean().nan_to_num().item()
small_leak = W1_all[a, k, j].abs() * W2_all[a, i, k]
bias_share = (-b_all[a, i] / small_leak).median().nan_to_num().item()

# %% tags=["nbval-check-output"]
lesson.table({"p": density, "share of networks with a find": with_one})
lesson.table(
    {"": ["the three lowest densities", "without the outputs' ReLU"], "finds": [at_rare, len(linear_finds)]}
)
print(f"finds after shuffling what each neuron reads: {control:.2f} times as many")
print(
    f"read twice as strongly as the other feature served: {apart:.2f}; of two random weights {by_chance:.2f}"
)

# %% fold="The brakes" tags=["nbval-check-output"]
print(f"small leaks: braked by 80 % or more {small_braked:.2f}; the bias takes off {bias_share:.2f} (median)")
lesson.show(
    figures.brake_shares({"with the outputs' ReLU": brake.tolist(), "without": brake_linear.tolist()}),
    see=f"with a ReLU at the outputs {over:.0%} of the large leaks are overbraked by 5 % or more; without it "
    f"{over_linear:.0%}. There it is rather too little: {under_linear:.0%} fall short by 5 % or more.",
)

# %% [markdown]
# Both predictions come true, and the control says why: take away the ReLU that makes negative interference
# free, and not only the overbraking goes, but nearly all finds, and much of the gain from superposition
# with them.
#
# Be careful with one thing, though. That *large leaks are braked* would prove nothing: practically every
# neuron that serves two features has its leaks braked, uneven or not, because a network with open leaks would
# not have a low loss. And that a neuron which reads $i$ more strongly *writes* it more weakly is hardly more
# than the definition: to serve a feature, reading times writing has to be near 1. So neither is claimed here.
#
# Note, too, that brakes are busy with other features: the circuit itself stands in superposition.
#
# <details>
# <summary>Are finds more uneven than chance would make them?</summary>
#
# No, and TM doesn't say so. Draw two reading weights at random, and one is at least twice the other more
# often than for two features that a neuron of these networks serves: both shares are printed above. So
# training doesn't push neurons to be uneven. It uses the unevenness that is there, and the smallest world
# above shows where the motif is the best there is.
#
# </details>
#
# ## Your experiment · Touch one thing
#
# Choose one change, write down what you expect and why, run it, and say in two sentences what came out. Keep
# everything else as it was, and put a control beside it. For instance:
#
# - **Turn the brakes.** Multiply the negative writing weights of a find's brakes by a number between 0.5 and
#   1.5. What does the loss do on either side of 1?
# - **Other sizes.** 4 features and 5 or 6 neurons, `train(rare3, 40, 5, torch.ones(4), **how4)`. When does
#   superposition pay, and what do the weights look like?
# - **Another line.** Call a neuron monosemantic at 20 % or 50 % instead of 30 %. Which sentences of this
#   lesson would have to change?
# - **The same density, another importance.** Equal importances in place of $0.8^i$: at which density do the
#   neurons mix?

# %% experiment="code"
### BEGIN SOLUTION
rare_x = toy.neurons.sample_signed(torch.tensor([0.03]), 10, 20_000, generator)[0]
net_at, _, on_at, out_at = finds[finds[:, 0] // STARTS == len(density) - 1].unbind(1)
turned_loss = {}
for factor in (0.5, 0.75, 1.0, 1.25, 1.5):
    changed = W2_all[net_at].clone()
    row = changed[torch.arange(len(net_at)), out_at]
    changed[torch.arange(len(net_at)), out_at] = torch.where(row < 0, factor * row, row)
    y = toy.neurons.abs_forward(W1_all[net_at], changed, b_all[net_at], rare_x)
    turned_loss[factor] = ((rare_x.abs() - y) ** 2 * importance).sum(-1).mean().item()
print({factor: f"{value / turned_loss[1.0]:.3f}" for factor, value in turned_loss.items()})
### END SOLUTION

# %% [markdown] experiment="answer"
# I expected weaker brakes to cost much and stronger ones little, because the outputs' ReLU makes 0 of what
# is below 0. At $p = 0.03$, over all finds, half the brakes cost about a fifth more loss, and one and a
# half times the brakes about a thousandth. So a brake has to be strong enough and needn't be exact. It
# doesn't show that overbraking is of any use: the trained strength, factor 1, is as good as any of the
# five.

# %% [markdown]
# # Part 4: is superposition the only reason?
#
# Suppose that an architecture rules superposition out: at any time at most one neuron may be active, and it
# is on or off. Will each neuron now stand for one feature? M has an argument about that, and it needs only
# one neuron.
#
# Take four features that exclude each other: exactly one is on, each with probability ¼. (Think of the next
# token.) One neuron sees which, and fires or not. From the neuron alone you guess which feature it is. The
# guess is a probability for each feature, and costs the *cross-entropy*, minus the logarithm of the
# probability that you gave to the right one. It is measured in *nats* (natural logarithm). What should the
# neuron fire for?
#
# ## Predict: one feature or two?
#
# Which code leaves the lowest cross-entropy?
#
# (a) fire for one feature (monosemantic)
# (b) fire for two features (polysemantic)
# (c) both are equally good

# %% tags=["predict"]
prediction_code = None  # your answer: "a", "b" or "c"

# %% [markdown]
# ## Exercise 5.9 · What a code costs
# *Difficulty 3/5 · about 10 minutes*
#
# A *code* says into which state feature $i$ puts the hidden layer: $s_i$, a whole number. For one neuron the
# states are 0 (silent) and 1 (fires). The best guess given a state is the distribution of the features that
# share it, $q_i = \pi_i / \sum_{j:\,s_j = s_i} \pi_j$, where $\pi_i > 0$ is the probability of feature $i$.
# So the code costs
#
# $$L = -\sum_i \pi_i \ln \frac{\pi_i}{\sum_{j:\,s_j = s_i} \pi_j} .$$
#
# Write it for many codes at once. There may be more than two states, and their numbers are
# only names: 5, 2 and 7 will do.


# %% exercise="5.9"
def code_loss(state: Int[Tensor, "inst n"], prob: Float[Tensor, "n"]) -> Float[Tensor, "inst"]:
    """Cross-entropy (nats) of the best guess of the feature from the state that it leads to."""
    ### BEGIN SOLUTION
    same = state[:, :, None] == state[:, None, :]  # "inst i j"
    in_state = (same * prob).sum(-1)
    return -(prob * (prob / in_state).log()).sum(-1)
    ### END SOLUTION


# %% check="5.9"
lesson.check("5.9", code_loss)

# %% [markdown]
# ### All 16 codes

# %% tags=["nbval-check-output"]
codes = torch.tensor(list(itertools.product([0, 1], repeat=4)))
even = torch.full((4,), 0.25)
nats = lesson.use.code_loss(codes, even)
by_size = {fires: nats[codes.sum(1) == fires] for fires in range(5)}
loss_one, loss_two = by_size[1].min().item(), by_size[2].min().item()
nats_by = {
    "least nats": [v.min().item() for v in by_size.values()],
    "most": [v.max().item() for v in by_size.values()],
}
lesson.table({"fires for": list(by_size), **nats_by}, digits=4)

# %%
lesson.reveal(
    prediction_code, "a" if loss_one < loss_two - 1e-6 else "b" if loss_two < loss_one - 1e-6 else "c",
    f"{loss_two:.3f} nats against {loss_one:.3f}. Firing for one tells you everything a quarter of the "
    "time, and leaves three candidates the rest of the time. Firing for two always leaves two.",
)  # fmt: skip

# %%
drawings.show("one_bit_of_four")

# %% [markdown]
# Four features and one neuron: is that superposition? No. Superposition bets that features are seldom on
# together, and pays with interference when they are. Here no two are ever on together, so nothing can
# interfere. The neuron is polysemantic because a bit tells most when it halves what is possible: silence is
# an answer too, and a neuron that fires for one of four is silent three times out of four, when it leaves
# three candidates. Think of the game of twenty questions. Nobody begins with "is it the Eiffel Tower?"
#
# ### Does training find it?
#
# Make the neuron random, so that there is a gradient: for feature $i$ it fires with probability
# $f_i = \sigma(w_i)$. The guess is a softmax, of one set of numbers when it fires and of another when it
# doesn't. The expected loss is a finite sum, so no sampling is needed. The control changes only the loss:
# squared error instead of cross-entropy, with any four numbers as the guess.
#
# ## Predict: squared error
#
# With squared error $\sum_i (\text{feature}_i - \text{guess}_i)^2$, and four equally likely features, which
# code is best?
#
# (a) fire for one (b) fire for two (c) both are equally good

# %% tags=["predict"]
prediction_square = None  # your answer: "a", "b" or "c"


# %%
def cross_entropy(guess: Float[Tensor, "inst 4"]) -> Float[Tensor, "inst 4"]:
    """Cost of the guess for each feature that may be the right one. The guess is given by its logits."""
    return -guess.log_softmax(-1)


def squared_error(guess: Float[Tensor, "inst 4"]) -> Float[Tensor, "inst 4"]:
    return ((torch.eye(4) - guess[:, None, :]) ** 2).sum(-1)


def train_neuron(cost) -> tuple[Int[Tensor, "inst"], Float[Tensor, "inst"]]:
    """Train many random binary neurons. Returns the features on the smaller side (0 to 2), and the loss."""

    def loss(w, on, off):
        fires = w.sigmoid()
        return (even * (fires * cost(on) + (1 - fires) * cost(off))).sum(-1)

    with toy.one_thread():
        starts = [0.1 * torch.randn(lesson.pick(smoke=50, lesson=400, full=2000), 4, generator=generator)
                  for _ in range(3)]  # fmt: skip
        w, on, off = toy.adam(starts, loss, lesson.pick(smoke=100, lesson=600, full=2000), lr=0.05)
    fires = (w > 0).sum(1)
    return torch.minimum(fires, 4 - fires), loss(w, on, off)  # firing for three is silence for one


trained_codes = {cost.__name__: train_neuron(cost) for cost in (cross_entropy, squared_error)}

# %% tags=["nbval-check-output"]
two_share = {name: (smaller == 2).double().mean().item() for name, (smaller, _) in trained_codes.items()}
best_two = trained_codes["cross_entropy"][1].min().item()
sizes2 = {1: "mean loss, 1 against 3", 2: "2 against 2"}
losses2 = {sizes2[k]: [c[n == k].mean().item() for n, c in trained_codes.values()] for k in sizes2}
lesson.table({"": list(two_share), "share of starts: 2 against 2": list(two_share.values()), **losses2})

# %% [markdown]
# The starts that end at one against three have the higher cross-entropy. As in lesson 02, the lowest loss of
# many starts is what counts, and that one is polysemantic. With squared error both ends cost the same. Is
# that so for the best codes, too?


# %%
def square_loss(state: Int[Tensor, "inst n"], prob: Float[Tensor, "n"]) -> Float[Tensor, "inst"]:
    """Squared error of the best guess, which is again q: 1 − Σᵢ πᵢ qᵢ."""
    in_state = ((state[:, :, None] == state[:, None, :]) * prob).sum(-1)
    return 1 - (prob**2 / in_state).sum(-1)


squares = square_loss(codes, even)
one_square, two_square = (squares[codes.sum(1) == size].min().item() for size in (1, 2))
tie = abs(one_square - two_square) < 1e-6

# %%
lesson.reveal(
    prediction_square, "c" if tie else "a" if one_square < two_square else "b",
    f"One: {one_square:.3f}, two: {two_square:.3f}. For this loss the monosemantic neuron is as good. So "
    "it is the cross-entropy that asks for a polysemantic one.",
)  # fmt: skip

# %% [markdown]
# M says so itself: models trained with squared error may have the same loss for both kinds of
# representation, and for some importances actively prefer the monosemantic one. Here is such a case.
#
# ### Unequal features, more neurons
#
# The tie is special to equal probabilities. Make the features unequally frequent, and the two losses want
# different neurons. And with three neurons, of which at most one fires, there are four states for, say,
# eight features: $4^8$ codes, which you can still try one by one.

# %%
uneven_prob = torch.tensor([0.4, 0.3, 0.2, 0.1])
losses = {"cross-entropy": lesson.use.code_loss, "squared error": square_loss}
best_codes = {name: codes[function(codes, uneven_prob).argmin()] for name, function in losses.items()}

codes8 = torch.cartesian_prod(*[torch.arange(4)] * 8)  # 0: no neuron fires; 1, 2, 3: that one does
nats8 = lesson.use.code_loss(codes8, torch.full((8,), 1 / 8))
counts8 = torch.stack([(codes8 == s).sum(1) for s in range(4)], 1).sort(1, descending=True).values
one_each = nats8[(counts8[:, 1:] == 1).all(1)].min().item()

# %% tags=["nbval-check-output"]
for loss_name, state in best_codes.items():
    sides = [[round(q, 1) for q in uneven_prob[state == s].tolist()] for s in (0, 1)]
    print(f"{loss_name}: the best code separates {sides[0]} from {sides[1]}")
print(f"8 features, 3 exclusive neurons: features a state {counts8[nats8.argmin()].tolist()}")
print(f"that costs {nats8.min():.3f} nats; one feature for each neuron {one_each:.3f}")

# %% [markdown]
# With unequal features the squared error wants the commonest one alone, and the cross-entropy wants two
# sides that are equally likely. With eight features every state holds two, the silent state as well:
# features without a neuron of their own have to go somewhere, and it pays to spread them.
#
# ## Play: rarer and rarer
#
# First without widgets: the slider moves through the networks that you trained, the best at each density.

# %% fold="Stacks by density"
lesson.show(
    figures.neuron_stack_slider({f"{p:g}": W for p, W in zip(density, best.W1, strict=True)}, "density p = "),
    see="each bar is a neuron, each number a feature. Slide to the right, towards rare features: bars of one "
    "dark box become mixed and bright.",
)

# %% [markdown]
# Now live. Each move of the slider trains ten new networks and shows the best.


# %%
def look(p: float, neurons: int) -> None:
    """Train ten networks for |x| of 10 features, and show the best."""
    _, winner = train(torch.tensor([p]), 10, neurons, importance, steps=300)
    ratio = winner.loss[0] / toy.neurons.without_superposition(importance, torch.tensor([p]), neurons)[0]
    share = toy.neurons.monosemantic(winner.W1[0]).double().mean()
    title = f"p = {p:.3g}: loss / L0 = {ratio:.2f}, {share:.0%} monosemantic"
    theme.show(figures.neuron_stacks({title: winner.W1[0]}), title)


look(p=0.2, neurons=6)

# %% tags=["play"]
p_slider = widgets.FloatLogSlider(0.2, min=-2, max=0, step=0.05, continuous_update=False)
m_slider = widgets.IntSlider(6, min=2, max=16, step=2, continuous_update=False)
_ = widgets.interact(look, p=p_slider, neurons=m_slider)

# %% [markdown]
# Things to try: find the density at which the first bar mixes. Give the network more neurons at that
# density: does it go back to one feature a bar?

# %% [markdown]
# ## Claims

# %% fold="The claims on storing and computing" tags=["nbval-check-output"]
lesson.claim("privileged.monosemantic", mono_best[2], at_least=0.9)  # the best start, as TM shows it
lesson.claim("privileged.relu_minus_linear", mono_relu[2] - mono_linear[2], at_least=0.3)  # all starts
lesson.claim("privileged.monosemantic_sparse", mono_relu[4], at_most=0.3)
lesson.claim("privileged.linear_monosemantic", mono_linear[2], at_most=0.1)
lesson.claim("privileged.always_on_monosemantic", mono_relu[0], at_most=0.5)
lesson.claim("privileged.price_sparse", price[4], at_least=2)
lesson.claim("abs.pairs", pair_share, at_least=0.9, paper="pairs ReLU(x), ReLU(−x)")
lesson.claim("abs.linear_hidden_left", left_linear.min(), between=(0.54, 0.55))
lesson.claim("abs.loss_sparse", ratio[-1], at_most=0.8)
lesson.claim("abs.monosemantic_dense", share30[:2].mean(), at_least=0.9, paper="monosemantic when dense")
lesson.claim("abs.loss_dense", ratio30[1], between=(0.95, 1.05))
lesson.claim("abs.monosemantic_sparse", share30[-1], at_most=0.1, paper="polysemantic when sparse")
lesson.claim("abs.loss_large_sparse", ratio30[-1], at_most=0.6)
lesson.claim("abs.simulated_neurons", needed[-1] / 12, at_least=1.3, paper="simulates a larger network")
lesson.claim("abs.lost_alone", sharing[0], at_most=0.15)
lesson.claim("abs.lost_in_a_crowd", sharing[7], at_least=0.4)
# %% fold="The claims on circuits and codes" tags=["nbval-check-output"]
lesson.claim("motif.small_world_loss", small_ratio[-1], at_most=0.2)
lesson.claim("motif.small_world_without_relu", linear_ratio[-1], at_least=0.4)
lesson.claim("motif.networks_with_one", with_one[-2:].mean(), at_least=0.3, paper="found by inspection")
lesson.claim("motif.without_relu", linear_share, at_most=0.15)
lesson.claim("motif.shuffled", control, at_most=0.2)
lesson.claim("motif.overbraked", too_much, at_least=0.8, paper="positive interference made negative")
lesson.claim("motif.overbraked_without_relu", too_much_linear, at_most=0.2)
lesson.claim("motif.small_leak_braked", small_braked, at_most=0.1)
lesson.claim("motif.small_leak_bias", bias_share, at_least=0.4)
lesson.claim("onehot.loss_one", loss_one, between=(0.823, 0.825), paper="0.8 nats")
lesson.claim("onehot.loss_two", loss_two, between=(0.692, 0.694), paper="0.7 nats")
lesson.claim("onehot.trained", best_two, between=(0.692, 0.7))
lesson.claim("onehot.trained_two_share", two_share["cross_entropy"], at_least=0.6)
lesson.claim("onehot.square_difference", abs(one_square - two_square), at_most=1e-6)

# %% [markdown]
# ### Where this departs from the paper
#
# - We train for fewer steps, with the learning rate first rising and then falling. Without the rise, many
#   outputs die at low density: Adam's first steps push their bias below zero, and a ReLU below zero for all
#   inputs gets no gradient. Writing weights start small and not negative, for the same reason.
# - TM's privileged basis is monosemantic for all densities above ½. Ours is at ½ and 0.7, and not at 1, where
#   the ReLUs hardly ever cut.
# - TM has 100 features and 40 neurons, we have 30 and 12, so that the losses can be held against $L_0$. At
#   $p = 1$ even the best of our starts doesn't always reach it.
# - TM shows weights for the eye. We draw a line at 30 % and count. Another line gives other counts.
# - Our uneven neurons are found by a rule that we chose, and most are milder than the one TM shows. The
#   network without an output ReLU, and three features in four neurons, are ours.
# - M gives the one-hot argument in words, with one neuron, and says that squared error can tie. (It credits
#   Adam Jermyn and others 2022, and Adam Scherlis and others 2022, on what squared error and importance do to
#   polysemanticity.) The count of all codes, the trained neuron and the eight features are ours.
#
# ## Discussion
#
# 1. **"You can't just train better models."** Forbidding superposition, by exclusive neurons, left
#    polysemantic neurons as long as the loss was cross-entropy. It is often said that TM showed this. It is
#    M's argument, and it is about polysemanticity *without* superposition; TM reports that an L1 penalty on
#    $h$ does remove superposition (lesson 01). What would a network have to be paid for, to make
#    its neurons readable? What would it cost?
# 2. **Simulating a larger network.** Twelve neurons did the work of more than twelve, on rare features, with
#    noise that grows with the number of features that are on. Is the right unit of analysis the neuron, the
#    feature, or the motif? What would you look for in a language model? (Lessons 06, 08 and 09 look for
#    features.)
# 3. **The interpretability tax.** At $p = 0.01$ the table of thirty features says how many neurons a network
#    without superposition would need for the same loss. Would you pay that for a network that you can read?
#    (Lesson 04 measures it.)
# 4. **Scale.** Larger models store more and rarer features. By the figure with thirty features, should their
#    neurons get easier or harder to read? What does the figure assume that a language model need not do?
#
# ## What you can now say
#
# - A ReLU makes the axes of the hidden space special, because it acts on each by itself; a linear layer's
#   axes mean nothing, and turning them changes nothing.
# - When features are always on, a neuron serves one; when they are rare, several. In the same range of
#   densities the network gets better than any network of its size in which each neuron serves one feature.
# - Such a network simulates a larger one, with noise: good on inputs with one or two features on, worse than
#   its rival on inputs with many.
# - Interference can be managed inside the computation: a large leak gets a brake, a small one is bought off
#   by the bias. It rests on the output's ReLU, for which below 0 is as good as 0; without it, nearly all of
#   it goes.
# - A polysemantic neuron is no proof of superposition: for a neuron that has one bit to give, cross-entropy
#   asks for two features of four, and squared error doesn't mind.
#
# ### Three readings
#
# 1. TM, [Computation in
#    Superposition](https://transformer-circuits.pub/2022/toy_model/index.html#computation): the asymmetric
#    motif, drawn for one trained network. 15 minutes.
# 2. M, [the problem setup](https://transformer-circuits.pub/2023/monosemantic-features#setup), from "Why not
#    use architectural approaches?": the argument of Part 4 in its place. 10 minutes.
# 3. Adam Scherlis and others, [Polysemanticity and Capacity in Neural
#    Networks](https://arxiv.org/abs/2210.01892): how much of a neuron a feature is worth, with a phase
#    diagram to hold against lesson 02's. 30 minutes.
#
# The kit's modules behind this lesson, in reading order: [the map](../docs/map.md).

# %%
lesson.summary()
