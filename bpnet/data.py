"""Data: a frozen Dataset of examples, splits, scaling, one-hot targets, mini-batches.

Letters: n examples, n_in inputs, n_out outputs, R replicas, m examples of a mini-batch. Outside the network an
example is a row; `minibatches` is the one door through which examples become columns.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet.errors import DataError, UsageError
from bpnet.metrics import labels
from bpnet.seeds import generator

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs x : (n, n_in) and targets y : (n, n_out), examples as rows, never changed once made.

    Targets of classes are one-hot, or a single column of 0 and 1 where there are two classes. `classes` names them
    in the order of the outputs and is empty when the targets are quantities (regression). `features` and `target` are
    the names of the columns in a table that has them. `image` is (height, width) where the inputs are the pixels of a
    picture. The last `published_test` rows are the test set that the data's publishers set aside; where there is one,
    examples keep their published order when split.
    """

    x: Array
    y: Array
    classes: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    image: tuple[int, int] | None = None
    published_test: int = 0
    target: str = ""

    def __post_init__(self) -> None:
        if self.x.ndim != 2 or self.y.ndim != 2 or len(self.x) != len(self.y):
            raise DataError(
                f"a dataset needs x : (n, n_in) and y : (n, n_out), one row per example; "
                f"got x {self.x.shape} and y {self.y.shape}"
            )

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
    def labels(self) -> Array:
        """The class of each example, (n,) integers; only for classes."""
        return labels(self.y)

    def take(self, rows: slice | Array) -> "Dataset":
        """Those rows, in that order; a slice is a view and costs nothing."""
        return replace(self, x=self.x[rows], y=self.y[rows], published_test=0)

    def one_hot(self) -> "Dataset":
        """The same examples with an output per class, also when there are two classes: what a softmax needs."""
        if not self.classes or self.n_out > 1:
            return self
        return replace(self, y=one_hot(self.labels, 2, self.y.dtype))


def one_hot(classes: Array, k: int, dtype: Any = np.float64) -> Array:
    """(n,) class numbers to (n, k), 1 in the class's column and 0 elsewhere (the book's `vectorized_result`)."""
    return np.equal(classes[:, np.newaxis], np.arange(k)).astype(dtype)


def encode(classes: Array, k: int, dtype: Any = np.float64) -> Array:
    """Class numbers to targets: a single column for two classes, else one-hot."""
    return classes[:, np.newaxis].astype(dtype) if k == 2 else one_hot(classes, k, dtype)


def as_dataset(data: Any, n_out: int) -> Dataset:
    """A Dataset from what people have: one already, a pair of arrays, or the book's list of (x, y) columns.

    A pair is (X, Y) with X : (n, n_in) and Y : (n, n_out), or (n,) class numbers or quantities. In the book's list
    x is (n_in, 1), and y is (n_out, 1) or, as in its test data, a class number.

    Raises:
        UsageError: the data are none of these, or have another number of outputs than the network.
    """
    dataset = data if isinstance(data, Dataset) else _from_arrays(data, n_out)
    if dataset.n_out != n_out:
        raise UsageError(f"targets with {dataset.n_out} outputs for a network with {n_out}")
    return dataset


def _from_arrays(data: Any, n_out: int) -> Dataset:
    if isinstance(data, tuple | list) and len(data) == 2 and getattr(data[0], "ndim", 0) == 2:
        x, y = np.asarray(data[0]), np.asarray(data[1])
    else:
        pairs = list(data) if isinstance(data, Iterable) else []
        if not pairs or any(len(pair) != 2 for pair in pairs):
            raise UsageError("examples come as a Dataset, a pair of arrays (X, Y) of rows, or a list of (x, y) columns")
        x = np.stack([np.ravel(x) for x, _ in pairs])
        y = np.stack([np.ravel(y) for _, y in pairs])
        y = y[:, 0] if y.shape[1] == 1 else y
    if y.ndim == 1 and n_out > 1:
        if not np.isin(y, np.arange(n_out)).all():
            raise UsageError(f"class numbers for {n_out} outputs go from 0 to {n_out - 1}; got {y.min()} to {y.max()}")
        y = one_hot(y, n_out, x.dtype if x.dtype.kind == "f" else np.float64)
    y = y[:, np.newaxis] if y.ndim == 1 else y
    discrete = bool(np.isin(y, (0, 1)).all())
    names = tuple(str(k) for k in range(max(2, n_out))) if discrete else ()
    return Dataset(x, y if y.dtype.kind == "f" else y.astype(np.float64), classes=names)


