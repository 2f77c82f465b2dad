"""Data larger than memory: two .npy files, trained from a memory map to the same bits as from an archive."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpnet import Network, config, experiment, runs
from bpnet import data as data_module
from bpnet.data import minibatches, one_hot, portions
from bpnet.datasets import load
from bpnet.datasets.examples import digest
from bpnet.datasets.npy import npy
from bpnet.datasets.scaling import extent, mean_and_deviation, minmax, standard
from bpnet.datasets.splits import split
from bpnet.errors import DataError, UsageError
from bpnet.runs import pictures

RNG = np.random.default_rng(0)
N = 120
X = RNG.standard_normal((N, 6)) * [1, 5, 10, 1, 1, 1] + [0, 1, 2, 3, 4, 5]
LABELS = np.argmax(X[:, :3] / [1, 5, 10], axis=1)

# What the inputs and the targets may be, and the sections of a config that they ask for.
INPUTS = {
    "float32": X.astype(np.float32),
    "float64": X,
    "big-endian": X.astype(">f8"),
    "uint8": (X * 10).clip(0, 255).astype(np.uint8),
    "int64": (X * 10).astype(np.int64),
    "bool": X > 2,
    "images": X.reshape(N, 2, 3).astype(np.float32),
    "two features": X[:, :2].copy(),
}
TARGETS = {
    "class numbers": LABELS,
    "class numbers in a column": LABELS[:, np.newaxis].astype(np.int16),
    "class numbers with gaps": LABELS * 7 - 3,
    "names": np.array(["rose", "tulip", "lily"])[LABELS],
    "names as bytes": np.array([b"rose", b"tulip", b"lily"])[LABELS],
    "one-hot": one_hot(LABELS, 3, np.uint8),
    "0 and 1": (LABELS == 1).astype(np.float32),
    "two numbers": (LABELS == 1).astype(np.int64) + 1,
    "true and false": (LABELS == 1)[:, np.newaxis],
    "quantities": X[:, 0] * 2 + X[:, 1],
    "several quantities": X[:, 1:4].astype(np.float32),
}


def saved(folder, x, y):
    """The same data as two .npy files and as one archive: the options of each by the dataset's name."""
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", y)
    np.savez(folder / "xy.npz", x=x, y=y)
    return {
        "npy": {"x": str(folder / "x.npy"), "y": str(folder / "y.npy")},
        "npz": {"path": str(folder / "xy.npz")},
    }


def mapping(name, options, data=None, network=None, train=None):
    """A config for a dataset of that name."""
    return {
        "name": "own",
        "data": {"name": name, **options, "split": {"validation": 0.2, "test": 0.1}, "scale": "standard"}
        | (data or {}),
        "network": {"hidden": [5]} | (network or {}),
        "train": {"epochs": 3, "batch_size": 7, "learning_rate": 0.1} | (train or {}),
    }


def trained(folder, x, y, **sections):
    """The folder of a run on the memory map; the same data lie beside it as an archive."""
    runs.train(mapping("npy", saved(folder, x, y)["npy"], **sections), out=folder / "run")
    return folder / "run"


def assert_trains_to_the_same_bits(folder, x, y, **sections):
    """The memory map and the archive give the same parameters, measures, pictures and digest."""
    outcomes = []
    for name, options in saved(folder, x, y).items():
        ready = experiment.from_config(config.load(mapping(name, options, **sections)))
        *_, state = ready.epochs()
        rows = {column: values for column, values in state.history.columns.items() if column != "seconds"}
        arrays = ready.network.parameters | pictures.arrays(ready)
        outcomes.append((rows, {name: array.tolist() for name, array in arrays.items()}, ready.data_sha256))
    mine, theirs = outcomes
    assert mine == theirs


def files_equal(folders, name):
    mine, theirs = (Path(folder, name).read_bytes() for folder in folders)
    return mine == theirs


@pytest.fixture
def small(tmp_path):
    """The paths of two small files, as options."""
    return saved(tmp_path, INPUTS["float32"], LABELS)["npy"]


@pytest.fixture
def narrow(monkeypatch):
    """Portions of 64 rows, so that a hundred rows are several."""
    monkeypatch.setattr(data_module, "PORTION", 1)


