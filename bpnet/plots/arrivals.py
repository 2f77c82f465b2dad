"""Epochs to the target and the speed-up, over the values of one varied key or over the plane of two."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bpnet.metrics import Array
from bpnet.plots.heading import cost_handles, cost_style, heading
from bpnet.plots.style import DIVERGING, MARKERS, MUTED, SHADES, Style, colour, plain_log_ticks
from bpnet.plots.subjects import ComparisonSubject, config_word

SIGNS = {"at least": "≥", "at most": "≤"}
LABEL_BOX = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.7}


def draw_arrivals(figure: Figure, subject: ComparisonSubject) -> None:
    """Epochs to the target against the varied key for every cost; beneath, the speed-up with its interval."""
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[1.5, 1])
    arrival_panel(upper, subject)
    speedup_panel(lower, subject)
    upper.set_xlabel("")
    handles = cost_handles(subject, marked=True)
    if not np.isfinite(subject.arrival_quartiles[1]).all():
        label = "most seeds never reached it"
        handles.append(Line2D([], [], ls="", marker="o", color=MUTED, mfc="white", label=label))
    if subject.predicted:
        handles.append(Line2D([], [], color="black", lw=1, label="closed form"))
    heading(figure, subject.name, f"epochs to {subject.target_text}; {subject.settings}", handles)


def arrival_panel(ax: Axes, subject: ComparisonSubject) -> Axes:
    """Median epochs to the target, with the middle half of the seeds as a bar and the closed form as a black line.

    Where most seeds never reached it an open marker stands at the limit with an arrow; "n of m" are those that did.
    """
    x = _positions(subject)
    order = np.argsort(x)
    for k, cost in enumerate(subject.costs):
        times = subject.arrival_quartiles[..., k]
        low, middle, high = np.minimum(times, subject.limits[:, k])
        ax.plot(x[order], middle[order], **cost_style(k))
        ax.vlines(x, low, high, color=colour(k), lw=7, alpha=0.25)
        if cost in subject.predicted:
            ax.plot(x[order], np.asarray(subject.predicted[cost])[order], color="black", lw=1, zorder=4)
        for condition, (place, y) in enumerate(zip(x, middle, strict=True)):
            known = bool(np.isfinite(times[1, condition]))
            fill = colour(k) if known else "white"
            ax.plot(place, y, MARKERS[k % len(MARKERS)], color=colour(k), ms=7, mfc=fill, zorder=3)
            if not known:
                _arrow(ax, place, y, colour(k), 1)
            if (reached := subject.reached[condition, k]) < subject.seeds:
                lower = -12 if known else -12 - 11 * k  # points: at the limit a row for each cost
                _note(ax, place, y, f"{reached} of {subject.seeds}", colour(k), lower)
    ax.margins(y=0.12)
    ax.set_ylabel(f"epochs to {subject.target_text}")
    return _scaled(ax, subject)


def speedup_panel(ax: Axes, subject: ComparisonSubject) -> Axes:
    """The second cost's speed-up over the first, with its interval; an arrow where that has no end on one side.

    The dot is open where the speed-up is a bound only.
    """
    x = _positions(subject)
    ax.axhline(1, color=MUTED, ls="--", lw=1)
    _note(ax, float(x.min()), 1, "equally fast", MUTED, 4)
    for place, ends, bound in zip(x, subject.speedups.tolist(), subject.bounds, strict=True):
        speedup_dot(ax, place, ends, bound, filled=not bound)
        y, hue, up = (ends[0], "black", -4) if ends[0] > 0 else (1, MUTED, -12)
        _note(ax, place, y, speedup_label(ends[0], bound), hue, up)
    ax.margins(y=0.2)
    ax.set_ylabel(f"speed-up of {subject.costs[1]} over {subject.costs[0]}")
    return _scaled(ax, subject)


def speedup_dot(ax: Axes, place: float, ends: Sequence[float], bound: str, filled: bool, lying: bool = False) -> None:
    """One speed-up, `ends` its median, low and high, upright at x = `place`, or `lying` at y = `place`.

    The dot is the median, the bar its interval; an arrow stands where that has no end. Unknown, it is not drawn.
    """
    median, low, high = ends
    if not median > 0:
        return
    bar = ax.hlines if lying else ax.vlines
    bar(place, low if low > 0 else median, high if high > 0 else median, color="black", lw=1.5)
    x, y = (median, place) if lying else (place, median)
    ax.plot(x, y, "o", color="black", mfc="black" if filled else "white")
    if not low > 0 and (bound == "at most" or high > 0):
        _arrow(ax, x, y, "black", -1, lying)
    if not high > 0 and (bound == "at least" or low > 0):
        _arrow(ax, x, y, "black", 1, lying)


def speedup_label(median: float, bound: str) -> str:
    """A speed-up in a few letters: `13.6×`, `≥4×`, or that it is not known."""
    return f"{SIGNS.get(bound, '')}{median:.3g}×" if median > 0 else "not known"


def draw_arrival_maps(figure: Figure, subject: ComparisonSubject) -> None:
    """Median epochs to the target over two varied keys, a map a cost, and the second cost's speed-up over the first."""
    maps = len(subject.costs) + 1
    columns = min(maps, 3)  # side by side: more would not fit a page
    rows = int(np.ceil(maps / columns))
    figure.set_size_inches(0.4 + 4.4 * columns, 0.7 + 3.6 * rows)  # the panels, and the edge and the heading
    axes = [figure.add_subplot(rows, columns, k) for k in range(1, maps + 1)]
    for ax, cost in zip(axes, subject.costs, strict=False):
        arrival_map(ax, subject, cost)
    speedup_map(axes[-1], subject)
    grey = "grey: most seeds never reached it (with how many did)"
    heading(figure, subject.name, f"target {subject.target_text}; {subject.settings}; {grey}", [])


