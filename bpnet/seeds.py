"""Where the random numbers come from: everything derives from the seed, by streams that do not touch each other.

First weights come from (seed, "weights"), the order of epoch e from (seed, "order", e), the dropout of its step k from
(seed, "dropout", e, k). So (seed, epoch) is the whole random state, and a resumed run is the uninterrupted one.
"""

import numpy as np

STREAMS = {"weights": 0, "order": 1, "dropout": 2, "data": 3, "split": 4, "check": 5}


def generator(seed: int, stream: str, *key: int) -> np.random.Generator:
    """The random numbers for one purpose: the same (seed, stream, key) always gives the same ones.

    The key is the epoch for the order of examples, (epoch, step) for dropout. Streams are independent of each other.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(STREAMS[stream], *key)))
