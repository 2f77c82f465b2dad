"""The pictures of runs and of comparisons by name: what each needs and how it is drawn. Data in, Axes or Figure out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Concatenate, Generic, TypeVar

from matplotlib.figure import Figure

from bpnet.errors import UsageError, unknown
from bpnet.plots.arrivals import draw_arrival_maps, draw_arrivals
from bpnet.plots.boundary import decision_boundary, draw_boundary, draw_overview
from bpnet.plots.comparison import draw_comparison, error_curves
from bpnet.plots.confusion import confusion_matrix, draw_confusion
from bpnet.plots.curves import accuracy_curves, cost_curves, draw_curves, draw_monitors, monitor_curves, monitor_names
from bpnet.plots.images import draw_mistakes, draw_weights, first_layer_weights
from bpnet.plots.policies import draw_policies
from bpnet.plots.style import lay_out, new_figure, render, shortened, styled
from bpnet.plots.subjects import ComparisonSubject, Drawable, RunSubject, Subject, Surface
from bpnet.plots.surface import draw_surfaces
from bpnet.plots.survival import draw_survival
from bpnet.plots.time import draw_time, not_over_time

__all__ = [
    "PLOTS",
    "ComparisonSubject",
    "Plot",
    "RunSubject",
    "Subject",
    "Surface",
    "accuracy_curves",
    "available",
    "confusion_matrix",
    "cost_curves",
    "decision_boundary",
    "draw",
    "error_curves",
    "first_layer_weights",
    "monitor_curves",
    "render",
]

Kind = TypeVar("Kind", RunSubject, ComparisonSubject, Drawable)
Misfit = Callable[[Kind], str]


@dataclass(frozen=True)
class Plot(Generic[Kind]):
    """A kind of picture: of a run, of a comparison or of either, and whether it overlays several.

    `draw` takes an empty figure and the subject, or several; `misfit` says in a clause why the picture does not fit a
    subject, or ""; `size` is in inches, None where drawing sets it.
    """

    subject: type[Kind]
    draw: Callable[Concatenate[Figure, ...], None]
    misfit: Misfit[Kind]
    size: tuple[float, float] | None = None
    overlays: bool = False

    def reason_against(self, subject: Subject) -> str:
        """Why the picture does not fit a subject of either type, in a clause; "" where it fits."""
        if isinstance(subject, self.subject):
            return self.misfit(subject)
        return f"it shows a {self.subject.noun}, and this is a {subject.noun}"


def draw(kind: str, subjects: Sequence[Subject]) -> Figure:
    """A figure of one run or comparison, or of several runs over each other.

    Raises:
        UsageError: a kind there is not, one that does not fit a subject, or several subjects for a kind of one.
    """
    if kind not in PLOTS:
        raise unknown("picture", kind, PLOTS)
    plot = PLOTS[kind]
    if not subjects:
        raise UsageError("there is nothing to draw; name a run or a comparison")
    for subject in subjects:
        if reason := plot.reason_against(subject):
            fitting = ", ".join(available(subject)) or "none"
            raise UsageError(f"{subject.name}: the picture {kind!r} does not fit: {reason}; these fit: {fitting}")
    if len(subjects) > 1 and not plot.overlays:
        several = ", ".join(repr(name) for name, other in PLOTS.items() if other.overlays)
        raise UsageError(f"the picture {kind!r} shows one {subjects[0].noun}; {several} overlays several runs")
    with styled():
        figure = new_figure(plot.size)
        plot.draw(figure, *subjects)
        if plot.subject is RunSubject:
            figure.set_layout_engine("constrained", w_pad=0.1)  # inches around each panel
            title = ", ".join(subject.name for subject in subjects)
            if len(title) > 80:  # letters: the width of the curves' page
                title = f"{len(subjects)} runs" if len(subjects) > 1 else shortened(title)
            figure.suptitle(title, fontsize=12, fontweight="bold")
            lay_out(figure)
    return figure


def available(subject: Subject) -> list[str]:
    """The kinds of picture that fit a run or a comparison."""
    return [kind for kind, plot in PLOTS.items() if not plot.reason_against(subject)]


def _unless(fits: Callable[[Kind], bool], reason: str) -> Misfit[Kind]:
    """A misfit that gives one reason against all subjects that do not fit."""
    return lambda subject: "" if fits(subject) else reason


def _not_two_features(run: RunSubject) -> str:
    """Why no boundary can be drawn, in a clause."""
    if "points_x" in run.arrays:
        return ""
    has = f"{run.n_in or run.first_weights.shape[1]} features" if run.classes else "quantities to predict"
    return f"a decision boundary needs classes and two features, and this run has {has}"


def _other_keys(comparison: ComparisonSubject, number: int) -> str:
    """Why a picture over so many varied keys, and nothing else, does not fit, in a clause."""
    if comparison.policies:
        return "it compares several rate policies, and this picture shows one"
    varied = len(comparison.vary)
    if varied == number:
        values = prod(len(values) for values in comparison.vary.values())
        return "" if len(comparison.conditions) == values else "it has several starts, and this picture shows one"
    return f"it varies {varied or 'no'} key{'s' if varied > 1 else ''}, and this picture shows {number}"


NO_EPOCHS: Misfit[RunSubject] = _unless(lambda run: len(run.history) > 0, "it trained no epoch")
NO_CLASSES: Misfit[RunSubject] = _unless(lambda run: "confusion" in run.arrays, "a confusion matrix needs classes")
NO_IMAGES: Misfit[RunSubject] = _unless(lambda run: run.image is not None, "its examples are no images")
ROWS_ALONE: Misfit[RunSubject] = _unless(
    lambda run: bool(run.image and run.first_weights.shape[1] == run.image[0] * run.image[1]),
    "its first layer sees an image row by row",
)
NO_MISTAKES: Misfit[RunSubject] = _unless(
    lambda run: bool(run.image and "mistakes_output" in run.arrays), "its examples are no images of classes"
)
NO_MONITORS: Misfit[RunSubject] = _unless(
    lambda run: bool(monitor_names(run.history)), "it recorded no monitor (train.monitor)"
)
NO_SURFACES: Misfit[ComparisonSubject] = _unless(
    lambda it: bool(it.surfaces), "it kept no cost surface (compare with surface=True, --surface)"
)
ONE_SEED: Misfit[ComparisonSubject] = _unless(
    lambda it: it.seeds > 1, "it has one seed, and this picture shows how seeds differ (seeds=20, --seeds 20)"
)
ONE_POLICY: Misfit[ComparisonSubject] = _unless(
    lambda it: len(set(it.policies)) > 1 and it.pair_speedups is not None,
    "it has one rate policy (compare with rate_policy='each', --rate-policy each)",
)

PLOTS: dict[str, Plot[RunSubject] | Plot[ComparisonSubject] | Plot[Drawable]] = {
    "curves": Plot(RunSubject, draw_curves, NO_EPOCHS, (9.5, 3.8), overlays=True),
    "overview": Plot(RunSubject, draw_overview, lambda run: NO_EPOCHS(run) or _not_two_features(run), (13, 3.8)),
    "boundary": Plot(RunSubject, draw_boundary, _not_two_features, (6, 4.6)),
    "confusion": Plot(RunSubject, draw_confusion, NO_CLASSES, (6, 5.4)),
    "weights": Plot(RunSubject, draw_weights, lambda run: NO_IMAGES(run) or ROWS_ALONE(run), (9, 5.6)),
    "mistakes": Plot(RunSubject, draw_mistakes, NO_MISTAKES, (8, 7.6)),
    "time": Plot(Drawable, draw_time, not_over_time),
    "monitors": Plot(RunSubject, draw_monitors, NO_MONITORS, (4.2, 3.6)),
    "compare": Plot(ComparisonSubject, draw_comparison, lambda comparison: ""),
    "vary": Plot(ComparisonSubject, draw_arrivals, lambda it: _other_keys(it, 1), (7.6, 7)),
    "map": Plot(ComparisonSubject, draw_arrival_maps, lambda it: _other_keys(it, 2)),
    "survival": Plot(ComparisonSubject, draw_survival, ONE_SEED),
    "policies": Plot(ComparisonSubject, draw_policies, ONE_POLICY),
    "surface": Plot(ComparisonSubject, draw_surfaces, NO_SURFACES),
}
