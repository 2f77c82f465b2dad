"""The Network class: what it takes, what it refuses, and that its randomness is its seed."""

import re

import numpy as np
import pytest

from bpnet.costs import Cost
from bpnet.errors import BpnetError, UsageError
from bpnet.experiment import from_arrays
from bpnet.gradcheck import check
from bpnet.network import Network
from bpnet.optimizers import Adam, Step


def test_a_plain_vector_is_one_example():
    network = Network([3, 2])
    vector = np.array([0.1, 0.2, 0.3])
    assert network.feedforward(vector).shape == (2, 1)
    np.testing.assert_array_equal(network.feedforward(vector), network.feedforward(vector[:, np.newaxis]))


@pytest.mark.parametrize("shape", [(4,), (5, 3), (2, 2), (), (1, 3)])
def test_inputs_that_are_no_columns_are_refused_and_never_broadcast(shape):
    with pytest.raises(UsageError, match=r"takes \(3, m\)"):
        Network([3, 2]).feedforward(np.zeros(shape))


def test_rows_given_for_columns_are_told_to_be_transposed():
    with pytest.raises(UsageError, match="transpose"):
        Network([3, 2]).feedforward(np.zeros((10, 3)))


def test_predict_takes_rows():
    network = Network([3, 2])
    x = np.random.default_rng(0).random((5, 3))
    np.testing.assert_array_equal(network.predict(x), network.feedforward(x.T).T)


@pytest.mark.parametrize("sizes", [[], [3], [3, 0], [2, 1.5, 1], [-1, 2]])
def test_sizes_that_make_no_network_are_refused(sizes):
    with pytest.raises(UsageError, match="make no network"):
        Network(sizes)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"cost": "cee"}, "did you mean 'ce'"),
        ({"activation": "sigmod"}, "did you mean 'sigmoid'"),
        ({"activation": "softmax"}, "unknown hidden activation 'softmax'"),
        ({"init": "hee"}, "did you mean 'he'"),
        ({"cost": "ce", "output": "linear"}, "needs a sigmoid or softmax output"),
        ({"cost": "ce", "output": "tanh"}, "needs a sigmoid or softmax output"),
    ],
)
def test_names_and_pairs_that_make_no_sense_are_refused_with_a_remedy(options, sentence):
    with pytest.raises(BpnetError, match=sentence):
        Network([2, 2, 1], **options)


def test_the_same_seed_gives_the_same_network_and_another_seed_another():
    weights = [Network([5, 4, 2], seed=seed).weights[0] for seed in (3, 3, 4)]
    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.allclose(weights[0], weights[2])


def test_global_random_state_is_neither_used_nor_moved():
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    Network([5, 4, 2]).SGD((np.ones((4, 5)), np.eye(2)[[0, 1, 0, 1]]), 2, 2, 0.1, dropout=0.5)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_each_replica_starts_as_its_seed_alone():
    several = Network([5, 4, 2], seed=[7, 8])
    assert several.replicas == 2
    np.testing.assert_array_equal(several.weights[1][1], Network([5, 4, 2], seed=8).weights[1])


@pytest.mark.parametrize(
    ("init", "deviation"), [("default", 1 / 20), ("large", 1.0), ("glorot", np.sqrt(2 / 700)), ("he", np.sqrt(2) / 20)]
)
def test_initial_weights_have_the_promised_spread(init, deviation):
    """Of 120,000 weights: 1 % is five times what the sample deviation itself varies."""
    w = Network([400, 300], init=init, dtype="float64").weights[0]
    assert abs(w.std() / deviation - 1) < 0.01
    assert abs(w.mean()) < 5 * deviation / np.sqrt(w.size)


def test_output_bias_and_init_scale_change_the_start():
    plain, moved = Network([3, 4, 2]), Network([3, 4, 2], output_bias=10, init_scale=3)
    np.testing.assert_allclose(moved.weights[0], 3 * plain.weights[0], rtol=1e-6)
    np.testing.assert_allclose(moved.biases[1], 3 * plain.biases[1] + 10, rtol=1e-6)
    np.testing.assert_allclose(moved.biases[0], 3 * plain.biases[0], rtol=1e-6)


def test_parameters_are_the_arrays_of_each_layer():
    sizes = [p.size for p in Network([784, 30, 10]).parameters.values()]
    assert sizes == [784 * 30, 30, 30 * 10, 10]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_everything_stays_in_the_dtype(dtype):
    network = Network([3, 4, 2], dtype=dtype)
    network.SGD((np.ones((4, 3)), np.eye(2)[[0, 1, 0, 1]]), 2, 2, 0.1, lmbda=0.1, l1=0.1)
    assert {array.dtype for array in network.weights + network.biases} == {np.dtype(dtype)}
    assert network.feedforward(np.ones(3)).dtype == dtype


