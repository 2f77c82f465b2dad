"""A seed of a comparison is `bpnet train --seed` with that seed: to the bit where BLAS multiplies the matrices of both.

Tiny products of replicas are made by einsum, which adds in another order. There the last digits differ, by what a
short training makes of roundings (`ROUNDED`); they never depend on how many replicas there are.
"""

from dataclasses import replace

import numpy as np
import pytest

import bpnet
from bpnet import config, experiment, runs, training
from bpnet.comparison import compare
from bpnet.costs import COSTS
from bpnet.network import Network

COSTS_COMPARED = ["mse", "ce"]
SEEDS = 4
MOONS = ["data.samples=120", "train.epochs=4", "network.dtype=float64"]
DIGITS = ["train.epochs=2", "data.split.train=300"]
SLOWLY = ["train.learning_rate=0.01"]
EVERYTHING = [
    "train.optimizer=adam",
    "train.learning_rate=0.01",
    "train.dropout=0.4",
    "train.l2=0.1",
    "train.l1=0.01",
    "train.schedule={name: step, every: 1, by: 0.7}",
]
TRAININGS = {
    "xor": ("xor", ["train.epochs=50", "network.dtype=float64"]),
    "moons": ("moons", MOONS),
    "dropout": ("moons", [*MOONS, "train.dropout=0.5"]),
    "momentum": ("moons", [*MOONS, "train.optimizer={name: momentum, momentum: 0.7}"]),
    "nesterov": ("moons", [*MOONS, "train.optimizer=nesterov"]),
    "rmsprop": ("moons", [*MOONS, *SLOWLY, "train.optimizer=rmsprop"]),
    "adam": ("moons", [*MOONS, *SLOWLY, "train.optimizer=adam"]),
    "l1 and l2": ("moons", [*MOONS, "train.l2=0.5", "train.l1=0.01"]),
    "a schedule of steps": ("moons", [*MOONS, "train.schedule={name: step, every: 2, by: 0.3}"]),
    "a schedule under adam": ("moons", [*MOONS, *EVERYTHING[:2], EVERYTHING[-1]]),
    "everything at once": ("moons", [*MOONS, *EVERYTHING]),
    "digits": ("digits", DIGITS),
    "digits, sigmoid outputs": ("digits", [*DIGITS, "network.output=sigmoid"]),
    "digits, full batch": ("digits", [*DIGITS, "train.batch_size=full"]),
    "digits, adam and dropout": ("digits", [*DIGITS, *SLOWLY, "train.optimizer=adam", "train.dropout=0.3"]),
}
ROUNDED = 1e-9  # relative; double precision rounds by 1e-16, and Adam at a large rate multiplies that a millionfold


def roundings(name, values):
    """The values as they may differ for the config of that name: those of digits not at all."""
    return values if name == "digits" else pytest.approx(values, rel=ROUNDED, abs=ROUNDED / 10)


def curves(result, seed):
    """What was measured of one seed after each epoch: every measure of every part."""
    names = [name for name in result.history.columns if name.startswith(("train_", "validation_"))]
    return {name: [row[seed] for row in result.history.columns[name][1:]] for name in names}


def trained(name, sets, seed):
    """What `bpnet train --seed` measures after each epoch."""
    alone = experiment.from_config(config.load(name, sets, seed))
    *_, state = alone.epochs()
    return state.history.columns


def assert_trained_alone(found, name, sets, data_seeds=False):
    """Each seed of each cost of each condition has the very curves of its own training."""
    for condition in found.conditions:
        varied = [f"{key}={value}" for key, value in condition.vary.items()]
        for result in condition.results:
            for seed in range(found.seeds):
                data = [f"data.seed={seed}"] if data_seeds else []
                alone = trained(name, [*sets, *varied, *data, f"train.cost={result.cost}"], seed)
                for column, values in curves(result, seed).items():
                    assert values == roundings(name, alone[column]), (condition.label, result.cost, seed, column)


@pytest.mark.parametrize("case", TRAININGS)
def test_every_measured_number_of_a_seed_is_that_of_its_training(case):
    name, sets = TRAININGS[case]
    assert_trained_alone(compare(COSTS_COMPARED, name, seeds=SEEDS, sets=sets), name, sets)


@pytest.mark.parametrize("case", TRAININGS)
def test_the_parameters_of_a_replica_are_those_of_its_training(case):
    name, sets = TRAININGS[case]
    base = experiment.from_config(config.load(name, sets))
    replicas = base.replicas(range(SEEDS))
    settings = replace(base.settings, seed=tuple(range(SEEDS)))
    list(training.epochs(replicas, base.splits.train, settings, validation=base.splits.validation))
    for seed in range(SEEDS):
        alone = experiment.from_config(config.load(name, sets, seed))
        list(alone.epochs())
        for key, p in alone.network.parameters.items():
            rounded = 0 if name == "digits" else ROUNDED
            np.testing.assert_allclose(replicas.parameters[key][seed], p, rtol=rounded, atol=rounded, strict=True)


def test_a_run_folder_has_the_numbers_of_the_comparison(tmp_path):
    """The command itself: what `bpnet train --seed 2` writes into metrics.csv."""
    sets = [*MOONS, *EVERYTHING]
    found = compare(COSTS_COMPARED, "moons", seeds=3, sets=sets)
    bpnet.train("moons", sets=[*sets, "train.cost=mse"], seed=2, out=tmp_path / "run")
    history = runs.open_run(tmp_path / "run").history()
    for column, values in curves(found.conditions[0].results[0], 2).items():
        assert values == pytest.approx(history.columns[column], rel=1e-8), column  # metrics.csv has nine digits


