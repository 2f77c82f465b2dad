"""What a comparison measured: one cost under one condition, all costs under one condition, and the sweeps of rates.

Letters: e recorded epochs, from 0 (before training), at most 300 spread over the training; s seeds; k classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from bpnet.comparison import neuron
from bpnet.config import Config
from bpnet.config.locations import YAML_WORDS
from bpnet.history import History
from bpnet.metrics import Array, Target

if TYPE_CHECKING:
    from bpnet.comparison.statistics import Arrivals, Speedup

DEAD_RECALL = 0.1  # share of a class that is recognised; below it a class of ten is told worse than by chance
DEAD_SLOPE = 1e-4  # mean sigma'(z) of an output neuron; below it thousands of steps do not move it


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What is compared, and how; `comparing` explains its options.

    The verdict goes by the first of the `targets`. `part` is the part of the data that is scored.
    """

    name: str
    config: Config | None
    vary: Mapping[str, tuple[Any, ...]]
    targets: tuple[Target, ...]
    part: str
    classes: tuple[str, ...]
    seeds: int
    rate_policy: str = "same"
    rates: Mapping[str, float] = field(default_factory=dict)
    own: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    vary_data: bool = False
    check_every: int | None = None
    check_on: int | None = None


@dataclass(frozen=True)
class DeadOutputs:
    """Classes that are hardly predicted at the end: recall below 0.1.

    The output neuron of those in `classes` cannot move either: its mean slope is below 1e-4. Those in `near` still can.
    Both count the networks for each class, `seeds` the networks with any of `classes`; `recall` and `slope` are the
    means over those of `classes`, `near_recall` and `near_slope` over those of `near`, None where there are none.
    """

    seeds: int
    classes: dict[str, int]
    recall: float | None
    slope: float | None
    near: dict[str, int]
    near_recall: float | None
    near_slope: float | None


