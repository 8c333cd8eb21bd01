# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# course:
#   number: "09"
#   title: The Base64 feature
#   minutes: 90
#   needs: ["07", "08"]
#   papers: ["M: Arabic script feature", "M: Base64 feature", "M: Feature downstream effects"]
# ---

# %% [markdown]
# # 09 · The Base64 feature
#
# Base64 writes bytes as letters, digits, `+` and `/`. It is rare in our corpus, and no neuron of the
# transformer is for it alone. In this lesson you look for a **latent** of the sparse autoencoder
# (SAE) that is. You find it with no labels at all. Then you ask the three questions that decide whether
# "the base64 latent" is more than a name: *when does it fire, what does it say, and what happens when you
# change it?* Each answer gets a baseline and a control, because a result without one shows nothing.
#
# - **Time:** about 90 minutes; the cells themselves run in one.
# - **Needs:** lessons 07 (the transformer) and 08 (the SAE). Both are shipped, so you can start here.
# - **Rebuilds:** *Towards Monosemanticity* (M), the detailed investigations of the
#   [Arabic](https://transformer-circuits.pub/2023/monosemantic-features#feature-arabic) and
#   [base64](https://transformer-circuits.pub/2023/monosemantic-features#feature-base64) features, and the
#   comparison of features with neurons.
#
# **Words.** A *neuron* is one of the MLP's hidden units. A *latent* is one unit of the SAE: a direction $d_i$
# (row $i$ of $W_{\text{dec}}$) in the space of neurons and an activation $f_i \ge 0$. A *feature* is the
# concept itself, which a latent may or may not catch.

# %% [markdown]
# ## Recall
#
# <details>
# <summary>From lesson 07: most neurons serve several families. Why did that not show superposition?</summary>
#
# Because random directions do so as often. A measure that a random direction passes says nothing about what
# training made; you will meet that trap four more times today.
#
# </details>
#
# <details>
# <summary>From lesson 08: what does a larger λ buy, and what does it cost?</summary>
#
# Fewer latents fire on a token, and what fires is easier to name. It costs reconstruction: $R^2$ and the loss
# recovered fall. The SAE of this lesson was chosen with both in view.
#
# </details>

# %% tags=["parameters"]
SCALE = "lesson"
SEED = 0

# %%
import re
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

import course_utils
from course_utils import assets
from course_utils.figures import bars, drawings, grouped_bars, lines
from course_utils.figures import interp as figures
from course_utils.interp import dashboard, measures, probe, proxies, text
from course_utils.lm import baselines, data, hooks
from course_utils.lm.corpus import CONTENT_TYPES, FAMILIES
from course_utils.lm.model import Transformer
from course_utils.lm.tokenizer import SEPARATOR, token_bytes
from course_utils.pages import Browser, widget
from course_utils.sae import standard, train

lesson = course_utils.start("09", scale=SCALE, seed=SEED)

# %% [markdown]
# ## The model, the latents and two piles of text
#
# The transformer and the SAE with four latents a neuron come with the kit. The text is held out: neither
# has seen it in training. You get two piles. In the first, `search`, you look for latents and choose
# thresholds. On the second, `test`, you measure. A number measured where you also chose is too good: the
# largest of hundreds of noisy numbers is large by luck.

# %%
tokenizer, model = assets.load_tokenizer(), assets.load_transformer()
sae = assets.load_sae("sae-4x")
lesson.without_gradients()
vocab = token_bytes(tokenizer)
N_BYTES = lesson.pick(smoke=40_000, lesson=400_000, full=1_500_000)
FIRST = 4  # the first tokens of a sequence have little before them that could tell what they are part of


# %%
def late(x: Float[Tensor, "seq pos"]) -> Float[Tensor, "token"]:
    """All tokens from position FIRST on, in one row."""
    return x[:, FIRST:].flatten()


class Pile(NamedTuple):
    tokens: Int[Tensor, "seq pos"]  # whole sequences; the others hold the late tokens only
    content_types: Int[Tensor, "token"]
    neurons: Float[Tensor, "token d_mlp"]
    latents: Float[Tensor, "token d_sae"]


def read(seed: int) -> Pile:
    tokens, content_types = data.load("held_out", N_BYTES, tokenizer, seed=seed)
    neurons = hooks.activations(model, tokens, first_position=FIRST)
    return Pile(tokens, late(content_types), neurons, sae.encode(neurons))


# %% tags=["nbval-check-output"]
def is_type(pile: Pile, name: str) -> Bool[Tensor, "token"]:
    return pile.content_types == CONTENT_TYPES.index(name)


search, test = read(1000 + SEED), read(2000 + SEED)
share = is_type(test, "base64").float().mean().item()
print(f"{len(test.content_types)} tokens to measure on, {len(CONTENT_TYPES)} content types")
print(f"{share:.1%} of the tokens are base64; {model.cfg.d_mlp} neurons, {sae.d_sae} latents")

# %% [markdown]
# **Where you are going.** One line of text, lit by one latent and by one neuron. Here the kit chose both,
# and it looked at the labels to do so. By the end you have found the latent without them, and you know how
# far to trust it.

# %%
OPENING = "The key: VGhlIG1vZGVsIGhhcyBzZWVuIHRoaXM=. Its hash: 5eb63bbbe01e. Yours, Bob"


def light(string: str, latent: int, neuron: int) -> dashboard.Page:
    """The text twice, lit by a latent and by a neuron. Full colour is the unit's maximum on the test pile."""
    ids = [tokenizer.token_to_id(SEPARATOR), *tokenizer.encode(string).ids][: model.cfg.n_ctx]
    neurons = hooks.activations(model, torch.tensor([ids]))
    by_latent = sae.encode(neurons)[:, latent], test.latents[:, latent].max().item()
    by_neuron = neurons[:, neuron], test.neurons[:, neuron].max().item()
    units = {f"latent {latent}": by_latent, f"neuron {neuron}": by_neuron}
    return dashboard.lit_rows(torch.tensor(ids), vocab, units)


known = is_type(search, "base64").float()
light(OPENING, *(int(measures.correlation(x, known).argmax()) for x in (search.latents, search.neurons)))

# %% [markdown]
# **What to see:** the darker a token, the nearer the unit is to its own maximum. The latent is darkest on the
# base64. Weakly it lights other things too, and you will count them. The neuron lights the base64 and much
# besides. (Here every token is lit. From the next cell on the first four of a sequence don't count: with so
# little before them, they say little.)

# %% [markdown]
# ## What you are going to test
#
# A name like "the base64 latent" makes three claims at once, and a latent can keep one of them and break the
# others. It says that the latent *reads* base64: that it fires there and nowhere else. It says that it
# *writes* base64: that its direction argues for the tokens that come next in base64. And it says that the
# model *uses* it. Reading and writing are two sets of weights, the encoder's column and the decoder's row, so
# neither follows from the other. Nor does use follow from both, since the model has 128 neurons and may do
# the same by another route. So each claim gets a test of its own, and each test gets a rival that was made
# without training: if a random direction passes, the test has told you nothing.

# %%
drawings.show("latent_to_logits")

# %% [markdown]
# ## Exercise 9.1 · A score without labels
# *Difficulty 2/5 · about 10 minutes*
#
# You can't read hundreds of latents. But you can say what you are looking for, and let the computer
# compare. M calls such a statement a **proxy**: a score for each token, from the text alone. Yours is a
# *log-likelihood ratio*. Take two stories about the last $w$ tokens: "this is base64" and "this is just
# text of the corpus". Each story gives every token a probability. Which of the two makes the tokens more
# likely?
#
# $$r_i \;=\; \sum_{j=i-w+1}^{i} \Big[ \log p(t_j \mid \text{base64}) - \log p(t_j \mid \text{corpus}) \Big]$$
#
# The sum is over the $w$ tokens that end at token $i$, because the transformer has seen no further. Near
# the start of a sequence it holds the tokens that there are. Nats, as always.


