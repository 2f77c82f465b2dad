"""The book's own modules: its numbers to the digit, its lines as printed, its files read and written."""

import copy
import json
import random

import numpy as np
import pytest
from conftest import SHARED

from bpnet.book import mnist_loader, network, network2
from bpnet.book.base import shuffled_order
from bpnet.costs import COSTS
from bpnet.errors import DataError, UsageError
from bpnet.gradcheck import check

FIGURES = SHARED / "data" / "nielsen"
SEED = 12345678


@pytest.fixture(scope="module")
def mnist(mnist_folder):
    return mnist_loader.load_data_wrapper(str(mnist_folder))


@pytest.fixture
def few():
    """Sixty examples of four inputs and three classes, as the book's lists: to train, and to test."""
    rng = np.random.default_rng(0)
    digits = [int(k) for k in np.arange(60) % 3]
    xs = [(np.eye(4)[[k]] + 0.3 * rng.random((1, 4))).T for k in digits]
    return [(x, np.eye(3)[:, [k]]) for x, k in zip(xs, digits, strict=True)], list(zip(xs, digits, strict=True))


def seeded():
    random.seed(SEED)
    np.random.seed(SEED)  # noqa: NPY002


def published(name):
    file = FIGURES / name
    if not file.is_file():
        pytest.skip("the book's figure data are not beside the project")
    return json.loads(file.read_text())


def test_the_shuffle_is_python_2s():
    """Known from its recurrence: for 3 items and draws .9, .4 it swaps 2 with 2, then 1 with 0."""
    random.seed(1)
    draws = [random.random() for _ in range(4)]
    random.seed(1)
    wanted = list(range(5))
    for i, draw in zip(range(4, 0, -1), draws, strict=True):
        j = int(draw * (i + 1))
        wanted[i], wanted[j] = wanted[j], wanted[i]
    assert shuffled_order(5) == wanted


def test_the_loader_gives_the_books_lists(mnist):
    training, _, test = mnist
    assert [len(part) for part in mnist] == [50000, 10000, 10000]
    x, y = training[0]
    assert (x.shape, y.shape, x.dtype) == ((784, 1), (10, 1), np.float32)
    assert int(y.argmax()) == 5
    assert isinstance(test[0][1], int)
    assert x.max() <= 255 / 256


@pytest.mark.parametrize(("kind", "epochs"), [("default_weight_initialization", 4), ("large_weight_initialization", 3)])
def test_the_initialisation_figure_comes_out_to_the_digit(mnist, kind, epochs, capsys):
    """The large curve is the figure's second training: it goes on with the list and the streams as the first left them.

    So it begins after thirty shuffles of the list, and with the second draw of the one network.
    """
    wanted = published("weight_initialization_30.json")[kind][1][:epochs]
    training, validation = copy.copy(mnist[0]), mnist[1]
    seeded()
    net = network2.Network([784, 30, 10], cost=network2.CrossEntropyCost)
    if kind.startswith("large"):
        for _ in range(30):
            training[:] = [training[k] for k in shuffled_order(len(training))]
        net.large_weight_initializer()
    options = {"lmbda": 5.0, "evaluation_data": validation, "monitor_evaluation_accuracy": True}
    assert net.SGD(training, epochs, 10, 0.1, **options)[1] == wanted
    assert f"Accuracy on evaluation data: {wanted[0]} / 10000" in capsys.readouterr().out


def test_the_smallest_size_of_the_more_data_figure_comes_out_to_the_digit(mnist, capsys):
    """100 images, 15,000 epochs; the larger sizes go on from its streams and are the reproduction script's."""
    wanted = published("more_data.json")[0]
    training, validation = list(mnist[0]), mnist[1]
    seeded()
    net = network2.Network([784, 30, 10], cost=network2.CrossEntropyCost)
    net.large_weight_initializer()
    net.SGD(training[:100], 15_000, 10, 0.5, lmbda=0.01)
    assert net.accuracy(validation) / 100 == wanted
    assert capsys.readouterr().out.count("training complete") == 15_000


