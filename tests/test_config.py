"""Configs: defaults, every sentence about a wrong one, what goes over a file, and back to YAML."""

import inspect
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpnet import config
from bpnet.activations import ACTIVATIONS
from bpnet.config.fields import parameters
from bpnet.config.models import SECTIONS
from bpnet.costs import COSTS
from bpnet.datasets import DATASETS
from bpnet.datasets.scaling import SCALINGS
from bpnet.errors import ConfigError, UsageError
from bpnet.initializers import INITIALIZERS
from bpnet.optimizers import OPTIMIZERS, SCHEDULES
from bpnet.training import MONITORS

XOR = {"data": {"name": "xor"}}

ENTRIES = {**DATASETS, **INITIALIZERS, **OPTIMIZERS, **SCHEDULES}


@pytest.fixture
def write(tmp_path):
    """Writes a config file and returns its path."""

    def written(text, name="x.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return written


def problems(mapping):
    with pytest.raises(ConfigError) as caught:
        config.load(mapping)
    return list(caught.value.problems)


def with_train(**keys):
    return XOR | {"train": keys}


def with_network(**keys):
    return XOR | {"network": keys}


def test_a_dataset_is_all_that_has_to_be_named():
    chosen = config.load(XOR)
    assert (chosen.name, chosen.seed, chosen.data.seed) == ("config", 0, 0)
    assert (chosen.data.split.train, chosen.data.split.validation, chosen.data.split.test) == (0, 0, 0)
    assert (chosen.data.split.shuffle, chosen.data.scale, chosen.data.scale_target) == (None, "none", "none")
    assert (chosen.network.hidden, chosen.network.activation, chosen.network.output) == ((30,), "sigmoid", "auto")
    assert (chosen.network.init.name, chosen.network.init_scale, chosen.network.output_bias) == ("default", 1.0, 0.0)
    assert (chosen.network.dtype, chosen.train.cost, chosen.train.epochs) == ("float32", "auto", 30)
    assert (chosen.train.batch_size, chosen.train.learning_rate, chosen.train.optimizer.name) == (10, 0.5, "sgd")
    assert (chosen.train.l2, chosen.train.l1, chosen.train.dropout) == (0.0, 0.0, 0.0)
    assert (chosen.train.early_stopping, chosen.train.schedule) == (None, None)
    assert (chosen.train.monitor, chosen.train.measure_test) == ((), False)


@pytest.mark.parametrize("name", DATASETS)
def test_the_options_of_a_dataset_are_those_of_its_loader(name):
    wanted = parameters(DATASETS[name])
    given = {option: "some" for option, one in wanted.items() if one.default is inspect.Parameter.empty}
    chosen = config.load({"data": {"name": name} | given}).data
    assert chosen.options.keys() == wanted.keys()
    assert "seed" not in chosen.options
    assert all(chosen.options[option] == one.default for option, one in wanted.items() if option not in given)


def test_a_bare_name_is_a_choice_with_its_defaults():
    bare, long = (config.load(with_train(optimizer=o)) for o in ("momentum", {"name": "momentum"}))
    assert bare == long
    assert bare.train.optimizer.options == {"momentum": 0.9}


def test_the_options_of_a_choice_go_into_its_entry():
    train = {"optimizer": {"name": "adam", "beta1": 0.5}, "schedule": "halve"}
    chosen = config.load({"data": {"name": "moons", "split": {"validation": 0.2}}, "train": train})
    assert OPTIMIZERS["adam"](**chosen.train.optimizer.options).beta1 == 0.5
    assert SCHEDULES["halve"](**chosen.train.schedule.options).patience == 10


def test_a_whole_number_is_accepted_where_a_number_is_wanted():
    rate = config.load(with_train(learning_rate=3)).train.learning_rate
    assert (rate, type(rate)) == (3.0, float)


def test_a_config_never_changes():
    chosen = config.load(XOR)
    with pytest.raises(ValueError, match="frozen"):
        chosen.seed = 3
    with pytest.raises(ValueError, match="frozen"):
        chosen.train.optimizer.name = "adam"


def test_the_mapping_it_is_made_from_is_not_changed():
    mapping = {"data": {"name": "csv", "path": "a.csv"}, "train": {"optimizer": "adam"}}
    config.load(mapping)
    assert mapping == {"data": {"name": "csv", "path": "a.csv"}, "train": {"optimizer": "adam"}}


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ({}, "data: missing, and there is no default; write it"),
        ({"data": {}}, "data.name: missing; choose from 'xor', 'xor3'"),
        ({"data": "xor"}, "data: 'xor' is not a mapping; write a name and its options, such as {name: xor}"),
        ({"data": {"name": "mnits"}}, "data.name: 'mnits' is no dataset; did you mean 'mnist'?"),
        ({"data": {"name": "csv"}}, "data.path: missing, and there is no default; write it"),
        (
            {"data": {"name": "moons", "nois": 1}},
            "data.nois: dataset 'moons' has no option 'nois'; did you mean 'noise'?",
        ),
        (
            {"data": {"name": "xor", "noise": 1}},
            "data.noise: dataset 'xor' has no option 'noise', which belongs to 'moons', 'circles', 'blobs', 'spirals'; "
            "take it out, or choose another dataset",
        ),
        ({"data": {"name": "moons", "noise": True}}, "data.noise: true is not a number; write one such as 0.5"),
        ({"data": {"name": "moons", "noise": -1}}, "data.noise: -1 is too small; take at least 0"),
        ({"data": {"name": "parity", "bits": 13}}, "data.bits: 13 is too large; take at most 12"),
        ({"data": {"name": "csv", "path": ""}}, "data.path: '' is no path; write that of a file or a folder"),
        (
            {"data": {"name": "csv", "path": "a", "target": 1.5}},
            "data.target: 1.5 is not a whole number or text; write one of these",
        ),
        (
            {"data": {"name": "csv", "path": "a", "task": "class"}},
            "data.task: 'class' is no task; did you mean 'classes'?",
        ),
        (
            {"data": {"name": "xor", "split": {"test": 1.5}}},
            "data.split.test: 1.5 is neither a count such as 1000 nor a share below 1 such as 0.2; write one of these",
        ),
        (
            {"data": {"name": "xor", "scale": "standart"}},
            "data.scale: 'standart' is no scaling; did you mean 'standard'?",
        ),
        (XOR | {"epochs": 3}, "epochs: unknown key; did you mean 'train.epochs'?"),
        (XOR | {"train.epochs": 3}, "'train.epochs': unknown key; write 'epochs' in the section 'train'"),
        (XOR | {"trian": {}}, "trian: unknown key; did you mean 'train'?"),
        (XOR | {"train": None}, "train: empty; write its keys below it, or leave it out"),
        (XOR | {"train": 3}, "train: 3 is not a mapping; write its keys below it"),
        (XOR | {"seed": -1}, "seed: -1 is too small; take at least 0"),
        (XOR | {"seed": 1.0}, "seed: 1.0 is not a whole number; write one such as 10"),
        (XOR | {"name": 2024}, "name: 2024 is not text; put it in quotes"),
        (
            XOR | {"name": "a/b"},
            "name: 'a/b' cannot name a folder; write letters, digits, '-', '_' and '.', and no '.' first",
        ),
        (XOR | {3: 4}, "[3]: a key that is not text; keys are words such as 'train'"),
        (with_network(hidden=[30, 2.5]), "network.hidden[1]: 2.5 is not a whole number; write one such as 10"),
        (with_network(hidden=[0]), "network.hidden[0]: 0 is too small; take at least 1"),
        (with_network(hidden=30), "network.hidden: 30 is not a list; write [30]"),
        (with_network(dtype="half"), "network.dtype: 'half' is no dtype; choose from 'float32', 'float64'"),
        (with_network(init_scale=0), "network.init_scale: 0 is too small; take more than 0"),
        (with_network(output_bias=math.inf), "network.output_bias: .inf is not finite; write a number such as 0.5"),
        (
            with_network(activation="softmax"),
            "network.activation: 'softmax' is no activation of a hidden layer; choose from 'sigmoid', 'tanh', 'relu'",
        ),
        (
            with_network(init={"name": "constant", "weigth": 1}),
            "network.init.weigth: initialiser 'constant' has no option 'weigth'; did you mean 'weight'?",
        ),
        (with_train(epocs=3), "train.epocs: unknown key; did you mean 'epochs'?"),
        (with_train(epochs=0), "train.epochs: 0 is too small; take at least 1"),
        (with_train(epochs=True), "train.epochs: true is not a whole number; write one such as 10"),
        (with_train(epochs="2.5"), "train.epochs: '2.5' is not a whole number; write one such as 10"),
        (with_train(l2="true"), "train.l2: 'true' is not a number; write one such as 0.5"),
        (with_train(epochs="10"), "train.epochs: '10' is not a whole number; write 10"),
        (with_train(learning_rate="fast"), "train.learning_rate: 'fast' is not a number; write one such as 0.5"),
        (with_train(learning_rate=math.nan), "train.learning_rate: .nan is not finite; write a number such as 0.5"),
        (with_train(dropout=1), "train.dropout: 1 is too large; take less than 1"),
        (with_train(batch_size="all"), "train.batch_size: 'all' is neither a whole number from 1 nor full; write one"),
        (with_train(optimizer="adamm"), "train.optimizer: 'adamm' is no optimiser; did you mean 'adam'?"),
        (with_train(optimizer={"name": 3}), "train.optimizer.name: 3 is no optimiser; choose from 'sgd', 'momentum'"),
        (
            with_train(optimizer={"name": "sgd", "warmth": 3}),
            "train.optimizer.warmth: optimiser 'sgd' has no option 'warmth'; it has none, take it out",
        ),
        (
            with_train(optimizer={"name": "momentum", "momentum": 1}),
            "train.optimizer.momentum: 1 is too large; take less than 1",
        ),
        (
            with_train(optimizer={"name": "sgd", "learning_rate": 1}),
            "train.optimizer.learning_rate: unknown key; did you mean 'train.learning_rate'?",
        ),
        (with_train(schedule={"every": 3}), "train.schedule.name: missing; choose from 'step', 'halve'"),
        (with_train(monitor=["slop"]), "train.monitor[0]: 'slop' is no monitor; did you mean 'slope'?"),
        (with_train(monitor="slope"), "train.monitor: 'slope' is not a list; write ['slope']"),
        (with_train(measure_test=1), "train.measure_test: 1 is not a truth value; write true or false"),
        (with_train(cost="ce") | {"network": {"output": "tanh"}}, "train.cost: cost 'ce' needs a sigmoid or softmax"),
        (with_train(early_stopping=5), "train.early_stopping: early stopping looks at the validation score; set"),
        (with_train(schedule="halve"), "train.schedule: schedule 'halve' looks at the validation score; set"),
        (
            {"data": {"name": "xor", "split": {"validation": 0.5, "test": 0.5}}},
            "data.split: shares of 0.5 + 0.5 leave nothing to train on; take less",
        ),
    ],
)
def test_one_problem_is_one_sentence(mapping, sentence):
    (problem,) = problems(mapping)
    assert problem.startswith(sentence)


