"""Two .npy files, inputs and targets, that may be larger than memory: read by mini-batch from a memory map.

Letters: n examples, n_in inputs, k outputs. `source` is the file, with which a message begins. Rows and columns count
from 0. What is refused is a DataError.
"""

import math
import tokenize
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bpnet.data import Array, Dataset, portions
from bpnet.datasets.arrays import (
    check_length,
    check_numbers,
    class_column,
    class_names,
    class_values,
    exact_dtype,
    numbered_classes,
)
from bpnet.datasets.examples import encode
from bpnet.datasets.paths import existing_file, unreadable
from bpnet.datasets.rows import Rows, learned
from bpnet.datasets.table import LARGEST
from bpnet.errors import DataError


def npy(*, x: str, y: str) -> Dataset:
    """Arrays from two files of numpy.save, larger than memory if need be, their paths given by x and y.

    They are read once from the beginning to the end, to check them and to find the classes; then by mini-batch. Both
    must stay as they are while a network learns from them. x : (n, ...) numbers are flattened to (n, n_in); x : (n,
    height, width) is taken for images. y : (n,) or (n, 1) of integers or texts, or of 0 and 1, names classes, (n, k)
    may be one-hot, and any other numbers are quantities. Nothing is unpickled.

    Raises:
        DataError: a file cannot be read, is no array of numbers or ends too early, the arrays differ in length, or a
            number is missing, infinite or too large.
    """
    inputs, targets = (memory_map(existing_file(path, option)) for path, option in ((x, "x"), (y, "y")))
    image = (inputs.shape[1], inputs.shape[2]) if inputs.ndim == 3 else None
    rows, source = _inputs(inputs, _named(x)), _named(y)
    check_length(targets, len(rows), source)
    values, classes = _targets(targets, source)
    return Dataset(rows.array, values.array, classes=classes, image=image)


def memory_map(path: Path) -> Array:
    """The array in a .npy file, read from the disk where it is looked at; its header is believed only if it fits."""
    try:
        (shape, columnwise, dtype), start = _header(path)
        if dtype.hasobject:
            raise DataError(f"{path}: holds Python objects, which are never read; save numbers, as with astype(float)")
        wanted, there_are = start + math.prod(shape) * dtype.itemsize, path.stat().st_size
        if there_are < wanted:
            raise DataError(f"{path}: ends after {there_are} of {wanted} bytes; copy or write it again, whole")
        if columnwise and len(shape) > 1:
            remedy = "save numpy.ascontiguousarray of it"
            raise DataError(f"{path}: lies column by column, so that each example is spread over the file; {remedy}")
        return np.asarray(np.memmap(path, dtype, "r", start, shape)) if math.prod(shape) else np.empty(shape, dtype)
    except OSError as error:
        raise unreadable(path, error) from error


def _header(path: Path) -> tuple[tuple[tuple[int, ...], bool, np.dtype[Any]], int]:
    """Shape, whether it lies column by column, and dtype of the array in a .npy file; and the byte where it begins."""
    with path.open("rb") as file:
        try:
            shape, columnwise, dtype = HEADERS[np.lib.format.read_magic(file)](file)
        except MALFORMED as error:
            raise DataError(f"{path}: is no .npy file or a damaged one; write it with numpy.save") from error
        if min(shape, default=0) < 0:
            raise DataError(f"{path}: is damaged: its header says {shape}; write it again with numpy.save")
        return (shape, columnwise, dtype), file.tell()


def input_rows(path: Path, n_in: int, divisor: float) -> Array:
    """The inputs (n, n_in) in a file of examples, to predict from; unsigned bytes are divided by `divisor`."""
    numbers, source = memory_map(path), _named(path)
    rows = _inputs(numbers, source)
    if rows.width != n_in:
        raise DataError(f"{source} has {rows.width} numbers a row, but the network takes {n_in}; give its inputs")
    return rows.then(lambda part: part / divisor) if numbers.dtype == np.uint8 else rows.array


def _inputs(numbers: Array, source: str) -> Rows:
    """Rows (n, n_in) of a memory map (n, ...) of numbers, all finite and none too large."""
    check_numbers(numbers, source)
    if numbers.ndim < 2:
        remedy = "save it as (n, 1) if an example has one input"
        raise DataError(f"{source} has shape {numbers.shape}; give one row for each example, (n, inputs); {remedy}")
    return _checked(_rows(numbers.reshape(len(numbers), -1), exact_dtype(numbers)), source)


def _targets(targets: Array, source: str) -> tuple[Rows, tuple[str, ...]]:
    """Targets (n, k) of an array (n,) or (n, k), and the names of the classes, none for quantities.

    The numbers of the classes are kept in memory, a byte or two an example; all else stays in the file.
    """
    values = class_values(targets, source)
    if values is None:
        check_numbers(targets, source)
        rows = _checked(_rows(targets.reshape(len(targets), -1), exact_dtype(targets)), source)
        return rows, numbered_classes(rows.array)
    names = class_names(values, source)
    column, few_bytes = class_column(targets), np.min_scalar_type(len(names))
    numbers = np.concatenate([np.searchsorted(values, part).astype(few_bytes) for part in portions(column)])
    table = encode(np.arange(len(names)), len(names))  # the targets of each class, a row for each
    rows = Rows(numbers, np.arange(len(numbers)), table.shape[1], table.dtype, (partial(np.take, table, axis=0),))
    return rows, names


def _rows(numbers: Array, dtype: np.dtype[Any]) -> Rows:
    """Numbers (n, k), still in their file, to be learned from in that dtype."""
    changes = () if numbers.dtype == dtype else (partial(learned, dtype),)
    return Rows(numbers, np.arange(len(numbers)), numbers.shape[1], dtype, changes)


def _checked(rows: Rows, source: str) -> Rows:
    """The rows, read once: each number finite, and none too large to learn from."""
    done = 0
    for part in portions(rows.array):
        right = np.abs(part) <= LARGEST  # NaN is not
        if not right.all():
            row, column = (int(place) for place in np.argwhere(~right)[0])
            wrong, where = part[row, column], f"row {done + row}, column {column} (both counted from 0)"
            if np.isfinite(wrong):
                raise DataError(f"{source} has {wrong:g} in {where}, which is too large to learn from; correct it")
            raise DataError(f"{source} has a missing or infinite value in {where}; correct it or leave the row out")
        done += len(part)
    return rows


def _named(path: str | Path) -> str:
    """How a message about an array of a file begins."""
    return f"{path}: the array"


HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}

# What numpy raises for a header that is none; a KeyError is a version of the format that holds no plain numbers.
MALFORMED = (ValueError, KeyError, TypeError, SyntaxError, tokenize.TokenError, MemoryError, RecursionError)
