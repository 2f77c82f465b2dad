"""Configs: from YAML, --set and --seed to one typed and frozen `Config`, and back."""

from bpnet.config.dump import dump
from bpnet.config.models import Config, values
from bpnet.config.packaged import find, packaged
from bpnet.config.resolve import Resolved, from_mapping, listed, load, of, varied
from bpnet.config.schema import reference, schema

__all__ = [
    "Config",
    "Resolved",
    "dump",
    "find",
    "from_mapping",
    "listed",
    "load",
    "of",
    "packaged",
    "reference",
    "schema",
    "values",
    "varied",
]
