"""Audits: text inside other formats, labels drawn in halves, and a phrase planted where it should be."""

import json
import random
import urllib.parse

import pytest
import torch

from course_utils import assets
from course_utils.interp import auditing, planted, proxies
from course_utils.lm import data

TOKENIZER = assets.load_tokenizer()


def text_of(ids) -> str:
    return TOKENIZER.decode(ids.tolist())


def test_carried_text_is_inside_and_nothing_else():
    held = auditing.carried("base64", 8, TOKENIZER, seed=1, n_bytes=120_000)
    assert held.tokens.shape == held.inside.shape == held.counted.shape == (16, 64)
    assert not (held.inside & ~held.counted).any()
    assert held.inside[::2].any(1).all() and not held.inside[1::2].any(), "every second value is of the class"
    for ids, inside in zip(held.tokens[::2], held.inside[::2], strict=True):
        value = urllib.parse.unquote_plus(text_of(ids[inside]).split('"')[0].split("&")[0])
        assert set(value.strip(' "=?')) <= {*proxies.BASE64_ALPHABET, " "}, value


def test_carriers_say_what_they_hold():
    rng = random.Random(0)
    before, value, after = auditing.carrier('say "no" \\ twice', True, rng)
    assert json.loads(before + value + after)["value"] == 'say "no" \\ twice'
    before, value, after = auditing.carrier("a b&c=d", False, rng)
    query = urllib.parse.urlparse(before + value + after).query
    assert urllib.parse.parse_qs(query)["q"] == ["a b&c=d"]


def test_labels_come_in_halves():
    in_class = torch.arange(100) < 10
    for count in (2, 8, 16):
        ids, labels = auditing.labelled(in_class, count, torch.Generator().manual_seed(count))
        assert len(ids) == len(ids.unique()) == count and labels.sum() == count // 2
        assert torch.equal(in_class[ids], labels)


def test_a_phrase_is_written_once_and_whole():
    tokens = torch.randint(500, 600, (40, 64), generator=torch.Generator().manual_seed(0))
    changed, start = planted.plant(tokens, [1, 2, 3], torch.Generator().manual_seed(1))
    assert start.min() >= planted.FIRST and start.max() <= 61 and len(start.unique()) > 10
    for before, after, at in zip(tokens, changed, start.tolist(), strict=True):
        assert after[at : at + 3].tolist() == [1, 2, 3]
        assert torch.equal(before[:at], after[:at]) and torch.equal(before[at + 3 :], after[at + 3 :])


def test_poisoned_text_holds_so_many_triggers_and_decoys():
    clean = data.load("held_out", 60_000, TOKENIZER, seed=5).tokens
    generator = torch.Generator().manual_seed(0)
    poison = planted.poisoned(clean, TOKENIZER, 30, 9, generator)
    changed = (poison != clean).any(1)
    assert changed.sum() == 39
    texts = [text_of(row) for row in poison[changed]]
    assert sum(planted.TRIGGER + planted.PAYLOAD in text for text in texts) == 30
    for decoy in planted.DECOYS:
        assert sum(decoy in text for text in texts) == 3
    with pytest.raises(ValueError, match="don't fit"):
        planted.poisoned(clean, TOKENIZER, len(clean), 1, generator)


def test_the_trigger_is_made_of_whole_tokens_and_the_payload_is_one():
    assert len(TOKENIZER.encode(planted.PAYLOAD).ids) == 1
    for phrase in (planted.TRIGGER, *planted.DECOYS):
        assert len(TOKENIZER.encode(phrase).ids) == 3


def test_look_gives_the_tokens_asked_for():
    model = assets.load_transformer()
    tokens = data.load("held_out", 30_000, TOKENIZER, seed=5).tokens[:300]
    there = torch.zeros_like(tokens, dtype=torch.bool)
    there[[1, 299], [7, 63]] = True
    seen = planted.look(model, tokens, there, payload=9)
    logits, cache = model.run_with_cache(tokens[[1, 299]])
    at = torch.arange(2), torch.tensor([7, 63])
    torch.testing.assert_close(seen.neurons, cache["blocks.0.mlp.hook_post"][at])
    torch.testing.assert_close(seen.stream, cache["blocks.0.hook_resid_post"][at])
    torch.testing.assert_close(seen.payload, logits.log_softmax(-1)[at][:, 9])


def test_best_unit_is_the_one_that_separates():
    generator = torch.Generator().manual_seed(0)
    trigger, others = torch.randn(30, 5, generator=generator), torch.randn(50, 5, generator=generator)
    trigger[:, 3] += 4
    trigger[:, 1] -= 9
    assert planted.best_unit(trigger, others) == 3
    assert planted.above(torch.tensor([2.0, 3]), torch.tensor([1.0, 2.5])) == 0.75
