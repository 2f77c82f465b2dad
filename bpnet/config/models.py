"""The config itself: every key with its type, its domain, its default and what it means."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, Strict

from bpnet.activations import ACTIVATIONS
from bpnet.config.fields import Choice, OneOf, Section, among, refused_as
from bpnet.config.locations import Key, dotted
from bpnet.costs import COSTS
from bpnet.datasets import DATASETS
from bpnet.datasets.scaling import SCALINGS
from bpnet.initializers import INITIALIZERS
from bpnet.optimizers import OPTIMIZERS, SCHEDULES
from bpnet.recurrent import INITIAL_STATES, KINDS
from bpnet.training import MONITORS

NAME = r"^[\p{L}\p{N}_-][\p{L}\p{M}\p{N}._-]*$"  # letters, marks and digits of every script

Part = Annotated[
    Annotated[int, Field(ge=0)] | Annotated[float, Field(ge=0, lt=1)],
    refused_as("is neither a count such as 1000 nor a share below 1 such as 0.2; write one of these"),
]
BatchSize = Annotated[
    Annotated[int, Field(ge=1)] | Literal["full"],
    refused_as("is neither a whole number from 1 nor full; write one of these"),
]
Layers = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Strict(False)]
Hidden = among(
    "activation of a hidden layer", lambda: [name for name, entry in ACTIVATIONS.items() if entry.mixes is None]
)
Output = among("activation of the output layer", lambda: ["auto", *ACTIVATIONS])
Monitors = Annotated[tuple[Annotated[str, among("monitor", lambda: MONITORS)], ...], Strict(False)]
Cost = Annotated[str, among("cost", lambda: ["auto", *COSTS])]
Kind = Annotated[str, among("kind of network", lambda: KINDS)]
InitialState = Annotated[str, among("initial state", lambda: INITIAL_STATES)]
Precision = Annotated[str, among("dtype", lambda: ["float32", "float64"])]
InputScaling = Annotated[str, among("scaling", lambda: ["none", *SCALINGS])]
TargetScaling = Annotated[str, among("scaling of a target", lambda: ["none", "standard"])]


class SplitSection(Section):
    """How the examples are divided: a whole number is a count, a number below 1 a share."""

    train: Part = Field(0, description="The size of the training set; 0 takes all that the other sets leave.")
    validation: Part = Field(0, description="The size of the validation set, which is measured in every epoch.")
    test: Part = Field(0, description="The size of the test set; 0 takes the published test set, if there is one.")
    shuffle: bool | None = Field(
        None, description="Whether to shuffle first; null does so unless there is a published test set."
    )


class DataSection(Choice):
    """The data to train on."""

    name: Annotated[str, among("dataset", lambda: DATASETS)] = Field(description="The dataset to train on.")
    split: SplitSection = Field({}, validate_default=True, description="How the examples are divided.")
    scale: InputScaling = Field("none", description="How inputs are scaled, fitted to the training set.")
    scale_target: TargetScaling = Field("none", description="How the targets of a regression are scaled.")
    seed: int = Field(0, ge=0, description="The seed of the split, and of the points of a generated dataset.")


DATASET = OneOf("dataset", DATASETS, DataSection, bare=False)
INIT = OneOf("initialiser", INITIALIZERS)
OPTIMIZER = OneOf("optimiser", OPTIMIZERS)
SCHEDULE = OneOf("schedule", SCHEDULES)

Init = Annotated[Choice, INIT]
Optimizer = Annotated[Choice, OPTIMIZER]
Schedule = Annotated[Choice, SCHEDULE]


class NetworkSection(Section):
    """The network to train."""

    kind: Kind = Field("feedforward", description="The kind of network: feedforward, or recurrent through time.")
    hidden: Layers = Field((30,), description="The number of neurons in each hidden layer; [] means no hidden layer.")
    activation: Annotated[str, Hidden] = Field("sigmoid", description="The activation function of the hidden layers.")
    output: Annotated[str, Output] = Field(
        "auto", description="The activation function of the outputs; auto is sigmoid for classes, else linear."
    )
    init: Init = Field("default", validate_default=True, description="How the weights and biases are initialised.")
    init_scale: float = Field(1.0, gt=0, description="The factor that initial weights and biases are multiplied by.")
    output_bias: float = Field(0.0, description="The number added to the initial biases of the output layer.")
    dtype: Precision = Field("float32", description="The precision of the numbers.")
    steps: int | None = Field(
        None, ge=1, description="The time steps of a recurrent network, equal parts of the inputs; null: by the data."
    )
    truncate: int | None = Field(
        None, ge=1, description="How many steps the gradient of a recurrent network goes back; null is all of them."
    )
    initial_state: InitialState = Field("zero", description="The state of a recurrent network before the first step.")


class TrainSection(Section):
    """How the network is trained."""

    cost: Cost = Field("auto", description="The cost function; auto is ce for sigmoid and softmax outputs, else mse.")
    epochs: int = Field(30, ge=1, description="The number of epochs, each a pass through the training set.")
    batch_size: BatchSize = Field(10, description="The examples in a mini-batch; full is the training set.")
    learning_rate: float = Field(0.5, gt=0, description="The book's eta; a step of sgd is eta times the gradient.")
    optimizer: Optimizer = Field("sgd", validate_default=True, description="How the gradient becomes a step.")
    l2: float = Field(
        0.0, ge=0, description="The strength of L2, lambda in the book, in the gradient (not as in adamw)."
    )
    l1: float = Field(0.0, ge=0, description="The strength of L1 regularisation.")
    dropout: float = Field(0.0, ge=0, lt=1, description="The share of hidden neurons left out in each step, at random.")
    clip_norm: float | None = Field(None, gt=0, description="The largest norm of the whole gradient; null for none.")
    early_stopping: int | None = Field(
        None, ge=1, description="Epochs without a better validation score until training stops with the best weights."
    )
    schedule: Schedule | None = Field(None, description="How the learning rate changes; null keeps it constant.")
    monitor: Monitors = Field((), description="What to measure of each layer in every epoch.")
    measure_test: bool = Field(False, description="Whether the test set is measured in every epoch too.")


class Config(Section):
    """All that a run depends on, every value decided but the ones that are `auto`."""

    name: str = Field("config", pattern=NAME, description="The name of the run; by default that of the config file.")
    seed: int = Field(0, ge=0, description="The seed of initial weights, shuffling and dropout.")
    data: Annotated[DataSection, DATASET] = Field(description="The data to train on.")
    network: NetworkSection = Field({}, validate_default=True, description="The network to train.")
    train: TrainSection = Field({}, validate_default=True, description="How the network is trained.")


class ArraysSection(DataSection):
    """Data that are handed over as arrays, which no file can name."""

    name: Literal["arrays"] = "arrays"


class ArraysConfig(Config):
    """A config whose data are handed over as arrays."""

    data: ArraysSection = Field({}, validate_default=True)


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


def as_mapping(config: Config) -> dict[str, Any]:
    """A config as the plain values that would make it again; a choice without options is its name alone."""
    values = config.model_dump()
    values["data"] = {"name": config.data.name} | config.data.options | values["data"]
    return {key: _plain(value) for key, value in values.items()}


def _plain(value: object) -> object:
    """A dumped value with lists for tuples, and bare names."""
    if isinstance(value, dict):
        return value["name"] if value.keys() == {"name"} else {key: _plain(inner) for key, inner in value.items()}
    return list(value) if isinstance(value, tuple) else value


def values(config: Config) -> dict[str, Any]:
    """Every value of a config by its key, such as train.epochs, in the order that `dump` writes them."""
    return {dotted(key): value for key, value in leaves(as_mapping(config)).items()}


def leaves(values: Mapping[str, object], section: Key = ()) -> dict[Key, object]:
    """The values of a nested mapping that are no mappings themselves, by key."""
    by_key: dict[Key, object] = {}
    for name, value in values.items():
        key = (*section, name)
        by_key |= leaves(value, key) if isinstance(value, dict) else {key: value}
    return by_key
