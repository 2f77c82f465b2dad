"""Over two axes: the cost a network descends, with its way down, and how soon costs arrive as two keys vary."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from bpnet.errors import UsageError
from bpnet.plots.contest import SIGNS, Contest, head, spaced
from bpnet.plots.style import COLOURS, DIVERGING, SHADES, plain_log_ticks, styled

Array = NDArray[Any]

LEVELS = 18
WIDE = 20.0
DEPTH = 0.3
TENTHS = 10
NEVER = "#e4e4e4"
TALLEST, WIDEST = 14, 8
TICKS = 10
IN_A_ROW = 3
PATH = COLOURS[1]


@dataclass(frozen=True)
class Panel:
    """A cost over two parameters, first : (p,), second : (q,), values : (q, p), and a way over it, path : (t, 2).

    `epochs` : (t,) are those of the path, evenly spaced from 0 if not given; `label` tells panels of one cost apart.
    """

    cost: str
    first: Array
    second: Array
    values: Array
    path: Array
    label: str = ""
    epochs: Array | None = None


def surface_figure(title: str, axes_names: tuple[str, str], panels: Sequence[Panel]) -> Figure:
    """The panels side by side over the same stretch of both axes, each cost with colours of its own."""
    with styled():
        figure = Figure(figsize=(0.6 + 4.6 * len(panels), 4.9), layout="constrained")
        axes = figure.subplots(1, len(panels), sharex=True, sharey=True, squeeze=False)[0]
        for ax, panel in zip(axes, panels, strict=True):
            surface_panel(ax, panel)
            ax.set_xlabel(axes_names[0])
        axes[0].set_ylabel(axes_names[1])
        handles = [Line2D([], [], label=label, **mark) for label, mark in MARKS.items()]
        head(figure, title, "dots close together: slow; far apart: fast", handles)
    return figure


def surface_panel(ax: Axes, panel: Panel) -> Axes:
    """Filled contours of the cost, logarithmic where it is wide, and the way over them."""
    values = np.ma.masked_invalid(panel.values)
    levels, norm = _levels(panel, values)
    filled = ax.contourf(panel.first, panel.second, values, levels, norm=norm, cmap=SHADES, extend="both")
    ax.contour(panel.first, panel.second, values, levels, colors="white", linewidths=0.5, alpha=0.7)
    bar = ax.figure.colorbar(filled, ax=ax, format="%.2g")
    bar.set_label("cost (nats)" if panel.cost.startswith("ce") else "cost")
    ax.set_xlim(panel.first[0], panel.first[-1])
    ax.set_ylim(panel.second[0], panel.second[-1])
    ax.set_title(", ".join(filter(None, [panel.cost, panel.label])), fontweight="bold")
    ax.grid(visible=False)
    return _trajectory(ax, panel)


def map_figure(contest: Contest) -> Figure:
    """Median epochs to the target over two varied keys, a map a cost, and the second cost's speed-up over the first.

    Raises:
        UsageError: not two keys are varied.
    """
    if len(contest.vary) != 2:
        raise UsageError(f"{contest.name}: {len(contest.vary)} keys are varied; this picture shows two")
    maps = len(contest.costs) + (len(contest.costs) > 1)
    columns = min(maps, IN_A_ROW)
    rows = -(-maps // columns)
    with styled():
        figure = Figure(figsize=(0.4 + 4.4 * columns, 0.7 + 3.6 * rows), layout="constrained")
        axes = [figure.add_subplot(rows, columns, k) for k in range(1, maps + 1)]
        for ax, cost in zip(axes, contest.costs, strict=False):
            arrival_map(ax, contest, cost)
        if len(contest.costs) > 1:
            speedup_map(axes[-1], contest)
        head(
            figure,
            contest.name,
            f"target {spaced(contest.target)}; {contest.policy}; grey: most never arrived (so many did)",
            [],
        )
    return figure


def arrival_map(ax: Axes, contest: Contest, cost: str) -> Axes:
    """Median epochs to the target, the same colours for every cost; grey where most seeds never arrived."""
    times = np.stack([contest.arrivals(each)[0][1] for each in contest.costs])
    finite = times[np.isfinite(times)]
    low, high = (finite.min(), finite.max()) if finite.size else (1, 1)
    own = times[contest.costs.index(cost)]
    texts = [
        f"{time:.0f}" if np.isfinite(time) else f"{reached}/{of}" if reached else "never"
        for time, (reached, of) in zip(own, contest.reached(cost), strict=True)
    ]
    ax.set_title(f"{cost}: median epochs to {spaced(contest.target)}")
    return _heat(ax, contest, own, texts, LogNorm(low / 1.5, max(high, 1.5 * low)), SHADES)


def speedup_map(ax: Axes, contest: Contest) -> Axes:
    """How many times sooner the second cost arrived than the first, in colours that part at 1."""
    known = [ratio if ratio is not None and ratio.median else None for ratio in contest.speedups]
    times = np.array([np.nan if ratio is None else ratio.median for ratio in known], dtype=np.float64)
    texts = ["?" if ratio is None else f"{SIGNS.get(ratio.bound, '')}{ratio.median:.2g}" for ratio in known]
    far = max(np.exp(np.nanmax(np.abs(np.log(times)))) if np.isfinite(times).any() else 1, 1.1)
    first, second = contest.costs[:2]
    ax.set_title(f"speed-up of {second} over {first} (times)")
    return _heat(ax, contest, times, texts, LogNorm(1 / far, far), DIVERGING)


def _heat(ax: Axes, contest: Contest, values: Array, texts: Sequence[str], norm: LogNorm, shades: Any) -> Axes:
    """A cell a condition, the first key upwards and the second to the right; hatched where the value is not finite."""
    (up, rows), (right, columns) = contest.vary.items()
    cells = np.where(np.isfinite(values), values, np.nan).reshape(len(rows), len(columns))
    ax.set_facecolor(NEVER)
    picture = ax.imshow(cells, origin="lower", aspect="auto", norm=norm, cmap=shades)
    bar = ax.figure.colorbar(picture, ax=ax)
    bar.minorticks_off()
    plain_log_ticks(bar.ax, "y")
    if len(rows) <= TALLEST and len(columns) <= WIDEST:
        for (row, column), text in zip(np.ndindex(cells.shape), texts, strict=True):
            pale = np.isnan(cells[row, column]) or np.dot(shades(norm(cells[row, column]))[:3], (0.3, 0.6, 0.1)) > 0.5
            hue = "black" if pale else "white"
            ax.text(column, row, text, ha="center", va="center", color=hue, fontsize=9)
    for axis, key, names in ((ax.yaxis, up, rows), (ax.xaxis, right, columns)):
        ticks = range(0, len(names), -(-len(names) // TICKS))
        axis.set_ticks(ticks, [f"{names[k]:g}" if isinstance(names[k], float) else str(names[k]) for k in ticks])
        axis.set_label_text(key)
    ax.grid(visible=False)
    return ax


def _levels(panel: Panel, values: Array) -> tuple[Array, Normalize]:
    """Where the contours lie, and the colours between them: most of them where the way went, the valley as one."""
    low, high = float(values.min()), float(values.max())
    column, row = (
        np.abs(axis - end).argmin() for axis, end in zip((panel.first, panel.second), panel.path[-1], strict=True)
    )
    deep = max(low, DEPTH * float(np.nan_to_num(panel.values[row, column], posinf=0)))
    if 0 < WIDE * deep < high:
        return np.geomspace(deep, high, LEVELS), LogNorm(deep, high)
    high = high if high > low else low + 1
    return np.linspace(low, high, LEVELS), Normalize(low, high)


def _trajectory(ax: Axes, panel: Panel) -> Axes:
    """The way down: a dot every tenth of the epochs, a circle at the start and a square at the end."""
    path = panel.path
    epochs = np.arange(len(path)) if panel.epochs is None else panel.epochs
    times = np.linspace(epochs[0], epochs[-1], TENTHS + 1)
    tenths = np.column_stack([np.interp(times, epochs, column) for column in path.T])
    ax.plot(*path.T, color="white", lw=4)
    ax.plot(*path.T, color=PATH, lw=1.8)
    for points, mark in zip((path[:1], tenths[1:-1], path[-1:]), MARKS.values(), strict=True):
        ax.plot(*points.T, **mark)
    return ax


MARKS: dict[str, dict[str, Any]] = {
    "start": {"ls": "", "marker": "o", "color": "white", "ms": 10, "mec": PATH, "mew": 2.5, "zorder": 4},
    "every tenth of the epochs": {"ls": "", "marker": "o", "color": PATH, "ms": 5.5, "mec": "white"},
    "end": {"ls": "", "marker": "s", "color": PATH, "ms": 9, "mec": "white"},
}
