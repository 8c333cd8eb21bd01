"""Checks of lesson 09, The Base64 feature."""

from __future__ import annotations

import numpy as np
import torch

from course_utils.checks.engine import Attempt, exercise
from course_utils.interp import effects, measures, proxies
from course_utils.sae.model import SparseAutoencoder


@exercise(
    "9.1",
    "log_likelihood_ratio",
    title="A score without labels",
    points=2,
    kit=proxies.log_likelihood_ratio,
    hints=(
        "Each token has its own ratio, log p(t | class) − log p(t | corpus). Then add up over the window.",
        "A sum over a window is a difference of two running sums. `cumsum(-1)` gives the running sum.",
        "`total = (log_p_class - log_p_corpus).cumsum(-1)`; the window's sum at i is `total[:, i] - "
        "total[:, i - window]`, and just `total[:, i]` while `i < window`.",
    ),
)
def _(attempt: Attempt):
    a = torch.tensor([[-1.0, -2, -3, -1, -4], [-2, -2, -1, -1, -1]])
    b = torch.tensor([[-2.0, -4, -2, -3, -4], [-1, -2, -4, -3, -2]])  # a − b: 1 2 −1 2 0 and −1 0 3 2 1
    with attempt.part("one token at a time"):
        got = attempt.call(a, b, 1)
        attempt.expect_shape(got, (2, 5))
        mistakes = window_mistakes(a - b, 1) | {
            DIVIDED: a / b,
            "you multiplied the probabilities": a + b,
            "you took log p for p: both inputs are logs already": a.exp() - b.exp(),
        }
        attempt.expect_close(got, a - b, mistakes=mistakes)
    with attempt.part("the window"):
        got = attempt.call(a, b, 3)
        attempt.expect_shape(got, (2, 5))
        want = torch.tensor([[1.0, 3, 2, 3, 1], [-1, -1, 2, 5, 6]])
        attempt.expect_close(got, want, mistakes=window_mistakes(a - b, 3))
    with attempt.part("random text, several windows"):
        for window in (3, 13, 20):
            a, b = attempt.rand(4, 13, low=-6, high=0), attempt.rand(4, 13, low=-6, high=0)
            got = attempt.call(a, b, window)
            attempt.expect_shape(got, (4, 13))
            rows = [(a - b)[:, max(i + 1 - window, 0) : i + 1].sum(1) for i in range(13)]
            tried = f"random log probabilities of shape (4, 13), window={window}"
            mistakes = window_mistakes(a - b, window)
            attempt.expect_close(got, torch.stack(rows, 1), tried=tried, mistakes=mistakes, atol=1e-4)


DIVIDED = "you divided two log probabilities: the log of a ratio is their difference"


EMPTY_START = (
    "near the start, sum the tokens that there are, instead of leaving 0. (A slice counts a start below 0 "
    "from the end, and is empty.)"
)


def window_mistakes(ratio: torch.Tensor, window: int) -> dict[str, torch.Tensor]:
    """What the usual slips make of the summed ratios."""
    n = ratio.shape[1]

    def summed(begin, end, rows=ratio):
        return torch.stack([rows[:, max(begin(i), 0) : end(i)].sum(1) for i in range(rows.shape[1])], 1)

    right = summed(lambda i: i + 1 - window, lambda i: i + 1)
    count = torch.arange(1, n + 1).clamp_max(window)
    flat = summed(lambda i: i + 1 - window, lambda i: i + 1, ratio.reshape(1, -1)).reshape(ratio.shape)
    down = torch.stack([ratio[max(i + 1 - window, 0) : i + 1].sum(0) for i in range(len(ratio))])
    return {
        "the ratio is upside down: the class comes first, the corpus is taken off": -right,
        "you left out the window: your sum runs from the start of the sequence": ratio.cumsum(1),
        "your window looks ahead: it must end at the token itself": summed(lambda i: i, lambda i: i + window),
        "your window ends one token early: it must hold token i itself": summed(
            lambda i: i - window, lambda i: i
        ),
        "your window runs over the sequences: it must run along the positions, the last dimension": down,
        "your window holds one token too many": summed(lambda i: i - window, lambda i: i + 1),
        "your window holds one token too few": summed(lambda i: i + 2 - window, lambda i: i + 1),
        "you averaged over the window: the ratio of a text is the sum over its tokens": right / count,
        "you averaged over the window: a sum is asked for, also at the start": right / window,
        "your window runs from one sequence into the next": flat,
        "you gave each token's own ratio, with no sum": ratio,
        EMPTY_START: right * (count == window),
    }


