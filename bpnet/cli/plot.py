"""`bpnet plot`: any picture of a run again, from its folder alone."""

from pathlib import Path

import click

from bpnet.cli import options


@click.command()
@options.argument("runs", nargs=-1, required=True, type=options.PATH, metavar="RUN...", description="Run folders.")
@click.option("--kind", "-k", help="Which picture [default: all that fit one run; curves for several].")
@click.option("--out", "-o", type=options.PATH, help="A .png or .svg file, or a name for both.")
def plot(runs: tuple[Path, ...], kind: str | None, out: Path | None) -> None:
    """Draw the pictures of a training or a comparison again; the curves of several trainings over each other."""
    from bpnet import comparison

    for file in comparison.plot(runs, kind, out):
        click.echo(str(file))
