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
# levels (*energy levels*, in the words of *Toy Models of Superposition*): stored, or given up. Now and then
# one of them changes its level within a few steps, and the loss falls with it. The picture below shows such a
# run. Do the features that move explain the falls, or does everything simply happen early? You will put a
# number on that, and find out what chance would give. Then come a model that stores its training data instead
# of its features, and three consequences of superposition: models that are easy to attack, models that would
# have to be much wider to be readable, and what happens as models grow.
#
# - **Time:** about 100 minutes; the cells themselves run in about one.
# - **Needs:** lessons 02 and 03. Every term is defined again here. No later lesson needs this one.
# - **Rebuilds:** *Toy Models of Superposition* (TM), sections [Superposition and Learning
#   Dynamics](https://transformer-circuits.pub/2022/toy_model/index.html#learning) and [Relationship to
#   Adversarial Robustness](https://transformer-circuits.pub/2022/toy_model/index.html#adversarial); one
#   figure of [Superposition, Memorization, and Double
#   Descent](https://transformer-circuits.pub/2023/toy-double-descent/index.html) (Henighan et al. 2023).
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

# %% [markdown]
# ## Recall
#
# <details>
# <summary>Why does a pair of opposite features cost so little when features are rare? (lesson 02)</summary>
#
# With one of the two on, the other reads a negative number, and the ReLU makes it 0. Only when both are on
# does either come out wrong, and that has probability $p^2$.
#
# </details>
#
# <details>
# <summary>What do the dimensionalities of all features add up to, and when? (lesson 03)</summary>
#
# To $m$, the number of dimensions, when all dimensions are used alike. So a feature can only gain a share
# that others lose.
#
# </details>

# %% tags=["parameters"]
SCALE = "lesson"
SEED = 0

# %%
import ipywidgets as widgets
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

import course_utils
from course_utils import toy
from course_utils.figures import drawings, lines, theme
from course_utils.figures import dynamics as figures

lesson = course_utils.start("04", scale=SCALE, seed=SEED)
above = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}  # a legend over the figure

# %% [markdown]
# ## The picture
#
# `toy.dynamics.record` trains several models at once with Adam, from random starts. Every few steps it
# keeps each model's $W$ and its loss on inputs that never change, so that this loss moves only when the
# model does. Such a snapshot is a *record*. There are 24 features and 5 dimensions; at this density a good
# model stores 10 of them, as five digons.
# The figure doesn't show a typical run: it is the one, of all, whose loss falls most suddenly after the first
# fifth of training.

# %%
RUNS = lesson.pick(smoke=3, lesson=16, full=48)
STEPS = lesson.pick(smoke=1000, lesson=2000, full=2000)
EVERY = 10  # steps between two records
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
WINDOW = len(steps) // 25  # 4 % of training, in records

# %% fold="A run whose loss falls late" tags=["nbval-check-output"]
late = len(steps) // 5
sudden = [toy.dynamics.suddenness(loss[late:, run], WINDOW).max() for run in range(RUNS)]
shown = int(torch.stack(sudden).argmax())  # the run with the most sudden fall after the first fifth
moving = ((D[late, shown] - D[-1, shown]).abs() > 0.1).nonzero()[:, 0].tolist()
digons = ((D[-1] - 0.5).abs() < 0.04).sum(1).double() / (D[-1] > 0.1).sum(1)
print(f"stored features that end as half of a digon, over all runs: {digons.mean():.3f}")
lesson.show(
    figures.dimensionality_by_step(steps, D[:, shown], loss[:, shown], moving),
    see=f"Each line is a feature. {(D[-1, shown] > 0.25).sum()} of {n} end near ½, the others at 0. The "
    f"{len(moving)} red ones change by more than 0.1 after the first fifth of training, and the loss "
    "falls again.",
    alt="Dimensionality of 24 features over training: most settle early, a few jump as the loss falls again.",
    table=figures.run_table(steps, D[:, shown], loss[:, shown]),
)

# %% [markdown]
# ## What is a sudden fall?
#
# The largest falls of the loss are at the very beginning, where everything changes at once. That says
# nothing about the features that the model stores. A *sudden* fall is one that stands out from what happens
# before and after it. Take a window of $w$ records that starts at record $t$, and let $f_t = L_t - L_{t+w}$
# be the fall of the loss $L$ within it. How much larger is it than that of both neighbouring windows?
#
# $$s_t = f_t - \max(f_{t-w},\ f_{t+w})$$
#
# A curve that falls ever more slowly has $s_t < 0$ everywhere, however steep it is.

# %%
drawings.show("sudden_fall")

# %% [markdown]
# ## Exercise 4.1 · A sudden fall
# *Difficulty 2/5 · about 8 minutes*
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
# ## Exercise 4.2 · How much moves
# *Difficulty 1/5 · about 5 minutes*
#
# The other half of the question: how much do the features move in a window? Add up the sizes of all changes,
# with no threshold for what counts as a jump:
#
# $$a_t = \sum_i |D_{i,t+w} - D_{i,t}|$$


# %% exercise="4.2"
def activity(D: Float[Tensor, "T n"], window: int) -> Float[Tensor, "T-window"]:
    """How much the features move in the window that starts at each record."""
    ### BEGIN SOLUTION
    change = D[window:] - D[:-window]
    return change.abs().sum(1)
    ### END SOLUTION


# %% check="4.2"
lesson.check("4.2", activity)

# %% [markdown]
# A run's *drop* is the window with the largest $s_t$. The window is 4 % of training long, a choice; you will
# see what half of that gives, and double. How much do a run's features move in its drop? First the obvious
# comparison: with all other moments of the same run.

# %% tags=["nbval-check-output"]
find = lesson.use.suddenness
drops = torch.stack([find(loss[:, run], WINDOW).argmax() for run in range(RUNS)]) + WINDOW  # where they start
moved = torch.stack([lesson.use.activity(D[:, run], WINDOW) for run in range(RUNS)], 1)  # "record run"
at_drop = moved[drops, torch.arange(RUNS)]
own_time = (moved < at_drop).double().mean(0).mean().item()
at_step = EVERY * (drops + WINDOW / 2)  # the middle of the window
print(f"at its drop a run moves more than at {own_time:.1%} of all its moments")
print(
    f"half of the drops come before step {at_step.median():.0f} of {STEPS}, the last at {at_step.max():.0f}"
)

# %% [markdown]
# ## What would chance give?
#
# A high share proves little by itself. At the start of training everything moves: the loss falls, and all
# features find their places. Most drops are early, so *any* early moment beats most of its own run, with or
# without a link. You need a *null*: the same measurement on data in which the link is cut, but as little
# else as possible is changed. What you want to keep is the time. So compare a run not with itself but with
# the other runs, at the same step: they are as young, but it isn't their drop. If drops and moving features
# had nothing to do with each other, a run would lie anywhere among the others, and beat half of them on
# average.

