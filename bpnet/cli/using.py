"""`bpnet plot`, `evaluate`, `predict` and `gradcheck`: what can be done with a run, or a config."""

import csv
import sys
from pathlib import Path

import click

from bpnet.cli import options

RUN = click.argument("run", type=click.Path(path_type=Path))
HEADER = click.option(
    "--header/--no-header", default=None, help="Whether the CSV file names its columns [default: as in training]."
)
DELIMITER = click.option(
    "--delimiter", metavar="CHARACTER", help="What divides its fields: ; or tab, say [default: as in training]."
)


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--kind", "-k", help="Which picture [default: all that fit one run; curves for several].")
@click.option("--out", "-o", type=click.Path(path_type=Path), help="A .png or .svg file, or a name for both.")
def plot(runs: tuple[Path, ...], kind: str | None, out: Path | None) -> None:
    """Draw the pictures of a run again from its folder; the curves of several runs over each other."""
    from bpnet import runs as library

    if out is not None and kind is None:
        kind = "curves"
    kinds = [kind] if kind else ["curves"] if len(runs) > 1 else library.available(runs[0])
    for one in kinds:
        target = out or (runs[0] / one if len(runs) == 1 else Path(one))
        for file in library.draw(runs, one, target):
            click.echo(str(file))


@click.command()
@RUN
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), help="Where the run's own data are now, if they have moved.")
@HEADER
@DELIMITER
@options.JSON
def evaluate(
    run: Path, file: Path | None, data: Path | None, header: bool | None, delimiter: str | None, as_json: bool
) -> None:
    """Measure a run's network on its own data, or on a CSV or npz FILE that has its features and its target.

    Columns are found by their names, in any order, and further ones are left alone.
    """
    from bpnet import runs

    found = runs.evaluate(run, file, data, header, delimiter)
    if as_json:
        options.print_json(found)
        return
    for part, measured in found.items():
        click.echo(f"{part:<11} {options.measures(measured)}")


@click.command()
@RUN
@click.argument("file", type=click.Path(path_type=Path))
@HEADER
@DELIMITER
@options.JSON
def predict(run: Path, file: Path, header: bool | None, delimiter: str | None, as_json: bool) -> None:
    """Ask a run's network about the examples in FILE (CSV, npz, IDX, or the PNG picture of a digit).

    FILE may be - for CSV on standard input. Prints CSV, a line per example.
    """
    from bpnet import runs

    rows = runs.predict(run, file, header, delimiter)
    if as_json:
        options.print_json({"predictions": rows})
        return
    table = csv.DictWriter(sys.stdout, list(rows[0]) if rows else ["example"], lineterminator="\n")
    table.writeheader()
    for row in rows:
        table.writerow({name: f"{value:.6g}" if isinstance(value, float) else value for name, value in row.items()})


@click.command()
@options.describes
@options.JSON
def gradcheck(source: str | None, sets: tuple[str, ...], seed: int | None, as_json: bool) -> int:
    """Check backpropagation against differences of the cost, for every parameter of a config's network.

    In float64, at the first weights, on eight training examples. Exits with 4 when they differ.
    """
    from bpnet import config, runs
    from bpnet.errors import CheckError

    resolved = config.load(options.wanted(source), sets, seed)
    result = runs.check_gradient(resolved.config)
    if as_json:
        options.print_json(result.report())
        return 0 if result.passed else CheckError.exit_code
    click.echo(f"{resolved.config.name}: backprop against differences, {result.examples} examples, float64")
    for layer in result.layers:
        verdict = "ok" if layer.error <= result.tolerance else "DIFFERS"
        bends = f", {layer.kinks} at a kink of the cost" if layer.kinks else ""
        click.echo(
            f"{layer.name:<18} {layer.parameters:>8} parameters  worst error {layer.error:.1e}  {verdict}{bends}"
        )
    if not result.passed:
        raise CheckError(result.complaint())
    click.echo(f"passed: every parameter agrees to {result.tolerance:g}")
    return 0
