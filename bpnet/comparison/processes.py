"""Processes of this machine as workers: joblib's loky, data and progress through files that are mapped into memory."""

import itertools
import signal
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from bpnet.data import Splits

IDLE = 30  # seconds without work until a process leaves: how long it outlives a command that was killed
STOP = 1  # in the last place of the board: leave the unit
HELD = 4  # data that a worker keeps mapped, so that the next unit finds them


class Processes:
    """So many processes beside this one."""

    death: tuple[type[Exception], ...] = (BrokenProcessPool,)
    remedy = "is there memory for so many? take fewer --jobs"

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._executor: Any = None
        self._board: Board | None = None
        self._shared: ExitStack | None = None  # what removes the files that the processes share
        self._paths: Iterator[Path] = iter(())  # of the next ones

    def start(self) -> Executor:
        """New processes; where one of those before has died, loky has killed the others."""
        from joblib.externals.loky import ProcessPoolExecutor  # only where there is more than one job: it takes .3 s

        if self._executor is not None:
            self._executor.shutdown(wait=True)
        if self._shared is None:
            self._shared = ExitStack()
            folder = self._shared.enter_context(tempfile.TemporaryDirectory(prefix="bpnet-"))
            self._paths = (Path(folder, str(k)) for k in itertools.count())
        self._executor = ProcessPoolExecutor(self.jobs, timeout=IDLE, initializer=_ignore_signals)
        with _blocked_signals():
            self._executor.submit(int)  # starts the processes, which inherit what is blocked
        return self._executor

    def stop(self, kill: bool) -> None:
        """Let the processes end, and remove what they read; with `kill` each gives up after the epoch it is in.

        loky's own way to kill them prints a traceback where units wait to be handed out.
        """
        if kill and self._board is not None:
            _numbers(self._board.path)[-1] = STOP
        self._executor.shutdown(wait=True)
        self._executor = self._board = None
        if self._shared is not None:
            self._shared.close()
            self._shared = None

    def size(self) -> int:
        """How many processes there are."""
        return self.jobs

    def scatter(self, data: Splits) -> "Mapped":
        """The data in a file that all processes map into their memory, so that the machine holds them once."""
        import joblib

        path = next(self._paths)
        joblib.dump(data, path)
        return Mapped(str(path))

    def note(self, tasks: int) -> "Board":
        """A file with a number for each unit, and one for all."""
        path = next(self._paths)
        np.zeros(tasks + 1, dtype=np.int64).tofile(path)
        self._board = Board(str(path))
        return self._board

    def noted(self, numbers: Iterable[int]) -> dict[int, int]:
        """Those numbers in that file that are not 0."""
        board = (
            _numbers(self._board.path) if self._board is not None else ()
        )  # changes while it is read, so each number is read once
        return {k: epochs for k in numbers if (epochs := int(board[k]))}


@dataclass(frozen=True)
class Mapped:
    """Data in a file, mapped into memory when they are asked for."""

    path: str

    def __call__(self) -> Splits:
        """The data, read only."""
        return _mapped(self.path)


@lru_cache(maxsize=HELD)
def _mapped(path: str) -> Splits:
    """The data in a file that `scatter` wrote."""
    import joblib

    data: Splits = joblib.load(path, mmap_mode="r")
    # As plain arrays: whatever is computed from a np.memmap asks in Python, each time, whether it still is one.
    return data.map(lambda part: replace(part, x=np.asarray(part.x), y=np.asarray(part.y)))


class Stopped(Exception):  # noqa: N818  (no error: how a worker leaves a unit that nobody waits for)
    """The command has stopped."""


@dataclass(frozen=True)
class Board:
    """Where workers note how many epochs their units have done: a file with a number for each; the last says stop."""

    path: str

    def __call__(self, number: int, epochs: int) -> None:
        """Note it; raises Stopped where the command has stopped."""
        numbers = _numbers(self.path)
        numbers[number] = epochs
        if numbers[-1] == STOP:
            raise Stopped


@lru_cache(maxsize=HELD)
def _numbers(path: str) -> Any:
    """The numbers in a file, mapped into memory: what one process writes there the others see."""
    return np.memmap(path, dtype=np.int64, mode="r+")


def _ignore_signals() -> None:
    """In a worker: Ctrl-C and a closed terminal reach the whole group of processes, and the command answers them."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


@contextmanager
def _blocked_signals() -> Iterator[None]:
    """Signals that wait until the block is over; a process that is started in it has them blocked for good."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGHUP))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
