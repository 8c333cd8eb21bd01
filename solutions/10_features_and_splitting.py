# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# course:
#   number: "10"
#   title: Features against neurons; splitting; the feature lottery
#   minutes: 120
#   needs: ["06", "08", "09"]
#   papers: ["M: Feature splitting", "M: Universality", "Later: absorption, hedging, a wrong L0"]
# ---

# %% [markdown]
# # 10 · Features against neurons; splitting; the feature lottery
#
# In lesson 09 one latent of one sparse autoencoder (SAE) stood for base64. Was that a lucky latent? Here you
# ask all of them: whether they are better units than neurons are, by three statistics that disagree; what
# they show that no neuron shows; what becomes of a feature when the dictionary grows, and what a latent may
# hide; and whether a second dictionary, or a second transformer, finds the same ones. In each question a
# control that has learnt nothing has a say, and it wins more often than you may like.
#
# - **Time:** about 120 minutes; the cells themselves run in one. A break fits before
#   section 4.
# - **Needs:** lessons 06, 08 and 09. Transformers and SAEs are shipped, so you can start here.
# - **Rebuilds:** of *Towards Monosemanticity* (M) the
#   [comparison with neurons](https://transformer-circuits.pub/2023/monosemantic-features#global-analysis),
#   [feature splitting](https://transformer-circuits.pub/2023/monosemantic-features#phenomenology-feature-splitting)
#   and [universality](https://transformer-circuits.pub/2023/monosemantic-features#phenomenology-universality).
#
# **Words.** A *unit* is a latent or a neuron. A *code* is a table of activations, a row for each token and a
# column for each unit.

# %% [markdown]
# ## Recall
#
# <details>
# <summary>From lesson 09: how did the latent fare against a logistic probe?</summary>
#
# The probe won, with labels. The latent's merit was that it came unasked.
#
# </details>
#
# <details>
# <summary>From lesson 09: latents serve fewer families than neurons do. What did the control say?</summary>
#
# Random directions, cut to fire as seldom, serve nearly as few. Narrowness is mostly bought by firing seldom.
#
# </details>

# %% tags=["parameters"]
SCALE = "lesson"
SEED = 0

# %%
import math
import re
from itertools import pairwise
from typing import NamedTuple

import ipywidgets as widgets
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

import course_utils
from course_utils import assets
from course_utils.figures import bars, drawings, grouped_bars
from course_utils.figures import splitting as split_figures
from course_utils.figures import units as figures
from course_utils.interp import blind, comparing, effects, layout, matching, measures, predicates, splitting
from course_utils.interp.absorption import Hole, find_holes, presence
from course_utils.lm import data, hooks
from course_utils.lm.corpus import CONTENT_TYPES
from course_utils.lm.shuffled import shuffled
from course_utils.lm.tokenizer import token_bytes
from course_utils.sae import hierarchy, wrong_l0
from course_utils.toy import one_thread

# %%
lesson = course_utils.start("10", scale=SCALE, seed=SEED)

# %% [markdown]
# ## One model, two piles, six codes
#
# As in lesson 09 you choose on one pile of text, the search pile, and measure on another, the test pile; both
# are held out. (In the code they are the first and the second of each pair, from section 4 on `look` and
# `judge`.) Beside the latents and the neurons stand four codes that any claim has to beat:
#
# - **untrained**: as many random directions, in the space of the neurons, as there are latents, with a ReLU.
#   Each fires on half the tokens.
# - **5 % dense**: the same, each cut off so that it fires on one token in twenty, as a sparse code does.
# - **rotated**: as many random orthogonal directions as there are neurons. If the neurons' own axes are
#   nothing special, these are as good.
# - **shuffled**: an SAE trained, with the same recipe, on a transformer whose weights were permuted. It is a
#   *trained* dictionary of a model that has learnt nothing.

# %%
tokenizer, model, sae = assets.load_tokenizer(), assets.load_transformer(), assets.load_sae("sae-4x")
nothing_learnt, sae_of_nothing = shuffled(model), assets.load_sae("sae-4x-shuffled")
lesson.without_gradients()
vocab = token_bytes(tokenizer)
N_BYTES = lesson.pick(smoke=40_000, lesson=140_000, full=1_000_000)
FIRST = 4  # the first tokens of a sequence have little before them that could tell what they are part of
generator = torch.Generator().manual_seed(SEED)


def late(x: Float[Tensor, "seq pos"]) -> Float[Tensor, "token"]:
    """All tokens from position FIRST on, in one row."""
    return x[:, FIRST:].flatten()


# %%
piles = [data.load("held_out", N_BYTES, tokenizer, seed=first + SEED) for first in (1000, 2000)]
neurons = tuple(hooks.activations(model, pile.tokens, FIRST) for pile in piles)
neurons_of_nothing = tuple(hooks.activations(nothing_learnt, pile.tokens, FIRST) for pile in piles)
codes = {  # of each a pair: the search pile's, the test pile's
    "latents": tuple(map(sae.encode, neurons)),
    "neurons": neurons,
    "untrained": comparing.untrained(neurons, sae.d_sae, generator),
    "5% dense": comparing.untrained(neurons, sae.d_sae, generator, density=0.05),
    "rotated": comparing.rotated(neurons, generator),
    "shuffled": tuple(map(sae_of_nothing.encode, neurons_of_nothing)),
}
CONTROLS = ["untrained", "5% dense", "rotated", "shuffled"]
types = tuple(F.one_hot(late(pile.content_types), len(CONTENT_TYPES)).float() for pile in piles)


# %% fold="How often a unit fires" tags=["nbval-check-output"]
print(
    f"{len(types[1])} tokens to measure on, {len(CONTENT_TYPES)} content types. Share on which a unit fires:"
)
firing = {name: {"fires on": (x > 0).float().mean().item()} for name, (_, x) in codes.items()}
print(comparing.as_lines(firing, "4.0%"))

# %% [markdown]
# ## 1 · Features against neurons
#
# Take a content type, choose the unit that follows it best, and ask how well it does. But "how well" can mean
# different things, and lesson 09 used three of them. A correlation weighs each token by its activation.
# Sensitivity and specificity look at who stands above one threshold. The **AUROC**, by which you judged the
# probe there, looks at nothing but the order: how often does a random token of the class stand above a random
# other one? If latents were simply better units than neurons, all three would say so. They don't.

# %% [markdown]
# ## Exercise 10.1 · Who stands above whom
# *Difficulty 3/5 · about 10 minutes*
#
# With $n$ tokens in the class and $m$ others there are $n m$ pairs, too many to compare one by one. Ranks
# save you the work. Give the lowest score rank 1, the highest rank $N = n + m$; tokens of one score share
# their ranks, so each gets the mean of them. The sum of the class's ranks counts, for each member, everyone
# at or below it, members included. Members among themselves contribute $n(n+1)/2$, whatever their scores
# are. What is left is the number of pairs that the class wins, a tie counting one half:
#
# $$\text{AUROC} = \frac{\sum_{t \in \text{class}} \operatorname{rank}(t) \;-\; n(n+1)/2}{n\,m}$$
#
# Where the class or its complement is empty, answer one half.


# %% exercise="10.1"
def auroc(score: Float[Tensor, "token"], in_class: Bool[Tensor, "token"]) -> float:
    """Probability that a random token of the class scores above a random other one; ties count one half."""
    ### BEGIN SOLUTION
    _, place, counts = score.unique(return_inverse=True, return_counts=True)
    rank = (counts.cumsum(0) - (counts - 1) / 2)[place].double()
    n = in_class.sum().item()
    m = len(in_class) - n
    if n == 0 or m == 0:
        return 0.5
    return (rank[in_class].sum().item() - n * (n + 1) / 2) / (n * m)
    ### END SOLUTION


# %% check="10.1"
lesson.check("10.1", auroc)

# %% [markdown]
# ## Exercise 10.2 · Where the two ways to be wrong are equal
# *Difficulty 2/5 · about 8 minutes*
#
# M judges a unit by sensitivity, the share of the class that fires, and by specificity, which in M's sense is
# the share of what fires that is in the class. Each threshold trades one for the other. To get one number
# without choosing a threshold, take the place where the two are *equal*. Let $k$ tokens fire, the strongest,
# and let $h$ of them be in the class, which has $n$ tokens. Write both shares down. For which $k$ are they
# the same? You need no search: that $k$ is all there is to find, and it is the same for every unit.
#
# A token at 0 doesn't fire, though it may be among the $k$ strongest: it is no hit. An empty class gives 0.


# %% exercise="10.2"
def break_even(acts: Float[Tensor, "token"], in_class: Bool[Tensor, "token"]) -> float:
    """Sensitivity where it equals specificity. (`acts.topk(k)` gives the k largest: .values, .indices.)"""
    ### BEGIN SOLUTION
    n = int(in_class.sum())
    strongest = acts.topk(n)
    fires = strongest.values > 0
    hits = (in_class[strongest.indices] & fires).sum().item()
    return hits / max(n, 1)
    ### END SOLUTION


# %% check="10.2"
lesson.check("10.2", break_even)

# %% [markdown]
# <details>
# <summary>What came out, and is it M's smaller one of the two?</summary>
#
# Sensitivity is $h/n$, specificity $h/k$: equal at $k = n$. If fewer than $n$ tokens fire, they can't be
# equal; then sensitivity at threshold 0 is the smaller one, and your function gives it. "The largest, over
# thresholds, of the smaller of the two" is nearly always the same number. It can be larger only where a unit
# gets *cleaner* as it gets weaker.
#
# </details>
#
# **Predict.** For each type the best unit is chosen by its correlation on the search pile. By AUROC, on the
# test pile, whose best units have the highest median over the types?
#
# - a: the latents'
# - b: the neurons'
# - c: those of the untrained directions

# %% tags=["predict"]
prediction_a = None  # your answer: "a", "b" or "c"

# %%
scores = {
    name: comparing.best_units(code, types, lesson.use.break_even, lesson.use.auroc)
    for name, code in codes.items()
}
middle = {
    name: {what: getattr(one, what).median().item() for what in ("correlation", "break_even", "auroc")}
    for name, one in scores.items()
}


def ahead(what: str, name: str = "latents") -> float:
    """Share of the types on which this code's best unit is above the best neuron."""
    return comparing.share_above(getattr(scores[name], what), getattr(scores["neurons"], what))


