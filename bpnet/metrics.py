"""How right an output is, whatever cost trained it: labels and outputs in, numbers out.

Shapes: outputs and targets : (..., n, k), n examples as rows, k outputs, any leading axes (replicas); each measure
returns one number per leading axis.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def labels(outputs: Array) -> Array:
    """The class each row stands for: the largest of k outputs, or 1 where a single output exceeds 0.5.

    Returns an integer array (..., n).
    """
    if outputs.shape[-1] == 1:
        return (outputs[..., 0] > 0.5).astype(np.intp)
    return outputs.argmax(axis=-1)


def error(outputs: Array, targets: Array) -> Array:
    """Mean |a - y| over examples and outputs: a measure that no cost is made for."""
    return np.abs(outputs - targets).mean(axis=(-2, -1), dtype=np.float64)


def max_error(outputs: Array, targets: Array) -> Array:
    """The largest |a - y| of all examples and outputs: below 0.3, say, a small problem is solved without exception."""
    return np.abs(outputs - targets).max(axis=(-2, -1)).astype(np.float64)


def accuracy(outputs: Array, targets: Array) -> Array:
    """The share of examples whose label is right, from 0 to 1."""
    return (labels(outputs) == labels(targets)).mean(axis=-1)


def r2(outputs: Array, targets: Array) -> Array:
    """1 - residual / total sum of squares about the targets' mean: 1 is perfect, 0 is as good as that mean.

    NaN where the targets do not vary.
    """
    targets = targets.astype(np.float64)
    residual = np.square(outputs - targets).sum(axis=(-2, -1))
    total = np.square(targets - targets.mean(axis=-2, keepdims=True)).sum(axis=(-2, -1))
    return np.where(total > 0, 1 - residual / np.where(total > 0, total, 1), np.nan)


def confusion(outputs: Array, targets: Array) -> Array:
    """Counts (classes, classes): row the true class, column the predicted one. Outputs and targets : (n, k)."""
    classes = max(2, targets.shape[-1])
    pairs = labels(targets) * classes + labels(outputs)
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def confidence(outputs: Array) -> Array:
    """How sure each row is of the class it stands for: its output, from 0 to 1; for a single output p or 1 - p."""
    if outputs.shape[-1] == 1:
        p = outputs[..., 0]
        return np.clip(np.where(p > 0.5, p, 1 - p), 0, 1)
    return np.clip(outputs.max(axis=-1), 0, 1)


MEASURES = {
    "error": error,
    "max_error": max_error,
    "accuracy": accuracy,
    "r2": r2,
}
