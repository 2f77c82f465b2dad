"""Data: a frozen Dataset of examples, splits, one-hot targets, mini-batches.

Letters: n examples, n_in inputs, n_out outputs, R replicas, m examples of a mini-batch. Outside the network an
example is a row; `minibatches` is the one door through which examples become columns.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bpnet.activations import Array as Array
from bpnet.errors import DataError, UsageError
from bpnet.metrics import Kind, labels

PORTION = 2**22  # bytes read at once of what may be larger than memory; 4 MiB fit the caches


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs x : (n, n_in) and targets y : (n, n_out), examples as rows, never changed once made.

    Targets of classes are one-hot, or a single column of 0 and 1 where there are two classes. Both may lie in a file
    (`datasets.rows`); `portions` and `minibatches` read what they need of it.
    """

    x: Array
    y: Array
    classes: tuple[str, ...] = ()  # their names in the order of the outputs; empty for quantities (regression)
    features: tuple[str, ...] = ()  # names of the columns of x, in a table that has them
    image: tuple[int, int] | None = None  # height and width, in pixels, where the inputs are a picture
    published_test: int = 0  # rows at the end that the data's publishers set aside as test set
    target: str = ""  # name of the column of y
    steps: int = 0  # of a sequence, whose steps lie one after the other in its row of x; 0 where it is none

    def __post_init__(self) -> None:
        x, y = self.x.shape, self.y.shape
        if len(x) != 2 or len(y) != 2 or x[0] != y[0]:
            raise DataError(f"a dataset needs x : (n, n_in) and y : (n, n_out), one row per example; got {x} and {y}")

    def __len__(self) -> int:
        return len(self.x)

    @property
    def n_in(self) -> int:
        """Inputs of an example."""
        return int(self.x.shape[1])

    @property
    def n_out(self) -> int:
        """Outputs of an example."""
        return int(self.y.shape[1])

    @property
    def kind(self) -> Kind:
        """What the targets are."""
        return "classes" if self.classes else "quantities"

    @property
    def labels(self) -> Array:
        """The class of each example, (n,) integers; only for classes."""
        return np.concatenate([labels(rows) for rows in portions(self.y)])

    def take(self, rows: slice | Array) -> "Dataset":
        """Those rows, in that order; a slice is a view and costs nothing."""
        return replace(self, x=self.x[rows], y=self.y[rows], published_test=0)

    def one_hot(self) -> "Dataset":
        """The same examples with an output per class, also when there are two classes: what a softmax needs."""
        return self if self.n_out > 1 or not self.classes else replace(self, y=one_hot(self.labels, 2, self.y.dtype))


def portions(array: Array) -> Iterator[Array]:
    """The rows of an array, some MiB at a time, in memory."""
    at_once = rows_at_once(array)
    for k in range(0, max(1, len(array)), at_once):
        yield np.asarray(array[k : k + at_once])


def rows_at_once(array: Array) -> int:
    """How many rows make a portion: a multiple of 64, which a matrix product rounds as it does all of them."""
    return max(64, PORTION // max(1, array[:1].nbytes) // 64 * 64)


def one_hot(classes: Array, k: int, dtype: Any = np.float64) -> Array:
    """(n,) class numbers to (n, k), 1 in the class's column and 0 elsewhere (the book's `vectorized_result`)."""
    wrong = classes[~np.isin(classes, np.arange(k))]
    if wrong.size:
        raise UsageError(f"class numbers for {k} outputs are whole, from 0 to {k - 1}; got {wrong[0]}")
    return np.equal(classes[:, np.newaxis], np.arange(k)).astype(dtype)


@dataclass(frozen=True)
class Splits:
    """A dataset dealt into three; None where a part was not asked for."""

    train: Dataset
    validation: Dataset | None = None
    test: Dataset | None = None

    @property
    def present(self) -> dict[str, Dataset]:
        """The parts that there are, by name."""
        return {name: part for name, part in vars(self).items() if part is not None}

    @property
    def scored(self) -> str:
        """The part that training is judged by: validation, or train where no examples were set apart."""
        return "train" if self.validation is None else "validation"

    @property
    def held_out(self) -> str:
        """The part that says most about new examples: test, else validation, else train."""
        return list(self.present)[-1]

    def map(self, change: Callable[[Dataset], Dataset]) -> "Splits":
        """The same parts, each changed."""
        return Splits(**{name: change(part) for name, part in self.present.items()})


@dataclass(eq=False, slots=True)
class MiniBatch:
    """m examples as columns: x : (n_in, m) and y : (n_out, m), with a leading axis R where replicas have their own.

    Iterating gives pairs of columns (x : (n_in, 1), y : (n_out, 1)), the book's form of a mini-batch.
    """

    x: Array
    y: Array
    masks: list[Array] | None = None  # what dropout multiplies the hidden activations with

    def __len__(self) -> int:
        return int(self.x.shape[-1])

    def __iter__(self) -> Iterator[tuple[Array, Array]]:
        for k in range(len(self)):
            yield self.x[..., k : k + 1], self.y[..., k : k + 1]


def minibatches(
    dataset: Dataset, batch_size: int, order: Array | None = None, dtype: Any = None
) -> Iterator[tuple[Array, Array]]:
    """The examples as columns, m at a time: x : (n_in, m) and y : (n_out, m), the last batch perhaps smaller.

    order : (n,) deals them in that order, (R, n) deals each replica its own (x : (R, n_in, m)), None as they stand.
    """
    for k in range(0, len(dataset), batch_size):
        if order is None:
            x, y = dataset.x[k : k + batch_size], dataset.y[k : k + batch_size]
        else:
            rows = order[..., k : k + batch_size]
            x, y = dataset.x.take(rows, axis=0), dataset.y.take(rows, axis=0)
        yield x.astype(dtype or x.dtype, copy=False).mT, y.astype(dtype or y.dtype, copy=False).mT
