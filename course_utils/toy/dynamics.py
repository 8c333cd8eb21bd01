"""When things happen in training: sudden falls of the loss, features that move, and whether they meet (TM,
"Superposition and Learning Dynamics"). Times are counted in records: a run is recorded every few steps.

Students write all of it in lesson 04, but `record`.
"""

from collections.abc import Callable, Iterable
from itertools import count

import torch
from jaxtyping import Float
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


def activity(D: Float[Tensor, "T n"], window: int) -> Float[Tensor, "{len(D)-window}"]:
    """How much the features move in the window that starts at each record: Σᵢ |Dᵢ(t + window) − Dᵢ(t)|."""
    return (D[window:] - D[:-window]).abs().sum(1)


def percentiles(values: Float[Tensor, "run"]) -> Float[Tensor, "run"]:
    """For each run the share of the other runs whose value is lower; an equal one counts half.

    The mean over the runs is ½, whatever the values.
    """
    lower = (values[None] < values[:, None]).sum(1)
    equal = (values[None] == values[:, None]).sum(1) - 1  # a run equals itself
    return (lower + equal / 2) / (len(values) - 1)


def shuffled(
    table: Float[Tensor, "run run"], draws: int, generator: torch.Generator
) -> Float[Tensor, "draws"]:
    """What chance gives: in each draw every row takes the entry of one column, no two the same; the mean."""
    count = len(table)
    columns = torch.rand(draws, count, generator=generator).argsort(1)  # a random order in each draw
    return table[torch.arange(count), columns].mean(1)


def late_share(train: Float[Tensor, "T"], test: Float[Tensor, "T"]) -> float:
    """Share of the test loss's fall that comes after 90 % of the training loss's fall.

    Late begins at the first record where the training loss has done 90 % of its way from first to last. A
    test loss that is never lower than at the start gives 0.
    """
    done = train <= train[0] - 0.9 * (train[0] - train[-1])
    late = test[int(done.int().argmax()) :]
    whole = test[0] - test.min()
    return ((late[0] - late.min()) / whole).item() if whole > 0 else 0.0
