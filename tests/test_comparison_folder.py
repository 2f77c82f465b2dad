"""A comparison's folder: read back it is the same comparison, and its pictures are drawn from it alone."""

import csv
import json
import shutil

import numpy as np
import pytest

from bpnet import plots, runs
from bpnet.comparison import Comparing, Comparison, compare, plot
from bpnet.comparison.folder import csv_text
from bpnet.errors import DataError, UsageError
from bpnet.files import json_text
from bpnet.metrics import Target

COMPARISONS = {
    "the book's neuron": ((), {"surface": True}),
    "z0": ((), {"vary": {"z0": [1.5, 40]}, "targets": ["error<0.2", "accuracy>0.5"]}),
    "a map": (
        ("xor",),
        {
            "seeds": 3,
            "seed": 7,
            "sets": ["train.epochs=320"],
            "vary": {"network.init_scale": [1, 4], "train.learning_rate": [1.0, 3.0]},
            "surface": True,
        },
    ),
    "layers of other sizes": (
        ("xor",),
        {"seeds": 2, "sets": ["train.epochs=5"], "vary": {"network.hidden": [[2], [3, 2]]}},
    ),
    "tuned rates": (
        ("moons",),
        {"seeds": 2, "sets": ["train.epochs=2", "data.samples=60"], "rate_policy": "tuned", "rates": {"mse": 0.3}},
    ),
    "ten classes, between epochs": (
        ("digits",),
        {
            "seeds": 2,
            "sets": ["train.epochs=1"],
            "check_every": 3,
            "check_on": 50,
            "targets": ["error<0.1", "error<0.10000001", "max_error<0.9"],
        },
    ),
    "a cost that diverges": (
        ("xor",),
        {"costs": ["ce", "ce-naive"], "seeds": 2, "sets": ["train.epochs=9", "network.output_bias=40"]},
    ),
}


@pytest.fixture(scope="module", params=COMPARISONS)
def made(request, tmp_path_factory):
    """A comparison, and the folder it was saved in and then moved to."""
    config, options = COMPARISONS[request.param]
    costs = options.get("costs", ["mse", "ce"])
    comparison = compare(costs, *config, **{name: value for name, value in options.items() if name != "costs"})
    place = tmp_path_factory.mktemp("made")
    comparison.save(place / "first")
    shutil.move(place / "first", place / "moved")
    return comparison, place / "moved"


def test_what_is_read_is_what_was_saved(made):
    saved, loaded = made[0], Comparison.load(made[1])
    assert json_text(loaded.as_json()) == json_text(saved.as_json())
    assert (loaded.targets, loaded.verdict, loaded.sweeps) == (saved.targets, saved.verdict, saved.sweeps)
    assert (loaded.config, loaded.axes, loaded.vary) == (saved.config, saved.axes, saved.vary)
    for one, other in zip(saved.conditions, loaded.conditions, strict=True):
        assert (one.vary, one.label, one.speedups, one.start) == (other.vary, other.label, other.speedups, other.start)
        for a, b in zip(one.results, other.results, strict=True):
            assert (a.cost, a.learning_rate, a.epochs, a.steps) == (b.cost, b.learning_rate, b.epochs, b.steps)
            for name in ("updates", "final"):
                assert list(getattr(a, name)) == list(getattr(b, name))
                for key, values in getattr(a, name).items():
                    np.testing.assert_array_equal(values, getattr(b, name)[key], strict=True)
            for target in saved.targets:
                np.testing.assert_array_equal(a.times(target), b.times(target))
            np.testing.assert_array_equal(a.recall, b.recall, strict=True)
            np.testing.assert_array_equal(a.slopes, b.slopes, strict=True)


def test_the_curves_that_are_read_are_those_that_were_saved(made):
    saved, loaded = made[0].columns, Comparison.load(made[1]).columns
    assert list(saved) == list(loaded)
    for name, column in saved.items():
        np.testing.assert_array_equal(column, loaded[name], strict=True)
    assert csv_text(loaded) == (made[1] / "curves.csv").read_text()


def test_the_surfaces_that_are_read_are_those_that_were_saved(made):
    saved, loaded = made[0].surfaces, Comparison.load(made[1]).surfaces
    assert [surface.cost for surface in saved] == [surface.cost for surface in loaded]
    for one, other in zip(saved, loaded, strict=True):
        for name in ("first", "second", "values", "path", "epochs"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), strict=True)


def test_pictures_from_the_folder_alone_are_those_that_were_drawn(made, tmp_path):
    comparison, folder = made
    kinds = plots.available(comparison.subject())
    assert {path.stem for path in folder.glob("*.svg")} == set(kinds)
    for kind in kinds:
        for path in plot([folder], kind, tmp_path / kind):
            assert path.read_bytes() == (folder / path.name).read_bytes(), path.name


def test_a_comparison_that_was_read_can_be_saved_again(made, tmp_path):
    Comparison.load(made[1]).save(tmp_path / "again")
    for path in made[1].iterdir():
        if path.name not in ("run.json", "summary.json"):
            assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name


