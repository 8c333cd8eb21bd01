"""The control that has learnt nothing: a transformer whose weights are a trained one's, in another order.

Source: *Towards Monosemanticity*, appendix "Randomized Transformer".
"""

import copy

import torch

from course_utils.lm.model import Transformer


@torch.no_grad()
def shuffled(model: Transformer, seed: int = 0) -> Transformer:
    """A copy in which each tensor's entries are permuted: the same sizes and values, nothing learnt."""
    out, generator = copy.deepcopy(model), torch.Generator().manual_seed(seed)
    for weights in out.parameters():
        order = torch.randperm(weights.numel(), generator=generator)
        weights.copy_(weights.flatten()[order].view_as(weights))
    return out
