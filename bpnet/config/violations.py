"""What is wrong with values: what pydantic refuses, in our sentences, and what contradicts itself."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bpnet.activations import ACTIVATIONS
from bpnet.config.fields import DELIMITER, PATH, OneOf
from bpnet.config.locations import Key, dotted, quoted
from bpnet.config.models import CHOICES, NAME, SECTIONS, Config
from bpnet.config.text import scalar
from bpnet.costs import cost_for
from bpnet.datasets.table import DELIMITERS
from bpnet.errors import UsageError, did_you_mean
from bpnet.optimizers import SCHEDULES

AnyConfig = TypeVar("AnyConfig", bound=Config)


class Violation(NamedTuple):
    """What is wrong with the value of a key or, where `of_key`, with there being such a key."""

    key: Key
    sentence: str
    of_key: bool = False


def validate(model: type[AnyConfig], values: Mapping[str, object]) -> tuple[AnyConfig | None, list[Violation]]:
    """The config that plain values make, or None and a sentence for each key that is wrong."""
    try:
        return model.model_validate(values), []
    except ValidationError as error:
        return None, [_violation(details, values) for details in error.errors(include_url=False)]


def _violation(details: ErrorDetails, values: Mapping[str, object]) -> Violation:
    """One of pydantic's errors."""
    key, kind = details["loc"], details["type"]
    if kind == "model_type" and details["input"] is None:
        return Violation(key, "empty; write its keys below it, or leave it out")
    if kind == "extra_forbidden":
        return Violation(key, _unknown_key(key, values), of_key=True)
    if kind == "missing" and key[-1] == "name" and key[:-1] in CHOICES:
        return Violation(key, f"missing; {did_you_mean('', CHOICES[key[:-1]].registry)}")
    return Violation(key, SENTENCES[kind](details["input"], details.get("ctx", {})))


def _unknown_key(key: Key, values: Mapping[str, object]) -> str:
    """The sentence for a key that its section does not have: where it belongs, or what was meant."""
    section, word = key[:-1], str(key[-1])
    last = word.rpartition(".")[-1]
    homes = sorted(filter(None, SECTIONS), key=lambda home: home[: len(section)] != section)  # those inside first
    if home := next((home for home in homes if last in SECTIONS[home].model_fields), None):
        if last == word:
            return f"unknown key; did you mean {dotted((*home, word))!r}?"
        return f"unknown key; write {last!r} in the section {dotted(home)!r}"
    if section in CHOICES:
        return _unknown_option(CHOICES[section], str(_value(values, (*section, "name"))), word)
    return f"unknown key; {did_you_mean(word, SECTIONS[section].model_fields)}"


def _unknown_option(choice: OneOf, entry: str, option: str) -> str:
    """The sentence for an option that an entry does not have: whose it is, or what was meant."""
    models = choice.models()
    sentence = f"{choice.kind} {entry!r} has no option {option!r}"
    owners = ", ".join(repr(name) for name, model in models.items() if option in model.own())
    if owners:
        return f"{sentence}, which belongs to {owners}; take it out, or choose another {choice.kind}"
    options = [key for key in models.get(entry, choice.base).model_fields if key != "name"]
    return f"{sentence}; {did_you_mean(option, options)}" if options else f"{sentence}; it has none, take it out"


def _not_a_number(value: object, kind: str, types: tuple[type, ...], example: str) -> str:
    """A value that is no number; text that looks like one is quoted as the number it may have been meant for."""
    number = value.replace("_", "") if isinstance(value, str) else ""
    remedy = number if type(scalar(number)) in types else f"one such as {example}"
    return f"{quoted(value)} is not {kind}; write {remedy}"


def _not_a_list(value: object) -> str:
    """A value that is no list; a single value may have been meant for its only entry."""
    remedy = f"[{quoted(value)}]" if isinstance(value, str | int | float) else "its entries in brackets, or [] for none"
    return f"{quoted(value)} is not a list; write {remedy}"


def contradictions(values: Mapping[str, object], wrong: Collection[Key]) -> Iterator[Violation]:
    """What contradicts itself in plain values, left alone where a key it depends on is wrong already."""
    for key, others, rule in CHECKS:
        if any(bad[: len(mine)] == mine[: len(bad)] for mine in (key, *others) for bad in wrong):
            continue
        defaults = [SECTIONS[other[:-1]].model_fields[str(other[-1])].default for other in others]
        if sentence := rule(*map(partial(_value, values), others, defaults)):
            yield Violation(key, sentence)


def cost_on_output(cost: str, output: str) -> str | None:
    """A cost needs an output it is made for."""
    try:
        if "auto" not in (cost, output):
            cost_for(cost, ACTIVATIONS[output])
    except UsageError as error:
        return str(error)
    return None


def stopping_needs_scores(early_stopping: int | None, validation: float) -> str | None:
    """Early stopping looks at the validation score."""
    return f"early stopping {NEEDS_VALIDATION}" if early_stopping and not validation else None


