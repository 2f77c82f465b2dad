"""A file for a network that is trained already: its columns found by the names that the network learned.

Letters: n examples, n_in inputs, k outputs. A file is CSV (the path - is standard input) or a numpy archive (`.npz`);
`features` and `target` are the names that the columns had in training, empty where they had none. Where a header holds
some of the features, columns are taken by name wherever they stand, and further ones are left alone; else they are
taken as they stand, and there may be no other.
"""

from array import array
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bpnet.data import Array
from bpnet.datasets.archive import check_length, labels_of, read_arrays, rows_of
from bpnet.datasets.table import Table, read_table
from bpnet.errors import DataError, did_you_mean

Names = tuple[str, ...]


def inputs(
    path: Path,
    features: Names,
    n_in: int,
    *,
    header: bool = True,
    delimiter: str = ",",
    x: str = "x",
    divisor: float = 1,
) -> Array:
    """The inputs alone, (n, n_in), to predict from; of an archive its array x, unsigned bytes divided by `divisor`.

    Raises:
        DataError: the file cannot be read, its columns are others, or a field is missing or no number.
    """
    if path.suffix == ".npz":
        (examples,) = read_arrays(path, (x,))
        return _examples(examples, n_in, divisor, f"{path}: array {x!r}")
    table = read_table(path, header, delimiter, features)
    columns = _by_name(table, features) if _names_some(table, features) else _all(table, features, n_in)
    numbers = array("d")
    for row in table.rows:
        numbers.extend(table.numbers(row, columns))
    return table.filled(numbers, n_in)


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
) -> tuple[Array, Array]:
    """Inputs (n, n_in) and targets to measure on: (n, k) numbers if a quantity, else (n,) of what names classes.

    `column` is where the target stood in training, for a file whose columns have no names or others.

    Raises:
        DataError: the file cannot be read, lacks a column, or a field is missing or no number.
    """
    if path.suffix == ".npz":
        examples, targets = read_arrays(path, (x, y))
        rows, place = _examples(examples, n_in, divisor, f"{path}: array {x!r}"), f"{path}: array {y!r}"
        check_length(targets, len(rows), place)
        return rows, rows_of(targets, place) if quantity else labels_of(targets, place)
    table = read_table(path, header, delimiter, (*features, target) if features else ())
    columns, answer = _with_target(table, features, n_in, target, column)
    numbers, answers = array("d"), list[float | str]()
    for row in table.rows:
        numbers.extend(table.numbers(row, columns))
        answers.append(table.numbers(row, [answer])[0] if quantity else table.text(row, answer))
    found = np.array(answers)
    return table.filled(numbers, n_in), found[:, np.newaxis] if quantity else found


def _examples(numbers: Array, n_in: int, divisor: float, place: str) -> Array:
    """Rows of an archive's array; grey levels held as unsigned bytes are divided as those of the data were."""
    rows = rows_of(numbers, place)
    if rows.shape[1] != n_in:
        raise DataError(f"{place} has {rows.shape[1]} numbers a row, but the network takes {n_in}")
    return rows / divisor if numbers.dtype == np.uint8 else rows


def _with_target(table: Table, features: Names, n_in: int, target: str, column: int | str) -> tuple[Sequence[int], int]:
    """The columns of the inputs, and that of the target."""
    if table.names and target and (target in table.names or isinstance(column, str) or _names_some(table, features)):
        if target not in table.names:
            raise _lacks(table, target, "the target")
        return _by_name(table, features), table.names.index(target)
    if _names_some(table, features):
        columns = _by_name(table, features)
        others = [place for place in range(table.width) if place not in columns]
        if len(others) != 1:
            raise DataError(f"{table.path}: {len(others)} columns beside the features; one, the target, is wanted")
        return columns, others[0]
    if table.width != n_in + 1:
        told = f"{table.width - 1} features where the model takes {n_in}{table.remedy('--delimiter ')}"
        raise DataError(f"{table.path}: {told}")
    if isinstance(column, str):
        raise DataError(f"{table.path}: no header says where the target {column!r} stands; give the file the run's own")
    answer = table.column(column)
    return [place for place in range(table.width) if place != answer], answer


def _names_some(table: Table, features: Names) -> bool:
    return not set(features).isdisjoint(table.names)


def _by_name(table: Table, features: Names) -> list[int]:
    lacking = [name for name in features if name not in table.names]
    if lacking:
        raise _lacks(table, lacking[0], "a feature")
    return [table.names.index(name) for name in features]


def _all(table: Table, features: Names, n_in: int) -> Sequence[int]:
    """Every column, which must be as many as there are inputs."""
    if table.width != n_in:
        lacking = f"; there is no column {features[0]!r}" if features and table.names else ""
        told = f"{table.width} columns, but the network takes {n_in} inputs{table.remedy('--delimiter ') or lacking}"
        raise DataError(f"{table.path}: {told}")
    return range(table.width)


def _lacks(table: Table, name: str, role: str) -> DataError:
    remedy = did_you_mean(name, table.names)
    return DataError(f"{table.path}: has no column {name!r}, which is {role} of this run; {remedy}")
