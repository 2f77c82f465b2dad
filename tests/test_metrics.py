"""The measures, each against a plain computation."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, r2_score

from bpnet import metrics
from bpnet.comparison import compare
from bpnet.history import History
from bpnet.model.answers import confidence, confusion

NOT_FINITE = (np.nan, np.inf, -np.inf)


def test_a_label_is_the_largest_output_or_the_side_of_a_half():
    assert metrics.labels(np.array([[0.1, 0.7, 0.2], [0.9, 0.0, 0.1]])).tolist() == [1, 0]
    assert metrics.labels(np.array([[0.4], [0.6], [0.5]])).tolist() == [0, 1, 0]


def test_error_and_accuracy_have_one_number_per_replica():
    outputs = np.random.default_rng(0).random((4, 10, 3))
    targets = np.eye(3)[np.arange(10) % 3]
    assert metrics.error(outputs, targets).shape == metrics.accuracy(outputs, targets).shape == (4,)
    assert metrics.error(outputs, targets)[2] == pytest.approx(np.abs(outputs[2] - targets).mean())


def test_r2_is_scikit_learns():
    rng = np.random.default_rng(0)
    targets, outputs = rng.random((30, 1)), rng.random((30, 1))
    assert float(metrics.r2(outputs, targets)) == pytest.approx(r2_score(targets, outputs))
    assert np.isnan(metrics.r2(outputs, np.ones_like(targets)))


def test_confusion_is_scikit_learns():
    rng = np.random.default_rng(0)
    outputs, targets = rng.random((50, 4)), np.eye(4)[rng.integers(0, 4, 50)]
    wanted = confusion_matrix(targets.argmax(1), outputs.argmax(1), labels=range(4))
    np.testing.assert_array_equal(confusion(outputs, targets), wanted)
    two = np.array([[0.2], [0.9], [0.8]]), np.array([[0.0], [1], [0]])
    assert confusion(*two).tolist() == [[1, 1], [0, 1]]


def test_confidence_is_the_output_of_the_label():
    assert confidence(np.array([[0.1, 0.7]])).tolist() == [0.7]
    assert confidence(np.array([[0.2], [0.9]])).tolist() == [0.8, 0.9]


@pytest.fixture(params=NOT_FINITE)
def diverged(request):
    """The outputs of three networks on six examples, the middle network with one that is not finite."""
    outputs = np.random.default_rng(0).random((3, 6, 4))
    outputs[1, 2, 3] = request.param
    return outputs


@pytest.mark.parametrize("k", [1, 4])
@pytest.mark.parametrize("name", metrics.MEASURES)
def test_a_network_with_one_output_that_is_not_finite_has_no_measure(diverged, name, k):
    outputs, targets = diverged[..., -k:], np.eye(4)[np.arange(6) % 4][:, -k:]
    function = metrics.MEASURES[name].function
    values = function(outputs, targets)
    assert np.isnan(values).tolist() == [False, True, False]
    assert values[2] == pytest.approx(float(function(outputs[2], targets)))
    assert np.isnan(function(outputs[1], targets))


@pytest.mark.parametrize("name", metrics.MEASURES)
@pytest.mark.parametrize("below", [True, False])
def test_what_has_diverged_meets_no_target(diverged, name, below):
    values = metrics.MEASURES[name].function(diverged, np.eye(4)[np.arange(6) % 4])
    met = metrics.Target(name, 1e9 if below else -1e9, below).met(values)
    assert met.tolist() == [True, False, True], "the bound is one that every finite value meets"


@pytest.mark.parametrize("k", [1, 4])
def test_an_example_whose_output_is_not_finite_has_no_class(diverged, k):
    outputs, targets = diverged[1, :, -k:], np.eye(4)[np.arange(6) % 4][:, -k:]
    others = np.arange(6) != 2
    predicted, sure = metrics.labels(outputs), confidence(outputs)
    assert predicted[2] == metrics.NO_CLASS
    assert np.isnan(sure[2])
    np.testing.assert_array_equal(predicted[others], metrics.labels(outputs[others]))
    np.testing.assert_array_equal(sure[others], confidence(outputs[others]))
    counts = confusion(outputs, targets)
    np.testing.assert_array_equal(counts, confusion(outputs[others], targets[others]))


def test_a_comparison_counts_no_diverged_network_as_arrived():
    """Three of four examples of `and` are of class 0, which NaN would be, and the first outputs are all 1."""
    sets = ["data.name=and", "train.epochs=100", "network.output_bias=40"]
    found = compare(["ce", "ce-naive"], "xor", seeds=2, sets=sets, targets=["accuracy>0.7"])
    _, naive = found.conditions[0].results
    assert naive.diverged == 2
    assert np.isnan(naive.updates[found.targets[0]]).all()
    assert np.isnan(naive.recall).all()
    assert "ce-naive diverged in 2 of 2" in found.verdict


def test_a_history_knows_its_best_epoch_by_the_kind_of_column():
    history = History()
    for epoch, (cost, accuracy) in enumerate([(0.5, 0.6), (0.2, 0.9), (0.3, 0.9)], 1):
        history.append({"epoch": epoch, "train_cost": cost, "validation_accuracy": accuracy})
    assert history.best("train_cost")["epoch"] == 2
    assert history.best("validation_accuracy")["epoch"] == 2
    assert len(history) == 3
    with pytest.raises(ValueError, match="other columns"):
        history.append({"epoch": 4})
