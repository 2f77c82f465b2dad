"""A CSV file as a table: the names of its columns, and rows that are checked as they are read.

Letters: n examples. Messages give a place as ``file:line``, lines counted from 1 as in an editor; columns are numbered
from 0, and called by their names where there is a header row.
"""

import csv
import itertools
import json
import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bpnet.data import Array
from bpnet.datasets.paths import unreadable
from bpnet.errors import DataError, UsageError, did_you_mean

STDIN = Path("-")  # the path that stands for standard input, by custom
LARGEST = 1e30  # in any unit; float32 ends at 3e38, which leaves room for the weights and for sums over inputs

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "space": " "}

MISSING = ("", "?", "na", "n/a", "#n/a", "<na>", "nan", "null")  # how a missing value is written, in small letters

PROBLEMS = {
    "missing": "has a missing value; fill it in or leave the row out",
    "infinite": "is {!r}, not a finite number; correct it or leave the row out",
    "huge": "is {!r}, which is too large to learn from; correct it, or take a larger unit",
    "word": "is {!r}, not a number; write a number, leave the column out, or name it as the target",
}

Row = tuple[int, list[str]]


@dataclass(frozen=True)
class Table:
    """A CSV file being read: `names` is empty where there is no header row; `rows` gives each (line, fields) once.

    `likely_delimiter` is the character that seems to separate the fields of the first row instead of the delimiter
    given; it is empty where all seems well.
    """

    path: Path
    names: tuple[str, ...]
    width: int
    rows: Iterator[Row]
    likely_delimiter: str = ""

    def column(self, key: int | str) -> int:
        """The number, from 0, of a column given by its name, by its number, or counted back from the last, -1.

        Raises:
            UsageError: there is no such column.
        """
        if isinstance(key, str) and key in self.names:
            return self.names.index(key)
        if isinstance(key, int) and -self.width <= key < self.width:
            return key % self.width
        if isinstance(key, int):
            remedy = f"columns are numbered from 0 to {self.width - 1}, and -1 is the last"
        else:
            remedy = did_you_mean(key, self.names) if self.names else "without a header row, give its number"
        raise UsageError(f"{self.path}: has no column {key!r}; {remedy}")

    def read(self, columns: Sequence[int], target: int | None = None) -> tuple[Array, list[str], list[int]]:
        """Read all rows: those columns as float64 numbers (n, columns), the target's n texts and the n line numbers.

        Raises:
            DataError: there are no rows, a row has another width, or a field is missing, infinite, too large or, except
                in the target, no number.
        """
        numbers, texts, lines = array("d"), list[str](), list[int]()
        for line, fields in self.rows:
            try:
                values = [float(fields[column]) for column in columns]
            except ValueError:
                values = [math.nan]
            if not all(abs(value) <= LARGEST for value in values):
                wrong = next(column for column in columns if kind(fields[column]) != "number")
                raise self._problem(line, wrong, fields[wrong])
            numbers.extend(values)
            lines.append(line)
            if target is not None:
                if kind(fields[target]) not in ("number", "word"):
                    raise self._problem(line, target, fields[target])
                texts.append(fields[target].strip())
        if not lines:
            raise DataError(f"{self.path}: has a header row but no data; write one row of numbers for each example")
        return np.frombuffer(numbers).reshape(len(lines), -1), texts, lines

    def quantities(self, column: int, texts: Sequence[str], lines: Sequence[int]) -> Array:
        """A column's texts as numbers (n, 1); a text that is no number is a DataError."""
        for line, text in zip(lines, texts, strict=True):
            if kind(text) != "number":
                raise self._problem(line, column, text)
        return np.array(texts, np.float64)[:, np.newaxis]

    def delimiter_hint(self, option: str) -> str:
        """The remedy where another delimiter seems right, else nothing; `option` is how the delimiter is given."""
        mark = self.likely_delimiter
        return f"; its first row holds {mark!r}: say {option}{json.dumps(mark)}" if mark else ""

    def label(self, column: int) -> str:
        """What a message calls a column."""
        return f"column {self.names[column]!r}" if self.names else f"column {column}"

    def _problem(self, line: int, column: int, text: str) -> DataError:
        """The error for a field that should have been a number."""
        return DataError(f"{self.path}:{line}: {self.label(column)} {PROBLEMS[kind(text)].format(text)}")


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

    The path - is standard input. A delimiter is a character or its name in DELIMITERS. `expected` are names of which
    a header row should hold some, where they are known.

    Raises:
        UsageError: the delimiter is not one character that can separate fields.
        DataError: the file cannot be read or is empty, or its header row is not one; later, as rows are read: a row
            has another width, or a quote is never closed.
    """
    separator = DELIMITERS.get(delimiter, delimiter)
    if len(separator) != 1 or separator in '"\r\n':
        remedy = f"give one character, such as ',' or ';', or a name: {', '.join(DELIMITERS)}"
        raise UsageError(f"delimiter {delimiter!r} cannot separate fields; {remedy}")
    rows = _rows(path, separator)
    first = next(rows, None)
    if first is None:
        raise DataError(f"{path}: is empty; write one row of numbers for each example")
    line, fields = first
    names = _header_names(f"{path}:{line}", fields, expected) if header else ()
    rows = rows if header else itertools.chain([first], rows)
    likely = next((mark for mark in ";\t," if len(fields) == 1 and mark != separator and mark in fields[0]), "")
    return Table(path, names, len(fields), rows, likely)


def _rows(path: Path, delimiter: str) -> Iterator[Row]:
    """Every row that is not blank, all of one width, with the number of its last line; standard input stays open."""
    source = 0 if path == STDIN else path
    try:
        with open(source, encoding="utf-8-sig", newline="", closefd=path != STDIN) as file:
            reader = csv.reader(file, delimiter=delimiter, skipinitialspace=delimiter != " ", strict=True)
            width = 0
            for fields in filter(None, reader):
                width = width or len(fields)
                if len(fields) != width:
                    remedy = f"complete it, and put texts that hold {delimiter!r} in quotes"
                    problem = f"has {len(fields)} fields, but the first row has {width}; {remedy}"
                    raise DataError(f"{path}:{reader.line_num}: {problem}")
                yield reader.line_num, fields
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8 text; save it as CSV in UTF-8") from error
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: is not CSV ({error}); close every quote") from error


def _header_names(source: str, fields: Sequence[str], expected: Sequence[str]) -> tuple[str, ...]:
    """The names in a header row, refused where they look like a first row of data; `source` begins the message."""
    names = tuple(field.strip() for field in fields)
    number = _number_among(names)
    if expected and set(names).isdisjoint(expected) and (number or all(kind(name) == "number" for name in names)):
        raise DataError(f"{source}: looks like data, not names; say --no-header if it is no header row")
    remedy = "if it is a row of data, set data.header: false or give --no-header"
    if number:
        raise DataError(f"{source}: the header row holds the number {number!r}; {remedy}")
    if "" in names:
        raise DataError(f"{source}: column {names.index('')} has no name; give it one, or leave the column out")
    if repeated := [name for name in names if names.count(name) > 1]:
        raise DataError(f"{source}: two columns are named {repeated[0]!r}; rename one, or, {remedy}")
    return names


def _number_among(names: Sequence[str]) -> str:
    """The first number that is hardly a name, or nothing: names may count upwards, as 0, 1, 2 or years do."""
    last = -math.inf
    for name in names:
        if kind(name) == "number":
            value = float(name)
            if not value.is_integer() or value <= last:
                return name
            last = value
    return ""
