"""Backprop against two oracles that share no line with it: loops over BP1-BP4, and complex steps of the cost."""

import itertools

import numpy as np
import oracle
import pytest
from pairs import fits

from bpnet.activations import ACTIVATIONS
from bpnet.costs import COSTS, Cost, cost_for
from bpnet.errors import UsageError
from bpnet.network import Network

HIDDEN = [name for name in ACTIVATIONS if name != "softmax"]
DEPTHS = {1: [3, 2], 2: [3, 4, 2], 3: [3, 4, 3, 2]}
ROUNDING = 1e-12
NO_GRADIENT = ["mse-flatspot", "mse-natural"]
MEANT = {"ce-naive": "ce", "ce-clipped": "ce"}
GENUINE = [name for name in COSTS if name not in NO_GRADIENT]


CASES = [
    pytest.param(cost, output, hidden, depth, id=f"{cost}-{output}-{hidden}-{depth}")
    for cost, output, hidden, depth in itertools.product(GENUINE, ACTIVATIONS, HIDDEN, DEPTHS)
    if fits(cost, output)
]


def network_and_examples(cost, output, hidden, depth, seed=5):
    sizes = DEPTHS[depth]
    rng = np.random.default_rng(seed)
    network = Network(sizes, cost=cost, output=output, activation=hidden, seed=seed, dtype="float64")
    network.biases = [b + 0.3 for b in network.biases[:-1]] + [abs(network.biases[-1]) + 1]
    x = rng.standard_normal((sizes[0], 3))
    y = np.eye(sizes[-1])[:, rng.integers(0, sizes[-1], 3)] + (0 if cost.startswith("ce") else 0.25)
    return network, x, y


def as_lists(network):
    return [w.tolist() for w in network.weights], [b[:, 0].tolist() for b in network.biases]


def complex_step(network, cost, output, hidden, x, y):
    """dC/d(parameter) of the summed cost, by a step of 1e-30 i in the oracle's own cost: exact to rounding."""
    weights, biases = as_lists(network)
    found_b = [np.zeros(len(b)) for b in biases]
    found_w = [np.zeros(np.shape(w)) for w in weights]

    def slope():
        total = 0
        for one_x, one_y in zip(x.T.tolist(), y.T.tolist(), strict=True):
            total += oracle.cost(cost, output, oracle.forward(weights, biases, hidden, output, one_x)[1][-1], one_y)
        return total.imag / 1e-30

    for layer in range(len(weights)):
        for j in range(len(biases[layer])):
            biases[layer][j] += 1e-30j
            found_b[layer][j] = slope()
            biases[layer][j] = biases[layer][j].real
            for k in range(len(weights[layer][j])):
                weights[layer][j][k] += 1e-30j
                found_w[layer][j, k] = slope()
                weights[layer][j][k] = weights[layer][j][k].real
    return found_b, found_w


def assert_same(found, wanted):
    scale = max(np.abs(g).max() for g in wanted)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, np.reshape(other, one.shape), rtol=0, atol=ROUNDING * scale)


@pytest.mark.parametrize(("cost", "output", "hidden", "depth"), CASES)
def test_backprop_is_the_complex_step_derivative_of_the_cost(cost, output, hidden, depth):
    network, x, y = network_and_examples(cost, output, hidden, depth)
    nabla_b, nabla_w = network.backprop(x, y)
    found_b, found_w = complex_step(network, MEANT.get(cost, cost), output, hidden, x, y)
    assert max(np.abs(g).max() for g in nabla_w) > 1e-6, "all gradients zero: nothing is being compared"
    assert_same(nabla_b, found_b)
    assert_same(nabla_w, found_w)


@pytest.mark.parametrize(("cost", "output", "hidden", "depth"), CASES)
def test_backprop_is_the_slow_loop_over_bp1_to_bp4(cost, output, hidden, depth):
    network, x, y = network_and_examples(cost, output, hidden, depth)
    nabla_b, nabla_w = network.backprop(x, y)
    weights, biases = as_lists(network)
    slow = [
        oracle.backprop(weights, biases, hidden, output, MEANT.get(cost, cost), one_x, one_y)
        for one_x, one_y in zip(x.T.tolist(), y.T.tolist(), strict=True)
    ]
    for layer in range(len(weights)):
        assert_same([nabla_b[layer]], [np.real(sum(np.array(b[layer]) for b, _ in slow))])
        assert_same([nabla_w[layer]], [np.real(sum(np.array(w[layer]) for _, w in slow))])


@pytest.mark.parametrize(("cost", "output"), [(c, o) for c in GENUINE for o in ACTIVATIONS if fits(c, o)])
def test_the_cost_of_an_example_is_the_oracles(cost, output):
    network, x, y = network_and_examples(cost, output, "tanh", 2)
    weights, biases = as_lists(network)
    wanted = [
        oracle.cost(
            MEANT.get(cost, cost), output, oracle.forward(weights, biases, "tanh", output, one_x)[1][-1], one_y
        ).real
        for one_x, one_y in zip(x.T.tolist(), y.T.tolist(), strict=True)
    ]
    np.testing.assert_allclose(network.outputs_and_costs(x, y)[1], wanted, rtol=ROUNDING)


def test_backprop_sums_over_the_examples_and_a_step_divides():
    network, x, y = network_and_examples("ce", "sigmoid", "sigmoid", 2)
    each = [network.backprop(x[:, [k]], y[:, [k]])[1][0] for k in range(3)]
    np.testing.assert_allclose(network.backprop(x, y)[1][0], sum(each), rtol=1e-12)


