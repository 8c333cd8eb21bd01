"""Two recipes for the same model, each as one small dataclass with the field's names (SAELens')."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class TrainConfig:
    """How a sparse autoencoder is trained. Make one with `paper(...)` or `standard(...)`.

    Activations are scaled to a mean norm of √d_in before training, so one `l1_coefficient` means the
    same for every model; the trained SAE takes unscaled activations again.
    """

    d_in: int
    d_sae: int
    recipe: Literal["paper", "standard"]
    training_tokens: int
    """Activations seen, with repetition: one token of text gives one activation vector."""
    l1_coefficient: float
    lr: float
    train_batch_size_tokens: int = 2048
    l1_warm_up_steps: int = 0
    """λ rises linearly from 0 over the first so many steps."""
    lr_decay_steps: int = 0
    """The learning rate falls linearly to 0 over the last so many steps."""
    resample_steps: tuple[int, ...] = ()
    """After these steps, latents that are dead get a fresh start (paper's recipe only)."""
    dead_feature_window: int = 0
    """A latent is dead when it fired in none of the last so many steps."""
    seed: int = 0

    @property
    def steps(self) -> int:
        return self.training_tokens // self.train_batch_size_tokens

    def __post_init__(self):
        if self.steps < 1:
            raise ValueError(
                f"training_tokens={self.training_tokens} is less than one batch of "
                f"{self.train_batch_size_tokens}: nothing would be trained"
            )


def paper(
    d_in: int,
    d_sae: int,
    training_tokens: int,
    l1_coefficient: float = 5.0,
    lr: float = 1e-3,
    batch: int = 2048,
    resample: bool = True,
    seed: int = 0,
) -> TrainConfig:
    """Towards Monosemanticity's recipe ("Sparse Autoencoder Training Details").

    Decoder rows of norm 1 throughout; latents that never fired in the last sixteenth of the training are
    resampled four times, at ⅛, ¼, ⅜ and ½ of it (the paper: 25 k, 50 k, 75 k and 100 k of 200 k steps,
    dead over the last 12.5 k).
    """
    steps = training_tokens // batch
    return TrainConfig(
        d_in=d_in,
        d_sae=d_sae,
        recipe="paper",
        training_tokens=training_tokens,
        l1_coefficient=l1_coefficient,
        lr=lr,
        train_batch_size_tokens=batch,
        resample_steps=tuple(steps * k // 8 for k in (1, 2, 3, 4)) if resample else (),
        dead_feature_window=max(1, steps // 16),
        seed=seed,
    )


def standard(
    d_in: int,
    d_sae: int,
    training_tokens: int,
    l1_coefficient: float = 5.0,
    lr: float = 1e-3,
    batch: int = 2048,
    warm_up: float = 0.05,
    seed: int = 0,
) -> TrainConfig:
    """The later recipe: decoder free, penalty λ Σ f‖W_dec‖, λ warmed up, learning rate decayed.

    It needs no resampling. `warm_up` is the share of the steps over which λ rises. Source: the Circuits
    Updates of April 2024, "Training Sparse Autoencoders".
    """
    steps = training_tokens // batch
    return TrainConfig(
        d_in=d_in,
        d_sae=d_sae,
        recipe="standard",
        training_tokens=training_tokens,
        l1_coefficient=l1_coefficient,
        lr=lr,
        train_batch_size_tokens=batch,
        l1_warm_up_steps=round(warm_up * steps),
        lr_decay_steps=steps // 5,
        dead_feature_window=max(1, steps // 16),
        seed=seed,
    )