# %%
by_auroc = {name: row["auroc"] for name, row in middle.items()}
lesson.reveal(
    prediction_a,
    max({"a": "latents", "b": "neurons", "c": "untrained"}.items(), key=lambda pair: by_auroc[pair[1]])[0],
    f"Medians: latents {by_auroc['latents']:.2f}, neurons {by_auroc['neurons']:.2f}, untrained directions "
    f"{by_auroc['untrained']:.2f}. By it the SAE's training made things worse. Below you find out why.",
)

# %% fold="The figure: three statistics" tags=["nbval-check-output"]
lesson.show(
    grouped_bars(
        {name: {what.replace("_", " "): v for what, v in row.items()} for name, row in middle.items()},
        "the best unit's statistic, median over the content types",
    ),
    see="by correlation and at break-even the latents are well ahead of everyone. At break-even they are "
    f"above the best neuron on {ahead('break_even'):.0%} of the types, the 5 % dense code on "
    f"{ahead('break_even', '5% dense'):.0%}; by AUROC the latents are above it on {ahead('auroc'):.0%}.",
    alt="Bars: for each of six codes the median correlation, break-even point and AUROC of the best units.",
)
print(comparing.as_lines(middle))

# %% [markdown]
# ## Why the statistics disagree
#
# A latent is silent on most tokens, and that is what it was trained for. Suppose that it catches half of a
# class and fires on next to nothing else. At break-even it looks splendid. But the other half of the class,
# the misses, all have the activation 0, and so have nearly all other tokens: among these there is no order at
# all, and each pair counts one half. So its AUROC can't be much above ¾, however clean its top is. A neuron
# that fires on 20 % of the tokens, or a random direction that fires on 50 %, gives more of the class a place
# in its order, be it a late one, and AUROC pays for that. Which one you want depends on what you do next: to
# *name* a unit by its top examples you need a clean top, but to *detect* a class, misses and all, you need an
# order.

# %%
drawings.show("order_and_top")

# %% [markdown]
# If that is the reason, it can be tested. Before its ReLU a latent has an order for every token. Judge the
# same latents by these numbers: the top stays as it is, the AUROC should rise.

# %%
unclamped = (neurons[1] - sae.b_dec) @ sae.W_enc + sae.b_enc
before_relu = comparing.best_units(
    (codes["latents"][0], unclamped), types, lesson.use.break_even, lesson.use.auroc
)
auroc_before = before_relu.auroc.median().item()

# %% tags=["nbval-check-output"]
print(f"AUROC, median type: latents {by_auroc['latents']:.2f}, before their ReLU {auroc_before:.2f},")
print(f"   neurons {by_auroc['neurons']:.2f}, untrained directions {by_auroc['untrained']:.2f}")
print(f"break-even: {middle['latents']['break_even']:.2f} and {before_relu.break_even.median():.2f}")

# %% [markdown]
# So it was the silence. And see what else the line says: with an order for every token the latents do as
# well as random directions do, not better; and those have kept their ReLU. A class that the best of 512
# *random* directions ranks so well is spread over the whole space of neurons; you don't need a dictionary to
# detect it. What training adds is at the top.

# %% [markdown]
# ## Predicates that nobody labelled
#
# Content types are our choice, and there are only 70. A bank of predicates asks hundreds of simpler
# questions that a program can answer: is the token `e`? is it made of digits? was the one before a line end?
# are half of the last eight Cyrillic? Each has a *kind*: these four are of the kinds "token", "class" (of
# characters, that is), "class before" and "window". The first two look at the current token alone; the
# others look at where it stands.
#
# **Predict.** The bank asks for the 150 most frequent tokens, one at a time. Which code has the best units
# for "the current token is …"?
#
# - a: the latents
# - b: the neurons
# - c: the SAE of the shuffled transformer, which has learnt nothing

# %% tags=["predict"]
prediction_b = None  # your answer: "a", "b" or "c"

# %%
bank = predicates.bank(piles[0].tokens, vocab)
holds = [predicates.table(bank, pile.tokens, FIRST) for pile in piles]
ENOUGH = 100  # tokens of each pile on which a predicate has to be true
counted = ((holds[0].sum(1) >= ENOUGH) & (holds[1].sum(1) >= ENOUGH)).nonzero()[:, 0].tolist()
kinds = [bank[i].kind for i in counted]
holds = tuple(table[counted, ::2].T.float() for table in holds)  # every other token: enough, and quicker
half = {name: tuple(acts[::2] for acts in code) for name, code in codes.items()}
by_predicate = {name: comparing.best_by_kind(code, holds, kinds) for name, code in half.items()}

# %%
by_token = {name: row["token"] for name, row in by_predicate.items()}
lesson.reveal(
    prediction_b,
    max({"a": "latents", "b": "neurons", "c": "shuffled"}.items(), key=lambda pair: by_token[pair[1]])[0],
    f"Median correlation: latents {by_token['latents']:.2f}, neurons {by_token['neurons']:.2f}, the shuffled "
    f"model's SAE {by_token['shuffled']:.2f}. A model that has learnt nothing keeps its tokens apart: each "
    "has a random vector of its own, and a sparse code finds just these.",
)

# %% fold="The figure: predicates by kind" tags=["nbval-check-output"]
of_latents, of_neurons = by_predicate["latents"], by_predicate["neurons"]
shown = ["token", "class", "token before", "class before", "window"]
lesson.show(
    figures.codes_by_kind(by_predicate, shown),
    see=f"current tokens are the shuffled model's business ({by_token['shuffled']:.2f}). For windows the "
    f"latents lead: {of_latents['window']:.2f}, neurons {of_neurons['window']:.2f}, shuffled "
    f"{by_predicate['shuffled']['window']:.2f}. For the class of the token before the neurons do: "
    f"{of_neurons['class before']:.2f} against {of_latents['class before']:.2f}.",
    alt="Bars: for each kind of predicate, the median correlation of the best unit of six codes.",
)
print(
    f"{len(counted)} predicates: {', '.join(f'{kinds.count(kind)} {kind}' for kind in dict.fromkeys(kinds))}"
)

# %% [markdown]
# This is the **single-token trap**, and it is the reason for M's own caution about random transformers. Units
# for single tokens are easy to name, follow their names closely, and ask no learning of the transformer. So
# part of what looks like interpretability in such a table may be the tokenizer's. How much, the table doesn't
# say; from here on you ask what a unit knows *beyond* the current token.

# %% [markdown]
# ## Exercise 10.3 · What the token can't tell
# *Difficulty 3/5 · about 10 minutes*
#
# Split a unit's activation at a place $t$ in two: what one would guess from the token that stands there, and
# the rest. The best guess from the token alone is the unit's mean over all the places where this token
# stands. Return the rest, for all units at once ($w_t$ is the token at $t$):
#
# $$r_{tu} \;=\; a_{tu} - \frac{1}{|P|} \sum_{s \in P} a_{su}, \qquad P = \{s : w_s = w_t\}$$
#
# There are about a thousand different tokens and tens of thousands of places, so don't build a matrix of
# places by places.


# %% exercise="10.3"
def context_part(
    acts: Float[Tensor, "token unit"], tokens: Int[Tensor, "token"]
) -> Float[Tensor, "token unit"]:
    """Activations less their mean over all places where the same token stands."""
    ### BEGIN SOLUTION
    _, which, count = tokens.unique(return_inverse=True, return_counts=True)
    sums = acts.new_zeros(len(count), acts.shape[1]).index_add_(0, which, acts)
    means = sums / count[:, None]
    return acts - means[which]
    ### END SOLUTION


# %% check="10.3"
lesson.check("10.3", context_part)

# %% [markdown]
# ## 2 · Invisible features
#
# M shows features that no single neuron shows: for some latents the nearest neuron, the one with the highest
# correlation, is far away. Someone who goes through the neurons one by one never meets them. Call a unit
# **invisible** if no neuron correlates with it by 0.3. It sounds like a discovery. But a unit of *noise* has
# no near neuron either: being far from all neurons is easy, and being far from everything is easiest. So
# invisible alone says nothing. What would say something is a unit that no neuron shows and that still
# follows a statement about the text: with the token's share taken off, on text that had no part in choosing
# the statement.

# %%
tokens = [late(pile.tokens)[::2] for pile in piles]
context = [i for i, kind in enumerate(kinds) if kind not in ("token", "class")]
names = [bank[counted[i]].name for i in context] + [f"the text is {name}" for name in CONTENT_TYPES]
take_off = lesson.use.context_part
statements = tuple(
    take_off(torch.cat([table[:, context], of_type[::2]], 1), at_token)
    for table, of_type, at_token in zip(holds, types, tokens, strict=True)
)
named = {
    name: comparing.best_names(tuple(map(take_off, code, tokens)), statements) for name, code in half.items()
}
near = {name: comparing.nearest(on_test, half["neurons"][1]) for name, (_, on_test) in half.items()}
near["shuffled"] = comparing.nearest(
    half["shuffled"][1], neurons_of_nothing[1][::2]
)  # its own model's neurons
FAR, WELL = 0.3, 0.5
unseen = {
    name: comparing.invisible_and_named(near[name], named[name].correlation, FAR, WELL) for name in codes
}

# %% fold="The figure: invisible, and named" tags=["nbval-check-output"]
best_control = max(unseen[name]["both"] for name in ("neurons", *CONTROLS))
lesson.show(
    grouped_bars(unseen, "share of the units"),
    see=f"{unseen['latents']['invisible']:.0%} of the latents are invisible, but so are "
    f"{unseen['shuffled']['invisible']:.0%} of the units of a model that has learnt nothing. Invisible *and* "
    f"named in context: {unseen['latents']['both']:.1%} of the latents, at most {best_control:.1%} of any "
    "other code's units.",
    alt="Bars: for each of six codes the share of units that are invisible, named, and both.",
)
print(comparing.as_lines(unseen, "5.1%"))

# %%
best_known = named["latents"].correlation.where(near["latents"] < FAR, 0.0).topk(10)
for latent, fit in zip(best_known.indices.tolist(), best_known.values.tolist(), strict=True):
    told = names[named["latents"].statement[latent]]
    print(f"latent {latent:3}: nearest neuron {near['latents'][latent]:.2f}; {fit:.2f} {told}")

