"""The book's `network` (chapters 1 and 2): quadratic cost, plain stochastic gradient descent."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet.book.common import Layers, as_list, sigmoid, sigmoid_prime

__all__ = ["Network", "sigmoid", "sigmoid_prime"]

Array = NDArray[Any]


class Network(Layers):
    """A network whose weights and biases are drawn N(0, 1) from numpy's global stream, under the quadratic cost."""

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__(sizes, "mse")
        self.draw(scaled=False)

    def SGD(  # type: ignore[override]  # noqa: N802  (the book's signature)
        self, training_data: Any, epochs: int, mini_batch_size: int, eta: float, test_data: Any = None
    ) -> None:
        """Train by stochastic gradient descent; with test data, print how many are right after each epoch."""
        examples = as_list(training_data)
        tests = None if test_data is None else as_list(test_data)
        passes = self.epochs(examples, mini_batch_size, eta)
        for j in range(epochs):
            next(passes)
            score = "complete" if tests is None else f"{self.evaluate(tests)} / {len(tests)}"
            print(f"Epoch {j} {score}" if tests is None else f"Epoch {j}: {score}")

    def evaluate(self, test_data: Any) -> int:
        """How many of the examples (x, class number) are classified correctly."""
        a, y = self.outputs(as_list(test_data))
        wanted = y if y.ndim == 1 else y.argmax(axis=0)
        return int(np.sum(a.argmax(axis=0) == wanted))
