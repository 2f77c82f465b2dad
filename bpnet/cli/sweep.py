"""`bpnet sweep`: every combination of some config keys, each for the same seeds."""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bpnet.cli import options, resumable, signals

if TYPE_CHECKING:
    from bpnet.comparison import Swept

WITH_RESUME = ("resume", "jobs", "cluster", "as_json", "quiet")
SAME_SWEEP = "--resume goes on with the same sweep; leave out {}, or sweep anew without it"

library_option = partial(click.option, cls=options.LibraryOption, function="bpnet.comparison:sweeping")


@click.command()
@options.config_options
@click.option("--vary", multiple=True, metavar="KEY=V,V,...", help="A config key and its values; several make a grid.")
@click.option(
    "--list", "listed", type=options.PATH, metavar="FILE", help="Combinations, a line each: {KEY: V, KEY: V}."
)
@library_option("--seeds", type=options.COUNT, help="Seeds of each combination, each a run of its own.")
@click.option("--keep-runs", is_flag=True, help="Leave a run folder for each run.")
@click.option("--out", type=options.PATH, help="The new folder [default: runs/sweep-...].")
@click.option("--resume", type=options.PATH, metavar="FOLDER", help="Resume a sweep that was stopped.")
@library_option("--jobs", type=options.JOBS, metavar="N", help=options.JOBS_HELP)
@options.CLUSTER
@options.JSON
@options.QUIET
def sweep(resume: Path | None, as_json: bool, quiet: bool, **others: Any) -> int:
    """Train every combination of some config keys, and say whether one is best beyond chance.

    \b
      bpnet sweep --config moons --vary train.learning_rate=0.1,1,10 --vary network.hidden=[5],[30] --jobs 2
      bpnet sweep --config digits --list combinations.txt --seeds 10
      bpnet sweep --resume runs/sweep-moons-20260101-120000
    """  # noqa: D301  (\b is click's mark for lines to keep)
    from bpnet import comparison

    with signals.caught() as stop:
        if resume is not None:
            options.refuse_others(WITH_RESUME, SAME_SWEEP)
            under_way = comparison.sweeping_again(resume, others["jobs"], others["cluster"])
        else:
            under_way = comparison.sweeping(**_typed(others), command=sys.argv)
        path = under_way.kept.run.path
        if not resumable.trained(under_way, path, "sweep", stop, quiet):
            return stop.exit_code
    content = {"run": str(path), "status": "done", **under_way.swept.as_json()}
    options.show(content, [*_lines(under_way.swept), f"run         {path}"], as_json)
    return 0


def _typed(texts: dict[str, Any]) -> dict[str, Any]:
    """The options of `sweeping`, those of `--vary` and `--list` read from their texts."""
    from bpnet import config as configs

    vary: dict[str, list[object]] = {}
    for key, values in (configs.assignment(text, "--vary") for text in texts["vary"]):
        if key in vary:
            raise click.UsageError(f"--vary {key}: given twice; keep one of them")
        vary[key] = configs.scalars(values, f"--vary {key}")
    config = options.required(texts["config"])
    return {**texts, "config": config, "vary": vary, "listed": _listed(texts["listed"]) if texts["listed"] else ()}


def _listed(path: Path) -> list[dict[str, object]]:
    """The combinations of a file, a mapping a line; lines that are empty or begin with # are left out."""
    from bpnet import config as configs

    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"--list {path}: cannot be read ({error}); is that the path?") from error
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        values = configs.scalars(line, f"--list {path}:{number}")
        if len(values) != 1 or not isinstance(values[0], dict) or not values[0]:
            example = "{train.learning_rate: 0.5, train.l2: 1.0}"
            raise click.UsageError(f"--list {path}:{number}: no combination; write keys and values, such as {example}")
        found.append(values[0])
    if not found:
        raise click.UsageError(f"--list {path}: no combinations; write one a line")
    return found


def _lines(swept: "Swept") -> Iterator[str]:
    """A line for each combination, and the verdict."""
    width = max(len(one.label) for one in swept.combinations)
    for one in swept.combinations:
        ends = one.summary(swept.score)
        q1, median, q3 = (options.format_number(swept.score, ends[name]) for name in ("q1", "median", "q3"))
        diverged = f"   {one.diverged} of {len(one.runs)} diverged" if one.diverged else ""
        yield f"{one.label:<{width}}   {swept.score.replace('_', ' ')} {median} ({q1} to {q3}){diverged}"
    for line in ["", *swept.verdict.splitlines(), ""]:
        yield from options.wrapped(line) if line else [""]
