# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# course:
#   number: "10"
#   title: Features against neurons; splitting; the feature lottery
#   minutes: 95
#   needs: ["07", "08", "09"]
#   papers: ["M: Interpretability", "M: Feature splitting", "M: Universality"]
# ---

# %% [markdown]
# # 10 · Features against neurons; splitting; the feature lottery
#
# In lesson 09 one latent of one sparse autoencoder (SAE) stood for base64. Was that a lucky latent? Here you
# ask all of them: whether they are better units than neurons are, by three statistics that disagree; what
# they show that no neuron shows; what happens to a feature when the dictionary grows; and whether a second
# dictionary, or a second transformer, finds the same ones. In each question a control that nobody trained
# has a say, and it wins more often than you may like.
#
# - **Time:** about 95 minutes; the cells themselves run in one.
# - **Needs:** lessons 07 to 09. Transformers and SAEs are shipped, so you can start here.
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
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

import course_utils
from course_utils import assets
from course_utils.figures import bars, drawings, grouped_bars
from course_utils.figures import units as figures
from course_utils.interp import blind, comparing, effects, matching, measures, predicates
from course_utils.lm import data, hooks
from course_utils.lm.corpus import CONTENT_TYPES
from course_utils.lm.shuffled import shuffled
from course_utils.lm.tokenizer import token_bytes

lesson = course_utils.start("10", scale=SCALE, seed=SEED)

# %% [markdown]
# ## One model, two piles, six codes
#
# As in lesson 09 you choose on the pile `search` and measure on the pile `test`; both are held out. Beside
# the latents and the neurons stand four codes that any claim has to beat:
#
# - **untrained**: as many random directions as there are latents, with a ReLU. Each fires on half the tokens.
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
def print_rows(rows: dict[str, dict[str, float]], form: str = ".2f") -> None:
    """A line for each code: its numbers by name."""
    for name, row in rows.items():
        print(f"{name:17} " + "   ".join(f"{what} {v:{form}}" for what, v in row.items()))


print(
    f"{len(types[1])} tokens to measure on, {len(CONTENT_TYPES)} content types. Share on which a unit fires:"
)
print_rows({name: {"fires on": (x > 0).float().mean().item()} for name, (_, x) in codes.items()}, "4.0%")

# %% [markdown]
# ## 1 · Features against neurons
#
# Take a content type, choose the unit that follows it best, and ask how well it does. But "how well" can mean
# different things, and you know two of them already. A correlation weighs each token by its activation.
# Sensitivity and specificity look at who stands above one threshold. A third, the **AUROC**, looks at nothing
# but the order: how often does a random token of the class stand above a random other one? If latents were
# simply better units than neurons, all three would say so. They don't.

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
    n, m = in_class.sum().item(), (~in_class).sum().item()
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
# M judges a unit by sensitivity and by specificity, and each threshold trades one for the other. To get one
# number without choosing a threshold, take the place where the two are *equal*. Let $k$ tokens fire, the
# strongest, and let $h$ of them be in the class, which has $n$ tokens. Write both shares down. For which $k$
# are they the same? You need no search: that $k$ is all there is to find, and it is the same for every unit.
#
# A token at 0 doesn't fire, though it may be among the strongest. An empty class gives 0.


# %% exercise="10.2"
def break_even(acts: Float[Tensor, "token"], in_class: Bool[Tensor, "token"]) -> float:
    """Sensitivity where it equals specificity. (`acts.topk(k)` gives the k largest: .values, .indices.)"""
    ### BEGIN SOLUTION
    n = int(in_class.sum())
    strongest = acts.topk(n)
    hits = in_class[strongest.indices] & (strongest.values > 0)
    return hits.sum().item() / max(n, 1)
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
    f"{by_auroc['untrained']:.2f}. By this statistic training has made things worse. Below you find out why.",
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
print_rows(middle)

# %% [markdown]
# ## Why the statistics disagree
#
# A latent is silent on most tokens, and that is what it was trained for. Suppose that it catches half of a
# class and fires on next to nothing else. At break-even it looks splendid. But the other half of the class,
# the misses, all have the activation 0, and so have 95 of 100 other tokens: among these there is no order at
# all, and each pair counts one half. So its AUROC can't be much above ¾, however clean its top is. A neuron
# that fires on 20 % of the tokens, or a random direction that fires on 50 %, still ranks what it gets wrong,
# and AUROC pays for that. Which one you want depends on what you do next: to *name* a unit by its top
# examples you need a clean top, but to *detect* a class, misses and all, you need an order.

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

