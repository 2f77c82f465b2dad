"""The sequence sets: what is to be found in them, and that their seed makes them."""

import numpy as np
import pytest

from bpnet.config import load as load_config
from bpnet.datasets import load
from bpnet.errors import ConfigError, UsageError

NAMES = ("sequence-parity", "adding", "first-of-many")


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_makes_the_same_sequences_again_and_another_makes_others(name):
    one, again, other = (load(name, length=9, samples=50, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.x, again.x)
    np.testing.assert_array_equal(one.y, again.y)
    assert not np.array_equal(one.x, other.x)
    assert (one.steps, len(one), one.take(slice(0, 5)).steps) == (9, 50, 9)


def test_parity_is_whether_the_number_of_ones_is_odd():
    data = load("sequence-parity", length=7)
    assert set(np.unique(data.x)) == {0, 1}
    np.testing.assert_array_equal(data.y[:, 0], data.x.sum(axis=1) % 2)
    assert data.classes == ("even", "odd")


def test_adding_marks_a_number_in_each_half_and_asks_for_their_sum():
    data = load("adding", length=11, samples=300)
    numbers, marks = data.x.reshape(300, 11, 2).transpose(2, 0, 1)
    assert (marks[:, :5].sum(axis=1) == 1).all()
    assert (marks[:, 5:].sum(axis=1) == 1).all()
    np.testing.assert_allclose(data.y[:, 0], (numbers * marks).sum(axis=1))
    assert not data.classes


def test_always_1_leaves_a_sixth_of_squared_error_in_adding():
    """The variance of a sum of two uniform numbers; five standard deviations of the mean of 20,000 squares."""
    squares = np.square(load("adding", samples=20_000).y - 1)
    assert squares.mean() == pytest.approx(1 / 6, abs=5 * squares.std() / np.sqrt(20_000))


@pytest.mark.parametrize("classes", [2, 5])
def test_first_of_many_asks_for_the_first_symbol(classes):
    data = load("first-of-many", length=6, classes=classes, samples=200)
    steps = data.x.reshape(200, 6, classes)
    assert (steps.sum(axis=2) == 1).all()
    np.testing.assert_array_equal(steps[:, 0].argmax(axis=1), data.labels)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("sequence-parity", {"length": 0}),
        ("adding", {"length": 1}),
        ("adding", {"samples": 0}),
        ("first-of-many", {"classes": 1}),
    ],
)
def test_a_value_out_of_range_is_refused(name, options):
    with pytest.raises(UsageError, match=next(iter(options))):
        load(name, **options)


def test_a_length_of_0_is_refused_by_the_config():
    with pytest.raises(ConfigError, match=r"data\.length: 0 is too small"):
        load_config("adding", ["data.length=0"])
