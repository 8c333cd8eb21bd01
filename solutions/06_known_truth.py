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
# found. That is the picture below. You then find out what the SAE gets wrong (sizes), which older
# methods rival it and when, and what four later kinds of SAE do better.
#
# - **Time:** about 100 minutes; the cells themselves run in one to two.
# - **Needs:** lesson 01 (the toy model). Every term is defined again here.
# - **Rebuilds:** the SAE of *Towards Monosemanticity* (M),
#   [set-up](https://transformer-circuits.pub/2023/monosemantic-features#setup-autoencoder) and
#   [training](https://transformer-circuits.pub/2023/monosemantic-features#appendix-autoencoder), and its
#   successors: [TopK](https://arxiv.org/abs/2406.04093), [BatchTopK](https://arxiv.org/abs/2412.06410),
#   [JumpReLU](https://arxiv.org/abs/2407.14435), [Matryoshka](https://arxiv.org/abs/2503.17547).
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
from course_utils.figures import recovery as figures
from course_utils.figures import sae as sae_figures
from course_utils.figures import theme
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
STEPS, BATCH = lesson.pick(smoke=40, lesson=1500, full=6000), 256
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
# dictionary. Besides the SAE there are four:
#
# - **PCA**, principal components: the directions of largest variance. $m$ axes; we count both ends of each.
# - **ICA**, independent components: the $m$ axes along which the data look least Gaussian. Both ends count.
# - **k-means**: 256 clusters of hidden states by direction. An entry is a cluster's centre.
# - **random**: 256 random directions, as the SAE has before it is trained.


# %%
def train_sae(h: Float[Tensor, "tokens m"], l1: float, seed: int = SEED) -> sae.SparseAutoencoder:
    """`l1` says how much sparsity counts: the λ of the loss in "The sparse autoencoder" below."""
    config = sae.standard(M, D_SAE, STEPS * BATCH, l1, lr=5e-3, train_batch_size_tokens=BATCH, seed=seed)
    return sae.train(h, config).sae


def dictionaries(world: recovery.World, trained: sae.SparseAutoencoder) -> dict[str, Float[Tensor, "d m"]]:
    h = world.h[:TRAIN]
    return {
        "SAE": trained.W_dec.detach(),
        "k-means": recovery.k_means(h, D_SAE, generator),
        "ICA": recovery.both_ways(recovery.fast_ica(h, generator)),
        "PCA": recovery.both_ways(recovery.principal_axes(h)),
        "random": torch.randn(D_SAE, M, generator=generator),
    }


saes = [train_sae(world.h[:TRAIN], 1.0) for world in lesson.progress(worlds, "SAEs")]
found = [dictionaries(*pair) for pair in zip(worlds, saes, strict=True)]

# %%
crowded, sparse = worlds[3], worlds[1]
crowded_matches = {name: recovery.best_cosines(crowded.truth, d) for name, d in found[3].items()}
above = {name: int((c > 0.9).sum()) for name, c in crowded_matches.items()}
lesson.show(
    figures.cosine_by_rank(crowded_matches),
    see=f"the world with {N * DENSITY[3]:.0f} features on at once. For {above['SAE']} of the {N} true "
    "directions the SAE has an entry within 26° (a cosine above 0.9); k-means has one for "
    f"{above['k-means']}, ICA for {above['ICA']}, PCA for {above['PCA']}. It saw hidden states only.",
    alt="Sorted best cosines of 128 features. The SAE's line stays close to 1 throughout; those of "
    "k-means, ICA, PCA and random directions fall below it.",
)

# %% [markdown]
# ## Exercise 6.1 · How well is each feature recovered?
# *Difficulty 2/5 · about 8 minutes*
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
    cosines = F.normalize(truth, dim=1) @ F.normalize(dictionary, dim=1).T
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

