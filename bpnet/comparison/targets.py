"""When a network has learned: a bound on a measure of its outputs (of which `error` is the cost `mae`), from a text."""

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
    target = Target(match[1], bound, match[2] == "<")
    _refuse_impossible(target)
    return target


def _refuse_impossible(target: Target) -> None:
    """Refuse a bound in the wrong direction, and one that perfect outputs do not meet."""
    measure, perfect = MEASURES[target.measure], np.array([[0.0], [1.0]])
    if target.below == measure.higher_is_better:
        better, sign = ("higher", ">") if measure.higher_is_better else ("lower", "<")
        raise UsageError(f"--target {target}: a {better} {target.measure} is better; write {target.measure}{sign}...")
    best = measure.function(perfect, perfect)
    if not target.met(best):
        share = f"; {target.bound:g} % is {target.bound / 100:g}" if measure.percent and target.bound > 1 else ""
        raise UsageError(f"--target {target}: the best possible {target.measure} is {float(best):g}{share}")


def parse_targets(texts: Sequence[str], kind: Kind, usual: str) -> tuple[Target, ...]:
    """The targets that texts mean, each once, or the usual one; a measure for another `kind` is a UsageError."""
    targets = tuple(dict.fromkeys(parse_target(text) for text in texts or (usual,)))
    fitting = [name for name, measure in MEASURES.items() if measure.kind in (None, kind)]
    for target in targets:
        if target.measure not in fitting:
            raise UsageError(f"--target {target}: targets of {kind} are measured by {', '.join(fitting)}")
    return targets
