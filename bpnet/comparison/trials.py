"""Training under comparison: every cost from the same first weights, through the same order of examples."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bpnet import training
from bpnet.comparison.results import CostResult, Setup
from bpnet.data import Dataset, Splits
from bpnet.history import History, Row
from bpnet.metrics import MEASURES, NO_CLASS, Array, labels, score
from bpnet.network import Network
from bpnet.products import laid_out
from bpnet.second_order import is_finished
from bpnet.training import Settings, State
from bpnet.training.threads import ThreadLimit

ALL_RECORDED = 300  # epochs up to which each is recorded: the book's figure of the neuron
RECORDED = 120  # epochs of longer trainings: five pixels apart in a picture
MONITORS = ("saturation", "wrong_saturation", "wrong_saturation_own", "slope", "delta_norm", "gradient_norm")


@dataclass(frozen=True)
class Part:
    """Networks, one for each of some seeds, and the data that they learn from."""

    network: Network
    splits: Splits


@dataclass(frozen=True)
class Trial:
    """One cost under one condition: a network for each seed, in one part, or in many where each seed has its own data.

    A network's seed gives its first weights, its order of examples and its dropout. Trials of equal `group` can be
    trained as one set. Training ends early once `shown` epochs are over and every target is met. `start` is z = w + b
    of the book's neuron. `policy` is named where there are several. `fixed` says that the learning rate was given and
    no policy may change it; `matched_rate` is that of the policy "matched", NaN where nobody asked for it.
    """

    cost: str
    vary: Mapping[str, Any]
    learning_rate: float
    settings: Settings
    parts: tuple[Part, ...]
    group: str
    policy: str = ""
    fixed: bool = False
    matched_rate: float = np.nan
    shown: int | None = None
    start: float | None = None


class TrainedSet:
    """Several trials of one cost, of one part each, as one set of replicas, and what is noted of it while it trains."""

    def __init__(self, trials: Sequence[Trial], setup: Setup, keep_path: bool) -> None:
        self.wanted, parts = len(trials), [trial.parts[0] for trial in trials]
        sizes = [len(one.network.weights[0]) for one in parts]
        if sum(sizes) == 1:  # a tiny network by itself would be rounded otherwise than among replicas (`products`)
            trials, parts, sizes = [*trials, *trials], parts * 2, sizes * 2
        self.trials, self.setup, self.keep_path = trials, setup, keep_path
        self.members = [slice(end - size, end) for end, size in zip(np.cumsum(sizes), sizes, strict=True)]
        sets = [one.network.parameters for one in parts]
        copies = {name: np.concatenate([parameters[name] for parameters in sets]) for name in sets[0]}
        self.network = parts[0].network.with_parameters(laid_out(copies))
        self.splits = Splits(parts[0].splits.train, parts[0].splits.validation)
        self.scored = self.splits.present[setup.part]
        usual = ("error", score(self.scored.kind))
        rates = np.repeat([trial.learning_rate for trial in trials], sizes)
        self.settings = replace(
            trials[0].settings,
            learning_rate=rates[:, np.newaxis, np.newaxis],
            measures=tuple(dict.fromkeys(t.measure for t in setup.targets if t.measure not in usual)),
            seed=tuple(int(seed) for one in parts for seed in np.atleast_1d(one.network.seed)),
        )
        self.histories, self.paths = [History() for _ in trials], list[list[Array]]()
        self.updates = {target: np.full(sum(sizes), np.nan) for target in setup.targets}
        self.costs_finite = np.full(sum(sizes), True)  # after every epoch so far, as a training alone asks
        self.state = training.start(self.network, self.settings)

    def train(self) -> Iterator[State]:
        """Train the set, giving the state after each epoch."""
        shown = self.trials[0].shown
        with self._limit():
            self._begin()
        loop = training.steps if self.setup.check_every else training.epochs
        validation = self.splits.validation
        rest = loop(self.network, self.splits.train, self.settings, validation=validation, state=self.state)
        recorded = _spread(shown or self.settings.epochs)
        while self._trained_an_epoch(rest, recorded):
            yield self.state
            over = shown is not None and len(self.state.history) >= shown
            if over and not any(np.isnan(times).any() for times in self.updates.values()):
                return

    def _begin(self) -> None:
        """Measure the set before its first step."""
        with np.errstate(over="ignore", invalid="ignore"):
            row = training.measure_epoch(self.network, self.splits, self.settings)
        self._record(0, row)
        self._check(row)

    def _trained_an_epoch(self, rest: Iterator[State], recorded: Collection[int]) -> bool:
        """Train to the end of the next epoch and note what there is to note; False where the training is over."""
        state, every, epochs = self.state, self.setup.check_every, len(self.state.history) + 1
        with self._limit():  # around the whole epoch: BLAS takes longer to change its threads than a small step
            for _ in rest:
                ended = len(state.history) == epochs
                if every and (state.steps % every == 0 or (ended and epochs == self.settings.epochs)):
                    self._check()
                if ended:
                    row = state.history.last()
                    self.costs_finite &= np.isfinite(row["train_cost"])
                    if not every:
                        self._check(row)
                    if epochs in recorded:
                        self._record(epochs, row)
                    return True
        return False

    def _record(self, epoch: int, row: Row) -> None:
        """Keep the measures and the monitors of an epoch."""
        with np.errstate(over="ignore", invalid="ignore"):  # a network may have diverged
            monitors = training.measure_layers(self.network, self.splits.train, MONITORS)
        well, scores = self._finite(), (name for name in row if name.startswith(("train_", "validation_")))
        measures = {name: np.where(well, row[name], np.nan) for name in scores}
        for history, some in zip(self.histories, self.members, strict=True):
            history.append({"epoch": epoch} | {name: value[some] for name, value in (measures | monitors).items()})
        if self.keep_path:
            arrays = [*self.network.weights, *self.network.biases]
            self.paths.append([np.concatenate([p[some.start].ravel() for p in arrays]) for some in self.members])

    def _finite(self) -> Array:
        """Which networks have not diverged by now, (R,): infinite weights may leave saturated outputs finite."""
        arrays = self.network.parameters.values()
        return np.logical_and.reduce([self.costs_finite, *(np.isfinite(p).all(axis=(-2, -1)) for p in arrays)])

    def _check(self, row: Row | None = None) -> None:
        """Note which replicas have met which targets by now, from a row measured already where it will do."""
        part, some = self.setup.part, self.setup.check_on
        if row is None or some is not None:
            measures = training.measure(self.network, self.scored.take(slice(0, some)), self.settings.measures)
            row = {f"{part}_{name}": value for name, value in measures.items()}
        for target, times in self.updates.items():
            met = target.met(row[f"{part}_{target.measure}"])
            times[np.isnan(times) & met] = self.state.steps

    def _limit(self) -> ThreadLimit:
        """As many BLAS threads as the training itself takes."""
        return ThreadLimit(training.blas_threads(self.network, self.settings, len(self.splits.train)))

    def results(self) -> list[CostResult]:
        """What each trial of the set did; a network that left the finite numbers has never arrived."""
        last, part, done = self.state.history.last(), self.setup.part, len(self.state.history)
        # Networks that no step of their optimiser moves any more would stay as they are in the epochs that are left.
        epochs = self.settings.epochs if is_finished(self.settings.optimizer, self.state.memory) else done
        well, names = self._finite(), [name for name in ("cost", *MEASURES) if f"{part}_{name}" in last]
        final = {name: np.where(well, last[f"{part}_{name}"], np.nan) for name in names}
        diverged = ~np.isfinite(final["error"])
        with self._limit():
            recall, slopes = _by_class(self.network, self.scored)
        recall = np.where(well[:, np.newaxis], recall, np.nan)
        return [
            CostResult(
                cost=trial.cost,
                learning_rate=trial.learning_rate,
                epochs=epochs,
                steps=self.state.steps // done * epochs,
                budget=self.settings.epochs,
                history=self.histories[k],
                updates={target: np.where(diverged, np.nan, times)[some] for target, times in self.updates.items()},
                final={name: values[some] for name, values in final.items()},
                recall=recall[some],
                slopes=slopes[some],
                path=np.stack([paths[k] for paths in self.paths]) if self.paths else None,
            )
            for k, (trial, some) in enumerate(zip(self.trials, self.members, strict=True))
            if k < self.wanted
        ]


def _spread(epochs: int) -> set[int]:
    """The epochs to record: all of a few, else some 120, even and towards the start."""
    if epochs <= ALL_RECORDED:
        return set(range(1, epochs + 1))
    early, even = np.geomspace(1, epochs, RECORDED // 2), np.linspace(1, epochs, RECORDED // 2)
    return {int(epoch) for epoch in np.rint(np.concatenate([early, even]))}


def _by_class(network: Network, data: Dataset) -> tuple[Array, Array]:
    """Recall of each class and mean slope of each output neuron over the data, (R, k) each.

    A network with an output that is not finite has no recall, NaN, as it has no accuracy.
    """
    outputs, slopes = [], []
    with np.errstate(over="ignore", invalid="ignore"):
        for x, _ in training.batches_to_measure(network, data):
            zs, activations = network.forward(x)
            outputs.append(activations[-1].mT)
            slopes.append(network.activations[-1].slope(zs[-1]))
    # Added up at once: how many examples a batch has depends on the replicas, and with it how partial sums round.
    mean_slopes = np.ascontiguousarray(np.concatenate(slopes, axis=-1)).mean(axis=-1, dtype=np.float64)
    predicted = labels(np.concatenate(outputs, axis=-2))
    right = np.where((predicted == NO_CLASS).any(axis=-1, keepdims=True), np.nan, predicted == data.labels)
    members = (data.labels == k for k in range(max(2, data.n_out)))
    recall = [right[:, those].mean(axis=-1) if those.any() else np.full(len(right), np.nan) for those in members]
    return np.stack(recall, axis=-1), mean_slopes
