# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# course:
#   number: "07"
#   title: A toy transformer
#   minutes: 85
#   needs: ["00"]
#   papers: ["M: The problem setup, the transformer", "M: Features vs. neurons"]
# ---

# %% [markdown]
# # 07 · A toy transformer
#
# In the toy models you knew the features, because you had made them. From here on the model is a language
# model and nobody knows its features. You write a transformer with one layer and train it on text. Then you
# look at its **neurons**, the hidden units of its MLP, and ask what each of them is for. Few of them are for
# one thing only; whether that says anything, you find out by asking the same of units that are for nothing.
#
# - **Time:** about 85 minutes; the cells themselves run in less than a minute.
# - **Needs:** lesson 00. The picture of superposition from lessons 01 to 05 helps.
# - **Rebuilds:** *Towards Monosemanticity* (M), the
#   [set-up](https://transformer-circuits.pub/2023/monosemantic-features#problem-setup) and the comparison of
#   [features with
#   neurons](https://transformer-circuits.pub/2023/monosemantic-features#global-analysis-interp), in small:
#   M's transformer has 512 neurons and read 100 billion tokens; ours has 128 and reads not quite a million.
#
# **Words.** A *token* is a piece of text, a number from 0 to 1023. *Loss* is the cost of guessing the next
# token, in nats: $-\log$ of the probability that the model gave to the token that came. A *content type* is
# the kind of text that a token stands in: Greek, JSON, base64.

# %% [markdown]
# ## Recall
#
# <details>
# <summary>With features rare, why can two dimensions hold five of them?</summary>
#
# Because two of them are seldom on together. With one on, what the others read of it is either negative, and
# the ReLU removes it for free, or small and positive, and a negative bias buys it off (lesson 01).
#
# </details>
#
# <details>
# <summary>In lesson 06 you could say how many features an SAE had found. What did that need?</summary>
#
# The true features. You had made the data from them. In a language model nobody has that list; what we do
# have, here, is the content type of each token.
#
# </details>

# %% tags=["parameters"]
SCALE = "lesson"
SEED = 0

# %%
import html
from collections.abc import Callable

import torch
from IPython.display import display
from ipywidgets import HTML, IntSlider, Text, VBox, interactive_output
from jaxtyping import Float, Int
from torch import Tensor

import course_utils
from course_utils import assets
from course_utils.figures import drawings
from course_utils.figures import lm as figures
from course_utils.interp import dashboard, text
from course_utils.lm import baselines, corpus, data, hooks, model, neurons, train
from course_utils.lm.corpus import CONTENT_TYPES
from course_utils.lm.tokenizer import SEPARATOR, token_bytes

lesson = course_utils.start("07", scale=SCALE, seed=SEED)

# %% [markdown]
# **Where you are going.** One bar for each neuron of the transformer that comes with the kit. It shows of
# what text the tokens are that excite the neuron most. Related types (the languages in Latin script, say)
# count as one *family*.

# %%
tokenizer, shipped = assets.load_tokenizer(), assets.load_transformer()
vocab = token_bytes(tokenizer)
held_out = data.load("held_out", lesson.pick(smoke=80_000, lesson=300_000, full=2_400_000), tokenizer, SEED)
TOP = int(neurons.TOP_SHARE * held_out.content_types.numel())
acts, content_types = hooks.activations(shipped, held_out.tokens), held_out.content_types.flatten()
goal = neurons.content_types_of_strongest(acts, content_types, len(CONTENT_TYPES), TOP)
names, by_family = neurons.family_shares(goal)
alone = (by_family.amax(0) > 0.9).float().mean()
of_tokens = torch.bincount(content_types, minlength=len(CONTENT_TYPES)) / len(content_types)
rare = int((neurons.family_shares(of_tokens[:, None])[1] < 0.9 * neurons.TOP_SHARE).sum())

# %% fold="The figure"
lesson.show(
    figures.families_by_neuron(by_family, names),
    see=f"blue is each neuron's own largest family. A neuron with one meaning would be a bar of one colour; "
    f"only {alone:.0%} of the bars are 90 % blue. ({rare} of the {len(names)} families are less than 0.9 % "
    "of the tokens, so even a neuron for one of these alone could not reach it.) Hover over a bar to see its "
    "families.",
    alt=f"128 stacked bars, one a neuron; in {alone:.0%} of them one family fills more than 90 %.",
)

# %% [markdown]
# ## A corpus that knows what it is
#
# M trained on The Pile, where nobody labels which text is base64. Our corpus is made when you run the cell,
# with no network, from what is on your disk already: Python's own source and manual, licence files, Faker's
# word lists, and encoders that turn such text into hex, Morse code or base64. Every document carries its
# content type. So each later statement about a neuron can be held against the truth.
#
# Superposition needs features that are *rare*. That is why there are so many types, and why most of them
# are about one per cent of the text. A model with 128 neurons could give every one of the 70 types a
# neuron of its own and have 58 left. But a type is not one feature. Inside Python there are names,
# strings, indents and brackets, and inside base64 capitals and digits, so there are far more things to
# tell apart than neurons. And because a token of Greek is never a token of Morse code, two such features
# on one neuron seldom get into each other's way. So mixing is cheap here, and you should expect to find
# it.

# %% fold="The shares" tags=["nbval-check-output"]
shares = corpus.shares()
lines = [f"{name:17}{share:6.2%}" for name, share in shares.items()]
for first_line in range(0, len(lines), 4):
    print("   ".join(lines[first_line : first_line + 4]))

# %% [markdown]
# Related types make one *family*. Where in doubt we kept families apart (is CSS code?), so a count of
# families is on the high side; it will be repeated with wider ones.

# %% fold="The families" tags=["nbval-check-output"]
print(f"{len(shares)} content types in {len(set(corpus.FAMILIES.values()))} families")
families = {f: [k for k in CONTENT_TYPES if corpus.FAMILIES[k] == f] for f in corpus.FAMILIES.values()}
for family, members in families.items():
    print(f"{family:13}", ", ".join(members))

