# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# course:
#   number: "06"
#   title: Sparse autoencoders, where the truth is known
#   minutes: 100
#   needs: ["01"]
#   papers: ["M: Sparse autoencoder setup, resampling", "Later SAEs: TopK, BatchTopK, JumpReLU, Matryoshka"]
# ---

# %% [markdown]
# # 06 · Sparse autoencoders, where the truth is known
#
# Superposition hides features: a hidden state is a sum of a few of them, and no single number of it belongs
# to any one. Can you get the features back if all you see is the hidden states? A *sparse autoencoder* (SAE)
# is built to do that. In a language model nobody can say whether it succeeds, because nobody knows the
# features. Here you do: you trained the model, so you can hold the true directions beside those that the SAE
# found. That is the picture below. You then ask the same question the other way round (is all that it found
# really there?), find out what the SAE gets wrong (sizes) and how much of that is its own fault, and see what
# later kinds of SAE do better, and where they fail in turn.
#
# - **Time:** about 100 minutes; the cells themselves run in about half a minute.
# - **Needs:** lesson 01 (the toy model). Every term is defined again here.
# - **Rebuilds:** the SAE of *Towards Monosemanticity* (M),
#   [set-up](https://transformer-circuits.pub/2023/monosemantic-features#setup-autoencoder) and
#   [training](https://transformer-circuits.pub/2023/monosemantic-features#appendix-autoencoder), and its
#   successors: [TopK](https://arxiv.org/abs/2406.04093), [BatchTopK](https://arxiv.org/abs/2412.06410),
#   [JumpReLU](https://arxiv.org/abs/2407.14435), [Matryoshka](https://arxiv.org/abs/2503.17547).
#
# ## Recall
#
# <details>
# <summary>How can a model keep 128 features in 40 numbers, and what is the price?</summary>
#
# It gives each feature a direction, and the directions are nearly, but not quite, orthogonal. Reading one
# feature then picks up a little of every other that is on: *interference*. While few are on at once the sum
# stays small, and a ReLU with a negative bias cuts most of it off (lesson 01).
#
# </details>
#
# <details>
# <summary>Why does it matter how many features are on at the same time?</summary>
#
# Interference costs only when two features meet, with probability $p^2$; leaving a feature out costs each
# time it is on, with probability $p$. So the rarer the features, the more of them a model stores (lesson 01).
#
# </details>
#
# **Words.** A *feature* is one quantity $x_i$ that the model stores. Its *density* $p$ is the probability
# that it is on. *Superposition* is storing more features than there are dimensions. A *dictionary* is a list
# of directions. A *latent* is one unit of an SAE: a direction from its dictionary, and an activation
# $f_j \ge 0$. A latent is *active*, or *fires*, when $f_j > 0$. *L0* is the number of active latents, on
# average over inputs.

# %% tags=["parameters"]
SCALE = "lesson"
SEED = 0

# %%
import ipywidgets as widgets
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

import course_utils
from course_utils import sae
from course_utils.figures import drawings, theme
from course_utils.figures import recovery as figures
from course_utils.figures import sae as sae_figures
from course_utils.sae import recovery

lesson = course_utils.start("06", scale=SCALE, seed=SEED)

# %% [markdown]
# ## Four worlds
#
# A *world* is a trained toy model, $x' = \mathrm{ReLU}(W^\top h + b)$ with the hidden state $h = Wx$. Each
# has $n = 128$ features of equal importance in $m = 40$ dimensions, so all are in superposition. Column $i$
# of $W$ is the **true direction** of feature $i$. The four worlds differ in the density $p$, and so in the
# number of features that are on at once, $n p$ on average. A feature that is on is uniform on $[0, 1]$. The
# hidden states are scaled to a mean norm of $\sqrt m$, and the true directions with them.

# %% tags=["nbval-check-output"]
N, M, D_SAE = 128, 40, 256  # features, dimensions, entries of a dictionary
DENSITY = torch.tensor([0.015, 0.05, 0.1, 0.15])
STEPS, BATCH = lesson.pick(smoke=40, lesson=600, full=6000), 256
TRAIN, TEST = lesson.pick(smoke=1000, lesson=16_000, full=100_000), 4000
generator = torch.Generator().manual_seed(SEED)
worlds = recovery.worlds(
    N, M, DENSITY, TRAIN + TEST, generator, STEPS, progress=lambda it: lesson.progress(it, "toy models")
)
for p, world in zip(DENSITY, worlds, strict=True):
    length = world.truth.norm(dim=1)
    on = (world.x > 0).sum(dim=1).float().mean()
    kept = (length > length.max() / 2).sum()
    print(f"p = {p:.3f}: {on:4.1f} features on at once, {kept} of {N} features stored")

# %% [markdown]
# From here on nothing looks at $W$ or $x$, except to judge. A method sees hidden states only, and returns a
# dictionary. Besides the SAE there are three older methods, and two of pure chance:
#
# - **PCA**, principal components: the directions of largest variance. $m$ axes; we count both ends of each.
# - **ICA**, independent components: the $m$ axes along which the data look least Gaussian. Both ends count.
# - **k-means**: 256 clusters of hidden states by direction. An entry is a cluster's centre.
# - **random**: 256 random directions, as the SAE has before it is trained.
# - **random axes**: both ends of $m$ random axes at right angles, the chance that is fair to PCA and ICA.


# %%
def train_sae(h: Float[Tensor, "tokens m"], l1: float, seed: int = SEED) -> sae.SparseAutoencoder:
    """`l1` says how much sparsity counts: the λ of the loss in "The sparse autoencoder" below."""
    config = sae.standard(M, D_SAE, STEPS * BATCH, l1, lr=1e-2, train_batch_size_tokens=BATCH, seed=seed)
    return sae.train(h, config).sae


def dictionaries(world: recovery.World, trained: sae.SparseAutoencoder) -> dict[str, Float[Tensor, "d m"]]:
    h = world.h[:TRAIN]
    return {
        "SAE": trained.W_dec.detach(),
        "k-means": recovery.k_means(h, D_SAE, generator),
        "ICA": recovery.both_ways(recovery.fast_ica(h, generator, steps=30)),
        "PCA": recovery.both_ways(recovery.principal_axes(h)),
        "random": torch.randn(D_SAE, M, generator=generator),
        "random axes": recovery.both_ways(torch.linalg.qr(torch.randn(M, M, generator=generator)).Q),
    }


saes = [train_sae(world.h[:TRAIN], 1.0) for world in lesson.progress(worlds, "SAEs")]
found = [dictionaries(*pair) for pair in zip(worlds, saes, strict=True)]

crowded, sparse = worlds[3], worlds[1]

# %%
crowded_matches = {name: recovery.best_cosines(crowded.truth, d) for name, d in found[3].items()}
above = {name: int((c > 0.9).sum()) for name, c in crowded_matches.items()}
lesson.show(
    figures.cosine_by_rank(crowded_matches),
    see=f"the world with {N * DENSITY[3]:.0f} features on at once. For {above['SAE']} of the {N} true "
    f"directions the SAE has an entry within 26° (a cosine above 0.9), k-means for {above['k-means']}, ICA "
    f"for {above['ICA']}, PCA for {above['PCA']}. It saw hidden states only.",
    alt="Best cosine of each feature, sorted. The SAE's stay close to 1; all others fall below it.",
)

