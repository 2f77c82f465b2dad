"""A comparison that is stopped keeps its finished sets, and resumed it is the uninterrupted one, to the bit."""

import json
import os
import platform

import numpy as np
import pytest
from stopping import stop

from bpnet.comparison import Comparison, comparing
from bpnet.comparison.compare_costs import comparing_again
from bpnet.comparison.trials import TrainedSet
from bpnet.errors import DataError, UsageError

SMALL = ["data.samples=120", "train.epochs=3"]
COMPARISONS = {
    "two costs": {"sets": SMALL},
    "conditions and targets": {
        "sets": SMALL,
        "vary": {"network.hidden": [[3], [4, 2]], "network.init_scale": [1, 2]},
        "targets": ["error<0.4", "accuracy>0.8"],
        "check_every": 4,
    },
    "tuned": {"sets": SMALL, "rate_policy": "tuned", "targets": ["error<0.4"]},
    "each, with data that vary, rates and settings of one's own": {
        "sets": [*SMALL, "train.optimizer=adam", "train.learning_rate=0.01"],
        "rate_policy": "each",
        "vary_data": True,
        "rates": {"mse": 0.02},
        "own": {"ce": {"train.l2": 0.5}},
        "check_on": 10,
    },
    "surface": {"sets": SMALL, "surface": True},
}


def begun(folder, **options):
    """A comparison of mse and ce on moons that is kept in a folder."""
    under_way = comparing(["mse", "ce"], "moons", seeds=3, seed=2, **options)
    under_way.keep(folder, ["bpnet", "compare"])
    return under_way


def finished(under_way):
    list(under_way)
    return under_way.comparison


def record(folder):
    return json.loads((folder / "run.json").read_text())


def kept(folder):
    return sorted(path.name for path in (folder / "sets").glob("*")) if (folder / "sets").is_dir() else []


def assert_equal(one, other):
    """The same comparison: every curve, every time, every statistic."""
    assert (one.targets, one.costs, one.sweeps, one.verdict) == (
        other.targets,
        other.costs,
        other.sweeps,
        other.verdict,
    )
    for name, column in one.columns.items():
        np.testing.assert_array_equal(column, other.columns[name], strict=True)
    for a, b in zip(one.conditions, other.conditions, strict=True):
        assert (a.vary, a.label, a.speedups) == (b.vary, b.label, b.speedups)
        for result, same in zip(a.results, b.results, strict=True):
            assert (result.learning_rate, result.steps, result.budget) == (same.learning_rate, same.steps, same.budget)
            for target in one.targets:
                np.testing.assert_array_equal(result.updates[target], same.updates[target], strict=True)
            np.testing.assert_array_equal(result.slopes, same.slopes, strict=True)
    for a, b in zip(one.surfaces, other.surfaces, strict=True):
        np.testing.assert_array_equal(a.values, b.values)
        np.testing.assert_array_equal(a.path, b.path)


@pytest.mark.parametrize("case", COMPARISONS)
def test_a_resumed_comparison_is_the_uninterrupted_one(case, tmp_path):
    options = COMPARISONS[case]
    whole = finished(comparing(["mse", "ce"], "moons", seeds=3, seed=2, **options))
    under_way = begun(tmp_path / "c", **options)
    stop(under_way, after=5)
    assert record(tmp_path / "c")["status"] == "interrupted"
    assert kept(tmp_path / "c")
    again = comparing_again(tmp_path / "c")
    assert record(tmp_path / "c")["status"] == "running"
    assert_equal(finished(again), whole)
    again.save()
    assert record(tmp_path / "c")["status"] == "done"
    assert not (tmp_path / "c" / "sets").exists()
    loaded = Comparison.load(tmp_path / "c")
    assert (loaded.verdict, loaded.config) == (whole.verdict, whole.config)


def test_a_neuron_is_resumed_too(tmp_path):
    whole = finished(comparing(["mse", "ce"], vary={"z0": [3, 4]}))
    under_way = comparing(["mse", "ce"], vary={"z0": [3, 4]})
    under_way.keep(tmp_path / "c")
    stop(under_way, after=400)
    assert_equal(finished(comparing_again(tmp_path / "c")), whole)


def test_finished_sets_are_not_trained_again(tmp_path, monkeypatch):
    """Two conditions of other sizes and two costs are four sets; two are finished."""
    options = {"sets": SMALL, "vary": {"network.hidden": [[3], [4]]}}
    stop(begun(tmp_path / "c", **options), after=7)
    assert len(kept(tmp_path / "c")) == 2
    trained = []
    train = TrainedSet.train

    def watch(self):
        trained.append((self.trials[0].cost, len(self.network.weights[0][0])))
        return train(self)

    monkeypatch.setattr(TrainedSet, "train", watch)
    again = comparing_again(tmp_path / "c")
    steps = list(again)
    assert len(trained) == 2
    assert [(one.done, one.total) for one in steps] == [(done, 12) for done in range(7, 13)]


