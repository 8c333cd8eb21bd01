"""Byte-level BPE: any text becomes tokens of a small vocabulary, and back without loss.

The 256 bytes are tokens; training adds the most frequent pairs until the vocabulary is full. A character of a
script that is rare in the corpus stays two or three tokens.
"""

from collections.abc import Iterable

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

VOCAB_SIZE = 1024
SEPARATOR = "<|doc|>"  # token 0: stands before every document


def train_tokenizer(texts: Iterable[str], vocab_size: int = VOCAB_SIZE) -> Tokenizer:
    """Byte-level BPE with `vocab_size` tokens, the separator among them."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[SEPARATOR],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def byte_of() -> dict[str, int]:
    """The byte that each character of a byte-level vocabulary stands for (GPT-2's table, rebuilt from its
    rule).

    Printable bytes stand for themselves; the others, in order, take the characters from U+0100 on.
    """
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in printable]
    return {chr(b): b for b in printable} | {chr(256 + i): b for i, b in enumerate(others)}


def token_bytes(tokenizer: Tokenizer) -> list[bytes]:
    """The bytes of every token, by id. The separator stands for none."""
    table = byte_of()
    names = [tokenizer.id_to_token(i) for i in range(tokenizer.get_vocab_size())]
    return [b"" if name == SEPARATOR else bytes(table[c] for c in name) for name in names]
