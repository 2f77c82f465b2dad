"""The command line: parse, call one function, print. Results on stdout, progress on stderr."""

import os
import sys
from typing import Any

import click

from bpnet.cli import about, comparing, configs, training, using
from bpnet.errors import BpnetError

FAILED, USAGE, INTERRUPTED = 1, 2, 130

OPTIONS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=OPTIONS)
@click.version_option(package_name="bpnet", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def bpnet(context: click.Context, debug: bool) -> None:
    """Train small neural networks from YAML configs, and see how fast they learn.

    Exit codes: 0 done, 1 failed, 2 wrong usage or config, 3 diverged, 4 a check said no, 130 or 143 stopped by a
    signal after saving.
    """
    context.obj = {"debug": debug}


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code; an error is one sentence on stderr, never a traceback."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code."""
    try:
        code = bpnet.main(arguments, prog_name="bpnet", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return USAGE
    except BpnetError as error:
        return _fail(arguments, error, str(error), error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        return _fail(arguments, error, f"{error.filename or 'a file'}: {error.strerror or error}", FAILED)
    except MemoryError as error:
        return _fail(arguments, error, "out of memory; take fewer examples or a smaller network", FAILED)
    except Exception as error:
        sentence = f"an error in bpnet itself ({type(error).__name__}: {error}); run it with --debug and report it"
        return _fail(arguments, error, sentence, FAILED)


def _fail(arguments: list[str], error: BaseException, sentence: str, code: int) -> int:
    if "--debug" in arguments:
        raise error
    click.echo(f"Error: {sentence}", err=True)
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