# %% [markdown]
# The share is small: the bank holds a few hundred plain statements, and 0.5 is a high bar for what is left
# once the token has been taken off. It is a lower bound on what is there. What makes it a finding is the row
# of controls beside it, in which luck and sparsity have had the same chance. And neither half would do alone.
# The shuffled model's units are the most invisible of all; the 5 % dense code is named nearly as often as the
# latents are, but whatever is named there some neuron shows as well.
#
# <details>
# <summary>The neurons' row: isn't each neuron its own nearest neuron?</summary>
#
# It is, so there the nearest *other* neuron counts. The row asks: if one neuron were missing, would the
# others show it?
#
# </details>

# %% [markdown]
# ## 3 · Blind scoring
#
# So far a program judged. In M a person judged as well, one of the authors, who couldn't see what he was
# looking at: 162 units, latents and neurons mixed, each scored from 0 to 14 by a rubric. Now you. Below are
# ten units, five of each kind, in random order. Each card shows a unit's examples at several strengths, and
# which next tokens it makes likelier; how often it fires isn't shown, because that would give it away. For
# each unit think of a name, then give points for these four questions and write the sum down:
#
# | question | points |
# |---|---|
# | How sure are you of your name for it? | 0–3 |
# | How well do the examples, strong and weak, follow the name? | 0–5 |
# | How well do the tokens that it raises follow the name? | 0–3 |
# | How specific is the name? ("Text" isn't.) | 0–3 |

# %%
fresh = data.load(
    "held_out", lesson.pick(smoke=20_000, lesson=120_000, full=300_000), tokenizer, seed=3000 + SEED
)
neurons_here = hooks.activations(model, fresh.tokens).view(*fresh.tokens.shape, -1)
onward = model.blocks[0]["mlp"]["W_out"], model.ln_final["w"], model.unembed["W_U"]
drawn_units = blind.mixed(sae.d_sae, sae.d_in, 5, torch.Generator().manual_seed(SEED))


def card(letter: str) -> str:
    """The card of unit "A" to "J"."""
    unit = drawn_units["ABCDEFGHIJ".index(letter)]
    direction = sae.W_dec[unit.number] if unit.is_latent else torch.eye(sae.d_in)[unit.number]
    acts = sae.encode(neurons_here)[..., unit.number] if unit.is_latent else neurons_here[..., unit.number]
    return blind.card(letter, fresh.tokens, acts, effects.logit_weights(direction[None], *onward)[0], vocab)


blind.form([card(letter) for letter in "ABCDEFGHIJ"])

# %%
MY_SCORES = None  # your ten sums, A to J: [9, 3, …]
CLASS_SCORES = []  # your instructor may give you earlier lists of ten

# %% [markdown]
# ## Exercise 10.4 · How far luck could have come
# *Difficulty 3/5 · about 10 minutes*
#
# Suppose your latents score two points more than your neurons, on the mean. Could you have got that by
# scoring at random? If the labels meant nothing, then any other way of calling five of the ten units
# "latents" would have been as good. There are $\binom{10}{5} = 252$ ways. Try them all, and give the share
# whose gap between the two means is **at least** the one that you found. (So the true labelling counts
# itself, and the answer is never 0. Equal gaps may come out unequal in the last digit: allow for that.)
# `itertools.combinations(range(10), 5)` lists them; write it for any number of units and latents.


# %% exercise="10.4"
def chance_of_gap(scores: Float[Tensor, "unit"], is_latent: Bool[Tensor, "unit"]) -> float:
    """Share of all choices of as many units whose mean is as far above the others' mean, or further."""
    ### BEGIN SOLUTION
    import itertools

    def gap(chosen):
        mask = torch.zeros(len(scores), dtype=torch.bool)
        mask[list(chosen)] = True
        return (scores[mask].double().mean() - scores[~mask].double().mean()).item()

    mine = is_latent.nonzero()[:, 0].tolist()
    found = gap(mine)
    choices = itertools.combinations(range(len(scores)), len(mine))
    as_large = [gap(chosen) >= found - 1e-9 for chosen in choices]
    return sum(as_large) / len(as_large)
    ### END SOLUTION


# %% check="10.4"
lesson.check("10.4", chance_of_gap)

# %% [markdown]
# If you have given no scores, a reader who can't read stands in for you: 14 points times the unit's
# correlation with the best of the plain statements, current tokens included. Compare yourself with it.

# %%
is_latent = torch.tensor([unit.is_latent for unit in drawn_units])
plain = tuple(torch.cat([table, of_type[::2]], 1) for table, of_type in zip(holds, types, strict=True))
by_program = {name: comparing.best_names(half[name], plain).correlation for name in ("latents", "neurons")}
reader = [14 * by_program["latents" if u.is_latent else "neurons"][u.number].item() for u in drawn_units]
given = torch.tensor(MY_SCORES or [round(points) for points in reader], dtype=torch.float)
gap = (given[is_latent].mean() - given[~is_latent].mean()).item()
p_value = lesson.use.chance_of_gap(given, is_latent)

# %% fold="Which was which"
for place, unit in enumerate(drawn_units):
    earlier = "".join(f" {scored[place]:3}" for scored in CLASS_SCORES)
    kind_of_unit = "latent" if unit.is_latent else "neuron"
    print(f"{'ABCDEFGHIJ'[place]}: {given[place]:4.0f}{earlier}  {kind_of_unit} {unit.number}")
who = "you" if MY_SCORES else "the program"
print(f"latents {gap:+.1f} on the mean ({who}); as much or more by luck: {p_value:.2f}")

# %% [markdown]
# Ten units are few: to come below .05 the labelling must be among the best twelve of the 252. M's annotator
# gave latents a median of 12 and neurons one of 0. Ask yourself what he couldn't be blind to: a unit that
# fires on one token *looks* like a latent, whatever it is.

# %% [markdown]
# ## 4 · Is it one thing? Splitting
#
# Lesson 09 found *the* base64 latent, and then a second and a third that also fire on base64. You may have
# taken that for an accident of one SAE. It isn't: how many latents a concept has depends on how many latents
# there are to go round. M trained dictionaries of several widths on the same neurons, and saw one base64
# feature become three, and then many. That matters for what a latent *is*. If each wider dictionary cuts the
# concept into finer pieces, then "one latent, one feature" is a statement about the width that somebody
# chose. You have four SAEs to find out with: 256, 512, 1024 and 2048 latents, the same transformer, the same
# text, the same λ.


# %%
class Read(NamedTuple):
    tokens: Int[Tensor, "token"]
    content_types: Int[Tensor, "token"]
    holds_text: Bool[Tensor, "token"]  # base64 that decodes to text, and not to random bytes
    neurons: Float[Tensor, "token d_mlp"]
    codes: dict[str, Float[Tensor, "token d_sae"]]


# %%
for done_with in (codes, half):
    done_with.clear()  # 1.3 GB, for what follows; to go back to section 1, begin at its first cell

# %%
WIDTHS = {"256": "sae-2x", "512": "sae-4x", "1024": "sae-8x", "2048": "sae-16x"}
dictionaries = {width: assets.load_sae(name) for width, name in WIDTHS.items()}
PILE_BYTES = lesson.pick(smoke=30_000, lesson=100_000, full=400_000)


def read_widths(seed: int) -> Read:
    ids, types = data.load("held_out", PILE_BYTES, tokenizer, seed=seed)
    text = splitting.holds_text(ids, types == CONTENT_TYPES.index("base64"), vocab)
    x = hooks.activations(model, ids, FIRST)
    late_ones = (part[:, FIRST:].flatten() for part in (ids, types, text))
    return Read(*late_ones, x, {width: one.encode(x) for width, one in dictionaries.items()})


look, judge = read_widths(1000 + SEED), read_widths(2000 + SEED)


def of_type(pile: Read, name: str) -> Bool[Tensor, "token"]:
    return pile.content_types == CONTENT_TYPES.index(name)


# %% [markdown]
# What counts as "a latent of base64"? Take a plain rule, the same for every width: it fires on at least 15
# % of base64's tokens, and there at least twenty times as often as elsewhere. (Where would you draw the
# line? `splitting.latents_of` takes it as `share` and `times`. Move it and see whether more than the counts
# changes.)
#
# **Predict.** The SAE with 256 latents has one latent of base64. How many has the one with 1024?
#
# - a: still one
# - b: about four, as it is four times as wide
# - c: more than eight

# %% tags=["predict"]
prediction_split = None  # your answer: "a", "b" or "c"

# %%
base64_there, base64_here = of_type(look, "base64"), of_type(judge, "base64")
members = {width: splitting.latents_of(look.codes[width], base64_there) for width in WIDTHS}
counts = {width: len(found) for width, found in members.items()}

control_ids = data.load("held_out", PILE_BYTES, tokenizer, seed=1000 + SEED).tokens
control_code = sae_of_nothing.encode(hooks.activations(nothing_learnt, control_ids, FIRST))
control_count = len(splitting.latents_of(control_code, base64_there))

# %%
lesson.reveal(
    prediction_split,
    "a" if counts["1024"] < 3 else "b" if counts["1024"] <= 8 else "c",
    f"Latents of base64: {', '.join(f'{n} of {width}' for width, n in counts.items())}. The SAE of the "
    f"shuffled transformer, 512 latents, has {control_count}.",
)

# %%
drawings.show("splitting")

# %% [markdown]
# The count grows faster than the width. But what do the pieces stand for? M found one for letters, one for
# digits and one for base64 that *decodes to text*. Ask the same here: on which tokens of base64 does each
# latent fire, and how much of its ups and downs does that explain? The measure is $\eta^2$: the share of a
# latent's variance, over base64's tokens, that lies between the kinds of tokens. Beside it stands the same
# with the kinds dealt out at random.

