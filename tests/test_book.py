"""The book's own modules: its numbers to the digit, its lines as printed, its files read and written."""

import copy
import json
import random

import numpy as np
import pytest
from conftest import SHARED

from bpnet.book import mnist_loader, network, network2
from bpnet.book.common import shuffled_order
from bpnet.errors import DataError

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
    found = net.SGD(training, epochs, 10, 0.1, lmbda=5.0, evaluation_data=validation, monitor_evaluation_accuracy=True)
    assert found[1] == wanted
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
    found = net.SGD(
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
    assert [len(column) for column in found] == [4] * 4
    lines = capsys.readouterr().out.splitlines()[-5:]
    assert lines[0] == "Epoch 3 training complete"
    assert lines[1] == f"Cost on training data: {found[2][-1]}"
    assert lines[2] == f"Accuracy on training data: {found[3][-1]} / 60"
    assert lines[4] == f"Accuracy on evaluation data: {found[1][-1]} / 60"
    assert net.accuracy(test_data) == found[1][-1]


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


def test_an_epoch_is_the_books_loop_over_single_examples(few):
    training_data, _ = few
    seeded()
    net = network2.Network([4, 5, 3])
    before = copy.copy(training_data)
    random.seed(3)
    order = shuffled_order(60)
    weights, biases = per_example(net, training_data, 7, 0.5, 2.0, order)
    random.seed(3)
    net.SGD(training_data, 1, 7, 0.5, lmbda=2.0)
    for one, other in zip(net.weights + net.biases, weights + biases, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-13)
    assert all(one is before[k] for one, k in zip(training_data, order, strict=True)), "shuffled in place"


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


def test_early_stopping_ends_after_n_epochs_without_a_better_accuracy(few, capsys):
    training_data, test_data = few
    seeded()
    net = network2.Network([4, 5, 3])
    found = net.SGD(
        training_data, 200, 10, 1.0, evaluation_data=test_data, monitor_evaluation_accuracy=True, early_stopping_n=5
    )
    best = int(np.argmax(found[1]))
    assert len(found[1]) == best + 6 < 200
    assert len(capsys.readouterr().out.splitlines()) == 2 * len(found[1])


def test_no_overflow_however_large_the_argument():
    assert network2.sigmoid(np.array([-1000.0, 0, 1000])).tolist() == [0, 0.5, 1]
    assert network2.sigmoid_prime(np.array([1000.0])).tolist() == [0]


def test_hopeless_settings_are_told_by_the_counts_and_not_by_warnings(few, capsys):
    """eta lmbda / n beyond 2 makes the weights grow without bound, as it would in the book's own program."""
    training_data, test_data = few
    net = network2.Network([4, 5, 3])
    net.SGD(training_data, 60, 10, 10.0, lmbda=1000.0, evaluation_data=test_data, monitor_evaluation_accuracy=True)
    assert capsys.readouterr().out.count("/ 60") == 60
