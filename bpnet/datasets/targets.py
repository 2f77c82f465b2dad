"""What a column of targets stands for: classes to tell apart, or a quantity to estimate.

Letters: n examples, k classes or quantities.
"""

import numpy as np

from bpnet.data import Array, encode
from bpnet.errors import DataError

MOST_CLASSES = 20
ROWS_PER_CLASS = 10


def are_classes(values: Array) -> bool:
    """Whether targets (n,) that nobody explained are taken for classes.

    Words are; so are whole numbers of one or two different values, or of up to 20 that come ten times each on average.
    All other numbers are quantities.
    """
    if values.dtype.kind != "f":
        return True
    k = len(np.unique(values))
    whole = bool((values == np.floor(values)).all())
    return whole and (k <= 2 or k <= min(MOST_CLASSES, len(values) / ROWS_PER_CLASS))


def are_crowded(values: Array) -> bool:
    """Whether there are more than two classes and fewer than two examples of each on average: hardly classes."""
    k = len(np.unique(values))
    return k > 2 and 2 * k > len(values)


def as_classes(values: Array, place: str) -> tuple[Array, tuple[str, ...]]:
    """Targets y : (n, 1) for two classes, else one-hot (n, k), and the classes' names, sorted as text or by number.

    values : (n,) numbers or texts; `place` begins the message.

    Raises:
        DataError: there is one class only.
    """
    classes, members = np.unique(values, return_inverse=True)
    names = tuple(_name(value) for value in classes)
    if len(names) < 2:
        raise DataError(f"{place} is always {names[0]!r}; there must be two classes at least to tell apart")
    return encode(members, len(names)), names


def class_numbers(values: Array, classes: tuple[str, ...], place: str) -> Array:
    """The numbers (n,) of the classes that values (n,), texts or numbers, name among those known already.

    Raises:
        DataError: a value that names none of them; `place` begins the message.
    """
    found, members = np.unique(values, return_inverse=True)
    names = [_known_as(value, classes) for value in found]
    if strangers := [name for name in names if name not in classes]:
        raise DataError(f"{place}: class {strangers[0]!r} is none of the model's, {', '.join(classes)}")
    return np.array([classes.index(name) for name in names])[members]


def _known_as(value: np.generic, classes: tuple[str, ...]) -> str:
    """The name that a class is known by, also where its number is written otherwise: 1.0 is the class 1."""
    name = _name(value)
    try:
        return name if name in classes else _name(np.float64(name))
    except ValueError:
        return name


def _name(value: np.generic) -> str:
    """A class's name; a whole number has no decimal point."""
    return np.format_float_positional(value, trim="-") if isinstance(value, np.floating) else str(value)
