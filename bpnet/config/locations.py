"""Keys and values as messages quote them, where they are written, and the message about a problem there."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from bpnet.errors import ConfigError

Key = tuple[str | int, ...]
"""The way to a value: ("network", "hidden", 1) is the second entry of network.hidden."""

# Characters of a value that a sentence quotes; about half a line.
LONGEST_VALUE = 40
LINE_BREAKS = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
# Characters of a source line that a message repeats; with its indentation it fits a wide terminal.
WIDEST_EXCERPT = 100
YAML_WORDS = {"None": "null", "True": "true", "False": "false", "inf": ".inf", "-inf": "-.inf", "nan": ".nan"}


def dotted(key: Key) -> str:
    """A key as people write it: network.hidden[1]."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{_word(part)}" for part in key)
    return text.removeprefix(".")


def counted(n: float, noun: str, nouns: str | None = None) -> str:
    """A number and its noun: `1 epoch`, `20 epochs`."""
    return f"{n:.10g} {noun if n == 1 else nouns or noun + 's'}"


def quoted(value: object) -> str:
    """A value in YAML's words, short and on one line: 'fast', 0.5, true, null, [1, 2]."""
    text = one_line(value, _quoted_scalar)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 4]}...{text[-1]}"


def one_line(value: object, scalar: Callable[[object], str]) -> str:
    """A value as YAML's flow style has it, each scalar written by the given function."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_word(str(key))}: {one_line(inner, scalar)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(one_line(inner, scalar) for inner in value) + "]"
    return scalar(value)


def _quoted_scalar(value: object) -> str:
    """A scalar in Python's notation but for YAML's own words."""
    if isinstance(value, int) and abs(value) >= 10**LONGEST_VALUE:
        return f"a number of more than {LONGEST_VALUE} digits"
    return YAML_WORDS.get(repr(value), repr(value))


def _word(part: str) -> str:
    """A part of a key, in quotes unless it is a plain word."""
    return part if re.fullmatch(r"[\w-]+", part) else repr(part)


class Mark(NamedTuple):
    """A line and a column of a text, both counted from 1, the column in characters."""

    line: int
    column: int


START = Mark(1, 1)


@dataclass(frozen=True)
class Source:
    """Where values come from: a file by its path, an option such as --set with its argument, or a nameless mapping.

    `rank` orders the problems of several sources; a relative path among the values is relative to `folder`.
    """

    name: str = ""
    text: str = ""
    argument: str | None = None
    rank: int = 0
    folder: Path = Path()

    def origin(self, mark: Mark) -> str:
        """FILE:LINE:COLUMN, the option's name, or `python` for a mapping."""
        is_file = self.name and self.argument is None
        return f"{self.name}:{mark.line}:{mark.column}" if is_file else self.name or "python"

    @cached_property
    def lines(self) -> list[str]:
        """The lines of a file, as YAML breaks them."""
        return LINE_BREAKS.split(self.text)

    def excerpt(self, mark: Mark) -> str:
        """The line of a mark and a caret under its column, each after a line break; nothing without a file's text."""
        if self.argument is not None or not self.text:
            return ""
        line, column = self.lines[mark.line - 1], mark.column - 1
        start = max(0, column - WIDEST_EXCERPT // 2) if len(line) > WIDEST_EXCERPT else 0
        visible = "".join(c if c.isprintable() else " " for c in line[start : start + WIDEST_EXCERPT])
        return f"\n    {visible.rstrip()}\n    {' ' * (column - start)}^"


class Location(NamedTuple):
    """The source of a value, where its key is written and where the value itself is."""

    source: Source
    key: Mark
    value: Mark


class Problem(NamedTuple):
    """What is wrong at one mark, and what would be right."""

    source: Source
    mark: Mark
    key: Key
    sentence: str

    def __str__(self) -> str:
        argument = f" {self.source.argument}" if self.source.argument else ""
        origin = f"{self.source.origin(self.mark)}{argument}: " if self.source.name else ""
        subject = f"{dotted(self.key)}: " if self.key else ""
        return f"{origin}{subject}{self.sentence}{self.source.excerpt(self.mark)}"


def config_error(problems: Iterable[Problem]) -> ConfigError:
    """All problems as one error, in the order of their sources and marks, each sentence once."""
    ordered = sorted(problems, key=lambda problem: (problem.source.rank, problem.mark))
    return ConfigError(dict.fromkeys(str(problem) for problem in ordered))
