"""Running the transformer with hooks, and its weights in the layout of TransformerLens."""

import pytest
import torch

from course_utils.lm import formats, hooks
from course_utils.lm.model import HOOK_NAMES, NEURONS, loss_per_token
from tests.test_lm import SMALL, random_model


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
    (tmp_path / "weights.safetensors").write_text("no weights", encoding="utf-8")
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