# %% tags=["nbval-check-output"]
mmcs = {
    name: [
        lesson.use.best_cosines(w.truth, d[name]).mean().item() for w, d in zip(worlds, found, strict=True)
    ]
    for name in found[0]
}
for method, mmcs_of in mmcs.items():
    print(f"{method:8}", " ".join(f"{value:.2f}" for value in mmcs_of))

# %%
older = ("PCA", "ICA", "k-means")
nearest = max(older, key=lambda name: mmcs[name][0])

# %%
lesson.reveal(
    prediction_rare, "abc"[older.index(nearest)],
    f"{nearest} has an MMCS of {mmcs[nearest][0]:.2f}, the SAE {mmcs['SAE'][0]:.2f}. Where few features are "
    "on at once, the hidden states that share a strong feature form a bundle around its direction, and the "
    "centre of the bundle is the feature.",
)  # fmt: skip

# %%
variance = torch.linalg.eigvalsh(torch.cov(crowded.h.T))
lesson.show(
    figures.mmcs_by_features_on((N * DENSITY).tolist(), mmcs),
    see=f"PCA does no better than chance ({mmcs['PCA'][3]:.2f}; random {mmcs['random'][3]:.2f}). It looks "
    f"for directions of large variance, and the largest is only {variance[-1] / variance[0]:.1f} times the "
    f"smallest. ICA has only {M} axes for {N} features. k-means ties with the SAE while features are rare, "
    f"and falls to {mmcs['k-means'][3]:.2f} when {N * DENSITY[3]:.0f} are on at once; the SAE stays at "
    f"{mmcs['SAE'][3]:.2f}.",
    alt="MMCS against features on at once. The SAE stays near 1; k-means starts there and falls; ICA lies "
    "in between; PCA and random stay near 0.4.",
)

# %% [markdown]
# So an SAE isn't the only way to find sparse features. k-means puts each input into *one* cluster: it
# describes it by one entry. The SAE describes it by several. That is what it needs in the crowded worlds.
#
# ## The sparse autoencoder
#
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

# %% tags=["nbval-check-output"]
noise = recovery.gaussian_like(sparse.h, generator)
inputs = {"real": sparse.h, "noise": noise}
pairs = {
    "real": (saes[1], train_sae(sparse.h[:TRAIN], 1.0, SEED + 1)),
    "noise": [train_sae(noise[:TRAIN], 1.0, SEED + s) for s in range(2)],
}
control, active = {}, {}
for case, (one, other) in pairs.items():
    quality = sae.evaluate(one, inputs[case][TRAIN:])
    control[case] = {
        "MMCS with the truth": lesson.use.best_cosines(sparse.truth, one.W_dec.detach()).mean().item(),
        "MMCS of two seeds": lesson.use.best_cosines(one.W_dec.detach(), other.W_dec.detach()).mean().item(),
        "R²": quality.r2,
    }
    active[case] = quality.l0
    numbers = ", ".join(f"{key} {value:.2f}" for key, value in control[case].items())
    print(f"{case:5} {numbers}, L0 {active[case]:.1f}")

# %%
chance, on_noise = mmcs["random"][1], control["noise"]["MMCS with the truth"]
gone_up = (on_noise - chance) / (control["real"]["MMCS with the truth"] - chance)

# %%
lesson.reveal(
    prediction_control, "a" if gone_up > 0.75 else "b" if gone_up > 0.25 else "c",
    f"{on_noise:.2f}, and random directions have {chance:.2f}. The covariance knows nothing of the features.",
)  # fmt: skip

# %%
agree = {name: row["MMCS of two seeds"] for name, row in control.items()}
lesson.show(
    figures.measure_bars(control),
    see=f"R² hardly tells the two apart: {control['real']['R²']:.2f} and {control['noise']['R²']:.2f}. (L0 "
    f"would, {active['real']:.0f} and {active['noise']:.0f}, if you knew what to expect.) Two SAEs that "
    "differ only in their seed do: on real data their dictionaries agree "
    f"({agree['real']:.2f}); on noise hardly more than by chance ({agree['noise']:.2f}). That test needs no "
    "truth, so it works on a language model as well.",
    alt="Three panels of bars for real data and noise. R² is similar; the cosine with the truth and the "
    "agreement of two seeds are high for real data only.",
)

