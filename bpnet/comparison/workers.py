"""Who does units of work: this process one after the other, processes beside it, or machines under a scheduler.

A unit says how many epochs it has done while it is at work, and returns its result. Its data go to a worker once, not
with each unit. A unit whose worker dies is done again by another one, and counts once.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from itertools import islice
from types import TracebackType
from typing import Any, Protocol, Self

from bpnet.comparison.cluster import Cluster
from bpnet.comparison.processes import Processes
from bpnet.data import Splits
from bpnet.errors import BpnetError, UsageError
from bpnet.runs import environment
from bpnet.training.threads import ThreadLimit

POLL = 0.1  # seconds between two looks at the workers: how long a Ctrl-C waits at most
AHEAD = 2  # units handed out for each worker, so that none waits for the next, and few are handed out in vain
TRIES = 3  # deaths of workers in a row, without a unit finished between them, after which something else is wrong


class Work(Protocol):
    """A unit of work, small enough to be sent to a worker."""

    def run(self, data: Splits) -> Generator[int, None, Any]:
        """Do it; gives the epochs done so far, returns the result."""


Task = tuple[Work, Splits]


@dataclass(frozen=True)
class Report:
    """How far the unit of this number is, in epochs; `result` is None until it is finished."""

    number: int
    epochs: int
    result: Any = None


class Workers(Protocol):
    """Does units of work, inside a `with` block."""

    def run(self, tasks: Sequence[Task]) -> Iterator[Report]:
        """Do every task; gives a report whenever there is one, and at least every tenth of a second between epochs."""

    def __enter__(self) -> Self:
        """Ready to work."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop working; after an error what is at work is given up."""


class Here:
    """This process, one unit after the other."""

    def run(self, tasks: Sequence[Task]) -> Iterator[Report]:
        """Do every task in order, with a report after each epoch."""
        for number, (unit, data) in enumerate(tasks):
            result = yield from _reported(number, unit.run(data))
            yield Report(number, 0, result)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def _reported(number: int, work: Generator[int, None, Any]) -> Generator[Report, None, Any]:
    """The epochs of a unit as reports; returns its result."""
    while True:
        try:
            epochs = next(work)
        except StopIteration as end:
            return end.value
        yield Report(number, epochs)


class Staff(Protocol):
    """Where a pool's workers come from: processes of this machine, or a cluster."""

    death: tuple[type[Exception], ...]  # what a future raises whose worker has died
    remedy: str  # against workers that die again and again

    def start(self) -> Executor:
        """An executor whose workers are there, or will be; perhaps in place of one that is broken."""

    def stop(self, kill: bool) -> None:
        """Let the workers go when they have nothing to do, or with `kill` in the middle of their work."""

    def size(self) -> int:
        """How many workers there are by now."""

    def scatter(self, data: Splits) -> Any:
        """Send data to the workers, or where these can get them; what a unit takes in their place."""

    def note(self, tasks: int) -> Callable[[int, int], None]:
        """A function, to be sent to the workers of so many tasks, that notes how many epochs a unit has done."""

    def noted(self, numbers: Iterable[int]) -> dict[int, int]:
        """The epochs noted last of those of these units that have any."""


def work(unit: Work, data: Any, number: int, note: Callable[[int, int], None], threads: int) -> Any:
    """Do a unit in a worker, in as many BLAS threads as it would have at home: their number decides the last digits."""
    with ThreadLimit(threads):
        note(number, 0)
        steps = _reported(number, unit.run(data() if callable(data) else data))
        while True:
            try:
                note(number, next(steps).epochs)
            except StopIteration as end:
                return end.value


class Pool:
    """Workers that do several units at once."""

    def __init__(self, staff: Staff, threads: int) -> None:
        self.staff, self.threads = staff, threads
        self._sent: dict[int, tuple[Splits, Any]] = {}  # by the id of the data, which are held so that it stays theirs

    def __enter__(self) -> Self:
        self.executor = self.staff.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.staff.stop(kill=kind is not None)
        self._sent.clear()

    def run(self, tasks: Sequence[Task]) -> Iterator[Report]:
        """Do every task, in whatever order; the tasks of workers that die are done by others, after all the rest.

        A unit that kills its worker takes down those at work beside it. So after two deaths in a row it is one at a
        time, and all but that one are finished.
        """
        note, waiting, deaths, careful = self.staff.note(len(tasks)), dict(enumerate(tasks)), 0, False
        while waiting:
            before, handed = len(waiting), dict[Future[Any], int]()
            try:
                yield from self._run(waiting, handed, note, 1 if careful else None)
            except self.staff.death as error:
                deaths = 1 if len(waiting) < before else deaths + 1
                if deaths == TRIES:
                    sentence = f"workers died {TRIES} times in a row, the last at a single unit"
                    raise BpnetError(f"{sentence}; {self.staff.remedy}") from error
                careful |= deaths > 1
                for future in handed:
                    future.cancel()
                self._sent.clear()
                self.executor = self.staff.start()

    def _run(
        self,
        waiting: dict[int, Task],
        handed: dict[Future[Any], int],
        note: Callable[[int, int], None],
        most: int | None,
    ) -> Iterator[Report]:
        """Do the tasks that wait, `most` at once, and take out each that is finished; `handed` are those under way.

        An error of a unit is raised here.
        """
        rest = iter(list(waiting))
        while waiting:
            while len(handed) < (most or AHEAD * self.staff.size()) and (number := next(rest, None)) is not None:
                handed[self._submit(number, *waiting[number], note)] = number
                waiting[number] = waiting.pop(number)  # the last one now, should its worker die
            for future in sorted(wait(handed, POLL, FIRST_COMPLETED).done, key=_has_failed):
                number = handed[future]
                result = future.result()
                del waiting[number], handed[future]
                yield Report(number, 0, result)
            noted = self.staff.noted(handed.values()) or dict.fromkeys(islice(waiting, 1), 0)
            yield from [Report(k, epochs) for k, epochs in noted.items()]

    def _submit(self, number: int, unit: Work, data: Splits, note: Callable[[int, int], None]) -> Future[Any]:
        """Hand a unit out, its data sent before."""
        if id(data) not in self._sent:
            self._sent[id(data)] = data, self.staff.scatter(data)
        return self.executor.submit(work, unit, self._sent[id(data)][1], number, note, self.threads)


def _has_failed(future: Future[Any]) -> bool:
    """Whether a future that is over has no result: those with one come first, so that none is lost."""
    return future.cancelled() or future.exception() is not None


def workers_for(jobs: int, cluster: str | None = None) -> Workers:
    """This process for one job, so many processes (-1: one for each core), or the machines of a dask scheduler.

    Raises:
        UsageError: a number of jobs that is none, or jobs and a cluster, or a cluster that cannot be reached.
    """
    if isinstance(jobs, bool) or not isinstance(jobs, int) or jobs == 0 or jobs < -1:
        raise UsageError(f"--jobs {jobs!r}: how many processes train at once is a number from 1, or -1 for every core")
    if cluster is not None:
        if jobs != 1:
            raise UsageError("--jobs and --cluster: the cluster has its own number of workers; keep one of the two")
        return Pool(Cluster(cluster), _threads())
    jobs = _cores() if jobs == -1 else jobs
    return Here() if jobs == 1 else Pool(Processes(jobs), _threads())


def _cores() -> int:
    """The cores that this process may use, which a container or a queue of jobs may have limited."""
    from joblib import cpu_count  # only where it is asked: it takes .06 s

    return int(cpu_count())


def _threads() -> int:
    """The BLAS threads of this process."""
    return max((int(pool["num_threads"]) for pool in environment()["blas"]), default=1)
