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
# - **Time:** about 90 minutes; the cells themselves run in one to two.
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

# %% tags=["parameters"]
SCALE = "lesson"
SEED = 0

# %%
import html
import math
from itertools import pairwise

import ipywidgets
import torch
from jaxtyping import Bool, Float
from torch import Tensor

import course_utils
from course_utils import assets, sae
from course_utils.figures import sae as figures
from course_utils.interp.text import token_label
from course_utils.lm import data, hooks
from course_utils.lm.tokenizer import SEPARATOR, token_bytes
from course_utils.sae import SparseAutoencoder

lesson = course_utils.start("08", scale=SCALE, seed=SEED)

# %% [markdown]
# ## Activations
#
# Text goes through the transformer once. At the hook point `blocks.0.mlp.hook_post`, the neurons after
# their ReLU, each token leaves a vector $x$ of 128 numbers. They are all that the SAE ever sees: no text, no
# labels. Activations to train on and activations to measure on come from different documents.

# %% tags=["nbval-check-output"]
tokenizer, model = assets.load_tokenizer(), assets.load_transformer()
TRAIN_BYTES = lesson.pick(smoke=20_000, lesson=1_200_000, full=4_000_000)
TEST_BYTES = lesson.pick(smoke=10_000, lesson=300_000, full=1_200_000)
train_x = hooks.activations(model, data.load("train", TRAIN_BYTES, tokenizer, seed=SEED).tokens)
test_tokens = data.load("held_out", TEST_BYTES, tokenizer, seed=3000 + SEED).tokens
test_x = hooks.activations(model, test_tokens)
print(f"{len(train_x)} vectors to train on, {len(test_x)} to measure on, {train_x.shape[1]} neurons each")
print(f"a neuron is active on {(test_x > 0).float().mean():.1%} of tokens")

# %% [markdown]
# **Where you are going.** One line of text, twice: in neurons, and in the latents of a trained SAE that
# comes with the kit.

