"""The tokenizer that lies in a GGUF file: byte-level BPE, as in `lm.tokenizer`, each digit a token."""

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from course_utils.pretrained.gguf import GGUF

CONTROL = 3  # the type of a token that stands for no text


def load(file: GGUF) -> Tokenizer:
    """Raises ValueError if the file holds a tokenizer of another kind."""
    meta = file.metadata
    kind = meta.get("tokenizer.ggml.model"), meta.get("tokenizer.ggml.pre")
    if kind != ("gpt2", "smollm"):
        raise ValueError(f"{file.path} has the tokenizer {kind}; read is ('gpt2', 'smollm')")
    tokens = meta["tokenizer.ggml.tokens"]
    merges = [tuple(pair.split(" ")) for pair in meta["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    digits, bytes_ = pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, bytes_])
    tokenizer.decoder = decoders.ByteLevel()
    types = zip(tokens, meta["tokenizer.ggml.token_type"], strict=True)
    control = [AddedToken(token, special=True, normalized=False) for token, kind in types if kind == CONTROL]
    tokenizer.add_special_tokens(control)
    return tokenizer
