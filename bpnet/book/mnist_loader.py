"""The book's `mnist_loader`: MNIST in its original order, 50,000 to train, 10,000 to validate, 10,000 to test."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet.book.network2 import vectorized_result
from bpnet.datasets import load

__all__ = ["load_data", "load_data_wrapper", "vectorized_result"]

Array = NDArray[Any]
Pair = tuple[Array, Array]

TRAINING, VALIDATION = 50_000, 60_000
GREY_LEVELS = 256


def load_data(path: str | None = None) -> tuple[Pair, Pair, Pair]:
    """Training, validation and test data, each (images (n, 784), labels (n,)), pixels as the book's own file has them.

    That file holds the grey levels divided by 256, not 255; with 255 other counts come out from the first epoch on.
    MNIST is found as `bpnet train` finds it, or in the folder `path`.

    Raises:
        DataError: MNIST is nowhere, and cannot be fetched.
    """
    data = load("mnist", path=path, divisor=GREY_LEVELS)
    cuts = (slice(0, TRAINING), slice(TRAINING, VALIDATION), slice(VALIDATION, None))
    first, second, third = ((data.x[cut], data.labels[cut]) for cut in cuts)
    return first, second, third


def load_data_wrapper(path: str | None = None) -> tuple[list[Any], list[Any], list[Any]]:
    """Three lists of (x, y): x : (784, 1); y a (10, 1) column in the training data, the digit itself in the others."""
    training, validation, test = load_data(path)
    digits = [vectorized_result(j) for j in range(10)]
    wrapped = [(x[:, np.newaxis], digits[y]) for x, y in zip(training[0], training[1], strict=True)]
    others = ([(x[:, np.newaxis], int(y)) for x, y in zip(*part, strict=True)] for part in (validation, test))
    second, third = others
    return wrapped, second, third
