"""How long runs took to a target, when some never arrived, and which of two costs arrives sooner beyond chance.

A run that never arrives is censored, not dropped: its time is known to be above its limit. Two costs are paired by
seed. The interval of their ratio and both tests are exact: they count seeds and assume no distribution of the times.
`docs/statistics.md` explains each with its source, and measures how often it is right.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import exp, isfinite, sqrt
from typing import Any

import numpy as np

from bpnet.metrics import Array
from bpnet.plots.subjects import quartiles

CONFIDENCE = 0.95  # of an interval, as a share: what the field reports
ALPHA = 0.05  # chance of a false claim in one comparison, as a share: the complement of CONFIDENCE
POWER = 0.8  # share of comparisons in which a detectable ratio is found: what planning of experiments uses
FEWEST = 6  # seeds: the range of 5 ratios holds the median in only 1 - 2 / 2^5 = 0.94 of cases


@dataclass(frozen=True)
class Arrivals:
    """The times of one cost to a target over seeds, and the share of the seeds that arrived.

    A quartile is None beyond the limit. `low` and `high` are the ends of Wilson's 95 % interval of the share
    `reached` / `of`, None for a single seed. `mean` is the restricted mean time, the mean of min(time, limit).
    """

    median: float | None
    q1: float | None
    q3: float | None
    reached: int
    of: int
    low: float | None
    high: float | None
    mean: float


def arrivals(times: Array, limit: float) -> Arrivals:
    """Summary of times (n,), in the unit of `limit`; NaN for never, which counts as later than all."""
    q1, median, q3 = (float(time) if np.isfinite(time) else None for time in quartiles(times))
    reached = int(np.isfinite(times).sum())
    return Arrivals(
        median, q1, q3, reached, len(times), *_share(reached, len(times)), np.fmin(times, limit).mean().item()
    )


@dataclass(frozen=True)
class Speedup:
    """How many times sooner `of` arrived than `over`: time of `over` / time of `of`, paired by seed.

    `median` of the ratios, for an even number the geometric mean of the middle two. `bound` is "" when it is known.
    Where runs that never arrived leave a range for it, the median is the end nearer to 1: "at least" that above 1,
    "at most" that below; "none", and no median, when the range holds 1. `low` and `high` are the ends of its exact 95 %
    interval, None where it has no end, both None below 6 pairs.

    `of_decided` seeds tell which cost is sooner, and `of` was so in `first_in` of them; `p` is the two-sided sign test,
    None for one pair or where no seed tells. Within the smaller of the two limits only `of` arrived in `only_of` seeds,
    only `over` in `only_over`; `share_p` is McNemar's exact test of the two, None as `p` is.

    `spread` is the standard deviation, over seeds, of the logarithm of the ratio. `corrected` fills the last three:
    both tests after Holm's correction, and `detectable`, the ratio that would have been found in 80 % of such
    comparisons, None where that cannot be told.
    """

    of: str
    over: str
    median: float | None
    low: float | None
    high: float | None
    bound: str
    pairs: int
    first_in: int
    of_decided: int
    p: float | None
    only_of: int
    only_over: int
    share_p: float | None
    spread: float | None
    p_holm: float | None = None
    share_p_holm: float | None = None
    detectable: float | None = None

    @property
    def faster(self) -> str | None:
        """The cost that arrives sooner beyond chance, after Holm's correction."""
        return self._winner(self.p_holm, self.first_in, self.of_decided - self.first_in)

    @property
    def surer(self) -> str | None:
        """The cost that arrives in more seeds beyond chance, after Holm's correction."""
        return self._winner(self.share_p_holm, self.only_of, self.only_over)

    def _winner(self, p: float | None, for_of: int, for_over: int) -> str | None:
        """The cost with more seeds for it, if `p` excludes chance."""
        if p is None or p > ALPHA:
            return None
        return self.of if for_of > for_over else self.over

    def reversed(self) -> "Speedup":
        """The same seen from the other side: how many times sooner `over` arrived than `of`."""
        median, low, high = (1 / ratio if ratio else None for ratio in (self.median, self.high, self.low))
        return replace(
            self,
            of=self.over,
            over=self.of,
            median=median,
            low=low,
            high=high,
            bound={"at most": "at least", "at least": "at most"}.get(self.bound, self.bound),
            first_in=self.of_decided - self.first_in,
            only_of=self.only_over,
            only_over=self.only_of,
        )


def speedup(of: str, over: str, fast: Array, slow: Array, limits: tuple[float, float]) -> Speedup:
    """The speed-up of paired times (n,), `fast` of `of` and `slow` of `over`, NaN where not arrived by its limit.

    All times and limits are in one unit. A time of 0 (arrived before the first step) counts as one unit in a ratio.
    """
    lowest, highest = _ratios(fast, slow, limits)
    first, second = (np.where(times <= min(limits), times, np.inf) for times in (fast, slow))
    first_in, of_decided = int((first < second).sum()), int((first != second).sum())
    only_of, only_over = int((first < second)[np.isinf(second)].sum()), int((second < first)[np.isinf(first)].sum())
    return Speedup(
        of,
        over,
        *_median(lowest, highest),
        pairs=len(fast),
        first_in=first_in,
        of_decided=of_decided,
        p=_sign_test(first_in, of_decided, len(fast)),
        only_of=only_of,
        only_over=only_over,
        share_p=_sign_test(only_of, only_of + only_over, len(fast)),
        spread=_spread(fast, slow, of_decided),
    )


