"""What the book's two network modules share: examples as columns, the shuffle of Python 2, a pass of mini-batches."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet import Network as Base
from bpnet import training
from bpnet.activations import sigmoid as stable_sigmoid
from bpnet.activations import sigmoid_slope
from bpnet.errors import UsageError

Array = NDArray[Any]
Example = tuple[Array, Any]

AT_ONCE = 10_000


def sigmoid(z: Any) -> Any:
    """The sigmoid function, without overflow on either side."""
    return stable_sigmoid(np.asarray(z, dtype=np.float64))


def sigmoid_prime(z: Any) -> Any:
    """The derivative of the sigmoid function."""
    return sigmoid_slope(np.asarray(z, dtype=np.float64))


def shuffled_order(n: int) -> list[int]:
    """The order in which Python 2's `random.shuffle` leaves n items, drawn from the global stream of `random`.

    For i from n - 1 down to 1 it swaps item i with item int(random() * (i + 1)); Python 3 draws other numbers.
    """
    order = list(range(n))
    draw = random.random
    for i in range(n - 1, 0, -1):
        j = int(draw() * (i + 1))
        order[i], order[j] = order[j], order[i]
    return order


def columns(data: Sequence[Example]) -> tuple[Array, Array]:
    """The book's list of (x, y) as x : (n_in, n) and y : (n_out, n); class numbers stay (n,)."""
    x, y = np.array([x for x, _ in data]), np.array([y for _, y in data])
    return x.reshape(len(data), -1).T, y if y.ndim == 1 else y.reshape(len(data), -1).T


class Layers(Base):
    """A `bpnet.Network` in float64 whose first parameters come from numpy's global random stream."""

    def __init__(self, sizes: Sequence[int], cost: str) -> None:
        super().__init__(sizes, cost=cost, init="constant", dtype="float64")

    def draw(self, scaled: bool) -> None:
        """All biases first, then all weights, N(0, 1); with `scaled`, weights N(0, 1/n_in)."""
        normal = np.random.randn
        self.biases = [normal(n, 1) for n in self.sizes[1:]]
        pairs = zip(self.sizes[:-1], self.sizes[1:], strict=True)
        self.weights = [normal(n_out, n_in) / (np.sqrt(n_in) if scaled else 1) for n_in, n_out in pairs]

    def epochs(self, training_data: list[Example], m: int, eta: float, lmbda: float = 0.0) -> Iterator[None]:
        """Epoch after epoch of mini-batches of m, for as long as one asks; the caller's list is shuffled in place."""
        n = len(training_data)
        settings = training.Settings(1, m, eta, l2=lmbda)
        state, room = training.start(self, settings), training.Room.of(self)
        with training.limited_threads(self, settings, n):
            while True:
                training_data[:] = [training_data[k] for k in shuffled_order(n)]
                with np.errstate(over="ignore", invalid="ignore"):
                    for k in range(0, n, m):
                        x, y = columns(training_data[k : k + m])
                        training.update(self, x, y, settings, state, eta, n, room)
                yield

    def outputs(self, data: Sequence[Example]) -> tuple[Array, Array]:
        """The outputs (n_out, n) for a list of examples, and their targets as `columns` gives them."""
        found = [columns(data[k : k + AT_ONCE]) for k in range(0, len(data), AT_ONCE)]
        with np.errstate(over="ignore", invalid="ignore"):
            a = np.concatenate([self.feedforward(x) for x, _ in found], axis=1)
        return a, np.concatenate([y for _, y in found], axis=-1)


def as_list(data: Any) -> list[Example]:
    """A list of examples; the book's own lists are shuffled in place, so a list stays the same object.

    Raises:
        UsageError: there are none.
    """
    examples = data if isinstance(data, list) else list(data)
    if not examples:
        raise UsageError("no examples; load them with mnist_loader.load_data_wrapper()")
    return examples
