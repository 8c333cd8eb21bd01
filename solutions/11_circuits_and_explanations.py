# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# course:
#   number: "11"
#   title: Circuits and automated interpretability
#   minutes: 100
#   needs: ["07", "08", "09"]
#   papers: ["M: Finite State Automata", "M: Automated Interpretability", "M: Randomized Transformer"]
# ---

# %% [markdown]
# # 11 · Circuits and automated interpretability
#
# In lesson 09 you tested one name for one latent. Here you go two ways from there. First *down*: in a model
# with one layer, what makes a latent fire is a sum that you can write out exactly, and what it makes the
# model say is a row of numbers. Chain the two, and the weights should tell which latent makes which latent
# fire next: small machines that run through the text. You test how far they do. Then *out*: hundreds of
# latents are too many to read, so a program explains them, and you ask what its score is worth.
#
# - **Time:** about 100 minutes; the cells themselves run in under one.
# - **Needs:** lessons 07 (the transformer), 08 (the SAE) and 09 (pins, logit weights). All weights are
#   shipped.
# - **Rebuilds:** *Towards Monosemanticity* (M), the [finite state
#   automata](https://transformer-circuits.pub/2023/monosemantic-features#phenomenology-fsa) and [automated
#   interpretability](https://transformer-circuits.pub/2023/monosemantic-features#global-analysis-interp-auto);
#   and a later question that we know of no other lesson on: which of a model's virtual weights do anything?
#
# **Words.** A *virtual weight* is a product of weight matrices along one path, such as from a token to a
# latent: no such number is stored, but the model acts as if it were. An *automaton* is a set of latents of
# which one makes the next fire, through the token that is written between them.

# %% [markdown]
# ## Recall
#
# <details>
# <summary>From lesson 07: what does a token's attention to itself bring?</summary>
#
# A second way for the current token to act at its own position, beside its embedding. What it brings depends
# on the token; how much of that arrives depends on the text before, which competes for the attention. In
# what follows it is a part of its own.
#
# </details>
#
# <details>
# <summary>From lesson 09: why was another latent, pinned, a fairer rival than a random direction?</summary>
#
# A random direction pushes neurons below 0, where their ReLU never lets them be. Another latent's row is a
# direction that activations really take. You use both again.
#
# </details>

# %% tags=["parameters"]
SCALE = "lesson"
SEED = 0

# %%
import re
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import ipywidgets
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

import course_utils
from course_utils import assets
from course_utils.figures import circuits as figures
from course_utils.figures import drawings, grouped_bars, lines
from course_utils.figures import explanations as rule_figures
from course_utils.figures.sae import measures_by_sparsity

lesson = course_utils.start("11", scale=SCALE, seed=SEED)

# %%
from course_utils.interp import (
    automata,
    circuits,
    dashboard,
    effects,
    explainer,
    explanations,
    interference,
    measures,
    predicates,
    text,
)
from course_utils.lm import baselines, data, hooks
from course_utils.lm.corpus import CONTENT_TYPES
from course_utils.lm.shuffled import shuffled
from course_utils.lm.tokenizer import SEPARATOR, token_bytes

# %% [markdown]
# ## The model and two piles of text
#
# The transformer and its SAE are lesson 09's. Again you choose on one pile of held-out text, `search`, and
# measure on another, `test`.

# %%
tokenizer, model, sae = assets.load_tokenizer(), assets.load_transformer(), assets.load_sae("sae-4x")
lesson.without_gradients()
vocab = token_bytes(tokenizer)
block, W_in = model.blocks[0], model.blocks[0]["mlp"]["W_in"]
N_BYTES = lesson.pick(smoke=30_000, lesson=260_000, full=1_500_000)
FIRST = 4  # positions at the start of a sequence that don't count: there is little before them


class Pile(NamedTuple):
    tokens: Int[Tensor, "seq pos"]
    content_types: Int[Tensor, "seq pos"]
    seen: circuits.Activity  # neurons, the scale of the LayerNorm before them, attention to itself
    latents: Float[Tensor, "seq pos d_sae"]


def read(seed: int) -> Pile:
    tokens, content_types = data.load("held_out", N_BYTES, tokenizer, seed=seed)
    seen = circuits.activity(model, tokens, FIRST)
    return Pile(tokens, content_types, seen, sae.encode(seen.neurons))


# %% tags=["nbval-check-output"]
search, test = read(1000 + SEED), read(2000 + SEED)
held = torch.stack([
    torch.bincount(search.content_types[:, FIRST:].flatten(), acts, len(CONTENT_TYPES))
    for acts in search.latents[:, FIRST:].flatten(0, 1).T.contiguous()
])  # fmt: skip
HOME = held.argmax(1)  # the content type that holds most of a latent's activation
home = [CONTENT_TYPES[k] for k in HOME.tolist()]
print(f"{search.tokens.numel()} tokens to choose on; {sae.d_sae} latents at home in {len(set(home))} types")

# %% [markdown]
# ## 1 · A latent, taken apart
#
# A latent's pre-activation is what its ReLU is applied to: $a_i = (x - b_\text{dec}) \cdot W_{\text{enc},i}
# + b_{\text{enc},i}$, with $x$ the neurons. And the neurons come from the residual stream, which is a plain
# sum: the token's embedding, its position, what attention brings from the token itself, what it brings from
# earlier tokens, and attention's bias. So the question "what made it fire?" ought to have an answer with a
# few numbers in it that add up. Two things stand in the way, because they aren't linear: the LayerNorm
# divides by a scale that depends on all parts at once, and a neuron's ReLU is on or off. But at a given
# token both are *known*. Freeze them: divide by the number that it was, keep on what was on. What is left is
# linear, and the parts and a constant from the later biases add up to the pre-activation exactly, but for
# rounding.
#
# What this explains is the value at that token, given what is frozen. It doesn't say what would happen
# without a part: then the scale and the switches would move, too.

# %%
drawings.show("taken_apart")

# %% [markdown]
# ## Exercise 11.1 · Take a latent apart
# *Difficulty 3/5 · about 12 minutes*
#
# Let $r_k$ be the parts of one token's residual stream, $r = \sum_k r_k$. The LayerNorm shifts $r$ to mean
# 0, divides it by $\sigma = \sqrt{\operatorname{var}(r) + 10^{-5}}$ (the variance divides by $d$, not by $d
# - 1$), and multiplies by its weight $w$. (Its bias, $b_\text{in}$ and the SAE's biases depend on no part;
# leave them out.) With $s_n$ = 1 where neuron $n$ is on and 0 where it is off, and $v$ the latent's column
# of $W_\text{enc}$:
#
# $$c_k \;=\; \sum_n s_n v_n \Big[ \Big( \frac{r_k - \operatorname{mean}(r_k)}{\sigma} \odot w \Big)
# W_\text{in} \Big]_n$$
#
# Write it for one token first, in your head; then for all tokens at once.


# %% exercise="11.1"
def contributions(
    parts: Float[Tensor, "part token d_model"],
    ln_w: Float[Tensor, "d_model"],
    W_in: Float[Tensor, "d_model d_mlp"],
    on: Bool[Tensor, "token d_mlp"],
    reads: Float[Tensor, "d_mlp"],
) -> Float[Tensor, "part token"]:
    """What each part adds to the latent's pre-activation at each token. `reads`: its column of W_enc."""
    ### BEGIN SOLUTION
    scale = (parts.sum(0).var(-1, correction=0) + 1e-5).sqrt()
    normed = (parts - parts.mean(-1, keepdim=True)) / scale[:, None] * ln_w
    return (normed @ W_in * on) @ reads
    ### END SOLUTION


# %% check="11.1"
lesson.check("11.1", contributions)

# %% [markdown]
# Does it add up? Here is the sum against the pre-activation itself, once as the model computes, in float32,
# and once in float64. A sum that is wrong by an idea is wrong in both; rounding goes away.


# %%
def taken_apart(net, code, tokens: Int[Tensor, "seq pos"], latent: int) -> tuple[Tensor, Tensor]:
    """Each part's contribution, the constant last, and the pre-activation: tokens in one row."""
    found = circuits.stream(net, tokens)
    neurons, parts = found.neurons.flatten(0, 1), found.parts.flatten(1, 2)
    weights = net.blocks[0]["ln2"]["w"], net.blocks[0]["mlp"]["W_in"]
    each = lesson.use.contributions(parts, *weights, neurons > 0, code.W_enc[:, latent])
    rest = circuits.constant(net, code, neurons > 0, latent)
    pre = (neurons - code.b_dec) @ code.W_enc[:, latent] + code.b_enc[latent]
    return torch.cat([each, rest[None]]), pre


def best_for(name: str) -> int:
    return int(BY_TYPE[:, CONTENT_TYPES.index(name)].argmax())


in_type = F.one_hot(search.content_types[:, FIRST:].flatten(), len(CONTENT_TYPES)).float()
BY_TYPE = measures.correlations(search.latents[:, FIRST:].flatten(0, 1), in_type)
LATENT = best_for("base64")
some = test.tokens[:: lesson.pick(smoke=40, lesson=60, full=20)]
exact = assets.load_transformer().double(), assets.load_sae("sae-4x").double()
errors = {}
for precision, (net, code) in {"float32": (model, sae), "float64": exact}.items():
    all_parts, pre = taken_apart(net, code, some, LATENT)
    errors[precision] = (all_parts.sum(0) - pre).abs().max().item()

# %% fold="Does it add up?"
for precision_name, error in errors.items():
    print(f"{precision_name}: the sum misses the pre-activation of latent {LATENT} by at most {error:.0e}")

# %% [markdown]
# **Predict.** Latent by latent, how much of the pre-activation's variation over tokens comes from each
# part? For the base64 latent, which part is the largest?
#
# - a: the token itself (its embedding)
# - b: attention to itself
# - c: attention to earlier tokens

