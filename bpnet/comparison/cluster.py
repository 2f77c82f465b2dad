"""Machines as workers: those of a dask.distributed scheduler, which does the units of a worker that dies elsewhere."""

import time
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError, Executor
from contextlib import contextmanager
from typing import Any

from bpnet.data import Splits
from bpnet.errors import BpnetError, UsageError

CONNECTING = 5  # seconds that a scheduler has to answer in; one in the same building takes milliseconds
SPEAKING = 0.5  # seconds between two notes of a unit, each of which is a message through the scheduler
MISSING = "--cluster needs dask.distributed, which is not installed; pip install 'bpnet-trainer[cluster]'"


class Cluster:
    """The workers of the scheduler at an address, such as tcp://10.0.0.1:8786.

    Raises:
        UsageError: dask.distributed is not installed, no scheduler answers there, or it has no workers.
    """

    remedy = "`dask worker` prints why it leaves; the data of a comparison have to fit into the memory of a worker"

    def __init__(self, address: str) -> None:
        try:
            from distributed.scheduler import KilledWorker  # only for --cluster: an extra that takes .5 s to load
        except ImportError as error:
            raise UsageError(MISSING) from error
        self.death: tuple[type[Exception], ...] = (KilledWorker, CancelledError)
        self.address = address
        self._client: Any = None
        self._noted: dict[int, int] = {}
        self._connected().close()

    def start(self) -> Executor:
        """The scheduler's workers; data sent before may be lost."""
        if self._client is None or self._client.status != "running":
            self._client = self._connected()
        return self._client.get_executor(pure=False)

    def stop(self, kill: bool) -> None:
        """Leave the scheduler, which then forgets what it was given; a unit at work is ended by its worker."""
        self._client.close()
        self._client = None

    def size(self) -> int:
        """How many units the workers do at once by now, one while there is nobody."""
        with _lost_as_cancelled():
            return max(1, sum(self._client.nthreads().values()))

    def scatter(self, data: Splits) -> Any:
        """Send the data to every worker there is; others get them from these."""
        with _lost_as_cancelled():
            return self._client.scatter(data, broadcast=True, hash=False)

    def note(self, tasks: int) -> "Told":
        """A topic of the scheduler's, to which this process listens."""
        self._noted = {}
        topic = f"bpnet-{uuid.uuid4().hex}"
        self._client.subscribe_topic(topic, self._listen)
        return Told(topic)

    def noted(self, numbers: Iterable[int]) -> dict[int, int]:
        """The epochs heard of last."""
        return {k: self._noted[k] for k in numbers if k in self._noted}

    def _listen(self, event: tuple[float, tuple[int, int]]) -> None:
        """Take a note from a worker."""
        number, epochs = event[1]
        self._noted[number] = epochs

    def _connected(self) -> Any:
        """A client of the scheduler."""
        from distributed import Client

        kind = UsageError if self._client is None else BpnetError  # which was there, and is gone
        try:
            client: Any = Client(self.address, timeout=CONNECTING, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            remedy = "start one with `dask scheduler`, and name the address that it prints"
            raise kind(f"--cluster {self.address}: no scheduler answers there; {remedy}") from error
        if not client.nthreads():
            client.close()
            raise UsageError(f"--cluster {self.address}: no workers; start some with `dask worker {self.address}`")
        return client


@contextmanager
def _lost_as_cancelled() -> Iterator[None]:
    """A scheduler that is lost cancels what is under way, whichever call notices it."""
    try:
        yield
    except OSError as error:
        raise CancelledError from error


class Told:
    """How workers tell this process how many epochs their units have done."""

    def __init__(self, topic: str) -> None:
        self.topic, self.spoken = topic, 0.0

    def __call__(self, number: int, epochs: int) -> None:
        """Tell it, unless there was a note of this unit just now."""
        from distributed import get_worker

        if time.monotonic() - self.spoken >= SPEAKING:
            self.spoken = time.monotonic()
            get_worker().log_event(self.topic, (number, epochs))
