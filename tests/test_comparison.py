"""Costs against each other: the book's neuron to the epoch, fair starts, censored runs, words true to the numbers."""

import csv
import json
import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import expit

import bpnet
from bpnet import runs
from bpnet.comparison import compare, compare_trainings, neuron
from bpnet.errors import UsageError

BOOK = {  # output after 300 epochs, first epoch with a < 0.5, with a < 0.2
    ("w=0.6, b=0.9", "mse"): (0.0940, 36, 107),
    ("w=0.6, b=0.9", "ce"): (0.0116, 8, 22),
    ("w=b=2", "mse"): (0.2028, 232, 302),
    ("w=b=2", "ce"): (0.0120, 17, 31),
}
STARTS = [1.5, 3, 4, 5, 6, 8, 10]
SIMULATED = {"mse": [107, 176, 302, 626, 1486, 10099, 73605], "ce": [22, 28, 31, 34, 38, 44, 51]}
FORMULA = {"mse": [107.3, 176.1, 301.5, 624.3, 1484, 10096, 73601], "ce": [22.2, 27.8, 31.2, 34.6, 37.9, 44.6, 51.3]}


@pytest.fixture(scope="module")
def book():
    return compare(["mse", "ce"], surface=True)


def test_the_books_neuron_comes_out_to_the_epoch(book):
    for condition in book.as_json()["conditions"]:
        for cost, about in condition["costs"].items():
            output, half, fifth = BOOK[condition["label"], cost]
            assert round(about["output_after_300"], 4) == output
            assert about["targets"]["error<0.5"]["median"] == half
            assert about["targets"]["error<0.2"]["median"] == fifth


def test_the_verdict_says_how_many_times_faster(book):
    assert book.verdict.splitlines() == [
        "target error<0.5 on the train part; checked after each epoch (1 mini-batch); within 3600 epochs; "
        "the same learning rate, 0.15; nothing is random.",
        "w=0.6, b=0.9: ce reached it in 8 epochs, mse in 36: 4.5 times faster",
        "w=b=2: ce reached it in 17 epochs, mse in 232: 13.6 times faster",
    ]


@pytest.mark.parametrize("cost", ["mse", "ce"])
def test_the_closed_form_is_the_tables(cost):
    found = [neuron.epochs_to(cost, z0, 0.2) for z0 in STARTS]
    assert found == pytest.approx(FORMULA[cost], abs=0.06, rel=3e-4)


@pytest.mark.parametrize("cost", ["mse", "ce"])
def test_the_closed_form_solves_its_differential_equation(cost):
    """The independent oracle: scipy integrates dz/dt = -2 eta delta(z)."""
    delta = {"mse": lambda z: expit(z) ** 2 * expit(-z), "ce": expit}[cost]
    solved = solve_ivp(lambda t, z: -0.3 * delta(z), (0, 100), [4.0], rtol=1e-10, atol=1e-12, dense_output=True)
    for t, output in neuron.predicted_curve(cost, 4.0, 100)[::50]:
        assert output == pytest.approx(float(expit(solved.sol(t)[0])), abs=1e-6)


def test_varying_the_start_reproduces_the_table_of_simulated_epochs():
    """Without its last column, which takes 73,605 epochs; the long test has it."""
    found = compare(["mse", "ce"], vary={"z0": STARTS[:-1]}, targets=["error<0.2"]).as_json()["conditions"]
    for cost, wanted in SIMULATED.items():
        assert [one["costs"][cost]["epochs_to_target"]["median"] for one in found] == wanted[:-1]


@pytest.mark.long
def test_the_last_column_of_the_table_too():
    found = compare(["mse", "ce"], vary={"z0": [10]}, targets=["error<0.2"]).as_json()["conditions"][0]["costs"]
    assert (found["mse"]["epochs_to_target"]["median"], found["ce"]["epochs_to_target"]["median"]) == (73605, 51)


def test_costs_start_from_the_same_weights():
    found = compare(["mse", "ce", "mae"], "xor", seeds=4, sets=["train.epochs=2"])
    starts = [result.history["train_error"][0] for result in found.conditions[0].results]
    np.testing.assert_array_equal(starts[0], starts[1])
    np.testing.assert_array_equal(starts[0], starts[2])


