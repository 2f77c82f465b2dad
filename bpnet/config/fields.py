"""The kinds of value a config holds: pydantic models that are closed and frozen, and annotations that speak plainly.

`Section` is what every part of a config is; a `Choice` is an entry of a registry with that entry's own options.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError, WrapValidator
from pydantic_core import PydanticCustomError, core_schema

from bpnet.config.places import shown
from bpnet.errors import did_you_mean


class Section(BaseModel):
    """A part of a config: no key but its own, no value of another type, never changed once made."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True, protected_namespaces=()
    )


class Choice(Section):
    """An entry of a registry by its name, with values for its own options beside it."""

    common: ClassVar[frozenset[str]] = frozenset({"name"})

    name: str

    @property
    def options(self) -> dict[str, Any]:
        """The entry's own options, each with its value."""
        return {key: getattr(self, key) for key in type(self).own()}

    @classmethod
    def own(cls) -> list[str]:
        """The names of the entry's own options."""
        return [key for key in cls.model_fields if key not in cls.common]


@dataclass(frozen=True, eq=False)
class OneOf:
    """Annotates a Choice: which models there are, by the name that chooses between them.

    `bare` allows the name alone where a mapping with a name could stand.
    """

    kind: str
    models: Mapping[str, type[Choice]]
    bare: bool = True

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        models = {name: handler.generate_schema(model) for name, model in self.models.items()}
        tagged = core_schema.tagged_union_schema(models, discriminator="name")
        return core_schema.no_info_before_validator_function(self.spelled_out, tagged)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        mappings = handler(schema)
        alone = [name for name, model in self.models.items() if not _required(model)]
        return {"anyOf": [{"enum": alone}, *mappings["oneOf"]]} if self.bare else {"oneOf": mappings["oneOf"]}

    def spelled_out(self, value: Any) -> Any:
        """A bare name as a mapping; anything that names no entry is refused."""
        if isinstance(value, Choice):
            return value
        spelled = {"name": value} if self.bare and isinstance(value, str) else value
        if not isinstance(spelled, dict):
            example = f"{{name: {next(iter(self.models))}}}"
            raise _said(f"{shown(value)} is not a mapping; write a name and its options, such as {example}")
        if "name" not in spelled:
            raise _said(f"missing; {did_you_mean('', self.models)}", "name")
        if not (isinstance(spelled["name"], str) and spelled["name"] in self.models):
            raise _said(no_such(self.kind, spelled["name"], self.models), "name" if spelled is value else "")
        return spelled


@dataclass(frozen=True)
class Among:
    """Annotates a str: the names it may be."""

    kind: str
    names: tuple[str, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(self.checked, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"enum": list(self.names)}

    def checked(self, value: Any) -> Any:
        """The value itself where it is one of the names."""
        if isinstance(value, str) and value in self.names:
            return value
        raise _said(no_such(self.kind, value, self.names))


def otherwise(sentence: str) -> WrapValidator:
    """Annotates any type, a union above all: whatever it refuses is refused in this one sentence about the value."""

    def check(value: Any, validate: Any) -> Any:
        try:
            return validate(value)
        except ValidationError:
            raise _said(f"{shown(value)} {sentence}") from None

    return WrapValidator(check)


def no_such(kind: str, word: Any, names: Iterable[str]) -> str:
    """The sentence for a name that is none of the names there are."""
    return f"{shown(word)} is no {kind}; {did_you_mean(str(word), names)}"


def _said(sentence: str, below: str = "") -> PydanticCustomError:
    """An error with a whole sentence of ours, about the value or about the key `below` it."""
    return PydanticCustomError("said", "{sentence}", {"sentence": sentence, "below": below})


def _required(model: type[Choice]) -> bool:
    return any(model.model_fields[key].is_required() for key in model.own())
