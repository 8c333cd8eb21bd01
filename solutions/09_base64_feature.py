# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# course:
#   number: "09"
#   title: The Base64 feature
#   minutes: 75
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
# - **Time:** about 75 minutes; the cells themselves run in one to two.
# - **Needs:** lessons 07 (the transformer) and 08 (the SAE). Both are shipped, so you can start here.
# - **Rebuilds:** *Towards Monosemanticity* (M), the detailed investigations of the
#   [Arabic](https://transformer-circuits.pub/2023/monosemantic-features#feature-arabic) and
#   [base64](https://transformer-circuits.pub/2023/monosemantic-features#feature-base64) features, and the
#   comparison of features with neurons.
#
# **Words.** A *neuron* is one of the MLP's hidden units. A *latent* is one unit of the SAE: a direction
# $W_{\text{dec},i}$ in the space of neurons and an activation $f_i \ge 0$. A *feature* is the concept
# itself, which a latent may or may not catch.

# %% tags=["parameters"]
SCALE = "lesson"
SEED = 0

# %%
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

import course_utils
from course_utils import assets
from course_utils.figures import bars, grouped_bars
from course_utils.figures import interp as figures
from course_utils.interp import dashboard, measures, proxies, text
from course_utils.lm import baselines, data, hooks
from course_utils.lm.corpus import CONTENT_TYPES
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
N_BYTES = lesson.pick(smoke=40_000, lesson=700_000, full=1_500_000)
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


def light(string: str, units: dict[str, tuple[str, int]]) -> dashboard.Page:
    """The text once a unit, lit by it. A unit is ("latents" or "neurons", its index)."""
    ids = [tokenizer.token_to_id(SEPARATOR), *tokenizer.encode(string).ids]
    if len(ids) > model.cfg.n_ctx:
        print(f"the model reads {model.cfg.n_ctx} tokens: the last {len(ids) - model.cfg.n_ctx} are cut off")
    tokens = torch.tensor(ids[: model.cfg.n_ctx])
    neurons = hooks.activations(model, tokens[None])
    acts = {"neurons": neurons, "latents": sae.encode(neurons)}
    rows = {name: (acts[k][:, i], getattr(test, k)[:, i].max().item()) for name, (k, i) in units.items()}
    return dashboard.lit_rows(tokens, vocab, rows)


known = is_type(search, "base64").float()
best = {
    kind: int(measures.correlation(getattr(search, kind), known).argmax()) for kind in ("latents", "neurons")
}
light(OPENING, {"one latent": ("latents", best["latents"]), "best neuron": ("neurons", best["neurons"])})

# %% [markdown]
# **What to see:** the darker a token, the nearer the unit is to its own maximum. The latent lights the
# base64 and little else. The neuron lights it too, and much besides. (Here every token is lit. From the
# next cell on the first four of a sequence don't count: with so little before them, they say little.)

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

# %% tags=["nbval-check-output"]
groups = {name: score[is_type(search, name)] for name in CONTENT_TYPES}  # labels, to judge the score
means = {name: group.mean().item() for name, group in groups.items() if len(group)}
for type_name in sorted(means, key=means.get, reverse=True)[:6]:
    share_above = (groups[type_name] > 0).float().mean()
    print(f"{type_name:14} mean {means[type_name]:+6.1f} nats, above 0 on {share_above:.0%} of its tokens")

