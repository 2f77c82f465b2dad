"""Where learning rates come from: equally long real first steps, sweeps that widen, rates and settings of one's own."""

import math
from dataclasses import replace

import numpy as np
import pytest

from bpnet import config, experiment, training
from bpnet.comparison import compare, rates
from bpnet.comparison.sets import Sets
from bpnet.network import Network

MOONS = ["data.samples=120", "train.epochs=1"]
SEEDS = 5
STEP = 1e-9  # relative: float64 steps, averaged over the seeds
ROUNDED = 1e-4  # relative: float32 steps of 1/1000, each rounded to 6e-8 beside weights of 1
OPTIMIZERS = ["sgd", "momentum", "nesterov", "rmsprop", "adam"]


def first_steps(name, sets, cost, rate):
    """The mean length of the first real step over the seeds, each trained alone."""
    lengths = []
    for seed in range(SEEDS):
        alone = experiment.from_config(
            config.load(name, [*sets, f"train.cost={cost}", f"train.learning_rate={rate!r}"], seed)
        )
        before = {key: p.copy() for key, p in alone.network.parameters.items()}
        next(training.steps(alone.network, alone.splits.train, alone.settings))
        moved = [p.astype(float) - before[key] for key, p in alone.network.parameters.items()]
        lengths.append(math.sqrt(sum(np.square(step).sum() for step in moved)))
    return np.mean(lengths)


@pytest.mark.parametrize("extra", [[], ["train.l2=2.0", "train.dropout=0.3"], ["train.batch_size=full"]])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_matched_rates_make_equally_long_first_steps_of_the_optimiser_in_use(optimizer, extra):
    sets = [*MOONS, f"train.optimizer={optimizer}", "train.learning_rate=0.01", "network.dtype=float64", *extra]
    found = compare(["mse", "ce"], "moons", seeds=SEEDS, sets=sets, rate_policy="matched")
    mse, ce = found.conditions[0].results
    assert mse.learning_rate == 0.01
    lengths = [first_steps("moons", sets, result.cost, result.learning_rate) for result in (mse, ce)]
    assert lengths[0] == pytest.approx(lengths[1], rel=STEP)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_matched_steps_are_equally_long_in_single_precision_too(optimizer):
    sets = [*MOONS, f"train.optimizer={optimizer}", "train.learning_rate=0.01"]
    mse, ce = compare(["mse", "ce"], "moons", seeds=SEEDS, sets=sets, rate_policy="matched").conditions[0].results
    lengths = [first_steps("moons", sets, result.cost, result.learning_rate) for result in (mse, ce)]
    assert lengths[0] == pytest.approx(lengths[1], rel=ROUNDED)


def test_a_step_that_single_precision_rounds_away_is_matched_all_the_same():
    tiny, usual = (
        compare(["mse", "ce"], "moons", seeds=2, sets=[*MOONS, f"train.learning_rate={rate}"], rate_policy="matched")
        for rate in ("1e-12", "1.0")
    )
    ratios = [np.divide(*(one.learning_rate for one in found.conditions[0].results)) for found in (tiny, usual)]
    assert ratios[0] == pytest.approx(ratios[1], rel=1e-3)  # a step of 1e-12 has three digits beside weights of 1


def test_under_adam_matched_rates_are_nearly_the_same_rates():
    """Adam's first step is the rate itself for any gradient; by gradients alone ce got a fifth of it."""
    sets = [*MOONS, "train.optimizer=adam", "train.learning_rate=0.01"]
    found = compare(["mse", "ce"], "moons", seeds=SEEDS, sets=sets, rate_policy="matched")
    assert found.conditions[0].results[1].learning_rate == pytest.approx(0.01, rel=0.01)


def test_a_rate_of_ones_own_is_not_matched():
    found = compare(["mse", "ce"], "moons", seeds=2, sets=MOONS, rate_policy="matched", rates={"ce": 0.25})
    assert [result.learning_rate for result in found.conditions[0].results] == [1.0, 0.25]


def test_matching_leaves_the_networks_as_they_are():
    found = compare(["mse", "ce"], "moons", seeds=2, sets=MOONS, rate_policy="matched")
    same = compare(["mse", "ce"], "moons", seeds=2, sets=MOONS)
    one, other = (comparison.conditions[0].results[0].history for comparison in (found, same))
    np.testing.assert_array_equal(one["train_error"], other["train_error"])


@pytest.mark.parametrize(("name", "rate"), [("moons", "1e-3"), ("xor", "1e-2"), ("xor", "1.0"), ("xor", "1e4")])
def test_a_sweep_widens_until_the_best_rate_lies_inside(name, rate):
    """From far below up, from far above down."""
    sets = ["train.epochs=40", *(["data.samples=120"] if name == "moons" else []), f"train.learning_rate={rate}"]
    found = compare(["mse", "ce"], name, seeds=3, sets=sets, targets=["error<0.3"], rate_policy="tuned")
    for sweep, result in zip(found.sweeps, found.conditions[0].results, strict=True):
        tried = [row.rate for row in sweep.rows]
        assert tried == sorted(tried)
        assert not sweep.at_end
        assert tried[0] < sweep.best < tried[-1]
        assert result.learning_rate == sweep.best
        assert 1 < sweep.best < 1000
    assert "end of its sweep" not in found.verdict


