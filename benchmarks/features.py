"""Lesson 10's quantities on what is shipped, beside their controls, from which its thresholds were set.

    course sweep benchmarks.features:units --seeds 3
    course sweep benchmarks.features:lottery --seeds 3

A seed draws the text and the random directions; the transformers and the SAEs are the shipped ones.
"""

import torch
import torch.nn.functional as F

from course_utils import assets
from course_utils.interp import comparing, effects, matching, measures, predicates
from course_utils.lm import data, hooks
from course_utils.lm.corpus import CONTENT_TYPES
from course_utils.lm.shuffled import shuffled
from course_utils.lm.tokenizer import token_bytes

N_BYTES, FIRST = 140_000, 4


def late(x):
    return x[:, FIRST:].flatten()


@torch.no_grad()
def units(seed: int) -> dict[str, float]:
    """Sections 1 and 2: types by three statistics, predicates by kind, invisible and named."""
    tokenizer, model = assets.load_tokenizer(), assets.load_transformer()
    sae, sae_shuffled = assets.load_sae("sae-4x"), assets.load_sae("sae-4x-shuffled")
    vocab, generator = token_bytes(tokenizer), torch.Generator().manual_seed(seed)
    piles = [data.load("held_out", N_BYTES, tokenizer, seed=s + seed) for s in (1000, 2000)]
    neurons = tuple(hooks.activations(model, pile.tokens, FIRST) for pile in piles)
    other = tuple(hooks.activations(shuffled(model), pile.tokens, FIRST) for pile in piles)
    codes = {
        "latents": tuple(map(sae.encode, neurons)),
        "neurons": neurons,
        "untrained": comparing.untrained(neurons, sae.d_sae, generator),
        "5% dense": comparing.untrained(neurons, sae.d_sae, generator, 0.05),
        "rotated": comparing.rotated(neurons, generator),
        "shuffled": tuple(map(sae_shuffled.encode, other)),
    }
    types = tuple(F.one_hot(late(pile.content_types), len(CONTENT_TYPES)).float() for pile in piles)
    scores = {name: comparing.best_units(code, types) for name, code in codes.items()}
    before = (neurons[1] - sae.b_dec) @ sae.W_enc + sae.b_enc  # the latents, before their ReLU
    scores["before relu"] = comparing.best_units((codes["latents"][0], before), types)
    out = {}
    for name, one in scores.items():
        for what in ("correlation", "break_even", "auroc"):
            values, rival = getattr(one, what), getattr(scores["neurons"], what)
            out[f"{name}.{what}"] = values.median().item()
            out[f"{name}.{what}_above_neurons"] = comparing.share_above(values, rival)
    bank = predicates.bank(piles[0].tokens, vocab)
    holds = [predicates.table(bank, pile.tokens, FIRST) for pile in piles]
    kept = ((holds[0].sum(1) >= 100) & (holds[1].sum(1) >= 100)).nonzero()[:, 0].tolist()
    kinds = [bank[i].kind for i in kept]
    holds = tuple(table[kept, ::2].T.float() for table in holds)
    half = {name: tuple(x[::2] for x in code) for name, code in codes.items()}
    for name, code in half.items():
        by_kind = comparing.best_by_kind(code, holds, kinds)
        out |= {f"{name}.{kind}": value for kind, value in by_kind.items()}
    context = [i for i, kind in enumerate(kinds) if kind not in ("token", "class")]
    tokens = [late(pile.tokens)[::2] for pile in piles]
    statements = tuple(
        comparing.context_part(torch.cat([h[:, context], t[::2]], 1), here)
        for h, t, here in zip(holds, types, tokens, strict=True)
    )
    for name, code in half.items():
        rest = tuple(comparing.context_part(x, here) for x, here in zip(code, tokens, strict=True))
        neighbours = other[1][::2] if name == "shuffled" else half["neurons"][1]
        near = comparing.nearest(code[1], code[1] if name == "neurons" else neighbours)
        named = comparing.best_names(rest, statements).correlation
        out[f"{name}.invisible"] = (near < 0.3).float().mean().item()
        for least in (0.3, 0.4, 0.5):
            out[f"{name}.named_{least}"] = (named > least).float().mean().item()
            out[f"{name}.invisible_named_{least}"] = ((near < 0.3) & (named > least)).float().mean().item()
    return out


