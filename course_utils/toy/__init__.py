"""Toy models of superposition: data, exact loss, closed forms, training, phases."""
