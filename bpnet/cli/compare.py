"""`bpnet compare`: costs against each other, or finished trainings."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bpnet.cli import options, progress

if TYPE_CHECKING:
    from bpnet.comparison import Comparison, CostResult, TrainingComparison

SECONDS_BETWEEN_LINES = 5.0  # in a pipe: a comparison is longer than a training, and each line says less
WITH_TRAININGS = ("costs", "targets", "out", "as_json", "quiet")  # the parameters that finished trainings go with
METAVAR = "COST COST... | RUN RUN..."

library_option = partial(click.option, cls=options.LibraryOption, function="bpnet.comparison:comparing")


@click.command()
@options.argument("costs", nargs=-1, required=True, metavar=METAVAR, description="Costs, or finished trainings.")
@options.config_options
@library_option("--seeds", type=options.COUNT, help="First weights per cost.")
@click.option("--rate", "rates", multiple=True, metavar="COST=RATE", help="A cost's own learning rate: ce=0.5.")
@library_option("--rate-policy", help="Where rates come from: same, matched, tuned.")
@click.option("--vary", multiple=True, metavar="KEY=V,V,...", help="A condition per value of a config key (or z0).")
@click.option("--target", "targets", multiple=True, metavar="METRIC<V", help="What counts as learned: error<0.1.")
@click.option("--check-every", type=options.COUNT, metavar="N", help="Check targets every N mini-batches.")
@click.option("--check-on", type=options.COUNT, metavar="N", help="Check on the first N examples only.")
@click.option("--surface", is_flag=True, help="Draw the cost surface with the paths down it.")
@click.option("--out", type=options.PATH, help="The new folder [default: runs/compare-...].")
@options.JSON
@options.QUIET
def compare(costs: tuple[str, ...], out: Path | None, as_json: bool, quiet: bool, **others: Any) -> None:
    """Measure how fast costs learn from the same first weights and the same order of examples.

    Without a config: the book's neuron, from its two starts. Finished trainings are laid over each other.

    \b
      bpnet compare mse ce
      bpnet compare mse ce --vary z0=1.5,3,4,5,6,8,10
      bpnet compare mse ce --config xor --seeds 100 --vary network.init_scale=1,4,16
      bpnet compare runs/one runs/two
    """  # noqa: D301  (\b is click's mark for lines to keep)
    from bpnet import comparison
    from bpnet import config as configs
    from bpnet.runs.folder import refuse_existing

    if out is not None:
        refuse_existing(out)
    if all((Path(name) / "run.json").is_file() for name in costs):
        options.refuse_others(WITH_TRAININGS, "finished trainings are compared as they are; leave out {}")
        trainings = comparison.compare_trainings(costs, others["targets"])
        return _print(trainings, trainings.save(out), [], as_json)
    pairs = [configs.assignment(text, "--vary") for text in others["vary"]]
    others["vary"] = {key: configs.scalars(values, f"--vary {key}={values}") for key, values in pairs}
    others["rates"] = dict(_rate(text) for text in others["rates"])
    under_way = comparison.comparing(costs, **others)
    lines = ((step.done, step.total, step.text) for step in under_way)
    progress.show(lines, quiet=quiet, seconds=SECONDS_BETWEEN_LINES, ends=False)
    result = under_way.comparison
    _print(result, result.save(out, sys.argv), _condition_lines(result), as_json)
    for warning in result.warnings:
        click.echo(f"warning: {warning}", err=True)
    return None


def _rate(text: str) -> tuple[str, float]:
    """A cost and its learning rate; a rate that is no number is a UsageError."""
    from bpnet import config as configs

    cost, value = configs.assignment(text, "--rate")
    try:
        return cost, float(value)
    except ValueError as error:
        raise click.UsageError(f"--rate {text}: write a cost and its rate, such as ce=0.5") from error


def _print(result: "Comparison | TrainingComparison", path: Path, head: list[str], as_json: bool) -> None:
    """Print a comparison and where its folder is."""
    pictures = [f"picture     {file}" for file in sorted(path.glob("*.png"))]
    lines = [*head, f"\n{result.verdict}\n", *pictures, f"run         {path}"]
    options.show({"run": str(path), "status": "done", **result.as_json()}, lines, as_json)


def _condition_lines(comparison: "Comparison") -> list[str]:
    """A line for each cost under each condition, and for each sweep of rates."""
    lines = []
    for condition in comparison.conditions:
        lines.append(condition.label or comparison.name)
        details = condition.as_json(comparison.targets, comparison.classes)["costs"]
        for result in condition.results:
            final = f"at the end: {options.format_measures(details[result.cost]['final'])}"
            if "output_after_300" in details[result.cost]:
                final = f"output after 300: {details[result.cost]['output_after_300']:.4f}"
            lines.append(f"  {result.cost:<13} {_times(comparison, result)}   {final}")
    for sweep in comparison.sweeps:
        rows = ", ".join(f"{row.rate:.3g}: {_count(row.arrivals.median)}" for row in sweep.rows)
        lines.append(f"sweep {sweep.cost} {json.dumps(dict(sweep.condition))}  {rows}")
    return lines


def _times(comparison: "Comparison", result: "CostResult") -> str:
    """`rate 0.15   error<0.5 in 36 epochs   error<0.2 in 107 epochs`."""
    words = [f"rate {result.learning_rate:<6.3g}"]
    for target in comparison.targets:
        unit = comparison.unit if target == comparison.targets[0] else "epochs"
        times = result.arrivals(target, unit)
        when = "never" if times.median is None else f"in {times.median:g} {unit}"
        words.append(f"{target} {when:<15}")
        if times.of > 1:
            words.append(f"({times.reached} of {times.of} arrived)")
    return "  ".join(words)


def _count(median: float | None) -> str:
    """A median time, in words where it never came."""
    return "never" if median is None else f"{median:g}"
