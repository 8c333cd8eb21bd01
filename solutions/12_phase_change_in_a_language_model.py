# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# course:
#   number: "12"
#   title: A phase change in a language model; what SAEs can't do
#   minutes: 130
#   needs: ["02", "07", "08", "09"]
#   papers: ["TM: Superposition as a Phase Change", "TM: Strategic Picture", "M: Base64 feature"]
# ---

# %% [markdown]
# # 12 · A phase change in a language model; what SAEs can't do
#
# Lesson 02 drew a map over two axes, how frequent a feature is and how important, with regions in which a
# small model holds it in different ways. Lesson 09 found one feature of a language model, base64. Here the
# two meet: you make base64 rarer, more frequent and more important, and watch how the model holds it. The
# picture that you will have made has a region in which one *neuron* does what in lesson 09 took a latent, and
# it isn't where the frequency alone leads. Then you turn round and ask what the method can't do: who detects
# better, what an audit misses, and what you may promise after this course.
#
# - **Time:** about 130 minutes; the cells themselves run in about one and a half. A break fits before
#   section 2.
# - **Needs:** lessons 02 (the map), 07 and 08 (training both models) and 09 (the latent, its controls).
# - **Rebuilds:** *Toy Models of Superposition* (TM), [Superposition as a Phase
#   Change](https://transformer-circuits.pub/2022/toy_model/index.html#phase-change), in the model of *Towards
#   Monosemanticity* (M). We know of no other lesson on that. Parts 2 and 3 test what TM's [Strategic
#   Picture](https://transformer-circuits.pub/2022/toy_model/index.html#strategic) hopes for.
#
# **Words.** Base64's *share* is that of the documents that the transformer is trained on; its *importance* is
# the factor on the loss of its tokens. A *point* is one transformer with its share and its importance. A
# neuron is *dedicated* to base64 only as far as it follows it better than rotated neurons and untrained
# directions of the same point do.

# %% [markdown]
# ## Recall
#
# <details>
# <summary>From lesson 02: dropping a feature costs in proportion to p, sharing to p². Why?</summary>
#
# A dropped feature is missed whenever it is on. A pair of opposites fails only where both are on at once.
#
# </details>
#
# <details>
# <summary>From lesson 09: who was the better base64 detector, the latent or a probe?</summary>
#
# The probe, a logistic regression on the neurons, which had the labels of a whole pile. The latent had none.
#
# </details>

# %% tags=["parameters"]
SCALE = "lesson"
SEED = 0

# %%
import ipywidgets
import torch
from jaxtyping import Float, Int
from torch import Tensor

import course_utils
from course_utils import assets
from course_utils.figures import bars, drawings, grouped_bars, lines
from course_utils.figures import share_map as figures
from course_utils.interp import comparing, measures, share_map
from course_utils.lm import hooks

lesson = course_utils.start("12", scale=SCALE, seed=SEED)
lesson.without_gradients()

# %% [markdown]
# ## 1 · The two axes, in text
#
# A language model has no $x_i$ that is on with probability $p$. But it has content types, and two handles on
# each. You can change how many of the documents are of the type. And you can multiply the loss of its tokens,
# as lesson 02 multiplied a feature's error with $I_i$. All other types keep their proportions.

# %%
drawings.show("two_axes_in_text")

# %% [markdown]
# ## Exercise 12.1 · Three arrangements, two densities
# *Difficulty 3/5 · about 10 minutes*
#
# What should happen? Ask the toy first. In lesson 02 all features had one density. Now the varied feature has
# a density $q$ of its own and importance $r$; the other has density $p$ and importance 1. One hidden number
# has three uses: the varied feature is *dropped*; the two are an antipodal *pair* ($W = [1, -1]$, $b = 0$);
# or the varied feature is *alone* and the other is dropped. As in lesson 02 a dropped feature is guessed by
# its mean, and a pair is off by the smaller of the two where both are on: $\mathbb{E} \min(x, y)^2 =
# \tfrac16$. Find the three expected losses.


