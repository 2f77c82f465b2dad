"""How far back through time a recurrent network's gradient reaches: the norm of delta in each of its steps."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bpnet.plots.heading import heading, some_of
from bpnet.plots.style import COLOURS, plain_log_ticks
from bpnet.plots.subjects import ComparisonSubject, Drawable, OverTime

MOST_COLUMNS, MOST_LINES = 4, 60  # panels in a row, lines in a panel: more could not be told apart
EARLY_TO_LATE: Colormap = LinearSegmentedColormap.from_list("early-late", ["#c6dbef", COLOURS[0], "#08306b"])


def draw_time(figure: Figure, subject: Drawable) -> None:
    """The norm of delta against the time step, a line an epoch: a gradient that vanishes falls towards the left.

    A panel is a layer of a run. In a comparison it is a cost under a condition, in the first layer, and a line the
    median over the seeds.
    """
    rows = [[row[k] for k in some_of(len(row), MOST_COLUMNS)] for row in subject.delta_over_time()]
    figure.set_size_inches(1.6 + 3.6 * len(rows[0]), 1.2 + 2.8 * len(rows))  # each panel, labels and heading
    grid = figure.subplots(len(rows), len(rows[0]), sharex=True, sharey=True, squeeze=False)
    panels = [panel for row in rows for panel in row]
    first, last = int(min(panel.epochs[0] for panel in panels)), int(max(panel.epochs[-1] for panel in panels))
    for ax, panel in zip(grid.flat, panels, strict=True):
        time_curves(ax, panel, first, last)
        ax.label_outer()
    if first < last:
        shades = ScalarMappable(Normalize(first, last), EARLY_TO_LATE)
        bar = figure.colorbar(shades, ax=grid.ravel().tolist(), label="epoch")
        bar.set_ticks([first + k for k in some_of(last - first + 1, 6)])
    seeds = f", median of {subject.seeds} seeds" if isinstance(subject, ComparisonSubject) and subject.seeds > 1 else ""
    heading(figure, subject.name, f"δ in each time step, mean over examples{seeds}; T is at the right", [])


def time_curves(ax: Axes, panel: OverTime, first: int, last: int) -> Axes:
    """One panel: a line for each recorded epoch, or some of many, palest the `first`; a delta of 0 has no place."""
    for k in some_of(len(panel.epochs), MOST_LINES):
        norms = np.where(panel.norms[k] > 0, panel.norms[k], np.nan)
        steps = np.arange(1, len(norms) + 1)
        colour = EARLY_TO_LATE(float(panel.epochs[k] - first) / (last - first) if first < last else 1.0)
        ax.plot(steps, norms, color=colour, lw=1.3, marker="o" if len(steps) <= 30 else None, markersize=3)
    ax.set_yscale("log")
    plain_log_ticks(ax.yaxis)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
    ax.set_xlabel("time step t")
    ax.set_ylabel("norm of the mean δ at t")
    ax.set_title(panel.title)
    return ax


def not_over_time(subject: Drawable) -> str:
    """Why a subject has no time to show, in a clause; "" where it has."""
    if any(subject.delta_over_time()):
        return ""
    return "it recorded no time steps (a recurrent network with train.monitor: [delta_norm])"
