"""Costs, deltas and activations where floating point runs out: z = +-1000, and the tails on the way there."""

import math

import numpy as np
import pytest
from scipy.special import expit, log_expit, log_softmax

from bpnet import activations
from bpnet.activations import ACTIVATIONS
from bpnet.costs import COSTS, cost_for
from bpnet.network import Network

FLOATS = ["float32", "float64"]
Z = np.array([-1000.0, -100, -30, -20, -1, -1e-3, 0, 1e-3, 1, 20, 30, 100, 1000])


def column(values, dtype):
    return np.array([values], dtype=dtype)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("target", [0.0, 1.0, 0.3])
def test_cross_entropy_of_a_sigmoid_is_exact(dtype, target):
    cost = cost_for("ce", ACTIVATIONS["sigmoid"])
    z = column(Z, dtype)
    y = np.full_like(z, target)
    wanted = -(y * log_expit(z.astype(float)) + (1 - y.astype(float)) * log_expit(-z.astype(float)))
    value = cost.value(z, ACTIVATIONS["sigmoid"].value(z), y)
    np.testing.assert_allclose(value, wanted, rtol=8 * np.finfo(dtype).eps, atol=np.finfo(dtype).tiny)


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_wrong_output_at_1000_costs_1000_and_has_delta_1(dtype):
    cost = cost_for("ce", ACTIVATIONS["sigmoid"])
    z, y = column([1000, -1000], dtype), column([0, 1], dtype)
    a = ACTIVATIONS["sigmoid"].value(z)
    assert cost.value(z, a, y).tolist() == [[1000, 1000]]
    assert cost.delta(z, a, y).tolist() == [[1, -1]]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("spread", [1, 30, 1000])
def test_log_likelihood_of_a_softmax_is_exact(dtype, spread):
    cost = cost_for("ce", ACTIVATIONS["softmax"])
    z = spread * np.random.default_rng(0).standard_normal((5, 40)).astype(dtype)
    y = np.eye(5, dtype=dtype)[:, np.arange(40) % 5]
    a = ACTIVATIONS["softmax"].value(z)
    wanted = -y * log_softmax(z.astype(float), axis=0)
    np.testing.assert_allclose(cost.value(z, a, y), wanted, rtol=4 * np.finfo(dtype).eps, atol=4 * np.finfo(dtype).eps)
    np.testing.assert_allclose(cost.delta(z, a, y), a - y, atol=np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("gap", [1e-3, 1, 5, 15, 20, 40, 80])
def test_the_logarithm_of_a_softmax_keeps_its_digits_where_a_has_rounded_to_1(gap, dtype):
    """ln a = -log1p(exp(-gap)) for the larger of two; -2.06e-9 at a gap of 20, where ln of the rounded a is 0."""
    z = np.array([[0], [gap]], dtype=dtype)
    wanted = [-gap - math.log1p(math.exp(-gap)), -math.log1p(math.exp(-gap))]
    rounding = 4 * np.finfo(dtype).eps * max(1, gap)  # exp(-gap) of a gap that is itself rounded
    np.testing.assert_allclose(activations.log_softmax(z)[:, 0], wanted, rtol=rounding)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("ties", [2, 3, 7])
def test_equal_largest_inputs_share_the_softmax(ties, dtype):
    z = np.array([[5]] * ties + [[-20]], dtype=dtype)
    wanted = -math.log(ties + math.exp(-25))
    np.testing.assert_allclose(activations.log_softmax(z)[:ties, 0], wanted, rtol=4 * np.finfo(dtype).eps)
    assert activations.log_softmax(z).dtype == dtype


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_softmax_is_exact_in_its_tail_and_for_each_replica(dtype):
    """Each share to a few roundings, also that of e^-80; as many columns and replicas as there are."""
    z = np.random.default_rng(3).uniform(-40, 40, (2, 5, 7)).astype(dtype)
    wanted = np.exp(log_softmax(z.astype(float), axis=-2))
    np.testing.assert_allclose(ACTIVATIONS["softmax"].value(z), wanted, rtol=80 * np.finfo(dtype).eps)  # z - max: to 80


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_sigmoid_and_its_slope_keep_their_digits_in_the_tails(dtype):
    z = np.linspace(-80, 80, 801, dtype=dtype)[np.newaxis]
    rounding = 8 * np.finfo(dtype).eps
    exact = z.astype(float)
    np.testing.assert_allclose(ACTIVATIONS["sigmoid"].value(z), expit(exact), rtol=rounding)
    np.testing.assert_allclose(ACTIVATIONS["sigmoid"].slope(z), expit(exact) * expit(-exact), rtol=rounding)
    np.testing.assert_allclose(ACTIVATIONS["tanh"].slope(z / 2), 4 * expit(exact) * expit(-exact), rtol=2 * rounding)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_keep_the_dtype_and_stay_finite_at_1000(name, dtype):
    z = np.stack([column(Z, dtype)[0], column(-Z, dtype)[0]])
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        for array in (ACTIVATIONS[name].value(z), ACTIVATIONS[name].slope(z), ACTIVATIONS[name].pull_back(z, z)):
            assert array.dtype == dtype
            assert np.isfinite(array).all()


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "linear"])
def test_slopes_are_the_differences_of_the_values(name):
    z = np.random.default_rng(1).uniform(-3, 3, (2, 50))
    h = 1e-6
    activation = ACTIVATIONS[name]
    difference = (activation.value(z + h) - activation.value(z - h)) / (2 * h)
    np.testing.assert_allclose(activation.slope(z), difference, atol=1e-9)


