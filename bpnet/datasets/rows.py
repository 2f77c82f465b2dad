"""Rows that stay in a file until a mini-batch is gathered: what a Dataset asks of an array, of a memory map.

Letters: n rows, k columns. Whatever numpy function is given such rows gets all of them, in memory; what must not, reads
them with `data.portions` or `data.minibatches`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from bpnet.data import Array, portions, rows_at_once


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows (n, k) of `dtype`: those of the numbers `rows` : (n,) in `source` : (file's rows, ...), changed when read.

    A part of a split has other row numbers and the same source. `changes` are applied one after the other to what is
    gathered, (..., m, ...), and give (..., m, k).
    """

    source: Array
    rows: Array
    width: int
    dtype: np.dtype[Any]
    changes: tuple[Callable[[Array], Array], ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shape(self) -> tuple[int, int]:
        """(n, k)."""
        return len(self.rows), self.width

    @property
    def nbytes(self) -> int:
        """How many bytes they would take in memory."""
        return len(self.rows) * self.width * self.dtype.itemsize

    @property
    def array(self) -> Array:
        """These rows under the type that a Dataset's have: it asks for no more than there is here."""
        return cast("Array", self)

    def __getitem__(self, rows: slice | Array) -> Array:
        """Some of the rows, still in the file."""
        return replace(self, rows=self.rows[rows]).array

    def then(self, change: Callable[[Array], Array]) -> Array:
        """The rows with one more change, which keeps their shape and their dtype; still in the file."""
        return replace(self, changes=(*self.changes, change)).array

    def take(self, rows: slice | Array, axis: int = 0) -> Array:
        """The rows of these numbers, (...), in memory: (..., k)."""
        gathered = self.source.take(self.rows[rows], axis=axis)
        for change in self.changes:
            gathered = change(gathered)
        return gathered

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """All the rows in memory, whenever numpy needs an array; `copy` is no question, they always are one."""
        return self.astype(dtype or self.dtype)

    def astype(self, dtype: Any, copy: bool = False) -> Array:
        """All the rows in memory, in that dtype, read in portions, since changing them may take twice their space."""
        everything, at_once = np.empty(self.shape, dtype), rows_at_once(self.array)
        for k in range(0, len(self), at_once):
            everything[k : k + at_once] = self.take(slice(k, k + at_once))
        return everything

    @property
    def T(self) -> Array:  # noqa: N802  (numpy's name)
        """All the rows in memory, as columns."""
        return self.astype(self.dtype).T

    def min(self) -> Any:
        """The least number."""
        return min(part.min() for part in portions(self.array))

    def max(self) -> Any:
        """The largest number."""
        return max(part.max() for part in portions(self.array))


def learned(dtype: np.dtype[Any], rows: Array) -> Array:
    """Rows as they are learned from; a number too large for the dtype is infinite."""
    with np.errstate(over="ignore"):
        return rows.astype(dtype, copy=False)
