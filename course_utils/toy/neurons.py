"""Neurons: hidden units that have a ReLU of their own, so the axes of the hidden space mean something.

Two networks (TM, "Superposition in a Privileged Basis" and "Computation in Superposition"), and one neuron
with exclusive features (M, on why architecture alone does not help: polysemantic without superposition):

- `neuron_forward`: h = ReLU(Wx), x' = ReLU(Wᵀh + b). It stores its input.
- `abs_forward`: h = ReLU(W₁x), y = ReLU(W₂h + b). It computes |x|.
- `code_loss`: features that never occur together, told apart by which neuron fires.

A neuron is monosemantic if one feature drives it, polysemantic if several do.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils.toy.data import check_density
from course_utils.toy.theory import drop_loss
from course_utils.toy.training import adam, one_thread

SECOND_LIMIT = 0.3  # a monosemantic neuron's second-largest weight is below this share of its largest


def neuron_forward(
    W: Float[Tensor, "inst m n"], b: Float[Tensor, "inst n"], x: Float[Tensor, "inst batch n"]
) -> Float[Tensor, "inst batch n"]:
    """x' = ReLU(Wᵀ ReLU(Wx) + b): the toy model with a ReLU on its hidden layer, for many models at once."""
    hidden = (x @ W.transpose(1, 2)).relu()
    return (hidden @ W + b[:, None, :]).relu()


def monosemantic(W: Float[Tensor, "... neuron n"]) -> Bool[Tensor, "... neuron"]:
    """Whether each neuron's second-largest weight is less than 30 % of its largest, both by size.

    False for a neuron without weights: it responds to nothing.
    """
    largest, second = W.abs().topk(2, dim=-1).values.unbind(-1)
    return second < SECOND_LIMIT * largest


def sample_signed(
    p: Float[Tensor, "inst"], n: int, batch: int, generator: torch.Generator | None = None
) -> Float[Tensor, "inst batch n"]:
    """Draw inputs: each feature is on with probability p, then uniform on [−1, 1], else 0."""
    check_density(p)
    shape = (len(p), batch, n)
    value = 2 * torch.rand(shape, generator=generator, dtype=p.dtype, device=p.device) - 1
    on = torch.rand(shape, generator=generator, dtype=p.dtype, device=p.device) < p[:, None, None]
    return torch.where(on, value, 0.0)


def abs_forward(
    W1: Float[Tensor, "inst m n"],
    W2: Float[Tensor, "inst n m"],
    b: Float[Tensor, "inst n"],
    x: Float[Tensor, "... batch n"],
) -> Float[Tensor, "inst batch n"]:
    """y = ReLU(W₂ ReLU(W₁x) + b). `x` may also be "batch n", shared by all."""
    hidden = (x @ W1.transpose(1, 2)).relu()
    return (hidden @ W2.transpose(1, 2) + b[:, None, :]).relu()


def abs_starts(
    count: int, n: int, m: int, generator: torch.Generator
) -> tuple[Float[Tensor, "inst m n"], Float[Tensor, "inst n m"], Float[Tensor, "inst n"]]:
    """Random W₁, small and non-negative W₂, b = 0.

    Where W₂'s entries have both signs, some outputs are below zero for every input that should switch them
    on. Their ReLU then passes no gradient, and they stay silent for good.
    """
    scale = (2 / (n + m)) ** 0.5  # Xavier's
    W1 = 0.3 * scale * torch.randn(count, m, n, generator=generator, device=generator.device)
    W2 = 0.03 * scale * torch.randn(count, n, m, generator=generator, device=generator.device).abs()
    return W1, W2, W1.new_zeros(count, n)


class AbsNetworks(NamedTuple):
    """Trained networks for |x|. Leading dimensions are free: "inst", or "level start"."""

    W1: Float[Tensor, "... m n"]
    W2: Float[Tensor, "... n m"]
    b: Float[Tensor, "... n"]
    loss: Float[Tensor, "..."]
    """Σᵢ Iᵢ(|xᵢ| − yᵢ)², the mean over 16,000 fresh inputs"""


