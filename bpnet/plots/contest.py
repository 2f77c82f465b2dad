"""What a comparison offers its pictures, how they tell its costs apart, and how they are headed."""

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from bpnet.plots.curves import BEYOND
from bpnet.plots.style import LINES, MARKERS, MUTED, colour

Array = NDArray[Any]

DASHES = (*LINES, (0, (6, 1, 1, 1, 1, 1)))
LINE_WIDTH = 2.2
BAND = 3
LAST = 1e300
MEANT = {"mse": "mse (squared error)", "ce": "ce (cross-entropy)"}
PALE = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.7}
SIGNS = {"at least": "≥", "at most": "≤"}
LETTERS_PER_INCH = 13.0
LINE_HEIGHT = 0.2
HANDLE_WIDTH = 0.85


class Lane(Protocol):
    """One cost under one condition: e recorded epochs, s seeds."""

    @property
    def cost(self) -> str:
        """Its name."""

    @property
    def epochs(self) -> Array:
        """The recorded epochs, (e,), from 0: before training."""

    @property
    def curves(self) -> Mapping[str, Array]:
        """Each measure and monitor, (e, s); a seed that diverged has an error that is not finite."""

    @property
    def arrived(self) -> Mapping[str, Array]:
        """The epochs until each target was met, (s,), NaN for never."""

    @property
    def limit(self) -> int:
        """How many epochs there were to arrive in."""

    @property
    def diverged(self) -> int:
        """How many seeds left the finite numbers."""


class Ratio(Protocol):
    """How many times sooner `of` arrived than `over`; `bound` is "", "at least", "at most" or "none" (unknown)."""

    @property
    def of(self) -> str:
        """The cost whose time is divided by."""

    @property
    def over(self) -> str:
        """The cost whose time is divided."""

    @property
    def median(self) -> float | None:
        """The median over seeds."""

    @property
    def low(self) -> float | None:
        """The lower end of its interval."""

    @property
    def high(self) -> float | None:
        """The upper end of its interval."""

    @property
    def bound(self) -> str:
        """What the median is, where it is not known."""


@dataclass(frozen=True)
class Contest:
    """What a comparison offers its pictures. c conditions (labelled, "" where there is only one), k costs.

    `lanes` are every condition x cost, conditions in order and costs in order within each; `vary` has the values of
    each varied key (conditions are their product, the first key the slowest); `target` is a text such as `error<0.1`;
    `speedups`, one a condition, are the second cost's over the first. `theory` has for each lane rows (epoch, error)
    of a curve in closed form, or None; `predicted` for some costs the epochs to the target in closed form, (c,).
    """

    name: str
    lanes: Sequence[Lane]
    conditions: Sequence[str]
    vary: Mapping[str, Sequence[Any]]
    target: str
    policy: str
    speedups: Sequence[Ratio | None]
    theory: Sequence[Array | None]
    predicted: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def costs(self) -> list[str]:
        """The costs in order."""
        return list(dict.fromkeys(lane.cost for lane in self.lanes))

    @property
    def metric(self) -> str:
        """What the target bounds: `error`, `max_error`, `accuracy` or `r2`."""
        return re.split("[<>]", self.target)[0].strip()

    @property
    def bound(self) -> float:
        """Where the target lies."""
        return float(re.split("[<>]", self.target)[1])

    def under(self, condition: int) -> Sequence[Lane]:
        """The lanes of one condition, a cost each."""
        k = len(self.costs)
        return self.lanes[k * condition : k * (condition + 1)]

    def arrivals(self, cost: str) -> tuple[Array, Array]:
        """Quartiles of the epochs to the target, (3, c), inf for later than the limit, and the limits, (c,).

        A network that was there before the first step counts as one epoch, so that a logarithm can show it.
        """
        lanes = [lane for lane in self.lanes if lane.cost == cost]
        times = [np.maximum(quartiles(lane.arrived[self.target]), 1) for lane in lanes]
        return np.stack(times, axis=-1), np.array([lane.limit for lane in lanes], dtype=np.float64)

    def reached(self, cost: str) -> list[tuple[int, int]]:
        """How many seeds met the target, of how many, for each condition."""
        times = [lane.arrived[self.target] for lane in self.lanes if lane.cost == cost]
        return [(int(np.isfinite(t).sum()), len(t)) for t in times]


