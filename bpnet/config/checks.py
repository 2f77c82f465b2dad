"""What no key can know alone: values that are each right and contradict each other."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bpnet.activations import ACTIVATIONS
from bpnet.config.models import SECTIONS
from bpnet.config.places import Key
from bpnet.config.problems import Complaint
from bpnet.costs import cost_for
from bpnet.errors import UsageError
from bpnet.optimizers import SCHEDULES

ROUNDING = 1e-9


@dataclass(frozen=True)
class Check:
    """A question about the values of some keys, in their order; the answer is what is wrong, told at `place`."""

    place: Key
    keys: tuple[Key, ...]
    ask: Callable[..., str | None]


def contradictions(values: dict[str, Any], wrong: Iterable[Key]) -> Iterator[Complaint]:
    """What contradicts itself in plain values, left alone where a key it depends on is wrong already."""
    known = list(wrong)
    for check in CHECKS:
        if not any(related(key, other) for key in (*check.keys, check.place) for other in known):
            sentence = check.ask(*(_value(values, key) for key in check.keys))
            if sentence:
                yield Complaint(check.place, sentence)


def related(key: Key, other: Key) -> bool:
    """Whether one key leads through the other."""
    shorter = min(len(key), len(other))
    return key[:shorter] == other[:shorter]


def cost_on_output(cost: str, output: str) -> str | None:
    """A cost needs an output it is made for."""
    if "auto" in (cost, output):
        return None
    try:
        cost_for(cost, ACTIVATIONS[output])
    except UsageError as error:
        return str(error)
    return None


def stopping_needs_scores(early_stopping: int | None, validation: float) -> str | None:
    """Early stopping looks at the validation score."""
    return f"early stopping {NEEDS_VALIDATION}" if early_stopping is not None and validation == 0 else None


def schedule_needs_scores(schedule: Any, validation: float) -> str | None:
    """Some schedules look at the validation score."""
    name = schedule["name"] if isinstance(schedule, dict) else schedule
    return f"schedule {name!r} {NEEDS_VALIDATION}" if name and SCHEDULES[name].waits and validation == 0 else None


def shares_leave_examples(train: float, validation: float, test: float) -> str | None:
    """The parts cannot take more than there is, and training needs some of it."""
    shares = [part for part in (train, validation, test) if part < 1]
    if sum(shares) > 1 + ROUNDING or (train == 0 and sum(shares) > 1 - ROUNDING):
        return f"shares of {' + '.join(f'{share:g}' for share in shares if share)} leave nothing to train on; take less"
    return None


def _value(values: Any, key: Key) -> Any:
    """The value of a key, or its default."""
    for part in key:
        if part not in values:
            return SECTIONS[key[:-1]].model_fields[str(key[-1])].default
        values = values[part]
    return values


NEEDS_VALIDATION = "looks at the validation score; set data.split.validation, such as 0.2"

VALIDATION: Key = ("data", "split", "validation")

CHECKS = (
    Check(("train", "cost"), (("train", "cost"), ("network", "output")), cost_on_output),
    Check(("train", "early_stopping"), (("train", "early_stopping"), VALIDATION), stopping_needs_scores),
    Check(("train", "schedule"), (("train", "schedule"), VALIDATION), schedule_needs_scores),
    Check(
        ("data", "split"),
        (("data", "split", "train"), VALIDATION, ("data", "split", "test")),
        shares_leave_examples,
    ),
)
