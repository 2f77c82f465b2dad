"""The book's `network2` (chapter 3): swappable costs, L2, better first weights, monitors, saving and loading."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from bpnet.book.base import BookNetwork, Example, example_list, sigmoid, sigmoid_prime
from bpnet.costs import Cost
from bpnet.data import one_hot
from bpnet.errors import DataError, UsageError
from bpnet.files import write
from bpnet.optimizers import epochs_without_improvement
from bpnet.training.settings import Array

__all__ = ["CrossEntropyCost", "Network", "QuadraticCost", "load", "sigmoid", "sigmoid_prime", "vectorized_result"]

Monitors = tuple[list[float], list[int], list[float], list[int]]


class CostClass(Protocol):
    """What the book calls a cost: a class with two static methods, for one example z, a, y : (n_out, 1) each."""

    @staticmethod
    def fn(a: Array, y: Array) -> float:
        """The cost of an output a when y was wanted."""

    @staticmethod
    def delta(z: Array, a: Array, y: Array) -> Array:
        """The error of the output layer, dC/dz."""


BookCost = CostClass | type[CostClass]  # an instance will do: the book writes both


class QuadraticCost:
    """C = 1/2 |a - y|^2; of several examples side by side the sum."""

    @staticmethod
    def fn(a: Array, y: Array) -> float:
        """The cost of an output a when y was wanted."""
        return float(0.5 * np.square(a - y).sum())

    @staticmethod
    def delta(z: Array, a: Array, y: Array) -> Array:
        """The error of the output layer."""
        return (a - y) * sigmoid_prime(z)


class CrossEntropyCost:
    """C = -sum y ln a + (1 - y) ln(1 - a), with 0 ln 0 = 0; of several examples side by side the sum."""

    @staticmethod
    def fn(a: Array, y: Array) -> float:
        """The cost of an output a when y was wanted; 0 where a is y, also at 0 and 1."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(np.nansum(np.nan_to_num(-y * np.log(a) - (1 - y) * np.log(1 - a))))

    @staticmethod
    def delta(z: Array, a: Array, y: Array) -> Array:
        """The error of the output layer; z is not needed."""
        return a - y


class Network(BookNetwork):
    """A network with a cost class; first weights N(0, 1/n_in) and biases N(0, 1) from numpy's global stream.

    `cost` is the class or an instance of it. One of the reader's has `fn(a, y)` and `delta(z, a, y)`, static methods
    of the class or methods of the instance; they get one example at a time. Anything else is a UsageError.
    """

    def __init__(self, sizes: Sequence[int], cost: BookCost = CrossEntropyCost) -> None:
        if not all(callable(getattr(cost, method, None)) for method in ("fn", "delta")):
            raise UsageError(f"cost {cost!r}: take CrossEntropyCost, QuadraticCost or a class with fn and delta")
        built_in = BUILT_IN.get(_cost_class(cost))
        super().__init__(sizes, built_in or "mse")
        self.book_cost = cost
        self.cost = replace(self.cost, delta=cost.delta) if built_in else _readers_cost(cost)
        self.default_weight_initializer()

    def default_weight_initializer(self) -> None:
        """Draw weights N(0, 1/n_in) and biases N(0, 1)."""
        self.draw(scaled=True)

    def large_weight_initializer(self) -> None:
        """Draw weights and biases N(0, 1), as in chapters 1 and 2; the default ones have been drawn before."""
        self.draw(scaled=False)

    def SGD(  # type: ignore[override]  # noqa: N802  (the book's signature)
        self,
        training_data: Iterable[Example],
        epochs: int,
        mini_batch_size: int,
        eta: float,
        lmbda: float = 0.0,
        evaluation_data: Iterable[Example] | None = None,
        monitor_evaluation_cost: bool = False,
        monitor_evaluation_accuracy: bool = False,
        monitor_training_cost: bool = False,
        monitor_training_accuracy: bool = False,
        early_stopping_n: int = 0,
    ) -> Monitors:
        """Train; return four lists, an entry an epoch where monitored: evaluation cost and accuracy, then training's.

        With `early_stopping_n`, end after so many epochs without a better accuracy on the evaluation data.
        """
        examples = example_list(training_data)
        evaluation = [] if evaluation_data is None else example_list(evaluation_data)
        monitors: Monitors = ([], [], [], [])
        scores: list[int] = []
        for j in self.epochs(examples, epochs, mini_batch_size, eta, lmbda):
            print(f"Epoch {j} training complete")
            if monitor_training_cost:
                monitors[2].append(self.total_cost(examples, lmbda))
                print(f"Cost on training data: {monitors[2][-1]}")
            if monitor_training_accuracy:
                monitors[3].append(self.accuracy(examples, convert=True))
                print(f"Accuracy on training data: {monitors[3][-1]} / {len(examples)}")
            if evaluation and monitor_evaluation_cost:
                monitors[0].append(self.total_cost(evaluation, lmbda, convert=True))
                print(f"Cost on evaluation data: {monitors[0][-1]}")
            if evaluation and (monitor_evaluation_accuracy or early_stopping_n):
                scores.append(self.accuracy(evaluation))
            if evaluation and monitor_evaluation_accuracy:
                monitors[1].append(scores[-1])
                print(f"Accuracy on evaluation data: {scores[-1]} / {len(evaluation)}")
            if early_stopping_n and epochs_without_improvement(scores) >= early_stopping_n:
                break
        return monitors

    def accuracy(self, data: Iterable[Example], convert: bool = False) -> int:
        """How many examples are right. The book's `convert` has no effect: the shape of the targets decides."""
        return self.evaluate(data)

    def total_cost(self, data: Iterable[Example], lmbda: float, convert: bool = False) -> float:
        """The mean cost of the data and the L2 term, divided by the size of *these data*, as the book's program does.

        Everywhere else in this package the L2 term is that of the training set. `convert` has no effect here either.
        """
        examples = example_list(data)
        a, y = self.outputs(examples)
        targets = one_hot(y, self.sizes[-1]).T if y.ndim == 1 else y
        with np.errstate(over="ignore", invalid="ignore"):
            cost = self._sum_of_costs(a, targets) / len(examples)
            return cost + 0.5 * (lmbda / len(examples)) * sum(float(np.square(w).sum()) for w in self.weights)

    def _sum_of_costs(self, a: Array, y: Array) -> float:
        """The sum of what the examples cost, from their outputs and targets (n_out, n)."""
        if _cost_class(self.book_cost) in BUILT_IN:
            return self.book_cost.fn(a, y)
        return sum(self.book_cost.fn(a[example], y[example]) for example in _examples(a.shape))

    def save(self, filename: str) -> None:
        """Write sizes, weights, biases and the cost's name as the book's program does: one JSON object."""
        content = {
            "sizes": self.sizes,
            "weights": [w.tolist() for w in self.weights],
            "biases": [b.tolist() for b in self.biases],
            "cost": _cost_class(self.book_cost).__name__,
        }
        write(Path(filename), json.dumps(content))


