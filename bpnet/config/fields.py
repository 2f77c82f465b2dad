"""The kinds of value a config holds: closed and frozen pydantic models, and annotations that refuse in plain words.

A `Choice` is an entry of a registry with values for its own options. Their types and defaults come from the entry's
signature, their meanings and domains from `OPTIONS`.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Literal, SupportsIndex, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, GetPydanticSchema, ValidationError, WrapValidator, create_model
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError, core_schema

from bpnet.config.locations import quoted
from bpnet.datasets.table import DELIMITERS
from bpnet.errors import did_you_mean

PATH = r"^[^\x00]+$"
DELIMITER = rf'^([^"\r\n]|{"|".join(map(re.escape, DELIMITERS))})$'


Entry = tuple[str, str, Callable[..., object], type["Choice"]]  # kind, name, what the registry holds, model to extend


class Section(BaseModel):
    """A part of a config: no key but its own, no value of another type, never changed once made."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        validate_default=True,
        protected_namespaces=(),
        defer_build=True,  # a section's checks are made when it is first read, not once more in each that contains it
    )


def among(kind: str, names: Callable[[], Iterable[str]]) -> GetPydanticSchema:
    """Annotates a str: the names it may be, looked up at each check, so that what a registry is given later counts."""

    def check(value: object) -> object:
        if isinstance(value, str) and value in names():
            return value
        raise refusal(no_such(kind, value, names()))

    return GetPydanticSchema(
        lambda source, handler: core_schema.no_info_before_validator_function(check, handler(source)),
        lambda schema, handler: {"enum": list(names())},
    )


def refused_as(sentence: str) -> WrapValidator:
    """Annotates any type, a union above all: whatever it refuses is refused in this one sentence about the value."""

    def check(value: object, validate: Callable[[object], object]) -> object:
        try:
            return validate(value)
        except ValidationError:
            raise refusal(f"{quoted(value)} {sentence}") from None

    return WrapValidator(check)


def no_such(kind: str, name: object, names: Iterable[str]) -> str:
    """The sentence for a name that is none of the names there are."""
    return f"{quoted(name)} is no {kind}; {did_you_mean(str(name), names)}"


def refusal(sentence: str) -> PydanticCustomError:
    """The error with which a validator refuses a value in a sentence of ours."""
    return PydanticCustomError("refusal", "{sentence}", {"sentence": sentence})


class Choice(Section):
    """An entry of a registry by its name, with values for its own options beside it."""

    name: str
    made_from: ClassVar[Entry | None] = None  # what `_model` made this class from, which no module has by its name

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        """Pickled as its entry and its values; whoever unpickles it makes the class again."""
        if self.made_from is None:
            return super().__reduce_ex__(protocol)
        return _unpickled, (self.made_from, dict(self), self.model_fields_set)

    @property
    def options(self) -> dict[str, Any]:
        """The entry's own options, each with its value."""
        return {key: getattr(self, key) for key in type(self).own()}

    @classmethod
    def own(cls) -> dict[str, FieldInfo]:
        """The fields of the entry's own options, which stand in its own model only."""
        return {key: cls.model_fields[key] for key in cls.__annotations__ if key != "name"}


@dataclass(frozen=True, eq=False)
class OneOf:
    """Annotates a Choice: the registry of its entries; `bare` allows the name alone in place of a mapping."""

    kind: str
    registry: Mapping[str, Callable[..., object]]
    base: type[Choice] = Choice
    bare: bool = True

    def __get_pydantic_core_schema__(self, *_: object) -> core_schema.CoreSchema:
        """What pydantic calls to check a value."""
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, _: object, described: Callable[[object], object]) -> dict[str, object]:
        """What pydantic calls for the JSON Schema: names that need no options, and a mapping for each entry."""
        models = self.models()
        mappings = [described(model.__pydantic_core_schema__) for model in models.values()]
        alone = [name for name, model in models.items() if not any(key.is_required() for key in model.own().values())]
        return {"anyOf": [{"enum": alone}, *mappings]} if self.bare else {"oneOf": mappings}

    def models(self) -> dict[str, type[Choice]]:
        """The model of each entry, by its name."""
        return {name: _model(self.kind, name, entry, self.base) for name, entry in self.registry.items()}

    def check(self, value: object) -> Choice:
        """The entry that a mapping or a bare name chooses; if it chooses none, the keys of `base` are still checked."""
        if isinstance(value, Choice):
            return value
        chosen = {"name": value} if self.bare and isinstance(value, str) else value
        if not isinstance(chosen, dict):
            example = f"{{name: {next(iter(self.registry))}}}"
            raise refusal(f"{quoted(value)} is not a mapping; write a name and its options, such as {example}")
        name = chosen.get("name")
        if isinstance(name, str) and name in self.registry:
            return _model(self.kind, name, self.registry[name], self.base).model_validate(chosen)
        if chosen is not value:
            raise refusal(no_such(self.kind, name, self.registry))
        wrong_name = Annotated[str, among(self.kind, lambda: self.registry)]
        shared = create_model(self.kind, __base__=self.base, __cls_kwargs__={"extra": "ignore"}, name=(wrong_name, ...))
        return shared.model_validate(chosen)


