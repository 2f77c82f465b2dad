"""Matrix products, one by one or for many replicas at once, and how the arrays of replicas lie in memory.

Letters: R replicas of matrices of shapes (n, k) and (k, m). Of an array (R, n, k) the fastest axis in memory is usually
k, as BLAS wants it; the arrays of tiny networks lie the other way, the R numbers of an entry side by side.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
TINY = 200  # multiplications of a product; below it a call of BLAS for each replica takes longer than the arithmetic
FEW = 4  # examples of a mini-batch, the four of XOR, for which a network is called tiny
NARROW = 64  # rows or columns that a tiny product has less of, so that data measured in portions go by BLAS
INDICES = {(3, 3): "rij,rjm->rim", (3, 2): "rij,jm->rim", (2, 3): "ij,rjm->rim"}


def product(a: Array, b: Array, out: Array | None = None) -> Array:
    """a @ b for a : (n, k) or (R, n, k) and b : (k, m) or (R, k, m), written into `out` where it is given.

    Of replicas, BLAS multiplies matrix by matrix. Of tiny matrices einsum computes each entry for all replicas at once.
    Which of the two depends on n, k and m only, so that a replica has the same digits in any company but none.
    """
    alike = out is None or a.dtype == b.dtype == out.dtype
    if a.ndim == 2 and b.ndim == 2:  # np.dot takes less time to begin than np.matmul, but not every `out`
        return np.dot(a, b, out=out) if alike and (out is None or out.flags.c_contiguous) else np.matmul(a, b, out=out)
    n, k, m = *a.shape[-2:], b.shape[-1]
    indices = INDICES.get((a.ndim, b.ndim))
    if indices is None or n * k * m > TINY or max(n, k, m) >= NARROW:
        return _written(np.matmul(_replicas_first(a), _replicas_first(b)), out)
    if out is not None and alike and _are_replicas_last(out):
        return np.einsum(indices, replicas_last(a), replicas_last(b), out=out)
    replicas = len(a) if a.ndim == 3 else len(b)
    result = np.empty((n, m, replicas), np.result_type(a, b)).transpose(2, 0, 1)
    return _written(np.einsum(indices, replicas_last(a), replicas_last(b), out=result), out)


def column_sum(a: Array, out: Array) -> Array:
    """The sum of the columns of a : (..., n, m), written into out : (..., n, 1)."""
    ones = _ones(a.shape[-1], a.dtype)  # a product with them takes a third of the time of a sum
    if a.ndim == 2:
        return product(a, ones, out)
    if _are_replicas_last(a):
        return np.add.reduce(a, axis=-1, keepdims=True, out=out)
    return np.matmul(a, ones, out=out)


@cache
def _ones(m: int, dtype: Any) -> Array:
    return np.ones((m, 1), dtype)


def replicas_last(array: Array) -> Array:
    """The array; one of replicas, (R, n, k), as it lies in memory as (n, k, R)."""
    if array.ndim != 3 or _are_replicas_last(array):
        return array
    return np.ascontiguousarray(array.transpose(1, 2, 0)).transpose(2, 0, 1)


def laid_out(parameters: Mapping[str, Array]) -> dict[str, Array]:
    """Arrays of a network as they are multiplied best: in memory the replicas of a tiny one come last."""
    tiny = all(p.shape[-2] * p.shape[-1] * FEW <= TINY for p in parameters.values())
    return {name: replicas_last(p) if tiny else p for name, p in parameters.items()}


def _written(result: Array, out: Array | None) -> Array:
    """The result, written into `out` where it is given."""
    if out is None:
        return result
    out[...] = result
    return out


def _replicas_first(array: Array) -> Array:
    """The array as BLAS can multiply it."""
    return np.ascontiguousarray(array) if _are_replicas_last(array) else array


def _are_replicas_last(array: Array) -> bool:
    return array.ndim == 3 and array.strides[0] == array.itemsize and array.size > len(array) > 1
