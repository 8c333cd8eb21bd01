"""What the pages' data hold: `browser_file.data` and `explorer.data` write it, the scripts read it.

One line a field. A dot leads into an object: "rows.kind" is the field `kind` of each of `rows`. A field of a
list's objects has the list's axis first, and so has one below keys that are numbers.
"""

from __future__ import annotations

from typing import NamedTuple


class Field(NamedTuple):
    holds: str
    """number, text or flag: JSON's own. float32, int16 or int8: an array's bytes, little-endian, row after
    row, in base64. html: compressed by zlib, in base64. Several kinds, in a list: one after another."""
    axes: str
    """Names of the axes, first one outermost; empty for a single value. The length of one with * varies. One
    that is also a field, as `d_head` is, has that length."""
    means: str


BROWSER = {
    "n_ctx": Field("number", "", "tokens that the transformer reads at a time"),
    "d_head": Field("number", "", "size of a head"),
    "first": Field("number", "", "tokens at a sequence's start that are read, but not counted"),
    "longest": Field("number", "", "tokens of a typed text that are read"),
    "example": Field("text", "", "the text that stands in the box at first"),
    "vocab": Field("text", "vocab", "each token's name: one character for each of its bytes"),
    "merges": Field("text", "merge 2", "pairs of names that become one token, first merge first"),
    "bytes": Field("number", "256", "from a name's character to its byte"),
    "separator": Field("text", "", "the token between documents"),
    "tensors.W_E": Field("float32", "vocab d_model", "token embedding"),
    "tensors.W_pos": Field("float32", "n_ctx d_model", "position embedding"),
    "tensors.ln1_w": Field("float32", "d_model", "layer norm before the attention: scale"),
    "tensors.ln1_b": Field("float32", "d_model", "and shift"),
    "tensors.ln2_w": Field("float32", "d_model", "layer norm before the MLP: scale"),
    "tensors.ln2_b": Field("float32", "d_model", "and shift"),
    "tensors.W_Q": Field("float32", "head d_model d_head", "queries"),
    "tensors.W_K": Field("float32", "head d_model d_head", "keys"),
    "tensors.W_V": Field("float32", "head d_model d_head", "values"),
    "tensors.W_O": Field("float32", "head d_head d_model", "from the heads to the residual stream"),
    "tensors.b_Q": Field("float32", "head d_head", "bias of the queries"),
    "tensors.b_K": Field("float32", "head d_head", "of the keys"),
    "tensors.b_V": Field("float32", "head d_head", "of the values"),
    "tensors.b_O": Field("float32", "d_model", "of what the heads write"),
    "tensors.W_in": Field("float32", "d_model d_mlp", "to the neurons"),
    "tensors.b_in": Field("float32", "d_mlp", "their bias"),
    "tensors.W_enc": Field("float32", "d_mlp latent", "the SAE's encoder"),
    "tensors.b_enc": Field("float32", "latent", "its bias"),
    "tensors.W_dec": Field("float32", "latent d_mlp", "the SAE's decoder"),
    "tensors.b_dec": Field("float32", "d_mlp", "its bias, taken off before the encoder"),
    "rows.latent": Field("number", "latent", "its number: the row's place"),
    "rows.density": Field("number", "latent", "share of tokens on which it is above 0"),
    "rows.maximum": Field("number", "latent", "its largest activation"),
    "rows.kind": Field("text", "latent", "the content type that it follows best"),
    "rows.correlation": Field("number", "latent", "its correlation with that type"),
    "rows.kurtosis": Field("number", "latent", "of its logit weights"),
    "rows.fires_on": Field("text", "latent", "labels of the tokens that hold most of its activation"),
    "rows.raises": Field("text", "latent", "labels of the tokens whose logits it raises most"),
    "rows.strongest": Field("text", "latent", "the text of its strongest examples"),
    "percent": Field("int8", "latent latent", "correlation of their activations, in percent"),
    "texts": Field("int16", "text n_ctx", "tokens of the sequences that examples are cut from"),
    "examples": Field(
        "[number number number text]",
        "latent example*",
        "its text, its start there counted from token `first`, its tokens, its content type",
    ),
    "pages": Field("html", "latent", "Python's page about the latent, without the style"),
}

EXPLORER = {
    "nodes": Field("number", "node", "of a Gauss-Legendre rule on [0, 1]: where the loss is taken"),
    "weights": Field("number", "node", "their weights, of sum 1"),
    "structures.name": Field("text", "n structure*", "what a trained model may be called"),
    "structures.W": Field(
        "number", "n structure* form* m* column*", "W; a form for each choice of unit features"
    ),
    "structures.candidate": Field(
        "flag", "n structure*", "whether theory has a loss for it, with the first W"
    ),
    "structures.colour": Field("text", "n structure*", "as #rrggbb"),
    "features.name": Field("text", "n feature*", "what each input is called"),
    "features.colour": Field("text", "n feature*", "as #rrggbb"),
}