def test_a_value_that_is_wrong_contradicts_nothing():
    mapping = {"data": {"name": "xor", "split": {"validation": "x"}}, "train": {"early_stopping": 3}}
    assert [problem.partition(":")[0] for problem in problems(mapping)] == ["data.split.validation"]


def test_contradictions_are_told_beside_other_problems():
    mapping = {"data": {"name": "none"}, "train": {"cost": "ce", "epochs": 0}, "network": {"output": "relu"}}
    assert [problem.partition(":")[0] for problem in problems(mapping)] == ["data.name", "train.epochs", "train.cost"]


def test_the_keys_of_every_dataset_are_checked_where_its_name_is_wrong():
    mapping = {"data": {"name": "none", "noise": 0.1, "seed": -1, "split": {"tset": 0.1}}}
    found = [problem.partition(":")[0] for problem in problems(mapping)]
    assert found == ["data.name", "data.split.tset", "data.seed"]


@pytest.mark.parametrize("parts", [{"train": 0.6, "validation": 0.3, "test": 0.1}, {"validation": 0.9, "test": 10}])
def test_shares_that_come_out_are_accepted(parts):
    assert config.load({"data": {"name": "moons", "split": parts}}).data.split.validation in (0.3, 0.9)


KEYS = sorted({key for model in SECTIONS.values() for key in model.model_fields} | {"noise", "path", "target", "beta1"})
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=3),
    st.sampled_from(["moons", "adam", "full"]),
)
ODD = st.sampled_from(["\ud800", 10**400, b"", ()])
VALUES = st.recursive(
    st.one_of(SCALARS, ODD),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), SCALARS, ODD), inner, max_size=4),
    ),
    max_leaves=10,
)
KNOWN = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5)
SECTION = st.one_of(VALUES, KNOWN)
DATA = st.builds(lambda name, keys: keys | {"name": name}, st.sampled_from(["moons", "csv", "mnist"]), KNOWN)