def test_stacked_conditions_are_the_conditions_one_by_one():
    sets = ["train.epochs=50"]
    both = compare(["mse", "ce"], "xor", seeds=3, sets=sets, vary={"network.init_scale": [1, 4]})
    alone = compare(["mse", "ce"], "xor", seeds=3, sets=[*sets, "network.init_scale=4"])
    for one, other in zip(both.conditions[1].results, alone.conditions[0].results, strict=True):
        np.testing.assert_allclose(one.history["train_error"], other.history["train_error"], rtol=1e-5)


def test_any_key_can_be_varied_and_two_at_once():
    found = compare(
        ["mse", "ce"],
        "xor",
        seeds=2,
        sets=["train.epochs=5"],
        vary={"network.hidden": [[2], [3]], "train.learning_rate": [1, 2]},
    )
    labels = [condition["label"] for condition in found.as_json()["conditions"]]
    assert labels[0] == "hidden = [2], learning_rate = 1"
    assert len(labels) == 4
    assert [condition.results[0].learning_rate for condition in found.conditions] == [1, 2, 1, 2]


def test_two_runs_of_the_same_comparison_give_the_same_curves(tmp_path):
    for name in ("a", "b"):
        compare(["mse", "ce"], "moons", seeds=3, sets=["train.epochs=3"]).save(tmp_path / name)
    assert (tmp_path / "a" / "curves.csv").read_bytes() == (tmp_path / "b" / "curves.csv").read_bytes()


