"""The command line: parse, call one function, print. Results on stdout, progress on stderr."""

import gc
import io
import os
import sys
import traceback

import click

from bpnet.cli.compare import compare
from bpnet.cli.costs import costs
from bpnet.cli.datasets import datasets
from bpnet.cli.doctor import doctor
from bpnet.cli.evaluate import evaluate
from bpnet.cli.gradcheck import gradcheck
from bpnet.cli.init import init
from bpnet.cli.plot import plot
from bpnet.cli.predict import predict
from bpnet.cli.runs import runs
from bpnet.cli.schema import schema
from bpnet.cli.show import show
from bpnet.cli.sweep import sweep
from bpnet.cli.train import train
from bpnet.cli.validate import validate
from bpnet.errors import BpnetError

FAILED, USAGE, INTERRUPTED, NOBODY_READS = 1, 2, 130, 141  # exit codes; the last two are 128 + SIGINT and SIGPIPE

NEW_OBJECTS = 100_000  # between two looks for garbage in cycles; loading matplotlib makes 63,000 that all stay

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}  # columns of the help, at most
FIRST = [train, compare, sweep, plot, evaluate, predict]
FURTHER = [costs, gradcheck, init, validate, show, schema, datasets, runs, doctor]


@click.group(context_settings=SETTINGS, commands=[*FIRST, *FURTHER])
@click.version_option(package_name="bpnet-trainer", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an error; goes anywhere.")
def bpnet(debug: bool) -> None:
    """Train small neural networks from YAML configs, and see how fast they learn.

    Exit codes: 0 done, 1 failed, 2 wrong usage or config, 3 diverged, 4 a check said no, 128 and the signal's number
    when stopped by one after saving (130 by Ctrl-C, 143 by kill, 129 by a closed terminal; 141 when nobody reads).
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code; an error is one sentence on stderr, never a traceback."""
    gc.set_threshold(NEW_OBJECTS)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    code = run(sys.argv[1:] if arguments is None else arguments)
    gc.freeze()  # the process ends, and its memory with it: looking through a library's objects once more takes .2 s
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code."""
    try:
        code = bpnet.main([word for word in arguments if word != "--debug"], prog_name="bpnet", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (BrokenPipeError, SystemExit):  # click exits by itself where nobody reads, and nowhere else
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY_READS
    except (Exception, KeyboardInterrupt) as error:
        if "--debug" in arguments:
            traceback.print_exception(error)
        return _report(error)


def _report(error: BaseException) -> int:
    """Print what went wrong, in a sentence on stderr; returns the exit code."""
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return _print_error("Stopped.", INTERRUPTED)
    if isinstance(error, click.ClickException):
        error.show()
        hint = "unexpected extra argument" in error.message
        return _print_error("A config is named with --config.", USAGE) if hint else USAGE
    if isinstance(error, BpnetError):
        return _print_error(f"Error: {error}", error.exit_code)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return _print_error(f"Error: {place}{error.strerror or error}", FAILED)
    if isinstance(error, MemoryError):
        return _print_error("Error: out of memory; take fewer examples or a smaller network", FAILED)
    details = f"{type(error).__name__}: {error}"
    return _print_error(f"Error: an error in bpnet itself ({details}); run it with --debug and report it", FAILED)


def _print_error(sentence: str, code: int) -> int:
    """Print a sentence on stderr; returns the exit code."""
    click.echo(sentence, err=True)
    return code


COMMANDS = bpnet.commands  # by name, in this order
