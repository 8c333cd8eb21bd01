"""Predicates of tokens: each on a line of text where one sees what has to come out."""

import pytest
import torch

from course_utils import assets
from course_utils.interp import predicates
from course_utils.lm.tokenizer import token_bytes

# a vocabulary of single bytes, the separator (no bytes) last
VOCAB = [bytes([i]) for i in range(256)] + [b""]


def tokens_of(*texts: str) -> torch.Tensor:
    return torch.tensor([list(text.encode()) for text in texts])


def where(one: predicates.Predicate, text: str) -> list[int]:
    return one.holds(tokens_of(text))[0].nonzero()[:, 0].tolist()


@pytest.fixture(scope="module")
def bank() -> dict[str, predicates.Predicate]:
    made = predicates.bank(tokens_of("aaaab7", "aab77="), VOCAB, frequent=3)
    return {one.name: one for one in made}


@pytest.mark.parametrize(
    "name, text, places",
    [
        ("the token is a", "abca", [0, 3]),
        ("the token before is a", "abca", [1]),
        ("the token is of the class digits", "a12b", [1, 2]),
        ("the token before is of the class digits", "a12b", [2, 3]),
        ("half of the last 8 tokens are digits", "12345678abcdefgh", [*range(3, 12)]),
        ("'=' is among the last 8 tokens", "x=xxxxxxxxxx", [*range(1, 9)]),
        ("'=' is twice among the last 8 tokens", "=xx=xxxxxxxx", [*range(3, 8)]),
        ("the token is of the class Hebrew", "aש", [1]),
        ("the token is of the class half a character", "aש", [2]),
        ("among the first 8 of the sequence", "x" * 12, [*range(8)]),
    ],
)
def test_a_predicate_holds_where_it_should(bank, name, text, places):
    assert where(bank[name], text) == places


def test_only_the_frequent_tokens_get_their_own(bank):
    assert [name for name, one in bank.items() if one.kind == "token"] == [
        "the token is a",
        "the token is 7",
        "the token is b",
    ]


def test_a_document_began(bank):
    tokens = torch.full((1, 12), ord("x"))
    tokens[0, 2] = len(VOCAB) - 1
    found = bank["a document began in the last 8 tokens"].holds(tokens)
    assert found[0].nonzero()[:, 0].tolist() == [*range(2, 10)]


def test_nothing_runs_from_one_sequence_into_the_next(bank):
    alone = tokens_of("xxxxxxxx"), tokens_of("=7aaaaaa")
    both = torch.cat(alone)
    for one in bank.values():
        assert torch.equal(one.holds(both), torch.cat([one.holds(part) for part in alone])), one.name


def test_nothing_looks_ahead(bank):
    tokens = tokens_of("ab=7 A\nx" * 2)
    for one in bank.values():
        assert torch.equal(one.holds(tokens[:, :9]), one.holds(tokens)[:, :9]), one.name


def test_negation_and_conjunction(bank):
    a, early = bank["the token is a"], bank["among the first 8 of the sequence"]
    both = predicates.conjunction(predicates.negation(a), early)
    assert where(both, "abaaaaaaab") == [1]
    assert both.name == "not (the token is a) and among the first 8 of the sequence"
    assert both.kind == "token + position" and predicates.negation(a).kind == "token"


def test_the_table_leaves_out_first_positions(bank):
    tokens = tokens_of("aXYa", "XaXa")
    found = predicates.table([bank["the token is a"], bank["the token before is a"]], tokens, 1)
    assert found.tolist() == [
        [False, False, True, True, False, True],
        [True, False, False, False, True, False],
    ]


def test_names_are_different_in_the_shipped_vocabulary():
    vocab = token_bytes(assets.load_tokenizer())
    made = predicates.bank(torch.arange(len(vocab)).view(1, -1), vocab)
    assert len({one.name for one in made}) == len(made) >= 400