def test_chapter_1_as_printed(few, capsys):
    seeded()
    training_data, test_data = few
    net = network.Network([4, 30, 3])
    net.SGD(training_data, 3, 10, 3.0, test_data=test_data)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["Epoch 0", "Epoch 1", "Epoch 2"]
    assert lines[-1] == f"Epoch 2: {net.evaluate(test_data)} / 60"
    net.SGD(training_data, 1, 10, 3.0)
    assert capsys.readouterr().out == "Epoch 0 complete\n"
    assert net.cost_derivative(np.ones((3, 1)), np.zeros((3, 1))).tolist() == [[1], [1], [1]]


def test_chapter_3_as_printed(few, capsys):
    seeded()
    training_data, test_data = few
    net = network2.Network([4, 30, 3], cost=network2.CrossEntropyCost)
    net.large_weight_initializer()
    monitors = net.SGD(
        training_data,
        4,
        10,
        0.5,
        lmbda=5.0,
        evaluation_data=test_data,
        monitor_evaluation_cost=True,
        monitor_evaluation_accuracy=True,
        monitor_training_cost=True,
        monitor_training_accuracy=True,
    )
    assert [len(column) for column in monitors] == [4] * 4
    lines = capsys.readouterr().out.splitlines()[-5:]
    assert lines[0] == "Epoch 3 training complete"
    assert lines[1] == f"Cost on training data: {monitors[2][-1]}"
    assert lines[2] == f"Accuracy on training data: {monitors[3][-1]} / 60"
    assert lines[4] == f"Accuracy on evaluation data: {monitors[1][-1]} / 60"
    assert net.accuracy(test_data) == monitors[1][-1]


def per_example(net, training_data, m, eta, lmbda, order):
    """The slow oracle: one example at a time, from the equations, in the order given."""
    weights, biases = [w.copy() for w in net.weights], [b.copy() for b in net.biases]
    n = len(training_data)
    for k in range(0, n, m):
        sums = [np.zeros_like(w) for w in weights], [np.zeros_like(b) for b in biases]
        batch = [training_data[j] for j in order[k : k + m]]
        for x, y in batch:
            a = [x.astype(float)]
            for w, b in zip(weights, biases, strict=True):
                a.append(1 / (1 + np.exp(-(w @ a[-1] + b))))
            delta = a[-1] - y
            for layer in (1, 0):
                sums[0][layer] += delta @ a[layer].T
                sums[1][layer] += delta
                delta = weights[layer].T @ delta * a[layer] * (1 - a[layer])
        weights = [(1 - eta * lmbda / n) * w - eta / len(batch) * g for w, g in zip(weights, sums[0], strict=True)]
        biases = [b - eta / len(batch) * g for b, g in zip(biases, sums[1], strict=True)]
    return weights, biases


def test_training_is_the_books_loop_over_single_examples_and_a_second_one_continues_the_shuffle(few):
    training_data, _ = few
    seeded()
    net = network2.Network([4, 5, 3])
    before = copy.copy(training_data)
    list_order = list(range(60))
    for seed, epochs in ((3, 2), (4, 1)):
        random.seed(seed)
        weights, biases = net.weights, net.biases
        oracle = copy.copy(net)
        for _ in range(epochs):
            list_order = [list_order[k] for k in shuffled_order(60)]
            oracle.weights, oracle.biases = per_example(oracle, before, 7, 0.5, 2.0, list_order)
        random.seed(seed)
        net.SGD(training_data, epochs, 7, 0.5, lmbda=2.0)
        assert net.weights is weights
        assert net.biases is biases
        for ours, slow in zip(weights + biases, oracle.weights + oracle.biases, strict=True):
            np.testing.assert_allclose(ours, slow, rtol=1e-10, atol=1e-13)
        assert all(example is before[k] for example, k in zip(training_data, list_order, strict=True))


def test_the_list_is_shuffled_too_where_one_mini_batch_takes_all_of_it(few):
    training_data, _ = few
    before = copy.copy(training_data)
    random.seed(3)
    order, following = shuffled_order(60), random.random()
    random.seed(3)
    network.Network([4, 5, 3]).SGD(training_data, 1, 60, 0.5)
    assert all(example is before[k] for example, k in zip(training_data, order, strict=True))
    assert random.random() == following


