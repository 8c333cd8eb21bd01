"""The toy models: expected loss, closed forms, training, phases."""

import itertools
import math

import pytest
import torch

from course_utils import toy
from course_utils.toy.losses import coefficients, moments
from course_utils.toy.training import derivatives


def random_models(n: int, m: int, count: int = 4, seed: int = 0):
    g = torch.Generator().manual_seed(seed)
    W = torch.randn(count, m, n, generator=g).double()
    b = 0.3 * torch.randn(count, n, generator=g).double()
    importance = 0.1 + torch.rand(count, n, generator=g).double()
    p = 0.05 + 0.9 * torch.rand(count, generator=g).double()
    return W, b, importance, p


@pytest.mark.parametrize(("n", "m"), [(2, 1), (3, 2), (2, 2), (4, 1)])
def test_expected_loss_is_what_sampling_tends_to(n, m):
    W, b, importance, p = random_models(n, m)
    g = torch.Generator().manual_seed(1)
    batches = [toy.sampled_loss(W, b, importance, toy.sample(p, n, 50_000, g)) for _ in range(20)]
    mean, error = torch.stack(batches).mean(0), torch.stack(batches).std(0) / 20**0.5
    assert ((toy.expected_loss(W, b, importance, p) - mean).abs() < 5 * error + 1e-5).all()


@pytest.mark.parametrize("n", [2, 3])
def test_grid_loss_tends_to_the_expected_loss(n):
    W, b, importance, p = random_models(n, n - 1)
    exact = toy.expected_loss(W, b, importance, p, nodes=64)
    coarse, fine = (
        toy.losses.grid_loss(W, b, importance, *toy.losses.quadrature(n, p, nodes)) for nodes in (3, 20)
    )
    assert torch.allclose(fine, exact, rtol=2e-4)
    assert (fine - exact).abs().max() < (coarse - exact).abs().max()
    assert torch.allclose(toy.expected_loss(W, b, importance, p, nodes=6), exact, rtol=2e-3)


def test_expected_loss_survives_extremes():
    W = torch.tensor([[[0.0, 0.0]], [[1.0, 0.0]], [[1.0, -1.0]], [[3.0, 2.0]]])
    b = torch.tensor([[0.0, 0.0], [0.0, 0.5], [0.0, 0.0], [-99.0, -99.0]])
    p = torch.tensor([1.0, 1.0, 0.0, 0.5])
    loss = toy.expected_loss(W, b, torch.ones(4, 2), p)
    assert torch.allclose(loss, torch.tensor([2 / 3, 1 / 12, 0.0, 1 / 3]), atol=1e-6)


@pytest.mark.parametrize("n", [2, 3])
def test_closed_forms_are_the_expected_losses_of_the_candidates(n):
    r, p = torch.tensor([0.2, 1.0, 5.0]).double(), torch.tensor([0.02, 0.4, 1.0]).double()
    for r_, p_ in itertools.product(r, p):
        for structure in toy.theory.STRUCTURES[n]:
            for W in structure.W:
                W = torch.tensor(W).double()[None]
                dropped = W[0].norm(dim=0) == 0
                b = torch.where(dropped, p_ / 2, 0.0)[None]  # a dropped feature has its best bias
                loss = toy.expected_loss(W, b, toy.phases.importances(n, r_[None]), p_[None], nodes=32)
                if structure.loss:
                    want = torch.as_tensor(structure.loss(r_, p_)).double()
                    assert torch.allclose(loss, want.expand(1), rtol=1e-6), structure.name
    same = torch.tensor(toy.theory.STRUCTURES[2][3].W[0]).double()[None]
    loss = toy.expected_loss(
        same, torch.zeros(1, 2).double(), toy.phases.importances(2, r[:1]), p[1:2], nodes=32
    )
    assert torch.allclose(loss, toy.theory.same_side_loss(1, r[:1], p[1:2]))


