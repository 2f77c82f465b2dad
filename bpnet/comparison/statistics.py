"""How long runs took to arrive, when some never did: medians, quartiles, and a speed-up paired by seed.

A run that never arrives is censored, not dropped: its time is known to be above the limit. A pair of times (slow, fast)
gives the interval in which its ratio lies, a single number where both arrived.
"""

from dataclasses import dataclass

import numpy as np

from bpnet.metrics import Array
from bpnet.plots.subjects import BEYOND, quartiles

CONFIDENCE = 0.95  # of the interval, as a share: what the field reports
RESAMPLES = 2000  # of the seeds, in the bootstrap: its ends then vary by less than they are printed


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
    q1, median, q3 = (float(time) if np.isfinite(time) else None for time in quartiles(times))
    return Arrivals(median, q1, q3, int(np.isfinite(times).sum()), len(times))


@dataclass(frozen=True)
class Speedup:
    """How many times sooner `of` arrived than `over`: the median over seeds, and its bootstrap interval.

    `bound` is "" when the median is known. Where runs that never arrived leave a range for it, the median is the end
    nearer to 1: "at least" that above 1, "at most" that below; "none", and no median, when the range holds 1. `p` is
    Wilcoxon's signed-rank test of the paired times, two-sided.
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
    """The speed-up of paired times (n,) in the same unit, NaN where a run had not arrived by `limit`.

    A time of 0 (arrived before the first step) counts as one unit.
    """
    first, second = (np.maximum(np.where(np.isnan(times), limit, times), 1) for times in (fast, slow))
    low, high = np.where(np.isnan(fast), 0, second / first), np.where(np.isnan(slow), np.inf, second / first)
    lowest, highest = float(np.median(low)), float(np.median(high))
    known = lowest == highest and np.isfinite(lowest)
    bound = "" if known else "at least" if lowest >= 1 else "at most" if highest <= 1 else "none"
    median = {"at most": highest, "none": None}.get(bound, lowest)
    return Speedup(of, over, median, *_bootstrap(low, high), _wilcoxon(np.log(second) - np.log(first)), bound, len(low))


def _bootstrap(low: Array, high: Array) -> tuple[float | None, float | None]:
    """The percentile interval of the median over resampled seeds; BEYOND stands for inf, which does not average."""
    if len(low) < 2:
        return None, None
    from scipy.stats import bootstrap  # half a second to load, and nothing to test in a single run

    ends = []
    for values, side in ((low, 0), (high, 1)):
        capped, rng = np.minimum(values, BEYOND), np.random.default_rng(0)
        resampled = bootstrap(
            (capped,), np.median, n_resamples=RESAMPLES, confidence_level=CONFIDENCE, method="percentile", rng=rng
        )
        end = float(resampled.confidence_interval[side])
        ends.append(end if end < BEYOND / 2 else None)
    return ends[0], ends[1]


def _wilcoxon(difference: Array) -> float | None:
    """Two-sided p of paired differences; None with fewer than two seeds, 1 if all are equal."""
    if len(difference) < 2:
        return None
    from scipy.stats import wilcoxon

    return float(wilcoxon(difference).pvalue) if difference.any() else 1.0