def corrected(pairs: Sequence[Speedup]) -> list[Speedup]:
    """The pairs with Holm's correction over all of them, the pairs of one comparison under all its conditions.

    The speed tests are one family, the share tests another. A test that could not be made counts as one that failed,
    so that the number of tests does not depend on what was measured.
    """
    speeds, shares = _holm([pair.p for pair in pairs]), _holm([pair.share_p for pair in pairs])
    return [
        replace(pair, p_holm=speed, share_p_holm=share, detectable=_detectable(pair, len(pairs)))
        for pair, speed, share in zip(pairs, speeds, shares, strict=True)
    ]


def _ratios(fast: Array, slow: Array, limits: tuple[float, float]) -> tuple[Array, Array]:
    """The least and the largest that each ratio slow / fast can be, (n,) each, sorted."""
    first, second = (
        np.maximum(np.where(np.isnan(times), limit, times), 1)
        for times, limit in zip((fast, slow), limits, strict=True)
    )
    ratio = second / first
    return np.sort(np.where(np.isnan(fast), 0, ratio)), np.sort(np.where(np.isnan(slow), np.inf, ratio))


def _median(lowest: Array, highest: Array) -> tuple[float | None, float | None, float | None, str]:
    """The median of ratios between sorted bounds, its exact interval, and what the median is: its bound."""
    low, high = (sqrt(ratios[(len(ratios) - 1) // 2] * ratios[len(ratios) // 2]) for ratios in (lowest, highest))
    bound = "" if low == high else "at least" if low >= 1 else "at most" if high <= 1 else "none"
    median = {"at most": high, "none": None}.get(bound, low)
    if len(lowest) < FEWEST:
        return median, None, None, bound
    first, last = _interval_ranks(len(lowest))
    return median, float(lowest[first]) or None, float(highest[last]) if isfinite(highest[last]) else None, bound


def _spread(fast: Array, slow: Array, of_decided: int) -> float | None:
    """Standard deviation of the normal distribution that fits the log ratios at the share of seeds a test needs.

    Only seeds where both arrived, at different times, measure it; None with fewer than 6, or if it would be 0. Equal
    costs have symmetric log ratios, so each stands for its mirror image too; Weibull's ranks i / (n + 1) make the
    share of further seeds beyond a quantile right on average.
    """
    both = np.isfinite(fast) & np.isfinite(slow) & (fast != slow)
    if both.sum() < FEWEST:
        return None
    logs = np.log(np.maximum(slow[both], 1) / np.maximum(fast[both], 1))
    centred = logs - np.median(logs)
    share, needed = _needed(of_decided, 1)
    return float(np.quantile(np.concatenate([centred, -centred]), share, method="weibull") / needed) or None


def _detectable(pair: Speedup, tests: int) -> float | None:
    """The smallest true ratio that the sign test finds in 80 % of cases, if it is one of so many tests."""
    if pair.spread is None or 2 * 0.5**pair.of_decided > ALPHA / tests:
        return None
    return exp(pair.spread * _needed(pair.of_decided, tests)[1])


# scipy.special has the distributions of scipy.stats and loads in a tenth of its time; a test compares them. What
# follows depends on counts only.


def _special() -> Any:
    """scipy.special, loaded where a number of it is needed first: one seed needs none."""
    from scipy import special

    return special


def deviations(confidence: float) -> float:
    """How many standard deviations on both sides of its mean a normal variable lies within, with that probability."""
    return float(_special().ndtri((1 + confidence) / 2))


@cache
def _share(reached: int, of: int) -> tuple[float | None, float | None]:
    """Wilson's interval of the share `reached` / `of`; none of a single one. J. Am. Stat. Assoc. 22 (1927) 209."""
    if of == 1:
        return None, None
    share, z = reached / of, deviations(CONFIDENCE)
    centre = (share + z**2 / (2 * of)) / (1 + z**2 / of)
    half = z / (1 + z**2 / of) * sqrt(share * (1 - share) / of + (z / (2 * of)) ** 2)
    return (centre - half if reached else 0.0), (centre + half if reached < of else 1.0)


@cache
def _sign_test(count: int, of: int, pairs: int) -> float | None:
    """Exact two-sided p of `count` seeds of `of` for one side, if chance is even; None without any, or for one pair."""
    if of == 0 or pairs == 1:
        return None
    return min(1.0, 2 * float(_special().bdtr(min(count, of - count), of, 0.5)))


@cache
def _interval_ranks(n: int) -> tuple[int, int]:
    """Which of n sorted values, counted from 0, are the ends of the exact interval of the median; n is at least 6."""
    below = _most(n, (1 - CONFIDENCE) / 2)
    return below, n - 1 - below


@cache
def _needed(n: int, tests: int) -> tuple[float, float]:
    """What a true effect needs, to be found in 80 % of cases by a sign test of n seeds at ALPHA / tests.

    The share of seeds in which the better cost is first, and how many standard deviations above 0 the mean of a normal
    log ratio then lies. n is large enough that n of n seeds pass the test.
    """
    wins = n - _most(n, ALPHA / tests / 2)
    share = _special().betaincinv(wins, n - wins + 1, POWER)
    return float(share), float(_special().ndtri(share))


def _most(n: int, chance: float) -> int:
    """The largest number of heads with P(so many or fewer) <= chance, of n fair coins."""
    return int(np.searchsorted(_special().bdtr(np.arange(n), n, 0.5), chance, side="right")) - 1


def _holm(chances: Sequence[float | None]) -> list[float | None]:
    """Holm's step-down p of each test: the i-th smallest of m times m - i + 1, and never below a smaller one's."""
    values = np.array([1.0 if p is None else p for p in chances])
    order = np.argsort(values)
    values[order] = np.minimum(np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1)), 1)
    return [None if p is None else float(value) for p, value in zip(chances, values, strict=True)]