@settings(max_examples=300, deadline=None)
@given(st.fixed_dictionaries({"data": DATA}, optional={"network": SECTION, "train": SECTION, "name": VALUES}))
def test_any_mapping_is_a_config_or_refused_in_sentences(mapping):
    try:
        assert isinstance(config.load(mapping), config.Config)
    except ConfigError as error:
        told = error.problems
    else:
        return
    assert all(problem and "\n" not in problem for problem in told)


def test_a_name_may_be_of_any_script(tmp_path):
    (tmp_path / "鸢尾.yaml").write_text("data: {name: iris}\n", encoding="utf-8")
    assert config.load(tmp_path / "鸢尾.yaml").name == "鸢尾"
    assert config.load({"name": "Ünïcode-1", "data": {"name": "xor"}}).name == "Ünïcode-1"


def test_the_name_is_the_files_where_it_says_none(write):
    assert config.load(write("data: {name: xor}", "my first.run.yaml")).name == "my-first.run"


def test_settings_go_over_the_file(write):
    path = write("data: {name: moons}\ntrain: {epochs: 3, l2: 1}\n")
    chosen = config.load(path, ["train.l2=2", "network.hidden=[4, 5]"])
    assert (chosen.train.epochs, chosen.train.l2, chosen.network.hidden) == (3, 2.0, (4, 5))


