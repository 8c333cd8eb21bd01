# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# course:
#   number: "11"
#   title: Circuits and automated interpretability
#   minutes: 100
#   needs: ["07", "08", "09"]
#   papers: ["M: Finite State Automata", "M: Feature Splitting", "M: Automated Interpretability"]
# ---

# %% [markdown]
# # 11 · Circuits and automated interpretability
#
# In lesson 09 you tested one name for one latent. Here you go two ways from there. First *down*: in a model
# with one layer, what makes a latent fire is a sum that you can write out exactly, and what it makes the
# model say is a row of numbers. Put the two behind each other and you can read off the weights which latent
# makes which latent fire next: small machines that run through the text. Then *out*: hundreds of latents
# are too many to read, so a program explains them, and you ask what its score is worth.
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
# on the token, and how much of it comes on the text before. In what follows it is a part of its own.
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
import copy
from functools import partial
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
from course_utils.interp import circuits, dashboard, effects, interference, measures, text
from course_utils.lm import baselines, data, hooks
from course_utils.lm.corpus import CONTENT_TYPES
from course_utils.lm.tokenizer import SEPARATOR, token_bytes

lesson = course_utils.start("11", scale=SCALE, seed=SEED)

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
# earlier tokens, and biases. So the question "what made it fire?" ought to have an answer with five numbers
# in it that add up. Two things stand in the way, because they aren't linear: the LayerNorm divides by a
# scale that depends on all parts at once, and a neuron's ReLU is on or off. But at a given token both are
# *known*. Freeze them: divide by the number that it was, keep on what was on. What is left is linear, and
# the parts add up to the pre-activation exactly, to the last digit of the arithmetic.
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
exact = copy.deepcopy(model).double(), copy.deepcopy(sae).double()
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
# may be negative. As a control, the same for single neurons and for random directions in place of latents:
# whatever they show too isn't the SAE's doing.


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
    see=f"the latents differ. Some are about the token, some about the text before it: {by_context:.0%} of "
    "all latents take more than half of their variation from earlier tokens.",
    alt="Stacked bars: shares of token, position, attention and biases for six latents and three medians.",
)

# %% [markdown]
# ## Which token made it fire?
#
# Attention's part is itself a sum, over the tokens that it looks at. So you can say which of the earlier
# tokens spoke for the latent at one place, and which against it. And on the other side, a latent speaks for
# tokens. M multiplies the two into the **attribution**: activation times the logit weight of the token that
# *came*. It tells a latent that is used where it fires from one whose logit weights only look apt.

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
# is gone; what stays comes from tokens that are frequent everywhere.
#
# ## 2 · Automata
#
# Now put writing and reading behind each other. At one position latent $i$ fires and argues for some
# tokens. One is sampled. At the next position that token is read, and it fires latent $j$. In a model with
# one layer that is the *only* way from a latent at one position to a latent at the next, because nothing
# else of the first position's MLP reaches the second: attention reads what stands before the MLP. So two
# tables of weights, latent to token and token to latent, make a third, from latent to latent, and you can
# compare it with what happens in text. You will find that the table from weights is right about who may
# follow whom, with a rank correlation near 0.3 rather than 1. The difference has a name, interference, and
# section 3 is about it.

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
# ## Exercise 11.3 · Who fires next?
# *Difficulty 3/5 · about 10 minutes*
#
# And what happens in text? Count. Of the tokens where latent $i$ fires, on what share of the *next* tokens
# does latent $j$ fire? And how many times more is that than usual?
#
# $$\text{share}_{ij} = \frac{\#(i \text{ fires, then } j)}{\#(i \text{ fires and a token follows})} \qquad
# \text{lift}_{ij} = \frac{\text{share}_{ij}}{\#(j \text{ fires on a next token}) / \#(\text{next tokens})}$$
#
# A sequence's last token has no next one, and its first token is no other's. Where $i$, or $j$, never
# fires, give 0.


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
# its maximum, add its logit weights to the logits of the corpus as a whole, and ask how many times likelier
# the next token becomes one of $j$'s own, those whose $V$ stands two standard deviations above the mean. No
# text is used but for how often tokens are, the slopes and the maximum. The null is the same table with its
# rows shuffled: it keeps every latent's popularity as a successor, and loses who leads to whom.

# %%
share, lift = lesson.use.transitions(fires[:, FIRST:])
maximum = search.latents[:, FIRST:].flatten(0, 1).amax(0)
post_scale = interference.read(model, sae, search.tokens[:40]).acts["token → logit"].amax(1).mean()
predicted = circuits.predicted_lift(maximum[:, None] * post_scale * direct, p_corpus, V)
shuffled = predicted[torch.randperm(sae.d_sae, generator=generator)]
agreement, by_shuffled = (circuits.spearman(x, lift) for x in (predicted, shuffled))
often = fires[:, FIRST:-1].sum((0, 1))
strong = (share > 0.5) & (lift > 5) & (often >= lesson.pick(smoke=10, lesson=100, full=100))[:, None]
ranked = measures.auroc(predicted.flatten(), strong.flatten())

