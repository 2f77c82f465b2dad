"""What went wrong, where, and what would be right: one sentence each, with the exit code of the command line."""

import difflib
from collections.abc import Iterable


class BpnetError(Exception):
    """Base of every error this package raises on purpose; `exit_code` is what a command ends with."""

    exit_code = 1


class UsageError(BpnetError, ValueError):
    """A call, an option or a config that cannot mean anything; exit 2."""

    exit_code = 2


class ConfigError(UsageError):
    """Everything that is wrong with a config, all at once; `problems` has a sentence for each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class DataError(BpnetError, ValueError):
    """A data, model or run file that is missing, damaged or not what it was taken for; exit 1."""


class DivergedError(BpnetError):
    """Training left the finite numbers; exit 3."""

    exit_code = 3


class CheckError(BpnetError):
    """A check (a gradient, a digest, a published number) said no; exit 4."""

    exit_code = 4


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """The remedy for a misspelt word: "did you mean 'epochs'?", or "choose from 'ce', 'mse'" where none is close."""
    names = list(choices)
    close = difflib.get_close_matches(word, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"choose from {', '.join(map(repr, names))}"


def unknown(kind: str, word: str, choices: Iterable[str]) -> UsageError:
    """The error for a name that its registry does not hold."""
    return UsageError(f"unknown {kind} {word!r}; {did_you_mean(str(word), choices)}")