def test_settings_make_the_sections_that_are_missing(write):
    chosen = config.load(write("data: {name: moons}"), ["data.split.validation=0.2", "train.optimizer=adam"])
    assert (chosen.data.split.validation, chosen.train.optimizer.name) == (0.2, "adam")


def test_a_setting_reaches_into_a_bare_name(write):
    path = write("data: {name: xor}\ntrain: {optimizer: momentum}")
    assert config.load(path, ["train.optimizer.momentum=0.5"]).train.optimizer.options == {"momentum": 0.5}


def test_the_last_setting_of_a_key_holds(write):
    assert config.load(write("data: {name: xor}"), ["seed=1", "seed=2"]).seed == 2


def test_a_setting_without_a_value_is_null(write):
    path = write("data: {name: moons, split: {validation: 0.2}}\ntrain: {early_stopping: 3}")
    assert config.load(path, ["train.early_stopping="]).train.early_stopping is None


def test_the_seed_goes_over_settings(write):
    assert config.load(write("data: {name: xor}\nseed: 1"), ["seed=2"], seed=3).seed == 3


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ("train.epocs=3", "--set train.epocs=3: train.epocs: unknown key; did you mean 'epochs'?"),
        ("train.epochs=[1", "--set train.epochs=[1: train.epochs: a list that is not closed;"),
        ("train.l2=1_000", "--set train.l2=1_000: train.l2: '1_000' is not a number; write 1000"),
        ("name=&a b", "--set name=&a b: name: the anchor &a is not read here; take it out"),
        ("train=3", "--set train=3: train: 3 is not a mapping;"),
        ("seed.x=3", "--set seed.x=3: seed: {x: 3} is not a whole number;"),
        ("train.epochs", "--set train.epochs: not a setting; write section.key=value, such as train.epochs=10"),
        ("=3", "--set =3: not a setting;"),
        ("train..l2=3", "--set train..l2=3: not a setting;"),
        ("data.name=xor", "x.yaml:1:21: data.noise: dataset 'xor' has no option 'noise', which belongs to 'moons'"),
    ],
)
def test_a_wrong_setting_is_told_as_it_was_written(write, setting, problem):
    with pytest.raises(ConfigError) as caught:
        config.load(write("data: {name: moons, noise: 0.1}"), [setting])
    (told,) = caught.value.problems
    assert problem in told


