"""From a config, or from arrays and keywords, to an experiment: data dealt and scaled, network, settings."""

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bpnet import config as configs
from bpnet import training
from bpnet.activations import Array
from bpnet.config import Config
from bpnet.config.violations import truncated_within_steps
from bpnet.costs import Cost, check_targets
from bpnet.data import Dataset, Splits
from bpnet.datasets import DATASETS, load
from bpnet.datasets.examples import as_dataset, digest
from bpnet.datasets.scaling import scaled
from bpnet.datasets.splits import split
from bpnet.errors import UsageError
from bpnet.history import Row
from bpnet.initializers import initializer
from bpnet.metrics import score
from bpnet.model import Model
from bpnet.network import Network
from bpnet.optimizers import OPTIMIZERS, SCHEDULES
from bpnet.recurrent import KINDS, RecurrentNetwork
from bpnet.seeds import Seed
from bpnet.training import Settings, State

COMMON = ("activation", "output", "init_scale", "output_bias", "dtype")  # keys that are arguments of any network
RECURRENT = (*COMMON, "steps", "truncate", "initial_state")


@dataclass(frozen=True)
class Experiment:
    """Everything a training needs. `config` has its `auto` values decided, `dataset` is the data as loaded."""

    config: Config
    dataset: Dataset
    splits: Splits
    model: Model
    settings: Settings

    @property
    def network(self) -> Network:
        """The network to train."""
        return self.model.network

    @property
    def data_sha256(self) -> str:
        """The digest of the data before they were scaled."""
        return digest([self.dataset])

    def start(self) -> State:
        """The state before the first epoch."""
        return training.start(self.network, self.settings)

    def epochs(self, state: State | None = None) -> Iterator[State]:
        """Train, giving the state after each epoch (`training.epochs`)."""
        test = self.splits.test if self.config.train.measure_test else None
        parts = {"validation": self.splits.validation, "test": test}
        return training.epochs(self.network, self.splits.train, self.settings, **parts, state=state)

    @np.errstate(over="ignore", invalid="ignore")
    def measure(self, known: Row | None = None) -> dict[str, Row]:
        """Cost (penalties and all), error and accuracy or R2 of the network on each part; per replica.

        `known` is the last epoch's row where the network is as that epoch left it; what it has is not measured again.
        """
        extra = training.measures.plain(training.penalty(self.network, self.settings, len(self.splits.train)))
        rows: dict[str, Row] = {}
        for part, data in self.splits.present.items():
            if known and f"{part}_cost" in known:
                rows[part] = {name: known[f"{part}_{name}"] for name in ("cost", "error", score(data.kind))}
            else:
                row = training.measure(self.network, data)
                rows[part] = row | {"cost": row["cost"] + extra}
        return rows

    def replicas(self, seeds: Sequence[int], cost: str | Cost | None = None, kind: type[Network] = Network) -> Network:
        """The network once for each seed, perhaps under another cost, which must fit, or of a subclass of Network."""
        network = _network(self.config, self.network.sizes, list(seeds), cost or self.config.train.cost, kind)
        check_targets(network.cost, self.splits.train.y)
        return network


def from_config(config: Config, dataset: Dataset | None = None) -> Experiment:
    """Load, deal and scale the data of a config and make its network; a dataset loaded before is taken as it is.

    Raises:
        UsageError: parts of the config that do not fit each other or the data.
        DataError: data that cannot be had or read.
    """
    dataset = _loaded(config) if dataset is None else dataset
    config = _decided(config, dataset)
    learned = dataset.one_hot() if config.network.output == "softmax" else dataset
    parts = config.data.split
    dealt = split(learned, parts.validation, parts.test, parts.train, parts.shuffle, config.data.seed)
    splits, scaling, target_scaling = scaled(dealt, config.data.scale, config.data.scale_target)
    network = _network(config, [learned.n_in, *config.network.hidden, learned.n_out], config.seed, config.train.cost)
    check_targets(network.cost, splits.train.y)
    model = Model(network, dataset.classes, dataset.features, dataset.image, scaling, target_scaling, dataset.target)
    return Experiment(config, dataset, splits, model, _settings(config))


