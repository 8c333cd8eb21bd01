"""Make the shipped assets again from nothing: `course assets` (all), or `course assets tokenizer
transformer`. All but ON_REQUEST, which needs a file from the network.

An asset is made from those before it in `MAKERS`, as they are on disk then.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from course_utils import assets
from course_utils.assets import AssetError
from course_utils.files import replacing

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_utils.sae import SparseAutoencoder

SEED = 0
TRANSFORMER_SEEDS = {"transformer": 1, "transformer-b": 0}
"""Of weights and batches. Seeds 0, 1 and 2 all end at a loss of 2.60. They differ in how many latents of a
sparse autoencoder share base64 among them; 1 was chosen because there one latent has most of it. `-b` is a
second model, for what two of them have in common."""
CORPUS_BYTES = 12_000_000
HELD_OUT_BYTES = 1_200_000
TRAINING_TOKENS = 5_000_000
BATCH_SIZE = 32  # sequences; with so many tokens, larger batches do as well, and cost less time
SAE_BYTES = 2_000_000
SAE_TRAINING_TOKENS = 2_000_000


@dataclass(frozen=True)
class Shipped:
    """What sets one shipped SAE apart from the others."""

    latents_per_neuron: int = 4
    l1_coefficient: float = 2.0
    transformer: str = "transformer"
    shuffled: bool = False
    """Trained on the transformer with its weights in another order."""
    seed: int = SEED
    dtype: str = "bfloat16"
    """Of the file; it is loaded as float32."""


SAES = {
    "sae-4x": Shipped(dtype="float32"),
    "sae-4x-dense": Shipped(l1_coefficient=1.0, dtype="float32"),
    "sae-4x-shuffled": Shipped(shuffled=True),
    "sae-4x-seed1": Shipped(seed=1),
    "sae-4x-sparse": Shipped(l1_coefficient=4.0),
    "sae-4x-sparse-b": Shipped(l1_coefficient=4.0, transformer="transformer-b"),
    "sae-4x-sparse-shuffled": Shipped(l1_coefficient=4.0, shuffled=True),
    "sae-4x-sparse-shuffled-b": Shipped(l1_coefficient=4.0, transformer="transformer-b", shuffled=True),
    "sae-2x": Shipped(latents_per_neuron=2),
    "sae-8x": Shipped(latents_per_neuron=8),
    "sae-16x": Shipped(latents_per_neuron=16),
}
"""The SAE of lessons 08 and 09 is the first; the others are for contrast.

λ = 2: by a rule written down while the first runs were going, the one of λ = 2, 3, 4 and 5 was to be shipped
with which the most content types have a good latent: min(sensitivity, specificity) above ½ on 350 kB of
held-out text, seed 1000. The counts were 17, 20, 18 and 17 of 70, too near each other to choose by. So λ = 2
was taken for base64, the subject of lesson 09: its best latent has a correlation of .88 with it there, .79
and .80 with λ = 3 and 4, where two or three latents share it; with λ = 5 it is .87, but R² falls to .74. The
price is density: 72 % of the latents fire on more than 1 % of the tokens, with λ = 4 it would be 41 %.
Training three times as long splits base64 further."""


def record(name: str, file: Path, seed: int, metrics: dict[str, float], folder: Path = assets.FOLDER) -> None:
    """Enter a file that was just made into the manifest."""
    try:
        entries = assets.manifest(folder)
    except AssetError:  # the first asset, or a damaged list: begin a new one
        entries = {}
    versions = {package: metadata.version(package) for package in ("torch", "tokenizers", "Faker")}
    entries[name] = {
        "file": file.name,
        "bytes": file.stat().st_size,
        "sha256": assets.sha256(file),
        "seed": seed,
        "command": f"course assets {name}",
        "versions": {"python": platform.python_version(), **versions},
        "metrics": {key: round(value, 4) for key, value in metrics.items()},
    }
    with replacing(folder / "manifest.json") as file:
        file.write_text(json.dumps(dict(sorted(entries.items())), indent=2) + "\n", encoding="utf-8")


def make_tokenizer(folder: Path) -> None:
    """Byte-level BPE on the training documents."""
    from course_utils.lm import corpus
    from course_utils.lm.tokenizer import train_tokenizer

    docs = corpus.documents(CORPUS_BYTES // 2, "train", SEED)
    tokenizer = train_tokenizer(doc.text for doc in docs)
    file = folder / "tokenizer.json"
    tokenizer.save(str(file))
    n_bytes = sum(len(doc.text.encode()) for doc in docs)
    n_tokens = sum(len(e.ids) for e in tokenizer.encode_batch_fast([doc.text for doc in docs]))
    record(
        "tokenizer",
        file,
        SEED,
        {"d_vocab": tokenizer.get_vocab_size(), "bytes_per_token": n_bytes / n_tokens},
        folder,
    )


def make_transformer(name: str, folder: Path) -> None:
    """A one-layer transformer, and its held-out loss beside the baselines'."""
    import torch
    from tqdm.auto import tqdm

    from course_utils.lm import baselines, data, formats, train
    from course_utils.lm.model import Transformer, loss_per_token

    tokenizer = assets.load_tokenizer(folder)
    sequences = data.load("train", CORPUS_BYTES, tokenizer, SEED)
    held_out = data.load("held_out", HELD_OUT_BYTES, tokenizer, SEED).tokens
    seed, unfinished = TRANSFORMER_SEEDS[name], folder / f"{name}.partial"
    model = Transformer(seed=seed)
    cfg = train.TrainingConfig(training_tokens=TRAINING_TOKENS, batch_size=BATCH_SIZE, seed=seed)
    train.train(
        model,
        sequences.tokens,
        cfg,
        checkpoint=unfinished,
        progress=lambda steps: tqdm(steps, desc=name),
    )
    d_vocab = model.cfg.d_vocab
    with torch.no_grad():
        metrics = {
            "training_tokens": TRAINING_TOKENS,
            "loss": loss_per_token(model(held_out), held_out).mean().item(),
            "unigram_loss": baselines.unigram_loss(baselines.unigram(sequences.tokens, d_vocab), held_out)
            .mean()
            .item(),
            "bigram_loss": baselines.bigram_loss(baselines.bigram(sequences.tokens, d_vocab), held_out)
            .mean()
            .item(),
        }
    file = folder / f"{name}.safetensors"
    formats.save_transformer(model, file)
    record(name, file, seed, metrics, folder)
    unfinished.unlink(missing_ok=True)


