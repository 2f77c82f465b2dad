"""One product for all: by BLAS, or by einsum where the matrices of replicas are tiny; and how their arrays lie."""

import numpy as np
import pytest

from bpnet import Network, training
from bpnet.activations import ACTIVATIONS
from bpnet.costs import Cost
from bpnet.data import Dataset
from bpnet.products import NARROW, TINY, column_sum, laid_out, product, replicas_last

FLOATS = ["float32", "float64"]
SHAPES = [(4, 2, 4), (1, 4, 4), (4, 1, 4), (1, 1, 1), (8, 5, 5), (8, 5, 6), (2, 1, 64), (30, 20, 10)]


def matrices(*shape, dtype="float64", seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def slowly(a, b):
    """The product of each replica, entry by entry."""
    replicas = len(a) if a.ndim == 3 else len(b)
    result = np.zeros((replicas, a.shape[-2], b.shape[-1]))
    for r in range(replicas):
        one, other = (m[r] if m.ndim == 3 else m for m in (a, b))
        for i in range(one.shape[0]):
            for k in range(other.shape[1]):
                result[r, i, k] = sum(float(one[i, j]) * float(other[j, k]) for j in range(one.shape[1]))
    return result


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("shared", ["neither", "left", "right"])
@pytest.mark.parametrize("last", [False, True])
def test_a_product_of_replicas_is_the_scalar_loops(shape, shared, last):
    n, k, m = shape
    a = matrices(n, k) if shared == "left" else matrices(7, n, k)
    b = matrices(k, m, seed=1) if shared == "right" else matrices(7, k, m, seed=1)
    if last:
        a, b = replicas_last(a), replicas_last(b)
    np.testing.assert_allclose(product(a, b), slowly(a, b), rtol=1e-13, atol=1e-14)
    for out in (np.empty((7, n, m)), replicas_last(np.empty((7, n, m)))):
        assert product(a, b, out=out) is out
        np.testing.assert_array_equal(out, product(a, b))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_product_of_two_matrices_is_numpys(shape):
    n, k, m = shape
    a, b, out = matrices(n, k), matrices(k, m, seed=1), np.empty((m, n)).T  # an `out` that np.dot would refuse
    np.testing.assert_allclose(product(a, b), a @ b, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(product(a, b, out=out), a @ b, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_product_has_the_same_bits_for_any_number_of_replicas_and_any_layout(shape, dtype):
    n, k, m = shape
    a, b = matrices(40, n, k, dtype=dtype), matrices(40, k, m, dtype=dtype, seed=1)
    wanted = product(replicas_last(a), replicas_last(b))
    for some in (slice(0, 2), slice(5, 8), slice(9, 26)):
        np.testing.assert_array_equal(product(a[some], replicas_last(b[some])), wanted[some])


@pytest.mark.parametrize("dtype", FLOATS)
def test_where_blas_multiplies_replicas_have_the_bits_of_a_single_product(dtype):
    w, x, delta = matrices(3, 30, 20, dtype=dtype), matrices(10, 20, dtype=dtype).T, matrices(3, 30, 10, dtype=dtype)
    sums = column_sum(delta, np.empty((3, 30, 1), dtype))
    for r in range(3):
        np.testing.assert_array_equal(product(w, x)[r], product(w[r], x))
        np.testing.assert_array_equal(product(delta, x.mT)[r], product(delta[r], x.mT))
        np.testing.assert_array_equal(sums[r], column_sum(delta[r], np.empty((30, 1), dtype)))


@pytest.mark.parametrize("last", [False, True])
def test_a_sum_of_columns_is_numpys(last):
    a = replicas_last(matrices(5, 3, 4)) if last else matrices(5, 3, 4)
    np.testing.assert_allclose(column_sum(a, np.empty((5, 3, 1))), a.sum(axis=-1, keepdims=True), rtol=1e-13)
    np.testing.assert_allclose(column_sum(a[0], np.empty((3, 1))), a[0].sum(axis=-1, keepdims=True), rtol=1e-13)


def test_the_replicas_of_a_tiny_network_lie_side_by_side_and_those_of_a_wide_one_do_not():
    tiny, wide = Network([2, 4, 1], seed=range(5)), Network([64, 30, 10], seed=range(5))
    assert {p.strides[0] for p in tiny.parameters.values()} == {4}  # bytes of a float32
    assert all(p.flags.c_contiguous for p in wide.parameters.values())
    again = laid_out({name: np.ascontiguousarray(p) for name, p in tiny.parameters.items()})
    assert {p.strides[0] for p in again.values()} == {4}


def test_data_that_are_measured_in_portions_are_never_multiplied_as_tiny():
    """Else a portion's width, and with it the number of replicas, would decide how a product is rounded."""
    n = 3 * NARROW + 5
    data = Dataset(matrices(n, 2, dtype="float32"), np.zeros((n, 1), np.float32), classes=("0", "1"))
    for replicas in (1, 50, 5000):
        widths = [x.shape[1] for x, _ in training.batches_to_measure(Network([2, 2, 1], seed=range(replicas)), data)]
        assert sum(widths) == n
        assert min(widths) >= NARROW
        assert all(width % NARROW == 0 for width in widths[:-1])
    assert TINY > 2 * 2  # a product of few such columns would be a tiny one


XOR = Dataset(np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]]), classes=("0", "1"))


def trained(change=None, **options):
    """The parameters after 6 epochs of XOR; `change` alters the network between the third and the fourth."""
    network = Network([2, 4, 1], seed=1, dtype="float64")
    settings = training.Settings(6, None, 2.0, **options)
    for state in training.epochs(network, XOR, settings):
        if change and len(state.history) == 3:
            change(network)
    return np.concatenate([p.ravel() for p in network.parameters.values()])