# The same numbers as an archive


@pytest.mark.parametrize("kind", INPUTS)
def test_inputs_of_any_numbers_train_to_the_bits_of_an_archive(tmp_path, kind):
    assert_trains_to_the_same_bits(tmp_path, INPUTS[kind], LABELS)


@pytest.mark.parametrize("kind", TARGETS)
def test_targets_of_any_kind_train_to_the_bits_of_an_archive(tmp_path, kind):
    assert_trains_to_the_same_bits(tmp_path, X, TARGETS[kind])


@pytest.mark.parametrize(
    "sections",
    [
        {"data": {"scale": "minmax"}},
        {"data": {"scale": "none", "split": {"validation": 0.2, "shuffle": False}}},
        {"network": {"output": "softmax"}, "train": {"monitor": ["saturation", "delta_norm"], "early_stopping": 1}},
        {"network": {"dtype": "float64"}, "train": {"batch_size": "full", "dropout": 0.2, "l2": 0.1}},
        {"train": {"optimizer": "adam", "measure_test": True, "schedule": "halve"}},
    ],
)
@pytest.mark.parametrize("kind", ["class numbers", "two numbers"])
def test_every_section_of_a_config_does_the_same_as_for_an_archive(tmp_path, sections, kind):
    assert_trains_to_the_same_bits(tmp_path, X, TARGETS[kind], **sections)


def test_scaled_targets_train_to_the_bits_of_an_archive(tmp_path):
    assert_trains_to_the_same_bits(tmp_path, X, TARGETS["quantities"], data={"scale_target": "standard"})


def test_many_portions_train_to_the_bits_of_an_archive(tmp_path, narrow):
    assert_trains_to_the_same_bits(tmp_path, X, LABELS)


@pytest.mark.parametrize("kind", INPUTS)
def test_the_rows_are_those_of_the_archive(tmp_path, kind):
    mine, theirs = (load(name, **options) for name, options in saved(tmp_path, INPUTS[kind], LABELS).items())
    for one, other in ((mine.x, theirs.x), (mine.y, theirs.y)):
        assert np.array_equal(np.asarray(one), other)
        assert one.dtype == other.dtype
    assert (mine.classes, mine.image) == (theirs.classes, theirs.image)
    assert mine.labels.tolist() == theirs.labels.tolist()


def test_a_comparison_gives_the_curves_of_an_archive(tmp_path, bpnet):
    for name, options in saved(tmp_path, X, LABELS).items():
        sets = [f"data.{key}={value}" for key, value in options.items()]
        words = [word for text in [f"data.name={name}", *sets, "train.epochs=3"] for word in ("--set", text)]
        (tmp_path / "c.yaml").write_text("data: {name: iris}\nnetwork: {hidden: [3]}\n")
        words += ["--config", tmp_path / "c.yaml", "--seeds", 2, "--target", "accuracy>0.9", "-q"]
        assert bpnet("compare", "mse", "ce", *words, "--out", tmp_path / name)[0] == 0
    assert files_equal([tmp_path / "npy", tmp_path / "npz"], "curves.csv")


def test_the_advice_is_that_for_an_archive(tmp_path):
    wide, far = X * [1, 1, 1, 1, 1, 1000], X[:, 0] * 100
    ready = [
        experiment.from_config(config.load(mapping(name, options, data={"scale": "none"})))
        for name, options in saved(tmp_path, wide, far).items()
    ]
    mine, theirs = (runs.advise(one.config, one.splits.train) for one in ready)
    assert mine == theirs
    assert len(mine) == 2


# What stays in the file


def test_a_split_has_row_numbers_and_no_rows(small):
    data = npy(**small)
    for part in split(data, 0.2, 0.2).present.values():
        assert np.shares_memory(part.x.source, data.x.source)
        assert sorted(np.asarray(part.x)[:, 0]) == sorted(X.astype(np.float32)[part.x.rows, 0])


