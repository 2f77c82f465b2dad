"""From a registry to the models of its entries: options, types and defaults are those of each entry's signature.

What a signature cannot say, an option's meaning and its domain, stands in `OPTIONS`, once for every entry that has it.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import Field, create_model

from bpnet.config.fields import Among, Choice, otherwise
from bpnet.datasets.table import DELIMITERS

C = TypeVar("C", bound=Choice)

PATH = r"^[^\x00]+$"
DELIMITER = rf'^([^"\r\n]|{"|".join(map(re.escape, DELIMITERS))})$'


def models(kind: str, registry: Mapping[str, Callable[..., Any]], base: type[C]) -> dict[str, type[C]]:
    """A model for each entry of a registry, a subclass of `base` with the entry's own options."""
    return {name: _model(kind, name, entry, base) for name, entry in registry.items()}


def _model(kind: str, name: str, entry: Callable[..., Any], base: type[C]) -> type[C]:
    fields: dict[str, Any] = {"name": (Literal[name], Field(description=f"The {kind} {name!r}."))}
    for option, parameter in parameters(entry).items():
        fields[option] = (_annotation(option, parameter.annotation), _field(option, parameter.default))
    summary = (inspect.getdoc(entry) or "").partition("\n")[0]
    return create_model(f"{kind} {name}", __base__=base, __doc__=summary, **fields)


def parameters(entry: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The options of an entry: the fields of a class, the keyword-only parameters of a function; never its seed."""
    found = inspect.signature(entry, eval_str=True).parameters.values()
    chosen = [one for one in found if isinstance(entry, type) or one.kind is one.KEYWORD_ONLY]
    return {one.name: one for one in chosen if one.name != "seed"}


def _annotation(option: str, annotation: Any) -> Any:
    """An annotation of a signature as a config checks it."""
    if get_origin(annotation) is Literal:
        return Annotated[str, Among(option, get_args(annotation))]
    members = [member for member in get_args(annotation) if member is not NoneType]
    if get_origin(annotation) in (Union, UnionType) and len(members) > 1:
        kinds = " or ".join(WORDS[member] for member in members)
        return Annotated[annotation, otherwise(f"is not {kinds}; write one of these")]
    return annotation


def _field(option: str, default: Any) -> Any:
    described = OPTIONS.get(option, {"description": "An option of its own."})
    return Field(... if default is inspect.Parameter.empty else default, **described)


WORDS = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}

OPTIONS: dict[str, dict[str, Any]] = {
    "arms": {"description": "How many spirals, a class each.", "ge": 2},
    "beta1": {"description": "What the running mean of the gradient keeps at each step.", "ge": 0, "lt": 1},
    "beta2": {"description": "What the running mean of the squared gradient keeps at each step.", "ge": 0, "lt": 1},
    "bias": {"description": "Every bias before the first step."},
    "bits": {"description": "How many zeros and ones make an example.", "ge": 1, "le": 12},
    "by": {"description": "What the learning rate is multiplied with.", "gt": 0, "le": 1},
    "classes": {"description": "How many clouds, a class each.", "ge": 2},
    "decay": {"description": "What the running mean of the squared gradient keeps at each step.", "ge": 0, "lt": 1},
    "delimiter": {"description": "The character between two fields, or its name, such as tab.", "pattern": DELIMITER},
    "expanded": {"description": "Whether four copies shifted by a pixel follow the first 50,000 images."},
    "divisor": {"description": "What grey levels from 0 to 255 are divided by; the book's own data took 256.", "gt": 0},
    "epsilon": {"description": "What keeps the division from one by zero.", "gt": 0},
    "every": {"description": "After how many epochs the learning rate changes.", "ge": 1},
    "factor": {"description": "The radius of the inner circle, the outer one's being 1.", "gt": 0, "lt": 1},
    "header": {"description": "Whether the first row names the columns."},
    "momentum": {"description": "The share of its velocity that a weight keeps at each step.", "ge": 0, "lt": 1},
    "noise": {"description": "The standard deviation of what is added to each coordinate.", "ge": 0},
    "path": {"description": "The file or folder to read, relative to the folder of this config.", "pattern": PATH},
    "patience": {"description": "How many epochs without a better validation score are waited for.", "ge": 1},
    "samples": {"description": "How many examples to make.", "ge": 1},
    "stop": {"description": "The share of the first learning rate at which training ends.", "gt": 0, "lt": 1},
    "target": {"description": "The column to learn, by name or by number from 0; null takes the last."},
    "task": {"description": "Whether the target is a class or a quantity; auto looks at its values."},
    "turns": {"description": "How many full turns a spiral makes.", "gt": 0},
    "weight": {"description": "Every weight before the first step."},
    "x": {"description": "The key of the array of inputs, one example a row."},
    "y": {"description": "The key of the array of targets."},
}
