# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# course:
#   number: "04"
#   title: Dynamics and consequences
#   minutes: 100
#   needs: ["02", "03"]
#   papers: ["TM: Superposition and Learning Dynamics", "TM: Relationship to Adversarial Robustness"]
# ---

# %% [markdown]
# # 04 · Dynamics and consequences
#
# So far you looked at trained models. Now watch one learn. Its features wander for a while, then settle on
# levels: stored, or given up. Now and then, long after the steep part of the loss curve, one of them changes
# its level within a few steps, and the loss falls with it. The picture below shows such a run. Do jumps
# explain the falls, or does everything simply happen early? You will put a number on that, and find out what
# chance would give. Then three consequences of superposition: models that are easy to attack, models that
# would have to be much wider to be readable, and what happens as models grow.
#
# - **Time:** about 100 minutes; the cells themselves run in about one.
# - **Needs:** lessons 02 and 03. Every term is defined again here.
# - **Rebuilds:** *Toy Models of Superposition* (TM), sections
#   [Superposition and Learning Dynamics](https://transformer-circuits.pub/2022/toy_model/index.html#learning)
#   and [Relationship to Adversarial Robustness](https://transformer-circuits.pub/2022/toy_model/index.html#adversarial).
#
# **Words.** A *feature* is one quantity $x_i$ that a model may store. Its *density* $p$ is the probability
# that it is on; then it is uniform on $[0, 1]$, else 0. The model compresses $n$ features into $m$ hidden
# numbers, $h = Wx$, and unpacks them, $x' = \mathrm{ReLU}(W^\top h + b)$. The loss is the mean of
# $\sum_i (x_i - x'_i)^2$: all features have importance 1, but where the text says otherwise. $W_i$ is column
# $i$ of $W$. *Superposition* is storing more features than dimensions. A feature's *dimensionality*
# $D_i = \|W_i\|^2 / \sum_j (\hat W_i \cdot W_j)^2$, with $\hat W_i = W_i / \|W_i\|$, is its share of a
# dimension (lesson 03): 1 if it is alone in its direction, ½ in an *antipodal pair* (a *digon*), 0 if it
# isn't stored.
#
# The words below each figure fit `SCALE = "lesson"`. At `"smoke"` the runs are too short for them.

# %% tags=["parameters"]
SCALE = "lesson"
SEED = 0

# %%
import ipywidgets as widgets
import torch
from jaxtyping import Float, Int
from torch import Tensor

import course_utils
from course_utils import toy
from course_utils.figures import dynamics as figures
from course_utils.figures import lines, theme

lesson = course_utils.start("04", scale=SCALE, seed=SEED)
above = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}  # a legend over the figure

# %% [markdown]
# ## The picture
#
# `toy.dynamics.record` trains several models at once with Adam, from random starts. Every few steps it
# keeps each model's $W$ and its loss on inputs that never change, so that this loss moves only when the
# model does. Such a snapshot is a *record*. There are 24 features and 5 dimensions; at this density a good
# model stores 10 of them, as five digons.

# %%
RUNS = lesson.pick(smoke=2, lesson=16, full=48)
STEPS = lesson.pick(smoke=1000, lesson=2000, full=2000)
EVERY = 5  # steps between two records
n, m, p = 24, 5, torch.full((RUNS,), 0.45)

generator = torch.Generator().manual_seed(SEED)
held_out = toy.sample(p[:1], n, 4096, generator)[0]
W, _, loss = toy.dynamics.record(
    toy.random_starts(RUNS, n, m, generator),
    lambda: toy.sample(p, n, 256, generator),  # a new batch at each step, as in the paper
    held_out, STEPS, lr=0.005, every=EVERY, progress=lambda it: lesson.progress(it, f"{RUNS} runs"),
)  # fmt: skip
D = toy.geometry.feature_dimensionality(W)  # "record run feature"
steps = list(range(0, STEPS, EVERY))

# %%
WINDOW = len(steps) // 25  # 4 % of training, in records
late = len(steps) // 5
sudden = [toy.dynamics.suddenness(loss[late:, run], WINDOW).max() for run in range(RUNS)]
shown = int(torch.stack(sudden).argmax())  # the run with the most sudden fall after the first fifth
ends = D[-1, shown]
moving = ((D[late, shown] - ends).abs() > 0.1).nonzero()[:, 0].tolist()
stored = (ends > 0.25).sum().item()
lesson.show(
    figures.dimensionality_by_step(steps, D[:, shown], loss[:, shown], moving),
    see=f"Each line is a feature. {stored} of {n} end near ½, the others at 0. The {len(moving)} red ones "
    "change by more than 0.1 after the first fifth of training, and the loss falls once more. (The loss is "
    f"drawn from step {steps[len(steps) // 20]} on: the fall before is much steeper.)",
    alt="Dimensionality of 24 features over training: most settle early at one half or zero, a few jump "
    "later. Below, the loss falls again as they jump.",
)

# %% [markdown]
# ## What is a sudden fall?
#
# The largest falls of the loss are at the very beginning, where everything changes at once. That says
# nothing about jumps. A *sudden* fall is one that stands out from what happens before and after it. Take a
# window of $w$ records that starts at record $t$, and let $f_t = L_t - L_{t+w}$ be the fall of the loss $L$
# within it. How much larger is it than that of both neighbouring windows?
#
# $$s_t = f_t - \max(f_{t-w},\ f_{t+w})$$
#
# A curve that falls ever more slowly has $s_t < 0$ everywhere, however steep it is.

