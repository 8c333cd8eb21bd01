# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# course:
#   number: "13"
#   title: A model that nobody here trained
#   minutes: 80
#   needs: ["07", "08", "09"]
#   papers: ["M: Base64 feature, in a model of another maker"]
#   model: smollm2
# ---

# %% [markdown]
# # 13 · A model that nobody here trained
#
# Everything so far happened in a transformer of one layer, on a corpus made for it. Whoever doubts you will
# say: *of course you found a base64 latent, you put the base64 there.* So take a model that other people
# trained, on text that nobody here has seen, thirty layers deep, and go through the story again: find the
# latent without labels, judge it, switch it off, hold it on. Some of it comes out as before. Some doesn't,
# mostly because of depth. One half of the doubt stays: the model is other people's, but the text that its SAE
# has read is again the course's own, with base64 in it.
#
# - **Time:** about 80 minutes; the cells themselves run in three.
# - **Needs:** lessons 07, 08 and 09, and once the network: `course model smollm2` fetches the model (93 MB).
#   Without its file you can do all the exercises; the other cells then say how to get it. Nothing else in
#   the course needs it: this lesson is an elective.
# - **Rebuilds:** *Towards Monosemanticity* (M), the
#   [base64 feature](https://transformer-circuits.pub/2023/monosemantic-features#feature-base64), in
#   [SmolLM2-135M](https://arxiv.org/abs/2502.02737) (Hugging Face, Apache 2.0), the version that was also
#   taught to follow instructions.
#
# **Words.** The *residual stream after layer 8* is the vector of a token that nine of the thirty layers
# (0 to 8) have written to. The SAE of this lesson reads it: 576 numbers in, 1536 latents.

# %% [markdown]
# ## Recall
#
# <details>
# <summary>From lesson 09: what three claims does a name like "the base64 latent" make?</summary>
#
# That it *reads* base64 (fires there and nowhere else), that it *writes* base64 (argues for what comes next
# there), and that the model *uses* it. None follows from another, so each had a test of its own.
#
# </details>
#
# <details>
# <summary>From lesson 09: why did 200 random directions stand beside the latent?</summary>
#
# Because a test that a random direction passes says nothing about training. Some of the 200, and many latents
# that have nothing to do with base64, had all their twenty top tokens in its alphabet.
#
# </details>

# %% tags=["parameters"]
SCALE = "lesson"
SEED = 0

# %%
from typing import NamedTuple

import torch
import torch.nn.functional as F
from IPython.display import display
from ipywidgets import Textarea, VBox, interactive_output
from jaxtyping import Bool, Float, Int
from torch import Tensor

import course_utils
from course_utils import assets, environment
from course_utils.assets import make_smollm2
from course_utils.figures import bars, drawings
from course_utils.interp import dashboard, effects, measures, proxies, smollm2, smollm2_effects, text
from course_utils.lm import corpus, data
from course_utils.lm.tokenizer import token_bytes
from course_utils.pretrained import cells, llama, running, tiny

lesson = course_utils.start("13", scale=SCALE, seed=SEED)
lesson.without_gradients()
cells.need_the_file()

# %% [markdown]
# ## A layer of another make
#
# Lesson 07's model and this one are the same machine: a residual stream to which attention and an MLP add,
# layer after layer. Four parts are built in another way; a model with these four is called a *Llama*, after
# the one that made them common. They aren't the idea of this lesson, but whoever opens a model of today meets
# them, so you write each once. They are checked on small random tensors, then put together, and after that
# the real model runs on your functions.

# %%
drawings.show("llama_layer")

# %% [markdown]
# ## Exercise 13.1 · RMSNorm
# *Difficulty 1/5 · about 5 minutes*
#
# Lesson 07's layer norm took off the mean, divided by the standard deviation, scaled and shifted. This one
# only divides by the root of the mean square and scales:
#
# $$\text{RMSNorm}(x) = w \odot \frac{x}{\sqrt{\frac1d \sum_i x_i^2 + \varepsilon}}$$


# %% exercise="13.1"
def rms_norm(x: Float[Tensor, "*batch d"], w: Float[Tensor, "d"], eps: float) -> Float[Tensor, "*batch d"]:
    """Each vector over the root of its own mean square, times w."""
    ### BEGIN SOLUTION
    mean_square = x.square().mean(-1, keepdim=True)
    return w * x / (mean_square + eps).sqrt()
    ### END SOLUTION


# %% check="13.1"
lesson.check("13.1", rms_norm)