# %% [markdown]
# ## The directions are right. The sizes?
#
# A feature of value $x_i$ adds $x_i W_i$ to the hidden state: its true *size* is $a = x_i\|W_i\|$. Does the
# latent say so? Take a feature alone, and a latent with exactly its direction. The latent's activation $f$
# then costs $(a - f)^2 + \lambda f$.

# %% [markdown]
# ## Exercise 6.2 · What the L1 penalty does to a size
# *Difficulty 2/5 · about 8 minutes*
#
# Which activation is best?
#
# $$f^* = \arg\min_{f \ge 0}\; (a - f)^2 + \lambda f$$
#
# Find the closed form. $a$ may be any number: negative where the input points away from the latent.
# `l1_coefficient` is $\lambda \ge 0$.


# %% exercise="6.2"
def shrunk(a: Float[Tensor, "*any"], l1_coefficient: float) -> Float[Tensor, "*any"]:
    """The activation that minimises (a − f)² + λf over f ≥ 0, for each entry of a."""
    ### BEGIN SOLUTION
    return (a - l1_coefficient / 2).clamp(min=0)
    ### END SOLUTION


# %% check="6.2"
lesson.check("6.2", shrunk)

# %% [markdown]
# Now measure. A true feature may be shared by several latents (there are twice as many latents as features),
# so its found size is the sum over the latents that lie within 26° of it and nearer to it than to any other
# feature. Inputs are sorted into bins by the true size; each bin gives the median of the found sizes.


# %%
@torch.no_grad()
def found_sizes(trained: sae.SparseAutoencoder, world: recovery.World):
    """True and found size of each feature on each test input, "tokens n" each."""
    cosines = F.normalize(world.truth, dim=1) @ F.normalize(trained.W_dec, dim=1).T
    own = (cosines > 0.9) & (cosines == cosines.amax(dim=0))
    return world.x[TRAIN:] * world.truth.norm(dim=1), trained.encode(world.h[TRAIN:]) @ own.float().T


def median_by_size(true: Tensor, size: Tensor, edges: Tensor) -> list[float]:
    bins = [(true >= low) & (true < low + edges[1] - edges[0]) for low in edges]
    return [size[b].median().item() for b in bins]


# %% tags=["nbval-check-output"]
LAMBDAS = [1.0, 2.0, 3.0]
l1_saes = {1.0: saes[1]} | {l1: train_sae(sparse.h[:TRAIN], l1) for l1 in LAMBDAS[1:]}
edges = torch.linspace(0.2, 0.9, 8) * sparse.truth.norm(dim=1).mean()
middle = (edges + (edges[1] - edges[0]) / 2).tolist()
curves, gap = {}, {}
for lam, l1_sae in l1_saes.items():
    curves[f"λ = {lam:g}"] = median_by_size(*found_sizes(l1_sae, sparse), edges)
    gap[lam] = middle[-1] - curves[f"λ = {lam:g}"][-1]
    predicted = middle[-1] - lesson.use.shrunk(torch.tensor(middle[-1]), lam).item()
    print(
        f"λ = {lam:g}: large features are found {gap[lam]:.2f} too small; your formula says {predicted:.2f}"
    )

# %%
lesson.show(
    figures.size_by_true_size(middle, curves),
    see="the lines run below the diagonal, further down for a larger λ. At λ = 3 a feature of size "
    f"{middle[-1]:.1f} comes out as {curves['λ = 3'][-1]:.1f}. This is **shrinkage**. Your formula accounts "
    f"for {predicted:.1f} of the {gap[3.0]:.2f} that are missing. It is about a feature that is alone; "
    "here others interfere.",
    alt="Found size against true size for three values of λ, all below the diagonal and roughly parallel "
    "to it.",
)