@exercise(
    "9.2",
    "correlation",
    title="Every latent against one target",
    points=2,
    kit=measures.correlation,
    hints=(
        "Centre first: take off each column's mean, and the target's.",
        "All the numerators at once: each column times the target, token by token, then the sum over tokens. "
        "Then divide by both lengths.",
        "`c = acts - acts.mean(0)`, `t = target - target.mean()`, `length = (c.square().sum(0) * "
        "t.square().sum()).sqrt()`; then `(c * t[:, None]).sum(0) / length`, and 0 where `length` is 0 "
        "(`torch.where`, or `length.clamp_min(1e-9)`).",
    ),
)
def _(attempt: Attempt):
    with attempt.part("hand-computed cases"):
        target = torch.tensor([0.0, 0, 1, 1])
        acts = torch.tensor([[1.0, 5, 1], [1, 5, 1], [3, 1, 1], [3, 1, 0]])
        got = attempt.call(acts, target)
        attempt.expect_shape(got, (3,))
        attempt.expect_close(
            got,
            torch.tensor([1.0, -1.0, -(3**-0.5)]),
            tried="three units over four tokens, target [0, 0, 1, 1]: the target itself moved and stretched, "
            "its opposite, and one that is off at the last token only",
            mistakes=correlation_mistakes(acts, target),
        )
    with attempt.part("random cases"):
        for tokens, units in ((7, 4), (300, 9)):
            target = (attempt.rand(tokens) < 0.4).float()
            target[0], target[1] = 0.0, 1.0
            acts = 2 + 3 * attempt.rand(tokens, units) + target[:, None] * torch.arange(units)
            got = attempt.call(acts, target)
            attempt.expect_shape(got, (units,))
            both = torch.cat([acts.T, target[None]]).double()
            want = torch.corrcoef(both)[:-1, -1].float()
            tried = f"{units} random units over {tokens} tokens"
            mistakes = correlation_mistakes(acts, target)
            attempt.expect_close(got, want, tried=tried, mistakes=mistakes, rtol=2e-3, atol=1e-4)
    with attempt.part("a unit that never changes"):
        acts = torch.stack([torch.zeros(6), torch.tensor([0.0, 1, 0, 1, 0, 1]), torch.full((6,), 4.0)], 1)
        target = torch.tensor([0.0, 1, 0, 1, 0, 1])
        got = attempt.call(acts, target, finite=False)
        attempt.expect(
            bool(torch.isfinite(torch.as_tensor(got)).all()),
            tried="a dead unit (always 0) and a constant one beside a live one",
            expected="[0, 1, 0]",
            got=got,
            mistake="you divided by a length of 0: a unit that never changes must get 0, not NaN or infinity",
        )
        attempt.expect_close(
            got, torch.tensor([0.0, 1, 0]), tried="a dead unit and a constant one", atol=1e-3
        )