# %% [markdown]
# ## Exercise 6.1 · How well is each feature recovered?
# *Difficulty 2/5 · about 7 minutes*
#
# For true direction $w_i$ and the dictionary's entries $d_j$ (rows, of any length but 0), take the best
# match:
#
# $$c_i = \max_j \frac{w_i \cdot d_j}{\|w_i\|\,\|d_j\|}$$
#
# The mean of $c_i$ over all features is the **MMCS**, mean max cosine similarity. It asks whether each
# feature was found. A latent's activation is never negative, so a direction has a sign: an entry that points
# the other way is no match. (Chance is not 0: among 256 random directions some lie near any given one. The
# line of the random dictionary shows how near.)


# %% exercise="6.1"
def best_cosines(truth: Float[Tensor, "n m"], dictionary: Float[Tensor, "d_sae m"]) -> Float[Tensor, "n"]:
    """For each true direction, the largest cosine with any row of the dictionary."""
    ### BEGIN SOLUTION
    directions, rows = F.normalize(truth, dim=1), F.normalize(dictionary, dim=1)
    cosines = directions @ rows.T
    return cosines.amax(dim=1)
    ### END SOLUTION


# %% check="6.1"
lesson.check("6.1", best_cosines)

# %% [markdown]
# ## Predict: the rarest features
#
# In the picture 19 features were on at once. In the first world only 2 are. Which of the older methods comes
# closest to the SAE there?
#
# (a) PCA (b) ICA (c) k-means

# %% tags=["predict"]
prediction_rare = None  # your answer: "a", "b" or "c"

# %%
mmcs = {
    name: [
        lesson.use.best_cosines(w.truth, d[name]).mean().item() for w, d in zip(worlds, found, strict=True)
    ]
    for name in found[0]
}

older = ("PCA", "ICA", "k-means")
nearest = max(older, key=lambda name: mmcs[name][0])

# %%
lesson.reveal(
    prediction_rare, "abc"[older.index(nearest)],
    f"{nearest}: MMCS {mmcs[nearest][0]:.2f}, the SAE's {mmcs['SAE'][0]:.2f}, that of random directions "
    f"{mmcs['random'][0]:.2f}.",
)  # fmt: skip

# %% fold="MMCS by features on at once"
lesson.show(
    figures.by_features_on((N * DENSITY).tolist(), mmcs, "MMCS with the true directions"),
    see=f"PCA is at chance ({mmcs['PCA'][3]:.2f}; random axes {mmcs['random axes'][3]:.2f}). k-means ties "
    f"with the SAE while features are rare, and falls to {mmcs['k-means'][3]:.2f} when {N * DENSITY[3]:.0f} "
    f"are on at once; the SAE stays at {mmcs['SAE'][3]:.2f}.",
    alt="MMCS by features on at once. The SAE stays near 1, k-means falls, PCA stays at chance.",
)

# %% [markdown]
# PCA looks for directions of large variance, but here all have nearly the same: every feature has the same
# size and density. The others look at how the values are distributed. Why can directions be read off the data
# at all? Because features are rare. With 2 of 128 on at once, an input often holds one strong feature and
# little else, so the hidden states of all inputs that share it lie in a bundle around its direction, and
# k-means finds the bundle's middle. With 19 on at once no input lies near any one direction, and a method
# that describes an input by *one* entry has nothing to hold on to. An SAE describes it by several, so it can
# still find them: what it looks for isn't where the inputs lie but which few directions they are sums of.
#
# ## The other way round
#
# MMCS asks whether each feature was found. It can't see what else was found: add a thousand random rows to a
# perfect dictionary, and its MMCS is still 1. So ask the reverse as well. `best_cosines(dictionary, truth)`,
# your function with its arguments swapped, gives each *latent's* nearest feature. But a latent that is no
# feature does little harm if it hardly ever fires. So count what the latents do, not the latents.

# %% [markdown]
# ## Exercise 6.2 · Is what fires really there?
# *Difficulty 2/5 · about 7 minutes*
#
# Call a latent *near a feature* when its row of the dictionary has a cosine above 0.9 (it lies within 26°)
# with at least one true direction. Of all activations $f_{tj} > 0$, over all inputs $t$ and latents $j$,
# which share belongs to latents that are near a feature? Each counts once, whatever its size. Your
# `best_cosines` helps.


# %% exercise="6.2"
def precision(
    truth: Float[Tensor, "n m"], dictionary: Float[Tensor, "d_sae m"], f: Float[Tensor, "tokens d_sae"]
) -> float:
    """The share of activations above 0 that belong to latents within 26° of a true direction."""
    ### BEGIN SOLUTION
    near = best_cosines(dictionary, truth) > 0.9
    active = f > 0
    return (active[:, near].sum() / active.sum()).item()
    ### END SOLUTION


# %% check="6.2"
lesson.check("6.2", precision)

# %% [markdown]
# **Predict.** In the world with 19 features on, the MMCS is 0.99. Which share of the activations there
# belongs to latents that are near a feature?
#
# (a) above 95 % (b) about 80 % (c) about 60 %

# %% tags=["predict"]
prediction_precision = None  # your answer: "a", "b" or "c"

# %%
both = {"MMCS": mmcs["SAE"], "activations near a feature": [], "latents near a feature": []}
with torch.no_grad():
    for each_world, each_sae in zip(worlds, saes, strict=True):
        f_world = each_sae.encode(each_world.h[TRAIN:])
        live = each_sae.W_dec[(f_world > 0).any(dim=0)]
        both["activations near a feature"].append(
            lesson.use.precision(each_world.truth, each_sae.W_dec, f_world)
        )
        share = (lesson.use.best_cosines(live, each_world.truth) > 0.9).float().mean().item()
        both["latents near a feature"].append(share)

fires, true_ones = both["activations near a feature"], both["latents near a feature"]

# %%
lesson.reveal(
    prediction_precision, "a" if fires[3] > 0.9 else "b" if fires[3] > 0.7 else "c",
    f"{fires[3]:.0%}. All features are in the dictionary, and so is much that is no feature.",
)  # fmt: skip

# %% fold="Found, and really there"
lesson.show(
    figures.by_features_on((N * DENSITY).tolist(), both, "share, or mean cosine"),
    see=f"every feature is in the dictionary. But in the crowded world only {true_ones[3]:.0%} of the live "
    f"latents are near one, with {fires[3]:.0%} of the activations. With 6 on at once it is "
    f"{true_ones[1]:.0%} and {fires[1]:.0%}: there the strays hardly ever fire.",
    alt="MMCS stays near 1; the shares of latents and activations near a feature fall to about a half.",
)

# %% [markdown]
# Nobody who reads a language model's latents can compute this line. What you can take from it is a warning:
# that a dictionary holds everything you looked for says nothing about the rest of it.
#
# ## The sparse autoencoder
#

# %%
drawings.show("sae_as_code")

# %% [markdown]
# Encode the hidden state $h$ into latents, then decode:
#
# $$f = \mathrm{ReLU}\big((h - b_{\text{dec}}) W_{\text{enc}} + b_{\text{enc}}\big), \qquad
# \hat h = f\,W_{\text{dec}} + b_{\text{dec}}$$
#
# Row $j$ of $W_{\text{dec}}$ is the direction of latent $j$: the dictionary. There are 256 latents for 40
# dimensions, so copying $h$ would be easy. The loss forbids it:
#
# $$\mathcal L = \mathbb E\big[\|h - \hat h\|^2 + \lambda \|f\|_1\big]$$
#
# $\mathbb E$ is the mean over inputs, $\|f\|_1$ the sum of the activations, and $\lambda$ what a unit of
# activation costs. It is counted as if the rows of $W_{\text{dec}}$ had norm 1, else longer rows would make
# smaller $f$ for free. Few latents of large size are cheaper than many that cancel. Lesson 08 builds this
# training step by step. Here the kit trains (`sae.train`), and you look at what comes out.
#
# ## Is it really there? A control
#
# An SAE always returns 256 directions. Give it data with **no** features: Gaussian noise with the same mean
# and covariance as the hidden states of the world with 6 features on at once. Same recipe, same $\lambda$.
# You will also see **R²**, the share of the variance that the reconstruction explains:
# $1 - \sum\|h - \hat h\|^2 / \sum\|h - \bar h\|^2$, with $\bar h$ the mean.
#
# **Predict.** The directions that the SAE finds in the noise, how near do they come to the true ones?
#
# (a) nearly as near as those from the real data: the covariance says it all
# (b) about half-way between random and real
# (c) no nearer than random directions

