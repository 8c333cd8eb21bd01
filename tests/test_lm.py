"""Corpus, tokenizer, transformer, baselines, training, and the TransformerLens layout."""

import dataclasses
import math
import os
import random
import subprocess
import sys

import pytest
import torch

from course_utils.lm import baselines, corpus, data, formats, hooks, kinds, sources, tokenizer, train
from course_utils.lm.model import (
    HOOK_NAMES,
    NEURONS,
    Transformer,
    TransformerConfig,
    attention_pattern,
    loss_per_token,
)

SMALL = TransformerConfig(d_vocab=300, n_ctx=16, d_model=8, n_heads=2, d_head=4, d_mlp=12)


@pytest.fixture(scope="module")
def documents():
    return corpus.documents(400_000, "train", seed=3)


@pytest.fixture(scope="module")
def small_tokenizer(documents):
    return tokenizer.train_tokenizer((doc.text for doc in documents), vocab_size=400)


# --- corpus ---


def test_at_least_sixty_kinds_each_with_a_family_and_its_own_name():
    assert len(corpus.KIND_NAMES) >= 60
    assert len(set(corpus.KIND_NAMES)) == len(corpus.KIND_NAMES)
    assert {"base64", "hex", "rot13", "uuid", "iban", "dna", "legal", "http", "hebrew", "arabic"} <= set(
        corpus.KIND_NAMES
    )


def test_every_kind_has_its_share_of_the_text(documents):
    wanted, n_bytes = corpus.shares(), sum(len(doc.text.encode()) for doc in documents)
    assert sum(wanted.values()) == pytest.approx(1)
    assert wanted["base64"] < wanted["hex"]  # rare in bytes: it needs more tokens a byte than most
    for kind in corpus.KIND_NAMES:
        sizes = [len(doc.text.encode()) for doc in documents if doc.kind == kind]
        assert abs(sum(sizes) - wanted[kind] * n_bytes) <= max(sizes), kind  # documents are whole


@pytest.mark.parametrize("share", [0.0, 0.001, 0.13])
def test_a_share_can_be_chosen_and_the_others_keep_their_proportions(share):
    chosen, usual = corpus.shares({"base64": share}), corpus.shares()
    assert chosen["base64"] == share
    assert sum(chosen.values()) == pytest.approx(1)
    assert chosen["python"] / chosen["dna"] == pytest.approx(usual["python"] / usual["dna"])
    docs = corpus.documents(200_000, given={"base64": share})
    have = sum(len(d.text) for d in docs if d.kind == "base64") / sum(len(d.text.encode()) for d in docs)
    assert have == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("given", [{"klingon": 0.1}, {"base64": 1.2}, {"base64": -0.1}])
def test_impossible_shares_are_refused(given):
    with pytest.raises(ValueError, match=r"content type|shares"):
        corpus.shares(given)


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

    draw = kinds.Draw(random.Random(0), None, "train")
    assert base64.b64decode(kinds.base64_text(draw))
    assert bytes.fromhex(kinds.hexadecimal(draw))
    assert set(kinds.binary(draw)) <= set("01 ")
    text = kinds.rot13(draw)
    assert codecs.decode(codecs.decode(text, "rot13"), "rot13") == text
    assert " the " in codecs.decode("".join(kinds.rot13(draw) for _ in range(5)), "rot13")


# --- tokenizer and sequences ---


@pytest.mark.parametrize(
    "text", ["plain words", "Ελληνικά 中文 עברית\n\ttab", "<script>&amp;", "é" * 5, "\x00\x7f"]
)
def test_any_text_survives_the_tokenizer(small_tokenizer, text):
    assert small_tokenizer.decode(small_tokenizer.encode(text).ids) == text
    raw = tokenizer.token_bytes(small_tokenizer)
    assert b"".join(raw[i] for i in small_tokenizer.encode(text).ids).decode() == text


def test_sequences_carry_each_documents_kind(small_tokenizer, documents):
    found = data.sequences(documents, small_tokenizer, n_ctx=16)
    assert found.tokens.shape == found.kinds.shape and found.tokens.shape[1] == 16
    lengths = [len(small_tokenizer.encode(doc.text).ids) + 1 for doc in documents[:50]]
    want = [
        corpus.KIND_NAMES.index(doc.kind)
        for doc, n in zip(documents, lengths, strict=False)
        for _ in range(n)
    ]
    assert found.kinds.flatten()[: len(want)].tolist() == want
    starts = torch.tensor([0, *lengths[:-1]]).cumsum(0)
    assert (found.tokens.flatten()[starts] == small_tokenizer.token_to_id(tokenizer.SEPARATOR)).all()
    assert sum(data.token_shares(found.kinds).values()) == pytest.approx(1)


# --- model ---


def random_model(cfg=SMALL):
    model = Transformer(cfg)
    with torch.no_grad():  # biases and norms away from their start values, so that a forgotten one shows
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
    return model