# %% tags=["predict"]
prediction_a = None  # your answer: "a", "b" or "c"

# %% [markdown]
# A part's *share* is its covariance with the whole over the whole's variance. Shares add up to 1, and one
# may be negative. (Here the whole is the sum of the five parts, without the constant. Attention's bias is the
# same at every token and yet has a share, because each token has a scale and switches of its own.)
# As a control, the same for single neurons and for random directions in place of latents: whatever they show
# too isn't the SAE's doing.


# %%
def shares(parts: Float[Tensor, "part token"]) -> Float[Tensor, "part"]:
    """Each part's covariance with the sum, over the sum's variance."""
    whole = parts.sum(0) - parts.sum(0).mean()
    return parts @ whole / whole.square().sum().clamp_min(1e-12)


found = circuits.stream(model, some)
on = found.neurons.flatten(0, 1) > 0
generator = torch.Generator().manual_seed(SEED)
kinds = {
    "latents": sae.W_enc.T,
    "neurons": torch.eye(sae.d_in),
    "random directions": torch.randn(128, sae.d_in, generator=generator),
}
of_kind = {
    kind: torch.stack([
        shares(circuits.contributions(found.parts.flatten(1, 2), block["ln2"]["w"], W_in, on, column))
        for column in columns
    ])
    for kind, columns in kinds.items()
}  # fmt: skip

# %%
PARTS = dict(zip(found.names, range(5), strict=True))
own_shares = of_kind["latents"][LATENT]
letters = {"a": "token", "b": "attention to itself", "c": "attention to earlier tokens"}
lesson.reveal(
    prediction_a,
    max(letters, key=lambda letter: own_shares[PARTS[letters[letter]]].item()),
    ", ".join(f"{name} {own_shares[k]:.2f}" for name, k in PARTS.items())
    + ". The tokens of base64 look like tokens of much else; it is the text before them that tells.",
)

# %% fold="The figure: what a latent is made of" tags=["nbval-check-output"]
shown = {name: best_for(name) for name in ("base64", "percent", "chess", "dna", "hebrew", "python")}
rows = {
    f"{name}: latent {i}": {part: of_kind["latents"][i, k].item() for part, k in PARTS.items()}
    for name, i in shown.items()
} | {
    f"median of the {kind}": {part: values[:, k].median().item() for part, k in PARTS.items()}
    for kind, values in of_kind.items()
}
for row_name in list(rows)[-3:]:
    print(row_name, {part: round(value, 2) for part, value in rows[row_name].items()})
EARLIER = PARTS["attention to earlier tokens"]
by_context = (of_kind["latents"][:, EARLIER] > 0.5).float().mean().item()
lesson.show(
    figures.stacked(rows, "share of the pre-activation's variance"),
    see=f"{by_context:.0%} of all latents take more than half of their variation from earlier tokens. So do "
    "neurons and random directions, in the median: the mix is the model's, not the SAE's. What differs is a "
    "latent's own mix; base64's is nearly all context.",
    alt="Stacked bars: shares of token, position, attention and biases for six latents and three medians.",
)

# %% [markdown]
# ## Which token made it fire?
#
# Attention's part is itself a sum, over the tokens that it looks at, the current one among them. So you can
# say which tokens spoke for the latent at one place, and which against it: below, where the base64 latent
# fires most in a line of text. On the output side it is the latent that speaks, for the tokens to come. M
# measures that by the **attribution**: the latent's activation, times its logit weight for the token that
# *came*. If logit weights only look apt, the tokens that come don't bear them out, and the attribution is no
# larger than with the next tokens shuffled.

# %%
OPENING = "The key: VGhlIG1vZGVsIGhhcyBzZWVuIHRoaXM=. Its hash: 5eb63bbbe01e."
ids = torch.tensor([tokenizer.token_to_id(SEPARATOR), *tokenizer.encode(OPENING).ids])
AT = int(sae.encode(hooks.activations(model, ids[None]))[:, LATENT].argmax())
parts_here = circuits.stream(model, ids[None])
sources = circuits.by_source(model, ids, AT)
rest_of_stream = (parts_here.parts[:, 0, AT].sum(0) - sources.sum(0))[None]
on_here = parts_here.neurons[0, AT][None] > 0
brought = lesson.use.contributions(
    torch.cat([sources, rest_of_stream])[:, None], block["ln2"]["w"], W_in, on_here, sae.W_enc[:, LATENT]
)[:-1, 0]
largest = brought.abs().max().item()
dashboard.lit_rows(
    ids[: AT + 1], vocab, {"speaks for": (brought, largest), "speaks against": (-brought, largest)}
)

# %%
direct = circuits.direct_logits(model, sae.W_dec @ block["mlp"]["W_out"])
firing, came = search.latents[:, FIRST:-1].flatten(0, 1)[::4], search.tokens[:, FIRST + 1 :].flatten()[::4]
centred = direct - direct.mean(1, keepdim=True)
attribution = (firing * centred[:, came].T).mean(0)
by_accident = (firing * centred[:, came[torch.randperm(len(came), generator=generator)]].T).mean(0)
apt, accidental = ((x > 0).float().mean().item() for x in (attribution, by_accident))
apart = (attribution > by_accident).float().mean().item()
print(f"the latents whose attribution is positive: {apt:.0%}; with the next tokens shuffled {accidental:.0%}")
print(f"above what shuffled tokens give: {apart:.0%}")

# %% [markdown]
# A latent's logit weights argue for tokens that then come. Shuffle which token came, and most of the argument
# should be gone; what stays comes from tokens that are frequent everywhere. That much already makes most
# attributions positive, as the first line shows, so a positive one proves little. What counts is the second
# line: how many latents argue more for what came than for what is frequent anyway.

# %% [markdown]
# ## 2 · Automata
#
# Now chain writing and reading. At one position latent $i$ fires and argues for some tokens. One is sampled.
# At the next position that token is read, and it fires latent $j$. In a model with one layer that is the
# *only* way from a latent at one position to a latent at the next, because nothing else of the first
# position's MLP reaches the second: attention reads what stands before the MLP. So two tables of weights,
# latent to token and token to latent, make a third, from latent to latent, and you can compare it with what
# happens in text. You will find that the table from weights knows something of who follows whom, but not
# much: a rank correlation near 0.3, where a perfect table would reach 1. One suspect for the difference has
# a name, interference, and section 3 is about it.

# %%
drawings.show("latent_token_latent")

# %% [markdown]
# ## Exercise 11.2 · A table from tokens to latents
# *Difficulty 3/5 · about 10 minutes*
#
# From a latent to the tokens you have the logit weights of lesson 09. The other table is the last exercise,
# made into one number for each pair. There the scale and the switches were frozen at *one* token's values.
# For a table take their mean over the tokens on which the latent fires: the **slope** $g_{in}$ of neuron
# $n$ for latent $i$ is the mean of $s_n / \sigma$ there. With $e_t$ the token's vector in the residual
# stream:
#
# $$V_{ti} \;=\; \sum_n g_{in}\, W_{\text{enc},ni}
# \Big[ \Big( \big( e_t - \operatorname{mean}(e_t) \big) \odot w \Big) W_\text{in} \Big]_n$$


# %% exercise="11.2"
def virtual_weights(
    embedded: Float[Tensor, "vocab d_model"],
    ln_w: Float[Tensor, "d_model"],
    W_in: Float[Tensor, "d_model d_mlp"],
    slopes: Float[Tensor, "latent d_mlp"],
    W_enc: Float[Tensor, "d_mlp latent"],
) -> Float[Tensor, "vocab latent"]:
    """V: what each token, as the current one, adds to each latent's pre-activation."""
    ### BEGIN SOLUTION
    slope = ((slopes * W_enc.T) @ W_in.T) * ln_w
    return embedded @ (slope - slope.mean(-1, keepdim=True)).T
    ### END SOLUTION


# %% check="11.2"
lesson.check("11.2", virtual_weights)

# %% [markdown]
# A token's vector $e_t$ is its embedding and what attention to itself adds, with each head's mean attention
# to the own position. Look at both tables for a few latents: the tokens that a latent argues for, and those
# that fire it.

# %%
fires = search.latents > 0
fires[:, :FIRST] = False
seen_late = (part[:, FIRST:].flatten(0, 1) for part in (fires, search.seen.neurons))
slopes = circuits.mean_slopes(*seen_late, search.seen.scale[:, FIRST:].flatten())
token_vectors = circuits.token_vectors(model, search.seen.own, FIRST)
V = lesson.use.virtual_weights(token_vectors, block["ln2"]["w"], W_in, slopes, sae.W_enc)
p_corpus = baselines.unigram(search.tokens, len(vocab)).float()
standing = (V - p_corpus @ V) / (p_corpus @ (V - p_corpus @ V).square()).sqrt()

# %% fold="Two tables, four latents" tags=["nbval-check-output"]
for kind_of_text in ("dna", "roman", "percent", "csv"):
    i = best_for(kind_of_text)
    reads_tokens, says_tokens = (
        " ".join(text.token_label(t, vocab) for t in x.topk(6).indices) for x in (standing[:, i], direct[i])
    )
    print(f"latent {i:3} ({kind_of_text}): fired by {reads_tokens}   argues for {says_tokens}")

# %% [markdown]
# Beside apt tokens stand some that make no sense. Keep them in mind for section 3.

# %% [markdown]
# ## Exercise 11.3 · Who fires next?
# *Difficulty 3/5 · about 10 minutes*
#
# And what happens in text? Count. Of the tokens where latent $i$ fires, on what share of the *next* tokens
# does latent $j$ fire? And how many times more is that than usual?
#
# $$\text{share}_{ij} = \frac{\#(i \text{ fires, then } j)}{\#(i \text{ fires and a token follows})} \qquad
# \text{lift}_{ij} = \frac{\text{share}_{ij}}{\#(j \text{ fires on a next token}) / \#(\text{next tokens})}$$
#
# Count within sequences: the last token of one has no next token, and the first is nobody's next token.
# Where $i$ never fires, or $j$ never on a next token, give 0.


