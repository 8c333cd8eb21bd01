"""When things happen in training: sudden falls of a curve, jumps, and whether they meet (TM, "Superposition
and Learning Dynamics"). Times are counted in records: a run is recorded every few steps.

Students write all of it in lesson 04, but `record`.
"""

from collections.abc import Callable, Iterable
from itertools import count

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.toy.data import sampled_loss
from course_utils.toy.training import adam, one_thread


def record(
    start: tuple[Float[Tensor, "inst m n"], Float[Tensor, "inst n"]],
    batch: Callable[[], Float[Tensor, "inst batch n"]],
    held_out: Float[Tensor, "batch n"],
    steps: int,
    lr: float,
    every: int = 5,
    progress: Callable[[Iterable], Iterable] = iter,
) -> tuple[Float[Tensor, "T inst m n"], Float[Tensor, "T inst"], Float[Tensor, "T inst"]]:
    """Train with Adam, importance 1. Every few steps keep W, the batch's loss and that on held-out inputs.

    The held-out inputs stay the same, so that their loss moves only when the model does.
    """
    ones, calls, records = torch.ones_like(start[1]), count(), []

    def loss(W, b):
        now = sampled_loss(W, b, ones, batch())
        if next(calls) % every == 0:
            with torch.no_grad():
                records.append((W.clone(), now.detach(), sampled_loss(W, b, ones, held_out)))
        return now

    with one_thread():
        adam(start, loss, steps, lr, progress=progress)
    return tuple(torch.stack(x) for x in zip(*records, strict=True))


def suddenness(loss: Float[Tensor, "T"], window: int) -> Float[Tensor, "{len(loss)-3*window}"]:
    """How much more the loss falls in a window than in the window before it and the one after.

    Entry k belongs to the window from record k + window to k + 2·window: its middle is k + 1.5·window.
    """
    fall = loss[:-window] - loss[window:]
    here, before, after = fall[window:-window], fall[: -2 * window], fall[2 * window :]
    return here - torch.maximum(before, after)


def peaks(curve: Float[Tensor, "T"], apart: int, least: float) -> Int[Tensor, "peak"]:
    """Places where the curve is at least `least` and the highest within `apart` records on either side."""
    padded = torch.nn.functional.pad(curve[None], (apart, apart), value=-torch.inf)
    highest = padded.unfold(1, 2 * apart + 1, 1)[0].amax(1)
    return ((curve == highest) & (curve >= least)).nonzero()[:, 0]


def alignment(drops: Float[Tensor, "drop"], jumps: Float[Tensor, "jump"], within: float) -> float:
    """Share of the drops that have a jump at most `within` away. 0 if there are no jumps."""
    if len(jumps) == 0:
        return 0.0
    nearest = (drops[:, None] - jumps).abs().amin(1)
    return (nearest <= within).double().mean().item()


def shifted(
    jumps: Float[Tensor, "jump"], length: int, draws: int, generator: torch.Generator
) -> Float[Tensor, "draws jump"]:
    """Jump times under the null: each draw moves all of them by one random amount, around the end.

    What leaves at the end of training, at `length`, comes back at the start. The distances stay.
    """
    shift = torch.rand(draws, 1, generator=generator) * length
    return (jumps + shift) % length