# %% [markdown]
# ## Exercise 6.3 · Undo it with one number
# *Difficulty 2/5 · about 8 minutes*
#
# If everything is too small, stretch it. Which factor $s$ brings the reconstruction nearest to the truth,
# over all inputs $t$?
#
# $$s^* = \arg\min_s \sum_t \big\|(x_t - b_{\text{dec}}) - s\,(\hat x_t - b_{\text{dec}})\big\|^2$$
#
# ($x$ is whatever an SAE reconstructs. Here it is the hidden state $h$, not the features.) Only the latents'
# part is stretched, not the bias. $1/s^*$ is what [Rajamanoharan et al.](https://arxiv.org/abs/2404.16014)
# call the relative reconstruction bias, and use to measure shrinkage where the truth is unknown.


# %% exercise="6.3"
def stretch(
    x: Float[Tensor, "tokens d_in"], x_hat: Float[Tensor, "tokens d_in"], b_dec: Float[Tensor, "d_in"]
) -> float:
    """The factor that brings x̂ − b_dec nearest to x − b_dec, one for all tokens."""
    ### BEGIN SOLUTION
    wanted, found = x - b_dec, x_hat - b_dec
    return ((wanted * found).sum() / (found**2).sum()).item()
    ### END SOLUTION


# %% check="6.3"
lesson.check("6.3", stretch)

# %% [markdown]
# Your formula of 6.2 suggests another cure: add $\lambda/2$ to each active latent. Which of the two do you
# expect to raise R² more? The last number printed counts *false alarms*: the share of active latents whose
# nearest feature is off.

# %% tags=["nbval-check-output"]
test_h = sparse.h[TRAIN:]
undone = {}
with torch.no_grad():
    for l1, each_sae in l1_saes.items():
        h_hat, f = each_sae(test_h)
        factor = lesson.use.stretch(test_h, h_hat, each_sae.b_dec)
        stretched = each_sae.b_dec + factor * (h_hat - each_sae.b_dec)
        added = each_sae.decode(f + l1 / 2 * (f > 0))
        undone[l1] = [sae.metrics.r_squared(test_h, y) for y in (h_hat, stretched, added)]
        cosines_l1 = F.normalize(sparse.truth, dim=1) @ F.normalize(each_sae.W_dec, dim=1).T
        off = sparse.x[TRAIN:, cosines_l1.argmax(dim=0)] == 0  # is the latent's nearest feature off?
        print(
            f"λ = {l1:g}: factor {factor:.2f}; R² {undone[l1][0]:.2f}, stretched {undone[l1][1]:.2f}, with "
            f"λ/2 added {undone[l1][2]:.2f}; false alarms {(off & (f > 0)).sum() / (f > 0).sum():.1%}"
        )

# %% [markdown]
# Stretching helps more. The formula is about a feature alone with a latent of its own. It leaves out two
# things: false alarms, which are lifted as well; and features shared by two latents, which get $\lambda/2$
# twice. Either way you repair a trained SAE. The later SAEs below remove the cause: they put no price on the
# size.
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
        M, N, STEPS * BATCH, 3.0, lr=3e-2, train_batch_size_tokens=BATCH, resample=resample, seed=SEED
    )
    trained, logs[way] = sae.train(sparse.h[:TRAIN], config)
    dead = sae.evaluate(trained, test_h).dead_fraction
    cosines = lesson.use.best_cosines(sparse.truth, trained.W_dec.detach())
    after[way] = {"dead": dead, "lost": int((cosines < 0.9).sum()), "MMCS": cosines.mean().item()}
    print(f"{way:16} dead {dead:.1%}, features lost {after[way]['lost']}, MMCS {after[way]['MMCS']:.3f}")

# %%
before, cured = after["never resampled"], after["resampled"]
lost_more, worse = before["lost"] - cured["lost"], cured["MMCS"] - before["MMCS"]

