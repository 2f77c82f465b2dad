"""What `compare` and `sweep` have in common: a training that may be stopped, and the line that resumes it."""

import shlex
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bpnet.cli import progress, signals
from bpnet.errors import BpnetError

if TYPE_CHECKING:
    from bpnet.comparison import Comparing, Sweeping

SECONDS_BETWEEN_LINES = 5.0  # in a pipe: these are longer than a training, and each line says less


def trained(
    under_way: "Comparing | Sweeping",
    path: Path,
    command: str,
    stop: signals.Stop,
    quiet: bool,
    finish: Callable[[], object] = lambda: None,
) -> bool:
    """Train what is under way in a folder, then `finish` it; False where a signal has stopped it.

    Whatever ends it before its end, the command says how to resume it.
    """
    again = f"bpnet {command} --resume {shlex.quote(str(path))}"
    try:
        with closing(_steps(under_way, stop)) as steps:
            progress.show(steps, quiet=quiet, seconds=SECONDS_BETWEEN_LINES, ends=False)
        finish()
    except KeyboardInterrupt:
        click.echo(f"Stopped; what is finished is kept; resume with: {again}", err=True)
        return False
    except (BpnetError, OSError):
        click.echo(f"What is finished is kept; resume with: {again}", err=True)
        raise
    return True


def _steps(under_way: "Comparing | Sweeping", stop: signals.Stop) -> Generator[progress.Line, None, None]:
    """Train, an epoch each; a signal ends it between two epochs."""
    with closing(iter(under_way)) as training:
        for step in training:
            yield step.done, step.total, step.text
            stop.check()
