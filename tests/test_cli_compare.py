"""`bpnet compare` as a user meets it."""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bpnet.cli import signals

pytestmark = pytest.mark.usefixtures("elsewhere")


def test_without_a_config_it_is_the_books_neuron(bpnet):
    code, out, err = bpnet("compare", "mse", "ce", "--out", "c")
    assert code == 0
    assert err == ""
    measured = (
        r"mse +rate 0\.15 +output after 300 epochs: 0\.2028\n +error<0\.5 +in 232 epochs\n +error<0\.2 +in 302 epochs\n"
    )
    assert re.search(measured, out)
    assert "\nw=b=2: ce reached it in 17 epochs, mse in 232: 13.6 times faster\n" in out
    assert "picture     c/compare.png" in out


def test_json_is_one_object_that_is_the_summary(bpnet):
    code, out, _ = bpnet("compare", "mse", "ce", "--json", "--out", "c", "-q")
    assert code == 0
    assert json.loads(out) == json.loads(Path("c/summary.json").read_text())


def test_a_config_seeds_rates_and_targets_reach_the_summary(bpnet):
    arguments = ["--config", "xor", "--set", "train.epochs=20", "--seeds", 3, "--rate", "ce=0.5", "--rate", "mse=3"]
    code, out, _ = bpnet("compare", "mse", "ce", *arguments, "--target", "error<0.45", "--seed", 4, "--json", "-q")
    summary = json.loads(out)
    assert code == 0
    assert summary["seeds"] == 3
    assert summary["target"] == "error<0.45"
    assert summary["conditions"][0]["costs"]["ce"]["learning_rate"] == 0.5
    assert summary["run"].startswith("runs/compare-mse-ce-")
    with (Path(summary["run"]) / "curves.csv").open() as file:
        assert {line.split(",")[1] for line in list(file)[1:]} == {"4", "5", "6"}


def test_one_varied_key_draws_how_it_matters_and_two_draw_a_map(bpnet):
    base = ["compare", "mse", "ce", "--config", "xor", "--set", "train.epochs=30", "--seeds", 3, "-q"]
    assert bpnet(*base, "--vary", "network.init_scale=1,4", "--out", "one")[0] == 0
    two = ["--vary", "network.init_scale=1,4", "--vary", "train.learning_rate=1,3", "--surface"]
    assert bpnet(*base, *two, "--out", "two")[0] == 0
    for name in ("one/compare", "one/vary", "two/map", "two/surface"):
        for ending in ("png", "svg"):
            assert Path(f"{name}.{ending}").stat().st_size > 3000


def test_finished_runs_are_compared_too(bpnet):
    for cost in ("mse", "ce"):
        bpnet("train", "-c", "moons", "--set", "train.epochs=5", "--set", f"train.cost={cost}", "--out", cost, "-q")
    code, out, _ = bpnet("compare", "mse", "ce", "--target", "error<0.4", "--out", "both")
    assert code == 0
    assert "mse (mse): best validation accuracy" in out
    assert Path("both/compare.png").is_file()


def test_a_tuned_comparison_shows_its_sweeps_and_warns_where_the_best_rate_is_at_the_end(bpnet):
    code, out, err = bpnet("compare", "mse", "ce", "--rate-policy", "tuned", "-q")
    assert code == 0
    assert re.search(r"\nsweep of ce, w=b=2, mini-batches to error<0\.5: rate .*, 1\.2 in \d+, .*; best [\d.]+\n", out)
    assert out.count("sweep of ") == 4
    assert err == "warning: mse, w=b=2: the best rate of the sweep, 9830.4, lies at its end\n"


