"""The book's `network2` (chapter 3): swappable costs, L2, better first weights, monitors, saving and loading."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet.book.common import Layers, as_list, sigmoid, sigmoid_prime
from bpnet.costs import Cost
from bpnet.data import one_hot
from bpnet.errors import DataError

__all__ = ["CrossEntropyCost", "Network", "QuadraticCost", "load", "sigmoid", "sigmoid_prime", "vectorized_result"]

Array = NDArray[Any]
Monitors = tuple[list[float], list[int], list[float], list[int]]


class QuadraticCost:
    """C = 1/2 |a - y|^2."""

    name = "mse"

    @staticmethod
    def fn(a: Array, y: Array) -> float:
        """The cost of an output a when y was wanted."""
        return float(0.5 * np.square(a - y).sum())

    @staticmethod
    def delta(z: Array, a: Array, y: Array) -> Array:
        """The error of the output layer."""
        return (a - y) * sigmoid_prime(z)


class CrossEntropyCost:
    """C = -sum y ln a + (1 - y) ln(1 - a), with 0 ln 0 = 0."""

    name = "ce"

    @staticmethod
    def fn(a: Array, y: Array) -> float:
        """The cost of an output a when y was wanted; 0 where a is y, also at 0 and 1."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(np.nansum(np.nan_to_num(-y * np.log(a) - (1 - y) * np.log(1 - a))))

    @staticmethod
    def delta(z: Array, a: Array, y: Array) -> Array:
        """The error of the output layer; z is not needed."""
        return a - y


class Network(Layers):
    """A network with a cost class; first weights N(0, 1/n_in) and biases N(0, 1) from numpy's global stream."""

    def __init__(self, sizes: Sequence[int], cost: type[Any] = CrossEntropyCost) -> None:
        super().__init__(sizes, getattr(cost, "name", "mse"))
        self.cost_class = cost
        if cost not in (QuadraticCost, CrossEntropyCost):
            self.cost = _own(cost)
        self.default_weight_initializer()

    def default_weight_initializer(self) -> None:
        """Draw weights N(0, 1/n_in) and biases N(0, 1)."""
        self.draw(scaled=True)

    def large_weight_initializer(self) -> None:
        """Draw weights and biases N(0, 1), as in chapters 1 and 2; the draw of the default ones has gone before."""
        self.draw(scaled=False)

    def SGD(  # type: ignore[override]  # noqa: N802  (the book's signature)
        self,
        training_data: Any,
        epochs: int,
        mini_batch_size: int,
        eta: float,
        lmbda: float = 0.0,
        evaluation_data: Any = None,
        monitor_evaluation_cost: bool = False,
        monitor_evaluation_accuracy: bool = False,
        monitor_training_cost: bool = False,
        monitor_training_accuracy: bool = False,
        early_stopping_n: int = 0,
    ) -> Monitors:
        """Train; return four lists, an entry an epoch where monitored: evaluation cost and accuracy, then training's.

        With `early_stopping_n`, end after so many epochs without a better accuracy on the evaluation data.
        """
        examples = as_list(training_data)
        evaluation = None if evaluation_data is None else as_list(evaluation_data)
        found: Monitors = ([], [], [], [])
        passes = self.epochs(examples, mini_batch_size, eta, lmbda)
        for j in range(epochs):
            next(passes)
            print(f"Epoch {j} training complete")
            if monitor_training_cost:
                found[2].append(self._told("Cost on training data: {}", self.total_cost(examples, lmbda)))
            if monitor_training_accuracy:
                right = self.accuracy(examples, convert=True)
                found[3].append(self._told(f"Accuracy on training data: {{}} / {len(examples)}", right))
            if monitor_evaluation_cost and evaluation:
                cost = self.total_cost(evaluation, lmbda, convert=True)
                found[0].append(self._told("Cost on evaluation data: {}", cost))
            if monitor_evaluation_accuracy and evaluation:
                right = self.accuracy(evaluation)
                found[1].append(self._told(f"Accuracy on evaluation data: {{}} / {len(evaluation)}", right))
            if early_stopping_n and evaluation and self._waited(found[1], evaluation) >= early_stopping_n:
                break
        return found

    @staticmethod
    def _told(line: str, value: Any) -> Any:
        print(line.format(value))
        return value

    def _waited(self, scores: list[int], evaluation: list[Any]) -> int:
        """How many epochs brought no better accuracy; measured here where it is not monitored anyway."""
        from bpnet.optimizers import epochs_without_improvement

        self._scores = [*scores] if scores else [*getattr(self, "_scores", []), self.accuracy(evaluation)]
        return epochs_without_improvement(self._scores)

    def accuracy(self, data: Any, convert: bool = False) -> int:
        """How many examples are right; `convert` says that targets are vectors (training data), not class numbers."""
        a, y = self.outputs(as_list(data))
        wanted = y.argmax(axis=0) if convert and y.ndim == 2 else y
        return int(np.sum(a.argmax(axis=0) == wanted))

    def total_cost(self, data: Any, lmbda: float, convert: bool = False) -> float:
        """The mean cost of the data and the L2 term, divided by the size of *these data*, as the book's program does.

        Everywhere else in this package the L2 term is that of the training set. `convert` says that targets are class
        numbers (validation and test data), not vectors.
        """
        examples = as_list(data)
        a, y = self.outputs(examples)
        targets = one_hot(y, self.sizes[-1]).T if y.ndim == 1 else y
        with np.errstate(over="ignore", invalid="ignore"):
            cost = self.cost_class.fn(a, targets) / len(examples)
            return cost + 0.5 * (lmbda / len(examples)) * sum(float(np.square(w).sum()) for w in self.weights)

    def save(self, filename: str) -> None:
        """Write sizes, weights, biases and the cost's name as the book's program does: one JSON object."""
        content = {
            "sizes": self.sizes,
            "weights": [w.tolist() for w in self.weights],
            "biases": [b.tolist() for b in self.biases],
            "cost": str(self.cost_class.__name__),
        }
        from bpnet.files import write

        write(Path(filename), json.dumps(content))