# %% tags=["predict"]
prediction_control = None  # your answer: "a", "b" or "c"

# %%
noise = recovery.gaussian_like(sparse.h, generator)
inputs = {"real": sparse.h, "noise": noise}
pairs = {
    "real": (saes[1], train_sae(sparse.h[:TRAIN], 1.0, SEED + 1)),
    "noise": [train_sae(noise[:TRAIN], 1.0, SEED + s) for s in range(2)],
}
control, active = {}, {}
for case, (first, second) in pairs.items():
    evaluation = sae.evaluate(first, inputs[case][TRAIN:])
    control[case] = {
        "MMCS with the truth": lesson.use.best_cosines(sparse.truth, first.W_dec.detach()).mean().item(),
        "MMCS of two seeds": lesson.use.best_cosines(first.W_dec.detach(), second.W_dec.detach())
        .mean()
        .item(),
        "activations near a feature": lesson.use.precision(
            sparse.truth, first.W_dec, first.encode(inputs[case])
        ),
        "R²": evaluation.r2,
    }
    active[case] = evaluation.l0
chance, on_noise = mmcs["random"][1], control["noise"]["MMCS with the truth"]
gone_up = (on_noise - chance) / (control["real"]["MMCS with the truth"] - chance)

# %%
lesson.reveal(
    prediction_control, "a" if gone_up > 0.75 else "b" if gone_up > 0.25 else "c",
    f"{on_noise:.2f}, and random directions have {chance:.2f}. The covariance knows nothing of the features.",
)  # fmt: skip

# %% fold="What tells them apart"
agree = {name: row["MMCS of two seeds"] for name, row in control.items()}
lesson.show(
    figures.measure_bars(control),
    see=f"R² hardly tells the two apart. (L0 would, {active['real']:.0f} and {active['noise']:.0f}, if you "
    "knew what to expect.) Two SAEs that differ only in their seed do: on real data their dictionaries agree "
    f"({agree['real']:.2f}), on noise hardly more than by chance ({agree['noise']:.2f}).",
    alt="R² is similar for both; all other bars are high for real data only.",
)

# %% [markdown]
# That test needs no truth, so it can be asked of a language model. There the answer is milder: in lesson 08
# two seeds agree on part of their latents only. So agreement is evidence that something is there, and its
# lack is no proof that nothing is.
#
# <details>
# <summary>Why does the SAE explain noise as well as real data?</summary>
#
# 256 directions lie close together in 40 dimensions, so any vector is nearly a sum of a few dozen of them:
# look at the L0 above. R² asks how near the sum comes, not how many
# terms it took. A good reconstruction is no evidence that there was anything to find.
#
# </details>
#
# ## The directions are right. The sizes?
#
# A feature of value $x_i$ adds $x_i W_i$ to the hidden state: its true *size* is $a = x_i\|W_i\|$. Does the
# latent say so? Take a feature alone, and a latent with exactly its direction. The latent's activation $f$
# then costs $(a - f)^2 + \lambda f$.

# %% [markdown]
# ## Exercise 6.3 · What the L1 penalty does to a size
# *Difficulty 2/5 · about 8 minutes*
#
# Which activation is best?
#
# $$f^* = \arg\min_{f \ge 0}\; (a - f)^2 + \lambda f$$
#
# Find the closed form. $a$ may be any number: negative where the input points away from the latent.
# `l1_coefficient` is $\lambda \ge 0$.


# %% exercise="6.3"
def shrunk(a: Float[Tensor, "*any"], l1_coefficient: float) -> Float[Tensor, "*any"]:
    """The activation that minimises (a − f)² + λf over f ≥ 0, for each entry of a."""
    ### BEGIN SOLUTION
    without_floor = a - l1_coefficient / 2
    return without_floor.clamp(min=0)
    ### END SOLUTION


# %% check="6.3"
lesson.check("6.3", shrunk)

# %% [markdown]
# Now measure. A true feature may be shared by several latents (there are twice as many latents as features),
# so its found size is the sum over the latents that are near it, and nearer to it than to any other feature
# (`recovery.found_sizes`). Inputs are sorted into bins by the true size; each bin gives the median of the
# found sizes.

# %%
drawings.show("soft_threshold")

# %%
LAMBDAS = [1.0, 2.0, 3.0]
l1_saes = {1.0: saes[1]} | {l1: train_sae(sparse.h[:TRAIN], l1) for l1 in LAMBDAS[1:]}
test_h, test_x, lengths = sparse.h[TRAIN:], sparse.x[TRAIN:], sparse.truth.norm(dim=1)
edges = torch.linspace(0.2, 0.9, 8) * lengths.mean()
middle = (edges + (edges[1] - edges[0]) / 2).tolist()


def by_size(dictionary: Float[Tensor, "d m"], f: Float[Tensor, "tokens d"]) -> tuple[list[float], float]:
    """The median found size in each bin of true sizes; and the median of what is missing in the last."""
    true, size = test_x[: len(f)] * lengths, recovery.found_sizes(sparse.truth, dictionary, f)
    bins = [(true >= low) & (true < low + edges[1] - edges[0]) for low in edges]
    return [size[b].median().item() for b in bins], (true - size)[bins[-1]].median().item()


with torch.no_grad():
    sized = {l1: by_size(one.W_dec, one.encode(test_h)) for l1, one in l1_saes.items()}
curves, gap = ({l1: pair[i] for l1, pair in sized.items()} for i in range(2))

# %% fold="Found size by true size"
lesson.show(
    figures.size_by_true_size(middle, {f"λ = {l1:g}": curve for l1, curve in curves.items()}),
    see=f"at λ = 3 a feature of size {middle[-1]:.1f} comes out as {curves[3.0][-1]:.1f}. This is "
    f"**shrinkage**. Your formula accounts for 1.5 of the {gap[3.0]:.2f} that are missing, at λ = 1 for 0.5 "
    f"of {gap[1.0]:.2f}.",
    alt="Found by true size for three λ: below the diagonal, further down for a larger λ.",
)

# %% [markdown]
# So something else shrinks as well, and at a small λ it is as large as the penalty's own pull. Two
# suspects: interference, since the formula is about a feature that is alone; or the encoder, which may miss
# what the loss wants. You can tell them apart in a moment. First see how far a single number gets you.

# %% [markdown]
# ## Exercise 6.4 · Undo it with one number
# *Difficulty 2/5 · about 7 minutes*
#
# If everything is too small, stretch it. Which factor $s$ brings the reconstruction nearest to the truth,
# over all inputs $t$?
#
# $$s^* = \arg\min_s \sum_t \big\|(x_t - b_{\text{dec}}) - s\,(\hat x_t - b_{\text{dec}})\big\|^2$$
#
# ($x$ is whatever an SAE reconstructs. Here it is the hidden state $h$, not the features.) Only the latents'
# part is stretched, not the bias. $1/s^*$ is what [Rajamanoharan et al.](https://arxiv.org/abs/2404.16014)
# call the relative reconstruction bias, and use to measure shrinkage where the truth is unknown.


