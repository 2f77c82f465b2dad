"""The share of seeds that have arrived by each epoch, when some never arrived: the estimate of Kaplan and Meier."""

import warnings
from typing import Any

import numpy as np

from bpnet.comparison.statistics import CONFIDENCE
from bpnet.metrics import Array


def kaplan_meier(times: Array, limit: float) -> Array:
    """The share that has arrived with its 95 % band: rows epoch, share, low, high at the corners of the steps, (4, n).

    `times` : (s,), NaN for never by `limit`, up to which the steps run. The band is Greenwood's on the scale of
    log(-log), which keeps it between 0 and 1; it is NaN where that has no value, at a share of 0 or 1.
    E. L. Kaplan and P. Meier, J. Am. Stat. Assoc. 53 (1958) 457.
    """
    from scipy.stats import CensoredData, ecdf  # half a second to load, and only a picture needs it

    never = np.isnan(times)
    data = CensoredData(uncensored=times[~never], right=np.full(never.sum(), limit))
    arrived: Any = ecdf(data).cdf  # Any: typed as if its interval held numbers rather than functions
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The confidence interval is undefined", RuntimeWarning)
        band = arrived.confidence_interval(CONFIDENCE, method="log-log")
    nothing = [[0.0], [np.nan], [np.nan]]  # before the first arrival
    levels = [arrived.probabilities, band.low.probabilities, band.high.probabilities]
    steps = np.repeat(np.hstack([nothing, levels]), 2, axis=1)
    epochs = np.repeat([0, *arrived.quantiles, limit], 2)[1:-1]
    return np.vstack([epochs, steps])
