"""What must survive accidents: shipped files damaged anywhere, training killed at any moment."""

import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from course_utils import assets
from course_utils.assets import AssetError

ROOT = Path(__file__).parents[1]
LOADERS = {
    "tokenizer.json": lambda folder: assets.load_tokenizer(folder).to_str(),
    "transformer.safetensors": lambda folder: assets.load_transformer(folder=folder).state_dict(),
    "sae-4x.safetensors": lambda folder: assets.load_sae("sae-4x", folder).state_dict(),
}


def same(a, b) -> bool:
    if isinstance(a, str):
        return a == b
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("damaged", [*LOADERS, "manifest.json"])
def test_damage_anywhere_gives_an_error_or_changes_nothing(tmp_path, damaged):
    """100 damages of each file: a byte changed, or bytes cut from the end. Only an unused byte may pass."""
    rng = random.Random(damaged)
    folder = shutil.copytree(
        assets.FOLDER, tmp_path / "assets", ignore=shutil.ignore_patterns("*.py", "__pycache__")
    )
    content = (folder / damaged).read_bytes()
    whole = {name: load(folder) for name, load in LOADERS.items()}
    errors = 0
    for k in range(100):
        place = rng.randrange(len(content))
        changed = bytes([content[place] ^ rng.randrange(1, 256)]) + content[place + 1 :]
        (folder / damaged).write_bytes(content[:place] + (b"" if k % 4 == 0 else changed))
        name = damaged if damaged in LOADERS else rng.choice(list(LOADERS))
        try:
            loaded = LOADERS[name](folder)
        except AssetError as error:
            errors += 1
            assert "course assets" in str(error)
        else:  # the manifest's notes on how a file was made play no part in loading it
            assert damaged == "manifest.json" and same(loaded, whole[name])
    assert errors == 100 if damaged in LOADERS else errors >= 25


TRAININGS = {
    "sae": """
from course_utils import sae as S
from tests.test_sae import small, sparse_data
trained = S.train(sparse_data(n=3000)[0], small(), checkpoint=checkpoint, checkpoint_every=3, progress=die)
weights = dict(trained.sae.state_dict())
""",
    "transformer": """
from course_utils.lm import train
from course_utils.lm.model import Transformer
from tests.test_lm import CFG, SMALL
tokens = torch.randint(300, (50, 16), generator=torch.Generator().manual_seed(0))
model = Transformer(SMALL)
train.train(model, tokens, CFG, checkpoint=checkpoint, progress=die)
weights = dict(model.state_dict())
""",
}
RUN = """
import os, signal, sys
from pathlib import Path
import torch
from safetensors.torch import save_file
last, checkpoint, out = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
torch.set_num_threads(int(sys.argv[4]))
def die(steps):
    for done, step in enumerate(steps):
        if done == last: os.kill(os.getpid(), signal.SIGKILL)
        yield step
{training}
save_file({{name: tensor.contiguous() for name, tensor in weights.items()}}, out)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", TRAININGS)
def test_training_killed_again_and_again_ends_at_the_same_weights(tmp_path, name, threads):
    code, rng = RUN.format(training=TRAININGS[name]), random.Random(name)

    def run(last: int, checkpoint: str) -> int:
        arguments = [str(last), str(tmp_path / checkpoint), str(tmp_path / f"{checkpoint}.out"), str(threads)]
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}).returncode

    assert run(-1, "whole") == 0
    for last in (rng.randrange(4, 8), rng.randrange(4, 8)):  # steps after which the process dies
        assert run(last, "killed") == -signal.SIGKILL
    assert run(-1, "killed") == 0
    whole, resumed = (load_file(tmp_path / f"{checkpoint}.out") for checkpoint in ("whole", "killed"))
    assert same(whole, resumed)
