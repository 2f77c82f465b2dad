"""`bpnet show`: every value of a config, and where it came from."""

import json

import click

from bpnet.cli import options


@click.command()
@options.config_options
@options.JSON
def show(config: str | None, sets: tuple[str, ...], seed: int | None, as_json: bool) -> None:
    """Print every value of a config and where it came from."""
    from bpnet import config as configs

    resolved = configs.resolve(options.required(config), sets, seed)
    values = configs.values(resolved.config)
    content = {key: {"value": value, "from": resolved.origins[key]} for key, value in values.items()}
    lines = [f"{f'{key}: {json.dumps(value)}':<44} # {resolved.origins[key]}" for key, value in values.items()]
    options.show(content, lines, as_json)
