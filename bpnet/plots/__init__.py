"""Pictures of runs: each kind by name, what it needs, and how it is drawn. Every drawing takes and returns an Axes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray

from bpnet.errors import UsageError, unknown
from bpnet.history import History
from bpnet.plots.boundary import decision_boundary, rows_beneath
from bpnet.plots.confusion import confusion_matrix
from bpnet.plots.curves import LABELS, accuracy_curves, cost_curves, monitor_curves, score_of
from bpnet.plots.images import first_layer_weights, mistakes
from bpnet.plots.style import render, shortened, styled

__all__ = [
    "PLOTS",
    "Plot",
    "Subject",
    "accuracy_curves",
    "available",
    "confusion_matrix",
    "cost_curves",
    "decision_boundary",
    "draw",
    "first_layer_weights",
    "mistakes",
    "monitor_curves",
    "render",
]

Array = NDArray[Any]

LONGEST_TITLE = 80
LEGEND_ROW = 0.21
CELL = 0.38
GAP = 0.1


@dataclass(frozen=True)
class Subject:
    """What a run offers its pictures.

    `predict` maps rows in the units of the data to outputs; `first_weights` : (n_hidden, n_in). `arrays` may hold
    `points_x` (n, 2) and `points_y` (n,) of the training part, and of the part of the data that `part` names
    `confusion` (k, k), `mistakes_x` (k, pixels), `mistakes_true`, `mistakes_predicted` and `mistakes_output` (k,), and
    `examples`, how many there are. `cost` names what the network pays.
    """

    name: str
    history: History
    predict: Callable[[Array], Array]
    first_weights: Array
    image: tuple[int, int] | None
    classes: tuple[str, ...]
    features: tuple[str, ...]
    arrays: Mapping[str, Array]
    part: str = ""
    cost: str = ""

    @property
    def n_in(self) -> int:
        """Inputs of an example."""
        return len(self.features) if self.first_weights is None else int(self.first_weights.shape[1])

    @property
    def monitors(self) -> list[str]:
        """The monitors that the history has."""
        known = (name for name in LABELS if any(column.startswith(name) for column in self.history.columns))
        return list(known)


@dataclass(frozen=True)
class Plot:
    """A kind of picture. `unfit` says in a clause why it does not fit a run, or nothing; `several` may overlay runs."""

    draw: Callable[[Figure, Sequence[Subject]], None]
    unfit: Callable[[Subject], str]
    size: tuple[float, float]
    several: bool = False


def curves(figure: Figure, subjects: Sequence[Subject]) -> None:
    """Cost, and accuracy or R2, over the epochs; several runs overlay.

    Raises:
        UsageError: some runs tell classes and some quantities.
    """
    scores = [score_of({subject.name: subject.history}) for subject in subjects]
    if len(set(scores)) > 1:
        classes, quantities = (subjects[scores.index(score)].name for score in ("accuracy", "r2"))
        raise UsageError(f"{classes} tells classes and {quantities} quantities; compare like with like")
    names = [subject.name for subject in subjects]
    earlier = [names[:k].count(name) for k, name in enumerate(names)]
    unique = [f"{name} ({n + 1})" if n else name for name, n in zip(names, earlier, strict=True)]
    histories = {name: subject.history for name, subject in zip(unique, subjects, strict=True)}
    figure.set_figheight(figure.get_figheight() + LEGEND_ROW * len(subjects))
    left, right = figure.subplots(1, 2)
    cost_curves(left, histories, len({subject.cost for subject in subjects}) == 1)
    accuracy_curves(right, histories)


def boundary(figure: Figure, subjects: Sequence[Subject]) -> None:
    """The decision boundary over two features."""
    (one,) = subjects
    figure.set_figheight(figure.get_figheight() + LEGEND_ROW * rows_beneath(one.classes))
    _boundary(figure.subplots(), one)


def overview(figure: Figure, subjects: Sequence[Subject]) -> None:
    """Cost, accuracy and decision boundary side by side."""
    (one,) = subjects
    figure.set_figheight(figure.get_figheight() + LEGEND_ROW * rows_beneath(one.classes))
    axes = figure.subplots(1, 3, width_ratios=[1, 1, 1.15])
    cost_curves(axes[0], {one.name: one.history})
    accuracy_curves(axes[1], {one.name: one.history})
    _boundary(axes[2], one)


def confusion(figure: Figure, subjects: Sequence[Subject]) -> None:
    """The confusion matrix of the test part, or of what there is; the page grows with the classes."""
    (one,) = subjects
    beyond = CELL * max(0, len(one.classes) - 14)
    figure.set_size_inches(figure.get_figwidth() + beyond, figure.get_figheight() + beyond)
    confusion_matrix(figure.subplots(), one.arrays["confusion"], one.classes, one.part)


def weights(figure: Figure, subjects: Sequence[Subject]) -> None:
    """The first layer's weights as images."""
    (one,) = subjects
    first_layer_weights(figure.subplots(), one.first_weights, one.image or (1, 1))