def correlation_mistakes(acts: torch.Tensor, target: torch.Tensor) -> dict[str, torch.Tensor]:
    def over_lengths(columns, t):
        return columns.T @ t / (columns.norm(dim=0) * t.norm()).clamp_min(1e-12)

    n, t = len(target), target - target.mean()
    covariance = (acts - acts.mean(0)).T @ t
    right = over_lengths(acts - acts.mean(0), t)
    half = "the covariance divides by {} and the standard deviations by {}: use one of them throughout"
    return {
        "you didn't take off the means: that is the cosine": over_lengths(acts, target),
        "you took off the target's mean only: take off each unit's as well": over_lengths(acts, t),
        "you took off the units' means only: take off the target's as well": over_lengths(
            acts - acts.mean(0), target
        ),
        "you took one mean over all units: each column has its own": over_lengths(acts - acts.mean(), t),
        "you took the absolute value: the sign says whether the unit fires for the class": right.abs(),
        "you squared the correlation": right**2,
        "you stopped at the covariance: divide by both standard deviations": covariance / n,
        "you stopped at the covariance: divide by the standard deviations": covariance / (n - 1),
        "you stopped at the sum of products: divide by both lengths": covariance,
        half.format("n", "n − 1"): right * (n - 1) / n,
        half.format("n − 1", "n"): right * n / (n - 1),
        "the sum of products is divided by the standard deviations: divide it by n as well": right * n,
        "you divided by the variances: divide by their roots": covariance
        / (over_variances := (acts - acts.mean(0)).square().sum(0) * t.square().sum()).clamp_min(1e-12),
        "you divided by the variances: divide by the standard deviations": covariance
        * n
        / over_variances.clamp_min(1e-12),
        "you divided by the variances, n − 1 in each: divide by the standard deviations": covariance
        * (n - 1)
        / over_variances.clamp_min(1e-12),
    }


@exercise(
    "9.3",
    "sensitivity_specificity",
    title="Two ways to be wrong",
    points=2,
    kit=measures.sensitivity_specificity,
    hints=(
        "Both shares have the same numerator: tokens that are in the class *and* above the threshold.",
        "Sensitivity divides by the tokens in the class; specificity by the tokens that fire.",
        "`fires = acts > threshold`, `hits = (fires & in_class).sum()`, then `hits / in_class.sum()` and "
        "`hits / fires.sum()`, with `max(..., 1)` below so that nothing is divided by 0.",
    ),
)
def _(attempt: Attempt):
    acts = torch.tensor([0.0, 1, 2, 3, 2, 0, 0, 0, 1, 0])
    in_class = torch.tensor([True, True, True, True, False, False, False, False, False, False])
    said = f"acts={acts.tolist()}, the first four in the class, threshold="
    for title, threshold in (("hand-computed cases", 0.5), ("at the threshold", 2.0)):
        with attempt.part(title):
            got = pair(attempt, attempt.call(acts, in_class, threshold), tried=f"{said}{threshold}")
            want = shares(acts > threshold, in_class)
            mistakes = share_mistakes(acts, in_class, threshold)
            attempt.expect_close(got, want, tried=f"{said}{threshold}", mistakes=mistakes)
    with attempt.part("random cases"):
        for _ in range(3):
            acts = attempt.rand(500) * (attempt.rand(500) < 0.4)
            in_class = (attempt.rand(500) + acts) > 1.1
            threshold = 0.1 + 0.4 * attempt.rand(1).item()
            tried = f"500 random tokens, threshold={threshold:.2f}"
            got = pair(attempt, attempt.call(acts, in_class, threshold), tried=tried)
            want, mistakes = shares(acts > threshold, in_class), share_mistakes(acts, in_class, threshold)
            attempt.expect_close(got, want, tried=tried, mistakes=mistakes)
    with attempt.part("nothing fires"):
        tried = "a threshold above every activation"
        got = pair(attempt, attempt.call(acts, in_class, 2.0, finite=False), tried=tried)
        attempt.expect(
            bool(torch.isfinite(got).all()),
            tried=tried,
            expected="(0, 0)",
            got=got.tolist(),
            mistake="you divided by 0: where no token fires, specificity is 0",
        )
        one = {"where nothing fires, specificity is 0 here, not 1": torch.tensor([0.0, 1.0])}
        attempt.expect_close(got, torch.zeros(2), tried=tried, mistakes=one)


def pair(attempt: Attempt, got, tried: str) -> torch.Tensor:
    """The two numbers of an answer as a tensor, or a word about what came instead."""
    values = got.tolist() if isinstance(got, torch.Tensor) else got
    if not isinstance(values, (tuple, list)) or len(values) != 2:
        attempt.fail(
            tried=tried,
            expected="two numbers: (sensitivity, specificity)",
            got=got,
            mistake="return both shares, sensitivity first",
        )
    return torch.tensor([float(v) for v in values])


def shares(fires: torch.Tensor, in_class: torch.Tensor) -> torch.Tensor:
    hits = (fires & in_class).sum()
    return torch.stack([hits / in_class.sum(), hits / fires.sum().clamp_min(1)])