def test_the_folder_holds_what_it_promises(tmp_path, book):
    book.save(tmp_path / "c", ["bpnet", "compare"])
    names = {path.name for path in (tmp_path / "c").iterdir()}
    assert {"run.json", "summary.json", "curves.csv", "compare.png", "compare.svg", "surface.png"} <= names
    with (tmp_path / "c" / "curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:4] == ["start", "cost", "seed", "epoch"]
    assert rows[0]["epoch"] == "0"
    assert len(rows) == 4 * 301
    summary = json.loads((tmp_path / "c" / "summary.json").read_text())
    condition = summary["conditions"][0]
    assert set(condition["speedup"]) >= {"of", "over", "median", "low", "high", "p"}
    assert set(condition["costs"]["ce"]["epochs_to_target"]) >= {"median", "q1", "q3", "reached", "of", "low", "high"}
    assert summary["target"] == "error<0.5"
    with pytest.raises(UsageError, match="never overwritten"):
        book.save(tmp_path / "c")


def test_targets_can_be_checked_every_few_mini_batches():
    sets = ["train.epochs=6", "data.samples=200"]
    fine = compare(["mse", "ce"], "moons", seeds=3, sets=sets, targets=["accuracy>0.8"], check_every=2)
    coarse = compare(["mse", "ce"], "moons", seeds=3, sets=sets, targets=["accuracy>0.8"])
    for one, other in zip(fine.conditions[0].results, coarse.conditions[0].results, strict=True):
        updates, epochs = (result.times(fine.targets[0], "updates") for result in (one, other))
        arrived = ~np.isnan(updates) & ~np.isnan(epochs)
        assert arrived.any()
        assert (updates[arrived] <= epochs[arrived]).all()
        assert (updates[arrived] % 2 == 0).all()
    assert fine.as_json()["unit"] == "updates"


def test_an_epoch_begun_counts_as_a_whole_one():
    """130 examples in mini-batches of 10 are 13 steps an epoch."""
    sets = ["train.epochs=6", "data.samples=200", "train.batch_size=10"]
    found = compare(["mse", "ce"], "moons", seeds=4, sets=sets, targets=["accuracy>0.8"], check_every=1)
    within = 0
    for result in found.conditions[0].results:
        updates, epochs = (result.times(found.targets[0], unit) for unit in ("updates", "epochs"))
        met = ~np.isnan(updates)
        assert result.steps == 6 * 13
        assert epochs[met].tolist() == [math.ceil(steps / 13) for steps in updates[met]]
        assert np.isnan(epochs[~met]).all()
        within += np.count_nonzero(updates[met] % 13)
    assert within > 0


def test_targets_can_be_checked_on_the_first_examples_only():
    sets = ["train.epochs=3", "data.samples=200"]
    some = compare(["mse", "ce"], "moons", seeds=3, sets=sets, targets=["accuracy>0.99"], check_on=3)
    all_of_them = compare(["mse", "ce"], "moons", seeds=3, sets=sets, targets=["accuracy>0.99"])
    assert some.as_json()["check_on"] == 3
    for one, other in zip(some.conditions[0].results, all_of_them.conditions[0].results, strict=True):
        first, second = (np.nan_to_num(result.times(some.targets[0]), nan=9) for result in (one, other))
        assert (first <= second).all()
        assert (first < second).any()


def test_saturated_contenders_show_what_each_recipe_does():
    """From z0 = 40 the naive product is 0/0, clipping has frozen, the flat spot and ce itself still learn."""
    costs = ["mse", "ce", "mse-flatspot", "ce-naive", "ce-clipped"]
    networks = {cost: neuron.neuron(cost, 20.0, 20.0) for cost in costs}
    data = neuron.example()
    deltas = {cost: float(n.backprop(data.x.T, data.y.T)[0][0][0, 0, 0]) for cost, n in networks.items()}
    assert deltas["ce"] == 1
    assert 0 < deltas["mse"] < 1e-16
    assert deltas["mse-flatspot"] == pytest.approx(0.1)
    assert math.isnan(deltas["ce-naive"])
    assert deltas["ce-clipped"] == 0


def test_five_contenders_from_a_start_that_only_two_of_them_leave():
    costs = ["mse", "ce", "mse-flatspot", "ce-naive", "ce-clipped"]
    found = compare(costs, vary={"z0": [40]}).as_json()["conditions"][0]["costs"]
    assert [cost for cost in costs if found[cost]["epochs_to_target"]["reached"]] == ["ce", "mse-flatspot"]
    assert [cost for cost in costs if found[cost]["diverged"]] == ["ce-naive"]


def test_the_surface_of_the_neuron_is_its_cost_over_w_and_b(book):
    assert book.axes == ("w", "b")
    assert [one.cost for one in book.surfaces] == ["mse", "ce"]
    for one in book.surfaces:
        w, b = one.first[10], one.second[20]
        a = expit(w + b)
        wanted = a**2 / 2 if one.cost == "mse" else -math.log1p(-a)
        assert one.values[20, 10] == pytest.approx(wanted, rel=1e-6)
        np.testing.assert_allclose(one.path[0], [2, 2])


def test_the_surface_of_a_network_passes_through_its_path():
    found = compare(["mse", "ce"], "xor", seeds=2, sets=["train.epochs=200"], surface=True)
    assert "variance" in found.axes[0]
    assert len(found.surfaces) == 2
    for one in found.surfaces:
        assert np.isfinite(one.values).all()
        assert one.first[0] < one.path[:, 0].min() < one.path[:, 0].max() < one.first[-1]


def test_python_gives_the_curves_as_columns_and_draws_into_an_axes(book):
    from matplotlib.figure import Figure

    columns = book.columns
    lengths = {len(column) for column in columns.values()}
    assert lengths == {4 * 301}
    ax = Figure().subplots()
    assert book.plot(ax) is ax
    assert ax.lines
    assert book.plot() is not None
    assert bpnet.compare is compare


def test_finished_runs_are_laid_over_each_other(tmp_path):
    for cost in ("mse", "ce"):
        sets = [f"train.cost={cost}", "train.epochs=30"]
        runs.train("moons", sets=sets, out=tmp_path / cost)
    found = compare_trainings([tmp_path / "mse", tmp_path / "ce"], ["accuracy>0.8"])
    assert [row["cost"] for row in found.as_json()["runs"]] == ["mse", "ce"]
    assert all(row["epochs_to_target"] for row in found.as_json()["runs"])
    found.save(tmp_path / "both")
    assert (tmp_path / "both" / "compare.png").stat().st_size > 5000
    with pytest.raises(UsageError, match="two runs or more"):
        compare_trainings([tmp_path / "mse"])


def test_at_the_rate_of_the_books_animation_a_correct_program_ends_elsewhere():
    """0.418 and 0.780 after 300 epochs at eta 0.005; the animation, with another gradient, shows 0.040 and 0.048."""
    found = compare(["mse", "ce"], vary={"learning_rate": [0.005]}).as_json()["conditions"]
    assert [round(one["costs"]["ce"]["output_after_300"], 3) for one in found] == [0.418, 0.78]


def test_the_pictures_line_gives_a_rate_or_the_ends_of_its_range():
    found = compare(["mse", "ce"], "xor", seeds=2, sets=["train.epochs=2"], vary={"train.learning_rate": [0.5, 10, 3]})
    assert found.subject().settings == "learning rates: mse 0.5 to 10, ce 0.5 to 10 (same); 2 seeds"
    one = compare(["mse", "ce"], "xor", seeds=2, sets=["train.epochs=2"])
    assert one.subject().settings == "learning rates: mse 3, ce 3 (same); 2 seeds"
