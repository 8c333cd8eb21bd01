"""Holes in a latent: tokens on which the latent of a class is silent, though the neurons hold the class.

Chanin et al. (2024), "A is for absorption", https://arxiv.org/abs/2409.14507, found them on the first letters
of words. Here a class is a content type, and how much of it the neurons hold is a projection.
"""

from typing import NamedTuple

import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils.interp import measures, splitting


class Hole(NamedTuple):
    """A token of a class, and the class's best unit."""

    heard: float
    """How often the unit fires on this token inside the class."""
    content_type: int
    token: int
    unit: int
    direction: Float[Tensor, "d_mlp"]
    """The class's own direction: the mean of the neurons inside less the mean outside, at length 1."""


def presence(
    neurons: Float[Tensor, "token d_mlp"], inside: Bool[Tensor, "token"], direction: Float[Tensor, "d_mlp"]
) -> Float[Tensor, "token"]:
    """How much of a class the neurons hold: 0 outside the class on average, 1 inside it on average."""
    along = (neurons - neurons[~inside].mean(0)) @ direction
    return along / along[inside].mean()


def find_holes(
    code: Float[Tensor, "token unit"],
    neurons: Float[Tensor, "token d_mlp"],
    tokens: Int[Tensor, "token"],
    content_types: Int[Tensor, "token"],
    least: int = 20,
) -> list[Hole]:
    """Tokens on which a type is present (above 0.7) and has a good unit, the least heard first.

    A unit is good with a correlation of 0.6 and a sensitivity of 0.75 at threshold 0; types of fewer than 100
    tokens, and tokens that come fewer than `least` times in their type, are left out.
    """
    found = []
    for content_type in content_types.unique().tolist():
        inside = content_types == content_type
        if inside.sum() < 100:
            continue
        correlations = measures.correlation(code, inside.float())
        unit = int(correlations.argmax())
        if correlations[unit] < 0.6 or (code[inside, unit] > 0).float().mean() < 0.75:
            continue
        direction = F.normalize(neurons[inside].mean(0) - neurons[~inside].mean(0), dim=0)
        there, ids = presence(neurons, inside, direction)[inside], tokens[inside]
        for token, heard in splitting.firing_by_token(code[inside, unit], ids, least).items():
            if there[ids == token].mean() > 0.7:
                found.append(Hole(heard, content_type, token, unit, direction))
    return sorted(found, key=lambda hole: hole.heard)
