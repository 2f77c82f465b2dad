"""A run folder: what is in it, that it is never overwritten, and that a stopped run can be resumed."""

import csv
import json
import shutil
import threading

import numpy as np
import pytest

import bpnet
from bpnet import comparison, config, plots, runs, training
from bpnet.errors import DataError, DivergedError, UsageError
from bpnet.products import TINY
from bpnet.training.threads import ONE_BELOW

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
    return config.load(name, [f"{key}={value}" for key, value in sets.items()])


def short(**sets):
    return configured(**{"train.epochs": 6, "data.samples": 120, **sets})


def rows(folder):
    with (folder / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "moons"
    summary = runs.train(short(**{"train.monitor": "[saturation]"}), out=folder, command=["bpnet", "train"])
    return folder, summary


def test_a_run_leaves_its_files_and_no_other(finished):
    assert {path.name for path in finished[0].iterdir()} == FILES


def test_the_summary_has_what_it_promises(finished):
    folder, summary = finished
    content = json.loads((folder / "summary.json").read_text())
    assert summary.as_json() == content
    assert summary.status == content["status"] == "done"
    assert summary.epochs == content["epochs"] == 6
    assert summary.parameters == content["parameters"] == 2 * 8 + 8 + 8 + 1
    for part in ("train", "validation", "test"):
        assert set(content[part]) == set(summary.parts[part]) == {"cost", "error", "accuracy"}
        assert 0 <= content[part]["accuracy"] <= 1


def test_run_json_says_what_decides_how_products_are_rounded(finished):
    record = json.loads((finished[0] / "run.json").read_text())
    assert record["products"] == {"one_thread_below": ONE_BELOW, "replicas_by_einsum_up_to": TINY}
    assert {"architecture", "num_threads", "version"} <= record["blas"][0].keys()
    assert record["threads"] == 1


def test_the_summary_measures_nothing_that_the_last_epoch_has_measured(tmp_path, monkeypatch):
    """Only the test part is new; with the best weights instead of the last ones all three are."""
    measured, measure = [], training.measure
    monkeypatch.setattr(training, "measure", lambda *arguments: measured.append(1) or measure(*arguments))
    for patience, parts in (("null", 1), ("1", 3)):
        measured.clear()
        sets = ["train.epochs=6", "data.split.validation=0.2", f"train.early_stopping={patience}"]
        summary = bpnet.train("moons", sets=[*sets, "train.learning_rate=20"], out=tmp_path / patience)
        assert len(measured) == parts
        again = bpnet.evaluate(tmp_path / patience)
        assert again.keys() == summary.parts.keys()
        for part, row in again.items():
            assert summary.parts[part] == pytest.approx(row, rel=1e-12)


def test_the_summary_of_a_network_that_was_changed_in_the_loop_is_of_what_is_saved(tmp_path):
    with runs.begin(config.load("xor", ["train.epochs=2"]), tmp_path / "run") as run:
        for _ in run:
            for p in run.experiment.network.parameters.values():
                p *= 0
    measured = bpnet.evaluate(tmp_path / "run")["train"]
    assert run.summary.parts["train"] == pytest.approx(measured, rel=1e-12)


def test_run_json_says_what_the_numbers_depend_on(finished):
    record = json.loads((finished[0] / "run.json").read_text())
    assert record["kind"] == "training"
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
    assert float(rows(folder)[-1]["train_cost"]) == pytest.approx(summary.parts["train"]["cost"], rel=1e-6)
    assert float(rows(folder)[-1]["validation_accuracy"]) == summary.parts["validation"]["accuracy"]


def test_the_same_config_gives_the_same_model_bit_for_bit(finished, tmp_path):
    runs.train(finished[0] / "config.yaml", out=tmp_path / "again")
    first, second = (folder / "model.safetensors" for folder in (finished[0], tmp_path / "again"))
    assert first.read_bytes() == second.read_bytes()


def test_a_folder_that_is_there_is_refused_and_kept(finished):
    before = {path.name: path.read_bytes() for path in finished[0].iterdir()}
    with pytest.raises(UsageError, match="never overwritten"):
        runs.train(short(), out=finished[0])
    assert {path.name: path.read_bytes() for path in finished[0].iterdir()} == before


def test_nothing_is_made_when_the_config_does_not_fit_the_data(tmp_path):
    with pytest.raises(UsageError, match="0 to train on"):
        runs.train(short(**{"data.split.test": 119}), out=tmp_path / "run")
    assert not list(tmp_path.iterdir())


def test_default_folders_of_one_second_do_not_collide(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = {runs.train("xor", sets=["train.epochs=1"]).run for _ in range(3)}
    assert len(paths) == 3
    assert len(runs.all_runs(tmp_path / "runs")) == 3


def stopped_after(epochs, made, folder):
    """The summary of a run that is asked to stop after so many epochs."""
    with runs.begin(made, folder) as run:
        if epochs == 0:
            run.stop()
        for state in run:
            if len(state.history) == epochs:
                run.stop()
    return run.summary


@pytest.mark.parametrize("epochs", [0, 1, 4])
def test_a_stopped_run_resumes_to_the_uninterrupted_one_bit_for_bit(tmp_path, epochs):
    sets = {"train.optimizer": "{name: adam}", "train.learning_rate": 0.01, "train.dropout": 0.1}
    runs.train(short(**sets), out=tmp_path / "whole")
    stopped = stopped_after(epochs, short(**sets), tmp_path / "parted")
    assert stopped.status == "interrupted"
    assert stopped.epochs == epochs
    assert json.loads((tmp_path / "parted" / "run.json").read_text())["status"] == "interrupted"
    assert runs.resume(tmp_path / "parted").status == "done"
    for name in ("model.safetensors", "config.yaml"):
        assert (tmp_path / "parted" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    whole, parted = rows(tmp_path / "whole"), rows(tmp_path / "parted")
    assert [row | {"seconds": ""} for row in whole] == [row | {"seconds": ""} for row in parted]


def test_a_resumed_run_with_early_stopping_keeps_its_best_weights(tmp_path):
    sets = {"train.early_stopping": 3, "train.epochs": 40}
    runs.train(short(**sets), out=tmp_path / "whole")
    stopped_after(2, short(**sets), tmp_path / "parted")
    runs.resume(tmp_path / "parted")
    first, second = (tmp_path / name / "model.safetensors" for name in ("whole", "parted"))
    assert first.read_bytes() == second.read_bytes()


def test_a_finished_run_is_resumed_only_when_asked_for_more(tmp_path):
    runs.train(short(), out=tmp_path / "run")
    with pytest.raises(UsageError, match="finished after 6 epochs"):
        runs.resume(tmp_path / "run")
    assert runs.resume(tmp_path / "run", epochs=8).epochs == 8
    assert len(rows(tmp_path / "run")) == 8
    assert config.load(tmp_path / "run" / "config.yaml").train.epochs == 8


def test_a_run_on_changed_data_is_not_resumed(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("a,b,c\n" + "".join(f"{k},{k % 3},{k % 2}\n" for k in range(20)))
    made = config.load(
        {"name": "t", "data": {"name": "csv", "path": str(table)}, "train": {"epochs": 4}, "network": {"hidden": [3]}}
    )
    stopped_after(1, made, tmp_path / "run")
    table.write_text(table.read_text().replace("3,0,1", "3,7,1"))
    with pytest.raises(UsageError, match="data have changed"):
        runs.resume(tmp_path / "run")


def test_a_diverging_run_says_so_and_keeps_what_was_well(tmp_path):
    sets = {"train.learning_rate": 1e6, "train.epochs": 50, "network.output": "linear", "train.cost": "mse"}
    with pytest.raises(DivergedError, match="diverged in epoch"):
        runs.train(configured("diabetes", **sets), out=tmp_path / "run")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "diverged"
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["status"] == "diverged"
    network = runs.open_run(tmp_path / "run").model().network
    assert all(np.isfinite(p).all() for p in network.parameters.values())


def train_until_error(error, folder):
    """A run whose loop raises an error after the first epoch."""
    with runs.begin(short(), folder) as run:
        for _ in run:
            raise error


def test_an_error_on_the_way_is_recorded_as_failed(tmp_path):
    with pytest.raises(RuntimeError):
        train_until_error(RuntimeError("the disk is on fire"), tmp_path / "run")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "failed"


@pytest.mark.parametrize("epochs", [1, 4])
def test_leaving_the_loop_saves_the_run_and_it_can_be_resumed(finished, tmp_path, epochs):
    made = short(**{"train.monitor": "[saturation]"})
    with runs.begin(made, tmp_path / "run") as run:
        for state in run:
            if len(state.history) == epochs:
                break
    assert (run.summary.status, run.summary.stopped_by, run.summary.epochs) == ("interrupted", "interrupted", epochs)
    assert runs.open_run(tmp_path / "run").record()["status"] == "interrupted"
    assert {path.name for path in (tmp_path / "run").iterdir()} == FILES
    assert runs.resume(tmp_path / "run").status == "done"
    first, second = (folder / "model.safetensors" for folder in (finished[0], tmp_path / "run"))
    assert first.read_bytes() == second.read_bytes()


def test_leaving_the_loop_after_the_last_epoch_is_done(tmp_path):
    with runs.begin(short(), tmp_path / "run") as run:
        for state in run:
            if len(state.history) == 6:
                break
    assert run.summary.status == "done"


def test_a_keyboard_interrupt_in_the_loop_leaves_a_run_that_can_be_resumed(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train_until_error(KeyboardInterrupt(), tmp_path / "run")
    assert runs.open_run(tmp_path / "run").record()["status"] == "interrupted"
    assert runs.resume(tmp_path / "run").epochs == 6


def test_a_run_whose_files_cannot_be_written_is_not_called_done(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bpnet.runs.pictures.write_figure", full)
    with pytest.raises(OSError, match="No space left"):
        runs.train("xor", sets=["train.epochs=2"], out=tmp_path / "run")
    assert runs.open_run(tmp_path / "run").record()["status"] == "failed"


def test_a_stop_within_a_long_epoch_puts_the_network_back_to_the_last_whole_one(tmp_path):
    """A hundred thousand steps an epoch, seconds of work; the stop comes after a tenth of a second."""
    long = {"data.samples": 100_000, "train.batch_size": 1, "data.split.validation": 0, "data.split.test": 0}
    with runs.begin(short(**long), tmp_path / "run") as run:
        before = {name: p.copy() for name, p in run.experiment.network.parameters.items()}
        timer = threading.Timer(0.1, run.stop)
        timer.start()
        assert list(run) == []
    timer.join()
    assert (run.summary.status, run.summary.epochs) == ("interrupted", 0)
    for name, p in run.experiment.network.parameters.items():
        np.testing.assert_array_equal(p, before[name])


def test_a_run_has_its_summary_only_when_it_is_over(tmp_path):
    with (
        runs.begin(short(), tmp_path / "run") as run,
        pytest.raises(RuntimeError, match="when its `with` block is over"),
    ):
        run.summary  # noqa: B018


def test_a_run_without_a_kind_is_a_training_of_an_older_version(finished, tmp_path):
    shutil.copytree(finished[0], tmp_path / "old")
    record = json.loads((tmp_path / "old" / "run.json").read_text())
    del record["kind"]
    (tmp_path / "old" / "run.json").write_text(json.dumps(record))
    assert runs.open_run(tmp_path / "old", "training").kind == "training"
    assert runs.evaluate(tmp_path / "old") == runs.evaluate(finished[0])
    assert runs.all_runs(tmp_path)[0].as_json()["kind"] == "training"


def test_evaluate_on_its_own_data_repeats_the_summary(finished):
    folder, summary = finished
    found = runs.evaluate(folder)
    for part in ("train", "validation", "test"):
        assert found[part] == pytest.approx(summary.parts[part])


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
    summary = runs.train(mapping, out=tmp_path / "run")
    assert summary.parts["test"]["accuracy"] > 0.9
    found = runs.evaluate(tmp_path / "run", tmp_path / "iris.csv")["file"]
    assert found["accuracy"] > 0.93
    answers = runs.predict(tmp_path / "run", tmp_path / "iris.csv")
    assert len(answers) == 150
    assert {answer["predicted"] for answer in answers} == set(iris.classes)
    right = np.mean([a["predicted"] == iris.classes[k] for a, k in zip(answers, iris.labels, strict=True)])
    assert right == pytest.approx(found["accuracy"])


def test_quantities_are_predicted_in_their_own_units(tmp_path):
    summary = runs.train("diabetes", out=tmp_path / "run")
    assert summary.parts["test"]["r2"] > 0.4
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
    kinds = plots.available(runs.load_subject(moved))
    assert {"curves", "boundary", "confusion", "monitors"} <= set(kinds)
    for kind in kinds:
        for file in comparison.plot([moved], kind, moved / kind):
            assert file.stat().st_size > 1000


def test_the_curves_drawn_again_are_the_curves_of_the_run(finished, tmp_path):
    comparison.plot([finished[0]], "curves", tmp_path / "c")
    for ending in ("png", "svg"):
        assert (tmp_path / f"c.{ending}").read_bytes() == (finished[0] / f"curves.{ending}").read_bytes()


def test_the_doctor_finds_this_installation_well():
    report = runs.doctor()
    assert report["passed"], report["checks"]
    assert report["blas"]


def test_a_folder_without_a_run_is_refused_as_such(tmp_path):
    with pytest.raises(DataError, match="no run there"):
        runs.open_run(tmp_path)