# %% exercise="6.4"
def stretch(
    x: Float[Tensor, "tokens d_in"], x_hat: Float[Tensor, "tokens d_in"], b_dec: Float[Tensor, "d_in"]
) -> float:
    """The factor that brings x̂ − b_dec nearest to x − b_dec, one for all tokens."""
    ### BEGIN SOLUTION
    wanted = x - b_dec
    found = x_hat - b_dec
    return ((wanted * found).sum() / (found**2).sum()).item()
    ### END SOLUTION


# %% check="6.4"
lesson.check("6.4", stretch)

# %% [markdown]
# Your formula of 6.3 suggests another cure: add $\lambda/2$ to each active latent. Which of the two do you
# expect to raise R² more? The last number printed counts *false alarms*: the share of active latents whose
# nearest feature is off.

# %%
undone, false_alarms = {}, {}
with torch.no_grad():
    for lam, l1_sae in l1_saes.items():
        h_hat, f_l1 = l1_sae(test_h)
        factor = lesson.use.stretch(test_h, h_hat, l1_sae.b_dec)
        stretched = l1_sae.b_dec + factor * (h_hat - l1_sae.b_dec)
        added = l1_sae.decode(f_l1 + lam / 2 * (f_l1 > 0))
        undone[lam] = [factor] + [sae.metrics.r_squared(test_h, y) for y in (h_hat, stretched, added)]
        nearest_feature = (F.normalize(sparse.truth, dim=1) @ l1_sae.W_dec.T).argmax(dim=0)
        false_alarms[lam] = ((test_x[:, nearest_feature] == 0) & (f_l1 > 0)).sum() / (f_l1 > 0).sum()

# %% fold="Two cures" tags=["nbval-check-output"]
for lam_cured, (stretched_by, *r2) in undone.items():
    print(
        f"λ = {lam_cured:g}: factor {stretched_by:.2f}; R² {r2[0]:.2f}, stretched {r2[1]:.2f}, with λ/2 "
        f"added {r2[2]:.2f}; false alarms {false_alarms[lam_cured]:.1%}"
    )

# %% [markdown]
# Stretching helps more, because adding $\lambda/2$ lifts false alarms as well, and lifts twice what is shared
# by two latents. Either way you repair a trained SAE. The later SAEs below remove the cause: they put no
# price on the size.
#
# ## The inner problem: whose fault is it?
#
# An SAE does two things at once. It looks for a dictionary, and its encoder *guesses* the activations, in one
# matrix product and a ReLU. But once the dictionary is there, the best activations for an input $h$ are a
# problem of their own, with a definite answer:
#
# $$f^*(h) = \arg\min_{f \ge 0}\; \|h - f\,W_{\text{dec}}\|^2 + \lambda \|f\|_1$$
#
# It is called *sparse coding*, and its theory is *compressed sensing*. M explains why it doesn't solve it:
# such a solver may be too strong, and read out more than the network itself could. Here you can afford it,
# and with it comes what no language model offers: give the solver the *true* directions, and you have the
# ceiling that every SAE's activations live under.

# %% [markdown]
# ## Exercise 6.5 · Solve it
# *Difficulty 3/5 · about 12 minutes*
#
# Start at $f = 0$ and repeat: a step of length $\eta$ down the error's slope, then the penalty's pull, which
# is your `shrunk`:
#
# $$f \leftarrow \text{shrunk}\big(f + \eta\,(h - f\,W_{\text{dec}})\,W_{\text{dec}}^\top,\; \eta\lambda\big),
# \qquad \eta = \frac{1}{\|W_{\text{dec}}\|^2}$$
#
# $\|W_{\text{dec}}\|$ is the largest singular value, `torch.linalg.matrix_norm(W_dec, 2)`; a longer step
# could overshoot. This is *iterative soft thresholding*, ISTA. There is no bias in it: leave $b_{\text{dec}}$
# out.


# %% exercise="6.5"
def sparse_code(
    h: Float[Tensor, "tokens m"], W_dec: Float[Tensor, "d_sae m"], l1_coefficient: float, steps: int
) -> Float[Tensor, "tokens d_sae"]:
    """The activations after so many steps from 0 towards the least ‖h − f W_dec‖² + λ‖f‖₁ over f ≥ 0."""
    ### BEGIN SOLUTION
    eta = 1 / torch.linalg.matrix_norm(W_dec, 2).item() ** 2
    f = torch.zeros(len(h), len(W_dec), dtype=h.dtype)
    for _ in range(steps):
        downhill = f + eta * (h - f @ W_dec) @ W_dec.T
        f = shrunk(downhill, eta * l1_coefficient)
    return f
    ### END SOLUTION


# %% check="6.5"
lesson.check("6.5", sparse_code)

# %% [markdown]
# <details>
# <summary>What has the first step to do with an SAE's encoder?</summary>
#
# It is one. From $f = 0$ the first step gives $\mathrm{ReLU}(\eta\,h\,W_{\text{dec}}^\top - \eta\lambda/2)$:
# a matrix product with the decoder's transpose, a negative bias, a ReLU. Training then finds an encoder that
# makes a better single guess than this one. A network with several such steps, each with weights of its own,
# is LISTA ([Gregor and LeCun, 2010](https://icml.cc/Conferences/2010/papers/449.pdf)).
#
# </details>
#
# **Predict.** In the world with 6 features on at once, take the SAE's own dictionary, but solve the inner
# problem instead of asking the encoder. How much of what separates the encoder's activations from the best
# that the *true* dictionary allows does that win back?
#
# (a) hardly any: the dictionary is at fault (b) about half (c) nearly all: the encoder is at fault

# %% tags=["predict"]
prediction_inner = None  # your answer: "a", "b" or "c"

# %%
FEW = lesson.pick(smoke=100, lesson=1000, full=4000)  # inputs to solve for
ways = ("h along the true direction", "encoder", "SAE's dictionary, solved", "true dictionary, solved")
quality = {name: [] for name in ways}
with torch.no_grad():
    for in_world, coder in zip(worlds, saes, strict=True):
        few_h, true_rows = in_world.h[TRAIN:][:FEW], F.normalize(in_world.truth, dim=1)
        codes = {
            ways[0]: (true_rows, few_h @ true_rows.T),
            ways[1]: (coder.W_dec, coder.encode(few_h)),
            ways[2]: (coder.W_dec, lesson.use.sparse_code(few_h - coder.b_dec, coder.W_dec, 1.0, 100)),
            ways[3]: (true_rows, lesson.use.sparse_code(few_h, true_rows, 1.0, 100)),
        }
        for coding, code in codes.items():
            coded_sizes = recovery.found_sizes(in_world.truth, *code)
            quality[coding].append(recovery.correlation(in_world.x[TRAIN:][:FEW], coded_sizes))

_, guess, own, ceiling = (quality[name][1] for name in ways)
won_back = (own - guess) / (ceiling - guess)

# %%
lesson.reveal(
    prediction_inner, "a" if won_back < 0.25 else "b" if won_back < 0.75 else "c",
    f"{won_back:.0%}: correlation {guess:.2f} encoded, {own:.2f} solved, {ceiling:.2f} with the truth.",
)  # fmt: skip

