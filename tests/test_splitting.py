"""Splitting, stitching, the map, and the small worlds of lesson 10."""

import math

import pytest
import torch

from course_utils.interp import layout, splitting
from course_utils.sae import hierarchy, wrong_l0


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_masked_cosine_looks_only_where_the_narrow_latent_fires():
    narrow = torch.tensor([[3.0, 0.0], [4.0, 0.0], [0.0, 2.0]])
    wide = torch.tensor([[3.0, 0.0], [4.0, 0.0], [9.0, 5.0]])
    assert torch.allclose(splitting.masked_cosine(narrow, wide), torch.tensor([[1.0, 0.0], [1.0, 1.0]]))


def test_stitching_is_the_change_of_the_error():
    x, f, W_dec = torch.randn(50, 6, generator=generator()), torch.rand(50, 4, generator=generator()), None
    W_dec = torch.randn(4, 6, generator=generator(1))
    before = x.square().sum(1).mean()
    want = [(x - f[:, [i]] * W_dec[i]).square().sum(1).mean() - before for i in range(4)]
    assert torch.allclose(splitting.stitching_effect(x, f, W_dec), torch.stack(want), atol=1e-5)


def test_after_a_refit_no_latent_helps_a_second_time():
    f = (torch.randn(400, 5, generator=generator()) - 0.3).relu()
    x = 3 * f @ torch.randn(5, 8, generator=generator(1)) + torch.randn(400, 8, generator=generator(2)) + 2
    shrunk = 0.3 * torch.linalg.lstsq(f, x).solution
    rows, bias = splitting.refitted(f, x)
    assert (splitting.stitching_effect(x - f @ shrunk, f, shrunk) < 0).all()
    assert (splitting.stitching_effect(x - f @ rows - bias, f, rows) > 0).all()
    best = torch.linalg.lstsq(torch.cat([f, torch.ones(400, 1)], 1), x).solution
    assert torch.allclose(rows, best[:-1], atol=1e-3) and torch.allclose(bias, best[-1], atol=1e-3)


def test_a_latent_belongs_to_a_class_by_two_rates_however_rare_the_class():
    in_class = torch.arange(2000) < 20
    acts = torch.zeros(2000, 4)
    acts[:10, 0] = 1.0  # half of the class, nothing else
    acts[:2, 1] = 1.0  # too little of it
    acts[::2, 2] = 1.0  # as often elsewhere
    assert splitting.latents_of(acts, in_class) == [0]
    assert splitting.latents_of(torch.cat([acts, acts[20:].repeat(9, 1)]), torch.arange(19_820) < 20) == [0]


def test_the_share_of_variance_between_groups():
    group = torch.tensor([0, 0, 1, 1])
    acts = torch.tensor([[1.0, 0, 2], [1, 1, 2], [3, 0, 2], [3, 1, 2]])
    assert torch.allclose(splitting.share_of_variance(acts, group), torch.tensor([1.0, 0.0, 0.0]))


@pytest.mark.parametrize("skip", range(4))
def test_base64_of_text_is_told_from_random_bytes_wherever_it_is_cut(skip):
    import base64

    text = base64.b64encode(b"The quick brown fox jumps over the lazy dog, twice.")[skip:]
    noise = base64.b64encode(bytes((i * 91 + 200) % 256 for i in range(60)))[skip:]
    assert splitting.decodes_to_text(text) and not splitting.decodes_to_text(noise)
    assert not splitting.decodes_to_text(text[:8])


def test_a_map_keeps_clusters_together():
    centres = 3 * torch.randn(4, 30, generator=generator())
    rows = centres.repeat_interleave(25, 0) + 0.5 * torch.randn(100, 30, generator=generator(1))
    places = layout.tsne(rows, perplexity=8.0, steps=250)
    assert layout.neighbours_kept(rows, places) > 2 * layout.neighbours_kept(rows, torch.rand(100, 2))
    own = torch.arange(100) // 25
    nearest = (torch.cdist(places, places) + 1e9 * torch.eye(100)).argmin(1)
    assert (own[nearest] == own).float().mean() > 0.95