# %% exercise="11.3"
def transitions(
    fires: Bool[Tensor, "seq pos latent"],
) -> tuple[Float[Tensor, "latent latent"], Float[Tensor, "latent latent"]]:
    """(share, lift): row i, column j, for "i fires, and on the next token j"."""
    ### BEGIN SOLUTION
    now, following = (part.flatten(0, 1).float() for part in (fires[:, :-1], fires[:, 1:]))
    share = now.T @ following / now.sum(0).clamp_min(1)[:, None]
    everywhere = following.mean(0)
    return share, torch.where(everywhere > 0, share / everywhere.clamp_min(1e-12), 0.0)
    ### END SOLUTION


# %% check="11.3"
lesson.check("11.3", transitions)

# %% [markdown]
# Now hold the weights against the counts. What the weights *predict* is a lift as well: hold latent $i$ at
# its maximum, add what it then writes to the log of each token's frequency in the corpus (logits that know
# no context), and ask how many times likelier the next token becomes one of $j$'s own, those whose $V$
# stands two standard deviations above the mean. Of the text only averages enter: how frequent tokens are,
# the slopes, the scale of the last LayerNorm, the maximum. The null is the same table with its rows
# shuffled: it keeps every latent's popularity as a successor, and loses who leads to whom.

# %%
share, lift = lesson.use.transitions(fires[:, FIRST:])
maximum = search.latents[:, FIRST:].flatten(0, 1).amax(0)
post_scale = interference.read(model, sae, search.tokens[:40]).acts["token → logit"].amax(1).mean()
predicted = circuits.predicted_lift(maximum[:, None] * post_scale * direct, p_corpus, V)
rows_shuffled = predicted[torch.randperm(sae.d_sae, generator=generator)]
agreement, by_shuffled = (circuits.spearman(x, lift) for x in (predicted, rows_shuffled))
how_often = fires[:, FIRST:-1].sum((0, 1))
strong = (share > 0.5) & (lift > 5) & (how_often >= lesson.pick(smoke=10, lesson=100, full=100))[:, None]
here, firing_here = (x[:, FIRST:].flatten(0, 1) for x in (search.tokens, fires.float()))
counts = torch.zeros_like(V).index_add_(0, here, firing_here) / (len(here) * p_corpus)[:, None]
counted_reading = circuits.predicted_lift(maximum[:, None] * post_scale * direct, p_corpus, counts)
with_counts = circuits.spearman(counted_reading, lift)
ranked = measures.auroc(predicted.flatten(), strong.flatten())

# %% fold="The figure: weights and counts" tags=["nbval-check-output"]
print(f"rank correlation of predicted and counted lift {agreement:.2f}, rows shuffled {by_shuffled:.2f}")
print(f"{int(strong.sum())} strong edges, {int(strong.diag().sum())} of them self-loops; AUROC {ranked:.2f}")
print(f"with counts in the place of V the rank correlation is {with_counts:.2f}")
lesson.show(
    figures.weights_against_counts(predicted.flatten(), lift.flatten(), rows_shuffled.flatten()),
    see=f"pairs for which the weights predict more are pairs that follow each other more often, with a rank "
    f"correlation of {agreement:.2f} (shuffled {by_shuffled:.2f}). A *strong* edge (share above ½, lift "
    f"above 5) stands above another pair {ranked:.0%} of the time.",
    alt=f"Median counted lift by predicted lift: it rises, and is flat for shuffled rows; {agreement:.2f}.",
)

# %% [markdown]
# <details>
# <summary>Why isn't the agreement better, if the path is exact?</summary>
#
# The path is exact at one token with all else known. The table has to do without the rest: it takes mean
# slopes for switches, the corpus's frequencies for the context, and it leaves out attention, which was the
# larger part of most latents. The cell above also prints what comes out when $V$ is replaced by counts, by
# how often each token fires each latent. That mends the reading and nothing else: so part of what is
# missing is in the weights that read, and more in the context.
#
# </details>

# %% [markdown]
# ## A machine that you can walk
#
# Most strong edges that aren't self-loops join two latents that are at home in one type of text. So the
# figure draws a graph for each type, the nine with the most latents. Each point is a latent, with the tokens
# that hold most of its activation; an arrow is a strong edge: on more than half of the next tokens the other
# fires, more than five times as often as usual. (And the first latent has fired a hundred times at least, or
# the share could be luck.)


# %%
def tokens_of(latent: int) -> str:
    """The three tokens that hold most of the latent's activation."""
    mass = torch.bincount(
        search.tokens[:, FIRST:].flatten(), search.latents[:, FIRST:, latent].flatten(), len(vocab)
    )
    return " ".join(text.token_label(t, vocab) for t in mass.topk(3).indices)


edges = [(i, j, share[i, j].item()) for i, j in strong.nonzero().tolist()]
labels = {i: tokens_of(i) for i in range(sae.d_sae)}
inside = [(i, j) for i, j, _ in edges if home[i] == home[j] and i != j]
groups = {
    name: sorted({i for pair in inside for i in pair if home[i] == name})
    for name in sorted({home[i] for i, _ in inside})
}
largest_groups = dict(sorted(groups.items(), key=lambda item: -len(item[1]))[:9])

# %% fold="The figure: automata" tags=["nbval-check-output"]
print(f"{len(edges)} strong edges, {len(inside)} within one type of text: {', '.join(groups)}")
lesson.show(
    figures.automata(edges, labels, largest_groups),
    see="a letter of a chess file calls for a rank, hex digits call for the next `%`, one Roman numeral "
    "for smaller ones. A thick rim is a latent that calls for itself.",
    alt=f"Graphs of latents and arrows for {', '.join(largest_groups)}.",
    table={
        "type": [home[i] for i, j in inside][:30],
        "from": [f"{i}: {labels[i]}" for i, j in inside][:30],
        "to": [f"{j}: {labels[j]}" for i, j in inside][:30],
        "share": [round(share[i, j].item(), 2) for i, j in inside][:30],
    },
)

# %% [markdown]
# ## A walk
#
# Walk: choose a latent, and see who comes before and after it. Then choose one of those.


# %%
def walk(latent: int):
    """A latent, with those that it follows (left) and those that follow it (right)."""
    return figures.neighbours(latent, share, labels)


START = max(inside, key=lambda pair: share[pair].item())[0] if inside else LATENT

# %% play
_ = ipywidgets.interact(walk, latent=(0, sae.d_sae - 1))

# %% [markdown]
# The same without widgets: change the number and run the cell again.

# %% fold="A walk, one step"
lesson.show(
    walk(START),
    see=f"latent {START} in the middle; on the right who fires next, and on what share of its tokens.",
    alt=f"Latent {START} with its most frequent predecessors and successors.",
)

# %% [markdown]
# ## Does it run?
#
# A counted transition is a correlation: base64 follows base64, whoever fires. So intervene. Take texts of
# the type where latent $i$ is at home, at places where it does *not* fire. Hold it at its maximum, on the
# last token only. Let the model write one token, and see on what share of the texts the successor $j$ fires
# there. Beside it: no pin; another latent drawn for each text, pinned at the same value; a random direction
# as long.
#
# **Predict.** An edge *runs* if its pin raises the successor's share by 0.2 or more over **both** controls,
# the other latent and the random direction. What share of all the strong edges run?

# %% tags=["predict"]
prediction_b = None  # your answer: a share from 0 to 1

# %%
TEXTS = lesson.pick(smoke=20, lesson=100, full=400)


def fired_after(pile: Pile, latent: int) -> dict[str, Float[Tensor, "latent"]]:
    """On what share of such texts each latent fires next: pinned, and three controls."""
    quiet = (pile.content_types == HOME[latent]) & (pile.latents[:, :, latent] == 0)
    texts = automata.texts_ending(pile.tokens, quiet, TEXTS, 20, generator)
    changes = automata.pins(sae, latent, maximum[latent].item(), len(texts), generator)
    return {
        name: automata.next_fires(model, sae, texts, generator, change) for name, change in changes.items()
    }


def gain(fired: dict[str, Float[Tensor, "latent"]], successor: int) -> float:
    """By how much the pin's share is above the higher of the two controls'."""
    return (fired["pinned"] - torch.maximum(*(fired[name] for name in CONTROLS)))[successor].item()


# %%
CONTROLS = "another latent", "random direction"
tried = strong.any(1).nonzero()[:, 0].tolist()
after = {i: fired_after(search, i) for i in lesson.progress(tried, "pins")}
gains = {(i, j): gain(after[i], j) for i, j, _ in edges}
running = sorted((edge for edge in gains if gains[edge] >= 0.2), key=gains.get, reverse=True)
run_share = len(running) / max(len(gains), 1)
raised = sum((after[i]["pinned"] > after[i]["no pin"])[j].item() for i, j in gains) / max(len(gains), 1)

# %%
lesson.reveal(
    prediction_b,
    round(run_share, 2),
    f"{len(running)} of {len(gains)}. The pin raises the successor at all on {raised:.0%} of the edges (a "
    "coin would on half), but one latent, held for one token, seldom decides what is written: "
    "in the text one follows the other, but holding one seldom makes the other fire.",
)

# %% [markdown]
# Those that ran were picked as the largest of many noisy differences. So try them again, and only them, on
# texts of the other pile.

# %%
fresh = {i: fired_after(test, i) for i in sorted({i for i, _ in running})}
again = {(i, j): gain(fresh[i], j) for i, j in running}
run_again = [edge for edge in running if again[edge] >= 0.2]
automata_running = sorted({home[i] for i, _ in run_again})

