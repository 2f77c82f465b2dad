"""Newton and Gauss-Newton: the products against independent ones, the steps against solvers that are not ours."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pairs import fits
from sklearn.linear_model import LinearRegression, LogisticRegression

from bpnet import compare, config, experiment, gradcheck, runs, training
from bpnet.activations import ACTIVATIONS
from bpnet.costs import COSTS, Cost
from bpnet.data import Dataset
from bpnet.errors import UsageError
from bpnet.network import Network
from bpnet.optimizers import OPTIMIZERS
from bpnet.recurrent import RecurrentNetwork
from bpnet.second_order import flat, shaped, solve

ROUNDING = 1e-12  # relative: some thousand operations of float64
PRODUCTS = 1e-10  # what the project promises for products against complex steps
DIFFERENCES = 1e-8  # a quotient of order h^4 at h = 1e-4: rounding over h is 1e-12, h^4 times the sixth derivative less
WITH_CURVATURE = [name for name, cost in COSTS.items() if cost.second is not None]
RULES = ("newton", "gauss-newton")


CASES = [
    pytest.param(cost, output, hidden, sizes, id=f"{cost}-{output}-{hidden}-{len(sizes) - 1}")
    for cost, output, hidden, sizes in itertools.product(
        WITH_CURVATURE, ACTIVATIONS, ("sigmoid", "tanh", "relu", "linear"), ([3, 2], [3, 4, 2], [3, 4, 3, 2])
    )
    if fits(cost, output)
]


def network_and_examples(cost, output, hidden, sizes):
    rng = np.random.default_rng(1)
    network = Network(sizes, cost=cost, output=output, activation=hidden, seed=5, dtype="float64")
    network.biases[-1] = abs(network.biases[-1]) + 0.5  # so that a ReLU output is on, and not every error beyond 1
    return network, rng.standard_normal((sizes[0], 5)), np.eye(sizes[-1])[:, rng.integers(0, sizes[-1], 5)]


@pytest.mark.parametrize(("cost", "output", "hidden", "sizes"), CASES)
def test_the_hessian_is_the_difference_of_gradients_of_networks_each_moved_in_one_parameter(
    cost, output, hidden, sizes
):
    network, x, y = network_and_examples(cost, output, hidden, sizes)
    theta, h = flat(network.parameters), 1e-4
    each = h * np.eye(len(theta))
    replicas = {k: network.with_parameters(shaped(theta + k * each, network.parameters)) for k in (-2, -1, 1, 2)}
    g = {k: flat(moved.gradient(x, y)) for k, moved in replicas.items()}
    differences = (g[-2] - 8 * g[-1] + 8 * g[1] - g[2]) / (12 * h)
    hessian = network.curvature(x, y).matrix()
    assert np.abs(differences).max() > 1e-3, "no curvature: nothing is being compared"
    np.testing.assert_allclose(hessian, differences, rtol=0, atol=DIFFERENCES * max(1, np.abs(differences).max()))
    np.testing.assert_allclose(hessian, hessian.T, rtol=0, atol=ROUNDING * np.abs(hessian).max())


@pytest.mark.parametrize(("cost", "output", "hidden", "sizes"), CASES)
def test_products_with_both_matrices_agree_with_complex_steps(cost, output, hidden, sizes):
    result = gradcheck.check_curvature(*network_and_examples(cost, output, hidden, sizes))
    assert result.passed, result.complaint()
    assert result.tolerance == PRODUCTS
    assert {array.matrix for array in result.arrays} == {"Hessian", "Gauss-Newton matrix"}


@pytest.mark.parametrize(("cost", "output", "hidden", "sizes"), CASES)
def test_the_gauss_newton_matrix_has_no_negative_eigenvalue(cost, output, hidden, sizes):
    network, x, y = network_and_examples(cost, output, hidden, sizes)
    values = np.linalg.eigvalsh(network.curvature(x, y, exact=False).matrix())
    assert values[-1] > 0
    assert values[0] >= -ROUNDING * values[-1]


@pytest.mark.parametrize(("cost", "output", "hidden", "sizes"), CASES)
def test_the_gauss_newton_matrix_is_what_its_products_say(cost, output, hidden, sizes):
    """The matrix is made from the Jacobian, the products by two passes."""
    network, x, y = network_and_examples(cost, output, hidden, sizes)
    curvature = network.curvature(x, y, exact=False)
    units = shaped(np.eye(curvature.size), network.parameters)
    matrix = curvature.matrix()
    np.testing.assert_allclose(flat(curvature.product(units)), matrix, rtol=0, atol=ROUNDING * np.abs(matrix).max())


def test_the_matrix_is_the_same_made_from_a_few_examples_at_once(monkeypatch):
    network, x, y = network_and_examples("ce", "softmax", "tanh", [3, 4, 2])
    whole = network.curvature(x, y, exact=False).matrix()
    monkeypatch.setattr(
        "bpnet.second_order.curvature.ROWS_AT_ONCE", 2 * 2 * 26
    )  # two examples, 2 outputs, 26 parameters
    np.testing.assert_allclose(network.curvature(x, y, exact=False).matrix(), whole, rtol=ROUNDING, atol=ROUNDING)


@pytest.mark.parametrize(("cost", "output"), [("ce", "sigmoid"), ("ce", "softmax"), ("mse", "linear")])
def test_the_two_matrices_are_one_without_a_hidden_layer_and_with_the_cost_that_matches_the_output(cost, output):
    network, x, y = network_and_examples(cost, output, "tanh", [3, 2])
    exact, gauss_newton = (network.curvature(x, y, exact).matrix() for exact in (True, False))
    np.testing.assert_allclose(exact, gauss_newton, rtol=ROUNDING, atol=ROUNDING)


@pytest.mark.parametrize(
    ("cost", "output", "of"),
    [
        ("ce", "sigmoid", lambda a: np.diag(a * (1 - a))),
        ("mse", "sigmoid", lambda a: np.diag((a * (1 - a)) ** 2)),
        ("mse", "linear", lambda a: np.eye(len(a))),
        ("ce", "softmax", lambda a: np.diag(a) - np.outer(a, a)),
    ],
)
def test_the_curvature_of_the_output_layer_is_that_of_the_books_of_matching_losses(cost, output, of):
    """Through the identity, with biases alone moving, G is the output layer's own curvature."""
    network = Network([2, 2], cost=cost, output=output, seed=3, dtype="float64")
    x, y = np.array([[0.4], [-1.2]]), np.array([[1.0], [0.0]])
    a = network.feedforward(x)[:, 0]
    matrix = network.curvature(x, y, exact=False).matrix()
    np.testing.assert_allclose(matrix[-2:, -2:], of(a), rtol=ROUNDING, atol=ROUNDING)


