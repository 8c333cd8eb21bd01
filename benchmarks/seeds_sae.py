"""Do the claims of lessons 08 and 09 that depend on the SAE hold over its seeds?

Trains the shipped SAE's recipe with 20 seeds on the shipped transformer, measures each as the lessons do,
and writes benchmarks/results/seeds_sae.json. `python -m benchmarks.seeds_sae [SEEDS]`; minutes a seed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

from course_utils import assets, sae
from course_utils.assets import make
from course_utils.interp import effects, measures, proxies, text
from course_utils.lm import data
from course_utils.lm.corpus import KIND_NAMES
from course_utils.lm.tokenizer import SEPARATOR, token_bytes

BYTES = 700_000  # a pile of held-out text, as in lesson 09
FIRST = 4  # position from which a token counts there
STEP, SAMPLES = 4, 50  # every fourth sequence for the ablation, samples for each pinning
CLAIMS = {  # name: (floor, True) for at least, (ceiling, False) for at most
    "sae.r2": (0.9, True),
    "sae.loss_recovered_zero": (0.93, True),
    "sae.loss_recovered_mean": (0.93, True),
    "sae.l0": (32, False),
    "sae.dead_fraction": (0.05, False),
    "base64.correlation": (0.8, True),
    "base64.sensitivity": (0.8, True),
    "base64.specificity": (0.8, True),
    "base64.logits_in_alphabet": (0.9, True),
    "base64.ablation_ratio": (5, True),
    "base64.pinned_share": (0.5, True),
    "base64.random_direction_share": (0.05, False),
    "base64.types_beating_neurons": (0.85, True),
}
OUT = Path(__file__).parent / "results" / "seeds_sae.json"


@torch.no_grad()
def main(n_seeds: int = 20) -> None:
    tokenizer, model = assets.load_tokenizer(), assets.load_transformer()
    train_x = sae.activations(model, data.load("train", make.SAE_BYTES, tokenizer, make.SEED).tokens)
    piles = [data.load("held_out", BYTES, tokenizer, seed=seed) for seed in (1000, 2000)]
    acts = [sae.activations(model, pile.tokens, FIRST) for pile in piles]
    kinds = [pile.kinds[:, FIRST:].flatten() for pile in piles]
    targets = tuple(torch.nn.functional.one_hot(k, len(KIND_NAMES)).float() for k in kinds)
    best_neuron = measures.best_matches(tuple(acts), targets).correlation
    base64 = KIND_NAMES.index("base64")
    in_class = [k == base64 for k in kinds]

    test_tokens = piles[1].tokens[:600]
    mean = acts[1].mean(dim=0)
    fills = {"zero": torch.zeros_like(mean), "mean": mean}

    def loss(replace=None) -> float:
        return sae.patched_loss(model, test_tokens, replace)

    vocab = token_bytes(tokenizer)
    in_alphabet = text.tokens_in_alphabet(vocab, proxies.BASE64_ALPHABET)
    after = model.blocks[0]["mlp"]["W_out"], model.ln_final["w"], model.unembed["W_U"]
    some = piles[1].tokens[::STEP]
    here = (piles[1].kinds == base64)[::STEP, FIRST:-1]
    normal = effects.loss_with(model, some)[:, FIRST:]
    prompt = torch.tensor([tokenizer.token_to_id(SEPARATOR), *tokenizer.encode("1,2,3,4,5,6,7,8").ids])

    def share_with_run(hook: effects.Hook) -> float:
        generator = torch.Generator().manual_seed(0)
        drawn = effects.sample(model, prompt, SAMPLES, model.cfg.n_ctx - len(prompt), generator, hook)
        return sum(proxies.has_base64_run(tokenizer.decode(row)) for row in drawn.tolist()) / SAMPLES

    def effect(trained: sae.SparseAutoencoder, latent: int, largest: float) -> dict[str, float]:
        """What the latent does: its logits, its ablation, pinning it and pushing along random directions."""
        top = effects.logit_weights(trained.W_dec[[latent]], *after)[0].topk(20).indices
        ablated = effects.loss_with(model, some, lambda x: effects.ablate(x, trained, latent))
        change = ablated[:, FIRST:] - normal

        def push(seed: int) -> effects.Hook:
            direction = torch.randn(trained.d_in, generator=torch.Generator().manual_seed(seed))
            step = direction / direction.norm() * trained.W_dec[latent].norm() * largest
            return lambda x: x + step

        return {
            "base64.logits_in_alphabet": in_alphabet[top].float().mean().item(),
            "base64.ablation_ratio": (change[here].mean() / change[~here].abs().mean()).item(),
            "base64.pinned_share": share_with_run(lambda x: effects.pin(x, trained, latent, largest)),
            "base64.random_direction_share": sum(share_with_run(push(seed)) for seed in range(2)) / 2,
        }

    def measure(trained: sae.SparseAutoencoder) -> dict[str, float]:
        found = sae.evaluate(trained, acts[1])
        recovered = {
            f"sae.loss_recovered_{name}": sae.loss_recovered(loss, lambda x: trained(x).x_hat, fill)
            for name, fill in fills.items()
        }
        latents = tuple(trained.encode(x) for x in acts)
        best = measures.best_matches(latents, targets)
        latent = int(best.unit[base64])
        threshold = measures.choose_threshold(latents[0][:, latent], in_class[0])
        pair = measures.sensitivity_specificity(latents[1][:, latent], in_class[1], threshold)
        return {
            "sae.r2": found.r2,
            **recovered,
            "sae.l0": found.l0,
            "sae.dead_fraction": found.dead_fraction,
            "base64.correlation": best.correlation[base64].item(),
            "base64.sensitivity": pair[0],
            "base64.specificity": pair[1],
            **effect(trained, latent, latents[0][:, latent].max().item()),
            "base64.types_beating_neurons": (best.correlation > best_neuron).float().mean().item(),
        }

    seeds = {}
    for seed in range(n_seeds):
        seeds[seed] = measure(sae.train(train_x, make.sae_config(train_x.shape[1], seed)).sae)
        print(seed, {name: round(value, 3) for name, value in seeds[seed].items()}, flush=True)
    claims = {}
    for name, (bound, at_least) in CLAIMS.items():
        values = [found[name] for found in seeds.values()]
        holds = sum(value >= bound if at_least else value <= bound for value in values)
        claims[name] = {
            "at_least" if at_least else "at_most": bound,
            "holds": f"{holds} of {n_seeds}",
            "lowest": round(min(values), 4),
            "median": round(sorted(values)[n_seeds // 2], 4),
            "highest": round(max(values), 4),
        }
        print(f"{name:30} {claims[name]}")
    OUT.parent.mkdir(exist_ok=True)
    report = {
        "transformer": assets.manifest()["transformer"]["sha256"],
        "config": repr(make.sae_config(train_x.shape[1], 0)),
        "base64.best_neuron": round(best_neuron[base64].item(), 4),
        "claims": claims,
        "seeds": {k: {n: round(v, 4) for n, v in found.items()} for k, found in seeds.items()},
    }
    OUT.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