# %%
for document in corpus.documents(60_000, seed=SEED)[:9]:
    print(f"{document.content_type:>17}  {document.text[:90]!r}")

# %% [markdown]
# ## Tokens
#
# The tokenizer is a byte-level BPE: its first tokens are the 256 bytes, and training added the most frequent
# pairs until there were 1024. So any text can be written in tokens, and what is frequent takes few.


# %%
def pieces(string: str) -> str:
    return "|".join(text.visible(t) for t in text.token_texts(tokenizer.encode(string).ids, vocab))


for string in ["def __init__(self, name):", "The value of the argument", "ZGVmIF9faW5pdF9f", "Ελλάδα"]:
    print(f"{len(tokenizer.encode(string).ids):3} tokens   {pieces(string)}")

# %% [markdown]
# Documents come one after another, each behind a separator, cut into sequences of 64 tokens. The *held-out*
# text shares no document and no source paragraph with the training text: every loss below is measured on it.

# %% tags=["nbval-check-output"]
corpus_bytes = lesson.pick(smoke=200_000, lesson=4_000_000, full=12_000_000)
training = data.load("train", corpus_bytes, tokenizer, SEED)
token_shares = data.token_shares(held_out.content_types)
print(
    f"training: {training.tokens.numel() / 1e6:.1f} million tokens, held out: "
    f"{held_out.tokens.numel() / 1e6:.1f}"
)
print(f"base64 is {shares['base64']:.1%} of the text and {token_shares['base64']:.1%} of the tokens")

# %% [markdown]
# ## Exercise 7.1 · A baseline that looks one token back
# *Difficulty 2/5 · about 10 minutes*
#
# A loss alone says nothing. You need to know what guessing costs. The **unigram** guesses by frequency,
# $P(b)$. The **bigram** knows the last token: it counts, inside each sequence, how often token $b$ follows
# token $a$. For rare $a$ the counts are poor, so each row gets $s$ extra counts, shared out by the unigram:
#
# $$P(b) = \frac{n_b + 1}{\sum_{b'} (n_{b'} + 1)}, \qquad
# P(b \mid a) = \frac{n_{ab} + s\,P(b)}{n_a + s}, \qquad n_a = \sum_b n_{ab}$$
#
# <details>
# <summary>Why the extra counts?</summary>
#
# There are a million pairs and some two million tokens to count them in, so most pairs are never seen.
# Without the extra counts they would have probability 0, and a single one of them in the held-out text
# would cost infinitely many nats. With $s = 20$ a row that was seen thousands of times keeps its own
# frequencies, and one that was seen twice is nearly the unigram.
#
# </details>
#
# $n_b$ counts all tokens; $n_{ab}$ counts pairs, and no pair reaches from one sequence into the next. You
# will count millions of tokens, so write no Python loop over them, and no one-hot vector for each.


# %% exercise="7.1"
def bigram(tokens: Int[Tensor, "seq pos"], d_vocab: int, prior: float) -> Float[Tensor, "d_vocab d_vocab"]:
    """P(b | a) in row a and column b, smoothed with `prior` (s in the formula) pseudo-counts a row."""
    ### BEGIN SOLUTION
    p = torch.bincount(tokens.flatten(), minlength=d_vocab) + 1
    p = p / p.sum()
    pairs = tokens[:, :-1] * d_vocab + tokens[:, 1:]
    counts = torch.bincount(pairs.flatten(), minlength=d_vocab**2).view(d_vocab, d_vocab)
    return (counts + prior * p) / (counts.sum(1, keepdim=True) + prior)
    ### END SOLUTION


# %% check="7.1"
lesson.check("7.1", bigram)

# %% tags=["nbval-check-output"]
D_VOCAB = tokenizer.get_vocab_size()
one = baselines.unigram(training.tokens, D_VOCAB)
two = lesson.use.bigram(training.tokens, D_VOCAB, 20.0)
unigram_losses = baselines.unigram_loss(one, held_out.tokens)
bigram_losses = baselines.bigram_loss(two, held_out.tokens)
unigram_loss, bigram_loss = unigram_losses.mean().item(), bigram_losses.mean().item()
print(f"uniform  {torch.tensor(D_VOCAB).log():.2f} nats a token")
print(f"unigram  {unigram_loss:.2f}")
print(f"bigram   {bigram_loss:.2f}")

# %% [markdown]
# ## The transformer, part by part
#
# A transformer keeps one vector of $d$ numbers a token, the **residual stream**. It begins as the token's
# embedding plus its position's. *Attention* adds information from this and earlier tokens. The *MLP* adds
# what it computes from the vector itself. At the end the vector is turned into one number for each token of
# the vocabulary, the **logits**.
#
# $$x = W_E[t] + W_{pos}, \qquad x \leftarrow x + \mathrm{attention}(\mathrm{ln}_1(x)), \qquad
# x \leftarrow x + \mathrm{mlp}(\mathrm{ln}_2(x)), \qquad \mathrm{logits} = \mathrm{ln}_f(x)\,W_U + b_U$$
#
# $t$ is the token's number. $W_E$ holds a vector for each token, $W_{pos}$ one for each position; $W_U$ and
# $b_U$ turn a vector into logits. $\mathrm{ln}_1$, $\mathrm{ln}_2$ and $\mathrm{ln}_f$ (f for final) are
# layer norms, one function with weights of its own each time. Here $d = 64$, and attention has 4 heads.
#
# You write the layer norm, attention (in two steps) and the MLP. A fifth function, the loss, says how good
# the logits are. Then you train *your* transformer.
#
# Keep one picture in mind: the residual stream is a shared table on which every part lays something down,
# and from which every later part reads. Nothing has a place of its own there. The stream has 64
# dimensions, and it has to hold which of 1024 tokens stands here, where it stands, what attention found
# before it and what the MLP made of all that. So the stream is in superposition from the start, by the
# very argument of lesson 01. But its basis means nothing: turn all weights that touch it by one rotation,
# and (the layer norms aside) the model computes the same. The neurons are different, because the ReLU
# acts on each of them by itself. That is why one may hope that a neuron means something, and why this
# lesson asks.

