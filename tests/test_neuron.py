"""The closed form of the book's neuron, for every target that it can have, beside the epochs that it takes."""

import numpy as np
import pytest

from bpnet.comparison import compare, neuron
from bpnet.comparison.targets import parse_target
from bpnet.errors import UsageError
from bpnet.metrics import Target

TARGETS = ["error<0.5", "error<0.2", "error<0.05", "max_error<0.3", "accuracy>0.5", "accuracy>0.95", "accuracy>0"]
AT_ONCE = [Target("error", 2, True), Target("error", 0.3, False), Target("accuracy", 0.5, True)]
NEVER = [Target("error", 0, True), Target("error", 1, False), Target("accuracy", 1, False), Target("accuracy", 0, True)]
STARTS = [1.5, 2, 3, 4, 8]  # z0
BOTH = [None, (1.5, 3, 4, 5, 6, 8)]  # the book's two starts, and w = b = z0 / 2


def later(formula):
    """How much later or sooner than the formula, which takes steps for a flow, the neuron may arrive, in epochs.

    An output falls by 2 eta delta(z) a step, 0.3 at most; seen here: up to 2 epochs, and 3.3 of 10,000.
    """
    return 2 + 0.001 * formula


@pytest.fixture(scope="module", params=BOTH)
def conditions(request):
    vary = {"z0": list(request.param)} if request.param else {}
    found = compare(["mse", "ce"], targets=TARGETS, vary=vary)
    return found.as_json()["conditions"]


def columns(conditions, target):
    """Measured epochs and the closed form of every condition and cost."""
    about = [cost for condition in conditions for cost in condition["costs"].values()]
    return [(cost["targets"][target]["median"], cost["closed_form"][target]) for cost in about]


@pytest.mark.parametrize("target", TARGETS)
def test_the_closed_form_of_a_target_is_when_the_neuron_meets_it(conditions, target):
    for epochs, formula in columns(conditions, target):
        assert epochs > 0
        assert epochs == pytest.approx(formula, abs=later(formula))


@pytest.mark.parametrize("target", AT_ONCE, ids=str)
@pytest.mark.parametrize("z0", STARTS)
def test_a_target_that_the_neuron_starts_at_takes_no_epoch(target, z0):
    assert [neuron.epochs_to_target(cost, z0, target) for cost in ("mse", "ce")] == [0, 0]


@pytest.mark.parametrize("target", NEVER, ids=str)
@pytest.mark.parametrize("z0", STARTS)
def test_a_target_that_the_neuron_cannot_meet_is_never_met(target, z0):
    assert [neuron.epochs_to_target(cost, z0, target) for cost in ("mse", "ce")] == [None, None]


@pytest.mark.parametrize("target", [*AT_ONCE, *NEVER], ids=str)
def test_a_comparison_refuses_such_a_target(target):
    with pytest.raises(UsageError, match=f"--target {target}"):
        compare(["mse", "ce"], targets=[str(target)])


def test_an_error_above_its_start_is_never_met():
    """From z0 = -1 the output is 0.27 and falls; the label is right from the start."""
    found = [neuron.epochs_to_target("ce", -1.0, Target("error", 0.3, below)) for below in (False, True)]
    assert found == [None, 0.0]
    assert neuron.epochs_to_target("mse", -1.0, parse_target("accuracy>0.5")) == 0
    assert neuron.epochs_to_target("mse", -1.0, Target("accuracy", 0.5, below=True)) is None


def test_epochs_go_with_one_over_the_learning_rate():
    slow, fast = (neuron.epochs_to_target("mse", 4.0, parse_target("accuracy>0.5"), eta) for eta in (0.1, 0.2))
    assert slow == pytest.approx(2 * fast)


def test_without_a_form_or_a_finite_answer_there_is_none():
    target = parse_target("error<0.2")
    assert neuron.epochs_to_target("ce-clipped", 4.0, target) is None
    assert neuron.epochs_to_target("mse", 1000.0, target) is None, "e^1000 epochs are beyond the numbers"
    assert neuron.epochs_to_target("ce", 1000.0, target) == pytest.approx(1000 / 0.3, rel=0.01)
    assert neuron.epochs_to_target("ce", 4.0, parse_target("r2>0.5")) is None


@pytest.mark.parametrize("cost", ["mse", "ce"])
def test_an_accuracy_takes_as_long_as_an_output_of_a_half(cost):
    starts = np.linspace(0.1, 8, 20)
    found = [neuron.epochs_to_target(cost, z0, parse_target("accuracy>0.9")) for z0 in starts]
    assert found == [neuron.epochs_to_target(cost, z0, parse_target("error<0.5")) for z0 in starts]


def test_the_neuron_is_trained_long_enough_for_an_accuracy():
    found = compare(["mse", "ce"], targets=["accuracy>0.5"], vary={"z0": [8]}).as_json()["conditions"]
    ((epochs, formula), _) = columns(found, "accuracy>0.5")
    assert epochs == pytest.approx(formula, abs=later(formula))
