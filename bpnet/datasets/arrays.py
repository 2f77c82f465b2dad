"""Arrays of a user's files as inputs and targets: finite numbers, one example a row, and classes or quantities.

Letters: n examples, n_in inputs, k outputs. `source` is the file and the array or column, with which a message begins.
Data that a function refuses are a DataError.
"""

import zipfile
import zlib
from collections.abc import Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile

from bpnet.data import Array, portions
from bpnet.datasets.examples import encode
from bpnet.datasets.paths import unreadable
from bpnet.datasets.table import LARGEST
from bpnet.errors import DataError, did_you_mean


def read_arrays(path: Path, keys: Sequence[str]) -> list[Array]:
    """Arrays of a numpy archive (`numpy.savez`) by key, as they are stored; nothing is ever unpickled."""
    try:
        with path.open("rb") as file:
            archive = NpzFile(file, allow_pickle=False)
            arrays = [np.asarray(archive[key]) for key in keys if key in archive.files]
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"{path}: is damaged or not an archive of numbers and texts; write it with numpy.savez"
        ) from error
    if missing := [key for key in keys if key not in archive.files]:
        raise DataError(f"{path}: has no array {missing[0]!r}; {did_you_mean(missing[0], archive.files)}")
    return arrays


def numeric_rows(numbers: Array, source: str) -> Array:
    """An array (n, ...) of numbers as rows (n, n_in), in float32 where that is exact, else in float64.

    An empty array is refused, and numbers that are missing, infinite or too large.
    """
    check_numbers(numbers, source)
    with np.errstate(over="ignore"):
        rows = numbers.reshape(len(numbers), -1).astype(exact_dtype(numbers), copy=False)
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        where = f"row {finite.argmin()} (counted from 0)"
        raise DataError(f"{source} has a missing or infinite value in {where}; correct it or leave the row out")
    size = np.abs(rows).max(axis=1)
    if size.max() > LARGEST:
        number, where = f"{size.max():g}", f"row {size.argmax()} (counted from 0)"
        raise DataError(f"{source} has {number} in {where}, which is too large to learn from; correct it")
    return rows


def check_numbers(numbers: Array, source: str) -> None:
    """Check that an array holds numbers, and one at least."""
    if numbers.dtype.kind not in "biuf" or not numbers.ndim or not numbers.size:
        raise DataError(f"{source} holds {numbers.dtype} of shape {numbers.shape}; give numbers, one example a row")


def exact_dtype(numbers: Array) -> np.dtype[Any]:
    """What numbers are learned in: float32 where that is exact, else float64."""
    return np.dtype(np.float32 if np.can_cast(numbers.dtype, np.float32) else np.float64)


def decode_targets(targets: Array, source: str) -> tuple[Array, tuple[str, ...]]:
    """Targets y : (n, k) from an array (n,) or (n, k), and the names of the classes, none for quantities."""
    values = class_values(targets, source)
    if values is not None:
        numbers = np.searchsorted(values, class_column(targets))
        return encode(numbers, len(values)), class_names(values, source)
    rows = numeric_rows(targets, source)
    return rows, numbered_classes(rows)


def class_values(targets: Array, source: str) -> Array | None:
    """The different values, sorted, of targets (n,) or (n, 1) that name classes, read in portions; else None.

    Texts and whole numbers are classes, and refused where they have too many different values for that; so are numbers
    that are all 0 or 1.
    """
    column = class_column(targets)
    if column.ndim != 1:
        return None
    if column.dtype.kind not in "iuUS" and not all(_is_binary(part) for part in portions(column)):
        return None
    values = reduce(np.union1d, map(np.unique, portions(column)))
    if too_many_classes(len(values), len(column)):
        raise DataError(f"{source} has nearly as many classes as rows; save it as floats if it is a quantity")
    return values


def class_column(targets: Array) -> Array:
    """Targets (n, 1) as (n,); others as they are."""
    return targets[:, 0] if targets.shape[1:] == (1,) else targets


def numbered_classes(rows: Array) -> tuple[str, ...]:
    """The names 0, 1, ... of classes where targets (n, k) are one-hot, read in portions; none where they are not."""
    one_hot = all(_is_one_hot(part) for part in portions(rows))
    return tuple(map(str, range(rows.shape[1]))) if one_hot else ()