def test_a_neighbourhood_has_the_size_that_was_asked_for():
    x = torch.randn(60, 5, generator=generator())
    odds = layout.neighbour_odds(torch.cdist(x, x).square(), 7.0)
    assert torch.allclose(torch.special.entr(odds).sum(1).exp(), torch.full((60,), 7.0), rtol=1e-2)
    assert odds.diagonal().eq(0).all()


@pytest.mark.parametrize("l1", [0.05, 0.2])
def test_the_closed_form_is_what_training_reaches(l1):
    p, q = 0.25, 0.2
    angles = torch.linspace(0, math.radians(70), 8)
    rows = torch.zeros(8, 2, 6)
    rows[:, 0, 0], rows[:, 1, 0], rows[:, 1, 1] = 1, angles.sin(), angles.cos()
    reached = hierarchy.fit(hierarchy.parent_and_child(p, q, 6), rows, l1, hold_rows=True).loss
    alone = 1 - (1 - l1 / 2) ** 2
    want = [p * (1 - q) * alone + p * q * hierarchy.absorbed_loss(a, l1) for a in angles.tolist()]
    assert torch.allclose(reached, torch.tensor(want), rtol=0.01)


def test_a_child_is_absorbed_unless_it_comes_alone_or_the_weights_are_tied():
    start = torch.eye(2, 6).expand(4, 2, 6) + 0.3 * torch.randn(4, 2, 6, generator=generator())

    def child_angle(world, **settings):
        rows = hierarchy.fit(world, start, 0.1, **settings).rows[:, 1]
        return torch.rad2deg(torch.atan2(rows[:, 0], rows[:, 1]))

    family, strangers = hierarchy.parent_and_child(d=6), hierarchy.unrelated(d=6)
    assert (child_angle(family) - 45).abs().max() < 1
    assert child_angle(strangers).abs().max() < 3 and child_angle(family, tied=True).abs().max() < 8


def test_one_latent_hedges_at_the_angle_of_the_formula():
    rows = hierarchy.fit(hierarchy.parent_and_child(q=0.3, d=6), torch.eye(1, 6)[None], 1e-3, steps=1500).rows
    assert math.isclose(math.atan2(rows[0, 0, 1], rows[0, 0, 0]), hierarchy.hedged_angle(0.3), abs_tol=0.01)


def test_the_worlds_probabilities_are_those_that_were_asked_for():
    for world in (hierarchy.parent_and_child(0.3, 0.4), hierarchy.unrelated(0.3, 0.4)):
        assert math.isclose(world.probability.sum(), 1, abs_tol=1e-6)
        parent, child = (world.probability[world.x[:, i] > 0].sum().item() for i in (0, 1))
        assert math.isclose(parent, 0.3, abs_tol=1e-6) and math.isclose(child, 0.12, abs_tol=1e-6)


def test_features_come_as_often_as_they_should_and_together_when_asked():
    apart = wrong_l0.draw((20_000,), 3, 0.0, generator()) != 0
    close = wrong_l0.draw((20_000,), 3, 0.5, generator()) != 0
    for on in (apart, close):
        assert (on.float().mean(0) - wrong_l0.P).abs().max() < 0.02
    assert abs((apart[:, 0] & apart[:, 1]).float().mean() - wrong_l0.P**2) < 0.01
    assert (close[:, 0] & close[:, 1]).float().mean() > wrong_l0.P**2 + 0.05


def test_with_too_small_a_k_the_true_dictionary_is_left_for_a_better_one():
    truth = torch.linalg.qr(torch.randn(12, 12, generator=generator())).Q[:5]
    k = torch.tensor([1.6, 2.2])
    found = wrong_l0.fit(truth, truth.expand(2, 5, 12), k, generator(1), steps=300)
    assert found.error[0] < 0.9 * found.start_error[0]
    cosines = wrong_l0.mean_cosine(found.rows)
    assert cosines[0] > 0.05 > cosines[1]


def test_the_mean_cosine_of_rows():
    assert wrong_l0.mean_cosine(torch.eye(4)).item() == pytest.approx(0, abs=1e-6)
    rows = torch.tensor([[1.0, 0.0], [-2.0, 0.0]])
    assert wrong_l0.mean_cosine(rows).item() == pytest.approx(1)
