# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# course:
#   number: "11"
#   title: Circuits and automated interpretability
#   minutes: 45
#   needs: ["08", "09"]
#   papers: ["M: Automated interpretability", "M: Randomized Transformer"]
# ---

# %% [markdown]
# # 11 · Circuits and automated interpretability
#
# Nobody reads 512 latents by hand, let alone millions. M lets a language model write the explanations, and
# another one judge them. Here you build the same thing without an oracle: an explanation is a rule, a search
# finds it, and text that the search hasn't seen judges it. Then you find out what such a score is worth.

# %% tags=["parameters"]
SCALE = "lesson"
SEED = 0

# %%
import re
from itertools import pairwise

import ipywidgets
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

import course_utils
from course_utils import assets
from course_utils.figures import drawings, grouped_bars
from course_utils.figures import explanations as figures
from course_utils.figures.sae import measures_by_sparsity
from course_utils.interp import dashboard, effects, explainer, explanations, measures, predicates, text
from course_utils.lm import data, hooks
from course_utils.lm.shuffled import shuffled
from course_utils.lm.tokenizer import token_bytes

lesson = course_utils.start("11", scale=SCALE, seed=SEED)

# %%
tokenizer, model = assets.load_tokenizer(), assets.load_transformer()
sae = assets.load_sae("sae-4x")
lesson.without_gradients()
vocab = token_bytes(tokenizer)
FIRST = 4  # the first tokens of a sequence have little before them

# %% [markdown]
# ## An explanation is a forecast
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
# There are two piles of text again: on `search` rules are found, on `test` they are judged. A rule says yes
# or no, so its forecast has two levels. Which levels doesn't matter for the score, Pearson's correlation,
# because correlation ignores scale and offset.

# %%
SEQUENCES = lesson.pick(smoke=60, lesson=600, full=2000)
N_BYTES = lesson.pick(smoke=40_000, lesson=130_000, full=500_000)


def read(seed: int) -> Int[Tensor, "seq pos"]:
    tokens = data.load("held_out", N_BYTES, tokenizer, seed=seed).tokens
    order = torch.randperm(len(tokens), generator=torch.Generator().manual_seed(seed))
    return tokens[order[:SEQUENCES]]


search_tokens, test_tokens = read(1000 + SEED), read(2000 + SEED)
bank = predicates.bank(search_tokens, vocab)
search, test = (explanations.read(tokens, bank, FIRST) for tokens in (search_tokens, test_tokens))
search_here, test_here = (pile.late(pile.tokens) for pile in (search, test))  # the tokens that count
search_neurons, test_neurons = (hooks.activations(model, pile.tokens, FIRST) for pile in (search, test))
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


lit(MINE, search)

# %% tags=["predict"]
my_pattern = None  # your explanation, such as r"[0-9]+:[0-9]+"


# %%
def judge(pattern: str, latent: int) -> float:
    """How well "fires where the pattern matches" follows a latent on the test pile."""
    says = text.phrase_mask(test.tokens, vocab, pattern)
    return measures.correlation(test_latents[:, [latent]], test.late(says).float()).item()


mine = judge(my_pattern or r"[0-9]+", MINE)
print(f"your explanation of latent {MINE}: {mine:.2f}" if my_pattern else f"“digits” scores {mine:.2f}")