def test_update_mini_batch_is_one_step_of_gradient_descent():
    network = Network([3, 2], seed=1, dtype="float64")
    x, y = np.random.default_rng(0).random((4, 3)), np.eye(2)[[0, 1, 1, 0]]
    nabla_b, nabla_w = network.backprop(x.T, y.T)
    w, b = network.weights[0].copy(), network.biases[0].copy()
    network.update_mini_batch((x, y), eta=0.5, lmbda=2.0, n=100)
    np.testing.assert_allclose(network.weights[0], (1 - 0.5 * 2 / 100) * w - 0.5 / 4 * nabla_w[0], rtol=1e-12)
    np.testing.assert_allclose(network.biases[0], b - 0.5 / 4 * nabla_b[0], rtol=1e-12)


def test_training_data_of_every_form_train_the_same():
    x, labels = np.random.default_rng(0).random((6, 3)), np.array([0, 1, 1, 0, 1, 0])
    y = np.eye(2)[labels]
    forms = [
        (x, y),
        (x, labels),
        [(one[:, np.newaxis], target[:, np.newaxis]) for one, target in zip(x, y, strict=True)],
        list(zip(x, labels, strict=True)),
        zip([one[:, np.newaxis] for one in x], labels, strict=True),
    ]
    found = []
    for form in forms:
        network = Network([3, 2])
        network.SGD(form, 2, 2, 0.5)
        found.append(network.weights[0])
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ((np.ones((4, 5)), np.eye(2)[[0, 1, 0, 1]]), "5 inputs for a network with 3"),
        ((np.ones((4, 3)), np.ones((4, 5))), "5 outputs for a network with 2"),
        ((np.ones((4, 3)), np.array([0, 1, 2, 1])), "whole, from 0 to 1"),
        ([], "list of"),
        ((np.ones((4, 3)), np.ones((3, 2))), "one row per example"),
        ((np.ones((0, 3)), np.ones((0, 2))), "no examples"),
    ],
)
def test_training_data_that_do_not_fit_are_refused_in_a_sentence(data, sentence):
    with pytest.raises(BpnetError, match=sentence):
        Network([3, 2]).SGD(data, 1, 2, 0.5)


def test_the_callers_data_are_never_changed():
    x, y = np.random.default_rng(0).random((6, 3)), np.eye(2)[[0, 1, 1, 0, 1, 0]]
    kept = x.copy(), y.copy()
    Network([3, 4, 2]).SGD((x, y), 3, 2, 0.5, dropout=0.2)
    np.testing.assert_array_equal(x, kept[0])
    np.testing.assert_array_equal(y, kept[1])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"seed": -1}, "a whole number from 0"),
        ({"seed": None}, "a whole number from 0"),
        ({"seed": []}, "a whole number from 0"),
        ({"dtype": int}, "take 'float32' or 'float64'"),
        ({"output": "softmax"}, "a softmax of one output is always 1"),
        ({"cost": Cost("mine", lambda z, a, y: ((a - y) ** 2).sum(), lambda a, y: a - y)}, "a number per output"),
        ({"cost": Cost("mine", lambda z, a, y: (a - y) ** 2, lambda a, y: 0.0)}, "its derivative has shape"),
    ],
)
def test_what_makes_no_network_is_refused_when_it_is_made(options, sentence):
    with pytest.raises(UsageError, match=sentence):
        Network([2, 3, 1], **options)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"epochs": 0}, "epochs 0: a whole number"),
        ({"epochs": 2.5}, "epochs 2.5"),
        ({"mini_batch_size": 0}, "batch size 0"),
        ({"mini_batch_size": "full"}, "batch size 'full'"),
        ({"eta": -1.0}, "learning rate -1.0: above 0"),
        ({"eta": float("nan")}, "learning rate nan"),
        ({"dropout": 1.0}, "dropout 1.0"),
        ({"lmbda": -1.0}, "penalties"),
        ({"optimizer": "adm"}, "did you mean 'adam'"),
        ({"schedule": "halv"}, "did you mean 'halve'"),
        ({"monitor": "slop"}, "did you mean 'slope'"),
        ({"training_data": None}, "examples come as"),
        ({"training_data": (np.full((4, 2), np.nan), np.zeros((4, 1)))}, "NaN"),
        ({"training_data": (np.ones((4, 2)), np.array([[-1.0], [1], [1], [-1]]))}, "probabilities, from 0 to 1"),
    ],
)
def test_what_makes_no_training_is_refused_before_it_begins(changes, sentence):
    network = Network([2, 1])
    before = network.weights[0].copy()
    usual = {"training_data": (np.ones((4, 2)), np.zeros((4, 1))), "epochs": 1, "mini_batch_size": 2, "eta": 0.1}
    with pytest.raises(UsageError, match=sentence):
        network.SGD(**(usual | changes))
    np.testing.assert_array_equal(network.weights[0], before)