# %% exercise="9.1"
def log_likelihood_ratio(
    log_p_class: Float[Tensor, "seq pos"], log_p_corpus: Float[Tensor, "seq pos"], window: int
) -> Float[Tensor, "seq pos"]:
    """The ratio of the last `window` tokens, for every token. Given: each token's log p in both stories."""
    ### BEGIN SOLUTION
    total = (log_p_class - log_p_corpus).cumsum(-1)
    total[:, window:] -= total[:, :-window].clone()
    return total
    ### END SOLUTION


# %% check="9.1"
lesson.check("9.1", log_likelihood_ratio)

# %% [markdown]
# Now the stories. For "base64" you need no corpus: base64 of random bytes *is* the hypothesis. Make some,
# cut it into tokens, count them. For "corpus", count the tokens of `search`. No label is read.
#
# **Predict.** Base64 should get the highest mean score. Which of these three comes nearest?
#
# - a: hex (`3f9a0c77…`, digits and six letters)
# - b: random alphanumerics (`x7k2p0qm`: small letters, digits)
# - c: rot13 (`Gur dhvpx oebja`, English with each letter moved by 13)

# %% tags=["predict"]
prediction_a = None  # your answer: "a", "b" or "c"

# %%
WINDOW = 16
made = proxies.base64_tokens(lambda s: tokenizer.encode(s).ids, torch.Generator().manual_seed(SEED))
p_base64 = baselines.unigram(made, len(vocab))
p_corpus = baselines.unigram(search.tokens, len(vocab))
stories = [proxies.unigram_log_probs(p, search.tokens) for p in (p_base64, p_corpus)]
score = late(lesson.use.log_likelihood_ratio(*stories, WINDOW))

# %% fold="Which types score high" tags=["nbval-check-output"]
means = {name: score[is_type(search, name)].mean().nan_to_num(-1e3).item() for name in CONTENT_TYPES}
for type_name in sorted(means, key=means.get, reverse=True)[:5]:
    print(f"{type_name:14} {means[type_name]:+6.1f} nats")

# %%
options = {"a": "hex", "b": "alphanumeric", "c": "rot13"}
lesson.reveal(
    prediction_a,
    max(options, key=lambda letter: means[options[letter]]),
    f"Nats: {', '.join(f'{name} {means[name]:+.1f}' for name in ('base64', *options.values()))}. Text cut "
    "into "
    "the same short tokens comes nearest. A proxy is a rough map, not the truth.",
)

# %% [markdown]
# ## Exercise 9.2 · Every latent against one target
# *Difficulty 2/5 · about 10 minutes*
#
# Now ask every latent how well it follows the proxy. The measure is Pearson's correlation, over tokens $t$:
#
# $$c_u = \frac{\sum_t (a_{tu} - \bar a_u)(y_t - \bar y)}
# {\sqrt{\sum_t (a_{tu} - \bar a_u)^2}\;\sqrt{\sum_t (y_t - \bar y)^2}}$$
#
# Write it for all units at once, with no loop over units. A latent that never changes has no correlation:
# give it 0, not NaN. (There are hundreds of thousands of tokens. `.sum(0)` adds them up with care; a matrix
# product or `norm(dim=0)` may round in the third digit.)


# %% exercise="9.2"
def correlation(acts: Float[Tensor, "token unit"], target: Float[Tensor, "token"]) -> Float[Tensor, "unit"]:
    """Pearson correlation of every unit with the target, over tokens; 0 for a unit that never changes."""
    ### BEGIN SOLUTION
    centred = acts - acts.mean(0)
    target = target - target.mean()
    length = (centred.square().sum(0) * target.square().sum()).sqrt()
    return torch.where(length > 1e-6, (centred * target[:, None]).sum(0) / length.clamp_min(1e-6), 0.0)
    ### END SOLUTION


# %% check="9.2"
lesson.check("9.2", correlation)

# %% [markdown]
# ## Find it
#
# Above 0 the base64 story is the better one. So take "is the score above 0?" as the target. The latent with
# the largest correlation is your candidate. Only now look at the labels: does the known content type point
# at the same latent? And how well does the best *neuron* do? We choose it by the labels, which favours the
# neuron.

# %%
correlate = lesson.use.correlation
by_proxy, by_label = correlate(search.latents, (score > 0).float()), correlate(search.latents, known)
LATENT, NEURON = int(by_proxy.argmax()), int(correlate(search.neurons, known).argmax())
in_test = is_type(test, "base64")
truth = in_test.float()
latent_correlation = correlate(test.latents[:, [LATENT]], truth).item()
neuron_correlation = correlate(test.neurons[:, [NEURON]], truth).item()

# %% fold="What was found" tags=["nbval-check-output"]
print(f"found by the proxy: latent {LATENT}; best by the labels: latent {int(by_label.argmax())}")
print(f"on the test pile: latent {latent_correlation:.3f}, best neuron ({NEURON}) {neuron_correlation:.3f}")

# %% [markdown]
# **Controls.** A latent may follow base64 because it follows *anything that looks random*. So ask the same
# latent about text that resembles base64 and isn't. And ask whether any wide random code would do: as many
# random directions with a ReLU, an SAE that was never trained. It gets the labels to choose its best on the
# search pile. What an untrained latent reaches is the line below which a correlation is no finding.

# %%
CONTROLS = ["hex", "rot13", "uuid", "alphanumeric", "iban"]
ours = test.latents[:, [LATENT]]
lookalikes = {name: correlate(ours, is_type(test, name).float()).item() for name in CONTROLS}
untrained = type(sae)(sae.d_in, sae.d_sae, generator=torch.Generator().manual_seed(SEED))
untrained.b_dec.copy_(search.neurons.mean(0))
both = torch.stack([known, (score > 0).float()], dim=1)
by_chance_label, by_chance_proxy = measures.correlations(untrained.encode(search.neurons), both).T
luckiest = int(by_chance_label.argmax())
unit_by_chance = ((test.neurons - untrained.b_dec) @ untrained.W_enc[:, [luckiest]]).relu()
random_code = correlate(unit_by_chance, truth).item()
line = by_chance_proxy.max().item()  # the same for the proxy: needs no label
GROUP = [i for i in by_proxy.topk(8).indices.tolist() if by_proxy[i] > line]

# %% fold="The figure: proxy and label"
fig = figures.label_by_proxy(by_proxy, by_label)
fig.add_hline(y=random_code, line_dash="dot", annotation_text="best untrained latent")
top = by_label.topk(12).indices.tolist()
lesson.show(
    fig,
    see=f"each point is a latent. The proxy's favourite is latent {LATENT}: {by_proxy[LATENT]:.2f}, by the "
    "label "
    f"{by_label[LATENT]:.2f}; the best neuron {neuron_correlation:.2f}, the best untrained latent "
    f"{random_code:.2f}, a look-alike at most {max(lookalikes.values()):.2f}. Above what an untrained code "
    f"reaches with the proxy stand the latents {', '.join(map(str, GROUP))}. Keep them in mind.",
    alt=f"Scatter of {sae.d_sae} latents: correlation with the proxy against correlation with the label.",
    table={
        "latent": top,
        **{
            name: [round(c[i].item(), 2) for i in top]
            for name, c in (("proxy", by_proxy), ("label", by_label))
        },
    },
)

