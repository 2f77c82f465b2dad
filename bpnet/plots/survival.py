"""How many seeds have arrived by each epoch, and each seed's time under one cost against that under another.

s seeds. A seed that never arrived, diverged ones among them, is censored at the limit: it counts, and is not dropped.
"""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator

from bpnet.metrics import Array
from bpnet.plots.comparison import MOST_COLUMNS, WIDTHS
from bpnet.plots.heading import choice_text, cost_handles, cost_style, heading, some_of
from bpnet.plots.style import MUTED, Style, colour, epoch_ticks, shortened, wrapped
from bpnet.plots.subjects import ComparisonSubject

MOST_PAIRED = 8  # conditions: with more, two rows a condition would make a page too long to read
MOST_SHOWN = 20  # conditions: five rows of four
FAR_APART = 20  # budget over an early arrival: beyond it a linear axis shows the rise as one step at its edge
WIDE = 8  # latest over earliest arrival: beyond it the early ones crowd the corner of a linear panel
SURVIVAL_HEIGHT, PAIR_HEIGHT = 2.6, 3.4  # inches
TITLE_LETTERS = 10  # per inch of a panel's title, which is bold
STRIP = "#f0f0f0"  # light grey: the margin of the seeds that never arrived
OPEN: Style = {"facecolors": "white", "edgecolors": "black", "linewidths": 1.2}
GROUPS: dict[tuple[bool, bool], Style] = {  # whether a seed arrived under the first cost, and under the second
    (True, True): {"marker": "o", "color": "black", "alpha": 0.5, "linewidths": 0},
    (False, True): {"marker": ">", **OPEN},
    (True, False): {"marker": "^", **OPEN},
    (False, False): {"marker": "s", **OPEN},
}


def draw_survival(figure: Figure, subject: ComparisonSubject) -> None:
    """The share of seeds that have arrived over the epochs; beneath, each seed's time under two costs.

    A column a condition, four at most in a row of the page. Of more than eight conditions only the share is drawn, and
    of more than twenty the first, the last and some between. With more than two costs the seeds' times are those under
    the second against the first.
    """
    shown = some_of(len(subject.conditions), MOST_SHOWN)
    paired = len(shown) <= MOST_PAIRED
    rows = int(np.ceil(len(shown) / MOST_COLUMNS))
    columns = int(np.ceil(len(shown) / rows))
    heights = [SURVIVAL_HEIGHT, PAIR_HEIGHT][: 1 + paired] * rows
    figure.set_size_inches(WIDTHS[columns - 1], 1.5 + sum(heights))  # inches: the panels, and the heading
    grid = figure.add_gridspec(len(heights), columns, height_ratios=heights)
    uppers, letters = [], int(TITLE_LETTERS * WIDTHS[columns - 1] / columns)
    for turn, condition in enumerate(shown):
        row, column = divmod(turn, columns)
        upper = survival_panel(figure.add_subplot(grid[(1 + paired) * row, column]), subject, condition)
        uppers.append(upper)
        upper.set_title(wrapped(subject.conditions[condition], letters), fontweight="bold")
        panels = [upper]
        if paired:
            panels.append(pair_panel(figure.add_subplot(grid[2 * row + 1, column]), subject, condition))
        if column:
            upper.tick_params(labelleft=False)
            for ax in panels:
                ax.set_ylabel("")
    banded = any(ax.collections for ax in uppers)
    handles = cost_handles(subject, band="95 % band (log-log)" if banded else "")
    line = f"target {subject.target_text}; {subject.settings}{choice_text(subject, shown)}"
    if paired:
        handles += _pair_handles()
        line += f"; below the diagonal {subject.costs[1]} is faster"
    heading(figure, subject.name, line, handles, passes=2 if paired else 1)


def survival_panel(ax: Axes, subject: ComparisonSubject, condition: int) -> Axes:
    """The share of the seeds that have arrived, a line of steps a cost, with its 95 % band, up to the budget.

    The axis is the same for all conditions, logarithmic with 0 on it where a tenth of all arrivals lie in the first
    twentieth of the budget. There is no band where `kaplan_meier` gives none.
    """
    for k, (times, limit) in enumerate(zip(subject.arrivals[condition], subject.limits[condition], strict=True)):
        epochs, share, low, high = subject.kaplan_meier(times, float(limit))
        ax.plot(epochs, 100 * share, zorder=2 + k / 100, **cost_style(k))
        known = np.isfinite(low)
        if known.any():
            ax.fill_between(epochs, 100 * low, 100 * high, where=known.tolist(), color=colour(k), alpha=0.15, lw=0)
    if not np.isfinite(subject.arrivals[condition]).any():
        _say(ax, f"no seed reached {subject.target_text}")
    last = float(subject.limits.max())
    arrived = subject.arrivals[np.isfinite(subject.arrivals)]
    logarithmic = bool(arrived.size) and last > FAR_APART * float(np.quantile(arrived, 0.1))
    ax.set_xlim(-0.25 if logarithmic else -0.02 * last, last)  # so that a step at epoch 0 stands clear of the frame
    epoch_ticks(ax, logarithmic)
    ax.set_ylim(-4, 104)  # percent: lines at 0 and 100 lie within the frame
    ax.set(xlabel="epochs", ylabel="seeds that arrived (%)")
    return ax


