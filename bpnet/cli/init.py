"""`bpnet init`: a packaged config to start from."""

import click

from bpnet.cli import options


@click.command()
@options.argument("name", required=False, description="Such as xor or mnist-ce [default: list all of them].")
def init(name: str | None) -> None:
    """Print a packaged config to start from; without a NAME, list them.

    \b
      bpnet init xor > xor.yaml
    """  # noqa: D301  (\b is click's mark for lines to keep)
    from bpnet import config

    text = "\n".join(config.packaged()) + "\n" if name is None else config.find(name).read_text(encoding="utf-8")
    click.echo(text, nl=False)