# %% [markdown]
# ## Exercise 4.1 · A sudden fall
# *Difficulty 2/5 · about 10 minutes*
#
# Compute $s_t$ for every $t$ that has a whole window on either side: of $T$ records, $T - 3w$ are left. The
# first entry belongs to $t = w$.


# %% exercise="4.1"
def suddenness(loss: Float[Tensor, "T"], window: int) -> Float[Tensor, "T-3*window"]:
    """How much more the loss falls in a window than in the window before it and the one after."""
    ### BEGIN SOLUTION
    fall = loss[:-window] - loss[window:]
    neighbours = torch.maximum(fall[: -2 * window], fall[2 * window :])
    return fall[window:-window] - neighbours
    ### END SOLUTION


# %% check="4.1"
lesson.check("4.1", suddenness)

# %% [markdown]
# ## Exercise 4.2 · Peaks
# *Difficulty 2/5 · about 10 minutes*
#
# One fall makes $s_t$ large in many windows that overlap. Count it once: keep the *peaks*. Place $i$ is a
# peak if the curve is at least `least` there, and nowhere higher within `apart` places to either side (those
# places included). Near the ends the neighbourhood is cut short. Return the places, in order.


# %% exercise="4.2"
def peaks(curve: Float[Tensor, "T"], apart: int, least: float) -> Int[Tensor, "peak"]:
    """Places where the curve is at least `least` and the highest within `apart` places on either side."""
    ### BEGIN SOLUTION
    found = []
    for i in range(len(curve)):
        neighbourhood = curve[max(0, i - apart) : i + apart + 1]
        if curve[i] >= least and curve[i] == neighbourhood.max():
            found.append(i)
    return torch.tensor(found, dtype=torch.long)
    ### END SOLUTION


# %% check="4.2"
lesson.check("4.2", peaks)

# %% [markdown]
# Now both kinds of event, each with the middle of its window as its time. A *drop* is the peak of $s_t$: here
# the highest one of each run. A *jump* of feature $i$ is a peak of $|D_{i,t+w} - D_{i,t}|$ of at least 0.05,
# a tenth of the way from 0 to ½. Both use `apart` = $w$. Times count records, of 5 steps each.


# %% tags=["nbval-check-output"]
def largest_drop(loss: Float[Tensor, "T"]) -> Float[Tensor, "1"]:
    s = lesson.use.suddenness(loss, WINDOW)
    places = lesson.use.peaks(s, WINDOW, 0.0)
    return places[s[places].argmax()].view(1) + 1.5 * WINDOW


def jumps_of(D: Float[Tensor, "T n"], least: float) -> Float[Tensor, "jump"]:
    change = (D[WINDOW:] - D[:-WINDOW]).abs()
    return torch.cat([lesson.use.peaks(c, WINDOW, least) for c in change.T]) + WINDOW / 2


drops = [largest_drop(loss[:, run]) for run in range(RUNS)]
jumps = [jumps_of(D[:, run], 0.05) for run in range(RUNS)]
large = [jumps_of(D[:, run], 0.1) for run in range(RUNS)]
digons = ((D[-1] - 0.5).abs() < 0.04).sum(1).double() / (D[-1] > 0.1).sum(1)
print(f"stored features that end as half of a digon: {digons.mean():.3f}")
print(f"jumps per run: {sum(map(len, jumps)) / RUNS:.1f}")
print(f"the earliest drop of any run: step {EVERY * min(drops).item():.0f}")

# %%
drop = EVERY * drops[shown].item()
first = int(drops[shown].item() - WINDOW / 2)
changing = ((D[first + WINDOW, shown] - D[first, shown]).abs() >= 0.1).nonzero()[:, 0].tolist()
lesson.show(
    figures.dimensionality_by_step(steps, D[:, shown], loss[:, shown], changing, drop),
    see=f"The dashed line marks the most sudden fall of this run; the middle of its window is step "
    f"{drop:.0f}. The {len(changing)} red features change by 0.1 or more within that window.",
    alt="The run of the first picture with a dashed line at its most sudden fall.",
)

# %% [markdown]
# ## Exercise 4.3 · Do they meet?
# *Difficulty 2/5 · about 8 minutes*
#
# The share of drops that have at least one jump at most `within` away, before or after. A drop counts once.
# Without any jumps the share is 0.


# %% exercise="4.3"
def alignment(drops: Float[Tensor, "drop"], jumps: Float[Tensor, "jump"], within: float) -> float:
    """Share of the drops that have a jump at most `within` away. 0 if there are no jumps."""
    ### BEGIN SOLUTION
    if len(jumps) == 0:
        return 0.0
    nearest = (drops[:, None] - jumps).abs().amin(1)
    return (nearest <= within).double().mean().item()
    ### END SOLUTION


# %% check="4.3"
lesson.check("4.3", alignment)

# %% tags=["nbval-check-output"]
WITHIN = 0.02 * len(steps)  # 2 % of training
alignment_fn = lesson.use.alignment


def share(drops: list[Tensor], jumps: list[Tensor]) -> float:
    """Alignment of the first drop with the first run's jumps, and so on; the mean."""
    return sum(alignment_fn(d, j, WITHIN) for d, j in zip(drops, jumps, strict=True)) / len(drops)


measured = share(drops, jumps)
print(f"runs whose most sudden drop has a jump within 2 % of training: {measured:.3f}")
print(f"counting only jumps of at least 0.1: {share(drops, large):.3f}")