def pair_panel(ax: Axes, subject: ComparisonSubject, condition: int) -> Axes:
    """Each seed's epochs under the second cost against those under the first; below the diagonal the second is faster.

    Seeds that never arrived under one of them stand open in the grey margin of that axis, and words beside it count
    them. A seed that arrived before its first step counts as one epoch, so that a log axis can show it.
    """
    first, second = (shortened(cost, 18) for cost in subject.costs[:2])  # letters: the panel's side
    ax.set(xlabel=f"epochs under {first}", ylabel=f"epochs under {second}")
    ax.set_box_aspect(1)
    pairs = np.maximum(subject.arrivals[:, :2], 1)
    times, seen = pairs[condition], pairs[np.isfinite(pairs)]
    arrived = np.isfinite(times)
    if not arrived.any():
        _say(ax, "no seed arrived\nunder either")
        ax.set(xticks=[], yticks=[])
        return ax
    never = _scale_alike(ax, times, logarithmic=bool(seen.max() > WIDE * seen.min()))
    x, y = np.where(arrived, times, never)
    for (on_first, on_second), style in GROUPS.items():
        among = (arrived[0] == on_first) & (arrived[1] == on_second)
        if among.any():
            ax.scatter(x[among], y[among], s=26, zorder=3, **style)
    _count_never(ax, arrived, first, second)
    return ax


def _scale_alike(ax: Axes, times: Array, logarithmic: bool) -> float:
    """Scale both axes alike to times (2, s), with the diagonal; returns where on them "never" stands."""
    forth, back = (np.log10, lambda power: 10.0**power) if logarithmic else (np.asarray, float)
    finite = forth(times[np.isfinite(times)])
    span = max(float(np.ptp(finite)), 0.5 if logarithmic else 2.0)  # decades or epochs: one time has room on both sides
    middle = float(finite.max() + finite.min()) / 2
    left, high, margin, never, right = (back(middle + share * span) for share in (-0.6, 0.4, 0.6, 0.7, 0.8))
    ax.plot((left, margin), (left, margin), color=MUTED, ls="--", lw=1, zorder=2)
    some_never = not np.isfinite(times).all()
    # Above `high`, next to the margin, a number would touch the word "never".
    ticks = {tick: f"{tick:g}" for tick in _ticks(left, high if some_never else margin, logarithmic)}
    if some_never:
        ticks[never] = "never"
        for across in (ax.axvspan, ax.axhspan):
            across(margin, right, color=STRIP, lw=0, zorder=0)
    scale, ends = "log" if logarithmic else "linear", (left, right if some_never else margin)
    ax.set(xscale=scale, yscale=scale)
    ax.set_xticks(list(ticks), list(ticks.values()))
    ax.set_yticks(list(ticks), list(ticks.values()))
    ax.minorticks_off()
    ax.set(xlim=ends, ylim=ends)
    return never


def _ticks(low: float, high: float, logarithmic: bool) -> list[float]:
    """Whole epochs between two, four where a scale allows it, so that their numbers fit side by side under a panel."""
    many = 99  # ticks: no bound, so that no locator leaves out some of its own
    finest_first = ((10, (1, 2, 3, 5)), (10, (1, 2, 5)), (10, (1, 3)), (10, (1,)), (100, (1,)))
    locators = [LogLocator(base, subs, numticks=many) for base, subs in finest_first]
    even = MaxNLocator(4, integer=True)
    choices = []
    for locator in locators if logarithmic and high > 3 * low else [even]:  # up to 3 the locators have one or two
        ticks = np.asarray(locator.tick_values(low, high))
        choices.append(ticks[(ticks >= low) & (ticks <= high) & (ticks == np.rint(ticks))].tolist())
    return next((ticks for ticks in choices if len(ticks) <= 4), choices[-1])


def _count_never(ax: Axes, arrived: Array, first: str, second: str) -> None:
    """How many seeds stand in each margin and in the corner, in words beside it; arrived : (2, s).

    The corner's words have a line of their own where a name of more than four letters would reach them.
    """
    right, upper = int((~arrived[0] & arrived[1]).sum()), int((arrived[0] & ~arrived[1]).sum())
    corner = int((~arrived).all(axis=0).sum())
    beside: Style = {"xycoords": ax.transAxes, "textcoords": "offset points", "fontsize": 9}
    if right:
        ax.annotate(f"{right} never under {first}", (1, 0.5), (4, 0), rotation=270, va="center", **beside)
    if upper:
        ax.annotate(f"{upper} never under {second}", (0, 1), (0, 4), **beside)
    if corner:
        ax.annotate(f"{corner} neither", (1, 1), (0, 16 if upper and len(second) > 4 else 4), ha="right", **beside)


def _say(ax: Axes, words: str) -> None:
    """Words in the middle of a panel that has nothing else to show."""
    ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center", color=MUTED)


def _pair_handles() -> list[Artist]:
    """The legend's entries for the seeds' times."""
    return [
        Line2D([], [], ls="", marker="o", color="black", alpha=0.5, label="a seed"),
        Line2D([], [], ls="", marker=">", color="black", mfc="white", label="it never arrived"),
        Line2D([], [], color=MUTED, ls="--", lw=1, label="equally fast"),
    ]
