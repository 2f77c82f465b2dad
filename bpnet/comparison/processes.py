"""Processes of this machine as workers: joblib's loky, data and progress through files that are mapped into memory."""

import itertools
import os
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

IDLE = 30  # seconds without work until a process leaves: how long it outlives a command that was killed meanwhile
HELD = 4  # data that a worker keeps mapped, so that the next unit finds them


class Processes:
    """So many processes beside this one."""

    death: tuple[type[Exception], ...] = (BrokenProcessPool,)
    remedy = "is there memory for it?"

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._executor: Any = None
        self._board: Board | None = None
        self._shared: ExitStack | None = None  # what removes the files that the processes share
        self._paths: Iterator[Path] = iter(())  # of the next ones

    def start(self) -> Executor:
        """New processes; where one of those before has died, loky has killed the others."""
        from joblib.externals.loky import ProcessPoolExecutor  # only where there is more than one job

        if self._executor is not None:
            self._executor.shutdown(wait=True)
        if self._shared is None:
            self._share()
        with _blocked_signals():
            self._executor = ProcessPoolExecutor(self.jobs, timeout=IDLE, initializer=_ignore_signals)
            self._executor.submit(int)  # starts the processes, which inherit what is blocked
        return self._executor

    def _share(self) -> None:
        """Make the folder of what the processes share; where this process is killed, loky's tracker removes it."""
        from joblib.externals.loky.backend import resource_tracker

        self._shared = ExitStack()
        folder = self._shared.enter_context(tempfile.TemporaryDirectory(prefix="bpnet-"))
        self._paths = (Path(folder, str(k)) for k in itertools.count())
        with _blocked_signals():  # the tracker is a process too, which would not outlive a closed terminal
            resource_tracker.register(folder, "folder")
        self._shared.callback(resource_tracker.unregister, folder, "folder")

    def stop(self, kill: bool) -> None:
        """Let the processes end, with `kill` in the middle of their work, and remove what they read."""
        self._executor.shutdown(wait=True, kill_workers=kill)
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
        """A file with a number for each unit."""
        path = next(self._paths)
        np.zeros(tasks, dtype=np.int64).tofile(path)
        self._board = Board(str(path), os.getpid())
        return self._board

    def noted(self, numbers: Iterable[int]) -> dict[int, int]:
        """Those numbers in that file that are not 0."""
        board = () if self._board is None else _numbers(self._board.path)
        return {k: epochs for k in numbers if (epochs := int(board[k]))}  # read once, since it changes meanwhile


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


@dataclass(frozen=True)
class Board:
    """Where workers note how many epochs their units have done: a file with a number for each."""

    path: str
    command: int  # the process that reads it, and started the workers

    def __call__(self, number: int, epochs: int) -> None:
        """Note it; where the command was killed, nobody waits for the unit, and the worker ends."""
        _numbers(self.path)[number] = epochs
        if os.getppid() != self.command:
            os._exit(1)  # as one that is killed: loky's worker would wait for further units


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