def doubled_backprop(net, x, y, output_delta):
    """Twice the gradient of one example, from the equations, with the shapes that the book's backprop gives."""
    assert x.shape == (4, 1)
    activations = [x]
    for w, b in zip(net.weights, net.biases, strict=True):
        activations.append(network.sigmoid(w @ activations[-1] + b))
    delta = output_delta(activations[-1], y)
    hidden = activations[1]
    earlier = net.weights[1].T @ delta * hidden * (1 - hidden)
    return [2 * earlier, 2 * delta], [2 * earlier @ x.T, 2 * delta @ hidden.T]


def quadratic_delta(a, y):
    return (a - y) * a * (1 - a)


def cross_entropy_delta(a, y):
    return a - y


class OwnBackprop1(network.Network):
    def backprop(self, x, y):
        return doubled_backprop(self, x, y, quadratic_delta)


class OwnBackprop2(network2.Network):
    def backprop(self, x, y):
        return doubled_backprop(self, x, y, cross_entropy_delta)


class OwnDerivative1(network.Network):
    def cost_derivative(self, output_activations, y):
        return 2 * (output_activations - y)


class OwnDerivative2(network2.Network):
    def cost_derivative(self, output_activations, y):
        return 2 * (output_activations - y) / (output_activations * (1 - output_activations))


def summed(net, mini_batch):
    """The gradients of the mini-batch's examples, one after the other, added up."""
    nabla_b, nabla_w = [np.zeros(b.shape) for b in net.biases], [np.zeros(w.shape) for w in net.weights]
    for x, y in mini_batch:
        of_b, of_w = net.backprop(x, y)
        nabla_b = [total + g for total, g in zip(nabla_b, of_b, strict=True)]
        nabla_w = [total + g for total, g in zip(nabla_w, of_w, strict=True)]
    return nabla_b, nabla_w


class OwnUpdate1(network.Network):
    def update_mini_batch(self, mini_batch, eta):
        nabla_b, nabla_w = summed(self, mini_batch)
        step = 2 * eta / len(mini_batch)
        self.weights = [w - step * g for w, g in zip(self.weights, nabla_w, strict=True)]
        self.biases = [b - step * g for b, g in zip(self.biases, nabla_b, strict=True)]


class OwnUpdate2(network2.Network):
    def update_mini_batch(self, mini_batch, eta, lmbda, n):
        nabla_b, nabla_w = summed(self, mini_batch)
        step = 2 * eta / len(mini_batch)
        decay = 1 - 2 * eta * lmbda / n
        self.weights = [decay * w - step * g for w, g in zip(self.weights, nabla_w, strict=True)]
        self.biases = [b - step * g for b, g in zip(self.biases, nabla_b, strict=True)]


@pytest.mark.parametrize("own", [OwnUpdate1, OwnBackprop1, OwnDerivative1, OwnUpdate2, OwnBackprop2, OwnDerivative2])
def test_a_subclass_trains_by_its_own_method_with_the_books_signature(few, own):
    """Each doubles the step, so that it equals the book's network at twice the rate."""
    options = {"lmbda": 2.0} if own is OwnUpdate2 else {}
    trained = []
    for kind, eta in ((own, 0.25), (own.__mro__[1], 0.5)):
        training_data = copy.copy(few[0])
        seeded()
        net = kind([4, 5, 3])
        start = [p.copy() for p in net.weights + net.biases]
        net.SGD(training_data, 2, 7, eta, **options)
        trained.append(net.weights + net.biases)
        assert all((p != q).any() for p, q in zip(start, trained[-1], strict=True))
    for ours, plain in zip(*trained, strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-9, atol=1e-12)


def test_the_reported_cost_divides_lmbda_by_the_size_of_the_data_evaluated(few):
    training_data, test_data = few
    net = network2.Network([4, 5, 3])
    plain = net.total_cost(training_data, 0.0)
    squares = sum(np.square(w).sum() for w in net.weights)
    assert net.total_cost(training_data[:20], 3.0) == pytest.approx(
        net.total_cost(training_data[:20], 0.0) + 3.0 / 40 * squares
    )
    assert net.total_cost(test_data, 0.0, convert=True) == pytest.approx(plain)