def test_a_mini_batch_is_gathered_in_its_order_for_each_replica(small):
    order = np.array([[3, 1, 2], [0, 5, 4]])
    (x, y), *_ = minibatches(npy(**small), 3, order, np.float32)
    assert np.array_equal(x, INPUTS["float32"][order].mT)
    assert np.array_equal(y, one_hot(LABELS, 3)[order].mT)


def test_the_digest_is_that_of_the_rows_in_memory(small, narrow):
    data = npy(**small)
    assert digest([data]) == digest([data_module.Dataset(np.asarray(data.x), np.asarray(data.y))])


def test_a_network_learns_from_the_rows_by_the_books_own_call(small):
    history = Network([6, 5, 3], cost="ce").SGD(npy(**small), 2, 10, 0.5)
    assert len(history) == 2


def test_portions_of_an_array_are_all_its_rows_in_multiples_of_64(narrow):
    parts = list(portions(X))
    assert [len(part) for part in parts] == [64, N - 64]
    assert np.array_equal(np.concatenate(parts), X)


# Statistics in portions


def test_mean_and_deviation_in_one_portion_are_numpys_to_the_bit():
    mean, deviation = mean_and_deviation(X)
    assert mean.tolist() == X.mean(axis=0).tolist()
    assert deviation.tolist() == X.std(axis=0).tolist()


def test_mean_and_deviation_of_many_portions_are_numpys_to_rounding(narrow):
    x = RNG.normal([0, 1e3, 1e6], 1, (1000, 3))
    mean, deviation = mean_and_deviation(x)
    np.testing.assert_allclose(mean, x.mean(axis=0), rtol=1e-12, atol=1e-15)  # of 16 digits, 1000 summands take 3
    np.testing.assert_allclose(deviation, x.std(axis=0), rtol=1e-10)  # of 16 digits, a mean of a million takes 6


def test_the_extent_of_many_portions_is_exact(narrow):
    low, high = extent(X)
    assert low.tolist() == X.min(axis=0).tolist()
    assert high.tolist() == X.max(axis=0).tolist()


@pytest.mark.parametrize("fit", [standard, minmax])
def test_rows_of_a_file_are_scaled_as_rows_in_memory(small, fit):
    rows = npy(**small).x
    scaling = fit(rows)
    assert np.array_equal(np.asarray(scaling.apply(rows)), fit(np.asarray(rows)).apply(np.asarray(rows)))


# A run and what is done with it


def test_a_stopped_run_is_resumed_to_the_same_bits_where_its_files_have_moved(tmp_path):
    options = saved(tmp_path, X, LABELS)["npy"]
    runs.train(mapping("npy", options), out=tmp_path / "two")
    runs.train(mapping("npy", options, train={"epochs": 1}), out=tmp_path / "one")
    (tmp_path / "moved").mkdir()
    for name in ("x.npy", "y.npy"):
        (tmp_path / name).rename(tmp_path / "moved" / name)
    runs.resume(tmp_path / "one", epochs=3, data=tmp_path / "moved")
    assert files_equal([tmp_path / "one", tmp_path / "two"], "model.safetensors")


def test_where_the_files_of_a_stopped_run_have_moved_is_one_folder(bpnet):
    code, _, sentence = bpnet("train", "--resume", "run", "--set", "data.x=new.npy")
    assert code == 2
    assert "--resume finds both files of the data in one folder; say --set data.path=FOLDER" in sentence


def test_the_gradient_is_checked_on_the_first_examples(small):
    assert runs.check_gradient(mapping("npy", small)).passed


def test_the_rows_come_through_a_pickle_with_their_changes(small):
    rows = standard(npy(**small).x).apply(npy(**small).x)
    assert np.array_equal(np.asarray(pickle.loads(pickle.dumps(rows))), np.asarray(rows))


def test_a_run_is_not_resumed_on_files_that_have_changed(tmp_path):
    options = saved(tmp_path, X, LABELS)["npy"]
    runs.train(mapping("npy", options), out=tmp_path / "run")
    np.save(tmp_path / "x.npy", X + 1)
    with pytest.raises(UsageError, match="its data have changed since"):
        runs.resume(tmp_path / "run", epochs=9)