# %% [markdown]
# ## Exercise 9.3 · Two ways to be wrong
# *Difficulty 2/5 · about 8 minutes*
#
# A correlation hides how the unit errs. Call the latent *firing* when it is above a threshold $\theta$.
# Then M asks two questions:
#
# $$\text{sensitivity} = \frac{\#(\text{fires and base64})}{\#(\text{base64})} \qquad
# \text{specificity} = \frac{\#(\text{fires and base64})}{\#(\text{fires})}$$
#
# Sensitivity: of the base64, how much does it catch? Specificity: when it fires, is it base64? (Statistics
# books call these recall and precision, and mean something else by "specificity". We keep M's word.) Above
# means above: a token exactly at $\theta$ doesn't fire. Where nothing fires, specificity is 0.


# %% exercise="9.3"
def sensitivity_specificity(
    acts: Float[Tensor, "token"], in_class: Bool[Tensor, "token"], threshold: float
) -> tuple[float, float]:
    """(sensitivity, specificity) of "the unit is above the threshold" as a detector of the class."""
    ### BEGIN SOLUTION
    fires = acts > threshold
    hits = (fires & in_class).sum().item()
    return hits / max(in_class.sum().item(), 1), hits / max(fires.sum().item(), 1)
    ### END SOLUTION


# %% check="9.3"
lesson.check("9.3", sensitivity_specificity)

# %%
SHARES = [0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7]


def curve(kind: str, unit: int) -> tuple[list[float], list[float]]:
    """Sensitivities and specificities at each share of the unit's maximum on the search pile."""
    acts, largest = getattr(test, kind)[:, unit], getattr(search, kind)[:, unit].max().item()
    pairs = [lesson.use.sensitivity_specificity(acts, in_test, s * largest) for s in SHARES]
    return [float(a) for a, _ in pairs], [float(b) for _, b in pairs]


curves = {f"latent {LATENT}": curve("latents", LATENT), f"neuron {NEURON}": curve("neurons", NEURON)}
firing = curves[f"latent {LATENT}"][1][0]  # of all tokens on which it is above 0, the share in base64

# %% [markdown]
# Each threshold trades one for the other. To quote one pair of numbers, choose the threshold on the search
# pile (the one where the smaller of the two is largest) and measure on the test pile.

# %%
threshold = measures.choose_threshold(search.latents[:, LATENT], is_type(search, "base64"))
acts = test.latents[:, LATENT]
sensitivity, specificity = map(float, lesson.use.sensitivity_specificity(acts, in_test, threshold))
mass = (acts[in_test].sum() / acts.sum()).item()  # of all its activation, the share on base64

# %% fold="The figure: two ways to be wrong"
lesson.show(
    figures.specificity_by_sensitivity(curves, marked=(sensitivity, specificity)),
    see=f"at the chosen threshold the latent catches {sensitivity:.0%} of the base64, and {specificity:.0%} "
    "of its "
    f"firing is base64. The point on the far right is the threshold 0: {firing:.0%} of *all* its firing is "
    "base64.",
    alt=f"Specificity against sensitivity; the chosen point is {sensitivity:.2f}, {specificity:.2f}.",
)

# %% [markdown]
# <details>
# <summary>A latent that is wrong on so many of its firing tokens: does it deserve the name?</summary>
#
# It depends on what you count. Count tokens, and each weak activation weighs as much as the strongest. But a
# weak activation hardly changes what the model does, because the latent writes $f_i d_i$. M therefore weighs
# each token by its activation and calls the result the expected value. The next figure shows both.
#
# </details>

# %% fold="The figure: tokens and activation"
lesson.show(
    figures.mass_by_activation(acts, in_test, "base64"),
    see=f"of the tokens on which latent {LATENT} fires, {firing:.0%} are base64 (above); of its activation, "
    f"{mass:.0%} lies on base64 (below). What it does goes with its activation: the lower panel is what "
    "counts.",
    alt=f"Two histograms of activation, base64 and all else: {firing:.0%} by tokens, {mass:.0%} by "
    "activation.",
)

# %% [markdown]
# ## Where it is wrong
#
# A false alarm is a token above the threshold that isn't in a base64 document. Look at them before you call
# them errors: some come right after a base64 document, some are base64-like text in documents of another
# type. *Does it fire on whatever looks random?* Compare its rate on the look-alikes with its rate on base64.

# %% fold="The false alarms" tags=["nbval-check-output"]
fires = acts > threshold
alarms = torch.bincount(test.content_types[fires & ~in_test], minlength=len(CONTENT_TYPES))
for bad in alarms.argsort(descending=True)[:5].tolist():
    print(f"{CONTENT_TYPES[bad]:14} {alarms[bad].item():4} of {alarms.sum()} false alarms")
for looks in ("base64", *CONTROLS):
    print(f"it fires on {fires[is_type(test, looks)].float().mean():6.1%} of {looks}")

# %% [markdown]
# ## Exercise 9.4 · What a latent says
# *Difficulty 3/5 · about 10 minutes*
#
# So far you looked at the latent's input. Its output can be read off the weights. One unit of latent $i$
# adds the direction $d = W_{\text{dec},i}$ to the neurons. The MLP's output matrix carries it into the
# residual stream, the last LayerNorm multiplies by its weight $w$, and the unembedding turns it into
# logits:
#
# $$\ell \;=\; (d\, W_{\text{out}} \odot w)\, W_U, \qquad \ell \leftarrow \ell - \operatorname{median}(\ell)$$
#
# The LayerNorm does two more things. It divides by the token's own scale. That stretches all of a token's
# logits alike, so the order of the weights stays. And it takes off the mean over $d_{\text{model}}$, which
# can change the order a little. We leave both out; below, a line compares the result with and without the
# mean. The softmax ignores what is added to *every* logit; that is why the median over the vocabulary goes.


# %% exercise="9.4"
def logit_weights(
    directions: Float[Tensor, "unit d_mlp"],
    W_out: Float[Tensor, "d_mlp d_model"],
    ln_w: Float[Tensor, "d_model"],
    W_U: Float[Tensor, "d_model vocab"],
) -> Float[Tensor, "unit vocab"]:
    """What one unit of each direction adds to each logit, less its median over the vocabulary."""
    ### BEGIN SOLUTION
    weights = (directions @ W_out * ln_w) @ W_U
    return weights - weights.median(-1, keepdim=True).values
    ### END SOLUTION


# %% check="9.4"
lesson.check("9.4", logit_weights)

# %%
in_alphabet = text.tokens_in_alphabet(vocab, proxies.BASE64_ALPHABET)
print(f"{in_alphabet.float().mean():.0%} of the vocabulary is made of base64's alphabet only")

# %% [markdown]
# Ordinary words are letters too.
#
# **Predict.** Your latent fires on base64. Of the 20 tokens that it raises most, how many are made of
# base64's alphabet only?

# %% tags=["predict"]
prediction_b = None  # your answer: a number from 0 to 20

# %%
after = model.blocks[0]["mlp"]["W_out"], model.ln_final["w"], model.unembed["W_U"]
drawn = torch.randn(200, sae.d_in, generator=torch.Generator().manual_seed(SEED))
weights, neuron_weights, random_weights = (
    lesson.use.logit_weights(rows, *after) for rows in (sae.W_dec, torch.eye(sae.d_in), drawn)
)


def share_in_alphabet(w: Float[Tensor, "vocab"]) -> float:
    """Share of the 20 most raised tokens that are made of base64's alphabet."""
    return in_alphabet[w.topk(20).indices].float().mean().item()


said = share_in_alphabet(weights[LATENT])
by_chance, by_latents = (
    sum(share_in_alphabet(w) > 0.89 for w in rows) / len(rows) for rows in (random_weights, weights)
)

# %%
lesson.reveal(
    prediction_b,
    round(20 * said),
    f"{said:.0%} of its top 20 are in base64's alphabet. But the test is easy to pass. Of 200 random "
    f"directions {by_chance:.0%} reach 90%, of all latents {by_latents:.0%}, and the best neuron has "
    f"{share_in_alphabet(neuron_weights[NEURON]):.0%}. So a pass proves nothing: a harder test is needed.",
)

