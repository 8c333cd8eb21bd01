"""A corpus of many content types, made offline, in which every document carries its type.

Superposition needs many features, each of them rare (*Toy Models*, "demonstrating superposition"). So the
corpus has seventy types, most of them 1.25 % of the text. Base64 has 1 %, and needs more tokens per byte than
most: it is 1.6 % of the tokens, which is what the model sees.
"""

import random
from collections.abc import Mapping
from typing import NamedTuple

from course_utils.lm.content_types import DEFINITIONS
from course_utils.lm.pieces import Draw

CONTENT_TYPES: list[str] = [content_type.name for content_type in DEFINITIONS]
FAMILIES: dict[str, str] = {content_type.name: content_type.family for content_type in DEFINITIONS}
SPLITS = ("train", "held_out")
DOCUMENT_BYTES = 600


class Document(NamedTuple):
    content_type: str
    text: str


def shares(fixed: Mapping[str, float] | None = None) -> dict[str, float]:
    """Each type's share of the text, in UTF-8 bytes; they sum to 1.

    `fixed` has the shares of some types (`{"base64": 0.13}`); the others keep their proportions in what is
    left.
    """
    fixed = dict(fixed or {})
    if unknown := set(fixed) - set(CONTENT_TYPES):
        raise ValueError(f"no content type called {sorted(unknown)}; there are {CONTENT_TYPES}")
    left = 1 - sum(fixed.values())
    if left < 0 or min(fixed.values(), default=0) < 0:
        raise ValueError(f"shares must be at least 0 and sum to at most 1, got {fixed}")
    weight = {one.name: one.weight for one in DEFINITIONS if one.name not in fixed}
    total = sum(weight.values())
    return {name: fixed[name] if name in fixed else left * weight[name] / total for name in CONTENT_TYPES}


def documents(
    n_bytes: int, split: str = "train", seed: int = 0, fixed: Mapping[str, float] | None = None
) -> list[Document]:
    """About `n_bytes` of text as documents of about `DOCUMENT_BYTES`, shuffled, the types in the proportions
    `shares(fixed)`.

    The same seed gives the same documents on the same install. The two splits share no excerpt of source
    text.
    """
    from faker import Faker

    if split not in SPLITS:
        raise ValueError(f"no split called {split!r}; there are {SPLITS}")
    fake, docs = Faker("en_US"), []
    for content_type, share in zip(DEFINITIONS, shares(fixed).values(), strict=True):
        rng = random.Random(f"{seed}/{split}/{content_type.name}")
        fake.seed_instance(rng.getrandbits(64))
        draw, missing = Draw(rng, fake, split), share * n_bytes
        while missing > DOCUMENT_BYTES / 2:  # to the nearest whole document
            text = ""
            while len(text) < DOCUMENT_BYTES and len(text.encode()) < DOCUMENT_BYTES:
                text += (content_type.between if text else "") + content_type.piece(draw)
            docs.append(Document(content_type.name, text))
            missing -= len(text.encode())
    random.Random(f"{seed}/{split}/order").shuffle(docs)
    return docs
