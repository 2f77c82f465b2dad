"""Where the random numbers come from: everything derives from the seed, by streams that are independent of each other.

First weights come from (seed, "weights"), the order of epoch e from (seed, "order", e), the dropout of its step k from
(seed, "dropout", e, k). So (seed, epoch) is the whole random state, and a resumed run is the uninterrupted one.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

STREAMS = {"weights": 0, "order": 1, "dropout": 2, "data": 3, "split": 4, "check": 5}

Seed = int | Sequence[int]


def generator(seed: int, stream: str, *key: int) -> np.random.Generator:
    """The random numbers for one purpose: the same (seed, stream, key) always gives the same ones."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(STREAMS[stream], *key)))


def generators(seed: Seed, stream: str, *key: int) -> list[np.random.Generator]:
    """One generator for a single seed, one for each replica's seed where there are several."""
    return [generator(int(number), stream, *key) for number in np.atleast_1d(seed)]


def epoch_order(seed: Seed, epoch: int, n: int) -> NDArray[Any]:
    """The order of n examples in an epoch: (n,), or (R, n) where each replica has a seed of its own."""
    orders = [rng.permutation(n) for rng in generators(seed, "order", epoch)]
    return orders[0] if np.ndim(seed) == 0 else np.stack(orders)