# %%
lesson.reveal(
    prediction_dead, "b" if lost_more > 0 else "c" if worse > 0.01 else "a",
    f"{before['dead'] * N:.0f} dead latents and {before['lost']} lost features without resampling, "
    f"{cured['dead'] * N:.0f} and {cured['lost']} with it. (The others are lost because there is no latent "
    "to spare: where two share one feature, another goes without.)",
)  # fmt: skip

# %%
lesson.show(
    sae_figures.dead_by_step(logs),
    see=f"left, resampling brings dead latents back: at the end {cured['dead']:.1%} are dead, without it "
    f"{before['dead']:.1%}. Right, the errors lie close together: they would hardly tell you that "
    f"{lost_more} more features are lost.",
    alt="Share of dead latents and squared error over training, with and without resampling.",
)

# %% [markdown]
# ## Four ways to do without the penalty
#
# L1 stands in for what you want, few active latents, since a count has no gradient. The four SAEs below
# limit the count itself. All use the encoder's *pre-activations* $z = (h - b_{\text{dec}})
# W_{\text{enc}} + b_{\text{enc}}$, and rows of $W_{\text{dec}}$ at norm 1.

# %% [markdown]
# ## Exercise 6.4 · TopK
# *Difficulty 2/5 · about 8 minutes*
#
# Each input keeps its $k$ largest pre-activations, and sets the others to 0. Of the $k$, those that are
# negative become 0 too:
#
# $$f = \mathrm{TopK}_k(\mathrm{ReLU}(z))$$


# %% exercise="6.4"
def keep_k(z: Float[Tensor, "batch d_sae"], k: int) -> Float[Tensor, "batch d_sae"]:
    """Each input's k largest pre-activations where they are positive, 0 elsewhere."""
    ### BEGIN SOLUTION
    values, places = z.relu().topk(k, dim=-1)
    return torch.zeros_like(z).scatter(-1, places, values)
    ### END SOLUTION


# %% check="6.4"
lesson.check("6.4", keep_k)

# %% [markdown]
# ## Exercise 6.5 · BatchTopK
# *Difficulty 2/5 · about 6 minutes*
#
# Not every input has $k$ features on. Let the *batch* keep its $k \times$ batch largest pre-activations,
# wherever they are: a rich input may keep more, a poor one fewer. Negative ones become 0 again.


# %% exercise="6.5"
def keep_batch_k(z: Float[Tensor, "batch d_sae"], k: int) -> Float[Tensor, "batch d_sae"]:
    """The whole batch's k·batch largest pre-activations where they are positive, 0 elsewhere."""
    ### BEGIN SOLUTION
    values, places = z.relu().flatten().topk(k * len(z))
    return torch.zeros_like(z).flatten().scatter(0, places, values).view_as(z)
    ### END SOLUTION


# %% check="6.5"
lesson.check("6.5", keep_batch_k)

# %% [markdown]
# Once trained, an input's code must not depend on its neighbours in a batch. So the kit's class keeps the
# mean, over training, of the smallest activation that a batch kept, and uses it as one threshold for all.

# %% [markdown]
# ## Exercise 6.6 · Matryoshka
# *Difficulty 3/5 · about 10 minutes*
#
# A Matryoshka SAE is a BatchTopK whose *first* latents must do without the later ones. Each prefix, say the
# first 64, the first 128 and all 256 latents, reconstructs $x = h$ on its own, and the errors add up:
#
# $$\mathcal L = \sum_{\ell\, \in\, \text{prefixes}} \mathbb E\,\Big\| x - b_{\text{dec}} -
# \sum_{j = 1}^{\ell} f_j\, W_{\text{dec},j} \Big\|^2$$
#
# $\mathbb E$ is the mean over the batch, and `prefixes` might be `(64, 128, 256)`. The idea: general features
# come first, and are not swallowed by special cases.


# %% exercise="6.6"
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


# %% check="6.6"
lesson.check("6.6", nested_loss)

# %% [markdown]
# ## Exercise 6.7 · JumpReLU, and a slope where there is none
# *Difficulty 5/5 · about 25 minutes*
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


