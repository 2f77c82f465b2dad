"""The cost surface that a network descends, over two of its parameters, with the path down it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bpnet.metrics import Array
from bpnet.plots.heading import heading
from bpnet.plots.style import COLOURS, SHADES, Style
from bpnet.plots.subjects import ComparisonSubject, Surface

LEVELS = 18  # contours: enough to show the slope, few enough to count
PATH = COLOURS[1]


def draw_surfaces(figure: Figure, subject: ComparisonSubject) -> None:
    """The surfaces of the last condition side by side over the same axes, each cost with colours of its own."""
    figure.set_size_inches(0.6 + 4.6 * len(subject.surfaces), 4.9)  # a panel each, and the labels at the left
    axes = figure.subplots(1, len(subject.surfaces), sharex=True, sharey=True, squeeze=False)[0]
    for ax, surface in zip(axes, subject.surfaces, strict=True):
        surface_panel(ax, surface)
        ax.set_xlabel(subject.axes[0])
    axes[0].set_ylabel(subject.axes[1])
    handles = [Line2D([], [], label=label, **mark) for label, mark in MARKS.items()]
    title = ", ".join(filter(None, [subject.name, subject.conditions[-1]]))
    heading(figure, title, "dots close together: slow; far apart: fast", handles)


def surface_panel(ax: Axes, surface: Surface) -> Axes:
    """Filled contours of the cost, logarithmic where it is wide, and the path over them.

    The path has a dot every tenth of the epochs, a circle at the start and a square at the end.
    """
    values = np.ma.masked_invalid(surface.values)
    levels, norm = _levels(surface, values)
    filled = ax.contourf(surface.first, surface.second, values, levels, norm=norm, cmap=SHADES, extend="both")
    ax.contour(surface.first, surface.second, values, levels, colors="white", linewidths=0.5, alpha=0.7)
    bar = ax.figure.colorbar(filled, ax=ax, format="%.2g")
    bar.set_label("cost (nats)" if surface.cost.startswith("ce") else "cost")
    ax.set_xlim(surface.first[0], surface.first[-1])
    ax.set_ylim(surface.second[0], surface.second[-1])
    ax.set_title(surface.cost, fontweight="bold")
    ax.grid(visible=False)
    path, epochs = surface.path, surface.epochs
    times = np.linspace(epochs[0], epochs[-1], 11)  # the ends of ten stretches
    tenths = np.column_stack([np.interp(times, epochs, column) for column in path.T])
    ax.plot(*path.T, color="white", lw=4)
    ax.plot(*path.T, color=PATH, lw=1.8)
    for points, mark in zip((path[:1], tenths[1:-1], path[-1:]), MARKS.values(), strict=True):
        ax.plot(*points.T, **mark)
    return ax


def _levels(surface: Surface, values: Array) -> tuple[Array, Normalize]:
    """The contours, and the colours between them: most of them where the path went, the valley as one."""
    low, high = float(values.min()), float(values.max())
    column, row = (
        np.abs(axis - end).argmin() for axis, end in zip((surface.first, surface.second), surface.path[-1], strict=True)
    )
    # Below this share of the cost at the path's end the valley is one shade.
    deep = max(low, 0.3 * float(np.nan_to_num(surface.values[row, column], posinf=0)))
    if 0 < 20 * deep < high:  # the valley would be one shade of a linear scale
        return np.geomspace(deep, high, LEVELS), LogNorm(deep, high)
    high = high if high > low else low + 1
    return np.linspace(low, high, LEVELS), Normalize(low, high)


MARKS: dict[str, Style] = {
    "start": {"ls": "", "marker": "o", "color": "white", "ms": 10, "mec": PATH, "mew": 2.5, "zorder": 4},
    "every tenth of the epochs": {"ls": "", "marker": "o", "color": PATH, "ms": 5.5, "mec": "white"},
    "end": {"ls": "", "marker": "s", "color": PATH, "ms": 9, "mec": "white"},
}
