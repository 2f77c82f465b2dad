"""The decision boundary of a network of two features: where the predicted class changes."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

from bpnet.metrics import Array
from bpnet.plots.curves import accuracy_curves, cost_curves
from bpnet.plots.style import MARKERS, Style, colour, part_text, shortened, wrapped
from bpnet.plots.subjects import RunSubject

MOST_BESIDE = 12  # classes, and letters of each, that the legend beside the panel has space for
LONGEST_NAME = 28  # letters of a class in the legend


def draw_boundary(figure: Figure, subject: RunSubject) -> None:
    """The decision boundary over two features."""
    _boundary(figure, figure.subplots(), subject)


def draw_overview(figure: Figure, subject: RunSubject) -> None:
    """Cost, accuracy and decision boundary side by side."""
    left, middle, right = figure.subplots(1, 3, width_ratios=[1, 1, 1.15])
    cost_curves(left, {subject.name: subject.history})
    accuracy_curves(middle, {subject.name: subject.history})
    _boundary(figure, right, subject)


def _boundary(figure: Figure, ax: Axes, subject: RunSubject) -> None:
    """The panel of a run; the figure grows by the legend beneath it."""
    figure.set_figheight(figure.get_figheight() + 0.21 * _beneath(subject.classes)[0])  # inches: a row of the legend
    points, labels = subject.arrays["points_x"], subject.arrays["points_y"]
    decision_boundary(ax, subject.predict, points, labels, subject.classes, subject.features, "train")


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

    `predict` maps rows (n, 2) to outputs (n, k); `y` : (n,) are the points' class numbers, `part` is where
    they come from. The line is where the prediction changes.
    """
    grid, (first, second) = _grid(x)
    shares = _shares(predict(grid))
    picture = _colours(shares).reshape(len(second), len(first), 3)
    extent = (first[0], first[-1], second[0], second[-1])
    ax.imshow(picture, extent=extent, origin="lower", aspect="auto", interpolation="bilinear")
    for lead in _leads(shares):
        if lead.min() < 0 < lead.max():
            ax.contour(first, second, lead.reshape(picture.shape[:2]), levels=[0], colors="#222222", linewidths=1)
    area = 30 if len(x) > 20 else 90  # square points: few points, such as those of XOR, are large
    style: Style = {"s": area, "edgecolors": "white", "linewidths": 0.5, "zorder": 3}
    points = [
        ax.scatter(*x[y == k].T, color=colour(k), marker=MARKERS[k % len(MARKERS)], **style)
        for k in range(len(classes))
    ]
    names = [wrapped(name, 26) for name in features] or ["feature 1", "feature 2"]  # 26 letters a line
    ax.set_xlabel(names[0])
    ax.set_ylabel(names[1])
    ax.set_title(f"Decision boundary, points of the {part_text(part)}" if part else "Decision boundary")
    ax.grid(visible=False)
    _legend(ax, points, classes)
    return ax


def _beneath(classes: Sequence[str]) -> tuple[int, int]:
    """The rows, with the title, and the columns of the legend beneath the panel; no rows where it can stand beside."""
    longest = max(len(shortened(name, LONGEST_NAME)) for name in classes)
    if len(classes) <= MOST_BESIDE and longest <= MOST_BESIDE:
        return 0, 1
    columns = max(1, 44 // (5 + longest))  # 44 letters a row; a marker is as wide as five
    return 1 + int(np.ceil(len(classes) / columns)), columns


def _legend(ax: Axes, points: Sequence[Artist], classes: Sequence[str]) -> None:
    """Beside the panel, or beneath it and the label of its axis."""
    place: Style = {"bbox_to_anchor": (1.0, 1.0)}
    rows, columns = _beneath(classes)
    if rows:
        lines = 1 + ax.get_xlabel().count("\n")
        # Points, 72 an inch, below the panel: the ticks and their labels, then the lines of the axis's name.
        below = ax.transAxes + ScaledTranslation(0, -(24 + 12 * lines) / 72, ax.figure.dpi_scale_trans)
        place = {"bbox_to_anchor": (0, 0), "bbox_transform": below, "ncols": columns, "borderaxespad": 0}
    names = [shortened(name, LONGEST_NAME) for name in classes]
    ax.legend(points, names, title="class", loc="upper left", alignment="left", **place)


def _grid(x: Array) -> tuple[Array, tuple[Array, Array]]:
    """Points of the plane around the data as rows, and the two axes they come from."""
    low, high = x.min(axis=0), x.max(axis=0)
    margin = 0.15 * np.where(high > low, high - low, 1)  # of the data on each side, so that no point is at the edge
    # 250 points along an axis: a pixel or two each.
    first, second = (np.linspace(a, b, 250) for a, b in zip(low - margin, high + margin, strict=True))
    u, v = np.meshgrid(first, second)
    return np.column_stack([u.ravel(), v.ravel()]), (first, second)


def _shares(outputs: Array) -> Array:
    """Each class's share of the outputs, (n, k): what the shading shows."""
    p = np.clip(outputs, 0, 1)
    if p.shape[1] == 1:
        return np.hstack([1 - p, p])
    return p / np.maximum(p.sum(axis=1, keepdims=True), 1e-9)  # outputs that are all 0 give shares of 0


def _leads(shares: Array) -> list[Array]:
    """By how much each class leads the best of the others, (n,); 0 is its boundary. Of two classes one is enough."""
    k = shares.shape[1]
    leads = [shares[:, j] - np.delete(shares, j, axis=1).max(axis=1) for j in range(k)]
    return leads[:1] if k == 2 else leads


def _colours(shares: Array) -> Array:
    """White where all classes are equal, towards the winner's colour as it is surer; never as dark as the points."""
    hues = np.array([to_rgb(colour(k)) for k in range(shares.shape[1])])
    even = 1 / shares.shape[1]
    # From a tint that can just be seen to half the colour.
    strength = 0.08 + 0.42 * np.clip((shares.max(axis=1, keepdims=True) - even) / (1 - even), 0, 1)
    return 1 - strength * (1 - hues[shares.argmax(axis=1)])