# %% [markdown]
# Now let the computer try all of the bank at once, and for all units. For that a formula is handy.
#
# ## Exercise 11.5 · A correlation from two sums
# *Difficulty 2/5 · about 8 minutes*
#
# Let $a_t$ be a unit's activation on token $t$ and $y_t$ be 1 where a statement holds, else 0. Of the
# statement you know two sums only: how often it holds, $c = \sum_t y_t$ (`count`), and the unit's activation
# where it does, $s = \sum_t a_t y_t$ (`total`). Derive Pearson's correlation of $a$ with $y$ from them, $n$,
# and the unit's own mean and standard deviation, and write it for all units and statements. (What is
# $y_t^2$?) Where either never changes, the correlation is 0.


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
# A rule that holds seldom has a small $\sqrt{p(1-p)}$ and isn't punished for that: what counts is how large
# the activations are where it holds.
#
# </details>
#
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
    holds, names = search.holds.float(), [one.name for one in bank]
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
# stops where a condition adds less than .005. Now four codes of the same text, each judged on the test pile:
#
# - **latents** of the shipped SAE, and the **neurons** that it was trained on;
# - **random directions**, as ReLU units with biases by which each fires on 5 % of the tokens. They
#   read a trained transformer, but nothing has chosen them;
# - the **shuffled model's latents**: an SAE of the same recipe, on the transformer with the entries of each
#   of its weight matrices in another order. It has learnt nothing. (This is M's own control.)
#
# **Predict.** The latents' mean score is about a half. What do the shuffled model's latents reach?
#
# - a: next to nothing, below a quarter of that
# - b: clearly less, up to four fifths
# - c: about as much, or more

# %% tags=["predict"]
prediction_a = None  # your answer: "a", "b" or "c"

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
        of_nonsense.encode(hooks.activations(nonsense, pile.tokens, FIRST)) for pile in (search, test)
    ),
}
chosen = {name: explanations.some_units(*acts, UNITS, SEED) for name, acts in codes.items()}
codes = {name: [x[:, chosen[name]] for x in acts] for name, acts in codes.items()}

# %%
rules = {
    name: explanations.search(acts[0], search, bank, vocab)
    for name, acts in lesson.progress(codes.items(), "searching rules")
}
says = {name: explanations.said(found, test) for name, found in rules.items()}
scores = {name: explanations.follows(codes[name][1], says[name]) for name in codes}
order = torch.randperm(len(rules["latents"]), generator=torch.Generator().manual_seed(SEED))
swapped = explanations.follows(codes["latents"][1], says["latents"][:, order])
means = {name: score.mean().item() for name, score in scores.items()}
part = means["shuffled model's latents"] / means["latents"]