# %%
drawings.show("residual_stream")

# %% [markdown]
# <details>
# <summary>Why add, and not replace?</summary>
#
# If each part replaced the vector, each would have to copy whatever a later part may need. With addition
# a part that has nothing to say writes nothing, and gradients reach the embedding past every part. It
# also makes the model easy to take apart: the logits are (up to the last layer norm) a sum of what each
# part wrote. Lesson 09 uses that, when it asks which tokens a single latent argues for.
#
# </details>

# %% [markdown]
# ## Exercise 7.2 · Layer norm
# *Difficulty 1/5 · about 5 minutes*
#
# Each part reads the residual stream through a layer norm: every vector is brought to mean 0 and variance 1,
# then scaled and shifted by learned $w$ and $b$.
#
# $$\mathrm{ln}(x) = \frac{x - \bar x}{\sqrt{\sigma^2 + \varepsilon}} \odot w + b, \qquad
# \bar x = \frac1d \sum_i x_i, \quad \sigma^2 = \frac1d \sum_i (x_i - \bar x)^2$$


# %% exercise="7.2"
def layer_norm(
    x: Float[Tensor, "*batch d"], w: Float[Tensor, "d"], b: Float[Tensor, "d"], eps: float = 1e-5
) -> Float[Tensor, "*batch d"]:
    """Normalise each vector, that is, over the last dimension."""
    ### BEGIN SOLUTION
    x = x - x.mean(-1, keepdim=True)
    return x / (x.pow(2).mean(-1, keepdim=True) + eps).sqrt() * w + b
    ### END SOLUTION


# %% check="7.2"
lesson.check("7.2", layer_norm)

# %% [markdown]
# ## Exercise 7.3 · Who attends to whom
# *Difficulty 3/5 · about 12 minutes*
#
# Each head $h$ turns each position's vector into a **query** $q$ (what am I looking for?) and a **key** $k$
# (what do I have?). Position $i$ attends to position $j$ by how well they fit, and only if $j$ is not in the
# future:
#
# $$A_{hij} = \mathrm{softmax}_j\!\left(\frac{q_{ih} \cdot k_{jh}}{\sqrt{d_{\text{head}}}}\right)
# \text{ over } j \le i, \qquad A_{hij} = 0 \text{ for } j > i$$
#
# <details>
# <summary>Why divide by $\sqrt{d_{\text{head}}}$?</summary>
#
# If the entries of $q$ and $k$ are about 1 in size and independent, $q \cdot k$ is a sum of
# $d_{\text{head}}$ such products, so its standard deviation is $\sqrt{d_{\text{head}}}$: 4 for our 16. A
# softmax of numbers that far apart puts nearly everything on one key before anything was learned, and
# where it is that sure its gradient is nearly 0.
#
# </details>
#
# The mask is what makes the task honest. With it, one pass scores every position as if the text ended there.
#
# The kit makes $q$, $k$ and the values $v$ of the next exercise from the vectors, with learned matrices
# $W_Q$, $W_K$ and $W_V$. Training calls your function thousands of times, so write no loop over positions.


# %% exercise="7.3"
def attention_pattern(
    q: Float[Tensor, "batch pos head d_head"], k: Float[Tensor, "batch pos head d_head"]
) -> Float[Tensor, "batch head query key"]:
    """Causal attention weights of all heads at once. Each row, over the keys, sums to 1."""
    ### BEGIN SOLUTION
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    future = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).triu(1)
    return scores.masked_fill(future, -torch.inf).softmax(-1)
    ### END SOLUTION


# %% check="7.3"
lesson.check("7.3", attention_pattern)

# %%
drawings.show("causal_attention")

# %% [markdown]
# ## Exercise 7.4 · Move information, and add the heads up
# *Difficulty 3/5 · about 8 minutes*
#
# The pattern says from where; the **values** $v$ say what. Each head averages the values by its pattern and
# writes the result into the residual stream with its own matrix. The heads' outputs add up, and one bias
# comes on top:
#
# $$z_{ih} = \sum_{j \le i} A_{hij}\, v_{jh}, \qquad \mathrm{out}_i = \sum_h z_{ih} W_{O,h} + b_O$$


# %% exercise="7.4"
def attention_out(
    pattern: Float[Tensor, "batch head query key"],
    v: Float[Tensor, "batch pos head d_head"],
    W_O: Float[Tensor, "head d_head d_model"],
    b_O: Float[Tensor, "d_model"],
) -> Float[Tensor, "batch pos d_model"]:
    """What attention adds to the residual stream at every position."""
    ### BEGIN SOLUTION
    z = torch.einsum("bhqk,bkhd->bqhd", pattern, v)
    return torch.einsum("bqhd,hdm->bqm", z, W_O) + b_O
    ### END SOLUTION


# %% check="7.4"
lesson.check("7.4", attention_out)

# %% [markdown]
# ## Exercise 7.5 · The neurons, with a hook
# *Difficulty 2/5 · about 6 minutes*
#
# The MLP has one hidden layer. Its units are the neurons that this lesson is about:
#
# $$\mathrm{post} = \mathrm{ReLU}(x W_{in} + b_{in}), \qquad
# \mathrm{out} = \mathrm{post}\, W_{out} + b_{out}$$
#
# To study the neurons you must be able to see them, and to change them. A **hook** does both: a function that
# gets the activations at a named place, and gives back the ones to go on with. A hook that returns its input
# only looks.


