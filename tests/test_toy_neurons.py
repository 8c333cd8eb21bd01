"""Networks of neurons: hand-made ones do what they should, and the search finds what was planted."""

import math

import pytest
import torch

from course_utils import toy


def test_a_linear_hidden_space_may_be_turned_and_neurons_may_not():
    generator = torch.Generator().manual_seed(0)
    W = torch.eye(3, 5)[None]
    turn = torch.linalg.qr(torch.randn(3, 3, generator=generator)).Q
    x, b = toy.sample(torch.tensor([0.5]), 5, 200, generator), torch.zeros(1, 5)
    assert torch.allclose(toy.forward(turn @ W, b, x), toy.forward(W, b, x), atol=1e-6)
    assert not torch.allclose(
        toy.neurons.neuron_forward(turn @ W, b, x), toy.neurons.neuron_forward(W, b, x), atol=0.1
    )


def test_hand_made_network_computes_absolute_values_and_costs_what_the_formula_says():
    n, m, p = 5, 4, torch.tensor([0.3])
    W1, W2, b = toy.neurons.two_neurons_each(n, m)
    importance = 0.7 ** torch.arange(n)
    x = toy.neurons.sample_signed(p, n, 400_000, torch.Generator().manual_seed(0))
    b[m // 2 :] = p / 2  # the best guess for what is not computed
    y = toy.neurons.abs_forward(W1[None], W2[None], b[None], x)
    assert torch.allclose(y[..., : m // 2], x[..., : m // 2].abs())
    loss = ((x.abs() - y) ** 2 * importance).sum(-1).mean()
    assert loss == pytest.approx(toy.neurons.without_superposition(importance, p, m).item(), rel=0.01)
    assert toy.neurons.monosemantic(W1).all()


def test_signed_inputs_have_the_density_and_spread_asked_for():
    p = torch.tensor([1.0, 0.1])
    x = toy.neurons.sample_signed(p, 7, 50_000, torch.Generator().manual_seed(0))
    assert torch.allclose((x != 0).double().mean((1, 2)), p.double(), atol=0.005)
    assert torch.allclose(x.double().mean((1, 2)), torch.zeros(2).double(), atol=0.005)
    assert torch.allclose((x**2).double().mean((1, 2)), p.double() / 3, atol=0.005)


def test_search_finds_planted_motifs_whatever_their_scale_and_sign():
    generator = torch.Generator().manual_seed(0)
    W1, W2 = (torch.zeros(3, 4, 5), torch.zeros(3, 5, 4))
    small1, small2 = toy.neurons.asymmetric_motif(2.0)
    for net, (sign, size) in enumerate([(1, 1.0), (-1, 3.0), (1, 0.2)]):
        neurons, features = (torch.randperm(k, generator=generator)[:2] for k in (4, 5))
        W1[net][neurons[:, None], features] = sign * size * small1
        W2[net][features[:, None], neurons] = small2 / size
    found = toy.neurons.find_motifs(W1, W2).nonzero()
    assert found[:, 0].tolist() == [0, 1, 2]
    assert torch.allclose(toy.neurons.brakes(W1, W2, found), torch.ones(3))
    small_leak = found[:, [0, 1, 3, 2]]
    assert torch.equal(toy.neurons.brakes(W1, W2, small_leak), torch.zeros(3))
    even1, even2 = toy.neurons.asymmetric_motif(1.0)
    assert not toy.neurons.find_motifs(even1[None], even2[None]).any()


def test_winner_is_measured_on_inputs_that_did_not_choose_it():
    """Of many copies of one network the lowest measured loss is too low; the second measurement isn't."""
    W1, W2, b = (x.expand(2, 400, *x.shape) for x in toy.neurons.two_neurons_each(4, 4))
    generator, p, importance = torch.Generator().manual_seed(0), torch.tensor([0.5, 0.1]), torch.ones(4)
    parts = [x.flatten(0, 1) for x in (W1, W2, b)]
    measured = toy.neurons.mean_loss(
        toy.neurons.abs_forward, parts, p.repeat_interleave(400), importance, generator, 500
    )
    won = toy.neurons.winners(
        toy.neurons.AbsNetworks(W1, W2, b, measured.view(2, 400)), p, importance, generator
    )
    true = 2 * p / 3  # the two features that it leaves at 0
    assert (measured.view(2, 400).amin(1) < 0.9 * true).all()
    assert torch.allclose(won.loss, true, rtol=0.02)
    assert won.W1.shape == (2, 4, 4)


def test_codes_of_equal_features_cost_the_logarithm_of_what_is_left():
    prob = torch.full((8,), 1 / 8)
    state = torch.tensor([[0] * 8, [0, 0, 1, 1, 2, 2, 3, 3], list(range(8)), [1] + [0] * 7])
    want = [math.log(8), math.log(2), 0.0, 7 / 8 * math.log(7)]
    assert toy.neurons.code_loss(state, prob).tolist() == pytest.approx(want, abs=1e-6)


def test_training_learns_at_both_ends_of_the_density_scale():
    """At low density outputs die without a warm-up: nine tenths of the loss would stay."""
    p, importance = torch.tensor([1.0, 0.02]), torch.ones(3)
    nets = toy.neurons.train_abs(
        p.repeat_interleave(4), 6, importance, torch.Generator().manual_seed(0), steps=300
    )
    left = nets.loss.view(2, 4).amin(1) / toy.theory.drop_loss(3.0, p)
    assert (left < 0.1).all(), left


def test_features_read_are_those_above_a_share_of_the_largest_by_size():
    W = torch.tensor([[2.0, -1.0, 0.5], [0.0, 0.0, -3.0], [1.0, 0.31, -0.29]])
    assert toy.neurons.features_read(W).tolist() == [2, 1, 2]


def test_inputs_with_exactly_k_features_on():
    x = toy.neurons.sample_exactly(3, 8, 4000, torch.Generator().manual_seed(0))
    assert ((x != 0).sum(1) == 3).all() and x.abs().max() <= 1
    often = (x != 0).double().mean(0)
    assert (often - 3 / 8).abs().max() < 0.04, "each feature as often as any other"
    assert abs(x[x != 0].mean()) < 0.03 and abs((x[x != 0] ** 2).mean() - 1 / 3) < 0.03
