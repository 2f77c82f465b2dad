"""What pictures are drawn from: a run, or a comparison of costs. This file does not need matplotlib.

c conditions, k costs, s seeds, e recorded epochs, t targets.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from bpnet.history import History
from bpnet.metrics import Array, Target

BEYOND = 1e100  # in any unit: a larger number has overflowed and is drawn as if it were infinite


@dataclass(frozen=True)
class OverTime:
    """The norms of delta in each time step t = 1 ... T, (e, T), at the epochs : (e,); NaN from where a run diverged."""

    title: str
    epochs: Array
    norms: Array


STEP = re.compile(r"(.+)_t[0-9]+")  # the column of a time step of a layer: delta_norm_1_t7


def over_steps(history: History, monitor: str) -> dict[str, Array]:
    """What a monitor saw in each time step, by layer: (epochs, steps), or (epochs, steps, seeds)."""
    layers: dict[str, list[Array]] = {}
    for name in history.columns:
        if (match := STEP.fullmatch(name)) and name.startswith(f"{monitor}_"):
            layers.setdefault(match[1].removeprefix(f"{monitor}_"), []).append(history[name])
    return {layer: np.stack(columns, axis=1) for layer, columns in layers.items()}


class Drawable:
    """What is drawn: a run, or a comparison."""

    noun: ClassVar[str] = "run or a comparison"
    name: str

    def delta_over_time(self) -> list[list[OverTime]]:
        """Rows of panels of delta in each time step; none, or empty ones, where no time steps were recorded."""
        return []


@dataclass(frozen=True)
class RunSubject(Drawable):
    """What a run offers its pictures.

    `predict` maps rows in the units of the data to outputs; `first_weights` : (n_hidden, n_in). `arrays` may hold
    `points_x` (n, 2) and `points_y` (n,) of the training part, and of the part of the data that `part` names ("train",
    "validation" or "test") `confusion` (k, k), `mistakes_x` (k, pixels), `mistakes_true`, `mistakes_predicted` and
    `mistakes_output` (k,), and `examples`, the number of examples. `cost` is the name of the network's cost. `n_in` is
    how many inputs an example has, 0 where it is the columns of `first_weights`, which a recurrent network has for a
    single step.
    """

    noun: ClassVar[str] = "run"

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
    n_in: int = 0

    def delta_over_time(self) -> list[list[OverTime]]:
        """One row, a panel for each recurrent layer."""
        layers = over_steps(self.history, "delta_norm").items()
        return [[OverTime(f"layer {layer}", self.history["epoch"], norms) for layer, norms in layers]]


@dataclass(frozen=True)
class Surface:
    """A cost over two parameters, first : (p,), second : (q,), values : (q, p), and the path down it.

    path : (t, 2) are the two parameters at the epochs : (t,).
    """

    cost: str
    first: Array
    second: Array
    values: Array
    path: Array
    epochs: Array


@dataclass(frozen=True)
class ComparisonSubject(Drawable):
    """What a comparison of two costs or more offers its pictures.

    A seed that diverged has an error that is not finite in its last recorded epoch. With several `policies` the
    conditions are the product of the varied values and the policies, the policies turning fastest.
    """

    noun: ClassVar[str] = "comparison"

    name: str
    costs: tuple[str, ...]
    conditions: tuple[str, ...]  # labels, "" where there is only one condition
    vary: Mapping[str, Sequence[object]]  # the varied keys and their values; conditions are their product
    target: Target
    part: str  # the part of the data that is scored: "validation" or "train"
    settings: str  # one line on learning rates and seeds
    histories: Sequence[Sequence[History]]  # [condition][cost], columns (e, s); epoch 0 is before training
    arrivals: Array  # (c, k, s) epochs until the target was met, NaN for never
    limits: Array  # (c, k) epochs there were to arrive in
    speedups: Array  # (c, 3) median, low, high of the second cost over the first; NaN where unknown or without an end
    bounds: Sequence[str]  # (c,) what the median is where it is not exact: "", "at least", "at most", "none"
    kaplan_meier: Callable[[Array, float], Array]  # times (s,), limit: rows epoch, share, low, high of steps, (4, n)
    theory: Sequence[Sequence[Array | None]] = ()  # [condition][cost] rows (epoch, error) of a curve in closed form
    predicted: Mapping[str, Sequence[float]] = field(default_factory=dict)  # cost: epochs in closed form, (c,)
    surfaces: Sequence[Surface] = ()  # the last condition's, one a cost
    axes: tuple[str, str] = ("", "")  # what the surfaces' two axes are called
    targets: Sequence[Target] = ()  # (t,) all targets, the first is `target`
    policies: Sequence[str] = ()  # (c,) the rate policy of each condition; empty unless there are several
    pair_speedups: Array | None = None  # (c, t, 3) as `speedups`, for each target; NaN where unknown or without an end
    pair_bounds: Sequence[Sequence[str]] = ()  # [c][t] as `bounds`, for each target
    beyond_chance: Array | None = None  # (c, t) whether chance is excluded: by the test, or where there is none

    def delta_over_time(self) -> list[list[OverTime]]:
        """A row for each cost, a panel for each condition: its median over the seeds in the first layer."""
        return [
            [
                OverTime(", ".join(filter(None, [cost, label])), row[k]["epoch"], quartiles(norms)[1])
                for label, row in zip(self.conditions, self.histories, strict=True)
                for norms in list(over_steps(row[k], "delta_norm").values())[:1]
            ]
            for k, cost in enumerate(self.costs)
        ]

    @property
    def target_text(self) -> str:
        """The target to read: `error < 0.1`."""
        return target_words(self.target)

    @property
    def seeds(self) -> int:
        """How many networks each cost trained under each condition."""
        return int(self.arrivals.shape[-1])

    @property
    def reached(self) -> Array:
        """How many seeds met the target, (c, k)."""
        return np.isfinite(self.arrivals).sum(axis=-1)

    @property
    def arrival_quartiles(self) -> Array:
        """Quartiles over the seeds of the epochs to the target, (3, c, k), inf for later than the limit.

        A network that meets the target before its first step counts as one epoch, so that a log axis can show it.
        """
        return np.maximum(quartiles(self.arrivals), 1)

    @property
    def diverged(self) -> Array:
        """How many networks of each cost diverged, under all conditions together, (k,)."""
        column = f"{self.part}_error"
        return np.sum([[(~np.isfinite(h[column][-1])).sum() for h in row] for row in self.histories], axis=0)


Subject = RunSubject | ComparisonSubject


def target_words(target: Target) -> str:
    """A target to read: `error < 0.1`."""
    return str(target).replace("<", " < ").replace(">", " > ")


def config_word(value: object) -> str:
    """A value as a config has it: null for None, true for True."""
    return {"None": "null", "True": "true", "False": "false"}.get(str(value), str(value))


def quartiles(values: Array) -> Array:
    """First quartile, median and third quartile over the last axis, (3, ...).

    A value that is not finite ranks after all others and is not left out: a quartile that falls on it is inf.
    """
    finite = np.where(np.isfinite(values), values, 1e300)  # since inf - inf would be NaN between two ranks
    ranked = np.quantile(finite, (0.25, 0.5, 0.75), axis=-1)
    return np.where(ranked < BEYOND, ranked, np.inf)