# %% [markdown]
# ## What would chance give?
#
# A high share proves little by itself. With many jumps, some jump is near *any* time. So you need a *null*:
# the same measurement on data in which the link is cut, but as little else as possible is changed.
#
# - **Shifted.** Move all jumps of a run by one random amount, around the end. Their number and the distances
#   between them stay. Their meeting with the drops is left to chance.
# - **Another run's jumps.** Keep all times, but compare the drops of one run with the jumps of another. This
#   null knows *when* in training things happen. It doesn't know which run they happened in.

# %% [markdown]
# ## Exercise 4.4 · What chance would give
# *Difficulty 2/5 · about 8 minutes*
#
# The first null. A shift is uniform between 0 and `length`. What leaves at the end of the run, at `length`,
# comes back at 0. All jumps of one draw move together; each draw has its own shift, from `generator`.


# %% exercise="4.4"
def shifted(
    jumps: Float[Tensor, "jump"], length: int, draws: int, generator: torch.Generator
) -> Float[Tensor, "draws jump"]:
    """Jump times under the null: each draw moves all of them by one random amount, around the end."""
    ### BEGIN SOLUTION
    shift = length * torch.rand(draws, 1, generator=generator)
    return (jumps + shift) % length
    ### END SOLUTION


# %% check="4.4"
lesson.check("4.4", shifted)

# %% [markdown]
# ## Predict: another run's jumps
#
# The runs differ only in their random numbers. Compare each run's drop with the jumps of *another* run. In
# what share of cases is there a jump within 2 % of training all the same?
#
# (a) below 15 %: each run has its own times (b) 15 % to 35 % (c) above 35 %: much of it is only that things
# happen early

# %% tags=["predict"]
prediction_null = None  # your answer: "a", "b" or "c"

# %% tags=["nbval-check-output"]
DRAWS = lesson.pick(smoke=20, lesson=500, full=2000)
moved = [lesson.use.shifted(jump, len(steps), DRAWS, generator) for jump in jumps]
by_shift = [share(drops, [jump[k] for jump in moved]) for k in range(DRAWS)]
by_run = []
for _ in range(DRAWS):
    order = torch.randperm(RUNS, generator=generator).tolist()  # in a circle: each takes the next one's jumps
    following = order[1:] + order[:1]
    by_run.append(share([drops[i] for i in order], [jumps[i] for i in following]))
shift_mean, run_mean = sum(by_shift) / DRAWS, sum(by_run) / DRAWS
reach = [sum(v >= measured for v in null) for null in (by_shift, by_run)]
print(f"measured {measured:.3f}; shifted {shift_mean:.3f}, another run's jumps {run_mean:.3f} on average")
print(f"of {DRAWS} draws reach the measured share: shifted {reach[0]}, another run's jumps {reach[1]}")

# %% tags=["nbval-check-output"]
answer_null = "a" if run_mean < 0.15 else "b" if run_mean <= 0.35 else "c"
lesson.reveal(
    prediction_null, answer_null,
    f"{run_mean:.0%}. Shifted times give {shift_mean:.0%}. The gap between the two comes from *when* things "
    f"happen in any run. What is left, {run_mean:.0%} against {measured:.0%}, belongs to the run itself.",
)  # fmt: skip

# %%
lesson.show(
    figures.null_histogram(
        measured, {"shifted": by_shift, "another run's jumps": by_run}, "share of drops with a jump"
    ),
    see=f"Both nulls lie left of the measured {measured:.0%}. The weaker null would have made the link look "
    f"stronger than it is: {shift_mean:.0%} instead of {run_mean:.0%}.",
    alt="Histograms of the share under two nulls, and a line at the measured share to their right.",
)

# %% [markdown]
# So drops and jumps do belong together, beyond what timing alone explains. Which of them causes the other
# isn't even a question here: both are views of the same change of $W$.
#
# ## Is this grokking?
#
# *Grokking* is a model that fits its training data early and starts to *generalise* suddenly, much later.
# It is tempting to see a feature that jumps late as a small case of it. As a hypothesis: *a late jump makes
# the loss on new inputs fall, long after that on the training inputs did.* The runs above can't show that.
# They never saw an input twice, so there is nothing to memorise. Train on a fixed set of inputs instead, and
# watch both losses. The number to look at is the share of the fall of the *test* loss that comes after 90 %
# of the fall of the *training* loss is done. Two losses that fall in step give 0.1. Grokking gives nearly 1.

# %% tags=["nbval-check-output"]
few = lesson.pick(smoke=2, lesson=6, full=16)
late_share = {}
for inputs in (60, 200, 800):
    same_inputs = toy.sample(p[:few], n, inputs, generator)
    start_few = toy.random_starts(few, n, m, generator)
    _, train_loss, test_loss = toy.dynamics.record(
        start_few, lambda x=same_inputs: x, held_out[:1024], STEPS, lr=0.005, every=10
    )
    done = (train_loss <= train_loss[0] - 0.9 * (train_loss[0] - train_loss[-1])).int().argmax(0)
    lowest_since = test_loss.flip(0).cummin(0).values.flip(0)  # from each record to the end
    later = (test_loss - lowest_since).gather(0, done[None])[0]
    late_share[inputs] = (later / (test_loss[0] - test_loss.amin(0))).mean()
    print(
        f"{inputs:4d} inputs: training loss ends at {train_loss[-1].mean():.2f}, test loss at "
        f"{test_loss[-1].mean():.2f}; share of the test loss's fall that comes late: {late_share[inputs]:.3f}"
    )