def test_a_run_is_evaluated_on_its_own_files_wherever_they_are(tmp_path, bpnet):
    options = saved(tmp_path, X, LABELS)["npy"]
    runs.train(mapping("npy", options), out=tmp_path / "run")
    there = runs.evaluate(tmp_path / "run")
    assert there["test"] == runs.open_run(tmp_path / "run").summary()["test"]
    (tmp_path / "x.npy").rename(tmp_path / "x.old")
    code, _, sentence = bpnet("evaluate", tmp_path / "run")
    assert code == 1
    assert "x.npy: no such file, where this run's data should be; say where they are with --data PATH" in sentence
    (tmp_path / "moved").mkdir()
    (tmp_path / "x.old").rename(tmp_path / "moved" / "x.npy")
    (tmp_path / "y.npy").rename(tmp_path / "moved" / "y.npy")
    assert runs.evaluate(tmp_path / "run", data=tmp_path / "moved") == there


@pytest.mark.parametrize("kind", ["class numbers", "one-hot", "two numbers", "quantities"])
def test_other_files_are_measured_and_predicted_as_an_archive_is(tmp_path, kind):
    run = trained(tmp_path, X, TARGETS[kind])
    (tmp_path / "new").mkdir()
    saved(tmp_path / "new", X[:50] + 0.1, TARGETS[kind][:50])
    files = {name: tmp_path / "new" / name for name in ("x.npy", "y.npy", "xy.npz")}
    assert runs.evaluate(run, files["x.npy"], targets=files["y.npy"]) == runs.evaluate(run, files["xy.npz"])
    assert runs.predict(run, files["x.npy"]) == runs.predict(run, files["xy.npz"])


def test_predictions_do_not_depend_on_the_portions(tmp_path, monkeypatch):
    run = trained(tmp_path, X, LABELS)
    at_once = runs.predict(run, tmp_path / "x.npy")
    monkeypatch.setattr(data_module, "PORTION", 1)
    assert runs.predict(run, tmp_path / "x.npy") == at_once


def test_grey_levels_of_a_file_are_divided_as_in_training(tmp_path):
    from bpnet.datasets import inputs

    np.save(tmp_path / "x.npy", np.array([[0, 128, 255]], np.uint8))
    assert np.asarray(inputs(tmp_path / "x.npy", (), 3, divisor=255)).max() == 1


def test_inputs_without_their_targets_cannot_be_measured(tmp_path, bpnet):
    run = trained(tmp_path, X, LABELS)
    code, _, sentence = bpnet("evaluate", run, tmp_path / "x.npy")
    assert code == 2
    assert "an .npy file and one of its targets belong together; give both, or neither" in sentence
    assert bpnet("evaluate", run, tmp_path / "x.npy", "--targets", tmp_path / "y.npy")[0] == 0


def test_inputs_of_another_width_cannot_be_predicted(tmp_path):
    run = trained(tmp_path, X, LABELS)
    np.save(tmp_path / "wide.npy", np.ones((2, 7)))
    with pytest.raises(DataError, match=r"wide.npy: the array has 7 numbers a row, but the network takes 6"):
        runs.predict(run, tmp_path / "wide.npy")


def test_the_files_of_a_config_are_relative_to_its_folder(tmp_path):
    (tmp_path / "c.yaml").write_text("data: {name: npy, x: a/x.npy, y: ../y.npy}\n")
    options = config.load(tmp_path / "c.yaml").data.options
    assert options == {"x": str(tmp_path / "a" / "x.npy"), "y": str(tmp_path / ".." / "y.npy")}


def test_the_packaged_config_for_two_files_learns_from_them(tmp_path):
    options = saved(tmp_path, X, LABELS)["npy"]
    sets = [*(f"data.{key}={value}" for key, value in options.items()), "train.batch_size=5", "train.epochs=30"]
    assert runs.train("npy", sets=sets, out=tmp_path / "run").parts["train"]["accuracy"] > 0.9


# What is refused


def holes(x, row, column, number):
    x = x.copy()
    x[row, column] = number
    return x


