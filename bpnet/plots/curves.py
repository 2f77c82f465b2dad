"""What runs measured over their epochs: cost, accuracy or R2, and the monitors of each layer.

Train is solid, validation dashed, test dotted. One run has a colour a part; several have a colour and a marker each.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from bpnet.errors import UsageError
from bpnet.history import History
from bpnet.metrics import MEASURES, Array, score
from bpnet.plots.style import COLOURS, LINES, MARKERS, MUTED, Style, colour, percent, plain_log_ticks, shortened
from bpnet.plots.subjects import BEYOND, STEP, RunSubject

PARTS = {"train": LINES[0], "validation": LINES[1], "test": LINES[2]}
MOST_TICKS = 6  # steps along the epochs: round ones such as 200, and the last epoch is often one
MANY = 2000  # points of a line: a panel has fewer pixels
DIVERGED = "diverged"


def draw_curves(figure: Figure, *subjects: RunSubject) -> None:
    """Cost, and accuracy or R2, over the epochs; several runs overlay.

    Raises:
        UsageError: some runs predict classes and some predict quantities.
    """
    scores = [score_of([subject.history]) for subject in subjects]
    if len(set(scores)) > 1:
        classes, quantities = (subjects[scores.index(score(kind))].name for kind in ("classes", "quantities"))
        raise UsageError(f"{classes} predicts classes and {quantities} quantities; compare like with like")
    names = [subject.name for subject in subjects]
    earlier = [names[:k].count(name) for k, name in enumerate(names)]
    unique = [f"{name} ({n + 1})" if n else name for name, n in zip(names, earlier, strict=True)]
    histories = {name: subject.history for name, subject in zip(unique, subjects, strict=True)}
    figure.set_figheight(figure.get_figheight() + 0.21 * len(subjects))  # inches: a row of the legend
    left, right = figure.subplots(1, 2)
    cost_curves(left, histories, len({subject.cost for subject in subjects}) == 1)
    accuracy_curves(right, histories)


def draw_monitors(figure: Figure, subject: RunSubject) -> None:
    """The monitors of each layer, a panel each."""
    names = monitor_names(subject.history)
    columns = min(2, len(names))
    rows = int(np.ceil(len(names) / columns))
    width = max(columns * figure.get_figwidth(), 6)  # inches: a single panel needs them for its legend
    figure.set_size_inches(width, rows * figure.get_figheight())
    for k, name in enumerate(names, 1):
        monitor_curves(figure.add_subplot(rows, columns, k), subject.history, name)


def cost_curves(ax: Axes, histories: Mapping[str, History], alike: bool = True) -> Axes:
    """Cost over epochs; logarithmic where it is positive and wide. `alike`: all runs have the same cost."""
    handles = _curves(ax, histories, "cost", 1)
    _log_if_wide(ax)
    ax.set_ylabel("cost (mean over examples)" if alike else "cost (each run its own)")
    return _finished(ax, "Cost", handles, len(histories) > 1)


def accuracy_curves(ax: Axes, histories: Mapping[str, History]) -> Axes:
    """Accuracy in percent, or R2 for quantities, over epochs; the best validation epoch of every run is ringed."""
    name = score_of(histories.values())
    measure = MEASURES[name]
    scale = 100 if measure.percent else 1  # in percent, or as it is
    handles = _curves(ax, histories, name, scale)
    _frame_scores(ax, measure.percent)
    ax.set_ylabel(measure.label)
    title = measure.label.partition(" (")[0].capitalize()  # without its unit
    for run, history in enumerate(histories.values()):
        if best := _mark_best(ax, history, f"validation_{name}", scale):
            if len(histories) == 1:
                title += f" (best validation {best[0]}, epoch {best[1]})"
            else:
                handles[run].set_label(f"{handles[run].get_label()}: best {best[0]}")
    return _finished(ax, title, handles, len(histories) > 1)


def monitor_curves(ax: Axes, history: History, name: str) -> Axes:
    """A monitor over epochs, a line a layer; shares in percent, norms and slopes on a logarithmic axis where wide."""
    columns, share = _columns(history, name), "saturation" in name
    handles = []
    for k, column in enumerate(columns):
        label = "output" if k == len(columns) - 1 else f"hidden {k + 1}"
        dashes = LINES[(k + k // len(COLOURS)) % len(LINES)]
        handles.append(_line(ax, history, column, 100 if share else 1, {"ls": dashes, "c": colour(k), "label": label}))
    if share:
        ax.set_ylim(-3, 103)  # percent: lines at 0 and 100 lie within the frame
    else:
        _log_if_wide(ax, zeros=True)
    ax.set_ylabel(MONITOR_LABELS[name])
    return _finished(ax, name.replace("_", " ").capitalize(), handles)


MONITOR_LABELS = {
    "saturation": "saturated activations (%)",
    "wrong_saturation": "outputs saturated\non the wrong side (%)",
    "wrong_saturation_own": "examples whose own output\nis saturated wrongly (%)",
    "slope": "mean slope σ′(z)",
    "delta_norm": "norm of the mean δ",
    "gradient_norm": "norm of the gradient",
    "update_ratio": "|step| / |weights|",
}


def score_of(histories: Iterable[History]) -> str:
    """The score of these runs: that of quantities where all recorded it, else that of classes."""
    name = score("quantities")
    return name if all(f"train_{name}" in history for history in histories) else score("classes")


def monitor_names(history: History) -> list[str]:
    """The monitors that a history has."""
    return [name for name in MONITOR_LABELS if _columns(history, name)]


def _columns(history: History, name: str) -> list[str]:
    """The columns of a monitor, one a layer; one that begins like it may be another monitor's, or of a time step."""
    others = MONITOR_LABELS.keys() - {name}
    columns = [column for column in history.columns if f"{column}_".startswith(f"{name}_") and column not in others]
    return [column for column in columns if not STEP.fullmatch(column)]