def test_two_targets_that_differ_in_the_eighth_digit_are_two():
    found = compare(["mse", "ce"], targets=["error<0.1", "error<0.10000001", "error<0.1"])
    assert found.targets == (Target("error", 0.1, True), Target("error", 0.10000001, True))
    assert found.as_json()["targets"] == ["error<0.1", "error<0.10000001"]
    for condition in found.as_json()["conditions"]:
        assert list(condition["costs"]["ce"]["targets"]) == ["error<0.1", "error<0.10000001"]
        assert len(set(condition["costs"]["ce"]["closed_form"].values())) == 2


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small") / "c"
    return compare(["mse", "ce"], "xor", seeds=2, sets=["train.epochs=2"], rate_policy="tuned").save(folder)


def damaged(small, tmp_path):
    return shutil.copytree(small, tmp_path / "c")


def refused(folder):
    """The sentence with which a damaged folder is refused."""
    with pytest.raises(DataError) as error:
        Comparison.load(folder)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("name", ["run.json", "summary.json", "pictures.safetensors", "config.yaml"])
def test_a_folder_without_one_of_its_files_is_refused(small, tmp_path, name):
    folder = damaged(small, tmp_path)
    (folder / name).unlink()
    assert str(folder) in refused(folder)


@pytest.mark.parametrize("name", ["run.json", "summary.json", "pictures.safetensors"])
@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_folder_with_a_file_cut_short_is_refused(small, tmp_path, name, share):
    folder = damaged(small, tmp_path)
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: int(share * len(content))])
    assert str(folder) in refused(folder)


def test_a_key_removed_from_the_summary_is_named(small, tmp_path):
    folder = damaged(small, tmp_path)
    summary = json.loads((small / "summary.json").read_text())
    for key in summary.keys() - {"run", "status"}:
        (folder / "summary.json").write_text(json.dumps({name: summary[name] for name in summary if name != key}))
        assert f"{folder}: a damaged comparison ('{key}'); it has to be made again" == refused(folder)


@pytest.mark.parametrize(
    ("places", "value"),
    [
        (("conditions", 0, "vary"), None),
        (("conditions", 0, "speedups", "error<0.1"), None),
        (("conditions", 0, "speedups", "error<0.1", 0, "median"), None),
        (("conditions", 0, "rate_policy"), None),
        (("sweeps", 0, "rows", 0, "q1"), None),
        (("sweeps", 0, "best"), None),
        (("targets",), ["eror<0.1"]),
        (("targets",), [7]),
        (("targets",), ["error<0.1", "error<0.2"]),
        (("conditions",), 3),
        (("vary",), []),
        (("axes",), []),
    ],
)
def test_a_summary_with_something_missing_or_of_another_kind_is_refused(small, tmp_path, places, value):
    folder = damaged(small, tmp_path)
    content = summary = json.loads((small / "summary.json").read_text())
    for place in places[:-1]:
        content = content[place]
    if value is None:
        del content[places[-1]]
    else:
        content[places[-1]] = value
    (folder / "summary.json").write_text(json.dumps(summary))
    assert "damaged comparison" in refused(folder)


@pytest.mark.usefixtures("elsewhere")
def test_a_folder_that_is_there_already_is_refused_before_anything_is_trained(bpnet, tmp_path, monkeypatch):
    (tmp_path / "c").mkdir()
    monkeypatch.setattr(Comparing, "__iter__", lambda self: pytest.fail("a training began"))
    code, out, err = bpnet("compare", "mse", "ce", "--config", "xor", "--out", tmp_path / "c")
    assert (code, out) == (2, "")
    assert "c: is there already, and a run is never overwritten; name a new folder" in err


def test_a_training_is_no_comparison(tmp_path):
    runs.train("xor", sets=["train.epochs=2"], out=tmp_path / "training")
    with pytest.raises(UsageError, match="holds a training, not a comparison"):
        Comparison.load(tmp_path / "training")


def test_a_value_that_is_a_list_stands_in_the_table_as_one():
    found = compare(["mse", "ce"], "xor", seeds=1, sets=["train.epochs=1"], vary={"network.hidden": [[2], [3, 2]]})
    rows = list(csv.DictReader(csv_text(found.columns).splitlines()))
    assert [row["network.hidden"] for row in rows] == 4 * ["[2]"] + 4 * ["[3, 2]"]
    assert {row["saturation_3"] for row in rows[:4]} == {""}
    assert all(0 <= float(row["saturation_3"]) <= 1 for row in rows[4:])


def test_the_table_is_what_pythons_csv_writer_writes(tmp_path):
    columns = {
        "text": np.array(["plain", 'with "quotes"', "with, comma", "with\nline", "", None], dtype=object),
        "value": np.array([0.1, True, 3, np.nan, [1, 2], 1e300], dtype=object),
        "seed": np.arange(6),
        "measure": np.array([1 / 3, 1e-300, np.nan, np.inf, -np.inf, 12345678901.0]),
        "whole": np.array([0.0, 1.0, 2.5, 1e9, 1e10, -0.0]),
    }
    with (tmp_path / "x.csv").open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(columns)
        for row in zip(*(column.tolist() for column in columns.values()), strict=True):
            cells = (f"{value:.9g}" if isinstance(value, float) else value for value in row)
            rows.writerow("" if cell == "nan" else cell for cell in cells)
    assert csv_text(columns) == (tmp_path / "x.csv").read_bytes().decode()