# %% exercise="7.5"
def mlp(
    x: Float[Tensor, "batch pos d_model"],
    W_in: Float[Tensor, "d_model d_mlp"],
    b_in: Float[Tensor, "d_mlp"],
    W_out: Float[Tensor, "d_mlp d_model"],
    b_out: Float[Tensor, "d_model"],
    hook_post: Callable[[Tensor], Tensor],
) -> Float[Tensor, "batch pos d_model"]:
    """What the MLP adds to the residual stream; `hook_post`, called once, stands between ReLU and W_out."""
    ### BEGIN SOLUTION
    post = hook_post((x @ W_in + b_in).relu())
    return post @ W_out + b_out
    ### END SOLUTION


# %% check="7.5"
lesson.check("7.5", mlp)

# %% [markdown]
# ## Exercise 7.6 · What the next token costs
# *Difficulty 2/5 · about 8 minutes*
#
# The logits at position $i$ guess token $i + 1$. Return the loss of each guess that has a target:
#
# $$\ell_i = -\log \mathrm{softmax}(\mathrm{logits}_i)_{t_{i+1}}, \qquad i = 0 \dots n - 2$$


# %% exercise="7.6"
def loss_per_token(
    logits: Float[Tensor, "batch pos d_vocab"], tokens: Int[Tensor, "batch pos"]
) -> Float[Tensor, "batch pos-1"]:
    """Nats, one number a guess: not averaged."""
    ### BEGIN SOLUTION
    logp = logits[:, :-1].log_softmax(-1)
    return -logp.gather(-1, tokens[:, 1:, None]).squeeze(-1)
    ### END SOLUTION


# %% check="7.6"
lesson.check("7.6", loss_per_token)

# %% [markdown]
# ## Your transformer
#
# The kit's `Transformer` holds the weights and calls the parts in order. You put your own in place. (Read
# `course_utils/lm/model.py`: its `forward` reads from top to bottom.) The names of the tensors and of
# the hook points are those of TransformerLens, so what you learn here carries over.


# %%
class MyTransformer(model.Transformer):
    layer_norm = staticmethod(lesson.use.layer_norm)
    attention_pattern = staticmethod(lesson.use.attention_pattern)
    attention_out = staticmethod(lesson.use.attention_out)
    mlp = staticmethod(lesson.use.mlp)


mine = MyTransformer(seed=SEED).to(lesson.device)
print(f"{sum(p.numel() for p in mine.parameters()):,} weights")
_, cache = mine.run_with_cache(training.tokens[:2].to(lesson.device))
for hook_name, value in cache.items():
    print(f"{hook_name:32} {list(value.shape)}")

# %% [markdown]
# **Predict.** The bigram knows one token. Your transformer sees up to 64, through one layer of four heads,
# and trains for less than a minute. How far does it get below the bigram, in nats a token? (a) not below it,
# (b) by up to 0.7, (c) by more than 0.7.

# %% tags=["predict"]
prediction_a = None  # your answer: "a", "b" or "c"

# %% [markdown]
# Training is the usual loop: draw sequences, take the mean loss, follow the gradient. Two optimizers share
# the weights. The block's matrices are trained by **Muon**, which makes each step orthogonal, so that all
# directions in a matrix move alike and not only the few that the gradient is largest in; embeddings,
# unembedding, biases and norms are left to Adam. Adam alone, tuned as well, needs nearly twice as many tokens
# to get as far. You can read the loop in `course_utils/lm/train.py` and Muon in `course_utils/lm/muon.py`.

# %%
cfg = train.TrainingConfig(
    training_tokens=lesson.pick(smoke=20_000, lesson=750_000, full=16_000_000), seed=SEED
)
losses = train.train(
    mine,
    training.tokens,
    cfg,
    progress=lambda steps: lesson.progress(steps, "training your transformer"),
    loss_fn=lesson.use.loss_per_token,
)
mine.requires_grad_(False).cpu()
my_losses = hooks.loss_with(mine, held_out.tokens)
my_loss = my_losses.mean().item()

# %%
gain = bigram_loss - my_loss
levels = {"unigram, held out": unigram_loss, "bigram, held out": bigram_loss, "yours, held out": my_loss}
told_a = f"On held-out text it is {abs(gain):.2f} nats a token {'below' if gain > 0 else 'above'} the bigram."
lesson.reveal(prediction_a, "a" if gain <= 0 else "b" if gain <= 0.7 else "c", told_a)

# %% fold="The figure"
lesson.show(
    figures.loss_by_tokens(losses, cfg.batch_size * data.N_CTX, levels),
    see=f"on held-out text the unigram costs {unigram_loss:.2f}, the bigram {bigram_loss:.2f} and your "
    f"transformer {my_loss:.2f} nats a token, {abs(gain):.2f} {'below' if gain > 0 else 'above'} the bigram. "
    f"A nat less means that the token that comes is {torch.tensor(1.0).exp():.1f} times as probable.",
    alt=f"Training loss falling towards {my_loss:.2f} nats; unigram, bigram and final loss as lines.",
)

# %% fold="The claim" tags=["nbval-check-output"]
lesson.claim("lm.gain_over_bigram", gain, at_least=0.7)
shipped_losses = hooks.loss_with(shipped, held_out.tokens)
print(f"the shipped transformer, trained longer: {shipped_losses.mean():.2f} nats a token")

# %% [markdown]
# **A control.** Does this model rely on earlier tokens? Take them away: a hook on the attention pattern makes
# every position attend to itself alone. What is left knows the last token, as the bigram does, and its
# position.


# %%
def only_itself(pattern: Float[Tensor, "batch head query key"]) -> Float[Tensor, "batch head query key"]:
    return torch.eye(pattern.shape[-1]).expand_as(pattern)