# %% [markdown]
# ## Exercise 13.2 · Positions as rotations
# *Difficulty 4/5 · about 15 minutes*
#
# Lesson 07 added a vector for each position to the stream. Here nothing is added. Instead, queries and keys
# are *turned*: entries $2i$ and $2i + 1$ are a point in a plane, and at position $p$ it is rotated by the
# angle
#
# $$\theta_{p,i} = p \cdot b^{-2i/d_\text{head}} \qquad
# \begin{pmatrix} x'_{2i} \\ x'_{2i+1} \end{pmatrix} =
# \begin{pmatrix} \cos\theta & -\sin\theta \\ \sin\theta & \cos\theta \end{pmatrix}
# \begin{pmatrix} x_{2i} \\ x_{2i+1} \end{pmatrix}$$
#
# Here $b$ is `base`, and $i$ counts the pairs from 0. The first pair turns fast, the last one slowly. The row
# `x[:, 0]` has the position `first`, the next one `first + 1`: when text is sampled, earlier positions have
# gone through already. The result has the dtype of `x`.


# %% exercise="13.2"
def rotate(
    x: Float[Tensor, "batch pos head d_head"], first: int, base: float
) -> Float[Tensor, "batch pos head d_head"]:
    """Every pair of entries turned by its position's angle; row 0 has the position `first`."""
    ### BEGIN SOLUTION
    d_head = x.shape[-1]
    frequencies = base ** (-torch.arange(0, d_head, 2, dtype=x.dtype) / d_head)
    positions = torch.arange(first, first + x.shape[1], dtype=x.dtype)
    angles = (positions[:, None] * frequencies)[:, None, :]
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = even * angles.cos() - odd * angles.sin(), even * angles.sin() + odd * angles.cos()
    return torch.stack(turned, dim=-1).flatten(-2)
    ### END SOLUTION


# %% check="13.2"
lesson.check("13.2", rotate)

# %% [markdown]
# <details>
# <summary>Why turn, when one could add?</summary>
#
# A query turned by $\theta_p$ and a key turned by $\theta_q$ have the scalar product of the unturned ones
# with one of them turned by $\theta_{p-q}$. So the score depends on the *distance* of the two tokens and
# not on where in the text they stand; what was learnt at position 5 holds at position 500.
#
# </details>

# %% [markdown]
# ## Exercise 13.3 · Heads that share their keys
# *Difficulty 3/5 · about 12 minutes*
#
# The model has 9 query heads and only 3 heads of keys and values: heads 0, 1, 2 read the first, 3, 4, 5
# the second, 6, 7, 8 the third. When text is sampled, keys and values of all earlier tokens are kept, and
# a third as many of them fill a third of the memory. For query head $h$ with group $g(h)$:
#
# $$z_{h} = \text{softmax}\!\Big(\frac{q_h k_{g(h)}^\top}{\sqrt{d_\text{head}}} + \text{mask}\Big) v_{g(h)}$$
#
# The queries are those of the *last* positions. Where there are more keys than queries, the last query still
# sees every key, the one before it all but one.


# %% exercise="13.3"
def grouped_attention(
    q: Float[Tensor, "batch query head d_head"],
    k: Float[Tensor, "batch key group d_head"],
    v: Float[Tensor, "batch key group d_head"],
) -> Float[Tensor, "batch query head d_head"]:
    """Causal attention in which head / group heads, one after the other, share keys and values."""
    ### BEGIN SOLUTION
    size = q.shape[2] // k.shape[2]
    k, v = k.repeat_interleave(size, dim=2), v.repeat_interleave(size, dim=2)
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    queries, keys = scores.shape[-2:]
    future = torch.ones(queries, keys, dtype=torch.bool, device=q.device).triu(1 + keys - queries)
    pattern = scores.masked_fill(future, -torch.inf).softmax(-1)
    return torch.einsum("bhqk,bkhd->bqhd", pattern, v)
    ### END SOLUTION


# %% check="13.3"
lesson.check("13.3", grouped_attention)

# %% [markdown]
# ## Exercise 13.4 · Neurons that multiply
# *Difficulty 1/5 · about 5 minutes*
#
# A neuron of lesson 07 was one reading through a ReLU. Here a neuron has two readings and multiplies them:
#
# $$n = \text{silu}(x W_\text{gate}) \odot (x W_\text{in}) \qquad \text{silu}(a) = \frac{a}{1 + e^{-a}}$$
#
# So it can be negative, and it is off where either reading is 0.


# %% exercise="13.4"
def gated_neurons(
    x: Float[Tensor, "*batch d_model"],
    W_gate: Float[Tensor, "d_model d_mlp"],
    W_in: Float[Tensor, "d_model d_mlp"],
) -> Float[Tensor, "*batch d_mlp"]:
    """silu of the gate's reading, times the second reading."""
    ### BEGIN SOLUTION
    return F.silu(x @ W_gate) * (x @ W_in)
    ### END SOLUTION


# %% check="13.4"
lesson.check("13.4", gated_neurons)


