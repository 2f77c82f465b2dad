"""From a file, a mapping or keywords, --set and --seed to one config, or all that is wrong at once."""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from bpnet.config.fields import paths
from bpnet.config.locations import START, Key, Location, Problem, Source, config_error, dotted, quoted
from bpnet.config.models import CHOICES, SECTIONS, ArraysConfig, Config, as_mapping, leaves
from bpnet.config.packaged import find
from bpnet.config.text import Document, broken, parse
from bpnet.config.violations import AnyConfig, Violation, contradictions, validate
from bpnet.errors import UsageError, did_you_mean

# Bytes of a config file; the longest packaged one has about a thousand.
MOST_BYTES = 1_000_000

ConfigSource = Config | str | Path | Mapping[str, object]


@dataclass(frozen=True)
class Resolved:
    """A config, where each of its values came from, and the file it was read from, if any.

    `origins` has FILE:LINE:COLUMN, `--set`, `--seed`, `python` or `default` for each key that `dump` writes.
    """

    config: Config
    origins: dict[str, str]
    source: Path | None


def load(config: ConfigSource, sets: Sequence[str] = (), seed: int | None = None) -> Config:
    """The config of a file, a packaged config's name, a mapping or a config, with settings and a seed over it.

    `sets` are texts such as train.epochs=5. A path in a file is relative to the file's folder.

    Raises:
        ConfigError: whatever is wrong with it, all at once, in the order of the locations.
        UsageError: there is no such file or packaged config.
    """
    if isinstance(config, Config) and not sets and seed is None:
        return config
    return resolve(config, sets, seed).config


def resolve(config: ConfigSource, sets: Sequence[str] = (), seed: int | None = None) -> Resolved:
    """The same as `load`, with the origin of every value; it raises the same errors."""
    path, model, name = None, Config, "config"
    if isinstance(config, str | Path):
        path = find(config) if isinstance(config, str) else config
        document, name = _read(path), re.sub(r"[^\w.-]", "-", path.stem).lstrip(".") or "config"
    elif isinstance(config, Config):
        document, model = _from_python(as_mapping(config)), type(config)
    else:
        document = _from_python(config)
    for rank, text in enumerate(sets, 1):
        document = _replaced(document, *_setting(text, rank))
    if seed is not None:
        document = _with_value(document, ("seed",), seed, Source("--seed", "", str(seed), len(sets) + 1))
    validated = _validated(document, model, name)
    origins = {dotted(key): _origin(document, key) for key in leaves(as_mapping(validated))}
    return Resolved(validated, origins, path)


def changed(config: AnyConfig, changes: Mapping[str, object], option: str = "--vary") -> AnyConfig:
    """A config with other values for some keys, such as {"train.epochs": 5}; or a ConfigError that names the option."""
    document = _from_python(as_mapping(config))
    for rank, (key, value) in enumerate(changes.items(), 1):
        document = _with_value(document, tuple(key.split(".")), value, Source(option, "", f"{key}={value}", rank))
    return _validated(document, type(config), config.name)


def moved(config: Config, to: str | Path) -> dict[str, object]:
    """The changes of a config whose data have moved to a path: of one file, or the folder of its files."""
    files, absolute = paths(config.data), Path(to).absolute()
    if len(files) < 2:
        return {"data.path": str(absolute)}
    return {f"data.{option}": str(absolute / Path(str(file)).name) for option, file in files.items()}


def from_keywords(**keywords: object) -> Config:
    """The config for data that are handed over as arrays: ``from_keywords(hidden=[30], cost="ce", epochs=5)``.

    A keyword is the plain name of a key of any section: `validation` is data.split.validation.

    Raises:
        ConfigError: unknown keywords and wrong values, all at once.
    """
    document = _from_python({})
    for word, value in keywords.items():
        if word in KEYWORDS:
            document = _with_value(document, (*KEYWORDS[word], word), value, Source())
        else:
            sentence = f"unknown keyword; {did_you_mean(word, KEYWORDS)}"
            document.problems.append(Problem(Source(), START, (word,), sentence))
    return _validated(document, ArraysConfig)


def assignment(text: str, option: str) -> tuple[str, str]:
    """The key and the value of KEY=VALUE, as `--set`, `--vary`, `--rate` and `--for` take it.

    Raises:
        UsageError: there is no '=', no key, or a key with an empty part.
    """
    key, equals, value = (part.strip() for part in text.partition("="))
    if not equals or "" in key.split("."):
        raise UsageError(f"{option} {text}: {ASSIGNMENTS[option]}")
    return key, value


def scalars(text: str, option: str) -> list[object]:
    """The values of a comma-separated list, typed as in a config: ``1,[2, 3],ce`` is [1, [2, 3], "ce"].

    A ConfigError says what is wrong with it; it begins with the option.
    """
    source = Source(option, f"[{text}]", text)
    document = parse(source)
    if isinstance(document.value, list) and document.value and not document.problems:
        return document.value
    empty = Problem(source, START, (), "no values; write them with commas between, such as 1,2,4")
    raise config_error(document.problems or [empty])