# %% fold="The ceiling"
lesson.show(
    figures.by_features_on((N * DENSITY).tolist(), quality, "correlation of found and true size"),
    see=f"with few features on, the SAE's dictionary is as good as the truth, and the encoder loses what is "
    f"lost. With 19 on at once the ceiling itself comes down, to {quality[ways[3]][3]:.2f}: who "
    "knows every direction still can't say how much of each is there. The encoder reaches "
    f"{quality[ways[1]][3]:.2f}.",
    alt="Correlation by features on at once: solved with the truth on top, then solved with the SAE's "
    "dictionary, the encoder, and far below a projection. All but the last fall in crowded worlds.",
)

# %% [markdown]
# Why does the ceiling come down? Count numbers. To say which $k$ of $n$ features are on, and how much of
# each, you need about $2k \ln(n/k)$ measurements; that is the rule of thumb of compressed sensing (lesson 03
# met its bound). With 6 features on that is about 38, and the hidden state has 40 numbers, so almost all can
# be read. With 19 on it would take 73, and no method gets out of 40 numbers what isn't in them. The
# *directions* are still found, because they are the same in all 16 000 inputs and errors average out over
# these. The *activations* of one input have only that one input to go by.
#
# Now the suspects. If interference shrinks, then the solver with the true dictionary shrinks as well.

# %%
shrinkage = {"solved": {}, "encoder": gap}
for l1 in LAMBDAS:
    directions = F.normalize(sparse.truth, dim=1)
    solved = lesson.use.sparse_code(test_h[:FEW], directions, l1, 100)
    shrinkage["solved"][l1] = by_size(directions, solved)[1]

# %% fold="Missing of large features, over λ/2" tags=["nbval-check-output"]
over_formula = {who: {l1: by / (l1 / 2) for l1, by in gaps.items()} for who, gaps in shrinkage.items()}
for who, ratios in over_formula.items():
    print(f"{who:8}", ", ".join(f"λ = {l1:g}: {ratio:.2f} times λ/2" for l1, ratio in ratios.items()))

# %% [markdown]
# The formula is right to a few per cent at all three λ, for what the loss really asks for. The rest is the
# encoder's own. It can't tell a small feature from interference, so its threshold is higher than $\lambda/2$:
# in the figure above, the line for λ = 1 leaves 0 at a size of about 1, not at 0.5. What passes comes out too
# small.
#
# ## Dead latents, and a fresh start
#
# A latent that never fires gets no gradient: it is *dead*. A spare latent may die without harm. So take a
# dictionary with none to spare, 128 latents for 128 features, and train it by M's own recipe with a high
# learning rate and a high $\lambda$. M's cure is **resampling**: at four points of the training, a dead
# latent's direction is set to an input that the SAE reconstructs badly (you write it in lesson 08).
#
# **Predict.** With no latent to spare, what does a dead latent cost?
#
# (a) nothing: the others take over its feature
# (b) its feature is lost
# (c) all features are found a little worse

# %% tags=["predict"]
prediction_dead = None  # your answer: "a", "b" or "c"

# %%
logs, after = {}, {}
for way, resample in {"never resampled": False, "resampled": True}.items():
    config = sae.paper(
        M, N, STEPS * BATCH, 4.0, lr=3e-2, train_batch_size_tokens=BATCH, resample=resample, seed=SEED
    )
    trained, logs[way] = sae.train(sparse.h[:TRAIN], config)
    dead = sae.evaluate(trained, test_h).dead_fraction
    cosines = lesson.use.best_cosines(sparse.truth, trained.W_dec.detach())
    after[way] = {"dead": dead, "lost": int((cosines < 0.9).sum()), "MMCS": cosines.mean().item()}

before, cured = after["never resampled"], after["resampled"]
lost_more, worse = before["lost"] - cured["lost"], cured["MMCS"] - before["MMCS"]

# %%
lesson.reveal(
    prediction_dead, "b" if lost_more > 0 else "c" if worse > 0.01 else "a",
    f"{before['dead'] * N:.0f} dead latents and {before['lost']} lost features without resampling, "
    f"{cured['dead'] * N:.0f} and {cured['lost']} with it.",
)  # fmt: skip

# %% fold="Dead latents over training"
lesson.show(
    sae_figures.dead_by_step(logs),
    see=f"left, resampling brings dead latents back ({cured['dead']:.0%} at the end, {before['dead']:.0%} "
    f"without). Right, the errors hardly tell you that {lost_more} more features are lost.",
    alt="Share of dead latents and squared error over training, with and without resampling.",
)

# %% [markdown]
# Features are lost either way, because there is no latent to spare: where two share one feature, another goes
# without.
#
# ## Four ways to do without the penalty
#
# L1 stands in for what you want, few active latents, because a count has no gradient. But it is a bad
# stand-in: it charges for size, so it shrinks every activation, by $\lambda/2$ at least, and whoever wants
# fewer latents has to shrink the right ones too. At λ = 3 a size of 4.4 came out as 2.7. The SAEs below
# limit the count itself, so what is kept keeps its size. All use the encoder's *pre-activations* $z = (h -
# b_{\text{dec}}) W_{\text{enc}} + b_{\text{enc}}$, and rows of $W_{\text{dec}}$ at norm 1.

# %% [markdown]
# ## Exercise 6.6 · TopK
# *Difficulty 2/5 · about 8 minutes*
#
# Each input keeps its $k$ largest pre-activations, and sets the others to 0. Of the $k$, those that are
# negative become 0 too:
#
# $$f = \mathrm{TopK}_k(\mathrm{ReLU}(z))$$


# %% exercise="6.6"
def keep_k(z: Float[Tensor, "batch d_sae"], k: int) -> Float[Tensor, "batch d_sae"]:
    """Each input's k largest pre-activations where they are positive, 0 elsewhere."""
    ### BEGIN SOLUTION
    positive = z.relu()
    values, places = positive.topk(k, dim=-1)
    return torch.zeros_like(z).scatter(-1, places, values)
    ### END SOLUTION


# %% check="6.6"
lesson.check("6.6", keep_k)

# %% [markdown]
# ## Exercise 6.7 · BatchTopK
# *Difficulty 2/5 · about 6 minutes*
#
# Not every input has $k$ features on. Let the *batch* keep its $k \times$ batch largest pre-activations,
# wherever they are: a rich input may keep more, a poor one fewer. Negative ones become 0 again.


# %% exercise="6.7"
def keep_batch_k(z: Float[Tensor, "batch d_sae"], k: int) -> Float[Tensor, "batch d_sae"]:
    """The whole batch's k·batch largest pre-activations where they are positive, 0 elsewhere."""
    ### BEGIN SOLUTION
    flat = z.relu().flatten()
    values, places = flat.topk(k * len(z))
    return torch.zeros_like(flat).scatter(0, places, values).view_as(z)
    ### END SOLUTION


# %% check="6.7"
lesson.check("6.7", keep_batch_k)

# %% [markdown]
# Once trained, an input's code must not depend on its neighbours in a batch. So the kit's class keeps the
# mean, over training, of the smallest activation that a batch kept, and uses it as one threshold for all.

# %% [markdown]
# ## Exercise 6.8 · JumpReLU, and a slope where there is none
# *Difficulty 5/5 · about 20 minutes*
#
# Give each latent a threshold $\theta_j > 0$ of its own. Below it the latent is 0, above it the latent keeps
# its full size. With the step $H$ (1 above 0, else 0):
#
# $$f = z\,H(z - \theta), \qquad \text{L0} = \sum_j H(z_j - \theta_j)$$
#
# $\theta$ is to be learned, but a step has slope 0 everywhere and none at the jump. A *straight-through
# estimate* pretends that there is one in a window of width $\varepsilon$, the bandwidth, around the
# threshold:
#
# $$\frac{\partial f}{\partial \theta} := -\frac{\theta}{\varepsilon}\,K, \qquad
# \frac{\partial H}{\partial \theta} := -\frac{1}{\varepsilon}\,K, \qquad
# K = \begin{cases} 1 & |z - \theta| < \varepsilon/2 \\ 0 & \text{else} \end{cases}$$
#
# In $z$ the derivatives are the true ones: $H(z - \theta)$ for $f$, and 0 for the step. The *values* of both
# stay exact. A trick gives a value and a slope separately: `threshold.detach() - threshold` is 0, and its
# slope in the threshold is −1.


