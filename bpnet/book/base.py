"""The network under both of the book's network modules: its first weights, its order of examples, its outputs.

Letters: m examples of a mini-batch, n of a list, n_in inputs, n_out outputs. The book's data are a list of examples
(x, y), x : (n_in, 1), and y : (n_out, 1) or a class number.
"""

import random
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from bpnet import Network, activations, training
from bpnet.errors import UsageError
from bpnet.training import Parameters
from bpnet.training.settings import Array

Example = tuple[Array, Array | int]

EXAMPLES_AT_ONCE = 2_000  # examples in one forward pass; as float64 columns their pixels take 13 MB


def sigmoid(z: ArrayLike) -> Array:
    """The sigmoid function, without overflow on either side."""
    return activations.sigmoid(np.asarray(z, dtype=np.float64))


def sigmoid_prime(z: ArrayLike) -> Array:
    """The derivative of the sigmoid function."""
    return activations.sigmoid_slope(np.asarray(z, dtype=np.float64))


def shuffled_order(n: int) -> list[int]:
    """The order in which Python 2's `random.shuffle` leaves n items, drawn from the global stream of `random`.

    For i from n - 1 down to 1 it swaps item i with item int(random() * (i + 1)); Python 3 draws other numbers.
    """
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        j = int(random.random() * (i + 1))  # noqa: S311  (the book's stream, not a secret)
        order[i], order[j] = order[j], order[i]
    return order


def example_list(data: Iterable[Example]) -> list[Example]:
    """The data as a list, the same object if it is one, as it is shuffled in place; a UsageError if it is empty."""
    examples = data if isinstance(data, list) else list(data)
    if not examples:
        raise UsageError("no examples; load them with mnist_loader.load_data_wrapper()")
    return examples


def example_columns(examples: Sequence[Example]) -> tuple[Array, Array]:
    """The examples side by side, x : (n_in, n) and y : (n_out, n); class numbers are (n,)."""
    x, y = np.array([x for x, _ in examples]), np.array([y for _, y in examples])
    return x.reshape(len(examples), -1).T, y if y.ndim == 1 else y.reshape(len(examples), -1).T


class BookNetwork(Network):
    """A `bpnet.Network` in float64 whose first parameters come from numpy's global random stream.

    A subclass may override the book's `update_mini_batch`, `backprop` or `cost_derivative`, and trains by its own.
    """

    def __init__(self, sizes: Sequence[int], cost: str) -> None:
        super().__init__(sizes, cost=cost, init="constant", dtype="float64")

    def draw(self, scaled: bool) -> None:
        """Draw all biases, then all weights, from N(0, 1); `scaled` draws the weights from N(0, 1/n_in)."""
        normal = np.random.randn
        self.biases = [normal(n, 1) for n in self.sizes[1:]]
        pairs = zip(self.sizes[:-1], self.sizes[1:], strict=True)
        self.weights = [normal(n_out, n_in) / (np.sqrt(n_in) if scaled else 1) for n_in, n_out in pairs]

    def epochs(self, examples: list[Example], count: int, m: int, eta: float, lmbda: float = 0.0) -> Iterator[int]:
        """Train for `count` epochs and give the number of each, from 0, after it.

        The caller's list is shuffled in place before each epoch and stays so. The examples are copied once. Impossible
        settings, or examples that do not fit the network, are a UsageError.
        """
        order = np.arange(len(examples))  # the Dataset's row of each example in the list as it is shuffled now
        settings = training.Settings(max(count, 1), m, eta, l2=lmbda, order=lambda *_: order, measure=False).checked()
        states = training.epochs(self, self._dataset(examples), settings)
        for epoch in range(count):
            shuffled = shuffled_order(len(examples))
            examples[:] = [examples[k] for k in shuffled]
            order = order[shuffled]
            next(states)
            yield epoch

    def gradient(
        self, x: Array, y: Array, out: Parameters | None = None, scale: float = 1.0, masks: list[Array] | None = None
    ) -> Parameters:
        """As in `bpnet.Network`; a `backprop` of the reader's gets one example at a time, as in the book."""
        if not self._overrides("backprop"):
            return super().gradient(x, y, out, scale, masks)
        total: Parameters = {}
        for k in range(x.shape[-1]):
            example = (..., slice(k, k + 1))
            mask = None if masks is None else [mask[example] for mask in masks]
            gradient = super().gradient(x[example], y[example], scale=scale, masks=mask)
            total = {name: total.get(name, 0.0) + g for name, g in gradient.items()}
        return total

    def outputs(self, examples: Sequence[Example]) -> tuple[Array, Array]:
        """The outputs (n_out, n) for a list of examples, and their targets as `example_columns` gives them."""
        outputs, targets = [], []
        with np.errstate(over="ignore", invalid="ignore"):
            for k in range(0, len(examples), EXAMPLES_AT_ONCE):
                x, y = example_columns(examples[k : k + EXAMPLES_AT_ONCE])
                outputs.append(self.feedforward(x))
                targets.append(y)
        return np.concatenate(outputs, axis=1), np.concatenate(targets, axis=-1)

    def evaluate(self, test_data: Iterable[Example]) -> int:
        """How many of the examples are classified correctly; a target is a class number or a vector."""
        a, y = self.outputs(example_list(test_data))
        return int(np.sum(a.argmax(axis=0) == (y if y.ndim == 1 else y.argmax(axis=0))))