def _read(path: Path) -> Document:
    """A file as a document, broken if it is larger than any config."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{path}: cannot be read ({reason}); is that the path?") from error
    if len(content) > MOST_BYTES:
        return broken(
            Source(str(path)), f"more than {MOST_BYTES} bytes, and a config has some hundred; name another file"
        )
    return parse(Source(str(path), content.decode("utf-8-sig", "surrogateescape"), folder=path.parent))


def _from_python(values: Mapping[str, object]) -> Document:
    """A mapping as a document; nothing in it has a line and a column."""
    return Document(dict(values), dict.fromkeys([(), *leaves(values)], Location(Source(), START, START)))


def _setting(text: str, rank: int) -> tuple[Key, Document]:
    """The key and the value of a `section.key=value`."""
    try:
        name, value = assignment(text, "--set")
    except UsageError:
        return (), broken(Source("--set", "", text, rank), ASSIGNMENTS["--set"])
    key = tuple(name.split("."))
    return key, parse(Source("--set", value, text, rank), key)


def _with_value(document: Document, key: Key, value: object, source: Source) -> Document:
    """A document with a Python value at a key."""
    return _replaced(document, key, Document(value, {key: Location(source, START, START)}))


def _replaced(base: Document, key: Key, top: Document) -> Document:
    """A document with the value of another at a key; on the way to it, sections are made and bare names spelt out."""
    problems = [*base.problems, *top.problems]
    if not key or not isinstance(base.value, dict):
        return replace(base, problems=problems)
    locations = {known: location for known, location in base.locations.items() if known[: len(key)] != key}
    section = values = dict(base.value)
    for depth, part in enumerate(key[:-1], 1):
        inner = section.get(part)
        if isinstance(inner, str) and key[:depth] in CHOICES:
            inner = {"name": inner}
        elif not isinstance(inner, dict):
            inner, locations[key[:depth]] = {}, top.locations[key]
        section[part] = section = dict(inner)
    section[key[-1]] = top.value
    return Document(values, locations | top.locations, problems, base.unreadable | top.unreadable)


def _validated(document: Document, model: type[AnyConfig], name: str = "config") -> AnyConfig:
    """The config that a document describes, called `name` if it does not say; a ConfigError has all that is wrong."""
    if not isinstance(document.value, dict):
        fault = "empty" if document.value is None else f"{quoted(document.value)} is not a mapping"
        violation = Violation((), f"{fault}; a config has sections, such as data: {{name: xor}}")
        raise config_error(_problems(document, [violation]))
    values = {"name": name} | document.value
    config, violations = validate(model, values)
    violations += contradictions(values, [*(violation.key for violation in violations), *document.unreadable])
    problems = _problems(document, violations)
    if config is None or problems:
        raise config_error(problems)
    return _with_absolute_paths(config, document)


def _problems(document: Document, violations: Iterable[Violation]) -> list[Problem]:
    """The problems of a document, and those violations that are not about a value that stays unknown."""
    problems = list(document.problems)
    for key, sentence, of_key in violations:
        if not any(key[:depth] in document.unreadable for depth in range(len(key) + 1)):
            location = _location(document, key)
            mark = location.value if key in document.locations and not of_key else location.key
            problems.append(Problem(location.source, mark, key, sentence))
    return problems


def _location(document: Document, key: Key) -> Location:
    """Where a key is written, or where the closest section above it is."""
    return document.locations[key] if key in document.locations else _location(document, key[:-1])


def _with_absolute_paths(config: AnyConfig, document: Document) -> AnyConfig:
    """The config with the paths of its data as seen from anywhere; in a file they are relative to the file's folder."""
    absolute = {
        option: str(Path(_location(document, ("data", option)).source.folder, _without_tilde(path)).absolute())
        for option, path in paths(config.data).items()
        if path is not None
    }
    return config.model_copy(update={"data": config.data.model_copy(update=absolute)})


def _without_tilde(path: str) -> Path:
    """A path with its home folder written out; a ~name that is nobody's stays as it is."""
    with suppress(RuntimeError):
        return Path(path).expanduser()
    return Path(path)


def _origin(document: Document, key: Key) -> str:
    """Where a value came from; the name of a choice may have been given bare."""
    bare = key[:-1] if key[-1] == "name" and key[:-1] in CHOICES else key
    location = document.locations.get(key) or document.locations.get(bare)
    return location.source.origin(location.key) if location else "default"


ASSIGNMENTS = {
    "--set": "not a setting; write section.key=value, such as train.epochs=10",
    "--vary": "write a key and its values, such as network.init_scale=1,2,4",
    "--rate": "write a cost and its rate, such as ce=0.5",
    "--for": "write a cost and its setting, such as --for ce train.l2=0",
}

# A key that several sections have belongs to the first; a section is no keyword.
KEYWORDS: dict[str, Key] = {
    word: section
    for section, model in reversed(SECTIONS.items())
    for word in model.model_fields
    if not any(word in path for path in SECTIONS)
}