def check_length(targets: Array, n: int, source: str) -> None:
    """Check that targets are (n,) or (n, k), one or one row for each of n examples."""
    if targets.shape[:1] != (n,) or targets.ndim > 2:
        wanted = f"({n},) or ({n}, outputs)"
        raise DataError(f"{source} has shape {targets.shape}; give one target or one row for each example, {wanted}")


def check_axes(shape: tuple[int, ...], axes: tuple[int, int] | None, source: str) -> None:
    """Check that examples with two axes, an array of the shape (n, ., .), have those of training; None for any."""
    if len(shape) == 3 and axes is not None and shape[1:] != axes:
        wanted = f"(n, {axes[0]}, {axes[1]})"
        raise DataError(f"{source} has shape {shape}, but the network learned {wanted}; bring its axes into that order")


def class_labels(targets: Array, source: str) -> Array:
    """The names (n,), numbers or texts, of classes in an array (n,), (n, 1) or one-hot (n, k), where k gives numbers.

    Rows of numbers that are not one-hot are refused.
    """
    if targets.ndim == 1 or targets.shape[1] == 1:
        return _decode_bytes(targets.reshape(-1))
    if not _is_one_hot(targets):
        raise DataError(f"{source} has {targets.shape[1]} numbers a row that are not one-hot; give one class a row")
    return targets.argmax(axis=1)


def _decode_bytes(values: Array) -> Array:
    """Texts held as bytes in characters; all other values as they are."""
    return values.astype(np.str_) if values.dtype.kind == "S" else values


def _is_binary(values: Array) -> bool:
    """Whether all values are the numbers 0 and 1."""
    return values.dtype.kind in "biuf" and bool(np.isin(values, (0, 1)).all())


def _is_one_hot(rows: Array) -> bool:
    """Whether each row (n, k) has a single 1 and is 0 elsewhere."""
    return _is_binary(rows) and bool((rows.sum(axis=1) == 1).all())


def look_like_classes(values: Array) -> bool:
    """Whether targets (n,) of an unknown kind are taken for classes.

    Texts are; so are whole numbers of one or two different values, or of up to 20 that come ten times each on average.
    All other numbers are quantities.
    """
    if values.dtype.kind != "f":
        return True
    k = len(np.unique(values))
    integral = bool((values == np.floor(values)).all())
    # More values, such as ages in years, or fewer rows of each are rather a quantity in whole units.
    return integral and (k <= 2 or k <= min(20, len(values) / 10))


def too_many_classes(k: int, n: int) -> bool:
    """Whether n targets have more than two different values, k, and fewer than two examples of each on average."""
    return k > 2 and 2 * k > n


def encode_classes(values: Array, source: str) -> tuple[Array, tuple[str, ...]]:
    """Targets y : (n, 1) for two classes, else one-hot (n, k), and the classes' names, sorted as text or by number.

    values : (n,) numbers or texts; a single class is refused.
    """
    classes, numbers = np.unique(values, return_inverse=True)
    names = class_names(classes, source)
    return encode(numbers, len(names)), names


def class_names(values: Array, source: str) -> tuple[str, ...]:
    """The names of classes, given their different values (k,); a single class is refused."""
    names = tuple(_name(value) for value in _decode_bytes(values))
    if len(names) < 2:
        raise DataError(f"{source} is always {names[0]!r}; give examples of at least two classes")
    return names


def class_numbers(values: Array, classes: tuple[str, ...], source: str) -> Array:
    """The numbers (n,), from 0, of the model's classes that values (n,), texts or numbers, name."""
    different, positions = np.unique(values, return_inverse=True)
    names = [_known_name(value, classes) for value in different]
    if strangers := [name for name in names if name not in classes]:
        known = ", ".join(classes)
        raise DataError(f"{source}: class {strangers[0]!r} is none of the model's, {known}; rename it or leave it out")
    return np.array([classes.index(name) for name in names])[positions]


def _known_name(value: np.generic, classes: tuple[str, ...]) -> str:
    """The name that a class has in the model, also where its number is written otherwise: 1.0 is the class 1."""
    name = _name(value)
    try:
        return name if name in classes else _name(np.float64(name))
    except ValueError:
        return name


def _name(value: np.generic) -> str:
    """A class's name; a whole number has no decimal point."""
    return np.format_float_positional(value, trim="-") if isinstance(value, np.floating) else str(value)
