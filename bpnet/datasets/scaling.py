"""Scaling, column by column: fitted to the training part once, and kept with the model.

Letters: n examples, k columns. What may be larger than memory is read in portions, and its rows are scaled as they are
read.
"""

from dataclasses import dataclass, replace

import numpy as np

from bpnet.data import Array, Dataset, Splits, portions
from bpnet.datasets.rows import Rows


@dataclass(frozen=True)
class Scaling:
    """(x - shift) / unit, column by column; both : (k,), fitted once and kept with the model."""

    shift: Array
    unit: Array

    def apply(self, x: Array) -> Array:
        """Scaled rows, in x's own dtype; rows of a file are scaled whenever they are read."""
        if isinstance(x, Rows):
            return x.then(self.apply)
        scaled = x - self.shift
        scaled /= self.unit  # in place: a wide mini-batch is large in float64
        return scaled.astype(x.dtype, copy=False)

    def undo(self, x: Array) -> Array:
        """The rows as they were before `apply`."""
        return (x * self.unit + self.shift).astype(x.dtype, copy=False)


def standard(x: Array) -> Scaling:
    """To mean 0 and standard deviation 1; a column that never varies is only shifted."""
    mean, spread = mean_and_deviation(x)
    return Scaling(mean, np.where(spread > 0, spread, 1))


def minmax(x: Array) -> Scaling:
    """To the range from 0 to 1; a column that never varies is only shifted."""
    low, high = extent(x)
    return Scaling(low, np.where(high > low, high - low, 1))


def mean_and_deviation(x: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of each column, (k,) float64, in one pass (Chan, Golub and LeVeque 1983).

    Each portion has its own mean and variance; the two of all so far move towards them by the portion's share.
    """
    n, mean, variance = 0, np.zeros(x.shape[1]), np.zeros(x.shape[1])
    for rows in portions(x):
        n += len(rows)
        share = len(rows) / n
        apart = rows.mean(axis=0, dtype=np.float64) - mean
        own = rows.var(axis=0, dtype=np.float64)
        variance = (1 - share) * variance + share * own + share * (1 - share) * apart**2
        mean = mean + share * apart
    return mean, np.sqrt(variance)


def extent(x: Array) -> tuple[Array, Array]:
    """The least and the largest number of each column, (k,) float64, in one pass."""
    ends = [(rows.min(axis=0), rows.max(axis=0)) for rows in portions(x)]
    low, high = (np.stack(some).astype(np.float64) for some in zip(*ends, strict=True))
    return low.min(axis=0), high.max(axis=0)


def scaled(splits: Splits, inputs: str, targets: str) -> tuple[Splits, Scaling | None, Scaling | None]:
    """The parts scaled by what the training part shows, and the scalings of inputs and targets, by their names."""
    scaling = SCALINGS[inputs](splits.train.x) if inputs in SCALINGS else None
    target = SCALINGS[targets](splits.train.y) if targets in SCALINGS else None

    def change(part: Dataset) -> Dataset:
        x = scaling.apply(part.x) if scaling else part.x
        return replace(part, x=x, y=target.apply(part.y) if target else part.y)

    return splits.map(change) if scaling or target else splits, scaling, target


SCALINGS = {"standard": standard, "minmax": minmax}
