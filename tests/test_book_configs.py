"""The configs of the book's experiments: each says what it is, and each trains."""

import re

import numpy as np
import pytest

from bpnet import config, experiment
from bpnet.datasets import load

NAMES = [name for name in config.packaged() if name.startswith("book/")]
SETS = ["data.split.train=300", "train.epochs=2", "train.early_stopping=null"]


@pytest.fixture(scope="module")
def digits(mnist_folder):
    return load("mnist", path=str(mnist_folder), divisor=256)


def test_every_experiment_of_the_book_has_its_config():
    chapters = {name.removeprefix("book/")[:3] for name in NAMES}
    assert chapters == {"ch1", "ch3", "ch5", "ch6"}
    assert len(NAMES) == 33


@pytest.mark.parametrize("name", NAMES)
def test_its_comment_names_the_chapter_and_what_was_published(name):
    text = config.find(name).read_text()
    assert re.match(rf"# Nielsen's book, chapter {name[7]}", text)
    assert re.search(r"^# (Published|No number is published)", text, re.M)


@pytest.mark.parametrize("name", NAMES)
def test_it_trains(name, digits, mnist_folder):
    hopeless = ["data.split.train=20000", "train.epochs=2"]  # eta lmbda / n beyond 2 would diverge at once
    sets = [*SETS, *(hopeless if "hopeless" in name else []), f"data.path={mnist_folder}"]
    prepared = experiment.from_config(config.load(name, sets), digits)
    *_, state = prepared.epochs()
    assert len(state.history) == 2
    assert np.isfinite(state.history["train_cost"]).all()
    assert all(np.isfinite(p).all() for p in prepared.network.parameters.values())


def test_the_expanded_digits_are_asked_for_where_the_exercise_is_that():
    assert config.load("book/ch3-expanded").data.options["expanded"] is True


@pytest.mark.parametrize("name", NAMES)
def test_its_comment_is_finished_and_fits_a_screen(name):
    text = config.find(name).read_text()
    assert "@" not in text, "a placeholder was left"
    assert max(map(len, text.splitlines())) <= 120
