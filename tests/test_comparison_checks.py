"""What a comparison refuses: before anything is trained or written, by the name of the key or option, with a remedy."""

from pathlib import Path

import pytest

from bpnet import training
from bpnet.comparison import compare
from bpnet.comparison.targets import parse_target
from bpnet.costs import COSTS, Cost
from bpnet.errors import UsageError

pytestmark = pytest.mark.usefixtures("elsewhere")

RATE, L2 = "train.learning_rate", "train.l2"
OTHER_MSE = Cost("mse", COSTS["mse"].value, COSTS["mse"].derivative)


@pytest.fixture(autouse=True)
def nothing_is_trained(monkeypatch):
    """A refusal comes before the first step."""

    def began(*arguments, **keywords):
        pytest.fail("a training began")

    monkeypatch.setattr(training, "epochs", began)
    monkeypatch.setattr(training, "steps", began)


def refusal(*config, costs=("mse", "ce"), **options):
    """The sentence with which a comparison is refused, when nothing is written."""
    with pytest.raises(UsageError) as error:
        compare(list(costs), *config, **options)
    assert not list(Path().iterdir())
    return str(error.value)


@pytest.mark.parametrize(
    ("costs", "sentence"),
    [
        ((), "takes two different costs or more; got none"),
        (("mse",), "takes two different costs or more; got mse"),
        (("mse", "mse"), "takes two different costs or more; got mse, mse"),
        (("mse", COSTS["mse"]), "takes two different costs or more"),
        (("mse", "cee"), "did you mean 'ce'"),
        ((OTHER_MSE, "ce"), "a cost of your own has the name of another one, 'mse'; rename it"),
    ],
)
def test_costs_that_make_no_comparison(costs, sentence):
    assert sentence in refusal("xor", costs=costs)


def test_a_cost_that_does_not_fit_the_output():
    assert "cost 'ce' needs a sigmoid or softmax output" in refusal("diabetes")


@pytest.mark.parametrize(
    ("key", "values", "words"),
    [
        ("name", ["a", "b"], "changes nothing that is trained; take it out"),
        ("seed", [0, 1], "counted by --seeds"),
        ("train.cost", ["mse", "ce"], "the costs are what is compared; take it out"),
        ("train.monitor", [[], ["slope"]], "changes nothing that is trained; take it out"),
        ("train.measure_test", [True, False], "changes nothing that is trained; take it out"),
        ("train", [{"epochs": 1}, {"epochs": 2}], "whole section"),
        ("data", [{"name": "xor"}], "whole section"),
        ("network.init_scale", [], "no values; write some, such as --vary network.init_scale=V,V"),
        ("network.init_scale", [1, 2, 1.0], "conditions 1 and 3 are the same; keep one of them"),
        ("network.init_scal", [1], "did you mean 'init_scale'"),
        ("network.init_scale", [-1], "too small"),
        ("network.init_scale", ["a"], "not a number"),
        ("train.early_stopping", [3, 5], "set data.split.validation"),
        ("train.learning_rate", [], "no values"),
        ("data.seed", [0, 1], "neither points nor split of 'xor' depend on it"),
    ],
)
def test_keys_that_cannot_be_varied(key, values, words):
    text = refusal("xor", vary={key: values})
    assert key.rpartition(".")[2] in text
    assert words in text


@pytest.mark.parametrize("policy", ["tuned", "each"])
def test_rates_are_not_varied_where_a_policy_looks_for_them(policy):
    sentence = f"--vary train.learning_rate: --rate-policy {policy} looks for the rates itself; take it out"
    assert refusal("xor", vary={RATE: [1, 2]}, rate_policy=policy) == sentence
    assert refusal(vary={"learning_rate": [1, 2]}, rate_policy=policy) == sentence.replace("train.", "")


@pytest.mark.parametrize(
    "options",
    [
        {"rates": {"mse": 1, "ce": 2}},
        {"own": {"mse": {RATE: 1}, "ce": {RATE: 2}}},
        {"rates": {"mse": 1}, "own": {"ce": {RATE: 2}}},
    ],
)
def test_rates_are_not_varied_or_looked_for_where_all_are_given(options):
    assert f"--vary {RATE}: " in refusal("xor", vary={RATE: [1, 2]}, **options)
    for policy in ("matched", "tuned", "each"):
        assert f"--rate-policy {policy}: --rate and --for give every" in refusal("xor", rate_policy=policy, **options)


def test_a_key_that_all_costs_have_of_their_own_is_not_varied():
    own = {"mse": {L2: 1}, "ce": {L2: 0}}
    assert f"--vary {L2}: --for gives every cost a value of its own" in refusal("xor", vary={L2: [0, 1]}, own=own)


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ("train.early_stopping=5", "train.early_stopping"),
        ("train.schedule=halve", "train.schedule"),
        ("train.schedule={name: halve, patience: 2}", "train.schedule"),
    ],
)
def test_rules_that_wait_are_refused_by_name_with_the_remedy(setting, key):
    text = refusal("moons", sets=[setting])
    assert text.startswith(f"{key} waits for the score of one network")
    assert text.endswith(f"leave it out with --set {key}=null")


