"""Speed-ups by rate policy and target: what of a speed-up is the cost's, and what the learning rate's.

c conditions, t targets.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bpnet.metrics import Array
from bpnet.plots.arrivals import speedup_dot, speedup_label
from bpnet.plots.heading import heading
from bpnet.plots.style import MUTED, plain_log_ticks
from bpnet.plots.subjects import ComparisonSubject, target_words

MOST_COLUMNS = 4  # targets side by side
ROW_HEIGHT = 0.3  # inches: a dot, and the row's label
PANEL_WIDTH = 3.3  # inches, with the numbers beside it


def draw_policies(figure: Figure, subject: ComparisonSubject) -> None:
    """The speed-up at each learning-rate policy, a row of dots a policy under each varied value, a panel a target."""
    targets = subject.targets or (subject.target,)
    columns = min(len(targets), MOST_COLUMNS)
    rows = int(np.ceil(len(targets) / columns))
    places = _places(subject)
    height = rows * (0.9 + ROW_HEIGHT * (places[-1] + 1))  # inches: title and axis beside the rows
    figure.set_size_inches(max(7.5, 1.9 + PANEL_WIDTH * columns), 1.2 + height)  # inches: labels, heading; 7.5 for it
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for number, ax in enumerate(grid.flat):
        if number < len(targets):
            policy_panel(ax, subject, number)
            ax.set_title(target_words(targets[number]))
        else:
            ax.remove()
    of, over = subject.costs[1], subject.costs[0]
    handles = [
        Line2D([], [], color="black", lw=1.5, marker="o", label="beyond chance (sign test, corrected)"),
        Line2D([], [], color="black", lw=1.5, marker="o", mfc="white", label="not beyond chance"),
        Line2D([], [], color=MUTED, ls="--", lw=1, label="equally fast"),
    ]
    line = f"median speed-up of {of} over {over} with its interval; right of 1 {of} is faster; {subject.settings}"
    heading(figure, subject.name, line, handles)


def policy_panel(ax: Axes, subject: ComparisonSubject, target: int) -> Axes:
    """The second cost's speed-up over the first to one target: a dot a condition, its interval, its number beside.

    The dot is filled where chance is excluded, and open where it is not or nothing tested it; an arrow stands where an
    interval has no end.
    """
    pairs, beyond = np.asarray(subject.pair_speedups), subject.beyond_chance
    ax.axvline(1, color=MUTED, ls="--", lw=1)
    for condition, place in enumerate(_places(subject).tolist()):
        ends, bound = pairs[condition, target].tolist(), subject.pair_bounds[condition][target]
        speedup_dot(ax, place, ends, bound, filled=beyond is not None and bool(beyond[condition, target]), lying=True)
        label, hue = speedup_label(ends[0], bound), "black" if ends[0] > 0 else MUTED
        across = ax.get_yaxis_transform()
        ax.annotate(label, (1, place), (4, 0), across, "offset points", va="center", color=hue, fontsize=9)
    ax.set_xscale("log")
    ax.margins(x=0.2)  # an arrow's length
    plain_log_ticks(ax.xaxis)
    ax.minorticks_off()
    ax.set_xlabel(f"speed-up of {subject.costs[1]} over {subject.costs[0]}")
    return _name_rows(ax, subject)


def _places(subject: ComparisonSubject) -> Array:
    """The row of each condition, (c,), counted downwards: beneath a heading a varied value, and a row each policy."""
    conditions = np.arange(len(subject.policies))
    return conditions + (conditions // len(set(subject.policies)) + 1 if any(_varied(subject)) else 0)


def _varied(subject: ComparisonSubject) -> list[str]:
    """What each condition is beside its policy, in words, (c,): `init_scale = 4`, "" where nothing varies."""
    pairs = zip(subject.conditions, subject.policies, strict=True)
    return [label.removesuffix(f"{policy} rates").rstrip(", ") for label, policy in pairs]


def _name_rows(ax: Axes, subject: ComparisonSubject) -> Axes:
    """The Axes with its policies as labels, and the varied values in bold above them."""
    places, several = _places(subject).tolist(), len(set(subject.policies))
    rows = {place: f"{policy} rates" for place, policy in zip(places, subject.policies, strict=True)}
    groups = zip(places[::several], _varied(subject)[::several], strict=True)
    headings = {place - 1: label for place, label in groups if label}
    names = rows | headings
    ax.set_yticks(list(names), list(names.values()))
    for place, tick in zip(names, ax.yaxis.get_major_ticks(), strict=True):
        if place in headings:
            tick.label1.set_fontweight("bold")
            tick.gridline.set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(max(names) + 0.6, min(names) - 0.6)
    return ax