late_share = max(late_share.values()).item()

# %% [markdown]
# With few inputs the model overfits, and stays that way: the test loss never catches up. Nothing here
# generalises late. That is a null result for this model, this data and this length of training, without
# weight decay. It isn't one about grokking in general. What we have seen is a sudden change *of what is
# stored*, visible in the loss. Later work reports sharp changes in the number of features at the grokking
# transition of other models ([arXiv 2512.13568](https://arxiv.org/abs/2512.13568)).
#
# ## Learning as a movement in space
#
# With $m = 3$ you can watch. Six features in two *correlated* sets of three: the features of a set are on
# together, each with a value of its own (lesson 03). We start from a small $W$, a tenth of the usual size.

# %%
BALLS = lesson.pick(smoke=4, lesson=16, full=40)
q = torch.full((BALLS,), 0.03)
W0, b0 = toy.random_starts(BALLS, 6, 3, generator)
sets = toy.correlated.sample_correlated(q[:1], 2, 3, 4096, generator)[0]
W6, _, loss6 = toy.dynamics.record(
    (0.1 * W0, b0), lambda: toy.correlated.sample_correlated(q, 2, 3, 256, generator), sets,
    lesson.pick(smoke=100, lesson=1200, full=3000), lr=0.02, every=10,
)  # fmt: skip
unit = torch.nn.functional.normalize(W6, dim=-2)
cosine = unit.transpose(-1, -2) @ unit  # "record run 6 6"
within = [(0, 1), (0, 2), (1, 2), (3, 4), (3, 5), (4, 5)]  # pairs of one set
own = torch.stack([cosine[..., i, j] for i, j in within], -1)
opposite = cosine[..., :3, 3:].amin(-1).amax(-1)  # of the three features, the one with the worst partner
octahedron = (own[-1].abs().amax(-1) < 0.1) & (opposite[-1] < -0.95)

# %% tags=["nbval-check-output"]
chosen = int((opposite[-1] + own[-1].abs().amax(-1)).argmin())
path = own[:, chosen].mean(-1)
together = path.max().item()
median_peak = own.mean(-1).amax(0).median().item()  # the same peak, for the median run
bundled = int(path.argmax())  # the record with the closest bundles
opened = bundled + int((path[bundled:] < 0.5).int().argmax())
print(f"starts that end as an octahedron: {octahedron.double().mean():.3f}")
print(f"this run: closest bundles at step {10 * bundled}, half open at step {10 * opened}")
frames = sorted({int(k) for k in torch.linspace(0, 1, 36).square() * (len(path) - 1)})
lesson.show(
    figures.transformation_slider(
        list(range(0, 10 * len(path), 10)), W6[:, chosen], loss6[:, chosen], frames
    ),
    see=f"Press ▶. First the three features of a set become one bundle (mean cosine {together:.2f}): the "
    f"model has found the two sets, not their members. The loss is {loss6[bundled, chosen]:.4f} by then, "
    f"and falls to {loss6[opened, chosen]:.4f} as the bundles open like umbrellas. At the end a set stands "
    f"at right angles ({abs(path[-1]):.2f}), and every feature faces one of the other set: an octahedron.",
    alt="Six features in space, in two colours, over training: two bundles open into three right angles "
    "each, and turn until the six form an octahedron. Beside it the loss, falling in stages.",
)

# %% [markdown]
# ## Play: your own run
#
# The figure above needs no kernel: drag its slider. Now live. Choose the density, the size of the start and
# its seed; the function trains that model and shows its movement. Does a large start skip the first stage?


# %%
def look(p: float, size: float, seed: int) -> None:
    """Train six features in two correlated sets from a start of this size, and show the movement."""
    draws, p = torch.Generator().manual_seed(seed), torch.tensor([p])
    W, b = toy.random_starts(1, 6, 3, draws)
    held = toy.correlated.sample_correlated(p, 2, 3, 1024, draws)[0]
    W, _, loss = toy.dynamics.record(
        (size * W, b),
        lambda: toy.correlated.sample_correlated(p, 2, 3, 128, draws),
        held,
        800,
        lr=0.02,
        every=10,
    )
    frames = list(range(0, len(loss), 5))
    title = f"p = {p.item():.2f}, start {size:g} × the usual, seed {seed}"
    fig = figures.transformation_slider(list(range(0, 10 * len(loss), 10)), W[:, 0], loss[:, 0], frames)
    theme.show(fig, f"Movement of two correlated sets, {title}")


look(p=0.03, size=1.0, seed=SEED)

# %% tags=["play"]
_ = widgets.interact(
    look,
    p=widgets.FloatSlider(0.03, min=0.01, max=0.3, step=0.01, continuous_update=False),
    size=widgets.FloatLogSlider(0.1, base=10, min=-2, max=0, step=0.5, continuous_update=False),
    seed=widgets.IntSlider(1, min=0, max=20, continuous_update=False),
)

# %% [markdown]
# ## Consequence 1: attacks
#
# Without superposition, output $i$ depends on $x_i$ alone: row $i$ of $W^\top W$ has one entry. With it, the
# row has many small entries. Each is harmless, because features are rarely on together. But somebody who may
# change *all* inputs a little, on purpose, can make them add up. That is an *adversarial example*.

