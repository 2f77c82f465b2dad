"""A user's own data to train on: CSV tables and numpy archives.

Letters: n examples, n_in inputs, k outputs.
"""

from array import array
from typing import Literal

import numpy as np

from bpnet.data import Array, Dataset
from bpnet.datasets.archive import answers, check_length, read_arrays, rows_of
from bpnet.datasets.place import present
from bpnet.datasets.table import Table, kind, read_table
from bpnet.datasets.targets import are_classes, are_crowded, as_classes
from bpnet.errors import DataError

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
        DataError: the file cannot be read, a row has another width, or a field that is missing, too large or no number.
    """
    table = read_table(present(path), header, delimiter)
    answer = table.column(-1 if target is None else target)
    columns = [column for column in range(table.width) if column != answer]
    if not columns:
        remedy = table.remedy("data.delimiter: ")
        raise DataError(f"{path}: a single column, divided by {delimiter!r}; inputs and a target need two{remedy}")
    x, texts, lines = array("d"), list[str](), list[int]()
    for row in table.rows:
        x.extend(table.numbers(row, columns))
        texts.append(table.text(row, answer))
        lines.append(row[0])
    rows = table.filled(x, len(columns))
    y, classes = _target(table, answer, texts, lines, task)
    features = tuple(table.names[column] for column in columns if table.names)
    return Dataset(rows, y, classes, features, target=table.names[answer] if table.names else "")


def npz(*, path: str, x: str = "x", y: str = "y") -> Dataset:
    """Arrays from a numpy archive (`numpy.savez`), their keys given by x and y.

    x : (n, ...) numbers are flattened to (n, n_in); x : (n, height, width) is taken for images. y : (n,) of integers
    or texts names classes, (n, k) may be one-hot, and any other numbers, (n,) or (n, k), are quantities. Nothing is
    unpickled.

    Raises:
        DataError: the file cannot be read, lacks an array, or holds one of another length, of numbers that are not
            finite, or too large.
    """
    examples, targets = read_arrays(present(path), (x, y))
    image = (examples.shape[1], examples.shape[2]) if examples.ndim == 3 else None
    rows = rows_of(examples, f"{path}: array {x!r}")
    place = f"{path}: array {y!r}"
    check_length(targets, len(rows), place)
    found, classes = answers(targets, place)
    return Dataset(rows, found, classes=classes, image=image)


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
