"""A config as YAML: every value, in the order of the sections, in a layout that people would have written.

What is written here is read back the same by `load`, and by other readers of YAML too: text is quoted wherever some
version of YAML could take it for something else, and a float is as short as its value allows and never looks whole.
"""

import math
import re
from typing import Any

import yaml

from bpnet.config.models import Config, mapping
from bpnet.config.places import WORDS

PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*")
TAKEN = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


def dump(config: Config) -> str:
    """The YAML text of a config; loading it gives an equal config."""
    values = mapping(config)
    scalars = [f"{name}: {inline(value)}" for name, value in values.items() if not isinstance(value, dict)]
    sections = [_section(name, value) for name, value in values.items() if isinstance(value, dict)]
    return "\n\n".join(["\n".join(scalars), *sections]) + "\n"


def _section(name: str, values: dict[str, Any]) -> str:
    return "\n".join([f"{name}:", *(f"  {key}: {inline(value)}" for key, value in values.items())])


def inline(value: Any) -> str:
    """A plain value as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {inline(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(inline(entry) for entry in value)}]"
    if isinstance(value, str):
        return _text(value)
    return _number(value) if isinstance(value, float) else WORDS.get(str(value), str(value))


def _text(value: str) -> str:
    if PLAIN.fullmatch(value) and value.lower() not in TAKEN:
        return value
    return yaml.dump(value, default_style='"', width=math.inf, allow_unicode=True).rstrip("\n")


def _number(value: float) -> str:
    """The shortest digits that read back the same, with a point, without which YAML 1.1 takes 1e-08 for text."""
    digits, e, exponent = repr(value).partition("e")
    return f"{digits if '.' in digits else digits + '.0'}{e}{exponent}"