# %% [markdown]
# ## Exercise 4.5 · The direction that hurts
# *Difficulty 2/5 · about 8 minutes*
#
# Of all steps of length 1 in the inputs, which one moves output $i$ most (before the ReLU)? It is row $i$ of
# $W^\top W$, at length 1:
#
# $$a_i = \frac{(W^\top W)_i}{\|(W^\top W)_i\|}$$
#
# For a feature that isn't stored the row is 0. Leave it so.


# %% exercise="4.5"
def attacks(W: Float[Tensor, "inst m n"]) -> Float[Tensor, "inst n n"]:
    """Row i: the direction of length 1 that moves output i most, (WᵀW)ᵢ / ‖(WᵀW)ᵢ‖; 0 if Wᵢ = 0."""
    ### BEGIN SOLUTION
    gram = W.transpose(1, 2) @ W
    return torch.nn.functional.normalize(gram, dim=2)
    ### END SOLUTION


# %% check="4.5"
lesson.check("4.5", attacks)

# %% [markdown]
# ## Exercise 4.6 · The worst case
# *Difficulty 3/5 · about 15 minutes*
#
# Each input $x$ may be moved to $x + \varepsilon a_k$, for any one of the given directions $a_k$, or left
# alone. The target stays $x$. The attacker takes what is worst for this input. How much does the loss rise,
# on average over the inputs?
#
# $$v = \mathbb{E}_x\left[\max\left(0,\ \max_k\ \ell(x + \varepsilon a_k) - \ell(x)\right)\right], \qquad
# \ell(z) = \sum_i \left(x_i - x'_i(z)\right)^2$$
#
# Here $x'(z)$ is the model's output for input $z$: `toy.forward(W, b, z)` takes and returns
# `(inst, batch, n)`. Each model has its own inputs, its own directions and its own $\varepsilon$, `size`.


# %% exercise="4.6"
def vulnerability(
    W: Float[Tensor, "inst m n"],
    b: Float[Tensor, "inst n"],
    x: Float[Tensor, "inst batch n"],
    directions: Float[Tensor, "inst attack n"],
    size: Float[Tensor, "inst"],
) -> Float[Tensor, "inst"]:
    """How much the loss rises when each input meets the direction that is worst for it; a mean."""
    ### BEGIN SOLUTION
    clean = ((x - toy.forward(W, b, x)) ** 2).sum(-1)
    worst = clean
    for k in range(directions.shape[1]):
        attacked = x + (size[:, None] * directions[:, k])[:, None]
        worst = torch.maximum(worst, ((x - toy.forward(W, b, attacked)) ** 2).sum(-1))
    return (worst - clean).mean(1)
    ### END SOLUTION


# %% check="4.6"
lesson.check("4.6", vulnerability)

# %% [markdown]
# Now train models at many densities, from dense ($p = 1$) to sparse. Their superposition is measured by
# *features per dimension*, $\|W\|_F^2 / m$: a stored feature has a column of length about 1, so the sum of
# squares counts them. As in the paper, $\varepsilon$ is a tenth of the mean length of an input at that
# density. The start is a small $W$ and a small positive bias: with dense features, a usual start leaves
# some outputs below 0 for every input. Such an output gets no gradient, and stays dead.

# %%
N, M = 50, 6
density = torch.tensor(lesson.pick(
    smoke=[1.0, 0.3, 0.05], lesson=[1.0, 0.7, 0.5, 0.35, 0.2, 0.1, 0.05, 0.03, 0.015],
    full=[1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.07, 0.05, 0.03, 0.02, 0.015],
))  # fmt: skip
LONG = lesson.pick(smoke=60, lesson=1000, full=4000)


def alive_start() -> tuple[Float[Tensor, "inst m n"], Float[Tensor, "inst n"]]:
    W, b = toy.random_starts(len(density), N, M, generator)
    return 0.1 * W, b + 0.1


with toy.one_thread():
    Wp, bp = toy.adam(
        alive_start(),
        lambda W, b: toy.sampled_loss(W, b, torch.ones_like(b), toy.sample(density, N, 128, generator)),
        LONG, 0.01, decay=True, warm_up=100, progress=lambda it: lesson.progress(it, "densities"),
    )  # fmt: skip
per_dimension = 1 / toy.geometry.dimensions_per_feature(Wp)

x = toy.sample(density, N, 1024, generator)
size = 0.1 * x.norm(dim=2).mean(1)
raw = lesson.use.vulnerability(Wp, bp, x, lesson.use.attacks(Wp), size)

# %% [markdown]
# ## Predict: rarer features, easier attacks?
#
# As features get rarer, the model stores more of them. What happens to $v$, the rise of the loss under
# attack, from the densest model to the sparsest?
#
# (a) it rises more than threefold (b) it stays within a factor of three (c) it falls to less than a third

# %% tags=["predict"]
prediction_attack = None  # your answer: "a", "b" or "c"

# %% tags=["nbval-check-output"]
change = (raw[-1] / raw[0]).item()
answer_change = "a" if change > 3 else "c" if change < 1 / 3 else "b"
raw_correlation = torch.corrcoef(torch.stack([raw, per_dimension]))[0, 1].item()
print(f"rise of the loss: {raw[0]:.3f} at p = 1, {raw[-1]:.3f} at p = {density[-1]:.3g}")
print(f"correlation with features per dimension: {raw_correlation:.2f}")