@pytest.mark.parametrize("damage", ["missing", "cut", "garbage", "another"])
def test_a_set_file_that_is_missing_or_damaged_is_trained_again(tmp_path, damage):
    options = {"sets": SMALL, "vary": {"network.hidden": [[3], [4]]}}
    whole = finished(comparing(["mse", "ce"], "moons", seeds=3, seed=2, **options))
    stop(begun(tmp_path / "c", **options), after=7)
    file = next((tmp_path / "c" / "sets").iterdir())
    content = file.read_bytes()
    changed = {
        "cut": content[: len(content) // 2],
        "garbage": b"no tensors",
        "another": content.replace(b"recall", b"rekall"),
    }
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(changed[damage])
    assert_equal(finished(comparing_again(tmp_path / "c")), whole)


def test_a_comparison_stopped_twice_goes_on_twice(tmp_path):
    options = COMPARISONS["tuned"]
    whole = finished(comparing(["mse", "ce"], "moons", seeds=3, seed=2, **options))
    stop(begun(tmp_path / "c", **options), after=4)
    stop(comparing_again(tmp_path / "c"), after=3)
    assert_equal(finished(comparing_again(tmp_path / "c")), whole)


def test_the_seconds_of_all_sessions_count(tmp_path):
    stop(begun(tmp_path / "c"), after=4)
    stopped = record(tmp_path / "c")
    assert 0 < stopped["seconds"] < 3600
    (tmp_path / "c/run.json").write_text(json.dumps(stopped | {"seconds": 3600.0}))
    assert finished(comparing_again(tmp_path / "c")).seconds > 3600


def test_a_closed_loop_is_an_interruption_and_an_error_is_a_failure(tmp_path):
    steps = iter(begun(tmp_path / "closed", sets=SMALL))
    next(steps)
    steps.close()
    assert record(tmp_path / "closed")["status"] == "interrupted"
    steps = iter(begun(tmp_path / "failed", sets=SMALL))
    next(steps)
    with pytest.raises(ZeroDivisionError):
        steps.throw(ZeroDivisionError())
    assert record(tmp_path / "failed")["status"] == "failed"
    assert finished(comparing_again(tmp_path / "failed")).verdict


def test_a_finished_comparison_is_not_resumed(tmp_path):
    under_way = begun(tmp_path / "c", sets=SMALL)
    finished(under_way)
    under_way.save()
    with pytest.raises(UsageError, match="c: is finished; `bpnet plot` draws it again"):
        comparing_again(tmp_path / "c")


def test_one_that_is_being_trained_is_not_resumed_beside_it(tmp_path):
    """The process that trains is this one's parent, which lives."""
    stop(begun(tmp_path / "c", sets=SMALL), after=1)
    running = record(tmp_path / "c") | {"status": "running", "process": os.getppid(), "host": platform.node()}
    (tmp_path / "c" / "run.json").write_text(json.dumps(running))
    with pytest.raises(UsageError, match=f"is being trained by process {os.getppid()} right now; stop that first"):
        comparing_again(tmp_path / "c")


def test_one_that_was_killed_is_resumed(tmp_path):
    """It says that it is running, and its process is gone."""
    stop(begun(tmp_path / "c", sets=SMALL), after=4)
    killed = record(tmp_path / "c") | {"status": "running", "process": 2**22 + 1}
    (tmp_path / "c" / "run.json").write_text(json.dumps(killed))
    assert finished(comparing_again(tmp_path / "c")).verdict


def test_data_that_have_changed_since_are_refused(tmp_path):
    table = tmp_path / "table.csv"
    rows = [f"{k % 7},{k % 3},{'ab'[k % 2]}" for k in range(40)]
    table.write_text("\n".join(["x,y,kind", *rows]) + "\n")
    options = {"data": {"name": "csv", "path": str(table), "target": "kind"}, "train": {"epochs": 3, "cost": "mse"}}
    under_way = comparing(["mse", "ce"], options, seeds=2, targets=["error<0.1"])
    under_way.keep(tmp_path / "c")
    stop(under_way, after=4)
    table.write_text("\n".join(["x,y,kind", "9,9,a", *rows[1:]]) + "\n")
    with pytest.raises(UsageError, match="its data have changed since; resume with the data it began with, or compare"):
        comparing_again(tmp_path / "c")
    assert record(tmp_path / "c")["status"] == "interrupted"


def test_a_folder_that_is_none_of_a_comparison_is_refused(tmp_path):
    with pytest.raises(DataError, match="no run there"):
        comparing_again(tmp_path / "nothing")


def test_a_folder_saved_from_python_says_that_it_is_finished(tmp_path):
    found = finished(comparing(["mse", "ce"], "moons", seeds=2, sets=SMALL))
    found.save(tmp_path / "c")
    with pytest.raises(UsageError, match="is finished"):
        comparing_again(tmp_path / "c")


def test_a_folder_that_is_there_is_refused_before_training(tmp_path):
    (tmp_path / "c").mkdir()
    with pytest.raises(UsageError, match="is there already"):
        comparing(["mse", "ce"], "moons", seeds=2, sets=SMALL).keep(tmp_path / "c")


def test_the_progress_counts_every_epoch_once_and_ends_at_its_total():
    under_way = comparing(
        ["mse", "ce"], "moons", seeds=2, sets=SMALL, rate_policy="each", vary={"network.init_scale": [1, 2]}
    )
    steps = list(under_way)
    assert [one.done for one in steps] == list(range(1, len(steps) + 1))
    assert steps[-1].done == steps[-1].total
    assert all(one.done <= one.total for one in steps)
    assert any(one.text == "sweep of learning rates, mse, 2 conditions at once" for one in steps)


def test_sets_without_a_store_are_kept_nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    finished(comparing(["mse", "ce"], "moons", seeds=2, sets=SMALL))
    assert not list(tmp_path.iterdir())