# %%
drawings.show("equal_time")

# %% [markdown]
# ## Predict: the other runs at the same moment
#
# The runs differ only in their random numbers. At a run's drop, in what share of the *other* runs do the
# features move less, in the very same window?
#
# (a) above 90 % (b) 60 % to 90 % (c) about half: it was only that things happen early

# %% tags=["predict"]
prediction_null = None  # your answer: "a", "b" or "c"

# %% [markdown]
# ## Exercise 4.3 · Against the other runs
# *Difficulty 2/5 · about 8 minutes*
#
# Given one value for each run, return for each run the share of the *other* runs whose value is lower. A
# value that is equal counts half.


# %% exercise="4.3"
def percentiles(values: Float[Tensor, "run"]) -> Float[Tensor, "run"]:
    """For each run the share of the other runs whose value is lower; an equal one counts half."""
    ### BEGIN SOLUTION
    lower = (values[None] < values[:, None]).sum(1)
    equal = (values[None] == values[:, None]).sum(1) - 1  # a run equals itself
    return (lower + equal / 2) / (len(values) - 1)
    ### END SOLUTION


# %% check="4.3"
lesson.check("4.3", percentiles)

# %%
table = torch.stack([lesson.use.percentiles(moved[t]) for t in drops])  # row: whose drop, column: which run
at_own = table.diagonal()  # each run at its own drop
measured = at_own.mean().item()


# %% fold="The answer" tags=["nbval-check-output"]
def at_equal_time(window: int) -> float:
    """What is `measured`, with windows of another length."""
    starts = torch.stack([find(loss[:, run], window).argmax() for run in range(RUNS)]) + window
    moves = torch.stack([lesson.use.activity(D[:, run], window) for run in range(RUNS)], 1)
    return torch.stack([lesson.use.percentiles(moves[t]) for t in starts]).diagonal().mean().item()


lesson.reveal(
    prediction_null, "a" if measured > 0.9 else "b" if measured >= 0.6 else "c",
    f"{measured:.0%} of the other runs move less at that moment, and chance would give one half. Of the "
    f"run's own other moments it was {own_time:.0%}, but that is easily reached early in training, where "
    "everything moves. The other runs are as young, so time alone can't lift the first number.",
)  # fmt: skip
is_late = at_step > STEPS / 4
print(f"all {RUNS} drops {measured:.3f}; windows half as long {at_equal_time(WINDOW // 2):.3f}, ", end="")
print(f"twice as long {at_equal_time(2 * WINDOW):.3f}")
print(f"drops after a quarter of training {at_own[is_late].mean():.2f}, but these are {is_late.sum()} runs")

# %% [markdown]
# ## Exercise 4.4 · How far chance goes
# *Difficulty 3/5 · about 10 minutes*
#
# Is that far from one half, for so few runs? Row $r$ of the table holds how all runs rank at the drop of
# run $r$; you took the diagonal. Chance pairs each drop with a run at random: every row takes the entry of
# one column, and no column is taken twice. Return the mean of these entries, for each of many random orders
# of the columns. (A row may get its own column back: chance does that too.)


# %% exercise="4.4"
def shuffled(
    table: Float[Tensor, "run run"], draws: int, generator: torch.Generator
) -> Float[Tensor, "draws"]:
    """What chance gives: in each draw every row takes the entry of one column, no two the same; the mean."""
    ### BEGIN SOLUTION
    means, runs = [], len(table)
    for _ in range(draws):
        order = torch.randperm(runs, generator=generator)
        means.append(table[torch.arange(runs), order].mean())
    return torch.stack(means)
    ### END SOLUTION


# %% check="4.4"
lesson.check("4.4", shuffled)

# %%
DRAWS = lesson.pick(smoke=50, lesson=2000, full=10_000)
by_chance = lesson.use.shuffled(table, DRAWS, generator)
reach = (by_chance >= measured).double().mean().item()

# %%
lesson.show(
    figures.null_histogram(measured, by_chance.tolist(), "mean share of the other runs that move less"),
    see=f"By chance {by_chance.mean():.2f}, with a standard deviation of {by_chance.std():.3f}; measured "
    f"{measured:.2f}. Of {DRAWS} shuffles {round(reach * DRAWS)} reach that.",
    alt="A histogram of what shuffled runs give, around one half, and a line at the measured share, to "
    "its right.",
)

# %% [markdown]
# So drops and moving features do belong together, beyond what timing alone explains. How strongly depends on
# the window, as the lines above the figure say, and most on the long side: a long window holds more than the
# drop. Which of the two causes the other isn't even a question here: both are views of the same change of
# $W$.
#
# <details>
# <summary>Why is chance exactly one half, whatever the runs do?</summary>
#
# At each moment the ranks of $R$ runs are the same set of numbers, $0, \frac{1}{R-1}, \dots, 1$, in some
# order, and their mean is ½ (ties share the mean of their ranks). A run that is picked without looking at
# how much it moves has each rank with the same probability. No assumption about the curves enters. That is
# what makes the null a good one.
#
# </details>
#
# <details>
# <summary>Why not call a change a jump, and count the drops that have one near?</summary>
#
# That was our first attempt: a jump is a change of at least so much, near is within so many steps. Nearly
# all drops had a jump near, which sounds better than ranks do. But most drops were as near to *another*
# run's jumps, and how many of them depended on the least jump more than on anything else. Two thresholds
# that nobody can defend decided how strong the result looked. Ranks need none.
#
# </details>
#
# ## Is this grokking?
#
# *Grokking* is a model that fits its training data early and starts to *generalise* suddenly, much later.
# It is tempting to see a feature that moves late as a small case of it. As a hypothesis: *a late move makes
# the loss on new inputs fall, long after that on the training inputs did.* The runs above can't show that.
# They never saw an input twice, so there is nothing to memorise. Train on a fixed set of inputs instead, and
# watch both losses.

# %% [markdown]
# ## Exercise 4.5 · The share that comes late
# *Difficulty 2/5 · about 10 minutes*
#
# The measure: *late* begins at the first record at which the training loss has done 90 % of its way from
# its first value to its last. How far does the *test* loss still fall from there on, to its lowest value
# from there on? Give it as a share of the whole fall of the test loss, from its first value to its lowest.
# If the test loss is never lower than at the start, the share is 0.


