"""Features that come in sets (TM, "Feature sets: correlated and anticorrelated features").

Features 0 … size − 1 are the first set, the next `size` the second, and so on; sets are independent of each
other. p is the density of each single feature, as in `sample`. A feature that is on is uniform on [0, 1].
"""

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils.toy.data import check_density


def sample_correlated(
    p: Float[Tensor, "inst"], sets: int, size: int, batch: int, generator: torch.Generator | None = None
) -> Float[Tensor, "inst batch {sets*size}"]:
    """The features of a set are on together, with probability p, each with a value of its own."""
    check_density(p)
    on = _rand(p, batch, sets, 1, generator=generator) < p[:, None, None, None]
    value = _rand(p, batch, sets, size, generator=generator)
    return torch.where(on, value, 0.0).flatten(2)


def sample_anticorrelated(
    p: Float[Tensor, "inst"], sets: int, size: int, batch: int, generator: torch.Generator | None = None
) -> Float[Tensor, "inst batch {sets*size}"]:
    """At most one feature of a set is on at a time: feature k when a number drawn from [0, 1) falls into
    [kp, (k + 1)p). So each has density p, and p can't exceed 1/size (ValueError).
    """
    check_density(p)
    if (p * size > 1).any():
        raise ValueError(f"{size} features that exclude each other have densities of at most 1/{size}")
    which = _rand(p, batch, sets, 1, generator=generator) / p[:, None, None, None]
    on = which.floor() == torch.arange(size, device=p.device)
    value = _rand(p, batch, sets, size, generator=generator)
    return torch.where(on, value, 0.0).flatten(2)


def _rand(p: Tensor, *shape: int, generator: torch.Generator | None) -> Tensor:
    """Uniform on [0, 1), one block of `shape` for each density, with p's dtype and device."""
    return torch.rand(len(p), *shape, generator=generator, dtype=p.dtype, device=p.device)
