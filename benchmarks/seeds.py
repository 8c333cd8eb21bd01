"""Do the claims of a lesson hold over its seeds?

Runs the lesson's own source at lesson scale, once for each seed and without its figures, and collects what
it claims in benchmarks/results/seeds_NN.json. Where the lesson loads the shipped SAE, each seed gets an SAE
of its own: the same recipe, run with that seed on the shipped transformer.

`python -m benchmarks.seeds NN [NN ...]`; up to two minutes a seed. It goes on where it stopped: delete the
result after a change of the lesson.
"""

import contextlib
import functools
import io
import json
import re
import sys
import time
from pathlib import Path
from unittest import mock

import torch

from course_utils import assets, sae
from course_utils.assets import make
from course_utils.checks import lesson
from course_utils.lm import data, hooks

ROOT = Path(__file__).parents[1]
SEEDS = 20
SKIPPED = re.compile(r"check=|play")  # cells that need a student, or a kernel


@functools.cache
def training_activations() -> torch.Tensor:
    """What the shipped SAE was trained on: "token d_in"."""
    tokens = data.load("train", make.SAE_BYTES, assets.load_tokenizer(), make.SEED).tokens
    return hooks.activations(assets.load_transformer(), tokens)


def train_sae(name: str, seed: int) -> sae.SparseAutoencoder:
    """In place of `assets.load_sae`."""
    assert name == "sae-4x"
    x = training_activations()
    with torch.enable_grad():
        return sae.train(x, make.sae_config(x.shape[1], seed)).sae


def claims_of(source: Path, seed: int) -> dict[str, tuple[float, bool]]:
    """Name of each claim: what this seed measures, and whether the claim holds."""
    cells = source.read_text(encoding="utf-8").split("\n# %%")
    code = "\n# %%".join(cell for cell in cells if not SKIPPED.search(cell.partition("\n")[0]))
    assert "\nSEED = 0\n" in code
    code = code.replace("\nSEED = 0\n", f"\nSEED = {seed}\n")
    found, names = {}, {"__name__": "lesson"}

    def collect(text: str, html: str = "", **data) -> None:
        if record := data.get(lesson.CLAIM_MIME):
            value = float("nan") if record["value"] is None else record["value"]
            found[record["name"]] = value, record["holds"]

    with (
        mock.patch.object(lesson, "show", collect),
        mock.patch.object(lesson.Lesson, "show", lambda *_, **__: None),
        mock.patch.object(assets, "load_sae", functools.partial(train_sae, seed=seed)),
        contextlib.redirect_stdout(io.StringIO()),
        torch.enable_grad(),  # a lesson may switch gradients off
    ):
        exec(compile(code, str(source), "exec"), names)
    names.clear()  # its functions refer to it: gigabytes a seed would stay
    assert found, f"{source} claims nothing"
    return found


def main(*numbers: str) -> None:
    for number in numbers:
        for seed in range(SEEDS):
            measure(number, seed)


def measure(number: str, seed: int) -> None:
    """Add the seed to the lesson's result, unless it is there."""
    [source] = (ROOT / "solutions").glob(f"{number}_*.py")
    result = ROOT / "benchmarks" / "results" / f"seeds_{number}.json"
    runs = json.loads(result.read_text())["runs"] if result.exists() else []
    if seed < len(runs):
        return
    start = time.process_time()
    found = claims_of(source, seed)
    fails = [name for name, (_, holds) in found.items() if not holds]
    runs.append({"seed": seed, "fails": fails} | {name: round(v, 4) for name, (v, _) in found.items()})
    print(
        f"{number}, seed {seed}: {time.process_time() - start:.0f} s of CPU time; fails: {fails}", flush=True
    )
    holds = {name: sum(name not in run["fails"] for run in runs) for name in found}
    result.write_text(json.dumps({"seeds": len(runs), "holds": holds, "runs": runs}, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
