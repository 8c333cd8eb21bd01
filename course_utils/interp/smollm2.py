"""What lesson 13 measures on more text than a lesson can read: a table each, by `course sweep`.

All of it is about base64 and the SAE after layer 8 of SmolLM2. There are two piles of held-out text
(`make_smollm2.TEXTS`): on "search" one chooses, on "test" one measures.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils.assets import make_smollm2
from course_utils.interp import measures, probe, proxies
from course_utils.lm import baselines
from course_utils.lm.corpus import CONTENT_TYPES
from course_utils.pretrained import directions
from course_utils.sae import SparseAutoencoder, evaluate

WINDOW = 16
CONTROLS = ["hex", "rot13", "uuid", "alphanumeric", "iban"]


def proxy(words, tokens: Int[Tensor, "seq pos"]) -> Float[Tensor, "seq pos"]:
    """Lesson 09's score without labels: how much likelier the last WINDOW tokens are as base64, in nats."""
    made = proxies.base64_tokens(lambda s: words.encode(s).ids, torch.Generator().manual_seed(0))
    stories = [baselines.unigram(seen, words.get_vocab_size()) for seen in (made, tokens)]
    logs = [proxies.unigram_log_probs(p, tokens) for p in stories]
    return proxies.log_likelihood_ratio(*logs, WINDOW)


def is_type(content_types: Int[Tensor, "*batch"], name: str) -> Bool[Tensor, "*batch"]:
    return content_types == CONTENT_TYPES.index(name)


@torch.no_grad()
def smollm2_judged(seed: int) -> dict[str, float]:
    """The latent that the proxy finds in the SAE of this seed, judged, and its rivals beside it."""
    model, words = make_smollm2.load()
    sae = make_smollm2.of_seed(seed)
    piles = []
    for pile in ("search", "test"):
        sequences, x = make_smollm2.stream(model, words, pile)
        kept = directions.ordinary(x.float(), make_smollm2.FACTOR)
        score = proxy(words, sequences.tokens)[kept]
        piles.append((x[kept].float(), sequences.content_types[kept], score))
    (x, types, score), (x_test, types_test, _) = piles
    known, truth = is_type(types, "base64"), is_type(types_test, "base64")
    f, f_test = sae.encode(x), sae.encode(x_test)
    by_proxy = measures.correlation(f, (score > 0).float())
    latent = int(by_proxy.argmax())
    acts = f_test[:, latent]
    threshold = measures.choose_threshold(f[:, latent], known)
    sensitivity, specificity = measures.sensitivity_specificity(acts, truth, threshold)
    score = evaluate(sae, x_test)
    found = {
        "latent": latent,
        "best by label": int(measures.correlation(f, known.float()).argmax()),
        "largest": f[:, latent].max().item(),
        "correlation": _follows(acts, truth),
        "sensitivity": sensitivity,
        "specificity": specificity,
        "auroc": measures.auroc(acts, truth),
        "r2": score.r2,
        "l0": score.l0,
        "dead": score.dead_fraction,
        "left out": 1 - len(x_test) / make_smollm2.TEXTS["test"].tokens,
    }
    found |= {name: _follows(acts, is_type(types_test, name)) for name in CONTROLS}
    rivals = {
        "untrained": _untrained(sae, x, seed, cut=None),
        "untrained, as rare": _untrained(sae, x, seed, f),
    }
    for name, code in rivals.items():
        best = int(measures.correlation(code(x), known.float()).argmax())
        found[name] = _follows(code(x_test)[:, best], truth)
    said = probe.fit_probe(x, known).says(x_test)
    along = x_test @ directions.difference_of_means(x, known)
    for name, told in (("probe", said), ("difference of means", along)):
        found |= {name: _follows(told, truth), f"{name}, auroc": measures.auroc(told, truth)}
    return found


def _follows(acts: Float[Tensor, "token"], truth: Bool[Tensor, "token"]) -> float:
    return measures.correlation(acts[:, None], truth.float()).item()


def _untrained(sae: SparseAutoencoder, x: Tensor, seed: int, cut: Tensor | None):
    """As many random directions with a ReLU; with `cut`, each so high that it fires as often as a latent."""
    rows = torch.nn.functional.normalize(
        torch.randn(sae.d_sae, sae.d_in, generator=torch.Generator().manual_seed(seed)), dim=1
    )
    mean, bias = x.mean(0), torch.zeros(sae.d_sae)
    if cut is not None:
        sample = ((x[::16] - mean) @ rows.T).sort(0, descending=True).values
        place = ((cut > 0).float().mean(0) * (len(sample) - 1)).round().long()
        bias = sample.gather(0, place[None])[0]
    return lambda acts: ((acts - mean) @ rows.T - bias).relu()


@torch.no_grad()
def smollm2_neurons(seed: int, layers: int = 16, sequences: int = 240) -> dict[str, float]:
    """The neuron of each of the first `layers` layers that follows base64 best: chosen, then measured.

    The correlations are summed up as the text goes by: all neurons of all tokens would be tens of gigabytes.
    """
    model, words = make_smollm2.load()
    found = []
    for pile in ("search", "test"):
        text = make_smollm2.text(words, pile)
        found.append(_correlations(model, *(part[:sequences] for part in text), layers))
    chosen, measured = found
    best = chosen.argmax(1)
    by_layer = measured.gather(1, best[:, None])[:, 0]
    row = {f"layer {layer}": value for layer, value in enumerate(by_layer.tolist())}
    layer = int(chosen.amax(1).argmax())
    return row | {"best layer": layer, "best of all": by_layer[layer].item()}


def _correlations(model, tokens: Tensor, types: Tensor, layers: int) -> Float[Tensor, "layer neuron"]:
    """Of every neuron with base64, over all tokens."""
    truth = is_type(types, "base64").double()
    sums = torch.zeros(3, layers, model.cfg.d_mlp, dtype=torch.float64)

    def keep(layer: int, y: Tensor):
        def hook(acts: Tensor) -> Tensor:
            a = acts.flatten(0, 1).double()
            sums[:, layer] += torch.stack([a.sum(0), a.square().sum(0), y @ a])
            return acts

        return hook

    for part, y in zip(tokens.split(make_smollm2.CHUNK), truth.split(make_smollm2.CHUNK), strict=True):
        hooks = {f"blocks.{layer}.mlp.hook_post": keep(layer, y.flatten()) for layer in range(layers)}
        model(part, hooks, stop_at_layer=layers)
    n, p = truth.numel(), truth.mean()
    mean = sums[0] / n
    spread = ((sums[1] / n - mean**2) * p * (1 - p)).clamp_min(1e-20).sqrt()
    return ((sums[2] / n - mean * p) / spread).float()