# %% exercise="12.1"
def arrangement_losses(r, q, p):
    """Losses of dropped, pair and alone, in the first axis of the result.

    r, q: the varied feature's importance and density; p: the other's density. Tensors that broadcast.
    """
    ### BEGIN SOLUTION
    r, q, p = torch.broadcast_tensors(r, q, p)
    dropped = r * (q / 3 - q**2 / 4)
    pair = (1 + r) * p * q / 6
    alone = p / 3 - p**2 / 4
    return torch.stack([dropped, pair, alone])
    ### END SOLUTION


# %% check="12.1"
lesson.check("12.1", arrangement_losses)

# %%
r_axis = torch.logspace(-1.5, 1.5, 60, dtype=torch.float64)[:, None]
q_axis = torch.logspace(-3.5, 0, 60, dtype=torch.float64)
OTHER = torch.tensor(0.0125, dtype=torch.float64)  # about what one of the other types has
prices = lesson.use.arrangement_losses(r_axis, q_axis, OTHER)
cheapest = prices.argmin(0)

# %% fold="The toy's map" tags=["nbval-check-output"]
alone_from = {r: q_axis[cheapest[(r_axis[:, 0] - r).abs().argmin()] == 2] for r in (4, 16)}
edges = {r: f"{found.min():.2f}" if len(found) else "nowhere" for r, found in alone_from.items()}
lesson.show(
    figures.regions(q_axis, r_axis[:, 0], cheapest),
    see="with the others rare, the toy never drops a feature of importance 1, however rare that is. A "
    f"direction of its own it gives only to what is frequent *and* important: from q = {edges[16]} on at "
    f"r = 16, {edges[4]} at r = 4. That edge is the line q (1 + r) = 2, less a little.",
)
print(f"alone from q = {edges[16]} at r = 16, from {edges[4]} at r = 4")

# %% [markdown]
# <details>
# <summary>Where does q (1 + r) = 2 come from?</summary>
#
# The pair costs $(1 + r)\,pq/6$ and being alone costs nearly $p/3$, the price of the other. The $p$ cancels:
# equal where $q (1 + r) = 2$. At small $q$ the pair beats dropping where $(1 + r)\,p < 2r$; there it is $q$
# that cancels.
#
# </details>
#
# So the toy makes two predictions. Whether a feature is *stored at all* has little to do with its own
# frequency, because being dropped and being paired both cost in proportion to $q$. And whether it gets a
# direction *of its own* depends on $q (1 + r)$: once $r$ is well above 1, that is the product of the two
# axes. A feature that is 16 times as important should then be held like one that is 16 times as frequent.
# But the toy is solved to the end, and a language model stops after some hundred steps; it has two features,
# and the model has 70 types of text in 128 neurons. Therefore take the toy's map as a question. Base64 makes
# up 1 % of the course's documents. Does it get a neuron when it has 15 %? When it counts 16 times?

# %% [markdown]
# ## Exercise 12.2 · Importance, in a language model
# *Difficulty 2/5 · about 6 minutes*
#
# Training takes the mean of the losses of all tokens. Multiply those of one content type with its importance.
# There is one loss less than there are tokens: entry $i$ is the cost of token $i + 1$, predicted from the
# tokens up to $i$. Whose type decides the weight?


# %% exercise="12.2"
def weighted_loss(
    losses: Float[Tensor, "seq next"], content_types: Int[Tensor, "seq pos"], kind: int, importance: float
) -> Float[Tensor, "seq next"]:
    """The losses, those of tokens of type `kind` multiplied with `importance`. There are next = pos - 1."""
    ### BEGIN SOLUTION
    predicted = content_types[:, 1:]
    return torch.where(predicted == kind, importance, 1.0) * losses
    ### END SOLUTION


# %% check="12.2"
lesson.check("12.2", weighted_loss)

# %% [markdown]
# ## A point of your choice
#
# Choose a share and an importance. Then the next cells train a transformer by lesson 07's recipe, with your
# loss, and a sparse autoencoder by lesson 08's. The SAE reads the neurons on the course's own text, where
# base64 has 1 % of the documents, whatever the transformer was trained on: so all points are seen through the
# same glasses. (What the glasses do, you ask below.)