# %% [markdown]
# **A harder test.** Ordinary words are made of base64's alphabet too, so "in the alphabet" can't tell an
# argument for base64 from an argument for English. Your proxy can, because it has a number for each token:
# the log-likelihood ratio, how many nats the token itself speaks for base64 and against the corpus. Among the
# tokens that base64 is made of, some speak for it, and others, which every text is full of, against it. So
# ask whether the latent's logit weights *follow* that ratio, token by token, and give 511 other latents, all
# neurons and 200 random directions the same chance.

# %%
ratio = (p_base64 / p_corpus).log().float()
written = torch.bincount(made, minlength=len(vocab)) >= 20  # tokens that base64 is made of
follows = {
    name: correlate(w[:, written].T.contiguous(), ratio[written])
    for name, w in (("latents", weights), ("neurons", neuron_weights), ("random", random_weights))
}
argues = follows["latents"][LATENT].item()
rank = 1 + int((follows["latents"] > argues).sum())
random_best = follows["random"].max().item()

# %% fold="The figure: who argues for base64" tags=["nbval-check-output"]
print("raises:", *[text.token_label(t, vocab) for t in weights[LATENT].topk(12).indices.tolist()])
print(f"follows the ratio over {written.sum()} tokens by {argues:.2f}: number {rank} of {sae.d_sae} latents")
strangers = follows["latents"][[i for i in range(sae.d_sae) if i not in GROUP]].max().item()
lesson.show(
    bars(
        {
            f"latent {LATENT}": argues,
            "best latent outside the group": strangers,
            "best of all neurons": follows["neurons"].max().item(),
            "best of 200 random directions": random_best,
            "mean of the random directions": follows["random"].mean().item(),
        },
        "correlation of logit weights with the log-likelihood ratio",
    ),
    see=f"the latent {argues:.2f}, the best of 200 random directions {random_best:.2f}. What it reads and "
    "what it "
    "writes are the same thing, and nothing but training has made them so.",
    alt=f"Bars of correlations with the ratio: latent {argues:.2f}, best random direction {random_best:.2f}.",
)

# %% [markdown]
# ## Exercise 9.5 · Switch latents off
# *Difficulty 3/5 · about 10 minutes*
#
# A latent that fires on base64 and argues for base64 may still be idle: the model might do the same without
# it. So take it away. The SAE splits the activations into parts and an error,
# $x = \sum_i f_i W_{\text{dec},i} + b_{\text{dec}} + \text{error}$. To **ablate** latents $A$, remove their
# parts and nothing else:
#
# $$x' \;=\; x - \sum_{i \in A} f_i\, W_{\text{dec},i}$$
#
# Your function is used as a *hook*: the model calls it with the MLP's hidden activations, after the ReLU
# (the neurons, which the SAE was trained on), and goes on with what it returns. So it must return
# something, and must not change the tensor that it is given.


# %% exercise="9.5"
def ablate(acts: Float[Tensor, "*batch d_mlp"], sae, latents: list[int]) -> Float[Tensor, "*batch d_mlp"]:
    """The activations without these latents' parts. `sae.encode(acts)` gives f; `sae.W_dec` the rows."""
    ### BEGIN SOLUTION
    f = sae.encode(acts)
    return acts - f[..., latents] @ sae.W_dec[latents]
    ### END SOLUTION


# %% check="9.5"
lesson.check("9.5", ablate)

# %% [markdown]
# Measure the loss with and without, token by token, inside base64 documents and elsewhere. "Elsewhere" is
# the mean of the *size* of the change: a rise on one token must not hide a fall on another.
#
# **Predict.** You switch off the one latent. By how much does the loss rise inside base64?
#
# - a: by less than 0.02 nats
# - b: by 0.02 to 0.5 nats
# - c: by more than 0.5 nats

# %% tags=["predict"]
prediction_c = None  # your answer: "a", "b" or "c"

# %%
STEP = lesson.pick(smoke=1, lesson=8, full=2)  # part of every document, not all of a few
some = test.tokens[::STEP]
base64_here = in_test.view(len(test.tokens), -1)[::STEP, :-1].flatten()
normal = late(hooks.loss_with(model, some))
ROWS = sae.W_dec[GROUP]


def rise(hook: hooks.Hook) -> tuple[float, float]:
    """Mean rise of the loss in base64, mean size of its change elsewhere, in nats a token."""
    change = late(hooks.loss_with(model, some, hook)) - normal
    return change[base64_here].mean().item(), change[~base64_here].abs().mean().item()


def turned(seed: int) -> Float[Tensor, "latent d_mlp"]:
    """The group's rows, all turned by one random rotation: lengths and angles between them stay."""
    square = torch.randn(sae.d_in, sae.d_in, generator=torch.Generator().manual_seed(seed))
    return ROWS @ torch.linalg.qr(square).Q


def without_neuron(acts: Float[Tensor, "seq pos d_mlp"]) -> Float[Tensor, "seq pos d_mlp"]:
    return acts * (torch.arange(acts.shape[-1]) != NEURON)


# %%
rises = {
    f"latent {LATENT}": rise(lambda acts: lesson.use.ablate(acts, sae, [LATENT])),
    f"all {len(GROUP)} that the proxy found": rise(lambda acts: lesson.use.ablate(acts, sae, GROUP)),
    "these, their directions turned": rise(lambda acts: acts - sae.encode(acts)[..., GROUP] @ turned(SEED)),
    f"neuron {NEURON}": rise(without_neuron),
}
(risen, _), (risen_all, _), (risen_turned, elsewhere_turned), _ = rises.values()

# %%
lesson.reveal(
    prediction_c,
    "a" if risen < 0.02 else "b" if risen < 0.5 else "c",
    f"It rises by {risen:.3f} nats. With all {len(GROUP)} latents that the proxy found gone, by "
    f"{risen_all:.3f}: one latent is not the whole of what the model knows about base64.",
)

# %% fold="The figure: switched off" tags=["nbval-check-output"]
print(f"nothing switched off: {normal[base64_here].mean():.2f} nats a token inside base64")
lesson.show(
    grouped_bars(
        {name: {"in base64": a, "elsewhere (size)": b} for name, (a, b) in rises.items()},
        "change of the loss, nats a token",
    ),
    see=f"without the {len(GROUP)} latents base64 costs {risen_all:.3f} nats more. But the same "
    "activations, sent "
    f"along *random* directions, cost {risen_turned:.3f}, {risen_turned / max(elsewhere_turned, 1e-9):.0f} "
    "times "
    "what they change elsewhere. Neither the size of the rise nor its place says what the latents write.",
    alt="Bars of the change of loss in base64 and elsewhere.",
)

# %% [markdown]
# ## Pull and push
#
# Why does a random direction do harm in base64? Because the activations are large there: whatever you take
# off $f_i$ times lands where the latent fires, and the model was trained on activations without such a hole.
# That harm needs no meaning, so it must be the same when you *add* the direction in place of taking it off.
# Meaning does turn round with the sign: taking an argument for base64 away costs, while making it once more
# costs less or even helps. So measure both, and keep only what turns round. For twenty random directions that
# difference should be about 0, and how far they scatter is your yardstick.

# %%
drawings.show("pull_and_push")

# %% [markdown]
# ## Exercise 9.6 · Pull and push
# *Difficulty 3/5 · about 8 minutes*
#
# Call $L(h)$ the loss with the activations $x$ replaced by $h$, and $s(x)$ the part in question, say $s =
# \sum_{i \in A} f_i d_i$. Any change splits into an *even* part, the same for both signs, and an *odd* one,
# which changes its sign:
#
# $$L(x - s) = L(x) + E + O \qquad\qquad L(x + s) = L(x) + E - O$$
#
# Solve for $O$, and write it as code. `loss(hook)` gives the loss with the activations passed through a hook;
# `part(acts)` gives $s$. Each hook must work with the activations that *it* is given.


