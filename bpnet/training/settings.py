"""What training is given and what it changes: the network as the loop sees it, the settings, the state."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import numpy as np

from bpnet.activations import Activation
from bpnet.activations import Array as Array
from bpnet.errors import UsageError
from bpnet.history import History
from bpnet.optimizers import Memory, Rule, Schedule, Sgd
from bpnet.seeds import Seed, epoch_order

Parameters = dict[str, Array]
Gradients = tuple[list[Array], list[Array]]  # of biases and of weights
Pass = tuple[list[Array], list[Array], list[Array]]  # weighted inputs, activations, slopes of the hidden layers


@dataclass(frozen=True)
class Probe:
    """One layer as the monitors see it, on m examples.

    `inputs` holds for each weighted input of the layer its activation function and z : (..., n, m); a layer of
    `Network` has one. `delta` : (..., k, 1) is the gradient of the mean cost for z, summed over the examples. `weights`
    are the layer's arrays of weights by name, `gradients` those of the mean cost for them, `previous` the parameters
    before the last step where they are known. `targets` : (..., n_out, m) are there in the output layer only.
    """

    inputs: Sequence[tuple[Activation, Array]]
    delta: Array
    weights: Parameters
    gradients: Parameters
    targets: Array | None = None
    previous: Parameters = field(default_factory=dict)


class Trainable(Protocol):
    """What the loop, the optimisers, the monitors and the gradient check know of a network.

    Columns are examples: x : (n_in, m), y : (n_out, m). Every array may carry a leading axis of R replicas.
    """

    dtype: np.dtype[Any]

    @property
    def parameters(self) -> Parameters:
        """The arrays themselves by name, in a stable order; penalties are for those named `weights...` only."""

    @property
    def replicas(self) -> int | None:
        """How many networks these are; None for a single one."""

    def gradient(
        self, x: Array, y: Array, out: Parameters | None = None, scale: float = 1.0, masks: list[Array] | None = None
    ) -> Parameters:
        """The gradient of the cost for each parameter, by its name, summed over the columns of x, times `scale`."""

    def outputs_and_costs(self, x: Array, y: Array, ahead: bool = False) -> tuple[Array, Array]:
        """Outputs (..., n_out, m), and the cost of each example without penalties (..., m).

        With `ahead` the next gradient is that of these examples too, so that the forward pass may be kept for it.
        """

    def probe(self, x: Array, y: Array) -> Mapping[str, Probe]:
        """Each layer by its name, for the monitors, the output layer last."""

    def dropout_masks(self, share: float, m: int, rngs: Sequence[np.random.Generator]) -> list[Array]:
        """What dropout multiplies the activations of m examples with."""

    def with_parameters(self, parameters: Mapping[str, Array]) -> Self:
        """This network with other arrays of these names, perhaps with another replica axis or precision."""


@dataclass(frozen=True)
class Settings:
    """How to train. `learning_rate` is the book's eta, `l2` its lmbda, `batch_size` its mini_batch_size.

    batch_size None takes all examples in every step. A learning rate of shape (R, 1, 1) gives each replica its own.
    `seed` gives the order of the examples and the dropout; a sequence gives each replica its own, a single number
    deals all replicas the same order. `early_stopping` ends after that many epochs without a better validation score
    (accuracy, or R2 for quantities) and keeps the best weights. `measures` are taken besides the usual ones; with
    `measure` False an epoch measures nothing. `order` deals the examples otherwise: it maps (seed, epoch, n) to the
    order of the n examples. `clip_norm` is the largest norm of the whole gradient, penalties and all; a longer one is
    shortened to it, each replica's by itself (Pascanu et al. 2013).
    """

    epochs: int
    batch_size: int | None
    learning_rate: Any
    optimizer: Rule = field(default_factory=Sgd)
    l2: float = 0.0
    l1: float = 0.0
    dropout: float = 0.0
    early_stopping: int | None = None
    schedule: Schedule | None = None
    monitor: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    seed: Seed = 0
    order: Callable[[Seed, int, int], Array] = epoch_order
    measure: bool = True
    clip_norm: float | None = None

    def steps_per_epoch(self, n: int) -> int:
        """How many mini-batches n examples make, the last perhaps smaller."""
        return -(-n // min(self.batch_size or n, n))

    def checked(self) -> "Settings":
        """These settings, or a UsageError for a value that cannot be; a config has been checked when it was read."""
        rates, m = np.asarray(self.learning_rate, dtype=np.float64), self.batch_size
        checks = (
            (is_count(self.epochs), f"epochs {self.epochs!r}: a whole number from 1"),
            (m is None or is_count(m), f"batch size {m!r}: a whole number from 1"),
            ((np.isfinite(rates) & (rates > 0)).all(), f"learning rate {self.learning_rate!r}: above 0"),
            (self.l2 >= 0 and self.l1 >= 0, f"penalties {self.l2!r} and {self.l1!r}: 0 or above"),
            (self.clip_norm is None or self.clip_norm > 0, f"clip_norm {self.clip_norm!r}: above 0, or None for none"),
            (0 <= self.dropout < 1, f"dropout {self.dropout!r}: from 0 to below 1"),
        )
        for right, sentence in checks:
            if not right:
                raise UsageError(sentence)
        return self


@dataclass
class State:
    """All that training changes besides the parameters; with them and the settings a training can be resumed.

    `memory` is the optimiser's; `steps` counts mini-batches; `best` holds the best parameters so far where early
    stopping asks for them. Setting `stopping` ends the training before the next mini-batch: the network and the state
    are put back to the end of the last whole epoch. `paused` counts the seconds that the caller took between steps.
    """

    memory: Memory
    history: History = field(default_factory=History)
    steps: int = 0
    best: Parameters | None = None
    stopping: bool = False
    paused: float = 0.0


def is_count(number: object) -> bool:
    """Whether a number counts something: a whole one from 1."""
    return not isinstance(number, bool) and isinstance(number, int | np.integer) and int(number) >= 1
