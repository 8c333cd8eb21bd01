"""Tokens as text that is safe to show: in HTML, in a figure, in a terminal.

A token of a byte-level tokenizer is a string of *bytes*. It may be half a character, markup, an invisible
control character, or one that reverses the direction of the line. So three steps, always in this order:
bytes to text (`token_texts`), invisible to visible (`visible`), text to HTML (`html.escape`).
"""

import codecs
import re
import unicodedata
from collections.abc import Iterable, Sequence

import torch
from jaxtyping import Bool, Int
from torch import Tensor

WHITESPACE = {"\n": "⏎", "\t": "⇥", "\r": "␍"}
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # controls, direction marks, U+2028, unassigned


def token_texts(ids: Iterable[int], vocab: Sequence[bytes]) -> list[str]:
    """One piece of text per token. A character that spans several tokens is given to the last of them.

    The earlier tokens of such a character get "" and bytes that are no UTF-8 come out as ``\\xd7``, so
    nothing is lost and nothing raises.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    texts = [decoder.decode(vocab[int(i)]) for i in ids]
    if texts:
        texts[-1] += decoder.decode(b"", final=True)
    return texts


def visible(text: str) -> str:
    """The text with every invisible character shown: a line end as ⏎, others by number, as ⟨U+2028⟩."""
    return "".join(
        WHITESPACE.get(c) or (f"⟨U+{ord(c):04X}⟩" if unicodedata.category(c) in INVISIBLE else c)
        for c in text
    )


def token_label(token: int | Int[Tensor, ""], vocab: Sequence[bytes]) -> str:
    """One token alone, for a table or an axis: spaces shown as ␣, a lone accent on a ◌. Not escaped."""
    text = visible(token_texts([int(token)], vocab)[0]).replace(" ", "␣")
    return "◌" + text if unicodedata.combining(text[:1] or " ") else text


def tokens_in_alphabet(vocab: Sequence[bytes], alphabet: str) -> Bool[Tensor, "vocab"]:
    """Which tokens are made of these characters only (an empty token isn't)."""
    allowed = set(alphabet.encode())
    return torch.tensor([len(piece) > 0 and allowed.issuperset(piece) for piece in vocab])


def phrase_mask(
    tokens: Int[Tensor, "seq pos"], vocab: Sequence[bytes], pattern: str
) -> Bool[Tensor, "seq pos"]:
    """Which tokens overlap a match of a regular expression in their sequence's text (over bytes, UTF-8)."""
    mask = torch.zeros(tokens.shape, dtype=torch.bool)
    compiled = re.compile(pattern.encode())
    for row, sequence in zip(mask, tokens.tolist(), strict=True):
        owner = [i for i, token in enumerate(sequence) for _ in vocab[token]]  # of each byte, its token
        for match in compiled.finditer(b"".join(vocab[token] for token in sequence)):
            row[owner[match.start() : match.end()]] = True
    return mask
