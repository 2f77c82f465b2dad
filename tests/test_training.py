"""The training loop: what an epoch is, what stops it, and that a run can be cut in two."""

import copy
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from bpnet import plots, training
from bpnet.activations import ACTIVATIONS
from bpnet.data import Dataset
from bpnet.errors import DivergedError, UsageError
from bpnet.network import Network
from bpnet.optimizers import Adam, Halve, Momentum, Nesterov, RmsProp, Step, epochs_without_improvement
from bpnet.seeds import epoch_order
from bpnet.training import Probe
from bpnet.training.measures import OUTPUT_ONLY


def settings(**changes):
    return replace(training.Settings(epochs=5, batch_size=4, learning_rate=0.5), **changes)


def run(network, data, chosen, state=None, **options):
    """Train to the end; the last state."""
    state = state or training.start(network, chosen)
    for _ in training.epochs(network, data, chosen, state=state, **options):
        pass
    return state


@pytest.mark.parametrize("seed", range(10))
def test_xor_is_learned(xor, seed):
    history = Network([2, 4, 1], seed=seed).SGD(xor, 1000, None, 3.0)
    assert history.last()["train_accuracy"] == 1
    assert history.last()["train_error"] < 0.05


def test_three_classes_are_learned_with_mini_batches(blobs):
    network = Network([2, 8, 3], output="softmax")
    assert network.SGD(blobs, 30, 10, 0.5).last()["train_accuracy"] > 0.97


def test_every_example_is_dealt_once_an_epoch_in_another_order():
    orders = [epoch_order(3, epoch, 50) for epoch in range(3)]
    assert all(sorted(order) == list(range(50)) for order in orders)
    assert (orders[0] != orders[1]).any()
    np.testing.assert_array_equal(orders[1], epoch_order(3, 1, 50))


