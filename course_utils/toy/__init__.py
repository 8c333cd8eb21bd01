"""Toy models of superposition: data, expected loss, closed forms, training, phases.

Read in this order: data, losses, theory, training, phases, geometry, correlated.
"""

from course_utils.toy.compression import l1_loss, linear_terms, pca_loss, stored, weighted_loss
from course_utils.toy.correlated import sample_anticorrelated, sample_correlated
from course_utils.toy.data import forward, sample, sampled_loss
from course_utils.toy.geometry import dimensions_per_feature, feature_dimensionality, interference
from course_utils.toy.losses import expected_loss, grid_loss, rule
from course_utils.toy.phases import (
    Cells,
    agreement,
    best_models,
    best_of,
    cells,
    classify,
    importances,
    loss_ratio,
    phase_of,
    relax_candidates,
    structure_grams,
    train_cells,
)
from course_utils.toy.theory import (
    STRUCTURES,
    antipodal_loss,
    boundary,
    candidate_losses,
    drop_loss,
    same_side_loss,
    theory_phase,
)
from course_utils.toy.training import Models, adam, one_thread, random_starts, train

__all__ = [
    "STRUCTURES",
    "Cells",
    "Models",
    "adam",
    "agreement",
    "antipodal_loss",
    "best_models",
    "best_of",
    "boundary",
    "candidate_losses",
    "cells",
    "classify",
    "dimensions_per_feature",
    "drop_loss",
    "expected_loss",
    "feature_dimensionality",
    "forward",
    "grid_loss",
    "importances",
    "interference",
    "l1_loss",
    "linear_terms",
    "loss_ratio",
    "one_thread",
    "pca_loss",
    "phase_of",
    "random_starts",
    "relax_candidates",
    "rule",
    "same_side_loss",
    "sample",
    "sample_anticorrelated",
    "sample_correlated",
    "sampled_loss",
    "stored",
    "structure_grams",
    "theory_phase",
    "train",
    "train_cells",
    "weighted_loss",
]
