"""Options that several commands share, and how results are printed."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import click

CONFIG = click.option("--config", "-c", "source", metavar="FILE", help="A YAML config, or the name of a packaged one.")
SETS = click.option("--set", "-s", "sets", multiple=True, metavar="KEY=VALUE", help="Change a key: train.epochs=5.")
SEED = click.option("--seed", type=click.IntRange(min=0), help="First weights, order of examples, dropout.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")


def describes(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that name a config: --config, --set and --seed."""
    return CONFIG(SETS(SEED(command)))


def wanted(source: str | None) -> str:
    """The config a command cannot do without.

    Raises:
        click.UsageError: none was named.
    """
    if source is None:
        raise click.UsageError("name a config: --config FILE, or a packaged one such as --config xor")
    return source


def print_json(content: Mapping[str, Any]) -> None:
    """One JSON object on stdout; numbers that are not finite become null."""
    from bpnet.runs.folder import finite

    click.echo(json.dumps(finite(content), indent=2, allow_nan=False))


def measures(found: Mapping[str, Any]) -> str:
    """`cost 0.0016   error 0.0016   accuracy 100.00 %`."""
    return "   ".join(f"{name} {number(name, value)}" for name, value in found.items())


def number(name: str, value: float | None) -> str:
    """Accuracies in percent, everything else to four digits; what is not finite is said to be so."""
    if value is None:
        return "not finite"
    return f"{100 * value:.2f} %" if name.endswith("accuracy") else f"{value:.4g}"
