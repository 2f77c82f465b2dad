"""What a comparison measured: one cost under one condition, all costs under one condition, and the sweeps of rates.

Letters: e recorded epochs, from 0 (before training), at most 300 spread over the training; s seeds; k classes.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from bpnet.comparison import neuron
from bpnet.comparison.statistics import Arrivals, Speedup, arrivals
from bpnet.config import Config
from bpnet.history import History
from bpnet.metrics import Array, Target

DEAD_RECALL = 0.1  # share of a class that is recognised; below it the class is as good as never predicted
DEAD_SLOPE = 1e-4  # mean sigma'(z) of an output neuron; below it thousands of steps do not move it


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What is compared, and how; `comparing` explains its options.

    The speed-ups and the verdict go by the first of the `targets`. `part` is the part of the data that is scored.
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
    check_every: int | None = None
    check_on: int | None = None


@dataclass(frozen=True)
class DeadOutputs:
    """Classes whose output neuron cannot move: seeds with any, seeds for each class, those neurons' mean slope."""

    seeds: int
    classes: dict[str, int]
    slope: float | None


@dataclass(frozen=True)
class CostResult:
    """One cost under one condition, trained for so many epochs and `steps` (mini-batches).

    `history` has measures and monitors at the recorded epochs, (e, s); `updates` the mini-batches to each target, (s,),
    NaN for never; `final` each measure at the end, (s,); `recall`, `slopes` : (s, k), of each class and its output
    neuron; `path` : (e, parameters) of the first seed, for the cost surface only; a folder does not keep it.
    """

    cost: str
    learning_rate: float
    epochs: int
    steps: int
    history: History
    updates: Mapping[Target, Array]
    final: Mapping[str, Array]
    recall: Array
    slopes: Array
    path: Array | None = None

    @property
    def diverged(self) -> int:
        """How many seeds left the finite numbers."""
        return int((~np.isfinite(self.final["error"])).sum())

    def times(self, target: Target, unit: str = "epochs") -> Array:
        """The `epochs` or `updates` until a target was met, (s,), NaN for never; an epoch begun counts as a whole."""
        updates = self.updates[target]
        return updates if unit == "updates" else np.ceil(updates / (self.steps // self.epochs))

    def arrivals(self, target: Target, unit: str = "epochs") -> Arrivals:
        """Quartiles of the times to a target, in `epochs` or `updates`."""
        return arrivals(self.times(target, unit))

    def dead_outputs(self, classes: tuple[str, ...]) -> DeadOutputs:
        """Classes with a recall below 0.1 whose output neuron has a mean slope below 1e-4."""
        several = self.slopes.shape[1] > 1
        dead = (self.recall < DEAD_RECALL) & (self.slopes < DEAD_SLOPE) & several
        by_class = {classes[k]: int(dead[:, k].sum()) for k in range(dead.shape[1]) if dead[:, k].any()}
        return DeadOutputs(int(dead.any(axis=1).sum()), by_class, float(self.slopes[dead].mean()) if by_class else None)

    def as_json(self, targets: tuple[Target, ...], classes: tuple[str, ...]) -> dict[str, Any]:
        """What summary.json says of this cost under this condition."""
        return {
            "learning_rate": self.learning_rate,
            "epochs_to_target": asdict(self.arrivals(targets[0])),
            "updates_to_target": asdict(self.arrivals(targets[0], "updates")),
            "targets": {str(target): asdict(self.arrivals(target)) for target in targets},
            "epochs": self.epochs,
            "updates": self.steps,
            "final": {name: float(np.median(values)) for name, values in self.final.items() if name != "cost"},
            "dead_outputs": asdict(self.dead_outputs(classes)),
            "diverged": self.diverged,
        }


@dataclass(frozen=True)
class Condition:
    """All costs under one condition, the values of `vary`; `start` is z = w + b of the book's neuron, else None."""

    vary: Mapping[str, Any]
    results: tuple[CostResult, ...]
    speedups: tuple[Speedup, ...]
    start: float | None = None

    @property
    def label(self) -> str:
        """The values in words: `init_scale = 4, output_bias = 8`."""
        words = (str(v) if key == "start" else f"{key.rpartition('.')[2]} = {v}" for key, v in self.vary.items())
        return ", ".join(words)

    def predicted(self, result: CostResult, target: Target) -> float | None:
        """The epochs to a target in closed form, for the book's neuron under a cost that has one."""
        if self.start is None:
            return None
        return neuron.epochs_to(result.cost, self.start, target.bound, result.learning_rate)

    def theory(self, result: CostResult) -> Array | None:
        """The closed-form curve of a cost, for the book's neuron."""
        if self.start is None:
            return None
        epochs = float(result.history.columns["epoch"][-1])
        return neuron.predicted_curve(result.cost, self.start, epochs, result.learning_rate)

    def as_json(self, targets: tuple[Target, ...], classes: tuple[str, ...]) -> dict[str, Any]:
        """What summary.json says of this condition; of the book's neuron also its output after 300 epochs."""
        costs = {result.cost: result.as_json(targets, classes) for result in self.results}
        for result in self.results if self.start is not None else ():
            output = result.history["train_error"][result.history["epoch"] == neuron.EPOCHS][0, 0]
            times = {str(target): self.predicted(result, target) for target in targets}
            costs[result.cost] |= {"output_after_300": float(output), "closed_form": times}
        return {
            "vary": dict(self.vary),
            "label": self.label,
            "start": self.start,
            "costs": costs,
            "speedup": asdict(self.speedups[0]),
            "speedups": [asdict(pair) for pair in self.speedups],
        }


@dataclass(frozen=True)
class SweepRow:
    """A learning rate of a sweep: mini-batches to the first target, and the median final error, None if not finite."""

    rate: float
    arrivals: Arrivals
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