# %%
KINDS = {"capitals": r"[A-Z]+", "small letters": r"[a-z]+", "digits": r"[0-9]+", "mixed": r"(?s).*"}
kind_of = torch.tensor(
    [next(k for k, p in enumerate(KINDS.values()) if re.fullmatch(p, t.decode("latin-1"))) for t in vocab]
)
in_base64 = kind_of[judge.tokens[base64_here]]
dealt = in_base64[torch.randperm(len(in_base64), generator=torch.Generator().manual_seed(SEED))]
pieces, by_kind, by_chance, by_text = {}, {}, {}, {}
for width in ("256", "512", "1024"):
    chosen = judge.codes[width][base64_here][:, members[width]]
    by_kind[width] = splitting.share_of_variance(chosen, in_base64)
    by_chance[width] = splitting.share_of_variance(chosen, dealt)
    by_text[width] = splitting.share_of_variance(chosen, judge.holds_text[base64_here].long())
    most = by_kind[width].argsort(descending=True)[:4].tolist()
    pieces |= {
        f"{width}: latent {members[width][i]}": {
            kind: (chosen[in_base64 == k, i] > 0).float().mean().nan_to_num(0).item()
            for k, kind in enumerate(KINDS)
        }
        for i in most
    }

# %% fold="The figure: what divides base64's latents"
text_most, kind_most, chance_most = (
    max(part[w].max().item() for w in part if len(part[w])) for part in (by_text, by_kind, by_chance)
)
lesson.show(
    grouped_bars(pieces, "share of base64's tokens on which the latent fires").update_layout(height=560),
    see="the one latent of the narrow SAE fires on every kind. In the wider ones there are specialists: the "
    f"kind of character explains up to {kind_most:.0%} of a latent's variance (dealt at random: at most "
    f"{chance_most:.1%}). Whether the base64 holds text explains {text_most:.0%} at most: M's third piece "
    "is only a shade here.",
    alt="Bars: for the most uneven base64 latents of three widths, the share of each kind of token on which "
    "they fire. The narrow SAE's latent is even, the wide ones' are not.",
)

# %% [markdown]
# ## Exercise 10.5 · Who became whom
# *Difficulty 2/5 · about 8 minutes*
#
# Which latents of a wider SAE does a narrow one turn into? Compare what they *do*. The plain cosine of two
# latents' activations won't do: a piece fires on a part of the tokens only, and a wide latent may have other
# business elsewhere. M's **masked cosine** looks only at the tokens $t$ where the narrow latent $i$ fires:
#
# $$M_{ij} = \frac{\sum_{t:\,a_{ti}>0} a_{ti}\, b_{tj}}
# {\sqrt{\sum_{t:\,a_{ti}>0} a_{ti}^2}\;\sqrt{\sum_{t:\,a_{ti}>0} b_{tj}^2}}$$
#
# Write it for all pairs. Where the narrow one never fires, or the wide one is silent on all these tokens, it
# is 0. (A loop over the narrow latents is fine; without one it takes two matrix products. Activations are
# never negative.)


# %% exercise="10.5"
def masked_cosine(narrow: Float[Tensor, "token a"], wide: Float[Tensor, "token b"]) -> Float[Tensor, "a b"]:
    """The cosine of each narrow latent's activations with each wide one's, where the narrow one fires."""
    ### BEGIN SOLUTION
    fires = (narrow > 0).to(wide)
    squared = narrow.square().sum(0)[:, None] * (fires.T @ wide.square())
    cosine = narrow.T @ wide / squared.sqrt().clamp_min(1e-12)
    return torch.where(squared > 0, cosine, 0.0)
    ### END SOLUTION


# %% check="10.5"
lesson.check("10.5", masked_cosine)

# %% [markdown]
# Follow base64 from width to width. An edge leads from a latent to each wider one with a masked cosine of at
# least .6; then go on from there. (That is another rule than the one by which you counted, and it leaves
# some out: the columns hold fewer latents than the counts above.)

# %%
LEAST = 0.6
ORDER = ("256", "512", "1024")


def becomes(roots: list[int]) -> list[list[tuple[int, int, float]]]:
    """For each step to the next width the edges (narrow latent, wide latent, masked cosine)."""
    steps, now = [], roots
    for narrow, wide in pairwise(ORDER):
        cosines = lesson.use.masked_cosine(judge.codes[narrow][:, now], judge.codes[wide])
        edges = (cosines >= LEAST).nonzero().tolist()
        steps.append([(now[i], j, cosines[i, j].item()) for i, j in edges])
        now = sorted({j for _, j in edges})
    return steps


def graph(content_type: str):
    """What becomes of the narrow SAE's best latent for this content type, coloured by correlation."""
    truth = of_type(look, content_type).float()
    root = int(measures.correlation(look.codes["256"], truth).argmax())
    there = of_type(judge, content_type).float()
    shade = [dict(enumerate(measures.correlation(judge.codes[w], there).tolist())) for w in ORDER]
    columns = [f"{width} latents" for width in ORDER]
    return split_figures.refinement_graph(becomes([root]), columns, shade, "correlation")


# %%
root = int(measures.correlation(look.codes["256"], base64_there.float()).argmax())
edges = becomes([root])
main_line = [max(cosine for _, _, cosine in step) for step in edges]
parents = [sum(b == j for _, b, _ in edges[-1]) for j in {b for _, b, _ in edges[-1]}]
shuffled_rows = torch.randperm(len(judge.tokens), generator=torch.Generator().manual_seed(SEED))
no_link = lesson.use.masked_cosine(judge.codes["256"][:, [root]], judge.codes["512"][shuffled_rows])

# %% fold="The figure: what becomes of base64"
lesson.show(
    graph("base64"),
    see=f"the brightest line is the concept itself, {' and '.join(f'{c:.2f}' for c in main_line)}; beside it "
    f"branch off the specialists. Some have several parents ({max(parents)} at most), so it is a graph and "
    f"not a tree. With the tokens of the wider SAE shuffled no cosine passes {no_link.max():.2f}.",
    alt="A graph in three columns: one latent of 256, its children among 512, theirs among 1024.",
    table={
        "from": [a for step in edges for a, _, _ in step][:30],
        "to": [b for step in edges for _, b, _ in step][:30],
        "masked cosine": [round(c, 2) for step in edges for _, _, c in step][:30],
    },
)

# %% [markdown]
# (The same number in two columns is no coincidence: the SAEs start from the same seed, so latent 216 begins
# in the same direction in all of them. It changes little: an SAE of 512 with another seed continues the
# narrow one as well.)
#
# <details>
# <summary>Isn't splitting just what clustering does with a larger k?</summary>
#
# Largely, yes. Ask for more pieces and you get finer ones. The open question is whether it *stops*: whether
# at some width the pieces are the model's own, and a still wider dictionary finds nothing more to cut. In
# worlds whose features are known it does stop (lesson 06: with enough latents, extra ones duplicate or
# die). In language models nobody has seen it stop, as far as we know.
#
# </details>
#
# Where do the pieces lie? The rows of $W_{\text{dec}}$ are directions, and a map shows which are near each
# other. It is made by t-SNE (written out in `interp/layout.py`), which moves points about in the plane until
# those that are neighbours in 128 dimensions are neighbours there. So only neighbourhoods mean something in
# it, not distances across the map, and not the size of an island.

# %%
both_rows = torch.cat([dictionaries[width].W_dec for width in ("256", "512")])
with one_thread():
    places = layout.tsne(both_rows, perplexity=20.0, steps=lesson.pick(smoke=40, lesson=250, full=1000))
kept = {"map": layout.neighbours_kept(both_rows, places)}
kept["first two principal components"] = layout.neighbours_kept(both_rows, layout.principal(both_rows))
lit = {}
for name in ("base64", "dna", "hex", "morse"):
    found = {w: splitting.latents_of(look.codes[w], of_type(look, name)) for w in ("256", "512")}
    if points := found["256"] + [256 + i for i in found["512"]]:
        lit[name] = points

# %% fold="The figure: a map of two dictionaries"
lesson.show(
    split_figures.direction_map(places, {"256 latents": range(256), "512 latents": range(256, 768)}, lit),
    see="a circle is a decoder row of the narrow SAE, a dot one of the wider: where a circle holds several "
    "dots, a latent has split. The marked rows of a concept, of both widths, lie together. Of each "
    f"row's ten nearest in 128 dimensions {kept['map']:.0%} are among its ten nearest here; two "
    f"principal components keep {kept['first two principal components']:.0%}.",
    alt="A map of 768 points; the latents of base64, DNA, hex and Morse each lie close together.",
    table={"way": list(kept), "neighbours kept": [round(v, 2) for v in kept.values()]},
)

# %% [markdown]
# ## New, or a replacement?
#
# A wider SAE reconstructs better. Does it know *more*, or does it say the same in smaller pieces? Leask and
# others ask it like this, and call it **stitching**: take one latent of the wide SAE, put it into the
# narrow one, and see whether the narrow one's error falls. If it falls the newcomer is **novel**. If it
# rises, what it says had been said already, and it is a **replacement**.

# %% [markdown]
# ## Exercise 10.6 · New, or a replacement?
# *Difficulty 3/5 · about 8 minutes*
#
# Let $r_t = x_t - \hat x_t$ be what the narrow SAE leaves over. With newcomer $i$ in it, it leaves
# $r_t - f_{ti}\, d_i$. You want the change of the mean squared error, for each newcomer alone:
#
# $$\Delta_i = \frac{1}{T}\sum_t \Big( \|r_t - f_{ti}\, d_i\|^2 - \|r_t\|^2 \Big)$$
#
# Thousands of newcomers times tens of thousands of tokens are too many to try one by one. Multiply out: what
# cancels, and which two sums are left? Then no loop is needed.


# %% exercise="10.6"
def stitching_effect(
    residual: Float[Tensor, "token d_in"], f: Float[Tensor, "token b"], W_dec: Float[Tensor, "b d_in"]
) -> Float[Tensor, "b"]:
    """The change Δ of the mean squared error when one newcomer is put in, for each newcomer alone."""
    ### BEGIN SOLUTION
    own_size = f.square().mean(0) * W_dec.square().sum(1)
    mean_product = f.T @ residual / len(f)
    overlap = (mean_product * W_dec).sum(1)
    return own_size - 2 * overlap
    ### END SOLUTION


# %% check="10.6"
lesson.check("10.6", stitching_effect)

# %% [markdown]
# Before you use a test, try it where you know the answer. Put each of the narrow SAE's **own** latents into
# it a second time. Nothing could be less novel.
#
# **Predict.** For which share of them does the error fall all the same?
#
# - a: none
# - b: about one in ten
# - c: more than a third

# %% tags=["predict"]
prediction_own = None  # your answer: "a", "b" or "c"