# %% [markdown]
# Put the four together. `llama.Llama` is the rest: embedding, the loop over layers, hooks, kept keys
# (`course_utils/pretrained/llama.py`, to be read beside lesson 07's model). A tiny random model of the same
# kind shows that nothing is lost between your parts and the kit's.


# %%
class Mine(llama.Llama):
    """The kit's model, with your four parts in it."""

    rms_norm = staticmethod(lesson.use.rms_norm)
    rotate = staticmethod(lesson.use.rotate)
    grouped_attention = staticmethod(lesson.use.grouped_attention)
    gated_neurons = staticmethod(lesson.use.gated_neurons)


# %% tags=["nbval-check-output"]
small = tiny.model(seed=SEED)
mine = Mine(small.cfg, small.W_E, small.blocks, small.ln_final)
some_tokens = torch.arange(48).view(2, 24)
apart = (mine(some_tokens) - small(some_tokens)).abs().max().item()
print(f"{small.cfg.n_layers} layers, {small.cfg.n_heads} heads; your logits and the kit's are", end=" ")
print("the same" if apart < 1e-4 else f"{apart:.1g} apart")

# %% [markdown]
# ## Exercise 13.5 · Positions that are out of all proportion
# *Difficulty 2/5 · about 5 minutes*
#
# In a deep model a few positions have a residual stream that is several times as long as that of most others.
# Call a position *ordinary* when its length is at most `factor` times the median length of all positions, of
# all sequences together:
#
# $$\lVert x_p \rVert \le \text{factor} \cdot \operatorname{median}_q \lVert x_q \rVert$$


# %% exercise="13.5"
def ordinary(x: Float[Tensor, "*batch d_model"], factor: float) -> Bool[Tensor, "*batch"]:
    """Where the length of x is at most `factor` times the median length of all positions."""
    ### BEGIN SOLUTION
    lengths = x.norm(dim=-1)
    return lengths <= factor * lengths.median()
    ### END SOLUTION


# %% check="13.5"
lesson.check("13.5", ordinary)

# %% tags=["nbval-check-output"]
in_small = running.residual_stream(mine, some_tokens, layer=1)
kept_in_small = lesson.use.ordinary(in_small, make_smollm2.FACTOR).float().mean()
print(f"of a random model's positions {kept_in_small:.1%} are ordinary")

# %% [markdown]
# ## Exercise 13.6 · From one mean to another
# *Difficulty 1/5 · about 5 minutes*
#
# The simplest direction for a class that one has labels for: from the mean of all other tokens to the mean
# of the class, scaled to length 1. It will be the rival of everything that the SAE gives.
#
# $$d = \frac{\delta}{\lVert \delta \rVert} \qquad
# \delta = \bar x_\text{class} - \bar x_\text{rest}$$


# %% exercise="13.6"
def difference_of_means(
    x: Float[Tensor, "token d_model"], in_class: Bool[Tensor, "token"]
) -> Float[Tensor, "d_model"]:
    """The unit vector from the mean outside of the class to the mean in it."""
    ### BEGIN SOLUTION
    d = x[in_class].mean(0) - x[~in_class].mean(0)
    return d / d.norm()
    ### END SOLUTION


# %% check="13.6"
lesson.check("13.6", difference_of_means)

# %% tags=["nbval-check-output"]
late = torch.arange(48) % 24 >= 12  # the second half of each sequence
between = lesson.use.difference_of_means(in_small.flatten(0, 1), late)
print(f"the random model's two halves lie along a direction of length {between.norm():.2f}")

# %% [markdown]
# ## The real one
#
# SmolLM2 has 135 million parameters. Its file holds the matrices in 4 bits a weight, 32 of them with a common
# scale and offset, and the embedding in 8 (`course_utils/pretrained/gguf.py` reads it in a hundred lines).
# Here it runs on your functions.

# %%
# with the model
theirs, words = make_smollm2.load()
model = Mine(theirs.cfg, theirs.W_E, theirs.blocks, theirs.ln_final)
sae = assets.load_sae(make_smollm2.NAME)
LAYER, vocab = make_smollm2.LAYER, token_bytes(words)


# %% tags=["nbval-check-output"]
# with the model
def tokens_of(string: str) -> Int[Tensor, "1 pos"]:
    return torch.tensor([words.encode(string).ids])


says = model(tokens_of("The capital of France is"))[0, -1].softmax(-1)
for token in says.topk(3).indices.tolist():
    print(f"{words.decode([token])!r} {says[token]:.2f}")

# %% [markdown]
# ## Two piles, and what sticks out of them
#
# The text is the course's own corpus, which this model has never seen. To have enough base64 in so little
# text, 8 % of it is base64 here. You read the residual stream after layer 8 on two piles of sequences of 128
# tokens: on the first, `search`, you choose, on the second, `test`, you measure. Whatever has to be measured
# on more text than a lesson can read comes from a table, with the command that makes it.
#
# **Predict.** Some positions are more than three times as long as the median. Most of them are
#
# - a: rare tokens
# - b: the first token of a sequence
# - c: the last token of a sequence

