"""A training that is stopped goes on from its last checkpoint and ends at the same weights, bit for bit.

For that, what a step does must depend on the saved state alone: so its rows are a function of the step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path

import torch
from jaxtyping import Int
from safetensors.torch import save_file
from torch import Tensor, nn

from course_utils.files import read_tensors, replacing


@lru_cache(maxsize=1)
def _order(n: int, epoch: int, seed: int) -> Int[Tensor, "n"]:
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed * 1_000_003 + epoch))


def batch_rows(step: int, n_rows: int, batch_size: int, seed: int) -> Int[Tensor, "batch"]:
    """The rows of a step's batch. Every epoch is a new shuffle, drawn from the seed and the epoch.

    The remainder of an epoch that fills no batch is left out. ValueError for fewer rows than a batch has.
    """
    if n_rows < batch_size:
        raise ValueError(
            f"{n_rows} rows are fewer than a batch of {batch_size}: give more data, or choose smaller batches"
        )
    epoch, position = divmod(step, n_rows // batch_size)
    return _order(n_rows, epoch, seed)[position * batch_size : (position + 1) * batch_size]


def save(
    path: Path,
    model: nn.Module,
    optimizers: Sequence[torch.optim.Optimizer],
    extras: Mapping[str, Tensor],
    settings: str,
) -> None:
    """Write weights, the optimizers' moments, `extras` and the training's settings; a file that stands is
    replaced. Each parameter belongs to one optimizer.
    """
    tensors = {f"weights.{name}": tensor for name, tensor in model.state_dict().items()}
    names = {parameter: name for name, parameter in model.named_parameters()}
    for optimizer in optimizers:
        for parameter, state in optimizer.state.items():
            tensors |= {f"moments.{key}.{names[parameter]}": value for key, value in state.items()}
    tensors |= {f"extra.{name}": tensor for name, tensor in extras.items()}
    with replacing(path) as file:
        save_file(
            {name: t.detach().contiguous() for name, t in tensors.items()}, file, {"settings": settings}
        )


def resume(
    path: Path | None, model: nn.Module, optimizers: Sequence[torch.optim.Optimizer], settings: str
) -> dict[str, Tensor]:
    """Put back what `save` wrote and return the extras; {} where nothing is saved yet, or `path` is None.

    Raises ValueError when the file belongs to a training with other settings, and when its folder doesn't
    exist: better now than when the first checkpoint is due.
    """
    if path is None:
        return {}
    if not path.parent.is_dir():
        raise ValueError(f"there is no folder {path.parent} to keep checkpoints in: make it first")
    if not path.exists():
        return {}
    tensors, notes = read_tensors(path)
    if notes.get("settings") != settings:
        raise ValueError(
            f"{path} belongs to another training ({notes.get('settings')}, not {settings}): delete it, "
            "or name another file"
        )
    extras, weights, moments = {}, {}, {}
    for name, tensor in tensors.items():
        part, rest = name.split(".", 1)
        if part == "moments":
            key, parameter = rest.split(".", 1)
            moments.setdefault(parameter, {})[key] = tensor
        else:
            (weights if part == "weights" else extras)[rest] = tensor
    model.load_state_dict(weights)
    names = {parameter: name for name, parameter in model.named_parameters()}
    for optimizer in optimizers:
        for parameter in chain.from_iterable(group["params"] for group in optimizer.param_groups):
            state = moments[names[parameter]]
            optimizer.state[parameter] = {key: t.to(parameter.device) for key, t in state.items()}
    return extras