def test_a_wrong_product_is_found_and_named():
    network, x, y = network_and_examples("mse", "sigmoid", "tanh", [3, 4, 2])
    twice = ACTIVATIONS["tanh"].__class__(
        "tanh", np.tanh, ACTIVATIONS["tanh"].slope, (-0.9, 0.9), bend=lambda z: 2 * ACTIVATIONS["tanh"].bend(z)
    )
    network.activations = [twice, network.activations[-1]]
    result = gradcheck.check_curvature(network, x, y)
    assert not result.passed
    assert "a product with the Hessian is not that of the cost: " in result.complaint()


def test_the_command_checks_the_products_and_says_no_with_4(bpnet, monkeypatch):
    code, out, _ = bpnet("gradcheck", "--second-order", "-c", "xor-newton")
    assert (code, out.splitlines()[-1]) == (0, "passed: every parameter agrees to 1e-10")
    assert out.count("Hessian ") == out.count("Gauss-Newton matrix ") == 4
    monkeypatch.setattr("bpnet.second_order.curvature._bent", lambda f, g, z, r_z: 0 * r_z)
    code, _, err = bpnet("gradcheck", "--second-order", "-c", "xor-newton")
    assert (code, "a product with the Hessian is not that of the cost: " in err) == (4, True)


def test_a_check_of_nothing_is_no_pass():
    network = Network([2, 2], output="relu", cost="mse", init="constant")
    network.biases[0][:] = -9
    result = gradcheck.check_curvature(network, np.ones((2, 3)), np.zeros((2, 3)))
    assert not result.passed
    assert "nothing was checked" in result.complaint()


