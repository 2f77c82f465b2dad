"""What a training takes of the machine: BLAS threads, one where more gain nothing, and memory from step to step."""

import sys
from functools import cache
from typing import Any

import numpy as np
import threadpoolctl

from bpnet.training.settings import Settings, Trainable

LARGEST_KEPT = 31 * 2**20  # bytes, 31 MiB; from 32 on glibc learns nothing from a block
ONE_BELOW = 5_000_000  # multiplications of the largest product of a step; below it a second thread cost time here


def blas_threads(network: Trainable, settings: Settings, n: int) -> int | None:
    """1 where the largest product of a step over n examples multiplies less than 5 million pairs; None: as set."""
    sizes = [p.shape[-2] * p.shape[-1] for name, p in network.parameters.items() if name.startswith("weights")]
    return 1 if max(sizes) * (settings.batch_size or n) < ONE_BELOW else None


@cache
def keep_freed_memory() -> None:
    """Let the arrays that a step frees serve the next one.

    glibc gives large blocks back to the system as soon as they are free, and fresh pages cost more than the arithmetic
    in them; once it has freed a block, it keeps those that are smaller. Elsewhere this does nothing.
    """
    np.empty(LARGEST_KEPT, dtype=np.uint8)


class ThreadLimit:
    """A context in which BLAS uses so many threads; None leaves them as they are."""

    def __init__(self, threads: int | None) -> None:
        self.threads = threads

    def __enter__(self) -> None:
        libraries = _blas("scipy.linalg" in sys.modules) if self.threads is not None else []
        self.changed = [(library, n) for library in libraries if (n := library.get_num_threads()) != self.threads]
        for library, _ in self.changed:
            library.set_num_threads(self.threads)

    def __exit__(self, *_: object) -> None:
        for library, before in self.changed:
            library.set_num_threads(before)


@cache
def _blas(with_scipy: bool) -> list[Any]:
    """The BLAS libraries of this process, looked up once, since it takes a millisecond; scipy brings one of its own."""
    return threadpoolctl.ThreadpoolController().select(user_api="blas").lib_controllers
