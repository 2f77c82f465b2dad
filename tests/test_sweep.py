"""A sweep: every combination for the same seeds, a table of what each came to, and only what the seeds show."""

import csv
import json
import math
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from stopping import stop

import bpnet as library
from bpnet import config, experiment
from bpnet.comparison.sweep_keys import sweeping, sweeping_again
from bpnet.comparison.swept import Combination, Swept
from bpnet.costs import Cost
from bpnet.errors import DataError, UsageError

pytestmark = pytest.mark.usefixtures("elsewhere")

SMALL = ["data.samples=120", "train.epochs=4"]
RATES = {"train.learning_rate": [0.1, 1.0]}
DIVERGING = {"train.learning_rate": [0.01, 1e30]}  # of a linear output: its cost overflows in the second step


def swept(accuracies):
    """A sweep whose combinations have these accuracies, a list each, None for a run that diverged."""
    made = tuple(
        Combination(
            {"train.l2": k},
            tuple(
                {"seed": s, "status": "diverged" if a is None else "done", "epochs": 1, "train_accuracy": a}
                for s, a in enumerate(values)
            ),
        )
        for k, values in enumerate(accuracies)
    )
    return Swept("made", "train_accuracy", len(accuracies[0]), made, 1.0)


def rows(path):
    with Path(path).open(newline="") as file:
        return list(csv.DictReader(file))


def same(one, other):
    return (one.combinations, one.verdict) == (other.combinations, other.verdict)


@pytest.mark.parametrize(
    ("name", "sets", "rounded"),
    [("digits", ["train.epochs=1", "data.split.train=200"], 0), ("moons", [*SMALL, "network.dtype=float64"], 1e-9)],
)
def test_each_run_is_the_training_of_its_seed(name, sets, rounded):
    """To the bit, or to rounding where the products of all runs are tiny and made at once (`bpnet.products`)."""
    found = library.sweep(
        name, vary={"network.hidden": [[30], [5]] if name == "digits" else [[3], [5]]}, seeds=3, sets=sets
    )
    for combination in found.combinations:
        changed = [*sets, *(f"{key}={value}" for key, value in combination.vary.items())]
        for run in combination.runs:
            alone = experiment.from_config(config.load(name, changed, run["seed"]))
            list(alone.epochs())
            for part, row in alone.measure().items():
                for measure, value in row.items():
                    assert run[f"{part}_{measure}"] == pytest.approx(value, rel=rounded, abs=0), (part, measure)


def test_a_rule_that_waits_is_applied_to_each_run_alone():
    sets = [*SMALL, "train.epochs=40"]
    found = library.sweep("moons", vary={"train.early_stopping": [None, 2]}, seeds=2, sets=sets)
    whole, early = found.combinations
    assert {run["epochs"] for run in whole.runs} == {40}
    for run in early.runs:
        summary = library.train("moons", sets=[*sets, "train.early_stopping=2"], seed=run["seed"])
        assert run["epochs"] == summary.epochs < 40
        assert run["validation_accuracy"] == summary.parts["validation"]["accuracy"]


def test_two_and_three_processes_give_the_same_table():
    options = {"vary": RATES, "seeds": 3, "sets": SMALL}
    alone = library.sweep("moons", **options)
    for jobs in (2, 3):
        assert same(library.sweep("moons", jobs=jobs, **options), alone)


def test_a_cost_of_ones_own_goes_to_the_processes(monkeypatch):
    """By its functions: the COSTS of another process do not have it."""
    quartic = Cost("quartic", lambda z, a, y: (a - y) ** 4 / 4, lambda a, y: (a - y) ** 3)
    monkeypatch.setitem(library.COSTS, "quartic", quartic)
    options = {"vary": {"train.cost": ["mse", "quartic"]}, "seeds": 2, "sets": SMALL}
    assert same(library.sweep("moons", jobs=2, **options), library.sweep("moons", **options))


