"""The book's `mnist_loader`: MNIST in its original order, 50,000 to train, 10,000 to validate, 10,000 to test."""

import numpy as np

from bpnet.book.base import Example
from bpnet.book.network2 import vectorized_result
from bpnet.datasets import load
from bpnet.training.settings import Array

__all__ = ["load_data", "load_data_wrapper", "vectorized_result"]

Part = tuple[Array, Array]

TRAINING_END = 50_000  # images; the book trains on the first ones of the published training set
VALIDATION_END = 60_000  # images; the rest of that set is to validate, and the published test set follows it
GREY_LEVELS = 256  # what the book's own file has divided the pixels by; 255 gives other counts from the first epoch on


def load_data(path: str | None = None) -> tuple[Part, Part, Part]:
    """Training, validation and test data, each (images (n, 784), labels (n,)), pixels as the book's own file has them.

    MNIST is found as `bpnet train` finds it, or in the folder `path`; otherwise it is a DataError.
    """
    data = load("mnist", path=path, divisor=GREY_LEVELS)
    x, labels, i, j = data.x, data.labels, TRAINING_END, VALIDATION_END
    return (x[:i], labels[:i]), (x[i:j], labels[i:j]), (x[j:], labels[j:])


def load_data_wrapper(path: str | None = None) -> tuple[list[Example], list[Example], list[Example]]:
    """Three lists of (x, y): x : (784, 1); y a (10, 1) column in the training data, the digit itself in the others.

    The x are views of one array, so that MNIST is in memory once. Raises what `load_data` raises.
    """
    training, validation, test = load_data(path)
    columns = [vectorized_result(digit) for digit in range(10)]
    examples: list[Example] = [(x[:, np.newaxis], columns[digit]) for x, digit in zip(*training, strict=True)]
    return examples, _with_digits(validation), _with_digits(test)


def _with_digits(part: Part) -> list[Example]:
    """The images of a part as columns, each with its digit."""
    return [(x[:, np.newaxis], int(digit)) for x, digit in zip(*part, strict=True)]
