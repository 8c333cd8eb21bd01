"""Sparse autoencoders: the model, two recipes to train it, how to judge it, the field's file layout."""

from course_utils.sae.config import TrainingConfig, paper, standard, variant
from course_utils.sae.formats import load_sae, load_saelens, save_sae, save_saelens
from course_utils.sae.metrics import (
    evaluate,
    firing,
    loss_recovered,
    pca,
    r_squared,
    top_k,
)
from course_utils.sae.model import SAEOutput, SparseAutoencoder, folded
from course_utils.sae.steps import resample_dead, sae_forward, sae_loss, training_step, weighted_l1
from course_utils.sae.train import Log, Trained, train
from course_utils.sae.variants import BatchTopK, JumpReLU, Matryoshka, TopK

__all__ = [
    "BatchTopK",
    "JumpReLU",
    "Log",
    "Matryoshka",
    "SAEOutput",
    "SparseAutoencoder",
    "TopK",
    "Trained",
    "TrainingConfig",
    "evaluate",
    "firing",
    "folded",
    "load_sae",
    "load_saelens",
    "loss_recovered",
    "paper",
    "pca",
    "r_squared",
    "resample_dead",
    "sae_forward",
    "sae_loss",
    "save_sae",
    "save_saelens",
    "standard",
    "top_k",
    "train",
    "training_step",
    "variant",
    "weighted_l1",
]
