"""How long runs took to arrive, when some never did: medians, quartiles, and a speed-up paired by seed.

A run that never arrives is censored, not dropped: its time is known to be above the limit. A pair of times (slow, fast)
gives the interval in which its ratio lies, a single number where both arrived.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

CONFIDENCE = 0.95
RESAMPLES = 2000
BEYOND = 1e100


def arrivals(times: Array) -> dict[str, Any]:
    """Median and quartiles of times (n,), NaN for never, which counts as later than all; None where that is it."""
    late = np.where(np.isnan(times), np.inf, times)
    q1, median, q3 = (_quantile(late, share) for share in (0.25, 0.5, 0.75))
    return {"median": median, "q1": q1, "q3": q3, "reached": int(np.isfinite(late).sum()), "of": len(late)}


def _quantile(values: Array, share: float) -> float | None:
    """The quantile by linear interpolation; None when it lies beyond the limit."""
    ordered = np.sort(values)
    place = share * (len(ordered) - 1)
    low, high = ordered[int(np.floor(place))], ordered[int(np.ceil(place))]
    if not np.isfinite(high):
        return None
    return float(low + (place - np.floor(place)) * (high - low))


@dataclass(frozen=True)
class Speedup:
    """How many times sooner `of` arrived than `over`: the median over seeds, and its bootstrap interval.

    `bound` is "" when the median is known. Runs that never arrived may leave only a range for it: then the median is
    its end nearer to 1, "at least" that when the range lies above 1 and "at most" that below; "none", and no median,
    when it holds 1. `p` is Wilcoxon's signed-rank test of the paired times, two-sided.
    """

    of: str
    over: str
    median: float | None
    low: float | None
    high: float | None
    p: float | None
    bound: str
    pairs: int

    def as_json(self) -> dict[str, Any]:
        """The fields by name."""
        return dict(vars(self))


def speedup(of: str, over: str, fast: Array, slow: Array, limit: float) -> Speedup:
    """The speed-up of paired times (n,) in the same unit, NaN where a run had not arrived by `limit`."""
    low, high = _ratios(fast, slow, limit)
    lowest, highest = float(np.median(low)), float(np.median(high))
    p = _wilcoxon(np.where(np.isnan(fast), limit, fast), np.where(np.isnan(slow), limit, slow))
    interval = _bootstrap(low, high)
    if lowest == highest and np.isfinite(lowest):
        return Speedup(of, over, lowest, *interval, p, "", len(low))
    if lowest >= 1:
        return Speedup(of, over, lowest, *interval, p, "at least", len(low))
    if highest <= 1:
        return Speedup(of, over, highest, *interval, p, "at most", len(low))
    return Speedup(of, over, None, *interval, p, "none", len(low))


def _ratios(fast: Array, slow: Array, limit: float) -> tuple[Array, Array]:
    """The interval of slow / fast of each pair; a time of 0 (arrived before the first step) counts as one unit."""
    first, second = np.maximum(fast, 1), np.maximum(slow, 1)
    low = np.where(np.isnan(fast), 0, np.where(np.isnan(slow), limit, second) / np.where(np.isnan(fast), 1, first))
    high = np.where(np.isnan(slow), np.inf, second / np.where(np.isnan(fast), limit, first))
    return low, high


def _bootstrap(low: Array, high: Array) -> tuple[float | None, float | None]:
    """The percentile interval of the median over resampled seeds: from the lower bounds to the upper ones."""
    if len(low) < 2:
        return None, None
    from scipy.stats import bootstrap  # slow to load, and nothing to test in a single run

    ends = []
    for values, side in ((low, 0), (high, 1)):
        capped = np.minimum(values, BEYOND)
        found = bootstrap(
            (capped,),
            np.median,
            n_resamples=RESAMPLES,
            confidence_level=CONFIDENCE,
            method="percentile",
            rng=np.random.default_rng(0),
        ).confidence_interval[side]
        ends.append(float(found) if found < BEYOND / 2 else None)
    return ends[0], ends[1]


def _wilcoxon(fast: Array, slow: Array) -> float | None:
    """Two-sided p of the paired differences of the logarithms; None with fewer than two seeds, 1 if all are equal."""
    difference = np.log(np.maximum(slow, 1)) - np.log(np.maximum(fast, 1))
    if len(difference) < 2:
        return None
    from scipy.stats import wilcoxon

    return float(wilcoxon(difference).pvalue) if difference.any() else 1.0