# %%
def novel(residual: Float[Tensor, "token d_in"], f: Float[Tensor, "token b"], W_dec: Tensor) -> float:
    """The share of newcomers with which the error falls."""
    return (lesson.use.stitching_effect(residual, f, W_dec) < 0).float().mean().item()


narrow, narrow_code = dictionaries["512"], judge.codes["512"]
left_over = judge.neurons - narrow.decode(narrow_code)
own_again = novel(left_over, narrow_code, narrow.W_dec)
at_first_sight = novel(left_over, judge.codes["1024"], dictionaries["1024"].W_dec)

# %%
lesson.reveal(
    prediction_own, "a" if own_again < 0.03 else "b" if own_again < 0.33 else "c",
    f"{own_again:.0%}. Of the latents of the SAE with 1024, {at_first_sight:.0%} are 'novel' by this test.",
)  # fmt: skip

# %% [markdown]
# So the test, as it stands, says little. You know the reason from lesson 06: the L1 penalty makes every
# activation too small. Whatever the narrow SAE says, it says too softly, and part of each direction that it
# knows well is still in the residual. Saying it again helps. A newcomer with the same direction "helps" for
# the same reason, and looks novel. So first give the narrow SAE its due: keep its code, and reconstruct as
# well as that code allows, by least squares (`splitting.refitted`). On the pile of the fit each latent's
# activations are then uncorrelated with the residual, so of your two sums only the one that can't be negative
# is left: one of its own latents can only do harm. That its own come out at zero is therefore arithmetic, and
# a check that the fit carries over to the other pile; it is the newcomers that are measured. One that still
# helps brings something that wasn't there. And there is a rival to beat: an SAE of the *same* width, with
# another seed. It is no wider. If as many of its latents were novel, width would have nothing to do with it.

# %%
rows, bias = splitting.refitted(look.codes["512"], look.neurons)
unsaid = judge.neurons - narrow_code @ rows - bias
twin = assets.load_sae("sae-4x-seed1")
newcomers = {
    "its own, again": (narrow_code, narrow),
    "512 latents, another seed": (twin.encode(judge.neurons), twin),
    "1024 latents": (judge.codes["1024"], dictionaries["1024"]),
    "2048 latents": (judge.codes["2048"], dictionaries["2048"]),
}
shares = {
    name: {"as it is": novel(left_over, f, one.W_dec), "refitted first": novel(unsaid, f, one.W_dec)}
    for name, (f, one) in newcomers.items()
}

# %% fold="The figure: novel or not"
refitted = {name: row["refitted first"] for name, row in shares.items()}
of_twin, of_wide = refitted["512 latents, another seed"], refitted["2048 latents"]
lesson.show(
    grouped_bars(shares, "share of newcomers that lower the error of the SAE with 512 latents"),
    see=f"refitted, none of its own latents is novel ({refitted['its own, again']:.1%}), hardly one of "
    f"another seed's ({of_twin:.1%}), but {refitted['1024 latents']:.1%} of those of the SAE with 1024, and "
    f"{of_wide:.0%} of those of 2048. Most of a wider dictionary is replacement.",
    alt="Bars: shares of novel newcomers before and after the refit; after it only wider SAEs have some.",
)

# %% [markdown]
# <details>
# <summary>Does that make the published numbers wrong?</summary>
#
# Not by itself. Leask and others use SAEs whose activations shrink less (BatchTopK, and a penalty that acts
# on the count), and they check the split against the cosine of decoder rows. But the lesson holds for any
# test that asks "does the error fall?": try it on something that can't be new.
#
# </details>

# %% [markdown]
# ## 5 · A latent with a hole
#
# Splitting is harmless as long as you know of it: one counts the pieces and adds them up. What comes now is
# worse. Take the SAE with 512 latents. For each content type that has a good latent, look for a token on
# which this latent falls *silent*, although the model's neurons say as loudly as ever that the type is
# there. To measure how loudly, take the type's own direction $w$, the mean of the neurons inside less the
# mean outside, and project the neurons on it, on a scale where 0 is the mean outside the type and 1 the mean
# inside. Again you search on one pile and measure on the other.

# %%
code_there, code_here = look.codes["512"], judge.codes["512"]
enough = lesson.pick(smoke=10, lesson=20, full=60)  # tokens of a kind, for a share of them to mean anything
found_holes = find_holes(code_there, look.neurons, look.tokens, look.content_types, enough)
neuron_holes = find_holes(look.neurons, look.neurons, look.tokens, look.content_types, enough)
no_hole = Hole(1.0, CONTENT_TYPES.index("base64"), 0, 0, F.normalize(narrow.W_dec[0], dim=0))
hole = next(iter(found_holes), no_hole)  # the least heard; at smoke scale there may be none

# %% [markdown]
# And who carries the type on that token? Each latent puts $f_i\, d_i$ into the reconstruction; its share of
# the type's direction is $f_i\, d_i \cdot w$. The **carrier** is the one with the largest, on average.

# %%
inside, on_token = judge.content_types == hole.content_type, judge.tokens == hole.token
here, elsewhere = inside & on_token, inside & ~on_token
fires = code_here[:, hole.unit] > 0
heard_here, heard_elsewhere = (fires[part].float().mean().nan_to_num(0).item() for part in (here, elsewhere))
present = presence(judge.neurons, inside, hole.direction)
present_here = present[here].mean().nan_to_num(0).item()
written = code_here[here].mean(0).nan_to_num(0) * (narrow.W_dec @ hole.direction)
carrier = int(written.argmax())
carrier_cosine = (narrow.W_dec[carrier] @ hole.direction).item()
read_alike = F.cosine_similarity(narrow.W_enc[:, carrier], narrow.W_enc[:, hole.unit], dim=0).item()
write_alike = (narrow.W_dec[carrier] @ narrow.W_dec[hole.unit]).item()
neuron_least = min((one.heard for one in neuron_holes), default=float("nan"))

# %% fold="The hole, in numbers"
its_type, its_token = CONTENT_TYPES[hole.content_type], vocab[hole.token].decode("latin-1")
carried = code_here[:, carrier] > 0
of_token, of_its_type = ((carried & part).sum() / carried.sum().clamp_min(1) for part in (here, inside))
print(f"{its_type}'s latent, {hole.unit}, fires on {heard_elsewhere:.0%} of its other tokens and on")
print(f"{heard_here:.0%} of {its_token!r}; the type is there all the same: {present_here:.2f} of its mean")
print(f"carrier: latent {carrier}; its row's cosine with the type's direction is {carrier_cosine:.2f}")
print(
    f"of the tokens where it fires {of_its_type:.0%} are {its_type}, {of_token:.0%} are {its_token!r} there"
)
print(f"cosine of carrier and latent: writing {write_alike:.2f}, reading {read_alike:.2f}")
print(f"the best neurons ({len(neuron_holes)} tokens looked at): least heard {neuron_least:.2f}")

# %% [markdown]
# Look at what that means for lesson 09's tests. The latent passes nearly all of them: it follows the type,
# or you wouldn't have been shown it, and it fires on nearly all of the type's other tokens. But "the latent
# is silent" no longer means "the type is absent". If you watch the latent as an alarm, this one token mostly
# goes through, and for a reason that you can't see from its examples, since no example of its firing shows
# the hole. The direction is still in the activation. Another latent says it: it *writes* much the same, and
# *reads* something else. Don't take that one for a latent of this token alone: as the line on its firing
# says, most of it is elsewhere in the type. The two share out one direction between them. Among the neurons
# no such hole turned up, but few neurons follow a type well enough to be looked at.
#
# This is one instance, of one SAE, and no claim is made of its depth. We trained two more with other seeds.
# One has its hole elsewhere, in binary numbers, and as deep; in the other the deepest is only a dent.
#
# Chanin and others, who found it on the first letters of words, call it **absorption**. Lesson 06 showed
# you that it happens and that Matryoshka SAEs have less of it. Now you take it apart, in a world so small
# that its loss is a formula.

# %% [markdown]
# ## A parent and its child
#
# Two features of size 1 at right angles: a **parent** $p$ ("this is DNA"), on with probability $\frac14$,
# and a **child** $c$ ("… and the letter is G"), which comes with every fifth parent ($q = .2$) and never
# alone. There are only three inputs: nothing, $p$, and $p + c$. So nothing need be sampled, and each loss
# is an exact sum. What does an SAE with *one* latent do? And one with two, which could say everything?

# %% [markdown]
# ## Exercise 10.7 · One latent for two features
# *Difficulty 3/5 · about 8 minutes*
#
# A single latent has the direction $u = \cos\theta\, p + \sin\theta\, c$. Leave the penalty out. The best
# activation on an input $x$ is then $u \cdot x$, and it leaves $\|x\|^2 - (u \cdot x)^2$. With a parent there
# is a child with probability $q$. Which angle $\theta$, from the parent towards the child, leaves least?
# Derive it.


# %% exercise="10.7"
def hedged_angle(q: float) -> float:
    """The best angle of a single latent, in radians from the parent. 0 ≤ q ≤ 1."""
    ### BEGIN SOLUTION
    # (1 − q) sin² θ + q (1 − sin 2θ) is least where (1 − q) sin 2θ = 2q cos 2θ
    double = math.atan2(2 * q, 1 - q)
    return double / 2
    ### END SOLUTION


# %% check="10.7"
lesson.check("10.7", hedged_angle)

# %% [markdown]
# So an SAE that is too narrow for both doesn't choose the commoner feature. Its one latent leans over and
# says a bit of both: **hedging**. Its name would be the parent's, and it would be wrong by that angle.
#
# <details>
# <summary>Where have you met this angle before?</summary>
#
# It is the first principal axis of the inputs, taken without centring: the top eigenvector of
# $\begin{pmatrix} 1 & q \\ q & q \end{pmatrix}$. An SAE with a single latent and no penalty is a principal
# component. With more latents than it needs, it isn't; but where it is short of latents, it goes back to
# being one.
#
# </details>

