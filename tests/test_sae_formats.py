"""SAEs on disk: what is written comes back the same, and what isn't an SAE is named for what it is."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from course_utils import sae as S
from tests.test_sae import random_sae, small, sparse_data
from tests.test_sae_variants import every_kind, sparse_world, train


def test_file_round_trip(tmp_path):
    sae = random_sae()
    S.save_sae(sae, tmp_path / "sae.safetensors")
    loaded = S.load_sae(tmp_path / "sae.safetensors")
    for a, b in zip(sae.parameters(), loaded.parameters(), strict=True):
        assert torch.equal(a, b)


FOREIGN = {
    "other names": (
        lambda path: save_file(
            {"encoder.weight": torch.ones(11, 5), "decoder.weight": torch.ones(5, 11)}, path
        ),
        r"encoder\.weight \(11, 5\); a SparseAutoencoder has W_enc \(d_in, d_sae\).*transposed",
    ),
    "other sizes": (
        lambda path: save_file({n: t[1:].clone() for n, t in random_sae().state_dict().items()}, path),
        r"b_dec \(4,\).*a SparseAutoencoder has W_enc \(d_in, d_sae\)",
    ),
    "a whole model": (
        lambda path: save_file({f"layer.{i}": torch.ones(1) for i in range(100)}, path),
        "92 more; a SparseAutoencoder",
    ),
    "a folder": (lambda path: path.mkdir(), "is a folder"),
    "SAELens' folder": (lambda path: S.formats.save_saelens(random_sae(), path), "read it with load_saelens"),
    "a .pt": (lambda path: torch.save(random_sae().state_dict(), path), r"torch\.save"),
    "an unknown class": (
        lambda path: save_file({"W_enc": torch.ones(1)}, path, {"class": "Gated", "settings": "{}"}),
        "holds a Gated, which is none of SparseAutoencoder",
    ),
}


@pytest.mark.parametrize("write, says", FOREIGN.values(), ids=FOREIGN)
def test_files_of_other_tools_are_named_for_what_they_are(tmp_path, write, says):
    path = tmp_path / "sae.safetensors"
    write(path)
    with pytest.raises(ValueError, match=says):
        S.load_sae(path)


def test_saelens_folder_round_trip(tmp_path):
    sae, x = random_sae(), torch.randn(10, 5)
    S.formats.save_saelens(sae, tmp_path / "out")
    torch.testing.assert_close(S.formats.load_saelens(tmp_path / "out")(x).x_hat, sae(x).x_hat)


@pytest.mark.parametrize(
    "spoil", ["missing", "truncated", "gated", "extra", "topk without k", "jumprelu without threshold"]
)
def test_saelens_folder_that_is_not_read(tmp_path, spoil):
    S.formats.save_saelens(random_sae(), tmp_path)
    weights, cfg = tmp_path / "sae_weights.safetensors", tmp_path / "cfg.json"
    if spoil == "missing":
        weights.unlink()
    elif spoil == "truncated":
        weights.write_bytes(weights.read_bytes()[:50])
    elif spoil == "gated":
        cfg.write_text(cfg.read_text(encoding="utf-8").replace('"standard"', '"gated"'), encoding="utf-8")
    elif "without" in spoil:
        cfg.write_text(
            cfg.read_text(encoding="utf-8").replace('"standard"', f'"{spoil.split()[0]}"'), encoding="utf-8"
        )
    else:
        save_file({**load_file(weights), "threshold": torch.ones(11)}, weights)
    with pytest.raises(ValueError, match=str(tmp_path)):
        S.formats.load_saelens(tmp_path)


def test_saelens_reads_our_folder(tmp_path):
    sae_lens = pytest.importorskip("sae_lens")
    x, _ = sparse_data(n=1000)
    sae = S.train(x, small(l1_coefficient=1.0)).sae
    S.formats.save_saelens(sae, tmp_path)
    theirs = sae_lens.SAE.load_from_disk(tmp_path)
    torch.testing.assert_close(theirs.encode(x), sae(x).f, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(theirs(x), sae(x).x_hat, rtol=1e-4, atol=1e-5)
    assert theirs.cfg.metadata.hook_name == "blocks.0.mlp.hook_post"
    theirs.save_model(tmp_path / "theirs")
    torch.testing.assert_close(
        S.formats.load_saelens(tmp_path / "theirs")(x).x_hat, sae(x).x_hat, rtol=1e-4, atol=1e-5
    )


def trained(kind):
    return train(kind, sparse_world().h, 40, lr=1e-2).sae


@every_kind
def test_a_file_keeps_what_makes_the_variant(kind, tmp_path):
    sae, x = trained(kind), sparse_world().h
    S.save_sae(sae, tmp_path / "sae")
    loaded = S.load_sae(tmp_path / "sae")
    assert type(loaded) is type(sae) and loaded.settings() == sae.settings()
    assert not loaded.training and not any(p.requires_grad for p in loaded.parameters())
    assert torch.equal(loaded(x).f, sae(x).f)


@every_kind
def test_saelens_folder_keeps_what_makes_the_variant(kind, tmp_path):
    sae, x = trained(kind), sparse_world().h
    S.formats.save_saelens(sae, tmp_path)
    loaded = S.formats.load_saelens(tmp_path)
    assert type(loaded) is (S.TopK if kind == "TopK" else S.JumpReLU)
    torch.testing.assert_close(loaded(x).x_hat, sae(x).x_hat)
    assert S.evaluate(loaded, x).l0 == pytest.approx(S.evaluate(sae, x).l0, rel=1e-3)


@every_kind
def test_saelens_reads_our_variants(kind, tmp_path):
    sae_lens = pytest.importorskip("sae_lens")
    sae, x = trained(kind), sparse_world().h
    S.formats.save_saelens(sae, tmp_path)
    theirs = sae_lens.SAE.load_from_disk(tmp_path)
    torch.testing.assert_close(theirs.encode(x), sae(x).f, rtol=1e-4, atol=1e-5)


def test_a_class_of_ones_own_is_not_saved_as_another(tmp_path):
    class Halved(S.TopK):
        def activate(self, z):
            return super().activate(z) / 2

    for save in (S.save_sae, S.formats.save_saelens):
        with pytest.raises(ValueError, match="Halved"):
            save(Halved(6, 24, 3), tmp_path / "sae")
    assert not list(tmp_path.iterdir())
