"""The command line: parse, call one function, print. Results on stdout, progress on stderr."""

import io
import os
import sys
import traceback
from typing import Any

import click

from bpnet.cli import about, comparing, configs, training, using
from bpnet.errors import BpnetError

FAILED, USAGE, INTERRUPTED, NOBODY_READS = 1, 2, 130, 141

OPTIONS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=OPTIONS)
@click.version_option(package_name="bpnet", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an error; goes anywhere.")
def bpnet(debug: bool) -> None:
    """Train small neural networks from YAML configs, and see how fast they learn.

    Exit codes: 0 done, 1 failed, 2 wrong usage or config, 3 diverged, 4 a check said no, 128 and the signal's number
    when stopped by one after saving (130 by Ctrl-C, 143 by kill, 129 by a closed terminal; 141 when nobody reads).
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code; an error is one sentence on stderr, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code."""
    debug = "--debug" in arguments
    try:
        code = bpnet.main([one for one in arguments if one != "--debug"], prog_name="bpnet", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY_READS
    except (Exception, KeyboardInterrupt) as error:
        if debug:
            traceback.print_exception(error)
        return _told(error)


def _told(error: BaseException) -> int:
    """Say what went wrong in a sentence on stderr; returns the exit code."""
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return _say("Stopped.", INTERRUPTED)
    if isinstance(error, click.ClickException):
        error.show()
        hint = "unexpected extra argument" in error.message
        return _say("A config is named with --config.", USAGE) if hint else USAGE
    if isinstance(error, BpnetError):
        return _say(f"Error: {error}", error.exit_code)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return _say(f"Error: {place}{error.strerror or error}", FAILED)
    if isinstance(error, MemoryError):
        return _say("Error: out of memory; take fewer examples or a smaller network", FAILED)
    about = f"{type(error).__name__}: {error}"
    return _say(f"Error: an error in bpnet itself ({about}); run it with --debug and report it", FAILED)


def _say(sentence: str, code: int) -> int:
    click.echo(sentence, err=True)
    return code


COMMANDS: dict[str, Any] = {
    "train": training.train,
    "compare": comparing.compare,
    "plot": using.plot,
    "evaluate": using.evaluate,
    "predict": using.predict,
    "gradcheck": using.gradcheck,
    "init": configs.init,
    "validate": configs.validate,
    "show": configs.show,
    "schema": configs.schema,
    "datasets": configs.datasets,
    "runs": about.runs,
    "doctor": about.doctor,
}

for _name, _command in COMMANDS.items():
    bpnet.add_command(_command, _name)
