"""Directions of the residual stream: which positions to read them from, and the simplest one (lesson 13)."""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor


def ordinary(x: Float[Tensor, "*batch d_model"], factor: float) -> Bool[Tensor, "*batch"]:
    """Where the length of x is at most `factor` times the median length of all positions.

    A few positions, most of them the first of a text, are many times as long as the others: attention rests
    on them (arXiv 2309.17453, 2402.17762). They hold most of the variance and nothing of the text.
    """
    lengths = x.norm(dim=-1)
    return lengths <= factor * lengths.median()


def difference_of_means(
    x: Float[Tensor, "token d_model"], in_class: Bool[Tensor, "token"]
) -> Float[Tensor, "d_model"]:
    """From the mean of the tokens outside of a class to the mean of those in it, as a vector of length 1."""
    return F.normalize(x[in_class].mean(0) - x[~in_class].mean(0), dim=0)