WRONG = {
    "objects": (np.array([[1], [None]], object), LABELS, r"x\.npy: holds Python objects, which are never read; save"),
    "no numbers": (np.array([["a"]] * N), LABELS, r"x\.npy: the array holds <U1 of shape \(120, 1\); give numbers"),
    "complex numbers": (X * 1j, LABELS, r"x\.npy: the array holds complex128 of shape \(120, 6\); give numbers"),
    "one axis": (
        X[:, 0].copy(),
        LABELS,
        r"x\.npy: the array has shape \(120,\); give one row for .*\(n, inputs\)",
    ),
    "no axis": (np.float64(1), LABELS, r"x\.npy: the array holds float64 of shape \(\); give numbers"),
    "no examples": (X[:0], LABELS[:0], r"x\.npy: the array holds float64 of shape \(0, 6\); give numbers"),
    "three axes of targets": (X, np.ones((N, 2, 2)), r"y\.npy: the array has shape \(120, 2, 2\); give one target"),
    "other rows": (
        X,
        LABELS[1:],
        r"y\.npy: the array has shape \(119,\); .* \(120,\) or \(120, outputs\)",
    ),
    "columns first": (X.copy(order="F"), LABELS, r"x\.npy: lies column by column, .*; save numpy.ascontiguousarray"),
    "a gap": (
        holes(X, 70, 4, np.nan),
        LABELS,
        r"x\.npy: the array has a missing .* in row 70, column 4 \(both",
    ),
    "infinite": (X, holes(X, 99, 2, -np.inf), r"y\.npy: the array has a .* infinite value in row 99, column 2 \(both"),
    "too large": (holes(X, 65, 1, 1e31), LABELS, r"x\.npy: the array has 1e\+31 in row 65, column 1 .*; correct it"),
    "a gap in the targets": (
        X,
        np.append(X[1:, 0], np.nan),
        r"y\.npy: the array has a .* in row 119, column 0",
    ),
    "a single class": (X, LABELS * 0 + 4, r"y\.npy: the array is always '4'; give examples of at least two classes"),
    "a class for each row": (
        X,
        np.arange(N),
        r"y\.npy: the array has nearly as many classes as rows; save",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_arrays_that_cannot_be_learned_from_are_refused_in_a_sentence_with_the_place(tmp_path, narrow, case):
    x, y, sentence = WRONG[case]
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    with pytest.raises(DataError, match=sentence):
        load("npy", x=str(tmp_path / "x.npy"), y=str(tmp_path / "y.npy"))


NO_ARRAY = r"is no \.npy file or a damaged one; write it with numpy\.save$"


def negative(whole):
    return whole.replace(b"(120, 6), }", b"(-12, 6), }")


DAMAGED = {
    "truncated": (lambda whole: whole[:-1], r"ends after 3007 of 3008 bytes; copy or write it again, whole$"),
    "within the header": (lambda whole: whole[:50], NO_ARRAY),
    "empty": (lambda whole: b"", NO_ARRAY),
    "text": (lambda whole: b"1,2,3\n" * 20, NO_ARRAY),
    "an archive": (lambda whole: b"PK\3\4" + whole, NO_ARRAY),
    "a version to come": (lambda whole: whole[:6] + b"\x09" + whole[7:], NO_ARRAY),
    "a negative length": (negative, r"is damaged: its header says \(-12, 6\)"),
    "more announced than there is": (lambda whole: whole.replace(b"(120,", b"(10**", 1), NO_ARRAY),
}


@pytest.mark.parametrize("case", DAMAGED)
@pytest.mark.parametrize("option", ["x", "y"])
def test_a_damaged_file_is_refused_by_name(tmp_path, case, option):
    spoil, sentence = DAMAGED[case]
    np.save(tmp_path / "good.npy", INPUTS["float32"])
    bad = tmp_path / "bad.npy"
    bad.write_bytes(spoil((tmp_path / "good.npy").read_bytes()))
    options = {"x": str(tmp_path / "good.npy"), "y": str(tmp_path / "good.npy")} | {option: str(bad)}
    with pytest.raises(DataError, match=sentence) as caught:
        load("npy", **options)
    assert str(caught.value).startswith(f"{bad}: ")


@given(header=st.binary(max_size=80))
def test_whatever_a_header_holds_it_is_read_or_refused_in_a_sentence(tmp_path_factory, header):
    file = tmp_path_factory.mktemp("fuzz") / "x.npy"
    file.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(DataError, match=r"x\.npy: "):
        load("npy", x=str(file), y=str(file))


@pytest.mark.parametrize("option", ["x", "y"])
def test_a_missing_file_names_the_setting_that_says_where_it_is(small, option):
    with pytest.raises(DataError, match=rf"nowhere\.npy: cannot be read .* it is, --set data\.{option}=\.\.\.$"):
        load("npy", **(small | {option: "nowhere.npy"}))


@pytest.mark.parametrize("options", ["name: npy, x: x.npy, y: y.npy", "name: npz, path: xy.npz"])
def test_a_missing_file_ends_a_command_with_one_line_and_no_folder(tmp_path, bpnet, options):
    (tmp_path / "c.yaml").write_text(f"data: {{{options}}}\n")
    code, _, sentence = bpnet("train", "--config", tmp_path / "c.yaml", "--out", tmp_path / "run")
    assert code == 1
    assert sentence.count("\n") == 1
    assert not (tmp_path / "run").exists()


# Less memory than the file is large

CHILD = """
import resource, sys
import numpy as np
from bpnet import comparison, config, experiment, runs

limit, x, y, out, asked, *sets = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_DATA, (int(limit), int(limit)))
try:
    np.load(x)
except MemoryError:
    print("larger than the limit")
mapping = {"data": {"name": "npy", "x": x, "y": y, "scale": "standard"}}
summary = runs.train(mapping, sets=sets, out=out)
print(summary.parts["train"]["accuracy"])
unscaled = experiment.from_config(config.load(mapping, [*sets, "data.scale=none"]))
runs.advise(unscaled.config, unscaled.splits.train)
runs.evaluate(out)
runs.evaluate(out, x, targets=y)
print(len(runs.predict(out, asked)))
comparison.compare(["mse", "ce"], mapping, sets=[*sets, "train.epochs=1"], seeds=1, targets=["accuracy>0.999"])
"""

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts mappings that way")


def use_within(limit, folder, asked, *sets):
    """Train, evaluate, predict and compare in a process of so many bytes of its own; the lines that it printed."""
    files = [str(folder / name) for name in ("x.npy", "y.npy", "run", asked)]
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}  # each has buffers that count
    command = [sys.executable, "-c", CHILD, str(limit), *files, *sets]
    done = subprocess.run(command, env=os.environ | one_thread, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def write_large(folder, n, n_in, columns):
    """Files of n examples: normal numbers in the first columns, zeros, which take no space on the disk, in the others.

    The class is the sign of the first.
    """
    x = np.lib.format.open_memmap(folder / "x.npy", "w+", np.float32, (n, n_in))
    step = 10_000  # rows made at once
    for k in range(0, n, step):
        x[k : k + step, :columns] = RNG.standard_normal((min(step, n - k), columns))
    np.save(folder / "y.npy", (x[:, 0] > 0).astype(np.int64))


@LINUX
def test_a_file_larger_than_the_memory_is_learned(tmp_path):
    write_large(tmp_path, 12_000, 7_500, 1)  # 360 MB announced, 48 MB on the disk
    sets = ["network.hidden=[2]", "train.epochs=1", "train.batch_size=50"]  # the pictures show the training part
    answer, accuracy, predicted = use_within(300_000_000, tmp_path, "x.npy", *sets)
    assert (answer, predicted) == ("larger than the limit", "12000")
    assert float(accuracy) > 0.9


@LINUX
@pytest.mark.long
def test_a_million_examples_of_a_hundred_numbers_are_learned_in_less_memory_than_they_take(tmp_path):
    write_large(tmp_path, 1_000_000, 100, 100)  # 400 MB
    np.save(tmp_path / "asked.npy", RNG.standard_normal((1000, 100)))  # an answer is a mapping of its own
    sets = ["network.hidden=[30]", "train.epochs=1", "train.batch_size=100", "data.split.validation=0.1"]
    answer, accuracy, predicted = use_within(380_000_000, tmp_path, "asked.npy", *sets)
    assert (answer, predicted) == ("larger than the limit", "1000")
    assert float(accuracy) > 0.9