def train_abs(
    p: Float[Tensor, "inst"],
    m: int,
    importance: Float[Tensor, "n"],
    generator: torch.Generator,
    *,
    steps: int,
    batch: int = 64,
    lr: float = 0.02,
    progress: Callable[[Iterable], Iterable] = iter,
) -> AbsNetworks:
    """Train one network of m neurons for each entry of p: y = |x|, Adam on fresh samples."""
    n = len(importance)

    def loss(W1, W2, b, batch=batch):
        x = sample_signed(p, n, batch, generator)
        return ((x.abs() - abs_forward(W1, W2, b, x)) ** 2 * importance).sum(-1).mean(-1)

    with one_thread():
        starts = abs_starts(len(p), n, m, generator)
        net = adam(starts, loss, steps, lr, decay=True, warm_up=steps // 10, progress=progress)
        return AbsNetworks(*net, torch.stack([loss(*net, batch=1000) for _ in range(16)]).mean(0))


def two_neurons_each(n: int, m: int) -> tuple[Float[Tensor, "m n"], Float[Tensor, "n m"], Float[Tensor, "n"]]:
    """W₁, W₂, b that compute |xᵢ| = ReLU(xᵢ) + ReLU(−xᵢ) for the first m // 2 features, 0 for the others."""
    W1, W2 = torch.zeros(m, n), torch.zeros(n, m)
    for i in range(min(m // 2, n)):
        W1[2 * i, i], W1[2 * i + 1, i] = 1.0, -1.0
        W2[i, 2 * i] = W2[i, 2 * i + 1] = 1.0
    return W1, W2, torch.zeros(n)


def without_superposition(
    importance: Float[Tensor, "n"], p: Float[Tensor, "inst"], m: int
) -> Float[Tensor, "inst"]:
    """Loss of |x| if m neurons compute the m // 2 most important features and the rest is guessed.

    |x| of a feature is distributed like a feature of lesson 02, so a guess leaves the loss of a dropped one.
    """
    rest = importance.sort(descending=True).values[m // 2 :].sum()
    return drop_loss(rest, p)


def responses(
    W1: Float[Tensor, "m n"], W2: Float[Tensor, "n m"], b: Float[Tensor, "n"]
) -> Float[Tensor, "2 n n"]:
    """What feature i alone changes in output j, at +1 (first) and at −1: entry [sign, i, j].

    It is y(±eᵢ) − y(0). Exact |x| is two identity matrices. What is off the diagonals is interference.
    """
    alone = torch.eye(W1.shape[1], dtype=W1.dtype, device=W1.device)
    answers = torch.stack([abs_forward(W1[None], W2[None], b[None], x)[0] for x in (alone, -alone)])
    return answers - b.relu()


def asymmetric_motif(t: float) -> tuple[Float[Tensor, "2 2"], Float[Tensor, "2 2"]]:
    """W₁, W₂ of the asymmetric motif (TM, "The Asymmetric Superposition Motif"; there t = 2).

    Neuron 0 reads (t, −1/t) and writes (1/t, t): |x₀| for x₀ > 0, |x₁| for x₁ < 0. Of the two interferences
    one is large, t², and neuron 1 takes it away; the other is small, 1/t².
    """
    W1 = torch.tensor([[t, -1 / t], [1.0, 0.0]])
    W2 = torch.tensor([[1 / t, 0.0], [t, -(t**2)]])
    return W1, W2


def code_loss(state: Int[Tensor, "inst n"], prob: Float[Tensor, "n"]) -> Float[Tensor, "inst"]:
    """Cross-entropy, in nats, of the best guess of the feature from the state of the hidden layer.

    Exactly one feature is on, feature i with probability prob[i]; it puts the hidden layer into state[i].
    The best guess given a state is the distribution of the features that share it.
    """
    same = state[:, :, None] == state[:, None, :]
    return -(prob * (prob / (same * prob).sum(-1)).log()).sum(-1)


def find_motifs(
    W1: Float[Tensor, "inst m n"], W2: Float[Tensor, "inst n m"], uneven: float = 2.0
) -> tuple[Int[Tensor, "motif 4"], Float[Tensor, "motif 2"]]:
    """Neurons that serve two features unevenly: (network, neuron, i, j), and how well each leak is braked.

    Such a neuron reads i and j with opposite signs and helps to compute both: reading times writing weight
    is at least ½. It reads i at least `uneven` times as strongly as j, and writes j at least `uneven` times
    as strongly as i. So it leaks much from i into output j, and little from j into output i. A brake is what
    the other neurons take off that output, as a share of the leak: of the large one first, then of the small.
    """
    out = W2.transpose(1, 2)  # "inst m n", like W1
    read_i, read_j = W1[:, :, :, None], W1[:, :, None, :]
    write_i, write_j = out[:, :, :, None], out[:, :, None, :]
    serves = (read_i.abs() * write_i >= 0.5) & (read_j.abs() * write_j >= 0.5)
    lopsided = (read_i.abs() >= uneven * read_j.abs()) & (write_j >= uneven * write_i)
    motifs = (serves & lopsided & (read_i * read_j < 0)).nonzero()
    net, neuron, i, j = motifs.unbind(1)

    def braked(source, target):
        """The feature `source` alone is on, with the sign that switches the neuron on."""
        sign = W1[net, neuron, source].sign()
        hidden = (sign[:, None] * W1[net, :, source]).relu()  # all neurons: "motif m"
        taken = (hidden * (-out[net, :, target]).relu()).sum(1)
        return taken / (W1[net, neuron, source].abs() * out[net, neuron, target])

    return motifs, torch.stack([braked(i, j), braked(j, i)], 1)
