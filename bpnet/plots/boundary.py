"""Where a network of two features changes its mind."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.transforms import ScaledTranslation
from numpy.typing import NDArray

from bpnet.plots.style import MARKERS, colour, shortened, wrapped

Array = NDArray[Any]

FINENESS = 250
LABEL_WIDTH = 26
LONGEST_NAME = 28
MOST_BESIDE = 12
LETTERS_A_ROW = 44


def decision_boundary(
    ax: Axes,
    predict: Callable[[Array], Array],
    x: Array,
    y: Array,
    classes: Sequence[str],
    features: Sequence[str] = (),
    part: str = "",
) -> Axes:
    """The plane coloured by the class predicted, paler where the network is less sure, with the points x : (n, 2).

    `predict` maps rows (n, 2) to outputs (n, k); `y` : (n,) are the points' class numbers, `part` names the examples
    they are. The line is where the prediction changes.
    """
    grid, (first, second) = _grid(x)
    shares = _shares(predict(grid))
    picture = _colours(shares).reshape(len(second), len(first), 3)
    extent = (first[0], first[-1], second[0], second[-1])
    ax.imshow(picture, extent=extent, origin="lower", aspect="auto", interpolation="bilinear")
    for lead in _leads(shares):
        if lead.min() < 0 < lead.max():
            ax.contour(first, second, lead.reshape(picture.shape[:2]), levels=[0], colors="#222222", linewidths=1)
    look: dict[str, Any] = {"s": 30 if len(x) > 20 else 90, "edgecolors": "white", "linewidths": 0.5, "zorder": 3}
    points = [
        ax.scatter(*x[y == k].T, color=colour(k), marker=MARKERS[k % len(MARKERS)], **look) for k in range(len(classes))
    ]
    names = [wrapped(name, LABEL_WIDTH) for name in features] or ["feature 1", "feature 2"]
    ax.set_xlabel(names[0])
    ax.set_ylabel(names[1])
    ax.set_title(f"Decision boundary, points of the {part} part" if part else "Decision boundary")
    ax.grid(visible=False)
    _legend(ax, points, classes)
    return ax


def rows_beneath(classes: Sequence[str]) -> int:
    """How many rows the legend has beneath the panel, with its title; 0 where few short names let it stand beside."""
    if len(classes) <= MOST_BESIDE and all(len(name) <= MOST_BESIDE for name in _short(classes)):
        return 0
    return 1 - (-len(classes) // _columns(classes))


def _columns(classes: Sequence[str]) -> int:
    return max(1, LETTERS_A_ROW // (5 + max(len(name) for name in _short(classes))))


def _short(classes: Sequence[str]) -> list[str]:
    return [shortened(name, LONGEST_NAME) for name in classes]


def _legend(ax: Axes, points: Sequence[Artist], classes: Sequence[str]) -> None:
    """Beside the panel, or beneath it and the label of its axis."""
    place: dict[str, Any] = {"bbox_to_anchor": (1.0, 1.0)}
    if rows_beneath(classes):
        lines = 1 + ax.get_xlabel().count("\n")
        below = ax.transAxes + ScaledTranslation(0, -(24 + 12 * lines) / 72, ax.figure.dpi_scale_trans)
        place = {"bbox_to_anchor": (0, 0), "bbox_transform": below, "ncols": _columns(classes), "borderaxespad": 0}
    ax.legend(points, _short(classes), title="class", loc="upper left", alignment="left", **place)


def _grid(x: Array) -> tuple[Array, tuple[Array, Array]]:
    """Points of the plane around the data as rows, and the two axes they come from."""
    low, high = x.min(axis=0), x.max(axis=0)
    margin = 0.15 * np.where(high > low, high - low, 1)
    first, second = (np.linspace(a, b, FINENESS) for a, b in zip(low - margin, high + margin, strict=True))
    u, v = np.meshgrid(first, second)
    return np.column_stack([u.ravel(), v.ravel()]), (first, second)


def _shares(outputs: Array) -> Array:
    """Each class's share of the outputs, (n, k): what the shading shows."""
    p = np.clip(outputs, 0, 1)
    if p.shape[1] == 1:
        return np.hstack([1 - p, p])
    return p / np.maximum(p.sum(axis=1, keepdims=True), 1e-9)


def _leads(shares: Array) -> list[Array]:
    """By how much each class leads the best of the others, (n,); 0 is its boundary. Of two classes one will do."""
    k = shares.shape[1]
    leads = [shares[:, j] - np.delete(shares, j, axis=1).max(axis=1) for j in range(k)]
    return leads[:1] if k == 2 else leads


def _colours(shares: Array) -> Array:
    """White where all classes are equal, towards the winner's colour as it is surer; never so dark as the points."""
    hues = np.array([to_rgb(colour(k)) for k in range(shares.shape[1])])
    even = 1 / shares.shape[1]
    strength = 0.08 + 0.42 * np.clip((shares.max(axis=1, keepdims=True) - even) / (1 - even), 0, 1)
    return 1 - strength * (1 - hues[shares.argmax(axis=1)])
