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
# - **Rebuilds:** *Toy Models of Superposition* (TM), sections
#   [Superposition in a Privileged Basis](https://transformer-circuits.pub/2022/toy_model/index.html#privileged-basis)
#   and [Computation in Superposition](https://transformer-circuits.pub/2022/toy_model/index.html#computation);
#   from [*Towards Monosemanticity*](https://transformer-circuits.pub/2023/monosemantic-features) (M), the
#   argument about architectures that rule superposition out.
#
# **Words.** A *feature* is one quantity $x_i$ of the input. Its *density* $p$ is the probability that it is
# on, that is, not zero. Its *importance* $I_i$ is its weight in the loss. A *neuron* is a hidden unit with a
# nonlinearity of its own, here a ReLU. It is *monosemantic* if one feature drives it and *polysemantic* if
# several do. *Superposition* is storing or computing more features than there is room for one by one, so
# that features that are on together disturb each other.

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
from course_utils.figures import lines, matrices, theme
from course_utils.figures import neurons as figures

lesson = course_utils.start("05", scale=SCALE, seed=SEED)
generator = torch.Generator().manual_seed(SEED)

# %% [markdown]
# ## The picture
#
# The cell below trains networks of 6 neurons that should return $|x_i|$ for 10 features, with importance
# $0.8^i$, at seven densities. Each density gets many random starts. The picture shows the start with the
# lowest loss, for two of the densities: one bar a neuron, made of the weights with which it reads the
# features, divided by the neuron's largest.

# %%
STARTS = lesson.pick(smoke=4, lesson=40, full=200)
STEPS = lesson.pick(smoke=60, lesson=500, full=3000)
density = torch.tensor([1, 0.5, 0.3, 0.2, 0.1, 0.05, 0.03])
importance = 0.8 ** torch.arange(10)

nets = toy.neurons.train_abs(
    density.repeat_interleave(STARTS), 6, importance, generator, steps=STEPS,
    progress=lambda steps: lesson.progress(steps, "10 features, 6 neurons"),
)  # fmt: skip
nets = toy.neurons.AbsNetworks(*(x.unflatten(0, (len(density), STARTS)) for x in nets))  # "level start ..."
best = toy.neurons.AbsNetworks(*(toy.best_of(nets.loss, x) for x in nets))  # "level ..."


# %%
def features_read(W: Float[Tensor, "... neuron n"]) -> Float[Tensor, "..."]:
    """Features that a neuron reads with more than 30 % of its largest weight: the mean over the neurons."""
    return (W.abs() > 0.3 * W.abs().amax(-1, keepdim=True)).sum(-1).float().mean(-1)


names = [f"p = {p:g}" for p in density.tolist()]
readers = features_read(best.W1)
lesson.show(
    figures.neuron_stacks({names[0]: best.W1[0], names[-2]: best.W1[-2]}),
    see=f"On the left each neuron reads {readers[0]:.1f} features on average, on the right {readers[-2]:.1f} "
    "(counting weights above 30 % of the neuron's largest). Both networks have the same size.",
    alt="Stacked bars of the input weights of six neurons. At density 1 each bar has one colour; at density "
    "0.05 each has many.",
)  # fmt: skip

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
# of its own.


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
# *Difficulty 2/5 · about 8 minutes*
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


def train_store(forward, name: str) -> tuple[Float[Tensor, "level start m n"], Float[Tensor, "level start"]]:
    """Train autoencoders by Adam on fresh samples; return W and the loss on 8000 fresh inputs."""
    p = levels10.repeat_interleave(starts10)

    def loss(W, b, batch=64):
        x = toy.sample(p, 10, batch, generator)
        return ((x - forward(W, b, x)) ** 2 * importance10).sum(-1).mean(-1)

    with toy.one_thread():
        start, bar = toy.random_starts(len(p), 10, 5, generator), lambda steps: lesson.progress(steps, name)
        W, b = toy.adam(start, loss, steps10, lr=0.02, decay=True, progress=bar)
        final = torch.stack([loss(W, b, 1000) for _ in range(8)]).mean(0)
    return W.unflatten(0, (-1, starts10)), final.unflatten(0, (-1, starts10))


W_relu, loss_relu = train_store(lesson.use.neuron_forward, "with ReLU")
W_linear, loss_linear = train_store(toy.forward, "linear")