def test_the_times_of_several_seeds_come_with_their_unit_and_their_share(bpnet):
    arguments = ["-c", "xor", "--seeds", 6, "--set", "train.epochs=150", "-q", "--target", "error<0.3", "--json"]
    summary = json.loads(bpnet("compare", "mse", "ce", *arguments)[1])
    times = summary["conditions"][0]["costs"]["ce"]["epochs_to_target"]
    assert 0 < times["reached"] < times["of"], "else this test shows nothing"
    line = f"median {times['median']:g} epochs; arrived {times['reached']} of 6 (Wilson "
    out = bpnet("compare", "mse", "ce", *arguments[:-1])[1]
    assert line in out
    assert f"; restricted mean {times['mean']:.4g}\n" in out
    often = bpnet("compare", "mse", "ce", *arguments[:-1], "--check-every", 5)[1]
    assert re.search(r"error<0\.3 +median [\d.]+ mini-batches; arrived", often)


@pytest.mark.parametrize(("seeds", "words"), [(1, " in 1 epoch\n"), (6, " median 1 epoch; arrived 6 of 6 ")])
def test_one_epoch_is_called_so(bpnet, seeds, words):
    sets = ("data.name=or", "network.output_bias=-1", "train.epochs=2", "train.learning_rate=5")
    options = ["--seeds", seeds, "--target", "error<0.5", *(word for text in sets for word in ("--set", text))]
    assert words in bpnet("compare", "mse", "ce", "-c", "xor", *options, "-q")[1]


def test_each_policy_is_a_row_of_a_table_and_its_signs_are_explained(bpnet):
    """Ten seeds with equal winners exclude chance: 2 / 2^10, corrected for the pairs there are, is below .05."""
    arguments = ["-c", "xor", "--seeds", 10, "--set", "train.epochs=150", "--set", "network.init_scale=16"]
    code, out, _ = bpnet(
        "compare", "mse", "ce", *arguments, "--target", "error<0.3", "--rate-policy", "each", "-q", "--out", "c"
    )
    assert code == 0
    rows = [line for line in out.splitlines() if re.match(r"(same|matched|tuned) rates  +\S", line)]
    assert [row.split()[0] for row in rows] == ["same", "matched", "tuned"]
    found = json.loads(Path("c/summary.json").read_text())["conditions"]
    first = [condition["speedups"]["error<0.3"][0] for condition in found]
    beyond = [pair["p_holm"] is not None and pair["p_holm"] < 0.05 for pair in first]
    assert [row.endswith(" *") for row in rows] == beyond
    assert any(beyond), "else this test shows nothing"
    assert "\n* chance is excluded (sign test, corrected)\n" in out


def test_a_cost_has_settings_of_its_own_typed_as_in_a_config(bpnet):
    own = ["--for", "ce", "train.l2=0.5", "--for", "ce", "train.dropout=0.5", "--for", "mse", "train.learning_rate=1"]
    arguments = ["-c", "xor", "--set", "train.epochs=5", "--seeds", 2, "--json", "-q"]
    summary = json.loads(bpnet("compare", "mse", "ce", *arguments, *own)[1])
    assert summary["own"] == {"ce": {"train.l2": 0.5, "train.dropout": 0.5}, "mse": {"train.learning_rate": 1}}
    costs = summary["conditions"][0]["costs"]
    assert [costs[name]["learning_rate"] for name in ("mse", "ce")] == [1, 3]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["compare", "mse"], "two different costs"),
        (["compare", "mse", "cee"], "did you mean 'ce'"),
        (["compare", "mse", "ce", "--set", "train.epochs=3"], "name one with --config"),
        (["compare", "mse", "ce", "--vary", "z0"], "write a key and its values"),
        (["compare", "mse", "ce", "--rate", "ce=fast"], "write a cost and its rate"),
        (["compare", "mse", "ce", "--rate", "ce"], "write a cost and its rate, such as ce=0.5"),
        (["compare", "mse", "ce", "--target", "cost<1"], "cannot be compared"),
        (["compare", "mse", "ce", "-c", "xor", "--vary", "network.init_scal=1"], "did you mean 'init_scale'"),
        (["compare", "mse", "ce", "-c", "nothing"], "nothing"),
        (["compare", "mse", "ce", "-c", "xor", "--seeds", "0"], "--seeds"),
        (["compare"], "two different costs or more; got none"),
        (["compare", "mse", "ce", "-c", "xor", "--rate", "ce=1", "--rate", "ce=2"], "--rate ce: given twice"),
        (["compare", "mse", "ce", "-c", "xor", "--vary", "seed=1", "--vary", "seed=2"], "--vary seed: given twice"),
        (["compare", "mse", "ce", "-c", "xor", "--for", "ce", "train.l2"], "--for train.l2: write a cost and its"),
        (["compare", "mse", "ce", "-c", "xor", "--for", "ce", "train.l2="], "null is not a number"),
        (["compare", "mse", "ce", "-c", "xor", "--for", "ce", "train.l2=1,2"], "one value for a cost"),
        (["compare", "mse", "ce", "-c", "xor", "--for", "ce", "train.l2=high"], "'high' is not a number"),
        (["compare", "mse", "ce", "-c", "xor", "--for", "cee", "train.l2=1"], "did you mean 'ce'"),
        (["compare", "mse", "ce", "-c", "xor", "--for", "ce", "data.samples=3"], "has this in common"),
        (
            ["compare", "mse", "ce", "-c", "xor", *["--for", "ce", "train.l2=1", "--for", "ce", "train.l2=2"]],
            "given twice",
        ),
        (["compare", "mse", "ce", "-c", "xor", "--check-on", "0"], "--check-on"),
        (["compare", "mse", "ce", "--rate-policy", "ech"], "did you mean 'each'"),
        (["compare", "mse", "--resume", "c"], "--resume goes on with the same comparison; leave out costs"),
        (["compare", "--resume", "c", "--seeds", "3"], "leave out --seeds"),
    ],
)
def test_what_makes_no_comparison_is_refused_in_a_sentence(bpnet, arguments, sentence):
    code, out, err = bpnet(*arguments)
    assert code == 2
    assert sentence in err
    assert "Traceback" not in out + err
    assert not list(Path().iterdir())


