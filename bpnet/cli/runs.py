"""`bpnet runs`: past runs."""

from pathlib import Path

import click

from bpnet.cli import options


@click.command()
@options.argument("folder", default="runs", type=options.PATH, description="Where they are [default: runs].")
@options.JSON
def runs(folder: Path, as_json: bool) -> None:
    """List the runs in FOLDER, oldest first."""
    from bpnet import runs as library

    rows, lines = [run.as_json() for run in library.all_runs(folder)], []
    width = max((len(row["run"]) for row in rows), default=0)
    for row in rows:
        length = f"{row['epochs']:>6} {'epoch ' if row['epochs'] == 1 else 'epochs'}"
        length = length if row["kind"] == "training" else f"{row['kind']:<13}"
        result = options.format_measures(row["measured"]) if row["measured"] else row["verdict"]
        lines.append(f"{row['started']}  {row['status']:<11} {length}  {row['run']:<{width}}  {result}".rstrip())
    options.show({"runs": rows}, lines, as_json)
    if not rows and not as_json:
        click.echo(f"no runs in {folder}; `bpnet train --config xor` makes one", err=True)