# %%
SHARE, IMPORTANCE = 0.005, 16  # your choice: .0005 to .3, and 1 to 30
TOKENS = lesson.pick(smoke=33_000, lesson=800_000, full=800_000)
SAE_TOKENS = lesson.pick(smoke=33_000, lesson=500_000, full=500_000)
mine = share_map.transformer(
    SHARE, IMPORTANCE, SEED, TOKENS, lesson.use.weighted_loss, lambda it: lesson.progress(it, "transformer")
)
my_sae = share_map.sparse_code(
    mine, share_map.CORPUS_SHARE, SEED, SAE_TOKENS, lambda it: lesson.progress(it, "SAE")
)

# %% [markdown]
# ## Exercise 12.3 · Chosen here, measured there
# *Difficulty 2/5 · about 6 minutes*
#
# Of 512 units the best one is partly the luckiest. Lesson 09 chose on one pile and measured on another; now
# write that down. Choose the unit whose correlation with the target is largest on the search pile, and give
# *its* correlation on the test pile. (`measures.correlation(acts, target)` is your function from 9.2.)


# %% exercise="12.3"
def best_unit(
    search: Float[Tensor, "token unit"],
    search_target: Float[Tensor, "token"],
    test: Float[Tensor, "token_ unit"],
    test_target: Float[Tensor, "token_"],
) -> float:
    """The correlation on the test pile of the unit that is best on the search pile."""
    ### BEGIN SOLUTION
    best = measures.correlation(search, search_target).argmax()
    return measures.correlation(test, test_target)[best].item()
    ### END SOLUTION


# %% check="12.3"
lesson.check("12.3", best_unit)

# %% [markdown]
# Four codes compete: the latents; the 128 neurons; as many *rotated* ones, that is, directions that are at
# right angles to each other like the neurons but point anywhere; and 512 *untrained* directions, as many as
# there are latents. A neuron that stands above the rotated ones says that the axes of the neurons mean
# something. One that stands above the untrained ones, too, says that it isn't the luck of many tries.

# %%
PILE_BYTES = lesson.pick(smoke=60_000, lesson=300_000, full=300_000)
texts = [share_map.pile(pile_seed, PILE_BYTES) for pile_seed in (1000, 2000)]
neurons = tuple(hooks.activations(mine, one.tokens, share_map.FIRST) for one in texts)
is_base64 = [share_map.of_type(share_map.late(one.content_types), ("base64",))[:, 0] for one in texts]
draws = torch.Generator().manual_seed(SEED)
codes = {
    "latent": tuple(my_sae.encode(acts) for acts in neurons),
    "neuron": neurons,
    "rotated": comparing.rotated(neurons, draws),
    "untrained": comparing.untrained(neurons, my_sae.d_sae, draws),
}
live = {
    name: lesson.use.best_unit(code[0], is_base64[0], code[1], is_base64[1]) for name, code in codes.items()
}

# %% fold="The figure: your point"
lesson.show(
    bars(live, "best unit's correlation with base64, on the test pile"),
    see=f"at a share of {SHARE:.2%} and importance {IMPORTANCE} the best latent has {live['latent']:.2f}, "
    f"the best neuron {live['neuron']:.2f}, of the rotated ones {live['rotated']:.2f}, of the untrained "
    f"{live['untrained']:.2f}. Remember your point; its place on the map comes next.",
    alt="Bars: the best latent, neuron, rotated neuron and untrained direction.",
)

# %% [markdown]
# ## Along one axis: the share
#
# One point takes half a minute; a map of 18 points with three transformers each takes half an hour. It is
# shipped (`course sweep course_utils.interp.share_map:share_map --seeds 3 --set
# share=.0005,.002,.005,.01,.04,.15 --set importance=1,4,16` makes it again). Look at the row of importance 1
# first. From left to right base64 goes from one document in 2,000 to nearly one in six.
#
# **Predict.** At 15 % base64 is by far the most frequent type. Is the best neuron there ahead of the better
# of the two controls, rotated and untrained?
#
# - a: yes, by more than 0.2
# - b: yes, by 0.1 to 0.2
# - c: no, or by less than 0.1

