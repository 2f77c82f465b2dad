"""Progress of a training or a comparison on stderr: one live line on a terminal, plain lines in a pipe."""

import logging
import os
import sys
import time
from collections.abc import Iterable

import click

Line = tuple[int, int, str]  # epochs done, of how many, and what else there is to say

DUMB = ("dumb", "unknown")  # names of terminals that cannot write a line over
NARROW = 60  # columns of a terminal; below it the bar and the time left give way to the measures
BAR_WIDTH = 10  # columns


def show(lines: Iterable[Line], *, quiet: bool, seconds: float, ends: bool) -> None:
    """Go through the lines to the end, and show them on stderr as they come.

    In a pipe that is a line in so many seconds, and with `ends` the first and the last one besides.
    """
    logging.disable(logging.ERROR)  # what libraries log would cut the live line; what matters they raise
    try:
        if quiet:
            for _ in lines:
                pass
        elif sys.stderr.isatty() and os.environ.get("TERM", "").lower() not in DUMB:
            _show_live(lines)
        else:
            _show_plain(lines, seconds, ends)
    finally:
        logging.disable(logging.NOTSET)


def _show_live(lines: Iterable[Line]) -> None:
    """One line that is written over: epoch, bar, time left, measures; what does not fit a narrow terminal is cut."""
    from rich.console import Console  # rich is slow to load, and no use in a pipe
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Column

    console = Console(stderr=True)
    middle = (BarColumn(bar_width=BAR_WIDTH), TimeRemainingColumn(table_column=Column(no_wrap=True)))
    rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    columns = (
        TextColumn("{task.description}", table_column=Column(no_wrap=True, min_width=len("epoch 9999/9999"))),
        *(middle if console.width > NARROW else ()),
        TextColumn("{task.fields[text]}", table_column=rest, markup=False),  # [3] is a value here, no style
    )
    with Progress(*columns, console=console, transient=True, expand=True) as bar:
        task = bar.add_task("epoch", total=None, text="")
        for done, total, text in lines:
            bar.update(task, completed=done, total=total, description=f"epoch {done}/{total}", text=text)


def _show_plain(lines: Iterable[Line], seconds: float, ends: bool) -> None:
    """At most a line in so many seconds, and with `ends` the first and the last."""
    shown = float("-inf") if ends else time.monotonic()
    for done, total, text in lines:
        if time.monotonic() - shown >= seconds or (ends and done == total):
            shown = time.monotonic()
            click.echo(f"epoch {done}/{total}  {text}".rstrip(), err=True)
