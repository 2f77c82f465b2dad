"""What commands share: arguments and options with their help, defaults read from the library, printed results."""

import inspect
import shutil
import sys
import textwrap
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

import click
from click.core import ParameterSource

NARROWEST = 20  # columns; on a narrower terminal lines are left to it

PATH = click.Path(path_type=Path)
COUNT = click.IntRange(min=1)
JOBS = click.IntRange(min=-1)
JOBS_HELP = "Train in N processes at once; -1: one for each core."


class Argument(click.Argument):
    """An argument with a description for --help and the reference."""

    def __init__(self, *declarations: Any, description: str, **keywords: Any) -> None:
        super().__init__(*declarations, **keywords)
        self.help = description  # where click 8.5 looks; before, it lists whatever has a record among the options

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:
        """The argument as the usage line has it, and its description."""
        return self.make_metavar(ctx), self.help or ""


class LibraryOption(click.Option):
    """An option whose default is that of the parameter of its name in a function of the library.

    `function` is "module:function": the module is loaded when the option is used or its help is shown, not before.
    """

    def __init__(self, *declarations: Any, function: str, **keywords: Any) -> None:
        super().__init__(*declarations, **keywords | {"show_default": True})
        self.function = function

    def get_default(self, ctx: click.Context, call: bool = True) -> Any:
        """The parameter's default."""
        module, _, name = self.function.partition(":")
        return inspect.signature(getattr(import_module(module), name)).parameters[self.name or ""].default


def numbers(context: click.Context, parameter: click.Parameter, text: str | None) -> tuple[float, ...] | None:
    """The callback of an option that takes numbers with commas between them."""
    try:
        return None if text is None else tuple(map(float, text.split(",")))
    except ValueError as error:
        raise click.BadParameter(f"{text!r}; write numbers with commas between them, such as -4,0,4") from error


argument = partial(click.argument, cls=Argument)

CONFIG = click.option("--config", "-c", metavar="FILE", help="A YAML config, or the name of a packaged one.")
SETS = click.option("--set", "-s", "sets", multiple=True, metavar="KEY=VALUE", help="Change a key: train.epochs=5.")
SEED = click.option("--seed", type=click.IntRange(min=0), help="Seed of first weights, order of examples, dropout.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
QUIET = click.option("--quiet", "-q", is_flag=True, help="No progress on stderr.")
CLUSTER = click.option(
    "--cluster", metavar="ADDRESS", help="Train on the workers of a dask scheduler: tcp://host:8786."
)
RUN = argument("run", type=PATH, description="The folder of a finished training.")
HEADER = click.option("--header/--no-header", default=None, help="If a CSV has a header row [default: as in training].")
DELIMITER = click.option("--delimiter", metavar="CHARACTER", help="CSV separator: ; or tab [default: as in training].")


def config_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that name a config: --config, --set and --seed."""
    return CONFIG(SETS(SEED(command)))


def required(config: str | None) -> str:
    """The config that a command cannot do without; where none was named, a UsageError."""
    if config is None:
        raise click.UsageError("name a config: --config FILE, or a packaged one such as --config xor")
    return config


def refuse_others(names: Collection[str], sentence: str) -> None:
    """Refuse a parameter that was given on the command line and is none of `names`; the sentence has it as {}."""
    context = click.get_current_context()
    for parameter in context.command.params:
        given = context.get_parameter_source(str(parameter.name)) is ParameterSource.COMMANDLINE
        if given and parameter.name not in names:
            raise click.UsageError(sentence.format(parameter.opts[0]))


def show(content: Mapping[str, object], lines: Iterable[str], as_json: bool) -> None:
    """Print a result on stdout: its lines, or one JSON object, in which numbers that are not finite are null."""
    from bpnet.files import json_text

    for line in [json_text(content)] if as_json else lines:
        click.echo(line)


def width(stream: TextIO | None = None) -> int | None:
    """The columns of the terminal that stdout, or another stream, is; None where it is none."""
    return shutil.get_terminal_size().columns if (stream or sys.stdout).isatty() else None


def wrapped(text: str, stream: TextIO | None = None) -> list[str]:
    """A line broken between words for a terminal, the rest set in; the line itself in a pipe, for grep."""
    columns, indent = width(stream), len(text) - len(text.lstrip())
    if columns is None:
        return [text]
    whole = textwrap.TextWrapper(
        max(columns, NARROWEST), subsequent_indent=" " * (indent + 2), break_long_words=False, break_on_hyphens=False
    )
    return whole.wrap(text)


def format_measures(measures: Mapping[str, Any]) -> str:
    """`cost 0.0016   error 0.0016   accuracy 100.00 %`."""
    return "   ".join(f"{name} {format_number(name, value)}" for name, value in measures.items())


def format_number(name: str, value: float | None) -> str:
    """Accuracies in percent, everything else to four digits; None stands for a number that is not finite."""
    if value is None:
        return "not finite"
    return f"{100 * value:.2f} %" if name.endswith("accuracy") else f"{value:.4g}"
