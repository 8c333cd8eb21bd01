"""The later sparse autoencoders."""

import pytest
import torch
import torch.nn.functional as F

from course_utils import sae as S
from course_utils.sae import recovery
from course_utils.sae.variants import jump, keep_batch_k, keep_k, nested_loss

KINDS = {
    "TopK": S.TopK,
    "BatchTopK": S.BatchTopK,
    "JumpReLU": S.JumpReLU,
    "Matryoshka": lambda *a, **more: S.Matryoshka(*a, prefixes=(24, 48), **more),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def make(kind, d_in=6, d_sae=24, k=3):
    sae = KINDS[kind](d_in, d_sae, k, generator=generator())
    with torch.no_grad():
        sae.b_enc.copy_(0.1 * torch.randn(d_sae, generator=generator(1)))
        sae.b_dec.copy_(torch.randn(d_in, generator=generator(2)))
    return sae


def train(kind, x, steps, d_sae=24, lr=3e-3, seed=5, **options):
    cfg = S.variant(12, d_sae, steps * 128, lr=lr, train_batch_size_tokens=128, seed=seed)
    return S.train(x, cfg, lambda draws: KINDS[kind](12, d_sae, 2, generator=draws), **options)


def sparse_world(n=20, m=12, p=0.08, tokens=6000):
    """Random directions, not a trained toy model: quick to make."""
    g = generator()
    truth = 4 * F.normalize(torch.randn(n, m, generator=g), dim=1)
    x = torch.rand(tokens, n, generator=g) * (torch.rand(tokens, n, generator=g) < p)
    return recovery.World(x @ truth, x, truth)


def test_top_k_keeps_k_an_input_and_batch_top_k_as_many_in_all():
    z = torch.randn(50, 20, generator=generator()) + 1
    one, batch = keep_k(z, 4), keep_batch_k(z, 4)
    assert (one > 0).sum(dim=1).max() == 4
    counts = (batch > 0).sum(dim=1)
    assert counts.sum() == 200 and counts.min() < 4 < counts.max()
    assert batch[batch > 0].min() >= z[batch == 0].max()


def test_batch_top_k_judges_each_input_alone_once_trained():
    sae, x = make("BatchTopK"), torch.randn(64, 6, generator=generator())
    for part in x.split(8):
        sae.encode(part)
    sae.eval()
    torch.testing.assert_close(sae.encode(x)[:1], sae.encode(x[:1]))
    assert sae.threshold > 0


def test_batch_top_k_before_any_batch_is_a_relu():
    sae = make("BatchTopK").eval()
    x = torch.randn(4, 6, generator=generator())
    torch.testing.assert_close(sae.encode(x), ((x - sae.b_dec) @ sae.W_enc + sae.b_enc).relu())


def test_all_leading_dimensions_are_the_batch():
    z = torch.randn(8, 8, 20, generator=generator()) + 1
    assert torch.equal(keep_batch_k(z, 4), keep_batch_k(z.flatten(0, 1), 4).view_as(z))
    assert (keep_batch_k(z, 4) > 0).sum() == 4 * 64
    assert torch.equal(keep_batch_k(z[0, 0], 4), keep_k(z[0, 0], 4))


@every_kind
def test_a_variant_takes_inputs_of_any_leading_dimensions(kind):
    x = torch.randn(64, 6, generator=generator())
    flat, deep = make(kind), make(kind)
    torch.testing.assert_close(deep(x.view(8, 8, 6)).f.flatten(0, 1), flat(x).f)
    torch.testing.assert_close(deep.loss(x.view(8, 8, 6)), flat.loss(x))
    for sae in (deep, deep.eval()):
        assert sae(x[0]).x_hat.shape == (6,)
    torch.testing.assert_close(deep(x[0]).f, deep(x).f[0])


@every_kind
def test_folding_gives_the_same_function_on_unscaled_input(kind):
    sae, x = make(kind), torch.randn(64, 6, generator=generator())
    sae(2 * x)  # a batch, so that there is a threshold
    sae.eval()
    out = S.folded(sae, 2.0)
    torch.testing.assert_close(out(x).x_hat, sae(2 * x).x_hat / 2)
    assert torch.equal(out(x).f > 0, sae(2 * x).f > 0) and (out(x).f > 0).any()
    with torch.no_grad():
        sae.W_dec[3] *= 2
    with pytest.raises(ValueError, match="would change which latents"):
        S.folded(sae, 2.0)


def test_matryoshka_with_one_prefix_is_batch_top_k():
    x = torch.randn(32, 6, generator=generator())
    plain = make("BatchTopK")
    nested = S.Matryoshka(6, 24, 3, (24,))
    nested.load_state_dict(plain.state_dict())
    torch.testing.assert_close(nested.loss(x), plain.loss(x))


def test_nested_loss_counts_every_prefix():
    g = generator()
    x, f, W, b = (torch.randn(*shape, generator=g) for shape in ((9, 4), (9, 6), (6, 4), (4,)))
    parts = [nested_loss(x, f, W, b, (m,)) for m in (2, 6)]
    torch.testing.assert_close(nested_loss(x, f, W, b, (2, 6)), sum(parts))
    without = nested_loss(x, f.index_fill(1, torch.arange(2, 6), 0.0), W, b, (6,))
    torch.testing.assert_close(parts[0], without)


@pytest.mark.parametrize("kind", ["TopK", "BatchTopK", "Matryoshka"])
def test_losses_have_the_slope_of_their_value(kind):
    """Finite differences in double precision; which latents are kept does not change on the way."""
    sae = make(kind).double()
    x = torch.randn(5, 6, generator=generator(), dtype=torch.float64)
    sae.loss(x).backward()
    for parameter in (sae.W_enc, sae.W_dec, sae.b_enc, sae.b_dec):
        direction = torch.randn(parameter.shape, generator=generator(3), dtype=torch.float64)
        values = []
        for step in (1e-6, -1e-6):
            with torch.no_grad():
                parameter += step * direction
                values.append(sae.loss(x).item())
                parameter -= step * direction
        slope = (values[0] - values[1]) / 2e-6
        assert slope == pytest.approx((parameter.grad * direction).sum().item(), rel=1e-5)


def test_jump_has_the_papers_slopes():
    """f = z H(z − θ) exactly; its slopes in θ are those of a box kernel of width ε (arXiv 2407.14435)."""
    z = (0.5 + torch.randn(400, 3, generator=generator())).requires_grad_()
    theta, width = torch.tensor([0.3, 0.5, 1.0], requires_grad=True), 0.2
    f, on = jump(z, theta, width)
    assert torch.equal(on, (z > theta).float())
    torch.testing.assert_close(f, z * (z > theta))
    in_window = ((z - theta).abs() < width / 2).float().detach()
    for value, factor, in_z in ((f, theta.detach(), (z > theta).float()), (on, 1.0, torch.zeros_like(z))):
        for_theta, for_z = torch.autograd.grad(value.sum(), (theta, z), retain_graph=True, allow_unused=True)
        torch.testing.assert_close(for_theta, -factor / width * in_window.sum(dim=0))
        torch.testing.assert_close(torch.zeros_like(z) if for_z is None else for_z, in_z)


def test_jump_estimates_how_the_mean_changes():
    """What the estimate is for: on average it is the slope of E[H] and E[f] in θ."""
    z = torch.rand(2_000_000, 1, generator=generator()) * 2
    theta = torch.tensor([0.8], requires_grad=True)
    f, on = jump(z, theta, 0.1)
    slopes = [torch.autograd.grad(value.mean(), theta, retain_graph=True)[0].item() for value in (on, f)]
    assert slopes == pytest.approx([-0.5, -0.4], rel=0.02)  # density of z is ½


@every_kind
def test_training_finds_the_features(kind):
    world = sparse_world()
    before = recovery.mmcs(world.truth, KINDS[kind](12, 48, 2, generator=generator(7)).W_dec)
    state = torch.get_rng_state()
    sae, log = train(kind, world.h, 600, d_sae=48, lr=1e-2, seed=7)
    assert torch.equal(torch.get_rng_state(), state)
    assert type(sae) is type(make(kind)) and not sae.training
    assert log.step == list(range(20, 601, 20)) and log.mse[-1] < log.mse[0] and log.l0[-1] < 3.5
    torch.testing.assert_close(sae.W_dec.norm(dim=1), torch.ones(48))
    score = S.evaluate(sae, world.h)
    assert score.l0 < 3 and score.r2 > 0.8
    assert recovery.mmcs(world.truth, sae.W_dec) > max(0.85, before + 0.1)


@every_kind
def test_training_repeats_itself(kind):
    x = sparse_world().h
    assert torch.equal(*(train(kind, x, 20).sae.W_dec for _ in range(2)))


@every_kind
def test_resumed_training_ends_at_the_same_variant(kind, tmp_path):
    x, file = sparse_world().h, tmp_path / "sae.safetensors"
    whole = train(kind, x, 30)
    train(kind, x, 30, checkpoint=file, stop_after=17)
    resumed = train(kind, x, 30, checkpoint=file)
    state = resumed.sae.state_dict()
    assert whole.log == resumed.log
    assert all(torch.equal(state[name], tensor) for name, tensor in whole.sae.state_dict().items())
    if kind != "TopK":
        with pytest.raises(ValueError, match="another training"):
            train("TopK", x, 30, checkpoint=file)
