"""`bpnet compare` as a user meets it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("elsewhere")


def test_without_a_config_it_is_the_books_neuron(bpnet):
    code, out, err = bpnet("compare", "mse", "ce", "--out", "c")
    assert code == 0
    assert err == ""
    assert re.search(r"mse +rate 0\.15 +error<0\.5 in 232 epochs +error<0\.2 in 302 epochs +.*0\.2028", out)
    assert "w=b=2: ce reached error<0.5 in 17 epochs, mse in 232: 13.6 times faster" in out
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


def test_a_tuned_comparison_shows_its_sweep_and_warns_at_its_end(bpnet):
    arguments = ["--config", "xor", "--set", "train.epochs=40", "--seeds", 2, "--rate-policy", "tuned", "-q"]
    code, out, err = bpnet("compare", "mse", "ce", *arguments)
    assert code == 0
    assert out.count("sweep ") == 2
    assert "lies at its end" in err


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
    assert re.search(r"done +comparison +c  w=0\.6, b=0\.9: ce reached error<0\.5 in 8 epochs, mse in 36", out)
    assert re.search(r"done +2 epochs  t  train cost", out)
    rows = {row["run"]: row for row in json.loads(bpnet("runs", ".", "--json")[1])["runs"]}
    assert rows["c"]["kind"] == "comparison"
    assert rows["c"]["verdict"].startswith("w=0.6, b=0.9: ce reached")
    assert (rows["t"]["kind"], rows["t"]["verdict"]) == ("training", "")


def test_options_that_train_are_refused_where_trainings_are_finished(bpnet):
    bpnet("train", "-c", "xor", "--set", "train.epochs=2", "--out", "t", "-q")
    code, _, err = bpnet("compare", "t", "t", "--seeds", 3)
    assert code == 2
    assert "finished trainings are compared as they are; leave out --seeds" in err


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
