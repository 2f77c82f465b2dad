"""From a config, or from arrays and keywords, to an experiment; both are one thing."""

import numpy as np
import pytest

from bpnet import config, experiment
from bpnet.data import Dataset
from bpnet.errors import UsageError


@pytest.fixture
def points():
    rng = np.random.default_rng(3)
    labels = np.arange(90) % 3
    return np.eye(3)[labels][:, :2] + 0.2 * rng.standard_normal((90, 2)), labels


def test_arrays_and_keywords_make_the_experiment_that_a_config_makes(points):
    x, labels = points
    keywords = {"hidden": [5], "epochs": 4, "validation": 0.2, "scale": "standard", "optimizer": "adam", "seed": 3}
    made = experiment.from_arrays(x, labels, learning_rate=0.01, **keywords)
    data = Dataset(x, np.eye(3)[labels], classes=("0", "1", "2"))
    text = {
        "data": {"name": "xor", "split": {"validation": 0.2}, "scale": "standard"},
        "network": {"hidden": [5]},
        "seed": 3,
    }
    same = experiment.from_config(
        config.load(text | {"train": {"epochs": 4, "optimizer": "adam", "learning_rate": 0.01}}), data
    )
    for one in (made, same):
        *_, state = one.epochs()
        assert len(state.history) == 4
    np.testing.assert_array_equal(made.network.weights[0], same.network.weights[0])
    assert made.measure() == same.measure()
    assert made.config.data.name == "arrays"


def test_targets_say_how_many_outputs_there_are(points):
    x, labels = points
    assert experiment.from_arrays(x, labels).network.sizes[-1] == 3
    assert experiment.from_arrays(x, labels % 2).network.sizes[-1] == 1
    quantities = experiment.from_arrays(x, x[:, 0] * 3.5)
    assert quantities.network.sizes[-1] == 1
    assert (quantities.config.network.output, quantities.config.train.cost) == ("linear", "mse")
    assert experiment.from_arrays(x, x * 3.5).network.sizes[-1] == 2


def test_a_wrong_keyword_is_a_sentence_with_the_closest_word(points):
    with pytest.raises(UsageError, match=r"epocs.*did you mean '.*epochs'"):
        experiment.from_arrays(*points, epocs=3)
    with pytest.raises(UsageError, match="learning_rate: -1"):
        experiment.from_arrays(*points, learning_rate=-1)


def test_an_experiment_is_resumed_from_a_state(points):
    whole, parted = (experiment.from_arrays(*points, epochs=6, dropout=0.2, hidden=[8]) for _ in range(2))
    list(whole.epochs())
    state = parted.start()
    for _ in parted.epochs(state):
        if len(state.history) == 2:
            break
    list(parted.epochs(state))
    np.testing.assert_array_equal(whole.network.weights[0], parted.network.weights[0])
