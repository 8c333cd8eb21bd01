"""What lesson 13 measures on more text than a lesson can read: a table each, by `course sweep`.

All of it is about the SAE after layer 8 of SmolLM2, most of it about base64. There are two piles of held-out
text (`make_smollm2.TEXTS`): on "search" one chooses, on "test" one measures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils import assets
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


class Pile(NamedTuple):
    """What SmolLM2 says about a pile, where its stream is no outlier."""

    x: Float[Tensor, "token d_model"]
    types: Int[Tensor, "token"]
    score: Float[Tensor, "token"]
    """The proxy's."""


def read(model, words, pile: str) -> Pile:
    text, x = make_smollm2.stream(model, words, pile)
    kept = directions.ordinary(x.float(), make_smollm2.FACTOR)
    return Pile(x[kept].float(), text.content_types[kept], proxy(words, text.tokens)[kept])


def find(sae: SparseAutoencoder, pile: Pile) -> tuple[int, float]:
    """The latent that follows the proxy best, and its largest activation on the pile."""
    f = sae.encode(pile.x)
    latent = int(measures.correlation(f, (pile.score > 0).float()).argmax())
    return latent, f[:, latent].max().item()


@torch.no_grad()
def smollm2_judged(seed: int) -> dict[str, float]:
    """The latent that the proxy finds in the SAE of this seed, judged, and its rivals beside it."""
    model, words = make_smollm2.load()
    sae = make_smollm2.of_seed(seed)
    (x, types, score), (x_test, types_test, _) = (read(model, words, pile) for pile in ("search", "test"))
    known, truth = is_type(types, "base64"), is_type(types_test, "base64")
    f, f_test = sae.encode(x), sae.encode(x_test)
    by_proxy = measures.correlation(f, (score > 0).float())
    latent = int(by_proxy.argmax())
    acts = f_test[:, latent]
    threshold = measures.choose_threshold(f[:, latent].contiguous(), known)
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
    rows = F.normalize(torch.randn(sae.d_sae, sae.d_in, generator=torch.Generator().manual_seed(seed)), dim=1)
    mean, bias = x.mean(0), torch.zeros(sae.d_sae)
    if cut is not None:
        sample = ((x[::16] - mean) @ rows.T).sort(0, descending=True).values
        place = ((cut > 0).float().mean(0) * (len(sample) - 1)).round().long()
        bias = sample.gather(0, place[None])[0]
    return lambda acts: ((acts - mean) @ rows.T - bias).relu()


@torch.no_grad()
def smollm2_neurons(seed: int, layers: int = 16, every: int = 10) -> dict[str, float]:
    """The neuron that follows base64 best in each of the first `layers` layers: chosen, then measured.

    On every tenth sequence of each pile; another seed is another text. The correlations are summed up as it
    goes by: all neurons of all tokens would be tens of gigabytes. Beside base64, every type of text
    that both piles have: the best neuron of the SAE's layer, and the best latent of the shipped SAE.
    """
    model, words = make_smollm2.load()
    sae, found = assets.load_sae(make_smollm2.NAME), []
    for pile in ("search", "test"):
        text = make_smollm2.text(words, pile, other=seed)
        tokens, types = (part[::every] for part in text)
        found.append(streamed(model, sae, tokens, types, range(layers)))
    neurons = [neurons for neurons, _ in found]
    chosen, measured = (one[..., CONTENT_TYPES.index("base64")] for one in neurons)
    best = chosen.argmax(1)
    by_layer = measured.gather(1, best[:, None])[:, 0]
    row = {f"layer {layer}": value for layer, value in enumerate(by_layer.tolist())}
    layer = int(chosen.amax(1).argmax())
    row |= {"best layer": layer, "best of all": by_layer[layer].item()}
    row |= by_type("neuron", *(one[make_smollm2.LAYER] for one in neurons))
    return row | by_type("latent", *(latents for _, latents in found))


def by_type(
    unit: str, chosen: Float[Tensor, "unit type"], measured: Float[Tensor, "unit type"]
) -> dict[str, float]:
    """Of each type that both piles have: how the unit that follows it best on one follows it on the other."""
    here = chosen.any(0) & measured.any(0)
    values = measured.gather(0, chosen.argmax(0, keepdim=True))[0].tolist()
    named = zip(CONTENT_TYPES, values, here, strict=True)
    return {f"{unit}, {name}": value for name, value, is_here in named if is_here}


def streamed(
    model, sae, tokens: Int[Tensor, "seq pos"], types: Int[Tensor, "seq pos"], layers: Sequence[int]
) -> tuple[Float[Tensor, "layer neuron type"], Float[Tensor, "latent type"]]:
    """Correlations with every type of text: of all neurons of these layers, and of the SAE's latents.

    The neurons' over all tokens; the latents' too, but they count as silent where the stream is an outlier.
    """
    sums = [Sums(model.cfg.d_mlp) for _ in layers]
    latents = Sums(sae.d_sae)
    for part, kinds in zip(tokens.split(make_smollm2.CHUNK), types.split(make_smollm2.CHUNK), strict=True):
        truth = F.one_hot(kinds.flatten(), len(CONTENT_TYPES)).float()

        def of_latents(x: Tensor, truth=truth) -> Tensor:
            f = sae.encode(x) * directions.ordinary(x, make_smollm2.FACTOR)[..., None]
            latents.add(f.flatten(0, 1), truth)
            return x

        hooks = {
            f"blocks.{layer}.mlp.hook_post": lambda acts, total=total, truth=truth: total.add(acts, truth)
            for layer, total in zip(layers, sums, strict=True)
        }
        model(part, hooks | {make_smollm2.HOOK: of_latents}, stop_at_layer=max(layers) + 1)
    return torch.stack([total.correlations() for total in sums]), latents.correlations()


class Sums:
    """What correlations of units with types are made of, summed up in float64 as text goes by."""

    def __init__(self, units: int):
        self.tokens = 0
        self.of_types = torch.zeros(len(CONTENT_TYPES), dtype=torch.float64)
        self.of_units, self.squares = torch.zeros(2, units, dtype=torch.float64)
        self.products = torch.zeros(units, len(CONTENT_TYPES), dtype=torch.float64)

    def add(self, acts: Float[Tensor, "*batch unit"], truth: Float[Tensor, "token type"]) -> Tensor:
        """Count these in. Returns `acts`, as a hook does."""
        a = acts.flatten(0, -2)
        self.tokens += len(a)
        self.of_types += truth.sum(0)
        self.of_units += a.sum(0)
        self.squares += a.square().sum(0)
        self.products += a.T @ truth
        return acts

    def correlations(self) -> Float[Tensor, "unit type"]:
        p, mean = self.of_types / self.tokens, self.of_units / self.tokens
        spread = (self.squares / self.tokens - mean**2)[:, None] * (p * (1 - p))
        covariance = self.products / self.tokens - mean[:, None] * p
        return (covariance / spread.clamp_min(1e-20).sqrt()).float()
