"""`bpnet compare` as a user meets it."""

import json
import re
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
        (["compare", "mse", "ce", "--rate", "ce"], "a number above 0"),
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
