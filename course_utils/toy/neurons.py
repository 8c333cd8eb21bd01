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
from course_utils.toy.phases import best_of
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


def features_read(W: Float[Tensor, "... neuron n"]) -> Float[Tensor, "... neuron"]:
    """How many features each neuron reads with more than 30 % of its largest weight, by size."""
    return (W.abs() > SECOND_LIMIT * W.abs().amax(-1, keepdim=True)).sum(-1).float()


def sample_exactly(
    k: int, n: int, batch: int, generator: torch.Generator | None = None
) -> Float[Tensor, "batch n"]:
    """Draw inputs with exactly k of n features on, each uniform on [−1, 1]."""
    on = torch.rand(batch, n, generator=generator).argsort(1) < k
    return on * (2 * torch.rand(batch, n, generator=generator) - 1)


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


def mean_loss(
    forward: Callable[..., Float[Tensor, "inst batch n"]],
    net: Iterable[Tensor],
    p: Float[Tensor, "inst"],
    importance: Float[Tensor, "n"],
    generator: torch.Generator,
    batch: int = 16_000,
) -> Float[Tensor, "inst"]:
    """Σᵢ Iᵢ(|xᵢ| − yᵢ)² of y = forward(W₁, W₂, b, x), the mean over `batch` fresh inputs for each network."""
    x = sample_signed(p, len(importance), batch, generator)
    return ((x.abs() - forward(*net, x)) ** 2 * importance).sum(-1).mean(-1)


def train_abs(
    p: Float[Tensor, "inst"],
    m: int,
    importance: Float[Tensor, "n"],
    generator: torch.Generator,
    *,
    steps: int,
    batch: int = 64,
    lr: float = 0.02,
    forward: Callable[..., Float[Tensor, "inst batch n"]] = abs_forward,
    progress: Callable[[Iterable], Iterable] = iter,
) -> AbsNetworks:
    """Train one network of m neurons for each entry of p: y = |x|, Adam on fresh samples.

    `forward(W1, W2, b, x)` gives y: other networks of the same weights serve as controls.
    """

    def loss(*net):
        return mean_loss(forward, net, p, importance, generator, batch)

    with one_thread():
        starts = abs_starts(len(p), len(importance), m, generator)
        net = adam(starts, loss, steps, lr, decay=True, warm_up=steps // 10, progress=progress)
        parts = [mean_loss(forward, net, p, importance, generator, 1000) for _ in range(16)]
        return AbsNetworks(*net, torch.stack(parts).mean(0))


def by_level(nets: AbsNetworks, levels: int) -> AbsNetworks:
    """The same networks, "inst …" cut into "level start …"."""
    return AbsNetworks(*(x.unflatten(0, (levels, -1)) for x in nets))


def winners(
    nets: AbsNetworks,
    p: Float[Tensor, "level"],
    importance: Float[Tensor, "n"],
    generator: torch.Generator,
    forward: Callable[..., Float[Tensor, "inst batch n"]] = abs_forward,
) -> AbsNetworks:
    """Of networks "level start" the start with the lowest loss at each level, its loss measured again.

    The lowest of many measured losses is lower than that network's true loss: some of it is luck of the
    sample. A second sample hasn't chosen.
    """
    W1, W2, b = (best_of(nets.loss, x) for x in nets[:3])
    with one_thread():
        again = mean_loss(forward, (W1, W2, b), p, importance, generator, 50_000)
    return AbsNetworks(W1, W2, b, again)


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
) -> Bool[Tensor, "inst m n n"]:
    """Whether neuron k of network a serves features i and j unevenly: entry [a, k, i, j].

    It serves both (size of reading × writing weight at least ½), reads i at least `uneven` times as strongly
    as j, and writes j at least `uneven` times as strongly as i. So it leaks much from i into output j, and
    little from j into output i. Signs of reading weights don't matter: |x| is the same for −x.
    """
    read, write = W1.abs(), W2.mT  # both "inst m n"
    serves = read * write >= 0.5
    both = serves[..., :, None] & serves[..., None, :]
    reads_i = read[..., :, None] >= uneven * read[..., None, :]
    writes_j = write[..., None, :] >= uneven * write[..., :, None]
    return both & reads_i & writes_j & ~torch.eye(W1.shape[-1], dtype=torch.bool, device=W1.device)


def brakes(
    W1: Float[Tensor, "inst m n"], W2: Float[Tensor, "inst n m"], finds: Int[Tensor, "find 4"]
) -> Float[Tensor, "find"]:
    """Which share of what leaks into output j is taken off it again, when feature i alone is on.

    A find is (a, k, i, j), and i has the sign that switches neuron k on. Neurons that write output j with
    plus leak into it, those that write it with minus are brakes: 0 means no brake, 1 an exact one.
    """
    a, k, i, j = finds.unbind(1)
    hidden = (W1[a, k, i].sign()[:, None] * W1[a, :, i]).relu()  # all neurons: "find m"
    written = hidden * W2[a, j]
    return (-written).relu().sum(1) / written.relu().sum(1)
