"""The autoencoder of SmolLM2: how it is made, tried out on a tiny random model."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_utils import assets
from course_utils.assets import make, make_smollm2
from course_utils.checks import lesson as lessons
from course_utils.checks import world
from course_utils.interp import measures, smollm2, smollm2_effects
from course_utils.kit.lessons import find_lessons
from course_utils.lm.corpus import CONTENT_TYPES
from course_utils.pretrained import file, running, tiny
from course_utils.sae import SparseAutoencoder
from course_utils.sae.formats import load_saelens, save_saelens

ROOT = Path(__file__).parents[1]


@pytest.fixture
def small(tmp_path, monkeypatch):
    """The tiny model in SmolLM2's place, and little text; the folder for what is made."""
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path / "models"))
    (tmp_path / "models").mkdir()
    path = tiny.write(tmp_path / "models" / file.NAME)
    monkeypatch.setattr(file, "path", lambda: path)
    monkeypatch.setattr(make_smollm2, "LAYER", 1)
    monkeypatch.setattr(make_smollm2, "HOOK", "blocks.1.hook_resid_post")
    monkeypatch.setattr(make_smollm2, "LATENTS", 64)
    monkeypatch.setattr(make_smollm2, "TRAINING_TOKENS", 2 * 40 * 128)
    for name, whole in make_smollm2.TEXTS.items():
        less = whole._replace(n_bytes=60_000, tokens=40 * 128)
        monkeypatch.setitem(make_smollm2.TEXTS, name, less)
    (tmp_path / "assets").mkdir()
    return tmp_path / "assets"


def test_it_says_what_it_takes_and_is_entered(small, capsys):
    make.main(["smollm2-sae"], small)
    told = capsys.readouterr().out
    assert "minutes" in told and "GB are kept in" in told and "memory: 5 GB" in told
    entry = assets.manifest(small)["smollm2-sae"]
    assert entry["command"] == "course assets smollm2-sae" and entry["metrics"]["l0"] > 0
    assert sorted(f.name for f in small.iterdir()) == ["manifest.json", "smollm2-sae.safetensors"]
    sae = assets.load_sae("smollm2-sae", small)
    assert (sae.d_in, sae.d_sae, sae.W_dec.dtype) == (32, 64, torch.float32)
    rows = sae.W_dec.norm(dim=1)
    torch.testing.assert_close(rows, torch.ones_like(rows), rtol=0.01, atol=0.01)  # as bfloat16 holds them


def test_all_assets_are_all_but_this_one(monkeypatch):
    made = []
    monkeypatch.setattr(
        make, "MAKERS", {name: lambda _, name=name: made.append(name) for name in make.MAKERS}
    )
    make.main()
    assert "tokenizer" in made and "smollm2-sae" not in made
    make.main(["smollm2-sae"])
    assert made[-1] == "smollm2-sae"


def test_reading_that_was_stopped_goes_on(small, tmp_path):
    model, words = make_smollm2.load()
    tokens = make_smollm2.text(words, "train").tokens
    assert tokens.shape == (40, 128)
    whole = make_smollm2.read(model, tokens, tmp_path / "whole.float16")
    read = []

    def stopped(x, **settings):
        if len(read) == 2:
            raise KeyboardInterrupt
        read.append(1)
        return model(x, **settings)

    stopped.cfg = model.cfg
    with pytest.raises(KeyboardInterrupt):
        make_smollm2.read(stopped, tokens, tmp_path / "parts.float16")
    first = np.memmap(tmp_path / "parts.float16", np.float16, "r", shape=whole.shape)[:16].copy()
    again = make_smollm2.read(model, tokens, tmp_path / "parts.float16")
    assert np.array_equal(first, whole[:16].numpy()) and torch.equal(again, whole)


def test_another_seed_is_another_autoencoder_and_is_kept(small, tmp_path):
    first = make_smollm2.of_seed(1)
    kept = tmp_path / "models" / "smollm2-sae-seed1.safetensors"
    changed = kept.stat().st_mtime_ns
    assert torch.equal(make_smollm2.of_seed(1).W_dec, first.W_dec) and kept.stat().st_mtime_ns == changed
    assert not torch.equal(make_smollm2.of_seed(2).W_dec, first.W_dec)


