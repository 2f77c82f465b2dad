"""How soon costs arrive as one key varies, and by how much the one is sooner."""

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from bpnet.errors import UsageError
from bpnet.plots.contest import SIGNS, Contest, Ratio, arrow, band, beside, entries, head, look, several, spaced
from bpnet.plots.style import MARKERS, MUTED, colour, plain_log_ticks, styled

Array = NDArray[Any]


def vary_figure(contest: Contest) -> Figure:
    """Epochs to the target against the varied key for every cost; beneath, the speed-up with its interval.

    Raises:
        UsageError: none or several keys are varied.
    """
    if len(contest.vary) != 1:
        raise UsageError(f"{contest.name}: {len(contest.vary)} keys are varied; this picture shows one")
    with styled():
        figure = Figure(figsize=(7.6, 7), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[1.5, 1])
        arrival_panel(upper, contest)
        speedup_panel(lower, contest)
        upper.set_xlabel("")
        line = f"epochs to {spaced(contest.target)}; {contest.policy}"
        head(figure, contest.name, line, _legend(contest))
    return figure


def arrival_panel(ax: Axes, contest: Contest) -> Axes:
    """Median epochs to the target, with the middle half of the seeds as a bar and the closed form as a black line.

    Where most seeds never arrived an open marker stands at the limit with an arrow; "n of m" are those that did.
    """
    x = _places(contest)
    order = np.argsort(x)
    for k, cost in enumerate(contest.costs):
        times, limits = contest.arrivals(cost)
        low, middle, high = np.minimum(times, limits)
        ax.plot(x[order], middle[order], **look(k))
        ax.vlines(x, low, high, color=colour(k), lw=7, alpha=0.25)
        if cost in contest.predicted:
            ax.plot(x[order], np.asarray(contest.predicted[cost])[order], color="black", lw=1, zorder=4)
        for place, y, time, (reached, of) in zip(x, middle, times[1], contest.reached(cost), strict=True):
            known = bool(np.isfinite(time))
            ax.plot(
                place,
                y,
                MARKERS[k % len(MARKERS)],
                color=colour(k),
                ms=7,
                mfc=colour(k) if known else "white",
                zorder=3,
            )
            if not known:
                arrow(ax, place, y, colour(k), 1)
            if reached < of:
                beside(ax, place, y, f"{reached} of {of}", colour(k), -12 if known else -12 - 11 * k)
    ax.set_yscale("log")
    ax.margins(y=0.12)
    plain_log_ticks(ax, "y")
    ax.set_ylabel(f"epochs to {spaced(contest.target)}")
    return _keyed(ax, contest)


def speedup_panel(ax: Axes, contest: Contest) -> Axes:
    """The second cost's speed-up over the first, with its interval; an arrow where that has no end on one side."""
    x = _places(contest)
    ax.axhline(1, color=MUTED, ls="--", lw=1)
    beside(ax, float(x.min()), 1, "equally fast", MUTED, 4)
    for place, ratio in zip(x, contest.speedups, strict=True):
        if ratio is None or not ratio.median:
            beside(ax, place, 1, "not known", MUTED, -12)
        else:
            _speedup(ax, place, ratio, ratio.median)
    ax.set_yscale("log")
    ax.margins(y=0.2)
    plain_log_ticks(ax, "y")
    ax.set_ylabel(f"speed-up of {contest.costs[1]} over {contest.costs[0]}")
    return _keyed(ax, contest)


def _speedup(ax: Axes, x: float, ratio: Ratio, median: float) -> None:
    """One speed-up: a dot, open where it is a bound only, its interval and its number."""
    open_below = not ratio.low and (ratio.bound == "at most" or bool(ratio.high))
    open_above = not ratio.high and (ratio.bound == "at least" or bool(ratio.low))
    ax.vlines(x, ratio.low or median, ratio.high or median, color="black", lw=1.5)
    ax.plot(x, median, "o", color="black", mfc="white" if ratio.bound else "black")
    for side, is_open in ((-1, open_below), (1, open_above)):
        if is_open:
            arrow(ax, x, median, "black", side)
    beside(ax, x, median, f"{SIGNS.get(ratio.bound, '')}{median:.3g}×", "black", -4)


def _legend(contest: Contest) -> list[Artist]:
    """The costs, and what else is drawn."""
    found: list[Artist] = [*entries(contest, marked=True)]
    if several(contest):
        found.append(band())
    if not all(np.isfinite(contest.arrivals(cost)[0][1]).all() for cost in contest.costs):
        found.append(Line2D([], [], ls="", marker="o", color=MUTED, mfc="white", label="most never arrived"))
    if contest.predicted:
        found.append(Line2D([], [], color="black", lw=1, label="closed form"))
    return found


def _places(contest: Contest) -> Array:
    """Where each value of the varied key stands on the axis, (c,): at itself if a number, else in its turn."""
    (values,) = contest.vary.values()
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return np.array(values, dtype=np.float64) if numeric else np.arange(len(values), dtype=np.float64)


def _keyed(ax: Axes, contest: Contest) -> Axes:
    """The axis of the varied key: its values, logarithmic where they are positive numbers and wide."""
    ((key, values),) = contest.vary.items()
    places = _places(contest)
    if places.min() > 0 and places.max() > 8 * places.min():
        ax.set_xscale("log")
    ax.set_xticks(places, [str(value) for value in values])
    ax.minorticks_off()
    ax.margins(x=0.1)
    ax.set_xlabel(key)
    return ax
