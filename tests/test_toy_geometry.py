"""Feature dimensionality, and features that come in sets."""

import pytest
import torch

from course_utils import toy


def regular(n: int) -> torch.Tensor:
    """n unit columns evenly round a circle."""
    angle = torch.arange(n).double() * 2 * torch.pi / n
    return torch.stack([angle.cos(), angle.sin()])


@pytest.mark.parametrize("n", [3, 4, 5, 8])
def test_features_round_a_circle_share_its_dimensions(n):
    W = 0.7 * regular(n)
    assert torch.allclose(toy.geometry.feature_dimensionality(W), torch.full((n,), 2 / n).double())
    assert torch.allclose(toy.geometry.interference(W), torch.full((n,), 0.49 * (n / 2 - 1)).double())
    assert toy.geometry.dimensions_per_feature(W).item() == pytest.approx(2 / (0.49 * n))


def test_dimensionality_by_hand_and_of_what_is_not_stored():
    W = torch.tensor([[2.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    want = torch.tensor([4 / (4 + 1), 2 / (2 + 2), 0.0])
    assert torch.allclose(toy.geometry.feature_dimensionality(W), want)
    assert torch.allclose(toy.geometry.feature_dimensionality(1e-6 * W), want, atol=1e-6)
    assert torch.allclose(toy.geometry.interference(W), torch.tensor([1.0, 2.0, 0.0]))


def test_geometry_does_not_depend_on_the_basis_and_takes_many_models():
    g = torch.Generator().manual_seed(0)
    W = torch.randn(4, 3, 7, generator=g)
    turn = torch.linalg.qr(torch.randn(3, 3, generator=g)).Q
    for function in (
        toy.geometry.feature_dimensionality,
        toy.geometry.interference,
        toy.geometry.dimensions_per_feature,
    ):
        together = function(W)
        assert torch.allclose(together, function(turn @ W), rtol=1e-4)
        assert torch.allclose(together[1], function(W[1]))
    assert (toy.geometry.feature_dimensionality(W).sum(-1) <= 3 + 1e-4).all()


def test_correlated_features_are_on_together_and_sets_are_independent():
    p = torch.tensor([0.2, 0.6]).double()
    x = toy.correlated.sample_correlated(p, 2, 3, 100_000, torch.Generator().manual_seed(0))
    assert x.shape == (2, 100_000, 6) and x.dtype == torch.float64
    on = x > 0
    assert (on[..., :3] == on[..., :1]).all() and (on[..., 3:] == on[..., 3:4]).all()
    assert torch.allclose(on.double().mean(1), p[:, None].expand(2, 6), atol=0.01)
    assert torch.allclose((on[..., 0] & on[..., 3]).double().mean(1), p**2, atol=0.01)
    a, b = x[0, on[0, :, 0], :2].T  # two features of a set, while on
    assert a.mean() == pytest.approx(0.5, abs=0.01) and torch.corrcoef(torch.stack([a, b]))[0, 1].abs() < 0.03


def test_anticorrelated_features_exclude_each_other_and_keep_their_density():
    p = torch.tensor([0.1, 1 / 3])
    x = toy.correlated.sample_anticorrelated(p, 2, 3, 100_000, torch.Generator().manual_seed(0))
    on = x > 0
    assert on.unflatten(2, (2, 3)).sum(3).max() == 1
    assert torch.allclose(on.float().mean(1), p[:, None].expand(2, 6), atol=0.01)
    assert torch.allclose((on[..., 0] & on[..., 5]).float().mean(1), p**2, atol=0.01)
    with pytest.raises(ValueError, match="1/3"):
        toy.correlated.sample_anticorrelated(torch.tensor([0.34]), 2, 3, 10)


def test_a_density_for_each_feature():
    """The exact loss and its training with p of shape "inst n": the mean over samples, feature by feature."""
    g = torch.Generator().manual_seed(0)
    W, b = torch.randn(3, 2, 4, generator=g).double(), 0.2 * torch.randn(3, 4, generator=g).double()
    importance, p = torch.rand(3, 4, generator=g).double(), torch.rand(3, 4, generator=g).double()
    x = toy.sample(torch.ones(3).double(), 4, 400_000, g)
    x = torch.where(torch.rand(x.shape, generator=g) < p[:, None, :], x, 0.0)
    exact = toy.expected_loss(W, b, importance, p)
    assert torch.allclose(exact, toy.sampled_loss(W, b, importance, x), rtol=0.01)
    same = p[:, :1].expand(3, 4)
    assert torch.allclose(
        toy.expected_loss(W, b, importance, same), toy.expected_loss(W, b, importance, p[:, 0])
    )
    assert (toy.train(W, b, importance, p).loss < exact).all()


@pytest.mark.parametrize("solid", toy.geometry.SOLIDS)
def test_sorted_cosines_know_a_solid_however_turned_and_no_other(solid):
    corners = toy.geometry.SOLIDS[solid]
    W = torch.tensor(corners, dtype=torch.float64).T
    turn = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(0)).double()).Q
    mixed = 0.7 * (turn @ W)[:, torch.randperm(len(corners), generator=torch.Generator().manual_seed(1))]
    assert toy.geometry.distance_to(solid, mixed) < 1e-9
    shares = toy.geometry.feature_dimensionality(mixed)
    assert torch.allclose(shares, shares[:1]), "even, whatever the solid"
    for other, points in toy.geometry.SOLIDS.items():
        if len(points) == len(corners) and other != solid:
            assert toy.geometry.distance_to(other, mixed) > 0.3