def test_softmax_pulls_a_gradient_back_through_the_whole_jacobian():
    z, gradient = np.random.default_rng(1).standard_normal((2, 4, 1))
    a = ACTIVATIONS["softmax"].value(z)
    jacobian = np.diag(a[:, 0]) - a @ a.T
    np.testing.assert_allclose(ACTIVATIONS["softmax"].pull_back(gradient, z), jacobian @ gradient, rtol=1e-12)
    np.testing.assert_allclose(ACTIVATIONS["softmax"].slope(z)[:, 0], np.diag(jacobian), rtol=1e-12)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("cost", "output"), [("mse", "sigmoid"), ("ce", "sigmoid"), ("mse", "softmax"), ("ce", "softmax")]
)
def test_backprop_through_a_hopelessly_saturated_network_gives_no_warning(cost, output, dtype):
    network = Network([2, 3, 2], cost=cost, output=output, init_scale=1000, dtype=dtype)
    x, y = np.array([[1000.0, -1000], [3, -3]]), np.array([[0.0, 1], [1, 0]])
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        nabla_b, nabla_w = network.backprop(x, y)
    assert all(np.isfinite(g).all() for g in nabla_b + nabla_w)


def test_a_saturated_wrong_output_still_learns_under_ce_and_not_under_mse():
    x, y = np.ones((1, 1)), np.zeros((1, 1))
    deltas = {}
    for cost in ("ce", "mse"):
        network = Network([1, 1], cost=cost, output_bias=40, dtype="float64")
        deltas[cost] = float(network.backprop(x, y)[0][0][0, 0])
    assert deltas["ce"] == 1.0
    assert 0 < deltas["mse"] < 1e-15


@pytest.mark.parametrize("dtype", [np.uint8, bool, np.int64, np.float64])
def test_targets_of_any_kind_of_number_have_the_same_cross_entropy(dtype):
    """An unsigned 1 subtracted from 0 would wrap around to 255."""
    z, y = np.array([[-3.0, 2.0]]), np.array([[1, 0]])
    wanted = -log_expit(np.array([[-3.0, -2.0]]))
    np.testing.assert_allclose(COSTS["ce"].value(z, expit(z), y.astype(dtype)), wanted, rtol=1e-14)
