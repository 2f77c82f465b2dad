"""`bpnet compare`: costs against each other, or finished runs."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from bpnet.cli import options
from bpnet.cli.progress import counting


@click.command()
@click.argument("contenders", nargs=-1, required=True, metavar="COST COST... | RUN RUN...")
@options.describes
@click.option("--seeds", default=20, show_default=True, type=click.IntRange(min=1), help="First weights per cost.")
@click.option("--rate", "rates", multiple=True, metavar="COST=RATE", help="A cost's own learning rate: ce=0.5.")
@click.option("--rate-policy", default="same", show_default=True, help="Where rates come from: same, matched, tuned.")
@click.option("--vary", multiple=True, metavar="KEY=V,V,...", help="A condition per value of a config key (or z0).")
@click.option("--target", "targets", multiple=True, metavar="METRIC<V", help="What counts as learned: error<0.1.")
@click.option("--check-every", type=click.IntRange(min=1), metavar="N", help="Check targets every N mini-batches.")
@click.option("--check-on", type=click.IntRange(min=1), metavar="N", help="Check on the first N examples only.")
@click.option("--surface", is_flag=True, help="Draw the cost surface with the paths down it.")
@click.option("--out", type=click.Path(path_type=Path), help="The new folder [default: runs/compare-...].")
@options.JSON
@click.option("--quiet", "-q", is_flag=True, help="No progress on stderr.")
def compare(
    contenders: tuple[str, ...],
    source: str | None,
    sets: tuple[str, ...],
    seed: int | None,
    rates: tuple[str, ...],
    vary: tuple[str, ...],
    out: Path | None,
    as_json: bool,
    quiet: bool,
    **rules: Any,
) -> None:
    """Measure how fast costs learn from the same first weights and the same order of examples.

    Without a config: the book's neuron, from its two starts. Finished runs are laid over each other.

    \b
      bpnet compare mse ce
      bpnet compare mse ce --vary z0=1.5,3,4,5,6,8,10
      bpnet compare mse ce --config xor --seeds 100 --vary network.init_scale=1,4,16
      bpnet compare runs/one runs/two
    """  # noqa: D301  (\b is click's mark for lines to keep)
    from bpnet import comparison

    if all((Path(name) / "run.json").is_file() for name in contenders):
        laid = comparison.overlay([Path(name) for name in contenders], rules["targets"])
        _report(laid.summary, laid.save(out), as_json)
        return
    if source is None and (sets or seed is not None):
        raise click.UsageError("--set and --seed change a config; name one with --config")
    with counting(quiet) as on_epoch:
        found = comparison.compare(
            contenders,
            source,
            vary=dict(_varied(text) for text in vary),
            rates=dict(_rate(text) for text in rates),
            sets=[*sets, *([f"seed={seed}"] if seed is not None else [])],
            on_epoch=on_epoch,
            **rules,
        )
    path = found.save(out, sys.argv)
    _report({"run": str(path), "status": "done", **found.summary}, path, as_json)


def _varied(text: str) -> tuple[str, list[Any]]:
    """`network.init_scale=1,2,4` as the key and its values, each typed as in a config.

    Raises:
        click.UsageError: it is none.
    """
    from bpnet import config

    key, equals, values = text.partition("=")
    if not equals or not key or not values:
        raise click.UsageError(f"--vary {text}: write a key and its values, such as network.init_scale=1,2,4")
    return key, config.listed(values, f"--vary {text}")


def _rate(text: str) -> tuple[str, float]:
    cost, equals, value = text.partition("=")
    try:
        return cost, float(value) if equals else float("nan")
    except ValueError as error:
        raise click.UsageError(f"--rate {text}: write a cost and its rate, such as ce=0.5") from error


def _report(summary: dict[str, Any], path: Path, as_json: bool) -> None:
    if as_json:
        options.print_json(summary | {"run": str(path)})
        return
    for condition in summary.get("conditions", ()):
        click.echo(condition["label"] or summary["name"])
        for cost, about in condition["costs"].items():
            click.echo(f"  {cost:<13} {_times(summary, about)}   {_final(about)}")
    for sweep in summary.get("sweeps", ()):
        rows = ", ".join(f"{row['rate']:.3g}: {_median(row)}" for row in sweep["rows"])
        click.echo(f"sweep {sweep['cost']} {json.dumps(sweep['condition'])}  {rows}")
    for warning in summary.get("warnings", ()):
        click.echo(f"warning: {warning}", err=True)
    click.echo(f"\n{summary['verdict']}\n")
    for file in sorted(path.glob("*.png")):
        click.echo(f"picture     {file}")
    click.echo(f"run         {path}")


def _times(summary: dict[str, Any], about: dict[str, Any]) -> str:
    """`rate 0.15   error<0.5 in 36 epochs   error<0.2 in 107 epochs`."""
    words = [f"rate {about['learning_rate']:<6.3g}"]
    for name, times in about["targets"].items():
        by_updates = summary["unit"] == "updates" and name == summary["target"]
        found = about["updates_to_target"] if by_updates else times
        unit = "" if found["median"] is None else " updates" if by_updates else " epochs"
        words.append(f"{name} {'in ' if unit else ''}{_median(found) + unit:<12}")
        if times["of"] > 1:
            words.append(f"({times['reached']} of {times['of']} arrived)")
    return "  ".join(words)


def _median(times: dict[str, Any]) -> str:
    return "never" if times["median"] is None else f"{times['median']:g}"


def _final(about: dict[str, Any]) -> str:
    if "output_after_300" in about:
        return f"output after 300: {about['output_after_300']:.4f}"
    return "at the end: " + options.measures(about["final"])
