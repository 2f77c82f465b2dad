"""Which class is taken for which."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from bpnet.plots.style import SHADES, percent, shortened

Array = NDArray[Any]

MANY = 20
LONGEST_NAME = 24


def confusion_matrix(ax: Axes, counts: Array, classes: Sequence[str], part: str = "") -> Axes:
    """Counts (k, k), row the true class, column the predicted one; shaded by the share of the row.

    `part` names the examples they were counted in. Of more than twenty classes the zeros are left out.
    """
    k = len(classes)
    names = [shortened(name, LONGEST_NAME) for name in classes]
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    ax.imshow(shares, cmap=SHADES, vmin=0, vmax=1)
    size = 11 if k <= 4 else max(7, 10 - k // 6)
    for row, column in np.ndindex(k, k) if k <= MANY else np.argwhere(counts).tolist():
        count = int(counts[row, column])
        hue = "white" if shares[row, column] > 0.45 else "black" if count else "#bbbbbb"
        ax.text(column, row, f"{count}", ha="center", va="center", color=hue, fontsize=size)
    long = max(len(name) for name in names) > (12 if k <= 4 else 4)
    turned = 60 if long else 0
    side = "right" if long else "center"
    ax.set_xticks(range(k), names, rotation=turned, ha=side, rotation_mode="anchor" if long else None, fontsize=size)
    ax.set_yticks(range(k), names, fontsize=size)
    ax.set_xlabel("predicted")
    ax.set_ylabel("true")
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    right, of = int(np.trace(counts)), int(counts.sum())
    ax.set_title(f"{f'{part.capitalize()} part: ' if part else ''}{right} of {of} right, {percent(right, of)}")
    return ax