@torch.no_grad()
def lottery(seed: int) -> dict[str, float]:
    """Section 6: two seeds of an SAE, two transformers, and what nobody trained."""
    tokenizer = assets.load_tokenizer()
    models = [assets.load_transformer(), assets.load_transformer("transformer-b")]
    text = data.load("held_out", N_BYTES // 2, tokenizer, seed=1000 + seed).tokens
    here, following = late(text[:, :-1]), late(text[:, 1:])
    generator = torch.Generator().manual_seed(seed)
    out = {}

    def acts_of(model):
        return hooks.activations(model, text[:, :-1], FIRST)

    neurons = [acts_of(model) for model in models]
    one, two = assets.load_sae("sae-4x"), assets.load_sae("sae-4x-seed1")
    drawn = torch.randn(2, *one.W_dec.shape, generator=generator)
    for name, (a, b) in {"seeds": (one.W_dec, two.W_dec), "random": drawn}.items():
        out[f"{name}.mutual"] = len(matching.mutual_matches(matching.cosines(a, b))[0]) / len(a)
        out[f"{name}.median_cosine"] = matching.cosines(a, b).amax(1).median().item()
    fires = one.encode(neurons[0]), two.encode(neurons[0])
    rows, _ = matching.mutual_matches(matching.cosines(one.W_dec, two.W_dec))
    often = (fires[0] > 0).float().mean(0)
    found = torch.zeros(len(often)).index_fill_(0, rows, 1.0)
    rare = often <= often.median()
    out["seeds.mutual_rare"], out["seeds.mutual_often"] = (
        found[rare].mean().item(),
        found[~rare].mean().item(),
    )
    out["seeds.activations"] = measures.correlations(*fires).amax(1).median().item()

    pairs = {
        "latents": [
            assets.load_sae(n).encode(x)
            for n, x in zip(("sae-4x-sparse", "sae-4x-sparse-b"), neurons, strict=True)
        ],
        "neurons": neurons,
        "5% dense": [comparing.untrained((x, x), 512, generator, 0.05)[0] for x in neurons],
        "1% dense": [comparing.untrained((x, x), 512, generator, 0.01)[0] for x in neurons],
    }
    nothing = [acts_of(shuffled(model)) for model in models]
    names = "sae-4x-sparse-shuffled", "sae-4x-sparse-shuffled-b"
    pairs["shuffled"] = [assets.load_sae(n).encode(x) for n, x in zip(names, nothing, strict=True)]
    for name, (a, b) in pairs.items():
        alive = a.any(0)
        out[f"{name}.across"] = measures.correlations(a, b).amax(1)[alive].median().item()
        rest = measures.correlations(comparing.context_part(a, here), comparing.context_part(b, here))
        out[f"{name}.across_without_token"] = rest.amax(1)[alive].median().item()

    saes = [assets.load_sae(n) for n in ("sae-4x-sparse", "sae-4x-sparse-b")]
    weights = [
        effects.logit_weights(s.W_dec, m.blocks[0]["mlp"]["W_out"], m.ln_final["w"], m.unembed["W_U"])
        for s, m in zip(saes, models, strict=True)
    ]
    a, b = matching.mutual_matches(measures.correlations(*pairs["latents"]), 0.7)
    out["pairs"] = len(a) / 512
    x, y = (w[rows].T.contiguous() for w, rows in zip(weights, (a, b), strict=True))
    out["pairs.logits"] = measures.correlations(x, y).diagonal().median().item()
    did = [
        matching.attribution(f[:, rows], w[rows], following)
        for f, w, rows in zip(pairs["latents"], weights, (a, b), strict=True)
    ]
    out["pairs.attribution"] = measures.correlations(*did).diagonal().median().item()
    strangers = [  # the same activations, each with another latent's logit weights
        matching.attribution(f[:, rows], w[rows][torch.randperm(len(rows), generator=generator)], following)
        for f, w, rows in zip(pairs["latents"], weights, (a, b), strict=True)
    ]
    out["pairs.attribution_strangers"] = measures.correlations(*strangers).diagonal().median().item()
    out["pairs.activations"] = measures.correlations(*pairs["latents"])[a, b].median().item()
    return out
