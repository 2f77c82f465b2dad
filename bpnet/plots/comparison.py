"""Costs compared over the epochs: a column a condition, a row for cost, error, saturation and delta."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator
from matplotlib.transforms import Transform

from bpnet.history import History
from bpnet.metrics import MEASURES, Array
from bpnet.plots.curves import MONITOR_LABELS
from bpnet.plots.heading import (
    FEWEST_SEEDS,
    LINE_WIDTH,
    choice_text,
    cost_handles,
    cost_style,
    heading,
    some_of,
    speedup_text,
)
from bpnet.plots.style import MARKERS, MUTED, colour, epoch_ticks, plain_log_ticks
from bpnet.plots.subjects import ComparisonSubject, quartiles

MOST_COLUMNS = 4  # conditions: more would be too narrow to read
WIDTHS = (6.4, 9.4, 11.4, 13.6)  # inches, for one to four columns
ROW_HEIGHTS = (1, 1.4, 0.75, 0.9)  # shares of the height: the error has most to show, saturation least
WIDE = 8.0  # highest over lowest of costs and deltas: beyond it the low ones lie flat on a linear axis
THIN = 0.8  # points: the lines of all saturated outputs, behind those on the wrong side


def draw_comparison(figure: Figure, subject: ComparisonSubject) -> None:
    """A column a condition (of more than four the first, the last and some between), a row a measure.

    From above: each cost in its own units; the measure of the target, on which costs can be compared; saturation and
    delta norm of the output layer.
    """
    shown = some_of(len(subject.conditions), MOST_COLUMNS)
    figure.set_size_inches(WIDTHS[len(shown) - 1], 9.2)  # inches high, for the four rows
    grid = figure.subplots(4, len(shown), sharex=True, sharey="row", squeeze=False, height_ratios=ROW_HEIGHTS)
    for axes, panel in zip(grid, (cost_curves, error_curves, saturation_curves, delta_curves), strict=True):
        for ax, condition in zip(axes, shown, strict=True):
            panel(ax, subject, condition)
            ax.label_outer()
    for ax, condition in zip(grid[0], shown, strict=True):
        ax.set_title(subject.conditions[condition], fontweight="bold", fontsize=11)
    _scale_epochs(grid[-1, 0], subject)
    widths = {"on the wrong side": LINE_WIDTH, "all": THIN}
    lines = [Line2D([], [], color=MUTED, lw=width, label=label) for label, width in widths.items()]
    grid[2, 0].legend(handles=lines, loc="lower left", bbox_to_anchor=(0, 0.98), ncols=2, borderpad=0, fontsize=9)
    handles = cost_handles(subject)
    if any(curve is not None for row in subject.theory for curve in row):
        handles.append(Line2D([], [], color="black", ls="", marker=".", markersize=4, label="closed form"))
    heading(
        figure, subject.name, f"target {subject.target_text}; {subject.settings}{choice_text(subject, shown)}", handles
    )


def cost_curves(ax: Axes, subject: ComparisonSubject, condition: int) -> Axes:
    """Every cost over the epochs, each in its own units."""
    _lines(ax, subject, condition, "cost")
    _log_where_wide(ax, _medians(subject, "cost"), WIDE)
    ax.set_ylabel("cost\n(each in its own units)")
    return ax


def error_curves(ax: Axes, subject: ComparisonSubject, condition: int) -> Axes:
    """The measure that the target bounds: medians, the target dotted, arrivals as dots, closed form as black ones.

    It is the error where that measure was not recorded.
    """
    target, histories = subject.target, subject.histories[condition]
    recorded = f"{subject.part}_{target.measure}" in histories[0]
    name = target.measure if recorded else "error"
    scale = 100.0 if MEASURES[name].percent else 1.0  # in percent, or as it is
    _lines(ax, subject, condition, name, scale)
    if name == "error":
        _log_where_wide(ax, _medians(subject, name), 100)  # later than others: it is known by its linear values
    if recorded:
        ax.axhline(scale * target.bound, color=MUTED, ls=":", lw=1.2, zorder=1)
        _mark_arrivals(ax, subject, condition, scale * target.bound)
    for history, curve in zip(histories, subject.theory[condition] if subject.theory else (), strict=False):
        if curve is not None:
            _closed_form(ax, curve[curve[:, 0] <= history["epoch"][-1]], _far_apart(subject))
    ax.set_ylabel(MEASURES[name].label)
    # Numbers of epochs stand above the frame where there is room, and the title above them.
    ax.set_title(speedup_text(subject, condition), loc="left", fontsize=10, pad=18 if _numbered(subject) else 6)
    return ax


def saturation_curves(ax: Axes, subject: ComparisonSubject, condition: int) -> Axes:
    """Saturated outputs in percent: bold those on the wrong side, thin all of them."""
    _lines(ax, subject, condition, "saturation", 100, width=THIN)
    _lines(ax, subject, condition, "wrong_saturation", 100)
    ax.set_ylim(-5, 105)  # percent: lines at 0 and 100 lie within the frame
    ax.set_ylabel("saturated\noutputs (%)")
    return ax


def delta_curves(ax: Axes, subject: ComparisonSubject, condition: int) -> Axes:
    """The norm of the output layer's mean delta: the book's speed of learning. The floor is 0 or next to it."""
    medians = _medians(subject, "delta_norm")
    highest = max(float(values[np.isfinite(values)].max(initial=0)) for values in medians)
    # Below this share of the highest a delta is as good as 0, and would stretch the axis.
    _log_where_wide(ax, [values[values > 1e-8 * highest] for values in medians], WIDE)
    floor = ax.get_ylim()[0] if ax.get_yscale() == "log" else 0.0
    _lines(ax, subject, condition, "delta_norm", floor=floor)
    ax.set_ylabel(f"output layer:\n{MONITOR_LABELS['delta_norm']}")
    return ax


def _column(subject: ComparisonSubject, history: History, name: str) -> str:
    """The column of a measure of the scored part, or of a monitor of the output layer, which is the last."""
    exact = [column for column in (f"{subject.part}_{name}", name) if column in history]
    return exact[0] if exact else [column for column in history.columns if column.startswith(f"{name}_")][-1]


def _spread(subject: ComparisonSubject, history: History, name: str) -> Array:
    """Quartiles over the seeds, (3, e), NaN from where a seed that diverged would be one of them."""
    finite = np.isfinite(history[f"{subject.part}_error"])
    spread = quartiles(np.where(finite, history[_column(subject, history, name)], np.nan))
    return np.where(np.isfinite(spread), spread, np.nan)


def _medians(subject: ComparisonSubject, name: str) -> list[Array]:
    """The median over the seeds of every condition and cost, each (e,): what all columns' common axis must hold."""
    return [_spread(subject, history, name)[1] for row in subject.histories for history in row]