part = held_out.tokens[:1000]
blind = model.loss_per_token(mine(part, {"blocks.0.attn.hook_pattern": only_itself}), part).mean().item()
seeing = my_losses[:1000].mean().item()
print(f"without earlier tokens: {blind:.2f} nats a token; with them {seeing:.2f}; ", end="")
print(f"bigram {bigram_losses[:1000].mean():.2f}")
print(f"This model {'relies' if blind - seeing > 0.1 else 'does not rely'} on earlier tokens.")

# %% [markdown]
# The control shows no more than that. The model was never trained to see one token only, so it may do worse
# than a model that was: the number does not say how much of the gain over the bigram comes from context.

# %% [markdown]
# ## Loss by content type
#
# The mean hides what was learned. We know every token's type, so we can ask type by type.

# %% [markdown]
# ## Exercise 7.7 · What each type costs
# *Difficulty 2/5 · about 8 minutes*
#
# Average the losses type by type. Loss $i$ is what token $i + 1$ cost, so it counts for *that* token's type:
#
# $$L_k = \frac{1}{n_k} \sum_{i\,:\,k_{i+1} = k} \ell_i, \qquad n_k = \#\{i : k_{i+1} = k\}$$
#
# $k_{i+1}$ is the type of token $i + 1$; the sums run over all sequences. A type without tokens gets 0.


# %% exercise="7.7"
def loss_by_type(
    losses: Float[Tensor, "seq guess"], content_types: Int[Tensor, "seq pos"], n_types: int
) -> Float[Tensor, "type"]:
    """Mean loss of the tokens of each content type."""
    ### BEGIN SOLUTION
    target = content_types[:, 1:].flatten()
    total = torch.bincount(target, weights=losses.flatten(), minlength=n_types)
    return total / torch.bincount(target, minlength=n_types).clamp(min=1)
    ### END SOLUTION


# %% check="7.7"
lesson.check("7.7", loss_by_type)

# %% [markdown]
# **Predict.** In which of these does the transformer beat the bigram most: (a) DNA, random letters A, C, G
# and T, (b) percent-encoded Russian, like `%D0%9F%D0%BE`, (c) English?

# %% tags=["predict"]
prediction_b = None  # your answer: "a", "b" or "c"

# %%
before, after = (
    lesson.use.loss_by_type(each, held_out.content_types, len(CONTENT_TYPES))
    for each in (bigram_losses, my_losses)
)
gains = dict(zip(CONTENT_TYPES, (before - after).tolist(), strict=True))

# %%
options = {"a": "dna", "b": "percent", "c": "english"}
lesson.reveal(
    prediction_b,
    max(options, key=lambda letter: gains[options[letter]]),
    "Gains over the bigram, in nats: " + ", ".join(f"{name} {gains[name]:.2f}" for name in options.values()),
)

# %% fold="The figure"
ranked = sorted(gains, key=gains.get)
said = {name: f"{name} {gains[name]:.2f}" for name in ranked}
lesson.show(
    figures.loss_by_type(CONTENT_TYPES, before, after, ("bigram", "yours")),
    see=f"gains in nats a token. The largest: {', '.join(map(said.get, ranked[:-5:-1]))}. The smallest: "
    f"{', '.join(map(said.get, ranked[:4]))}. Between them: {said['python']}, {said['dna']}.",
    alt=f"Loss of {len(CONTENT_TYPES)} types. Largest gain: {ranked[-1]}; smallest: {ranked[0]}.",
)

# %% [markdown]
# Prose and code gain little, because the next word depends on more than so small a model holds. The letters
# of DNA are random, so its gain can only be knowing *that* this is DNA: after that, four letters are left to
# guess from, and nothing tells which.

# %% [markdown]
# ## It writes
#
# A language model is also a writer: draw the next token from its probabilities, put it at the end, repeat.
# The prompt pulls it towards a content type; a model as small as this soon drifts into others. End no prompt
# in a space: the space before a word is the start of the word's token, so the model would not expect a word.


# %%
def write(prompt: str, length: int = 40, seed: int = 0, writer: model.Transformer = shipped) -> str:
    tokens = torch.tensor([tokenizer.token_to_id(SEPARATOR), *tokenizer.encode(prompt).ids])
    drawn = hooks.sample(writer, tokens, 1, length, torch.Generator().manual_seed(seed))[0]
    return prompt + "»" + text.visible("".join(text.token_texts(drawn.tolist(), vocab)))


prompts = ["def __init__(self, name):", '{"id":', "GET /", "GATTACA", "01100101 01101", "ZGVmIF9faW5pdF9f"]
for seed, prompt in enumerate(prompts):
    print(write(prompt, 24, seed, writer=mine))


# %% tags=["play"]
def show_writing(prompt: str, seed: int) -> None:
    written = write(prompt, 60, seed)
    display(dashboard.page(f"<pre>{html.escape(written)}</pre>", alt=written))


prompt_box, seed_slider = Text("SELECT", description="prompt"), IntSlider(0, 0, 20, description="seed")
output = interactive_output(show_writing, {"prompt": prompt_box, "seed": seed_slider})
VBox([HTML("Type a beginning; press Enter."), prompt_box, seed_slider, output])

# %% [markdown]
# Without widgets: edit and run this cell.

# %%
print(write("SELECT", length=60, seed=0))

# %% [markdown]
# ## What is a neuron for?
#
# From here on you study the shipped transformer, the one that lessons 08 and 09 take apart. It has the same
# parts and was trained longer. The first thing one does with a neuron is to look at the tokens that excite it
# most. Not at the top ten alone, for the very top is often of one kind where the rest isn't. The examples
# here come from all over the strongest 1 % of its tokens.


# %%
def show_neuron(neuron: int) -> dashboard.Page:
    acts_there = acts[:, neuron].view_as(held_out.tokens)
    found_in = held_out.tokens, acts_there, held_out.content_types, CONTENT_TYPES
    return dashboard.strongest(*found_in, vocab, f"Neuron {neuron}", TOP)


mixed_most = int(neurons.driving_families(goal).sum(0).argmax())
show_neuron(mixed_most)