def test_a_saved_network_is_read_again_and_has_the_books_layout(few, tmp_path):
    net = network2.Network([4, 5, 3], cost=network2.QuadraticCost)
    net.save(str(tmp_path / "net"))
    content = json.loads((tmp_path / "net").read_text())
    assert list(content) == ["sizes", "weights", "biases", "cost"]
    assert content["cost"] == "QuadraticCost"
    assert np.shape(content["biases"][0]) == (5, 1)
    again = network2.load(str(tmp_path / "net"))
    np.testing.assert_array_equal(again.feedforward(few[1][0][0]), net.feedforward(few[1][0][0]))
    assert again.cost.name == "mse"


@pytest.mark.parametrize("cost", [network2.QuadraticCost, network2.CrossEntropyCost])
def test_an_instance_of_a_cost_is_as_good_as_its_class(few, tmp_path, capsys, cost):
    """The book's own scripts write both `cost=CrossEntropyCost` and `cost=network2.CrossEntropyCost()`."""
    files, monitors = [tmp_path / "class", tmp_path / "instance"], []
    for given, file in zip((cost, cost()), files, strict=True):
        seeded()
        net = network2.Network([4, 5, 3], cost=given)
        monitors.append(net.SGD(list(few[0]), 2, 10, 0.5, 0.1, monitor_training_cost=True))
        net.save(str(file))
    assert monitors[1] == monitors[0]
    assert files[1].read_bytes() == files[0].read_bytes()
    assert network2.load(str(files[1])).cost.name == net.cost.name


class Scaled:
    """The quadratic cost times a factor of the instance's own, which no class could know."""

    def __init__(self, factor):
        self.factor = factor

    def fn(self, a, y):
        return self.factor * network2.QuadraticCost.fn(a, y)

    def delta(self, z, a, y):
        return self.factor * network2.QuadraticCost.delta(z, a, y)


def test_a_readers_cost_may_be_an_instance_with_methods(few, tmp_path):
    x, y = few[0][0]
    seeded()
    plain = network2.Network([4, 5, 3], cost=network2.QuadraticCost)
    seeded()
    scaled = network2.Network([4, 5, 3], cost=Scaled(3))
    np.testing.assert_allclose(scaled.backprop(x, y)[1][0], 3 * plain.backprop(x, y)[1][0], rtol=1e-12)
    assert scaled.total_cost(few[0], 0.0) == pytest.approx(3 * plain.total_cost(few[0], 0.0))
    scaled.save(str(tmp_path / "net"))
    assert json.loads((tmp_path / "net").read_text())["cost"] == scaled.cost.name == "Scaled"


@pytest.mark.parametrize("cost", ["ce", None, 3, object, COSTS["ce"], [network2.QuadraticCost]])
def test_what_is_no_cost_of_the_books_is_refused_in_a_sentence(cost):
    with pytest.raises(UsageError, match="take CrossEntropyCost, QuadraticCost or a class with fn and delta"):
        network2.Network([4, 5, 3], cost=cost)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"sizes": [2, 1], "weights": [[[1]]], "biases": [[[0]]], "cost": "CrossEntropyCost"}']
)
def test_a_file_that_holds_no_network_is_refused(tmp_path, text):
    (tmp_path / "net").write_text(text)
    with pytest.raises(DataError):
        network2.load(str(tmp_path / "net"))


def test_a_cost_class_of_the_readers_is_trained_by(few):
    class Steep:
        @staticmethod
        def fn(a, y):
            return float(2 * np.square(a - y).sum())

        @staticmethod
        def delta(z, a, y):
            return 4 * (a - y) * network2.sigmoid_prime(z)

    seeded()
    steep = network2.Network([4, 5, 3], cost=Steep)
    seeded()
    plain = network2.Network([4, 5, 3], cost=network2.QuadraticCost)
    x, y = few[0][0]
    np.testing.assert_allclose(steep.backprop(x, y)[1][0], 4 * plain.backprop(x, y)[1][0], rtol=1e-12)
    assert steep.total_cost(few[0], 0.0) == pytest.approx(4 * plain.total_cost(few[0], 0.0))


