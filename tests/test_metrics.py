"""The measures, each against a plain computation."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, r2_score

from bpnet import metrics
from bpnet.history import History


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
    np.testing.assert_array_equal(metrics.confusion(outputs, targets), wanted)
    two = np.array([[0.2], [0.9], [0.8]]), np.array([[0.0], [1], [0]])
    assert metrics.confusion(*two).tolist() == [[1, 1], [0, 1]]


def test_confidence_is_the_output_of_the_label():
    assert metrics.confidence(np.array([[0.1, 0.7]])).tolist() == [0.7]
    assert metrics.confidence(np.array([[0.2], [0.9]])).tolist() == [0.8, 0.9]


def test_a_history_knows_its_best_epoch_by_the_kind_of_column():
    history = History()
    for epoch, (cost, accuracy) in enumerate([(0.5, 0.6), (0.2, 0.9), (0.3, 0.9)], 1):
        history.append({"epoch": epoch, "train_cost": cost, "validation_accuracy": accuracy})
    assert history.best("train_cost")["epoch"] == 2
    assert history.best("validation_accuracy")["epoch"] == 2
    assert len(history) == 3
    with pytest.raises(ValueError, match="other columns"):
        history.append({"epoch": 4})