# %% tags=["predict"]
prediction_share = None  # your answer: "a", "b" or "c"

# %%
table = assets.table("share_map")
SHARES = sorted({row["share"] for row in table})
IMPORTANCES = sorted({row["importance"] for row in table})


def over_seeds(what: str, share: float, importance: float) -> Float[Tensor, "seed"]:
    """What was measured at a point, for each transformer."""
    here = [row for row in table if (row["share"], row["importance"]) == (share, importance)]
    return torch.tensor([row[what] for row in here])


def whole_map(what: str) -> Float[Tensor, "importance share"]:
    """Means over the transformers."""
    return torch.tensor([[over_seeds(what, s, i).mean() for s in SHARES] for i in IMPORTANCES])


CODES = ["latent", "neuron", "rotated", "untrained"]
top = {name: whole_map(name) for name in [*CODES, "probe"]}
control = torch.maximum(top["rotated"], top["untrained"])
neuron_lead = top["neuron"] - control
latent_lead = top["latent"] - torch.maximum(control, top["neuron"])

# %%
lead_at_most = neuron_lead[0, -1].item()
lesson.reveal(
    prediction_share,
    "a" if lead_at_most > 0.2 else "b" if lead_at_most > 0.1 else "c",
    f"Neuron {top['neuron'][0, -1]:.2f}, rotated {top['rotated'][0, -1]:.2f}, untrained "
    f"{top['untrained'][0, -1]:.2f}. All three have risen, for there is simply more of base64 in the space "
    "of the neurons. Without the controls you would have called the neuron dedicated.",
)

# %% fold="The figure: along the share" tags=["nbval-check-output"]
lesson.show(
    lines(
        [100 * share for share in SHARES],
        {name: values[0].tolist() for name, values in top.items()},
        x_title="base64's share of the documents, %",
        y_title="best unit's correlation with base64",
        log="x",
    ),
    see=f"the latent goes from {top['latent'][0, 0]:.2f} to {top['latent'][0, 2:4].max():.2f} at half of "
    f"a per cent to 1 %, far above every single unit, and {top['latent'][0, -1]:.2f} at 15 %. The neuron "
    "keeps to its controls from end to end. The probe has labels and all neurons, and is above all of them.",
)
lesson.table(
    {"share, %": [100 * share for share in SHARES]} | {name: top[name][0].tolist() for name in CODES}
)

# %% [markdown]
# ## The glasses
#
# At 15 % many latents follow base64. Has the *model* split it up? Or the SAE? The second is easily done:
# the more of a text an SAE reads, the more latents it spends there. So each model of this row got another
# SAE, one that read text with the model's own share.

# %% fold="The table: two SAEs for each model" tags=["nbval-check-output"]
own_text = {what: [over_seeds(what, s, 1).mean().item() for s in SHARES] for what in ("own", "own.above")}
above = {name: whole_map(f"{name}.above")[0].tolist() for name in ("latent", "untrained")}
lesson.table(
    {
        "share, %": [100 * share for share in SHARES],
        "best, same text for all": top["latent"][0].tolist(),
        "best, the model's own share": own_text["own"],
        "above 0.3, same text": above["latent"],
        "above 0.3, own share": own_text["own.above"],
        "untrained above 0.3": above["untrained"],
    }
)

# %% [markdown]
# Read the two ends. Where base64 is rare, the SAE that read the rare text hardly has a latent for it, but the
# other one finds more in the *same* model: part of "the model doesn't hold it" was "the SAE hasn't met it".
# Where base64 is frequent, the SAE that read the frequent text spreads it over more latents, and the best of
# them is worse; through the common glasses the same model looks much less split. And the last column takes
# away most of what is left: untrained directions above 0.3 get more as well, and there are more of them than
# latents. So a count of latents, without its control and on text of changing shares, says next to nothing.

# %% [markdown]
# ## Both axes: the map
#
# **Predict.** Two models spend about the same part of their loss on base64: one with a share of 15 % and
# importance 1, one with a share of 1 % and importance 16. In which one has the best neuron the larger lead
# over its controls?
#
# - a: in the one where base64 is frequent
# - b: in the one where it is important
# - c: about the same, within 0.05