def _cost_class(cost: BookCost) -> type[CostClass]:
    """The class of a cost that is given as a class or as an instance."""
    return cost if isinstance(cost, type) else type(cost)


def _examples(shape: tuple[int, ...]) -> Iterator[tuple[int | slice, ...]]:
    """The index of each example (n_out, 1) in an array of that shape, (..., n_out, m)."""
    for *replica, k in np.ndindex(*shape[:-2], shape[-1]):
        yield (*replica, slice(None), slice(k, k + 1))


def _readers_cost(cost: BookCost) -> Cost:
    """A cost of the reader's as a cost of this package; it has no derivative dC/da, which neither method gives.

    `fn` does not say how the outputs of an example share its cost, so the value of the first output is all of it.
    """
    name = _cost_class(cost).__name__

    def value(z: Array, a: Array, y: Array) -> Array:
        costs, y = np.zeros_like(a), np.broadcast_to(y, a.shape)
        for example in _examples(a.shape):
            costs[example][0] = cost.fn(a[example], y[example])
        return costs

    def delta(z: Array, a: Array, y: Array) -> Array:
        deltas, y = np.empty_like(a), np.broadcast_to(y, a.shape)
        for example in _examples(a.shape):
            deltas[example] = cost.delta(z[example], a[example], y[example])
        return deltas

    def derivative(a: Array, y: Array) -> Array:
        raise UsageError(
            f"the cost class {name} has fn and delta, and neither of them is dC/da; "
            f"override cost_derivative in a subclass of Network, or use delta(z, a, y), which is dC/dz"
        )

    return Cost(name, value, derivative, delta=delta)


def load(filename: str) -> Network:
    """The network in a file that `save` wrote, here or in the book's program; a DataError if it is not one."""
    costs = {cost.__name__: cost for cost in BUILT_IN}
    try:
        content = json.loads(Path(filename).read_text(encoding="utf-8"))
        network = Network(content["sizes"], cost=costs[content["cost"]])
        weights = [np.array(w, dtype=np.float64) for w in content["weights"]]
        biases = [np.array(b, dtype=np.float64) for b in content["biases"]]
    except OSError as error:
        raise DataError(f"{filename}: cannot be read ({error.strerror}); name a file that `save` wrote") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{filename}: not a network that `save` wrote ({type(error).__name__}: {error})") from error
    shapes, expected = [p.shape for p in weights + biases], [p.shape for p in network.weights + network.biases]
    if shapes != expected or not all(np.isfinite(p).all() for p in weights + biases):
        raise DataError(f"{filename}: its weights do not fit its sizes {content['sizes']}")
    network.weights, network.biases = weights, biases
    return network


def vectorized_result(j: int) -> Array:
    """A column of ten with 1 in place j: what the network should say of digit j."""
    return one_hot(np.array([j]), 10).T


# The book's own cost classes, each with the name of its cost in COSTS.
BUILT_IN: dict[type[CostClass], str] = {QuadraticCost: "mse", CrossEntropyCost: "ce"}