@dataclass(frozen=True)
class Splits:
    """A dataset dealt into three; None where a part was not asked for."""

    train: Dataset
    validation: Dataset | None = None
    test: Dataset | None = None

    def present(self) -> dict[str, Dataset]:
        """The parts there are, by name."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: part for name, part in parts.items() if part is not None}


def split(
    dataset: Dataset,
    validation: float = 0,
    test: float = 0,
    train: float = 0,
    shuffle: bool | None = None,
    seed: int = 0,
) -> Splits:
    """Deal a dataset into train, validation and test.

    A part below 1 is a fraction of what there is to deal, else a count; train=0 is all that the others leave.
    Shuffled splits keep the shares of the classes. shuffle=None keeps the order of data that come with a published
    test set and shuffles all others. A published test set is the test part, and what remains is dealt, unless
    `test` asks for one of another size.

    Raises:
        UsageError: the parts leave nothing to train on, or a part asked for comes out empty.
    """
    published = test == 0 and dataset.published_test > 0
    pool = dataset.take(slice(0, len(dataset) - dataset.published_test)) if published else dataset
    if shuffle is None:
        shuffle = not dataset.published_test
    counts = [_count(part, asked, len(pool)) for part, asked in (("validation", validation), ("test", test))]
    kept = len(pool) - sum(counts)
    wanted = _count("train", train, len(pool)) or kept
    if not 0 < wanted <= kept:
        raise UsageError(
            f"a split of {len(pool)} examples with {counts[0]} to validate and {counts[1]} to test leaves "
            f"{max(kept, 0)} to train on{f', not {wanted}' if wanted > kept > 0 else ''}; ask for less"
        )
    order = _stratified_order(pool, generator(seed, "split")) if shuffle else np.arange(len(pool))
    dealt, middle, last = (_rows(pool, rows, shuffle) for rows in np.split(order, [kept, kept + counts[0]]))
    final = dataset.take(slice(len(pool), None)) if published else last
    return Splits(dealt.take(slice(0, wanted)), middle if len(middle) else None, final if len(final) else None)


def _count(part: str, asked: float, n: int) -> int:
    count = round(asked * n) if 0 < asked < 1 else int(asked)
    if asked and not count:
        raise UsageError(f"a {part} part of {asked:g} of {n} examples is empty; ask for more")
    return count


def _rows(pool: Dataset, rows: Array, shuffled: bool) -> Dataset:
    """Rows in file order are a slice, so that 50,000 digits are not copied."""
    return pool.take(rows if shuffled or not len(rows) else slice(int(rows[0]), int(rows[-1]) + 1))


def _stratified_order(dataset: Dataset, rng: np.random.Generator) -> Array:
    """A random order of which any stretch has the classes in their shares, as nearly as whole examples allow."""
    order = rng.permutation(len(dataset))
    if not dataset.classes:
        return order
    shuffled = dataset.labels[order]
    place = np.empty(len(order))
    for label in np.unique(shuffled):
        members = np.flatnonzero(shuffled == label)
        place[members] = (np.arange(len(members)) + rng.random()) / len(members)
    return order[np.argsort(place, kind="stable")]


@dataclass(frozen=True)
class Scaling:
    """(x - shift) / unit, column by column; both : (n_columns,), fitted once and kept with the model."""

    shift: Array
    unit: Array

    def apply(self, x: Array) -> Array:
        """Scaled rows, in x's own dtype."""
        return ((x - self.shift) / self.unit).astype(x.dtype, copy=False)

    def undo(self, x: Array) -> Array:
        """The rows as they were before `apply`."""
        return (x * self.unit + self.shift).astype(x.dtype, copy=False)


def standard(x: Array) -> Scaling:
    """To mean 0 and standard deviation 1; a column that never varies is only shifted."""
    spread = x.std(axis=0, dtype=np.float64)
    return Scaling(x.mean(axis=0, dtype=np.float64), np.where(spread > 0, spread, 1))


def minmax(x: Array) -> Scaling:
    """To the range from 0 to 1; a column that never varies is only shifted."""
    low, high = x.min(axis=0).astype(np.float64), x.max(axis=0).astype(np.float64)
    return Scaling(low, np.where(high > low, high - low, 1))


SCALINGS = {"standard": standard, "minmax": minmax}


def minibatches(
    dataset: Dataset, batch_size: int, order: Array | None = None, dtype: Any = None
) -> Iterator[tuple[Array, Array]]:
    """The examples as columns, m at a time: x : (n_in, m) and y : (n_out, m), the last batch perhaps smaller.

    order : (n,) deals them in that order, (R, n) deals each replica its own (x : (R, n_in, m)), None as they stand.
    """
    for k in range(0, len(dataset), batch_size):
        stop = k + batch_size
        if order is None:
            x, y = dataset.x[k:stop], dataset.y[k:stop]
        else:
            x, y = dataset.x.take(order[..., k:stop], axis=0), dataset.y.take(order[..., k:stop], axis=0)
        yield x.astype(dtype or x.dtype, copy=False).mT, y.astype(dtype or y.dtype, copy=False).mT