def from_arrays(x: Array, y: Array, **keywords: object) -> Experiment:
    """The same for data at hand, with any key of a config by its plain name.

        experiment = from_arrays(x, y, hidden=[30], cost="ce", epochs=10, validation=0.2)

    x : (n, n_in); y : (n, n_out), or class numbers (integers) or quantities, (n,) or (n, 1). A Dataset with names for
    its classes and features goes to `from_config`. Keywords or values that a config does not take, and arrays that do
    not fit each other, are a UsageError.
    """
    x, y = np.asarray(x), np.asarray(y)
    counts_classes = y.size == len(x) and y.dtype.kind in "iu" and y.max(initial=0) > 1
    n_out = int(y.max()) + 1 if counts_classes else y.size // max(1, len(y))
    return from_config(configs.from_keywords(**keywords), as_dataset((x, y), n_out))


def _loaded(config: Config) -> Dataset:
    """The dataset that a config names, with its options; the toys' points come from data.seed."""
    loader = DATASETS[config.data.name]
    seeded = {"seed": config.data.seed} if "seed" in inspect.signature(loader).parameters else {}
    return load(config.data.name, **config.data.options, **seeded)


def _decided(config: Config, dataset: Dataset) -> Config:
    """The config with its `auto` values replaced: sigmoid and ce for classes, linear and mse for quantities."""
    output, cost, name = config.network.output, config.train.cost, config.data.name
    if output == "auto":
        output = "sigmoid" if dataset.classes else "linear"
    if cost == "auto":
        cost = "ce" if output in ("sigmoid", "softmax") else "mse"
    if output == "softmax" and not dataset.classes:
        remedy = "take 'linear', or 'auto'"
        raise UsageError(f"network.output: softmax names classes, but the targets of {name!r} are quantities; {remedy}")
    if config.data.scale_target != "none" and dataset.classes:
        raise UsageError(f"data.scale_target: the targets of {name!r} are classes, which are not scaled; take 'none'")
    steps = _steps(config, dataset) if config.network.kind == "recurrent" else None
    network = config.network.model_copy(update={"output": output, "steps": steps})
    return config.model_copy(update={"network": network, "train": config.train.model_copy(update={"cost": cost})})


def _steps(config: Config, dataset: Dataset) -> int:
    """The time steps for a recurrent network: as the config says, those of a sequence, or the rows of an image."""
    steps = config.network.steps or dataset.steps or (dataset.image[0] if dataset.image else 0)
    if not steps:
        name, n = config.data.name, dataset.n_in
        raise UsageError(f"network.steps: {name!r} has no steps of its own; say in how many to cut its {n} inputs")
    if sentence := truncated_within_steps(config.network.truncate, steps):
        raise UsageError(f"network.truncate: {sentence}")
    return steps


def _network(config: Config, sizes: list[int], seed: Seed, cost: str | Cost, kind: type[Network] = Network) -> Network:
    """The network of a config with its `auto` values decided."""
    section = config.network
    kind = KINDS[section.kind] if kind is Network else kind
    if issubclass(kind, RecurrentNetwork) != (section.kind == "recurrent"):
        raise UsageError(f"network.kind: {section.kind}, and {kind.__name__} is no such network; take the other kind")
    names = RECURRENT if issubclass(kind, RecurrentNetwork) else COMMON
    init = initializer(section.init.name, **section.init.options)
    return kind(sizes, cost=cost, init=init, seed=seed, **{name: getattr(section, name) for name in names})


def _settings(config: Config) -> Settings:
    """The train section as the loop takes it."""
    section, schedule = config.train, config.train.schedule
    names = ("epochs", "learning_rate", "l2", "l1", "dropout", "clip_norm", "early_stopping")
    return Settings(
        **{name: getattr(section, name) for name in names},
        batch_size=None if section.batch_size == "full" else section.batch_size,
        optimizer=OPTIMIZERS[section.optimizer.name](**section.optimizer.options),
        schedule=None if schedule is None else SCHEDULES[schedule.name](**schedule.options),
        monitor=tuple(section.monitor),
        seed=config.seed,
    )