# %% [markdown]
# **What to see:** the darker a token, the nearer the neuron is to its maximum; the type stands at the left.
# This neuron was chosen because types of many families are among its strongest tokens. Have they something in
# common that the families don't say? A dozen examples may deceive, though. Count.

# %% [markdown]
# ## Exercise 7.8 · Which types drive a neuron?
# *Difficulty 3/5 · about 10 minutes*
#
# Take each neuron's strongest tokens, the top 1 % of all held-out tokens. Of what types are they? With $T_j$
# the set of neuron $j$'s `top` strongest tokens:
#
# $$S_{kj} = \frac{\#\{t \in T_j : \text{token } t \text{ is of type } k\}}{\text{top}}$$
#
# $T_j$ has exactly `top` tokens. Where several tie for its last place, any of them will do.


# %% exercise="7.8"
def content_types_of_strongest(
    acts: Float[Tensor, "token neuron"], content_types: Int[Tensor, "token"], n_types: int, top: int
) -> Float[Tensor, "type neuron"]:
    """Share of each type (row) among each neuron's (column) `top` strongest tokens."""
    ### BEGIN SOLUTION
    strongest = content_types[acts.topk(top, dim=0).indices]  # [top, neuron]
    return torch.nn.functional.one_hot(strongest, n_types).float().mean(0).T
    ### END SOLUTION


# %% check="7.8"
lesson.check("7.8", content_types_of_strongest)

# %% [markdown]
# Now the definition that the claim below rests on. A type **drives** a neuron if it holds at least 10 % of
# the neuron's strongest tokens. (No type has 10 % of all tokens, so random labels do not do that.) A neuron
# is **mixed** if types of two or more *families* drive it. "Not mixed" has two kinds: neurons with one
# driving family, and diffuse ones, whose strongest tokens are spread so thin that no type drives them.

# %% [markdown]
# ## Exercise 7.9 · How many families?
# *Difficulty 2/5 · about 8 minutes*
#
# You have $S_{kj}$, the share of type $k$ among neuron $j$'s strongest tokens, and each type's family $f_k$,
# a number from 0 on. Count for each neuron the families that drive it:
#
# $$n_j = \#\{f : S_{kj} \ge \text{least for at least one type } k \text{ with } f_k = f\}$$


# %% exercise="7.9"
def families_that_drive(
    shares: Float[Tensor, "type unit"], family: Int[Tensor, "type"], least: float
) -> Int[Tensor, "unit"]:
    """How many families have a type that holds at least `least` of the unit's strongest tokens."""
    ### BEGIN SOLUTION
    drives = shares >= least
    by_family = torch.nn.functional.one_hot(family).T @ drives.long()
    return (by_family > 0).sum(0)
    ### END SOLUTION


# %% check="7.9"
lesson.check("7.9", families_that_drive)

# %% [markdown]
# Some families are near to each other: CSS to code, morse to binary. So the count is made twice, with the
# families listed above and with *wider* ones, in which all code and markup is one family, all encodings are
# one, and Bengali and Hindi are one.
#
# **Predict.** The first figure told you that many neurons are mixed. Are they at least purer than units that
# nobody made for anything? Take *random directions*, sums of neurons with random weights, three draws of 128.
# By how much is the share of mixed neurons below their mean: (a) by 20 points or more, (b) by 5 to 20 points,
# (c) by less than 5 points, or not at all?

# %% tags=["predict"]
prediction_c = None  # your answer: "a", "b" or "c"


# %%
def drives(
    units: Float[Tensor, "token unit"], content_types: Int[Tensor, "token"]
) -> Float[Tensor, "type unit"]:
    return lesson.use.content_types_of_strongest(units, content_types, len(CONTENT_TYPES), TOP)


def numbered(families_of: list[str]) -> Int[Tensor, "type"]:
    """Each type's family as a number."""
    return torch.tensor([sorted(set(families_of)).index(name) for name in families_of])


strongest = drives(acts, content_types)
FAMILY = numbered([corpus.FAMILIES[name] for name in CONTENT_TYPES])
n_families = lesson.use.families_that_drive(strongest, FAMILY, neurons.LEAST)
share_mixed = (n_families >= 2).float().mean().item()

# %% fold="Some neurons" tags=["nbval-check-output"]
largest = [strongest[[CONTENT_TYPES.index(k) for k in ks]].amax(0) for ks in families.values()]
two_sided = int(torch.stack(largest).topk(2, dim=0).values[1].argmax())  # two families, both strongly
for neuron in dict.fromkeys([mixed_most, two_sided, 1, 2]):
    top = strongest[:, neuron].topk(4)
    shown = [
        f"{CONTENT_TYPES[k]} {s:.0%}" for s, k in zip(top.values.tolist(), top.indices.tolist(), strict=True)
    ]
    print(f"neuron {neuron:3}: {', '.join(shown)}; families that drive it: {n_families[neuron]}")
print(f"{share_mixed:.0%} of {acts.shape[1]} neurons are mixed, {(n_families == 0).sum()} are diffuse")

# %% tags=["nbval-check-output"]
CODE = ["sql", "css", "latex", "markup", "markdown", "json", "ini"]
ENCODED = ["binary", "morse", "dna", "byte escapes", "entities"]
wider = dict.fromkeys(CODE, "code") | dict.fromkeys(ENCODED, "encoded") | {"hindi": "indic"}
wide = numbered([wider.get(corpus.FAMILIES[name], corpus.FAMILIES[name]) for name in CONTENT_TYPES])
n_wide = lesson.use.families_that_drive(strongest, wide, neurons.LEAST)
print(f"with {wide.max() + 1} wider families: {(n_wide >= 2).float().mean():.0%} mixed")
for cut in (0.05, 0.1, 0.2):  # of the strongest tokens: what a type must hold to drive a neuron
    n_there = lesson.use.families_that_drive(strongest, FAMILY, cut)
    mixed, diffuse = (n_there >= 2).float().mean(), (n_there == 0).float().mean()
    print(f"a type must hold {cut:.0%}: {mixed:.0%} mixed, {diffuse:.0%} diffuse")