# %% tags=["nbval-check-output"]
is_mono = lesson.use.monosemantic
mono_best = is_mono(toy.best_of(loss_relu, W_relu)).double().mean(-1)
mono_relu, mono_linear = (is_mono(W).double().mean((-2, -1)) for W in (W_relu, W_linear))
mono_random = is_mono(torch.randn(2000, 10, generator=generator)).double().mean().item()
print("share of monosemantic hidden units")
print("   p   ReLU, best start   ReLU, all starts   linear, all starts")
for row10 in zip(
    levels10.tolist(), mono_best.tolist(), mono_relu.tolist(), mono_linear.tolist(), strict=True
):
    print("{:4.2f}   {:16.2f}   {:16.2f}   {:18.2f}".format(*row10))
print(f"untrained, random weights: {mono_random:.2f}")
at_half = mono_linear[2].item()

# %%
lesson.reveal(
    prediction_linear, "a" if at_half > 0.75 else "b" if at_half > 0.25 else "c",
    f"{at_half:.0%}, about as for random weights ({mono_random:.0%}). The stored features do get directions "
    "at right angles. But nothing ties those directions to the axes: each start ends in another rotation.",
)  # fmt: skip

# %%
best_relu, best_linear = toy.best_of(loss_relu, W_relu), toy.best_of(loss_linear, W_linear)
panels = {
    "ReLU, p = 0.5": best_relu[2],
    "linear, p = 0.5": best_linear[2],
    "ReLU, p = 0.1": best_relu[4],
}
read = "; ".join(f"{name}: {features_read(W):.1f}" for name, W in panels.items())
lesson.show(
    matrices(
        {name: figures.by_feature(W) for name, W in panels.items()},
        x_title="feature", y_title="hidden unit", height=320,
    ),
    see=f"Features that a hidden unit reads, on average: {read}. Only in the first panel can you say which "
    "unit is which feature.",
    alt="Three weight matrices. With ReLU at density 0.5 each row has one strong entry; the linear model's "
    "rows and those at density 0.1 have many.",
)  # fmt: skip

# %% [markdown]
# ### Turn the hidden space
#
# The definition says: a privileged basis is one that the model can tell from a turned one. So turn it.
# Take the model that stores the first five features on the five axes, and turn two of the axes by an angle
# $\theta$. No training is needed.

# %% tags=["nbval-check-output"]
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
step = angle[1].rad2deg().item()
print(f"more loss at {step:.0f}°:", {name: f"{values[1] - 1:.2%}" for name, values in rise.items()})

# %%
extra = {name: values[1] - 1 for name, values in rise.items()}
lesson.show(
    lines(
        angle.rad2deg().tolist(), rise, x_title="angle by which two hidden axes are turned (degrees)",
        y_title="loss / loss at 0°",
    ),
    see=f"The linear model's lines are flat. With a ReLU, {step:.0f}° cost {extra['ReLU, p = 0.5']:.2%} at "
    f"p = 0.5, and {extra['ReLU, p = 1']:.2%} at p = 1.",
    alt="Loss over angle. Two flat lines for the linear model; two rising ones for ReLU, the one at density "
    "1 starting flatter.",
)  # fmt: skip

# %% [markdown]
# This also explains an oddity in the table: at $p = 1$ the ReLU's units are *less* monosemantic than at
# $p = 0.5$. Count features from 0. After a small turn the first unit reads
# $\cos\theta\,x_0 - \sin\theta\,x_1$, and its ReLU changes something only when that is negative. At $p = 1$
# both features are on, and $x_0$ is seldom so small beside $x_1$. At $p = 0.5$ it happens whenever $x_1$ is
# on and $x_0$ is not. A ReLU that hardly ever cuts leaves the basis hardly privileged.
#
# Towards small $p$ something else happens: neurons read several features again, but now because features
# share them. That is superposition, in a privileged basis. And the table has a price tag that it does not
# show: at small $p$ the hidden ReLU makes storing dearer.

# %% tags=["nbval-check-output"]
price = loss_relu.amin(1) / loss_linear.amin(1)
for p, times in zip(levels10.tolist(), price.tolist(), strict=True):
    print(f"p = {p:.2f}: lowest loss with hidden ReLU / without: {times:.1f}")

# %% [markdown]
# A ReLU discards half of each axis. For storing, that is a waste. The next part gives it a use.

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

# %% [markdown]
# ## Exercise 5.3 · By hand
# *Difficulty 2/5 · about 10 minutes*
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
# lowest loss kept. The control is a hidden layer without ReLU. The yardstick is the loss of a constant guess,
# the best output that does not look at the input.

