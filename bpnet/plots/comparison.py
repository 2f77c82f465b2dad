"""Costs against each other: their curves under every condition, over each other and over the same epochs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator, SymmetricalLogLocator
from numpy.typing import NDArray

from bpnet.plots.contest import (
    BAND,
    Contest,
    Lane,
    band,
    entries,
    faster,
    head,
    look,
    quartiles,
    several,
    spaced,
)
from bpnet.plots.curves import LABELS
from bpnet.plots.style import MARKERS, MUTED, colour, plain_log_ticks, styled
from bpnet.plots.varied import vary_figure

__all__ = [
    "Contest",
    "compare_figure",
    "cost_curves",
    "delta_curves",
    "error_curves",
    "saturation_curves",
    "vary_figure",
]

Array = NDArray[Any]

SHOWN = 4
WIDTHS = (6.4, 9.4, 11.4, 13.6)
HEIGHT = 9.2
APART = 30
WIDE = {"cost": 8.0, "error": 100.0, "delta_norm": 8.0}
SCALES = {"accuracy": 100.0}
SCORES = {
    "error": "error |a − y|",
    "max_error": "largest error |a − y|",
    "accuracy": "accuracy (%)",
    "r2": "R² (1 is perfect)",
}
DOTS = 28
ROOMY = 2
FEW = 3
DEEPEST = 1e-8


def compare_figure(contest: Contest) -> Figure:
    """A column a condition (of more than four the first, the last and some between), a row a measure.

    From above: each cost in its own units; the measure of the target, on which costs can be compared; saturation and
    delta norm of the output layer.
    """
    every = len(contest.conditions)
    shown = np.unique(np.rint(np.linspace(0, every - 1, min(every, SHOWN))).astype(int)).tolist()
    with styled():
        figure = Figure(figsize=(WIDTHS[len(shown) - 1], HEIGHT), layout="constrained")
        heights = [1, 1.4, 0.75, 0.9]
        grid = figure.subplots(4, len(shown), sharex=True, sharey="row", squeeze=False, height_ratios=heights)
        for axes, panel in zip(grid, (cost_curves, error_curves, saturation_curves, delta_curves), strict=True):
            for ax, condition in zip(axes, shown, strict=True):
                panel(ax, contest, condition)
                ax.label_outer()
        for ax, condition in zip(grid[0], shown, strict=True):
            ax.set_title(contest.conditions[condition], fontweight="bold", fontsize=11)
        _epochs(grid[-1, 0], contest)
        _sides(grid[2, 0])
        some = f", {len(shown)} of {every} conditions shown" if every > len(shown) else ""
        head(figure, contest.name, f"target {spaced(contest.target)}; {contest.policy}{some}", _legend(contest))
    return figure


def cost_curves(ax: Axes, contest: Contest, condition: int) -> Axes:
    """Every cost over the epochs, each in its own units."""
    for k, lane in enumerate(contest.under(condition)):
        _line(ax, lane, f"{_part(lane)}_cost", **look(k))
    _log_where_wide(ax, [_middle(lane, f"{_part(lane)}_cost") for lane in contest.lanes], WIDE["cost"])
    ax.set_ylabel("cost\n(each in its own units)")
    return _over_epochs(ax)


def error_curves(ax: Axes, contest: Contest, condition: int) -> Axes:
    """The measure that the target bounds: medians, the target dotted, arrivals as dots, closed form as black ones."""
    metric = _metric(contest)
    scale = SCALES.get(metric, 1.0)
    lanes = contest.under(condition)
    for k, lane in enumerate(lanes):
        _line(ax, lane, f"{_part(lane)}_{metric}", scale, **look(k))
    if metric in WIDE:
        _log_where_wide(ax, [_middle(lane, f"{_part(lane)}_{metric}") for lane in contest.lanes], WIDE[metric])
    if metric == contest.metric:
        ax.axhline(scale * contest.bound, color=MUTED, ls=":", lw=1.2, zorder=1)
        _arrivals(ax, contest, lanes, scale * contest.bound)
    for k, lane in enumerate(lanes):
        theory = contest.theory[condition * len(lanes) + k]
        if theory is not None:
            _closed_form(ax, theory[theory[:, 0] <= lane.epochs[-1]], _far_apart(contest))
    ax.set_ylabel(SCORES[metric])
    told = faster(contest.speedups[condition])
    roomy = _roomy(contest)
    told += f" to {spaced(contest.target)}" if told and roomy else ""
    ax.set_title(told, loc="left", fontsize=10, pad=18 if roomy else 6)
    return _over_epochs(ax)


def saturation_curves(ax: Axes, contest: Contest, condition: int) -> Axes:
    """Saturated outputs in percent: bold those on the wrong side, thin all of them."""
    for k, lane in enumerate(contest.under(condition)):
        _line(ax, lane, _output(lane, "saturation"), 100, **(look(k) | {"lw": 0.8}))
        _line(ax, lane, _output(lane, "wrong_saturation"), 100, **look(k))
    ax.set_ylim(-5, 105)
    ax.set_ylabel("saturated\noutputs (%)")
    return _over_epochs(ax)


def delta_curves(ax: Axes, contest: Contest, condition: int) -> Axes:
    """The norm of the output layer's mean delta: the book's speed of learning. The floor is 0 or next to it."""
    middles = [_middle(lane, _output(lane, "delta_norm")) for lane in contest.lanes]
    highest = max((float(values[np.isfinite(values)].max(initial=0)) for values in middles), default=0)
    _log_where_wide(ax, [values[values > DEEPEST * highest] for values in middles], WIDE["delta_norm"])
    floor = ax.get_ylim()[0] if ax.get_yscale() == "log" else 0.0
    for k, lane in enumerate(contest.under(condition)):
        _line(ax, lane, _output(lane, "delta_norm"), floor=floor, **look(k))
    ax.set_ylabel(f"output layer:\n{LABELS['delta_norm']}")
    return _over_epochs(ax)


def _part(lane: Lane) -> str:
    """Where the lane was scored: the validation part, where there is one."""
    return "validation" if "validation_error" in lane.curves else "train"


def _metric(contest: Contest) -> str:
    """The measure that the target bounds, where it was recorded, else the error."""
    lane = contest.lanes[0]
    return contest.metric if f"{_part(lane)}_{contest.metric}" in lane.curves else "error"


def _output(lane: Lane, monitor: str) -> str:
    """The column of a monitor for the output layer, which is the last."""
    return [name for name in lane.curves if name == monitor or name.startswith(f"{monitor}_")][-1]


def _spread(lane: Lane, column: str) -> Array:
    """Quartiles over the seeds, (3, e), NaN from where a seed that diverged would be one of them."""
    values = np.where(np.isfinite(lane.curves[f"{_part(lane)}_error"]), lane.curves[column], np.nan)
    found = quartiles(values)
    return np.where(np.isfinite(found), found, np.nan)


def _middle(lane: Lane, column: str) -> Array:
    """The median over the seeds, (e,)."""
    return _spread(lane, column)[1]


def _line(ax: Axes, lane: Lane, column: str, scale: float = 1, floor: float = -np.inf, **style: Any) -> None:
    """The median over the epochs, the middle half of three seeds or more as a band, a cross where it diverged."""
    low, middle, high = np.maximum(scale * _spread(lane, column), floor)
    ax.plot(lane.epochs, middle, label=lane.cost, **style)
    if lane.curves[column].shape[1] >= BAND and style["lw"] > 1:
        ax.fill_between(lane.epochs, low, high, color=style["color"], alpha=0.15, lw=0)
    finite = np.flatnonzero(np.isfinite(middle))
    if finite.size and finite[-1] < len(middle) - 1:
        last = finite[-1]
        ax.plot(lane.epochs[last], middle[last], "x", color=style["color"], ms=9, mew=2.2, clip_on=False, zorder=5)


def _log_where_wide(ax: Axes, lines: Sequence[Array], wide: float) -> None:
    """A log axis, wide enough for all the lines, where they are positive and the highest is far above the lowest."""
    values = np.concatenate(list(lines))
    values = values[np.isfinite(values)]
    if values.size and values.min() > 0 and values.max() > wide * values.min():
        ax.set_yscale("log")
        room = (values.max() / values.min()) ** 0.06
        ax.set_ylim(values.min() / room, values.max() * room)
        plain_log_ticks(ax, "y")
        ax.yaxis.set_minor_locator(NullLocator())


def _closed_form(ax: Axes, theory: Array, logarithmic: bool) -> None:
    """Dots along a curve of rows (epoch, error), evenly spaced on the way it goes."""
    epochs, error = theory.T
    seen = np.log1p(epochs) if logarithmic else epochs
    steps = np.hypot(*(np.diff(column) / max(np.ptp(column), 0.01) for column in (seen, error)))
    way = np.concatenate([[0], np.cumsum(steps)])
    places = np.linspace(0, way[-1], DOTS)
    dots = [np.interp(places, way, column) for column in (epochs, error)]
    ax.plot(*dots, ".", color="black", markersize=3.5, zorder=4)


def _arrivals(ax: Axes, contest: Contest, lanes: Sequence[Lane], y: float) -> None:
    """A mark at height y where the median seed of each cost met the target; its epoch stands above the frame.

    What lies beyond the epochs shown is told at the right end.
    """
    epochs = np.array([quartiles(lane.arrived[contest.target])[1] for lane in lanes])
    inside = epochs <= [lane.epochs[-1] for lane in lanes]
    for k in np.flatnonzero(inside).tolist():
        ax.plot(epochs[k], y, MARKERS[k % len(MARKERS)], color=colour(k), ms=8, mec="white", zorder=5)
        if _roomy(contest):
            ax.axvline(epochs[k], color=colour(k), ls=":", lw=1, zorder=1)
            side = "right" if epochs[k] < epochs.max() else "left"
            _above(ax, epochs[k], f"{epochs[k]:g}", colour(k), side, ax.get_xaxis_transform())
    if _roomy(contest) and not inside.all():
        beyond = [f"{lanes[k].cost} {_epoch(epochs[k])}" for k in np.flatnonzero(~inside).tolist()]
        _above(ax, 1, ", ".join(beyond) + " →", MUTED, "right", ax.transAxes)


def _epoch(epoch: float) -> str:
    return f"{epoch:g}" if np.isfinite(epoch) else "not reached"


def _above(ax: Axes, x: float, text: str, hue: str, side: str, across: Any) -> None:
    """A few letters on top of the frame, ending ("right") or beginning ("left") at x, in the units of `across`."""
    ax.annotate(text, (x, 1), (0, 2), xycoords=across, textcoords="offset points", color=hue, fontsize=9, ha=side)


def _roomy(contest: Contest) -> bool:
    """Whether columns are wide and costs few enough for numbers above the curves."""
    return len(contest.conditions) <= ROOMY and len(contest.costs) <= FEW


def _legend(contest: Contest) -> list[Artist]:
    """The costs, and what else the panels show."""
    found: list[Artist] = [*entries(contest)]
    if several(contest):
        found.append(band())
    if any(theory is not None for theory in contest.theory):
        found.append(Line2D([], [], color="black", ls="", marker=".", markersize=4, label="closed form"))
    return found


def _over_epochs(ax: Axes) -> Axes:
    ax.set_xlabel("epoch")
    return ax


def _epochs(first: Axes, contest: Contest) -> None:
    """The shared axis of epochs: logarithmic, 0 and all, where arrivals lie far apart."""
    first.set_xlim(0, max(lane.epochs[-1] for lane in contest.lanes))
    if not _far_apart(contest):
        first.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
        return
    first.set_xscale("symlog", linthresh=1, linscale=0.3)
    first.xaxis.set_major_locator(SymmetricalLogLocator(base=10, linthresh=1))
    first.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _far_apart(contest: Contest) -> bool:
    """Whether under some condition one cost takes more than thirty times as long as another."""
    times = [np.minimum(times[1], limits) for times, limits in map(contest.arrivals, contest.costs)]
    return bool((np.max(times, axis=0) > APART * np.min(times, axis=0)).any())


def _sides(ax: Axes) -> None:
    """What bold and thin mean, above the saturation panel."""
    widths = {"on the wrong side": look(0)["lw"], "all": 0.8}
    handles = [Line2D([], [], color=MUTED, lw=width, label=label) for label, width in widths.items()]
    ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 0.98), ncols=2, borderpad=0, fontsize=9)
