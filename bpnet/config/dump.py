"""A config as YAML: every value, in the order of the sections.

Other readers of YAML read the same as `load`: text is quoted wherever some version of YAML could take it for something
else, and a float never looks whole.
"""

import math
import re

import yaml

from bpnet.config.locations import YAML_WORDS, one_line
from bpnet.config.models import Config, as_mapping

PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*")
# Words that some version of YAML reads as a boolean or null.
TAKEN = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


def dump(config: Config) -> str:
    """The YAML text of a config; loading it gives an equal config."""
    lines: list[str] = []
    for name, value in as_mapping(config).items():
        if isinstance(value, dict):
            lines += ["", f"{name}:", *(f"  {key}: {inline(inner)}" for key, inner in value.items())]
        else:
            lines.append(f"{name}: {inline(value)}")
    return "\n".join(lines) + "\n"


def inline(value: object) -> str:
    """A plain value as YAML on one line."""
    return one_line(value, _scalar)


def _scalar(value: object) -> str:
    """Text, in double quotes where it could be read as something else, a number, a boolean or null."""
    if isinstance(value, float):  # with a point, without which YAML 1.1 takes 1e-08 for text
        digits, e, exponent = repr(value).partition("e")
        return f"{digits if '.' in digits else digits + '.0'}{e}{exponent}"
    if not isinstance(value, str):
        return YAML_WORDS.get(str(value), str(value))
    if PLAIN.fullmatch(value) and value.lower() not in TAKEN:
        return value
    return yaml.dump(value, default_style='"', width=math.inf, allow_unicode=True).rstrip("\n")