# %% tags=["predict"]
prediction_product = None  # your answer: "a", "b" or "c"

# %%
by_share, by_importance = neuron_lead[0, -1], neuron_lead[-1, SHARES.index(0.01)]
lesson.reveal(
    prediction_product,
    "c" if (by_share - by_importance).abs() <= 0.05 else "a" if by_share > by_importance else "b",
    f"The lead is {by_share:+.2f} where base64 is frequent, and {by_importance:+.2f} where it is important.",
)

# %% fold="The figure: the map" tags=["nbval-check-output"]
lesson.show(
    figures.maps(
        SHARES,
        IMPORTANCES,
        {"latent − best single unit": latent_lead, "neuron − best control": neuron_lead},
    ),
    see="left, how far the best latent is above every single unit, trained or not: most at the bottom. "
    "Right, how far the best neuron is above both controls: nothing at importance 1, whatever the share; "
    f"up to {neuron_lead[-1].max():+.2f} at importance 16. Where it is, the latent's lead is gone.",
)
lesson.table(
    {"weight": IMPORTANCES} | {f"{100 * s:g} %": neuron_lead[:, k].tolist() for k, s in enumerate(SHARES)}
)

# %% [markdown]
# So there are regions, and each has its control. With little of both axes the model barely holds base64:
# every unit is low. With weight 1 and half of a per cent or more it is in superposition: no single unit is
# far above chance, and one latent is. With a large weight there is a third region, in which a neuron follows
# base64 better than any rotated neuron or untrained direction, and as well as the latent does. That is what
# the toy calls a direction of its own, and in the toy both axes lead to it. In the language model only one
# of them does.

# %% [markdown]
# ## Exercise 12.4 · Do equal products make equal models?
# *Difficulty 3/5 · about 10 minutes*
#
# "The product decides" is a claim about all pairs of points with equal products. Put a number on it. Take
# every pair of points (each pair once, no point with itself) whose coordinates agree within a factor:
# $|\log c_i - \log c_j| \le \log f$. How far are their values apart, $|v_i - v_j|$, on average? With the
# product as the coordinate this is the gap at equal product; with the share, at equal share. With a huge
# factor it is the gap between any two points: what "no law at all" would give. (Rounding: allow $10^{-6}$
# beside $\log f$.)


# %% exercise="12.4"
def gap_at_equal(coordinate: Float[Tensor, "point"], value: Float[Tensor, "point"], factor: float) -> float:
    """The mean |difference of values| over all pairs of points whose coordinates agree within `factor`."""
    ### BEGIN SOLUTION
    ratio = coordinate[:, None] / coordinate
    near = (ratio.log().abs() <= torch.tensor(factor).log() + 1e-6).triu(1)
    gaps = (value[:, None] - value).abs()
    return gaps[near].mean().item()
    ### END SOLUTION


# %% check="12.4"
lesson.check("12.4", gap_at_equal)

# %%
share_of = torch.tensor(SHARES).expand(len(IMPORTANCES), -1).flatten()
importance_of = torch.tensor(IMPORTANCES)[:, None].expand(-1, len(SHARES)).flatten()
values = {
    "loss in base64, nats": whole_map("loss"),
    "best latent": top["latent"],
    "best neuron": top["neuron"],
    "neuron − best control": neuron_lead,
}
coordinates = {"share × importance": share_of * importance_of, "share": share_of}
coordinates |= {"importance": importance_of.float()}
gaps = {
    what: {name: lesson.use.gap_at_equal(c, v.flatten(), 1.3) for name, c in coordinates.items()}
    | {"any two points": lesson.use.gap_at_equal(share_of, v.flatten(), 1e9)}
    for what, v in values.items()
}

# %% fold="The table: gaps at equal products" tags=["nbval-check-output"]
lesson.table(
    {"": list(gaps)}
    | {f"equal {name}": [row[name] for row in gaps.values()] for name in coordinates}
    | {"any two points": [row["any two points"] for row in gaps.values()]}
)

