"""Datasets: dealt out, scaled, and turned into columns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpnet.data import Dataset, minibatches, one_hot
from bpnet.datasets.examples import encode
from bpnet.datasets.scaling import minmax, standard
from bpnet.datasets.splits import split
from bpnet.errors import BpnetError, UsageError
from bpnet.seeds import generator


def numbered(n, classes=3, published_test=0):
    x = np.arange(n, dtype=float)[:, np.newaxis]
    names = tuple("abcdefghij"[:classes])
    return Dataset(x, encode(np.arange(n) % classes, classes), classes=names, published_test=published_test)


def rows(dataset):
    return [] if dataset is None else dataset.x[:, 0].astype(int).tolist()


def test_streams_of_one_seed_are_independent_and_repeat():
    drawn = {stream: generator(5, stream).random() for stream in ("weights", "order", "dropout", "data", "split")}
    assert len(set(drawn.values())) == 5
    assert generator(5, "weights").random() == drawn["weights"]
    assert generator(5, "order", 0).random() != generator(5, "order").random()


@given(n=st.integers(5, 200), validation=st.floats(0, 0.4), test=st.floats(0, 0.4), seed=st.integers(0, 99))
def test_a_split_deals_every_example_exactly_once(n, validation, test, seed):
    try:
        parts = split(numbered(n), validation, test, seed=seed)
    except UsageError:
        return
    dealt = rows(parts.train) + rows(parts.validation) + rows(parts.test)
    assert sorted(dealt) == list(range(n))
    assert len(rows(parts.validation)) == round(validation * n)


@given(n=st.integers(30, 300), share=st.floats(0.1, 0.4), seed=st.integers(0, 99))
def test_a_shuffled_split_keeps_the_shares_of_the_classes(n, share, seed):
    dataset = numbered(n)
    parts = split(dataset, validation=share, seed=seed)
    for label in range(3):
        wanted = share * (dataset.labels == label).sum()
        assert abs((parts.validation.labels == label).sum() - wanted) <= 2


def test_the_published_order_is_kept_and_its_test_set_is_the_test_part():
    parts = split(numbered(100, published_test=20), validation=30)
    assert rows(parts.train) == list(range(50))
    assert rows(parts.validation) == list(range(50, 80))
    assert rows(parts.test) == list(range(80, 100))
    assert parts.train.x.base is not None, "a part in file order is a view: 50,000 digits are not copied"


def test_fewer_to_train_are_the_first_ones():
    parts = split(numbered(100, published_test=20), validation=30, train=10)
    assert rows(parts.train) == list(range(10))
    assert rows(parts.validation) == list(range(50, 80))


def test_a_split_is_the_same_for_the_same_seed_only():
    first, again, other = (rows(split(numbered(50), 10, 10, seed=seed).train) for seed in (1, 1, 2))
    assert first == again != other


def test_unshuffled_parts_follow_each_other():
    parts = split(numbered(10), validation=2, test=3, shuffle=False)
    assert (rows(parts.train), rows(parts.validation), rows(parts.test)) == ([0, 1, 2, 3, 4], [5, 6], [7, 8, 9])


@pytest.mark.parametrize(
    "parts", [{"validation": 10}, {"validation": 5, "test": 5}, {"test": 11}, {"train": 8, "test": 3}]
)
def test_a_split_that_leaves_too_little_is_refused(parts):
    with pytest.raises(UsageError, match="to train on"):
        split(numbered(10), **parts)


def test_a_part_that_comes_out_empty_is_refused():
    with pytest.raises(UsageError, match=r"validation part of 0\.01 of 10 examples is empty"):
        split(numbered(10), validation=0.01)


def test_the_first_order_of_batches_covers_the_examples_as_columns():
    dataset = numbered(7)
    batches = list(minibatches(dataset, 3))
    assert [x.shape for x, _ in batches] == [(1, 3), (1, 3), (1, 1)]
    assert np.concatenate([x[0] for x, _ in batches]).tolist() == list(range(7))
    assert all((y.argmax(axis=0) == x[0].astype(int) % 3).all() for x, y in batches)


def test_an_order_per_replica_gives_a_leading_axis():
    order = np.array([[3, 2, 1, 0], [0, 1, 2, 3]])
    (x, y), _ = minibatches(numbered(4), 3, order, np.float32)
    assert x.shape == (2, 1, 3)
    assert y.shape == (2, 3, 3)
    assert x[0, 0].tolist() == [3, 2, 1]
    assert x.dtype == np.float32


@pytest.mark.parametrize("fit", [standard, minmax])
def test_a_scaling_is_undone_exactly_enough_and_survives_constant_columns(fit):
    x = np.random.default_rng(0).random((20, 3)) * [1, 1000, 0] + [0, -5, 7]
    scaling = fit(x)
    scaled = scaling.apply(x)
    assert np.isfinite(scaled).all()
    np.testing.assert_allclose(scaling.undo(scaled), x, rtol=1e-12)
    if fit is standard:
        np.testing.assert_allclose(scaled.std(axis=0), [1, 1, 0], atol=1e-12)
    else:
        np.testing.assert_allclose(scaled.max(axis=0), [1, 1, 0], atol=1e-12)


def test_two_classes_are_one_column_and_more_are_one_hot():
    assert encode(np.array([0, 1]), 2).tolist() == [[0], [1]]
    assert encode(np.array([2, 0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    two = Dataset(np.zeros((2, 1)), np.array([[0.0], [1]]), classes=("no", "yes"))
    assert two.one_hot().y.tolist() == [[1, 0], [0, 1]]
    assert two.one_hot().labels.tolist() == two.labels.tolist() == [0, 1]
    assert one_hot(np.array([1]), 2).dtype == np.float64


@pytest.mark.parametrize(("x", "y"), [((3, 2), (2, 1)), ((3,), (3, 1)), ((3, 2), (3,))])
def test_a_dataset_of_the_wrong_shape_is_refused(x, y):
    with pytest.raises(BpnetError, match="dataset"):
        Dataset(np.zeros(x), np.zeros(y))