def test_a_sweep_that_finds_no_inside_says_so_in_the_verdict():
    """The best rates of XOR are near 50, more than 65,536 times this one."""
    sets = ["train.epochs=40", "train.learning_rate=1e-4"]
    found = compare(["mse", "ce"], "xor", seeds=2, sets=sets, rate_policy="tuned")
    assert all(sweep.at_end for sweep in found.sweeps)
    for cost in ("mse", "ce"):
        assert f"the best rate of {cost} lies at the end of its sweep, so another rate may change this" in found.verdict
        assert any(text.startswith(f"{cost}: the best rate of the sweep") for text in found.warnings)


def test_a_sweep_in_which_nothing_arrived_says_so_in_the_verdict():
    """Whichever rate is called the best then, inside the sweep or not, says little of the time to the target."""
    sets = ["train.epochs=1", "train.learning_rate=1e-12"]
    found = compare(["mse", "ce"], "xor", seeds=2, sets=sets, rate_policy="tuned")
    for cost in ("mse", "ce"):
        assert f"no rate in the sweep of {cost} reached it, so its rate is that of the smallest error" in found.verdict


def test_the_best_rate_is_that_of_the_smallest_median_time_then_of_the_smallest_error():
    found = compare(["mse", "ce"], "xor", seeds=4, sets=["train.epochs=100"], rate_policy="tuned")
    for sweep in found.sweeps:
        times = {row.rate: math.inf if row.arrivals.median is None else row.arrivals.median for row in sweep.rows}
        soonest = [row for row in sweep.rows if times[row.rate] == min(times.values())]
        assert sweep.best in [row.rate for row in soonest]
        if math.isfinite(times[sweep.best]):
            errors = {row.rate: math.inf if row.error is None else row.error for row in soonest}
            assert errors[sweep.best] == min(errors.values())


@pytest.mark.parametrize(("seeds", "others"), [(3, [6, 7, 8]), (20, [23, 24, 25, 26, 27])])
def test_a_sweep_has_seeds_that_are_not_compared(monkeypatch, seeds, others):
    """Seen as they are trained: the seeds that follow all of those compared."""
    swept = []
    train = Sets.train

    def watch(self, trials, doing="", keep_path=False):
        if doing:
            swept.append([int(seed) for part in trials[0].parts for seed in part.network.seed])
        return train(self, trials, doing, keep_path)

    monkeypatch.setattr(Sets, "train", watch)
    compare(["mse", "ce"], "xor", seeds=seeds, seed=3, sets=["train.epochs=1"], rate_policy="tuned")
    assert swept
    compared = set(range(3, 3 + seeds))
    assert all(some == others or (set(others) <= set(some) and compared.isdisjoint(some)) for some in swept)


def test_the_best_rates_of_a_sweep_are_ranked_on_as_many_seeds_as_are_compared():
    """Five seeds took mse at 96 for 48 on XOR, where 200 say otherwise: a lucky rate is not the best one."""
    found = compare(["mse", "ce"], "xor", seeds=40, rate_policy="tuned")
    for sweep, best in zip(found.sweeps, (48, 6), strict=True):
        ranked = {row.rate: row.arrivals for row in sweep.rows if row.arrivals.of == 40}
        assert len(ranked) == rates.FINALISTS
        medians = {rate: math.inf if one.median is None else one.median for rate, one in ranked.items()}
        assert sweep.best == min(medians, key=medians.get) == best


def test_a_swept_network_is_the_network_of_its_seed():
    (part,) = rates._other_seeds([rates.Part(Network([2, 4, 1], seed=range(3)), None)], most=5)
    for k, seed in enumerate([3, 4, 5]):
        np.testing.assert_array_equal(part.network.weights[0][k], Network([2, 4, 1], seed=seed).weights[0])


def test_each_runs_every_policy_under_every_condition_the_policies_fastest():
    sets = ["train.epochs=3"]
    found = compare(["mse", "ce"], "xor", seeds=6, sets=sets, rate_policy="each", vary={"network.init_scale": [1, 4]})
    assert [(one.vary["network.init_scale"], one.policy) for one in found.conditions] == [
        (scale, policy) for scale in (1, 4) for policy in ("same", "matched", "tuned")
    ]
    assert [one.label for one in found.conditions][:2] == [
        "init_scale = 1, same rates",
        "init_scale = 1, matched rates",
    ]
    same, matched, tuned = found.conditions[:3]
    assert [result.learning_rate for result in same.results] == [3, 3]
    assert matched.results[0].learning_rate == 3 != matched.results[1].learning_rate
    assert [result.learning_rate for result in tuned.results] == [sweep.best for sweep in found.sweeps[:2]]
    assert set(found.subject().policies) == {"same", "matched", "tuned"}
    assert f"p by Holm's correction for {6 * len(found.targets)} tests" in found.verdict.splitlines()[0]