def test_a_folder_that_is_there_is_kept(bpnet):
    Path("c").mkdir()
    code, _, err = bpnet("compare", "mse", "ce", "--out", "c", "-q")
    assert code == 2
    assert "never overwritten" in err
    assert not list(Path("c").iterdir())


@pytest.fixture
def comparison(bpnet, elsewhere):
    assert bpnet("compare", "mse", "ce", "--surface", "--out", "c", "-q")[0] == 0
    return Path("c")


@pytest.mark.parametrize(
    "arguments",
    [["evaluate", "c"], ["predict", "c", "x.csv"], ["train", "--resume", "c"], ["compare", "c", "c"]],
)
def test_a_comparison_is_no_training_and_that_is_what_the_sentence_says(bpnet, comparison, arguments):
    before = {path.name: path.read_bytes() for path in comparison.iterdir()}
    code, out, err = bpnet(*arguments)
    assert code == 2
    assert out == ""
    sentence = "c: holds a comparison, not a training; `bpnet plot` draws it again, and summary.json has its numbers"
    assert err == f"Error: {sentence}\n"
    assert {path.name: path.read_bytes() for path in comparison.iterdir()} == before


def test_the_pictures_of_a_comparison_are_drawn_again(bpnet, comparison):
    before = {path.name: path.read_bytes() for path in comparison.glob("*.*g")}
    assert {"compare.png", "compare.svg", "surface.png", "surface.svg"} <= before.keys()
    for name in before:
        (comparison / name).unlink()
    code, out, _ = bpnet("plot", comparison)
    assert code == 0
    assert sorted(out.split()) == sorted(f"c/{name}" for name in before)
    assert {path.name: path.read_bytes() for path in comparison.glob("*.*g")} == before
    assert bpnet("plot", comparison, "--kind", "curves")[0] == 2


def test_the_list_of_runs_has_a_comparison_with_its_kind_and_its_verdict(bpnet, comparison):
    bpnet("train", "-c", "xor", "--set", "train.epochs=2", "--out", "t", "-q")
    out = bpnet("runs", ".")[1]
    assert re.search(r"done +comparison +c  w=0.6, b=0.9: ce reached it in 8 epochs", out)
    assert re.search(r"done +2 epochs  t  train cost", out)
    rows = {row["run"]: row for row in json.loads(bpnet("runs", ".", "--json")[1])["runs"]}
    assert rows["c"]["kind"] == "comparison"
    assert rows["c"]["verdict"].startswith("w=0.6, b=0.9: ce reached it in 8 epochs")
    assert (rows["t"]["kind"], rows["t"]["verdict"]) == ("training", "")


