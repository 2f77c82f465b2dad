"""The commands as a user meets them: what they print where, how they end, what they refuse."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from bpnet import cli

BPNET = [sys.executable, "-m", "bpnet"]
SHORT = ["--set", "train.epochs=3"]


pytestmark = pytest.mark.usefixtures("elsewhere")


@pytest.fixture
def moons(bpnet, elsewhere):
    assert bpnet("train", "-c", "moons", *SHORT, "--out", "moons", "-q")[0] == 0
    return Path("moons")


def test_train_prints_results_on_stdout_and_progress_on_stderr(bpnet):
    code, out, err = bpnet("train", "--config", "xor", "--out", "run")
    assert code == 0
    assert re.match(r"xor: 2-4-1, 17 parameters, ce, 1000 epochs in \d+\.\d s\n", out)
    assert "accuracy 100.00 %" in out
    assert "run         run\n" in out
    assert re.match(r"epoch 1/1000  accuracy [\d.]+ %  cost [\d.]+  [\d,]+ examples/s\n", err)
    assert err.splitlines()[-1].startswith("epoch 1000/1000")
    assert "\x1b" not in out + err


def test_quiet_is_quiet_on_stderr(bpnet):
    assert bpnet("train", "-c", "xor", *SHORT, "-q")[2] == ""


def test_json_is_one_object_that_is_the_summary(bpnet):
    code, out, _ = bpnet("train", "-c", "xor", *SHORT, "--json", "--out", "run")
    assert code == 0
    assert json.loads(out) == json.loads(Path("run/summary.json").read_text())


def test_a_dry_run_says_what_would_be_done_and_does_nothing(bpnet):
    code, out, _ = bpnet("train", "-c", "digits", "--dry-run")
    assert code == 0
    assert "64-64-10 (tanh, softmax), 4810 parameters" in out
    assert "train       1258 examples, x (1258, 64), y (1258, 10)" in out
    assert "steps       126 an epoch, 7560 in 60 epochs" in out
    assert not list(Path().iterdir())
    plan = json.loads(bpnet("train", "-c", "digits", "--dry-run", "--json")[1])
    assert plan["steps"] == 7560


def test_seed_and_settings_reach_the_run(bpnet):
    bpnet(
        "train", "-c", "xor", "--seed", 7, "--set", "train.epochs=2", "--set", "network.hidden=[3]", "--out", "r", "-q"
    )
    text = Path("r/config.yaml").read_text()
    assert "seed: 7" in text
    assert "hidden: [3]" in text


def test_all_errors_of_a_config_are_reported_at_once_with_their_places(bpnet):
    Path("x.yaml").write_text("name: x\ndata: {name: moons, nois: 1}\ntrain: {epocs: 3, learning_rate: fast}\n")
    code, out, err = bpnet("train", "--config", "x.yaml")
    assert code == 2
    assert out == ""
    assert "x.yaml:2:21: data.nois" in err
    assert "did you mean 'noise'" in err
    assert "x.yaml:3:9: train.epocs: unknown key; did you mean 'epochs'?" in err
    assert "'fast' is not a number" in err
    assert [path.name for path in Path().iterdir()] == ["x.yaml"]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["train"], 2, "name a config"),
        (["train", "-c", "xorr"], 2, "xor"),
        (["train", "-c", "xor", "--set", "train.epochs"], 2, "section.key=value"),
        (["train", "-c", "xor", "--seed", "-1"], 2, "--seed"),
        (["trian"], 2, "train"),
        (["train", "--resume", "nowhere"], 1, "no run there"),
        (["train", "--resume", "moons", "--config", "xor"], 2, "leave out --config"),
        (["train", "--resume", "moons", "--set", "seed=3"], 2, "leave out --set seed=3"),
        (["train", "-c", "mnist-ce", "--set", "data.path=nowhere"], 1, "nowhere"),
        (["train", "-c", "iris", "--set", "data.split.test=150"], 2, "0 to train on"),
        (["train", "-c", "diabetes", "--set", "network.output=softmax"], 2, "quantities"),
        (["train", "-c", "moons", "--out", "moons"], 2, "never overwritten"),
        (["train", "-c", "xor", "--out", "moons/config.yaml/run"], 2, "cannot be made"),
        (["plot", "nowhere"], 1, "no run there"),
        (["plot", "moons", "--kind", "weights"], 2, "its examples are no images"),
        (["plot", "moons", "--kind", "curve"], 2, "did you mean 'curves'"),
        (["plot", "moons", "-o", "x.jpeg"], 2, ".png or .svg"),
        (["predict", "moons", "missing.csv"], 1, "missing.csv"),
        (["evaluate", "moons", "missing.csv"], 1, "missing.csv"),
        (["init", "nothing"], 2, "nothing"),
        (["gradcheck"], 2, "name a config"),
    ],
)
@pytest.mark.usefixtures("moons")
def test_bad_input_gets_a_sentence_and_its_exit_code_and_never_a_traceback(bpnet, arguments, code, sentence):
    before = sorted(str(path) for path in Path().rglob("*"))
    found, out, err = bpnet(*arguments)
    assert found == code
    assert sentence in err
    assert "Traceback" not in out + err
    assert sorted(str(path) for path in Path().rglob("*")) == before, "nothing is left behind"


def test_divergence_ends_with_3_and_keeps_the_run(bpnet):
    sets = ["--set", "train.learning_rate=1e6", "--set", "train.epochs=50"]
    code, _, err = bpnet("train", "-c", "diabetes", *sets, "--out", "run", "-q")
    assert code == 3
    assert "smaller learning rate" in err
    assert json.loads(Path("run/run.json").read_text())["status"] == "diverged"


def test_gradcheck_passes_the_packaged_configs_and_reports_by_layer(bpnet):
    code, out, _ = bpnet("gradcheck", "-c", "xor3")
    assert code == 0
    assert "weights_1" in out
    assert "passed" in out
    report = json.loads(bpnet("gradcheck", "-c", "iris", "--json")[1])
    assert report["passed"]
    assert sum(layer["parameters"] for layer in report["layers"]) == 4 * 8 + 8 + 8 * 3 + 3


def test_gradcheck_looks_at_the_penalties(bpnet, monkeypatch):
    assert "float64, l2 5, l1 0.5" in bpnet("gradcheck", "-c", "xor", "-s", "train.l2=5", "-s", "train.l1=0.5")[1]
    monkeypatch.setattr("bpnet.gradcheck.differences.add_penalties", lambda *arguments: None)
    code, _, err = bpnet("gradcheck", "-c", "xor", "-s", "train.l2=5")
    assert code == 4
    assert "weights_" in err


def test_gradcheck_says_no_with_4(bpnet, monkeypatch):
    """A slip in BP1: the circulating recipe, put in the place of the real derivative."""
    from bpnet.network import Network

    def recipe(self, z, a, y):
        return self.activations[-1].pull_back((a - y) / len(y), z)

    monkeypatch.setattr(Network, "output_delta", recipe)
    code, out, err = bpnet("gradcheck", "-c", "xor")
    assert code == 4
    assert "DIFFERS" in out
    assert "not that of the cost" in err


def test_plot_draws_every_kind_that_fits_and_overlays_several_runs(bpnet, moons):
    code, out, _ = bpnet("plot", moons)
    assert code == 0
    for name in ("curves", "boundary", "confusion"):
        assert (moons / f"{name}.png").stat().st_size > 5000
        assert f"moons/{name}.svg" in out
    bpnet("train", "-c", "circles", *SHORT, "--out", "circles", "-q")
    assert bpnet("plot", "moons", "circles", "-o", "both.png")[1] == "both.png\n"


def test_evaluate_and_predict_answer_as_text_and_json(bpnet, moons):
    code, out, _ = bpnet("evaluate", moons)
    assert code == 0
    assert re.search(r"test +cost [\d.]+ +error [\d.]+ +accuracy [\d.]+ %", out)
    Path("x.csv").write_text("x1,x2\n0.5,0.2\n-0.5,1\n")
    code, out, _ = bpnet("predict", moons, "x.csv")
    assert code == 0
    assert out.splitlines()[0] == "example,predicted,confidence"
    assert len(out.splitlines()) == 3
    found = json.loads(bpnet("predict", moons, "x.csv", "--json")[1])
    assert found["predictions"][1]["predicted"] in ("upper", "lower")


def test_an_output_that_is_not_finite_is_no_class(bpnet):
    """Weights so large that z overflows: the softmax of two infinities is NaN. -1 would name the last class."""
    import numpy as np

    import bpnet as library

    library.train("iris", sets=["train.epochs=2", "network.activation=relu"], out="run")
    model = library.load_model("run/model.safetensors")
    for weights in model.network.weights:
        weights[:] = np.finfo(weights.dtype).max / 1e4
    library.save_model(Path("run/model.safetensors"), model)
    Path("x.csv").write_text("50,50,50,50\n-9,-9,-9,-9\n")
    none, known = library.predict("run", "x.csv", header=False)
    assert none == {"example": 1, "predicted": None, "confidence": None}
    assert known["predicted"] in model.classes
    assert bpnet("predict", "run", "x.csv", "--no-header")[1].splitlines()[1] == "1,,"
    assert json.loads(bpnet("predict", "run", "x.csv", "--no-header", "--json")[1])["predictions"][0] == none


def test_a_digit_in_a_png_is_read(bpnet):
    from PIL import Image

    from bpnet.datasets import load

    bpnet("train", "-c", "digits", "--out", "digits", "-q")
    digits = load("digits")
    right = 0
    for k in range(10):
        ink = (255 * digits.x[k].reshape(8, 8)).astype("uint8")
        Image.fromarray(255 - ink).resize((80, 80)).save("d.png")
        Image.fromarray(ink).save("same.png")
        answer = json.loads(bpnet("predict", "digits", "same.png", "--json")[1])["predictions"][0]
        right += answer["predicted"] == digits.classes[digits.labels[k]]
        assert bpnet("predict", "digits", "d.png")[0] == 0
    assert right >= 9


def test_an_init_config_is_valid_and_the_list_names_it(bpnet):
    names = bpnet("init")[1].split()
    assert {"xor", "mnist-ce"} <= set(names)
    Path("my.yaml").write_text(bpnet("init", "xor")[1])
    assert bpnet("validate", "my.yaml")[:2] == (0, "my.yaml: ok\n")


def test_validate_reports_on_every_file(bpnet):
    Path("bad.yaml").write_text("data: {name: moon}\n")
    Path("good.yaml").write_text("data: {name: moons}\n")
    code, out, err = bpnet("validate", "bad.yaml", "good.yaml")
    assert code == 2
    assert out == "good.yaml: ok\n"
    assert "did you mean 'moons'" in err


def test_show_gives_every_value_and_where_it_came_from(bpnet):
    out = bpnet("show", "-c", "xor", "--set", "train.epochs=5", "--seed", 3)[1]
    assert re.search(r"^train\.epochs: 5 +# --set$", out, re.M)
    assert re.search(r"^seed: 3 +# --seed$", out, re.M)
    assert re.search(r"^train\.cost: \"?ce\"? +# .*xor\.yaml:\d+:\d+$", out, re.M)
    assert re.search(r"^train\.l2: 0\.0 +# default$", out, re.M)
    found = json.loads(bpnet("show", "-c", "xor", "--json")[1])
    assert found["train.batch_size"]["value"] == "full"


def test_schema_datasets_runs_and_doctor_answer(bpnet, moons):
    assert json.loads(bpnet("schema")[1])["properties"]["train"]
    out = bpnet("datasets")[1]
    assert "mnist" in out
    assert "parity" in out
    bpnet("train", "-c", "xor", *SHORT, "-q")
    listed = json.loads(bpnet("runs", "--json")[1])["runs"]
    assert [run["status"] for run in listed] == ["done"]
    assert "done" in bpnet("runs", ".")[1]
    code, out, _ = bpnet("doctor")
    assert code == 0
    assert "all well" in out
    assert json.loads(bpnet("doctor", "--json")[1])["passed"]
    assert moons


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_argument_and_option_explains_itself(bpnet, command):
    code, out, _ = bpnet(command, "--help")
    assert code == 0
    assert out.startswith(f"Usage: bpnet {command}")
    context = click.Context(cli.COMMANDS[command])
    for parameter in cli.COMMANDS[command].params:
        usage, text = parameter.get_help_record(context)
        assert text, f"{command}: {usage} has no help"
        assert usage in out
        assert " ".join(text.split())[:20] in " ".join(out.split())


def hears_hangups():
    """As in a terminal, also where these tests run under nohup, which has their processes ignore SIGHUP."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def running(*arguments, **options):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "preexec_fn": hears_hangups}
    return subprocess.Popen([*BPNET, *arguments], **(pipes | options))


