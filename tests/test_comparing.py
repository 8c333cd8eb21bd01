"""Units of one code against another's: on tables of which one sees what has to come out."""

import torch

from course_utils.interp import blind, comparing, matching, measures


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_best_units_are_chosen_on_the_first_pile_and_judged_on_the_second():
    here, there = torch.zeros(8, 2), torch.zeros(8, 2)
    here[:4, 0] = there[4:, 1] = 1.0  # unit 0 follows the class on the first pile, unit 1 on the second
    target = torch.tensor([1.0, 1, 1, 1, 0, 0, 0, 0])[:, None]
    found = comparing.best_units((here, there), (target, 1 - target), every=1)
    assert found.unit.tolist() == [0] and found.correlation.tolist() == [0]
    found = comparing.best_units((here, here), (target, target), every=1)
    assert [found.correlation.item(), found.break_even.item(), found.auroc.item()] == [1, 1, 1]


def test_a_silent_unit_has_a_clean_top_and_no_order():
    in_class = torch.arange(100) < 10
    acts = (torch.arange(100) < 5).float()
    assert comparing.break_even(acts, in_class) == 0.5
    assert abs(measures.auroc(acts, in_class) - 0.75) < 1e-9


def test_untrained_codes_fire_as_often_as_asked():
    neurons = tuple(torch.randn(4000, 16, generator=generator(s)).relu() for s in (1, 2))
    plain = comparing.untrained(neurons, 40, generator())
    sparse = comparing.untrained(neurons, 40, generator(), density=0.05)
    assert abs((plain[1] > 0).float().mean() - 0.5) < 0.05
    assert abs((sparse[1] > 0).float().mean() - 0.05) < 0.02
    assert comparing.rotated(neurons, generator())[0].shape == (4000, 16)


def test_context_part_leaves_what_the_token_does_not_tell():
    tokens = torch.tensor([3, 1, 3, 1, 3])
    acts = torch.tensor([[1.0, 5], [2, 7], [4, 5], [2, 9], [1, 5]])
    assert comparing.context_part(acts, tokens).tolist() == [[-1, 0], [0, -1], [2, 0], [0, 1], [-1, 0]]


def test_no_unit_is_its_own_nearest():
    acts = torch.randn(50, 3, generator=generator())
    other = torch.cat([acts, acts[:, :1] + 0.1 * torch.randn(50, 1, generator=generator(1))], 1)
    assert comparing.nearest(acts, acts).max() < 0.9
    assert (comparing.nearest(acts, other) > 0.99).all()


def test_shares_of_invisible_and_named():
    near, named = torch.tensor([0.1, 0.2, 0.6, 0.9]), torch.tensor([0.8, 0.1, 0.9, 0.2])
    assert comparing.invisible_and_named(near, named, 0.3, 0.5) == {
        "invisible": 0.5,
        "named": 0.5,
        "both": 0.25,
    }


def test_the_best_name_is_chosen_before_it_is_judged():
    acts = torch.tensor([[0.0], [1], [0], [1]])
    first = torch.tensor([[0.0, 1], [1, 1], [0, 0], [1, 0]])
    name = comparing.best_names((acts, acts), (first, first.flip(1)))
    assert name.statement.tolist() == [0] and abs(name.correlation.item()) < 1e-6


def test_attribution_counts_a_weight_where_it_is_used():
    acts, weights = torch.tensor([[2.0, 0], [1, 3]]), torch.tensor([[1.0, -1], [5, 7]])
    assert matching.attribution(acts, weights, torch.tensor([1, 0])).tolist() == [[-2, 0], [1, 15]]


def test_cosines_are_of_rows_whatever_their_length():
    a, b = torch.tensor([[3.0, 0], [1, 1]]), torch.tensor([[0.0, 2], [5, 0]])
    torch.testing.assert_close(matching.cosines(a, b), torch.tensor([[0.0, 1], [0.5**0.5, 0.5**0.5]]))


def test_the_form_mixes_as_many_of_both():
    units = blind.mixed(30, 20, 5, generator())
    assert sum(unit.is_latent for unit in units) == 5 and len(set(units)) == 10
    assert units != blind.mixed(30, 20, 5, generator(1))
    assert [unit.is_latent for unit in units] not in ([True] * 5 + [False] * 5, [False] * 5 + [True] * 5)


def test_a_card_is_safe_to_show_and_gives_no_number():
    vocab = [b"<b>", b"a", b"&"]
    tokens = torch.tensor([[0, 1, 2, 1], [1, 1, 0, 2]])
    acts = torch.tensor([[0.0, 137, 0, 0], [0, 0, 70, 0]])
    card = blind.card("C", tokens, acts, torch.tensor([3.0, 2, 1] + [0.0] * 9), vocab + [b"x"] * 9)
    assert "<b>" not in card and "&lt;b&gt;" in card and "<h3>Unit C</h3>" in card
    assert "10 cards" in blind.form([card] * 10).alt
