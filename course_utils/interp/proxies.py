"""Proxies: a score for "is this text of that kind?" computed from the text alone, with no label.

M, section "Arabic script feature": a hand-written hypothesis about the text becomes a log-likelihood
ratio, and a latent is judged by how well it follows that ratio.
"""

from __future__ import annotations

import base64
import string
from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

BASE64_ALPHABET = string.ascii_letters + string.digits + "+/="


def token_log_probs(tokens: Int[Tensor, "..."], n_vocab: int) -> Float[Tensor, "vocab"]:
    """Log probability, in nats, of each token on its own: counts plus one half, divided by their sum."""
    counts = torch.bincount(tokens.flatten(), minlength=n_vocab).float() + 0.5
    return counts.log() - counts.sum().log()


def base64_token_log_probs(
    encode: Callable[[str], list[int]], n_vocab: int, generator: torch.Generator, strings: int = 2000
) -> Float[Tensor, "vocab"]:
    """The base64 hypothesis: token frequencies in base64 of random bytes, 45 bytes a string.

    `encode` is the tokenizer's: text to token ids. No text of the corpus is used.
    """
    noise = torch.randint(0, 256, (strings, 45), dtype=torch.uint8, generator=generator).numpy()
    ids = [i for row in noise for i in encode(base64.b64encode(row.tobytes()).decode())]
    return token_log_probs(torch.tensor(ids), n_vocab)


def log_likelihood_ratio(
    tokens: Int[Tensor, "seq pos"],
    log_p_class: Float[Tensor, "vocab"],
    log_p_corpus: Float[Tensor, "vocab"],
    window: int,
) -> Float[Tensor, "seq pos"]:
    """log p(the last `window` tokens | class) − log p(the same | corpus), in nats.

    Tokens are taken as independent, so the ratio is a sum over tokens.
    The window ends at the token itself, because the transformer has seen no further. Near the start of a
    sequence it holds the tokens that there are.
    """
    ratio = (log_p_class - log_p_corpus)[tokens]
    total = ratio.cumsum(-1)
    total[..., window:] -= total[..., :-window].clone()
    return total


def has_base64_run(text: str, least: int = 24) -> bool:
    """Whether `least` characters in a row are of its alphabet, with capitals, small letters and digits."""
    run = ""
    for character in text + " ":
        if character.isascii() and (character.isalnum() or character in "+/"):
            run += character
            continue
        if len(run) >= least and looks_mixed(run):
            return True
        run = ""
    return False


def looks_mixed(run: str) -> bool:
    """Capitals, small letters and digits: what base64 has, and a long word or a hex string hasn't."""
    return any(c.isupper() for c in run) and any(c.islower() for c in run) and any(c.isdigit() for c in run)
