"""The packaged configs: each is valid, each runs, and each shows what its issue and the book promise."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bpnet import config, runs

ROOT = Path(__file__).parents[1]
NAMES = config.packaged()
MNIST = [name for name in NAMES if name.startswith("mnist")]
SMALL = [name for name in NAMES if name not in MNIST]

FULL = {
    "digits": 0.96,
    "iris": 0.93,
    "moons": 0.96,
    "breast_cancer": 0.95,
    "wine": 0.93,
    "circles": 0.93,
    "spirals": 0.95,
    "digits-rows": 0.92,
    "iris-newton": 0.93,
    "moons-newton": 0.96,
}

# Best of the epochs, of 10,000: BOOK.md's spread of other seeds, widened by nothing but the seed published.
SPREADS = {
    "mnist-mse": ("test", 0.9497, 0.9556),
    "mnist-ce": ("test", 0.9495, 0.9570),
    "mnist-100": ("validation", 0.9794, 0.9810),
    "mnist-softmax": ("test", 0.9750, 0.9825),
    "mnist-rows": ("validation", 0.9560, 0.9710),  # not of the book: seeds 0 to 2 gave 0.9612 to 0.9661 here
}


def run(name, folder, *sets):
    return runs.train(name, sets=sets, out=folder / name)


@pytest.mark.parametrize("name", NAMES)
def test_a_packaged_config_is_named_after_its_file_and_says_why_it_is_there(name):
    text = config.find(name).read_text()
    assert text.startswith("# ")
    assert config.load(name).name == Path(name).name


@pytest.mark.parametrize("name", FULL)
def test_a_class_config_reaches_its_test_accuracy(name, tmp_path):
    assert run(name, tmp_path).parts["test"]["accuracy"] >= FULL[name]


@pytest.mark.parametrize("name", ["xor", "xor3", "parity3"])
@pytest.mark.parametrize("seed", range(10))
def test_xor_and_the_parity_of_three_bits_are_learned_from_every_seed(name, seed, tmp_path):
    summary = runs.train(name, seed=seed, out=tmp_path / "run")
    assert summary.parts["train"]["accuracy"] == 1.0


@pytest.mark.parametrize(("name", "score", "least"), [("sequence-parity", "accuracy", 1.0), ("adding", "r2", 0.9)])
def test_a_sequence_config_learns_what_must_be_remembered(name, score, least, tmp_path):
    assert run(name, tmp_path).parts["validation"][score] >= least


def test_newtons_quantities_are_told_from_their_data(tmp_path):
    assert run("diabetes-newton", tmp_path).parts["test"]["r2"] >= 0.40
    assert run("newton-linear", tmp_path).parts["test"]["r2"] >= 0.75  # a line through a cubic: 0.82 here


def test_a_quantity_is_told_from_its_data(tmp_path):
    summary = run("diabetes", tmp_path)
    assert summary.parts["test"]["r2"] >= 0.40
    sets = ["network.output=auto", "train.cost=auto", "train.epochs=1"]
    (tmp_path / "auto").mkdir()
    assert run("diabetes", tmp_path / "auto", *sets).cost == "mse"


@pytest.mark.parametrize(
    ("row", "sets", "measure"),
    [
        ("{k},{j},{label}", [], "accuracy"),
        ("{k},{j},{sum}.5", ["data.scale_target=standard"], "r2"),
    ],
)
def test_the_config_for_a_table_of_ones_own_learns_a_class_and_a_quantity(tmp_path, row, sets, measure):
    rows = [row.format(k=k, j=k % 7, label="low" if k < 40 else "high", sum=k + k % 7) for k in range(80)]
    (tmp_path / "own.csv").write_text("\n".join(["a,b,c", *rows]) + "\n")
    summary = run("csv", tmp_path, f"data.path={tmp_path / 'own.csv'}", *sets)
    assert summary.parts["test"][measure] > 0.9


@pytest.mark.parametrize("name", MNIST)
def test_an_mnist_config_learns_from_the_first_thousand_digits(name, tmp_path, mnist_folder):
    sets = [f"data.path={mnist_folder}", "data.split.train=1000", "train.epochs=5", "train.batch_size=5"]
    assert run(name, tmp_path, *sets).parts["test"]["accuracy"] > 0.7


@pytest.mark.long
@pytest.mark.parametrize("name", MNIST)
def test_an_mnist_config_in_full_lands_in_the_books_spread(name, tmp_path, mnist_folder):
    best = run(name, tmp_path, f"data.path={mnist_folder}").best
    part, low, high = SPREADS[name]
    assert low <= best[part]["accuracy"] <= high


def test_the_configs_are_usable_from_an_installed_wheel(tmp_path):
    """A wheel built from this tree, unpacked elsewhere and imported from there: it finds the configs inside itself."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = "import bpnet, sys; from bpnet.cli import run; print(bpnet.__file__); sys.exit(run(sys.argv[1:]))"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    command = [sys.executable, "-P", "-c", code, "train", "-c", "xor", "--set", "train.epochs=5", "-q", "--json"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    where, _, summary = done.stdout.partition("\n")
    assert where.startswith(str(tmp_path / "site"))
    assert json.loads(summary)["epochs"] == 5
