"""A CSV file as a table: the names of its columns, and rows that are checked as they are read.

Messages give a place as ``file:line``, lines counted from 1 as in an editor; columns are numbered from 0.
"""

import csv
import itertools
import json
import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from bpnet.data import Array
from bpnet.errors import DataError, UsageError, did_you_mean

STDIN = Path("-")

LARGEST = 1e30

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "space": " "}

MISSING = ("", "?", "na", "n/a", "#n/a", "<na>", "nan", "null")

PROBLEMS = {
    "missing": "has no value; fill it in or leave the row out",
    "infinite": "is {!r}, not a finite number; correct it or leave the row out",
    "huge": "is {!r}, which is too large to learn from; correct it, or take a larger unit",
    "word": "is {!r}, not a number; write it as one or leave the column out, and name the target if this is it",
}

Row = tuple[int, list[str]]


@dataclass(frozen=True)
class Table:
    """A CSV file being read: `names` is empty where there is no header; `rows` gives each (line, fields) once.

    `other` is the character that its first row is rather divided by than the delimiter, if it seems so, else empty.
    """

    path: Path
    names: tuple[str, ...]
    width: int
    rows: Iterator[Row]
    other: str = ""

    def column(self, key: int | str) -> int:
        """The place of a column given by its name, or its number: from 0, or back from the last, which is -1.

        Raises:
            UsageError: there is no such column.
        """
        if isinstance(key, int):
            if not -self.width <= key < self.width:
                raise UsageError(f"{self.path}: no column {key}; there are 0 to {self.width - 1}, and -1 is the last")
            return key % self.width
        if key not in self.names:
            remedy = did_you_mean(key, self.names) if self.names else "without a header, give its number"
            raise UsageError(f"{self.path}: no column {key!r}; {remedy}")
        return self.names.index(key)

    def numbers(self, row: Row, columns: Sequence[int]) -> list[float]:
        """Those fields of a row as numbers to learn from; a DataError names the first that is none."""
        line, fields = row
        try:
            values = [float(fields[column]) for column in columns]
        except ValueError:
            values = [math.nan]
        if not all(abs(value) <= LARGEST for value in values):
            wrong = next(column for column in columns if kind(fields[column]) != "number")
            raise self.refusal(line, wrong, fields[wrong])
        return values

    def text(self, row: Row, column: int) -> str:
        """A field of a row as it stands; a DataError if it is missing, infinite or too large."""
        line, fields = row
        if kind(fields[column]) in ("missing", "infinite", "huge"):
            raise self.refusal(line, column, fields[column])
        return fields[column].strip()

    def filled(self, numbers: "array[float]", width: int) -> Array:
        """Rows of that width from the numbers of all rows; a DataError if there are none."""
        if not numbers:
            raise DataError(f"{self.path}: a header and no rows; a row of numbers for each example is wanted")
        return np.frombuffer(numbers).reshape(-1, width)

    def refusal(self, line: int, column: int, text: str) -> DataError:
        """What is wrong with a field that should have been a number."""
        return DataError(f"{self.path}:{line}: {self.label(column)} {PROBLEMS[kind(text)].format(text)}")

    def remedy(self, option: str) -> str:
        """A clause for a table that is rather divided by another character; `option` is how one says which."""
        return f"; its first row holds {self.other!r}: say {option}{json.dumps(self.other)}" if self.other else ""

    def label(self, column: int) -> str:
        """What a message calls a column."""
        return f"column {self.names[column]!r}" if self.names else f"column {column}"


def kind(text: str) -> str:
    """What a field holds: a "number", one that is "infinite" or "huge", a "word", or nothing ("missing")."""
    if text.strip().lower() in MISSING:
        return "missing"
    try:
        size = abs(float(text))
    except ValueError:
        return "word"
    return "number" if size <= LARGEST else "huge" if size < math.inf else "infinite"


def read_table(path: Path, header: bool = True, delimiter: str = ",", expected: Sequence[str] = ()) -> Table:
    """A CSV file (RFC 4180; UTF-8, with or without a byte order mark) whose rows are read as they are asked for.

    The path - is standard input. A delimiter is a character or its name in DELIMITERS. `expected` are names that a
    header should hold some of, where they are known.

    Raises:
        UsageError: the delimiter is not one character that can divide fields.
        DataError: the file cannot be read or is empty, its header is none; then, as rows are read, one of another
            width or a quote that is never closed.
    """
    delimiter = DELIMITERS.get(delimiter, delimiter)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        named = ", ".join(DELIMITERS)
        raise UsageError(f"a delimiter is one character, such as ',' or ';', or one of {named}; got {delimiter!r}")
    rows = _rows(path, delimiter)
    first = next(rows, None)
    if first is None:
        raise DataError(f"{path}: an empty file; a row of numbers for each example is wanted")
    width = len(first[1])
    if header and expected and _looks_like_data(first[1], expected):
        raise DataError(f"{path}:{first[0]}: looks like data, not names; say --no-header")
    names = _names(path, first) if header else ()
    rest = rows if header else itertools.chain([first], rows)
    other = next((mark for mark in ";\t," if width == 1 and mark != delimiter and mark in first[1][0]), "")
    return Table(path, names, width, _of_one_width(path, rest, width, delimiter), other)


def _rows(path: Path, delimiter: str) -> Iterator[Row]:
    """Every row that is not blank, with the number of its last line."""
    try:
        with _opened(path) as file:
            reader = csv.reader(file, delimiter=delimiter, skipinitialspace=delimiter != " ", strict=True)
            yield from ((reader.line_num, fields) for fields in reader if fields)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); is that the path?") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text; save it as CSV in UTF-8") from error
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: not CSV ({error}); look for a quote that is not closed") from error


def _opened(path: Path) -> TextIO:
    if path == STDIN:
        return open(0, encoding="utf-8-sig", newline="", closefd=False)
    return path.open(encoding="utf-8-sig", newline="")


def _of_one_width(path: Path, rows: Iterator[Row], width: int, delimiter: str) -> Iterator[Row]:
    for line, fields in rows:
        if len(fields) != width:
            raise DataError(
                f"{path}:{line}: {len(fields)} fields, where the first row has {width}; "
                f"complete the row, and put quotes about a text that holds {delimiter!r}"
            )
        yield line, fields


def _names(path: Path, row: Row) -> tuple[str, ...]:
    """The header's names, refused where they look like a first row of data."""
    line, names = row[0], tuple(field.strip() for field in row[1])
    if (value := _value_among(names)) is not None:
        raise DataError(
            f"{path}:{line}: a header with {value!r} in it; if it is a row of data, say header: false, or --no-header"
        )
    if "" in names:
        raise DataError(f"{path}:{line}: column {names.index('')} has no name; give it one, or leave the column out")
    if repeated := [name for name in names if names.count(name) > 1]:
        raise DataError(
            f"{path}:{line}: two columns named {repeated[0]!r}; rename one or, if it is a row of data, "
            "say header: false, or --no-header"
        )
    return names


def _looks_like_data(fields: Sequence[str], expected: Sequence[str]) -> bool:
    """Whether a first row that should name columns holds none of the names and only numbers, or one that is no name."""
    names = [field.strip() for field in fields]
    strange = not set(names) & set(expected)
    return strange and (all(kind(name) == "number" for name in names) or _value_among(names) is not None)


def _value_among(names: Sequence[str]) -> str | None:
    """A number that is hardly a name: a fraction, or one that does not count upwards as 0, 1, 2 or years do."""
    last = -math.inf
    for name in names:
        if kind(name) == "number":
            value = float(name)
            if not value.is_integer() or value <= last:
                return name
            last = value
    return None
