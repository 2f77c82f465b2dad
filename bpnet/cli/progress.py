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
        from rich.console import Console

        console = Console(stderr=True)
        if console.is_dumb_terminal:
            yield _plain_lines()
            return
        with _live_line(console) as on_epoch:
            yield on_epoch
    else:
        yield _plain_lines()


@contextmanager
def _live_line(console: Any) -> Iterator[OnEpoch]:
    """One line that is written over: epoch, bar, time left, measures; what does not fit a narrow terminal is cut."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Column

    columns = (
        TextColumn("{task.description}", table_column=Column(no_wrap=True, min_width=len(f"epoch {9999}/{9999}"))),
        *(
            (BarColumn(bar_width=10), TimeRemainingColumn(table_column=Column(no_wrap=True)))
            if console.width > 60
            else ()
        ),
        TextColumn("{task.fields[measured]}", table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis")),
    )
    with Progress(*columns, console=console, transient=True, expand=True) as bar:
        task = bar.add_task("epoch", total=None, measured="")

        def on_epoch(prepared: Any, state: Any) -> None:
            total, done = prepared.settings.epochs, len(state.history)
            shown = _shortly(state.history.last(), prepared)
            bar.update(task, completed=done, total=total, description=f"epoch {done}/{total}", measured=shown)

        yield on_epoch


def _shortly(row: dict[str, Any], prepared: Any) -> str:
    """Cost and score of train and validation, and the rate of work, the most telling first."""
    words = []
    for name in ("accuracy", "r2", "cost"):
        pair = [number(name, row[f"{part}_{name}"]) for part in ("train", "validation") if f"{part}_{name}" in row]
        if pair:
            words.append(f"{name} {pair[0]}" + (f" (validation {pair[1]})" if len(pair) > 1 else ""))
    return "  ".join([*words, _work(row, prepared)])


def _work(row: dict[str, Any], prepared: Any) -> str:
    rate = row["epoch"] * len(prepared.splits.train) / max(row["seconds"], 1e-9)
    return f"{rate:,.0f} examples/s"


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
    return "  ".join([*measures, _work(row, prepared)])
