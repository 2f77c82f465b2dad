"""What a comparison says, in words that are true to its numbers, whichever cost wins."""

import math
from collections.abc import Sequence

from bpnet.comparison.results import Condition, CostResult, Sweep
from bpnet.comparison.statistics import Speedup
from bpnet.metrics import Target

MANY_TIMES = 100  # a ratio from here on is printed without decimals


def sentences(condition: Condition, target: Target, unit: str, classes: tuple[str, ...]) -> list[str]:
    """The verdict on one condition, a sentence for each cost after the first: who reached the target, and when."""
    results = {result.cost: result for result in condition.results}
    label = f"{condition.label}: " if condition.label else ""
    verdicts = []
    for pair in condition.speedups:
        two = (results[pair.over], results[pair.of])
        troubles = (_troubles(result, target, classes) for result in two)
        verdicts.append(label + _speed(two, pair, target, unit) + "".join(troubles))
    return verdicts


def _speed(two: tuple[CostResult, CostResult], pair: Speedup, target: Target, unit: str) -> str:
    """Which of two costs reached the target sooner, and by how much."""
    if all(result.arrivals(target).reached == 0 for result in two):
        return f"neither reached {target}"
    if pair.median is not None and pair.median < 1 and pair.bound != "at least":
        pair = pair.reversed()
    fast, slow = sorted(two, key=lambda result: result.cost != pair.of)
    first, second = (result.arrivals(target, unit).median for result in (fast, slow))
    if first is None or pair.bound == "none":
        return f"too few reached {target} to tell which is faster"
    limit = slow.epochs if unit == "epochs" else slow.steps
    half = " in half of the seeds" if pair.pairs > 1 else ""
    other = f"not within {limit}{half}" if second is None else f"in {second:g}"
    counted = f"{first:g} {unit.removesuffix('s') if first == 1 else unit}"
    return f"{fast.cost} reached {target} in {counted}, {slow.cost} {other}: {_how_much(pair)}"


def _how_much(pair: Speedup) -> str:
    """The speed-up in words, with its interval."""
    ratio = pair.median or 1.0
    low = 0.0 if pair.low is None else pair.low
    high = math.inf if pair.high is None else pair.high
    times = f"{ratio:.3g} times" if ratio >= MANY_TIMES else f"{ratio:.1f} times"
    spread = ""
    if pair.pairs > 1 and (pair.low is not None or pair.high is not None):
        end = "no limit seen" if pair.high is None else f"{high:.3g}"
        spread = f" (95 % interval {low:.3g} to {end} over {pair.pairs} seeds)"
    if pair.bound == "" and ratio == 1 and {pair.low, pair.high} <= {None, 1.0}:
        return "equally fast" + (f" in each of {pair.pairs} seeds" if pair.pairs > 1 else "")
    # Wilcoxon's test has no say here: with five pairs its p can never be below 0.06.
    if pair.pairs > 1 and low <= 1 <= high:
        return f"no difference that {pair.pairs} seeds can show, {pair.bound} {times}{spread}".replace(",  ", ", ")
    return f"{pair.bound} {times} faster{spread}".lstrip()


def _troubles(result: CostResult, target: Target, classes: tuple[str, ...]) -> str:
    """Seeds that never arrived, outputs that died, seeds that diverged."""
    times, dead, words = result.arrivals(target), result.dead_outputs(classes), ""
    if times.reached < times.of > 1:
        words += f"; {result.cost} arrived in {times.reached} of {times.of}"
    if dead.seeds:
        never = ", ".join(f"{label} ({n})" for label, n in dead.classes.items())
        words += (
            f"; under {result.cost} {dead.seeds} of {times.of} lost classes for good: {never} never predicted, "
            f"their output neurons' mean slope is {dead.slope:.0e}"
        )
    if result.diverged:
        words += f"; {result.cost} diverged in {result.diverged} of {times.of}"
    return words


def warnings(sweeps: Sequence[Sweep]) -> list[str]:
    """What a reader of a tuned comparison should know."""
    advice = "lies at its end; widen it by another train.learning_rate"
    return [f"{sweep.cost}: the best rate of the sweep, {sweep.best:g}, {advice}" for sweep in sweeps if sweep.at_end]
