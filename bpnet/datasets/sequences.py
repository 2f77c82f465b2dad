"""Sequences made on the spot, seeded, of any length: what must be remembered, or counted, over many steps.

Letters: n samples of T steps (`length`) of k inputs. x : (n, T k) holds the steps of a sequence one after the other,
float64. A value out of range is a UsageError.
"""

import numpy as np

from bpnet.data import Dataset, one_hot
from bpnet.datasets.examples import encode
from bpnet.errors import UsageError
from bpnet.seeds import generator


def sequence_parity(*, samples: int = 1000, length: int = 8, seed: int = 0) -> Dataset:
    """Sequences of bits, one a step: is the number of ones odd?

    >>> sequence_parity(length=12).x.shape
    (1000, 12)
    """
    bits = _rng(samples, length, seed).integers(0, 2, (samples, length))
    y = encode(bits.sum(axis=1) % 2, 2)
    return Dataset(bits.astype(np.float64), y, classes=("even", "odd"), steps=length)


def adding(*, samples: int = 5000, length: int = 20, seed: int = 0) -> Dataset:
    """A number from 0 to 1 and a mark in each step; the sum of the two marked (after Hochreiter and Schmidhuber 1997).

    One mark lies in the first half, one in the second. To answer always 1 leaves a mean squared error of 1/6.

    >>> data = adding(length=50)
    >>> data.x.shape, data.y.shape
    ((5000, 100), (5000, 1))
    """
    if length < 2:
        raise UsageError(f"two of the numbers are marked, so there are 2 steps or more; got length={length}")
    rng, rows, half = _rng(samples, length, seed), np.arange(samples), length // 2
    numbers, marks = rng.random((samples, length)), np.zeros((samples, length))
    marks[rows, rng.integers(0, half, samples)] = 1
    marks[rows, rng.integers(half, length, samples)] = 1
    x = np.stack([numbers, marks], axis=-1).reshape(samples, -1)
    return Dataset(x, (numbers * marks).sum(axis=1, keepdims=True), steps=length)


def first_of_many(*, samples: int = 1000, length: int = 20, classes: int = 4, seed: int = 0) -> Dataset:
    """Sequences of symbols, one-hot: which was the first? All that follow distract.

    >>> first_of_many(length=30, classes=3).x.shape
    (1000, 90)
    """
    if classes < 2:
        raise UsageError(f"a sequence has 2 symbols or more, each a class; got classes={classes}")
    symbols = _rng(samples, length, seed).integers(0, classes, (samples, length))
    x = one_hot(symbols.ravel(), classes).reshape(samples, -1)
    return Dataset(x, encode(symbols[:, 0], classes), classes=tuple(map(str, range(classes))), steps=length)


def _rng(samples: int, length: int, seed: int) -> np.random.Generator:
    """The random numbers of so many sequences of such a length."""
    if samples < 1 or length < 1:
        raise UsageError(f"sequences have 1 sample and 1 step or more; got samples={samples}, length={length}")
    return generator(seed, "data")