def test_each_gives_what_each_policy_gives_alone():
    options = {"seeds": 3, "sets": ["train.epochs=20"]}
    every = compare(["mse", "ce"], "xor", rate_policy="each", **options)
    for condition in every.conditions:
        alone = compare(["mse", "ce"], "xor", rate_policy=condition.policy, **options).conditions[0]
        for one, other in zip(condition.results, alone.results, strict=True):
            assert one.learning_rate == other.learning_rate
            np.testing.assert_array_equal(one.history["train_error"], other.history["train_error"])


@pytest.mark.parametrize("own", [{"train.l2": 0.0}, {"train.optimizer": "adam"}, {"train.batch_size": 20}])
def test_settings_of_one_cost_leave_the_others_unchanged_to_the_bit(own):
    sets = ["data.samples=120", "train.epochs=3", "train.l2=1.0"]
    common = compare(["mse", "ce"], "moons", seeds=3, sets=sets)
    apart = compare(["mse", "ce"], "moons", seeds=3, sets=sets, own={"ce": own})
    (mse, ce), (same, other) = common.conditions[0].results, apart.conditions[0].results
    for name in mse.history.columns:
        np.testing.assert_array_equal(mse.history[name], same.history[name])
    np.testing.assert_array_equal(ce.history["train_error"][0], other.history["train_error"][0])
    assert (ce.history["train_error"][-1] != other.history["train_error"][-1]).all()
    key, value = next(iter(own.items()))
    assert f"ce alone has {key} = {value}" in apart.verdict.splitlines()[0]


def test_a_cost_with_settings_of_its_own_is_trained_as_alone():
    sets = ["data.samples=120", "train.epochs=3", "train.l2=1.0"]
    found = compare(["mse", "ce"], "moons", seeds=2, sets=sets, own={"ce": {"train.l2": 0.25}})
    alone = experiment.from_config(config.load("moons", [*sets, "train.l2=0.25"], 1))
    *_, state = alone.epochs()
    measured = found.conditions[0].results[1].history["validation_error"][1:, 1]
    assert measured == pytest.approx(state.history["validation_error"], rel=1e-5)  # einsum rounds otherwise


def test_a_rate_among_ones_own_settings_is_used_and_told():
    found = compare(["mse", "ce"], "xor", seeds=2, sets=["train.epochs=1"], own={"ce": {"train.learning_rate": 0.5}})
    assert [result.learning_rate for result in found.conditions[0].results] == [3.0, 0.5]
    assert "learning rates mse 3, ce 0.5 (given)" in found.verdict


def test_rates_of_ones_own_are_used_and_reported():
    found = compare(["mse", "ce"], "xor", seeds=2, sets=["train.epochs=2"], rates={"ce": 0.5})
    costs = found.as_json()["conditions"][0]["costs"]
    assert (costs["mse"]["learning_rate"], costs["ce"]["learning_rate"]) == (3.0, 0.5)


def test_a_schedule_without_a_wait_is_applied():
    sets = ["data.samples=120", "train.epochs=3"]
    plain = compare(["mse", "ce"], "moons", seeds=2, sets=sets)
    halved = compare(["mse", "ce"], "moons", seeds=2, sets=[*sets, "train.schedule={name: step, every: 1}"])
    one, other = (found.conditions[0].results[0].history["train_error"] for found in (plain, halved))
    np.testing.assert_array_equal(one[1], other[1])
    assert (one[2] != other[2]).all()


def test_a_matched_step_is_that_of_the_trials_settings():
    """The length is that of a step at the rate given, so a rate doubled doubles it under sgd."""
    base = experiment.from_config(config.load("moons", MOONS))
    part = rates.Part(base.replicas(range(2)), base.splits)
    trial = compare_trial(base, part)
    doubled = replace(trial, learning_rate=2 * trial.learning_rate)
    assert rates._first_step(doubled) == pytest.approx(2 * rates._first_step(trial), rel=STEP)


def compare_trial(base, part):
    """A trial of the config's own cost."""
    from bpnet.comparison.trials import Trial

    return Trial("ce", {}, base.config.train.learning_rate, base.settings, (part,), "")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "mse 3, ce 3 (same)"),
        ({"rates": {"ce": 0.5}}, "mse 3, ce 0.5 (ce given)"),
        ({"own": {"ce": {"train.learning_rate": 0.5}}}, "mse 3, ce 0.5 (ce given)"),
        ({"rates": {"ce": 0.5}, "rate_policy": "matched"}, "mse 3, ce 0.5 (matched, ce given)"),
        ({"rates": {"ce": 0.5, "mse": 1}}, "mse 1, ce 0.5 (given)"),
    ],
)
def test_the_pictures_line_says_which_rates_were_given(options, words):
    found = compare(["mse", "ce"], "xor", seeds=2, sets=["train.epochs=1"], **options)
    assert found.subject().settings == f"learning rates: {words}; 2 seeds"
