"""From YAML text to plain values, each with its location: the core schema of YAML 1.2, and nothing that surprises.

What a plain scalar means is decided here, because PyYAML follows YAML 1.1, where ``1e-3`` is text, ``no`` is false and
``010`` is 8. Anchors, aliases, tags, merge keys, repeated keys and second documents are problems. One reading finds all
of them, unless the syntax is broken: then that is the only problem.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any

import yaml

from bpnet.config.locations import LINE_BREAKS, START, Key, Location, Mark, Problem, Source, quoted

Scalar = str | int | float | bool | None
# The events that begin a value.
Beginning = yaml.ScalarEvent | yaml.SequenceStartEvent | yaml.MappingStartEvent | yaml.AliasEvent

# Levels of nesting; a config needs four.
DEEPEST = 16
TOO_DEEP = f"nested more than {DEEPEST} deep; a config needs four"


@dataclass
class Document:
    """Plain values (dict, list, str, int, float, bool, None), the location of each key, and what is wrong in the text.

    `unreadable` are the keys whose value stays unknown, so that nothing more is said about them.
    """

    value: object = None
    locations: dict[Key, Location] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unreadable: set[Key] = field(default_factory=set)


@dataclass(frozen=True)
class Reader:
    """One walk through the events of a text, which fills a document."""

    source: Source
    events: Iterator[Beginning]
    document: Document

    def problem(self, key: Key, mark: Mark, sentence: str) -> None:
        """Note what is wrong at a mark."""
        self.document.problems.append(Problem(self.source, mark, key, sentence))

    def value(self, event: Beginning, key: Key, key_mark: Mark | None = None) -> object:
        """The value that an event begins, its location noted under its key."""
        mark = _mark(event.start_mark)
        if len(key) > DEEPEST:
            raise yaml.MarkedYAMLError(problem=TOO_DEEP, problem_mark=event.start_mark)  # type: ignore[arg-type]
        self.document.locations[key] = Location(self.source, key_mark or mark, mark)
        if isinstance(event, yaml.AliasEvent):
            self.problem(key, mark, f"the alias *{event.anchor} is not read here; write the value out")
            self.document.unreadable.add(key)
            return None
        if event.anchor is not None:
            self.problem(key, mark, f"the anchor &{event.anchor} is not read here; take it out")
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.problem(key, mark, f"the tag {tag} is not read here; take it out")
        if isinstance(event, yaml.SequenceStartEvent):
            entries = takewhile(lambda entry: not isinstance(entry, yaml.SequenceEndEvent), self.events)
            return [self.value(entry, (*key, index)) for index, entry in enumerate(entries)]
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(key)
        if half := HALF_CHARACTER.search(event.value):
            self.problem(
                key, mark, f"{quoted(event.value)} holds half a character; write \\U and its eight digits instead"
            )
        if half or event.tag is not None:
            self.document.unreadable.add(key)
            return None
        return scalar(event.value) if event.style is None else event.value

    def mapping(self, section: Key) -> dict[str, object]:
        """The values of a mapping, up to its end; the value of a wrong or repeated key is left out."""
        values: dict[str, object] = {}
        for event in takewhile(lambda event: not isinstance(event, yaml.MappingEndEvent), self.events):
            mark, aside = _mark(event.start_mark), replace(self, document=Document())
            name = aside.value(event, (*section, ""))
            problems = [(section, problem.sentence) for problem in aside.document.problems]
            if name == "<<" and isinstance(event, yaml.ScalarEvent) and event.style is None:
                problems.append((section, "the merge key << is not read here; write the keys out"))
            elif isinstance(name, str) and name in values:
                line = self.document.locations[*section, name].key.line
                problems.append(((*section, name), f"given twice, the first time in line {line}; keep one of the two"))
            elif isinstance(name, str) and not problems:
                values[name] = self.value(next(self.events), (*section, name), mark)
                continue
            elif not problems:
                problems.append((section, f"the key {quoted(name)} is not text; keys are words such as 'train'"))
            for key, sentence in problems:
                self.problem(key, mark, sentence)
            aside.value(next(self.events), (*section, ""))
        return values


def broken(source: Source, sentence: str, key: Key = (), mark: Mark = START) -> Document:
    """A document that cannot be read, and why."""
    return Document(None, {key: Location(source, START, START)}, [Problem(source, mark, key, sentence)], {key})


def parse(source: Source, root: Key = ()) -> Document:
    """Read a source's text as the value of the key `root`; the document has the problems."""
    try:
        parser = yaml.SafeLoader(source.text)
    except yaml.reader.ReaderError as error:
        before = LINE_BREAKS.split(source.text[: error.position])
        code = ord(source.text[error.position])
        sentence = f"the character U+{code:04X} is not allowed in YAML; take it out"
        if source.argument is None and code in UNDECODED:
            sentence = "not UTF-8 text; save the file as UTF-8"
        return broken(source, sentence, root, Mark(len(before), len(before[-1]) + 1))
    events = iter(parser.get_event, None)
    document = Document(locations={root: Location(source, START, START)})
    reader = Reader(source, events, document)
    beginnings = (event for event in events if isinstance(event, yaml.DocumentStartEvent))
    try:
        if next(beginnings, None):
            document.value = reader.value(next(events), root)
        if second := next(beginnings, None):
            mark = _mark(second.start_mark)
            reader.problem(root, mark, "a second document begins here; keep one and take the '---' out")
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        mark = _mark(getattr(error, "problem_mark", None) or parser.get_mark())
        problem = getattr(error, "problem", None) or "a number or an escape out of range"
        known = (sentence for beginning, sentence in SYNTAX.items() if problem.startswith(beginning))
        sentence = next(known, f"not YAML ({problem}); check quotes, brackets and indentation")
        return broken(source, sentence, root, mark)
    return document


