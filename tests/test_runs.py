"""A run folder: what is in it, that it is never overwritten, and that a stopped run goes on."""

import csv
import json

import numpy as np
import pytest

from bpnet import config, runs
from bpnet.errors import DataError, DivergedError, UsageError

FILES = {
    "run.json",
    "config.yaml",
    "metrics.csv",
    "model.safetensors",
    "checkpoint.safetensors",
    "pictures.safetensors",
    "summary.json",
    "curves.png",
    "curves.svg",
}


def configured(name="moons", **sets):
    return config.load(name, [f"{key}={value}" for key, value in sets.items()]).config


def short(**sets):
    return configured(**{"train.epochs": 6, "data.samples": 120, **sets})


def rows(folder):
    with (folder / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "moons"
    summary = runs.train(short(**{"train.monitor": "[saturation]"}), folder, ["bpnet", "train"])
    return folder, summary


def test_a_run_leaves_its_files_and_no_other(finished):
    assert {path.name for path in finished[0].iterdir()} == FILES


def test_the_summary_has_what_it_promises(finished):
    folder, summary = finished
    assert summary == json.loads((folder / "summary.json").read_text())
    assert summary["status"] == "done"
    assert summary["epochs"] == 6
    assert summary["parameters"] == 2 * 8 + 8 + 8 + 1
    for part in ("train", "validation", "test"):
        assert set(summary[part]) == {"cost", "error", "accuracy"}
        assert 0 <= summary[part]["accuracy"] <= 1


def test_run_json_says_what_the_numbers_depend_on(finished):
    record = json.loads((finished[0] / "run.json").read_text())
    assert record["status"] == "done"
    assert record["command"] == ["bpnet", "train"]
    assert record["started"] <= record["ended"]
    assert len(record["config_sha256"]) == len(record["data_sha256"]) == 64
    assert record["versions"]["numpy"] == np.__version__
    assert record["threads"] == 1, "a small network trains on one BLAS thread"


def test_metrics_have_a_row_per_epoch_and_the_columns_in_order(finished):
    found = rows(finished[0])
    assert [row["epoch"] for row in found] == [str(epoch) for epoch in range(1, 7)]
    assert list(found[0])[:6] == ["epoch", "learning_rate", "seconds", "train_cost", "train_error", "train_accuracy"]
    assert list(found[0])[-2:] == ["saturation_1", "saturation_2"]


def test_the_last_row_is_the_summary(finished):
    folder, summary = finished
    assert float(rows(folder)[-1]["train_cost"]) == pytest.approx(summary["train"]["cost"], rel=1e-6)
    assert float(rows(folder)[-1]["validation_accuracy"]) == summary["validation"]["accuracy"]


def test_the_same_config_gives_the_same_model_bit_for_bit(finished, tmp_path):
    runs.train(config.load(finished[0] / "config.yaml").config, tmp_path / "again")
    first, second = (folder / "model.safetensors" for folder in (finished[0], tmp_path / "again"))
    assert first.read_bytes() == second.read_bytes()


def test_a_folder_that_is_there_is_refused_and_kept(finished):
    before = {path.name: path.read_bytes() for path in finished[0].iterdir()}
    with pytest.raises(UsageError, match="never overwritten"):
        runs.train(short(), finished[0])
    assert {path.name: path.read_bytes() for path in finished[0].iterdir()} == before


def test_nothing_is_made_when_the_config_does_not_fit_the_data(tmp_path):
    with pytest.raises(UsageError, match="0 to train on"):
        runs.train(short(**{"data.split.test": 119}), tmp_path / "run")
    assert not list(tmp_path.iterdir())


def test_default_folders_of_one_second_do_not_collide(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = {runs.train(configured("xor", **{"train.epochs": 1}))["run"] for _ in range(3)}
    assert len(paths) == 3
    assert len(runs.all_runs(tmp_path / "runs")) == 3


class StopAfter:
    """Says stop once so many epochs are done."""

    def __init__(self, epochs):
        self.epochs, self.done = epochs, 0

    def on_epoch(self, prepared, state):
        self.done = len(state.history)

    def stopped(self):
        return self.done >= self.epochs

    def watch(self):
        return runs.Watch(on_epoch=self.on_epoch, stopped=self.stopped)


@pytest.mark.parametrize("epochs", [0, 1, 4])
def test_a_stopped_run_resumes_to_the_uninterrupted_one_bit_for_bit(tmp_path, epochs):
    sets = {"train.optimizer": "{name: adam}", "train.learning_rate": 0.01, "train.dropout": 0.1}
    runs.train(short(**sets), tmp_path / "whole")
    stopped = runs.train(short(**sets), tmp_path / "parted", watch=StopAfter(epochs).watch())
    assert stopped["status"] == "interrupted"
    assert stopped["epochs"] == epochs
    assert json.loads((tmp_path / "parted" / "run.json").read_text())["status"] == "interrupted"
    assert runs.resume(tmp_path / "parted")["status"] == "done"
    for name in ("model.safetensors", "config.yaml"):
        assert (tmp_path / "parted" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    whole, parted = rows(tmp_path / "whole"), rows(tmp_path / "parted")
    assert [row | {"seconds": ""} for row in whole] == [row | {"seconds": ""} for row in parted]


def test_a_resumed_run_with_early_stopping_keeps_its_best_weights(tmp_path):
    sets = {"train.early_stopping": 3, "train.epochs": 40}
    runs.train(short(**sets), tmp_path / "whole")
    runs.train(short(**sets), tmp_path / "parted", watch=StopAfter(2).watch())
    runs.resume(tmp_path / "parted")
    first, second = (tmp_path / name / "model.safetensors" for name in ("whole", "parted"))
    assert first.read_bytes() == second.read_bytes()


def test_a_finished_run_goes_on_only_when_asked_for_more(tmp_path):
    runs.train(short(), tmp_path / "run")
    with pytest.raises(UsageError, match="finished after 6 epochs"):
        runs.resume(tmp_path / "run")
    assert runs.resume(tmp_path / "run", epochs=8)["epochs"] == 8
    assert len(rows(tmp_path / "run")) == 8
    assert config.load(tmp_path / "run" / "config.yaml").config.train.epochs == 8


def test_a_run_on_changed_data_is_not_gone_on_with(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("a,b,c\n" + "".join(f"{k},{k % 3},{k % 2}\n" for k in range(20)))
    sets = {"data.name": "csv", "data.path": str(table), "train.epochs": 4}
    one = config.from_mapping(
        {"name": "t", "data": {"name": "csv", "path": str(table)}, "train": {"epochs": 4}, "network": {"hidden": [3]}}
    )
    runs.train(one, tmp_path / "run", watch=StopAfter(1).watch())
    table.write_text(table.read_text().replace("3,0,1", "3,7,1"))
    with pytest.raises(UsageError, match="data have changed"):
        runs.resume(tmp_path / "run")
    assert sets


def test_a_diverging_run_says_so_and_keeps_what_was_well(tmp_path):
    sets = {"train.learning_rate": 1e6, "train.epochs": 50, "network.output": "linear", "train.cost": "mse"}
    with pytest.raises(DivergedError, match="diverged in epoch"):
        runs.train(configured("diabetes", **sets), tmp_path / "run")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "diverged"
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["status"] == "diverged"
    assert runs.open_run(tmp_path / "run").model().network.parameters > 0


def test_an_error_on_the_way_is_recorded_as_failed(tmp_path):
    def broken(prepared, state):
        raise RuntimeError("the disk is on fire")

    with pytest.raises(RuntimeError):
        runs.train(short(), tmp_path / "run", watch=runs.Watch(on_epoch=broken))
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "failed"


def test_evaluate_on_its_own_data_repeats_the_summary(finished):
    folder, summary = finished
    found = runs.evaluate(folder)
    for part in ("train", "validation", "test"):
        assert found[part] == pytest.approx(summary[part])


def write_table(path, data, header=True):
    x, labels = data.x, data.labels
    lines = [",".join([*data.features, "class"])] if header else []
    lines += [",".join([*map(repr, map(float, row)), data.classes[k]]) for row, k in zip(x, labels, strict=True)]
    path.write_text("\n".join(lines) + "\n")


def test_a_csv_run_is_evaluated_and_asked_in_the_words_of_its_data(tmp_path):
    from bpnet.datasets import load

    iris = load("iris")
    write_table(tmp_path / "iris.csv", iris)
    mapping = {
        "name": "own",
        "data": {"name": "csv", "path": str(tmp_path / "iris.csv"), "scale": "standard", "split": {"test": 0.3}},
        "network": {"hidden": [8], "output": "softmax"},
        "train": {"epochs": 40, "learning_rate": 0.3},
    }
    summary = runs.train(config.from_mapping(mapping), tmp_path / "run")
    assert summary["test"]["accuracy"] > 0.9
    found = runs.evaluate(tmp_path / "run", tmp_path / "iris.csv")["file"]
    assert found["accuracy"] > 0.93
    answers = runs.predict(tmp_path / "run", tmp_path / "iris.csv")
    assert len(answers) == 150
    assert {answer["predicted"] for answer in answers} == set(iris.classes)
    right = np.mean([a["predicted"] == iris.classes[k] for a, k in zip(answers, iris.labels, strict=True)])
    assert right == pytest.approx(found["accuracy"])


def test_quantities_are_predicted_in_their_own_units(tmp_path):
    summary = runs.train(configured("diabetes"), tmp_path / "run")
    assert summary["test"]["r2"] > 0.4
    from bpnet.datasets import load

    data = load("diabetes")
    np.savez(tmp_path / "x.npz", x=data.x)
    answers = [row["predicted"] for row in runs.predict(tmp_path / "run", tmp_path / "x.npz")]
    assert abs(np.mean(answers) - data.y.mean()) < 10


def test_a_file_that_does_not_fit_is_refused_in_a_sentence(finished, tmp_path):
    folder, _ = finished
    (tmp_path / "t.csv").write_text("a,b,c,class\n1,2,3,0\n2,3,4,1\n3,4,5,1\n")
    with pytest.raises(DataError, match="3 features where the model takes 2"):
        runs.evaluate(folder, tmp_path / "t.csv")
    (tmp_path / "t.txt").write_text("1 2")
    with pytest.raises(UsageError, match="evaluate reads"):
        runs.evaluate(folder, tmp_path / "t.txt")
    with pytest.raises(UsageError, match="predict reads"):
        runs.predict(folder, tmp_path / "t.txt")
    with pytest.raises(UsageError, match="not trained on pictures"):
        runs.predict(folder, tmp_path / "t.png")


def test_every_picture_that_fits_is_drawn_from_the_folder_alone(finished, tmp_path):
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for path in finished[0].iterdir():
        (moved / path.name).write_bytes(path.read_bytes())
    kinds = runs.available(moved)
    assert {"curves", "boundary", "confusion", "monitors"} <= set(kinds)
    for kind in kinds:
        for file in runs.draw([moved], kind, moved / kind):
            assert file.stat().st_size > 1000


def test_the_curves_drawn_again_are_the_curves_of_the_run(finished, tmp_path):
    runs.draw([finished[0]], "curves", tmp_path / "c")
    for ending in ("png", "svg"):
        assert (tmp_path / f"c.{ending}").read_bytes() == (finished[0] / f"curves.{ending}").read_bytes()


def test_the_doctor_finds_this_installation_well():
    report = runs.doctor()
    assert report["passed"], report["checks"]
    assert report["blas"]


def test_no_run_is_told_as_such(tmp_path):
    with pytest.raises(DataError, match="no run there"):
        runs.open_run(tmp_path)
