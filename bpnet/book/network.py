"""The book's `network` (chapters 1 and 2): quadratic cost, plain stochastic gradient descent."""

from collections.abc import Iterable, Sequence

from bpnet.book.base import BookNetwork, Example, example_list, sigmoid, sigmoid_prime

__all__ = ["Network", "sigmoid", "sigmoid_prime"]


class Network(BookNetwork):
    """A network whose weights and biases are drawn N(0, 1) from numpy's global stream, under the quadratic cost."""

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__(sizes, "mse")
        self.draw(scaled=False)

    def SGD(  # type: ignore[override]  # noqa: N802  (the book's signature)
        self,
        training_data: Iterable[Example],
        epochs: int,
        mini_batch_size: int,
        eta: float,
        test_data: Iterable[Example] | None = None,
    ) -> None:
        """Train by stochastic gradient descent; with test data, print how many are right after each epoch."""
        examples = example_list(training_data)
        tests = None if test_data is None else example_list(test_data)
        for j in self.epochs(examples, epochs, mini_batch_size, eta):
            if tests is None:
                print(f"Epoch {j} complete")
            else:
                print(f"Epoch {j}: {self.evaluate(tests)} / {len(tests)}")