def _lines(
    ax: Axes,
    subject: ComparisonSubject,
    condition: int,
    name: str,
    scale: float = 1,
    floor: float = -np.inf,
    width: float = LINE_WIDTH,
) -> None:
    """Each cost's median over the epochs, in bold its middle half as a band, and a cross where it diverged."""
    ax.set_xlabel("epoch")
    for k, (cost, history) in enumerate(zip(subject.costs, subject.histories[condition], strict=True)):
        epochs, hue = history["epoch"], colour(k)
        low, middle, high = np.maximum(scale * _spread(subject, history, name), floor)
        order = 2 + k / 100  # a line's is 2: each cost, bold or thin, lies above those before it
        ax.plot(epochs, middle, label=cost, zorder=order, **(cost_style(k) | {"lw": width}))
        if subject.seeds >= FEWEST_SEEDS and width == LINE_WIDTH:
            ax.fill_between(epochs, low, high, color=hue, alpha=0.15, lw=0)
        finite = np.flatnonzero(np.isfinite(middle))
        if finite.size and finite[-1] < len(middle) - 1:
            last = finite[-1]
            ax.plot(epochs[last], middle[last], "x", color=hue, ms=9, mew=2.2, clip_on=False, zorder=5)


def _log_where_wide(ax: Axes, lines: Sequence[Array], wide: float) -> None:
    """A log axis that holds all the lines, where they are positive and the highest is far above the lowest."""
    values = np.concatenate(list(lines))
    values = values[np.isfinite(values)]
    if values.size and values.min() > 0 and values.max() > wide * values.min():
        ax.set_yscale("log")
        margin = (values.max() / values.min()) ** 0.06  # a factor: 6 % of the axis's length on both sides
        ax.set_ylim(values.min() / margin, values.max() * margin)
        plain_log_ticks(ax.yaxis)
        ax.yaxis.set_minor_locator(NullLocator())


