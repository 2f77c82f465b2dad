"""The race itself: every cost from the same first weights, through the same order of examples, all seeds at once.

An `Entry` is one cost under one condition, a network with a replica per seed. Entries that differ only in their first
weights or in their learning rate are stacked on the replica axis and trained as one set; a `Lane` is what an entry did.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet import training
from bpnet.comparison.targets import Target
from bpnet.data import Dataset
from bpnet.metrics import labels
from bpnet.network import Network
from bpnet.training import Settings, State

Array = NDArray[Any]

RECORDED = 300
MONITORS = ("saturation", "wrong_saturation", "slope", "delta_norm", "gradient_norm")


@dataclass(frozen=True)
class Entry:
    """One cost under one condition, ready to start; `rate` is its learning rate, `like` what it can be stacked by."""

    condition: Mapping[str, Any]
    cost: str
    rate: float
    network: Network
    settings: Settings
    train: Dataset
    validation: Dataset | None
    like: str = ""

    @property
    def scored(self) -> Dataset:
        """Where targets are measured: the validation part, else the training part."""
        return self.train if self.validation is None else self.validation


@dataclass(frozen=True)
class Lane:
    """What an entry did. e recorded epochs, from 0 (before training), of at most 300 spread over the run; s seeds.

    `curves` has for each measure and monitor (e, s). `arrived` and `updates` have for each target the epochs and the
    mini-batches until it was met, (s,), NaN for never; `limit` and `limit_updates` are how many there were. `final` has
    each measure at the end, (s,); `recall`, `slopes` : (s, k), of each class and its output neuron.
    """

    condition: Mapping[str, Any]
    cost: str
    rate: float
    epochs: Array
    curves: Mapping[str, Array]
    arrived: Mapping[str, Array]
    updates: Mapping[str, Array]
    limit: int
    limit_updates: int
    final: Mapping[str, Array]
    recall: Array
    slopes: Array
    path: Array | None = None

    @property
    def diverged(self) -> int:
        """How many seeds left the finite numbers."""
        return int((~np.isfinite(self.final["error"])).sum())


@dataclass(frozen=True)
class Rules:
    """What is watched, and when to end early.

    Targets are checked every `check_every` mini-batches (None: every epoch), on the first `check_on` examples of the
    validation part, else of the training part (None: on all). A run ends once all `shown` epochs are over and every
    replica has met every target (None: it runs its epochs). `keep_path` notes the parameters too.
    """

    targets: tuple[Target, ...]
    check_every: int | None = None
    check_on: int | None = None
    shown: int | None = None
    keep_path: bool = False


def race(entries: Sequence[Entry], rules: Rules, on_epoch: Callable[[State], object] | None = None) -> list[Lane]:
    """Run every entry and return its lane, in the order given."""
    lanes: dict[int, Lane] = {}
    groups: dict[tuple[str, str], list[int]] = {}
    for k, entry in enumerate(entries):
        groups.setdefault((entry.cost, entry.like or str(k)), []).append(k)
    for numbers in groups.values():
        members = [entries[k] for k in numbers]
        lanes |= dict(zip(numbers, _together(members, rules, on_epoch), strict=True))
    return [lanes[k] for k in range(len(entries))]


def stacked(networks: Sequence[Network]) -> Network:
    """One set of replicas out of several of the same shape; its arrays are copies."""
    whole = Network.__new__(type(networks[0]))
    whole.__dict__ |= vars(networks[0])
    layers = range(len(networks[0].weights))
    whole.weights = [np.concatenate([network.weights[layer] for network in networks]) for layer in layers]
    whole.biases = [np.concatenate([network.biases[layer] for network in networks]) for layer in layers]
    return whole


def _together(members: Sequence[Entry], rules: Rules, on_epoch: Callable[[State], object] | None) -> list[Lane]:
    """Train entries of one cost as one set of replicas, watched."""
    first = members[0]
    network = stacked([entry.network for entry in members])
    sizes = [len(entry.network.weights[0]) for entry in members]
    rates = np.repeat([entry.rate for entry in members], sizes).astype(network.dtype)[:, np.newaxis, np.newaxis]
    measures = tuple(t.metric for t in rules.targets if t.metric == "max_error")
    settings = replace(first.settings, learning_rate=rates, measures=measures)
    watch = _Watch(first, network, settings, rules, on_epoch)
    watch.before()
    state = training.train(
        network,
        first.train,
        settings,
        first.validation,
        on_epoch=watch.epoch,
        stopped=watch.all_there,
        on_step=watch.step if rules.check_every else None,
    )
    ends = np.cumsum(sizes)
    return [watch.lane(entry, state, slice(end - n, end)) for entry, n, end in zip(members, sizes, ends, strict=True)]


class _Watch:
    """What is noted of a set of replicas while it trains."""

    def __init__(
        self,
        entry: Entry,
        network: Network,
        settings: Settings,
        rules: Rules,
        on_epoch: Callable[[State], object] | None,
    ) -> None:
        self.entry, self.network, self.settings, self.rules = entry, network, settings, rules
        self.on_epoch = on_epoch
        self.part = "train" if entry.validation is None else "validation"
        self.steps = -(-len(entry.train) // min(settings.batch_size or len(entry.train), len(entry.train)))
        self.noted = _spread(rules.shown or settings.epochs)
        self.rows: list[dict[str, Any]] = []
        self.path: list[Array] = []
        replicas = len(network.weights[0])
        self.arrived = {str(t): np.full(replicas, np.nan) for t in rules.targets}
        self.updates = {str(t): np.full(replicas, np.nan) for t in rules.targets}
        self.scored = entry.scored.take(slice(0, rules.check_on))

    def before(self) -> None:
        """Note how things stand before the first step."""
        with np.errstate(over="ignore", invalid="ignore"):
            sets = {"train": self.entry.train, "validation": self.entry.validation}
            row = training.measure_epoch(self.network, sets, self.settings)
            self._note({"epoch": 0, **row})
        self._check(row, 0)

    def step(self, state: State) -> None:
        """Check the targets every so many mini-batches, where asked."""
        if self.rules.check_every and state.steps % self.rules.check_every == 0:
            self._check(None, state.steps)

    def epoch(self, state: State) -> None:
        """Check the targets and note a row, where it is one to note."""
        row = state.history.last()
        if not self.rules.check_every:
            self._check(row, state.steps)
        if row["epoch"] in self.noted:
            self._note(row)
        if self.on_epoch is not None:
            self.on_epoch(state)

    def all_there(self) -> bool:
        """Whether all that is shown has been, and every replica has met every target: a stop that loses nothing."""
        if self.rules.shown is None or self.rows[-1]["epoch"] < self.rules.shown:
            return False
        return not any(np.isnan(times).any() for times in self.arrived.values())

    def _note(self, row: Mapping[str, Any]) -> None:
        watched = replace(self.settings, monitor=MONITORS)
        monitors = training.measure_layers(self.network, self.entry.train, watched, [])
        self.rows.append({"epoch": row["epoch"], **{k: v for k, v in row.items() if "_" in k}, **monitors})
        if self.rules.keep_path:
            arrays = [*self.network.weights, *self.network.biases]
            self.path.append(np.concatenate([p.reshape(len(p), -1) for p in arrays], axis=1))

    def _check(self, row: Mapping[str, Any] | None, steps: int) -> None:
        """Note which replicas have met which targets by now, from a row measured already where it will do."""
        if row is None or self.rules.check_on is not None:
            found = training.measure(self.network, self.scored, self.settings.measures)
            row = {f"{self.part}_{name}": value for name, value in found.items()}
        for t in self.rules.targets:
            name = str(t)
            new = np.isnan(self.updates[name]) & t.met(np.atleast_1d(row[f"{self.part}_{t.metric}"]))
            self.updates[name][new] = steps
            self.arrived[name][new] = -(-steps // self.steps)

    def lane(self, entry: Entry, state: State, some: slice) -> Lane:
        """The part of what was noted that belongs to one entry."""
        names = [name for name in self.rows[0] if name not in ("epoch", "learning_rate")]
        columns = {name: np.stack([np.atleast_1d(row[name]) for row in self.rows])[:, some] for name in names}
        last = state.history.last()
        measured = ("cost", "error", "max_error", "accuracy", "r2")
        final = {m: np.atleast_1d(last[f"{self.part}_{m}"])[some] for m in measured if f"{self.part}_{m}" in last}
        recall, slopes = _by_class(self.network, entry.scored, some)
        return Lane(
            entry.condition,
            entry.cost,
            entry.rate,
            np.array([row["epoch"] for row in self.rows]),
            columns,
            {name: times[some] for name, times in self.arrived.items()},
            {name: times[some] for name, times in self.updates.items()},
            len(state.history),
            state.steps,
            final,
            recall,
            slopes,
            np.stack([p[some] for p in self.path]) if self.path else None,
        )


def _spread(epochs: int) -> set[int]:
    """The epochs to note: all of a few, else some 300, even and towards the start."""
    if epochs <= RECORDED:
        return set(range(1, epochs + 1))
    early = np.geomspace(1, epochs, RECORDED // 2)
    even = np.linspace(1, epochs, RECORDED // 2)
    return {int(epoch) for epoch in np.rint(np.concatenate([early, even]))}


def _by_class(network: Network, data: Dataset, some: slice) -> tuple[Array, Array]:
    """Recall of each class and mean slope of each output neuron over the scored part, (s, k) each."""
    outputs, slopes, count = [], 0.0, 0
    with np.errstate(over="ignore", invalid="ignore"):
        for x, _ in training.batches_to_measure(network, data):
            zs, activations = network.forward(x)
            outputs.append(activations[-1][some].mT)
            slopes = slopes + network.activations[-1].slope(zs[-1][some]).sum(axis=-1, dtype=np.float64)
            count += x.shape[-1]
    right = labels(np.concatenate(outputs, axis=-2)) == data.labels
    members = (data.labels == k for k in range(max(2, data.n_out)))
    recall = [right[:, those].mean(axis=-1) if those.any() else np.full(len(right), np.nan) for those in members]
    return np.stack(recall, axis=-1), np.asarray(slopes) / count