# %% tags=["predict"]
prediction_a = None  # your answer: "a", "b" or "c"


# %%
# with the model
class Pile(NamedTuple):
    tokens: Int[Tensor, "seq pos"]
    content_types: Int[Tensor, "seq pos"]
    x: Float[Tensor, "seq pos d_model"]
    neurons: Float[Tensor, "seq pos d_mlp"]  # of the same layer
    kept: Bool[Tensor, "seq pos"]  # where it is ordinary


def read(seed: int) -> Pile:
    count = lesson.pick(smoke=16, lesson=72, full=500)
    docs = corpus.documents(3_000 * count, "held_out", seed, fixed={"base64": 0.08})
    found = data.sequences(docs, words, make_smollm2.N_CTX, make_smollm2.SEPARATOR)
    every = len(found.tokens) // count  # far apart, so that many documents are among them
    few, content_types = (part[::every][:count] for part in found)
    neurons = []
    keep = {f"blocks.{LAYER}.mlp.hook_post": lambda acts: neurons.append(acts) or acts}
    parts = lesson.progress(few.split(running.CHUNK), "reading")
    x = torch.cat([model(part, keep, stop_at_layer=LAYER + 1) for part in parts])
    kept = lesson.use.ordinary(x, make_smollm2.FACTOR)
    return Pile(few, content_types, x, torch.cat(neurons), kept)


search, test = read(3000 + SEED), read(4000 + SEED)

# %%
# with the model
out = ~test.kept
square = (test.x - test.x[test.kept].mean(0)).square().sum(-1)  # about the mean of the ordinary ones
first_share, weight = out[:, 0].float().mean().item(), (square[out].sum() / square[~out].sum()).item()
alike = F.cosine_similarity(test.x[:, 0], test.x[:, 0].mean(0), dim=-1).mean().item()
at_first, at_last = out[:, 0].sum() / out.sum(), out[:, -1].sum() / out.sum()  # of what is left out
lesson.reveal(
    prediction_a,
    "b" if at_first > 0.5 else "c" if at_last > 0.5 else "a",
    f"{at_first:.0%} of them are first tokens. {first_share:.0%} of the first positions are as long, "
    f"{out[:, 1:].float().mean():.1%} of the others. All in all "
    f"{out.float().mean():.1%} of the positions, with {weight:.0%} of the squared length that all others "
    f"have together. The first ones are nearly the same vector each time: a cosine of {alike:.3f} with "
    "their mean.",
)

# %% tags=["nbval-check-output"]
# with the model
entry = int(test.x[:, 0].abs().mean(0).argmax())
first_size, other_size = test.x[:, 0, entry].abs().mean(), test.x[test.kept][:, entry].abs().mean()
print(f"entry {entry} of {sae.d_in}: {first_size:.0f} at first positions, {other_size:.0f} at ordinary ones")

# %% [markdown]
# Why should a model do that? Attention must put its weights somewhere, since each row of a pattern sums to
# 1, and a head with nothing to say needs a place where looking does no harm. The first token is always in
# sight, so training has made it such a place: one entry of its vector has grown to hundreds, and its key
# draws what is left over. (So the usual account goes, and the second reading below argues for it. You have
# seen the entry, and that your random model had no such position; the keys we haven't tested.) The vector
# that is always the same carries nothing of the text. But the squared error of an SAE counts squared length,
# so about one position in 80 would pull at it half as hard as all the others together. Therefore whatever is
# too long is left out, here and in the training of the SAE, and the lesson says so. That isn't only
# beginnings: the first of 128 tokens are 0.8 % of all positions, so more than a third of what is left out
# stands within the text, and we haven't looked at what it is.
#
# <details>
# <summary>Isn't it cheating to leave out what doesn't fit?</summary>
#
# It would be if the latents were then said to explain everything. The SAE of this lesson says nothing about
# these positions, and no number below counts them. An SAE for *all* positions is possible: M's own recipe
# trains on every token, in a model of one layer, which has no such positions.
#
# </details>

# %% [markdown]
# ## Find it, again without labels
#
# Lesson 09's proxy needs a tokenizer and nothing else: base64 of random bytes on one side, the search pile
# on the other, and for each token the log-likelihood ratio of the last 16. It knows nothing of the model,
# so it works on this one as it is. Your latent is the one that, on the search pile, follows best whether the
# ratio is above 0.
#
# **Predict.** Lesson 09's latent had a correlation of .87 with base64, its best neuron .53. Now there are
# thirty layers, trained by others on the web. On the test pile the latent that the proxy finds will have
#
# - a: less than .4, since base64 is a small thing to a model of the whole web
# - b: .4 to .7
# - c: more than .7

