"""Progress of a training on stderr: one live line on a terminal, plain lines in a pipe."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bpnet.cli.options import number

SHOWN = ("train_cost", "validation_cost", "train_accuracy", "validation_accuracy", "train_r2", "validation_r2")
SECONDS_BETWEEN_LINES = 1.0

OnEpoch = Callable[[Any, Any], object]


@contextmanager
def progress(quiet: bool) -> Iterator[OnEpoch | None]:
    """What to call after each epoch, with the run prepared and its state; None when quiet."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _live_line() as on_epoch:
            yield on_epoch
    else:
        yield _plain_lines()


@contextmanager
def _live_line() -> Iterator[OnEpoch]:
    """One line that is written over: epoch, measures, examples a second, time left; NO_COLOR is rich's to honour."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), TextColumn("{task.fields[measured]}"))
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task("epoch", total=None, measured="")

        def on_epoch(prepared: Any, state: Any) -> None:
            total, done = prepared.settings.epochs, len(state.history)
            bar.update(
                task,
                completed=done,
                total=total,
                description=f"epoch {done}/{total}",
                measured=_measured(prepared, state),
            )

        yield on_epoch


@contextmanager
def counting(quiet: bool) -> Iterator[Callable[[Any], object] | None]:
    """What to call after each epoch of a comparison: a counter on a terminal, a line every few seconds in a pipe."""
    if quiet:
        yield None
        return
    terminal, shown = sys.stderr.isatty(), time.monotonic()

    def on_epoch(state: Any) -> None:
        nonlocal shown
        if time.monotonic() - shown < (0.1 if terminal else 5 * SECONDS_BETWEEN_LINES):
            return
        shown = time.monotonic()
        line = f"epoch {len(state.history)}"
        print(f"\r{line}" if terminal else line, end="" if terminal else "\n", file=sys.stderr, flush=True)  # noqa: T201

    yield on_epoch
    if terminal:
        print("\r", end="", file=sys.stderr, flush=True)  # noqa: T201


def _plain_lines() -> OnEpoch:
    """A line for the first epoch, for the last, and at most one a second between."""
    shown = float("-inf")

    def on_epoch(prepared: Any, state: Any) -> None:
        nonlocal shown
        total, done = prepared.settings.epochs, len(state.history)
        if done == total or time.monotonic() - shown >= SECONDS_BETWEEN_LINES:
            shown = time.monotonic()
            print(f"epoch {done}/{total}  {_measured(prepared, state)}", file=sys.stderr, flush=True)  # noqa: T201

    return on_epoch


def _measured(prepared: Any, state: Any) -> str:
    row = state.history.last()
    measures = [f"{name.replace('_', ' ')} {number(name, row[name])}" for name in SHOWN if name in row]
    rate = row["epoch"] * len(prepared.splits.train) / max(row["seconds"], 1e-9)
    return "  ".join([*measures, f"{rate:,.0f} examples/s"])