def until(condition, seconds=20):
    """Wait for something another process does."""
    ends = time.monotonic() + seconds
    while not condition() and time.monotonic() < ends:
        time.sleep(0.05)
    return condition()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_after_saving_and_the_run_can_be_resumed(bpnet, number, code):
    process = running("train", "-c", "moons", "--set", "train.epochs=1000000", "--out", "run")
    assert process.stderr.readline().startswith("epoch 1/")
    process.send_signal(number)
    out, err = process.communicate(timeout=300)
    assert process.returncode == code
    assert "Stopped and saved; resume with: bpnet train --resume run\n" in err
    assert "Traceback" not in out + err
    done = json.loads(Path("run/summary.json").read_text())["epochs"]
    assert json.loads(Path("run/run.json").read_text())["status"] == "interrupted"
    assert bpnet("train", "--resume", "run", "--set", f"train.epochs={done + 2}", "-q")[0] == 0
    assert json.loads(Path("run/summary.json").read_text())["epochs"] == done + 2


def test_a_closed_pipe_is_no_error_message():
    process = running("init")
    process.stdout.close()
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait()


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}])
def test_a_terminal_gets_one_live_line_and_no_color_is_honoured(terminal, environment):
    """The line is written over, and gone at the end."""
    code, text = terminal("train", "-c", "moons", "--out", "run", COLUMNS="120", **environment)
    assert code == 0
    assert b"epoch " in text
    assert b"\r" in text
    coloured = re.search(rb"\x1b\[[0-9;]*3[0-9]", text)
    assert bool(coloured) == (not environment)


