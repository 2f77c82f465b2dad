"""What a config is advised about its data, and what it is not."""

import numpy as np
import pytest

from bpnet import config, experiment, runs
from bpnet.data import Dataset


def advice_for(made, dataset=None):
    prepared = experiment.from_config(made, dataset)
    return runs.advise(prepared.config, prepared.splits.train)


def advice(x, y, classes=(), features=(), **sets):
    made = config.load({"data": {"name": "xor"} | sets.pop("data", {}), "train": {"batch_size": "full"} | sets})
    return advice_for(made, Dataset(np.asarray(x, float), np.asarray(y, float), classes, features))


EVEN = np.arange(40).reshape(20, 2) % 7
WIDE = np.linspace(0, 356, 20)[:, np.newaxis]


def test_wide_targets_are_to_be_scaled():
    assert advice(EVEN, WIDE) == (
        "data.scale_target: the targets spread over 356; scale them with data.scale_target=standard, "
        "or take a much smaller learning rate than 0.5",
    )


def test_a_rate_is_no_remedy_where_steps_do_not_grow_with_the_gradient():
    (sentence,) = advice(EVEN, WIDE, optimizer="adam", learning_rate=0.01)
    assert sentence.endswith("scale them with data.scale_target=standard")


@pytest.mark.parametrize("name", ["newton", "gauss-newton"])
def test_a_part_of_a_newton_step_is_advised_against(name):
    (sentence,) = advice(EVEN, WIDE / 20, optimizer=name, learning_rate=0.5)
    assert (
        sentence == f"train.learning_rate: a step of {name} is whole at 1.0, and 0.5 takes that share of it; take 1.0"
    )
    assert advice(EVEN, WIDE / 20, optimizer=name, learning_rate=1.0) == ()


@pytest.mark.parametrize("y", [WIDE / 20, WIDE / 356])
def test_targets_of_a_few_units_are_well(y):
    assert advice(EVEN, y) == ()


def test_scaled_targets_are_well():
    assert advice(EVEN, WIDE, data={"scale_target": "standard"}) == ()


UNEVEN = np.column_stack([np.linspace(0, 0.5, 20), np.linspace(-100, 150, 20), np.ones(20)])
ALTERNATING = np.arange(20)[:, np.newaxis] % 2


def test_uneven_inputs_are_to_be_scaled():
    assert advice(UNEVEN, ALTERNATING, ("no", "yes"), ("a", "b", "c")) == (
        "data.scale: the inputs spread over 250 in column 'b' and 0.5 in column 'a'; "
        "scale them with data.scale=standard",
    )


def test_columns_without_names_are_numbered_from_0():
    assert "250 in column 1 and 0.5 in column 0" in advice(UNEVEN, ALTERNATING, ("no", "yes"))[0]


@pytest.mark.parametrize("x", [UNEVEN / 250, UNEVEN[:, 1:], UNEVEN * [4, 0.5, 1]])
def test_inputs_within_a_unit_or_a_factor_of_a_hundred_are_well(x):
    assert advice(x, ALTERNATING, ("no", "yes")) == ()


def test_scaled_inputs_are_well():
    assert advice(UNEVEN, ALTERNATING, ("no", "yes"), data={"scale": "standard"}) == ()


def test_a_batch_of_more_than_there_is_takes_all():
    (sentence,) = advice(EVEN, ALTERNATING, ("no", "yes"), batch_size=21)
    assert sentence.startswith("train.batch_size: 21 is more than the 20 examples to train on")
    assert advice(EVEN, ALTERNATING, ("no", "yes"), batch_size=20) == ()


@pytest.mark.parametrize(
    "name", [name for name in config.packaged() if not name.startswith(("mnist", "book", "csv", "npy"))]
)
def test_packaged_configs_need_no_advice(name):
    assert advice_for(config.load(name)) == ()
