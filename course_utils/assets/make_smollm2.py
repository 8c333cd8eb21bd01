"""Make the autoencoder of SmolLM2 again, from nothing but the model: `course assets smollm2-sae`.

Most of the time goes into reading text with the model, so `course assets` alone leaves this out. What has
been read is kept beside the model's file, and a run that was stopped goes on from there.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from tokenizers import Tokenizer
from torch import Tensor

from course_utils import assets, sae
from course_utils.files import replacing
from course_utils.lm import corpus, data
from course_utils.pretrained import directions, file, gguf, llama, tokenizer
from course_utils.sae import SparseAutoencoder

NAME = "smollm2-sae"
LAYER = 8
"""The SAE reads the residual stream after this one of the 30 layers, the first being 0."""
HOOK = f"blocks.{LAYER}.hook_resid_post"
D_MODEL = 576
N_CTX = 128
SEPARATOR = "<|endoftext|>"
FACTOR = 3.0
"""Positions longer than so many medians are left out: 1.3 %. Hardly one of them is shorter than 3 medians and
longer than 2."""
LATENTS = 1536
L1_COEFFICIENT = 1.0
LEARNING_RATE, BATCH, WARM_UP = 4e-3, 1024, 0.3
TRAINING_TOKENS = 1_600_000
"""Activations that training sees: each of those that were read, twice.

The rule, written down first: of the tries with at most 10 % of the latents dead, the one in which the
latent that the proxy finds follows base64 best, all on the search pile. That latent's correlation, that of
the proxy's second, and the share of dead ones: .83, .43, .09 for what stands above; .82, .46, .20 with 2304
latents; .61, .45, .02 and, with 1536 latents and λ = 2, .53, .37, .07 by the paper's recipe, in which
resampled latents share base64. Before, on half of the text, with 2304 latents and a rate of .002, .003 and
.005: .64, .68 and .83, the last with .36 dead."""


class Text(NamedTuple):
    """A pile of the course's own corpus: what is drawn, and how many of its tokens are read."""

    split: str
    seed: int
    n_bytes: int
    tokens: int


TEXTS = {
    "train": Text("train", 0, 3_600_000, 800_000),
    "search": Text("held_out", 1000, 600_000, 120_000),
    "test": Text("held_out", 0, 600_000, 120_000),
}
"""The first trains, on the second one chooses, on the third one measures."""
CHUNK = 8
"""Sequences that the model reads at once."""


def activations_file(pile: str) -> Path:
    """Where what the model said about a pile is kept: float16, [seq, N_CTX, D_MODEL]."""
    return file.folder() / f"smollm2-{pile}.float16"


def tokens() -> int:
    return TEXTS["train"].tokens + TEXTS["test"].tokens


def cost() -> str:
    """What making it takes, in words."""
    return (
        f"SmolLM2 reads {tokens():,} tokens (20 to 60 minutes), then the SAE is trained (1 to 6); memory: "
        f"5 GB. {tokens() * D_MODEL * 2 / 1e9:.1f} GB are kept in {file.folder()} until you delete them. "
        "Stop it when you like: run again, it goes on."
    )


def load() -> tuple[llama.Llama, Tokenizer]:
    """SmolLM2 and its tokenizer. Raises ModelFileError where its file isn't there."""
    opened = gguf.GGUF(file.path())
    return llama.load(opened), tokenizer.load(opened)


def text(words: Tokenizer, pile: str, other: int = 0) -> data.Sequences:
    """A pile of TEXTS as this model's tokenizer cuts it; with `other` above 0, another text of the kind."""
    split, seed, n_bytes, count = TEXTS[pile]
    found = data.sequences(corpus.documents(n_bytes, split, seed + other), words, N_CTX, SEPARATOR)
    return data.Sequences(*(part[: count // N_CTX] for part in found))


def stream(
    model: llama.Llama, words: Tokenizer, pile: str, progress: Callable = iter
) -> tuple[data.Sequences, Float[Tensor, "seq pos d_model"]]:
    """A pile, and the residual stream after LAYER in float16: read from its file as far as that has come."""
    sequences = text(words, pile)
    return sequences, read(model, sequences.tokens, activations_file(pile), progress)


def read(
    model: llama.Llama, tokens: Int[Tensor, "seq pos"], kept: Path, progress: Callable = iter
) -> Float[Tensor, "seq pos d_model"]:
    """The residual stream after LAYER in float16. What is read goes into `kept`, which it goes on with."""
    shape, counter = (*tokens.shape, model.cfg.d_model), kept.with_suffix(".count")
    done = int(counter.read_text(encoding="utf-8")) if kept.exists() and counter.exists() else 0
    table = np.memmap(kept, np.float16, "r+" if done else "w+", shape=shape)
    for start in progress(range(done, len(tokens), CHUNK)):
        table[start : start + CHUNK] = model(tokens[start : start + CHUNK], stop_at_layer=LAYER + 1).numpy()
        table.flush()
        with replacing(counter) as new:
            new.write_text(str(start + CHUNK), encoding="utf-8")
    return torch.from_numpy(np.asarray(table))


def train(seed: int, checkpoint: Path | None = None, progress: Callable[[str], Callable] | None = None):
    """An SAE of this seed, trained on what SmolLM2 says of the training text."""
    named = progress or (lambda name: iter)
    model, words = load()
    _, x = stream(model, words, "train", named("reading"))
    del model
    x = x[directions.ordinary(x.float(), FACTOR)].float()
    settings = L1_COEFFICIENT, LEARNING_RATE, BATCH, WARM_UP, seed
    cfg = sae.standard(x.shape[1], LATENTS, TRAINING_TOKENS, *settings)
    return sae.train(x, cfg, checkpoint=checkpoint, progress=named("training")).sae


def make(folder: Path, record: Callable) -> None:
    """Make and ship the SAE of seed 0. What is measured is what the file holds. `record` enters it."""
    from tqdm.auto import tqdm

    print(cost(), flush=True)
    if (free := shutil.disk_usage(file.path().parent).free) < tokens() * D_MODEL * 2 * 1.1:
        raise file.ModelFileError(f"{file.folder()} has only {free / 1e9:.1f} GB to spare: make room there")
    unfinished, shipped = folder / f"{NAME}.partial", folder / f"{NAME}.safetensors"
    trained = train(0, unfinished, lambda name: lambda steps: tqdm(steps, desc=name))
    sae.save_sae(trained.to(torch.bfloat16), shipped)
    model, words = load()
    x = stream(model, words, "test", lambda steps: tqdm(steps, desc="reading the test pile"))[1].float()
    score = sae.evaluate(sae.load_sae(shipped), x[directions.ordinary(x, FACTOR)])
    metrics = {"training_tokens": TRAINING_TOKENS, "l1_coefficient": L1_COEFFICIENT, "r2": score.r2}
    metrics |= {"l0": score.l0, "dead_fraction": score.dead_fraction}
    record(NAME, shipped, 0, metrics, folder)
    unfinished.unlink(missing_ok=True)


def of_seed(seed: int) -> SparseAutoencoder:
    """The shipped SAE for seed 0; another is trained, and kept beside the model's file."""
    if seed == 0:
        return assets.load_sae(NAME)
    kept = file.folder() / f"{NAME}-seed{seed}.safetensors"
    if not kept.exists():
        with torch.enable_grad(), replacing(kept) as new:
            sae.save_sae(train(seed).to(torch.bfloat16), new)
    return sae.load_sae(kept)
