"""The corpus, its content types, the tokenizer, and sequences of tokens."""

import os
import random
import subprocess
import sys

import pytest
import torch

from course_utils.lm import corpus, data, encodings, pieces, sources, tokenizer


@pytest.fixture(scope="module")
def documents():
    return corpus.documents(400_000, "train", seed=3)


@pytest.fixture(scope="module")
def small_tokenizer(documents):
    return tokenizer.train_tokenizer((doc.text for doc in documents), vocab_size=400)


def test_at_least_sixty_content_types_each_with_a_family_and_its_own_name():
    assert len(corpus.CONTENT_TYPES) >= 60
    assert len(set(corpus.CONTENT_TYPES)) == len(corpus.CONTENT_TYPES)
    assert {"base64", "hex", "rot13", "uuid", "iban", "dna", "legal", "http", "hebrew", "arabic"} <= set(
        corpus.CONTENT_TYPES
    )


def test_every_content_type_has_its_share_of_the_text(documents):
    wanted, n_bytes = corpus.shares(), sum(len(doc.text.encode()) for doc in documents)
    assert sum(wanted.values()) == pytest.approx(1)
    assert wanted["base64"] < wanted["hex"]  # rare in bytes: it needs more tokens a byte than most
    for name in corpus.CONTENT_TYPES:
        sizes = [len(doc.text.encode()) for doc in documents if doc.content_type == name]
        assert abs(sum(sizes) - wanted[name] * n_bytes) <= max(sizes), name  # documents are whole


@pytest.mark.parametrize("share", [0.0, 0.001, 0.13])
def test_a_share_can_be_chosen_and_the_others_keep_their_proportions(share):
    chosen, usual = corpus.shares({"base64": share}), corpus.shares()
    assert chosen["base64"] == share
    assert sum(chosen.values()) == pytest.approx(1)
    assert chosen["python"] / chosen["dna"] == pytest.approx(usual["python"] / usual["dna"])
    docs = corpus.documents(200_000, fixed={"base64": share})
    have = sum(len(d.text) for d in docs if d.content_type == "base64") / sum(
        len(d.text.encode()) for d in docs
    )
    assert have == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("fixed", [{"klingon": 0.1}, {"base64": 1.2}, {"base64": -0.1}])
def test_impossible_shares_are_refused(fixed):
    with pytest.raises(ValueError, match=r"content type|shares"):
        corpus.shares(fixed)


def test_an_unknown_split_is_refused():
    with pytest.raises(ValueError, match="held_out"):
        corpus.documents(1000, "test")


def test_the_seed_decides_the_documents(documents):
    random.seed(99)  # the global generator has no say
    assert corpus.documents(400_000, "train", seed=3) == documents
    assert corpus.documents(400_000, "train", seed=4) != documents


def test_documents_do_not_depend_on_the_hash_seed():
    code = "from course_utils.lm import corpus; print(ascii(corpus.documents(60_000, seed=1)))"
    first, second = (
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        )
        for seed in "12"
    )
    assert first.stdout == second.stdout


def test_splits_share_no_source_text():
    for source in (sources.english, sources.docstrings, sources.code, sources.repl, sources.legal):
        train_blocks, held_out = source().blocks["train"], source().blocks["held_out"]
        assert train_blocks and held_out
        assert not set(train_blocks) & set(held_out)


def test_no_licence_files_is_no_error(monkeypatch):
    monkeypatch.setattr(sources, "LICENSED", ["no-such-package"])
    blocks = sources.legal.__wrapped__().blocks
    assert "permission" in blocks["train"][0].lower() and blocks["held_out"]


def test_encoders_round_trip():
    import base64
    import codecs

    draw = pieces.Draw(random.Random(0), None, "train")
    assert base64.b64decode(encodings.base64_text(draw))
    assert bytes.fromhex(encodings.hexadecimal(draw))
    assert set(encodings.binary(draw)) <= set("01 ")
    text = encodings.rot13(draw)
    assert codecs.decode(codecs.decode(text, "rot13"), "rot13") == text
    assert " the " in codecs.decode("".join(encodings.rot13(draw) for _ in range(5)), "rot13")


@pytest.mark.parametrize(
    "text", ["plain words", "Ελληνικά 中文 עברית\n\ttab", "<script>&amp;", "é" * 5, "\x00\x7f"]
)
def test_any_text_survives_the_tokenizer(small_tokenizer, text):
    assert small_tokenizer.decode(small_tokenizer.encode(text).ids) == text
    raw = tokenizer.token_bytes(small_tokenizer)
    assert b"".join(raw[i] for i in small_tokenizer.encode(text).ids).decode() == text


def test_sequences_carry_each_documents_content_type(small_tokenizer, documents):
    found = data.sequences(documents, small_tokenizer, n_ctx=16)
    assert found.tokens.shape == found.content_types.shape and found.tokens.shape[1] == 16
    lengths = [len(small_tokenizer.encode(doc.text).ids) + 1 for doc in documents[:50]]
    want = [
        corpus.CONTENT_TYPES.index(doc.content_type)
        for doc, n in zip(documents, lengths, strict=False)
        for _ in range(n)
    ]
    assert found.content_types.flatten()[: len(want)].tolist() == want
    starts = torch.tensor([0, *lengths[:-1]]).cumsum(0)
    assert (found.tokens.flatten()[starts] == small_tokenizer.token_to_id(tokenizer.SEPARATOR)).all()
    assert sum(data.token_shares(found.content_types).values()) == pytest.approx(1)
