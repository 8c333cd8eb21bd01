"""A lesson's own source, run in this process with another seed: what it claims then.

It runs at lesson scale without its figures, and without the cells that need a student or a live kernel. Where
the lesson loads the shipped SAE it gets one of that seed: the same recipe, on the shipped transformer. The
text that a lesson reads is drawn by its own SEED.
"""

import contextlib
import functools
import io
import re
from pathlib import Path
from unittest import mock

import torch

from course_utils import assets, sae
from course_utils.assets import make
from course_utils.checks import lesson
from course_utils.kit import CourseError

SKIPPED = re.compile(r"check=|play")  # in the first line of a cell


@functools.lru_cache(maxsize=2)
def training_activations(transformer: str, shuffle: bool) -> torch.Tensor:
    """What a shipped SAE was trained on: "token d_in"."""
    return make.sae_activations(transformer, shuffle, "train")


def train_sae(name: str = "sae-4x", *, seed: int) -> sae.SparseAutoencoder:
    """In place of `assets.load_sae`."""
    shipped = make.SAES[name]
    x = training_activations(shipped.transformer, shipped.shuffled)
    with torch.enable_grad():
        return make.train_sae(name, x, seed)


def with_values(source: Path, values: dict[str, object]) -> str:
    """The code of a lesson's source, with these values in place of its own `NAME = value` lines.

    Raises CourseError for a name that isn't given a value in exactly one line of its own.
    """
    cells = source.read_text(encoding="utf-8").split("\n# %%")
    code = "\n# %%".join(cell for cell in cells if not SKIPPED.search(cell.partition("\n")[0]))
    for name, value in values.items():
        line = f"{name} = {value!r}"
        code, count = re.subn(rf"^{name} = .*$", lambda _, line=line: line, code, flags=re.MULTILINE)
        if count != 1:
            raise CourseError(
                f"{source}: {count} lines begin with `{name} = `, and one is needed to vary it."
            )
    return code


def claims_of(source: Path, seed: int, values: dict[str, object]) -> dict[str, dict]:
    """The record of each claim that the lesson makes with this seed, by name. CourseError for no claim."""
    code, found, names = with_values(source, {"SEED": seed, **values}), {}, {"__name__": "lesson"}

    def collect(text: str, html: str = "", **data) -> None:
        if record := data.get(lesson.CLAIM_MIME):
            found[record["name"]] = record

    with (
        mock.patch.object(lesson, "show", collect),
        mock.patch.object(lesson.Lesson, "show", lambda *_, **__: None),
        mock.patch.object(assets, "load_sae", functools.partial(train_sae, seed=seed)),
        contextlib.redirect_stdout(io.StringIO()),
        torch.enable_grad(),  # a lesson may switch gradients off
    ):
        exec(compile(code, str(source), "exec"), names)
    names.clear()  # its functions refer to it: gigabytes a seed would stay
    if not found:
        raise CourseError(f"{source} claims nothing: there is nothing to measure.")
    return found
