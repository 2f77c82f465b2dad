"""A user's own data, CSV tables and numpy archives: to train on, or new examples for a network that is trained already.

Letters: n examples, n_in inputs, k outputs. The columns of new examples are matched by the names of training, which are
`features` and `target`, empty where there were none. Where a header row holds some of the features, columns are taken
by name, in any order, and further ones are left alone; else they are taken in the order of the file, and there may be
no others. The path - is standard input.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from bpnet.data import Array, Dataset
from bpnet.datasets.arrays import (
    check_axes,
    check_length,
    class_labels,
    decode_targets,
    encode_classes,
    look_like_classes,
    numeric_rows,
    read_arrays,
    too_many_classes,
)
from bpnet.datasets.npy import input_rows, memory_map
from bpnet.datasets.paths import existing_file
from bpnet.datasets.table import Table, kind, read_table
from bpnet.errors import DataError, did_you_mean

Names = tuple[str, ...]
Task = Literal["auto", "classes", "quantity"]


def csv(
    *, path: str, target: int | str | None = None, header: bool = True, delimiter: str = ",", task: Task = "auto"
) -> Dataset:
    """A table of numbers from a CSV file, one example a row.

    The target is a column by name, or by number from 0 (-1 is the last, and taken if none is given); the other columns
    are the inputs, x : (n, n_in) float64. With task "auto", texts are classes, and so are whole numbers of one or two
    different values, or of up to 20 that come ten times each on average; all other numbers are a quantity, y : (n, 1).

    Raises:
        UsageError: there is no such target column, or the delimiter cannot separate fields.
        DataError: the file cannot be read, a row has another width, or a field is missing, too large or no number.
    """
    table = read_table(existing_file(path), header, delimiter)
    target_column = table.column(-1 if target is None else target)
    columns = [column for column in range(table.width) if column != target_column]
    if not columns:
        problem = f"has one column with the delimiter {delimiter!r}, but inputs and a target need two"
        raise DataError(f"{path}: {problem}{table.delimiter_hint('data.delimiter: ')}")
    x, texts, lines = table.read(columns, target_column)
    y, classes = _targets(table, target_column, texts, lines, task)
    features = tuple(table.names[column] for column in columns if table.names)
    return Dataset(x, y, classes, features, target=table.names[target_column] if table.names else "")


def npz(*, path: str, x: str = "x", y: str = "y") -> Dataset:
    """Arrays from a numpy archive (`numpy.savez`), their keys given by x and y.

    x : (n, ...) numbers are flattened to (n, n_in); x : (n, height, width) is taken for images. y : (n,) of integers
    or texts names classes, (n, k) may be one-hot, and any other numbers, (n,) or (n, k), are quantities. Nothing is
    unpickled.

    Raises:
        DataError: the file cannot be read or lacks an array, the arrays differ in length, or a number is missing,
            infinite or too large.
    """
    inputs, targets = read_arrays(existing_file(path), (x, y))
    image = (inputs.shape[1], inputs.shape[2]) if inputs.ndim == 3 else None
    rows = numeric_rows(inputs, f"{path}: array {x!r}")
    source = f"{path}: array {y!r}"
    check_length(targets, len(rows), source)
    values, classes = decode_targets(targets, source)
    return Dataset(rows, values, classes=classes, image=image)


def inputs(
    path: Path,
    features: Names,
    n_in: int,
    *,
    header: bool = True,
    delimiter: str = ",",
    x: str = "x",
    divisor: float = 1,
    axes: tuple[int, int] | None = None,
) -> Array:
    """The inputs alone, (n, n_in), to predict from.

    Of an archive it is the array of the key `x`, unsigned bytes divided by `divisor`; `axes` are those of an example in
    training, height and width or steps and inputs, which an array (n, ., .) must have. Rows of an .npy file stay in it
    until they are read.

    Raises:
        UsageError: the delimiter cannot separate fields.
        DataError: the file cannot be read, its columns are others, or a field is missing or no number.
    """
    if path.suffix == ".npz":
        (numbers,) = read_arrays(path, (x,))
        return _archive_rows(numbers, n_in, divisor, axes, f"{path}: array {x!r}")
    if path.suffix == ".npy":
        check_axes(memory_map(path).shape, axes, f"{path}: the array")
        return input_rows(path, n_in, divisor)
    table = read_table(path, header, delimiter, features)
    if not set(features).isdisjoint(table.names):
        return table.read(_feature_columns(table, features))[0]
    if table.width != n_in:
        names = f", the first named {features[0]!r}" if features and table.names else ""
        remedy = table.delimiter_hint("--delimiter ") or f"; give one column for each input{names}"
        raise DataError(f"{path}: has {table.width} columns, but the network takes {n_in} inputs{remedy}")
    return table.read(range(n_in))[0]


def labelled(
    path: Path,
    features: Names,
    n_in: int,
    *,
    target: str = "",
    column: int | str = -1,
    quantity: bool = False,
    header: bool = True,
    delimiter: str = ",",
    x: str = "x",
    y: str = "y",
    divisor: float = 1,
    axes: tuple[int, int] | None = None,
    targets: Path | None = None,
) -> tuple[Array, Array]:
    """Inputs (n, n_in) and targets to measure on: (n, k) numbers if a quantity, else (n,) names of classes.

    `column` is the name or number of the target column in training, for a file without the names of training; `axes`
    are as in `inputs`. An .npy file has the inputs alone, and the .npy file `targets` what was wanted.

    Raises:
        UsageError: the delimiter cannot separate fields, or there is no such target column.
        DataError: the file cannot be read, lacks a column, or a field is missing or no number.
    """
    if path.suffix == ".npz":
        numbers, wanted = read_arrays(path, (x, y))
        rows = _archive_rows(numbers, n_in, divisor, axes, f"{path}: array {x!r}")
        return rows, _wanted(wanted, len(rows), quantity, f"{path}: array {y!r}")
    if targets is not None:
        check_axes(memory_map(path).shape, axes, f"{path}: the array")
        rows = input_rows(path, n_in, divisor)
        return rows, _wanted(memory_map(targets), len(rows), quantity, f"{targets}: the array")
    table = read_table(path, header, delimiter, (*features, target) if features else ())
    columns, target_column = _columns(table, features, n_in, target, column)
    rows, texts, lines = table.read(columns, target_column)
    return rows, table.quantities(target_column, texts, lines) if quantity else np.array(texts)


def _targets(
    table: Table, column: int, texts: list[str], lines: list[int], task: Task
) -> tuple[Array, tuple[str, ...]]:
    """Targets y : (n, k) from a column's texts, and the names of the classes, none for a quantity."""
    word = next((row for row, text in enumerate(texts) if kind(text) == "word"), None)
    values = np.array(texts, np.float64 if word is None else np.str_)
    if task == "quantity" or (task == "auto" and not look_like_classes(values)):
        return table.quantities(column, texts, lines), ()
    if task == "auto" and word is not None and too_many_classes(len(np.unique(values)), len(values)):
        problem = f"is {texts[word]!r}, one of nearly as many values as there are rows"
        remedy = "write numbers if the target is a quantity, or say task: classes"
        raise DataError(f"{table.path}:{lines[word]}: {table.label(column)} {problem}; {remedy}")
    return encode_classes(values, f"{table.path}: {table.label(column)}")