# %%
lesson.reveal(
    prediction_attack, answer_change,
    f"By a factor of {change:.2f}. But the attack isn't the same: rare features make short inputs, so ε goes "
    f"from {size[0]:.2f} to {size[-1]:.3f}. Nobody would call the sparse model safer for that. Compare it "
    "with a model without superposition under the same attack.",
)  # fmt: skip

# %% [markdown]
# The paper normalises: it divides the rise by that of a model *without superposition*, which gives $m$
# features a dimension each and guesses the others, on the same inputs with the same $\varepsilon$. A control
# keeps us honest: as many *random* directions, of the same length, the worst again taken for each input. And
# since inputs and $\varepsilon$ differ from density to density, attack all models on the *same* inputs as
# well: those of one density in the middle.

# %% tags=["nbval-check-output"]
V, A = lesson.use.vulnerability, lesson.use.attacks
plain_W, plain_b = toy.adversarial.dedicated(N, M, density)
plain = V(plain_W, plain_b, x, A(plain_W), size)
noise = torch.nn.functional.normalize(torch.randn(len(density), N, N, generator=generator), dim=2)
ratio, by_noise = raw / plain, V(Wp, bp, x, noise, size) / plain
middle = len(density) // 2
same = V(Wp, bp, x[middle].expand_as(x), A(Wp), size[middle].expand_as(size)) / plain[middle]


def correlation(values: Float[Tensor, "inst"]) -> float:
    return torch.corrcoef(torch.stack([values, per_dimension]))[0, 1].item()


print(f"normalised: {ratio[0]:.2f} to {ratio[-1]:.1f}, correlation {correlation(ratio):.3f}")
print(f"random directions: {by_noise[0]:.2f} to {by_noise[-1]:.2f}, correlation {correlation(by_noise):.3f}")
over_noise = (ratio / by_noise).min().item()
print(f"same inputs for all: {same[0]:.2f} to {same[-1]:.1f}, correlation {correlation(same):.3f}")

# %%
series = {"attacks": ratio.tolist(), "same inputs": same.tolist(), "random directions": by_noise.tolist()}
lesson.show(
    lines(
        [round(v, 3) for v in per_dimension.tolist()], series,
        x_title="features per dimension", y_title="rise of loss / rise without superposition", log="y",
        legend=above,
    ),
    see=f"Normalised, the vulnerability rises {ratio[-1] / ratio[0]:.0f}-fold and follows the features per "
    f"dimension (correlation {correlation(ratio):.3f}). Random directions get worse as well, but at every "
    f"density the attacks do at least {over_noise:.1f} times as much harm. On the same inputs the models "
    f"keep nearly that order (correlation {correlation(same):.2f}). Only the densest stand too high: their "
    "biases were learned on denser inputs than these.",
    alt="Vulnerability over features per dimension, rising for attacks; a parallel, lower line for random "
    "directions.",
)  # fmt: skip

# %% [markdown]
# So part of it isn't adversarial at all. Superposition makes this model more sensitive to *any* change of its
# input, since every change meets more features.
#
# ### The dispute
#
# A correlation over models in which density changes everything at once isn't a cause. Two later papers
# intervened, and disagree. [arXiv 2508.17456](https://arxiv.org/abs/2508.17456) is *for* the link: in toy
# models, changing superposition changes robustness, and training for robustness changes superposition; so it
# does in an image classifier. [arXiv 2512.13568](https://arxiv.org/abs/2512.13568) is *against* superposition
# as the cause: adversarial training can make a network more robust while its number of effective features
# *grows*, if the task is simple and there is room. The two measure superposition in different ways in large
# networks, where nobody knows the true features. Here we do. So intervene: at one density, train with attacks
# of several strengths against a random feature.

# %% tags=["nbval-check-output"]
strength = torch.tensor([0.0, 0.1, 0.2, 0.4, 0.8])  # of the mean input length; the paper went up to 0.8
at = torch.full((len(strength),), 0.1)
length = toy.sample(at[:1], N, 4096, generator).norm(dim=2).mean()


def attacked_loss(W, b):
    x, i = toy.sample(at, N, 128, generator), torch.randint(N, (128,), generator=generator)
    step = (strength * length)[:, None, None] * toy.adversarial.attacks(W).detach()[:, i]
    return ((x - toy.forward(W, b, x + step)) ** 2).sum(-1).mean(-1)


with toy.one_thread():
    Wa, ba = toy.adam(toy.random_starts(len(at), N, M, generator), attacked_loss, LONG, 0.01, True, 100)
hardened = 1 / toy.geometry.dimensions_per_feature(Wa)
xa = toy.sample(at, N, 1024, generator)
clean = toy.sampled_loss(Wa, ba, torch.ones_like(ba), xa)
rise = V(Wa, ba, xa, A(Wa), (0.1 * length).expand(len(at)))
print("trained against  features per dimension  rise under attack  clean loss")
for row in zip(strength.tolist(), hardened.tolist(), rise.tolist(), clean.tolist(), strict=True):
    print("{:15.1f}  {:22.2f}  {:17.3f}  {:10.2f}".format(*row))

# %% [markdown]
# In this model the link holds in that direction as well: train against attacks, and superposition goes. The
# price stands in the last column. As TM found, it takes huge attacks, and the last row has less than one
# feature per dimension: a model that is robust because it hardly answers. This is the case that the second
# paper calls *scarce*: far more features than room. Its counter-examples have room to spare. A toy model
# can't settle what happens there.
#
# ## Consequence 2: the interpretability tax
#
# Suppose you insist on *monosemantic* dimensions: one feature each. How wide would the model have to be to do
# as well as the superposed one? The ratio of the two widths is the price of being readable.

