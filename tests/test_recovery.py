"""Recovery of features that are known, and the older ways to find them beside those of scikit-learn."""

import pytest
import torch
import torch.nn.functional as F
from sklearn.cluster import KMeans
from sklearn.decomposition import FastICA

from course_utils.sae import recovery
from tests.test_sae_variants import generator, sparse_world


def test_ica_unmixes_what_fits_in_its_axes():
    g = generator()
    sources = torch.rand(20_000, 5, generator=g) * (torch.rand(20_000, 5, generator=g) < 0.2)
    mixing = torch.randn(5, 5, generator=g)
    directions = recovery.fast_ica(sources @ mixing, g)
    assert recovery.mmcs(mixing, recovery.both_ways(directions)) > 0.99
    assert recovery.mmcs(mixing, recovery.both_ways(recovery.principal_axes(sources @ mixing))) < 0.95


def test_k_means_finds_features_that_are_on_alone():
    g = generator()
    truth = torch.randn(10, 6, generator=g)
    which = torch.randint(10, (3000,), generator=g)
    h = truth[which] * (0.2 + torch.rand(3000, 1, generator=g))
    assert recovery.mmcs(truth, recovery.k_means(h, 40, g)) > 0.99


def test_gaussian_control_has_the_same_covariance_and_no_features():
    h = sparse_world(tokens=40_000).h
    noise = recovery.gaussian_like(h, generator(1))
    torch.testing.assert_close(noise.mean(dim=0), h.mean(dim=0), atol=0.03, rtol=0)
    torch.testing.assert_close(torch.cov(noise.T), torch.cov(h.T), atol=0.1, rtol=0.05)
    kurtosis = [((x - x.mean(dim=0)) / x.std(dim=0)).pow(4).mean().item() for x in (h, noise)]
    assert kurtosis[1] == pytest.approx(3, abs=0.1) and kurtosis[0] > 4


def test_worlds_are_made_of_their_features():
    found = recovery.worlds(12, 6, torch.tensor([0.05, 0.3]), 500, generator(), steps=200)
    for world, p in zip(found, (0.05, 0.3), strict=True):
        torch.testing.assert_close(world.h, world.x @ world.truth, rtol=1e-4, atol=1e-4)
        assert world.h.norm(dim=1).mean().item() == pytest.approx(6**0.5, rel=1e-4)
        assert (world.x > 0).float().mean().item() == pytest.approx(p, abs=0.03)


def test_a_child_is_never_on_without_its_parent():
    world = recovery.families(6, 3, 10, 20_000, generator(), p=0.2, q=0.5)
    torch.testing.assert_close(world.h, world.x @ world.truth, rtol=1e-4, atol=1e-4)
    parent, child = world.x[:, :6] > 0, world.x[:, 6:].unflatten(1, (6, 3)) > 0
    assert not (child & ~parent[..., None]).any() and child.sum(dim=2).max() == 1
    assert parent.float().mean().item() == pytest.approx(0.2, abs=0.01)
    assert child.any(dim=2)[parent].float().mean().item() == pytest.approx(0.5, abs=0.02)
    assert world.x[world.x > 0].min() >= 0.5


def test_precision_counts_activations_near_a_feature():
    truth, f = torch.eye(3), torch.tensor([[1.0, 0, 2, 0], [0, 3, 1, 0]])
    rows = torch.tensor([[2.0, 0, 0], [0, 1, 1], [0, 0, 1], [0, -1, 0]])
    assert recovery.precision(truth, rows, f) == 0.75
    opposite_too = f[:, [0, 1, 2, 1]]  # the last row points away from its feature
    assert recovery.precision(truth, rows, opposite_too) == pytest.approx(0.6)


def test_sparse_code_ends_where_no_slope_is_left():
    g = generator()
    h, W_dec = torch.randn(30, 5, generator=g), torch.randn(9, 5, generator=g)
    f = recovery.sparse_code(h, W_dec, 0.8, steps=3000)
    slope = 2 * (f @ W_dec - h) @ W_dec.T + 0.8
    assert slope[f > 0].abs().max() < 1e-2 and slope[f == 0].min() > -1e-2 and 0 < (f > 0).float().mean() < 1


def test_found_sizes_are_those_of_a_perfect_dictionary():
    world = recovery.families(6, 3, 40, 500, generator())
    lengths = world.truth.norm(dim=1)
    split = torch.cat([world.truth, world.truth[:1]])  # the first feature has two latents
    f = torch.cat([world.x * lengths, torch.zeros(500, 1)], dim=1)
    f[:, [0, -1]] = f[:, :1] / 2
    sizes = recovery.found_sizes(world.truth, split, f)
    torch.testing.assert_close(sizes, world.x * lengths, rtol=1e-4, atol=1e-4)
    assert recovery.correlation(world.x, sizes) == pytest.approx(1, abs=1e-4)
    assert recovery.correlation(world.x, sizes[torch.randperm(500, generator=generator())]) < 0.2


def test_shrunk_is_the_minimum():
    a, grid = torch.linspace(-1, 3, 9), torch.linspace(0, 4, 40_001)[:, None]
    best = grid[((a - grid) ** 2 + 0.7 * grid).argmin(dim=0), 0]
    torch.testing.assert_close(recovery.shrunk(a, 0.7), best, atol=1e-3, rtol=0)


def test_stretch_undoes_a_factor():
    x, b = torch.randn(40, 5, generator=generator()), torch.randn(5, generator=generator(1))
    assert recovery.stretch(x, b + (x - b) / 1.7, b) == pytest.approx(1.7, rel=1e-5)


def matched(ours, theirs):
    """Each of our directions' largest |cosine| with theirs, and whether no two chose the same one."""
    cosines = (F.normalize(ours, dim=1) @ F.normalize(theirs, dim=1).T).abs()
    return cosines.amax(dim=1), len(set(cosines.argmax(dim=1).tolist())) == len(ours)


def test_ica_finds_what_scikit_learn_finds():
    g = generator()
    sources = torch.rand(20_000, 5, generator=g) * (torch.rand(20_000, 5, generator=g) < 0.2)
    h = (sources @ torch.randn(5, 5, generator=g)).double()
    referee = FastICA(whiten="unit-variance", fun="logcosh", tol=1e-8, max_iter=1000, random_state=0)
    theirs = torch.as_tensor(referee.fit(h.numpy()).mixing_.T)
    cosines, each_once = matched(recovery.fast_ica(h, g), theirs)
    assert each_once and cosines.min() > 0.999999
    cosines, _ = matched(recovery.principal_axes(h), theirs)
    assert cosines.min() < 0.95  # other axes would not pass


def test_k_means_ends_where_scikit_learn_ends():
    """From the same starts. Theirs brings no centre to norm 1 in between, but these clusters are narrow."""
    g = generator()
    truth = F.normalize(torch.randn(6, 12, generator=g), dim=1)
    h = truth[torch.randint(6, (3000,), generator=g)] + 0.05 * torch.randn(3000, 12, generator=g)
    directions, seed = F.normalize(h, dim=1), 3
    starts = directions[torch.randperm(len(h), generator=generator(seed))[:8]]
    theirs = KMeans(8, init=starts.numpy(), n_init=1, tol=0).fit(directions.numpy()).cluster_centers_
    cosines, each_once = matched(recovery.k_means(h, 8, generator(seed), steps=100), torch.as_tensor(theirs))
    assert each_once and cosines.min() > 0.999
    cosines, each_once = matched(starts, torch.as_tensor(theirs))
    assert not each_once or cosines.min() < 0.999  # the starts are not the answer