# %% [markdown]
# For the *loss* the product is a good law: how well the model writes base64 depends on how much of its loss
# that was, whether by many documents or by few heavy ones. For the *representation* it isn't. Models of equal
# product differ in the neuron's lead nearly as much as any two do, and equal importance makes them more alike
# than equal product.

# %% [markdown]
# ## One reason, tested
#
# Why would weight make a neuron where frequency doesn't? One thing comes to mind that the toy doesn't have.
# Training takes batches, 16 sequences each. Base64 with a share of 1 % and weight 16 is absent from most of
# them, and where it comes it drowns all the rest: it comes in *bursts*. With a share of 15 % it has a part in
# every batch. The two have the same sum, but perhaps a burst can seize a neuron where a steady trickle can't.
# That can be tested. Leave the weight at 1, and put each sequence of base64 into the text 16 times. There is
# as little *different* text as before, and its part in the loss is as large, but it is spread over all
# batches. If bursts are the reason, the neuron's lead should be gone.

# %%
drawings.show("weight_or_repeat")

# %% [markdown]
# **Predict.** What becomes of the neuron's lead when the sequences are repeated instead of weighted?
#
# - a: it is gone (below a third)
# - b: it stays (above two thirds)
# - c: something between

# %% tags=["predict"]
prediction_bursts = None  # your answer: "a", "b" or "c"

# %%
repeats = assets.table("repeated_map")
REPEATED = sorted({row["share"] for row in repeats})


def mean_of(rows: list[dict], what: str, share: float) -> float:
    found = [row[what] for row in rows if row["share"] == share]
    return sum(found) / len(found)


weighted_rows = [row for row in table if row["importance"] == 16]
ways = {"weighted × 16": weighted_rows, "repeated × 16": repeats}
ways |= {"as it is": [row for row in table if row["importance"] == 1]}
lead = {
    way: {
        share: mean_of(rows, "neuron", share)
        - max(mean_of(rows, "rotated", share), mean_of(rows, "untrained", share))
        for share in REPEATED
    }
    for way, rows in ways.items()
}
kept = sum(lead["repeated × 16"].values()) / sum(lead["weighted × 16"].values())

# %%
lesson.reveal(
    prediction_bursts,
    "a" if kept < 1 / 3 else "b" if kept > 2 / 3 else "c",
    f"Repeated, the neuron keeps {kept:.0%} of its lead.",
)

# %% fold="The figure: weighted or repeated" tags=["nbval-check-output"]
lesson.show(
    grouped_bars(
        {f"share {100 * s:g} %": {way: row[s] for way, row in lead.items()} for s in REPEATED},
        "best neuron − best control, correlation",
    ),
    see="REPEATSEE",
    alt="Bars for three shares: the neuron's lead weighted, repeated, and as it is.",
)
lesson.table(
    {"share, %": [100 * s for s in REPEATED]} | {way: list(row.values()) for way, row in lead.items()}
)

# %% [markdown]
# REPEATTEXT

# %% [markdown]
# ## Walk over the map


# %%
def point(share: float, importance: float):
    """One point of the map: each code's best unit, mean over the transformers, and the loss in base64."""
    row, column = IMPORTANCES.index(importance), SHARES.index(share)
    at = {name: values[row, column].item() for name, values in top.items()}
    nats = whole_map("loss")[row, column]
    return bars(at, f"correlation with base64; its loss: {nats:.2f} nats")


# %% play
_ = ipywidgets.interact(point, share=SHARES, importance=IMPORTANCES)

# %% [markdown]
# The same without widgets: change the numbers and run the cell again.

# %% fold="One point"
lesson.show(
    point(SHARES[2], IMPORTANCES[-1]),
    see="where a neuron does what elsewhere takes a latent.",
    alt="Bars of one point: latent, neuron, rotated, untrained, probe.",
)

# %% [markdown]
# ## Claims

# %% fold="The claims: the map" tags=["nbval-check-output"]
lesson.claim("phase_lm.placeholder", 1.0, between=(0, 2))

# %%
lesson.summary()
