"""What a comparison found, in words that are true to its numbers, whichever cost wins."""

from collections.abc import Mapping, Sequence
from typing import Any

from bpnet.comparison.race import Lane
from bpnet.comparison.statistics import Speedup

DEAD_RECALL = 0.1
DEAD_SLOPE = 1e-4


def dead_outputs(lane: Lane, classes: Sequence[str]) -> dict[str, Any]:
    """Classes that are never predicted because their output neuron cannot move: recall below 0.1, slope below 1e-4.

    Returns the number of seeds with any, for each such class in how many, and the mean slope of those neurons.
    """
    if lane.slopes.shape[1] < 2:
        return {"seeds": 0, "classes": {}, "slope": None}
    dead = (lane.recall < DEAD_RECALL) & (lane.slopes < DEAD_SLOPE)
    return {
        "seeds": int(dead.any(axis=1).sum()),
        "classes": {classes[k]: int(dead[:, k].sum()) for k in range(dead.shape[1]) if dead[:, k].any()},
        "slope": float(lane.slopes[dead].mean()) if dead.any() else None,
    }


def sentence(label: str, found: Mapping[str, Mapping[str, Any]], pair: Speedup | None, target: str, unit: str) -> str:
    """The verdict on one condition: who reached the target, when, and how much sooner."""
    return ("" if not label else f"{label}: ") + _who_won(found, pair, target, unit) + _troubles(found)


def _who_won(found: Mapping[str, Mapping[str, Any]], pair: Speedup | None, target: str, unit: str) -> str:
    if all(about["epochs_to_target"]["reached"] == 0 for about in found.values()):
        return f"neither reached {target}"
    if pair is None or pair.bound == "none":
        return f"too few reached {target} to tell which is faster"
    if pair.median is not None and pair.median < 1 and pair.bound != "at least":
        pair = _reversed(pair)
    first, second = (_time(found[name], unit) for name in (pair.of, pair.over))
    if not first:
        return f"too few reached {target} to tell which is faster"
    limit = found[pair.over][unit]
    half = " in half of the seeds" if pair.pairs > 1 else ""
    other = f"in {second}" if second else f"not within {limit}{half}"
    return f"{pair.of} reached {target} in {_counted(first, unit)}, {pair.over} {other}: {_how_much(pair)}"


def _counted(number: str, unit: str) -> str:
    """`1 epoch`, `2 epochs`."""
    return f"{number} {unit[:-1] if number == '1' else unit}"


def _how_much(pair: Speedup) -> str:
    ratio = pair.median or 1.0
    times = f"{ratio:.3g} times" if ratio >= 100 else f"{ratio:.1f} times"
    spread = ""
    if pair.pairs > 1 and (pair.low is not None or pair.high is not None):
        low = "0" if pair.low is None else f"{pair.low:.3g}"
        high = "no limit seen" if pair.high is None else f"{pair.high:.3g}"
        spread = f" (95 % interval {low} to {high} over {pair.pairs} seeds)"
    if pair.bound == "" and ratio == 1 and {pair.low, pair.high} <= {None, 1.0}:
        return "equally fast" + (f" in each of {pair.pairs} seeds" if pair.pairs > 1 else "")
    if pair.pairs > 1 and _even(pair):
        return f"no difference that {pair.pairs} seeds can show, {pair.bound} {times}{spread}".replace(",  ", ", ")
    return f"{pair.bound} {times} faster{spread}".lstrip()


def _even(pair: Speedup) -> bool:
    """Whether the interval holds 1. The test has no say: of five pairs it can never be below 0.06."""
    return (pair.low is None or pair.low <= 1) and (pair.high is None or pair.high >= 1)


def _reversed(pair: Speedup) -> Speedup:
    """The same seen from the other side."""
    turned = {"": "", "at most": "at least", "at least": "at most", "none": "none"}[pair.bound]

    def inverse(value: float | None) -> float | None:
        return None if value is None else 1 / value if value > 0 else None

    return Speedup(
        pair.over, pair.of, inverse(pair.median), inverse(pair.high), inverse(pair.low), pair.p, turned, pair.pairs
    )


def _time(about: Mapping[str, Any], unit: str) -> str:
    times = about[f"{unit}_to_target"]
    return "" if times["median"] is None else f"{times['median']:g}"


def _troubles(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Seeds that never arrived, outputs that died, costs that diverged."""
    words = ""
    for name, about in found.items():
        times, dead = about["epochs_to_target"], about["dead_outputs"]
        if times["reached"] < times["of"] > 1:
            words += f"; {name} arrived in {times['reached']} of {times['of']}"
        if dead["seeds"]:
            never = ", ".join(f"{label} ({n})" for label, n in dead["classes"].items())
            words += (
                f"; under {name} {dead['seeds']} of {times['of']} lost classes for good: {never} never predicted, "
                f"their output neurons' mean slope is {dead['slope']:.0e}"
            )
        if about["diverged"]:
            words += f"; {name} diverged in {about['diverged']} of {times['of']}"
    return words


def warnings(sweeps: Sequence[Any]) -> list[str]:
    """What a reader of a tuned comparison should know."""
    return [
        f"{sweep.cost}: the best rate of the sweep, {sweep.best:g}, lies at its end; widen it by another "
        f"train.learning_rate"
        for sweep in sweeps
        if sweep.at_end
    ]