def share_mistakes(acts: torch.Tensor, in_class: torch.Tensor, threshold: float) -> dict[str, torch.Tensor]:
    fires, others = acts > threshold, ~in_class
    sensitivity, specificity = shares(fires, in_class)
    hits, either = (fires & in_class).sum(), (fires | in_class).sum()
    quiet = (~fires & others).sum() / others.sum()
    agreement = (fires == in_class).float().mean()
    books = (
        "that is the statistics books' specificity (of the tokens not in the class, the share where it "
        "is quiet); the paper's asks what share of the firing tokens is in the class"
    )
    return {
        "sensitivity and specificity are swapped": torch.stack([specificity, sensitivity]),
        books: torch.stack([sensitivity, quiet]),
        "specificity divides by the tokens that fire: you divided by all tokens": torch.stack(
            [sensitivity, hits / len(acts)]
        ),
        "you divided both by all tokens": torch.stack([hits, hits]) / len(acts),
        "a token exactly at the threshold doesn't fire: use >, not >=": shares(acts >= threshold, in_class),
        "you counted how often the unit agrees with the label": torch.stack([sensitivity, agreement]),
        "the threshold is missing: you counted every token above 0": shares(acts > 0, in_class),
        "give shares between 0 and 1, not per cent": 100 * torch.stack([sensitivity, specificity]),
        "you counted the tokens that fire *or* are in the class: count those that do both": torch.stack(
            [either / in_class.sum(), either / fires.sum().clamp_min(1)]
        ),
    }


@exercise(
    "9.4",
    "logit_weights",
    title="What a latent says",
    points=2,
    kit=effects.logit_weights,
    hints=(
        "Follow one unit of the direction: through W_out into the residual stream, times the LayerNorm's "
        "weight, through W_U to the logits.",
        "Every row (every latent) loses its own median over the vocabulary, the last dimension.",
        "`weights = (directions @ W_out * ln_w) @ W_U`, then "
        "`weights - weights.median(-1, keepdim=True).values`.",
    ),
)
def _(attempt: Attempt):
    with attempt.part("a hand-computed case"):
        directions = torch.tensor([[1.0, 1.0]])
        W_out = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
        ln_w = torch.tensor([3.0, 1.0])
        W_U = torch.tensor([[1.0, 0.0, -1.0], [0.0, 1.0, 1.0]])
        got = attempt.call(directions, W_out, ln_w, W_U)
        attempt.expect_shape(got, (1, 3))
        attempt.expect_close(
            got,
            torch.tensor([[1.0, 0.0, -3.0]]),
            tried="d = [1, 1], W_out = [[1, 0], [0, 2]], ln_w = [3, 1], W_U = [[1, 0, −1], [0, 1, 1]]",
            mistakes=logit_mistakes(directions, W_out, ln_w, W_U),
        )
    for title, sizes in (
        ("several latents", (4, 7, 5, 11)),
        ("square matrices", (5, 5, 5, 5)),
        ("one latent", (1, 3, 6, 9)),
    ):
        with attempt.part(title):
            units, d_mlp, d_model, vocab = sizes
            args = (
                attempt.randn(units, d_mlp),
                attempt.randn(d_mlp, d_model),
                attempt.randn(d_model),
                attempt.randn(d_model, vocab),
            )
            got = attempt.call(*args)
            attempt.expect_shape(got, (units, vocab))
            want = (args[0] @ args[1] * args[2]) @ args[3]
            want = want - want.median(-1, keepdim=True).values
            tried = f"{units} directions, d_mlp={d_mlp}, d_model={d_model}, vocabulary of {vocab}"
            attempt.expect_close(got, want, tried=tried, mistakes=logit_mistakes(*args), atol=1e-3)


