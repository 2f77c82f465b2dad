"""`bpnet evaluate`: a trained network measured on its own data, or on a file."""

from pathlib import Path

import click

from bpnet.cli import options


@click.command()
@options.RUN
@options.argument("file", required=False, type=options.PATH, description="CSV, npz, npy [default: the run's own data].")
@click.option(
    "--data", type=options.PATH, help="Where the run's own data are now, if they have moved; of npy, the folder."
)
@click.option("--targets", type=options.PATH, help="The .npy file of targets, for an .npy FILE of inputs.")
@options.HEADER
@options.DELIMITER
@options.JSON
def evaluate(
    run: Path,
    file: Path | None,
    data: Path | None,
    targets: Path | None,
    header: bool | None,
    delimiter: str | None,
    as_json: bool,
) -> None:
    """Measure a run's network on its own data, or on a FILE that has its features and its target.

    Columns are found by their names, in any order; further columns are ignored.
    """
    from bpnet import runs

    parts = runs.evaluate(run, file, data=data, targets=targets, header=header, delimiter=delimiter)
    lines = [f"{part:<11} {options.format_measures(measures)}" for part, measures in parts.items()]
    options.show(parts, lines, as_json)
