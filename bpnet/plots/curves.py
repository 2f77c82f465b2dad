"""What a run measured, over its epochs: cost, accuracy or R2, and the monitors of each layer."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from bpnet.history import History
from bpnet.plots.style import LINES, MUTED, colour, plain_log_ticks

Array = NDArray[Any]

PARTS = ("train", "validation", "test")
SCORES = {"accuracy": "accuracy (%)", "r2": "R² (1 is perfect)"}
FEW = 30


def cost_curves(ax: Axes, histories: Mapping[str, History]) -> Axes:
    """Cost over epochs: train solid, validation dashed, test dotted; a colour a run. Logarithmic where wide."""
    drawn = _curves(ax, histories, "cost", 1)
    _log_if_wide(ax, drawn)
    ax.set_ylabel("cost (mean over examples)")
    return _finished(ax, "Cost")


def accuracy_curves(ax: Axes, histories: Mapping[str, History]) -> Axes:
    """Accuracy in percent, or R2 for quantities, over epochs; the best validation epoch of a single run is marked."""
    score = score_of(histories)
    scale = 100 if score == "accuracy" else 1
    drawn = _curves(ax, histories, score, scale)
    _frame_scores(ax, drawn, score)
    ax.set_ylabel(SCORES[score])
    title = "Accuracy" if score == "accuracy" else "R²"
    if len(histories) == 1:
        title += _mark_best(ax, next(iter(histories.values())), f"validation_{score}", scale)
    return _finished(ax, title)


def monitor_curves(ax: Axes, history: History, name: str) -> Axes:
    """A monitor over epochs, a line a layer; shares in percent, norms and slopes on a logarithmic axis."""
    columns = [column for column in history.columns if column == name or column.startswith(f"{name}_")]
    scale = 100 if name.endswith("saturation") else 1
    drawn = []
    for k, column in enumerate(columns):
        output = k == len(columns) - 1
        label = "output" if output else f"hidden {k + 1}"
        drawn.append(scale * _finite(history[column]))
        style = LINES[k % len(LINES)]
        ax.plot(history["epoch"], drawn[-1], style, color=colour(k), label=label, marker=_marker(history))
    if scale == 100:
        ax.set_ylim(-3, 103)
    else:
        _log_if_wide(ax, drawn)
    ax.set_ylabel(LABELS.get(name, name))
    return _finished(ax, name.replace("_", " ").capitalize())


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


def _curves(ax: Axes, histories: Mapping[str, History], measure: str, scale: float) -> list[Array]:
    """The lines of one measure; returns their values."""
    drawn = []
    for run, (name, history) in enumerate(histories.items()):
        for k, part in enumerate(PARTS):
            if f"{part}_{measure}" not in history:
                continue
            values = scale * _finite(history[f"{part}_{measure}"])
            label = part if len(histories) == 1 else f"{name}, {part}"
            hue = colour(k) if len(histories) == 1 else colour(run)
            ax.plot(history["epoch"], values, LINES[k], color=hue, label=label, marker=_marker(history), markersize=3)
            drawn.append(values)
    return drawn


def _finite(values: Array) -> Array:
    """Gaps instead of what is not finite, such as the last epoch of a run that diverged."""
    return np.where(np.isfinite(values), values, np.nan)


def _marker(history: History) -> str | None:
    return "o" if len(history) <= FEW else None


def _log_if_wide(ax: Axes, drawn: list[Array]) -> None:
    values = np.concatenate([*drawn, np.empty(0)])
    values = values[np.isfinite(values)]
    if values.size and values.min() > 0 and values.max() > 8 * values.min():
        ax.set_yscale("log")
        plain_log_ticks(ax, "y")


def _frame_scores(ax: Axes, drawn: list[Array], score: str) -> None:
    """From a little below the lowest score to a little above the highest that could be."""
    values = np.concatenate([*drawn, np.empty(0)])
    values = values[np.isfinite(values)]
    if not values.size:
        return
    top = 100.0 if score == "accuracy" else 1.0
    low = max(float(np.quantile(values, 0.002)), 0 if score == "accuracy" else -1)
    room = 0.06 * max(top - low, 0.02 * top)
    ax.set_ylim(low - room, top + room)


def _mark_best(ax: Axes, history: History, column: str, scale: float) -> str:
    """A ring around the best validation epoch; returns what the title says of it."""
    if column not in history or not np.isfinite(history[column]).any():
        return ""
    best = history.best(column)
    ax.plot([best["epoch"]], [scale * best[column]], "o", color=MUTED, markersize=8, fillstyle="none")
    value = f"{best[column]:.2%}".replace("%", " %") if scale == 100 else f"{best[column]:.3f}"
    return f" (best validation {value}, epoch {best['epoch']})"


def _finished(ax: Axes, title: str) -> Axes:
    ax.set_xlabel("epoch")
    ax.set_title(title)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="best")
    return ax
