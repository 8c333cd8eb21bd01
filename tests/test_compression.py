"""Lesson 01's library: the linear model's loss in two terms, PCA's loss, the L1 penalty, and the figures."""

import torch

from course_utils import toy
from course_utils.figures import compression as figures


def random_models(inst=3, m=2, n=4, seed=0):
    g = torch.Generator().manual_seed(seed)
    W = torch.randn(inst, m, n, generator=g, dtype=torch.float64)
    importance = 0.2 + torch.rand(inst, n, generator=g, dtype=torch.float64)
    p = 0.1 + 0.9 * torch.rand(inst, generator=g, dtype=torch.float64)
    return W, importance, p, g


def test_linear_terms_add_up_to_the_linear_models_expected_loss():
    """With the best bias, on the points of a rule that is exact for squares."""
    W, importance, p, _ = random_models()
    points, weights = toy.losses.quadrature(4, p, nodes=2)
    error = points - points @ (W.transpose(1, 2) @ W)
    mean = torch.einsum("as,asi->ai", weights, error)  # what the best bias removes
    exact = torch.einsum("as,asi,ai->a", weights, (error - mean[:, None]) ** 2, importance)
    lost, disturbed = toy.compression.linear_terms(W, importance, p)
    assert torch.allclose(lost + disturbed, exact)
    at_right_angles = torch.eye(2, 4, dtype=torch.float64).expand(3, 2, 4)
    assert (toy.compression.linear_terms(at_right_angles, importance, p)[1] == 0).all()


def test_pca_beats_every_other_projection_and_equals_keeping_the_top_features_of_the_toy_world():
    _, importance, p, g = random_models(n=6)
    x = toy.sample(p[:1], 6, 20_000, g)[0]
    best = toy.compression.pca_loss(x, importance[0], 2)
    z = (x - x.mean(0)) * importance[0].sqrt()
    for _ in range(20):
        kept = torch.linalg.qr(torch.randn(6, 2, generator=g, dtype=torch.float64)).Q
        assert best <= ((z - z @ kept @ kept.T) ** 2).sum(1).mean() + 1e-12
    top = torch.zeros(1, 2, 6, dtype=torch.float64)
    top[0, [0, 1], importance[0].topk(2).indices] = 1
    assert torch.allclose(best, sum(toy.compression.linear_terms(top, importance[:1], p[:1]))[0], rtol=0.05)


def test_l1_loss_is_the_plain_loss_plus_strength_times_the_mean_of_the_hidden_numbers_size():
    W, importance, _, g = random_models()
    b, x = torch.randn(3, 4, generator=g).double(), torch.rand(3, 5, 4, generator=g).double()
    plain = toy.compression.l1_loss(W, b, importance, x, torch.zeros(3))
    assert torch.allclose(plain, toy.sampled_loss(W, b, importance, x))
    assert torch.allclose(plain, toy.compression.weighted_loss(x, toy.forward(W, b, x), importance))
    strength = torch.tensor([0.5, 1.0, 2.0]).double()
    size = (x @ W.transpose(1, 2)).abs().sum(2).mean(1)
    assert torch.allclose(toy.compression.l1_loss(W, b, importance, x, strength), plain + strength * size)


def test_stored_counts_columns_longer_than_a_half():
    W = torch.tensor([[[0.3, 1.0, 0.0, 0.3], [0.3, 1.0, 0.0, 0.45]], [[0.45, 0, 0, 0], [0, 0, 0, 0]]])
    assert toy.compression.stored(W).tolist() == [2, 0]


def test_figures_show_each_column_once_with_its_length_and_interference():
    W = torch.tensor([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.05]])
    fig = figures.model_planes({"one": W, "other": 2 * W})
    numbers = [text for trace in fig.data if trace.type == "scatter" for text in trace.text if text]
    assert numbers == ["1", "2", "3", "1", "2", "3", "4"]  # too short a column has no number
    bars = next(trace for trace in fig.data if trace.type == "bar")
    assert list(bars.y) == [1, 1, 1, 0.05]
    assert list(bars.marker.color)[:3] == [1, 1, 0.003]
    b = torch.tensor([-0.25, 0.1, 0.0, 0.5])
    heat, bars = figures.model_grams({"one": (W, b)}).data
    assert [row[0] for row in heat.z] == [1, -1, 0, 0]
    assert [row[-1] for row in heat.z] == [-0.25, 0.1, 0, 0.5], "b stands in the last column"
    assert [row[-2] for row in heat.z] == [None] * 4 and list(heat.x) == [1, 2, 3, 4, 5, 6]
    frames = figures.model_gram_slider({"a": (W, b), "b": (-W, b)}, "title", "step ").frames
    assert [frame.name for frame in frames] == ["a", "b"]
    assert [frame.name for frame in figures.training_slider({0: 0 * W, 10: W}).frames] == ["0", "10"]


def test_two_forces_add_up():
    *_, total = figures.two_forces([-0.5, 0.0], [0.25, 0.0], [0.0, 0.5]).data
    assert list(total.y) == [0.25, 0.5] and list(total.x) == [-0.5, 0.0]


def test_leak_is_the_mean_of_what_is_read():
    g = torch.Generator().manual_seed(0)
    slope, bias = (torch.randn(50, generator=g).double() for _ in "sb")
    u = (torch.arange(20_000).double() + 0.5) / 20_000
    want = (slope[:, None] * u + bias[:, None]).relu().square().mean(1)
    assert torch.allclose(toy.compression.leak(slope, bias), want, atol=1e-7)
    flat = toy.compression.leak(torch.zeros(2), torch.tensor([0.5, -0.5]))
    assert flat.tolist() == [0.25, 0.0]
