# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# course:
#   number: "08"
#   title: Train the SAE
#   minutes: 90
#   needs: ["07"]
#   papers: ["M: Sparse autoencoder training, resampling, loss recovered", "April 2024 update: training SAEs"]
# ---

# %% [markdown]
# # 08 · Train the SAE
#
# The neurons of lesson 07's transformer each answer to several kinds of text. If features lie in
# superposition, there are more of them than neurons, few are active at a time, and each is a *direction* in
# the space of neurons. A **sparse autoencoder** (SAE) looks for such directions. It writes each activation
# vector as a sum of few entries from a large dictionary that it learns. You build it, train it by two
# recipes, find out where training goes wrong, and measure how much of the model it explains.
#
# - **Time:** about 90 minutes; the cells themselves run in about one.
# - **Needs:** lesson 07 for the transformer. It is shipped with the kit, so you can start here.
# - **Rebuilds:** *Towards Monosemanticity* (M), the
#   [SAE's set-up](https://transformer-circuits.pub/2023/monosemantic-features#setup-autoencoder), its
#   [training](https://transformer-circuits.pub/2023/monosemantic-features#appendix-autoencoder) and
#   resampling, and [how much is
#   explained](https://transformer-circuits.pub/2023/monosemantic-features#phenomenology-how-much); then the
#   recipe that replaced it, from the same group's
#   [April 2024 update](https://transformer-circuits.pub/2024/april-update#training-saes).
#
# **Words.** A *latent* is one unit of the SAE, with a direction (a row of $W_{\text{dec}}$) and an
# activation $f_i \ge 0$. A *feature* is the concept itself, which a latent may or may not catch. A latent
# is *active* on a token, or *fires*, when $f_i > 0$.
#
# ## Recall
#
# <details>
# <summary>Lesson 06: why does an L1 penalty make latents sparse, and what does it cost?</summary>
#
# Its slope is the same however small an activation is, so it pushes small ones all the way to 0. But it also
# pulls on those that are right: they come out too small. That is shrinkage.
#
# </details>
#
# <details>
# <summary>Lesson 07: why look for directions, when a transformer has neurons?</summary>
#
# Because most neurons answered to several kinds of text. If features outnumber the neurons and few are on at
# a time, they can share neurons, each a direction of its own, and a neuron by itself then tells little.
#
# </details>
#
# ## The idea in one picture

# %% tags=["parameters"]
SCALE = "lesson"
SEED = 0

# %%
import html
import math
from functools import cache
from itertools import pairwise

import ipywidgets
import torch
from jaxtyping import Bool, Float
from torch import Tensor

import course_utils
from course_utils import assets, sae
from course_utils.figures import drawings
from course_utils.figures import sae as figures
from course_utils.interp.readable import readability
from course_utils.interp.text import token_label
from course_utils.lm import data, hooks
from course_utils.lm.tokenizer import SEPARATOR, token_bytes
from course_utils.sae import SparseAutoencoder

lesson = course_utils.start("08", scale=SCALE, seed=SEED)

# %%
drawings.show("overcomplete_autoencoder")

# %% [markdown]
# A transformer's layer has 128 neurons, but the text it reads needs far more than 128 notes: this is base64,
# that is the second line of a poem. A single token needs only a few of these notes at once, so the model can
# afford to write them on top of each other, each along a direction of its own. You can't see the directions,
# because you only see their sum. But if you insist that the sum be explained by *few* entries of a large
# dictionary, there is usually only one good way to do it, and the entries of that dictionary are your guess
# at the directions. That is all that an SAE is: a dictionary, and a demand for sparsity.
#
# ## Activations
#
# Text goes through the transformer once. At the hook point `blocks.0.mlp.hook_post`, the neurons after
# their ReLU, each token leaves a vector $x$ of 128 numbers. They are all that the SAE ever sees: no text, no
# labels. Activations to train on and activations to measure on come from different documents.

# %% tags=["nbval-check-output"]
tokenizer, model = assets.load_tokenizer(), assets.load_transformer()
TRAIN_BYTES = lesson.pick(smoke=20_000, lesson=300_000, full=4_000_000)
TEST_BYTES = lesson.pick(smoke=10_000, lesson=200_000, full=1_200_000)
train_x = hooks.activations(model, data.load("train", TRAIN_BYTES, tokenizer, seed=SEED).tokens)
test_tokens, test_types = data.load("held_out", TEST_BYTES, tokenizer, seed=3000 + SEED)
test_x = hooks.activations(model, test_tokens)
some_test = test_x[::3]  # enough for R² and L0 of the many SAEs to come
print(f"{len(train_x)} vectors to train on, {len(test_x)} to measure on, {train_x.shape[1]} neurons each")
print(f"a neuron is active on {(test_x > 0).float().mean():.1%} of tokens")

# %% [markdown]
# **Where you are going.** One line of text, twice: in neurons, and in the latents of a trained SAE that
# comes with the kit. (A second one comes too, `dense`, with a weaker demand for sparsity. You meet it later.)

# %%
shipped, dense = assets.load_sae("sae-4x"), assets.load_sae("sae-4x-dense")
LINE = "for row in table: print(row)  # YmFzZTY0IGlzIGhlcmU="
line_tokens = [tokenizer.token_to_id(SEPARATOR), *tokenizer.encode(LINE).ids]
vocab = token_bytes(tokenizer)
line_labels = ["(start)", *(html.escape(token_label(t, vocab)) for t in line_tokens[1:])]
line_x = hooks.activations(model, torch.tensor([line_tokens]))
line_f = shipped.encode(line_x)
active = int((line_f.amax(dim=0) > 0).sum())
lesson.show(
    figures.neurons_and_latents(
        line_labels, line_x / some_test.amax(dim=0), line_f / shipped.encode(some_test).amax(dim=0)
    ),
    see=f"left, the {model.cfg.d_mlp} neurons: columns that light up here and there, all over the line. "
    f"Right, the {active} of {shipped.d_sae} latents that fire anywhere in it, in the order of their peaks: "
    "many light a single token, some one stretch of the line. Darkness is relative to each unit's largest "
    "activation on the test text.",
    alt="Two heatmaps of the same tokens. Neurons: marks spread over all columns. Latents: short runs of "
    "marks along a diagonal.",
)