# %% exercise="9.6"
def odd_part(loss, part) -> float:
    """O, in nats: positive where taking the part off does more harm than adding it once more."""
    ### BEGIN SOLUTION
    off = loss(lambda acts: acts - part(acts))
    twice = loss(lambda acts: acts + part(acts))
    return (off - twice) / 2
    ### END SOLUTION


# %% check="9.6"
lesson.check("9.6", odd_part)

# %%
by_sequence = in_test.view(len(test.tokens), -1)
has_base64 = by_sequence.any(1)
where = by_sequence[has_base64, :-1].flatten()  # the last token of a sequence predicts nothing


def loss_inside(hook: hooks.Hook) -> float:
    """Mean loss in base64, over all of the test pile's, in nats a token."""
    return late(hooks.loss_with(model, test.tokens[has_base64], hook))[where].mean().item()


def odd_along(rows: Float[Tensor, "latent d_mlp"]) -> float:
    return lesson.use.odd_part(loss_inside, lambda acts: sae.encode(acts)[..., GROUP] @ rows)


odd = odd_along(ROWS)
odd_turned = torch.tensor(
    [odd_along(turned(SEED + 1 + k)) for k in lesson.progress(range(20), "random directions")]
)
odd_z = ((odd - odd_turned.mean()) / odd_turned.std()).item()

# %% fold="The figure: pull and push" tags=["nbval-check-output"]
print(f"odd part: the latents {odd:+.3f} nats; random {odd_turned.mean():+.3f} ± {odd_turned.std():.3f}")
rotations = {"largest": odd_turned.max(), "mean": odd_turned.mean(), "smallest": odd_turned.min()}
lesson.show(
    bars(
        {"the latents": odd, **{f"{name} of 20 rotations": v.item() for name, v in rotations.items()}},
        "odd part of the change of loss in base64, nats a token",
        format="+.3f",
    ),
    see=f"the latents' own directions stand {odd_z:.1f} standard deviations above the mean of twenty random "
    "rotations of them. That is what ablation says about the *direction*.",
    alt=f"Bars of the odd part: the latents {odd:+.3f}, random rotations up to {odd_turned.max():+.3f}.",
)

# %% [markdown]
# <details>
# <summary>Why all the latents that the proxy found, and not the one?</summary>
#
# Because a model at the bottom of its training has little to gain from *more* of any one latent: to first
# order the loss doesn't care about one latent's strength, and the odd part of a single one of several that
# share a concept can vanish. Taken together they can't be spared. Try it in your own experiment below: put
# `[LATENT]` for `GROUP`.
#
# </details>

# %% [markdown]
# ## Exercise 9.7 · Hold a latent on
# *Difficulty 3/5 · about 8 minutes*
#
# Now the other way. **Pin** latent $i$ at a value $v$, at every token, whatever the text is:
#
# $$x' \;=\; x + (v - f_i)\, W_{\text{dec},i}$$


# %% exercise="9.7"
def pin(acts: Float[Tensor, "*batch d_mlp"], sae, latent: int, value: float) -> Float[Tensor, "*batch d_mlp"]:
    """The activations with one latent held at `value`."""
    ### BEGIN SOLUTION
    f = sae.encode(acts)[..., latent]
    return acts + (value - f)[..., None] * sae.W_dec[latent]
    ### END SOLUTION


# %% check="9.7"
lesson.check("9.7", pin)

# %% [markdown]
# ## Exercise 9.8 · Is there base64 in this sample?
# *Difficulty 2/5 · about 8 minutes*
#
# To count samples you need a rule that a person would accept. Ours: a **run** is an unbroken stretch of the
# characters A–Z, a–z, 0–9, `+` and `/`. A text holds base64 if one of its runs, from where it starts to
# where it ends, has at least `least` characters, among them a capital, a small letter and a digit. Long
# words have no digits, hex has one case.


# %% exercise="9.8"
def has_base64_run(text: str, least: int = 24) -> bool:
    """Whether a run of base64's alphabet in `text` is at least `least` long, with both cases and a digit."""
    ### BEGIN SOLUTION
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    runs = "".join(c if c in allowed else " " for c in text).split()
    tests = (str.isupper, str.islower, str.isdigit)
    return any(len(run) >= least and all(any(map(t, run)) for t in tests) for run in runs)
    ### END SOLUTION


# %% check="9.8"
lesson.check("9.8", has_base64_run)

# %% [markdown]
# ## Make it write base64
#
# The prompt is neutral: `1,2,3,4,5,6,7,8`. Sample its continuation many times, with the latent pinned at the
# largest value that it took on the search pile. The controls: no pin; twenty *other latents*, drawn at random
# and pinned at the same value (every row of the decoder has length 1, so the push is as long); twenty random
# directions of that length; the best neuron held at *its* maximum. The other latents are the fairer rival,
# because a random direction pushes neurons below 0, where their ReLU never lets them be. And a milder pin:
# the latent's mean on base64.
#
# **Predict.** In what share of the pinned samples does a base64 run appear?

# %% tags=["predict"]
prediction_d = None  # your answer: a share from 0 to 1

# %%
PROMPT = torch.tensor([tokenizer.token_to_id(SEPARATOR), *tokenizer.encode("1,2,3,4,5,6,7,8").ids])
SAMPLES = lesson.pick(smoke=20, lesson=100, full=400)
largest = search.latents[:, LATENT].max().item()
generator = torch.Generator().manual_seed(SEED)
OTHERS = [i for i in torch.randperm(sae.d_sae, generator=generator).tolist() if i not in GROUP][:20]
pushes = F.normalize(torch.randn(20, sae.d_in, generator=generator), dim=1) * largest


def runs(hook: hooks.Hook | None = None) -> tuple[list[bool], list[str]]:
    """For each sample whether it holds a base64 run, and the samples."""
    drawn = hooks.sample(model, PROMPT, SAMPLES, model.cfg.n_ctx - len(PROMPT), generator, hook)
    texts = [tokenizer.decode(row) for row in drawn.tolist()]
    return [bool(lesson.use.has_base64_run(sampled)) for sampled in texts], texts


# %%
def held(value: float) -> hooks.Hook:
    return lambda acts: lesson.use.pin(acts, sae, LATENT, value)


def one_each(acts: Float[Tensor, "seq pos d_mlp"]) -> Float[Tensor, "seq pos d_mlp"]:
    """Each of the other latents, held at the same value in a twentieth of the samples."""
    parts = zip(acts.chunk(20), OTHERS, strict=True)
    return torch.cat([lesson.use.pin(part, sae, i, largest) for part, i in parts])


def neuron_held(acts: Float[Tensor, "seq pos d_mlp"]) -> Float[Tensor, "seq pos d_mlp"]:
    return acts.where(torch.arange(acts.shape[-1]) != NEURON, search.neurons[:, NEURON].max())


