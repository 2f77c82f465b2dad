"""The registry of datasets, the toys, and what scikit-learn bundles."""

import doctest
import inspect
import subprocess
import sys

import numpy as np
import pytest

from bpnet.datasets import DATASETS, load, toys
from bpnet.datasets.toys import parity
from bpnet.errors import UsageError

TOYS = ("xor", "xor3", "and", "or", "parity", "polynomial", "moons", "circles", "blobs", "spirals")
PLANE = ("moons", "circles", "blobs", "spirals")
BUNDLED = ("iris", "wine", "breast_cancer", "digits", "diabetes")
EXACT = 1e-12  # a few roundings of numbers near 1


def test_every_option_is_by_keyword_annotated_and_documented():
    for loader in DATASETS.values():
        assert inspect.getdoc(loader)
        for parameter in inspect.signature(loader).parameters.values():
            assert parameter.kind is parameter.KEYWORD_ONLY
            assert parameter.annotation is not parameter.empty


def test_a_signature_lists_the_options_of_a_dataset():
    listed = {name: list(inspect.signature(DATASETS[name]).parameters) for name in ("xor", "moons", "csv")}
    assert listed == {
        "xor": [],
        "moons": ["samples", "noise", "seed"],
        "csv": ["path", "target", "header", "delimiter", "task"],
    }


def test_an_unknown_dataset_is_answered_with_the_closest_one():
    with pytest.raises(UsageError, match=r"^unknown dataset 'iriss'; did you mean 'iris'\?$"):
        load("iriss")


def test_an_unknown_option_is_answered_with_the_closest_one():
    with pytest.raises(UsageError, match=r"^dataset 'moons' has no option 'nois'; did you mean 'noise'\?$"):
        load("moons", nois=0.1)


def test_an_option_for_a_dataset_without_any_is_refused():
    with pytest.raises(UsageError, match=r"^dataset 'xor' has no option 'noise'; it takes none$"):
        load("xor", noise=0.1)


def test_an_option_left_out_is_asked_for():
    with pytest.raises(UsageError, match=r"^dataset 'csv' needs the option 'path'; give path=\.\.\.$"):
        load("csv")


def test_the_datasets_are_listed_without_loading_scikit_learn():
    code = "import sys, bpnet.datasets as d; d.load('moons'); sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(("name", "answers"), [("xor", [0, 1, 1, 0]), ("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1])])
def test_a_gate_is_its_truth_table(name, answers):
    gate = load(name)
    assert gate.x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert gate.y.tolist() == [[answer] for answer in answers]


