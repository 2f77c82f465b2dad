"""Configs: from YAML, --set and --seed, or from Python values, to one typed and frozen `Config`, and back."""

from bpnet.config.dump import dump
from bpnet.config.fields import paths
from bpnet.config.models import Config, values
from bpnet.config.packaged import find, packaged
from bpnet.config.resolve import Resolved, assignment, changed, from_keywords, load, moved, resolve, scalars
from bpnet.config.schema import reference, schema

__all__ = [
    "Config",
    "Resolved",
    "assignment",
    "changed",
    "dump",
    "find",
    "from_keywords",
    "load",
    "moved",
    "packaged",
    "paths",
    "reference",
    "resolve",
    "scalars",
    "schema",
    "values",
]