def test_a_set_of_replicas_has_the_curvature_of_each():
    several = Network([3, 4, 2], seed=[1, 2, 3], dtype="float64")
    x, y = np.random.default_rng(0).standard_normal((3, 5)), np.eye(2)[:, [0, 1, 1, 0, 1]]
    for exact in (True, False):
        matrices = several.curvature(x, y, exact).matrix()
        for r, seed in enumerate((1, 2, 3)):
            alone = Network([3, 4, 2], seed=seed, dtype="float64").curvature(x, y, exact).matrix()
            np.testing.assert_allclose(matrices[r], alone, rtol=ROUNDING, atol=ROUNDING)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rule", RULES)
def test_one_newton_step_from_any_start_is_the_least_squares_solution(seed, rule):
    e = experiment.from_config(config.load("newton-linear", [f"seed={seed}", "network.init=large"]))
    settings = training.Settings(1, None, 1.0, OPTIMIZERS[rule](damping=0.0))
    list(training.epochs(e.network, e.splits.train, settings))
    fitted = LinearRegression().fit(e.splits.train.x, e.splits.train.y)
    np.testing.assert_allclose(e.network.weights[0], fitted.coef_, rtol=0, atol=1e-9)
    np.testing.assert_allclose(e.network.biases[0][:, 0], fitted.intercept_, rtol=0, atol=1e-9)


def test_a_column_given_twice_is_solved_by_the_pseudo_inverse():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20, 2))
    x, y = np.column_stack([x, x[:, 0]]), rng.standard_normal((20, 1))
    network = Network([3, 1], cost="mse", output="linear", init="constant", dtype="float64")
    network.SGD((x, y), 1, None, 1.0, optimizer="newton")
    shortest = np.linalg.lstsq(np.column_stack([x, np.ones(20)]), y, rcond=None)[0][:, 0]
    np.testing.assert_allclose(network.weights[0][0], shortest[:3], atol=1e-9)


def test_softmax_regression_on_iris_is_logistic_regression_with_the_same_penalty(tmp_path):
    e = experiment.from_config(config.load("iris-newton"))
    *_, state = e.epochs()
    x, labels = e.splits.train.x, e.splits.train.labels
    fitted = LogisticRegression(C=1 / e.settings.l2, tol=1e-12, max_iter=10_000).fit(x, labels)
    np.testing.assert_allclose(e.network.weights[0], fitted.coef_, rtol=0, atol=1e-6)
    np.testing.assert_allclose(e.network.predict(x), fitted.predict_proba(x), rtol=0, atol=1e-6)
    assert len(state.history) < e.settings.epochs


