"""The config's keys described: as JSON Schema for editors, as a table for the documentation."""

from typing import Any

from bpnet.config.dump import inline
from bpnet.config.fields import Section
from bpnet.config.locations import dotted
from bpnet.config.models import CHOICES, SECTIONS, Config

Row = tuple[str, str, str, str]


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a config file: closed, with every option, default and description."""
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **Config.model_json_schema(), "title": "bpnet config"}


def reference() -> list[Row]:
    """A row for each key, then for each entry's own options: (key, type, default or "" if none, description).

    The key of an option names its entry, as in ``train.optimizer.momentum (nesterov)``.
    """
    rows: list[Row] = []
    for section, model in SECTIONS.items():
        keys = {name: (*section, name) for name in model.model_fields}
        rows += _rows(model, {name: dotted(key) for name, key in keys.items() if key not in SECTIONS})
    for key, choice in CHOICES.items():
        for entry, chosen in choice.models().items():
            rows += _rows(chosen, {name: f"{dotted((*key, name))} ({entry})" for name in chosen.own()})
    return rows


def _rows(model: type[Section], labels: dict[str, str]) -> list[Row]:
    """The rows of a model's keys, under these labels."""
    keys = model.model_json_schema()["properties"]
    defaults = {name: inline(keys[name]["default"]) if "default" in keys[name] else "" for name in labels}
    return [(labels[name], _type(keys[name]), defaults[name], keys[name]["description"]) for name in labels]


def _type(described: dict[str, Any]) -> str:
    """What a key takes, in words, from its JSON Schema."""
    if "anyOf" in described:
        return " or ".join(dict.fromkeys(_type(member) for member in described["anyOf"]))
    if "enum" in described or "const" in described:
        return ", ".join(described.get("enum", [described.get("const")]))
    if described["type"] == "object":
        return "a mapping of its name and options"
    if described["type"] == "array":
        return f"list of {_type(described['items'])}"
    bounds = [f"{sign} {described[bound]:g}" for bound, sign in BOUNDS.items() if bound in described]
    return " ".join([KINDS[described["type"]], ", ".join(bounds)]).strip()


KINDS = {"integer": "whole number", "number": "number", "string": "text", "boolean": "true or false", "null": "null"}

BOUNDS = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
