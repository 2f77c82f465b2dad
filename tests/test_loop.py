"""The loop as a generator: what the caller sees between two steps, and that a network's own methods are what trains."""

import numpy as np
import pytest
import threadpoolctl

from bpnet import training
from bpnet.data import Dataset
from bpnet.errors import UsageError
from bpnet.network import Network
from bpnet.optimizers import Adam, Momentum

PLAIN = training.Settings(epochs=3, batch_size=2, learning_rate=0.5)


def blas_threads():
    return [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]


@pytest.mark.parametrize("loop", [training.epochs, training.steps])
def test_nothing_that_is_in_force_inside_a_step_is_in_force_for_the_caller(xor, loop):
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        before, threads = np.geterr(), blas_threads()
        for _ in loop(Network([2, 4, 1]), xor, PLAIN):
            assert np.geterr() == before
            assert blas_threads() == threads
        assert np.geterr() == before
        assert blas_threads() == threads


@pytest.mark.parametrize("loop", [training.epochs, training.steps])
def test_a_small_network_takes_its_steps_on_one_thread_and_without_warnings(xor, loop):
    class Watched(Network):
        def update_mini_batch(self, mini_batch, eta, lmbda=0.0, n=None, update=None):
            self.seen = np.geterr()["over"], blas_threads()
            super().update_mini_batch(mini_batch, eta, lmbda, n, update)

    network = Watched([2, 4, 1])
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        for _ in loop(network, xor, PLAIN):
            assert network.seen == ("ignore", [1] * len(blas_threads()))


def test_leaving_the_loop_ends_the_training(xor):
    network, other = Network([2, 4, 1]), Network([2, 4, 1])
    for state in training.epochs(network, xor, PLAIN):
        if len(state.history) == 2:
            break
    list(training.epochs(other, xor, training.Settings(2, 2, 0.5)))
    np.testing.assert_array_equal(network.weights[0], other.weights[0])


def test_steps_are_mini_batches_and_the_same_training(xor):
    network, other = Network([2, 4, 1]), Network([2, 4, 1])
    seen = [(state.steps, len(state.history)) for state in training.steps(network, xor, PLAIN)]
    *_, state = training.epochs(other, xor, PLAIN)
    assert seen == [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2), (6, 3)]
    assert state.steps == 6
    np.testing.assert_array_equal(network.weights[0], other.weights[0])


def test_the_seconds_are_those_of_the_training_not_of_the_caller(xor, monkeypatch):
    clock = iter(np.arange(1000.0))
    monkeypatch.setattr("bpnet.training.loop.time.perf_counter", lambda: next(clock))
    network, settings = Network([2, 1]), training.Settings(3, None, 0.5)
    state = training.start(network, settings)
    for _ in training.epochs(network, xor, settings, state=state):
        for _ in range(50):
            next(clock)
    assert state.history["seconds"][-1] < 50


def test_an_epoch_can_measure_nothing(xor):
    *_, state = training.epochs(Network([2, 1]), xor, training.Settings(2, None, 0.5, measure=False))
    assert list(state.history.columns) == ["epoch", "learning_rate", "seconds"]


def test_the_order_of_the_examples_can_be_given():
    data = Dataset(np.eye(3), np.zeros((3, 1)), classes=("0", "1"))
    seen = []

    class Watched(Network):
        def update_mini_batch(self, mini_batch, eta):
            seen.append(int(mini_batch.x.argmax()))

    backwards = training.Settings(2, 1, 0.5, order=lambda seed, epoch, n: np.arange(n)[::-1])
    list(training.epochs(Watched([3, 1]), data, backwards))
    assert seen == [2, 1, 0, 2, 1, 0]


class BooksOwn(Network):
    """Chapter 1's update: a loop over the examples, and new lists in place of the old ones."""

    def update_mini_batch(self, mini_batch, eta):
        nabla_b, nabla_w = [np.zeros(b.shape) for b in self.biases], [np.zeros(w.shape) for w in self.weights]
        for x, y in mini_batch:
            delta_b, delta_w = self.backprop(x, y)
            nabla_b = [nb + db for nb, db in zip(nabla_b, delta_b, strict=True)]
            nabla_w = [nw + dw for nw, dw in zip(nabla_w, delta_w, strict=True)]
        m = len(mini_batch)
        self.weights = [w - (eta / m) * nw for w, nw in zip(self.weights, nabla_w, strict=True)]
        self.biases = [b - (eta / m) * nb for b, nb in zip(self.biases, nabla_b, strict=True)]


