"""What is measured of a sparse autoencoder, by hand and on the shipped one."""

import pytest
import torch

from course_utils import sae as S
from course_utils.sae.metrics import top_k
from tests.test_sae import random_sae, sparse_data


def test_metrics_by_hand():
    x = torch.tensor([[1.0, 2], [3, 6]])
    mean = x.mean(dim=0).expand_as(x)
    assert S.metrics.r_squared(x, mean) == 0
    assert S.metrics.r_squared(x, x) == 1
    assert S.metrics.r_squared(x, torch.zeros_like(x)) == pytest.approx(1 - 50 / 10)
    f = torch.tensor([[0.0, 1, 2], [0, 0, 3]])
    density, l0 = S.metrics.firing(f)
    assert l0 == 1.5
    assert density.tolist() == [0, 0.5, 1]


def test_evaluate_is_the_metrics_chunk_by_chunk():
    sae, x = random_sae(), torch.randn(100, 5) + 2
    x_hat, f = sae(x)
    found = S.evaluate(sae, x, chunk=33)
    assert found.r2 == pytest.approx(S.metrics.r_squared(x, x_hat), abs=1e-5)
    density, l0 = S.metrics.firing(f)
    assert found.l0 == pytest.approx(l0)
    torch.testing.assert_close(found.density, density)
    assert found.dead_fraction == pytest.approx((density == 0).float().mean().item())


def test_loss_recovered():
    target = torch.tensor([1.0, 2])

    def loss(replace):
        acts = target.expand(4, 2)
        return 3 + (acts - (acts if replace is None else replace(acts))).square().sum().item()

    for fill in (torch.zeros(2), torch.tensor([0.5, 0.5])):
        assert S.metrics.loss_recovered(loss, lambda a: a, fill) == 1
        assert S.metrics.loss_recovered(loss, lambda a, fill=fill: fill.expand_as(a), fill) == 0
    assert S.metrics.loss_recovered(loss, lambda a: a / 2, torch.zeros(2)) == pytest.approx(0.75)


def test_baselines():
    x, _ = sparse_data(n=2000)
    assert top_k(x, 5).count_nonzero(dim=1).max() == 5
    torch.testing.assert_close(top_k(x, 32), x)
    torch.testing.assert_close(S.metrics.pca(x, 32)(x), x, rtol=1e-3, atol=1e-3)
    assert (
        S.metrics.r_squared(x, S.metrics.pca(x, 8)(x)) < S.metrics.r_squared(x, S.metrics.pca(x, 16)(x)) < 1
    )


@pytest.mark.parametrize(("name", "r2", "l0"), [("sae-4x", 0.73, 16), ("sae-4x-dense", 0.88, 34)])
def test_shipped_saes_explain_held_out_activations(name, r2, l0):
    from course_utils import assets
    from course_utils.lm import data, hooks

    shipped, model = assets.load_sae(name), assets.load_transformer()
    tokens = data.load("held_out", 60_000, assets.load_tokenizer(), seed=77).tokens
    found = S.evaluate(shipped, hooks.activations(model, tokens))
    assert (shipped.d_in, shipped.d_sae) == (128, 512)
    assert not any(p.requires_grad for p in shipped.parameters())
    torch.testing.assert_close(shipped.W_dec.norm(dim=1), torch.ones(512))
    assert found.r2 > r2 and found.l0 < l0

    few = tokens[:20]
    loss = hooks.loss_with(model, few).mean()
    assert (
        loss
        < hooks.loss_with(model, few, lambda x: shipped(x).x_hat).mean()
        < hooks.loss_with(model, few, torch.zeros_like).mean()
    )
