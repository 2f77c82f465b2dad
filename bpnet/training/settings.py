"""What training is given and what it changes: the network as the loop sees it, the settings, the state."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bpnet.activations import Activation
from bpnet.errors import UsageError
from bpnet.history import History
from bpnet.optimizers import Optimizer, Schedule, Sgd

Array = NDArray[Any]
Gradients = tuple[list[Array], list[Array]]


class Trainable(Protocol):
    """What the loop needs of a network."""

    biases: list[Array]
    weights: list[Array]
    activations: list[Activation]
    dtype: np.dtype[Any]

    @property
    def replicas(self) -> int | None:
        """How many networks these are; None for a single one."""

    def forward(self, x: Array, masks: list[Array] | None = None) -> tuple[list[Array], list[Array]]:
        """Weighted inputs and activations of every layer."""

    def backprop(
        self,
        x: Array,
        y: Array,
        out: Gradients | None = None,
        masks: list[Array] | None = None,
        scale: float = 1.0,
    ) -> Gradients:
        """The gradient of the cost, summed over the columns of x, times the scale."""

    def data_cost(self, z: Array, a: Array, y: Array) -> Array:
        """The cost of each example, (..., m)."""

    def dropout_masks(self, share: float, m: int, rngs: Sequence[np.random.Generator]) -> list[Array]:
        """What to multiply the hidden activations with."""


@dataclass(frozen=True)
class Settings:
    """How to train. `learning_rate` is the book's eta, `l2` its lmbda, `batch_size` its mini_batch_size.

    batch_size None takes all examples in every step. A learning rate of shape (R, 1, 1) gives each replica its own.
    `seed` gives the order of the examples and the dropout; a sequence gives each replica its own, a single number
    deals all replicas the same order. `early_stopping` ends after that many epochs without a better validation score
    (accuracy, or R2 for quantities) and puts back the best weights. `measures` are taken besides the usual.
    """

    epochs: int
    batch_size: int | None
    learning_rate: Any
    optimizer: Optimizer = field(default_factory=Sgd)
    l2: float = 0.0
    l1: float = 0.0
    dropout: float = 0.0
    early_stopping: int | None = None
    schedule: Schedule | None = None
    monitor: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    seed: int | Sequence[int] = 0

    def __post_init__(self) -> None:
        rates = np.asarray(self.learning_rate, dtype=np.float64)
        checks = (
            (_counts(self.epochs), f"epochs {self.epochs!r}: a whole number from 1"),
            (
                self.batch_size is None or _counts(self.batch_size),
                f"batch size {self.batch_size!r}: a whole number from 1",
            ),
            (bool((np.isfinite(rates) & (rates > 0)).all()), f"learning rate {self.learning_rate!r}: above 0"),
            (self.l2 >= 0 and self.l1 >= 0, f"penalties {self.l2!r} and {self.l1!r}: 0 or above"),
            (0 <= self.dropout < 1, f"dropout {self.dropout!r}: from 0 to below 1"),
        )
        for right, sentence in checks:
            if not right:
                raise UsageError(sentence)

    def seeds(self) -> list[int]:
        """The seeds of the order and the dropout, one in all or one per replica."""
        return [int(seed) for seed in np.atleast_1d(self.seed)]


@dataclass(frozen=True)
class Room:
    """Arrays written over in every step, made once: the gradients, and `spare` arrays like the weights."""

    nabla: Gradients
    spare: list[Array]

    @classmethod
    def of(cls, network: Trainable) -> "Room":
        """Room for a network's steps."""
        biases, weights = network.biases, network.weights
        nabla = [np.empty_like(b) for b in biases], [np.empty_like(w) for w in weights]
        return cls(nabla, [np.empty_like(w) for w in weights])


@dataclass
class State:
    """All that training changes besides the parameters; with them and the settings, a run goes on as if never stopped.

    `slots` are the optimiser's memory, an entry for each bias and then each weight matrix; `steps` counts
    mini-batches; `best` holds the best weights so far where early stopping asks for them.
    """

    slots: list[list[Array]]
    history: History = field(default_factory=History)
    steps: int = 0
    best: list[Array] | None = None


def start(network: Trainable, settings: Settings) -> State:
    """The state before the first epoch."""
    parameters = network.biases + network.weights
    return State([[np.zeros_like(p) for _ in range(settings.optimizer.slots)] for p in parameters])


def _counts(number: Any) -> bool:
    """Whether a number counts something: a whole one from 1."""
    return not isinstance(number, bool) and isinstance(number, int | np.integer) and int(number) >= 1