def _own(cost: type[Any]) -> Cost:
    """A cost class of the reader's, with its fn and delta, as a cost of this package."""

    def value(z: Array, a: Array, y: Array) -> Array:
        return np.broadcast_to(cost.fn(a, y) / a.size, a.shape)

    return Cost(cost.__name__, value, lambda a, y: a - y, delta=cost.delta, outputs=("sigmoid",))


def load(filename: str) -> Network:
    """The network in a file that this program's or the book's own `save` wrote.

    Raises:
        DataError: the file is missing, damaged, or its parts do not fit each other.
    """
    try:
        content = json.loads(Path(filename).read_text(encoding="utf-8"))
        network = Network(content["sizes"], cost=_COSTS[content["cost"]])
        weights = [np.array(w, dtype=np.float64) for w in content["weights"]]
        biases = [np.array(b, dtype=np.float64) for b in content["biases"]]
    except OSError as error:
        raise DataError(f"{filename}: cannot be read ({error.strerror}); name a file that `save` wrote") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{filename}: not a network that `save` wrote ({type(error).__name__}: {error})") from error
    found, wanted = [p.shape for p in weights + biases], [p.shape for p in network.weights + network.biases]
    if found != wanted or not all(np.isfinite(p).all() for p in weights + biases):
        raise DataError(f"{filename}: its weights do not fit its sizes {content['sizes']}")
    network.weights, network.biases = weights, biases
    return network


def vectorized_result(j: int) -> Array:
    """A column of ten with 1 in place j: what the network should say of digit j."""
    return one_hot(np.array([j]), 10).T


_COSTS = {"QuadraticCost": QuadraticCost, "CrossEntropyCost": CrossEntropyCost}
