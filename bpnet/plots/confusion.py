"""Which class is taken for which."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bpnet.metrics import Array
from bpnet.plots.style import SHADES, part_text, percent, shortened
from bpnet.plots.subjects import RunSubject


def draw_confusion(figure: Figure, subject: RunSubject) -> None:
    """The confusion matrix of the test part, or of another where there is none; the page grows with the classes."""
    extra = 0.38 * max(0, len(subject.classes) - 14)  # inches for four digits, where 14 classes fit the page
    figure.set_size_inches(figure.get_figwidth() + extra, figure.get_figheight() + extra)
    confusion_matrix(figure.subplots(), subject.arrays["confusion"], subject.classes, subject.part)


def confusion_matrix(ax: Axes, counts: Array, classes: Sequence[str], part: str = "") -> Axes:
    """Counts (k, k), row the true class, column the predicted one; shaded by the share of the row.

    `part` is where they were counted. Of more than twenty classes zeros are left out: they would hide the counts.
    """
    k = len(classes)
    names = [shortened(name, 24) for name in classes]  # letters: at the left they take a third of the page
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    ax.imshow(shares, cmap=SHADES, vmin=0, vmax=1)
    size = 11 if k <= 4 else max(7, 10 - k // 6)  # points: what a cell holds, but never too small to read
    for row, column in np.ndindex(k, k) if k <= 20 else np.argwhere(counts).tolist():
        count = int(counts[row, column])
        dark = shares[row, column] > 0.45  # of the row: the shade behind the number
        hue = "white" if dark else "black" if count else "#bbbbbb"
        ax.text(column, row, f"{count}", ha="center", va="center", color=hue, fontsize=size)
    long = max(len(name) for name in names) > (12 if k <= 4 else 4)  # letters above a cell
    turned = 60 if long else 0  # degrees: the columns' names then stand clear of each other
    side = "right" if long else "center"
    ax.set_xticks(range(k), names, rotation=turned, ha=side, rotation_mode="anchor" if long else None, fontsize=size)
    ax.set_yticks(range(k), names, fontsize=size)
    ax.set_xlabel("predicted")
    ax.set_ylabel("true")
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    right, total = int(np.trace(counts)), int(counts.sum())
    where = f"{part_text(part).capitalize()}: " if part else ""
    ax.set_title(f"{where}{right} of {total} right, {percent(right, total)}")
    return ax
