"""A finished run put to use on files: columns found by name, files spelled otherwise, data that moved or changed."""

import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bpnet import cli, runs
from bpnet.data import one_hot
from bpnet.errors import DataError, UsageError

HEADER = "area,age,rooms,price"
ROWS = [(k / 60, 7 * k % 60 / 10, k % 5) for k in range(60)]


def prices(names=HEADER, delimiter=",", header=True, rows=ROWS):
    """A table of houses with the columns asked for, in that order."""
    lines = [delimiter.join(names.split(","))] if header else []
    for k, (area, age, rooms) in enumerate(rows):
        known = {"area": area, "age": age, "rooms": rooms, "price": 3 * area - age / 4 + rooms / 5}
        fields = known | {"id": k, "note": f"house {k}"}
        lines.append(delimiter.join(str(fields[name]) for name in names.split(",")))
    return "\n".join(lines) + "\n"


def trained(folder, data, **train):
    mapping = {
        "name": "own",
        "data": {"split": {"test": 0.2}, "scale": "standard"} | data,
        "network": {"hidden": [4], "activation": "tanh"},
        "train": {"epochs": 3, "learning_rate": 0.1} | train,
    }
    runs.train(mapping, out=folder)
    return folder


@pytest.fixture(scope="module")
def houses(tmp_path_factory):
    """A run on a table of houses, its target the last column."""
    folder = tmp_path_factory.mktemp("houses")
    (folder / "t.csv").write_text(prices())
    return trained(folder / "run", {"name": "csv", "path": str(folder / "t.csv")})


