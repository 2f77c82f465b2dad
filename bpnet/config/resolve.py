"""From a file, --set and --seed to one config, every value with where it came from, or all that is wrong at once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bpnet.config.checks import contradictions
from bpnet.config.models import CHOICES, Config, leaves, mapping
from bpnet.config.packaged import find
from bpnet.config.places import Key, Mark, Place, Problem, Source, refuse, shown, written
from bpnet.config.problems import Complaint, complaints
from bpnet.config.text import Document, parse
from bpnet.errors import UsageError

MOST_BYTES = 1_000_000
START = Mark(1, 1)


@dataclass(frozen=True)
class Resolved:
    """A config, where each of its values came from, and the file it was read from.

    `origins` has FILE:LINE:COLUMN, `--set`, `--seed` or `default` for each key that `dump` writes.
    """

    config: Config
    origins: dict[str, str]
    source: Path


def load(source: str | Path, sets: Sequence[str] = (), seed: int | None = None) -> Resolved:
    """The config of a file, or of a packaged config's name, with `section.key=value` settings and a seed over it.

    Raises:
        ConfigError: whatever is wrong with it, all at once, in the order of the places.
        UsageError: there is no such file or packaged config.
    """
    path = find(source) if isinstance(source, str) else source
    document = _read(path)
    for rank, text in enumerate(sets, 1):
        document = _set(document, Source("--set", "", text, rank))
    if seed is not None:
        document = _over(document, ("seed",), _plain(seed, Source("--seed", "", str(seed), len(sets) + 1), ("seed",)))
    config = _settled(document, _folder_name(path.stem))
    return Resolved(config, _origins(config, document), path)


def from_mapping(mapping: Mapping[str, Any], name: str = "config") -> Config:
    """The config that a nested mapping of plain values describes; relative paths are relative to the current folder.

    Raises:
        ConfigError: whatever is wrong with it, all at once.
    """
    return _settled(_plain(dict(mapping), Source()), name)


def of(source: Config | str | Path | Mapping[str, Any]) -> Config:
    """A config from what people have: one already, a file or a packaged name, or a mapping.

    Raises:
        ConfigError: whatever is wrong with it.
    """
    if isinstance(source, Config):
        return source
    return load(source).config if isinstance(source, str | Path) else from_mapping(source)


def listed(text: str, told: str) -> list[Any]:
    """The values of a comma-separated list, typed as in a config: ``1,[2, 3],ce`` is [1, [2, 3], "ce"].

    Raises:
        ConfigError: what is wrong with it; `told` is what the sentences begin with.
    """
    document = parse(Source(told.partition(" ")[0], f"[{text}]", told.partition(" ")[2]))
    refuse(document.problems)
    return list(document.value)


def varied(config: Config, changes: Mapping[str, Any]) -> Config:
    """A config with some keys changed, as `--vary` does it; the key's words are those of `--set`.

    Raises:
        ConfigError: a key that there is not, or a value that it does not take.
    """
    document = _plain(mapping(config), Source())
    for rank, (key, value) in enumerate(changes.items(), 1):
        source = Source("--vary", "", f"{key}={value}", rank)
        path: Key = tuple(key.split("."))
        document = _over(document, path, _plain(value, source, path))
    return _settled(document, config.name)


def _read(path: Path) -> Document:
    """A file as a document; what is no text of a config's size is a document with a problem."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{path}: cannot be read ({reason}); is that the path?") from error
    source = Source(str(path), folder=path.parent)
    if len(content) > MOST_BYTES:
        return _unreadable(
            source, START, f"more than {MOST_BYTES} bytes, and a config has some hundred; name another file"
        )
    try:
        return parse(replace(source, text=content.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        before = replace(source, text=error.object[: error.start].decode())
        return _unreadable(before, before.end(), "not UTF-8 text; save the file as UTF-8")


def _unreadable(source: Source, mark: Mark, sentence: str) -> Document:
    return Document(problems=[Problem(source, mark, (), sentence)], broken=True)


def _plain(value: Any, source: Source, key: Key = ()) -> Document:
    """A Python value as a document: nothing in it has a place of its own."""
    return Document(value, {key: Place(source, START, START)})


def _set(document: Document, source: Source) -> Document:
    """A document with one `section.key=value` over it."""
    name, equals, text = str(source.argument).partition("=")
    key: Key = tuple(name.strip().split("."))
    if not equals or "" in key:
        told = Problem(source, START, (), "not a setting; write section.key=value, such as train.epochs=10")
        return replace(document, problems=[*document.problems, told])
    return _over(document, key, parse(replace(source, text=text), key))


def _over(base: Document, key: Key, top: Document) -> Document:
    """A document with the value of another in place of what stood at a key; sections on the way are made.

    A bare name on the way, such as `optimizer: momentum`, becomes the mapping that it is short for.
    """
    problems = [*base.problems, *top.problems]
    if top.broken or not isinstance(base.value, dict):
        return replace(base, problems=problems)
    places = {known: place for known, place in base.places.items() if known[: len(key)] != key}
    section = values = dict(base.value)
    for depth, part in enumerate(key[:-1], 1):
        inner = section.get(str(part))
        if isinstance(inner, str) and key[:depth] in CHOICES:
            inner = {"name": inner}
        elif not isinstance(inner, dict):
            inner, places[key[:depth]] = {}, top.places[key]
        section[str(part)] = section = dict(inner)
    section[str(key[-1])] = top.value
    return Document(values, places | top.places, problems, base.unknown | top.unknown)


def _settled(document: Document, name: str) -> Config:
    """The config that a document describes, called `name` if it does not say; refuses all that is wrong with it."""
    values, problems = document.value, list(document.problems)
    if document.broken or not isinstance(values, dict):
        refuse([*problems, *_no_config(document)])
    values = {"name": name} | values
    found = complaints(values)
    found += contradictions(values, {one.key for one in found} | document.unknown)
    problems += [_problem(document, one) for one in found if not _below(one.key, document.unknown)]
    refuse(problems)
    return _with_absolute_path(Config.model_validate(values), document)


def _no_config(document: Document) -> list[Problem]:
    """The problem of a text that is well-formed and no mapping."""
    if document.broken or () in document.unknown:
        return []
    said = "empty" if document.value is None else f"{shown(document.value)} is not a mapping"
    return [_problem(document, Complaint((), f"{said}; a config has sections, such as data: {{name: xor}}"))]


def _below(key: Key, others: set[Key]) -> bool:
    return any(key[: len(other)] == other for other in others)


def _problem(document: Document, complaint: Complaint) -> Problem:
    """A complaint at its place: that of the value or, for a key that is wrong or missing, of the key or its section."""
    place, exact = _place(document, complaint.key)
    mark = place.value if exact and not complaint.of_key else place.key
    return Problem(place.source, mark, complaint.key, complaint.sentence)


def _place(document: Document, key: Key) -> tuple[Place, bool]:
    """Where a key stands and True, or where the closest section above it does and False."""
    known = next(key[:depth] for depth in range(len(key), -1, -1) if key[:depth] in document.places)
    return document.places[known], known == key


def _with_absolute_path(config: Config, document: Document) -> Config:
    """The config with data.path as seen from anywhere; in a file it is relative to the file's folder."""
    path = config.data.options.get("path")
    if path is None:
        return config
    place, _ = _place(document, ("data", "path"))
    data = config.data.model_copy(update={"path": str(_absolute(path, place.source.folder))})
    return config.model_copy(update={"data": data})


def _absolute(path: str, folder: Path) -> Path:
    try:
        return Path(folder, Path(path).expanduser()).absolute()
    except RuntimeError:
        return Path(folder, path).absolute()


def _origins(config: Config, document: Document) -> dict[str, str]:
    return {written(key): _origin(document, key) for key in leaves(mapping(config))}


def _origin(document: Document, key: Key) -> str:
    """Where a value came from; the name of a choice may have been given bare."""
    place = document.places.get(key)
    if place is None and key[-1] == "name" and key[:-1] in CHOICES:
        place = document.places.get(key[:-1])
    return place.source.origin(place.key) if place else "default"


def _folder_name(stem: str) -> str:
    """A file's stem as a name that config.name allows."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", stem).lstrip(".") or "config"