# %% fold="Before the ReLU" tags=["nbval-check-output"]
print(f"AUROC, median type: latents {by_auroc['latents']:.2f}, before their ReLU {auroc_before:.2f},")
print(f"   neurons {by_auroc['neurons']:.2f}, untrained directions {by_auroc['untrained']:.2f}")
print(f"break-even: {middle['latents']['break_even']:.2f} and {before_relu.break_even.median():.2f}")

# %% [markdown]
# So it was the silence. And see what else the line says: with an order for every token the latents do as
# well as random directions do, not better. A class that a *random* direction ranks so well is spread over
# the whole space of neurons; you don't need a dictionary to detect it. What training adds is at the top.

# %% [markdown]
# ## Predicates that nobody labelled
#
# Content types are our choice, and there are only 70. A bank of predicates asks hundreds of simpler
# questions that a program can answer: is the token `e`? is it made of digits? was the one before a line end?
# are half of the last eight Cyrillic? Each has a *kind*. "Token" and "class" look at the current token
# alone; the others look at where it stands.
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
# for single tokens are easy to name, score high wherever explanations are scored, and need no learning at
# all. Half of what looks like interpretability in such a table may be the tokenizer's. So from here on you
# ask what a unit knows *beyond* the current token.

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
    return acts - (sums / count[:, None])[which]
    ### END SOLUTION


# %% check="10.3"
lesson.check("10.3", context_part)

# %% [markdown]
# ## 2 · Invisible features
#
# M shows features that no single neuron shows: for some latents the nearest neuron, the one with the highest
# correlation, is far away. Who looked through the neurons one by one would never have met them. Call a unit
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
print_rows(unseen, "5.1%")

# %% fold="Which they are"
best_known = named["latents"].correlation.where(near["latents"] < FAR, 0.0).topk(10)
for latent, fit in zip(best_known.indices.tolist(), best_known.values.tolist(), strict=True):
    told = names[named["latents"].statement[latent]]
    print(f"latent {latent:3}: nearest neuron {near['latents'][latent]:.2f}; {fit:.2f} {told}")

# %% [markdown]
# The share is small: the bank holds a few hundred plain statements, and 0.5 is a high bar for what is left
# once the token has been taken off. It is a lower bound on what is there. What makes it a finding is the row
# of controls beside it, in which luck and sparsity have had the same chance.
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
# what it raises; how often it fires isn't shown, because that would give it away. For each unit think of a
# name, then give points for these four questions and write the sum down:
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
# itself, and the answer is never 0.) `itertools.combinations(range(10), 5)` lists them; write it for any
# number of units and latents.


# %% exercise="10.4"
def chance_of_gap(scores: Float[Tensor, "unit"], is_latent: Bool[Tensor, "unit"]) -> float:
    """Share of all choices of as many units whose mean is as far above the others' mean, or further."""
    ### BEGIN SOLUTION
    import itertools

    def gap(chosen):
        mask = torch.zeros(len(scores), dtype=torch.bool)
        mask[list(chosen)] = True
        return (scores[mask].double().mean() - scores[~mask].double().mean()).item()

    found = gap(is_latent.nonzero()[:, 0].tolist())
    choices = itertools.combinations(range(len(scores)), int(is_latent.sum()))
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
# ## Exercise 10.8 · Who chooses whom back
# *Difficulty 3/5 · about 8 minutes*
#
# "Each latent's best match" lets ten latents of A claim the same one of B. So ask for more: a pair counts
# if each is the other's favourite, and if their similarity is above `least`. Return two index tensors, the
# pairs' numbers in A (rising) and their partners' numbers in B.


# %% exercise="10.8"
def mutual_matches(
    similarity: Float[Tensor, "a b"], least: float = 0.7
) -> tuple[Int[Tensor, "pair"], Int[Tensor, "pair"]]:
    """The pairs that choose each other with a similarity above `least`: their numbers in A, and in B."""
    ### BEGIN SOLUTION
    partner, back = similarity.argmax(1), similarity.argmax(0)
    chosen = back[partner] == torch.arange(len(partner))
    a = (chosen & (similarity.amax(1) > least)).nonzero()[:, 0]
    return a, partner[a]
    ### END SOLUTION


# %% check="10.8"
lesson.check("10.8", mutual_matches)

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
# **Predict.** Two SAEs on the same transformer, another seed. What share of the latents has a mutual match
# with a cosine above 0.7 (within 46°)? Of two sets of random rows the share is 0.