# %% tags=["nbval-check-output"]
levels3, starts3 = torch.tensor([1, 0.3, 0.1]), lesson.pick(smoke=4, lesson=20, full=100)
p3, equal = levels3.repeat_interleave(starts3), torch.ones(3)
nets3 = toy.neurons.train_abs(p3, 6, equal, generator, steps=STEPS)
nets3 = toy.neurons.AbsNetworks(*(x.unflatten(0, (3, starts3)) for x in nets3))
best3 = toy.neurons.AbsNetworks(*(toy.best_of(nets3.loss, x) for x in nets3))

top = best3.W1.abs().argmax(-1)  # the feature that each neuron reads most: "level neuron"
plus = best3.W1.gather(-1, top[..., None])[..., 0] > 0
serves = (2 * top + plus).sort(-1).values
pairs = (serves == torch.arange(6)).all(-1) & is_mono(best3.W1).all(-1)
pair_share = pairs.double().mean().item()
print(f"densities at which each feature has one neuron for x > 0 and one for x < 0: {pair_share:.2f}")


# %% tags=["nbval-check-output"]
def linear_loss(W1, W2, b, batch=64):
    x = toy.neurons.sample_signed(p3, 3, batch, generator)
    y = (x @ W1.transpose(1, 2) @ W2.transpose(1, 2) + b[:, None]).relu()
    return ((x.abs() - y) ** 2).sum(-1).mean(-1)


with toy.one_thread():
    W1, W2 = (0.3 * torch.randn(len(p3), *shape, generator=generator) for shape in ((6, 3), (3, 6)))
    linear3 = toy.adam((W1, W2, torch.zeros(len(p3), 3)), linear_loss, STEPS, lr=0.02, decay=True)
    linear_best = linear_loss(*linear3, batch=16_000).unflatten(0, (3, starts3)).amin(1)
guess = 3 * toy.theory.drop_loss(1, levels3)  # the best constant output
left, left_linear = best3.loss / guess, linear_best / guess
print("share of a constant guess's loss that is left")
for p_left, with_relu, linear in zip(levels3.tolist(), left.tolist(), left_linear.tolist(), strict=True):
    print(f"p = {p_left:.1f}: {with_relu:.3f}; linear hidden layer: {linear:.2f}")

# %%
lesson.show(
    matrices(
        {"reads (W1)": best3.W1[0], "writes (W2, transposed)": best3.W2[0].T},
        x_title="feature", y_title="", rows=[f"neuron {k + 1}" for k in range(6)], height=330,
    ),
    see="Your hand-made network, up to order and scale: for each feature, one neuron reads it with plus and "
    "one with minus, and both write it with plus. (If a neuron reads twice as strongly and writes half as "
    "strongly, nothing changes.)",
    alt="Two matrices of six neurons by three features. Each neuron reads one feature, with plus or minus, "
    "and writes the same feature with plus.",
)  # fmt: skip

# %% [markdown]
# A linear hidden layer leaves half of the guess's loss or more. Only the outputs' own ReLU can bend then, so
# each output can follow one sign of its feature.

# %% [markdown]
# ## Exercise 5.4 · The best network without superposition
# *Difficulty 2/5 · about 8 minutes*
#
# When there are more features than pairs of neurons, what can a network without superposition do? It
# computes the $m/2$ *most important* features exactly. For the others it returns the best constant. $|x_i|$
# is 0 or uniform on $[0, 1]$, so the loss that a constant leaves is the one that you know from lesson 02,
# $I_i\,(p/3 - p^2/4)$:
#
# $$L_0(p) = \sum_{i \text{ not computed}} I_i \left(\frac{p}{3} - \frac{p^2}{4}\right).$$
#
# The importances come in any order. There is one result for each density. If there are pairs for all
# features, the loss is 0.


