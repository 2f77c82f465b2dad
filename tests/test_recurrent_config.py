"""A recurrent network from a config: its keys, its steps, its commands."""

import json

import numpy as np
import pytest

from bpnet import RecurrentNetwork, config, experiment, runs
from bpnet.errors import ConfigError, UsageError

pytestmark = pytest.mark.usefixtures("elsewhere")

SMALL = ["train.epochs=2", "network.hidden=[5]"]


def refused(*sets, name="digits-rows"):
    with pytest.raises(ConfigError) as caught:
        config.load(name, sets)
    return str(caught.value)


def test_a_feedforward_network_has_no_time():
    message = refused("network.steps=8", "network.truncate=2", "network.initial_state=learned", name="digits")
    for key in ("steps", "truncate", "initial_state"):
        assert f"network.{key}: is for a recurrent network; take it out, or write kind: recurrent" in message


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("network.kind=recurent", "did you mean 'recurrent'"),
        ("network.hidden=[]", "a recurrent network needs a hidden layer"),
        ("network.truncate=0", "too small"),
        ("network.initial_state=one", "is no initial state"),
        ("train.clip_norm=0", "too small; take more than 0"),
    ],
)
def test_a_wrong_key_of_a_recurrent_network_is_one_sentence(setting, sentence):
    assert sentence in refused(setting)


def test_the_gradient_goes_back_no_further_than_the_steps():
    assert "9 is more than the 8 steps there are" in refused("network.steps=8", "network.truncate=9")
    with pytest.raises(UsageError, match=r"^network.truncate: 9 is more than the 8 steps .* or null for all"):
        experiment.from_config(config.load("digits-rows", ["network.truncate=9"]))


def test_the_steps_are_those_of_the_data_or_as_asked():
    def network(name, *sets):
        ready = experiment.from_config(config.load(name, sets))
        assert ready.config.network.steps == ready.network.steps
        return ready.network.steps, ready.network.parameters["weights_input_1"].shape[1]

    assert network("digits-rows") == (8, 8)
    assert network("digits-rows", "network.steps=16") == (16, 4)
    assert network("sequence-parity", "data.length=5") == (5, 1)
    assert network("adding") == (20, 2)
    assert network("digits-rows", "data.name=first-of-many", "data.length=7") == (7, 4)


def test_data_without_steps_need_them_said():
    with pytest.raises(UsageError, match="'iris' has no steps of its own; say in how many to cut its 4 inputs"):
        experiment.from_config(config.load("digits-rows", ["data.name=iris"]))
    with pytest.raises(UsageError, match=r"cannot be cut into 3 equal steps; take one of \[1, 2, 4\]"):
        experiment.from_config(config.load("digits-rows", ["data.name=iris", "network.steps=3"]))


def test_an_archive_of_sequences_has_its_steps_and_a_table_is_cut_into_them():
    rng = np.random.default_rng(0)
    x, y = rng.random((40, 6, 2)), np.arange(40) % 2
    np.savez("s.npz", x=x, y=y)
    np.savetxt("s.csv", np.column_stack([x.reshape(40, 12), y]), delimiter=",")
    sets = [*SMALL, "data.split.test=0", "data.split.validation=0"]
    assert runs.train("digits-rows", sets=[*sets, "data.name=npz", "data.path=s.npz"], out="npz").layers == (12, 5, 2)
    table = [*sets, "data.name=csv", "data.path=s.csv", "data.header=false", "network.steps=6"]
    assert runs.train("digits-rows", sets=table, out="csv").layers == (12, 5, 2)
    assert runs.predict("npz", "s.npz") == runs.predict("csv", "s.npz")


def test_from_arrays_takes_the_keys_too():
    rng = np.random.default_rng(0)
    ready = experiment.from_arrays(rng.random((20, 12)), np.arange(20) % 3, kind="recurrent", steps=4, hidden=[3])
    assert isinstance(ready.network, RecurrentNetwork)


def test_it_trains_is_resumed_to_the_same_bits_evaluated_and_asked(bpnet):
    sets = [word for text in [*SMALL, "train.dropout=0.1", "network.initial_state=learned"] for word in ("--set", text)]
    assert bpnet("train", "-c", "digits-rows", *sets, "-q", "--out", "two")[0] == 0
    one = [*sets, "--set", "train.epochs=1"]
    assert bpnet("train", "-c", "digits-rows", *one, "-q", "--out", "one")[0] == 0
    assert bpnet("train", "--resume", "one", "--set", "train.epochs=2", "-q")[0] == 0
    one, two = (runs.open_run(name).path / "model.safetensors" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    code, out, _ = bpnet("evaluate", "two", "--json")
    assert code == 0
    assert json.loads(out)["test"] == runs.open_run("two").summary()["test"]
    np.savez("new.npz", x=np.zeros((3, 8, 8)))
    assert len(runs.predict("two", "new.npz")) == 3


def test_gradcheck_passes_every_array(bpnet):
    sets = ["--set", "network.hidden=[6, 4]", "--set", "network.initial_state=learned"]
    code, out, _ = bpnet("gradcheck", "-c", "digits-rows", *sets)
    assert code == 0
    for name in ("weights_input_1", "weights_recurrent_2", "state_2", "weights_output"):
        assert name in out


def test_a_truncated_gradient_is_not_checked_against_a_cost_that_it_does_not_belong_to(bpnet):
    code, _, err = bpnet("gradcheck", "-c", "digits-rows", "--set", "network.truncate=3")
    assert code == 2
    assert "network.truncate: a truncated gradient is not that of the cost" in err


def test_float64_is_a_key(bpnet):
    sets = [word for text in [*SMALL, "network.dtype=float64"] for word in ("--set", text)]
    assert bpnet("train", "-c", "digits-rows", *sets, "-q", "--out", "run")[0] == 0
    assert runs.open_run("run").model().network.dtype == np.float64


def test_the_plan_of_a_run_says_the_steps(bpnet):
    assert "64-32-10 (tanh, softmax), recurrent over 8 steps" in bpnet("train", "-c", "digits-rows", "--dry-run")[1]


def test_costs_are_compared_on_it_under_three_starts(bpnet):
    sets = [word for text in [*SMALL, "train.epochs=1"] for word in ("--set", text)]
    vary = ["--vary", "network.init=default,orthogonal,identity"]
    arguments = ["mse", "ce", "-c", "digits-rows", *sets, *vary, "--seeds", "2", "-q", "--out", "c", "--surface"]
    code, _, err = bpnet("compare", *arguments)
    assert code == 0, err
    header = runs.open_run("c").path.joinpath("curves.csv").read_text().partition("\n")[0]
    assert "delta_norm_output" in header
    assert "delta_norm_1_t8" in header


def test_a_class_of_the_other_kind_is_not_compared():
    from bpnet import Network, compare

    class Own(Network):
        pass

    with pytest.raises(UsageError, match="Own is no such network"):
        compare(["ce", Own], "digits-rows", sets=SMALL)
