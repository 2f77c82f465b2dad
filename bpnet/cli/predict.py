"""`bpnet predict`: a trained network asked about new examples."""

import csv
import io
from pathlib import Path

import click

from bpnet.cli import options


@click.command()
@options.RUN
@options.argument("file", type=options.PATH, description="CSV, npz, npy, IDX or PNG; - is CSV on standard input.")
@options.HEADER
@options.DELIMITER
@options.JSON
def predict(run: Path, file: Path, header: bool | None, delimiter: str | None, as_json: bool) -> None:
    """Ask a run's network about the examples in FILE, or the picture of a digit. Prints CSV, a line per example."""
    from bpnet import runs

    rows = runs.predict(run, file, header=header, delimiter=delimiter)
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]) if rows else ["example"], lineterminator="\n")
    table.writeheader()
    for row in rows:
        table.writerow({name: f"{value:.6g}" if isinstance(value, float) else value for name, value in row.items()})
    options.show({"predictions": rows}, text.getvalue().splitlines(), as_json)