def test_rules_that_wait_are_refused_when_they_are_varied_or_one_costs_own_too():
    assert "train.schedule waits" in refusal("moons", vary={"train.schedule": ["step", "halve"]})
    assert "train.early_stopping waits" in refusal("moons", own={"ce": {"train.early_stopping": 3}})


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("error<0.9", "met before the first step; take one further off"),
        ("accuracy>0.4", "met before the first step; take one further off"),
        ("accuracy>1", "the best possible accuracy is 1"),
        ("accuracy>95", "the best possible accuracy is 1; 95 % is 0.95"),
        ("error<0", "the best possible error is 0"),
        ("error>0.1", "a lower error is better; write error<..."),
        ("accuracy<0.5", "a higher accuracy is better; write accuracy>..."),
        ("r2>0.5", "targets of classes are measured by error, max_error, accuracy"),
        ("cost<0.1", "a cost cannot be compared with another cost; take error or accuracy"),
        ("eror<0.1", "did you mean 'error'"),
        ("error=0.1", "write a measure and a bound, such as error<0.1"),
        ("error<x", "write a measure and a bound"),
        ("error<nan", "write a measure and a bound"),
    ],
)
def test_targets_that_measure_nothing(target, words):
    text = refusal("xor", targets=["error<0.1", target])
    assert text.startswith(f"--target {target}: ")
    assert words in text


@pytest.mark.parametrize("target", ["r2>0.5", "error<0.99", "error>0.5", "accuracy>1"])
def test_targets_that_measure_nothing_of_the_neuron(target):
    assert refusal(targets=[target]).startswith(f"--target {target}: ")


def test_a_condition_that_begins_beyond_the_target_is_named():
    text = refusal(vary={"z0": [4, -3]})
    assert text == "--target error<0.5: met before the first step under z0 = -3; take one further off"


def test_a_bound_reads_as_it_is_written():
    assert str(parse_target(" error < 0.10 ")) == "error<0.1"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"vary": {"network.init_scale": [1]}}, "only the neuron's z0 and learning_rate vary"),
        ({"vary": {"z0": ["a"]}}, "--vary z0: 'a' is not a number"),
        ({"vary": {"z0": [True]}}, "--vary z0: True is not a number"),
        ({"vary": {"z0": [float("nan")]}}, "--vary z0: nan: z0 is a finite number"),
        ({"vary": {"z0": []}}, "--vary z0: no values"),
        ({"vary": {"z0": [3, 4, 3.0]}}, "--vary z0: two conditions are the same"),
        ({"vary": {"learning_rate": [-1]}}, "--vary learning_rate: -1: "),
        ({"seeds": 3}, "name one with --config"),
        ({"seed": 1}, "name one with --config"),
        ({"sets": ["train.l2=1"]}, "name one with --config"),
        ({"own": {"ce": {L2: 1}}}, "name one with --config"),
        ({"vary_data": True}, "name one with --config"),
        ({"check_on": 3}, "--check-on 3: more than the 1 of the train part"),
    ],
)
def test_what_the_neuron_does_not_take(options, words):
    assert words in refusal(**options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rates": {"mae": 1.0}}, "--rate mae=1: no such cost is compared"),
        ({"rates": {"cee": 1.0}}, "did you mean 'ce'"),
        ({"rates": {"ce": -1.0}}, "--rate ce=-1: a learning rate is a number above 0"),
        ({"rates": {"ce": float("inf")}}, "a learning rate is a number above 0"),
        ({"rates": {"ce": 1}, "own": {"ce": {RATE: 2}}}, "--rate ce=1: --for gives ce a learning rate too; keep one"),
        ({"rate_policy": "tuend"}, "did you mean 'tuned'"),
        ({"own": {"cee": {L2: 0}}}, "--for cee: no such cost is compared; did you mean 'ce'?"),
        ({"own": {"ce": {"train.l22": 0}}}, "did you mean 'l2'"),
        ({"own": {"ce": {"train.cost": "mse"}}}, "--for ce train.cost: what is compared has this in common"),
        ({"own": {"ce": {"data.seed": 3}}}, "--for ce data.seed: what is compared has this in common"),
        ({"own": {"ce": {"seed": 3}}}, "--for ce seed: what is compared has this in common"),
        ({"own": {"ce": {"train": {"cost": "mse"}}}}, "--for ce train: a whole section"),
        ({"own": {"ce": {"train.monitor": ["slope"]}}}, "--for ce train.monitor: it changes nothing that is trained"),
        ({"own": {"ce": {RATE: 0}}}, "0 is too small"),
        ({"own": {"ce": {"network.hidden": [3]}}, "surface": True}, "--surface: the network of ce has other sizes"),
        ({"seeds": 0}, "counted from 1"),
        ({"seeds": 1.5}, "counted from 1"),
        ({"seeds": True}, "counted from 1"),
        ({"check_every": 0}, "counted from 1"),
        ({"check_on": 0}, "counted from 1"),
        ({"check_on": 5}, "--check-on 5: more than the 4 of the train part; take fewer"),
        ({"vary_data": True}, "--vary-data: neither points nor split of 'xor' depend on data.seed"),
        ({"seed": -1}, "--seed -1"),
        ({"sets": ["train.epochs=0"]}, "--set train.epochs=0"),
    ],
)
def test_options_that_cannot_hold(options, words):
    assert words in refusal("xor", **options)


def test_data_seeds_are_varied_once():
    assert "--vary data.seed: --vary-data varies it" in refusal("moons", vary={"data.seed": [0, 1]}, vary_data=True)


def test_datasets_of_other_classes_are_not_conditions_of_one_comparison():
    assert "the conditions have other classes" in refusal("iris", vary={"data.name": ["iris", "digits"]})


def test_a_vanished_first_step_cannot_be_matched_and_the_cost_is_named(monkeypatch):
    """The first step must be taken to know; nothing else is."""
    monkeypatch.undo()
    with pytest.raises(UsageError, match="cost 'mse' has a first step of length 0; no rate can match it"):
        compare(["mse", "ce"], vary={"z0": [800]}, rate_policy="matched")
