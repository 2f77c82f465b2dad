"""The config itself: every key with its type, its domain, its default and what it means."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, Strict

from bpnet.activations import ACTIVATIONS
from bpnet.config.fields import Among, Choice, OneOf, Section, otherwise
from bpnet.config.options import models
from bpnet.config.places import Key, written
from bpnet.costs import COSTS
from bpnet.data import SCALINGS
from bpnet.datasets import DATASETS
from bpnet.initializers import INITIALIZERS
from bpnet.optimizers import OPTIMIZERS, SCHEDULES
from bpnet.training import MONITORS

NAME = r"^[A-Za-z0-9_-][A-Za-z0-9._-]*$"

Part = Annotated[
    Annotated[int, Field(ge=0)] | Annotated[float, Field(ge=0, lt=1)],
    otherwise("is neither a count such as 1000 nor a share below 1 such as 0.2; write one of these"),
]
BatchSize = Annotated[
    Annotated[int, Field(ge=1)] | Literal["full"],
    otherwise("is neither a whole number from 1 nor full; write one of these"),
]
Layer = Annotated[int, Field(ge=1)]
Hidden = Among("activation of a hidden layer", tuple(name for name in ACTIVATIONS if name != "softmax"))
Output = Among("activation of the output layer", ("auto", *ACTIVATIONS))


class SplitSection(Section):
    """How the examples are dealt out: a whole number is a count, a number below 1 a share."""

    train: Part = Field(default=0, description="Examples to train on; 0 takes all that the others leave.")
    validation: Part = Field(default=0, description="Examples to watch the training by.")
    test: Part = Field(default=0, description="Examples to test on at the end; 0 keeps to a published test set.")
    shuffle: bool | None = Field(
        default=None, description="Whether to mix them first; null mixes all but data with a published test set."
    )


class DataSection(Choice):
    """What there is to learn from."""

    common: ClassVar[frozenset[str]] = frozenset({"name", "split", "scale", "scale_target", "seed"})

    name: str = Field(description="The dataset to learn.", json_schema_extra={"enum": list(DATASETS)})
    split: SplitSection = Field(default={}, validate_default=True, description="How the examples are dealt out.")
    scale: Annotated[str, Among("scaling", ("none", *SCALINGS))] = Field(
        default="none", description="How the inputs are scaled, by what the training part shows."
    )
    scale_target: Annotated[str, Among("scaling of a target", ("none", "standard"))] = Field(
        default="none", description="How targets that are quantities are scaled."
    )
    seed: int = Field(default=0, ge=0, description="The seed of the split, and of points that are made up.")


DATASET = OneOf("dataset", models("dataset", DATASETS, DataSection), bare=False)
INIT = OneOf("initialiser", models("initialiser", INITIALIZERS, Choice))
OPTIMIZER = OneOf("optimiser", models("optimiser", OPTIMIZERS, Choice))
SCHEDULE = OneOf("schedule", models("schedule", SCHEDULES, Choice))


class NetworkSection(Section):
    """What learns."""

    hidden: Annotated[tuple[Layer, ...], Strict(False)] = Field(
        default=(30,), description="The neurons of each hidden layer; [] makes a network without any."
    )
    activation: Annotated[str, Hidden] = Field(
        default="sigmoid", description="What the neurons of the hidden layers make of their weighted input."
    )
    output: Annotated[str, Output] = Field(
        default="auto", description="The same for the outputs; auto is sigmoid for classes and linear for quantities."
    )
    init: Annotated[Choice, INIT] = Field(default="default", validate_default=True, description="The first weights.")
    init_scale: float = Field(default=1.0, gt=0, description="What the first weights are multiplied with.")
    output_bias: float = Field(default=0.0, description="What is added to the first biases of the outputs.")
    dtype: Annotated[str, Among("dtype", ("float32", "float64"))] = Field(
        default="float32", description="How exactly numbers are held."
    )


class TrainSection(Section):
    """How it learns."""

    cost: Annotated[str, Among("cost", ("auto", *COSTS))] = Field(
        default="auto",
        description="What an output costs; auto is ce on sigmoid and softmax outputs of classes, or mse.",
    )
    epochs: int = Field(default=30, ge=1, description="How many times every example is seen.")
    batch_size: BatchSize = Field(default=10, description="Examples in a step; full takes all of them.")
    learning_rate: float = Field(default=0.5, gt=0, description="The length of a step, the book's eta.")
    optimizer: Annotated[Choice, OPTIMIZER] = Field(
        default="sgd", validate_default=True, description="How a gradient becomes a step."
    )
    l2: float = Field(default=0.0, ge=0, description="The penalty on squared weights, the book's lambda.")
    l1: float = Field(default=0.0, ge=0, description="The penalty on absolute weights.")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="The share of hidden neurons left out of each step.")
    early_stopping: int | None = Field(
        default=None, ge=1, description="Epochs without a better validation score until the best weights are kept."
    )
    schedule: Annotated[Choice, SCHEDULE] | None = Field(default=None, description="How the learning rate changes.")
    monitor: Annotated[tuple[Annotated[str, Among("monitor", tuple(MONITORS))], ...], Strict(False)] = Field(
        default=(), description="What else to measure of each layer in every epoch."
    )
    measure_test: bool = Field(default=False, description="Whether the test set is measured in every epoch too.")


class Config(Section):
    """All that a run depends on, every value decided but the ones that are `auto`."""

    name: str = Field(
        default="config",
        pattern=NAME,
        description="What the run's folder is called after; left out, the name of this file.",
    )
    seed: int = Field(default=0, ge=0, description="The seed of first weights, order of examples and dropout.")
    data: Annotated[DataSection, DATASET] = Field(description="What there is to learn from.")
    network: NetworkSection = Field(default={}, validate_default=True, description="What learns.")
    train: TrainSection = Field(default={}, validate_default=True, description="How it learns.")


SECTIONS: dict[Key, type[Section]] = {
    (): Config,
    ("data",): DataSection,
    ("data", "split"): SplitSection,
    ("network",): NetworkSection,
    ("train",): TrainSection,
}

CHOICES: dict[Key, OneOf] = {
    ("data",): DATASET,
    ("network", "init"): INIT,
    ("train", "optimizer"): OPTIMIZER,
    ("train", "schedule"): SCHEDULE,
}


def mapping(config: Config) -> dict[str, Any]:
    """A config as the plain values that would make it again; a choice without options is its name alone."""
    values = config.model_dump()
    values["data"] = {"name": config.data.name} | config.data.options | values["data"]
    return {key: _plain(value) for key, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return value["name"] if value.keys() == {"name"} else {key: _plain(inner) for key, inner in value.items()}
    return list(value) if isinstance(value, tuple) else value


def values(config: Config) -> dict[str, Any]:
    """Every value of a config by its key, such as train.epochs, in the order that `dump` writes them."""
    return {written(key): value for key, value in leaves(mapping(config)).items()}


def leaves(values: dict[str, Any], section: Key = ()) -> dict[Key, Any]:
    """The values of a nested mapping that are no mappings themselves, by key."""
    found: dict[Key, Any] = {}
    for name, value in values.items():
        key = (*section, name)
        found |= leaves(value, key) if isinstance(value, dict) else {key: value}
    return found