def scalar(text: str) -> Scalar:
    """What a plain scalar of YAML 1.2 means: null, a boolean, a number of up to 300 digits, or else itself."""
    return next((value(text) for pattern, value in CORE_SCHEMA if pattern.fullmatch(text)), text)


def _mark(mark: Any) -> Mark:
    """PyYAML's mark, which counts from 0, as ours."""
    return Mark(mark.line + 1, mark.column + 1)


# What stands for a byte that is not UTF-8, where Python decodes with "surrogateescape".
UNDECODED = range(0xDC80, 0xDD00)
HALF_CHARACTER = re.compile("[\ud800-\udfff]")

CORE_SCHEMA: tuple[tuple[re.Pattern[str], Callable[[str], Scalar]], ...] = (
    (re.compile(r"null|Null|NULL|~|"), lambda text: None),
    (re.compile(r"true|True|TRUE"), lambda text: True),
    (re.compile(r"false|False|FALSE"), lambda text: False),
    (re.compile(r"[-+]?[0-9]{1,300}"), int),
    (re.compile(r"0o[0-7]{1,300}"), lambda text: int(text, 8)),
    (re.compile(r"0x[0-9a-fA-F]{1,200}"), lambda text: int(text, 16)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]{1,300}(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?\.(inf|Inf|INF)"), lambda text: float(text.replace(".", ""))),
    (re.compile(r"\.(nan|NaN|NAN)"), lambda text: float("nan")),
)

SYNTAX = {
    TOO_DEEP: TOO_DEEP,
    "mapping values are not allowed": "a ':' where no key can stand; put the text in quotes, or check the indentation",
    "could not find expected ':'": "a key without its ':'; write key: value",
    "found character '\\t'": "a tab; indent with spaces",
    "found unexpected end of stream": "a quote that is never closed; close it",
    "expected ',' or ']'": "a list that is not closed; write [1, 2] with a comma between entries and ']' at the end",
    "expected ',' or '}'": "a mapping that is not closed; write {a: 1, b: 2} with a comma between entries and '}'",
    "expected <block end>": "indentation that fits nothing above; align the keys of one section",
    "expected the node content": "a value is missing here; write one, or null",
    "expected '<document start>'": "something after the end; a config is a single mapping of sections",
    "found unknown escape character": "an escape that YAML does not know; write '\\\\' for a backslash",
}