def test_a_combination_that_diverges_is_a_row_that_says_so():
    found = library.sweep("diabetes", vary=DIVERGING, seeds=2, sets=["train.epochs=3"], out="s")
    assert [one.status for one in found.combinations] == ["done", "diverged"]
    assert [(row["status"], row["diverged"]) for row in rows("s/sweep.csv")] == [("done", "0"), ("diverged", "2")]
    assert rows("s/sweep.csv")[1]["validation_r2_median"] == ""
    assert {row["status"] for row in rows("s/runs.csv")[2:]} == {"diverged"}
    content = json.loads(Path("s/summary.json").read_text())
    assert content["combinations"][1]["final"]["train_cost"] == dict.fromkeys(("median", "q1", "q3", "spread"))


def test_runs_that_are_kept_are_those_of_train():
    options = {"vary": DIVERGING, "seeds": 2, "sets": ["train.epochs=3", "network.dtype=float64"]}
    kept, at_once = (
        library.sweep("diabetes", keep_runs=keep, out=out, **options) for keep, out in ((1, "s"), (0, "t"))
    )
    for one, other in zip(kept.combinations, at_once.combinations, strict=True):
        for run, together in zip(one.runs, other.runs, strict=True):
            assert run.keys() == together.keys()
            for name, value in run.items():  # trained at once, they are rounded otherwise
                rounded = value if isinstance(value, str) or value is None else pytest.approx(value, rel=1e-9)
                assert together[name] == rounded, name
    statuses = {path.name: json.loads((path / "run.json").read_text())["status"] for path in Path("s/runs").iterdir()}
    assert statuses == {
        "0001-seed-0": "done",
        "0001-seed-1": "done",
        "0002-seed-0": "diverged",
        "0002-seed-1": "diverged",
    }


def test_a_run_folder_that_is_left_in_the_middle_says_so():
    sets = [*SMALL, "train.epochs=100000"]
    steps = iter(sweeping("moons", vary=RATES, seeds=2, sets=sets, jobs=2, keep_runs=True, out="s"))
    while not list(Path("s/runs").glob("*/run.json")):
        next(steps)
    steps.close()
    records = [json.loads(file.read_text()) for file in Path("s/runs").glob("*/run.json")]
    assert {record["status"] for record in records} == {"interrupted"}


def test_the_table_has_median_quartiles_and_deviation_over_the_seeds():
    found = library.sweep("moons", vary=RATES, seeds=4, sets=SMALL, out="s")
    for row, combination in zip(rows("s/sweep.csv"), found.combinations, strict=True):
        errors = [run["train_error"] for run in combination.runs]
        expected = [*np.quantile(errors, (0.25, 0.5, 0.75)), np.std(errors, ddof=1)]
        found_numbers = [float(row[f"train_error_{name}"]) for name in ("q1", "median", "q3", "spread")]
        assert found_numbers == pytest.approx(expected, rel=1e-8)  # the table has nine digits


def test_a_stopped_sweep_is_the_uninterrupted_one_and_does_nothing_twice():
    options = {"vary": {"network.hidden": [[3], [4], [5]]}, "seeds": 2, "sets": SMALL}
    whole = library.sweep("moons", **options)
    stop(sweeping("moons", out="s", **options), after=6)
    assert json.loads(Path("s/run.json").read_text())["status"] == "interrupted"
    assert len(list(Path("s/sets").iterdir())) == 1
    again = sweeping_again("s")
    assert [step.done for step in again] == list(range(5, 13))
    assert same(again.swept, whole)
    assert json.loads(Path("s/run.json").read_text())["status"] == "done"
    assert not Path("s/sets").exists()


def test_a_damaged_file_of_a_unit_is_made_again():
    options = {"vary": {"network.hidden": [[3], [4]]}, "seeds": 2, "sets": SMALL}
    whole = library.sweep("moons", **options)
    stop(sweeping("moons", out="s", **options), after=5)
    next(Path("s/sets").iterdir()).write_text("{")
    again = sweeping_again("s")
    assert len(list(again)) == 8
    assert same(again.swept, whole)