# %% fold="The figure: edges that run" tags=["nbval-check-output"]
print(f"{len(running)} of {len(gains)} strong edges run, {len(run_again)} of them again")
print(f"automata: {', '.join(automata_running)}")
lesson.show(
    grouped_bars(
        {
            f"{home[i]}: {i} → {j}": {name: fired[j].item() for name, fired in fresh[i].items()}
            for i, j in running[:8]
        },
        "share of the texts on whose next token the successor fires",
    ),
    see="each group of bars is an edge, on fresh texts. Where it runs, the pin's bar stands clear of all "
    f"three controls; {len(run_again)} of {len(running)} did so again.",
    alt="Bars for the edges that run: pinned against three controls.",
)

# %% [markdown]
# ## What one pin can't do
#
# In lesson 09 a pin made the model write base64 from a neutral prompt; but there the latent was held on at
# *every* token. Hold each running latent on at the prompt's last token alone, and let the model write on
# freely. Does the automaton start, and keep running? In one layer the pin can act on the future through one
# thing only, the token that it makes the model write. After that the text has to carry the machine, and a
# text of `1,2,3,4,5,6,7,8` and one strange token is not much to go by.


# %%
PROMPT = torch.tensor([tokenizer.token_to_id(SEPARATOR), *tokenizer.encode("1,2,3,4,5,6,7,8").ids])
AHEAD, SAMPLES = 16, lesson.pick(smoke=10, lesson=100, full=400)


def alive(latent: int, pinned: bool) -> Float[Tensor, "ahead"]:
    """Share of samples in which a latent of its automaton fires, by tokens after the prompt."""
    change = partial(effects.pin, sae=sae, latent=latent, value=maximum[latent])
    members = sorted({j for i, j in run_again if i == latent} | set(groups.get(home[latent], [latent])))
    given = model, sae, PROMPT, SAMPLES, AHEAD, members, generator
    return automata.fires_later(*given, change if pinned else None)