# %% [markdown]
# **Three controls.** *Shuffled labels*: give every token a random token's type; if chance could make neurons
# mixed, it shows here. *One unit a type*: made units that are active on one type only; the measure must call
# none of them mixed. *Random directions*, which have no reason to mean anything: are neurons any purer?

# %% tags=["nbval-check-output"]
generator = torch.Generator().manual_seed(SEED)
shuffled = drives(acts, content_types[torch.randperm(len(content_types), generator=generator)])
pure = torch.nn.functional.one_hot(content_types, len(CONTENT_TYPES)) + 0.01 * torch.rand(
    len(content_types), 1, generator=generator
)
made = drives(pure, content_types)
n = acts.shape[1]
draws = [drives(acts @ torch.randn(n, n, generator=generator), content_types) for _ in range(3)]
units = {
    "neurons": strongest,
    "shuffled labels": shuffled,
    "one unit a type": made,
    "random directions": torch.cat(draws, 1),
}
for name, by_type in units.items():
    print(f"{name:18} mixed: {neurons.mixed_share(by_type):.0%}")

# %%
drawn = [neurons.mixed_share(by_type) for by_type in draws]
random_mixed = sum(drawn) / len(drawn)
counts = {name: neurons.driving_families(by_type).sum(0) for name, by_type in units.items()}
purer = random_mixed - share_mixed
answer = "a" if purer >= 0.2 else "b" if purer >= 0.05 else "c"
range_drawn = f"{min(drawn):.0%} to {max(drawn):.0%}"
lesson.reveal(prediction_c, answer, f"Mixed: neurons {share_mixed:.0%}, three random draws {range_drawn}.")

# %% fold="The figure"
lesson.show(
    figures.family_count_histogram(counts),
    see=f"{share_mixed:.0%} of the neurons are driven by two families or more, "
    f"{(counts['neurons'] >= 3).float().mean():.0%} by three or more. With shuffled labels no type drives "
    f"anything, and each made unit has its one family. Random directions are {random_mixed:.0%} mixed "
    f"({range_drawn} in the three draws): a neuron is "
    f"{'purer' if answer != 'c' else 'hardly purer, if at all,'} than an arbitrary direction.",
    alt=f"Bars: how many families drive a unit, for neurons and three controls; {share_mixed:.0%} of "
    "neurons have two or more.",
)

# %% fold="The figure, from your function"
family_of, of_family = neurons.family_shares(strongest)
lesson.show(
    figures.families_by_neuron(of_family, family_of),
    see=f"your own version of the first figure. In the median neuron the largest family holds "
    f"{of_family.amax(0).median():.0%} of the strongest tokens; the rest belongs to other families.",
    alt=f"One stacked bar a neuron; the largest family's median share is {of_family.amax(0).median():.0%}.",
)

# %% [markdown]
# ## Not only the strongest
#
# The strongest 1 % is where a unit looks best. A neuron may be for Greek at its very top and for
# everything at half its height, and the model uses all of its heights. M therefore cut each unit's
# activations into equal intervals and judged examples from each of them. You can do the same with
# families, because every token has one: cut the range of a neuron, from 0 to its maximum, into 5 levels,
# and ask at each level what share of the tokens is of the neuron's *own* family, the one with the largest
# mean share. So a neuron for Greek would have 100 % at every level, while a neuron for nothing has at
# each level what the text has.
#
# **Predict.** Between neurons and random directions (their positive half, as a ReLU gives it), how large
# is the difference of that share, averaged over levels and units? (a) neurons are purer by more than 20
# points, (b) by 10 to 20, (c) less than 10 points either way.

# %% tags=["predict"]
prediction_d = None  # your answer: "a", "b" or "c"

# %%
turned = acts @ torch.randn(n, n, generator=torch.Generator().manual_seed(SEED + 1))
compared = {"neurons": acts, "random directions": turned.relu(), "one unit a type": pure}
by_level = {name: neurons.own_family_by_level(a, content_types) for name, a in compared.items()}
purity = {name: level_shares.nanmean().item() for name, level_shares in by_level.items()}
over_random = purity["neurons"] - purity["random directions"]

# %%
lesson.reveal(
    prediction_d,
    "a" if over_random > 0.2 else "b" if over_random > 0.1 else "c",
    f"Own family: neurons {purity['neurons']:.0%}, random directions {purity['random directions']:.0%}.",
)

# %% fold="The figure"
medians = {name: level_shares.nanmedian(1).values for name, level_shares in by_level.items()}
low, high = medians["neurons"][[0, -1]].tolist()
lesson.show(
    figures.own_family_by_level(medians),
    see=f"at its lowest level the median neuron has {low:.0%} of its own family, at its highest {high:.0%}. "
    "Random directions rise with it, so this is no mark of neurons. The made units are pure at every level.",
    alt=f"Lines over five levels: the median neuron rises from {low:.0%} to {high:.0%}, random directions "
    "with it; made units stay at 100 %.",
)

# %% [markdown]
# ## Play with it
#
# Choose a neuron. What would you call it? Go on until you find one that you could name in one word.

# %% tags=["play"]
neuron_slider = IntSlider(mixed_most, 0, acts.shape[1] - 1, description="neuron", continuous_update=False)
VBox(
    [
        neuron_slider,
        interactive_output(lambda neuron: display(show_neuron(neuron)), {"neuron": neuron_slider}),
    ]
)

# %% [markdown]
# Without a kernel, the types alone:

