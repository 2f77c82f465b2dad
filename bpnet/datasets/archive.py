"""A numpy archive as arrays that can be learned from: finite numbers, one example a row; nothing is ever unpickled.

Letters: n examples, n_in inputs, k outputs.
"""

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.lib.npyio import NpzFile

from bpnet.data import Array
from bpnet.datasets.table import LARGEST
from bpnet.datasets.targets import are_crowded, as_classes
from bpnet.errors import DataError, did_you_mean


def read_arrays(path: Path, keys: Sequence[str]) -> list[Array]:
    """Arrays of a numpy archive (`numpy.savez`) by key.

    Raises:
        DataError: the file cannot be read, is no such archive, or lacks one of the arrays.
    """
    try:
        with path.open("rb") as file:
            archive = NpzFile(file, allow_pickle=False)
            found = [np.asarray(archive[key]) for key in keys if key in archive.files]
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}); is that the path?") from error
    except (ValueError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path}: damaged, or not an archive of numbers and texts; make it by numpy.savez") from error
    if lacking := [key for key in keys if key not in archive.files]:
        raise DataError(f"{path}: no array {lacking[0]!r}; {did_you_mean(lacking[0], archive.files)}")
    return found


def rows_of(numbers: Array, place: str) -> Array:
    """Any array of numbers, example by example: (n, n_in) in float32 where that is exact, else float64.

    `place` begins the message.

    Raises:
        DataError: there are none, or one is missing, infinite or too large.
    """
    if numbers.dtype.kind not in "biuf" or not numbers.ndim or not numbers.size:
        raise DataError(f"{place} holds {numbers.dtype} of shape {numbers.shape}; rows of numbers are wanted")
    dtype = np.float32 if np.can_cast(numbers.dtype, np.float32) else np.float64
    with np.errstate(over="ignore"):
        rows = numbers.reshape(len(numbers), -1).astype(dtype, copy=False)
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        raise DataError(f"{place} has a value missing or infinite in row {finite.argmin()}; correct it or leave it out")
    size = np.abs(rows).max(axis=1)
    if size.max() > LARGEST:
        worst = size.argmax()
        raise DataError(f"{place} has {size[worst]:g} in row {worst}, which is too large to learn from; correct it")
    return rows


def answers(targets: Array, place: str) -> tuple[Array, tuple[str, ...]]:
    """Targets y : (n, k) from an array (n,) or (n, k), and the names of the classes, none for a quantity.

    Raises:
        DataError: texts or whole numbers that can hardly be classes, or what `rows_of` refuses.
    """
    column = targets[:, 0] if targets.shape[1:] == (1,) else targets
    binary = _is_binary(column)
    if column.ndim == 1 and (binary or column.dtype.kind in "iuUS"):
        if are_crowded(column):
            raise DataError(f"{place} has nearly as many values as rows; save it as floats if it is a quantity")
        return as_classes(as_text(column), place)
    rows = rows_of(targets, place)
    one_hot = binary and bool((rows.sum(axis=1) == 1).all())
    return rows, tuple(str(k) for k in range(rows.shape[1])) if one_hot else ()


def check_length(targets: Array, n: int, place: str) -> None:
    """Refuse targets that are not one, or one row, for each of n examples, with a DataError."""
    if targets.shape[:1] != (n,) or targets.ndim > 2:
        raise DataError(f"{place} has shape {targets.shape}; one target, or one row, is wanted for each of {n}")


def labels_of(targets: Array, place: str) -> Array:
    """What an array says of classes that are known already: (n,) numbers or texts; the 1 of a one-hot row is its place.

    Raises:
        DataError: rows of numbers that are not one-hot.
    """
    if targets.ndim == 1 or targets.shape[1] == 1:
        return as_text(targets.reshape(-1))
    if not _is_binary(targets) or not (targets.sum(axis=1) == 1).all():
        raise DataError(f"{place} has {targets.shape[1]} numbers a row, not one of them 1 and the rest 0; name classes")
    return targets.argmax(axis=1)


def as_text(values: Array) -> Array:
    """Texts held as bytes in characters; all other values as they are."""
    return values.astype(np.str_) if values.dtype.kind == "S" else values


def _is_binary(values: Array) -> bool:
    return values.dtype.kind in "biuf" and bool(np.isin(values, (0, 1)).all())
