"""Costs and networks of one's own in a comparison: trained, measured, saved and read like the registered ones."""

from dataclasses import replace

import numpy as np
import pytest

from bpnet.comparison import Comparison, compare, comparing
from bpnet.comparison.compare_costs import comparing_again
from bpnet.comparison.statistics import corrected, speedup
from bpnet.costs import COSTS, Cost
from bpnet.errors import UsageError
from bpnet.network import Network

MOONS = ["data.samples=120", "train.epochs=3", "train.cost=mse"]
QUARTIC = Cost("quartic", value=lambda z, a, y: (a - y) ** 4 / 4, derivative=lambda a, y: (a - y) ** 3)


class OwnDerivative(Network):
    """Trained by the cross-entropy's derivative, whatever cost is reported."""

    def cost_derivative(self, output_activations, y):
        return (output_activations - y) / (output_activations * (1 - output_activations))


class OwnBackprop(Network):
    """The gradient of the cost, half as long."""

    def backprop(self, x, y):
        nabla_b, nabla_w = Network.backprop(self, x, y)
        return [g / 2 for g in nabla_b], [g / 2 for g in nabla_w]


def results(found):
    return {result.cost: result for result in found.conditions[0].results}


def test_a_cost_a_network_and_a_name_are_compared_as_one():
    found = compare([QUARTIC, OwnDerivative, OwnBackprop, "ce"], "moons", seeds=3, sets=MOONS)
    assert found.costs == ("quartic", "OwnDerivative", "OwnBackprop", "ce")
    starts = [result.history["train_error"][0] for result in results(found).values()]
    for start in starts[1:]:
        np.testing.assert_array_equal(start, starts[0])
    assert len(found.verdict.splitlines()) == 1 + 3


def test_a_network_with_the_derivative_of_ce_trains_as_ce_does():
    found = results(compare([OwnDerivative, "ce"], "moons", seeds=3, sets=MOONS))
    one, other = (found[name].history["train_error"] for name in ("OwnDerivative", "ce"))
    np.testing.assert_allclose(one, other, rtol=1e-4)  # dC/da times the slope rounds otherwise than a - y
    assert np.isfinite(one).all()


def test_a_network_with_half_the_gradient_trains_as_at_half_the_rate():
    found = results(compare([OwnBackprop, "mse"], "moons", seeds=3, sets=MOONS, rates={"mse": 0.5}))
    one, other = (found[name].history["train_error"] for name in ("OwnBackprop", "mse"))
    np.testing.assert_allclose(one, other, rtol=1e-6)  # of float32; its own sum is divided by 10 after it is rounded


def test_matched_rates_double_that_of_half_the_gradient():
    found = results(compare(["mse", OwnBackprop], "moons", seeds=3, sets=MOONS, rate_policy="matched"))
    assert found["OwnBackprop"].learning_rate == pytest.approx(2 * found["mse"].learning_rate)


def test_a_network_of_ones_own_reports_the_cost_of_the_config():
    found = results(compare([OwnBackprop, "mse", "ce"], "moons", seeds=2, sets=MOONS))
    start = {name: result.history["train_cost"][0] for name, result in found.items()}
    np.testing.assert_array_equal(start["OwnBackprop"], start["mse"])
    assert (start["mse"] != start["ce"]).all()


@pytest.mark.parametrize(("own", "rate"), [({}, None), ({"quartic": {"train.l2": 0.5}}, 0.25)])
def test_what_is_of_ones_own_is_saved_and_read_like_any_other(tmp_path, own, rate):
    rates = {"OwnDerivative": rate} if rate else {}
    found = compare([QUARTIC, OwnDerivative], "moons", seeds=3, sets=MOONS, own=own, rates=rates, surface=True)
    found.save(tmp_path / "own")
    loaded = Comparison.load(tmp_path / "own")
    assert loaded.costs == ("quartic", "OwnDerivative")
    assert loaded.verdict == found.verdict
    assert loaded.own == own
    for name, result in results(found).items():
        np.testing.assert_array_equal(results(loaded)[name].history["train_error"], result.history["train_error"])


def test_what_is_of_ones_own_competes_from_the_neurons_starts():
    found = compare([QUARTIC, OwnDerivative, "mse"])
    for condition in found.conditions:
        own = {result.cost: result for result in condition.results}
        assert own["quartic"].updates[found.targets[0]][0] > own["mse"].updates[found.targets[0]][0]
        assert own["OwnDerivative"].updates[found.targets[0]][0] < own["mse"].updates[found.targets[0]][0]


def test_a_copy_of_a_cost_under_another_name_ties_in_every_seed():
    """No chance and no rounding makes a difference between equal costs."""
    copy = replace(COSTS["mse"], name="copy")
    sets = ["data.samples=120", "train.epochs=12", "train.dropout=0.2"]
    found = compare(["mse", copy], "moons", seeds=6, sets=sets, targets=["error<0.3"], rate_policy="each")
    for condition in found.conditions:
        (pair,) = condition.speedups[found.targets[0]]
        mse, other = condition.results
        assert mse.learning_rate == other.learning_rate
        np.testing.assert_array_equal(mse.updates[found.targets[0]], other.updates[found.targets[0]])
        assert (pair.of_decided, pair.only_of, pair.only_over, pair.faster, pair.surer) == (0, 0, 0, None, None)
    assert found.verdict.count("both at the same check") == 3
    assert "faster" not in found.verdict


def test_a_cost_against_itself_from_other_seeds_is_hardly_ever_faster():
    """The honest copy that differs by noise: 30 comparisons of 8 seeds with 8 others, each false in 1 of 128 cases."""
    found = compare(["mse", "ce"], "xor", seeds=480, sets=["train.epochs=200"], targets=["error<0.3"])
    (ce,) = (result for result in found.conditions[0].results if result.cost == "ce")
    times = ce.updates[found.targets[0]].reshape(30, 2, 8)
    assert np.isfinite(times).mean() > 0.5
    pairs = [corrected([speedup("one", "two", *both, (ce.steps, ce.steps))])[0] for both in times]
    assert sum(pair.faster is not None for pair in pairs) <= 2  # three or more: in 0.2 % of cases


def test_a_folder_with_objects_of_ones_own_cannot_be_resumed_and_says_why(tmp_path):
    under_way = comparing([QUARTIC, "mse"], "moons", seeds=2, sets=MOONS)
    under_way.keep(tmp_path / "own")
    steps = iter(under_way)
    next(steps)
    steps.close()
    with pytest.raises(UsageError, match=r"own: compares objects of Python.*call `compare` again"):
        comparing_again(tmp_path / "own")


def test_a_backprop_that_takes_no_masks_cannot_have_dropout():
    with pytest.raises(UsageError, match="OwnBackprop"):
        compare([OwnBackprop, "mse"], "moons", seeds=2, sets=[*MOONS, "train.dropout=0.5"])


def test_a_cost_that_only_fits_another_output_is_refused_before_anything_is_trained():
    only_softmax = replace(QUARTIC, outputs=("softmax",))
    with pytest.raises(UsageError, match="cost 'quartic' needs a softmax output, not 'sigmoid'"):
        comparing([only_softmax, "mse"], "moons", seeds=2)


def test_two_classes_of_one_name_are_refused():
    with pytest.raises(UsageError, match="two different costs or more; got OwnBackprop, OwnBackprop"):
        comparing([OwnBackprop, type("OwnBackprop", (Network,), {})], "moons")