# %% exercise="6.7"
def jump(
    z: Float[Tensor, "batch d_sae"], threshold: Float[Tensor, "d_sae"], bandwidth: float
) -> tuple[Float[Tensor, "batch d_sae"], Float[Tensor, "batch d_sae"]]:
    """f = z·H(z − θ), and the step H(z − θ) as floats, both with the estimated slopes in the threshold."""
    ### BEGIN SOLUTION
    on = (z > threshold).to(z.dtype)
    near = ((z - threshold).abs() < bandwidth / 2).to(z.dtype)
    slope = near / bandwidth * (threshold.detach() - threshold)
    return z * on + threshold.detach() * slope, on + slope
    ### END SOLUTION


# %% check="6.7"
lesson.check("6.7", jump)

# %% [markdown]
# Your four functions are all that sets the four SAEs apart. The kit's classes do the rest
# (`course_utils/sae/variants.py`, a page). JumpReLU's loss is $\|h - \hat h\|^2 + c\,(\text{L0}/k - 1)^2$
# with a fixed weight $c$, the form that its paper uses to aim at a given L0.


# %%
class TopK(sae.TopK):
    def activate(self, z):
        return lesson.use.keep_k(z, self.k)


class BatchTopK(sae.BatchTopK):
    def select(self, z):
        return lesson.use.keep_batch_k(z, self.k)


class Matryoshka(sae.Matryoshka):
    def loss(self, x):
        return lesson.use.nested_loss(x, self.encode(x), self.W_dec, self.b_dec, self.prefixes)


class JumpReLU(sae.JumpReLU):
    def step(self, z):
        return lesson.use.jump(z, self.log_threshold.exp(), self.bandwidth)


# %% [markdown]
# ## Equal L0
#
# A comparison is fair only at equal sparsity. The L1 SAE with $\lambda = 3$ goes first. Its L0, rounded, is
# the $k$ of the others. Same data, same number of steps, same width.
#
# **Predict.** What do the other four do better than L1?
#
# (a) they find directions that L1 misses
# (b) they reconstruct better, with directions that L1 finds too
# (c) both

# %% tags=["predict"]
prediction_equal = None  # your answer: "a", "b" or "c"

# %%
five = {"L1": l1_saes[3.0]}
k = round(sae.evaluate(five["L1"], test_h).l0)


def fit(kind, *more) -> sae.SparseAutoencoder:
    config = sae.variant(M, D_SAE, STEPS * BATCH, lr=5e-3, train_batch_size_tokens=BATCH, seed=SEED)
    return sae.train(
        sparse.h[:TRAIN], config, lambda draws: kind(M, D_SAE, k, *more, generator=draws),
        progress=lambda it: lesson.progress(it, kind.__name__),
    ).sae  # fmt: skip


