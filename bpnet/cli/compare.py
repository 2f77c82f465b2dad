"""`bpnet compare`: costs against each other, or finished trainings."""

import sys
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bpnet.cli import compare_lines, options, resumable, signals

if TYPE_CHECKING:
    from bpnet.comparison import Comparing, Comparison, TrainingComparison

WITH_TRAININGS = ("costs", "targets", "out", "as_json", "quiet")  # the parameters that finished trainings go with
WITH_RESUME = ("resume", "jobs", "cluster", "as_json", "quiet")
SAME_COMPARISON = "--resume goes on with the same comparison; leave out {}, or compare anew without it"
METAVAR = "COST COST... | RUN RUN..."

library_option = partial(click.option, cls=options.LibraryOption, function="bpnet.comparison:comparing")


@click.command()
@options.argument("costs", nargs=-1, metavar=METAVAR, description="Costs, or finished trainings.")
@options.config_options
@library_option("--seeds", type=options.COUNT, help="Seeds per cost, each a run of its own.")
@click.option("--rate", "rates", multiple=True, metavar="COST=RATE", help="A cost's own learning rate: ce=0.5.")
@library_option("--rate-policy", help="Where rates come from: same, matched, tuned, or each of these.")
@click.option("--for", "own", nargs=2, multiple=True, metavar="COST KEY=VALUE", help="One cost's own: ce train.l2=0.")
@click.option("--vary", multiple=True, metavar="KEY=V,V,...", help="A condition per value of a config key (or z0).")
@click.option("--vary-data", is_flag=True, help="Draw other data for each seed too.")
@click.option("--target", "targets", multiple=True, metavar="METRIC<V", help="What counts as learned: error<0.1.")
@click.option("--check-every", type=options.COUNT, metavar="N", help="Check targets every N mini-batches.")
@click.option("--check-on", type=options.COUNT, metavar="N", help="Check on the first N examples only.")
@click.option("--surface", is_flag=True, help="Draw the cost surface with the paths down it.")
@click.option("--out", type=options.PATH, help="The new folder [default: runs/compare-...].")
@click.option("--resume", type=options.PATH, metavar="FOLDER", help="Resume a comparison that was stopped.")
@library_option("--jobs", type=options.JOBS, metavar="N", help=options.JOBS_HELP)
@options.CLUSTER
@options.JSON
@options.QUIET
def compare(
    costs: tuple[str, ...], out: Path | None, resume: Path | None, as_json: bool, quiet: bool, **others: Any
) -> int:
    """Measure how fast costs learn from the same first weights and the same order of examples.

    Without a config: the book's neuron, from its two starts. Finished trainings are laid over each other.

    \b
      bpnet compare mse ce
      bpnet compare mse ce --vary z0=1.5,3,4,5,6,8,10
      bpnet compare mse ce --config xor --seeds 100 --vary network.init_scale=1,4,16
      bpnet compare mse ce --config xor --rate-policy each --for mse train.l2=0.01
      bpnet compare --resume runs/compare-mse-ce-20260101-120000
      bpnet compare runs/one runs/two
    """  # noqa: D301  (\b is click's mark for lines to keep)
    from bpnet import comparison
    from bpnet.runs.folder import refuse_existing

    if resume is not None:
        options.refuse_others(WITH_RESUME, SAME_COMPARISON)
        again = comparison.comparing_again(resume, others["jobs"], others["cluster"])
        return _train(again, resume, as_json, quiet)
    if out is not None:
        refuse_existing(out)
    if _are_trainings(costs):
        options.refuse_others(WITH_TRAININGS, "finished trainings are compared as they are; leave out {}")
        trainings = comparison.compare_trainings(costs, others["targets"])
        _print(trainings, trainings.save(out), compare_lines.verdict(trainings.verdict), as_json)
        return 0
    return _train(comparison.comparing(costs, **_typed(others)), out, as_json, quiet)


def _are_trainings(names: Iterable[str]) -> bool:
    """Whether names are those of run folders: all of them, or one that is no cost besides."""
    from bpnet.costs import COSTS

    runs = [name for name in names if (Path(name) / "run.json").is_file()]
    return bool(runs) and (len(runs) == len(tuple(names)) or any(name not in COSTS for name in runs))


def _typed(texts: Mapping[str, Any]) -> dict[str, Any]:
    """The options of `comparing`, those of `--vary`, `--rate` and `--for` read from their texts."""
    from bpnet import config as configs

    pairs = [configs.assignment(text, "--vary") for text in texts["vary"]]
    varied = [(key, configs.scalars(values, f"--vary {key}")) for key, values in pairs]
    own: dict[str, list[tuple[str, object]]] = {}
    for cost, text in texts["own"]:
        own.setdefault(cost, []).append(_setting(cost, text))
    return {
        **texts,
        "vary": _unrepeated("--vary", varied),
        "rates": _unrepeated("--rate", map(_rate, texts["rates"])),
        "own": {cost: _unrepeated(f"--for {cost}", settings) for cost, settings in own.items()},
    }


def _unrepeated(option: str, pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Pairs as a dict; a key that comes twice is a UsageError, because one of its values would be left out."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise click.UsageError(f"{option} {key}: given twice; keep one of them")
        found[key] = value
    return found


def _rate(text: str) -> tuple[str, float]:
    """A cost and its learning rate; a rate that is no number is a UsageError."""
    from bpnet import config as configs

    cost, value = configs.assignment(text, "--rate")
    try:
        return cost, float(value)
    except ValueError as error:
        raise click.UsageError(f"--rate {text}: write a cost and its rate, such as ce=0.5") from error


def _setting(cost: str, text: str) -> tuple[str, object]:
    """The key and the value of a setting of one cost alone; anything else is a UsageError."""
    from bpnet import config as configs

    key, value = configs.assignment(text, "--for")
    values = configs.scalars(value or "null", f"--for {cost} {key}")  # as --set reads it
    if len(values) > 1:
        raise click.UsageError(f"--for {cost} {text}: one value for a cost; write a list in brackets, such as [3,4]")
    return key, values[0]


def _train(under_way: "Comparing", folder: Path | None, as_json: bool, quiet: bool) -> int:
    """Train a comparison, save it in its folder and print it; after a signal, say how to resume it."""
    with signals.caught() as stop:
        path = under_way.keep(folder, sys.argv) if under_way.kept is None else under_way.kept.run.path
        if not resumable.trained(under_way, path, "compare", stop, quiet, under_way.save):
            return stop.exit_code
    result = under_way.comparison
    _print(result, path, [*compare_lines.measured(result), *compare_lines.concluded(result)], as_json)
    for warning in result.warnings:
        for line in options.wrapped(f"warning: {warning}", sys.stderr):
            click.echo(line, err=True)
    return 0


def _print(result: "Comparison | TrainingComparison", path: Path, lines: Iterable[str], as_json: bool) -> None:
    """Print a comparison and where its folder is."""
    pictures = [f"picture     {file}" for file in sorted(path.glob("*.png"))]
    content = {"run": str(path), "status": "done", **result.as_json()}
    options.show(content, [*lines, *pictures, f"run         {path}"], as_json)