# %% [markdown]
# ## Exercise 8.1 · The forward pass
# *Difficulty 1/5 · about 6 minutes*
#
# Encode, then decode:
#
# $$f = \mathrm{ReLU}\big((x - b_{\text{dec}})\,W_{\text{enc}} + b_{\text{enc}}\big) \qquad
# \hat x = f\,W_{\text{dec}} + b_{\text{dec}}$$
#
# $x$ has `d_in` components (128 neurons), $f$ has `d_sae` (more: 512). The bias $b_{\text{dec}}$ acts
# twice: it is taken off before the encoder and put back after the decoder, so the dictionary describes
# departures from a common centre. Whatever dimensions come before the last are batch dimensions.


# %% exercise="8.1"
def sae_forward(
    x: Float[Tensor, "*batch d_in"],
    W_enc: Float[Tensor, "d_in d_sae"],
    b_enc: Float[Tensor, "d_sae"],
    W_dec: Float[Tensor, "d_sae d_in"],
    b_dec: Float[Tensor, "d_in"],
) -> tuple[Float[Tensor, "*batch d_in"], Float[Tensor, "*batch d_sae"]]:
    """The reconstruction x_hat and the latents' activations f, in this order."""
    ### BEGIN SOLUTION
    f = torch.relu((x - b_dec) @ W_enc + b_enc)
    return f @ W_dec + b_dec, f
    ### END SOLUTION


# %% check="8.1"
lesson.check("8.1", sae_forward)

# %% [markdown]
# The dictionary is **overcomplete**: more latents than neurons. People call this an overcomplete bottleneck,
# which is a contradiction. With 512 latents for 128 neurons, copying $x$ would be easy. What makes
# it hard is the *sparsity*: only few latents may be active at a time. That is the loss's business.

# %% [markdown]
# ## Exercise 8.2 · The loss
# *Difficulty 2/5 · about 8 minutes*
#
# Reconstruct well, with small activations:
#
# $$\mathcal L = \frac{1}{B}\sum_{t=1}^{B}\Big(\|x_t - \hat x_t\|_2^2 + \lambda\,\|f_t\|_1\Big)$$
#
# For each token $t$ of the batch, a sum over components and a sum over latents; then one mean over the $B$
# tokens, for both. $\|f\|_1$ is the sum of the activations (they are not negative). $\lambda$ is
# `l1_coefficient`. Why not count the active latents (L0) instead? A count has no gradient. The L1 norm
# has one, and pulls small activations to exactly 0.


# %% exercise="8.2"
def sae_loss(
    x: Float[Tensor, "batch d_in"],
    x_hat: Float[Tensor, "batch d_in"],
    f: Float[Tensor, "batch d_sae"],
    l1_coefficient: float,
) -> Float[Tensor, ""]:
    """Squared error plus λ × L1 norm, averaged over the batch."""
    ### BEGIN SOLUTION
    return ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()
    ### END SOLUTION


# %% check="8.2"
lesson.check("8.2", sae_loss)

# %% [markdown]
# This loss has a hole. Make every $f$ smaller and every row of $W_{\text{dec}}$ longer, by the same factor:
# the reconstruction stays as it is, and the penalty shrinks. Try it on the shipped SAE.

# %% tags=["nbval-check-output"]
some_x = test_x[:2000]
some_x_hat, some_f = shipped(some_x)
for stretch in (1, 10):
    value = lesson.use.sae_loss(some_x, some_x_hat, some_f / stretch, 1.0)
    print(f"latents ÷ {stretch:2}, rows × {stretch:2}: loss {value:.2f}")

# %% [markdown]
# M closes the hole with a rule: **each row of
# $W_{\text{dec}}$ has norm 1**, all the time. (`SparseAutoencoder` is your forward pass with its four
# tensors as parameters; it starts with such rows. `sae(x)` gives `x_hat, f`.)

# %%
drawings.show("row_gradient")

# %% [markdown]
# <details>
# <summary>Why not just normalise the rows after each step, and leave the gradient alone?</summary>
#
# You would undo the part along the row anyway, so it looks harmless. But Adam divides each weight's step by
# the size of its recent gradients. The part along the row counts there, and so it makes the useful part of
# the step smaller, on all weights of the row, for many steps to come.
#
# </details>

# %% [markdown]
# ## Exercise 8.3 · One step of the paper's recipe
# *Difficulty 3/5 · about 15 minutes*
#
# The rule needs care with Adam. Let $d_i$ be row $i$ of $W_{\text{dec}}$, at norm 1, and $g_i$ its gradient.
#
# 1. Clear old gradients; forward; loss; backward.
# 2. The part of $g_i$ along $d_i$ would only change the norm, which is then undone. But Adam remembers it.
#    So take it out first: $g_i \leftarrow g_i - (g_i \cdot d_i)\,d_i$.
# 3. Step the optimiser.
# 4. Even a step across the row makes it longer: set all rows to norm 1 again.
#
# Change the weights in place (`sae.W_dec /= ...`) and under `torch.no_grad()`: the optimiser holds on to
# these very tensors. Your loss of 8.2 is `lesson.use.sae_loss` (the kit's, as long as yours doesn't pass).


# %% exercise="8.3"
def training_step(
    sae: SparseAutoencoder,
    optimizer: torch.optim.Optimizer,
    x: Float[Tensor, "batch d_in"],
    l1_coefficient: float,
) -> float:
    """One step of the paper's recipe. Changes `sae`, returns the loss before the step as a number."""
    ### BEGIN SOLUTION
    optimizer.zero_grad()
    x_hat, f = sae(x)
    loss = lesson.use.sae_loss(x, x_hat, f, l1_coefficient)
    loss.backward()
    with torch.no_grad():
        rows = sae.W_dec / sae.W_dec.norm(dim=1, keepdim=True)
        sae.W_dec.grad -= (sae.W_dec.grad * rows).sum(dim=1, keepdim=True) * rows
    optimizer.step()
    with torch.no_grad():
        sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)
    return loss.item()
    ### END SOLUTION


# %% check="8.3"
lesson.check("8.3", training_step)

# %% [markdown]
# ## How sparse, how good?
#
# Before you train, decide what to watch. Two numbers say how the latents fire, one how well they
# reconstruct.

# %% [markdown]
# ## Exercise 8.4 · Density and L0
# *Difficulty 1/5 · about 5 minutes*
#
# A latent's **density** $p_i$ is the share of tokens on which it is active, $f_i > 0$: the $p$ of lesson 01.
# **L0** is the number of latents active on a token, averaged over tokens. A latent of density 0 is **dead**.