# %% [markdown]
# ## Exercise 4.7 · The width that one feature a dimension would need
# *Difficulty 2/5 · about 8 minutes*
#
# A monosemantic model with $k$ dimensions returns $k$ of the $n$ features exactly, and guesses each of the
# others at its mean. A feature that is guessed costs its variance, $p/3 - p^2/4$ (lesson 02). Which $k$ has
# the loss $L$? A fraction is fine.


# %% exercise="4.7"
def equal_width(loss: Float[Tensor, "inst"], n: int, p: Float[Tensor, "inst"]) -> Float[Tensor, "inst"]:
    """Hidden dimensions that a monosemantic model needs to have this loss; importance 1."""
    ### BEGIN SOLUTION
    guessed = p / 3 - p**2 / 4
    return n - loss / guessed
    ### END SOLUTION


# %% check="4.7"
lesson.check("4.7", equal_width)

# %% [markdown]
# As a control, train a *linear* model too, $x' = W^\top W x + b$: no superposition pays there (lesson 02), so
# its tax should be 1. Its expected loss has a closed form (lesson 01), so it needs no samples.

# %% tags=["nbval-check-output"]
ones = torch.ones(len(density), N)
with toy.one_thread():
    start_linear = toy.random_starts(len(density), N, M, generator)[:1]
    (Wl,) = toy.adam(
        start_linear, lambda W: sum(toy.compression.linear_terms(W, ones, density)), LONG // 2, 0.01
    )
    superposed = toy.sampled_loss(Wp, bp, ones, toy.sample(density, N, 20_000, generator))
tax = lesson.use.equal_width(superposed, N, density) / M
linear_tax = lesson.use.equal_width(sum(toy.compression.linear_terms(Wl, ones, density)), N, density) / M
print("density     ", "  ".join(f"{v:.3f}" for v in density))
print("tax         ", "  ".join(f"{v:.2f} " for v in tax))
print("linear model", "  ".join(f"{v:.2f} " for v in linear_tax))
print("features/dim", "  ".join(f"{v:.2f} " for v in per_dimension))

# %%
lesson.show(
    lines(
        density.tolist(), {"with ReLU": tax.tolist(), "linear model": linear_tax.tolist()},
        x_title="density p", y_title="monosemantic width / m", log="x", legend=above,
    ),
    see=f"With dense features there is nothing to pay ({tax[0]:.2f}). At p = {density[-1]:.3g} a "
    f"monosemantic model must be {tax[-1]:.1f} times as wide. Here it can't exceed n/m = {N / M:.1f}.",
    alt="The ratio of widths over density: near 1 for dense features, growing as they get rare; 1 throughout "
    "for the linear model.",
)  # fmt: skip

# %% [markdown]
# With rare features the tax is well below the number of features per dimension, the last row printed above. A
# feature in superposition comes out with errors, so it is worth less than an exact one.
#
# ## Consequence 3: does it get worse with scale?
#
# Let models grow: $m$ dimensions and $4m$ features, for $m$ from 5 to 40. First all features are equally
# important, then importance has a *tail*: $I_i = i^{-\alpha}$, a power law, or $I_i = 0.9^i$, which falls
# much faster.
#
# ## Predict: a tail that falls like $0.9^i$
#
# With $I_i = 0.9^i$ and a fixed density, what happens to the features per dimension as $m$ grows from 5 to
# 40, with $n = 4m$?
#
# (a) they rise: bigger models, more superposition (b) they stay within 10 % (c) they fall

# %% tags=["predict"]
prediction_scale = None  # your answer: "a", "b" or "c"

# %%
WIDTHS = lesson.pick(smoke=[5, 10], lesson=[5, 10, 20, 40], full=[5, 10, 20, 40, 80])
equal = [0.25, 0.15]  # densities, importance 1
tails = {"power 0.5": lambda i: i**-0.5, "power 1": lambda i: 1 / i, "0.9^i": lambda i: 0.9**i}
names = [f"equal, p = {v:g}" for v in equal] + [f"{name}, p = 0.15" for name in tails]