# %% tags=["predict"]
prediction_b = None  # your answer: "a", "b" or "c"

# %%
# with the model
score = smollm2.proxy(words, search.tokens)[search.kept]
f_search, f_test = sae.encode(search.x[search.kept]), sae.encode(test.x[test.kept])
known, truth = (smollm2.is_type(pile.content_types[pile.kept], "base64") for pile in (search, test))
by_proxy = measures.correlation(f_search, (score > 0).float())
LATENT = int(by_proxy.argmax())
acts, largest = f_test[:, LATENT], f_search[:, LATENT].max().item()
latent_correlation = measures.correlation(acts[:, None], truth.float()).item()

# %%
# with the model
lesson.reveal(
    prediction_b,
    "a" if latent_correlation < 0.4 else "b" if latent_correlation < 0.7 else "c",
    f"Latent {LATENT}: {latent_correlation:.2f}. Nobody labelled anything: its tokens gave it away.",
)

# %% [markdown]
# ## Judge it
#
# First beside the neurons of its layer: the one that follows base64 best on the search pile, by the labels,
# measured on the test pile. It is a narrow rival: the SAE reads what nine layers have written, the neurons
# are those of the last of the nine. And mind the share of base64, since a correlation grows with it: it is
# 8 % here, less in the corpus. The neurons of the first sixteen layers, at the natural share, take some
# minutes:
# `course sweep course_utils.interp.smollm2:smollm2_neurons --seeds 2`.

# %%
# with the model
on_search, on_test = (pile.neurons[pile.kept] for pile in (search, test))
NEURON = int(measures.correlation(on_search, known.float()).argmax())
neuron_correlation = measures.correlation(on_test[:, [NEURON]], truth.float()).item()

# %% tags=["nbval-check-output"]
# with the model
print(
    f"latent {LATENT}: {latent_correlation:.2f}; best of {on_test.shape[1]} neurons: {neuron_correlation:.2f}"
)

# %% [markdown]
# Then the other rivals of lesson 09: an SAE that was never trained (as many random directions, also cut so
# that they fire as seldom as the latents) and a logistic probe, which has labels. Your difference of means is
# new among them and has labels as well. A table has what a lesson can't read, 120,000 tokens in which base64
# has its natural share, with SAEs of two seeds:
# `course sweep course_utils.interp.smollm2:smollm2_judged --seeds 2`.

# %%
rows = assets.table("smollm2_judged")
judged = rows[0]
followers = {"the latent": judged["correlation"]}
followers |= {
    name: judged[name] for name in ("probe", "difference of means", "untrained", "untrained, as rare")
}
followers |= {f"the latent, with {name}": judged[name] for name in smollm2.CONTROLS}

# %% fold="The table: SAEs of two seeds" tags=["nbval-check-output"]
lesson.table(
    {name: [row[name] for row in rows] for name in ("seed", "correlation", "sensitivity", "specificity")}
    | {"AUROC": [row["auroc"] for row in rows], "the probe's AUROC": [row["probe, auroc"] for row in rows]}
    | {name: [row[name.lower()] for row in rows] for name in ("L0", "R2", "dead")}
)

# %% fold="The figure: who follows base64" tags=["nbval-check-output"]
lesson.show(
    bars(followers, "correlation"),
    see=f"the latent follows base64 by {judged['correlation']:.2f}, the best untrained direction by "
    f"{judged['untrained']:.2f}, the probe, which was given the labels, by {judged['probe']:.2f}. With what "
    f"looks like base64 the latent goes by at most {max(judged[name] for name in smollm2.CONTROLS):.2f}.",
    alt="Bars of correlation with base64: the latent, its rivals, and the latent with look-alikes.",
)

# %% [markdown]
# Look at the table's second row. We had expected .7 and more of *both* seeds, and a sensitivity and a
# specificity of .65, before the second one was trained; it misses the correlation and, narrowly, the
# specificity. Nothing differs but the seed. The recipe, though, was chosen with the first one, from a handful
# of tries, by this very correlation on the search pile: so part of the first row is luck that was picked. The
# claims at the end are therefore about the SAE that is shipped, and no more. What both rows share is the
# distance to everything untrained, which follows base64 by .22 at most, and the probe above them.
#
# The difference of means looks poor in the figure, and that is half unfair. It has no threshold: it says
# something about every token, and a correlation counts all of that. Asked only whether base64 stands above
# the rest, it has an AUROC of .95 (`rows` holds it), like the first latent and above the second.
#
# Now look at the shipped latent at work. What lights up, from which token on, and what of the hash?