def test_the_penalty_is_part_of_the_curvature():
    """Ridge regression is solved in one step: a curvature without the penalty would overshoot."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((30, 4)), rng.standard_normal((30, 1))
    network = Network([4, 1], cost="mse", output="linear", dtype="float64")
    network.SGD((x, y), 1, None, 1.0, 7.0, optimizer="newton")
    centred = x - x.mean(axis=0)
    ridge = np.linalg.solve(centred.T @ centred + 7.0 * np.eye(4), centred.T @ (y - y.mean()))
    np.testing.assert_allclose(network.weights[0][0], ridge[:, 0], rtol=1e-9)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("cost", ["mse", "ce"])
def test_no_step_raises_the_cost(xor, name, cost):
    network = Network([2, 3, 1], cost=cost, init="large", seed=range(20), dtype="float64")
    history = network.SGD(xor, 40, None, 1.0, 0.01, optimizer=name)
    costs = np.array(history.columns["train_cost"])
    assert (np.diff(costs, axis=0) <= 0).all()
    assert (costs[-1] < costs[0]).all()


def test_where_the_cost_bends_down_newton_still_steps_down():
    """One neuron under the squared error, at a = 0.98 where 0 is wanted: the Hessian's only eigenvalue is negative."""
    network = Network([1, 1], cost="mse", init="constant", dtype="float64")
    network.weights[0][:], network.biases[0][:] = 2.0, 2.0
    x, y = np.ones((1, 1)), np.zeros((1, 1))
    assert np.linalg.eigvalsh(network.curvature(x, y).matrix())[0] < 0
    history = network.SGD((x, y), 50, None, 1.0, optimizer="newton")
    assert history["train_error"][-1] < 0.1


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("z", [15, 21, 22, 25, 29, 32.5, 33.5, 40])
def test_the_saturated_neuron_of_the_book_is_left_from_any_start(name, z):
    """Where the cost rounds to 1/2, a damping may be too bold and the next too short to be seen in it."""
    network = Network([1, 1], cost="mse", dtype="float64")
    network.weights[0][:], network.biases[0][:] = z / 2, z / 2
    history = network.SGD((np.ones((1, 1)), np.zeros((1, 1))), 80, None, 1.0, optimizer=name)
    assert history["train_error"][-1] < 0.2


@pytest.mark.parametrize("bias", [20, 25, 30])
def test_a_damped_matrix_that_is_singular_is_damped_further(bias):
    """OR without hidden layer, all outputs at 1: the damping that is tried may be minus the eigenvalue, to the bit."""
    sets = ["network.hidden=[]", "data.name=or", "train.cost=mse", "train.epochs=60"]
    trained = runs_of("xor-newton", f"network.output_bias={bias}", *sets)
    assert trained.last()["train_cost"] < 0.001  # 0.125 on the plateau


@pytest.mark.parametrize("seed", range(4))
def test_newton_goes_on_where_there_is_no_curvature_at_all(seed):
    """The cost `huber` is straight beyond 1, so that the Hessian is 0 while every error is."""
    assert runs_of("newton-linear", "train.cost=huber", seed=seed).last()["train_r2"] > 0.85


def test_a_run_that_no_step_moves_any_more_counts_as_one_that_stayed_to_the_end():
    """Under Newton the two networks of ce stall within 30 epochs; both costs have the same 200 to arrive in."""
    options = {"seeds": 2, "targets": ["error<1e-9"], "sets": ["train.optimizer=newton", "train.epochs=200"]}
    (condition,) = compare(["mse", "ce"], "iris-newton", **options).conditions
    assert [len(result.history) - 1 for result in condition.results] != [200, 200]
    assert [(result.epochs, result.steps) for result in condition.results] == 2 * [(200, 200)]


@pytest.mark.parametrize(
    ("m", "rate", "said"), [(60, 1, "93.98 % right from"), (10, 1, "50.60 %"), (10, 0.1, "93.98 %")]
)
def test_the_page_says_what_mini_batches_do(m, rate, said):
    trained = runs_of(
        "iris-newton", "train.optimizer=gauss-newton", f"train.batch_size={m}", f"train.learning_rate={rate}"
    )
    page = (Path(__file__).parents[1] / "docs" / "second-order.md").read_text()
    assert said in page.replace("\n  ", " ")
    assert f"{100 * trained.last()['train_accuracy']:.2f} %" in said


def runs_of(name, *sets, seed=0):
    """The history of a config trained by Newton's method."""
    ready = experiment.from_config(config.load(name, ["train.optimizer=newton", *sets], seed))
    *_, last = ready.epochs()
    return last.history