def schedule_needs_scores(schedule: str | dict[str, str] | None, validation: float) -> str | None:
    """Some schedules look at the validation score."""
    name = schedule["name"] if isinstance(schedule, dict) else schedule
    return f"schedule {name!r} {NEEDS_VALIDATION}" if name and SCHEDULES[name].waits and not validation else None


def feedforward_has_no_time(kind: str, value: object, default: object) -> str | None:
    """Some keys are those of a recurrent network."""
    if kind == "feedforward" and value != default:
        return "is for a recurrent network; take it out, or write kind: recurrent"
    return None


def recurrent_has_a_layer(kind: str, hidden: Sequence[int]) -> str | None:
    """A recurrent network has a layer that recurs."""
    return "a recurrent network needs a hidden layer; write [64]" if kind == "recurrent" and not hidden else None


def truncated_within_steps(truncate: int | None, steps: int | None) -> str | None:
    """The gradient cannot go back before the first step."""
    if truncate and steps and truncate > steps:
        return f"{truncate} is more than the {steps} steps there are; take {steps} or less, or null for all"
    return None


def shares_leave_examples(train: float, validation: float, test: float) -> str | None:
    """The parts cannot take more than there is, and training needs some of it."""
    shares = [part for part in (train, validation, test) if part < 1]
    if sum(shares) > 1 + ROUNDING or (train == 0 and sum(shares) > 1 - ROUNDING):
        return f"shares of {' + '.join(f'{share:g}' for share in shares if share)} leave nothing to train on; take less"
    return None


def _value(values: object, key: Key, default: object = None) -> object:
    """The value of a key, or its default."""
    for part in key:
        if not isinstance(values, Mapping) or part not in values:
            return default
        values = values[part]
    return values


SENTENCES: dict[str, Callable[[object, Mapping[str, Any]], str]] = {
    "refusal": lambda value, ctx: str(ctx["sentence"]),
    "missing": lambda value, ctx: "missing, and there is no default; write it",
    "invalid_key": lambda value, ctx: "a key that is not text; keys are words such as 'train'",
    "model_type": lambda value, ctx: f"{quoted(value)} is not a mapping; write its keys below it",
    "tuple_type": lambda value, ctx: _not_a_list(value),
    "string_type": lambda value, ctx: f"{quoted(value)} is not text; put it in quotes",
    "string_unicode": lambda value, ctx: f"{quoted(value)} holds half a character; write whole ones",
    "bool_type": lambda value, ctx: f"{quoted(value)} is not a truth value; write true or false",
    "int_type": lambda value, ctx: _not_a_number(value, "a whole number", (int,), "10"),
    "float_type": lambda value, ctx: _not_a_number(value, "a number", (int, float), "0.5"),
    "finite_number": lambda value, ctx: f"{quoted(value)} is not finite; write a number such as 0.5",
    "greater_than": lambda value, ctx: f"{quoted(value)} is too small; take more than {ctx['gt']:g}",
    "greater_than_equal": lambda value, ctx: f"{quoted(value)} is too small; take at least {ctx['ge']:g}",
    "less_than": lambda value, ctx: f"{quoted(value)} is too large; take less than {ctx['lt']:g}",
    "less_than_equal": lambda value, ctx: f"{quoted(value)} is too large; take at most {ctx['le']:g}",
    "string_pattern_mismatch": lambda value, ctx: f"{quoted(value)} {PATTERNS[ctx['pattern']]}",
}

PATTERNS: dict[str, str] = {
    NAME: "cannot name a folder; write letters, digits, '-', '_' and '.', and no '.' first",
    PATH: "is no path; write that of a file or a folder",
    DELIMITER: f"divides no fields; write one character, or one of {', '.join(DELIMITERS)}",
}

# What the sum of shares such as 0.6 + 0.3 + 0.1 may differ from 1.
ROUNDING = 1e-9

KIND: Key = ("network", "kind")
STEPS: Key = ("network", "steps")
NEEDS_VALIDATION = "looks at the validation score; set data.split.validation, such as 0.2"
VALIDATION: Key = ("data", "split", "validation")

# The key that a sentence is about, the keys whose values a rule takes, and the rule.
CHECKS: tuple[tuple[Key, tuple[Key, ...], Callable[..., str | None]], ...] = (
    (("train", "cost"), (("train", "cost"), ("network", "output")), cost_on_output),
    (("train", "early_stopping"), (("train", "early_stopping"), VALIDATION), stopping_needs_scores),
    (("train", "schedule"), (("train", "schedule"), VALIDATION), schedule_needs_scores),
    (("network", "hidden"), (KIND, ("network", "hidden")), recurrent_has_a_layer),
    (("network", "truncate"), (("network", "truncate"), STEPS), truncated_within_steps),
    *(
        (("network", name), (KIND, ("network", name)), partial(feedforward_has_no_time, default=default))
        for name, default in (("steps", None), ("truncate", None), ("initial_state", "zero"))
    ),
    (("data", "split"), (("data", "split", "train"), VALIDATION, ("data", "split", "test")), shares_leave_examples),
)
