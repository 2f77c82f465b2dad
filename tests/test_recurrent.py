"""The recurrent network: its gradients against two slow oracles, and that all that trains a Network trains it."""

import copy

import numpy as np
import oracle
import pytest
import recurrent_oracle as slow

from bpnet import Network, gradcheck, training
from bpnet.costs import COSTS
from bpnet.data import Dataset
from bpnet.errors import UsageError
from bpnet.initializers import INITIALIZERS
from bpnet.model import load_model, save_model
from bpnet.optimizers import OPTIMIZERS
from bpnet.recurrent import RecurrentNetwork
from bpnet.runs.checkpoint import load_checkpoint, save_checkpoint
from bpnet.second_order import SecondOrder
from bpnet.training import Settings

EXACT = 1e-10  # relative to the largest gradient: what a hundred roundings of 1e-16 may add up to, with room
STEP = 1e-30  # of a complex step, whose error is its square
STEPS, INPUTS = 4, 2

PAIRS = [
    ("ce", "sigmoid"),
    ("ce", "softmax"),
    ("mse", "sigmoid"),
    ("mse", "softmax"),
    ("mse", "linear"),
    ("mae", "linear"),
    ("huber", "linear"),
    ("ce-naive", "sigmoid"),
    ("ce-clipped", "sigmoid"),
    ("mse-flatspot", "sigmoid"),
    ("mse-natural", "sigmoid"),
]
NO_GRADIENT = ("mse-flatspot", "mse-natural")
SHAPES = {
    "one layer": {"hidden": [3]},
    "learned start": {"hidden": [3], "initial_state": "learned"},
    "stacked": {"hidden": [3, 2], "initial_state": "learned"},
    "truncated": {"hidden": [3], "truncate": 2, "initial_state": "learned"},
    "stacked and truncated": {"hidden": [3, 2], "truncate": 3},
}


def make(hidden=(3,), outputs=2, seed=1, steps=STEPS, **options):
    options = {"activation": "tanh", "dtype": "float64"} | options
    network = RecurrentNetwork([steps * INPUTS, *hidden, outputs], steps=steps, seed=seed, **options)
    rng = np.random.default_rng(7)
    for name, p in network.parameters.items():
        if name.startswith("state"):
            p[...] = rng.standard_normal(p.shape)
    return network


def examples(m=3, outputs=2, steps=STEPS):
    rng = np.random.default_rng(5)
    return rng.standard_normal((steps * INPUTS, m)), np.eye(outputs)[:, rng.integers(0, outputs, m)]


def sequence(column):
    return column.reshape(-1, INPUTS).tolist()


def lists(network):
    return {name: p.tolist() for name, p in network.parameters.items()}


def assert_equal(gradient, expected):
    largest = max(np.abs(g).max() for g in expected.values())
    assert gradient.keys() == expected.keys()
    for name, g in gradient.items():
        np.testing.assert_allclose(g, expected[name], rtol=0, atol=EXACT * largest, err_msg=name)


def test_every_cost_is_among_the_pairs_that_are_checked():
    assert {cost for cost, _ in PAIRS} == set(COSTS)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("cost", "output"), PAIRS)
def test_the_gradient_is_that_of_a_slow_loop_over_time(cost, output, shape):
    network = make(cost=cost, output=output, **SHAPES[shape])
    x, y = examples()
    expected = {name: np.zeros(p.shape) for name, p in network.parameters.items()}
    for k in range(x.shape[1]):
        g = slow.backprop(lists(network), "tanh", output, cost, sequence(x[:, k]), y[:, k].tolist(), network.truncate)
        expected = {name: expected[name] + np.real(g[name]) for name in expected}
    assert_equal(network.gradient(x, y), expected)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("cost", "output"), [pair for pair in PAIRS if pair[0] not in NO_GRADIENT])
