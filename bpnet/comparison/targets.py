"""When a network has learned: a bound on a measure that no cost is made for, read from a text."""

import re
from collections.abc import Sequence

import numpy as np

from bpnet.errors import UsageError, did_you_mean
from bpnet.metrics import MEASURES, Kind, Target

PATTERN = re.compile(r"\s*(\w+)\s*([<>])\s*(\S+)\s*")


def parse_target(text: str) -> Target:
    """The target that a text such as `error<0.1` means; a UsageError for none, or one that depends on the cost."""
    match = PATTERN.fullmatch(text)
    try:
        bound = float(match[3]) if match else np.nan
    except ValueError:
        bound = np.nan
    if not match or not np.isfinite(bound):
        raise UsageError(f"--target {text}: no target; write a measure and a bound, such as error<0.1 or accuracy>0.95")
    if match[1] == "cost":
        raise UsageError(f"--target {text}: a cost cannot be compared with another cost; take error or accuracy")
    if match[1] not in MEASURES:
        raise UsageError(f"--target {text}: unknown measure {match[1]!r}; {did_you_mean(match[1], MEASURES)}")
    return Target(match[1], bound, match[2] == "<")


def parse_targets(texts: Sequence[str], kind: Kind, usual: str) -> tuple[Target, ...]:
    """The targets that texts mean, each once, or the usual one; a measure for another `kind` is a UsageError."""
    targets = tuple(dict.fromkeys(parse_target(text) for text in texts or (usual,)))
    fitting = [name for name, measure in MEASURES.items() if measure.kind in (None, kind)]
    for target in targets:
        if target.measure not in fitting:
            raise UsageError(f"--target {target}: targets of {kind} are measured by {', '.join(fitting)}")
    return targets