@pytest.mark.parametrize("name", RULES)
def test_a_replica_takes_the_steps_of_the_network_alone(xor, name):
    several, alone = (Network([2, 3, 1], init="large", seed=seed, dtype="float64") for seed in ([4, 5, 6], 5))
    for network in (several, alone):
        network.SGD(xor, 5, 2, 1.0, optimizer=name)
    np.testing.assert_allclose(several.weights[0][1], alone.weights[0], rtol=1e-6)  # five steps amplify rounding


@pytest.mark.parametrize("exact", [True, False])
def test_conjugate_gradients_take_the_step_of_the_matrix(blobs, exact):
    networks = [Network([2, 6, 3], output="softmax", seed=3, dtype="float64") for _ in range(2)]
    rule = OPTIMIZERS["newton" if exact else "gauss-newton"]
    before = flat(networks[0].parameters)
    for network, explicit in zip(networks, (1000, 0), strict=True):
        network.SGD(blobs, 1, None, 1.0, 0.5, optimizer=rule(damping=1.0, explicit=explicit))
    by_matrix, by_products = (flat(network.parameters) - before for network in networks)
    assert np.linalg.norm(by_matrix) > 0.01
    # The residual is a thousandth of the gradient; the matrix, damped by 1, is conditioned so that the step is near.
    assert np.linalg.norm(by_products - by_matrix) < 0.01 * np.linalg.norm(by_matrix)


def test_a_network_of_784_inputs_trains_matrix_free_by_mini_batches():
    rng = np.random.default_rng(0)
    x = rng.random((60, 784)).astype(np.float32)
    data = Dataset(x, np.eye(10, dtype=np.float32)[np.arange(60) % 10], classes=tuple("0123456789"))
    network = Network([784, 30, 10], output="softmax")
    history = network.SGD(data, 3, 30, 1.0, optimizer="gauss-newton")
    assert history["train_cost"][-1] < 0.5 * history["train_cost"][0]


def test_a_matrix_with_a_negative_eigenvalue_has_no_solution():
    assert solve(np.diag([1.0, -1.0]), np.ones(2)) is None


def test_scipys_own_blas_is_limited_to_the_threads_of_the_step():
    """Loaded within a step it kept its own two: on a busy machine a small Cholesky factor took 660 ms in place of 1."""
    code = """
import threadpoolctl
from bpnet.costs import COSTS, Cost
from bpnet.network import Network
from bpnet.recurrent import RecurrentNetwork
seen = []
def value(z, a, y):
    seen.append({blas["num_threads"] for blas in threadpoolctl.threadpool_info() if blas["user_api"] == "blas"})
    return COSTS["mse"].value(z, a, y)
spy = Cost("spy", value, COSTS["mse"].derivative, second=COSTS["mse"].second)
for optimizer in ("sgd", "newton"):
    Network([1, 1], cost=spy).SGD([([0.0], [0.0]), ([1.0], [1.0])], 1, None, 1.0, optimizer=optimizer)
print(seen[-1])
"""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "{1}"


def test_the_damping_falls_after_good_steps_and_rises_where_a_step_is_refused(xor):
    network = Network([2, 3, 1], init="large", seed=1, dtype="float64")
    settings = training.Settings(30, None, 1.0, OPTIMIZERS["gauss-newton"](damping=1e6))
    dampings = [float(state.memory["damping"][0][0]) for state in training.epochs(network, xor, settings)]
    assert dampings[0] == 1e5  # a step so short that the curvature predicts it: ten times less damping
    assert min(dampings) < 1 < max(dampings)


def test_a_run_that_cannot_improve_ends_and_says_so(bpnet, tmp_path):
    code, out, _ = bpnet("train", "-c", "newton-linear", "-q", "--out", tmp_path / "run")
    assert code == 0
    assert "stopped     early: no step that the optimiser tried lowers the cost any more" in out
    with pytest.raises(UsageError, match="finished after 2 epochs; no step lowers its cost any more"):
        runs.resume(tmp_path / "run")