def test_out_is_written_and_returned():
    network, x, y = network_and_examples("mse", "sigmoid", "tanh", 2)
    out = [np.full_like(b, 7) for b in network.biases], [np.full_like(w, 7) for w in network.weights]
    found = network.backprop(x, y, out=out)
    assert found[0][0] is out[0][0]
    assert_same(out[1], network.backprop(x, y)[1])


@pytest.mark.parametrize("output", ACTIVATIONS)
def test_an_overridden_cost_derivative_is_what_is_trained(output):
    """The cube of the error as a cost: no built-in gives this gradient."""

    class Quartic(Network):
        def cost_derivative(self, output_activations, y):
            return (output_activations - y) ** 3

    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((3, 4)), rng.random((2, 4))
    network = Quartic([3, 4, 2], cost="mse", output=output, seed=3, dtype="float64")
    own = Cost("quartic", lambda z, a, y: (a - y) ** 4 / 4, lambda a, y: (a - y) ** 3)
    passed = Network([3, 4, 2], cost=own, output=output, seed=3, dtype="float64")
    plain = Network([3, 4, 2], cost="mse", output=output, seed=3, dtype="float64")
    assert_same(network.backprop(x, y)[1], passed.backprop(x, y)[1])
    assert not np.allclose(network.backprop(x, y)[1][1], plain.backprop(x, y)[1][1])
    for one in (network, passed, plain):
        one.SGD((x.T, y.T), 3, 2, 0.1)
    np.testing.assert_array_equal(network.weights[0], passed.weights[0])
    assert not np.allclose(network.weights[0], plain.weights[0])


def test_a_cost_put_into_the_table_trains_by_its_name(monkeypatch):
    quartic = Cost("quartic", lambda z, a, y: (a - y) ** 4 / 4, lambda a, y: (a - y) ** 3)
    x, y = np.random.default_rng(2).random((4, 3)), np.random.default_rng(3).random((4, 2))
    with monkeypatch.context() as table:
        table.setitem(COSTS, "quartic", quartic)
        by_name = Network([3, 4, 2], cost="quartic", seed=3, dtype="float64")
    by_object = Network([3, 4, 2], cost=quartic, seed=3, dtype="float64")
    costs = by_name.SGD((x, y), 20, 2, 0.5)["train_cost"]
    by_object.SGD((x, y), 20, 2, 0.5)
    np.testing.assert_array_equal(by_name.weights[0], by_object.weights[0])
    assert costs[-1] < costs[0]
    with pytest.raises(UsageError, match="unknown cost 'quartic'"):
        Network([3, 2], cost="quartic")


def test_a_cost_put_into_the_table_is_checked_as_one_that_is_passed(monkeypatch):
    monkeypatch.setitem(COSTS, "summed", Cost("summed", lambda z, a, y: ((a - y) ** 2).sum(), lambda a, y: a - y))
    with pytest.raises(UsageError, match=r"cost 'summed': its value has shape \(\)"):
        Network([3, 2], cost="summed")


def test_a_cost_takes_the_form_that_fits_the_output():
    ce = COSTS["ce"]
    for cost in ("ce", ce):
        assert cost_for(cost, ACTIVATIONS["sigmoid"]) is ce
        assert cost_for(cost, ACTIVATIONS["softmax"]) is ce.forms[0]
        with pytest.raises(UsageError, match="cost 'ce' needs a sigmoid or softmax output, not 'linear'"):
            cost_for(cost, ACTIVATIONS["linear"])


def test_cost_derivative_replaced_on_the_instance_is_used_too():
    network = Network([2, 1], dtype="float64")
    network.cost_derivative = lambda a, y: np.zeros_like(a)
    assert not network.backprop(np.ones((2, 1)), np.zeros((1, 1)))[1][0].any()


def test_a_replica_set_has_each_networks_gradient():
    x, y = np.random.default_rng(0).standard_normal((3, 5)), np.eye(2)[:, [0, 1, 1, 0, 1]]
    several = Network([3, 4, 2], seed=[4, 5, 6], dtype="float64")
    for r, seed in enumerate([4, 5, 6]):
        alone = Network([3, 4, 2], seed=seed, dtype="float64")
        for one, other in zip(several.backprop(x, y)[1], alone.backprop(x, y)[1], strict=True):
            np.testing.assert_allclose(one[r], other, rtol=1e-12, atol=1e-15)


def test_dropout_masks_take_part_in_both_directions():
    """A network with masks is the smaller network without the dropped neurons, their outputs scaled."""
    network = Network([3, 4, 2], seed=1, dtype="float64")
    x, y = np.random.default_rng(0).standard_normal((3, 1)), np.array([[0.0], [1]])
    mask = np.array([[2.0], [0], [0], [2.0]])
    small = Network([3, 2, 2], dtype="float64")
    kept = [0, 3]
    small.weights = [network.weights[0][kept], 2 * network.weights[1][:, kept]]
    small.biases = [network.biases[0][kept], network.biases[1]]
    nabla_b, nabla_w = network.backprop(x, y, masks=[mask])
    small_b, small_w = small.backprop(x, y)
    np.testing.assert_allclose(nabla_w[0][kept], small_w[0], rtol=1e-12)
    np.testing.assert_allclose(nabla_w[1][:, kept], 2 * small_w[1], rtol=1e-12)
    np.testing.assert_allclose(nabla_b[1], small_b[1], rtol=1e-12)
    assert not nabla_w[0][[1, 2]].any()