def test_measuring_a_full_batch_leaves_the_training_as_it_is():
    np.testing.assert_array_equal(trained(), trained(measure=False))


def test_a_parameter_changed_between_two_epochs_is_seen_by_the_next_step():
    """The forward pass of the measures serves the next step, unless it is no longer that of these parameters."""

    def change(network):
        network.weights[0][0, 0] += 0.5

    np.testing.assert_array_equal(trained(change), trained(change, measure=False))
    assert (trained(change) != trained()).any()


def test_a_full_batch_is_sent_forward_once_an_epoch(monkeypatch):
    passes, forward = [], Network.forward
    monkeypatch.setattr(Network, "forward", lambda self, *arguments: passes.append(1) or forward(self, *arguments))
    network = Network([2, 4, 1])
    network.SGD(XOR, 6, None, 2.0, evaluation_data=XOR)
    assert len(passes) == 7 + 6  # before the first step and after each of six; and the validation after each


@pytest.mark.parametrize(
    "change",
    [
        lambda net: net.weights.__setitem__(0, net.weights[0].T),
        lambda net: net.activations.__setitem__(0, ACTIVATIONS["tanh"]),
        lambda net: net.biases[1].__iadd__(1.0),
    ],
    ids=["transposed", "another activation", "in place"],
)
def test_whatever_changes_between_two_epochs_is_seen_by_the_next_step(change):
    weights = []
    for measure in (True, False):
        network = Network([2, 2, 1], seed=1, dtype="float64")
        for state in training.epochs(network, XOR, training.Settings(5, None, 2.0, measure=measure)):
            if len(state.history) == 2:
                change(network)
        weights.append(np.concatenate([p.ravel() for p in network.parameters.values()]))
    np.testing.assert_array_equal(*weights)


def test_data_changed_in_place_are_seen_by_the_next_step():
    """A step of one's own may add noise to its mini-batch, which must not stay, nor be left out."""

    class Halving(Network):
        def update_mini_batch(self, mini_batch, eta, lmbda=0.0, n=None, update=None):
            mini_batch.x *= 0.5
            super().update_mini_batch(mini_batch, eta, lmbda, n, update)

    half = Dataset(XOR.x / 2, XOR.y, classes=XOR.classes)
    weights = []
    for kind, data in ((Halving, XOR), (Network, half)):
        network = kind([2, 4, 1], seed=1, dtype="float32")
        network.SGD(data, 5, None, 2.0)
        weights.append(network.weights[0])
    np.testing.assert_array_equal(*weights)


def test_what_a_caller_does_to_measured_outputs_leaves_the_step_alone():
    class Rounding(Network):
        def outputs_and_costs(self, x, y, ahead=False):
            a, costs = super().outputs_and_costs(x, y, ahead)
            np.round(a, out=a)
            return a, costs

    weights = []
    for kind in (Rounding, Network):
        network = kind([2, 4, 1], seed=1)
        network.SGD(XOR, 5, None, 2.0)
        weights.append(network.weights[0])
    np.testing.assert_array_equal(*weights)


def test_methods_with_fewer_arguments_of_their_own_train():
    """`forward` and `outputs_and_costs` as they were before the one took slopes and the other looked ahead."""

    class Plain(Network):
        def forward(self, x, masks=None):
            return super().forward(x, masks)

        def outputs_and_costs(self, x, y):
            return super().outputs_and_costs(x, y)

    for batch, dropout in ((None, 0.0), (2, 0.0), (2, 0.5)):
        own, ours = (kind([2, 4, 1], seed=1) for kind in (Plain, Network))
        for network in (own, ours):
            network.SGD(XOR, 5, batch, 2.0, dropout=dropout)
        np.testing.assert_array_equal(own.weights[0], ours.weights[0])


@pytest.mark.parametrize("seed", [0, range(3)], ids=["single", "replicas"])
def test_a_derivative_in_another_precision_trains_a_float32_network(seed):
    """User code has numbers of double precision; the gradient is still written into float32 arrays."""
    wide = Cost("wide", lambda z, a, y: (a - y) ** 2 / 2, lambda a, y: np.sqrt(np.array(1.0)) * (a - y).astype(float))
    network, plain = Network([2, 4, 1], cost=wide, seed=seed), Network([2, 4, 1], cost="mse", seed=seed)
    for one in (network, plain):
        one.SGD(XOR, 20, None, 2.0)
    assert network.weights[0].dtype == np.float32
    np.testing.assert_allclose(network.weights[0], plain.weights[0], rtol=1e-4)


def test_a_buffer_of_another_precision_or_layout_is_written_into():
    network, x, y = Network([3, 4, 2], seed=1), matrices(3, 5, dtype="float32"), np.zeros((2, 5), np.float32)
    wanted = network.backprop(x, y)
    wide = [np.empty(b.shape) for b in network.biases], [np.empty(w.shape) for w in network.weights]
    strided = (
        [np.empty((len(b), 2), np.float32)[:, ::2] for b in network.biases],
        [np.empty((w.shape[1], w.shape[0]), np.float32).T for w in network.weights],
    )
    for out in (wide, strided):
        found = network.backprop(x, y, out=out)
        for kind, kinds in zip(found, wanted, strict=True):
            for g, g_wanted in zip(kind, kinds, strict=True):
                np.testing.assert_allclose(g, g_wanted, rtol=1e-6)