# %% [markdown]
# ## Exercise 10.8 · The price of being honest
# *Difficulty 4/5 · about 12 minutes*
#
# Now two latents and an L1 penalty. One row is the parent $p$. The other is $\cos\theta\, c + \sin\theta\,
# p$: at $\theta = 0$ it is the child, honestly; at 45° it is the sum of both. On the input "parent alone"
# the angle changes nothing. On $x = p + c$ it does:
#
# $$L(\theta) = \min_{f_p,\, f_c \ge 0}\; \big\|x - f_p\, p - f_c(\cos\theta\, c + \sin\theta\, p)\big\|^2
# + \lambda (f_p + f_c)$$
#
# Find the two activations where both slopes vanish, put them in, and mind what happens when $f_p$ would
# become negative. ($0 \le \theta < 90°$ in radians, and $0 \le \lambda < 2$.)


# %% exercise="10.8"
def absorbed_loss(angle: float, l1_coefficient: float) -> float:
    """The least loss on "parent and child" when the child's row is turned by `angle` towards the parent."""
    ### BEGIN SOLUTION
    sine, cosine, pull = math.sin(angle), math.cos(angle), l1_coefficient / 2
    f_p = 1 - sine / cosine - pull / (1 + sine)
    f_c = 1 / cosine - pull / (1 + sine)
    if f_p < 0:
        f_p, f_c = 0.0, cosine + sine - pull
    error = (1 - f_p - f_c * sine) ** 2 + (1 - f_c * cosine) ** 2
    return error + l1_coefficient * (f_p + f_c)
    ### END SOLUTION


# %% check="10.8"
lesson.check("10.8", absorbed_loss)

# %% [markdown]
# Is the formula the loss that training sees? Hold the rows at fifteen angles, train only the encoder, and
# compare. A second world is the control: there the child comes as often, but *without regard to the parent*,
# so that it is sometimes alone.
#
# **Predict.** Then let the rows go as well: twenty SAEs, started near the honest directions. At which angle
# do the children's rows end?
#
# - a: near 0°, where they started
# - b: near 13°, as with one latent
# - c: at 45°

# %% tags=["predict"]
prediction_angle = None  # your answer: "a", "b" or "c"

# %%
P, Q, L1 = 0.25, 0.2, 0.1
angles = torch.linspace(0, math.radians(70), 15)
family, strangers = hierarchy.parent_and_child(P, Q), hierarchy.unrelated(P, Q)
held = torch.zeros(15, 2, 50)
held[:, 0, 0], held[:, 1, 0], held[:, 1, 1] = 1, angles.sin(), angles.cos()
parent_alone = 1 - (1 - L1 / 2) ** 2
theory = [P * (1 - Q) * parent_alone + P * Q * lesson.use.absorbed_loss(a, L1) for a in angles.tolist()]
with one_thread():
    reached = hierarchy.fit(family, held, L1, hold_rows=True).loss.tolist()
    control_curve = hierarchy.fit(strangers, held, L1, hold_rows=True).loss.tolist()
off = max(abs(a - b) / b for a, b in zip(reached, theory, strict=True))

# %%
STARTS = 20
noise = torch.randn(STARTS, 2, 50, generator=torch.Generator().manual_seed(SEED)) / 50**0.5
near_honest = torch.eye(2, 50) + noise
WAYS = {
    "one latent": (family, 1, {}),
    "two latents": (family, 2, {}),
    "two, child unrelated": (strangers, 2, {}),
    "two, tied weights": (family, 2, {"tied": True}),
    "two, Matryoshka": (family, 2, {"prefixes": (1, 2)}),
}
with one_thread():
    ends = {
        way: hierarchy.fit(world, near_honest[:, :latents], L1, **settings)
        for way, (world, latents, settings) in WAYS.items()
    }


def degrees(rows: Float[Tensor, "inst d"], own: int, other: int) -> Float[Tensor, "inst"]:
    """The angle of each row from its own feature towards the other one."""
    return torch.rad2deg(torch.atan2(rows[:, other], rows[:, own]))


parents_lean = {way: degrees(end.rows[:, 0], 0, 1) for way, end in ends.items()}
children_lean = {way: degrees(end.rows[:, -1], 1, 0) for way, end in ends.items() if way != "one latent"}
parent_says = {way: end.f[:, 2, 0] for way, end in ends.items()}  # on input 2, "parent and child"

# %%
absorbed_at = children_lean["two latents"].median().item()
lesson.reveal(
    prediction_angle,
    "a" if absorbed_at < 8 else "b" if absorbed_at < 30 else "c",
    f"At {absorbed_at:.1f}°, all {STARTS} within {children_lean['two latents'].std():.1f}°. With a child "
    f"that comes without regard to the parent: {children_lean['two, child unrelated'].median():.1f}°.",
)

# %%
drawings.show("hedging_and_absorption")

# %% fold="The figure: the loss falls all the way to 45°"
lesson.show(
    split_figures.loss_by_angle(
        angles.tolist(),
        {"child needs its parent": theory, "child unrelated": control_curve},
        {"child needs its parent": reached},
    ),
    see="each degree towards the parent saves a little penalty, until at 45° one activation of √2 says what "
    f"took two of 1. The trained encoders lie on your formula (largest deviation {off:.1e} of it). Where the "
    "child is sometimes alone, a turned row is wrong for it, and the least lies at 0°.",
    alt="Loss against the angle: it falls to a kink at 45 degrees, then rises; the control rises from 0.",
)

# %% [markdown]
# There is no flaw in the training here. The loss *asks* for it. On the input $p + c$ two honest latents pay
# $\lambda(1 + 1)$, one latent along the sum pays $\lambda\sqrt{2}$, and nothing else in the loss minds. In
# general the cheapest dictionary has one latent for each kind of input, and an L1 penalty is content to
# forget that the inputs are made of parts. It learns the parts only because there are more combinations of
# them than latents. So absorption must be expected wherever one combination is frequent enough to be worth a
# latent of its own, and a wider dictionary can afford more of those: it is splitting's other face.

# %% fold="What the others do"
columns = {"parent leans": parents_lean, "child leans": children_lean, "parent says, with child": parent_says}
medians = {
    way: {what: part[way].median().item() for what, part in columns.items() if way in part} for way in WAYS
}
print(comparing.as_lines(medians, "5.2f"))
print(f"closed form for one latent without a penalty: {math.degrees(lesson.use.hedged_angle(Q)):.1f}°")

# %% [markdown]
# Read the table row by row. With two latents the parent says *nothing* when its child is there: the hole.
# **Tied** weights can't dig it. A row that reads what it writes can't fall silent at $p + c$ while it fires
# at $p$, because the child is at right angles to it. **Matryoshka** can't either, as its first latent has
# to manage alone; but alone it is one latent for two features, and so it hedges, by about half of your
# angle. (Its child's angle has the other sign: that row leans *away* from the parent, and so takes back some
# of what the first says too much.) The cure for absorption brings back a milder form of the other disease,
# and it has another price: lesson 06's Matryoshka reconstructed worse.
#
# <details>
# <summary>Tied weights avoid absorption. Why doesn't everybody tie them?</summary>
#
# Because reading and writing want different things. A row that reads must also ignore what is not its own:
# with crowded directions that takes negative weights on its neighbours (lesson 06's encoder did this).
# Tied weights forbid it, and pay in false alarms. In this world nothing is crowded, so they pay nothing.
#
# </details>

# %% [markdown]
# ## A wrong L0
#
# One knob is left: how many latents may be active. It looks harmless, since a smaller L0 is sparser, so
# easier to read. Take five features at right angles that like to come together, two on average, and five
# latents. BatchTopK allows $k$ of them per input, on the mean over a batch, so $k$ needn't be whole. Start
# from the **true** dictionary, set $k$ a little too small, and train.
#
# **Predict.** With $k = 1.8$, after training, which dictionary has the lower error: the true one, or the one
# that training made of it?
#
# - a: the true one; training can only get lost
# - b: they are the same, training stays where it was
# - c: the trained one, and it is wrong

# %% tags=["predict"]
prediction_k = None  # your answer: "a", "b" or "c"

# %%
KS, SAME = [1.0, 1.4, 1.8, 2.0, 2.2, 2.6, 3.0], 6
draws = torch.Generator().manual_seed(SEED)
truth = torch.linalg.qr(torch.randn(20, 20, generator=draws)).Q[:5]
starts = torch.cat([truth.expand(SAME, 5, 20), torch.randn(SAME, 5, 20, generator=draws)])
every_k = torch.tensor(KS).repeat_interleave(len(starts))
STEPS = lesson.pick(smoke=50, lesson=700, full=4000)
with one_thread():
    by_k = wrong_l0.fit(truth, starts.repeat(len(KS), 1, 1), every_k, draws, steps=STEPS)
    apart = wrong_l0.fit(
        truth, truth.expand(SAME, 5, 20), torch.full((SAME,), 1.8), draws, together=0.0, steps=STEPS
    )
# of each k's instances the first began at the truth, the others at chance
true_error, error = (
    part.view(len(KS), -1)[:, :SAME].mean(1).tolist() for part in (by_k.start_error, by_k.error)
)
to_truth = (by_k.rows @ truth.T).amax(-1).mean(-1).view(len(KS), -1)[:, :SAME].mean(1)
cosines = wrong_l0.mean_cosine(by_k.rows).view(len(KS), -1)[:, SAME:].median(1).values.tolist()
detected, small = KS[min(range(len(KS)), key=cosines.__getitem__)], KS.index(1.8)

# %%
lesson.reveal(
    prediction_k,
    "c"
    if error[small] < 0.95 * true_error[small]
    else "a"
    if error[small] > 1.05 * true_error[small]
    else "b",
    f"Error {true_error[small]:.3f} with the truth, {error[small]:.3f} trained. The trained rows have a "
    f"cosine of {to_truth[small]:.3f} with the true ones. With features that come independently of one "
    f"another it is {(apart.rows @ truth.T).amax(-1).mean():.3f}: nothing to gain.",
)

# %% fold="The figure: the right k, found without the truth"
lesson.show(
    split_figures.cosine_and_error_by_k(
        KS, 2.0, cosines, {"trained from the truth": error, "the truth itself": true_error}
    ),
    see="left of 2 the error of the true dictionary is the *higher* one: a row that holds a bit of its "
    "neighbours makes up for the latents that may not fire. The rows then overlap. Right of 2 nothing forces "
    f"them apart. The mean |cosine| between rows, which needs no truth, is least at k = {detected:g}.",
    alt="Left: mean cosine between rows over k, a valley at 2.2. Right: errors, the trained below the true.",
)

