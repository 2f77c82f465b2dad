"""`bpnet init`, `validate`, `show`, `schema` and `datasets`: configs, and what they can name."""

import json

import click

from bpnet.cli import options


@click.command()
@click.argument("name", required=False)
def init(name: str | None) -> None:
    """Print a packaged config to start from; without a NAME, list them.

    \b
      bpnet init xor > xor.yaml
    """  # noqa: D301  (\b is click's mark for lines to keep)
    from bpnet import config

    if name is None:
        for known in config.packaged():
            click.echo(known)
        return
    click.echo(config.find(name).read_text(encoding="utf-8"), nl=False)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def validate(files: tuple[str, ...]) -> int:
    """Check configs and print every error with its place."""
    from bpnet import config
    from bpnet.errors import UsageError

    wrong = 0
    for file in files:
        try:
            config.load(file)
        except UsageError as error:
            wrong += 1
            click.echo(str(error), err=True)
        else:
            click.echo(f"{file}: ok")
    return UsageError.exit_code if wrong else 0


@click.command()
@options.describes
@options.JSON
def show(source: str | None, sets: tuple[str, ...], seed: int | None, as_json: bool) -> None:
    """Print every value of a config and where it came from."""
    from bpnet import config

    resolved = config.load(options.wanted(source), sets, seed)
    values = config.values(resolved.config)
    if as_json:
        options.print_json({key: {"value": value, "from": resolved.origins[key]} for key, value in values.items()})
        return
    for key, value in values.items():
        text = json.dumps(value)
        click.echo(f"{key + ': ' + text:<44} # {resolved.origins[key]}")


@click.command()
def schema() -> None:
    """Print the JSON Schema of a config, for editors that check while one types."""
    from bpnet import config

    click.echo(json.dumps(config.schema(), indent=2))


@click.command()
@options.JSON
def datasets(as_json: bool) -> None:
    """List what there is to train on, with the options each takes."""
    from bpnet import datasets as library

    table = library.describe()
    if as_json:
        options.print_json(table)
        return
    for name, about in table.items():
        click.echo(f"{name:<14} {about['about']}")
        for option, text in about["options"].items():
            click.echo(f"{'':<16} {option}: {text}")
