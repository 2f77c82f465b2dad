"""Several processes, or the machines of a scheduler, give the bits that one process gives, also where they die."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from bpnet import config, experiment
from bpnet.comparison import cluster as cluster_module
from bpnet.comparison import comparing
from bpnet.comparison.compare_costs import comparing_again
from bpnet.comparison.units import TOGETHER, count_blocks, count_epochs, units
from bpnet.comparison.workers import Here, Report, workers_for
from bpnet.costs import COSTS, Cost
from bpnet.errors import BpnetError, UsageError
from bpnet.network import Network

WIDE = ["network.hidden=[200]", "train.epochs=3", "data.split.train=100"]  # 15,010 parameters: a unit for each seed
SMALL = ["data.samples=120", "train.epochs=5"]
COMPARISONS = {
    "a unit for each seed": ("digits", {"sets": WIDE, "seeds": 4}),
    "many trials in one unit": (
        "moons",
        {"sets": SMALL, "seeds": 3, "vary": {"network.init_scale": [1, 4]}, "rate_policy": "each"},
    ),
    "other data for each seed": ("moons", {"sets": SMALL, "seeds": 3, "vary_data": True, "check_every": 4}),
}


def finished(under_way):
    steps = list(under_way)
    assert steps[-1].done <= steps[-1].total
    return under_way.comparison


def assert_same(one, other):
    """Every number that was measured is the same, to the bit."""
    assert (one.sweeps, one.verdict) == (other.sweeps, other.verdict)
    for name, column in one.columns.items():
        np.testing.assert_array_equal(column, other.columns[name], strict=True)
    pairs = zip(one.conditions, other.conditions, strict=True)
    for result, same in (pair for a, b in pairs for pair in zip(a.results, b.results, strict=True)):
        for array, equal in [(result.slopes, same.slopes), (result.recall, same.recall)]:
            np.testing.assert_array_equal(array, equal, strict=True)
        for name, values in result.final.items():
            np.testing.assert_array_equal(values, same.final[name], strict=True)


def until(condition, seconds=60):
    """Wait for something another process does."""
    ends = time.monotonic() + seconds
    while not condition() and time.monotonic() < ends:
        time.sleep(0.05)
    return condition()


def alive(group):
    """Whether any process of a group is there; signal 0 only asks."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


class Sleeper:
    """A unit that leaves its process number in a file, waits as long as there is no other file, and counts to 3."""

    def __init__(self, folder, number):
        self.folder, self.number = Path(folder), number

    def run(self, data):
        (self.folder / f"{self.number}.{os.getpid()}").touch()
        while not (self.folder / "go").exists():
            time.sleep(0.01)
            yield 1
        yield 3
        return self.number, float(data.train.x.sum())