# %% [markdown]
# The error is no judge of this. It prefers the wrong dictionary, just where sparsity is too strong, and for
# a reason that you can say in one sentence: a latent that isn't allowed to fire can still be represented,
# on average, by leaning those that are. That is hedging once more, with k as the narrow place instead of
# the width. The mean |cosine| between rows sees it, because leaning rows are no longer at right angles: it is
# least within one step of the true k. But that is in this world, where the truth is at right angles. In a
# real dictionary, whose true directions overlap by themselves (lesson 03), it is a hint and no more.
#
# ## Play: what becomes of …
#
# Any content type, from width to width. Which ones split? Which move on as one? Which have no latent to start
# with?

# %%
graph("dna")

# %% tags=["play"]
_ = widgets.interact(
    graph, content_type=widgets.Dropdown(options=CONTENT_TYPES, value="hex", description="type")
)

# %% [markdown]
# ## 6 · The feature lottery
#
# Two SAEs that differ in nothing but the seed start from different random rows and see the same data in a
# different order. If a latent is a fact about the transformer, the other SAE should have it too. If it is
# one of many equally good ways to cut the same space, it needn't. And if two *transformers* of different
# seeds hold the same feature, then it is a fact about the text. M calls this universality. You need a notion
# of "the same latent": by where it points (only within one model, since neurons of two models have nothing
# to do with each other), or by when it fires, on the same tokens.

# %%
drawings.show("who_chooses_back")

# %% [markdown]
# ## Exercise 10.9 · Who chooses whom back
# *Difficulty 3/5 · about 8 minutes*
#
# "Each latent's best match" lets ten latents of A claim the same one of B. So ask for more: a pair counts
# if each is the other's favourite, and if their similarity is above `least`. Return two index tensors, the
# pairs' numbers in A (rising) and their partners' numbers in B.


# %% exercise="10.9"
def mutual_matches(
    similarity: Float[Tensor, "a b"], least: float = 0.7
) -> tuple[Int[Tensor, "pair"], Int[Tensor, "pair"]]:
    """The pairs that choose each other with a similarity above `least`: their numbers in A, and in B."""
    ### BEGIN SOLUTION
    partner = similarity.argmax(1)
    back = similarity.argmax(0)
    chosen_back = back[partner] == torch.arange(len(partner))
    alike = similarity.amax(1) > least
    a = (chosen_back & alike).nonzero()[:, 0]
    return a, partner[a]
    ### END SOLUTION


# %% check="10.9"
lesson.check("10.9", mutual_matches)

# %% [markdown]
# <details>
# <summary>Why not the best one-to-one assignment of all?</summary>
#
# The Hungarian algorithm pairs *everyone* so that the sum of similarities is largest, and gives some units a
# partner that they wouldn't choose. Counted above 0.7 its share comes out a little higher than yours. Mutual
# choice is stricter, takes three lines, and leaves those without a partner alone.
#
# </details>
#
# **Predict.** `sae` and its `twin` differ in nothing but the seed. What share of the latents has a mutual
# match with a cosine above 0.7 (within 46°)? Of two sets of random rows the share is 0.

# %% tags=["predict"]
prediction_c = None  # your answer: a share from 0 to 1

# %%
matched, partners = lesson.use.mutual_matches(matching.cosines(sae.W_dec, twin.W_dec), 0.7)
seeds_share = len(matched) / sae.d_sae
drawn = torch.randn(2, *sae.W_dec.shape, generator=generator)
random_share = len(lesson.use.mutual_matches(matching.cosines(*drawn), 0.7)[0]) / sae.d_sae
often = (sae.encode(neurons[1]) > 0).float().mean(0)
has_partner = torch.zeros(sae.d_sae).index_fill_(0, matched, 1)
rare = often <= often.median()
rare_share, often_share = has_partner[rare].mean().item(), has_partner[~rare].mean().item()

# %%
lesson.reveal(
    prediction_c,
    round(seeds_share, 2),
    f"{seeds_share:.0%} of the latents, {random_share:.0%} of random rows. So one latent in "
    f"{1 / (1 - seeds_share):.0f} is a matter of luck. Of the rarer half of them {rare_share:.0%} have a "
    f"partner, of the other half {often_share:.0%}.",
)

# %% [markdown]
# ## Two transformers
#
# Now the harder question. Transformer B has the same shape and read the same corpus, from another seed. Its
# neurons have nothing to do with A's: neuron 17 here and neuron 17 there share a number. Both get an SAE
# with λ = 4, twice the shipped one's. We chose it because there M's gap between latents and neurons shows,
# so look less at the gap than at the controls. For each latent of A take the largest correlation with any
# latent of B over the same tokens, and give everyone else the same chance: neurons with neurons, random
# directions of A with random directions of B at two densities, and SAEs of the two transformers after each
# was *shuffled*.
#
# **Predict.** M reports .72 for latents and .46 for neurons. Here, too, the latents come first. Who comes
# second?
#
# - a: the neurons
# - b: the random directions
# - c: the SAEs of the two shuffled transformers

# %% tags=["predict"]
prediction_d = None  # your answer: "a", "b" or "c"

# %%
models = model, assets.load_transformer("transformer-b")
some = piles[1].tokens[::3]
at_token, following = late(some[:, :-1]), late(some[:, 1:])
acts = [hooks.activations(one, some[:, :-1], FIRST) for one in models]
acts_of_nothing = [hooks.activations(shuffled(one), some[:, :-1], FIRST) for one in models]


def encoded(rows: list[Tensor], *saes: str) -> list[Tensor]:
    return [assets.load_sae(name).encode(x) for name, x in zip(saes, rows, strict=True)]


pairs = {
    "latents (λ = 4)": encoded(acts, "sae-4x-sparse", "sae-4x-sparse-b"),
    "neurons": acts,
    "5% dense": [comparing.untrained((x, x), sae.d_sae, generator, 0.05)[0] for x in acts],
    "1% dense": [comparing.untrained((x, x), sae.d_sae, generator, 0.01)[0] for x in acts],
    "shuffled (λ = 4)": encoded(acts_of_nothing, "sae-4x-sparse-shuffled", "sae-4x-sparse-shuffled-b"),
}


# %%
def best_across(a: Float[Tensor, "token unit"], b: Float[Tensor, "token other"]) -> float:
    """Median over the units of A that ever fire: the largest correlation with a unit of B."""
    return measures.correlations(a, b).amax(1)[a.any(0)].median().item()


across = {
    name: {
        "as they are": best_across(a, b),
        "token taken off": best_across(take_off(a, at_token), take_off(b, at_token)),
    }
    for name, (a, b) in pairs.items()
}

# %%
second = {"a": "neurons", "b": "5% dense", "c": "shuffled (λ = 4)"}
lesson.reveal(
    prediction_d,
    max(second, key=lambda letter: across[second[letter]]["as they are"]),
    f"Latents {across['latents (λ = 4)']['as they are']:.2f}, shuffled "
    f"{across['shuffled (λ = 4)']['as they are']:.2f}, neurons {across['neurons']['as they are']:.2f}, "
    f"random directions {across['5% dense']['as they are']:.2f}. Two models that have learnt nothing agree "
    "more than the neurons of two that have.",
)

# %% fold="The figure: two transformers" tags=["nbval-check-output"]
latents_across, neurons_across = across["latents (λ = 4)"], across["neurons"]
nothing_across = across["shuffled (λ = 4)"]
lesson.show(
    grouped_bars(across, "best match in the other transformer: correlation, median over units"),
    see=f"as they are, latents {latents_across['as they are']:.2f} and neurons "
    f"{neurons_across['as they are']:.2f} (M: .72 and .46); but SAEs of shuffled models "
    f"{nothing_across['as they are']:.2f}. With the token's share taken off: latents "
    f"{latents_across['token taken off']:.2f}, neurons {neurons_across['token taken off']:.2f}, shuffled "
    f"{nothing_across['token taken off']:.2f}.",
    alt="Bars: the median best match between two transformers for five codes, with and without the token.",
)
print(comparing.as_lines(across))

# %% [markdown]
# Two numbers here spoil the simple story. The neurons' best match is hardly above what random directions of
# the two models reach, and nobody chose these for anything. So most of it takes no features. (The race isn't
# quite fair: there are 512 directions to match with, and 128 neurons.) And SAEs of the two shuffled models
# come close to the real ones, because each has found single tokens, and "the current token is `e`" is the
# same statement in every model, learnt or not. Taking the token's share off leaves next to nothing of their
# agreement, but most of the latents'. That second number is the one to quote for universality: what is the
# same in two transformers, and isn't the tokenizer's. Quote it beside the random directions' second number,
# for of that, too, a good part comes by chance.

# %% [markdown]
# ## Do they also say the same?
#
# A pair that fires together may still write different things. M found just that: logit weights of matched
# pairs agree far less than their activations do, because a direction also carries interference, which
# differs from model to model. Its remedy is to count a logit weight only where it is used. The
# **attribution** of a latent at a token is its activation times its logit weight for the token that came.

# %%
saes = [assets.load_sae(name) for name in ("sae-4x-sparse", "sae-4x-sparse-b")]
writes = [
    effects.logit_weights(s.W_dec, m.blocks[0]["mlp"]["W_out"], m.ln_final["w"], m.unembed["W_U"])
    for s, m in zip(saes, models, strict=True)
]
sparse_a, sparse_b = pairs["latents (λ = 4)"]
alike = measures.correlations(sparse_a, sparse_b)
couples = lesson.use.mutual_matches(alike, 0.7)
logit_rows = [w[which] for w, which in zip(writes, couples, strict=True)]
fired = [code[:, which] for code, which in zip((sparse_a, sparse_b), couples, strict=True)]
of_others = [w[torch.randperm(len(w), generator=generator)] for w in logit_rows]


def agreement(a: Float[Tensor, "row pair"], b: Float[Tensor, "row pair"]) -> float:
    """Median over the pairs of each pair's correlation."""
    return measures.correlations(a, b).diagonal().median().item()


