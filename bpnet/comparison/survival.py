"""The share of seeds that have arrived by each epoch, when some never arrived: the estimate of Kaplan and Meier."""

import numpy as np

from bpnet.comparison.statistics import CONFIDENCE, FEWEST, deviations
from bpnet.metrics import Array


def kaplan_meier(times: Array, limit: float) -> Array:
    """The share that has arrived with its 95 % band: rows epoch, share, low, high at the corners of the steps, (4, n).

    `times` : (s,), NaN for never by `limit`, up to which the steps run. Every seed is watched until it arrives or until
    the limit, so the estimate is the plain share. The band is Greenwood's on the scale of log(-log), which keeps it
    between 0 and 1. It is NaN at a share of 0 or 1, where it has no value, and for fewer than 6 seeds, because its
    formula is one for many. E. L. Kaplan and P. Meier, J. Am. Stat. Assoc. 53 (1958) 457.
    """
    epochs, counts = np.unique(times[~np.isnan(times)], return_counts=True)
    arrived = np.concatenate([[0], counts.cumsum()]) / len(times)  # before the first arrival, and at each
    levels = np.vstack([arrived, _band(arrived, len(times))])
    return np.vstack([np.repeat([0, *epochs, limit], 2)[1:-1], np.repeat(levels, 2, axis=1)])


def _band(arrived: Array, n: int) -> Array:
    """The lower and the upper end at each share of n seeds, (2, shares)."""
    band = np.full((2, len(arrived)), np.nan)
    if n >= FEWEST:
        inside = (arrived > 0) & (arrived < 1)
        left = 1 - arrived[inside]
        # The variance of log(-log(left)): Greenwood's sum over the steps is (1 / left - 1) / n while none is censored.
        error = deviations(CONFIDENCE) * np.sqrt((1 / left - 1) / n) / -np.log(left)
        band[:, inside] = 1 - left ** np.exp([-error, error])
    return band