@pytest.mark.parametrize("name", ["xor-newton", "moons-newton"])
def test_a_resumed_run_ends_with_the_same_bits(name, tmp_path):
    def stopped_after(epochs, out):
        with runs.begin(config.load(name, ["train.epochs=12"]), tmp_path / out) as run:
            for state in run:
                if len(state.history) == epochs:
                    break

    stopped_after(5, "stopped")
    runs.resume(tmp_path / "stopped")
    stopped_after(12, "whole")
    whole, resumed = ((tmp_path / out / "model.safetensors").read_bytes() for out in ("whole", "stopped"))
    assert whole == resumed


@pytest.mark.parametrize(
    ("network", "settings", "sentence"),
    [
        (lambda: Network([2, 2, 1], cost="mse-natural"), {}, "cost 'mse-natural' has no second derivative"),
        (lambda: Network([2, 2, 1], cost="mae"), {}, "cost 'mae' has no second derivative"),
        (lambda: Network([2, 2, 1]), {"l1": 1.0}, "cannot apply l1"),
        (lambda: Network([2, 2, 1]), {"dropout": 0.5}, "cannot apply dropout"),
        (lambda: Network([2, 2, 1]), {"clip_norm": 1.0}, "cannot apply clip_norm"),
        (lambda: RecurrentNetwork([2, 2, 1], steps=2), {}, "has no curvature products"),
        (lambda: Own([2, 2, 1]), {}, "Own has a gradient of its own"),
    ],
)
def test_what_has_no_curvature_is_refused_in_a_sentence_before_the_first_step(xor, network, settings, sentence):
    with pytest.raises(UsageError, match=sentence):
        network().SGD(xor, 1, None, 1.0, optimizer="newton", **settings)


class Own(Network):
    def cost_derivative(self, output_activations, y):
        return output_activations - y


def test_costs_are_compared_under_curvature_every_seed_as_it_trains_alone():
    comparison = compare(["mse", "ce"], "xor-newton", seeds=3, targets=["max_error<0.3"])
    results = comparison.conditions[0].results
    for result in results:
        e = experiment.from_config(config.load("xor-newton", ["seed=2", f"train.cost={result.cost}"]))
        *_, state = e.epochs()
        alone = state.history["train_error"][: len(result.history["train_error"]) - 1]
        together = [row[2] for row in result.history["train_error"][1:]]
        np.testing.assert_allclose(alone[:5], together[:5], rtol=1e-6)


def test_a_refused_run_leaves_no_folder(bpnet, tmp_path):
    refused = ("train", "-c", "xor-newton", "--set", "train.cost=mae")
    for more in (["--out", tmp_path / "run"], ["--dry-run"]):
        code, _, err = bpnet(*refused, *more)
        assert (code, "second derivative" in err) == (2, True)
    assert not (tmp_path / "run").exists()
    code, _, err = bpnet("compare", "ce", "mse-natural", "-c", "xor-newton", "--out", tmp_path / "run")
    assert (code, "second derivative" in err) == (2, True)


def test_a_cost_of_ones_own_brings_its_second_derivative():
    quartic = Cost(
        "quartic", lambda z, a, y: (a - y) ** 4 / 4, lambda a, y: (a - y) ** 3, second=lambda a, y: 3 * (a - y) ** 2
    )
    network = Network([3, 4, 2], cost=quartic, output="linear", seed=2, dtype="float64")
    rng = np.random.default_rng(0)
    assert gradcheck.check_curvature(network, rng.standard_normal((3, 5)), rng.standard_normal((2, 5))).passed