def test_the_installed_command_is_the_module():
    found = subprocess.run([*BPNET, "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"bpnet \d+\.\d+\.\d+\n", found.stdout)


def test_a_killed_run_is_resumed_from_its_last_save(bpnet):
    process = running("train", "-c", "moons", "--set", "train.epochs=1000000", "--out", "run", "-q")
    assert until(lambda: Path("run/metrics.csv").exists() and Path("run/metrics.csv").read_text().count("\n") > 1)
    process.kill()
    process.communicate()
    assert json.loads(Path("run/run.json").read_text())["status"] == "running"
    done = Path("run/metrics.csv").read_text().count("\n") - 1
    code, out, _ = bpnet("train", "--resume", "run", "--set", f"train.epochs={done + 5}", "-q", "--json")
    assert code == 0
    assert json.loads(out)["epochs"] == done + 5


def test_a_run_that_is_being_trained_is_not_resumed(bpnet):
    process = running("train", "-c", "moons", "--set", "train.epochs=1000000", "--out", "run")
    assert process.stderr.readline().startswith("epoch 1/")
    code, _, err = bpnet("train", "--resume", "run")
    process.kill()
    process.communicate()
    assert code == 2
    assert f"is being trained by process {process.pid}" in err


def test_a_damaged_run_does_not_hide_the_others(bpnet):
    for name in ("a", "b", "c"):
        bpnet("train", "-c", "xor", *SHORT, "--out", f"runs/{name}", "-q")
    Path("runs/a/run.json").write_text("{")
    summary = json.loads(Path("runs/b/summary.json").read_text())
    summary["train"]["cost"] = None
    Path("runs/b/summary.json").write_text(json.dumps(summary))
    code, out, _ = bpnet("runs")
    assert code == 0
    assert "damaged" in out
    assert "train cost not finite" in out
    assert re.search(r"done +3 epochs +runs/c +train cost", out)
    assert bpnet("runs", "nowhere")[0] == 1
    assert "runs/c" in bpnet("runs", "runs/c")[1]


def test_debug_changes_no_exit_code_and_goes_anywhere():
    for arguments in (["--debug", "train", "-c", "nope"], ["train", "-c", "nope", "--debug"]):
        process = running(*arguments)
        assert "Traceback" in process.communicate()[1]
        assert process.returncode == 2


def test_one_epoch_is_called_so(bpnet):
    one = ("-c", "xor", "--set", "train.epochs=1")
    assert "in 1 epoch\n" in bpnet("train", *one, "--dry-run")[1]
    assert ", 1 epoch in " in bpnet("train", *one, "-q", "--out", "runs/one")[1]
    assert "1 epoch   runs/one" in bpnet("runs")[1]


def test_early_stopping_is_reported(bpnet):
    code, out, _ = bpnet("train", "-c", "moons", "--set", "train.early_stopping=2", "--out", "r", "-q")
    assert code == 0
    assert "stopped     early: no better validation score" in out
    assert json.loads(Path("r/summary.json").read_text())["stopped_by"] == "early stopping"


def test_the_hint_to_resume_can_be_pasted():
    process = running("train", "-c", "moons", "--set", "train.epochs=1000000", "--out", "a run")
    process.stderr.readline()
    process.send_signal(signal.SIGHUP)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 129
    assert "--resume 'a run'" in err


def test_python_takes_texts_for_paths_and_configs(tmp_path):
    import numpy as np

    import bpnet as library

    summary = library.train("xor", out=str(tmp_path / "one"))
    library.train({"name": "m", "data": {"name": "xor"}, "train": {"epochs": 2}}, out=tmp_path / "two")
    assert summary.status == "done"
    assert set(library.evaluate(str(tmp_path / "one"))) == {"train"}
    network = library.Network([2, 1])
    library.save_model(str(tmp_path / "net"), network)
    x = np.ones((1, 2))
    np.testing.assert_array_equal(library.load_model(str(tmp_path / "net")).predict(x), network.predict(x))


@pytest.mark.parametrize("columns", [20, 80])
def test_a_narrow_terminal_still_gets_its_epoch(terminal, columns):
    short = ["--set", "train.epochs=300", "--out", "run"]
    code, text = terminal("train", "-c", "moons", *short, COLUMNS=str(columns), NO_COLOR="1")
    assert code == 0
    assert re.search(rb"epoch \d+/300", text)


def test_a_dumb_terminal_gets_plain_lines(terminal):
    code, text = terminal("train", "-c", "moons", *SHORT, "--out", "run", TERM="dumb")
    assert code == 0
    assert text.startswith(b"epoch 1/3  accuracy ")
    assert b"\x1b" not in text


def test_a_signal_stops_within_a_long_epoch():
    """A million steps an epoch: about half a minute, of which the test waits for none."""
    sets = ["--set", "data.samples=1000000", "--set", "train.batch_size=1", "--out", "run", "-q"]
    process = running("train", "-c", "moons", *sets)
    assert until(lambda: Path("run/metrics.csv").exists(), 60)
    time.sleep(1)  # seconds: so that the epoch has begun
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 143
    assert "Stopped and saved" in err
    summary = json.loads(Path("run/summary.json").read_text())
    assert (summary["status"], summary["epochs"]) == ("interrupted", 0)


def test_the_epochs_and_the_data_of_a_resumed_run_may_change(bpnet):
    rows = "".join(f"{k % 7},{k % 3},{'no' if k % 2 else 'yes'}\n" for k in range(40))
    Path("old.csv").write_text(f"a,b,c\n{rows}")
    Path("t.yaml").write_text("data: {name: csv, path: old.csv}\nnetwork: {hidden: [3]}\n")
    assert bpnet("train", "-c", "t.yaml", *SHORT, "--out", "run", "-q")[0] == 0
    Path("old.csv").rename("new.csv")
    code, out, _ = bpnet("train", "--resume", "run", "-s", "train.epochs=5", "-s", "data.path=new.csv", "-q", "--json")
    assert code == 0
    assert json.loads(out)["epochs"] == 5
    code, _, err = bpnet("train", "--resume", "run", "-s", "train.epochs=few")
    assert code == 2
    assert "--set train.epochs=few: a number of epochs is a whole number from 1" in err


@pytest.mark.parametrize("command", ["gradcheck", "doctor"])
def test_a_check_that_says_no_exits_with_4_and_still_prints_its_json(bpnet, monkeypatch, command):
    from bpnet.network import Network

    def recipe(self, z, a, y):
        return self.activations[-1].pull_back((a - y) / len(y), z)

    monkeypatch.setattr(Network, "output_delta", recipe)
    code, out, err = bpnet(command, "--json", *(["-c", "xor"] if command == "gradcheck" else []))
    assert code == 4
    assert json.loads(out)["passed"] is False
    assert err.startswith("Error: ")


def test_where_nobody_reads_a_command_ends_with_141_and_no_word():
    """As `bpnet schema | true` does, once `true` is over."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*BPNET, "schema"], stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")