def test_optimisers_and_schedules_go_by_name_too(xor):
    by_name, by_object = Network([2, 3, 1]), Network([2, 3, 1])
    by_name.SGD(xor, 3, 2, 0.1, optimizer="adam", schedule="step", monitor="slope")
    by_object.SGD(xor, 3, 2, 0.1, optimizer=Adam(), schedule=Step(), monitor=["slope"])
    np.testing.assert_array_equal(by_name.weights[0], by_object.weights[0])


def test_rows_of_the_wrong_length_are_named_as_rows():
    with pytest.raises(UsageError, match=r"shape \(3, 5\) for a network that takes rows \(n, 2\)"):
        Network([2, 1]).predict(np.zeros((3, 5)))


@pytest.mark.parametrize("form", [lambda y: y, lambda y: y[:, np.newaxis], lambda y: y[np.newaxis], list])
def test_class_numbers_are_targets_wherever_targets_are_taken(form):
    """(m,), (m, 1), (1, m) or a list: the gradient, the cost and the check are those of one-hot columns."""
    network = Network([4, 5, 3], output="softmax", dtype="float64")
    rng = np.random.default_rng(0)
    x, numbers = rng.standard_normal((4, 3)), np.array([2, 0, 2])  # as many examples as outputs: nothing to guess by
    columns = np.eye(3)[:, numbers]
    for ours, theirs in zip(network.backprop(x, form(numbers)), network.backprop(x, columns), strict=True):
        for g, wanted in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(g, wanted)
    np.testing.assert_array_equal(
        network.outputs_and_costs(x, form(numbers))[1], network.outputs_and_costs(x, columns)[1]
    )
    np.testing.assert_array_equal(network.probe(x, form(numbers))["2"].targets, columns)
    assert check(network, x, form(numbers)).layers == check(network, x, columns).layers


def test_class_numbers_of_a_single_output_are_its_targets():
    network = Network([2, 4, 1], dtype="float64")
    x, numbers = np.array([[0.0, 0, 1, 1], [0, 1, 0, 1]]), np.array([0, 1, 1, 0])
    for form in (numbers, numbers[:, np.newaxis]):
        np.testing.assert_array_equal(network.backprop(x, form)[1][0], network.backprop(x, numbers[np.newaxis])[1][0])
    assert check(network, x, numbers).passed


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.array([0, 1, 3]), "class numbers for 3 outputs are whole, from 0 to 2; got 3"),
        (np.array([0.5, 1, 2]), "whole, from 0 to 2; got 0.5"),
        (np.array(["a", "b", "a"]), "are no numbers"),
        (np.eye(3)[:, :2], "for 3 examples, which are columns; take (3, 3)"),
    ],
)
def test_targets_of_other_examples_never_broadcast(targets, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        Network([4, 5, 3]).backprop(np.ones((4, 3)), targets)


def test_classes_as_texts_are_refused_with_a_remedy():
    with pytest.raises(UsageError, match="no numbers; numpy"):
        Network([4, 5, 3]).SGD((np.ones((3, 4)), np.array(["a", "b", "c"])), 1, 3, 0.5)


def test_three_class_numbers_are_no_targets_of_five_examples():
    with pytest.raises(UsageError, match="for 5 examples"):
        Network([4, 5, 3]).backprop(np.ones((4, 5)), np.array([0, 1, 2]))


def test_a_network_learns_from_a_column_of_class_numbers(blobs):
    numbers = blobs.y.argmax(axis=1)
    networks = [Network([2, 5, 3], output="softmax") for _ in range(2)]
    for network, targets in zip(networks, (numbers, numbers[:, np.newaxis]), strict=True):
        network.SGD((blobs.x, targets), 2, 10, 0.5)
    np.testing.assert_array_equal(networks[0].weights[0], networks[1].weights[0])
    assert from_arrays(blobs.x, numbers[:, np.newaxis], epochs=1).network.sizes[-1] == 3