# %%
agree = {
    "activations": alike[couples].median().item(),
    "logit weights": agreement(logit_rows[0].T.contiguous(), logit_rows[1].T.contiguous()),
    "attributions": agreement(
        *(matching.attribution(f, w, following) for f, w in zip(fired, logit_rows, strict=True))
    ),
    "attributions of strangers": agreement(
        *(matching.attribution(f, w, following) for f, w in zip(fired, of_others, strict=True))
    ),
}

# %% fold="The figure: fires alike, writes alike?" tags=["nbval-check-output"]
lesson.show(
    bars(agree, f"agreement of {len(couples[0])} matched pairs, median correlation"),
    see=f"logit weights agree by {agree['logit weights']:.2f}, attributions by {agree['attributions']:.2f}. "
    f"That isn't the activations' doing: with the logit weights of *other* pairs it is "
    f"{agree['attributions of strangers']:.2f}.",
    alt="Bars: median agreement of matched pairs by activations, logit weights, attributions and a control.",
)

# %% [markdown]
# ## Your experiment · Another pair, another bar
#
# Change one thing, say first what you expect, and put a control beside it. Some ideas: a denser pair of SAEs
# on one transformer (train two with λ = 1, as in lesson 08: does density make the lottery kinder?); another
# bar than 0.3 for "invisible"; predicates of your own in the bank; `break_even` for the units that AUROC
# would have chosen; whether latents of base64 have partners in transformer B. (Section 4 gave up the six
# codes, to save memory. For an idea from sections 1 or 2 run their cells again, from the first.) Then two or
# three sentences: what you expected, what came out in numbers, and what that does *not* show.

# %% experiment="code"
### BEGIN SOLUTION
for bar in (0.5, 0.7, 0.9):
    with_partner = len(mutual_matches(matching.cosines(sae.W_dec, twin.W_dec), bar)[0]) / sae.d_sae
    by_luck = len(mutual_matches(matching.cosines(*drawn), bar)[0]) / sae.d_sae
    print(f"above {bar}: {with_partner:.0%} of the latents, {by_luck:.0%} of random rows")
### END SOLUTION

# %% [markdown] experiment="answer"
# I expected the share with a partner to fall quickly when the bar rises from 0.7 to 0.9, as it would if the
# matches were loose. The cell above prints how it falls, and that random rows have none at any of the three.
# It falls slowly: most latents that have a partner have a close one. This doesn't show that they are features
# of the model, since two SAEs of one recipe share their biases too.

# %% [markdown]
# ## Claims

# %% tags=["nbval-check-output"]
best_even = max(row["break_even"] for name, row in middle.items() if name != "latents")
lesson.claim("features.break_even_above_neurons", ahead("break_even"), at_least=0.75)
lesson.claim("features.break_even_over_best_rival", middle["latents"]["break_even"] - best_even, at_least=0.1)
lesson.claim("features.auroc_above_neurons", ahead("auroc"), at_most=0.22)
lesson.claim("features.auroc_untrained_ahead", by_auroc["untrained"] - by_auroc["latents"], at_least=0.1)
lesson.claim("features.token_trap", by_token["shuffled"] - by_token["latents"], at_least=0.35)
window = {name: row["window"] for name, row in by_predicate.items()}
best_window = max(value for name, value in window.items() if name != "latents")
lesson.claim("features.window_over_best_rival", window["latents"] - best_window, at_least=0.03)
before = {name: row["class before"] for name, row in by_predicate.items()}
lesson.claim("features.neurons_ahead_class_before", before["neurons"] - before["latents"], at_least=0.03)
more_invisible = unseen["shuffled"]["invisible"] - unseen["latents"]["invisible"]
lesson.claim("invisible.shuffled_has_more", more_invisible, at_least=0.15)
lesson.claim("invisible.named_over_best_rival", unseen["latents"]["both"] - best_control, at_least=0.02)

# %% tags=["nbval-check-output"]
lesson.claim(
    "splitting.more_latents", counts["1024"] - counts["256"], at_least=5, paper="1, then 3, then many"
)
lesson.claim("splitting.shuffled_latents", control_count, at_most=1)
lesson.claim("splitting.by_kind", kind_most - chance_most, at_least=0.2, paper="letters, digits, text")
lesson.claim("splitting.by_text", text_most, at_most=0.2, paper="a third feature for text")
lesson.claim("splitting.main_line", min(main_line), at_least=0.75)
lesson.claim("stitching.own_again_novel", own_again, at_least=0.4)
lesson.claim("stitching.wider_minus_twin", of_wide - of_twin, at_least=0.08)
lesson.claim("stitching.twin", of_twin, at_most=0.02)
lesson.claim("absorption.present", present_here, at_least=0.7)
lesson.claim("absorption.carrier_cosine", carrier_cosine, at_least=0.5)
lesson.claim("absorption.formula_off", off, at_most=0.01)
lesson.claim("absorption.angle", absorbed_at, between=(44, 46))
lesson.claim("absorption.unrelated_angle", children_lean["two, child unrelated"].median().item(), at_most=3)
lesson.claim("absorption.tied_says", parent_says["two, tied weights"].median().item(), at_least=0.8)
lesson.claim("hedging.matryoshka_angle", parents_lean["two, Matryoshka"].median().item(), between=(4, 11))
lesson.claim("wrong_l0.error_saved", true_error[small] - error[small], at_least=0.015)
lesson.claim("wrong_l0.detected", detected, between=(2.0, 2.2))

# %% tags=["nbval-check-output"]
plainly = {name: row["as they are"] for name, row in across.items()}
without = {name: row["token taken off"] for name, row in across.items()}
lesson.claim("lottery.seeds_share", seeds_share, at_least=0.6)
lesson.claim("lottery.random_share", random_share, at_most=0.01)
lesson.claim(
    "lottery.across_over_neurons", plainly["latents (λ = 4)"] - plainly["neurons"], at_least=0.1, paper=".26"
)
lesson.claim(
    "lottery.shuffled_above_neurons", plainly["shuffled (λ = 4)"] - plainly["neurons"], at_least=0.05
)
lesson.claim("lottery.shuffled_without_token", without["shuffled (λ = 4)"], at_most=0.15)
ahead_in_context = without["latents (λ = 4)"] - max(v for name, v in without.items() if name[0] != "l")
lesson.claim("lottery.without_token_over_best_rival", ahead_in_context, at_least=0.08)
lesson.claim("lottery.attribution_over_logits", agree["attributions"] - agree["logit weights"], at_least=0.2)

# %% [markdown]
# ## Where we differ from the paper
#
# - **Size.** M's transformer has 512 MLP neurons, its main SAE 4096 latents; ours 128 and 512.
# - **Who scores.** One author filled in M's rubric, for 412 intervals of activation of 162 units. Ten of
#   yours are an exercise, not a measurement, and the program's score that stands in is none of M's methods.
# - **Break-even and AUROC.** M reports neither over all units. AUROC is the usual one where latents are
#   compared with probes; that neurons win by it here is ours, and so is the reason.
# - **Invisible.** M shows it for single features. The share that is left after the controls is small here,
#   because the bank's statements are few and plain.
# - **Mutual choice.** M takes each latent's best match, which need not choose back. We quote M's number only
#   beside ours of that kind.
# - **λ.** The lottery between transformers uses λ = 4, where M's gap shows; the rest of the lesson uses 2.
# - **Universality.** M has no row for shuffled transformers there. Here they come close to the real ones, so
#   the raw number isn't evidence by itself; the number without the token's share is.
# - **Splitting.** M's three base64 features are letters, digits and text. Ours go by the kind of character;
#   whether the base64 holds text explains little.
# - **Stitching.** The published test looks at the error as it is. Ours refits first, because an L1 penalty
#   makes an SAE's own latents look new.
#
# And what has been found since: SAEs of two seeds share only part of their latents, the larger the dictionary
# the smaller the part ([arXiv 2501.16615](https://arxiv.org/abs/2501.16615)); and SAEs of randomly
# initialised transformers pass several tests of interpretability
# ([arXiv 2501.17727](https://arxiv.org/abs/2501.17727)), the single-token trap among them.
#
# ## Discussion
#
# 1. *Features, not neurons, as atoms?* By break-even the latents win, by AUROC a random direction does, and
#    for the class of the token before the neurons do. Which statistic would you put your name to, for what
#    use? (For atoms: invisible and named. Against: the probe of lesson 09.)
# 2. *The lottery.* A fifth of the latents has no partner in a second dictionary of the same model. Are these
#    errors, or right answers that the other dictionary lacks? What would tell?
# 3. *Granularity.* A wider dictionary cuts finer, and none that anybody trained has stopped. Is there a right
#    width? If each width is a view, what would make one better than another? (For a truth: in worlds of known
#    number it stops. Against: the pieces that you saw go by character, not by meaning.)
# 4. *A silent latent.* You monitor a latent as an alarm. What would you have to show before its silence
#    reassures you? Which of lesson 09's three tests would have found the hole?
# 5. *Neuroscience.* An experimenter records single cells and reports those that respond to something. Which
#    of this lesson's controls has a counterpart there, and which hasn't? What could be copied?
#
# ## What you can now say
#
# - Latents beat neurons where a clean top counts, and lose by AUROC, because a silent unit ranks nothing.
# - Units for single tokens need no training. So I take the token's share off before I am impressed, by a name
#   or by a match in another model, and "no neuron shows it" alone means nothing.
# - Whether base64 is one latent or thirty is decided by the width; and I try a test of "new" on what can't be
#   new before I believe it.
# - A silent latent doesn't mean an absent feature: an L1 penalty pays for absorption, and I can derive how
#   much. Too narrow or too sparse, an SAE hedges, and its error doesn't say so.
# - Four fifths of the latents come back with another seed; the rest are the lottery's.
# - Across transformers latents agree more than neurons do, and what they write agrees where it is used.
#
# ### Three readings
#
# 1. [Global analysis](https://transformer-circuits.pub/2023/monosemantic-features#global-analysis), M: how
#    interpretable are the features, and who says so? 20 minutes.
# 2. [A is for absorption](https://arxiv.org/abs/2409.14507), sections 1 to 4: your hole, found on the first
#    letters of words. 20 minutes.
# 3. [Sparse autoencoders trained on the same data learn different features](https://arxiv.org/abs/2501.16615),
#    abstract and figures: your lottery at scale. 15 minutes.
#
# The kit's modules behind this lesson, in reading order: [the map](../docs/map.md).

# %%
lesson.summary()
