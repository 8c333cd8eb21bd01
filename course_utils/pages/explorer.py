"""The phase explorer: one HTML file, in which tiny models train while you move over the phase diagram.

The exact loss, Adam and the naming of what comes out are in `toy.js` once more, in plain JavaScript.
What a model may be called, and in which colour, comes from here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from course_utils.figures.toy import FEATURE_MARKS, PHASE_COLOURS, feature_names
from course_utils.pages import template
from course_utils.toy.theory import STRUCTURES

NODES = 6  # of the Gauss-Legendre rule for the features that the loss doesn't integrate by hand


def write(path: str | Path) -> Path:
    """Write the explorer as one HTML file, which needs no network and no other file."""
    return template.write(path, template.fill("explorer.html", data()))


def data() -> dict:
    """What the file's scripts read, as `contract.EXPLORER` says."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return {
        "nodes": ((nodes + 1) / 2).tolist(),
        "weights": (weights / 2).tolist(),
        "structures": {
            n: [
                {"name": s.name, "W": s.W, "candidate": s.loss is not None, "colour": PHASE_COLOURS[s.name]}
                for s in structures
            ]
            for n, structures in STRUCTURES.items()
        },
        "features": {
            n: [
                {"name": name, "colour": FEATURE_MARKS[i if i < n - 1 else -1][0]}
                for i, name in enumerate(feature_names(n))
            ]
            for n in STRUCTURES
        },
    }