def test_a_broken_setting_hides_the_value_it_would_have_replaced_and_no_other(write):
    with pytest.raises(ConfigError) as caught:
        config.load(write("data: {name: xor}\ntrain: {epochs: -1, l2: -1}\n"), ["train.epochs=[1"])
    first, second = caught.value.problems
    assert "x.yaml:2:25: train.l2: -1 is too small" in first
    assert second.startswith("--set train.epochs=[1: train.epochs: a list that is not closed;")


def test_all_problems_of_file_settings_and_seed_are_told_at_once(write):
    with pytest.raises(ConfigError) as caught:
        config.load(write("data: {name: xor}\nx: 1\n"), ["y=1", "oops"], seed=-1)
    heads = [problem.partition("\n")[0] for problem in caught.value.problems]
    assert len(heads) == 4
    assert [head.rpartition("/")[-1][:6] for head in heads] == ["x.yaml", "--set ", "--set ", "--seed"]


def test_a_missing_key_is_told_at_its_section(write):
    with pytest.raises(ConfigError, match=r"x\.yaml:2:1: data\.path: missing"):
        config.load(write("seed: 1\ndata:\n  name: csv\n"))


def test_every_value_tells_where_it_came_from(write):
    path = write("data: {name: moons}\ntrain:\n  epochs: 3\n  optimizer: adam\n")
    resolved = config.resolve(path, ["train.optimizer.beta1=0.8", "train.l2=1"], seed=7)
    origins = resolved.origins
    assert resolved.source == path
    assert origins["train.epochs"] == f"{path}:3:3"
    assert origins["train.optimizer.name"] == f"{path}:4:3"
    assert origins["data.name"] == f"{path}:1:8"
    assert (origins["train.optimizer.beta1"], origins["train.l2"], origins["seed"]) == ("--set", "--set", "--seed")
    assert (origins["train.optimizer.beta2"], origins["data.noise"], origins["name"]) == ("default",) * 3
    assert origins["data.split.validation"] == origins["train.schedule"] == "default"


def test_a_path_in_a_file_is_relative_to_the_files_folder(write, tmp_path):
    path = write("data: {name: csv, path: a/b.csv}")
    assert config.load(path).data.options["path"] == str(tmp_path / "a" / "b.csv")


def test_a_path_set_by_hand_is_relative_to_the_current_folder(write, tmp_path, monkeypatch):
    path = write("data: {name: csv, path: a.csv}")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert config.load(path, ["data.path=b.csv"]).data.options["path"] == str(tmp_path / "here" / "b.csv")


@pytest.mark.parametrize("path", ["~/a.csv", "~nobody-of-that-name/a.csv"])
def test_every_path_becomes_absolute(path):
    chosen = config.load({"data": {"name": "csv", "path": path}}).data.options["path"]
    assert Path(chosen).is_absolute()


def test_a_path_that_is_null_stays_so():
    assert config.load({"data": {"name": "mnist"}}).data.options["path"] is None


def test_an_existing_file_is_found_before_a_packaged_config(tmp_path, monkeypatch):
    (tmp_path / "xor").write_text("data: {name: and}")
    monkeypatch.chdir(tmp_path)
    assert config.find("xor") == Path("xor")
    assert config.load("xor").data.name == "and"


@pytest.mark.parametrize("suffix", ["", ".yaml"])
def test_every_packaged_config_is_found_and_right(suffix):
    names = config.packaged()
    assert "xor" in names
    for name in names:
        assert config.load(name + suffix).name


