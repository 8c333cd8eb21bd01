"""Checks of lesson 00: two tiny exercises that show how the others work."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from course_utils.checks.engine import exercise

TITLE = "Start here"


def draw_features(
    instances: int, n: int, density: float, generator: torch.Generator
) -> Float[Tensor, "instances n"]:
    """Sparse features: each is active with probability ``density``, then uniform on [0, 1), else 0."""
    active = torch.rand(instances, n, generator=generator) < density
    return active * torch.rand(instances, n, generator=generator)


@exercise("0.1", "draw_features", title="Draw sparse features", kit=draw_features, hints=("x",))
def _(attempt):
    with attempt.part("shape"):
        got = attempt.call(3, 4, 0.5, attempt.generator)
        attempt.expect_shape(got, (3, 4))