# %% exercise="6.8"
def jump(
    z: Float[Tensor, "batch d_sae"], threshold: Float[Tensor, "d_sae"], bandwidth: float
) -> tuple[Float[Tensor, "batch d_sae"], Float[Tensor, "batch d_sae"]]:
    """f = z·H(z − θ), and the step H(z − θ) as floats, both with the estimated slopes in the threshold."""
    ### BEGIN SOLUTION
    on = (z > threshold).to(z.dtype)
    near = ((z - threshold).abs() < bandwidth / 2).to(z.dtype)
    zero = threshold.detach() - threshold
    slope = near / bandwidth * zero
    return z * on + threshold.detach() * slope, on + slope
    ### END SOLUTION


# %% check="6.8"
lesson.check("6.8", jump)

# %% [markdown]
# Your functions are all that sets these SAEs apart. The kit's classes do the rest
# (`course_utils/sae/variants.py`, a page). JumpReLU's loss is $\|h - \hat h\|^2 + c\,(\text{L0}/k - 1)^2$
# with a fixed weight $c$, the form that its paper uses to aim at a given L0.


# %%
class TopK(sae.TopK):
    def activate(self, z):
        return lesson.use.keep_k(z, self.k)


class BatchTopK(sae.BatchTopK):
    def select(self, z):
        return lesson.use.keep_batch_k(z, self.k)


class JumpReLU(sae.JumpReLU):
    def step(self, z):
        return lesson.use.jump(z, self.log_threshold.exp(), self.bandwidth)


# %% [markdown]
# ## Equal L0
#
# A comparison is fair only at equal sparsity. The L1 SAE with $\lambda = 3$ goes first. Its L0, rounded, is
# the $k$ of the others. Same data, same number of steps, same width. And since you know how to stretch, L1
# gets its stretch: what you compare R² with is the best that one number can do for it.
#
# **Predict.** What do the other three do better than L1?
#
# (a) they find directions that L1 misses
# (b) they reconstruct better, with directions that L1 finds too
# (c) both

# %% tags=["predict"]
prediction_equal = None  # your answer: "a", "b" or "c"

# %%
kinds = {"L1": l1_saes[3.0]}
k = round(sae.evaluate(kinds["L1"], test_h).l0)


def fit(kind, world: recovery.World, d_sae: int, k: int, *more) -> sae.SparseAutoencoder:
    config = sae.variant(M, d_sae, STEPS * BATCH, lr=1e-2, train_batch_size_tokens=BATCH, seed=SEED)
    return sae.train(
        world.h[:TRAIN], config, lambda draws: kind(M, d_sae, k, *more, generator=draws),
        progress=lambda it: lesson.progress(it, kind.__name__),
    ).sae  # fmt: skip


kinds |= {kind.__name__: fit(kind, sparse, D_SAE, k) for kind in (TopK, BatchTopK, JumpReLU)}


# %%
@torch.no_grad()
def judge(trained: sae.SparseAutoencoder) -> dict[str, float]:
    h_hat, f = trained(test_h)
    stretched = trained.b_dec + lesson.use.stretch(test_h, h_hat, trained.b_dec) * (h_hat - trained.b_dec)
    live = trained.W_dec[(f > 0).any(dim=0)]
    true, size = test_x * lengths, recovery.found_sizes(sparse.truth, trained.W_dec, f)
    large = (true > true.max() / 2) & (size > 0)
    return {
        "MMCS": lesson.use.best_cosines(sparse.truth, trained.W_dec).mean().item(),
        "latents near a feature": (lesson.use.best_cosines(live, sparse.truth) > 0.9).float().mean().item(),
        "R², stretched": sae.metrics.r_squared(test_h, stretched),
        "size found / true": (size[large] / true[large]).median().item(),
    }


table = {name: judge(trained) for name, trained in kinds.items()}
l0 = {name: sae.evaluate(trained, test_h).l0 for name, trained in kinds.items()}

later = [row for name, row in table.items() if name != "L1"]
gain = min(row["R², stretched"] for row in later) - table["L1"]["R², stretched"]
finds_more = max(row["MMCS"] for row in later) - table["L1"]["MMCS"] > 0.02
strays = table["L1"]["latents near a feature"] - max(row["latents near a feature"] for row in later)

# %%
lesson.reveal(
    prediction_equal, "b" if not finds_more else "c" if gain > 0.02 else "a",
    f"L1's MMCS is {table['L1']['MMCS']:.2f}, theirs at most {max(row['MMCS'] for row in later):.2f}. Their "
    f"R² is higher by at least {gain:.2f}, although L1's was stretched.",
)  # fmt: skip

# %% fold="What each is good at"
lesson.show(
    figures.measure_bars(table),
    see=f"no one finds better directions. At an L0 of about {k} the later three explain more, and give large "
    f"features {min(row['size found / true'] for row in later):.0%} of their size or more, L1 "
    f"{table['L1']['size found / true']:.0%}. But nearly all of L1's live latents are near a feature, of "
    f"theirs {max(row['latents near a feature'] for row in later):.0%} at most.",
    alt="Bars for four SAEs. MMCS is alike; L1 has the lowest R² and size, the most latents near a feature.",
)

# %% [markdown]
# That second column is the penalty's other face. L1 charges for every activation, so a latent that is not
# worth its price dies. A count charges nothing for a latent that is among the $k$ largest now and then, so
# strays live on. They fire seldom: ask your
# `precision` how seldom.
#
# ## Features that contain one another
#
# This world was kind to all of them: its features are independent. Real ones are not. "A robin" implies "a
# bird", and "a bird" isn't always "a robin". Take a world of 12 *parents* with 4 *children* each: a parent is
# on in one input out of ten, and in four of five such inputs one of its children is on too. (The 60
# directions are drawn at random here, not trained.)
#
# An SAE that pays for each active latent has a way to cheat. Parent and child together cost it two latents.
# If the child's latent points to *parent plus child*, one latent does the work of two, and the parent's own
# latent can stay silent whenever a child is there. It then means "a bird, but none of the birds I know",
# although every picture that you look at when you try to name it shows a bird. This is called **absorption**
# ([Chanin et al., 2024](https://arxiv.org/abs/2409.14507)), and it is sparsity itself that asks for it: with
# a child in 80 % of the cases, it saves 8 of 18 activations.

# %%
drawings.show("absorption")

# %% [markdown]
# ## Exercise 6.9 · Matryoshka
# *Difficulty 3/5 · about 8 minutes*
#
# Here is a cure. A Matryoshka SAE is a BatchTopK whose *first* latents must do without the later ones. Each
# prefix, say the first 64, the first 128 and all 256 latents, reconstructs $x = h$ on its own, and the errors
# add up:
#
# $$\mathcal L = \sum_{\ell\, \in\, \text{prefixes}} \mathbb E\,\Big\| x - b_{\text{dec}} -
# \sum_{j = 1}^{\ell} f_j\, W_{\text{dec},j} \Big\|^2$$
#
# $\mathbb E$ is the mean over the batch, and `prefixes` might be `(64, 128, 256)`. The idea: the first few
# have to make do with general features, since special cases come too seldom to earn a place among so few; and
# what they say must be true without the later ones.