def _archive_rows(numbers: Array, n_in: int, divisor: float, axes: tuple[int, int] | None, source: str) -> Array:
    """Rows (n, n_in) of an archive's array; grey levels held as unsigned bytes are divided, as in training."""
    rows = numeric_rows(numbers, source)
    if rows.shape[1] != n_in:
        raise DataError(f"{source} has {rows.shape[1]} numbers a row, but the network takes {n_in}; give its inputs")
    check_axes(numbers.shape, axes, source)
    return rows / divisor if numbers.dtype == np.uint8 else rows


def _wanted(targets: Array, n: int, quantity: bool, source: str) -> Array:
    """The targets of n examples in an array: (n, k) numbers if a quantity, else (n,) names of classes."""
    check_length(targets, n, source)
    return numeric_rows(targets, source) if quantity else class_labels(targets, source)


def _columns(table: Table, features: Names, n_in: int, target: str, column: int | str) -> tuple[Sequence[int], int]:
    """The columns of the inputs, and that of the target."""
    named = not set(features).isdisjoint(table.names)
    if table.names and target and (target in table.names or isinstance(column, str) or named):
        return _feature_columns(table, features), _named_column(table, target, "the target")
    if named:
        columns = _feature_columns(table, features)
        others = [number for number in range(table.width) if number not in columns]
        if len(others) != 1:
            raise DataError(f"{table.path}: has {len(others)} columns beside the features; leave one, the target")
        return columns, others[0]
    if table.width != n_in + 1:
        remedy = table.delimiter_hint("--delimiter ") or "; give one column for each, and one for the target"
        raise DataError(f"{table.path}: has {table.width - 1} features where the model takes {n_in}{remedy}")
    if isinstance(column, str):
        raise DataError(f"{table.path}: has no header row with the target {column!r}; add that of the training data")
    target_column = table.column(column)
    return [number for number in range(table.width) if number != target_column], target_column


def _feature_columns(table: Table, features: Names) -> list[int]:
    """The columns of the features, in the order of training."""
    return [_named_column(table, name, "a feature") for name in features]


def _named_column(table: Table, name: str, role: str) -> int:
    """The column of a name of training; `role` says in the message what it was."""
    if name not in table.names:
        remedy = did_you_mean(name, table.names)
        raise DataError(f"{table.path}: has no column {name!r}, which is {role} of this run; {remedy}")
    return table.names.index(name)
