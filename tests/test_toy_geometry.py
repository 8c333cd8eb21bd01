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
    assert torch.allclose(toy.feature_dimensionality(W), torch.full((n,), 2 / n).double())
    assert torch.allclose(toy.interference(W), torch.full((n,), 0.49 * (n / 2 - 1)).double())
    assert toy.dimensions_per_feature(W).item() == pytest.approx(2 / (0.49 * n))


def test_dimensionality_by_hand_and_of_what_is_not_stored():
    W = torch.tensor([[2.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    want = torch.tensor([4 / (4 + 1), 2 / (2 + 2), 0.0])
    assert torch.allclose(toy.feature_dimensionality(W), want)
    assert torch.allclose(toy.feature_dimensionality(1e-6 * W), want, atol=1e-6)
    assert torch.allclose(toy.interference(W), torch.tensor([1.0, 2.0, 0.0]))


def test_geometry_does_not_depend_on_the_basis_and_takes_many_models():
    g = torch.Generator().manual_seed(0)
    W = torch.randn(4, 3, 7, generator=g)
    turn = torch.linalg.qr(torch.randn(3, 3, generator=g)).Q
    for function in (toy.feature_dimensionality, toy.interference, toy.dimensions_per_feature):
        together = function(W)
        assert torch.allclose(together, function(turn @ W), rtol=1e-4)
        assert torch.allclose(together[1], function(W[1]))
    assert (toy.feature_dimensionality(W).sum(-1) <= 3 + 1e-4).all()