# %%
lesson.reveal(
    prediction_a,
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
# you like: then "the token is one of these 200" is a rule too. Is it an explanation? The next table was
# measured over three seeds, with SAEs that were trained for it by one recipe on 1 million activations each.
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
# Against any quiet token the neurons' rules are *ahead* of the latents': a unit that fires on much of the
# text has large activations wherever its favourite tokens stand, and a list of tokens finds them. Against
# look-alikes that advantage is gone, and the shuffled model's rules fall to one half: they knew the token,
# and nothing else.
#
# <details>
# <summary>Why do the rules of dense units do well in detection and badly in simulation?</summary>
#
# Detection asks about the largest activations only, simulation about all. A neuron fires on a fifth of the
# text, with many sizes, for reasons that no three conditions cover; but its hundred largest activations are
# often on few tokens. So always ask which part of a unit an explanation was asked to explain.
#
# </details>
#
# ## The trap of the single token
#
# The shuffled model still knows which token it is given, because a random embedding is as good a name as a
# trained one. Its latents can therefore be about single tokens, and those are the easiest of all to explain:
# "the token is `(`" scores near 1, and a vocabulary has 1024 of them. So a high score may only say that the
# input was passed on. What a transformer *adds* is context. If you want to know what training made, take off
# whatever the token alone tells, and ask for the rest.
#
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
#
# - a: the latents
# - b: the neurons
# - c: the shuffled model's latents

# %% tags=["predict"]
prediction_b = None  # your answer: "a", "b" or "c"


# %%
def beyond_the_token(name: str) -> Float[Tensor, "unit"]:
    """Scores of new rules for what each unit does beyond its mean on the current token."""
    means = lesson.use.token_means(codes[name][0], search_here, len(vocab))
    left = [x - means[here] for x, here in zip(codes[name], (search_here, test_here), strict=True)]
    found = explanations.search(left[0], search, bank, vocab)
    return explanations.follows(left[1], explanations.said(found, test))


beyond = {name: beyond_the_token(name) for name in lesson.progress(codes, "beyond the token")}
left_means = {name: score.mean().item() for name, score in beyond.items()}
high = {name: (score > 0.7).float().mean().item() for name, score in scores.items()}
well = {name: (score > 0.5).float().mean().item() for name, score in beyond.items()}
lost = {name: means[name] - left_means[name] for name in codes}

# %%
options = {"a": "latents", "b": "neurons", "c": "shuffled model's latents"}
lesson.reveal(
    prediction_b,
    max(options, key=lambda letter: lost[options[letter]]),
    "Left: " + ", ".join(f"{name} {left_means[name]:.2f} of {means[name]:.2f}" for name in codes) + ".",
)

# %% fold="The figure: all scores, with the token and without"
lesson.show(
    figures.scores_by_rank(
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
# directions in the *trained* model are explained by context nearly as well, on average, as its neurons. That
# is right, because context is in the neurons, and any direction reads some of it. What sets the latents apart
# is not their mean but their best: units for which one rule about context nearly says it all. And hold the
# two panels together before you quote a score for "interpretability": on the left the shuffled model's
# latents win against the neurons by as much as the real ones do.
#
# ## What it reads, what it writes
#
# One more test needs no activation at all. A rule says when the unit fires. So it also says what comes next:
# count the tokens that follow where the rule holds, and compare with all text. This is the rule's forecast
# for the unit's *logit weights* (lesson 09), the log of a ratio for each token. Nothing in the search has
# seen these weights.


# %%
def written(name: str, directions: Tensor, one, order=slice(None)) -> float:
    """Mean correlation of units' logit weights with what rules forecast; `order` gives them others' rules."""
    after = one.blocks[0]["mlp"]["W_out"], one.ln_final["w"], one.unembed["W_U"]
    weights = effects.logit_weights(directions[chosen[name]], *after)[order]
    return explanations.forecasts(rules[name], weights, search, len(vocab)).mean().item()


writes = {
    "latents": written("latents", sae.W_dec, model),
    "latents, each with another's rule": written("latents", sae.W_dec, model, order),
    "neurons": written("neurons", torch.eye(sae.d_in), model),
    "random directions": written("random directions", random_rows, model),
    "shuffled model's latents": written("shuffled model's latents", of_nonsense.W_dec, nonsense),
}

# %% fold="The table: forecasts of logit weights" tags=["nbval-check-output"]
for name, value in writes.items():
    print(f"{name:>34} {value:5.2f}")

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
#
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
prompts = [explainer.prompt(codes["latents"][0][:, unit], search, vocab) for unit in asked_units]
planned = explainer.plan(prompts)

# %% tags=["volatile"]
print(f"{planned.calls} calls, at most about {planned.tokens} tokens")
if price_per_token:
    print(f"at most about {planned.price(price_per_token):.4f} in your currency")
if endpoint and ask:
    theirs = explainer.ask(endpoint, prompts, vocab, most_calls=5, most_tokens=10_000)
    judged = explanations.follows(codes["latents"][1][:, asked_units], explanations.said(theirs, test))
    for unit, rule, score in zip(asked_units, theirs, judged.tolist(), strict=True):
        print(f"{score:5.2f} (search {scores['latents'][unit]:.2f})  {rule.name}"[:150])
else:
    print("nothing was asked")

# %% [markdown]
# ## The price of sparsity, once more
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
prediction_c = None  # your answer: "a", "b", "c" or "d"

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
    prediction_c,
    "abcd"[next((k for k, c in enumerate(curves.values()) if max(c[0], c[-1]) < max(c) - 0.05), 3)],
    "Falls by more than .05 on both sides of its peak: "
    + (", ".join(name for name, c in curves.items() if max(c[0], c[-1]) < max(c) - 0.05) or "none")
    + ".",
)

# %% [markdown]
# So the notes' trade-off between reconstruction and interpretability depends on what you call interpretable.
# By either correlation with a rule more sparsity is always better, and 8 isn't enough: a code that almost
# never fires is easy to describe. By the number of types that have a latent, there is a best $\lambda$,
# because a latent that is to cover a whole type has to fire on all of its tokens. And what is paid is the
# accuracy of our description. The transformer stays as it is, and loses nothing.
#
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

# %%
lit(MINE, test)

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
    short = explanations.search(codes[kind][0], search, bank, vocab, conditions=1)
    score_short = explanations.follows(codes[kind][1], explanations.said(short, test)).mean()
    print(f"{kind}: one condition {score_short:.2f}, three {means[kind]:.2f}")
### END SOLUTION

# %% [markdown] experiment="answer"
# I expected one condition to be enough for the shuffled model's latents, whose rules name tokens, and too few
# for the real ones. The cell above prints both: the real ones lose more. So conditions two and three carry
# context. This doesn't show that the conditions found are the ones that the model computes.

# %% [markdown]
# ## Claims

# %% fold="The claims: simulation" tags=["nbval-check-output"]
control = options["c"]
lesson.claim("rules.latents_minus_neurons", means["latents"] - means["neurons"], at_least=0.04)
lesson.claim("rules.latents_minus_random", means["latents"] - means["random directions"], at_least=0.06)
lesson.claim("rules.another_latents_rule", swapped.mean(), at_most=0.04)
lesson.claim("rules.shuffled_is_level", means[control] - means["latents"], at_least=-0.12, paper="higher")
lesson.claim("rules.any_list_closes_the_gap", gap_short - gap_long, at_least=0.1)

# %% fold="The claims: detection, context, logits" tags=["nbval-check-output"]
lesson.claim("detection.neurons_not_behind", accuracies["neurons"][0] - accuracies["latents"][0], at_least=0)
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
# - M's explanations are sentences by a language model, from 49 examples, and a language model simulates
#   activations from 0 to 9. Ours are rules from a stated bank, and their forecasts have two levels. So ours
#   can't be more clever than the bank, and nobody has to be trusted.
# - M takes *median* scores, we take means: single-token latents pull them apart, which is what we look for.
# - The random rows with a bias, the look-alikes by weight and the forecast of logit weights are ours. M tests
#   logit weights with the explainer: is this token raised? (74 % for features, 58 % for neurons.)
#
# ## Discussion
#
# 1. *Scaffold or floor?* If models explain models, what is at the bottom? Say what would have to be checked
#    by hand, once, so that the rest can be left to machines. (M, "Automated interpretability"; lesson 09's
#    third question.)
# 2. *What has a forecast explained?* A rule that forecasts perfectly when a latent fires says nothing about
#    why, and nothing about what the model does with it. Which of this lesson's tests came nearest to "why"?
# 3. *The one number.* A paper reports: "82 % of our features are interpretable, judged by a language model."
#    Which three rows would you ask for?
#
# ## What you can now say
#
# - An explanation is a forecast, and it is judged on text that it wasn't found on.
# - Rules follow latents better than neurons as long as the rules are short. With long lists anything can be
#   "explained".
# - A transformer with shuffled weights scores as well, because single tokens are easy to explain. Take the
#   token off, or ask what the unit writes, and it scores nothing.
# - Which λ reads best depends on the score: two only rise, a third has its peak inside.
#
# ### Three readings
#
# 1. [Automated
#    interpretability](https://transformer-circuits.pub/2023/monosemantic-features#global-analysis-interp-auto-acts),
#    M: its four tests, and the appendix on the randomised transformer. 20 minutes.
# 2. [Language models can explain neurons in language
#    models](https://openaipublic.blob.core.windows.net/neuron-explainer/paper/index.html): where simulation
#    as a score began. 25 minutes.
# 3. [Sparse autoencoders can interpret randomly initialized
#    transformers](https://arxiv.org/abs/2501.17727): the shuffled control at full scale. 20 minutes.

# %%
lesson.summary()