starts = sorted({i for i, _ in run_again})[:8] or [START]
pinned_once, not_pinned = (torch.stack([alive(i, pin) for i in starts]).mean(0) for pin in (True, False))
first_step = (pinned_once - not_pinned)[0].item()
later = (pinned_once - not_pinned)[AHEAD // 2 :].mean().item()

# %% fold="The figure: after one pin" tags=["nbval-check-output"]
print(
    f"a latent of the automaton fires, pinned less unpinned: next token {first_step:+.2f}, later {later:+.2f}"
)
lesson.show(
    lines(
        list(range(1, AHEAD + 1)),
        {"pinned once": pinned_once.tolist(), "no pin": not_pinned.tolist()},
        x_title="tokens after the prompt",
        y_title="share of samples in which the automaton fires",
    ),
    see=f"on the next token the automaton fires more often by {first_step:+.2f} than without the pin, in the "
    f"second half by {later:+.2f}: nothing has started. From this prompt no automaton is set going by "
    "one pin; an edge describes how text that is already of a kind goes on.",
    alt=f"Two lines over tokens after the prompt; they differ by {later:+.2f} in the second half.",
)

# %% [markdown]
# ## 3 · Weights that do nothing
#
# The table from latent to latent agreed with the text only in part, and one suspect you know from lesson 01.
# A table from 1024 tokens to 1024 logits has a million entries, but it is a product through a residual
# stream of 64 dimensions, so it can't choose them freely: most entries are what is left over when others
# were made right. In lesson 01 such leftovers were called interference, and the ReLU hid them. Here nothing
# hides them, yet they need not matter, because a weight from a token to a logit only counts where the token
# stands and the logit is in play. So ask of each of them two things. Is it *effective*: does the prediction
# move without it? And is it *helpful*: does the loss rise without it?
#
# Virtual weight $w$ goes from a unit to the logit of one token. A unit is a latent, or a token of the
# vocabulary, which is 1 where it stands and 0 elsewhere. Its activation $a$ is here already divided by the
# scale of the last LayerNorm, which stays frozen. Without the weight that one logit falls by
# $\delta = a w$. With $p$ the probability that its token had before, the Kullback–Leibler divergence
# KL(before ‖ after) is $\log(1 - p + p\, e^{-\delta}) + p\, \delta$, in nats: 0 where the prediction hasn't
# moved.

# %% [markdown]
# ## Exercise 11.4 · Does the weight do anything?
# *Difficulty 3/5 · about 10 minutes*
#
# For small $\delta$, expand the divergence: $\log(1 + x) \approx x - x^2/2$ with $x = p(e^{-\delta} - 1)$.
# The terms in $\delta$ cancel; what is left is in $\delta^2$. Find it, then take the mean over tokens
# $\tau$, and write it for all units $u$ and logits $v$ at once, with one product of matrices.
#
# <details>
# <summary>The formula</summary>
#
# $$e_{uv} \;=\; \frac{w_{uv}^2}{2} \; \frac{1}{T} \sum_\tau a_{\tau u}^2 \; p_{\tau v} (1 - p_{\tau v})$$
#
# </details>


# %% exercise="11.4"
def effectiveness(
    weights: Float[Tensor, "unit vocab"],
    acts: Float[Tensor, "token unit"],
    p: Float[Tensor, "token vocab"],
) -> Float[Tensor, "unit vocab"]:
    """KL in nats a token, to second order, when that weight alone goes: mean over the tokens."""
    ### BEGIN SOLUTION
    return weights.square() / 2 * (acts.square().T @ (p * (1 - p))) / len(p)
    ### END SOLUTION


# %% check="11.4"
lesson.check("11.4", effectiveness)

# %%
chosen_on = interference.read(model, sae, search.tokens[:: lesson.pick(smoke=20, lesson=8, full=4)])
measured_on = interference.read(model, sae, test.tokens[:: lesson.pick(smoke=40, lesson=16, full=8)])
weights, p_there = interference.to_logits(model, sae), chosen_on.logits.softmax(-1)
effective = {kind: lesson.use.effectiveness(w, chosen_on.acts[kind], p_there) for kind, w in weights.items()}

# %% [markdown]
# Is the second order good enough? For some weights, the divergence with no approximation:

# %% fold="Second order and exact" tags=["nbval-check-output"]
said = effective["latent → logit"].flatten()
sample = said.argsort(descending=True)[:: lesson.pick(smoke=5000, lesson=1000, full=200)].tolist()
whole_kl = [
    interference.kl_without(
        weights["latent → logit"][n // len(vocab), n % len(vocab)].item(),
        chosen_on.acts["latent → logit"][:, n // len(vocab)],
        p_there[:, n % len(vocab)],
    )
    for n in sample
]
order_kept = circuits.spearman(said[sample], torch.tensor(whole_kl))
print(f"rank correlation with the exact divergence over {len(sample)} weights: {order_kept:.3f}")

# %% [markdown]
# **Predict.** Take away the least effective half of the half million weights from latents to logits, all at
# once. By how much does the loss rise on other text?
#
# - a: by less than 0.02 nats
# - b: by 0.02 to 0.2 nats
# - c: by more than 0.2 nats

# %% tags=["predict"]
prediction_c = None  # your answer: "a", "b" or "c"

# %%
GONE = [0.5, 0.7, 0.85, 0.95]
cost = {
    kind: interference.rises(
        w, effective[kind], partial(interference.loss_without, measured_on, kind), GONE, generator
    )
    for kind, w in weights.items()
}
half = {kind: found["least effective first"][GONE.index(0.5)] for kind, found in cost.items()}
random_half = {kind: found["at random"][GONE.index(0.5)] for kind, found in cost.items()}

# %%
rise = half["latent → logit"]
lesson.reveal(
    prediction_c,
    "a" if rise < 0.02 else "b" if rise <= 0.2 else "c",
    f"By {rise:.4f} nats; with a random half gone by {random_half['latent → logit']:.2f}. The choice was "
    "made on one pile of text, the loss measured on another.",
)

# %% fold="The figure: pruned" tags=["nbval-check-output"]
for pruned_kind, found_cost in cost.items():
    costs = zip(GONE, found_cost["least effective first"], strict=True)
    said_costs = ", ".join(f"{s:.0%} {r:.4f}" for s, r in costs)
    print(f"{pruned_kind}: nats by share gone: {said_costs}")
lesson.show(
    lines(
        [100 * s for s in GONE],
        {f"{kind}, {name}": values for kind, found in cost.items() for name, values in found.items()},
        x_title="weights taken away, %",
        y_title="rise of the loss, nats a token",
        height=480,
    ),
    see=f"half of the weights from latents go for {half['latent → logit']:.4f} nats, half of those from "
    f"tokens for {half['token → logit']:.4f}. By size alone it costs more, at random a great deal: what "
    "counts is the weight *and* where it is met.",
    alt="Rise of the loss by share of weights taken away, for two kinds of weight and three orders.",
)

# %% [markdown]
# That nearly all of the table does nothing doesn't make what is left good. Does a weight help? To second
# order the rise of the loss without it is the mean of $-\delta (p - y) + \frac{1}{2} \delta^2 p (1 - p)$,
# $y$ being 1 where the token came. Adding up the signs:

# %% fold="Do they help?" tags=["nbval-check-output"]
helping, gained = {}, {}
for helping_kind, w in weights.items():
    read_there = measured_on.acts[helping_kind], measured_on.logits.softmax(-1)
    helps = interference.helpfulness(w, *read_there, measured_on.following)
    met = interference.effectiveness(w, *read_there)
    top = interference.most_effective(effective[helping_kind], 0.01)
    helping[helping_kind] = [interference.share_that_helps(helps, x) for x in (met, met * top)]
    gained[helping_kind] = (helps[top].sum() / helps.sum()).item()
    all_of, top_of = helping[helping_kind]
    print(f"{helping_kind}: {all_of:.0%} help; of the 1% most effective {top_of:.0%}, which hold", end=" ")
    print(f"{gained[helping_kind]:.0%} of what all weights gain")

# %% [markdown]
# Little more than half of all weights help, as if by a coin. But of the most effective hundredth, chosen on
# the other pile, four in five do, and they hold most of what all weights gain together. A virtual weight that
# you read off the matrices is a fact about the matrices; whether it is a fact about the model's *work*, you
# know only when you have asked how often it is met. (The question is of 2026. Its authors find that 47.6 %
# of the weights that they sample in a larger one-layer model help, and that 70 % can go for 0.01 nats.)
#
# The next table adds a third kind of weight, from tokens to latents, and was measured on more text than fits
# into a lesson. Its column *all* is the rise when a whole table goes: set the others against that.
# (`course sweep course_utils.interp.interference:pruning --seeds 3` makes it again.)

# %% fold="The table: three kinds of weight" tags=["nbval-check-output"]
pruned_table = assets.table("pruning")
print(f"{'nats when the least effective go':34} 50%     85%     95%     all    help   top 1%")
for kind_of_weight in ("token → logit", "latent → logit", "token → latent"):
    names = [f"least effective first, {gone}" for gone in ("50%", "85%", "95%", "100%")]
    names += ["share that helps", "share that helps, top 1 %"]
    sums = [sum(row[f"{kind_of_weight}: {name}"] for row in pruned_table) for name in names]
    print(f"{kind_of_weight:32}", *(f"{value / len(pruned_table):7.4f}" for value in sums))

# %% [markdown]
# <details>
# <summary>Does a pruned table make a model that is easier to read?</summary>
#
# It makes a sparser table, and each row that remains is nearer to what a latent does. But every weight was
# judged alone, with all others in place. Two that replace each other both look idle, and when both are gone
# the loss rises. The curve above is the honest test, because there they all go at once.
#
# </details>

# %% [markdown]
# ## 4 · An explanation is a forecast
#
# "This latent is about times of day" sounds like an explanation. But how would you notice that it is wrong?
# A good-looking sentence fits almost any list of top examples, because you wrote it while you looked at them.
# So ask of an explanation what you ask of any theory: let it forecast something that it hasn't seen. Given 1
# new token and the text before it, does the unit fire there, or not? A rule that anybody can run on any text
# has to answer, and then its answers can be held against the activations. That also separates two jobs that
# are easily mixed up: *finding* an explanation, which may use any trick, and *judging* it, which may not look
# at the text on which it was found.

# %%
drawings.show("rule_as_prediction")

# %% [markdown]
# A **rule** here is up to three conditions that all have to hold. A condition is a predicate, a yes-or-no
# statement about a token and what stands before it, or the negation of one. Some 400 of them form the
# **bank** of lesson 10: the token, the one before, classes of tokens, the last eight, the place in the
# sequence. None reads a label. On top of the bank a rule may name its own short list of at most ten tokens.
#
# There are two piles of text again: on part of `search` rules are found, on part of `test` they are judged.
# A rule says yes or no, so its forecast has two levels. Which levels doesn't matter for the score,
# Pearson's correlation, because correlation ignores scale and offset.

# %%
SEQUENCES = lesson.pick(smoke=60, lesson=600, full=2000)


def part_of(pile: Pile, seed: int) -> Int[Tensor, "seq pos"]:
    """Some of a pile's sequences: rules are tried on all of them, hundreds at a time."""
    order = torch.randperm(len(pile.tokens), generator=torch.Generator().manual_seed(seed))
    return pile.tokens[order[:SEQUENCES]]


found_tokens, judged_tokens = part_of(search, 1000 + SEED), part_of(test, 2000 + SEED)
bank = predicates.bank(found_tokens, vocab)
found_on, judged_on = (explanations.read(tokens, bank, FIRST) for tokens in (found_tokens, judged_tokens))
search_here, test_here = (pile.late(pile.tokens) for pile in (found_on, judged_on))  # the tokens that count
search_neurons, test_neurons = (
    hooks.activations(model, pile.tokens, FIRST) for pile in (found_on, judged_on)
)
search_latents, test_latents = sae.encode(search_neurons), sae.encode(test_neurons)

# %% [markdown]
# ## Explain one yourself
#
# Here are the strongest examples of one latent, and weaker ones. What is it about? Put your explanation as a
# regular expression: wherever it matches, you forecast that the latent fires.

# %%
rate = (search_latents > 0).float().mean(0)
often = ((rate > 0.01) & (rate < 0.03)).nonzero()[:, 0]
MINE = int(often[search_latents[:, often].amax(0).argmax()])  # of those, the one that fires strongest


def lit(latent: int, pile: explanations.Pile) -> dashboard.Page:
    acts = sae.encode(hooks.activations(model, pile.tokens))[:, latent]
    return dashboard.lit_examples(pile.tokens, acts.view(pile.tokens.shape), vocab)


lit(MINE, found_on)

# %% tags=["predict"]
my_pattern = None  # your explanation, such as r"[A-Z][a-z]+"


# %%
def judge(pattern: str, latent: int) -> float:
    """How well "fires where the pattern matches" follows a latent on the test pile."""
    says = text.phrase_mask(judged_on.tokens, vocab, pattern)
    return measures.correlation(test_latents[:, [latent]], judged_on.late(says).float()).item()


mine = judge(my_pattern or r"[0-9]+", MINE)
print(f"your explanation of latent {MINE}: {mine:.2f}" if my_pattern else f"“digits” scores {mine:.2f}")

# %% [markdown]
# Now let the computer try all of the bank at once, and for all units. For that a formula is handy.

# %% [markdown]
# ## Exercise 11.5 · A correlation from two sums
# *Difficulty 2/5 · about 8 minutes*
#
# Let $a_t$ be a unit's activation on token $t$ and $y_t$ be 1 where a statement holds, else 0. Of the
# statement you know two sums only: how often it holds, $c = \sum_t y_t$ (`count`), and the unit's activation
# where it does, $s = \sum_t a_t y_t$ (`total`). Derive Pearson's correlation of $a$ with $y$ from them, the
# number of tokens $n$, and the unit's own mean and standard deviation (with $n$ below, not $n - 1$), and
# write it for all units and statements. (What is $y_t^2$?) Where either never changes, the correlation is 0.


# %% exercise="11.5"
def correlation_from_sums(
    acts: Float[Tensor, "token unit"], total: Float[Tensor, "unit rule"], count: Float[Tensor, "unit rule"]
) -> Float[Tensor, "unit rule"]:
    """The correlation of each unit with each yes-or-no statement, from two sums over the tokens."""
    ### BEGIN SOLUTION
    share = count / len(acts)
    covariance = total / len(acts) - share * acts.mean(0)[:, None]
    lengths = acts.std(0, correction=0)[:, None] * (share * (1 - share)).sqrt()
    return torch.where(lengths > 1e-9, covariance / lengths.clamp_min(1e-9), 0.0)
    ### END SOLUTION


# %% check="11.5"
lesson.check("11.5", correlation_from_sums)

# %% [markdown]
# <details>
# <summary>The formula</summary>
#
# As $y_t^2 = y_t$, the statement's mean is $p = c/n$ and its variance $p - p^2 = p\,(1-p)$. The covariance is
# $s/n - p\,\bar a$. So
#
# $$r \;=\; \frac{s/n - p\,\bar a}{\sigma_a \sqrt{p\,(1-p)}}$$
#
# With $\bar a_\text{in} = s/c$, the mean activation where the rule holds, this is
# $\frac{\bar a_\text{in} - \bar a}{\sigma_a} \sqrt{p/(1-p)}$. So a rule that holds seldom can still score
# high, but only if the activations there are so large that little of the unit is left elsewhere.
#
# </details>

# %% [markdown]
# ## Exercise 11.6 · All candidates in one product
# *Difficulty 3/5 · about 10 minutes*
#
# The search is greedy: it keeps the rule that it has, and looks for the condition that helps most. So for
# every unit $u$ and predicate $q$ it needs both sums of "rule and $q$", and of "rule and not $q$". With
# $r_{tu} = 1$ where unit $u$'s rule holds and $h_{qt} = 1$ where the predicate does,
#
# $$\text{total}_{uq} = \sum_t a_{tu}\, r_{tu}\, h_{qt} \qquad \text{count}_{uq} = \sum_t r_{tu}\, h_{qt}$$
#
# Write them with matrix products, without a loop. The negations cost nothing more: what is in the rule is
# either where $q$ holds or where it doesn't. First all predicates, then all negations, as columns.


# %% exercise="11.6"
def conjunction_sums(
    acts: Float[Tensor, "token unit"],
    rule: Float[Tensor, "token unit"],
    holds: Float[Tensor, "predicate token"],
) -> tuple[Float[Tensor, "unit candidate"], Float[Tensor, "unit candidate"]]:
    """(total, count) of "rule and q" for all predicates q, then of "rule and not q"."""
    ### BEGIN SOLUTION
    inside = acts * rule
    total, count = (holds @ inside).T, (holds @ rule).T
    rest = inside.sum(0)[:, None] - total, rule.sum(0)[:, None] - count
    return torch.cat([total, rest[0]], dim=1), torch.cat([count, rest[1]], dim=1)
    ### END SOLUTION


# %% check="11.6"
lesson.check("11.6", conjunction_sums)

# %% [markdown]
# With the two functions, the search for one latent is a loop of a few lines:


# %%
def search_one(acts: Float[Tensor, "token"], conditions: int = 3) -> list[str]:
    """The conditions that the greedy search adds, each with the correlation that it reaches."""
    holds, names = found_on.holds.float(), [one.name for one in bank]
    names += [f"not ({name})" for name in names]
    both = torch.cat([holds, 1 - holds])
    rule, steps = torch.ones(len(acts), 1), []
    for _ in range(conditions):
        total, count = lesson.use.conjunction_sums(acts[:, None], rule, holds)
        scores = lesson.use.correlation_from_sums(acts[:, None], total, count)[0]
        best = int(scores.argmax())
        rule = rule * both[best][:, None]
        steps.append(f"{scores[best]:.2f}  {names[best]}")
    return steps


# %% fold="What it finds for your latent" tags=["nbval-check-output"]
print(*search_one(search_latents[:, MINE]), sep="\n")

# %% [markdown]
# `explanations.search` is this loop for many units at once, with the lists of tokens beside the bank. It
# stops where a condition adds less than .005. Now four *codes* of the same text (a code is a table of
# activations, tokens by units), each judged on the test pile:
#
# - **latents** of the shipped SAE, and the **neurons** that it was trained on;
# - **random directions**, as ReLU units with biases by which each fires on 5 % of the tokens. They
#   read a trained transformer, but nothing has chosen them;
# - the **shuffled model's latents**: an SAE of the same recipe, on the transformer with the entries of each
#   of its weight matrices in another order. So its SAE was trained, but on a transformer that has learnt
#   nothing. (This is M's own control.)
#
# **Predict.** The latents' mean score is about a half. What do the shuffled model's latents reach?
#
# - a: next to nothing, below a quarter of that
# - b: clearly less, up to four fifths
# - c: about as much, or more

# %% tags=["predict"]
prediction_d = None  # your answer: "a", "b" or "c"

# %%
UNITS = lesson.pick(smoke=16, lesson=128, full=512)
nonsense, of_nonsense = shuffled(model), assets.load_sae("sae-4x-shuffled")
random_rows = torch.randn(UNITS, sae.d_in, generator=torch.Generator().manual_seed(SEED))
thresholds = (search_neurons @ random_rows.T).quantile(0.95, dim=0)
codes = {
    "latents": (search_latents, test_latents),
    "neurons": (search_neurons, test_neurons),
    "random directions": tuple(
        (x @ random_rows.T - thresholds).relu() for x in (search_neurons, test_neurons)
    ),
    "shuffled model's latents": tuple(
        of_nonsense.encode(hooks.activations(nonsense, pile.tokens, FIRST)) for pile in (found_on, judged_on)
    ),
}
chosen = {name: explanations.some_units(*acts, UNITS, SEED) for name, acts in codes.items()}
codes = {name: [x[:, chosen[name]] for x in acts] for name, acts in codes.items()}

# %%
rules = {
    name: explanations.search(acts[0], found_on, bank, vocab)
    for name, acts in lesson.progress(codes.items(), "searching rules")
}
says = {name: explanations.said(found, judged_on) for name, found in rules.items()}
scores = {name: explanations.follows(codes[name][1], says[name]) for name in codes}
order = torch.randperm(len(rules["latents"]), generator=torch.Generator().manual_seed(SEED))
swapped = explanations.follows(codes["latents"][1], says["latents"][:, order])
means = {name: score.mean().item() for name, score in scores.items()}
part = means["shuffled model's latents"] / means["latents"]

# %%
lesson.reveal(
    prediction_d,
    "a" if part < 0.25 else "b" if part < 0.8 else "c",
    "Mean scores: "
    + ", ".join(f"{name} {mean:.2f}" for name, mean in means.items())
    + ". A transformer that "
    "learnt nothing gives latents that are as easy to explain.",
)

# %% fold="Some rules, with their scores" tags=["volatile"]
for unit in scores["latents"].argsort(descending=True)[:: max(1, len(scores["latents"]) // 6)].tolist():
    print(f"{scores['latents'][unit]:.2f}  {rules['latents'][unit].name}"[:150])
print(f"each with the rule of another latent: {swapped.mean():.2f} on average")

# %% [markdown]
# So the score tells latents from neurons and from random directions, and it tells a rule from another
# latent's rule, but it doesn't tell a trained transformer from a shuffled one. M found just that: the
# features of its randomised transformer had the *higher* median score. Before you look for the reason, look
# at how such a score can be bought. Your rules may list up to ten tokens. Suppose a list could be as long as
# you like: then "the token is one of these 200" is a rule too. Is it an explanation? The next figure was
# measured over three seeds, with SAEs that were trained for it by one recipe on 1 million activations each.
# Beside the codes that you know it has the shuffled model's neurons and three SAEs that are less than
# trained: one whose decoder stays as it was drawn while the rest learns (*frozen decoder*), one that learnt
# nothing (*untrained*), and the same with biases by which each unit fires on 5 % of the tokens.
# (`course sweep course_utils.interp.explained:explained_rows --seeds 3` makes it again.)

# %%
table = assets.table("explained_rows")


def of_table(row: str, score: str) -> float:
    return sum(one[f"{row}.{score}"] for one in table) / len(table)


ROWS = ["latents", "neurons", "frozen decoder", "untrained, 5 % dense", "untrained"]
ROWS += ["shuffled model, latents", "shuffled model, neurons"]
gap_short, gap_long = (
    of_table("latents", score) - of_table("neurons", score) for score in ("follows", "any list")
)

# %% fold="The figure: what a longer list buys"
lesson.show(
    grouped_bars(
        {
            row: {"lists of ten": of_table(row, "follows"), "any list": of_table(row, "any list")}
            for row in ROWS
        },
        "correlation of rule and activation on other text, mean over units",
    ),
    see=f"the latents' lead over the neurons is {gap_short:+.2f} with lists of ten, {gap_long:+.2f} with "
    "any list: "
    "what the longer lists give, they give to neurons and untrained directions. A frozen decoder, whose "
    f"directions nobody chose, has {of_table('frozen decoder', 'follows'):.2f}.",
    alt="Bars for seven codes, two each: rules with lists of ten tokens, and with lists of any length.",
)

# %% [markdown]
# ## Exercise 11.7 · Told apart from look-alikes
# *Difficulty 3/5 · about 10 minutes*
#
# M's second way to judge is **detection**: given tokens on which the unit fires and tokens on which it
# doesn't, does the explanation tell which is which? The result hangs on the quiet tokens. Drawn at random,
# they are mostly of other kinds, and the token alone gives them away. So take **look-alikes**: quiet tokens
# that *are* the same token as one that fires.
#
# No need to draw them. Let $F_v$ be how many firing tokens are the token $v$, and $Q_v$ how many quiet ones
# are. A quiet token weighs $F_v / Q_v$: then the look-alikes of $v$ together weigh as much as what fires on
# $v$. With $w$ these weights, balanced accuracy is
#
# $$\tfrac12\left(\text{share of firing tokens with a yes} \;+\;
# \frac{\sum_{\text{quiet}} w_t\,[\text{no}]}{\sum_{\text{quiet}} w_t}\right)$$
#
# and against *all* quiet tokens the same with equal weights. Return both.


# %% exercise="11.7"
def detection(
    says: Bool[Tensor, "token"], fires: Bool[Tensor, "token"], tokens: Int[Tensor, "token"]
) -> tuple[float, float]:
    """(against all quiet tokens, against look-alikes): the rule's balanced accuracy as a detector."""
    ### BEGIN SOLUTION
    size = int(tokens.max()) + 1
    firing, quiet = (tokens[mask].bincount(minlength=size) for mask in (fires, ~fires))
    weight = (firing / quiet.clamp_min(1))[tokens] * ~fires
    hits = says[fires].float().mean()
    right = (weight * ~says).sum() / weight.sum().clamp_min(1e-9)
    return ((hits + (~says[~fires]).float().mean()) / 2).item(), ((hits + right) / 2).item()
    ### END SOLUTION


# %% check="11.7"
lesson.check("11.7", detection)

# %%
drawings.show("lookalikes")

# %%
TOP = lesson.pick(smoke=10, lesson=100, full=300)  # a unit "fires" where its largest activations are


def detected(name: str) -> tuple[float, float]:
    """Both accuracies of a code's rules, medians over its units."""
    acts = codes[name][1]
    top = torch.zeros_like(says[name]).scatter(0, acts.topk(TOP, dim=0).indices, True)
    both = [lesson.use.detection(s, f, test_here) for s, f in zip(says[name].T, top.T, strict=True)]
    return tuple(torch.tensor(both).median(0).values.tolist())


accuracies = {name: detected(name) for name in codes}

# %% fold="The table: detection" tags=["nbval-check-output"]
print(f"{'balanced accuracy':>26}  any quiet  look-alikes")
for name, (any_quiet, alike) in accuracies.items():
    print(f"{name:>26} {any_quiet:10.2f} {alike:12.2f}")

# %% [markdown]
# Against any quiet token the neurons' rules do at least about as well as the latents', which were far ahead
# in simulation, as M calls a forecast that is scored by correlation. ("Firing" means here: among the unit's
# hundred largest activations.) A unit that fires on much of the text has large activations wherever its
# favourite tokens stand, and a list of tokens finds them. Against look-alikes the latents lead again, though
# not by much over random directions, and the shuffled model's rules fall to one half: they knew the token,
# and nothing else.
#
# <details>
# <summary>Why do the rules of dense units do well in detection and badly in simulation?</summary>
#
# Detection asks about the largest activations only, simulation about all. A neuron fires on much of the
# text, with many sizes, for reasons that no three conditions cover; but its hundred largest activations are
# often on few tokens. So always ask which part of a unit an explanation was asked to explain.
#
# </details>

# %% [markdown]
# ## The trap of the single token
#
# The shuffled model still knows which token it is given, because a random embedding is as good a name as a
# trained one. Its latents can therefore be about single tokens, and those are the easiest of all to explain:
# "the token is `(`" scores near 1, and a vocabulary has 1024 of them. So a high score may only say that the
# input was passed on. What a transformer *adds* is context. If you want to know what training made, take off
# whatever the token alone tells, and ask for the rest.

# %% [markdown]
# ## Exercise 11.8 · Take the token off
# *Difficulty 2/5 · about 7 minutes*
#
# The best forecast of a unit from the current token $v$ alone is its mean activation on $v$. Make the table
# of these means, one row a token of the vocabulary. A token that doesn't occur tells nothing: give it the
# unit's mean over all tokens. Then $a_{tu} - m_{v(t)\,u}$ is what the token didn't tell. (The means come from
# the search pile, also for the test pile.)


# %% exercise="11.8"
def token_means(
    acts: Float[Tensor, "token unit"], tokens: Int[Tensor, "token"], d_vocab: int
) -> Float[Tensor, "vocab unit"]:
    """Each unit's mean activation on each token; its overall mean for tokens that don't occur."""
    ### BEGIN SOLUTION
    total = torch.zeros(d_vocab, acts.shape[1], dtype=acts.dtype).index_add(0, tokens, acts)
    count = tokens.bincount(minlength=d_vocab)[:, None]
    return torch.where(count > 0, total / count.clamp_min(1), acts.mean(0))
    ### END SOLUTION


# %% check="11.8"
lesson.check("11.8", token_means)

# %% [markdown]
# **Predict.** Rules are searched anew for what is left. Which code loses most of its mean score?
# (That is, whose mean correlation falls furthest? The trap above gives you a hint, so guess as well how much
# of each is left.)
#
# - a: the latents
# - b: the neurons
# - c: the shuffled model's latents

# %% tags=["predict"]
prediction_e = None  # your answer: "a", "b" or "c"


# %%
def beyond_the_token(name: str) -> Float[Tensor, "unit"]:
    """Scores of new rules for what each unit does beyond its mean on the current token."""
    means = lesson.use.token_means(codes[name][0], search_here, len(vocab))
    left = [x - means[here] for x, here in zip(codes[name], (search_here, test_here), strict=True)]
    found = explanations.search(left[0], found_on, bank, vocab)
    return explanations.follows(left[1], explanations.said(found, judged_on))


beyond = {name: beyond_the_token(name) for name in lesson.progress(codes, "beyond the token")}
left_means = {name: score.mean().item() for name, score in beyond.items()}
high = {name: (score > 0.7).float().mean().item() for name, score in scores.items()}
well = {name: (score > 0.5).float().mean().item() for name, score in beyond.items()}
lost = {name: means[name] - left_means[name] for name in codes}

# %%
options = {"a": "latents", "b": "neurons", "c": "shuffled model's latents"}
lesson.reveal(
    prediction_e,
    max(options, key=lambda letter: lost[options[letter]]),
    "Left: " + ", ".join(f"{name} {left_means[name]:.2f} of {means[name]:.2f}" for name in codes) + ".",
)

# %% fold="The figure: all scores, with the token and without"
lesson.show(
    rule_figures.scores_by_rank(
        {"all of the activation": scores, "what the token doesn't tell": beyond},
        "correlation with the rule, test pile",
    ),
    see=f"left, above .7 lie {high['latents']:.0%} of the latents, {high[options['c']]:.0%} of the shuffled "
    f"model's and {high['neurons']:.0%} of the neurons. Right, above .5 lie {well['latents']:.0%} of the "
    f"latents, {well[options['c']]:.0%} of the shuffled model's, {well['neurons']:.0%} of the neurons and "
    f"{well['random directions']:.0%} of random directions.",
    alt="Two panels of falling curves, one line a code: units' scores from best to worst.",
)

# %% [markdown]
# Here at last the trained transformer stands apart from the shuffled one. But look at who else does: random
# directions in the *trained* model are explained by context about as well, on average, as its neurons. That
# is right, because context is in the neurons, and any direction reads some of it. What sets the latents
# apart is less their mean than their best: units for which one rule about context nearly says it all. And
# hold the two panels together before you quote a score for "interpretability": on the left the shuffled
# model's latents win against the neurons by about as much as the real ones do.

# %% [markdown]
# ## What it reads, what it writes
#
# One more test needs no activation at all. A rule says when the unit fires. So it also says what comes next:
# count the tokens that follow where the rule holds, and compare with all text. This is the rule's forecast
# for the unit's *logit weights* (lesson 09), the log of a ratio for each token. Nothing in the search has
# seen these weights.


# %%
def written(name: str, directions: Tensor, one, order=slice(None)) -> float:
    """Mean correlation of units' logit weights with what rules forecast; `order` gives them others' rules."""
    after_mlp = one.blocks[0]["mlp"]["W_out"], one.ln_final["w"], one.unembed["W_U"]
    weights = effects.logit_weights(directions[chosen[name]], *after_mlp)[order]
    return explanations.forecasts(rules[name], weights, found_on, len(vocab)).mean().item()


writes = {
    "latents": written("latents", sae.W_dec, model),
    "latents, each with another's rule": written("latents", sae.W_dec, model, order),
    "neurons": written("neurons", torch.eye(sae.d_in), model),
    "random directions": written("random directions", random_rows, model),
    "shuffled model's latents": written("shuffled model's latents", of_nonsense.W_dec, nonsense),
}

# %% fold="The table: forecasts of logit weights" tags=["nbval-check-output"]
for written_name, value in writes.items():
    print(f"{written_name:>34} {value:5.2f}")

# %% [markdown]
# Here the shuffled model scores nothing, although its rules are as good: its latents write noise. This is the
# sharpest of the four tests, and the cheapest. It asks for what the model has learnt, namely that what is
# read has to do with what is written.
#
# <details>
# <summary>What if the explainer is itself uninterpretable?</summary>
#
# Then you have moved the question up one floor, and there is no last floor. But note what had to be trusted
# in this lesson: not the search, which may be as blind as it likes, only the judge, and the judge is three
# lines of arithmetic on text that the search didn't see. A language model as explainer is fine under the same
# judge. A language model as *judge* is another matter: its mistakes may be those of the explainer.
#
# </details>

# %% [markdown]
# ## A language model as the explainer (optional)
#
# The same judge takes rules from anybody. If you have an address that speaks OpenAI's protocol (a server on
# your own machine will do), set `COURSE_EXPLAINER_URL` before you start Jupyter, and `COURSE_EXPLAINER_KEY`
# and `COURSE_EXPLAINER_MODEL` if it needs them. Without it nothing is asked, and nothing leaves this machine.
# With it, text of the corpus goes to that address; the cell says first how many calls and tokens it would
# take, and sends nothing until you set `ask = True`. The key is stored and printed nowhere.

# %%
ask, price_per_token = False, None  # set them yourself
endpoint = explainer.from_environment()
asked_units = scores["latents"].argsort(descending=True)[::13][:5].tolist()
prompts = [explainer.prompt(codes["latents"][0][:, unit], found_on, vocab) for unit in asked_units]
planned = explainer.plan(prompts)

# %% tags=["volatile"]
print(f"{planned.calls} calls, at most about {planned.tokens} tokens")
if price_per_token:
    print(f"at most about {planned.price(price_per_token):.4f} in your currency")
if endpoint and ask:
    theirs = explainer.ask(endpoint, prompts, vocab, most_calls=5, most_tokens=10_000)
    judged = explanations.follows(codes["latents"][1][:, asked_units], explanations.said(theirs, judged_on))
    for asked_unit, rule, score in zip(asked_units, theirs, judged.tolist(), strict=True):
        print(f"{score:5.2f} (search {scores['latents'][asked_unit]:.2f})  {rule.name}"[:150])
else:
    print("nothing was asked")

# %% [markdown]
# ## 5 · The price of sparsity, once more
#
# Lesson 08 asked which $\lambda$ reads best, and three measures gave three answers. Ask again, with rules.
# Six SAEs of 512 latents, $\lambda$ from ¼ to 8, three seeds each, 800 000 activations
# (`course sweep course_utils.interp.explained:along_lambda --seeds 3 --set
# l1=0.25,0.5,1.0,2.0,4.0,8.0`):
#
# - **rule**: the score that you know, correlation of the best rule with the activation;
# - **top**: the best rule's correlation with "this is among the .3 % of tokens where the unit is largest";
# - **types**: how many of 70 content types have a latent whose correlation with the type is above ½ (shown
#   as a share).
#
# **Predict.** Which of the three is largest at a $\lambda$ inside the range, with a fall on both sides?
#
# - a: rule
# - b: top
# - c: types
# - d: none

# %% tags=["predict"]
prediction_f = None  # your answer: "a", "b", "c" or "d"

# %%
swept = assets.table("along_lambda")
LAMBDAS = sorted({one["l1"] for one in swept})


def along(name: str) -> list[float]:
    """A column of the table by λ, the mean over seeds."""
    here = [[one[name] for one in swept if one["l1"] == l1] for l1 in LAMBDAS]
    return [sum(values) / len(values) for values in here]


curves = {"rule": along("follows"), "top": along("top"), "types": [n / 70 for n in along("types")]}
beside = {"loss recovered": along("recovered"), "R²": along("r2")}
types = along("types")
peak = max(range(len(LAMBDAS)), key=types.__getitem__)

# %% fold="The figure: three scores along λ"
lesson.show(
    measures_by_sparsity(LAMBDAS, curves | beside),
    see=f"the rule's score rises from {curves['rule'][0]:.2f} to {curves['rule'][-1]:.2f}, top from "
    f"{curves['top'][0]:.2f} to {curves['top'][-1]:.2f}. Types are most at λ = {LAMBDAS[peak]:g}: "
    f"{types[peak]:.0f}, with {types[0]:.0f} and {types[-1]:.0f} at the ends. Loss recovered only falls.",
    alt="Five curves against λ: rule, top, types as shares, loss recovered and R².",
)

# %%
lesson.reveal(
    prediction_f,
    "abcd"[next((k for k, c in enumerate(curves.values()) if max(c[0], c[-1]) < max(c) - 0.05), 3)],
    "Falls by more than .05 on both sides of its peak: "
    + (", ".join(name for name, c in curves.items() if max(c[0], c[-1]) < max(c) - 0.05) or "none")
    + ".",
)

# %% [markdown]
# So the notes' trade-off between reconstruction and interpretability depends on what you call interpretable.
# (The notes are the reading notes on M that lesson 09's discussion quoted.) By either correlation with a
# rule more sparsity is better as far as we went: a code that seldom fires is easy to describe. By the number
# of types that have a latent, there is a best $\lambda$, and the curve falls slowly after it: probably
# because a latent that is to cover a whole type has to fire on all of its tokens. And what is paid is the
# accuracy of our description. The transformer stays as it is, and loses nothing.

# %% [markdown]
# ## Play
#
# Any latent, any explanation. Choose a latent, look at it, and beat the search: `judge` scores a regular
# expression on the test pile.


# %% tags=["play"]
def try_it(latent: int, pattern: str) -> None:
    try:
        print(f"latent {latent}: {judge(pattern, latent):.2f}")
    except re.error as error:
        print(f"that is no regular expression yet: {error}")


_ = ipywidgets.interact(try_it, latent=(0, sae.d_sae - 1), pattern=r"[0-9]+:[0-9]+")

# %% [markdown]
# Without widgets: change the latent or the pattern below and run the cell again.
# (`lit` shows a latent; add a line such as `judge(r"[0-9]+:[0-9]+", MINE)` to score a pattern.
# `search_one(search_latents[:, MINE])` says what there is to beat, on the search pile.)

# %%
lit(MINE, judged_on)

# %% [markdown]
# ## Your experiment · Another bank, another code
#
# Change one thing about how explanations are found or judged. Say first what you expect, and keep a control
# beside it. Some ideas: only predicates of context in the bank (`one.kind`); rules of one condition
# (`explanations.search(..., conditions=1)`); lists of three tokens or of thirty (`longest`); the sparser SAE
# `assets.load_sae("sae-4x-sparse")`; firing itself, `(acts > 0).float()`, in place of the activation. Then
# two or three sentences: what you expected, what came out in numbers, and what it does *not* show.

# %% experiment="code"
### BEGIN SOLUTION
for kind in ("latents", "shuffled model's latents"):
    short = explanations.search(codes[kind][0], found_on, bank, vocab, conditions=1)
    score_short = explanations.follows(codes[kind][1], explanations.said(short, judged_on)).mean()
    print(f"{kind}: one condition {score_short:.2f}, three {means[kind]:.2f}")
### END SOLUTION

# %% [markdown] experiment="answer"
# I expected one condition to be enough for the shuffled model's latents, whose rules name tokens, and too few
# for the real ones. The cell above prints both: the real ones lose more. So conditions two and three carry
# context. This doesn't show that the conditions found are the ones that the model computes.

# %% [markdown]
# ## Claims

# %% fold="The claims: circuits" tags=["nbval-check-output"]
medians = {kind: values[:, EARLIER].median().item() for kind, values in of_kind.items()}
lesson.claim("circuits.sum_float64", errors["float64"], at_most=1e-5)
lesson.claim("circuits.sum_float32", errors["float32"], at_most=1e-4)
lesson.claim("circuits.base64_from_earlier", own_shares[EARLIER], at_least=0.6)
near_random = medians["latents"] - medians["random directions"]
lesson.claim("circuits.context_over_random", near_random, between=(-0.1, 0.1))
lesson.claim("circuits.attribution_above_shuffled", apart, at_least=0.9)

# %% fold="The claims: automata" tags=["nbval-check-output"]
lesson.claim("automata.weights_and_counts", agreement, at_least=0.2)
lesson.claim("automata.rows_shuffled", by_shuffled, between=(-0.1, 0.1))
lesson.claim("automata.types_that_run", len(automata_running), at_least=3, paper="shown for some")
lesson.claim("automata.edges_that_run", run_share, at_most=0.25)
lesson.claim("automata.one_pin_later", later, between=(-0.1, 0.1))

# %% fold="The claims: interference" tags=["nbval-check-output"]
lesson.claim("interference.second_order", order_kept, at_least=0.95)
lesson.claim("interference.half_pruned", max(half.values()), at_most=0.02, paper="70 % for .01 nats")
lesson.claim("interference.random_half", min(random_half.values()), at_least=0.2)
lesson.claim("interference.help", min(a for a, _ in helping.values()), between=(0.5, 0.65), paper=".476")
lesson.claim("interference.top_helps", min(b for _, b in helping.values()), at_least=0.7)

# %% fold="The claims: simulation" tags=["nbval-check-output"]
control = options["c"]
lesson.claim("rules.latents_minus_neurons", means["latents"] - means["neurons"], at_least=0.04)
lesson.claim("rules.latents_minus_random", means["latents"] - means["random directions"], at_least=0.06)
lesson.claim("rules.another_latents_rule", swapped.mean(), at_most=0.04)
lesson.claim("rules.shuffled_is_level", means[control] - means["latents"], at_least=-0.12, paper="higher")
lesson.claim("rules.any_list_closes_the_gap", gap_short - gap_long, at_least=0.1)

# %% fold="The claims: detection, context, logits" tags=["nbval-check-output"]
lead, by_detection = (
    x["latents"] - x["neurons"] for x in (means, {n: a for n, (a, _) in accuracies.items()})
)
lesson.claim("detection.gap_closes", lead - by_detection, at_least=0.05)
lesson.claim("detection.shuffled_by_lookalikes", accuracies[control][1], between=(0.45, 0.55))
lesson.claim("beyond.latents_minus_shuffled", left_means["latents"] - left_means[control], at_least=0.2)
lesson.claim("beyond.latents_minus_neurons", left_means["latents"] - left_means["neurons"], at_most=0.12)
near = left_means["neurons"] - left_means["random directions"]
lesson.claim("beyond.neurons_near_random", near, at_most=0.05)
lesson.claim("beyond.well_latents_minus_neurons", well["latents"] - well["neurons"], at_least=0.08)
lesson.claim("writes.latents_minus_neurons", writes["latents"] - writes["neurons"], at_least=0.03)
lesson.claim("writes.latents_minus_shuffled", writes["latents"] - writes[control], at_least=0.2)

# %% fold="The claims: along λ" tags=["nbval-check-output"]
lesson.claim("tradeoff.rule_never_turns", min(b - a for a, b in pairwise(curves["rule"])), at_least=0)
lesson.claim("tradeoff.top_never_turns", min(b - a for a, b in pairwise(curves["top"])), at_least=0)
lesson.claim("tradeoff.types_above_both_ends", types[peak] - max(types[0], types[-1]), at_least=5)

# %% [markdown]
# ## Where we differ from the paper
#
# - **Circuits.** M says of its automata that they aren't circuits in the usual sense, because they run
#   through the text. It shows some by their latents; the counts, the shuffled rows and the pins are ours.
#   So is the list of what doesn't work.
# - **Frozen parts.** The exact sum is of one token, at its own scale and switches. The tables of virtual
#   weights take means, and the table from tokens leaves attention to other tokens out.
# - **Interference.** The question and its two measures are of a larger one-layer model. We take second
#   order for both, and check it for the first. Weights from tokens to latents, whose effect has to pass
#   through the latent, are in the shipped table only.
# - **Explanations.** M's are sentences by a language model, from 49 examples, and a language model simulates
#   activations from 0 to 9. Ours are rules from a stated bank, and their forecasts have two levels. So ours
#   can't be more clever than the bank, and nobody has to be trusted.
# - **Scores.** M takes *median* scores, we take means: single-token latents pull them apart, which is what
#   we look for. Random directions with a bias, look-alikes by weight and the forecast of logit weights are
#   ours. M tests logit weights with the explainer: is this token raised? (74 % for features, 58 % for
#   neurons.)

# %% [markdown]
# ## Discussion
#
# 1. *Scaffold or floor?* If models explain models, what is at the bottom? Say what would have to be checked
#    by hand, once, so that the rest can be left to machines. (M, "Automated interpretability"; lesson 09's
#    third question.)
# 2. *What has a forecast explained?* A rule that forecasts perfectly when a latent fires says nothing about
#    why, and nothing about what the model does with it. Which of this lesson's tests came nearest to "why"?
# 3. *Which circuits?* One layer made sums exact. With two, attention reads what the first MLP wrote. Which of
#    the sums here would survive, and which would have to be replaced by experiments? (Lesson 13 asks a deeper
#    model.)
# 4. *The one number.* A paper reports: "82 % of our features are interpretable, judged by a language model."
#    Which three rows would you ask for?

# %% [markdown]
# ## What you can now say
#
# - With the scale and the switches frozen, what made a latent fire is a sum that is exact. It isn't a
#   forecast of what happens without a part.
# - Latents form automata in the text. Weights know something of who follows whom, but few of the strong
#   edges run when one latent is pinned, and one pin starts nothing from a neutral prompt.
# - Most virtual weights do next to nothing: half can go, all at once, for next to no loss. Read a table of
#   weights together with how often each is met.
# - An explanation is a forecast, and it is judged on text that it wasn't found on. With lists as long as you
#   like, neurons are "explained" as well as latents.
# - A transformer with shuffled weights scores as well, because single tokens are easy to explain. Take the
#   token off, or ask what the unit writes, and it scores next to nothing.
# - Which λ reads best depends on the score: two only rise, a third has its peak inside.
#
# ### Three readings
#
# 1. [Finite state automata](https://transformer-circuits.pub/2023/monosemantic-features#phenomenology-fsa),
#    M: the drawings, and what the authors say these are not. 15 minutes.
# 2. [Automated
#    interpretability](https://transformer-circuits.pub/2023/monosemantic-features#global-analysis-interp-auto-acts),
#    M: its four tests, and the appendix on the randomised transformer. 20 minutes.
# 3. [Language models can explain neurons in language
#    models](https://openaipublic.blob.core.windows.net/neuron-explainer/paper/index.html): where simulation
#    as a score began. 25 minutes.
#
# The kit's modules behind this lesson, in reading order: [the map](../docs/map.md).

# %%
lesson.summary()
