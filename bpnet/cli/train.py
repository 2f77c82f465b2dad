"""`bpnet train`: train what a config describes."""

import shlex
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bpnet.cli import options, progress, signals

if TYPE_CHECKING:
    from bpnet.experiment import Experiment
    from bpnet.runs import Summary
    from bpnet.training import State

SECONDS_BETWEEN_LINES = 1.0  # in a pipe
SAME_RUN = "--resume continues the same run; leave out {}, or train anew without it"

STOPS = {
    "early stopping": "early: no better validation score for a while; the best weights are kept",
    "optimizer": "early: no step that the optimiser tried lowers the cost any more, beyond rounding",
    "schedule": "early: the schedule has brought the learning rate to its end",
}


@click.command()
@options.config_options
@click.option("--out", type=options.PATH, help="The new run folder [default: runs/NAME-DATE-TIME].")
@click.option("--resume", type=options.PATH, metavar="RUN", help="Resume a run that was stopped.")
@click.option("--dry-run", is_flag=True, help="Print what would be done: layers, parameters, data, steps.")
@options.JSON
@options.QUIET
def train(
    config: str | None,
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
    from bpnet import config as configs
    from bpnet import experiment, runs

    if resume is None:
        loaded = configs.load(options.required(config), sets, seed)
        if dry_run:
            return _print_plan(experiment.from_config(loaded), as_json)
        begin = partial(runs.begin, loaded, out)
    else:
        options.refuse_others(("resume", "sets", "as_json", "quiet"), SAME_RUN)
        begin = partial(runs.begin_again, resume, *_changes(sets))
    with signals.caught() as stop, begin(command=sys.argv) as run:
        stop.then(run.stop)
        if not quiet and resume is None:
            for sentence in runs.advise(run.experiment.config, run.experiment.splits.train):
                click.echo(f"advice: {sentence}", err=True)
        lines = (_line(run.experiment, state) for state in run)
        progress.show(lines, quiet=quiet, seconds=SECONDS_BETWEEN_LINES, ends=True)
    options.show(run.summary.as_json(), _summary_lines(run.summary), as_json)
    if not stop.signal or run.summary.status != "interrupted":
        return 0
    click.echo(f"Stopped and saved; resume with: bpnet train --resume {shlex.quote(str(run.folder.path))}", err=True)
    return stop.exit_code


def _changes(sets: tuple[str, ...]) -> tuple[int | None, str | None]:
    """The epochs and the path of the data that --set gives a resumed run; all else is a UsageError."""
    from bpnet import config as configs

    settings = dict(configs.assignment(text, "--set") for text in sets)
    epochs, data = settings.pop("train.epochs", None), settings.pop("data.path", None)
    if settings.keys() & {"data.x", "data.y"}:
        raise click.UsageError("--resume finds both files of the data in one folder; say --set data.path=FOLDER")
    if settings:
        raise click.UsageError(SAME_RUN.format("--set {}={}".format(*settings.popitem())))
    if epochs is not None and not (epochs.isdecimal() and int(epochs) > 0):
        raise click.UsageError(f"--set train.epochs={epochs}: a number of epochs is a whole number from 1")
    return None if epochs is None else int(epochs), data


def _line(experiment: "Experiment", state: "State") -> progress.Line:
    """Score and cost of train and validation, and the rate of work, the most telling first."""
    row, words = state.history.last(), []
    for name in ("accuracy", "r2", "cost"):
        columns = [f"{part}_{name}" for part in ("train", "validation") if f"{part}_{name}" in row]
        numbers = [options.format_number(name, row[column]) for column in columns]
        if numbers:
            words.append(f"{name} {numbers[0]}" + (f" (validation {numbers[1]})" if len(numbers) > 1 else ""))
    rate = row["epoch"] * len(experiment.splits.train) / max(row["seconds"], 1e-9)  # seconds; a clock may stand still
    return row["epoch"], experiment.settings.epochs, "  ".join([*words, f"{rate:,.0f} examples/s"])


def _summary_lines(summary: "Summary") -> Iterator[str]:
    """What a training came to."""
    from bpnet.config.locations import counted

    layers = "-".join(str(n) for n in summary.layers)
    head = f"{summary.name}: {layers}, {summary.parameters} parameters, {summary.cost}"
    yield f"{head}, {counted(summary.epochs, 'epoch')} in {summary.seconds:.1f} s"
    for part, measures in summary.parts.items():
        yield f"{part:<11} {options.format_measures(measures)}"
    if summary.stopped_by in STOPS:
        yield f"stopped     {STOPS[summary.stopped_by]}"
    for part, best in summary.best.items():
        score = {name: value for name, value in best.items() if name != "epoch"}
        yield f"best        {part} {options.format_measures(score)} in epoch {best['epoch']}"
    yield f"run         {summary.run}"
    if summary.epochs:
        yield f"curves      {summary.run / 'curves.png'}"


def _print_plan(experiment: "Experiment", as_json: bool) -> int:
    """What training this experiment would do: the network, the data, the steps."""
    from bpnet import runs
    from bpnet.config.locations import counted

    experiment.start()  # refuses what a training would
    network, settings, parts = experiment.network, experiment.settings, experiment.splits.present
    steps = settings.steps_per_epoch(len(parts["train"]))
    activations = [activation.name for activation in network.activations]
    content = {
        "name": experiment.config.name,
        "layers": network.sizes,
        "activations": activations,
        "parameters": runs.count_parameters(network),
        "cost": network.cost.name,
        "examples": {name: len(part) for name, part in parts.items()},
        "shapes": {name: [part.x.shape, part.y.shape] for name, part in parts.items()},
        "classes": experiment.model.classes,
        "steps_per_epoch": steps,
        "epochs": settings.epochs,
        "steps": steps * settings.epochs,
    }
    layers = "-".join(str(n) for n in network.sizes)
    section = experiment.config.network
    head = f"{experiment.config.name}: {layers} ({', '.join(activations)})"
    head += f", recurrent over {section.steps} steps" if section.kind == "recurrent" else ""
    lines = [
        f"{head}, {content['parameters']} parameters",
        *(f"{name:<11} {len(part)} examples, x {part.x.shape}, y {part.y.shape}" for name, part in parts.items()),
        f"cost        {network.cost.name}",
        f"steps       {steps} an epoch, {steps * settings.epochs} in {counted(settings.epochs, 'epoch')}",
        "nothing was trained (--dry-run)",
    ]
    options.show(content, lines, as_json)
    return 0