def test_the_fields_tools_get_it(small, tmp_path):
    sae = make_smollm2.of_seed(1)
    save_saelens(sae, tmp_path / "lens", "SmolLM2-135M-Instruct", make_smollm2.HOOK, make_smollm2.N_CTX)
    assert torch.equal(load_saelens(tmp_path / "lens").W_enc, sae.W_enc)
    assert '"hook_name": "blocks.1.hook_resid_post"' in (tmp_path / "lens" / "cfg.json").read_text(
        encoding="utf-8"
    )


def test_the_tables_are_measured(small, monkeypatch):
    """On the tiny model, which has read nothing: only that they can be made, and what must be so."""
    monkeypatch.setattr(make_smollm2, "of_seed", lambda seed: SparseAutoencoder(32, 64))
    monkeypatch.setattr(assets, "load_sae", lambda name: SparseAutoencoder(32, 64))
    judged = smollm2.smollm2_judged(0)
    assert {"correlation", "untrained", "probe, auroc", "hex"} <= set(judged)
    assert judged["probe, auroc"] > judged["auroc"]
    neurons = smollm2.smollm2_neurons(0, layers=3, every=1)
    assert neurons["best of all"] == neurons[f"layer {neurons['best layer']}"]
    assert neurons != smollm2.smollm2_neurons(1, layers=3, every=1)
    assert neurons["neuron, base64"] == neurons["layer 1"] and "latent, base64" in neurons
    ablated = smollm2_effects.smollm2_ablated(0, count=3, sequences=2)
    assert ablated["tokens"] > 0 and ablated["random, odd"] <= ablated["random, odd, largest"]
    pinned = smollm2_effects.smollm2_pinned(0, samples=2)
    assert {"latent", "means", "neuron", "random"} <= set(pinned)


def test_a_direction_is_added_where_the_stream_is_ordinary():
    x = torch.ones(2, 5, 4)
    x[:, 0] *= 100
    d = torch.tensor([[1.0, 0, 0, 0], [0, 2.0, 0, 0]])
    for_each = smollm2_effects.pushed(x, d) - x
    assert not for_each[:, 0].any() and torch.equal(for_each[:, 1:], d[:, None].expand(2, 4, 4))
    assert torch.equal(smollm2_effects.pushed(x, d[0])[1], smollm2_effects.pushed(x, d[:1].repeat(2, 1))[1])


def test_correlations_summed_up_are_correlations(small):
    model, words = make_smollm2.load()
    sae = SparseAutoencoder(32, 64)
    tokens, types = make_smollm2.text(words, "test")
    seen = []
    model(tokens, {"blocks.2.mlp.hook_post": lambda acts: seen.append(acts) or acts})
    [_, neurons], latents = smollm2.streamed(model, sae, tokens, types, [0, 2])
    truth = F.one_hot(types.flatten(), len(CONTENT_TYPES)).float()
    told = measures.correlations(seen[0].flatten(0, 1), truth)
    assert told.abs().max() > 0.03
    torch.testing.assert_close(neurons, told, atol=1e-3, rtol=0)
    told = measures.correlations(sae.encode(running.residual_stream(model, tokens, 1)).flatten(0, 1), truth)
    torch.testing.assert_close(latents, told, atol=1e-3, rtol=0)  # a random model has no outlying positions


def test_lesson_13_runs_on_the_tiny_model(small, monkeypatch, tmp_path):
    """Where the file isn't there, nothing else runs the cells that need it."""
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    monkeypatch.setattr(lessons, "show", lambda *args, **data: None)
    monkeypatch.setattr(world.Lesson, "gradients", True)
    monkeypatch.setattr(assets, "load_sae", lambda name: SparseAutoencoder(32, 64))
    [lesson] = find_lessons(ROOT, ["13"])
    cells = lesson.source.read_text(encoding="utf-8").split("\n# %%")
    code = "\n# %%".join(cell for cell in cells if not cell.startswith((" play", " [markdown]")))
    scope = {"__name__": "lesson"}
    try:
        exec(compile(code.replace('SCALE = "lesson"', 'SCALE = "smoke"'), lesson.stem, "exec"), scope)
    finally:
        torch.set_grad_enabled(True)  # the lesson switches it off
    assert len(scope["texts"]) == 3 and scope["odd"] != 0
