"""Sparse autoencoders. Read the modules in this order:

model     the sparse autoencoder, 20 lines
steps     losses, one training step, resampling: written to be read (lesson 08)
config    recipes and settings, as data
gradients the same steps' gradients quickly: dense, sparse, by autograd
train     the loop around them, with checkpoints
metrics   sparsity, reconstruction, and what the model makes of it (08)
variants  TopK, BatchTopK, JumpReLU, Matryoshka (06)
recovery  worlds whose features are known, and older ways to find them (06)
formats   files of the kit and folders of SAELens

What several lessons use stands here as well; the rest is found by module, as in `sae.metrics.pca`.
"""

from course_utils.sae import formats, metrics, steps
from course_utils.sae.config import TrainingConfig, paper, standard, variant
from course_utils.sae.formats import load_sae, save_sae
from course_utils.sae.metrics import evaluate
from course_utils.sae.model import SparseAutoencoder, folded
from course_utils.sae.train import Log, train
from course_utils.sae.variants import BatchTopK, JumpReLU, Matryoshka, TopK

__all__ = [
    "BatchTopK",
    "JumpReLU",
    "Log",
    "Matryoshka",
    "SparseAutoencoder",
    "TopK",
    "TrainingConfig",
    "evaluate",
    "folded",
    "formats",
    "load_sae",
    "metrics",
    "paper",
    "save_sae",
    "standard",
    "steps",
    "train",
    "variant",
]