def test_a_subclass_with_the_books_update_mini_batch_trains_by_it(xor):
    own, ours = BooksOwn([2, 4, 1], dtype="float64"), Network([2, 4, 1], dtype="float64")
    history = own.SGD(xor, 20, 2, 2.0)
    np.testing.assert_allclose(history["train_cost"], ours.SGD(xor, 20, 2, 2.0)["train_cost"], rtol=1e-10)

    class Idle(Network):
        def update_mini_batch(self, mini_batch, eta):
            pass

    idle = Idle([2, 4, 1])
    before = [w.copy() for w in idle.weights]
    idle.SGD(xor, 3, 2, 2.0)
    np.testing.assert_array_equal(idle.weights[0], before[0])


def test_an_update_that_passes_on_what_it_was_given_keeps_the_optimiser(xor):
    class Counting(Network):
        steps = 0

        def update_mini_batch(self, mini_batch, eta, lmbda=0.0, n=None, update=None):
            self.steps += 1
            super().update_mini_batch(mini_batch, eta, lmbda, n, update)

    counting, plain = Counting([2, 4, 1]), Network([2, 4, 1])
    for network in (counting, plain):
        network.SGD(xor, 5, 2, 0.05, lmbda=0.1, optimizer=Adam())
    assert counting.steps == 10
    np.testing.assert_array_equal(counting.weights[0], plain.weights[0])


@pytest.mark.parametrize("asked", [{"optimizer": Momentum()}, {"l1": 0.1}, {"dropout": 0.5}, {"lmbda": 0.1}])
def test_what_an_own_update_cannot_apply_is_refused_by_name(xor, asked):
    (name,) = asked
    with pytest.raises(UsageError, match="l2" if name == "lmbda" else name):
        BooksOwn([2, 4, 1]).SGD(xor, 1, 2, 0.5, **asked)


def test_a_subclass_with_its_own_backprop_trains_by_it(xor):
    class Still(Network):
        def backprop(self, x, y):
            nabla_b, nabla_w = super().backprop(x, y)
            return [0 * nabla for nabla in nabla_b], nabla_w

    network = Still([2, 4, 1])
    biases, weights = [b.copy() for b in network.biases], [w.copy() for w in network.weights]
    network.SGD(xor, 2, 2, 0.5, optimizer="momentum", lmbda=0.1)
    np.testing.assert_array_equal(network.biases[0], biases[0])
    assert (network.weights[0] != weights[0]).all()


def test_a_backprop_that_does_not_sum_over_the_examples_is_refused(xor):
    class PerExample(Network):
        def backprop(self, x, y):
            nabla_b, nabla_w = super().backprop(x, y)
            return [np.broadcast_to(nabla, (len(nabla), x.shape[-1])) for nabla in nabla_b], nabla_w

    with pytest.raises(UsageError, match=r"shape \(4, 2\) for biases_1 of shape \(4, 1\); sum it over the 2 examples"):
        PerExample([2, 4, 1]).SGD(xor, 1, 2, 0.5)


def test_a_backprop_that_knows_no_masks_refuses_dropout(xor):
    class Own(Network):
        def backprop(self, x, y):
            return super().backprop(x, y)

    with pytest.raises(UsageError, match="dropout has no effect"):
        Own([2, 4, 1]).SGD(xor, 1, 2, 0.5, dropout=0.5)


@pytest.mark.parametrize(("sizes", "batch_size", "threads"), [([784, 30, 10], 10, 1), ([784, 100, 10], 64, None)])
def test_large_products_use_the_threads_there_are(sizes, batch_size, threads):
    """784 x 100 x 64 is 5,017,600 multiplications, just above the five million at which a second thread pays."""
    settings = training.Settings(1, batch_size, 0.1)
    assert training.blas_threads(Network(sizes), settings, 50_000) == threads
    assert training.blas_threads(Network(sizes), training.Settings(1, None, 0.1), 50_000) is None


def test_parameters_are_the_arrays_of_the_books_lists():
    network = Network([2, 4, 1])
    assert list(network.parameters) == ["weights_1", "biases_1", "weights_2", "biases_2"]
    assert network.parameters["weights_2"] is network.weights[1]
    network.weights[0] = np.zeros((4, 2), dtype=np.float32)
    assert network.parameters["weights_1"] is network.weights[0]