def sae_activations(
    transformer: str, shuffle: bool, split: str, folder: Path = assets.FOLDER
) -> Float[Tensor, "token d_in"]:
    """What a shipped SAE reads: its model's neurons on the "train" or the "held_out" text."""
    from course_utils.lm import data, hooks
    from course_utils.lm.shuffled import shuffled

    model = assets.load_transformer(transformer, folder)
    n_bytes = {"train": SAE_BYTES, "held_out": HELD_OUT_BYTES}[split]
    tokens = data.load(split, n_bytes, assets.load_tokenizer(folder), SEED).tokens
    return hooks.activations(shuffled(model) if shuffle else model, tokens)


def train_sae(
    name: str,
    x: Float[Tensor, "token d_in"],
    seed: int = 0,
    checkpoint: Path | None = None,
    progress: Callable = iter,
) -> SparseAutoencoder:
    """The shipped SAE of this name, made of its activations; `seed` is added to the shipped one's.

    The recipe is the standard one, λ rising over most of it. Dense codes come first, then, slowly, sparse
    ones. With λ up after 5 % of the steps, the latent for base64 follows it a little less well, and with some
    seeds leaves many of its capitals to another latent.
    """
    from course_utils import sae

    d_in, shipped = x.shape[1], SAES[name]
    cfg = sae.standard(
        d_in,
        shipped.latents_per_neuron * d_in,
        SAE_TRAINING_TOKENS,
        shipped.l1_coefficient,
        lr=5e-3,
        warm_up=0.75,
        seed=shipped.seed + seed,
    )
    return sae.train(x, cfg, checkpoint=checkpoint, progress=progress).sae


def make_sae(name: str, folder: Path) -> None:
    """A sparse autoencoder on a transformer's neurons. What is measured is what the file holds."""
    import torch
    from tqdm.auto import tqdm

    from course_utils import sae

    shipped, unfinished, file = SAES[name], folder / f"{name}.partial", folder / f"{name}.safetensors"
    x, held_out = (
        sae_activations(shipped.transformer, shipped.shuffled, split, folder)
        for split in ("train", "held_out")
    )
    trained = train_sae(name, x, checkpoint=unfinished, progress=lambda steps: tqdm(steps, desc=name))
    sae.save_sae(trained.to(getattr(torch, shipped.dtype)), file)
    score = sae.evaluate(sae.load_sae(file), held_out)
    metrics = {
        "training_tokens": SAE_TRAINING_TOKENS,
        "l1_coefficient": shipped.l1_coefficient,
        "r2": score.r2,
        "l0": score.l0,
        "dead_fraction": score.dead_fraction,
    }
    record(name, file, shipped.seed, metrics, folder)
    unfinished.unlink(missing_ok=True)


def make_smollm2_sae(folder: Path) -> None:
    """A sparse autoencoder of a model that comes from elsewhere."""
    from course_utils.assets import make_smollm2

    make_smollm2.make(folder, record)


ON_REQUEST = ["smollm2-sae"]
# In the order in which they need each other.
MAKERS: dict[str, Callable[[Path], None]] = {
    "tokenizer": make_tokenizer,
    **{name: partial(make_transformer, name) for name in TRANSFORMER_SEEDS},
    **{name: partial(make_sae, name) for name in SAES},
    "smollm2-sae": make_smollm2_sae,
}


def main(names: Sequence[str] = (), folder: Path = assets.FOLDER) -> None:
    """Make the named assets, or all but those on request, in the order in which they need each other."""
    from course_utils.toy import one_thread

    if unknown := set(names) - set(MAKERS):
        raise AssetError(
            f"There is no asset called {', '.join(sorted(unknown))}; there are: {', '.join(MAKERS)}."
        )
    with one_thread():  # so that the sums, and with them the weights, don't depend on the number of cores
        for name, make in MAKERS.items():
            if name in (names or MAKERS.keys() - ON_REQUEST):
                print(f"making {name}", flush=True)
                make(folder)


if __name__ == "__main__":
    main(sys.argv[1:])