@cache
def _model(kind: str, name: str, entry: Callable[..., object], base: type[Choice]) -> type[Choice]:
    """The model of an entry: a subclass of `base` with the entry's own options."""
    fields: dict[str, Any] = {"name": (Literal[name], Field(description=f"The {kind} {name!r}."))}
    for option, parameter in parameters(entry).items():
        default = ... if parameter.default is parameter.empty else parameter.default
        description, domain = described(name, option)
        field = Field(default, description=description, **domain)
        fields[option] = (_annotation(option, parameter.annotation), field)
    summary = (inspect.getdoc(entry) or "").partition("\n")[0]
    model = create_model(f"{kind} {name}", __base__=base, __doc__=summary, **fields)
    model.made_from = (kind, name, entry, base)
    return model


def _unpickled(entry: Entry, values: dict[str, Any], given: set[str]) -> Choice:
    """The entry of a pickle, whose values were checked before; `given` are those that are not defaults."""
    return _model(*entry).model_construct(given, **values)


def described(entry: str, option: str) -> tuple[str, dict[str, Any]]:
    """What an option of an entry means, and the domain of its values."""
    default = OPTIONS.get(option, (f"An option of {entry!r}.", {}))
    return OPTIONS.get(f"{option} ({entry})", default)


def paths(choice: Choice) -> dict[str, str | None]:
    """The options of an entry that are paths of files or folders, each with its value."""
    return {
        name: value for name, value in choice.options.items() if described(choice.name, name)[1].get("pattern") == PATH
    }


def parameters(entry: Callable[..., object]) -> dict[str, inspect.Parameter]:
    """The options of an entry: the fields of a class, the keyword-only parameters of a function; never its seed."""
    signature = inspect.signature(entry, eval_str=True).parameters
    options = {name: p for name, p in signature.items() if isinstance(entry, type) or p.kind is p.KEYWORD_ONLY}
    return {name: parameter for name, parameter in options.items() if name != "seed"}


def _annotation(option: str, annotation: Any) -> Any:
    """An annotation of a signature as a config checks it."""
    if get_origin(annotation) is Literal:
        return Annotated[str, among(option, lambda: get_args(annotation))]
    members = [member for member in get_args(annotation) if member is not NoneType]
    if get_origin(annotation) in (Union, UnionType) and len(members) > 1:
        types = " or ".join(TYPES[member] for member in members)
        return Annotated[annotation, refused_as(f"is not {types}; write one of these")]
    return annotation


TYPES = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}

# What each option means, and the domain of its values in pydantic's words; "x (npy)" is the option x of npy alone.
OPTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "arms": ("The number of spirals, each a class.", {"ge": 2}),
    "beta1": ("The decay rate of the running mean of the gradient.", {"ge": 0, "lt": 1}),
    "beta2": ("The decay rate of the running mean of the squared gradient.", {"ge": 0, "lt": 1}),
    "bias": ("The initial value of every bias.", {}),
    "bits": ("The number of bits in an example.", {"ge": 1, "le": 12}),
    "by": ("The factor by which the learning rate is multiplied at each change.", {"gt": 0, "le": 1}),
    "classes": ("The number of clusters or of symbols, each a class.", {"ge": 2}),
    "decay": (
        "The decay rate of the running mean of the squared gradient; the lecture's 0.9, PyTorch's is 0.99.",
        {"ge": 0, "lt": 1},
    ),
    "delimiter": ("The separator between two fields: a character, or a name.", {"pattern": DELIMITER}),
    "divisor": ("The number that grey levels from 0 to 255 are divided by; 256 in the book.", {"gt": 0}),
    "epsilon": ("A small number that is added to the denominator against division by zero.", {"gt": 0}),
    "every": ("The number of epochs from one change of the learning rate to the next.", {"ge": 1}),
    "expanded": ("Whether to add four copies of the first 50,000 images, each shifted by one pixel.", {}),
    "damping": ("The damping at the start, Levenberg's lambda, in units of the mean cost's curvature.", {"ge": 0}),
    "explicit": ("The number of parameters up to which the matrix of the curvature is made.", {"ge": 0}),
    "factor": ("The radius of the inner circle; that of the outer circle is 1.", {"gt": 0, "lt": 1}),
    "features": ("The number of inputs of an example.", {"ge": 1}),
    "header": ("Whether the first row has the names of the columns.", {}),
    "length": ("The number of time steps of a sequence.", {"ge": 1}),
    "momentum": (
        "The share of the velocity, which contains eta, that each step keeps; the book's mu.",
        {"ge": 0, "lt": 1},
    ),
    "noise": ("The standard deviation of the noise added to each coordinate.", {"ge": 0}),
    "path": ("The file or folder to read, relative to the folder of this config.", {"pattern": PATH}),
    "patience": ("Epochs in a row without a better validation score, after which the rate is halved.", {"ge": 1}),
    "samples": ("The number of examples.", {"ge": 1}),
    "stop": ("Training ends when the rate has fallen to this share of the first.", {"gt": 0, "lt": 1}),
    "target": ("The column of the target, by its name or its number from 0; null is the last column.", {}),
    "task": ("Whether the target is a class or a quantity; auto decides by its values.", {}),
    "turns": ("The number of full turns of each spiral.", {"gt": 0}),
    "weight": ("The initial value of every weight.", {}),
    "weight_decay": ("The share of each weight, for each unit of the rate, that a step takes away.", {"ge": 0}),
    "x": ("The name of the array of inputs, one example per row.", {}),
    "x (npy)": (
        "The .npy file of inputs, one example per row, relative to the folder of this config.",
        {"pattern": PATH},
    ),
    "y": ("The name of the array of targets.", {}),
    "y (npy)": ("The .npy file of targets, one for each example, relative to the same folder.", {"pattern": PATH}),
}
