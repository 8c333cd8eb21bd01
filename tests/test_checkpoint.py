"""Files that are never half written, and trainings that go on from a saved state."""

import pickle

import pytest
import torch
from safetensors.torch import save_file

from course_utils.checkpoint import batch_rows, resume, save
from course_utils.files import read_tensors, replacing


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("old", encoding="utf-8")
    with pytest.raises(RuntimeError, match="half way"), replacing(file) as part:
        part.write_text("new, but", encoding="utf-8")
        raise RuntimeError("half way")
    assert file.read_text(encoding="utf-8") == "old" and [f.name for f in tmp_path.iterdir()] == ["notes.txt"]
    with replacing(file) as part:
        part.write_text("new", encoding="utf-8")
        assert file.read_text(encoding="utf-8") == "old"
    assert file.read_text(encoding="utf-8") == "new" and [f.name for f in tmp_path.iterdir()] == ["notes.txt"]


def test_files_that_are_no_safetensors_are_named_for_what_they_are(tmp_path):
    torch.save({"a": torch.ones(2)}, tmp_path / "zip.pt")
    (tmp_path / "pickle.pt").write_bytes(pickle.dumps({"a": 1}, protocol=2))
    (tmp_path / "text").write_text("no tensors at all", encoding="utf-8")
    (tmp_path / "empty").write_text("", encoding="utf-8")
    for name, says in {
        "zip.pt": "torch.save",
        "pickle.pt": "torch.save",
        "text": "no safetensors file",
        "empty": "no safetensors file",
        ".": "is a folder",
    }.items():
        with pytest.raises(ValueError, match=says):
            read_tensors(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        read_tensors(tmp_path / "absent")
    save_file({"a": torch.ones(2)}, tmp_path / "right", {"note": "b"})
    tensors, notes = read_tensors(tmp_path / "right")
    assert torch.equal(tensors["a"], torch.ones(2)) and notes == {"note": "b"}


def test_tensors_that_were_read_have_left_their_file(tmp_path):
    """Else Windows can't replace it while they live, and who writes into it changes them."""
    save_file({"a": torch.ones(5000)}, tmp_path / "file")
    tensors, _ = read_tensors(tmp_path / "file")
    with (tmp_path / "file").open("r+b") as file:
        file.seek(-4 * 5000, 2)
        file.write(bytes(4 * 5000))
    assert torch.equal(tensors["a"], torch.ones(5000))


def test_every_epoch_shows_each_row_once_in_a_new_order():
    epochs = [torch.cat([batch_rows(step, 12, 4, 7) for step in range(3 * e, 3 * e + 3)]) for e in range(2)]
    for rows in epochs:
        assert rows.sort().values.tolist() == list(range(12))
    assert not torch.equal(*epochs)
    assert not torch.equal(epochs[0], torch.cat([batch_rows(step, 12, 4, 8) for step in range(3)]))
    with pytest.raises(ValueError, match="fewer than a batch"):
        batch_rows(0, 3, 4, 7)


def make_training(seed):
    model = torch.nn.BatchNorm1d(3)  # it has buffers beside its parameters
    optimizers = [torch.optim.Adam([model.weight], lr=0.1), torch.optim.SGD([model.bias], momentum=0.9)]
    for _ in range(seed):
        model(torch.arange(6.0).view(2, 3)).square().sum().backward()
        for optimizer in optimizers:
            optimizer.step()
    return model, optimizers


def test_a_state_comes_back_as_it_was(tmp_path):
    file = tmp_path / "state"
    model, optimizers = make_training(3)
    assert resume(None, model, optimizers, "settings") == resume(file, model, optimizers, "settings") == {}
    save(file, model, optimizers, {"step": torch.tensor(3)}, "settings")
    other, its_optimizers = make_training(1)
    assert resume(file, other, its_optimizers, "settings") == {"step": torch.tensor(3)}
    for name, tensor in model.state_dict().items():
        assert torch.equal(other.state_dict()[name], tensor), name
    for optimizer, its, parameter in zip(optimizers, its_optimizers, ("weight", "bias"), strict=True):
        before, after = optimizer.state[getattr(model, parameter)], its.state[getattr(other, parameter)]
        assert before and set(before) == set(after)
        for key, value in before.items():
            assert torch.equal(after[key], value), key
    with pytest.raises(ValueError, match="another training"):
        resume(file, model, optimizers, "other settings")


def test_a_checkpoint_needs_its_folder(tmp_path):
    with pytest.raises(ValueError, match=r"no folder .*absent"):
        resume(tmp_path / "absent" / "state", *make_training(1), "settings")