@pytest.fixture
def write(tmp_path):
    """Writes a file and returns its path."""

    def write(text, name="t.csv"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


@pytest.fixture
def measures(houses, write):
    """What the run of houses scores on the table it was trained on."""
    return runs.evaluate(houses, write(prices(), "whole.csv"))["file"]


# Columns by name


@pytest.mark.parametrize("names", ["price,rooms,age,area", "id,area,price,note,age,rooms"])
def test_columns_in_any_order_among_any_others_give_the_same_measures(houses, write, measures, names):
    assert runs.evaluate(houses, write(prices(names)))["file"] == measures


@pytest.mark.parametrize("target", ["price", 1, -3])
def test_a_target_anywhere_is_known_by_its_name_after_training(tmp_path, write, target):
    data = {"name": "csv", "path": str(write(prices("area,price,age,rooms"))), "target": target}
    run = trained(tmp_path / "run", data)
    assert runs.open_run(run).model().target == "price"
    found = [runs.evaluate(run, write(prices(names), "o.csv")) for names in ("area,price,age,rooms", HEADER)]
    assert found[0] == found[1]


def test_a_file_without_the_target_says_so_by_name(houses, write):
    with pytest.raises(DataError, match=r"t.csv: has no column 'price', which is the target of this run"):
        runs.evaluate(houses, write(prices("area,age,rooms")))


@pytest.mark.parametrize("ask", [runs.evaluate, runs.predict])
def test_a_file_without_a_feature_says_so_by_name(houses, write, ask):
    with pytest.raises(DataError, match=r"t.csv: has no column 'age', which is a feature of this run"):
        ask(houses, write(prices("area,rooms,id,price")))


def test_a_run_without_names_is_measured_by_the_place_of_its_target(tmp_path, write):
    file = write(prices("price,area,age,rooms", header=False))
    run = trained(tmp_path / "run", {"name": "csv", "path": str(file), "header": False, "target": 0})
    assert len(runs.predict(run, write("1,2,3\n", "x.csv"))) == 1
    assert set(runs.evaluate(run, file)["file"]) == {"cost", "error", "r2"}


def test_a_class_that_does_not_occur_and_a_number_written_otherwise_are_still_measured(tmp_path, write):
    table = "a,b,kind\n" + "".join(f"{k % 7},{k % 3},{k % 3}\n" for k in range(60))
    run = trained(tmp_path / "run", {"name": "csv", "path": str(write(table))})
    once, again = (runs.evaluate(run, write(f"a,b,kind\n1,2,{label}\n", "one.csv")) for label in ("2", "2.0"))
    assert once == again
    with pytest.raises(DataError, match="class '3' is none of the model's, 0, 1, 2"):
        runs.evaluate(run, write("a,b,kind\n1,2,3\n", "one.csv"))


def test_targets_of_another_number_are_refused(houses, tmp_path):
    np.savez(tmp_path / "t.npz", x=np.ones((4, 3)), y=np.ones((4, 2)) / 3)
    with pytest.raises(DataError, match="2 targets a row where the model gives 1"):
        runs.evaluate(houses, tmp_path / "t.npz")


def test_an_archive_is_measured_on_one_hot_rows_and_on_labels_alike(tmp_path):
    rng = np.random.default_rng(0)
    x, labels = rng.random((30, 4)), np.arange(30) % 3
    np.savez(tmp_path / "labels.npz", x=x, y=labels)
    np.savez(tmp_path / "rows.npz", x=x, y=one_hot(labels, 3))
    run = trained(tmp_path / "run", {"name": "npz", "path": str(tmp_path / "labels.npz")})
    assert runs.evaluate(run, tmp_path / "labels.npz") == runs.evaluate(run, tmp_path / "rows.npz")


# Files spelled otherwise


def test_a_file_without_a_header_and_with_another_delimiter_is_read_when_told(houses, write, measures):
    assert runs.evaluate(houses, write(prices(delimiter=";", header=False)), header=False, delimiter=";") == {
        "file": measures
    }


@pytest.mark.parametrize("ask", [runs.evaluate, runs.predict])
@pytest.mark.parametrize("line", ["1,2,3,4", "1.5,2,0,1"])
def test_a_first_row_of_numbers_is_not_taken_for_names(houses, write, ask, line):
    with pytest.raises(DataError, match=r"t.csv:1: looks like data, not names; say --no-header"):
        ask(houses, write(f"{line}\n{line}\n"))


@pytest.mark.parametrize("ask", [runs.evaluate, runs.predict])
def test_another_delimiter_is_suggested(houses, write, ask):
    with pytest.raises(DataError, match=r'its first row holds \';\': say --delimiter ";"'):
        ask(houses, write(prices(delimiter=";")))


@pytest.mark.parametrize("path", ["-", "/dev/stdin"])
def test_predict_reads_a_table_from_standard_input(houses, write, path):
    file = write(prices())
    with file.open() as stdin:
        command = [sys.executable, "-m", "bpnet", "predict", str(houses), path]
        done = subprocess.run(command, stdin=stdin, capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) == 1 + len(ROWS)
    assert done.stdout.splitlines()[1] == f"1,{runs.predict(houses, file)[0]['predicted']:.6g}"


def test_the_options_of_the_commands_reach_the_file(houses, write, capsys):
    file = write(prices(delimiter="\t", header=False))
    for command in ("evaluate", "predict"):
        wide = file if command == "evaluate" else write(prices("area,age,rooms", "\t", header=False), "x.csv")
        assert cli.run([command, str(houses), str(wide), "--no-header", "--delimiter", "tab"]) == 0
    assert "r2" in capsys.readouterr().out


# Data that moved or changed


def moved(tmp_path, write):
    run = trained(tmp_path / "run", {"name": "csv", "path": str(write(prices()))})
    return run, (tmp_path / "t.csv").rename(tmp_path / "new.csv")


def test_data_that_moved_are_found_where_they_are_said_to_be(tmp_path, write):
    run, new = moved(tmp_path, write)
    with pytest.raises(DataError, match=r"t.csv: no such file, .* --data PATH"):
        runs.evaluate(run)
    assert runs.evaluate(run, data=new)["test"] == pytest.approx(runs.open_run(run).summary()["test"])
    assert cli.run(["evaluate", str(run), "--data", str(new)]) == 0


@pytest.mark.parametrize("rows", [ROWS[:-1], [*ROWS[:-1], (9, 9, 9)]])
def test_data_that_changed_are_not_dealt_again(tmp_path, write, rows):
    run, new = moved(tmp_path, write)
    new.write_text(prices(rows=rows))
    with pytest.raises(UsageError, match=r"data have changed since, .* bpnet evaluate .*run FILE"):
        runs.evaluate(run, data=new)
    assert runs.evaluate(run, new)["file"]["r2"] < 1


def test_a_file_and_a_path_of_the_data_are_not_given_together(houses, write):
    with pytest.raises(
        UsageError, match="a file to measure on and the path of the run's own data; give one of the two"
    ):
        runs.evaluate(houses, write(prices()), data=write(prices()))


def test_data_from_no_file_have_no_place(tmp_path, write):
    run = trained(tmp_path / "run", {"name": "moons"})
    with pytest.raises(UsageError, match="'moons', come from no file"):
        runs.evaluate(run, data=write(prices()))


def test_pictures_in_an_archive_are_divided_as_those_of_the_run_were(tmp_path, mnist_folder):
    data = {"name": "mnist", "path": str(mnist_folder), "divisor": 256, "scale": "none", "split": {"train": 100}}
    run = trained(tmp_path / "run", data)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
    np.savez(tmp_path / "raw.npz", x=pixels, y=np.arange(5))
    np.savez(tmp_path / "scaled.npz", x=pixels.astype(np.float32) / 256, y=np.arange(5))
    for ask in (runs.predict, runs.evaluate):
        assert ask(run, tmp_path / "raw.npz") == ask(run, tmp_path / "scaled.npz")


@pytest.fixture
def asked(tmp_path):
    """A run on an archive of examples (5, 3), and a function that asks it about an array."""

    def asked(network, shape=(5, 3)):
        rng, y = np.random.default_rng(0), np.arange(30) % 3
        np.savez(tmp_path / "t.npz", x=rng.random((30, *shape)), y=y)
        data = {"name": "npz", "path": str(tmp_path / "t.npz"), "split": {"test": 0.2}}
        mapping = {"name": "own", "data": data, "network": {"hidden": [4]} | network, "train": {"epochs": 1}}
        runs.train(mapping, out=tmp_path / "run")

        def ask(question, x):
            np.savez(tmp_path / "new.npz", x=x, y=y[: len(x)])
            return question(tmp_path / "run", tmp_path / "new.npz")

        return ask

    return asked


SWAPPED = r"new.npz: array 'x' has shape \(6, 3, 5\), but the network learned \(n, 5, 3\)"


@pytest.mark.parametrize("ask", [runs.evaluate, runs.predict])
@pytest.mark.parametrize("network", [{}, {"kind": "recurrent"}])
def test_examples_with_their_two_axes_swapped_are_refused(asked, ask, network):
    with pytest.raises(DataError, match=SWAPPED):
        asked(network)(ask, np.ones((6, 3, 5)))


@pytest.mark.parametrize("ask", [runs.evaluate, runs.predict])
def test_examples_in_the_axes_of_training_or_as_rows_are_answered_alike(asked, ask):
    x, answer = np.random.default_rng(1).random((6, 5, 3)), asked({"kind": "recurrent"})
    assert answer(ask, x) == answer(ask, x.reshape(6, 15))


def test_steps_that_only_the_config_knows_are_those_of_an_archive_too(asked):
    with pytest.raises(DataError, match=SWAPPED):
        asked({"kind": "recurrent", "steps": 5}, (15,))(runs.predict, np.ones((6, 3, 5)))


def test_a_run_on_rows_takes_an_archive_of_any_two_axes(asked):
    assert len(asked({}, (15,))(runs.predict, np.ones((6, 3, 5)))) == 6


def test_pictures_with_height_and_width_swapped_are_refused_from_an_idx_file_too(asked, tmp_path):
    asked({})
    for axes in ((5, 3), (3, 5)):
        (tmp_path / f"{axes[0]}.idx").write_bytes(b"\0\0\x08\x03" + struct.pack(">3I", 2, *axes) + bytes(30))
    assert len(runs.predict(tmp_path / "run", tmp_path / "5.idx")) == 2
    with pytest.raises(DataError, match=r"3.idx: has shape \(2, 3, 5\), but the network learned \(n, 5, 3\)"):
        runs.predict(tmp_path / "run", tmp_path / "3.idx")


def test_a_missing_picture_is_called_missing(tmp_path):
    run = trained(tmp_path / "run", {"name": "digits", "scale": "none"}, epochs=1)
    with pytest.raises(DataError, match=r"none.png: no such file"):
        runs.predict(run, tmp_path / "none.png")
    (tmp_path / "text.png").write_text("text")
    with pytest.raises(DataError, match="cannot be read as a picture"):
        runs.predict(run, tmp_path / "text.png")


def test_library_calls_take_paths_as_text(houses, write):
    assert len(runs.predict(str(houses), str(write(prices())))) == len(ROWS)
    assert Path(houses, "run.json").is_file()
