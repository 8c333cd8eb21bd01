"""The sparse autoencoder library, on made-up data whose features are known."""

import math
import os
import subprocess
import sys

import pytest
import torch

from course_utils import sae as S
from course_utils.sae.steps import normalise_decoder
from course_utils.sae.train import Run


def sparse_data(n=20_000, d_in=32, features=48, p=0.03, seed=0):
    """Rows = sparse positive sums of `features` unit directions, off the origin; and the directions."""
    g = torch.Generator().manual_seed(seed)
    truth = torch.nn.functional.normalize(torch.randn(features, d_in, generator=g), dim=1)
    on = torch.rand(n, features, generator=g) < p
    size = 1 + torch.rand(n, features, generator=g)
    return (on * size) @ truth + 0.3 * torch.randn(d_in, generator=g), truth


def small(recipe=S.standard, tokens=256 * 40, **options):
    return recipe(d_in=32, d_sae=64, training_tokens=tokens, train_batch_size_tokens=256, **options)


def random_sae(d_in=5, d_sae=11, seed=0):
    g = torch.Generator().manual_seed(seed)
    sae = S.SparseAutoencoder(d_in, d_sae, generator=g)
    for p in sae.parameters():
        p.data += 0.3 * torch.randn(p.shape, generator=g)
    return sae


@pytest.mark.parametrize("recipe", [S.paper, S.standard])
def test_finds_the_true_features(recipe):
    x, truth = sparse_data()
    cfg = recipe(
        d_in=32, d_sae=96, training_tokens=600_000, l1_coefficient=1.0, lr=3e-3, train_batch_size_tokens=512
    )
    sae = S.train(x, cfg).sae
    found = (truth @ sae.W_dec.T).max(dim=1).values
    centred = x - x.mean(dim=0)
    components = torch.linalg.eigh(centred.T @ centred).eigenvectors.T
    assert found.mean() > 0.9
    assert found.mean() > (truth @ components.T).abs().max(dim=1).values.mean() + 0.2
    assert S.evaluate(sae, x).r2 > 0.9


def test_paper_keeps_decoder_rows_at_norm_one():
    sae = random_sae()
    normalise_decoder(sae)
    optimizer = torch.optim.Adam(sae.parameters(), lr=0.1)
    S.steps.training_step(sae, optimizer, torch.randn(8, 5), 0.5)
    torch.testing.assert_close(sae.W_dec.norm(dim=1), torch.ones(11))


def test_resampled_latents():
    sae, x = random_sae(), torch.randn(500, 5)
    optimizer = torch.optim.Adam(sae.parameters())
    S.steps.training_step(sae, optimizer, x, 0.1)
    before = {k: v.clone() for k, v in sae.state_dict().items()}
    dead = torch.zeros(11, dtype=torch.bool)
    dead[[2, 7]] = True
    S.steps.resample_dead(sae, optimizer, dead, x, torch.Generator().manual_seed(0))

    directions = torch.nn.functional.normalize(x, dim=1)
    assert ((sae.W_dec[dead] @ directions.T).max(dim=1).values > 1 - 1e-5).all()  # each row is an input
    torch.testing.assert_close(sae.W_dec[dead].norm(dim=1), torch.ones(2))
    live_norm = before["W_enc"][:, ~dead].norm(dim=0).mean()
    torch.testing.assert_close(sae.W_enc[:, dead], 0.2 * live_norm * sae.W_dec[dead].T)
    assert (sae.b_enc[dead] == 0).all()
    for name, index in (("W_dec", ~dead), ("W_enc", (slice(None), ~dead)), ("b_enc", ~dead)):
        p = getattr(sae, name)
        assert torch.equal(p[index], before[name][index])  # live latents stay as they were
        other = (slice(None), dead) if name == "W_enc" else dead
        for moment in ("exp_avg", "exp_avg_sq"):
            assert (optimizer.state[p][moment][other] == 0).all()
            assert (optimizer.state[p][moment][index] != 0).any()


def test_resampling_prefers_badly_reconstructed_inputs():
    sae = S.SparseAutoencoder(2, 3)
    with torch.no_grad():
        sae.W_dec.copy_(torch.tensor([[1.0, 0], [0, 1], [0, 1]]))
        sae.W_enc.copy_(torch.tensor([[1.0, 0, 0], [0, 0, 0]]))
    x = torch.tensor([[1.0, 0]] * 999 + [[0, 1.0]])  # all but the last are reconstructed exactly
    S.steps.resample_dead(sae, torch.optim.Adam(sae.parameters()), torch.tensor([False, True, True]), x)
    torch.testing.assert_close(sae.W_dec[1:], torch.tensor([[0, 1.0], [0, 1.0]]))


def test_resampling_never_takes_an_input_without_a_direction():
    sae = random_sae()
    optimizer, dead = torch.optim.Adam(sae.parameters()), torch.ones(11, dtype=torch.bool)
    dead[0] = False
    x = torch.zeros(100, 5)
    x[7] = torch.tensor([0.0, 3, 4, 0, 0])
    S.steps.resample_dead(sae, optimizer, dead, x, torch.Generator().manual_seed(0))
    torch.testing.assert_close(sae.W_dec[dead], (x[[7]] / 5).expand(10, 5))
    before = sae.W_dec.clone()
    S.steps.resample_dead(sae, optimizer, dead, torch.zeros(100, 5), torch.Generator().manual_seed(0))
    assert torch.equal(sae.W_dec, before)


