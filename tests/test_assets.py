"""Shipped files are loaded only when they are what the manifest says."""

import json
import shutil

import pytest
import torch

from course_utils import assets
from course_utils.assets import AssetError, make
from course_utils.lm import data

NAMES = list(assets.manifest())


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(
        assets.FOLDER, tmp_path / "assets", ignore=shutil.ignore_patterns("*.py", "__pycache__")
    )


@pytest.mark.parametrize("name", NAMES)
def test_what_is_shipped_is_what_the_manifest_says(name):
    entry = assets.manifest()[name]
    assert assets.path(name).name.endswith((".json", ".safetensors"))
    assert {"sha256", "bytes", "seed", "command", "versions", "metrics"} <= set(entry)
    assert entry["command"] == f"course assets {name}" and name in make.MAKERS


def test_tokenizer_and_transformer_fit_each_other():
    tokenizer, model = assets.load_tokenizer(), assets.load_transformer()
    assert tokenizer.get_vocab_size() == model.cfg.d_vocab == 1024
    with torch.no_grad():
        logits = model(torch.tensor([tokenizer.encode("The quick brown fox").ids]))
    assert logits.isfinite().all() and not any(p.requires_grad for p in model.parameters())


def test_base64_is_rare_but_not_too_rare():
    held_out = data.load("held_out", 1_000_000, assets.load_tokenizer())
    assert 0.01 <= data.token_shares(held_out.content_types)["base64"] <= 0.02


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("damage", ["missing", "truncated", "altered", "longer"])
def test_a_damaged_file_is_refused_with_the_way_back(folder, name, damage):
    file = folder / assets.manifest()[name]["file"]
    content = bytearray(file.read_bytes())
    if damage == "missing":
        file.unlink()
    elif damage == "truncated":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "longer":
        file.write_bytes(content + b" ")
    else:
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    with pytest.raises(AssetError, match=f"(?s){name}.*course assets {name}"):
        assets.path(name, folder)


def test_loaders_refuse_a_damaged_file(folder):
    for name in ("tokenizer", "transformer"):
        (folder / assets.manifest()[name]["file"]).write_bytes(b"{}")
    with pytest.raises(AssetError, match="truncated"):
        assets.load_tokenizer(folder)
    with pytest.raises(AssetError, match="truncated"):
        assets.load_transformer(folder=folder)


@pytest.mark.parametrize("content", [None, "", "{"])
def test_a_damaged_manifest_is_refused_with_the_way_back(folder, content):
    (folder / "manifest.json").unlink()
    if content is not None:
        (folder / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(AssetError, match="course assets"):
        assets.load_tokenizer(folder)


def test_unknown_names_are_refused_and_say_what_there_is():
    with pytest.raises(AssetError, match="tokenizer"):
        assets.path("tokeniser")
    with pytest.raises(AssetError, match="transformer"):
        make.main(["tokeniser"])


def test_assets_are_made_again_from_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(make, "CORPUS_BYTES", 300_000)
    monkeypatch.setattr(make, "HELD_OUT_BYTES", 100_000)
    monkeypatch.setattr(make, "TRAINING_TOKENS", 64 * 64 * 3)
    make.main(["transformer", "tokenizer"], tmp_path)
    assert list(assets.manifest(tmp_path)) == ["tokenizer", "transformer"]
    assert sorted(f.name for f in tmp_path.iterdir()) == [
        "manifest.json",
        "tokenizer.json",
        "transformer.safetensors",
    ]
    metrics = assets.manifest(tmp_path)["transformer"]["metrics"]
    assert metrics["bigram_loss"] < metrics["unigram_loss"]
    assert (
        assets.load_transformer(folder=tmp_path).cfg.d_vocab
        == assets.load_tokenizer(tmp_path).get_vocab_size()
    )


def test_a_damaged_manifest_can_be_made_again(tmp_path):
    (tmp_path / "manifest.json").write_text("{", encoding="utf-8")
    (tmp_path / "x.json").write_text("[]", encoding="utf-8")
    make.record("x", tmp_path / "x.json", 0, {"loss": 1.23456}, tmp_path)
    entry = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))["x"]
    assert entry["bytes"] == 2 and entry["metrics"] == {"loss": 1.2346}
    assert assets.path("x", tmp_path) == tmp_path / "x.json"