def test_options_that_train_are_refused_where_trainings_are_finished(bpnet):
    bpnet("train", "-c", "xor", "--set", "train.epochs=2", "--out", "t", "-q")
    code, _, err = bpnet("compare", "t", "t", "--seeds", 3)
    assert code == 2
    assert "finished trainings are compared as they are; leave out --seeds" in err


def test_a_run_beside_a_name_that_is_none_is_missed_by_that_name(bpnet):
    bpnet("train", "-c", "xor", "--set", "train.epochs=2", "--out", "t", "-q")
    code, _, err = bpnet("compare", "t", "u")
    assert code == 1
    assert err.startswith("Error: u: no run there")


LONG = ["-c", "xor", "--set", "train.epochs=2000", "--seeds", "3", "--vary", "network.hidden=[2],[3]"]  # four sets


def until(condition):
    """Wait for something another process does, 20 s at most."""
    ends = time.monotonic() + 20
    while not condition() and time.monotonic() < ends:
        time.sleep(0.01)
    return condition()


def stopped(number, out):
    """A comparison stopped by a signal once its first set is finished: its exit code and what it printed."""
    arguments = [sys.executable, "-m", "bpnet", "compare", "mse", "ce", *LONG, "--out", out]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert until(lambda: any(Path(out, "sets").glob("*.safetensors")))
    process.send_signal(number)
    printed, err = process.communicate(timeout=300)
    return process.returncode, printed, err


def contents(folder):
    """What two equal comparisons share: the curves and the summary."""
    summary = json.loads((Path(folder) / "summary.json").read_text())
    return (Path(folder) / "curves.csv").read_bytes(), {k: v for k, v in summary.items() if k not in ("run", "seconds")}


@pytest.fixture
def interrupted(elsewhere):
    assert stopped(signal.SIGINT, "a folder") == (
        130,
        "",
        "Stopped; what is finished is kept; resume with: bpnet compare --resume 'a folder'\n",
    )
    return Path("a folder")


def test_a_comparison_that_was_stopped_is_resumed_to_what_it_would_have_been(bpnet, interrupted):
    """Also where a set that was finished is damaged: it is trained again."""
    assert json.loads((interrupted / "run.json").read_text())["status"] == "interrupted"
    assert not (interrupted / "summary.json").exists()
    shutil.copytree(interrupted, "damaged")
    file = next(Path("damaged/sets").glob("*.safetensors"))
    file.write_bytes(file.read_bytes()[:100])
    assert bpnet("compare", "mse", "ce", *LONG, "--out", "whole", "-q")[0] == 0
    for folder in (interrupted, "damaged"):
        code, out, _ = bpnet("compare", "--resume", folder, "-q", "--json")
        assert code == 0
        assert json.loads(out)["status"] == "done"
        assert contents(folder) == contents("whole")
    assert {path.name for path in interrupted.iterdir()} == {path.name for path in Path("whole").iterdir()}
    code, _, err = bpnet("compare", "--resume", interrupted)
    assert code == 2
    assert err == "Error: a folder: is finished; `bpnet plot` draws it again\n"


def test_a_comparison_is_stopped_by_kill_too():
    code, out, err = stopped(signal.SIGTERM, "c")
    assert (code, out) == (143, "")
    assert err == "Stopped; what is finished is kept; resume with: bpnet compare --resume c\n"


def test_a_second_signal_stops_at_once():
    with signals.caught() as stop:
        signal.raise_signal(signal.SIGTERM)
        assert stop.exit_code == 143
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_a_closed_terminal_does_not_stop_what_nohup_started():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals.caught() as stop:
            signal.raise_signal(signal.SIGHUP)
            assert not stop.signal
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_comparison_that_is_being_trained_is_not_resumed(bpnet):
    arguments = [sys.executable, "-m", "bpnet", "compare", "mse", "ce", *LONG, "--out", "c", "-q"]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert until(Path("c/run.json").exists)
    code, _, err = bpnet("compare", "--resume", "c")
    process.kill()
    process.communicate()
    assert code == 2
    assert f"is being trained by process {process.pid} right now" in err