def logit_mistakes(directions, W_out, ln_w, W_U) -> dict[str, torch.Tensor]:
    def centred(weights):
        return weights - weights.median(-1, keepdim=True).values

    written = directions @ W_out
    plain = (written * ln_w) @ W_U
    no_mean = ((written - written.mean(-1, keepdim=True)) * ln_w) @ W_U
    mean, down = plain.mean(-1, keepdim=True), plain.median(0, keepdim=True).values
    mistakes = {
        "you didn't take off the median": plain,
        "you took off the mean: a few large weights move the mean, the median stays": plain - mean,
        "you took the median over latents: each latent loses its own, over the vocabulary": plain - down,
        "you took one median for all latents: each latent loses its own": plain - plain.median(),
        "the LayerNorm's weight ln_w is missing": centred(directions @ W_out @ W_U),
        "you divided by the LayerNorm's weight: it multiplies": centred((directions @ W_out / ln_w) @ W_U),
        "the sign is turned round": -centred(plain),
        "you took off the mean over d_model, as the LayerNorm does. A centred version is fine in principle, "
        "but the formula here leaves the mean in": centred(no_mean),
    }
    if W_U.shape[0] == W_U.shape[1]:
        mistakes["W_U is transposed"] = centred((directions @ W_out * ln_w) @ W_U.T)
    if W_out.shape[0] == W_out.shape[1]:
        mistakes["W_out is transposed"] = centred((directions @ W_out.T * ln_w) @ W_U)
    return mistakes


def random_sae(attempt: Attempt, d_in: int, d_sae: int) -> SparseAutoencoder:
    """Biases not zero, decoder rows not of norm 1, encoder not the decoder's transpose: nothing cancels."""
    sae = SparseAutoencoder(d_in, d_sae, generator=attempt.generator)
    with torch.no_grad():
        for weight in sae.parameters():
            weight.copy_(attempt.rand(*weight.shape) - 0.35)
        sae.b_dec.add_(0.8)
    return sae.requires_grad_(False)


def hand_sae() -> SparseAutoencoder:
    """Latent 0 reads coordinate 0 and writes (1, 1, 0); latent 1 reads 1 and writes (0, 0, 2)."""
    sae = SparseAutoencoder(3, 2)
    with torch.no_grad():
        sae.W_enc.copy_(torch.tensor([[1.0, 0], [0, 1], [0, 0]]))
        sae.W_dec.copy_(torch.tensor([[1.0, 1, 0], [0, 0, 2]]))
        sae.b_dec.copy_(torch.tensor([1.0, 0, 5]))
        sae.b_enc.zero_()
    return sae.requires_grad_(False)


HAND_SAE = (
    "W_enc = [[1, 0], [0, 1], [0, 0]], W_dec = [[1, 1, 0], [0, 0, 2]], b_enc = [0, 0], b_dec = [1, 0, 5]"
)


@exercise(
    "9.5",
    "ablate",
    title="Switch latents off",
    points=2,
    kit=effects.ablate,
    hints=(
        "You don't need the whole reconstruction. What does the latent add to it?",
        "Latent i adds f_i · W_dec[i]. Take just that off `acts`; all else stays, the SAE's error too.",
        "`f = sae.encode(acts)[..., latents]`, then `return acts - f @ sae.W_dec[latents]`.",
    ),
)
def _(attempt: Attempt):
    with attempt.part("a hand-computed case"):
        sae = hand_sae()
        acts = torch.tensor([[3.0, 4, 7], [0, 1, -2]])
        got = attempt.call(acts, sae, [0])
        tried = f"ablate([[3, 4, 7], [0, 1, −2]], sae, [0]) with {HAND_SAE}"
        want = torch.tensor([[1.0, 2, 7], [0, 1, -2]])
        attempt.expect_shape(got, (2, 3))
        attempt.expect_close(got, want, tried=tried, mistakes=ablation_mistakes(acts, sae, [0]))
    with attempt.part("one latent"):
        for shape in ((6, 5), (2, 3, 5)):
            sae, acts = random_sae(attempt, 5, 8), attempt.rand(*shape) * 4
            latent = int(sae.encode(acts).flatten(0, -2).mean(0).argmax())
            expect_ablation(attempt, acts, sae, [latent])
    with attempt.part("several latents"):
        sae, acts = random_sae(attempt, 5, 8), attempt.rand(4, 3, 5) * 4
        latents = sae.encode(acts).flatten(0, -2).mean(0).topk(3).indices.tolist()
        expect_ablation(attempt, acts, sae, latents)


