"""What the outputs of a classifier say: which classes it mixes up, and how sure it is.

Shapes: outputs and targets : (n, k), n examples as rows, k outputs.
"""

import numpy as np

from bpnet.metrics import NO_CLASS, Array, labels


def confusion(outputs: Array, targets: Array) -> Array:
    """Counts (classes, classes) of (n, k): row the true class, column the predicted one; NO_CLASS is not counted."""
    classes, predicted = max(2, targets.shape[-1]), labels(outputs)
    pairs = (labels(targets) * classes + predicted)[predicted != NO_CLASS]
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def confidence(outputs: Array) -> Array:
    """How sure each row is of its class: that output, from 0 to 1, or p or 1 - p of a single one; NaN for NO_CLASS."""
    sure = np.maximum(outputs, 1 - outputs) if outputs.shape[-1] == 1 else outputs
    return np.where(labels(outputs) == NO_CLASS, np.nan, np.clip(sure.max(axis=-1), 0, 1))