class Stuck:
    """A unit whose first epoch takes 20 seconds, and leaves a file before and one behind."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def run(self, data):
        (self.folder / "begun").touch()
        time.sleep(20)
        (self.folder / "ended").touch()
        yield 1


@pytest.fixture
def xor_splits():
    return experiment.from_config(config.load("xor")).splits


@pytest.fixture
def soon(monkeypatch):
    """A scheduler has half a second to answer in."""
    monkeypatch.setattr(cluster_module, "CONNECTING", 0.5)


@pytest.fixture(scope="module")
def cluster():
    """The address of a real scheduler with two processes, one thread each."""
    distributed = pytest.importorskip("distributed", reason="needs the extra [cluster]")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as local:
        yield local.scheduler_address


def killed_once(workers, folder, splits):
    """Do six units, and kill the process of the first that begins; the results, and the processes that began each."""
    results, killed = {}, None
    with workers:
        for report in workers.run([(Sleeper(folder, k), splits) for k in range(6)]):
            begun = sorted(folder.glob("*.*"))
            if begun and killed is None:
                killed = int(begun[0].suffix[1:])
                os.kill(killed, signal.SIGKILL)
                (folder / "go").touch()
            if report.result is not None:
                assert report.number not in results, "counted twice"
                results[report.number] = report.result
    assert killed is not None
    return results


@pytest.mark.parametrize("name", config.packaged())
def test_a_config_can_be_pickled(name):
    loaded = config.load(name)
    again = pickle.loads(pickle.dumps(loaded))
    assert again == loaded
    assert type(again.data) is type(loaded.data)
    assert config.dump(again) == config.dump(loaded)


def test_a_config_of_arrays_can_be_pickled():
    loaded = config.from_keywords(hidden=[3], optimizer={"name": "adam", "beta1": 0.5})
    assert pickle.loads(pickle.dumps(loaded)) == loaded


def test_an_experiment_can_be_pickled_and_trains_as_before():
    first = experiment.from_config(config.load("moons", SMALL))
    second = pickle.loads(pickle.dumps(first))
    rows = [[state.history.last() for state in one.epochs()][-1] for one in (first, second)]
    for row in rows:
        row.pop("seconds")
    assert rows[0] == rows[1]


@pytest.mark.parametrize("cost", COSTS)
def test_a_network_of_each_cost_can_be_pickled(cost):
    network = Network([2, 3, 1], cost=cost, activation="tanh")
    assert pickle.loads(pickle.dumps(network)).cost == network.cost


def test_a_trial_and_the_neurons_start_can_be_pickled():
    for under_way in (comparing(["mse", "ce"]), comparing(["mse", "ce"], "iris", seeds=2)):
        trial = under_way.planned[0][0]
        again = pickle.loads(pickle.dumps((trial, under_way.setup)))[0]
        for name, p in trial.parts[0].network.parameters.items():
            np.testing.assert_array_equal(again.parts[0].network.parameters[name], p)
        seeded = again.parts[0].network.with_seed([0])
        np.testing.assert_array_equal(seeded.weights[0][:1], trial.parts[0].network.weights[0][:1])


def test_a_large_trial_is_cut_into_blocks_of_seeds_and_a_small_one_is_not():
    wide, small = (
        comparing(["mse", "ce"], name, seeds=5, sets=sets).planned[0] for name, sets in (("digits", WIDE), ("xor", []))
    )
    cut = [[network.seed for network in unit.networks] for _, unit, _ in units(wide[:1], None)]
    assert cut == [[[seed]] for seed in range(5)]
    assert count_epochs(wide[:1]) == 3 * len(cut)
    assert len(list(units(small, None))) == 2


@pytest.mark.parametrize(("seeds", "size", "blocks"), [(20, 17, 1), (10_000, 17, 9), (5, 15_010, 5), (7, 9000, 4)])
def test_a_block_has_as_many_seeds_as_fit_and_one_at_least(seeds, size, blocks):
    assert count_blocks(seeds, size) == blocks
    assert -(-seeds // blocks) * size <= TOGETHER


def test_a_unit_goes_to_a_worker_without_its_data():
    planned = comparing(["mse", "ce"], "digits", seeds=2).planned[0]
    _, unit, data = next(units(planned, None))
    assert len(pickle.dumps(unit)) < len(pickle.dumps(data)) / 10


@pytest.mark.parametrize(("jobs", "case"), [(2, case) for case in COMPARISONS] + [(3, "a unit for each seed")])
def test_two_and_three_processes_give_the_bits_of_one(jobs, case):
    name, options = COMPARISONS[case]
    alone = finished(comparing(["mse", "ce"], name, **options))
    assert_same(finished(comparing(["mse", "ce"], name, jobs=jobs, **options)), alone)


def test_a_cluster_gives_the_bits_of_one_process(cluster):
    name, options = COMPARISONS["a unit for each seed"]
    alone = finished(comparing(["mse", "ce"], name, **options))
    assert_same(finished(comparing(["mse", "ce"], name, cluster=cluster, **options)), alone)


def test_a_killed_process_is_replaced_and_nothing_counts_twice(tmp_path, xor_splits):
    assert killed_once(workers_for(2), tmp_path, xor_splits) == {k: (k, 4.0) for k in range(6)}


def test_a_killed_worker_of_a_cluster_is_replaced_and_nothing_counts_twice(tmp_path, xor_splits, cluster):
    assert killed_once(workers_for(1, cluster), tmp_path, xor_splits) == {k: (k, 4.0) for k in range(6)}


def test_a_cost_that_kills_every_worker_ends_with_a_sentence(bpnet, monkeypatch, elsewhere):
    """Its derivative is taken in this process too, when it is checked."""
    here = os.getpid()

    def doom(a, y):
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return a - y

    monkeypatch.setitem(COSTS, "doomed", Cost("doomed", lambda z, a, y: (a - y) ** 2 / 2, doom))
    code, _, err = bpnet("compare", "mse", "doomed", "-c", "xor", "--seeds", 2, "--jobs", 2, "--out", "c", "-q")
    assert code == 1
    assert err.splitlines() == [
        "What is finished is kept; resume with: bpnet compare --resume c",
        "Error: workers died 3 times in a row, the last at a single unit; is there memory for it?",
    ]
    assert json.loads(Path("c/run.json").read_text())["status"] == "failed"
    assert len(list(Path("c/sets").iterdir())) == 1


def test_who_stops_does_not_wait_for_the_epochs_at_work(xor_splits, tmp_path):
    with pytest.raises(KeyboardInterrupt), workers_for(2) as workers:  # noqa: PT012  (as Ctrl-C in the loop)
        for _ in workers.run([(Stuck(tmp_path), xor_splits)]):
            if (tmp_path / "begun").exists():
                raise KeyboardInterrupt
    assert not (tmp_path / "ended").exists()


def test_a_scheduler_that_is_lost_ends_with_a_sentence(tmp_path, xor_splits, soon):
    distributed = pytest.importorskip("distributed", reason="needs the extra [cluster]")
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0") as local,
        workers_for(1, local.scheduler_address) as workers,
    ):
        reports = workers.run([(Sleeper(tmp_path, 0), xor_splits)])
        next(reports)
        (tmp_path / "go").touch()
        local.close()
        with pytest.raises(BpnetError, match="no scheduler answers there") as caught:
            list(reports)
    assert caught.value.exit_code == 1  # a failure, no wrong call


def test_one_job_is_this_process(xor_splits, tmp_path):
    (tmp_path / "go").touch()
    workers = workers_for(1)
    assert isinstance(workers, Here)
    assert list(workers.run([(Sleeper(tmp_path, 7), xor_splits)])) == [Report(0, 3), Report(0, 0, (7, 4.0))]
    assert (tmp_path / f"7.{os.getpid()}").exists()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system limits no process to some cores")
def test_a_job_for_each_core_counts_those_that_may_be_used():
    program = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); "
    program += "from bpnet.comparison.workers import workers_for; print(type(workers_for(-1)).__name__)"
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "Here\n"


@pytest.mark.parametrize("jobs", [0, -2, 1.5, True])
def test_a_number_of_jobs_that_is_none_is_refused(jobs):
    with pytest.raises(UsageError, match="a number from 1, or -1 for every core"):
        comparing(["mse", "ce"], "xor", jobs=jobs)


def test_a_scheduler_that_is_not_there_is_refused_with_the_remedy(soon):
    pytest.importorskip("distributed", reason="needs the extra [cluster]")
    with pytest.raises(UsageError, match="no scheduler answers there; start one with `dask scheduler`"):
        comparing(["mse", "ce"], "xor", cluster="tcp://127.0.0.1:1")


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.setitem(sys.modules, "distributed.scheduler", None)
    with pytest.raises(UsageError, match=r"pip install 'bpnet-trainer\[cluster\]'"):
        comparing(["mse", "ce"], "xor", cluster="tcp://127.0.0.1:8786")


def test_jobs_and_a_cluster_are_refused():
    with pytest.raises(UsageError, match="keep one of the two"):
        workers_for(2, "tcp://127.0.0.1:8786")


def test_a_comparison_begun_with_two_processes_is_finished_by_one(tmp_path):
    name, options = COMPARISONS["a unit for each seed"]
    alone = finished(comparing(["mse", "ce"], name, **options))
    under_way = comparing(["mse", "ce"], name, jobs=2, **options)
    under_way.keep(tmp_path / "c")
    steps = iter(under_way)
    while not list((tmp_path / "c" / "sets").glob("*.safetensors")):
        next(steps)
    steps.close()
    assert json.loads((tmp_path / "c/run.json").read_text())["status"] == "interrupted"
    again = comparing_again(tmp_path / "c")
    assert next(iter(again)).done > 1  # the epochs of a unit that is not trained again, and one more
    assert_same(finished(comparing_again(tmp_path / "c", jobs=2)), alone)


def begun(folder):
    """A long comparison in two processes, of a session of its own, that has begun to train."""
    command = ["compare", "mse", "ce", "-c", "digits", "--seeds", "20", "--set", "train.epochs=100000", "--jobs", "2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "bpnet", *command, "--out", "c"],
        cwd=folder,
        env=os.environ | {"TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    boards = partial(folder.glob, "bpnet-*/0")  # where workers note the epochs of each unit
    assert until(lambda: any(np.fromfile(board, np.int64).any() for board in boards()))
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_reaches_all_processes_and_only_the_command_answers(tmp_path, number):
    """As a terminal does it at Ctrl-C or when it is closed: the signal goes to the whole group of processes."""
    before = signal.signal(number, signal.SIG_DFL)  # where these tests run under nohup, which the command would keep
    try:
        process = begun(tmp_path)
    finally:
        signal.signal(number, before)
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 128 + number
    assert (out, err) == ("", "Stopped; what is finished is kept; resume with: bpnet compare --resume c\n")
    assert until(lambda: not alive(process.pid)), "a process of the group is left"
    assert not list(tmp_path.glob("bpnet-*"))


def test_the_processes_and_files_of_a_command_that_is_killed_go_with_it(tmp_path):
    process = begun(tmp_path)
    assert list(tmp_path.glob("bpnet-*"))
    process.kill()
    process.communicate(timeout=300)
    assert until(lambda: not alive(process.pid)), "a process of the group is left"
    assert not list(tmp_path.glob("bpnet-*"))
