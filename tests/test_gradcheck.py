"""The gradient check itself: it passes what is right, and finds what is wrong."""

import numpy as np
import pytest

from bpnet import gradcheck, training
from bpnet.gradcheck import check
from bpnet.network import Network
from bpnet.training import add_penalties


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


def test_a_gradient_that_is_nan_is_off_and_not_too_small(examples):
    class Own(Network):
        def backprop(self, x, y):
            nabla_b, nabla_w = super().backprop(x, y)
            return [np.nan * b for b in nabla_b], [np.nan * w for w in nabla_w]

    result = check(Own([4, 5, 3]), *examples)
    assert not result.passed
    assert "weights_1, [0, 0]: backprop gives nan" in result.complaint()


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
    for cost, passes in (("mse-flatspot", False), ("mse-natural", False), ("ce-naive", True), ("ce-clipped", True)):
        assert check(Network([4, 5, 3], cost=cost), *examples).passed == passes, cost


def test_penalties_are_part_of_the_check(examples):
    result = check(Network([4, 5, 3]), *examples, l2=5.0, l1=0.3, n=50)
    assert result.passed
    assert (result.l2, result.l1) == (5.0, 0.3)


@pytest.mark.parametrize("wrong", [{"l2": 2.0}, {"l1": 2.0}])
def test_a_penalty_with_a_wrong_gradient_is_found(examples, monkeypatch, wrong):
    """The gradient of another penalty than the one that the cost reports."""
    monkeypatch.setattr(
        "bpnet.gradcheck.differences.add_penalties",
        lambda g, p, spare, l2, l1, n: add_penalties(g, p, spare, wrong.get("l2", l2), wrong.get("l1", l1), n),
    )
    result = check(Network([4, 5, 3]), *examples, l2=5.0, l1=0.3, n=50)
    assert "weights_" in result.complaint()
    assert [layer.error < 1e-7 for layer in result.layers] == [False, True, False, True]  # biases have no penalty


def test_the_penalty_in_the_check_is_the_one_that_a_step_applies(blobs):
    """The gradient of the check, summed over the examples, over their number is what plain descent moves by."""
    network = Network([2, 4, 3], dtype="float64")
    settings = training.Settings(1, None, 0.1, l2=5.0, l1=0.3, measure=False)
    result = check(network, blobs.x.T, blobs.y.T, l2=5.0, l1=0.3)
    before = {name: p.copy() for name, p in network.parameters.items()}
    list(training.epochs(network, blobs, settings))
    for layer in result.layers:
        moved = (before[layer.name] - network.parameters[layer.name])[layer.where] / 0.1
        assert layer.difference / len(blobs) == pytest.approx(moved, rel=1e-6)


def test_a_weight_of_zero_under_l1_is_no_error(examples):
    """The slope of |w| at 0 is taken as 0, which is also what a difference over both sides gives."""
    network = Network([4, 5, 3])
    network.weights[0][2, 1] = 0
    assert check(network, *examples, l1=30.0).passed


# The second order


@pytest.mark.parametrize(("activation", "output"), [("sigmoid", "sigmoid"), ("tanh", "tanh")])
def test_complex_steps_do_not_overflow_at_a_saturated_output(examples, activation, output):
    """At z = 1000 exp(z) and cosh(z) would be beyond float64; the other two outputs have a curvature to check."""
    network = Network([4, 5, 3], cost="mse", activation=activation, output=output)
    network.biases[-1][0] = 1000
    assert gradcheck.check_curvature(network, *examples).passed


def test_a_curvature_that_is_all_zero_is_called_unchecked(bpnet):
    sets = ["--set", "network.output_bias=1000", "--set", "train.cost=mse"]
    code, out, err = bpnet("gradcheck", "-c", "xor", "--second-order", *sets)
    assert code == 4
    assert "nan" not in out
    assert "every product is 0, so nothing was checked" in err


def test_l2_is_part_of_the_curvature_that_is_checked(examples):
    result = gradcheck.check_curvature(Network([4, 5, 3]), *examples, l2=5.0, n=50)
    assert result.passed
    assert result.l2 == 5.0


def test_the_curvature_of_another_penalty_than_that_of_the_gradient_is_found(examples, monkeypatch):
    """The decay that a step of curvature has, on the biases too."""
    penalised = "bpnet.second_order.steps.Objective.penalised"
    monkeypatch.setattr(penalised, lambda self: np.ones(sum(p.size for p in self.network.parameters.values())))
    result = gradcheck.check_curvature(Network([4, 5, 3]), *examples, l2=5.0)
    assert {array.name for array in result.arrays if array.error > 1e-3} == {"biases_1", "biases_2"}
    assert "is not that of the cost: biases_" in result.complaint()


def test_the_penalties_of_a_config_reach_the_check_of_its_curvature(bpnet):
    code, out, _ = bpnet("gradcheck", "-c", "iris", "--second-order", "--set", "train.l2=5")
    assert code == 0
    assert out.startswith("iris: curvature products against complex steps of the gradient, 8 examples, float64, l2 5\n")
    code, _, err = bpnet("gradcheck", "-c", "iris", "--second-order", "--set", "train.l1=1")
    assert code == 2
    assert "train.l1: the penalty |w| has no curvature" in err