# %%
options = {"a": "hex", "b": "alphanumeric", "c": "rot13"}
found = {name: means[name] for name in ("base64", *options.values()) if name in means}
lesson.reveal(
    prediction_a,
    max(options, key=lambda letter: means.get(options[letter], -torch.inf)),
    f"Nats: {', '.join(f'{name} {mean:+.1f}' for name, mean in found.items())}. The score looks at "
    "tokens one by one, so text cut into the same short tokens comes nearest. A proxy is a rough map, not "
    "the truth.",
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

# %% tags=["nbval-check-output"]
correlate = lesson.use.correlation
by_proxy = correlate(search.latents, (score > 0).float())
by_label = correlate(search.latents, known)
LATENT, NEURON = int(by_proxy.argmax()), int(correlate(search.neurons, known).argmax())
truth = is_type(test, "base64").float()
latent_correlation = correlate(test.latents[:, [LATENT]], truth).item()
neuron_correlation = correlate(test.neurons[:, [NEURON]], truth).item()
print(f"found by the proxy: latent {LATENT}; best by the labels: latent {int(by_label.argmax())}")
print(
    f"on the test pile: latent {LATENT} {latent_correlation:.3f}, best neuron {NEURON} "
    f"{neuron_correlation:.3f}"
)

# %% [markdown]
# **Controls.** A latent may follow base64 because it follows *anything that looks random*. So ask the same
# latent about text that resembles base64 and isn't. And ask whether any wide random code would do: as many
# random directions with a ReLU, an SAE that was never trained. It gets the labels to choose its best on the
# search pile.

# %% tags=["nbval-check-output"]
CONTROLS = ["hex", "rot13", "uuid", "alphanumeric", "iban"]
ours = test.latents[:, [LATENT]]
lookalikes = {name: correlate(ours, is_type(test, name).float()).item() for name in CONTROLS}
for lookalike, value in lookalikes.items():
    print(f"latent {LATENT} and {lookalike:13} {value:+.2f}")
untrained = type(sae)(sae.d_in, sae.d_sae, generator=torch.Generator().manual_seed(SEED))
untrained.b_dec.copy_(search.neurons.mean(0))
codes = untrained.encode(search.neurons), untrained.encode(test.neurons)
random_code = measures.best_matches(codes, (known[:, None], truth[:, None])).correlation.item()
print(f"best of {sae.d_sae} untrained latents and base64: {random_code:.2f}")

# %%
others = int((by_label > random_code).sum()) - int(by_label[LATENT] > random_code)
SECOND = next(i for i in by_label.topk(2).indices.tolist() if i != LATENT)
alike = torch.nn.functional.cosine_similarity(sae.W_dec[SECOND], sae.W_dec[LATENT], dim=0).item()
fig = figures.label_by_proxy(by_proxy, by_label)
fig.add_hline(y=random_code, line_dash="dot", annotation_text="best untrained latent")
lesson.show(
    fig,
    see="each point is a latent. The score has never seen a label, and yet it and the label have the same "
    f"favourite: latent {LATENT}, at {by_proxy[LATENT]:.2f} and {by_label[LATENT]:.2f}. The dotted line is "
    f"the control. The best of {sae.d_sae} random directions gets {random_code:.2f} with no training at all. "
    f"So a correlation below the line is no finding. The best neuron has {neuron_correlation:.2f}. "
    f"Above the line stand latent {LATENT} and {others} more. After latent {LATENT}, latent {SECOND} follows "
    f"the label best, at {by_label[SECOND]:.2f}. The cosine of their decoder rows is {alike:+.2f}"
    f"{': the two write nearly the same' if alike > 0.7 else ''}. Of the "
    f"look-alikes none comes near: latent {LATENT} correlates with them by at most "
    f"{max(lookalikes.values()):.2f}.",
    alt=f"Scatter of {sae.d_sae} latents: correlation with the proxy against correlation with the label. "
    f"Most lie near 0 on both; latent {LATENT} is at {by_proxy[LATENT]:.2f} and {by_label[LATENT]:.2f}; "
    f"a dotted line at {random_code:.2f} marks the control.",
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

# %% tags=["nbval-check-output"]
SHARES = [0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7]
in_test = is_type(test, "base64")


def curve(kind: str, unit: int) -> tuple[list[float], list[float]]:
    """Sensitivities and specificities at each share of the unit's maximum on the search pile."""
    acts, largest = getattr(test, kind)[:, unit], getattr(search, kind)[:, unit].max().item()
    pairs = [lesson.use.sensitivity_specificity(acts, in_test, s * largest) for s in SHARES]
    return [float(a) for a, _ in pairs], [float(b) for _, b in pairs]


curves = {f"latent {LATENT}": curve("latents", LATENT), f"neuron {NEURON}": curve("neurons", NEURON)}
print("threshold    " + "".join(f"{name:>36}" for name in curves))
for i, part in enumerate(SHARES):
    cells = [f"sensitivity {a[i]:.2f}  specificity {b[i]:.2f}" for a, b in curves.values()]
    print(f"{part:4.0%} of max  " + "".join(f"{cell:>36}" for cell in cells))

# %% [markdown]
# Each threshold trades one for the other. To quote one pair of numbers, choose the threshold on the search
# pile (the one where the smaller of the two is largest) and measure on the test pile.

# %%
threshold = measures.choose_threshold(search.latents[:, LATENT], is_type(search, "base64"))
sensitivity, specificity = map(
    float, lesson.use.sensitivity_specificity(test.latents[:, LATENT], in_test, threshold)
)
neuron_threshold = measures.choose_threshold(search.neurons[:, NEURON], is_type(search, "base64"))
neuron_pair = lesson.use.sensitivity_specificity(test.neurons[:, NEURON], in_test, neuron_threshold)
lesson.show(
    figures.specificity_by_sensitivity(curves, marked=(sensitivity, specificity)),
    see=f"up and to the right is better. At the chosen threshold the latent catches {sensitivity:.0%} of "
    f"the base64, and {specificity:.0%} of its firing is base64. The best neuron, with its own best "
    f"threshold, has {float(neuron_pair[0]):.0%} and {float(neuron_pair[1]):.0%}.",
    alt="Specificity against sensitivity for thresholds; the latent's curve lies far above the neuron's; "
    f"chosen point {sensitivity:.2f}, {specificity:.2f}.",
)

# %% [markdown]
# ## Where it is wrong
#
# A false alarm is a token above the threshold that isn't in a base64 document. Look at them before you call
# them errors: some are base64-like text in documents of another type.

# %% tags=["nbval-check-output"]
fires = test.latents[:, LATENT] > threshold
alarms = torch.bincount(test.content_types[fires & ~in_test], minlength=len(CONTENT_TYPES))
for bad in alarms.argsort(descending=True)[:6].tolist():
    rate = fires[test.content_types == bad].float().mean()
    print(f"{CONTENT_TYPES[bad]:14} {alarms[bad].item():4} false alarms; it fires on {rate:.1%} of this type")
rates = {name: fires[is_type(test, name)].float().mean().nan_to_num(0).item() for name in CONTROLS}
most = max(rates, key=rates.get)
grid = test.tokens[:, FIRST:].shape
reach = torch.nn.functional.pad(in_test.view(grid).float(), (8, 0)).unfold(1, 9, 1).amax(-1) > 0
after_base64 = reach[(fires & ~in_test).view(grid)].float().mean().nan_to_num(0)
print(f"\n{alarms.sum()} false alarms; {after_base64:.0%} within 8 tokens after the end of a base64 document")
print(
    f"it fires on {fires[in_test].float().mean():.0%} of base64; of the look-alikes most on {most}, ", end=""
)
random_looking = sum(alarms[CONTENT_TYPES.index(name)].item() for name in CONTROLS)
print(f"{rates[most]:.1%}")
print(f"of its false alarms, {random_looking / max(alarms.sum().item(), 1):.0%} are on the look-alikes")

# %% [markdown]
# Two questions, two answers. *Does it fire on whatever looks random?* Compare its rate on the look-alikes
# with its rate on base64. *Where it errs, on what?* The last line says how much of that looks random.
#
# The strongest false alarm of each of the three types that have most, in its context. Only alarms are shaded.

# %%
alarm_acts = (test.latents[:, LATENT] * (fires & ~in_test)).view(grid)
seen = []
for alarm_type in alarms.argsort(descending=True)[:3].tolist():
    type_acts = alarm_acts * (test.content_types == alarm_type).view(grid)
    seen += dashboard.examples(
        test.tokens[:, FIRST:],
        type_acts,
        test.content_types.view(grid),
        CONTENT_TYPES,
        low=0.0,
        high=1.0,
        count=1,
    )
lines = [dashboard.lit_text(e.tokens, e.acts, vocab, alarm_acts.max().item(), e.content_type) for e in seen]
dashboard.page(
    *lines, alt=f"{len(lines)} false alarms in context, in {', '.join(e.content_type for e in seen)}."
)

# %%
shown = ["base64", *[CONTENT_TYPES[k] for k in alarms.argsort(descending=True)[:5].tolist()]]
acts = test.latents[:, LATENT]
half = acts > acts.max() / 2
pure = (half & in_test).sum().item() / half.sum().item()
weak = (acts > 0) & (acts < acts.max() / 10)
pure_weak = (weak & in_test).sum().item() / max(weak.sum().item(), 1)
lesson.show(
    figures.types_by_activation(acts, test.content_types, CONTENT_TYPES, shown),
    see=f"of the tokens above half of the maximum, {pure:.0%} are base64; of those below a tenth, "
    f"{pure_weak:.0%}. A latent's weak activations are seldom about what its strong ones are about. That "
    "is why a threshold near zero is a poor detector.",
    alt=f"Stacked shares of content types at each activation of latent {LATENT}: base64 is {pure:.0%} "
    f"above half of the maximum and {pure_weak:.0%} below a tenth.",
)

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

# %% tags=["nbval-check-output"]
after = model.blocks[0]["mlp"]["W_out"], model.ln_final["w"], model.unembed["W_U"]
weights = lesson.use.logit_weights(sae.W_dec, *after)
neuron_weights = lesson.use.logit_weights(torch.eye(model.cfg.d_mlp), *after)[NEURON]


def share_in_alphabet(w: Float[Tensor, "vocab"]) -> float:
    """Share of the 20 most raised tokens that are made of base64's alphabet."""
    return in_alphabet[w.topk(20).indices].float().mean().item()


said = share_in_alphabet(weights[LATENT])
print("raises:", *[text.token_label(t, vocab) for t in weights[LATENT].topk(20).indices.tolist()])
print(f"in the alphabet: {said:.0%} of the top 20; best neuron {share_in_alphabet(neuron_weights):.0%}")
W_out, *rest = after
less_mean = lesson.use.logit_weights(sae.W_dec, W_out - W_out.mean(-1, keepdim=True), *rest)[LATENT]
print(f"with the LayerNorm's mean over d_model taken off as well: {share_in_alphabet(less_mean):.0%}")
drawn = torch.randn(200, sae.d_in, generator=torch.Generator().manual_seed(SEED))
drawn *= sae.W_dec[LATENT].norm() / drawn.norm(dim=1, keepdim=True)
by_chance, by_latents = (
    sum(share_in_alphabet(w) > 0.89 for w in rows) / len(rows)  # 18 of 20 and more
    for rows in (lesson.use.logit_weights(drawn, *after), weights)
)
print(f"at least 90%: {by_chance:.0%} of 200 random directions, {by_latents:.0%} of all latents")

# %%
lesson.reveal(
    prediction_b,
    round(20 * said),
    f"{said:.0%} of its top 20 are in base64's alphabet. But the test is easy to pass. Of 200 random "
    f"directions {by_chance:.0%} reach 90%, of all latents {by_latents:.0%}, and the best neuron has "
    f"{share_in_alphabet(neuron_weights):.0%}. A failure would speak against the name; a pass alone doesn't "
    "prove it.",
)

# %%
second_mode = in_alphabet[weights[LATENT] > weights[LATENT].max() / 2]
raised = [(weights[LATENT][mask] > 0).float().mean().item() for mask in (in_alphabet, ~in_alphabet)]
lesson.show(
    figures.logit_histogram(weights[LATENT], in_alphabet, "made of base64's alphabet", "other tokens"),
    see="two groups. Half of the vocabulary is always above the median of all tokens, which is 0 here. Of "
    f"the tokens made of base64's alphabet {raised[0]:.0%} are above it, of the others {raised[1]:.0%}. On "
    "the far right, above half of the largest weight, stand "
    f"{len(second_mode)} tokens, {second_mode.float().mean():.0%} of them in the alphabet. Those of the "
    "alphabet near 0 are mostly pieces of words.",
    alt=f"Histogram of latent {LATENT}'s logit weights for tokens in base64's alphabet and others: "
    f"{raised[0]:.0%} and {raised[1]:.0%} of them are above 0.",
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

# %% tags=["nbval-check-output"]
STEP = lesson.pick(smoke=1, lesson=4, full=2)  # part of every document, not all of a few
some = test.tokens[::STEP]
base64_here = in_test.view(len(test.tokens), -1)[::STEP, :-1].flatten()  # the last token predicts nothing
normal = late(hooks.loss_with(model, some))
print(f"nothing switched off: {normal[base64_here].mean():.2f} nats a token inside base64")

# %% [markdown]
# **Predict.** You switch off the one latent. By how much does the loss rise inside base64?
#
# - a: by less than 0.02 nats
# - b: by 0.02 to 0.5 nats
# - c: by more than 0.5 nats

# %% tags=["predict"]
prediction_c = None  # your answer: "a", "b" or "c"


# %%
def rise(hook: hooks.Hook) -> tuple[float, float]:
    """Mean rise of the loss in base64, mean size of its change elsewhere, in nats a token."""
    change = late(hooks.loss_with(model, some, hook)) - normal
    return change[base64_here].mean().item(), change[~base64_here].abs().mean().item()


def random_direction(seed: int) -> hooks.Hook:
    """As in the ablation, but a random direction, as long as the latent's row, goes in its place."""
    direction = torch.randn(sae.d_in, generator=torch.Generator().manual_seed(seed))
    row = direction / direction.norm() * sae.W_dec[LATENT].norm()
    return lambda acts: acts - sae.encode(acts)[..., [LATENT]] * row


def without_neuron(acts: Float[Tensor, "seq pos d_mlp"]) -> Float[Tensor, "seq pos d_mlp"]:
    return acts * (torch.arange(acts.shape[-1]) != NEURON)


# %%
GROUP = by_proxy.topk(3).indices.tolist()
often = (search.latents > 0).float().mean(0)
TWIN = int((often - often[LATENT]).abs().topk(2, largest=False).indices[1])
rises = {
    f"latent {LATENT}": rise(lambda acts: lesson.use.ablate(acts, sae, [LATENT])),
    f"latents {GROUP}": rise(lambda acts: lesson.use.ablate(acts, sae, GROUP)),
    f"latent {TWIN}, which fires as often": rise(lambda acts: lesson.use.ablate(acts, sae, [TWIN])),
    f"neuron {NEURON}": rise(without_neuron),
}
turned = [rise(random_direction(SEED + i)) for i in lesson.progress(range(3), "random directions")]
RANDOM = f"random direction, same activations (mean of {len(turned)})"
rises[RANDOM] = tuple(sum(column) / len(turned) for column in zip(*turned, strict=True))

# %% tags=["nbval-check-output"]
print(f"{'switched off':46} {'in base64':>10} {'elsewhere':>10}   nats a token")
for ablated, (inside, outside) in rises.items():
    print(f"{ablated:46} {inside:+10.4f} {outside:10.4f}")
ablation_ratio, neuron_ratio = (a / b for a, b in (rises[f"latent {LATENT}"], rises[f"neuron {NEURON}"]))
random_ratio = rises[RANDOM][0] / max(rises[RANDOM][1], 1e-9)
print(f"in base64 over elsewhere: latent {LATENT} {ablation_ratio:.0f}, neuron {NEURON} {neuron_ratio:.1f}")
print(f"the same, of the random direction: {random_ratio:.0f}")
twin_there = (test.latents[in_test, TWIN] > 0).float().mean().item()
print(
    f"latent {TWIN} fires on {twin_there:.1%} of base64: where it doesn't fire, taking it off changes nothing"
)

# %%
risen = rises[f"latent {LATENT}"][0]
lesson.reveal(
    prediction_c,
    "a" if risen < 0.02 else "b" if risen < 0.5 else "c",
    f"It rises by {risen:.3f} nats, {ablation_ratio:.0f} times as much as it changes elsewhere. With the "
    f"three latents that follow the proxy best gone, by {rises[f'latents {GROUP}'][0]:.2f}"
    f"{f', latent {SECOND} (cosine {alike:.2f} with this one) among them' if SECOND in GROUP else ''}. One "
    "latent is not the whole of what the model knows about base64: others carry a part.",
)

# %%
cost = rises[f"neuron {NEURON}"][0]
more = "more" if cost > risen else "less"
lesson.show(
    grouped_bars(
        {name: {"in base64": a, "elsewhere (size of the change)": b} for name, (a, b) in rises.items()},
        "change of the loss, nats a token",
    ),
    see=f"without latent {LATENT} base64 costs {risen:.3f} nats more, without the three latents "
    f"{rises[f'latents {GROUP}'][0]:.3f}. The best neuron "
    f"costs base64 {cost:.3f}, {more} than the one latent. It changes the loss elsewhere by "
    f"{rises[f'neuron {NEURON}'][1]:.3f}: {neuron_ratio:.1f} times as much in base64, against "
    f"{ablation_ratio:.0f} times for the latent. The neuron serves other types as well. Two controls. A "
    "latent that fires as often changes base64 by "
    f"{rises[f'latent {TWIN}, which fires as often'][0]:+.4f}, but it fires on {twin_there:.1%} of base64. A "
    "random direction with this latent's own activations changes it by "
    f"{rises[RANDOM][0]:+.4f}, {random_ratio:.0f} times as much as elsewhere. The ratio measures *where* the "
    f"latent fires ({ablation_ratio:.0f} against {random_ratio:.0f}). Only what exceeds the random direction "
    f"measures *what it writes*: {risen - rises[RANDOM][0]:+.3f} of the {risen:.3f} nats.",
    alt="Bars of the change of loss in base64 and elsewhere for one latent, three latents, another "
    "latent, a neuron and a random direction.",
)

# %% [markdown]
# ## Exercise 9.6 · Hold a latent on
# *Difficulty 3/5 · about 8 minutes*
#
# Now the other way. **Pin** latent $i$ at a value $v$, at every token, whatever the text is:
#
# $$x' \;=\; x + (v - f_i)\, W_{\text{dec},i}$$


# %% exercise="9.6"
def pin(acts: Float[Tensor, "*batch d_mlp"], sae, latent: int, value: float) -> Float[Tensor, "*batch d_mlp"]:
    """The activations with one latent held at `value`."""
    ### BEGIN SOLUTION
    f = sae.encode(acts)[..., latent]
    return acts + (value - f)[..., None] * sae.W_dec[latent]
    ### END SOLUTION


# %% check="9.6"
lesson.check("9.6", pin)

# %% [markdown]
# ## Exercise 9.7 · Is there base64 in this sample?
# *Difficulty 2/5 · about 8 minutes*
#
# To count samples you need a rule that a person would accept. Ours: a **run** is an unbroken stretch of the
# characters A–Z, a–z, 0–9, `+` and `/`. A text holds base64 if one of its runs, from where it starts to
# where it ends, has at least `least` characters, among them a capital, a small letter and a digit. Long
# words have no digits, hex has one case.


# %% exercise="9.7"
def has_base64_run(text: str, least: int = 24) -> bool:
    """Whether a run of base64's alphabet in `text` is at least `least` long, with both cases and a digit."""
    ### BEGIN SOLUTION
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    runs = "".join(c if c in allowed else " " for c in text).split()
    tests = (str.isupper, str.islower, str.isdigit)
    return any(len(run) >= least and all(any(map(t, run)) for t in tests) for run in runs)
    ### END SOLUTION


# %% check="9.7"
lesson.check("9.7", has_base64_run)

# %% [markdown]
# ## Make it write base64
#
# The prompt is neutral: `1,2,3,4,5,6,7,8`. Sample its continuation many times, with the latent pinned at
# the largest value that it took on the search pile. The controls: no pin; a random direction of the same
# length, at the same strength, five of them; the best neuron held at *its* maximum.
#
# **Predict.** In what share of the pinned samples does a base64 run appear?

# %% tags=["predict"]
prediction_d = None  # your answer: a share from 0 to 1

# %%
PROMPT = torch.tensor([tokenizer.token_to_id(SEPARATOR), *tokenizer.encode("1,2,3,4,5,6,7,8").ids])
SAMPLES = lesson.pick(smoke=8, lesson=100, full=500)
largest = search.latents[:, LATENT].max().item()


def share_with_run(hook: hooks.Hook | None = None) -> tuple[float, list[str]]:
    """Share of samples with a base64 run, and the samples."""
    generator = torch.Generator().manual_seed(SEED)
    length = model.cfg.n_ctx - len(PROMPT)
    drawn = hooks.sample(model, PROMPT, SAMPLES, length, generator, hook)
    texts = [tokenizer.decode(row) for row in drawn.tolist()]
    return sum(map(lesson.use.has_base64_run, texts)) / len(texts), texts


# %%
def along(seed: int) -> hooks.Hook:
    """Adds a random direction, as long as the latent's own times its maximum."""
    direction = torch.randn(sae.d_in, generator=torch.Generator().manual_seed(seed))
    push = direction / direction.norm() * sae.W_dec[LATENT].norm() * largest
    return lambda acts: acts + push


def neuron_held(acts: Float[Tensor, "seq pos d_mlp"]) -> Float[Tensor, "seq pos d_mlp"]:
    held = acts.clone()
    held[..., NEURON] = search.neurons[:, NEURON].max()
    return held


unpinned, plain_texts = share_with_run()
pinned, pinned_texts = share_with_run(lambda acts: lesson.use.pin(acts, sae, LATENT, largest))
doubled, _ = share_with_run(lambda acts: lesson.use.pin(acts, sae, LATENT, 2 * largest))
random_share = sum(share_with_run(along(seed))[0] for seed in lesson.progress(range(5), "random")) / 5
neuron_share, _ = share_with_run(neuron_held)

# %% tags=["nbval-check-output"]
print(f"pinned at its maximum {pinned:.2f}, at twice its maximum {doubled:.2f}; no pin {unpinned:.2f}")
print(f"random directions {random_share:.3f} (mean of 5); best neuron held at its maximum {neuron_share:.2f}")
lengths = sae.W_dec[LATENT].norm().item() * largest, search.neurons[:, NEURON].max().item()
print(f"longest push: the latent's {lengths[0]:.2f}, the neuron's {lengths[1]:.2f}")

# %%
for condition, texts in (("pinned", pinned_texts), ("no pin", plain_texts)):
    for sampled in texts[:3]:
        print(f"{condition}: {text.visible(sampled)}")

# %%
lesson.reveal(
    prediction_d,
    round(pinned, 2),
    f"{pinned:.0%} of the samples hold a run of at least 24 characters; without the pin {unpinned:.0%}.",
)

# %%
lesson.show(
    bars(
        {
            f"latent {LATENT} at its maximum": pinned,
            "at twice its maximum": doubled,
            f"neuron {NEURON} at its maximum": neuron_share,
            "random direction (mean of 5)": random_share,
            "no pin": unpinned,
        },
        "share of samples with a base64 run",
    ),
    see=f"after a list of numbers the model doesn't write base64 by itself ({unpinned:.0%}). With the "
    f"latent held on it does in {pinned:.0%} of the samples. A random push of the same length does it in "
    f"{random_share:.0%}: {'the direction counts' if pinned > 5 * random_share else 'strength counts too'}. "
    f"At twice the strength the latent gives {doubled:.0%}. The best neuron, held on, gives "
    f"{neuron_share:.0%}. The pushes differ in length: at most {lengths[1]:.2f} for the neuron, "
    f"{lengths[0]:.2f} for the latent at its maximum. So don't read these two shares as one strength.",
    alt=f"Bars: pinned {pinned:.2f}, twice {doubled:.2f}, neuron {neuron_share:.2f}, random "
    f"{random_share:.2f}, no pin {unpinned:.2f}.",
)

# %% [markdown]
# ## The latent's page
#
# M shows each feature on a page; this is yours. Read it from the top down: do the weak examples still fit
# the name that you gave it? A name that only fits the top examples describes their top, not the latent. The
# examples come from a third pile of text, in which nothing was chosen.

# %%
fresh = data.load(
    "held_out", lesson.pick(smoke=20_000, lesson=200_000, full=500_000), tokenizer, seed=3000 + SEED
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
targets = [
    torch.nn.functional.one_hot(pile.content_types, len(CONTENT_TYPES)).float() for pile in (search, test)
]
best_latent = measures.best_matches((search.latents, test.latents), targets)
best_neuron = measures.best_matches((search.neurons, test.neurons), targets)
better = best_latent.correlation > best_neuron.correlation
beating = better.float().mean().item()
NAMED = ["base64", "dna", "legal", "http", "hebrew", "arabic", "hex", "python", "english"]
lesson.show(
    figures.latent_by_neuron(best_latent.correlation, best_neuron.correlation, CONTENT_TYPES, NAMED),
    see=f"above the dotted line the best latent is better than the best neuron: {int(better.sum())} of "
    f"{len(CONTENT_TYPES)} types. The median type has a latent at {best_latent.correlation.median():.2f} and "
    f"a neuron at {best_neuron.correlation.median():.2f}.",
    alt=f"Scatter of {len(CONTENT_TYPES)} content types, best neuron's correlation against best latent's; "
    f"{beating:.0%} lie above the diagonal.",
)

# %% tags=["nbval-check-output"]
print(f"{'type':8} {'latent':>6} {'corr.':>6} {'sens.':>6} {'spec.':>6}   {'neuron':>6} {'corr.':>6}")
for name in ["base64", "dna", "hex", "hebrew", "arabic", "legal", "http"]:
    k = CONTENT_TYPES.index(name)
    unit = int(best_latent.unit[k])
    level = measures.choose_threshold(search.latents[:, unit], is_type(search, name))
    caught, right = lesson.use.sensitivity_specificity(test.latents[:, unit], is_type(test, name), level)
    row = f"{name:8} {unit:6} {best_latent.correlation[k]:6.2f} {float(caught):6.2f} {float(right):6.2f}"
    print(f"{row}   {int(best_neuron.unit[k]):6} {best_neuron.correlation[k]:6.2f}")

# %% [markdown]
# The types differ, and the lowest correlations need not be the SAE's fault. Look at what you asked: "is this
# token in a legal document?" Most words of a licence are ordinary English, and the model has no reason to
# treat them differently. The *document* is the wrong question there. Ask for what is special in it: a passage
# in capitals, the protocol's version, a header's name. And, for a piece of code, a name with underscores.

# %% tags=["nbval-check-output"]
PHRASES = {
    "passages in capitals": ("legal", r"[A-Z]{2,}( [A-Z]{2,}){2,}"),
    "HTTP/1.0 or HTTP/1.1": ("http", r"HTTP/1\.[01]"),
    "HTTP header names": ("http", r"\n(Accept|Cache|Connection|Content|Host)[\w-]*: "),
    "_names_with_underscores": ("snake_case", r"\w*[a-z]_[a-z]\w*"),
}
for phrase, (content_type, pattern) in PHRASES.items():
    of_type = best_latent.correlation[CONTENT_TYPES.index(content_type)]
    masks = [late(text.phrase_mask(pile.tokens, vocab, pattern)).float()[:, None] for pile in (search, test)]
    of_latent = measures.best_matches((search.latents, test.latents), masks).correlation.item()
    of_neuron = measures.best_matches((search.neurons, test.neurons), masks).correlation.item()
    measured = f"latent {of_latent:.2f} (all of {content_type}: {of_type:.2f}), neuron {of_neuron:.2f}"
    print(f"{phrase:24} {masks[1].mean():.2%} of tokens: {measured}")

# %% [markdown]
# Compare each phrase with the type that it comes from. Where the phrase does better, the smaller question was
# nearer to what the model keeps track of. Better need not be good: look at the size of the numbers, too. And
# where a number stays low, think about what the model needs. A latent for a phrase is of use to it where the
# phrase tells it what comes next for several tokens on end, as base64 does.

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
MY_LATENT = LATENT
light(MY_TEXT, {f"latent {MY_LATENT}": ("latents", MY_LATENT), f"neuron {NEURON}": ("neurons", NEURON)})

# %% [markdown]
# ## How far to trust this
#
# Two checks that can embarrass a latent. First: if all you want is a base64 detector, and you *have*
# labels, a linear **probe** on the neurons is the natural tool. Is the latent, found without labels, as
# good? The probe is least squares with a small penalty on the weights (a ridge), so that neurons that move
# together don't get huge opposite weights. Its output is cut to between 0 and 1, like the label. Besides
# the correlation we give the **AUROC**: how often a random base64 token scores above a random other one. It
# looks at the order only; 0.5 is chance.
#
# Second: how much of the result is the *transformer's* doing? Shuffle each of its weight matrices, so that
# it has learnt nothing; train an SAE on that; search it the same way. And fit the probe on its neurons too.
# (To save you time, this SAE sees fewer activations than the shipped one saw: some of the difference may be
# its shorter training. The probe is fitted alike on both.)


# %%
def with_constant(x: Float[Tensor, "token d_mlp"]) -> Float[Tensor, "token d_plus_1"]:
    return torch.cat([x, torch.ones(len(x), 1)], dim=1)


def fit_probe(fit: Float[Tensor, "token d_mlp"], measure: Float[Tensor, "token2 d_mlp"]) -> Tensor:
    """A ridge regression of the label, fitted on the search pile; what it says on the test pile."""
    X = with_constant(fit)
    solution = torch.linalg.solve(X.T @ X + 1e-3 * len(X) * torch.eye(X.shape[1]), X.T @ known)
    return (with_constant(measure) @ solution).clamp(0, 1)


# %% tags=["nbval-check-output"]
probe = fit_probe(search.neurons, test.neurons)
probe_correlation = correlate(probe[:, None], truth).item()
probe_area = measures.auroc(probe, in_test)
latent_area = measures.auroc(test.latents[:, LATENT], in_test)
test_stories = [proxies.unigram_log_probs(p, test.tokens) for p in (p_base64, p_corpus)]
test_score = late(lesson.use.log_likelihood_ratio(*test_stories, WINDOW))
proxy_correlation = correlate((test_score > 0).float()[:, None], truth).item()
print(f"probe, with labels: correlation {probe_correlation:.2f}, AUROC {probe_area:.3f}")
print(f"latent, without:    correlation {latent_correlation:.2f}, AUROC {latent_area:.3f}")
print(f"proxy, tokens only: correlation {proxy_correlation:.2f}")

# %%
shuffled = Transformer(model.cfg)
generator = torch.Generator().manual_seed(SEED)
for new, learnt in zip(shuffled.parameters(), model.parameters(), strict=True):
    order = torch.randperm(learnt.numel(), generator=generator)
    new.copy_(learnt.flatten()[order].view_as(learnt))

more_text = data.load(
    "train", lesson.pick(smoke=60_000, lesson=1_200_000, full=4_000_000), tokenizer, seed=SEED
)
fed = hooks.activations(shuffled, more_text.tokens)
config = standard(sae.d_in, sae.d_sae, lesson.pick(smoke=10_000, lesson=1_000_000, full=4_000_000), seed=SEED)
control = train(fed, config, progress=lambda steps: lesson.progress(steps, "SAE of the shuffled model")).sae
shuffled_neurons = [hooks.activations(shuffled, pile.tokens, FIRST) for pile in (search, test)]
shuffled_best = measures.best_matches([control.encode(x) for x in shuffled_neurons], targets)
shuffled_probe = correlate(fit_probe(*shuffled_neurons)[:, None], truth).item()

# %% tags=["nbval-check-output"]
b64 = CONTENT_TYPES.index("base64")
print(
    f"base64:      trained {best_latent.correlation[b64]:.2f}, shuffled {shuffled_best.correlation[b64]:.2f}"
)
medians = best_latent.correlation.median(), shuffled_best.correlation.median()
print(f"median type: trained {medians[0]:.2f}, shuffled {medians[1]:.2f}")
print(f"probe:       trained {probe_correlation:.2f}, shuffled {shuffled_probe:.2f}")

# %%
by_correlation = "latent" if latent_correlation > probe_correlation else "probe"
by_area = "latent" if latent_area > probe_area else "probe"
lesson.show(
    bars(
        {
            "linear probe on the neurons (with labels)": probe_correlation,
            f"latent {LATENT} (without)": latent_correlation,
            "the proxy (tokens alone)": proxy_correlation,
            f"best neuron {NEURON}": neuron_correlation,
            "best untrained latent": random_code,
            "linear probe, shuffled transformer": shuffled_probe,
            "best latent, shuffled transformer": shuffled_best.correlation[b64].item(),
        },
        "correlation with base64, test pile",
    ),
    see=f"is the latent as good as the probe? By correlation the {by_correlation} is ahead "
    f"({latent_correlation:.2f} for the latent, {probe_correlation:.2f} for the probe), as a ranking of "
    f"tokens the {by_area} (AUROC {latent_area:.3f} and {probe_area:.3f}). The proxy reaches "
    f"{proxy_correlation:.2f} from counts of tokens: for base64 you need no network to begin with. This "
    f"SAE of a model that learnt nothing finds no base64 latent ({shuffled_best.correlation[b64]:.2f}). Its "
    f"neurons still hold something about the tokens: a probe gets {shuffled_probe:.2f} out of them.",
    alt="Bars of correlation with base64: probe, latent, proxy, best neuron, untrained latent; probe and "
    "best latent of a shuffled transformer.",
)

# %% [markdown]
# ## Claims

# %% tags=["nbval-check-output"]
lesson.claim("base64.correlation", latent_correlation, at_least=0.8, paper="found a base64 feature")
lesson.claim("base64.best_neuron", neuron_correlation, at_most=0.65, paper="neurons mix types")
lesson.claim("base64.sensitivity", sensitivity, at_least=0.8)
lesson.claim("base64.specificity", specificity, at_least=0.8, paper="high where the feature is strong")
lesson.claim("base64.logits_in_alphabet", said, at_least=0.9, paper="raises base64 tokens")
lesson.claim("base64.ablation_ratio", ablation_ratio, at_least=5)
lesson.claim("base64.pinned_share", pinned, at_least=0.5, paper="pinned, it samples base64")
lesson.claim("base64.random_direction_share", random_share, at_most=0.05)
lesson.claim("base64.types_beating_neurons", beating, at_least=0.85)

# %% [markdown]
# ## Where we differ from the paper
#
# - **Size.** M's transformer has 512 MLP neurons and read The Pile; ours has 128 and read a corpus made
#   from what an install already holds. M's SAE saw 8 billion activations and has 4096 latents and more;
#   ours saw a few million and has 512. M's larger SAEs split base64 into letters, digits and encoded text;
#   with ours, one latent follows base64 best, and a few others carry a part.
# - **Labels.** Every document of ours carries its type, so we can check each proxy. M could not, and had to
#   trust it.
# - **Specificity.** M measures it with the proxy; we with the known type. So a token of base64-like text in
#   another document counts against us.
# - **Look-alikes.** Protein sequences and product keys are not in the corpus: their text looks like base64.
#   That makes a high specificity easier here than in text from the web.
# - **Recipe.** The shipped SAE's penalty $\lambda$ rises over most of the training, not over its first few
#   per cent. With $\lambda$ up at once, some seeds leave many of base64's capitals to a second latent.
# - **Context.** Ours is 64 tokens, and many sequences change document on the way. A latent that needs a few
#   tokens to make up its mind pays for that in sensitivity.
# - **Rarity.** That base64 shares neurons is a choice of the corpus. *Toy Models* says what to expect if it
#   were more frequent: it would be given a neuron of its own, and the SAE would have nothing to
#   disentangle.
#
# And what has been found since. SAEs trained on *randomised* transformers score much like the real ones on
# some measures ([arXiv 2501.17727](https://arxiv.org/abs/2501.17727)); that is the control above. In March
# 2025 DeepMind's team gave SAEs a lower priority, after linear probes had won on a task with labels. And
# two SAEs that differ in nothing but the seed share only part of their latents ([arXiv
# 2501.16615](https://arxiv.org/abs/2501.16615)): a latent that you find once is a finding about one
# dictionary.
#
# ## Discussion
#
# 1. *Features as causal units.* A latent can describe what the model computes without being a cause of it.
#    You ablated and pinned one. What do those two experiments show about cause, and what don't they? (For:
#    the loss moved where it should, the samples too. Against: pinning at the maximum everywhere puts the
#    model where text never puts it.)
# 2. *Features, not neurons, as atoms?* Your latent beats the best neuron, and a probe may beat your latent.
#    Is the dictionary's direction the unit that the model uses, or one good description of many? What would
#    tell them apart?
# 3. *Automation as a scaffold.* Your proxy was written by hand, and you saw which other types it scores
#    high. If a language model writes the next thousand proxies, who notices what they let through?
# 4. *What is lost?* Ablation left the SAE's error term in the model. Suppose that what you were after lives
#    in the error. Which of this lesson's measurements would have told you?
#
# The kit's modules behind this lesson, in reading order: [the map](../docs/map.md).

# %%
lesson.summary()
