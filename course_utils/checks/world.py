"""The state outside a function that its answer can hang on: random generators, grad mode, dtype, device."""

from __future__ import annotations

import contextlib
import copy
import random

import numpy as np
import torch


def random_state() -> tuple:
    """The states of the global generators of torch, numpy and Python."""
    return torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002


def random_state_moved(before: tuple) -> bool:
    """Whether anything has drawn from a global generator, or seeded one, since `before`."""
    now = random_state()
    numpy_moved = any(not np.array_equal(a, b) for a, b in zip(before[1], now[1], strict=True))
    return numpy_moved or not torch.equal(before[0], now[0]) or before[2] != now[2]


def seed_all(seed: int) -> None:
    """Seed the global generators of torch, numpy and Python."""
    torch.default_generator.manual_seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002
    random.seed(seed)


class Lesson:
    """What the lesson itself has set: no cell left that on by mistake."""

    gradients = True


def switch_gradients_off() -> None:
    """For a lesson that trains nothing by autograd."""
    torch.set_grad_enabled(False)
    Lesson.gradients = False


def leaked() -> list[str]:
    """Settings that a cell left on and that change what every later cell does, and how to put each back."""
    found = []
    if Lesson.gradients and (torch.is_inference_mode_enabled() or not torch.is_grad_enabled()):
        found.append("gradients are switched off; `torch.set_grad_enabled(True)` switches them on again")
    if torch.get_default_dtype() != torch.float32:
        found.append(
            f"new tensors are {str(torch.get_default_dtype()).removeprefix('torch.')}; "
            "`torch.set_default_dtype(torch.float32)` puts that back"
        )
    if torch.get_default_device() != torch.device("cpu"):
        found.append(
            f"new tensors are made on `{torch.get_default_device()}`; "
            '`torch.set_default_device("cpu")` puts that back'
        )
    return found


@contextlib.contextmanager
def own():
    """A check's own world: gradients on, float32, the CPU. The notebook's own is put back at the end."""
    before, dtype, device = random_state(), torch.get_default_dtype(), torch.get_default_device()
    elsewhere = device != torch.device("cpu")
    try:
        torch.set_default_dtype(torch.float32)
        if elsewhere:
            torch.set_default_device("cpu")
        with torch.inference_mode(False), torch.enable_grad():
            yield
    finally:
        torch.set_rng_state(before[0])
        np.random.set_state(before[1])  # noqa: NPY002
        random.setstate(before[2])
        torch.set_default_dtype(dtype)
        if elsewhere:
            torch.set_default_device(device)


class Given(torch.Generator):
    """A generator that tells whether it was set back, as a function must not do with the one it is given."""

    was_set = False

    @classmethod
    def seeded(cls, seed: int) -> Given:
        generator = cls()
        torch.Generator.manual_seed(generator, seed)
        return generator

    def manual_seed(self, seed):
        self.was_set = True
        return super().manual_seed(seed)

    def set_state(self, new_state):
        self.was_set = True
        return super().set_state(new_state)

    def seed(self):
        self.was_set = True
        return super().seed()


def copied(value):
    """A copy that the student may do with as they like; gradients still flow to the original."""
    if isinstance(value, torch.Tensor):
        return value.clone() if not isinstance(value, torch.nn.Parameter) else value
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {k: copied(v) for k, v in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(copied, value))
    if isinstance(value, (tuple, list)):
        return type(value)(map(copied, value))
    return copy.copy(value) if isinstance(value, set) else value


def same(before, after) -> bool:
    """Whether a function left its input as it was."""
    if isinstance(before, torch.Tensor):
        if not isinstance(after, torch.Tensor) or before.shape != after.shape:
            return False
        if before.is_meta:
            return True
        both = (before, after)
        return torch.equal(*(t.nan_to_num() if t.is_floating_point() else t for t in both))
    if isinstance(before, np.ndarray):
        return before.shape == after.shape and before.tobytes() == after.tobytes()
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(same(before[k], after[k]) for k in before)
    if isinstance(before, (tuple, list)):
        return len(before) == len(after) and all(map(same, before, after))
    if isinstance(before, (bool, int, float, str, set)):
        return before == after or before != before  # NaN
    return True


def state(names: list[str], things: tuple) -> dict[str, torch.Tensor]:
    """What a call may leave behind: parameters and buffers of modules, all state of optimisers."""
    found, owners = {}, {}
    for name, thing in zip(names, things, strict=True):
        if isinstance(thing, torch.nn.Module):
            for key, tensor in [*thing.named_parameters(), *thing.named_buffers()]:
                found[f"{name}.{key}"], owners[id(tensor)] = tensor.detach(), f"{name}.{key}"
    for name, thing in zip(names, things, strict=True):
        if isinstance(thing, torch.optim.Optimizer):
            parameters = [p for group in thing.param_groups for p in group["params"]]
            for place, parameter in enumerate(parameters):
                of = owners.get(id(parameter), f"parameter {place}")
                for key, value in thing.state.get(parameter, {}).items():
                    found[f"{name}'s {key} of {of}"] = torch.as_tensor(value).detach()
    return found
