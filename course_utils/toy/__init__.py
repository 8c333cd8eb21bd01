"""Toy models of superposition. Read the modules in this order:

data         the world: features that are mostly off, and the model
compression  losses and baselines of n features in m dimensions (lesson 01)
losses       the expected loss, without sampling (02)
theory       closed forms of the phase diagram (02)
training     thousands of tiny models at once (02)
phases       the trained phase diagram (02)
geometry     the share of the hidden space that each feature has (03)
correlated   features that come in sets (03)
dynamics     when things happen in training (04)
adversarial  attacks on a toy model (04)
neurons      hidden units with a ReLU of their own (05)

What several lessons use stands here as well; the rest is found by module, as in `toy.phases.cells`.
"""

from course_utils.toy import (
    adversarial,
    compression,
    correlated,
    dynamics,
    geometry,
    losses,
    neurons,
    phases,
    theory,
)
from course_utils.toy.data import forward, sample, sampled_loss
from course_utils.toy.losses import expected_loss
from course_utils.toy.phases import best_models, best_of
from course_utils.toy.training import Models, adam, one_thread, random_starts, train

__all__ = [
    "Models",
    "adam",
    "adversarial",
    "best_models",
    "best_of",
    "compression",
    "correlated",
    "dynamics",
    "expected_loss",
    "forward",
    "geometry",
    "losses",
    "neurons",
    "one_thread",
    "phases",
    "random_starts",
    "sample",
    "sampled_loss",
    "theory",
    "train",
]
