"""Training under comparison: every cost from the same first weights, through the same order of examples."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bpnet import training
from bpnet.comparison.results import CostResult, Setup
from bpnet.data import Dataset, Splits
from bpnet.history import History, Row
from bpnet.metrics import MEASURES, Array, labels, score
from bpnet.network import Network
from bpnet.training import Settings, State

RECORDED = 300  # epochs whose curves are kept at most: as many as a picture can show
MONITORS = ("saturation", "wrong_saturation", "slope", "delta_norm", "gradient_norm")


@dataclass(frozen=True)
class Trial:
    """One cost under one condition, with a replica per seed; trials of equal `group` can be trained as one set.

    Training ends early once `shown` epochs are over and every target is met. `start` is z = w + b of the book's neuron.
    """

    cost: str
    vary: Mapping[str, Any]
    learning_rate: float
    network: Network
    settings: Settings
    splits: Splits
    group: str
    shown: int | None = None
    start: float | None = None


@dataclass(frozen=True)
class Progress:
    """How far a comparison is: epochs done of those that there are at most, and what is being trained."""

    done: int
    total: int
    text: str


def train_trials(
    trials: Sequence[Trial], setup: Setup, text: str = "", keep_path: bool = False
) -> Generator[Progress, None, list[CostResult]]:
    """Train every trial; gives the progress, an epoch each, and returns a result per trial, in the order given."""
    groups: dict[tuple[str, str], list[int]] = {}
    for k, trial in enumerate(trials):
        groups.setdefault((trial.cost, trial.group), []).append(k)
    results: dict[int, CostResult] = {}
    done, total = 0, sum(trials[members[0]].settings.epochs for members in groups.values())
    for (cost, _), members in groups.items():
        together = _Set([trials[k] for k in members], setup, keep_path)
        for state in together.train():
            yield Progress(done + len(state.history), total, f"{text}{cost}")
        done += together.settings.epochs
        results |= dict(zip(members, together.results(), strict=True))
    return [results[k] for k in range(len(trials))]


class _Set:
    """Trials of one cost as one set of replicas, and what is noted of it while it trains."""

    def __init__(self, trials: Sequence[Trial], setup: Setup, keep_path: bool) -> None:
        first, sizes = trials[0], [len(trial.network.weights[0]) for trial in trials]
        self.trials, self.setup, self.keep_path = trials, setup, keep_path
        self.members = [slice(end - size, end) for end, size in zip(np.cumsum(sizes), sizes, strict=True)]
        sets = [trial.network.parameters for trial in trials]
        copies = {name: np.concatenate([parameters[name] for parameters in sets]) for name in sets[0]}
        self.network = first.network.with_parameters(copies)
        self.splits = Splits(first.splits.train, first.splits.validation)
        self.scored = self.splits.present[setup.part]
        usual = ("error", score(self.scored.kind))
        rates = np.repeat([trial.learning_rate for trial in trials], sizes).astype(self.network.dtype)
        self.settings = replace(
            first.settings,
            learning_rate=rates[:, np.newaxis, np.newaxis],
            measures=tuple(dict.fromkeys(t.measure for t in setup.targets if t.measure not in usual)),
        )
        self.histories, self.paths = [History() for _ in trials], list[list[Array]]()
        self.updates = {target: np.full(sum(sizes), np.nan) for target in setup.targets}
        self.state = training.start(self.network, self.settings)

    def train(self) -> Iterator[State]:
        """Train the set, giving the state after each epoch."""
        state, every, shown = self.state, self.setup.check_every, self.trials[0].shown
        recorded = _spread(shown or self.settings.epochs)
        with np.errstate(over="ignore", invalid="ignore"):
            row = training.measure_epoch(self.network, self.splits, self.settings)
        self._record(0, row)
        self._check(row)
        loop = training.steps if every else training.epochs
        epochs, validation = 0, self.splits.validation
        for _ in loop(self.network, self.splits.train, self.settings, validation=validation, state=state):
            if every and state.steps % every == 0:
                self._check()
            if len(state.history) == epochs:
                continue
            epochs, row = len(state.history), state.history.last()
            if not every:
                self._check(row)
            if epochs in recorded:
                self._record(epochs, row)
            yield state
            if shown and epochs >= shown and not any(np.isnan(times).any() for times in self.updates.values()):
                return

    def _record(self, epoch: int, row: Row) -> None:
        """Keep the measures and the monitors of an epoch."""
        monitors = training.measure_layers(self.network, self.splits.train, MONITORS)
        measures = {name: value for name, value in row.items() if name.startswith(("train_", "validation_"))}
        for history, some in zip(self.histories, self.members, strict=True):
            history.append({"epoch": epoch} | {name: value[some] for name, value in (measures | monitors).items()})
        if self.keep_path:
            arrays = [*self.network.weights, *self.network.biases]
            self.paths.append([np.concatenate([p[some.start].ravel() for p in arrays]) for some in self.members])

    def _check(self, row: Row | None = None) -> None:
        """Note which replicas have met which targets by now, from a row measured already where it will do."""
        part, some = self.setup.part, self.setup.check_on
        if row is None or some is not None:
            measures = training.measure(self.network, self.scored.take(slice(0, some)), self.settings.measures)
            row = {f"{part}_{name}": value for name, value in measures.items()}
        for target, times in self.updates.items():
            met = target.met(row[f"{part}_{target.measure}"])
            times[np.isnan(times) & met] = self.state.steps

    def results(self) -> list[CostResult]:
        """What each trial of the set did."""
        last, part = self.state.history.last(), self.setup.part
        final = {name: last[f"{part}_{name}"] for name in ("cost", *MEASURES) if f"{part}_{name}" in last}
        recall, slopes = _by_class(self.network, self.scored)
        return [
            CostResult(
                cost=trial.cost,
                learning_rate=trial.learning_rate,
                epochs=len(self.state.history),
                steps=self.state.steps,
                history=self.histories[k],
                updates={target: times[some] for target, times in self.updates.items()},
                final={name: values[some] for name, values in final.items()},
                recall=recall[some],
                slopes=slopes[some],
                path=np.stack([paths[k] for paths in self.paths]) if self.paths else None,
            )
            for k, (trial, some) in enumerate(zip(self.trials, self.members, strict=True))
        ]


def _spread(epochs: int) -> set[int]:
    """The epochs to record: all of a few, else some 300, even and towards the start."""
    if epochs <= RECORDED:
        return set(range(1, epochs + 1))
    early, even = np.geomspace(1, epochs, RECORDED // 2), np.linspace(1, epochs, RECORDED // 2)
    return {int(epoch) for epoch in np.rint(np.concatenate([early, even]))}


def _by_class(network: Network, data: Dataset) -> tuple[Array, Array]:
    """Recall of each class and mean slope of each output neuron over the data, (R, k) each."""
    outputs, slopes = [], np.zeros(())
    with np.errstate(over="ignore", invalid="ignore"):
        for x, _ in training.batches_to_measure(network, data):
            zs, activations = network.forward(x)
            outputs.append(activations[-1].mT)
            slopes = slopes + network.activations[-1].slope(zs[-1]).sum(axis=-1, dtype=np.float64)
    right = labels(np.concatenate(outputs, axis=-2)) == data.labels
    members = (data.labels == k for k in range(max(2, data.n_out)))
    recall = [right[:, those].mean(axis=-1) if those.any() else np.full(len(right), np.nan) for those in members]
    return np.stack(recall, axis=-1), slopes / len(data)
