"""The tables of lesson 11 that take longer than a lesson may: who is explained by rules, and how that moves
with λ. `course sweep course_utils.interp.explained:explained_rows --seeds 3` makes the first again.
"""

import copy
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils import assets
from course_utils.interp import effects, explanations, measures, predicates, readable
from course_utils.interp.predicates import Predicate
from course_utils.lm import data, hooks
from course_utils.lm.corpus import CONTENT_TYPES
from course_utils.lm.model import Transformer
from course_utils.lm.shuffled import shuffled
from course_utils.lm.tokenizer import token_bytes
from course_utils.sae import SparseAutoencoder, evaluate, standard, train
from course_utils.sae.metrics import loss_recovered
from course_utils.sae.model import squared_error

FIRST = 4
TRAINING_BYTES = 2_000_000
PILE_BYTES = 250_000
SEQUENCES = 600
"""Of each pile, for rules."""
TOP = 100
"""The tokens on which a unit counts as firing, for detection: those of its largest activations."""


class FrozenDecoder(SparseAutoencoder):
    """A control: directions stay as they were drawn, only reading is learnt. λ is 2.

    Source: arXiv 2602.14111, "frozen decoder".
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.W_dec.requires_grad_(False)

    def loss(self, x: Float[Tensor, "*batch d_in"]) -> Float[Tensor, ""]:
        x_hat, f = self(x)
        return squared_error(x, x_hat) + 2.0 * (f @ self.W_dec.norm(dim=1)).mean()


def sparse_code(
    model: Transformer, l1: float, seed: int, training_tokens: int, frozen: bool = False
) -> SparseAutoencoder:
    """An SAE by the shipped recipe, from fewer activations."""
    tokens = data.load("train", TRAINING_BYTES, assets.load_tokenizer(), seed).tokens
    x = hooks.activations(model, tokens)
    d_in = x.shape[1]
    if not frozen:
        cfg = standard(d_in, 4 * d_in, training_tokens, l1, lr=5e-3, warm_up=0.75, seed=seed)
        return train(x, cfg).sae
    cfg = standard(d_in, 4 * d_in, training_tokens, lr=5e-3, seed=seed)
    with torch.enable_grad():
        return train(x, cfg, lambda generator: FrozenDecoder(d_in, 4 * d_in, 1.0, generator)).sae


def two_piles(seed: int, vocab: Sequence[bytes]) -> tuple[list[Predicate], list[explanations.Pile]]:
    """The bank, and two piles of held-out text: one to find rules on, one to judge them on."""
    tokenizer, generator = assets.load_tokenizer(), torch.Generator().manual_seed(seed)
    piles = []
    for first_seed in (1000, 2000):
        tokens = data.load("held_out", PILE_BYTES, tokenizer, seed=first_seed + seed).tokens
        piles.append(tokens[torch.randperm(len(tokens), generator=generator)[:SEQUENCES]])
    bank = predicates.bank(piles[0], vocab)
    return bank, [explanations.read(tokens, bank, FIRST) for tokens in piles]


@torch.no_grad()
def explained_rows(seed: int, training_tokens: int = 1_000_000, units: int = 128) -> dict[str, float]:
    """Means over units of every score, as "row.score". Rows are codes of the same size or the neurons.

    The three SAEs are trained here by one recipe on as many activations: of the transformer, of it with a
    decoder that stays at random, and of the transformer with its weights shuffled.
    """
    model = assets.load_transformer()
    nonsense, vocab = shuffled(model, seed), token_bytes(assets.load_tokenizer())
    bank, piles = two_piles(seed, vocab)
    real, unreal = ([hooks.activations(m, pile.tokens, FIRST) for pile in piles] for m in (model, nonsense))
    random = SparseAutoencoder(
        real[0].shape[1], 4 * real[0].shape[1], generator=torch.Generator().manual_seed(seed)
    )
    random.b_dec.copy_(real[0].mean(0))
    sparse = random_at_density(random, real[0], 0.05)
    codes = {
        "latents": sparse_code(model, 2.0, seed, training_tokens),
        "untrained": random,
        "untrained, 5 % dense": sparse,
        "frozen decoder": sparse_code(model, 2.0, seed, training_tokens, frozen=True),
    }
    after = [(m.blocks[0]["mlp"]["W_out"], m.ln_final["w"], m.unembed["W_U"]) for m in (model, nonsense)]
    every = torch.eye(real[0].shape[1])
    rows = {name: ([sae.encode(x) for x in real], sae.W_dec, after[0]) for name, sae in codes.items()}
    rows["neurons"] = real, every, after[0]
    of_nonsense = sparse_code(nonsense, 2.0, seed, training_tokens)
    rows["shuffled model, latents"] = (
        [of_nonsense.encode(x) for x in unreal],
        of_nonsense.W_dec,
        after[1],
    )
    rows["shuffled model, neurons"] = unreal, every, after[1]
    found = {}
    for name, (acts, directions, weights) in rows.items():
        chosen = explanations.some_units(*acts, units, seed)
        writes = effects.logit_weights(directions[chosen], *weights)
        scores = row_scores([x[:, chosen] for x in acts], writes, bank, piles, vocab, seed)
        found |= {f"{name}.{score}": value for score, value in scores.items()}
    return found


def random_at_density(code: SparseAutoencoder, x: Float[Tensor, "token d_in"], share: float):
    """The same directions, with biases by which each fires on this share of the tokens."""
    out = copy.deepcopy(code)
    out.b_enc.copy_(-((x - code.b_dec) @ code.W_enc).quantile(1 - share, dim=0))
    return out


def row_scores(
    acts: Sequence[Float[Tensor, "token unit"]],
    writes: Float[Tensor, "unit vocab"],
    bank: Sequence[Predicate],
    piles: Sequence[explanations.Pile],
    vocab: Sequence[bytes],
    seed: int,
) -> dict[str, float]:
    """All scores of some units, each the mean over them; rules from the first pile, judged on the second."""
    search, test = piles
    here = [pile.late(pile.tokens) for pile in piles]
    rules = explanations.search(acts[0], search, bank, vocab)
    says = explanations.said(rules, test)
    follows = explanations.follows(acts[1], says)
    order = torch.randperm(len(rules), generator=torch.Generator().manual_seed(seed))
    long = explanations.search(acts[0], search, bank, vocab, longest=len(vocab))
    top = torch.zeros_like(says).scatter(0, acts[1].topk(TOP, dim=0).indices, True)
    pairs = zip(says.T, top.T, strict=True)
    detected = torch.tensor([explanations.detection(s, t, here[1]) for s, t in pairs]).mean(0)
    means = explanations.token_means(acts[0], here[0], len(vocab))
    left = [x - means[tokens] for x, tokens in zip(acts, here, strict=True)]
    beyond = explanations.follows(
        left[1], explanations.said(explanations.search(left[0], search, bank, vocab), test)
    )
    written = explanations.forecasts(rules, writes, search, len(vocab))
    return {
        "follows": follows.mean().item(),
        "well": (follows > 0.7).float().mean().item(),
        "spearman": explanations.follows(explanations.ranks(acts[1]), says).mean().item(),
        "another's rule": explanations.follows(acts[1], says[:, order]).mean().item(),
        "any list": explanations.follows(acts[1], explanations.said(long, test)).mean().item(),
        "detection": detected[0].item(),
        "look-alikes": detected[1].item(),
        "beyond the token": beyond.mean().item(),
        "well beyond it": (beyond > 0.5).float().mean().item(),
        "writes": written.mean().item(),
        "writes, another's rule": explanations.forecasts(
            [rules[i] for i in order], writes, search, len(vocab)
        )
        .mean()
        .item(),
    }


@torch.no_grad()
def along_lambda(seed: int, l1: float, training_tokens: int = 800_000, units: int = 256) -> dict[str, float]:
    """Of one SAE: L0, R², loss recovered against zeros, and three scores that move with interpretability.

    "follows" and "beyond the token" are means over units as in the other table; "top" is the correlation of
    the best rule with "is among the .3 % of tokens where the unit is largest"; "types" the number of content
    types with a latent whose correlation is above ½.
    """
    model = assets.load_transformer()
    sae = sparse_code(model, l1, seed, training_tokens)
    vocab = token_bytes(assets.load_tokenizer())
    bank, piles = two_piles(seed, vocab)
    neurons = [hooks.activations(model, pile.tokens, FIRST) for pile in piles]
    quality = evaluate(sae, neurons[1])
    some = piles[1].tokens[:200]
    recovered = loss_recovered(
        lambda hook: hooks.loss_with(model, some, hook).mean().item(),
        lambda x: sae(x).x_hat,
        torch.zeros(sae.d_in),
    )
    acts = [sae.encode(x) for x in neurons]
    chosen = explanations.some_units(*acts, units, seed)
    acts = [x[:, chosen] for x in acts]
    here = [pile.late(pile.tokens) for pile in piles]
    means = explanations.token_means(acts[0], here[0], len(vocab))
    left = [x - means[tokens] for x, tokens in zip(acts, here, strict=True)]
    largest = [(x > x.quantile(0.997, dim=0)).float() for x in acts]

    def best_rules(x: Sequence[Tensor]) -> float:
        rules = explanations.search(x[0], piles[0], bank, vocab)
        return explanations.follows(x[1], explanations.said(rules, piles[1])).mean().item()

    types, good = types_found(sae, model, seed)
    return {
        "l0": quality.l0,
        "r2": quality.r2,
        "recovered": recovered,
        "units": len(chosen),
        "follows": best_rules(acts),
        "beyond the token": best_rules(left),
        "top": best_rules(largest),
        "types": types,
        "good types": good,
    }


def types_found(sae: SparseAutoencoder, model: Transformer, seed: int) -> tuple[int, float]:
    """How many content types have a latent of correlation above ½; the share with a good detector."""
    codes, targets, labels, current = [], [], [], []
    for first_seed in (3000, 4000):
        tokens, types = data.load("held_out", PILE_BYTES, assets.load_tokenizer(), seed=first_seed + seed)
        codes.append(sae.encode(hooks.activations(model, tokens, FIRST)))
        labels.append(types[:, FIRST:].flatten())
        current.append(tokens[:, FIRST:].flatten())
        targets.append(torch.nn.functional.one_hot(labels[-1], len(CONTENT_TYPES)).float())
    found = int((measures.best_matches(codes, targets).correlation > 0.5).sum())
    half = min(map(len, codes))
    both = [torch.cat([part[:half] for part in parts]) for parts in (codes, labels, current)]
    return found, readable.readability(*both).good_types