def test_the_gradient_is_that_of_complex_steps(cost, output, shape):
    """Truncated, it is that of the cost as a function of the parameters of the last steps alone."""
    network = make(cost=cost, output=output, **SHAPES[shape])
    x, y = examples()
    early = lists(network)
    name_of_cost = "ce" if cost.startswith("ce") else cost

    def total(p):
        ends = (slow.forward(p, "tanh", output, sequence(x[:, k]), early, network.truncate) for k in range(x.shape[1]))
        return sum(oracle.cost(name_of_cost, output, end[-1], y[:, k].tolist()) for k, end in enumerate(ends))

    expected = {name: np.zeros(p.shape) for name, p in network.parameters.items()}
    for name, array in expected.items():
        for j, i in np.ndindex(array.shape):
            moved = copy.deepcopy(early)
            moved[name][j][i] += 1j * STEP
            array[j, i] = total(moved).imag / STEP
    assert_equal(network.gradient(x, y), expected)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "linear"])
def test_every_hidden_activation_passes_the_gradient_check(activation):
    x, y = examples()
    assert gradcheck.check(make(activation=activation, initial_state="learned", hidden=[3, 2]), x, y).passed


def test_one_step_from_a_zero_state_is_the_feedforward_network():
    recurrent, plain = make([3], steps=1), Network([INPUTS, 3, 2], activation="tanh", dtype="float64")
    arrays = recurrent.parameters
    names = {"weights_1": "weights_input_1", "weights_2": "weights_output", "biases_2": "biases_output"}
    plain = plain.with_parameters({name: arrays[names.get(name, name)] for name in plain.parameters})
    x, y = examples(steps=1)
    np.testing.assert_allclose(recurrent.feedforward(x), plain.feedforward(x), rtol=1e-15)
    for name, g in plain.gradient(x, y).items():
        np.testing.assert_allclose(g, recurrent.gradient(x, y)[names.get(name, name)], rtol=1e-13)
    assert not recurrent.gradient(x, y)["weights_recurrent_1"].any()


def test_a_replica_is_the_network_of_its_seed_also_with_examples_of_its_own():
    several = make(hidden=[3, 2], seed=[4, 9], initial_state="learned")
    x, y = examples()
    own = np.stack([x, x[:, ::-1]]), np.stack([y, y[:, ::-1]])
    for inputs, targets in ((x, y), own):
        together, outputs = several.gradient(inputs, targets), several.outputs_and_costs(inputs, targets)[0]
        for r in range(2):
            single = several.with_parameters({name: p[r] for name, p in several.parameters.items()})
            mine = (inputs, targets) if inputs.ndim == 2 else (inputs[r], targets[r])
            np.testing.assert_allclose(outputs[r], single.outputs_and_costs(*mine)[0], rtol=1e-13)
            assert_equal({name: g[r] for name, g in together.items()}, single.gradient(*mine))


def test_a_replica_starts_as_its_seed_alone_does():
    for r, seed in enumerate((4, 9)):
        alone = RecurrentNetwork([8, 3, 2], steps=4, seed=seed)
        together = RecurrentNetwork([8, 3, 2], steps=4, seed=[4, 9])
        for name, p in alone.parameters.items():
            np.testing.assert_array_equal(together.parameters[name][r], p)
        assert together.with_seed(seed).parameters.keys() == alone.parameters.keys()


def test_the_gradient_is_written_into_the_callers_arrays():
    network, (x, y) = make(initial_state="learned"), examples()
    out = {name: np.full_like(p, np.nan) for name, p in network.parameters.items()}
    assert network.gradient(x, y, out) is out
    assert_equal(out, network.gradient(x, y))


def test_with_dropout_the_gradient_is_that_of_the_network_that_is_left():
    """By central differences of step 1e-6, good to about 1e-9."""
    network, (x, y) = make(hidden=[3, 2], initial_state="learned"), examples()
    masks = network.dropout_masks(0.4, x.shape[1], [np.random.default_rng(3)])
    assert [mask.shape for mask in masks] == [(INPUTS, 3), (3, 3), (2, 3)]

    def total(parameters):
        moved = network.with_parameters(parameters)
        zs, activations = moved.forward(x, masks)
        return moved.cost.value(zs[-1], activations[-1], y).sum()

    gradient = network.gradient(x, y, masks=masks)
    for name, p in network.parameters.items():
        for index in np.ndindex(p.shape):
            up, down = p.copy(), p.copy()
            up[index] += 1e-6
            down[index] -= 1e-6
            difference = total(network.parameters | {name: up}) - total(network.parameters | {name: down})
            assert gradient[name][index] == pytest.approx(difference / 2e-6, abs=1e-8)