def test_a_config_that_is_nowhere_is_told_with_the_closest_name():
    with pytest.raises(UsageError, match="xorr: no such file, nor a packaged config of that name; did you mean 'xor'"):
        config.find("xorr")


def test_a_config_that_resembles_none_is_answered_with_where_they_are_listed():
    """There are some sixty packaged configs: their names would bury the sentence."""
    with pytest.raises(UsageError, match=r"zzz\.yaml: no such file, .*; `bpnet init` lists the packaged ones$"):
        config.load("zzz.yaml")


def test_a_folder_is_no_config(tmp_path):
    with pytest.raises(UsageError, match="a folder; name the config in it"):
        config.find(str(tmp_path))


def test_a_config_is_validated_once_for_each_load(monkeypatch):
    calls = []
    validate = config.Config.model_validate
    monkeypatch.setattr(config.Config, "model_validate", lambda values: calls.append(values) or validate(values))
    chosen = config.load("xor", ["train.epochs=3"], seed=1)
    assert len(calls) == 1
    assert config.load(chosen) is chosen
    config.dump(chosen)
    config.values(chosen)
    assert len(calls) == 1
    config.changed(chosen, {"train.epochs": 4, "train.optimizer.name": "adam"})
    assert len(calls) == 2


def test_settings_go_over_a_config_and_a_mapping():
    chosen = config.load(XOR, ["train.epochs=3"], seed=5)
    assert (chosen.train.epochs, chosen.seed) == (3, 5)
    assert config.load(chosen, ["train.l2=1"]).train == chosen.train.model_copy(update={"l2": 1.0})


def test_a_mapping_has_origins_too():
    resolved = config.resolve(XOR, ["seed=3"])
    assert resolved.source is None
    assert [resolved.origins[key] for key in ("data.name", "seed", "train.epochs")] == ["python", "--set", "default"]


def test_keys_of_a_config_are_changed_as_vary_does_it():
    chosen = config.changed(config.load(XOR), {"train.optimizer": "momentum", "train.optimizer.momentum": 0.5})
    assert chosen.train.optimizer.options == {"momentum": 0.5}
    with pytest.raises(ConfigError, match=r"^--vary train\.epocs=3: train\.epocs: unknown key; did you mean 'epochs'"):
        config.changed(chosen, {"train.epocs": 3})


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("train.epochs=3", ("train.epochs", "3")),
        (" ce = 0.5 ", ("ce", "0.5")),
        ("name=a=b", ("name", "a=b")),
        ("x=", ("x", "")),
    ],
)
def test_an_assignment_is_a_key_and_a_value(text, parts):
    assert config.assignment(text, "--set") == parts


@pytest.mark.parametrize("text", ["ce", "=3", "train..l2=3", "", ".=1"])
@pytest.mark.parametrize(
    ("option", "example"), [("--set", "train.epochs=10"), ("--vary", "network.init_scale=1,2,4"), ("--rate", "ce=0.5")]
)
def test_what_is_no_assignment_is_refused_with_the_option_and_an_example(text, option, example):
    with pytest.raises(UsageError) as caught:
        config.assignment(text, option)
    assert str(caught.value).startswith(f"{option} {text}: ")
    assert str(caught.value).endswith(f", such as {example}")


def test_scalars_are_typed_as_in_a_config():
    assert config.scalars("1, 1e-3,[2, 3],ce,'4',no", "--vary") == [1, 0.001, [2, 3], "ce", "4", "no"]


@pytest.mark.parametrize(
    ("text", "sentence"), [("[1", "--vary [1: a list that is not closed"), ("", "--vary: no values; write them with")]
)
def test_scalars_that_cannot_be_read_are_refused_with_the_option(text, sentence):
    with pytest.raises(UsageError) as caught:
        config.scalars(text, "--vary")
    assert str(caught.value).startswith(sentence)


