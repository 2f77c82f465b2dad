"""The gradient check itself: it passes what is right, and finds what is wrong."""

import numpy as np
import pytest

from bpnet.gradcheck import check
from bpnet.network import Network


@pytest.fixture
def examples():
    rng = np.random.default_rng(0)
    return rng.standard_normal((4, 6)), np.eye(3)[:, rng.integers(0, 3, 6)]


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "linear"])
@pytest.mark.parametrize(
    ("cost", "output"), [("ce", "softmax"), ("ce", "sigmoid"), ("mse", "softmax"), ("huber", "tanh")]
)
def test_a_right_gradient_passes_with_every_parameter_checked(examples, activation, cost, output):
    network = Network([4, 5, 3], activation=activation, cost=cost, output=output)
    result = check(network, *examples)
    assert result.passed
    assert sum(layer.parameters for layer in result.layers) == sum(p.size for p in network.parameters.values())
    assert max(layer.error for layer in result.layers) < 1e-7


def test_the_circulating_recipe_called_cross_entropy_fails(examples):
    class Recipe(Network):
        def cost_derivative(self, output_activations, y):
            return (output_activations - y) / len(y)

    result = check(Recipe([4, 5, 3], cost="ce"), *examples)
    assert not result.passed
    assert "is not that of the cost" in result.complaint()
    assert all(layer.error > 0.1 for layer in result.layers)


def test_a_single_wrong_weight_is_found_and_named(examples):
    class Slip(Network):
        def backprop(self, x, y):
            nabla_b, nabla_w = super().backprop(x, y)
            nabla_w[0][3, 2] *= 1.001
            return nabla_b, nabla_w

    result = check(Slip([4, 5, 3]), *examples)
    assert not result.passed
    assert "weights_1, [3, 2]" in result.complaint()


def test_all_gradients_zero_is_no_pass(examples):
    network = Network([4, 5, 3], activation="relu", output_bias=0.0)
    network.weights = [np.zeros_like(w) for w in network.weights]
    network.biases = [b - 1e4 for b in network.biases]
    network.cost_derivative = lambda a, y: np.zeros_like(a)
    result = check(network, examples[0], np.zeros((3, 6)))
    assert result.vanished
    assert not result.passed
    assert "nothing was checked" in result.complaint()


def test_a_kink_is_told_from_an_error():
    """Biases 0 and an input 0 put a ReLU exactly on its kink, where either side's slope is a right answer."""
    network = Network([2, 3, 1], activation="relu", init="he", seed=4)
    result = check(network, np.array([[0.0, 1], [0, 1]]), np.array([[0.0, 1]]))
    assert result.passed
    assert sum(layer.kinks for layer in result.layers) > 0


def test_the_network_is_not_touched(examples):
    network = Network([4, 5, 3])
    before = [w.copy() for w in network.weights]
    check(network, *examples)
    assert network.dtype == np.float32
    for w, old in zip(network.weights, before, strict=True):
        np.testing.assert_array_equal(w, old)


def test_a_flat_spot_term_is_no_cost_s_gradient_and_the_other_contenders_are(examples):
    for cost, passes in (("mse-flatspot", False), ("ce-naive", True), ("ce-clipped", True)):
        assert check(Network([4, 5, 3], cost=cost), *examples).passed == passes, cost
