"""How right an output is, whatever cost trained it: outputs and targets in, numbers out.

Shapes: outputs and targets : (..., n, k), n examples as rows, k outputs, any leading axes (replicas); each measure
returns one number per leading axis, in float64, NaN where any output is not finite: no target is met then.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Kind = Literal["classes", "quantities"]
NO_CLASS = -1  # in place of a class number, as pandas marks a missing category


def labels(outputs: Array) -> Array:
    """Each row's class, (..., n): the largest output, or 1 where a single one exceeds 0.5; NO_CLASS if not finite."""
    largest = (outputs[..., 0] > 0.5).astype(int) if outputs.shape[-1] == 1 else outputs.argmax(axis=-1)
    finite = np.isfinite(outputs)
    return largest if finite.all() else np.where(finite.all(axis=-1), largest, NO_CLASS)


def error(outputs: Array, targets: Array) -> Array:
    """Mean |a - y| over examples and outputs. Its value does not depend on the cost, but it *is* the cost `mae`."""
    apart = outputs - targets
    total = np.add.reduce(np.abs(apart, out=apart), axis=(-2, -1), dtype=np.float64)  # in place: it may be large
    return _finite(total / (apart.shape[-2] * apart.shape[-1]))


def max_error(outputs: Array, targets: Array) -> Array:
    """The largest |a - y| of all examples and outputs: below 0.3, say, a small problem is solved without exception."""
    return _finite(np.abs(outputs - targets).max(axis=(-2, -1)).astype(np.float64))


def _finite(values: Array) -> Array:
    """The values, NaN where they are infinite."""
    return values if np.isfinite(values).all() else np.where(np.isfinite(values), values, np.nan)


def accuracy(outputs: Array, targets: Array) -> Array:
    """The share of examples whose label is right, from 0 to 1."""
    predicted = labels(outputs)
    share = np.add.reduce(predicted == labels(targets), axis=-1, dtype=np.float64) / predicted.shape[-1]
    return share if np.isfinite(outputs).all() else np.where((predicted == NO_CLASS).any(axis=-1), np.nan, share)


def r2(outputs: Array, targets: Array) -> Array:
    """1 - residual / total sum of squares: 1 is perfect, 0 no better than the mean; NaN where targets do not vary."""
    targets = targets.astype(np.float64)
    residual = np.square(outputs - targets).sum(axis=(-2, -1))
    total = np.square(targets - targets.mean(axis=-2, keepdims=True)).sum(axis=(-2, -1))
    return np.where((total > 0) & np.isfinite(residual), 1 - residual / np.where(total > 0, total, 1), np.nan)


@dataclass(frozen=True)
class Measure:
    """A measure, its better direction, its name in a picture, and the kind of target it is for (None: any)."""

    function: Callable[[Array, Array], Array]
    higher_is_better: bool
    label: str
    kind: Kind | None = None
    percent: bool = False


def score(kind: Kind) -> str:
    """The measure that early stopping, tables and curves go by: `accuracy` for classes, `r2` for quantities."""
    return next(name for name, measure in MEASURES.items() if measure.kind == kind)


@dataclass(frozen=True)
class Target:
    """A bound on a measure, such as `error<0.1`: below it (`below`) or above it a network has learned."""

    measure: str
    bound: float
    below: bool

    def __str__(self) -> str:
        short = f"{self.bound:g}"
        return f"{self.measure}{'<' if self.below else '>'}{short if float(short) == self.bound else repr(self.bound)}"

    def met(self, values: Array) -> Array:
        """Where the values are beyond the bound; never where they are NaN."""
        return values < self.bound if self.below else values > self.bound


MEASURES: dict[str, Measure] = {
    "error": Measure(error, False, "error |a − y|"),
    "max_error": Measure(max_error, False, "largest error |a − y|"),
    "accuracy": Measure(accuracy, True, "accuracy (%)", "classes", percent=True),
    "r2": Measure(r2, True, "R² (1 is perfect)", "quantities"),
}