@pytest.mark.parametrize(("folder", "code", "sentence"), [("t", 2, "holds a training"), ("nowhere", 1, "no run there")])
def test_only_a_comparison_is_resumed(bpnet, folder, code, sentence):
    bpnet("train", "-c", "xor", "--set", "train.epochs=2", "--out", "t", "-q")
    found, _, err = bpnet("compare", "--resume", folder)
    assert found == code
    assert sentence in err


def test_a_shorter_live_line_clears_the_longer_one_before_it_on_a_small_terminal(terminal):
    """A leftover once made "z0 = 61887" of "z0 = 6": so a line is erased first, and never wider than the terminal."""
    arguments = ["compare", "mse", "ce", *LONG[:-1], "network.hidden=[2],[11, 12, 13]", "--out", "c"]
    code, text = terminal(*arguments, COLUMNS="30", NO_COLOR="1")
    assert code == 0
    _, *lines = text.split(b"\r")
    frames = [line for line in lines if b"epoch" in line]
    assert len(frames) > 2
    for frame in frames:
        assert frame.startswith(b"\x1b[2K")
        assert len(re.sub(rb"\x1b\[[?\d;]*[a-zA-Z]", b"", frame).decode().rstrip("\n")) <= 30


def test_a_value_in_brackets_is_no_style_of_the_live_line(terminal):
    for name in ("a[red].csv", "b.csv"):
        Path(name).write_text("x,y,kind\n" + "".join(f"{k % 7},{k % 3},{k % 2}\n" for k in range(40)) + f"1,1,{name}\n")
    Path("t.yaml").write_text("data: {name: csv, path: b.csv}\nnetwork: {hidden: [3]}\ntrain: {epochs: 300}\n")
    vary = ["--vary", "data.path='a[red].csv'", "--seeds", "2", "--out", "c"]
    code, text = terminal("compare", "mse", "ce", "-c", "t.yaml", *vary, COLUMNS="120", NO_COLOR="1")
    assert code == 0
    assert b"path = a[red].csv" in text


def test_long_lines_are_broken_between_words_on_a_terminal_and_whole_in_a_pipe(bpnet):
    ours, theirs = pty.openpty()
    arguments = [sys.executable, "-m", "bpnet", "compare", "mse", "ce", "--out", "c"]
    subprocess.run(arguments, stdout=theirs, check=True, env={**os.environ, "COLUMNS": "60"})
    os.close(theirs)
    lines = os.read(ours, 100_000).decode().splitlines()
    os.close(ours)
    assert max(map(len, lines)) <= 60
    whole = bpnet("compare", "mse", "ce", "--out", "d", "-q")[1]
    assert max(map(len, whole.splitlines())) > 60
    assert " ".join(lines).split()[:-3] == whole.split()[:-3], "the same words, but for the folder"


def test_a_terminal_gets_one_live_line_of_a_comparison(terminal):
    arguments = ["compare", "mse", "ce", "-c", "xor", "--set", "train.epochs=2000", "--seeds", "2", "--out", "c"]
    code, text = terminal(*arguments, COLUMNS="120", NO_COLOR="1")
    assert code == 0
    assert re.search(rb"epoch \d+/\d+", text)
    assert b"\r" in text
    assert text.count(b"\n") <= 2, "the line is written over"


def test_a_pipe_gets_no_control_characters_of_a_comparison():
    arguments = ["compare", "mse", "ce", "-c", "xor", "--set", "train.epochs=50", "--seeds", "2"]
    done = subprocess.run([sys.executable, "-m", "bpnet", *arguments], capture_output=True, check=True)
    assert not re.search(rb"[\x00-\x09\x0b-\x1f]", done.stdout + done.stderr)