@dataclass(frozen=True)
class CostResult:
    """One cost under one condition, trained for so many epochs and `steps` (mini-batches).

    `budget` is the epochs there were at most; only the book's neuron ends earlier, and a run that no step of its
    optimiser moves any more counts as one that stayed there to the end. `history` has measures and monitors
    at the recorded epochs, (e, s); `updates` the mini-batches to each target, (s,), NaN for never; `final` each measure
    at the end, (s,); `recall`, `slopes` : (s, k), of each class and its output neuron; `path` : (e, parameters) of the
    first seed, for the cost surface only; a folder does not keep it.
    """

    cost: str
    learning_rate: float
    epochs: int
    steps: int
    budget: int
    history: History
    updates: Mapping[Target, Array]
    final: Mapping[str, Array]
    recall: Array
    slopes: Array
    path: Array | None = None

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> Self:
        """The results of the same trial for some seeds after the other, as one."""
        first = parts[0]
        if len(parts) == 1:
            return first
        columns = first.history.columns
        return replace(
            first,
            history=History(
                {"epoch": columns["epoch"]}
                | {
                    name: list(np.concatenate([one.history[name] for one in parts], axis=1))
                    for name in columns
                    if name != "epoch"
                }
            ),
            updates={target: np.concatenate([one.updates[target] for one in parts]) for target in first.updates},
            final={name: np.concatenate([one.final[name] for one in parts]) for name in first.final},
            recall=np.concatenate([one.recall for one in parts]),
            slopes=np.concatenate([one.slopes for one in parts]),
        )

    @property
    def diverged(self) -> int:
        """How many seeds left the finite numbers."""
        return int((~np.isfinite(self.final["error"])).sum())

    @property
    def final_medians(self) -> dict[str, float]:
        """Each measure at the end, in the median; not the costs, which have units of their own."""
        return {name: float(np.median(values)) for name, values in self.final.items() if name != "cost"}

    def times(self, target: Target, unit: str = "epochs") -> Array:
        """The `epochs` or `updates` until a target was met, (s,), NaN for never; an epoch begun counts as a whole."""
        updates = self.updates[target]
        return updates if unit == "updates" else np.ceil(updates / (self.steps // self.epochs))

    def limit(self, unit: str = "epochs") -> int:
        """The `epochs` or `updates` that there were to arrive in."""
        return self.steps if unit == "updates" else self.epochs

    def arrivals(self, target: Target, unit: str = "epochs") -> "Arrivals":
        """Quartiles of the times to a target, in `epochs` or `updates`, and the share that arrived."""
        from bpnet.comparison.statistics import arrivals  # its libraries take longer to load than a worker's all others

        return arrivals(self.times(target, unit), self.limit(unit))

    def dead_outputs(self, classes: tuple[str, ...]) -> DeadOutputs:
        """Classes that are hardly predicted at the end, and how far their output neurons can still move."""
        several = bool(classes) and self.slopes.shape[1] > 1  # quantities have none, one output is both classes
        hardly, stuck = self.recall < DEAD_RECALL, self.slopes < DEAD_SLOPE
        dead, near = hardly & stuck & several, hardly & ~stuck & several
        return DeadOutputs(
            seeds=int(dead.any(axis=1).sum()),
            classes=_by_class(dead, classes),
            recall=_mean(self.recall, dead),
            slope=_mean(self.slopes, dead),
            near=_by_class(near, classes),
            near_recall=_mean(self.recall, near),
            near_slope=_mean(self.slopes, near),
        )

    def as_json(self, targets: tuple[Target, ...], classes: tuple[str, ...]) -> dict[str, Any]:
        """What summary.json says of this cost under this condition."""
        return {
            "learning_rate": self.learning_rate,
            "epochs_to_target": asdict(self.arrivals(targets[0])),
            "updates_to_target": asdict(self.arrivals(targets[0], "updates")),
            "targets": {str(target): asdict(self.arrivals(target)) for target in targets},
            "epochs": self.epochs,
            "budget": self.budget,
            "updates": self.steps,
            "final": self.final_medians,
            "dead_outputs": asdict(self.dead_outputs(classes)),
            "diverged": self.diverged,
        }


def _by_class(where: Array, classes: tuple[str, ...]) -> dict[str, int]:
    """How many networks there are for each class that has any, from (s, k)."""
    return {classes[k]: int(count) for k, count in enumerate(where.sum(axis=0)) if count}


def _mean(values: Array, where: Array) -> float | None:
    """The mean of the values there, None where there are none."""
    return float(values[where].mean()) if where.any() else None


@dataclass(frozen=True)
class Condition:
    """All costs under one condition, the values of `vary`, at the learning rates of a policy.

    `speedups` has for each target how much sooner each cost arrived than the first one, in mini-batches; `start` is
    z = w + b of the book's neuron, else None.
    """

    vary: Mapping[str, Any]
    results: tuple[CostResult, ...]
    speedups: Mapping[Target, tuple["Speedup", ...]]
    start: float | None = None
    policy: str = ""  # "" where a comparison has one for all conditions

    @property
    def label(self) -> str:
        """The values in words, and the policy where there are several: `init_scale = 4, matched rates`."""
        return ", ".join(filter(None, (label(self.vary), f"{self.policy} rates" if self.policy else "")))

    def predicted(self, result: CostResult, target: Target) -> float | None:
        """The epochs to a target in closed form, for the book's neuron under a cost that has one."""
        if self.start is None:
            return None
        return neuron.epochs_to_target(result.cost, self.start, target, result.learning_rate)

    def theory(self, result: CostResult) -> Array | None:
        """The closed-form curve of a cost, for the book's neuron."""
        if self.start is None:
            return None
        epochs = float(result.history.columns["epoch"][-1])
        return neuron.predicted_curve(result.cost, self.start, epochs, result.learning_rate)

    def output_after_300(self, result: CostResult) -> float:
        """The output of the book's neuron at the end of the book's 300 epochs."""
        return float(result.history["train_error"][result.history["epoch"] == neuron.EPOCHS][0, 0])

    def as_json(self, targets: tuple[Target, ...], classes: tuple[str, ...]) -> dict[str, Any]:
        """What summary.json says of this condition; of the book's neuron also its output after 300 epochs."""
        costs = {result.cost: result.as_json(targets, classes) for result in self.results}
        for result in self.results if self.start is not None else ():
            times = {str(target): self.predicted(result, target) for target in targets}
            costs[result.cost] |= {"output_after_300": self.output_after_300(result), "closed_form": times}
        pairs = {str(target): [asdict(pair) for pair in self.speedups[target]] for target in targets}
        return {
            "vary": dict(self.vary),
            "label": self.label,
            "rate_policy": self.policy,
            "start": self.start,
            "costs": costs,
            "speedup": pairs[str(targets[0])][0],
            "speedups": pairs,
        }


def label(vary: Mapping[str, Any]) -> str:
    """Varied values in words: `init_scale = 4, output_bias = 8`."""
    return ", ".join(
        str(v) if key == "start" else f"{key.rpartition('.')[2]} = {YAML_WORDS.get(repr(v), v)}"
        for key, v in vary.items()
    )


@dataclass(frozen=True)
class SweepRow:
    """A learning rate of a sweep: mini-batches to the first target, and the median final error, None if not finite."""

    rate: float
    arrivals: "Arrivals"
    error: float | None


@dataclass(frozen=True)
class Sweep:
    """What tuning tried for one cost under one condition: a row per rate, the best, and whether that is at an end."""

    condition: Mapping[str, Any]
    cost: str
    rows: tuple[SweepRow, ...]
    best: float
    at_end: bool

    def as_json(self) -> dict[str, Any]:
        """The fields by name, a row's arrivals beside its rate."""
        rows = [{"rate": row.rate, **asdict(row.arrivals), "error": row.error} for row in self.rows]
        return vars(self) | {"condition": dict(self.condition), "rows": rows}
