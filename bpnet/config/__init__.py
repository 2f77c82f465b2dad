"""Configs: from YAML, --set and --seed to one typed and frozen `Config`, and back."""

from bpnet.config.dump import dump
from bpnet.config.models import Config, values
from bpnet.config.packaged import find, packaged
from bpnet.config.resolve import Resolved, from_mapping, load, varied
from bpnet.config.schema import reference, schema
from bpnet.config.text import meaning as scalar

__all__ = [
    "Config",
    "Resolved",
    "dump",
    "find",
    "from_mapping",
    "load",
    "packaged",
    "reference",
    "scalar",
    "schema",
    "values",
    "varied",
]