def per_dimension_at(m: int) -> Float[Tensor, "case"]:
    """Features per dimension of one model a case (of several for a small m), n = 4m."""
    i, copies = torch.arange(1, 4 * m + 1.0), max(1, 40 // m)
    importance = torch.stack([torch.ones_like(i)] * len(equal) + [tail(i) for tail in tails.values()])
    # a common factor changes no optimum; a mean of 1 keeps the losses alike
    importance = (importance / importance.mean(1, keepdim=True)).repeat_interleave(copies, 0)
    p = torch.tensor(equal + [0.15] * len(tails)).repeat_interleave(copies)
    W, _ = toy.adam(
        toy.random_starts(len(p), 4 * m, m, generator),
        lambda W, b: toy.sampled_loss(W, b, importance, toy.sample(p, 4 * m, 64, generator)),
        LONG, 0.01, decay=True, warm_up=100, progress=lambda it: lesson.progress(it, f"m = {m}"),
    )  # fmt: skip
    return (1 / toy.geometry.dimensions_per_feature(W)).view(-1, copies).mean(1)


# %% tags=["nbval-check-output"]
with toy.one_thread():
    growth = torch.stack([per_dimension_at(m) for m in WIDTHS])  # "width case"
spread = (growth.amax(0) - growth.amin(0)) / growth.mean(0)
for name, column, s in zip(names, growth.T, spread, strict=True):
    print(f"{name:20s}", "  ".join(f"{v:.2f}" for v in column), f"  spread {s:.3f}")
fast = growth[:, -1]

# %%
answer_scale = "a" if fast[-1] > 1.1 * fast[0] else "c" if fast[-1] < 0.9 * fast[0] else "b"
lesson.reveal(
    prediction_scale, answer_scale,
    f"From {fast[0]:.2f} to {fast[-1]:.2f}. A further feature has to be worth its interference. In a tail "
    "that falls this fast, those that are worth it don't grow in number as the model does.",
)  # fmt: skip

# %%
lesson.show(
    lines(
        WIDTHS, {name: column.tolist() for name, column in zip(names, growth.T, strict=True)},
        x_title="hidden dimensions m", y_title="features per dimension", log="x", legend=above,
    ).update_xaxes(tickvals=WIDTHS),
    see=f"Equal importance: flat, spread at most {spread[: len(equal)].max():.1%}. Doubling the model "
    f"doubles what it stores. The power laws: at most {spread[len(equal) : -1].max():.1%}. Only the "
    f"exponential tail falls, to {fast[-1]:.2f}.",
    alt="Features per dimension over model size: flat lines for equal importance and power laws, a falling "
    "line for the exponential tail.",
)  # fmt: skip

# %% [markdown]
# Whether superposition gets worse with scale is thus a question about the world, not about the model: how
# many features there are for each dimension, how rare they are, and how fast their importance falls.
#
# ## Claims

# %% tags=["nbval-check-output"]
lesson.claim("dynamics.digon_share", digons.mean(), at_least=0.9)
lesson.claim("dynamics.jump_alignment", measured, at_least=0.7, paper="two jumps in one run, by eye")
lesson.claim("dynamics.alignment_shifted", shift_mean, at_most=0.4)
lesson.claim("dynamics.over_other_runs", measured - run_mean, at_least=0.1)
lesson.claim("dynamics.late_generalisation", late_share, at_most=0.25)
lesson.claim("dynamics.octahedron_share", octahedron.double().mean(), at_least=0.6, paper="an attractor")
lesson.claim("dynamics.sets_first", median_peak, at_least=0.95)
lesson.claim("adversarial.ratio", ratio[-1] / ratio[0], at_least=3, paper="more than 3")
lesson.claim("adversarial.correlation", correlation(ratio), at_least=0.95, paper="highly correlated")
lesson.claim("adversarial.unnormalised_correlation", raw_correlation, at_most=-0.5)
lesson.claim("adversarial.over_random", over_noise, at_least=1.5)
lesson.claim("adversarial.same_inputs_correlation", correlation(same), at_least=0.9)
lesson.claim("adversarial.training_reduces", hardened[-1] / hardened[0], at_most=0.5, paper="it falls")
lesson.claim("adversarial.hardly_answers", hardened[-1], at_most=1)
lesson.claim("adversarial.training_costs", clean[-1] / clean[0], at_least=1.1)

# %% tags=["nbval-check-output"]
lesson.claim("tax.ratio", tax[-1], at_least=1.5)
lesson.claim("tax.below_features_per_dim", tax[-1] / per_dimension[-1], at_most=0.8)
lesson.claim("tax.grows", (tax[2:] > tax[1:-1]).double().mean(), at_least=1)  # below p = 0.7
lesson.claim("tax.linear", (linear_tax - 1).abs().max(), at_most=0.1)
flat = spread[: len(equal)].max()
lesson.claim("scaling.features_per_dim_spread", flat, at_most=0.1, paper="features double with m")
lesson.claim("scaling.power_law_spread", spread[len(equal) : -1].max(), at_most=0.2)
lesson.claim("scaling.exponential_falls", fast[-1] / fast[0], at_most=0.75)

# %% [markdown]
# ### Where this departs from the paper
#
# - The paper shows one run of a large model ($n = 400$, $m = 30$) and two jumps in it, by eye. We take many
#   small runs, one rule for all of them, and two nulls. Rule and nulls are ours. How large a change must be
#   to count as a jump is a choice: the stricter one printed above finds fewer drops explained.
# - The small start of the two correlated sets is our choice: it makes the stages visible.
# - The paper says that it takes the attack that harms most. We read that as: for each input. The
#   features per dimension are those of the paper.
# - The interpretability tax isn't in the paper. It is a question that its readers ask, made a number.
#
# ## Discussion
#
# 1. **A strong null.** The second null kept more of the data than the first and gave a very different number.
#    What would a third null look like that also keeps how *large* the drops are? Which published link between
#    two curves would you test like this?
# 2. **Grokking.** What would a toy model need, for a feature to be stored late *and* to matter only for
#    inputs that it wasn't trained on? (Lesson 02 asks the same question about borders in the phase diagram.)
# 3. **Robust and readable?** If superposition makes attacks easy, a robust model is a readable one. What does
#    our last table say about its price, and what would the second paper of the dispute reply?
# 4. **The tax.** Who would pay it? A dictionary of features (lesson 06) reads a superposed model from outside
#    instead. What is taxed then, the model or the explanation?
#
# The kit's modules behind this lesson, in reading order: [the map](../docs/map.md).

# %%
lesson.summary()