@pytest.mark.parametrize("p", [1.5, -0.1, math.nan])
def test_a_density_that_is_no_probability_is_refused(p):
    W, b, importance, _ = random_models(3, 2, count=2)
    p = torch.tensor([0.5, p]).double()
    for use in (
        lambda: toy.expected_loss(W, b, importance, p),
        lambda: toy.expected_loss(W, b, importance, p[:, None].expand(2, 3)),
        lambda: toy.train(W, b, importance, p),
        lambda: toy.losses.quadrature(2, p, 3),
        lambda: toy.sample(p, 3, 10),
        lambda: toy.neurons.sample_signed(p, 3, 10),
        lambda: toy.correlated.sample_correlated(p, 2, 3, 10),
        lambda: toy.correlated.sample_anticorrelated(p, 2, 3, 10),
    ):
        with pytest.raises(ValueError, match="between 0 and 1"):
            use()


def test_boundary_is_where_the_losses_cross():
    r = torch.logspace(-1, 1, 21)
    p = toy.theory.boundary(r)
    assert torch.allclose(toy.theory.antipodal_loss(1, r, p), toy.theory.drop_loss(r.clamp(max=1), p))
    assert toy.theory.boundary(torch.tensor(1.0)).item() == pytest.approx(4 / 7)
    for n in (2, 3):
        below, above = (
            toy.theory.theory_phase(n, r[:10], 0.99 * p[:10]),
            toy.theory.theory_phase(n, r[:10], 1.01 * p[:10]),
        )
        assert (below == 2).all() and (above == 0).all()


def test_quadrature_weights_and_dtype():
    for dtype in (torch.float32, torch.float64):
        points, weights = toy.losses.quadrature(3, torch.tensor([0.2, 1.0], dtype=dtype), 4)
        assert points.shape == (125, 3) and weights.shape == (2, 125)
        assert points.dtype == weights.dtype == dtype
        assert torch.allclose(weights.sum(1), torch.ones(2, dtype=dtype))


@pytest.mark.parametrize(("n", "m"), [(2, 1), (3, 2), (4, 2)])
def test_derivatives_match_autograd(n, m):
    W, b, importance, p = random_models(n, m)
    W.requires_grad_()
    b.requires_grad_()
    loss = toy.expected_loss(W, b, importance, p, nodes=8)
    want = torch.autograd.grad(loss.sum(), (W, b))
    got_loss, gradient, curvature = derivatives(W.detach(), b.detach(), importance, p, nodes=8)
    assert torch.allclose(got_loss, loss)
    assert torch.allclose(gradient, torch.cat([want[0].flatten(1), want[1]], 1), atol=1e-10)
    assert torch.linalg.eigvalsh(curvature).min() > -1e-9  # Gauss-Newton: never negative


def test_moments_are_symmetric_and_bounded():
    W, b, _, p = random_models(3, 2)
    M = moments(coefficients(W, b), p, 8)
    assert torch.allclose(M, M.transpose(2, 3))
    assert (M >= 0).all() and (M[:, :, -1, -1] <= 1 + 1e-12).all()


def test_train_never_raises_a_loss_and_keeps_models_apart():
    grid = toy.phases.cells(5)
    importance = toy.phases.importances(2, grid.r)
    W, b = toy.random_starts(25, 2, 1, torch.Generator().manual_seed(0))
    before = toy.expected_loss(W, b, importance, grid.p)
    together = toy.train(W, b, importance, grid.p)
    assert (together.loss <= before + 1e-6).all()
    alone = toy.train(W[3:4], b[3:4], importance[3:4], grid.p[3:4])
    assert torch.allclose(alone.loss, together.loss[3:4], rtol=1e-3)
    chunked = toy.train(W, b, importance, grid.p, chunk=7)
    assert torch.allclose(chunked.loss, together.loss, rtol=1e-3)


def test_train_gives_the_same_on_any_number_of_cores():
    grid = toy.phases.cells(6)
    before, results = torch.get_num_threads(), []
    try:
        for cores in (1, 3):
            torch.set_num_threads(cores)
            W, b = toy.random_starts(36, 3, 2, torch.Generator().manual_seed(0))
            results.append(toy.train(W, b, toy.phases.importances(3, grid.r), grid.p, chunk=5))
            assert torch.get_num_threads() == cores
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(one, three) for one, three in zip(*results, strict=True))


def test_adam_trains_each_model_on_its_own_and_leaves_the_starts():
    W, b, importance, p = random_models(2, 1)
    starts = W.clone()

    def loss(W, b):
        return toy.expected_loss(W, b, importance, p, nodes=4)

    W1, b1 = toy.adam((W, b), loss, steps=50)
    assert torch.equal(W, starts)
    assert (loss(W1, b1) < loss(W, b)).all()


