"""What a latent does: to the logits directly, and to the model when it is switched off or held on.

M, sections "Feature downstream effects" and "Feature ablations". `ablate` and `pin` are for use as hooks
(`lm.hooks`). They change the activations by the latent's part only, x + (new − f_i) W_dec[i]: what the SAE
fails to reconstruct stays.
"""

from collections.abc import Callable, Sequence

from jaxtyping import Float
from torch import Tensor


def logit_weights(
    directions: Float[Tensor, "unit d_mlp"],
    W_out: Float[Tensor, "d_mlp d_model"],
    ln_w: Float[Tensor, "d_model"],
    W_U: Float[Tensor, "d_model vocab"],
) -> Float[Tensor, "unit vocab"]:
    """What one unit of each direction adds to each logit, less the median over the vocabulary.

    (d W_out ∘ w) W_U with w the final LayerNorm's weight. LayerNorm's division by the token's own scale is
    left out: it changes the size of all the weights of a token, not their order. So is the mean over d_model
    that LayerNorm takes off. The median goes because the softmax ignores what is added to every logit.
    """
    weights = (directions @ W_out * ln_w) @ W_U
    return weights - weights.median(-1, keepdim=True).values


def ablate(acts: Float[Tensor, "... d_in"], sae, latents: int | Sequence[int]) -> Float[Tensor, "... d_in"]:
    """The activations without the part of one latent (or of several)."""
    latents = [latents] if isinstance(latents, int) else list(latents)
    f = sae.encode(acts)[..., latents]
    return acts - f @ sae.W_dec[latents]


def odd_part(loss: Callable[[Callable[[Tensor], Tensor]], float], part: Callable[[Tensor], Tensor]) -> float:
    """[L(x − part) − L(x + part)] / 2: what of a change of loss turns round with its sign.

    `loss(hook)` is the loss with the activations passed through `hook`; `part(acts)` is what goes. Taking off
    a part of no meaning does harm, and so does adding it: that harm is the same both ways, and leaves.
    """
    return (loss(lambda acts: acts - part(acts)) - loss(lambda acts: acts + part(acts))) / 2


def pin(
    acts: Float[Tensor, "... d_in"], sae, latent: int, value: float | Float[Tensor, ""]
) -> Float[Tensor, "... d_in"]:
    """The activations with one latent held at `value`, whatever it was."""
    f = sae.encode(acts)[..., latent]
    return acts + (value - f)[..., None] * sae.W_dec[latent]