# %% fold="The slider"
(first, second), (i, j) = (t.tolist() for t in strongest[:, two_sided].topk(2))
lesson.show(
    figures.neuron_type_slider(strongest, CONTENT_TYPES, two_sided),
    see=f"drag the slider from neuron to neuron. Neuron {two_sided}'s strongest tokens are "
    f"{first:.0%} {CONTENT_TYPES[i]} and {second:.0%} {CONTENT_TYPES[j]}, and the list goes on.",
    alt="Bars of the eight types that hold most of a neuron's strongest tokens; a slider chooses the neuron.",
)

# %% [markdown]
# ## Claims
#
# | | M | here |
# |---|---|---|
# | model | one layer, 512 neurons, 100 billion tokens | one layer, 128 neurons, millions of tokens |
# | what neurons are for | most respond to a mixture of unrelated inputs | below |
# | how it was judged | one annotator (an author), blind: 412 intervals of 162 units | content types, known |
#
# The first claim, above, is about the transformer that *you* trained. The second is about the shipped
# one, and it says how little a neuron is by this measure: over its whole range it is hardly purer than an
# arbitrary direction. That most neurons are mixed is true as well, but it proves nothing, because most
# random directions are, too. And the 10 % that a type must hold are part of that definition. Ask for half
# of it and nearly every neuron is mixed; ask for twice as much and few are, because many become diffuse
# instead (the lines printed under the wider families).
#
# Content types are coarse. A neuron that fires on "the end of a word" in any language serves many types and
# may still have one meaning, which this measure would call mixed. M's annotator could have seen that; a count
# of types can't. What it can do is compare: lesson 09 asks the same of a sparse autoencoder's latents.

# %% fold="The claims" tags=["nbval-check-output"]
lesson.claim("lm.neurons_over_random", over_random, between=(-0.1, 0.1), paper="neurons: median 0 of 14")
print(f"mixed: {share_mixed:.0%} of the shipped neurons")

# %% [markdown]
# **Where this departs from M.** The model is smaller (a stream of 64 for 128, 128 neurons for 512), its
# text is made and not found, and it reads millions of tokens where M's read 100 billion: rare features
# that M's model had room and time for are missing here. Half of it is trained by Muon, which did not
# exist then. M judged by reading, we count types. And M compares its neurons with the features of an
# autoencoder, while this lesson compares them with random directions, which M does not.

# %% [markdown]
# ## Your experiment · What makes a neuron mixed?
#
# Training, or the mere shape of the model? Change *one* thing and measure the neurons again, by the share
# that is mixed, by the purity over levels, or by both. You may take a transformer that was never trained,
# one that read a tenth of the text, your own (`mine`) beside the shipped one, wider families, or 500
# neurons (`TransformerConfig(d_mlp=500)`; keep its training short). Write down first what you expect and
# what would surprise you. Then run it beside its baseline, and write two sentences: what came out, and
# what it does not show.

# %% experiment="code"
### BEGIN SOLUTION
untrained = hooks.activations(model.Transformer(seed=SEED), held_out.tokens)
found = {
    "untrained": (
        neurons.mixed_share(drives(untrained, content_types)),
        neurons.own_family_by_level(untrained, content_types).nanmean().item(),
    ),
    "shipped": (share_mixed, purity["neurons"]),
}
for name_of_model, (mixed_there, purity_there) in found.items():
    print(f"{name_of_model:10} mixed {mixed_there:.0%}, own family over levels {purity_there:.0%}")
### END SOLUTION

# %% [markdown] experiment="answer"
# I expected an untrained model's neurons to be diffuse: nothing has told them apart, so no type should hold
# 10 % of what excites them. So it is, hardly any is mixed. That turns the first count around: being mixed is
# not what is left when a neuron has learned nothing, it is what training brings. Yet their own family has a
# good part of the share, over the levels, that trained neurons give theirs, because random weights on the
# embeddings of tokens already prefer the types that use these tokens. So an untrained model belongs beside
# every such count. What I did not show: how a neuron gets from the one to the other; for that I would follow
# single neurons through the training.

# %% [markdown]
# ## Discussion
#
# 1. *The right unit.* If the model represents more features than it has neurons, then the neuron is the wrong
#    thing to look at. What would be a better one, and how would you notice that you had found it? (For:
#    lesson 08. Against: ReLU acts on each neuron by itself, so neurons are special to the model; see lesson
#    05.)
# 2. *The tax.* You could give the model 1000 neurons and hope for one type each. Would it use them so? What
#    would it cost, and what would you lose if you forbade mixing?
# 3. *Our measure.* Find a neuron that is mixed by our definition and yet, by its examples, has one meaning.
#    Then the opposite: one family, several meanings. Which error matters more for the claim?
# 4. *Scale.* A larger model stores more features. Do its neurons become purer or more mixed? What have you
#    measured that speaks to that, and what have you not?
#
# ## What you can now say
#
# - A one-layer transformer is a stream of vectors, one a token. Attention adds what earlier tokens hold,
#   the MLP what it computes from the vector, and everything is a sum.
# - A loss means something beside a baseline. Ours is compared with the unigram, the bigram, and itself
#   without earlier tokens.
# - A hook is a place where one can look at activations, or put others there.
# - Most neurons' strongest tokens come from several families of text. But so do those of random
#   directions, so this count alone is no evidence for superposition.
# - Over its whole range a neuron is hardly purer than an arbitrary direction. Units that are purer would be a
#   finding: that is what the next two lessons look for.
#
# ### Three readings
#
# 1. *Towards Monosemanticity*, [the
#    set-up](https://transformer-circuits.pub/2023/monosemantic-features#problem-setup): 15 minutes.
# 2. Elhage and others 2021, *A Mathematical Framework for Transformer Circuits*, [high-level
#    architecture](https://transformer-circuits.pub/2021/framework/index.html): 30 minutes, for the
#    residual stream.
# 3. Jordan and others 2024, [*Muon*](https://kellerjordan.github.io/posts/muon/): 20 minutes, for the
#    optimizer.
#
# The kit's modules behind this lesson, in reading order: [the map](../docs/map.md).

# %%
lesson.summary()