def test_the_future_does_not_reach_the_past():
    model, tokens = random_model(), torch.randint(300, (2, 10))
    changed = tokens.clone()
    changed[:, 6:] = (changed[:, 6:] + 1) % 300
    before, after = model(tokens), model(changed)
    assert torch.allclose(before[:, :6], after[:, :6], atol=1e-6)
    assert not torch.allclose(before[:, 6:], after[:, 6:], atol=1e-2)


def test_attention_agrees_with_torchs_own():
    q, k, v = torch.randn(3, 2, 7, 3, 5).unbind(0)
    mine = torch.einsum("bhqk,bkhd->bqhd", attention_pattern(q, k), v)
    theirs = torch.nn.functional.scaled_dot_product_attention(
        *(x.transpose(1, 2) for x in (q, k, v)), is_causal=True
    ).transpose(1, 2)
    assert torch.allclose(mine, theirs, atol=1e-5)


def test_loss_per_token_is_the_cost_of_the_next_token():
    logits, tokens = torch.randn(3, 5, 11), torch.randint(11, (3, 5))
    loss = loss_per_token(logits, tokens)
    assert loss.shape == (3, 4)
    assert loss[1, 2] == pytest.approx(-logits[1, 2].log_softmax(-1)[tokens[1, 3]].item(), rel=1e-5)


def test_every_hook_point_is_cached_and_can_replace_its_activations():
    model, tokens = random_model(), torch.randint(300, (2, 10))
    logits, cache = model.run_with_cache(tokens)
    assert set(cache) == set(HOOK_NAMES)
    assert torch.equal(logits, model(tokens))
    assert cache["blocks.0.mlp.hook_post"].shape == (2, 10, 12)
    assert cache["blocks.0.mlp.hook_post"].min() == 0
    for name in HOOK_NAMES:
        assert torch.equal(model(tokens, {name: lambda a: a}), logits)
        assert not torch.equal(model(tokens, {name: torch.zeros_like}), logits), name


def test_a_hook_that_would_never_be_called_is_refused():
    model, tokens = random_model(), torch.randint(300, (2, 10))
    with pytest.raises(ValueError, match=r"hook_pst; there are .*blocks\.0\.mlp\.hook_post"):
        model(tokens, hooks={"blocks.0.mlp.hook_pst": torch.zeros_like})


def test_activations_are_the_caches_whatever_the_chunk(monkeypatch):
    model, tokens = random_model(), torch.randint(300, (5, 10))
    want = model.run_with_cache(tokens)[1][NEURONS][:, 3:].flatten(0, 1)
    monkeypatch.setattr(hooks, "CHUNK", 2)
    got = hooks.activations(model, tokens, first_position=3)
    torch.testing.assert_close(got, want)
    assert not got.requires_grad


def test_loss_and_text_change_with_what_the_hook_returns():
    model, tokens = random_model(), torch.randint(300, (5, 10))
    plain = hooks.loss_with(model, tokens)
    torch.testing.assert_close(plain, loss_per_token(model(tokens), tokens))
    assert torch.equal(hooks.loss_with(model, tokens, lambda acts: acts), plain)
    ablated = loss_per_token(model(tokens, {NEURONS: torch.zeros_like}), tokens)
    torch.testing.assert_close(hooks.loss_with(model, tokens, torch.zeros_like), ablated)
    text = [
        hooks.sample(model, tokens[0], 3, 20, torch.Generator().manual_seed(0), hook)
        for hook in (None, torch.clone, torch.zeros_like)
    ]
    assert text[0].shape == (3, 20)
    assert torch.equal(text[0], text[1]) and not torch.equal(text[0], text[2])


# --- baselines ---


def test_baselines_are_distributions_and_count_inside_sequences_only():
    tokens = torch.tensor([[0, 1, 1], [2, 0, 1]])
    p = baselines.unigram(tokens, 4)
    assert torch.allclose(p, torch.tensor([3, 4, 2, 1]).double() / 10)
    table = baselines.bigram(tokens, 4, prior=2.0)
    assert torch.allclose(table.sum(1), torch.ones(4).double())
    assert table[0, 1] == pytest.approx((2 + 2 * 0.4) / (2 + 2))  # 0 → 1 twice of two times
    assert table[1, 2] == pytest.approx(2 * 0.2 / (1 + 2))  # 1 | 2 is a border, no pair
    assert torch.allclose(table[3], p)  # never seen: the unigram
    assert baselines.bigram_loss(table, tokens)[0, 0] == pytest.approx(-math.log(table[0, 1]))
    assert baselines.unigram_loss(p, tokens).shape == (2, 2)


# --- training ---

