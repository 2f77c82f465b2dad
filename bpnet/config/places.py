"""Where a value of a config stands, and how a problem there is told: sentence, source line, caret.

A `Key` is the way to a value, ("train", "epochs") or ("network", "hidden", 1), written train.epochs, network.hidden[1].
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from bpnet.errors import ConfigError

Key = tuple[str | int, ...]

LINE_BREAKS = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
WIDEST_EXCERPT = 100
LONGEST_VALUE = 40


class Mark(NamedTuple):
    """A place in a text, both counted from 1, the column in characters."""

    line: int
    column: int


@dataclass(frozen=True)
class Source:
    """Where values come from: a file by its path, an option such as --set with its argument, or a Python mapping.

    `name` is the path, the option, or empty for a mapping; `rank` orders the problems of several sources; a relative
    path among the values is relative to `folder`.
    """

    name: str = ""
    text: str = ""
    argument: str | None = None
    rank: int = 0
    folder: Path = Path()

    @property
    def is_file(self) -> bool:
        """Whether marks mean anything here."""
        return bool(self.name) and self.argument is None

    def origin(self, mark: Mark) -> str:
        """What `bpnet show` says of a value: FILE:LINE:COLUMN, or the option's name."""
        return f"{self.name}:{mark.line}:{mark.column}" if self.is_file else self.name

    def head(self, mark: Mark) -> str:
        """How a sentence about a place begins, colon and blank included."""
        if not self.name:
            return ""
        return f"{self.origin(mark)}{'' if self.argument is None else ' ' + self.argument}: "

    @cached_property
    def lines(self) -> list[str]:
        """The lines of a file, as YAML breaks them."""
        return LINE_BREAKS.split(self.text)

    def end(self) -> Mark:
        """The place after the last character of the text."""
        return Mark(len(self.lines), len(self.lines[-1]) + 1)

    def excerpt(self, mark: Mark) -> str:
        """The line of a mark and a caret under its column, each after a line break; nothing without a file's text."""
        if not (self.is_file and self.text):
            return ""
        line, column = self.lines[mark.line - 1], mark.column - 1
        start = max(0, column - WIDEST_EXCERPT // 2) if len(line) > WIDEST_EXCERPT else 0
        shown = "".join(c if c.isprintable() else " " for c in line[start : start + WIDEST_EXCERPT])
        return f"\n    {shown.rstrip()}\n    {' ' * (column - start)}^"


@dataclass(frozen=True)
class Place:
    """The source of a value, where its key stands and where the value itself does."""

    source: Source
    key: Mark
    value: Mark


@dataclass(frozen=True)
class Problem:
    """What is wrong at one place, and what would be right."""

    source: Source
    mark: Mark
    key: Key
    sentence: str

    def __str__(self) -> str:
        subject = f"{written(self.key)}: " if self.key else ""
        return f"{self.source.head(self.mark)}{subject}{self.sentence}{self.source.excerpt(self.mark)}"


def refuse(problems: Iterable[Problem]) -> None:
    """Raise all problems as one error in the order of their places, or do nothing where there are none.

    Raises:
        ConfigError: there are problems.
    """
    ordered = sorted(problems, key=lambda problem: (problem.source.rank, problem.mark))
    if ordered:
        raise ConfigError(dict.fromkeys(str(problem) for problem in ordered))


def written(key: Key) -> str:
    """A key as people write it: network.hidden[1]."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{_word(part)}" for part in key)
    return text.removeprefix(".")


def _word(part: str) -> str:
    return part if re.fullmatch(r"[\w-]+", part) else repr(part)


def shown(value: Any) -> str:
    """A value as a sentence quotes it, in YAML's words, short and on one line: 'fast', 0.5, true, null, [1, 2]."""
    text = _yaml(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 4]}...{text[-1]}"


def _yaml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_word(str(key))}: {_yaml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_yaml(inner) for inner in value) + "]"
    if isinstance(value, int) and abs(value) >= 10**LONGEST_VALUE:
        return f"a number of more than {LONGEST_VALUE} digits"
    text = repr(value)
    return WORDS.get(text, text)


WORDS = {"None": "null", "True": "true", "False": "false", "inf": ".inf", "-inf": "-.inf", "nan": ".nan"}
