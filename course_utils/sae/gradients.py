"""The gradients of a training step: dense, sparse, and by autograd.

`dense` is the version to read: the loss differentiated by hand, five matrix products of (batch, d_in) by
(d_in, d_sae) and back. But soon after the start of a training 90 to 99 % of the latents' activations f are 0,
and four of the five products have f, or its gradient, on one side. `sparse` computes these four from the
entries that aren't 0. What remains is the encoder's product and the search for the entries.

A whole step by `sparse` is faster than one by `dense`, on one thread of a processor that multiplies matrices
quickly (about 100 GFLOP/s), batches of 4096:

| share of entries not 0 | .01 | .024 | .05 | .1 | .2 |
|---|---|---|---|---|---|
| 128 → 1024 | 3.1 × | 2.5 × | 1.8 × | 1.3 × | 0.8 × |
| 512 → 4096 | 3.6 × | 3.1 × | | | |

With small batches (256 of 40 → 256) the two are equal. Where matrix products are slower, it pays further up.
"""

import warnings
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.sae.model import SparseAutoencoder, squared_error

SPARSE_BELOW = 0.15
"""Share of entries of f that aren't 0, up to which `sparse` is the faster way on any CPU that we measured."""

# What is used of it here, the product at given entries, has not changed since it came.
warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta", UserWarning)


class Step(NamedTuple):
    """What one pass over a batch saw."""

    mse: Float[Tensor, ""]
    """‖x − x̂‖², mean over the batch."""
    f_mean: Float[Tensor, "d_sae"]
    """Mean activation of each latent; 0 exactly where it did not fire."""
    l0: Float[Tensor, ""]
    """Latents that fire, mean over the batch."""


@torch.no_grad()
def by_hand(sae: SparseAutoencoder, x: Float[Tensor, "batch d_in"], l1_coefficient: float) -> Step:
    """Set `.grad` of all parameters for the loss ‖x − x̂‖² + λ Σ fᵢ‖W_dec,i‖, mean over the batch.

    On unit rows this is the paper's loss too: the penalty's gradient in W_dec then lies along the rows,
    and `remove_parallel_gradient` takes it out.
    """
    f = sae.encode(x)
    some = f[:256]  # enough to tell how dense f is
    few = some.count_nonzero() < SPARSE_BELOW * some.numel()
    return (sparse if few and f.device.type == "cpu" else dense)(sae, x, f, l1_coefficient)


def dense(
    sae: SparseAutoencoder,
    x: Float[Tensor, "batch d_in"],
    f: Float[Tensor, "batch d_sae"],
    l1_coefficient: float,
) -> Step:
    """The gradients of `by_hand`, f being the latents' activations on x."""
    batch, norms = len(x), sae.W_dec.norm(dim=1)
    centred = x - sae.b_dec
    error = f @ sae.W_dec - centred
    d_x_hat = error * (2 / batch)
    d_f = d_x_hat @ sae.W_dec.T + l1_coefficient / batch * norms
    d_f *= f > 0  # a latent that is off stays off when its input changes a little

    f_mean = f.mean(dim=0)
    sae.W_dec.grad = f.T @ d_x_hat + (l1_coefficient * f_mean / norms)[:, None] * sae.W_dec
    sae.W_enc.grad = centred.T @ d_f
    sae.b_enc.grad = d_f.sum(dim=0)
    # b_dec acts twice: added to the reconstruction, subtracted from the input.
    sae.b_dec.grad = d_x_hat.sum(dim=0) - sae.W_enc @ sae.b_enc.grad
    return Step(error.square().sum() / batch, f_mean, f.count_nonzero() / batch)


def sparse(
    sae: SparseAutoencoder,
    x: Float[Tensor, "batch d_in"],
    f: Float[Tensor, "batch d_sae"],
    l1_coefficient: float,
) -> Step:
    """What `dense` does, from the entries of f that aren't 0.

    They are found in the order of the inputs. For the weights' gradients, sums over inputs, they are sorted
    by latent.
    """
    batch, norms = len(x), sae.W_dec.norm(dim=1)
    centred = x - sae.b_dec
    places = f.flatten().nonzero()[:, 0]
    entries, inputs, latents = f.take(places), places // len(norms), places % len(norms)
    bounds = torch.searchsorted(inputs, torch.arange(batch + 1))
    error = weighted_sums(sae.W_dec, latents, entries, bounds) - centred
    d_x_hat = error * (2 / batch)
    pattern = torch.sparse_csr_tensor(
        bounds, latents, torch.zeros_like(entries), f.shape, check_invariants=False
    )
    d_entries = torch.sparse.sampled_addmm(pattern, d_x_hat, sae.W_dec.T).values()
    d_entries += l1_coefficient / batch * norms[latents]

    latents, order = latents.sort(stable=True)
    inputs, entries, d_entries = inputs[order], entries[order], d_entries[order]
    bounds = torch.searchsorted(latents, torch.arange(len(norms) + 1))
    f_mean = torch.zeros_like(norms).index_add_(0, latents, entries) / batch
    sae.W_dec.grad = weighted_sums(d_x_hat, inputs, entries, bounds)
    sae.W_dec.grad += (l1_coefficient * f_mean / norms)[:, None] * sae.W_dec
    sae.W_enc.grad = weighted_sums(centred, inputs, d_entries, bounds).T.contiguous()
    sae.b_enc.grad = torch.zeros_like(norms).index_add_(0, latents, d_entries)
    sae.b_dec.grad = d_x_hat.sum(dim=0) - sae.W_enc @ sae.b_enc.grad
    return Step(error.square().sum() / batch, f_mean, torch.tensor(len(entries) / batch))


def weighted_sums(
    table: Float[Tensor, "m d"],
    rows: Int[Tensor, "entries"],
    weights: Float[Tensor, "entries"],
    bounds: Int[Tensor, "bounds"],
) -> Float[Tensor, "n d"]:
    """A sparse matrix (n, m) times a dense `table`: the i-th sum is Σ weights[e] · table[rows[e]], over the
    entries e from bounds[i] up to bounds[i + 1].
    """
    return F.embedding_bag(
        rows, table, bounds, mode="sum", per_sample_weights=weights, include_last_offset=True
    )


def by_autograd(sae: SparseAutoencoder, x: Float[Tensor, "batch d_in"]) -> Step:
    """Set `.grad` of all parameters for the mean of `sae.loss(x)`. What the step saw is measured in `eval()`
    mode, after it.
    """
    sae.zero_grad()
    sae.loss(x).backward()
    sae.eval()
    with torch.no_grad():
        x_hat, f = sae(x)
    sae.train()
    return Step(squared_error(x, x_hat), f.mean(dim=0), f.count_nonzero() / len(x))
