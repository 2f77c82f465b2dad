"""Signals that ask a command to stop: it saves first what it has; a second signal stops it at once."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
NOHUP = getattr(signal, "SIGHUP", None)  # the one that nohup has ignored; Windows has none


class Stop:
    """The handler of signals: takes note of the first one, and raises KeyboardInterrupt at a second one."""

    def __init__(self) -> None:
        self.signal = 0
        self._action: Callable[[], None] | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Take note of a signal."""
        if self.signal:
            raise KeyboardInterrupt
        self.signal = number
        if self._action is not None:
            self._action()

    def then(self, action: Callable[[], None]) -> None:
        """Call this at the first signal, or now where that has come already."""
        self._action = action
        if self.signal:
            action()

    def check(self) -> None:
        """Raise KeyboardInterrupt if there was a signal: for a loop that can be left here, and nowhere else."""
        if self.signal:
            raise KeyboardInterrupt

    @property
    def exit_code(self) -> int:
        """What a command ends with that was stopped by a signal, as shells count."""
        return 128 + (self.signal or signal.SIGINT)


@contextmanager
def caught() -> Iterator[Stop]:
    """The signals caught, so that what was trained is saved first; under nohup, a closed terminal stays ignored."""
    stop = Stop()
    heard = [number for number in SIGNALS if number != NOHUP or signal.getsignal(number) != signal.SIG_IGN]
    handlers = {number: signal.signal(number, stop) for number in heard}
    try:
        yield stop
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
