"""`bpnet datasets`: what there is to train on."""

import click

from bpnet.cli import options


@click.command()
@options.JSON
def datasets(as_json: bool) -> None:
    """List what there is to train on, with the options each takes."""
    from bpnet import datasets as library

    table, lines = library.describe(), []
    for name, description in table.items():
        lines.append(f"{name:<14} {description['about']}")
        lines += [f"{'':<16} {option}: {text}" for option, text in description["options"].items()]
    options.show(table, lines, as_json)