def quartiles(values: Array) -> Array:
    """First quartile, median and third quartile over the last axis, (3, ...).

    What is not finite comes after everything else, rather than being left out: inf is a quartile that lies there.
    """
    found = np.quantile(np.where(np.isfinite(values), values, LAST), (0.25, 0.5, 0.75), axis=-1)
    return np.where(found < BEYOND, found, np.inf)


def look(k: int) -> dict[str, Any]:
    """The colour and the dashes of the k-th cost."""
    return {"color": colour(k), "ls": DASHES[k % len(DASHES)], "lw": LINE_WIDTH}


def entries(contest: Contest, marked: bool = False) -> list[Line2D]:
    """What the legend shows of each cost, with how many of its runs diverged."""
    found = []
    for k, cost in enumerate(contest.costs):
        lanes = [lane for lane in contest.lanes if lane.cost == cost]
        lost, runs = sum(lane.diverged for lane in lanes), sum(len(lane.arrived[contest.target]) for lane in lanes)
        told = "" if not lost else " (diverged)" if lost == runs else f" ({lost} of {runs} diverged)"
        marker = MARKERS[k % len(MARKERS)] if marked else None
        found.append(Line2D([], [], label=MEANT.get(cost, cost) + told, marker=marker, **look(k)))
    return found


def band() -> Patch:
    """What the legend shows of the quartiles."""
    return Patch(color=MUTED, alpha=0.3, lw=0, label="middle half of the seeds")


def several(contest: Contest) -> bool:
    """Whether there are seeds enough for quartiles."""
    return len(contest.lanes[0].arrived[contest.target]) >= BAND


def spaced(target: str) -> str:
    """A target to read: `error < 0.1`."""
    return re.sub(r"\s*([<>])\s*", r" \1 ", target)


def faster(ratio: Ratio | None) -> str:
    """A speed-up in words, the quicker cost first; nothing where it is not known."""
    if ratio is None or not ratio.median:
        return ""
    swapped = ratio.median < 1
    first = ratio.over if swapped else ratio.of
    bound = {"at least": "at most", "at most": "at least"}.get(ratio.bound, "") if swapped else ratio.bound
    times = 1 / ratio.median if swapped else ratio.median
    if f"{times:.3g}" == "1" and not bound:
        return f"{ratio.of} and {ratio.over} equally fast"
    return " ".join(filter(None, [first, bound, f"{times:.3g} times faster"]))


def _columns(letters: Sequence[int], width: float) -> int:
    """How many columns of a legend fit so many inches: all its entries in a row, or as many as the longest allows."""
    widths = [HANDLE_WIDTH + count / LETTERS_PER_INCH for count in letters]
    return len(widths) if 0 < sum(widths) <= width else max(1, int(width / max(widths, default=width)))


def head(figure: Figure, title: str, line: str, handles: Sequence[Artist]) -> None:
    """Title, a line on how it was measured and the legend, in a strip above what the figure has so far.

    The layout is settled here, once for all files of the figure.
    """
    width, height = (float(side) for side in figure.get_size_inches())
    lines = textwrap.wrap(line, int(LETTERS_PER_INCH * width))
    columns = _columns([len(str(handle.get_label())) for handle in handles], width)
    top = 0.42 + LINE_HEIGHT * len(lines)
    strip = top + 0.12 + 1.1 * LINE_HEIGHT * -(-len(handles) // columns)
    engine: Any = figure.get_layout_engine()
    engine.set(rect=(0, 0, 1, 1 - strip / height))
    engine.execute(figure)
    figure.set_layout_engine(None)
    left = 0.12 / width
    figure.text(left, 1 - 0.12 / height, title, va="top", fontsize=13, fontweight="bold")
    figure.text(left, 1 - 0.4 / height, "\n".join(lines), va="top", color=MUTED, linespacing=1.35)
    if handles:
        anchor = (0, 1 - top / height)
        figure.legend(handles=handles, loc="upper left", bbox_to_anchor=anchor, ncols=columns, handlelength=2.8)


def arrow(ax: Axes, x: float, y: float, hue: str, side: int) -> None:
    """An arrow up (side 1) or down (-1) from a point: the truth lies there."""
    style = {"arrowstyle": "<-", "color": hue, "lw": 1.5}
    ax.annotate("", (x, y), (0, 24 * side), textcoords="offset points", arrowprops=style)


def beside(ax: Axes, x: float, y: float, text: str, hue: str, up: float) -> None:
    """A few letters to the right of a point, so many points up."""
    ax.annotate(text, (x, y), (7, up), textcoords="offset points", color=hue, fontsize=9, bbox=PALE)
