"""One latent in a narrow dictionary, several in a wider one: who became whom, and what is new.

Units are columns, tokens are rows; the same tokens for both dictionaries.
"""

import base64
import binascii
import string
from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

PRINTABLE = frozenset(string.printable.encode())


def masked_cosine(narrow: Float[Tensor, "token a"], wide: Float[Tensor, "token b"]) -> Float[Tensor, "a b"]:
    """The cosine of two latents' activations over the tokens where the narrow one fires.

    It is 1 for a wide latent that does there what the narrow one does, whatever it does elsewhere. 0 where
    one of the two is silent on these tokens. Not symmetric. M, section "Feature splitting".
    """
    products = narrow.T @ wide
    of_wide = (narrow > 0).to(wide).T @ wide.square()  # squared lengths over the tokens that count
    lengths = (narrow.square().sum(0)[:, None] * of_wide).sqrt()
    return torch.where(lengths > 0, products / lengths.clamp_min(1e-12), 0.0)


def latents_of(
    acts: Float[Tensor, "token unit"], in_class: Bool[Tensor, "token"], share: float = 0.15, times: float = 20
) -> list[int]:
    """The units that belong to a class: each fires on at least `share` of its tokens, and at least `times` as
    often inside the class as outside.

    A ratio of two rates, unlike a share of the firing, doesn't depend on how common the class is.
    """
    inside, outside = ((acts[part] > 0).float().mean(0) for part in (in_class, ~in_class))
    return ((inside >= share) & (inside >= times * outside)).nonzero()[:, 0].tolist()


def firing_by_token(
    acts: Float[Tensor, "token"], tokens: Int[Tensor, "token"], least: int = 25
) -> dict[int, float]:
    """How often a unit fires on each kind of token, of those that come `least` times or more."""
    kinds, counts = tokens.unique(return_counts=True)
    return {
        kind: (acts[tokens == kind] > 0).float().mean().item()
        for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True)
        if count >= least
    }


def stitching_effect(
    residual: Float[Tensor, "token d_in"], f: Float[Tensor, "token b"], W_dec: Float[Tensor, "b d_in"]
) -> Float[Tensor, "b"]:
    """What putting one more latent into another dictionary does to its squared error, for each alone.

    `residual` is x − x̂ of that dictionary, `f` and `W_dec` are the newcomers'. Below 0 the error falls:
    the latent is novel. Above 0 it rises: what the latent says was said already. The mean over tokens of
    ‖residual − fᵢ dᵢ‖² − ‖residual‖². Leask et al. (2025), https://arxiv.org/abs/2502.04878, section 4.
    """
    sizes = f.square().mean(0) * W_dec.square().sum(1)
    overlap = (f.T @ residual * W_dec).sum(1) / len(f)  # mean over tokens of fᵢ dᵢ·residual
    return sizes - 2 * overlap


def refinement(
    codes: Sequence[Float[Tensor, "token _"]], roots: Sequence[int], least: float
) -> list[list[tuple[int, int, float]]]:
    """The graph of what becomes of some latents: for each step to the next wider code its edges.

    An edge is (narrow latent, wide latent, masked cosine), kept where the cosine is `least` or more. The
    first step starts at `roots`, each further one where the one before arrived.
    """
    steps, now = [], list(roots)
    for narrow, wide in pairwise(codes):
        cosines = masked_cosine(narrow[:, now], wide)
        found = [(now[i], j, cosines[i, j].item()) for i, j in (cosines >= least).nonzero().tolist()]
        steps.append(found)
        now = sorted({j for _, j, _ in found})
    return steps


def share_of_variance(
    acts: Float[Tensor, "token unit"], group: Int[Tensor, "token"]
) -> Float[Tensor, "unit"]:
    """η²: the share of each unit's variance that lies between the groups of tokens. 0 for a constant."""
    member = torch.nn.functional.one_hot(group).to(acts)
    count = member.sum(0)
    means = member.T @ acts / count[:, None].clamp_min(1)
    between = (count[:, None] * (means - acts.mean(0)).square()).sum(0)
    total = (acts - acts.mean(0)).square().sum(0)
    return torch.where(total > 0, between / total.clamp_min(1e-12), 0.0)


def decodes_to_text(run: bytes, least: float = 0.95) -> bool:
    """Whether a piece of base64 holds text: `least` of the bytes that it decodes to are printable ASCII.

    The piece may begin inside a group of four, so all four beginnings are tried. Random bytes are printable
    with a share of .39; a piece of fewer than 12 bytes says nothing, and is no text.
    """
    run = bytes(c for c in run if c not in b"\r\n \t")
    for skip in range(4):
        piece = run[skip:].rstrip(b"=")
        piece = piece[: len(piece) // 4 * 4]
        try:
            data = base64.b64decode(piece, validate=True)
        except binascii.Error:
            continue
        if len(data) >= 12 and sum(byte in PRINTABLE for byte in data) >= least * len(data):
            return True
    return False


def holds_text(
    tokens: Int[Tensor, "seq pos"], is_base64: Bool[Tensor, "seq pos"], vocab: Sequence[bytes]
) -> Bool[Tensor, "seq pos"]:
    """For each token of base64, whether the whole piece of it in its sequence decodes to text."""
    out = torch.zeros_like(is_base64)
    for row, (ids, mask) in enumerate(zip(tokens.tolist(), is_base64.tolist(), strict=True)):
        start = 0
        while start < len(ids):
            end = start
            # a separator (token 0) begins another document
            while end < len(ids) and mask[end] and (end == start or ids[end] != 0):
                end += 1
            if end > start:
                out[row, start:end] = decodes_to_text(b"".join(vocab[i] for i in ids[start:end]))
            start = max(end, start + 1)
    return out


def refitted(
    f: Float[Tensor, "token a"], x: Float[Tensor, "token d_in"]
) -> tuple[Float[Tensor, "a d_in"], Float[Tensor, "d_in"]]:
    """Decoder rows and bias that reconstruct x best from the code f, by least squares: no shrinkage is left.

    What remains of x is then at right angles to the code: none of its own latents could improve it.
    """
    mean_f, mean_x = f.mean(0), x.mean(0)
    centred = f - mean_f
    gram = (centred.T @ centred).double()
    gram.diagonal().add_(1e-6 * gram.diagonal().mean() + 1e-12)  # a latent that never fires gets a row of 0
    rows = torch.linalg.solve(gram, (centred.T @ (x - mean_x)).double()).to(f)
    return rows, mean_x - mean_f @ rows
