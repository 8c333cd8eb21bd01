"""Toy models of superposition: data, expected loss, closed forms, training, phases.

Read in this order: data, losses, theory, training, phases, geometry, correlated, neurons.
"""

from course_utils.toy.compression import l1_loss, linear_terms, pca_loss, stored, weighted_loss
from course_utils.toy.correlated import sample_anticorrelated, sample_correlated
from course_utils.toy.data import forward, sample, sampled_loss
from course_utils.toy.geometry import dimensions_per_feature, feature_dimensionality, interference
from course_utils.toy.losses import expected_loss, grid_loss, rule
from course_utils.toy.neurons import (
    AbsNetworks,
    abs_forward,
    asymmetric_motif,
    code_loss,
    find_motifs,
    monosemantic,
    neuron_forward,
    responses,
    sample_signed,
    train_abs,
    two_neurons_each,
    without_superposition,
)
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
    "AbsNetworks",
    "Cells",
    "Models",
    "abs_forward",
    "adam",
    "agreement",
    "antipodal_loss",
    "asymmetric_motif",
    "best_models",
    "best_of",
    "boundary",
    "candidate_losses",
    "cells",
    "classify",
    "code_loss",
    "dimensions_per_feature",
    "drop_loss",
    "expected_loss",
    "feature_dimensionality",
    "find_motifs",
    "forward",
    "grid_loss",
    "importances",
    "interference",
    "l1_loss",
    "linear_terms",
    "loss_ratio",
    "monosemantic",
    "neuron_forward",
    "one_thread",
    "pca_loss",
    "phase_of",
    "random_starts",
    "relax_candidates",
    "responses",
    "rule",
    "same_side_loss",
    "sample",
    "sample_anticorrelated",
    "sample_correlated",
    "sample_signed",
    "sampled_loss",
    "stored",
    "structure_grams",
    "theory_phase",
    "train",
    "train_abs",
    "train_cells",
    "two_neurons_each",
    "weighted_loss",
    "without_superposition",
]