def wrong(figure: Figure, subjects: Sequence[Subject]) -> None:
    """A page of the most confidently wrong pictures."""
    (one,) = subjects
    kept = one.arrays
    mistakes(
        figure.subplots(),
        kept["mistakes_x"],
        one.image or (1, 1),
        [one.classes[k] for k in kept["mistakes_true"].tolist()],
        [one.classes[k] for k in kept["mistakes_predicted"].tolist()],
        kept["mistakes_output"],
        int(kept["examples"]),
        one.part,
    )


def monitors(figure: Figure, subjects: Sequence[Subject]) -> None:
    """The monitors of each layer, a panel each."""
    (one,) = subjects
    columns = min(2, len(one.monitors))
    rows = -(-len(one.monitors) // columns)
    figure.set_size_inches(max(columns * figure.get_figwidth(), 6), rows * figure.get_figheight())
    for k, name in enumerate(one.monitors, 1):
        monitor_curves(figure.add_subplot(rows, columns, k), one.history, name)


def draw(kind: str, subjects: Sequence[Subject]) -> Figure:
    """A figure of one run, or of several over each other.

    Raises:
        UsageError: a kind there is not, one that does not fit the run, or several runs for a kind of one.
    """
    if kind not in PLOTS:
        raise unknown("picture", kind, PLOTS)
    plot = PLOTS[kind]
    if not subjects:
        raise UsageError("no run to draw; name one")
    if len(subjects) > 1 and not plot.several:
        raise UsageError(f"{kind} shows one run; name one, or take the kind 'curves', which overlays several")
    for subject in subjects:
        if reason := plot.unfit(subject):
            raise UsageError(f"{subject.name}: no {kind} of this run: {reason}; it has {', '.join(available(subject))}")
    with styled():
        figure = Figure(figsize=plot.size, layout=ConstrainedLayoutEngine(w_pad=GAP))
        plot.draw(figure, subjects)
        figure.suptitle(_title([subject.name for subject in subjects]), fontsize=12, fontweight="bold")
    return figure


def available(subject: Subject) -> list[str]:
    """The kinds of picture that fit a run."""
    return [kind for kind, plot in PLOTS.items() if not plot.unfit(subject)]


def _boundary(ax: Axes, one: Subject) -> None:
    points, labels = one.arrays["points_x"], one.arrays["points_y"]
    decision_boundary(ax, one.predict, points, labels, one.classes, one.features, "training")


def _title(names: Sequence[str]) -> str:
    """The runs by name, or how many they are where the names would run off the page."""
    together = ", ".join(names)
    if len(together) <= LONGEST_TITLE:
        return together
    return f"{len(names)} runs" if len(names) > 1 else shortened(together)


def _no_epochs(subject: Subject) -> str:
    return "" if len(subject.history) else "it trained no epoch"


def _not_two_features(subject: Subject) -> str:
    if "points_x" in subject.arrays:
        return ""
    has = f"{subject.n_in} features" if subject.classes else "quantities to predict"
    return f"a decision boundary needs classes and two features, and this run has {has}"


def _no_classes(subject: Subject) -> str:
    return "" if "confusion" in subject.arrays else "a confusion matrix needs classes"


def _no_pictures(subject: Subject) -> str:
    return "" if subject.image else "its examples are no pictures"


def _no_mistakes(subject: Subject) -> str:
    return "" if subject.image and "mistakes_output" in subject.arrays else "its examples are no pictures of classes"


def _no_monitors(subject: Subject) -> str:
    return "" if subject.monitors else "it recorded no monitor (train.monitor)"


PLOTS = {
    "curves": Plot(curves, _no_epochs, (9.5, 3.8), several=True),
    "overview": Plot(overview, lambda subject: _no_epochs(subject) or _not_two_features(subject), (13, 3.8)),
    "boundary": Plot(boundary, _not_two_features, (6, 4.6)),
    "confusion": Plot(confusion, _no_classes, (6, 5.4)),
    "weights": Plot(weights, _no_pictures, (9, 5.6)),
    "mistakes": Plot(wrong, _no_mistakes, (8, 7.6)),
    "monitors": Plot(monitors, _no_monitors, (4.2, 3.6)),
}