@pytest.mark.parametrize(
    "vary",
    [
        {"network.init_scale": [1, 4], "train.learning_rate": [0.1, 0.3]},
        {"train.l2": [0, 0.1], "train.dropout": [0, 0.2]},
        {"train.optimizer": ["adam", "momentum"]},
        {"network.hidden": [[3], [4, 2]]},
        {"data.seed": [0, 5]},
    ],
)
def test_conditions_trained_together_are_each_the_training_alone(vary):
    found = compare(COSTS_COMPARED, "moons", seeds=3, sets=MOONS, vary=vary)
    assert_trained_alone(found, "moons", MOONS)


@pytest.mark.parametrize("name", ["moons", "iris"])
def test_with_vary_data_seed_k_is_the_training_with_data_seed_k_too(name):
    """Moons are drawn anew; iris is dealt anew into its parts."""
    sets = MOONS if name == "moons" else ["train.epochs=2", "network.dtype=float64"]
    found = compare(COSTS_COMPARED, name, seeds=3, sets=sets, vary_data=True)
    assert_trained_alone(found, name, sets, data_seeds=True)


def test_with_vary_data_conditions_are_trained_as_alone_too():
    sets, vary = MOONS, {"network.init_scale": [1, 4]}
    found = compare(COSTS_COMPARED, "moons", seeds=2, sets=sets, vary=vary, vary_data=True)
    assert_trained_alone(found, "moons", sets, data_seeds=True)


def test_checks_between_epochs_change_no_number():
    found = compare(COSTS_COMPARED, "moons", seeds=3, sets=MOONS, check_every=3)
    assert_trained_alone(found, "moons", MOONS)


@pytest.mark.parametrize("seeds", [7, 40])
def test_how_many_seeds_there_are_changes_no_number(seeds):
    """Many replicas are measured in smaller portions, whose ragged ends a matrix product once rounded otherwise."""
    sets = ["train.epochs=1", "train.batch_size=full", "data.split.train=300"]
    found = compare(COSTS_COMPARED, "digits", seeds=seeds, sets=sets)
    for seed in (0, seeds - 1):
        alone = trained("digits", [*sets, "train.cost=ce"], seed)
        for column, values in curves(found.conditions[0].results[1], seed).items():
            assert values == alone[column], (seed, column)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["xor", "moons"])
def test_a_tiny_replica_has_the_same_digits_in_any_company(name, dtype):
    """Einsum computes an entry for all replicas at once; how many, and which place among them, does not show."""
    sets = ["train.epochs=20", f"network.dtype={dtype}"] + (["data.samples=60"] if name == "moons" else [])
    base = experiment.from_config(config.load(name, sets))
    curves = {}
    for seeds in [(0, 1), (7, 1, 5), tuple(range(9)), tuple(range(40))]:
        replicas = base.replicas(seeds)
        *_, state = training.epochs(replicas, base.splits.train, replace(base.settings, seed=seeds))
        place = seeds.index(1)
        curves[seeds] = [values[place] for values in state.history["train_cost"]], replicas.weights[0][place].tolist()
    first, *others = curves.values()
    assert all(other == first for other in others)


def test_a_comparison_of_one_seed_has_the_digits_of_that_seed_among_others():
    alone, among = (compare(COSTS_COMPARED, "xor", seeds=n, sets=["train.epochs=40"]) for n in (1, 3))
    for one, several in zip(alone.conditions[0].results, among.conditions[0].results, strict=True):
        assert curves(one, 0) == curves(several, 0)


def test_seeds_are_counted_from_the_configs_seed_on():
    found = compare(COSTS_COMPARED, "moons", seeds=2, sets=MOONS, seed=5)
    errors = trained("moons", MOONS, 6)["train_error"]
    assert curves(found.conditions[0].results[1], 1)["train_error"] == roundings("moons", errors)
    assert set(found.columns["seed"]) == {5, 6}


def test_each_seed_deals_the_examples_in_an_order_of_its_own():
    """Equal first weights under two seeds end apart, because their orders differ."""
    one = experiment.from_config(config.load("moons", MOONS))
    first = one.network.parameters
    both = one.network.with_parameters({name: np.stack([p, p]) for name, p in first.items()})
    list(training.epochs(both, one.splits.train, replace(one.settings, seed=(0, 1))))
    assert (both.weights[0][0] != both.weights[0][1]).all()


def test_a_step_of_ones_own_keeps_the_networks_precision():
    """A rate for each replica is an array, which must not turn float32 weights into float64 ones."""

    class Own(Network):
        def update_mini_batch(self, mini_batch, eta):
            nabla_b, nabla_w = self.backprop(mini_batch.x, mini_batch.y, scale=1 / len(mini_batch))
            self.weights = [w - eta * nw for w, nw in zip(self.weights, nabla_w, strict=True)]
            self.biases = [b - eta * nb for b, nb in zip(self.biases, nabla_b, strict=True)]

    found = compare([Own, "mse"], "moons", seeds=2, sets=[*MOONS, "train.cost=mse"])
    own, mse = found.conditions[0].results
    for name, values in curves(own, 1).items():
        assert values == pytest.approx(curves(mse, 1)[name], rel=1e-5), name  # the same step, rounded once more


def test_all_registered_costs_of_a_comparison_start_alike_and_deal_alike():
    """The first weights, order and dropout are shared: only the registered `mse` trains like a copy of it."""
    copy = replace(COSTS["mse"], name="copy")
    found = compare(["mse", copy, "mae"], "moons", seeds=3, sets=[*MOONS, "train.dropout=0.3"])
    mse, same, mae = (result.history for result in found.conditions[0].results)
    np.testing.assert_array_equal(mse["train_error"], same["train_error"])
    np.testing.assert_array_equal(mse["train_error"][0], mae["train_error"][0])
    assert (mse["train_error"][-1] != mae["train_error"][-1]).all()