def test_a_finished_sweep_and_a_folder_of_another_kind_are_not_resumed():
    library.sweep("xor", vary={"train.learning_rate": [1.0]}, seeds=1, sets=["train.epochs=1"], out="s")
    with pytest.raises(UsageError, match=r"is finished; summary.json and sweep.csv have its numbers"):
        sweeping_again("s")
    library.train("xor", sets=["train.epochs=1"], out="t")
    with pytest.raises(UsageError, match="holds a training, not a sweep"):
        sweeping_again("t")
    with pytest.raises(DataError, match="no run there"):
        sweeping_again("nothing")
    with pytest.raises(UsageError, match=r"holds a sweep, not a training; summary\.json"):
        library.evaluate("s")


def test_the_best_is_named_only_where_the_seeds_exclude_chance():
    clear = swept([[0.5] * 8, [0.9] * 8])
    assert "l2 = 1 (0.9 in the median) is best: over the seeds it is ahead of the other one" in clear.verdict
    assert "p at most 0.0078)" in clear.verdict  # 2 / 2^8
    even = swept([[0.5, 0.9] * 4, [0.9, 0.5] * 4])
    assert "2 of 2 combinations cannot be told apart" in even.verdict
    assert "So few seeds" not in even.verdict


def test_those_that_chance_leaves_beside_the_best_are_counted():
    found = swept([[0.1] * 10, [0.8, 0.9] * 5, [0.9, 0.8] * 5])
    assert found.verdict.splitlines()[1].startswith("2 of 3 combinations cannot be told apart: l2 = 1 (0.85")


def test_too_few_seeds_are_named_with_the_number_it_takes():
    assert "take --seeds 6 or more" in swept([[0.5] * 5, [0.9] * 5]).verdict
    assert "take --seeds" not in swept([[0.5] * 6, [0.9] * 6]).verdict
    assert swept([[0.5] * 6, [0.9] * 6]).best == 1


def test_a_diverged_run_is_worse_than_every_other_one():
    found = swept([[0.9, None] * 4, [0.1] * 8])
    assert found.combinations[0].summary("train_accuracy") == {"median": None, "q1": None, "q3": 0.9, "spread": None}
    assert found.best == 1
    assert "every combination diverged" in swept([[None] * 6, [None] * 6]).verdict


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "a sweep varies something"),
        ({"vary": {"seed": [1, 2]}}, "--vary seed: a sweep's seeds are counted by --seeds"),
        ({"vary": {"train": [1]}}, "it is a whole section"),
        ({"vary": {"train.l2": []}}, "no values"),
        ({"vary": {"train.l2": [1, 1.0]}}, "combinations 1 and 2 are the same"),
        ({"vary": {"train.l2": [1]}, "listed": [{"train.l2": 2}]}, "the list has it too"),
        ({"vary": {"train.dropuot": [0.1]}}, "did you mean 'dropout'"),
        ({"vary": {"train.learning_rate": [-1.0]}}, "train.learning_rate"),
        ({"vary": RATES, "seeds": 0}, "seeds are counted from 1"),
        ({"vary": {"data.split.validation": [0, 0.2]}}, "scored on other parts"),
        ({"vary": RATES, "jobs": 0}, "--jobs 0"),
    ],
)
def test_what_makes_no_sweep_is_refused_and_leaves_no_folder(options, sentence):
    with pytest.raises(UsageError, match=sentence):
        sweeping("moons", **options)
    assert not Path("runs").exists()