# %% exercise="5.4"
def without_superposition(
    importance: Float[Tensor, "n"], p: Float[Tensor, "inst"], m: int
) -> Float[Tensor, "inst"]:
    """Loss of |x| when m neurons compute the m // 2 most important features and the rest is guessed."""
    ### BEGIN SOLUTION
    rest = importance.sort(descending=True).values[m // 2 :]
    return rest.sum() * (p / 3 - p**2 / 4)
    ### END SOLUTION


# %% check="5.4"
lesson.check("5.4", without_superposition)

# %% [markdown]
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

# %% tags=["nbval-check-output"]
alone = lesson.use.without_superposition(importance, density, 6)
ratio = best.loss / alone
share, share_all = is_mono(best.W1).double().mean(-1), is_mono(nets.W1).double().mean((1, 2))
median = nets.loss.median(1).values / alone
print("   p   loss      loss / L0   median start   monosemantic, best   all starts")
for row in zip(*(t.tolist() for t in (density, best.loss, ratio, median, share, share_all)), strict=True):
    print("{:4.2f}   {:.5f}   {:9.2f}   {:12.2f}   {:18.2f}   {:10.2f}".format(*row))
rare = ratio[-1].item()

# %%
lesson.reveal(
    prediction_ratio, "a" if rare > 1.1 else "b" if rare > 0.9 else "c",
    f"{rare:.2f} at p = {density[-1]:g}. With the same six neurons, sharing leaves {1 - rare:.0%} less loss "
    "than serving three features one by one.",
)  # fmt: skip

# %%
lesson.show(
    lines(
        density.tolist(),
        {"monosemantic neurons (share)": share_all.tolist(), "loss / L0": ratio.tolist()},
        x_title="density p", y_title="share, ratio", log="x",
    ).update_xaxes(tickvals=density.tolist(), ticktext=[f"{p:g}" for p in density.tolist()]),
    see=f"From right to left: the share of monosemantic neurons (all starts) falls from {share_all[0]:.2f} "
    f"to {share_all[-1]:.2f}. In the same range of densities the lowest loss falls from {ratio[0]:.2f} to "
    f"{ratio[-1]:.2f} of that without superposition.",
    alt="Two lines over density. The share of monosemantic neurons drops towards low density, and the ratio "
    "of losses falls below 1 there.",
)  # fmt: skip

# %% [markdown]
# ## Exercise 5.5 · One feature at a time
# *Difficulty 3/5 · about 10 minutes*
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

# %% tags=["nbval-check-output"]
shown = {0: names[0], len(density) - 2: names[-2]}
tables = {k: lesson.use.responses(best.W1[k], best.W2[k], best.b[k]) for k in shown}
on = {k: R.diagonal(dim1=1, dim2=2).mean(0) for k, R in tables.items()}  # |x| = 1 should give 1
computed = {k: (d > 0.5).sum().item() for k, d in on.items()}
off = {k: (R - torch.diag_embed(R.diagonal(dim1=1, dim2=2))).abs().max().item() for k, R in tables.items()}
for at, net in shown.items():
    print(f"{net}: features answered with more than 0.5: {computed[at]}, largest interference {off[at]:.2f}")
pictures = itertools.product(shown.items(), enumerate(("+1", "−1")))
lesson.show(
    matrices(
        {f"{name}, x = {sign}": tables[k][s] for (k, name), (s, sign) in pictures},
        x_title="output", y_title="feature that is on", height=330,
    ),
    see=f"With 6 neurons, {computed[0]} features are answered with more than half of the right 1 at p = 1, "
    f"and {computed[len(density) - 2]} at {names[-2]}, with interference of up to "
    f"{off[len(density) - 2]:.2f} beside the diagonal.",
    alt="Four response matrices. At density 1 three entries on the diagonal and nothing else; at low density "
    "a longer diagonal with weak entries beside it.",
)  # fmt: skip

# %% [markdown]
# ## A hundred features, forty neurons
#
# The paper's size: $n = 100$, $m = 40$, $I_i = 0.8^i$, from $p = 1$ to $p = 0.003$. One start for each
# density is all that fits into half a minute, so read the losses with care.

# %%
levels100 = torch.tensor([1, 0.3, 0.1, 0.03, 0.01, 0.003])
importance100 = 0.8 ** torch.arange(100)
steps100 = lesson.pick(smoke=40, lesson=3000, full=20_000)
parts = [
    toy.neurons.train_abs(
        p, 40, importance100, generator, steps=steps100, batch=batch, lr=lr,
        progress=lambda steps, batch=batch: lesson.progress(steps, f"100 features, batches of {batch}"),
    )
    for p, batch, lr in ((levels100[:4], 128, 0.02), (levels100[4:], 512, 0.01))  # rarer: larger batches
]  # fmt: skip
big = toy.neurons.AbsNetworks(*(torch.cat(pair) for pair in zip(*parts, strict=True)))

# %%
share100 = is_mono(big.W1).double().mean(-1)
left100 = big.loss / toy.theory.drop_loss(importance100.sum(), levels100)
ratio100 = big.loss / lesson.use.without_superposition(importance100, levels100, 40)
random100 = is_mono(torch.randn(2000, 100, generator=generator)).double().mean().item()
print("    p   monosemantic   loss / constant guess   loss / L0")
for row100 in zip(levels100.tolist(), share100.tolist(), left100.tolist(), ratio100.tolist(), strict=True):
    print("{:5.3f}   {:12.2f}   {:21.3f}   {:9.1f}".format(*row100))
print(f"random weights: {random100:.2f} monosemantic")
served = big.W1[0].abs().argmax(-1).unique().numel()
print(f"p = 1: the 40 neurons read {served} different features most")

# %%
lesson.show(
    figures.second_weight_by_density({f"{p:g}": W for p, W in zip(levels100.tolist(), big.W1, strict=True)}),
    see=f"Each dot is a neuron. Below the dashed line it is monosemantic: {share100[0]:.0%} at p = 1, "
    f"{share100[2]:.0%} at p = 0.1, {share100[-1]:.0%} at p = 0.003. Each network leaves at most "
    f"{left100.max():.0%} of a constant guess's loss: these are trained neurons, not random ones.",
    alt="Forty dots for each of six densities. At high density nearly all lie below the line at 0.3, at low "
    "density all lie above it.",
)  # fmt: skip

# %% [markdown]
# Two warnings. Random weights are not monosemantic either. So a small share alone proves nothing: it counts
# because the loss is small as well. And look at the last column. Where it is above 1, training from one start
# did not even reach your hand-made network without superposition, which serves 20 features with 40 neurons;
# at $p = 1$ you see why in the last line printed. That superposition pays, you saw with 6 neurons and many
# starts.

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
# *Difficulty 3/5 · about 12 minutes*
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

# %% tags=["nbval-check-output"]
for t in (1.0, 2.0, 4.0):
    motif_W1, motif_W2 = lesson.use.asymmetric_motif(t)
    R = lesson.use.responses(motif_W1, motif_W2, torch.zeros(2))
    no_brake = lesson.use.responses(motif_W1[:1], motif_W2[:, :1], torch.zeros(2))
    print(
        f"t = {t:.0f}: x0 = +1 gives {R[0, 0, 0]:.2f} and leaks {R[0, 0, 1]:.2f} (without brake "
        f"{no_brake[0, 0, 1]:.2f}); x1 = −1 gives {R[1, 1, 1]:.2f} and leaks {R[1, 1, 0]:.2f}"
    )

# %% [markdown]
# A leak of size $\ell$ costs $\ell^2$. So one brake and a large $t$ make two uneven leaks cheaper than two
# even ones.
#
# ### Search for it
#
# Is it there in trained networks? That is a search, and it may fail. We look at all the networks of the
# first picture. A neuron counts as a find, with features $i$ and $j$, if
#
# - it *serves* both: the size of its reading weight times its writing weight is at least ½ for $i$ and for
#   $j$,
# - it reads them with opposite signs,
# - it reads $i$ at least twice as strongly as $j$, and writes $j$ at least twice as strongly as $i$.
#
# Nothing here asks for a brake. For each find we then switch on $i$ alone, add up what the *other* neurons
# take off output $j$, and divide by the leak: 0 means no brake, 1 an exact one. Then the same for the small
# leak, from $j$ into output $i$. The control: shuffle each neuron's reading weights, and search again.

# %% tags=["nbval-check-output"]
W1_all, W2_all = nets.W1.flatten(0, 1), nets.W2.flatten(0, 1)
found, brake = toy.neurons.find_motifs(W1_all, W2_all)
with_one = torch.bincount(found[:, 0].unique() // STARTS, minlength=len(density)) / STARTS
shares = {p: f"{share:.2f}" for p, share in zip(names, with_one.tolist(), strict=True)}
print("share of networks with a find:", shares)


def shuffle(W: Float[Tensor, "inst m n"]) -> Float[Tensor, "inst m n"]:
    """Each neuron's weights in a random order."""
    return W.gather(-1, torch.rand(W.shape, generator=generator).argsort(-1))


shuffled = [len(toy.neurons.find_motifs(shuffle(W1_all), W2_all)[0]) for _ in range(20)]
control = sum(shuffled) / 20 / max(len(found), 1)
print(f"finds after shuffling what each neuron reads: {control:.2f} times as many")

# %% tags=["nbval-check-output"]
_, even_brake = toy.neurons.find_motifs(W1_all, W2_all, uneven=1.0)
print("leaks that are braked by at least 80 %")
for finder, brake_found in {"finds": brake, "the same without a limit on unevenness": even_brake}.items():
    large, small = (brake_found >= 0.8).double().mean(0).nan_to_num().tolist()
    print(f"{finder}: large leaks {large:.2f}, small leaks {small:.2f}")
braked = (brake >= 0.8).double().mean(0).nan_to_num().tolist()

# %% [markdown]
# Call the ratio of a neuron's two reading weights times the ratio of its two writing weights its
# *unevenness*: $4 \cdot 4 = 16$ for TM's. Here is the most uneven find, scaled so that the neuron reads $i$
# with 2. Features are counted from 1 here, as in the figures.

# %% tags=["nbval-check-output"]
if len(found):
    a, k, i, j = found.unbind(1)
    uneven = (W1_all[a, k, i] / W1_all[a, k, j]).abs() * W2_all[a, j, k] / W2_all[a, i, k]
    print(f"unevenness in reading × in writing: median {uneven.median():.1f}, TM's example 16")
    a, k, i, j = found[uneven.argmax()].tolist()
    reads, writes = W1_all[a], W2_all[a].T
    size = 2 / reads[k, i]  # a neuron that reads twice as strongly and writes half as strongly is the same
    taken = (reads[:, i] * reads[k, i].sign()).relu() * (-writes[:, j]).relu()  # off output j, by each neuron
    brakes = (taken > 0.1 * reads[k, i].abs() * writes[k, j]).nonzero()[:, 0].tolist()
    print(f"features {i + 1} and {j + 1} at {names[a // STARTS]}, the most uneven of {len(found)} finds")
    print(f"reads ({reads[k, i] * size:.2f}, {reads[k, j] * size:.2f}), TM's (2, -0.50)")
    print(f"writes ({writes[k, i] / size.abs():.2f}, {writes[k, j] / size.abs():.2f}), TM's (0.50, 2)")

# %%
if len(found):
    rows = [k, *brakes]
    fig = matrices(
        {"reads (W1)": reads[rows], "writes (W2, transposed)": writes[rows]}, x_title="feature", y_title="",
        rows=["neuron", *(f"brake {n + 1}" for n in range(len(brakes)))], height=180 + 50 * len(rows),
    )  # fmt: skip
    for feature in (i, j):
        fig.add_vrect(feature + 0.5, feature + 1.5, line={"width": 3, "color": theme.BLACK})
    lesson.show(
        fig,
        see=f"The first row is the neuron, the boxes are features {i + 1} and {j + 1}. It reads feature "
        f"{i + 1} strongly and writes output {j + 1} strongly. The rows below are its brakes: they respond "
        f"to feature {i + 1} with the same sign, and write output {j + 1} with minus.",
        alt="Reading and writing weights of one neuron and its brakes, as two small matrices with two boxed "
        "columns.",
    )

# %% [markdown]
# So the motif exists here, in some networks. The brakes are the striking part. The search did not ask for
# them, and the large leaks have them, while most small leaks go unbraked. (Neurons that are less uneven have
# brakes too, and on more of their small leaks: compare the two lines of the table of leaks.)
# Note also that the brakes are busy with other features: the circuit itself stands in superposition.

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
# ## Exercise 5.7 · What a code costs
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


# %% exercise="5.7"
def code_loss(state: Int[Tensor, "inst n"], prob: Float[Tensor, "n"]) -> Float[Tensor, "inst"]:
    """Cross-entropy (nats) of the best guess of the feature from the state that it leads to."""
    ### BEGIN SOLUTION
    same = state[:, :, None] == state[:, None, :]  # "inst i j"
    in_state = (same * prob).sum(-1)
    return -(prob * (prob / in_state).log()).sum(-1)
    ### END SOLUTION


# %% check="5.7"
lesson.check("5.7", code_loss)

# %% [markdown]
# ### All 16 codes

# %% tags=["nbval-check-output"]
codes = torch.tensor(list(itertools.product([0, 1], repeat=4)))
even = torch.full((4,), 0.25)
nats = lesson.use.code_loss(codes, even)
by_size = {fires: nats[codes.sum(1) == fires] for fires in range(5)}
for fires, losses in by_size.items():
    print(f"fires for {fires} of 4 features: {losses.min():.4f} to {losses.max():.4f} nats")
loss_one, loss_two = by_size[1].min().item(), by_size[2].min().item()

# %%
lesson.reveal(
    prediction_code, "a" if loss_one < loss_two - 1e-6 else "b" if loss_two < loss_one - 1e-6 else "c",
    f"{loss_two:.3f} nats against {loss_one:.3f}. Firing for one tells you everything a quarter of the time, "
    "and leaves three candidates the rest of the time. Firing for two always leaves two.",
)  # fmt: skip

# %% [markdown]
# Four features and one neuron: is that superposition? No. Superposition bets that features are seldom on
# together, and pays with interference when they are. Here no two are ever on together, so nothing can
# interfere. The neuron is polysemantic because that is the most informative question to ask.
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


# %% tags=["nbval-check-output"]
two_share = {}
for cost in (cross_entropy, squared_error):
    smaller, final = train_neuron(cost)
    two_share[cost.__name__] = (smaller == 2).double().mean().item()
    means = ", ".join(
        f"{k} against {4 - k}: {final[smaller == k].mean():.2f}" for k in smaller.unique().tolist()
    )
    print(
        f"{cost.__name__}: two against two in {two_share[cost.__name__]:.2f} of the starts; mean loss {means}"
    )
    if cost is cross_entropy:
        best_two = final.min().item()


# %% [markdown]
# The starts that end at one against three have the higher cross-entropy. As in lesson 02, the lowest loss of
# many starts is what counts, and that one is polysemantic. With squared error both ends cost the same. Is
# that so for the best codes, too?


# %% tags=["nbval-check-output"]
def square_loss(state: Int[Tensor, "inst n"], prob: Float[Tensor, "n"]) -> Float[Tensor, "inst"]:
    """Squared error of the best guess, which is again q: 1 − Σᵢ πᵢ qᵢ."""
    in_state = ((state[:, :, None] == state[:, None, :]) * prob).sum(-1)
    return 1 - (prob**2 / in_state).sum(-1)


squares = square_loss(codes, even)
one_square, two_square = (squares[codes.sum(1) == k].min().item() for k in (1, 2))
tie = abs(one_square - two_square) < 1e-6

# %%
lesson.reveal(
    prediction_square, "c" if tie else "a" if one_square < two_square else "b",
    f"One: {one_square:.3f}, two: {two_square:.3f}. For this loss the monosemantic neuron is as good. So it "
    "is the cross-entropy that asks for a polysemantic one.",
)  # fmt: skip

# %% [markdown]
# ### Unequal features, more neurons
#
# The tie is special to equal probabilities. Make the features unequally frequent, and the two losses want
# different neurons. And with three neurons, of which at most one fires, there are four states for, say,
# eight features: $4^8$ codes, which you can still try one by one.

# %% tags=["nbval-check-output"]
uneven_prob = torch.tensor([0.4, 0.3, 0.2, 0.1])
for name, function in {"cross-entropy": lesson.use.code_loss, "squared error": square_loss}.items():
    state = codes[function(codes, uneven_prob).argmin()]
    sides = [[round(q, 1) for q in uneven_prob[state == s].tolist()] for s in (0, 1)]
    print(f"{name}: the best code separates {sides[0]} from {sides[1]}")
square_isolates = min(map(len, sides))

codes8 = torch.cartesian_prod(*[torch.arange(4)] * 8)  # 0: no neuron fires; 1, 2, 3: that one does
nats8 = lesson.use.code_loss(codes8, torch.full((8,), 1 / 8))
counts = torch.stack([(codes8 == s).sum(1) for s in range(4)], 1).sort(1, descending=True).values
one_each = nats8[(counts[:, 1:] == 1).all(1)].min().item()
best8 = nats8.argmin()
print(
    f"8 features, 3 exclusive neurons: best {nats8[best8]:.3f} nats, features a state "
    f"{counts[best8].tolist()}"
)
print(f"one feature for each neuron: {one_each:.3f} nats")

# %% [markdown]
# With unequal features the squared error wants the commonest one alone, and the cross-entropy wants two
# sides that are equally likely. With eight features every state holds two, the silent state as well:
# features without a neuron of their own have to go somewhere, and it pays to spread them.
#
# ## Play: rarer and rarer
#
# First without widgets: the slider moves through the networks that you trained, the best at each density.

# %%
labels = [f"{p:g}" for p in density.tolist()]
lesson.show(
    figures.neuron_stack_slider(dict(zip(labels, best.W1, strict=True)), "density p = "),
    see="Each bar is a neuron, each colour a feature. Slide to the right, towards rare features, and bars of "
    f"one colour become mixed. Monosemantic, from left to right: {', '.join(f'{s:.0%}' for s in share)}.",
    alt="Stacked bars of input weights of six neurons, with a slider over density.",
)  # fmt: skip

# %% [markdown]
# Now live. Each move of the slider trains ten new networks and shows the best.


# %%
def look(p: float, neurons: int) -> None:
    """Train ten networks for |x| of 10 features, and show the best."""
    nets = toy.neurons.train_abs(torch.full((10,), p), neurons, importance, generator, steps=300)
    winner = nets.loss.argmin()
    W1 = nets.W1[winner]
    ratio = nets.loss[winner] / toy.neurons.without_superposition(importance, torch.tensor([p]), neurons)[0]
    share = toy.neurons.monosemantic(W1).double().mean()
    title = f"p = {p:.3g}: loss / L0 = {ratio:.2f}, {share:.0%} monosemantic"
    theme.show(figures.neuron_stacks({title: W1}), title)


look(p=0.2, neurons=6)

# %% tags=["play"]
_ = widgets.interact(
    look,
    p=widgets.FloatLogSlider(
        0.2, base=10, min=-2, max=0, step=0.05, description="p", continuous_update=False
    ),
    neurons=widgets.IntSlider(6, min=2, max=16, step=2, description="neurons", continuous_update=False),
)

# %% [markdown]
# Things to try: find the density at which the first bar mixes. Give the network more neurons at that
# density: does it go back to one feature a bar?

# %% [markdown]
# ## Claims

# %% tags=["nbval-check-output"]
lesson.claim("privileged.monosemantic", mono_best[2], at_least=0.9)
lesson.claim("privileged.monosemantic_sparse", mono_relu[4], at_most=0.3)  # over all starts
lesson.claim("privileged.linear_monosemantic", mono_linear[2], at_most=0.1)
lesson.claim("privileged.always_on_monosemantic", mono_relu[0], at_most=0.5)
lesson.claim("privileged.price_sparse", price[4], at_least=2)
lesson.claim("abs.pairs", pair_share, at_least=0.9, paper="pairs ReLU(x), ReLU(−x)")
lesson.claim("abs.linear_hidden_left", left_linear.min(), at_least=0.45)
lesson.claim("abs.loss_sparse", ratio[-1], at_most=0.8)
lesson.claim("abs.monosemantic_dense", share100[0], at_least=0.9, paper="monosemantic when dense")
lesson.claim("abs.monosemantic_sparse", share100[-1], at_most=0.1, paper="polysemantic when sparse")
lesson.claim("abs.trained_sparse", left100[-1], at_most=0.1)
lesson.claim("motif.networks_with_one", with_one[-2:].mean(), at_least=0.1, paper="found by inspection")
lesson.claim("motif.large_leak_braked", braked[0], at_least=0.9, paper="braked")
lesson.claim("motif.small_leak_braked", braked[1], at_most=0.3)
lesson.claim("motif.shuffled", control, at_most=0.2)
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
# - With 100 features we train one network for each density. All of them stay above $L_0$.
# - TM shows weights for the eye. We draw a line at 30 % and count. Another line gives other counts.
# - Our asymmetric neurons are found by a rule that we chose, and most are milder than the one TM shows.
# - M gives the one-hot argument in words, with one neuron. The squared-error control with its tie, the
#   trained neuron and the eight features are ours.
#
# ## Discussion
#
# 1. **"You can't just train better models."** Forbidding superposition, by exclusive neurons, left
#    polysemantic neurons as long as the loss was cross-entropy. It is often said that TM showed this. It is
#    M's argument, and it is about polysemanticity *without* superposition; TM reports that an L1 penalty on
#    $h$ does remove superposition (lesson 01). What would a network have to be paid for, to make
#    its neurons readable? What would it cost?
# 2. **Simulating a larger network.** Six neurons did the work of more than six, on rare features, with
#    noise. Is the right unit of analysis the neuron, the feature, or the motif? What would you look for in a
#    language model? (Lessons 06, 08 and 09 look for features.)
# 3. **The interpretability tax.** At $p = 0.03$, how many neurons would a network without superposition need
#    to reach the same loss? Exercise 5.4 lets you work it out. (Lesson 04 measures it.)
# 4. **Scale.** Larger models store more and rarer features. By the figure with 100 features, should their
#    neurons get easier or harder to read? What does the figure assume that a language model need not do?
#
# The kit's modules behind this lesson, in reading order: [the map](../docs/map.md).

# %%
lesson.summary()
