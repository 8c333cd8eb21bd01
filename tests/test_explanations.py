"""Rules as explanations: what was planted is found, on other text, and each score is what it says."""

import pytest
import torch

from course_utils.interp import explained, explanations, measures, predicates
from course_utils.sae import SparseAutoencoder

VOCAB = [b"", *(bytes([c]) for c in b"abcdefg012345 (\n")]


def pile(seed: int, bank=None, sequences: int = 60) -> tuple[list[predicates.Predicate], explanations.Pile]:
    tokens = torch.randint(1, len(VOCAB), (sequences, 20), generator=torch.Generator().manual_seed(seed))
    bank = bank or predicates.bank(tokens, VOCAB, frequent=6)
    return bank, explanations.read(tokens, bank, 2)


def planted(one: explanations.Pile) -> torch.Tensor:
    """Two units: a digit after a letter; one of five tokens, or faintly anything."""
    digit = torch.tensor([piece.isdigit() for piece in VOCAB])
    letter = torch.tensor([piece.isalpha() for piece in VOCAB])
    listed = torch.tensor([i in (1, 3, 9, 14, 15) for i in range(len(VOCAB))])
    first = digit[one.tokens] & letter[one.tokens.roll(1, 1)]
    acts = torch.stack([3.0 * first, 2.0 * listed[one.tokens]], dim=-1)[:, one.first :].flatten(0, 1)
    return acts + 0.3 * torch.rand(acts.shape, generator=torch.Generator().manual_seed(9))


@pytest.fixture(scope="module")
def found():
    bank, search = pile(0)
    _, test = pile(1, bank)
    rules = explanations.search(planted(search), search, bank, VOCAB)
    return bank, search, test, rules


def test_search_finds_what_was_planted_and_it_holds_on_other_text(found):
    _, _, test, rules = found
    scores = explanations.follows(planted(test), explanations.said(rules, test))
    assert scores.min() > 0.97
    digits, letters = "the token is one of 0 1 2 3 4 5", "the token before is of the class small letters"
    assert rules[0].name == f"{digits} and {letters}"
    assert rules[1].name == "the token is one of a c 1 ␣ ("


def test_a_list_is_no_longer_than_asked_for(found):
    bank, search, _, _ = found
    rules = explanations.search(planted(search), search, bank, VOCAB, longest=2, conditions=1)
    assert all(len(rule.name.split(" of ")[-1].split()) <= 2 for rule in rules if "one of" in rule.name)


def test_a_unit_that_nothing_follows_gets_the_rule_that_never_holds(found):
    bank, search, test, _ = found
    [rule] = explanations.search(torch.zeros(len(search.holds[0]), 1), search, bank, VOCAB)
    assert rule is explanations.NOTHING and not explanations.said([rule], test).any()
    assert explanations.follows(planted(test)[:, :1], explanations.said([rule], test)) == 0


def test_follows_is_the_correlation_and_of_ranks_spearmans(found):
    _, _, test, rules = found
    acts, says = planted(test).round(decimals=1), explanations.said(rules, test)
    each = [measures.correlation(acts[:, [u]], says[:, u].float())[0] for u in range(2)]
    assert torch.allclose(explanations.follows(acts, says), torch.stack(each), atol=1e-5)
    tied = torch.tensor([[3.0], [1], [3], [0]])
    assert explanations.ranks(tied)[:, 0].tolist() == [3.5, 2, 3.5, 1]


def test_lift_is_the_log_ratio_of_what_follows():
    following = torch.tensor([0, 0, 1, 1] * 500)
    says = torch.tensor([[True], [True], [True], [False]] * 500)
    lift = explanations.lift(says, following, 3)[:, 0]
    want = torch.tensor([(1000 + 10) / 1520 / 0.5, (500 + 10) / 1520 / 0.5]).log()
    assert torch.allclose(lift[:2], want) and lift[2] == 0


def test_random_directions_fire_at_the_density_asked_for():
    x = torch.randn(2000, 8, generator=torch.Generator().manual_seed(0)) + 1
    code = SparseAutoencoder(8, 32, generator=torch.Generator().manual_seed(1))
    code.requires_grad_(False).b_dec.copy_(x.mean(0))
    density = (explained.random_at_density(code, x, 0.05).encode(x) > 0).float().mean(0)
    assert (density - 0.05).abs().max() < 0.002


def test_a_frozen_decoder_keeps_its_directions_and_still_learns_to_read(monkeypatch):
    monkeypatch.setattr(explained, "TRAINING_BYTES", 30_000)
    model = explained.assets.load_transformer()
    frozen = explained.sparse_code(model, 2.0, 0, 4 * 2048, frozen=True)
    drawn = explained.FrozenDecoder(128, 512, 1.0, torch.Generator().manual_seed(0))
    assert torch.allclose(frozen.W_dec, drawn.W_dec, atol=1e-6)
    assert not torch.allclose(frozen.W_enc, drawn.W_enc, atol=1e-3)
