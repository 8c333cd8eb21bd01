"""The three ways to a training step's gradients give the same numbers."""

import pytest
import torch

from course_utils import sae as S
from course_utils.sae import gradients
from course_utils.sae.steps import normalise_decoder, remove_parallel_gradient, sae_loss, weighted_l1
from course_utils.sae.train import Run

L1 = 0.7


def random_sae(d_in=5, d_sae=11, off=0.0, kind=S.SparseAutoencoder):
    """An SAE with no zero and no symmetry in it; `off` is taken from the encoder's bias."""
    g = torch.Generator().manual_seed(0)
    sae = kind(d_in, d_sae, generator=g)
    with torch.no_grad():
        for p in sae.parameters():
            p += 0.3 * torch.randn(p.shape, generator=g)
        sae.b_enc -= off
    return sae


def inputs(batch, d_in=5):
    return torch.randn(batch, d_in, generator=torch.Generator().manual_seed(1))


def by_autograd(sae, x, penalty=L1):
    """The wanted gradients, in the parameters' order, and latents."""
    x_hat, f = sae(x)
    sae.zero_grad()
    (sae_loss(x, x_hat, f, 0.0) + weighted_l1(f, sae.W_dec, penalty)).backward()
    return [p.grad.clone() for p in sae.parameters()], x_hat.detach(), f.detach()


def assert_step(sae, x, step, wanted, x_hat, f):
    for (name, p), grad in zip(sae.named_parameters(), wanted, strict=True):
        torch.testing.assert_close(p.grad, grad, rtol=1e-4, atol=1e-5, msg=lambda m, n=name: f"{n}: {m}")
        assert p.grad.is_contiguous()
    torch.testing.assert_close(step.mse, (x - x_hat).square().sum(dim=1).mean(), rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(step.l0, (f > 0).sum(dim=1).float().mean())
    torch.testing.assert_close(step.f_mean, f.mean(dim=0))
    assert torch.equal(step.f_mean > 0, (f > 0).any(dim=0))


@pytest.mark.parametrize("way", [gradients.dense, gradients.sparse])
@pytest.mark.parametrize("off", [-9.0, 0.0, 1.5, 3.0, 99.0])
@pytest.mark.parametrize("shape", [(1, 5, 11), (7, 5, 11), (64, 16, 3), (300, 8, 40)])
def test_dense_and_sparse_are_autograds(way, off, shape):
    """From all latents active to none; on the way there are inputs, and latents, with nothing active."""
    batch, d_in, d_sae = shape
    sae, x = random_sae(d_in, d_sae, off), inputs(batch, d_in)
    wanted, x_hat, f = by_autograd(sae, x)
    with torch.no_grad():
        step = way(sae, x, f, L1)
    assert_step(sae, x, step, wanted, x_hat, f)


def test_the_densities_tried_are_all_kinds():
    def fired(off):
        return random_sae(8, 40, off).encode(inputs(300, 8)).detach() > 0

    assert fired(-9.0).all() and not fired(99.0).any()
    assert 0.3 < fired(0.0).float().mean() < 0.7
    some = fired(3.0)
    assert some.any() and not some.any(dim=1).all() and not some.any(dim=0).all()


@pytest.mark.parametrize("off", [0.0, 3.0])
def test_the_way_is_chosen_by_density(off, monkeypatch):
    sae, x = random_sae(8, 40, off), inputs(300, 8)
    taken = []

    def seen(way):
        return lambda *args: (taken.append(way.__name__), way(*args))[1]

    for way in (gradients.dense, gradients.sparse):
        monkeypatch.setattr(gradients, way.__name__, seen(way))
    gradients.by_hand(sae, x, L1)
    share = (sae.encode(x)[:256] > 0).float().mean()
    assert taken == ["sparse" if share < gradients.SPARSE_BELOW else "dense"]
    assert taken == [{0.0: "dense", 3.0: "sparse"}[off]]


@pytest.mark.parametrize("off", [0.0, 3.0])
@pytest.mark.parametrize("kind", [S.TopK, S.BatchTopK])
def test_latents_that_pass_on_what_they_keep_need_no_autograd(kind, off):
    sae = random_sae(8, 40, off, kind=lambda *a, **more: kind(*a, k=3, **more))
    x = inputs(300, 8)
    sae.loss(x).backward()
    wanted = [p.grad.clone() for p in sae.parameters()]
    x_hat, f = sae(x)
    step = gradients.by_hand(sae, x, 0.0)
    assert_step(sae, x, step, wanted, x_hat.detach(), f.detach())
    assert sae.training and step.l0 <= 3


def test_by_hand_gives_the_papers_step():
    """On unit rows the weighted penalty, projected, is the paper's plain one, projected."""
    readable, quick = random_sae(), random_sae()
    for sae in (readable, quick):
        normalise_decoder(sae)
    x = inputs(64)
    S.steps.training_step(readable, torch.optim.Adam(readable.parameters(), lr=1e-2), x, 0.5)
    optimizer = torch.optim.Adam(quick.parameters(), lr=1e-2)
    gradients.by_hand(quick, x, 0.5)
    remove_parallel_gradient(quick)
    optimizer.step()
    normalise_decoder(quick)
    for a, b in zip(readable.parameters(), quick.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


class Own(S.SparseAutoencoder):
    def loss(self, x):
        x_hat, f = self(x)
        return sae_loss(x, x_hat, f, 0.0) + weighted_l1(f, self.W_dec, L1)


def test_a_loss_of_its_own_goes_by_autograd():
    x, own = inputs(300), random_sae(kind=Own)
    wanted, x_hat, f = by_autograd(random_sae(), x)
    assert_step(own, x, gradients.by_autograd(own, x), wanted, x_hat, f)
    assert own.training


@pytest.mark.parametrize("kind", [S.SparseAutoencoder, Own])
def test_training_takes_the_loss_that_the_class_has(kind):
    """The configuration's own penalty, which `Own` doesn't look at, is none."""
    x, cfg = inputs(64), S.variant(5, 11, 64, train_batch_size_tokens=64)
    run = Run(cfg, 1.0, "cpu", lambda _: random_sae(kind=kind))
    wanted, *_ = by_autograd(random_sae(), x, L1 if kind is Own else 0.0)
    run.advance(x)
    torch.testing.assert_close(run.sae.b_enc.grad, wanted[1], rtol=1e-4, atol=1e-5)