@pytest.mark.parametrize("name", ["diabetes-newton", "moons-newton", "iris-newton"])
def test_a_newton_config_ends_at_a_lower_cost_than_a_hundred_times_as_many_steps_down_the_gradient(name):
    by_curvature, by_gradient = (
        experiment.from_config(config.load(name, sets))
        for sets in ((), ["train.optimizer=sgd", "train.learning_rate=0.3", "train.epochs=3000"])
    )
    costs = []
    for e in (by_curvature, by_gradient):
        *_, state = e.epochs()
        costs.append(state.history["train_cost"][-1])
    assert costs[0] <= costs[1] * (1 + ROUNDING)


def test_xor_is_solved_in_a_handful_of_steps():
    summary = experiment.from_config(config.load("xor-newton"))
    *_, state = summary.epochs()
    assert 1.0 in state.history["train_accuracy"][:10]


# The theorem: why cross-entropy helps.


def gauss_newton_steps(m, parameters, seed):
    """The undamped Gauss-Newton steps of mse and of ce, of one neuron with so many parameters on m examples."""
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((parameters - 1, m)), rng.integers(0, 2, (1, m)).astype(float)
    for cost in ("mse", "ce"):
        network = Network([parameters - 1, 1], cost=cost, seed=seed, dtype="float64")
        g = flat(network.gradient(x, y))
        yield -np.linalg.pinv(network.curvature(x, y, exact=False).matrix(), rcond=1e-13, hermitian=True) @ g


@pytest.mark.parametrize(("m", "parameters"), [(1, 3), (3, 3), (2, 5)])
@pytest.mark.parametrize("seed", range(5))
def test_the_gauss_newton_steps_of_mse_and_ce_are_one_where_the_residuals_are_no_more_than_the_parameters(
    m, parameters, seed
):
    mse, ce = gauss_newton_steps(m, parameters, seed)
    # The matrices are J' D J; the pseudo-inverse squares their condition, some 10^3 here, so that 1e-9 is left.
    np.testing.assert_allclose(mse, ce, rtol=1e-8, atol=1e-8 * np.abs(ce).max())


def test_with_more_examples_than_parameters_the_two_steps_differ():
    mse, ce = gauss_newton_steps(20, 3, 0)
    assert np.linalg.norm(mse - ce) > 0.01 * np.linalg.norm(ce)


def test_the_natural_delta_of_the_squared_error_is_that_of_the_cross_entropy():
    z = np.linspace(-8, 8, 33)[np.newaxis]
    sigmoid = ACTIVATIONS["sigmoid"]
    a, y = sigmoid.value(z), np.zeros_like(z)
    by_division = COSTS["mse"].output_delta(sigmoid, z, a, y) / sigmoid.slope(z)
    np.testing.assert_allclose(COSTS["mse-natural"].output_delta(sigmoid, z, a, y), by_division, rtol=ROUNDING)
    np.testing.assert_array_equal(
        COSTS["mse-natural"].output_delta(sigmoid, z, a, y), COSTS["ce"].output_delta(sigmoid, z, a, y)
    )


def test_so_it_is_for_softmax_whose_fisher_information_is_singular():
    softmax, z = ACTIVATIONS["softmax"], np.array([[0.3], [-1.2], [0.7]])
    a, y = softmax.value(z), np.array([[0.0], [1.0], [0.0]])
    fisher = np.diag(a[:, 0]) - a @ a.T
    by_division = np.linalg.pinv(fisher) @ COSTS["mse"].output_delta(softmax, z, a, y)
    np.testing.assert_allclose(COSTS["mse-natural"].output_delta(softmax, z, a, y), by_division, atol=ROUNDING)


def test_mse_natural_trains_to_the_bits_of_ce(xor):
    natural, ce = (Network([2, 4, 1], cost=cost, dtype="float64") for cost in ("mse-natural", "ce"))
    for network in (natural, ce):
        network.SGD(xor, 50, None, 1.0)
    np.testing.assert_array_equal(natural.weights[0], ce.weights[0])
