"""How a sparse autoencoder is trained, as data: recipes, and settings with the names of the field."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """What sets the recipes apart. `train` does what stands here and asks for no name."""

    decoder_norm: float
    """Norm of a new SAE's decoder rows."""
    centred: bool
    """b_dec starts at the mean of the activations, else at 0."""
    unit_rows: bool
    """Decoder rows are kept at norm 1: gradients lose their part along the rows, steps are normalised."""
    clip_norm: float | None = None
    """A gradient that is longer, over all parameters, is shortened to this."""
    scaled: bool = True
    """Activations are scaled to a mean norm of √d_in, else trained on as they are."""
    with_replacement: bool = False
    """Each batch is drawn from all activations, else they are shuffled anew each time they are used up."""


PAPER = Recipe(decoder_norm=1.0, centred=True, unit_rows=True)
STANDARD = Recipe(decoder_norm=0.1, centred=False, unit_rows=False, clip_norm=1.0)
VARIANT = Recipe(decoder_norm=1.0, centred=True, unit_rows=True, scaled=False, with_replacement=True)


@dataclass(frozen=True)
class TrainingConfig:
    """One training, under the names of SAELens. Make it with `paper(...)`, `standard(...)` or `variant(...)`.

    On activations scaled to a mean norm of √d_in one `l1_coefficient` means the same for every model; the
    trained SAE takes unscaled activations again.
    """

    d_in: int
    d_sae: int
    recipe: Recipe
    training_tokens: int
    """Activations seen, with repetition: one token of text gives one activation vector."""
    l1_coefficient: float
    lr: float
    train_batch_size_tokens: int
    l1_warm_up_steps: int = 0
    """λ rises linearly from 0 over the first so many steps."""
    lr_decay_steps: int = 0
    """The learning rate falls linearly to 0 over the last so many steps."""
    resample_steps: tuple[int, ...] = ()
    """After these steps, latents that are dead get a fresh start."""
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
    train_batch_size_tokens: int = 2048,
    resample: bool = True,
    seed: int = 0,
) -> TrainingConfig:
    """Towards Monosemanticity's recipe ("Sparse Autoencoder Training Details").

    Decoder rows of norm 1 throughout; latents that never fired in the last sixteenth of the training are
    resampled four times, at ⅛, ¼, ⅜ and ½ of it (the paper: 25 k, 50 k, 75 k and 100 k of 200 k steps,
    dead over the last 12.5 k).
    """
    steps = training_tokens // train_batch_size_tokens
    return TrainingConfig(
        d_in=d_in,
        d_sae=d_sae,
        recipe=PAPER,
        training_tokens=training_tokens,
        l1_coefficient=l1_coefficient,
        lr=lr,
        train_batch_size_tokens=train_batch_size_tokens,
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
    train_batch_size_tokens: int = 2048,
    warm_up: float = 0.05,
    seed: int = 0,
) -> TrainingConfig:
    """The later recipe: decoder free, penalty λ Σ f‖W_dec‖, λ warmed up, learning rate decayed.

    It needs no resampling. `warm_up` is the share of the steps over which λ rises. Source: the Circuits
    Updates of April 2024, "Training Sparse Autoencoders".
    """
    steps = training_tokens // train_batch_size_tokens
    return TrainingConfig(
        d_in=d_in,
        d_sae=d_sae,
        recipe=STANDARD,
        training_tokens=training_tokens,
        l1_coefficient=l1_coefficient,
        lr=lr,
        train_batch_size_tokens=train_batch_size_tokens,
        l1_warm_up_steps=round(warm_up * steps),
        lr_decay_steps=steps // 5,
        dead_feature_window=max(1, steps // 16),
        seed=seed,
    )


def variant(
    d_in: int,
    d_sae: int,
    training_tokens: int,
    lr: float = 3e-3,
    train_batch_size_tokens: int = 512,
    seed: int = 0,
) -> TrainingConfig:
    """One recipe for all of `variants`: decoder rows of norm 1, the learning rate falls over the last fifth.

    There is no L1 penalty: each variant has a loss of its own. Activations are best scaled beforehand to a
    mean norm of √d_in: learning rate, λ and bandwidth then mean the same on any model.
    """
    steps = training_tokens // train_batch_size_tokens
    return TrainingConfig(
        d_in=d_in,
        d_sae=d_sae,
        recipe=VARIANT,
        training_tokens=training_tokens,
        l1_coefficient=0.0,
        lr=lr,
        train_batch_size_tokens=train_batch_size_tokens,
        lr_decay_steps=steps // 5,
        dead_feature_window=max(1, steps // 16),
        seed=seed,
    )
