"""How many BLAS threads a training takes: one where the products of a step are too small to gain from more."""

from contextlib import AbstractContextManager
from typing import Any

import threadpoolctl

from bpnet.training.settings import Settings, Trainable

ONE_BELOW = 5_000_000


def blas_threads(network: Trainable, settings: Settings, n: int) -> int | None:
    """1 where the largest product of a step over n examples multiplies less than 5 million pairs; None: as set."""
    largest = max(w.shape[-2] * w.shape[-1] for w in network.weights) * (settings.batch_size or n)
    return 1 if largest < ONE_BELOW else None


def limited_threads(network: Trainable, settings: Settings, n: int) -> AbstractContextManager[Any]:
    """So many, for as long as the context lasts; entered once per training, not per step."""
    return threadpoolctl.threadpool_limits(blas_threads(network, settings, n))