def _closed_form(ax: Axes, curve: Array, logarithmic: bool) -> None:
    """Dots along a curve of rows (epoch, error), evenly spaced on the way it goes."""
    epochs, error = curve.T
    drawn = np.log1p(epochs) if logarithmic else epochs
    steps = np.hypot(*(np.diff(column) / max(np.ptp(column), 0.01) for column in (drawn, error)))  # of the panel's side
    way = np.concatenate([[0], np.cumsum(steps)])
    even = np.linspace(0, way[-1], 28)  # dots: few enough to see the curve measured between them
    dots = [np.interp(even, way, column) for column in (epochs, error)]
    ax.plot(*dots, ".", color="black", markersize=3.5, zorder=4)


def _mark_arrivals(ax: Axes, subject: ComparisonSubject, condition: int, y: float) -> None:
    """A mark at height y where the median seed of each cost met the target; its epoch stands above the frame.

    An epoch beyond those shown stands at the right end.
    """
    epochs = quartiles(subject.arrivals[condition])[1]
    inside = epochs <= [history["epoch"][-1] for history in subject.histories[condition]]
    numbered = _numbered(subject)
    for k in np.flatnonzero(inside).tolist():
        ax.plot(epochs[k], y, MARKERS[k % len(MARKERS)], color=colour(k), ms=8, mec="white", zorder=5)
        if numbered:
            ax.axvline(epochs[k], color=colour(k), ls=":", lw=1, zorder=1)
            side = "right" if epochs[k] < epochs.max() else "left"
            _above(ax, epochs[k], f"{epochs[k]:g}", colour(k), side, ax.get_xaxis_transform())
    if numbered and not inside.all():
        later = zip(np.array(subject.costs)[~inside], epochs[~inside], strict=True)
        texts = [f"{cost} {epoch:g}" if np.isfinite(epoch) else f"{cost} never reaches it" for cost, epoch in later]
        _above(ax, 1, ", ".join(texts) + " →", MUTED, "right", ax.transAxes)


def _above(ax: Axes, x: float, text: str, hue: str, side: str, across: Transform) -> None:
    """A few letters on top of the frame, ending ("right") or beginning ("left") at x, in the units of `across`."""
    ax.annotate(text, (x, 1), (0, 2), xycoords=across, textcoords="offset points", color=hue, fontsize=9, ha=side)


def _numbered(subject: ComparisonSubject) -> bool:
    """Whether columns are wide and costs few enough for numbers above the curves not to overlap."""
    return len(subject.conditions) <= 2 and len(subject.costs) <= 3


def _scale_epochs(ax: Axes, subject: ComparisonSubject) -> None:
    """Scale the shared axis of epochs: logarithmic, with 0 on it too, where arrivals lie far apart."""
    ax.set_xlim(0, max(history["epoch"][-1] for row in subject.histories for history in row))
    epoch_ticks(ax, _far_apart(subject))


def _far_apart(subject: ComparisonSubject) -> bool:
    """Whether a linear axis would show some arrival as one step: another cost takes more than thirty times as long."""
    times = np.minimum(subject.arrival_quartiles[1], subject.limits)
    return bool((times.max(axis=1) > 30 * times.min(axis=1)).any())