@pytest.mark.parametrize(("n", "agree"), [(2, 0.95), (3, 0.9)])
def test_small_maps_agree_with_theory(n, agree):
    grid = toy.phases.cells(12)
    best = toy.best_models(toy.phases.train_cells(n, grid, 8, torch.Generator().manual_seed(0)))
    assert (toy.phases.loss_ratio(best, n, grid) <= 1.01).double().mean() >= 0.98
    phase = toy.phases.phase_of(best.W)
    assert toy.phases.agreement(phase, toy.theory.theory_phase(n, grid.r, grid.p)) >= agree
    again = toy.best_models(toy.phases.train_cells(n, grid, 8, torch.Generator().manual_seed(0)))
    assert torch.equal(again.W, best.W)


@pytest.mark.parametrize("n", [2, 3])
def test_classify_knows_each_structure_however_turned(n):
    g = torch.Generator().manual_seed(0)
    for place, structure in enumerate(toy.theory.STRUCTURES[n]):
        for W in structure.W:
            turn = torch.linalg.qr(torch.randn(n - 1, n - 1, generator=g)).Q
            turned = (turn @ torch.tensor(W, dtype=torch.float32))[None]
            assert toy.phases.phase_of(turned + 0.03 * torch.randn(1, n - 1, n, generator=g)).tolist() == [
                place
            ]


def test_one_thread_gives_the_threads_back():
    before = torch.get_num_threads()
    with pytest.raises(RuntimeError, match="inside"), toy.one_thread():
        assert torch.get_num_threads() == 1
        raise RuntimeError("inside")
    assert torch.get_num_threads() == before


def test_figures_are_plain_plotly():
    from course_utils.figures import toy as figures

    grid = toy.phases.cells(6)
    phase = toy.theory.theory_phase(3, grid.r, grid.p)
    figs = [
        figures.phase_diagrams(
            3, grid, {"a": phase, "b": phase}, toy.theory.boundary(grid.importance), {"b": phase == 0}
        ),
        figures.loss_by_step(torch.rand(9, 3), {"triangle": 0.1}, "title"),
    ]
    W, losses = torch.rand(2, 3), {"trained": 0.1, "triangle": 0.2}
    rarer = {"trained": 0.001, "triangle": 0.002}
    figs.append(figures.cell_slider({"0.1": (W, losses), "0.2": (W, rarer)}, "title", "p = "))
    assert all(len(fig.to_json()) < 60_000 for fig in figs)
    assert len(figs[-1].frames) == 2
    low, high = figs[-1].layout.xaxis2.range  # one range for all steps, in powers of ten
    assert low < math.log10(0.001) and high > math.log10(0.2)


def test_a_mean_of_gram_matrices_is_named_by_the_nearest():
    grams, names = toy.phases.structure_grams(2)
    W = torch.tensor([[[1.0, -1.0]], [[-1.0, 1.0]], [[0.9, -1.1]], [[1.0, 0.0]]])[None]
    loss = torch.tensor([[0.1, 0.1, 0.2, 0.9]])
    mean = toy.phases.mean_without_worst(loss, W.transpose(2, 3) @ W)
    assert torch.allclose(mean[0], torch.tensor([[0.9367, -0.9967], [-0.9967, 1.0700]]), atol=1e-3)
    assert toy.phases.nearest(mean, grams, names).tolist() == [2], "W itself averages to nothing"
    assert toy.phases.mean_without_worst(loss, W)[0].abs().max() < 0.4


def test_disagreements_say_what_became_of_what():
    theory, trained = torch.tensor([0, 0, 0, 1, 2]), torch.tensor([2, 0, 2, 3, 2])
    assert toy.phases.disagreements(2, trained, theory) == {
        "theory": ["varied feature dropped", "unit feature dropped"],
        "trained": ["antipodal pair", "same side"],
        "cells": [2, 1],
    }


def test_losses_of_one_cell_by_name():
    named = toy.theory.named_losses(3, 2.0, 0.3)
    assert list(named) == [s.name for s in toy.theory.STRUCTURES[3] if s.loss]
    assert named["varied feature dropped"] == pytest.approx(2 * (0.1 - 0.0225))
    assert named["varied and unit antipodal"] == pytest.approx(3 * 0.09 / 6)
