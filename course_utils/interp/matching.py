"""Do two dictionaries hold the same latents? Each one's best partner in the other, and who chooses whom back.

M, section "Universality", matches latents by their activations on the same tokens. One can match them by what
they write as well: by decoder rows (of one model), logit weights, or attribution vectors.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def mutual_matches(
    similarity: Float[Tensor, "a b"], least: float = 0.7
) -> tuple[Int[Tensor, "pair"], Int[Tensor, "pair"]]:
    """The pairs that choose each other, with a similarity above `least`: their numbers in A, and in B.

    Each unit of A is in one pair at most, and so is each of B.
    """
    partner, back = similarity.argmax(1), similarity.argmax(0)
    chosen = back[partner] == torch.arange(len(partner))
    a = (chosen & (similarity.amax(1) > least)).nonzero()[:, 0]
    return a, partner[a]


def cosines(a: Float[Tensor, "a d"], b: Float[Tensor, "b d"]) -> Float[Tensor, "a b"]:
    """The cosine of every row of `a` with every row of `b`."""
    return F.normalize(a, dim=1) @ F.normalize(b, dim=1).T


def attribution(
    acts: Float[Tensor, "token unit"],
    logit_weights: Float[Tensor, "unit vocab"],
    following: Int[Tensor, "token"],
) -> Float[Tensor, "token unit"]:
    """What each unit did for the token that came: its activation times its logit weight for that token.

    M's remedy for logit weights, which also carry what a unit writes by interference: here they count only
    where the unit fires, and for tokens that come.
    """
    return acts * logit_weights.T[following]
