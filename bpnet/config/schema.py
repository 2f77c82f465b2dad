"""The config's keys described: as JSON Schema for editors, as a table for the documentation."""

from typing import Any

from bpnet.config.dump import inline
from bpnet.config.fields import Section
from bpnet.config.locations import dotted
from bpnet.config.models import CHOICES, SECTIONS, Config

Row = tuple[str, str, str, str]


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a config file: closed, with every option, default and description."""
    described = Config.model_json_schema()
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **described, "title": "bpnet config"}


def reference() -> list[Row]:
    """A row for each key, then for each entry's own options: (key, type, default, description).

    The key of an option names its entry, as in ``train.optimizer.momentum (nesterov)``. The default is empty where
    there is none, so that the key has to be given.
    """
    rows: list[Row] = []
    for section, model in SECTIONS.items():
        names = [name for name in model.model_fields if (*section, name) not in SECTIONS]
        rows += _rows(model, {name: dotted((*section, name)) for name in names})
    for key, choice in CHOICES.items():
        for entry, chosen in choice.models().items():
            rows += _rows(chosen, {name: f"{dotted((*key, name))} ({entry})" for name in chosen.own()})
    return rows


def _rows(model: type[Section], labels: dict[str, str]) -> list[Row]:
    """The rows of a model's keys, under these labels."""
    properties = model.model_json_schema()["properties"]
    return [
        (label, _type(key), inline(key["default"]) if "default" in key else "", key["description"])
        for label, key in ((label, properties[name]) for name, label in labels.items())
    ]


def _type(described: dict[str, Any]) -> str:
    """What a key takes, in words, from its JSON Schema."""
    if "anyOf" in described:
        kinds = [_type(member) for member in described["anyOf"]]
        return " or ".join(dict.fromkeys(kinds))
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