# %%
pushed = lambda acts: acts + pushes.repeat_interleave(len(acts) // 20, 0)[:, None]  # noqa: E731
plain, plain_texts = runs()
at_maximum, pinned_texts = runs(held(largest))
by_others, by_random = runs(one_each)[0], runs(pushed)[0]
by_neuron, _ = runs(neuron_held)
pinned, neuron_share, others_share, random_share, unpinned = (
    sum(found) / len(found) for found in (at_maximum, by_neuron, by_others, by_random, plain)
)

# %%
lesson.reveal(prediction_d, round(pinned, 2), f"Pinned {pinned:.0%} of the samples, unpinned {unpinned:.0%}.")

# %% fold="The figure: held on" tags=["volatile"]
print(*(f"pinned: {text.visible(sampled)}" for sampled in pinned_texts[:2]), sep="\n")
print(*(f"no pin: {text.visible(sampled)}" for sampled in plain_texts[:2]), sep="\n")
lesson.show(
    bars(
        {
            f"latent {LATENT} at its maximum": pinned,
            f"neuron {NEURON} at its maximum": neuron_share,
            "20 other latents, at the same value": others_share,
            "20 random directions, as long": random_share,
            "no pin": unpinned,
        },
        "share of samples with a base64 run",
    ),
    see=f"without a pin {unpinned:.0%} of the samples hold base64, with it {pinned:.0%}; twenty other "
    "latents, "
    f"pushed as far, {others_share:.1%}. So it is this latent's direction that counts.",
    alt=f"Bars: pinned {pinned:.2f}, other latents {others_share:.3f}, no pin {unpinned:.2f}.",
)

# %% [markdown]
# ## The latent's page
#
# M shows each feature on a page; this is yours. Read it from the top down: do the weak examples still fit
# the name that you gave it? A name that only fits the top examples describes their top, not the latent. The
# examples come from a third pile of text, in which nothing was chosen.

# %%
fresh = data.load(
    "held_out", lesson.pick(smoke=20_000, lesson=80_000, full=500_000), tokenizer, seed=3000 + SEED
)
browser = Browser(model, sae, tokenizer, fresh)
browser.page(LATENT)

# %% [markdown]
# **What to see:** the darker the token, the stronger the latent. Half characters and invisible ones are
# shown by number, and nothing in the text is read as markup: a corpus can hold anything. The nearest
# neuron's correlation says how much of this latent you could have seen in the neurons.

# %% [markdown]
# ## Every content type
#
# One latent could be luck. So do the same for each content type: choose the best latent and the best neuron
# on the search pile, measure both on the test pile. (There are more latents than neurons to choose from.
# That is why the choice and the measurement are on different text.)


# %%
def of_types(pile: Pile) -> Float[Tensor, "token type"]:
    return F.one_hot(pile.content_types, len(CONTENT_TYPES)).float()


targets = of_types(search), of_types(test)
best_latent = measures.best_matches((search.latents, test.latents), targets)
best_neuron = measures.best_matches((search.neurons, test.neurons), targets)
beating = (best_latent.correlation > best_neuron.correlation).float().mean().item()
types_gain = (best_latent.correlation - best_neuron.correlation).mean().item()

# %% fold="The figure: every type" tags=["nbval-check-output"]
for kind_of_text in ["base64", "dna", "hex", "hebrew", "arabic", "legal", "http"]:
    k = CONTENT_TYPES.index(kind_of_text)
    latent_part = f"latent {int(best_latent.unit[k]):3} {best_latent.correlation[k]:.2f}"
    print(
        f"{kind_of_text:8} {latent_part}   neuron {int(best_neuron.unit[k]):3} "
        f"{best_neuron.correlation[k]:.2f}"
    )
NAMED = ["base64", "dna", "legal", "http", "hebrew", "arabic", "hex", "python", "english"]
lesson.show(
    figures.latent_by_neuron(best_latent.correlation, best_neuron.correlation, CONTENT_TYPES, NAMED),
    see=f"above the dotted line the best latent is better than the best neuron: {beating:.0%} of the types. "
    "On "
    f"average over the types a latent's correlation is higher by {types_gain:.2f} (medians "
    f"{best_latent.correlation.median():.2f} and {best_neuron.correlation.median():.2f}).",
    alt=f"Content types, best neuron against best latent; {beating:.0%} lie above the diagonal.",
)

# %% [markdown]
# The types differ, and the lowest correlations need not be the SAE's fault. Look at what you asked: "is this
# token in a legal document?" Most words of a licence are ordinary English, and the model has no reason to
# treat them differently. The *document* is the wrong question there. Ask for what is special in it: a passage
# in capitals, the protocol's version, a header's name. And, for a piece of code, a name with underscores.

# %% fold="Phrases" tags=["nbval-check-output"]
PHRASES = {
    "passages in capitals": ("legal", r"[A-Z]{2,}( [A-Z]{2,}){2,}"),
    "HTTP/1.0 or HTTP/1.1": ("http", r"HTTP/1\.[01]"),
    "HTTP header names": ("http", r"\n(Accept|Cache|Connection|Content|Host)[\w-]*: "),
    "_names_with_underscores": ("snake_case", r"\w*[a-z]_[a-z]\w*"),
}
masks = [
    torch.stack([late(text.phrase_mask(pile.tokens, vocab, p)) for _, p in PHRASES.values()], 1).float()
    for pile in (search, test)
]
of_latent = measures.best_matches((search.latents, test.latents), masks).correlation
of_neuron = measures.best_matches((search.neurons, test.neurons), masks).correlation
for column, (phrase, (content_type, _)) in enumerate(PHRASES.items()):
    of_type = best_latent.correlation[CONTENT_TYPES.index(content_type)]
    ours_and_neuron = f"latent {of_latent[column]:.2f}, neuron {of_neuron[column]:.2f}"
    print(f"{phrase:24} {ours_and_neuron} (latent for all of {content_type}: {of_type:.2f})")

# %% [markdown]
# Compare each phrase with the type that it comes from. Where the phrase does better, the smaller question was
# nearer to what the model keeps track of. Better need not be good: look at the size of the numbers, too. And
# where a number stays low, think about what the model needs. A latent for a phrase is of use to it where the
# phrase tells it what comes next for several tokens on end, as base64 does.

# %% [markdown]
# ## Do latents mix less than neurons?
#
# In lesson 07 most neurons were mixed: types of two families or more among their strongest tokens. Random
# directions were mixed as often, so that measure said nothing. It also looked at the top 1 % of tokens only.
# Here is one that looks at every activation: take a unit's mean activation in each family of types, scale
# these to sum to 1, and call $1 / \sum_k p_k^2$ the number of families that it *serves*. A unit for one
# family alone gets 1, one that treats ten alike gets 10. Latents will come out far below neurons. But a
# latent also fires far more seldom, and whatever fires on 1 % of tokens can serve only so many families. So
# there is a rival that fires as seldom: random directions, each cut off so that it fires as often as one of
# the latents.

# %%
family = torch.tensor([sorted(set(FAMILIES.values())).index(FAMILIES[name]) for name in CONTENT_TYPES])
directions = F.normalize(torch.randn(sae.d_in, sae.d_sae, generator=generator), dim=0)
often = (search.latents > 0).float().mean(0)
sample = (search.neurons[::32] @ directions).sort(0, descending=True).values
cuts = sample.gather(0, (often * (len(sample) - 1)).round().long()[None])[0]
cut_random = [(pile.neurons[::2] @ directions - cuts).relu() for pile in (search, test)]
units = {
    "latents": test.latents[::4],
    "random, cut to fire as often": cut_random[1][::2],
    "neurons": test.neurons[::4],
    "random directions": (test.neurons[::4] @ directions[:, : sae.d_in]).relu(),
}
served = {
    name: measures.groups_served(acts, family[test.content_types[::4]]).nan_to_num(0)
    for name, acts in units.items()
}
middle = {name: values.median().item() for name, values in served.items()}
best_random = measures.best_matches(cut_random, [target[::2] for target in targets])
beating_random = (best_latent.correlation > best_random.correlation).float().mean().item()

# %% fold="The figure: neurons and latents meet"
counts = [1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30]
lesson.show(
    lines(
        counts,
        {name: [(values <= k).float().mean().item() for k in counts] for name, values in served.items()},
        x_title="families served",
        y_title="share of units that serve at most so many",
        log="x",
    ),
    see=f"the median latent serves {middle['latents']:.1f} families, the median neuron "
    f"{middle['neurons']:.1f}; but "
    f"random directions that fire as seldom serve {middle['random, cut to fire as often']:.1f}. Most of the "
    "difference is bought by firing seldom. What training adds is *which* tokens a unit is narrow about: for "
    f"{beating_random:.0%} of the types the best latent follows the type better than the best cut direction.",
    alt="Cumulative shares of latents, neurons and random directions, by the families that they serve.",
)

# %% [markdown]
# ## One name, several latents
#
# The proxy found more than one latent above the line. Do they say the same thing twice, or do they share
# base64 among them? M's main SAE (A/1) has three base64 features: for letters, for digits, and for base64 of
# English text, and calls such a family of latents *feature splitting*: more latents, finer meanings. Look at
# the tokens of base64 by what they are made of, and at how often each latent of the group fires on them.

# %%
kinds = {"capitals": r"[A-Z]+", "small letters": r"[a-z]+", "digits": r"[0-9]+"}
tokens_late = late(test.tokens)
made_of = {
    kind: torch.tensor([bool(re.fullmatch(pattern, t.decode("latin-1"))) for t in vocab])[tokens_late]
    for kind, pattern in kinds.items()
}
splitting = {
    f"latent {i}": {
        kind: (test.latents[in_test & mask, i] > 0).float().mean().nan_to_num(0).item()
        for kind, mask in made_of.items()
    }
    for i in GROUP
}
reads, writes = (F.normalize(W[GROUP], dim=1) for W in (sae.W_enc.T, sae.W_dec))
read_alike, write_alike = (W @ W[0] for W in (reads, writes))

# %% fold="The figure: who fires on which part of base64"
uneven = max(max(row.values()) - min(row.values()) for row in splitting.values())
lesson.show(
    grouped_bars(splitting, "share of base64's tokens of this kind on which the latent fires"),
    see=f"the most uneven of them fires on {uneven:.0%} more of one kind than of another. Cosines with "
    "latent "
    f"{LATENT}, "
    f"writing: {', '.join(f'{v:.2f}' for v in write_alike[1:].tolist())}; reading: "
    f"{', '.join(f'{v:.2f}' for v in read_alike[1:].tolist())}. Lesson 10 asks what that does to the word "
    "*feature*.",
    alt="Bars: for each latent that the proxy found, the share of each kind of token on which it fires.",
)

# %% [markdown]
# ## Play
#
# Every latent has a page. Look through them: search for a content type or a token, sort, give a second
# latent to compare. Type your own text and see which tokens it lights. Try base64 of your name, then change
# one character to a space; a UUID; Hebrew; a password. (`course pages` writes this as one file for a
# browser, with the transformer in it.)

# %% play
widget(browser, LATENT)

# %% [markdown]
# The same without widgets: change an argument and run the cell again. `browser.page(number)` gives any
# latent's page, `browser.compare(a, b)` two side by side, `browser.lit(text, a, b)` your text.

# %%
browser.table(search="base64", sort="match with its content type", count=5)

# %% [markdown]
# And your text by the latent and by the best neuron:

# %%
MY_TEXT = "api_key = 'c2VjcmV0IHN0dWZmIGhlcmU5OTk', uuid 123e4567-e89b-42d3"
light(MY_TEXT, LATENT, NEURON)

# %% [markdown]
# ## How far to trust this
#
# Two checks that can embarrass a latent. First: if all you want is a base64 detector, and you *have* labels,
# a linear **probe** on the neurons is the natural tool: a logistic regression, which weighs all 128 neurons
# at once. Is the latent, found without labels, as good? Besides the correlation we give the **AUROC**: how
# often a random base64 token scores above a random other one. It looks at the order only; 0.5 is chance.
#
# Second: how much of the result is the *transformer's* doing? M's own control: shuffle each of its weight
# matrices, so that it has learnt nothing; train an SAE on that; search it the same way. Beside it stands its
# **twin**, an SAE on the real transformer with the same configuration, seed and number of activations, so
# that nothing but the transformer differs. (Both are trained on the search pile and see fewer activations
# than the shipped SAE did.)

# %%
trained_probe = probe.fit_probe(search.neurons[::4], is_type(search, "base64")[::4])
said_by_probe = trained_probe.says(test.neurons)
probe_correlation = correlate(said_by_probe[:, None], truth).item()
test_stories = [proxies.unigram_log_probs(p, test.tokens) for p in (p_base64, p_corpus)]
test_score = late(lesson.use.log_likelihood_ratio(*test_stories, WINDOW))
proxy_correlation = correlate((test_score > 0).float()[:, None], truth).item()

# %%
shuffled = Transformer(model.cfg)
for new, learnt in zip(shuffled.parameters(), model.parameters(), strict=True):
    order = torch.randperm(learnt.numel(), generator=generator)
    new.copy_(learnt.flatten()[order].view_as(learnt))
shuffled_neurons = [hooks.activations(shuffled, pile.tokens, FIRST) for pile in (search, test)]
real_neurons = search.neurons, test.neurons


# %%
def best_of_new(neurons: tuple[Tensor, Tensor] | list[Tensor], latents: int, name: str) -> measures.BestMatch:
    """Train an SAE on the search pile's neurons; each content type's best latent."""
    n = lesson.pick(smoke=10_000, lesson=75_000, full=4_000_000)
    config = standard(sae.d_in, latents, n, 2.0, lr=1e-2, train_batch_size_tokens=256, seed=SEED)
    new = train(neurons[0], config, progress=lambda steps: lesson.progress(steps, name)).sae
    return measures.best_matches([new.encode(x[::4]) for x in neurons], [t[::4] for t in targets])


control = best_of_new(shuffled_neurons, sae.d_sae, "SAE of the shuffled model")
twin = best_of_new(real_neurons, sae.d_sae, "its twin on the real model")
b64 = CONTENT_TYPES.index("base64")
gap = (twin.correlation[b64] - control.correlation[b64]).item()

# %% fold="The figure: who follows base64" tags=["nbval-check-output"]
probe_area, latent_area = measures.auroc(said_by_probe, in_test), measures.auroc(acts, in_test)
print(f"AUROC: probe {probe_area:.3f}, latent {latent_area:.3f}")
lesson.show(
    bars(
        {
            "logistic probe on the neurons (with labels)": probe_correlation,
            f"latent {LATENT} (without)": latent_correlation,
            "best latent of the twin": twin.correlation[b64].item(),
            "the proxy (tokens alone)": proxy_correlation,
            f"best neuron {NEURON}": neuron_correlation,
            "best untrained latent": random_code,
            "best latent, shuffled transformer": control.correlation[b64].item(),
        },
        "correlation with base64, test pile",
    ),
    see=f"with labels the probe wins: {probe_correlation:.2f} against {latent_correlation:.2f}. An SAE of a "
    f"transformer that learnt nothing has no base64 latent ({control.correlation[b64]:.2f}; its twin "
    f"{twin.correlation[b64]:.2f}).",
    alt="Bars of correlation with base64: probe, latent, twin, proxy, neuron, untrained latent, shuffled "
    "model.",
)

# %% [markdown]
# Hold two sentences together here, because either alone misleads. The latent is *worse* than a probe: a
# logistic regression on the same 128 neurons uses the labels and finds a direction that no penalty on
# sparsity has bent. And yet the latent is the more surprising of the two, since nothing told it about base64:
# it is one of hundreds of directions that explain the activations sparsely, and it came out close to the
# class that people have a name for. Where you know what you look for and can label it, train a probe. A
# dictionary earns its keep where you don't know yet what there is to look for.
#
# <details>
# <summary>M's shuffled transformer scored *higher* in one test. How can that be?</summary>
#
# M reports that features of its randomised transformer got the higher *median* score in automated
# interpretability. They fire on single tokens, and a single token is easy to describe. So a high score for
# "easy to explain" doesn't show that training has made anything. Which of today's tests would a latent pass
# that fires on the token `IG` and nothing else?
#
# </details>

# %% fold="The median type"
print(f"median type: twin {twin.correlation.median():.2f}, shuffled {control.correlation.median():.2f}")

# %% [markdown]
# ## Your experiment · Another name, another control
#
# Change one thing, say first what you expect, and put a control beside it. Some ideas: hex or DNA in place of
# base64 (a proxy of your own; which look-alike fools it?); `[LATENT]` in place of `GROUP` in the odd part;
# the pin at half the value, or a pin of the latent that follows base64 second best; `choose_threshold` for
# two latents that fire together. Then two or three sentences: what you expected, what came out in numbers,
# and what that does *not* show.

# %% experiment="code"
### BEGIN SOLUTION
half, control_half = (
    sum(runs(lambda acts, i=i: lesson.use.pin(acts, sae, i, largest / 2))[0]) / SAMPLES
    for i in (LATENT, OTHERS[0])
)
print(f"at half its maximum {half:.2f}; another latent at the same value {control_half:.2f}")
### END SOLUTION

# %% [markdown] experiment="answer"
# I expected half the pin to give about half of the samples that the whole pin gives, and another latent at
# the same value next to none. The cell above prints both. Half the pin gives fewer than half of them: so what
# the model writes isn't linear in the latent, because a run of 24 characters needs the latent to win at every
# token. This doesn't show that text ever holds the latent at half its maximum for 48 tokens on end; natural
# base64 may well be written at lower values.

# %% [markdown]
# ## Claims

# %% fold="The claims" tags=["nbval-check-output"]
lesson.claim("base64.correlation", latent_correlation, at_least=0.8, paper=".38 with a proxy (base64)")
lesson.claim("base64.best_neuron", neuron_correlation, at_most=0.65, paper=".18 with the latent")
lesson.claim("base64.sensitivity", sensitivity, at_least=0.8)
lesson.claim("base64.specificity", specificity, at_least=0.8, paper="high where the feature is strong")
lesson.claim("base64.logits_over_random", argues - random_best, at_least=0.1)
lesson.claim("base64.logits_rank", rank, at_most=3)
lesson.claim("base64.odd_part_z", odd_z, at_least=3)
lesson.claim("base64.pinned_share", pinned, at_least=0.5, paper="pinned, it samples base64")
lesson.claim("base64.other_latents_share", others_share, at_most=0.12)
lesson.claim("base64.types_gain_over_neurons", types_gain, at_least=0.1)
lesson.claim("base64.types_beating_cut_random", beating_random, at_least=0.85)
lesson.claim("base64.probe_minus_latent", probe_correlation - latent_correlation, at_least=0.03)
lesson.claim("base64.twin_minus_shuffled", gap, at_least=0.4, paper="randomised: single tokens")

# %% [markdown]
# ## Where we differ from the paper
#
# - **Size.** M's transformer has 512 MLP neurons and read The Pile; ours has 128 and read a corpus made
#   from what an install already holds. M's SAE saw 8 billion activations, and its main one, A/1, has 4096
#   latents; ours saw a few million and has 512.
# - **Labels.** Every document of ours carries its type, so we can check each proxy. M could not, and doubts
#   it at length: its base64 feature correlates with the proxy by .38, "mostly because the proxy is too
#   broad". Its best neuron correlates with the feature by .18, and the same feature in a second transformer
#   by .85.
# - **Proxy.** M takes the largest ratio over all prefixes, with characters of probability 1/64 each. Ours
#   adds up tokens in a window of 16.
# - **Specificity.** M measures it with the proxy; we with the known type. So a token of base64-like text in
#   another document counts against us.
# - **Logit weights.** M also takes off the mean over $d_{\text{model}}$; we don't. The correlation with the
#   ratio is ours.
# - **Ablation.** M subtracts the latent's part and compares tokens. The odd part, and the group, are ours.
# - **Look-alikes.** Protein sequences and product keys are not in the corpus: their text looks like base64.
#   That makes a high specificity easier here than in text from the web.
# - **Context.** Ours is 64 tokens, and many sequences change document on the way. A latent that needs a few
#   tokens to make up its mind pays for that in sensitivity.
# - **One transformer, and a chosen one.** The numbers above are of one trained transformer and one SAE. Of
#   three transformers we ship the one in which base64 is shared least, and λ with the same in view:
#   `assets/make.py` has both choices. `course sweep 09`
#   trains SAEs with other seeds; a transformer of another seed shares base64 among its latents in another
#   way.
#
# And what has been found since. The shuffled transformer is M's own control (its footnote 28 and the appendix
# "Randomized Transformer"), and a later paper made it a warning: SAEs trained on *randomised* transformers
# score much like the real ones on some measures ([arXiv 2501.17727](https://arxiv.org/abs/2501.17727)). In
# March 2025 DeepMind's team gave SAEs a lower priority, after linear probes had won on a task with labels:
# you saw why. And two SAEs that differ in nothing but the seed share only part of their latents ([arXiv
# 2501.16615](https://arxiv.org/abs/2501.16615)): a latent that you find once is a finding about one
# dictionary.
#
# ## Discussion
#
# 1. *Features as causal units.* The reading notes say of M that its features are "extracted from activations,
#    not necessarily causal". You ablated and pinned one, so that is half right: being extracted doesn't make
#    it a cause, but an intervention can test it, and M did. What do your experiments show about cause, and
#    what don't they? (For: the odd part and the pins beat directions that were not trained. Against: pinning
#    at the maximum everywhere puts the model where text never puts it. Lesson 13 asks the same of a model
#    that nobody here trained.)
# 2. *Features, not neurons, as atoms?* Your latent beats the best neuron, and a probe beats your latent. And
#    a good part of a latent's narrowness comes with firing seldom. Is the dictionary's direction the unit
#    that the model uses, or one good description of many? What would tell them apart? (Lesson 07 asked first;
#    lesson 10 tests it.)
# 3. *Automation as a scaffold.* Your proxy was written by hand, and you saw which other types it scores
#    high. If a language model writes the next thousand proxies, who notices what they let through?
# 4. *What is lost?* Ablation left the SAE's error term in the model. Suppose that what you were after lives
#    in the error. Which of this lesson's measurements would have told you?
#
# ## What you can now say
#
# - A name for a latent is three claims: what it reads, what it writes, and whether the model uses it. I
#   tested each, and each against something that was not trained.
# - I found the latent from a hypothesis about text, with no label, and the labels agreed.
# - A ratio of losses, or a top-20 list, can look splendid for a random direction; the odd part and a
#   correlation over the whole vocabulary can't.
# - With labels a logistic probe beats the latent; the latent's merit is that it came unasked.
# - Narrow isn't meaningful: random directions that fire as seldom are nearly as narrow.
# - One concept may sit in several latents, which write alike and read apart.
#
# ### Three readings
#
# 1. [The base64 feature](https://transformer-circuits.pub/2023/monosemantic-features#feature-base64), M.
#    Compare its three base64 features with your group. 15 minutes.
# 2. [Sparse autoencoders can interpret randomly initialized transformers](https://arxiv.org/abs/2501.17727),
#    abstract, introduction and figures: your shuffled control, pushed as far as it goes. 20 minutes.
# 3. [Are sparse autoencoders useful?](https://arxiv.org/abs/2502.16681), introduction and the table of tasks:
#    your probe, on over a hundred of them. 25 minutes.
#
# The kit's modules behind this lesson, in reading order: [the map](../docs/map.md).

# %%
lesson.summary()
