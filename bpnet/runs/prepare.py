"""From a config to what it describes: the data dealt and scaled, the network made, the training settled."""

import hashlib
import inspect
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bpnet.config import Config
from bpnet.data import SCALINGS, Dataset, Scaling, Splits, split
from bpnet.datasets import DATASETS, load
from bpnet.errors import UsageError
from bpnet.initializers import initializer
from bpnet.model import Model
from bpnet.network import Network
from bpnet.optimizers import OPTIMIZERS, SCHEDULES
from bpnet.runs.advice import advise
from bpnet.training import Settings


@dataclass(frozen=True)
class Prepared:
    """Everything a run needs: the config with its `auto` values decided, the data as loaded and as dealt and scaled."""

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
        return _digest(self.dataset)

    @property
    def advice(self) -> tuple[str, ...]:
        """What the data speak against in the config, a sentence each; mostly there is none."""
        return advise(self.config, self.splits.train)

    def plan(self) -> dict[str, Any]:
        """What would be done: layers, parameters, examples of each part, steps; what --dry-run prints."""
        steps = -(-len(self.splits.train) // (self.settings.batch_size or len(self.splits.train)))
        return {
            "name": self.config.name,
            "layers": self.network.sizes,
            "activations": [activation.name for activation in self.network.activations],
            "parameters": self.network.parameters,
            "cost": self.network.cost.name,
            "examples": {name: len(part) for name, part in self.splits.present().items()},
            "shapes": {name: [list(part.x.shape), list(part.y.shape)] for name, part in self.splits.present().items()},
            "classes": list(self.model.classes),
            "steps_per_epoch": steps,
            "epochs": self.settings.epochs,
            "steps": steps * self.settings.epochs,
        }


def prepare(config: Config, dataset: Dataset | None = None) -> Prepared:
    """Load, deal and scale the data of a config and make its network; a dataset loaded before is taken as it is.

    Raises:
        UsageError: parts of the config that do not fit each other or the data.
        DataError: data that cannot be had or read.
    """
    dataset = load_data(config) if dataset is None else dataset
    config = decide(config, dataset)
    if config.network.output == "softmax":
        dataset = dataset.one_hot()
    splits, scaling, target_scaling = _scaled(config, deal(config, dataset))
    sizes = [dataset.n_in, *config.network.hidden, dataset.n_out]
    network = make_network(config, sizes)
    model = Model(network, dataset.classes, dataset.features, dataset.image, scaling, target_scaling, dataset.target)
    return Prepared(config, dataset, splits, model, settle(config))


def load_data(config: Config) -> Dataset:
    """The dataset that a config names, with its options; the toys' points come from data.seed."""
    loader = DATASETS[config.data.name]
    seeded = {"seed": config.data.seed} if "seed" in inspect.signature(loader).parameters else {}
    return load(config.data.name, **config.data.options, **seeded)


def decide(config: Config, dataset: Dataset) -> Config:
    """The config with its `auto` values replaced: sigmoid and ce for classes, linear and mse for quantities.

    Raises:
        UsageError: an output or a cost that cannot serve the data's targets.
    """
    output, cost = config.network.output, config.train.cost
    if output == "auto":
        output = "sigmoid" if dataset.classes else "linear"
    if cost == "auto":
        cost = "ce" if output in ("sigmoid", "softmax") else "mse"
    if output == "softmax" and not dataset.classes:
        raise UsageError(
            f"network.output: softmax names classes, but the targets of {config.data.name!r} are quantities; "
            f"take 'linear', or 'auto'"
        )
    if config.data.scale_target != "none" and dataset.classes:
        raise UsageError(
            f"data.scale_target: the targets of {config.data.name!r} are classes, which are not scaled; take 'none'"
        )
    network = config.network.model_copy(update={"output": output})
    return config.model_copy(update={"network": network, "train": config.train.model_copy(update={"cost": cost})})


def deal(config: Config, dataset: Dataset) -> Splits:
    """The dataset in the parts that the config asks for."""
    parts = config.data.split
    return split(dataset, parts.validation, parts.test, parts.train, parts.shuffle, config.data.seed)


def _scaled(config: Config, splits: Splits) -> tuple[Splits, Scaling | None, Scaling | None]:
    """The parts scaled by what the training part showed, and the scalings."""
    if config.data.scale == "none" and config.data.scale_target == "none":
        return splits, None, None
    scaling = SCALINGS[config.data.scale](splits.train.x) if config.data.scale != "none" else None
    target = SCALINGS[config.data.scale_target](splits.train.y) if config.data.scale_target != "none" else None
    parts: dict[str, Dataset] = {}
    for name, part in splits.present().items():
        x = scaling.apply(part.x) if scaling else part.x
        parts[name] = replace(part, x=x, y=target.apply(part.y) if target else part.y)
    return Splits(parts["train"], parts.get("validation"), parts.get("test")), scaling, target


def make_network(config: Config, sizes: list[int], seed: Any = None, cost: str | None = None) -> Network:
    """The network of a config with its `auto` values decided; several seeds make replicas, another cost a rival."""
    section = config.network
    return Network(
        sizes,
        cost=cost or config.train.cost,
        activation=section.activation,
        output=section.output,
        init=initializer(section.init.name, **section.init.options),
        init_scale=section.init_scale,
        output_bias=section.output_bias,
        seed=config.seed if seed is None else seed,
        dtype=section.dtype,
    )


def settle(config: Config) -> Settings:
    """The train section as the loop takes it."""
    section = config.train
    schedule = section.schedule
    return Settings(
        epochs=section.epochs,
        batch_size=None if section.batch_size == "full" else section.batch_size,
        learning_rate=section.learning_rate,
        optimizer=OPTIMIZERS[section.optimizer.name](**section.optimizer.options),
        l2=section.l2,
        l1=section.l1,
        dropout=section.dropout,
        early_stopping=section.early_stopping,
        schedule=None if schedule is None else SCHEDULES[schedule.name](**schedule.options),
        monitor=tuple(section.monitor),
        seed=config.seed,
    )


def _digest(dataset: Dataset) -> str:
    total = hashlib.sha256()
    for array in (dataset.x, dataset.y):
        total.update(f"{array.dtype.str} {array.shape}".encode())
        total.update(np.ascontiguousarray(array).data)
    return total.hexdigest()