def test_a_list_and_a_grid_go_with_each_other(bpnet):
    Path("list.txt").write_text(
        "# two starts\n{network.init_scale: 1.0}\n\n{network.init_scale: 4.0, train.l2: 1e-1}\n"
    )
    arguments = ["-c", "moons", "--list", "list.txt", "--vary", "train.learning_rate=0.1,1", "--seeds", 2, "--json"]
    code, out, err = bpnet("sweep", *arguments, "--set", "train.epochs=1", "-q")
    assert (code, err) == (0, "")
    assert [one["vary"] for one in json.loads(out)["combinations"]] == [
        {"network.init_scale": 1.0, "train.learning_rate": 0.1},
        {"network.init_scale": 1.0, "train.learning_rate": 1},
        {"network.init_scale": 4.0, "train.l2": 0.1, "train.learning_rate": 0.1},
        {"network.init_scale": 4.0, "train.l2": 0.1, "train.learning_rate": 1},
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("5\n", "list.txt:1: no combination; write keys"),
        ("{a: 1\n", "list.txt:1"),
        ("#\n", "no combinations; write one"),
    ],
)
def test_a_list_that_is_none_is_refused_by_its_line(bpnet, text, sentence):
    Path("list.txt").write_text(text)
    code, _, err = bpnet("sweep", "-c", "moons", "--list", "list.txt")
    assert code == 2
    assert sentence in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--vary", "train.l2=1"], "name a config"),
        (["-c", "moons", "--vary", "train.l2=1", "--vary", "train.l2=2"], "--vary train.l2: given twice"),
        (["-c", "moons", "--list", "nothing"], "--list nothing: cannot be read"),
        (["--resume", "s", "--seeds", "3"], "leave out --seeds"),
    ],
)
def test_a_wrong_call_is_a_sentence(bpnet, arguments, sentence):
    code, _, err = bpnet("sweep", *arguments)
    assert code == 2
    assert sentence in err


def test_the_lines_end_with_the_verdict_and_the_folder(bpnet):
    code, out, _ = bpnet(
        "sweep", "-c", "diabetes", "--vary", "train.learning_rate=0.01,1e30", "--seeds", 6, "--out", "s"
    )
    assert code == 0
    lines = out.splitlines()
    assert lines[1].endswith("validation r2 not finite (not finite to not finite)   6 of 6 diverged")
    assert "learning_rate = 0.01" in lines[4]
    assert "is best" in lines[4]
    assert lines[-1] == "run         s"
    assert "sweep          s" in bpnet("runs", ".")[1]


def test_ctrl_c_says_how_to_resume(bpnet):
    command = ["sweep", "-c", "moons", "--vary", "network.hidden=[2],[9]", "--set", "train.epochs=3000", "--seeds", "2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "bpnet", *command, "--out", "s"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    ends = time.monotonic() + 60
    while not Path("s/run.json").exists() and time.monotonic() < ends:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "Stopped; what is finished is kept; resume with: bpnet sweep --resume s\n" in err
    assert "Traceback" not in out + err
    assert math.isfinite(json.loads(Path("s/run.json").read_text())["seconds"])


@pytest.mark.parametrize("values", [["softmax", "sigmoid"], ["sigmoid", "softmax"]])
def test_a_combination_does_not_depend_on_those_before_it(values):
    """A softmax needs an output for each of two classes; the sigmoid after it still has one."""
    options = {"seeds": 2, "sets": [*SMALL, "network.dtype=float64"]}
    found = library.sweep("moons", vary={"network.output": values}, **options)
    for combination in found.combinations:
        sets = [*options["sets"], f"network.output={combination.vary['network.output']}"]
        alone = library.train("moons", sets=sets, seed=0)
        assert combination.runs[0]["train_cost"] == pytest.approx(alone.parts["train"]["cost"], rel=1e-9)


def test_a_best_median_that_is_behind_in_most_seeds_is_said_to_be_behind():
    first = [k / 10 for k in range(1, 10)]
    found = swept([first, [*(a + 0.01 for a in first[:-1]), 0.0]])
    assert found.best == 0
    other = found.combinations[1].label
    assert f"has the best median, but over the seeds it is behind {other} beyond chance" in found.verdict


def test_a_kept_run_that_is_stopped_is_interrupted_not_failed():
    sets = [*SMALL, "train.epochs=100000"]
    vary = {"train.l2": [0.0, 1.0]}
    under_way = library.sweeping("moons", vary=vary, seeds=1, sets=sets, keep_runs=True, out="stopped")
    steps = iter(under_way)
    for _ in range(3):
        next(steps)
    steps.close()
    (run,) = Path("stopped/runs").iterdir()
    assert json.loads((run / "run.json").read_text())["status"] == "interrupted"
