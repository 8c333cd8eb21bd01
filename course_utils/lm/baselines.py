"""What a model must beat: guessing by frequency (unigram), and by the last token alone (bigram)."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

BIGRAM_PRIOR = 20.0  # pseudo-counts


def unigram(tokens: Int[Tensor, "..."], d_vocab: int) -> Float[Tensor, "d_vocab"]:
    """P(b) = (n_b + 1) / (N + d_vocab): no token has probability 0."""
    counts = torch.bincount(tokens.flatten(), minlength=d_vocab).double() + 1
    return counts / counts.sum()


def bigram(
    tokens: Int[Tensor, "seq pos"], d_vocab: int, prior: float = BIGRAM_PRIOR
) -> Float[Tensor, "d_vocab d_vocab"]:
    """P(b | a) = (n_ab + prior * P(b)) / (n_a + prior): the less often a was seen, the more it falls back on
    P(b).

    n_ab counts pairs inside a sequence, n_a = sum_b n_ab. Row a, column b; every row sums to 1.
    """
    pairs = tokens[:, :-1] * d_vocab + tokens[:, 1:]
    counts = torch.bincount(pairs.flatten(), minlength=d_vocab**2).view(d_vocab, d_vocab).double()
    return (counts + prior * unigram(tokens, d_vocab)) / (counts.sum(1, keepdim=True) + prior)


def unigram_loss(p: Float[Tensor, "d_vocab"], tokens: Int[Tensor, "seq pos"]) -> Float[Tensor, "seq pos-1"]:
    """Nats for every token but each sequence's first: the same tokens as `loss_per_token`."""
    return -p.log()[tokens[:, 1:]]


def bigram_loss(
    p: Float[Tensor, "d_vocab d_vocab"], tokens: Int[Tensor, "seq pos"]
) -> Float[Tensor, "seq pos-1"]:
    """Nats for every token but each sequence's first: the same tokens as `loss_per_token`."""
    return -p.log()[tokens[:, :-1], tokens[:, 1:]]


def loss_by_type(
    losses: Float[Tensor, "seq guess"], content_types: Int[Tensor, "seq pos"], n_types: int
) -> Float[Tensor, "type"]:
    """The mean loss, in nats, of the tokens of each content type; 0 for a type without any.

    Loss i is the cost of token i + 1, so it belongs to that token's type.
    """
    target = content_types[:, 1:].flatten()
    total = torch.bincount(target, weights=losses.flatten(), minlength=n_types)
    return total / torch.bincount(target, minlength=n_types).clamp(min=1)