def test_keywords_go_to_the_sections_that_have_them():
    chosen = config.from_keywords(
        hidden=[4, 3], cost="ce", epochs=5, validation=0.2, scale="standard", optimizer="adam", seed=1, name="mine"
    )
    assert (chosen.name, chosen.seed, chosen.data.name, chosen.data.seed) == ("mine", 1, "arrays", 0)
    assert (chosen.data.split.validation, chosen.data.scale) == (0.2, "standard")
    assert (chosen.network.hidden, chosen.train.cost, chosen.train.epochs) == ((4, 3), "ce", 5)
    assert chosen.train.optimizer.name == "adam"
    assert isinstance(chosen, config.Config)


def test_keywords_without_any_are_the_defaults():
    assert config.from_keywords().train == config.load(XOR).train


def test_wrong_keywords_are_refused_at_once_in_the_sentences_of_a_file():
    with pytest.raises(ConfigError) as caught:
        config.from_keywords(hiden=[3], epochs=0, train=5, data={}, cost="cee", early_stopping=3)
    found = dict(problem.split(": ", 1) for problem in caught.value.problems)
    assert found["hiden"] == "unknown keyword; did you mean 'hidden'?"
    assert found["train.epochs"] == "0 is too small; take at least 1"
    assert found["train.cost"] == "'cee' is no cost; did you mean 'ce'?"
    assert found["train.early_stopping"].startswith("early stopping looks at the validation score; set")
    assert found.keys() == {"hiden", "train", "data", "train.epochs", "train.cost", "train.early_stopping"}


def test_a_config_of_arrays_can_be_changed_and_dumped_and_no_file_can_name_it(write):
    chosen = config.changed(config.from_keywords(epochs=5), {"train.epochs": 6, "data.split.test": 10})
    assert (chosen.train.epochs, chosen.data.split.test, chosen.data.name) == (6, 10, "arrays")
    assert config.load(chosen, ["seed=3"]).data.name == "arrays"
    assert "  name: arrays\n" in config.dump(chosen)
    with pytest.raises(ConfigError, match=r"data\.name: 'arrays' is no dataset; choose from 'xor'"):
        config.load(write(config.dump(chosen)))
    assert "arrays" not in str(config.schema())
    with pytest.raises(ConfigError, match="dataset 'arrays' has no option 'noise', which belongs to 'moons'"):
        config.changed(chosen, {"data.noise": 1})


def widen(*, width: float = 1.0):
    """An entry with an option of its own."""


@pytest.mark.parametrize(
    ("registry", "like", "section", "key"),
    [
        (COSTS, "mse", "train", "cost"),
        (ACTIVATIONS, "tanh", "network", "activation"),
        (ACTIVATIONS, "tanh", "network", "output"),
        (SCALINGS, "standard", "data", "scale"),
        (MONITORS, "slope", "train", "monitor"),
    ],
)
def test_a_name_added_to_a_registry_in_python_counts(monkeypatch, registry, like, section, key):
    value = ["mine"] if key == "monitor" else "mine"
    mapping = {"data": {"name": "xor"}, section: {"name": "xor", key: value} if section == "data" else {key: value}}
    assert problems(mapping)[0].startswith(f"{section}.{key}")
    assert "'mine'" not in str(config.schema())
    monkeypatch.setitem(registry, "mine", registry[like])
    assert getattr(getattr(config.load(mapping), section), key) in ("mine", ("mine",))
    assert getattr(getattr(config.from_keywords(**{key: value}), section), key) in ("mine", ("mine",))
    assert "'mine'" in str(config.schema())


def test_an_entry_added_to_a_registry_in_python_counts_with_its_options(monkeypatch):
    monkeypatch.setitem(INITIALIZERS, "mine", widen)
    chosen = config.load(with_network(init={"name": "mine", "width": 2}))
    assert (chosen.network.init.name, chosen.network.init.options) == ("mine", {"width": 2.0})
    assert problems(with_network(init={"name": "mine", "with": 2})) == [
        "network.init.with: initialiser 'mine' has no option 'with'; did you mean 'width'?"
    ]


def test_neither_scikit_learn_nor_matplotlib_is_loaded():
    code = "import bpnet.config, sys; print([m for m in ('sklearn', 'matplotlib') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert found.stdout.strip() == "[]"