def expect_ablation(attempt: Attempt, acts, sae: SparseAutoencoder, latents: list[int]) -> None:
    got = attempt.call(acts, sae, latents)
    attempt.expect_shape(got, tuple(acts.shape))
    want = acts - sae.encode(acts)[..., latents] @ sae.W_dec[latents]
    tried = f"random activations of shape {tuple(acts.shape)}, a random SAE of 8 latents, latents={latents}"
    attempt.expect_close(got, want, tried=tried, mistakes=ablation_mistakes(acts, sae, latents), atol=1e-4)


LOST_ERROR = "you lost what the SAE doesn't explain (x − x̂): change only the latent's part, don't return x̂"
FORGOT_B_DEC = "you forgot b_dec before encoding: f is ReLU((x − b_dec) W_enc + b_enc); `sae.encode` does it"
ENCODER = "you moved along the encoder's direction: a latent writes along its row of W_dec"


def ablation_mistakes(acts, sae: SparseAutoencoder, latents: list[int]) -> dict[str, torch.Tensor]:
    f, rows = sae.encode(acts), sae.W_dec[latents]
    off = f.clone()
    off[..., latents] = 0
    raw = ((acts - sae.b_dec) @ sae.W_enc + sae.b_enc)[..., latents]
    no_b_dec = torch.relu(acts @ sae.W_enc + sae.b_enc)[..., latents]
    units = rows / rows.norm(dim=-1, keepdim=True)
    part, first = f[..., latents] @ rows, f[..., latents[:1]] @ rows[:1]
    last = f[..., latents[-1:]] @ rows[-1:]
    return {
        LOST_ERROR: sae.decode(off),
        "you took off the whole reconstruction: only the latent's part goes": acts - sae.decode(f),
        "you took off all latents but this one": acts - off @ sae.W_dec,
        "you kept only the latent's part: it is what should go": part,
        "you added the latent's part instead of taking it off": acts + part,
        "b_dec went as well: it belongs to no latent": acts - part - sae.b_dec,
        FORGOT_B_DEC: acts - no_b_dec @ rows,
        "the ReLU is missing: a latent below 0 is off and adds nothing": acts - raw @ rows,
        "you took off the projection: the latent's part is f_i W_dec[i]": acts - (acts @ units.mT) @ units,
        ENCODER: acts - f[..., latents] @ sae.W_enc.T[latents],
        "you switched off just the first latent of the list": acts - first,
        "you switched off just the last latent of the list": acts - last,
        "you set a neuron to 0: a latent is a direction, not a neuron": zeroed(acts, latents),
        "f_i is missing: the latent's part is f_i W_dec[i], not the row alone": acts - rows.sum(0),
        "nothing changed": acts,
    }


def zeroed(acts: torch.Tensor, neurons: list[int]) -> torch.Tensor:
    out = acts.clone()
    out[..., [n for n in neurons if n < acts.shape[-1]]] = 0
    return out


def set_neuron(acts: torch.Tensor, neuron: int, value: float) -> torch.Tensor:
    out = acts.clone()
    if neuron < acts.shape[-1]:
        out[..., neuron] = value
    return out