# %%
shipped = assets.load_sae("sae-4x")
LINE = "for row in table: print(row)  # YmFzZTY0IGlzIGhlcmU="
line_tokens = [tokenizer.token_to_id(SEPARATOR), *tokenizer.encode(LINE).ids]
vocab = token_bytes(tokenizer)
line_labels = ["(start)", *(html.escape(token_label(t, vocab)) for t in line_tokens[1:])]
line_x = hooks.activations(model, torch.tensor([line_tokens]))
line_f = shipped.encode(line_x)
active = int((line_f.amax(dim=0) > 0).sum())
lesson.show(
    figures.neurons_and_latents(
        line_labels, line_x / test_x.amax(dim=0), line_f / shipped.encode(test_x).amax(dim=0)
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
BATCH, L1, D_SAE = 1024, 1.0, 4 * train_x.shape[1]
STEPS = lesson.pick(smoke=20, lesson=400, full=4000)


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
    optimizer = torch.optim.Adam(new.parameters(), lr=1e-2)
    log, window = sae.Log([], [], [], []), STEPS // 16
    silent_for = torch.zeros(D_SAE)  # steps since a latent fired
    for step in lesson.progress(range(1, STEPS + 1), name):
        x = train_x[torch.randint(len(train_x), (BATCH,), generator=g)] * SCALE_X
        lesson.use.training_step(new, optimizer, x, L1)
        with torch.no_grad():
            x_hat, f = new(x)
        silent_for = torch.where((f > 0).any(dim=0), 0, silent_for + 1)
        dead = silent_for >= window
        if step % max(1, window) == 0:
            entry = step, ((x - x_hat) ** 2).sum(dim=1).mean(), (f > 0).sum() / BATCH, dead.float().mean()
            for column, value in zip(log, entry, strict=True):
                column.append(float(value))
        if resample and step in (STEPS // 8, STEPS // 4, STEPS * 3 // 8, STEPS // 2):
            lesson.use.resample_dead(new, optimizer, dead, x, g)
            silent_for[dead] = 0
    return sae.folded(new, SCALE_X), log  # the scale goes into the weights: it takes unscaled x


# %%
by_paper, log_paper = train_by_paper("paper's recipe")
bad, log_bad = train_by_paper("paper's recipe, bad start", bad_start=True)


def measure(trained: SparseAutoencoder) -> tuple[float, float, float]:
    """R², L0 and the share of dead latents on the test activations."""
    with torch.no_grad():
        x_hat, f = lesson.use.sae_forward(test_x, trained.W_enc, trained.b_enc, trained.W_dec, trained.b_dec)
    density, l0 = lesson.use.firing(f)
    return lesson.use.r_squared(test_x, x_hat), l0, (density == 0).float().mean().item()


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
results["bad start, resampled"] = measure(cured)
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
# At the same $\lambda$ the standard recipe comes out sparser. Which of its parts does that? We suspect the
# clipping of the gradient. Add it alone to your training step, and look at L0.
#
# Such a training is short. The SAE that comes with the kit is the standard recipe again, trained for longer
# (`course assets sae-4x` makes it anew). One thing differs: its $\lambda$ rises over three quarters of the
# training, not only the first 5 %. With the short warm-up, the latent for base64 (the end of the line in the
# first figure, and what lesson 09 looks for) is a little less sure, and with some seeds it leaves many of
# the capitals to another one. From here on you measure the SAE with the long warm-up, and your own beside
# it.
#
# ## What fires how often

# %% tags=["nbval-check-output"]
with torch.no_grad():
    shipped_x_hat, shipped_f = shipped(test_x)
density, l0 = lesson.use.firing(shipped_f)
r2 = lesson.use.r_squared(test_x, shipped_x_hat)
dead = (density == 0).float().mean().item()
ULTRA_LOW = 1e-4
rare = ((density > 0) & (density < ULTRA_LOW)).float().mean().item()
print(f"shipped SAE: R² {r2:.3f}, L0 {l0:.1f}")
print(f"dead {dead:.1%}, of density below {ULTRA_LOW:g} {rare:.1%}, median density {density.median():.2%}")

# %%
with torch.no_grad():
    bad_density = lesson.use.firing(bad.encode(test_x))[0]
lesson.show(
    figures.density_histogram({"shipped": density, "paper, bad start": bad_density}, len(test_x), ULTRA_LOW),
    see=f"the shipped SAE's latents fire on {density[density > 0].min():.2%} to {density.max():.0%} of the "
    f"tokens, half of them on less than {density.median():.1%}; {dead:.1%} never fire here. The SAE with the "
    f"bad start has {before[2]:.0%} of its latents in the bar at the left. M found a second hump of "
    f"*ultra-low* density; here {rare:.1%} of the latents are in the grey zone.",
    alt="Histogram of log density: one hump for the shipped SAE; for the one with the bad start half of the "
    "latents are in a bar labelled never.",
)

# %% [markdown]
# ## Does the model notice?
#
# R² treats all directions alike. The model doesn't. So put $\hat x$ in the place of $x$ inside the
# transformer and look at what it predicts.

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
# And three baselines that describe a token with as many numbers as the SAE has active latents, $k$ = L0:
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
loss_tokens = test_tokens[: lesson.pick(smoke=20, lesson=600, full=3000)]
zeros = torch.zeros_like(mean_x)


def loss(replace=None) -> float:
    return hooks.loss_with(model, loss_tokens, replace).mean().item()


k, some_train = round(l0), train_x[:100_000]
small_cfg = sae.standard(
    train_x.shape[1], k, 2 * TOKENS, 0.0, lr=1e-2, train_batch_size_tokens=BATCH, seed=SEED
)
small_mlp = sae.train(train_x, small_cfg, progress=lambda steps: lesson.progress(steps, "small MLP")).sae
codes = {
    "shipped SAE": lambda x: shipped(x).x_hat,
    "your SAE, paper's recipe": lambda x: by_paper(x).x_hat,
    "standard recipe, as short": lambda x: by_standard(x).x_hat,
    f"top {k} neurons": lambda x: sae.metrics.top_k(x, k),
    f"small MLP, {k} units": lambda x: small_mlp(x).x_hat,
    f"PCA, {k} components": sae.metrics.pca(some_train, k),
}
recovered = {
    name: tuple(lesson.use.loss_recovered(loss, code, fill) for fill in (zeros, mean_x))
    for name, code in codes.items()
}

# %% tags=["nbval-check-output"]
print(f"loss, nats a token: untouched {loss():.3f}, shipped SAE {loss(codes['shipped SAE']):.3f}")
print(f"ablated to zero {loss(torch.zeros_like):.3f}, to the mean {loss(lambda x: mean_x.expand_as(x)):.3f}")
for what in ("shipped SAE", f"top {k} neurons", f"PCA, {k} components"):
    print(
        f"{what}: recovered {recovered[what][0]:.3f} against zero, {recovered[what][1]:.3f} against the mean"
    )

# %%
baselines = dict(zip("bca", list(recovered.items())[3:], strict=True))
best = max(baselines, key=lambda letter: baselines[letter][1][1])
ours = recovered["shipped SAE"]
lesson.show(
    figures.recovered_bars(recovered),
    see=f"with {k} numbers a token the shipped SAE recovers {ours[1]:.1%} of what mean ablation costs. The "
    f"best baseline, {baselines[best][0]}, recovers {baselines[best][1][1]:.1%}.",
    alt="Bars of loss recovered for three SAEs and three baselines, against zero and mean ablation.",
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
# Take that seriously. With this many numbers you need no SAE to rebuild the activations: neurons will do. A
# high R² at a low L0 is not what an SAE is *for*; it is the condition under which its latents can mean
# something. Whether they do, and more than neurons, no number of this lesson shows. That is lesson 09. But
# first see what happens with fewer numbers.

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
        train_x.shape[1], D_SAE // 2, TOKENS, l1, lr=1e-2, train_batch_size_tokens=BATCH, seed=SEED
    )
    return sae.train(train_x, cfg).sae


sweep = {l1: measure(one_of_sweep(l1)) for l1 in lesson.progress(LAMBDAS, "λ sweep")}

# %%
COUNTS = [1, 2, 4, 8, 16, 32, 64, 128]
with_pca = [(n, lesson.use.r_squared(test_x, sae.metrics.pca(some_train, n)(test_x)), f"{n}") for n in COUNTS]
with_top = [(n, lesson.use.r_squared(test_x, sae.metrics.top_k(test_x, n)), f"{n}") for n in COUNTS]
lines = {
    "SAE, 256 latents": [(l0_, r2_, f"λ={l1:g}") for l1, (r2_, l0_, _) in sweep.items()][::-1],
    "top neurons": with_top,
    "PCA": with_pca,
}
pca_at_k = lesson.use.r_squared(test_x, codes[f"PCA, {k} components"](test_x))
most, least, few = sweep[LAMBDAS[0]], sweep[LAMBDAS[-1]], sweep[4.0]
n_few = math.ceil(few[1])  # at least as many numbers for the neurons
top_few = lesson.use.r_squared(test_x, sae.metrics.top_k(test_x, n_few))
lesson.show(
    figures.r_squared_by_numbers(lines, {"shipped SAE, 512 latents": (l0, r2)}),
    see=f"each step of λ buys sparsity and pays in R²: from {most[0]:.2f} at L0 {most[1]:.0f} to "
    f"{least[0]:.2f} at L0 {least[1]:.1f}. With few numbers latents carry more than neurons: at L0 "
    f"{few[1]:.1f} R² is {few[0]:.2f}, the {n_few} largest neurons give {top_few:.2f}. No λ is right: "
    "further left is simpler, further right explains more.",
    alt="R² against numbers per token, one line each for SAEs of six λ, top neurons and PCA, and a star for "
    "the shipped SAE. All lines rise to the right; the SAEs' lies highest where numbers are few.",
)

# %%
lesson.reveal(
    prediction_c,
    round(sweep[1.0][1] / sweep[4.0][1], 1),
    f"L0 falls from {sweep[1.0][1]:.1f} to {sweep[4.0][1]:.1f}.",
)

# %% [markdown]
# ## Play: drop the faint
#
# Many activations are small. Drop all below a threshold, with no new training. What do you lose first: R²,
# or what the model needs? The slider in the figure works anywhere. With a running kernel, the second
# slider measures anew for any threshold.

# %%
FEW = lesson.pick(smoke=10, lesson=100, full=400)  # sequences
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
# ## Claims
#
# What M reports, what you measured. M's model has 512 neurons and reads a large sample of the web; its SAEs
# have up to 131 072 latents. Its SAE A/1 (4096 latents) recovers 79 % of the loss against zero ablation, the
# largest, A/5, 94.5 %. That ours scores higher says that our transformer and its world are small, not that
# our SAE is better. And you count firings on far fewer tokens than M: "dead" means silent on *these*.

# %% tags=["nbval-check-output"]
lesson.claim("sae.r2", r2, at_least=0.9)
lesson.claim("sae.loss_recovered_zero", ours[0], at_least=0.93, paper="0.79 (A/1), 0.945 (A/5)")
lesson.claim("sae.loss_recovered_mean", ours[1], at_least=0.93)
lesson.claim("sae.l0", l0, at_most=32)
lesson.claim("sae.dead_fraction", dead, at_most=0.05, paper="168 of 4096 (A/1)")
lesson.claim("sae.r2_above_pca", r2 - pca_at_k, at_least=0.05)

# %% [markdown]
# Four more, from your own short trainings: resampling cures a bad start; $\lambda$ trades sparsity for
# reconstruction at every step of the sweep; with few numbers latents say more than neurons. (Rounded, since
# a live training comes out a little different on each kind of machine.)

# %% tags=["nbval-check-output"]
lesson.claim("sae.dead_without_resampling", round(before[2], 2), at_least=0.4)
lesson.claim("sae.dead_with_resampling", round(after[2], 2), at_most=0.05)
found = list(sweep.values())  # (R², L0, dead), from the smallest λ to the largest
down = [a[0] > b[0] and a[1] > b[1] for a, b in pairwise(found)]
lesson.claim("sae.frontier_steps_down", sum(down) / len(down), at_least=1.0)
lesson.claim("sae.r2_above_few_neurons", round(few[0] - top_few, 1), at_least=0.1)

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
# The kit's modules behind this lesson, in reading order: [the map](../docs/map.md).

# %%
lesson.summary()
