"""A user's own data: CSV tables and numpy archives, to train on or to predict from.

Letters: n examples, n_in inputs, k outputs.
"""

import zipfile
import zlib
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.lib.npyio import NpzFile

from bpnet.datasets.table import Table, kind, read_table
from bpnet.datasets.targets import are_classes, are_crowded, as_classes
from bpnet.errors import DataError, did_you_mean
from bpnet.examples import Array, Dataset

Task = Literal["auto", "classes", "quantity"]


def csv(
    *, path: str, target: int | str | None = None, header: bool = True, delimiter: str = ",", task: Task = "auto"
) -> Dataset:
    """A table of numbers from a CSV file, one example a row.

    The target is a column by name, or by number from 0 (-1 is the last, and taken if none is given); the other columns
    are the inputs. With task "auto", words are classes, and so are whole numbers of one or two different values, or of
    up to 20 that come ten times each on average; all other numbers are a quantity.

    Raises:
        UsageError: a target column or a delimiter that cannot be.
        DataError: the file cannot be read, a row has another width, or a field that is missing or no number.
    """
    table = read_table(Path(path).expanduser(), header, delimiter)
    answer = table.column(-1 if target is None else target)
    columns = [column for column in range(table.width) if column != answer]
    if not columns:
        raise DataError(f"{path}: a single column, divided by {delimiter!r}; inputs and a target need two at least")
    x, texts, lines = array("d"), list[str](), list[int]()
    for row in table.rows:
        x.extend(table.numbers(row, columns))
        texts.append(table.text(row, answer))
        lines.append(row[0])
    rows = _filled(table.path, x, len(columns))
    y, classes = _target(table, answer, texts, lines, task)
    features = tuple(table.names[column] for column in columns if table.names)
    return Dataset(rows, y, classes=classes, features=features)


def npz(*, path: str, x: str = "x", y: str = "y") -> Dataset:
    """Arrays from a numpy archive (`numpy.savez`), their keys given by x and y.

    x : (n, ...) numbers are flattened to (n, n_in); x : (n, height, width) is taken for images. y : (n,) of integers
    or texts names classes, (n, k) may be one-hot, and any other numbers, (n,) or (n, k), are quantities. Nothing is
    unpickled.

    Raises:
        DataError: the file cannot be read, lacks an array, or holds one of another length or of no finite numbers.
    """
    examples, targets = _arrays(Path(path).expanduser(), (x, y))
    image = (examples.shape[1], examples.shape[2]) if examples.ndim == 3 else None
    rows = _rows(examples, f"{path}: array {x!r}")
    place = f"{path}: array {y!r}"
    if targets.shape[:1] != (len(rows),) or targets.ndim > 2:
        raise DataError(f"{place} has shape {targets.shape}; one target, or one row, is wanted for each of {len(rows)}")
    answers, classes = _answers(targets, place)
    return Dataset(rows, answers, classes=classes, image=image)


def inputs(
    path: Path, features: tuple[str, ...], n_in: int, *, header: bool = True, delimiter: str = ",", x: str = "x"
) -> Array:
    """The inputs alone, (n, n_in), of a CSV file or of a numpy archive (`.npz`, its array x), to predict from.

    Where a header names all the features, those columns are taken wherever they stand, so that the target may be
    there or not; else the file has exactly n_in columns.

    Raises:
        DataError: the file cannot be read, its columns are others, or a field is missing or no number.
    """
    if path.suffix == ".npz":
        (examples,) = _arrays(path, (x,))
        rows = _rows(examples, f"{path}: array {x!r}")
        if rows.shape[1] != n_in:
            raise DataError(f"{path}: array {x!r} has {rows.shape[1]} numbers a row, but the network takes {n_in}")
        return rows
    table = read_table(path, header, delimiter)
    named = bool(features) and set(features) <= set(table.names)
    columns = [table.column(name) for name in features] if named else range(table.width)
    if len(columns) != n_in:
        lacking = next((name for name in features if table.names and name not in table.names), None)
        clause = "" if lacking is None else f"; there is no column {lacking!r}, {did_you_mean(lacking, table.names)}"
        raise DataError(f"{path}: {len(columns)} columns, but the network takes {n_in} inputs{clause}")
    numbers = array("d")
    for row in table.rows:
        numbers.extend(table.numbers(row, columns))
    return _filled(path, numbers, n_in)


def _filled(path: Path, numbers: "array[float]", width: int) -> Array:
    """Rows of that width from the numbers of a table, of which there must be some."""
    if not numbers:
        raise DataError(f"{path}: a header and no rows; a row of numbers for each example is wanted")
    return np.frombuffer(numbers).reshape(-1, width)


def _target(table: Table, column: int, texts: list[str], lines: list[int], task: Task) -> tuple[Array, tuple[str, ...]]:
    """Targets y : (n, k) from a column's texts, and the names of the classes, none for a quantity."""
    word = next((row for row, text in enumerate(texts) if kind(text) == "word"), None)
    values = np.array(texts, np.float64 if word is None else np.str_)
    if task == "classes" or (task == "auto" and are_classes(values)):
        if task == "auto" and word is not None and are_crowded(values):
            place = f"{table.path}:{lines[word]}: {table.label(column)}"
            raise DataError(
                f"{place} is {texts[word]!r}, one of nearly as many values as there are rows; "
                "write numbers if it is a quantity, or say task: classes"
            )
        return as_classes(values, f"{table.path}: {table.label(column)}")
    if word is not None:
        raise table.refusal(lines[word], column, texts[word])
    return values[:, np.newaxis], ()


def _arrays(path: Path, keys: Sequence[str]) -> list[Array]:
    """Arrays of a numpy archive by key, never unpickled."""
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


def _rows(numbers: Array, place: str) -> Array:
    """Any array of finite numbers, example by example: (n, n_in) in float32 where that is exact, else float64."""
    if numbers.dtype.kind not in "biuf" or not numbers.ndim or not numbers.size:
        raise DataError(f"{place} holds {numbers.dtype} of shape {numbers.shape}; rows of numbers are wanted")
    dtype = np.float32 if np.can_cast(numbers.dtype, np.float32) else np.float64
    rows = numbers.reshape(len(numbers), -1).astype(dtype, copy=False)
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        raise DataError(f"{place} has a value missing or infinite in row {finite.argmin()}; correct it or leave it out")
    return rows


def _answers(targets: Array, place: str) -> tuple[Array, tuple[str, ...]]:
    """Targets y : (n, k) from an array (n,) or (n, k), and the names of the classes, none for a quantity."""
    column = targets[:, 0] if targets.shape[1:] == (1,) else targets
    binary = column.dtype.kind in "biuf" and bool(np.isin(column, (0, 1)).all())
    if column.ndim == 1 and (binary or column.dtype.kind in "iuUS"):
        if are_crowded(column):
            raise DataError(f"{place} has nearly as many values as rows; save it as floats if it is a quantity")
        return as_classes(column.astype(np.str_) if column.dtype.kind == "S" else column, place)
    rows = _rows(targets, place)
    one_hot = binary and bool((rows.sum(axis=1) == 1).all())
    return rows, tuple(str(k) for k in range(rows.shape[1])) if one_hot else ()
