"""`bpnet train`: train what a config describes."""

import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import click

from bpnet.cli import options

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@click.command()
@options.describes
@click.option("--out", type=click.Path(path_type=Path), help="The new run folder [default: runs/NAME-DATE-TIME].")
@click.option("--resume", type=click.Path(path_type=Path), metavar="RUN", help="Go on with a run that was stopped.")
@click.option("--dry-run", is_flag=True, help="Say what would be done: layers, parameters, data, steps.")
@options.JSON
@click.option("--quiet", "-q", is_flag=True, help="No progress on stderr.")
def train(
    source: str | None,
    sets: tuple[str, ...],
    seed: int | None,
    out: Path | None,
    resume: Path | None,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Train a network, draw its curves, and leave a run folder.

    \b
      bpnet train --config xor
      bpnet train --config mnist-ce --set train.epochs=5 --seed 1
      bpnet train --resume runs/mnist-ce-20260101-120000
    """  # noqa: D301  (\b is click's mark for lines to keep)
    from bpnet import config, runs

    if resume is not None:
        changes = _changes(source, seed, out, dry_run, sets)
        with _watched(quiet) as (watch, stop):
            summary = runs.resume(resume, **changes, command=sys.argv, watch=watch)
        return _report(summary, as_json, stop)
    resolved = config.load(options.wanted(source), sets, seed)
    if dry_run:
        return _report_plan(runs.prepare(resolved.config).plan(), as_json)
    with _watched(quiet) as (watch, stop):
        summary = runs.train(resolved.config, out, sys.argv, watch)
    return _report(summary, as_json, stop)


def _changes(
    source: str | None, seed: int | None, out: Path | None, dry_run: bool, sets: tuple[str, ...]
) -> dict[str, Any]:
    """What may change of a resumed run, which is the same run: its length, and where its data lie.

    Raises:
        click.UsageError: something else was asked to.
    """
    others = {"--config": source, "--seed": seed, "--out": out, "--dry-run": dry_run or None}
    given = [name for name, value in others.items() if value is not None]
    given += [f"--set {one}" for one in sets if one.partition("=")[0] not in ("train.epochs", "data.path")]
    if given:
        raise click.UsageError(f"--resume goes on with the same run; leave out {given[0]}, or train anew without it")
    changes: dict[str, Any] = {}
    for one in sets:
        key, _, text = one.partition("=")
        if key == "data.path":
            changes["data"] = str(Path(text).absolute())
        elif text.isdecimal() and int(text) > 0:
            changes["epochs"] = int(text)
        else:
            raise click.UsageError(f"--set {one}: a number of epochs is a whole number from 1")
    return changes


STOPS = {
    "early stopping": "early: no better validation score for a while; the best weights are kept",
    "schedule": "early: the schedule has brought the learning rate to its end",
}


class Stop:
    """The signal that asked the training to stop, if any; a second one stops at once."""

    def __init__(self) -> None:
        self.signal = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Note a signal, as its handler."""
        if self.signal:
            raise KeyboardInterrupt
        self.signal = number

    @property
    def asked(self) -> bool:
        """Whether a signal came."""
        return self.signal != 0

    @property
    def exit_code(self) -> int:
        """128 and the signal's number, as shells count; 0 without one."""
        return 128 + self.signal if self.signal else 0


def _advise(prepared: Any) -> None:
    """What a person who knows would say before this training begins."""
    for sentence in prepared.advice:
        click.echo(f"advice: {sentence}", err=True)


@contextmanager
def _watched(quiet: bool) -> Iterator[tuple[Any, Stop]]:
    """Progress on stderr, and the signals caught so that what was trained is saved first."""
    from bpnet.cli.progress import progress
    from bpnet.runs import Watch

    stop = Stop()
    handlers = {number: signal.signal(number, stop) for number in SIGNALS}
    try:
        with progress(quiet) as on_epoch:
            yield Watch(None if quiet else _advise, on_epoch, lambda: stop.asked), stop
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _report(summary: dict[str, Any], as_json: bool, stop: Stop) -> int:
    if as_json:
        options.print_json(summary)
    else:
        layers = "-".join(str(n) for n in summary["layers"])
        head = f"{summary['name']}: {layers}, {summary['parameters']} parameters, {summary['cost']}"
        click.echo(f"{head}, {summary['epochs']} epochs in {summary['seconds']:.1f} s")
        for part in ("train", "validation", "test"):
            if part in summary:
                click.echo(f"{part:<11} {options.measures(summary[part])}")
        if summary["stopped_by"] in STOPS:
            click.echo(f"stopped     {STOPS[summary['stopped_by']]}")
        for part, best in summary["best"].items():
            score = {name: value for name, value in best.items() if name != "epoch"}
            click.echo(f"best        {part} {options.measures(score)} in epoch {best['epoch']}")
        click.echo(f"run         {summary['run']}")
        if summary["epochs"]:
            click.echo(f"curves      {Path(summary['run']) / 'curves.png'}")
    if stop.asked and summary["status"] == "interrupted":
        click.echo(f"Stopped and saved; go on with: bpnet train --resume {shlex.quote(summary['run'])}", err=True)
        return stop.exit_code
    return 0


def _report_plan(plan: dict[str, Any], as_json: bool) -> int:
    if as_json:
        options.print_json(plan)
        return 0
    layers = "-".join(str(n) for n in plan["layers"])
    click.echo(f"{plan['name']}: {layers} ({', '.join(plan['activations'])}), {plan['parameters']} parameters")
    for part, shapes in plan["shapes"].items():
        click.echo(f"{part:<11} {plan['examples'][part]} examples, x {tuple(shapes[0])}, y {tuple(shapes[1])}")
    click.echo(f"cost        {plan['cost']}")
    click.echo(f"steps       {plan['steps_per_epoch']} an epoch, {plan['steps']} in {plan['epochs']} epochs")
    click.echo("nothing was trained (--dry-run)")
    return 0