@exercise(
    "9.6",
    "pin",
    title="Hold a latent on",
    points=2,
    kit=effects.pin,
    hints=(
        "By how much must the latent's activation change to become `value`?",
        "It moves from f_i to `value`, so `acts` moves by (value − f_i) along W_dec[latent], at every token.",
        "`f = sae.encode(acts)[..., latent]`, then `acts + (value - f)[..., None] * sae.W_dec[latent]`.",
    ),
)
def _(attempt: Attempt):
    with attempt.part("a hand-computed case"):
        sae = hand_sae()
        acts = torch.tensor([[3.0, 4, 7], [0, 1, -2]])
        cases = (
            (acts, 10.0, [[11.0, 12, 7], [10, 11, -2]]),
            (acts.flip(0), 1.0, [[1.0, 2, -2], [2, 3, 7]]),
        )
        for acts, value, want in cases:
            got = attempt.call(acts, sae, 0, value)
            attempt.expect_shape(got, (2, 3))
            tried = f"pin({acts.int().tolist()}, sae, 0, {value}) with {HAND_SAE}"
            mistakes = pin_mistakes(acts, sae, 0, value)
            attempt.expect_close(got, torch.tensor(want), tried=tried, mistakes=mistakes)
    for title, shape in (("one sequence", (6, 5)), ("a batch of sequences", (2, 3, 5))):
        with attempt.part(title):
            sae, acts = random_sae(attempt, 5, 8), attempt.rand(*shape) * 4
            latent = int(sae.encode(acts).flatten(0, -2).mean(0).argmax())
            for value in (2.5, 0.0):
                got = attempt.call(acts, sae, latent, value)
                attempt.expect_shape(got, shape)
                f = sae.encode(acts)[..., latent]
                want = acts + (value - f)[..., None] * sae.W_dec[latent]
                tried = f"random activations of shape {shape}, a random SAE, latent={latent}, value={value}"
                mistakes = pin_mistakes(acts, sae, latent, value)
                attempt.expect_close(got, want, tried=tried, mistakes=mistakes, atol=1e-4)


def pin_mistakes(acts, sae: SparseAutoencoder, latent: int, value: float) -> dict[str, torch.Tensor]:
    f, row = sae.encode(acts), sae.W_dec[latent]
    pinned = f.clone()
    pinned[..., latent] = value
    now = f[..., latent, None]
    no_b_dec = torch.relu(acts @ sae.W_enc + sae.b_enc)[..., latent, None]
    right = acts + (value - now) * row
    last_only = torch.cat([acts[..., :-1, :], right[..., -1:, :]], dim=-2)
    return {
        LOST_ERROR: sae.decode(pinned),
        "you added the whole reconstruction: only the latent's part changes": acts + sae.decode(pinned),
        "you added value · W_dec[latent] to what the latent gives already: take f_i off": acts + value * row,
        "you pinned it only where it fires: hold it everywhere": torch.where(now > 0, right, acts),
        "you multiplied the activation by value: it must become value": acts + (value * now - now) * row,
        "the sign is turned round: the change is value − f_i": acts - (value - now) * row,
        FORGOT_B_DEC: acts + (value - no_b_dec) * row,
        ENCODER: acts + (value - now) * sae.W_enc[:, latent],
        "you set a neuron to value: a latent is a direction, not a neuron": set_neuron(acts, latent, value),
        "you changed the last token only: hold the latent on at every token": last_only,
        "you switched the latent off and didn't switch it on again": acts - now * row,
        "you only raised it: where f_i is above `value` it must come down": acts + (value - now).relu() * row,
        "you added f_i instead of taking it off: the change is value − f_i": acts + (value + now) * row,
        "you made the row of W_dec a unit vector: it counts at its own length": acts
        + (value - now) * row / row.norm(),
        "nothing changed": acts,
    }