PREFIXES = (D_SAE // 4, D_SAE // 2, D_SAE)
for variant, *more in [(TopK,), (BatchTopK,), (JumpReLU,), (Matryoshka, PREFIXES)]:
    five[variant.__name__] = fit(variant, *more)


# %% tags=["nbval-check-output"]
def judge(trained: sae.SparseAutoencoder, world: recovery.World) -> dict[str, float]:
    true, size = found_sizes(trained, world)
    large = (true > true.max() / 2) & (size > 0)
    return {
        "MMCS": lesson.use.best_cosines(world.truth, trained.W_dec.detach()).mean().item(),
        "R²": sae.evaluate(trained, world.h[TRAIN:]).r2,
        "size found / true": (size[large] / true[large]).median().item(),
    }


table = {name: judge(trained, sparse) for name, trained in five.items()}
l0 = {name: sae.evaluate(trained, test_h).l0 for name, trained in five.items()}
for name, row in table.items():
    print(f"{name:10} L0 {l0[name]:.1f}, " + ", ".join(f"{key} {value:.2f}" for key, value in row.items()))

# %%
later = [row for name, row in table.items() if name != "L1"]
gain = min(row["R²"] for row in later) - table["L1"]["R²"]
finds_more = max(row["MMCS"] for row in later) - table["L1"]["MMCS"] > 0.02

# %%
lesson.reveal(
    prediction_equal, "b" if not finds_more else "c" if gain > 0.02 else "a",
    f"L1's MMCS is {table['L1']['MMCS']:.2f}, theirs at most {max(row['MMCS'] for row in later):.2f}. "
    f"Its R² is {table['L1']['R²']:.2f}, theirs at least {min(row['R²'] for row in later):.2f}.",
)  # fmt: skip

# %%
lesson.show(
    figures.measure_bars(table),
    see="the later four need no better directions: all five have an MMCS of "
    f"{min(row['MMCS'] for row in table.values()):.2f} or more. At an L0 of about {k} their R² is higher by "
    f"{gain:.2f} or more, and their sizes are nearer the truth: large features come out at "
    f"{min(row['size found / true'] for row in later):.0%} of their size or more, with L1 at "
    f"{table['L1']['size found / true']:.0%}.",
    alt="Bars of MMCS, R² and relative size for five SAEs. MMCS is near 1 for all; L1 has the lowest R² "
    "and size.",
)

# %% [markdown]
# The differences *among* the four are small here, and this world is kind to them: all features are equally
# frequent and independent. Matryoshka is made for features that contain one another, which this world has
# none of.
#
# ## Play: how many latents?
#
# In real data nobody tells you L0. Sweep it, with short trainings, in the same world. First without widgets:


# %%
SHORT = lesson.pick(smoke=20, lesson=400, full=2000)


def short_sae(kind: str, setting: float) -> sae.SparseAutoencoder:
    """An SAE after a short training: kind "L1" with λ = setting, or "TopK" with k = setting."""
    if kind == "L1":
        config = sae.standard(
            M, D_SAE, SHORT * BATCH, setting, lr=1e-2, train_batch_size_tokens=BATCH, seed=SEED
        )
        return sae.train(sparse.h[:TRAIN], config).sae
    config = sae.variant(M, D_SAE, SHORT * BATCH, lr=1e-2, train_batch_size_tokens=BATCH, seed=SEED)
    return sae.train(sparse.h[:TRAIN], config, lambda draws: sae.TopK(M, D_SAE, round(setting), draws)).sae


settings = {"L1": [0.25, 0.5, 1.0, 2.0, 4.0], "TopK": [2, 4, 8, 16, 32]}
sweep = {}
for kind, values in settings.items():
    rows = []
    for value in lesson.progress(values, kind):
        short = short_sae(kind, value)
        score = sae.evaluate(short, test_h)
        cosine = lesson.use.best_cosines(sparse.truth, short.W_dec.detach()).mean().item()
        rows.append((score.l0, cosine, score.r2))
    sweep[kind] = tuple(map(list, zip(*rows, strict=True)))

# %%
dense, few = (min(range(5), key=lambda i: abs(sweep["TopK"][0][i] - want)) for want in (32, 4))
lesson.show(
    figures.mmcs_by_l0(sweep, (N * DENSITY[1]).item()),
    see="R² (dotted) goes on rising with more latents. Recovery (solid) does not: TopK with k = "
    f"{settings['TopK'][dense]} has an R² of {sweep['TopK'][2][dense]:.2f} and an MMCS of "
    f"{sweep['TopK'][1][dense]:.2f}; with k = {settings['TopK'][few]} it is {sweep['TopK'][2][few]:.2f} and "
    f"{sweep['TopK'][1][few]:.2f}. With many latents to spend, a wrong dictionary reconstructs well.",
    alt="MMCS and R² against L0 for L1 and TopK. R² rises with L0; MMCS is high around the true number of "
    "features on, and TopK's falls steeply at the largest L0.",
)

# %% [markdown]
# Now live: each move of a slider trains an SAE anew.


# %%
def look(kind: str, l1: float = 2.0, k: int = 6) -> None:
    """Train an SAE for a moment; show how well each feature is recovered."""
    trained = short_sae(kind, l1 if kind == "L1" else k)
    score = sae.evaluate(trained, test_h)
    cosines = {
        kind: lesson.use.best_cosines(sparse.truth, trained.W_dec.detach()),
        "random": lesson.use.best_cosines(sparse.truth, found[1]["random"]),
    }
    title = f"MMCS {cosines[kind].mean():.2f}, R² {score.r2:.2f}, L0 {score.l0:.1f}"
    theme.show(figures.cosine_by_rank(cosines, title), title)


look("TopK", k=6)

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
# ## Claims

# %% tags=["nbval-check-output"]
noisy, real = control["noise"], control["real"]
lesson.claim("sae_toy.mmcs", round(mmcs["SAE"][3], 2), at_least=0.9, paper="no truth to compare with")
best_baseline = max(values[3] for name, values in mmcs.items() if name != "SAE")
lesson.claim("sae_toy.margin", round(mmcs["SAE"][3] - best_baseline, 2), at_least=0.1)
lesson.claim("sae_toy.kmeans_rare", round(mmcs["k-means"][0], 2), at_least=0.95)
lesson.claim("sae_toy.control", round(noisy["MMCS with the truth"] - chance, 2), at_most=0.05)
lesson.claim("sae_toy.seeds_agree", round(real["MMCS of two seeds"], 2), at_least=0.85)
lesson.claim("sae_toy.seeds_agree_noise", round(noisy["MMCS of two seeds"], 2), at_most=0.55)
lesson.claim("sae_toy.shrinkage_over_formula", round(gap[3.0] / 1.5, 2), between=(1.0, 1.3))
lesson.claim("sae_toy.stretch_r2", round(undone[3.0][1] - undone[3.0][0], 2), at_least=0.05)
lesson.claim("sae_toy.resampling_mmcs", round(cured["MMCS"] - before["MMCS"], 2), at_least=0.01)
lesson.claim("sae_toy.equal_l0_mmcs", round(min(row["MMCS"] for row in table.values()), 2), at_least=0.9)
lesson.claim("sae_toy.equal_l0_gain", round(gain, 2), at_least=0.1)
lesson.claim("sae_toy.l0_spread", round(max(l0.values()) / min(l0.values()), 2), at_most=1.15)

# %% [markdown]
# ### Where this departs from the papers
#
# - M has no known truth: it judges latents by reading them. MMCS, and toy data to measure it on, come from
#   [Sharkey, Braun and Millidge](https://www.alignmentforum.org/posts/z6QQJbtpkEAX3Aojj/) (2022). Their data
#   are random directions; ours are those of a trained model.
# - "Low density" is relative. With 2 of 128 features on at once, k-means does as well as the SAE. The claim
#   that the SAE beats every baseline is made for the crowded world, 19 on at once.
# - Our L1 SAE is trained by the [April
#   2024](https://transformer-circuits.pub/2024/april-update#training-saes) recipe, the four others by one
#   plain loop. TopK's paper adds a loss that revives dead latents; ours goes without.
# - All features are equally dense, equally important and independent. Nothing says that real ones are.
#
# ## Discussion
#
# 1. **Compression of compression.** The toy model packed 128 features into 40 numbers; the SAE unpacks them.
#    What was lost at each stage?
# 2. **A test without the truth.** Two seeds agree on real data and disagree on noise. Is agreement proof?
#    Think of a wrong dictionary that every seed would find. Lesson 08 asks this of a language model, under
#    the name *feature lottery*.
# 3. **The right L0.** R² told you nothing about the right number of latents here. What else could you look
#    at, if you did not know the truth? ([2508.16560](https://arxiv.org/abs/2508.16560) studies a wrong L0.)
# 4. **What is the truth?** Here a feature is what the generator drew. For a language model, is there a true
#    list of features at all, or does it depend on the dictionary's size? In M's wider
#    dictionaries one latent splits into several.
#
# The kit's modules behind this lesson, in reading order: [the map](../docs/map.md).

# %%
lesson.summary()
