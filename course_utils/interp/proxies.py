"""Proxies: a score for "is this text of that type?" computed from the text alone, with no label.

M, section "Arabic script feature": a hand-written hypothesis about the text becomes a log-likelihood
ratio, and a latent is judged by how well it follows that ratio.
"""

import base64
import string
from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

BASE64_ALPHABET = string.ascii_letters + string.digits + "+/="


def base64_tokens(
    encode: Callable[[str], list[int]], generator: torch.Generator, strings: int = 2000
) -> Int[Tensor, "token"]:
    """Tokens of base64 of random bytes, 90 bytes per string: what the base64 hypothesis expects to see.

    `encode` is the tokenizer's: text to token ids. No text of the corpus is used.
    """
    noise = torch.randint(0, 256, (strings, 90), dtype=torch.uint8, generator=generator).numpy()
    return torch.tensor([i for row in noise for i in encode(base64.b64encode(row.tobytes()).decode())])


def unigram_log_probs(p: Float[Tensor, "vocab"], tokens: Int[Tensor, "seq pos"]) -> Float[Tensor, "seq pos"]:
    """log p(token), in nats, each token on its own."""
    return p.log().float()[tokens]


def log_likelihood_ratio(
    log_p_class: Float[Tensor, "seq pos"], log_p_corpus: Float[Tensor, "seq pos"], window: int
) -> Float[Tensor, "seq pos"]:
    """log p(the last `window` tokens | class) − log p(the same | corpus), in nats, for every token.

    Takes the log probability of each token under both stories. The window ends at the token itself, because
    the transformer has seen no further. Near the start of a sequence it holds the tokens that there are.
    """
    total = (log_p_class - log_p_corpus).cumsum(-1)
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
