"""Documents as token sequences, with the content type of every token."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Int
from tokenizers import Tokenizer
from torch import Tensor

from course_utils.lm.corpus import CONTENT_TYPES, Document, documents
from course_utils.lm.tokenizer import SEPARATOR

N_CTX = 64


class Sequences(NamedTuple):
    """Token sequences. A sequence may end one document and begin the next."""

    tokens: Int[Tensor, "seq pos"]
    content_types: Int[Tensor, "seq pos"]
    """Each token's place in CONTENT_TYPES. A separator has the type of the document after it."""


def sequences(
    docs: Sequence[Document], tokenizer: Tokenizer, n_ctx: int = N_CTX, separator: str = SEPARATOR
) -> Sequences:
    """The documents one after another, a separator before each, cut into sequences of `n_ctx` tokens."""
    number = {name: i for i, name in enumerate(CONTENT_TYPES)}
    encoded = tokenizer.encode_batch_fast([separator + doc.text for doc in docs])
    tokens = torch.cat([torch.tensor(e.ids) for e in encoded])
    lengths = torch.tensor([len(e.ids) for e in encoded])
    content_types = torch.tensor([number[doc.content_type] for doc in docs]).repeat_interleave(lengths)
    length = len(tokens) // n_ctx * n_ctx
    return Sequences(tokens[:length].view(-1, n_ctx), content_types[:length].view(-1, n_ctx))


def load(
    split: str,
    n_bytes: int,
    tokenizer: Tokenizer,
    seed: int = 0,
    fixed: Mapping[str, float] | None = None,
) -> Sequences:
    """Sequences of about `n_bytes` of corpus (some 1.7 bytes per token): see `corpus.documents` for the
    arguments.
    """
    return sequences(documents(n_bytes, split, seed, fixed), tokenizer)


def token_shares(content_types: Int[Tensor, "seq pos"]) -> dict[str, float]:
    """Each content type's share of the tokens."""
    counts = torch.bincount(content_types.flatten(), minlength=len(CONTENT_TYPES)).double()
    return dict(zip(CONTENT_TYPES, (counts / counts.sum()).tolist(), strict=True))