# %% exercise="8.4"
def firing(f: Float[Tensor, "tokens d_sae"]) -> tuple[Float[Tensor, "d_sae"], float]:
    """The density of each latent, and L0."""
    ### BEGIN SOLUTION
    active = (f > 0).float()
    return active.mean(dim=0), active.sum(dim=1).mean().item()
    ### END SOLUTION


# %% check="8.4"
lesson.check("8.4", firing)

# %% [markdown]
# ## Exercise 8.5 · R²
# *Difficulty 2/5 · about 6 minutes*
#
# The share of the activations' variance that the reconstruction explains, over all tokens $t$ at once:
#
# $$R^2 = 1 - \frac{\sum_t \|x_t - \hat x_t\|^2}{\sum_t \|x_t - \bar x\|^2}$$
#
# $\bar x$ is the mean activation vector. Measured from $\bar x$ and not from zero, the dullest answer of
# all, $\hat x_t = \bar x$ for every token, scores 0. From zero it would look like a success.


# %% exercise="8.5"
def r_squared(x: Float[Tensor, "tokens d_in"], x_hat: Float[Tensor, "tokens d_in"]) -> float:
    """The share of variance explained."""
    ### BEGIN SOLUTION
    return 1 - (((x - x_hat) ** 2).sum() / ((x - x.mean(dim=0)) ** 2).sum()).item()
    ### END SOLUTION


# %% check="8.5"
lesson.check("8.5", r_squared)

# %% tags=["nbval-check-output"]
mean_x = test_x.mean(dim=0)
about_zero = 1 - ((test_x - mean_x) ** 2).sum() / (test_x**2).sum()
print(f"always answering the mean: R² {lesson.use.r_squared(test_x, mean_x.expand_as(test_x)):.3f}")
print(f"the same, if R² is measured from zero: {about_zero:.3f}")

# %% [markdown]
# ## Train by the paper's recipe
#
# Your functions do the training. One convention first: activations are scaled so that their mean norm is
# $\sqrt{d_\text{in}}$. Then the same $\lambda$ means the same on any model.
#
# In M many latents fell silent while they were trained. To see what becomes of a silent latent, also train a
# copy with a **bad start**: half of its latents begin with $b_{\text{enc}} = -20$, so far below 0 that they
# fire on nothing.
#
# **Predict.** After the training with a bad start, what share of the latents is dead?
#
# - a: almost none, training repairs them
# - b: about a quarter, training reaches the nearer ones
# - c: about half, those that started dead

# %% tags=["predict"]
prediction_a = None  # your answer: "a", "b" or "c"

# %%
SCALE_X = train_x.shape[1] ** 0.5 / train_x.norm(dim=1).mean()
BATCH, L1, D_SAE = 256, 1.0, 4 * train_x.shape[1]
STEPS = lesson.pick(smoke=20, lesson=300, full=4000)


