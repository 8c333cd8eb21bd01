"""Readability: what a unit that knows its type, or its token, must score, and what noise must."""

import pytest
import torch

from course_utils.interp.readable import readability, token_set_correlation

G = torch.Generator().manual_seed(0)
TOKENS = torch.randint(30, (8000,), generator=G)
TYPES = torch.randint(4, (8000,), generator=G)
NOISE = torch.rand(8000, 5, generator=G)


def halves(acts):
    return acts[:4000], acts[4000:], TOKENS[:4000], TOKENS[4000:]


def test_a_unit_that_is_a_set_of_tokens_correlates_with_it_alone():
    members = torch.tensor([2, 3, 17])
    unit = 2.5 * torch.isin(TOKENS, members).float()
    found = token_set_correlation(*halves(torch.cat([unit[:, None], NOISE, torch.zeros(8000, 1)], dim=1)))
    assert found[0] == pytest.approx(1, abs=1e-4) and found[1:6].abs().max() < 0.1 and found[6] == 0


def test_the_set_is_judged_where_it_was_not_chosen():
    """30 tokens, 60 places: a set chosen on noise fits it there, and not elsewhere."""
    few = torch.randint(30, (120,), generator=G)
    noise = torch.rand(120, 200, generator=G)
    there = token_set_correlation(noise[:60], noise[:60], few[:60], few[:60])
    elsewhere = token_set_correlation(noise[:60], noise[60:], few[:60], few[60:])
    assert there.mean() > 0.4 and elsewhere.mean().abs() < 0.1


def test_the_measures_of_units_that_know_the_types():
    """Unit k fires on type k only, on 3 of 4 tokens; types 2 and 3 have none that knows them."""
    fires = (torch.rand(8000, generator=G) < 0.75).float()
    acts = torch.stack([(TYPES == 0) * fires, (TYPES == 1) * fires, 0.1 * NOISE[:, 0]], dim=1)
    found = readability(acts, TYPES, TOKENS)
    assert found.good_types == 0.5
    assert 0.2 < found.firing_specificity < 0.3  # the median of 1, 1 and two that are chance
    assert abs(found.token_set) < 0.1


def test_rare_types_are_not_counted():
    types = TYPES.clone()
    types[:30] = 4  # only in the first half, and only 30
    acts = torch.stack([(types == k).float() for k in range(4)], dim=1)
    assert readability(acts, types, TOKENS).good_types == 1
