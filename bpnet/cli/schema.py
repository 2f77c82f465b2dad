"""`bpnet schema`: the JSON Schema of a config."""

import json

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of a config, for editors that check while you type."""
    from bpnet import config

    click.echo(json.dumps(config.schema(), indent=2))