def new_sae(g: torch.Generator, bad_start: bool) -> SparseAutoencoder:
    """Random rows of norm 1, centred on the data; with a bad start, half of the latents silent."""
    new = SparseAutoencoder(train_x.shape[1], D_SAE, generator=g)
    new.b_dec.data = train_x.mean(dim=0) * SCALE_X
    if bad_start:
        new.b_enc.data[: D_SAE // 2] = -20
    return new


# %%
def train_by_paper(name: str, bad_start: bool = False, resample: bool = False):
    """Train an SAE with your functions; also keep track of which latents fire."""
    g = torch.Generator().manual_seed(SEED)
    new = new_sae(g, bad_start)
    optimizer = torch.optim.Adam(new.parameters(), lr=1e-2, fused=True)
    log, window = sae.Log([], [], [], []), STEPS // 16
    silent_for = torch.zeros(D_SAE)  # steps since a latent fired
    for step in lesson.progress(range(1, STEPS + 1), name):
        x = train_x[torch.randint(len(train_x), (BATCH,), generator=g)] * SCALE_X
        lesson.use.training_step(new, optimizer, x, L1)
        with torch.no_grad():  # a part of the batch is enough to see who fires
            x_hat, f = new(x[:128])
        silent_for = torch.where((f > 0).any(dim=0), 0, silent_for + 1)
        dead = silent_for >= window
        if step % max(1, window) == 0:
            entry = step, ((x[:128] - x_hat) ** 2).sum(dim=1).mean(), (f > 0).sum() / 128, dead.float().mean()
            for column, value in zip(log, entry, strict=True):
                column.append(float(value))
        if resample and step in (STEPS // 8, STEPS // 4, STEPS * 3 // 8, STEPS // 2):
            lesson.use.resample_dead(new, optimizer, dead, x, g)
            silent_for[dead] = 0
    return sae.folded(new, SCALE_X), log  # the scale goes into the weights: it takes unscaled x


# %%
by_paper, log_paper = train_by_paper("paper's recipe")
bad, log_bad = train_by_paper("paper's recipe, bad start", bad_start=True)


def measure(trained: SparseAutoencoder, x: Float[Tensor, "tokens d_in"] = some_test):
    """R², L0 and the share of dead latents."""
    with torch.no_grad():
        x_hat, f = lesson.use.sae_forward(x, trained.W_enc, trained.b_enc, trained.W_dec, trained.b_dec)
    density, l0 = lesson.use.firing(f)
    return lesson.use.r_squared(x, x_hat), l0, (density == 0).float().mean().item()


def print_results(width: int):
    for name, (r2, l0, dead) in results.items():
        print(f"{name:{width}} R² {r2:.2f}, L0 {l0:.0f}, dead {dead:.0%}")


results = {"paper": measure(by_paper), "paper, bad start": measure(bad)}
print_results(width=18)
left_dead = results["paper, bad start"][2]

# %%
lesson.reveal(
    prediction_a,
    "a" if left_dead < 0.1 else "b" if left_dead < 0.4 else "c",
    f"{left_dead:.0%} are dead. Where f is 0 the ReLU's slope is 0: neither the encoder nor the decoder of "
    f"that latent moves. With a good start {results['paper'][2]:.1%} are dead: at our scale the paper's "
    "trouble hardly shows by itself, so you had to provoke it.",
)

# %% [markdown]
# ## Exercise 8.6 · Resample dead latents
# *Difficulty 4/5 · about 20 minutes*
#
# M's cure: give a dead latent a new direction, one that the SAE is bad at. With the loss of each input
# $\ell_t = \|x_t - \hat x_t\|^2$:
#
# 1. For each dead latent draw one input, with probability $\propto \ell_t^2$ (with replacement, from the
#    `generator`).
# 2. Its decoder row: that input $x_t$, at norm 1.
# 3. Its encoder column: the same direction, at 0.2 × the mean norm of the *live* (not dead) latents' columns.
#    Its encoder bias: 0.
# 4. Adam's moments for these weights: 0. In `optimizer.state[sae.W_dec]` they are called `exp_avg` and
#    `exp_avg_sq`; the same for `W_enc` and `b_enc`. Old momentum would push the fresh latent along the dead
#    one's path.
#
# Live latents keep their weights and moments. If none is dead, nothing happens.


# %% exercise="8.6"
def resample_dead(
    sae: SparseAutoencoder,
    optimizer: torch.optim.Optimizer,
    dead: Bool[Tensor, "d_sae"],
    x: Float[Tensor, "tokens d_in"],
    generator: torch.Generator | None = None,
) -> None:
    """Give the dead latents of `sae` a fresh start, in place. `optimizer` is an Adam that has stepped."""
    ### BEGIN SOLUTION
    if not dead.any():
        return
    with torch.no_grad():
        loss = ((x - sae(x).x_hat) ** 2).sum(dim=1)
        drawn = torch.multinomial(loss**2, int(dead.sum()), replacement=True, generator=generator)
        rows = x[drawn] / x[drawn].norm(dim=1, keepdim=True)
        sae.W_dec[dead] = rows
        sae.W_enc[:, dead] = 0.2 * sae.W_enc[:, ~dead].norm(dim=0).mean() * rows.T
        sae.b_enc[dead] = 0
    for moment in ("exp_avg", "exp_avg_sq"):
        optimizer.state[sae.W_dec][moment][dead] = 0
        optimizer.state[sae.W_enc][moment][:, dead] = 0
        optimizer.state[sae.b_enc][moment][dead] = 0
    ### END SOLUTION


# %% check="8.6"
lesson.check("8.6", resample_dead)

# %%
cured, log_cured = train_by_paper("bad start, resampled", bad_start=True, resample=True)
results["bad start, resampled"] = measure(cured, test_x)  # on all: a rare latent isn't a dead one
before, after = results["paper, bad start"], results["bad start, resampled"]
lesson.show(
    figures.dead_by_step({"good start": log_paper, "bad start": log_bad, "bad start, resampled": log_cured}),
    see=f"left, dead means silent for the last {max(1, STEPS // 16)} steps. On the test text, "
    f"without resampling {before[2]:.0%} of the latents are dead at the end, with it "
    f"{after[2]:.1%}. Right, the error. Resampling turns R² {before[0]:.2f} into {after[0]:.2f}, at L0 "
    f"{before[1]:.0f} and {after[1]:.0f}: half the latents reconstruct about as well as all. What dead "
    "latents cost is detail in the dictionary.",
    alt="Left: share of dead latents over training, at one half without resampling, near zero with it and "
    "with a good start. Right: squared error falls in all three.",
)

# %% [markdown]
# ## The recipe that replaced it
#
# Norm-1 rows, projected gradients, resampling: three devices, each with its own pitfalls. In 2024 the same
# group dropped all three. Let the decoder grow as it likes, but make it *pay*:

# %% [markdown]
# ## Exercise 8.7 · A penalty that the decoder cannot cheat
# *Difficulty 2/5 · about 6 minutes*
#
# $$\text{penalty} = \frac{\lambda}{B}\sum_{t=1}^{B}\sum_i f_{ti}\,\|W_{\text{dec},i}\|_2$$
#
# $W_{\text{dec},i}$ is row $i$. Halve $f_i$ and double the row: the penalty is the same. Its gradient with
# respect to $W_{\text{dec}}$ is part of the idea: it keeps rows from growing.


# %% exercise="8.7"
def weighted_l1(
    f: Float[Tensor, "batch d_sae"], W_dec: Float[Tensor, "d_sae d_in"], l1_coefficient: float
) -> Float[Tensor, ""]:
    """λ × the activations weighted by their decoder rows' norms, averaged over the batch."""
    ### BEGIN SOLUTION
    return l1_coefficient * (f * W_dec.norm(dim=1)).sum(dim=-1).mean()
    ### END SOLUTION


# %% check="8.7"
lesson.check("8.7", weighted_l1)

# %% [markdown]
# Try the same trick again: activations divided by 10, rows multiplied by 10.

# %% tags=["nbval-check-output"]
for factor in (1, 10):
    plain = (some_f / factor).sum(dim=1).mean()
    weighted = lesson.use.weighted_l1(some_f / factor, shipped.W_dec * factor, 1.0)
    print(f"rows × {factor:2}: plain penalty {plain:.2f}, weighted {weighted:.2f}")

# %% [markdown]
# The rest of the recipe: start with $W_{\text{enc}} = W_{\text{dec}}^\top$ and rows of norm 0.1; raise
# $\lambda$ from 0 over the first 5 % of the steps, so that no latent dies before it has a direction; lower
# the learning rate to 0 over the last 20 %; clip the gradient's norm at 1. No resampling.
#
# `sae.train` does all this, and both recipes, with the gradients written out by hand: the same numbers as
# autograd's, several times faster (`course_utils/sae/train.py` is short; read it). On unit rows the two
# penalties are equal, so the comparison uses the same $\lambda$. Look at L0 to see how equal it came out.

# %%
TOKENS = STEPS * BATCH
standard_cfg = sae.standard(
    train_x.shape[1], D_SAE, TOKENS, L1, lr=1e-2, train_batch_size_tokens=BATCH, seed=SEED
)
trained = sae.train(train_x, standard_cfg, progress=lambda steps: lesson.progress(steps, "standard recipe"))
by_standard = trained.sae
results["standard"] = measure(by_standard)
print_results(width=22)

# %% [markdown]
# At the same $\lambda$ the standard recipe comes out sparser. Which of its parts does that? Your experiment
# at the end of the lesson can decide it.
#
# Such a training is short. The SAEs that come with the kit are the standard recipe again, trained for longer
# (`course assets sae-4x` and `sae-4x-dense` make them anew). One thing differs: their $\lambda$ rises over
# three quarters of the training, not only the first 5 %. From here on you measure these two, and your own
# beside them.
#
# **Which λ?** The dense one has $\lambda = 1$, the other $\lambda = 2$. The rule that we wanted to choose
# by: of $\lambda$ = 2, 3, 4 and 5, the one with which the most content types have a good latent, one that
# catches more than half of the type and is right more than half of the time, counted on text where nothing
# else is measured. (It was written down while the first runs were going, so not before all data.) The counts
# were 17, 20, 18 and 17 of 70 types (of neurons, 4 types had a good one): no winner. So we took the one in
# which a single latent has most of base64, because lesson 09 needs that. With λ = 3 and 4 two or three
# latents share it. That is a choice, not a finding, and further down you see what depends on it.
#
# ## What fires how often

# %% [markdown]
# M has a rule of thumb for densities: many latents above 1 % "correspond to an L1 coefficient that is too
# low". It wants an L0 below 10 or 20, and distrusts one that is a good part of the width. Look at both of the
# kit's SAEs by that rule.

# %% tags=["nbval-check-output"]
both = {"shipped": shipped, "dense": dense}
with torch.no_grad():
    found = {name: one(test_x) for name, one in both.items()}
shipped_f = found["shipped"].f
density, l0 = lesson.use.firing(shipped_f)
r2 = lesson.use.r_squared(test_x, found["shipped"].x_hat)
dead = (density == 0).float().mean().item()
denser = (density > 0.01).float().mean().item()
dense_density, dense_l0 = lesson.use.firing(found["dense"].f)
dense_r2 = lesson.use.r_squared(test_x, found["dense"].x_hat)
dense_denser = (dense_density > 0.01).float().mean().item()
print(f"shipped: R² {r2:.3f}, L0 {l0:.1f}, dead {dead:.1%}, median density {density.median():.2%}")
print(f"dense:   R² {dense_r2:.3f}, L0 {dense_l0:.1f}, median density {dense_density.median():.2%}")
print(f"latents denser than 1 %: shipped {denser:.0%}, dense {dense_denser:.0%}")

# %% fold="The figure: densities"
with torch.no_grad():
    bad_density = lesson.use.firing(bad.encode(some_test))[0]
lesson.show(
    figures.density_histogram(
        {"shipped": density, "dense": dense_density, "paper, bad start": bad_density}, len(test_x)
    ),
    see=f"{denser:.0%} of the shipped SAE's latents lie right of the dotted line, of the dense one's "
    f"{dense_denser:.0%}: by M's rule {'still ' if denser > 0.5 else 'no longer '}too many. With the bad "
    f"start {before[2]:.0%} of the latents are in the bar at the left. M found a second hump of *ultra-low* "
    f"density, below 10⁻⁶; on {len(test_x)} tokens nothing below {1 / len(test_x):.0e} can show, so it "
    "doesn't tell whether we have one.",
    alt="Histogram of log density with a line at 1 %: the dense SAE's hump lies right of the shipped one's; "
    "of the one with the bad start half of the latents are in a bar labelled never.",
)

# %% [markdown]
# ## Does the model notice?
#
# R² treats all directions alike. The model doesn't. So put $\hat x$ in the place of $x$ inside the
# transformer and look at what it predicts.

# %%
drawings.show("spliced_reconstruction")

# %% [markdown]
# ## Exercise 8.8 · Loss recovered
# *Difficulty 2/5 · about 8 minutes*
#
# $$\text{recovered} = \frac{L_\text{ablated} - L_{\hat x}}{L_\text{ablated} - L}$$
#
# $L$ is the model's own loss, $L_{\hat x}$ the loss with reconstructed activations, $L_\text{ablated}$ the
# loss with every token's activations replaced by one and the same vector, `fill`. 1 means that nothing
# was lost, 0 that the reconstruction is worth no more than the ablation; it may be negative.
#
# You get `loss`, a function: `loss(replace)` runs the model with its activations `acts` replaced by
# `replace(acts)`; `loss(None)` leaves them alone. `acts` may have any shape that ends in `d_in`.


# %% exercise="8.8"
def loss_recovered(loss, reconstruct, fill: Float[Tensor, "d_in"]) -> float:
    """How much of ablation's cost `reconstruct` (a function of activations) wins back."""
    ### BEGIN SOLUTION
    ablated = loss(lambda acts: fill.expand_as(acts))
    return (ablated - loss(reconstruct)) / (ablated - loss(None))
    ### END SOLUTION


# %% check="8.8"
lesson.check("8.8", loss_recovered)

# %% [markdown]
# What to compare with? Ablation to **zero** is M's choice. Zero may be far from anything that the model ever
# sees, which makes ablation look terrible and the SAE good. The **mean** activation is the other usual
# choice. You measure both.
#
# <details>
# <summary>What does M itself think of this score?</summary>
#
# It calls the ablated MLP "an especially bad baseline", and its own score for that reason an overestimate. It
# also says that a small MLP, trained in the place of the large one, gets about as far. So the score tells you
# that the reconstruction isn't broken. It doesn't tell you that the latents are the right ones.
#
# </details>
#
# And three baselines that describe a token with as many numbers as the shipped SAE has active latents, $k$ =
# L0 (the top neurons also with as many as the dense one has):
#
# - **PCA**: the first $k$ principal components, the best linear code of $k$ numbers.
# - **Top neurons**: each token's $k$ largest neurons, the rest set to 0. Sparse, but in the neurons' basis.
# - **A small MLP**: 128 → $k$ → 128 with a ReLU, trained like the SAE with $\lambda = 0$. Dense, learned.
#
# Equal $k$ favours sparse codes over dense ones: *which* $k$ are active says something too, for free. Keep
# that in mind.
#
# **Predict.** Which of the three baselines recovers most of the loss?
#
# - a: PCA
# - b: the top neurons
# - c: the small MLP

# %% tags=["predict"]
prediction_b = None  # your answer: "a", "b" or "c"

# %%
loss_tokens = test_tokens[: lesson.pick(smoke=20, lesson=200, full=3000)]
zeros = torch.zeros_like(mean_x)


@cache  # each question once: the untouched loss stands in every share
def loss(replace=None) -> float:
    return hooks.loss_with(model, loss_tokens, replace).mean().item()


# %%
k, k_dense, some_train = math.ceil(l0), math.ceil(dense_l0), train_x[:100_000]
small = sae.standard(train_x.shape[1], k, 2 * TOKENS, 0.0, lr=1e-2, train_batch_size_tokens=BATCH, seed=SEED)
small_mlp = sae.train(train_x, small, progress=lambda steps: lesson.progress(steps, "small MLP")).sae
codes = {
    "shipped SAE": lambda x: shipped(x).x_hat,
    "dense SAE": lambda x: dense(x).x_hat,
    "your SAE, paper's recipe": lambda x: by_paper(x).x_hat,
    "standard recipe, as short": lambda x: by_standard(x).x_hat,
    f"top {k_dense} neurons": lambda x: sae.metrics.top_k(x, k_dense),
    f"top {k} neurons": lambda x: sae.metrics.top_k(x, k),
    f"small MLP, {k} units": lambda x: small_mlp(x).x_hat,
    f"PCA, {k} components": sae.metrics.pca(some_train, k),
}
recovered = {
    name: tuple(lesson.use.loss_recovered(loss, code, fill) for fill in (zeros, mean_x))
    for name, code in codes.items()
}

# %% fold="The table: loss recovered" tags=["nbval-check-output"]
print(f"loss, nats a token: untouched {loss():.3f}, shipped SAE {loss(codes['shipped SAE']):.3f}")
print(f"ablated to zero {loss(torch.zeros_like):.3f}, to the mean {loss(lambda x: mean_x.expand_as(x)):.3f}")
for what in ("shipped SAE", f"top {k} neurons", "dense SAE", f"top {k_dense} neurons"):
    print(
        f"{what}: recovered {recovered[what][0]:.3f} against zero, {recovered[what][1]:.3f} against the mean"
    )

# %% fold="The figure: loss recovered"
baselines = dict(zip("bca", list(recovered.items())[5:], strict=True))
best = max(baselines, key=lambda letter: baselines[letter][1][1])
ours, dense_ours = recovered["shipped SAE"], recovered["dense SAE"]
top, top_dense = recovered[f"top {k} neurons"], recovered[f"top {k_dense} neurons"]
lesson.show(
    figures.recovered_bars(recovered),
    see=f"with {k} numbers a token the shipped SAE recovers {ours[1]:.1%} of what mean ablation costs. The "
    f"best baseline of as many, {baselines[best][0]}, recovers {baselines[best][1][1]:.1%}. The dense SAE "
    f"uses {k_dense} and recovers {dense_ours[1]:.1%}; the {k_dense} largest neurons {top_dense[1]:.1%}.",
    alt="Bars of loss recovered for four SAEs and four baselines, against zero and mean ablation.",
)

# %%
lesson.reveal(
    prediction_b,
    best,
    ", ".join(f"{name} {values[1]:.1%}" for name, values in baselines.values()) + " (against mean ablation). "
    f"A token activates {(test_x > 0).sum(dim=1).float().mean():.0f} of the {test_x.shape[1]} neurons: they "
    "are sparse already, so few of them go a long way. The small MLP's ReLU makes a "
    f"difference of {abs(recovered[f'small MLP, {k} units'][1] - recovered[f'PCA, {k} components'][1]):.1%} "
    "to PCA.",
)

# %% [markdown]
# Take that seriously. With as many numbers as the dense SAE uses, you need no SAE to rebuild the activations,
# because the largest neurons alone do it better. Only where numbers are few does a dictionary pay. So a high
# R² is not what an SAE is *for*: it is the condition under which its latents can mean something, and being
# sparse is what makes them try. Whether they do mean something, and more than neurons, comes next and in
# lesson 09.

# %% [markdown]
# ## The price of sparsity
#
# $\lambda$ sets the exchange rate between L0 and reconstruction. There is no right value, only a frontier. A
# small sweep draws it: six SAEs of half the width, a short training each.
#
# What is given up here is *our description's* accuracy. The transformer stays as it is: a sparse SAE costs no
# capability, it only leaves more of the model unexplained.
#
# **Predict.** From $\lambda = 1$ to $\lambda = 4$, by what factor does L0 fall? Any number will do.

# %% tags=["predict"]
prediction_c = None  # your answer: a number, such as 2.0

# %%
LAMBDAS = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0]


def one_of_sweep(l1: float) -> SparseAutoencoder:
    cfg = sae.standard(
        train_x.shape[1],
        D_SAE // 2,
        TOKENS * 2 // 3,
        l1,
        lr=1e-2,
        train_batch_size_tokens=BATCH // 2,
        seed=SEED,
    )
    return sae.train(train_x, cfg).sae


swept = {l1: one_of_sweep(l1) for l1 in lesson.progress(LAMBDAS, "λ sweep")}
sweep = {l1: measure(one) for l1, one in swept.items()}

# %% fold="The figure: the price of sparsity"
COUNTS = [1, 2, 4, 8, 16, 32, 64, 128]
with_pca = [
    (n, lesson.use.r_squared(some_test, sae.metrics.pca(some_train, n)(some_test)), f"{n}") for n in COUNTS
]
with_top = [(n, lesson.use.r_squared(some_test, sae.metrics.top_k(some_test, n)), f"{n}") for n in COUNTS]
lines = {
    "SAE, 256 latents": [(l0_, r2_, f"λ={l1:g}") for l1, (r2_, l0_, _) in sweep.items()][::-1],
    "top neurons": with_top,
    "PCA": with_pca,
}
most, least, few = sweep[LAMBDAS[0]], sweep[LAMBDAS[-1]], sweep[4.0]
n_few = math.ceil(few[1])  # at least as many numbers for the neurons
top_few = lesson.use.r_squared(some_test, sae.metrics.top_k(some_test, n_few))
lesson.show(
    figures.r_squared_by_numbers(
        lines, {"shipped SAE, 512 latents": (l0, r2), "dense SAE, 512 latents": (dense_l0, dense_r2)}
    ),
    see=f"each step of λ buys sparsity and pays in R²: from {most[0]:.2f} at L0 {most[1]:.0f} to "
    f"{least[0]:.2f} at L0 {least[1]:.1f}. With few numbers latents carry more than neurons: at L0 "
    f"{few[1]:.1f} R² is {few[0]:.2f}, the {n_few} largest neurons give {top_few:.2f}.",
    alt="R² against numbers per token, one line each for SAEs of six λ, top neurons and PCA, and stars for "
    "the two shipped SAEs. All lines rise to the right; the SAEs' lies highest where numbers are few.",
)

# %%
lesson.reveal(
    prediction_c,
    round(sweep[1.0][1] / sweep[4.0][1], 1),
    f"L0 falls from {sweep[1.0][1]:.1f} to {sweep[4.0][1]:.1f}.",
)

# %% [markdown]
# ## Which λ reads best?
#
# By R² the best λ is the smallest, which is no code at all: nothing sparse is left. So R² can't choose λ, and
# neither can the loss recovered, because both only ever fall. What you want from an SAE is that its latents
# mean something, and meaning is hard to put into one number. But you can take three numbers that move with
# it, measure them on the same six SAEs, and see whether they agree. Suppose they do: then there is a best λ.
# Suppose they don't: then "the interpretable SAE" is not one thing, and whoever names a λ has chosen a
# meaning, too.
#
# - **Good types**: of some 60 content types (base64, legal, Hebrew …) of which there is enough, the share
#   that has a latent which catches more than half of the type's tokens and is right more than half of the
#   time when it does.
# - **Specificity**: where a type's best latent fires *at all*, the share of tokens of that type; the median
#   over types. A latent is about what it fires on, also where it fires faintly.
# - **One set of tokens**: how well a latent is described by "the current token is one of these", the best
#   such set; the median over latents. High is easy to explain, but says little about context.
#
# What is chosen (a latent, a threshold, a set) is chosen on one half of the test text and measured on the
# other half.
#
# **Predict.** Do the three agree on a best λ of the six?
#
# - a: yes, all three are largest at one λ
# - b: two agree, the third doesn't
# - c: each has a λ of its own

# %% tags=["predict"]
prediction_d = None  # your answer: "a", "b" or "c"

# %%
labels, current = test_types.flatten(), test_tokens.flatten()


def read_and_recover(one: SparseAutoencoder) -> tuple[float, ...]:
    """Loss recovered (of the mean), good types, specificity, token set."""
    with torch.no_grad():
        won_back = lesson.use.loss_recovered(loss, lambda x: one(x).x_hat, mean_x)
        return won_back, *readability(one.encode(test_x), labels, current)


readings = [read_and_recover(one) for one in lesson.progress(swept.values(), "reading the latents")]
r2s = [found_[0] for found_ in sweep.values()]
NAMES = ["R²", "loss recovered", "good types", "specificity", "one set of tokens"]
measured = dict(zip(NAMES, [r2s, *map(list, zip(*readings, strict=True))], strict=True))
peaks = {name: LAMBDAS[max(range(len(LAMBDAS)), key=values.__getitem__)] for name, values in measured.items()}

# %% fold="The table: five measures by λ"
print(f"{'λ':>17} " + "".join(f"{l1:7g}" for l1 in LAMBDAS))
for name, values in measured.items():
    print(f"{name:>17} " + "".join(f"{value:7.2f}" for value in values))
neurons_read = readability(test_x, labels, current)
print("the neurons: " + ", ".join(f"{n} {v:.2f}" for n, v in zip(NAMES[2:], neurons_read, strict=True)))

# %% fold="The figure: five measures by λ"
lesson.show(
    figures.measures_by_sparsity(LAMBDAS, measured),
    see="the star marks where a measure is largest: "
    + ", ".join(f"{name} at λ = {peak:g}" for name, peak in peaks.items())
    + ". They don't agree on one λ.",
    alt="Five measures of six SAEs against λ. R² and loss recovered fall; "
    + ", ".join(f"{name} is largest at {peak:g}" for name, peak in list(peaks.items())[2:])
    + ".",
)

# %%
lesson.reveal(
    prediction_d,
    " abc"[len({peaks[name] for name in NAMES[2:]})],
    ", ".join(f"{name} peaks at λ = {peaks[name]:g}" for name in NAMES[2:])
    + ". Each measure rewards another "
    "thing: a detector of types, a unit that is silent elsewhere, a unit that is short to describe.",
)

# %% [markdown]
# ## Play: drop the faint
#
# Many activations are small. Drop all below a threshold, with no new training. What do you lose first: R²,
# or what the model needs? The slider in the figure works anywhere. With a running kernel, the second
# slider measures anew for any threshold.

# %%
FEW = lesson.pick(smoke=10, lesson=60, full=400)  # sequences
few_tokens, few_x = test_tokens[:FEW], test_x[: FEW * test_tokens.shape[1]]


def few_loss(replace=None) -> float:
    return hooks.loss_with(model, few_tokens, replace).mean().item()


untouched, ablated = few_loss(), few_loss(lambda x: mean_x.expand_as(x))


def at_threshold(threshold: float) -> tuple[float, float, float, float]:
    """(threshold, L0, R², loss recovered against the mean) when latents up to it count as 0."""

    def code(x):
        f = shipped.encode(x)
        return shipped.decode(f * (f > threshold))

    f = shipped.encode(few_x)
    won_back = (ablated - few_loss(code)) / (ablated - untouched)
    kept = lesson.use.firing(f * (f > threshold))[1]
    return threshold, kept, lesson.use.r_squared(few_x, code(few_x)), won_back


# %%
with torch.no_grad():
    typical = shipped_f[shipped_f > 0].median().item()
    points = [at_threshold(typical * step / 4) for step in range(13)]
_, *whole = points[0]
_, *half = points[4]
lesson.show(
    figures.threshold_slider(points, at=4),
    see=f"half of all activations are below {typical:.2f}. Without them L0 falls from {whole[0]:.0f} to "
    f"{half[0]:.0f}, R² from {whole[1]:.3f} to {half[1]:.3f}, loss recovered from {whole[2]:.3f} to "
    f"{half[2]:.3f}: {'R²' if whole[1] - half[1] > whole[2] - half[2] else 'loss recovered'} falls more.",
    alt="L0, R² and loss recovered against the threshold, with a mark that a slider moves. All three fall.",
)


# %% tags=["play"]
def drop_the_faint(threshold: float) -> None:
    with torch.no_grad():
        _, l0_, r2_, recovered_ = at_threshold(threshold)
    print(f"L0 {l0_:.1f}, R² {r2_:.3f}, loss recovered {recovered_:.3f}")


_ = ipywidgets.interact(drop_the_faint, threshold=(0.0, 4 * typical, typical / 8))

# %% [markdown]
# ## Where we depart from M
#
# - M's squared error is a *mean* over components, ours a sum, and M doesn't rescale the activations. So its
#   $\lambda$ (.004) and ours can't be compared; the April 2024 update, whose scale is ours, uses 5.
# - M's $b_{\text{dec}}$ starts at the geometric median of the activations, ours at their mean.
# - M calls it important to sample *without* replacement. Your loop draws with replacement, `sae.train`
#   doesn't.
# - M trains for a million steps and resamples at 2.5 to 10 % of them; we train for hundreds and resample at
#   12 to 50 %. A lower learning rate is better where there is time for it; ours is 1e-2.
# - M's SAEs have 4096 to 131 072 latents on 512 neurons, its model reads a large sample of the web. And it
#   counts firings on 100 million tokens, you on far fewer: "dead" means silent on *these*.
#
# ## Claims
#
# M's SAE A/1 (4096 latents) recovers 79 % of the loss against zero ablation, the largest, A/5, 94.5 %. That
# ours scores higher says that our transformer and its world are small, not that our SAE is better.

# %% tags=["nbval-check-output"] fold="The claims: the shipped SAEs"
lesson.claim("sae_shipped.l0", l0, at_most=15, paper="less than 10 or 20")
lesson.claim("sae_shipped.r2", r2, at_least=0.75)
lesson.claim("sae_shipped.loss_recovered_zero", ours[0], at_least=0.85, paper="0.79 (A/1), 0.945 (A/5)")
lesson.claim("sae_shipped.loss_recovered_mean", ours[1], at_least=0.85)
lesson.claim("sae.denser_than_1_percent_falls", dense_denser - denser, at_least=0.1)
lesson.claim("sae_shipped.dead_fraction", dead, at_most=0.05, paper="168 of 4096 (A/1)")
lesson.claim("sae_dense.r2", dense_r2, at_least=0.9)
lesson.claim("sae_dense.loss_recovered_zero", dense_ours[0], at_least=0.93)
lesson.claim("sae_dense.loss_recovered_mean", dense_ours[1], at_least=0.93)

# %% [markdown]
# Then what speaks against an SAE: with the dense one's L0 the top neurons recover more. And what your own
# short trainings show: resampling cures a bad start; $\lambda$ trades sparsity for reconstruction at every
# step of the sweep; the measures of readability don't peak at one λ. (Live trainings come out a little
# different on each kind of machine, so these are rounded.)

# %% tags=["nbval-check-output"] fold="The claims: against the SAE, and your trainings"
lesson.claim("sae_dense.below_top_neurons", round(top_dense[1] - dense_ours[1], 2), at_least=0.0)
lesson.claim("sae.dead_with_resampling", round(after[2], 2), at_most=0.05)
frontier = list(sweep.values())  # (R², L0, dead), from the smallest λ to the largest
down = [a[0] > b[0] and a[1] > b[1] for a, b in pairwise(frontier)]
lesson.claim("sae.frontier_steps_down", sum(down) / len(down), at_least=1.0)
lesson.claim("sae.frontier_peaks", len({peaks[name] for name in NAMES[2:]}), at_least=2)
lesson.claim("sae.r2_above_few_neurons", round(few[0] - top_few, 2), at_least=0.1)

# %% [markdown]
# ## Your experiment · which part makes it sparse?
#
# At one λ the standard recipe came out sparser than the paper's. It differs in five parts: rows start at
# norm 0.1, the penalty is weighted by rows, λ warms up, the learning rate decays, the gradient is clipped.
# Choose one, say what you expect of L0, and find out: add it alone to `train_by_paper`, or take it alone from
# the standard recipe (`dataclasses.replace(standard_cfg, ...)` changes a setting; `standard_cfg.recipe` is
# one). Keep everything else, the seed included, and say which difference you would call none.

# %% experiment="code"
### BEGIN SOLUTION
from dataclasses import replace

clipped = replace(standard_cfg, d_sae=D_SAE // 2)  # half the width, quick enough for two seeds
unclipped = replace(clipped, recipe=replace(clipped.recipe, clip_norm=None))
for other in (SEED, SEED + 1):
    for way, setting in {"clipped": clipped, "not clipped": unclipped}.items():
        print(way, measure(sae.train(train_x, replace(setting, seed=other)).sae))
### END SOLUTION

# %% [markdown] experiment="answer"
# I took the clipping away and expected L0 to rise. I ran it with two seeds, so that the difference between
# seeds tells me what size of a difference is none. What came out holds for this λ and this short training.

# %% [markdown]
# ## Discussion
#
# 1. *Compression of compression.* Training pressed text into the transformer's weights; the SAE presses the
#    transformer's activations into a dictionary. The few per cent of the loss that the SAE doesn't recover:
#    is that noise, or the rarest features, which a safety audit would want most? How could you find out?
# 2. *What does a low L0 prove?* Sparser codes read better up to a point. With too few latents a token, an SAE
#    mixes features that occur together into one latent ([2508.16560](https://arxiv.org/abs/2508.16560)).
#    Which number of this lesson would warn you? (Look at the frontier again: does it have a kink?)
# 3. *Good scores from nothing.* SAEs trained on a transformer with **random** weights get scores much like
#    those on a trained one ([2501.17727](https://arxiv.org/abs/2501.17727)). Which of this lesson's
#    numbers can tell the two apart, and which can't?
# 4. *The feature lottery.* Another seed gives another dictionary. For a large model two seeds shared only
#    about 30 % of their latents ([2501.16615](https://arxiv.org/abs/2501.16615)). If a latent is in one
#    dictionary and not in the other, is it a feature? In 2025 a group that had published many SAEs gave them
#    less priority, after linear probes had beaten them at a practical task. Is that the end of SAEs, or of
#    one use of them?
#
# ## What you can now say
#
# - An SAE writes each activation vector as a sum of few rows of a large dictionary; the L1 penalty makes them
#   few, and a rule about the rows' length keeps it honest.
# - A latent that never fires gets no gradient; resampling gives it a direction that is badly reconstructed.
# - R² and loss recovered say that a reconstruction isn't broken. With many numbers a token the largest
#   neurons do as well, with few they don't.
# - λ has no right value: what counts as readable decides, and the measures of it disagree.
# - M would call an SAE too dense whose latents mostly fire on more than 1 % of the tokens.
#
# ### Three readings
#
# 1. [*Towards Monosemanticity*, the appendix on
#    training](https://transformer-circuits.pub/2023/monosemantic-features#appendix-autoencoder): 15 minutes.
# 2. The [April 2024 update](https://transformer-circuits.pub/2024/april-update#training-saes), the section
#    on training SAEs: 10 minutes.
# 3. [*Sparse but wrong*](https://arxiv.org/abs/2508.16560), on what a wrong L0 does to latents, its first
#    five pages: 20 minutes.
#
# The kit's modules behind this lesson, in reading order: [the map](../docs/map.md).

# %%
lesson.summary()
