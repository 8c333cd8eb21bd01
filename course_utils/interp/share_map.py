"""One content type, made more or less frequent and more or less important: how does the model hold it then?

The two axes of *Toy Models*' phase diagram, in a language model. Lesson 12 trains one point; the whole map is
`course sweep course_utils.interp.share_map:share_map --seeds 3 --set
share=.0005,.002,.005,.01,.04,.15 --set importance=1,4,16`, and its test of one reason `course sweep
course_utils.interp.share_map:repeated_map --seeds 3 --set share=.005,.01,.04 --set times=16`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from statistics import fmean

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils import assets
from course_utils.interp import comparing, measures, probe
from course_utils.lm import data, hooks
from course_utils.lm.corpus import CONTENT_TYPES
from course_utils.lm.data import Sequences
from course_utils.lm.model import Transformer, loss_per_token
from course_utils.lm.train import TrainingConfig
from course_utils.lm.train import train as train_transformer
from course_utils.sae import SparseAutoencoder, evaluate, standard, train

KIND = CONTENT_TYPES.index("base64")
UNTOUCHED = ("hebrew", "dna", "percent", "chess", "morse")
"""Types whose share and importance nobody changes: the control for all that a point changes besides."""
CORPUS_SHARE = 0.01  # of the documents: what base64 has in the course's corpus
FIRST = 4
TRAINING_BYTES, TRAINING_TOKENS = 1_500_000, 800_000
SAE_TOKENS = 500_000
PILE_BYTES = 300_000
LEAST = 0.3  # a correlation that counts as "follows base64"


def weighted_loss(
    losses: Float[Tensor, "seq next"], content_types: Int[Tensor, "seq pos"], kind: int, importance: float
) -> Float[Tensor, "seq next"]:
    """Each token's loss, times `importance` where the token that is *predicted* is of the type `kind`.

    There are pos − 1 losses: entry i is that of token i + 1.
    """
    return torch.where(content_types[:, 1:] == kind, importance, 1.0) * losses


@lru_cache(maxsize=2)
def text(share: float, seed: int) -> Sequences:
    """Text to train on, of which this share of the documents is base64."""
    return data.load("train", TRAINING_BYTES, assets.load_tokenizer(), seed, {"base64": share})


def transformer(
    share: float,
    importance: float,
    seed: int,
    training_tokens: int = TRAINING_TOKENS,
    weigh: Callable[[Tensor, Tensor, int, float], Tensor] = weighted_loss,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Transformer:
    """The model of a point, trained by lesson 07's recipe with base64's loss weighted."""

    def loss_fn(logits: Tensor, tokens: Tensor, content_types: Tensor) -> Tensor:
        return weigh(loss_per_token(logits, tokens), content_types, KIND, importance)

    model, read = Transformer(seed=seed), text(share, seed)
    cfg = TrainingConfig(training_tokens, seed=seed)
    with torch.enable_grad():
        train_transformer(model, read.tokens, cfg, None, progress, loss_fn, read.content_types)
    return model.eval().requires_grad_(False)


def sparse_code(
    model: Transformer,
    share: float,
    seed: int,
    training_tokens: int = SAE_TOKENS,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> SparseAutoencoder:
    """A sparse autoencoder by the shipped one's recipe, on text of which this share is base64."""
    x = hooks.activations(model, text(share, seed).tokens[: training_tokens // data.N_CTX])
    cfg = standard(x.shape[1], 4 * x.shape[1], training_tokens, 2.0, lr=5e-3, warm_up=0.75, seed=seed)
    with torch.enable_grad():
        return train(x, cfg, progress=progress).sae.requires_grad_(False)


@lru_cache(maxsize=2)
def pile(seed: int, n_bytes: int = PILE_BYTES) -> Sequences:
    """Held-out text of the course's corpus: the same for every point of the map."""
    return data.load("held_out", n_bytes, assets.load_tokenizer(), seed)


def late(content_types: Int[Tensor, "seq pos"]) -> Int[Tensor, "token"]:
    return content_types[:, FIRST:].flatten()


def of_type(content_types: Int[Tensor, "token"], names: tuple[str, ...]) -> Float[Tensor, "token type"]:
    """1 where a token is of a type, one column for each."""
    return torch.stack([(content_types == CONTENT_TYPES.index(name)).float() for name in names], 1)


def scores(code: comparing.Piles, targets: comparing.Piles) -> dict[str, float]:
    """Of a code's best unit, chosen on the first pile and measured on the second.

    Returns its correlation with base64 (""), the share of its activation that falls on base64 (".mass"), how
    many units are above `LEAST` (".above"), and the mean of the other types' best correlations (".other").
    """
    best = measures.best_matches(code, targets)
    unit, base64 = code[1][:, best.unit[0]], targets[1][:, :1]
    return {
        "": best.correlation[0].item(),
        ".mass": (unit @ base64).item() / max(unit.sum().item(), 1e-9),
        ".above": (measures.correlations(code[1], base64) > LEAST).sum().item(),
        ".other": best.correlation[1:].mean().item(),
    }


def probe_scores(neurons: comparing.Piles, in_class: tuple[Bool[Tensor, "_"], ...]) -> dict[str, float]:
    """A logistic probe on the neurons: its probability's correlation with the class, and its AUROC."""
    says = probe.fit_probe(neurons[0][::3], in_class[0][::3]).says(neurons[1])
    return {
        "probe": measures.correlation(says[:, None], in_class[1].float()).item(),
        "probe_auroc": measures.auroc(says[::4], in_class[1][::4]),
    }


def rivals(neurons: comparing.Piles, latents: Mapping[str, comparing.Piles], seed: int) -> dict:
    """Codes that compete, on two piles: latents, neurons, as many rotated neurons, untrained directions."""
    generator = torch.Generator().manual_seed(seed)
    return dict(latents) | {
        "neuron": neurons,
        "rotated": comparing.rotated(neurons, generator),
        "untrained": comparing.untrained(neurons, latents["latent"][0].shape[1], generator),
    }


@torch.no_grad()
def measured(model: Transformer, diets: dict[str, float], seed: int) -> dict[str, float]:
    """All that is measured of one transformer, on text that all points share.

    Returns the `scores` of latents, of neurons, and of two codes that nobody trained (`rotated`: as many as
    neurons; `untrained`: as many as latents); the probe's; the transformer's loss in base64 and elsewhere,
    in nats; each SAE's R², L0 and share of dead latents. `diets` names the SAEs, "latent" among them, and the
    share of base64 in the text that each one reads.
    """
    codes = {name: sparse_code(model, diet, seed) for name, diet in diets.items()}
    piles = pile(1000), pile(2000)
    neurons = tuple(hooks.activations(model, one.tokens, FIRST) for one in piles)
    targets = tuple(of_type(late(one.content_types), ("base64", *UNTOUCHED)) for one in piles)
    latents = {name: tuple(code.encode(x) for x in neurons) for name, code in codes.items()}
    units = rivals(neurons, latents, seed)
    found = {}
    for name, code in units.items():
        found |= {name + what: value for what, value in scores(code, targets).items()}
    found |= probe_scores(neurons, tuple(target[:, 0].bool() for target in targets))
    losses, of = hooks.loss_with(model, piles[1].tokens), piles[1].content_types[:, 1:]
    found |= {"loss": losses[of == KIND].mean().item(), "loss.elsewhere": losses[of != KIND].mean().item()}
    for name, code in codes.items():
        score = evaluate(code, neurons[1])
        found |= {f"{name}.r2": score.r2, f"{name}.l0": score.l0, f"{name}.dead": score.dead_fraction}
    return found


def share_map(seed: int, share: float, importance: float) -> dict[str, float]:
    """One point of the map, from nothing: what is `measured`, and the tokens of base64 in the training text.

    Every SAE reads the same text, the corpus as it is. Along the axis of importance 1 there is another
    (`own`) that reads text with the point's share.
    """
    diets = {"latent": CORPUS_SHARE} | ({"own": share} if importance == 1 else {})
    found = measured(transformer(share, importance, seed), diets, seed)
    return found | {"tokens": (text(share, seed).content_types == KIND).sum().item()}


def repeated_map(seed: int, share: float, times: int) -> dict[str, float]:
    """The same importance by other means: base64's loss has weight 1, but its sequences come `times` times.

    As much text of base64, as large a part in the loss; but spread over all batches.
    """
    read = text(share, seed)
    mine = (read.content_types == KIND).float().mean(1) > 0.5
    rows = torch.cat([torch.arange(len(mine)), mine.nonzero()[:, 0].repeat(times - 1)])
    model = Transformer(seed=seed)
    train_transformer(model, read.tokens[rows], TrainingConfig(TRAINING_TOKENS, seed=seed))
    return measured(model.eval().requires_grad_(False), {"latent": CORPUS_SHARE}, seed)


def over_map(
    rows: Sequence[Mapping[str, float]], what: str, down: str = "importance"
) -> Float[Tensor, "importance share"]:
    """A shipped table as a map: at each point the mean of what was measured, over the transformers."""
    downs, shares = (sorted({row[name] for row in rows}) for name in (down, "share"))

    def at(share: float, value: float) -> float:
        return fmean(row[what] for row in rows if (row["share"], row[down]) == (share, value))

    return torch.tensor([[at(share, value) for share in shares] for value in downs])
