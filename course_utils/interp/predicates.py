"""Yes-or-no statements about a token and what stands before it, many of them, made without labels.

    vocab = token_bytes(tokenizer)
    bank = predicates.bank(search_tokens, vocab)
    holds = predicates.table(bank, test_tokens, first_position=4)  # bool, [predicate, token]
    rule = predicates.conjunction(bank[3], predicates.negation(bank[7]))
    rule.holds(test_tokens)  # bool, [seq, pos]

A predicate is computed from the text alone: from the token itself, or from tokens before it in its sequence,
because the transformer has seen no further.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from course_utils.interp.text import token_label

WINDOW = 8
"""Tokens that a window holds, the token itself included."""

CLASSES = {
    "capitals": "[A-Z]+",
    "a capitalised word": " ?[A-Z][a-z]+",
    "small letters": "[a-z]+",
    "a space and small letters": " [a-z]+",
    "digits": "[0-9]+",
    "hex digits": "[0-9a-f]+",
    "punctuation": "[!-/:-@[-`{-~]+",
    "brackets": "[][(){}<>]+",
    "spaces": " +",
    "a line end": "[^\n]*\n.*",
    "no ASCII": "[\x80-\xff]+",
    "half a character": "[\x80-\xbf]+",
    "Greek": " ?[\xce\xcf].*",
    "Cyrillic": " ?[\xd0-\xd3].*",
    "Armenian": " ?[\xd4\xd5].*",
    "Hebrew": " ?\xd7.*",
    "Arabic script": " ?[\xd8-\xdb].*",
    "Indic, Thai or Georgian": " ?[\xe0\xe1].*",
    "Chinese or Japanese": " ?[\xe3-\xe9].*",
    "Korean": " ?[\xea-\xed].*",
}
"""Classes of tokens, by a regular expression for the whole token; each byte is one character of it.

A script is known by its first byte in UTF-8. A token may begin in the middle of a character: then it is "half
a character", of no script.
"""

MARKS = ("\n", '"', "'", "=", "%", "<", ">", "{", "(", "[", "/", "\\", ":", ";", "@", "#", "$", "&", "_", "|")
"""Characters that tell what kind of text one is in: "an = among the last 8 tokens"."""


class Predicate(NamedTuple):
    """A statement that is true or false of each token."""

    name: str
    kind: str
    """"token" and "class" look at the token itself; "token before", "class before", "window" and "position"
    at where it stands."""
    holds: Callable[[Int[Tensor, "seq pos"]], Bool[Tensor, "seq pos"]]


# --- how one looks ---


def here(mask: Bool[Tensor, "vocab"], tokens: Int[Tensor, "seq pos"]) -> Bool[Tensor, "seq pos"]:
    """Whether the token itself is in a set of tokens."""
    return mask[tokens]


def before(mask: Bool[Tensor, "vocab"], tokens: Int[Tensor, "seq pos"]) -> Bool[Tensor, "seq pos"]:
    """Whether the token before is in the set; the first of a sequence has none."""
    return torch.nn.functional.pad(mask[tokens][:, :-1], (1, 0))


def in_window(
    mask: Bool[Tensor, "vocab"], tokens: Int[Tensor, "seq pos"], least: int
) -> Bool[Tensor, "seq pos"]:
    """Whether at least so many of the last `WINDOW` tokens are in the set."""
    total = torch.nn.functional.pad(mask[tokens].cumsum(1), (WINDOW, 0))
    return total[:, WINDOW:] - total[:, :-WINDOW] >= least


# --- the bank ---


def class_masks(vocab: Sequence[bytes]) -> dict[str, Bool[Tensor, "vocab"]]:
    """The tokens of each of `CLASSES`."""
    pieces = [piece.decode("latin-1") for piece in vocab]
    return {
        name: torch.tensor([re.fullmatch(pattern, piece, re.DOTALL) is not None for piece in pieces])
        for name, pattern in CLASSES.items()
    }


def bank(tokens: Int[Tensor, "seq pos"], vocab: Sequence[bytes], frequent: int = 150) -> list[Predicate]:
    """Some hundreds of predicates. `tokens` say only which tokens are the most frequent: these get their own.

    Look at the sets of `tokens` that you choose on, not at those that you measure on.
    """
    common = tokens.flatten().bincount(minlength=len(vocab)).topk(frequent).indices.tolist()
    single = {token_label(i, vocab) or "the separator": torch.arange(len(vocab)) == i for i in common}
    classes = class_masks(vocab)
    marks = {mark: torch.tensor([mark.encode() in piece for piece in vocab]) for mark in MARKS}

    def each(name: str, kind: str, masks: dict[str, Tensor], look: Callable, *rest) -> list[Predicate]:
        return [
            Predicate(name.format(what), kind, lambda tokens, mask=mask: look(mask, tokens, *rest))
            for what, mask in masks.items()
        ]

    separator = torch.tensor([not piece for piece in vocab])

    def began(tokens: Int[Tensor, "seq pos"]) -> Bool[Tensor, "seq pos"]:
        return in_window(separator, tokens, 1)

    half = WINDOW // 2
    return [
        *each("the token is {}", "token", single, here),
        *each("the token is of the class {}", "class", classes, here),
        *each("the token before is {}", "token before", single, before),
        *each("the token before is of the class {}", "class before", classes, before),
        *each(f"half of the last {WINDOW} tokens are {{}}", "window", classes, in_window, half),
        *each(f"{{!r}} is among the last {WINDOW} tokens", "window", marks, in_window, 1),
        *each(f"{{!r}} is twice among the last {WINDOW} tokens", "window", marks, in_window, 2),
        *map(early, (8, 16, 32)),
        Predicate(f"a document began in the last {WINDOW} tokens", "position", began),
    ]


def early(end: int) -> Predicate:
    """Whether a token is among the first of its sequence."""

    def holds(tokens: Int[Tensor, "seq pos"]) -> Bool[Tensor, "seq pos"]:
        return (torch.arange(tokens.shape[1]) < end).expand(tokens.shape)

    return Predicate(f"among the first {end} of the sequence", "position", holds)


def negation(one: Predicate) -> Predicate:
    """True where `one` is false."""
    return Predicate(f"not ({one.name})", one.kind, lambda tokens: ~one.holds(tokens))


def conjunction(*parts: Predicate) -> Predicate:
    """True where all parts are. Its kind is theirs, joined by " + " where they differ."""

    def holds(tokens: Int[Tensor, "seq pos"]) -> Bool[Tensor, "seq pos"]:
        return torch.stack([part.holds(tokens) for part in parts]).all(0)

    kinds = dict.fromkeys(part.kind for part in parts)
    return Predicate(" and ".join(part.name for part in parts), " + ".join(kinds), holds)


def table(
    predicates: Sequence[Predicate], tokens: Int[Tensor, "seq pos"], first_position: int = 0
) -> Bool[Tensor, "predicate token"]:
    """Which predicate holds on which token, from `first_position` of each sequence on: one row each."""
    return torch.stack([one.holds(tokens)[:, first_position:].flatten() for one in predicates])