def arrival_map(ax: Axes, subject: ComparisonSubject, cost: str) -> Axes:
    """Median epochs to the target, the same colours for every cost; grey where most seeds never reached it."""
    k, times = subject.costs.index(cost), subject.arrival_quartiles[1]
    finite = times[np.isfinite(times)]
    low, high = (finite.min(), finite.max()) if finite.size else (1, 1)
    texts = [
        f"{time:.0f}" if np.isfinite(time) else f"{reached}/{subject.seeds}" if reached else "never"
        for time, reached in zip(times[:, k], subject.reached[:, k], strict=True)
    ]
    ax.set_title(f"{cost}: median epochs to {subject.target_text}")
    norm = LogNorm(low / 1.5, max(high, 1.5 * low))  # half as much again below, so that no time is white
    return _heat(ax, subject, times[:, k], texts, norm, SHADES)


def speedup_map(ax: Axes, subject: ComparisonSubject) -> Axes:
    """How many times sooner the second cost reached the target than the first, in colours that part at 1."""
    medians = np.where(subject.speedups[:, 0] > 0, subject.speedups[:, 0], np.nan)
    texts = [
        f"{SIGNS.get(bound, '')}{median:.2g}" if median > 0 else "?"
        for median, bound in zip(medians, subject.bounds, strict=True)
    ]
    known = medians[np.isfinite(medians)]
    far = max(np.exp(np.abs(np.log(known)).max(initial=0)), 1.1)  # times: what differs by less than 10 % stays pale
    ax.set_title(f"speed-up of {subject.costs[1]} over {subject.costs[0]} (times)")
    return _heat(ax, subject, medians, texts, LogNorm(1 / far, far), DIVERGING)


def _heat(
    ax: Axes, subject: ComparisonSubject, values: Array, texts: Sequence[str], norm: LogNorm, shades: Colormap
) -> Axes:
    """A cell a condition, the first key upwards and the second to the right; grey where the value is not finite."""
    (up, rows), (right, columns) = subject.vary.items()
    cells = np.where(np.isfinite(values), values, np.nan).reshape(len(rows), len(columns))
    ax.set_facecolor("#e4e4e4")  # light grey: no shade of the maps
    picture = ax.imshow(cells, origin="lower", aspect="auto", norm=norm, cmap=shades)
    bar = ax.figure.colorbar(picture, ax=ax)
    bar.minorticks_off()
    plain_log_ticks(bar.ax.yaxis)
    if len(rows) <= 14 and len(columns) <= 8:  # numbers in more cells would overlap
        for (row, column), text in zip(np.ndindex(cells.shape), texts, strict=True):
            cell = cells[row, column]
            brightness = np.dot(shades(norm(cell))[:3], (0.3, 0.6, 0.1))  # of red, green and blue to the eye
            hue = "black" if np.isnan(cell) or brightness > 0.5 else "white"
            ax.text(column, row, text, ha="center", va="center", color=hue, fontsize=9)
    for axis, key, names in ((ax.yaxis, up, rows), (ax.xaxis, right, columns)):
        ticks = range(0, len(names), int(np.ceil(len(names) / 10)))  # ten labels at most along a side
        shown = [names[k] for k in ticks]
        axis.set_ticks(ticks, [f"{name:g}" if isinstance(name, float) else config_word(name) for name in shown])
        axis.set_label_text(key)
    ax.grid(visible=False)
    return ax


def _positions(subject: ComparisonSubject) -> Array:
    """Where each value of the varied key stands on the axis, (c,): at itself if a number, else in its turn."""
    (values,) = subject.vary.values()
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return np.asarray(values if numeric else range(len(values)), dtype=np.float64)


def _scaled(ax: Axes, subject: ComparisonSubject) -> Axes:
    """The Axes with its scales: upwards logarithmic, along the varied key where its values are positive and wide."""
    ax.set_yscale("log")
    plain_log_ticks(ax.yaxis)
    ((key, values),) = subject.vary.items()
    positions = _positions(subject)
    if positions.min() > 0 and positions.max() > 8 * positions.min():  # the small ones would crowd a linear axis
        ax.set_xscale("log")
    ax.set_xticks(positions, [config_word(value) for value in values])
    ax.minorticks_off()
    ax.margins(x=0.1)
    ax.set_xlabel(key)
    return ax


def _arrow(ax: Axes, x: float, y: float, hue: str, side: int, lying: bool = False) -> None:
    """An arrow up (side 1) or down (-1) from a point, `lying` right or left: the truth lies there."""
    style: Style = {"arrowstyle": "<-", "color": hue, "lw": 1.5}
    tip = (24 * side, 0) if lying else (0, 24 * side)  # points
    ax.annotate("", (x, y), tip, textcoords="offset points", arrowprops=style)


def _note(ax: Axes, x: float, y: float, text: str, hue: str, up: float) -> None:
    """A few letters to the right of a point, so many points up."""
    ax.annotate(text, (x, y), (7, up), textcoords="offset points", color=hue, fontsize=9, bbox=LABEL_BOX)