class Length:
    """C = |a - y|, which no single output has a share of: fn and delta are for one example, as in the book."""

    @staticmethod
    def fn(a, y):
        return np.linalg.norm(a - y)

    @staticmethod
    def delta(z, a, y):
        return (a - y) / np.linalg.norm(a - y) * network2.sigmoid_prime(z)


class Mismatched(Length):
    """The delta of the quadratic cost under a cost that is another."""

    @staticmethod
    def delta(z, a, y):
        return (a - y) * network2.sigmoid_prime(z)


def test_the_gradient_check_tells_whether_fn_and_delta_of_a_cost_class_belong_together(few):
    x = np.hstack([x for x, _ in few[0][:7]])
    y = np.hstack([y for _, y in few[0][:7]])
    seeded()
    assert check(network2.Network([4, 5, 3], cost=Length), x, y).passed
    assert not check(network2.Network([4, 5, 3], cost=Mismatched), x, y).passed
    for cost in (network2.QuadraticCost, network2.CrossEntropyCost):
        assert check(network2.Network([4, 5, 3], cost=cost), x, y).passed


def test_a_cost_class_gives_what_each_example_costs_and_their_sum(few):
    x, y = np.hstack([x for x, _ in few[0]]), np.hstack([y for _, y in few[0]])
    net = network2.Network([4, 5, 3], cost=Length)
    a, costs = net.outputs_and_costs(x, y)
    np.testing.assert_allclose(costs, np.linalg.norm(a - y, axis=0), rtol=1e-14)
    assert net.total_cost(few[0], 0.0) == pytest.approx(costs.mean())
    assert net.total_cost(few[1], 0.0, convert=True) == pytest.approx(costs.mean())


def test_accuracy_counts_vectors_and_class_numbers_alike(few):
    net = network2.Network([4, 5, 3])
    numbers = [(x, int(y.argmax())) for x, y in few[0]]
    assert net.accuracy(few[0], convert=True) == net.accuracy(few[0]) == net.accuracy(numbers)


def test_a_cost_class_claims_no_derivative(few):
    net = network2.Network([4, 5, 3], cost=Length)
    with pytest.raises(UsageError) as refused:
        net.cost_derivative(np.full((3, 1), 0.5), np.zeros((3, 1)))
    assert str(refused.value) == (
        "the cost class Length has fn and delta, and neither of them is dC/da; "
        "override cost_derivative in a subclass of Network, or use delta(z, a, y), which is dC/dz"
    )


@pytest.mark.parametrize("monitored", [False, True])
def test_a_second_training_with_early_stopping_counts_its_own_epochs(few, monitored, capsys):
    training_data, test_data = few
    seeded()
    net = network2.Network([4, 5, 3])
    options = {"evaluation_data": test_data, "monitor_evaluation_accuracy": monitored, "early_stopping_n": 5}
    for _ in range(2):
        net.SGD(training_data, 200, 10, 1.0, **options)
        assert 6 <= capsys.readouterr().out.count("training complete") < 200


def test_early_stopping_ends_after_n_epochs_without_a_better_accuracy(few, capsys):
    training_data, test_data = few
    seeded()
    net = network2.Network([4, 5, 3])
    monitors = net.SGD(
        training_data, 200, 10, 1.0, evaluation_data=test_data, monitor_evaluation_accuracy=True, early_stopping_n=5
    )
    best = int(np.argmax(monitors[1]))
    assert len(monitors[1]) == best + 6 < 200
    assert len(capsys.readouterr().out.splitlines()) == 2 * len(monitors[1])


def test_no_overflow_however_large_the_argument():
    assert network2.sigmoid(np.array([-1000.0, 0, 1000])).tolist() == [0, 0.5, 1]
    assert network2.sigmoid_prime(np.array([1000.0])).tolist() == [0]


def test_hopeless_settings_are_told_by_the_counts_and_not_by_warnings(few, capsys):
    """eta lmbda / n beyond 2 makes the weights grow without bound, as it would in the book's own program."""
    training_data, test_data = few
    net = network2.Network([4, 5, 3])
    net.SGD(training_data, 60, 10, 10.0, lmbda=1000.0, evaluation_data=test_data, monitor_evaluation_accuracy=True)
    assert capsys.readouterr().out.count("/ 60") == 60