def _curves(ax: Axes, histories: Mapping[str, History], measure: str, scale: float) -> list[Line2D]:
    """The lines of one measure; returns what the legend shows: the parts of one run, or the runs and the dashes.

    Markers tell several runs apart in grey too; they stand apart from each other, so that equal curves both show.
    """
    parts = [part for part in PARTS if any(f"{part}_{measure}" in history for history in histories.values())]
    if len(histories) == 1:
        (history,) = histories.values()
        looks: list[Style] = [{"c": colour(k), "ls": PARTS[part], "label": part} for k, part in enumerate(parts)]
        return [_line(ax, history, f"{look['label']}_{measure}", scale, look) for look in looks]
    handles = []
    for run, (name, history) in enumerate(histories.items()):
        style: Style = {"c": colour(run), "marker": MARKERS[run % len(MARKERS)], "markersize": 5}
        step = max(1, min(len(history), MANY) // 8)  # eight markers along a line
        every = (run * step // len(histories), step)
        for part in parts:
            if f"{part}_{measure}" in history:
                _line(ax, history, f"{part}_{measure}", scale, style | {"ls": PARTS[part], "markevery": every})
        handles.append(Line2D([], [], label=shortened(name), **style))
    return handles + [Line2D([], [], color=MUTED, ls=PARTS[part], label=part) for part in parts]


def _line(ax: Axes, history: History, column: str, scale: float, style: Style) -> Line2D:
    """A column over the epochs: a gap for what is beyond any axis, a cross where the line ends if the run diverged."""
    values = scale * np.where(np.abs(history[column]) < BEYOND, history[column], np.nan)
    epochs = history["epoch"]
    rows = _rows_to_draw(values)
    markers: Style = {"marker": "o" if len(history) <= 30 else None, "markersize": 3}  # so few epochs have one each
    (line,) = ax.plot(epochs[rows], values[rows], **(markers | style))
    finite = np.flatnonzero(np.isfinite(values))
    if finite.size and finite[-1] < len(values) - 1:
        cross: Style = {"c": line.get_color(), "markersize": 9, "markeredgewidth": 2, "label": DIVERGED}
        ax.plot(epochs[finite[-1]], values[finite[-1]], "x", **cross)
    return line


def _rows_to_draw(values: Array) -> Array:
    """All rows; of very many, the lowest and the highest of each stretch, so that no spike is lost."""
    if len(values) <= MANY:
        return np.arange(len(values))
    edges = np.linspace(0, len(values), MANY // 2 + 1).astype(int)
    filled = np.nan_to_num(values)
    extremes = [low + arg(filled[low:high]) for low, high in pairwise(edges) for arg in (np.argmin, np.argmax)]
    return np.unique([0, *extremes, len(values) - 1])


def _drawn(ax: Axes) -> Array:
    """Every finite value on an Axes, (n,)."""
    values = np.concatenate([np.asarray(line.get_ydata(), dtype=np.float64) for line in ax.lines] or [np.empty(0)])
    return values[np.isfinite(values)]


def _log_if_wide(ax: Axes, zeros: bool = False) -> None:
    """A log axis where all is positive, or where zeros may leave gaps (a dead layer), and the highest is far up."""
    values = _drawn(ax)
    values = values[values != 0] if zeros else values
    if values.size and values.min() > 0 and values.max() > 8 * values.min():  # the low ones would lie flat
        ax.set_yscale("log", nonpositive="mask")
        plain_log_ticks(ax.yaxis)


def _frame_scores(ax: Axes, in_percent: bool) -> None:
    """From a little below the lowest score to a little above the highest possible one; no R2 below -1."""
    values = _drawn(ax)
    if not values.size:
        return
    top, floor = (100.0, 0.0) if in_percent else (1.0, -1.0)
    low = min(max(float(values.min()), floor), float(values.max()))
    margin = 0.06 * max(top - low, 0.02 * top)  # 6 % of the axis, which is 2 % of the score at least
    ax.set_ylim(low - margin, top + margin)


def _mark_best(ax: Axes, history: History, column: str, scale: float) -> tuple[str, int] | None:
    """A ring around the best validation epoch; returns its value in words and the epoch."""
    if column not in history or not np.isfinite(history[column]).any():
        return None
    best = history.best(column)
    ax.plot([best["epoch"]], [scale * best[column]], "o", color=MUTED, markersize=9, fillstyle="none")
    return percent(best[column], 1) if scale == 100 else f"{best[column]:.3f}", best["epoch"]


def _finished(ax: Axes, title: str, handles: list[Line2D], overlaid: bool = False) -> Axes:
    """Whole epochs as ticks, and the legend between title and curves, where it covers none; a row a run of several."""
    ax.set_xlabel("epoch")
    ax.xaxis.set_major_locator(MaxNLocator(MOST_TICKS, integer=True, min_n_ticks=1))
    low, high = ax.get_xlim()
    if high - low < 1:
        ax.set_xlim(round((low + high) / 2) - 0.5, round((low + high) / 2) + 0.5)
    if not _drawn(ax).size:
        ax.text(0.5, 0.5, "no finite value: the run diverged", transform=ax.transAxes, ha="center", color=MUTED)
        ax.set(xticks=[], yticks=[])
    handles += [line for line in ax.lines if line.get_label() == DIVERGED][:1]
    columns = 1 if overlaid else 3
    rows = int(np.ceil(len(handles) / columns))
    # Points: a row of the legend. With `y` matplotlib does not look, at each drawing, for what the title might cover.
    ax.set_title(title, loc="left", pad=8 + 15 * rows, y=1)
    labels = [str(handle.get_label()) for handle in handles]
    narrow: Style = {"handlelength": 1.7, "handletextpad": 0.5, "columnspacing": 1.2}  # three entries fill the width
    ax.legend(handles, labels, loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderpad=0, **narrow)
    return ax