def test_dropout_leaves_the_recurrent_path_alone():
    network, (x, _) = make(), examples()
    masks = [np.ones((INPUTS, 3)), np.zeros((3, 3))]
    np.testing.assert_array_equal(network.forward(x, masks)[1][1], network.forward(x)[1][1])


def test_a_cost_derivative_of_ones_own_trains_it():
    class Own(RecurrentNetwork):
        def cost_derivative(self, output_activations, y):
            return output_activations - y

    x, y = examples()
    own = Own([8, 3, 2], steps=4, cost="ce", dtype="float64", activation="tanh", seed=1)
    assert_equal(own.gradient(x, y), make(cost="mse").gradient(x, y))


def test_a_backprop_of_ones_own_trains_it():
    class Still(RecurrentNetwork):
        def backprop(self, x, y):
            return [np.zeros_like(b) for b in self.biases], [np.zeros_like(w) for w in self.weights]

    x, y = examples()
    network = Still([8, 3, 2], steps=4, initial_state="learned")
    assert not any(g.any() for g in network.gradient(x, y).values())


def test_probes_show_each_layer_each_step_and_the_output_last():
    network, (x, y) = make(hidden=[3, 2]), examples()
    probes = network.probe(x, y)
    steps = [f"{layer}_t{t}" for layer in (1, 2) for t in range(1, 5)]
    assert list(probes) == ["1", *steps[:4], "2", *steps[4:], "output"]
    gradient = network.gradient(x, y)
    for layer in "12":
        deltas = [probes[f"{layer}_t{t}"].delta for t in range(1, 5)]
        np.testing.assert_allclose(sum(deltas), gradient[f"biases_{layer}"] / 3, rtol=1e-12)
        zs = np.concatenate([probes[f"{layer}_t{t}"].inputs[0][1] for t in range(1, 5)], axis=-1)
        np.testing.assert_array_equal(zs, probes[layer].inputs[0][1])
    np.testing.assert_array_equal(probes["output"].targets, y)


def test_a_truncated_gradient_has_no_delta_before_its_reach():
    x, y = examples()
    probes = make(truncate=2).probe(x, y)
    reached = [bool(probes[f"1_t{t}"].delta.any()) for t in range(1, 5)]
    assert reached == [False, False, True, True]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"sizes": [8, 2]}, "no hidden layer"),
        ({"steps": 3}, r"8 inputs cannot be cut into 3 equal steps; take one of \[1, 2, 4, 8\]"),
        ({"steps": 0}, "cannot be cut"),
        ({"truncate": 5}, "from 1 to 4"),
        ({"initial_state": "random"}, "zero or learned"),
        ({"cost": "ce", "output": "linear"}, "needs a sigmoid"),
    ],
)
def test_what_makes_no_recurrent_network_is_refused(change, sentence):
    with pytest.raises(UsageError, match=sentence):
        RecurrentNetwork(**{"sizes": [8, 3, 2], "steps": 4} | change)


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (1, 4)])
def test_orthogonal_weights_have_orthonormal_rows_or_columns(shape):
    n_out, n_in = shape
    w, b = INITIALIZERS["orthogonal"](np.random.default_rng(0), n_in, n_out)
    assert (w.shape, b.shape) == (shape, (n_out, 1))
    np.testing.assert_allclose(w @ w.T if n_out <= n_in else w.T @ w, np.eye(min(shape)), atol=1e-14)
    assert not b.any()


def test_orthogonal_weights_are_drawn_evenly():
    """Each entry has mean 0; of 2000 draws within five standard deviations. A bare QR leaves the diagonal negative."""
    rng = np.random.default_rng(0)
    draws = np.stack([INITIALIZERS["orthogonal"](rng, 2, 2)[0] for _ in range(2000)])
    assert (abs(draws.mean(axis=0)) < 5 * draws.std(axis=0) / np.sqrt(2000)).all()