@exercise(
    "9.7",
    "has_base64_run",
    title="Is there base64 in this sample?",
    points=2,
    kit=proxies.has_base64_run,
    hints=(
        "Cut the text into runs of allowed characters first, then look at each run.",
        "`re.findall(r'[A-Za-z0-9+/]+', text)` gives the runs; a run must be long enough and mixed.",
        "A run passes when `len(run) >= least`, and `any(c.isupper() for c in run)`, and the same with "
        "`islower` and `isdigit`. Return whether any run passes.",
    ),
)
def _(attempt: Attempt):
    long = "aGVsbG8gd29ybGQhIGhlbGxv"  # 24 characters
    fixed = "you wrote 24 into the function: the run must have `least` characters"
    padding = "`=` is not in the alphabet here: it ends a run and doesn't count in its length"
    chunks = (
        "you cut a long run into pieces of `least` characters: look at the whole run, {m,} instead of {m}"
    )
    apart = (
        "mixed is a run as a whole: its capital and its digit may stand more than `least` characters apart"
    )
    between = "between Z and a stand six other characters: write A-Z and a-z, not A-z"
    half, other_half = long[:12], long[12:]
    cases = {
        "a run inside a text": [
            (
                f"data: {long}K and more",
                24,
                True,
                "look at every run: the first one is no base64, the next is",
            ),
            (
                f"one two {long[:10]} three: {long}K\n",
                24,
                True,
                "look at every run, not only at the first ones",
            ),
            ("aB1" * 10 + " " + "x" * 40, 24, True, "a longer run after the mixed one changes nothing"),
            ("x" * 30 + " " + "aB1" * 10, 24, True, "the first long run need not be the mixed one"),
            (f"12 ab\n{long}K", 24, True, "the run may stand on any line of the text"),
            (long, 24, True, "a run of exactly `least` characters is long enough"),
            ("x" * 24 + "A1", 24, True, chunks),
            ("A" + "x" * 30 + "1", 24, True, apart),
            ("ab12CD34", 8, True, fixed),
            ("x = 'ab12CD34'", 8, True, "a run need not stand between spaces: the quotes end it"),
            ("x = 'abc+/DE9'", 8, True, "+ and / belong to the alphabet"),
            (f"+{long[:-1]}", 24, True, "a run may begin with + or /"),
            (f"{long[:-1]}/ is it", 24, True, "a run may end with + or /"),
        ],
        "too short": [
            (long[:-1], 24, False, "a run one character short of `least` must not count"),
            (f"<{long[:-1]}>", 24, False, "< and > end a run and don't count in its length"),
            (f"{long[:-1]}=", 24, False, padding),
            (
                f"{half} {other_half}",
                24,
                False,
                "a space ends a run: you counted characters of the whole text",
            ),
            (f"{half}\n{other_half}", 24, False, "a line break ends a run"),
            (f"{half}-{other_half}", 24, False, "a character outside the alphabet ends a run"),
            *((f"{half}{c}{other_half}", 24, False, between) for c in "[\\]^`"),
            (f"{half}_{other_half}", 24, False, "`_` is not in the alphabet: it ends a run"),
            (f"{half}={other_half}", 24, False, padding),
            (f"{long[:11]}שלום{long[11:22]}", 24, False, "letters of other scripts are not in the alphabet"),
            (long, 30, False, fixed),
            ("", 24, False, "an empty text holds no run"),
        ],
        "long, but not mixed": [
            ("0123456789abcdef0123456789abcdef", 24, False, "hex has no capitals: ask for a mixed run"),
            ("0123456789ABCDEF0123456789ABCDEF", 24, False, "no small letters here: ask for a mixed run"),
            ("Internationalisation" * 2, 24, False, "no digit here: ask for a digit as well"),
            (
                f"AB {'a1' * 15} XYZ",
                24,
                False,
                "capitals elsewhere in the text don't count: look inside the run",
            ),
            ("a1" * 15 + ",XYZ", 24, False, "capitals after the run don't count: look inside the run"),
        ],
    }
    with attempt.part("the text is a run, or begins with one"):
        alone, followed = (holds_run(attempt, text, 24) for text in (f"{long}K", f"{long}K and more"))
        mistake = ""
        if followed and not alone:
            mistake = "you missed a run that ends with the text: no character comes after it to end it"
        if alone and not followed:
            mistake = "the run may stand anywhere in the text"
        attempt.expect(
            alone and followed,
            tried=f"has_base64_run({long + 'K'!r}, 24), and the same with {' and more'!r} after it",
            expected="True and True",
            got=f"{alone} and {followed}",
            mistake=mistake,
        )
    for title, tries in cases.items():
        with attempt.part(title):
            for given, least, want, mistake in tries:
                got = holds_run(attempt, given, least)
                tried = f"has_base64_run({given!r}, {least})"
                attempt.expect(got is want, tried=tried, expected=str(want), got=got, mistake=mistake)


def holds_run(attempt: Attempt, text: str, least: int) -> bool:
    """What the answer says of a text, or a word about what came instead of True or False."""
    got = attempt.call(text, least, allow_none=True)
    if not isinstance(got, (bool, np.bool_)):
        advice = "return True or False: `bool(...)` or `any(...)` makes one"
        if got is None:
            advice += ". None is what a function without `return`, or `match and ...`, gives"
        attempt.fail(expected="True or False", got=got, mistake=advice)
    return bool(got)
