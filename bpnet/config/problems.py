"""What pydantic objects to, in our sentences: the key, the value, what is wrong with it and what would be right."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from pydantic import ValidationError

from bpnet.config.fields import OneOf
from bpnet.config.models import CHOICES, NAME, SECTIONS, Config, DataSection
from bpnet.config.options import DELIMITER, PATH
from bpnet.config.places import Key, shown, written
from bpnet.config.text import meaning
from bpnet.datasets.table import DELIMITERS
from bpnet.errors import did_you_mean


class Complaint(NamedTuple):
    """What is wrong with the value of a key or, where `of_key`, with there being such a key."""

    key: Key
    sentence: str
    of_key: bool = False


def complaints(values: dict[str, Any]) -> list[Complaint]:
    """What keeps plain values from being a config: a sentence for each key that is wrong.

    Where data.name names no dataset, the keys that all datasets have are looked at nonetheless.
    """
    try:
        Config.model_validate(values)
    except ValidationError as error:
        found = [_complaint(details) for details in error.errors(include_url=False)]
        unnamed = any(complaint.key == ("data", "name") for complaint in found)
        return [*found, *(_common(values["data"]) if unnamed else ())]
    return []


def _common(data: dict[str, Any]) -> Iterator[Complaint]:
    """What is wrong with the keys that every dataset has."""
    common = {key: value for key, value in data.items() if key in DataSection.common}
    try:
        DataSection.model_validate(common | {"name": ""})
    except ValidationError as error:
        for details in error.errors(include_url=False):
            yield _complaint({**details, "loc": ("data", "", *details["loc"])})


def _complaint(details: Any) -> Complaint:
    key, entry = _without_tags(details["loc"])
    value, limits = details["input"], details.get("ctx", {})
    kind = details["type"]
    if kind == "said":
        below = (limits["below"],) if limits["below"] else ()
        return Complaint((*key, *below), limits["sentence"])
    if kind == "extra_forbidden":
        return Complaint(key, _unknown(key, entry), of_key=True)
    return Complaint(key, SENTENCES[kind](value, limits))


def _without_tags(location: tuple[str | int, ...]) -> tuple[Key, str]:
    """A pydantic location as a key, and the entry of the registry that it leads through last, if any.

    Pydantic names the entry in the location, after the key whose value chooses it.
    """
    key: Key = ()
    entry = ""
    parts = iter(location)
    for part in parts:
        key = (*key, part)
        if key in CHOICES:
            entry = str(next(parts, entry))
    return key, entry


def _unknown(key: Key, entry: str) -> str:
    """The sentence for a key that its section does not have: where it belongs, or what was meant."""
    section, word = key[:-1], str(key[-1])
    for home in _homes(word, section):
        return f"unknown key; did you mean {written((*home, word))!r}?"
    for home in _homes(word.rpartition(".")[-1], section):
        return f"unknown key; write {word.rpartition('.')[-1]!r} in the section {written(home)!r}"
    if section in CHOICES:
        return _unknown_option(CHOICES[section], entry, word)
    return f"unknown key; {did_you_mean(word, SECTIONS[section].model_fields)}"


def _homes(word: str, section: Key) -> list[Key]:
    """The sections that have a key of that name, those within the given section first."""
    homes = [home for home, model in SECTIONS.items() if home and word in model.model_fields]
    return sorted(homes, key=lambda home: home[: len(section)] != section)


def _unknown_option(choice: OneOf, entry: str, option: str) -> str:
    owners = [name for name, model in choice.models.items() if option in model.own()]
    told = f"{choice.kind} {entry!r} has no option {option!r}"
    if owners:
        names = ", ".join(repr(name) for name in owners)
        return f"{told}, which belongs to {names}; take it out, or choose another {choice.kind}"
    known = [key for key in choice.models[entry].model_fields if key != "name"]
    return f"{told}; {did_you_mean(option, known)}" if known else f"{told}; it has none, take it out"


def _not_a_number(value: Any, kind: str, types: tuple[type, ...], example: str) -> str:
    """A value that is no number; text that looks like one is shown as the number it may have been meant for."""
    meant = value.replace("_", "") if isinstance(value, str) else ""
    remedy = meant if type(meaning(meant)) in types else f"one such as {example}"
    return f"{shown(value)} is not {kind}; write {remedy}"


def _in_brackets(value: Any) -> str:
    return f"[{shown(value)}]" if isinstance(value, str | int | float) else "its entries in brackets, or [] for none"


def _not_a_mapping(value: Any, limits: Any) -> str:
    if value is None:
        return "empty; write its keys below it, or leave it out"
    return f"{shown(value)} is not a mapping; write its keys below it"


SENTENCES: dict[str, Callable[[Any, Any], str]] = {
    "missing": lambda value, limits: "missing, and there is no default; write it",
    "invalid_key": lambda value, limits: "a key that is not text; keys are words such as 'train'",
    "model_type": _not_a_mapping,
    "tuple_type": lambda value, limits: f"{shown(value)} is not a list; write {_in_brackets(value)}",
    "string_type": lambda value, limits: f"{shown(value)} is not text; put it in quotes",
    "string_unicode": lambda value, limits: f"{shown(value)} holds half a character; write whole ones",
    "bool_type": lambda value, limits: f"{shown(value)} is not a truth value; write true or false",
    "int_type": lambda value, limits: _not_a_number(value, "a whole number", (int,), "10"),
    "float_type": lambda value, limits: _not_a_number(value, "a number", (int, float), "0.5"),
    "finite_number": lambda value, limits: f"{shown(value)} is not finite; write a number such as 0.5",
    "greater_than": lambda value, limits: f"{shown(value)} is too small; take more than {limits['gt']:g}",
    "greater_than_equal": lambda value, limits: f"{shown(value)} is too small; take at least {limits['ge']:g}",
    "less_than": lambda value, limits: f"{shown(value)} is too large; take less than {limits['lt']:g}",
    "less_than_equal": lambda value, limits: f"{shown(value)} is too large; take at most {limits['le']:g}",
    "string_too_short": lambda value, limits: "empty; write at least a character",
    "string_too_long": lambda value, limits: f"{shown(value)} is too long; write {limits['max_length']} character only",
    "string_pattern_mismatch": lambda value, limits: f"{shown(value)} {PATTERNS[limits['pattern']]}",
}

PATTERNS: dict[str, str] = {
    NAME: "cannot name a folder; write letters, digits, '-', '_' and '.', and no '.' first",
    PATH: "is no path; write that of a file or a folder",
    DELIMITER: f"divides no fields; write one character, or one of {', '.join(DELIMITERS)}",
}
