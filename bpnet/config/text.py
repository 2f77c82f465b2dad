"""From YAML text to plain values, each with its place: the core schema of YAML 1.2, and nothing that surprises.

PyYAML's parser gives the events; what a plain word means is decided here, because PyYAML follows YAML 1.1, where
``1e-3`` is text, ``no`` is false and ``010`` is 8. Anchors, aliases, tags, merge keys, duplicate keys and second
documents are problems, all of them found in one reading; only broken syntax ends it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from bpnet.config.places import Key, Mark, Place, Problem, Source, shown

DEEPEST = 16
TOO_DEEP = f"nested more than {DEEPEST} deep; a config needs four"


@dataclass
class Document:
    """Plain values (dict, list, str, int, float, bool, None), the place of each key, and what is wrong in the text.

    `unknown` are the keys whose value cannot be told, so that nothing more is said of them; `broken` says that the
    whole cannot be read, so that there are no values.
    """

    value: Any = None
    places: dict[Key, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unknown: set[Key] = field(default_factory=set)
    broken: bool = False


@dataclass
class _Reader:
    """One reading of a text: PyYAML's events to come, and the document so far."""

    source: Source
    events: Any
    document: Document = field(default_factory=Document)

    def mark(self) -> Mark:
        """Where the next event begins."""
        return _mark(self.events.peek_event().start_mark)

    def problem(self, key: Key, mark: Mark, sentence: str) -> None:
        """Note what is wrong, and read on."""
        self.document.problems.append(Problem(self.source, mark, key, sentence))

    def aside(self) -> "_Reader":
        """A reader of the same events whose findings are not kept."""
        return _Reader(self.source, self.events)


def parse(source: Source, root: Key = ()) -> Document:
    """Read a source's text as the value of the key `root`; whatever is wrong is in the document's problems."""
    try:
        reader = _Reader(source, yaml.SafeLoader(source.text))
    except yaml.reader.ReaderError as error:
        return Document(problems=[_forbidden_character(source, root, error)], broken=True)
    try:
        reader.document.value = _whole(reader, root)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        place = getattr(error, "problem_mark", None) or reader.events.get_mark()
        reader.problem(root, _mark(place), _syntax(getattr(error, "problem", None)))
        reader.document.broken = True
    return reader.document


def _whole(reader: _Reader, root: Key) -> Any:
    """The one document of a stream; None for an empty one."""
    events = reader.events
    events.get_event()
    if events.check_event(yaml.StreamEndEvent):
        reader.document.places[root] = Place(reader.source, Mark(1, 1), Mark(1, 1))
        return None
    events.get_event()
    value = _value(reader, root, reader.mark())
    events.get_event()
    if not events.check_event(yaml.StreamEndEvent):
        reader.problem(root, reader.mark(), "a second document begins here; keep one and take the '---' out")
    return value


def _value(reader: _Reader, key: Key, key_mark: Mark) -> Any:
    """The value that the next events make up, its place noted under its key."""
    mark, event = reader.mark(), reader.events.get_event()
    if len(key) > DEEPEST:
        raise yaml.MarkedYAMLError(problem=TOO_DEEP, problem_mark=event.start_mark)
    reader.document.places[key] = Place(reader.source, key_mark, mark)
    if isinstance(event, yaml.AliasEvent):
        reader.problem(key, mark, f"the alias *{event.anchor} is not read here; write the value out")
        reader.document.unknown.add(key)
        return None
    if event.anchor is not None:
        reader.problem(key, mark, f"the anchor &{event.anchor} is not read here; take it out")
    if event.tag is not None:
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        reader.problem(key, mark, f"the tag {tag} is not read here; take it out")
    if isinstance(event, yaml.SequenceStartEvent):
        return _sequence(reader, key)
    if isinstance(event, yaml.MappingStartEvent):
        return _mapping(reader, key)
    if HALF_CHARACTER.search(event.value):
        reader.problem(
            key, mark, f"{shown(event.value)} holds half a character; write \\U and its eight digits instead"
        )
    if event.tag is not None or HALF_CHARACTER.search(event.value):
        reader.document.unknown.add(key)
        return None
    return meaning(event.value) if event.implicit[0] else event.value


def _sequence(reader: _Reader, key: Key) -> list[Any]:
    values: list[Any] = []
    while not reader.events.check_event(yaml.SequenceEndEvent):
        values.append(_value(reader, (*key, len(values)), reader.mark()))
    reader.events.get_event()
    return values


def _mapping(reader: _Reader, key: Key) -> dict[str, Any]:
    values: dict[str, Any] = {}
    while not reader.events.check_event(yaml.MappingEndEvent):
        mark, name = reader.mark(), _name(reader, key)
        if name is None:
            _value(reader.aside(), (*key, "?"), mark)
        elif name in values:
            line = reader.document.places[*key, name].key.line
            reader.problem((*key, name), mark, f"given twice, the first time in line {line}; keep one of the two")
            _value(reader.aside(), (*key, "?"), mark)
        else:
            values[name] = _value(reader, (*key, name), mark)
    reader.events.get_event()
    return values


def _name(reader: _Reader, key: Key) -> str | None:
    """The next key of a mapping, or None with the problem noted where it is no word."""
    mark, aside = reader.mark(), reader.aside()
    plain = reader.events.check_event(yaml.ScalarEvent) and reader.events.peek_event().implicit[0]
    name = _value(aside, (*key, "?"), mark)
    faults = [problem.sentence for problem in aside.document.problems]
    if plain and name == "<<":
        faults.append("the merge key << is not read here; write the keys out")
    elif not isinstance(name, str) and not faults:
        faults.append(f"the key {shown(name)} is not text; keys are words such as 'train'")
    for fault in faults:
        reader.problem(key, mark, fault)
    return None if faults else str(name)


def meaning(text: str) -> Any:
    """What a plain word of YAML 1.2 means: null, a boolean, a number, or else itself.

    Whole numbers have up to 300 digits, as many as a float can stand for.
    """
    for pattern, value in CORE:
        if pattern.fullmatch(text):
            return value(text)
    return text


def _mark(mark: Any) -> Mark:
    return Mark(mark.line + 1, mark.column + 1)


def _syntax(complaint: str | None) -> str:
    """What PyYAML's parser complains of, in a sentence of ours."""
    told = complaint or "a number or an escape out of range"
    known = (sentence for begin, sentence in SYNTAX.items() if told.startswith(begin))
    return next(known, f"not YAML ({told}); check quotes, brackets and indentation")


def _forbidden_character(source: Source, root: Key, error: Any) -> Problem:
    end = replace(source, text=source.text[: error.position]).end()
    return Problem(source, end, root, f"the character U+{error.character:04X} is not allowed in YAML; take it out")


HALF_CHARACTER = re.compile("[\ud800-\udfff]")

CORE: tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...] = (
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