# %% exercise="6.9"
def nested_loss(
    x: Float[Tensor, "batch d_in"],
    f: Float[Tensor, "batch d_sae"],
    W_dec: Float[Tensor, "d_sae d_in"],
    b_dec: Float[Tensor, "d_in"],
    prefixes: tuple[int, ...],
) -> Float[Tensor, ""]:
    """The error of each prefix's reconstruction, ‖·‖² averaged over the batch, summed over prefixes."""
    ### BEGIN SOLUTION
    loss = 0
    for length in prefixes:
        error = x - b_dec - f[:, :length] @ W_dec[:length]
        loss = loss + (error**2).sum(dim=1).mean()
    return loss
    ### END SOLUTION


# %% check="6.9"
lesson.check("6.9", nested_loss)


# %%
class Matryoshka(sae.Matryoshka):
    def loss(self, x):
        return lesson.use.nested_loss(x, self.encode(x), self.W_dec, self.b_dec, self.prefixes)


# %% [markdown]
# **Predict.** A parent's latent is the one nearest to its direction. When the parent *and* a child are on,
# how often does the parent's latent of a BatchTopK fire?
#
# (a) always, or nearly (b) in about two of three cases (c) almost never

# %% tags=["predict"]
prediction_absorbed = None  # your answer: "a", "b" or "c"

# %%
PARENTS, CHILDREN = 12, 4
D = PARENTS * (1 + CHILDREN)
family = recovery.families(PARENTS, CHILDREN, M, TRAIN + TEST, generator)
shuffled = family.x.clone()
shuffled[:, PARENTS:] = shuffled[torch.randperm(len(shuffled), generator=generator), PARENTS:]
broken = recovery.scaled(shuffled, family.truth)  # the same features, but children come without their parents


@torch.no_grad()
def heard(trained: sae.SparseAutoencoder, world: recovery.World) -> dict[str, float]:
    """How often a parent's latent fires when the parent is on: with a child on as well, and without."""
    x, h = world.x[TRAIN:], world.h[TRAIN:]
    latent = (F.normalize(world.truth[:PARENTS], dim=1) @ trained.W_dec.T).argmax(dim=1)
    fires, parent = trained.encode(h)[:, latent] > 0, x[:, :PARENTS] > 0
    child = (x[:, PARENTS:].unflatten(1, (PARENTS, CHILDREN)) > 0).any(dim=2)
    with_child, alone = parent & child, parent & ~child
    return {
        "heard with a child": (fires & with_child).sum().item() / with_child.sum().item(),
        "heard alone": (fires & alone).sum().item() / alone.sum().item(),
        "R²": sae.evaluate(trained, h).r2,
    }


# %%
parents_heard = {
    "BatchTopK": heard(fit(BatchTopK, family, D, 2), family),
    "Matryoshka": heard(fit(Matryoshka, family, D, 2, (PARENTS, D)), family),
    "BatchTopK, families broken": heard(fit(BatchTopK, broken, D, 2), broken),
}

absorbed, nested, unrelated = (row["heard with a child"] for row in parents_heard.values())

# %%
lesson.reveal(
    prediction_absorbed, "a" if absorbed > 0.9 else "b" if absorbed > 0.4 else "c",
    f"In {absorbed:.0%} of the cases; Matryoshka's in {nested:.0%}.",
)  # fmt: skip

# %% fold="Absorption, and a cure"
lesson.show(
    figures.measure_bars(parents_heard),
    see=f"BatchTopK's parent latents miss {1 - absorbed:.0%} of the inputs with a child, and hardly any "
    f"without. Matryoshka's miss {1 - nested:.0%}, and pay in R². In the control, the same features without "
    f"families, BatchTopK hears {unrelated:.0%}.",
    alt="A parent's latent fires seldom with a child in BatchTopK, not in Matryoshka and the control.",
)

# %% [markdown]
# Matryoshka isn't better at everything: it reconstructs worse, and in the earlier world it had nothing to
# offer. Which SAE is best depends on what the features are like, and that is what you don't know of a
# language model.
#
# ## Play: how many latents?
#
# In real data nobody tells you L0. Sweep it, in the first sparse world. First without widgets:


# %%
def made(kind: str, setting: float) -> sae.SparseAutoencoder:
    """An SAE of kind "L1" with λ = setting, or "TopK" with k = setting."""
    if kind == "L1":
        return l1_saes[setting] if setting in l1_saes else train_sae(sparse.h[:TRAIN], setting)
    return kinds["TopK"] if setting == k else fit(TopK, sparse, D_SAE, round(setting))


settings = {"L1": [0.3, 1.0, 2.0, 3.0, 6.0], "TopK": [2, k, 12, 32]}
sweep = {}
for kind, values in settings.items():
    rows = []
    for value in lesson.progress(values, kind):
        score = sae.evaluate(one := made(kind, value), test_h)
        cosine = lesson.use.best_cosines(sparse.truth, one.W_dec.detach()).mean().item()
        rows.append((score.l0, cosine, score.r2))
    sweep[kind] = tuple(map(list, zip(*rows, strict=True)))

# %% fold="MMCS and R² by L0"
dense, few = 3, 1
lesson.show(
    figures.mmcs_by_l0(sweep, (N * DENSITY[1]).item()),
    see="R² (dotted) goes on rising with more latents. Recovery (solid) does not: TopK with k = "
    f"{settings['TopK'][dense]} has an R² of {sweep['TopK'][2][dense]:.2f} and an MMCS of "
    f"{sweep['TopK'][1][dense]:.2f}, with k = {settings['TopK'][few]} {sweep['TopK'][2][few]:.2f} and "
    f"{sweep['TopK'][1][few]:.2f}.",
    alt="MMCS and R² by L0. R² rises throughout; TopK's MMCS falls steeply at the largest L0.",
)

# %% [markdown]
# With many latents to spend, a wrong dictionary reconstructs well.
#
# Now live: each move of a slider trains an SAE anew.


# %%
def look(kind: str, l1: float = 2.0, k: int = 6) -> None:
    """Train an SAE for a moment; show how well each feature is recovered."""
    trained = made(kind, l1 if kind == "L1" else k)
    score = sae.evaluate(trained, test_h)
    cosines = {
        kind: lesson.use.best_cosines(sparse.truth, trained.W_dec.detach()),
        "random": lesson.use.best_cosines(sparse.truth, found[1]["random"]),
    }
    title = f"MMCS {cosines[kind].mean():.2f}, R² {score.r2:.2f}, L0 {score.l0:.1f}"
    theme.show(figures.cosine_by_rank(cosines, title), title)


look("L1", l1=2.0)

# %% tags=["play"]
_ = widgets.interact(
    look,
    kind=widgets.Dropdown(options=["L1", "TopK"], description="kind"),
    l1=widgets.FloatLogSlider(
        2.0, base=10, min=-1, max=1, step=0.1, description="λ", continuous_update=False
    ),
    k=widgets.IntSlider(6, min=1, max=40, description="k", continuous_update=False),
)

# %% [markdown]
# Things to try: $k = 1$, $k = 40$, $\lambda = 0.1$, $\lambda = 10$. Which failure keeps its R²?
#
# ## Your experiment · Bend one thing
#
# All of this held in worlds that were made to be clean. Pick **one** thing to bend, say what you expect of
# the MMCS *and* of the precision before you run it, and keep everything else as it was. Some ideas: fewer
# latents than features; noise on the hidden states; one feature that is on ten times as often as the others;
# λ = 0.1; a Matryoshka whose prefix is too short or too long for its parents; L1 or TopK among the families.
# Write a line or two on what you saw, and on what it doesn't show.

