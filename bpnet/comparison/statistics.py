"""How long runs took to arrive, when some never did: medians, quartiles, and a speed-up paired by seed.

A run that never arrives is censored, not dropped: its time is known to be above the limit. A pair of times (slow, fast)
gives the interval in which its ratio lies, a single number where both arrived.
"""

import math
from dataclasses import dataclass

import numpy as np

from bpnet.metrics import Array

CONFIDENCE = 0.95  # of the interval, as a share: what the field reports
RESAMPLES = 2000  # of the seeds, in the bootstrap: its ends then vary by less than they are printed
BEYOND = 1e100  # epochs or ratios: stands for "no end" where infinity would not average


@dataclass(frozen=True)
class Arrivals:
    """Quartiles of the times to a target over seeds, None where it lies beyond the limit, and how many arrived."""

    median: float | None
    q1: float | None
    q3: float | None
    reached: int
    of: int


def arrivals(times: Array) -> Arrivals:
    """Median and quartiles of times (n,), NaN for never, which counts as later than all."""
    late = np.where(np.isnan(times), np.inf, times)
    q1, median, q3 = (_quantile(late, share) for share in (0.25, 0.5, 0.75))
    return Arrivals(median, q1, q3, int(np.isfinite(late).sum()), len(late))


def _quantile(values: Array, share: float) -> float | None:
    """The quantile by linear interpolation; None when it lies beyond the limit."""
    ordered, place = np.sort(values), share * len(values) + (1 - share)  # counted from 1
    low, high = ordered[math.floor(place) - 1], ordered[math.ceil(place) - 1]
    return float((1 - place % 1) * low + place % 1 * high) if np.isfinite(high) else None


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

    def reversed(self) -> "Speedup":
        """The same seen from the other side: how many times sooner `over` arrived than `of`."""
        bound = {"at most": "at least", "at least": "at most"}.get(self.bound, self.bound)
        median, low, high = (1 / ratio if ratio else None for ratio in (self.median, self.high, self.low))
        return Speedup(self.over, self.of, median, low, high, self.p, bound, self.pairs)


def speedup(of: str, over: str, fast: Array, slow: Array, limit: float) -> Speedup:
    """The speed-up of paired times (n,) in the same unit, NaN where a run had not arrived by `limit`."""
    low, high = _ratios(fast, slow, limit)
    lowest, highest = float(np.median(low)), float(np.median(high))
    p = _wilcoxon(np.where(np.isnan(fast), limit, fast), np.where(np.isnan(slow), limit, slow))
    known = lowest == highest and np.isfinite(lowest)
    bound = "" if known else "at least" if lowest >= 1 else "at most" if highest <= 1 else "none"
    median = {"at most": highest, "none": None}.get(bound, lowest)
    return Speedup(of, over, median, *_bootstrap(low, high), p, bound, len(low))


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
    from scipy.stats import bootstrap  # half a second to load, and nothing to test in a single run

    ends = []
    for values, side in ((low, 0), (high, 1)):
        capped = np.minimum(values, BEYOND)
        resampled = bootstrap(
            (capped,),
            np.median,
            n_resamples=RESAMPLES,
            confidence_level=CONFIDENCE,
            method="percentile",
            rng=np.random.default_rng(0),
        )
        interval = resampled.confidence_interval
        ends.append(float(interval[side]) if interval[side] < BEYOND / 2 else None)
    return ends[0], ends[1]


def _wilcoxon(fast: Array, slow: Array) -> float | None:
    """Two-sided p of the paired differences of the logarithms; None with fewer than two seeds, 1 if all are equal."""
    difference = np.log(np.maximum(slow, 1)) - np.log(np.maximum(fast, 1))
    if len(difference) < 2:
        return None
    from scipy.stats import wilcoxon

    return float(wilcoxon(difference).pvalue) if difference.any() else 1.0
