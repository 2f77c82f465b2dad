"""`bpnet validate`: every error of a config, with its place."""

import click

from bpnet.cli import options


@click.command()
@options.argument("files", nargs=-1, required=True, metavar="FILE...", description="YAML configs, or packaged ones.")
def validate(files: tuple[str, ...]) -> int:
    """Check configs and print every error with its place."""
    from bpnet import config
    from bpnet.errors import UsageError

    code = 0
    for file in files:
        try:
            config.load(file)
        except UsageError as error:
            code = error.exit_code
            click.echo(str(error), err=True)
        else:
            click.echo(f"{file}: ok")
    return code