# %% experiment="code"
### BEGIN SOLUTION
for width in (64, 256):
    narrow_config = sae.standard(
        M, width, STEPS * BATCH, 1.0, lr=1e-2, train_batch_size_tokens=BATCH, seed=SEED
    )
    narrow = sae.train(sparse.h[:TRAIN], narrow_config).sae
    with torch.no_grad():
        mmcs_here = recovery.mmcs(sparse.truth, narrow.W_dec)
        precision_here = recovery.precision(sparse.truth, narrow.W_dec, narrow.encode(test_h))
    print(f"{width} latents: MMCS {mmcs_here:.2f}, precision {precision_here:.2f}")
### END SOLUTION

# %% [markdown] experiment="answer"
# I took 64 latents for the 128 features and expected an MMCS halfway between chance and 1, with half of the
# features found, and a precision near 1, since a latent that has to choose can still choose a real feature.
# The MMCS came out lower than that, and the precision near 0. So the SAE does not choose: its latents point
# between features, each serving several of them badly. It doesn't show what happens where features differ in
# size or density; there, choosing the larger ones might pay.

# %% [markdown]
# ## Claims

# %% fold="The claims" tags=["nbval-check-output"]
noisy, real, best = control["noise"], control["real"], max(v[3] for n, v in mmcs.items() if n != "SAE")
lesson.claim("sae_toy.mmcs", round(mmcs["SAE"][3], 2), at_least=0.9, paper="no truth to compare with")
lesson.claim("sae_toy.margin", round(mmcs["SAE"][3] - best, 2), at_least=0.1)
lesson.claim("sae_toy.kmeans_rare", round(mmcs["k-means"][0], 2), at_least=0.95)
lesson.claim("sae_toy.precision", round(fires[1], 2), at_least=0.95)
lesson.claim("sae_toy.precision_crowded", round(fires[3], 2), at_most=0.7)
lesson.claim("sae_toy.precision_noise", round(noisy["activations near a feature"], 2), at_most=0.05)
lesson.claim("sae_toy.control", round(noisy["MMCS with the truth"] - chance, 2), at_most=0.05)
lesson.claim("sae_toy.seeds_agree", round(real["MMCS of two seeds"], 2), at_least=0.85)
lesson.claim("sae_toy.seeds_agree_noise", round(noisy["MMCS of two seeds"], 2), at_most=0.55)
lesson.claim("sae_toy.shrinkage_solved", round(max(over_formula["solved"].values()), 2), between=(0.95, 1.15))
lesson.claim("sae_toy.shrinkage_encoder", round(over_formula["encoder"][1.0], 2), at_least=1.4)
lesson.claim("sae_toy.stretch_r2", round(undone[3.0][2] - undone[3.0][1], 2), at_least=0.05)
lesson.claim("sae_toy.encoder_loses", round(own - guess, 3), at_least=0.05)
lesson.claim("sae_toy.dictionary_loses", round(ceiling - own, 3), at_most=0.02)
lesson.claim("sae_toy.ceiling_crowded", round(quality[ways[3]][3], 2), at_most=0.92)
lesson.claim("sae_toy.resampling_found", lost_more, at_least=5)
lesson.claim("sae_toy.equal_l0_mmcs", round(min(row["MMCS"] for row in table.values()), 2), at_least=0.9)
lesson.claim("sae_toy.equal_l0_gain", round(gain, 3), at_least=0.03)
lesson.claim("sae_toy.equal_l0_strays", round(strays, 2), at_least=0.15)
lesson.claim("sae_toy.l0_spread", round(max(l0.values()) / min(l0.values()), 2), at_most=1.15)
lesson.claim("sae_toy.absorbed", round(absorbed, 2), at_most=0.9)
lesson.claim("sae_toy.families_broken", round(unrelated, 2), at_least=0.93)
lesson.claim("sae_toy.matryoshka_hears", round(nested - absorbed, 2), at_least=0.05)

# %% [markdown]
# ### Where this departs from the papers
#
# - M judges its latents by reading them, since a language model's truth isn't known; it also says that toy
#   models with a known truth were "crucial to our early progress", and shows none. MMCS, and toy data to
#   measure it on, come from [Sharkey, Braun and
#   Millidge](https://www.alignmentforum.org/posts/z6QQJbtpkEAX3Aojj/) (2022). Their data are random
#   directions; ours are those of a trained model, but for the families.
# - "Low density" is relative. With 2 of 128 features on at once, k-means does as well as the SAE. The claim
#   that the SAE beats every baseline is made for the crowded world, 19 on at once.
# - Our L1 SAE is trained by the [April
#   2024](https://transformer-circuits.pub/2024/april-update#training-saes) recipe, the others by one
#   plain loop. TopK's paper adds a loss that revives dead latents; ours goes without.
# - Features of the four worlds are equally dense, equally important and independent, and the families have
#   two levels. Nothing says that real ones are so.
# - The ceiling is that of one solver at λ = 1, the SAE's own. Another λ, or a solver that knows how features
#   are distributed, could do a little better.
#
# ## What you can now say
#
# - An SAE finds the directions of a toy model's features from hidden states alone, also where PCA, ICA and
#   k-means fail; noise with the same covariance gives it nothing to find.
# - That all features are in a dictionary doesn't mean that all of the dictionary is features. In the crowded
#   world only some 60 % of the activations belong to latents that are.
# - An L1 penalty takes $\lambda/2$ off every size. The rest that is missing is lost by the encoder, which
#   guesses in one step what a solver finds in a hundred.
# - Compressed sensing bounds what can be read from one input, even with the true dictionary.
# - TopK, BatchTopK and JumpReLU give sizes back; none finds better directions, and all keep strays.
# - Where features contain one another, sparsity itself makes child latents swallow their parents.
#
# ### Three readings
#
# 1. M, [Sparse autoencoder
#    training](https://transformer-circuits.pub/2023/monosemantic-features#appendix-autoencoder), with its
#    remarks on why not a stronger solver: 20 minutes.
# 2. [Chanin et al., A is for Absorption](https://arxiv.org/abs/2409.14507), sections 1 to 4, absorption in
#    real SAEs: 25 minutes.
# 3. [Bussmann et al., Matryoshka SAEs](https://arxiv.org/abs/2503.17547), sections 3 and 4, whose toy tree of
#    features is the model for ours: 20 minutes.
#
# ## Discussion
#
# 1. **Compression of compression.** The toy model packed 128 features into 40 numbers; the SAE unpacks them.
#    What was lost at each stage? You measured three losses apart: the packing (the ceiling), the dictionary,
#    and the encoder. Which of them could you measure in a language model?
# 2. **A test without the truth.** Two seeds agree on real data and disagree on noise. Is agreement proof?
#    Think of a wrong dictionary that every seed would find: among the families you saw one. Lesson 08 asks
#    this of a language model, under the name *feature lottery*.
# 3. **The right L0.** R² told you nothing about the right number of latents here. What else could you look
#    at, if you did not know the truth? ([2508.16560](https://arxiv.org/abs/2508.16560) studies a wrong L0.)
# 4. **What is the truth?** Here a feature is what the generator drew. For a language model, is there a true
#    list of features at all, or does it depend on the dictionary's size? In M's wider
#    dictionaries one latent splits into several.
#
# The kit's modules behind this lesson, in reading order: [the map](../docs/map.md).

# %%
lesson.summary()