# %%
# with the model
OPENING = "The key: VGhlIG1vZGVsIGhhcyBzZWVuIHRoaXM=. Its hash: 5eb63bbbe01e. Yours, Bob"


def light(string: str) -> dashboard.Page:
    """The text, lit by the latent. Full colour is its maximum on the search pile."""
    ids = tokens_of(make_smollm2.SEPARATOR + string)
    x = running.residual_stream(model, ids, LAYER)[0]
    return dashboard.lit_rows(ids[0], vocab, {f"latent {LATENT}": (sae.encode(x)[:, LATENT], largest)})


light(OPENING)

# %% [markdown]
# ## What it writes, and why the shortcut ends here
#
# Lesson 09 read off the weights what a latent argues for: its direction, through the unembedding. There
# the MLP was the last thing before the logits. Here the direction is written after layer 8, and 21 layers
# read it before anything is said.

# %%
drawings.show("far_from_the_logits")

# %%
# with the model
in_alphabet = text.tokens_in_alphabet(vocab, proxies.BASE64_ALPHABET)
shortcut = (sae.W_dec[[LATENT]] * model.ln_final) @ model.W_E.T
stream = running.residual_stream(model, tokens_of(smollm2_effects.PROMPTS[0]), LAYER)


def last_logits(x: Float[Tensor, "1 pos d_model"]) -> Float[Tensor, "vocab"]:
    return model(x, start_at_layer=LAYER + 1)[0, -1]


STRENGTH = smollm2_effects.STRENGTH  # times the latent's largest activation
held = smollm2_effects.pushed(stream, STRENGTH * largest * sae.W_dec[LATENT])
effect = last_logits(held) - last_logits(stream)
by_weights, by_effect = (smollm2_effects.top_in_alphabet(x, in_alphabet) for x in (shortcut[0], effect))

# %% tags=["nbval-check-output"]
# with the model
print(f"of its top 20 by the shortcut {by_weights:.0%} are in base64's alphabet,")
print(f"of the 20 that the model's own output raises most {by_effect:.0%}")

# %% [markdown]
# Nothing is wrong with the latent: the shortcut is. A direction after layer 8 needn't look like any token,
# because it isn't the last word; it only has to be what layers 9 to 29 take for "this is base64". So the 20
# tokens that its weights point at hardly look like base64, while the same direction, put into the stream and
# carried through 21 layers, raises such tokens as its name promises. Lesson 09's reading of the weights
# doesn't carry over; what carries over is the intervention. But remember how little a list of 20 proved
# there, and that no random direction stands beside this one yet. The sweep at the end of the next section
# counts the same for twenty of them.

# %% [markdown]
# ## Switch it off
#
# As in lesson 09: take the latent's part off the stream, put it there once more, and keep what turns round
# with the sign. That odd part is half the difference of the two losses, and it is above 0 where taking off
# hurts more than adding. The rivals are random directions with the same activations. Each needs two runs
# through 21 layers, so there are three here.

# %%
# with the model
where = smollm2.is_type(test.content_types, "base64") & test.kept
most = where.sum(1).argsort(descending=True, stable=True)[: lesson.pick(smoke=1, lesson=4, full=8)]
inside = where[most, 1:]
RANDOM = smollm2_effects.random_directions(3, sae.d_in, SEED)


def loss_inside(hook) -> float:
    """Mean loss of the tokens in base64, in nats, with the stream passed through `hook`."""
    return running.loss_from(model, hook(test.x[most]), test.tokens[most], LAYER)[inside].mean().item()


def odd_along(d: Float[Tensor, "d_model"]) -> float:
    """What d does with the latent's activations: the part that turns round with its sign."""
    part = sae.encode(test.x[most])[..., [LATENT]] * d * test.kept[most][..., None]
    return effects.odd_part(loss_inside, lambda x: part)


# %%
# with the model
odd = odd_along(sae.W_dec[LATENT])
odd_random = torch.tensor([odd_along(d) for d in lesson.progress(RANDOM, "random directions")])

# %% tags=["nbval-check-output"]
# with the model
print(f"odd part: the latent {odd:+.3f} nats; random {', '.join(f'{v:+.3f}' for v in odd_random.tolist())}")

# %% [markdown]
# Three directions are a glance. The same with twenty, for both SAEs, takes some minutes:
# `course sweep course_utils.interp.smollm2_effects:smollm2_ablated --seeds 2`. Until then say only what you
# have seen: the sign is the right one and the latent lies above all three, but at about a fiftieth of a nat a
# token, on four sequences. Lesson 09's four latents together had about eight times as much.