# %% fold="The figure: weights and counts" tags=["nbval-check-output"]
print(f"rank correlation of predicted and counted lift {agreement:.2f}, rows shuffled {by_shuffled:.2f}")
print(f"{int(strong.sum())} strong edges, {int(strong.diag().sum())} of them self-loops; AUROC {ranked:.2f}")
lesson.show(
    figures.weights_against_counts(predicted.flatten(), lift.flatten(), shuffled.flatten()),
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
# slopes for switches, the corpus's frequencies for the context, and it leaves out attention, which the last
# figure showed to be the larger half. Count token → latent in text in place of $V$, and the rank
# correlation rises to about 0.44; so about a third of what is missing lies in reading, the rest in context.
#
# </details>
#
# ## A machine that you can walk
#
# The strong edges hang together in small groups, and most groups keep to one type of text. Each point is a
# latent, with the tokens that it fires on most; an arrow says that on more than half of the next tokens the
# other fires.


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
    see="a letter of a chess file calls for a rank, `%` for two hex digits, one Roman numeral for smaller "
    "ones. A thick rim is a latent that calls for itself.",
    alt=f"Graphs of latents and arrows for {', '.join(largest_groups)}.",
    table={
        "type": [home[i] for i, j in inside][:30],
        "from": [f"{i}: {labels[i]}" for i, j in inside][:30],
        "to": [f"{j}: {labels[j]}" for i, j in inside][:30],
        "share": [round(share[i, j].item(), 2) for i, j in inside][:30],
    },
)

# %% [markdown]
# ## Play
#
# Walk: choose a latent, and see who comes before and after it. Then choose one of those.


# %%
def walk(latent: int):
    """A latent, with those that it follows (left) and those that follow it (right)."""
    return figures.neighbours(latent, share, labels)


START = inside[0][0] if inside else LATENT

# %% play
ipywidgets.interact(walk, latent=(0, sae.d_sae - 1))

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
# **Predict.** An edge *runs* if its pin raises the successor's share by 0.2 or more over **both** controls.
# What share of all the strong edges run?

# %% tags=["predict"]
prediction_b = None  # your answer: a share from 0 to 1

# %%
LENGTH, TEXTS = 20, lesson.pick(smoke=20, lesson=100, full=400)


def contexts(pile: Pile, latent: int) -> Int[Tensor, "text pos"]:
    """Texts of LENGTH tokens that end in the latent's type of text, where it doesn't fire."""
    quiet = (pile.content_types == HOME[latent]) & (pile.latents[:, :, latent] == 0)
    quiet[:, : LENGTH - 1] = False
    places = quiet.nonzero()
    places = places[torch.randperm(len(places), generator=generator)[:TEXTS]]
    return pile.tokens[places[:, :1], places[:, 1:] + torch.arange(1 - LENGTH, 1)]


def pin_each(
    acts: Float[Tensor, "text d_mlp"], chosen: list[int], value: float
) -> Float[Tensor, "text d_mlp"]:
    """Each text's own latent held at `value`."""
    return acts + (value - sae.encode(acts).gather(1, torch.tensor(chosen)[:, None])) * sae.W_dec[chosen]


# %%
def next_fires(pile: Pile, latent: int) -> dict[str, Float[Tensor, "latent"]]:
    """Share of the texts on whose next token each latent fires: pinned, and three controls."""
    texts, value = contexts(pile, latent), maximum[latent].item()
    others = torch.randint(0, sae.d_sae, (len(texts),), generator=generator).tolist()
    push = value * F.normalize(torch.randn(len(texts), sae.d_in, generator=generator), dim=1)
    changes = {
        "pinned": lambda acts: effects.pin(acts, sae, latent, value),
        "no pin": None,
        "another latent": lambda acts: pin_each(acts, others, value),
        "random direction": lambda acts: acts + push,
    }
    return {name: circuits.follow(model, sae, texts, generator, hook) for name, hook in changes.items()}


def gain(fired: dict[str, Float[Tensor, "latent"]], successor: int) -> float:
    """By how much the pin's share is above the higher of the two controls'."""
    pinned, *controls = (fired[name][successor].item() for name in ("pinned", *CONTROLS))
    return pinned - max(controls)


