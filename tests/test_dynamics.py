"""Lesson 04's library: recording a run, sudden falls and jumps, attacks, the width without superposition."""

import torch

from course_utils import toy


def test_record_keeps_the_run_as_it_is():
    def run(every):
        g = torch.Generator().manual_seed(0)
        start, p = toy.random_starts(2, 4, 2, g), torch.tensor([0.3, 0.3])
        held_out = toy.sample(p[:1], 4, 50, g)[0]
        return (
            start,
            held_out,
            toy.dynamics.record(start, lambda: toy.sample(p, 4, 20, g), held_out, 12, 0.01, every),
        )

    (W0, b0), held_out, (W, batch_loss, loss) = run(3)
    assert W.shape == (4, 2, 2, 4) and batch_loss.shape == loss.shape == (4, 2)
    assert torch.equal(W[0], W0), "the first record is the start"
    assert torch.allclose(loss[0], toy.sampled_loss(W0, b0, torch.ones_like(b0), held_out))
    assert torch.equal(run(1)[2][0][::3], W), "how often you look changes nothing"


def test_a_smooth_fall_is_not_sudden_and_a_step_is():
    t = torch.arange(100.0)
    smooth, step = torch.exp(-t / 10), torch.sigmoid((50 - t) / 1.5)
    assert (toy.dynamics.suddenness(smooth, 5) < 0).all()
    place = toy.dynamics.suddenness(smooth + step, 8).argmax().item()
    assert abs(place + 1.5 * 8 - 50) <= 1


def test_percentiles_of_any_values_average_one_half():
    g = torch.Generator().manual_seed(0)
    for values in (torch.rand(7, generator=g), torch.tensor([2.0, 2.0, 1.0, 5.0]), torch.zeros(3)):
        assert abs(toy.dynamics.percentiles(values).mean() - 0.5) < 1e-6


def test_chance_gives_the_mean_of_the_table_and_meets_the_diagonal_rarely():
    """Runs that move most at their own drop: no shuffle of seven runs comes near, but the one in 5040."""
    g = torch.Generator().manual_seed(0)
    table = torch.stack(
        [toy.dynamics.percentiles(row) for row in torch.rand(7, 7, generator=g) + torch.eye(7)]
    )
    by_chance = toy.dynamics.shuffled(table, 1000, g)
    assert abs(by_chance.mean() - 0.5) < 0.02
    assert table.diagonal().mean() == 1 and (by_chance >= 1).sum() <= 3


def test_late_share_tells_grokking_from_curves_that_fall_in_step():
    t = torch.arange(400.0)
    early = torch.exp(-t / 20)
    assert toy.dynamics.late_share(early, 1 - torch.sigmoid((t - 300) / 8)) > 0.99
    assert abs(toy.dynamics.late_share(early, early) - 0.1) < 0.01
    assert toy.dynamics.late_share(early, 1 + t) == 0


def test_an_attack_is_seen_whole_and_a_random_step_in_part():
    g = torch.Generator().manual_seed(0)
    W = torch.randn(3, 4, 30, generator=g)
    assert torch.allclose(toy.adversarial.seen(W, toy.adversarial.attacks(W)), torch.ones(3, 30), atol=1e-5)
    steps = torch.nn.functional.normalize(torch.randn(3, 4000, 30, generator=g), dim=2)
    seen = toy.adversarial.seen(W, steps)
    assert torch.allclose(seen.square().mean(1), torch.full((3,), 4 / 30), atol=0.005)
    torch.testing.assert_close(W @ steps.mT, W @ (seen[:, None] * _inside(W, steps)), atol=1e-4, rtol=1e-4)


def _inside(W, steps):
    """The part of each step within W's rows, at length 1."""
    part = torch.linalg.pinv(W) @ (W @ steps.mT)
    return torch.nn.functional.normalize(part, dim=1)


def test_no_direction_moves_an_output_more_than_its_attack():
    g = torch.Generator().manual_seed(0)
    W = torch.randn(3, 2, 5, generator=g)
    gram, best = W.transpose(1, 2) @ W, toy.adversarial.attacks(W)
    others = torch.nn.functional.normalize(torch.randn(3, 1000, 5, generator=g), dim=2)
    assert ((gram * best).sum(2)[:, None] >= others @ gram - 1e-5).all()


def test_without_superposition_an_attack_costs_the_square_of_its_size():
    p = torch.tensor([0.9, 0.2])
    W, b = toy.adversarial.dedicated(6, 3, p)
    x = toy.sample(p, 6, 500, torch.Generator().manual_seed(0))
    rise = toy.adversarial.vulnerability(W, b, x, toy.adversarial.attacks(W), torch.tensor([0.1, 0.3]))
    assert torch.allclose(rise, torch.tensor([0.01, 0.09]), rtol=1e-4)


def test_equal_width_of_a_model_without_superposition_is_its_own():
    p = torch.tensor([0.9, 0.2]).double()
    W, b = (x.double() for x in toy.adversarial.dedicated(5, 3, p))
    loss = toy.expected_loss(W, b, torch.ones_like(b), p, nodes=4)
    assert torch.allclose(
        toy.adversarial.equal_width(loss, 5, p), torch.tensor([3.0, 3.0]).double(), atol=1e-6
    )