# %% tags=["predict"]
prediction_c = None  # your answer: a share from 0 to 1

# %%
twin = assets.load_sae("sae-4x-seed1")  # as sae-4x, another seed
matched, partners = lesson.use.mutual_matches(matching.cosines(sae.W_dec, twin.W_dec), 0.7)
seeds_share = len(matched) / sae.d_sae
drawn = torch.randn(2, *sae.W_dec.shape, generator=generator)
random_share = len(lesson.use.mutual_matches(matching.cosines(*drawn), 0.7)[0]) / sae.d_sae
often = (codes["latents"][1] > 0).float().mean(0)
has_partner = torch.zeros(sae.d_sae).index_fill_(0, matched, 1)
rare = often <= often.median()
rare_share, often_share = has_partner[rare].mean().item(), has_partner[~rare].mean().item()

# %%
lesson.reveal(
    prediction_c,
    round(seeds_share, 2),
    f"{seeds_share:.0%} of the latents, {random_share:.0%} of random rows. So one latent in "
    f"{1 / (1 - seeds_share):.0f} is a matter of luck. The rarer half of them fares neither better nor worse "
    f"({rare_share:.0%}) than the other ({often_share:.0%}).",
)

# %% [markdown]
# ## Two transformers
#
# Now the harder question. Transformer B has the same shape and read the same corpus, from another seed. Its
# neurons have nothing to do with A's: neuron 17 here and neuron 17 there share a number. Both get an SAE
# with λ = 4, twice the shipped one's. For each latent of A take the largest correlation with any latent of
# B over the same tokens, and give everyone else the same chance: neurons with neurons, random directions of
# A with random directions of B at two densities, and SAEs of the two transformers after each was *shuffled*.
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
print_rows(across)

# %% [markdown]
# Two numbers here spoil the simple story. The neurons' best match is hardly above what random directions of
# the two models reach, and these have nothing in common but the text that both models read. So most of it is
# what any two units of that density would have. And SAEs of the two shuffled models come close to the real
# ones, because each has found single tokens, and "the current token is `e`" is the same statement in every
# model, learnt or not. Taking the token's share off leaves next to nothing of them, 0.05 or so, and most of
# the latents' agreement. That second row is the one to quote for universality: what is the same in two
# transformers, and isn't the tokenizer's.

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
# Change one thing, say first what you expect, and put a control beside it. Some ideas: the denser pair of
# SAEs on one transformer (`train` two with λ = 1: does density make the lottery kinder?); another bar than
# 0.3 for "invisible"; predicates of your own in the bank; `break_even` for the units that AUROC would have
# chosen; whether latents of base64 have partners in transformer B. Then two or three sentences: what you
# expected, what came out in numbers, and what that does *not* show.

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

# %% fold="The claims" tags=["nbval-check-output"]
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

# %% fold="The claims: the lottery" tags=["nbval-check-output"]
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
# 3. *Neuroscience.* An experimenter records single cells and reports those that respond to something. Which
#    of this lesson's controls has a counterpart there, and which hasn't? What could be copied?
# 4. *What does an interpretability score measure* if a shuffled model does well? (Lesson 11 takes this up.)
#
# ## What you can now say
#
# - Latents beat neurons where a clean top counts, and lose by AUROC, because a silent unit ranks nothing.
# - Units for single tokens need no training; so I take the token's share off before I am impressed.
# - "No neuron shows it" is worth nothing alone; with a name on fresh text, and controls beside it, it is.
# - Four fifths of the latents come back with another seed, and the rest are the lottery's.
# - Across transformers latents agree more than neurons do; but so do models that have learnt nothing, until
#   the token's share is taken off.
# - What two models' latents write agrees once I count it where it is used.
#
# ### Three readings
#
# 1. [Global analysis](https://transformer-circuits.pub/2023/monosemantic-features#global-analysis), M: how
#    interpretable are the features, and by whom? 20 minutes.
# 2. [Sparse autoencoders trained on the same data learn different features](https://arxiv.org/abs/2501.16615),
#    abstract and figures: your lottery at scale. 15 minutes.
# 3. [Universality](https://transformer-circuits.pub/2023/monosemantic-features#phenomenology-universality),
#    M, with the attribution vectors. 15 minutes.
#
# The kit's modules behind this lesson, in reading order: [the map](../docs/map.md).

# %%
lesson.summary()
