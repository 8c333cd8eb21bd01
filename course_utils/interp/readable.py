"""How readable are the units of a code? Three measures, of a table of latents (or neurons) and its tokens.

None of them is interpretability; each is a number that moves with it. What is chosen (a unit, a threshold, a
set of tokens) is chosen on the first half of the tokens and measured on the second.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils.interp import measures

ENOUGH = 50
"""Tokens that a content type must have in each half to be counted."""


class Readability(NamedTuple):
    good_types: float
    """Share of the content types whose best unit catches more than half of the type's tokens, and is more
    than half of the time right when it does: min(sensitivity, specificity) > ½, at its best threshold."""
    firing_specificity: float
    """Of the tokens where a type's best unit fires *at all*, the share of the type: median over types."""
    token_set: float
    """Correlation with the best set of current tokens, median over units that fire: 1 where a unit says no
    more than that the current token is one of these."""


@torch.no_grad()
def readability(
    acts: Float[Tensor, "token unit"],
    content_types: Int[Tensor, "token"],
    current: Int[Tensor, "token"],
) -> Readability:
    """The three measures; `current` are the tokens themselves, `content_types` the types' numbers."""
    half = len(acts) // 2
    search, test = acts[:half], acts[half : 2 * half]
    n_types = int(content_types.max()) + 1
    is_type = torch.nn.functional.one_hot(content_types, n_types).bool()
    in_search, in_test = is_type[:half], is_type[half : 2 * half]
    counted = (in_search.sum(0) >= ENOUGH) & (in_test.sum(0) >= ENOUGH)
    in_search, in_test = in_search[:, counted], in_test[:, counted]
    units = measures.correlations(search, in_search.float()).argmax(0).tolist()

    both, specific = [], []
    by_unit = zip(*(part[:, units].T.contiguous() for part in (search, test)), strict=True)
    by_type = zip(in_search.T.contiguous(), in_test.T.contiguous(), strict=True)
    for (acts_search, acts_test), (there, here) in zip(by_unit, by_type, strict=True):
        threshold = measures.choose_threshold(acts_search, there)
        both.append(min(measures.sensitivity_specificity(acts_test, here, threshold)))
        specific.append(measures.sensitivity_specificity(acts_test, here, 0.0)[1])
    sets = token_set_correlation(search, test, current[:half], current[half : 2 * half])
    return Readability(
        good_types=sum(one > 0.5 for one in both) / max(len(both), 1),
        firing_specificity=torch.tensor(specific).median().item(),
        token_set=sets[(test > 0).any(dim=0)].median().item(),
    )


@torch.no_grad()
def token_set_correlation(
    search: Float[Tensor, "token unit"],
    test: Float[Tensor, "token2 unit"],
    search_tokens: Int[Tensor, "token"],
    test_tokens: Int[Tensor, "token2"],
) -> Float[Tensor, "unit"]:
    """Each unit's correlation on `test` with "the current token is in S", S being its best set on `search`.

    The best set is one of those that take the tokens in the order of the unit's mean activation on them.
    0 where the unit, or the set, never changes.
    """
    vocab = int(max(search_tokens.max(), test_tokens.max())) + 1

    def sums(acts: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        totals = torch.zeros(vocab, acts.shape[1]).index_add_(0, tokens, acts)
        return totals, tokens.bincount(minlength=vocab).float()[:, None].expand_as(totals)

    def correlation(inside: Tensor, count: Tensor, acts: Tensor) -> Tensor:
        """Of an indicator that is 1 on `count` tokens, over which the unit sums to `inside`."""
        n, mean = len(acts), acts.mean(dim=0)
        deviation = (acts - mean).square().mean(dim=0).sqrt()  # std(dim=0) takes ten times as long
        spread = (count * (1 - count / n)).clamp_min(0).sqrt() * deviation * n**0.5
        return torch.where(spread > 1e-6, (inside - count * mean) / spread.clamp_min(1e-6), 0.0)

    totals, counts = sums(search, search_tokens)
    order = (totals / counts.clamp_min(1)).argsort(dim=0, descending=True)
    grown = [part.gather(0, order).cumsum(dim=0) for part in (totals, counts)]
    size = correlation(*grown, search).argmax(dim=0)
    place = torch.empty_like(order).scatter_(0, order, torch.arange(vocab)[:, None].expand_as(order))
    chosen: Bool[Tensor, "vocab unit"] = place <= size
    totals, counts = sums(test, test_tokens)
    return correlation((totals * chosen).sum(dim=0), (counts * chosen).sum(dim=0), test)