# %% [markdown]
# ## Hold it on
#
# Two pins: the latent's direction at three times its maximum, and the difference of means, the direction
# that needs labels and no SAE, at the same length. And a random direction as long. Twelve samples each
# from a neutral prompt (`1, 2, 3, 4,`), and lesson 09's rule counts those with a base64 run: 24 characters
# without a break, with both cases and a digit. Lesson 09 pinned at the maximum itself. Three times that is
# far beyond all that the search pile holds, so this asks what the direction *can* do.
#
# **Predict.** Which of the two makes more base64?
#
# - a: the latent
# - b: the difference of means
# - c: both alike, within a sample or two

# %% tags=["predict"]
prediction_c = None  # your answer: "a", "b" or "c"

# %%
# with the model
SAMPLES = lesson.pick(smoke=2, lesson=12, full=48)
between_means = lesson.use.difference_of_means(search.x[search.kept], known)


def held_on(d: Float[Tensor, "d_model"], times: float = STRENGTH) -> list[str]:
    """Samples while d, so many times as long as the latent's part at its largest, is added."""
    generator = torch.Generator().manual_seed(SEED)
    many = times * largest * d.expand(SAMPLES, -1)
    return smollm2_effects.samples_with(model, words, smollm2_effects.PROMPTS[0], many, generator)


pins = {f"latent {LATENT}": sae.W_dec[LATENT], "difference of means": between_means, "random": RANDOM[0]}
texts = {name: held_on(d) for name, d in pins.items()}
shares = {name: smollm2_effects.share_of_runs(drawn) for name, drawn in texts.items()}

# %%
# with the model
by_latent, by_means, by_random = shares.values()
close = abs(by_latent - by_means) < 2.5 / SAMPLES
lesson.reveal(
    prediction_c,
    "c" if close else "a" if by_latent > by_means else "b",
    f"The latent {by_latent:.0%} of {SAMPLES}, the difference of means {by_means:.0%}, a random direction "
    f"{by_random:.0%}.",
)

# %% tags=["volatile"]
# with the model
for name, drawn in texts.items():
    print(f"{name}: {text.visible(drawn[0])}")

# %% fold="The figure: held on" tags=["volatile"]
# with the model
lesson.show(
    bars(shares, "share of samples with a base64 run"),
    see=f"how many of {SAMPLES} samples have a run of base64 while each direction is held on.",
    alt="Bars of the share of samples with a base64 run.",
)

# %% [markdown]
# Four strengths, two prompts, twenty random directions and the neuron of the layer that follows base64 best:
# `course sweep course_utils.interp.smollm2_effects:smollm2_pinned --seeds 1 --set strength=1,2,3,4`.
# With twelve samples a difference of two is no difference. What you can say is that both directions write
# base64 and that the random one doesn't. Compare that with the figure of who follows base64, in which the two
# stand far apart: how well a direction reads doesn't settle how well it writes.

# %% [markdown]
# ## Play
#
# Your text, lit by the latent. Where does it begin to be sure? What of a hash, a UUID, a password?

# %% play
# with the model
text_box = Textarea("api_key = 'c2VjcmV0IHN0dWZmIGhlcmU5OTk', uuid 123e4567", layout={"width": "95%"})
lit_text = interactive_output(lambda string: display(light(string)), {"string": text_box})
VBox([text_box, lit_text])

# %% [markdown]
# The same without widgets: change the text and run the cell again.

# %%
# with the model
light("api_key = 'c2VjcmV0IHN0dWZmIGhlcmU5OTk', uuid 123e4567-e89b-42d3")

# %% [markdown]
# ## Your experiment · Another strength, another name
#
# Change one thing, say first what you expect, and put a control beside it. Some ideas: the latent at its
# maximum, or at twice it, in place of three times; the second best latent by the proxy; another prompt;
# Hebrew or DNA for base64 (`smollm2.is_type`, the difference of means), and what the model then writes.
# Two or three sentences: what you expected, what came out in numbers, and what that does *not* show.

# %% experiment="code"
### BEGIN SOLUTION
# with the model
weaker, weaker_random = (
    smollm2_effects.share_of_runs(held_on(d, times=1)) for d in (sae.W_dec[LATENT], RANDOM[1])
)
print(f"at its maximum, not three times it: {weaker:.2f}; a random direction as long: {weaker_random:.2f}")
### END SOLUTION

# %% [markdown] experiment="answer"
# I expected that at its own maximum the latent writes base64 less often, but still in some samples. It did
# in none of twelve, and a random direction in none. Text itself holds the latent at its maximum for a token
# at most, so the three times of the pins are far from anything that the model has met. That it answers with
# base64 all the same shows what later layers take the direction for, and not that they ever get it at that
# strength. One prompt and one random direction don't show where between one and three it begins.

# %% [markdown]
# ## Claims