def test_resampling_none_or_all():
    sae, x = random_sae(), torch.randn(50, 5)
    optimizer = torch.optim.Adam(sae.parameters())
    before = sae.W_dec.clone()
    S.steps.resample_dead(sae, optimizer, torch.zeros(11, dtype=torch.bool), x)
    assert torch.equal(sae.W_dec, before)
    S.steps.resample_dead(sae, optimizer, torch.ones(11, dtype=torch.bool), x)
    assert sae.W_enc.isfinite().all() and sae.W_enc.norm() > 0


@pytest.mark.parametrize("recipe", [S.paper, S.standard])
def test_resumed_training_ends_at_the_same_weights(recipe, tmp_path):
    x, _ = sparse_data(n=3000)  # several epochs
    cfg = small(recipe, l1_coefficient=2.0)
    whole = S.train(x, cfg)
    file = tmp_path / "sae.safetensors"
    S.train(x, cfg, checkpoint=file, checkpoint_every=7, stop_after=17)
    torch.rand(3)  # the global generator plays no part
    resumed = S.train(x, cfg, checkpoint=file, checkpoint_every=7)
    for a, b in zip(whole.sae.parameters(), resumed.sae.parameters(), strict=True):
        assert torch.equal(a, b)
    assert whole.log == resumed.log


def test_killed_while_it_trains(tmp_path):
    """A process that dies without a word leaves a checkpoint that the next one finishes from."""
    file = tmp_path / "sae.safetensors"
    code = f"""
import os, torch
from course_utils import sae as S
from tests.test_sae import small, sparse_data
def die(steps):
    for i in steps:
        if i == 25: os._exit(9)
        yield i
S.train(sparse_data(n=3000)[0], small(), checkpoint={str(file)!r}, checkpoint_every=10, progress=die)
"""
    root = os.path.dirname(os.path.dirname(__file__))
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 9
    x, _ = sparse_data(n=3000)
    resumed = S.train(x, small(), checkpoint=file)
    # One thread or two may round differently, so compare with a whole run only where both had the same.
    assert resumed.log.step == [20, 40]
    whole = S.train(x, small())
    torch.testing.assert_close(resumed.sae.W_dec, whole.sae.W_dec, rtol=1e-3, atol=1e-3)


def test_checkpoint_of_another_training(tmp_path):
    x, _ = sparse_data(n=1000)
    file = tmp_path / "sae.safetensors"
    S.train(x, small(tokens=256 * 4), checkpoint=file)
    with pytest.raises(ValueError, match="another training"):
        S.train(x, small(tokens=256 * 4, seed=1), checkpoint=file)


def test_same_seed_same_sae_and_global_generator_untouched():
    x, _ = sparse_data(n=1000)
    state = torch.get_rng_state()
    a, b, c = (S.train(x, small(S.paper, tokens=256 * 10, seed=s)).sae.W_dec for s in (3, 3, 4))
    assert torch.equal(a, b) and not torch.equal(a, c)
    assert torch.equal(torch.get_rng_state(), state)


def test_folding_gives_the_same_function_on_unscaled_input():
    sae, x = random_sae(), torch.randn(20, 5)
    folded = S.folded(sae, scale=3.0)
    torch.testing.assert_close(folded(x).x_hat, sae(3 * x).x_hat / 3)
    torch.testing.assert_close(folded.W_dec.norm(dim=1), torch.ones(11))
    assert torch.equal(folded(x).f > 0, sae(3 * x).f > 0)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_activations_that_are_not_finite_are_refused(value):
    x, _ = sparse_data(n=1000)
    x[700, 3] = x[800, 1] = value
    with pytest.raises(ValueError, match=r"2 of 1000 activations are not finite .* row 700"):
        S.train(x, small(), progress=never)


def never(steps):
    """For `progress`: what is refused is refused before anything trains."""
    raise AssertionError("it began to train")


def test_bad_arguments(tmp_path):
    x, _ = sparse_data(n=1000)
    with pytest.raises(ValueError, match="wanted"):
        S.train(x[:, :5], small(), progress=never)
    with pytest.raises(ValueError, match="fewer than a batch of 256"):
        S.train(x[:255], small(), progress=never)
    with pytest.raises(ValueError, match="all activations are 0"):
        S.train(torch.zeros(1000, 32), small(), progress=never)
    with pytest.raises(ValueError, match="stop_after=0"):
        S.train(x, small(), stop_after=0, progress=never)
    with pytest.raises(ValueError, match="no folder"):
        S.train(x, small(), checkpoint=tmp_path / "absent" / "sae", progress=never)
    with pytest.raises(ValueError, match="less than one batch"):
        small(tokens=100)


def test_standard_recipe_schedules():
    """λ is 0 at first and full after the warm-up; the learning rate ends near 0."""
    run = Run(small(warm_up=0.5), scale=1.0, device="cpu")
    x = sparse_data(n=256)[0]
    rates = []
    for _ in range(run.cfg.steps):
        run.advance(x)
        rates.append(run.optimizer.param_groups[0]["lr"])
    assert run.cfg.l1_warm_up_steps == 20 and run.cfg.lr_decay_steps == 8
    assert rates[:32] == [run.cfg.lr] * 32 and rates[-1] == pytest.approx(run.cfg.lr / 8)