# %% exercise="4.5"
def late_share(train: Float[Tensor, "T"], test: Float[Tensor, "T"]) -> float:
    """Share of the test loss's fall that comes after 90 % of the training loss's; 0 if it never falls."""
    ### BEGIN SOLUTION
    goal = train[0] - 0.9 * (train[0] - train[-1])
    first = (train <= goal).int().argmax()
    later = test[first:]
    whole = test[0] - test.min()
    return ((later[0] - later.min()) / whole).item() if whole > 0 else 0.0
    ### END SOLUTION


# %% check="4.5"
lesson.check("4.5", late_share)

# %% [markdown]
# A measure that has never said yes can't be trusted when it says no. So feed it a case whose answer is
# known: two curves that fall in step, and two made up to grok.

# %% tags=["nbval-check-output"]
t = torch.arange(400.0)
memorised = torch.exp(-t / 20)
in_step = lesson.use.late_share(memorised, memorised)
planted = lesson.use.late_share(memorised, 1 - torch.sigmoid((t - 300) / 8))
print(f"in step {in_step:.3f}, grokking {planted:.3f}")

# %% [markdown]
# ## A model that stores its training data
#
# Now the real thing: $m = 2$, 60 features, and a training set of 5 to 500 inputs that stays the same.
# Inputs have length 1. This is the set-up of Henighan et al. (2023), smaller (they have 10 000 features)
# and without their weight decay. Because $m = 2$ you can look at the hidden space itself. Beside the
# columns of $W$ draw each training input's $h = Wx$.

# %%
FEW = lesson.pick(smoke=2, lesson=4, full=16)
SETS = lesson.pick(smoke=[5, 50], lesson=[5, 15, 50, 150, 500], full=[3, 5, 8, 15, 50, 150, 500, 1500])
q2 = torch.full((FEW,), 0.05)


def unit_inputs(count: int) -> Float[Tensor, "run count 60"]:
    """Inputs of length 1, a set for each run; those with nothing on are left out."""
    pool = toy.sample(q2, 60, 2 * count + 20, generator)
    return torch.stack([normalize(x[x.sum(1) > 0][:count], dim=1) for x in pool])


unseen = unit_inputs(1000)[0]
memory = {}
for inputs in SETS:
    same = unit_inputs(inputs)
    W2, on_same, on_unseen = toy.dynamics.record(
        toy.random_starts(FEW, 60, 2, generator), lambda x=same: x, unseen,
        lesson.pick(smoke=100, lesson=1000, full=5000), lr=0.02, every=25,
    )  # fmt: skip
    memory[inputs] = {"h": same @ W2[-1].mT, "W": W2[-1], "train": on_same, "test": on_unseen}


# %% tags=["nbval-check-output"]
def five_largest(columns: Float[Tensor, "run 2 count"]) -> Float[Tensor, "run five"]:
    """The five largest dimensionalities: of features, for W; of training inputs, for their h."""
    return toy.geometry.feature_dimensionality(columns).topk(5, 1).values


ends, late_generalisation = {}, 0.0
columns = "training loss", "test loss", "dimensions of five features", "late share"
for count, found in memory.items():
    runs = zip(found["train"].T, found["test"].T, strict=True)
    late_runs = [lesson.use.late_share(*curves) for curves in runs]
    late_generalisation = max(late_generalisation, sum(late_runs) / FEW)
    held = five_largest(found["W"]).sum(1).mean()
    four = found["train"][-1].median(), found["test"][-1].median(), held, sum(late_runs) / FEW
    ends[count] = [round(float(v), 2) for v in four]
    print(f"{count:4d} inputs:", ", ".join(map("{} {:.2f}".format, columns, ends[count])))
points, start_W = five_largest(memory[5]["h"].mT), toy.random_starts(FEW, 60, 2, generator)[0]
untrained = five_largest(start_W @ unit_inputs(5).mT)
uneven, by_luck = ((D5[:, 0] - D5[:, 4]).mean() for D5 in (points, untrained))
print(f"D of the five training inputs: apart by {uneven:.2f}; with an untrained W by {by_luck:.2f}")

# %% fold="Training inputs beside features"
tidy = int((points[:, 0] - points[:, 4]).argmin())
panels = {SETS[0]: tidy, 50: tidy, SETS[-1]: int(five_largest(memory[SETS[-1]]["W"]).sum(1).argmax())}
drawn = {f"{k} inputs": (memory[k]["h"][run], memory[k]["W"][run]) for k, run in panels.items()}
lesson.show(
    figures.points_beside_features(drawn),
    see="With 5 inputs the *dots* are the pentagon: the model has stored its five training inputs, each with "
    "2/5 of a dimension. With 500 the features' *lines* are (the tidiest of the runs is drawn). Between "
    "the two "
    f"neither are, and at 50 inputs the test loss is {ends[50][1]:.1f}: a model that always answers 0 has 1.",
    alt="Three panels. Five inputs: dots in a pentagon. Fifty: a tangle. Five hundred: lines in a pentagon.",
    table={"training inputs": list(ends)} | dict(zip(columns, zip(*ends.values(), strict=True), strict=True)),
)

# %% [markdown]
# Why would a model put data points where features should go? A training input is a direction, just as a
# feature is, and no two of them ever come together: each is a row of the data to itself. So for the model
# the 5 inputs are ideal features, because they exclude each other. It packs them as lesson 03 packs
# features, in a polygon (the last line above says how far apart their shares are, and how far with an
# untrained $W$), and its training loss goes to 0 while new inputs gain nothing. But more than a few points
# don't fit in the plane, because neighbours in a polygon of 50 can't be told apart. Then the model is in
# between, and worse than one that answers 0. Only with hundreds of inputs do the features that they share pay
# more than the inputs themselves. Henighan et al. found this, and recognised in the bump a case of what is
# known as *double descent*: a test loss that gets worse before it gets better.
#
# And grokking? With few inputs the model memorises, and stays that way. Nothing here generalises late: the
# largest late share in the table is about what two curves give that fall in step, and in the planted case the
# same measure said yes. That is a null result for this model, this data and this length of training, without
# weight decay, which seems to matter for grokking. It isn't one about grokking in general. Later work reports
# sharp changes in the number of features at the grokking transition of other models ([arXiv
# 2512.13568](https://arxiv.org/abs/2512.13568)).
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
unit = normalize(W6, dim=-2)
cosine = unit.transpose(-1, -2) @ unit  # "record run 6 6"
within = [(0, 1), (0, 2), (1, 2), (3, 4), (3, 5), (4, 5)]  # pairs of one set
own = torch.stack([cosine[..., i, j] for i, j in within], -1)
opposite = cosine[..., :3, 3:].amin(-1).amax(-1)  # of the three features, the one with the worst partner
octahedron = (own[-1].abs().amax(-1) < 0.1) & (opposite[-1] < -0.95)