# %% fold="The claims: found and judged" tags=["nbval-check-output"]
untrained = max(row[name] for row in rows for name in ("untrained", "untrained, as rare"))
lesson.claim("smollm2.correlation", judged["correlation"], at_least=0.7, paper=".38 with a proxy")
lesson.claim("smollm2.untrained", untrained, at_most=0.45)
lesson.claim("smollm2.sensitivity", judged["sensitivity"], at_least=0.65)
lesson.claim("smollm2.specificity", judged["specificity"], at_least=0.65)
probes_lead = min(row["probe, auroc"] - row["auroc"] for row in rows)
lesson.claim("smollm2.probe_minus_latent", probes_lead, at_least=0)

# %% fold="The claims: what it does" tags=["nbval-check-output"]
# with the model
lesson.claim("smollm2.latent_minus_neuron", latent_correlation - neuron_correlation, at_least=0.25)
lesson.claim("smollm2.odd_part_over_random", odd - odd_random.max().item(), at_least=0.01)
lesson.claim("smollm2.shortcut_in_alphabet", by_weights, at_most=0.3)
lesson.claim("smollm2.pinned_share", by_latent, at_least=0.4, paper="pinned, it samples base64")
lesson.claim("smollm2.random_share", by_random, at_most=0.05)
lesson.claim("smollm2.means_minus_latent", by_means - by_latent, at_least=0)

# %% tags=["volatile"]
# with the model
print(environment.peak_memory())

# %% [markdown]
# ## What changed with depth, and what didn't
#
# - **Didn't.** A hypothesis about text finds a latent without labels; the latent is far above untrained
#   directions; a probe with labels is better; the direction does what its name says, once it is held on
#   strongly enough.
# - **Did.** Some positions are out of all proportion and have to be left out. What a latent writes can't be
#   read off the weights, only seen in what the model does.
# - **Wasn't asked before.** The simplest direction, from mean to mean, writes base64 no less often than the
#   latent, as far as twelve samples tell. Lesson 09 had no such rival, so depth needn't be the reason.
#
# Where we differ from the paper: the model is not ours and has thirty layers in place of one; the SAE
# reads the residual stream and not the neurons; it saw 800,000 activations, each twice, M's 8 billion; the
# text is ours and not what the model was trained on; the latent was held on at three times its maximum. The
# file holds most of the weights in 4 bits, so this isn't quite the model that its makers published.
#
# What a laboratory does beyond this: millions of latents and activations of the model's own text ([Scaling
# Monosemanticity](https://transformer-circuits.pub/2024/scaling-monosemanticity/), May 2024;
# [2406.04093](https://arxiv.org/abs/2406.04093), June 2024); SAEs at every layer, published ([Gemma Scope,
# 2408.05147](https://arxiv.org/abs/2408.05147), August 2024); transcoders, which replace an MLP and so
# lead from latent to latent across layers ([2406.11944](https://arxiv.org/abs/2406.11944), June 2024), and
# the graphs that are made of them ([On the Biology of a Large Language
# Model](https://transformer-circuits.pub/2025/attribution-graphs/biology.html), March 2025).
#
# ## Discussion
#
# 1. *Real model activations.* The reading notes of lesson 09's discussion ask for a model that nobody made
#    for the purpose. What did you believe before this lesson that you believe more, or less, now? And what
#    would change if the SAE had read the web in place of our corpus?
# 2. *Causal intervention as the goal.* To make the model write base64 you didn't need the dictionary: two
#    means did it. For: where a class has a name and labels, nothing else is needed. Against: the
#    dictionary holds 1535 other directions that nobody asked for. When would you want those? (Lesson 12.)
# 3. *Scaling to production models; deception.* About an hour of one computer made the dictionary in which you
#    found one latent of a small model.
#    Suppose a model a thousand times as large, and a property that has no alphabet. Which step of this
#    lesson fails first: the proxy, the dictionary, or the intervention?
#
# ## What you can now say
#
# - I can say what a Llama has in another way than a textbook transformer, because I wrote the four parts.
# - In a deep model some positions are out of all proportion; I find them and say that I left them out.
# - The base64 story holds in a model that nobody here trained: found without labels, judged beside rivals.
# - Far from the logits a latent's logit weights say little; what it does has to be measured on the output.
# - With labels, a probe reads better, and the difference of two means makes the model write base64 too.
#
# ### Three readings
#
# 1. [Scaling Monosemanticity](https://transformer-circuits.pub/2024/scaling-monosemanticity/), the
#    sections on the method and on the Golden Gate Bridge: what you did, with up to 34 million latents. 30
#    minutes.
# 2. [Massive activations in large language models](https://arxiv.org/abs/2402.17762), sections 1 to 3: your
#    outlying positions. 15 minutes.
# 3. [Are sparse autoencoders useful?](https://arxiv.org/abs/2502.16681), the discussion: probes and
#    dictionaries, once more. 15 minutes.
#
# The kit's modules behind this lesson, in reading order: [the map](../docs/map.md).

# %%
lesson.summary()