def test_identity_carries_a_state_and_draws_the_other_matrices_small():
    network = RecurrentNetwork([84, 64, 10], steps=3, init="identity", init_scale=2.0, dtype="float64")
    np.testing.assert_array_equal(network.parameters["weights_recurrent_1"], 2 * np.eye(64))
    for name in ("weights_input_1", "weights_output"):
        assert network.parameters[name].std() == pytest.approx(0.002, rel=0.1)
    assert not network.parameters["biases_1"].any()


@pytest.fixture
def remember():
    """Which of two symbols came first, of five."""
    rng = np.random.default_rng(0)
    symbols = rng.integers(0, 2, (80, 5))
    return Dataset(np.eye(2)[symbols].reshape(80, 10), symbols[:, :1].astype(float), classes=("0", "1"))


@pytest.mark.parametrize("name", [name for name, rule in OPTIMIZERS.items() if not issubclass(rule, SecondOrder)])
def test_every_optimiser_of_the_gradient_trains_it(remember, name):
    network = RecurrentNetwork([10, 8, 1], steps=5, activation="tanh", init="orthogonal")
    settings = Settings(60, 10, 0.01 if name in ("adam", "adamw", "rmsprop") else 0.2, OPTIMIZERS[name]())
    *_, state = training.epochs(network, remember, settings)
    assert state.history["train_accuracy"][-1] > 0.95


def test_the_books_sgd_trains_it(remember):
    network = RecurrentNetwork([10, 8, 1], steps=5, activation="tanh", init="orthogonal")
    assert network.SGD(remember, 60, 10, 0.2, evaluation_data=remember).last()["validation_accuracy"] > 0.95


def test_it_is_resumed_to_the_same_bits_and_kept_in_a_file(remember, tmp_path):
    def fresh(seed):
        return RecurrentNetwork([10, 4, 3, 1], steps=5, initial_state="learned", truncate=3, seed=seed)

    settings = Settings(6, 7, 0.01, OPTIMIZERS["adam"](), dropout=0.2, l2=0.1, clip_norm=0.5)
    whole, first, second = fresh(1), fresh(1), fresh(2)
    list(training.epochs(whole, remember, settings))
    for state in training.epochs(first, remember, settings):
        if len(state.history) == 3:
            break
    save_checkpoint(tmp_path / "c", first, state)
    resumed = training.start(second, settings)
    load_checkpoint(tmp_path / "c", second, resumed)
    second.seed = 1
    list(training.epochs(second, remember, settings, state=resumed))
    save_model(tmp_path / "whole", whole)
    save_model(tmp_path / "second", second)
    assert (tmp_path / "whole").read_bytes() == (tmp_path / "second").read_bytes()
    loaded = load_model(tmp_path / "whole").network
    assert type(loaded) is RecurrentNetwork
    assert (loaded.steps, loaded.truncate, loaded.initial_state) == (5, 3, "learned")
    np.testing.assert_array_equal(loaded.predict(remember.x), whole.predict(remember.x))


@pytest.mark.parametrize("shape", [(3,), (3, 1), (1, 3)])
def test_class_numbers_are_targets_as_their_one_hot_columns_are(shape):
    network, (x, y) = make(output="softmax"), examples()
    classes = y.argmax(axis=0).reshape(shape)
    for name, g in network.gradient(x, classes).items():
        np.testing.assert_array_equal(g, network.gradient(x, y)[name])
    np.testing.assert_array_equal(network.outputs_and_costs(x, classes)[1], network.outputs_and_costs(x, y)[1])
    for name, probe in network.probe(x, classes).items():
        np.testing.assert_array_equal(probe.delta, network.probe(x, y)[name].delta)


def test_penalties_are_for_weights_and_leave_biases_and_states_alone(remember):
    network = RecurrentNetwork([10, 4, 1], steps=5, initial_state="learned", dtype="float64")
    before = {name: p.copy() for name, p in network.parameters.items()}
    gradient = network.gradient(remember.x.T, remember.y.T, scale=1 / 80)
    list(training.epochs(network, remember, Settings(1, None, 0.1, l2=8.0, measure=False)))
    for name, p in network.parameters.items():
        decay = 0.1 * before[name] if name.startswith("weights") else 0
        np.testing.assert_allclose(p, before[name] - 0.1 * (gradient[name] + decay), rtol=1e-9, atol=1e-12)
