"""What a run measured, over its epochs: cost, accuracy or R2, and the monitors of each layer.

Train is solid, validation dashed, test dotted. One run has a colour a part; several have a colour and a marker each.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from bpnet.history import History
from bpnet.plots.style import COLOURS, LINES, MARKERS, MUTED, colour, percent, plain_log_ticks, shortened

Array = NDArray[Any]

PARTS = {"train": LINES[0], "validation": LINES[1], "test": LINES[2]}
SCORES = {"accuracy": "accuracy (%)", "r2": "R² (1 is perfect)"}
FEW = 30
MANY = 2000
MARKED = 8
LEGEND_ROW = 15
NARROW: dict[str, Any] = {"handlelength": 1.7, "handletextpad": 0.5, "columnspacing": 1.2}
BEYOND = 1e100
DIVERGED = "diverged"


def cost_curves(ax: Axes, histories: Mapping[str, History], alike: bool = True) -> Axes:
    """Cost over epochs; logarithmic where it is positive and wide. `alike` says whether all runs pay the same cost."""
    entries = _curves(ax, histories, "cost", 1)
    _log_if_wide(ax)
    ax.set_ylabel("cost (mean over examples)" if alike else "cost (each run its own)")
    return _finished(ax, "Cost", entries, len(histories) > 1)


def accuracy_curves(ax: Axes, histories: Mapping[str, History]) -> Axes:
    """Accuracy in percent, or R2 for quantities, over epochs; the best validation epoch of every run is ringed."""
    score = score_of(histories)
    scale = 100 if score == "accuracy" else 1
    entries = _curves(ax, histories, score, scale)
    _frame_scores(ax, score)
    ax.set_ylabel(SCORES[score])
    title = "Accuracy" if score == "accuracy" else "R²"
    for run, history in enumerate(histories.values()):
        if best := _mark_best(ax, history, f"validation_{score}", scale):
            if len(histories) == 1:
                title += f" (best validation {best[0]}, epoch {best[1]})"
            else:
                entries[run].set_label(f"{entries[run].get_label()}: best {best[0]}")
    return _finished(ax, title, entries, len(histories) > 1)


def monitor_curves(ax: Axes, history: History, name: str) -> Axes:
    """A monitor over epochs, a line a layer; shares in percent, norms and slopes on a logarithmic axis where wide."""
    columns = [column for column in history.columns if column == name or column.startswith(f"{name}_")]
    share = name.endswith("saturation")
    entries = []
    for k, column in enumerate(columns):
        label = "output" if k == len(columns) - 1 else f"hidden {k + 1}"
        dashes = LINES[(k + k // len(COLOURS)) % len(LINES)]
        entries += _line(ax, history, column, 100 if share else 1, ls=dashes, c=colour(k), label=label)
    if share:
        ax.set_ylim(-3, 103)
    else:
        _log_if_wide(ax, zeros=True)
    ax.set_ylabel(LABELS.get(name, name))
    return _finished(ax, name.replace("_", " ").capitalize(), entries)


LABELS = {
    "saturation": "saturated activations (%)",
    "wrong_saturation": "outputs saturated\non the wrong side (%)",
    "slope": "mean slope σ′(z)",
    "delta_norm": "norm of the mean δ",
    "gradient_norm": "norm of the gradient",
    "update_ratio": "|step| / |weights|",
}


def score_of(histories: Mapping[str, History]) -> str:
    """Whether these runs tell classes ("accuracy") or quantities ("r2")."""
    return "r2" if all("train_r2" in history for history in histories.values()) else "accuracy"


def _curves(ax: Axes, histories: Mapping[str, History], measure: str, scale: float) -> list[Line2D]:
    """The lines of one measure; returns what the legend shows: the parts of one run, or the runs and the dashes."""
    parts = [part for part in PARTS if any(f"{part}_{measure}" in history for history in histories.values())]
    draw = _alone if len(histories) == 1 else _overlaid
    entries = draw(ax, histories, measure, parts, scale)
    if len(histories) > 1:
        entries += [Line2D([], [], color=MUTED, ls=PARTS[part], label=part) for part in parts]
    return entries


def _alone(ax: Axes, histories: Mapping[str, History], measure: str, parts: list[str], scale: float) -> list[Line2D]:
    (history,) = histories.values()
    looks = [{"c": colour(k), "ls": PARTS[part], "label": part} for k, part in enumerate(parts)]
    columns = [f"{part}_{measure}" for part in parts]
    return [line for c, look in zip(columns, looks, strict=True) for line in _line(ax, history, c, scale, **look)]


def _overlaid(ax: Axes, histories: Mapping[str, History], measure: str, parts: list[str], scale: float) -> list[Line2D]:
    """Markers tell the runs apart in grey too; they stand apart from each other, so that equal curves both show."""
    entries = []
    for run, (name, history) in enumerate(histories.items()):
        look: dict[str, Any] = {"c": colour(run), "marker": MARKERS[run % len(MARKERS)], "markersize": 5}
        step = max(1, min(len(history), MANY) // MARKED)
        every = (run * step // len(histories), step)
        for part in parts:
            if f"{part}_{measure}" in history:
                _line(ax, history, f"{part}_{measure}", scale, ls=PARTS[part], markevery=every, **look)
        entries.append(Line2D([], [], label=shortened(name), **look))
    return entries


def _line(ax: Axes, history: History, column: str, scale: float, **look: Any) -> list[Line2D]:
    """A column over the epochs: a gap for what is not finite, a cross where it last was if the run diverged."""
    epochs, values = history["epoch"], scale * _finite(history[column])
    rows = _telling(values)
    look = {"marker": "o" if len(history) <= FEW else None, "markersize": 3} | look
    lines = ax.plot(epochs[rows], values[rows], **look)
    finite = np.flatnonzero(np.isfinite(values))
    if finite.size and finite[-1] < len(values) - 1:
        last = finite[-1]
        hue = lines[0].get_color()
        ax.plot(epochs[last], values[last], "x", color=hue, markersize=9, markeredgewidth=2, label=DIVERGED)
    return lines


def _finite(values: Array) -> Array:
    """Gaps instead of what is not finite, or beyond any axis, such as the last epoch of a run that diverged."""
    return np.where(np.abs(values) < BEYOND, values, np.nan)


def _telling(values: Array) -> Array:
    """The rows worth drawing: of very many, the lowest and the highest of each stretch, so that no spike is lost."""
    if len(values) <= MANY:
        return np.arange(len(values))
    edges = np.linspace(0, len(values), MANY // 2 + 1).astype(int)
    extremes: tuple[Callable[[Array], Any], ...] = (np.argmin, np.argmax)
    filled = np.nan_to_num(values)
    rows = [low + f(filled[low:high]) for low, high in pairwise(edges) for f in extremes]
    return np.unique([0, *rows, len(values) - 1])


def _drawn(ax: Axes) -> Array:
    """Every finite value on an Axes, (n,)."""
    values = np.concatenate([np.asarray(line.get_ydata(), dtype=np.float64) for line in ax.lines] or [np.empty(0)])
    return values[np.isfinite(values)]


def _log_if_wide(ax: Axes, zeros: bool = False) -> None:
    """A log axis where all is positive, or where zeros may leave gaps (a dead layer), and the highest is far up."""
    values = _drawn(ax)
    values = values[values != 0] if zeros else values
    if values.size and values.min() > 0 and values.max() > 8 * values.min():
        ax.set_yscale("log", nonpositive="mask")
        plain_log_ticks(ax, "y")


def _frame_scores(ax: Axes, score: str) -> None:
    """From a little below the lowest score to a little above the highest that could be; no R2 below -1."""
    values = _drawn(ax)
    if not values.size:
        return
    top, floor = (100.0, 0.0) if score == "accuracy" else (1.0, -1.0)
    low = min(max(float(values.min()), floor), float(values.max()))
    room = 0.06 * max(top - low, 0.02 * top)
    ax.set_ylim(low - room, top + room)


def _mark_best(ax: Axes, history: History, column: str, scale: float) -> tuple[str, int] | None:
    """A ring around the best validation epoch; returns its value in words and the epoch."""
    if column not in history or not np.isfinite(history[column]).any():
        return None
    best = history.best(column)
    ax.plot([best["epoch"]], [scale * best[column]], "o", color=MUTED, markersize=9, fillstyle="none")
    return percent(best[column], 1) if scale == 100 else f"{best[column]:.3f}", best["epoch"]


def _finished(ax: Axes, title: str, entries: list[Line2D], several: bool = False) -> Axes:
    """Whole epochs, and the legend between title and curves, where it covers none; several runs one to a row."""
    ax.set_xlabel("epoch")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    low, high = ax.get_xlim()
    if high - low < 1:
        ax.set_xlim(round((low + high) / 2) - 0.5, round((low + high) / 2) + 0.5)
    if not _drawn(ax).size:
        ax.text(0.5, 0.5, "no finite value: the run diverged", transform=ax.transAxes, ha="center", color=MUTED)
        ax.set(xticks=[], yticks=[])
    entries += [line for line in ax.lines if line.get_label() == DIVERGED][:1]
    columns = 1 if several else 3
    ax.set_title(title, loc="left", pad=8 + LEGEND_ROW * -(-len(entries) // columns))
    labels = [str(entry.get_label()) for entry in entries]
    ax.legend(entries, labels, loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderpad=0, **NARROW)
    return ax