# %%
chosen = int((opposite[-1] + own[-1].abs().amax(-1)).argmin())
path = own[:, chosen].mean(-1)
together = path.max().item()
median_peak = own.mean(-1).amax(0).median().item()  # the same peak, for the median run
bundled = int(path.argmax())  # the record with the closest bundles
opened = bundled + int((path[bundled:] < 0.5).int().argmax())
print(f"starts that end as an octahedron: {octahedron.double().mean():.3f}")
print(f"this run: closest bundles at step {10 * bundled}, half open at step {10 * opened}")
frames = sorted({int(k) for k in torch.linspace(0, 1, 36).square() * (len(path) - 1)})
at_steps = list(range(0, 10 * len(path), 10))
lesson.show(
    figures.transformation_slider(at_steps, W6[:, chosen], loss6[:, chosen], frames),
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
# ## Exercise 4.6 · The direction that hurts
# *Difficulty 2/5 · about 8 minutes*
#
# Of all steps of length 1 in the inputs, which one moves output $i$ most (before the ReLU)? It is row $i$ of
# $W^\top W$, at length 1:
#
# $$a_i = \frac{(W^\top W)_i}{\|(W^\top W)_i\|}$$
#
# For a feature that isn't stored the row is 0. Leave it so.


# %% exercise="4.6"
def attacks(W: Float[Tensor, "inst m n"]) -> Float[Tensor, "inst n n"]:
    """Row i: the direction of length 1 that moves output i most, (WᵀW)ᵢ / ‖(WᵀW)ᵢ‖; 0 if Wᵢ = 0."""
    ### BEGIN SOLUTION
    gram = W.transpose(1, 2) @ W
    length = gram.norm(dim=2, keepdim=True)
    return gram / length.clamp_min(1e-12)
    ### END SOLUTION


# %% check="4.6"
lesson.check("4.6", attacks)

# %% [markdown]
# ## Exercise 4.7 · The worst case
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


# %% exercise="4.7"
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


# %% check="4.7"
lesson.check("4.7", vulnerability)

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


def train(p: Float[Tensor, "inst"], n: int, m: int, move=None) -> tuple[Tensor, Tensor]:
    """One model a density, importance 1. `move(W, x)` gives the steps that x is attacked with."""

    def sampled(W, b):
        x = toy.sample(p, n, 128, generator)
        z = x + move(W.detach(), x) if move else x
        return ((x - toy.forward(W, b, z)) ** 2).sum(-1).mean(-1)

    W, b = toy.random_starts(len(p), n, m, generator)
    with toy.one_thread():
        start = (0.1 * W, b + 0.1)
        return toy.adam(start, sampled, LONG, 0.01, True, 100, lambda it: lesson.progress(it, f"m = {m}"))


# %%
Wp, bp = train(density, N, M)
per_dimension = 1 / toy.geometry.dimensions_per_feature(Wp)

x = toy.sample(density, N, 512, generator)
size = 0.1 * x.norm(dim=2).mean(1)
V, A = lesson.use.vulnerability, lesson.use.attacks
raw = V(Wp, bp, x, A(Wp), size)

# %% [markdown]
# ## Predict: rarer features, easier attacks?
#
# As features get rarer, the model stores more of them. What happens to $v$, the rise of the loss under
# attack, from the densest model to the sparsest?
#
# (a) it rises more than threefold (b) it stays within a factor of three (c) it falls to less than a third

# %% tags=["predict"]
prediction_attack = None  # your answer: "a", "b" or "c"

# %% fold="The answer" tags=["nbval-check-output"]
change = (raw[-1] / raw[0]).item()
answer_change = "a" if change > 3 else "c" if change < 1 / 3 else "b"
raw_correlation = torch.corrcoef(torch.stack([raw, per_dimension]))[0, 1].item()
print(f"rise of the loss: {raw[0]:.3f} at p = 1, {raw[-1]:.3f} at p = {density[-1]:.3g}")
print(f"correlation with features per dimension: {raw_correlation:.2f}")
lesson.reveal(
    prediction_attack, answer_change,
    f"By a factor of {change:.2f}. But the attack isn't the same: rare features make short inputs, so ε goes "
    f"from {size[0]:.2f} to {size[-1]:.3f}. Nobody would call the sparse model safer for that. Compare it "
    "with a model without superposition under the same attack.",
)  # fmt: skip

# %% [markdown]
# The paper normalises: it divides the rise by that of a model *without superposition*, which gives $m$
# features a dimension each and guesses the others, on the same inputs with the same $\varepsilon$. A control
# keeps us honest: as many *random* directions, of the same length, the worst again taken for each input.


# %%
def at_random(count: int, *sides: int) -> Float[Tensor, "..."]:
    """Random directions of length 1."""
    return normalize(torch.randn(count, *sides, generator=generator), dim=-1)


def slope(values: Float[Tensor, "inst"]) -> float:
    """Of the logarithm on features per dimension."""
    centred = per_dimension - per_dimension.mean()
    return ((centred * values.log()).sum() / centred.square().sum()).item()


def along(values: Float[Tensor, "inst"]) -> float:
    return torch.corrcoef(torch.stack([values, per_dimension]))[0, 1].item()


plain_W, plain_b = toy.adversarial.dedicated(N, M, density)
plain = V(plain_W, plain_b, x, A(plain_W), size)
attacked = raw / plain
SETS_OF = lesson.pick(smoke=1, lesson=4, full=16)  # sets of 50 random directions: one alone is noisy
blind = sum(V(Wp, bp, x, at_random(len(density), N, N), size) for _ in range(SETS_OF)) / SETS_OF / plain


# %% fold="Attacks and random directions" tags=["nbval-check-output"]
for title, harm in (
    ("attacks", attacked),
    ("random directions", blind),
    ("attacks over random", attacked / blind),
):
    print(f"{title:20s} {harm[0]:.2f} to {harm[-1]:.2f}, correlation with features per dimension "
          f"{along(harm):.2f}, slope of the logarithm {slope(harm):.2f}")  # fmt: skip

# %% [markdown]
# The paper's finding is there: the vulnerability rises many times over and follows the features per
# dimension. But random directions do the same. Divide one by the other, and nothing is left of the growth:
# an attack is about three times as bad as chance in the densest model, and about three times in the
# sparsest. So what grows with superposition is the sensitivity to *any* change of the input. What about the
# factor of three? Where does it come from, and why does it stay?
#
# ## What the attacker knows
#
# Look at a step in the inputs from the model's side. The model sees the input through $h = Wx$ alone, so a
# step counts only by its part within the $m$ directions that the rows of $W$ span.

# %%
drawings.show("seen_step")

# %% [markdown]
# ## Exercise 4.8 · What the model sees of a step
# *Difficulty 3/5 · about 10 minutes*
#
# How long is that part, for each direction? (The rows of $W$ are neither of length 1 nor at right angles.
# `torch.linalg.qr` makes directions that are, and span the same space.) Then predict on paper: a random
# step of length 1 in $n$ dimensions, of which the model sees $m$. How much of it does the model see?


# %% exercise="4.8"
def seen(
    W: Float[Tensor, "inst m n"], directions: Float[Tensor, "inst attack n"]
) -> Float[Tensor, "inst attack"]:
    """The length of each direction's part within the space that the rows of W span. W has full rank."""
    ### BEGIN SOLUTION
    rows = W.transpose(1, 2)
    basis = torch.linalg.qr(rows).Q  # the same space, at right angles
    along_basis = directions @ basis
    return along_basis.norm(dim=2)
    ### END SOLUTION


# %% check="4.8"
lesson.check("4.8", seen)

# %% [markdown]
# So there is a fairer control: random steps that the model sees whole, $W^\top u$ at length 1 for a random
# $u$. They know which space the model looks at, and nothing about its features.

# %% tags=["nbval-check-output"]
of_attacks, of_random = lesson.use.seen(Wp, A(Wp)), lesson.use.seen(Wp, at_random(len(density), N, N))
is_stored = Wp.norm(dim=1) > 0.1
print(f"seen of an attack: {of_attacks[is_stored].mean():.3f}")
print(f"seen of a random step: {of_random.square().mean().sqrt():.2f}; √(m/n) = {(M / N) ** 0.5:.2f}")


def inside(W: Float[Tensor, "inst m n"]) -> Float[Tensor, "inst n n"]:
    """As many random steps as there are attacks, all within the rows of W."""
    u = torch.randn(len(W), W.shape[2], W.shape[1], generator=generator)
    return normalize(u @ W, dim=2)


knowing = sum(V(Wp, bp, x, inside(Wp), size) for _ in range(SETS_OF)) / SETS_OF / plain
gain = attacked / knowing  # what an attack does beyond a random step that is seen whole
print(f"attacks over random steps that are seen whole: {gain.min():.2f} to {gain.max():.2f}")

# %% fold="The figure"
series = {"attacks": attacked.tolist(), "random, seen whole": knowing.tolist(), "random": blind.tolist()}
lesson.show(
    lines(
        [round(v, 3) for v in per_dimension.tolist()], series, x_title="features per dimension",
        y_title="rise of loss / rise without superposition", log="y", legend=above,
    ),
    see=f"Attacks do {attacked[-1] / attacked[0]:.0f} times as much harm in the sparsest model as in the "
    f"densest, random steps {blind[-1] / blind[0]:.0f} times. Random steps that the model sees whole do as "
    f"much as attacks, to within {(gain - 1).abs().max():.0%}.",
    alt="Vulnerability over features per dimension: attacks and random steps seen whole on one rising "
    "line, random directions on a parallel one, lower.",
)  # fmt: skip

# %% [markdown]
# That answers both questions. A random step of length 1 has the same share in each of the $n$ dimensions,
# so of its squared length the model sees $m/n$, and of its length $\sqrt{6/50} = 0.35$. An attack lies wholly
# in the space that the model sees, so a random step has to be $1/0.35 = 2.9$ times as long for the model to
# see as much of it. Since steps as small as these do harm about in proportion to their length, that is the
# factor of three. But $m$ and $n$ are the same in all our models, so the factor is the same, too: it can't
# grow with superposition. And what did the attacker know about *features*? Nothing that mattered here. The
# worst of fifty random steps in the right 6 of 50 dimensions is as bad as the worst of the fifty that are
# made from $W^\top W$. (With more room that changes a little: with 25 dimensions an attack is worse than such
# a step by a fifth or so.)
#
# <details>
# <summary>Then is the paper wrong about adversarial examples?</summary>
#
# Its measurement holds, and its words are careful: it shows that vulnerability and superposition go
# together. What the control adds is that in this model nothing about it is specific to attacks that aim at
# a feature. In a network with thousands of inputs the factor $\sqrt{n/m}$ is large, and a step that a
# random search would hardly ever find is easy for someone who knows $W$. So the attacker's knowledge
# matters more, the fewer dimensions the model looks at.
#
# </details>
#
# ### The dispute
#
# A correlation over models in which density changes everything at once isn't a cause. Two later papers
# intervened, and disagree. Gorton and Lewis ([arXiv 2508.17456](https://arxiv.org/abs/2508.17456)) are *for*
# the link: in toy models, changing superposition changes robustness, and training for robustness changes
# superposition; so it does in an image classifier. Bereska and others ([arXiv
# 2512.13568](https://arxiv.org/abs/2512.13568)) are *against* superposition as the cause: adversarial
# training can make a network more robust while its number of effective features *grows*, if the task is
# simple and there is room. The two measure superposition in different ways in large networks, where nobody
# knows the true features. Here we do. So intervene at one density, in both directions.
#
# First from robustness to superposition: train with attacks of several strengths against a random feature,
# and, as a control, with random steps of the same lengths.

# %%
at = 0.1
strength = torch.tensor([0.0, 0.2, 0.4, 0.8])  # of the mean length of an input; the paper went up to 0.8
LEVELS = len(strength)
xa = toy.sample(torch.tensor([at]), N, 512, generator)
length = xa.norm(dim=2).mean()


def steps_of(W: Float[Tensor, "inst m n"], x: Float[Tensor, "inst batch n"]) -> Float[Tensor, "inst batch n"]:
    """Half of the models meet attacks, the other half random steps, each at its strength."""
    which = torch.randint(N, (x.shape[1],), generator=generator)
    aimed, chance = A(W[:LEVELS])[:, which], at_random(LEVELS, x.shape[1], N)
    return (length * strength.repeat(2))[:, None, None] * torch.cat([aimed, chance])


Wa, ba = train(torch.full((2 * LEVELS,), at), N, M, steps_of)


# %%
def under_attack(W: Float[Tensor, "inst m n"], b: Float[Tensor, "inst n"]) -> Float[Tensor, "inst 3"]:
    """Features per dimension, rise of the loss under attack, clean loss: on the same inputs for all."""
    inputs = xa.expand(len(W), -1, -1)
    rise = V(W, b, inputs, A(W), (0.1 * length).expand(len(W)))
    clean = toy.sampled_loss(W, b, torch.ones_like(b), inputs)
    return torch.stack([1 / toy.geometry.dimensions_per_feature(W), rise, clean], 1)


hardened = under_attack(Wa, ba)

# %% [markdown]
# Then the reverse, from superposition to robustness: same inputs, same density, same attack, but more room.
# With more dimensions for the same 50 features the model needs less superposition, and with 50 none.

# %%
ROOM = [6, 12, 25, 50]
roomy = torch.cat([under_attack(*train(torch.tensor([at]), N, room)) for room in ROOM])

# %% fold="Both interventions" tags=["nbval-check-output"]
print("trained against       features per dimension  rise under attack  clean loss")
for k, row in enumerate(hardened.tolist()):
    against = f"{'random' if k >= LEVELS else 'attacks'}, {strength[k % LEVELS]:.1f}"
    print("{:20s}  {:22.2f}  {:17.3f}  {:10.2f}".format(against, *row))
print("dimensions")
for room, row in zip(ROOM, roomy.tolist(), strict=True):
    print("{:<20d}  {:22.2f}  {:17.3f}  {:10.2f}".format(room, *row))

# %% [markdown]
# In this model the link holds in both directions. Train against attacks, and superposition goes, at a price
# in the last column. As TM found, it takes huge attacks, and at 0.8 the model has less than one feature per
# dimension: it is robust because it hardly answers. Random steps do the same, but they have to be about
# three times as long, for the reason that you found. And give the model room, and both go together: from 12
# to 50 dimensions the rise under attack falls by more than a factor of ten. Only at the scarce end, from 6
# to 12, does more room mean *more* superposition and more harm. A toy model can't settle what happens where
# there is room to spare, as in the second paper's counter-examples.
#
# ## Consequence 2: the interpretability tax
#
# Suppose you insist on *monosemantic* dimensions: one feature each. How wide would the model have to be to
# do as well as the superposed one? The ratio of the two widths is the price of being readable. TM expects
# that a layer of $n$ neurons in superposition performs like a monosemantic one of $kn$, and gives no number.
# We measure $k$.

# %% [markdown]
# ## Exercise 4.9 · The width that one feature a dimension would need
# *Difficulty 2/5 · about 8 minutes*
#
# A monosemantic model with $k$ dimensions returns $k$ of the $n$ features exactly, and guesses each of the
# others at its mean. A feature that is guessed costs its variance, $p/3 - p^2/4$ (lesson 02). Which $k$ has
# the loss $L$? A fraction is fine.


# %% exercise="4.9"
def equal_width(loss: Float[Tensor, "inst"], n: int, p: Float[Tensor, "inst"]) -> Float[Tensor, "inst"]:
    """Hidden dimensions that a monosemantic model needs to have this loss; importance 1."""
    ### BEGIN SOLUTION
    guessed = p / 3 - p**2 / 4
    return n - loss / guessed
    ### END SOLUTION


# %% check="4.9"
lesson.check("4.9", equal_width)

# %% [markdown]
# As a control, take a *linear* model too, $x' = W^\top W x + b$: no superposition pays there (lesson 02), so
# its tax should be 1. Its expected loss has a closed form (lesson 01), so it needs no samples.

# %%
ones = torch.ones(len(density), N)
with toy.one_thread():
    (Wl,) = toy.adam(
        toy.random_starts(len(density), N, M, generator)[:1],
        lambda W: sum(toy.compression.linear_terms(W, ones, density)), LONG // 4, 0.03,
    )  # fmt: skip
superposed = toy.sampled_loss(Wp, bp, ones, toy.sample(density, N, 20_000, generator))
tax = lesson.use.equal_width(superposed, N, density) / M
linear_tax = lesson.use.equal_width(sum(toy.compression.linear_terms(Wl, ones, density)), N, density) / M

# %% fold="The tax at each density" tags=["nbval-check-output"]
print("density           ", "  ".join(f"{v:.3f}" for v in density))
print("tax in width      ", "  ".join(f"{v:.2f} " for v in tax))
print("tax, linear model ", "  ".join(f"{v:.2f} " for v in linear_tax))
print("features/dimension", "  ".join(f"{v:.2f} " for v in per_dimension))
print("tax in flops      ", "  ".join(f"{v:.2f} " for v in density * tax))
lesson.show(
    lines(
        density.tolist(),
        {"width": tax.tolist(), "linear model": linear_tax.tolist(), "flops": (density * tax).tolist()},
        x_title="density p", y_title="monosemantic / superposed", log="x", legend=above,
    ),
    see=f"With dense features there is nothing to pay ({tax[0]:.2f}). At p = {density[-1]:.3g} a "
    f"monosemantic model must be {tax[-1]:.1f} times as wide. (At most n/m = {N / M:.1f} here. Of the "
    "flops, below.)",
    alt="The ratio of widths over density: near 1 for dense features, growing as they get rare; 1 "
    "throughout for the linear model. The ratio in flops falls towards 0.",
)  # fmt: skip

# %% [markdown]
# With rare features the tax is well below the number of features per dimension. A feature in superposition
# comes out with errors, so it is worth less than an exact one.
# (A part of the gap is the count's fault: columns longer than 1 count as more than one feature.)
#
# The paper raises an objection at once, and it is a good one. Width is not what a computer pays for. It
# pays for multiplications (*flops*), and a dimension that is 0 needs none. In the superposed model all $m$
# dimensions are busy at every input, because every feature uses several. In the monosemantic model only
# those of the $k$ dimensions are that have their feature on, and these are $pk$. So if the hardware could
# skip the rest, the price would be $pk/m$, which is $p$ times the tax and far *below* 1 when features are
# rare. That is the idea of a *mixture of experts*, a network of many parts of which each input wakes a few.
# It doesn't come for free either: something has to find out which parts to wake, without computing them
# all.
#
# ## Consequence 3: does it get worse with scale?
#
# "Models get larger, so there are more features for each neuron." Is that so? It depends on what grows beside
# the model. Take two worlds. In the first there are always four features for each dimension: $n = 4m$, for
# $m$ from 5 to 40, with equal importance or with a *tail*, $I_i = i^{-\alpha}$, a power law, or $I_i =
# 0.9^i$, which falls much faster. In the second the world is fixed: it has 80 features, and only the model
# grows. Count in two ways: by $\|W\|_F^2 / m$ as before and in the paper, for which a column longer than 1 is
# more than one feature, and by the columns longer than ½, which can't be more than there are features.
#
# ## Predict: a fixed world
#
# With 80 equal features of density 0.05, the model of 5 dimensions stores more than 4 features in each
# (columns longer than ½). The model of 20 dimensions has four times the room. How many of the 80 does it
# store?
#
# (a) 70 or more (b) 40 to 69 (c) fewer than 40

# %% tags=["predict"]
prediction_scale = None  # your answer: "a", "b" or "c"

# %%
WIDTHS = lesson.pick(smoke=[5, 10], lesson=[5, 10, 20, 40], full=[5, 10, 20, 40, 80])
equal = [0.25, 0.15]  # densities, importance 1
tails = {"power 0.5": lambda i: i**-0.5, "power 1": lambda i: 1 / i, "0.9^i": lambda i: 0.9**i}
names = [f"equal, p = {v:g}" for v in equal] + [f"{name}, p = 0.15" for name in tails]


def per_dimension_at(m: int, n: int, p: list[float], worth: list, copies: int = 1) -> Float[Tensor, "2 case"]:
    """‖W‖²/m, and columns longer than ½ per dimension, for each case; the mean over copies."""
    importance = torch.stack([tail(torch.arange(1, n + 1.0)) for tail in worth])
    # a common factor changes no optimum; a mean of 1 keeps the losses alike
    importance = (importance / importance.mean(1, keepdim=True)).repeat_interleave(copies, 0)
    p = torch.tensor(p).repeat_interleave(copies)
    with toy.one_thread():
        W, _ = toy.adam(
            toy.random_starts(len(p), n, m, generator),
            lambda W, b: toy.sampled_loss(W, b, importance, toy.sample(p, n, 64, generator)),
            LONG, 0.01, decay=True, warm_up=100, progress=lambda it: lesson.progress(it, f"m = {m}"),
        )  # fmt: skip
    counts = 1 / toy.geometry.dimensions_per_feature(W), (W.norm(dim=1) > 0.5).sum(1) / m
    return torch.stack(counts).view(2, -1, copies).mean(2)


# %%
cases = equal + [0.15] * len(tails), [torch.ones_like] * len(equal) + list(tails.values())
growth, counted = torch.stack([per_dimension_at(m, 4 * m, *cases, copies=max(1, 20 // m)) for m in WIDTHS], 1)
FIXED = lesson.pick(smoke=[5, 10, 20], lesson=[5, 10, 20, 40, 80], full=[5, 10, 20, 30, 40, 60, 80])
fixed, fixed_stored = torch.cat([per_dimension_at(m, 80, [0.05], [torch.ones_like]) for m in FIXED], 1)
crowd = dict(zip(FIXED, fixed_stored.tolist(), strict=True))  # stored features in each dimension
at_20 = round(20 * crowd[20])

# %%
lesson.reveal(
    prediction_scale, "a" if at_20 >= 70 else "b" if at_20 >= 40 else "c",
    f"{at_20} of the 80. Stored in each dimension: {crowd[5]:.1f} with 5 dimensions, {crowd[10]:.1f} with "
    f"10, {crowd[20]:.1f} with 20. While there is less room than the world could use, a larger model isn't "
    "less crowded. Then the world runs out of features.",
)  # fmt: skip

# %% fold="Both worlds" tags=["nbval-check-output"]
spread = (growth.amax(0) - growth.amin(0)) / growth.mean(0)
as_row = lambda values: "  ".join(f"{v:.2f}" for v in values)  # noqa: E731
for name, column, s, longer in zip(names, growth.T, spread, counted.T, strict=True):
    print(f"{name:20s}", as_row(column), f"  spread {s:.2f}; longer than ½:", as_row(longer))
print("80 features         ", as_row(fixed), "; longer than ½:", as_row(fixed_stored), " for m =", *FIXED)
series_of = {name: column.tolist() for name, column in zip(names, growth.T, strict=True)}
figure = lines(
    WIDTHS, series_of, x_title="dimensions m", y_title="‖W‖² / m", log="x", legend=above
).add_scatter(x=FIXED, y=fixed.tolist(), name="fixed world, 80 features", line_dash="dash")
lesson.show(
    figure.update_xaxes(tickvals=sorted({*WIDTHS, *FIXED})),
    see=f"A world that grows: with equal importance flat, spread at most {spread[: len(equal)].max():.0%}; "
    f"the power laws at most {spread[len(equal) : -1].max():.0%}; only the exponential tail falls, to "
    f"{growth[-1, -1]:.2f}. A world that stays (dashed): {fixed[0]:.1f} at m = {FIXED[0]}, {fixed[-1]:.2f} "
    f"at m = {FIXED[-1]}.",
    alt="‖W‖² / m over model size: flat lines for equal importance and power laws, a "
    "falling line for the exponential tail, and a dashed line that stays high and then falls to one where "
    "m reaches n.",
)

# %% [markdown]
# TM asks whether superposition would go away if we just scaled enough. In a fixed world it does, and you saw
# how: at first a larger model spends its room on features that weren't worth storing before, and its
# dimensions get no less crowded, those of 10 even more. Once all 80 are stored, the crowd can only thin out,
# as $n/m$. Mind the paper's count here: at $m = 20$ it gives more than the $80/20 = 4$ features that there
# are for each dimension, because it adds up squared lengths, and rare features get columns longer than 1,
# which make up for a negative bias (lesson 01). The growing world has only four features a dimension, too. At
# $p = 0.15$ its larger models store all of them, so that line is flat by the one count and comes up against
# the end of its world by the other; at $p = 0.25$ it is flat by both.
#
# The tail decides the same question in another way: a further feature has to be worth its interference, and
# in a tail that falls like $0.9^i$ the number of those doesn't grow with the model. So whether it gets worse
# with scale depends on the world: how many features there are for each dimension, how rare they are, and how
# fast their importance falls.
#
# <details>
# <summary>What would that mean for a language model?</summary>
#
# Nobody knows its $n$. If text holds far more features than any model has dimensions, and their importance
# falls like a power law, then a model ten times as wide is as crowded as before, provided that models of 5 to
# 40 dimensions are any guide. If one day a model is wide enough for its world, neurons would get easier to
# read, first for the features that matter most.
#
# </details>
#
# ## Your experiment · Change one thing
#
# Pick one: attack a model of another width ($m = 12$ or 25) and see whether $\sqrt{n/m}$ predicts the
# factor between attacks and random directions; or record runs at another density and see whether drops
# still belong to their run; or give the model of 50 training inputs a weight decay (add it to the loss) and
# see what becomes of the bump. Write down first what you expect, and by how much it could be wrong. Keep a
# control beside it.

# %% experiment="code"
### BEGIN SOLUTION
wide_W, wide_b = train(torch.tensor([at]), N, 25)
wide_size = 0.1 * xa.norm(dim=2).mean(1)
by_attack = V(wide_W, wide_b, xa, A(wide_W), wide_size)
by_random = V(wide_W, wide_b, xa, at_random(1, N, N), wide_size)
by_inside = V(wide_W, wide_b, xa, inside(wide_W), wide_size)
print(f"m = 25: attack over random {(by_attack / by_random).item():.1f}, √(n/m) = {(N / 25) ** 0.5:.1f}")
print(f"attack over random steps that are seen whole: {(by_attack / by_inside).item():.1f}")
### END SOLUTION

# %% [markdown] experiment="answer"
# I took $m = 25$ and expected $\sqrt{50/25} = 1.4$ for attacks over random directions, within 0.2, and 1.0
# for attacks over random steps that are seen whole. It was more in both: with this much room an attack on a
# feature is worse than a random step in the same space, so here the attacker's knowledge of features
# matters a little. One model and one set of directions; it doesn't show how that changes with density.

# %% [markdown]
# ## Claims

# %% tags=["nbval-check-output"]
lesson.claim("dynamics.digon_share", digons.mean(), at_least=0.9)
lesson.claim("dynamics.percentile", measured, at_least=0.65, paper="two jumps in one run, by eye")
lesson.claim("dynamics.chance_reaches", reach, at_most=0.01)
lesson.claim("dynamics.planted_late", planted, between=(0.99, 1))
lesson.claim("dynamics.late_generalisation", late_generalisation, at_most=0.25)
lesson.claim("dynamics.octahedron_share", octahedron.double().mean(), at_least=0.6, paper="an attractor")
lesson.claim("dynamics.sets_first", median_peak, at_least=0.95)
lesson.claim("memory.points_uneven", uneven, at_most=0.3, paper="points in a polygon (Henighan et al.)")
lesson.claim("memory.test_few", ends[5][1], at_least=0.9)
lesson.claim("memory.test_middle", ends[50][1], at_least=1, paper="double descent")
lesson.claim("memory.test_many", ends[SETS[-1]][1], at_most=0.95)
lesson.claim("memory.five_features", ends[SETS[-1]][2], at_least=1.4)

# %% fold="The claims about attacks, tax and scale" tags=["nbval-check-output"]
lesson.claim("adversarial.unnormalised_correlation", raw_correlation, at_most=-0.5)
lesson.claim("adversarial.random_ratio", blind[-1] / blind[0], at_least=3, paper="more than 3, for attacks")
lesson.claim("adversarial.excess_slope", slope(attacked / blind), between=(-0.05, 0.05))
lesson.claim("adversarial.seen_slope", slope(gain), between=(-0.05, 0.05))
lesson.claim("adversarial.seen_gain", (gain - 1).abs().max(), at_most=0.25)
fewer = hardened[LEVELS - 1, 0] / hardened[0, 0]
lesson.claim("adversarial.training_reduces", fewer, at_most=0.5, paper="it falls")
lesson.claim("adversarial.training_costs", hardened[LEVELS - 1, 2] / hardened[0, 2], at_least=1.1)
lesson.claim("adversarial.noise_reduces_less", hardened[LEVELS - 1, 0] / hardened[-1, 0], at_most=0.5)
lesson.claim("adversarial.room_reduces", roomy[3, 1] / roomy[1, 1], at_most=0.2)
lesson.claim("tax.ratio", tax[-1], at_least=1.5, paper="k, not measured")
lesson.claim("tax.below_features_per_dim", tax[-1] / per_dimension[-1], at_most=0.8)
lesson.claim("tax.flops", density[-1] * tax[-1], at_most=0.1)
flat = spread[: len(equal)].max()
lesson.claim("scaling.features_per_dim_spread", flat, at_most=0.1, paper="features double with m")
lesson.claim("scaling.power_law_spread", spread[len(equal) : -1].max(), at_most=0.2)
lesson.claim("scaling.exponential_falls", growth[-1, -1] / growth[0, -1], at_most=0.75)
lesson.claim("scaling.fixed_world_crowd", crowd[10] / crowd[5], at_least=1)
lesson.claim("scaling.fixed_world_stored", at_20 / 80, at_least=0.95)
lesson.claim("scaling.fixed_world_end", fixed[-1], between=(0.95, 1.1))

# %% [markdown]
# ### Where this departs from the paper
#
# - The paper shows one run of a large model ($n = 400$, $m = 30$) and two jumps in it, by eye. We take many
#   small runs, one rule for all of them, and ranks at equal time. The rule is ours.
# - Henighan et al. use 10 000 features and weight decay, and many sizes of the training set. We have 60,
#   none, and five sizes. Where the bump lies depends on that.
# - The small start of the two correlated sets is our choice: it makes the stages visible.
# - The paper says that it takes the attack that harms most. We read that as: for each input. The features
#   per dimension are counted as in the paper, so that columns longer than 1 count for more than one feature;
#   the fixed world also by columns longer than ½.
#   The controls with random steps are ours, and so is the conclusion that, with 6 of 50 dimensions, knowing
#   the features adds nothing to knowing the space.
# - The paper names the tax ($k$) and the objection in flops. Measuring either is ours.
#
# ## Discussion
#
# 1. **A strong null.** The first comparison and the second differ only in what they keep. What would a
#    third null look like that also keeps how *large* the drops are? Which published link between two curves
#    would you test like this?
# 2. **Grokking.** What would a toy model need, for a feature to be stored late *and* to matter only for
#    inputs that it wasn't trained on? (Lesson 02 asks the same question about borders in the phase diagram.)
# 3. **Robust and readable?** If superposition makes attacks easy, a robust model is a readable one. What does
#    our table say about its price, and what would the second paper of the dispute reply?
# 4. **The tax.** Who would pay it, in width or in flops? A dictionary of features (lesson 06) reads a
#    superposed model from outside instead. What is taxed then, the model or the explanation? And is a
#    mixture of experts readable?
#
# ## What you can now say
#
# - A link between two curves in time needs a null that keeps the time: other runs at the same moment, not
#   other moments of the same run.
# - With few training inputs a model stores the inputs in superposition, with many the features; between the
#   two it is worse than at either end.
# - Superposition makes a toy model sensitive to every step that it sees. An attack's advantage over a
#   random step is about $\sqrt{n/m}$ where $m$ is much smaller than $n$, and doesn't grow with superposition.
# - Being readable costs width when features are rare, and need not cost flops.
# - In a fixed world superposition goes away with scale: once all features are stored, more dimensions mean
#   less crowding, and with one for each feature none is left.
#
# ### Three readings
#
# 1. Elhage et al., *Toy Models of Superposition*, the sections on learning dynamics and on adversarial
#    robustness (the links at the top), 20 minutes.
# 2. Henighan et al., [Superposition, Memorization, and Double
#    Descent](https://transformer-circuits.pub/2023/toy-double-descent/index.html), 25 minutes.
# 3. The two sides of the dispute, abstract and figures: [2508.17456](https://arxiv.org/abs/2508.17456) and
#    [2512.13568](https://arxiv.org/abs/2512.13568), 30 minutes.
#
# The kit's modules behind this lesson, in reading order: [the map](../docs/map.md).

# %%
lesson.summary()
