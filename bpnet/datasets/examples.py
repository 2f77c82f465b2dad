"""Examples as people have them: pairs of arrays, the book's lists of columns, plain vectors; all made one form.

Letters: n or m examples, n_in inputs, n_out outputs. What does not fit is a UsageError that says what would.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from bpnet.data import Array, Dataset, one_hot, portions
from bpnet.errors import UsageError


def as_dataset(data: Any, n_out: int, n_in: int | None = None) -> Dataset:
    """A Dataset from what people have: one already, a pair of arrays, or the book's list of (x, y) columns.

    A pair is (X, Y) with X : (n, n_in) and Y : (n, n_out), or class numbers or quantities, (n,) or (n, 1). In the list
    x is (n_in, 1), and y is (n_out, 1) or, as in the book's test data, a class number. Data that are none of these, are
    empty or not finite, or have other numbers of inputs (n_in None: any) and outputs are a UsageError.
    """
    dataset = data if isinstance(data, Dataset) else _from_arrays(data, n_out)
    if dataset.n_out != n_out:
        raise UsageError(f"targets with {dataset.n_out} outputs for a network with {n_out}")
    if n_in is not None and dataset.n_in != n_in:
        raise UsageError(f"examples with {dataset.n_in} inputs for a network with {n_in}")
    if not len(dataset):
        raise UsageError("no examples; a network needs one at least")
    if not all(np.isfinite(part).all() for array in (dataset.x, dataset.y) for part in portions(array)):
        raise UsageError("examples hold NaN or infinite numbers; leave those out or fill them in")
    return dataset


def _from_arrays(data: Any, n_out: int) -> Dataset:
    """A pair of arrays, or a list of (x, y) columns, as a Dataset; targets that are all 0 or 1 are classes."""
    if isinstance(data, tuple | list) and len(data) == 2 and getattr(data[0], "ndim", 0) == 2:
        x, y = np.asarray(data[0]), np.asarray(data[1])
    else:
        pairs = list(data) if isinstance(data, Iterable) else []
        if not pairs or any(len(pair) != 2 for pair in pairs):
            raise UsageError("examples come as a Dataset, a pair of arrays (X, Y) of rows, or a list of (x, y) columns")
        x, y = (np.stack([np.ravel(column) for column in columns]) for columns in zip(*pairs, strict=True))
        y = y[:, 0] if y.shape[1] == 1 else y
    _refuse_texts(y)
    if n_out > 1 and y.shape in ((len(x),), (len(x), 1)):
        y = one_hot(y.ravel(), n_out, x.dtype if x.dtype.kind == "f" else np.float64)
    y = y[:, np.newaxis] if y.ndim == 1 else y
    names = tuple(str(k) for k in range(max(2, n_out))) if np.isin(y, (0, 1)).all() else ()
    return Dataset(x, y if y.dtype.kind == "f" else y.astype(np.float64), classes=names)


def columns(a: Any, n: int, what: str, dtype: Any) -> Array:
    """The array in that dtype as columns, (..., n, m); a plain vector of n is one example."""
    a = np.asarray(a, dtype=dtype)
    if a.ndim >= 2 and a.shape[-2] == n:
        return a
    if a.shape == (n,):
        return a[:, np.newaxis]
    hint = "; examples are columns here: transpose the array" if a.ndim == 2 and a.shape[1] == n else ""
    raise UsageError(f"{what} of shape {a.shape} for a network that takes ({n}, m){hint}")


def encode(classes: Array, k: int, dtype: Any = np.float64) -> Array:
    """Class numbers to targets: a single column for two classes, else one-hot."""
    return classes[:, np.newaxis].astype(dtype) if k == 2 else one_hot(classes, k, dtype)


def _refuse_texts(y: Array) -> None:
    """Refuse targets that are no numbers."""
    if y.dtype.kind not in "biuf":
        some = y.flat[0] if y.size else "none"
        raise UsageError(
            f"targets such as {some!r} are no numbers; numpy.unique(y, return_inverse=True)[1] numbers them"
        )


def target_columns(y: Any, n_out: int, m: int) -> Array:
    """Targets of m examples as columns; class numbers, (m,), (m, 1) or (1, m), become one-hot if n_out > 1."""
    y = np.asarray(y)
    if y.shape == (n_out, m):
        return y
    _refuse_texts(y)
    if y.shape in ((m,), (m, 1), (1, m)):
        return y.reshape(1, m) if n_out == 1 else one_hot(y.ravel(), n_out).T
    if y.shape[-1:] != (m,) and not (m == 1 and y.shape == (n_out,)):
        raise UsageError(f"targets of shape {y.shape} for {m} examples, which are columns; take ({n_out}, {m})")
    return y


def digest(datasets: Iterable[Dataset]) -> str:
    """The SHA-256 of all their inputs and targets, in hexadecimal digits."""
    total = hashlib.sha256()
    for array in (array for data in datasets for array in (data.x, data.y)):
        total.update(f"{array.dtype.str} {array.shape}".encode())
        for rows in portions(array):
            total.update(np.ascontiguousarray(rows).data)
    return total.hexdigest()
