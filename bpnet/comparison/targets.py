"""When a network counts as there: a bound on a measure that no cost is made for."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet.errors import UsageError, did_you_mean

Array = NDArray[Any]

PATTERN = re.compile(r"\s*(\w+)\s*([<>])\s*(\S+)\s*")
METRICS = ("error", "max_error", "accuracy", "r2")


@dataclass(frozen=True)
class Target:
    """`error<0.1` or `accuracy>0.95`: a metric, a bound, and on which side of it the network has arrived."""

    metric: str
    bound: float
    below: bool

    def __str__(self) -> str:
        return f"{self.metric}{'<' if self.below else '>'}{self.bound:g}"

    def met(self, values: Array) -> Array:
        """Where the values are beyond the bound; never where they are NaN."""
        return values < self.bound if self.below else values > self.bound

    def first(self, times: Array, values: Array) -> Array:
        """The first of the times (e,) at which values (e, R) meet the target: (R,), NaN for never."""
        met = self.met(values)
        return np.where(met.any(axis=0), times[met.argmax(axis=0)].astype(np.float64), np.nan)


def target(text: str) -> Target:
    """The target that a text such as `error<0.1` means.

    Raises:
        UsageError: it means none, or one that depends on the cost.
    """
    found = PATTERN.fullmatch(text)
    try:
        bound = float(found[3]) if found else np.nan
    except ValueError:
        bound = np.nan
    if not found or not np.isfinite(bound):
        raise UsageError(f"--target {text}: no target; write a measure and a bound, such as error<0.1 or accuracy>0.95")
    if found[1] == "cost":
        raise UsageError(f"--target {text}: a cost cannot be compared with another cost; take error or accuracy")
    if found[1] not in METRICS:
        raise UsageError(f"--target {text}: unknown measure {found[1]!r}; {did_you_mean(found[1], METRICS)}")
    return Target(found[1], bound, found[2] == "<")