CFG = train.TrainingConfig(training_tokens=16 * 8 * 12, batch_size=8, warm_up_steps=2, checkpoint_every=4)


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def test_training_learns_and_the_seed_decides_it():
    tokens = (torch.arange(50 * 16) % 7).view(50, 16)
    first, second = Transformer(SMALL), Transformer(SMALL)
    losses = train.train(first, tokens, CFG)
    assert torch.equal(losses, train.train(second, tokens, CFG))
    assert torch.equal(weights(first), weights(second))
    assert losses[-1] < 0.8 * losses[0]


def test_a_stopped_run_ends_at_the_same_weights(tmp_path):
    tokens, path = torch.randint(300, (50, 16)), tmp_path / "part.safetensors"
    whole, stopped = Transformer(SMALL), Transformer(SMALL)
    losses = train.train(whole, tokens, CFG)

    def stop_at_7(steps):
        for step in steps:
            if step == 7:
                raise KeyboardInterrupt
            yield step

    with pytest.raises(KeyboardInterrupt):
        train.train(stopped, tokens, CFG, checkpoint=path, progress=stop_at_7)
    resumed = Transformer(SMALL, seed=5)  # its own start weights must not matter
    steps_done = []
    again = train.train(
        resumed,
        tokens,
        CFG,
        checkpoint=path,
        progress=lambda steps: (steps_done.append(s) or s for s in steps),
    )
    assert steps_done == [4, 5, 6, 7, 8, 9, 10, 11]
    assert torch.equal(weights(resumed), weights(whole))
    assert torch.equal(again, losses)


def test_a_checkpoint_of_another_training_is_refused(tmp_path):
    tokens, path = torch.randint(300, (50, 16)), tmp_path / "part.safetensors"
    train.train(Transformer(SMALL), tokens, CFG, checkpoint=path)
    other = train.TrainingConfig(training_tokens=16 * 8 * 20, batch_size=8)
    with pytest.raises(ValueError, match="another training"):
        train.train(Transformer(SMALL), tokens, other, checkpoint=path)


@pytest.mark.parametrize(
    "change, says",
    [
        ({"training_tokens": 100}, "less than one batch"),
        ({"batch_size": 64, "training_tokens": 10_000}, "fewer than a batch of 64"),
    ],
)
def test_what_would_train_nothing_is_refused(change, says):
    cfg = dataclasses.replace(CFG, **change)
    with pytest.raises(ValueError, match=says):
        train.train(Transformer(SMALL), torch.randint(300, (50, 16)), cfg)


def test_a_checkpoint_without_a_folder_is_refused_before_the_training(tmp_path):
    def never(steps):
        raise AssertionError("it began to train")

    with pytest.raises(ValueError, match="no folder"):
        path = tmp_path / "absent" / "part"
        train.train(Transformer(SMALL), torch.randint(300, (50, 16)), CFG, checkpoint=path, progress=never)


# --- TransformerLens ---


def test_export_and_import_give_the_same_logits():
    model, tokens = random_model(), torch.randint(300, (2, 10))
    state = formats.export(model) | {
        "blocks.0.attn.mask": torch.ones(1),
        "blocks.0.attn.IGNORE": torch.ones(()),
    }
    assert torch.equal(formats.import_(state)(tokens), model(tokens))


@pytest.mark.parametrize("damage", ["missing", "unknown", "shape"])
def test_other_weights_are_refused(damage):
    state = formats.export(random_model())
    if damage == "missing":
        del state["blocks.0.mlp.b_in"]
    elif damage == "unknown":
        state["blocks.1.mlp.b_in"] = torch.zeros(3)
    else:
        state["ln_final.w"] = torch.zeros(3)
    with pytest.raises(ValueError, match="one-layer transformer"):
        formats.import_(state)


def test_a_file_that_holds_no_weights_is_refused(tmp_path):
    (tmp_path / "weights.safetensors").write_text("no weights")
    with pytest.raises(ValueError, match="no safetensors file"):
        formats.load_transformer(tmp_path / "weights.safetensors")


def test_transformer_lens_computes_the_same_from_the_export():
    lens = pytest.importorskip("transformer_lens")
    model, tokens = random_model(), torch.randint(300, (2, 10))
    theirs = lens.HookedTransformer(lens.HookedTransformerConfig(**formats.transformer_lens_config(SMALL)))
    found = theirs.load_state_dict(formats.export(model), strict=False)
    assert set(found.missing_keys) == set(formats.BUFFERS) and not found.unexpected_keys
    logits, cache = model.run_with_cache(tokens)
    their_logits, their_cache = theirs.run_with_cache(tokens)
    assert torch.allclose(logits, their_logits, atol=1e-4)
    for name in HOOK_NAMES:
        assert torch.allclose(cache[name], their_cache[name].view_as(cache[name]), atol=1e-4), name
    back = formats.import_(theirs.state_dict())
    assert torch.allclose(back(tokens), logits, atol=1e-4)