CONTROLS = "another latent", "random direction"
tried = [i for i in strong.any(1).nonzero()[:, 0].tolist() if len(contexts(search, i)) >= TEXTS // 2]
after = {i: next_fires(search, i) for i in lesson.progress(tried, "pins")}
gains = {(i, j): gain(after[i], j) for i, j, _ in edges if i in after}
running = sorted((edge for edge in gains if gains[edge] >= 0.2), key=gains.get, reverse=True)
run_share = len(running) / max(len(gains), 1)
raised = sum((after[i]["pinned"] > after[i]["no pin"])[j].item() for i, j in gains) / max(len(gains), 1)

# %%
lesson.reveal(
    prediction_b,
    round(run_share, 2),
    f"{len(running)} of {len(gains)}. The pin raises the successor at all on {raised:.0%} of the edges, but "
    "one latent, held for one token, seldom decides what is written. Most strong edges are the company that "
    "latents keep, not one making the other fire.",
)

# %% [markdown]
# Those that ran were picked as the largest of many noisy differences. So try them again, and only them, on
# texts of the other pile.

# %%
fresh = {i: next_fires(test, i) for i in sorted({i for i, _ in running})}
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
    "three controls. In the scripts whose letters are several tokens long, the automaton spells: a "
    "character's first byte calls for its second.",
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


def alive(latent: int, value: float | None) -> Float[Tensor, "ahead"]:
    """Share of samples in which a latent of its automaton fires, by tokens after the prompt."""

    def once(acts: Float[Tensor, "sample pos d_mlp"]) -> Float[Tensor, "sample pos d_mlp"]:
        here = effects.pin(acts[:, len(PROMPT) - 1], sae, latent, value)
        return torch.cat([acts[:, : len(PROMPT) - 1], here[:, None], acts[:, len(PROMPT) :]], dim=1)

    hook = once if value is not None else None
    written = hooks.sample(model, PROMPT, SAMPLES, AHEAD, generator, hook)
    whole = torch.cat([PROMPT.expand(SAMPLES, -1), written], dim=1)
    f = sae.encode(hooks.activations(model, whole, len(PROMPT))).view(SAMPLES, AHEAD, -1)
    return (f[:, :, groups.get(home[latent], [latent])] > 0).any(-1).float().mean(0)


starts = sorted({i for i, _ in run_again})[:8] or [START]
pinned_once = torch.stack([alive(i, maximum[i].item()) for i in starts]).mean(0)
not_pinned = torch.stack([alive(i, None) for i in starts]).mean(0)
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
    see=f"the pin is felt on the next token ({first_step:+.2f}) and lost after a few ({later:+.2f} in the "
    "second half). M's automata are no machines that one latent sets going; they describe how text that is "
    "already of a kind goes on.",
    alt=f"Two lines over tokens after the prompt; they differ by {later:+.2f} in the second half.",
)

# %% [markdown]
# ## 3 · Weights that do nothing
#
# The table from weights to latents agreed with the text only in part, and one reason you know from lesson
# 01. A table from 1024 tokens to 1024 logits has a million entries, but it is a product through a residual
# stream of 64 dimensions, so it can't choose them freely: most entries are what is left over when others
# were made right. In lesson 01 such leftovers were called interference, and the ReLU hid them. Here nothing
# hides them, yet they need not matter, because a weight from a token to a logit only counts where the token
# stands and the logit is in play. So ask of each of them two things. Is it *effective*: does the prediction
# move without it? And is it *helpful*: does the loss rise without it?
#
# Virtual weight $w$ goes from a unit with activation $a$ to the logit of one token. Without it that logit
# falls by $\delta = a w$ (with $a$ over the scale of the last LayerNorm, which stays frozen). The
# divergence between the predictions before and after is $\log(1 - p + p\, e^{-\delta}) + p\, \delta$, for a
# logit whose token has probability $p$.
#
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
for kind_of_weight, found_cost in cost.items():
    at_most = max((s for s, r in zip(GONE, found_cost["least effective first"], strict=True) if r < 0.02))
    print(
        f"{kind_of_weight}: {at_most:.0%} of {weights[kind_of_weight].numel()} weights can go for 0.02 nats"
    )
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
for kind_of_weight, w in weights.items():
    read_there = measured_on.acts[kind_of_weight], measured_on.logits.softmax(-1)
    helps = interference.helpfulness(w, *read_there, measured_on.following)
    met, top = (
        interference.effectiveness(w, *read_there),
        interference.most_effective(effective[kind_of_weight], 0.01),
    )
    helping[kind_of_weight] = [interference.share_that_helps(helps, x) for x in (met, met * top)]
    gained[kind_of_weight] = (helps[top].sum() / helps.sum()).item()
    print("{}: {:.0%} help; of the 1% most effective {:.0%}".format(kind_of_weight, *helping[kind_of_weight]))

# %% [markdown]
# Little more than half of all weights help, as if by a coin. But of the most effective hundredth, chosen on
# the other pile, nearly all do, and they hold most of what all weights gain together. A virtual weight that
# you read off the matrices is a fact about the matrices; whether it is a fact about the model's *work*, you
# know only when you have asked how often it is met. (The question is of 2026. Its authors find that 47.6 %
# of the weights that they sample in a larger one-layer model help, and that 70 % can go for 0.01 nats.
# `course sweep course_utils.interp.interference:pruning` makes the table on three times the text.)
#
# <details>
# <summary>Does a pruned table make a model that is easier to read?</summary>
#
# It makes a sparser table, and each row that remains is nearer to what a latent does. But every weight was
# judged alone, with all others in place. Two that replace each other both look idle, and when both are gone
# the loss rises. The curve above is the honest test, because there they all go at once.
#
# </details>

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

# %%
lesson.summary()