def test_xor3_is_the_example_that_circulates():
    """Four rows, the third input always 1, the label the XOR of the first two."""
    data = load("xor3")
    assert data.x.tolist() == [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
    assert data.y.tolist() == [[0], [1], [1], [0]]


def test_parity_counts_the_ones_of_every_row():
    data = load("parity", bits=5)
    assert len(np.unique(data.x, axis=0)) == len(data) == 32
    assert [row.tolist().count(1) % 2 for row in data.x] == data.labels.tolist()


def test_parity_of_two_bits_is_xor():
    assert np.array_equal(load("parity", bits=2).y, load("xor").y)


@pytest.mark.parametrize("bits", [0, 13, -1])
def test_parity_refuses_a_table_too_small_or_too_large(bits):
    with pytest.raises(UsageError, match=f"from 1 to 12 bits; got bits={bits}"):
        parity(bits=bits)


@pytest.mark.parametrize("name", TOYS)
def test_a_toy_is_float64_with_a_name_for_each_column_and_class(name):
    data = load(name)
    assert data.x.dtype == data.y.dtype == np.float64
    assert len(data.features) == data.n_in
    assert len(data.classes) == (0 if name == "polynomial" else max(2, data.n_out))


def test_every_toy_has_an_example_and_all_of_them_run():
    assert all(">>> " in inspect.getdoc(DATASETS[name]) for name in TOYS)
    assert doctest.testmod(toys) == (0, len(TOYS))


@pytest.mark.parametrize("name", PLANE)
@pytest.mark.parametrize("samples", [7, 100])
def test_classes_have_equal_shares_to_within_one(name, samples):
    data = load(name, samples=samples)
    counts = np.bincount(data.labels, minlength=len(data.classes))
    assert len(data) == samples
    assert np.ptp(counts) <= 1


@pytest.mark.parametrize("name", PLANE)
def test_the_same_seed_gives_the_same_points(name):
    assert np.array_equal(load(name, seed=3).x, load(name, seed=3).x)


@pytest.mark.parametrize("name", PLANE)
def test_another_seed_gives_other_points(name):
    assert not np.array_equal(load(name, seed=3).x, load(name, seed=4).x)


@pytest.mark.parametrize("name", PLANE)
def test_noise_is_the_standard_deviation_about_the_curve(name):
    exact, noisy = load(name, samples=20000, noise=0, seed=1), load(name, samples=20000, noise=0.3, seed=1)
    assert (noisy.x - exact.x).std() == pytest.approx(0.3, rel=0.02)  # 40,000 draws: four standard errors are 1.4 %


def test_moons_without_noise_lie_on_two_half_circles():
    moons = load("moons", noise=0)
    upper, lower = moons.x[moons.labels == 0], moons.x[moons.labels == 1]
    assert np.allclose(np.hypot(*upper.T), 1, atol=EXACT)
    assert np.allclose(np.hypot(*(lower - [1, 0.5]).T), 1, atol=EXACT)
    assert upper[:, 1].min() >= 0
    assert lower[:, 1].max() <= 0.5


def test_circles_without_noise_have_radius_one_and_factor():
    circles = load("circles", noise=0, factor=0.3)
    assert np.allclose(np.hypot(*circles.x.T), np.where(circles.labels == 1, 0.3, 1), atol=EXACT)


def test_blobs_without_noise_are_corners_of_a_polygon():
    blobs = load("blobs", noise=0, classes=5)
    corners = np.array([np.exp(2j * np.pi * k / 5) for k in range(5)])
    assert np.allclose(blobs.x @ [1, 1j], corners[blobs.labels], atol=EXACT)


@pytest.mark.parametrize(("turns", "arms"), [(1, 2), (2.5, 3)])
def test_spirals_without_noise_turn_in_proportion_to_their_radius(turns, arms):
    spirals = load("spirals", noise=0, turns=turns, arms=arms)
    points = spirals.x @ [1, 1j]
    radius = np.abs(points)
    unwound = points * np.exp(-2j * np.pi * (turns * radius + spirals.labels / arms))
    assert np.allclose(unwound, radius, atol=EXACT)
    assert 0.1 - EXACT <= radius.min() < radius.max() <= 1 + EXACT


@pytest.mark.parametrize(("name", "arms"), [("blobs", "classes"), ("spirals", "arms")])
def test_three_classes_are_one_hot(name, arms):
    data = load(name, **{arms: 3})
    assert data.y.shape == (400, 3)
    assert np.array_equal(data.y.sum(axis=1), np.ones(400))


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("moons", {"samples": 1}, "2 classes need at least 2 samples; got samples=1"),
        ("moons", {"noise": -0.1}, "noise is a standard deviation, 0 or more; got noise=-0.1"),
        ("moons", {"noise": float("nan")}, "got noise=nan"),
        ("circles", {"factor": 1.0}, "between 0 and 1; got factor=1"),
        ("blobs", {"classes": 1}, "2 classes or more; got classes=1"),
        ("spirals", {"arms": 1}, "2 arms or more; got arms=1"),
        ("spirals", {"turns": 0.0}, "above 0; got turns=0"),
    ],
)
def test_an_option_without_sense_is_refused_with_its_value(name, options, sentence):
    with pytest.raises(UsageError, match=sentence):
        load(name, **options)


@pytest.mark.parametrize(
    ("name", "n", "n_in", "classes"),
    [("iris", 150, 4, 3), ("wine", 178, 13, 3), ("breast_cancer", 569, 30, 2), ("digits", 1797, 64, 10)],
)
def test_bundled_classes_have_their_published_sizes_and_names(name, n, n_in, classes):
    data = load(name)
    assert data.x.shape == (n, n_in)
    assert len(data.features) == n_in
    assert len(data.classes) == len(np.unique(data.labels)) == classes


@pytest.mark.parametrize("name", BUNDLED)
def test_names_of_bundled_data_are_plain_text(name):
    data = load(name)
    assert {type(word) for word in data.classes + data.features} == {str}


def test_the_species_of_the_first_iris_is_setosa():
    iris = load("iris")
    assert iris.classes[iris.labels[0]] == "setosa"


def test_a_benign_tumour_is_the_one():
    assert load("breast_cancer").classes == ("malignant", "benign")
    assert load("breast_cancer").y.sum() == 357


def test_digits_are_pictures_from_0_to_1():
    digits = load("digits")
    assert digits.image == (8, 8)
    assert (digits.x.min(), digits.x.max()) == (0, 1)


def test_diabetes_is_a_quantity_of_measures_in_their_own_units():
    diabetes = load("diabetes")
    assert diabetes.classes == ()
    assert (diabetes.y.min(), diabetes.y.max()) == (25, 346)
    age = diabetes.x[:, diabetes.features.index("age")]
    assert (age.min(), age.max()) == (19, 79)