@pytest.mark.parametrize("batch_size", [None, 1, 7, 60, 1000])
def test_an_epoch_takes_as_many_steps_as_there_are_batches(blobs, batch_size):
    network = Network([2, 3])
    state = run(network, blobs, settings(epochs=2, batch_size=batch_size))
    assert state.steps == 2 * -(-60 // min(batch_size or 60, 60))


@pytest.mark.parametrize("batch_size", [None, 2])
def test_a_replica_is_the_network_trained_alone(xor, batch_size):
    """20 replicas of 2-4-1, each with its own order of examples; to 1e-13, what 100 epochs make of a rounding."""
    several = Network([2, 4, 1], seed=range(20), dtype="float64")
    several.SGD(xor, 100, batch_size, 2.0, lmbda=0.01)
    for seed in (0, 7, 19):
        alone = Network([2, 4, 1], seed=seed, dtype="float64")
        alone.SGD(xor, 100, batch_size, 2.0, lmbda=0.01)
        for layer in (0, 1):
            np.testing.assert_allclose(several.weights[layer][seed], alone.weights[layer], atol=1e-13)
            np.testing.assert_allclose(several.biases[layer][seed], alone.biases[layer], atol=1e-13)


def test_replicas_are_measured_one_by_one(xor):
    history = Network([2, 4, 1], seed=range(3)).SGD(xor, 4, None, 2.0)
    alone = Network([2, 4, 1], seed=2).SGD(xor, 4, None, 2.0)
    assert history["train_cost"].shape == (4, 3)
    np.testing.assert_allclose(history["train_cost"][:, 2], alone["train_cost"], rtol=1e-6)


def test_each_replica_may_have_its_own_learning_rate(xor):
    rates = np.array([0.5, 2.0], dtype=np.float32)[:, np.newaxis, np.newaxis]
    several = Network([2, 4, 1], seed=[0, 0])
    several.SGD(xor, 10, None, rates)
    alone = Network([2, 4, 1], seed=0)
    alone.SGD(xor, 10, None, 2.0)
    np.testing.assert_allclose(several.weights[0][1], alone.weights[0], atol=1e-6)
    assert not np.allclose(several.weights[0][0], alone.weights[0])


def test_replicas_with_one_seed_for_the_order_see_the_same_examples(blobs):
    network = Network([2, 3], seed=[4, 4])
    run(network, blobs, settings(seed=9, dropout=0.0))
    np.testing.assert_array_equal(network.weights[0][0], network.weights[0][1])


def test_dropout_drops_its_share_and_keeps_the_mean():
    network = Network([3, 1000, 1], dtype="float64")
    (mask,) = network.dropout_masks(0.3, 50, [np.random.default_rng(0)])
    assert abs((mask == 0).mean() - 0.3) < 0.01
    assert abs(mask.mean() - 1) < 0.01


def test_dropout_repeats_with_the_seed_and_is_off_when_measuring(blobs):
    found = []
    for _ in range(2):
        network = Network([2, 20, 3])
        network.SGD(blobs, 3, 10, 0.5, dropout=0.5)
        found.append(network.predict(blobs.x))
    np.testing.assert_array_equal(*found)


def test_l2_and_l1_are_the_gradient_of_the_reported_penalty(blobs):
    """The step of an epoch of one batch equals the complex-free difference quotient of penalty, weight by weight."""
    chosen = settings(epochs=1, batch_size=None, learning_rate=1e-3, l2=3.0, l1=2.0)
    network = Network([2, 3], dtype="float64", seed=2)
    start, data_gradient = network.weights[0].copy(), network.backprop(blobs.x.T, blobs.y.T)[1][0] / 60
    run(network, blobs, chosen)
    step = (start - network.weights[0]) / 1e-3 - data_gradient
    probe = Network([2, 3], dtype="float64", seed=2)
    for j, k in np.ndindex(start.shape):
        costs = []
        for h in (1e-6, -1e-6):
            probe.weights[0][...] = start
            probe.weights[0][j, k] += h
            costs.append(training.penalty(probe, chosen, 60))
        np.testing.assert_allclose(step[j, k], (costs[0] - costs[1]) / 2e-6, rtol=1e-7)


def test_the_reported_cost_is_the_mean_plus_the_penalty(blobs):
    network = Network([2, 3], seed=1)
    history = network.SGD(blobs, 1, 10, 0.1, lmbda=6.0, evaluation_data=blobs)
    plain = training.measure(network, blobs)["cost"]
    extra = 6.0 / (2 * 60) * sum(np.square(w).sum() for w in network.weights)
    assert history.last()["train_cost"] == pytest.approx(plain + extra, rel=1e-6)
    assert history.last()["validation_cost"] == history.last()["train_cost"]


def test_early_stopping_waits_its_patience_and_puts_the_best_weights_back(blobs):
    network = Network([2, 6, 3], seed=1)
    chosen = settings(epochs=200, early_stopping=4, learning_rate=3.0)
    state = training.start(network, chosen)
    epochs = training.epochs(network, blobs, chosen, validation=blobs, state=state)
    kept = [network.weights[0].copy() for _ in epochs]
    scores = state.history["validation_accuracy"]
    best = int(np.argmax(scores))
    assert len(scores) == best + 1 + 4 < 200
    training.restore_best(network, state)
    np.testing.assert_array_equal(network.weights[0], kept[best])


def test_halving_ends_at_its_share_of_the_first_rate():
    """Scores that never improve: a halving every two epochs after the first, seven halvings to 1/128."""
    schedule, scores, factors = Halve(patience=2), [0.5], []
    while (factor := schedule.factor(len(scores), scores)) is not None:
        factors.append(factor)
        scores.append(0.5)
    assert factors == [1.0] * 2 + [f for k in range(1, 7) for f in (0.5**k,) * 2]


def test_a_step_schedule_is_followed(blobs):
    history = Network([2, 3]).SGD(blobs, 5, 10, 0.8, schedule=Step(every=2, by=0.5))
    assert history["learning_rate"].tolist() == [0.8, 0.8, 0.4, 0.4, 0.2]


@pytest.mark.parametrize(("scores", "waited"), [([], 0), ([1], 0), ([1, 2], 0), ([2, 1, 2], 2), ([1, 3, 3, 3], 2)])
def test_an_equal_score_is_no_improvement(scores, waited):
    assert epochs_without_improvement(scores) == waited


def test_rules_that_wait_need_a_validation_set_and_a_single_network(blobs):
    with pytest.raises(UsageError, match="set one apart"):
        Network([2, 3]).SGD(blobs, 5, 10, 0.5, early_stopping=2)
    with pytest.raises(UsageError, match="not for replicas"):
        Network([2, 3], seed=[1, 2]).SGD(blobs, 5, 10, 0.5, schedule=Halve(), evaluation_data=blobs)


def test_a_diverging_training_says_so_and_leaves_the_last_finite_network():
    x = np.linspace(-1, 1, 20)[:, np.newaxis]
    data = Dataset(100 * x, 300 * x)
    network = Network([1, 5, 1], cost="mse", activation="relu", output="linear", seed=1)
    with pytest.raises(DivergedError, match=r"diverged in epoch \d+.*smaller learning rate than 10"):
        network.SGD(data, 50, 5, 10.0)
    assert all(np.isfinite(w).all() for w in network.weights)


def test_one_diverging_replica_does_not_stop_the_others(xor):
    rates = np.array([1e38, 2.0], dtype=np.float32)[:, np.newaxis, np.newaxis]
    network = Network([2, 4, 1], seed=[0, 0], cost="mse", output="linear")
    history = network.SGD(xor, 60, None, rates * np.float32(0.1))
    assert not np.isfinite(history["train_cost"][-1, 0])
    assert history["train_cost"][-1, 1] < history["train_cost"][0, 1]


@pytest.mark.parametrize("optimizer", [None, Momentum(), Nesterov(), RmsProp(), Adam()])
def test_a_training_cut_in_two_is_the_training_in_one_piece(blobs, optimizer):
    chosen = settings(epochs=6, learning_rate=0.01, dropout=0.2, **({"optimizer": optimizer} if optimizer else {}))
    whole, parted = Network([2, 5, 3]), Network([2, 5, 3])
    run(whole, blobs, chosen)
    state = run(parted, blobs, replace(chosen, epochs=2))
    run(parted, blobs, chosen, state=copy.deepcopy(state))
    np.testing.assert_array_equal(whole.weights[0], parted.weights[0])


def test_a_stop_in_mid_epoch_goes_back_to_the_last_whole_one(blobs):
    network, other = Network([2, 5, 3]), Network([2, 5, 3])
    for state in training.steps(network, blobs, settings(epochs=9)):
        state.stopping = state.steps == 40
    assert len(state.history) == 2, "60 examples by 4 make 15 steps, so 40 are two epochs and ten steps"
    assert state.steps == 30
    run(other, blobs, settings(epochs=2))
    np.testing.assert_array_equal(network.weights[1], other.weights[1])


def test_monitors_are_recorded_per_layer(blobs):
    names = tuple(training.MONITORS)
    network = Network([2, 6, 3], activation="tanh", seed=2)
    row = network.SGD(blobs, 2, 10, 0.5, monitor=names).last()
    assert {f"{name}_{layer}" for name in names if name not in OUTPUT_ONLY for layer in (1, 2)} <= set(row)
    zs, activations = network.forward(blobs.x.T.astype(np.float32))
    assert row["saturation_1"] == pytest.approx((np.abs(activations[1]) > 0.9).mean())
    assert row["slope_2"] == pytest.approx(ACTIVATIONS["sigmoid"].slope(zs[1]).mean(), rel=1e-6)
    delta = (activations[2] - blobs.y.T).mean(axis=1)
    assert row["delta_norm_2"] == pytest.approx(np.linalg.norm(delta), rel=1e-5)
    wrong = ((activations[2] < 0.05) | (activations[2] > 0.95)) & (np.abs(activations[2] - blobs.y.T) > 0.5)
    assert row["wrong_saturation"] == pytest.approx(wrong.mean())
    own = activations[2].T[np.arange(len(blobs)), blobs.labels]
    assert row["wrong_saturation_own"] == pytest.approx((own < 0.05).mean())
    assert 0 < row["update_ratio_1"] < 1


def output_layer(outputs, targets):
    """A sigmoid output layer with these outputs (n, k) and targets (n, k), for a monitor."""
    a = np.array(outputs, dtype=float).T
    return Probe([(ACTIVATIONS["sigmoid"], np.log(a / (1 - a)))], np.empty(0), {}, {}, np.array(targets).T)


def test_one_own_output_of_ten_is_nothing_among_all_and_an_example_among_the_examples():
    """Two examples of ten classes: the first one's own output is saturated near 0, all others are right."""
    outputs = np.full((2, 10), 0.01)
    outputs[1, 3] = 0.99
    probe = output_layer(outputs, np.eye(10)[[7, 3]])
    assert training.MONITORS["wrong_saturation"](probe) == 1 / 20
    assert training.MONITORS["wrong_saturation_own"](probe) == 1 / 2


def test_another_classs_output_on_the_wrong_side_is_not_an_examples_own():
    probe = output_layer([[0.99, 0.6, 0.01]], [[0, 1, 0]])
    assert training.MONITORS["wrong_saturation"](probe) == pytest.approx(1 / 3)
    assert training.MONITORS["wrong_saturation_own"](probe) == 0


def test_a_single_output_is_every_examples_own_whichever_side_is_wrong():
    """On the wrong side of both targets, near 0 and near 1; then right, and wrong but not saturated."""
    probe = output_layer([[0.01], [0.99], [0.99], [0.2]], [[1], [0], [1], [1]])
    assert training.MONITORS["wrong_saturation_own"](probe) == 1 / 2


def test_a_monitor_of_the_output_layer_is_drawn_apart_from_one_that_begins_like_it(blobs):
    history = Network([2, 6, 3]).SGD(blobs, 2, 10, 0.5, monitor=tuple(training.MONITORS))
    assert sorted(plots.monitor_names(history)) == sorted(training.MONITORS)
    for name in OUTPUT_ONLY:
        (line,) = plots.monitor_curves(Figure().subplots(), history, name).lines
        np.testing.assert_allclose(line.get_ydata(), 100 * history[name])
    alone = Network([2, 6, 3]).SGD(blobs, 2, 10, 0.5, monitor="wrong_saturation_own")
    assert plots.monitor_names(alone) == ["wrong_saturation_own"]


@pytest.mark.parametrize("k", [2, 3, 10, 21, 1000])
def test_equal_outputs_of_a_softmax_are_not_saturated(k):
    assert not ACTIVATIONS["softmax"].saturated(np.zeros((2, k, 3))).any()


@pytest.mark.parametrize("k", [2, 3, 10, 21, 1000])
def test_a_softmax_that_is_all_but_sure_is_saturated_in_every_output(k):
    z = np.zeros((k, 1))
    z[0] = np.log(0.96 / 0.04 * (k - 1))  # an output of 0.96, and the rest shared by the others
    assert ACTIVATIONS["softmax"].saturated(z).all()


def test_a_softmax_of_two_is_saturated_where_a_sigmoid_is():
    z = np.linspace(-6, 6, 1000)[np.newaxis]  # of neither function's bounds is any of these
    two = ACTIVATIONS["softmax"].saturated(np.concatenate([z, np.zeros_like(z)]))
    np.testing.assert_array_equal(two, np.concatenate([ACTIVATIONS["sigmoid"].saturated(z)] * 2))


def test_the_update_ratio_is_that_of_the_epochs_last_step(blobs):
    network = Network([2, 3], dtype="float64")
    start = network.weights[0].copy()
    row = network.SGD(blobs, 1, None, 0.5, monitor=["update_ratio"]).last()
    wanted = np.linalg.norm(network.weights[0] - start) / np.linalg.norm(start)
    assert row["update_ratio_1"] == pytest.approx(wanted)


def test_an_unknown_monitor_is_refused(blobs):
    with pytest.raises(UsageError, match="did you mean 'slope'"):
        Network([2, 3]).SGD(blobs, 1, 10, 0.5, monitor=["slop"])


def test_the_test_set_is_measured_every_epoch_when_given(blobs):
    state = run(Network([2, 3]), blobs, settings(), test=blobs)
    np.testing.assert_array_equal(state.history["test_accuracy"], state.history["train_accuracy"])


def test_measuring_in_portions_is_measuring_at_once(blobs, monkeypatch):
    network = Network([2, 4, 3])
    at_once = training.measure(network, blobs)
    monkeypatch.setattr("bpnet.training.measures.MEASURED_AT_ONCE", 64)
    many = Dataset(np.tile(blobs.x, (10, 1)), np.tile(blobs.y, (10, 1)), classes=blobs.classes)
    assert training.measure(network, many) == pytest.approx(at_once, rel=1e-6)


def test_clip_norm_shortens_the_whole_gradient_of_each_replica_by_itself(xor):
    """The step of plain gradient descent is the rate times the gradient, penalties and all."""
    for longest in (0.05, 0.2, 100.0):
        network, free = (Network([2, 3, 1], seed=[0, 1, 2], dtype="float64", init_scale=3.0) for _ in range(2))
        before = {name: p.copy() for name, p in network.parameters.items()}
        plan = training.Settings(1, None, 1.0, l2=2.0, measure=False)
        list(training.epochs(free, xor, plan))
        list(training.epochs(network, xor, replace(plan, clip_norm=longest)))
        moved, asked = (
            training.norm([p - before[name] for name, p in one.parameters.items()]) for one in (network, free)
        )
        np.testing.assert_allclose(moved, np.minimum(asked, longest), rtol=1e-9)
        factor = (moved / asked)[:, np.newaxis, np.newaxis]
        for name, p in network.parameters.items():
            step = free.parameters[name] - before[name]
            np.testing.assert_allclose(p - before[name], factor * step, rtol=1e-9, atol=1e-14)


def test_clip_norm_is_above_0_and_not_left_out_in_silence(xor):
    with pytest.raises(UsageError, match="clip_norm 0"):
        Network([2, 1]).SGD(xor, 1, None, 0.5, clip_norm=0)

    class Own(Network):
        def update_mini_batch(self, mini_batch, eta):
            pass

    with pytest.raises(UsageError, match="clip_norm"):
        Own([2, 1]).SGD(xor, 1, None, 0.5, clip_norm=1.0)
