"""Lesson 10's table of widths, for `course sweep benchmarks.widths:widths --seeds 3`.

Seed 0 are the shipped SAEs; for any other seed, SAEs by the same recipes are trained.
"""

import re

import torch
import torch.nn.functional as F

from course_utils import assets
from course_utils.interp import measures, splitting
from course_utils.kit import reseed
from course_utils.lm import data, hooks
from course_utils.lm.corpus import CONTENT_TYPES
from course_utils.lm.tokenizer import token_bytes
from course_utils.sae.metrics import r_squared

NAMES = ("sae-2x", "sae-4x", "sae-8x", "sae-16x")
FIRST = 4


@torch.no_grad()
def widths(seed: int) -> dict[str, float]:
    """What lesson 10 says of four widths: chosen on one pile of text, measured on another."""
    tokenizer, model = assets.load_tokenizer(), assets.load_transformer()
    load = assets.load_sae if seed == 0 else lambda name: reseed.train_sae(name, seed=seed)
    saes = {name: load(name) for name in NAMES}
    twin = assets.load_sae("sae-4x-seed1" if seed == 0 else "sae-4x")
    piles = [data.load("held_out", 100_000, tokenizer, seed=1000 * k + seed) for k in (1, 2)]
    x = [hooks.activations(model, pile.tokens, FIRST) for pile in piles]
    types = [F.one_hot(pile.content_types[:, FIRST:].flatten(), len(CONTENT_TYPES)).float() for pile in piles]
    counted = (types[0].sum(0) >= 50) & (types[1].sum(0) >= 50)
    ids = piles[1].tokens[:, FIRST:].flatten()
    kinds = (r"[A-Z]+", r"[a-z]+", r"[0-9]+")
    vocab = [text.decode("latin-1") for text in token_bytes(tokenizer)]
    kind_of = torch.tensor(
        [next((k for k, kind in enumerate(kinds) if re.fullmatch(kind, text)), 3) for text in vocab]
    )
    base64, dna = (CONTENT_TYPES.index(name) for name in ("base64", "dna"))
    out, before = {}, None
    for name, sae in saes.items():
        code = [sae.encode(part) for part in x]
        best = measures.best_matches(code, types)
        out[f"{name} r2"] = r_squared(x[1], sae.decode(code[1]))
        out[f"{name} l0"] = (code[1] > 0).sum(1).float().mean().item()
        out[f"{name} types_median"] = best.correlation[counted].median().item()
        out[f"{name} base64_best"] = best.correlation[base64].item()
        own = splitting.latents_of(code[0], types[0][:, base64].bool())
        in_base64 = types[1][:, base64].bool()
        by_kind = splitting.share_of_variance(code[1][in_base64][:, own], kind_of[ids[in_base64]])
        out[f"{name} base64_latents"] = len(own)
        out[f"{name} base64_by_kind"] = by_kind.max().item() if len(own) else 0.0
        in_dna = types[1][:, dna].bool()
        heard = splitting.firing_by_token(code[1][in_dna, best.unit[dna]], ids[in_dna])
        out[f"{name} dna_least_heard"] = min(heard.values())
        out[f"{name} dna_best"] = best.correlation[dna].item()
        if before:
            narrow, narrow_code, narrow_best = before
            root = narrow_best.unit[base64]
            line = splitting.masked_cosine(narrow_code[1][:, [root]], code[1])
            out[f"{name} main_line"] = line.max().item()
            rows, bias = splitting.refitted(narrow_code[0], x[0])
            left = x[1] - narrow_code[1] @ rows - bias
            raw = x[1] - narrow.decode(narrow_code[1])

            def novel(residual, f, W_dec):
                return (splitting.stitching_effect(residual, f, W_dec) < 0).float().mean().item()

            out[f"{name} novel"] = novel(left, code[1], sae.W_dec)
            out[f"{name} novel_unrefitted"] = novel(raw, code[1], sae.W_dec)
            out[f"{name} own_again_unrefitted"] = novel(raw, narrow_code[1], narrow.W_dec)
            out[f"{name} own_again"] = novel(left, narrow_code[1], narrow.W_dec)
            if name == "sae-8x":  # into the SAE of 512: another seed's SAE of 512
                out["twin novel"] = novel(left, twin.encode(x[1]), twin.W_dec)
        before = sae, code, best
    return out
