"""The learning rates of a comparison: the same for all, matched at the first step, tuned by a sweep, or as told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet.comparison.race import Entry, Rules, race
from bpnet.comparison.statistics import arrivals
from bpnet.errors import UsageError, did_you_mean

Array = NDArray[Any]

POLICIES = ("same", "matched", "tuned")
FACTORS = tuple(2.0**k for k in range(-4, 5))
SAMPLE = 1000


@dataclass(frozen=True)
class Sweep:
    """What tuning tried for one cost under one condition: a row per rate, the best, and whether that is at an end."""

    condition: Mapping[str, Any]
    cost: str
    rows: tuple[dict[str, Any], ...]
    best: float
    at_end: bool


def check_rates(rates: Mapping[str, float], costs: Sequence[str]) -> None:
    """Refuse a rate for a cost that takes no part, or one that is no rate.

    Raises:
        UsageError: as said.
    """
    for cost, rate in rates.items():
        if cost not in costs:
            raise UsageError(f"--rate {cost}={rate:g}: no such contender; {did_you_mean(cost, costs)}")
        if not (np.isfinite(rate) and rate > 0):
            raise UsageError(f"--rate {cost}={rate:g}: a learning rate is a number above 0")


def matched(entries: Sequence[Entry]) -> list[Entry]:
    """The entries of one condition with rates that make their first steps equally long, the first keeping its own.

    The length is that of the mean gradient over up to 1000 training examples, in the space of all weights and biases,
    averaged over the seeds.

    Raises:
        UsageError: a gradient that vanishes or is not finite, so that no rate can match it.
    """
    lengths = [_first_gradient(entry) for entry in entries]
    for entry, length in zip(entries, lengths, strict=True):
        if not (np.isfinite(length) and length > 0):
            raise UsageError(f"cost {entry.cost!r} has a first gradient of {length:g}; no rate can match it")
    return [
        replace(entry, rate=entries[0].rate * lengths[0] / length)
        for entry, length in zip(entries, lengths, strict=True)
    ]


def _first_gradient(entry: Entry) -> float:
    some = entry.train.take(slice(0, SAMPLE))
    nabla_b, nabla_w = entry.network.backprop(some.x.T, some.y.T)
    squares = sum(np.square(g / len(some), dtype=np.float64).sum(axis=(-2, -1)) for g in nabla_b + nabla_w)
    return float(np.sqrt(squares).mean())


def tuned(
    entries: Sequence[Entry], rules: Rules, other_seeds: Callable[[Entry], Any]
) -> tuple[list[Entry], list[Sweep]]:
    """The entries with the best rate of a sweep each, from 1/16 to 16 times the config's, and the sweeps.

    The best is the rate with the smallest median time to the first target, then the smallest final error.
    `other_seeds` makes an entry's network from seeds that the comparison itself does not use.
    """
    trials = [
        replace(entry, rate=entry.rate * factor, network=network, like=f"sweep {k}")
        for k, (entry, network) in enumerate((entry, other_seeds(entry)) for entry in entries)
        for factor in FACTORS
    ]
    lanes = race(trials, replace(rules, keep_path=False))
    sweeps, chosen = [], []
    for k, entry in enumerate(entries):
        own = lanes[k * len(FACTORS) : (k + 1) * len(FACTORS)]
        rows = tuple(_row(lane, str(rules.targets[0])) for lane in own)
        best = min(range(len(rows)), key=lambda j: _order(rows[j]))
        at_end = best in (0, len(rows) - 1)
        sweeps.append(Sweep(entry.condition, entry.cost, rows, rows[best]["rate"], at_end))
        chosen.append(replace(entry, rate=rows[best]["rate"]))
    return chosen, sweeps


def _row(lane: Any, target: str) -> dict[str, Any]:
    error = float(np.median(np.nan_to_num(lane.final["error"], nan=np.inf)))
    return {"rate": lane.rate, **arrivals(lane.updates[target]), "error": error}


def _order(row: Mapping[str, Any]) -> tuple[float, float, float]:
    """Sooner is better; where the median never arrives, more arrivals, then a smaller error."""
    if row["median"] is not None:
        return (row["median"], 0, row["error"])
    return (np.inf, -row["reached"], row["error"])
